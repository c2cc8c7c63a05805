//! The extension "verbium" of the device inside the library.

use super::*;

/// What a QP, or a device in this process, has counted since it was made. Numbers only grow.
///
/// What a peer reads or writes directly in the memory of this process is counted by the peer only.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct verbium_counters {
    /// Requests begun: SEND, WRITE, READ, atomics. One that is sent again counts once.
    pub sent_messages: u64,
    /// Payload of SENDs and WRITEs begun.
    pub sent_bytes: u64,
    /// Packets given to the link, answers among them.
    pub sent_packets: u64,
    /// SENDs and WRITEs received whole.
    pub received_messages: u64,
    /// Their payload.
    pub received_bytes: u64,
    /// Packets taken from the link, answers among them.
    pub received_packets: u64,
    /// Completions given to CQs.
    pub completions: u64,
    /// Bytes asked for by READs begun.
    pub read_bytes: u64,
    /// READ requests of peers that were granted.
    pub served_reads: u64,
    /// Atomics of peers that were executed.
    pub served_atomics: u64,
    /// Completions with an error, but for those flushed.
    pub failed_completions: u64,
    /// Completions of what was flushed.
    pub flushed_completions: u64,
    /// Times the requester went back at the cost of a retry.
    pub retries: u64,
    /// NAKs received, but for RNR NAKs.
    pub received_naks: u64,
    /// RNR NAKs received: the peer had no receive WQE.
    pub received_rnr_naks: u64,
    /// NAKs sent, but for RNR NAKs.
    pub sent_naks: u64,
    /// RNR NAKs sent: no receive WQE was here.
    pub sent_rnr_naks: u64,
    /// Requests that had been executed before.
    pub duplicates: u64,
    /// Requests before which packets were missing.
    pub gaps: u64,
    /// UC and UD: messages dropped for want of a receive WQE, of a right or of the right Q_Key.
    pub dropped_messages: u64,
}

/// What `ibv_get_device_ext_ops(device, "verbium")` gives.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbium_device_ops {
    pub ops: ibv_ext_ops,
    /// The counters of the device in this process, over all contexts and all QPs that were.
    /// `size`: of the caller's struct; what it has beyond ours is zeroed. 0, or an error number.
    pub query_counters: Option<
        unsafe extern "C" fn(
            device: *mut ibv_device,
            counters: *mut verbium_counters,
            size: usize,
        ) -> c_int,
    >,
}

/// What `ibv_get_ext_ops(context, "verbium")` gives.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbium_context_ops {
    pub ops: ibv_ext_ops,
    /// As that of `verbium_device_ops`, for the device of the context.
    pub query_device_counters: Option<
        unsafe extern "C" fn(
            context: *mut ibv_context,
            counters: *mut verbium_counters,
            size: usize,
        ) -> c_int,
    >,
    /// The counters of a QP of the context.
    pub query_qp_counters: Option<
        unsafe extern "C" fn(
            qp: *mut ibv_qp,
            counters: *mut verbium_counters,
            size: usize,
        ) -> c_int,
    >,
}
