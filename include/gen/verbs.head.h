#include <errno.h>
#include <linux/types.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>

#include <infiniband/verbs_api.h>

#ifndef __attribute_const
#define __attribute_const __attribute__((const))
#endif

/* Bits of a device beyond the first 32: ibv_device_attr_ex.device_cap_flags_ex. */
#define IBV_DEVICE_RAW_SCATTER_FCS (1ULL << 34)
#define IBV_DEVICE_PCI_WRITE_END_PADDING (1ULL << 36)
#define IBV_DEVICE_CC_DMA_BOUNCE (1ULL << 41)

/* Bytes of an Ethernet address in a flow specification. */
#define ETHERNET_LL_SIZE 6

/* The part of a GRH or of an address that holds the flow label. */
#define IB_GRH_FLOWLABEL_MASK 0x000fffff

/* Source ports RoCE v2 may use. */
#define IB_ROCE_UDP_ENCAP_VALID_PORT_MIN 0xc000
#define IB_ROCE_UDP_ENCAP_VALID_PORT_MAX 0xffff

/* What an allocator of a parent domain returns to have the default one used. */
#define IBV_ALLOCATOR_USE_DEFAULT ((void *)-1)

/* ibv_context.abi_compat of a context that is part of a verbs_context. */
#define __VERBS_ABI_IS_EXTENDED ((void *)UINTPTR_MAX)

/* Global identifier: 16 bytes, in network order. */
union ibv_gid {
	uint8_t raw[16];
	struct {
		__be64 subnet_prefix;
		__be64 interface_id;
	} global;
};

/* On-demand paging: in general, and per service. */
struct ibv_odp_caps {
	uint64_t general_caps;
	struct {
		uint32_t rc_odp_caps;
		uint32_t uc_odp_caps;
		uint32_t ud_odp_caps;
	} per_transport_caps;
};
