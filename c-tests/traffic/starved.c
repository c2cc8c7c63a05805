/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A process whose malloc gives NULL: once, at every single allocation the library and the C library
 * make for it, or from there on. A verb then answers ENOMEM or is served all the same; what there is
 * can be destroyed without memory; and with memory again the same process is served, with no
 * descriptor more than a process that never lacked any.
 *
 * Allocations are counted and refused where the shared libraries call them: their entries for
 * malloc and its kin, in the table of the dynamic linker, point to functions here. So a checker's
 * allocator stays in place.
 */
#include "echo.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- an allocator that can be told to refuse --- */

static atomic_long allocations; /* since it was told */
static atomic_long first_refused, last_refused = -1;
static atomic_long refusals;

static bool is_refused(void)
{
	long number = ++allocations;
	if (number < first_refused || number > last_refused)
		return false;
	refusals++;
	errno = ENOMEM;
	return true;
}

static void *try_malloc(size_t size)
{
	return is_refused() ? NULL : malloc(size);
}

static void *try_calloc(size_t count, size_t size)
{
	return is_refused() ? NULL : calloc(count, size);
}

static void *try_realloc(void *place, size_t size)
{
	return is_refused() ? NULL : realloc(place, size);
}

static int try_posix_memalign(void **place, size_t align, size_t size)
{
	return is_refused() ? ENOMEM : posix_memalign(place, align, size);
}

static void *try_aligned_alloc(size_t align, size_t size)
{
	return is_refused() ? NULL : aligned_alloc(align, size);
}

static void refuse_from_to(long first, long last)
{
	allocations = 0;
	refusals = 0;
	first_refused = first;
	last_refused = last;
}

static void refuse_nothing(void)
{
	last_refused = -1;
}

static const struct {
	const char *name;
	void *function;
} replaced[] = {
	{ "malloc", try_malloc },
	{ "calloc", try_calloc },
	{ "realloc", try_realloc },
	{ "posix_memalign", try_posix_memalign },
	{ "aligned_alloc", try_aligned_alloc },
};

/* The entries of an object that are functions it imports, of which some are replaced. */
struct object {
	ElfW(Addr) base;
	const ElfW(Sym) *symbols;
	const char *names;
	int replacements;
};

static void replace_entries(struct object *object, const ElfW(Rela) *entry, size_t bytes)
{
#ifdef __x86_64__
	enum { SLOT = R_X86_64_JUMP_SLOT, DATA = R_X86_64_GLOB_DAT };
#else
	enum { SLOT = R_AARCH64_JUMP_SLOT, DATA = R_AARCH64_GLOB_DAT };
#endif
	uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
	for (const ElfW(Rela) *end = entry + bytes / sizeof *entry; entry < end; entry++) {
		unsigned long type = ELF64_R_TYPE(entry->r_info);
		if (type != SLOT && type != DATA)
			continue;
		const char *name =
			object->names + object->symbols[ELF64_R_SYM(entry->r_info)].st_name;
		for (size_t i = 0; i < sizeof replaced / sizeof *replaced; i++) {
			if (strcmp(name, replaced[i].name))
				continue;
			void **place = (void **)(object->base + entry->r_offset);
			void *page = (void *)((uintptr_t)place & ~(page_bytes - 1));
			ENSURE(mprotect(page, page_bytes, PROT_READ | PROT_WRITE) == 0);
			*place = replaced[i].function;
			object->replacements++;
		}
	}
}

static int replace_in(struct dl_phdr_info *info, size_t size, void *arg)
{
	bool is_ours = strstr(info->dlpi_name, "libibverbs.so");
	struct object object = { .base = info->dlpi_addr };
	const ElfW(Rela) *slots = NULL, *rest = NULL;
	size_t slots_bytes = 0, rest_bytes = 0;
	(void)size;
	if (!is_ours && !strstr(info->dlpi_name, "libc.so"))
		return 0;
	const ElfW(Dyn) *dyn = NULL;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_DYNAMIC)
			dyn = (const ElfW(Dyn) *)(object.base + info->dlpi_phdr[i].p_vaddr);
	ENSURE(dyn);
	for (; dyn->d_tag != DT_NULL; dyn++) {
		const void *place = (const void *)dyn->d_un.d_ptr;
		switch (dyn->d_tag) {
		case DT_SYMTAB: object.symbols = place; break;
		case DT_STRTAB: object.names = place; break;
		case DT_JMPREL: slots = place; break;
		case DT_PLTRELSZ: slots_bytes = dyn->d_un.d_val; break;
		case DT_RELA: rest = place; break;
		case DT_RELASZ: rest_bytes = dyn->d_un.d_val; break;
		}
	}
	replace_entries(&object, slots, slots_bytes);
	replace_entries(&object, rest, rest_bytes);
	if (is_ours)
		*(int *)arg = object.replacements;
	return 0;
}

