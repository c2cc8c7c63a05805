/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Objects other than queue pairs: what they are created with, what queries say, what is refused,
 * what keeps what alive, and that promised limits can be had.
 */
#include "nic.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNUSED(side, arg) ((void)(side), (void)(arg))

static void device_list(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	int count = -1;
	struct ibv_device **list = ibv_get_device_list(&count);
	CHECK(list && count >= 1, "list %p, %d devices", (void *)list, count);
	struct ibv_device *device = NULL;
	for (int i = 0; i < count; i++) {
		CHECK(list[i], "device %d of %d is NULL", i, count);
		if (!strcmp(ibv_get_device_name(list[i]), "verbium0"))
			device = list[i];
	}
	ENSURE(list[count] == NULL);
	CHECK(device, "no verbium0");
	ENSURE(device->node_type == IBV_NODE_CA && device->transport_type == IBV_TRANSPORT_IB);
	ENSURE(ibv_get_device_guid(device) != 0);
	CHECK(!strncmp(device->dev_name, "uverbs", 6), "dev_name %s", device->dev_name);
	/* A device outlives the list while it is open; the list is given without a count too. */
	struct ibv_context *ctx = ibv_open_device(device);
	ENSURE(ctx != NULL);
	ibv_free_device_list(list);
	ENSURE((list = ibv_get_device_list(NULL)) != NULL);
	ibv_free_device_list(list);
	ENSURE(!strcmp(ibv_get_device_name(ctx->device), "verbium0"));
	ENSURE(ctx->num_comp_vectors >= 1);
	ZERO(ibv_close_device(ctx));
}

static void contexts(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *a = nic_open(), *b = nic_open();
	ENSURE(a->ctx != b->ctx);
	ENSURE(a->ctx->async_fd != b->ctx->async_fd);
	struct buf *buf = buf_new(b, 4096, ALL_ACCESS);
	nic_close(a);
	struct end *end = end_new(b, IBV_QPT_RC, &usual);
	end_loop(end, buf, &usual);
	end_free(end);
	buf_free(buf);
	nic_close(b);
}

static void query_device(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	struct ibv_device_attr attr;
	memset(&attr, 0, sizeof attr);
	ZERO(ibv_query_device(nic->ctx, &attr));
	ENSURE(attr.phys_port_cnt == 1);
	ENSURE(attr.fw_ver[0] && memchr(attr.fw_ver, 0, sizeof attr.fw_ver));
	ENSURE(attr.node_guid == ibv_get_device_guid(nic->ctx->device));
	ENSURE(attr.max_mr_size >= 1ull << 40 && (attr.page_size_cap & 4096));
	ENSURE(attr.max_qp >= 1000 && attr.max_qp_wr >= 1024 && attr.max_sge >= 32);
	ENSURE(attr.max_cq >= 1000 && attr.max_cqe >= 4096 && attr.max_mr >= 1000);
	ENSURE(attr.max_pd >= 100 && attr.max_ah >= 100);
	ENSURE(attr.max_srq >= 100 && attr.max_srq_wr >= 1024 && attr.max_srq_sge >= 32);
	ENSURE(attr.max_qp_rd_atom >= 16 && attr.max_qp_init_rd_atom >= 16);
	ENSURE(attr.max_pkeys == 1 && attr.atomic_cap >= IBV_ATOMIC_HCA);
	struct ibv_device_attr_ex ex;
	memset(&ex, 0xee, sizeof ex);
	ZERO(ibv_query_device_ex(nic->ctx, NULL, &ex));
	/* The old part of both is the same. */
	ENSURE(!memcmp(&ex.orig_attr, &attr, sizeof attr));
	struct ibv_query_device_ex_input input = { .comp_mask = 1u << 30 };
	EXPECT(ibv_query_device_ex(nic->ctx, &input, &ex), EINVAL);
	nic_close(nic);
}

