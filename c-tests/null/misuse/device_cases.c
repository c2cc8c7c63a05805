/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Misuse of the objects of a device: exported functions. */
#include "device.h"

#include <arpa/inet.h>
#include <sys/mman.h>

struct world w;

static struct ibv_context *open_one(void)
{
	const char *wanted = getenv("CTEST_DEVICE");
	struct ibv_device **list = ibv_get_device_list(NULL);
	for (int i = 0; list && list[i]; i++)
		if (!wanted || !strcmp(ibv_get_device_name(list[i]), wanted))
			return ibv_open_device(list[i]);
	return NULL;
}

static struct ibv_qp *new_qp(struct ibv_pd *pd, struct ibv_cq *cq, enum ibv_qp_type type)
{
	struct ibv_qp_init_attr init = {
		.send_cq = cq,
		.recv_cq = cq,
		.cap = { .max_send_wr = 8, .max_recv_wr = 8, .max_send_sge = 2, .max_recv_sge = 2 },
		.qp_type = type,
		.sq_sig_all = 1,
	};
	return ibv_create_qp(pd, &init);
}

static int connect_qp(struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT, .port_num = 1, .qp_access_flags = 7, .qkey = 5
	};
	bool is_ud = qp->qp_type == IBV_QPT_UD;
	int failed = ibv_modify_qp(qp, &attr,
				   IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
					   (is_ud ? IBV_QP_QKEY : IBV_QP_ACCESS_FLAGS));
	attr.qp_state = IBV_QPS_RTR;
	attr.path_mtu = w.port.active_mtu;
	attr.dest_qp_num = qp->qp_num;
	attr.max_dest_rd_atomic = 1;
	attr.min_rnr_timer = 1;
	attr.ah_attr.is_global = 1;
	attr.ah_attr.grh.dgid = w.gid;
	attr.ah_attr.grh.hop_limit = 1;
	attr.ah_attr.port_num = 1;
	failed |= ibv_modify_qp(qp, &attr,
				is_ud ? IBV_QP_STATE
				      : IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU |
						IBV_QP_DEST_QPN | IBV_QP_RQ_PSN |
						IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER);
	attr.qp_state = IBV_QPS_RTS;
	attr.timeout = 8;
	attr.retry_cnt = 1;
	attr.max_rd_atomic = 1;
	failed |= ibv_modify_qp(qp, &attr,
				is_ud ? IBV_QP_STATE | IBV_QP_SQ_PSN
				      : IBV_QP_STATE | IBV_QP_SQ_PSN | IBV_QP_TIMEOUT |
						IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
						IBV_QP_MAX_QP_RD_ATOMIC);
	return failed;
}

