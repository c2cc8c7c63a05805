/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The traffic matrix: every operation in every variant, over every service and link, in every
 * size, generated from the table below. Both sides send and receive at once, so each cell tests
 * both directions. Every byte of every buffer is verified, those between messages too.
 */
#include "nic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sizes are bytes, or a distance from the path MTU. */
#define MTU(delta) (-100 + (delta))
#define INLINE_MAX (-200) /* what the QP was created for */
#define INLINE_BYTES 512
#define HUGE_BYTES (1L << 30)
#define END (-300)

static const long data_sizes[] = { 0, 1, 8, MTU(-1), MTU(0), MTU(1), 65536, 4194304, END };
static const long few_sizes[] = { 8, MTU(0), MTU(1), 65536, END };
static const long sge_sizes[] = { 1, 8, MTU(0), MTU(1), 65536, 4194304, END };
static const long inline_sizes[] = { 0, 1, 8, INLINE_MAX, END };
static const long atomic_sizes[] = { 8, END };
static const long huge_sizes[] = { HUGE_BYTES, END };

#define RC (1u << 0)
#define UC (1u << 1)
#define UD (1u << 2)

enum variant {
	PLAIN = 0,
	UNSIGNALED = 1 << 0, /* only the last message of the cell asks for a completion */
	FENCED = 1 << 1,     /* each message is what a READ just before it fetched */
	SOLICITED = 1 << 2,
	INLINED = 1 << 3,
	LISTED = 1 << 4,     /* all messages in one post */
	SHARED = 1 << 5,     /* receives from a shared receive queue */
};

struct row {
	const char *name;
	enum ibv_wr_opcode opcode;
	unsigned variant;
	int sges; /* on both sides */
	unsigned services;
	const long *sizes;
};

