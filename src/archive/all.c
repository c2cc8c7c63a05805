// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Part of libibverbs.a: RDMA_STATIC_PROVIDERS=all. An object of its own, because it needs the
// archive of every provider; the linker takes it only if a program asks for all. They are those
// that rdma-core has for generation 34 of the driver interface, the one that is served.

#define IBVERBS_PABI_VERSION 34
#define RDMA_STATIC_PROVIDERS none
#include <infiniband/driver.h>

static const struct verbs_device_ops *providers[] = {
	&verbs_provider_bnxt_re,     &verbs_provider_cxgb4,	&verbs_provider_efa,
	&verbs_provider_erdma,	     &verbs_provider_hfi1verbs, &verbs_provider_hns,
	&verbs_provider_ipathverbs,  &verbs_provider_irdma,	&verbs_provider_mana,
	&verbs_provider_mlx4,	     &verbs_provider_mlx5,	&verbs_provider_mthca,
	&verbs_provider_ocrdma,	     &verbs_provider_qedr,	&verbs_provider_rxe,
	&verbs_provider_siw,	     &verbs_provider_vmw_pvrdma, NULL,
};

const struct verbs_device_ops verbs_provider_all = { .static_providers = providers };
