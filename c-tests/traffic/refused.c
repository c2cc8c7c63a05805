/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * What posting refuses, with which errno, at which request of a list, and that a refusal leaves
 * the queue pair as it was. Each test has one queue pair connected to itself.
 */
#include "nic.h"

#include <stdlib.h>
#include <string.h>

struct fixture {
	struct nic *nic;
	struct end *end;
	struct buf *buf;
};

static const struct end_options depth8 = {
	.send_wr = 8, .recv_wr = 8, .send_sge = 2, .recv_sge = 2, .inline_bytes = 64,
	.timeout = 14, .retry_cnt = 7, .rnr_retry = 7, .min_rnr_timer = 1, .rd_atomic = 4,
	.access = ALL_ACCESS,
};

static struct fixture fixture_new(enum ibv_qp_type type, bool connected)
{
	struct fixture f;
	f.nic = nic_open();
	f.buf = buf_new(f.nic, 65536, ALL_ACCESS);
	f.end = end_new(f.nic, type, &depth8);
	if (connected)
		end_loop(f.end, f.buf, &depth8);
	return f;
}

static void fixture_free(struct fixture *f)
{
	end_free(f->end);
	buf_free(f->buf);
	nic_close(f->nic);
}

static enum ibv_qp_type type_of(const void *arg)
{
	return *(const enum ibv_qp_type *)arg;
}

/* The QP still carries a message. */
static void still_works(struct fixture *f)
{
	static const size_t grh = 40;
	struct ibv_sge to = sge_of(f->buf, 4096, 32 + grh), from = sge_of(f->buf, 0, 32);
	fill(f->buf->base, 0, 32, 5);
	must_recv(f->end, 71, &to, 1);
	struct ibv_send_wr wr = send_wr(70, IBV_WR_SEND, IBV_SEND_SIGNALED, &from, 1);
	if (f->end->type == IBV_QPT_UD)
		wr_datagram(&wr, f->end);
	must_send(f->end, &wr);
	want_wc(f->end->send_cq, 70, IBV_WC_SUCCESS);
	want_wc(f->end->recv_cq, 71, IBV_WC_SUCCESS);
	size_t lead = f->end->type == IBV_QPT_UD ? grh : 0;
	CHECK(verify(f->buf->base + 4096 + lead, 0, 32, 5) < 0, "wrong bytes after a refusal");
}

/* Operations a service does not have are EINVAL; those the device does not have, EOPNOTSUPP. */
static void opcodes(struct side *side, const void *arg)
{
	(void)side;
	struct fixture f = fixture_new(type_of(arg), true);
	enum ibv_qp_type type = f.end->type;
	for (int op = 0; op <= 40; op++) {
		bool legal = op == IBV_WR_SEND || op == IBV_WR_SEND_WITH_IMM;
		bool known = op <= IBV_WR_ATOMIC_FETCH_AND_ADD;
		if (type == IBV_QPT_RC)
			legal = known;
		if (type == IBV_QPT_UC)
			legal = legal || op == IBV_WR_RDMA_WRITE || op == IBV_WR_RDMA_WRITE_WITH_IMM;
		if (legal)
			continue;
		struct ibv_sge sge = sge_of(f.buf, 0, 8);
		struct ibv_send_wr wr =
			send_wr(1, (enum ibv_wr_opcode)op, IBV_SEND_SIGNALED, &sge, 1), *bad = NULL;
		if (type == IBV_QPT_UD)
			wr_datagram(&wr, f.end);
		else
			wr_remote(&wr, (uintptr_t)f.buf->base, f.buf->mr->rkey);
		int ret = ibv_post_send(f.end->qp, &wr, &bad);
		CHECK(ret == EINVAL || (!known && ret == EOPNOTSUPP), "opcode %d gave %d", op, ret);
		CHECK(bad == &wr, "opcode %d: bad_wr not set", op);
	}
	still_works(&f);
	CHECK(cq_empty(f.end->send_cq), "a refused request completed");
	fixture_free(&f);
}

static void one_refused(struct fixture *f, const char *what, struct ibv_send_wr *wr)
{
	struct ibv_send_wr *bad = NULL;
	if (f->end->type == IBV_QPT_UD && !wr->wr.ud.ah && strcmp(what, "no address handle"))
		wr_datagram(wr, f->end);
	int ret = ibv_post_send(f->end->qp, wr, &bad);
	CHECK(ret == EINVAL, "%s gave %d", what, ret);
	CHECK(bad == wr, "%s: bad_wr not set", what);
}

