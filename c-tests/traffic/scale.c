/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Many at once: 1000 queue pairs, 16 threads, shared queues, rapid creation. */
#include "echo.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* 1000 QPs between the sides, on one CQ each way, one message on each at the same time. */
static void thousand(struct side *side, const void *arg)
{
	(void)arg;
	enum { MAX = 1000, LEN = 200 };
	size_t count = options.quick ? 100 : MAX;
	static __thread struct ibv_qp *qps[MAX];
	static __thread bool sent[MAX], received[MAX];
	struct nic *nic = nic_open();
	struct buf *out = buf_new(nic, MAX * LEN, ALL_ACCESS), *in = buf_new(nic, MAX * LEN, ALL_ACCESS);
	struct ibv_cq *send_cq, *recv_cq;
	ENSURE(send_cq = ibv_create_cq(nic->ctx, MAX, NULL, NULL, 0));
	ENSURE(recv_cq = ibv_create_cq(nic->ctx, MAX, NULL, NULL, 0));
	struct end_options o = usual;
	for (size_t i = 0; i < count; i++) {
		struct ibv_qp_init_attr attr = {
			.send_cq = send_cq, .recv_cq = recv_cq, .qp_type = IBV_QPT_RC,
			.cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1,
				 .max_recv_sge = 1 },
		};
		step("creating QP %zu", i);
		qps[i] = ibv_create_qp(nic->pd, &attr);
		CHECK(qps[i], "QP %zu: errno %d", i, errno);
		for (size_t k = 0; k < i; k += 97)
			CHECK(qps[k]->qp_num != qps[i]->qp_num, "QPs %zu and %zu share a number", k, i);
		struct end end = { .nic = nic, .qp = qps[i], .type = IBV_QPT_RC, .psn = (uint32_t)i };
		end_meet(side, &end, NULL, &o);
		struct ibv_sge to = sge_of(in, i * LEN, LEN);
		must_recv(&end, i, &to, 1);
	}
	barrier(side);
	for (size_t i = 0; i < count; i++) {
		struct end end = { .qp = qps[i] };
		fill(out->base + i * LEN, 0, LEN, side->seed + i + (uint64_t)side->id * 5000);
		struct ibv_sge sge = sge_of(out, i * LEN, LEN);
		struct ibv_send_wr wr = send_wr(i, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
		must_send(&end, &wr);
	}
	memset(sent, 0, sizeof sent);
	memset(received, 0, sizeof received);
	for (size_t i = 0; i < count; i++) {
		step("completion %zu", i);
		struct ibv_wc wc = wait_wc(send_cq);
		CHECK(wc.status == IBV_WC_SUCCESS && wc.wr_id < count && !sent[wc.wr_id],
		      "SEND %d: %s", (int)wc.wr_id, ibv_wc_status_str(wc.status));
		CHECK(wc.qp_num == qps[wc.wr_id]->qp_num, "completion of another QP");
		sent[wc.wr_id] = true;
		wc = wait_wc(recv_cq);
		CHECK(wc.status == IBV_WC_SUCCESS && wc.wr_id < count && !received[wc.wr_id],
		      "receive %d: %s", (int)wc.wr_id, ibv_wc_status_str(wc.status));
		CHECK(wc.qp_num == qps[wc.wr_id]->qp_num, "completion of another QP");
		received[wc.wr_id] = true;
	}
	for (size_t i = 0; i < count; i++)
		CHECK(verify(in->base + i * LEN, 0, LEN,
			     side->seed + i + (uint64_t)!side->id * 5000) < 0,
		      "message of QP %zu is wrong", i);
	barrier(side);
	step("destroying");
	for (size_t i = 0; i < count; i++)
		ZERO(ibv_destroy_qp(qps[i]));
	ZERO(ibv_destroy_cq(send_cq));
	ZERO(ibv_destroy_cq(recv_cq));
	buf_free(out);
	buf_free(in);
	nic_close(nic);
}

