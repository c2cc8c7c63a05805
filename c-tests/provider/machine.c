// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A machine with RDMA devices, as a library under test sees it: preloaded, this answers some calls
// of libc in the kernel's place. A fake tree in SYSFS_PATH is the other half of the machine.
//
//   MACHINE_NODES    directory that stands for /dev/infiniband; its entries are links to
//                    /dev/null, so devices have the number 1:3
//   MACHINE_CONFIG   directory that stands for /etc/libibverbs.d
//   MACHINE_NETLINK  file with a line "INDEX NAME UVERBS DRIVER_ID ABI" for each device, read at
//                    every question, or "none" for a kernel without RDMA netlink
//   MACHINE_LOG      file that gets a line for each command that reached a device, and one for each
//                    attribute of a driver with it
//   MACHINE_REFUSES  "OBJECT METHOD ERRNO", an ioctl that fails
//
// Commands come in as ioctls; every other one succeeds. Handles, keys and numbers are counted up.

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/ib_user_verbs.h>
#include <rdma/rdma_netlink.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define EXPORT __attribute__((visibility("default")))

/* --- paths --- */

static const char *moved(const char *path, char *room, size_t size)
{
	static const struct {
		const char *from, *to;
	} moves[] = { { "/dev/infiniband", "MACHINE_NODES" }, { "/etc/libibverbs.d", "MACHINE_CONFIG" } };

	for (size_t i = 0; path && i < sizeof(moves) / sizeof(*moves); i++) {
		size_t length = strlen(moves[i].from);
		const char *to = getenv(moves[i].to);

		if (to && !strncmp(path, moves[i].from, length) &&
		    (path[length] == '/' || !path[length])) {
			snprintf(room, size, "%s%s", to, path + length);
			return room;
		}
	}
	return path;
}

#define MOVED(path)                                                                                \
	char room_[4096];                                                                          \
	path = moved(path, room_, sizeof(room_))

#define OPEN(name, ...)                                                                            \
	{                                                                                          \
		mode_t mode = 0;                                                                   \
		va_list rest;                                                                      \
		MOVED(path);                                                                       \
		va_start(rest, flags);                                                             \
		if (flags & (O_CREAT | O_TMPFILE))                                                 \
			mode = va_arg(rest, mode_t);                                               \
		va_end(rest);                                                                      \
		return NEXT(name)(__VA_ARGS__, flags, mode);                                       \
	}

EXPORT int open(const char *path, int flags, ...) OPEN(open, path)
EXPORT int open64(const char *path, int flags, ...) OPEN(open64, path)
EXPORT int openat(int at, const char *path, int flags, ...) OPEN(openat, at, path)
EXPORT int openat64(int at, const char *path, int flags, ...) OPEN(openat64, at, path)

EXPORT DIR *opendir(const char *path)
{
	MOVED(path);
	return NEXT(opendir)(path);
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	MOVED(path);
	return NEXT(fopen)(path, mode);
}

EXPORT int stat(const char *restrict path, struct stat *restrict result)
{
	MOVED(path);
	return NEXT(stat)(path, result);
}

EXPORT int stat64(const char *restrict path, struct stat64 *restrict result)
{
	MOVED(path);
	return NEXT(stat64)(path, result);
}

EXPORT int statx(int at, const char *restrict path, int flags, unsigned int mask,
		 struct statx *restrict result)
{
	MOVED(path);
	return NEXT(statx)(at, path, flags, mask, result);
}

/* --- RDMA netlink: answers wait in a pair of sockets, which ours is one end of --- */

enum { MAX_FDS = 1024 };
static int other_end[MAX_FDS]; /* plus one; 0: not ours */

static int is_ours(int fd)
{
	return fd >= 0 && fd < MAX_FDS && other_end[fd];
}

EXPORT int socket(int domain, int type, int protocol)
{
	const char *file = getenv("MACHINE_NETLINK");
	int fds[2];

	if (domain != AF_NETLINK || protocol != NETLINK_RDMA || !file)
		return NEXT(socket)(domain, type, protocol);
	if (!strcmp(file, "none")) {
		errno = EPROTONOSUPPORT;
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_DGRAM | (type & SOCK_CLOEXEC), 0, fds))
		return -1;
	if (fds[0] >= MAX_FDS)
		abort();
	other_end[fds[0]] = fds[1] + 1;
	return fds[0];
}

