/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A process that does not get what it asks the kernel for: descriptors, threads, slots, /proc, or
 * system calls that a seccomp filter refuses. What can be done without is done without; all else
 * fails with the kernel's errno and, with VERBS_LOG_LEVEL, a line on standard error. Afterwards,
 * with the shortage over, the same process is served.
 */
#include "echo.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

enum { LEN = 600 };
#define COUNT (options.quick ? 40u : 300u)

/* --- what a process on its own does, step by step --- */

struct objects {
	struct ibv_device **list;
	struct ibv_context *ctx;
	struct ibv_pd *pd;
	struct ibv_mr *mr;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_qp *qp;
	uint64_t words[8];
};

static void let_go(struct objects *o)
{
	if (o->qp)
		ZERO(ibv_destroy_qp(o->qp));
	if (o->cq)
		ZERO(ibv_destroy_cq(o->cq));
	if (o->channel)
		ZERO(ibv_destroy_comp_channel(o->channel));
	if (o->mr)
		ZERO(ibv_dereg_mr(o->mr));
	if (o->pd)
		ZERO(ibv_dealloc_pd(o->pd));
	if (o->ctx)
		ZERO(ibv_close_device(o->ctx));
	if (o->list)
		ibv_free_device_list(o->list);
	memset(o, 0, sizeof *o);
}

static int bring_up(struct objects *o)
{
	union ibv_gid gid;
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_INIT, .port_num = 1 };
	if (ibv_query_gid(o->ctx, 1, 0, &gid))
		return errno;
	attr.qp_access_flags = ALL_ACCESS;
	int error = ibv_modify_qp(o->qp, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
						       IBV_QP_ACCESS_FLAGS);
	if (error)
		return error;
	attr.qp_state = IBV_QPS_RTR;
	attr.path_mtu = IBV_MTU_1024;
	attr.dest_qp_num = o->qp->qp_num;
	attr.max_dest_rd_atomic = 1;
	attr.min_rnr_timer = 1;
	attr.ah_attr.is_global = 1;
	attr.ah_attr.port_num = 1;
	attr.ah_attr.grh.dgid = gid;
	attr.ah_attr.grh.hop_limit = 1;
	error = ibv_modify_qp(o->qp, &attr,
			      IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
				      IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
				      IBV_QP_MIN_RNR_TIMER);
	if (error)
		return error;
	attr.qp_state = IBV_QPS_RTS;
	attr.timeout = 14;
	attr.retry_cnt = 7;
	attr.rnr_retry = 7;
	attr.max_rd_atomic = 1;
	return ibv_modify_qp(o->qp, &attr,
			     IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
				     IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

/* A WRITE of the QP to itself, whose end is waited for on the channel. */
static void carry(struct objects *o)
{
	struct ibv_sge sge = { (uintptr_t)&o->words[0], 8, o->mr->lkey };
	struct ibv_send_wr wr = send_wr(7, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1), *bad;
	wr_remote(&wr, (uintptr_t)&o->words[1], o->mr->rkey);
	o->words[0] = 0x1234567890abcdef;
	ZERO(ibv_req_notify_cq(o->cq, 0));
	ZERO(ibv_post_send(o->qp, &wr, &bad));
	struct ibv_cq *cq;
	void *context;
	ZERO(ibv_get_cq_event(o->channel, &cq, &context));
	ibv_ack_cq_events(cq, 1);
	want_wc(o->cq, 7, IBV_WC_SUCCESS);
	CHECK(o->words[1] == o->words[0], "the WRITE did not arrive");
}

/* Makes everything and sends a WRITE. NULL, or the step that was refused with *error. */
static const char *attempt(struct objects *o, int *error)
{
	struct ibv_qp_init_attr init = { .qp_type = IBV_QPT_RC };
	memset(o, 0, sizeof *o);
#define STEP(name, does)                                                                           \
	do {                                                                                       \
		step("%s", name);                                                                  \
		errno = 0;                                                                         \
		if (!(does)) {                                                                     \
			*error = errno;                                                            \
			return name;                                                               \
		}                                                                                  \
	} while (0)
	STEP("ibv_get_device_list", o->list = ibv_get_device_list(NULL));
	CHECK(o->list[0], "an empty list instead of an error");
	STEP("ibv_open_device", o->ctx = ibv_open_device(o->list[0]));
	STEP("ibv_alloc_pd", o->pd = ibv_alloc_pd(o->ctx));
	STEP("ibv_reg_mr", o->mr = ibv_reg_mr(o->pd, o->words, sizeof o->words, ALL_ACCESS));
	STEP("ibv_create_comp_channel", o->channel = ibv_create_comp_channel(o->ctx));
	STEP("ibv_create_cq", o->cq = ibv_create_cq(o->ctx, 4, NULL, o->channel, 0));
	init.send_cq = init.recv_cq = o->cq;
	init.cap.max_send_wr = init.cap.max_recv_wr = 2;
	init.cap.max_send_sge = init.cap.max_recv_sge = 1;
	STEP("ibv_create_qp", o->qp = ibv_create_qp(o->pd, &init));
	*error = bring_up(o);
	if (*error)
		return "ibv_modify_qp";
	carry(o);
	return NULL;
#undef STEP
}

/* --- what may be missing --- */

/* Refuses system call `number`, or only with `value` in argument `arg` if that is not -1. */
static void refuse(long number, int error, int arg, uint32_t value)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 (uint32_t)(arg < 0 ? offsetof(struct seccomp_data, nr) :
					      offsetof(struct seccomp_data, args) + 8 * (size_t)arg)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arg < 0 ? (uint32_t)number : value, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
	ENSURE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	ENSURE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0);
}

