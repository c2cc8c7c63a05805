/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Misuse through the inline functions of the header, each of which reaches a slot of the object.
 * What the header itself follows, such as a NULL object, is the program's own crash on any library;
 * everything that reaches the library is here.
 */
#include "device.h"

/* A library of an older release has no such function; linked against, it would not even load. */
int _ibv_query_comp_cntr_caps(struct ibv_context *context, struct ibv_comp_cntr_caps *caps,
			      size_t size)
{
	return FN(_ibv_query_comp_cntr_caps, "IBVERBS_1.18")(context, caps, size);
}

/* Posts one request and gives the completion if it was taken. */
static void post(const char *what, struct ibv_qp **qp, struct ibv_send_wr wr)
{
	struct ibv_send_wr *bad = NULL;
	struct ibv_wc wc;
	if (!begin("ibv_post_send", "header", what))
		return;
	if (wr.sg_list && wr.sg_list->lkey == 1)
		wr.sg_list->lkey = w.mr->lkey;
	if (wr.sg_list && wr.sg_list->lkey == 2)
		wr.sg_list->lkey = w.second_mr->lkey;
	if (wr.sg_list && wr.sg_list->lkey == 3)
		wr.sg_list->lkey = w.freed_lkey;
	if (wr.sg_list && wr.sg_list->lkey == 4)
		wr.sg_list->lkey = w.other_mr->lkey;
	if (wr.sg_list && !wr.sg_list->addr)
		wr.sg_list->addr = (uintptr_t)w.bytes;
	if (wr.opcode == IBV_WR_SEND && (*qp)->qp_type == IBV_QPT_UD)
		wr.wr.ud.remote_qpn = (*qp)->qp_num;
	int ret = ibv_post_send(*qp, &wr, &bad);
	int seen = errno;
	said("%s", bad == &wr ? "bad_wr" : bad ? "another bad_wr" : "no bad_wr");
	/* A list that was taken ends in a completion. */
	for (long turn = 0; !ret && turn < 100000000; turn++) {
		int polled = ibv_poll_cq(w.cq, 1, &wc);
		if (polled < 0)
			said(", poll failed");
		if (polled) {
			said(", status %d (%s)", wc.status, ibv_wc_status_str(wc.status));
			break;
		}
	}
	errno = seen;
	end_number(ret);
}

static void receive(const char *what, int kind, int num_sge, struct ibv_sge *sge)
{
	struct ibv_recv_wr wr = { .num_sge = num_sge, .sg_list = sge }, *bad = NULL;
	const char *const name = kind == 0 ? "ibv_post_recv" : "ibv_post_srq_recv";
	if (!begin(name, "header", what))
		return;
	int ret = kind == 0 ? ibv_post_recv(w.qp, &wr, &bad) : ibv_post_srq_recv(w.srq, &wr, &bad);
	said("%s", bad == &wr ? "bad_wr" : bad ? "another bad_wr" : "no bad_wr");
	end_number(ret);
}

