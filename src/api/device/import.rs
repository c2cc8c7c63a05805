//! Objects shared between processes of one kernel device: made by one, imported by another.

use std::ffi::c_int;

use nix::sys::stat::{SFlag, fstat};

use super::cover_slots;
use crate::abi::*;
use crate::api::gate::{self, forward};
use crate::base::errno::Errno;
use crate::provider::registry;

/// `man ibv_import_device(3)`: a context on the command descriptor of another.
///
/// EINVAL for what is no character device, ENODEV for one that is none of the listed devices,
/// EOPNOTSUPP where its provider cannot import. The embedded NIC has no character device.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_import_device(cmd_fd: c_int) -> *mut ibv_context {
    gate::null(|| {
        if cmd_fd < 0 {
            return Err(Errno::EINVAL);
        }
        // SAFETY: the descriptor is the caller's for the length of the call, and asking about a
        // number that is none is an error of the system call.
        let fd = unsafe { std::os::fd::BorrowedFd::borrow_raw(cmd_fd) };
        let stat = fstat(fd).map_err(|_| Errno::EINVAL)?;
        if stat.st_mode & SFlag::S_IFMT.bits() != SFlag::S_IFCHR.bits() {
            return Err(Errno::EINVAL);
        }
        let devices = registry::list().map_err(|_| Errno::ENODEV)?;
        let device = devices
            .iter()
            .find(|device| device.cdev() == Some(stat.st_rdev))
            .ok_or(Errno::ENODEV)?;
        let context = device.import(cmd_fd)?.as_ptr();
        // SAFETY: just made; the application has not seen it yet.
        unsafe { cover_slots(context) };
        Ok(context)
    })
}

forward! {
    /// `man ibv_import_pd(3)`.
    ibv_import_pd(context: *mut ibv_context, handle: u32) -> *mut ibv_pd = null import_pd;
    /// `man ibv_import_mr(3)`.
    ibv_import_mr(pd: *mut ibv_pd, handle: u32) -> *mut ibv_mr = null import_mr;
    /// `man ibv_import_dm(3)`.
    ibv_import_dm(context: *mut ibv_context, handle: u32) -> *mut ibv_dm = null import_dm;
    /// `man ibv_unimport_pd(3)`.
    ibv_unimport_pd(pd: *mut ibv_pd) = nothing unimport_pd;
    /// `man ibv_unimport_mr(3)`.
    ibv_unimport_mr(mr: *mut ibv_mr) = nothing unimport_mr;
    /// `man ibv_unimport_dm(3)`.
    ibv_unimport_dm(dm: *mut ibv_dm) = nothing unimport_dm;
}

#[cfg(test)]
#[test]
fn only_the_character_device_of_a_listed_device_is_imported() {
    use std::os::fd::AsRawFd;

    let import = |fd| {
        // SAFETY: the function takes any number.
        let context = unsafe { ibv_import_device(fd) };
        assert!(context.is_null());
        Errno::last()
    };
    assert_eq!(import(-1), Errno::EINVAL);
    assert_eq!(import(c_int::MAX), Errno::EINVAL);
    let directory = std::fs::File::open("/").expect("a directory");
    assert_eq!(import(directory.as_raw_fd()), Errno::EINVAL);
    let null = std::fs::File::open("/dev/null").expect("a character device");
    assert_eq!(import(null.as_raw_fd()), Errno::ENODEV);
}