/* --- 16 threads on 16 QPs --- */

enum { THREADS = 16 };

struct worker {
	struct end *end;
	struct buf *buf;
	struct side *side;
	int index;
	size_t len;
	uint64_t count;
};

static void *worker_run(void *arg)
{
	struct worker *w = arg;
	struct echo echo = { .first = (uint64_t)w->index << 32, .count = w->count, .len = w->len };
	echo_run(w->end, w->buf, &echo);
	return NULL;
}

/* Each thread has its QP and CQs; all share the device, the domain and the link. */
static void threads(struct side *side, const void *arg)
{
	(void)arg;
	static const size_t lens[] = { 8, 100, 3000, 40000 };
	struct nic *nic = nic_open();
	struct worker workers[THREADS];
	pthread_t ids[THREADS];
	for (int i = 0; i < THREADS; i++) {
		struct worker *w = &workers[i];
		*w = (struct worker){ .side = side, .index = i, .len = lens[i % 4] };
		w->count = options.quick ? 40 : w->len > 20000 ? 300 : 2000;
		w->end = end_new(nic, IBV_QPT_RC, &usual);
		w->buf = buf_new(nic, ECHO_BYTES(w->len), ALL_ACCESS);
		end_meet(side, w->end, w->buf, &usual);
	}
	barrier(side);
	for (int i = 0; i < THREADS; i++)
		ZERO(pthread_create(&ids[i], NULL, worker_run, &workers[i]));
	for (int i = 0; i < THREADS; i++)
		ZERO(pthread_join(ids[i], NULL));
	barrier(side);
	for (int i = 0; i < THREADS; i++) {
		end_free(workers[i].end);
		buf_free(workers[i].buf);
	}
	nic_close(nic);
}

/* --- threads on one QP and one CQ --- */

struct crowd {
	struct end *end;
	struct buf *buf;
	_Atomic uint64_t posted, completed;
	_Atomic uint32_t seen[8192];
	uint64_t count;
};

static void *crowd_run(void *arg)
{
	struct crowd *c = arg;
	unsigned turns = 0;
	while (c->completed < c->count) {
		uint64_t posted = c->posted;
		if (posted < c->count && posted - c->completed < 32 &&
		    atomic_compare_exchange_strong(&c->posted, &posted, posted + 1)) {
			size_t at = (posted % 64) * 64;
			struct ibv_sge sge = sge_of(c->buf, at, 64);
			struct ibv_send_wr wr =
				send_wr(posted, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1);
			wr_remote(&wr, c->end->peer.addr + 8192 + at, c->end->peer.rkey);
			must_send(c->end, &wr);
		}
		struct ibv_wc wc;
		int got = ibv_poll_cq(c->end->send_cq, 1, &wc);
		CHECK(got >= 0, "ibv_poll_cq gave %d", got);
		if (got == 1) {
			CHECK(wc.status == IBV_WC_SUCCESS && wc.wr_id < c->count, "WR %d: %s",
			      (int)wc.wr_id, ibv_wc_status_str(wc.status));
			CHECK(atomic_fetch_add(&c->seen[wc.wr_id], 1) == 0, "WR %d completed twice",
			      (int)wc.wr_id);
			c->completed++;
		}
		relax(&turns);
	}
	return NULL;
}

static void one_qp_many_threads(struct side *side, const void *arg)
{
	(void)arg;
	struct nic *nic = nic_open();
	struct crowd *c = calloc(1, sizeof *c);
	c->end = end_new(nic, IBV_QPT_RC, &usual);
	c->buf = buf_new(nic, 16384, ALL_ACCESS);
	c->count = options.quick ? 400 : 8000;
	fill(c->buf->base, 0, 4096, 1);
	end_meet(side, c->end, c->buf, &usual);
	barrier(side);
	pthread_t ids[8];
	for (int i = 0; i < 8; i++)
		ZERO(pthread_create(&ids[i], NULL, crowd_run, c));
	for (int i = 0; i < 8; i++)
		ZERO(pthread_join(ids[i], NULL));
	CHECK(cq_empty(c->end->send_cq), "completions too many");
	barrier(side);
	CHECK(verify(c->buf->base + 8192, 0, 4096, 1) < 0, "wrong bytes");
	barrier(side);
	end_free(c->end);
	buf_free(c->buf);
	nic_close(nic);
	free(c);
}