#define MAKE(member, call)                                                                         \
	do {                                                                                       \
		w.member = call;                                                                   \
		if (!w.member) {                                                                   \
			said("no " #member " (errno %d)", errno);                                  \
			_exit(90);                                                                 \
		}                                                                                  \
	} while (0)

void make_world(void)
{
	struct ibv_srq_init_attr srq = { .attr = { .max_wr = 4, .max_sge = 1 } };
	struct ibv_ah_attr ah = { .is_global = 1, .port_num = 1, .grh = { .hop_limit = 1 } };
	struct ibv_mr *freed;

	w.bytes = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MAKE(ctx, open_one());
	MAKE(other_ctx, open_one());
	if (ibv_query_port(w.ctx, 1, &w.port) || ibv_query_gid(w.ctx, 1, 0, &w.gid))
		_exit(91);
	MAKE(pd, ibv_alloc_pd(w.ctx));
	MAKE(second_pd, ibv_alloc_pd(w.ctx));
	MAKE(other_pd, ibv_alloc_pd(w.other_ctx));
	MAKE(channel, ibv_create_comp_channel(w.ctx));
	MAKE(other_channel, ibv_create_comp_channel(w.other_ctx));
	MAKE(cq, ibv_create_cq(w.ctx, 16, NULL, w.channel, 0));
	MAKE(other_cq, ibv_create_cq(w.other_ctx, 16, NULL, NULL, 0));
	MAKE(srq, ibv_create_srq(w.pd, &srq));
	MAKE(other_srq, ibv_create_srq(w.other_pd, &srq));
	MAKE(qp, new_qp(w.pd, w.cq, IBV_QPT_RC));
	MAKE(reset_qp, new_qp(w.pd, w.cq, IBV_QPT_RC));
	MAKE(other_qp, new_qp(w.other_pd, w.other_cq, IBV_QPT_RC));
	MAKE(ud, new_qp(w.pd, w.cq, IBV_QPT_UD));
	MAKE(mr, ibv_reg_mr(w.pd, w.bytes, BYTES, 7));
	MAKE(second_mr, ibv_reg_mr(w.second_pd, w.bytes, BYTES, 7));
	MAKE(other_mr, ibv_reg_mr(w.other_pd, w.bytes, BYTES, 7));
	freed = ibv_reg_mr(w.pd, w.bytes, BYTES, 7);
	w.freed_lkey = freed ? freed->lkey : 0;
	if (!freed || ibv_dereg_mr(freed))
		_exit(92);
	ah.grh.dgid = w.gid;
	MAKE(ah, ibv_create_ah(w.pd, &ah));
	if (connect_qp(w.qp) || connect_qp(w.ud))
		_exit(93);
}

static void queries(void)
{
	static struct ibv_device_attr device;
	static struct ibv_port_attr port;
	static struct ibv_gid_entry entry[4];
	static union ibv_gid gid;
	static __be16 pkey;
	static struct ibv_comp_cntr_caps caps;
	static uint64_t speed;
	NUMBER(ibv_query_device, "IBVERBS_1.1", "no place", w.ctx, NULL);
	NUMBER(ibv_query_device, "IBVERBS_1.1", "right", w.ctx, &device);
	NUMBER(ibv_query_port, "IBVERBS_1.1", "no place", w.ctx, 1, NULL);
	NUMBER(ibv_query_port, "IBVERBS_1.1", "port 0", w.ctx, 0, (void *)&port);
	NUMBER(ibv_query_port, "IBVERBS_1.1", "port 255", w.ctx, 255, (void *)&port);
	NUMBER(ibv_query_port_speed, "IBVERBS_1.16", "no place", w.ctx, 1, NULL);
	NUMBER(ibv_query_port_speed, "IBVERBS_1.16", "port 77", w.ctx, 77, &speed);
	NUMBER(ibv_query_gid, "IBVERBS_1.1", "no place", w.ctx, 1, 0, NULL);
	NUMBER(ibv_query_gid, "IBVERBS_1.1", "port 0", w.ctx, 0, 0, &gid);
	NUMBER(ibv_query_gid, "IBVERBS_1.1", "index -1", w.ctx, 1, -1, &gid);
	NUMBER(ibv_query_gid, "IBVERBS_1.1", "index INT_MAX", w.ctx, 1, INT_MAX, &gid);
	NUMBER(_ibv_query_gid_ex, "IBVERBS_1.11", "no place", w.ctx, 1, 0, NULL, 0, sizeof *entry);
	NUMBER(_ibv_query_gid_ex, "IBVERBS_1.11", "unknown flags", w.ctx, 1, 0, entry, 1,
	       sizeof *entry);
	NUMBER(_ibv_query_gid_ex, "IBVERBS_1.11", "port 77", w.ctx, 77, 0, entry, 0, sizeof *entry);
	NUMBER(_ibv_query_gid_ex, "IBVERBS_1.11", "index UINT_MAX", w.ctx, 1, UINT_MAX, entry, 0,
	       sizeof *entry);
	NUMBER(_ibv_query_gid_ex, "IBVERBS_1.11", "size 0", w.ctx, 1, 0, entry, 0, 0);
	NUMBER(_ibv_query_gid_ex, "IBVERBS_1.11", "size too small", w.ctx, 1, 0, entry, 0, 8);
	NUMBER(_ibv_query_gid_ex, "IBVERBS_1.11", "size of a newer release", w.ctx, 1, 0, entry, 0,
	       2 * sizeof *entry);
	NUMBER(_ibv_query_gid_table, "IBVERBS_1.11", "no place", w.ctx, NULL, 4, 0, sizeof *entry);
	NUMBER(_ibv_query_gid_table, "IBVERBS_1.11", "no entries", w.ctx, entry, 0, 0,
	       sizeof *entry);
	NUMBER(_ibv_query_gid_table, "IBVERBS_1.11", "unknown flags", w.ctx, entry, 4, 1,
	       sizeof *entry);
	NUMBER(_ibv_query_gid_table, "IBVERBS_1.11", "size too small", w.ctx, entry, 4, 0, 8);
	NUMBER(_ibv_query_comp_cntr_caps, "IBVERBS_1.18", "no place", w.ctx, NULL, sizeof caps);
	NUMBER(_ibv_query_comp_cntr_caps, "IBVERBS_1.18", "size 0", w.ctx, &caps, 0);
	NUMBER(ibv_query_pkey, "IBVERBS_1.1", "no place", w.ctx, 1, 0, NULL);
	NUMBER(ibv_query_pkey, "IBVERBS_1.1", "port 0", w.ctx, 0, 0, &pkey);
	NUMBER(ibv_query_pkey, "IBVERBS_1.1", "index -1", w.ctx, 1, -1, &pkey);
	NUMBER(ibv_query_pkey, "IBVERBS_1.1", "index INT_MAX", w.ctx, 1, INT_MAX, &pkey);
	NUMBER(ibv_get_pkey_index, "IBVERBS_1.5", "port 77", w.ctx, 77, 0xffff);
	NUMBER(ibv_get_pkey_index, "IBVERBS_1.5", "a key it has not", w.ctx, 1, 0x1234);
	POINTER(ibv_import_device, "IBVERBS_1.10", "the descriptor of a context", w.ctx->cmd_fd);
	NUMBER(ibv_close_device, "IBVERBS_1.1", "with everything still in use", w.ctx);
}

/* A buffer of 4096 bytes; like all of these functions, only where the library has it. */
static struct ibv_buf *new_buf(struct ibv_pd *pd, void **place)
{
	struct ibv_buf *buf = NULL;
	*place = FN(ibv_alloc_buf, "IBVERBS_1.17")(pd, 4096, &buf);
	return buf;
}

static void domains_and_memory(void)
{
	static void *place;
	static struct ibv_mr_init_attr attr;
	static struct ibv_dmah_init_attr hints;
	static struct ibv_buf *buf;
	const int every = -1;
	NUMBER(ibv_dealloc_pd, "IBVERBS_1.1", "in use", w.pd);
	POINTER(ibv_import_pd, "IBVERBS_1.10", "a handle of nothing", w.ctx, 999999);
	POINTER(ibv_import_mr, "IBVERBS_1.10", "a handle of nothing", w.pd, 999999);
	POINTER(ibv_import_dm, "IBVERBS_1.13", "a handle of nothing", w.ctx, 999999);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "no address", w.pd, NULL, 64, 0);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "unmapped memory",
		(munmap(w.bytes, BYTES), w.pd), w.bytes, 64, 1);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "read-only memory",
		(mprotect(w.bytes, BYTES, PROT_READ), w.pd), w.bytes, 64, IBV_ACCESS_LOCAL_WRITE);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "past the end of memory", w.pd, w.bytes, SIZE_MAX, 0);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "remote write without local write", w.pd, w.bytes, 64,
		IBV_ACCESS_REMOTE_WRITE);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "unknown access", w.pd, w.bytes, 64, 1 << 19);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "every access bit", w.pd, w.bytes, 64, every);
	POINTER(ibv_reg_mr_iova, "IBVERBS_1.7", "every access bit", w.pd, w.bytes, 64, 0, every);
	POINTER(ibv_reg_mr_iova2, "IBVERBS_1.8", "unknown access", w.pd, w.bytes, 64, 0, 1 << 19);
	POINTER(ibv_reg_mr_iova2, "IBVERBS_1.8", "only optional bits", w.pd, w.bytes, 64, 0,
		IBV_ACCESS_OPTIONAL_RANGE);
	POINTER(ibv_reg_dmabuf_mr, "IBVERBS_1.12", "no descriptor", w.pd, 0, 64, 0, -1, 1);
	POINTER(ibv_reg_dmabuf_mr, "IBVERBS_1.12", "a descriptor of something else", w.pd, 0, 64, 0,
		0, 1);
	POINTER(ibv_reg_mr_ex, "IBVERBS_1.15", "no attributes", w.pd, NULL);
	POINTER(ibv_reg_mr_ex, "IBVERBS_1.15", "no mask", w.pd, &attr);
	POINTER(ibv_reg_mr_ex, "IBVERBS_1.15", "every bit of the mask",
		w.pd, (attr.comp_mask = ~(uint64_t)IBV_REG_MR_MASK_BUF, &attr));
	POINTER(ibv_reg_buf_mr, "IBVERBS_1.17", "no buffer", w.pd, NULL, w.bytes, 64, 0);
	POINTER(ibv_reg_buf_mr, "IBVERBS_1.17", "outside the buffer", w.pd,
		(buf = new_buf(w.pd, &place)), place, 8192, 1);
	POINTER(ibv_reg_buf_mr, "IBVERBS_1.17", "a buffer of another PD", w.pd,
		(buf = new_buf(w.second_pd, &place)), place, 64, 1);
	NUMBER(ibv_rereg_mr, "IBVERBS_1.1", "no flags", w.mr, 0, NULL, NULL, 0, 0);
	NUMBER(ibv_rereg_mr, "IBVERBS_1.1", "unknown flag", w.mr, 64, NULL, NULL, 0, 0);
	NUMBER(ibv_rereg_mr, "IBVERBS_1.1", "PD without PD", w.mr, IBV_REREG_MR_CHANGE_PD, NULL,
	       NULL, 0, 0);
	NUMBER(ibv_rereg_mr, "IBVERBS_1.1", "PD of another context", w.mr, IBV_REREG_MR_CHANGE_PD,
	       w.other_pd, NULL, 0, 0);
	NUMBER(ibv_rereg_mr, "IBVERBS_1.1", "translation without length", w.mr,
	       IBV_REREG_MR_CHANGE_TRANSLATION, NULL, w.bytes, 0, 0);
	POINTER(ibv_alloc_dmah, "IBVERBS_1.15", "no attributes", w.ctx, NULL);
	POINTER(ibv_alloc_dmah, "IBVERBS_1.15", "every bit of the mask", w.ctx,
		(hints.comp_mask = UINT32_MAX, &hints));
	POINTER(ibv_alloc_buf, "IBVERBS_1.17", "no place", w.pd, 64, NULL);
	POINTER(ibv_alloc_buf, "IBVERBS_1.17", "nothing", w.pd, 0, &buf);
	POINTER(ibv_alloc_buf, "IBVERBS_1.17", "more than there can be", w.pd, (size_t)1 << 62, &buf);
	NUMBER(ibv_export_buf_dmabuf_fd, "IBVERBS_1.18", "no dma-buf",
	       (buf = new_buf(w.pd, &place)));
}

