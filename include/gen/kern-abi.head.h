/*
 * For driver plug-ins: commands that are written to the kernel, and the structs a driver builds on
 * them. DECLARE_DRV_CMD puts a driver's own fields behind those of a command.
 *
 * _STRUCT_ and the name of a struct is its fields without a struct around them. A driver defines it
 * for the structs it hands to DECLARE_DRV_CMD; `empty` stands for none.
 */

#include <linux/types.h>
#include <rdma/ib_user_verbs.h>
#include <stddef.h>
#include <stdint.h>

/* Versions of the kernel's interface that the library speaks. */
#define IB_USER_VERBS_MIN_ABI_VERSION 3
#define IB_USER_VERBS_MAX_ABI_VERSION 6

/* Nothing, which has no size in C++ either. */
struct empty {
	char nothing[0];
};
#define _STRUCT_empty                                                                              \
	struct {                                                                                   \
		char nothing[0];                                                                   \
	}

#ifdef __cplusplus
#define _VERBS_STATIC_ASSERT static_assert
#else
#define _VERBS_STATIC_ASSERT _Static_assert
#endif
/* Its fields are reached through core_payload only. */
#define _STRUCT_ib_uverbs_modify_srq_v3
