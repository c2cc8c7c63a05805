/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Error completions, on both sides: the status, the state of each queue pair, the async event of
 * the responder, the order in which what was queued is flushed. Side 0 sends, side 1 responds.
 */
#include "nic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Short waits: a queue pair that nobody answers gives up after some tens of milliseconds. */
static const struct end_options quick = {
	.send_wr = 16, .recv_wr = 16, .send_sge = 4, .recv_sge = 4,
	.timeout = 10, .retry_cnt = 3, .rnr_retry = 2, .min_rnr_timer = 1, .rd_atomic = 4,
	.access = ALL_ACCESS,
};

struct pair {
	struct nic *nic;
	struct end *end;
	struct buf *buf;
};

#define BUF_BYTES (256 * 1024)

static struct pair pair_new(struct side *side, enum ibv_qp_type type,
			    const struct end_options *options, int access)
{
	struct pair p;
	p.nic = nic_open();
	p.end = end_new(p.nic, type, options);
	p.buf = buf_new(p.nic, BUF_BYTES, access);
	memset(p.buf->base, GUARD_BYTE, BUF_BYTES);
	end_meet(side, p.end, p.buf, options);
	barrier(side);
	return p;
}

static void pair_free(struct pair *p)
{
	step("destroying");
	end_free(p->end);
	buf_free(p->buf);
	nic_close(p->nic);
}

static void is_err(struct pair *p)
{
	enum ibv_qp_state state = qp_state(p->end->qp);
	CHECK(state == IBV_QPS_ERR, "QP is in state %d, not ERR", state);
}

static void is_rts(struct pair *p)
{
	enum ibv_qp_state state = qp_state(p->end->qp);
	CHECK(state == IBV_QPS_RTS, "QP is in state %d, not RTS", state);
}

static const char *statuses(unsigned set)
{
	static __thread char text[200];
	text[0] = 0;
	for (int s = 0; s <= IBV_WC_GENERAL_ERR; s++)
		if (set & (1u << s))
			snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s",
				 text[0] ? " or " : "", ibv_wc_status_str((enum ibv_wc_status)s));
	return text;
}

static struct ibv_wc want_status(struct ibv_cq *cq, uint64_t wr_id, unsigned set)
{
	step("waiting for WR %llu to end %s", (unsigned long long)wr_id, statuses(set));
	struct ibv_wc wc = wait_wc(cq);
	CHECK(wc.wr_id == wr_id, "WR %llu ended %s; waited for WR %llu",
	      (unsigned long long)wc.wr_id, ibv_wc_status_str(wc.status),
	      (unsigned long long)wr_id);
	CHECK(set & (1u << wc.status), "WR %llu ended %s, not %s", (unsigned long long)wr_id,
	      ibv_wc_status_str(wc.status), statuses(set));
	return wc;
}

/* After an error what was queued behind it, and what is posted later, is flushed in order. */
static void send_queue_flushes(struct pair *p, uint64_t first, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++)
		want_wc(p->end->send_cq, first + i, IBV_WC_WR_FLUSH_ERR);
	struct ibv_sge sge = sge_of(p->buf, 0, 8);
	struct ibv_send_wr wr = send_wr(777, IBV_WR_SEND, 0, &sge, 1);
	must_send(p->end, &wr);
	want_wc(p->end->send_cq, 777, IBV_WC_WR_FLUSH_ERR);
	is_err(p);
}

/* --- local errors of the requester --- */

enum local_case { BAD_LKEY, OTHER_PD, BEYOND_END, BEFORE_START, WRAP_AROUND, READ_INTO_READ_ONLY };

static void local_protection(struct side *side, const void *arg)
{
	enum local_case which = *(const enum local_case *)arg;
	struct pair p = pair_new(side, IBV_QPT_RC, &quick, ALL_ACCESS);
	if (side->id == 0) {
		struct ibv_sge sge = sge_of(p.buf, 0, 64);
		struct ibv_pd *other_pd = NULL;
		struct ibv_mr *mr = NULL;
		enum ibv_wr_opcode op = IBV_WR_RDMA_WRITE;
		switch (which) {
		case BAD_LKEY:
			sge.lkey ^= 0x5a5a5a00u;
			break;
		case OTHER_PD:
			ENSURE(other_pd = ibv_alloc_pd(p.nic->ctx));
			ENSURE(mr = ibv_reg_mr(other_pd, p.buf->base, 4096, ALL_ACCESS));
			sge.lkey = mr->lkey;
			break;
		case BEYOND_END:
			sge = sge_of(p.buf, BUF_BYTES - 63, 64);
			break;
		case BEFORE_START:
			sge.addr -= 1;
			break;
		case WRAP_AROUND:
			sge.addr = UINT64_MAX - 7;
			break;
		case READ_INTO_READ_ONLY:
			ENSURE(mr = ibv_reg_mr(p.nic->pd, p.buf->base, 4096, IBV_ACCESS_REMOTE_READ));
			sge.lkey = mr->lkey;
			op = IBV_WR_RDMA_READ;
			break;
		}
		struct ibv_sge good = sge_of(p.buf, 4096, 8);
		struct ibv_send_wr wrs[3];
		/* Unsignaled, and yet it completes, being in error. */
		wrs[0] = send_wr(1, op, 0, &sge, 1);
		wrs[1] = send_wr(2, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &good, 1);
		wrs[2] = send_wr(3, IBV_WR_RDMA_WRITE, 0, &good, 1);
		for (int i = 0; i < 3; i++) {
			wr_remote(&wrs[i], p.end->peer.addr, p.end->peer.rkey);
			wrs[i].next = i < 2 ? &wrs[i + 1] : NULL;
		}
		must_send(p.end, &wrs[0]);
		unsigned allowed = 1u << IBV_WC_LOC_PROT_ERR;
		want_status(p.end->send_cq, 1, allowed);
		send_queue_flushes(&p, 2, 2);
		if (mr)
			ZERO(ibv_dereg_mr(mr));
		if (other_pd)
			ZERO(ibv_dealloc_pd(other_pd));
	}
	barrier(side);
	if (side->id == 1)
		CHECK(verify_byte(p.buf->base, BUF_BYTES, GUARD_BYTE) < 0, "something was written");
	pair_free(&p);
}