static void completion_queues(void)
{
	static struct ibv_cq *cq;
	static void *context;
	POINTER(ibv_create_cq, "IBVERBS_1.1", "no entries", w.ctx, 0, NULL, NULL, 0);
	POINTER(ibv_create_cq, "IBVERBS_1.1", "negative entries", w.ctx, -5, NULL, NULL, 0);
	POINTER(ibv_create_cq, "IBVERBS_1.1", "too many entries", w.ctx, INT_MAX, NULL, NULL, 0);
	POINTER(ibv_create_cq, "IBVERBS_1.1", "vector -1", w.ctx, 1, NULL, w.channel, -1);
	POINTER(ibv_create_cq, "IBVERBS_1.1", "vector INT_MAX", w.ctx, 1, NULL, NULL, INT_MAX);
	POINTER(ibv_create_cq, "IBVERBS_1.1", "a channel of another context", w.ctx, 1, NULL,
		w.other_channel, 0);
	NUMBER(ibv_resize_cq, "IBVERBS_1.1", "no entries", w.cq, 0);
	NUMBER(ibv_resize_cq, "IBVERBS_1.1", "too many entries", w.cq, INT_MAX);
	NUMBER(ibv_destroy_cq, "IBVERBS_1.1", "in use", w.cq);
	NUMBER(ibv_destroy_comp_channel, "IBVERBS_1.0", "in use", w.channel);
	NUMBER(ibv_get_cq_event, "IBVERBS_1.1", "no place for the CQ", w.channel, NULL, &context);
	NUMBER(ibv_get_cq_event, "IBVERBS_1.1", "no place for its context", w.channel, &cq, NULL);
	NUMBER(ibv_get_cq_event, "IBVERBS_1.1", "a closed descriptor",
	       (close(w.channel->fd), w.channel), &cq, &context);
	NUMBER(ibv_get_async_event, "IBVERBS_1.1", "no place", w.ctx, NULL);
	NOTHING(ibv_ack_cq_events, "IBVERBS_1.1", "more than there were", w.other_cq, 9);
}

