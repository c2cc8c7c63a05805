/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * For programs whose output on two libraries is compared. They print facts: no address, no time,
 * nothing that differs between two runs on one library.
 */
#ifndef CTESTS_DIFF_H
#define CTESTS_DIFF_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static unsigned long values;

/* From here on lines belong to this section. */
#define SECTION(...) (printf("== " __VA_ARGS__), puts(""))

/* Random numbers that are the same everywhere. */
static inline uint64_t next_number(uint64_t *state)
{
	*state += 0x9e3779b97f4a7c15u;
	uint64_t z = *state;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static inline uint64_t hash_bytes(const void *bytes, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325u;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
	return hash;
}

/* Runs this program again with one variable set (or unset, with NULL) and an argument. */
static inline void again(const char *variable, const char *value, const char *argument)
{
	fflush(stdout);
	pid_t child = fork();
	if (!child) {
		if (variable && value)
			setenv(variable, value, 1);
		else if (variable)
			unsetenv(variable);
		/* By its name: below a checker the link itself would be the checker. */
		char path[4096] = "";
		if (readlink("/proc/self/exe", path, sizeof path - 1) > 0)
			execl(path, path, argument, (char *)NULL);
		_exit(99);
	}
	int status = 0;
	waitpid(child, &status, 0);
	if (WIFSIGNALED(status))
		printf("killed by signal %d\n", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		printf("exit status %d\n", WEXITSTATUS(status));
}

static inline int finish(void)
{
	printf("# %lu values\n", values);
	return fflush(stdout) != 0;
}

#endif