static void requests(struct side *side, const void *arg)
{
	(void)side;
	struct fixture f = fixture_new(type_of(arg), true);
	struct ibv_sge sges[4];
	for (int i = 0; i < 4; i++)
		sges[i] = sge_of(f.buf, (size_t)i * 16, 16);
	struct ibv_send_wr wr = send_wr(1, IBV_WR_SEND, 0, sges, 3);
	one_refused(&f, "three elements of two", &wr);
	wr = send_wr(1, IBV_WR_SEND, 0, sges, -1);
	one_refused(&f, "minus one element", &wr);
	wr = send_wr(1, IBV_WR_SEND, 0, NULL, 1);
	one_refused(&f, "one element without a list", &wr);
	sges[0].length = f.end->max_inline + 1;
	wr = send_wr(1, IBV_WR_SEND, IBV_SEND_INLINE, sges, 1);
	one_refused(&f, "too many inline bytes", &wr);
	sges[0].length = 0xfffffff0u;
	sges[1].length = 0x20;
	wr = send_wr(1, IBV_WR_SEND, IBV_SEND_INLINE, sges, 2);
	one_refused(&f, "inline lengths that wrap around", &wr);
	if (f.end->type == IBV_QPT_RC) {
		sges[0].length = 8;
		wr = send_wr(1, IBV_WR_RDMA_READ, IBV_SEND_INLINE, sges, 1);
		one_refused(&f, "inline READ", &wr);
		wr = send_wr(1, IBV_WR_ATOMIC_FETCH_AND_ADD, IBV_SEND_INLINE, sges, 1);
		one_refused(&f, "inline atomic", &wr);
	}
	if (f.end->type == IBV_QPT_UD) {
		wr = send_wr(1, IBV_WR_SEND, 0, sges, 1);
		sges[0].length = 8;
		one_refused(&f, "no address handle", &wr);
	}
	struct ibv_recv_wr recv = { .wr_id = 1, .sg_list = sges, .num_sge = 3 }, *bad_recv = NULL;
	EXPECT(ibv_post_recv(f.end->qp, &recv, &bad_recv), EINVAL);
	CHECK(bad_recv == &recv, "bad_wr of a receive not set");
	recv.num_sge = -1;
	EXPECT(ibv_post_recv(f.end->qp, &recv, &bad_recv), EINVAL);
	still_works(&f);
	fixture_free(&f);
}

/* A message longer than a port can carry never succeeds. */
static void too_long(struct side *side, const void *arg)
{
	(void)side;
	struct fixture f = fixture_new(type_of(arg), true);
	bool ud = f.end->type == IBV_QPT_UD;
	struct ibv_sge sges[2], to = sge_of(f.buf, 16384, 40 + 16384);
	sges[0] = sge_of(f.buf, 0, f.nic->mtu_bytes);
	sges[1] = sge_of(f.buf, f.nic->mtu_bytes, 1);
	if (!ud) {
		sges[0].length = f.nic->port.max_msg_sz;
		sges[1].length = 1;
	}
	must_recv(f.end, 2, &to, 1);
	struct ibv_send_wr wr = send_wr(1, IBV_WR_SEND, IBV_SEND_SIGNALED, sges, 2);
	if (ud)
		wr_datagram(&wr, f.end);
	int ret = post_send(f.end, &wr);
	CHECK(ret == 0 || ret == EINVAL || ret == EMSGSIZE, "post gave %d", ret);
	if (ret == 0) {
		struct ibv_wc wc = wait_wc(f.end->send_cq);
		CHECK(wc.status == IBV_WC_LOC_LEN_ERR || wc.status == IBV_WC_LOC_PROT_ERR,
		      "status %s", ibv_wc_status_str(wc.status));
	}
	fixture_free(&f);
}