static void query_port(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	struct ibv_port_attr attr;
	memset(&attr, 0xee, sizeof attr);
	ZERO(ibv_query_port(nic->ctx, 1, &attr));
	ENSURE(attr.state == IBV_PORT_ACTIVE && attr.link_layer == IBV_LINK_LAYER_ETHERNET);
	ENSURE(attr.max_mtu == IBV_MTU_4096);
	ENSURE(attr.active_mtu >= IBV_MTU_256 && attr.active_mtu <= attr.max_mtu);
	ENSURE(attr.phys_state == 5 && attr.lid == 0 && attr.sm_lid == 0);
	ENSURE(attr.gid_tbl_len >= 1 && attr.pkey_tbl_len == 1);
	ENSURE(attr.max_msg_sz == 1u << 30);
	ENSURE(attr.active_width > 0 && attr.active_speed > 0);
	EXPECT(ibv_query_port(nic->ctx, 0, &attr), EINVAL);
	EXPECT(ibv_query_port(nic->ctx, 2, &attr), EINVAL);
	EXPECT(ibv_query_port(nic->ctx, 255, &attr), EINVAL);
	/* The exported function of the name fills no more than the short struct it is for. */
	struct {
		struct ibv_port_attr attr;
		unsigned char behind[64];
	} guarded;
	memset(&guarded, 0xee, sizeof guarded);
	ZERO((ibv_query_port)(nic->ctx, 1, (struct _compat_ibv_port_attr *)&guarded.attr));
	ENSURE(guarded.attr.state == IBV_PORT_ACTIVE);
	for (size_t i = 48; i < sizeof guarded; i++)
		CHECK(((unsigned char *)&guarded)[i] == 0xee, "byte %zu was written", i);
	nic_close(nic);
}

static void gids_and_pkeys(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	union ibv_gid gid, zero;
	memset(&zero, 0, sizeof zero);
	ZERO(ibv_query_gid(nic->ctx, 1, 0, &gid));
	ENSURE(memcmp(&gid, &zero, sizeof gid));
	/* Indices that programs have hard-wired answer as aliases; none beyond. */
	for (int i = 1; i < 16; i++) {
		union ibv_gid other;
		CHECK(ibv_query_gid(nic->ctx, 1, i, &other) == 0 && !memcmp(&other, &gid, sizeof gid),
		      "GID %d is no alias of GID 0", i);
	}
	errno = 0;
	EXPECT(ibv_query_gid(nic->ctx, 1, 16, &gid), -1);
	ENSURE(errno != 0);
	EXPECT(ibv_query_gid(nic->ctx, 1, -1, &gid), -1);
	EXPECT(ibv_query_gid(nic->ctx, 2, 0, &gid), -1);
	struct ibv_gid_entry entry, entries[32];
	ZERO(ibv_query_gid_ex(nic->ctx, 1, 0, &entry, 0));
	ENSURE(entry.gid_type == IBV_GID_TYPE_ROCE_V2 && entry.port_num == 1 &&
	       entry.gid_index == 0);
	ENSURE(!memcmp(&entry.gid, &nic->gid, sizeof gid));
	int ret = ibv_query_gid_ex(nic->ctx, 1, 0, &entry, 77);
	CHECK(ret == EINVAL || ret == EOPNOTSUPP, "unknown flags gave %d", ret);
	ssize_t found = ibv_query_gid_table(nic->ctx, entries, 32, 0);
	CHECK(found >= 1, "ibv_query_gid_table gave %zd", found);
	int v4 = 0;
	for (ssize_t i = 0; i < found; i++) {
		static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
		v4 += !memcmp(entries[i].gid.raw, mapped, 12);
	}
	CHECK(v4 <= 1, "%d IPv4 entries", v4);
	__be16 pkey = 0;
	ZERO(ibv_query_pkey(nic->ctx, 1, 0, &pkey));
	ENSURE(pkey == 0xffff);
	EXPECT(ibv_query_pkey(nic->ctx, 1, 1, &pkey), -1);
	EXPECT(ibv_query_pkey(nic->ctx, 1, -1, &pkey), -1);
	EXPECT(ibv_get_pkey_index(nic->ctx, 1, htons(0xffff)), 0);
	EXPECT(ibv_get_pkey_index(nic->ctx, 1, htons(0x1234)), -1);
	nic_close(nic);
}

/* --- memory regions --- */