static const struct row rows[] = {
	{ "send", IBV_WR_SEND, PLAIN, 1, RC | UC | UD, data_sizes },
	{ "send-imm", IBV_WR_SEND_WITH_IMM, PLAIN, 1, RC | UC | UD, data_sizes },
	{ "write", IBV_WR_RDMA_WRITE, PLAIN, 1, RC | UC, data_sizes },
	{ "write-imm", IBV_WR_RDMA_WRITE_WITH_IMM, PLAIN, 1, RC | UC, data_sizes },
	{ "read", IBV_WR_RDMA_READ, PLAIN, 1, RC, data_sizes },
	{ "cmp-swp", IBV_WR_ATOMIC_CMP_AND_SWP, PLAIN, 1, RC, atomic_sizes },
	{ "fetch-add", IBV_WR_ATOMIC_FETCH_AND_ADD, PLAIN, 1, RC, atomic_sizes },
	{ "send-inline", IBV_WR_SEND, INLINED, 1, RC | UC | UD, inline_sizes },
	{ "send-imm-inline", IBV_WR_SEND_WITH_IMM, INLINED, 1, RC | UC | UD, inline_sizes },
	{ "write-inline", IBV_WR_RDMA_WRITE, INLINED, 1, RC | UC, inline_sizes },
	{ "write-imm-inline", IBV_WR_RDMA_WRITE_WITH_IMM, INLINED, 1, RC | UC, inline_sizes },
	{ "send-inline-sge4", IBV_WR_SEND, INLINED, 4, RC | UC | UD, inline_sizes },
	{ "send-unsignaled", IBV_WR_SEND, UNSIGNALED, 1, RC | UC | UD, few_sizes },
	{ "write-unsignaled", IBV_WR_RDMA_WRITE, UNSIGNALED, 1, RC | UC, few_sizes },
	{ "read-unsignaled", IBV_WR_RDMA_READ, UNSIGNALED, 1, RC, few_sizes },
	{ "fetch-add-unsignaled", IBV_WR_ATOMIC_FETCH_AND_ADD, UNSIGNALED, 1, RC, atomic_sizes },
	{ "send-fenced", IBV_WR_SEND, FENCED, 1, RC, few_sizes },
	{ "send-imm-fenced", IBV_WR_SEND_WITH_IMM, FENCED, 1, RC, few_sizes },
	{ "write-fenced", IBV_WR_RDMA_WRITE, FENCED, 1, RC, few_sizes },
	{ "write-imm-fenced", IBV_WR_RDMA_WRITE_WITH_IMM, FENCED, 1, RC, few_sizes },
	{ "send-solicited", IBV_WR_SEND, SOLICITED, 1, RC | UC | UD, few_sizes },
	{ "write-imm-solicited", IBV_WR_RDMA_WRITE_WITH_IMM, SOLICITED, 1, RC | UC, few_sizes },
	{ "send-sge2", IBV_WR_SEND, PLAIN, 2, RC | UC | UD, sge_sizes },
	{ "send-sge32", IBV_WR_SEND, PLAIN, 32, RC | UC | UD, sge_sizes },
	{ "write-sge32", IBV_WR_RDMA_WRITE, PLAIN, 32, RC | UC, sge_sizes },
	{ "write-imm-sge5", IBV_WR_RDMA_WRITE_WITH_IMM, PLAIN, 5, RC | UC, sge_sizes },
	{ "read-sge32", IBV_WR_RDMA_READ, PLAIN, 32, RC, sge_sizes },
	{ "send-list", IBV_WR_SEND, LISTED, 1, RC | UC | UD, few_sizes },
	{ "write-list", IBV_WR_RDMA_WRITE, LISTED, 1, RC | UC, few_sizes },
	{ "read-list", IBV_WR_RDMA_READ, LISTED, 1, RC, few_sizes },
	{ "cmp-swp-list", IBV_WR_ATOMIC_CMP_AND_SWP, LISTED, 1, RC, atomic_sizes },
	{ "send-srq", IBV_WR_SEND, SHARED, 1, RC | UD, data_sizes },
	{ "send-srq-sge4", IBV_WR_SEND, SHARED, 4, RC | UD, few_sizes },
	{ "write-imm-srq", IBV_WR_RDMA_WRITE_WITH_IMM, SHARED, 1, RC, few_sizes },
	{ "write-huge", IBV_WR_RDMA_WRITE, PLAIN, 1, RC, huge_sizes },
};

struct cell {
	const struct row *row;
	enum ibv_qp_type type;
	long size;
};

#define GRH 40u
#define MAX_SGES 32
#define PIECE_GAP 24 /* between the pieces of one message */

static bool is_send(enum ibv_wr_opcode op)
{
	return op == IBV_WR_SEND || op == IBV_WR_SEND_WITH_IMM;
}

static bool has_imm(enum ibv_wr_opcode op)
{
	return op == IBV_WR_SEND_WITH_IMM || op == IBV_WR_RDMA_WRITE_WITH_IMM;
}

static bool is_write(enum ibv_wr_opcode op)
{
	return op == IBV_WR_RDMA_WRITE || op == IBV_WR_RDMA_WRITE_WITH_IMM;
}

static bool is_atomic(enum ibv_wr_opcode op)
{
	return op == IBV_WR_ATOMIC_CMP_AND_SWP || op == IBV_WR_ATOMIC_FETCH_AND_ADD;
}

static bool takes_recv(enum ibv_wr_opcode op)
{
	return is_send(op) || op == IBV_WR_RDMA_WRITE_WITH_IMM;
}

static long bytes_of(long size, uint32_t mtu)
{
	if (size == INLINE_MAX)
		return INLINE_BYTES < mtu ? INLINE_BYTES : (long)mtu;
	return size < 0 ? (long)mtu + (size + 100) : size;
}

