/*
 * What the inline functions of verbs.h do: which slot or which function of the library they call,
 * with what, and what they answer when there is no slot. The program brings the slots and the
 * functions itself and prints what is called. dispatch.expected is what it prints when it is built
 * with the verbs.h of Debian 12.
 */

#include <infiniband/verbs.h>
#include <stdio.h>

static struct verbs_context whole;
static struct ibv_context *const context = &whole.context;

#define CALLED(...) (printf("    called " __VA_ARGS__), puts(""))

/* What the library would bring. */

int ibv_query_device(struct ibv_context *ctx, struct ibv_device_attr *attr)
{
	CALLED("ibv_query_device, fw_ver cleared: %d", ctx == context && !attr->fw_ver[0]);
	return 21;
}

int(ibv_query_port)(struct ibv_context *ctx, uint8_t port, struct _compat_ibv_port_attr *attr)
{
	struct ibv_port_attr *whole_attr = (struct ibv_port_attr *)attr;

	CALLED("ibv_query_port of port %u, rest cleared: %d", port,
	       ctx == context && !whole_attr->port_cap_flags2);
	return 22;
}

struct ibv_mr *(ibv_reg_mr)(struct ibv_pd *pd, void *addr, size_t length, int access)
{
	CALLED("ibv_reg_mr %d %zu %#x", pd && addr, length, access);
	return NULL;
}

struct ibv_mr *(ibv_reg_mr_iova)(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
				 int access)
{
	CALLED("ibv_reg_mr_iova %d %zu %llu %#x", pd && addr, length, (unsigned long long)iova,
	       access);
	return NULL;
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *addr, size_t length, uint64_t iova,
				unsigned int access)
{
	CALLED("ibv_reg_mr_iova2 %d %zu, iova is the address: %d, %#x", pd && addr, length,
	       iova == (uintptr_t)addr, access);
	return NULL;
}

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
	CALLED("ibv_create_qp %d, type %d", pd != NULL, attr->qp_type);
	return NULL;
}

struct ibv_srq *ibv_create_srq(struct ibv_pd *pd, struct ibv_srq_init_attr *attr)
{
	CALLED("ibv_create_srq %d, depth %u", pd != NULL, attr->attr.max_wr);
	return NULL;
}

int _ibv_query_gid_ex(struct ibv_context *ctx, uint32_t port, uint32_t index,
		      struct ibv_gid_entry *entry, uint32_t flags, size_t size)
{
	CALLED("_ibv_query_gid_ex %d %u %u %d %u %zu", ctx == context, port, index, entry != NULL,
	       flags, size);
	return 23;
}

ssize_t _ibv_query_gid_table(struct ibv_context *ctx, struct ibv_gid_entry *entries, size_t max,
			     uint32_t flags, size_t size)
{
	CALLED("_ibv_query_gid_table %d %d %zu %u %zu", ctx == context, entries != NULL, max, flags,
	       size);
	return 24;
}

/* Slots of a driver. */

static int device_answer = 31;

static int query_device_ex(struct ibv_context *ctx, const struct ibv_query_device_ex_input *input,
			   struct ibv_device_attr_ex *attr, size_t size)
{
	CALLED("slot query_device_ex %d %d, whole struct: %d", ctx == context, input != NULL,
	       size == sizeof(*attr));
	return device_answer;
}

static int query_port(struct ibv_context *ctx, uint8_t port, struct ibv_port_attr *attr,
		      size_t size)
{
	CALLED("slot query_port %d %u, whole struct: %d", ctx == context, port,
	       size == sizeof(*attr));
	return 32;
}

static struct ibv_qp *create_qp_ex(struct ibv_context *ctx, struct ibv_qp_init_attr_ex *attr)
{
	CALLED("slot create_qp_ex %d %#x", ctx == context, attr->comp_mask);
	return NULL;
}

static struct ibv_srq *create_srq_ex(struct ibv_context *ctx, struct ibv_srq_init_attr_ex *attr)
{
	CALLED("slot create_srq_ex %d %#x", ctx == context, attr->comp_mask);
	return NULL;
}

static struct ibv_wq the_wq;