/* Creation of a QP with one thing wrong. */
static void create_qp(const char *what, struct ibv_pd **pd, struct ibv_cq **send, struct ibv_cq **recv,
		      struct ibv_srq **srq, struct ibv_qp_cap cap, int type)
{
	if (!begin("ibv_create_qp", "IBVERBS_1.1", what))
		return;
	struct ibv_qp_init_attr init = { .send_cq = send ? *send : NULL,
					 .recv_cq = recv ? *recv : NULL,
					 .srq = srq ? *srq : NULL,
					 .cap = cap,
					 .qp_type = (enum ibv_qp_type)type };
	end_pointer(ibv_create_qp(*pd, &init));
}

static void modify(const char *what, struct ibv_qp **qp, int state, int mask, uint32_t field)
{
	if (!begin("ibv_modify_qp", "IBVERBS_1.1", what))
		return;
	struct ibv_qp_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.qp_state = (enum ibv_qp_state)state;
	attr.port_num = (uint8_t)field;
	attr.pkey_index = (uint16_t)(field >> 8);
	attr.qp_access_flags = field >> 16;
	int ret = ibv_modify_qp(*qp, &attr, mask);
	/* A call that is refused changes nothing. */
	said("state %d", (*qp)->state);
	end_number(ret);
}

static void queue_pairs(void)
{
	static struct ibv_qp_attr attr;
	static struct ibv_qp_init_attr init;
	static struct ibv_ece ece, vendor = { .vendor_id = 0x1234 };
	static struct ibv_comp_cntr_init_attr counter;
	static struct ibv_qp_attach_comp_cntr_attr attach;
	static union ibv_gid zero, group = { .raw = { 0xff, 0x0e, [15] = 1 } };
	const struct ibv_qp_cap one = { 1, 1, 1, 1, 0 };
	POINTER(ibv_create_qp, "IBVERBS_1.1", "no attributes", w.pd, NULL);
	create_qp("no send CQ", &w.pd, NULL, &w.cq, NULL, one, IBV_QPT_RC);
	create_qp("no receive CQ", &w.pd, &w.cq, NULL, NULL, one, IBV_QPT_RC);
	create_qp("send CQ of another context", &w.pd, &w.other_cq, &w.cq, NULL, one, IBV_QPT_RC);
	create_qp("receive CQ of another context", &w.pd, &w.cq, &w.other_cq, NULL, one, IBV_QPT_RC);
	create_qp("SRQ of another context", &w.pd, &w.cq, &w.cq, &w.other_srq, one, IBV_QPT_RC);
	create_qp("PD of another context", &w.other_pd, &w.cq, &w.cq, NULL, one, IBV_QPT_RC);
	create_qp("type 0", &w.pd, &w.cq, &w.cq, NULL, one, 0);
	create_qp("unknown type", &w.pd, &w.cq, &w.cq, NULL, one, 77);
	create_qp("too many send requests", &w.pd, &w.cq, &w.cq, NULL,
		  (struct ibv_qp_cap){ UINT_MAX, 1, 1, 1, 0 }, IBV_QPT_RC);
	create_qp("too many receive requests", &w.pd, &w.cq, &w.cq, NULL,
		  (struct ibv_qp_cap){ 1, UINT_MAX, 1, 1, 0 }, IBV_QPT_RC);
	create_qp("too many elements", &w.pd, &w.cq, &w.cq, NULL,
		  (struct ibv_qp_cap){ 1, 1, UINT_MAX, UINT_MAX, 0 }, IBV_QPT_RC);
	create_qp("too much inline", &w.pd, &w.cq, &w.cq, NULL,
		  (struct ibv_qp_cap){ 1, 1, 1, 1, UINT_MAX }, IBV_QPT_RC);
	modify("no mask", &w.reset_qp, IBV_QPS_INIT, 0, 0);
	modify("every bit of the mask", &w.reset_qp, IBV_QPS_INIT, -1, 0);
	modify("to no known state", &w.reset_qp, 77, IBV_QP_STATE, 0);
	modify("to INIT without its attributes", &w.reset_qp, IBV_QPS_INIT, IBV_QP_STATE, 0);
	modify("to INIT with one too many", &w.reset_qp, IBV_QPS_INIT,
	       IBV_QP_STATE | IBV_QP_PORT | IBV_QP_PKEY_INDEX | IBV_QP_ACCESS_FLAGS | IBV_QP_QKEY, 1);
	modify("to INIT on port 0", &w.reset_qp, IBV_QPS_INIT,
	       IBV_QP_STATE | IBV_QP_PORT | IBV_QP_PKEY_INDEX | IBV_QP_ACCESS_FLAGS, 0);
	modify("to INIT on port 200", &w.reset_qp, IBV_QPS_INIT,
	       IBV_QP_STATE | IBV_QP_PORT | IBV_QP_PKEY_INDEX | IBV_QP_ACCESS_FLAGS, 200);
	modify("to INIT with a P_Key index it has not", &w.reset_qp, IBV_QPS_INIT,
	       IBV_QP_STATE | IBV_QP_PORT | IBV_QP_PKEY_INDEX | IBV_QP_ACCESS_FLAGS, 0xff01);
	modify("to RTR from RESET", &w.reset_qp, IBV_QPS_RTR, IBV_QP_STATE, 0);
	modify("to INIT from RTS", &w.qp, IBV_QPS_INIT,
	       IBV_QP_STATE | IBV_QP_PORT | IBV_QP_PKEY_INDEX | IBV_QP_ACCESS_FLAGS, 1);
	modify("UD: a destination QP", &w.ud, IBV_QPS_RTS, IBV_QP_STATE | IBV_QP_DEST_QPN, 0);
	modify("UD: access flags", &w.ud, IBV_QPS_RTS, IBV_QP_STATE | IBV_QP_ACCESS_FLAGS, 0);
	NUMBER(ibv_modify_qp, "IBVERBS_1.1", "no attributes", w.qp, NULL, IBV_QP_STATE);
	NUMBER(ibv_query_qp, "IBVERBS_1.1", "no place", w.qp, NULL, IBV_QP_STATE, &init);
	NUMBER(ibv_query_qp, "IBVERBS_1.1", "no place for what it was made with", w.qp, &attr,
	       IBV_QP_STATE, NULL);
	NUMBER(ibv_query_qp, "IBVERBS_1.1", "every bit of the mask", w.qp, &attr, -1, &init);
	NUMBER(ibv_query_qp_data_in_order, "IBVERBS_1.14", "unknown opcode and flags", w.qp,
	       (enum ibv_wr_opcode)99, UINT_MAX);
	POINTER(ibv_qp_to_qp_ex, "IBVERBS_1.6", "not an extended QP", w.qp);
	NUMBER(ibv_query_ece, "IBVERBS_1.10", "no place", w.qp, NULL);
	NUMBER(ibv_query_ece, "IBVERBS_1.10", "right", w.qp, &ece);
	NUMBER(ibv_set_ece, "IBVERBS_1.10", "no options", w.qp, NULL);
	NUMBER(ibv_set_ece, "IBVERBS_1.10", "unknown vendor", w.reset_qp, &vendor);
	NUMBER(ibv_attach_mcast, "IBVERBS_1.1", "no group", w.ud, NULL, 0);
	NUMBER(ibv_attach_mcast, "IBVERBS_1.1", "not a group", w.ud, &zero, 0);
	NUMBER(ibv_attach_mcast, "IBVERBS_1.1", "a connected QP", w.qp, &group, 0);
	NUMBER(ibv_detach_mcast, "IBVERBS_1.1", "no group", w.ud, NULL, 0);
	NUMBER(ibv_detach_mcast, "IBVERBS_1.1", "a group it is not in", w.ud, &group, 0);
	POINTER(ibv_create_comp_cntr, "IBVERBS_1.18", "no attributes", w.ctx, NULL);
	POINTER(ibv_create_comp_cntr, "IBVERBS_1.18", "every bit of the mask", w.ctx,
		(memset(&counter, 0xff, sizeof counter), &counter));
	NUMBER(ibv_qp_attach_comp_cntr, "IBVERBS_1.18", "no counter", w.qp, NULL, &attach);
}

