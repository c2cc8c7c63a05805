/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The door for extensions: what the device inside the library offers (its counters), and a toy
 * vendor that adds a table of its own before main, as a driver does when it registers.
 */
#include <infiniband/verbium.h>

#include "nic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- a toy vendor --- */

/* What the vendor's header would say. Its numbers are kept apart from those of verbs. */
enum toy_wr_opcode {
	TOY_WR_SING = IBV_EXTENSION_VALUE(IBV_EXTENSION_VENDOR, 1),
	TOY_WR_DANCE,
};

struct toy_ops {
	struct ibv_ext_ops ops;
	int (*name_length)(struct ibv_device *device);
	enum toy_wr_opcode (*favourite)(void);
};

struct toy_context_ops {
	struct ibv_ext_ops ops;
	struct ibv_device *(*device)(struct ibv_context *context);
};

_Static_assert(TOY_WR_SING == 0x01000001 && TOY_WR_DANCE == 0x01000002, "vendor values");
_Static_assert(IBV_EXTENSION_TYPE(TOY_WR_DANCE) == IBV_EXTENSION_VENDOR, "kind of a value");
_Static_assert(IBV_EXTENSION_NUMBER(TOY_WR_DANCE) == 2, "number of a value");
_Static_assert(IBV_EXTENSION_VALUE(IBV_EXTENSION_COMMON, IBV_WR_SEND) == IBV_WR_SEND, "core");
_Static_assert(IBV_EXTENSION_MASK == 0xffu << IBV_EXTENSION_BASE_SHIFT, "mask");

static int toy_name_length(struct ibv_device *device)
{
	return (int)strlen(ibv_get_device_name(device));
}

static enum toy_wr_opcode toy_favourite(void)
{
	return TOY_WR_DANCE;
}

static struct ibv_device *toy_device(struct ibv_context *context)
{
	return context->device;
}

static const struct toy_ops toy_ops = { { sizeof toy_ops, 3 }, toy_name_length, toy_favourite };
static const struct toy_context_ops toy_context_ops = { { sizeof toy_context_ops, 1 }, toy_device };

static int never(struct ibv_device *device)
{
	(void)device;
	return 0;
}

static int registered_early = -1;

__attribute__((constructor)) static void toy_register(void)
{
	struct ibv_ext_registration toy = { .size = sizeof toy, .provider = "verbium", .name = "toy",
					    .device_ops = &toy_ops.ops,
					    .context_ops = &toy_context_ops.ops };
	registered_early = ibv_register_ext_ops(&toy);
}

static void toy(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	struct ibv_device *device = nic->ctx->device;
	ZERO(registered_early);
	ZERO(ibv_have_ext_ops(device, "toy"));
	const struct toy_ops *ops = ibv_get_device_ext_ops(device, "toy");
	CHECK(ops == &toy_ops, "another table");
	CHECK(ops->ops.version == 3 && ops->ops.size == sizeof *ops, "version %u, %u bytes",
	      ops->ops.version, ops->ops.size);
	EXPECT(ops->name_length(device), (int)strlen(ibv_get_device_name(device)));
	CHECK(ops->favourite() == TOY_WR_DANCE, "another favourite");
	const struct toy_context_ops *of_context = ibv_get_ext_ops(nic->ctx, "toy");
	CHECK(of_context == &toy_context_ops, "another table");
	CHECK(of_context->device(nic->ctx) == device, "another device");

	/* A name is taken once, and only by what offers something. */
	struct ibv_ext_registration more = { .size = sizeof more, .provider = "verbium", .name = "toy",
					     .device_ops = &toy_ops.ops };
	EXPECT(ibv_register_ext_ops(&more), EEXIST);
	more.name = "verbium";
	EXPECT(ibv_register_ext_ops(&more), EEXIST);
	more.name = "toy-of-others";
	more.provider = "nobody";
	ZERO(ibv_register_ext_ops(&more));
	EXPECT(ibv_have_ext_ops(device, "toy-of-others"), ENOSYS);
	more.provider = "verbium";
	more.name = "toy-elsewhere";
	more.have = never;
	ZERO(ibv_register_ext_ops(&more));
	EXPECT(ibv_have_ext_ops(device, "toy-elsewhere"), ENOSYS);
	CHECK(!ibv_get_device_ext_ops(device, "toy-elsewhere") && errno == ENOSYS, "errno %d", errno);
	/* A table of one kind is no table of the other. */
	char name[] = "toy-device-only";
	more.name = name;
	more.have = NULL;
	ZERO(ibv_register_ext_ops(&more));
	name[0] = 'x';
	CHECK(ibv_get_device_ext_ops(device, "toy-device-only") == &toy_ops, "another table");
	errno = 0;
	CHECK(!ibv_get_ext_ops(nic->ctx, "toy-device-only") && errno == ENOSYS, "errno %d", errno);
	nic_close(nic);
}