/* Of a list the requests before the bad one are done, those after it are not. */
static void lists(struct side *side, const void *arg)
{
	(void)side;
	struct fixture f = fixture_new(type_of(arg), true);
	struct ibv_sge sges[5], to[5];
	struct ibv_send_wr wrs[5], *bad = NULL;
	struct ibv_recv_wr recvs[5], *bad_recv = NULL;
	for (int i = 0; i < 5; i++) {
		sges[i] = sge_of(f.buf, (size_t)i * 64, 64);
		to[i] = sge_of(f.buf, 8192 + (size_t)i * 128, 104);
		recvs[i] = (struct ibv_recv_wr){ .wr_id = 20 + (uint64_t)i, .sg_list = &to[i],
						 .num_sge = i == 3 ? 99 : 1,
						 .next = i < 4 ? &recvs[i + 1] : NULL };
		wrs[i] = send_wr(10 + (uint64_t)i, IBV_WR_SEND, IBV_SEND_SIGNALED, &sges[i],
				 i == 2 ? 99 : 1);
		if (f.end->type == IBV_QPT_UD)
			wr_datagram(&wrs[i], f.end);
		wrs[i].next = i < 4 ? &wrs[i + 1] : NULL;
	}
	EXPECT(ibv_post_recv(f.end->qp, &recvs[0], &bad_recv), EINVAL);
	CHECK(bad_recv == &recvs[3], "bad_wr of the receives is not the fourth");
	EXPECT(ibv_post_send(f.end->qp, &wrs[0], &bad), EINVAL);
	CHECK(bad == &wrs[2], "bad_wr of the sends is not the third");
	for (uint64_t i = 0; i < 2; i++) {
		want_wc(f.end->send_cq, 10 + i, IBV_WC_SUCCESS);
		want_wc(f.end->recv_cq, 20 + i, IBV_WC_SUCCESS);
	}
	CHECK(cq_empty(f.end->send_cq), "a request behind the bad one was done");
	/* The third receive is posted, the fourth was not. */
	wrs[4].wr_id = 15;
	must_send(f.end, &wrs[4]);
	want_wc(f.end->send_cq, 15, IBV_WC_SUCCESS);
	want_wc(f.end->recv_cq, 22, IBV_WC_SUCCESS);
	fixture_free(&f);
}

/* A queue takes what it was created for, then ENOMEM; nothing taken is lost. */
static void full(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct fixture f = fixture_new(IBV_QPT_RC, true);
	struct ibv_qp_attr attr;
	struct ibv_qp_init_attr init;
	ZERO(ibv_query_qp(f.end->qp, &attr, IBV_QP_CAP, &init));
	uint32_t room = init.cap.max_send_wr;
	CHECK(room >= 8, "max_send_wr %u", room);
	struct ibv_sge sge = sge_of(f.buf, 0, 16), to = sge_of(f.buf, 4096, 16);
	/* Nobody posted a receive: the requests stay. */
	uint32_t posted = 0;
	struct ibv_send_wr wr, *bad = NULL;
	for (;; posted++) {
		wr = send_wr(posted, IBV_WR_SEND, posted == 0 ? IBV_SEND_SIGNALED : 0, &sge, 1);
		int ret = ibv_post_send(f.end->qp, &wr, &bad);
		if (ret == 0 && posted < room)
			continue;
		CHECK(ret == ENOMEM, "post %u of a queue of %u gave %d", posted, room, ret);
		CHECK(bad == &wr, "bad_wr not set");
		break;
	}
	CHECK(posted == room, "took %u of %u", posted, room);
	for (uint32_t i = 0; i < posted; i++) {
		must_recv(f.end, 100 + i, &to, 1);
		want_wc(f.end->recv_cq, 100 + i, IBV_WC_SUCCESS);
	}
	want_wc(f.end->send_cq, 0, IBV_WC_SUCCESS);
	uint32_t recv_room = init.cap.max_recv_wr;
	for (uint32_t i = 0; i < recv_room; i++)
		must_recv(f.end, 200 + i, &to, 1);
	EXPECT(post_recv(f.end, 999, &to, 1), ENOMEM);
	fixture_free(&f);
}

/* Unsignaled requests free their places without a completion ever being polled for them. */
static void unsignaled_turnover(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct fixture f = fixture_new(IBV_QPT_RC, true);
	struct ibv_sge sge = sge_of(f.buf, 0, 16);
	for (int round = 0; round < 200; round++) {
		for (int i = 0; i < 4; i++) {
			struct ibv_send_wr wr = send_wr((uint64_t)i, IBV_WR_RDMA_WRITE,
							i == 3 ? IBV_SEND_SIGNALED : 0, &sge, 1);
			wr_remote(&wr, (uintptr_t)f.buf->base + 4096, f.buf->mr->rkey);
			must_send(f.end, &wr);
		}
		want_wc(f.end->send_cq, 3, IBV_WC_SUCCESS);
	}
	fixture_free(&f);
}

static void all_signaled(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	struct buf *buf = buf_new(nic, 4096, ALL_ACCESS);
	struct end_options options = depth8;
	options.all_signaled = true;
	struct end *end = end_new(nic, IBV_QPT_RC, &options);
	end_loop(end, buf, &options);
	struct ibv_sge sge = sge_of(buf, 0, 16);
	for (uint64_t i = 0; i < 5; i++) {
		struct ibv_send_wr wr = send_wr(i, IBV_WR_RDMA_WRITE, 0, &sge, 1);
		wr_remote(&wr, (uintptr_t)buf->base + 64, buf->mr->rkey);
		must_send(end, &wr);
	}
	for (uint64_t i = 0; i < 5; i++)
		want_wc(end->send_cq, i, IBV_WC_SUCCESS);
	end_free(end);
	buf_free(buf);
	nic_close(nic);
}

