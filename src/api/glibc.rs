//! Four names that a C library before 2.33 does not export and the standard library asks for.
//!
//! The shared library is to be preloaded in containers of older releases, so it brings these
//! itself (hidden, by the version script) and enters the kernel directly. On x86_64 the kernel's
//! record is the C library's.

use std::ffi::{c_char, c_int, c_long};

const NO_FLAGS: c_int = 0;

/// The system call behind all four; −1 and `errno` on failure.
unsafe fn newfstatat(
    dirfd: c_int,
    path: *const c_char,
    record: *mut libc::stat64,
    flags: c_int,
) -> c_int {
    // SAFETY: the kernel checks both addresses; the caller vouches for the room behind `record`.
    let ret: c_long =
        unsafe { libc::syscall(libc::SYS_newfstatat, dirfd, path, record, flags as c_long) };
    ret as c_int
}

/// See `man stat(2)`.
///
/// # Safety
/// As for the C function.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn stat64(path: *const c_char, record: *mut libc::stat64) -> c_int {
    // SAFETY: the obligations are the caller's, unchanged.
    unsafe { newfstatat(libc::AT_FDCWD, path, record, NO_FLAGS) }
}

/// See `man lstat(2)`.
///
/// # Safety
/// As for the C function.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn lstat64(path: *const c_char, record: *mut libc::stat64) -> c_int {
    // SAFETY: the obligations are the caller's, unchanged.
    unsafe { newfstatat(libc::AT_FDCWD, path, record, libc::AT_SYMLINK_NOFOLLOW) }
}

/// See `man fstat(2)`.
///
/// # Safety
/// As for the C function.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn fstat64(fd: c_int, record: *mut libc::stat64) -> c_int {
    // SAFETY: the obligations are the caller's, unchanged; the empty path is a constant.
    unsafe { newfstatat(fd, c"".as_ptr(), record, libc::AT_EMPTY_PATH) }
}

/// See `man fstatat(2)`.
///
/// # Safety
/// As for the C function.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn fstatat64(
    dirfd: c_int,
    path: *const c_char,
    record: *mut libc::stat64,
    flags: c_int,
) -> c_int {
    // SAFETY: the obligations are the caller's, unchanged.
    unsafe { newfstatat(dirfd, path, record, flags) }
}