static void no_cma(void)
{
	refuse(SYS_process_vm_readv, EPERM, -1, 0);
	refuse(SYS_process_vm_writev, EPERM, -1, 0);
}

static void no_membarrier(void)
{
	refuse(SYS_membarrier, ENOSYS, -1, 0);
}

static void no_pidfd(void)
{
	refuse(SYS_pidfd_open, ENOSYS, -1, 0);
	refuse(SYS_getsockopt, ENOPROTOOPT, 2, SO_PEERPIDFD);
}

/* An empty directory over /proc, in a mount namespace of our own. */
static void no_proc(void)
{
	if (unshare(CLONE_NEWNS) && unshare(CLONE_NEWUSER | CLONE_NEWNS)) {
		skip_test("no new namespaces here (errno %d)", errno);
		return;
	}
	if (mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", "/proc", "tmpfs", 0, NULL))
		skip_test("no new namespaces here (errno %d)", errno);
}

static void nothing_at_all(void)
{
	no_cma();
	no_membarrier();
	no_pidfd();
}

static void no_memfd(void)
{
	refuse(SYS_memfd_create, EPERM, -1, 0);
}

static void no_unix_sockets(void)
{
	refuse(SYS_socket, EACCES, 0, AF_UNIX);
}

static void no_netlink(void)
{
	refuse(SYS_socket, EACCES, 0, AF_NETLINK);
}

static void no_epoll(void)
{
	refuse(SYS_epoll_create1, ENOMEM, -1, 0);
}

static void no_eventfd(void)
{
	refuse(SYS_eventfd2, ENOMEM, -1, 0);
}

static void no_pipe(void)
{
	refuse(SYS_pipe2, ENFILE, -1, 0);
	refuse(SYS_pipe, ENFILE, -1, 0);
}

/* The harness may need a thread for itself: only what is asked for from here on is refused. */
static void no_thread(void)
{
	refuse(SYS_clone3, ENOSYS, -1, 0);
	refuse(SYS_clone, EAGAIN, -1, 0);
}

/* RLIMIT_NPROC does not bind root. */
static void no_process(void)
{
	struct rlimit none = { 0, 0 };
	if (getuid() == 0 && (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))) {
		skip_test("another uid takes root (errno %d)", errno);
		return;
	}
	ENSURE(setrlimit(RLIMIT_NPROC, &none) == 0);
}

/* Growing a file past this limit would be answered with SIGXFSZ, which ends the process. */
static void no_large_file(void)
{
	struct rlimit few = { 100000, 100000 };
	ENSURE(setrlimit(RLIMIT_FSIZE, &few) == 0);
}

struct shortage {
	const char *name;
	void (*begin)(void);
	const char *refused; /* the step; NULL: served all the same */
	int error;
};

/* --- a process alone --- */

/* Counts the lines that standard error got since the last time. */
static int errors_fd = -1;

static void watch_errors(void)
{
	errors_fd = memfd_create("errors", 0);
	ENSURE(errors_fd >= 0);
	/* Appending, so that reading does not move where is written. */
	ENSURE(fcntl(errors_fd, F_SETFL, O_APPEND) == 0);
	ENSURE(dup2(errors_fd, 2) == 2);
	setenv("VERBS_LOG_LEVEL", "1", 1);
}

/* What was said since the last time, or "". */
static const char *said(void)
{
	static char text[4096];
	static off_t from;
	ssize_t got = pread(errors_fd, text, sizeof text - 1, from);
	text[got > 0 ? got : 0] = 0;
	from += got > 0 ? got : 0;
	return text;
}

