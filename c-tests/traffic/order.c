/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Order and visibility: targets that spin on memory and never poll, data behind a completion,
 * operations of all kinds mixed at random in both directions.
 */
#include "nic.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct pair {
	struct nic *nic;
	struct end *end;
	struct buf *buf;
};

static struct pair pair_new(struct side *side, size_t bytes, const struct end_options *options)
{
	struct pair p;
	p.nic = nic_open();
	p.end = end_new(p.nic, IBV_QPT_RC, options);
	p.buf = buf_new(p.nic, bytes, ALL_ACCESS);
	memset(p.buf->base, 0, bytes);
	end_meet(side, p.end, p.buf, options);
	barrier(side);
	return p;
}

static void pair_free(struct pair *p)
{
	end_free(p->end);
	buf_free(p->buf);
	nic_close(p->nic);
}

static uint8_t spin_until_either(const uint8_t *at, uint8_t value, uint8_t other)
{
	unsigned turns = 0;
	for (;;) {
		uint8_t seen =
			atomic_load_explicit((const _Atomic uint8_t *)at, memory_order_acquire);
		if (seen == value || seen == other)
			return seen;
		relax(&turns);
	}
}

static void spin_until(const uint8_t *at, uint8_t value)
{
	spin_until_either(at, value, value);
}

/*
 * Rounds that are so many only to give chance a chance end early on a busy machine, where each may
 * cost two time slices: after ENOUGH_NS, but not before some of them.
 */
#define ENOUGH_NS 4000000000u

static bool is_enough(int round, int rounds, int fewest, uint64_t began)
{
	return round >= rounds || (round >= fewest && now_ns() - began > ENOUGH_NS);
}

/*
 * Side 0: SENDs, then a WRITE of a flag. Side 1 posted receives and then only looks at the flag's
 * memory; when it appears, what the SENDs before it carried is in place. With `arg`, side 1 polls
 * a few times first, so that the library may count on its coming back.
 */
static void spinning_target(struct side *side, const void *arg)
{
	bool polls_first = arg != NULL;
	struct pair p = pair_new(side, 1 << 20, &usual);
	static const size_t lens[] = { 8, 200, 5000, 70000 };
	int rounds = options.quick ? 4 : 12;
	for (int round = 1; round <= rounds; round++) {
		size_t len = lens[round % 4];
		if (side->id == 1) {
			struct ibv_sge to = sge_of(p.buf, 4096, len);
			for (uint64_t i = 0; i < 2; i++)
				must_recv(p.end, i, &to, 1);
			if (polls_first)
				for (int i = 0; i < 1000; i++)
					CHECK(cq_empty(p.end->recv_cq), "a completion too early");
			barrier(side);
			step("spinning, round %d", round);
			spin_until(p.buf->base, (uint8_t)round);
			long wrong = verify(p.buf->base + 4096, 0, len, (uint64_t)round * 2 + 1);
			CHECK(wrong < 0, "byte %ld of a SEND is not there though a later WRITE is", wrong);
			barrier(side);
			for (uint64_t i = 0; i < 2; i++)
				want_wc(p.end->recv_cq, i, IBV_WC_SUCCESS);
		} else {
			barrier(side);
			for (uint64_t i = 0; i < 2; i++) {
				fill(p.buf->base + 4096 + i * 100000, 0, len, (uint64_t)round * 2 + i);
				struct ibv_sge sge = sge_of(p.buf, 4096 + i * 100000, len);
				struct ibv_send_wr wr = send_wr(i, IBV_WR_SEND, 0, &sge, 1);
				must_send(p.end, &wr);
			}
			p.buf->base[0] = (uint8_t)round;
			struct ibv_sge flag = sge_of(p.buf, 0, 1);
			struct ibv_send_wr wr =
				send_wr(9, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &flag, 1);
			wr_remote(&wr, p.end->peer.addr, p.end->peer.rkey);
			must_send(p.end, &wr);
			want_wc(p.end->send_cq, 9, IBV_WC_SUCCESS);
			barrier(side);
		}
		barrier(side);
	}
	pair_free(&p);
}

