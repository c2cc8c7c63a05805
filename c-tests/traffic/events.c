/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Completion channels and async events: who raises one, how it is waited for, counted, dropped.
 * Tests of one side use a queue pair connected to itself.
 */
#include "nic.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Long enough for what must not happen to happen; nothing depends on its being exact. */
#define SETTLE_US 20000

struct loop {
	struct nic *nic;
	struct ibv_comp_channel *channel;
	struct end *end;
	struct buf *buf;
};

static struct loop loop_new(const struct end_options *base)
{
	struct loop l;
	struct end_options options = *base;
	l.nic = nic_open();
	ENSURE(l.channel = ibv_create_comp_channel(l.nic->ctx));
	options.channel = l.channel;
	l.end = end_new(l.nic, IBV_QPT_RC, &options);
	l.buf = buf_new(l.nic, 65536, ALL_ACCESS);
	end_loop(l.end, l.buf, &options);
	return l;
}

static void loop_free(struct loop *l)
{
	end_free(l->end);
	buf_free(l->buf);
	ZERO(ibv_destroy_comp_channel(l->channel));
	nic_close(l->nic);
}

static void loop_send(struct loop *l, uint64_t wr_id, unsigned flags)
{
	struct ibv_sge sge = sge_of(l->buf, 0, 16), to = sge_of(l->buf, 4096, 16);
	must_recv(l->end, wr_id, &to, 1);
	struct ibv_send_wr wr = send_wr(wr_id, IBV_WR_SEND, flags, &sge, 1);
	must_send(l->end, &wr);
}

static struct ibv_cq *get_event(struct ibv_comp_channel *channel)
{
	struct ibv_cq *cq = NULL;
	void *context = NULL;
	step("waiting for a completion event");
	while (!readable(channel->fd, 50))
		check_other_side();
	EXPECT(ibv_get_cq_event(channel, &cq, &context), 0);
	CHECK(cq->cq_context == context, "event with another context");
	return cq;
}

static void no_event(struct ibv_comp_channel *channel, const char *why)
{
	usleep(SETTLE_US);
	CHECK(!readable(channel->fd, 0), "an event %s", why);
}

static void set_nonblocking(int fd)
{
	ENSURE(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0);
}

/* --- completion channels --- */

static void all_completions(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct loop l = loop_new(&usual);
	for (uint64_t i = 0; i < (options.quick ? 5u : 50u); i++) {
		ZERO(ibv_req_notify_cq(l.end->recv_cq, 0));
		loop_send(&l, i, 0);
		CHECK(get_event(l.channel) == l.end->recv_cq, "event of another CQ");
		ibv_ack_cq_events(l.end->recv_cq, 1);
		want_wc(l.end->recv_cq, i, IBV_WC_SUCCESS);
	}
	loop_free(&l);
}

/* One event for one arming, however many completions come. */
static void one_per_arming(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct loop l = loop_new(&usual);
	loop_send(&l, 0, 0);
	want_wc(l.end->recv_cq, 0, IBV_WC_SUCCESS);
	no_event(l.channel, "of a CQ that was never armed");
	ZERO(ibv_req_notify_cq(l.end->recv_cq, 0));
	for (uint64_t i = 1; i <= 5; i++)
		loop_send(&l, i, 0);
	CHECK(get_event(l.channel) == l.end->recv_cq, "event of another CQ");
	for (uint64_t i = 1; i <= 5; i++)
		want_wc(l.end->recv_cq, i, IBV_WC_SUCCESS);
	no_event(l.channel, "more than the CQ was armed for");
	ibv_ack_cq_events(l.end->recv_cq, 1);
	loop_free(&l);
}

