/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Every exported verb with NULL for each pointer, with numbers that make no sense, and in states
 * in which it cannot do its work. The right answer is a failure value with an errno; a crash is
 * caught by the frame and reported as the test that it is.
 *
 * The reference library does not check for NULL at all and crashes; this one promises not to.
 * Names in parentheses are the exported functions where the header has a macro of that name.
 */
#include "nic.h"

#include <infiniband/verbs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Exported, but in no public header. */
const char *ibv_get_sysfs_path(void);
int ibv_read_sysfs_file(const char *dir, const char *file, char *buf, size_t size);
void ibv_copy_ah_attr_from_kern(void *to, const void *from);
void ibv_copy_qp_attr_from_kern(void *to, const void *from);
void ibv_copy_path_rec_from_kern(void *to, const void *from);
void ibv_copy_path_rec_to_kern(void *to, const void *from);

/* int verbs: 0 is success, -1 or an errno is not. */
#define FAILS(call)                                                                                \
	do {                                                                                       \
		step("%s", #call);                                                                 \
		errno = 0;                                                                         \
		long ret_ = (long)(call);                                                          \
		CHECK(ret_ != 0, "%s gave 0", #call);                                              \
		CHECK(ret_ > 0 ? ret_ < 4096 : errno != 0, "%s gave %ld, errno %d", #call, ret_,   \
		      errno);                                                                      \
	} while (0)
/* Verbs that give a pointer. */
#define GIVES_NULL(call)                                                                           \
	do {                                                                                       \
		step("%s", #call);                                                                 \
		errno = 0;                                                                         \
		CHECK((call) == NULL, "%s gave an object", #call);                                 \
		CHECK(errno != 0, "%s left errno 0", #call);                                       \
	} while (0)
/* Whatever comes back, the process goes on. */
#define SURVIVES(call)                                                                             \
	do {                                                                                       \
		step("%s", #call);                                                                 \
		call;                                                                              \
	} while (0)

static void device_calls(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	SURVIVES(ibv_free_device_list(NULL));
	SURVIVES(CHECK(ibv_get_device_name(NULL) == NULL, "a name"));
	SURVIVES(CHECK(ibv_get_device_guid(NULL) == 0, "a GUID"));
	SURVIVES(CHECK(ibv_get_device_index(NULL) == -1, "an index"));
	GIVES_NULL(ibv_open_device(NULL));
	FAILS(ibv_close_device(NULL));
	GIVES_NULL(ibv_import_device(-1));
	GIVES_NULL(ibv_import_device(12345));
	SURVIVES((void)ibv_get_sysfs_path());
	char text[16];
	SURVIVES(CHECK(ibv_read_sysfs_file(NULL, NULL, NULL, 0) < 0, "read something"));
	SURVIVES(CHECK(ibv_read_sysfs_file("/proc/nonexistent", "file", text, sizeof text) < 0,
		       "read something"));
}

static void context_calls(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	struct ibv_device_attr attr;
	struct ibv_port_attr port;
	union ibv_gid gid;
	__be16 pkey;
	FAILS(ibv_query_device(NULL, &attr));
	FAILS(ibv_query_device(nic->ctx, NULL));
	FAILS((ibv_query_port)(NULL, 1, (struct _compat_ibv_port_attr *)&port));
	FAILS((ibv_query_port)(nic->ctx, 1, NULL));
	FAILS((ibv_query_port)(nic->ctx, 9, (struct _compat_ibv_port_attr *)&port));
	FAILS(ibv_query_gid(NULL, 1, 0, &gid));
	FAILS(ibv_query_gid(nic->ctx, 1, 0, NULL));
	FAILS(ibv_query_gid(nic->ctx, 1, 100000, &gid));
	FAILS(ibv_query_gid(nic->ctx, 200, 0, &gid));
	FAILS(ibv_query_pkey(NULL, 1, 0, &pkey));
	FAILS(ibv_query_pkey(nic->ctx, 1, 0, NULL));
	FAILS(ibv_query_pkey(nic->ctx, 1, 100000, &pkey));
	SURVIVES(CHECK(ibv_get_pkey_index(NULL, 1, 0xffff) < 0, "an index"));
	SURVIVES(CHECK(ibv_get_pkey_index(nic->ctx, 7, 0xffff) < 0, "an index"));
	struct ibv_gid_entry entry;
	FAILS(ibv_query_gid_ex(NULL, 1, 0, &entry, 0));
	FAILS(ibv_query_gid_ex(nic->ctx, 1, 0, NULL, 0));
	FAILS(ibv_query_gid_ex(nic->ctx, 1, 4000000000u, &entry, 0));
	SURVIVES(CHECK(ibv_query_gid_table(NULL, &entry, 1, 0) < 0, "a table"));
	SURVIVES(CHECK(ibv_query_gid_table(nic->ctx, NULL, 1, 0) < 0, "a table"));
	SURVIVES(CHECK(ibv_query_gid_table(nic->ctx, &entry, 1, 55) < 0, "a table"));
	uint64_t speed;
	FAILS(ibv_query_port_speed(NULL, 1, &speed));
	FAILS(ibv_query_port_speed(nic->ctx, 9, &speed));
	struct ibv_async_event event;
	FAILS(ibv_get_async_event(NULL, &event));
	SURVIVES(ibv_ack_async_event(NULL));
	nic_close(nic);
}

static void pd_and_mr(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	static char memory[4096];
	GIVES_NULL(ibv_alloc_pd(NULL));
	FAILS(ibv_dealloc_pd(NULL));
	GIVES_NULL((ibv_reg_mr)(NULL, memory, sizeof memory, 0));
	GIVES_NULL((ibv_reg_mr)(nic->pd, memory, SIZE_MAX, 0));
	GIVES_NULL((ibv_reg_mr)(nic->pd, memory, sizeof memory, 0x7fffffff & ~0x3ff00000));
	GIVES_NULL((ibv_reg_mr_iova)(NULL, memory, sizeof memory, 0, 0));
	GIVES_NULL(ibv_reg_mr_iova2(NULL, memory, sizeof memory, 0, 0));
	GIVES_NULL(ibv_reg_mr_ex(NULL, NULL));
	GIVES_NULL(ibv_reg_mr_ex(nic->pd, NULL));
	GIVES_NULL(ibv_reg_dmabuf_mr(NULL, 0, 4096, 0, 0, 0));
	GIVES_NULL(ibv_reg_dmabuf_mr(nic->pd, 0, 4096, 0, -1, 0));
	GIVES_NULL(ibv_reg_buf_mr(NULL, NULL, memory, 4096, 0));
	GIVES_NULL(ibv_reg_buf_mr(nic->pd, NULL, memory, 4096, 0));
	FAILS(ibv_dereg_mr(NULL));
	FAILS(ibv_rereg_mr(NULL, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0, 0));
	GIVES_NULL(ibv_import_pd(NULL, 1));
	GIVES_NULL(ibv_import_pd(nic->ctx, 99999));
	GIVES_NULL(ibv_import_mr(NULL, 1));
	GIVES_NULL(ibv_import_mr(nic->pd, 99999));
	GIVES_NULL(ibv_import_dm(NULL, 1));
	GIVES_NULL(ibv_import_dm(nic->ctx, 99999));
	SURVIVES(ibv_unimport_pd(NULL));
	SURVIVES(ibv_unimport_mr(NULL));
	SURVIVES(ibv_unimport_dm(NULL));
	FAILS(ibv_dm_export_dmabuf_fd(NULL));
	GIVES_NULL(ibv_alloc_dmah(NULL, NULL));
	GIVES_NULL(ibv_alloc_dmah(nic->ctx, NULL));
	FAILS(ibv_dealloc_dmah(NULL));
	struct ibv_buf *buf = NULL;
	GIVES_NULL(ibv_alloc_buf(NULL, 4096, &buf));
	GIVES_NULL(ibv_alloc_buf(nic->pd, 4096, NULL));
	SURVIVES(ibv_free_buf(NULL));
	FAILS(ibv_export_buf_dmabuf_fd(NULL));
	nic_close(nic);
}

static void cq_calls(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	struct ibv_cq *cq;
	void *context;
	GIVES_NULL(ibv_create_cq(NULL, 10, NULL, NULL, 0));
	FAILS(ibv_resize_cq(NULL, 10));
	FAILS(ibv_destroy_cq(NULL));
	SURVIVES(ibv_ack_cq_events(NULL, 1));
	GIVES_NULL(ibv_create_comp_channel(NULL));
	FAILS(ibv_destroy_comp_channel(NULL));
	FAILS(ibv_get_cq_event(NULL, &cq, &context));
	GIVES_NULL(ibv_create_comp_cntr(NULL, NULL));
	GIVES_NULL(ibv_create_comp_cntr(nic->ctx, NULL));
	uint64_t value;
	FAILS(ibv_destroy_comp_cntr(NULL));
	FAILS(ibv_set_comp_cntr(NULL, 1));
	FAILS(ibv_set_err_comp_cntr(NULL, 1));
	FAILS(ibv_inc_comp_cntr(NULL, 1));
	FAILS(ibv_inc_err_comp_cntr(NULL, 1));
	FAILS(ibv_read_comp_cntr(NULL, &value));
	FAILS(ibv_read_err_comp_cntr(NULL, &value));
	nic_close(nic);
}

static void qp_calls(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	struct end *end = end_new(nic, IBV_QPT_RC, &usual);
	struct ibv_qp_attr attr;
	struct ibv_qp_init_attr init;
	struct ibv_ece ece = { 0 };
	memset(&attr, 0, sizeof attr);
	memset(&init, 0, sizeof init);
	GIVES_NULL(ibv_create_qp(NULL, &init));
	GIVES_NULL(ibv_create_qp(nic->pd, NULL));
	GIVES_NULL(ibv_create_qp(nic->pd, &init));
	memset(&init, 0xff, sizeof init);
	init.send_cq = end->send_cq;
	init.recv_cq = end->recv_cq;
	init.srq = NULL;
	GIVES_NULL(ibv_create_qp(nic->pd, &init));
	FAILS(ibv_modify_qp(NULL, &attr, IBV_QP_STATE));
	FAILS(ibv_modify_qp(end->qp, NULL, IBV_QP_STATE));
	FAILS(ibv_modify_qp(end->qp, &attr, -1));
	memset(&attr, 0xff, sizeof attr);
	FAILS(ibv_modify_qp(end->qp, &attr, IBV_QP_STATE));
	FAILS(ibv_modify_qp(end->qp, &attr, -1));
	FAILS(ibv_query_qp(NULL, &attr, IBV_QP_STATE, &init));
	FAILS(ibv_query_qp(end->qp, NULL, IBV_QP_STATE, &init));
	FAILS(ibv_query_qp(end->qp, &attr, IBV_QP_STATE, NULL));
	FAILS(ibv_destroy_qp(NULL));
	SURVIVES(ibv_query_qp_data_in_order(NULL, IBV_WR_SEND, 0));
	SURVIVES(ibv_query_qp_data_in_order(end->qp, (enum ibv_wr_opcode)99, 0));
	FAILS(ibv_query_ece(NULL, &ece));
	FAILS(ibv_query_ece(end->qp, NULL));
	FAILS(ibv_set_ece(NULL, &ece));
	FAILS(ibv_set_ece(end->qp, NULL));
	FAILS(ibv_set_ece(end->qp, &ece));
	FAILS(ibv_qp_attach_comp_cntr(NULL, NULL, NULL));
	FAILS(ibv_qp_attach_comp_cntr(end->qp, NULL, NULL));
	SURVIVES(CHECK(ibv_qp_to_qp_ex(NULL) == NULL, "an extended QP"));
	union ibv_gid gid = nic->gid;
	FAILS(ibv_attach_mcast(NULL, &gid, 0));
	FAILS(ibv_attach_mcast(end->qp, NULL, 0));
	FAILS(ibv_detach_mcast(NULL, &gid, 0));
	FAILS(ibv_detach_mcast(end->qp, NULL, 0));
	FAILS(ibv_detach_mcast(end->qp, &gid, 0));
	end_free(end);
	nic_close(nic);
}

/* The data path: inline functions of the header, which cannot look at the object itself. */
static void data_path(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	struct end *end = end_new(nic, IBV_QPT_RC, &usual);
	struct buf *buf = buf_new(nic, 4096, ALL_ACCESS);
	end_loop(end, buf, &usual);
	struct ibv_send_wr *bad = NULL;
	struct ibv_recv_wr *bad_recv = NULL;
	struct ibv_wc wc;
	/* An empty list is no mistake. */
	SURVIVES(ibv_post_send(end->qp, NULL, &bad));
	SURVIVES(ibv_post_recv(end->qp, NULL, &bad_recv));
	struct ibv_send_wr wr;
	memset(&wr, 0xff, sizeof wr);
	wr.next = NULL;
	FAILS(ibv_post_send(end->qp, &wr, &bad));
	wr = send_wr(1, IBV_WR_SEND, 0, NULL, 5);
	FAILS(ibv_post_send(end->qp, &wr, &bad));
	wr = send_wr(1, IBV_WR_SEND, 0, NULL, -5);
	FAILS(ibv_post_send(end->qp, &wr, &bad));
	wr = send_wr(1, IBV_WR_SEND, IBV_SEND_INLINE, NULL, 1);
	FAILS(ibv_post_send(end->qp, &wr, &bad));
	struct ibv_recv_wr recv = { .num_sge = 1 };
	FAILS(ibv_post_recv(end->qp, &recv, &bad_recv));
	recv.num_sge = INT32_MIN;
	FAILS(ibv_post_recv(end->qp, &recv, &bad_recv));
	SURVIVES(CHECK(ibv_poll_cq(end->send_cq, -1, &wc) <= 0, "a completion"));
	SURVIVES(CHECK(ibv_poll_cq(end->send_cq, 0, NULL) <= 0, "a completion"));
	SURVIVES(CHECK(ibv_poll_cq(end->send_cq, 1, &wc) == 0, "a completion"));
	SURVIVES(ibv_req_notify_cq(end->send_cq, 77));
	end_free(end);
	buf_free(buf);
	nic_close(nic);
}

static void srq_and_ah(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	struct ibv_srq_init_attr init;
	struct ibv_srq_attr attr;
	memset(&attr, 0, sizeof attr);
	memset(&init, 0xff, sizeof init);
	GIVES_NULL(ibv_create_srq(NULL, &init));
	GIVES_NULL(ibv_create_srq(nic->pd, NULL));
	GIVES_NULL(ibv_create_srq(nic->pd, &init));
	FAILS(ibv_modify_srq(NULL, &attr, IBV_SRQ_LIMIT));
	FAILS(ibv_query_srq(NULL, &attr));
	FAILS(ibv_destroy_srq(NULL));
	struct ibv_srq *srq;
	init.srq_context = NULL;
	init.attr = (struct ibv_srq_attr){ .max_wr = 4, .max_sge = 1 };
	ENSURE(srq = ibv_create_srq(nic->pd, &init));
	FAILS(ibv_modify_srq(srq, NULL, IBV_SRQ_LIMIT));
	FAILS(ibv_modify_srq(srq, &attr, -1));
	FAILS(ibv_query_srq(srq, NULL));
	ZERO(ibv_destroy_srq(srq));

	struct ibv_ah_attr ah_attr;
	struct ibv_wc wc;
	struct ibv_grh grh;
	memset(&ah_attr, 0xff, sizeof ah_attr);
	memset(&wc, 0, sizeof wc);
	memset(&grh, 0xff, sizeof grh);
	GIVES_NULL(ibv_create_ah(NULL, &ah_attr));
	GIVES_NULL(ibv_create_ah(nic->pd, NULL));
	GIVES_NULL(ibv_create_ah(nic->pd, &ah_attr));
	FAILS(ibv_destroy_ah(NULL));
	FAILS(ibv_init_ah_from_wc(nic->ctx, 1, NULL, &grh, &ah_attr));
	FAILS(ibv_init_ah_from_wc(nic->ctx, 1, &wc, &grh, NULL));
	/* Without a GRH nobody has to be asked. */
	ZERO(ibv_init_ah_from_wc(NULL, 1, &wc, &grh, &ah_attr));
	wc.wc_flags = IBV_WC_GRH;
	FAILS(ibv_init_ah_from_wc(NULL, 1, &wc, &grh, &ah_attr));
	FAILS(ibv_init_ah_from_wc(nic->ctx, 1, &wc, NULL, &ah_attr));
	FAILS(ibv_init_ah_from_wc(nic->ctx, 1, &wc, &grh, &ah_attr));
	GIVES_NULL(ibv_create_ah_from_wc(NULL, &wc, &grh, 1));
	GIVES_NULL(ibv_create_ah_from_wc(nic->pd, NULL, &grh, 1));
	GIVES_NULL(ibv_create_ah_from_wc(nic->pd, &wc, &grh, 1));
	uint8_t mac[6];
	uint16_t vid;
	FAILS(ibv_resolve_eth_l2_from_gid(NULL, &ah_attr, mac, &vid));
	FAILS(ibv_resolve_eth_l2_from_gid(nic->ctx, NULL, mac, &vid));
	nic_close(nic);
}

static void text_and_rates(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	static const int odd[] = { -1, -100, 100, 1000000, INT32_MAX, INT32_MIN };
	for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
		SURVIVES(ENSURE(ibv_node_type_str((enum ibv_node_type)odd[i]) != NULL));
		SURVIVES(ENSURE(ibv_port_state_str((enum ibv_port_state)odd[i]) != NULL));
		SURVIVES(ENSURE(ibv_event_type_str((enum ibv_event_type)odd[i]) != NULL));
		SURVIVES(ENSURE(ibv_wc_status_str((enum ibv_wc_status)odd[i]) != NULL));
		SURVIVES(EXPECT(ibv_rate_to_mult((enum ibv_rate)odd[i]), -1));
		SURVIVES(EXPECT(ibv_rate_to_mbps((enum ibv_rate)odd[i]), -1));
		SURVIVES(ENSURE(mult_to_ibv_rate(odd[i]) == IBV_RATE_MAX));
		SURVIVES(ENSURE(mbps_to_ibv_rate(odd[i]) == IBV_RATE_MAX));
	}
	SURVIVES(ibv_copy_ah_attr_from_kern(NULL, NULL));
	SURVIVES(ibv_copy_qp_attr_from_kern(NULL, NULL));
	SURVIVES(ibv_copy_path_rec_from_kern(NULL, NULL));
	SURVIVES(ibv_copy_path_rec_to_kern(NULL, NULL));
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
#define ONE(name, run) { "null/" name, LINK_AUTO, 1, run, NULL, 0, false }
		ONE("device", device_calls),
		ONE("context", context_calls),
		ONE("pd-and-mr", pd_and_mr),
		ONE("cq", cq_calls),
		ONE("qp", qp_calls),
		ONE("data-path", data_path),
		ONE("srq-and-ah", srq_and_ah),
		ONE("text-and-rates", text_and_rates),
	};
	return harness_main(argc, argv, tests, sizeof tests / sizeof tests[0], NULL);
}