/* --- errors found by the responder --- */

enum remote_case {
	BAD_RKEY, REMOTE_BEYOND, REMOTE_BEFORE, NO_RIGHT, NO_QP_RIGHT, DEREGISTERED, REMOTE_OTHER_PD,
	UNALIGNED,
};

struct remote_arg {
	enum ibv_wr_opcode opcode;
	enum remote_case which;
};

static uint32_t len_of(enum ibv_wr_opcode op)
{
	return op == IBV_WR_ATOMIC_CMP_AND_SWP || op == IBV_WR_ATOMIC_FETCH_AND_ADD ? 8 : 128;
}

static int right_of(enum ibv_wr_opcode op)
{
	return op == IBV_WR_RDMA_READ ? IBV_ACCESS_REMOTE_READ
	       : len_of(op) == 8      ? IBV_ACCESS_REMOTE_ATOMIC
				      : IBV_ACCESS_REMOTE_WRITE;
}

static void remote_access(struct side *side, const void *arg)
{
	const struct remote_arg *c = arg;
	enum ibv_wr_opcode op = c->opcode;
	struct end_options options = quick;
	int access = ALL_ACCESS;
	if (c->which == NO_RIGHT)
		access &= ~right_of(op);
	if (c->which == NO_QP_RIGHT)
		options.access &= ~right_of(op);
	struct pair p = pair_new(side, IBV_QPT_RC, &options, access);
	struct ibv_pd *other_pd = NULL;
	struct ibv_mr *mr = NULL;
	struct {
		uint64_t addr;
		uint32_t rkey;
	} mine, theirs;
	memset(&mine, 0, sizeof mine);
	mine.addr = (uintptr_t)p.buf->base + 4096;
	mine.rkey = p.buf->mr->rkey;
	if (c->which == REMOTE_OTHER_PD || c->which == DEREGISTERED) {
		if (c->which == REMOTE_OTHER_PD)
			ENSURE(other_pd = ibv_alloc_pd(p.nic->ctx));
		mr = ibv_reg_mr(other_pd ? other_pd : p.nic->pd, p.buf->base, BUF_BYTES, ALL_ACCESS);
		CHECK(mr, "ibv_reg_mr: errno %d", errno);
		mine.rkey = mr->rkey;
		if (c->which == DEREGISTERED) {
			ZERO(ibv_dereg_mr(mr));
			mr = NULL;
		}
	}
	swap(side, &mine, &theirs, sizeof mine);
	struct ibv_sge to = sge_of(p.buf, 0, 64);
	must_recv(p.end, 50, &to, 1);
	must_recv(p.end, 51, &to, 1);
	barrier(side);
	unsigned allowed = 1u << IBV_WC_REM_ACCESS_ERR;
	if (c->which == NO_QP_RIGHT)
		allowed |= 1u << IBV_WC_REM_INV_REQ_ERR;
	if (c->which == UNALIGNED)
		allowed = 1u << IBV_WC_REM_INV_REQ_ERR | 1u << IBV_WC_REM_ACCESS_ERR;
	if (side->id == 0) {
		struct ibv_access {
			uint64_t addr;
			uint32_t rkey;
		} at = { theirs.addr, theirs.rkey };
		switch (c->which) {
		case BAD_RKEY:
			at.rkey ^= 0x33cc3300u;
			break;
		case REMOTE_BEYOND:
			at.addr = p.end->peer.addr + BUF_BYTES - len_of(op) + 8;
			break;
		case REMOTE_BEFORE:
			at.addr = p.end->peer.addr - 8;
			break;
		case UNALIGNED:
			at.addr += 4;
			break;
		default:
			break;
		}
		struct ibv_sge sge = sge_of(p.buf, 8192, len_of(op));
		struct ibv_sge good = sge_of(p.buf, 0, 8);
		struct ibv_send_wr wr = send_wr(1, op, IBV_SEND_SIGNALED, &sge, 1);
		struct ibv_send_wr behind = send_wr(2, IBV_WR_SEND, IBV_SEND_SIGNALED, &good, 1);
		if (len_of(op) == 8)
			wr_atomic(&wr, at.addr, at.rkey, 1, 2);
		else
			wr_remote(&wr, at.addr, at.rkey);
		wr.next = &behind;
		must_send(p.end, &wr);
		want_status(p.end->send_cq, 1, allowed);
		send_queue_flushes(&p, 2, 1);
		want_wc(p.end->recv_cq, 50, IBV_WC_WR_FLUSH_ERR);
		want_wc(p.end->recv_cq, 51, IBV_WC_WR_FLUSH_ERR);
		CHECK(verify_byte(p.buf->base + 8192, 128, GUARD_BYTE) < 0, "something was fetched");
	} else {
		struct ibv_async_event event;
		do {
			step("waiting for the async event");
			while (!readable(p.nic->ctx->async_fd, 50))
				check_other_side();
			EXPECT(ibv_get_async_event(p.nic->ctx, &event), 0);
			ibv_ack_async_event(&event);
		} while (event.event_type == IBV_EVENT_COMM_EST);
		bool request = c->which == NO_QP_RIGHT || c->which == UNALIGNED;
		CHECK(event.event_type == IBV_EVENT_QP_ACCESS_ERR ||
			      (request && event.event_type == IBV_EVENT_QP_REQ_ERR),
		      "event %s", ibv_event_type_str(event.event_type));
		CHECK(event.element.qp == p.end->qp, "event of another QP");
		is_err(&p);
		/* The write with immediate data may already hold its receive. */
		struct ibv_wc wc = wait_wc(p.end->recv_cq);
		CHECK(wc.wr_id == 50 && wc.status != IBV_WC_SUCCESS, "receive ended %s",
		      ibv_wc_status_str(wc.status));
		want_wc(p.end->recv_cq, 51, IBV_WC_WR_FLUSH_ERR);
		CHECK(verify_byte(p.buf->base, BUF_BYTES, GUARD_BYTE) < 0, "something was written");
	}
	barrier(side);
	if (mr)
		ZERO(ibv_dereg_mr(mr));
	if (other_pd)
		ZERO(ibv_dealloc_pd(other_pd));
	pair_free(&p);
}