static void mr_arguments(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	static char memory[8192];
	struct ibv_mr *mr;
#define REFUSED(what, call)                                                                        \
	do {                                                                                       \
		errno = 0;                                                                         \
		mr = (call);                                                                       \
		CHECK(!mr && (errno == EINVAL || errno == EOPNOTSUPP), "%s: %s, errno %d", what, mr ? "done" : "refused",   \
		      errno);                                                                      \
	} while (0)
	REFUSED("remote write without local write",
		ibv_reg_mr(nic->pd, memory, 4096, IBV_ACCESS_REMOTE_WRITE));
	REFUSED("remote atomic without local write",
		ibv_reg_mr(nic->pd, memory, 4096, IBV_ACCESS_REMOTE_ATOMIC));
	REFUSED("unknown access bit", ibv_reg_mr(nic->pd, memory, 4096, 1 << 15));
	REFUSED("a range that wraps around",
		ibv_reg_mr(nic->pd, (void *)(UINTPTR_MAX - 4095), 8192, IBV_ACCESS_LOCAL_WRITE));
	/* Optional bits are taken, known or not. */
	ENSURE(mr = ibv_reg_mr(nic->pd, memory, 4096, ALL_ACCESS | IBV_ACCESS_RELAXED_ORDERING));
	ENSURE(mr->pd == nic->pd && mr->addr == memory && mr->length == 4096);
	ENSURE(mr->context == nic->ctx);
	ZERO(ibv_dereg_mr(mr));
	ENSURE(mr = ibv_reg_mr(nic->pd, memory, 4096, ALL_ACCESS | 1 << 28));
	ZERO(ibv_dereg_mr(mr));
	ENSURE(mr = ibv_reg_mr(nic->pd, memory, 1, 0));
	ZERO(ibv_dereg_mr(mr));
	/* Each registration has keys of its own. */
	struct ibv_mr *mrs[64];
	for (int i = 0; i < 64; i++) {
		ENSURE(mrs[i] = ibv_reg_mr(nic->pd, memory, 4096, ALL_ACCESS));
		for (int k = 0; k < i; k++)
			CHECK(mrs[k]->lkey != mrs[i]->lkey && mrs[k]->rkey != mrs[i]->rkey,
			      "regions %d and %d share a key", k, i);
	}
	EXPECT(ibv_dealloc_pd(nic->pd), EBUSY);
	for (int i = 0; i < 64; i++)
		ZERO(ibv_dereg_mr(mrs[i]));
	nic_close(nic);
}

/* A loop of one QP writing from `from` (lkey) to `to` (rkey); gives the status. */
static enum ibv_wc_status write_status(struct nic *nic, uint64_t from, uint32_t lkey, uint64_t to,
				       uint32_t rkey, uint32_t len)
{
	struct end *end = end_new(nic, IBV_QPT_RC, &usual);
	end_loop(end, NULL, &usual);
	struct ibv_sge sge = { from, len, lkey };
	struct ibv_send_wr wr = send_wr(1, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1);
	wr_remote(&wr, to, rkey);
	must_send(end, &wr);
	struct ibv_wc wc = wait_wc(end->send_cq);
	end_free(end);
	return wc.status;
}

static void mr_iova(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	static uint8_t memory[8192];
	uint64_t iova = 0x7700000000u + ((uintptr_t)memory & 4095);
	struct ibv_mr *mr = ibv_reg_mr_iova(nic->pd, memory, sizeof memory, iova, ALL_ACCESS);
	CHECK(mr, "ibv_reg_mr_iova: errno %d", errno);
	fill(memory, 0, 1000, 4);
	EXPECT((int)write_status(nic, iova, mr->lkey, iova + 4096, mr->rkey, 1000), IBV_WC_SUCCESS);
	CHECK(verify(memory + 4096, 0, 1000, 4) < 0, "wrong bytes");
	/* Sender and responder are one QP: it may be in ERR before the NAK is read. */
	enum ibv_wc_status outside =
		write_status(nic, iova, mr->lkey, (uintptr_t)memory, mr->rkey, 100);
	CHECK(outside == IBV_WC_REM_ACCESS_ERR || outside == IBV_WC_WR_FLUSH_ERR, "status %s",
	      ibv_wc_status_str(outside));
	EXPECT((int)write_status(nic, (uintptr_t)memory, mr->lkey, iova, mr->rkey, 100),
	       IBV_WC_LOC_PROT_ERR);
	ZERO(ibv_dereg_mr(mr));
	/* From zero on, as MPI windows like it. */
	ENSURE(mr = ibv_reg_mr(nic->pd, memory, sizeof memory, ALL_ACCESS | IBV_ACCESS_ZERO_BASED));
	uint64_t base = (uintptr_t)memory & 4095;
	memset(memory + 4096, 0, 1000);
	struct ibv_mr *plain = ibv_reg_mr(nic->pd, memory, sizeof memory, ALL_ACCESS);
	ENSURE(plain != NULL);
	enum ibv_wc_status status =
		write_status(nic, (uintptr_t)memory, plain->lkey, 4096, mr->rkey, 1000);
	if (status != IBV_WC_SUCCESS) /* counted from the page, as some hardware does */
		status = write_status(nic, (uintptr_t)memory, plain->lkey, base + 4096, mr->rkey, 1000);
	EXPECT((int)status, IBV_WC_SUCCESS);
	CHECK(verify(memory + 4096, 0, 1000, 4) < 0, "wrong bytes");
	ZERO(ibv_dereg_mr(plain));
	ZERO(ibv_dereg_mr(mr));
	nic_close(nic);
}

