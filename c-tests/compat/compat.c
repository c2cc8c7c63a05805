/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A program of libibverbs 1.0: it knows the structures of that release only and is bound to node
 * IBVERBS_1.0. RC and UD traffic through the table of its context, completion events, async
 * events, a shared receive queue, and what is refused.
 */
#include "harness.h"
#include "verbs_1_0.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	DEPTH = 80,      /* more than the library translates at a time */
	LEN = 512,       /* of a message */
	GRH = 40,
	SLOT = 1024,     /* of a message in the buffer, with its GRH */
	ROUNDS = 200,
	QKEY = 0x11111111,
	ACCESS = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ |
		 IBV_ACCESS_REMOTE_ATOMIC,
	/* Long enough for what must not happen to happen; nothing depends on its being exact. */
	SETTLE_US = 20000,
};

/* What one side tells the other. */
struct address {
	union ibv_gid gid;
	uint64_t addr;
	uint32_t qpn[2], rkey;
};

/* One side: a device with everything on it. */
struct old {
	struct ibv_context *ctx;
	struct ibv_pd *pd;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_srq *srq;
	struct ibv_qp *qp[2];
	struct ibv_mr *mr;
	struct ibv_port_attr port;
	union ibv_gid gid;
	uint8_t *memory;
	struct address peer;
	unsigned events;   /* of the CQ, not acknowledged */
};

static struct ibv_context *open_first(void)
{
	int count = -1;
	struct ibv_device **list = ibv_get_device_list(&count);
	CHECK(list && count > 0, "no device: errno %d", errno);
	struct ibv_context *ctx = ibv_open_device(list[0]);
	CHECK(ctx, "ibv_open_device: errno %d", errno);
	ibv_free_device_list(list);
	return ctx;
}

static struct ibv_qp *new_qp(struct old *o, enum ibv_qp_type type)
{
	struct ibv_qp_init_attr init = {
		.qp_context = o, .send_cq = o->cq, .recv_cq = o->cq, .srq = o->srq, .qp_type = type,
		.cap = { .max_send_wr = DEPTH, .max_recv_wr = DEPTH, .max_send_sge = 2,
			 .max_recv_sge = 2 },
	};
	struct ibv_qp *qp = ibv_create_qp(o->pd, &init);
	CHECK(qp, "ibv_create_qp: errno %d", errno);
	CHECK(init.cap.max_send_wr >= DEPTH, "max_send_wr came back as %u", init.cap.max_send_wr);
	CHECK(qp->context == o->ctx && qp->pd == o->pd && qp->qp_context == o &&
	      qp->send_cq == o->cq && qp->recv_cq == o->cq && qp->srq == o->srq &&
	      qp->qp_type == type && qp->state == IBV_QPS_RESET && qp->qp_num,
	      "a member of the QP is wrong");
	return qp;
}

static struct old *old_open(enum ibv_qp_type type, bool with_srq)
{
	struct old *o = calloc(1, sizeof *o);
	o->ctx = open_first();
	ENSURE(o->pd = ibv_alloc_pd(o->ctx));
	CHECK(ibv_query_port(o->ctx, 1, &o->port) == 0, "ibv_query_port: errno %d", errno);
	CHECK(ibv_query_gid(o->ctx, 1, 0, &o->gid) == 0, "ibv_query_gid: errno %d", errno);
	ENSURE(o->memory = calloc(2 * DEPTH, SLOT));
	ENSURE(o->mr = ibv_reg_mr(o->pd, o->memory, 2 * DEPTH * SLOT, ACCESS));
	ENSURE(o->channel = ibv_create_comp_channel(o->ctx));
	ENSURE(o->cq = ibv_create_cq(o->ctx, 4 * DEPTH, &o->events, o->channel, 0));
	CHECK(o->cq->context == o->ctx && o->cq->cq_context == &o->events &&
	      o->cq->cqe >= 4 * DEPTH, "a member of the CQ is wrong");
	if (with_srq) {
		struct ibv_srq_init_attr init = { .srq_context = &o->peer,
						  .attr = { .max_wr = DEPTH, .max_sge = 2 } };
		ENSURE(o->srq = ibv_create_srq(o->pd, &init));
		CHECK(init.attr.max_wr >= DEPTH, "max_wr came back as %u", init.attr.max_wr);
		CHECK(o->srq->context == o->ctx && o->srq->pd == o->pd &&
		      o->srq->srq_context == &o->peer, "a member of the SRQ is wrong");
	}
	for (int i = 0; i < (with_srq ? 2 : 1); i++)
		o->qp[i] = new_qp(o, type);
	return o;
}

static void old_close(struct old *o)
{
	ibv_ack_cq_events(o->cq, o->events);
	for (int i = 0; i < 2; i++)
		if (o->qp[i])
			ZERO(ibv_destroy_qp(o->qp[i]));
	if (o->srq)
		ZERO(ibv_destroy_srq(o->srq));
	/* What is in use is refused and stays whole. */
	EXPECT(ibv_destroy_comp_channel(o->channel), EBUSY);
	ZERO(ibv_destroy_cq(o->cq));
	ZERO(ibv_destroy_comp_channel(o->channel));
	EXPECT(ibv_dealloc_pd(o->pd), EBUSY);
	ZERO(ibv_dereg_mr(o->mr));
	ZERO(ibv_dealloc_pd(o->pd));
	ZERO(ibv_close_device(o->ctx));
	free(o->memory);
	free(o);
}

