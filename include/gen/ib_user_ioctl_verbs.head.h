#include <linux/types.h>
#include <rdma/ib_user_verbs.h>

/*
 * A pointer that is 64 bits wide for the kernel. verbs_api.h says otherwise before it includes this
 * file, so that programs can use the member as a pointer.
 */
#ifndef RDMA_UAPI_PTR
#define RDMA_UAPI_PTR(_type, _name) __aligned_u64 _name
#endif

/* Access bits in this range may be ignored by a device that does not know them. */
#define IB_UVERBS_ACCESS_OPTIONAL_FIRST (1 << 20)
#define IB_UVERBS_ACCESS_OPTIONAL_LAST (1 << 29)