static enum ibv_wc_opcode wc_opcode(enum ibv_wr_opcode op)
{
	switch (op) {
	case IBV_WR_RDMA_WRITE:
	case IBV_WR_RDMA_WRITE_WITH_IMM:
		return IBV_WC_RDMA_WRITE;
	case IBV_WR_RDMA_READ:
		return IBV_WC_RDMA_READ;
	case IBV_WR_ATOMIC_CMP_AND_SWP:
		return IBV_WC_COMP_SWAP;
	case IBV_WR_ATOMIC_FETCH_AND_ADD:
		return IBV_WC_FETCH_ADD;
	default:
		return IBV_WC_SEND;
	}
}

/* Room one message takes in a buffer, pieces, gaps and guard included. */
static size_t stride_of(size_t len)
{
	size_t room = GUARD + GRH + len + (size_t)MAX_SGES * PIECE_GAP;
	return (room + 63) & ~(size_t)63;
}

/* The pieces of message `index` in `buf`, `lead` bytes of it in front of the first piece. */
static int pieces(const struct buf *buf, size_t index, size_t len, int sges, size_t lead,
		  struct ibv_sge *out)
{
	size_t at = index * stride_of(len) + GUARD, done = 0;
	int count = 0;
	for (int i = 0; i < sges; i++) {
		size_t take = i == sges - 1 ? len - done : len / (size_t)sges;
		/* The pieces are of different length and alignment. */
		if (i < sges - 1 && take > 2)
			take -= (size_t)i % 3;
		size_t extra = i == 0 ? lead : 0;
		out[count++] = sge_of(buf, at, take + extra);
		at += take + extra + (i % 2 ? PIECE_GAP : PIECE_GAP - 3);
		done += take;
	}
	return count;
}

static void fill_pieces(const struct ibv_sge *sges, int count, size_t lead, uint64_t seed)
{
	size_t k = 0;
	for (int i = 0; i < count; i++) {
		size_t skip = i == 0 ? lead : 0;
		fill((void *)(uintptr_t)(sges[i].addr + skip), k, sges[i].length - skip, seed);
		k += sges[i].length - skip;
	}
}

/* Checks a message and the guards between its pieces, from the start of its stride to its end. */
static void verify_message(const char *what, const struct buf *buf, size_t index, size_t len,
			   int sges, size_t lead, uint64_t seed, bool lead_written)
{
	struct ibv_sge list[MAX_SGES];
	int count = pieces(buf, index, len, sges, lead, list);
	const uint8_t *at = buf->base + index * stride_of(len);
	const uint8_t *end = at + stride_of(len);
	size_t k = 0;
	for (int i = 0; i < count; i++) {
		const uint8_t *start = (const uint8_t *)(uintptr_t)list[i].addr;
		size_t piece = list[i].length;
		long wrong = verify_byte(at, (size_t)(start - at), GUARD_BYTE);
		CHECK(wrong < 0, "%s %zu: guard before piece %d was written at %ld", what, index, i,
		      wrong);
		if (i == 0) {
			CHECK(lead_written || verify_byte(start, lead, GUARD_BYTE) < 0,
			      "%s %zu: room for the GRH was written", what, index);
			start += lead;
			piece -= lead;
		}
		wrong = verify(start, k, piece, seed);
		CHECK(wrong < 0, "%s %zu: byte %ld of %zu is %02x", what, index, (long)k + wrong, len,
		      start[wrong]);
		k += piece;
		at = start + piece;
	}
	CHECK(k == len, "test is wrong: %zu of %zu bytes", k, len);
	long wrong = verify_byte(at, (size_t)(end - at), GUARD_BYTE);
	CHECK(wrong < 0, "%s %zu: guard after it was written at %ld", what, index, wrong);
}

static void verify_untouched(const char *what, const struct buf *buf)
{
	long wrong = verify_byte(buf->base, buf->len, GUARD_BYTE);
	CHECK(wrong < 0, "%s was written at %ld", what, wrong);
}

static uint64_t message_seed(const struct side *side, int from, size_t index, unsigned part)
{
	uint64_t state = side->seed + (uint64_t)from * 1000003 + index * 7919 + part * 104729;
	return next_random(&state);
}