/* --- the door itself --- */

static void door(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	struct ibv_device *device = nic->ctx->device;
	ZERO(ibv_have_ext_ops(device, VERBIUM_EXTENSION));
	EXPECT(ibv_have_ext_ops(device, "unknown"), ENOSYS);
	EXPECT(ibv_have_ext_ops(device, ""), ENOSYS);
	EXPECT(ibv_have_ext_ops(device, NULL), EINVAL);
	EXPECT(ibv_have_ext_ops(NULL, VERBIUM_EXTENSION), EINVAL);
#define NULL_WITH(call, want)                                                                      \
	do {                                                                                       \
		errno = 0;                                                                         \
		CHECK((call) == NULL && errno == (want), "%s: errno %d", #call, errno);            \
	} while (0)
	NULL_WITH(ibv_get_device_ext_ops(device, "unknown"), ENOSYS);
	NULL_WITH(ibv_get_device_ext_ops(device, NULL), EINVAL);
	NULL_WITH(ibv_get_device_ext_ops(NULL, VERBIUM_EXTENSION), EINVAL);
	NULL_WITH(ibv_get_ext_ops(nic->ctx, "unknown"), ENOSYS);
	NULL_WITH(ibv_get_ext_ops(nic->ctx, NULL), EINVAL);
	NULL_WITH(ibv_get_ext_ops(NULL, VERBIUM_EXTENSION), EINVAL);
	EXPECT(ibv_register_ext_ops(NULL), EINVAL);
	struct ibv_ext_registration nothing = { .size = sizeof nothing, .provider = "verbium",
						.name = "nothing" };
	EXPECT(ibv_register_ext_ops(&nothing), EINVAL);
	nothing.device_ops = &toy_ops.ops;
	nothing.size = 8;
	EXPECT(ibv_register_ext_ops(&nothing), EINVAL);
	nic_close(nic);
}

/* --- counters --- */

static const struct verbium_context_ops *ops_of(struct nic *nic)
{
	const struct verbium_context_ops *ops = ibv_get_ext_ops(nic->ctx, VERBIUM_EXTENSION);
	CHECK(ops, "no extension %s: errno %d", VERBIUM_EXTENSION, errno);
	CHECK(ops->ops.version >= 1 && ops->ops.size >= sizeof *ops, "version %u, %u bytes",
	      ops->ops.version, ops->ops.size);
	return ops;
}

static struct verbium_counters qp_counters(struct end *end)
{
	struct verbium_counters counters;
	ZERO(ops_of(end->nic)->query_qp_counters(end->qp, &counters, sizeof counters));
	return counters;
}

static struct verbium_counters device_counters(struct nic *nic)
{
	const struct verbium_device_ops *ops =
		ibv_get_device_ext_ops(nic->ctx->device, VERBIUM_EXTENSION);
	CHECK(ops && ops->ops.version >= 1, "no operations on devices");
	struct verbium_counters by_context, by_device;
	ZERO(ops_of(nic)->query_device_counters(nic->ctx, &by_context, sizeof by_context));
	ZERO(ops->query_counters(nic->ctx->device, &by_device, sizeof by_device));
	CHECK(by_device.sent_messages >= by_context.sent_messages &&
	      by_device.sent_bytes >= by_context.sent_bytes, "the device forgot something");
	return by_device;
}

static void print(const char *what, const struct verbium_counters *c)
{
	note("%s: sent %lu messages, %lu bytes, %lu packets; received %lu, %lu, %lu; "
	     "%lu completions, %lu failed, %lu flushed; %lu retries, %lu RNR NAKs sent", what,
	     (unsigned long)c->sent_messages, (unsigned long)c->sent_bytes,
	     (unsigned long)c->sent_packets, (unsigned long)c->received_messages,
	     (unsigned long)c->received_bytes, (unsigned long)c->received_packets,
	     (unsigned long)c->completions, (unsigned long)c->failed_completions,
	     (unsigned long)c->flushed_completions, (unsigned long)c->retries,
	     (unsigned long)c->sent_rnr_naks);
}

#define COUNTS(counters, field, want)                                                              \
	CHECK((counters).field == (uint64_t)(want), "%s is %lu, not %lu", #field,                  \
	      (unsigned long)(counters).field, (unsigned long)(want))

/* Both sides send each other messages of a known number and length. */
static void traffic(struct side *side, const void *arg)
{
	(void)arg;
	enum { MESSAGES = 30, LEN = 1000, READ_LEN = 500 };
	struct nic *nic = nic_open();
	struct end *end = end_new(nic, IBV_QPT_RC, &usual);
	struct buf *buf = buf_new(nic, 65536, ALL_ACCESS);
	struct verbium_counters before = device_counters(nic), c = qp_counters(end), zero;
	memset(&zero, 0, sizeof zero);
	CHECK(!memcmp(&c, &zero, sizeof c), "a new QP has counted something");
	end_meet(side, end, buf, &usual);
	struct ibv_sge from = sge_of(buf, 0, LEN), to = sge_of(buf, 8192, LEN);
	for (uint64_t i = 0; i < MESSAGES; i++)
		must_recv(end, i, &to, 1);
	barrier(side);
	for (uint64_t i = 0; i < MESSAGES; i++) {
		struct ibv_send_wr wr = send_wr(i, IBV_WR_SEND, IBV_SEND_SIGNALED, &from, 1);
		must_send(end, &wr);
	}
	for (uint64_t i = 0; i < MESSAGES; i++) {
		want_wc(end->send_cq, i, IBV_WC_SUCCESS);
		want_wc(end->recv_cq, i, IBV_WC_SUCCESS);
	}
	struct ibv_sge back = sge_of(buf, 16384, READ_LEN);
	struct ibv_send_wr wr = send_wr(100, IBV_WR_RDMA_READ, IBV_SEND_SIGNALED, &back, 1);
	wr_remote(&wr, end->peer.addr, end->peer.rkey);
	must_send(end, &wr);
	want_wc(end->send_cq, 100, IBV_WC_SUCCESS);
	barrier(side);

	c = qp_counters(end);
	if (side->id == 0)
		print("QP", &c);
	COUNTS(c, sent_messages, MESSAGES + 1);
	COUNTS(c, sent_bytes, MESSAGES * LEN);
	COUNTS(c, read_bytes, READ_LEN);
	COUNTS(c, received_messages, MESSAGES);
	COUNTS(c, received_bytes, MESSAGES * LEN);
	COUNTS(c, completions, 2 * MESSAGES + 1);
	COUNTS(c, failed_completions, 0);
	COUNTS(c, flushed_completions, 0);
	COUNTS(c, dropped_messages, 0);
	CHECK(c.sent_packets >= MESSAGES && c.received_packets >= MESSAGES, "%lu and %lu packets",
	      (unsigned long)c.sent_packets, (unsigned long)c.received_packets);

	/* Side 0 sends what side 1 is not ready for, until side 1 sees itself refuse it. */
	if (side->id == 0) {
		wr = send_wr(200, IBV_WR_SEND, IBV_SEND_SIGNALED, &from, 1);
		must_send(end, &wr);
		want_wc(end->send_cq, 200, IBV_WC_SUCCESS);
		c = qp_counters(end);
		CHECK(c.received_rnr_naks >= 1, "no RNR NAK has come");
	} else {
		unsigned turns = 0;
		step("waiting for a message that finds no receive WQE");
		do {
			EXPECT(cq_empty(end->recv_cq), true);
			relax(&turns);
			check_other_side();
			c = qp_counters(end);
		} while (c.sent_rnr_naks == 0);
		must_recv(end, 200, &to, 1);
		want_wc(end->recv_cq, 200, IBV_WC_SUCCESS);
	}
	COUNTS(c, sent_naks, 0);
	barrier(side);

	/* What is queued when a QP is stopped is flushed, and counted so. */
	for (uint64_t i = 0; i < 3; i++)
		must_recv(end, i, &to, 1);
	ZERO(qp_to(end->qp, IBV_QPS_ERR));
	for (uint64_t i = 0; i < 3; i++)
		want_wc(end->recv_cq, i, IBV_WC_WR_FLUSH_ERR);
	c = qp_counters(end);
	COUNTS(c, flushed_completions, 3);

	/* The device remembers a QP that is gone. */
	struct verbium_counters with = device_counters(nic);
	CHECK(with.sent_bytes >= before.sent_bytes + MESSAGES * LEN, "the device counts less");
	barrier(side);
	end_free(end);
	struct verbium_counters without = device_counters(nic);
	CHECK(without.sent_bytes >= with.sent_bytes && without.completions >= with.completions &&
	      without.flushed_completions >= with.flushed_completions, "forgotten with the QP");
	if (side->id == 0)
		print("device", &without);
	buf_free(buf);
	nic_close(nic);
}

/* Programs of other versions have shorter and longer structs. */
static void sizes(struct side *side, const void *arg)
{
	(void)side;
	(void)arg;
	struct nic *nic = nic_open();
	struct end *end = end_new(nic, IBV_QPT_RC, &usual);
	const struct verbium_context_ops *ops = ops_of(nic);
	struct { struct verbium_counters c; uint64_t later[2]; uint8_t guard[16]; } room;
	memset(&room, 0xa5, sizeof room);
	ZERO(ops->query_qp_counters(end->qp, &room.c, offsetof(struct verbium_counters, sent_bytes)));
	CHECK(room.c.sent_messages == 0 && room.c.sent_bytes == 0xa5a5a5a5a5a5a5a5, "cut wrongly");
	ZERO(ops->query_qp_counters(end->qp, &room.c, sizeof room.c + sizeof room.later));
	CHECK(room.later[0] == 0 && room.later[1] == 0 && room.guard[0] == 0xa5, "grown wrongly");
	EXPECT(ops->query_qp_counters(end->qp, NULL, sizeof room.c), EINVAL);
	EXPECT(ops->query_qp_counters(end->qp, &room.c, 0), EINVAL);
	EXPECT(ops->query_qp_counters(NULL, &room.c, sizeof room.c), EINVAL);
	EXPECT(ops->query_device_counters(NULL, &room.c, sizeof room.c), EINVAL);
	const struct verbium_device_ops *of_device =
		ibv_get_device_ext_ops(nic->ctx->device, VERBIUM_EXTENSION);
	EXPECT(of_device->query_counters(NULL, &room.c, sizeof room.c), EINVAL);
	EXPECT(of_device->query_counters(nic->ctx->device, NULL, sizeof room.c), EINVAL);
	end_free(end);
	nic_close(nic);
}

int main(int argc, char **argv)
{
	static const struct test tests[] = {
		{ "vendor/door", LINK_AUTO, 1, door, NULL, 0, false },
		{ "vendor/toy", LINK_AUTO, 1, toy, NULL, 0, true },
		{ "vendor/sizes", LINK_AUTO, 1, sizes, NULL, 0, false },
		{ "vendor/self/counters", LINK_SELF, 2, traffic, NULL, 0, false },
		{ "vendor/cma/counters", LINK_CMA, 2, traffic, NULL, 0, false },
		{ "vendor/ring/counters", LINK_RING, 2, traffic, NULL, 0, false },
	};
	return harness_main(argc, argv, tests, sizeof tests / sizeof tests[0], NULL);
}