static void posting(void)
{
	static struct ibv_send_wr *bad;
	static struct ibv_recv_wr *bad_recv;
	static struct ibv_wc wc;
	struct ibv_sge sge = { .length = 8, .lkey = 1 };
#define SGE(key, bytes) (sge = (struct ibv_sge){ .length = bytes, .lkey = key }, &sge)
	post("unknown opcode", &w.qp, (struct ibv_send_wr){ .opcode = (enum ibv_wr_opcode)99 });
	post("unknown flags", &w.qp, (struct ibv_send_wr){ .opcode = IBV_WR_SEND, .send_flags = 1u << 31 });
	post("elements without a list", &w.qp, (struct ibv_send_wr){ .opcode = IBV_WR_SEND, .num_sge = 1 });
	post("a negative number of elements", &w.qp,
	     (struct ibv_send_wr){ .opcode = IBV_WR_SEND, .num_sge = -1, .sg_list = SGE(1, 8) });
	post("too many elements", &w.qp,
	     (struct ibv_send_wr){ .opcode = IBV_WR_SEND, .num_sge = 1000, .sg_list = SGE(1, 8) });
	post("too much inline", &w.qp,
	     (struct ibv_send_wr){ .opcode = IBV_WR_SEND, .num_sge = 1, .sg_list = SGE(1, 0x40000000),
				   .send_flags = IBV_SEND_INLINE });
	post("in RESET", &w.reset_qp, (struct ibv_send_wr){ .opcode = IBV_WR_SEND });
	post("UD: an RDMA operation", &w.ud, (struct ibv_send_wr){ .opcode = IBV_WR_RDMA_WRITE });
	post("UD: no address handle", &w.ud, (struct ibv_send_wr){ .opcode = IBV_WR_SEND });
	post("a key of nothing", &w.qp,
	     (struct ibv_send_wr){ .opcode = IBV_WR_RDMA_WRITE, .num_sge = 1, .sg_list = SGE(0, 8) });
	post("a key of another PD", &w.qp,
	     (struct ibv_send_wr){ .opcode = IBV_WR_RDMA_WRITE, .num_sge = 1, .sg_list = SGE(2, 8) });
	post("a key that was freed", &w.qp,
	     (struct ibv_send_wr){ .opcode = IBV_WR_RDMA_WRITE, .num_sge = 1, .sg_list = SGE(3, 8) });
	post("a key of another context", &w.qp,
	     (struct ibv_send_wr){ .opcode = IBV_WR_RDMA_WRITE, .num_sge = 1, .sg_list = SGE(4, 8) });
	post("past the end of its region", &w.qp,
	     (struct ibv_send_wr){ .opcode = IBV_WR_RDMA_WRITE, .num_sge = 1, .sg_list = SGE(1, BYTES + 1) });
	post("a remote key of nothing", &w.qp,
	     (struct ibv_send_wr){ .opcode = IBV_WR_RDMA_WRITE, .num_sge = 1, .sg_list = SGE(1, 8),
				   .wr.rdma = { .rkey = 0xdead00 } });
	INLINE_NUMBER("an empty list", ibv_post_send, w.qp, NULL, &bad);
	INLINE_NUMBER("an empty list", ibv_post_recv, w.qp, NULL, &bad_recv);
	INLINE_NUMBER("an empty list", ibv_post_srq_recv, w.srq, NULL, &bad_recv);
	receive("elements without a list", 0, 1, NULL);
	receive("a negative number of elements", 0, -1, SGE(1, 8));
	receive("too many elements", 0, 1000, SGE(1, 8));
	receive("elements without a list", 1, 1, NULL);
	receive("a negative number of elements", 1, -1, SGE(1, 8));
	receive("too many elements", 1, 1000, SGE(1, 8));
	INLINE_NUMBER("a negative number", ibv_poll_cq, w.cq, -1, &wc);
	INLINE_NUMBER("no number and no place", ibv_poll_cq, w.cq, 0, NULL);
	INLINE_NUMBER("an odd kind", ibv_req_notify_cq, w.cq, 77);
}

static void attributes(void)
{
	static struct ibv_device_attr_ex device;
	static struct ibv_query_device_ex_input input = { .comp_mask = 1 };
	static struct ibv_values_ex values = { .comp_mask = UINT32_MAX };
	static struct ibv_port_attr port;
	static struct ibv_gid_entry entry;
	static struct ibv_comp_cntr_caps caps;
	INLINE_NUMBER("an unknown question", ibv_query_device_ex, w.ctx, &input, &device);
	INLINE_NUMBER("every bit of the mask", ibv_query_rt_values_ex, w.ctx, &values);
	INLINE_NUMBER("no place", ibv_query_rt_values_ex, w.ctx, NULL);
	INLINE_NUMBER("no place", ___ibv_query_port, w.ctx, 1, NULL);
	INLINE_NUMBER("port 200", ___ibv_query_port, w.ctx, 200, &port);
	INLINE_NUMBER("no place", ibv_query_gid_ex, w.ctx, 1, 0, NULL, 0);
	INLINE_NUMBER("unknown flags", ibv_query_gid_ex, w.ctx, 1, 0, &entry, 1);
	INLINE_NUMBER("no place", ibv_query_gid_table, w.ctx, NULL, 1, 0);
	INLINE_NUMBER("unknown flags", ibv_query_gid_table, w.ctx, &entry, 1, 1);
	INLINE_NUMBER("no place", ibv_query_comp_cntr_caps, w.ctx, NULL);
	INLINE_NUMBER("right", ibv_query_comp_cntr_caps, w.ctx, &caps);
	INLINE_NUMBER("a type it cannot know", ibv_is_qpt_supported, UINT32_MAX, (enum ibv_qp_type)99);
	INLINE_NUMBER("bits that do not count", ibv_flow_label_to_udp_sport, UINT32_MAX);
	INLINE_NUMBER("every bit", ibv_inc_rkey, UINT32_MAX);
	if (begin("verbs_get_ctx", "header", "a context of the first releases")) {
		w.ctx->abi_compat = NULL;
		end_pointer(verbs_get_ctx(w.ctx));
	}
}