/* On-demand paging works by nature: one region over all of memory, if the device says so. */
static void mr_implicit(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	struct ibv_device_attr_ex ex;
	ZERO(ibv_query_device_ex(nic->ctx, NULL, &ex));
	if (!(ex.odp_caps.general_caps & IBV_ODP_SUPPORT_IMPLICIT)) {
		nic_close(nic);
		FAIL("the device does not offer implicit ODP");
	}
	struct ibv_mr *mr = ibv_reg_mr(nic->pd, NULL, SIZE_MAX, ALL_ACCESS | IBV_ACCESS_ON_DEMAND);
	CHECK(mr, "implicit region: errno %d", errno);
	uint8_t *memory = malloc(20000);
	fill(memory, 0, 10000, 6);
	EXPECT((int)write_status(nic, (uintptr_t)memory, mr->lkey, (uintptr_t)memory + 10000,
				 mr->rkey, 10000),
	       IBV_WC_SUCCESS);
	CHECK(verify(memory + 10000, 0, 10000, 6) < 0, "wrong bytes");
	free(memory);
	ZERO(ibv_dereg_mr(mr));
	nic_close(nic);
}

static void mr_rereg(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	static uint8_t memory[16384];
	struct ibv_mr *mr;
	ENSURE(mr = ibv_reg_mr(nic->pd, memory, 4096, IBV_ACCESS_LOCAL_WRITE));
	errno = 0;
	EXPECT(ibv_rereg_mr(mr, 1 << 20, NULL, NULL, 0, 0), IBV_REREG_MR_ERR_INPUT);
	EXPECT(errno, EINVAL);
	EXPECT(ibv_rereg_mr(mr, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, NULL, 0, 0),
	       IBV_REREG_MR_ERR_INPUT);
	int ret = ibv_rereg_mr(mr, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0, ALL_ACCESS);
	if (ret != 0) {
		/* Not served: it says so, and the region is what it was. */
		EXPECT(ret, IBV_REREG_MR_ERR_CMD);
		CHECK(errno == EOPNOTSUPP, "errno %d", errno);
		ENSURE(mr->length == 4096);
	} else {
		EXPECT((int)write_status(nic, (uintptr_t)memory, mr->lkey, (uintptr_t)memory + 64,
					 mr->rkey, 64),
		       IBV_WC_SUCCESS);
		ZERO(ibv_rereg_mr(mr, IBV_REREG_MR_CHANGE_TRANSLATION, NULL, memory + 4096, 8192, 0));
		ENSURE(mr->addr == memory + 4096 && mr->length == 8192);
		EXPECT((int)write_status(nic, (uintptr_t)memory + 4096, mr->lkey,
					 (uintptr_t)memory + 12000, mr->rkey, 64),
		       IBV_WC_SUCCESS);
	}
	ZERO(ibv_dereg_mr(mr));
	nic_close(nic);
}

/* --- completion queues --- */

static void cq_arguments(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	struct ibv_device_attr attr;
	struct ibv_cq *cq;
	ZERO(ibv_query_device(nic->ctx, &attr));
	static const int bad_sizes[] = { 0, -1, INT32_MIN };
	for (size_t i = 0; i < 3; i++) {
		errno = 0;
		cq = ibv_create_cq(nic->ctx, bad_sizes[i], NULL, NULL, 0);
		CHECK(!cq && errno == EINVAL, "cqe %d: errno %d", bad_sizes[i], errno);
	}
	cq = ibv_create_cq(nic->ctx, attr.max_cqe + 1, NULL, NULL, 0);
	CHECK(!cq && errno == EINVAL, "more than max_cqe: errno %d", errno);
	cq = ibv_create_cq(nic->ctx, 10, NULL, NULL, nic->ctx->num_comp_vectors);
	CHECK(!cq && errno == EINVAL, "comp_vector too large: errno %d", errno);
	cq = ibv_create_cq(nic->ctx, 10, NULL, NULL, -1);
	CHECK(!cq && errno == EINVAL, "comp_vector -1: errno %d", errno);
	ENSURE(cq = ibv_create_cq(nic->ctx, 10, &attr, NULL, 0));
	ENSURE(cq->cqe >= 10 && cq->cq_context == &attr && cq->context == nic->ctx && !cq->channel);
	struct ibv_wc wc;
	EXPECT(ibv_poll_cq(cq, 1, &wc), 0);
	EXPECT(ibv_poll_cq(cq, 0, &wc), 0);
	ZERO(ibv_destroy_cq(cq));
	cq = ibv_create_cq(nic->ctx, attr.max_cqe, NULL, NULL, 0);
	CHECK(cq && cq->cqe >= attr.max_cqe, "max_cqe %d cannot be had: errno %d", attr.max_cqe,
	      errno);
	ZERO(ibv_destroy_cq(cq));
	nic_close(nic);
}

