/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Written by `make headers` from src/abi and include/gen; not edited by hand. */
#ifndef _TM_TYPES_H
#define _TM_TYPES_H

#include <linux/types.h>
#include <stdint.h>

struct ibv_tmh;
struct ibv_rvh;

/* Operation of a tag matching header. */
enum ibv_tmh_op {
	IBV_TMH_NO_TAG = 0,
	IBV_TMH_RNDV = 1,
	IBV_TMH_FIN = 2,
	IBV_TMH_EAGER = 3,
};

/* Tag matching header. */
struct ibv_tmh {
	uint8_t opcode;
	uint8_t reserved[3];
	__be32 app_ctx;
	__be64 tag;
};

/* Rendezvous header: where the sender keeps the message. */
struct ibv_rvh {
	__be64 va;
	__be32 rkey;
	__be32 len;
};

#endif /* _TM_TYPES_H */
