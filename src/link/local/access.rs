//! Bytes between our memory and that of a peer (or our own), so that the last word lands last.
//!
//! Targets of RDMA WRITE spin on the last byte, but neither `memcpy` nor the kernel's copy keeps
//! any order. So the body goes first and the last aligned 1, 2, 4 or 8 bytes follow as a store of
//! their own; an aligned object of such a size is one move and cannot be torn.
//!
//! What fails here is found out afterwards: the kernel says EFAULT for either side. The checks
//! that come first (keys, bounds, rights, the peer's QP) are those of `peer` and `inbound`.

use super::entry::MAX_REFERENCES;
use crate::base::ids::{Qpn, Rkey};
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering};

/// A checked piece of our own memory. The layout is that of `struct iovec`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct LocalSegment {
    pub addr: u64,
    pub len_bytes: u64,
}

/// Direction of a direct access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectKind {
    /// Local segments to peer memory.
    Write,
    /// Peer memory to local segments.
    Read,
}

/// One READ or WRITE on the peer's memory.
#[derive(Clone, Copy, Debug)]
pub struct DirectOp {
    pub kind: DirectKind,
    pub src_qpn: Qpn,
    pub dest_qpn: Qpn,
    pub rkey: Rkey,
    /// Address of the whole message in the peer's words.
    pub remote_va: u64,
    /// Length of the whole message: what the key must grant.
    pub total_bytes: u32,
    /// Bytes done before; the access goes on from there.
    pub done_bytes: u32,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DirectOutcome {
    /// So many bytes of what the segments name (at most 1 MiB a call; ask again for the rest).
    Done { len_bytes: u32 },
    /// Not allowed or not possible: send a packet instead.
    Refused,
    /// Our own memory was not there.
    LocalFault,
}

/// Longest piece a single call copies.
pub const MAX_SLICE_BYTES: u32 = 1 << 20;

/// Most segments a call takes.
pub const MAX_SEGMENTS: usize = MAX_REFERENCES;

/// Whose memory the other side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    Own,
    Process(libc::pid_t),
}

/// Why a copy did not happen in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CopyError {
    /// Our segments are not there.
    Local,
    /// The other side is not there, or not allowed.
    Remote,
    /// The other process is gone.
    Gone,
}

/// Segments of one call: a prefix or an inner part of somebody's list.
pub(super) struct Segments {
    /// The first `count` are there; clearing all of them would cost as much as a small copy.
    list: [MaybeUninit<LocalSegment>; MAX_SEGMENTS],
    count: usize,
    len_bytes: u64,
}

impl Segments {
    /// At most `len` bytes of `segments`, from `offset` on. Lists longer than [`MAX_SEGMENTS`] are
    /// cut there.
    #[inline]
    pub(super) fn part(segments: &[LocalSegment], offset: u64, len: u64) -> Segments {
        let list = [const { MaybeUninit::uninit() }; MAX_SEGMENTS];
        let mut part = Segments {
            list,
            count: 0,
            len_bytes: 0,
        };
        let mut skip = offset;
        for segment in segments {
            if part.len_bytes == len || part.count == MAX_SEGMENTS {
                break;
            }
            if skip >= segment.len_bytes {
                skip -= segment.len_bytes;
                continue;
            }
            let take = (segment.len_bytes - skip).min(len - part.len_bytes);
            let addr = segment.addr.wrapping_add(skip);
            part.list[part.count].write(LocalSegment {
                addr,
                len_bytes: take,
            });
            part.count += 1;
            part.len_bytes += take;
            skip = 0;
        }
        part
    }

    pub(super) fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    fn as_slice(&self) -> &[LocalSegment] {
        let first = self.list.as_ptr().cast::<LocalSegment>();
        // SAFETY: as many were written, in order.
        unsafe { std::slice::from_raw_parts(first, self.count) }
    }
}

/// Length of the word that ends at `end` and is stored last.
#[inline]
pub(super) fn last_word_bytes(end: u64, len: u64) -> u64 {
    // The largest power of two that divides the end, at most 8 and at most the length.
    let aligned = 1 << end.trailing_zeros().min(3);
    if aligned <= len {
        aligned
    } else {
        1 << len.min(4).ilog2()
    }
}

