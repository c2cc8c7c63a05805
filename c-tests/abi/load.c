/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * load LIBRARY DIRECTORY: loads a library with every name bound at once, and fails unless the
 * libibverbs that came with it is the one in DIRECTORY.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
	char found[PATH_MAX], expected[PATH_MAX], name[PATH_MAX];
	struct link_map *map;
	void *library, *verbs;

	if (argc != 3)
		return fprintf(stderr, "usage: load LIBRARY DIRECTORY\n"), 2;
	library = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
	if (!library)
		return fprintf(stderr, "%s\n", dlerror()), 1;
	verbs = dlopen("libibverbs.so.1", RTLD_NOW | RTLD_NOLOAD);
	if (!verbs || dlinfo(verbs, RTLD_DI_LINKMAP, &map))
		return fprintf(stderr, "%s brought no libibverbs\n", argv[1]), 1;
	snprintf(name, sizeof(name), "%s/libibverbs.so.1", argv[2]);
	if (!realpath(map->l_name, found) || !realpath(name, expected) || strcmp(found, expected))
		return fprintf(stderr, "%s brought %s\n", argv[1], map->l_name), 1;
	return 0;
}