static void solicited_only(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct loop l = loop_new(&usual);
	ZERO(ibv_req_notify_cq(l.end->recv_cq, 1));
	loop_send(&l, 1, 0);
	want_wc(l.end->recv_cq, 1, IBV_WC_SUCCESS);
	no_event(l.channel, "without being solicited");
	loop_send(&l, 2, IBV_SEND_SOLICITED);
	CHECK(get_event(l.channel) == l.end->recv_cq, "event of another CQ");
	ibv_ack_cq_events(l.end->recv_cq, 1);
	want_wc(l.end->recv_cq, 2, IBV_WC_SUCCESS);
	/* Solicited WRITE with immediate data; a completion in error always counts. */
	ZERO(ibv_req_notify_cq(l.end->recv_cq, 1));
	struct ibv_sge sge = sge_of(l.buf, 0, 16);
	must_recv(l.end, 3, NULL, 0);
	struct ibv_send_wr wr =
		send_wr(3, IBV_WR_RDMA_WRITE_WITH_IMM, IBV_SEND_SOLICITED, &sge, 1);
	wr_remote(&wr, (uintptr_t)l.buf->base + 8192, l.buf->mr->rkey);
	must_send(l.end, &wr);
	CHECK(get_event(l.channel) == l.end->recv_cq, "event of another CQ");
	ibv_ack_cq_events(l.end->recv_cq, 1);
	want_wc(l.end->recv_cq, 3, IBV_WC_SUCCESS);
	must_recv(l.end, 4, NULL, 0);
	ZERO(ibv_req_notify_cq(l.end->recv_cq, 1));
	ZERO(qp_to(l.end->qp, IBV_QPS_ERR));
	CHECK(get_event(l.channel) == l.end->recv_cq, "event of another CQ");
	ibv_ack_cq_events(l.end->recv_cq, 1);
	want_wc(l.end->recv_cq, 4, IBV_WC_WR_FLUSH_ERR);
	loop_free(&l);
}

static void nonblocking(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct loop l = loop_new(&usual);
	struct ibv_cq *cq;
	void *context;
	struct ibv_async_event event;
	ENSURE(fcntl(l.channel->fd, F_GETFD) & FD_CLOEXEC);
	ENSURE(fcntl(l.nic->ctx->async_fd, F_GETFD) & FD_CLOEXEC);
	ENSURE(l.nic->ctx->cmd_fd >= 0 && (fcntl(l.nic->ctx->cmd_fd, F_GETFD) & FD_CLOEXEC));
	set_nonblocking(l.channel->fd);
	errno = 0;
	EXPECT(ibv_get_cq_event(l.channel, &cq, &context), -1);
	EXPECT(errno, EAGAIN);
	set_nonblocking(l.nic->ctx->async_fd);
	errno = 0;
	EXPECT(ibv_get_async_event(l.nic->ctx, &event), -1);
	EXPECT(errno, EAGAIN);
	ZERO(ibv_req_notify_cq(l.end->recv_cq, 0));
	loop_send(&l, 1, 0);
	get_event(l.channel);
	errno = 0;
	EXPECT(ibv_get_cq_event(l.channel, &cq, &context), -1);
	EXPECT(errno, EAGAIN);
	ibv_ack_cq_events(l.end->recv_cq, 1);
	loop_free(&l);
}

static int wait_epoll(int epoll_fd, int ms)
{
	struct epoll_event event;
	int got = epoll_wait(epoll_fd, &event, 1, ms);
	CHECK(got >= 0 || errno == EINTR, "epoll_wait: errno %d", errno);
	return got > 0;
}

