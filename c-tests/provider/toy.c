// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A provider plug-in of no hardware, written on our driver.h: what it sees and does it says in the
// file TOY_LOG. Built once as it should be and several times as it should not:
//
//   -DSILENT      a library that registers no driver
//   -DUNDEFINED   one that needs a function nobody has
//   -DFOREIGN     one that was built for driver interface 99 (against a stub, -DSTUB)
//   -DREFUSES     a driver that takes the device and then makes none
//   -DNESTED      a driver that asks for the list of devices while the list is being made, and while
//                 it opens and closes
//   -DOLD         one of a release whose ibv_cmd_reg_dmabuf_mr has an argument less: where a newer
//                 one passes attributes there is something else

#if defined(STUB) || defined(FOREIGN)

void verbs_register_driver_99(const void *ops);

#ifdef STUB
void verbs_register_driver_99(const void *ops)
{
	(void)ops;
}
#else
static const void *const no_ops;

__attribute__((constructor)) static void register_at_load(void)
{
	verbs_register_driver_99(&no_ops);
}
#endif

#elif defined(SILENT)

int this_library_registers_nothing(void);
int this_library_registers_nothing(void)
{
	return 0;
}

#else

#define IBVERBS_PABI_VERSION 34
#include <infiniband/driver.h>
#include <rdma/ib_user_ioctl_cmds.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRIVER_ID = 77, MIN_ABI = 2, MAX_ABI = 4, COOKIE = 0x70f };

struct toy_device {
	struct verbs_device verbs;
	uint32_t cookie;
};

struct toy_context {
	uint64_t before; /* so that the offset of the next member matters */
	struct verbs_context verbs;
	uint32_t cookie;
};

static void say(const char *format, ...)
{
	const char *path = getenv("TOY_LOG");
	FILE *log = path ? fopen(path, "ae") : NULL;
	va_list rest;

	if (!log)
		return;
	va_start(rest, format);
	vfprintf(log, format, rest);
	va_end(rest);
	fclose(log);
}

static struct toy_context *toy_context(struct ibv_context *context)
{
	return (struct toy_context *)((char *)context - offsetof(struct toy_context, verbs.context));
}

static int query_device_ex(struct ibv_context *context, const struct ibv_query_device_ex_input *input,
			   struct ibv_device_attr_ex *attr, size_t size)
{
	(void)context;
	(void)input;
	memset(attr, 0, size);
	attr->orig_attr.max_qp = 77;
	return 0;
}

static struct ibv_pd *alloc_pd(struct ibv_context *context)
{
	struct ib_uverbs_alloc_pd_resp resp;
	struct ibv_alloc_pd cmd;
	struct ibv_pd *pd = calloc(1, sizeof(*pd));

	if (pd && ibv_cmd_alloc_pd(context, pd, &cmd, sizeof(cmd), &resp, sizeof(resp))) {
		free(pd);
		return NULL;
	}
	say("alloc_pd %u of %s\n", toy_context(context)->cookie == COOKIE, context->device->name);
	return pd;
}

static int dealloc_pd(struct ibv_pd *pd)
{
	int failed = ibv_cmd_dealloc_pd(pd);

	say("dealloc_pd %d\n", failed);
	if (!failed)
		free(pd);
	return failed;
}

static struct ibv_mr *reg_mr(struct ibv_pd *pd, void *addr, size_t length, uint64_t hca_va, int access)
{
	struct ib_uverbs_reg_mr_resp resp;
	struct ibv_reg_mr cmd;
	struct verbs_mr *mr = calloc(1, sizeof(*mr));

	if (mr && ibv_cmd_reg_mr(pd, addr, length, hca_va, access, mr, &cmd, sizeof(cmd), &resp,
				 sizeof(resp))) {
		free(mr);
		return NULL;
	}
	say("reg_mr %zu bytes, access %d\n", length, access);
	return mr ? &mr->ibv_mr : NULL;
}