/* Atomics of many QPs on one word: none is lost. */
static void counting(struct side *side, const void *arg)
{
	(void)arg;
	enum { QPS = 8, EACH = 200 };
	struct nic *nic = nic_open();
	struct buf *buf = buf_new(nic, 4096, ALL_ACCESS);
	memset(buf->base, 0, 4096);
	struct end *ends[QPS];
	int each = options.quick ? 20 : EACH;
	for (int i = 0; i < QPS; i++) {
		ends[i] = end_new(nic, IBV_QPT_RC, &usual);
		end_meet(side, ends[i], buf, &usual);
	}
	/* Both sides count on side 0's word. */
	struct peer mine = end_describe(ends[0], buf), theirs;
	swap(side, &mine, &theirs, sizeof mine);
	struct end *loop = end_new(nic, IBV_QPT_RC, &usual);
	end_loop(loop, buf, &usual);
	barrier(side);
	for (int n = 0; n < each; n++)
		for (int i = 0; i < QPS; i++) {
			struct end *end = side->id == 1 ? ends[i] : loop;
			const struct peer *at = side->id == 1 ? &theirs : &mine;
			struct ibv_sge sge = sge_of(buf, 64 + (size_t)i * 8, 8);
			struct ibv_send_wr wr = send_wr((uint64_t)n, IBV_WR_ATOMIC_FETCH_AND_ADD,
							IBV_SEND_SIGNALED, &sge, 1);
			wr_atomic(&wr, at->addr, at->rkey, 1, 0);
			must_send(end, &wr);
			want_wc(end->send_cq, (uint64_t)n, IBV_WC_SUCCESS);
		}
	barrier(side);
	if (side->id == 0) {
		uint64_t value;
		memcpy(&value, buf->base, 8);
		CHECK(value == (uint64_t)each * QPS * 2, "counted %d, not %d", (int)value,
		      each * QPS * 2);
	}
	barrier(side);
	for (int i = 0; i < QPS; i++)
		end_free(ends[i]);
	end_free(loop);
	buf_free(buf);
	nic_close(nic);
}