static void memory(void)
{
	static struct ibv_td_init_attr td;
	static struct ibv_parent_domain_init_attr parent;
	static struct ibv_xrcd_init_attr xrcd;
	static struct ibv_alloc_dm_attr dm;
	static struct ibv_sge sge;
	INLINE_POINTER("no PD of its own context", __ibv_reg_mr, w.other_pd, NULL, 64, 0, 1);
	INLINE_POINTER("unknown access", __ibv_reg_mr, w.pd, w.bytes, 64, 1 << 19, 0);
	INLINE_POINTER("unknown access", __ibv_reg_mr_iova, w.pd, w.bytes, 64, 0, 1 << 19, 0);
	INLINE_POINTER("no attributes", ibv_alloc_td, w.ctx, NULL);
	INLINE_POINTER("every bit of the mask", ibv_alloc_td, w.ctx,
		       (memset(&td, 0xff, sizeof td), &td));
	INLINE_POINTER("no attributes", ibv_alloc_parent_domain, w.ctx, NULL);
	INLINE_POINTER("no PD", ibv_alloc_parent_domain, w.ctx, &parent);
	INLINE_POINTER("no attributes", ibv_open_xrcd, w.ctx, NULL);
	INLINE_POINTER("every bit of the mask", ibv_open_xrcd, w.ctx,
		       (memset(&xrcd, 0xff, sizeof xrcd), &xrcd));
	INLINE_POINTER("no attributes", ibv_alloc_dm, w.ctx, NULL);
	INLINE_POINTER("nothing", ibv_alloc_dm, w.ctx, &dm);
	INLINE_POINTER("no DM", ibv_reg_dm_mr, w.pd, NULL, 0, 64, 0);
	INLINE_POINTER("right or not offered", ibv_alloc_null_mr, w.pd);
	INLINE_NUMBER("no list", ibv_advise_mr, w.pd, IBV_ADVISE_MR_ADVICE_PREFETCH, 0, NULL, 1);
	INLINE_NUMBER("unknown advice", ibv_advise_mr, w.pd, (enum ibv_advise_mr_advice)99, 0, &sge, 1);
	INLINE_POINTER("unknown type", ibv_alloc_mw, w.pd, (enum ibv_mw_type)99);
	if (begin("ibv_bind_mw", "header", "a window of type 2")) {
		struct ibv_mw mw = { .context = w.ctx, .pd = w.pd, .type = IBV_MW_TYPE_2 };
		struct ibv_mw_bind bind = { .wr_id = 1 };
		end_number(ibv_bind_mw(w.qp, &mw, &bind));
	}
	if (begin("ibv_bind_mw", "header", "a region of another PD")) {
		struct ibv_mw mw = { .context = w.ctx, .pd = w.pd, .type = IBV_MW_TYPE_1 };
		struct ibv_mw_bind bind = { .bind_info = { .mr = w.second_mr, .length = 8 } };
		end_number(ibv_bind_mw(w.qp, &mw, &bind));
	}
}

