/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Frame of the C tests.
 *
 * A program is a table of tests. Its main process only supervises: it starts the program again
 * for each run of neighbouring tests that share a link and a number of sides, watches the clock,
 * and prints the lines `ok NAME`, `not ok NAME: why`, `skip NAME: reason`. What a test does and
 * how it ends stands in a page shared by all of them, so a test that crashes or hangs is reported
 * with the last step each side took, and the tests after it still run.
 *
 * A test with two sides runs the same function on both, told apart by `side->id`. Over
 * LINK_SELF the sides are two threads of one process, else two processes.
 */
#ifndef CTESTS_HARNESS_H
#define CTESTS_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum link { LINK_SELF, LINK_CMA, LINK_RING, LINK_AUTO };

struct side {
	int id;         /* 0 or 1 */
	int sock;       /* to the other side; -1 if there is none */
	enum link link;
	uint64_t seed;  /* the same on both sides, different for each test */
};

struct test {
	char name[72];
	enum link link;
	int sides;      /* 1 or 2 */
	void (*run)(struct side *side, const void *arg);
	const void *arg;
	int limit_s;    /* hang bound; 0: the usual one */
	bool alone;     /* processes of its own */
};

/* A function that a test runs in a fresh process, see spawn_role(). */
struct role {
	const char *name;
	int (*run)(int sock, const char *arg);
};

struct options {
	uint64_t seed;
	unsigned rounds;   /* kill rounds per link; 0: the usual number */
	bool quick;        /* smaller repetition counts, for slow checkers */
	bool huge;         /* the 1 GiB sizes */
	const char *filter;
};
extern struct options options;

int harness_main(int argc, char **argv, const struct test *tests, size_t count,
		 const struct role *roles);

/* --- inside a test --- */

/* Ends the test as failed; never returns. */
void fail_at(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
#define FAIL(...) fail_at(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(cond, ...)                                                                           \
	do {                                                                                       \
		if (!(cond))                                                                       \
			fail_at(__FILE__, __LINE__, __VA_ARGS__);                                  \
	} while (0)
/* The condition is its own message. */
#define ENSURE(cond) CHECK(cond, "%s is false (errno %d)", #cond, errno)
/* A verb that returns 0 or errno. */
#define ZERO(call)                                                                                 \
	do {                                                                                       \
		int ret_ = (call);                                                                 \
		if (ret_)                                                                          \
			fail_at(__FILE__, __LINE__, "%s gave %d (errno %d)", #call, ret_, errno);  \
	} while (0)
#define EXPECT(call, want)                                                                         \
	do {                                                                                       \
		int ret_ = (call), want_ = (want);                                                 \
		if (ret_ != want_)                                                                 \
			fail_at(__FILE__, __LINE__, "%s gave %d, not %s (%d)", #call, ret_, #want, \
				want_);                                                            \
	} while (0)

/* Marks the test as skipped; the caller returns after it. */
void skip_test(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Remembers what this side is about to do, for the report of a hang. */
void step(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Restarts the clock of the hang bound, for a test of many rounds. */
void still_alive(void);
/* Ends this side quietly if the other one failed. */
void check_other_side(void);
/* A line of information, printed with a leading '#'. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

void barrier(struct side *side);
void swap(struct side *side, const void *mine, void *theirs, size_t len);

/* Raw exchange on a socket; false on end of file. */
bool sock_send(int sock, const void *data, size_t len);
bool sock_recv(int sock, void *data, size_t len);

/* Starts the program again in `role`, connected by *sock. `link` sets VERBIUM_LINK. */
pid_t spawn_role(const char *role, const char *arg, enum link link, int *sock);
/* The argument vector that does so, for tests that exec it themselves; `fd` is inherited. */
char **role_argv(const char *role, const char *arg, int fd);
void set_link_env(enum link link);
/* Waits for a child, bounded by the hang bound of the test; gives the wait status. */
int wait_child(pid_t pid);

/* Deterministic numbers. */
uint64_t next_random(uint64_t *state);
uint64_t random_below(uint64_t *state, uint64_t bound);

uint64_t now_ns(void);
const char *link_name(enum link link);

#endif