/* Edge-triggered epoll fires for each new event, and not for one already told. */
static void epoll_edge(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct loop l = loop_new(&usual);
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = { .events = EPOLLIN | EPOLLET };
	set_nonblocking(l.channel->fd);
	ENSURE(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, l.channel->fd, &event) == 0);
	CHECK(!wait_epoll(epoll_fd, 0), "an edge without an event");
	for (uint64_t i = 0; i < 20; i++) {
		struct ibv_cq *cq;
		void *context;
		ZERO(ibv_req_notify_cq(l.end->recv_cq, 0));
		loop_send(&l, i, 0);
		step("waiting for edge %d", (int)i);
		while (!wait_epoll(epoll_fd, 50))
			check_other_side();
		CHECK(!wait_epoll(epoll_fd, 0), "a second edge for one event");
		EXPECT(ibv_get_cq_event(l.channel, &cq, &context), 0);
		ibv_ack_cq_events(cq, 1);
		want_wc(l.end->recv_cq, i, IBV_WC_SUCCESS);
	}
	close(epoll_fd);
	loop_free(&l);
}

/* Many CQs on one channel: each armed one has its event, each with its own context. */
static void shared_channel(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	enum { COUNT = 64 };
	struct nic *nic = nic_open();
	struct buf *buf = buf_new(nic, 4096, ALL_ACCESS);
	struct end *ends[COUNT];
	bool seen[COUNT] = { false };
	struct end_options options = usual;
	ENSURE(options.channel = ibv_create_comp_channel(nic->ctx));
	struct ibv_sge sge = sge_of(buf, 0, 8);
	for (int i = 0; i < COUNT; i++) {
		ends[i] = end_new(nic, IBV_QPT_RC, &options);
		end_loop(ends[i], buf, &options);
		ZERO(ibv_req_notify_cq(ends[i]->send_cq, 0));
	}
	for (int i = 0; i < COUNT; i++) {
		struct ibv_send_wr wr = send_wr(7, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1);
		wr_remote(&wr, (uintptr_t)buf->base + 64, buf->mr->rkey);
		must_send(ends[i], &wr);
	}
	for (int i = 0; i < COUNT; i++) {
		struct ibv_cq *cq = get_event(options.channel);
		int which = -1;
		for (int k = 0; k < COUNT; k++)
			if (ends[k]->send_cq == cq)
				which = k;
		CHECK(which >= 0 && !seen[which], "event %d is of CQ %d", i, which);
		CHECK(cq->cq_context == ends[which], "wrong context");
		seen[which] = true;
		ibv_ack_cq_events(cq, 1);
	}
	no_event(options.channel, "too many");
	EXPECT(ibv_destroy_comp_channel(options.channel), EBUSY);
	for (int i = 0; i < COUNT; i++)
		end_free(ends[i]);
	ZERO(ibv_destroy_comp_channel(options.channel));
	buf_free(buf);
	nic_close(nic);
}

/* The unread event of a CQ goes with the CQ; those of others stay. */
static void destroyed_unread(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	struct buf *buf = buf_new(nic, 4096, ALL_ACCESS);
	struct end_options options = usual;
	ENSURE(options.channel = ibv_create_comp_channel(nic->ctx));
	struct end *ends[3];
	struct ibv_sge sge = sge_of(buf, 0, 8);
	for (int i = 0; i < 3; i++) {
		ends[i] = end_new(nic, IBV_QPT_RC, &options);
		end_loop(ends[i], buf, &options);
		ZERO(ibv_req_notify_cq(ends[i]->send_cq, 0));
		struct ibv_send_wr wr = send_wr(7, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1);
		wr_remote(&wr, (uintptr_t)buf->base + 64, buf->mr->rkey);
		must_send(ends[i], &wr);
	}
	for (int i = 0; i < 3; i++)
		want_wc(ends[i]->send_cq, 7, IBV_WC_SUCCESS);
	usleep(SETTLE_US);
	end_free(ends[1]);
	struct ibv_cq *first = get_event(options.channel), *second = get_event(options.channel);
	CHECK((first == ends[0]->send_cq && second == ends[2]->send_cq) ||
		      (first == ends[2]->send_cq && second == ends[0]->send_cq),
	      "events of other CQs");
	no_event(options.channel, "of a destroyed CQ");
	ibv_ack_cq_events(first, 1);
	ibv_ack_cq_events(second, 1);
	end_free(ends[0]);
	end_free(ends[2]);
	ZERO(ibv_destroy_comp_channel(options.channel));
	buf_free(buf);
	nic_close(nic);
}