/* Like the last one, but the sender too goes away from the library right after posting. */
static void nobody_polls(struct side *side, const void *arg)
{
	(void)arg;
	struct pair p = pair_new(side, 1 << 20, &usual);
	int rounds = options.quick ? 3 : 10;
	for (int round = 1; round <= rounds; round++) {
		if (side->id == 1) {
			struct ibv_sge to = sge_of(p.buf, 4096, 300000);
			must_recv(p.end, 1, &to, 1);
			barrier(side);
			spin_until(p.buf->base, (uint8_t)round);
			CHECK(verify(p.buf->base + 4096, 0, 300000, (uint64_t)round) < 0,
			      "the SEND is not in place");
			barrier(side);
			want_wc(p.end->recv_cq, 1, IBV_WC_SUCCESS);
		} else {
			barrier(side);
			fill(p.buf->base + 4096, 0, 300000, (uint64_t)round);
			p.buf->base[0] = (uint8_t)round;
			struct ibv_sge sge = sge_of(p.buf, 4096, 300000), flag = sge_of(p.buf, 0, 1);
			struct ibv_send_wr wr = send_wr(1, IBV_WR_SEND, 0, &sge, 1);
			struct ibv_send_wr last =
				send_wr(2, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &flag, 1);
			wr_remote(&last, p.end->peer.addr, p.end->peer.rkey);
			wr.next = &last;
			must_send(p.end, &wr);
			step("waiting outside the library");
			barrier(side);
			want_wc(p.end->send_cq, 2, IBV_WC_SUCCESS);
		}
		barrier(side);
	}
	pair_free(&p);
}

/* Ping-pong by WRITE alone: each side spins on the last byte, then all the others must be there. */
static void last_byte(struct side *side, const void *arg)
{
	size_t len = *(const size_t *)arg;
	size_t other = (len + 4095) & ~(size_t)4095;
	struct pair p = pair_new(side, other + len, &usual);
	int rounds = options.quick ? 40 : len > 50000 ? 200 : 2000;
	uint8_t *in = p.buf->base, *out = p.buf->base + other;
	uint64_t began = now_ns();
	enum { LAST = 255 }; /* the mark of the last round, which side 0 chooses */
	uint8_t mark = 0;
	for (int round = 0; mark != LAST; round++) {
		mark = (uint8_t)(round % 250 + 1);
		uint64_t seed = side->seed + (uint64_t)round;
		if (side->id == 0 && is_enough(round + 1, rounds, 100, began))
			mark = LAST;
		for (int turn = 0; turn < 2; turn++) {
			if (turn == side->id) {
				fill(out, 0, len - 1, seed);
				out[len - 1] = mark;
				struct ibv_sge sge = sge_of(p.buf, other, len);
				struct ibv_send_wr wr = send_wr((uint64_t)round, IBV_WR_RDMA_WRITE,
								IBV_SEND_SIGNALED, &sge, 1);
				wr_remote(&wr, p.end->peer.addr, p.end->peer.rkey);
				must_send(p.end, &wr);
				want_wc(p.end->send_cq, (uint64_t)round, IBV_WC_SUCCESS);
			} else {
				step("spinning on the last byte, round %d", round);
				mark = spin_until_either(in + len - 1, mark, LAST);
				long wrong = verify(in, 0, len - 1, seed);
				CHECK(wrong < 0, "round %d: byte %ld of %zu came after the last", round,
				      wrong, len);
			}
		}
	}
	barrier(side);
	pair_free(&p);
}