static struct ibv_ah_attr towards(const struct old *o)
{
	struct ibv_ah_attr attr = { .is_global = 1, .port_num = 1 };
	attr.grh.dgid = o->peer.gid;
	attr.grh.hop_limit = 64;
	return attr;
}

static void connect_qp(struct old *o, struct ibv_qp *qp, uint32_t peer)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_INIT, .port_num = 1, .qkey = QKEY,
				    .qp_access_flags = ACCESS };
	bool rc = qp->qp_type == IBV_QPT_RC;
	ZERO(ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
					      (rc ? IBV_QP_ACCESS_FLAGS : IBV_QP_QKEY)));
	CHECK(qp->state == IBV_QPS_INIT, "state %d after INIT", qp->state);
	attr.qp_state = IBV_QPS_RTR;
	attr.path_mtu = o->port.active_mtu;
	attr.dest_qp_num = peer;
	attr.ah_attr = towards(o);
	attr.max_dest_rd_atomic = 4;
	attr.min_rnr_timer = 1;
	ZERO(ibv_modify_qp(qp, &attr,
			   IBV_QP_STATE | (rc ? IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
							IBV_QP_RQ_PSN | IBV_QP_MIN_RNR_TIMER |
							IBV_QP_MAX_DEST_RD_ATOMIC
					      : 0)));
	attr.qp_state = IBV_QPS_RTS;
	attr.timeout = 14;
	attr.retry_cnt = attr.rnr_retry = 7;
	attr.max_rd_atomic = 4;
	ZERO(ibv_modify_qp(qp, &attr,
			   IBV_QP_STATE | IBV_QP_SQ_PSN |
				   (rc ? IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
						 IBV_QP_MAX_QP_RD_ATOMIC
				       : 0)));
	CHECK(qp->state == IBV_QPS_RTS, "state %d after RTS", qp->state);
}

static void old_meet(struct side *side, struct old *o)
{
	struct address mine = { .gid = o->gid, .addr = (uintptr_t)o->memory, .rkey = o->mr->rkey };
	for (int i = 0; i < 2; i++)
		mine.qpn[i] = o->qp[i] ? o->qp[i]->qp_num : 0;
	if (side->sock >= 0)
		swap(side, &mine, &o->peer, sizeof mine);
	else
		o->peer = mine;
	for (int i = 0; i < 2; i++)
		if (o->qp[i])
			connect_qp(o, o->qp[i], o->peer.qpn[i]);
}

static struct ibv_sge at(struct old *o, int slot, uint32_t len)
{
	struct ibv_sge sge = { (uintptr_t)o->memory + (size_t)slot * SLOT, len, o->mr->lkey };
	return sge;
}

/* Byte k of message `number`. */
static uint8_t pattern(uint64_t number, size_t k)
{
	return (uint8_t)(number * 31 + k * 7 + (k >> 8) + 1);
}

static void write_message(struct old *o, int slot, uint64_t number)
{
	for (size_t k = 0; k < LEN; k++)
		o->memory[(size_t)slot * SLOT + k] = pattern(number, k);
}

static void read_message(struct old *o, int slot, size_t skip, uint64_t number)
{
	for (size_t k = 0; k < LEN; k++) {
		uint8_t have = o->memory[(size_t)slot * SLOT + skip + k];
		CHECK(have == pattern(number, k), "byte %zu of message %lu is %02x, not %02x", k,
		      (unsigned long)number, have, pattern(number, k));
	}
}

static void recv_into(struct old *o, struct ibv_qp *qp, int slot, uint32_t len)
{
	struct ibv_sge sge = at(o, slot, len);
	struct ibv_recv_wr wr = { .wr_id = (uint64_t)slot, .sg_list = &sge, .num_sge = 1 }, *bad = NULL;
	int ret = o->srq ? ibv_post_srq_recv(o->srq, &wr, &bad) : ibv_post_recv(qp, &wr, &bad);
	CHECK(ret == 0, "post_recv gave %d", ret);
}

static void post(struct ibv_qp *qp, struct ibv_send_wr *wr)
{
	struct ibv_send_wr *bad = NULL;
	int ret = ibv_post_send(qp, wr, &bad);
	CHECK(ret == 0 && !bad, "post_send gave %d", ret);
}

static struct ibv_wc wait_wc(struct ibv_cq *cq)
{
	struct ibv_wc wc;
	int got;
	while ((got = ibv_poll_cq(cq, 1, &wc)) == 0) {
		sched_yield();
		check_other_side();
	}
	CHECK(got == 1, "ibv_poll_cq gave %d", got);
	CHECK(wc.status == IBV_WC_SUCCESS, "status %d of wr %lu", wc.status,
	      (unsigned long)wc.wr_id);
	return wc;
}

