/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Verbs in few words; see nic.h. */
#include "nic.h"

#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* A retry budget well below any hang bound: 4.096 us * 2^14 * 7 is half a second. */
const struct end_options usual = {
	.send_wr = 64,
	.recv_wr = 64,
	.send_sge = 1,
	.recv_sge = 1,
	.timeout = 14,
	.retry_cnt = 7,
	.rnr_retry = 7,
	.min_rnr_timer = 1,
	.rd_atomic = 16,
	.access = ALL_ACCESS,
};

uint32_t mtu_to_bytes(enum ibv_mtu mtu)
{
	return 128u << mtu;
}

struct nic *nic_open(void)
{
	struct nic *nic = calloc(1, sizeof *nic);
	int count = 0;
	const char *wanted = getenv("CTEST_DEVICE");
	if (!wanted)
		wanted = "verbium0";
	struct ibv_device **list = ibv_get_device_list(&count);
	CHECK(list, "ibv_get_device_list: errno %d", errno);
	struct ibv_device *device = NULL;
	for (int i = 0; i < count; i++)
		if (!strcmp(ibv_get_device_name(list[i]), wanted))
			device = list[i];
	CHECK(device, "no device %s among %d", wanted, count);
	nic->ctx = ibv_open_device(device);
	CHECK(nic->ctx, "ibv_open_device: errno %d", errno);
	ibv_free_device_list(list);
	nic->pd = ibv_alloc_pd(nic->ctx);
	CHECK(nic->pd, "ibv_alloc_pd: errno %d", errno);
	ZERO(ibv_query_port(nic->ctx, 1, &nic->port));
	CHECK(nic->port.state == IBV_PORT_ACTIVE, "port state %d", nic->port.state);
	nic->mtu_bytes = mtu_to_bytes(nic->port.active_mtu);
	ZERO(ibv_query_gid(nic->ctx, 1, 0, &nic->gid));
	return nic;
}

void nic_close(struct nic *nic)
{
	ZERO(ibv_dealloc_pd(nic->pd));
	ZERO(ibv_close_device(nic->ctx));
	free(nic);
}