/* With an attribute for its half in the kernel. */
static struct ibv_mr *reg_dmabuf_mr(struct ibv_pd *pd, uint64_t offset, size_t length, uint64_t iova,
				    int fd, int access)
{
	DECLARE_COMMAND_BUFFER(attributes, UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR, 1);
	struct ibv_command_buffer *passed = attributes;
	struct verbs_mr *mr = calloc(1, sizeof(*mr));
	int failed;

	fill_attr_in_uint64(attributes, 1U << UVERBS_ID_NS_SHIFT | 3, COOKIE);
#ifdef OLD
	passed = (struct ibv_command_buffer *)16;
#endif
	failed = mr ? ibv_cmd_reg_dmabuf_mr(pd, offset, length, iova, fd, access, mr, passed) : ENOMEM;
	say("reg_dmabuf_mr %d, %zu bytes at %llu\n", failed, length, (unsigned long long)offset);
	if (failed) {
		free(mr);
		return NULL;
	}
	return &mr->ibv_mr;
}

static int dereg_mr(struct verbs_mr *mr)
{
	int failed = ibv_cmd_dereg_mr(mr);

	say("dereg_mr %d\n", failed);
	if (!failed)
		free(mr);
	return failed;
}

static struct ibv_cq *create_cq(struct ibv_context *context, int cqe, struct ibv_comp_channel *channel,
				int comp_vector)
{
	struct ib_uverbs_create_cq_resp resp;
	struct ibv_create_cq cmd;
	struct verbs_cq *cq = calloc(1, sizeof(*cq));

	if (cq && ibv_cmd_create_cq(context, cqe, channel, comp_vector, &cq->cq, &cmd, sizeof(cmd),
				    &resp, sizeof(resp))) {
		free(cq);
		return NULL;
	}
	say("create_cq of %d\n", cqe);
	return cq ? &cq->cq : NULL;
}

static int poll_cq(struct ibv_cq *cq, int count, struct ibv_wc *wc)
{
	(void)cq;
	memset(wc, 0, sizeof(*wc));
	say("poll_cq of %d\n", count);
	return 0;
}

static int destroy_cq(struct ibv_cq *cq)
{
	int failed = ibv_cmd_destroy_cq(cq);

	say("destroy_cq %d\n", failed);
	if (!failed)
		free(cq);
	return failed;
}

static struct ibv_qp *create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
	struct ib_uverbs_create_qp_resp resp;
	struct ibv_create_qp cmd;
	struct ibv_qp *qp = calloc(1, sizeof(struct verbs_qp));

	if (qp && ibv_cmd_create_qp(pd, qp, attr, &cmd, sizeof(cmd), &resp, sizeof(resp))) {
		free(qp);
		return NULL;
	}
	say("create_qp of type %d\n", attr->qp_type);
	return qp;
}

static int modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask)
{
	struct ibv_modify_qp cmd;
	int failed = ibv_cmd_modify_qp(qp, attr, mask, &cmd, sizeof(cmd));

	say("modify_qp %d\n", failed);
	return failed;
}

static int destroy_qp(struct ibv_qp *qp)
{
	int failed = ibv_cmd_destroy_qp(qp);

	say("destroy_qp %d\n", failed);
	if (!failed)
		free(qp);
	return failed;
}

/* What a library that holds a lock while it calls a driver would not survive. */
static void nested(void)
{
#ifdef NESTED
	int count;
	struct ibv_device **list = ibv_get_device_list(&count);

	say("meanwhile %d devices\n", list ? count : -1);
	if (list)
		ibv_free_device_list(list);
#endif
}

static void free_context(struct ibv_context *context)
{
	struct toy_context *toy = toy_context(context);

	nested();
	say("free_context %d\n", toy->cookie == COOKIE && toy->before == COOKIE);
	verbs_uninit_context(&toy->verbs);
	free(toy);
}

/* Two tables: the second is laid over the first, and says nothing of what is only there. */
static const struct verbs_context_ops first_ops = {
	.query_device_ex = query_device_ex,
	.alloc_pd = alloc_pd,
	.dealloc_pd = dealloc_pd,
	.reg_mr = reg_mr,
	.reg_dmabuf_mr = reg_dmabuf_mr,
	.dereg_mr = dereg_mr,
	.create_cq = create_cq,
	.destroy_cq = destroy_cq,
	.create_qp = create_qp,
	.modify_qp = modify_qp,
	.destroy_qp = destroy_qp,
};
static const struct verbs_context_ops second_ops = {
	.poll_cq = poll_cq,
	.free_context = free_context,
};

