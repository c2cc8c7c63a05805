/*
 * Inline functions of verbs.h that hand their arguments on to a slot: which slot, with what, and
 * what comes back. One recorder stands in each slot in turn; it prints as many bytes of each
 * argument as the slot's type has. What is printed is the same with the headers of release 44,
 * and for functions of later releases, with -DRELEASE=65, what forward.expected says.
 */

#include <infiniband/verbs.h>
#include <infiniband/arch.h>
#include <stdio.h>
#include <string.h>

#ifndef RELEASE
#define RELEASE 65
#endif

#define ANSWER 0x8182838485868788ull

static const char *slot_name, *slot_widths;

static struct verbs_context whole;
static struct ibv_context *const context = &whole.context;
static struct ibv_cq_ex cqx;
static struct ibv_qp_ex qpx;
static struct ibv_cq cq;
static struct ibv_qp qp;
static struct ibv_srq srq;
static struct ibv_pd pd;
static struct ibv_mw mw;
static struct ibv_dm dm;
static struct ibv_td td;
static struct ibv_wq wq;
static struct ibv_flow flow;
static struct ibv_flow_action action;
static struct ibv_counters counters;
static struct ibv_rwq_ind_table table;

/* Objects by their names; all other pointers are made up and printed as numbers. */
static const struct {
	const void *at;
	const char *name;
} objects[] = {
	{ &whole.context, "context" }, { &cqx, "cqx" }, { &qpx, "qpx" }, { &cq, "cq" },
	{ &qp, "qp" }, { &srq, "srq" }, { &pd, "pd" }, { &mw, "mw" }, { &dm, "dm" }, { &td, "td" },
	{ &wq, "wq" }, { &flow, "flow" }, { &action, "action" }, { &counters, "counters" },
	{ &table, "table" },
};

static void show(uintptr_t value, char width)
{
	for (size_t i = 0; width == 'p' && i < sizeof(objects) / sizeof(objects[0]); i++) {
		if ((uintptr_t)objects[i].at == value) {
			printf(" %s", objects[i].name);
			return;
		}
	}
	switch (width) {
	case '1': value = (uint8_t)value; break;
	case '2': value = (uint16_t)value; break;
	case '4': value = (uint32_t)value; break;
	}
	printf(" %#llx", (unsigned long long)value);
}

/* Every argument of every slot is an integer or a pointer, and there are six at most. */
static uintptr_t record(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e,
			uintptr_t f)
{
	const uintptr_t arguments[] = { a, b, c, d, e, f };

	printf("    %s", slot_name);
	for (size_t i = 0; slot_widths[i]; i++)
		show(arguments[i], slot_widths[i]);
	puts("");
	return ANSWER;
}

static void put(void *slot, const char *name, const char *widths)
{
	uintptr_t recorder = (uintptr_t)record;

	memcpy(slot, &recorder, sizeof(recorder));
	slot_name = name;
	slot_widths = widths;
	__asm__ volatile("" ::: "memory");
}

