//! Protection domains, memory regions and address handles for programs of 1.0.

use std::ffi::{c_int, c_void};

use super::{Wrapper, end};
use crate::abi::*;
use crate::api::gate::{self, not_null};
use crate::api::{ah, mr, pd};
use crate::base::errno::Errno;

/// `ibv_alloc_pd` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_alloc_pd(
    context: *mut ibv_context_1_0,
) -> *mut ibv_pd_1_0 {
    gate::null(|| {
        // SAFETY: the promise *object*.
        let real_context = unsafe { context.real() }?;
        // SAFETY: open as long as its wrapper.
        let real_pd = unsafe { pd::ibv_alloc_pd(real_context) };
        not_null(real_pd).map_err(|_| Errno::last())?;
        Ok(Box::into_raw(Box::new(ibv_pd_1_0 {
            context,
            // SAFETY: just made.
            handle: unsafe { (*real_pd).handle },
            real_pd,
        })))
    })
}

/// `ibv_reg_mr` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_reg_mr(
    pd: *mut ibv_pd_1_0,
    addr: *mut c_void,
    length: usize,
    access: c_int,
) -> *mut ibv_mr_1_0 {
    gate::null(|| {
        // SAFETY: the promise *object*.
        let real_pd = unsafe { pd.real() }?;
        // SAFETY: what the caller promised, with the real domain.
        let real_mr = unsafe { mr::ibv_reg_mr(real_pd, addr, length, access) };
        // SAFETY: NULL or just made.
        let real = unsafe { real_mr.as_ref() }.ok_or_else(Errno::last)?;
        Ok(Box::into_raw(Box::new(ibv_mr_1_0 {
            // SAFETY: the promise *object*.
            context: unsafe { (*pd).context },
            pd,
            handle: real.handle,
            lkey: real.lkey,
            rkey: real.rkey,
            real_mr,
        })))
    })
}

/// `ibv_create_ah` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_create_ah(
    pd: *mut ibv_pd_1_0,
    attr: *mut ibv_ah_attr,
) -> *mut ibv_ah_1_0 {
    gate::null(|| {
        // SAFETY: the promise *object*.
        let real_pd = unsafe { pd.real() }?;
        // SAFETY: what the caller promised, with the real domain.
        let real_ah = unsafe { ah::ibv_create_ah(real_pd, attr) };
        not_null(real_ah).map_err(|_| Errno::last())?;
        Ok(Box::into_raw(Box::new(ibv_ah_1_0 {
            // SAFETY: the promise *object*.
            context: unsafe { (*pd).context },
            pd,
            // SAFETY: just made.
            handle: unsafe { (*real_ah).handle },
            real_ah,
        })))
    })
}

/// Defines functions that end an object and its wrapper.
macro_rules! ends {
    ($($(#[$doc:meta])* $name:ident($object:ident: $type:ty) = $module:ident;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Safety
            /// The promises of `gate`.
            pub(in crate::api) unsafe extern "C" fn $name($object: *mut $type) -> c_int {
                gate::errno(|| {
                    // SAFETY: the promise *object*.
                    let real = unsafe { $object.real() }?;
                    // SAFETY: alive as long as its wrapper.
                    let failed = unsafe { $module::$name(real) };
                    // SAFETY: the wrapper was boxed, and the caller gives it up.
                    unsafe { end($object, failed) }
                })
            }
        )*
    };
}
pub(super) use ends;

ends! {
    /// `ibv_dealloc_pd` of 1.0.
    ibv_dealloc_pd(pd: ibv_pd_1_0) = pd;
    /// `ibv_dereg_mr` of 1.0.
    ibv_dereg_mr(mr: ibv_mr_1_0) = mr;
    /// `ibv_destroy_ah` of 1.0.
    ibv_destroy_ah(ah: ibv_ah_1_0) = ah;
}