/* Everything one side of a cell holds. */
struct work {
	struct side *side;
	const struct row *row;
	struct nic *nic;
	struct end *end;
	size_t len, count, lead;
	struct buf *source;  /* what this side sends, or a READ of the other side fetches */
	struct buf *target;  /* what arrives: receives or remote writes */
	struct buf *fetched; /* READ results and old values of atomics */
	struct peer source_there, target_there;
};

static void check_wc_common(const struct work *w, const struct ibv_wc *wc, const char *what)
{
	CHECK(wc->status == IBV_WC_SUCCESS, "%s %llu ended %s (vendor %u)", what,
	      (unsigned long long)wc->wr_id, ibv_wc_status_str(wc->status), wc->vendor_err);
	CHECK(wc->qp_num == w->end->qp->qp_num, "%s: qp_num %x, not %x", what, wc->qp_num,
	      w->end->qp->qp_num);
}

static void check_recv(const struct work *w, size_t index)
{
	struct ibv_wc wc = wait_wc(w->end->recv_cq);
	enum ibv_wr_opcode op = w->row->opcode;
	check_wc_common(w, &wc, "receive");
	CHECK(wc.wr_id == 500 + index, "receive %llu completed, not %zu",
	      (unsigned long long)wc.wr_id, 500 + index);
	CHECK(wc.opcode == (is_send(op) ? IBV_WC_RECV : IBV_WC_RECV_RDMA_WITH_IMM),
	      "receive has opcode %d", wc.opcode);
	CHECK(wc.byte_len == w->len + w->lead, "receive has byte_len %u, not %zu", wc.byte_len,
	      w->len + w->lead);
	CHECK(!(wc.wc_flags & IBV_WC_WITH_IMM) == !has_imm(op), "receive has wc_flags %x",
	      wc.wc_flags);
	if (has_imm(op))
		CHECK(ntohl(wc.imm_data) == (uint32_t)(0xabc00000u + index), "receive has immediate %x",
		      ntohl(wc.imm_data));
	if (w->end->type == IBV_QPT_UD) {
		CHECK(wc.wc_flags & IBV_WC_GRH, "datagram without IBV_WC_GRH");
		CHECK(wc.src_qp == w->end->peer.qpn, "datagram from %x, not %x", wc.src_qp,
		      w->end->peer.qpn);
	}
}

/* READ the source of the other side into `fetched`, then send that on, fenced. */
static void post_fetch(struct work *w, size_t index)
{
	struct ibv_sge sge;
	pieces(w->fetched, index, w->len, 1, 0, &sge);
	struct ibv_send_wr wr = send_wr(900 + index, IBV_WR_RDMA_READ, 0, &sge, 1);
	wr_remote(&wr, w->source_there.addr + index * stride_of(w->len) + GUARD,
		  w->source_there.rkey);
	must_send(w->end, &wr);
}

