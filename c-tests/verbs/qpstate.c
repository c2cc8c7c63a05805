/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The state table of queue pairs: every state to every state, on each service, with exactly the
 * attributes it takes, with each of them missing and with each foreign one added; the range of
 * each attribute; and that ibv_query_qp gives back what was set.
 */
#include "nic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RC, UC, UD, SERVICES };
static const enum ibv_qp_type types[] = { IBV_QPT_RC, IBV_QPT_UC, IBV_QPT_UD };
static const char *const type_names[] = { "rc", "uc", "ud" };
static const char *const state_names[] = { "RESET", "INIT", "RTR", "RTS", "SQD", "SQE", "ERR" };

struct transition {
	enum ibv_qp_state from, to;
	int required[SERVICES], optional[SERVICES];
};

#define CONNECTED_AV (IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN)

static const struct transition table[] = {
	{ IBV_QPS_RESET, IBV_QPS_RESET, { 0 }, { 0 } },
	{ IBV_QPS_RESET, IBV_QPS_INIT,
	  { IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS,
	    IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS,
	    IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY },
	  { 0 } },
	{ IBV_QPS_INIT, IBV_QPS_RESET, { 0 }, { 0 } },
	{ IBV_QPS_INIT, IBV_QPS_ERR, { 0 }, { 0 } },
	{ IBV_QPS_INIT, IBV_QPS_INIT,
	  { 0 },
	  { IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS,
	    IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_ACCESS_FLAGS,
	    IBV_QP_PKEY_INDEX | IBV_QP_PORT | IBV_QP_QKEY } },
	{ IBV_QPS_INIT, IBV_QPS_RTR,
	  { CONNECTED_AV | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER, CONNECTED_AV, 0 },
	  { IBV_QP_ACCESS_FLAGS | IBV_QP_PKEY_INDEX, IBV_QP_ACCESS_FLAGS | IBV_QP_PKEY_INDEX,
	    IBV_QP_PKEY_INDEX | IBV_QP_QKEY } },
	{ IBV_QPS_RTR, IBV_QPS_RESET, { 0 }, { 0 } },
	{ IBV_QPS_RTR, IBV_QPS_ERR, { 0 }, { 0 } },
	{ IBV_QPS_RTR, IBV_QPS_RTS,
	  { IBV_QP_SQ_PSN | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
		    IBV_QP_MAX_QP_RD_ATOMIC,
	    IBV_QP_SQ_PSN, IBV_QP_SQ_PSN },
	  { IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_MIN_RNR_TIMER,
	    IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS, IBV_QP_CUR_STATE | IBV_QP_QKEY } },
	{ IBV_QPS_RTS, IBV_QPS_RESET, { 0 }, { 0 } },
	{ IBV_QPS_RTS, IBV_QPS_ERR, { 0 }, { 0 } },
	{ IBV_QPS_RTS, IBV_QPS_RTS,
	  { 0 },
	  { IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_MIN_RNR_TIMER,
	    IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS, IBV_QP_CUR_STATE | IBV_QP_QKEY } },
	{ IBV_QPS_RTS, IBV_QPS_SQD,
	  { 0 },
	  { IBV_QP_EN_SQD_ASYNC_NOTIFY, IBV_QP_EN_SQD_ASYNC_NOTIFY, IBV_QP_EN_SQD_ASYNC_NOTIFY } },
	{ IBV_QPS_SQD, IBV_QPS_RESET, { 0 }, { 0 } },
	{ IBV_QPS_SQD, IBV_QPS_ERR, { 0 }, { 0 } },
	{ IBV_QPS_SQD, IBV_QPS_RTS,
	  { 0 },
	  { IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS | IBV_QP_MIN_RNR_TIMER,
	    IBV_QP_CUR_STATE | IBV_QP_ACCESS_FLAGS, IBV_QP_CUR_STATE | IBV_QP_QKEY } },
	{ IBV_QPS_SQD, IBV_QPS_SQD,
	  { 0 },
	  { IBV_QP_PORT | IBV_QP_AV | IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
		    IBV_QP_MAX_QP_RD_ATOMIC | IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_ACCESS_FLAGS |
		    IBV_QP_PKEY_INDEX | IBV_QP_MIN_RNR_TIMER,
	    IBV_QP_AV | IBV_QP_ACCESS_FLAGS | IBV_QP_PKEY_INDEX,
	    IBV_QP_PKEY_INDEX | IBV_QP_QKEY } },
	{ IBV_QPS_ERR, IBV_QPS_RESET, { 0 }, { 0 } },
	{ IBV_QPS_ERR, IBV_QPS_ERR, { 0 }, { 0 } },
};

