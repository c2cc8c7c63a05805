//! Shared receive queues.

use std::ffi::c_int;
use std::ptr::null;

use super::gate::{self, Owned, forward, not_null, op};
use crate::abi::*;

/// `man ibv_create_srq(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_create_srq(
    pd: *mut ibv_pd,
    init_attr: *mut ibv_srq_init_attr,
) -> *mut ibv_srq {
    gate::null(|| {
        not_null(init_attr)?;
        // SAFETY: the promise *object*.
        let context = unsafe { pd.context() }?;
        let create_srq = op!(context, create_srq);
        // SAFETY: the provider's own operation, with the caller's promises.
        let srq = unsafe { create_srq(pd, init_attr) };
        if srq.is_null() {
            return Ok(srq);
        }
        // SAFETY: just made; nobody else sees it.
        unsafe {
            (*srq).context = context;
            (*srq).srq_context = (*init_attr).srq_context;
            (*srq).pd = pd;
            (*srq).events_completed = 0;
        }
        // SAFETY: initialised in place; the object does not move.
        unsafe { libc::pthread_mutex_init(&raw mut (*srq).mutex, null()) };
        // SAFETY: as above.
        unsafe { libc::pthread_cond_init(&raw mut (*srq).cond, null()) };
        Ok(srq)
    })
}

forward! {
    /// `man ibv_modify_srq(3)`.
    ibv_modify_srq(srq: *mut ibv_srq, attr: *mut ibv_srq_attr, attr_mask: c_int) -> c_int
        = errno modify_srq, needs attr;
    /// `man ibv_query_srq(3)`.
    ibv_query_srq(srq: *mut ibv_srq, attr: *mut ibv_srq_attr) -> c_int
        = errno query_srq, needs attr;
    /// `man ibv_destroy_srq(3)`.
    ibv_destroy_srq(srq: *mut ibv_srq) -> c_int = errno destroy_srq;
}