/// Copies `len` bytes so that the last aligned word of the destination is stored last, by a single
/// move: who spins on it then sees all the rest. The ranges may overlap.
///
/// # Safety
/// `src` is readable and `dst` writable for `len` bytes.
#[inline]
pub unsafe fn copy_in_order(dst: *mut u8, src: *const u8, len: usize) {
    if len == 0 {
        return;
    }
    let last = last_word_bytes(dst as u64 + len as u64, len as u64) as usize;
    let body = len - last;
    // SAFETY: inside the source.
    let tail = unsafe { src.add(body) };
    // Taken first since the ranges may overlap.
    // SAFETY: the last bytes of the source.
    let word = unsafe { load_word(tail, last) };
    if body != 0 {
        // SAFETY: the caller's promise, for less. The C library fences its streaming stores itself.
        unsafe { std::ptr::copy(src, dst, body) };
    }
    // SAFETY: the last bytes of the destination, aligned to their length.
    unsafe { store_word(dst.add(body), word, last) };
}

/// The next `len` (1, 2, 4 or 8) bytes, by one move, as the beginning of a word.
///
/// # Safety
/// `src` is readable for `len` bytes.
#[inline]
unsafe fn load_word(src: *const u8, len: usize) -> u64 {
    let mut word = 0u64;
    let place = (&raw mut word).cast::<u8>();
    match len {
        // SAFETY: readable by the caller's promise; the word is as long.
        8 => unsafe { std::ptr::copy_nonoverlapping(src, place, 8) },
        // SAFETY: as above.
        4 => unsafe { std::ptr::copy_nonoverlapping(src, place, 4) },
        // SAFETY: as above.
        2 => unsafe { std::ptr::copy_nonoverlapping(src, place, 2) },
        // SAFETY: as above.
        _ => unsafe { std::ptr::copy_nonoverlapping(src, place, 1) },
    }
    word
}

/// Stores the first `len` (1, 2, 4 or 8) bytes of a word in memory order, by one move, after all
/// earlier stores.
///
/// # Safety
/// `dst` is writable for `len` bytes and aligned to them.
#[inline]
unsafe fn store_word(dst: *mut u8, word: u64, len: usize) {
    let bytes = word.to_ne_bytes();
    // Release: whoever sees the word by an Acquire load (or any load on x86) sees the body.
    match len {
        // SAFETY: aligned and writable by the caller's promise; an atomic has its integer's layout.
        8 => unsafe { &*dst.cast::<AtomicU64>() }.store(word, Ordering::Release),
        4 => {
            let half = u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
            // SAFETY: as above.
            unsafe { &*dst.cast::<AtomicU32>() }.store(half, Ordering::Release);
        }
        2 => {
            let quarter = u16::from_ne_bytes([bytes[0], bytes[1]]);
            // SAFETY: as above.
            unsafe { &*dst.cast::<AtomicU16>() }.store(quarter, Ordering::Release);
        }
        // SAFETY: as above.
        _ => unsafe { &*dst.cast::<AtomicU8>() }.store(bytes[0], Ordering::Release),
    }
}

/// Local segments to `addr` in the other space, last word last. All or an error.
///
/// # Safety
/// For `Space::Own`: both sides are memory the application registered. Other processes' memory is
/// theirs to grant; the kernel checks both sides.
pub(super) unsafe fn write(space: Space, addr: u64, local: &Segments) -> Result<(), CopyError> {
    let len = local.len_bytes;
    if len == 0 {
        return Ok(());
    }
    match space {
        Space::Own => {
            // SAFETY: the caller's promise.
            unsafe { gather(addr, local) };
            Ok(())
        }
        Space::Process(pid) => {
            let last = last_word_bytes(addr.wrapping_add(len), len);
            let remote = [
                LocalSegment {
                    addr,
                    len_bytes: len - last,
                },
                LocalSegment {
                    addr: addr.wrapping_add(len - last),
                    len_bytes: last,
                },
            ];
            let remote = if len == last {
                &remote[1..]
            } else {
                &remote[..]
            };
            let got = process_vm(Call::Write, pid, local.as_slice(), remote);
            judge(got, local, Call::Write)
        }
    }
}