/* Bits tried as foreign ones. Automatic path migration is left out: a device without it may
 * say so with another errno. */
static const int all_bits[] = {
	IBV_QP_CUR_STATE,	IBV_QP_EN_SQD_ASYNC_NOTIFY, IBV_QP_ACCESS_FLAGS,
	IBV_QP_PKEY_INDEX,	IBV_QP_PORT,		    IBV_QP_QKEY,
	IBV_QP_AV,		IBV_QP_PATH_MTU,	    IBV_QP_TIMEOUT,
	IBV_QP_RETRY_CNT,	IBV_QP_RNR_RETRY,	    IBV_QP_RQ_PSN,
	IBV_QP_MAX_QP_RD_ATOMIC, IBV_QP_MIN_RNR_TIMER,	    IBV_QP_SQ_PSN,
	IBV_QP_MAX_DEST_RD_ATOMIC, IBV_QP_CAP,		    IBV_QP_DEST_QPN,
};
#define ALL_BITS (sizeof all_bits / sizeof all_bits[0])

struct machine {
	struct nic *nic;
	struct end *end;
	int service;
};

static struct ibv_qp_attr good_attr(const struct machine *m, enum ibv_qp_state from)
{
	struct ibv_qp_attr attr;
	memset(&attr, 0, sizeof attr);
	struct peer peer = end_describe(m->end, NULL);
	attr.cur_qp_state = from;
	attr.path_mtu = m->nic->port.active_mtu;
	attr.qkey = TEST_QKEY;
	attr.rq_psn = 0x123456;
	attr.sq_psn = 0x654321;
	attr.dest_qp_num = m->end->qp->qp_num;
	attr.qp_access_flags = m->service == RC ? ALL_ACCESS : IBV_ACCESS_REMOTE_WRITE;
	attr.cap.max_send_wr = 8;
	attr.cap.max_recv_wr = 8;
	attr.cap.max_send_sge = 1;
	attr.cap.max_recv_sge = 1;
	attr.ah_attr = ah_towards(&peer);
	attr.max_rd_atomic = 3;
	attr.max_dest_rd_atomic = 5;
	attr.min_rnr_timer = 12;
	attr.port_num = 1;
	attr.timeout = 13;
	attr.retry_cnt = 6;
	attr.rnr_retry = 5;
	return attr;
}

static int modify(const struct machine *m, enum ibv_qp_state from, enum ibv_qp_state to, int mask)
{
	struct ibv_qp_attr attr = good_attr(m, from);
	attr.qp_state = to;
	return ibv_modify_qp(m->end->qp, &attr, mask | IBV_QP_STATE);
}

static const struct transition *find(enum ibv_qp_state from, enum ibv_qp_state to)
{
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (table[i].from == from && table[i].to == to)
			return &table[i];
	return NULL;
}

static void go(const struct machine *m, enum ibv_qp_state from, enum ibv_qp_state to)
{
	int ret = modify(m, from, to, find(from, to)->required[m->service]);
	CHECK(ret == 0, "%s to %s gave %d", state_names[from], state_names[to], ret);
	CHECK(m->end->qp->state == to, "the state of the handle is %d", m->end->qp->state);
}

static void bring_to(const struct machine *m, enum ibv_qp_state state)
{
	static const enum ibv_qp_state path[] = { IBV_QPS_RESET, IBV_QPS_INIT, IBV_QPS_RTR,
						  IBV_QPS_RTS, IBV_QPS_SQD };
	ZERO(qp_to(m->end->qp, IBV_QPS_RESET));
	if (state == IBV_QPS_ERR) {
		go(m, IBV_QPS_RESET, IBV_QPS_INIT);
		go(m, IBV_QPS_INIT, IBV_QPS_ERR);
		return;
	}
	for (size_t i = 0; path[i] != state; i++)
		go(m, path[i], path[i + 1]);
}

static void still_in(const struct machine *m, enum ibv_qp_state state)
{
	enum ibv_qp_state is = qp_state(m->end->qp);
	CHECK(is == state, "a refused modify left %s for %d", state_names[state], is);
}

static struct machine machine_new(int service)
{
	struct machine m = { .service = service, .nic = nic_open() };
	m.end = end_new(m.nic, types[service], &usual);
	return m;
}

static void machine_free(struct machine *m)
{
	end_free(m->end);
	nic_close(m->nic);
}

struct step_arg {
	int service;
	enum ibv_qp_state from, to;
};

