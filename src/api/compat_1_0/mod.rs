//! Programs of libibverbs 1.0: the functions of node `IBVERBS_1.0` and the objects they hand out.
//!
//! The structures of 1.0 (2006) are shorter and ordered otherwise than those of 1.1 and later, so
//! such a program gets wrappers of its own, each with a pointer to the real object; the real one
//! holds its wrapper as user context, which is how events find back. A wrapper is made by the call
//! that makes the real object and dies with it. Everything is done by the functions of the newer
//! nodes beside this folder; only structures change here.
//!
//! Posting and polling were inline functions through the table in the context already then;
//! `post` fills those slots. Completion channels have no function of their own in this node:
//! `channel` tells which kind of context a channel is asked for.
//!
//! # What callers promise
//! As in `gate`. In addition an object of another node, whose context is not of ours, is refused
//! with `EINVAL` like NULL.

mod channel;
mod device;
mod event;
mod memory;
mod post;
mod qp;
mod queue;

pub(super) use channel::{create_channel, destroy_channel, is_old_channel};
pub(super) use device::is_old_context;
pub(super) use exported::*;

use super::gate::not_null;
use crate::abi::*;
use crate::base::errno::Errno;

/// The functions of the node, by their exported names.
mod exported {
    pub(in crate::api) use super::device::{
        ibv_close_device, ibv_free_device_list, ibv_get_device_guid, ibv_get_device_list,
        ibv_get_device_name, ibv_open_device, ibv_query_device, ibv_query_gid, ibv_query_pkey,
        ibv_query_port, ibv_register_driver,
    };
    pub(in crate::api) use super::event::{
        ibv_ack_async_event, ibv_ack_cq_events, ibv_get_async_event, ibv_get_cq_event,
    };
    pub(in crate::api) use super::memory::{
        ibv_alloc_pd, ibv_create_ah, ibv_dealloc_pd, ibv_dereg_mr, ibv_destroy_ah, ibv_reg_mr,
    };
    pub(in crate::api) use super::qp::{
        ibv_attach_mcast, ibv_create_qp, ibv_destroy_qp, ibv_detach_mcast, ibv_modify_qp,
        ibv_query_qp,
    };
    pub(in crate::api) use super::queue::{
        ibv_create_cq, ibv_create_srq, ibv_destroy_cq, ibv_destroy_srq, ibv_modify_srq,
        ibv_query_srq, ibv_resize_cq,
    };
}

/// A wrapper as a program of 1.0 holds it.
trait Wrapper {
    type Real;

    /// The real object; `EINVAL` for NULL and for what is no wrapper.
    ///
    /// # Safety
    /// The promise *object*.
    unsafe fn real(self) -> Result<*mut Self::Real, Errno>;
}

macro_rules! wrappers {
    ($($wrapper:ident: $real:ident, $field:ident;)*) => {
        $(
            impl Wrapper for *mut $wrapper {
                type Real = $real;

                unsafe fn real(self) -> Result<*mut $real, Errno> {
                    not_null(self)?;
                    // SAFETY: the promise *object*: alive, and the context comes first in the
                    // wrappers as in the objects of every other node.
                    let context = unsafe { (*self).context };
                    // SAFETY: a live object keeps its context open.
                    unsafe { context.real() }?;
                    // SAFETY: its context says that it is a wrapper.
                    Ok(unsafe { (*self).$field })
                }
            }
        )*
    };
}

wrappers! {
    ibv_pd_1_0: ibv_pd, real_pd;
    ibv_mr_1_0: ibv_mr, real_mr;
    ibv_cq_1_0: ibv_cq, real_cq;
    ibv_srq_1_0: ibv_srq, real_srq;
    ibv_qp_1_0: ibv_qp, real_qp;
    ibv_ah_1_0: ibv_ah, real_ah;
}

/// Ends a wrapper whose real object is gone, and passes the answer on.
///
/// # Safety
/// The wrapper came from `Box::into_raw`; if `failed` is 0, nobody uses it any more.
unsafe fn end<T>(wrapper: *mut T, failed: std::ffi::c_int) -> Result<std::ffi::c_int, Errno> {
    if failed == 0 {
        // SAFETY: by contract.
        drop(unsafe { Box::from_raw(wrapper) });
    }
    Ok(failed)
}

#[cfg(test)]
mod tests;
