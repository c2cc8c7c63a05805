// A peer for the benchmark: libfabric's shared-memory provider between two processes of one host.
//
//   fabric_peer OPERATION SIZE ITERATIONS
//
// OPERATION is write_lat, send_lat, read_lat, fadd_lat, write_bw, read_bw or send_bw. Prints one
// line: microseconds (half a round trip for write and send, a whole one for read and fadd), or
// MB/s of 2^20 bytes and millions of messages per second. Called by bench.py, which repeats it and
// takes the median. The parent is the initiator on CPU 1, the child the target on CPU 0.
// Counting follows perftest: the same number of operations in flight, the same units.

#define _GNU_SOURCE
#include <errno.h>
#include <rdma/fabric.h>
#include <rdma/fi_atomic.h>
#include <rdma/fi_cm.h>
#include <rdma/fi_domain.h>
#include <rdma/fi_endpoint.h>
#include <rdma/fi_errno.h>
#include <rdma/fi_rma.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WINDOW = 64, RECEIVES = 256, WARM_UP = 200, LIMIT_SECONDS = 30 };

#define CHECK(call)                                                                       \
	do {                                                                              \
		long rc_ = (call);                                                        \
		if (rc_ < 0) {                                                            \
			fprintf(stderr, "%s: %s\n", #call, fi_strerror((int)-rc_));       \
			exit(1);                                                          \
		}                                                                         \
	} while (0)

struct introduction {
	char name[128];
	size_t name_len;
	uint64_t address;
	uint64_t key;
};

struct side {
	struct fi_info *info;
	struct fid_fabric *fabric;
	struct fid_domain *domain;
	struct fid_av *av;
	struct fid_cq *cq;
	struct fid_ep *ep;
	struct fid_mr *mr;
	void *desc;
	uint8_t *out, *in; // One registration: what is sent from, and what the other side stores to.
	size_t size;
	fi_addr_t peer;
	uint64_t peer_address, peer_key;
	long sent, received; // Completions seen so far.
};

static atomic_int *done; // Shared by both processes: the initiator has finished.

static void open_side(struct side *s, size_t size)
{
	struct fi_info *hints = fi_allocinfo();
	hints->fabric_attr->prov_name = strdup("shm");
	hints->ep_attr->type = FI_EP_RDM;
	hints->caps = FI_MSG | FI_RMA | FI_ATOMIC;
	hints->domain_attr->mr_mode = FI_MR_VIRT_ADDR | FI_MR_LOCAL | FI_MR_ALLOCATED |
				      FI_MR_PROV_KEY;
	hints->domain_attr->threading = FI_THREAD_DOMAIN;
	CHECK(fi_getinfo(FI_VERSION(1, 11), NULL, NULL, 0, hints, &s->info));
	CHECK(fi_fabric(s->info->fabric_attr, &s->fabric, NULL));
	CHECK(fi_domain(s->fabric, s->info, &s->domain, NULL));

	struct fi_av_attr av_attr = { .type = FI_AV_TABLE, .count = 2 };
	CHECK(fi_av_open(s->domain, &av_attr, &s->av, NULL));
	struct fi_cq_attr cq_attr = { .format = FI_CQ_FORMAT_MSG, .size = 4096 };
	CHECK(fi_cq_open(s->domain, &cq_attr, &s->cq, NULL));
	CHECK(fi_endpoint(s->domain, s->info, &s->ep, NULL));
	CHECK(fi_ep_bind(s->ep, &s->av->fid, 0));
	CHECK(fi_ep_bind(s->ep, &s->cq->fid, FI_TRANSMIT | FI_RECV));
	CHECK(fi_enable(s->ep));

	s->size = size;
	size_t room = (size + 4095) & ~(size_t)4095;
	s->out = aligned_alloc(4096, 2 * room);
	s->in = s->out + room;
	memset(s->out, 0, 2 * room);
	CHECK(fi_mr_reg(s->domain, s->out, 2 * room,
			FI_SEND | FI_RECV | FI_READ | FI_WRITE | FI_REMOTE_READ | FI_REMOTE_WRITE,
			0, (uint64_t)getpid(), 0, &s->mr, NULL));
	s->desc = fi_mr_desc(s->mr);
}

// The provider keeps a file named by the process in /dev/shm for as long as the endpoint is open: left
// behind it takes memory, and the number is another process's some day.
static void close_side(struct side *s)
{
	CHECK(fi_close(&s->ep->fid));
	CHECK(fi_close(&s->mr->fid));
	CHECK(fi_close(&s->cq->fid));
	CHECK(fi_close(&s->av->fid));
	CHECK(fi_close(&s->domain->fid));
	CHECK(fi_close(&s->fabric->fid));
}

static void introduce(struct side *s, int socket)
{
	struct introduction mine = { .name_len = sizeof(mine.name) }, theirs;
	CHECK(fi_getname(&s->ep->fid, mine.name, &mine.name_len));
	int by_address = s->info->domain_attr->mr_mode & FI_MR_VIRT_ADDR;
	mine.address = by_address ? (uint64_t)(uintptr_t)s->in : (uint64_t)(s->in - s->out);
	mine.key = fi_mr_key(s->mr);
	if (write(socket, &mine, sizeof mine) != sizeof mine ||
	    read(socket, &theirs, sizeof theirs) != sizeof theirs) {
		perror("introduce");
		exit(1);
	}
	CHECK(fi_av_insert(s->av, theirs.name, 1, &s->peer, 0, NULL));
	s->peer_address = theirs.address;
	s->peer_key = theirs.key;
}

// Takes what has completed, and lets the provider make progress.
static void poll_cq(struct side *s)
{
	struct fi_cq_msg_entry entries[16];
	ssize_t count = fi_cq_read(s->cq, entries, 16);
	if (count == -FI_EAGAIN)
		return;
	if (count < 0) {
		struct fi_cq_err_entry error = { 0 };
		fi_cq_readerr(s->cq, &error, 0);
		fprintf(stderr, "completion: %s\n", fi_strerror(error.err));
		exit(1);
	}
	for (ssize_t i = 0; i < count; i++) {
		if (entries[i].flags & FI_RECV)
			s->received++;
		else
			s->sent++;
	}
}

#define POST(s, call)                                                                     \
	do {                                                                              \
		ssize_t rc_;                                                              \
		while ((rc_ = (call)) == -FI_EAGAIN)                                      \
			poll_cq(s);                                                       \
		CHECK(rc_);                                                               \
	} while (0)

static void post_write(struct side *s)
{
	POST(s, fi_write(s->ep, s->out, s->size, s->desc, s->peer, s->peer_address, s->peer_key,
			 NULL));
}

static void post_read(struct side *s)
{
	POST(s, fi_read(s->ep, s->out, s->size, s->desc, s->peer, s->peer_address, s->peer_key,
			NULL));
}

static void post_fadd(struct side *s)
{
	static uint64_t one = 1;
	POST(s, fi_fetch_atomic(s->ep, &one, 1, s->desc, s->out, s->desc, s->peer, s->peer_address,
				s->peer_key, FI_UINT64, FI_SUM, NULL));
}

static void post_send(struct side *s)
{
	POST(s, fi_send(s->ep, s->out, s->size, s->desc, s->peer, NULL));
}

static void post_receive(struct side *s)
{
	POST(s, fi_recv(s->ep, s->in, s->size, s->desc, FI_ADDR_UNSPEC, NULL));
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Either side of a ping-pong of writes: each spins on the last byte the other one stores.
static void write_ping_pong(struct side *s, long count, int first)
{
	volatile uint8_t *flag = s->in + s->size - 1;
	for (long i = 1; i <= count; i++) {
		uint8_t mark = (uint8_t)(i % 255 + 1);
		if (!first)
			while (*flag != mark)
				poll_cq(s);
		long before = s->sent;
		s->out[s->size - 1] = mark;
		post_write(s);
		while (s->sent == before)
			poll_cq(s);
		if (first)
			while (*flag != mark)
				poll_cq(s);
	}
}

static void send_ping_pong(struct side *s, long count, int first)
{
	for (long i = 0; i < count; i++) {
		long sent = s->sent, received = s->received - (s->received > i);
		if (!first)
			while (s->received <= i)
				poll_cq(s);
		post_receive(s);
		post_send(s);
		while (s->sent == sent || (first && s->received <= received))
			poll_cq(s);
	}
}

// COUNT operations with at most WINDOW in flight.
static void stream(struct side *s, long count, long window, void (*post)(struct side *))
{
	long first = s->sent;
	for (long posted = 0; posted < count; posted++) {
		while (posted - (s->sent - first) >= window)
			poll_cq(s);
		post(s);
	}
	while (s->sent - first < count)
		poll_cq(s);
}

static void take_stream(struct side *s, long count)
{
	for (long repost = RECEIVES; s->received < count; ) {
		poll_cq(s);
		for (; repost < s->received + RECEIVES && repost < count; repost++)
			post_receive(s);
	}
}

struct operation {
	const char *name;
	void (*post)(struct side *);                   // Streams of one-sided operations and sends,
	void (*ping_pong)(struct side *, long, int);   // or a ping-pong.
	long window;
	double halves; // Divides a round trip.
};

static const struct operation operations[] = {
	{ "write_lat", NULL, write_ping_pong, 0, 2 },
	{ "send_lat", NULL, send_ping_pong, 0, 2 },
	{ "read_lat", post_read, NULL, 1, 1 },
	{ "fadd_lat", post_fadd, NULL, 1, 1 },
	{ "write_bw", post_write, NULL, WINDOW, 0 },
	{ "read_bw", post_read, NULL, WINDOW, 0 },
	{ "send_bw", post_send, NULL, WINDOW, 0 },
};

// One run of both sides in step; a warm-up first, in the same connection.
static double run(struct side *s, const struct operation *op, long count, int initiator)
{
	double start = now();
	if (op->ping_pong)
		op->ping_pong(s, count, initiator);
	else if (initiator)
		stream(s, count, op->window, op->post);
	else if (op->post == post_send)
		take_stream(s, count);
	else
		while (!atomic_load(done))
			poll_cq(s);
	return now() - start;
}

static void pin(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof set, &set))
		perror("sched_setaffinity");
}

