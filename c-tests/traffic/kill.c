/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Death and stillness of a peer: kill -9 at random points of traffic, leaving without a word,
 * SIGSTOP for longer than any retry budget. The survivor is one process through all rounds, so
 * what a dead peer leaves behind in it would add up; it is counted.
 */
#include "echo.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WINDOW = 12, RECVS = 24, BUF_BYTES = 4 << 20 };

/* Unending traffic of one end: what it does is decided by its own random numbers. */
struct traffic {
	struct end *end;
	struct buf *buf;
	uint64_t random;
	bool sends;
	uint64_t posted, completed, recv_posted, recv_completed;
	enum ibv_wc_status error; /* first one seen */
	uint64_t error_index;
};

static size_t random_len(uint64_t *random)
{
	switch (random_below(random, 8)) {
	case 0:
		return random_below(random, 1 << 20);
	case 1:
	case 2:
		return random_below(random, 65536);
	default:
		return random_below(random, 512);
	}
}

static void traffic_post(struct traffic *t)
{
	static const enum ibv_wr_opcode kinds[] = {
		IBV_WR_SEND,	   IBV_WR_SEND_WITH_IMM,  IBV_WR_RDMA_WRITE,
		IBV_WR_RDMA_WRITE, IBV_WR_RDMA_WRITE_WITH_IMM, IBV_WR_RDMA_READ,
		IBV_WR_ATOMIC_FETCH_AND_ADD,
	};
	enum ibv_wr_opcode op = kinds[random_below(&t->random, 7)];
	size_t len = op == IBV_WR_ATOMIC_FETCH_AND_ADD ? 8 : random_len(&t->random);
	struct ibv_sge sge = sge_of(t->buf, random_below(&t->random, 1 << 20) & ~7u, len);
	struct ibv_send_wr wr = send_wr(t->posted, op, IBV_SEND_SIGNALED, &sge, 1);
	uint64_t at = t->end->peer.addr + (2 << 20) + (random_below(&t->random, 1 << 19) & ~7u);
	if (op == IBV_WR_ATOMIC_FETCH_AND_ADD)
		wr_atomic(&wr, at, t->end->peer.rkey, 1, 0);
	else
		wr_remote(&wr, at, t->end->peer.rkey);
	must_send(t->end, &wr);
	t->posted++;
}

static void traffic_recv(struct traffic *t)
{
	struct ibv_sge to = sge_of(t->buf, 3 << 20, 1 << 20);
	must_recv(t->end, t->recv_posted++, &to, 1);
}

/* Takes what has completed. Order, count and success before failure are checked here. */
static int traffic_drain(struct traffic *t)
{
	struct ibv_wc wcs[8];
	int got = ibv_poll_cq(t->end->send_cq, 8, wcs), total = got;
	CHECK(got >= 0, "ibv_poll_cq gave %d", got);
	for (int i = 0; i < got; i++) {
		CHECK(wcs[i].wr_id == t->completed, "WR %d completed, not %d", (int)wcs[i].wr_id,
		      (int)t->completed);
		t->completed++;
		if (wcs[i].status == IBV_WC_SUCCESS)
			CHECK(t->error == IBV_WC_SUCCESS, "success after %s",
			      ibv_wc_status_str(t->error));
		else if (t->error == IBV_WC_SUCCESS)
			t->error = wcs[i].status, t->error_index = wcs[i].wr_id;
		else
			CHECK(wcs[i].status == IBV_WC_WR_FLUSH_ERR, "%s after %s",
			      ibv_wc_status_str(wcs[i].status), ibv_wc_status_str(t->error));
	}
	got = ibv_poll_cq(t->end->recv_cq, 8, wcs);
	CHECK(got >= 0, "ibv_poll_cq gave %d", got);
	total += got;
	for (int i = 0; i < got; i++) {
		CHECK(wcs[i].wr_id == t->recv_completed, "receive %d completed, not %d",
		      (int)wcs[i].wr_id, (int)t->recv_completed);
		t->recv_completed++;
		CHECK(wcs[i].status == IBV_WC_SUCCESS || wcs[i].status == IBV_WC_WR_FLUSH_ERR,
		      "receive ended %s", ibv_wc_status_str(wcs[i].status));
	}
	return total;
}

