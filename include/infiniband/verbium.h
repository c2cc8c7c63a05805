/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Written by `make headers` from src/abi and include/gen; not edited by hand. */
#ifndef INFINIBAND_VERBIUM_H
#define INFINIBAND_VERBIUM_H

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

struct ibv_context;
struct ibv_device;
struct ibv_ext_ops;
struct ibv_qp;
struct verbium_counters;
struct verbium_device_ops;
struct verbium_context_ops;

/*
 * What a QP, or a device in this process, has counted since it was made. Numbers only grow.
 *
 * What a peer reads or writes directly in the memory of this process is counted by the peer only.
 */
struct verbium_counters {
	/* Requests begun: SEND, WRITE, READ, atomics. One that is sent again counts once. */
	uint64_t sent_messages;
	/* Payload of SENDs and WRITEs begun. */
	uint64_t sent_bytes;
	/* Packets given to the link, answers among them. */
	uint64_t sent_packets;
	/* SENDs and WRITEs received whole. */
	uint64_t received_messages;
	/* Their payload. */
	uint64_t received_bytes;
	/* Packets taken from the link, answers among them. */
	uint64_t received_packets;
	/* Completions given to CQs. */
	uint64_t completions;
	/* Bytes asked for by READs begun. */
	uint64_t read_bytes;
	/* READ requests of peers that were granted. */
	uint64_t served_reads;
	/* Atomics of peers that were executed. */
	uint64_t served_atomics;
	/* Completions with an error, but for those flushed. */
	uint64_t failed_completions;
	/* Completions of what was flushed. */
	uint64_t flushed_completions;
	/* Times the requester went back at the cost of a retry. */
	uint64_t retries;
	/* NAKs received, but for RNR NAKs. */
	uint64_t received_naks;
	/* RNR NAKs received: the peer had no receive WQE. */
	uint64_t received_rnr_naks;
	/* NAKs sent, but for RNR NAKs. */
	uint64_t sent_naks;
	/* RNR NAKs sent: no receive WQE was here. */
	uint64_t sent_rnr_naks;
	/* Requests that had been executed before. */
	uint64_t duplicates;
	/* Requests before which packets were missing. */
	uint64_t gaps;
	/* UC and UD: messages dropped for want of a receive WQE, of a right or of the right Q_Key. */
	uint64_t dropped_messages;
};

/* What `ibv_get_device_ext_ops(device, "verbium")` gives. */
struct verbium_device_ops {
	struct ibv_ext_ops ops;
	/*
	 * The counters of the device in this process, over all contexts and all QPs that were.
	 * `size`: of the caller's struct; what it has beyond ours is zeroed. 0, or an error number.
	 */
	int (*query_counters)(struct ibv_device *device,
			      struct verbium_counters *counters,
			      size_t size);
};

/* What `ibv_get_ext_ops(context, "verbium")` gives. */
struct verbium_context_ops {
	struct ibv_ext_ops ops;
	/* As that of `verbium_device_ops`, for the device of the context. */
	int (*query_device_counters)(struct ibv_context *context,
				     struct verbium_counters *counters,
				     size_t size);
	/* The counters of a QP of the context. */
	int (*query_qp_counters)(struct ibv_qp *qp, struct verbium_counters *counters, size_t size);
};

#endif /* INFINIBAND_VERBIUM_H */
