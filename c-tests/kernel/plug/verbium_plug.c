// SPDX-License-Identifier: MIT OR Apache-2.0
//
// A kernel module with an RDMA device that can be pulled out under a running program.
//
// rxe cannot: it has no way to part a user's context from the device, so the kernel waits until
// every program has closed it, and no program is told. Drivers of hardware can, and this one can:
// then the kernel ends every object itself, answers EIO to what comes later, and sends
// IBV_EVENT_DEVICE_FATAL. The device, plug0, moves no data: a posted request completes at once.
// It takes the driver id and interface version of qib's first days, so that rdma-core's ipathverbs
// plug-in drives it, which at that version asks the kernel for everything, posting and polling too.
//
//   echo 0 > /sys/module/verbium_plug/parameters/plugged     pulls it out
//   echo 1 > /sys/module/verbium_plug/parameters/plugged     puts it in again
//
// Built by c-tests/kernel/module.sh; runs only in the guests of `make kernel-test`.

#include <linux/module.h>
#include <linux/version.h>
#include <rdma/ib_verbs.h>

#define PLUG_DEPTH 256
#define PLUG_QUEUES 64

struct plug_context { struct ib_ucontext base; };
struct plug_pd { struct ib_pd base; };

struct plug_qp {
	struct ib_qp base;
	enum ib_qp_state state;
};

// What was posted and not yet polled.
struct plug_cq {
	struct ib_cq base;
	spinlock_t lock;
	unsigned int first, count;
	struct ib_wc wc[PLUG_DEPTH];
};

static struct ib_device *device;  // while it is plugged in
static DEFINE_MUTEX(plug_lock);
static atomic_t last_number = ATOMIC_INIT(16);

static int plug_query_device(struct ib_device *dev, struct ib_device_attr *attr,
			     struct ib_udata *udata)
{
	attr->max_mr_size = U64_MAX;
	attr->page_size_cap = PAGE_SIZE;
	attr->max_qp = PLUG_QUEUES;
	attr->max_qp_wr = PLUG_DEPTH;
	attr->max_send_sge = attr->max_recv_sge = 1;
	attr->max_cq = PLUG_QUEUES;
	attr->max_cqe = PLUG_DEPTH;
	attr->max_mr = attr->max_pd = PLUG_QUEUES;
	return 0;
}

static int plug_query_port(struct ib_device *dev, u32 port, struct ib_port_attr *attr)
{
	attr->state = IB_PORT_ACTIVE;
	attr->phys_state = IB_PORT_PHYS_STATE_LINK_UP;
	attr->max_mtu = attr->active_mtu = IB_MTU_1024;
	attr->active_width = IB_WIDTH_1X;
	attr->active_speed = IB_SPEED_SDR;
	attr->max_msg_sz = SZ_1M;
	return 0;
}

static int plug_port_immutable(struct ib_device *dev, u32 port, struct ib_port_immutable *attr)
{
	attr->core_cap_flags = RDMA_CORE_CAP_PROT_RAW_PACKET;
	return 0;
}

static enum rdma_link_layer plug_link_layer(struct ib_device *dev, u32 port)
{
	return IB_LINK_LAYER_ETHERNET;
}

static int plug_alloc_context(struct ib_ucontext *context, struct ib_udata *udata)
{
	return 0;
}

static void plug_dealloc_context(struct ib_ucontext *context)
{
}

// No pages of the device are mapped into programs, so nothing has to be taken from them.
static void plug_disassociate(struct ib_ucontext *context)
{
}

static int plug_alloc_pd(struct ib_pd *pd, struct ib_udata *udata)
{
	return 0;
}

static int plug_dealloc_pd(struct ib_pd *pd, struct ib_udata *udata)
{
	return 0;
}

static struct ib_mr *plug_reg_mr(struct ib_pd *pd, u64 start, u64 length, u64 iova, int access,
				 struct ib_udata *udata)
{
	struct ib_mr *mr = kzalloc(sizeof(*mr), GFP_KERNEL);

	if (!mr)
		return ERR_PTR(-ENOMEM);
	mr->lkey = mr->rkey = atomic_inc_return(&last_number) << 8;
	return mr;
}

static int plug_dereg_mr(struct ib_mr *mr, struct ib_udata *udata)
{
	kfree(mr);
	return 0;
}

static struct plug_cq *to_plug_cq(struct ib_cq *cq)
{
	return container_of(cq, struct plug_cq, base);
}

static int plug_create_cq(struct ib_cq *cq, const struct ib_cq_init_attr *attr,
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
			  struct uverbs_attr_bundle *attrs)
#else
			  struct ib_udata *udata)
#endif
{
	if (!attr->cqe || attr->cqe > PLUG_DEPTH)
		return -EINVAL;
	cq->cqe = attr->cqe;
	spin_lock_init(&to_plug_cq(cq)->lock);
	return 0;
}

static int plug_destroy_cq(struct ib_cq *cq, struct ib_udata *udata)
{
	return 0;
}

static int plug_poll_cq(struct ib_cq *base, int entries, struct ib_wc *wc)
{
	struct plug_cq *cq = to_plug_cq(base);
	int taken = 0;

	spin_lock(&cq->lock);
	for (; taken < entries && cq->count; taken++, cq->count--) {
		wc[taken] = cq->wc[cq->first];
		cq->first = (cq->first + 1) % PLUG_DEPTH;
	}
	spin_unlock(&cq->lock);
	return taken;
}

static int plug_req_notify_cq(struct ib_cq *cq, enum ib_cq_notify_flags flags)
{
	return 0;
}