static void traffic_turn(struct traffic *t)
{
	while (t->recv_posted - t->recv_completed < RECVS)
		traffic_recv(t);
	if (t->sends && t->posted - t->completed < WINDOW)
		traffic_post(t);
	traffic_drain(t);
}

/* --- the victim --- */

struct hello {
	struct peer peer;
	uint64_t random;
	uint32_t sends;
};

static int victim(int sock, const char *arg)
{
	(void)arg;
	struct hello theirs, mine;
	if (!sock_recv(sock, &theirs, sizeof theirs))
		return 1;
	struct nic *nic = nic_open();
	struct traffic t = { .random = theirs.random, .sends = theirs.sends };
	t.end = end_new(nic, IBV_QPT_RC, &usual);
	t.buf = buf_new(nic, BUF_BYTES, ALL_ACCESS);
	memset(t.buf->base, 0, BUF_BYTES);
	memset(&mine, 0, sizeof mine);
	mine.peer = end_describe(t.end, t.buf);
	if (!sock_send(sock, &mine, sizeof mine))
		return 1;
	end_connect(t.end, &theirs.peer, &usual);
	char go = 'g';
	if (!sock_send(sock, &go, 1) || !sock_recv(sock, &go, 1))
		return 1;
	unsigned turns = 0;
	for (;;) {
		traffic_turn(&t);
		CHECK(t.error == IBV_WC_SUCCESS, "victim: %s", ibv_wc_status_str(t.error));
		relax(&turns);
	}
}

/* --- the survivor --- */

static int count_lines(const char *path)
{
	FILE *file = fopen(path, "r");
	int lines = 0;
	for (int c; file && (c = fgetc(file)) != EOF;)
		lines += c == '\n';
	if (file)
		fclose(file);
	return lines;
}

static int count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;
	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count;
}

static void free_in_some_order(struct traffic *t, uint64_t *random)
{
	step("destroying");
	bool mr_first = random_below(random, 2);
	if (mr_first)
		buf_free(t->buf);
	end_free(t->end);
	if (!mr_first)
		buf_free(t->buf);
}

/* Sleeps in poll() on the channel instead of polling the CQs. */
static void wait_for_event(struct traffic *t, struct ibv_comp_channel *channel)
{
	struct ibv_cq *cq;
	void *context;
	ZERO(ibv_req_notify_cq(t->end->send_cq, 0));
	ZERO(ibv_req_notify_cq(t->end->recv_cq, 0));
	/* Whatever came before the arming raises no event. */
	bool any = false;
	while (traffic_drain(t) > 0)
		any = true;
	if (any || t->completed == t->posted)
		return;
	while (!readable(channel->fd, 50))
		check_other_side();
	EXPECT(ibv_get_cq_event(channel, &cq, &context), 0);
	ibv_ack_cq_events(cq, 1);
}

