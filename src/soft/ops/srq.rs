//! Shared receive queues.

use super::{gate, gate_pointer};
use crate::abi::{self, Zeroed, ibv_pd, ibv_srq, ibv_srq_attr, ibv_srq_init_attr, verbs_srq};
use crate::base::errno::Errno;
use crate::base::sync::Ordering;
use crate::log_error;
use crate::soft::handle::{self, SrqHandle};
use crate::soft::limits;
use crate::soft::objects::Srq;
use std::ffi::c_int;
use std::sync::Arc;

pub(super) unsafe extern "C" fn create_srq(
    pd: *mut ibv_pd,
    init: *mut ibv_srq_init_attr,
) -> *mut ibv_srq {
    gate_pointer(|| {
        // SAFETY: pointer obligations of `handle`.
        let domain = unsafe { handle::pd(pd) }?;
        // SAFETY: a live domain.
        let context = unsafe { (*pd).context };
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        soft.process.check_ours()?;
        // SAFETY: NULL or a struct of the application, which gets the real numbers back.
        let init = unsafe { init.as_mut() }.ok_or(Errno::EINVAL)?;
        let attr = &mut init.attr;
        if !(1..=limits::MAX_SRQ_WR).contains(&attr.max_wr) || attr.max_sge > limits::MAX_SGE {
            log_error!(
                "create_srq: max_wr {} or max_sge {}",
                attr.max_wr,
                attr.max_sge
            );
            return Err(Errno::EINVAL);
        }
        attr.max_sge = attr.max_sge.max(1);
        let srq = Arc::new(Srq::new(
            soft.clone(),
            domain.clone(),
            attr.max_wr,
            attr.max_sge,
        )?);
        let pointer = SrqHandle::into_raw(verbs_srq::zeroed(), srq.clone()).cast::<ibv_srq>();
        srq.user_handle.store(pointer as u64, Ordering::Relaxed);
        // SAFETY: the struct was just made and nobody else knows it yet.
        let c = unsafe { &mut *pointer };
        c.context = context;
        c.srq_context = init.srq_context;
        c.pd = pd;
        // SAFETY: as above; the mutex is initialised in place and never moves.
        unsafe { libc::pthread_mutex_init(&mut c.mutex, std::ptr::null()) };
        // SAFETY: as above.
        unsafe { libc::pthread_cond_init(&mut c.cond, std::ptr::null()) };
        Ok(pointer)
    })
}

pub(super) unsafe extern "C" fn modify_srq(
    srq: *mut ibv_srq,
    attr: *mut ibv_srq_attr,
    mask: c_int,
) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object = unsafe { handle::srq(srq) }?;
        object.context.process.check_ours()?;
        // SAFETY: NULL or a struct of the application.
        let attr = unsafe { attr.as_ref() }.ok_or(Errno::EINVAL)?;
        let mask = mask as u32;
        if mask & !(abi::IBV_SRQ_MAX_WR | abi::IBV_SRQ_LIMIT) != 0 {
            log_error!("modify_srq: attribute mask {mask:#x} is not known");
            return Err(Errno::EINVAL);
        }
        if mask & abi::IBV_SRQ_MAX_WR != 0 {
            log_error!("modify_srq: this device does not resize shared receive queues");
            return Err(Errno::EOPNOTSUPP);
        }
        if mask & abi::IBV_SRQ_LIMIT != 0 {
            object.arm_limit(attr.srq_limit)?;
        }
        Ok(())
    })
}

pub(super) unsafe extern "C" fn query_srq(srq: *mut ibv_srq, attr: *mut ibv_srq_attr) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object = unsafe { handle::srq(srq) }?;
        object.context.process.check_ours()?;
        // SAFETY: NULL or a struct of the application.
        let attr = unsafe { attr.as_mut() }.ok_or(Errno::EINVAL)?;
        attr.max_wr = object.max_wr;
        attr.max_sge = object.max_sge;
        attr.srq_limit = object.lock().limit();
        Ok(())
    })
}

pub(super) unsafe extern "C" fn destroy_srq(srq: *mut ibv_srq) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object = unsafe { handle::srq(srq) }?;
        object.users.check_none()?;
        if object.context.process.is_inherited() {
            // The events are the parent's, and whoever held the mutex may not be here.
            object.release();
            // SAFETY: the application gives the SRQ up.
            unsafe { SrqHandle::free(srq) };
            return Ok(());
        }
        let in_transit = object.context.events.forget(srq as u64);
        let events = object
            .async_events
            .load(Ordering::Relaxed)
            .wrapping_add(in_transit);
        // SAFETY: a live SRQ, whose mutex and condition are initialised.
        unsafe {
            handle::wait_for_acks(&raw mut (*srq).mutex, &raw mut (*srq).cond, || {
                (*srq).events_completed == events
            });
        }
        object.release();
        // SAFETY: nobody uses the SRQ any more, and the application gives it up.
        unsafe { SrqHandle::free(srq) };
        Ok(())
    })
}
