/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * VERBS_LOG_LEVEL=2: whatever the control path refuses leaves a line that says why, which names the
 * attribute at fault; what it grants leaves none. The errno is the other programs' business.
 */
#include "nic.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int log_fd = -1;
static int real_stderr = -1;

/* Before the first verb: the level is read once. */
static void watch(void)
{
	log_fd = memfd_create("reasons", 0);
	ENSURE(log_fd >= 0 && fcntl(log_fd, F_SETFL, O_APPEND) == 0);
	real_stderr = dup(2);
	ENSURE(dup2(log_fd, 2) == 2);
	setenv("VERBS_LOG_LEVEL", "2", 1);
	unsetenv("VERBS_LOG_FILE");
}

/* What was said since the last time, or "". */
static const char *said(void)
{
	static char text[4096];
	static off_t from;
	ssize_t got = pread(log_fd, text, sizeof text - 1, from);
	text[got > 0 ? got : 0] = 0;
	from += got > 0 ? got : 0;
	return text;
}

static void one_line_with(const char *call, const char *word)
{
	const char *line = said(), *end = strchr(line, '\n');
	CHECK(end, "%s was refused without a word", call);
	CHECK(!end[1], "%s was refused with more than a line: %s", call, line);
	CHECK(strstr(line, word), "%s: \"%s\" is not in: %s", call, word, line);
}