static void take_over_malloc(void)
{
	int replacements = 0;
	dl_iterate_phdr(replace_in, &replacements);
	CHECK(replacements >= 3, "%d entries of the library replaced", replacements);
}

/* --- everything the NIC makes --- */

struct objects {
	struct ibv_device **list;
	struct ibv_context *ctx;
	struct ibv_pd *pd;
	struct ibv_mr *mr;
	struct ibv_comp_channel *channel;
	struct ibv_cq *cq;
	struct ibv_srq *srq;
	struct ibv_qp *rc, *uc, *ud;
	struct ibv_ah *ah;
	uint64_t words[64];
};

/* Without memory too: nothing of this may fail. */
static void let_go(struct objects *o)
{
	if (o->ah)
		ZERO(ibv_destroy_ah(o->ah));
	if (o->ud)
		ZERO(ibv_destroy_qp(o->ud));
	if (o->uc)
		ZERO(ibv_destroy_qp(o->uc));
	if (o->rc)
		ZERO(ibv_destroy_qp(o->rc));
	if (o->srq)
		ZERO(ibv_destroy_srq(o->srq));
	if (o->cq)
		ZERO(ibv_destroy_cq(o->cq));
	if (o->channel)
		ZERO(ibv_destroy_comp_channel(o->channel));
	if (o->mr)
		ZERO(ibv_dereg_mr(o->mr));
	if (o->pd)
		ZERO(ibv_dealloc_pd(o->pd));
	if (o->ctx)
		ZERO(ibv_close_device(o->ctx));
	if (o->list)
		ibv_free_device_list(o->list);
	memset(o, 0, sizeof *o);
}

enum { TO_INIT, TO_RTR, TO_RTS };

static int modify(struct ibv_qp *qp, int to, const union ibv_gid *gid)
{
	bool is_rc = qp->qp_type == IBV_QPT_RC, is_ud = qp->qp_type == IBV_QPT_UD;
	struct ibv_qp_attr attr = { .port_num = 1, .qkey = TEST_QKEY };
	int mask = IBV_QP_STATE;
	switch (to) {
	case TO_INIT:
		attr.qp_state = IBV_QPS_INIT;
		attr.qp_access_flags = is_rc ? ALL_ACCESS : IBV_ACCESS_REMOTE_WRITE;
		mask |= IBV_QP_PKEY_INDEX | IBV_QP_PORT |
			(is_ud ? IBV_QP_QKEY : IBV_QP_ACCESS_FLAGS);
		break;
	case TO_RTR:
		attr.qp_state = IBV_QPS_RTR;
		attr.path_mtu = IBV_MTU_1024;
		attr.dest_qp_num = qp->qp_num;
		attr.max_dest_rd_atomic = 1;
		attr.min_rnr_timer = 1;
		attr.ah_attr.is_global = 1;
		attr.ah_attr.port_num = 1;
		attr.ah_attr.grh.dgid = *gid;
		attr.ah_attr.grh.hop_limit = 1;
		if (!is_ud)
			mask |= IBV_QP_AV | IBV_QP_PATH_MTU | IBV_QP_DEST_QPN | IBV_QP_RQ_PSN;
		if (is_rc)
			mask |= IBV_QP_MAX_DEST_RD_ATOMIC | IBV_QP_MIN_RNR_TIMER;
		break;
	case TO_RTS:
		attr.qp_state = IBV_QPS_RTS;
		attr.timeout = 14;
		attr.retry_cnt = attr.rnr_retry = 7;
		attr.max_rd_atomic = 1;
		mask |= IBV_QP_SQ_PSN;
		if (is_rc)
			mask |= IBV_QP_TIMEOUT | IBV_QP_RETRY_CNT | IBV_QP_RNR_RETRY |
				IBV_QP_MAX_QP_RD_ATOMIC;
		break;
	}
	return ibv_modify_qp(qp, &attr, mask);
}