static void transitions(struct side *side, const void *arg)
{
	(void)side;
	const struct step_arg *s = arg;
	struct machine m = machine_new(s->service);
	const struct transition *t = find(s->from, s->to);
	bring_to(&m, s->from);
	if (!t) {
		/* With no attribute, and with all those of the way through the usual states. */
		int everything = 0;
		for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
			if (table[i].to == s->to)
				everything |= table[i].required[s->service];
		EXPECT(modify(&m, s->from, s->to, 0), EINVAL);
		EXPECT(modify(&m, s->from, s->to, everything), EINVAL);
		still_in(&m, s->from);
		machine_free(&m);
		return;
	}
	int required = t->required[s->service], optional = t->optional[s->service];
	for (size_t i = 0; i < ALL_BITS; i++) {
		int bit = all_bits[i], ret = 0;
		if (required & bit) {
			ret = modify(&m, s->from, s->to, required & ~bit);
			CHECK(ret == EINVAL, "without mask bit %x: %d", bit, ret);
		} else if (!(optional & bit)) {
			ret = modify(&m, s->from, s->to, required | bit);
			bool cap = bit == IBV_QP_CAP;
			CHECK(ret == EINVAL || (cap && ret == EOPNOTSUPP), "with mask bit %x: %d", bit,
			      ret);
		} else {
			continue;
		}
		still_in(&m, s->from);
	}
	for (size_t i = 0; i < ALL_BITS; i++) {
		if (!(optional & all_bits[i]))
			continue;
		bring_to(&m, s->from);
		int ret = modify(&m, s->from, s->to, required | all_bits[i]);
		CHECK(ret == 0, "with optional mask bit %x: %d", all_bits[i], ret);
	}
	bring_to(&m, s->from);
	EXPECT(modify(&m, s->from, s->to, required | optional), 0);
	EXPECT((int)qp_state(m.end->qp), (int)s->to);
	machine_free(&m);
}

static void odd_states(struct side *side, const void *arg)
{
	(void)side;
	struct machine m = machine_new(((const struct step_arg *)arg)->service);
	bring_to(&m, IBV_QPS_RTS);
	EXPECT(modify(&m, IBV_QPS_RTS, (enum ibv_qp_state)7, 0), EINVAL);
	EXPECT(modify(&m, IBV_QPS_RTS, (enum ibv_qp_state)-1, 0), EINVAL);
	EXPECT(modify(&m, IBV_QPS_RTS, (enum ibv_qp_state)1000, 0), EINVAL);
	/* A current state that is not the current state. */
	struct ibv_qp_attr attr = good_attr(&m, IBV_QPS_INIT);
	attr.qp_state = IBV_QPS_RTS;
	EXPECT(ibv_modify_qp(m.end->qp, &attr, IBV_QP_STATE | IBV_QP_CUR_STATE), EINVAL);
	/* Without IBV_QP_STATE the state stays, and its own row of the table holds. */
	int bit = m.service == UD ? IBV_QP_QKEY : IBV_QP_ACCESS_FLAGS;
	EXPECT(ibv_modify_qp(m.end->qp, &attr, bit), 0);
	EXPECT(ibv_modify_qp(m.end->qp, &attr, IBV_QP_PORT), EINVAL);
	EXPECT((int)qp_state(m.end->qp), IBV_QPS_RTS);
	machine_free(&m);
}

/* --- ranges --- */

static void refuse_rtr(struct machine *m, const char *what, struct ibv_qp_attr attr)
{
	attr.qp_state = IBV_QPS_RTR;
	int mask = IBV_QP_STATE | find(IBV_QPS_INIT, IBV_QPS_RTR)->required[m->service];
	int ret = ibv_modify_qp(m->end->qp, &attr, mask);
	CHECK(ret == EINVAL, "%s gave %d", what, ret);
	still_in(m, IBV_QPS_INIT);
}

static void refuse_rts(struct machine *m, const char *what, struct ibv_qp_attr attr)
{
	attr.qp_state = IBV_QPS_RTS;
	int mask = IBV_QP_STATE | find(IBV_QPS_RTR, IBV_QPS_RTS)->required[m->service];
	int ret = ibv_modify_qp(m->end->qp, &attr, mask);
	CHECK(ret == EINVAL, "%s gave %d", what, ret);
	still_in(m, IBV_QPS_RTR);
}

