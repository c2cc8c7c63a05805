/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Written by `make headers` from src/abi and include/gen; not edited by hand. */
#ifndef INFINIBAND_ARCH_H
#define INFINIBAND_ARCH_H

/* 64-bit values in network byte order, for systems that have no such functions of their own. */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#undef htonll
#undef ntohll

static inline uint64_t htonll(uint64_t x)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap64(x);
#else
	return x;
#endif
}

static inline uint64_t ntohll(uint64_t x)
{
	return htonll(x);
}

/* Programs ask the preprocessor whether these exist. */
#define htonll htonll
#define ntohll ntohll

#ifdef __cplusplus
}
#endif

#endif /* INFINIBAND_ARCH_H */