static uint64_t kill_round(struct nic *nic, struct side *side, uint64_t *random)
{
	struct hello mine, theirs;
	int sock;
	memset(&mine, 0, sizeof mine);
	struct end_options options = usual;
	/* A short budget: what is posted to a peer that is gone has to use it up. */
	options.timeout = 10;
	bool asleep = random_below(random, 4) == 0;
	if (asleep)
		ENSURE(options.channel = ibv_create_comp_channel(nic->ctx));
	pid_t pid = spawn_role("victim", "-", side->link, &sock);
	struct traffic t = { .random = next_random(random) };
	t.sends = random_below(random, 4) != 0;
	mine.sends = random_below(random, 4) != 0;
	mine.random = next_random(random);
	t.end = end_new(nic, IBV_QPT_RC, &options);
	t.buf = buf_new(nic, BUF_BYTES, ALL_ACCESS);
	mine.peer = end_describe(t.end, t.buf);
	CHECK(sock_send(sock, &mine, sizeof mine) && sock_recv(sock, &theirs, sizeof theirs),
	      "the victim died before its time");
	end_connect(t.end, &theirs.peer, &options);
	/* Some die between their connecting and the first message. */
	uint64_t stage = random_below(random, 8);
	char go;
	if (stage != 0)
		CHECK(sock_recv(sock, &go, 1) && sock_send(sock, "g", 1),
		      "the victim died before its time");
	uint64_t end_ns = now_ns() + random_below(random, stage < 4 ? 500000 : 20000000);
	unsigned turns = 0;
	if (stage > 0) {
		while (now_ns() < end_ns) {
			traffic_turn(&t);
			CHECK(!t.error, "%s before the kill", ibv_wc_status_str(t.error));
			relax(&turns);
		}
	}
	kill(pid, SIGKILL);
	uint64_t killed_ns = now_ns(), posted = t.posted;
	bool reap_late = random_below(random, 2);
	if (!reap_late)
		wait_child(pid);
	/* A queue with nothing under way has nothing to fail: give it something. */
	if (t.posted == t.completed)
		traffic_post(&t);
	while (!t.error || t.completed < t.posted) {
		step("waiting for errors: %d of %d ended, %d posted before the kill, error %d, stage %d, "
		     "sends %d/%d, asleep %d",
		     (int)t.completed, (int)t.posted, (int)posted, t.error, (int)stage, t.sends,
		     (int)mine.sends, asleep);
		/* All of them may have succeeded just before. */
		if (!t.error && t.completed == t.posted)
			traffic_post(&t);
		if (asleep)
			wait_for_event(&t, options.channel);
		traffic_drain(&t);
		relax(&turns);
	}
	uint64_t took_ns = now_ns() - killed_ns;
	/* An idle queue pair may have been told of the death before it was used again. */
	CHECK(t.error == IBV_WC_RETRY_EXC_ERR ||
		      (t.error == IBV_WC_WR_FLUSH_ERR && t.error_index >= posted),
	      "the error of WR %d of %d is %s", (int)t.error_index, (int)posted,
	      ibv_wc_status_str(t.error));
	step("waiting for flushed receives");
	while (t.recv_completed < t.recv_posted) {
		traffic_drain(&t);
		relax(&turns);
	}
	EXPECT((int)qp_state(t.end->qp), IBV_QPS_ERR);
	free_in_some_order(&t, random);
	if (asleep)
		ZERO(ibv_destroy_comp_channel(options.channel));
	if (reap_late)
		wait_child(pid);
	close(sock);
	return took_ns;
}

static void killed(struct side *side, const void *arg)
{
	(void)arg;
	unsigned rounds = options.rounds ? options.rounds : options.quick ? 8 : 120;
	uint64_t random = side->seed, longest_ns = 0;
	struct nic *nic = nic_open();
	int fds = 0, maps = 0;
	for (unsigned round = 0; round < rounds; round++) {
		if (round == 10) {
			fds = count_fds();
			maps = count_lines("/proc/self/maps");
		}
		still_alive();
		uint64_t took_ns = kill_round(nic, side, &random);
		longest_ns = took_ns > longest_ns ? took_ns : longest_ns;
	}
	if (rounds > 20) {
		/* What the first rounds needed may still be growing a little; not by the round. */
		int more_fds = count_fds() - fds, more_maps = count_lines("/proc/self/maps") - maps;
		CHECK(more_fds <= 8, "%d fds more than after ten rounds", more_fds);
		CHECK(more_maps <= 40, "%d mappings more than after ten rounds", more_maps);
	}
	nic_close(nic);
	note("kill/%s: %u rounds, seed of the test %llx, longest wait for all errors %llu ms",
	     link_name(side->link), rounds, (unsigned long long)side->seed,
	     (unsigned long long)(longest_ns / 1000000));
}

/* --- leaving in other ways --- */

