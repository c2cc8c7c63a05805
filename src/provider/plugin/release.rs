//! Which release of rdma-core a plug-in is from.
//!
//! Within generation 34 one command has got an argument more, so the generation does not tell how
//! it is called. The file may: plug-ins that are libraries of their own, the only ones that use the
//! argument, are called `libX.so.1.A.RELEASE.MINOR`, and the plug-in's name leads there.
#![forbid(unsafe_code)]

use std::os::unix::ffi::OsStrExt;
use std::ptr::from_ref;

use super::object_of;
use crate::abi::verbs_device_ops;
use crate::base::mutex::Mutex;

/// What is known of each driver that was asked for, by its table; there are few.
static KNOWN: Mutex<Vec<(usize, Option<u32>)>> = Mutex::new(Vec::new());

/// The release a driver is from; `None` if its file does not tell.
pub(in crate::provider) fn release_of(ops: &'static verbs_device_ops) -> Option<u32> {
    let table = from_ref(ops) as usize;
    let mut known = KNOWN.lock();
    if let Some((_, release)) = known.iter().find(|(known, _)| *known == table) {
        return *release;
    }
    let file = object_of(from_ref(ops).cast()).and_then(|file| file.canonicalize().ok());
    let release = file.and_then(|file| release_in(file.file_name()?.as_bytes()));
    known.push((table, release));
    release
}

/// The release in the name of a file.
fn release_in(name: &[u8]) -> Option<u32> {
    let (_, version) = std::str::from_utf8(name).ok()?.rsplit_once(".so.")?;
    let numbers: Result<Vec<u32>, _> = version.split('.').map(str::parse).collect();
    match numbers.ok()?[..] {
        [_, _, release, _] => Some(release),
        _ => None,
    }
}

#[cfg(test)]
#[test]
fn only_a_library_of_its_own_tells_its_release() {
    assert_eq!(release_in(b"libmlx5.so.1.24.44.0"), Some(44));
    assert_eq!(release_in(b"libmlx5.so.1.25.56.1"), Some(56));
    for name in [
        &b"librxe-rdmav34.so"[..],
        b"libmlx5.so.1",
        b"libmlx5.so.1.24.44",
        b"libmlx5.so.1.24.44.0.1",
        b"libmlx5.so.1.24.x.0",
        b"libmlx5.so.1.24.99999999999.0",
        b"\xff.so.1.2.56.1",
        b"",
    ] {
        assert_eq!(release_in(name), None, "{}", String::from_utf8_lossy(name));
    }
}

#[cfg(test)]
#[test]
fn a_table_in_a_program_tells_none() {
    let ops: &verbs_device_ops = Box::leak(Box::new(crate::abi::Zeroed::zeroed()));
    assert_eq!(release_of(ops), None);
    assert_eq!(release_of(ops), None);
}
