/*
 * A driver plug-in written on our headers alone, as somebody outside writes one: its own fields
 * behind the commands of the kernel, its own objects around those of the application. The test
 * builds it for each generation of the private interface and loads it where the library has that
 * generation, with all names bound; there is no device that it would match.
 */

#include <infiniband/driver.h>
#include <stdlib.h>

/* Fields a kernel driver would add. */
struct toy_alloc_ucontext_req {
	__u32 wanted;
	__u32 reserved;
};
#define _STRUCT_toy_alloc_ucontext_req                                                             \
	struct {                                                                                   \
		__u32 wanted;                                                                      \
		__u32 reserved;                                                                    \
	}
struct toy_alloc_ucontext_resp {
	__aligned_u64 doorbell;
};
#define _STRUCT_toy_alloc_ucontext_resp                                                            \
	struct {                                                                                   \
		__aligned_u64 doorbell;                                                            \
	}
DECLARE_DRV_CMD(toy_get_context, IB_USER_VERBS_CMD_GET_CONTEXT, toy_alloc_ucontext_req,
		toy_alloc_ucontext_resp);
DECLARE_DRV_CMD(toy_alloc_pd, IB_USER_VERBS_CMD_ALLOC_PD, empty, empty);

struct toy_context {
	int before;
	struct verbs_context verbs;
	uint64_t doorbell;
};

static int toy_query_device(struct ibv_context *context,
			    const struct ibv_query_device_ex_input *input,
			    struct ibv_device_attr_ex *attr, size_t attr_size)
{
	struct ib_uverbs_ex_query_device_resp resp;
	size_t resp_size = sizeof(resp);

	return ibv_cmd_query_device_any(context, input, attr, attr_size, &resp, &resp_size);
}

static int toy_query_port(struct ibv_context *context, uint8_t port, struct ibv_port_attr *attr)
{
	struct ibv_query_port cmd;

	return ibv_cmd_query_port(context, port, attr, &cmd, sizeof(cmd));
}

static struct ibv_pd *toy_alloc_pd(struct ibv_context *context)
{
	struct toy_alloc_pd cmd;
	struct toy_alloc_pd_resp resp;
	struct ibv_pd *pd = calloc(1, sizeof(*pd));

	if (pd && ibv_cmd_alloc_pd(context, pd, &cmd.ibv_cmd, sizeof(cmd), &resp.ibv_resp,
				   sizeof(resp))) {
		free(pd);
		return NULL;
	}
	return pd;
}

static int toy_dealloc_pd(struct ibv_pd *pd)
{
	int error = ibv_cmd_dealloc_pd(pd);

	if (!error)
		free(pd);
	return error;
}

static int toy_dereg_mr(struct verbs_mr *vmr)
{
	int error = ibv_cmd_dereg_mr(vmr);

	if (verbs_is_destroy_err(&error))
		return error;
	free(vmr);
	return 0;
}

/* A command of the driver's own: object and method are made up. */
static int toy_ask(struct ibv_context *context, uint32_t handle, uint64_t *answer)
{
	DECLARE_COMMAND_BUFFER(cmd, 0x1000, 0x1001, 2);

	fill_attr_in_obj(cmd, 0x1000, handle);
	attr_optional(fill_attr_out_ptr(cmd, 0x1001, answer));
	return execute_ioctl(context, cmd);
}

static void toy_free_context(struct ibv_context *context)
{
	struct verbs_context *verbs =
		(struct verbs_context *)((char *)context - offsetof(struct verbs_context, context));
	struct toy_context *toy =
		(struct toy_context *)((char *)verbs - offsetof(struct toy_context, verbs));

	verbs_uninit_context(verbs);
	free(toy);
}

static const struct verbs_context_ops toy_ops = {
	.alloc_pd = toy_alloc_pd,
	.dealloc_pd = toy_dealloc_pd,
	.dereg_mr = toy_dereg_mr,
	.free_context = toy_free_context,
	.query_device_ex = toy_query_device,
	.query_port = toy_query_port,
};

static struct verbs_context *toy_alloc_context(struct ibv_device *device, int cmd_fd, void *data)
{
	struct toy_context *toy =
		verbs_init_and_alloc_context(device, cmd_fd, toy, verbs, RDMA_DRIVER_UNKNOWN);
	struct toy_get_context cmd = { .wanted = 1 };
	struct toy_get_context_resp resp;
	uint64_t answer;
	int error;

	(void)data;
	if (!toy)
		return NULL;
#ifdef VERBS_PABI_34
	error = ibv_cmd_get_context(&toy->verbs, &cmd.ibv_cmd, sizeof(cmd), &resp.ibv_resp,
				    sizeof(resp));
#else
	error = ibv_cmd_get_context(&toy->verbs, &cmd.ibv_cmd, sizeof(cmd), NULL, &resp.ibv_resp,
				    sizeof(resp));
#endif
	if (error || toy_ask(&toy->verbs.context, 1, &answer)) {
		verbs_err(&toy->verbs, "no context: %d\n", error);
		verbs_uninit_context(&toy->verbs);
		free(toy);
		return NULL;
	}
	toy->doorbell = resp.doorbell;
	verbs_set_ops(&toy->verbs, &toy_ops);
	return &toy->verbs;
}

static struct verbs_device *toy_alloc_device(struct verbs_sysfs_dev *sysfs_dev)
{
	struct verbs_device *device = calloc(1, sizeof(*device));

	if (device)
		device->sysfs = sysfs_dev;
	return device;
}

static void toy_uninit_device(struct verbs_device *device)
{
	free(device);
}

static const struct verbs_match_ent toy_matches[] = {
	VERBS_PCI_MATCH(0xffff, 0xfffe, NULL),
	VERBS_NAME_MATCH("verbium_toy", NULL),
	{ .kind = VERBS_MATCH_SENTINEL },
};

static const struct verbs_device_ops toy_device_ops = {
	.name = "toy",
	.match_min_abi_version = 1,
	.match_max_abi_version = 1,
	.match_table = toy_matches,
	.alloc_device = toy_alloc_device,
	.uninit_device = toy_uninit_device,
	.alloc_context = toy_alloc_context,
};
PROVIDER_DRIVER(toy, toy_device_ops);