static void shared_queues(void)
{
	static struct ibv_srq_init_attr init;
	static struct ibv_srq_attr attr;
	POINTER(ibv_create_srq, "IBVERBS_1.1", "no attributes", w.pd, NULL);
	POINTER(ibv_create_srq, "IBVERBS_1.1", "no requests", w.pd, &init);
	POINTER(ibv_create_srq, "IBVERBS_1.1", "too many requests", w.pd,
		(init.attr = (struct ibv_srq_attr){ UINT_MAX, 1, 0 }, &init));
	POINTER(ibv_create_srq, "IBVERBS_1.1", "too many elements", w.pd,
		(init.attr = (struct ibv_srq_attr){ 1, UINT_MAX, 0 }, &init));
	NUMBER(ibv_modify_srq, "IBVERBS_1.1", "no attributes", w.srq, NULL, IBV_SRQ_LIMIT);
	NUMBER(ibv_modify_srq, "IBVERBS_1.1", "no mask", w.srq, &attr, 0);
	NUMBER(ibv_modify_srq, "IBVERBS_1.1", "unknown mask", w.srq, &attr, 64);
	NUMBER(ibv_modify_srq, "IBVERBS_1.1", "a limit above its depth", w.srq,
	       (attr = (struct ibv_srq_attr){ .srq_limit = 99999 }, &attr), IBV_SRQ_LIMIT);
	NUMBER(ibv_query_srq, "IBVERBS_1.1", "no place", w.srq, NULL);
}