EXPORT int close(int fd)
{
	if (is_ours(fd)) {
		NEXT(close)(other_end[fd] - 1);
		other_end[fd] = 0;
	}
	return NEXT(close)(fd);
}

EXPORT int bind(int fd, const struct sockaddr *address, socklen_t length)
{
	return is_ours(fd) ? 0 : NEXT(bind)(fd, address, length);
}

EXPORT int getsockname(int fd, struct sockaddr *restrict address, socklen_t *restrict length)
{
	if (!is_ours(fd))
		return NEXT(getsockname)(fd, address, length);
	struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_pid = getpid() };
	memcpy(address, &name, sizeof(name) < *length ? sizeof(name) : *length);
	*length = sizeof(name);
	return 0;
}

EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	if (is_ours(fd) && level == SOL_NETLINK)
		return 0;
	return NEXT(setsockopt)(fd, level, name, value, length);
}

struct message {
	char bytes[8192];
	size_t length;
};

static void begin(struct message *message, const struct nlmsghdr *request, int type, int flags)
{
	struct nlmsghdr header = {
		.nlmsg_type = type, .nlmsg_flags = flags,
		.nlmsg_seq = request->nlmsg_seq, .nlmsg_pid = getpid(),
	};

	memcpy(message->bytes, &header, sizeof(header));
	message->length = sizeof(header);
}

static void add(struct message *message, const void *bytes, size_t length)
{
	memcpy(message->bytes + message->length, bytes, length);
	message->length += length;
	while (message->length % 4)
		message->bytes[message->length++] = 0;
}

static void put(struct message *message, int type, const void *value, size_t length)
{
	struct nlattr header = { .nla_len = sizeof(header) + length, .nla_type = type };

	add(message, &header, sizeof(header));
	add(message, value, length);
}

static void finish(struct message *message, int fd)
{
	uint32_t length = message->length;

	memcpy(message->bytes, &length, sizeof(length));
	if (write(other_end[fd] - 1, message->bytes, message->length) < 0)
		abort();
}

struct device {
	uint32_t index, driver_id;
	unsigned long long abi;
	char name[128], uverbs[128];
};

static int next_device(FILE *file, struct device *device)
{
	return fscanf(file, "%u %127s %127s %u %llu", &device->index, device->name, device->uverbs,
		      &device->driver_id, &device->abi) == 5;
}

static void answer_chardev(int fd, const struct nlmsghdr *request, FILE *file)
{
	const char *at = (const char *)(request + 1), *end = (const char *)request + request->nlmsg_len;
	uint32_t wanted = UINT32_MAX;
	struct message message;
	struct device device;

	for (struct nlattr header; at + sizeof(header) <= end; at += (header.nla_len + 3) & ~3u) {
		memcpy(&header, at, sizeof(header));
		if (header.nla_type == RDMA_NLDEV_ATTR_DEV_INDEX)
			memcpy(&wanted, at + sizeof(header), sizeof(wanted));
	}
	while (next_device(file, &device)) {
		uint64_t number = 1 << 8 | 3, abi = device.abi;

		if (device.index != wanted)
			continue;
		begin(&message, request, request->nlmsg_type, 0);
		put(&message, RDMA_NLDEV_ATTR_CHARDEV, &number, sizeof(number));
		put(&message, RDMA_NLDEV_ATTR_CHARDEV_ABI, &abi, sizeof(abi));
		put(&message, RDMA_NLDEV_ATTR_CHARDEV_NAME, device.uverbs, strlen(device.uverbs) + 1);
		if (device.driver_id)
			put(&message, RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID, &device.driver_id, 4);
		finish(&message, fd);
		return;
	}
	struct nlmsgerr error = { .error = -ENODEV, .msg = *request };
	begin(&message, request, NLMSG_ERROR, 0);
	add(&message, &error, sizeof(error));
	finish(&message, fd);
}

