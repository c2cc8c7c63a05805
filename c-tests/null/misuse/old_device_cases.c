/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Misuse of the objects that functions of node IBVERBS_1.0 give: wrappers of a layout of their own,
 * so no member of them is looked at here.
 */
#include "device.h"

#define OLD "IBVERBS_1.0"

static struct {
	struct ibv_context *ctx, *other_ctx;
	struct ibv_pd *pd, *other_pd;
	struct ibv_mr *mr;
	struct ibv_cq *cq, *other_cq;
	struct ibv_srq *srq;
	struct ibv_qp *qp;
	struct ibv_ah *ah;
	char bytes[4096];
} old;

#define MAKE_OLD(member, call)                                                                     \
	do {                                                                                       \
		old.member = call;                                                                 \
		if (!old.member) {                                                                 \
			said("no " #member " of 1.0 (errno %d)", errno);                           \
			_exit(90);                                                                 \
		}                                                                                  \
	} while (0)

static void make_old_world(void)
{
	struct ibv_device **list = FN(ibv_get_device_list, OLD)(NULL);
	struct ibv_srq_init_attr srq = { .attr = { .max_wr = 4, .max_sge = 1 } };
	/* Its pointers are to wrappers, too. */
	struct ibv_qp_init_attr qp = { .cap = { 4, 4, 1, 1, 0 }, .qp_type = IBV_QPT_RC };

	if (!list || !list[0]) {
		said("no list of 1.0 (errno %d)", errno);
		_exit(90);
	}
	MAKE_OLD(ctx, FN(ibv_open_device, OLD)(list[0]));
	MAKE_OLD(other_ctx, FN(ibv_open_device, OLD)(list[0]));
	MAKE_OLD(pd, FN(ibv_alloc_pd, OLD)(old.ctx));
	MAKE_OLD(other_pd, FN(ibv_alloc_pd, OLD)(old.other_ctx));
	MAKE_OLD(mr, FN(ibv_reg_mr, OLD)(old.pd, old.bytes, sizeof old.bytes, 7));
	MAKE_OLD(cq, FN(ibv_create_cq, OLD)(old.ctx, 8, NULL, NULL, 0));
	MAKE_OLD(other_cq, FN(ibv_create_cq, OLD)(old.other_ctx, 8, NULL, NULL, 0));
	MAKE_OLD(srq, FN(ibv_create_srq, OLD)(old.pd, &srq));
	qp.send_cq = qp.recv_cq = old.cq;
	MAKE_OLD(qp, FN(ibv_create_qp, OLD)(old.pd, &qp));
}

static void create_old_qp(const char *what, struct ibv_cq **cq, struct ibv_pd **pd, int type)
{
	if (!begin("ibv_create_qp", OLD, what))
		return;
	struct ibv_qp_init_attr init = { .send_cq = cq ? *cq : NULL,
					 .recv_cq = old.cq,
					 .cap = { 1, 1, 1, 1, 0 },
					 .qp_type = (enum ibv_qp_type)type };
	end_pointer(FN(ibv_create_qp, OLD)(*pd, &init));
}

void old_device_cases(void)
{
	static struct ibv_qp_attr attr;
	static struct ibv_qp_init_attr init;
	static struct ibv_srq_attr srq_attr;
	static union ibv_gid gid;
	static struct ibv_port_attr port;
	static __be16 pkey;
	static struct ibv_ah_attr ah;
	static struct ibv_async_event port_event = { .event_type = IBV_EVENT_PORT_ERR };

	fixture = make_old_world;
	NUMBER(ibv_query_device, OLD, "no place", old.ctx, NULL);
	NUMBER(ibv_query_port, OLD, "no place", old.ctx, 1, NULL);
	NUMBER(ibv_query_port, OLD, "port 200", old.ctx, 200, (void *)&port);
	NUMBER(ibv_query_gid, OLD, "no place", old.ctx, 1, 0, NULL);
	NUMBER(ibv_query_gid, OLD, "port 200", old.ctx, 200, 0, &gid);
	NUMBER(ibv_query_pkey, OLD, "no place", old.ctx, 1, 0, NULL);
	NUMBER(ibv_query_pkey, OLD, "index -1", old.ctx, 1, -1, &pkey);
	NUMBER(ibv_get_async_event, OLD, "no place", old.ctx, NULL);
	NOTHING(ibv_ack_async_event, OLD, "of a port", &port_event);
	NUMBER(ibv_dealloc_pd, OLD, "in use", old.pd);
	POINTER(ibv_reg_mr, OLD, "no address", old.pd, NULL, 64, 1);
	POINTER(ibv_reg_mr, OLD, "unknown access", old.pd, old.bytes, 64, 1 << 19);
	POINTER(ibv_create_cq, OLD, "negative entries", old.ctx, -1, NULL, NULL, 0);
	POINTER(ibv_create_cq, OLD, "vector INT_MAX", old.ctx, 1, NULL, NULL, INT_MAX);
	NUMBER(ibv_resize_cq, OLD, "too many entries", old.cq, INT_MAX);
	NUMBER(ibv_destroy_cq, OLD, "in use", old.cq);
	NOTHING(ibv_ack_cq_events, OLD, "more than there were", old.cq, 9);
	POINTER(ibv_create_srq, OLD, "no attributes", old.pd, NULL);
	NUMBER(ibv_modify_srq, OLD, "no attributes", old.srq, NULL, IBV_SRQ_LIMIT);
	NUMBER(ibv_modify_srq, OLD, "unknown mask", old.srq, &srq_attr, 64);
	NUMBER(ibv_query_srq, OLD, "no place", old.srq, NULL);
	POINTER(ibv_create_qp, OLD, "no attributes", old.pd, NULL);
	create_old_qp("no send CQ", NULL, &old.pd, IBV_QPT_RC);
	create_old_qp("CQ of another context", &old.other_cq, &old.pd, IBV_QPT_RC);
	create_old_qp("PD of another context", &old.cq, &old.other_pd, IBV_QPT_RC);
	create_old_qp("unknown type", &old.cq, &old.pd, 77);
	NUMBER(ibv_modify_qp, OLD, "no attributes", old.qp, NULL, IBV_QP_STATE);
	NUMBER(ibv_modify_qp, OLD, "every bit of the mask", old.qp, &attr, -1);
	NUMBER(ibv_query_qp, OLD, "no place", old.qp, NULL, IBV_QP_STATE, &init);
	NUMBER(ibv_query_qp, OLD, "no place for what it was made with", old.qp, &attr, IBV_QP_STATE,
	       NULL);
	POINTER(ibv_create_ah, OLD, "no attributes", old.pd, NULL);
	POINTER(ibv_create_ah, OLD, "no port", old.pd, &ah);
	NUMBER(ibv_attach_mcast, OLD, "no group", old.qp, NULL, 0);
	NUMBER(ibv_detach_mcast, OLD, "no group", old.qp, NULL, 0);
	NUMBER(ibv_close_device, OLD, "with everything still in use", old.ctx);
}