/* Sleeps on the channel until there is a completion. */
static struct ibv_wc wait_event(struct old *o)
{
	struct ibv_wc wc;
	int got;
	while ((got = ibv_poll_cq(o->cq, 1, &wc)) == 0) {
		ZERO(ibv_req_notify_cq(o->cq, 0));
		if ((got = ibv_poll_cq(o->cq, 1, &wc)) != 0)
			break;
		struct pollfd channel = { .fd = o->channel->fd, .events = POLLIN };
		while (poll(&channel, 1, 50) == 0)
			check_other_side();
		struct ibv_cq *cq = NULL;
		void *context = NULL;
		CHECK(ibv_get_cq_event(o->channel, &cq, &context) == 0,
		      "ibv_get_cq_event: errno %d", errno);
		CHECK(cq == o->cq && context == &o->events, "an event of another CQ");
		o->events++;
	}
	CHECK(got == 1 && wc.status == IBV_WC_SUCCESS, "polled %d, status %d", got, wc.status);
	return wc;
}

static struct ibv_async_event want_event(struct ibv_context *ctx, enum ibv_event_type type)
{
	struct ibv_async_event event;
	for (;;) {
		struct pollfd fd = { .fd = ctx->async_fd, .events = POLLIN };
		step("waiting for event %d", type);
		while (poll(&fd, 1, 50) == 0)
			check_other_side();
		CHECK(ibv_get_async_event(ctx, &event) == 0, "ibv_get_async_event: errno %d", errno);
		if (event.event_type == type)
			return event;
		ibv_ack_async_event(&event);
	}
}

/* --- the device --- */

static void device(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	int count = -1;
	struct ibv_device **list = ibv_get_device_list(&count);
	CHECK(list && count > 0, "no device: errno %d", errno);
	CHECK(!list[count], "the list does not end with NULL");
	const char *name = ibv_get_device_name(list[0]);
	CHECK(name && *name, "no name");
	char *kept = strdup(name);
	uint64_t guid = ibv_get_device_guid(list[0]);
	CHECK(guid, "no GUID");
	struct ibv_context *ctx = ibv_open_device(list[0]), *second = ibv_open_device(list[0]);
	CHECK(ctx && second && ctx != second, "ibv_open_device: errno %d", errno);
	ibv_free_device_list(list);
	ibv_free_device_list(ibv_get_device_list(NULL));
	ZERO(ibv_close_device(second));
	/* Devices were never freed in 1.0, so programs use those that they have open. */
	CHECK(!strcmp(ibv_get_device_name(ctx->device), kept), "the name changed");
	free(kept);
	struct { struct ibv_device_attr attr; uint8_t guard[64]; } dev;
	memset(&dev, 0xa5, sizeof dev);
	ZERO(ibv_query_device(ctx, &dev.attr));
	CHECK(dev.attr.max_qp > 0 && dev.attr.max_qp < 1 << 24 && dev.attr.phys_port_cnt == 1 &&
	      dev.attr.node_guid == guid, "a strange device");
	struct { struct ibv_port_attr attr; uint8_t guard[64]; } port;
	memset(&port, 0xa5, sizeof port);
	ZERO(ibv_query_port(ctx, 1, &port.attr));
	CHECK(port.attr.state == IBV_PORT_ACTIVE && port.attr.gid_tbl_len > 0, "a strange port");
	for (size_t i = 0; i < 64; i++)
		CHECK(dev.guard[i] == 0xa5 && port.guard[i] == 0xa5, "written behind the struct");
	EXPECT(ibv_query_port(ctx, 77, &port.attr), EINVAL);
	union ibv_gid gid;
	uint16_t pkey = 0;
	EXPECT(ibv_query_gid(ctx, 1, 0, &gid), 0);
	EXPECT(ibv_query_gid(ctx, 1, 100000, &gid), -1);
	EXPECT(ibv_query_pkey(ctx, 1, 0, &pkey), 0);
	CHECK(pkey == 0xffff, "P_Key %x", pkey);
	CHECK(fcntl(ctx->async_fd, F_GETFD) >= 0, "async_fd is %d", ctx->async_fd);
	CHECK(ctx->num_comp_vectors >= 1, "%d completion vectors", ctx->num_comp_vectors);
	ZERO(ibv_close_device(ctx));
}

/* --- RC --- */

