//! Completion queues: making, resizing, arming, destroying.

use super::{gate, gate_pointer, gate_void};
use crate::abi::{Zeroed, ibv_comp_channel, ibv_context, ibv_cq, verbs_cq};
use crate::base::errno::Errno;
use crate::base::sync::Ordering;
use crate::log_error;
use crate::soft::handle::{self, CqHandle};
use crate::soft::limits;
use crate::soft::objects::{Arm, Cq};
use std::ffi::c_int;
use std::sync::Arc;

pub(super) unsafe extern "C" fn create_cq(
    context: *mut ibv_context,
    cqe: c_int,
    channel: *mut ibv_comp_channel,
    comp_vector: c_int,
) -> *mut ibv_cq {
    gate_pointer(|| {
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        soft.process.check_ours()?;
        let capacity = check_capacity(cqe)?;
        // SAFETY: an open context.
        let vectors = unsafe { (*context).num_comp_vectors };
        if comp_vector < 0 || comp_vector >= vectors {
            log_error!("create_cq: comp_vector {comp_vector} of {vectors}");
            return Err(Errno::EINVAL);
        }
        let notify = if channel.is_null() {
            None
        } else {
            // SAFETY: pointer obligations of `handle`.
            let notify = unsafe { handle::channel(channel) }?.clone();
            // SAFETY: a live channel.
            if unsafe { (*channel).context } != context {
                log_error!("create_cq: the channel belongs to another context");
                // What the kernel says to a descriptor it does not find in the context.
                return Err(Errno::EBADF);
            }
            Some(notify)
        };
        let cq = Arc::new(Cq::new(soft.clone(), notify, capacity)?);
        let pointer = CqHandle::into_raw(verbs_cq::zeroed(), cq.clone()).cast::<ibv_cq>();
        cq.user_handle.store(pointer as u64, Ordering::Relaxed);
        // SAFETY: the struct was just made and nobody else knows it yet.
        let c = unsafe { &mut *pointer };
        c.context = context;
        c.channel = channel;
        c.cqe = cqe;
        Ok(pointer)
    })
}

fn check_capacity(cqe: c_int) -> Result<u32, Errno> {
    match u32::try_from(cqe) {
        Ok(capacity @ 1..=limits::MAX_CQE) => Ok(capacity),
        _ => {
            log_error!(
                "{cqe} completion queue entries: 1 to {} are possible",
                limits::MAX_CQE
            );
            Err(Errno::EINVAL)
        }
    }
}

pub(super) unsafe extern "C" fn resize_cq(cq: *mut ibv_cq, cqe: c_int) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object = unsafe { handle::cq(cq) }?;
        object.context.process.check_ours()?;
        object.resize(check_capacity(cqe)?)?;
        // SAFETY: a live CQ; concurrent readers of the field are the application's business.
        unsafe { (*cq).cqe = cqe };
        Ok(())
    })
}

pub(super) unsafe extern "C" fn req_notify_cq(cq: *mut ibv_cq, solicited_only: c_int) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object = unsafe { handle::cq(cq) }?;
        let process = &object.context.process;
        process.check_ours()?;
        object.arm(if solicited_only != 0 {
            Arm::Solicited
        } else {
            Arm::Any
        });
        process.end_lease();
        Ok(())
    })
}

/// The application has read an event of this CQ: the channel may show the next one.
pub(super) unsafe extern "C" fn cq_event(cq: *mut ibv_cq) {
    gate_void(|| {
        // SAFETY: pointer obligations of `handle`; destroy waits until this event is acknowledged.
        let Ok(object) = (unsafe { handle::cq(cq) }) else {
            return;
        };
        if object.context.process.is_inherited() {
            return;
        }
        if let Some(channel) = &object.channel {
            channel.taken(cq as u64, &object.comp_events);
        }
    });
}

pub(super) unsafe extern "C" fn destroy_cq(cq: *mut ibv_cq) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object = unsafe { handle::cq(cq) }?;
        object.users.check_none()?;
        if object.context.process.is_inherited() {
            // The events are the parent's, and whoever held the mutex may not be here.
            // SAFETY: the application gives the CQ up.
            unsafe { CqHandle::free(cq) };
            return Ok(());
        }
        let in_transit = object
            .channel
            .as_ref()
            .map_or(0, |channel| channel.forget(cq as u64));
        let comp = object
            .comp_events
            .load(Ordering::Relaxed)
            .wrapping_add(in_transit);
        let in_transit = object.context.events.forget(cq as u64);
        let asynchronous = object
            .async_events
            .load(Ordering::Relaxed)
            .wrapping_add(in_transit);
        // SAFETY: a live CQ, whose mutex and condition the library has initialised.
        unsafe {
            handle::wait_for_acks(&raw mut (*cq).mutex, &raw mut (*cq).cond, || {
                (*cq).comp_events_completed == comp && (*cq).async_events_completed == asynchronous
            });
        }
        // SAFETY: nobody uses the CQ any more, and the application gives it up.
        unsafe { CqHandle::free(cq) };
        Ok(())
    })
}
