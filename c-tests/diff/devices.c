/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The list of devices where there is none to open: the count, errno and what is said on stderr,
 * for made-up trees of sysfs and for the variables rdma-core knows. What happens with devices that
 * can be opened is compared by the programs of c-tests/kernel and c-tests/provider.
 */
#include "diff.h"

#include <fcntl.h>
#include <infiniband/verbs.h>
#include <sys/stat.h>

static char tree[] = "/tmp/diff-devices-XXXXXX";

/* A file below the tree, and the folders it is in. */
static void put(const char *name, const char *text)
{
	char path[300];
	snprintf(path, sizeof path, "%s/%s", tree, name);
	for (char *slash = path + sizeof tree; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = 0;
		mkdir(path, 0700);
	}
	int fd = text ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
	if (text && (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)))
		exit(98);
	if (fd >= 0)
		close(fd);
}

/* The library reads its variables once, so each list is asked for in a process of its own. */
static void list(void)
{
	int count = -7;
	dup2(STDOUT_FILENO, STDERR_FILENO);
	for (int times = 0; times < 2; times++) {
		errno = 0;
		struct ibv_device **devices = ibv_get_device_list(&count);
		int seen = errno;
		printf("%s, count %d", devices ? "a list" : "no list", count);
		if (!devices)
			printf(", errno %d", seen);
		for (int i = 0; devices && i < count; i++)
			printf(", %s", ibv_get_device_name(devices[i]));
		if (devices)
			printf(", %s", devices[count] ? "no end" : "ends with NULL");
		puts("");
		if (devices)
			ibv_free_device_list(devices);
		values += 2;
	}
	fflush(stdout);
}

static void in_tree(const char *what)
{
	printf("%s:\n", what);
	again("SYSFS_PATH", tree, "list");
}

static void trees(void)
{
	static const char *const versions[] = { "6\n", "2\n", "3\n", "7\n", "-1\n", "six\n", "", "6" };
	char what[64];

	SECTION("no sysfs");
	again("SYSFS_PATH", "/proc/nonexistent", "list");
	in_tree("an empty tree");
	put("class/", NULL);
	in_tree("no class of ours");
	put("class/infiniband_verbs/", NULL);
	in_tree("an empty class");

	SECTION("abi_version");
	for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
		put("class/infiniband_verbs/abi_version", versions[i]);
		snprintf(what, sizeof what, "\"%.*s\"", (int)strcspn(versions[i], "\n"), versions[i]);
		in_tree(what);
	}

	SECTION("devices that cannot be opened");
	put("class/infiniband_verbs/abi_version", "6\n");
	put("class/infiniband_verbs/uverbs0/", NULL);
	in_tree("a device of which nothing is told");
	put("class/infiniband_verbs/uverbs0/ibdev", "made_up_0\n");
	put("class/infiniband_verbs/uverbs0/abi_version", "1\n");
	in_tree("without its other half");
	put("class/infiniband/made_up_0/node_type", "1: CA\n");
	put("class/infiniband/made_up_0/node_guid", "0011:2233:4455:6677\n");
	put("class/infiniband_verbs/uverbs0/dev", "231:192\n");
	put("class/infiniband_verbs/uverbs0/device/modalias", "pci:v000015B3d00001017\n");
	in_tree("without a file in /dev");
	put("class/infiniband_verbs/.hidden/ibdev", "hidden\n");
	put("class/infiniband_verbs/other", "a file\n");
	in_tree("with strangers in the class");
}

static void variables(void)
{
	static const char *const names[] = {
		"RDMAV_FORK_SAFE", "IBV_FORK_SAFE", "RDMAV_HUGEPAGES_SAFE", "RDMAV_DRIVERS",
		"IBV_DRIVERS",	   "IBV_CONFIG_DIR", "RDMAV_ALLOW_DISASSOC_DESTROY", "VERBS_LOG_FILE",
		"MLX5_DEBUG_MASK",
	};
	static const char *const given[] = { "1", "", "/proc/nonexistent", ":::" };

	SECTION("variables");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		for (size_t k = 0; k < sizeof given / sizeof given[0]; k++) {
			if (!strcmp(names[i], "VERBS_LOG_FILE") && k != 2)
				continue;
			printf("%s=%s:\n", names[i], given[k]);
			again(names[i], given[k], "list");
		}
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "list")) {
		list();
		return finish();
	}
	if (!mkdtemp(tree))
		return 97;
	trees();
	variables();
	char command[64];
	snprintf(command, sizeof command, "rm -rf %s", tree);
	return fflush(stdout) != 0 || system(command);
}