/* A WRITE of an aligned word is never seen in part. */
static void untorn_words(struct side *side, const void *arg)
{
	(void)arg;
	struct pair p = pair_new(side, 4096, &usual);
	int rounds = options.quick ? 300 : 20000;
	if (side->id == 0) {
		uint64_t began = now_ns();
		for (int round = 1; !is_enough(round, rounds + 1, 300, began); round++) {
			uint64_t word = (uint64_t)(round & 0xff) * 0x0101010101010101u;
			memcpy(p.buf->base, &word, 8);
			struct ibv_sge sge = sge_of(p.buf, 0, 8);
			struct ibv_send_wr wr =
				send_wr(1, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1);
			wr_remote(&wr, p.end->peer.addr, p.end->peer.rkey);
			must_send(p.end, &wr);
			want_wc(p.end->send_cq, 1, IBV_WC_SUCCESS);
		}
		uint8_t stop = 1;
		memcpy(p.buf->base, &stop, 1);
		struct ibv_sge sge = sge_of(p.buf, 0, 1);
		struct ibv_send_wr wr = send_wr(1, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1);
		wr_remote(&wr, p.end->peer.addr + 64, p.end->peer.rkey);
		must_send(p.end, &wr);
		want_wc(p.end->send_cq, 1, IBV_WC_SUCCESS);
	} else {
		const _Atomic uint64_t *word = (const _Atomic uint64_t *)(void *)p.buf->base;
		const _Atomic uint8_t *stop = (const _Atomic uint8_t *)p.buf->base + 64;
		unsigned turns = 0;
		while (!atomic_load(stop)) {
			uint64_t seen = atomic_load(word);
			CHECK(seen == (seen & 0xff) * 0x0101010101010101u, "torn word %llx",
			      (unsigned long long)seen);
			relax(&turns);
		}
	}
	barrier(side);
	pair_free(&p);
}

/* WRITE, then SEND: when the SEND is received, the WRITE is in place, of whatever size. */
static void write_then_send(struct side *side, const void *arg)
{
	(void)arg;
	struct pair p = pair_new(side, 1 << 20, &usual);
	static const size_t lens[] = { 1, 64, 4096, 100001, 500000 };
	int rounds = options.quick ? 20 : 300;
	for (int round = 0; round < rounds; round++) {
		size_t len = lens[round % 5];
		uint64_t id = (uint64_t)round;
		if (side->id == 0) {
			fill(p.buf->base, 0, len, id);
			struct ibv_sge sge = sge_of(p.buf, 0, len), note_sge = sge_of(p.buf, 0, 1);
			struct ibv_send_wr wr = send_wr(id, IBV_WR_RDMA_WRITE, 0, &sge, 1);
			struct ibv_send_wr last =
				send_wr(id, IBV_WR_SEND, IBV_SEND_SIGNALED, &note_sge, 1);
			wr_remote(&wr, p.end->peer.addr, p.end->peer.rkey);
			wr.next = &last;
			must_send(p.end, &wr);
			want_wc(p.end->send_cq, id, IBV_WC_SUCCESS);
		} else {
			struct ibv_sge to = sge_of(p.buf, (1 << 20) - 64, 8);
			must_recv(p.end, id, &to, 1);
			want_wc(p.end->recv_cq, id, IBV_WC_SUCCESS);
			long wrong = verify(p.buf->base, 0, len, id);
			CHECK(wrong < 0, "round %d: byte %ld of the WRITE came after the SEND", round,
			      wrong);
		}
		barrier(side);
	}
	pair_free(&p);
}

/* WRITE, then READ of the same memory, without a fence and without waiting. */
static void write_then_read(struct side *side, const void *arg)
{
	(void)arg;
	struct pair p = pair_new(side, 1 << 20, &usual);
	static const size_t lens[] = { 8, 1000, 4097, 60000, 200000 };
	int rounds = options.quick ? 20 : 300;
	for (int round = 0; side->id == 0 && round < rounds; round++) {
		size_t len = lens[round % 5];
		uint64_t id = (uint64_t)round;
		fill(p.buf->base, 0, len, id);
		struct ibv_sge from = sge_of(p.buf, 0, len), to = sge_of(p.buf, 524288, len);
		struct ibv_send_wr wr = send_wr(id, IBV_WR_RDMA_WRITE, 0, &from, 1);
		struct ibv_send_wr read = send_wr(id, IBV_WR_RDMA_READ, IBV_SEND_SIGNALED, &to, 1);
		wr_remote(&wr, p.end->peer.addr, p.end->peer.rkey);
		wr_remote(&read, p.end->peer.addr, p.end->peer.rkey);
		wr.next = &read;
		must_send(p.end, &wr);
		want_wc(p.end->send_cq, id, IBV_WC_SUCCESS);
		long wrong = verify(p.buf->base + 524288, 0, len, id);
		CHECK(wrong < 0, "round %d: byte %ld of the READ is older than the WRITE", round,
		      wrong);
	}
	barrier(side);
	pair_free(&p);
}