static struct ibv_wq *create_wq(struct ibv_context *ctx, struct ibv_wq_init_attr *attr)
{
	CALLED("slot create_wq %d %d", ctx == context, attr != NULL);
	return &the_wq;
}

static int post_srq_ops(struct ibv_srq *srq, struct ibv_ops_wr *op, struct ibv_ops_wr **bad)
{
	CALLED("slot post_srq_ops %d", srq && op && bad);
	return 33;
}

static int poll_cq(struct ibv_cq *cq, int count, struct ibv_wc *wc)
{
	CALLED("slot poll_cq %d %d", cq && wc, count);
	return 34;
}

static int post_send(struct ibv_qp *qp, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
	CALLED("slot post_send %d", qp && wr && bad);
	return 35;
}

static struct ibv_mw *alloc_mw(struct ibv_pd *pd, enum ibv_mw_type type)
{
	CALLED("slot alloc_mw %d %d", pd != NULL, type);
	return NULL;
}

static int bind_mw(struct ibv_qp *qp, struct ibv_mw *mw, struct ibv_mw_bind *bind)
{
	CALLED("slot bind_mw %d", qp && mw && bind);
	return 36;
}

static int close_xrcd(struct ibv_xrcd *xrcd)
{
	CALLED("slot close_xrcd %d", xrcd != NULL);
	return 37;
}

static void wr_rdma_write_imm(struct ibv_qp_ex *qp, uint32_t rkey, uint64_t addr, __be32 imm)
{
	CALLED("slot wr_rdma_write_imm %d %u %llu %u", qp != NULL, rkey, (unsigned long long)addr,
	       imm);
}

static __be32 read_imm_data(struct ibv_cq_ex *cq)
{
	CALLED("slot read_imm_data %d", cq != NULL);
	return 38;
}

