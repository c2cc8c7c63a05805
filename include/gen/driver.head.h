/*
 * For driver plug-ins, which are built apart from the library. Applications have no use for it.
 *
 * What a driver and the library share has changed from generation to generation, and each has a
 * number. A driver says which one it is written for: it defines IBVERBS_PABI_VERSION before it
 * includes this file, and this file before verbs.h. 65 is that of release 65; 34 is that of
 * releases 49 to 56, in the form the last of them gave it. Without a word it is the newest that the
 * library serves, or 65 if verbs.h came first.
 */

#include <errno.h>
#ifdef __cplusplus
#include <atomic>
#else
#include <stdatomic.h>
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#ifndef IBVERBS_PABI_VERSION
#if defined(INFINIBAND_VERBS_H) && !defined(VERBS_PABI_34)
#define IBVERBS_PABI_VERSION 65
#else
#define IBVERBS_PABI_VERSION @NEWEST_PABI@
#endif
#endif

#if IBVERBS_PABI_VERSION == 34
#if defined(INFINIBAND_VERBS_H) && !defined(VERBS_PABI_34)
#error "driver.h of generation 34 comes before verbs.h"
#endif
#define VERBS_PABI_34
#elif IBVERBS_PABI_VERSION != 65
#error "driver.h knows generations 34 and 65"
#endif

#include <infiniband/verbs.h>

#ifdef __cplusplus
using std::atomic_int;
#endif

#include <infiniband/cmd_ioctl.h>
#include <infiniband/cmd_write.h>
#include <infiniband/kern-abi.h>

/* Intrusive lists: those of the driver's own tree if it has them. */
#if defined(__has_include)
#if __has_include(<ccan/list.h>)
#include <ccan/list.h>
#define VERBS_HAVE_LIST
#endif
#endif
#ifdef VERBS_HAVE_LIST
#undef VERBS_HAVE_LIST
#elif !defined(CCAN_LIST_H)
/* Link of a list whose ends are the list itself. */
struct list_node {
	struct list_node *next;
	struct list_node *prev;
};

struct list_head {
	struct list_node n;
};
#endif

/* One way a driver recognizes a device; kind is one of VERBS_MATCH_. */
struct verbs_match_ent {
	void *driver_data;
	union {
		const char *modalias;
		uint64_t driver_id;
	} u;
	uint16_t vendor;
	uint16_t device;
	uint8_t kind;
};
