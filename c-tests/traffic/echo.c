/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Verified two-way traffic; see echo.h. */
#include "echo.h"

#include <string.h>

enum { SLOTS = 16 };

static size_t slot(size_t len, uint64_t index, bool in)
{
	return ((index % SLOTS) + (in ? SLOTS : 0)) * (len + 64);
}

static void echo_recv(struct end *end, struct buf *buf, const struct echo *echo, uint64_t index)
{
	struct ibv_sge to = sge_of(buf, slot(echo->len, index, true), echo->len);
	must_recv(end, index, &to, 1);
}

void echo_run(struct end *end, struct buf *buf, const struct echo *echo)
{
	uint64_t last = echo->first + echo->count;
	uint64_t posted = echo->first, sent = echo->first, received = echo->first;
	uint64_t recv_posted = echo->first, both = echo->first;
	unsigned turns = 0;
	while (sent < last || received < last) {
		while (recv_posted < last && recv_posted - received < SLOTS) {
			echo_recv(end, buf, echo, recv_posted++);
		}
		while (posted < last && posted - sent < SLOTS) {
			size_t at = slot(echo->len, posted, false);
			fill(buf->base + at, 0, echo->len, posted);
			struct ibv_sge sge = sge_of(buf, at, echo->len);
			struct ibv_send_wr wr =
				send_wr(posted++, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
			must_send(end, &wr);
		}
		step("echo: posted %d sent %d received %d of %d", (int)posted, (int)sent,
		     (int)received, (int)last);
		struct ibv_wc wc;
		int got = ibv_poll_cq(end->send_cq, 1, &wc);
		CHECK(got >= 0, "ibv_poll_cq gave %d", got);
		if (got == 1) {
			CHECK(wc.status == IBV_WC_SUCCESS && wc.wr_id == sent, "SEND %d ended %s, not %d",
			      (int)wc.wr_id, ibv_wc_status_str(wc.status), (int)sent);
			sent++;
		}
		got = ibv_poll_cq(end->recv_cq, 1, &wc);
		CHECK(got >= 0, "ibv_poll_cq gave %d", got);
		if (got == 1) {
			CHECK(wc.status == IBV_WC_SUCCESS && wc.wr_id == received,
			      "receive %d ended %s, not %d", (int)wc.wr_id,
			      ibv_wc_status_str(wc.status), (int)received);
			long wrong = verify(buf->base + slot(echo->len, received, true), 0, echo->len,
					    received);
			CHECK(wrong < 0, "message %d: byte %ld is wrong", (int)received, wrong);
			received++;
		}
		while (both < sent && both < received) {
			if (echo->each)
				echo->each(both, echo->arg);
			both++;
		}
		relax(&turns);
	}
}

/* The last 64 bytes of the buffer hold the counter, those before it what is written. */
void echo_direct(struct end *end, struct buf *buf, int id)
{
	enum { BYTES = 20000 };
	uint64_t at = end->peer.addr + end->peer.len - 64;
	uint64_t there = at - (uint64_t)(id + 1) * BYTES;
	CHECK(buf->len >= 64 + 4 * BYTES, "test is wrong: small buffer");
	for (uint64_t round = 0; round < 20; round++) {
		struct ibv_sge out = sge_of(buf, 0, BYTES), in = sge_of(buf, BYTES, BYTES);
		struct ibv_sge old = sge_of(buf, 2 * BYTES, 8);
		fill(buf->base, 0, BYTES, round + (uint64_t)id * 1000);
		memset(buf->base + BYTES, 0, BYTES);
		struct ibv_send_wr wrs[3] = {
			send_wr(1, IBV_WR_RDMA_WRITE, 0, &out, 1),
			send_wr(2, IBV_WR_RDMA_READ, 0, &in, 1),
			send_wr(3, IBV_WR_ATOMIC_FETCH_AND_ADD, IBV_SEND_SIGNALED, &old, 1),
		};
		wr_remote(&wrs[0], there, end->peer.rkey);
		wr_remote(&wrs[1], there, end->peer.rkey);
		wr_atomic(&wrs[2], at + 8 * (uint64_t)id, end->peer.rkey, 1, 0);
		wrs[0].next = &wrs[1];
		wrs[1].next = &wrs[2];
		must_send(end, &wrs[0]);
		want_wc(end->send_cq, 3, IBV_WC_SUCCESS);
		uint64_t seen;
		memcpy(&seen, buf->base + 2 * BYTES, 8);
		CHECK(seen == round, "counter was %d in round %d", (int)seen, (int)round);
		long wrong = verify(buf->base + BYTES, 0, BYTES, round + (uint64_t)id * 1000);
		CHECK(wrong < 0, "byte %ld read back is wrong", wrong);
	}
}

struct end *echo_open(int sock, size_t len, struct buf **buf)
{
	struct nic *nic = nic_open();
	struct end *end = end_new(nic, IBV_QPT_RC, &usual);
	size_t bytes = ECHO_BYTES(len);
	*buf = buf_new(nic, bytes < 160000 ? 160000 : bytes, ALL_ACCESS);
	memset((*buf)->base, 0, (*buf)->len);
	struct peer mine = end_describe(end, *buf), theirs;
	CHECK(sock_send(sock, &mine, sizeof mine) && sock_recv(sock, &theirs, sizeof theirs),
	      "the other process is gone");
	end_connect(end, &theirs, &usual);
	/* Nobody may send before the other is connected; retries would cover it, slowly. */
	char go = 'g';
	CHECK(sock_send(sock, &go, 1) && sock_recv(sock, &go, 1), "the other process is gone");
	return end;
}

void echo_close(struct end *end, struct buf *buf)
{
	struct nic *nic = end->nic;
	end_free(end);
	buf_free(buf);
	nic_close(nic);
}
