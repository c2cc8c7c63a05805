// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Provider plug-ins that are no good, for `make kernel-test`. One file, built with
//
//   -DSILENT      a library that registers no driver
//   -DUNDEFINED   one that needs a function nobody has
//   -DGENERATION  one that was built for driver interface 99 (with libibverbs-99.so, made from
//                 this file too, by -DLIBRARY)

#if defined(LIBRARY) || defined(GENERATION)
void verbs_register_driver_99(const void *ops);
#endif

#if defined(LIBRARY)
void verbs_register_driver_99(const void *ops)
{
	(void)ops;
}
#elif defined(GENERATION)
static const void *const no_ops;

__attribute__((constructor)) static void register_at_load(void)
{
	verbs_register_driver_99(&no_ops);
}
#elif defined(UNDEFINED)
void a_function_that_nobody_has(void);

__attribute__((constructor)) static void register_at_load(void)
{
	a_function_that_nobody_has();
}
#elif defined(SILENT)
int this_library_registers_nothing(void);
int this_library_registers_nothing(void)
{
	return 0;
}
#endif
