/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Written by `make headers` from src/abi and include/gen; not edited by hand. */
#ifndef INFINIBAND_VERBS_H
#define INFINIBAND_VERBS_H

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

struct _compat_ibv_port_attr;
struct ib_uverbs_flow_action_esp;
struct ib_uverbs_flow_action_esp_encap;
struct ibv_async_event;
struct ibv_buf;
struct ibv_flow_spec;
struct ibv_odp_caps;
struct ibv_ops_wr;
struct ibv_send_wr;
struct ibv_wc;
struct timespec;
struct verbs_ex_private;
struct _ibv_device_ops;
struct ibv_device;
struct ibv_gid_entry;
struct ibv_device_attr;
struct ibv_query_device_ex_input;
struct ibv_tso_caps;
struct ibv_rss_caps;
struct ibv_packet_pacing_caps;
struct ibv_tm_caps;
struct ibv_cq_moderation_caps;
struct ibv_pci_atomic_caps;
struct ibv_device_attr_ex;
struct ibv_values_ex;
struct ibv_port_attr;
struct ibv_pd;
struct ibv_td_init_attr;
struct ibv_td;
struct ibv_parent_domain_init_attr;
struct ibv_xrcd_init_attr;
struct ibv_xrcd;
struct ibv_mr;
struct ibv_mr_init_attr;
struct ibv_mw;
struct ibv_mw_bind_info;
struct ibv_mw_bind;
struct ibv_alloc_dm_attr;
struct ibv_dm;
struct ibv_dmah_init_attr;
struct ibv_dmah;
struct ibv_global_route;
struct ibv_grh;
struct ibv_ah_attr;
struct ibv_ah;
struct ibv_comp_channel;
struct ibv_cq;
struct ibv_cq_init_attr_ex;
struct ibv_moderate_cq;
struct ibv_modify_cq_attr;
struct ibv_poll_cq_attr;
struct ibv_wc_tm_info;
struct ibv_srq_attr;
struct ibv_srq_init_attr;
struct ibv_tm_cap;
struct ibv_srq_init_attr_ex;
struct ibv_srq;
struct ibv_counters_init_attr;
struct ibv_counter_attach_attr;
struct ibv_counters;
struct ibv_comp_cntr_init_attr;
struct ibv_comp_cntr_caps;
struct ibv_comp_cntr;
struct ibv_qp_attach_comp_cntr_attr;
struct ibv_fd_arr;
struct ibv_qp_cap;
struct ibv_qp_init_attr;
struct ibv_qp;
struct ibv_rx_hash_conf;
struct ibv_qp_init_attr_ex;
struct ibv_qp_open_attr;
struct ibv_qp_rate_limit_attr;
struct ibv_qp_attr;
struct ibv_ece;
struct ibv_wq_init_attr;
struct ibv_wq_attr;
struct ibv_wq;
struct ibv_rwq_ind_table_init_attr;
struct ibv_rwq_ind_table;
struct ibv_sge;
struct ibv_data_buf;
struct ibv_recv_wr;
struct ibv_flow_attr;
struct ibv_flow;
struct ibv_flow_eth_filter;
struct ibv_flow_spec_eth;
struct ibv_flow_ipv4_filter;
struct ibv_flow_spec_ipv4;
struct ibv_flow_ipv4_ext_filter;
struct ibv_flow_spec_ipv4_ext;
struct ibv_flow_ipv6_filter;
struct ibv_flow_spec_ipv6;
struct ibv_flow_esp_filter;
struct ibv_flow_spec_esp;
struct ibv_flow_tcp_udp_filter;
struct ibv_flow_spec_tcp_udp;
struct ibv_flow_gre_filter;
struct ibv_flow_spec_gre;
struct ibv_flow_mpls_filter;
struct ibv_flow_spec_mpls;
struct ibv_flow_tunnel_filter;
struct ibv_flow_spec_tunnel;
struct ibv_flow_spec_action_tag;
struct ibv_flow_spec_action_drop;
struct ibv_flow_spec_action_handle;
struct ibv_flow_spec_counter_action;
struct ibv_flow_action;
struct ibv_flow_action_esp_attr;
struct ibv_context_ops;
struct ibv_context;
struct verbs_context;
struct ibv_qp_ex;
struct ibv_cq_ex;

enum {
	IBV_SYSFS_NAME_MAX = 64,
	IBV_SYSFS_PATH_MAX = 256,
};

enum {
	IBV_LINK_LAYER_UNSPECIFIED = 0,
	IBV_LINK_LAYER_INFINIBAND = 1,
	IBV_LINK_LAYER_ETHERNET = 2,
};

enum {
	IBV_WC_STANDARD_FLAGS = 127,
	IBV_CREATE_CQ_SUP_WC_FLAGS = 4095,
};

enum {
	IBV_WC_IP_CSUM_OK_SHIFT = 2,
};

/* How far atomic operations of a device are atomic. */
enum ibv_atomic_cap {
	IBV_ATOMIC_NONE = 0,
	IBV_ATOMIC_HCA = 1,
	IBV_ATOMIC_GLOB = 2,
};

/* Kind of a memory window. */
enum ibv_mw_type {
	IBV_MW_TYPE_1 = 1,
	IBV_MW_TYPE_2 = 2,
};

/* State of a queue pair. */
enum ibv_qp_state {
	IBV_QPS_RESET = 0,
	IBV_QPS_INIT = 1,
	IBV_QPS_RTR = 2,
	IBV_QPS_RTS = 3,
	IBV_QPS_SQD = 4,
	IBV_QPS_SQE = 5,
	IBV_QPS_ERR = 6,
	IBV_QPS_UNKNOWN = 7,
};

/* Service of a queue pair. */
enum ibv_qp_type {
	IBV_QPT_RC = 2,
	IBV_QPT_UC = 3,
	IBV_QPT_UD = 4,
	IBV_QPT_RAW_PACKET = 8,
	IBV_QPT_XRC_SEND = 9,
	IBV_QPT_XRC_RECV = 10,
	IBV_QPT_DRIVER = 255,
};

/* What a device is: an adapter, a switch, an iWARP NIC. */
enum ibv_node_type {
	IBV_NODE_UNKNOWN = -1,
	IBV_NODE_CA = 1,
	IBV_NODE_SWITCH = 2,
	IBV_NODE_ROUTER = 3,
	IBV_NODE_RNIC = 4,
	IBV_NODE_USNIC = 5,
	IBV_NODE_USNIC_UDP = 6,
	IBV_NODE_UNSPECIFIED = 7,
};

/* The transport a device speaks; RoCE devices report InfiniBand. */
enum ibv_transport_type {
	IBV_TRANSPORT_UNKNOWN = -1,
	IBV_TRANSPORT_IB = 0,
	IBV_TRANSPORT_IWARP = 1,
	IBV_TRANSPORT_USNIC = 2,
	IBV_TRANSPORT_USNIC_UDP = 3,
	IBV_TRANSPORT_UNSPECIFIED = 4,
};

/* What a completion counter counts. */
enum ibv_comp_cntr_type {
	IBV_COMP_CNTR_TYPE_WRS = 0,
	IBV_COMP_CNTR_TYPE_BYTES = 1,
};

/* Path MTU as verbs encode it. */
enum ibv_mtu {
	IBV_MTU_256 = 1,
	IBV_MTU_512 = 2,
	IBV_MTU_1024 = 3,
	IBV_MTU_2048 = 4,
	IBV_MTU_4096 = 5,
};

/* State of path migration. */
enum ibv_mig_state {
	IBV_MIG_MIGRATED = 0,
	IBV_MIG_REARM = 1,
	IBV_MIG_ARMED = 2,
};

/* What a send work request does. */
enum ibv_wr_opcode {
	IBV_WR_RDMA_WRITE = 0,
	IBV_WR_RDMA_WRITE_WITH_IMM = 1,
	IBV_WR_SEND = 2,
	IBV_WR_SEND_WITH_IMM = 3,
	IBV_WR_RDMA_READ = 4,
	IBV_WR_ATOMIC_CMP_AND_SWP = 5,
	IBV_WR_ATOMIC_FETCH_AND_ADD = 6,
	IBV_WR_LOCAL_INV = 7,
	IBV_WR_BIND_MW = 8,
	IBV_WR_SEND_WITH_INV = 9,
	IBV_WR_TSO = 10,
	IBV_WR_DRIVER1 = 11,
	IBV_WR_FLUSH = 14,
	IBV_WR_ATOMIC_WRITE = 15,
};

/* Whether a process may fork while memory is registered. */
enum ibv_fork_status {
	IBV_FORK_DISABLED = 0,
	IBV_FORK_ENABLED = 1,
	IBV_FORK_UNNEEDED = 2,
};

/* Logical state of a port. */
enum ibv_port_state {
	IBV_PORT_NOP = 0,
	IBV_PORT_DOWN = 1,
	IBV_PORT_INIT = 2,
	IBV_PORT_ARMED = 3,
	IBV_PORT_ACTIVE = 4,
	IBV_PORT_ACTIVE_DEFER = 5,
};

/* What an asynchronous event reports. */
enum ibv_event_type {
	IBV_EVENT_CQ_ERR = 0,
	IBV_EVENT_QP_FATAL = 1,
	IBV_EVENT_QP_REQ_ERR = 2,
	IBV_EVENT_QP_ACCESS_ERR = 3,
	IBV_EVENT_COMM_EST = 4,
	IBV_EVENT_SQ_DRAINED = 5,
	IBV_EVENT_PATH_MIG = 6,
	IBV_EVENT_PATH_MIG_ERR = 7,
	IBV_EVENT_DEVICE_FATAL = 8,
	IBV_EVENT_PORT_ACTIVE = 9,
	IBV_EVENT_PORT_ERR = 10,
	IBV_EVENT_LID_CHANGE = 11,
	IBV_EVENT_PKEY_CHANGE = 12,
	IBV_EVENT_SM_CHANGE = 13,
	IBV_EVENT_SRQ_ERR = 14,
	IBV_EVENT_SRQ_LIMIT_REACHED = 15,
	IBV_EVENT_QP_LAST_WQE_REACHED = 16,
	IBV_EVENT_CLIENT_REREGISTER = 17,
	IBV_EVENT_GID_CHANGE = 18,
	IBV_EVENT_WQ_FATAL = 19,
	IBV_EVENT_DEVICE_SPEED_CHANGE = 20,
};

/* How a work request ended. */
enum ibv_wc_status {
	IBV_WC_SUCCESS = 0,
	IBV_WC_LOC_LEN_ERR = 1,
	IBV_WC_LOC_QP_OP_ERR = 2,
	IBV_WC_LOC_EEC_OP_ERR = 3,
	IBV_WC_LOC_PROT_ERR = 4,
	IBV_WC_WR_FLUSH_ERR = 5,
	IBV_WC_MW_BIND_ERR = 6,
	IBV_WC_BAD_RESP_ERR = 7,
	IBV_WC_LOC_ACCESS_ERR = 8,
	IBV_WC_REM_INV_REQ_ERR = 9,
	IBV_WC_REM_ACCESS_ERR = 10,
	IBV_WC_REM_OP_ERR = 11,
	IBV_WC_RETRY_EXC_ERR = 12,
	IBV_WC_RNR_RETRY_EXC_ERR = 13,
	IBV_WC_LOC_RDD_VIOL_ERR = 14,
	IBV_WC_REM_INV_RD_REQ_ERR = 15,
	IBV_WC_REM_ABORT_ERR = 16,
	IBV_WC_INV_EECN_ERR = 17,
	IBV_WC_INV_EEC_STATE_ERR = 18,
	IBV_WC_FATAL_ERR = 19,
	IBV_WC_RESP_TIMEOUT_ERR = 20,
	IBV_WC_GENERAL_ERR = 21,
	IBV_WC_TM_ERR = 22,
	IBV_WC_TM_RNDV_INCOMPLETE = 23,
};

/* Static rate of an address, as verbs encode it. */
enum ibv_rate {
	IBV_RATE_MAX = 0,
	IBV_RATE_2_5_GBPS = 2,
	IBV_RATE_5_GBPS = 5,
	IBV_RATE_10_GBPS = 3,
	IBV_RATE_20_GBPS = 6,
	IBV_RATE_30_GBPS = 4,
	IBV_RATE_40_GBPS = 7,
	IBV_RATE_60_GBPS = 8,
	IBV_RATE_80_GBPS = 9,
	IBV_RATE_120_GBPS = 10,
	IBV_RATE_14_GBPS = 11,
	IBV_RATE_56_GBPS = 12,
	IBV_RATE_112_GBPS = 13,
	IBV_RATE_168_GBPS = 14,
	IBV_RATE_25_GBPS = 15,
	IBV_RATE_100_GBPS = 16,
	IBV_RATE_200_GBPS = 17,
	IBV_RATE_300_GBPS = 18,
	IBV_RATE_28_GBPS = 19,
	IBV_RATE_50_GBPS = 20,
	IBV_RATE_400_GBPS = 21,
	IBV_RATE_600_GBPS = 22,
	IBV_RATE_800_GBPS = 23,
	IBV_RATE_1200_GBPS = 24,
};

/* What a GID table entry stands for on the wire. */
enum ibv_gid_type {
	IBV_GID_TYPE_IB = 0,
	IBV_GID_TYPE_ROCE_V1 = 1,
	IBV_GID_TYPE_ROCE_V2 = 2,
};

/* Bits of `ibv_device_attr.device_cap_flags`. */
enum ibv_device_cap_flags {
	IBV_DEVICE_RESIZE_MAX_WR = (1 << 0),
	IBV_DEVICE_BAD_PKEY_CNTR = (1 << 1),
	IBV_DEVICE_BAD_QKEY_CNTR = (1 << 2),
	IBV_DEVICE_RAW_MULTI = (1 << 3),
	IBV_DEVICE_AUTO_PATH_MIG = (1 << 4),
	IBV_DEVICE_CHANGE_PHY_PORT = (1 << 5),
	IBV_DEVICE_UD_AV_PORT_ENFORCE = (1 << 6),
	IBV_DEVICE_CURR_QP_STATE_MOD = (1 << 7),
	IBV_DEVICE_SHUTDOWN_PORT = (1 << 8),
	IBV_DEVICE_INIT_TYPE = (1 << 9),
	IBV_DEVICE_PORT_ACTIVE_EVENT = (1 << 10),
	IBV_DEVICE_SYS_IMAGE_GUID = (1 << 11),
	IBV_DEVICE_RC_RNR_NAK_GEN = (1 << 12),
	IBV_DEVICE_SRQ_RESIZE = (1 << 13),
	IBV_DEVICE_N_NOTIFY_CQ = (1 << 14),
	IBV_DEVICE_MEM_WINDOW = (1 << 17),
	IBV_DEVICE_UD_IP_CSUM = (1 << 18),
	IBV_DEVICE_XRC = (1 << 20),
	IBV_DEVICE_MEM_MGT_EXTENSIONS = (1 << 21),
	IBV_DEVICE_MEM_WINDOW_TYPE_2A = (1 << 23),
	IBV_DEVICE_MEM_WINDOW_TYPE_2B = (1 << 24),
	IBV_DEVICE_RC_IP_CSUM = (1 << 25),
	IBV_DEVICE_RAW_IP_CSUM = (1 << 26),
	IBV_DEVICE_MANAGED_FLOW_STEERING = (1 << 29),
};