/* UC: the bad request is lost without a word and does not hurt those after it, or ends the
 * responder; either way nothing is written and the sender sees success. */
static void uc_bad_rkey(struct side *side, const void *arg)
{
	(void)arg;
	struct pair p = pair_new(side, IBV_QPT_UC, &quick, ALL_ACCESS);
	if (side->id == 0) {
		struct ibv_sge sge = sge_of(p.buf, 0, 64);
		struct ibv_send_wr wr = send_wr(1, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1);
		wr_remote(&wr, p.end->peer.addr, p.end->peer.rkey ^ 0x12345600u);
		memset(p.buf->base, 1, 64);
		must_send(p.end, &wr);
		want_wc(p.end->send_cq, 1, IBV_WC_SUCCESS);
		is_rts(&p);
	}
	barrier(side);
	if (side->id == 1) {
		usleep(20000);
		CHECK(verify_byte(p.buf->base, BUF_BYTES, GUARD_BYTE) < 0, "something was written");
	}
	pair_free(&p);
}

/* --- receives --- */

static void recv_too_short(struct side *side, const void *arg)
{
	const size_t *len = arg;
	struct pair p = pair_new(side, IBV_QPT_RC, &quick, ALL_ACCESS);
	struct ibv_sge to[2] = { sge_of(p.buf, 0, 16), sge_of(p.buf, 64, *len - 17) };
	struct ibv_sge spare = sge_of(p.buf, 0, 64);
	must_recv(p.end, 50, to, 2);
	must_recv(p.end, 51, &spare, 1);
	barrier(side);
	if (side->id == 0) {
		struct ibv_sge sge = sge_of(p.buf, 0, *len);
		struct ibv_send_wr wr = send_wr(1, IBV_WR_SEND, 0, &sge, 1);
		must_send(p.end, &wr);
		want_wc(p.end->send_cq, 1, IBV_WC_REM_INV_REQ_ERR);
		send_queue_flushes(&p, 0, 0);
	} else {
		want_wc(p.end->recv_cq, 50, IBV_WC_LOC_LEN_ERR);
		want_wc(p.end->recv_cq, 51, IBV_WC_WR_FLUSH_ERR);
		is_err(&p);
		CHECK(verify_byte(p.buf->base + 64 + *len - 17, 4096, GUARD_BYTE) < 0,
		      "written behind the receive");
	}
	barrier(side);
	pair_free(&p);
}

/* The receive names memory its key does not cover. */
static void recv_bad_lkey(struct side *side, const void *arg)
{
	(void)arg;
	struct pair p = pair_new(side, IBV_QPT_RC, &quick, ALL_ACCESS);
	struct ibv_sge to = sge_of(p.buf, 0, 64);
	to.lkey ^= 0x5a5a5a00u;
	must_recv(p.end, 50, &to, 1);
	barrier(side);
	if (side->id == 0) {
		struct ibv_sge sge = sge_of(p.buf, 0, 64);
		struct ibv_send_wr wr = send_wr(1, IBV_WR_SEND, 0, &sge, 1);
		must_send(p.end, &wr);
		want_wc(p.end->send_cq, 1, IBV_WC_REM_OP_ERR);
		send_queue_flushes(&p, 0, 0);
	} else {
		want_wc(p.end->recv_cq, 50, IBV_WC_LOC_PROT_ERR);
		is_err(&p);
		CHECK(verify_byte(p.buf->base, 4096, GUARD_BYTE) < 0, "something was written");
	}
	barrier(side);
	pair_free(&p);
}

