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
const MAX_TEXT_BYTES: usize = 4096;

/// Where sysfs is mounted, without a slash at the end.
///
/// `SYSFS_PATH` says so, unless the process runs with somebody else's rights; asked once.
pub fn root() -> &'static CStr {
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
pub fn path(below: impl AsRef<Path>) -> PathBuf {
    Path::new(OsStr::from_bytes(root().to_bytes())).join(below)
}

/// The text of a small file, without the newline at its end.
///
/// It is read with one call, as sysfs wants; a longer text is an error, not a shorter text.
pub fn read(path: &Path) -> Result<Vec<u8>, Errno> {
    let mut text = vec![0; MAX_TEXT_BYTES];
    let length = File::open(path)?.read(&mut text)?;
    text.truncate(length);
    if text.last() == Some(&b'\n') {
        text.pop();
    } else if length == MAX_TEXT_BYTES {
        return Err(Errno::EOVERFLOW);
    }
    Ok(text)
}

/// The number a text begins with, in decimal; what follows it does not matter.
pub fn parse_number(text: &[u8]) -> Option<u32> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&text[..digits]).ok()?.parse().ok()
}

/// A device number, `major:minor`.
pub fn parse_dev(text: &[u8]) -> Option<libc::dev_t> {
    let colon = text.iter().position(|&byte| byte == b':')?;
    let (major, minor) = (&text[..colon], &text[colon + 1..]);
    let is_whole = major.iter().all(u8::is_ascii_digit);
    let major = parse_number(major).filter(|_| is_whole)?;
    Some(libc::makedev(major, parse_number(minor)?))
}

/// A node GUID: four groups of up to four hexadecimal digits, separated by colons.
pub fn parse_guid(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?;
    let mut guid = 0;
    let mut groups = text.trim_end().split(':');
    for _ in 0..4 {
        let group = groups.next()?;
        let is_hexadecimal = group.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !is_hexadecimal || group.len() > 4 {
            return None;
        }
        guid = guid << 16 | u64::from(u16::from_str_radix(group, 16).ok()?);
    }
    groups.next().is_none().then_some(guid)
}

#[cfg(test)]
mod tests;
