//! Completion queues and shared receive queues for programs of 1.0.

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

use super::memory::ends;
use super::{Wrapper, channel, end};
use crate::abi::*;
use crate::api::gate::{self, not_null};
use crate::api::{cq, srq};
use crate::base::errno::Errno;

/// `ibv_create_cq` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_create_cq(
    context: *mut ibv_context_1_0,
    cqe: c_int,
    cq_context: *mut c_void,
    channel: *mut ibv_comp_channel,
    comp_vector: c_int,
) -> *mut ibv_cq_1_0 {
    gate::null(|| {
        // SAFETY: the promise *object*.
        let real_context = unsafe { context.real() }?;
        // SAFETY: the promise *object*.
        let channel = unsafe { channel::real_channel(channel) };
        let mut wrapper = Box::new(ibv_cq_1_0 {
            context,
            cq_context,
            ..Zeroed::zeroed()
        });
        let user: *mut c_void = (&raw mut *wrapper).cast();
        // SAFETY: what the caller promised, with the real context and channel.
        let real_cq = unsafe { cq::ibv_create_cq(real_context, cqe, user, channel, comp_vector) };
        // SAFETY: NULL or just made.
        let real = unsafe { real_cq.as_ref() }.ok_or_else(Errno::last)?;
        wrapper.handle = real.handle;
        wrapper.cqe = real.cqe;
        wrapper.real_cq = real_cq;
        Ok(Box::into_raw(wrapper))
    })
}

/// `ibv_resize_cq` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_resize_cq(cq: *mut ibv_cq_1_0, cqe: c_int) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let real = unsafe { cq.real() }?;
        // SAFETY: alive as long as its wrapper.
        let failed = unsafe { cq::ibv_resize_cq(real, cqe) };
        if failed == 0 {
            // SAFETY: both alive; the program reads the size from its own.
            unsafe { (*cq).cqe = (*real).cqe };
        }
        Ok(failed)
    })
}

/// `ibv_create_srq` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_create_srq(
    pd: *mut ibv_pd_1_0,
    init_attr: *mut ibv_srq_init_attr,
) -> *mut ibv_srq_1_0 {
    gate::null(|| {
        // SAFETY: the promise *object*.
        let real_pd = unsafe { pd.real() }?;
        not_null(init_attr)?;
        let mut wrapper = Box::new(ibv_srq_1_0 {
            // SAFETY: the promise *object*.
            context: unsafe { (*pd).context },
            // SAFETY: the promise *argument*.
            srq_context: unsafe { (*init_attr).srq_context },
            pd,
            ..Zeroed::zeroed()
        });
        let mut real_attr = ibv_srq_init_attr {
            srq_context: (&raw mut *wrapper).cast(),
            // SAFETY: the promise *argument*.
            attr: unsafe { (*init_attr).attr },
        };
        // SAFETY: what the caller promised, with the real domain.
        let real_srq = unsafe { srq::ibv_create_srq(real_pd, &mut real_attr) };
        // SAFETY: NULL or just made.
        let real = unsafe { real_srq.as_ref() }.ok_or_else(Errno::last)?;
        wrapper.handle = real.handle;
        wrapper.real_srq = real_srq;
        // SAFETY: the promise *argument*: what was really made goes back to the program.
        unsafe { (*init_attr).attr = real_attr.attr };
        Ok(Box::into_raw(wrapper))
    })
}

/// `ibv_modify_srq` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_modify_srq(
    srq: *mut ibv_srq_1_0,
    attr: *mut ibv_srq_attr,
    attr_mask: c_int,
) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let real = unsafe { srq.real() }?;
        // SAFETY: what the caller promised, with the real queue.
        Ok(unsafe { srq::ibv_modify_srq(real, attr, attr_mask) })
    })
}

/// `ibv_query_srq` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_query_srq(
    srq: *mut ibv_srq_1_0,
    attr: *mut ibv_srq_attr,
) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let real = unsafe { srq.real() }?;
        // SAFETY: what the caller promised, with the real queue.
        Ok(unsafe { srq::ibv_query_srq(real, attr) })
    })
}

/// The wrapper of a CQ that was made through this node.
///
/// # Safety
/// `real` is NULL or alive and has a wrapper.
pub(super) unsafe fn wrapper_of_cq(real: *mut ibv_cq) -> *mut ibv_cq_1_0 {
    // SAFETY: by contract.
    unsafe { real.as_ref() }.map_or(null_mut(), |real| real.cq_context.cast())
}

/// The wrapper of an SRQ that was made through this node; NULL for none.
///
/// # Safety
/// `real` is NULL or alive and has a wrapper.
pub(super) unsafe fn wrapper_of_srq(real: *mut ibv_srq) -> *mut ibv_srq_1_0 {
    // SAFETY: by contract.
    unsafe { real.as_ref() }.map_or(null_mut(), |real| real.srq_context.cast())
}

ends! {
    /// `ibv_destroy_cq` of 1.0: waits for events that were reported and not acknowledged.
    ibv_destroy_cq(cq: ibv_cq_1_0) = cq;
    /// `ibv_destroy_srq` of 1.0.
    ibv_destroy_srq(srq: ibv_srq_1_0) = srq;
}
