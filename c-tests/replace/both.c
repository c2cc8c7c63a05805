/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A program of names that rdma-core's library and ours both have. Linked with one, run with the
 * other: what needs no device prints the same; what there is of devices is opened and used.
 */
#include <infiniband/verbs.h>

#include <stdio.h>
#include <stdlib.h>

static void names(void)
{
	printf("%s; %s; %s; %s\n", ibv_wc_status_str(IBV_WC_RNR_RETRY_EXC_ERR),
	       ibv_event_type_str(IBV_EVENT_QP_ACCESS_ERR), ibv_node_type_str(IBV_NODE_CA),
	       ibv_port_state_str(IBV_PORT_ACTIVE));
	for (int rate = IBV_RATE_MAX; rate <= IBV_RATE_1200_GBPS; rate++)
		printf("%d %d\n", ibv_rate_to_mult(rate), ibv_rate_to_mbps(rate));
	printf("%d %d\n", (int)mult_to_ibv_rate(4), (int)mbps_to_ibv_rate(25781));
}

static int use(struct ibv_device *device)
{
	struct ibv_qp_init_attr init = {.qp_type = IBV_QPT_RC,
					.cap = {.max_send_wr = 4, .max_recv_wr = 4,
						.max_send_sge = 1, .max_recv_sge = 1}};
	struct ibv_context *context = ibv_open_device(device);
	static char memory[4096];
	struct ibv_port_attr port;
	struct ibv_wc wc;
	struct ibv_pd *pd;
	struct ibv_mr *mr;
	struct ibv_cq *cq;
	struct ibv_qp *qp;

	if (!context || ibv_query_port(context, 1, &port))
		return 1;
	pd = ibv_alloc_pd(context);
	mr = pd ? ibv_reg_mr(pd, memory, sizeof(memory), IBV_ACCESS_LOCAL_WRITE) : NULL;
	cq = ibv_create_cq(context, 8, NULL, NULL, 0);
	if (!mr || !cq || ibv_poll_cq(cq, 1, &wc))
		return 1;
	init.send_cq = init.recv_cq = cq;
	qp = ibv_create_qp(pd, &init);
	return !qp || ibv_destroy_qp(qp) || ibv_destroy_cq(cq) || ibv_dereg_mr(mr) ||
	       ibv_dealloc_pd(pd) || ibv_close_device(context);
}

int main(void)
{
	struct ibv_device **list;
	int count = 0, status = 0;

	names();
	list = ibv_get_device_list(&count);
	for (int i = 0; list && i < count; i++)
		status |= use(list[i]);
	if (list)
		ibv_free_device_list(list);
	fprintf(stderr, "%d devices\n", count);
	return status;
}