static struct ibv_qp *make_qp(struct objects *o, enum ibv_qp_type type, struct ibv_srq *srq)
{
	struct ibv_qp_init_attr init = { .qp_type = type, .srq = srq };
	init.send_cq = init.recv_cq = o->cq;
	init.cap.max_send_wr = init.cap.max_recv_wr = 4;
	init.cap.max_send_sge = init.cap.max_recv_sge = 1;
	return ibv_create_qp(o->pd, &init);
}

/* One WRITE of the RC QP to itself with its event, and one datagram of the UD QP to itself. */
static void carry(struct objects *o)
{
	struct ibv_sge sge = { (uintptr_t)&o->words[0], 8, o->mr->lkey };
	struct ibv_send_wr wr = send_wr(7, IBV_WR_RDMA_WRITE, IBV_SEND_SIGNALED, &sge, 1), *bad;
	wr_remote(&wr, (uintptr_t)&o->words[1], o->mr->rkey);
	o->words[0] = 0x1234567890abcdef;
	ZERO(ibv_req_notify_cq(o->cq, 0));
	ZERO(ibv_post_send(o->rc, &wr, &bad));
	struct ibv_cq *cq;
	void *context;
	ZERO(ibv_get_cq_event(o->channel, &cq, &context));
	ibv_ack_cq_events(cq, 1);
	want_wc(o->cq, 7, IBV_WC_SUCCESS);
	CHECK(o->words[1] == o->words[0], "the WRITE did not arrive");

	struct ibv_sge room = { (uintptr_t)&o->words[8], 48, o->mr->lkey };
	struct ibv_recv_wr recv = { .wr_id = 8, .sg_list = &room, .num_sge = 1 }, *bad_recv;
	ZERO(ibv_post_recv(o->ud, &recv, &bad_recv));
	wr = send_wr(9, IBV_WR_SEND, IBV_SEND_SIGNALED, &sge, 1);
	wr.wr.ud.ah = o->ah;
	wr.wr.ud.remote_qpn = o->ud->qp_num;
	wr.wr.ud.remote_qkey = TEST_QKEY;
	ZERO(ibv_post_send(o->ud, &wr, &bad));
	for (int i = 0; i < 2; i++) {
		struct ibv_wc wc = wait_wc(o->cq);
		CHECK((wc.wr_id == 8 || wc.wr_id == 9) && wc.status == IBV_WC_SUCCESS,
		      "datagram: wr %d ended %s", (int)wc.wr_id, ibv_wc_status_str(wc.status));
	}
	CHECK(o->words[13] == o->words[0], "the datagram did not arrive");
}