static void write_some(struct end *end, struct buf *buf, uint64_t first, uint64_t count)
{
	for (uint64_t i = first; i < first + count; i++) {
		struct ibv_sge sge = sge_of(buf, 0, 8);
		struct ibv_send_wr wr = send_wr(i, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1);
		wr_remote(&wr, (uintptr_t)buf->base + 64, buf->mr->rkey);
		must_send(end, &wr);
	}
}

/* Resizing keeps what is in the queue, in order, also around the end of the old ring. */
static void cq_resize(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	struct end_options options = usual;
	options.send_wr = 256;
	struct end *end = end_new(nic, IBV_QPT_RC, &options);
	struct buf *buf = buf_new(nic, 4096, ALL_ACCESS);
	end_loop(end, buf, &options);
	uint64_t next = 0, polled = 0;
	static const int sizes[] = { 300, 512, 270, 1000, 264, 4000 };
	for (size_t i = 0; i < 6; i++) {
		write_some(end, buf, next, 120);
		next += 120;
		for (int k = 0; k < 60; k++)
			want_wc(end->send_cq, polled++, IBV_WC_SUCCESS);
		/* Self-connected: all have completed once a later one would be accepted; wait. */
		usleep(2000);
		int ret = ibv_resize_cq(end->send_cq, sizes[i]);
		CHECK(ret == 0, "resize to %d gave %d", sizes[i], ret);
		CHECK(end->send_cq->cqe >= sizes[i], "cqe is %d after resize to %d",
		      end->send_cq->cqe, sizes[i]);
		while (polled < next)
			want_wc(end->send_cq, polled++, IBV_WC_SUCCESS);
		CHECK(cq_empty(end->send_cq), "a completion too many");
	}
	write_some(end, buf, next, 50);
	usleep(20000);
	int ret = ibv_resize_cq(end->send_cq, 10);
	CHECK(ret == EINVAL, "resize below what is in it gave %d", ret);
	for (int k = 0; k < 50; k++)
		want_wc(end->send_cq, next++, IBV_WC_SUCCESS);
	EXPECT(ibv_resize_cq(end->send_cq, 0), EINVAL);
	EXPECT(ibv_resize_cq(end->send_cq, -5), EINVAL);
	EXPECT(ibv_resize_cq(end->send_cq, INT32_MAX), EINVAL);
	end_free(end);
	buf_free(buf);
	nic_close(nic);
}

/* --- what keeps what alive --- */

static void busy(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	struct end_options options = usual;
	options.srq_wr = 8;
	struct end *end = end_new(nic, IBV_QPT_RC, &options);
	EXPECT(ibv_destroy_cq(end->send_cq), EBUSY);
	EXPECT(ibv_destroy_cq(end->recv_cq), EBUSY);
	EXPECT(ibv_destroy_srq(end->srq), EBUSY);
	EXPECT(ibv_dealloc_pd(nic->pd), EBUSY);
	ZERO(ibv_destroy_qp(end->qp));
	end->qp = NULL;
	EXPECT(ibv_dealloc_pd(nic->pd), EBUSY);
	struct peer peer = { .gid = nic->gid };
	struct ibv_ah_attr attr = ah_towards(&peer);
	ZERO(ibv_destroy_srq(end->srq));
	end->srq = NULL;
	ENSURE(end->ah = ibv_create_ah(nic->pd, &attr));
	EXPECT(ibv_dealloc_pd(nic->pd), EBUSY);
	end_free(end);
	nic_close(nic);
}

/* --- queue pairs: what they may be created with --- */

