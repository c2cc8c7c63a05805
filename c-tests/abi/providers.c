// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Linked with libibverbs.a, and with the archives of the providers that RDMA_STATIC_PROVIDERS
// names: says how many of them registered before main, and asks for the list of devices. Linked
// with --wrap for the name by which providers register, REGISTER; with -DALL if it names `all`.

#define IBVERBS_PABI_VERSION 34
#include <infiniband/driver.h>

#include <stdio.h>
#include <stdlib.h>

#define PASTE_(one, other) one##other
#define PASTE(one, other) PASTE_(one, other)
#define WRAPPED PASTE(__wrap_, REGISTER)
#define REAL PASTE(__real_, REGISTER)

void REAL(const struct verbs_device_ops *ops) __attribute__((weak));
void WRAPPED(const struct verbs_device_ops *ops);

static const struct verbs_device_ops *registered[64];
static unsigned int count;

void WRAPPED(const struct verbs_device_ops *ops)
{
	if (count == sizeof(registered) / sizeof(*registered))
		abort();
	registered[count++] = ops;
	REAL(ops);
}

#ifdef RDMA_STATIC_PROVIDERS
static bool has_registered(const struct verbs_device_ops *ops)
{
	bool found = false;

	for (unsigned int at = 0; at < count; at++)
		found |= registered[at] == ops;
	return found;
}

static void compare(void)
{
	const struct verbs_device_ops *named[] = { _RDMA_STATIC_PREFIX(RDMA_STATIC_PROVIDERS), NULL };
	const struct verbs_device_ops **each = named;
	unsigned int good = 0;

#ifdef ALL
	each = verbs_provider_all.static_providers;
#endif
	for (; *each && *each != &verbs_provider_none; each++) {
		if (has_registered(*each))
			good++;
		else
			printf("%s has not registered\n", (*each)->name);
	}
	printf("%u named registered, %u others\n", good, count - good);
}
#else
static void compare(void)
{
	printf("%u registered\n", count);
}
#endif

int main(void)
{
	int devices = -1;
	struct ibv_device **list = ibv_get_device_list(&devices);

	compare();
	if (!list || devices < 1)
		return 1;
	printf("device %s\n", ibv_get_device_name(list[0]));
	ibv_free_device_list(list);
	return 0;
}
