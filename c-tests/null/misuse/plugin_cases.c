/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Misuse of objects that are real to the library: those of a provider of private generation 34
 * that lives here. Its operations say what reaches them and succeed, so what the library itself
 * refuses, and what it does to an object after a success, is seen without any device.
 */
#include "misuse.h"

#include <fcntl.h>
#include <stdarg.h>

/* --- what a provider of generation 34 knows --- */

struct verbs_context;
struct verbs_context_ops;
void *_verbs_init_and_alloc_context(struct ibv_device *device, int cmd_fd, size_t alloc_size,
				    struct verbs_context *context_offset, uint32_t driver_id);
void verbs_set_ops(struct verbs_context *context, const struct verbs_context_ops *ops);

#define CONTEXT_BYTES 648 /* of its verbs_context */
#define OPERATIONS 76     /* in its table */
#define OBJECT_BYTES 2048 /* more than any object has */
#define MR_TYPE_AT 48     /* enum ibv_mr_type, behind struct ibv_mr */
#define QP_MARK_AT 352    /* the mark of an extended QP, behind struct ibv_qp_ex */

/* Places in its table. */
enum {
	ALLOC_PD = 5, ASYNC_EVENT = 7, ATTACH_MCAST = 9, CQ_EVENT = 12, CREATE_AH = 13,
	CREATE_CQ = 15, CREATE_QP = 19, CREATE_SRQ = 22, DEALLOC_PD = 26, DEREG_MR = 28,
	DESTROY_AH = 29, DESTROY_CQ = 31, DESTROY_QP = 34, DESTROY_SRQ = 36, DETACH_MCAST = 38,
	FREE_CONTEXT = 39, IMPORT_DM = 42, IMPORT_MR = 43, IMPORT_PD = 44, MODIFY_QP = 47,
	MODIFY_SRQ = 49, QUERY_DEVICE_EX = 58, QUERY_ECE = 59, QUERY_PORT = 60, QUERY_QP = 61,
	QUERY_QP_DATA_IN_ORDER = 62, QUERY_SRQ = 64, REG_DMABUF_MR = 67, REG_MR = 68,
	REREG_MR = 70, RESIZE_CQ = 71, SET_ECE = 72, UNIMPORT_DM = 73, UNIMPORT_MR = 74,
	UNIMPORT_PD = 75,
};

/* --- the provider --- */

/* What its operations answer. */
static int answer;
/* Has the library called one of them? */
static bool reached_any;
static struct ibv_context *ctx, *other_ctx;
static struct ibv_pd *pd, *other_pd;
static struct ibv_cq *cq;
static struct ibv_qp *qp;
static struct ibv_srq *srq;
static struct ibv_mr *mr;
static struct ibv_ah *ah;
static struct ibv_dm *dm;
static struct ibv_comp_channel *channel;
/* The ends of pipes that events are written into. */
static int async_in, comp_in;

static const char *is(const void *pointer)
{
	return pointer ? "some" : "NULL";
}

