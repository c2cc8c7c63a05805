// SPDX-License-Identifier: MIT OR Apache-2.0
//
// What an application does with a plug-in. Says what failed, or "driven".
//
//   drive                  opens the first device, makes one object of each kind, and undoes it all
//   drive refused ERRNO    opens it, which fails
//   drive import [ERRNO]   takes over a context by its descriptor, and makes a CQ in it, or fails to
//
// In the end no descriptor is open that was not before.

#include <infiniband/verbs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEED(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			printf("%s is false (%s)\n", #condition, strerror(errno));                \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

static int descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	while (folder && readdir(folder))
		count++;
	if (folder)
		closedir(folder);
	return count;
}

static int refused(int error)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	int before = descriptors();

	NEED(list && list[0]);
	errno = 0;
	NEED(!ibv_open_device(list[0]) && errno == error);
	ibv_free_device_list(list);
	NEED(descriptors() == before);
	puts("driven");
	return 0;
}

static int import(int error)
{
	int before = descriptors();
	/* Of the number the devices of this machine have. */
	int fd = open("/dev/null", O_RDWR);
	struct ibv_context *context = ibv_import_device(fd);

	NEED(context && context->cmd_fd == fd && context->async_fd >= 0);
	struct ibv_pd *pd = ibv_alloc_pd(context);
	NEED(pd);
	errno = 0;
	struct ibv_cq *cq = ibv_create_cq(context, 16, NULL, NULL, 0);
	NEED(error ? !cq && errno == error : !!cq);
	NEED(!cq || !ibv_destroy_cq(cq));
	NEED(!ibv_dealloc_pd(pd));
	NEED(!ibv_close_device(context));
	NEED(descriptors() == before);
	puts("driven");
	return 0;
}

int main(int argc, char **argv)
{
	static char memory[4096];
	struct ibv_device **list;
	int before = descriptors();

	if (argc > 1)
		return !strcmp(argv[1], "refused") ? refused(atoi(argv[2])) :
						     import(argc > 2 ? atoi(argv[2]) : 0);
	list = ibv_get_device_list(NULL);
	NEED(list && list[0]);
	struct ibv_context *context = ibv_open_device(list[0]);
	NEED(context);
	/* The context keeps its device. */
	ibv_free_device_list(list);
	printf("opened %s\n", ibv_get_device_name(context->device));
	NEED(context->async_fd >= 0 && context->cmd_fd >= 0);

	struct ibv_device_attr attr;
	NEED(!ibv_query_device(context, &attr) && attr.max_qp == 77);
	struct ibv_pd *pd = ibv_alloc_pd(context);
	NEED(pd && pd->context == context);
	struct ibv_mr *mr = ibv_reg_mr(pd, memory, sizeof(memory), IBV_ACCESS_LOCAL_WRITE);
	NEED(mr && mr->pd == pd && mr->addr == memory && mr->length == sizeof(memory));
	NEED(mr->lkey && mr->rkey);
	struct ibv_mr *dmabuf_mr = ibv_reg_dmabuf_mr(pd, 64, 4096, 0, 0, IBV_ACCESS_LOCAL_WRITE);
	NEED(dmabuf_mr && dmabuf_mr->pd == pd && dmabuf_mr->length == 4096 && dmabuf_mr->lkey);
	NEED(!ibv_dereg_mr(dmabuf_mr));
	struct ibv_cq *cq = ibv_create_cq(context, 16, memory, NULL, 0);
	NEED(cq && cq->context == context && cq->cq_context == memory);
	struct ibv_qp_init_attr init = {
		.send_cq = cq, .recv_cq = cq, .qp_type = IBV_QPT_RC, .qp_context = memory,
		.cap = { .max_send_wr = 4, .max_recv_wr = 4, .max_send_sge = 1, .max_recv_sge = 1 },
	};
	struct ibv_qp *qp = ibv_create_qp(pd, &init);
	NEED(qp && qp->pd == pd && qp->qp_context == memory && qp->qp_num);
	NEED(qp->state == IBV_QPS_RESET);
	struct ibv_qp_attr modify = { .qp_state = IBV_QPS_INIT, .port_num = 1 };
	NEED(!ibv_modify_qp(qp, &modify,
			    IBV_QP_STATE | IBV_QP_PORT | IBV_QP_PKEY_INDEX | IBV_QP_ACCESS_FLAGS));
	NEED(qp->state == IBV_QPS_INIT);
	struct ibv_wc wc;
	NEED(ibv_poll_cq(cq, 1, &wc) == 0);
	/* What the plug-in has not given is refused, not followed. */
	errno = 0;
	NEED(!ibv_create_ah(pd, &(struct ibv_ah_attr){ .port_num = 1 }) && errno == EOPNOTSUPP);
	NEED(ibv_attach_mcast(qp, &(union ibv_gid){}, 1) == EOPNOTSUPP);
	NEED(ibv_post_send(qp, NULL, NULL) == EOPNOTSUPP);

	NEED(!ibv_destroy_qp(qp));
	NEED(!ibv_destroy_cq(cq));
	NEED(!ibv_dereg_mr(mr));
	NEED(!ibv_dealloc_pd(pd));
	NEED(!ibv_close_device(context));
	NEED(descriptors() == before);
	puts("driven");
	return 0;
}