static void queues(void)
{
	static struct ibv_cq_init_attr_ex cq;
	static struct ibv_modify_cq_attr modify = { .attr_mask = UINT32_MAX };
	static struct ibv_srq_init_attr_ex srq;
	static struct ibv_ops_wr op, *bad_op;
	static struct ibv_qp_init_attr_ex qp;
	static struct ibv_qp_open_attr open;
	static struct ibv_qp_rate_limit_attr rate;
	static struct ibv_wq_init_attr wq;
	static struct ibv_rwq_ind_table_init_attr table;
	static struct ibv_flow_attr flow;
	static struct ibv_flow_action_esp_attr esp;
	static struct ibv_counters_init_attr counters;
	static uint32_t number;
	INLINE_POINTER("no attributes", ibv_create_cq_ex, w.ctx, NULL);
	INLINE_POINTER("no entries", ibv_create_cq_ex, w.ctx, &cq);
	INLINE_POINTER("unknown completion fields", ibv_create_cq_ex, w.ctx,
		       (cq.cqe = 1, cq.wc_flags = 1ULL << 63, &cq));
	INLINE_POINTER("unknown mask", ibv_create_cq_ex, w.ctx,
		       (cq.cqe = 1, cq.comp_mask = 1u << 31, &cq));
	INLINE_NUMBER("no attributes", ibv_modify_cq, w.cq, NULL);
	INLINE_NUMBER("every bit of the mask", ibv_modify_cq, w.cq, &modify);
	INLINE_POINTER("no mask", ibv_create_srq_ex, w.ctx, &srq);
	INLINE_POINTER("every bit of the mask", ibv_create_srq_ex, w.ctx,
		       (memset(&srq, 0xff, sizeof srq), &srq));
	INLINE_NUMBER("not an XRC SRQ", ibv_get_srq_num, w.srq, &number);
	INLINE_NUMBER("no place", ibv_get_srq_num, w.srq, NULL);
	INLINE_NUMBER("no tag matching", ibv_post_srq_ops, w.srq, &op, &bad_op);
	INLINE_POINTER("no mask", ibv_create_qp_ex, w.ctx, &qp);
	INLINE_POINTER("every bit of the mask", ibv_create_qp_ex, w.ctx,
		       (qp.comp_mask = UINT32_MAX, &qp));
	INLINE_POINTER("no attributes", ibv_open_qp, w.ctx, NULL);
	INLINE_POINTER("every bit of the mask", ibv_open_qp, w.ctx,
		       (memset(&open, 0xff, sizeof open), &open));
	INLINE_NUMBER("no attributes", ibv_modify_qp_rate_limit, w.qp, NULL);
	INLINE_NUMBER("in RTS", ibv_modify_qp_rate_limit, w.qp, &rate);
	INLINE_POINTER("no attributes", ibv_create_wq, w.ctx, NULL);
	INLINE_POINTER("nothing set", ibv_create_wq, w.ctx, &wq);
	INLINE_POINTER("no attributes", ibv_create_rwq_ind_table, w.ctx, NULL);
	INLINE_POINTER("nothing set", ibv_create_rwq_ind_table, w.ctx, &table);
	INLINE_POINTER("no attributes", ibv_create_flow, w.ud, NULL);
	INLINE_POINTER("nothing set", ibv_create_flow, w.ud, &flow);
	INLINE_POINTER("no attributes", ibv_create_flow_action_esp, w.ctx, NULL);
	INLINE_POINTER("nothing set", ibv_create_flow_action_esp, w.ctx, &esp);
	INLINE_POINTER("no attributes", ibv_create_counters, w.ctx, NULL);
	INLINE_POINTER("nothing set", ibv_create_counters, w.ctx, &counters);
}

/* Objects the device may not offer: their functions on one that was made up. */
static void made_up_objects(void)
{
	static struct ibv_td td;
	static struct ibv_dm dm;
	static struct ibv_mw mw;
	static struct ibv_wq wq;
	static struct ibv_rwq_ind_table table;
	static struct ibv_flow flow;
	static struct ibv_flow_action action;
	static struct ibv_counters counters;
	static struct ibv_wq_attr wq_attr;
	static uint64_t values[2];
#define OF(object) ((object).context = w.ctx, &(object))
	INLINE_NUMBER("a made-up object", ibv_dealloc_td, OF(td));
	INLINE_NUMBER("a made-up object", ibv_free_dm, OF(dm));
	INLINE_NUMBER("a made-up object", ibv_dealloc_mw, OF(mw));
	INLINE_NUMBER("a made-up object", ibv_modify_wq, OF(wq), &wq_attr);
	INLINE_NUMBER("a made-up object", ibv_destroy_wq, OF(wq));
	INLINE_NUMBER("a made-up object", ibv_destroy_rwq_ind_table, OF(table));
	INLINE_NUMBER("a made-up object", ibv_destroy_flow, OF(flow));
	INLINE_NUMBER("a made-up object", ibv_modify_flow_action_esp, OF(action), NULL);
	INLINE_NUMBER("a made-up object", ibv_destroy_flow_action, OF(action));
	INLINE_NUMBER("a made-up object", ibv_destroy_counters, OF(counters));
	INLINE_NUMBER("a made-up object", ibv_attach_counters_point_flow, OF(counters), NULL, NULL);
	INLINE_NUMBER("a made-up object", ibv_read_counters, OF(counters), values, 2, 0);
	if (begin("ibv_close_xrcd", "header", "a made-up object")) {
		struct ibv_xrcd xrcd = { .context = w.ctx };
		end_number(ibv_close_xrcd(&xrcd));
	}
}

void device_inline_cases(void)
{
	fixture = make_world;
	posting();
	attributes();
	memory();
	queues();
	made_up_objects();
}