static void ranges(struct side *side, const void *arg)
{
	(void)side;
	struct machine m = machine_new(((const struct step_arg *)arg)->service);
	bool rc = m.service == RC, ud = m.service == UD;
	struct ibv_qp_attr good = good_attr(&m, IBV_QPS_RESET), attr;
	struct ibv_device_attr device;
	ZERO(ibv_query_device(m.nic->ctx, &device));
	int mask = IBV_QP_STATE | find(IBV_QPS_RESET, IBV_QPS_INIT)->required[m.service];
#define WITH(field, value) (attr = good, attr.field = (value), attr)
	good.qp_state = IBV_QPS_INIT;
	attr = WITH(port_num, 0);
	EXPECT(ibv_modify_qp(m.end->qp, &attr, mask), EINVAL);
	attr = WITH(port_num, 2);
	EXPECT(ibv_modify_qp(m.end->qp, &attr, mask), EINVAL);
	attr = WITH(pkey_index, 77);
	EXPECT(ibv_modify_qp(m.end->qp, &attr, mask), EINVAL);
	still_in(&m, IBV_QPS_RESET);
	bring_to(&m, IBV_QPS_INIT);
	if (!ud) {
		refuse_rtr(&m, "path_mtu 0", WITH(path_mtu, (enum ibv_mtu)0));
		refuse_rtr(&m, "path_mtu 6", WITH(path_mtu, (enum ibv_mtu)6));
		refuse_rtr(&m, "dest_qp_num of 25 bits", WITH(dest_qp_num, 1u << 24));
		refuse_rtr(&m, "address vector without GRH", WITH(ah_attr.is_global, 0));
		refuse_rtr(&m, "address vector of port 2", WITH(ah_attr.port_num, 2));
		refuse_rtr(&m, "sgid_index 200", WITH(ah_attr.grh.sgid_index, 200));
	}
	if (rc) {
		refuse_rtr(&m, "min_rnr_timer 32", WITH(min_rnr_timer, 32));
		if (device.max_qp_rd_atom < 255)
			refuse_rtr(&m, "max_dest_rd_atomic above the device's",
				   WITH(max_dest_rd_atomic, (uint8_t)(device.max_qp_rd_atom + 1)));
		bring_to(&m, IBV_QPS_RTR);
		refuse_rts(&m, "timeout 32", WITH(timeout, 32));
		refuse_rts(&m, "retry_cnt 8", WITH(retry_cnt, 8));
		refuse_rts(&m, "rnr_retry 8", WITH(rnr_retry, 8));
		if (device.max_qp_init_rd_atom < 255)
			refuse_rts(&m, "max_rd_atomic above the device's",
				   WITH(max_rd_atomic, (uint8_t)(device.max_qp_init_rd_atom + 1)));
	}
	machine_free(&m);
}

/* --- query --- */

