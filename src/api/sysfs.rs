//! Reading small text files of the kernel, on behalf of old programs and of librdmacm.

use std::ffi::{CStr, CString, OsStr, c_char, c_int};
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::sync::OnceLock;

use super::gate::{self, not_null};
use crate::base::errno::Errno;

const DEFAULT_PATH: &CStr = c"/sys";
const MAX_PATH_BYTES: usize = 256;

/// Where sysfs is mounted: `SYSFS_PATH` unless the process runs with somebody else's rights.
fn path() -> &'static CStr {
    static PATH: OnceLock<CString> = OnceLock::new();
    PATH.get_or_init(|| {
        // SAFETY: the two calls take no argument and cannot fail.
        let same_user = unsafe { libc::getuid() == libc::geteuid() };
        let given = if same_user {
            std::env::var_os("SYSFS_PATH")
        } else {
            None
        };
        let mut path = given.map(OsStringExt::into_vec).unwrap_or_default();
        path.truncate(MAX_PATH_BYTES - 1);
        while path.last() == Some(&b'/') {
            path.pop();
        }
        if path.is_empty() {
            DEFAULT_PATH.into()
        } else {
            CString::new(path).unwrap_or_default()
        }
    })
}

/// The directory sysfs is mounted on.
pub(super) extern "C" fn ibv_get_sysfs_path() -> *const c_char {
    gate::value(DEFAULT_PATH.as_ptr(), || Ok(path().as_ptr()))
}

/// Reads a file in a directory into a buffer: the length, or −1.
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
        let path = Path::new(OsStr::from_bytes(dir.to_bytes()));
        let text = read(&path.join(OsStr::from_bytes(file.to_bytes())), size)?;
        // SAFETY: the promise *place*, and the text with its NUL fits: `read` has seen to it.
        unsafe {
            buf.cast::<u8>()
                .copy_from_nonoverlapping(text.as_ptr(), text.len())
        };
        // SAFETY: as above.
        unsafe { buf.add(text.len()).write(0) };
        Ok(text.len() as c_int)
    })
}

/// One read of at most `size` bytes, without the newline at the end.
///
/// A text that leaves no room for the NUL is an error, not a shorter text.
fn read(path: &Path, size: usize) -> Result<Vec<u8>, Errno> {
    let mut text = vec![0; size.min(MAX_FILE_BYTES)];
    let length = File::open(path)?.read(&mut text)?;
    text.truncate(length);
    if text.last() == Some(&b'\n') {
        text.pop();
    } else if length >= size {
        return Err(Errno::EOVERFLOW);
    }
    Ok(text)
}

/// More than any file of sysfs has.
const MAX_FILE_BYTES: usize = 65536;

#[cfg(test)]
mod tests;
