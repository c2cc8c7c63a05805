/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The frame of the misuse suite; see misuse.h.
 *
 *   misuse            calls that need no device, on any library
 *   misuse device     calls on objects of a device: CTEST_DEVICE, or the first there is
 */
#include "misuse.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/wait.h>

/* A call that takes longer than this hangs. */
#define HANG_SECONDS 20

static char *outcome;
#define OUTCOME_BYTES 4096
void (*fixture)(void);

void said(const char *format, ...)
{
	size_t used = strlen(outcome);
	va_list args;
	va_start(args, format);
	vsnprintf(outcome + used, OUTCOME_BYTES - used, format, args);
	va_end(args);
}

/* The errors a library gives; any other is its number. */
static void said_errno(const char *before, int number)
{
	static const struct {
		int number;
		const char *name;
	} names[] = {
#define ERROR(name) { name, #name }
		ERROR(EPERM), ERROR(ENOENT), ERROR(EINTR), ERROR(EIO), ERROR(EBADF), ERROR(EAGAIN),
		ERROR(ENOMEM), ERROR(EACCES), ERROR(EFAULT), ERROR(EBUSY), ERROR(ENODEV),
		ERROR(EINVAL), ERROR(ENOTTY), ERROR(ENOSYS), ERROR(ENODATA), ERROR(EPROTO),
		ERROR(EOVERFLOW), ERROR(EPROTONOSUPPORT), ERROR(EOPNOTSUPP),
	};
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (names[i].number == number) {
			said(" %s %s", before, names[i].name);
			return;
		}
	said(" %s errno %d", before, number);
}

void *resolve(const char *function, const char *node)
{
	static void *library;
	if (!library)
		library = dlopen("libibverbs.so.1", RTLD_NOW | RTLD_NOLOAD);
	return library ? dlvsym(library, function, node) : NULL;
}

bool begin(const char *function, const char *node, const char *what)
{
	if (strcmp(node, "header") && !resolve(function, node)) {
		printf("%s@%s | %s | absent\n", function, node, what);
		return false;
	}
	fflush(stdout);
	outcome[0] = 0;
	pid_t child = fork();
	if (!child) {
		alarm(HANG_SECONDS);
		if (fixture)
			fixture();
		errno = 0;
		return true;
	}
	int status = 0;
	if (child < 0 || waitpid(child, &status, 0) != child)
		exit(98);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		snprintf(outcome, OUTCOME_BYTES, "hangs");
	else if (WIFSIGNALED(status))
		said("%scrash by signal %d", outcome[0] ? ", then " : "", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		said("%sexit status %d", outcome[0] ? ", then " : "", WEXITSTATUS(status));
	printf("%s@%s | %s | %s\n", function, node, what, outcome);
	return false;
}

static void end(void)
{
	/* What a leak checker or the library would do at exit is not part of the call. */
	_exit(0);
}

void end_number(long long number)
{
	int seen = errno;
	said("%s%lld", outcome[0] ? ", " : "", number);
	/* Whether errno repeats an error number is nobody's promise. */
	if (seen && seen != number && seen != -number)
		said_errno("and", seen);
	end();
	abort();
}

void end_pointer(const void *pointer)
{
	int seen = errno;
	said("%s%s", outcome[0] ? ", " : "", pointer ? "an object" : "NULL");
	if (seen)
		said_errno("and", seen);
	end();
	abort();
}

void end_text(const char *text)
{
	int seen = errno;
	said("%s", outcome[0] ? ", " : "");
	if (!text)
		said("NULL");
	else if ((uintptr_t)text < 4096)
		said("a pointer to nowhere");
	else
		said("\"%s\"", text);
	if (seen)
		said_errno("and", seen);
	end();
	abort();
}

void end_nothing(void)
{
	int seen = errno;
	said("%sreturns", outcome[0] ? ", " : "");
	if (seen)
		said_errno("with", seen);
	end();
	abort();
}

int main(int argc, char **argv)
{
	outcome = mmap(NULL, OUTCOME_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0);
	if (outcome == MAP_FAILED)
		return 97;
	if (argc > 1 && !strcmp(argv[1], "device")) {
		device_cases();
		device_inline_cases();
		old_device_cases();
	} else {
		null_cases();
		old_cases();
		plugin_cases();
	}
	return fflush(stdout) != 0;
}
