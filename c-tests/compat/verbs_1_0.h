/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Verbs as programs of libibverbs 1.0 (2006) know them, as far as these tests go: structures with
 * the sizes and offsets of that release (c-tests/layout/compat-1.0.tsv), calls bound to node
 * IBVERBS_1.0. No header of a later release goes with it.
 */
#ifndef CTESTS_VERBS_1_0_H
#define CTESTS_VERBS_1_0_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

union ibv_gid {
	uint8_t raw[16];
	struct { uint64_t subnet_prefix, interface_id; } global;
};

enum { IBV_MTU_256 = 1 };
enum { IBV_PORT_ACTIVE = 4 };
enum ibv_event_type {
	IBV_EVENT_CQ_ERR = 0,
	IBV_EVENT_QP_FATAL = 1,
	IBV_EVENT_COMM_EST = 4,
	IBV_EVENT_SRQ_LIMIT_REACHED = 15,
	IBV_EVENT_QP_LAST_WQE_REACHED = 16,
};
enum ibv_wc_status { IBV_WC_SUCCESS = 0, IBV_WC_WR_FLUSH_ERR = 5 };
enum ibv_wc_opcode { IBV_WC_RECV = 1 << 7 };
enum { IBV_WC_GRH = 1 };
enum {
	IBV_ACCESS_LOCAL_WRITE = 1,
	IBV_ACCESS_REMOTE_WRITE = 2,
	IBV_ACCESS_REMOTE_READ = 4,
	IBV_ACCESS_REMOTE_ATOMIC = 8,
};
enum ibv_qp_type { IBV_QPT_RC = 2, IBV_QPT_UC, IBV_QPT_UD };
enum ibv_qp_state { IBV_QPS_RESET, IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS, IBV_QPS_ERR = 6 };
enum ibv_wr_opcode {
	IBV_WR_RDMA_WRITE,
	IBV_WR_RDMA_WRITE_WITH_IMM,
	IBV_WR_SEND,
	IBV_WR_SEND_WITH_IMM,
	IBV_WR_RDMA_READ,
	IBV_WR_ATOMIC_CMP_AND_SWP,
	IBV_WR_ATOMIC_FETCH_AND_ADD,
};
enum { IBV_SEND_FENCE = 1, IBV_SEND_SIGNALED = 2, IBV_SEND_SOLICITED = 4, IBV_SEND_INLINE = 8 };
enum { IBV_SRQ_MAX_WR = 1, IBV_SRQ_LIMIT = 2 };
enum {
	IBV_QP_STATE = 1 << 0,
	IBV_QP_ACCESS_FLAGS = 1 << 3,
	IBV_QP_PKEY_INDEX = 1 << 4,
	IBV_QP_PORT = 1 << 5,
	IBV_QP_QKEY = 1 << 6,
	IBV_QP_AV = 1 << 7,
	IBV_QP_PATH_MTU = 1 << 8,
	IBV_QP_TIMEOUT = 1 << 9,
	IBV_QP_RETRY_CNT = 1 << 10,
	IBV_QP_RNR_RETRY = 1 << 11,
	IBV_QP_RQ_PSN = 1 << 12,
	IBV_QP_MAX_QP_RD_ATOMIC = 1 << 13,
	IBV_QP_MIN_RNR_TIMER = 1 << 15,
	IBV_QP_SQ_PSN = 1 << 16,
	IBV_QP_MAX_DEST_RD_ATOMIC = 1 << 17,
	IBV_QP_DEST_QPN = 1 << 20,
};

struct ibv_device;
struct ibv_context;
struct ibv_pd;
struct ibv_cq;
struct ibv_srq;
struct ibv_qp;
struct ibv_ah;