static int reached(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int reached(const char *format, ...)
{
	char text[256];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	said("provider: %s", text);
	reached_any = true;
	return answer;
}

static void *object(void)
{
	if (answer) {
		errno = answer;
		return NULL;
	}
	return calloc(1, OBJECT_BYTES);
}

static void *alloc_pd(struct ibv_context *context)
{
	reached("alloc_pd %s", is(context));
	return object();
}

static int dealloc_pd(struct ibv_pd *p)
{
	return reached("dealloc_pd %s", is(p));
}

static void *reg_mr(struct ibv_pd *p, void *addr, size_t len, uint64_t iova, int access)
{
	reached("reg_mr %s %s len %zx iova %s access %x", is(p), is(addr), len,
		iova == (uintptr_t)addr ? "addr" : iova ? "other" : "0", (unsigned)access);
	return object();
}

static void *reg_dmabuf_mr(struct ibv_pd *p, uint64_t offset, size_t len, uint64_t iova, int fd,
			   int access)
{
	reached("reg_dmabuf_mr %s offset %llx len %zx iova %llx fd %d access %x", is(p),
		(unsigned long long)offset, len, (unsigned long long)iova, fd, (unsigned)access);
	return object();
}

static int rereg_mr(void *region, int flags, struct ibv_pd *p, void *addr, size_t len, int access)
{
	return reached("rereg_mr %s flags %x %s %s len %zx access %x", is(region), (unsigned)flags,
		       is(p), is(addr), len, (unsigned)access);
}

static int dereg_mr(void *region)
{
	return reached("dereg_mr %s", is(region));
}

static void *create_cq(struct ibv_context *context, int cqe, struct ibv_comp_channel *c, int vector)
{
	reached("create_cq %s cqe %d channel %s vector %d", is(context), cqe, is(c), vector);
	return object();
}

static int resize_cq(struct ibv_cq *c, int cqe)
{
	return reached("resize_cq %s cqe %d", is(c), cqe);
}

static int destroy_cq(struct ibv_cq *c)
{
	return reached("destroy_cq %s", is(c));
}

static void cq_event(struct ibv_cq *c)
{
	reached("cq_event %s", is(c));
}

static void async_event(struct ibv_context *context, struct ibv_async_event *event)
{
	reached("async_event %s type %d", is(context), event->event_type);
}

static void *create_srq(struct ibv_pd *p, struct ibv_srq_init_attr *attr)
{
	reached("create_srq %s %s", is(p), is(attr));
	return object();
}

static int modify_srq(struct ibv_srq *s, struct ibv_srq_attr *attr, int mask)
{
	return reached("modify_srq %s %s mask %x", is(s), is(attr), (unsigned)mask);
}

static int query_srq(struct ibv_srq *s, struct ibv_srq_attr *attr)
{
	return reached("query_srq %s %s", is(s), is(attr));
}

static int destroy_srq(struct ibv_srq *s)
{
	return reached("destroy_srq %s", is(s));
}

static void *create_qp(struct ibv_pd *p, struct ibv_qp_init_attr *attr)
{
	reached("create_qp %s %s", is(p), is(attr));
	return object();
}

static int modify_qp(struct ibv_qp *q, struct ibv_qp_attr *attr, int mask)
{
	return reached("modify_qp %s %s mask %x", is(q), is(attr), (unsigned)mask);
}

static int query_qp(struct ibv_qp *q, struct ibv_qp_attr *attr, int mask,
		    struct ibv_qp_init_attr *init)
{
	return reached("query_qp %s %s mask %x %s", is(q), is(attr), (unsigned)mask, is(init));
}

static int destroy_qp(struct ibv_qp *q)
{
	return reached("destroy_qp %s", is(q));
}

static int in_order(struct ibv_qp *q, enum ibv_wr_opcode opcode, uint32_t flags)
{
	return reached("query_qp_data_in_order %s %d %x", is(q), opcode, flags);
}

static int query_ece(struct ibv_qp *q, struct ibv_ece *ece)
{
	return reached("query_ece %s %s", is(q), is(ece));
}

static int set_ece(struct ibv_qp *q, struct ibv_ece *ece)
{
	return reached("set_ece %s %s", is(q), is(ece));
}

static int attach(struct ibv_qp *q, const union ibv_gid *gid, uint16_t lid)
{
	return reached("attach_mcast %s %s %x", is(q), is(gid), lid);
}

static int detach(struct ibv_qp *q, const union ibv_gid *gid, uint16_t lid)
{
	return reached("detach_mcast %s %s %x", is(q), is(gid), lid);
}

static void *create_ah(struct ibv_pd *p, struct ibv_ah_attr *attr)
{
	reached("create_ah %s %s", is(p), is(attr));
	return object();
}

static int destroy_ah(struct ibv_ah *a)
{
	return reached("destroy_ah %s", is(a));
}

static int query_device_ex(struct ibv_context *context, const void *input,
			   struct ibv_device_attr_ex *attr, size_t size)
{
	/* How much room there is depends on the release of the library, not on the caller. */
	return reached("query_device_ex %s %s %s %s", is(context), is(input), is(attr),
		       size >= sizeof(struct ibv_device_attr) ? "whole" : "short");
}

static int query_port(struct ibv_context *context, uint8_t port, struct ibv_port_attr *attr)
{
	return reached("query_port %s %u %s", is(context), port, is(attr));
}

static void *import(void *from, uint32_t handle)
{
	reached("import %s %x", is(from), handle);
	return object();
}

static void unimport(void *imported)
{
	reached("unimport %s", is(imported));
}

static void free_context(struct ibv_context *context)
{
	reached("free_context %s", is(context));
}

static void (*operations[OPERATIONS])(void);

#define SET(place, function) (operations[place] = (void (*)(void))(function))

static void fill_operations(void)
{
	SET(ALLOC_PD, alloc_pd);
	SET(ASYNC_EVENT, async_event);
	SET(ATTACH_MCAST, attach);
	SET(CQ_EVENT, cq_event);
	SET(CREATE_AH, create_ah);
	SET(CREATE_CQ, create_cq);
	SET(CREATE_QP, create_qp);
	SET(CREATE_SRQ, create_srq);
	SET(DEALLOC_PD, dealloc_pd);
	SET(DEREG_MR, dereg_mr);
	SET(DESTROY_AH, destroy_ah);
	SET(DESTROY_CQ, destroy_cq);
	SET(DESTROY_QP, destroy_qp);
	SET(DESTROY_SRQ, destroy_srq);
	SET(DETACH_MCAST, detach);
	SET(FREE_CONTEXT, free_context);
	SET(IMPORT_DM, import);
	SET(IMPORT_MR, import);
	SET(IMPORT_PD, import);
	SET(MODIFY_QP, modify_qp);
	SET(MODIFY_SRQ, modify_srq);
	SET(QUERY_DEVICE_EX, query_device_ex);
	SET(QUERY_ECE, query_ece);
	SET(QUERY_PORT, query_port);
	SET(QUERY_QP, query_qp);
	SET(QUERY_QP_DATA_IN_ORDER, in_order);
	SET(QUERY_SRQ, query_srq);
	SET(REG_DMABUF_MR, reg_dmabuf_mr);
	SET(REG_MR, reg_mr);
	SET(REREG_MR, rereg_mr);
	SET(RESIZE_CQ, resize_cq);
	SET(SET_ECE, set_ece);
	SET(UNIMPORT_DM, unimport);
	SET(UNIMPORT_MR, unimport);
	SET(UNIMPORT_PD, unimport);
}

static struct ibv_context *new_context(bool with_operations)
{
	/* A device nobody lists; its count never comes to an end. */
	static struct {
		struct ibv_device device;
		const void *ops;
		int refcount;
		uint8_t rest[256];
	} device = { .refcount = 1000 };
	static const void *no_device_operations[32];

	device.ops = no_device_operations;
	uint8_t *block = _verbs_init_and_alloc_context(&device.device, -1, CONTEXT_BYTES, NULL, 0);
	if (!block)
		_exit(96);
	if (with_operations)
		verbs_set_ops((struct verbs_context *)block, (void *)operations);
	return (void *)(block + CONTEXT_BYTES - sizeof(struct ibv_context));
}

static int new_pipe(int *in)
{
	int ends[2];
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		_exit(95);
	*in = ends[1];
	return ends[0];
}

static void make(bool with_operations)
{
	fill_operations();
	ctx = new_context(with_operations);
	other_ctx = new_context(with_operations);
	ctx->async_fd = new_pipe(&async_in);
	pd = calloc(1, OBJECT_BYTES);
	other_pd = calloc(1, OBJECT_BYTES);
	cq = calloc(1, OBJECT_BYTES);
	qp = calloc(1, OBJECT_BYTES);
	srq = calloc(1, OBJECT_BYTES);
	mr = calloc(1, OBJECT_BYTES);
	ah = calloc(1, OBJECT_BYTES);
	dm = calloc(1, OBJECT_BYTES);
	channel = calloc(1, OBJECT_BYTES);
	pd->context = cq->context = qp->context = srq->context = mr->context = ah->context = ctx;
	dm->context = channel->context = ctx;
	other_pd->context = other_ctx;
	qp->pd = srq->pd = mr->pd = ah->pd = pd;
	channel->fd = new_pipe(&comp_in);
	pthread_mutex_init(&cq->mutex, NULL);
	pthread_cond_init(&cq->cond, NULL);
	pthread_mutex_init(&qp->mutex, NULL);
	pthread_cond_init(&qp->cond, NULL);
	pthread_mutex_init(&srq->mutex, NULL);
	pthread_cond_init(&srq->cond, NULL);
	qp->state = IBV_QPS_RTS;
}

static void with_operations(void)
{
	make(true);
}

static void with_failing_operations(void)
{
	make(true);
	answer = 77;
}

static void without_operations(void)
{
	make(false);
}

/* --- what an application does with its objects --- */

static void put(int fd, uint64_t first, uint32_t second, size_t bytes)
{
	struct {
		uint64_t first;
		uint32_t second, third;
	} record = { first, second, 0 };
	if (write(fd, &record, bytes) != (ssize_t)bytes)
		_exit(94);
}

static void devices(void)
{
	static struct ibv_device_attr device;
	static struct ibv_ah_attr attr;
	static struct ibv_wc wc, with_grh = { .wc_flags = IBV_WC_GRH };
	static struct ibv_grh grh;
	NUMBER(ibv_query_device, "IBVERBS_1.1", "no place", ctx, NULL);
	NUMBER(ibv_query_device, "IBVERBS_1.1", "of a plug-in", ctx, &device);
	NUMBER(ibv_init_ah_from_wc, "IBVERBS_1.1", "no GRH and none needed", ctx, 1, &wc, NULL,
	       &attr);
	NUMBER(ibv_init_ah_from_wc, "IBVERBS_1.1", "no GRH", ctx, 1, &with_grh, NULL, &attr);
	NUMBER(ibv_init_ah_from_wc, "IBVERBS_1.1", "no place", ctx, 1, &wc, &grh, NULL);
	NUMBER(ibv_init_ah_from_wc, "IBVERBS_1.1", "a GRH of no protocol", ctx, 1, &with_grh, &grh,
	       &attr);
	POINTER(ibv_create_ah_from_wc, "IBVERBS_1.1", "a GRH of no protocol", pd, &with_grh, &grh, 1);
	POINTER(ibv_create_ah_from_wc, "IBVERBS_1.1", "no completion", pd, NULL, &grh, 1);
	NUMBER(ibv_close_device, "IBVERBS_1.1", "of a plug-in", ctx);
}

static void async_events(void)
{
	static struct ibv_async_event event;
	NUMBER(ibv_get_async_event, "IBVERBS_1.1", "none, nonblocking", ctx, &event);
	NUMBER(ibv_get_async_event, "IBVERBS_1.1", "a closed descriptor",
	       (close(ctx->async_fd), ctx), &event);
	NUMBER(ibv_get_async_event, "IBVERBS_1.1", "the other end is gone", (close(async_in), ctx),
	       &event);
	NUMBER(ibv_get_async_event, "IBVERBS_1.1", "half a record",
	       (put(async_in, 1, IBV_EVENT_PORT_ACTIVE, 8), ctx), &event);
	NUMBER(ibv_get_async_event, "IBVERBS_1.1", "of no known type",
	       (put(async_in, 1, 12345, 16), ctx), &event);
	NUMBER(ibv_get_async_event, "IBVERBS_1.1", "no place",
	       (put(async_in, 1, IBV_EVENT_PORT_ACTIVE, 16), ctx), NULL);
	struct ibv_async_event odd = { .event_type = (enum ibv_event_type)12345 };
	NOTHING(ibv_ack_async_event, "IBVERBS_1.1", "of no known type", &odd);
	struct ibv_async_event port = { .event_type = IBV_EVENT_PORT_ERR };
	NOTHING(ibv_ack_async_event, "IBVERBS_1.1", "of a port", &port);
	struct ibv_async_event nobody = { .event_type = IBV_EVENT_CQ_ERR };
	NOTHING(ibv_ack_async_event, "IBVERBS_1.1", "of a CQ that is NULL", &nobody);
	nobody.event_type = IBV_EVENT_QP_FATAL;
	NOTHING(ibv_ack_async_event, "IBVERBS_1.1", "of a QP that is NULL", &nobody);
	nobody.event_type = IBV_EVENT_SRQ_ERR;
	NOTHING(ibv_ack_async_event, "IBVERBS_1.1", "of an SRQ that is NULL", &nobody);
	nobody.event_type = IBV_EVENT_WQ_FATAL;
	NOTHING(ibv_ack_async_event, "IBVERBS_1.1", "of a WQ that is NULL", &nobody);
}

/* The count of acknowledgements after the call, too. */
static void ack(unsigned times, const char *what)
{
	if (begin("ibv_ack_cq_events", "IBVERBS_1.1", what)) {
		FN(ibv_ack_cq_events, "IBVERBS_1.1")(cq, times);
		said("count %u", cq->comp_events_completed);
		end_nothing();
	}
}

static void completion_events(void)
{
	static struct ibv_cq *of;
	static void *context;
	NUMBER(ibv_destroy_comp_channel, "IBVERBS_1.0", "a CQ uses it",
	       (channel->refcnt = 1, channel));
	NUMBER(ibv_get_cq_event, "IBVERBS_1.1", "none, nonblocking", channel, &of, &context);
	NUMBER(ibv_get_cq_event, "IBVERBS_1.1", "a closed descriptor", (close(channel->fd), channel),
	       &of, &context);
	NUMBER(ibv_get_cq_event, "IBVERBS_1.1", "the other end is gone", (close(comp_in), channel),
	       &of, &context);
	NUMBER(ibv_get_cq_event, "IBVERBS_1.1", "half a record",
	       (put(comp_in, (uintptr_t)cq, 0, 4), channel), &of, &context);
	NUMBER(ibv_get_cq_event, "IBVERBS_1.1", "of a CQ", (put(comp_in, (uintptr_t)cq, 0, 8), channel),
	       &of, &context);
	NUMBER(ibv_get_cq_event, "IBVERBS_1.1", "no place for the CQ",
	       (put(comp_in, (uintptr_t)cq, 0, 8), channel), NULL, &context);
	NUMBER(ibv_get_cq_event, "IBVERBS_1.1", "no place for its context",
	       (put(comp_in, (uintptr_t)cq, 0, 8), channel), &of, NULL);
	ack(0, "none");
	ack(3, "more than there were");
	ack(UINT_MAX, "UINT_MAX");
}

static void memory(void)
{
	static char bytes[8192];
	const size_t end = (size_t)0 - 4096;
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "nothing at NULL", pd, NULL, 0, 0);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "something at NULL", pd, NULL, 4096, 1);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "no length", pd, bytes, 0, 1);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "past the end of memory", pd, (void *)end, 8192, 1);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "all of memory", pd, bytes, SIZE_MAX, 1);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "unknown access", pd, bytes, 64, 1 << 19);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "every access bit", pd, bytes, 64, -1);
	POINTER(ibv_reg_mr_iova, "IBVERBS_1.7", "every access bit", pd, bytes, 64, 5, -1);
	POINTER(ibv_reg_mr_iova, "IBVERBS_1.7", "nothing at NULL", pd, NULL, 0, 0, 0);
	POINTER(ibv_reg_mr_iova2, "IBVERBS_1.8", "every access bit", pd, bytes, 64, 5, UINT_MAX);
	POINTER(ibv_reg_mr_iova2, "IBVERBS_1.8", "optional access", pd, bytes, 64, 5,
		IBV_ACCESS_OPTIONAL_RANGE | 1);
	POINTER(ibv_reg_mr_iova2, "IBVERBS_1.8", "nothing at NULL", pd, NULL, 0, 0, 0);
	POINTER(ibv_reg_dmabuf_mr, "IBVERBS_1.12", "no descriptor", pd, 0, 64, 0, -1, 1);
	POINTER(ibv_reg_dmabuf_mr, "IBVERBS_1.12", "past the end", pd, UINT64_MAX, SIZE_MAX, 7, 0, -1);
	POINTER(ibv_import_pd, "IBVERBS_1.10", "any handle", ctx, UINT_MAX);
	POINTER(ibv_import_mr, "IBVERBS_1.10", "any handle", pd, UINT_MAX);
	POINTER(ibv_import_dm, "IBVERBS_1.13", "any handle", ctx, UINT_MAX);
	NOTHING(ibv_unimport_pd, "IBVERBS_1.10", "not an imported one", pd);
	NOTHING(ibv_unimport_mr, "IBVERBS_1.10", "not an imported one", mr);
	NOTHING(ibv_unimport_dm, "IBVERBS_1.13", "not an imported one", dm);
}