static void answer_dump(int fd, const struct nlmsghdr *request, FILE *file)
{
	struct message message;
	struct device device;
	int status = 0;

	while (next_device(file, &device)) {
		uint64_t guid = 0x0002c90300000000ull + device.index;
		uint32_t ports = 1;
		uint8_t type = RDMA_NODE_IB_CA;

		begin(&message, request, request->nlmsg_type, NLM_F_MULTI);
		put(&message, RDMA_NLDEV_ATTR_DEV_INDEX, &device.index, 4);
		put(&message, RDMA_NLDEV_ATTR_DEV_NAME, device.name, strlen(device.name) + 1);
		put(&message, RDMA_NLDEV_ATTR_PORT_INDEX, &ports, sizeof(ports));
		put(&message, RDMA_NLDEV_ATTR_NODE_GUID, &guid, sizeof(guid));
		put(&message, RDMA_NLDEV_ATTR_DEV_NODE_TYPE, &type, sizeof(type));
		finish(&message, fd);
	}
	begin(&message, request, NLMSG_DONE, NLM_F_MULTI);
	add(&message, &status, sizeof(status));
	finish(&message, fd);
}

static ssize_t ask(int fd, const void *bytes, size_t length)
{
	const struct nlmsghdr *request = bytes;
	FILE *file = NEXT(fopen)(getenv("MACHINE_NETLINK"), "re");
	struct message message;

	if (!file)
		abort();
	if (request->nlmsg_type == RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_GET)) {
		answer_dump(fd, request, file);
	} else if (request->nlmsg_type ==
		   RDMA_NL_GET_TYPE(RDMA_NL_NLDEV, RDMA_NLDEV_CMD_GET_CHARDEV)) {
		answer_chardev(fd, request, file);
	} else {
		struct nlmsgerr error = { .error = -EOPNOTSUPP, .msg = *request };

		begin(&message, request, NLMSG_ERROR, 0);
		add(&message, &error, sizeof(error));
		finish(&message, fd);
	}
	fclose(file);
	return length;
}

EXPORT ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
	return is_ours(fd) ? ask(fd, bytes, length) : NEXT(send)(fd, bytes, length, flags);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (is_ours(fd) && message->msg_iovlen == 1)
		return ask(fd, message->msg_iov->iov_base, message->msg_iov->iov_len);
	return NEXT(sendmsg)(fd, message, flags);
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	socklen_t room = message->msg_namelen;
	ssize_t length = NEXT(recvmsg)(fd, message, flags);

	/* From the kernel, which has port 0. */
	if (is_ours(fd) && length >= 0 && message->msg_name) {
		struct sockaddr_nl name = { .nl_family = AF_NETLINK };

		memcpy(message->msg_name, &name, sizeof(name) < room ? sizeof(name) : room);
		message->msg_namelen = sizeof(name);
	}
	return length;
}

/* --- commands to a device --- */

static void note(const char *format, ...)
{
	const char *path = getenv("MACHINE_LOG");
	FILE *log = path ? NEXT(fopen)(path, "ae") : NULL;
	va_list rest;

	if (!log)
		return;
	va_start(rest, format);
	vfprintf(log, format, rest);
	va_end(rest);
	fclose(log);
}