static int leaver(int sock, const char *arg)
{
	struct buf *buf;
	struct end *end = echo_open(sock, 1000, &buf);
	struct echo echo = { .count = 20, .len = 1000 };
	echo_run(end, buf, &echo);
	if (!strcmp(arg, "exit"))
		exit(0);
	if (!strcmp(arg, "_exit"))
		_exit(0);
	if (!strcmp(arg, "exec"))
		execlp("true", "true", (char *)NULL);
	if (!strcmp(arg, "abort")) {
		signal(SIGABRT, SIG_DFL);
		abort();
	}
	if (!strcmp(arg, "close"))
		echo_close(end, buf);
	if (!strcmp(arg, "destroy-and-stay")) {
		struct nic *nic = end->nic;
		buf_free(buf);
		end_free(end);
		char byte;
		sock_recv(sock, &byte, 1);
		nic_close(nic);
	}
	return 0;
}

/* Also a process whose raw clone() child keeps all its files open after it was killed. */
static int cloner(int sock, const char *arg)
{
	(void)arg;
	struct buf *buf;
	struct end *end = echo_open(sock, 1000, &buf);
	struct echo echo = { .count = 20, .len = 1000 };
	echo_run(end, buf, &echo);
	long child = syscall(SYS_clone, (unsigned long)SIGCHLD, NULL, NULL, NULL, NULL);
	if (child == 0) {
		/* Neither handlers of fork nor anything else of a library runs here. */
		for (int i = 0; i < 300; i++)
			usleep(100000);
		_exit(0);
	}
	if (!sock_send(sock, &child, sizeof child))
		return 1;
	for (;;)
		pause();
}

static void expect_loss(struct end *end, struct buf *buf)
{
	struct ibv_sge sge = sge_of(buf, 0, 64);
	struct ibv_send_wr wrs[3] = {
		send_wr(1, IBV_WR_RDMA_WRITE, 0, &sge, 1),
		send_wr(2, IBV_WR_RDMA_READ, 0, &sge, 1),
		send_wr(3, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1),
	};
	wr_remote(&wrs[0], end->peer.addr, end->peer.rkey);
	wr_remote(&wrs[1], end->peer.addr, end->peer.rkey);
	wrs[0].next = &wrs[1];
	wrs[1].next = &wrs[2];
	must_send(end, &wrs[0]);
	/* All fail; an idle queue pair may have been told of the loss before. */
	for (uint64_t i = 1; i <= 3; i++) {
		step("waiting for the loss of WR %d", (int)i);
		struct ibv_wc wc = wait_wc(end->send_cq);
		bool fine = wc.status == IBV_WC_WR_FLUSH_ERR ||
			    (i == 1 && wc.status == IBV_WC_RETRY_EXC_ERR);
		CHECK(wc.wr_id == i && fine, "WR %d ended %s", (int)wc.wr_id,
		      ibv_wc_status_str(wc.status));
	}
}

static void left(struct side *side, const void *arg)
{
	int sock;
	pid_t pid = spawn_role("leaver", arg, side->link, &sock);
	struct buf *buf;
	struct end *end = echo_open(sock, 1000, &buf);
	struct echo echo = { .count = 20, .len = 1000 };
	echo_run(end, buf, &echo);
	bool stays = !strcmp(arg, "destroy-and-stay");
	if (!stays)
		wait_child(pid);
	/* If the peer stays, its QP may not be gone yet: a WRITE may still get through. */
	if (stays)
		usleep(100000);
	expect_loss(end, buf);
	echo_close(end, buf);
	close(sock);
	if (stays)
		wait_child(pid);
}

static void cloned(struct side *side, const void *arg)
{
	(void)arg;
	int sock;
	long child = 0;
	pid_t pid = spawn_role("cloner", "-", side->link, &sock);
	struct buf *buf;
	struct end *end = echo_open(sock, 1000, &buf);
	struct echo echo = { .count = 20, .len = 1000 };
	echo_run(end, buf, &echo);
	CHECK(sock_recv(sock, &child, sizeof child) && child > 0, "no clone: %ld", child);
	kill(pid, SIGKILL);
	wait_child(pid);
	expect_loss(end, buf);
	echo_close(end, buf);
	close(sock);
	CHECK(kill((pid_t)child, 0) == 0, "the clone did not outlive its parent");
	/* A new pair runs while the clone still holds what its parent had. */
	step("a new pair beside the clone");
	pid = spawn_role("leaver", "close", side->link, &sock);
	end = echo_open(sock, 1000, &buf);
	echo_run(end, buf, &echo);
	wait_child(pid);
	echo_close(end, buf);
	close(sock);
	kill((pid_t)child, SIGKILL);
}