static void want_refusal(const char *where, int error, const struct shortage *want)
{
	const char *line = said();
	CHECK(where, "served, and said '%s'", line);
	CHECK(!strcmp(where, want->refused) && error == want->error,
	      "%s gave errno %d; wanted %s to give %d; said '%s'", where, error, want->refused,
	      want->error, line);
	CHECK(strstr(line, "libibverbs: error: "), "%s, errno %d: no line, but '%s'", where, error, line);
}

static void alone(struct side *side, const void *arg)
{
	const struct shortage *shortage = arg;
	struct objects objects;
	int error = 0;
	(void)side;
	watch_errors();
	shortage->begin();
	/* Twice: what the first attempt left behind must not confuse the second. */
	for (int i = 0; i < 2; i++) {
		const char *where = attempt(&objects, &error);
		let_go(&objects);
		if (shortage->refused)
			want_refusal(where, error, shortage);
		else
			CHECK(!where, "%s gave errno %d, and said '%s'", where, error, said());
	}
}

/* Descriptors of every number fewer than are needed; then enough of them in the same process. */
static void descriptors(struct side *side, const void *arg)
{
	int spare, refused = 0;
	(void)side;
	(void)arg;
	for (spare = 0; spare < 64; spare++) {
		int result[2];
		ENSURE(pipe(result) == 0);
		pid_t pid = fork();
		ENSURE(pid >= 0);
		if (pid == 0) {
			char what[128] = "";
			struct objects objects;
			int error = 0, next;
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			watch_errors();
			ENSURE((next = dup(0)) >= 0);
			close(next);
			struct rlimit all, few;
			ENSURE(getrlimit(RLIMIT_NOFILE, &all) == 0);
			few = all;
			few.rlim_cur = (rlim_t)(next + spare);
			ENSURE(setrlimit(RLIMIT_NOFILE, &few) == 0);
			const char *where = attempt(&objects, &error);
			let_go(&objects);
			const char *line = said();
			if (where && error != EMFILE)
				snprintf(what, sizeof what, "%s gave errno %d", where, error);
			else if (where && !strstr(line, "libibverbs: error: "))
				snprintf(what, sizeof what, "%s: no line", where);
			ENSURE(setrlimit(RLIMIT_NOFILE, &all) == 0);
			const char *again = attempt(&objects, &error);
			let_go(&objects);
			if (!what[0] && again)
				snprintf(what, sizeof what, "with enough %s gave errno %d", again, error);
			if (!what[0] && where)
				snprintf(what, sizeof what, "+%s", where);
			ENSURE(write(result[1], what, sizeof what) == sizeof what);
			_exit(0);
		}
		close(result[1]);
		char what[128];
		ssize_t got = read(result[0], what, sizeof what);
		close(result[0]);
		int status = wait_child(pid);
		CHECK(got == sizeof what && status == 0, "with %d descriptors it ended with %x", spare,
		      status);
		if (!what[0])
			break;
		CHECK(what[0] == '+', "with %d descriptors: %s", spare, what);
		refused++;
		still_alive();
	}
	note("served with %d descriptors, refused with fewer", spare);
	CHECK(refused > 5 && spare < 64, "refused with %d different numbers, of %d", refused, spare);
}

