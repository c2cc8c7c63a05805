// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Part of libibverbs.a, not of the shared library: what verbs.h refers to when a program names the
// providers it is linked with (RDMA_STATIC_PROVIDERS). To be referred to is all these are for; the
// constructors of the providers' objects register them.

#define IBVERBS_PABI_VERSION 34
#define RDMA_STATIC_PROVIDERS none
#include <infiniband/driver.h>

const struct verbs_device_ops verbs_provider_none = { .name = NULL };

void ibv_static_providers(void *unused, ...)
{
	(void)unused;
}