static _Atomic int destroyed;

static void *destroy_cq_thread(void *arg)
{
	int ret = ibv_destroy_cq(arg);
	destroyed = 1;
	return (void *)(intptr_t)ret;
}

/* ibv_destroy_cq waits until all events taken are acknowledged. */
static void destroy_waits_for_acks(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct loop l = loop_new(&usual);
	for (uint64_t i = 0; i < 3; i++) {
		ZERO(ibv_req_notify_cq(l.end->recv_cq, 0));
		loop_send(&l, i, 0);
		get_event(l.channel);
		want_wc(l.end->recv_cq, i, IBV_WC_SUCCESS);
	}
	struct ibv_cq *cq = l.end->recv_cq;
	ZERO(ibv_destroy_qp(l.end->qp));
	l.end->qp = NULL;
	l.end->recv_cq = NULL;
	destroyed = 0;
	pthread_t thread;
	ZERO(pthread_create(&thread, NULL, destroy_cq_thread, cq));
	usleep(SETTLE_US);
	CHECK(!destroyed, "destroyed with three events not acknowledged");
	ibv_ack_cq_events(cq, 2);
	usleep(SETTLE_US);
	CHECK(!destroyed, "destroyed with one event not acknowledged");
	step("destroy after the last ack");
	ibv_ack_cq_events(cq, 1);
	void *ret;
	ZERO(pthread_join(thread, &ret));
	ENSURE(ret == NULL);
	loop_free(&l);
}

static void *destroy_qp_thread(void *arg)
{
	int ret = ibv_destroy_qp(arg);
	destroyed = 1;
	return (void *)(intptr_t)ret;
}

static void destroy_qp_waits_for_acks(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct loop l = loop_new(&usual);
	struct ibv_sge sge = sge_of(l.buf, 0, 8);
	struct ibv_send_wr wr = send_wr(7, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1);
	wr_remote(&wr, (uintptr_t)l.buf->base + 64, l.buf->mr->rkey ^ 0x654300u);
	must_send(l.end, &wr);
	struct ibv_async_event event;
	step("waiting for the access event");
	do {
		EXPECT(ibv_get_async_event(l.nic->ctx, &event), 0);
	} while (event.event_type == IBV_EVENT_COMM_EST && (ibv_ack_async_event(&event), true));
	EXPECT((int)event.event_type, IBV_EVENT_QP_ACCESS_ERR);
	destroyed = 0;
	pthread_t thread;
	ZERO(pthread_create(&thread, NULL, destroy_qp_thread, l.end->qp));
	usleep(SETTLE_US);
	CHECK(!destroyed, "destroyed with an event not acknowledged");
	ibv_ack_async_event(&event);
	void *ret;
	step("destroy after the ack");
	ZERO(pthread_join(thread, &ret));
	ENSURE(ret == NULL);
	l.end->qp = NULL;
	loop_free(&l);
}