static int plug_create_qp(struct ib_qp *qp, struct ib_qp_init_attr *attr, struct ib_udata *udata)
{
	if (attr->qp_type != IB_QPT_RC)
		return -EOPNOTSUPP;
	qp->qp_num = atomic_inc_return(&last_number);
	return 0;
}

static int plug_modify_qp(struct ib_qp *base, struct ib_qp_attr *attr, int mask,
			  struct ib_udata *udata)
{
	struct plug_qp *qp = container_of(base, struct plug_qp, base);
	enum ib_qp_state next = mask & IB_QP_STATE ? attr->qp_state : qp->state;

	if (!ib_modify_qp_is_ok(qp->state, next, base->qp_type, mask))
		return -EINVAL;
	qp->state = next;
	return 0;
}

static int plug_destroy_qp(struct ib_qp *qp, struct ib_udata *udata)
{
	return 0;
}

static int plug_post_send(struct ib_qp *qp, const struct ib_send_wr *wr,
			  const struct ib_send_wr **bad)
{
	struct plug_cq *cq = to_plug_cq(qp->send_cq);
	int error = 0;

	spin_lock(&cq->lock);
	for (; wr; wr = wr->next) {
		if (cq->count == PLUG_DEPTH) {
			*bad = wr;
			error = -ENOMEM;
			break;
		}
		cq->wc[(cq->first + cq->count++) % PLUG_DEPTH] = (struct ib_wc){
			.wr_id = wr->wr_id,
			.status = IB_WC_SUCCESS,
			.opcode = IB_WC_RDMA_WRITE,
			.qp = qp,
		};
	}
	spin_unlock(&cq->lock);
	return error;
}

static int plug_post_recv(struct ib_qp *qp, const struct ib_recv_wr *wr,
			  const struct ib_recv_wr **bad)
{
	return 0;  // nothing is ever received
}

static const struct ib_device_ops plug_ops = {
	.owner = THIS_MODULE,
	.driver_id = RDMA_DRIVER_QIB,
	.uverbs_abi_ver = 1,
	.query_device = plug_query_device,
	.query_port = plug_query_port,
	.get_port_immutable = plug_port_immutable,
	.get_link_layer = plug_link_layer,
	.alloc_ucontext = plug_alloc_context,
	.dealloc_ucontext = plug_dealloc_context,
	.disassociate_ucontext = plug_disassociate,
	.alloc_pd = plug_alloc_pd,
	.dealloc_pd = plug_dealloc_pd,
	.reg_user_mr = plug_reg_mr,
	.dereg_mr = plug_dereg_mr,
	.create_cq = plug_create_cq,
	.destroy_cq = plug_destroy_cq,
	.poll_cq = plug_poll_cq,
	.req_notify_cq = plug_req_notify_cq,
	.create_qp = plug_create_qp,
	.modify_qp = plug_modify_qp,
	.destroy_qp = plug_destroy_qp,
	.post_send = plug_post_send,
	.post_recv = plug_post_recv,
	INIT_RDMA_OBJ_SIZE(ib_ucontext, plug_context, base),
	INIT_RDMA_OBJ_SIZE(ib_pd, plug_pd, base),
	INIT_RDMA_OBJ_SIZE(ib_cq, plug_cq, base),
	INIT_RDMA_OBJ_SIZE(ib_qp, plug_qp, base),
};

static int plug_in(void)
{
	struct ib_device *new = _ib_alloc_device(sizeof(*new));
	int error;

	if (!new)
		return -ENOMEM;
	new->phys_port_cnt = 1;
	new->num_comp_vectors = 1;
	new->node_type = RDMA_NODE_IB_CA;
	new->node_guid = cpu_to_be64(0x0200000000000003);
	new->uverbs_cmd_mask |= BIT_ULL(IB_USER_VERBS_CMD_POST_SEND) |
				BIT_ULL(IB_USER_VERBS_CMD_POST_RECV) |
				BIT_ULL(IB_USER_VERBS_CMD_POLL_CQ) |
				BIT_ULL(IB_USER_VERBS_CMD_REQ_NOTIFY_CQ);
	ib_set_device_ops(new, &plug_ops);
	error = ib_register_device(new, "plug0", NULL);
	if (error) {
		ib_dealloc_device(new);
		return error;
	}
	device = new;
	return 0;
}

static void pull_out(void)
{
	if (device) {
		ib_unregister_device(device);
		ib_dealloc_device(device);
		device = NULL;
	}
}

static int plugged_set(const char *text, const struct kernel_param *parameter)
{
	bool wanted;
	int error = kstrtobool(text, &wanted);

	if (error)
		return error;
	mutex_lock(&plug_lock);
	if (wanted && !device)
		error = plug_in();
	else if (!wanted)
		pull_out();
	mutex_unlock(&plug_lock);
	return error;
}

static int plugged_get(char *text, const struct kernel_param *parameter)
{
	return sysfs_emit(text, "%d\n", device != NULL);
}

static const struct kernel_param_ops plugged_ops = { .set = plugged_set, .get = plugged_get };
module_param_cb(plugged, &plugged_ops, NULL, 0600);
MODULE_PARM_DESC(plugged, "1 while the device is there; write 0 to pull it out");

static int __init plug_init(void)
{
	int error;

	mutex_lock(&plug_lock);
	error = plug_in();
	mutex_unlock(&plug_lock);
	return error;
}

static void __exit plug_exit(void)
{
	mutex_lock(&plug_lock);
	pull_out();
	mutex_unlock(&plug_lock);
}

module_init(plug_init);
module_exit(plug_exit);
MODULE_DESCRIPTION("An RDMA device to be unplugged, for tests");
MODULE_LICENSE("Dual MIT/GPL");
