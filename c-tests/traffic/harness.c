/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Supervisor, child processes and reports of the C tests; see harness.h. */
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define USUAL_LIMIT_S 40
#define MAX_NOTES 64
/* After so many hangs the rest of a program is not tried: a run has to end in bounded time. */
#define MAX_HANGS 4

enum status { NOT_RUN, PASSED, FAILED, SKIPPED };

struct result {
	_Atomic int status;
	char why[420];
};

/* The page all processes of a program share. */
struct shared {
	_Atomic long current;         /* test being run, -1 between tests */
	_Atomic uint64_t started_ns;
	_Atomic int failed;           /* some side failed: the others end */
	char where[2][160];
	_Atomic int notes_count;
	char notes[MAX_NOTES][200];
	struct result results[];
};

struct options options = { .huge = true };

static struct shared *shared;
static size_t shared_len;
static int shared_fd = -1;
static const struct test *tests;
static size_t test_count;
static const char *self_path;
static char **saved_argv;
static __thread int my_side;

const char *link_name(enum link link)
{
	static const char *const names[] = { "self", "cma", "ring", "auto" };
	return names[link];
}

uint64_t now_ns(void)
{
	struct timespec ts;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

uint64_t random_below(uint64_t *state, uint64_t bound)
{
	return bound ? next_random(state) % bound : 0;
}

/* --- reports --- */

static struct result *my_result(void)
{
	long current = shared->current;
	return current < 0 ? NULL : &shared->results[current];
}

void fail_at(const char *file, int line, const char *format, ...)
{
	char text[220], before[61] = "";
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (shared)
		memcpy(before, shared->where[my_side], sizeof before - 1);
	const char *base = strrchr(file, '/');
	struct result *result = shared ? my_result() : NULL;
	int first = 0;
	if (result && atomic_compare_exchange_strong(&shared->failed, &first, 1)) {
		snprintf(result->why, sizeof result->why, "side %d: %s (%s:%d; before: %s)", my_side,
			 text, base ? base + 1 : file, line, before);
		result->status = FAILED;
	} else if (!result) {
		fprintf(stderr, "failure outside a test: %s (%s:%d)\n", text, file, line);
	}
	if (getenv("CTEST_ABORT"))
		abort();
	_exit(1);
}

void skip_test(const char *format, ...)
{
	struct result *result = my_result();
	va_list args;
	va_start(args, format);
	if (my_side == 0 && result) {
		vsnprintf(result->why, sizeof result->why, format, args);
		result->status = SKIPPED;
	}
	va_end(args);
}

void step(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	vsnprintf(shared->where[my_side], sizeof shared->where[0], format, args);
	va_end(args);
}

void still_alive(void)
{
	shared->started_ns = now_ns();
}

void note(const char *format, ...)
{
	int index = atomic_fetch_add(&shared->notes_count, 1);
	if (index >= MAX_NOTES)
		return;
	va_list args;
	va_start(args, format);
	vsnprintf(shared->notes[index], sizeof shared->notes[0], format, args);
	va_end(args);
}

void check_other_side(void)
{
	if (shared->failed)
		_exit(1);
}

/* --- talking --- */

bool sock_send(int sock, const void *data, size_t len)
{
	const char *from = data;
	while (len > 0) {
		ssize_t done = send(sock, from, len, MSG_NOSIGNAL);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		from += done;
		len -= (size_t)done;
	}
	return true;
}

bool sock_recv(int sock, void *data, size_t len)
{
	char *to = data;
	while (len > 0) {
		ssize_t done = recv(sock, to, len, 0);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		to += done;
		len -= (size_t)done;
	}
	return true;
}

void swap(struct side *side, const void *mine, void *theirs, size_t len)
{
	bool fine = sock_send(side->sock, mine, len) && sock_recv(side->sock, theirs, len);
	check_other_side();
	CHECK(fine, "the other side is gone");
}

void barrier(struct side *side)
{
	char mine = 'b', theirs = 0;
	if (side->sock < 0)
		return;
	swap(side, &mine, &theirs, 1);
	CHECK(theirs == 'b', "sides out of step");
}

/* --- processes --- */

void set_link_env(enum link link)
{
	if (link == LINK_CMA || link == LINK_RING)
		setenv("VERBIUM_LINK", link_name(link), 1);
	else
		unsetenv("VERBIUM_LINK");
}

/* An argument vector and its words, in one piece that free() takes. */
struct command {
	char *argv[96];
	size_t count;
	char words[4096];
	size_t used;
};

static void add_word(struct command *command, const char *word)
{
	size_t len = strlen(word) + 1;
	if (command->count >= 95 || command->used + len > sizeof command->words) {
		fprintf(stderr, "command line too long\n");
		_exit(2);
	}
	char *to = command->words + command->used;
	memcpy(to, word, len);
	command->argv[command->count++] = to;
	command->used += len;
}

/* The program again, behind CTEST_WRAP if that is set, with options and `extra` (NULL-ended). */
static char **child_argv(const char *const *extra)
{
	struct command *command = calloc(1, sizeof *command);
	const char *wrap = getenv("CTEST_WRAP");
	char copy[1024], *rest = NULL;
	snprintf(copy, sizeof copy, "%s", wrap ? wrap : "");
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		add_word(command, word);
	add_word(command, self_path);
	for (size_t i = 1; saved_argv[i]; i++)
		add_word(command, saved_argv[i]);
	for (size_t i = 0; extra[i]; i++)
		add_word(command, extra[i]);
	return command->argv;
}

char **role_argv(const char *role, const char *arg, int fd)
{
	char fd_text[16], shared_text[16];
	snprintf(fd_text, sizeof fd_text, "%d", fd);
	snprintf(shared_text, sizeof shared_text, "%d", shared_fd);
	const char *extra[] = { "--shared", shared_text, "--role", role, arg, fd_text, NULL };
	return child_argv(extra);
}

static void keep_over_exec(int fd)
{
	if (fd >= 0)
		fcntl(fd, F_SETFD, 0);
}

static pid_t start(char **argv, int fd, enum link link, bool new_group)
{
	pid_t supervisor = getpid();
	fflush(stdout);
	pid_t pid = fork();
	if (pid == 0) {
		if (new_group)
			setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != supervisor)
			_exit(126);
		keep_over_exec(fd);
		keep_over_exec(shared_fd);
		set_link_env(link);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (new_group && pid > 0)
		setpgid(pid, pid);
	return pid;
}

pid_t spawn_role(const char *role, const char *arg, enum link link, int *sock)
{
	int pair[2];
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0, "socketpair: %d", errno);
	char **argv = role_argv(role, arg, pair[1]);
	pid_t pid = start(argv, pair[1], link, false);
	CHECK(pid > 0, "fork: %d", errno);
	free(argv);
	close(pair[1]);
	*sock = pair[0];
	return pid;
}

