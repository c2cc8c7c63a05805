//! The application's memory, as the engine asks for it.
//!
//! Keys are checked against the process's own table. What a local work request names is copied
//! like the application's own memory; what a peer names is first seen to be mapped, so that a
//! region whose pages have gone answers with an access error instead of a crash.

use super::objects::Srq;
use super::process::{self, Process};
use crate::base::ids::{Lkey, PdId, Rkey};
use crate::base::sync::{AtomicU64, Ordering};
use crate::base::time::Instant;
use crate::engine::types::{Access, AtomicOp, Fault, Host, KeyError, Payload, RecvWqe, Sge};
use crate::link::local::{self, Entry, KeyFail, LocalSegment, PullFault};

/// Most pieces one direct access or reference list is cut from.
pub(crate) const MAX_SEGMENTS: usize = 33;

/// [`Host`] for one input: the memory of the application, and the payload that came with it.
pub(crate) struct AppMemory<'a> {
    pub(crate) process: &'a Process,
    pub(crate) srq: Option<&'a Srq>,
    /// The packet being handled, which holds or names the payload.
    pub(crate) entry: Option<&'a Entry<'a>>,
}

impl<'a> AppMemory<'a> {
    /// For inputs without a payload.
    pub(crate) fn bare(process: &'a Process, srq: Option<&'a Srq>) -> AppMemory<'a> {
        AppMemory {
            process,
            srq,
            entry: None,
        }
    }
}

impl Host for AppMemory<'_> {
    fn now(&self) -> Instant {
        process::now()
    }

    #[inline]
    fn check_local(
        &self,
        pd: PdId,
        lkey: Lkey,
        va: u64,
        len: u64,
        need: Access,
    ) -> Result<u64, KeyError> {
        self.process
            .endpoint
            .table()
            .check(pd, lkey.0, va, len, need.bits())
            .map_err(key_error)
    }

    fn check_remote(
        &self,
        pd: PdId,
        rkey: Rkey,
        va: u64,
        len: u64,
        need: Access,
    ) -> Result<u64, KeyError> {
        let table = self.process.endpoint.table();
        let addr = table
            .check(pd, rkey.0, va, len, need.bits())
            .map_err(key_error)?;
        if is_mapped(addr, len) {
            Ok(addr)
        } else {
            Err(KeyError::Bounds)
        }
    }

    #[inline]
    fn place(&mut self, payload_offset: u32, addr: u64, len: u32) -> Result<(), Fault> {
        let entry = self.entry.ok_or(Fault::Remote)?;
        // SAFETY: the engine passes checked addresses of registered memory only.
        let pulled = unsafe { entry.pull(payload_offset, addr as *mut u8, len) };
        pulled.map_err(|fault| match fault {
            PullFault::Local => Fault::Local,
            PullFault::Remote => Fault::Remote,
        })
    }

    fn place_bytes(&mut self, addr: u64, bytes: &[u8]) -> Result<(), Fault> {
        // SAFETY: the engine passes checked addresses of registered memory only; the source is a
        // slice of the engine's own.
        unsafe { local::copy_in_order(addr as *mut u8, bytes.as_ptr(), bytes.len()) };
        Ok(())
    }

    fn atomic(&mut self, addr: u64, op: AtomicOp) -> Result<u64, Fault> {
        if !addr.is_multiple_of(8) {
            return Err(Fault::Local);
        }
        // SAFETY: checked, mapped, aligned memory of a registered region; every other executor
        // uses the CPU's 8-byte atomics on it too.
        let word = unsafe { AtomicU64::from_ptr(addr as *mut u64) };
        Ok(match op {
            AtomicOp::FetchAdd(add) => word.fetch_add(add, Ordering::SeqCst),
            AtomicOp::CompareSwap(words) => {
                let swapped = word.compare_exchange(
                    words.compare,
                    words.swap_add,
                    Ordering::SeqCst,
                    Ordering::SeqCst,
                );
                swapped.unwrap_or_else(|found| found)
            }
        })
    }

    fn take_shared_recv(&mut self, wqe: &mut RecvWqe) -> bool {
        self.srq.is_some_and(|srq| srq.take(wqe))
    }
}

fn key_error(fail: KeyFail) -> KeyError {
    match fail {
        KeyFail::Key => KeyError::Key,
        KeyFail::Bounds => KeyError::Bounds,
        KeyFail::Rights => KeyError::Rights,
    }
}

/// Copies the whole payload to `to`, which has room for it.
///
/// # Safety
/// `to` must be valid for writes of `payload.len_bytes()` bytes; the addresses of the payload must
/// have been checked against the key table.
#[inline]
pub(crate) unsafe fn copy_payload(payload: &Payload<'_>, to: *mut u8) {
    match payload {
        Payload::None => {}
        Payload::Inline(bytes) => {
            // SAFETY: the slice and the destination both have that many bytes.
            unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        }
        Payload::Memory { addr, len_bytes } => {
            // SAFETY: checked by the engine; the destination has room by contract.
            unsafe { std::ptr::copy_nonoverlapping(*addr as *const u8, to, *len_bytes as usize) };
        }
        Payload::Gather {
            sges,
            offset_bytes,
            len_bytes,
        } => {
            let mut done = 0;
            for_each_piece(sges, *offset_bytes, u64::from(*len_bytes), |addr, len| {
                // SAFETY: the pieces add up to at most `len_bytes`, for which there is room.
                let place = unsafe { to.add(done) };
                // SAFETY: checked by the engine against the key table.
                unsafe { std::ptr::copy_nonoverlapping(addr as *const u8, place, len as usize) };
                done += len as usize;
            });
        }
    }
}