struct buf *buf_new(struct nic *nic, size_t len, int access)
{
	struct buf *buf = calloc(1, sizeof *buf);
	buf->len = len;
	buf->base = mmap(NULL, len ? len : 1, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(buf->base != MAP_FAILED, "mmap of %zu bytes: errno %d", len, errno);
	buf->mr = ibv_reg_mr(nic->pd, buf->base, len, (unsigned)access);
	CHECK(buf->mr, "ibv_reg_mr of %zu bytes: errno %d", len, errno);
	return buf;
}

void buf_free(struct buf *buf)
{
	ZERO(ibv_dereg_mr(buf->mr));
	munmap(buf->base, buf->len ? buf->len : 1);
	free(buf);
}

struct end *end_new(struct nic *nic, enum ibv_qp_type type, const struct end_options *options)
{
	struct end *end = calloc(1, sizeof *end);
	end->nic = nic;
	end->type = type;
	int send_depth = (int)options->send_wr + 8;
	int recv_depth = (int)(options->srq_wr ? options->srq_wr : options->recv_wr) + 8;
	if (options->one_cq)
		send_depth += recv_depth;
	end->send_cq = ibv_create_cq(nic->ctx, send_depth, end, options->channel, 0);
	CHECK(end->send_cq, "ibv_create_cq: errno %d", errno);
	end->recv_cq = options->one_cq
			       ? end->send_cq
			       : ibv_create_cq(nic->ctx, recv_depth, end, options->channel, 0);
	CHECK(end->recv_cq, "ibv_create_cq: errno %d", errno);
	if (options->srq_wr) {
		struct ibv_srq_init_attr srq_attr = {
			.attr = { .max_wr = options->srq_wr, .max_sge = options->recv_sge },
		};
		end->srq = ibv_create_srq(nic->pd, &srq_attr);
		CHECK(end->srq, "ibv_create_srq: errno %d", errno);
	}
	struct ibv_qp_init_attr attr = {
		.qp_context = end,
		.send_cq = end->send_cq,
		.recv_cq = end->recv_cq,
		.srq = options->srq ? options->srq : end->srq,
		.qp_type = type,
		.sq_sig_all = options->all_signaled,
		.cap = {
			.max_send_wr = options->send_wr,
			.max_recv_wr = options->recv_wr,
			.max_send_sge = options->send_sge,
			.max_recv_sge = options->recv_sge,
			.max_inline_data = options->inline_bytes,
		},
	};
	end->qp = ibv_create_qp(nic->pd, &attr);
	CHECK(end->qp, "ibv_create_qp: errno %d", errno);
	CHECK(attr.cap.max_send_wr >= options->send_wr && attr.cap.max_send_sge >= options->send_sge &&
		      attr.cap.max_inline_data >= options->inline_bytes,
	      "created with less than asked: %u WRs, %u SGEs, %u inline", attr.cap.max_send_wr,
	      attr.cap.max_send_sge, attr.cap.max_inline_data);
	end->max_inline = attr.cap.max_inline_data;
	uint64_t state = end->qp->qp_num * 2654435761u + options->send_wr;
	end->psn = (uint32_t)next_random(&state) & 0xffffff;
	return end;
}

void end_free(struct end *end)
{
	if (end->ah)
		ZERO(ibv_destroy_ah(end->ah));
	if (end->qp)
		ZERO(ibv_destroy_qp(end->qp));
	if (end->srq)
		ZERO(ibv_destroy_srq(end->srq));
	if (end->send_cq)
		ZERO(ibv_destroy_cq(end->send_cq));
	if (end->recv_cq && end->recv_cq != end->send_cq)
		ZERO(ibv_destroy_cq(end->recv_cq));
	free(end);
}

struct peer end_describe(const struct end *end, const struct buf *buf)
{
	struct peer peer;
	memset(&peer, 0, sizeof peer);
	peer.gid = end->nic->gid;
	peer.qpn = end->qp->qp_num;
	peer.psn = end->psn;
	peer.qkey = TEST_QKEY;
	if (buf) {
		peer.rkey = buf->mr->rkey;
		peer.addr = (uintptr_t)buf->base;
		peer.len = buf->len;
	}
	return peer;
}

struct ibv_ah_attr ah_towards(const struct peer *peer)
{
	struct ibv_ah_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.is_global = 1;
	attr.port_num = 1;
	attr.grh.dgid = peer->gid;
	attr.grh.hop_limit = 64;
	return attr;
}

void qp_init(struct end *end, const struct end_options *options)
{
	struct ibv_qp_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.qp_state = IBV_QPS_INIT;
	attr.port_num = 1;
	attr.qkey = TEST_QKEY;
	attr.qp_access_flags = (unsigned)options->access;
	int mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT |
		   (end->type == IBV_QPT_UD ? IBV_QP_QKEY : IBV_QP_ACCESS_FLAGS);
	if (end->type == IBV_QPT_UC)
		attr.qp_access_flags &= IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE;
	ZERO(ibv_modify_qp(end->qp, &attr, mask));
}

void qp_rtr(struct end *end, const struct peer *peer, const struct end_options *options)
{
	struct ibv_qp_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.qp_state = IBV_QPS_RTR;
	int mask = IBV_QP_STATE;
	if (end->type != IBV_QPT_UD) {
		attr.path_mtu = end->nic->port.active_mtu;
		attr.dest_qp_num = peer->qpn;
		attr.rq_psn = peer->psn;
		attr.ah_attr = ah_towards(peer);
		mask |= IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN;
	}
	if (end->type == IBV_QPT_RC) {
		attr.max_dest_rd_atomic = options->rd_atomic;
		attr.min_rnr_timer = options->min_rnr_timer;
		mask |= IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;
	}
	ZERO(ibv_modify_qp(end->qp, &attr, mask));
	end->peer = *peer;
}

void qp_rts(struct end *end, const struct end_options *options)
{
	struct ibv_qp_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.qp_state = IBV_QPS_RTS;
	attr.sq_psn = end->psn;
	int mask = IBV_QP_STATE | IBV_QP_SQ_PSN;
	if (end->type == IBV_QPT_RC) {
		attr.timeout = options->timeout;
		attr.retry_cnt = options->retry_cnt;
		attr.rnr_retry = options->rnr_retry;
		attr.max_rd_atomic = options->rd_atomic;
		mask |= IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
			IBV_QP_MAX_QP_RD_ATOMIC;
	}
	ZERO(ibv_modify_qp(end->qp, &attr, mask));
}

void end_connect(struct end *end, const struct peer *peer, const struct end_options *options)
{
	qp_init(end, options);
	qp_rtr(end, peer, options);
	qp_rts(end, options);
	if (end->type == IBV_QPT_UD) {
		struct ibv_ah_attr attr = ah_towards(peer);
		end->ah = ibv_create_ah(end->nic->pd, &attr);
		CHECK(end->ah, "ibv_create_ah: errno %d", errno);
	}
}

void end_loop(struct end *end, const struct buf *buf, const struct end_options *options)
{
	struct peer self = end_describe(end, buf);
	end_connect(end, &self, options);
}

void end_meet(struct side *side, struct end *end, const struct buf *buf,
	      const struct end_options *options)
{
	struct peer mine = end_describe(end, buf), theirs;
	step("exchange of addresses");
	swap(side, &mine, &theirs, sizeof mine);
	end_connect(end, &theirs, options);
}

int qp_to(struct ibv_qp *qp, enum ibv_qp_state state)
{
	struct ibv_qp_attr attr;
	memset(&attr, 0, sizeof attr);
	attr.qp_state = state;
	return ibv_modify_qp(qp, &attr, IBV_QP_STATE);
}

enum ibv_qp_state qp_state(struct ibv_qp *qp)
{
	struct ibv_qp_attr attr;
	struct ibv_qp_init_attr init;
	ZERO(ibv_query_qp(qp, &attr, IBV_QP_STATE, &init));
	return attr.qp_state;
}

struct ibv_sge sge_of(const struct buf *buf, size_t offset, size_t len)
{
	struct ibv_sge sge = {
		.addr = (uintptr_t)(buf->base + offset),
		.length = (uint32_t)len,
		.lkey = buf->mr->lkey,
	};
	return sge;
}

int post_recv(struct end *end, uint64_t wr_id, struct ibv_sge *sges, int count)
{
	struct ibv_recv_wr wr = { .wr_id = wr_id, .sg_list = sges, .num_sge = count }, *bad = NULL;
	if (end->srq)
		return ibv_post_srq_recv(end->srq, &wr, &bad);
	return ibv_post_recv(end->qp, &wr, &bad);
}

void must_recv(struct end *end, uint64_t wr_id, struct ibv_sge *sges, int count)
{
	int ret = post_recv(end, wr_id, sges, count);
	CHECK(ret == 0, "post_recv gave %d", ret);
}

struct ibv_send_wr send_wr(uint64_t wr_id, enum ibv_wr_opcode opcode, unsigned flags,
			   struct ibv_sge *sges, int count)
{
	struct ibv_send_wr wr;
	memset(&wr, 0, sizeof wr);
	wr.wr_id = wr_id;
	wr.opcode = opcode;
	wr.send_flags = flags;
	wr.sg_list = sges;
	wr.num_sge = count;
	return wr;
}

void wr_remote(struct ibv_send_wr *wr, uint64_t addr, uint32_t rkey)
{
	wr->wr.rdma.remote_addr = addr;
	wr->wr.rdma.rkey = rkey;
}

void wr_atomic(struct ibv_send_wr *wr, uint64_t addr, uint32_t rkey, uint64_t compare_add,
	       uint64_t swap_value)
{
	wr->wr.atomic.remote_addr = addr;
	wr->wr.atomic.rkey = rkey;
	wr->wr.atomic.compare_add = compare_add;
	wr->wr.atomic.swap = swap_value;
}

void wr_datagram(struct ibv_send_wr *wr, const struct end *end)
{
	wr->wr.ud.ah = end->ah;
	wr->wr.ud.remote_qpn = end->peer.qpn;
	wr->wr.ud.remote_qkey = end->peer.qkey;
}

int post_send(struct end *end, struct ibv_send_wr *wr)
{
	struct ibv_send_wr *bad = NULL;
	return ibv_post_send(end->qp, wr, &bad);
}

void must_send(struct end *end, struct ibv_send_wr *wr)
{
	int ret = post_send(end, wr);
	CHECK(ret == 0, "post_send of opcode %d gave %d", wr->opcode, ret);
}

void relax(unsigned *turns)
{
	if ((++*turns & 63) == 0) {
		check_other_side();
		sched_yield();
	}
}

struct ibv_wc wait_wc(struct ibv_cq *cq)
{
	struct ibv_wc wc;
	unsigned turns = 0;
	for (;;) {
		int got = ibv_poll_cq(cq, 1, &wc);
		if (got == 1)
			return wc;
		CHECK(got == 0, "ibv_poll_cq gave %d", got);
		relax(&turns);
	}
}

struct ibv_wc want_wc(struct ibv_cq *cq, uint64_t wr_id, enum ibv_wc_status status)
{
	step("waiting for WR %llu with status %d", (unsigned long long)wr_id, status);
	struct ibv_wc wc = wait_wc(cq);
	CHECK(wc.wr_id == wr_id && wc.status == status, "WR %llu ended %s, expected WR %llu %s",
	      (unsigned long long)wc.wr_id, ibv_wc_status_str(wc.status),
	      (unsigned long long)wr_id, ibv_wc_status_str(status));
	return wc;
}

bool cq_empty(struct ibv_cq *cq)
{
	struct ibv_wc wc;
	int got = ibv_poll_cq(cq, 1, &wc);
	CHECK(got >= 0, "ibv_poll_cq gave %d", got);
	return got == 0;
}

bool readable(int fd, int ms)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int got = poll(&poll_fd, 1, ms);
	CHECK(got >= 0 || errno == EINTR, "poll: errno %d", errno);
	return got == 1 && (poll_fd.revents & POLLIN);
}

