// SPDX-License-Identifier: MIT OR Apache-2.0
//
// The control path, over and over: 10,000 regions registered and deregistered, 1,000 CQs and QPs
// created and destroyed. `make kernel-test` counts its system calls and instructions with each
// library; in this thread, so there must be no other one. Prints nothing unless something fails.

#include <dirent.h>
#include <infiniband/verbs.h>
#include <stdio.h>
#include <stdlib.h>

enum { REGIONS = 10000, QUEUES = 1000, BYTES = 4096 };

static void *need(void *object, const char *what)
{
	if (!object) {
		perror(what);
		exit(1);
	}
	return object;
}

static void done(int error, const char *what)
{
	if (error) {
		fprintf(stderr, "%s: %d\n", what, error);
		exit(1);
	}
}

static void regions(struct ibv_pd *pd)
{
	void *memory = need(aligned_alloc(BYTES, BYTES), "aligned_alloc");

	for (int i = 0; i < REGIONS; i++) {
		struct ibv_mr *mr = need(ibv_reg_mr(pd, memory, BYTES, IBV_ACCESS_LOCAL_WRITE),
					 "ibv_reg_mr");

		done(ibv_dereg_mr(mr), "ibv_dereg_mr");
	}
	free(memory);
}

static void queues(struct ibv_context *context, struct ibv_pd *pd)
{
	for (int i = 0; i < QUEUES; i++) {
		struct ibv_cq *cq = need(ibv_create_cq(context, 16, NULL, NULL, 0),
					 "ibv_create_cq");
		struct ibv_qp_init_attr attr = {
			.send_cq = cq,
			.recv_cq = cq,
			.cap = {
				.max_send_wr = 4,
				.max_recv_wr = 4,
				.max_send_sge = 1,
				.max_recv_sge = 1,
			},
			.qp_type = IBV_QPT_RC,
		};
		struct ibv_qp *qp = need(ibv_create_qp(pd, &attr), "ibv_create_qp");

		done(ibv_destroy_qp(qp), "ibv_destroy_qp");
		done(ibv_destroy_cq(cq), "ibv_destroy_cq");
	}
}

static void be_alone(void)
{
	DIR *threads = need(opendir("/proc/self/task"), "opendir");
	int count = 0;

	for (struct dirent *entry; (entry = readdir(threads));)
		count += entry->d_name[0] != '.';
	closedir(threads);
	if (count != 1) {
		fprintf(stderr, "%d threads, of which one is counted\n", count);
		exit(1);
	}
}

int main(void)
{
	int count = 0;
	struct ibv_device **list = need(ibv_get_device_list(&count), "ibv_get_device_list");
	struct ibv_context *context;
	struct ibv_pd *pd;

	if (!count) {
		fprintf(stderr, "no device\n");
		return 1;
	}
	context = need(ibv_open_device(list[0]), "ibv_open_device");
	ibv_free_device_list(list);
	pd = need(ibv_alloc_pd(context), "ibv_alloc_pd");
	regions(pd);
	queues(context, pd);
	be_alone();
	done(ibv_dealloc_pd(pd), "ibv_dealloc_pd");
	done(ibv_close_device(context), "ibv_close_device");
	return 0;
}