/* Operations that may touch memory registered on demand, per service. */
enum ibv_odp_transport_cap_bits {
	IBV_ODP_SUPPORT_SEND = (1 << 0),
	IBV_ODP_SUPPORT_RECV = (1 << 1),
	IBV_ODP_SUPPORT_WRITE = (1 << 2),
	IBV_ODP_SUPPORT_READ = (1 << 3),
	IBV_ODP_SUPPORT_ATOMIC = (1 << 4),
	IBV_ODP_SUPPORT_SRQ_RECV = (1 << 5),
	IBV_ODP_SUPPORT_FLUSH = (1 << 6),
	IBV_ODP_SUPPORT_ATOMIC_WRITE = (1 << 7),
};

/* Whether memory may be registered on demand at all. */
enum ibv_odp_general_caps {
	IBV_ODP_SUPPORT = (1 << 0),
	IBV_ODP_SUPPORT_IMPLICIT = (1 << 1),
};

/* Hash functions for receive side scaling. */
enum ibv_rx_hash_function_flags {
	IBV_RX_HASH_FUNC_TOEPLITZ = (1 << 0),
};

/* Packet fields that may enter the receive hash. */
enum ibv_rx_hash_fields {
	IBV_RX_HASH_SRC_IPV4 = (1 << 0),
	IBV_RX_HASH_DST_IPV4 = (1 << 1),
	IBV_RX_HASH_SRC_IPV6 = (1 << 2),
	IBV_RX_HASH_DST_IPV6 = (1 << 3),
	IBV_RX_HASH_SRC_PORT_TCP = (1 << 4),
	IBV_RX_HASH_DST_PORT_TCP = (1 << 5),
	IBV_RX_HASH_SRC_PORT_UDP = (1 << 6),
	IBV_RX_HASH_DST_PORT_UDP = (1 << 7),
	IBV_RX_HASH_IPSEC_SPI = (1 << 8),
	IBV_RX_HASH_INNER = 2147483648,
};

/* Offloads for raw packets. */
enum ibv_raw_packet_caps {
	IBV_RAW_PACKET_CAP_CVLAN_STRIPPING = (1 << 0),
	IBV_RAW_PACKET_CAP_SCATTER_FCS = (1 << 1),
	IBV_RAW_PACKET_CAP_IP_CSUM = (1 << 2),
	IBV_RAW_PACKET_CAP_DELAY_DROP = (1 << 3),
};

/* Tag matching a device can do. */
enum ibv_tm_cap_flags {
	IBV_TM_CAP_RC = (1 << 0),
};

/* Operand sizes of atomics over PCI, as bits. */
enum ibv_pci_atomic_op_size {
	IBV_PCI_ATOMIC_OPERATION_4_BYTE_SIZE_SUP = (1 << 0),
	IBV_PCI_ATOMIC_OPERATION_8_BYTE_SIZE_SUP = (1 << 1),
	IBV_PCI_ATOMIC_OPERATION_16_BYTE_SIZE_SUP = (1 << 2),
};

/* Which values `ibv_query_rt_values_ex` reads. */
enum ibv_values_mask {
	IBV_VALUES_MASK_RAW_CLOCK = (1 << 0),
	IBV_VALUES_MASK_RESERVED = (1 << 1),
};

/* Bits of `ibv_port_attr.port_cap_flags`. */
enum ibv_port_cap_flags {
	IBV_PORT_SM = (1 << 1),
	IBV_PORT_NOTICE_SUP = (1 << 2),
	IBV_PORT_TRAP_SUP = (1 << 3),
	IBV_PORT_OPT_IPD_SUP = (1 << 4),
	IBV_PORT_AUTO_MIGR_SUP = (1 << 5),
	IBV_PORT_SL_MAP_SUP = (1 << 6),
	IBV_PORT_MKEY_NVRAM = (1 << 7),
	IBV_PORT_PKEY_NVRAM = (1 << 8),
	IBV_PORT_LED_INFO_SUP = (1 << 9),
	IBV_PORT_SYS_IMAGE_GUID_SUP = (1 << 11),
	IBV_PORT_PKEY_SW_EXT_PORT_TRAP_SUP = (1 << 12),
	IBV_PORT_EXTENDED_SPEEDS_SUP = (1 << 14),
	IBV_PORT_CAP_MASK2_SUP = (1 << 15),
	IBV_PORT_CM_SUP = (1 << 16),
	IBV_PORT_SNMP_TUNNEL_SUP = (1 << 17),
	IBV_PORT_REINIT_SUP = (1 << 18),
	IBV_PORT_DEVICE_MGMT_SUP = (1 << 19),
	IBV_PORT_VENDOR_CLASS_SUP = (1 << 20),
	IBV_PORT_DR_NOTICE_SUP = (1 << 21),
	IBV_PORT_CAP_MASK_NOTICE_SUP = (1 << 22),
	IBV_PORT_BOOT_MGMT_SUP = (1 << 23),
	IBV_PORT_LINK_LATENCY_SUP = (1 << 24),
	IBV_PORT_CLIENT_REG_SUP = (1 << 25),
	IBV_PORT_IP_BASED_GIDS = (1 << 26),
};

/* Bits of `ibv_port_attr.port_cap_flags2`. */
enum ibv_port_cap_flags2 {
	IBV_PORT_SET_NODE_DESC_SUP = (1 << 0),
	IBV_PORT_INFO_EXT_SUP = (1 << 1),
	IBV_PORT_VIRT_SUP = (1 << 2),
	IBV_PORT_SWITCH_PORT_STATE_TABLE_SUP = (1 << 3),
	IBV_PORT_LINK_WIDTH_2X_SUP = (1 << 4),
	IBV_PORT_LINK_SPEED_HDR_SUP = (1 << 5),
	IBV_PORT_LINK_SPEED_NDR_SUP = (1 << 10),
	IBV_PORT_LINK_SPEED_XDR_SUP = (1 << 12),
};

/* Optional fields of `ibv_parent_domain_init_attr`. */
enum ibv_parent_domain_init_attr_mask {
	IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS = (1 << 0),
	IBV_PARENT_DOMAIN_INIT_ATTR_PD_CONTEXT = (1 << 1),
	IBV_PARENT_DOMAIN_INIT_ATTR_ALLOW_CC_UNPROTECTED_ALLOC = (1 << 2),
};

/* Fields of `ibv_xrcd_init_attr` that are set. */
enum ibv_xrcd_init_attr_mask {
	IBV_XRCD_INIT_ATTR_FD = (1 << 0),
	IBV_XRCD_INIT_ATTR_OFLAGS = (1 << 1),
	IBV_XRCD_INIT_ATTR_RESERVED = (1 << 2),
};

/* What a memory region, a window or a queue pair lets others do. */
enum ibv_access_flags {
	IBV_ACCESS_LOCAL_WRITE = (1 << 0),
	IBV_ACCESS_REMOTE_WRITE = (1 << 1),
	IBV_ACCESS_REMOTE_READ = (1 << 2),
	IBV_ACCESS_REMOTE_ATOMIC = (1 << 3),
	IBV_ACCESS_MW_BIND = (1 << 4),
	IBV_ACCESS_ZERO_BASED = (1 << 5),
	IBV_ACCESS_ON_DEMAND = (1 << 6),
	IBV_ACCESS_HUGETLB = (1 << 7),
	IBV_ACCESS_FLUSH_GLOBAL = (1 << 8),
	IBV_ACCESS_FLUSH_PERSISTENT = (1 << 9),
	IBV_ACCESS_RELAXED_ORDERING = (1 << 20),
};

/* What a re-registration changes. */
enum ibv_rereg_mr_flags {
	IBV_REREG_MR_CHANGE_TRANSLATION = (1 << 0),
	IBV_REREG_MR_CHANGE_PD = (1 << 1),
	IBV_REREG_MR_CHANGE_ACCESS = (1 << 2),
	IBV_REREG_MR_FLAGS_SUPPORTED = 7,
};

/* How far a failed re-registration came. */
enum ibv_rereg_mr_err_code {
	IBV_REREG_MR_ERR_INPUT = -1,
	IBV_REREG_MR_ERR_DONT_FORK_NEW = -2,
	IBV_REREG_MR_ERR_DO_FORK_OLD = -3,
	IBV_REREG_MR_ERR_CMD = -4,
	IBV_REREG_MR_ERR_CMD_AND_DO_FORK_NEW = -5,
};

/* Optional fields of `ibv_mr_init_attr`. */
enum ibv_mr_init_attr_mask {
	IBV_REG_MR_MASK_IOVA = (1 << 0),
	IBV_REG_MR_MASK_ADDR = (1 << 1),
	IBV_REG_MR_MASK_FD = (1 << 2),
	IBV_REG_MR_MASK_FD_OFFSET = (1 << 3),
	IBV_REG_MR_MASK_DMAH = (1 << 4),
	IBV_REG_MR_MASK_BUF = (1 << 5),
};

/* Optional fields of device memory. */
enum ibv_dm_mask {
	IBV_DM_MASK_HANDLE = (1 << 0),
};

/* Kind of memory a TPH hint speaks of. */
enum ibv_tph_mem_type {
	IBV_TPH_MEM_TYPE_VM = 0,
	IBV_TPH_MEM_TYPE_PM = 1,
};

/* Fields of `ibv_dmah_init_attr` that are set. */
enum ibv_dmah_init_attr_mask {
	IBV_DMAH_INIT_ATTR_MASK_CPU_ID = (1 << 0),
	IBV_DMAH_INIT_ATTR_MASK_PH = (1 << 1),
	IBV_DMAH_INIT_ATTR_MASK_TPH_MEM_TYPE = (1 << 2),
};

/* How far a FLUSH has to carry data. */
enum ibv_placement_type {
	IBV_FLUSH_GLOBAL = (1 << 0),
	IBV_FLUSH_PERSISTENT = (1 << 1),
};

/* What a FLUSH covers. */
enum ibv_selectivity_level {
	IBV_FLUSH_RANGE = 0,
	IBV_FLUSH_MR = 1,
};

/* Fields an extended completion queue shall be able to report. */
enum ibv_create_cq_wc_flags {
	IBV_WC_EX_WITH_BYTE_LEN = (1 << 0),
	IBV_WC_EX_WITH_IMM = (1 << 1),
	IBV_WC_EX_WITH_QP_NUM = (1 << 2),
	IBV_WC_EX_WITH_SRC_QP = (1 << 3),
	IBV_WC_EX_WITH_SLID = (1 << 4),
	IBV_WC_EX_WITH_SL = (1 << 5),
	IBV_WC_EX_WITH_DLID_PATH_BITS = (1 << 6),
	IBV_WC_EX_WITH_COMPLETION_TIMESTAMP = (1 << 7),
	IBV_WC_EX_WITH_CVLAN = (1 << 8),
	IBV_WC_EX_WITH_FLOW_TAG = (1 << 9),
	IBV_WC_EX_WITH_TM_INFO = (1 << 10),
	IBV_WC_EX_WITH_COMPLETION_TIMESTAMP_WALLCLOCK = (1 << 11),
};

/* Optional fields of `ibv_cq_init_attr_ex`. */
enum ibv_cq_init_attr_mask {
	IBV_CQ_INIT_ATTR_MASK_FLAGS = (1 << 0),
	IBV_CQ_INIT_ATTR_MASK_PD = (1 << 1),
};

/* Bits of `ibv_cq_init_attr_ex.flags`. */
enum ibv_create_cq_attr_flags {
	IBV_CREATE_CQ_ATTR_SINGLE_THREADED = (1 << 0),
	IBV_CREATE_CQ_ATTR_IGNORE_OVERRUN = (1 << 1),
};

/* What a change of a completion queue sets. */
enum ibv_cq_attr_mask {
	IBV_CQ_ATTR_MODERATE = (1 << 0),
	IBV_CQ_ATTR_RESERVED = (1 << 1),
};

/* Kind of a shared receive queue. */
enum ibv_srq_type {
	IBV_SRQT_BASIC = 0,
	IBV_SRQT_XRC = 1,
	IBV_SRQT_TM = 2,
};

/* What a change of a shared receive queue sets. */
enum ibv_srq_attr_mask {
	IBV_SRQ_MAX_WR = (1 << 0),
	IBV_SRQ_LIMIT = (1 << 1),
};

/* Fields of `ibv_srq_init_attr_ex` that are set. */
enum ibv_srq_init_attr_mask {
	IBV_SRQ_INIT_ATTR_TYPE = (1 << 0),
	IBV_SRQ_INIT_ATTR_PD = (1 << 1),
	IBV_SRQ_INIT_ATTR_XRCD = (1 << 2),
	IBV_SRQ_INIT_ATTR_CQ = (1 << 3),
	IBV_SRQ_INIT_ATTR_TM = (1 << 4),
	IBV_SRQ_INIT_ATTR_RESERVED = (1 << 5),
};

/* What a counter counts. */
enum ibv_counter_description {
	IBV_COUNTER_PACKETS = 0,
	IBV_COUNTER_BYTES = 1,
};

/* How counters are read. */
enum ibv_read_counters_flags {
	IBV_READ_COUNTERS_ATTR_PREFER_CACHED = (1 << 0),
};

/* Operations a completion counter counts for a queue pair. */
enum ibv_qp_attach_comp_cntr_op {
	IBV_QP_ATTACH_COMP_CNTR_OP_SEND = (1 << 0),
	IBV_QP_ATTACH_COMP_CNTR_OP_RECV = (1 << 1),
	IBV_QP_ATTACH_COMP_CNTR_OP_RDMA_READ = (1 << 2),
	IBV_QP_ATTACH_COMP_CNTR_OP_REMOTE_RDMA_READ = (1 << 3),
	IBV_QP_ATTACH_COMP_CNTR_OP_RDMA_WRITE = (1 << 4),
	IBV_QP_ATTACH_COMP_CNTR_OP_REMOTE_RDMA_WRITE = (1 << 5),
};

/* Fields of `ibv_qp_init_attr_ex` that are set. */
enum ibv_qp_init_attr_mask {
	IBV_QP_INIT_ATTR_PD = (1 << 0),
	IBV_QP_INIT_ATTR_XRCD = (1 << 1),
	IBV_QP_INIT_ATTR_CREATE_FLAGS = (1 << 2),
	IBV_QP_INIT_ATTR_MAX_TSO_HEADER = (1 << 3),
	IBV_QP_INIT_ATTR_IND_TABLE = (1 << 4),
	IBV_QP_INIT_ATTR_RX_HASH = (1 << 5),
	IBV_QP_INIT_ATTR_SEND_OPS_FLAGS = (1 << 6),
};

/* Bits of `ibv_qp_init_attr_ex.create_flags`. */
enum ibv_qp_create_flags {
	IBV_QP_CREATE_BLOCK_SELF_MCAST_LB = (1 << 1),
	IBV_QP_CREATE_SCATTER_FCS = (1 << 8),
	IBV_QP_CREATE_CVLAN_STRIPPING = (1 << 9),
	IBV_QP_CREATE_SOURCE_QPN = (1 << 10),
	IBV_QP_CREATE_PCI_WRITE_END_PADDING = (1 << 11),
};