/* Deep queues until the address space ends: refused, and served again when some are gone. */
static void memory(struct side *side, const void *arg)
{
	enum { MANY = 4000 };
	static struct ibv_qp *qps[MANY];
	struct objects objects;
	struct rlimit all, few;
	int error = 0, count = 0;
	(void)side;
	(void)arg;
	watch_errors();
	const char *where = attempt(&objects, &error);
	CHECK(!where, "%s gave errno %d", where, error);
	ENSURE(getrlimit(RLIMIT_AS, &all) == 0);
	FILE *size = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;
	ENSURE(size && fscanf(size, "%lu", &pages) == 1);
	fclose(size);
	few = all;
	few.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (200u << 20);
	ENSURE(setrlimit(RLIMIT_AS, &few) == 0);
	struct ibv_qp_init_attr init = { .qp_type = IBV_QPT_RC };
	init.send_cq = init.recv_cq = objects.cq;
	init.cap.max_send_wr = init.cap.max_recv_wr = 16384;
	init.cap.max_send_sge = init.cap.max_recv_sge = 32;
	init.cap.max_inline_data = 512;
	while (count < MANY && (qps[count] = ibv_create_qp(objects.pd, &init)))
		count++;
	CHECK(count > 0 && count < MANY && errno == ENOMEM, "%d QPs, errno %d", count, errno);
	CHECK(strstr(said(), "libibverbs: error: "), "no line");
	struct ibv_srq_init_attr shared = { .attr = { .max_wr = 32768, .max_sge = 32 } };
	struct ibv_srq *srqs[64];
	int shares = 0;
	while (shares < 64 && (srqs[shares] = ibv_create_srq(objects.pd, &shared)))
		shares++;
	CHECK(shares < 64 && errno == ENOMEM, "%d SRQs, errno %d", shares, errno);
	while (shares)
		ZERO(ibv_destroy_srq(srqs[--shares]));
	while (count)
		ZERO(ibv_destroy_qp(qps[--count]));
	/* The progress thread may still have had its eye on them, and lets go of them soon. */
	for (int tries = 0; tries < 5000 && !(qps[0] = ibv_create_qp(objects.pd, &init)); tries++)
		usleep(1000);
	CHECK(qps[0], "with memory again, errno %d: %s", errno, said());
	ZERO(ibv_destroy_qp(qps[0]));
	ENSURE(setrlimit(RLIMIT_AS, &all) == 0);
	let_go(&objects);
}

/* --- every slot taken, in a network namespace of our own --- */

static bool loopback_up(void)
{
	struct ifreq request;
	memset(&request, 0, sizeof request);
	strcpy(request.ifr_name, "lo");
	request.ifr_flags = IFF_UP;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &request) == 0;
	close(fd);
	return is_up;
}

static int hold_slot(unsigned slot)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int len = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "verbium/%u", slot);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ENSURE(fd >= 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
	ENSURE(bind(fd, (struct sockaddr *)&address, size) == 0);
	return fd;
}

static void slots(struct side *side, const void *arg)
{
	enum { SLOTS = 4096, EACH = 512, HOLDERS = SLOTS / EACH };
	static const struct shortage none_left = { "", NULL, "ibv_create_qp", ENOSPC };
	pid_t holders[HOLDERS];
	struct objects objects;
	int error = 0, ready[2];
	(void)side;
	(void)arg;
	if ((unshare(CLONE_NEWNET) && unshare(CLONE_NEWUSER | CLONE_NEWNET)) || !loopback_up()) {
		skip_test("no new namespaces here (errno %d)", errno);
		return;
	}
	watch_errors();
	ENSURE(pipe(ready) == 0);
	for (unsigned i = 0; i < HOLDERS; i++) {
		holders[i] = fork();
		ENSURE(holders[i] >= 0);
		if (holders[i] == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (unsigned slot = i * EACH; slot < (i + 1) * EACH; slot++)
				hold_slot(slot);
			ENSURE(write(ready[1], "r", 1) == 1);
			pause();
			_exit(0);
		}
	}
	for (int i = 0; i < HOLDERS; i++) {
		char byte;
		ENSURE(read(ready[0], &byte, 1) == 1);
	}
	for (int i = 0; i < 2; i++) {
		const char *where = attempt(&objects, &error);
		let_go(&objects);
		want_refusal(where, error, &none_left);
	}
	/* One of them goes. */
	kill(holders[3], SIGKILL);
	wait_child(holders[3]);
	const char *where = attempt(&objects, &error);
	CHECK(!where, "%s gave errno %d with slots free; said '%s'", where, error, said());
	unsigned slot = objects.qp->qp_num >> 12;
	CHECK(slot / EACH == 3, "slot %u was somebody else's", slot);
	let_go(&objects);
	for (int i = 0; i < HOLDERS; i++) {
		if (i == 3)
			continue;
		kill(holders[i], SIGKILL);
		wait_child(holders[i]);
	}
}

/* --- two processes, of which one or both lack something --- */

struct lack {
	void (*begin)(void);
	int who; /* bit 0 for side 0, bit 1 for side 1 */
};

static int partner(int sock, const char *arg)
{
	(void)arg;
	struct buf *buf;
	struct end *end = echo_open(sock, LEN, &buf);
	struct echo echo = { .first = 1, .count = COUNT, .len = LEN };
	echo_run(end, buf, &echo);
	echo_direct(end, buf, 1);
	char byte = 'x';
	CHECK(sock_send(sock, &byte, 1) && sock_recv(sock, &byte, 1), "the other side is gone");
	echo_close(end, buf);
	return 0;
}