int wait_child(pid_t pid)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0)
		CHECK(errno == EINTR, "waitpid: %d", errno);
	return status;
}

/* --- the tests of one run, in their process or processes --- */

static uint64_t test_seed(size_t index)
{
	uint64_t state = options.seed;
	for (const char *c = tests[index].name; *c; c++)
		state = (state ^ (uint64_t)(unsigned char)*c) * 0x100000001b3u;
	return next_random(&state);
}

static void run_tests(struct side *side, size_t low, size_t high)
{
	my_side = side->id;
	for (size_t i = low; i < high; i++) {
		if (side->id == 0) {
			shared->where[0][0] = shared->where[1][0] = 0;
			shared->started_ns = now_ns();
			shared->current = (long)i;
		}
		side->seed = test_seed(i);
		barrier(side);
		tests[i].run(side, tests[i].arg);
		barrier(side);
		int expected = NOT_RUN;
		if (side->id == 0)
			atomic_compare_exchange_strong(&shared->results[i].status, &expected, PASSED);
	}
}

struct thread_args {
	struct side side;
	size_t low, high;
};

static void *side_thread(void *arg)
{
	struct thread_args *args = arg;
	run_tests(&args->side, args->low, args->high);
	return NULL;
}

static int run_group(size_t low, size_t high, int fd)
{
	struct side side = { .id = fd >= 0 ? 1 : 0, .sock = fd, .link = tests[low].link };
	if (fd >= 0 || tests[low].sides == 1) {
		run_tests(&side, low, high);
		return 0;
	}
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return 1;
	side.sock = pair[0];
	if (side.link == LINK_SELF) {
		struct thread_args args = { .side = side, .low = low, .high = high };
		args.side.id = 1;
		args.side.sock = pair[1];
		pthread_t thread;
		if (pthread_create(&thread, NULL, side_thread, &args))
			return 1;
		run_tests(&side, low, high);
		pthread_join(thread, NULL);
		close(pair[1]);
		close(pair[0]);
		return 0;
	}
	char texts[4][24];
	snprintf(texts[0], sizeof texts[0], "%d", shared_fd);
	snprintf(texts[1], sizeof texts[1], "%zu", low);
	snprintf(texts[2], sizeof texts[2], "%zu", high);
	snprintf(texts[3], sizeof texts[3], "%d", pair[1]);
	const char *extra[] = { "--shared", texts[0], "--run",  texts[1],
				texts[2],   texts[3], NULL };
	char **argv = child_argv(extra);
	pid_t other = start(argv, pair[1], side.link, false);
	free(argv);
	close(pair[1]);
	if (other < 0)
		return 1;
	run_tests(&side, low, high);
	close(pair[0]);
	shared->current = (long)high - 1;
	snprintf(shared->where[0], sizeof shared->where[0], "waiting for the other side to exit");
	int status = wait_child(other);
	if (status == 0)
		return 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- supervisor --- */

static bool selected(size_t index)
{
	return !options.filter || strstr(tests[index].name, options.filter);
}

static bool same_group(size_t a, size_t b)
{
	return tests[a].link == tests[b].link && tests[a].sides == tests[b].sides &&
	       !tests[a].alone && !tests[b].alone;
}

/* Runs [low, high) in a process; gives its wait status, or -1 if it was stopped for hanging. */
static int supervise(size_t low, size_t high)
{
	char texts[3][24];
	snprintf(texts[0], sizeof texts[0], "%d", shared_fd);
	snprintf(texts[1], sizeof texts[1], "%zu", low);
	snprintf(texts[2], sizeof texts[2], "%zu", high);
	const char *extra[] = { "--shared", texts[0], "--run", texts[1], texts[2], "-1", NULL };
	char **argv = child_argv(extra);
	shared->current = -1;
	shared->failed = 0;
	shared->started_ns = now_ns();
	pid_t pid = start(argv, -1, tests[low].link, true);
	free(argv);
	int status = 0;
	unsigned pause_us = 200;
	while (waitpid(pid, &status, WNOHANG) == 0) {
		usleep(pause_us);
		pause_us = pause_us < 20000 ? pause_us * 2 : 20000;
		long current = shared->current;
		size_t index = current < 0 ? low : (size_t)current;
		int limit_s = tests[index].limit_s ? tests[index].limit_s : USUAL_LIMIT_S;
		/* A started test restarts the clock, so the two reads may be of two tests: look
		 * at the index again before believing it. */
		uint64_t started = shared->started_ns;
		uint64_t scale = options.quick ? 4 : 1;
		if (now_ns() > started && now_ns() - started > (uint64_t)limit_s * scale * 1000000000u &&
		    shared->current == current) {
			const char *hook = getenv("CTEST_ON_HANG");
			if (hook) {
				char command[300];
				snprintf(command, sizeof command, "%s %d", hook, (int)pid);
				if (system(command))
					fprintf(stderr, "# hook failed\n");
			}
			kill(-pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
	}
	kill(-pid, SIGKILL); /* whatever the test left behind */
	return status;
}

/* May a process read the memory of another one of its kind, even of its parent? */
static bool cma_allowed(void)
{
	static int known = -1;
	static const uint64_t nonce = 0x5eed5eed5eed5eedu;
	if (known >= 0)
		return known;
	pid_t self = getpid(), pid = fork();
	if (pid == 0) {
		uint64_t got = 0;
		struct iovec local = { &got, sizeof got };
		struct iovec remote = { (void *)(uintptr_t)&nonce, sizeof got };
		ssize_t len = process_vm_readv(self, &local, 1, &remote, 1, 0);
		_exit(len == (ssize_t)sizeof got && got == nonce ? 0 : 1);
	}
	int status = 1;
	known = pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
	return known;
}

static void print_result(size_t index)
{
	struct result *result = &shared->results[index];
	const char *name = tests[index].name;
	switch (result->status) {
	case PASSED:
		printf("ok %s\n", name);
		break;
	case SKIPPED:
		printf("skip %s: %s\n", name, result->why);
		break;
	default:
		printf("not ok %s: %s\n", name, result->why);
	}
}

static void blame(size_t index, int status)
{
	struct result *result = &shared->results[index];
	if (result->status == FAILED)
		return;
	const char *a = shared->where[0], *b = shared->where[1];
	result->status = FAILED;
	if (status == -1)
		snprintf(result->why, sizeof result->why, "hangs; side 0: %.150s; side 1: %.150s", a, b);
	else if (WIFSIGNALED(status))
		snprintf(result->why, sizeof result->why, "signal %d; side 0: %.120s; side 1: %.120s",
			 WTERMSIG(status), a, b);
	else
		snprintf(result->why, sizeof result->why, "exit %d; side 0: %.120s; side 1: %.120s",
			 WEXITSTATUS(status), a, b);
}

static int run_all(void)
{
	int failures = 0, hangs = 0;
	printf("# seed %llu\n", (unsigned long long)options.seed);
	for (size_t low = 0; low < test_count;) {
		if (!selected(low)) {
			low++;
			continue;
		}
		if (hangs >= MAX_HANGS) {
			printf("not ok %s: %d tests hung, this one and those after it were not run\n",
			       tests[low].name, hangs);
			return 1;
		}
		size_t high = low + 1;
		while (high < test_count && selected(high) && same_group(low, high))
			high++;
		bool is_possible = tests[low].link != LINK_CMA || cma_allowed();
		int status = is_possible ? supervise(low, high) : 0;
		size_t next = high;
		for (size_t i = low; i < high && !is_possible; i++) {
			snprintf(shared->results[i].why, sizeof shared->results[i].why,
				 "process_vm_readv between sibling processes is refused");
			shared->results[i].status = SKIPPED;
		}
		if (status != 0) {
			long current = shared->current;
			size_t index = current < (long)low ? low : (size_t)current;
			blame(index, status);
			hangs += status == -1;
			next = index + 1;
		}
		for (size_t i = low; i < next; i++) {
			if (shared->results[i].status == NOT_RUN) {
				snprintf(shared->results[i].why, sizeof shared->results[i].why, "did not run");
				shared->results[i].status = FAILED;
			}
			failures += shared->results[i].status == FAILED;
			print_result(i);
		}
		for (int i = 0; i < shared->notes_count && i < MAX_NOTES; i++)
			printf("# %s\n", shared->notes[i]);
		shared->notes_count = 0;
		fflush(stdout);
		low = next;
	}
	return failures ? 1 : 0;
}

static void map_shared(void)
{
	shared_len = sizeof *shared + test_count * sizeof shared->results[0];
	if (shared_fd < 0) {
		shared_fd = memfd_create("ctests", MFD_CLOEXEC);
		if (shared_fd < 0 || ftruncate(shared_fd, (off_t)shared_len)) {
			perror("memfd");
			exit(2);
		}
	}
	shared = mmap(NULL, shared_len, PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
	if (shared == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
}

int harness_main(int argc, char **argv, const struct test *all, size_t count,
		 const struct role *roles)
{
	static char path[4096];
	const char *role = NULL, *role_arg = NULL;
	int role_fd = -1, run_fd = -1;
	size_t low = 0, high = 0;
	bool listing = false;

	tests = all;
	test_count = count;
	self_path = realpath(argv[0], path) ? path : argv[0];
	saved_argv = calloc((size_t)argc + 1, sizeof *saved_argv);
	for (int i = 0, kept = 0; i < argc; i++) {
		bool inner = !strcmp(argv[i], "--shared");
		if (inner)
			break;
		saved_argv[kept++] = argv[i];
	}
	options.seed = 20261121;
	for (int i = 1; i < argc; i++) {
		int left = argc - 1 - i;
		if (!strcmp(argv[i], "--seed") && left >= 1) {
			options.seed = strtoull(argv[++i], NULL, 0);
		} else if (!strcmp(argv[i], "--rounds") && left >= 1) {
			options.rounds = (unsigned)strtoul(argv[++i], NULL, 0);
		} else if (!strcmp(argv[i], "--filter") && left >= 1) {
			options.filter = argv[++i];
		} else if (!strcmp(argv[i], "--quick")) {
			options.quick = true;
		} else if (!strcmp(argv[i], "--no-huge")) {
			options.huge = false;
		} else if (!strcmp(argv[i], "--list")) {
			listing = true;
		} else if (!strcmp(argv[i], "--shared") && left >= 1) {
			shared_fd = atoi(argv[++i]);
		} else if (!strcmp(argv[i], "--run") && left >= 3) {
			low = strtoul(argv[++i], NULL, 0);
			high = strtoul(argv[++i], NULL, 0);
			run_fd = atoi(argv[++i]);
		} else if (!strcmp(argv[i], "--role") && left >= 3) {
			role = argv[++i];
			role_arg = argv[++i];
			role_fd = atoi(argv[++i]);
		} else {
			fprintf(stderr,
				"usage: %s [--seed N] [--rounds N] [--filter TEXT] [--quick] "
				"[--no-huge] [--list]\n",
				argv[0]);
			return 2;
		}
	}
	if (listing) {
		for (size_t i = 0; i < test_count; i++)
			puts(tests[i].name);
		return 0;
	}
	map_shared();
	if (shared_fd >= 0)
		fcntl(shared_fd, F_SETFD, FD_CLOEXEC);
	if (role) {
		my_side = 1;
		if (role_fd >= 0)
			fcntl(role_fd, F_SETFD, FD_CLOEXEC);
		for (const struct role *r = roles; r && r->name; r++)
			if (!strcmp(r->name, role))
				return r->run(role_fd, role_arg);
		return 2;
	}
	if (high > low) {
		if (run_fd >= 0)
			fcntl(run_fd, F_SETFD, FD_CLOEXEC);
		return run_group(low, high, run_fd);
	}
	return run_all();
}
