//! Small text files of the kernel: where sysfs is, and how one of its files is read.
#![forbid(unsafe_code)]

use std::ffi::{CStr, CString, OsStr};
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::base::errno::Errno;

const DEFAULT_ROOT: &CStr = c"/sys";

/// `SYSFS_PATH` is cut here.
const MAX_ROOT_BYTES: usize = 256;

/// More than any attribute of a device has.
#[allow(dead_code, reason = "read below")]
const MAX_TEXT_BYTES: usize = 4096;

/// Where sysfs is mounted, without a slash at the end.
///
/// `SYSFS_PATH` says so, unless the process runs with somebody else's rights; asked once.
pub(crate) fn root() -> &'static CStr {
    static ROOT: OnceLock<CString> = OnceLock::new();
    ROOT.get_or_init(|| {
        let is_own = nix::unistd::getuid() == nix::unistd::geteuid();
        let given = std::env::var_os("SYSFS_PATH").filter(|_| is_own);
        given.map_or(DEFAULT_ROOT.into(), |path| clean(path.into_vec()))
    })
}

/// A path as given by somebody, cut and without slashes at the end; it may become empty.
fn clean(mut path: Vec<u8>) -> CString {
    path.truncate(MAX_ROOT_BYTES);
    while path.last() == Some(&b'/') {
        path.pop();
    }
    CString::new(path).unwrap_or_default()
}

/// A path below the root.
#[allow(dead_code, reason = "for whoever looks for kernel devices")]
pub(crate) fn path(below: impl AsRef<Path>) -> PathBuf {
    Path::new(OsStr::from_bytes(root().to_bytes())).join(below)
}

/// The text of a small file, without the newline at its end.
#[allow(dead_code, reason = "for whoever looks for kernel devices")]
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Errno> {
    let mut text = vec![0; MAX_TEXT_BYTES];
    let length = File::open(path)?.read(&mut text)?;
    text.truncate(length);
    if text.last() == Some(&b'\n') {
        text.pop();
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