/* What the kernel writes into an attribute, for the methods that write anything. */
enum kind { HANDLE, FD, NUMBER, ZEROES };
#define DEVICE(method, name, kind)                                                                 \
	{ UVERBS_OBJECT_DEVICE, UVERBS_METHOD_##method, UVERBS_ATTR_##method##_##name, kind }
#define OBJECT(object, action, name, kind)                                                         \
	{ UVERBS_OBJECT_##object, UVERBS_METHOD_##object##_##action,                               \
	  UVERBS_ATTR_##action##_##object##_##name, kind }
#define DMABUF(name, kind)                                                                         \
	{ UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR, UVERBS_ATTR_REG_DMABUF_MR_##name, kind }
static const struct {
	uint16_t object, method, attribute;
	enum kind kind;
} outputs[] = {
	DEVICE(GET_CONTEXT, NUM_COMP_VECTORS, NUMBER),
	DEVICE(GET_CONTEXT, CORE_SUPPORT, ZEROES),
	DEVICE(QUERY_CONTEXT, NUM_COMP_VECTORS, NUMBER),
	DEVICE(QUERY_CONTEXT, CORE_SUPPORT, ZEROES),
	{ UVERBS_OBJECT_ASYNC_EVENT, UVERBS_METHOD_ASYNC_EVENT_ALLOC,
	  UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE, FD },
	DMABUF(HANDLE, HANDLE),
	DMABUF(RESP_LKEY, NUMBER),
	DMABUF(RESP_RKEY, NUMBER),
	OBJECT(CQ, CREATE, HANDLE, HANDLE),
	OBJECT(CQ, CREATE, RESP_CQE, NUMBER),
	OBJECT(CQ, DESTROY, RESP, ZEROES),
	OBJECT(QP, CREATE, HANDLE, HANDLE),
	OBJECT(QP, CREATE, RESP_CAP, ZEROES),
	OBJECT(QP, CREATE, RESP_QP_NUM, NUMBER),
	OBJECT(QP, DESTROY, RESP, ZEROES),
};

static uint32_t counter;

static void fill(struct ib_uverbs_attr *attribute, enum kind kind)
{
	void *place = (void *)(uintptr_t)attribute->data;

	attribute->flags |= UVERBS_ATTR_F_VALID_OUTPUT;
	switch (kind) {
	case HANDLE:
		attribute->data = ++counter;
		break;
	case FD:
		attribute->data_s64 = NEXT(open)("/dev/null", O_RDWR | O_CLOEXEC);
		break;
	case NUMBER:
		counter++;
		memset(place, 0, attribute->len);
		memcpy(place, &counter, sizeof(counter));
		break;
	case ZEROES:
		memset(place, 0, attribute->len);
		break;
	}
}

static void fill_outputs(struct ib_uverbs_ioctl_hdr *header)
{
	for (int i = 0; i < header->num_attrs; i++) {
		struct ib_uverbs_attr *attribute = &header->attrs[i];

		for (size_t j = 0; j < sizeof(outputs) / sizeof(*outputs); j++) {
			if (outputs[j].object == header->object_id &&
			    outputs[j].method == header->method_id &&
			    outputs[j].attribute == attribute->attr_id)
				fill(attribute, outputs[j].kind);
		}
	}
}

/* A command of the old kind inside an ioctl: every word of the answer is counted up. */
static void invoke_write(struct ib_uverbs_ioctl_hdr *header)
{
	unsigned long long command = 0;

	for (int i = 0; i < header->num_attrs; i++) {
		struct ib_uverbs_attr *attribute = &header->attrs[i];

		if (attribute->attr_id == UVERBS_ATTR_WRITE_CMD)
			command = attribute->data;
		if (attribute->attr_id != UVERBS_ATTR_CORE_OUT)
			continue;
		uint32_t *words = (uint32_t *)(uintptr_t)attribute->data;
		for (int word = 0; word < attribute->len / 4; word++)
			words[word] = ++counter;
		attribute->flags |= UVERBS_ATTR_F_VALID_OUTPUT;
	}
	note("write %llu\n", command & 0xffffffff);
}

static int refused(const struct ib_uverbs_ioctl_hdr *header)
{
	const char *text = getenv("MACHINE_REFUSES");
	int object, method, error;

	if (!text || sscanf(text, "%d %d %d", &object, &method, &error) != 3)
		return 0;
	return object == header->object_id && method == header->method_id ? error : 0;
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	struct ib_uverbs_ioctl_hdr *header;
	va_list rest;

	va_start(rest, request);
	header = va_arg(rest, void *);
	va_end(rest);
	if (request != RDMA_VERBS_IOCTL)
		return NEXT(ioctl)(fd, request, header);
	if (header->object_id == UVERBS_OBJECT_DEVICE &&
	    header->method_id == UVERBS_METHOD_INVOKE_WRITE) {
		if (header->num_attrs == 1) {
			/* The question whether this is possible. */
			errno = ENOSPC;
			return -1;
		}
		invoke_write(header);
		return 0;
	}
	note("ioctl %u %u driver %u\n", header->object_id, header->method_id, header->driver_id);
	for (int i = 0; i < header->num_attrs; i++) {
		/* Those of the driver, except for the two that hold its bytes of old. */
		if (header->attrs[i].attr_id > UVERBS_ATTR_UHW_OUT)
			note("attribute %#x: %#llx\n", header->attrs[i].attr_id,
			     (unsigned long long)header->attrs[i].data);
	}
	errno = refused(header);
	if (errno)
		return -1;
	fill_outputs(header);
	return 0;
}