/* Lists longer than the library translates at a time, in both directions. */
static void exchange_lists(struct side *side, struct old *o)
{
	struct ibv_sge sges[DEPTH];
	struct ibv_recv_wr recvs[DEPTH], *bad = NULL;
	for (int i = 0; i < DEPTH; i++) {
		sges[i] = at(o, DEPTH + i, LEN);
		recvs[i] = (struct ibv_recv_wr){ i + 1 < DEPTH ? &recvs[i + 1] : NULL,
						 (uint64_t)(1000 + i), &sges[i], 1 };
	}
	ZERO(ibv_post_recv(o->qp[0], recvs, &bad));
	barrier(side);
	struct ibv_send_wr sends[DEPTH];
	memset(sends, 0, sizeof sends);
	for (int i = 0; i < DEPTH; i++) {
		write_message(o, i, (uint64_t)i);
		sges[i] = at(o, i, LEN);
		sends[i].next = i + 1 < DEPTH ? &sends[i + 1] : NULL;
		sends[i].wr_id = (uint64_t)i;
		sends[i].sg_list = &sges[i];
		sends[i].num_sge = 1;
		sends[i].opcode = IBV_WR_SEND_WITH_IMM;
		sends[i].imm_data = (uint32_t)(77 * i);
		sends[i].send_flags = IBV_SEND_SIGNALED;
	}
	post(o->qp[0], sends);
	uint64_t sent = 0, received = 0;
	while (sent < DEPTH || received < DEPTH) {
		step("%lu sent, %lu received", (unsigned long)sent, (unsigned long)received);
		struct ibv_wc wc = wait_wc(o->cq);
		CHECK(wc.qp_num == o->qp[0]->qp_num, "completion of QP %u", wc.qp_num);
		if (!(wc.opcode & IBV_WC_RECV)) {
			CHECK(wc.wr_id == sent, "wr %lu", (unsigned long)wc.wr_id);
			sent++;
			continue;
		}
		CHECK(wc.wr_id == 1000 + received && wc.byte_len == LEN &&
		      wc.imm_data == 77 * received, "receive %lu", (unsigned long)wc.wr_id);
		read_message(o, DEPTH + (int)received, 0, received);
		received++;
	}
	barrier(side);
}

/* Back and forth, asleep in between. */
static void exchange_events(struct side *side, struct old *o)
{
	uint64_t rounds = options.quick ? ROUNDS / 10 : ROUNDS;
	struct ibv_sge sge = at(o, 0, LEN);
	for (uint64_t i = 0; i < rounds; i++) {
		step("round %lu", (unsigned long)i);
		if (i == 0) {
			recv_into(o, o->qp[0], 1, LEN);
			barrier(side);
		}
		bool received = false, sent = false;
		for (int turn = 0; turn < 2; turn++) {
			if (turn == side->id) {
				write_message(o, 0, i + (uint64_t)side->id * 1000);
				struct ibv_send_wr wr = { .wr_id = 0, .sg_list = &sge, .num_sge = 1,
							  .opcode = IBV_WR_SEND,
							  .send_flags = IBV_SEND_SIGNALED };
				post(o->qp[0], &wr);
				continue;
			}
			while (!received) {
				struct ibv_wc wc = wait_event(o);
				if (wc.opcode & IBV_WC_RECV)
					received = true;
				else
					sent = true;
			}
			read_message(o, 1, 0, i + (uint64_t)!side->id * 1000);
			recv_into(o, o->qp[0], 1, LEN);
		}
		while (!sent) {
			struct ibv_wc wc = wait_event(o);
			CHECK(!(wc.opcode & IBV_WC_RECV), "a message before its time");
			sent = true;
		}
	}
	CHECK(o->events > 0, "not one completion event in %lu rounds", (unsigned long)rounds);
	barrier(side);
}

/* WRITE, READ and atomics: the parts of a request that moved since 1.0. */
static void reach_over(struct side *side, struct old *o)
{
	enum { TARGET = 100, WORD = 110, FETCHED = 120 };
	write_message(o, 0, 4000 + (uint64_t)side->id);
	uint64_t *word = (uint64_t *)(o->memory + (size_t)WORD * SLOT);
	*word = 5000 + (uint64_t)side->id;
	barrier(side);
	uint64_t target = o->peer.addr + (uint64_t)TARGET * SLOT;
	struct ibv_sge from = at(o, 0, LEN), back = at(o, FETCHED, LEN), old = at(o, FETCHED + 1, 8);
	struct ibv_send_wr wr = { .wr_id = 1, .sg_list = &from, .num_sge = 1,
				  .opcode = IBV_WR_RDMA_WRITE, .send_flags = IBV_SEND_SIGNALED };
	wr.wr.rdma.remote_addr = target;
	wr.wr.rdma.rkey = o->peer.rkey;
	post(o->qp[0], &wr);
	wait_wc(o->cq);
	wr.opcode = IBV_WR_RDMA_READ;
	wr.sg_list = &back;
	post(o->qp[0], &wr);
	wait_wc(o->cq);
	read_message(o, FETCHED, 0, 4000 + (uint64_t)side->id);
	wr.opcode = IBV_WR_ATOMIC_FETCH_AND_ADD;
	wr.sg_list = &old;
	wr.wr.atomic.remote_addr = o->peer.addr + (uint64_t)WORD * SLOT;
	wr.wr.atomic.compare_add = 7;
	wr.wr.atomic.rkey = o->peer.rkey;
	post(o->qp[0], &wr);
	wait_wc(o->cq);
	uint64_t *fetched = (uint64_t *)(o->memory + (size_t)(FETCHED + 1) * SLOT);
	CHECK(*fetched == 5000 + (uint64_t)!side->id, "fetched %lu", (unsigned long)*fetched);
	wr.opcode = IBV_WR_ATOMIC_CMP_AND_SWP;
	wr.wr.atomic.compare_add = *fetched + 7;
	wr.wr.atomic.swap = 99;
	post(o->qp[0], &wr);
	wait_wc(o->cq);
	CHECK(*fetched == 5007 + (uint64_t)!side->id, "compared %lu", (unsigned long)*fetched);
	barrier(side);
	read_message(o, TARGET, 0, 4000 + (uint64_t)!side->id);
	CHECK(*word == 99, "the word is %lu", (unsigned long)*word);
}