static void make_wr(struct work *w, size_t index, struct ibv_send_wr *wr, struct ibv_sge *sges)
{
	const struct row *row = w->row;
	enum ibv_wr_opcode op = row->opcode;
	unsigned flags = 0;
	bool last = index == w->count - 1;
	if (!(row->variant & UNSIGNALED) || last)
		flags |= IBV_SEND_SIGNALED;
	if (row->variant & FENCED)
		flags |= IBV_SEND_FENCE;
	if (row->variant & SOLICITED)
		flags |= IBV_SEND_SOLICITED;
	if (row->variant & INLINED)
		flags |= IBV_SEND_INLINE;
	bool fetches = op == IBV_WR_RDMA_READ || is_atomic(op);
	const struct buf *from = fetches || (row->variant & FENCED) ? w->fetched : w->source;
	int count = pieces(from, index, w->len, row->sges, 0, sges);
	*wr = send_wr(index, op, flags, sges, count);
	uint64_t remote_at = index * stride_of(w->len) + GUARD;
	if (has_imm(op))
		wr->imm_data = htonl((uint32_t)(0xabc00000u + index));
	if (is_write(op))
		wr_remote(wr, w->target_there.addr + remote_at, w->target_there.rkey);
	if (op == IBV_WR_RDMA_READ)
		wr_remote(wr, w->source_there.addr + remote_at, w->source_there.rkey);
	/* All atomics of a cell go to the first slot of the other side's target. */
	if (op == IBV_WR_ATOMIC_FETCH_AND_ADD)
		wr_atomic(wr, w->target_there.addr + GUARD, w->target_there.rkey, 0x100000001u, 0);
	if (op == IBV_WR_ATOMIC_CMP_AND_SWP)
		/* 0 -> 1 -> 2 ..., every third one does not match */
		wr_atomic(wr, w->target_there.addr + GUARD, w->target_there.rkey,
			  index % 3 == 2 ? 77777 : index - index / 3, index - index / 3 + 1);
	if (w->end->type == IBV_QPT_UD)
		wr_datagram(wr, w->end);
}

static void post_all(struct work *w)
{
	struct ibv_send_wr wrs[16];
	struct ibv_sge sges[16][MAX_SGES];
	for (size_t i = 0; i < w->count; i++) {
		make_wr(w, i, &wrs[i], sges[i]);
		if (w->row->variant & LISTED) {
			wrs[i].next = i + 1 < w->count ? &wrs[i + 1] : NULL;
			continue;
		}
		if (w->row->variant & FENCED)
			post_fetch(w, i);
		must_send(w->end, &wrs[i]);
		if (w->row->variant & INLINED) {
			/* The data was taken when it was posted. */
			for (int k = 0; k < wrs[i].num_sge; k++)
				memset((void *)(uintptr_t)sges[i][k].addr, 0, sges[i][k].length);
		}
	}
	if (w->row->variant & LISTED)
		must_send(w->end, &wrs[0]);
}

static void check_sends(struct work *w)
{
	size_t first = w->row->variant & UNSIGNALED ? w->count - 1 : 0;
	for (size_t i = first; i < w->count; i++) {
		step("send completion %zu of %zu", i, w->count);
		struct ibv_wc wc = wait_wc(w->end->send_cq);
		check_wc_common(w, &wc, "send");
		CHECK(wc.wr_id == i, "send %llu completed, not %zu", (unsigned long long)wc.wr_id,
		      i);
		CHECK(wc.opcode == wc_opcode(w->row->opcode), "send has opcode %d", wc.opcode);
		if (w->row->opcode == IBV_WR_RDMA_READ || is_atomic(w->row->opcode))
			CHECK(wc.byte_len == w->len, "fetch has byte_len %u, not %zu", wc.byte_len,
			      w->len);
	}
}

static uint64_t load64(const struct buf *buf, size_t at)
{
	uint64_t value;
	memcpy(&value, buf->base + at, sizeof value);
	return value;
}

static void verify_atomics(struct work *w)
{
	uint64_t expected = 0;
	for (size_t i = 0; i < w->count; i++) {
		uint64_t old = load64(w->fetched, i * stride_of(w->len) + GUARD);
		CHECK(old == expected, "atomic %zu fetched %llx, not %llx", i,
		      (unsigned long long)old, (unsigned long long)expected);
		if (w->row->opcode == IBV_WR_ATOMIC_FETCH_AND_ADD)
			expected += 0x100000001u;
		else if (i % 3 != 2)
			expected += 1;
	}
	uint64_t value = load64(w->target, GUARD);
	CHECK(value == expected, "the target of the atomics holds %llx, not %llx",
	      (unsigned long long)value, (unsigned long long)expected);
}

