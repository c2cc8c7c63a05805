//! Completion and async events for programs of 1.0: each names a wrapper.

use std::ffi::{c_int, c_uint, c_void};
use std::ptr::null_mut;

use super::{Wrapper, channel};
use crate::abi::*;
use crate::api::event::{Subject, subject};
use crate::api::gate::{self, not_null};
use crate::api::{comp_channel, event};

/// `ibv_get_cq_event` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_get_cq_event(
    channel: *mut ibv_comp_channel,
    cq: *mut *mut ibv_cq_1_0,
    cq_context: *mut *mut c_void,
) -> c_int {
    gate::minus_one(|| {
        not_null(cq)?;
        not_null(cq_context)?;
        // SAFETY: the promise *object*.
        let channel = unsafe { channel::real_channel(channel) };
        let (mut real, mut wrapper) = (null_mut(), null_mut());
        // SAFETY: what the caller promised, and places of ours.
        let failed = unsafe { comp_channel::ibv_get_cq_event(channel, &mut real, &mut wrapper) };
        if failed == 0 {
            let wrapper = wrapper.cast::<ibv_cq_1_0>();
            // SAFETY: the user context of a CQ of 1.0 is its wrapper.
            let context = unsafe { (*wrapper).cq_context };
            // SAFETY: the promise *place*.
            unsafe { cq.write(wrapper) };
            // SAFETY: the promise *place*.
            unsafe { cq_context.write(context) };
        }
        Ok(failed)
    })
}

/// `ibv_ack_cq_events` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_ack_cq_events(cq: *mut ibv_cq_1_0, nevents: c_uint) {
    gate::nothing(|| {
        // SAFETY: the promise *object*.
        let real = unsafe { cq.real() }?;
        // SAFETY: alive as long as its wrapper.
        unsafe { comp_channel::ibv_ack_cq_events(real, nevents) };
        Ok(())
    });
}

/// `ibv_get_async_event` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_get_async_event(
    context: *mut ibv_context_1_0,
    event: *mut ibv_async_event,
) -> c_int {
    gate::minus_one(|| {
        not_null(event)?;
        // SAFETY: the promise *object*.
        let real = unsafe { context.real() }?;
        // SAFETY: what the caller promised, with the real context.
        let failed = unsafe { event::ibv_get_async_event(real, event) };
        if failed == 0 {
            // SAFETY: the promise *place*; the event is there.
            let element = unsafe { &mut (*event).element };
            // SAFETY: written just now.
            let kind = subject(unsafe { (*event).event_type });
            // SAFETY: the type of the event says which member is set; its object lives until the
            // event is acknowledged, and its user context is its wrapper.
            unsafe {
                match kind {
                    Subject::Cq => element.cq = (*element.cq).cq_context.cast(),
                    Subject::Qp => element.qp = (*element.qp).qp_context.cast(),
                    Subject::Srq => element.srq = (*element.srq).srq_context.cast(),
                    Subject::Wq | Subject::Port => {}
                }
            }
        }
        Ok(failed)
    })
}

/// `ibv_ack_async_event` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_ack_async_event(event: *mut ibv_async_event) {
    gate::nothing(|| {
        not_null(event)?;
        // SAFETY: the promise *argument*.
        let mut real = unsafe { event.read() };
        let element = &mut real.element;
        match subject(real.event_type) {
            // SAFETY: the type of the event says which member is set, and it is a wrapper.
            Subject::Cq => element.cq = unsafe { element.cq.cast::<ibv_cq_1_0>().real() }?,
            // SAFETY: as above.
            Subject::Qp => element.qp = unsafe { element.qp.cast::<ibv_qp_1_0>().real() }?,
            // SAFETY: as above.
            Subject::Srq => element.srq = unsafe { element.srq.cast::<ibv_srq_1_0>().real() }?,
            Subject::Wq | Subject::Port => {}
        }
        // SAFETY: the event as the real function gave it.
        unsafe { event::ibv_ack_async_event(&mut real) };
        Ok(())
    });
}
