//! The answers of whatever has no body: one function per return convention.
//!
//! The table in `ops` names the convention of each operation. They take no argument and read
//! none, so one body serves every signature with the same kind of result. None of them ever
//! pretends to have done something.

use std::ffi::{c_int, c_void};

use crate::base::errno::Errno;

/// Leaves `EOPNOTSUPP` in the thread's `errno`.
pub(crate) fn set_unsupported() {
    set_errno(Errno::EOPNOTSUPP);
}

/// Leaves an error number in the thread's `errno`.
pub(crate) fn set_errno(errno: Errno) {
    // SAFETY: the C library always gives a valid address of this thread's errno.
    let place = unsafe { libc::__errno_location() };
    // SAFETY: as above, and nobody else writes this thread's errno meanwhile.
    unsafe { *place = errno.0 };
}

/// Returns the positive error number; `errno` is set as well, as rdma-core's defaults do.
pub(crate) extern "C" fn errno() -> c_int {
    set_unsupported();
    Errno::EOPNOTSUPP.0
}

/// Returns NULL and sets `errno`.
pub(crate) extern "C" fn null() -> *mut c_void {
    set_unsupported();
    std::ptr::null_mut()
}

/// Returns −1 and sets `errno`.
pub(crate) extern "C" fn minus_one() -> c_int {
    set_unsupported();
    -1
}

/// Returns nothing and does nothing.
pub(crate) extern "C" fn nothing() {}
