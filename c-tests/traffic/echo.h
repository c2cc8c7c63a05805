/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Verified two-way traffic of two connected RC ends, for tests about something else. */
#ifndef CTESTS_ECHO_H
#define CTESTS_ECHO_H

#include "nic.h"

struct echo {
	uint64_t first, count; /* messages first .. first + count - 1, both ways */
	size_t len;
	/* Called when message `index` was sent and received. */
	void (*each)(uint64_t index, void *arg);
	void *arg;
};

/* Bytes a buffer for echo_run needs, registered with ALL_ACCESS. */
#define ECHO_BYTES(len) ((size_t)64 * ((len) + 64))

/* Both sides send and receive `count` messages, and verify them. Needs rnr_retry 7. */
void echo_run(struct end *end, struct buf *buf, const struct echo *echo);
/* Each side, in turn of `id`, WRITEs, READs back, and counts on the other's buffer. */
void echo_direct(struct end *end, struct buf *buf, int id);
/* A fresh device, QP and buffer, connected over `sock` to another process doing the same. */
struct end *echo_open(int sock, size_t len, struct buf **buf);
void echo_close(struct end *end, struct buf *buf);

#endif
