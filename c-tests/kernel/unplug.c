// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A device that is taken away while it works: unplug DEVICE COMMAND
//
// Two connected QPs write to each other's memory as fast as they can, and another thread makes PDs
// and destroys them; then the shell COMMAND takes the device away. Prints what an application sees of
// it, in words that do not depend on time: the asynchronous events, whether traffic and commands went
// on, whether the device is still listed and opened, and what the end of each object returned. A call
// that never returns is ended, and named, by alarm().

#include <errno.h>
#include <infiniband/verbs.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	DEPTH = 32, BYTES = 4096, GID_INDEX = 1, PORT = 1, LISTINGS = 5,
	EVENT_SECONDS = 3, CALL_SECONDS = 20,
};

static struct ibv_device *device;
static struct ibv_context *context;
static struct ibv_cq *cq;
static struct ibv_mr *mr;
static struct ibv_qp *qp[2];
static atomic_long completions, commands;
static atomic_bool stop;
static atomic_int command_error;
static const char *volatile calling = "nothing";

static void too_long(int signal)
{
	const char *what = calling;

	(void)signal;
	if (write(STDOUT_FILENO, "no return from ", 15) < 0 ||
	    write(STDOUT_FILENO, what, strlen(what)) < 0 || write(STDOUT_FILENO, "\n", 1) < 0)
		_exit(4);
	_exit(3);
}

static void *need(void *object, const char *what)
{
	if (!object) {
		printf("%s failed: %s\n", what, strerror(errno));
		exit(1);
	}
	return object;
}

// The device of this name, or NULL; the list keeps it.
static struct ibv_device *find(struct ibv_device **list, const char *name)
{
	for (; *list; list++)
		if (!strcmp(ibv_get_device_name(*list), name))
			return *list;
	return NULL;
}

