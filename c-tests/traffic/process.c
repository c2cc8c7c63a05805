/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Processes: children that exit, exec, or open a device of their own while the parent's traffic
 * goes on; peers in sibling PID namespaces and under another uid.
 */
#include "echo.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LEN = 2000, FULL_COUNT = 600, QUICK_COUNT = 100 };
#define COUNT ((uint64_t)(options.quick ? QUICK_COUNT : FULL_COUNT))

/* --- fork while traffic runs --- */

enum child_kind { CHILD_EXIT, CHILD_QUIET_EXIT, CHILD_EXEC, CHILD_OWN_DEVICE, CHILD_KINDS };

struct forker {
	struct nic *nic;
	pid_t children[64];
	int count;
};

/* A device of the child's own, with a QP connected to itself. */
static void child_uses_own_device(void)
{
	struct nic *nic = nic_open();
	struct end *end = end_new(nic, IBV_QPT_RC, &usual);
	struct buf *buf = buf_new(nic, ECHO_BYTES(100), ALL_ACCESS);
	end_loop(end, buf, &usual);
	for (uint64_t i = 0; i < 20; i++) {
		fill(buf->base, 0, 100, i);
		struct ibv_sge sge = sge_of(buf, 0, 100), to = sge_of(buf, 4096, 100);
		must_recv(end, i, &to, 1);
		struct ibv_send_wr wr = send_wr(i, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
		must_send(end, &wr);
		want_wc(end->send_cq, i, IBV_WC_SUCCESS);
		want_wc(end->recv_cq, i, IBV_WC_SUCCESS);
		CHECK(verify(buf->base + 4096, 0, 100, i) < 0, "wrong bytes in the child");
	}
	echo_close(end, buf);
}

static void fork_some(uint64_t index, void *arg)
{
	struct forker *f = arg;
	uint64_t apart = COUNT / 10;
	if (index % (options.quick ? COUNT / 4 : apart) != apart / 2)
		return;
	enum child_kind kind = (enum child_kind)(f->count % CHILD_KINDS);
	pid_t pid = fork();
	CHECK(pid >= 0, "fork: errno %d", errno);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		switch (kind) {
		case CHILD_EXIT:
			exit(0);
		case CHILD_EXEC:
			execlp("true", "true", (char *)NULL);
			_exit(1);
		case CHILD_OWN_DEVICE:
			child_uses_own_device();
			exit(0);
		default:
			_exit(0);
		}
	}
	f->children[f->count++] = pid;
}

static void forks(struct side *side, const void *arg)
{
	(void)arg;
	struct buf *buf;
	struct end *end = echo_open(side->sock, LEN, &buf);
	struct forker f = { .nic = end->nic };
	struct echo echo = { .count = COUNT, .len = LEN, .each = fork_some, .arg = &f };
	if (side->id == 1)
		echo.each = NULL;
	echo_run(end, buf, &echo);
	for (int i = 0; i < f.count; i++) {
		step("waiting for child %d of %d", i, f.count);
		int status = wait_child(f.children[i]);
		CHECK(status == 0, "child %d ended with %x", i, status);
	}
	/* And the parent goes on as if nothing had been. */
	barrier(side);
	echo.first = COUNT;
	echo.each = NULL;
	echo_run(end, buf, &echo);
	barrier(side);
	echo_direct(end, buf, side->id);
	barrier(side);
	echo_close(end, buf);
}

/* Two forked children, one of each side, talk to each other; so do their parents. */
static void families(struct side *side, const void *arg)
{
	(void)arg;
	struct buf *buf;
	struct end *end = echo_open(side->sock, LEN, &buf);
	struct echo echo = { .count = COUNT, .len = LEN };
	struct echo before = { .count = 50, .len = LEN };
	echo_run(end, buf, &before);
	barrier(side);
	pid_t pid = fork();
	CHECK(pid >= 0, "fork: errno %d", errno);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		struct buf *own_buf;
		struct end *own = echo_open(side->sock, LEN, &own_buf);
		echo_run(own, own_buf, &echo);
		char byte = 'x';
		CHECK(sock_send(side->sock, &byte, 1) && sock_recv(side->sock, &byte, 1),
		      "the other child is gone");
		echo_close(own, own_buf);
		exit(0);
	}
	echo.first = before.count;
	echo_run(end, buf, &echo);
	int status = wait_child(pid);
	CHECK(status == 0, "the child ended with %x", status);
	barrier(side);
	echo_close(end, buf);
}

/* A child and its parent talk to each other, by devices opened after and before the fork. */
static void parent_and_child(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	int pair[2];
	ENSURE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
	/* The parent's own traffic first: threads and connections exist when it forks. */
	child_uses_own_device();
	struct nic *nic = nic_open();
	struct end *kept = end_new(nic, IBV_QPT_RC, &usual);
	pid_t pid = fork();
	CHECK(pid >= 0, "fork: errno %d", errno);
	int sock = pair[pid == 0];
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(pair[pid != 0]);
	struct buf *buf;
	struct end *end = echo_open(sock, LEN, &buf);
	struct echo echo = { .count = COUNT, .len = LEN };
	echo_run(end, buf, &echo);
	char byte = 'x';
	CHECK(sock_send(sock, &byte, 1) && sock_recv(sock, &byte, 1), "the other process is gone");
	echo_close(end, buf);
	if (pid == 0)
		exit(0);
	int status = wait_child(pid);
	CHECK(status == 0, "the child ended with %x", status);
	end_free(kept);
	nic_close(nic);
	close(sock);
}