#define THROUGH(object, slot, widths, text, call)                                                  \
	do {                                                                                       \
		puts(text);                                                                        \
		put(&(object).slot, #slot, widths);                                                \
		call;                                                                              \
		memset(&(object).slot, 0, sizeof((object).slot));                                  \
	} while (0)
#define CALL(object, slot, widths, call) THROUGH(object, slot, widths, #call, call)
/* The same of a function that answers. */
#define VALUE(object, slot, widths, call)                                                          \
	THROUGH(object, slot, widths, #call,                                                       \
		printf("    = %#llx\n", (unsigned long long)(call)))

/* A pointer of which the compiler shall know nothing. */
static void *AT(uintptr_t number)
{
	__asm__ volatile("" : "+r"(number));
	return (void *)number;
}

static void completions(void)
{
	struct ibv_wc_tm_info info;

	VALUE(cqx, start_poll, "pp", ibv_start_poll(&cqx, AT(0x11)));
	VALUE(cqx, next_poll, "p", ibv_next_poll(&cqx));
	CALL(cqx, end_poll, "p", ibv_end_poll(&cqx));
	VALUE(cqx, read_opcode, "p", ibv_wc_read_opcode(&cqx));
	VALUE(cqx, read_vendor_err, "p", ibv_wc_read_vendor_err(&cqx));
	VALUE(cqx, read_byte_len, "p", ibv_wc_read_byte_len(&cqx));
	VALUE(cqx, read_imm_data, "p", ibv_wc_read_imm_data(&cqx));
	VALUE(cqx, read_imm_data, "p", ibv_wc_read_invalidated_rkey(&cqx));
	VALUE(cqx, read_qp_num, "p", ibv_wc_read_qp_num(&cqx));
	VALUE(cqx, read_src_qp, "p", ibv_wc_read_src_qp(&cqx));
	VALUE(cqx, read_wc_flags, "p", ibv_wc_read_wc_flags(&cqx));
	VALUE(cqx, read_slid, "p", ibv_wc_read_slid(&cqx));
	VALUE(cqx, read_sl, "p", ibv_wc_read_sl(&cqx));
	VALUE(cqx, read_dlid_path_bits, "p", ibv_wc_read_dlid_path_bits(&cqx));
	VALUE(cqx, read_completion_ts, "p", ibv_wc_read_completion_ts(&cqx));
	VALUE(cqx, read_completion_wallclock_ns, "p", ibv_wc_read_completion_wallclock_ns(&cqx));
	VALUE(cqx, read_cvlan, "p", ibv_wc_read_cvlan(&cqx));
	VALUE(cqx, read_flow_tag, "p", ibv_wc_read_flow_tag(&cqx));
	CALL(cqx, read_tm_info, "p", ibv_wc_read_tm_info(&cqx, &info));
	VALUE(*context, ops.poll_cq, "p4p", ibv_poll_cq(&cq, 5, AT(0x11)));
	VALUE(*context, ops.req_notify_cq, "p4", ibv_req_notify_cq(&cq, 1));
}

static void requests(void)
{
	const uint32_t key = 0xa1a2a3a4;
	const uint64_t far = 0xb1b2b3b4b5b6b7b8;

	CALL(qpx, wr_start, "p", ibv_wr_start(&qpx));
	VALUE(qpx, wr_complete, "p", ibv_wr_complete(&qpx));
	CALL(qpx, wr_abort, "p", ibv_wr_abort(&qpx));
	CALL(qpx, wr_send, "p", ibv_wr_send(&qpx));
	CALL(qpx, wr_send_imm, "p4", ibv_wr_send_imm(&qpx, 0xc1c2c3c4));
	CALL(qpx, wr_send_inv, "p4", ibv_wr_send_inv(&qpx, key));
	CALL(qpx, wr_send_tso, "pp22", ibv_wr_send_tso(&qpx, AT(0x11), 0xd1d2, 0xd3d4));
	CALL(qpx, wr_rdma_write, "p48", ibv_wr_rdma_write(&qpx, key, far));
	CALL(qpx, wr_rdma_write_imm, "p484", ibv_wr_rdma_write_imm(&qpx, key, far, 0xc1c2c3c4));
	CALL(qpx, wr_rdma_read, "p48", ibv_wr_rdma_read(&qpx, key, far));
	CALL(qpx, wr_atomic_cmp_swp, "p4888", ibv_wr_atomic_cmp_swp(&qpx, key, far, 0xe1, 0xe2));
	CALL(qpx, wr_atomic_fetch_add, "p488", ibv_wr_atomic_fetch_add(&qpx, key, far, 0xe3));
	CALL(qpx, wr_atomic_write, "p48p", ibv_wr_atomic_write(&qpx, key, far, AT(0x11)));
#if RELEASE >= 65
	CALL(qpx, wr_flush, "p48811", ibv_wr_flush(&qpx, key, far, 0xe4, 0xe5, 0xe6));
#endif
	CALL(qpx, wr_bind_mw, "pp4p", ibv_wr_bind_mw(&qpx, &mw, key, AT(0x11)));
	CALL(qpx, wr_local_inv, "p4", ibv_wr_local_inv(&qpx, key));
	CALL(qpx, wr_set_ud_addr, "pp44", ibv_wr_set_ud_addr(&qpx, AT(0x11), 0xf1f2f3, 0xf4f5f6f7));
	CALL(qpx, wr_set_xrc_srqn, "p4", ibv_wr_set_xrc_srqn(&qpx, 0xf1f2f3));
	CALL(qpx, wr_set_sge, "p484", ibv_wr_set_sge(&qpx, key, far, 0xf8f9fafb));
	CALL(qpx, wr_set_sge_list, "p8p", ibv_wr_set_sge_list(&qpx, 3, AT(0x11)));
	CALL(qpx, wr_set_inline_data, "pp8", ibv_wr_set_inline_data(&qpx, AT(0x11), 0xe7));
	CALL(qpx, wr_set_inline_data_list, "p8p",
	     ibv_wr_set_inline_data_list(&qpx, 4, AT(0x11)));
	VALUE(*context, ops.post_send, "ppp", ibv_post_send(&qp, AT(0x11), AT(0x12)));
	VALUE(*context, ops.post_recv, "ppp", ibv_post_recv(&qp, AT(0x11), AT(0x12)));
	VALUE(*context, ops.post_srq_recv, "ppp", ibv_post_srq_recv(&srq, AT(0x11), AT(0x12)));
	VALUE(wq, post_recv, "ppp", ibv_post_wq_recv(&wq, AT(0x11), AT(0x12)));
	VALUE(whole, post_srq_ops, "ppp", ibv_post_srq_ops(&srq, AT(0x11), AT(0x12)));
}

static void objects_of_a_context(void)
{
	VALUE(whole, query_rt_values, "pp", ibv_query_rt_values_ex(context, AT(0x11)));
	VALUE(whole, query_port, "p1p", ___ibv_query_port(context, 0xa1, AT(0x11)));
	VALUE(whole, alloc_td, "pp", ibv_alloc_td(context, AT(0x11)));
	VALUE(whole, dealloc_td, "p", ibv_dealloc_td(&td));
	VALUE(whole, alloc_parent_domain, "pp", ibv_alloc_parent_domain(context, AT(0x11)));
	VALUE(whole, open_xrcd, "pp", ibv_open_xrcd(context, AT(0x11)));
	VALUE(whole, alloc_null_mr, "p", ibv_alloc_null_mr(&pd));
	VALUE(whole, advise_mr, "p44p4",
	      ibv_advise_mr(&pd, IBV_ADVISE_MR_ADVICE_PREFETCH_WRITE, 0xa1a2a3a4, AT(0x11), 6));
	VALUE(whole, alloc_dm, "pp", ibv_alloc_dm(context, AT(0x11)));
	VALUE(whole, free_dm, "p", ibv_free_dm(&dm));
	VALUE(dm, memcpy_to_dm, "p8p8", ibv_memcpy_to_dm(&dm, 0xe1, AT(0x11), 0xe2));
	VALUE(dm, memcpy_from_dm, "pp88", ibv_memcpy_from_dm(AT(0x11), &dm, 0xe1, 0xe2));
	VALUE(whole, reg_dm_mr, "pp884", ibv_reg_dm_mr(&pd, &dm, 0xe1, 0xe2, 0xa1a2a3a4));
	VALUE(*context, ops.alloc_mw, "p4", ibv_alloc_mw(&pd, IBV_MW_TYPE_2));
	VALUE(*context, ops.dealloc_mw, "p", ibv_dealloc_mw(&mw));
	VALUE(whole, create_cq_ex, "pp", ibv_create_cq_ex(context, AT(0x11)));
	VALUE(whole, modify_cq, "pp", ibv_modify_cq(&cq, AT(0x11)));
	VALUE(whole, get_srq_num, "pp", ibv_get_srq_num(&srq, AT(0x11)));
	VALUE(whole, open_qp, "pp", ibv_open_qp(context, AT(0x11)));
	VALUE(whole, modify_qp_rate_limit, "pp", ibv_modify_qp_rate_limit(&qp, AT(0x11)));
	VALUE(whole, modify_wq, "pp", ibv_modify_wq(&wq, AT(0x11)));
	VALUE(whole, destroy_wq, "p", ibv_destroy_wq(&wq));
	VALUE(whole, create_rwq_ind_table, "pp", ibv_create_rwq_ind_table(context, AT(0x11)));
	VALUE(whole, destroy_rwq_ind_table, "p", ibv_destroy_rwq_ind_table(&table));
	VALUE(whole, ibv_create_flow, "pp", ibv_create_flow(&qp, AT(0x11)));
	VALUE(whole, ibv_destroy_flow, "p", ibv_destroy_flow(&flow));
	VALUE(whole, create_flow_action_esp, "pp", ibv_create_flow_action_esp(context, AT(0x11)));
	VALUE(whole, modify_flow_action_esp, "pp", ibv_modify_flow_action_esp(&action, AT(0x11)));
	VALUE(whole, destroy_flow_action, "p", ibv_destroy_flow_action(&action));
	VALUE(whole, create_counters, "pp", ibv_create_counters(context, AT(0x11)));
	VALUE(whole, destroy_counters, "p", ibv_destroy_counters(&counters));
	VALUE(whole, attach_counters_point_flow, "ppp",
	      ibv_attach_counters_point_flow(&counters, AT(0x11), &flow));
	VALUE(whole, read_counters, "pp44", ibv_read_counters(&counters, AT(0x11), 7, 0xa1a2a3a4));
}

/* Functions that call one of the library, which is not there: this file brings it. */
static void functions_of_the_library(void)
{
	puts("__ibv_reg_mr(&pd, AT(0x11), 8, 0, 1)");
	__ibv_reg_mr(&pd, AT(0x11), 8, 0, 1);
	puts("__ibv_reg_mr(&pd, AT(0x11), 8, 0, 0)");
	__ibv_reg_mr(&pd, AT(0x11), 8, 0, 0);
	puts("__ibv_reg_mr_iova(&pd, AT(0x11), 8, 9, 0, 1)");
	__ibv_reg_mr_iova(&pd, AT(0x11), 8, 9, 0, 1);
	puts("__ibv_reg_mr_iova(&pd, AT(0x11), 8, 9, 1 << 20, 1)");
	__ibv_reg_mr_iova(&pd, AT(0x11), 8, 9, 1 << 20, 1);
#if RELEASE >= 65
	puts("ibv_query_comp_cntr_caps(context, AT(0x11))");
	printf("    = %d\n", ibv_query_comp_cntr_caps(context, AT(0x11)));
#endif
	printf("htonll(0x0102030405060708)\n    = %#llx\n",
	       (unsigned long long)htonll(0x0102030405060708));
	printf("ntohll(0x0102030405060708)\n    = %#llx\n",
	       (unsigned long long)ntohll(0x0102030405060708));
}

struct ibv_mr *(ibv_reg_mr)(struct ibv_pd *of, void *addr, size_t length, int access)
{
	printf("    ibv_reg_mr %d %p %zu %#x\n", of == &pd, addr, length, access);
	return NULL;
}

struct ibv_mr *(ibv_reg_mr_iova)(struct ibv_pd *of, void *addr, size_t length, uint64_t iova,
				 int access)
{
	printf("    ibv_reg_mr_iova %d %p %zu %llu %#x\n", of == &pd, addr, length,
	       (unsigned long long)iova, access);
	return NULL;
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *of, void *addr, size_t length, uint64_t iova,
				unsigned int access)
{
	printf("    ibv_reg_mr_iova2 %d %p %zu %llu %#x\n", of == &pd, addr, length,
	       (unsigned long long)iova, access);
	return NULL;
}

#if RELEASE >= 65
int _ibv_query_comp_cntr_caps(struct ibv_context *of, struct ibv_comp_cntr_caps *caps, size_t size)
{
	printf("    _ibv_query_comp_cntr_caps %d %p %d\n", of == context, (void *)caps,
	       size == sizeof(*caps));
	return 41;
}
#endif

/* What headers of some releases call, and this program does not reach. */
int ibv_query_device(struct ibv_context *of, struct ibv_device_attr *attr)
{
	(void)of;
	(void)attr;
	return -1;
}

int(ibv_query_port)(struct ibv_context *of, uint8_t port, struct _compat_ibv_port_attr *attr)
{
	(void)of;
	(void)port;
	(void)attr;
	return -1;
}

int main(void)
{
	whole.sz = sizeof(whole);
	context->abi_compat = __VERBS_ABI_IS_EXTENDED;
	qp.context = srq.context = pd.context = mw.context = dm.context = context;
	cq.context = td.context = wq.context = flow.context = action.context = context;
	counters.context = table.context = cqx.context = context;
	completions();
	requests();
	objects_of_a_context();
	functions_of_the_library();
	return 0;
}