/* Both sides sleep in get_cq_event for each message: nothing but events moves the traffic. */
static void event_pingpong(struct side *side, const void *arg)
{
	(void)arg;
	struct nic *nic = nic_open();
	struct end_options wanted = usual;
	ENSURE(wanted.channel = ibv_create_comp_channel(nic->ctx));
	wanted.one_cq = true;
	struct end *end = end_new(nic, IBV_QPT_RC, &wanted);
	struct buf *buf = buf_new(nic, 65536, ALL_ACCESS);
	end_meet(side, end, buf, &wanted);
	struct ibv_sge sge = sge_of(buf, 0, 256), to = sge_of(buf, 32768, 256);
	uint64_t rounds = options.quick ? 40 : 300, sent = 0, received = 0, completed = 0;
	unsigned events = 0;
	for (uint64_t i = 0; i < 8; i++)
		must_recv(end, 1000 + i, &to, 1);
	ZERO(ibv_req_notify_cq(end->recv_cq, 0));
	barrier(side);
	while (received < rounds || completed < rounds) {
		if (sent < rounds && (side->id == 0 ? sent == received : sent < received)) {
			fill(buf->base, 0, 256, sent);
			struct ibv_send_wr wr =
				send_wr(sent++, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
			must_send(end, &wr);
		}
		struct ibv_wc wc;
		int got = ibv_poll_cq(end->recv_cq, 1, &wc);
		if (got == 0) {
			CHECK(get_event(wanted.channel) == end->recv_cq, "event of another CQ");
			events++;
			ZERO(ibv_req_notify_cq(end->recv_cq, 0));
			got = ibv_poll_cq(end->recv_cq, 1, &wc);
		}
		CHECK(got >= 0, "ibv_poll_cq gave %d", got);
		if (got == 0)
			continue;
		CHECK(wc.status == IBV_WC_SUCCESS, "status %s", ibv_wc_status_str(wc.status));
		if (wc.opcode == IBV_WC_RECV) {
			CHECK(verify(buf->base + 32768, 0, 256, received) < 0, "message %d is wrong",
			      (int)received);
			received++;
			must_recv(end, wc.wr_id, &to, 1);
		} else {
			completed++;
		}
		step("sent %d received %d completed %d", (int)sent, (int)received, (int)completed);
	}
	ibv_ack_cq_events(end->recv_cq, events);
	barrier(side);
	end_free(end);
	ZERO(ibv_destroy_comp_channel(wanted.channel));
	buf_free(buf);
	nic_close(nic);
}

/* --- async events --- */

static void cq_overrun(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	struct buf *buf = buf_new(nic, 4096, ALL_ACCESS);
	struct ibv_cq *small;
	ENSURE(small = ibv_create_cq(nic->ctx, 1, NULL, NULL, 0));
	int room = small->cqe;
	CHECK(room >= 1 && room <= 4096, "cqe is %d", room);
	struct end_options options = usual;
	options.send_wr = (uint32_t)room + 32;
	struct end *end = end_new(nic, IBV_QPT_RC, &options);
	ZERO(ibv_destroy_qp(end->qp));
	struct ibv_qp_init_attr attr = {
		.send_cq = small, .recv_cq = end->recv_cq, .qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = (uint32_t)room + 32, .max_recv_wr = 1, .max_send_sge = 1,
			 .max_recv_sge = 1 },
	};
	ENSURE(end->qp = ibv_create_qp(nic->pd, &attr));
	end_loop(end, buf, &usual);
	struct ibv_sge sge = sge_of(buf, 0, 8);
	for (int i = 0; i < room + 16; i++) {
		struct ibv_send_wr wr =
			send_wr((uint64_t)i, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1);
		wr_remote(&wr, (uintptr_t)buf->base + 64, buf->mr->rkey);
		int ret = post_send(end, &wr);
		CHECK(ret == 0 || i > room, "post %d gave %d", i, ret);
	}
	/* An error of the CQ is one of its QPs too; the order of the two events is free. */
	bool told = false;
	while (!told) {
		struct ibv_async_event event;
		step("waiting for the overrun to be told");
		while (!readable(nic->ctx->async_fd, 50))
			check_other_side();
		EXPECT(ibv_get_async_event(nic->ctx, &event), 0);
		CHECK(event.event_type == IBV_EVENT_CQ_ERR || event.event_type == IBV_EVENT_QP_FATAL ||
			      event.event_type == IBV_EVENT_COMM_EST,
		      "event %s", ibv_event_type_str(event.event_type));
		if (event.event_type == IBV_EVENT_CQ_ERR) {
			CHECK(event.element.cq == small, "of another CQ");
			told = true;
		}
		ibv_ack_async_event(&event);
	}
	/* What fitted is there and in order, or the CQ refuses to be polled; no more, no less. */
	struct ibv_wc wc;
	for (int i = 0; i < room; i++) {
		int got = ibv_poll_cq(small, 1, &wc);
		if (got < 0)
			break;
		CHECK(got == 1 && wc.wr_id == (uint64_t)i, "completion %d of %d: got %d, WR %d", i,
		      room, got, (int)wc.wr_id);
	}
	end_free(end);
	ZERO(ibv_destroy_cq(small));
	buf_free(buf);
	nic_close(nic);
}