/* Operations an `ibv_qp_ex` shall be able to post. */
enum ibv_qp_create_send_ops_flags {
	IBV_QP_EX_WITH_RDMA_WRITE = (1 << 0),
	IBV_QP_EX_WITH_RDMA_WRITE_WITH_IMM = (1 << 1),
	IBV_QP_EX_WITH_SEND = (1 << 2),
	IBV_QP_EX_WITH_SEND_WITH_IMM = (1 << 3),
	IBV_QP_EX_WITH_RDMA_READ = (1 << 4),
	IBV_QP_EX_WITH_ATOMIC_CMP_AND_SWP = (1 << 5),
	IBV_QP_EX_WITH_ATOMIC_FETCH_AND_ADD = (1 << 6),
	IBV_QP_EX_WITH_LOCAL_INV = (1 << 7),
	IBV_QP_EX_WITH_BIND_MW = (1 << 8),
	IBV_QP_EX_WITH_SEND_WITH_INV = (1 << 9),
	IBV_QP_EX_WITH_TSO = (1 << 10),
	IBV_QP_EX_WITH_FLUSH = (1 << 11),
	IBV_QP_EX_WITH_ATOMIC_WRITE = (1 << 12),
};

/* Fields of `ibv_qp_open_attr` that are set. */
enum ibv_qp_open_attr_mask {
	IBV_QP_OPEN_ATTR_NUM = (1 << 0),
	IBV_QP_OPEN_ATTR_XRCD = (1 << 1),
	IBV_QP_OPEN_ATTR_CONTEXT = (1 << 2),
	IBV_QP_OPEN_ATTR_TYPE = (1 << 3),
	IBV_QP_OPEN_ATTR_RESERVED = (1 << 4),
};

/* Fields of `ibv_qp_attr` that are set or asked for. */
enum ibv_qp_attr_mask {
	IBV_QP_STATE = (1 << 0),
	IBV_QP_CUR_STATE = (1 << 1),
	IBV_QP_EN_SQD_ASYNC_NOTIFY = (1 << 2),
	IBV_QP_ACCESS_FLAGS = (1 << 3),
	IBV_QP_PKEY_INDEX = (1 << 4),
	IBV_QP_PORT = (1 << 5),
	IBV_QP_QKEY = (1 << 6),
	IBV_QP_AV = (1 << 7),
	IBV_QP_PATH_MTU = (1 << 8),
	IBV_QP_TIMEOUT = (1 << 9),
	IBV_QP_RETRY_CNT = (1 << 10),
	IBV_QP_RNR_RETRY = (1 << 11),
	IBV_QP_RQ_PSN = (1 << 12),
	IBV_QP_MAX_QP_RD_ATOMIC = (1 << 13),
	IBV_QP_ALT_PATH = (1 << 14),
	IBV_QP_MIN_RNR_TIMER = (1 << 15),
	IBV_QP_SQ_PSN = (1 << 16),
	IBV_QP_MAX_DEST_RD_ATOMIC = (1 << 17),
	IBV_QP_PATH_MIG_STATE = (1 << 18),
	IBV_QP_CAP = (1 << 19),
	IBV_QP_DEST_QPN = (1 << 20),
	IBV_QP_RATE_LIMIT = (1 << 25),
};

/* How the question about data order is asked. */
enum ibv_query_qp_data_in_order_flags {
	IBV_QUERY_QP_DATA_IN_ORDER_RETURN_CAPS = (1 << 0),
	IBV_QUERY_QP_DATA_IN_ORDER_DEVICE_ONLY = (1 << 1),
};

/* Which data arrives in order. */
enum ibv_query_qp_data_in_order_caps {
	IBV_QUERY_QP_DATA_IN_ORDER_WHOLE_MSG = (1 << 0),
	IBV_QUERY_QP_DATA_IN_ORDER_ALIGNED_128_BYTES = (1 << 1),
};

/* Kind of a work queue. */
enum ibv_wq_type {
	IBV_WQT_RQ = 0,
};

/* Optional fields of `ibv_wq_init_attr`. */
enum ibv_wq_init_attr_mask {
	IBV_WQ_INIT_ATTR_FLAGS = (1 << 0),
	IBV_WQ_INIT_ATTR_RESERVED = (1 << 1),
};

/* Bits of `ibv_wq_init_attr.create_flags`. */
enum ibv_wq_flags {
	IBV_WQ_FLAGS_CVLAN_STRIPPING = (1 << 0),
	IBV_WQ_FLAGS_SCATTER_FCS = (1 << 1),
	IBV_WQ_FLAGS_DELAY_DROP = (1 << 2),
	IBV_WQ_FLAGS_PCI_WRITE_END_PADDING = (1 << 3),
	IBV_WQ_FLAGS_RESERVED = (1 << 4),
};

/* State of a work queue. */
enum ibv_wq_state {
	IBV_WQS_RESET = 0,
	IBV_WQS_RDY = 1,
	IBV_WQS_ERR = 2,
	IBV_WQS_UNKNOWN = 3,
};

/* Fields of `ibv_wq_attr` that are set. */
enum ibv_wq_attr_mask {
	IBV_WQ_ATTR_STATE = (1 << 0),
	IBV_WQ_ATTR_CURR_STATE = (1 << 1),
	IBV_WQ_ATTR_FLAGS = (1 << 2),
	IBV_WQ_ATTR_RESERVED = (1 << 3),
};

/* Optional fields of `ibv_rwq_ind_table_init_attr`. */
enum ibv_ind_table_init_attr_mask {
	IBV_CREATE_IND_TABLE_RESERVED = (1 << 0),
};

/* Bits of `ibv_send_wr.send_flags`. */
enum ibv_send_flags {
	IBV_SEND_FENCE = (1 << 0),
	IBV_SEND_SIGNALED = (1 << 1),
	IBV_SEND_SOLICITED = (1 << 2),
	IBV_SEND_INLINE = (1 << 3),
	IBV_SEND_IP_CSUM = (1 << 4),
};

/* What a request to a shared receive queue does. */
enum ibv_ops_wr_opcode {
	IBV_WR_TAG_ADD = 0,
	IBV_WR_TAG_DEL = 1,
	IBV_WR_TAG_SYNC = 2,
};

/* Bits of `ibv_ops_wr.flags`. */
enum ibv_ops_flags {
	IBV_OPS_SIGNALED = (1 << 0),
	IBV_OPS_TM_SYNC = (1 << 1),
};

/* What a completion completes; receive completions carry `IBV_WC_RECV`. */
enum ibv_wc_opcode {
	IBV_WC_SEND = 0,
	IBV_WC_RDMA_WRITE = 1,
	IBV_WC_RDMA_READ = 2,
	IBV_WC_COMP_SWAP = 3,
	IBV_WC_FETCH_ADD = 4,
	IBV_WC_BIND_MW = 5,
	IBV_WC_LOCAL_INV = 6,
	IBV_WC_TSO = 7,
	IBV_WC_FLUSH = 8,
	IBV_WC_ATOMIC_WRITE = 9,
	IBV_WC_RECV = 128,
	IBV_WC_RECV_RDMA_WITH_IMM = 129,
	IBV_WC_TM_ADD = 130,
	IBV_WC_TM_DEL = 131,
	IBV_WC_TM_SYNC = 132,
	IBV_WC_TM_RECV = 133,
	IBV_WC_TM_NO_TAG = 134,
	IBV_WC_DRIVER1 = 135,
	IBV_WC_DRIVER2 = 136,
	IBV_WC_DRIVER3 = 137,
};

/* Bits of `ibv_wc.wc_flags`. */
enum ibv_wc_flags {
	IBV_WC_GRH = (1 << 0),
	IBV_WC_WITH_IMM = (1 << 1),
	IBV_WC_IP_CSUM_OK = (1 << 2),
	IBV_WC_WITH_INV = (1 << 3),
	IBV_WC_TM_SYNC_REQ = (1 << 4),
	IBV_WC_TM_MATCH = (1 << 5),
	IBV_WC_TM_DATA_VALID = (1 << 6),
};

/* Kind of a steering rule. */
enum ibv_flow_attr_type {
	IBV_FLOW_ATTR_NORMAL = 0,
	IBV_FLOW_ATTR_ALL_DEFAULT = 1,
	IBV_FLOW_ATTR_MC_DEFAULT = 2,
	IBV_FLOW_ATTR_SNIFFER = 3,
};

/* Bits of `ibv_flow_attr.flags`. */
enum ibv_flow_flags {
	IBV_FLOW_ATTR_FLAGS_DONT_TRAP = (1 << 1),
	IBV_FLOW_ATTR_FLAGS_EGRESS = (1 << 2),
};

/* What a flow specification matches or does. */
enum ibv_flow_spec_type {
	IBV_FLOW_SPEC_ETH = 32,
	IBV_FLOW_SPEC_IPV4 = 48,
	IBV_FLOW_SPEC_IPV6 = 49,
	IBV_FLOW_SPEC_IPV4_EXT = 50,
	IBV_FLOW_SPEC_ESP = 52,
	IBV_FLOW_SPEC_TCP = 64,
	IBV_FLOW_SPEC_UDP = 65,
	IBV_FLOW_SPEC_VXLAN_TUNNEL = 80,
	IBV_FLOW_SPEC_GRE = 81,
	IBV_FLOW_SPEC_MPLS = 96,
	IBV_FLOW_SPEC_INNER = 256,
	IBV_FLOW_SPEC_ACTION_TAG = 4096,
	IBV_FLOW_SPEC_ACTION_DROP = 4097,
	IBV_FLOW_SPEC_ACTION_HANDLE = 4098,
	IBV_FLOW_SPEC_ACTION_COUNT = 4099,
};

/* Fields of `ibv_flow_action_esp_attr` that are set. */
enum ibv_flow_action_esp_mask {
	IBV_FLOW_ACTION_ESP_MASK_ESN = (1 << 0),
};

/* What a device can do: the part every release knows. */
struct ibv_device_attr {
	char fw_ver[64];
	__be64 node_guid;
	__be64 sys_image_guid;
	uint64_t max_mr_size;
	uint64_t page_size_cap;
	uint32_t vendor_id;
	uint32_t vendor_part_id;
	uint32_t hw_ver;
	int max_qp;
	int max_qp_wr;
	unsigned int device_cap_flags;
	int max_sge;
	int max_sge_rd;
	int max_cq;
	int max_cqe;
	int max_mr;
	int max_pd;
	int max_qp_rd_atom;
	int max_ee_rd_atom;
	int max_res_rd_atom;
	int max_qp_init_rd_atom;
	int max_ee_init_rd_atom;
	enum ibv_atomic_cap atomic_cap;
	int max_ee;
	int max_rdd;
	int max_mw;
	int max_raw_ipv6_qp;
	int max_raw_ethy_qp;
	int max_mcast_grp;
	int max_mcast_qp_attach;
	int max_total_mcast_qp_attach;
	int max_ah;
	int max_fmr;
	int max_map_per_fmr;
	int max_srq;
	int max_srq_wr;
	int max_srq_sge;
	uint16_t max_pkeys;
	uint8_t local_ca_ack_delay;
	uint8_t phys_port_cnt;
};

/* Protection domain: what may be used together. */
struct ibv_pd {
	struct ibv_context *context;
	uint32_t handle;
};

/* Memory window: a part of a region with a key of its own. */
struct ibv_mw {
	struct ibv_context *context;
	struct ibv_pd *pd;
	uint32_t rkey;
	uint32_t handle;
	enum ibv_mw_type type;
};

/* Completion channel: a descriptor on which completion queues wake a thread. */
struct ibv_comp_channel {
	struct ibv_context *context;
	int fd;
	int refcnt;
};

/* Completion queue. */
struct ibv_cq {
	struct ibv_context *context;
	struct ibv_comp_channel *channel;
	void *cq_context;
	uint32_t handle;
	int cqe;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	uint32_t comp_events_completed;
	uint32_t async_events_completed;
};

/* Shared receive queue. */
struct ibv_srq {
	struct ibv_context *context;
	void *srq_context;
	struct ibv_pd *pd;
	uint32_t handle;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	uint32_t events_completed;
};

/* Queue pair. */
struct ibv_qp {
	struct ibv_context *context;
	void *qp_context;
	struct ibv_pd *pd;
	struct ibv_cq *send_cq;
	struct ibv_cq *recv_cq;
	struct ibv_srq *srq;
	uint32_t handle;
	uint32_t qp_num;
	enum ibv_qp_state state;
	enum ibv_qp_type qp_type;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	uint32_t events_completed;
};

/* Memory region: memory an adapter may touch, and its keys. */
struct ibv_mr {
	struct ibv_context *context;
	struct ibv_pd *pd;
	void *addr;
	size_t length;
	uint32_t handle;
	uint32_t lkey;
	uint32_t rkey;
};

/* What a window is bound to. */
struct ibv_mw_bind_info {
	struct ibv_mr *mr;
	uint64_t addr;
	uint64_t length;
	unsigned int mw_access_flags;
};

/* A bind of a type 1 window. */
struct ibv_mw_bind {
	uint64_t wr_id;
	unsigned int send_flags;
	struct ibv_mw_bind_info bind_info;
};

/* A piece of memory and the key it is covered by. */
struct ibv_sge {
	uint64_t addr;
	uint32_t length;
	uint32_t lkey;
};

/* A receive work request. */
struct ibv_recv_wr {
	uint64_t wr_id;
	struct ibv_recv_wr *next;
	struct ibv_sge *sg_list;
	int num_sge;
};

/* Slots of the first releases; those named `_compat_` are no longer called. */
struct ibv_context_ops {
	int (*_compat_query_device)(struct ibv_context *, struct ibv_device_attr *);
	int (*_compat_query_port)(struct ibv_context *, uint8_t, struct _compat_ibv_port_attr *);
	void *(*_compat_alloc_pd)(void);
	void *(*_compat_dealloc_pd)(void);
	void *(*_compat_reg_mr)(void);
	void *(*_compat_rereg_mr)(void);
	void *(*_compat_dereg_mr)(void);
	struct ibv_mw *(*alloc_mw)(struct ibv_pd *, enum ibv_mw_type);
	int (*bind_mw)(struct ibv_qp *, struct ibv_mw *, struct ibv_mw_bind *);
	int (*dealloc_mw)(struct ibv_mw *);
	void *(*_compat_create_cq)(void);
	int (*poll_cq)(struct ibv_cq *, int, struct ibv_wc *);
	int (*req_notify_cq)(struct ibv_cq *, int);
	void *(*_compat_cq_event)(void);
	void *(*_compat_resize_cq)(void);
	void *(*_compat_destroy_cq)(void);
	void *(*_compat_create_srq)(void);
	void *(*_compat_modify_srq)(void);
	void *(*_compat_query_srq)(void);
	void *(*_compat_destroy_srq)(void);
	int (*post_srq_recv)(struct ibv_srq *, struct ibv_recv_wr *, struct ibv_recv_wr **);
	void *(*_compat_create_qp)(void);
	void *(*_compat_query_qp)(void);
	void *(*_compat_modify_qp)(void);
	void *(*_compat_destroy_qp)(void);
	int (*post_send)(struct ibv_qp *, struct ibv_send_wr *, struct ibv_send_wr **);
	int (*post_recv)(struct ibv_qp *, struct ibv_recv_wr *, struct ibv_recv_wr **);
	void *(*_compat_create_ah)(void);
	void *(*_compat_destroy_ah)(void);
	void *(*_compat_attach_mcast)(void);
	void *(*_compat_detach_mcast)(void);
	void *(*_compat_async_event)(void);
};

/* An opened device. */
struct ibv_context {
	struct ibv_device *device;
	struct ibv_context_ops ops;
	int cmd_fd;
	/* Readable when an asynchronous event waits. */
	int async_fd;
	int num_comp_vectors;
	pthread_mutex_t mutex;
	/* All ones if a `verbs_context` is around this. */
	void *abi_compat;
};