/* --- files --- */

static void list_fds(bool *open_fds, size_t count, bool check, const bool *before)
{
	DIR *dir = opendir("/proc/self/fd");
	ENSURE(dir != NULL);
	struct dirent *entry;
	while ((entry = readdir(dir))) {
		int fd = atoi(entry->d_name);
		if (entry->d_name[0] == '.' || (size_t)fd >= count || fd == dirfd(dir))
			continue;
		open_fds[fd] = true;
		if (!check || before[fd])
			continue;
		char path[64], target[200] = "";
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		if (readlink(path, target, sizeof target - 1) < 0)
			continue;
		CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC, "fd %d (%s) would survive exec", fd, target);
	}
	closedir(dir);
}

/* All that the library opens is closed by exec, and by the last close of the device. */
static void files(struct side *side, const void *arg)
{
	(void)arg;
	static bool before[4096], during[4096], after[4096];
	list_fds(before, 4096, false, NULL);
	barrier(side);
	for (int round = 0; round < 3; round++) {
		struct buf *buf;
		struct end *end = echo_open(side->sock, LEN, &buf);
		struct echo echo = { .count = 100, .len = LEN };
		echo_run(end, buf, &echo);
		list_fds(during, 4096, true, before);
		barrier(side);
		echo_close(end, buf);
	}
	list_fds(after, 4096, false, NULL);
	/* The process may keep its slot, its thread and the connection; it does not keep more
	 * with each round. */
	int left = 0;
	for (int fd = 0; fd < 4096; fd++)
		left += after[fd] && !before[fd];
	CHECK(left <= 16, "%d files are left open", left);
}

static void many_opens(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	int rounds = options.quick ? 12 : 200;
	static bool first[4096], last[4096];
	for (int round = 0; round < rounds; round++) {
		child_uses_own_device();
		if (round == 5)
			list_fds(first, 4096, false, NULL);
	}
	list_fds(last, 4096, false, NULL);
	int more = 0;
	for (int fd = 0; fd < 4096; fd++)
		more += last[fd] - first[fd];
	CHECK(more <= 2, "%d files more after %d rounds", more, rounds);
}

/* --- somebody else's rights --- */

enum { FOUND = 1, LOGGED = 2, CANNOT = 64 };

/* In a child, before the first verb: whether the device has the name asked for, whether the log
 * went where it was asked to go. */
static int obeyed(const char *log, bool as_other)
{
	pid_t pid = fork();
	ENSURE(pid >= 0);
	if (pid == 0) {
		setenv("VERBIUM_NIC", "on", 1);
		setenv("VERBIUM_NAME", "asked_for0", 1);
		setenv("VERBS_LOG_LEVEL", "4", 1);
		setenv("VERBS_LOG_FILE", log, 1);
		if (as_other && setresuid(65534, 0, 0))
			_exit(CANNOT);
		struct ibv_device **list = ibv_get_device_list(NULL);
		int answer = 0;
		for (int i = 0; list && list[i]; i++)
			if (!strcmp(ibv_get_device_name(list[i]), "asked_for0"))
				answer |= FOUND;
		struct ibv_context *ctx = list && list[0] ? ibv_open_device(list[0]) : NULL;
		if (ctx)
			ibv_create_cq(ctx, -1, NULL, NULL, 0);
		struct stat stat;
		if (lstat(log, &stat) == 0)
			answer |= LOGGED;
		_exit(answer);
	}
	int status = wait_child(pid);
	CHECK(WIFEXITED(status), "the child ended with status %#x", status);
	return WEXITSTATUS(status);
}

/* A set-user-ID program is not steered by the variables of whoever calls it. */
static void others_rights(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	char dir[] = "/tmp/verbs-rights-XXXXXX", log[64];
	ENSURE(mkdtemp(dir));
	snprintf(log, sizeof log, "%s/log", dir);
	int mine = obeyed(log, false);
	unlink(log);
	int others = obeyed(log, true);
	unlink(log);
	rmdir(dir);
	CHECK(mine == (FOUND | LOGGED), "with one's own rights: %d", mine);
	if (others == CANNOT)
		skip_test("another uid takes root (errno %d)", EPERM);
	else
		CHECK(others == 0, "with another's rights: %d", others);
}

/* --- islands: peers that do not see each other --- */

struct island_report {
	char what; /* 'k' fine, 's' cannot be set up here */
	int error;
};