/* --- SIGSTOP --- */

enum { STOP_LEN = 3000, STOP_COUNT = 3000 };

static int steady(int sock, const char *arg)
{
	(void)arg;
	struct buf *buf;
	struct end *end = echo_open(sock, STOP_LEN, &buf);
	struct echo echo = { .count = STOP_COUNT, .len = STOP_LEN };
	echo_run(end, buf, &echo);
	char done = 'd';
	sock_send(sock, &done, 1);
	sock_recv(sock, &done, 1);
	echo_close(end, buf);
	return 0;
}

static void *continue_later(void *arg)
{
	const pid_t *pid = arg;
	unsigned seconds = options.quick ? 3 : 10;
	uint64_t until_ns = now_ns() + seconds * 1000000000ull;
	while (now_ns() < until_ns)
		usleep(100000);
	kill(*pid, SIGCONT);
	return NULL;
}

struct stopper {
	pid_t pid;
	pthread_t thread;
};

/* Stops the peer half-way; this side goes on sending and polling against the wall. */
static void stop_half_way(uint64_t index, void *arg)
{
	struct stopper *s = arg;
	int status;
	if (index != STOP_COUNT / 2)
		return;
	ENSURE(kill(s->pid, SIGSTOP) == 0);
	ENSURE(waitpid(s->pid, &status, WUNTRACED) == s->pid && WIFSTOPPED(status));
	ZERO(pthread_create(&s->thread, NULL, continue_later, &s->pid));
}

static void stopped(struct side *side, const void *arg)
{
	(void)arg;
	struct stopper s = { 0 };
	int sock;
	s.pid = spawn_role("steady", "-", side->link, &sock);
	struct buf *buf;
	struct end *end = echo_open(sock, STOP_LEN, &buf);
	struct echo echo = { .count = STOP_COUNT, .len = STOP_LEN, .each = stop_half_way, .arg = &s };
	echo_run(end, buf, &echo);
	char done;
	CHECK(sock_recv(sock, &done, 1) && sock_send(sock, "d", 1), "the peer is gone");
	ZERO(pthread_join(s.thread, NULL));
	int status = wait_child(s.pid);
	CHECK(status == 0, "the peer ended with %x", status);
	echo_close(end, buf);
	close(sock);
}

int main(int argc, char **argv)
{
	static const struct role roles[] = {
		{ "victim", victim }, { "leaver", leaver }, { "cloner", cloner },
		{ "steady", steady }, { NULL, NULL },
	};
	static const char *const ways[] = { "exit", "_exit", "exec", "abort", "close",
					    "destroy-and-stay" };
	static struct test tests[64];
	size_t n = 0;
#define ADD(function, argument, limit, ...)                                                        \
	do {                                                                                       \
		struct test *test = &tests[n++];                                                   \
		snprintf(test->name, sizeof test->name, __VA_ARGS__);                              \
		test->link = link;                                                                 \
		test->sides = 1;                                                                   \
		test->run = function;                                                              \
		test->arg = argument;                                                              \
		test->limit_s = limit;                                                             \
		test->alone = true;                                                                \
	} while (0)
	for (enum link link = LINK_CMA; link <= LINK_RING; link++) {
		const char *on = link_name(link);
		ADD(killed, NULL, 30, "kill/%s/rounds", on);
		for (size_t i = 0; i < 6; i++)
			ADD(left, ways[i], 0, "kill/%s/left-by/%s", on, ways[i]);
		ADD(cloned, NULL, 0, "kill/%s/clone-outlives", on);
		ADD(stopped, NULL, 60, "kill/%s/stopped", on);
	}
	return harness_main(argc, argv, tests, n, roles);
}
