/* Not under the guard: verbs.h may have been included before somebody asked for extensions. */
#if defined(VERBIUM_EXTENSIONS) && !defined(IBV_EXTENSION_BASE_SHIFT)
#ifdef __cplusplus
extern "C" {
#endif

/*
 * Extensions: tables of functions that a device has beyond verbs, found by name. Of libibverbs
 * this library alone has them; a program that links these names asks for node VERBIUM_1.0.
 *
 * Whoever extends verbs has the values above IBV_EXTENSION_BASE_SHIFT of enumerations, flags that
 * are counted and command numbers for its own, kept apart by who it is. What such a value means
 * depends on the device it is given to.
 */

/* Who defines an extension. */
enum ibv_extension_type {
	IBV_EXTENSION_COMMON = 0,
	IBV_EXTENSION_VENDOR = 1,
	IBV_EXTENSION_OFA = 2,
	IBV_EXTENSION_RDMA_CM = 3,
};

/* Bits of a value that tell who defines it, and where they begin. */
#define IBV_EXTENSION_BASE_SHIFT 24
#define IBV_EXTENSION_MASK 0xff000000u

/* A value of an extension: its kind and its number, of which the low 24 bits count. */
#define IBV_EXTENSION_VALUE(type, number)                                                          \
	(((type) << IBV_EXTENSION_BASE_SHIFT) | ((number) & 0x00ffffff))
/* The kind and the number of a value. */
#define IBV_EXTENSION_TYPE(value)                                                                  \
	((enum ibv_extension_type)(((value) & IBV_EXTENSION_MASK) >> IBV_EXTENSION_BASE_SHIFT))
#define IBV_EXTENSION_NUMBER(value) ((value) & ~IBV_EXTENSION_MASK)

/*
 * What every table of an extension begins with. A caller looks before it calls an operation that
 * was not there from the beginning.
 */
struct ibv_ext_ops {
	/* Bytes of the table, this included. */
	uint32_t size;
	/* What the table's operations mean; the extension counts for itself. */
	uint32_t version;
};

/* An extension that a provider offers. */
struct ibv_ext_registration {
	/* sizeof(struct ibv_ext_registration) */
	size_t size;
	/* The name in the provider's verbs_device_ops, and that by which applications ask. */
	const char *provider;
	const char *name;
	/* The tables for a device and for a context; one of them may be NULL. They stay for good. */
	const struct ibv_ext_ops *device_ops;
	const struct ibv_ext_ops *context_ops;
	/* Whether a device of the provider has the extension; NULL if all have. */
	int (*have)(struct ibv_device *device);
};

/* 0 if the device has an extension of this name; ENOSYS if not, EINVAL for NULL. */
int ibv_have_ext_ops(struct ibv_device *device, const char *name);

/* The operations on devices, and those on a context and its objects: a table that begins with
 * struct ibv_ext_ops and stays for good. NULL with ENOSYS if there is none of this name, with
 * EINVAL for NULL. */
void *ibv_get_device_ext_ops(struct ibv_device *device, const char *name);
void *ibv_get_ext_ops(struct ibv_context *context, const char *name);

/* For providers, when they register, and for others who extend a provider: adds an extension for
 * good. Texts are copied, tables are not. 0, or EINVAL for what offers nothing, EEXIST for a name
 * the provider has, ENOSPC when there are too many. */
int ibv_register_ext_ops(const struct ibv_ext_registration *registration);

#ifdef __cplusplus
}
#endif
#endif /* VERBIUM_EXTENSIONS */
