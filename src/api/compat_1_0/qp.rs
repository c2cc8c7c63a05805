//! Queue pairs and multicast membership for programs of 1.0.

use std::ffi::c_int;
use std::mem::offset_of;
use std::ptr::null_mut;

use super::memory::ends;
use super::queue::{wrapper_of_cq, wrapper_of_srq};
use super::{Wrapper, end};
use crate::abi::*;
use crate::api::gate::{self, not_null};
use crate::api::qp;
use crate::base::errno::Errno;

/// How much of today's attributes there was in 1.0: everything before the rate limit.
const OLD_ATTR_BYTES: usize = offset_of!(ibv_qp_attr, rate_limit);

/// `ibv_create_qp` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_create_qp(
    pd: *mut ibv_pd_1_0,
    init_attr: *mut ibv_qp_init_attr_1_0,
) -> *mut ibv_qp_1_0 {
    gate::null(|| {
        // SAFETY: the promise *object*.
        let real_pd = unsafe { pd.real() }?;
        not_null(init_attr)?;
        // SAFETY: the promise *argument*.
        let asked = unsafe { init_attr.read() };
        let mut wrapper = Box::new(ibv_qp_1_0 {
            // SAFETY: the promise *object*.
            context: unsafe { (*pd).context },
            qp_context: asked.qp_context,
            pd,
            send_cq: asked.send_cq,
            recv_cq: asked.recv_cq,
            srq: asked.srq,
            qp_type: asked.qp_type,
            ..Zeroed::zeroed()
        });
        let mut real_attr = ibv_qp_init_attr {
            qp_context: (&raw mut *wrapper).cast(),
            // SAFETY: the promise *argument*.
            send_cq: unsafe { asked.send_cq.real() }?,
            // SAFETY: as above.
            recv_cq: unsafe { asked.recv_cq.real() }?,
            srq: if asked.srq.is_null() {
                null_mut()
            } else {
                // SAFETY: as above.
                unsafe { asked.srq.real() }?
            },
            cap: asked.cap,
            qp_type: asked.qp_type,
            sq_sig_all: asked.sq_sig_all,
        };
        // SAFETY: real objects, and a struct of ours.
        let real_qp = unsafe { qp::ibv_create_qp(real_pd, &mut real_attr) };
        // SAFETY: NULL or just made.
        let real = unsafe { real_qp.as_ref() }.ok_or_else(Errno::last)?;
        wrapper.handle = real.handle;
        wrapper.qp_num = real.qp_num;
        wrapper.state = real.state;
        wrapper.real_qp = real_qp;
        // SAFETY: just made. Events find the wrapper here, whoever the provider is.
        unsafe { (*real_qp).qp_context = real_attr.qp_context };
        // SAFETY: the promise *argument*: what was really made goes back to the program.
        unsafe { (*init_attr).cap = real_attr.cap };
        Ok(Box::into_raw(wrapper))
    })
}

/// `ibv_modify_qp` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_modify_qp(
    qp: *mut ibv_qp_1_0,
    attr: *mut ibv_qp_attr,
    attr_mask: c_int,
) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let real = unsafe { qp.real() }?;
        not_null(attr)?;
        let mut known: ibv_qp_attr = Zeroed::zeroed();
        let place = (&raw mut known).cast::<u8>();
        // SAFETY: the promise *argument*; the struct of 1.0 is the beginning of today's.
        unsafe { place.copy_from_nonoverlapping(attr.cast(), OLD_ATTR_BYTES) };
        // SAFETY: alive as long as its wrapper, and a struct of ours.
        let failed = unsafe { qp::ibv_modify_qp(real, &mut known, attr_mask) };
        if failed == 0 {
            // SAFETY: both alive; the program reads the state from its own.
            unsafe { (*qp).state = (*real).state };
        }
        Ok(failed)
    })
}

/// `ibv_query_qp` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_query_qp(
    qp: *mut ibv_qp_1_0,
    attr: *mut ibv_qp_attr,
    attr_mask: c_int,
    init_attr: *mut ibv_qp_init_attr_1_0,
) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let real = unsafe { qp.real() }?;
        not_null(attr)?;
        not_null(init_attr)?;
        let mut found: ibv_qp_attr = Zeroed::zeroed();
        let mut init: ibv_qp_init_attr = Zeroed::zeroed();
        // SAFETY: alive as long as its wrapper, and structs of ours.
        let failed = unsafe { qp::ibv_query_qp(real, &mut found, attr_mask, &mut init) };
        if failed != 0 {
            return Ok(failed);
        }
        let place = attr.cast::<u8>();
        // SAFETY: the promise *place*: a struct of 1.0, the beginning of today's.
        unsafe { place.copy_from_nonoverlapping((&raw const found).cast(), OLD_ATTR_BYTES) };
        let init = ibv_qp_init_attr_1_0 {
            // SAFETY: the promise *object*.
            qp_context: unsafe { (*qp).qp_context },
            // SAFETY: the QP was made with wrapped queues, and they live as long as it does.
            send_cq: unsafe { wrapper_of_cq(init.send_cq) },
            // SAFETY: as above.
            recv_cq: unsafe { wrapper_of_cq(init.recv_cq) },
            // SAFETY: as above.
            srq: unsafe { wrapper_of_srq(init.srq) },
            cap: init.cap,
            qp_type: init.qp_type,
            sq_sig_all: init.sq_sig_all,
        };
        // SAFETY: the promise *place*.
        unsafe { init_attr.write(init) };
        // SAFETY: both alive; the program reads the state from its own.
        unsafe { (*qp).state = (*real).state };
        Ok(0)
    })
}

/// Defines both functions of multicast membership.
macro_rules! memberships {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Safety
            /// The promises of `gate`.
            pub(in crate::api) unsafe extern "C" fn $name(
                qp: *mut ibv_qp_1_0,
                gid: *const ibv_gid,
                lid: u16,
            ) -> c_int {
                gate::errno(|| {
                    // SAFETY: the promise *object*.
                    let real = unsafe { qp.real() }?;
                    // SAFETY: what the caller promised, with the real QP.
                    Ok(unsafe { qp::$name(real, gid, lid) })
                })
            }
        )*
    };
}

memberships! {
    /// `ibv_attach_mcast` of 1.0.
    ibv_attach_mcast;
    /// `ibv_detach_mcast` of 1.0.
    ibv_detach_mcast;
}

ends! {
    /// `ibv_destroy_qp` of 1.0.
    ibv_destroy_qp(qp: ibv_qp_1_0) = qp;
}