struct ibv_device_attr {
	char fw_ver[64];
	uint64_t node_guid, sys_image_guid, max_mr_size, page_size_cap;
	uint32_t vendor_id, vendor_part_id, hw_ver;
	int max_qp, max_qp_wr, device_cap_flags, max_sge, max_sge_rd, max_cq, max_cqe, max_mr, max_pd;
	int further[17];
	int max_srq, max_srq_wr, max_srq_sge;
	uint16_t max_pkeys;
	uint8_t local_ca_ack_delay, phys_port_cnt;
};

struct ibv_port_attr {
	int state, max_mtu, active_mtu, gid_tbl_len;
	uint32_t port_cap_flags, max_msg_sz, bad_pkey_cntr, qkey_viol_cntr;
	uint16_t pkey_tbl_len, lid, sm_lid;
	uint8_t lmc, max_vl_num, sm_sl, subnet_timeout, init_type_reply, active_width, active_speed,
		phys_state;
};

struct ibv_async_event {
	union {
		struct ibv_cq *cq;
		struct ibv_qp *qp;
		struct ibv_srq *srq;
		int port_num;
	} element;
	enum ibv_event_type event_type;
};

struct ibv_wc {
	uint64_t wr_id;
	enum ibv_wc_status status;
	enum ibv_wc_opcode opcode;
	uint32_t vendor_err, byte_len, imm_data, qp_num, src_qp;
	int wc_flags;
	uint16_t pkey_index, slid;
	uint8_t sl, dlid_path_bits;
};

struct ibv_mr {
	struct ibv_context *context;
	struct ibv_pd *pd;
	uint32_t handle, lkey, rkey;
};

struct ibv_ah_attr {
	struct {
		union ibv_gid dgid;
		uint32_t flow_label;
		uint8_t sgid_index, hop_limit, traffic_class;
	} grh;
	uint16_t dlid;
	uint8_t sl, src_path_bits, static_rate, is_global, port_num;
};

struct ibv_srq_attr { uint32_t max_wr, max_sge, srq_limit; };
struct ibv_srq_init_attr { void *srq_context; struct ibv_srq_attr attr; };

struct ibv_qp_cap {
	uint32_t max_send_wr, max_recv_wr, max_send_sge, max_recv_sge, max_inline_data;
};

struct ibv_qp_init_attr {
	void *qp_context;
	struct ibv_cq *send_cq, *recv_cq;
	struct ibv_srq *srq;
	struct ibv_qp_cap cap;
	enum ibv_qp_type qp_type;
	int sq_sig_all;
};

struct ibv_qp_attr {
	enum ibv_qp_state qp_state, cur_qp_state;
	int path_mtu, path_mig_state;
	uint32_t qkey, rq_psn, sq_psn, dest_qp_num;
	int qp_access_flags;
	struct ibv_qp_cap cap;
	struct ibv_ah_attr ah_attr, alt_ah_attr;
	uint16_t pkey_index, alt_pkey_index;
	uint8_t en_sqd_async_notify, sq_draining, max_rd_atomic, max_dest_rd_atomic, min_rnr_timer,
		port_num, timeout, retry_cnt, rnr_retry, alt_port_num, alt_timeout;
};

struct ibv_sge {
	uint64_t addr;
	uint32_t length, lkey;
};

struct ibv_send_wr {
	struct ibv_send_wr *next;
	uint64_t wr_id;
	struct ibv_sge *sg_list;
	int num_sge;
	enum ibv_wr_opcode opcode;
	int send_flags;
	uint32_t imm_data;
	union {
		struct { uint64_t remote_addr; uint32_t rkey; } rdma;
		struct { uint64_t remote_addr, compare_add, swap; uint32_t rkey; } atomic;
		struct { struct ibv_ah *ah; uint32_t remote_qpn, remote_qkey; } ud;
	} wr;
};

struct ibv_recv_wr {
	struct ibv_recv_wr *next;
	uint64_t wr_id;
	struct ibv_sge *sg_list;
	int num_sge;
};