/* One SRQ feeds many QPs. */
static void shared_receive_queue(struct side *side, const void *arg)
{
	(void)arg;
	enum { QPS = 16, EACH = 20, LEN = 64 };
	struct nic *nic = nic_open();
	struct buf *buf = buf_new(nic, QPS * EACH * LEN * 2, ALL_ACCESS);
	struct ibv_srq_init_attr srq_attr = { .attr = { .max_wr = QPS * EACH, .max_sge = 1 } };
	struct ibv_srq *srq;
	ENSURE(srq = ibv_create_srq(nic->pd, &srq_attr));
	struct end_options o = usual;
	o.srq = srq;
	struct end *ends[QPS];
	for (int i = 0; i < QPS; i++) {
		ends[i] = end_new(nic, IBV_QPT_RC, &o);
		end_meet(side, ends[i], buf, &o);
	}
	size_t total = QPS * EACH;
	for (size_t i = 0; i < total; i++) {
		struct ibv_sge to = sge_of(buf, i * LEN, LEN);
		struct ibv_recv_wr wr = { .wr_id = i, .sg_list = &to, .num_sge = 1 }, *bad;
		ZERO(ibv_post_srq_recv(srq, &wr, &bad));
	}
	barrier(side);
	for (int n = 0; n < EACH; n++)
		for (int i = 0; i < QPS; i++) {
			size_t at = (total + (size_t)i * EACH + (size_t)n) * LEN;
			fill(buf->base + at, 0, LEN, (uint64_t)(i * EACH + n));
			struct ibv_sge sge = sge_of(buf, at, LEN);
			struct ibv_send_wr wr =
				send_wr((uint64_t)n, IBV_WR_SEND_WITH_IMM, IBV_SEND_SIGNALED, &sge, 1);
			wr.imm_data = htonl((uint32_t)(i * EACH + n));
			must_send(ends[i], &wr);
		}
	/* On each QP in order, each receive used once. */
	bool used[QPS * EACH] = { false };
	for (int i = 0; i < QPS; i++)
		for (int n = 0; n < EACH; n++) {
			want_wc(ends[i]->send_cq, (uint64_t)n, IBV_WC_SUCCESS);
			step("receive %d of QP %d", n, i);
			struct ibv_wc wc = wait_wc(ends[i]->recv_cq);
			CHECK(wc.status == IBV_WC_SUCCESS && wc.wr_id < total && !used[wc.wr_id],
			      "receive %d: %s", (int)wc.wr_id, ibv_wc_status_str(wc.status));
			used[wc.wr_id] = true;
			CHECK(ntohl(wc.imm_data) == (uint32_t)(i * EACH + n),
			      "message %u where %d was due", ntohl(wc.imm_data), i * EACH + n);
			CHECK(verify(buf->base + wc.wr_id * LEN, 0, LEN, ntohl(wc.imm_data)) < 0,
			      "wrong bytes");
		}
	barrier(side);
	for (int i = 0; i < QPS; i++)
		end_free(ends[i]);
	ZERO(ibv_destroy_srq(srq));
	buf_free(buf);
	nic_close(nic);
}

/* --- unreliable messages both ways, more than the ring holds --- */

enum { UC_QPS = 16, UC_LEN = 65536, UC_EACH = 400 };

/*
 * The ring fills up, and its room is sought by the thread that posts and by the progress thread at
 * once. Who finds it taken again has to wait for more: there is a receive WQE for each message, so
 * a local link may lose none, and nothing repeats one of UC.
 */
static void uc_both_ways(struct side *side, const void *arg)
{
	(void)arg;
	uint32_t each = options.quick ? 100 : UC_EACH;
	struct nic *nic = nic_open();
	struct buf *out = buf_new(nic, UC_QPS * UC_LEN, ALL_ACCESS);
	struct buf *in = buf_new(nic, UC_QPS * UC_LEN, ALL_ACCESS);
	struct ibv_cq *send_cq, *recv_cq;
	struct ibv_qp *qps[UC_QPS];
	uint32_t next[UC_QPS] = { 0 };
	struct end_options o = usual;
	ENSURE(send_cq = ibv_create_cq(nic->ctx, UC_QPS * UC_EACH, NULL, NULL, 0));
	ENSURE(recv_cq = ibv_create_cq(nic->ctx, UC_QPS * UC_EACH, NULL, NULL, 0));
	for (uint32_t i = 0; i < UC_QPS; i++) {
		struct ibv_qp_init_attr attr = {
			.send_cq = send_cq, .recv_cq = recv_cq, .qp_type = IBV_QPT_UC,
			.cap = { .max_send_wr = UC_EACH, .max_recv_wr = UC_EACH, .max_send_sge = 1,
				 .max_recv_sge = 1 },
		};
		ENSURE(qps[i] = ibv_create_qp(nic->pd, &attr));
		struct end end = { .nic = nic, .qp = qps[i], .type = IBV_QPT_UC, .psn = i };
		end_meet(side, &end, NULL, &o);
		for (uint32_t k = 0; k < each; k++) {
			struct ibv_sge to = sge_of(in, i * UC_LEN, UC_LEN);
			must_recv(&end, i, &to, 1);
		}
	}
	barrier(side);
	uint32_t total = UC_QPS * each, posted = 0, sent = 0, received = 0;
	unsigned turns = 0;
	while (sent < total || received < total) {
		struct ibv_wc wc;
		if (posted < total) {
			uint32_t i = posted % UC_QPS;
			struct end end = { .qp = qps[i] };
			struct ibv_sge sge = sge_of(out, i * UC_LEN, UC_LEN);
			struct ibv_send_wr wr =
				send_wr(0, IBV_WR_SEND_WITH_IMM, IBV_SEND_SIGNALED, &sge, 1);
			wr.imm_data = posted++ / UC_QPS;
			must_send(&end, &wr);
		} else {
			step("sent %u, received %u of %u", sent, received, total);
			relax(&turns);
		}
		if (ibv_poll_cq(send_cq, 1, &wc) == 1) {
			CHECK(wc.status == IBV_WC_SUCCESS, "SEND: %s", ibv_wc_status_str(wc.status));
			sent++;
		}
		if (ibv_poll_cq(recv_cq, 1, &wc) == 1) {
			CHECK(wc.status == IBV_WC_SUCCESS && wc.wr_id < UC_QPS, "receive: %s",
			      ibv_wc_status_str(wc.status));
			CHECK(wc.imm_data == next[wc.wr_id], "QP %d: message %u after %u", (int)wc.wr_id,
			      wc.imm_data, next[wc.wr_id]);
			next[wc.wr_id]++;
			received++;
		}
	}
	barrier(side);
	for (int i = 0; i < UC_QPS; i++)
		ZERO(ibv_destroy_qp(qps[i]));
	ZERO(ibv_destroy_cq(send_cq));
	ZERO(ibv_destroy_cq(recv_cq));
	buf_free(out);
	buf_free(in);
	nic_close(nic);
}

