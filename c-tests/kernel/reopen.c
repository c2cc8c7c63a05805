// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Opening while unplugging: reopen DEVICE NETDEV
//
// Three threads list the devices, open the one named DEVICE if it is there, use it a little and
// close it, while the main thread takes the device away and makes it anew a number of times. Any
// call may fail while the device is gone, but only as a missing device would make it fail. Prints
// `done`, or what went wrong.

#include <errno.h>
#include <infiniband/verbs.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 3, ROUNDS = 12, LIMIT_SECONDS = 75 };

static const char *name;
static atomic_bool stop;
static atomic_long opened, refused;
static atomic_int strange;  // an error number that a missing device does not explain

static void too_long(int signal)
{
	(void)signal;
	if (write(STDOUT_FILENO, "a call did not return\n", 22) < 0)
		_exit(4);
	_exit(3);
}

// What a device that is gone, going or only half there makes the calls answer.
static int explained(int error)
{
	return error == ENODEV || error == EIO || error == ENOENT || error == ENXIO ||
	       error == ENOSYS || error == EINVAL || error == EBUSY;
}

static void use(struct ibv_context *context)
{
	struct ibv_device_attr attr;
	int error = ibv_query_device(context, &attr);
	struct ibv_pd *pd = error ? NULL : ibv_alloc_pd(context);

	if (pd)
		ibv_dealloc_pd(pd);
	else if (!explained(error ? error : errno))
		strange = error ? error : errno;
}

static void *worker(void *unused)
{
	(void)unused;
	while (!stop) {
		int count = 0;
		struct ibv_device **list = ibv_get_device_list(&count);

		for (int i = 0; i < count; i++) {
			struct ibv_context *context;

			if (strcmp(ibv_get_device_name(list[i]), name))
				continue;
			errno = 0;
			context = ibv_open_device(list[i]);
			if (context) {
				opened++;
				use(context);
				ibv_close_device(context);
			} else {
				refused++;
				if (errno && !explained(errno))
					strange = errno;
			}
		}
		if (list)
			ibv_free_device_list(list);
	}
	return NULL;
}

static int run(const char *const *words)
{
	int status;
	pid_t child = fork();

	if (!child) {
		execvp(words[0], (char *const *)words);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	const char *take[] = { "rdma", "link", "delete", argv[1], NULL };
	const char *give[] = { "rdma", "link", "add", argv[1], "type", "rxe", "netdev", argv[2], NULL };
	pthread_t threads[THREADS];

	if (argc != 3)
		return 2;
	name = argv[1];
	signal(SIGALRM, too_long);
	alarm(LIMIT_SECONDS);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, worker, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		usleep(50000);
		if (run(take) || run(give)) {
			printf("round %d: rdma failed\n", i);
			return 1;
		}
	}
	stop = true;
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	fprintf(stderr, "opened %ld times, refused %ld times\n", opened, refused);
	if (strange)
		printf("unexpected error: %s\n", strerror(strange));
	printf(opened ? "done\n" : "never opened\n");
	return 0;
}
