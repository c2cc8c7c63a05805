//! Completion queues.

use std::ffi::{c_int, c_void};
use std::ptr::null;

use super::gate::{self, Owned, forward, not_null, op};
use crate::abi::*;
use crate::base::errno::Errno;

/// The completion fields an extended CQ may be asked for.
const KNOWN_WC_FLAGS: u64 = IBV_CREATE_CQ_SUP_WC_FLAGS as u64;

/// Sets what the library itself keeps in a CQ; its channel counts it from here on.
///
/// # Safety
/// `cq` was just made by the provider and is seen by nobody; the others are alive, `channel` may
/// be NULL.
pub(super) unsafe extern "C" fn verbs_init_cq(
    cq: *mut ibv_cq,
    context: *mut ibv_context,
    channel: *mut ibv_comp_channel,
    cq_context: *mut c_void,
) {
    if !channel.is_null() {
        // SAFETY: a live channel has a live context.
        unsafe { change_refcnt(channel, 1) };
    }
    // SAFETY: just made; nobody else sees it.
    unsafe {
        (*cq).context = context;
        (*cq).channel = channel;
        (*cq).cq_context = cq_context;
        (*cq).comp_events_completed = 0;
        (*cq).async_events_completed = 0;
    }
    // SAFETY: initialised in place; the object does not move.
    unsafe { libc::pthread_mutex_init(&raw mut (*cq).mutex, null()) };
    // SAFETY: as above.
    unsafe { libc::pthread_cond_init(&raw mut (*cq).cond, null()) };
}

/// Counts the CQs of a channel, under the mutex of its context.
///
/// # Safety
/// The channel is alive.
unsafe fn change_refcnt(channel: *mut ibv_comp_channel, by: c_int) {
    // SAFETY: alive by contract.
    let context = unsafe { (*channel).context };
    // SAFETY: the mutex was initialised with the context.
    unsafe { libc::pthread_mutex_lock(&raw mut (*context).mutex) };
    // SAFETY: the mutex guards the count.
    unsafe { (*channel).refcnt += by };
    // SAFETY: locked above.
    unsafe { libc::pthread_mutex_unlock(&raw mut (*context).mutex) };
}

/// `man ibv_create_cq(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_create_cq(
    context: *mut ibv_context,
    cqe: c_int,
    cq_context: *mut c_void,
    channel: *mut ibv_comp_channel,
    comp_vector: c_int,
) -> *mut ibv_cq {
    gate::null(|| {
        // SAFETY: the promise *object*.
        let context = unsafe { context.context() }?;
        let create_cq = op!(context, create_cq);
        // SAFETY: the provider's own operation, with the caller's promises.
        let cq = unsafe { create_cq(context, cqe, channel, comp_vector) };
        if !cq.is_null() {
            // SAFETY: just made.
            unsafe { verbs_init_cq(cq, context, channel, cq_context) };
        }
        Ok(cq)
    })
}

/// The slot behind the header's `ibv_create_cq_ex`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn create_cq_ex(
    context: *mut ibv_context,
    attr: *mut ibv_cq_init_attr_ex,
) -> *mut ibv_cq_ex {
    gate::null(|| {
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let context = unsafe { context.context() }?;
        // SAFETY: the promise *argument*; every version of the struct has these members.
        let (wc_flags, channel, cq_context) =
            unsafe { ((*attr).wc_flags, (*attr).channel, (*attr).cq_context) };
        if wc_flags & !KNOWN_WC_FLAGS != 0 {
            return Err(Errno::EOPNOTSUPP);
        }
        let create_cq_ex = op!(context, create_cq_ex);
        // SAFETY: the provider's own operation, with the caller's promises.
        let cq = unsafe { create_cq_ex(context, attr) };
        if !cq.is_null() {
            // SAFETY: just made; the extended CQ begins as a plain one.
            unsafe { verbs_init_cq(cq.cast(), context, channel, cq_context) };
        }
        Ok(cq)
    })
}

/// `man ibv_destroy_cq(3)`: waits for events that were reported and not acknowledged.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_destroy_cq(cq: *mut ibv_cq) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let context = unsafe { cq.context() }?;
        // SAFETY: alive until the operation has succeeded.
        let channel = unsafe { (*cq).channel };
        let destroy_cq = op!(context, destroy_cq);
        // SAFETY: the provider's own operation on its own object.
        let failed = unsafe { destroy_cq(cq) };
        if failed == 0 && !channel.is_null() {
            // SAFETY: a channel outlives its CQs, since it cannot be destroyed while it counts.
            unsafe { change_refcnt(channel, -1) };
        }
        Ok(failed)
    })
}

forward! {
    /// `man ibv_resize_cq(3)`.
    ibv_resize_cq(cq: *mut ibv_cq, cqe: c_int) -> c_int = errno resize_cq;
}
