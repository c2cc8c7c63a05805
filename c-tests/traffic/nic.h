/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Verbs in few words for the C tests: open the embedded device, bring queue pairs up, poll with
 * every field of a completion checked, fill and verify memory byte by byte.
 *
 * Whatever fails here ends the test; calls whose failure is the point of a test are made directly.
 */
#ifndef CTESTS_NIC_H
#define CTESTS_NIC_H

#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <infiniband/verbs.h>

#define TEST_QKEY 0x11223344u
#define GUARD 64          /* bytes that must not change, between any two messages */
#define GUARD_BYTE 0xa5
#define ALL_ACCESS                                                                                 \
	(IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE | IBV_ACCESS_REMOTE_READ |               \
	 IBV_ACCESS_REMOTE_ATOMIC)

struct nic {
	struct ibv_context *ctx;
	struct ibv_pd *pd;
	struct ibv_port_attr port;
	union ibv_gid gid;
	uint32_t mtu_bytes;
};

/* What one side tells the other. */
struct peer {
	union ibv_gid gid;
	uint32_t qpn, psn, rkey, qkey;
	uint64_t addr, len;
};

struct buf {
	uint8_t *base;
	size_t len;
	struct ibv_mr *mr;
};

/* A queue pair with its CQs; recv_cq may be send_cq. */
struct end {
	struct nic *nic;
	struct ibv_qp *qp;
	struct ibv_cq *send_cq, *recv_cq;
	struct ibv_srq *srq;
	enum ibv_qp_type type;
	uint32_t psn;
	struct peer peer;
	struct ibv_ah *ah;
	uint32_t max_inline;
};

struct end_options {
	uint32_t send_wr, recv_wr, send_sge, recv_sge, inline_bytes, srq_wr;
	bool one_cq, all_signaled;
	uint8_t timeout, retry_cnt, rnr_retry, min_rnr_timer;
	uint8_t rd_atomic;
	int access;
	struct ibv_comp_channel *channel;
	struct ibv_srq *srq; /* borrowed */
};

extern const struct end_options usual;

struct nic *nic_open(void);
void nic_close(struct nic *nic);
uint32_t mtu_to_bytes(enum ibv_mtu mtu);

struct buf *buf_new(struct nic *nic, size_t len, int access);
void buf_free(struct buf *buf);

struct end *end_new(struct nic *nic, enum ibv_qp_type type, const struct end_options *options);
void end_free(struct end *end);
struct peer end_describe(const struct end *end, const struct buf *buf);
/* Brings the QP from RESET to RTS towards `peer` (or through exchange with the other side). */
void end_connect(struct end *end, const struct peer *peer, const struct end_options *options);
void end_meet(struct side *side, struct end *end, const struct buf *buf,
	      const struct end_options *options);
/* Connects a QP to itself. */
void end_loop(struct end *end, const struct buf *buf, const struct end_options *options);
void qp_init(struct end *end, const struct end_options *options);
void qp_rtr(struct end *end, const struct peer *peer, const struct end_options *options);
void qp_rts(struct end *end, const struct end_options *options);
int qp_to(struct ibv_qp *qp, enum ibv_qp_state state);
enum ibv_qp_state qp_state(struct ibv_qp *qp);
struct ibv_ah_attr ah_towards(const struct peer *peer);

/* Work requests of one element or none (`len` 0 with NULL buf: an empty list). */
struct ibv_sge sge_of(const struct buf *buf, size_t offset, size_t len);
int post_recv(struct end *end, uint64_t wr_id, struct ibv_sge *sges, int count);
void must_recv(struct end *end, uint64_t wr_id, struct ibv_sge *sges, int count);
struct ibv_send_wr send_wr(uint64_t wr_id, enum ibv_wr_opcode opcode, unsigned flags,
			   struct ibv_sge *sges, int count);
void wr_remote(struct ibv_send_wr *wr, uint64_t addr, uint32_t rkey);
void wr_atomic(struct ibv_send_wr *wr, uint64_t addr, uint32_t rkey, uint64_t compare_add,
	       uint64_t swap_value);
void wr_datagram(struct ibv_send_wr *wr, const struct end *end);
int post_send(struct end *end, struct ibv_send_wr *wr);
void must_send(struct end *end, struct ibv_send_wr *wr);

/* Waits for one completion, for ever: the test's hang bound ends it. */
struct ibv_wc wait_wc(struct ibv_cq *cq);
/* The same, with wr_id and status checked. */
struct ibv_wc want_wc(struct ibv_cq *cq, uint64_t wr_id, enum ibv_wc_status status);
/* Polls once; true when the CQ was empty. */
bool cq_empty(struct ibv_cq *cq);
/* Waits for an async event of this type, passing over COMM_EST; acknowledges it. */
struct ibv_async_event want_event(struct nic *nic, enum ibv_event_type type);
/* Is there an event to be read within `ms`? */
bool readable(int fd, int ms);
/* Yields the CPU now and then; call it in every waiting loop. */
void relax(unsigned *turns);

/* Byte k of stream `seed`. */
void fill(void *to, size_t k, size_t len, uint64_t seed);
/* Offset of the first wrong byte, or -1. */
long verify(const void *from, size_t k, size_t len, uint64_t seed);
long verify_byte(const void *from, size_t len, uint8_t byte);

#endif
