/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What must have stopped when a call returns: after ibv_dereg_mr, after a move to ERR or RESET and
 * after ibv_destroy_qp no byte of the peer lands any more, however hard it writes; nor does the
 * library touch local buffers of requests that were flushed. And queue pairs that are used again
 * take nothing from their earlier life.
 */
#include "nic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

enum how { BY_DEREG, BY_ERR, BY_RESET, BY_DESTROY, HOWS };
static const char *const how_names[] = { "dereg", "err", "reset", "destroy" };

enum { BYTES = 1 << 20 };


/* Long enough for a write under way to show; a miss only weakens the test. */
#define SETTLE_US 3000

static struct end_options short_budget(void)
{
	struct end_options options = usual;
	options.timeout = 10;
	options.retry_cnt = 3;
	return options;
}

/* Side 1 writes without pause until that fails. */
static void hammer(struct nic *nic, struct side *side, size_t len, enum ibv_wr_opcode op)
{
	struct end_options o = short_budget();
	struct end *end = end_new(nic, IBV_QPT_RC, &o);
	struct buf *buf = buf_new(nic, BYTES, ALL_ACCESS);
	memset(buf->base, 0x77, BYTES);
	end_meet(side, end, buf, &o);
	barrier(side);
	uint64_t posted = 0, completed = 0;
	bool failed = false;
	unsigned turns = 0;
	while (!failed || completed < posted) {
		while (!failed && posted - completed < 8) {
			struct ibv_sge sge = sge_of(buf, 0, len);
			struct ibv_send_wr wr = send_wr(posted, op, IBV_SEND_SIGNALED, &sge, 1);
			wr_remote(&wr, end->peer.addr, end->peer.rkey);
			must_send(end, &wr);
			posted++;
		}
		struct ibv_wc wc;
		int got = ibv_poll_cq(end->send_cq, 1, &wc);
		CHECK(got >= 0, "ibv_poll_cq gave %d", got);
		if (got == 1) {
			CHECK(wc.wr_id == completed, "WR %d, not %d", (int)wc.wr_id, (int)completed);
			completed++;
			failed = failed || wc.status != IBV_WC_SUCCESS;
		}
		step("hammering: %d of %d completed", (int)completed, (int)posted);
		relax(&turns);
	}
	end_free(end);
	buf_free(buf);
}

struct revoke_arg {
	enum how how;
	enum ibv_wr_opcode op; /* WRITE, or SEND into posted receives */
	size_t len;
};

static void suffer(struct nic *nic, struct side *side, const struct revoke_arg *arg,
		   uint64_t *random)
{
	struct end_options o = short_budget();
	struct end *end = end_new(nic, IBV_QPT_RC, &o);
	struct buf *buf = buf_new(nic, BYTES, ALL_ACCESS);
	memset(buf->base, 0, BYTES);
	end_meet(side, end, buf, &o);
	struct ibv_sge to = sge_of(buf, 0, BYTES);
	for (uint64_t i = 0; arg->op == IBV_WR_SEND && i < 64; i++)
		must_recv(end, i, &to, 1);
	barrier(side);
	const volatile uint8_t *first = buf->base;
	unsigned turns = 0;
	step("waiting for the first byte");
	while (*first != 0x77)
		relax(&turns);
	uint64_t until_ns = now_ns() + random_below(random, 2000000);
	while (now_ns() < until_ns)
		relax(&turns);
	step("taking it back by %s", how_names[arg->how]);
	switch (arg->how) {
	case BY_DEREG:
		ZERO(ibv_dereg_mr(buf->mr));
		buf->mr = NULL;
		break;
	case BY_ERR:
		ZERO(qp_to(end->qp, IBV_QPS_ERR));
		break;
	case BY_RESET:
		ZERO(qp_to(end->qp, IBV_QPS_RESET));
		break;
	default:
		ZERO(ibv_destroy_qp(end->qp));
		end->qp = NULL;
	}
	/* From here on the memory is this side's alone. */
	memset(buf->base, 0x11, BYTES);
	usleep(SETTLE_US);
	long wrong = verify_byte(buf->base, BYTES, 0x11);
	CHECK(wrong < 0, "byte %ld was written after %s returned", wrong, how_names[arg->how]);
	step("cleaning up");
	end_free(end);
	if (buf->mr)
		ZERO(ibv_dereg_mr(buf->mr));
	munmap(buf->base, BYTES);
	free(buf);
}

static void revoked(struct side *side, const void *arg)
{
	const struct revoke_arg *a = arg;
	struct nic *nic = nic_open();
	uint64_t random = side->seed;
	int rounds = options.quick ? 2 : 15;
	for (int round = 0; round < rounds; round++) {
		if (side->id == 0)
			suffer(nic, side, a, &random);
		else
			hammer(nic, side, a->len, a->op);
		barrier(side);
	}
	nic_close(nic);
}