/// From `remote` segments in the other space to local ones. All or an error.
///
/// # Safety
/// As [`write`].
pub(super) unsafe fn read(
    space: Space,
    remote: &Segments,
    local: &Segments,
) -> Result<(), CopyError> {
    match space {
        Space::Own => {
            // SAFETY: the caller's promise.
            unsafe { copy_segments(local.as_slice(), remote.as_slice()) };
            Ok(())
        }
        Space::Process(pid) => {
            let got = process_vm(Call::Read, pid, local.as_slice(), remote.as_slice());
            judge(got, local, Call::Read)
        }
    }
}

/// Own segments to one own place, last word last.
///
/// # Safety
/// All is readable, and writable at `addr`.
unsafe fn gather(addr: u64, local: &Segments) {
    if let [one] = local.as_slice() {
        let len = one.len_bytes as usize;
        // SAFETY: the caller's promise.
        unsafe { copy_in_order(addr as *mut u8, one.addr as *const u8, len) };
        return;
    }
    let last = last_word_bytes(addr.wrapping_add(local.len_bytes), local.len_bytes);
    let body = local.len_bytes - last;
    let mut word = 0u64;
    let place = LocalSegment {
        addr: (&raw mut word) as u64,
        len_bytes: last,
    };
    let tail = Segments::part(local.as_slice(), body, last);
    // SAFETY: the last bytes of the source, into a word of ours.
    unsafe { copy_segments(&[place], tail.as_slice()) };
    let front = Segments::part(local.as_slice(), 0, body);
    let place = LocalSegment {
        addr,
        len_bytes: body,
    };
    // SAFETY: the caller's promise, for less.
    unsafe { copy_segments(&[place], front.as_slice()) };
    // SAFETY: the end of the destination, aligned to its length.
    unsafe { store_word((addr + body) as *mut u8, word, last as usize) };
}