int main(int argc, char **argv)
{
	const struct operation *op = NULL;
	for (size_t i = 0; argc == 4 && i < sizeof operations / sizeof *operations; i++)
		if (!strcmp(argv[1], operations[i].name))
			op = &operations[i];
	long size = op ? atol(argv[2]) : 0, count = op ? atol(argv[3]) : 0;
	if (size < 1 || count < 1) {
		fprintf(stderr, "usage: fabric_peer OPERATION SIZE ITERATIONS\n");
		return 2;
	}

	done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int sockets[2];
	if (done == MAP_FAILED || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets)) {
		perror("fabric_peer");
		return 1;
	}
	pid_t child = fork();
	int initiator = child != 0;
	if (!initiator)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(LIMIT_SECONDS);
	pin(initiator);

	struct side s = { 0 };
	open_side(&s, (size_t)size);
	introduce(&s, sockets[initiator]);
	long total = WARM_UP + count;
	if (op->ping_pong == send_ping_pong)
		post_receive(&s);
	if (op->post == post_send && !initiator)
		for (long i = 0; i < RECEIVES && i < total; i++)
			post_receive(&s);
	char step;
	if (write(sockets[initiator], "x", 1) != 1 || read(sockets[initiator], &step, 1) != 1)
		return 1;

	double seconds;
	if (op->ping_pong || !initiator) {
		seconds = run(&s, op, total, initiator);
		count = total;
	} else {
		stream(&s, WARM_UP, op->window, op->post);
		seconds = run(&s, op, count, initiator);
		atomic_store(done, 1);
	}
	close_side(&s);
	if (!initiator)
		_exit(0);

	double each = seconds / (double)count;
	if (op->halves > 0)
		printf("%.4f\n", 1e6 * each / op->halves);
	else
		printf("%.2f %.4f\n", (double)size / each / 1048576, 1e-6 / each);
	fflush(stdout);
	int status;
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