/* The request that is refused is the one the program is told. */
static void refuse_one(struct side *side, struct old *o)
{
	enum { WRONG = 40 };
	struct ibv_sge sge = at(o, 0, 8);
	struct ibv_send_wr sends[DEPTH], *bad = NULL;
	memset(sends, 0, sizeof sends);
	for (int i = 0; i < DEPTH; i++) {
		sends[i].next = i + 1 < DEPTH ? &sends[i + 1] : NULL;
		sends[i].wr_id = (uint64_t)i;
		sends[i].sg_list = &sge;
		sends[i].num_sge = i == WRONG ? 1000 : 1;
		sends[i].opcode = IBV_WR_RDMA_WRITE;
		sends[i].send_flags = IBV_SEND_SIGNALED;
		sends[i].wr.rdma.remote_addr = o->peer.addr + 130 * SLOT;
		sends[i].wr.rdma.rkey = o->peer.rkey;
	}
	int ret = ibv_post_send(o->qp[0], sends, &bad);
	CHECK(ret > 0 && bad == &sends[WRONG], "post_send gave %d and names number %ld", ret,
	      (long)(bad - sends));
	for (uint64_t i = 0; i < WRONG; i++) {
		struct ibv_wc wc = wait_wc(o->cq);
		CHECK(wc.wr_id == i, "wr %lu", (unsigned long)wc.wr_id);
	}
	struct ibv_wc wc;
	EXPECT(ibv_poll_cq(o->cq, 1, &wc), 0);
	struct ibv_recv_wr recvs[2] = { { &recvs[1], 1, &sge, 1 }, { NULL, 2, &sge, 1000 } };
	struct ibv_recv_wr *bad_recv = NULL;
	ret = ibv_post_recv(o->qp[0], recvs, &bad_recv);
	CHECK(ret > 0 && bad_recv == &recvs[1], "post_recv gave %d", ret);
	barrier(side);
}

static void rc(struct side *side, const void *arg)
{
	(void)arg;
	struct old *o = old_open(IBV_QPT_RC, false);
	old_meet(side, o);
	barrier(side);
	exchange_lists(side, o);
	exchange_events(side, o);
	reach_over(side, o);
	refuse_one(side, o);
	old_close(o);
}

/* --- UD --- */

static void ud(struct side *side, const void *arg)
{
	(void)arg;
	struct old *o = old_open(IBV_QPT_UD, false);
	old_meet(side, o);
	struct ibv_ah_attr attr = towards(o);
	struct ibv_ah *ah = ibv_create_ah(o->pd, &attr);
	CHECK(ah, "ibv_create_ah: errno %d", errno);
	struct ibv_sge sge = at(o, 0, LEN);
	struct ibv_send_wr wr = { .wr_id = 1, .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_SEND,
				  .send_flags = IBV_SEND_SIGNALED };
	wr.wr.ud.ah = ah;
	wr.wr.ud.remote_qpn = o->peer.qpn[0];
	wr.wr.ud.remote_qkey = QKEY;
	uint64_t rounds = options.quick ? ROUNDS / 10 : ROUNDS;
	for (uint64_t i = 0; i < rounds; i++) {
		step("round %lu", (unsigned long)i);
		recv_into(o, o->qp[0], 1, LEN + GRH);
		write_message(o, 0, i * 2 + (uint64_t)side->id);
		barrier(side);
		post(o->qp[0], &wr);
		bool received = false, sent = false;
		while (!received || !sent) {
			struct ibv_wc wc = wait_wc(o->cq);
			if (!(wc.opcode & IBV_WC_RECV)) {
				sent = true;
				continue;
			}
			CHECK(wc.byte_len == LEN + GRH && wc.src_qp == o->peer.qpn[0] &&
			      (wc.wc_flags & IBV_WC_GRH), "a strange datagram");
			received = true;
		}
		read_message(o, 1, GRH, i * 2 + (uint64_t)!side->id);
	}
	/* Without an address handle nothing goes out, and the request is named. */
	struct ibv_send_wr *bad = NULL;
	wr.wr.ud.ah = NULL;
	EXPECT(ibv_post_send(o->qp[0], &wr, &bad), EINVAL);
	CHECK(bad == &wr, "another request is named");
	barrier(side);
	ZERO(ibv_destroy_ah(ah));
	old_close(o);
}

/* --- a shared receive queue, its events, and what a query tells --- */

