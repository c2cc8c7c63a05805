//! Reading small text files of the kernel, on behalf of old programs and of librdmacm.

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;

use super::gate::{self, not_null};
use crate::base::errno::Errno;
use crate::kernel::sysfs;

/// The directory sysfs is mounted on: `/sys`, or what `SYSFS_PATH` says.
pub(super) extern "C" fn ibv_get_sysfs_path() -> *const c_char {
    gate::value(c"/sys".as_ptr(), || Ok(sysfs::root().as_ptr()))
}

/// Reads a file in a directory into a buffer: the length, or −1.
///
/// One newline at the end is cut. A text that fills the buffer to its end is a failure, since no
/// NUL would fit behind it; as with rdma-core it leaves `errno` as it was.
///
/// # Safety
/// The promises of `gate`; `buf` has room for `size` bytes.
pub(super) unsafe extern "C" fn ibv_read_sysfs_file(
    dir: *const c_char,
    file: *const c_char,
    buf: *mut c_char,
    size: usize,
) -> c_int {
    gate::minus_one(|| {
        not_null(dir)?;
        not_null(file)?;
        not_null(buf)?;
        // SAFETY: the promise *text*.
        let dir = unsafe { CStr::from_ptr(dir) };
        // SAFETY: the promise *text*.
        let file = unsafe { CStr::from_ptr(file) };
        // SAFETY: the promise *place*.
        unsafe { read_below(dir, file, buf, size) }
    })
}

/// The body of both functions that read a file for C.
///
/// # Safety
/// `buf` has room for `size` bytes.
pub(super) unsafe fn read_below(
    dir: &CStr,
    file: &CStr,
    buf: *mut c_char,
    size: usize,
) -> Result<c_int, Errno> {
    // An absolute name does not leave the directory, so the two are not joined as paths are.
    let path = [dir.to_bytes(), b"/", file.to_bytes()].concat();
    let file = File::open(OsStr::from_bytes(&path))?;
    // SAFETY: the kernel writes no more than `size` bytes into the caller's buffer.
    let length = unsafe { libc::read(file.as_raw_fd(), buf.cast(), size) };
    let length = Errno::result(length as i64)? as usize;
    let Some(last) = length.checked_sub(1) else {
        return Ok(0);
    };
    // SAFETY: the kernel has just written this byte.
    let ends_line = unsafe { buf.add(last).read() } == b'\n' as c_char;
    let text_bytes = if ends_line { last } else { length };
    if text_bytes >= size {
        return Ok(-1);
    }
    // SAFETY: below `size`, as just checked.
    unsafe { buf.add(text_bytes).write(0) };
    Ok(text_bytes as c_int)
}

#[cfg(test)]
mod tests;
