/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Reading files as the library reads those of sysfs, in a made-up tree, and where the library
 * believes sysfs to be.
 */
#include "diff.h"

#include <fcntl.h>
#include <sys/stat.h>

/* Exported, but declared in no public header. */
const char *ibv_get_sysfs_path(void);
int ibv_read_sysfs_file(const char *dir, const char *file, char *buf, size_t size);

static char tree[] = "/tmp/diff-sysfs-XXXXXX";

static void put(const char *name, const char *text, size_t len)
{
	char path[300];
	snprintf(path, sizeof path, "%s/%s", tree, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		exit(98);
	close(fd);
}

/* What comes back, and every byte of the buffer. */
static void get(const char *name, size_t size)
{
	char buf[64];
	memset(buf, 0x5a, sizeof buf);
	errno = 0;
	int length = ibv_read_sysfs_file(tree, name, buf, size);
	printf("%s in %zu: %d%s, errno %d,", name[0] ? name : "(nothing)", size, length,
	       length < 0 ? " (failure)" : "", length < 0 ? errno : 0);
	/* After a failure the buffer is nobody's. */
	for (size_t i = 0; length >= 0 && i < sizeof buf; i++)
		printf("%02x", (unsigned char)buf[i]);
	puts("");
	values++;
}

static void files(void)
{
	static const struct {
		const char *name, *text;
		size_t len;
	} made[] = {
		{ "empty", "", 0 },
		{ "newline", "\n", 1 },
		{ "newlines", "\n\n", 2 },
		{ "word", "word", 4 },
		{ "line", "line\n", 5 },
		{ "two-lines", "one\ntwo\n", 8 },
		{ "trailing", "text\n\n", 6 },
		{ "nul", "a\0b\n", 4 },
		{ "nul-last", "ab\0", 3 },
		{ "spaces", " x \n", 4 },
		{ "return", "x\r\n", 3 },
		{ "long", "0123456789012345678901234567890123456789\n", 41 },
		{ "0", "3: ACTIVE\n", 10 },
	};
	char name[300];

	SECTION("files");
	for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
		put(made[i].name, made[i].text, made[i].len);
		for (size_t size = 0; size <= made[i].len + 2; size++)
			get(made[i].name, size);
		get(made[i].name, 64);
	}
	SECTION("paths");
	snprintf(name, sizeof name, "%s/folder", tree);
	mkdir(name, 0700);
	put("folder/inside", "in\n", 3);
	get("folder/inside", 16);
	get("folder//inside", 16);
	get("folder/../line", 16);
	get("./line", 16);
	get("folder", 16);
	get("", 16);
	get("missing", 16);
	get("line/below", 16);
	get("..", 16);
	memset(name, 'n', 260);
	name[260] = 0;
	get(name, 16);
	printf("no folder: %d\n", ibv_read_sysfs_file("/proc/nonexistent", "line", name, 16));
	printf("a file as folder: %d\n", ibv_read_sysfs_file("/proc/self/exe", "line", name, 16));
	printf("a driver's: %d\n", ibv_read_sysfs_file("/proc/sys/kernel", "ostype", name, 16));
	printf("%.16s\n", name);
	values += 4;
}

static void paths(void)
{
	static char long_path[400];
	static const char *const paths[] = {
		NULL, "", "/", "//", "///", "/x", "/x/", "/x///", "/x/y/", "relative", "relative/",
		".", "/x//y", " ", "/\xff/", long_path,
	};
	memset(long_path, 'p', sizeof long_path - 1);
	long_path[0] = '/';
	long_path[200] = '/';

	SECTION("SYSFS_PATH");
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		printf("%zu: ", i);
		again("SYSFS_PATH", paths[i], "path");
		values++;
	}
	/* Slashes at the place where a path that is too long ends. */
	for (int length = 250; length < 262; length++) {
		memset(long_path, 'q', sizeof long_path);
		long_path[0] = '/';
		long_path[length - 1] = long_path[length - 2] = '/';
		long_path[length] = 0;
		printf("%d: ", length);
		again("SYSFS_PATH", long_path, "path");
		values++;
	}
	printf("later: ");
	again(NULL, NULL, "later");
	values++;
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "later")) {
		/* What was read first stays, whatever the environment says afterwards. */
		unsetenv("SYSFS_PATH");
		const char *first = ibv_get_sysfs_path();
		setenv("SYSFS_PATH", "/other", 1);
		printf("%s, then %s, %s\n", first, ibv_get_sysfs_path(),
		       first == ibv_get_sysfs_path() ? "one string" : "two strings");
		return 0;
	}
	if (argc > 1) {
		printf("\"%s\"\n", ibv_get_sysfs_path());
		return 0;
	}
	if (!mkdtemp(tree))
		return 97;
	files();
	paths();
	char command[64];
	snprintf(command, sizeof command, "rm -rf %s", tree);
	return finish() || system(command);
}