static void srq(struct side *side, const void *arg)
{
	(void)arg;
	enum { MESSAGES = 12, LIMIT = 5 };
	struct old *o = old_open(IBV_QPT_RC, true);
	old_meet(side, o);
	for (int i = 0; i < MESSAGES; i++)
		recv_into(o, NULL, DEPTH + i, LEN);
	struct ibv_srq_attr attr = { .srq_limit = LIMIT };
	ZERO(ibv_modify_srq(o->srq, &attr, IBV_SRQ_LIMIT));
	memset(&attr, 0, sizeof attr);
	ZERO(ibv_query_srq(o->srq, &attr));
	CHECK(attr.srq_limit == LIMIT && attr.max_wr >= DEPTH, "limit %u of %u", attr.srq_limit,
	      attr.max_wr);
	barrier(side);
	struct ibv_sge sges[MESSAGES];
	for (int i = 0; i < MESSAGES; i++) {
		write_message(o, i, (uint64_t)i);
		sges[i] = at(o, i, LEN);
		struct ibv_send_wr wr = { .wr_id = 1, .sg_list = &sges[i], .num_sge = 1,
					  .opcode = IBV_WR_SEND, .imm_data = 0,
					  .send_flags = IBV_SEND_SIGNALED };
		post(o->qp[i % 2], &wr);
		/* One after the other, so that both QPs take turns at the queue. */
		bool sent = false, received = false;
		while (!sent || !received) {
			struct ibv_wc wc = wait_wc(o->cq);
			if (!(wc.opcode & IBV_WC_RECV)) {
				sent = true;
				continue;
			}
			CHECK(wc.qp_num == o->qp[i % 2]->qp_num, "receive of QP %x", wc.qp_num);
			CHECK(wc.wr_id == (uint64_t)(DEPTH + i), "wr %lu", (unsigned long)wc.wr_id);
			read_message(o, DEPTH + i, 0, (uint64_t)i);
			received = true;
		}
		barrier(side);
	}
	struct ibv_async_event event = want_event(o->ctx, IBV_EVENT_SRQ_LIMIT_REACHED);
	CHECK(event.element.srq == o->srq, "event of another SRQ");
	ibv_ack_async_event(&event);

	struct { struct ibv_qp_attr attr; uint8_t guard[16]; } q;
	struct ibv_qp_init_attr init;
	memset(&q, 0xa5, sizeof q);
	ZERO(ibv_query_qp(o->qp[1], &q.attr, IBV_QP_STATE, &init));
	CHECK(q.attr.qp_state == IBV_QPS_RTS && q.attr.dest_qp_num == o->peer.qpn[1] &&
	      q.attr.timeout == 14, "a strange QP");
	CHECK(init.srq == o->srq && init.send_cq == o->cq && init.recv_cq == o->cq &&
	      init.qp_context == o && init.qp_type == IBV_QPT_RC, "a strange answer");
	for (size_t i = 0; i < sizeof q.guard; i++)
		CHECK(q.guard[i] == 0xa5, "written behind the attributes");

	barrier(side);
	q.attr.qp_state = IBV_QPS_ERR;
	ZERO(ibv_modify_qp(o->qp[0], &q.attr, IBV_QP_STATE));
	CHECK(o->qp[0]->state == IBV_QPS_ERR, "state %d", o->qp[0]->state);
	event = want_event(o->ctx, IBV_EVENT_QP_LAST_WQE_REACHED);
	CHECK(event.element.qp == o->qp[0], "event of another QP");
	ibv_ack_async_event(&event);
	EXPECT(ibv_destroy_srq(o->srq), EBUSY);
	old_close(o);
}

/* --- async events of a CQ; destroy waits for who has not acknowledged --- */

static atomic_bool is_destroyed;

static void *destroyer(void *qp)
{
	CHECK(ibv_destroy_qp(qp) == 0, "ibv_destroy_qp: errno %d", errno);
	atomic_store(&is_destroyed, true);
	return NULL;
}

static void overrun(struct side *side, const void *arg)
{
	(void)arg;
	struct old *o = old_open(IBV_QPT_RC, false);
	struct ibv_cq *usual = o->cq, *small;
	ENSURE(small = ibv_create_cq(o->ctx, 1, NULL, NULL, 0));
	ZERO(ibv_resize_cq(small, 2));
	CHECK(small->cqe >= 2 && small->cqe < DEPTH / 2, "cqe is %d", small->cqe);
	ZERO(ibv_destroy_qp(o->qp[0]));
	o->cq = small;
	o->qp[0] = new_qp(o, IBV_QPT_RC);
	o->cq = usual;
	old_meet(side, o);
	struct ibv_sge sge = at(o, 0, 8);
	struct ibv_send_wr wr = { .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_RDMA_WRITE,
				  .send_flags = IBV_SEND_SIGNALED }, *bad;
	wr.wr.rdma.remote_addr = o->peer.addr + SLOT;
	wr.wr.rdma.rkey = o->peer.rkey;
	for (int i = 0; i < small->cqe + 16; i++)
		if (ibv_post_send(o->qp[0], &wr, &bad))
			CHECK(i > small->cqe, "post %d was refused", i);
	struct ibv_async_event of_cq = want_event(o->ctx, IBV_EVENT_CQ_ERR);
	CHECK(of_cq.element.cq == small, "event of another CQ");
	ibv_ack_async_event(&of_cq);
	ZERO(ibv_destroy_qp(o->qp[0]));
	ZERO(ibv_destroy_cq(small));

	o->qp[0] = new_qp(o, IBV_QPT_RC);
	old_meet(side, o);
	recv_into(o, o->qp[0], 1, 8);
	wr.opcode = IBV_WR_SEND;
	post(o->qp[0], &wr);
	wait_wc(o->cq);
	wait_wc(o->cq);
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };
	recv_into(o, o->qp[0], 1, 8);
	ZERO(ibv_modify_qp(o->qp[0], &attr, IBV_QP_STATE));
	struct ibv_qp_init_attr init;
	ZERO(ibv_query_qp(o->qp[0], &attr, IBV_QP_STATE, &init));
	CHECK(attr.qp_state == IBV_QPS_ERR && !init.srq && init.send_cq == o->cq, "a strange QP");
	struct ibv_wc wc;
	EXPECT(ibv_poll_cq(o->cq, 1, &wc), 1);
	CHECK(wc.status == IBV_WC_WR_FLUSH_ERR && wc.wr_id == 1, "status %d", wc.status);
	old_close(o);
}