static void qp_arguments(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	struct ibv_device_attr device;
	ZERO(ibv_query_device(nic->ctx, &device));
	struct ibv_cq *cq;
	ENSURE(cq = ibv_create_cq(nic->ctx, 16, NULL, NULL, 0));
	struct ibv_qp_init_attr good = {
		.send_cq = cq, .recv_cq = cq, .qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	struct ibv_qp_init_attr attr;
	struct ibv_qp *qp;
#define QP_REFUSED(what, field, value)                                                             \
	do {                                                                                       \
		attr = good;                                                                       \
		attr.field = (value);                                                              \
		errno = 0;                                                                         \
		qp = ibv_create_qp(nic->pd, &attr);                                                \
		CHECK(!qp && (errno == EINVAL || errno == EOPNOTSUPP), "%s: errno %d", what,       \
		      errno);                                                                      \
	} while (0)
	QP_REFUSED("too many send WRs", cap.max_send_wr, (uint32_t)device.max_qp_wr + 1);
	QP_REFUSED("too many receive WRs", cap.max_recv_wr, (uint32_t)device.max_qp_wr + 1);
	QP_REFUSED("too many send SGEs", cap.max_send_sge, (uint32_t)device.max_sge + 1);
	QP_REFUSED("too many receive SGEs", cap.max_recv_sge, (uint32_t)device.max_sge + 1);
	QP_REFUSED("too many inline bytes", cap.max_inline_data, 1u << 30);
	QP_REFUSED("type 0", qp_type, (enum ibv_qp_type)0);
	QP_REFUSED("type 99", qp_type, (enum ibv_qp_type)99);
	QP_REFUSED("raw packets", qp_type, IBV_QPT_RAW_PACKET);
	QP_REFUSED("no send CQ", send_cq, NULL);
	QP_REFUSED("no receive CQ", recv_cq, NULL);
	/* Promised limits can be had, all together. */
	attr = good;
	attr.cap.max_send_wr = attr.cap.max_recv_wr = (uint32_t)device.max_qp_wr;
	attr.cap.max_send_sge = attr.cap.max_recv_sge = (uint32_t)device.max_sge;
	attr.cap.max_inline_data = 512;
	qp = ibv_create_qp(nic->pd, &attr);
	CHECK(qp, "the promised limits cannot be had: errno %d", errno);
	ENSURE(attr.cap.max_send_wr >= (uint32_t)device.max_qp_wr);
	ENSURE(attr.cap.max_inline_data >= 512);
	ZERO(ibv_destroy_qp(qp));
	/* No receive queue at all. */
	attr = good;
	attr.cap.max_recv_wr = attr.cap.max_recv_sge = 0;
	ENSURE(qp = ibv_create_qp(nic->pd, &attr));
	ZERO(ibv_destroy_qp(qp));
	ZERO(ibv_destroy_cq(cq));
	nic_close(nic);
}

/* Numbers of queue pairs are not used again at once. */
static void qp_numbers(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	uint32_t last = 0;
	for (int i = 0; i < 50; i++) {
		struct end *end = end_new(nic, IBV_QPT_RC, &usual);
		CHECK(end->qp->qp_num != last, "QPN %x is used again at once", last);
		last = end->qp->qp_num;
		end_free(end);
	}
	nic_close(nic);
}

/* --- shared receive queues --- */

static void srq(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	struct ibv_device_attr device;
	ZERO(ibv_query_device(nic->ctx, &device));
	struct ibv_srq_init_attr init = { .srq_context = &device,
					  .attr = { .max_wr = 20, .max_sge = 3 } };
	struct ibv_srq *srq;
	ENSURE(srq = ibv_create_srq(nic->pd, &init));
	ENSURE(srq->srq_context == &device && srq->pd == nic->pd && srq->context == nic->ctx);
	struct ibv_srq_attr attr;
	ZERO(ibv_query_srq(srq, &attr));
	ENSURE(attr.max_wr >= 20 && attr.max_sge >= 3 && attr.srq_limit == 0);
	struct ibv_srq_attr change = { .srq_limit = attr.max_wr + 1 };
	EXPECT(ibv_modify_srq(srq, &change, IBV_SRQ_LIMIT), EINVAL);
	EXPECT(ibv_modify_srq(srq, &change, 1 << 10), EINVAL);
	/* With fewer receives than the limit its event would come at once and unarm it. */
	for (int i = 0; i < 8; i++) {
		struct ibv_recv_wr wr = { .wr_id = 1 }, *bad;
		ZERO(ibv_post_srq_recv(srq, &wr, &bad));
	}
	change.srq_limit = 7;
	ZERO(ibv_modify_srq(srq, &change, IBV_SRQ_LIMIT));
	ZERO(ibv_query_srq(srq, &attr));
	EXPECT((int)attr.srq_limit, 7);
	change.max_wr = 100;
	int ret = ibv_modify_srq(srq, &change, IBV_SRQ_MAX_WR);
	CHECK(ret == 0 || ret == EINVAL || ret == EOPNOTSUPP, "resize gave %d", ret);
	if (ret == 0) {
		ZERO(ibv_query_srq(srq, &attr));
		ENSURE(attr.max_wr >= 100);
	}
	ZERO(ibv_destroy_srq(srq));
	init.attr.max_wr = (uint32_t)device.max_srq_wr + 1;
	errno = 0;
	srq = ibv_create_srq(nic->pd, &init);
	CHECK(!srq && errno == EINVAL, "too many WRs: errno %d", errno);
	init.attr.max_wr = (uint32_t)device.max_srq_wr;
	init.attr.max_sge = (uint32_t)device.max_srq_sge;
	srq = ibv_create_srq(nic->pd, &init);
	CHECK(srq, "the promised limits cannot be had: errno %d", errno);
	ZERO(ibv_destroy_srq(srq));
	init.attr.max_sge++;
	srq = ibv_create_srq(nic->pd, &init);
	CHECK(!srq && errno == EINVAL, "too many SGEs: errno %d", errno);
	nic_close(nic);
}

/* --- address handles --- */

static void ah_arguments(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
	struct peer peer = { .gid = nic->gid };
	struct ibv_ah_attr good = ah_towards(&peer), attr;
	struct ibv_ah *ah;
#define AH_REFUSED(what, field, value)                                                             \
	do {                                                                                       \
		attr = good;                                                                       \
		attr.field = (value);                                                              \
		errno = 0;                                                                         \
		ah = ibv_create_ah(nic->pd, &attr);                                                \
		CHECK(!ah && errno == EINVAL, "%s: errno %d", what, errno);                        \
	} while (0)
	AH_REFUSED("without GRH", is_global, 0);
	AH_REFUSED("port 0", port_num, 0);
	AH_REFUSED("port 2", port_num, 2);
	AH_REFUSED("sgid_index 16", grh.sgid_index, 16);
	ENSURE(ah = ibv_create_ah(nic->pd, &good));
	ENSURE(ah->pd == nic->pd && ah->context == nic->ctx);
	ZERO(ibv_destroy_ah(ah));
	nic_close(nic);
}

/* An answer to a datagram, by an address handle made of its completion. */
static void ah_from_wc(struct side *side, const void *arg)
{
	(void)arg;
	struct nic *nic = nic_open();
	struct end *end = end_new(nic, IBV_QPT_UD, &usual);
	struct buf *buf = buf_new(nic, 8192, ALL_ACCESS);
	end_meet(side, end, buf, &usual);
	struct ibv_sge to = sge_of(buf, 0, 104), sge = sge_of(buf, 4096, 64);
	must_recv(end, 1, &to, 1);
	barrier(side);
	struct ibv_send_wr wr = send_wr(2, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
	fill(buf->base + 4096, 0, 64, 8 + (uint64_t)side->id);
	if (side->id == 0) {
		wr_datagram(&wr, end);
		must_send(end, &wr);
		want_wc(end->send_cq, 2, IBV_WC_SUCCESS);
		struct ibv_wc wc = want_wc(end->recv_cq, 1, IBV_WC_SUCCESS);
		CHECK(verify(buf->base + 40, 0, 64, 9) < 0, "wrong answer");
		EXPECT((int)wc.src_qp, (int)end->peer.qpn);
	} else {
		struct ibv_wc wc = want_wc(end->recv_cq, 1, IBV_WC_SUCCESS);
		CHECK(verify(buf->base + 40, 0, 64, 8) < 0, "wrong question");
		struct ibv_ah_attr attr;
		memset(&attr, 0, sizeof attr);
		struct ibv_grh *grh = (struct ibv_grh *)(void *)buf->base;
		ZERO(ibv_init_ah_from_wc(nic->ctx, 1, &wc, grh, &attr));
		ENSURE(attr.is_global && attr.port_num == 1);
		CHECK(!memcmp(&attr.grh.dgid, &end->peer.gid, 16), "address of another");
		struct ibv_ah *ah = ibv_create_ah_from_wc(nic->pd, &wc, grh, 1);
		CHECK(ah, "ibv_create_ah_from_wc: errno %d", errno);
		wr_datagram(&wr, end);
		wr.wr.ud.ah = ah;
		wr.wr.ud.remote_qpn = wc.src_qp;
		must_send(end, &wr);
		want_wc(end->send_cq, 2, IBV_WC_SUCCESS);
		ZERO(ibv_destroy_ah(ah));
	}
	barrier(side);
	end_free(end);
	buf_free(buf);
	nic_close(nic);
}

/* --- fork and the rest --- */

static void fork_calls(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	EXPECT(ibv_fork_init(), 0);
	ENSURE(ibv_is_fork_initialized() == IBV_FORK_UNNEEDED);
	struct nic *nic = nic_open();
	struct buf *buf = buf_new(nic, 8192, ALL_ACCESS);
	EXPECT(ibv_fork_init(), 0);
	buf_free(buf);
	nic_close(nic);
}

/* What the device does not have says so, and only so. */
static void unsupported(struct side *side, const void *arg)
{
	UNUSED(side, arg);
	struct nic *nic = nic_open();
#define SAYS_SO(call, undo)                                                                        \
	do {                                                                                       \
		errno = 0;                                                                         \
		void *object_ = (call);                                                            \
		CHECK(object_ || errno == EOPNOTSUPP, "%s: errno %d", #call, errno);               \
		if (object_)                                                                       \
			ZERO(undo(object_));                                                       \
	} while (0)
	struct ibv_xrcd_init_attr xrcd = { .comp_mask = IBV_XRCD_INIT_ATTR_FD |
							IBV_XRCD_INIT_ATTR_OFLAGS,
					   .fd = -1, .oflags = 0100 };
	struct ibv_alloc_dm_attr dm = { .length = 4096 };
	struct ibv_td_init_attr td = { 0 };
	struct ibv_counters_init_attr counters = { 0 };
	SAYS_SO(ibv_alloc_mw(nic->pd, IBV_MW_TYPE_1), ibv_dealloc_mw);
	SAYS_SO(ibv_open_xrcd(nic->ctx, &xrcd), ibv_close_xrcd);
	SAYS_SO(ibv_alloc_dm(nic->ctx, &dm), ibv_free_dm);
	SAYS_SO(ibv_alloc_td(nic->ctx, &td), ibv_dealloc_td);
	SAYS_SO(ibv_create_counters(nic->ctx, &counters), ibv_destroy_counters);
	struct end *end = end_new(nic, IBV_QPT_UD, &usual);
	union ibv_gid group = nic->gid;
	group.raw[0] = 0xff;
	int ret = ibv_attach_mcast(end->qp, &group, 0);
	CHECK(ret == 0 || ret == EOPNOTSUPP, "ibv_attach_mcast gave %d", ret);
	if (ret == 0)
		ZERO(ibv_detach_mcast(end->qp, &group, 0));
	errno = 0;
	struct ibv_mr *mr = ibv_reg_dmabuf_mr(nic->pd, 0, 4096, 0, -1, ALL_ACCESS);
	CHECK(!mr && (errno == EOPNOTSUPP || errno == EBADF), "ibv_reg_dmabuf_mr: errno %d", errno);
	end_free(end);
	nic_close(nic);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
#define ONE(name, run) { "objects/" name, LINK_AUTO, 1, run, NULL, 0, false }
		ONE("device-list", device_list),
		ONE("contexts", contexts),
		ONE("query-device", query_device),
		ONE("query-port", query_port),
		ONE("gids-and-pkeys", gids_and_pkeys),
		ONE("mr-arguments", mr_arguments),
		ONE("mr-iova", mr_iova),
		ONE("mr-implicit", mr_implicit),
		ONE("mr-rereg", mr_rereg),
		ONE("cq-arguments", cq_arguments),
		ONE("cq-resize", cq_resize),
		ONE("busy", busy),
		ONE("qp-arguments", qp_arguments),
		ONE("qp-numbers", qp_numbers),
		ONE("srq", srq),
		ONE("ah-arguments", ah_arguments),
		ONE("fork-calls", fork_calls),
		ONE("unsupported", unsupported),
		{ "objects/self/ah-from-wc", LINK_SELF, 2, ah_from_wc, NULL, 0, false },
		{ "objects/cma/ah-from-wc", LINK_CMA, 2, ah_from_wc, NULL, 0, false },
		{ "objects/ring/ah-from-wc", LINK_RING, 2, ah_from_wc, NULL, 0, false },
	};
	return harness_main(argc, argv, tests, sizeof tests / sizeof tests[0], NULL);
}