struct ibv_srq {
	struct ibv_context *context;
	void *srq_context;
	struct ibv_pd *pd;
	uint32_t handle;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	uint32_t events_completed;
};

struct ibv_qp {
	struct ibv_context *context;
	void *qp_context;
	struct ibv_pd *pd;
	struct ibv_cq *send_cq, *recv_cq;
	struct ibv_srq *srq;
	uint32_t handle, qp_num;
	enum ibv_qp_state state;
	enum ibv_qp_type qp_type;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	uint32_t events_completed;
};

struct ibv_comp_channel { int fd; };

struct ibv_cq {
	struct ibv_context *context;
	void *cq_context;
	uint32_t handle;
	int cqe;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	uint32_t comp_events_completed, async_events_completed;
};

struct ibv_context {
	struct ibv_device *device;
	struct {
		void *before_poll[7];
		int (*poll_cq)(struct ibv_cq *, int, struct ibv_wc *);
		int (*req_notify_cq)(struct ibv_cq *, int);
		void *before_post_srq[7];
		int (*post_srq_recv)(struct ibv_srq *, struct ibv_recv_wr *, struct ibv_recv_wr **);
		void *before_post[4];
		int (*post_send)(struct ibv_qp *, struct ibv_send_wr *, struct ibv_send_wr **);
		int (*post_recv)(struct ibv_qp *, struct ibv_recv_wr *, struct ibv_recv_wr **);
		void *behind_post[4];
	} ops;
	int cmd_fd, async_fd, num_comp_vectors;
	void *abi_compat;
};

