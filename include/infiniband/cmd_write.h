/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Written by `make headers` from src/abi and include/gen; not edited by hand. */
#ifndef __INFINIBAND_VERBS_WRITE_H
#define __INFINIBAND_VERBS_WRITE_H

/*
 * For driver plug-ins: how the end of an object of a device that is gone counts.
 */

#include <errno.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Set from the environment variable RDMAV_ALLOW_DISASSOC_DESTROY. */
extern bool verbs_allow_disassociate_destroy;

/*
 * Whether to stop destroying an object after the kernel answered *ret. A device that is gone has
 * no object either; where that is allowed to be success, *ret becomes 0.
 */
static inline bool verbs_is_destroy_err(int *ret)
{
	if (*ret != EIO || !verbs_allow_disassociate_destroy)
		return *ret != 0;
	*ret = 0;
	return true;
}

#ifdef __cplusplus
}
#endif

#endif /* __INFINIBAND_VERBS_WRITE_H */