/* Makes everything; if `sends`, sends. NULL, or the step that was refused with *error. */
static const char *attempt(struct objects *o, int *error, bool sends)
{
	union ibv_gid gid;
	struct ibv_device_attr device;
	struct ibv_port_attr port;
	struct ibv_srq_init_attr srq_init = { .attr = { .max_wr = 4, .max_sge = 1 } };
	struct ibv_srq_attr srq_attr;
	struct ibv_qp_attr qp_attr;
	struct ibv_qp_init_attr qp_init;
	int failed = 0;
	memset(o, 0, sizeof *o);
#define STEP(name, does)                                                                           \
	do {                                                                                       \
		step("%s, from allocation %ld on", name, first_refused);                           \
		errno = 0;                                                                         \
		if (!(does)) {                                                                     \
			*error = failed ? failed : errno;                                          \
			return name;                                                               \
		}                                                                                  \
	} while (0)
	STEP("ibv_get_device_list", o->list = ibv_get_device_list(NULL));
	CHECK(o->list[0], "an empty list instead of an error");
	STEP("ibv_open_device", o->ctx = ibv_open_device(o->list[0]));
	STEP("ibv_query_device", !(failed = ibv_query_device(o->ctx, &device)));
	STEP("ibv_query_port", !(failed = ibv_query_port(o->ctx, 1, &port)));
	STEP("ibv_query_gid", !ibv_query_gid(o->ctx, 1, 0, &gid));
	STEP("ibv_alloc_pd", o->pd = ibv_alloc_pd(o->ctx));
	STEP("ibv_reg_mr", o->mr = ibv_reg_mr(o->pd, o->words, sizeof o->words, ALL_ACCESS));
	STEP("ibv_create_comp_channel", o->channel = ibv_create_comp_channel(o->ctx));
	STEP("ibv_create_cq", o->cq = ibv_create_cq(o->ctx, 4, NULL, o->channel, 0));
	STEP("ibv_create_srq", o->srq = ibv_create_srq(o->pd, &srq_init));
	STEP("ibv_query_srq", !(failed = ibv_query_srq(o->srq, &srq_attr)));
	STEP("ibv_create_qp RC", o->rc = make_qp(o, IBV_QPT_RC, o->srq));
	STEP("ibv_create_qp UC", o->uc = make_qp(o, IBV_QPT_UC, NULL));
	STEP("ibv_create_qp UD", o->ud = make_qp(o, IBV_QPT_UD, NULL));
	struct ibv_ah_attr ah = { .is_global = 1, .port_num = 1, .grh = { .dgid = gid } };
	STEP("ibv_create_ah", o->ah = ibv_create_ah(o->pd, &ah));
	struct ibv_qp *qps[] = { o->rc, o->uc, o->ud };
	for (int i = 0; i < 3; i++) {
		STEP("ibv_modify_qp to INIT", !(failed = modify(qps[i], TO_INIT, &gid)));
		STEP("ibv_modify_qp to RTR", !(failed = modify(qps[i], TO_RTR, &gid)));
		STEP("ibv_modify_qp to RTS", !(failed = modify(qps[i], TO_RTS, &gid)));
		STEP("ibv_query_qp",
		     !(failed = ibv_query_qp(qps[i], &qp_attr, IBV_QP_STATE, &qp_init)));
	}
	STEP("ibv_resize_cq", !(failed = ibv_resize_cq(o->cq, 64)));
	if (sends) {
		step("sending, from allocation %ld on", first_refused);
		carry(o);
	}
	return NULL;
#undef STEP
}

/* How many descriptors are open, once that is no more than `most`: the progress thread opens and
 * closes some when it gets to it. */
static int count_fds(int most)
{
	int count = 0;
	for (int tries = 0; tries < 5000; tries++) {
		count = 0;
		for (int fd = 0; fd < 1024; fd++)
			count += fcntl(fd, F_GETFD) >= 0;
		if (count <= most)
			break;
		usleep(1000);
	}
	return count;
}

/* The most there ever are once everything has been used. */
static int most_fds(void)
{
	int most = 0;
	for (int i = 0; i < 50; i++) {
		int count = count_fds(1024);
		most = count > most ? count : most;
		usleep(1000);
	}
	return most;
}

/* --- each allocation in turn --- */

struct flavour {
	bool only_one;
	bool is_warm; /* everything was made before, once */
};

/* What a child found out. */
struct finding {
	char wrong[160];
	char refused[40]; /* the step */
	long allocations, refusals;
	int fds;
};

static void with_refusal(const struct flavour *flavour, long first, int fds, struct finding *found)
{
	struct objects objects;
	int error = 0;
	if (flavour->is_warm) {
		const char *where = attempt(&objects, &error, true);
		let_go(&objects);
		CHECK(!where, "with memory, %s gave errno %d", where, error);
	}
	refuse_from_to(first, flavour->only_one ? first : LONG_MAX);
	const char *where = attempt(&objects, &error, true);
	let_go(&objects);
	refuse_nothing();
	found->allocations = allocations;
	found->refusals = refusals;
	if (where)
		snprintf(found->refused, sizeof found->refused, "%s", where);
	if (where && error != ENOMEM)
		snprintf(found->wrong, sizeof found->wrong, "%s gave errno %d", where, error);
	if (where && !refusals)
		snprintf(found->wrong, sizeof found->wrong, "%s was refused for nothing", where);
	/* More than once, so that something lost each time shows. */
	for (int i = 0; i < 2; i++) {
		const char *again = attempt(&objects, &error, true);
		let_go(&objects);
		if (again && !found->wrong[0])
			snprintf(found->wrong, sizeof found->wrong,
				 "with memory again, %s gave errno %d", again, error);
	}
	found->fds = fds ? count_fds(fds) : most_fds();
}

