//! Names that a C library before 2.33 does not export and the standard library and nix ask for.
//!
//! The shared library is to be preloaded in containers of older releases, so it brings these
//! itself (hidden, by the version script) and enters the kernel directly. On x86_64 the kernel's
//! record is the C library's, in both spellings.

use std::ffi::{c_char, c_int, c_long};

/// The system call behind all of them; −1 and `errno` on failure.
unsafe fn newfstatat<T>(dirfd: c_int, path: *const c_char, record: *mut T, flags: c_int) -> c_int {
    const { assert!(size_of::<T>() == size_of::<libc::stat64>()) };
    // SAFETY: the kernel checks both addresses; the caller vouches for the room behind `record`.
    let ret: c_long =
        unsafe { libc::syscall(libc::SYS_newfstatat, dirfd, path, record, flags as c_long) };
    ret as c_int
}

/// Defines the four functions for one spelling of the record.
macro_rules! stats {
    ($record:ident: $stat:ident $lstat:ident $fstat:ident $fstatat:ident) => {
        /// See `man stat(2)`.
        ///
        /// # Safety
        /// As for the C function.
        #[unsafe(no_mangle)]
        pub(super) unsafe extern "C" fn $stat(
            path: *const c_char,
            record: *mut libc::$record,
        ) -> c_int {
            // SAFETY: the obligations are the caller's, unchanged.
            unsafe { newfstatat(libc::AT_FDCWD, path, record, 0) }
        }

        /// See `man lstat(2)`.
        ///
        /// # Safety
        /// As for the C function.
        #[unsafe(no_mangle)]
        pub(super) unsafe extern "C" fn $lstat(
            path: *const c_char,
            record: *mut libc::$record,
        ) -> c_int {
            // SAFETY: the obligations are the caller's, unchanged.
            unsafe { newfstatat(libc::AT_FDCWD, path, record, libc::AT_SYMLINK_NOFOLLOW) }
        }

        /// See `man fstat(2)`.
        ///
        /// # Safety
        /// As for the C function.
        #[unsafe(no_mangle)]
        pub(super) unsafe extern "C" fn $fstat(fd: c_int, record: *mut libc::$record) -> c_int {
            // SAFETY: the obligations are the caller's, unchanged; the empty path is a constant.
            unsafe { newfstatat(fd, c"".as_ptr(), record, libc::AT_EMPTY_PATH) }
        }

        /// See `man fstatat(2)`.
        ///
        /// # Safety
        /// As for the C function.
        #[unsafe(no_mangle)]
        pub(super) unsafe extern "C" fn $fstatat(
            dirfd: c_int,
            path: *const c_char,
            record: *mut libc::$record,
            flags: c_int,
        ) -> c_int {
            // SAFETY: the obligations are the caller's, unchanged.
            unsafe { newfstatat(dirfd, path, record, flags) }
        }
    };
}

stats!(stat: stat lstat fstat fstatat);
stats!(stat64: stat64 lstat64 fstat64 fstatat64);