static int island_traffic(int sock, int id)
{
	struct buf *buf;
	struct end *end = echo_open(sock, LEN, &buf);
	struct echo echo = { .count = COUNT, .len = LEN };
	echo_run(end, buf, &echo);
	echo.first = COUNT;
	echo.count = 30;
	echo.len = 1;
	echo_run(end, buf, &echo);
	char byte = 'x';
	CHECK(sock_send(sock, &byte, 1) && sock_recv(sock, &byte, 1), "the other island is gone");
	echo_direct(end, buf, id);
	CHECK(sock_send(sock, &byte, 1) && sock_recv(sock, &byte, 1), "the other island is gone");
	echo_close(end, buf);
	return 0;
}

/* `arg` is KIND:ID. The socket leads to the driver first, which says when both are set up. */
static int island(int sock, const char *arg)
{
	int id = atoi(strchr(arg, ':') + 1), error = 0;
	if (!strncmp(arg, "pid:", 4)) {
		if (unshare(CLONE_NEWPID) && unshare(CLONE_NEWUSER | CLONE_NEWPID))
			error = errno;
	} else if (!strncmp(arg, "user:", 5)) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWPID))
			error = errno;
	} else if (id == 1) {
		if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) ||
		    setresuid(65534, 65534, 65534))
			error = errno;
	}
	struct island_report report;
	memset(&report, 0, sizeof report);
	report.what = error ? 's' : 'k';
	report.error = error;
	char go;
	if (!sock_send(sock, &report, sizeof report) || !sock_recv(sock, &go, 1))
		return 1;
	if (go != 'g')
		return 0;
	/* The first child is the first process of the new PID namespace. */
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(island_traffic(sock, id));
	}
	if (pid < 0)
		return 1;
	/* The driver relays from here on; this process only waits. */
	int status = wait_child(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* Copies what each island says to the other until both have hung up. */
static void relay(const int socks[2])
{
	bool open[2] = { true, true };
	while (open[0] || open[1]) {
		for (int i = 0; i < 2; i++) {
			char bytes[256];
			if (!open[i])
				continue;
			ssize_t got = recv(socks[i], bytes, sizeof bytes, MSG_DONTWAIT);
			if (got > 0)
				sock_send(socks[!i], bytes, (size_t)got);
			if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
				open[i] = false;
		}
		check_other_side();
		usleep(200);
	}
}

static void islands(struct side *side, const void *arg)
{
	const char *kind = arg;
	int socks[2];
	pid_t pids[2];
	bool possible = true;
	struct island_report report = { 0 };
	for (int i = 0; i < 2; i++) {
		char text[32];
		snprintf(text, sizeof text, "%s:%d", kind, i);
		pids[i] = spawn_role("island", text, side->link, &socks[i]);
	}
	for (int i = 0; i < 2; i++) {
		CHECK(sock_recv(socks[i], &report, sizeof report), "island %d is gone", i);
		possible = possible && report.what == 'k';
	}
	for (int i = 0; i < 2; i++)
		sock_send(socks[i], possible ? "g" : "n", 1);
	if (possible)
		relay(socks);
	else if (!strcmp(kind, "uid"))
		skip_test("another uid takes root (errno %d)", report.error);
	else
		skip_test("no new namespaces here (errno %d)", report.error);
	for (int i = 0; i < 2; i++) {
		int status = wait_child(pids[i]);
		check_other_side();
		CHECK(status == 0, "island %d ended with %x", i, status);
		close(socks[i]);
	}
}

int main(int argc, char **argv)
{
	static const struct role roles[] = { { "island", island }, { NULL, NULL } };
	static struct test tests[64];
	size_t n = 0;
#define ADD(function, argument, many, ...)                                                         \
	do {                                                                                       \
		struct test *test = &tests[n++];                                                   \
		snprintf(test->name, sizeof test->name, __VA_ARGS__);                              \
		test->link = link;                                                                 \
		test->sides = many;                                                                \
		test->run = function;                                                              \
		test->arg = argument;                                                              \
		test->alone = true;                                                                \
	} while (0)
	bool quick = false;
	for (int i = 1; i < argc; i++)
		quick = quick || !strcmp(argv[i], "--quick");
	for (enum link link = quick ? LINK_RING : LINK_CMA; link <= (quick ? LINK_RING : LINK_AUTO);
	     link++) {
		const char *on = link_name(link);
		ADD(forks, NULL, 2, "process/%s/forks", on);
		ADD(families, NULL, 2, "process/%s/families", on);
		ADD(parent_and_child, NULL, 1, "process/%s/parent-and-child", on);
		ADD(files, NULL, 2, "process/%s/files", on);
		/* Where the other's memory cannot be reached, the ring serves. */
		if (link == LINK_CMA)
			continue;
		ADD(islands, "pid", 1, "process/%s/pid-namespaces", on);
		ADD(islands, "user", 1, "process/%s/user-namespaces", on);
		ADD(islands, "uid", 1, "process/%s/another-uid", on);
	}
	enum link link = LINK_AUTO;
	ADD(many_opens, NULL, 1, "process/many-opens");
	ADD(others_rights, NULL, 1, "process/others-rights");
	return harness_main(argc, argv, tests, n, roles);
}