static void verify_all(struct work *w)
{
	struct side *side = w->side;
	enum ibv_wr_opcode op = w->row->opcode;
	int other = !side->id;
	if (is_atomic(op)) {
		verify_atomics(w);
		return;
	}
	bool fenced = w->row->variant & FENCED;
	for (size_t i = 0; i < w->count; i++) {
		/* Fenced messages are what this side owned, fetched and sent back. */
		uint64_t arriving = message_seed(side, fenced ? side->id : other, i, 0);
		if (op == IBV_WR_RDMA_READ || fenced)
			verify_message("fetched message", w->fetched, i, w->len, fenced ? 1 : w->row->sges,
				       0, message_seed(side, other, i, 0), false);
		if (is_send(op))
			verify_message("received message", w->target, i, w->len, w->row->sges, w->lead,
				       arriving, w->lead > 0);
		if (is_write(op))
			verify_message("written message", w->target, i, w->len, 1, 0, arriving, false);
		if (!(w->row->variant & INLINED))
			verify_message("source message", w->source, i, w->len,
				       op == IBV_WR_RDMA_READ || fenced ? 1 : w->row->sges, 0,
				       message_seed(side, side->id, i, 0), false);
	}
	if (op == IBV_WR_RDMA_READ)
		verify_untouched("target", w->target);
}