/* --- threads that create and destroy --- */

static void *churn(void *arg)
{
	struct nic *nic = arg;
	for (int i = 0; i < (options.quick ? 10 : 100); i++) {
		struct end *end = end_new(nic, IBV_QPT_RC, &usual);
		struct buf *buf = buf_new(nic, 8192, ALL_ACCESS);
		end_loop(end, buf, &usual);
		struct ibv_sge sge = sge_of(buf, 0, 100);
		struct ibv_send_wr wr = send_wr(1, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1);
		wr_remote(&wr, (uintptr_t)buf->base + 4096, buf->mr->rkey);
		must_send(end, &wr);
		if (i % 2)
			want_wc(end->send_cq, 1, IBV_WC_SUCCESS);
		end_free(end);
		buf_free(buf);
	}
	return NULL;
}

static void churning(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	pthread_t ids[8];
	for (int i = 0; i < 8; i++)
		ZERO(pthread_create(&ids[i], NULL, churn, nic));
	for (int i = 0; i < 8; i++)
		ZERO(pthread_join(ids[i], NULL));
	nic_close(nic);
}

int main(int argc, char **argv)
{
	static struct test tests[32];
	size_t n = 0;
#define ADD(function, many, ...)                                                                   \
	do {                                                                                       \
		struct test *test = &tests[n++];                                                   \
		snprintf(test->name, sizeof test->name, __VA_ARGS__);                              \
		test->link = link;                                                                 \
		test->sides = many;                                                                \
		test->run = function;                                                              \
		test->limit_s = 60;                                                                \
	} while (0)
	for (enum link link = LINK_SELF; link <= LINK_RING; link++) {
		const char *on = link_name(link);
		ADD(thousand, 2, "scale/%s/thousand-qps", on);
		ADD(threads, 2, "scale/%s/16-threads-16-qps", on);
		ADD(one_qp_many_threads, 2, "scale/%s/8-threads-1-qp", on);
		ADD(counting, 2, "scale/%s/counting", on);
		ADD(shared_receive_queue, 2, "scale/%s/srq-of-16-qps", on);
		ADD(uc_both_ways, 2, "scale/%s/uc-both-ways", on);
	}
	enum link link = LINK_AUTO;
	ADD(churning, 1, "scale/churn");
	return harness_main(argc, argv, tests, n, NULL);
}