/* --- everything mixed --- */

enum { MIXED_OPS = 600, MIXED_SLOT = 24576, MIXED_WINDOW = 40 };

struct mixed_op {
	enum ibv_wr_opcode opcode;
	size_t len;
	int sges;
	bool signaled;
	unsigned flags;
	uint64_t fill_seed;
};

/* The same list on both sides: what side `from` will do. */
static void plan(const struct side *side, int from, struct mixed_op *ops, size_t count)
{
	static const enum ibv_wr_opcode kinds[] = {
		IBV_WR_SEND, IBV_WR_SEND_WITH_IMM, IBV_WR_RDMA_WRITE, IBV_WR_RDMA_WRITE_WITH_IMM,
		IBV_WR_RDMA_READ, IBV_WR_ATOMIC_FETCH_AND_ADD, IBV_WR_SEND, IBV_WR_RDMA_WRITE,
	};
	uint64_t random = side->seed + (uint64_t)from * 77;
	for (size_t i = 0; i < count; i++) {
		struct mixed_op *op = &ops[i];
		op->opcode = kinds[random_below(&random, 8)];
		op->len = random_below(&random, 3) ? random_below(&random, 300)
						   : random_below(&random, MIXED_SLOT - 512);
		if (op->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD)
			op->len = 8;
		op->sges = (int)random_below(&random, 4) + 1;
		if (op->len == 8)
			op->sges = 1;
		op->signaled = random_below(&random, 4) == 0 || i % 16 == 15 || i == count - 1;
		op->flags = random_below(&random, 5) == 0 ? IBV_SEND_FENCE : 0;
		if (op->len <= 64 && op->opcode < IBV_WR_RDMA_READ && random_below(&random, 2))
			op->flags |= IBV_SEND_INLINE;
		op->fill_seed = next_random(&random);
	}
}

static int split(const struct buf *buf, size_t at, size_t len, int sges, struct ibv_sge *out)
{
	size_t done = 0;
	for (int i = 0; i < sges; i++) {
		size_t take = i == sges - 1 ? len - done : len / (size_t)sges;
		out[i] = sge_of(buf, at + done, take);
		done += take;
	}
	return sges;
}

static bool takes_recv(enum ibv_wr_opcode op)
{
	return op != IBV_WR_RDMA_WRITE && op != IBV_WR_RDMA_READ &&
	       op != IBV_WR_ATOMIC_FETCH_AND_ADD;
}

struct mixed {
	struct pair p;
	struct buf *out, *in, *fetched, *served;
	struct peer in_there, served_there;
	struct mixed_op mine[MIXED_OPS], theirs[MIXED_OPS];
	size_t posted, completed, recv_posted, received, recv_due;
	size_t recv_index[MIXED_OPS]; /* their operation that takes my n-th receive */
	size_t count;
};

static void mixed_post(struct mixed *m)
{
	size_t i = m->posted;
	struct mixed_op *op = &m->mine[i];
	bool fetches = op->opcode == IBV_WR_RDMA_READ || op->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD;
	struct ibv_sge sges[4];
	struct buf *local = fetches ? m->fetched : m->out;
	int count = split(local, i * MIXED_SLOT, op->len, op->sges, sges);
	if (!fetches)
		fill(local->base + i * MIXED_SLOT, 0, op->len, op->fill_seed);
	struct ibv_send_wr wr =
		send_wr(i, op->opcode, op->flags | (op->signaled ? IBV_SEND_SIGNALED : 0), sges, count);
	wr.imm_data = htonl((uint32_t)i);
	if (op->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD)
		wr_atomic(&wr, m->served_there.addr, m->served_there.rkey, 3, 0);
	else if (op->opcode == IBV_WR_RDMA_READ)
		wr_remote(&wr, m->served_there.addr + 64, m->served_there.rkey);
	else
		wr_remote(&wr, m->in_there.addr + i * MIXED_SLOT, m->in_there.rkey);
	must_send(m->p.end, &wr);
	m->posted++;
}