struct ibv_async_event want_event(struct nic *nic, enum ibv_event_type type)
{
	for (;;) {
		struct ibv_async_event event;
		step("waiting for async event %s", ibv_event_type_str(type));
		while (!readable(nic->ctx->async_fd, 50))
			check_other_side();
		EXPECT(ibv_get_async_event(nic->ctx, &event), 0);
		ibv_ack_async_event(&event);
		if (event.event_type == type)
			return event;
		CHECK(event.event_type == IBV_EVENT_COMM_EST, "event %s, not %s",
		      ibv_event_type_str(event.event_type), ibv_event_type_str(type));
	}
}

/* --- patterns --- */

static uint64_t pattern_word(uint64_t index, uint64_t seed)
{
	uint64_t z = index * 0x9e3779b97f4a7c15u + seed;
	z = (z ^ (z >> 29)) * 0xbf58476d1ce4e5b9u;
	return z ^ (z >> 32);
}

void fill(void *to, size_t k, size_t len, uint64_t seed)
{
	uint8_t *out = to;
	while (len > 0) {
		uint64_t word = pattern_word(k / 8, seed);
		if (k % 8 == 0 && len >= 8) {
			memcpy(out, &word, 8);
			out += 8, k += 8, len -= 8;
			continue;
		}
		size_t skip = k % 8, take = 8 - skip < len ? 8 - skip : len;
		memcpy(out, (uint8_t *)&word + skip, take);
		out += take;
		k += take;
		len -= take;
	}
}

long verify(const void *from, size_t k, size_t len, uint64_t seed)
{
	const uint8_t *in = from;
	for (size_t done = 0; done < len;) {
		uint64_t word = pattern_word((k + done) / 8, seed);
		size_t skip = (k + done) % 8, left = len - done;
		if (skip == 0 && left >= 8) {
			uint64_t got;
			memcpy(&got, in + done, 8);
			if (got == word) {
				done += 8;
				continue;
			}
		}
		size_t take = 8 - skip < left ? 8 - skip : left;
		if (memcmp(in + done, (uint8_t *)&word + skip, take)) {
			while (in[done] == ((uint8_t *)&word)[skip]) {
				done++;
				skip++;
			}
			return (long)done;
		}
		done += take;
	}
	return -1;
}

long verify_byte(const void *from, size_t len, uint8_t byte)
{
	const uint8_t *in = from;
	for (size_t i = 0; i < len; i++)
		if (in[i] != byte)
			return (long)i;
	return -1;
}
