//! The C structs an application holds, each with the object behind it.
//!
//! A handle is one allocation: first the struct of `verbs.h`, whose fields C code reads and
//! writes, then an `Arc` of ours. A pointer from C is turned into a reference to the second part
//! only; the first is touched through raw pointers.
//!
//! # Pointer obligations
//! Every function here that takes a pointer from C wants NULL, or a pointer this module gave out
//! for an object that has not been destroyed. Verbs knows no other check.

use super::context::Context;
use super::notify::Channel;
use super::objects::{Ah, Cq, Mr, Pd, Qp, Srq};
use crate::abi::{
    embedded_context, ibv_ah, ibv_comp_channel, ibv_context, ibv_cq, ibv_pd, ibv_qp, ibv_srq,
    verbs_cq, verbs_mr, verbs_qp, verbs_srq,
};
use crate::base::errno::Errno;
use std::cell::UnsafeCell;
use std::sync::Arc;

/// A C struct and the object behind it.
#[repr(C)]
pub(crate) struct Handle<C, O> {
    c: UnsafeCell<C>,
    object: O,
}

pub(crate) type PdHandle = Handle<ibv_pd, Arc<Pd>>;
pub(crate) type MrHandle = Handle<verbs_mr, Mr>;
pub(crate) type CqHandle = Handle<verbs_cq, Arc<Cq>>;
pub(crate) type QpHandle = Handle<verbs_qp, Arc<Qp>>;
pub(crate) type SrqHandle = Handle<verbs_srq, Arc<Srq>>;
pub(crate) type AhHandle = Handle<ibv_ah, Ah>;
pub(crate) type ChannelHandle = Handle<ibv_comp_channel, Arc<Channel>>;

impl<C, O> Handle<C, O> {
    /// Allocates the pair; the application gets the pointer.
    pub(crate) fn into_raw(c: C, object: O) -> *mut C {
        Box::into_raw(Box::new(Handle {
            c: UnsafeCell::new(c),
            object,
        }))
        .cast()
    }

    /// The object behind a C pointer; EINVAL for NULL.
    ///
    /// # Safety
    /// See the pointer obligations of the module.
    #[inline]
    pub(crate) unsafe fn object<'a, P>(pointer: *const P) -> Result<&'a O, Errno> {
        if pointer.is_null() {
            return Err(Errno::EINVAL);
        }
        let handle: *const Handle<C, O> = pointer.cast();
        // SAFETY: a live handle of ours; the C part is not referenced by this.
        Ok(unsafe { &(*handle).object })
    }

    /// Frees the pair.
    ///
    /// # Safety
    /// As for `object`, and nobody uses the pointer afterwards.
    pub(crate) unsafe fn free<P>(pointer: *mut P) {
        let handle: *mut Handle<C, O> = pointer.cast();
        // SAFETY: `into_raw` made it from a box, and the caller gives it up.
        drop(unsafe { Box::from_raw(handle) });
    }
}

/// The open device a context stands for.
///
/// # Safety
/// See the pointer obligations of the module.
pub(crate) unsafe fn context<'a>(pointer: *mut ibv_context) -> Result<&'a Arc<Context>, Errno> {
    if pointer.is_null() {
        return Err(Errno::EINVAL);
    }
    let block = embedded_context::around(pointer);
    // SAFETY: the context is the embedded NIC's, so the word behind it is there.
    let soft: *const Arc<Context> = unsafe { (*block).soft }.cast();
    // SAFETY: the word is null or points to the box `open` made, which lives until close.
    unsafe { soft.as_ref() }.ok_or(Errno::EINVAL)
}

macro_rules! accessor {
    ($name:ident, $c:ty, $handle:ty, $object:ty) => {
        /// The object behind the pointer.
        ///
        /// # Safety
        /// See the pointer obligations of the module.
        #[inline]
        pub(crate) unsafe fn $name<'a>(pointer: *const $c) -> Result<&'a $object, Errno> {
            // SAFETY: the caller's obligation is the same.
            unsafe { <$handle>::object(pointer) }
        }
    };
}

accessor!(pd, ibv_pd, PdHandle, Arc<Pd>);
accessor!(cq, ibv_cq, CqHandle, Arc<Cq>);
accessor!(qp, ibv_qp, QpHandle, Arc<Qp>);
accessor!(srq, ibv_srq, SrqHandle, Arc<Srq>);
accessor!(ah, ibv_ah, AhHandle, Ah);
accessor!(channel, ibv_comp_channel, ChannelHandle, Arc<Channel>);

/// Blocks until the application has acknowledged what it was told, as destroy functions do.
///
/// # Safety
/// Mutex and condition must be initialised and outlive the call; `is_done` reads what they guard.
pub(crate) unsafe fn wait_for_acks(
    mutex: *mut libc::pthread_mutex_t,
    cond: *mut libc::pthread_cond_t,
    mut is_done: impl FnMut() -> bool,
) {
    // SAFETY: initialised, by contract.
    unsafe { libc::pthread_mutex_lock(mutex) };
    while !is_done() {
        // SAFETY: initialised, by contract; the mutex is held.
        unsafe { libc::pthread_cond_wait(cond, mutex) };
    }
    // SAFETY: held by this thread.
    unsafe { libc::pthread_mutex_unlock(mutex) };
}