static void addresses(void)
{
	static struct ibv_ah_attr attr;
	static struct ibv_wc wc;
	static struct ibv_grh grh, v6 = { .next_hdr = 17 };
	static uint8_t mac[6];
	static uint16_t vid;
	v6.version_tclass_flow = htonl(6u << 28);
	POINTER(ibv_create_ah, "IBVERBS_1.1", "no attributes", w.pd, NULL);
	POINTER(ibv_create_ah, "IBVERBS_1.1", "no port", w.pd,
		(attr = (struct ibv_ah_attr){ .is_global = 1 }, &attr));
	POINTER(ibv_create_ah, "IBVERBS_1.1", "port 200", w.pd,
		(attr = (struct ibv_ah_attr){ .is_global = 1, .port_num = 200 }, &attr));
	POINTER(ibv_create_ah, "IBVERBS_1.1", "not global, on Ethernet", w.pd,
		(attr = (struct ibv_ah_attr){ .port_num = 1 }, &attr));
	POINTER(ibv_create_ah, "IBVERBS_1.1", "a GID index it has not", w.pd,
		(attr = (struct ibv_ah_attr){ .is_global = 1,
					      .port_num = 1,
					      .grh = { .dgid = w.gid, .sgid_index = 255 } },
		 &attr));
	NUMBER(ibv_init_ah_from_wc, "IBVERBS_1.1", "no completion", w.ctx, 1, NULL, &grh, &attr);
	NUMBER(ibv_init_ah_from_wc, "IBVERBS_1.1", "no place", w.ctx, 1, &wc, &grh, NULL);
	NUMBER(ibv_init_ah_from_wc, "IBVERBS_1.1", "a GRH of no protocol", w.ctx, 1,
	       (wc.wc_flags = IBV_WC_GRH, &wc), &grh, &attr);
	NUMBER(ibv_init_ah_from_wc, "IBVERBS_1.1", "an address that is not ours", w.ctx, 1,
	       (wc.wc_flags = IBV_WC_GRH, &wc), &v6, &attr);
	NUMBER(ibv_init_ah_from_wc, "IBVERBS_1.1", "a group as receiver", w.ctx, 1,
	       (wc.wc_flags = IBV_WC_GRH, v6.dgid.raw[0] = 0xff, &wc), &v6, &attr);
	NUMBER(ibv_init_ah_from_wc, "IBVERBS_1.1", "no next header we know", w.ctx, 1,
	       (wc.wc_flags = IBV_WC_GRH, v6.next_hdr = 99, &wc), &v6, &attr);
	POINTER(ibv_create_ah_from_wc, "IBVERBS_1.1", "no completion", w.pd, NULL, &grh, 1);
	POINTER(ibv_create_ah_from_wc, "IBVERBS_1.1", "a GRH of no protocol", w.pd,
		(wc.wc_flags = IBV_WC_GRH, &wc), &grh, 1);
	NUMBER(ibv_resolve_eth_l2_from_gid, "IBVERBS_1.1", "no address", w.ctx, NULL, mac, &vid);
	NUMBER(ibv_resolve_eth_l2_from_gid, "IBVERBS_1.1", "no place", w.ctx, &attr, NULL, &vid);
}

void device_cases(void)
{
	fixture = make_world;
	queries();
	domains_and_memory();
	completion_queues();
	queue_pairs();
	shared_queues();
	addresses();
}
