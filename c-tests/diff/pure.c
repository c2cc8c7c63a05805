/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * Functions whose result depends on their arguments alone, over their whole range: rates, names,
 * and the copies between the structs of verbs and those of the kernel.
 */
#include "diff.h"

#include <dlfcn.h>
#include <infiniband/sa.h>
#include <infiniband/verbs.h>
#include <limits.h>
#include <rdma/ib_user_sa.h>
#include <rdma/ib_user_verbs.h>

/* Exported, but declared in no header of ours that programs include. */
void ibv_copy_ah_attr_from_kern(struct ibv_ah_attr *to, struct ib_uverbs_ah_attr *from);
void ibv_copy_qp_attr_from_kern(struct ibv_qp_attr *to, struct ib_uverbs_qp_attr *from);
void ibv_copy_path_rec_from_kern(struct ibv_sa_path_rec *to, struct ib_user_path_rec *from);
void ibv_copy_path_rec_to_kern(struct ib_user_path_rec *to, struct ibv_sa_path_rec *from);

#define RANDOM_ARGUMENTS 100000
#define RANDOM_STRUCTS 500

/* Neighbours with one result share a line, so that every single value is compared. */
struct stretch {
	char result[128];
	long from, to;
};

static void end_stretch(const struct stretch *stretch)
{
	if (stretch->result[0])
		printf("%ld..%ld: %s\n", stretch->from, stretch->to, stretch->result);
}

static void add(struct stretch *stretch, long argument, const char *result)
{
	values++;
	if (stretch->result[0] && !strcmp(stretch->result, result) && argument == stretch->to + 1) {
		stretch->to = argument;
		return;
	}
	end_stretch(stretch);
	snprintf(stretch->result, sizeof stretch->result, "%s", result);
	stretch->from = stretch->to = argument;
}

typedef void (*print)(char *text, size_t size, int argument);

static void over(const char *name, print print, int first, int last)
{
	struct stretch stretch = { .from = 0 };
	char text[128];
	SECTION("%s", name);
	for (int i = first; i <= last; i++) {
		print(text, sizeof text, i);
		add(&stretch, i, text);
	}
	end_stretch(&stretch);
	/* Every power of two, its neighbours, and the ends of the range. */
	for (int bit = 0; bit < 32; bit++)
		for (int by = -1; by <= 1; by++) {
			int argument = (int)((1u << bit) + (unsigned)by);
			print(text, sizeof text, argument);
			printf("%d: %s\n", argument, text);
			values++;
		}
	/* The rest by samples: only what is not the usual answer is worth a line. */
	char usual[128];
	uint64_t state = 1;
	print(usual, sizeof usual, INT_MIN);
	printf("usual: %s\n", usual);
	for (int i = 0; i < RANDOM_ARGUMENTS; i++) {
		int argument = (int)next_number(&state);
		print(text, sizeof text, argument);
		if (strcmp(text, usual))
			printf("%d: %s\n", argument, text);
		values++;
	}
}

#define NUMBER(function, type)                                                                     \
	static void print_##function(char *text, size_t size, int argument)                        \
	{                                                                                          \
		errno = 0;                                                                         \
		int number = (int)function((type)argument);                                        \
		snprintf(text, size, "%d%s", number, errno ? " and errno" : "");                   \
	}
#define TEXT(function, type)                                                                       \
	static void print_##function(char *text, size_t size, int argument)                        \
	{                                                                                          \
		errno = 0;                                                                         \
		const char *string = function((type)argument);                                     \
		snprintf(text, size, "%s%s%s%s", string ? "\"" : "", string ? string : "NULL",     \
			 string ? "\"" : "", errno ? " and errno" : "");                           \
	}

NUMBER(ibv_rate_to_mult, enum ibv_rate)
NUMBER(ibv_rate_to_mbps, enum ibv_rate)
NUMBER(mult_to_ibv_rate, int)
NUMBER(mbps_to_ibv_rate, int)
TEXT(ibv_node_type_str, enum ibv_node_type)
TEXT(ibv_port_state_str, enum ibv_port_state)
TEXT(ibv_event_type_str, enum ibv_event_type)
TEXT(ibv_wc_status_str, enum ibv_wc_status)

/* A name of the private node that releases before 48 or so do not have. */
static const char *(*wr_opcode_str)(enum ibv_wr_opcode opcode);
TEXT(wr_opcode_str, enum ibv_wr_opcode)

/*
 * Each copy is made into a place filled with one byte and then with another, so that a member that
 * is not written shows. The bytes between members are not looked at: C leaves them open.
 */
#define MEMBER(object, member)                                                                     \
	printf(" %s=%016llx", #member,                                                             \
	       (unsigned long long)hash_bytes(&(object).member, sizeof((object).member)))

static void print_ah(const struct ibv_ah_attr *attr)
{
	MEMBER(*attr, grh.dgid);
	MEMBER(*attr, grh.flow_label);
	MEMBER(*attr, grh.sgid_index);
	MEMBER(*attr, grh.hop_limit);
	MEMBER(*attr, grh.traffic_class);
	MEMBER(*attr, dlid);
	MEMBER(*attr, sl);
	MEMBER(*attr, src_path_bits);
	MEMBER(*attr, static_rate);
	MEMBER(*attr, is_global);
	MEMBER(*attr, port_num);
}

