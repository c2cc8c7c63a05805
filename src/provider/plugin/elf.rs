//! Whether a file can be loaded without a crash.
//!
//! The dynamic linker maps what the program headers promise; where the file ends earlier, touching
//! the mapping kills the process. So the promises are compared with the size of the file first.
//! Everything else the linker checks itself.
#![forbid(unsafe_code)]

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Why a file is not loaded.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Missing,
    Unfit(String),
}

pub(super) fn check(path: &Path) -> Result<(), Refusal> {
    let unfit = |reason: &str| Refusal::Unfit(format!("{} {reason}", path.display()));
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => Refusal::Missing,
        _ => unfit(&format!("cannot be read: {error}")),
    };
    let mut file = File::open(path).map_err(failed)?;
    let mut head = [0; HEAD_BYTES];
    let length = read_up_to(&mut file, &mut head).map_err(failed)?;
    let size = file.metadata().map_err(failed)?.len();
    let needed = promised_size(&head[..length], |at, bytes| {
        file.read_exact_at(bytes, at).is_ok()
    });
    match needed {
        None => Err(unfit(
            "is not a shared library of this machine, or is cut short",
        )),
        Some(needed) if needed > size => Err(unfit(&format!(
            "is cut short: it has {size} of {needed} bytes"
        ))),
        Some(_) => Ok(()),
    }
}

fn read_up_to(file: &mut File, head: &mut [u8]) -> std::io::Result<usize> {
    loop {
        match file.read(head) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}

/// How long a file has to be for what its program headers map; `None` if it is no 64-bit ELF file.
///
/// `more` reads bytes at an offset, for headers behind the head of the file.
pub(super) fn promised_size(head: &[u8], more: impl FnOnce(u64, &mut [u8]) -> bool) -> Option<u64> {
    let half =
        |bytes: &[u8], at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let wide =
        |bytes: &[u8], at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    // 64-bit, least byte first: what we are built for.
    if head.get(..6)? != b"\x7fELF\x02\x01" || half(head, 54)? as usize != HEADER_BYTES {
        return None;
    }
    let (at, count) = (wide(head, 32)?, half(head, 56)? as usize);
    if count == 0 {
        return None;
    }
    let length = count * HEADER_BYTES;
    let mut far = vec![0; length];
    let start = usize::try_from(at).ok()?;
    let headers = match head.get(start..start.checked_add(length)?) {
        Some(headers) => headers,
        None if more(at, &mut far) => &far,
        None => return None,
    };
    let mut promised = at.checked_add(length as u64)?.max(FILE_HEADER_BYTES);
    for header in headers.chunks_exact(HEADER_BYTES) {
        let end = wide(header, 8)?.checked_add(wide(header, 32)?)?;
        promised = promised.max(end);
    }
    Some(promised)
}

const FILE_HEADER_BYTES: u64 = 64;

/// The size of a program header.
const HEADER_BYTES: usize = 56;

/// The program headers stand at the beginning, as linkers write them.
const HEAD_BYTES: usize = 1024;
