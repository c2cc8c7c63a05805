//! Completion channels and the events that come through them.

use std::ffi::{c_int, c_uint, c_void};

use super::compat_1_0;
use super::event::{read_record, signal};
use super::gate::{self, Owned, not_null, op};
use crate::abi::*;
use crate::base::errno::Errno;

/// `man ibv_create_comp_channel(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_create_comp_channel(
    context: *mut ibv_context,
) -> *mut ibv_comp_channel {
    gate::null(|| {
        // SAFETY: the promise *object*.
        if unsafe { compat_1_0::is_old_context(context) } {
            // SAFETY: the context says that it is one of 1.0.
            return unsafe { compat_1_0::create_channel(context.cast()) };
        }
        // SAFETY: the promise *object*.
        let core = unsafe { gate::core(context) }?;
        // SAFETY: checked context.
        let channel = unsafe { (core.create_comp_channel)(context) };
        if !channel.is_null() {
            // SAFETY: just made; nobody else sees it.
            unsafe {
                (*channel).context = context;
                (*channel).refcnt = 0;
            }
        }
        Ok(channel)
    })
}

/// `man ibv_destroy_comp_channel(3)`: `EBUSY` while a CQ uses the channel.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_destroy_comp_channel(channel: *mut ibv_comp_channel) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        if unsafe { compat_1_0::is_old_channel(channel) } {
            // SAFETY: the channel says that it is one of 1.0.
            return unsafe { compat_1_0::destroy_channel(channel) };
        }
        // SAFETY: the promise *object*.
        let context = unsafe { channel.context() }?;
        // SAFETY: checked context.
        let core = unsafe { gate::core(context) }?;
        // SAFETY: the mutex was initialised with the context.
        unsafe { libc::pthread_mutex_lock(&raw mut (*context).mutex) };
        // SAFETY: the mutex guards the count.
        let in_use = unsafe { (*channel).refcnt } != 0;
        // SAFETY: locked above.
        unsafe { libc::pthread_mutex_unlock(&raw mut (*context).mutex) };
        if in_use {
            return Err(Errno::EBUSY);
        }
        // SAFETY: alive and used by no CQ.
        Ok(unsafe { (core.destroy_comp_channel)(channel) })
    })
}

/// `man ibv_get_cq_event(3)`: −1 when there is no event, as `read` would.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_get_cq_event(
    channel: *mut ibv_comp_channel,
    cq: *mut *mut ibv_cq,
    cq_context: *mut *mut c_void,
) -> c_int {
    gate::minus_one(|| {
        not_null(channel)?;
        not_null(cq)?;
        not_null(cq_context)?;
        // SAFETY: the promise *object*.
        let fd = unsafe { (*channel).fd };
        let mut record: ib_uverbs_comp_event_desc = Zeroed::zeroed();
        read_record(fd, &mut record)?;
        let found = record.cq_handle as usize as *mut ibv_cq;
        // SAFETY: records name CQs of this channel, and those that are destroyed are filtered out.
        let (context, found_context) = unsafe { ((*found).context, (*found).cq_context) };
        // SAFETY: the promise *place*.
        unsafe { cq.write(found) };
        // SAFETY: the promise *place*.
        unsafe { cq_context.write(found_context) };
        let cq_event = op!(context, cq_event);
        // SAFETY: the provider's own operation on its own object.
        unsafe { cq_event(found) };
        Ok(0)
    })
}

/// `man ibv_ack_cq_events(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_ack_cq_events(cq: *mut ibv_cq, nevents: c_uint) {
    gate::nothing(|| {
        not_null(cq)?;
        // SAFETY: the promise *object*; whoever destroys waits for exactly this.
        unsafe {
            signal(
                &raw mut (*cq).mutex,
                &raw mut (*cq).cond,
                &raw mut (*cq).comp_events_completed,
                nevents,
            );
        }
        Ok(())
    });
}
