/*
 * The extension "verbium" of the RDMA device inside the library: what it counts.
 *
 *	const struct verbium_context_ops *ops = ibv_get_ext_ops(context, VERBIUM_EXTENSION);
 *	struct verbium_counters counters;
 *
 *	if (ops && ops->ops.version >= 1)
 *		ops->query_qp_counters(qp, &counters, sizeof counters);
 *
 * Any other device answers NULL with ENOSYS. Tables and counters only ever grow at their end: a
 * table's version says how many operations it has, and whoever passes a longer struct than the
 * library knows gets zeros behind what it does know.
 */
#ifndef VERBIUM_EXTENSIONS
#define VERBIUM_EXTENSIONS
#endif
#include <infiniband/verbs.h>

/* The name to ask for. */
#define VERBIUM_EXTENSION "verbium"