/* Re-registration: what the object says afterwards belongs to the outcome. */
static void rereg(const char *what, int type, int flags, struct ibv_pd **to, bool addr, size_t len,
		  int access)
{
	static char bytes[64];
	if (!begin("ibv_rereg_mr", "IBVERBS_1.1", what))
		return;
	memcpy((uint8_t *)mr + MR_TYPE_AT, &type, sizeof type);
	int ret = FN(ibv_rereg_mr, "IBVERBS_1.1")(mr, flags, to ? *to : NULL, addr ? bytes : NULL,
						  len, access);
	int seen = errno;
	said("%sPD %s, address %s, length %zu",
	     reached_any ? "; " : "",
	     mr->pd == pd	  ? "as before"
	     : mr->pd == other_pd ? "new"
				  : "NULL",
	     mr->addr ? "new" : "as before", mr->length);
	errno = seen;
	end_number(ret);
}

static void rereg_cases(void)
{
	enum { PD = IBV_REREG_MR_CHANGE_PD, ACCESS = IBV_REREG_MR_CHANGE_ACCESS,
	       WHERE = IBV_REREG_MR_CHANGE_TRANSLATION };
	rereg("no flags", 0, 0, NULL, false, 0, 0);
	rereg("unknown flag", 0, 8, NULL, false, 0, 0);
	rereg("every flag", 0, -1, &other_pd, true, 64, 1);
	rereg("translation without address", 0, WHERE, NULL, false, 64, 0);
	rereg("translation without length", 0, WHERE, NULL, true, 0, 0);
	rereg("translation", 0, WHERE, NULL, true, 64, 0);
	rereg("access that is not announced", 0, WHERE, NULL, true, 64, 1);
	rereg("PD without PD", 0, PD, NULL, false, 0, 0);
	rereg("PD of another context", 0, PD, &other_pd, false, 0, 0);
	rereg("address and length that are not announced", 0, ACCESS, NULL, true, 64, 1);
	rereg("every access bit", 0, ACCESS, NULL, false, 0, -1);
	rereg("of a null MR", 1, ACCESS, NULL, false, 0, 1);
	rereg("of an imported MR", 2, ACCESS, NULL, false, 0, 1);
	rereg("of a dma-buf MR", 3, ACCESS, NULL, false, 0, 1);
	rereg("of no known kind", 99, ACCESS, NULL, false, 0, 1);
}