static void query(struct side *side, const void *arg)
{
	(void)side;
	struct machine m = machine_new(((const struct step_arg *)arg)->service);
	bool rc = m.service == RC, ud = m.service == UD;
	struct ibv_qp_attr good = good_attr(&m, IBV_QPS_RESET), attr;
	struct ibv_qp_init_attr init;
	struct ibv_qp *qp = m.end->qp;
	ENSURE(qp->state == IBV_QPS_RESET);
	ENSURE(qp->qp_type == types[m.service] && qp->context == m.nic->ctx && qp->pd == m.nic->pd);
	ENSURE(qp->send_cq == m.end->send_cq && qp->recv_cq == m.end->recv_cq && !qp->srq);
	ENSURE(qp->qp_context == m.end && qp->qp_num > 1 && qp->qp_num < 0xffffff);
	bring_to(&m, IBV_QPS_INIT);
	struct ibv_ah_attr av = good.ah_attr;
	av.grh.flow_label = 0x12345;
	av.grh.traffic_class = 0x60;
	av.grh.hop_limit = 33;
	av.sl = 3;
	good.ah_attr = av;
	good.qp_state = IBV_QPS_RTR;
	ZERO(ibv_modify_qp(qp, &good,
			   IBV_QP_STATE | find(IBV_QPS_INIT, IBV_QPS_RTR)->required[m.service]));
	go(&m, IBV_QPS_RTR, IBV_QPS_RTS);
	memset(&attr, 0xee, sizeof attr);
	memset(&init, 0xee, sizeof init);
	ZERO(ibv_query_qp(qp, &attr, 0x1ffffff, &init));
	ENSURE(attr.qp_state == IBV_QPS_RTS && attr.cur_qp_state == IBV_QPS_RTS);
	ENSURE(attr.sq_psn == good.sq_psn && attr.pkey_index == 0 && attr.port_num == 1);
	ENSURE(!attr.sq_draining);
	if (ud) {
		ENSURE(attr.qkey == TEST_QKEY);
	} else {
		ENSURE(attr.path_mtu == good.path_mtu && attr.dest_qp_num == good.dest_qp_num);
		ENSURE(attr.rq_psn == good.rq_psn);
		ENSURE(attr.qp_access_flags == good.qp_access_flags);
		ENSURE(attr.ah_attr.is_global == 1 && attr.ah_attr.port_num == 1);
		ENSURE(!memcmp(&attr.ah_attr.grh.dgid, &av.grh.dgid, 16));
		ENSURE(attr.ah_attr.grh.flow_label == 0x12345);
		ENSURE(attr.ah_attr.grh.traffic_class == 0x60);
		ENSURE(attr.ah_attr.grh.hop_limit == 33 && attr.ah_attr.sl == 3);
		ENSURE(attr.ah_attr.grh.sgid_index == 0);
	}
	if (rc) {
		ENSURE(attr.max_rd_atomic == 3 && attr.max_dest_rd_atomic == 5);
		ENSURE(attr.min_rnr_timer == 12 && attr.timeout == 13);
		ENSURE(attr.retry_cnt == 6 && attr.rnr_retry == 5);
	}
	ENSURE(attr.cap.max_send_wr >= usual.send_wr && attr.cap.max_recv_wr >= usual.recv_wr);
	ENSURE(attr.cap.max_send_sge >= 1 && attr.cap.max_recv_sge >= 1);
	ENSURE(init.cap.max_send_wr == attr.cap.max_send_wr);
	ENSURE(init.send_cq == m.end->send_cq && init.recv_cq == m.end->recv_cq && !init.srq);
	ENSURE(init.qp_type == types[m.service] && !init.sq_sig_all);
	ENSURE(init.qp_context == m.end);
	/* A change in RTS, then one in SQD. */
	attr.qp_access_flags = IBV_ACCESS_REMOTE_WRITE;
	attr.qkey = 77;
	ZERO(ibv_modify_qp(qp, &attr, ud ? IBV_QP_QKEY : IBV_QP_ACCESS_FLAGS));
	ZERO(ibv_query_qp(qp, &attr, 0x1ffffff, &init));
	ENSURE(ud ? attr.qkey == 77 : attr.qp_access_flags == IBV_ACCESS_REMOTE_WRITE);
	go(&m, IBV_QPS_RTS, IBV_QPS_SQD);
	if (rc) {
		attr.timeout = 7;
		attr.retry_cnt = 1;
		ZERO(ibv_modify_qp(qp, &attr, IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT));
		ZERO(ibv_query_qp(qp, &attr, 0x1ffffff, &init));
		ENSURE(attr.timeout == 7 && attr.retry_cnt == 1 && attr.qp_state == IBV_QPS_SQD);
	}
	ZERO(qp_to(qp, IBV_QPS_RESET));
	ENSURE(qp->state == IBV_QPS_RESET);
	ZERO(ibv_query_qp(qp, &attr, IBV_QP_STATE, &init));
	ENSURE(attr.qp_state == IBV_QPS_RESET);
	machine_free(&m);
}

int main(int argc, char **argv)
{
	static struct test tests[512];
	static struct step_arg args[512];
	size_t n = 0;
#define ADD(function, ...)                                                                         \
	do {                                                                                       \
		struct test *test = &tests[n];                                                     \
		snprintf(test->name, sizeof test->name, __VA_ARGS__);                              \
		test->link = LINK_AUTO;                                                            \
		test->sides = 1;                                                                   \
		test->run = function;                                                              \
		test->arg = &args[n++];                                                            \
	} while (0)
	for (int service = 0; service < SERVICES; service++) {
		for (int from = IBV_QPS_RESET; from <= IBV_QPS_ERR; from++)
			for (int to = IBV_QPS_RESET; to <= IBV_QPS_ERR; to++) {
				/* The state after an error of a send queue is not reached by will. */
				if (from == IBV_QPS_SQE)
					continue;
				args[n] = (struct step_arg){ service, (enum ibv_qp_state)from,
							     (enum ibv_qp_state)to };
				ADD(transitions, "qpstate/%s/%s-%s", type_names[service],
				    state_names[from], state_names[to]);
			}
		args[n].service = service;
		ADD(odd_states, "qpstate/%s/odd-states", type_names[service]);
		args[n].service = service;
		ADD(ranges, "qpstate/%s/ranges", type_names[service]);
		args[n].service = service;
		ADD(query, "qpstate/%s/query", type_names[service]);
	}
	return harness_main(argc, argv, tests, n, NULL);
}