/* Two slots that once were functions; plug-ins leave them empty. */
struct _ibv_device_ops {
	struct ibv_context *(*_dummy1)(struct ibv_device *, int);
	void (*_dummy2)(struct ibv_context *);
};

/* A device as the list shows it, before it is opened. */
struct ibv_device {
	struct _ibv_device_ops _ops;
	/* Adapter, switch, router or iWARP NIC. */
	enum ibv_node_type node_type;
	enum ibv_transport_type transport_type;
	/* Name of the verbs device, such as `mlx5_0`. */
	char name[64];
	/* Name of its character device, such as `uverbs0`. */
	char dev_name[64];
	/* Directory of the character device in sysfs. */
	char dev_path[256];
	/* Directory of the verbs device in sysfs. */
	char ibdev_path[256];
};

/* One entry of a GID table. */
struct ibv_gid_entry {
	union ibv_gid gid;
	uint32_t gid_index;
	uint32_t port_num;
	uint32_t gid_type;
	uint32_t ndev_ifindex;
};

/* The global part of an address. */
struct ibv_global_route {
	union ibv_gid dgid;
	uint32_t flow_label;
	uint8_t sgid_index;
	uint8_t hop_limit;
	uint8_t traffic_class;
};

/* An address. */
struct ibv_ah_attr {
	struct ibv_global_route grh;
	uint16_t dlid;
	uint8_t sl;
	uint8_t src_path_bits;
	uint8_t static_rate;
	uint8_t is_global;
	uint8_t port_num;
};

/* DMA handle: hints for accesses to a region. */
struct ibv_dmah {
	struct ibv_context *context;
};

/* How a memory region is made. */
struct ibv_mr_init_attr {
	size_t length;
	int access;
	uint64_t comp_mask;
	uint64_t iova;
	void *addr;
	int fd;
	uint64_t fd_offset;
	struct ibv_dmah *dmah;
	struct ibv_buf *buf;
};

/* Memory on the device. */
struct ibv_dm {
	struct ibv_context *context;
	int (*memcpy_to_dm)(struct ibv_dm *, uint64_t, const void *, size_t);
	int (*memcpy_from_dm)(void *, struct ibv_dm *, uint64_t, size_t);
	uint32_t comp_mask;
	uint32_t handle;
};

/* How a DMA handle is made. */
struct ibv_dmah_init_attr {
	uint32_t comp_mask;
	uint32_t cpu_id;
	uint8_t ph;
	uint8_t tph_mem_type;
};

/* Limits of completion counters. */
struct ibv_comp_cntr_caps {
	uint64_t max_value;
	uint32_t max_counters;
	uint32_t supported_qp_attach_ops;
};

/* Completion counter: counts completions instead of queueing them. */
struct ibv_comp_cntr {
	struct ibv_context *context;
	uint32_t handle;
};

/* How a completion counter is made. */
struct ibv_comp_cntr_init_attr {
	uint32_t comp_mask;
	enum ibv_comp_cntr_type type;
	uint32_t flags;
};

/* Depth and limit of a shared receive queue. */
struct ibv_srq_attr {
	uint32_t max_wr;
	uint32_t max_sge;
	uint32_t srq_limit;
};

/* How a shared receive queue is made. */
struct ibv_srq_init_attr {
	void *srq_context;
	struct ibv_srq_attr attr;
};

/* Depths of a queue pair. */
struct ibv_qp_cap {
	uint32_t max_send_wr;
	uint32_t max_recv_wr;
	uint32_t max_send_sge;
	uint32_t max_recv_sge;
	uint32_t max_inline_data;
};

/* How a queue pair is made. */
struct ibv_qp_init_attr {
	void *qp_context;
	struct ibv_cq *send_cq;
	struct ibv_cq *recv_cq;
	struct ibv_srq *srq;
	struct ibv_qp_cap cap;
	enum ibv_qp_type qp_type;
	int sq_sig_all;
};

/* Address handle: an address a device knows. */
struct ibv_ah {
	struct ibv_context *context;
	struct ibv_pd *pd;
	uint32_t handle;
};

/* A piece of memory whose bytes are copied at once. */
struct ibv_data_buf {
	void *addr;
	size_t length;
};

/* Queue pair whose work requests are built call by call. */
struct ibv_qp_ex {
	struct ibv_qp qp_base;
	uint64_t comp_mask;
	uint64_t wr_id;
	unsigned int wr_flags;
	void (*wr_atomic_cmp_swp)(struct ibv_qp_ex *, uint32_t, uint64_t, uint64_t, uint64_t);
	void (*wr_atomic_fetch_add)(struct ibv_qp_ex *, uint32_t, uint64_t, uint64_t);
	void (*wr_bind_mw)(struct ibv_qp_ex *,
			   struct ibv_mw *,
			   uint32_t,
			   const struct ibv_mw_bind_info *);
	void (*wr_local_inv)(struct ibv_qp_ex *, uint32_t);
	void (*wr_rdma_read)(struct ibv_qp_ex *, uint32_t, uint64_t);
	void (*wr_rdma_write)(struct ibv_qp_ex *, uint32_t, uint64_t);
	void (*wr_rdma_write_imm)(struct ibv_qp_ex *, uint32_t, uint64_t, __be32);
	void (*wr_send)(struct ibv_qp_ex *);
	void (*wr_send_imm)(struct ibv_qp_ex *, __be32);
	void (*wr_send_inv)(struct ibv_qp_ex *, uint32_t);
	void (*wr_send_tso)(struct ibv_qp_ex *, void *, uint16_t, uint16_t);
	void (*wr_set_ud_addr)(struct ibv_qp_ex *, struct ibv_ah *, uint32_t, uint32_t);
	void (*wr_set_xrc_srqn)(struct ibv_qp_ex *, uint32_t);
	void (*wr_set_inline_data)(struct ibv_qp_ex *, void *, size_t);
	void (*wr_set_inline_data_list)(struct ibv_qp_ex *, size_t, const struct ibv_data_buf *);
	void (*wr_set_sge)(struct ibv_qp_ex *, uint32_t, uint64_t, uint32_t);
	void (*wr_set_sge_list)(struct ibv_qp_ex *, size_t, const struct ibv_sge *);
	void (*wr_start)(struct ibv_qp_ex *);
	int (*wr_complete)(struct ibv_qp_ex *);
	void (*wr_abort)(struct ibv_qp_ex *);
	void (*wr_atomic_write)(struct ibv_qp_ex *, uint32_t, uint64_t, const void *);
	void (*wr_flush)(struct ibv_qp_ex *, uint32_t, uint64_t, size_t, uint8_t, uint8_t);
};

/* Attributes of a queue pair. */
struct ibv_qp_attr {
	enum ibv_qp_state qp_state;
	enum ibv_qp_state cur_qp_state;
	enum ibv_mtu path_mtu;
	enum ibv_mig_state path_mig_state;
	uint32_t qkey;
	uint32_t rq_psn;
	uint32_t sq_psn;
	uint32_t dest_qp_num;
	unsigned int qp_access_flags;
	struct ibv_qp_cap cap;
	struct ibv_ah_attr ah_attr;
	struct ibv_ah_attr alt_ah_attr;
	uint16_t pkey_index;
	uint16_t alt_pkey_index;
	uint8_t en_sqd_async_notify;
	uint8_t sq_draining;
	uint8_t max_rd_atomic;
	uint8_t max_dest_rd_atomic;
	uint8_t min_rnr_timer;
	uint8_t port_num;
	uint8_t timeout;
	uint8_t retry_cnt;
	uint8_t rnr_retry;
	uint8_t alt_port_num;
	uint8_t alt_timeout;
	uint32_t rate_limit;
};

/* Vendor-specific abilities that two ends agree upon. */
struct ibv_ece {
	uint32_t vendor_id;
	uint32_t options;
	uint32_t comp_mask;
};

/* How a completion counter is attached to a queue pair. */
struct ibv_qp_attach_comp_cntr_attr {
	uint32_t comp_mask;
	uint32_t op_mask;
};

/* A global routing header, as it stands in a UD receive buffer. */
struct ibv_grh {
	__be32 version_tclass_flow;
	__be16 paylen;
	uint8_t next_hdr;
	uint8_t hop_limit;
	union ibv_gid sgid;
	union ibv_gid dgid;
};

/* What a caller asks of an extended device query; nothing so far. */
struct ibv_query_device_ex_input {
	uint32_t comp_mask;
};

/* Segmentation offload of raw packet queue pairs. */
struct ibv_tso_caps {
	uint32_t max_tso;
	uint32_t supported_qpts;
};

/* Limits of receive side scaling. */
struct ibv_rss_caps {
	uint32_t supported_qpts;
	uint32_t max_rwq_indirection_tables;
	uint32_t max_rwq_indirection_table_size;
	uint64_t rx_hash_fields_mask;
	uint8_t rx_hash_function;
};

/* Limits of pacing, in kilobits per second. */
struct ibv_packet_pacing_caps {
	uint32_t qp_rate_limit_min;
	uint32_t qp_rate_limit_max;
	uint32_t supported_qpts;
};

/* Limits of tag matching. */
struct ibv_tm_caps {
	uint32_t max_rndv_hdr_size;
	uint32_t max_num_tags;
	uint32_t flags;
	uint32_t max_ops;
	uint32_t max_sge;
};

/* Limits of completion moderation. */
struct ibv_cq_moderation_caps {
	uint16_t max_cq_count;
	uint16_t max_cq_period;
};

/* Atomics a device can do over PCI, per kind. */
struct ibv_pci_atomic_caps {
	uint16_t fetch_add;
	uint16_t swap;
	uint16_t compare_swap;
};

/* What a device can do: everything this release knows. */
struct ibv_device_attr_ex {
	struct ibv_device_attr orig_attr;
	uint32_t comp_mask;
	struct ibv_odp_caps odp_caps;
	uint64_t completion_timestamp_mask;
	uint64_t hca_core_clock;
	uint64_t device_cap_flags_ex;
	struct ibv_tso_caps tso_caps;
	struct ibv_rss_caps rss_caps;
	uint32_t max_wq_type_rq;
	struct ibv_packet_pacing_caps packet_pacing_caps;
	uint32_t raw_packet_caps;
	struct ibv_tm_caps tm_caps;
	struct ibv_cq_moderation_caps cq_mod_caps;
	uint64_t max_dm_size;
	struct ibv_pci_atomic_caps pci_atomic_caps;
	uint32_t xrc_odp_caps;
	uint32_t phys_port_cnt_ex;
};

/* Values that change while a device runs. */
struct ibv_values_ex {
	uint32_t comp_mask;
	struct timespec raw_clock;
};

/* State and limits of a port. */
struct ibv_port_attr {
	enum ibv_port_state state;
	enum ibv_mtu max_mtu;
	enum ibv_mtu active_mtu;
	int gid_tbl_len;
	uint32_t port_cap_flags;
	uint32_t max_msg_sz;
	uint32_t bad_pkey_cntr;
	uint32_t qkey_viol_cntr;
	uint16_t pkey_tbl_len;
	uint16_t lid;
	uint16_t sm_lid;
	uint8_t lmc;
	uint8_t max_vl_num;
	uint8_t sm_sl;
	uint8_t subnet_timeout;
	uint8_t init_type_reply;
	uint8_t active_width;
	uint8_t active_speed;
	uint8_t phys_state;
	uint8_t link_layer;
	uint8_t flags;
	uint16_t port_cap_flags2;
	uint32_t active_speed_ex;
};

/* How a thread domain is made. */
struct ibv_td_init_attr {
	uint32_t comp_mask;
};

/* Thread domain: a promise that one thread at a time uses its objects. */
struct ibv_td {
	struct ibv_context *context;
};

/* How a protection domain is made that adds a thread domain or allocators to another. */
struct ibv_parent_domain_init_attr {
	struct ibv_pd *pd;
	struct ibv_td *td;
	uint32_t comp_mask;
	void *(*alloc)(struct ibv_pd *, void *, size_t, size_t, uint64_t);
	void (*free)(struct ibv_pd *, void *, void *, uint64_t);
	void *pd_context;
};

/* How an XRC domain is opened. */
struct ibv_xrcd_init_attr {
	uint32_t comp_mask;
	int fd;
	int oflags;
};

/* XRC domain: what shared receive queues and their targets have in common. */
struct ibv_xrcd {
	struct ibv_context *context;
};

/* How much device memory is asked for. */
struct ibv_alloc_dm_attr {
	size_t length;
	uint32_t log_align_req;
	uint32_t comp_mask;
};

/* How an extended completion queue is made. */
struct ibv_cq_init_attr_ex {
	uint32_t cqe;
	void *cq_context;
	struct ibv_comp_channel *channel;
	uint32_t comp_vector;
	uint64_t wc_flags;
	uint32_t comp_mask;
	uint32_t flags;
	struct ibv_pd *parent_domain;
};

/* How many completions, or how long, an event may wait. */
struct ibv_moderate_cq {
	uint16_t cq_count;
	uint16_t cq_period;
};

/* A change of a completion queue. */
struct ibv_modify_cq_attr {
	uint32_t attr_mask;
	struct ibv_moderate_cq moderate;
};

/* How an extended completion queue is polled. */
struct ibv_poll_cq_attr {
	uint32_t comp_mask;
};

/* What a tag matching completion says of the message. */
struct ibv_wc_tm_info {
	uint64_t tag;
	uint32_t priv;
};

/* Depth of tag matching of a shared receive queue. */
struct ibv_tm_cap {
	uint32_t max_num_tags;
	uint32_t max_ops;
};

/* How a shared receive queue of any kind is made. */
struct ibv_srq_init_attr_ex {
	void *srq_context;
	struct ibv_srq_attr attr;
	uint32_t comp_mask;
	enum ibv_srq_type srq_type;
	struct ibv_pd *pd;
	struct ibv_xrcd *xrcd;
	struct ibv_cq *cq;
	struct ibv_tm_cap tm_cap;
};

/* How a counters object is made. */
struct ibv_counters_init_attr {
	uint32_t comp_mask;
};

/* What a counter is attached to. */
struct ibv_counter_attach_attr {
	enum ibv_counter_description counter_desc;
	uint32_t index;
	uint32_t comp_mask;
};

/* A set of counters. */
struct ibv_counters {
	struct ibv_context *context;
};

/* Descriptors that travel with a command. */
struct ibv_fd_arr {
	int *arr;
	uint32_t count;
};

/* Receive hash of a queue pair. */
struct ibv_rx_hash_conf {
	uint8_t rx_hash_function;
	uint8_t rx_hash_key_len;
	uint8_t *rx_hash_key;
	uint64_t rx_hash_fields_mask;
};

/* Indirection table: spreads packets over work queues. */
struct ibv_rwq_ind_table {
	struct ibv_context *context;
	int ind_tbl_handle;
	int ind_tbl_num;
	uint32_t comp_mask;
};

/* How a queue pair of any kind is made. */
struct ibv_qp_init_attr_ex {
	void *qp_context;
	struct ibv_cq *send_cq;
	struct ibv_cq *recv_cq;
	struct ibv_srq *srq;
	struct ibv_qp_cap cap;
	enum ibv_qp_type qp_type;
	int sq_sig_all;
	uint32_t comp_mask;
	struct ibv_pd *pd;
	struct ibv_xrcd *xrcd;
	uint32_t create_flags;
	uint16_t max_tso_header;
	struct ibv_rwq_ind_table *rwq_ind_tbl;
	struct ibv_rx_hash_conf rx_hash_conf;
	uint32_t source_qpn;
	uint64_t send_ops_flags;
};

