//! The door for extensions: which named tables a device has beyond verbs.
//!
//! These are the only names of node `VERBIUM_1.0`; `verbs.h` declares them for programs that
//! define `VERBIUM_EXTENSIONS`.

use std::ffi::{CStr, c_char, c_int, c_void};

use super::gate::{self, not_null};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::provider::context::private;
use crate::provider::device::DeviceRef;
use crate::provider::extension::{self, Tables};

/// The tables of an extension of a device.
///
/// # Safety
/// The promises of `gate`.
unsafe fn find(device: *mut ibv_device, name: *const c_char) -> Result<Tables, Errno> {
    not_null(name)?;
    // SAFETY: the promise *object*.
    let device = unsafe { DeviceRef::to(device) }?;
    // SAFETY: the promise *text*.
    extension::find(&device, unsafe { CStr::from_ptr(name) })
}

/// A table as C gets it; `ENOSYS` where the extension has none of this kind.
fn hand_out(table: *const ibv_ext_ops) -> Result<*mut c_void, Errno> {
    not_null(table).map_err(|_| Errno::ENOSYS)?;
    Ok(table.cast_mut().cast())
}

/// Whether a device has an extension: 0, `ENOSYS` if not, `EINVAL` for NULL.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_have_ext_ops(
    device: *mut ibv_device,
    name: *const c_char,
) -> c_int {
    // SAFETY: the promises are the caller's.
    gate::errno(|| unsafe { find(device, name) }.map(|_| 0))
}

/// The operations of an extension on a device; NULL with `ENOSYS` or `EINVAL`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_get_device_ext_ops(
    device: *mut ibv_device,
    name: *const c_char,
) -> *mut c_void {
    // SAFETY: the promises are the caller's.
    gate::null(|| hand_out(unsafe { find(device, name) }?.device_ops))
}

/// The operations of an extension on a context and its objects; NULL with `ENOSYS` or `EINVAL`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_get_ext_ops(
    context: *mut ibv_context,
    name: *const c_char,
) -> *mut c_void {
    gate::value(std::ptr::null_mut(), || {
        // SAFETY: the promise *object*.
        let private = unsafe { private(context) }?;
        // SAFETY: the private part lives as long as the context and keeps the device.
        let device = unsafe { (*private).device.as_ptr() };
        // SAFETY: the promises are the caller's.
        hand_out(unsafe { find(device, name) }?.context_ops)
    })
}

/// Adds an extension to the devices of a provider, for good: 0, or `EINVAL`, `EEXIST`, `ENOSPC`.
///
/// # Safety
/// The promises of `gate`; the tables begin with their size and stay for good.
pub(super) unsafe extern "C" fn ibv_register_ext_ops(
    registration: *const ibv_ext_registration,
) -> c_int {
    // SAFETY: the promises are the caller's.
    gate::errno(|| unsafe { extension::register(registration) }.map(|()| 0))
}

#[cfg(test)]
mod tests;