/* `fds`: how many descriptors are no loss; 0 if that is to be found out. */
static void in_child(const struct flavour *flavour, long first, int fds, struct finding *found)
{
	int result[2];
	memset(found, 0, sizeof *found);
	ENSURE(pipe(result) == 0);
	pid_t pid = fork();
	ENSURE(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		with_refusal(flavour, first, fds, found);
		ENSURE(write(result[1], found, sizeof *found) == sizeof *found);
		_exit(0);
	}
	close(result[1]);
	ssize_t got = read(result[0], found, sizeof *found);
	close(result[0]);
	int status = wait_child(pid);
	CHECK(got == sizeof *found && status == 0,
	      "without allocation %ld%s it ended with %x", first,
	      flavour->only_one ? "" : " and what follows", status);
	still_alive();
}

static void each_allocation(struct side *side, const void *arg)
{
	const struct flavour *flavour = arg;
	struct finding found;
	char steps[512] = "";
	long first, refused = 0;
	(void)side;
	take_over_malloc();
	in_child(flavour, LONG_MAX, 0, &found);
	CHECK(!found.wrong[0] && !found.refused[0] && !found.refusals, "with all its memory: %s %s",
	      found.refused, found.wrong);
	int fds = found.fds;
	long all = found.allocations;
	/* Each takes a process, which is slow under a checker. Where all that follows is refused as
	 * well, neighbours differ little. */
	long stride = options.quick ? 1 + all / 12 : flavour->only_one ? 1 : 3;
	for (first = 1;; first += stride) {
		in_child(flavour, first, fds, &found);
		CHECK(!found.wrong[0], "without allocation %ld: %s", first, found.wrong);
		CHECK(found.fds <= fds, "without allocation %ld: %d descriptors at the end, not %d",
		      first, found.fds, fds);
		if (!found.refusals)
			break;
		refused += found.refused[0] != 0;
		if (found.refused[0] && !strstr(steps, found.refused))
			snprintf(steps + strlen(steps), sizeof steps - strlen(steps), " %s,",
				 found.refused);
		CHECK(first < 2 * all + 100, "%ld allocations and no end", first);
	}
	note("%ld allocations, %ld refusals:%s", first - 1, refused, steps);
	/* A single allocation that fails is mostly done without, all of them are not. */
	long fewest = flavour->only_one ? (options.quick ? 0 : 3) : (options.quick ? 1 : 50);
	CHECK(refused >= fewest, "only %ld refusals", refused);
}

/* --- many threads at once --- */

enum { CROWD = 12 };
static atomic_bool is_over;
static atomic_long made, missed;

/* Makes and destroys what needs locks the others need too, as long as there is time. */
static void *in_crowd(void *arg)
{
	struct objects *o = arg;
	uint64_t words[8];
	while (!is_over) {
		errno = 0;
		struct ibv_mr *mr = ibv_reg_mr(o->pd, words, sizeof words, ALL_ACCESS);
		struct ibv_qp *qp = mr ? make_qp(o, IBV_QPT_RC, NULL) : NULL;
		if (!qp)
			CHECK(errno == ENOMEM, "%s gave errno %d", mr ? "a QP" : "an MR", errno);
		(*(qp ? &made : &missed))++;
		if (qp)
			ZERO(ibv_destroy_qp(qp));
		if (mr)
			ZERO(ibv_dereg_mr(mr));
	}
	return NULL;
}

