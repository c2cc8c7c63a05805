/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Fork support: what its functions answer, and on which pages of a mapping the kernel has noted
 * that a child shall not have them (`dc` among VmFlags).
 */
#include "diff.h"

#include <infiniband/verbs.h>
#include <sys/mman.h>

/* Exported, but declared in no public header. */
int ibv_dontfork_range(void *base, size_t size);
int ibv_dofork_range(void *base, size_t size);

#define PAGES 12
static char *memory;
static long page;

/* A letter for each page: c if a child does not get it. */
static void show(const char *what)
{
	char flags[PAGES + 1], line[512];
	unsigned long from = 0, to = 0, first, last;
	FILE *smaps = fopen("/proc/self/smaps", "r");

	memset(flags, '?', PAGES);
	flags[PAGES] = 0;
	while (smaps && fgets(line, sizeof line, smaps)) {
		if (sscanf(line, "%lx-%lx ", &first, &last) == 2)
			from = first, to = last;
		if (strncmp(line, "VmFlags:", 8))
			continue;
		for (int i = 0; i < PAGES; i++) {
			unsigned long at = (unsigned long)(memory + i * page);
			if (at >= from && at < to)
				flags[i] = strstr(line, " dc") ? 'c' : '.';
		}
	}
	if (smaps)
		fclose(smaps);
	printf("pages %s %s\n", flags, what);
	values++;
}

static void answer(const char *call, int ret)
{
	printf("%s: %d\n", call, ret);
	values++;
}

#define ANSWER(call) answer(#call, call)
/* Ranges in bytes from the beginning of the mapping. */
#define DONT(from, to)                                                                             \
	do {                                                                                       \
		answer("dontfork " #from " to " #to,                                               \
		       ibv_dontfork_range(memory + (from), (size_t)((to) - (from))));              \
		show("");                                                                          \
	} while (0)
#define DO(from, to)                                                                               \
	do {                                                                                       \
		answer("dofork " #from " to " #to,                                                 \
		       ibv_dofork_range(memory + (from), (size_t)((to) - (from))));                \
		show("");                                                                          \
	} while (0)

/* Each in a process of its own, since the support is switched on for good. */
static void begin(void)
{
	page = sysconf(_SC_PAGESIZE);
	memory = mmap(NULL, (size_t)(PAGES * page), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(memory, 1, (size_t)(PAGES * page));
	show("at first");
}

static void not_switched_on(void)
{
	ANSWER((int)ibv_is_fork_initialized());
	DONT(0, 2 * page);
	DO(0, 2 * page);
	ANSWER((int)ibv_is_fork_initialized());
}

static void switched_on(void)
{
	ANSWER(ibv_fork_init());
	ANSWER(ibv_fork_init());
	ANSWER((int)ibv_is_fork_initialized());
	show("nothing asked for");
}

static void switched_on_late(void)
{
	DONT(0, 2 * page);
	ANSWER(ibv_fork_init());
	show("after the switch");
	DONT(page, 3 * page);
	DO(page, 3 * page);
	ANSWER((int)ibv_is_fork_initialized());
}

static void counted(void)
{
	ANSWER(ibv_fork_init());
	DONT(2 * page, 4 * page);
	DONT(2 * page, 4 * page);
	DO(2 * page, 4 * page);
	DO(2 * page, 4 * page);
}

static void overlapping(void)
{
	ANSWER(ibv_fork_init());
	DONT(0, 4 * page);
	DONT(2 * page, 6 * page);
	DO(0, 4 * page);
	DO(2 * page, 6 * page);
	DONT(1 * page, 9 * page);
	DONT(3 * page, 4 * page);
	DONT(6 * page, 12 * page);
	DO(1 * page, 9 * page);
	DO(6 * page, 12 * page);
	DO(3 * page, 4 * page);
}

static void neighbours(void)
{
	ANSWER(ibv_fork_init());
	DONT(0, page);
	DONT(page, 2 * page);
	DONT(2 * page, 3 * page);
	DO(page, 2 * page);
	DO(0, page);
	DO(2 * page, 3 * page);
}

static void within_pages(void)
{
	ANSWER(ibv_fork_init());
	DONT(100, 200);
	DONT(300, page + 1);
	DO(100, 200);
	DO(300, page + 1);
	DONT(page - 1, page + 1);
	DO(page - 1, page + 1);
	DONT(3 * page + 8, 3 * page + 8);
	DO(3 * page + 8, 3 * page + 8);
	DONT(5 * page, 5 * page);
}

static void of_nothing(void)
{
	ANSWER(ibv_fork_init());
	ANSWER(ibv_dontfork_range(NULL, 0));
	ANSWER(ibv_dofork_range(NULL, 0));
	munmap(memory + 4 * page, (size_t)(2 * page));
	DONT(3 * page, 7 * page);
	DO(3 * page, 7 * page);
	DONT(4 * page, 6 * page);
	DONT(0, page);
	DO(0, page);
}

/* A switch in the environment is looked at when devices are listed for the first time. */
static void by_environment(void)
{
	ANSWER((int)ibv_is_fork_initialized());
	free(ibv_get_device_list(NULL));
	ANSWER((int)ibv_is_fork_initialized());
	DONT(0, 2 * page);
	DO(0, 2 * page);
}

static const struct {
	const char *name;
	void (*run)(void);
	const char *variable;
} sequences[] = {
	{ "not-switched-on", not_switched_on, NULL },
	{ "switched-on", switched_on, NULL },
	{ "switched-on-late", switched_on_late, NULL },
	{ "counted", counted, NULL },
	{ "overlapping", overlapping, NULL },
	{ "neighbours", neighbours, NULL },
	{ "within-pages", within_pages, NULL },
	{ "of-nothing", of_nothing, NULL },
	{ "huge-pages", within_pages, "RDMAV_HUGEPAGES_SAFE" },
	{ "no-variable", by_environment, NULL },
	{ "RDMAV_FORK_SAFE", by_environment, "RDMAV_FORK_SAFE" },
	{ "IBV_FORK_SAFE", by_environment, "IBV_FORK_SAFE" },
};

int main(int argc, char **argv)
{
	size_t count = sizeof sequences / sizeof sequences[0];
	for (size_t i = 0; argc > 1 && i < count; i++)
		if (!strcmp(sequences[i].name, argv[1])) {
			begin();
			sequences[i].run();
			return finish();
		}
	for (size_t i = 0; i < count; i++) {
		SECTION("%s", sequences[i].name);
		again(sequences[i].variable, "1", sequences[i].name);
	}
	return fflush(stdout) != 0;
}