/// Copies one list of own memory to another, until either ends.
///
/// # Safety
/// `from` is readable, `to` writable.
unsafe fn copy_segments(to: &[LocalSegment], from: &[LocalSegment]) {
    let (mut to, mut from) = (to.iter().copied(), from.iter().copied());
    let (mut dst, mut src) = (LocalSegment::default(), LocalSegment::default());
    loop {
        if dst.len_bytes == 0 {
            let Some(next) = to.next() else { return };
            dst = next;
            continue;
        }
        if src.len_bytes == 0 {
            let Some(next) = from.next() else { return };
            src = next;
            continue;
        }
        let len = dst.len_bytes.min(src.len_bytes);
        // SAFETY: within both segments; they may overlap.
        unsafe { std::ptr::copy(src.addr as *const u8, dst.addr as *mut u8, len as usize) };
        for side in [&mut dst, &mut src] {
            side.addr += len;
            side.len_bytes -= len;
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    Read,
    Write,
}

/// Bytes copied, or a negative `errno`.
fn process_vm(
    call: Call,
    pid: libc::pid_t,
    local: &[LocalSegment],
    remote: &[LocalSegment],
) -> i64 {
    let (near, near_count) = (local.as_ptr().cast::<libc::iovec>(), local.len() as u64);
    let (far, far_count) = (remote.as_ptr().cast::<libc::iovec>(), remote.len() as u64);
    let got = match call {
        // SAFETY: the lists live through the call; the kernel checks the memory they name.
        Call::Read => unsafe { libc::process_vm_readv(pid, near, near_count, far, far_count, 0) },
        // SAFETY: as above.
        Call::Write => unsafe { libc::process_vm_writev(pid, near, near_count, far, far_count, 0) },
    };
    if got < 0 {
        -i64::from(crate::base::errno::Errno::last().0)
    } else {
        got as i64
    }
}

const _: () = assert!(size_of::<LocalSegment>() == size_of::<libc::iovec>());

/// A short count is an access error after a part was copied.
fn judge(got: i64, local: &Segments, call: Call) -> Result<(), CopyError> {
    if got == local.len_bytes as i64 {
        return Ok(());
    }
    if got == -i64::from(libc::ESRCH) {
        return Err(CopyError::Gone);
    }
    let done = got.max(0) as u64;
    if (got >= 0 || got == -i64::from(libc::EFAULT)) && !is_local_there(local, done, call) {
        return Err(CopyError::Local);
    }
    Err(CopyError::Remote)
}

/// Whether the rest of our own side can be read (or, as a target, written: its contents are lost
/// already). Only errors come here.
fn is_local_there(local: &Segments, done: u64, call: Call) -> bool {
    const STEP: u64 = 4096;
    let mut scratch = [0u8; STEP as usize];
    let place = LocalSegment {
        addr: scratch.as_mut_ptr() as u64,
        len_bytes: STEP,
    };
    // SAFETY: the call takes nothing and cannot fail.
    let own = unsafe { libc::getpid() };
    let mut at = done;
    while at < local.len_bytes {
        let rest = Segments::part(local.as_slice(), at, STEP);
        let near = [LocalSegment {
            len_bytes: rest.len_bytes,
            ..place
        }];
        let got = match call {
            Call::Write => process_vm(Call::Read, own, &near, rest.as_slice()),
            Call::Read => process_vm(Call::Write, own, &near, rest.as_slice()),
        };
        if got != rest.len_bytes as i64 {
            return false;
        }
        at += rest.len_bytes;
    }
    true
}

/// Reads 16 bytes of another process: whether we may, and what is there.
pub(super) fn read_nonce(pid: libc::pid_t, addr: u64) -> Option<[u8; 16]> {
    let mut nonce = [0u8; 16];
    let near = [LocalSegment {
        addr: nonce.as_mut_ptr() as u64,
        len_bytes: 16,
    }];
    let far = [LocalSegment {
        addr,
        len_bytes: 16,
    }];
    (process_vm(Call::Read, pid, &near, &far) == 16).then_some(nonce)
}

#[cfg(test)]
mod trap;

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(bytes: &[u8]) -> LocalSegment {
        LocalSegment {
            addr: bytes.as_ptr() as u64,
            len_bytes: bytes.len() as u64,
        }
    }

    fn own_process() -> Space {
        Space::Process(std::process::id() as i32)
    }

    #[test]
    fn last_word_is_aligned_and_no_longer_than_all() {
        for end in 0..64u64 {
            for len in 1..40u64.min(end + 1) {
                let last = last_word_bytes(end, len);
                assert!(
                    last <= len && last <= 8 && end.is_multiple_of(last),
                    "{end} {len}"
                );
            }
        }
        assert_eq!(last_word_bytes(16, 8), 8);
        assert_eq!(last_word_bytes(20, 100), 4);
        assert_eq!(last_word_bytes(16, 3), 2);
    }

    #[test]
    fn copies_are_exact_at_every_alignment() {
        let src: Vec<u8> = (0..255).collect();
        for offset in 0..9 {
            for len in 0..100 {
                let mut dst = vec![0xaau8; 128];
                // SAFETY: both vectors are long enough.
                unsafe { copy_in_order(dst.as_mut_ptr().add(offset), src.as_ptr().add(3), len) };
                assert_eq!(dst[offset..offset + len], src[3..3 + len]);
                assert!(
                    dst[..offset]
                        .iter()
                        .chain(&dst[offset + len..])
                        .all(|&b| b == 0xaa)
                );
            }
        }
    }

    #[test]
    fn overlapping_ranges_move() {
        for (from, to) in [(0, 5), (5, 0), (0, 16), (16, 0), (3, 3)] {
            let mut bytes: Vec<u8> = (0..64).collect();
            let base = bytes.as_mut_ptr();
            // SAFETY: inside the vector.
            unsafe { copy_in_order(base.add(to), base.add(from), 40) };
            let expected: Vec<u8> = (from as u8..from as u8 + 40).collect();
            assert_eq!(bytes[to..to + 40], expected);
        }
    }

    #[test]
    fn lists_go_both_ways_in_both_spaces() {
        let parts: Vec<Vec<u8>> = (0..7u8)
            .map(|n| (0..n * 5).map(|i| i ^ n << 4).collect())
            .collect();
        let list: Vec<LocalSegment> = parts.iter().map(|part| segment(part)).collect();
        let whole: Vec<u8> = parts.concat();
        for space in [Space::Own, own_process()] {
            for len in [0, 1, 7, 8, 9, 50, whole.len()] {
                for at in 0..8 {
                    let target = [0u8; 128];
                    let local = Segments::part(&list, 0, len as u64);
                    // SAFETY: the target is long enough.
                    let done = unsafe { write(space, target.as_ptr() as u64 + at, &local) };
                    assert_eq!(done, Ok(()));
                    let at = at as usize;
                    assert_eq!(target[at..at + len], whole[..len]);
                }
            }
            let target = vec![0u8; 40];
            let to = [segment(&target[..13]), segment(&target[13..])];
            let from = Segments::part(&list, 20, 40);
            // SAFETY: the target has 40 bytes.
            let done = unsafe { read(space, &from, &Segments::part(&to, 0, 40)) };
            assert_eq!(done, Ok(()));
            assert_eq!(target, whole[20..60]);
        }
    }

    /// Two pages of which the second may not be touched.
    struct Cliff(*mut u8);

    impl Cliff {
        fn new() -> Cliff {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let prot = libc::PROT_READ | libc::PROT_WRITE;
            // SAFETY: a new mapping disturbs nobody.
            let base = unsafe { libc::mmap(std::ptr::null_mut(), 8192, prot, flags, -1, 0) };
            assert_ne!(base, libc::MAP_FAILED);
            // SAFETY: the second page of our mapping.
            unsafe { libc::mprotect(base.byte_add(4096), 4096, libc::PROT_NONE) };
            Cliff(base.cast())
        }
    }

    impl Drop for Cliff {
        fn drop(&mut self) {
            // SAFETY: our mapping.
            unsafe { libc::munmap(self.0.cast(), 8192) };
        }
    }

    #[test]
    fn faults_are_told_apart() {
        let cliff = Cliff::new();
        let edge = [LocalSegment {
            addr: cliff.0 as u64 + 4000,
            len_bytes: 200,
        }];
        let good = vec![0u8; 200];
        let good_list = [segment(&good)];
        let good_part = Segments::part(&good_list, 0, 200);
        let edge_part = Segments::part(&edge, 0, 200);
        // SAFETY: the kernel checks the memory.
        let remote = unsafe { write(own_process(), edge[0].addr, &good_part) };
        assert_eq!(remote, Err(CopyError::Remote));
        // SAFETY: as above.
        let local = unsafe { write(own_process(), good_list[0].addr, &edge_part) };
        assert_eq!(local, Err(CopyError::Local));
        // SAFETY: as above.
        let remote = unsafe { read(own_process(), &edge_part, &good_part) };
        assert_eq!(remote, Err(CopyError::Remote));
        // SAFETY: as above.
        let local = unsafe { read(own_process(), &good_part, &edge_part) };
        assert_eq!(local, Err(CopyError::Local));
        // Process numbers end far below.
        // SAFETY: as above.
        let gone = unsafe { write(Space::Process(i32::MAX), edge[0].addr, &good_part) };
        assert_eq!(gone, Err(CopyError::Gone));
    }

    #[test]
    fn whoever_sees_the_last_word_sees_the_body() {
        let target: Vec<AtomicU64> = (0..125).map(|_| AtomicU64::new(0)).collect();
        let place = target.as_ptr() as usize;
        std::thread::scope(|scope| {
            scope.spawn(move || {
                for round in 1..=20_000u64 {
                    let source = [round; 125];
                    // SAFETY: the target is as long, and made of atomics.
                    unsafe { copy_in_order(place as *mut u8, source.as_ptr().cast(), 1000) };
                }
            });
            let mut last = 0;
            while last < 20_000 {
                last = target[124].load(Ordering::Acquire);
                for word in &target {
                    assert!(word.load(Ordering::Relaxed) >= last);
                }
            }
        });
    }
}