/* Threads that wait for each other's locks while memory comes and goes: waiting takes none. */
static void crowd(struct side *side, const void *arg)
{
	struct objects objects;
	pthread_t threads[CROWD];
	long rounds = options.quick ? 20 : 300;
	int error = 0;
	(void)side;
	(void)arg;
	take_over_malloc();
	const char *where = attempt(&objects, &error, true);
	CHECK(!where, "%s gave errno %d", where, error);
	for (int i = 0; i < CROWD; i++)
		ENSURE(pthread_create(&threads[i], NULL, in_crowd, &objects) == 0);
	for (long round = 0; round < rounds; round++) {
		/* Each thread has met the present state before it changes. */
		step("crowd, round %ld", round);
		bool is_scarce = round % 2 == 0;
		long until = CROWD + (is_scarce ? missed : made);
		if (is_scarce)
			refuse_from_to(1, LONG_MAX);
		else
			refuse_nothing();
		while ((is_scarce ? missed : made) < until)
			usleep(100);
		still_alive();
	}
	is_over = true;
	for (int i = 0; i < CROWD; i++)
		ENSURE(pthread_join(threads[i], NULL) == 0);
	refuse_nothing();
	carry(&objects);
	let_go(&objects);
	note("%ld made, %ld refused", (long)made, (long)missed);
}

/* --- an address space that ends --- */

/* Takes all that malloc still has, so that the limit is felt at once. */
static void hoard(void)
{
	for (size_t size = 1 << 20; size >= 32; size /= 2)
		for (void *place; (place = malloc(size));)
			*(void *volatile *)place = place;
}

/* The limit is moved up from where nothing is left to where everything is served. */
static void address_space(struct side *side, const void *arg)
{
	enum { STEP_BYTES = 32 << 10, MOST_ROUNDS = 2000 };
	struct objects objects;
	struct rlimit all, few;
	unsigned long pages = 0;
	char steps[512] = "";
	int error = 0, rounds;
	(void)side;
	(void)arg;
	FILE *size = fopen("/proc/self/statm", "r");
	ENSURE(size && fscanf(size, "%lu", &pages) == 1);
	fclose(size);
	ENSURE(getrlimit(RLIMIT_AS, &all) == 0);
	few = all;
	few.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
	ENSURE(setrlimit(RLIMIT_AS, &few) == 0);
	hoard();
	for (rounds = 0; rounds < MOST_ROUNDS; rounds++) {
		const char *where = attempt(&objects, &error, true);
		let_go(&objects);
		still_alive();
		if (!where)
			break;
		/* EAGAIN: there is no room for the stack of a thread. */
		CHECK(error == ENOMEM || error == EAGAIN, "%s gave errno %d", where, error);
		if (!strstr(steps, where) && strlen(steps) + strlen(where) + 3 < sizeof steps)
			strcat(strcat(strcat(steps, " "), where), ",");
		few.rlim_cur += STEP_BYTES;
		ENSURE(setrlimit(RLIMIT_AS, &few) == 0);
	}
	CHECK(rounds > 5 && rounds < MOST_ROUNDS, "served after %d rounds", rounds);
	ENSURE(setrlimit(RLIMIT_AS, &all) == 0);
	const char *where = attempt(&objects, &error, true);
	let_go(&objects);
	CHECK(!where, "without a limit, %s gave errno %d", where, error);
	note("served with %d KiB more than nothing; before that:%s", rounds * (STEP_BYTES >> 10), steps);
}

int main(int argc, char **argv)
{
	static const struct flavour once = { true, false }, from = { false, false };
	static const struct flavour once_warm = { true, true }, from_warm = { false, true };
	static struct test tests[] = {
		{ "starved/first-use/once", LINK_AUTO, 1, each_allocation, &once, 0, true },
		{ "starved/first-use/from-there-on", LINK_AUTO, 1, each_allocation, &from, 0, true },
		{ "starved/later-use/once", LINK_AUTO, 1, each_allocation, &once_warm, 0, true },
		{ "starved/later-use/from-there-on", LINK_AUTO, 1, each_allocation, &from_warm, 0,
		  true },
		{ "starved/crowd", LINK_AUTO, 1, crowd, NULL, 0, true },
		/* The last one, and only without --quick: a checker's allocator lives in the same
		 * address space. */
		{ "starved/address-space", LINK_AUTO, 1, address_space, NULL, 0, true },
	};
	static const struct role roles[] = { { NULL, NULL } };
	size_t n = sizeof tests / sizeof *tests;
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--quick"))
			n = sizeof tests / sizeof *tests - 1;
	return harness_main(argc, argv, tests, n, roles);
}