/* How a shareable queue pair is opened. */
struct ibv_qp_open_attr {
	uint32_t comp_mask;
	uint32_t qp_num;
	struct ibv_xrcd *xrcd;
	void *qp_context;
	enum ibv_qp_type qp_type;
};

/* A rate limit. */
struct ibv_qp_rate_limit_attr {
	uint32_t rate_limit;
	uint32_t max_burst_sz;
	uint16_t typical_pkt_sz;
	uint32_t comp_mask;
};

/* How a work queue is made. */
struct ibv_wq_init_attr {
	void *wq_context;
	enum ibv_wq_type wq_type;
	uint32_t max_wr;
	uint32_t max_sge;
	struct ibv_pd *pd;
	struct ibv_cq *cq;
	uint32_t comp_mask;
	uint32_t create_flags;
};

/* A change of a work queue. */
struct ibv_wq_attr {
	uint32_t attr_mask;
	enum ibv_wq_state wq_state;
	enum ibv_wq_state curr_wq_state;
	uint32_t flags;
	uint32_t flags_mask;
};

/* Work queue. */
struct ibv_wq {
	struct ibv_context *context;
	void *wq_context;
	struct ibv_pd *pd;
	struct ibv_cq *cq;
	uint32_t wq_num;
	uint32_t handle;
	enum ibv_wq_state state;
	enum ibv_wq_type wq_type;
	int (*post_recv)(struct ibv_wq *, struct ibv_recv_wr *, struct ibv_recv_wr **);
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	uint32_t events_completed;
	uint32_t comp_mask;
};

/* How an indirection table is made. */
struct ibv_rwq_ind_table_init_attr {
	uint32_t log_ind_tbl_size;
	struct ibv_wq **ind_tbl;
	uint32_t comp_mask;
};

/* A steering rule; its specifications follow it in memory. */
struct ibv_flow_attr {
	uint32_t comp_mask;
	enum ibv_flow_attr_type type;
	uint16_t size;
	uint16_t priority;
	uint8_t num_of_specs;
	uint8_t port;
	uint32_t flags;
};

/* A steering rule in force. */
struct ibv_flow {
	uint32_t comp_mask;
	struct ibv_context *context;
	uint32_t handle;
};

struct ibv_flow_eth_filter {
	uint8_t dst_mac[6];
	uint8_t src_mac[6];
	uint16_t ether_type;
	uint16_t vlan_tag;
};

struct ibv_flow_spec_eth {
	enum ibv_flow_spec_type type;
	uint16_t size;
	struct ibv_flow_eth_filter val;
	struct ibv_flow_eth_filter mask;
};

struct ibv_flow_ipv4_filter {
	uint32_t src_ip;
	uint32_t dst_ip;
};

struct ibv_flow_spec_ipv4 {
	enum ibv_flow_spec_type type;
	uint16_t size;
	struct ibv_flow_ipv4_filter val;
	struct ibv_flow_ipv4_filter mask;
};

struct ibv_flow_ipv4_ext_filter {
	uint32_t src_ip;
	uint32_t dst_ip;
	uint8_t proto;
	uint8_t tos;
	uint8_t ttl;
	uint8_t flags;
};

struct ibv_flow_spec_ipv4_ext {
	enum ibv_flow_spec_type type;
	uint16_t size;
	struct ibv_flow_ipv4_ext_filter val;
	struct ibv_flow_ipv4_ext_filter mask;
};

struct ibv_flow_ipv6_filter {
	uint8_t src_ip[16];
	uint8_t dst_ip[16];
	uint32_t flow_label;
	uint8_t next_hdr;
	uint8_t traffic_class;
	uint8_t hop_limit;
};

struct ibv_flow_spec_ipv6 {
	enum ibv_flow_spec_type type;
	uint16_t size;
	struct ibv_flow_ipv6_filter val;
	struct ibv_flow_ipv6_filter mask;
};

struct ibv_flow_esp_filter {
	uint32_t spi;
	uint32_t seq;
};

struct ibv_flow_spec_esp {
	enum ibv_flow_spec_type type;
	uint16_t size;
	struct ibv_flow_esp_filter val;
	struct ibv_flow_esp_filter mask;
};

struct ibv_flow_tcp_udp_filter {
	uint16_t dst_port;
	uint16_t src_port;
};

struct ibv_flow_spec_tcp_udp {
	enum ibv_flow_spec_type type;
	uint16_t size;
	struct ibv_flow_tcp_udp_filter val;
	struct ibv_flow_tcp_udp_filter mask;
};

struct ibv_flow_gre_filter {
	uint16_t c_ks_res0_ver;
	uint16_t protocol;
	uint32_t key;
};

struct ibv_flow_spec_gre {
	enum ibv_flow_spec_type type;
	uint16_t size;
	struct ibv_flow_gre_filter val;
	struct ibv_flow_gre_filter mask;
};

struct ibv_flow_mpls_filter {
	uint32_t label;
};

struct ibv_flow_spec_mpls {
	enum ibv_flow_spec_type type;
	uint16_t size;
	struct ibv_flow_mpls_filter val;
	struct ibv_flow_mpls_filter mask;
};

struct ibv_flow_tunnel_filter {
	uint32_t tunnel_id;
};

struct ibv_flow_spec_tunnel {
	enum ibv_flow_spec_type type;
	uint16_t size;
	struct ibv_flow_tunnel_filter val;
	struct ibv_flow_tunnel_filter mask;
};

struct ibv_flow_spec_action_tag {
	enum ibv_flow_spec_type type;
	uint16_t size;
	uint32_t tag_id;
};

struct ibv_flow_spec_action_drop {
	enum ibv_flow_spec_type type;
	uint16_t size;
};

/* An action steering rules may name. */
struct ibv_flow_action {
	struct ibv_context *context;
};

struct ibv_flow_spec_action_handle {
	enum ibv_flow_spec_type type;
	uint16_t size;
	const struct ibv_flow_action *action;
};

struct ibv_flow_spec_counter_action {
	enum ibv_flow_spec_type type;
	uint16_t size;
	struct ibv_counters *counters;
};

/* An IPsec ESP action. */
struct ibv_flow_action_esp_attr {
	struct ib_uverbs_flow_action_esp *esp_attr;
	enum ib_uverbs_flow_action_esp_keymat keymat_proto;
	uint16_t keymat_len;
	void *keymat_ptr;
	enum ib_uverbs_flow_action_esp_replay replay_proto;
	uint16_t replay_len;
	void *replay_ptr;
	struct ib_uverbs_flow_action_esp_encap *esp_encap;
	uint32_t comp_mask;
	uint32_t esn;
};

/* Completion queue whose completions are read field by field. */
struct ibv_cq_ex {
	struct ibv_context *context;
	struct ibv_comp_channel *channel;
	void *cq_context;
	uint32_t handle;
	int cqe;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	uint32_t comp_events_completed;
	uint32_t async_events_completed;
	uint32_t comp_mask;
	enum ibv_wc_status status;
	uint64_t wr_id;
	int (*start_poll)(struct ibv_cq_ex *, struct ibv_poll_cq_attr *);
	int (*next_poll)(struct ibv_cq_ex *);
	void (*end_poll)(struct ibv_cq_ex *);
	enum ibv_wc_opcode (*read_opcode)(struct ibv_cq_ex *);
	uint32_t (*read_vendor_err)(struct ibv_cq_ex *);
	uint32_t (*read_byte_len)(struct ibv_cq_ex *);
	__be32 (*read_imm_data)(struct ibv_cq_ex *);
	uint32_t (*read_qp_num)(struct ibv_cq_ex *);
	uint32_t (*read_src_qp)(struct ibv_cq_ex *);
	unsigned int (*read_wc_flags)(struct ibv_cq_ex *);
	uint32_t (*read_slid)(struct ibv_cq_ex *);
	uint8_t (*read_sl)(struct ibv_cq_ex *);
	uint8_t (*read_dlid_path_bits)(struct ibv_cq_ex *);
	uint64_t (*read_completion_ts)(struct ibv_cq_ex *);
	uint16_t (*read_cvlan)(struct ibv_cq_ex *);
	uint32_t (*read_flow_tag)(struct ibv_cq_ex *);
	void (*read_tm_info)(struct ibv_cq_ex *, struct ibv_wc_tm_info *);
	uint64_t (*read_completion_wallclock_ns)(struct ibv_cq_ex *);
};

/* An opened device with the slots that came later; each lies before older ones. */
struct verbs_context {
#if !defined(VERBS_PABI_34)
	void (*free_buf)(struct ibv_buf *);
	void *(*alloc_buf)(struct ibv_pd *, size_t, struct ibv_buf **);
	int (*dm_export_dmabuf_fd)(struct ibv_dm *);
	struct ibv_mr *(*reg_mr_ex)(struct ibv_pd *, struct ibv_mr_init_attr *);
	int (*dealloc_dmah)(struct ibv_dmah *);
	struct ibv_dmah *(*alloc_dmah)(struct ibv_context *, struct ibv_dmah_init_attr *);
#endif
	int (*query_port)(struct ibv_context *, uint8_t, struct ibv_port_attr *, size_t);
	int (*advise_mr)(struct ibv_pd *,
			 enum ib_uverbs_advise_mr_advice,
			 uint32_t,
			 struct ibv_sge *,
			 uint32_t);
	struct ibv_mr *(*alloc_null_mr)(struct ibv_pd *);
	int (*read_counters)(struct ibv_counters *, uint64_t *, uint32_t, uint32_t);
	int (*attach_counters_point_flow)(struct ibv_counters *,
					  struct ibv_counter_attach_attr *,
					  struct ibv_flow *);
	struct ibv_counters *(*create_counters)(struct ibv_context *, struct ibv_counters_init_attr *);
	int (*destroy_counters)(struct ibv_counters *);
	struct ibv_mr *(*reg_dm_mr)(struct ibv_pd *, struct ibv_dm *, uint64_t, size_t, unsigned int);
	struct ibv_dm *(*alloc_dm)(struct ibv_context *, struct ibv_alloc_dm_attr *);
	int (*free_dm)(struct ibv_dm *);
	int (*modify_flow_action_esp)(struct ibv_flow_action *, struct ibv_flow_action_esp_attr *);
	int (*destroy_flow_action)(struct ibv_flow_action *);
	struct ibv_flow_action *(*create_flow_action_esp)(struct ibv_context *,
							  struct ibv_flow_action_esp_attr *);
	int (*modify_qp_rate_limit)(struct ibv_qp *, struct ibv_qp_rate_limit_attr *);
	struct ibv_pd *(*alloc_parent_domain)(struct ibv_context *,
					      struct ibv_parent_domain_init_attr *);
	int (*dealloc_td)(struct ibv_td *);
	struct ibv_td *(*alloc_td)(struct ibv_context *, struct ibv_td_init_attr *);
	int (*modify_cq)(struct ibv_cq *, struct ibv_modify_cq_attr *);
	int (*post_srq_ops)(struct ibv_srq *, struct ibv_ops_wr *, struct ibv_ops_wr **);
	int (*destroy_rwq_ind_table)(struct ibv_rwq_ind_table *);
	struct ibv_rwq_ind_table *(*create_rwq_ind_table)(struct ibv_context *,
							  struct ibv_rwq_ind_table_init_attr *);
	int (*destroy_wq)(struct ibv_wq *);
	int (*modify_wq)(struct ibv_wq *, struct ibv_wq_attr *);
	struct ibv_wq *(*create_wq)(struct ibv_context *, struct ibv_wq_init_attr *);
	int (*query_rt_values)(struct ibv_context *, struct ibv_values_ex *);
	struct ibv_cq_ex *(*create_cq_ex)(struct ibv_context *, struct ibv_cq_init_attr_ex *);
	struct verbs_ex_private *priv;
	int (*query_device_ex)(struct ibv_context *,
			       const struct ibv_query_device_ex_input *,
			       struct ibv_device_attr_ex *,
			       size_t);
	int (*ibv_destroy_flow)(struct ibv_flow *);
	void (*ABI_placeholder2)(void);
	struct ibv_flow *(*ibv_create_flow)(struct ibv_qp *, struct ibv_flow_attr *);
	void (*ABI_placeholder1)(void);
	struct ibv_qp *(*open_qp)(struct ibv_context *, struct ibv_qp_open_attr *);
	struct ibv_qp *(*create_qp_ex)(struct ibv_context *, struct ibv_qp_init_attr_ex *);
	int (*get_srq_num)(struct ibv_srq *, uint32_t *);
	struct ibv_srq *(*create_srq_ex)(struct ibv_context *, struct ibv_srq_init_attr_ex *);
	struct ibv_xrcd *(*open_xrcd)(struct ibv_context *, struct ibv_xrcd_init_attr *);
	int (*close_xrcd)(struct ibv_xrcd *);
	uint64_t _ABI_placeholder3;
	/* Size of the struct as the library that made it knows it. */
	size_t sz;
	struct ibv_context context;
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 * All devices, as an array that ends in NULL; their number goes to num_devices unless that
 * is NULL. NULL with errno if there can be none.
 */
extern struct ibv_device **ibv_get_device_list(int *num_devices);

/* Gives the array back. Devices that are open stay; others are gone. */
extern void ibv_free_device_list(struct ibv_device **list);

/* The kernel's name of the device. It lives as long as the device. */
extern const char *ibv_get_device_name(struct ibv_device *device);

/* The kernel's number of the device, or -1 if it does not tell one. */
extern int ibv_get_device_index(struct ibv_device *device);

/* The GUID of the node in network order, 0 if it is not known. */
extern __be64 ibv_get_device_guid(struct ibv_device *device);

/* A context, through which everything else is done. NULL with errno. */
extern struct ibv_context *ibv_open_device(struct ibv_device *device);

/* Closes the context. Objects that are left are released with it. Returns 0. */
extern int ibv_close_device(struct ibv_context *context);

/*
 * A context on the command descriptor of another one, of this process or another. NULL
 * with errno.
 */
extern struct ibv_context *ibv_import_device(int cmd_fd);

/* Attributes and limits of the device. 0, or an error number. */
extern int ibv_query_device(struct ibv_context *context, struct ibv_device_attr *device_attr);

/*
 * Attributes of a port, counted from 1, in the short form of old; the macro of the same
 * name asks for the whole. 0, or an error number.
 */
extern int ibv_query_port(struct ibv_context *context,
			  uint8_t port_num,
			  struct _compat_ibv_port_attr *port_attr);

/* The speed of a port in units of 100 Mbit/s. 0, or an error number. */
extern int ibv_query_port_speed(struct ibv_context *context,
				uint32_t port_num,
				uint64_t *port_speed);

/* An entry of a port's GID table. 0, or -1 with errno. */
extern int ibv_query_gid(struct ibv_context *context,
			 uint8_t port_num,
			 int index,
			 union ibv_gid *gid);

/* What ibv_query_gid_ex calls, with the size of the entry it knows. flags is 0. */
extern int _ibv_query_gid_ex(struct ibv_context *context,
			     uint32_t port_num,
			     uint32_t gid_index,
			     struct ibv_gid_entry *entry,
			     uint32_t flags,
			     size_t entry_size);

/*
 * What ibv_query_gid_table calls, with the size of an entry it knows. How many entries it
 * stored, or a negative error number.
 */
extern ssize_t _ibv_query_gid_table(struct ibv_context *context,
				    struct ibv_gid_entry *entries,
				    size_t max_entries,
				    uint32_t flags,
				    size_t entry_size);

/* An entry of a port's table of partition keys, in network order. 0, or -1 with errno. */
extern int ibv_query_pkey(struct ibv_context *context, uint8_t port_num, int index, __be16 *pkey);

/* Where a partition key stands in the table of a port, or -1. */
extern int ibv_get_pkey_index(struct ibv_context *context, uint8_t port_num, __be16 pkey);

/*
 * The Ethernet address behind a GID of the same network, and its VLAN; vid may be NULL. 0,
 * or a negative error number.
 */
extern int ibv_resolve_eth_l2_from_gid(struct ibv_context *context,
				       struct ibv_ah_attr *attr,
				       uint8_t *eth_mac,
				       uint16_t *vid);

/*
 * Waits for the next asynchronous event of the context; each must be acknowledged. 0, or
 * -1 with errno.
 */
extern int ibv_get_async_event(struct ibv_context *context, struct ibv_async_event *event);

/* Acknowledges an event. To destroy its object waits for that. */
extern void ibv_ack_async_event(struct ibv_async_event *event);

/*
 * A channel on which completion events arrive; its descriptor can be polled. NULL with
 * errno.
 */
extern struct ibv_comp_channel *ibv_create_comp_channel(struct ibv_context *context);

/* Refuses with EBUSY while a completion queue uses the channel. */
extern int ibv_destroy_comp_channel(struct ibv_comp_channel *channel);

/*
 * Waits for the next completion event of the channel: its queue and what the queue was
 * created with. Each must be acknowledged. 0, or -1 with errno.
 */
extern int ibv_get_cq_event(struct ibv_comp_channel *channel,
			    struct ibv_cq **cq,
			    void **cq_context);

/* Acknowledges that many events of a queue. To destroy the queue waits for all. */
extern void ibv_ack_cq_events(struct ibv_cq *cq, unsigned int nevents);

/* A protection domain, in which regions and queue pairs belong together. NULL with errno. */
extern struct ibv_pd *ibv_alloc_pd(struct ibv_context *context);

/* Refuses with EBUSY while anything is in the domain. 0, or an error number. */
extern int ibv_dealloc_pd(struct ibv_pd *pd);

/* The domain with this handle in an imported context. NULL with errno. */
extern struct ibv_pd *ibv_import_pd(struct ibv_context *context, uint32_t pd_handle);

/* Forgets an imported domain, which goes on to exist. */
extern void ibv_unimport_pd(struct ibv_pd *pd);

/*
 * Registers memory for access by the device, by bits of enum ibv_access_flags. NULL with
 * errno.
 */
extern struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length, int access);