static void queues(void)
{
	static struct ibv_srq_attr srq_attr;
	static struct ibv_qp_init_attr qp_init;
	static struct ibv_qp_attr qp_attr;
	static struct ibv_ece ece, vendor = { .vendor_id = 1 };
	static union ibv_gid gid;
	static struct ibv_ah_attr ah_attr;
	POINTER(ibv_create_cq, "IBVERBS_1.1", "no entries", ctx, 0, NULL, NULL, 0);
	POINTER(ibv_create_cq, "IBVERBS_1.1", "negative entries and vector", ctx, -1, NULL, NULL, -1);
	POINTER(ibv_create_cq, "IBVERBS_1.1", "too much of both", ctx, INT_MAX, NULL, NULL, INT_MAX);
	POINTER(ibv_create_cq, "IBVERBS_1.1", "a channel of another context", ctx, 1, NULL,
		(channel->context = other_ctx, channel), 0);
	NUMBER(ibv_resize_cq, "IBVERBS_1.1", "negative", cq, -1);
	NUMBER(ibv_resize_cq, "IBVERBS_1.1", "too much", cq, INT_MAX);
	POINTER(ibv_create_srq, "IBVERBS_1.1", "no attributes", pd, NULL);
	NUMBER(ibv_modify_srq, "IBVERBS_1.1", "no attributes", srq, NULL, IBV_SRQ_LIMIT);
	NUMBER(ibv_modify_srq, "IBVERBS_1.1", "unknown mask", srq, &srq_attr, -1);
	NUMBER(ibv_modify_srq, "IBVERBS_1.1", "no mask", srq, &srq_attr, 0);
	NUMBER(ibv_query_srq, "IBVERBS_1.1", "no place", srq, NULL);
	POINTER(ibv_create_qp, "IBVERBS_1.1", "no attributes", pd, NULL);
	POINTER(ibv_create_qp, "IBVERBS_1.1", "no CQ and no type", pd, &qp_init);
	NUMBER(ibv_modify_qp, "IBVERBS_1.1", "no attributes, a state", qp, NULL, IBV_QP_STATE);
	NUMBER(ibv_modify_qp, "IBVERBS_1.1", "no attributes, no mask", qp, NULL, 0);
	NUMBER(ibv_modify_qp, "IBVERBS_1.1", "unknown mask", qp, &qp_attr, 1 << 30);
	NUMBER(ibv_modify_qp, "IBVERBS_1.1", "every bit of the mask", qp, &qp_attr, -1);
	NUMBER(ibv_query_qp, "IBVERBS_1.1", "no place, a state", qp, NULL, IBV_QP_STATE, &qp_init);
	NUMBER(ibv_query_qp, "IBVERBS_1.1", "no place, no mask", qp, NULL, 0, &qp_init);
	NUMBER(ibv_query_qp, "IBVERBS_1.1", "no place for what it was made with", qp, &qp_attr,
	       IBV_QP_STATE, NULL);
	NUMBER(ibv_query_qp, "IBVERBS_1.1", "every bit of the mask", qp, &qp_attr, -1, &qp_init);
	NUMBER(ibv_query_qp_data_in_order, "IBVERBS_1.14", "unknown opcode and flags", qp,
	       (enum ibv_wr_opcode)99, 0xff);
	POINTER(ibv_qp_to_qp_ex, "IBVERBS_1.6", "not an extended QP", qp);
	POINTER(ibv_qp_to_qp_ex, "IBVERBS_1.6", "an extended QP",
		(((uint8_t *)qp)[QP_MARK_AT] = 2, qp));
	NUMBER(ibv_query_ece, "IBVERBS_1.10", "no place", qp, NULL);
	NUMBER(ibv_set_ece, "IBVERBS_1.10", "no options", qp, NULL);
	NUMBER(ibv_set_ece, "IBVERBS_1.10", "no vendor", qp, &ece);
	NUMBER(ibv_set_ece, "IBVERBS_1.10", "a vendor", qp, &vendor);
	NUMBER(ibv_attach_mcast, "IBVERBS_1.1", "no group", qp, NULL, 0);
	NUMBER(ibv_attach_mcast, "IBVERBS_1.1", "not a group", qp, &gid, 0xffff);
	NUMBER(ibv_detach_mcast, "IBVERBS_1.1", "no group", qp, NULL, 0);
	NUMBER(ibv_detach_mcast, "IBVERBS_1.1", "not a group", qp, &gid, 0xffff);
	POINTER(ibv_create_ah, "IBVERBS_1.1", "no attributes", pd, NULL);
	POINTER(ibv_create_ah, "IBVERBS_1.1", "all zero", pd, &ah_attr);
}