static struct verbs_context *alloc_context(struct ibv_device *device, int cmd_fd, void *private_data)
{
	struct ib_uverbs_get_context_resp resp;
	struct ibv_get_context cmd;
	struct toy_context *toy;

	(void)private_data;
	nested();
	toy = verbs_init_and_alloc_context(device, cmd_fd, toy, verbs, DRIVER_ID);
	if (!toy)
		return NULL;
	toy->cookie = toy->before = COOKIE;
	if (ibv_cmd_get_context(&toy->verbs, &cmd, sizeof(cmd), &resp, sizeof(resp))) {
		verbs_uninit_context(&toy->verbs);
		free(toy);
		return NULL;
	}
	verbs_set_ops(&toy->verbs, &first_ops);
	verbs_set_ops(&toy->verbs, &second_ops);
	say("alloc_context fd %d vectors %d\n", cmd_fd >= 0 && toy->verbs.context.cmd_fd == cmd_fd,
	    toy->verbs.context.num_comp_vectors > 0);
	return &toy->verbs;
}

/* As above, but the kernel has made the context for another process. */
static struct verbs_context *import_context(struct ibv_device *device, int cmd_fd)
{
	struct toy_context *toy;

	toy = verbs_init_and_alloc_context(device, cmd_fd, toy, verbs, DRIVER_ID);
	if (!toy)
		return NULL;
	toy->cookie = toy->before = COOKIE;
	if (ibv_cmd_query_context(&toy->verbs.context, NULL)) {
		verbs_uninit_context(&toy->verbs);
		free(toy);
		return NULL;
	}
	verbs_set_ops(&toy->verbs, &first_ops);
	verbs_set_ops(&toy->verbs, &second_ops);
	say("import_context fd %d vectors %d\n", toy->verbs.context.cmd_fd == cmd_fd,
	    toy->verbs.context.num_comp_vectors > 0);
	return &toy->verbs;
}

static bool match_device(struct verbs_sysfs_dev *record)
{
	/* Where the table says nothing the driver may know better. */
	return record->match || !strncmp(record->ibdev_name, "taken", 5);
}

static struct verbs_device *alloc_device(struct verbs_sysfs_dev *record)
{
	struct toy_device *toy = calloc(1, sizeof(*toy));

	say("alloc_device %s %s abi %u index %d data %s\n", record->ibdev_name, record->sysfs_name,
	    record->abi_ver, record->ibdev_idx,
	    record->match ? (const char *)record->match->driver_data : "none");
#ifdef REFUSES
	free(toy);
	errno = ENODEV;
	return NULL;
#endif
	nested();
#ifdef UNDEFINED
	void a_function_that_nobody_has(void);
	a_function_that_nobody_has();
#endif
	if (!toy)
		return NULL;
	toy->cookie = COOKIE;
	return &toy->verbs;
}

static void uninit_device(struct verbs_device *device)
{
	struct toy_device *toy = (struct toy_device *)device;

	say("uninit_device %d\n", toy->cookie == COOKIE);
	free(toy);
}

static const struct verbs_match_ent match_table[] = {
	VERBS_PCI_MATCH(0xfade, 0x0001, "by pci"),
	{ .driver_data = "by number", .u.driver_id = DRIVER_ID, .kind = VERBS_MATCH_DRIVER_ID },
	VERBS_NAME_MATCH("toy", "by name"),
	VERBS_MODALIAS_MATCH("platform:toy[0-9]", "by modalias"),
	{},
};

static const struct verbs_device_ops device_ops = {
	.name = "toy",
	.match_min_abi_version = MIN_ABI,
	.match_max_abi_version = MAX_ABI,
	.match_table = match_table,
	.match_device = match_device,
	.alloc_device = alloc_device,
	.uninit_device = uninit_device,
	.alloc_context = alloc_context,
	.import_context = import_context,
};
PROVIDER_DRIVER(toy, device_ops);

#endif