/* Requests in states that take none. */
static void states(struct side *side, const void *arg)
{
	(void)side;
	struct fixture f = fixture_new(type_of(arg), false);
	struct end *end = f.end;
	struct ibv_sge sge = sge_of(f.buf, 0, 16), to = sge_of(f.buf, 4096, 64);
	struct peer self = end_describe(end, f.buf);
	struct ibv_ah_attr ah_attr = ah_towards(&self);
	end->peer = self;
	if (end->type == IBV_QPT_UD)
		ENSURE(end->ah = ibv_create_ah(f.nic->pd, &ah_attr));
	struct ibv_send_wr wr = send_wr(1, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
	if (end->type == IBV_QPT_UD)
		wr_datagram(&wr, end);
	EXPECT(post_send(end, &wr), EINVAL);
	EXPECT(post_recv(end, 2, &to, 1), EINVAL);
	qp_init(end, &depth8);
	EXPECT(post_send(end, &wr), EINVAL);
	must_recv(end, 3, &to, 1);
	qp_rtr(end, &self, &depth8);
	EXPECT(post_send(end, &wr), EINVAL);
	qp_rts(end, &depth8);
	/* The receive posted in INIT is used. */
	must_send(end, &wr);
	want_wc(end->send_cq, 1, IBV_WC_SUCCESS);
	want_wc(end->recv_cq, 3, IBV_WC_SUCCESS);
	/* Back to RESET: what was posted is forgotten. */
	must_recv(end, 4, &to, 1);
	ZERO(qp_to(end->qp, IBV_QPS_RESET));
	EXPECT(post_send(end, &wr), EINVAL);
	CHECK(cq_empty(end->recv_cq), "RESET completed a receive");
	fixture_free(&f);
}

static void srq_and_rq(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	struct buf *buf = buf_new(nic, 4096, ALL_ACCESS);
	struct end_options options = depth8;
	options.srq_wr = 8;
	struct end *end = end_new(nic, IBV_QPT_RC, &options);
	end_loop(end, buf, &options);
	struct ibv_sge sges[3] = { sge_of(buf, 0, 8), sge_of(buf, 8, 8), sge_of(buf, 16, 8) };
	struct ibv_recv_wr wr = { .wr_id = 1, .sg_list = sges, .num_sge = 1 }, *bad = NULL;
	/* The queue of a QP with an SRQ is the SRQ. */
	EXPECT(ibv_post_recv(end->qp, &wr, &bad), EINVAL);
	CHECK(bad == &wr, "bad_wr not set");
	struct ibv_srq_attr attr;
	ZERO(ibv_query_srq(end->srq, &attr));
	wr.num_sge = (int)attr.max_sge + 1;
	EXPECT(ibv_post_srq_recv(end->srq, &wr, &bad), EINVAL);
	wr.num_sge = 1;
	for (uint32_t i = 0; i < attr.max_wr; i++)
		ZERO(ibv_post_srq_recv(end->srq, &wr, &bad));
	bad = NULL;
	EXPECT(ibv_post_srq_recv(end->srq, &wr, &bad), ENOMEM);
	CHECK(bad == &wr, "bad_wr not set");
	end_free(end);
	buf_free(buf);
	nic_close(nic);
}

int main(int argc, char **argv)
{
	static const enum ibv_qp_type rc = IBV_QPT_RC, uc = IBV_QPT_UC, ud = IBV_QPT_UD;
	static const struct test tests[] = {
#define FOR_EACH_SERVICE(name, run)                                                                \
	{ "refused/" name "/rc", LINK_AUTO, 1, run, &rc, 0, false },                               \
	{ "refused/" name "/uc", LINK_AUTO, 1, run, &uc, 0, false },                               \
	{ "refused/" name "/ud", LINK_AUTO, 1, run, &ud, 0, false }
		FOR_EACH_SERVICE("opcodes", opcodes),
		FOR_EACH_SERVICE("requests", requests),
		FOR_EACH_SERVICE("too-long", too_long),
		FOR_EACH_SERVICE("lists", lists),
		FOR_EACH_SERVICE("states", states),
		{ "refused/full", LINK_AUTO, 1, full, NULL, 0, false },
		{ "refused/unsignaled-turnover", LINK_AUTO, 1, unsignaled_turnover, NULL, 0, false },
		{ "refused/all-signaled", LINK_AUTO, 1, all_signaled, NULL, 0, false },
		{ "refused/srq-and-rq", LINK_AUTO, 1, srq_and_rq, NULL, 0, false },
	};
	return harness_main(argc, argv, tests, sizeof tests / sizeof tests[0], NULL);
}