/*
 * The same with an address of one's own choice for the first byte, by which requests name
 * it.
 */
extern struct ibv_mr *ibv_reg_mr_iova(struct ibv_pd *pd,
				      void *addr,
				      size_t length,
				      uint64_t iova,
				      int access);

/* The same; access bits from IBV_ACCESS_OPTIONAL_FIRST on may be ignored by the device. */
extern struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd,
				       void *addr,
				       size_t length,
				       uint64_t iova,
				       unsigned int access);

/*
 * Registers what the attributes say: memory, a dmabuf, a buffer, with placement hints.
 * NULL with errno.
 */
extern struct ibv_mr *ibv_reg_mr_ex(struct ibv_pd *pd, struct ibv_mr_init_attr *mr_init_attr);

/*
 * Registers a part of a dmabuf, from offset on, whose first byte requests name by iova.
 * NULL with errno.
 */
extern struct ibv_mr *ibv_reg_dmabuf_mr(struct ibv_pd *pd,
					uint64_t offset,
					size_t length,
					uint64_t iova,
					int fd,
					int access);

/* Registers memory within a buffer of ibv_alloc_buf. NULL with errno. */
extern struct ibv_mr *ibv_reg_buf_mr(struct ibv_pd *pd,
				     struct ibv_buf *buf,
				     void *addr,
				     size_t length,
				     int access);

/*
 * Changes domain, memory or access of a region, as bits of enum ibv_rereg_mr_flags say. 0,
 * or one of enum ibv_rereg_mr_err_code.
 */
extern int ibv_rereg_mr(struct ibv_mr *mr,
			int flags,
			struct ibv_pd *pd,
			void *addr,
			size_t length,
			int access);

/*
 * Ends the registration. Nobody accesses the memory through it after that. 0, or an error
 * number.
 */
extern int ibv_dereg_mr(struct ibv_mr *mr);

/* The region with this handle in an imported domain. NULL with errno. */
extern struct ibv_mr *ibv_import_mr(struct ibv_pd *pd, uint32_t mr_handle);

/* Forgets an imported region, which goes on to exist. */
extern void ibv_unimport_mr(struct ibv_mr *mr);

/* The device memory with this handle in an imported context. NULL with errno. */
extern struct ibv_dm *ibv_import_dm(struct ibv_context *context, uint32_t dm_handle);

/* Forgets imported device memory, which goes on to exist. */
extern void ibv_unimport_dm(struct ibv_dm *dm);

/* A dmabuf of device memory, or -1 with errno. */
extern int ibv_dm_export_dmabuf_fd(struct ibv_dm *dm);

/* A handle with hints of where the device's accesses should go. NULL with errno. */
extern struct ibv_dmah *ibv_alloc_dmah(struct ibv_context *context,
				       struct ibv_dmah_init_attr *attr);

/* 0, or an error number. */
extern int ibv_dealloc_dmah(struct ibv_dmah *dmah);

/*
 * Memory that suits registration by the domain's device, and what is known of it. NULL
 * with errno.
 */
extern void *ibv_alloc_buf(struct ibv_pd *pd, size_t size, struct ibv_buf **buf);

/* Gives the memory back. It must not be registered any more. */
extern void ibv_free_buf(struct ibv_buf *buf);

/* A dmabuf of the buffer, or -1 with errno. */
extern int ibv_export_buf_dmabuf_fd(struct ibv_buf *buf);

/* A completion queue of at least cqe entries; channel may be NULL. NULL with errno. */
extern struct ibv_cq *ibv_create_cq(struct ibv_context *context,
				    int cqe,
				    void *cq_context,
				    struct ibv_comp_channel *channel,
				    int comp_vector);

/* Room for at least cqe completions; those in the queue stay. 0, or an error number. */
extern int ibv_resize_cq(struct ibv_cq *cq, int cqe);

/* Refuses with EBUSY while a queue pair uses it; waits until its events are acknowledged. */
extern int ibv_destroy_cq(struct ibv_cq *cq);

/* What ibv_query_comp_cntr_caps calls, with the size of the struct it knows. */
extern int _ibv_query_comp_cntr_caps(struct ibv_context *context,
				     struct ibv_comp_cntr_caps *caps,
				     size_t caps_size);

/* A counter of completions, and one of errors beside it. NULL with errno. */
extern struct ibv_comp_cntr *ibv_create_comp_cntr(struct ibv_context *context,
						  struct ibv_comp_cntr_init_attr *cc_attr);

/* 0, or an error number. */
extern int ibv_destroy_comp_cntr(struct ibv_comp_cntr *comp_cntr);

/* Sets the count of completions. 0, or an error number. */
extern int ibv_set_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t value);

/* Sets the count of errors. 0, or an error number. */
extern int ibv_set_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t value);

/* Adds to the count of completions. 0, or an error number. */
extern int ibv_inc_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t amount);

/* Adds to the count of errors. 0, or an error number. */
extern int ibv_inc_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t amount);

/* The count of completions. 0, or an error number. */
extern int ibv_read_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t *value);

/* The count of errors. 0, or an error number. */
extern int ibv_read_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t *value);

/*
 * A shared receive queue; the attributes tell afterwards what it really holds. NULL with
 * errno.
 */
extern struct ibv_srq *ibv_create_srq(struct ibv_pd *pd, struct ibv_srq_init_attr *srq_init_attr);

/* Its size or its limit, by bits of enum ibv_srq_attr_mask. 0, or an error number. */
extern int ibv_modify_srq(struct ibv_srq *srq, struct ibv_srq_attr *srq_attr, int srq_attr_mask);

/* 0, or an error number. */
extern int ibv_query_srq(struct ibv_srq *srq, struct ibv_srq_attr *srq_attr);

/* Refuses with EBUSY while a queue pair uses it. 0, or an error number. */
extern int ibv_destroy_srq(struct ibv_srq *srq);

/*
 * A queue pair in state RESET; the attributes tell afterwards what it really holds. NULL
 * with errno.
 */
extern struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *qp_init_attr);

/* The same queue pair for the ibv_wr_ functions, NULL if it was not created for them. */
extern struct ibv_qp_ex *ibv_qp_to_qp_ex(struct ibv_qp *qp);

/*
 * Changes the attributes whose bits of enum ibv_qp_attr_mask are set, the state among
 * them. 0, or an error number: EINVAL for a transition or a mask that the service does not
 * have.
 */
extern int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int attr_mask);

/* The attributes whose bits are set, and perhaps others. 0, or an error number. */
extern int ibv_query_qp(struct ibv_qp *qp,
			struct ibv_qp_attr *attr,
			int attr_mask,
			struct ibv_qp_init_attr *init_attr);

/* Whether the bytes of such an operation arrive in the order of their addresses. */
extern int ibv_query_qp_data_in_order(struct ibv_qp *qp, enum ibv_wr_opcode op, uint32_t flags);

/* What can be negotiated about the connection beyond the standard. 0, or an error number. */
extern int ibv_query_ece(struct ibv_qp *qp, struct ibv_ece *ece);

/* What of that shall be used. 0, or an error number. */
extern int ibv_set_ece(struct ibv_qp *qp, struct ibv_ece *ece);

/* Has a counter count the operations that the attributes name. 0, or an error number. */
extern int ibv_qp_attach_comp_cntr(struct ibv_qp *qp,
				   struct ibv_comp_cntr *comp_cntr,
				   struct ibv_qp_attach_comp_cntr_attr *attr);

/*
 * Requests that wait are dropped, also those in progress; waits until its events are
 * acknowledged. 0, or an error number.
 */
extern int ibv_destroy_qp(struct ibv_qp *qp);

/* An address for datagrams. NULL with errno. */
extern struct ibv_ah *ibv_create_ah(struct ibv_pd *pd, struct ibv_ah_attr *attr);

/*
 * The address of who sent what a completion tells of; grh is where its GRH was received. 0
 * if it worked.
 */
extern int ibv_init_ah_from_wc(struct ibv_context *context,
			       uint8_t port_num,
			       struct ibv_wc *wc,
			       struct ibv_grh *grh,
			       struct ibv_ah_attr *ah_attr);

/* The two calls above in one. NULL with errno. */
extern struct ibv_ah *ibv_create_ah_from_wc(struct ibv_pd *pd,
					    struct ibv_wc *wc,
					    struct ibv_grh *grh,
					    uint8_t port_num);

/* 0, or an error number. */
extern int ibv_destroy_ah(struct ibv_ah *ah);

/*
 * Has a datagram queue pair receive what is sent to a multicast group. 0, or an error
 * number.
 */
extern int ibv_attach_mcast(struct ibv_qp *qp, const union ibv_gid *gid, uint16_t lid);

/* 0, or an error number. */
extern int ibv_detach_mcast(struct ibv_qp *qp, const union ibv_gid *gid, uint16_t lid);

/*
 * Makes registered memory safe across fork, if the kernel does not see to it. To be called
 * before any registration. 0, or an error number.
 */
extern int ibv_fork_init(void);

/* Whether memory is safe across fork, and by whom. */
extern enum ibv_fork_status ibv_is_fork_initialized(void);

/* Its name in words, also of a value that is none. */
extern const char *ibv_node_type_str(enum ibv_node_type node_type);

/* Its name, also of a value that is none. */
extern const char *ibv_port_state_str(enum ibv_port_state port_state);

/* What happened, in words, also of a value that is none. */
extern const char *ibv_event_type_str(enum ibv_event_type event);

/* What went wrong, in words, also of a value that is none. */
extern const char *ibv_wc_status_str(enum ibv_wc_status status);

/*
 * Its name, also of a value that is none. It is exported for drivers, so a program that
 * calls it depends on their generation.
 */
extern const char *ibv_wr_opcode_str(enum ibv_wr_opcode opcode);

/* The rate in multiples of 2.5 Gbit/s, -1 if it is none. */
extern int ibv_rate_to_mult(enum ibv_rate rate);

/* The rate that is so many times 2.5 Gbit/s, IBV_RATE_MAX if there is none. */
extern enum ibv_rate mult_to_ibv_rate(int mult);

/* The rate in Mbit/s, -1 if it is none. */
extern int ibv_rate_to_mbps(enum ibv_rate rate);

/* The rate of so many Mbit/s, IBV_RATE_MAX if there is none. */
extern enum ibv_rate mbps_to_ibv_rate(int mbps);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Types with a union or a struct inside that has no name of its own.
 */

/* An asynchronous event and the object it is about. */
struct ibv_async_event {
	union {
		struct ibv_cq *cq;
		struct ibv_qp *qp;
		struct ibv_srq *srq;
		struct ibv_wq *wq;
		int port_num;
	} element;
	enum ibv_event_type event_type;
};

/* A send work request. */
struct ibv_send_wr {
	uint64_t wr_id;
	struct ibv_send_wr *next;
	struct ibv_sge *sg_list;
	int num_sge;
	enum ibv_wr_opcode opcode;
	/* Bits of enum ibv_send_flags. */
	unsigned int send_flags;
	union {
		__be32 imm_data;
		uint32_t invalidate_rkey;
	};
	union {
		struct {
			uint64_t remote_addr;
			uint32_t rkey;
		} rdma;
		struct {
			uint64_t remote_addr;
			uint64_t compare_add;
			uint64_t swap;
			uint32_t rkey;
		} atomic;
		struct {
			struct ibv_ah *ah;
			uint32_t remote_qpn;
			uint32_t remote_qkey;
		} ud;
	} wr;
	union {
		struct {
			uint32_t remote_srqn;
		} xrc;
	} qp_type;
	union {
		struct {
			struct ibv_mw *mw;
			uint32_t rkey;
			struct ibv_mw_bind_info bind_info;
		} bind_mw;
		struct {
			void *hdr;
			uint16_t hdr_sz;
			uint16_t mss;
		} tso;
	};
};

/* A request to a shared receive queue with tag matching. */
struct ibv_ops_wr {
	uint64_t wr_id;
	struct ibv_ops_wr *next;
	enum ibv_ops_wr_opcode opcode;
	/* Bits of enum ibv_ops_flags. */
	int flags;
	struct {
		uint32_t unexpected_cnt;
		uint32_t handle;
		struct {
			uint64_t recv_wr_id;
			struct ibv_sge *sg_list;
			int num_sge;
			uint64_t tag;
			uint64_t mask;
		} add;
	} tm;
};

/* A work completion. */
struct ibv_wc {
	uint64_t wr_id;
	enum ibv_wc_status status;
	enum ibv_wc_opcode opcode;
	uint32_t vendor_err;
	uint32_t byte_len;
	/* wc_flags tell which of the two it is. */
	union {
		__be32 imm_data;
		uint32_t invalidated_rkey;
	};
	uint32_t qp_num;
	uint32_t src_qp;
	/* Bits of enum ibv_wc_flags. */
	unsigned int wc_flags;
	uint16_t pkey_index;
	uint16_t slid;
	uint8_t sl;
	uint8_t dlid_path_bits;
};

