//! Direct access to memory of a peer, and copies whose last word lands last.

use crate::base::ids::{Qpn, Rkey};

/// A checked piece of our own memory.
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

/// Copies `len` bytes so that the last aligned word of the destination is stored last, by a single
/// move: who spins on it then sees all the rest. The ranges may overlap.
///
/// # Safety
/// `src` is readable and `dst` writable for `len` bytes.
pub unsafe fn copy_in_order(dst: *mut u8, src: *const u8, len: usize) {
    // SAFETY: the caller's obligation is the same.
    unsafe { std::ptr::copy(src, dst, len) };
}