/* --- receiver not ready --- */

static void rnr_exceeded(struct side *side, const void *arg)
{
	enum ibv_wr_opcode op = *(const enum ibv_wr_opcode *)arg;
	struct pair p = pair_new(side, IBV_QPT_RC, &quick, ALL_ACCESS);
	if (side->id == 0) {
		struct ibv_sge sge = sge_of(p.buf, 0, 64);
		struct ibv_send_wr wr = send_wr(1, op, 0, &sge, 1);
		wr_remote(&wr, p.end->peer.addr, p.end->peer.rkey);
		must_send(p.end, &wr);
		want_wc(p.end->send_cq, 1, IBV_WC_RNR_RETRY_EXC_ERR);
		send_queue_flushes(&p, 0, 0);
	}
	barrier(side);
	if (side->id == 1)
		is_rts(&p);
	pair_free(&p);
}

/* rnr_retry 7 waits until the receive comes, and keeps the order of what waits. */
static void rnr_patience(struct side *side, const void *arg)
{
	(void)arg;
	struct end_options options = quick;
	options.rnr_retry = 7;
	struct pair p = pair_new(side, IBV_QPT_RC, &options, ALL_ACCESS);
	if (side->id == 0) {
		for (uint64_t i = 0; i < 8; i++) {
			fill(p.buf->base + i * 64, 0, 64, i);
			struct ibv_sge sge = sge_of(p.buf, i * 64, 64);
			struct ibv_send_wr wr = send_wr(i, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
			must_send(p.end, &wr);
		}
		for (uint64_t i = 0; i < 8; i++)
			want_wc(p.end->send_cq, i, IBV_WC_SUCCESS);
	} else {
		for (uint64_t i = 0; i < 8; i++) {
			usleep(30000);
			struct ibv_sge to = sge_of(p.buf, i * 64, 64);
			must_recv(p.end, i, &to, 1);
			want_wc(p.end->recv_cq, i, IBV_WC_SUCCESS);
			CHECK(verify(p.buf->base + i * 64, 0, 64, i) < 0, "message %d is wrong", (int)i);
		}
	}
	barrier(side);
	pair_free(&p);
}

/* A receiver that is not ready does not hold up another QP towards the same process. */
static void rnr_holds_up_nobody(struct side *side, const void *arg)
{
	(void)arg;
	struct end_options options = quick;
	options.rnr_retry = 7;
	struct pair p = pair_new(side, IBV_QPT_RC, &options, ALL_ACCESS);
	struct end *second = end_new(p.nic, IBV_QPT_RC, &options);
	end_meet(side, second, p.buf, &options);
	struct ibv_sge to = sge_of(p.buf, 65536, 64), sge = sge_of(p.buf, 0, 64);
	if (side->id == 1)
		for (uint64_t i = 0; i < 10; i++)
			must_recv(second, i, &to, 1);
	barrier(side);
	if (side->id == 0) {
		for (uint64_t i = 0; i < 5; i++) {
			struct ibv_send_wr wr = send_wr(i, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
			must_send(p.end, &wr);
		}
		for (uint64_t i = 0; i < 10; i++) {
			struct ibv_send_wr wr = send_wr(i, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
			must_send(second, &wr);
			want_wc(second->send_cq, i, IBV_WC_SUCCESS);
		}
		CHECK(cq_empty(p.end->send_cq), "a SEND without a receive completed");
	} else {
		for (uint64_t i = 0; i < 10; i++)
			want_wc(second->recv_cq, i, IBV_WC_SUCCESS);
	}
	barrier(side);
	if (side->id == 1)
		for (uint64_t i = 0; i < 5; i++)
			must_recv(p.end, i, &to, 1);
	struct ibv_cq *cq = side->id == 0 ? p.end->send_cq : p.end->recv_cq;
	for (uint64_t i = 0; i < 5; i++)
		want_wc(cq, i, IBV_WC_SUCCESS);
	barrier(side);
	end_free(second);
	pair_free(&p);
}

/* --- nobody answers --- */

enum silence { PEER_RESET, PEER_INIT, PEER_ERR, PEER_DESTROYED, PEER_ELSEWHERE, NO_SUCH_QP };

static void retry_exceeded(struct side *side, const void *arg)
{
	enum silence which = *(const enum silence *)arg;
	struct pair p = pair_new(side, IBV_QPT_RC, &quick, ALL_ACCESS);
	struct ibv_sge to = sge_of(p.buf, 0, 64);
	if (side->id == 1) {
		struct peer wrong = p.end->peer;
		switch (which) {
		case PEER_RESET:
		case PEER_INIT:
			ZERO(qp_to(p.end->qp, IBV_QPS_RESET));
			if (which == PEER_INIT)
				qp_init(p.end, &quick);
			break;
		case PEER_ERR:
			ZERO(qp_to(p.end->qp, IBV_QPS_ERR));
			break;
		case PEER_DESTROYED:
			ZERO(ibv_destroy_qp(p.end->qp));
			p.end->qp = NULL;
			break;
		case PEER_ELSEWHERE:
			ZERO(qp_to(p.end->qp, IBV_QPS_RESET));
			wrong.qpn ^= 1;
			end_connect(p.end, &wrong, &quick);
			must_recv(p.end, 50, &to, 1);
			break;
		case NO_SUCH_QP:
			break;
		}
	}
	barrier(side);
	if (side->id == 0) {
		if (which == NO_SUCH_QP) {
			struct peer wrong = p.end->peer;
			wrong.qpn ^= 0x7ff;
			ZERO(qp_to(p.end->qp, IBV_QPS_RESET));
			end_connect(p.end, &wrong, &quick);
		}
		struct ibv_sge sge = sge_of(p.buf, 0, 64);
		struct ibv_send_wr wrs[3] = {
			send_wr(1, IBV_WR_SEND, 0, &sge, 1),
			send_wr(2, IBV_WR_RDMA_WRITE, 0, &sge, 1),
			send_wr(3, IBV_WR_RDMA_READ, IBV_SEND_SIGNALED, &sge, 1),
		};
		wr_remote(&wrs[1], p.end->peer.addr, p.end->peer.rkey);
		wr_remote(&wrs[2], p.end->peer.addr, p.end->peer.rkey);
		wrs[0].next = &wrs[1];
		wrs[1].next = &wrs[2];
		must_send(p.end, &wrs[0]);
		want_wc(p.end->send_cq, 1, IBV_WC_RETRY_EXC_ERR);
		send_queue_flushes(&p, 2, 2);
		/* The same QP can be used again. */
		ZERO(qp_to(p.end->qp, IBV_QPS_RESET));
		ENSURE(qp_state(p.end->qp) == IBV_QPS_RESET);
	}
	barrier(side);
	if (side->id == 1)
		CHECK(verify_byte(p.buf->base, BUF_BYTES, GUARD_BYTE) < 0, "something was written");
	pair_free(&p);
}

/* Direct operations to a QP that is not there fail just as packets do. */
static void retry_exceeded_direct(struct side *side, const void *arg)
{
	enum ibv_wr_opcode op = *(const enum ibv_wr_opcode *)arg;
	struct pair p = pair_new(side, IBV_QPT_RC, &quick, ALL_ACCESS);
	if (side->id == 1)
		ZERO(qp_to(p.end->qp, IBV_QPS_RESET));
	barrier(side);
	if (side->id == 0) {
		memset(p.buf->base, 1, 65536);
		struct ibv_sge sge = sge_of(p.buf, 0, 65536);
		struct ibv_send_wr wr = send_wr(1, op, 0, &sge, 1);
		wr_remote(&wr, p.end->peer.addr, p.end->peer.rkey);
		must_send(p.end, &wr);
		want_wc(p.end->send_cq, 1, IBV_WC_RETRY_EXC_ERR);
		send_queue_flushes(&p, 0, 0);
	}
	barrier(side);
	if (side->id == 1)
		CHECK(verify_byte(p.buf->base, BUF_BYTES, GUARD_BYTE) < 0, "something was written");
	pair_free(&p);
}

/* A responder that becomes ready within the retry budget loses nothing. */
static void ready_in_time(struct side *side, const void *arg)
{
	(void)arg;
	struct end_options options = quick;
	options.timeout = 18;
	options.retry_cnt = 7;
	struct nic *nic = nic_open();
	struct end *end = end_new(nic, IBV_QPT_RC, &options);
	struct buf *buf = buf_new(nic, 4096, ALL_ACCESS);
	memset(buf->base, 0, 4096);
	struct peer mine = end_describe(end, buf), theirs;
	swap(side, &mine, &theirs, sizeof mine);
	qp_init(end, &options);
	struct ibv_sge sge = sge_of(buf, 0, 64), to = sge_of(buf, 1024, 64);
	if (side->id == 0) {
		qp_rtr(end, &theirs, &options);
		qp_rts(end, &options);
		fill(buf->base, 0, 64, 9);
		struct ibv_send_wr wr = send_wr(1, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
		must_send(end, &wr);
		barrier(side);
		want_wc(end->send_cq, 1, IBV_WC_SUCCESS);
	} else {
		must_recv(end, 2, &to, 1);
		barrier(side);
		usleep(200000);
		qp_rtr(end, &theirs, &options);
		want_wc(end->recv_cq, 2, IBV_WC_SUCCESS);
		CHECK(verify(buf->base + 1024, 0, 64, 9) < 0, "wrong bytes");
	}
	barrier(side);
	end_free(end);
	buf_free(buf);
	nic_close(nic);
}

/* --- flush --- */

static void flush_both(struct side *side, const void *arg)
{
	enum ibv_qp_type type = *(const enum ibv_qp_type *)arg;
	struct end_options options = quick;
	options.rnr_retry = 7;
	struct pair p = pair_new(side, type, &options, ALL_ACCESS);
	struct ibv_sge to = sge_of(p.buf, 0, 128), sge = sge_of(p.buf, 0, 64);
	uint64_t sends = 0;
	if (side->id == 0) {
		for (uint64_t i = 0; i < 6; i++)
			must_recv(p.end, 100 + i, &to, 1);
		/* On RC these wait for receives that never come; else they would complete. */
		if (type == IBV_QPT_RC) {
			sends = 5;
			for (uint64_t i = 0; i < sends; i++) {
				struct ibv_send_wr wr = send_wr(i, IBV_WR_SEND, 0, &sge, 1);
				must_send(p.end, &wr);
			}
		}
		ZERO(qp_to(p.end->qp, IBV_QPS_ERR));
		for (uint64_t i = 0; i < sends; i++)
			want_wc(p.end->send_cq, i, IBV_WC_WR_FLUSH_ERR);
		for (uint64_t i = 0; i < 6; i++)
			want_wc(p.end->recv_cq, 100 + i, IBV_WC_WR_FLUSH_ERR);
		must_recv(p.end, 200, &to, 1);
		want_wc(p.end->recv_cq, 200, IBV_WC_WR_FLUSH_ERR);
		struct ibv_send_wr wr = send_wr(201, IBV_WR_SEND, 0, &sge, 1);
		if (type == IBV_QPT_UD) {
			struct ibv_ah_attr ah_attr = ah_towards(&p.end->peer);
			if (!p.end->ah)
				ENSURE(p.end->ah = ibv_create_ah(p.nic->pd, &ah_attr));
			wr_datagram(&wr, p.end);
		}
		must_send(p.end, &wr);
		want_wc(p.end->send_cq, 201, IBV_WC_WR_FLUSH_ERR);
		CHECK(cq_empty(p.end->send_cq) && cq_empty(p.end->recv_cq), "completions too many");
		is_err(&p);
	}
	barrier(side);
	pair_free(&p);
}

/* Datagrams with a wrong Q_Key, or to a QP without receives, vanish; the next one arrives. */
static void ud_dropped(struct side *side, const void *arg)
{
	(void)arg;
	struct pair p = pair_new(side, IBV_QPT_UD, &quick, ALL_ACCESS);
	struct ibv_sge to = sge_of(p.buf, 0, 104), sge = sge_of(p.buf, 4096, 64);
	/* One that arrives first: from then on the link is up, and what was sent is there at once. */
	if (side->id == 0) {
		struct ibv_send_wr wr = send_wr(9, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
		wr_datagram(&wr, p.end);
		barrier(side);
		must_send(p.end, &wr);
		want_wc(p.end->send_cq, 9, IBV_WC_SUCCESS);
	} else {
		must_recv(p.end, 49, &to, 1);
		barrier(side);
		want_wc(p.end->recv_cq, 49, IBV_WC_SUCCESS);
	}
	barrier(side);
	if (side->id == 0) {
		struct ibv_send_wr wr = send_wr(1, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
		fill(p.buf->base + 4096, 0, 64, 1);
		wr_datagram(&wr, p.end);
		must_send(p.end, &wr); /* no receive is posted */
		want_wc(p.end->send_cq, 1, IBV_WC_SUCCESS);
		barrier(side);
		barrier(side);
		wr.wr.ud.remote_qkey ^= 1;
		must_send(p.end, &wr);
		want_wc(p.end->send_cq, 1, IBV_WC_SUCCESS);
		fill(p.buf->base + 4096, 0, 64, 2);
		wr.wr.ud.remote_qkey ^= 1;
		must_send(p.end, &wr);
		want_wc(p.end->send_cq, 1, IBV_WC_SUCCESS);
		is_rts(&p);
	} else {
		barrier(side);
		usleep(20000); /* whatever is on its way is gone by then */
		CHECK(cq_empty(p.end->recv_cq), "a datagram without a receive completed");
		must_recv(p.end, 50, &to, 1);
		barrier(side);
		want_wc(p.end->recv_cq, 50, IBV_WC_SUCCESS);
		CHECK(verify(p.buf->base + 40, 0, 64, 2) < 0, "the wrong datagram arrived");
		is_rts(&p);
	}
	barrier(side);
	pair_free(&p);
}

/* UC and UD: an error of the send queue stops that queue alone, and the application restarts it. */
/* An address handle of another protection domain than the QP's sends nothing. */
static void ud_foreign_ah(struct side *side, const void *arg)
{
	(void)arg;
	struct pair p = pair_new(side, IBV_QPT_UD, &quick, ALL_ACCESS);
	struct ibv_sge to = sge_of(p.buf, 0, 104), sge = sge_of(p.buf, 4096, 64);
	if (side->id == 0) {
		struct ibv_pd *other = ibv_alloc_pd(p.end->nic->ctx);
		ENSURE(other);
		struct ibv_ah_attr towards = ah_towards(&p.end->peer);
		struct ibv_ah *foreign = ibv_create_ah(other, &towards);
		ENSURE(foreign);
		struct ibv_send_wr wr = send_wr(1, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
		fill(p.buf->base + 4096, 0, 64, 1);
		wr_datagram(&wr, p.end);
		wr.wr.ud.ah = foreign;
		must_send(p.end, &wr);
		want_wc(p.end->send_cq, 1, IBV_WC_LOC_QP_OP_ERR);
		CHECK(qp_state(p.end->qp) == IBV_QPS_SQE, "the QP is in state %d", qp_state(p.end->qp));
		ZERO(ibv_destroy_ah(foreign));
		ZERO(ibv_dealloc_pd(other));
		ZERO(qp_to(p.end->qp, IBV_QPS_RTS));
		fill(p.buf->base + 4096, 0, 64, 2);
		wr_datagram(&wr, p.end);
		barrier(side);
		must_send(p.end, &wr);
		want_wc(p.end->send_cq, 1, IBV_WC_SUCCESS);
	} else {
		must_recv(p.end, 50, &to, 1);
		barrier(side);
		want_wc(p.end->recv_cq, 50, IBV_WC_SUCCESS);
		CHECK(verify(p.buf->base + 40, 0, 64, 2) < 0, "the wrong datagram arrived");
	}
	barrier(side);
	pair_free(&p);
}

static void send_queue_error(struct side *side, const void *arg)
{
	enum ibv_qp_type type = *(const enum ibv_qp_type *)arg;
	struct pair p = pair_new(side, type, &quick, ALL_ACCESS);
	struct ibv_sge to = sge_of(p.buf, 0, 104), sge = sge_of(p.buf, 4096, 64), wrong = sge;
	size_t lead = type == IBV_QPT_UD ? 40 : 0;
	for (uint64_t i = 0; i < 2; i++)
		must_recv(p.end, 50 + i, &to, 1);
	barrier(side);
	wrong.lkey ^= 0x5a5a5a00u;
	struct ibv_send_wr wrs[2] = { send_wr(1, IBV_WR_SEND, 0, &wrong, 1),
				      send_wr(2, IBV_WR_SEND, 0, &sge, 1) };
	if (type == IBV_QPT_UD) {
		wr_datagram(&wrs[0], p.end);
		wr_datagram(&wrs[1], p.end);
	}
	wrs[0].next = &wrs[1];
	fill(p.buf->base + 4096, 0, 64, 40 + (uint64_t)side->id);
	if (side->id == 0) {
		must_send(p.end, &wrs[0]);
		want_wc(p.end->send_cq, 1, IBV_WC_LOC_PROT_ERR);
		want_wc(p.end->send_cq, 2, IBV_WC_WR_FLUSH_ERR);
		EXPECT((int)qp_state(p.end->qp), IBV_QPS_SQE);
		barrier(side);
		/* Receiving goes on meanwhile. */
		want_wc(p.end->recv_cq, 50, IBV_WC_SUCCESS);
		CHECK(verify(p.buf->base + lead, 0, 64, 41) < 0, "wrong bytes");
		ZERO(qp_to(p.end->qp, IBV_QPS_RTS));
		wrs[1].send_flags = IBV_SEND_SIGNALED;
		must_send(p.end, &wrs[1]);
		want_wc(p.end->send_cq, 2, IBV_WC_SUCCESS);
	} else {
		barrier(side);
		wrs[1].send_flags = IBV_SEND_SIGNALED;
		must_send(p.end, &wrs[1]);
		want_wc(p.end->send_cq, 2, IBV_WC_SUCCESS);
		want_wc(p.end->recv_cq, 50, IBV_WC_SUCCESS);
		CHECK(verify(p.buf->base + lead, 0, 64, 40) < 0, "wrong bytes");
	}
	barrier(side);
	pair_free(&p);
}

/* An error in the middle: those before it succeed, also the unsignaled ones. */
static void error_in_the_middle(struct side *side, const void *arg)
{
	(void)arg;
	struct pair p = pair_new(side, IBV_QPT_RC, &quick, ALL_ACCESS);
	if (side->id == 0) {
		struct ibv_sge sge = sge_of(p.buf, 0, 64);
		struct ibv_send_wr wrs[6];
		fill(p.buf->base, 0, 64, 3);
		for (uint64_t i = 0; i < 6; i++) {
			wrs[i] = send_wr(i, IBV_WR_RDMA_WRITE, i == 1 ? IBV_SEND_SIGNALED : 0, &sge, 1);
			wr_remote(&wrs[i], p.end->peer.addr + 4096 * i,
				  p.end->peer.rkey ^ (i == 3 ? 0x777700u : 0));
			wrs[i].next = i < 5 ? &wrs[i + 1] : NULL;
		}
		must_send(p.end, &wrs[0]);
		want_wc(p.end->send_cq, 1, IBV_WC_SUCCESS);
		want_wc(p.end->send_cq, 3, IBV_WC_REM_ACCESS_ERR);
		send_queue_flushes(&p, 4, 2);
	}
	barrier(side);
	if (side->id == 1) {
		for (size_t i = 0; i < 6; i++)
			CHECK((verify(p.buf->base + 4096 * i, 0, 64, 3) < 0) == (i < 3),
			      "WRITE %zu was%s executed", i, i < 3 ? " not" : "");
		want_event(p.nic, IBV_EVENT_QP_ACCESS_ERR);
	}
	pair_free(&p);
}

int main(int argc, char **argv)
{
	static const enum ibv_qp_type types[] = { IBV_QPT_RC, IBV_QPT_UC, IBV_QPT_UD };
	static const char *const type_names[] = { "rc", "uc", "ud" };
	static const char *const local_names[] = { "bad-lkey", "other-pd", "beyond-end",
						   "before-start", "wrap-around",
						   "read-into-read-only" };
	static const enum local_case local_cases[] = { BAD_LKEY, OTHER_PD, BEYOND_END, BEFORE_START,
						       WRAP_AROUND, READ_INTO_READ_ONLY };
	static const char *const remote_names[] = { "bad-rkey", "beyond-end", "before-start",
						    "no-right", "no-qp-right", "deregistered",
						    "other-pd", "unaligned" };
	static const enum ibv_wr_opcode ops[] = { IBV_WR_RDMA_WRITE, IBV_WR_RDMA_WRITE_WITH_IMM,
						  IBV_WR_RDMA_READ, IBV_WR_ATOMIC_CMP_AND_SWP,
						  IBV_WR_ATOMIC_FETCH_AND_ADD };
	static const char *const op_names[] = { "write", "write-imm", "read", "cmp-swp",
						"fetch-add" };
	static const enum silence silences[] = { PEER_RESET, PEER_INIT, PEER_ERR, PEER_DESTROYED,
						 PEER_ELSEWHERE, NO_SUCH_QP };
	static const char *const silence_names[] = { "peer-reset", "peer-init", "peer-err",
						     "peer-destroyed", "peer-elsewhere",
						     "no-such-qp" };
	static const enum ibv_wr_opcode rnr_ops[] = { IBV_WR_SEND, IBV_WR_RDMA_WRITE_WITH_IMM };
	static const size_t short_lens[] = { 18, 4000, 100000 };
	static struct remote_arg remote_args[64];
	static struct test tests[512];
	size_t n = 0, r = 0;

#define ADD(function, argument, ...)                                                               \
	do {                                                                                       \
		struct test *test = &tests[n++];                                                   \
		snprintf(test->name, sizeof test->name, __VA_ARGS__);                              \
		test->link = link;                                                                 \
		test->sides = 2;                                                                   \
		test->run = function;                                                              \
		test->arg = argument;                                                              \
	} while (0)
	for (enum link link = LINK_SELF; link <= LINK_RING; link++) {
		const char *on = link_name(link);
		for (size_t i = 0; i < 6; i++)
			ADD(local_protection, &local_cases[i], "errors/%s/local/%s", on,
			    local_names[i]);
		for (size_t op = 0; op < 5; op++)
			for (int c = BAD_RKEY; c <= UNALIGNED; c++) {
				if (c == UNALIGNED && op < 3)
					continue;
				struct remote_arg *remote = &remote_args[r++ % 64];
				remote->opcode = ops[op];
				remote->which = (enum remote_case)c;
				ADD(remote_access, remote, "errors/%s/remote/%s/%s", on, op_names[op],
				    remote_names[c]);
			}
		r = 0;
		ADD(uc_bad_rkey, NULL, "errors/%s/uc-bad-rkey", on);
		for (size_t i = 0; i < 3; i++)
			ADD(recv_too_short, &short_lens[i], "errors/%s/recv-too-short/%zu", on,
			    short_lens[i]);
		ADD(recv_bad_lkey, NULL, "errors/%s/recv-bad-lkey", on);
		ADD(rnr_exceeded, &rnr_ops[0], "errors/%s/rnr-exceeded/send", on);
		ADD(rnr_exceeded, &rnr_ops[1], "errors/%s/rnr-exceeded/write-imm", on);
		ADD(rnr_patience, NULL, "errors/%s/rnr-patience", on);
		ADD(rnr_holds_up_nobody, NULL, "errors/%s/rnr-holds-up-nobody", on);
		for (size_t i = 0; i < 6; i++)
			ADD(retry_exceeded, &silences[i], "errors/%s/retry-exceeded/%s", on,
			    silence_names[i]);
		ADD(retry_exceeded_direct, &ops[0], "errors/%s/retry-exceeded/direct-write", on);
		ADD(retry_exceeded_direct, &ops[2], "errors/%s/retry-exceeded/direct-read", on);
		ADD(ready_in_time, NULL, "errors/%s/ready-in-time", on);
		for (size_t i = 0; i < 3; i++)
			ADD(flush_both, &types[i], "errors/%s/flush/%s", on, type_names[i]);
		for (size_t i = 1; i < 3; i++)
			ADD(send_queue_error, &types[i], "errors/%s/send-queue-error/%s", on,
			    type_names[i]);
		ADD(ud_dropped, NULL, "errors/%s/ud-dropped", on);
		ADD(ud_foreign_ah, NULL, "errors/%s/ud-foreign-ah", on);
		ADD(error_in_the_middle, NULL, "errors/%s/error-in-the-middle", on);
	}
	return harness_main(argc, argv, tests, n, NULL);
}