/* Any flow specification; hdr tells which. */
struct ibv_flow_spec {
	union {
		struct {
			enum ibv_flow_spec_type type;
			uint16_t size;
		} hdr;
		struct ibv_flow_spec_eth eth;
		struct ibv_flow_spec_ipv4 ipv4;
		struct ibv_flow_spec_tcp_udp tcp_udp;
		struct ibv_flow_spec_ipv4_ext ipv4_ext;
		struct ibv_flow_spec_ipv6 ipv6;
		struct ibv_flow_spec_esp esp;
		struct ibv_flow_spec_tunnel tunnel;
		struct ibv_flow_spec_gre gre;
		struct ibv_flow_spec_mpls mpls;
		struct ibv_flow_spec_action_tag flow_tag;
		struct ibv_flow_spec_action_drop drop;
		struct ibv_flow_spec_action_handle handle;
		struct ibv_flow_spec_counter_action flow_count;
	};
};

/*
 * From here on functions that call the driver through the slots of the object or of its context.
 * A slot that is empty or lies outside the context makes them answer EOPNOTSUPP.
 */

/* The context around an ibv_context, or NULL if it has none. */
static inline struct verbs_context *verbs_get_ctx(struct ibv_context *ctx)
{
	if (ctx->abi_compat != __VERBS_ABI_IS_EXTENDED)
		return NULL;
	return (struct verbs_context *)((char *)ctx - offsetof(struct verbs_context, context));
}

/* The context of ctx if it has the slot op and the slot is filled, else NULL. */
#define verbs_get_ctx_op(ctx, op)                                                                  \
	(__extension__({                                                                           \
		struct verbs_context *__vctx = verbs_get_ctx(ctx);                                 \
		if (__vctx && (__vctx->sz < sizeof(*__vctx) - offsetof(struct verbs_context, op) || \
			       !__vctx->op))                                                       \
			__vctx = NULL;                                                             \
		__vctx;                                                                            \
	}))

/* Whether a struct of sz bytes, of which type is the newest form, reaches to the field. */
#define vext_field_avail(type, fld, sz) (offsetof(type, fld) < (sz))

/*
 * Devices and ports.
 */

static inline int ibv_query_device_ex(struct ibv_context *context,
				      const struct ibv_query_device_ex_input *input,
				      struct ibv_device_attr_ex *attr)
{
	struct verbs_context *vctx;

	/* No question beyond the plain one exists so far. */
	if (input && input->comp_mask)
		return EINVAL;

	vctx = verbs_get_ctx_op(context, query_device_ex);
	if (vctx) {
		int ret = vctx->query_device_ex(context, input, attr, sizeof(*attr));

		if (ret != EOPNOTSUPP && ret != ENOSYS)
			return ret;
	}

	memset(attr, 0, sizeof(*attr));
	return ibv_query_device(context, &attr->orig_attr);
}

static inline int ibv_query_rt_values_ex(struct ibv_context *context, struct ibv_values_ex *values)
{
	struct verbs_context *vctx = verbs_get_ctx_op(context, query_rt_values);

	return vctx ? vctx->query_rt_values(context, values) : EOPNOTSUPP;
}

static inline int ___ibv_query_port(struct ibv_context *context, uint8_t port_num,
				    struct ibv_port_attr *port_attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(context, query_port);

	if (vctx)
		return vctx->query_port(context, port_num, port_attr, sizeof(*port_attr));

	/* The function fills fewer fields than the struct has today. */
	memset(port_attr, 0, sizeof(*port_attr));
	return ibv_query_port(context, port_num, (struct _compat_ibv_port_attr *)port_attr);
}

/* The function of this name knows the short struct only. */
#define ibv_query_port(context, port_num, port_attr)                                               \
	___ibv_query_port(context, port_num, port_attr)

static inline int ibv_query_gid_ex(struct ibv_context *context, uint32_t port_num,
				   uint32_t gid_index, struct ibv_gid_entry *entry, uint32_t flags)
{
	return _ibv_query_gid_ex(context, port_num, gid_index, entry, flags, sizeof(*entry));
}

static inline ssize_t ibv_query_gid_table(struct ibv_context *context,
					  struct ibv_gid_entry *entries, size_t max_entries,
					  uint32_t flags)
{
	return _ibv_query_gid_table(context, entries, max_entries, flags, sizeof(*entries));
}

/* Whether ibv_device_attr_ex.raw_packet_caps or the like has the bit of a queue pair type. */
static inline int ibv_is_qpt_supported(uint32_t caps, enum ibv_qp_type qpt)
{
	return (unsigned int)qpt < 32 && (caps & (1u << qpt));
}

/* The UDP source port that spreads flows as their flow label would. */
static inline uint16_t ibv_flow_label_to_udp_sport(uint32_t fl)
{
	uint32_t low = fl & 0x03fff, high = fl & 0xfc000;

	return (uint16_t)((low ^ (high >> 14)) | IB_ROCE_UDP_ENCAP_VALID_PORT_MIN);
}

/*
 * Domains.
 */

static inline struct ibv_td *ibv_alloc_td(struct ibv_context *context,
					  struct ibv_td_init_attr *init_attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(context, alloc_td);

	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->alloc_td(context, init_attr);
}

static inline int ibv_dealloc_td(struct ibv_td *td)
{
	struct verbs_context *vctx = verbs_get_ctx_op(td->context, dealloc_td);

	return vctx ? vctx->dealloc_td(td) : EOPNOTSUPP;
}

static inline struct ibv_pd *ibv_alloc_parent_domain(struct ibv_context *context,
						     struct ibv_parent_domain_init_attr *attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(context, alloc_parent_domain);

	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->alloc_parent_domain(context, attr);
}

static inline struct ibv_xrcd *ibv_open_xrcd(struct ibv_context *context,
					     struct ibv_xrcd_init_attr *xrcd_init_attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(context, open_xrcd);

	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->open_xrcd(context, xrcd_init_attr);
}

/* Only a context with the slot can have opened the domain. */
static inline int ibv_close_xrcd(struct ibv_xrcd *xrcd)
{
	return verbs_get_ctx(xrcd->context)->close_xrcd(xrcd);
}

/*
 * Memory regions. The functions of old take no optional access bits, so a call whose bits are
 * constant and free of those stays a call of the old function; other calls go to the newer one.
 */

static inline struct ibv_mr *__ibv_reg_mr(struct ibv_pd *pd, void *addr, size_t length,
					  unsigned int access, int is_access_const)
{
	if (is_access_const && !(access & IBV_ACCESS_OPTIONAL_RANGE))
		return ibv_reg_mr(pd, addr, length, (int)access);
	return ibv_reg_mr_iova2(pd, addr, length, (uintptr_t)addr, access);
}

static inline struct ibv_mr *__ibv_reg_mr_iova(struct ibv_pd *pd, void *addr, size_t length,
					       uint64_t iova, unsigned int access,
					       int is_access_const)
{
	if (is_access_const && !(access & IBV_ACCESS_OPTIONAL_RANGE))
		return ibv_reg_mr_iova(pd, addr, length, iova, (int)access);
	return ibv_reg_mr_iova2(pd, addr, length, iova, access);
}

#define ibv_reg_mr(pd, addr, length, access)                                                       \
	__ibv_reg_mr(pd, addr, length, access,                                                     \
		     __builtin_constant_p(((int)(access) & IBV_ACCESS_OPTIONAL_RANGE) == 0))

#define ibv_reg_mr_iova(pd, addr, length, iova, access)                                            \
	__ibv_reg_mr_iova(pd, addr, length, iova, access,                                          \
			  __builtin_constant_p(((int)(access) & IBV_ACCESS_OPTIONAL_RANGE) == 0))

static inline struct ibv_mr *ibv_alloc_null_mr(struct ibv_pd *pd)
{
	struct verbs_context *vctx = verbs_get_ctx_op(pd->context, alloc_null_mr);

	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->alloc_null_mr(pd);
}

static inline int ibv_advise_mr(struct ibv_pd *pd, enum ibv_advise_mr_advice advice, uint32_t flags,
				struct ibv_sge *sg_list, uint32_t num_sge)
{
	struct verbs_context *vctx = verbs_get_ctx_op(pd->context, advise_mr);

	return vctx ? vctx->advise_mr(pd, advice, flags, sg_list, num_sge) : EOPNOTSUPP;
}

static inline struct ibv_dm *ibv_alloc_dm(struct ibv_context *context,
					  struct ibv_alloc_dm_attr *attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(context, alloc_dm);

	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->alloc_dm(context, attr);
}

static inline int ibv_free_dm(struct ibv_dm *dm)
{
	struct verbs_context *vctx = verbs_get_ctx_op(dm->context, free_dm);

	return vctx ? vctx->free_dm(dm) : EOPNOTSUPP;
}

static inline int ibv_memcpy_to_dm(struct ibv_dm *dm, uint64_t dm_offset, const void *host_addr,
				   size_t length)
{
	return dm->memcpy_to_dm(dm, dm_offset, host_addr, length);
}

static inline int ibv_memcpy_from_dm(void *host_addr, struct ibv_dm *dm, uint64_t dm_offset,
				     size_t length)
{
	return dm->memcpy_from_dm(host_addr, dm, dm_offset, length);
}

static inline struct ibv_mr *ibv_reg_dm_mr(struct ibv_pd *pd, struct ibv_dm *dm, uint64_t dm_offset,
					   size_t length, unsigned int access)
{
	struct verbs_context *vctx = verbs_get_ctx_op(pd->context, reg_dm_mr);

	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->reg_dm_mr(pd, dm, dm_offset, length, access);
}

/*
 * Memory windows.
 */

static inline struct ibv_mw *ibv_alloc_mw(struct ibv_pd *pd, enum ibv_mw_type type)
{
	if (!pd->context->ops.alloc_mw) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return pd->context->ops.alloc_mw(pd, type);
}

static inline int ibv_dealloc_mw(struct ibv_mw *mw)
{
	return mw->context->ops.dealloc_mw(mw);
}

/* A window of type 2 is bound by a work request instead; without a region there is no range. */
static inline int ibv_bind_mw(struct ibv_qp *qp, struct ibv_mw *mw, struct ibv_mw_bind *mw_bind)
{
	const struct ibv_mw_bind_info *info = &mw_bind->bind_info;

	if (mw->type != IBV_MW_TYPE_1 || (!info->mr && (info->addr || info->length)))
		return EINVAL;
	if (info->mr && info->mr->pd != mw->pd)
		return EPERM;
	return mw->context->ops.bind_mw(qp, mw, mw_bind);
}

/* The key with its consumer part, the low eight bits, one higher. */
static inline uint32_t ibv_inc_rkey(uint32_t rkey)
{
	return (rkey & ~0xffu) | ((rkey + 1) & 0xffu);
}

/*
 * Completion queues.
 */

static inline struct ibv_cq_ex *ibv_create_cq_ex(struct ibv_context *context,
						 struct ibv_cq_init_attr_ex *cq_attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(context, create_cq_ex);

	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->create_cq_ex(context, cq_attr);
}

/* Both begin with the same fields. */
static inline struct ibv_cq *ibv_cq_ex_to_cq(struct ibv_cq_ex *cq)
{
	return (struct ibv_cq *)cq;
}

static inline int ibv_modify_cq(struct ibv_cq *cq, struct ibv_modify_cq_attr *attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(cq->context, modify_cq);

	return vctx ? vctx->modify_cq(cq, attr) : EOPNOTSUPP;
}

/* How many completions it stored, or negative. */
static inline int ibv_poll_cq(struct ibv_cq *cq, int num_entries, struct ibv_wc *wc)
{
	return cq->context->ops.poll_cq(cq, num_entries, wc);
}

static inline int ibv_req_notify_cq(struct ibv_cq *cq, int solicited_only)
{
	return cq->context->ops.req_notify_cq(cq, solicited_only);
}

static inline int ibv_start_poll(struct ibv_cq_ex *cq, struct ibv_poll_cq_attr *attr)
{
	return cq->start_poll(cq, attr);
}

static inline int ibv_next_poll(struct ibv_cq_ex *cq)
{
	return cq->next_poll(cq);
}

static inline void ibv_end_poll(struct ibv_cq_ex *cq)
{
	cq->end_poll(cq);
}

static inline enum ibv_wc_opcode ibv_wc_read_opcode(struct ibv_cq_ex *cq)
{
	return cq->read_opcode(cq);
}

static inline uint32_t ibv_wc_read_vendor_err(struct ibv_cq_ex *cq)
{
	return cq->read_vendor_err(cq);
}

static inline uint32_t ibv_wc_read_byte_len(struct ibv_cq_ex *cq)
{
	return cq->read_byte_len(cq);
}

static inline __be32 ibv_wc_read_imm_data(struct ibv_cq_ex *cq)
{
	return cq->read_imm_data(cq);
}

/* It stands in the place of the immediate data. */
static inline uint32_t ibv_wc_read_invalidated_rkey(struct ibv_cq_ex *cq)
{
	return cq->read_imm_data(cq);
}

static inline uint32_t ibv_wc_read_qp_num(struct ibv_cq_ex *cq)
{
	return cq->read_qp_num(cq);
}

static inline uint32_t ibv_wc_read_src_qp(struct ibv_cq_ex *cq)
{
	return cq->read_src_qp(cq);
}

static inline unsigned int ibv_wc_read_wc_flags(struct ibv_cq_ex *cq)
{
	return cq->read_wc_flags(cq);
}

static inline uint32_t ibv_wc_read_slid(struct ibv_cq_ex *cq)
{
	return cq->read_slid(cq);
}

static inline uint8_t ibv_wc_read_sl(struct ibv_cq_ex *cq)
{
	return cq->read_sl(cq);
}

static inline uint8_t ibv_wc_read_dlid_path_bits(struct ibv_cq_ex *cq)
{
	return cq->read_dlid_path_bits(cq);
}

static inline uint64_t ibv_wc_read_completion_ts(struct ibv_cq_ex *cq)
{
	return cq->read_completion_ts(cq);
}

static inline uint64_t ibv_wc_read_completion_wallclock_ns(struct ibv_cq_ex *cq)
{
	return cq->read_completion_wallclock_ns(cq);
}

static inline uint16_t ibv_wc_read_cvlan(struct ibv_cq_ex *cq)
{
	return cq->read_cvlan(cq);
}

static inline uint32_t ibv_wc_read_flow_tag(struct ibv_cq_ex *cq)
{
	return cq->read_flow_tag(cq);
}

static inline void ibv_wc_read_tm_info(struct ibv_cq_ex *cq, struct ibv_wc_tm_info *tm_info)
{
	cq->read_tm_info(cq, tm_info);
}

/*
 * Shared receive queues.
 */

static inline struct ibv_srq *ibv_create_srq_ex(struct ibv_context *context,
						struct ibv_srq_init_attr_ex *srq_init_attr_ex)
{
	uint32_t mask = srq_init_attr_ex->comp_mask;
	struct verbs_context *vctx;

