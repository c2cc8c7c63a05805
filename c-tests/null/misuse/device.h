/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Objects of a device that is really there, and some that do not belong together. */
#ifndef CTESTS_MISUSE_DEVICE_H
#define CTESTS_MISUSE_DEVICE_H

#include "misuse.h"

#define BYTES 4096

struct world {
	struct ibv_context *ctx, *other_ctx; /* two openings of one device */
	struct ibv_pd *pd, *second_pd, *other_pd;
	struct ibv_cq *cq, *other_cq;
	struct ibv_comp_channel *channel, *other_channel;
	struct ibv_srq *srq, *other_srq;
	struct ibv_qp *qp, *reset_qp, *other_qp, *ud; /* RC connected to itself; RC as made; UD in RTS */
	struct ibv_mr *mr, *second_mr, *other_mr;
	uint32_t freed_lkey;
	struct ibv_ah *ah;
	union ibv_gid gid;
	struct ibv_port_attr port;
	char *bytes;
};
extern struct world w;

void make_world(void);

#endif