#define INT(call)                                                                                  \
	do {                                                                                       \
		long long answer = (puts(#call), errno = 0, call);                                 \
		printf("    %lld\n", answer);                                                      \
	} while (0)
#define POINTER(call)                                                                              \
	do {                                                                                       \
		void *answer = (puts(#call), errno = 0, call);                                     \
		printf("    %s, errno %d\n", answer ? "object" : "NULL", errno);                   \
	} while (0)

static struct ibv_pd pd = { .context = context };
static struct ibv_qp qp = { .context = context };
static struct ibv_cq cq = { .context = context };
static struct ibv_srq srq = { .context = context };

/* Everything that needs a slot of the context and finds none, for whatever reason. */
static void without_slots(const char *why)
{
	struct ibv_device_attr_ex device = { .orig_attr = { .fw_ver = "x" } };
	struct ibv_port_attr port = { .port_cap_flags2 = 1 };
	struct ibv_qp_init_attr_ex qp_attr = { .comp_mask = 0 };
	struct ibv_srq_init_attr_ex srq_attr = { .comp_mask = 0 };
	struct ibv_ops_wr op, *bad_op = NULL;
	struct ibv_counters counters = { .context = context };
	struct ibv_flow_action action = { .context = context };
	struct ibv_rwq_ind_table table = { .context = context };
	struct ibv_flow flow = { .context = context };
	struct ibv_dm dm = { .context = context };
	struct ibv_td td = { .context = context };
	struct ibv_wq wq = { .context = context };
	uint64_t values[1];
	uint32_t number;

	printf("== %s\n", why);
	INT(ibv_query_device_ex(context, NULL, &device));
	INT(ibv_query_port(context, 1, &port));
	INT(ibv_query_rt_values_ex(context, NULL));
	POINTER(ibv_alloc_td(context, NULL));
	INT(ibv_dealloc_td(&td));
	POINTER(ibv_alloc_parent_domain(context, NULL));
	POINTER(ibv_open_xrcd(context, NULL));
	POINTER(ibv_alloc_null_mr(&pd));
	INT(ibv_advise_mr(&pd, IBV_ADVISE_MR_ADVICE_PREFETCH, 0, NULL, 0));
	POINTER(ibv_alloc_dm(context, NULL));
	INT(ibv_free_dm(&dm));
	POINTER(ibv_reg_dm_mr(&pd, &dm, 0, 0, 0));
	POINTER(ibv_alloc_mw(&pd, IBV_MW_TYPE_1));
	POINTER(ibv_create_cq_ex(context, NULL));
	INT(ibv_modify_cq(&cq, NULL));
	POINTER(ibv_create_srq_ex(context, &srq_attr));
	INT(ibv_get_srq_num(&srq, &number));
	INT(ibv_post_srq_ops(&srq, &op, &bad_op));
	printf("    bad_op %d\n", bad_op == &op);
	POINTER(ibv_create_qp_ex(context, &qp_attr));
	POINTER(ibv_open_qp(context, NULL));
	INT(ibv_modify_qp_rate_limit(&qp, NULL));
	POINTER(ibv_create_wq(context, NULL));
	INT(ibv_modify_wq(&wq, NULL));
	INT(ibv_destroy_wq(&wq));
	POINTER(ibv_create_rwq_ind_table(context, NULL));
	INT(ibv_destroy_rwq_ind_table(&table));
	POINTER(ibv_create_flow(&qp, NULL));
	INT(ibv_destroy_flow(&flow));
	POINTER(ibv_create_flow_action_esp(context, NULL));
	INT(ibv_modify_flow_action_esp(&action, NULL));
	INT(ibv_destroy_flow_action(&action));
	POINTER(ibv_create_counters(context, NULL));
	INT(ibv_destroy_counters(&counters));
	INT(ibv_attach_counters_point_flow(&counters, NULL, NULL));
	INT(ibv_read_counters(&counters, values, 1, 0));
}

static void fill(void)
{
	whole.sz = sizeof(whole);
	context->abi_compat = __VERBS_ABI_IS_EXTENDED;
	whole.query_device_ex = query_device_ex;
	whole.query_port = query_port;
	whole.create_qp_ex = create_qp_ex;
	whole.create_srq_ex = create_srq_ex;
	whole.create_wq = create_wq;
	whole.post_srq_ops = post_srq_ops;
	whole.close_xrcd = close_xrcd;
	context->ops.poll_cq = poll_cq;
	context->ops.post_send = post_send;
	context->ops.alloc_mw = alloc_mw;
	context->ops.bind_mw = bind_mw;
}

static void with_slots(void)
{
	struct ibv_query_device_ex_input input = { .comp_mask = 0 };
	struct ibv_device_attr_ex device = { .orig_attr = { .fw_ver = "x" } };
	struct ibv_qp_init_attr_ex qp_attr = { .pd = &pd, .qp_type = IBV_QPT_RC };
	struct ibv_srq_init_attr_ex srq_attr = { .pd = &pd, .attr = { .max_wr = 5 } };
	struct ibv_wq_init_attr wq_attr = { .max_wr = 1 };
	struct ibv_xrcd xrcd = { .context = context };
	struct ibv_mw mw = { .context = context, .pd = &pd, .type = IBV_MW_TYPE_1 };
	struct ibv_send_wr wr, *bad_wr;
	struct ibv_ops_wr op, *bad_op;
	struct ibv_port_attr port;
	struct ibv_mw_bind bind = { .wr_id = 1 };
	struct ibv_mr mr = { .context = context, .pd = &pd };
	struct ibv_wc wc;

	puts("== slots are there");
	INT(ibv_query_device_ex(context, NULL, &device));
	INT(ibv_query_device_ex(context, &input, &device));
	input.comp_mask = 1;
	INT(ibv_query_device_ex(context, &input, &device));
	device_answer = EOPNOTSUPP;
	INT(ibv_query_device_ex(context, NULL, &device));
	device_answer = ENOSYS;
	INT(ibv_query_device_ex(context, NULL, &device));
	INT(ibv_query_port(context, 1, &port));

	qp_attr.comp_mask = IBV_QP_INIT_ATTR_PD;
	POINTER(ibv_create_qp_ex(context, &qp_attr));
	qp_attr.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
	POINTER(ibv_create_qp_ex(context, &qp_attr));
	srq_attr.comp_mask = IBV_SRQ_INIT_ATTR_PD;
	POINTER(ibv_create_srq_ex(context, &srq_attr));
	srq_attr.comp_mask |= IBV_SRQ_INIT_ATTR_TYPE;
	POINTER(ibv_create_srq_ex(context, &srq_attr));
	srq_attr.srq_type = IBV_SRQT_XRC;
	POINTER(ibv_create_srq_ex(context, &srq_attr));
	srq_attr.comp_mask = IBV_SRQ_INIT_ATTR_TYPE;
	srq_attr.srq_type = IBV_SRQT_BASIC;
	POINTER(ibv_create_srq_ex(context, &srq_attr));

	the_wq.events_completed = 7;
	POINTER(ibv_create_wq(context, &wq_attr));
	printf("    events %u, lock %d\n", the_wq.events_completed,
	       pthread_mutex_trylock(&the_wq.mutex));
	INT(ibv_post_srq_ops(&srq, &op, &bad_op));
	INT(ibv_poll_cq(&cq, 4, &wc));
	INT(ibv_post_send(&qp, &wr, &bad_wr));
	POINTER(ibv_alloc_mw(&pd, IBV_MW_TYPE_2));
	INT(ibv_bind_mw(&qp, &mw, &bind));
	bind.bind_info.length = 1;
	INT(ibv_bind_mw(&qp, &mw, &bind));
	bind.bind_info.mr = &mr;
	INT(ibv_bind_mw(&qp, &mw, &bind));
	mr.pd = NULL;
	INT(ibv_bind_mw(&qp, &mw, &bind));
	mr.pd = &pd;
	mw.type = IBV_MW_TYPE_2;
	INT(ibv_bind_mw(&qp, &mw, &bind));
	INT(ibv_close_xrcd(&xrcd));
}

static void no_slots_needed(void)
{
	struct ibv_qp_ex qpx = { .wr_rdma_write_imm = wr_rdma_write_imm };
	struct ibv_cq_ex cqx = { .read_imm_data = read_imm_data };
	volatile int access = IBV_ACCESS_LOCAL_WRITE;
	struct ibv_gid_entry entry;
	char memory[8];

	puts("== the rest");
	INT(ibv_query_gid_ex(context, 1, 2, &entry, 0));
	INT(ibv_query_gid_table(context, &entry, 1, 0));
	POINTER(ibv_reg_mr(&pd, memory, 8, IBV_ACCESS_LOCAL_WRITE));
	POINTER(ibv_reg_mr(&pd, memory, 8, access));
	POINTER(ibv_reg_mr(&pd, memory, 8, IBV_ACCESS_RELAXED_ORDERING));
	POINTER(ibv_reg_mr_iova(&pd, memory, 8, 5, IBV_ACCESS_LOCAL_WRITE));
	POINTER(ibv_reg_mr_iova(&pd, memory, 8, (uintptr_t)memory, IBV_ACCESS_RELAXED_ORDERING));
	puts("ibv_wr_rdma_write_imm");
	ibv_wr_rdma_write_imm(&qpx, 1, 2, 3);
	INT(ibv_wc_read_imm_data(&cqx));
	INT(ibv_wc_read_invalidated_rkey(&cqx));
	INT(ibv_cq_ex_to_cq(&cqx) == (void *)&cqx);
	INT(ibv_inc_rkey(0x12345678));
	INT(ibv_inc_rkey(0x123456ff));
	INT(ibv_flow_label_to_udp_sport(0));
	INT(ibv_flow_label_to_udp_sport(0xfffff));
	INT(ibv_flow_label_to_udp_sport(0x4abcd));
	INT(ibv_is_qpt_supported(1u << IBV_QPT_RC, IBV_QPT_RC));
	INT(ibv_is_qpt_supported(1u << IBV_QPT_RC, IBV_QPT_UD));
	INT(verbs_get_ctx(context) == &whole);
	INT(vext_field_avail(struct ibv_device_attr_ex, comp_mask, 8));
	INT(vext_field_avail(struct ibv_device_attr_ex, orig_attr, 8));
}

int main(void)
{
	whole.sz = sizeof(whole);
	without_slots("a context of the first releases");
	context->abi_compat = __VERBS_ABI_IS_EXTENDED;
	without_slots("slots are empty");
	fill();
	whole.sz = sizeof(whole) - offsetof(struct verbs_context, context) + sizeof(size_t);
	context->ops.alloc_mw = NULL;
	without_slots("slots lie outside the context");
	fill();
	with_slots();
	no_slots_needed();
	return 0;
}