	/* A basic queue with nothing new about it is what the old function makes. */
	if ((mask & ~(uint32_t)IBV_SRQ_INIT_ATTR_TYPE) == IBV_SRQ_INIT_ATTR_PD &&
	    (!(mask & IBV_SRQ_INIT_ATTR_TYPE) || srq_init_attr_ex->srq_type == IBV_SRQT_BASIC))
		return ibv_create_srq(srq_init_attr_ex->pd,
				      (struct ibv_srq_init_attr *)srq_init_attr_ex);

	vctx = verbs_get_ctx_op(context, create_srq_ex);
	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->create_srq_ex(context, srq_init_attr_ex);
}

static inline int ibv_get_srq_num(struct ibv_srq *srq, uint32_t *srq_num)
{
	struct verbs_context *vctx = verbs_get_ctx_op(srq->context, get_srq_num);

	return vctx ? vctx->get_srq_num(srq, srq_num) : EOPNOTSUPP;
}

static inline int ibv_post_srq_recv(struct ibv_srq *srq, struct ibv_recv_wr *recv_wr,
				    struct ibv_recv_wr **bad_recv_wr)
{
	return srq->context->ops.post_srq_recv(srq, recv_wr, bad_recv_wr);
}

static inline int ibv_post_srq_ops(struct ibv_srq *srq, struct ibv_ops_wr *op,
				   struct ibv_ops_wr **bad_op)
{
	struct verbs_context *vctx = verbs_get_ctx_op(srq->context, post_srq_ops);

	if (!vctx) {
		*bad_op = op;
		return EOPNOTSUPP;
	}
	return vctx->post_srq_ops(srq, op, bad_op);
}

/*
 * Queue pairs.
 */

static inline struct ibv_qp *ibv_create_qp_ex(struct ibv_context *context,
					      struct ibv_qp_init_attr_ex *qp_init_attr_ex)
{
	struct verbs_context *vctx;

	/* With nothing new about it, it is what the old function makes. */
	if (qp_init_attr_ex->comp_mask == IBV_QP_INIT_ATTR_PD)
		return ibv_create_qp(qp_init_attr_ex->pd,
				     (struct ibv_qp_init_attr *)qp_init_attr_ex);

	vctx = verbs_get_ctx_op(context, create_qp_ex);
	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->create_qp_ex(context, qp_init_attr_ex);
}

static inline struct ibv_qp *ibv_open_qp(struct ibv_context *context,
					 struct ibv_qp_open_attr *qp_open_attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(context, open_qp);

	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->open_qp(context, qp_open_attr);
}

static inline int ibv_modify_qp_rate_limit(struct ibv_qp *qp, struct ibv_qp_rate_limit_attr *attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(qp->context, modify_qp_rate_limit);

	return vctx ? vctx->modify_qp_rate_limit(qp, attr) : EOPNOTSUPP;
}

static inline int ibv_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr,
				struct ibv_send_wr **bad_wr)
{
	return qp->context->ops.post_send(qp, wr, bad_wr);
}

static inline int ibv_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr,
				struct ibv_recv_wr **bad_wr)
{
	return qp->context->ops.post_recv(qp, wr, bad_wr);
}

/* Between these two, calls build work requests; complete posts them all or none. */
static inline void ibv_wr_start(struct ibv_qp_ex *qp)
{
	qp->wr_start(qp);
}

static inline int ibv_wr_complete(struct ibv_qp_ex *qp)
{
	return qp->wr_complete(qp);
}

static inline void ibv_wr_abort(struct ibv_qp_ex *qp)
{
	qp->wr_abort(qp);
}

static inline void ibv_wr_send(struct ibv_qp_ex *qp)
{
	qp->wr_send(qp);
}

static inline void ibv_wr_send_imm(struct ibv_qp_ex *qp, __be32 imm_data)
{
	qp->wr_send_imm(qp, imm_data);
}

static inline void ibv_wr_send_inv(struct ibv_qp_ex *qp, uint32_t invalidate_rkey)
{
	qp->wr_send_inv(qp, invalidate_rkey);
}

static inline void ibv_wr_send_tso(struct ibv_qp_ex *qp, void *hdr, uint16_t hdr_sz, uint16_t mss)
{
	qp->wr_send_tso(qp, hdr, hdr_sz, mss);
}

static inline void ibv_wr_rdma_write(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr)
{
	qp->wr_rdma_write(qp, rkey, remote_addr);
}

static inline void ibv_wr_rdma_write_imm(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr,
					 __be32 imm_data)
{
	qp->wr_rdma_write_imm(qp, rkey, remote_addr, imm_data);
}

static inline void ibv_wr_rdma_read(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr)
{
	qp->wr_rdma_read(qp, rkey, remote_addr);
}

static inline void ibv_wr_atomic_cmp_swp(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr,
					 uint64_t compare, uint64_t swap)
{
	qp->wr_atomic_cmp_swp(qp, rkey, remote_addr, compare, swap);
}

static inline void ibv_wr_atomic_fetch_add(struct ibv_qp_ex *qp, uint32_t rkey,
					   uint64_t remote_addr, uint64_t add)
{
	qp->wr_atomic_fetch_add(qp, rkey, remote_addr, add);
}

static inline void ibv_wr_atomic_write(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr,
				       const void *atomic_wr)
{
	qp->wr_atomic_write(qp, rkey, remote_addr, atomic_wr);
}

static inline void ibv_wr_flush(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t remote_addr,
				size_t len, uint8_t type, uint8_t level)
{
	qp->wr_flush(qp, rkey, remote_addr, len, type, level);
}

static inline void ibv_wr_bind_mw(struct ibv_qp_ex *qp, struct ibv_mw *mw, uint32_t rkey,
				  const struct ibv_mw_bind_info *bind_info)
{
	qp->wr_bind_mw(qp, mw, rkey, bind_info);
}

static inline void ibv_wr_local_inv(struct ibv_qp_ex *qp, uint32_t invalidate_rkey)
{
	qp->wr_local_inv(qp, invalidate_rkey);
}

static inline void ibv_wr_set_ud_addr(struct ibv_qp_ex *qp, struct ibv_ah *ah, uint32_t remote_qpn,
				      uint32_t remote_qkey)
{
	qp->wr_set_ud_addr(qp, ah, remote_qpn, remote_qkey);
}

static inline void ibv_wr_set_xrc_srqn(struct ibv_qp_ex *qp, uint32_t remote_srqn)
{
	qp->wr_set_xrc_srqn(qp, remote_srqn);
}

static inline void ibv_wr_set_sge(struct ibv_qp_ex *qp, uint32_t lkey, uint64_t addr,
				  uint32_t length)
{
	qp->wr_set_sge(qp, lkey, addr, length);
}

static inline void ibv_wr_set_sge_list(struct ibv_qp_ex *qp, size_t num_sge,
				       const struct ibv_sge *sg_list)
{
	qp->wr_set_sge_list(qp, num_sge, sg_list);
}

static inline void ibv_wr_set_inline_data(struct ibv_qp_ex *qp, void *addr, size_t length)
{
	qp->wr_set_inline_data(qp, addr, length);
}

static inline void ibv_wr_set_inline_data_list(struct ibv_qp_ex *qp, size_t num_buf,
					       const struct ibv_data_buf *buf_list)
{
	qp->wr_set_inline_data_list(qp, num_buf, buf_list);
}

/*
 * Work queues and their indirection tables.
 */

/* The driver leaves what waits for events of the queue to be set up here. */
static inline struct ibv_wq *ibv_create_wq(struct ibv_context *context,
					   struct ibv_wq_init_attr *wq_init_attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(context, create_wq);
	struct ibv_wq *wq;

	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	wq = vctx->create_wq(context, wq_init_attr);
	if (wq) {
		wq->events_completed = 0;
		pthread_mutex_init(&wq->mutex, NULL);
		pthread_cond_init(&wq->cond, NULL);
	}
	return wq;
}

static inline int ibv_modify_wq(struct ibv_wq *wq, struct ibv_wq_attr *wq_attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(wq->context, modify_wq);

	return vctx ? vctx->modify_wq(wq, wq_attr) : EOPNOTSUPP;
}

static inline int ibv_destroy_wq(struct ibv_wq *wq)
{
	struct verbs_context *vctx = verbs_get_ctx_op(wq->context, destroy_wq);

	return vctx ? vctx->destroy_wq(wq) : EOPNOTSUPP;
}

static inline int ibv_post_wq_recv(struct ibv_wq *wq, struct ibv_recv_wr *recv_wr,
				   struct ibv_recv_wr **bad_recv_wr)
{
	return wq->post_recv(wq, recv_wr, bad_recv_wr);
}

static inline struct ibv_rwq_ind_table *
ibv_create_rwq_ind_table(struct ibv_context *context, struct ibv_rwq_ind_table_init_attr *init_attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(context, create_rwq_ind_table);

	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->create_rwq_ind_table(context, init_attr);
}

static inline int ibv_destroy_rwq_ind_table(struct ibv_rwq_ind_table *rwq_ind_table)
{
	struct verbs_context *vctx =
		verbs_get_ctx_op(rwq_ind_table->context, destroy_rwq_ind_table);

	return vctx ? vctx->destroy_rwq_ind_table(rwq_ind_table) : EOPNOTSUPP;
}

/*
 * Steering.
 */

static inline struct ibv_flow *ibv_create_flow(struct ibv_qp *qp, struct ibv_flow_attr *flow)
{
	struct verbs_context *vctx = verbs_get_ctx_op(qp->context, ibv_create_flow);

	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->ibv_create_flow(qp, flow);
}

static inline int ibv_destroy_flow(struct ibv_flow *flow_id)
{
	struct verbs_context *vctx = verbs_get_ctx_op(flow_id->context, ibv_destroy_flow);

	return vctx ? vctx->ibv_destroy_flow(flow_id) : EOPNOTSUPP;
}

static inline struct ibv_flow_action *
ibv_create_flow_action_esp(struct ibv_context *ctx, struct ibv_flow_action_esp_attr *esp)
{
	struct verbs_context *vctx = verbs_get_ctx_op(ctx, create_flow_action_esp);

	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->create_flow_action_esp(ctx, esp);
}

static inline int ibv_modify_flow_action_esp(struct ibv_flow_action *action,
					     struct ibv_flow_action_esp_attr *esp)
{
	struct verbs_context *vctx = verbs_get_ctx_op(action->context, modify_flow_action_esp);

	return vctx ? vctx->modify_flow_action_esp(action, esp) : EOPNOTSUPP;
}

static inline int ibv_destroy_flow_action(struct ibv_flow_action *action)
{
	struct verbs_context *vctx = verbs_get_ctx_op(action->context, destroy_flow_action);

	return vctx ? vctx->destroy_flow_action(action) : EOPNOTSUPP;
}

/*
 * Counters.
 */

static inline struct ibv_counters *ibv_create_counters(struct ibv_context *context,
						       struct ibv_counters_init_attr *init_attr)
{
	struct verbs_context *vctx = verbs_get_ctx_op(context, create_counters);

	if (!vctx) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	return vctx->create_counters(context, init_attr);
}

static inline int ibv_destroy_counters(struct ibv_counters *counters)
{
	struct verbs_context *vctx = verbs_get_ctx_op(counters->context, destroy_counters);

	return vctx ? vctx->destroy_counters(counters) : EOPNOTSUPP;
}

static inline int ibv_attach_counters_point_flow(struct ibv_counters *counters,
						 struct ibv_counter_attach_attr *attr,
						 struct ibv_flow *flow)
{
	struct verbs_context *vctx =
		verbs_get_ctx_op(counters->context, attach_counters_point_flow);

	return vctx ? vctx->attach_counters_point_flow(counters, attr, flow) : EOPNOTSUPP;
}

static inline int ibv_read_counters(struct ibv_counters *counters, uint64_t *counters_value,
				    uint32_t ncounters, uint32_t flags)
{
	struct verbs_context *vctx = verbs_get_ctx_op(counters->context, read_counters);

	return vctx ? vctx->read_counters(counters, counters_value, ncounters, flags) : EOPNOTSUPP;
}

static inline int ibv_query_comp_cntr_caps(struct ibv_context *context,
					   struct ibv_comp_cntr_caps *caps)
{
	return _ibv_query_comp_cntr_caps(context, caps, sizeof(*caps));
}

#undef __attribute_const

#ifdef RDMA_STATIC_PROVIDERS
/*
 * For a program that links with libibverbs.a: RDMA_STATIC_PROVIDERS is a list of the providers it
 * takes along, like `mlx5,rxe`, at most 20 of them; `all` for each there is, `none` for those of
 * the library itself. To ask for the list of devices then refers to them, so that the linker takes
 * them from their archives, and they register before main. libibverbs.so has none of these names.
 */
#define _RDMA_STATIC_PREFIX_(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10, _11, _12, _13, _14, _15,     \
			     _16, _17, _18, _19, _20, ...)                                         \
	&verbs_provider_##_1, &verbs_provider_##_2, &verbs_provider_##_3, &verbs_provider_##_4,    \
	&verbs_provider_##_5, &verbs_provider_##_6, &verbs_provider_##_7, &verbs_provider_##_8,    \
	&verbs_provider_##_9, &verbs_provider_##_10, &verbs_provider_##_11,                        \
	&verbs_provider_##_12, &verbs_provider_##_13, &verbs_provider_##_14,                       \
	&verbs_provider_##_15, &verbs_provider_##_16, &verbs_provider_##_17,                       \
	&verbs_provider_##_18, &verbs_provider_##_19, &verbs_provider_##_20

#define _RDMA_STATIC_PREFIX(arg)                                                                   \
	_RDMA_STATIC_PREFIX_(arg, none, none, none, none, none, none, none, none, none, none, none, \
			     none, none, none, none, none, none, none, none, none)

struct verbs_device_ops;
extern const struct verbs_device_ops verbs_provider_bnxt_re;
extern const struct verbs_device_ops verbs_provider_cxgb4;
extern const struct verbs_device_ops verbs_provider_efa;
extern const struct verbs_device_ops verbs_provider_erdma;
extern const struct verbs_device_ops verbs_provider_hfi1verbs;
extern const struct verbs_device_ops verbs_provider_hns;
extern const struct verbs_device_ops verbs_provider_ionic;
extern const struct verbs_device_ops verbs_provider_ipathverbs;
extern const struct verbs_device_ops verbs_provider_irdma;
extern const struct verbs_device_ops verbs_provider_mana;
extern const struct verbs_device_ops verbs_provider_mlx4;
extern const struct verbs_device_ops verbs_provider_mlx5;
extern const struct verbs_device_ops verbs_provider_mthca;
extern const struct verbs_device_ops verbs_provider_ocrdma;
extern const struct verbs_device_ops verbs_provider_qedr;
extern const struct verbs_device_ops verbs_provider_rxe;
extern const struct verbs_device_ops verbs_provider_siw;
extern const struct verbs_device_ops verbs_provider_vmw_pvrdma;
extern const struct verbs_device_ops verbs_provider_all;
extern const struct verbs_device_ops verbs_provider_none;

/* Does nothing: to be referred to is what its arguments are for. */
void ibv_static_providers(void *unused, ...);

static inline struct ibv_device **__ibv_get_device_list(int *num_devices)
{
	ibv_static_providers(NULL, _RDMA_STATIC_PREFIX(RDMA_STATIC_PROVIDERS), NULL);
	return ibv_get_device_list(num_devices);
}

#define ibv_get_device_list(num_devices) __ibv_get_device_list(num_devices)
#endif /* RDMA_STATIC_PROVIDERS */

#ifdef __cplusplus
}
#endif

#endif /* INFINIBAND_VERBS_H */

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