/* On UC a WRITE has completed when it was sent: its arrival shows in the memory alone. */
static void wait_for_arrival(const struct work *w)
{
	uint8_t expected;
	size_t last = w->count - 1;
	if (w->len == 0)
		return;
	fill(&expected, w->len - 1, 1, message_seed(w->side, !w->side->id, last, 0));
	const volatile uint8_t *at =
		w->target->base + last * stride_of(w->len) + GUARD + w->len - 1;
	unsigned turns = 0;
	step("arrival of the last WRITE");
	while (*at != expected)
		relax(&turns);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

static void run_cell(struct side *side, const void *arg)
{
	/* Stay open from cell to cell. */
	static struct nic *nics[2];
	const struct cell *cell = arg;
	const struct row *row = cell->row;
	enum ibv_wr_opcode op = row->opcode;
	step("opening the device");
	if (!nics[side->id])
		nics[side->id] = nic_open();
	struct nic *nic = nics[side->id];
	struct work w = { .side = side, .row = row, .nic = nic };
	w.len = (size_t)bytes_of(cell->size, nic->mtu_bytes);
	w.count = w.len >= 1u << 30 ? 1 : w.len > 1u << 20 ? 2 : 8;
	if (row->variant & LISTED)
		w.count = 16;
	w.lead = cell->type == IBV_QPT_UD ? GRH : 0;
	if (cell->type == IBV_QPT_UD && w.len > nic->mtu_bytes)
		FAIL("test is wrong: datagram of %zu bytes", w.len);
	bool fetches = op == IBV_WR_RDMA_READ || is_atomic(op) || (row->variant & FENCED);

	struct end_options options = usual;
	options.send_sge = (uint32_t)row->sges;
	options.recv_sge = (uint32_t)row->sges;
	options.inline_bytes = row->variant & INLINED ? INLINE_BYTES : 0;
	options.srq_wr = row->variant & SHARED ? 64 : 0;
	/* On UC and UD rights and responder resources are what the service has of them. */
	step("creating the queue pair");
	w.end = end_new(nic, cell->type, &options);
	size_t room = w.count * stride_of(w.len);
	w.source = buf_new(nic, room, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_READ);
	w.target = buf_new(nic, room, ALL_ACCESS);
	w.fetched = buf_new(nic, fetches ? room : 64, IBV_ACCESS_LOCAL_WRITE);
	memset(w.source->base, GUARD_BYTE, room);
	memset(w.target->base, GUARD_BYTE, room);
	memset(w.fetched->base, GUARD_BYTE, w.fetched->len);
	if (is_atomic(op))
		memset(w.target->base + GUARD, 0, 8);

	struct ibv_sge sges[MAX_SGES];
	for (size_t i = 0; i < w.count; i++) {
		int source_sges = op == IBV_WR_RDMA_READ || (row->variant & FENCED) ? 1 : row->sges;
		int count = pieces(w.source, i, w.len, source_sges, 0, sges);
		fill_pieces(sges, count, 0, message_seed(side, side->id, i, 0));
	}
	struct peer mine = end_describe(w.end, w.source);
	swap(side, &mine, &w.source_there, sizeof mine);
	end_meet(side, w.end, w.target, &options);
	w.target_there = w.end->peer;

	if (takes_recv(op))
		for (size_t i = 0; i < w.count; i++) {
			int count = pieces(w.target, i, w.len, row->sges, w.lead, sges);
			/* WRITE_WITH_IMM consumes a receive without looking at its list. */
			must_recv(w.end, 500 + i, sges, is_send(op) ? count : 0);
		}
	step("both sides ready");
	barrier(side);
	step("posting");
	post_all(&w);
	check_sends(&w);
	if (takes_recv(op))
		for (size_t i = 0; i < w.count; i++) {
			step("receive completion %zu of %zu", i, w.count);
			check_recv(&w, i);
		}
	if (cell->type == IBV_QPT_UC && op == IBV_WR_RDMA_WRITE)
		wait_for_arrival(&w);
	step("end of traffic");
	barrier(side);
	verify_all(&w);
	CHECK(cq_empty(w.end->send_cq), "one send completion too many");
	CHECK(cq_empty(w.end->recv_cq), "one receive completion too many");
	step("destroying");
	end_free(w.end);
	buf_free(w.source);
	buf_free(w.target);
	buf_free(w.fetched);
}

int main(int argc, char **argv)
{
	static const enum ibv_qp_type types[] = { IBV_QPT_RC, IBV_QPT_UC, IBV_QPT_UD };
	static const char *const type_names[] = { "rc", "uc", "ud" };
	static struct test tests[2048];
	static struct cell cells[2048];
	size_t count = 0, row_count = sizeof rows / sizeof rows[0];
	bool huge = true;
	bool inner = false;
	for (int i = 1; i < argc; i++) {
		huge = huge && strcmp(argv[i], "--no-huge") != 0;
		inner = inner || !strcmp(argv[i], "--shared") || !strcmp(argv[i], "--list");
	}
	for (enum link link = LINK_SELF; link <= LINK_RING; link++)
		for (size_t type = 0; type < 3; type++)
			for (size_t r = 0; r < row_count; r++)
				for (const long *size = rows[r].sizes; *size != END; size++) {
					bool legal = rows[r].services & (1u << type);
					/* A datagram is one packet of at most the path MTU. */
					if (types[type] == IBV_QPT_UD && (*size == MTU(1) || *size > 8))
						legal = false;
					if (!legal || (*size == HUGE_BYTES && !huge))
						continue;
					struct cell *cell = &cells[count];
					struct test *test = &tests[count++];
					*cell = (struct cell){ &rows[r], types[type], *size };
					char size_text[32];
					if (*size == INLINE_MAX)
						snprintf(size_text, sizeof size_text, "max");
					else if (*size < 0)
						snprintf(size_text, sizeof size_text, "mtu%+ld", *size + 100);
					else
						snprintf(size_text, sizeof size_text, "%ld", *size);
					snprintf(test->name, sizeof test->name, "matrix/%s/%s/%s/%s",
						 link_name(link), type_names[type], rows[r].name,
						 size_text);
					test->link = link;
					test->sides = 2;
					test->run = run_cell;
					test->arg = cell;
					/* Gigabytes are filled and compared on the way. */
					test->limit_s = *size == HUGE_BYTES ? 180 : 0;
				}
	if (!inner)
		printf("# matrix: %zu cells: %zu rows of operations and variants, 3 services, 3 links, "
		       "each legal combination in its sizes\n",
		       count, row_count);
	return harness_main(argc, argv, tests, count, NULL);
}