/* A flushed READ or receive no longer touches its local buffer. */
static void flushed_is_over(struct side *side, const void *arg)
{
	(void)arg;
	struct nic *nic = nic_open();
	struct end_options o = short_budget();
	int rounds = options.quick ? 3 : 30;
	for (int round = 0; round < rounds; round++) {
		struct end *end = end_new(nic, IBV_QPT_RC, &o);
		struct buf *buf = buf_new(nic, BYTES, ALL_ACCESS);
		memset(buf->base, 0x22, BYTES);
		end_meet(side, end, buf, &o);
		barrier(side);
		if (side->id == 0) {
			for (uint64_t i = 0; i < 8; i++) {
				struct ibv_sge sge = sge_of(buf, 0, BYTES);
				struct ibv_send_wr wr =
					send_wr(i, IBV_WR_RDMA_READ, IBV_SEND_SIGNALED, &sge, 1);
				wr_remote(&wr, end->peer.addr, end->peer.rkey);
				must_send(end, &wr);
			}
			ZERO(qp_to(end->qp, IBV_QPS_ERR));
			for (uint64_t i = 0; i < 8; i++) {
				step("end of READ %d", (int)i);
				struct ibv_wc wc = wait_wc(end->send_cq);
				CHECK(wc.wr_id == i && (wc.status == IBV_WC_SUCCESS ||
							wc.status == IBV_WC_WR_FLUSH_ERR),
				      "READ %d ended %s", (int)wc.wr_id, ibv_wc_status_str(wc.status));
			}
			memset(buf->base, 0x33, BYTES);
			usleep(SETTLE_US);
			long wrong = verify_byte(buf->base, BYTES, 0x33);
			CHECK(wrong < 0, "byte %ld was fetched after the flush", wrong);
		}
		barrier(side);
		end_free(end);
		buf_free(buf);
	}
	nic_close(nic);
}

/* The same two QPs, connected again and again with what was under way cut off. */
static void used_again(struct side *side, const void *arg)
{
	(void)arg;
	struct nic *nic = nic_open();
	struct end_options o = short_budget();
	o.rnr_retry = 7;
	struct end *end = end_new(nic, IBV_QPT_RC, &o);
	struct buf *buf = buf_new(nic, 1 << 16, ALL_ACCESS);
	uint64_t random = side->seed;
	int rounds = options.quick ? 10 : 150;
	for (int round = 0; round < rounds; round++) {
		end->psn = (uint32_t)next_random(&random) & 0xffffff;
		end_meet(side, end, buf, &o);
		barrier(side);
		uint64_t base = (uint64_t)round * 1000;
		struct ibv_sge to = sge_of(buf, 32768, 200), sge = sge_of(buf, 0, 200);
		must_recv(end, base + 1, &to, 1);
		fill(buf->base, 0, 200, base + (uint64_t)side->id);
		struct ibv_send_wr wr = send_wr(base + 2, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
		must_send(end, &wr);
		want_wc(end->recv_cq, base + 1, IBV_WC_SUCCESS);
		want_wc(end->send_cq, base + 2, IBV_WC_SUCCESS);
		CHECK(verify(buf->base + 32768, 0, 200, base + (uint64_t)!side->id) < 0,
		      "round %d: a message of another life", round);
		/* Sends that wait for receives, some with their first packets on the way. */
		for (uint64_t i = 0; i < random_below(&random, 10); i++) {
			wr.wr_id = base + 10 + i;
			must_send(end, &wr);
		}
		if (random_below(&random, 2))
			barrier(side), barrier(side);
		else
			barrier(side), sched_yield(), barrier(side);
		ZERO(qp_to(end->qp, IBV_QPS_RESET));
		CHECK(cq_empty(end->send_cq) && cq_empty(end->recv_cq), "completions after RESET");
		barrier(side);
	}
	end_free(end);
	buf_free(buf);
	nic_close(nic);
}

int main(int argc, char **argv)
{
	static struct revoke_arg args[64];
	static struct test tests[128];
	size_t n = 0, a = 0;
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
		for (int how = BY_DEREG; how < HOWS; how++) {
			args[a] = (struct revoke_arg){ (enum how)how, IBV_WR_RDMA_WRITE, BYTES };
			ADD(revoked, &args[a++], "revoke/%s/write/%s", on, how_names[how]);
			args[a] = (struct revoke_arg){ (enum how)how, IBV_WR_RDMA_WRITE, 64 };
			ADD(revoked, &args[a++], "revoke/%s/small-write/%s", on, how_names[how]);
			args[a] = (struct revoke_arg){ (enum how)how, IBV_WR_SEND, BYTES };
			ADD(revoked, &args[a++], "revoke/%s/send/%s", on, how_names[how]);
		}
		ADD(flushed_is_over, NULL, "revoke/%s/flushed-is-over", on);
		ADD(used_again, NULL, "revoke/%s/used-again", on);
	}
	return harness_main(argc, argv, tests, n, NULL);
}