static void mixed_recv(struct mixed *m)
{
	size_t n = m->recv_posted++;
	size_t i = m->recv_index[n];
	const struct mixed_op *op = &m->theirs[i];
	struct ibv_sge sges[4];
	if (op->opcode == IBV_WR_RDMA_WRITE_WITH_IMM) {
		must_recv(m->p.end, n, NULL, 0);
		return;
	}
	int count = split(m->in, i * MIXED_SLOT, op->len, op->sges % 4 + 1, sges);
	must_recv(m->p.end, n, sges, count);
}

static void mixed_received(struct mixed *m, const struct ibv_wc *wc)
{
	size_t n = m->received++;
	size_t i = m->recv_index[n];
	const struct mixed_op *op = &m->theirs[i];
	CHECK(wc->status == IBV_WC_SUCCESS, "receive %zu ended %s", n,
	      ibv_wc_status_str(wc->status));
	CHECK(wc->wr_id == n && wc->byte_len == op->len, "receive %zu is WR %d of %u bytes, not %zu",
	      n, (int)wc->wr_id, wc->byte_len, op->len);
	if (op->opcode != IBV_WR_SEND)
		CHECK(ntohl(wc->imm_data) == i, "receive %zu has immediate %u, not %zu", n,
		      ntohl(wc->imm_data), i);
	/* All that was posted before is in place, whatever it is. */
	size_t from = i > 8 ? i - 8 : 0;
	for (size_t k = from; k <= i; k++) {
		const struct mixed_op *before = &m->theirs[k];
		if (before->opcode == IBV_WR_RDMA_READ ||
		    before->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD)
			continue;
		long wrong = verify(m->in->base + k * MIXED_SLOT, 0, before->len, before->fill_seed);
		CHECK(wrong < 0, "byte %ld of %zu of operation %zu (opcode %d) is wrong at receive of %zu",
		      wrong, before->len, k, before->opcode, i);
	}
}

static void mixed_drain(struct mixed *m)
{
	struct ibv_wc wcs[8];
	int got = ibv_poll_cq(m->p.end->send_cq, 8, wcs);
	CHECK(got >= 0, "ibv_poll_cq gave %d", got);
	for (int i = 0; i < got; i++) {
		CHECK(wcs[i].status == IBV_WC_SUCCESS, "operation %d (opcode %d) ended %s",
		      (int)wcs[i].wr_id, m->mine[wcs[i].wr_id % MIXED_OPS].opcode,
		      ibv_wc_status_str(wcs[i].status));
		CHECK(wcs[i].wr_id >= m->completed && m->mine[wcs[i].wr_id].signaled,
		      "completion of operation %d after %zu", (int)wcs[i].wr_id, m->completed);
		for (size_t k = m->completed; k < wcs[i].wr_id; k++)
			CHECK(!m->mine[k].signaled, "completion of operation %zu is missing", k);
		m->completed = wcs[i].wr_id + 1;
	}
	got = ibv_poll_cq(m->p.end->recv_cq, 8, wcs);
	CHECK(got >= 0, "ibv_poll_cq gave %d", got);
	for (int i = 0; i < got; i++)
		mixed_received(m, &wcs[i]);
}

