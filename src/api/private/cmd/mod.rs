//! The kernel's commands under the names plug-ins know: `ibv_cmd_*`.
//!
//! Each function takes the plug-in's objects apart, lets one function of `kernel::cmd` talk to
//! the kernel, and puts what came back into the objects. A plug-in passes the C structs of a
//! command with its own bytes behind them; the library's part of the request is made anew, and
//! its part of the answer is stored there, as old plug-ins expect.
//!
//! Results are 0 or a positive error number, with `errno` set, unless a function says otherwise.

pub(in crate::api) mod cq;
pub(in crate::api) mod device;
pub(in crate::api) mod flow;
pub(in crate::api) mod mr;
pub(in crate::api) mod pd;
pub(in crate::api) mod post;
pub(in crate::api) mod qp;
pub(in crate::api) mod srq;
pub(in crate::api) mod wq;

#[cfg(test)]
mod tests;

use std::ptr::null;

use libc::{pthread_cond_t, pthread_mutex_t};

use crate::abi::*;
use crate::api::gate::Owned;
use crate::base::errno::Errno;
use crate::kernel::Uverbs;
use crate::provider::context;

/// The way to the kernel of an object.
///
/// # Safety
/// The promise *object*; the context stays open while the answer is used.
unsafe fn kernel<'a>(object: impl Owned) -> Result<&'a Uverbs, Errno> {
    // SAFETY: the caller's promise.
    let context = unsafe { object.context() }?;
    // SAFETY: open, since the object lives.
    unsafe { context::kernel(context) }
}

/// The handle of an object, `EINVAL` for NULL.
macro_rules! handle {
    ($object:expr) => {{
        let object = $object;
        $crate::api::gate::not_null(object)?;
        // SAFETY: the promise *object*: not NULL and alive.
        unsafe { (*object).handle }
    }};
}
use handle;

/// Stores the library's part of an answer where the plug-in keeps it, if it does.
///
/// # Safety
/// `response` is NULL or writable.
unsafe fn store<R>(response: *mut R, answer: R) {
    if !response.is_null() {
        // SAFETY: the caller's promise.
        unsafe { response.write(answer) };
    }
}

/// Makes a mutex and a condition, in place.
///
/// # Safety
/// Both are writable, and nobody uses them yet.
unsafe fn init_sync(mutex: *mut pthread_mutex_t, cond: *mut pthread_cond_t) {
    // SAFETY: the caller's promise.
    unsafe { libc::pthread_mutex_init(mutex, null()) };
    // SAFETY: the caller's promise.
    unsafe { libc::pthread_cond_init(cond, null()) };
}

/// The handle of an XRC domain, which plug-ins allocate as the larger struct.
///
/// # Safety
/// The promise *object*.
unsafe fn xrcd_handle(xrcd: *mut ibv_xrcd) -> Result<u32, Errno> {
    Ok(handle!(xrcd.cast::<verbs_xrcd>()))
}