/* What of each structure c-tests/layout/compat-1.0.tsv says; a wrapper's own pointer follows. */
#define AT(type, field, offset)                                                                    \
	_Static_assert(offsetof(struct type, field) == (offset), #type "." #field)
AT(ibv_mr, rkey, 24);
AT(ibv_srq, events_completed, 120);
AT(ibv_qp, qp_num, 52);
AT(ibv_qp, events_completed, 152);
AT(ibv_cq, async_events_completed, 116);
AT(ibv_context, ops.poll_cq, 8 + 56);
AT(ibv_context, ops.req_notify_cq, 8 + 64);
AT(ibv_context, ops.post_srq_recv, 8 + 128);
AT(ibv_context, ops.post_send, 8 + 168);
AT(ibv_context, ops.post_recv, 8 + 176);
AT(ibv_context, cmd_fd, 224);
AT(ibv_context, abi_compat, 240);
AT(ibv_send_wr, wr.ud.remote_qkey, 52);
AT(ibv_qp_attr, alt_timeout, 134);
_Static_assert(sizeof(struct ibv_send_wr) == 72, "ibv_send_wr");
_Static_assert(sizeof(struct ibv_recv_wr) == 32, "ibv_recv_wr");
_Static_assert(sizeof(struct ibv_qp_init_attr) == 64, "ibv_qp_init_attr");
_Static_assert(sizeof(struct ibv_qp_attr) == 136, "ibv_qp_attr");
_Static_assert(sizeof(struct ibv_port_attr) == 48, "ibv_port_attr");
_Static_assert(sizeof(struct ibv_device_attr) == 232, "ibv_device_attr");
_Static_assert(sizeof(struct ibv_wc) == 48, "ibv_wc");
#undef AT

/* A call of node IBVERBS_1.0: the name is bound to that version when the program is linked. */
#define CALL(result, name, ...)                                                                    \
	result name(__VA_ARGS__);                                                                  \
	__asm__(".symver " #name "," #name "@IBVERBS_1.0")

CALL(struct ibv_device **, ibv_get_device_list, int *num);
CALL(void, ibv_free_device_list, struct ibv_device **list);
CALL(const char *, ibv_get_device_name, struct ibv_device *device);
CALL(uint64_t, ibv_get_device_guid, struct ibv_device *device);
CALL(struct ibv_context *, ibv_open_device, struct ibv_device *device);
CALL(int, ibv_close_device, struct ibv_context *context);
CALL(int, ibv_get_async_event, struct ibv_context *context, struct ibv_async_event *event);
CALL(void, ibv_ack_async_event, struct ibv_async_event *event);
CALL(int, ibv_query_device, struct ibv_context *context, struct ibv_device_attr *attr);
CALL(int, ibv_query_port, struct ibv_context *context, uint8_t port, struct ibv_port_attr *attr);
CALL(int, ibv_query_gid, struct ibv_context *context, uint8_t port, int index, union ibv_gid *gid);
CALL(int, ibv_query_pkey, struct ibv_context *context, uint8_t port, int index, uint16_t *pkey);
CALL(struct ibv_pd *, ibv_alloc_pd, struct ibv_context *context);
CALL(int, ibv_dealloc_pd, struct ibv_pd *pd);
CALL(struct ibv_mr *, ibv_reg_mr, struct ibv_pd *pd, void *addr, size_t length, int access);
CALL(int, ibv_dereg_mr, struct ibv_mr *mr);
CALL(struct ibv_comp_channel *, ibv_create_comp_channel, struct ibv_context *context);
CALL(int, ibv_destroy_comp_channel, struct ibv_comp_channel *channel);
CALL(struct ibv_cq *, ibv_create_cq, struct ibv_context *context, int cqe, void *cq_context,
     struct ibv_comp_channel *channel, int comp_vector);
CALL(int, ibv_resize_cq, struct ibv_cq *cq, int cqe);
CALL(int, ibv_destroy_cq, struct ibv_cq *cq);
CALL(int, ibv_get_cq_event, struct ibv_comp_channel *channel, struct ibv_cq **cq, void **context);
CALL(void, ibv_ack_cq_events, struct ibv_cq *cq, unsigned nevents);
CALL(struct ibv_srq *, ibv_create_srq, struct ibv_pd *pd, struct ibv_srq_init_attr *attr);
CALL(int, ibv_modify_srq, struct ibv_srq *srq, struct ibv_srq_attr *attr, int mask);
CALL(int, ibv_query_srq, struct ibv_srq *srq, struct ibv_srq_attr *attr);
CALL(int, ibv_destroy_srq, struct ibv_srq *srq);
CALL(struct ibv_qp *, ibv_create_qp, struct ibv_pd *pd, struct ibv_qp_init_attr *attr);
CALL(int, ibv_query_qp, struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask,
     struct ibv_qp_init_attr *init);
CALL(int, ibv_modify_qp, struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask);
CALL(int, ibv_destroy_qp, struct ibv_qp *qp);
CALL(struct ibv_ah *, ibv_create_ah, struct ibv_pd *pd, struct ibv_ah_attr *attr);
CALL(int, ibv_destroy_ah, struct ibv_ah *ah);
CALL(int, ibv_attach_mcast, struct ibv_qp *qp, union ibv_gid *gid, uint16_t lid);
CALL(int, ibv_detach_mcast, struct ibv_qp *qp, union ibv_gid *gid, uint16_t lid);
#undef CALL

static inline int ibv_poll_cq(struct ibv_cq *cq, int count, struct ibv_wc *wc)
{
	return cq->context->ops.poll_cq(cq, count, wc);
}

static inline int ibv_req_notify_cq(struct ibv_cq *cq, int solicited_only)
{
	return cq->context->ops.req_notify_cq(cq, solicited_only);
}

static inline int ibv_post_srq_recv(struct ibv_srq *srq, struct ibv_recv_wr *wr,
				    struct ibv_recv_wr **bad)
{
	return srq->context->ops.post_srq_recv(srq, wr, bad);
}

static inline int ibv_post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
	return qp->context->ops.post_send(qp, wr, bad);
}

static inline int ibv_post_recv(struct ibv_qp *qp, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	return qp->context->ops.post_recv(qp, wr, bad);
}

#endif