static void mixed_traffic(struct side *side, const void *arg)
{
	(void)arg;
	struct mixed *m = calloc(1, sizeof *m);
	struct end_options wide = usual;
	wide.send_sge = wide.recv_sge = 4;
	wide.inline_bytes = 64;
	m->count = options.quick ? 100 : MIXED_OPS;
	plan(side, side->id, m->mine, m->count);
	plan(side, !side->id, m->theirs, m->count);
	m->p = pair_new(side, 4096, &wide);
	m->out = buf_new(m->p.nic, m->count * MIXED_SLOT, IBV_ACCESS_LOCAL_WRITE);
	m->in = buf_new(m->p.nic, m->count * MIXED_SLOT, ALL_ACCESS);
	m->fetched = buf_new(m->p.nic, m->count * MIXED_SLOT, IBV_ACCESS_LOCAL_WRITE);
	m->served = buf_new(m->p.nic, MIXED_SLOT + 64, ALL_ACCESS);
	memset(m->fetched->base, 0, m->fetched->len);
	memset(m->in->base, 0, m->in->len);
	memset(m->served->base, 0, 64);
	fill(m->served->base + 64, 0, MIXED_SLOT, side->seed + (uint64_t)side->id);
	struct peer mine = end_describe(m->p.end, m->in);
	swap(side, &mine, &m->in_there, sizeof mine);
	mine = end_describe(m->p.end, m->served);
	swap(side, &mine, &m->served_there, sizeof mine);
	for (size_t i = 0; i < m->count; i++)
		if (takes_recv(m->theirs[i].opcode))
			m->recv_index[m->recv_due++] = i;
	unsigned turns = 0;
	while (m->completed < m->count || m->received < m->recv_due) {
		step("posted %zu completed %zu receives %zu of %zu", m->posted, m->completed,
		     m->received, m->recv_due);
		while (m->recv_posted < m->recv_due && m->recv_posted - m->received < 32)
			mixed_recv(m);
		if (m->posted < m->count && m->posted - m->completed < MIXED_WINDOW)
			mixed_post(m);
		mixed_drain(m);
		relax(&turns);
	}
	barrier(side);
	uint64_t adds = 0, their_adds = 0;
	for (size_t i = 0; i < m->count; i++) {
		const struct mixed_op *op = &m->mine[i], *their = &m->theirs[i];
		if (op->opcode == IBV_WR_RDMA_READ)
			CHECK(verify(m->fetched->base + i * MIXED_SLOT, 0, op->len,
				     side->seed + (uint64_t)!side->id) < 0,
			      "READ %zu is wrong", i);
		if (op->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD) {
			uint64_t old;
			memcpy(&old, m->fetched->base + i * MIXED_SLOT, 8);
			CHECK(old == adds * 3, "atomic %zu fetched %d, not %d", i, (int)old,
			      (int)adds * 3);
			adds++;
		}
		their_adds += their->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD;
		if (their->opcode != IBV_WR_RDMA_READ &&
		    their->opcode != IBV_WR_ATOMIC_FETCH_AND_ADD)
			CHECK(verify(m->in->base + i * MIXED_SLOT, 0, their->len, their->fill_seed) < 0,
			      "operation %zu of the other side is wrong", i);
	}
	uint64_t total;
	memcpy(&total, m->served->base, 8);
	CHECK(total == their_adds * 3, "%d added, not %d", (int)total, (int)their_adds * 3);
	buf_free(m->out);
	buf_free(m->in);
	buf_free(m->fetched);
	buf_free(m->served);
	pair_free(&m->p);
	free(m);
}

int main(int argc, char **argv)
{
	static const size_t lens[] = { 2, 8, 9, 1000, 4096, 4099, 100003 };
	static struct test tests[64];
	size_t n = 0;
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
		ADD(spinning_target, NULL, "order/%s/spinning-target", on);
		ADD(spinning_target, "", "order/%s/spinning-target-that-polled", on);
		ADD(nobody_polls, NULL, "order/%s/nobody-polls", on);
		for (size_t i = 0; i < 7; i++)
			ADD(last_byte, &lens[i], "order/%s/last-byte/%zu", on, lens[i]);
		ADD(untorn_words, NULL, "order/%s/untorn-words", on);
		ADD(write_then_send, NULL, "order/%s/write-then-send", on);
		ADD(write_then_read, NULL, "order/%s/write-then-read", on);
		ADD(mixed_traffic, NULL, "order/%s/mixed", on);
	}
	return harness_main(argc, argv, tests, n, NULL);
}
