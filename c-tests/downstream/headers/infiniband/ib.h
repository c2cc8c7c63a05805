/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * The socket address of AF_IB, which the package of librdmacm keeps in infiniband/; see umad.h
 * beside this file for why that one is not read. Only for `make downstream`; not installed.
 */
#ifndef DOWNSTREAM_IB_H
#define DOWNSTREAM_IB_H

#include <linux/types.h>

#ifndef AF_IB
#define AF_IB 27
#endif
#ifndef PF_IB
#define PF_IB AF_IB
#endif

struct ib_addr {
	union {
		__u8 uib_addr8[16];
		__be16 uib_addr16[8];
		__be32 uib_addr32[4];
		__be64 uib_addr64[2];
	} ib_u;
};

#define sib_raw ib_u.uib_addr8
#define sib_addr8 ib_u.uib_addr8
#define sib_addr16 ib_u.uib_addr16
#define sib_addr32 ib_u.uib_addr32
#define sib_addr64 ib_u.uib_addr64
#define sib_subnet_prefix ib_u.uib_addr64[0]
#define sib_interface_id ib_u.uib_addr64[1]

struct sockaddr_ib {
	unsigned short sib_family;
	__be16 sib_pkey;
	__be32 sib_flowinfo;
	struct ib_addr sib_addr;
	__be64 sib_sid;
	__be64 sib_sid_mask;
	__u64 sib_scope_id;
};

_Static_assert(sizeof(struct sockaddr_ib) == 48, "as the kernel has it");

#endif