static void together(struct side *side, const void *arg)
{
	const struct lack *lack = arg;
	if (lack->who & (1 << side->id))
		lack->begin();
	struct buf *buf;
	struct end *end = echo_open(side->sock, LEN, &buf);
	struct echo echo = { .first = 1, .count = COUNT, .len = LEN };
	echo_run(end, buf, &echo);
	echo_direct(end, buf, side->id);
	barrier(side);
	echo_close(end, buf);
}

/* A peer that lacks a pidfd is told of a death by the connection. */
static void death_without_pidfd(struct side *side, const void *arg)
{
	(void)arg;
	no_pidfd();
	int sock;
	pid_t pid = spawn_role("partner", "", side->link, &sock);
	struct buf *buf;
	struct end *end = echo_open(sock, LEN, &buf);
	struct echo echo = { .first = 1, .count = COUNT / 3, .len = LEN };
	echo_run(end, buf, &echo);
	kill(pid, SIGKILL);
	wait_child(pid);
	struct ibv_sge sge = sge_of(buf, 0, LEN);
	struct ibv_send_wr wr = send_wr(77, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
	must_send(end, &wr);
	struct ibv_wc wc;
	do {
		wc = wait_wc(end->send_cq);
	} while (wc.status == IBV_WC_SUCCESS);
	CHECK(wc.status == IBV_WC_RETRY_EXC_ERR && wc.wr_id == 77, "wr %d ended %s", (int)wc.wr_id,
	      ibv_wc_status_str(wc.status));
	close(sock);
	echo_close(end, buf);
}

static const struct shortage shortages[] = {
	{ "no-cma", no_cma, NULL, 0 },
	{ "no-membarrier", no_membarrier, NULL, 0 },
	{ "no-pidfd", no_pidfd, NULL, 0 },
	{ "no-proc", no_proc, NULL, 0 },
	{ "no-memfd", no_memfd, "ibv_open_device", EPERM },
	{ "no-unix-sockets", no_unix_sockets, "ibv_create_qp", EACCES },
	{ "no-netlink", no_netlink, "ibv_get_device_list", EACCES },
	{ "no-epoll", no_epoll, "ibv_open_device", ENOMEM },
	{ "no-eventfd", no_eventfd, "ibv_open_device", ENOMEM },
	{ "no-pipe", no_pipe, "ibv_open_device", ENFILE },
	{ "no-thread", no_thread, "ibv_create_qp", EAGAIN },
	{ "no-process", no_process, "ibv_create_qp", EAGAIN },
	{ "no-large-file", no_large_file, "ibv_open_device", EFBIG },
};

int main(int argc, char **argv)
{
	static const struct role roles[] = { { "partner", partner }, { NULL, NULL } };
	static const struct {
		const char *name;
		void (*begin)(void);
	} lacks[] = {
		{ "cma", no_cma },	   { "membarrier", no_membarrier },
		{ "pidfd", no_pidfd },	   { "proc", no_proc },
		{ "any-of-these", nothing_at_all },
	};
	static struct lack given[3 * sizeof lacks / sizeof *lacks];
	static struct test tests[64];
	size_t n = 0, many = 0;
#define ADD(function, argument, count, ...)                                                        \
	do {                                                                                       \
		struct test *test = &tests[n++];                                                   \
		snprintf(test->name, sizeof test->name, __VA_ARGS__);                              \
		test->link = LINK_AUTO;                                                            \
		test->sides = count;                                                               \
		test->run = function;                                                              \
		test->arg = argument;                                                              \
		test->alone = true;                                                                \
	} while (0)
	for (size_t i = 0; i < sizeof shortages / sizeof *shortages; i++)
		ADD(alone, &shortages[i], 1, "scarce/alone/%s", shortages[i].name);
	ADD(descriptors, NULL, 1, "scarce/alone/descriptors");
	bool quick = false;
	for (int i = 1; i < argc; i++)
		quick = quick || !strcmp(argv[i], "--quick");
	/* A checker's allocator lives in the same address space. */
	if (!quick)
		ADD(memory, NULL, 1, "scarce/alone/memory");
	ADD(slots, NULL, 1, "scarce/alone/slots");
	static const char *const whose[] = { "", "one", "other", "both" };
	for (size_t i = 0; i < sizeof lacks / sizeof *lacks; i++) {
		for (int who = quick ? 3 : 1; who <= 3; who++) {
			given[many] = (struct lack){ lacks[i].begin, who };
			ADD(together, &given[many++], 2, "scarce/%s/without-%s", whose[who],
			    lacks[i].name);
		}
	}
	ADD(death_without_pidfd, NULL, 1, "scarce/death-without-pidfd");
	return harness_main(argc, argv, tests, n, roles);
}
