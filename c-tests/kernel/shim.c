// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A kernel that lacks something, as a library under test sees it: preloaded, this answers some
// calls of libc in the kernel's place. SHIM_WITHOUT names what is missing:
//
//   ioctl         no RDMA ioctl at all: only write() reaches the device (Linux before 4.14)
//   invoke-write  no ioctl that carries a write command (Linux before 5.0)
//   netlink       no RDMA netlink socket: devices are found in sysfs

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <linux/netlink.h>
#include <rdma/ib_user_ioctl_cmds.h>
#include <rdma/rdma_user_ioctl_cmds.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int without(const char *what)
{
	const char *missing = getenv("SHIM_WITHOUT");

	return missing && !strcmp(missing, what);
}

static int refuse(int error)
{
	errno = error;
	return -1;
}

int ioctl(int fd, unsigned long request, ...)
{
	static int (*next)(int, unsigned long, void *);
	va_list rest;
	void *argument;

	va_start(rest, request);
	argument = va_arg(rest, void *);
	va_end(rest);
	if (request == RDMA_VERBS_IOCTL) {
		const struct ib_uverbs_ioctl_hdr *header = argument;

		if (without("ioctl"))
			return refuse(ENOTTY);
		if (without("invoke-write") && header->object_id == UVERBS_OBJECT_DEVICE &&
		    header->method_id == UVERBS_METHOD_INVOKE_WRITE)
			return refuse(EPROTONOSUPPORT);
	}
	if (!next)
		next = (int (*)(int, unsigned long, void *))dlsym(RTLD_NEXT, "ioctl");
	return next(fd, request, argument);
}

int socket(int domain, int type, int protocol)
{
	static int (*next)(int, int, int);

	if (domain == AF_NETLINK && protocol == NETLINK_RDMA && without("netlink"))
		return refuse(EPROTONOSUPPORT);
	if (!next)
		next = (int (*)(int, int, int))dlsym(RTLD_NEXT, "socket");
	return next(domain, type, protocol);
}