static void create(struct ibv_pd *pd)
{
	struct ibv_qp_init_attr init = {
		.qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = DEPTH, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	int access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE;

	mr = need(ibv_reg_mr(pd, need(calloc(1, BYTES), "calloc"), BYTES, access), "ibv_reg_mr");
	cq = need(ibv_create_cq(context, 4 * DEPTH, NULL, NULL, 0), "ibv_create_cq");
	init.send_cq = init.recv_cq = cq;
	for (int i = 0; i < 2; i++)
		qp[i] = need(ibv_create_qp(pd, &init), "ibv_create_qp");
}

static void modify(struct ibv_qp *one, struct ibv_qp_attr *attr, int mask)
{
	int error = ibv_modify_qp(one, attr, mask);

	if (error) {
		printf("ibv_modify_qp to state %d failed: %s\n", attr->qp_state, strerror(error));
		exit(1);
	}
}

static void join(struct ibv_qp *one, struct ibv_qp *other)
{
	struct ibv_qp_attr attr = {
		.qp_state = IBV_QPS_INIT,
		.port_num = PORT,
		.qp_access_flags = IBV_ACCESS_REMOTE_WRITE,
	};

	modify(one, &attr, IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS);
	attr = (struct ibv_qp_attr){
		.qp_state = IBV_QPS_RTR,
		.path_mtu = IBV_MTU_1024,
		.dest_qp_num = other->qp_num,
		.ah_attr = { .port_num = PORT,
			     .grh = { .sgid_index = GID_INDEX, .hop_limit = 64 } },
	};
	// A device without GIDs has other addresses.
	attr.ah_attr.is_global = !ibv_query_gid(context, PORT, GID_INDEX, &attr.ah_attr.grh.dgid);
	modify(one, &attr, IBV_QP_STATE | IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN |
				   IBV_QP_RQ_PSN | IBV_QP_MAX_DEST_RD_ATOMIC |
				   IBV_QP_MIN_RNR_TIMER);
	attr = (struct ibv_qp_attr){
		.qp_state = IBV_QPS_RTS, .timeout = 14, .retry_cnt = 7, .rnr_retry = 7,
	};
	modify(one, &attr, IBV_QP_STATE | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
				   IBV_QP_SQ_PSN | IBV_QP_MAX_QP_RD_ATOMIC);
}

static int post(struct ibv_qp *one)
{
	struct ibv_sge sge = { .addr = (uintptr_t)mr->addr, .length = BYTES / 2, .lkey = mr->lkey };
	struct ibv_send_wr wr = {
		.sg_list = &sge,
		.num_sge = 1,
		.opcode = IBV_WR_RDMA_WRITE,
		.send_flags = IBV_SEND_SIGNALED,
		.wr.rdma = { .remote_addr = (uintptr_t)mr->addr + BYTES / 2, .rkey = mr->rkey },
	};
	struct ibv_send_wr *bad;

	return ibv_post_send(one, &wr, &bad);
}

// Keeps both queues full until told to stop or until the device is no use any more.
static void *traffic(void *unused)
{
	int outstanding = 0;

	(void)unused;
	while (!stop) {
		struct ibv_wc wc;
		int got;

		while (outstanding < DEPTH && !post(qp[outstanding & 1]))
			outstanding++;
		got = ibv_poll_cq(cq, 1, &wc);
		if (got < 0 || (got == 1 && wc.status != IBV_WC_SUCCESS))
			break;
		if (got == 1) {
			completions++;
			outstanding--;
		}
	}
	return NULL;
}

// Commands that reach the kernel, until told to stop or until one fails.
static void *command(void *unused)
{
	(void)unused;
	while (!stop && !command_error) {
		struct ibv_pd *pd = ibv_alloc_pd(context);

		command_error = pd ? ibv_dealloc_pd(pd) : errno;
		if (!command_error)
			commands++;
	}
	return NULL;
}

// Waits until the number has grown by so much.
static void await(atomic_long *number, long more, const char *what)
{
	long enough = *number + more;

	calling = what;
	alarm(CALL_SECONDS);
	while (*number < enough)
		usleep(1000);
	alarm(0);
}

static pid_t unplug(const char *command)
{
	pid_t child = fork();

	if (!child) {
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	return child;
}

// Events until none comes for a while, or the last one there can be.
static void events(void)
{
	struct pollfd ready = { .fd = context->async_fd, .events = POLLIN };
	int milliseconds = EVENT_SECONDS * 1000;

	while (poll(&ready, 1, milliseconds) > 0) {
		struct ibv_async_event event;

		if (ibv_get_async_event(context, &event)) {
			printf("ibv_get_async_event failed: %s\n", strerror(errno));
			return;
		}
		printf("event: %s\n", ibv_event_type_str(event.event_type));
		ibv_ack_async_event(&event);
		if (event.event_type == IBV_EVENT_DEVICE_FATAL)
			return;
	}
	printf("no event\n");
}

// Waits for the command; returns whether it has ended. Without a limit it is waited for in the end.
static bool command_ended(pid_t child, int tries)
{
	int status;

	for (int i = 0; tries < 0 || i < tries; i++) {
		if (waitpid(child, &status, tries < 0 ? 0 : WNOHANG) == child) {
			printf("the command: %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
			return true;
		}
		usleep(10000);
	}
	printf("the command waits\n");
	return false;
}

#define SAY(call)                                                                              \
	do {                                                                                   \
		calling = #call;                                                               \
		alarm(CALL_SECONDS);                                                           \
		int error_ = call;                                                             \
		alarm(0);                                                                      \
		printf("%s: %s\n", #call, error_ ? strerror(abs(error_)) : "done");            \
	} while (0)

// Whether others still find the device, which is asked for again and again.
static void look(const char *name)
{
	struct ibv_context *again;
	int seen = 0;

	calling = "listing while the device goes";
	alarm(CALL_SECONDS);
	for (int i = 0; i < LISTINGS; i++) {
		struct ibv_device **list = need(ibv_get_device_list(NULL), "ibv_get_device_list");

		seen += !!find(list, name);
		ibv_free_device_list(list);
	}
	calling = "opening while the device goes";
	alarm(CALL_SECONDS);
	again = ibv_open_device(device);
	alarm(0);
	printf("listed %d times of %d, then %s\n", seen, LISTINGS, again ? "opened" : "not opened");
	if (again)
		ibv_close_device(again);
}

// A device that is gone ends what is done with it; one that waits for its users serves them.
static void watch(bool ended, pthread_t threads[2])
{
	if (ended) {
		calling = "traffic and commands on a device that is gone";
		alarm(CALL_SECONDS);
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		printf("traffic ends; commands: %s\n", strerror(command_error));
	} else {
		await(&completions, 200, "traffic while the command waits");
		await(&commands, 20, "commands while the command waits");
		printf("traffic and commands go on\n");
		stop = true;
		calling = "the end of the threads";
		alarm(CALL_SECONDS);
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
	}
	alarm(0);
}

int main(int argc, char **argv)
{
	struct ibv_device **list;
	struct ibv_pd *pd;
	pthread_t threads[2];
	pid_t child;
	bool ended;

	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGALRM, too_long);
	list = need(ibv_get_device_list(NULL), "ibv_get_device_list");
	device = need(find(list, argv[1]), "the search for the device");
	context = need(ibv_open_device(device), "ibv_open_device");
	pd = need(ibv_alloc_pd(context), "ibv_alloc_pd");
	create(pd);
	join(qp[0], qp[1]);
	join(qp[1], qp[0]);
	pthread_create(&threads[0], NULL, traffic, NULL);
	pthread_create(&threads[1], NULL, command, NULL);
	await(&completions, 200, "traffic before the device went");
	await(&commands, 20, "commands before the device went");
	printf("traffic and commands run\n");

	child = unplug(argv[2]);
	events();
	ended = command_ended(child, 300);
	look(argv[1]);
	watch(ended, threads);

	SAY(ibv_destroy_qp(qp[0]));
	SAY(ibv_destroy_qp(qp[1]));
	SAY(ibv_destroy_cq(cq));
	SAY(ibv_dereg_mr(mr));
	SAY(ibv_dealloc_pd(pd));
	SAY(ibv_close_device(context));
	ibv_free_device_list(list);

	calling = "the command";
	alarm(CALL_SECONDS);
	if (!ended)
		command_ended(child, -1);
	alarm(0);
	list = need(ibv_get_device_list(NULL), "ibv_get_device_list");
	printf("listed afterwards: %s\n", find(list, argv[1]) ? "yes" : "no");
	ibv_free_device_list(list);
	return 0;
}
