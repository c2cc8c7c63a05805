// SPDX-License-Identifier: MIT OR Apache-2.0
//
// Prints what the list of devices says, and which plug-ins it took: list [times [library]]
//
// With a number the list is asked for that often, and a line from standard input is waited for
// before each but the first: meanwhile somebody changes the machine, and after the first listing the
// library, if there is one, is loaded. Devices of the last list that
// keep their address are marked with "=". Of a device that a plug-in serves it says which one that
// is, and by what entry of its table it recognized the device.

#define _GNU_SOURCE
#include <infiniband/driver.h>

#include <dlfcn.h>
#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The entry is the library's to find, and for the plug-in to see. */
static void print_match(struct ibv_device *device)
{
	const struct verbs_device *of_plugin = verbs_get_device(device);
	const struct verbs_match_ent *match = of_plugin->sysfs ? of_plugin->sysfs->match : NULL;
	Dl_info file;

	if (!match || !dladdr(of_plugin->ops, &file))
		return;
	printf(" %s by", strrchr(file.dli_fname, '/') + 1);
	switch (match->kind) {
	case VERBS_MATCH_PCI:
		printf(" PCI id %04x:%04x\n", match->vendor, match->device);
		break;
	case VERBS_MATCH_MODALIAS:
		/* What stands for the name of a device is worded as a modalias. */
		printf(" %s %s\n",
		       strncmp(match->u.modalias, "rdma_device:", 12) ? "modalias" : "name",
		       match->u.modalias);
		break;
	case VERBS_MATCH_DRIVER_ID:
		printf(" driver number %llu\n", (unsigned long long)match->u.driver_id);
		break;
	default:
		printf(" an entry of kind %u\n", match->kind);
	}
}

static void print_plugins(void)
{
	static const char *const libraries[] = {
		"/libmlx4.", "/libmlx5.", "/libefa.", "/libmana.", "/libhns.", "/libionic.",
	};
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[4096], last[4096] = "";

	while (maps && fgets(line, sizeof(line), maps)) {
		char *file = strrchr(line, '/');

		if (!file || !strcmp(file, last))
			continue;
		/* Some are libraries of their own, which the name of the plug-in leads to. */
		bool is_plugin = strstr(file, "-rdmav");
		for (size_t i = 0; i < sizeof(libraries) / sizeof(*libraries); i++)
			is_plugin |= !strncmp(file, libraries[i], strlen(libraries[i]));
		if (is_plugin) {
			strcpy(last, file);
			printf("plug-in %s", file + 1);
		}
	}
	if (maps)
		fclose(maps);
}

int main(int argc, char **argv)
{
	int times = argc > 1 ? atoi(argv[1]) : 1;
	struct ibv_device **before = NULL;

	for (int time = 0; time < times; time++) {
		int count = -1;

		if (time) {
			puts("--");
			fflush(stdout);
			if (getchar() == EOF)
				return 1;
			if (time == 1 && argc > 2 && !dlopen(argv[2], RTLD_NOW))
				puts(dlerror());
		}
		errno = 0;
		struct ibv_device **list = ibv_get_device_list(&count);
		if (!list) {
			printf("no list: %s\n", strerror(errno));
			continue;
		}
		for (int i = 0; i < count; i++) {
			bool is_kept = false;

			for (int j = 0; before && before[j]; j++)
				is_kept |= before[j] == list[i];
			printf("%s%s %s node %d transport %d guid %016llx index %d %s %s\n",
			       is_kept ? "= " : "", ibv_get_device_name(list[i]),
			       list[i]->dev_name, list[i]->node_type, list[i]->transport_type,
			       (unsigned long long)be64toh(ibv_get_device_guid(list[i])),
			       ibv_get_device_index(list[i]), list[i]->dev_path,
			       list[i]->ibdev_path);
			print_match(list[i]);
		}
		if (list[count])
			puts("the list has no end");
		printf("%d devices\n", count);
		if (before)
			ibv_free_device_list(before);
		before = list;
	}
	print_plugins();
	if (before)
		ibv_free_device_list(before);
	return 0;
}