static void unacknowledged(struct side *side, const void *arg)
{
	(void)arg;
	struct old *o = old_open(IBV_QPT_RC, true);
	old_meet(side, o);
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_ERR };
	ZERO(ibv_modify_qp(o->qp[0], &attr, IBV_QP_STATE));
	struct ibv_async_event event = want_event(o->ctx, IBV_EVENT_QP_LAST_WQE_REACHED);
	CHECK(event.element.qp == o->qp[0], "event of another QP");
	pthread_t thread;
	atomic_store(&is_destroyed, false);
	ENSURE(pthread_create(&thread, NULL, destroyer, o->qp[0]) == 0);
	usleep(SETTLE_US);
	CHECK(!atomic_load(&is_destroyed), "destroyed before the event was acknowledged");
	ibv_ack_async_event(&event);
	pthread_join(thread, NULL);
	CHECK(atomic_load(&is_destroyed), "not destroyed");
	o->qp[0] = NULL;
	old_close(o);
}

/* --- what is refused --- */

#define REFUSED(call)                                                                              \
	do {                                                                                       \
		step("%s", #call);                                                                 \
		errno = 0;                                                                         \
		EXPECT(call, EINVAL);                                                              \
		CHECK(errno == EINVAL, "%s left errno %d", #call, errno);                          \
	} while (0)
#define REFUSED_MINUS(call)                                                                        \
	do {                                                                                       \
		step("%s", #call);                                                                 \
		errno = 0;                                                                         \
		EXPECT(call, -1);                                                                  \
		CHECK(errno == EINVAL, "%s left errno %d", #call, errno);                          \
	} while (0)
#define REFUSED_NULL(call)                                                                         \
	do {                                                                                       \
		step("%s", #call);                                                                 \
		errno = 0;                                                                         \
		CHECK((call) == NULL, "%s gave an object", #call);                                 \
		CHECK(errno == EINVAL, "%s left errno %d", #call, errno);                          \
	} while (0)

static void nothing_at_all(void)
{
	ibv_free_device_list(NULL);
	CHECK(!ibv_get_device_name(NULL), "a name");
	CHECK(!ibv_get_device_guid(NULL), "a GUID");
	REFUSED_NULL(ibv_open_device(NULL));
	REFUSED(ibv_close_device(NULL));
	REFUSED(ibv_query_device(NULL, NULL));
	REFUSED(ibv_query_port(NULL, 1, NULL));
	REFUSED_MINUS(ibv_query_gid(NULL, 1, 0, NULL));
	REFUSED_MINUS(ibv_query_pkey(NULL, 1, 0, NULL));
	REFUSED_MINUS(ibv_get_async_event(NULL, NULL));
	ibv_ack_async_event(NULL);
	REFUSED_NULL(ibv_alloc_pd(NULL));
	REFUSED(ibv_dealloc_pd(NULL));
	REFUSED_NULL(ibv_reg_mr(NULL, NULL, 1, 0));
	REFUSED(ibv_dereg_mr(NULL));
	REFUSED_NULL(ibv_create_comp_channel(NULL));
	REFUSED(ibv_destroy_comp_channel(NULL));
	REFUSED_NULL(ibv_create_cq(NULL, 1, NULL, NULL, 0));
	REFUSED(ibv_resize_cq(NULL, 1));
	REFUSED(ibv_destroy_cq(NULL));
	REFUSED_MINUS(ibv_get_cq_event(NULL, NULL, NULL));
	ibv_ack_cq_events(NULL, 1);
	REFUSED_NULL(ibv_create_srq(NULL, NULL));
	REFUSED(ibv_modify_srq(NULL, NULL, 0));
	REFUSED(ibv_query_srq(NULL, NULL));
	REFUSED(ibv_destroy_srq(NULL));
	REFUSED_NULL(ibv_create_qp(NULL, NULL));
	REFUSED(ibv_query_qp(NULL, NULL, 0, NULL));
	REFUSED(ibv_modify_qp(NULL, NULL, 0));
	REFUSED(ibv_destroy_qp(NULL));
	REFUSED_NULL(ibv_create_ah(NULL, NULL));
	REFUSED(ibv_destroy_ah(NULL));
	REFUSED(ibv_attach_mcast(NULL, NULL, 0));
	REFUSED(ibv_detach_mcast(NULL, NULL, 0));
}

static void refused(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	nothing_at_all();
	struct old *o = old_open(IBV_QPT_UD, false);
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RTS };
	struct ibv_qp_init_attr init = { .qp_type = IBV_QPT_RC };
	struct ibv_cq *cq;
	REFUSED(ibv_query_device(o->ctx, NULL));
	REFUSED(ibv_query_port(o->ctx, 1, NULL));
	REFUSED_MINUS(ibv_query_gid(o->ctx, 1, 0, NULL));
	REFUSED_MINUS(ibv_get_async_event(o->ctx, NULL));
	REFUSED_NULL(ibv_create_cq(o->ctx, 0, NULL, NULL, 0));
	REFUSED_MINUS(ibv_get_cq_event(o->channel, &cq, NULL));
	REFUSED_NULL(ibv_create_srq(o->pd, NULL));
	REFUSED_NULL(ibv_create_qp(o->pd, NULL));
	REFUSED_NULL(ibv_create_qp(o->pd, &init));
	REFUSED_NULL(ibv_create_ah(o->pd, NULL));
	REFUSED(ibv_modify_qp(o->qp[0], NULL, 0));
	REFUSED(ibv_modify_qp(o->qp[0], &attr, IBV_QP_STATE));
	REFUSED(ibv_query_qp(o->qp[0], &attr, 0, NULL));
	/* An object of a newer node is none of ours, nor the reverse. */
	int (*newer_dealloc)(void *) = dlvsym(RTLD_DEFAULT, "ibv_dealloc_pd", "IBVERBS_1.1");
	void *(*newer_alloc)(void *) = dlvsym(RTLD_DEFAULT, "ibv_alloc_pd", "IBVERBS_1.1");
	CHECK(newer_dealloc && newer_alloc, "%s", dlerror());
	REFUSED(newer_dealloc(o->pd));
	REFUSED_NULL(newer_alloc(o->ctx));
	void *real_context = o->ctx->abi_compat, *newer;
	ENSURE(newer = newer_alloc(real_context));
	REFUSED(ibv_dealloc_pd(newer));
	ZERO(newer_dealloc(newer));
	/* Multicast is what it is for the newer node. */
	int (*newer_attach)(void *, union ibv_gid *, uint16_t) =
		dlvsym(RTLD_DEFAULT, "ibv_attach_mcast", "IBVERBS_1.1");
	int (*newer_detach)(void *, union ibv_gid *, uint16_t) =
		dlvsym(RTLD_DEFAULT, "ibv_detach_mcast", "IBVERBS_1.1");
	union ibv_gid group = { .raw = { 0xff, 0x0e, [10] = 0xff, 0xff, 239, 1, 2, 3 } };
	void *real_qp = ((void **)o->qp[0])[160 / sizeof(void *)];
	int joined = newer_attach(real_qp, &group, 0);
	if (joined == 0)
		ZERO(newer_detach(real_qp, &group, 0));
	EXPECT(ibv_attach_mcast(o->qp[0], &group, 0), joined);
	EXPECT(ibv_detach_mcast(o->qp[0], &group, 0), joined);
	/* Kept for old programs, and without effect in every release since 2017. */
	void (*driver)(const char *, void *) =
		dlvsym(RTLD_DEFAULT, "ibv_register_driver", "IBVERBS_1.1");
	CHECK(driver, "%s", dlerror());
	driver("old", NULL);
	driver(NULL, NULL);
	old_close(o);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "compat/device", LINK_AUTO, 1, device, NULL, 0, false },
		{ "compat/refused", LINK_AUTO, 1, refused, NULL, 0, false },
		{ "compat/cq-overrun", LINK_AUTO, 1, overrun, NULL, 0, false },
		{ "compat/unacknowledged", LINK_AUTO, 1, unacknowledged, NULL, 0, false },
		{ "compat/self/rc", LINK_SELF, 2, rc, NULL, 0, false },
		{ "compat/self/ud", LINK_SELF, 2, ud, NULL, 0, false },
		{ "compat/self/srq", LINK_SELF, 2, srq, NULL, 0, false },
		{ "compat/cma/rc", LINK_CMA, 2, rc, NULL, 0, false },
		{ "compat/cma/ud", LINK_CMA, 2, ud, NULL, 0, false },
		{ "compat/cma/srq", LINK_CMA, 2, srq, NULL, 0, false },
		{ "compat/ring/rc", LINK_RING, 2, rc, NULL, 0, false },
		{ "compat/ring/ud", LINK_RING, 2, ud, NULL, 0, false },
		{ "compat/ring/srq", LINK_RING, 2, srq, NULL, 0, false },
	};
	return harness_main(argc, argv, tests, sizeof tests / sizeof tests[0], NULL);
}