static void srq_limit(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct end_options options = usual;
	options.srq_wr = 32;
	struct loop l = loop_new(&options);
	struct ibv_srq *srq = l.end->srq;
	struct ibv_sge sge = sge_of(l.buf, 0, 16), to = sge_of(l.buf, 4096, 16);
	for (uint64_t i = 0; i < 10; i++)
		must_recv(l.end, i, &to, 1);
	struct ibv_srq_attr attr = { .srq_limit = 5 };
	ZERO(ibv_modify_srq(srq, &attr, IBV_SRQ_LIMIT));
	ZERO(ibv_query_srq(srq, &attr));
	CHECK(attr.srq_limit == 5, "limit is %u, not 5", attr.srq_limit);
	for (uint64_t i = 0; i < 5; i++) {
		struct ibv_send_wr wr = send_wr(i, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
		must_send(l.end, &wr);
		want_wc(l.end->send_cq, i, IBV_WC_SUCCESS);
		want_wc(l.end->recv_cq, i, IBV_WC_SUCCESS);
	}
	usleep(SETTLE_US);
	CHECK(!readable(l.nic->ctx->async_fd, 0), "an event with five receives left, limit five");
	struct ibv_send_wr wr = send_wr(5, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
	must_send(l.end, &wr);
	struct ibv_async_event event = want_event(l.nic, IBV_EVENT_SRQ_LIMIT_REACHED);
	CHECK(event.element.srq == srq, "event of another SRQ");
	want_wc(l.end->recv_cq, 5, IBV_WC_SUCCESS);
	/* Told once; the limit is unarmed then. */
	ZERO(ibv_query_srq(srq, &attr));
	CHECK(attr.srq_limit == 0, "limit is %u after its event", attr.srq_limit);
	wr.wr_id = 6;
	must_send(l.end, &wr);
	want_wc(l.end->recv_cq, 6, IBV_WC_SUCCESS);
	usleep(SETTLE_US);
	CHECK(!readable(l.nic->ctx->async_fd, 0), "told twice");
	loop_free(&l);
}

static void last_wqe(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct end_options options = usual;
	options.srq_wr = 8;
	struct loop l = loop_new(&options);
	ZERO(qp_to(l.end->qp, IBV_QPS_ERR));
	struct ibv_async_event event = want_event(l.nic, IBV_EVENT_QP_LAST_WQE_REACHED);
	CHECK(event.element.qp == l.end->qp, "event of another QP");
	loop_free(&l);
}

static void comm_est(struct side *side, const void *arg)
{
	(void)arg;
	struct nic *nic = nic_open();
	struct buf *buf = buf_new(nic, 4096, ALL_ACCESS);
	struct end *end = end_new(nic, IBV_QPT_RC, &usual);
	struct peer mine = end_describe(end, buf), theirs;
	swap(side, &mine, &theirs, sizeof mine);
	struct ibv_sge sge = sge_of(buf, 0, 16);
	qp_init(end, &usual);
	must_recv(end, 2, &sge, 1);
	qp_rtr(end, &theirs, &usual);
	barrier(side);
	if (side->id == 0) {
		qp_rts(end, &usual);
		struct ibv_send_wr wr = send_wr(1, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
		must_send(end, &wr);
		want_wc(end->send_cq, 1, IBV_WC_SUCCESS);
	} else {
		want_wc(end->recv_cq, 2, IBV_WC_SUCCESS);
		struct ibv_async_event event = want_event(nic, IBV_EVENT_COMM_EST);
		CHECK(event.element.qp == end->qp, "event of another QP");
	}
	barrier(side);
	end_free(end);
	buf_free(buf);
	nic_close(nic);
}

/* SQD: what is posted waits; the event comes when the queue has drained; RTS goes on. */
static void sq_drained(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct loop l = loop_new(&usual);
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_SQD, .en_sqd_async_notify = 1 };
	ZERO(ibv_modify_qp(l.end->qp, &attr, IBV_QP_STATE | IBV_QP_EN_SQD_ASYNC_NOTIFY));
	struct ibv_async_event event = want_event(l.nic, IBV_EVENT_SQ_DRAINED);
	CHECK(event.element.qp == l.end->qp, "event of another QP");
	struct ibv_qp_init_attr init;
	ZERO(ibv_query_qp(l.end->qp, &attr, IBV_QP_STATE, &init));
	ENSURE(attr.qp_state == IBV_QPS_SQD && !attr.sq_draining);
	struct ibv_sge sge = sge_of(l.buf, 0, 16);
	struct ibv_send_wr wr = send_wr(1, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1);
	wr_remote(&wr, (uintptr_t)l.buf->base + 64, l.buf->mr->rkey);
	must_send(l.end, &wr);
	usleep(SETTLE_US);
	CHECK(cq_empty(l.end->send_cq), "executed in SQD");
	ZERO(qp_to(l.end->qp, IBV_QPS_RTS));
	want_wc(l.end->send_cq, 1, IBV_WC_SUCCESS);
	loop_free(&l);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "events/all", LINK_AUTO, 1, all_completions, NULL, 0, false },
		{ "events/one-per-arming", LINK_AUTO, 1, one_per_arming, NULL, 0, false },
		{ "events/solicited-only", LINK_AUTO, 1, solicited_only, NULL, 0, false },
		{ "events/nonblocking", LINK_AUTO, 1, nonblocking, NULL, 0, false },
		{ "events/epoll-edge", LINK_AUTO, 1, epoll_edge, NULL, 0, false },
		{ "events/shared-channel", LINK_AUTO, 1, shared_channel, NULL, 0, false },
		{ "events/destroyed-unread", LINK_AUTO, 1, destroyed_unread, NULL, 0, false },
		{ "events/destroy-waits-for-acks", LINK_AUTO, 1, destroy_waits_for_acks, NULL, 0,
		  false },
		{ "events/destroy-qp-waits-for-acks", LINK_AUTO, 1, destroy_qp_waits_for_acks, NULL, 0,
		  false },
		{ "events/async/cq-overrun", LINK_AUTO, 1, cq_overrun, NULL, 0, false },
		{ "events/async/srq-limit", LINK_AUTO, 1, srq_limit, NULL, 0, false },
		{ "events/async/last-wqe", LINK_AUTO, 1, last_wqe, NULL, 0, false },
		{ "events/async/sq-drained", LINK_AUTO, 1, sq_drained, NULL, 0, false },
		{ "events/self/pingpong", LINK_SELF, 2, event_pingpong, NULL, 0, false },
		{ "events/self/comm-est", LINK_SELF, 2, comm_est, NULL, 0, false },
		{ "events/cma/pingpong", LINK_CMA, 2, event_pingpong, NULL, 0, false },
		{ "events/cma/comm-est", LINK_CMA, 2, comm_est, NULL, 0, false },
		{ "events/ring/pingpong", LINK_RING, 2, event_pingpong, NULL, 0, false },
		{ "events/ring/comm-est", LINK_RING, 2, comm_est, NULL, 0, false },
	};
	return harness_main(argc, argv, tests, sizeof tests / sizeof tests[0], NULL);
}
