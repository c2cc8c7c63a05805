//! The border between C and us: every exported function passes through one of these gates.
//!
//! A gate catches panics, because unwinding must not reach C; it turns an [`Errno`] into the
//! convention of the function (a positive number, −1, NULL, a negative number, nothing); and it
//! leaves `errno` as it was when the call succeeded, whatever ran in between.
//!
//! # What callers promise
//!
//! C cannot be checked, so each exported function relies on these and names no others:
//!
//! * *Object.* A pointer to a verbs object is NULL or was returned by this library for that type
//!   and not destroyed since. NULL is refused with `EINVAL`.
//! * *Place.* A pointer through which a result is given is NULL or points to writable memory of
//!   that type. NULL is refused with `EINVAL` where the function cannot do without.
//! * *Argument.* A pointer to a struct of arguments is NULL or points to readable memory of that
//!   type, and the arrays it names have the lengths it says.
//! * *Text.* A pointer to a string is NULL or points to a string that ends with NUL.
//!
//! Objects may be used from several threads as verbs allow; nothing here takes a lock of its own.

use std::ffi::{c_char, c_int};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::reserve;
use crate::provider::context::private;
use crate::provider::refuse::set_errno;

/// Runs the body of an exported function; a panic in it is an `EIO` of a broken adapter.
fn run<T>(body: impl FnOnce() -> Result<T, Errno>, is_success: fn(&T) -> bool) -> Result<T, Errno> {
    let before = Errno::last();
    let result = catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        crate::log_error!("a call failed by a defect of the library itself");
        Err(Errno::EIO)
    });
    match &result {
        Ok(value) if is_success(value) => set_errno(before),
        Ok(_) => {}
        Err(errno) => set_errno(*errno),
    }
    result
}

/// Convention: 0, or a positive error number, which is left in `errno` as well.
pub(super) fn errno(body: impl FnOnce() -> Result<c_int, Errno>) -> c_int {
    match run(body, |&value| value == 0) {
        Ok(value) => {
            if value > 0 {
                set_errno(Errno(value));
            }
            value
        }
        Err(errno) => errno.0,
    }
}

/// Convention: a result of at least 0, or −1 with `errno`.
pub(super) fn minus_one(body: impl FnOnce() -> Result<c_int, Errno>) -> c_int {
    run(body, |&value| value >= 0).unwrap_or(-1)
}

/// Convention: a pointer to what was made, or NULL with `errno`: ENOMEM before anything is begun if
/// memory is scarce.
pub(super) fn null<T>(body: impl FnOnce() -> Result<*mut T, Errno>) -> *mut T {
    let checked = || reserve::check().and_then(|()| body());
    run(checked, |pointer| !pointer.is_null()).unwrap_or(std::ptr::null_mut())
}

/// Convention: a count, or a negative error number.
pub(super) fn negative(body: impl FnOnce() -> Result<isize, Errno>) -> isize {
    run(body, |&value| value >= 0).unwrap_or_else(|errno| -(errno.0 as isize))
}

/// Convention: no result; a failure is only to be found in `errno`.
pub(super) fn nothing(body: impl FnOnce() -> Result<(), Errno>) {
    let _ = run(body, |()| true);
}

/// Convention: a plain value with no room for an error.
pub(super) fn value<T>(otherwise: T, body: impl FnOnce() -> Result<T, Errno>) -> T {
    run(body, |_| true).unwrap_or(otherwise)
}

/// Refuses NULL where C would have crashed.
pub(super) fn not_null<T>(pointer: *const T) -> Result<(), Errno> {
    if pointer.is_null() {
        Err(Errno::EINVAL)
    } else {
        Ok(())
    }
}

/// Objects that know the context they belong to.
pub(super) trait Owned {
    /// The context of an object, `EINVAL` for NULL.
    ///
    /// # Safety
    /// The promise *object*.
    unsafe fn context(self) -> Result<*mut ibv_context, Errno>;
}

impl Owned for *mut ibv_context {
    unsafe fn context(self) -> Result<*mut ibv_context, Errno> {
        // SAFETY: the promise *object* is the caller's.
        unsafe { private(self) }.map(|_| self)
    }
}

macro_rules! owned {
    ($($object:ident)*) => {
        $(
            impl Owned for *mut $object {
                unsafe fn context(self) -> Result<*mut ibv_context, Errno> {
                    not_null(self)?;
                    // SAFETY: the promise *object*: not NULL and alive.
                    let context = unsafe { (*self).context };
                    // SAFETY: a live object keeps its context open.
                    unsafe { context.context() }
                }
            }
        )*
    };
}

owned!(ibv_pd ibv_mr ibv_mw ibv_cq ibv_qp ibv_srq ibv_ah ibv_comp_channel ibv_wq ibv_dm);
owned!(ibv_dmah ibv_comp_cntr ibv_xrcd ibv_flow ibv_counters ibv_flow_action ibv_rwq_ind_table);

/// The operation of a context, from its writable private table.
///
/// Expands inside a body that returns `Result<_, Errno>`.
macro_rules! op {
    ($context:expr, $name:ident) => {{
        // SAFETY: the context came from `Owned::context`, which has looked for its private part.
        let private = unsafe { crate::provider::context::private($context) }?;
        // SAFETY: the private part lives as long as the context; one field is read.
        unsafe { (*private).ops.$name }.ok_or(crate::base::errno::Errno::EOPNOTSUPP)?
    }};
}
pub(super) use op;

/// The table of what the library asks a device itself.
///
/// # Safety
/// The promise *object*.
pub(super) unsafe fn core(context: *mut ibv_context) -> Result<&'static CoreOps, Errno> {
    // SAFETY: the promise *object* is the caller's.
    let private = unsafe { private(context) }?;
    // SAFETY: the private part lives as long as the context.
    Ok(unsafe { (*private).core })
}

/// Defines exported functions that check their pointers and hand everything to an operation.
macro_rules! forward {
    ($(
        $(#[$doc:meta])*
        $name:ident($object:ident: $type:ty $(, $argument:ident: $argument_type:ty)*)
            $(-> $result:ty)? = $convention:ident $op:ident $(, needs $($needed:ident)+)?;
    )*) => {
        $(
            $(#[$doc])*
            ///
            /// # Safety
            /// The promises of `gate`.
            pub(in crate::api) unsafe extern "C" fn $name(
                $object: $type $(, $argument: $argument_type)*
            ) $(-> $result)? {
                $crate::api::gate::$convention(|| {
                    $($($crate::api::gate::not_null($needed)?;)+)?
                    // SAFETY: the promise *object*.
                    let context = unsafe { $crate::api::gate::Owned::context($object) }?;
                    let op = $crate::api::gate::op!(context, $op);
                    // SAFETY: the provider's own operation, with what the application promised.
                    Ok(unsafe { op($object $(, $argument)*) })
                })
            }
        )*
    };
}
pub(super) use forward;

/// A NUL-terminated text that lives as long as the process, as C wants it.
pub(super) fn text(text: &'static std::ffi::CStr) -> *const c_char {
    text.as_ptr()
}

#[cfg(test)]
mod tests;