static void print_qp(const struct ibv_qp_attr *attr)
{
	MEMBER(*attr, qp_state);
	MEMBER(*attr, cur_qp_state);
	MEMBER(*attr, path_mtu);
	MEMBER(*attr, path_mig_state);
	MEMBER(*attr, qkey);
	MEMBER(*attr, rq_psn);
	MEMBER(*attr, sq_psn);
	MEMBER(*attr, dest_qp_num);
	MEMBER(*attr, qp_access_flags);
	MEMBER(*attr, cap);
	print_ah(&attr->ah_attr);
	print_ah(&attr->alt_ah_attr);
	MEMBER(*attr, pkey_index);
	MEMBER(*attr, alt_pkey_index);
	MEMBER(*attr, en_sqd_async_notify);
	MEMBER(*attr, sq_draining);
	MEMBER(*attr, max_rd_atomic);
	MEMBER(*attr, max_dest_rd_atomic);
	MEMBER(*attr, min_rnr_timer);
	MEMBER(*attr, port_num);
	MEMBER(*attr, timeout);
	MEMBER(*attr, retry_cnt);
	MEMBER(*attr, rnr_retry);
	MEMBER(*attr, alt_port_num);
	MEMBER(*attr, alt_timeout);
	MEMBER(*attr, rate_limit);
}

#define PATH_MEMBERS(object)                                                                       \
	do {                                                                                       \
		MEMBER(object, dgid);                                                              \
		MEMBER(object, sgid);                                                              \
		MEMBER(object, dlid);                                                              \
		MEMBER(object, slid);                                                              \
		MEMBER(object, raw_traffic);                                                       \
		MEMBER(object, flow_label);                                                        \
		MEMBER(object, hop_limit);                                                         \
		MEMBER(object, traffic_class);                                                     \
		MEMBER(object, reversible);                                                        \
		MEMBER(object, numb_path);                                                         \
		MEMBER(object, pkey);                                                              \
		MEMBER(object, sl);                                                                \
		MEMBER(object, mtu_selector);                                                      \
		MEMBER(object, mtu);                                                               \
		MEMBER(object, rate_selector);                                                     \
		MEMBER(object, rate);                                                              \
		MEMBER(object, packet_life_time_selector);                                         \
		MEMBER(object, packet_life_time);                                                  \
		MEMBER(object, preference);                                                        \
	} while (0)

static void print_path(const struct ibv_sa_path_rec *path)
{
	PATH_MEMBERS(*path);
}

static void print_kernel_path(const struct ib_user_path_rec *path)
{
	PATH_MEMBERS(*path);
}

/* What lies behind the destination must stay as it was. */
#define COPIES(function, to_type, from_type, print_to)                                             \
	do {                                                                                       \
		uint64_t state = 2;                                                                \
		SECTION(#function);                                                                \
		for (int i = 0; i < RANDOM_STRUCTS; i++) {                                         \
			struct {                                                                   \
				to_type to;                                                        \
				uint8_t behind[64];                                                \
			} place;                                                                   \
			from_type from;                                                            \
			uint8_t *bytes = (uint8_t *)&from;                                         \
			for (size_t k = 0; k < sizeof from; k++)                                   \
				bytes[k] = i == 0   ? 0                                            \
					   : i == 1 ? 0xff                                         \
						    : (uint8_t)next_number(&state);                \
			memset(&place, i % 2 ? 0xa5 : 0x5a, sizeof place);                         \
			uint64_t source = hash_bytes(&from, sizeof from);                          \
			function(&place.to, &from);                                                \
			printf("%d:", i);                                                          \
			print_to(&place.to);                                                       \
			MEMBER(place, behind);                                                     \
			puts(source == hash_bytes(&from, sizeof from) ? "" : " source changed");   \
			values++;                                                                  \
		}                                                                                  \
	} while (0)

int main(void)
{
	over("ibv_rate_to_mult", print_ibv_rate_to_mult, -70000, 70000);
	over("ibv_rate_to_mbps", print_ibv_rate_to_mbps, -70000, 70000);
	over("mult_to_ibv_rate", print_mult_to_ibv_rate, -70000, 70000);
	over("mbps_to_ibv_rate", print_mbps_to_ibv_rate, -70000, 2000000);
	over("ibv_node_type_str", print_ibv_node_type_str, -300, 300);
	over("ibv_port_state_str", print_ibv_port_state_str, -300, 300);
	over("ibv_event_type_str", print_ibv_event_type_str, -300, 300);
	over("ibv_wc_status_str", print_ibv_wc_status_str, -300, 300);
	wr_opcode_str = dlsym(RTLD_DEFAULT, "ibv_wr_opcode_str");
	if (wr_opcode_str)
		over("ibv_wr_opcode_str", print_wr_opcode_str, -300, 300);
	COPIES(ibv_copy_ah_attr_from_kern, struct ibv_ah_attr, struct ib_uverbs_ah_attr, print_ah);
	COPIES(ibv_copy_qp_attr_from_kern, struct ibv_qp_attr, struct ib_uverbs_qp_attr, print_qp);
	COPIES(ibv_copy_path_rec_from_kern, struct ibv_sa_path_rec, struct ib_user_path_rec,
	       print_path);
	COPIES(ibv_copy_path_rec_to_kern, struct ib_user_path_rec, struct ibv_sa_path_rec,
	       print_kernel_path);
	return finish();
}