/* Every function that has an operation behind it, where the operation fails or is not there. */
static void every_operation(const char *what)
{
	static char bytes[64];
	static struct ibv_device_attr device;
	static struct ibv_srq_init_attr srq_init;
	static struct ibv_srq_attr srq_attr;
	static struct ibv_qp_init_attr qp_init;
	static struct ibv_qp_attr qp_attr;
	static struct ibv_ece ece, vendor = { .vendor_id = 1 };
	static union ibv_gid gid;
	static struct ibv_ah_attr ah_attr;
	NUMBER(ibv_query_device, "IBVERBS_1.1", what, ctx, &device);
	POINTER(ibv_alloc_pd, "IBVERBS_1.1", what, ctx);
	NUMBER(ibv_dealloc_pd, "IBVERBS_1.1", what, pd);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", what, pd, bytes, 64, 1);
	POINTER(ibv_reg_mr_iova, "IBVERBS_1.7", what, pd, bytes, 64, 5, 1);
	POINTER(ibv_reg_mr_iova2, "IBVERBS_1.8", what, pd, bytes, 64, 5, 1);
	POINTER(ibv_reg_dmabuf_mr, "IBVERBS_1.12", what, pd, 0, 64, 0, 0, 1);
	NUMBER(ibv_rereg_mr, "IBVERBS_1.1", what, mr, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0, 1);
	NUMBER(ibv_dereg_mr, "IBVERBS_1.1", what, mr);
	POINTER(ibv_import_pd, "IBVERBS_1.10", what, ctx, 1);
	POINTER(ibv_import_mr, "IBVERBS_1.10", what, pd, 1);
	POINTER(ibv_import_dm, "IBVERBS_1.13", what, ctx, 1);
	NOTHING(ibv_unimport_pd, "IBVERBS_1.10", what, pd);
	NOTHING(ibv_unimport_mr, "IBVERBS_1.10", what, mr);
	NOTHING(ibv_unimport_dm, "IBVERBS_1.13", what, dm);
	POINTER(ibv_create_cq, "IBVERBS_1.1", what, ctx, 1, NULL, NULL, 0);
	NUMBER(ibv_resize_cq, "IBVERBS_1.1", what, cq, 1);
	NUMBER(ibv_destroy_cq, "IBVERBS_1.1", what, cq);
	POINTER(ibv_create_srq, "IBVERBS_1.1", what, pd, &srq_init);
	NUMBER(ibv_modify_srq, "IBVERBS_1.1", what, srq, &srq_attr, IBV_SRQ_LIMIT);
	NUMBER(ibv_query_srq, "IBVERBS_1.1", what, srq, &srq_attr);
	NUMBER(ibv_destroy_srq, "IBVERBS_1.1", what, srq);
	POINTER(ibv_create_qp, "IBVERBS_1.1", what, pd, &qp_init);
	NUMBER(ibv_modify_qp, "IBVERBS_1.1", what, qp, &qp_attr, IBV_QP_STATE);
	NUMBER(ibv_query_qp, "IBVERBS_1.1", what, qp, &qp_attr, IBV_QP_STATE, &qp_init);
	NUMBER(ibv_destroy_qp, "IBVERBS_1.1", what, qp);
	NUMBER(ibv_query_qp_data_in_order, "IBVERBS_1.14", what, qp, IBV_WR_SEND, 0);
	NUMBER(ibv_query_ece, "IBVERBS_1.10", what, qp, &ece);
	NUMBER(ibv_set_ece, "IBVERBS_1.10", what, qp, &vendor);
	NUMBER(ibv_attach_mcast, "IBVERBS_1.1", what, qp, &gid, 0);
	NUMBER(ibv_detach_mcast, "IBVERBS_1.1", what, qp, &gid, 0);
	POINTER(ibv_create_ah, "IBVERBS_1.1", what, pd, &ah_attr);
	NUMBER(ibv_destroy_ah, "IBVERBS_1.1", what, ah);
	NUMBER(ibv_close_device, "IBVERBS_1.1", what, ctx);
}

void plugin_cases(void)
{
	fixture = with_operations;
	devices();
	async_events();
	completion_events();
	memory();
	rereg_cases();
	queues();
	fixture = with_failing_operations;
	every_operation("the operation fails");
	fixture = without_operations;
	every_operation("no such operation");
}
