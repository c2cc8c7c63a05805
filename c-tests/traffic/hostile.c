/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Strangers at the socket of a slot: connections that send rubbish, memory that is not what it
 * should be, descriptors nobody asked for, or nothing at all. They lose their connection; the
 * traffic of others goes on, and nothing is left behind. What a peer may do to a ring it was given
 * is for the tests of link/local.
 */
#include "echo.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { LEN = 700 };

/* A connection to the process that owns `qpn`, or -1 while it takes no more. */
static int visit(uint32_t qpn)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int len = snprintf(address.sun_path + 1, sizeof address.sun_path - 1, "verbium/%u",
			   qpn >> 12);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ENSURE(fd >= 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
	if (connect(fd, (struct sockaddr *)&address, size)) {
		CHECK(errno == EAGAIN, "connect to @verbium/%u: errno %d", qpn >> 12, errno);
		close(fd);
		return -1;
	}
	return fd;
}

static void send_with_fds(int fd, const void *bytes, size_t len, const int *fds, int count)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(16 * sizeof(int))];
	} control;
	struct iovec iov = { (void *)(uintptr_t)bytes, len };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1 };
	memset(&control, 0, sizeof control);
	if (count > 0) {
		message.msg_control = control.room;
		message.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
		struct cmsghdr *head = CMSG_FIRSTHDR(&message);
		head->cmsg_level = SOL_SOCKET;
		head->cmsg_type = SCM_RIGHTS;
		head->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
		memcpy(CMSG_DATA(head), fds, (size_t)count * sizeof(int));
	}
	/* The other side may have hung up already, which is its right. */
	(void)!sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void misbehave(int fd, uint64_t *random)
{
	unsigned char bytes[4096];
	int fds[16];
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)next_random(random);
	size_t len = random_below(random, 3) ? random_below(random, 200) : random_below(random, 4096);
	/* Messages of the protocol begin with small numbers: rubbish that looks alike goes deeper. */
	if (random_below(random, 2)) {
		memset(bytes, 0, 64);
		for (int i = 0; i < 16; i++)
			bytes[i * 4] = (unsigned char)random_below(random, 6);
	}
	int count = (int)random_below(random, 5);
	for (int i = 0; i < count; i++) {
		switch (random_below(random, 4)) {
		case 0:
			fds[i] = open("/dev/zero", O_RDWR | O_CLOEXEC);
			break;
		case 1:
			fds[i] = memfd_create("rubbish", MFD_CLOEXEC);
			break;
		case 2:
			fds[i] = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
			ENSURE(ftruncate(fds[i], (off_t)random_below(random, 1 << 21)) == 0);
			ENSURE(fcntl(fds[i], F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0);
			break;
		default:
			fds[i] = dup(fd);
		}
		ENSURE(fds[i] >= 0);
	}
	for (uint64_t i = 0; i <= random_below(random, 3); i++)
		send_with_fds(fd, bytes, len, fds, count);
	for (int i = 0; i < count; i++)
		close(fds[i]);
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

/* The visitor: a process without the library in use. */
static int visitor(int sock, const char *arg)
{
	uint64_t random = strtoull(arg, NULL, 0);
	uint32_t qpn;
	if (!sock_recv(sock, &qpn, sizeof qpn))
		return 1;
	int open_fds[40], count = 0, turns = options.quick ? 40 : 400;
	for (int i = 0; i < turns; i++) {
		int fd = visit(qpn);
		if (fd < 0) {
			usleep(1000);
			continue;
		}
		if (random_below(&random, 8))
			misbehave(fd, &random);
		/* Some hang up at once, some stay for a while. */
		if (random_below(&random, 2) || count == 40)
			close(fd);
		else
			open_fds[count++] = fd;
		while (count > 30)
			close(open_fds[--count]);
	}
	while (count > 0)
		close(open_fds[--count]);
	return 0;
}

static void visited(struct side *side, const void *arg)
{
	(void)arg;
	struct buf *buf;
	struct end *end = echo_open(side->sock, LEN, &buf);
	struct echo echo = { .count = 200, .len = LEN };
	echo_run(end, buf, &echo);
	barrier(side);
	int before = count_fds();
	int sock = -1;
	pid_t pid = -1;
	if (side->id == 0) {
		char seed[32];
		snprintf(seed, sizeof seed, "%llu", (unsigned long long)side->seed);
		pid = spawn_role("visitor", seed, LINK_AUTO, &sock);
		ENSURE(sock_send(sock, &end->qp->qp_num, sizeof end->qp->qp_num));
	}
	/* Traffic all the while, and some more when the visitor is gone. */
	char busy = 1, other;
	while (busy) {
		echo.first += echo.count;
		echo_run(end, buf, &echo);
		if (side->id == 0) {
			struct pollfd hung_up = { .fd = sock, .events = POLLIN };
			busy = poll(&hung_up, 1, 0) == 0;
		}
		char mine = busy;
		swap(side, &mine, &other, 1);
		if (side->id == 1)
			busy = other;
	}
	if (side->id == 0) {
		int status = wait_child(pid);
		CHECK(status == 0, "the visitor ended with %x", status);
		close(sock);
	}
	echo.first += echo.count;
	echo_run(end, buf, &echo);
	/* Connections of the visitor are closed as soon as their end is read. */
	unsigned turns = 0;
	step("waiting for %d fds, there are %d", before, count_fds());
	while (count_fds() > before) {
		relax(&turns);
		usleep(1000);
	}
	barrier(side);
	echo_close(end, buf);
}

int main(int argc, char **argv)
{
	static const struct role roles[] = { { "visitor", visitor }, { NULL, NULL } };
	static const struct test tests[] = {
		{ "hostile/cma/visitor", LINK_CMA, 2, visited, NULL, 0, true },
		{ "hostile/ring/visitor", LINK_RING, 2, visited, NULL, 0, true },
	};
	return harness_main(argc, argv, tests, sizeof tests / sizeof tests[0], roles);
}