/* A call that gives an object or NULL; a call that gives 0 or not. */
#define NO_OBJECT(word, call)                                                                      \
	do {                                                                                       \
		CHECK(!(call), "%s succeeded", #call);                                             \
		one_line_with(#call, word);                                                        \
	} while (0)
#define REFUSED(word, call)                                                                        \
	do {                                                                                       \
		CHECK((call) != 0, "%s succeeded", #call);                                         \
		one_line_with(#call, word);                                                        \
	} while (0)

static void no_operation(struct nic *nic, struct ibv_qp *qp)
{
	struct ibv_cq_init_attr_ex extended = { .cqe = 4 };
	struct ibv_alloc_dm_attr memory = { .length = 64 };
	struct ibv_xrcd_init_attr domain = {
		.comp_mask = IBV_XRCD_INIT_ATTR_FD | IBV_XRCD_INIT_ATTR_OFLAGS, .fd = -1,
		.oflags = O_CREAT,
	};
	struct ibv_td_init_attr thread = { 0 };
	NO_OBJECT("alloc_mw", ibv_alloc_mw(nic->pd, IBV_MW_TYPE_1));
	NO_OBJECT("create_cq_ex", ibv_create_cq_ex(nic->ctx, &extended));
	NO_OBJECT("alloc_dm", ibv_alloc_dm(nic->ctx, &memory));
	NO_OBJECT("open_xrcd", ibv_open_xrcd(nic->ctx, &domain));
	NO_OBJECT("alloc_td", ibv_alloc_td(nic->ctx, &thread));
	REFUSED("attach_mcast", ibv_attach_mcast(qp, &nic->gid, 0));
}

static void wrong_numbers(struct nic *nic, struct ibv_cq *cq)
{
	union ibv_gid gid;
	uint16_t pkey;
	char memory[64];
	struct ibv_port_attr port;
	NO_OBJECT("0 completion", ibv_create_cq(nic->ctx, 0, NULL, NULL, 0));
	NO_OBJECT("comp_vector 7", ibv_create_cq(nic->ctx, 4, NULL, NULL, 7));
	REFUSED("-1 completion", ibv_resize_cq(cq, -1));
	NO_OBJECT("LOCAL_WRITE", ibv_reg_mr(nic->pd, memory, 64, IBV_ACCESS_REMOTE_WRITE));
	NO_OBJECT("not mapped", ibv_reg_mr(nic->pd, (void *)64, 64, 0));
	REFUSED("port 2", ibv_query_port(nic->ctx, 2, &port));
	REFUSED("index 16", ibv_query_gid(nic->ctx, 1, 16, &gid));
	REFUSED("port 3", ibv_query_gid(nic->ctx, 3, 0, &gid));
	REFUSED("index 1", ibv_query_pkey(nic->ctx, 1, 1, &pkey));
	struct ibv_ah_attr ah = { .port_num = 1 };
	NO_OBJECT("is_global", ibv_create_ah(nic->pd, &ah));
	ah.is_global = 1;
	ah.grh.sgid_index = 20;
	NO_OBJECT("sgid_index is 20", ibv_create_ah(nic->pd, &ah));
}

static void wrong_queues(struct nic *nic, struct ibv_cq *cq)
{
	struct ibv_srq_init_attr some = { .attr = { .max_wr = 4, .max_sge = 99 } };
	NO_OBJECT("max_sge 99", ibv_create_srq(nic->pd, &some));
	some.attr.max_sge = 1;
	struct ibv_srq *srq = ibv_create_srq(nic->pd, &some);
	struct ibv_srq_attr attr = { .max_wr = 8, .srq_limit = 1000 };
	ENSURE(srq);
	REFUSED("srq_limit 1000", ibv_modify_srq(srq, &attr, IBV_SRQ_LIMIT));
	REFUSED("resize", ibv_modify_srq(srq, &attr, IBV_SRQ_MAX_WR));
	REFUSED("mask 0x40", ibv_modify_srq(srq, &attr, 0x40));
	ZERO(ibv_destroy_srq(srq));

	struct ibv_qp_init_attr init = { .send_cq = cq, .qp_type = IBV_QPT_RC };
	NO_OBJECT("NULL", ibv_create_qp(nic->pd, &init));
	init.recv_cq = cq;
	init.cap.max_send_wr = 1 << 20;
	NO_OBJECT("max_send_wr is 1048576", ibv_create_qp(nic->pd, &init));
	init.cap.max_send_wr = 1;
	init.qp_type = IBV_QPT_RAW_PACKET;
	NO_OBJECT("type 8", ibv_create_qp(nic->pd, &init));
}

static void wrong_states(struct nic *nic, struct ibv_qp *qp)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RTS, .port_num = 2 };
	int mask = IBV_QP_STATE | IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS;
	(void)nic;
	REFUSED("transition", ibv_modify_qp(qp, &attr, IBV_QP_STATE));
	attr.qp_state = IBV_QPS_INIT;
	REFUSED("missing", ibv_modify_qp(qp, &attr, IBV_QP_STATE | IBV_QP_PORT));
	REFUSED("QKEY", ibv_modify_qp(qp, &attr, mask | IBV_QP_QKEY));
	REFUSED("port_num", ibv_modify_qp(qp, &attr, mask));
	attr.port_num = 1;
	attr.pkey_index = 9;
	REFUSED("pkey_index", ibv_modify_qp(qp, &attr, mask));
}

static void refusals(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	watch();
	struct nic *nic = nic_open();
	struct ibv_cq *cq = ibv_create_cq(nic->ctx, 4, NULL, NULL, 0);
	struct ibv_qp_init_attr init = {
		.send_cq = cq, .recv_cq = cq, .qp_type = IBV_QPT_RC,
		.cap = { .max_send_wr = 1, .max_recv_wr = 1, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	struct ibv_qp *qp = ibv_create_qp(nic->pd, &init);
	ENSURE(cq && qp);
	/* The machine may have something to warn of, but not what was granted. */
	said();
	struct ibv_port_attr port;
	ZERO(ibv_query_port(nic->ctx, 1, &port));
	CHECK(!*said(), "a query that succeeded was explained");
	no_operation(nic, qp);
	wrong_numbers(nic, cq);
	wrong_queues(nic, cq);
	wrong_states(nic, qp);
	REFUSED("in use", ibv_dealloc_pd(nic->pd));
	REFUSED("in use", ibv_destroy_cq(cq));
	ZERO(ibv_destroy_qp(qp));
	ZERO(ibv_destroy_cq(cq));
	nic_close(nic);
	CHECK(!*said(), "a clean end was explained");
	dup2(real_stderr, 2);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "reasons/refusals", LINK_AUTO, 1, refusals, NULL, 0, true },
	};
	return harness_main(argc, argv, tests, sizeof tests / sizeof tests[0], NULL);
}