/// The payload as one piece of memory, if it is one.
#[inline]
pub(crate) fn whole(payload: &Payload<'_>) -> Option<LocalSegment> {
    let (addr, len_bytes) = match payload {
        Payload::Inline(bytes) => (bytes.as_ptr() as u64, bytes.len() as u64),
        Payload::Memory { addr, len_bytes } => (*addr, u64::from(*len_bytes)),
        Payload::Gather {
            sges: [sge, ..],
            offset_bytes,
            len_bytes,
        } if offset_bytes + u64::from(*len_bytes) <= u64::from(sge.len_bytes) => {
            (sge.addr + offset_bytes, u64::from(*len_bytes))
        }
        _ => return None,
    };
    Some(LocalSegment { addr, len_bytes })
}

/// The payload as pieces of memory, at most `limit` bytes of it; gives how many pieces.
pub(crate) fn segments(
    payload: &Payload<'_>,
    limit: u32,
    out: &mut [LocalSegment; MAX_SEGMENTS],
) -> usize {
    let mut count = 0;
    let mut push = |addr: u64, len_bytes: u32| {
        if len_bytes > 0 && count < MAX_SEGMENTS {
            out[count] = LocalSegment {
                addr,
                len_bytes: u64::from(len_bytes),
            };
            count += 1;
        }
    };
    match payload {
        Payload::None => {}
        Payload::Inline(bytes) => push(bytes.as_ptr() as u64, limit.min(bytes.len() as u32)),
        Payload::Memory { addr, len_bytes } => push(*addr, limit.min(*len_bytes)),
        Payload::Gather {
            sges,
            offset_bytes,
            len_bytes,
        } => {
            for_each_piece(sges, *offset_bytes, u64::from(limit.min(*len_bytes)), push);
        }
    }
    count
}

/// Visits `len_bytes` bytes of a scatter-gather list, starting `offset_bytes` into it.
#[inline]
fn for_each_piece(
    sges: &[Sge],
    offset_bytes: u64,
    len_bytes: u64,
    mut visit: impl FnMut(u64, u32),
) {
    let mut skip = offset_bytes;
    let mut left = len_bytes;
    for sge in sges {
        if left == 0 {
            break;
        }
        let len = u64::from(sge.len_bytes);
        if skip >= len {
            skip -= len;
            continue;
        }
        let piece = (len - skip).min(left);
        visit(sge.addr + skip, piece as u32);
        left -= piece;
        skip = 0;
    }
}

/// Whether every page of the range is mapped at this moment.
pub(crate) fn is_mapped(addr: u64, len_bytes: u64) -> bool {
    const PAGE: u64 = 4096;
    /// Pages asked about in one call: one byte of answer for each.
    const BATCH: u64 = 4096;
    if len_bytes == 0 {
        return true;
    }
    let Some(last) = addr.checked_add(len_bytes - 1) else {
        return false;
    };
    let mut page = addr / PAGE;
    let end = last / PAGE + 1;
    let mut residency = [0_u8; BATCH as usize];
    while page < end {
        let count = (end - page).min(BATCH);
        // SAFETY: mincore only looks at the page tables of the range; the vector has a byte for
        // each of its pages.
        let ret = unsafe {
            libc::mincore(
                (page * PAGE) as *mut libc::c_void,
                (count * PAGE) as usize,
                residency.as_mut_ptr(),
            )
        };
        if ret != 0 {
            return false;
        }
        page += count;
    }
    true
}

/// Whether the ends of a mapped range may be written; the kernel tells by preparing them for it.
/// A kernel that cannot (before 5.14) gives the benefit of the doubt.
pub(crate) fn can_write(addr: u64, len_bytes: u64) -> bool {
    const PAGE: u64 = 4096;
    let Some(last) = len_bytes
        .checked_sub(1)
        .and_then(|reach| addr.checked_add(reach))
    else {
        return true;
    };
    let is_prepared = |page: u64| {
        // SAFETY: populating a page changes no content.
        0 == unsafe {
            libc::madvise(
                page as *mut libc::c_void,
                PAGE as usize,
                libc::MADV_POPULATE_WRITE,
            )
        }
    };
    if [addr, last]
        .into_iter()
        .all(|end| is_prepared(end / PAGE * PAGE))
    {
        return true;
    }
    // Is it the memory, or does this kernel not know the advice?
    let ours = 0_u64;
    !is_prepared((&raw const ours) as u64 / PAGE * PAGE)
}
