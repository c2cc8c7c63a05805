//! A send WQE as the send queue keeps it: flat, copyable, one cache line.

use super::types::{SendFlags, SendOp, SendWr, WcOpcode};
use crate::base::ids::Rkey;
use crate::wire::{AtomicWords, Psn};

/// What the WQE does; immediate data is a flag.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd)]
pub(super) enum WqeKind {
    #[default]
    Send,
    Write,
    Read,
    CompareSwap,
    FetchAdd,
}

/// Bits of [`Wqe::flags`].
pub(super) mod flag {
    pub(in crate::engine) const SIGNALED: u8 = 1;
    pub(in crate::engine) const SOLICITED: u8 = 1 << 1;
    pub(in crate::engine) const FENCE: u8 = 1 << 2;
    pub(in crate::engine) const INLINE: u8 = 1 << 3;
    pub(in crate::engine) const IMM: u8 = 1 << 4;
    /// Direct access was refused: the operation goes as packets.
    pub(in crate::engine) const NO_DIRECT: u8 = 1 << 5;
    /// A WRITE with immediate data whose bytes were placed by direct access.
    pub(in crate::engine) const PLACED: u8 = 1 << 6;
}

/// A posted send WQE. Its scatter-gather list, inline bytes and datagram address lie in flat arrays
/// of the queue, at its slot.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wqe {
    pub(super) wr_id: u64,
    pub(super) remote_va: u64,
    pub(super) atomic: AtomicWords,
    pub(super) len_bytes: u32,
    pub(super) rkey: Rkey,
    pub(super) imm_data: u32,
    /// First PSN, and the one after the last; assigned when the WQE starts.
    pub(super) first_psn: Psn,
    pub(super) end_psn: Psn,
    /// Bytes a direct access has done.
    pub(super) direct_done_bytes: u32,
    pub(super) sge_count: u16,
    /// How many elements hold a checked and translated address.
    pub(super) checked_count: u16,
    pub(super) kind: WqeKind,
    pub(super) flags: u8,
}

impl Wqe {
    #[inline]
    pub(super) fn new(wr: &SendWr<'_>, len_bytes: u32, sge_count: u16, all_signaled: bool) -> Wqe {
        let mut flags = 0;
        if all_signaled || wr.flags.contains(SendFlags::SIGNALED) {
            flags |= flag::SIGNALED;
        }
        if wr.flags.contains(SendFlags::SOLICITED) {
            flags |= flag::SOLICITED;
        }
        if wr.flags.contains(SendFlags::FENCE) {
            flags |= flag::FENCE;
        }
        let mut wqe = Wqe {
            wr_id: wr.wr_id,
            len_bytes,
            sge_count,
            flags,
            ..Wqe::default()
        };
        match wr.op {
            SendOp::Send => {}
            SendOp::SendImm { imm_data } => {
                wqe.flags |= flag::IMM;
                wqe.imm_data = imm_data;
            }
            SendOp::Write { remote_va, rkey } => {
                wqe.kind = WqeKind::Write;
                (wqe.remote_va, wqe.rkey) = (remote_va, rkey);
            }
            SendOp::WriteImm {
                remote_va,
                rkey,
                imm_data,
            } => {
                wqe.kind = WqeKind::Write;
                wqe.flags |= flag::IMM;
                (wqe.remote_va, wqe.rkey, wqe.imm_data) = (remote_va, rkey, imm_data);
            }
            SendOp::Read { remote_va, rkey } => {
                wqe.kind = WqeKind::Read;
                (wqe.remote_va, wqe.rkey) = (remote_va, rkey);
            }
            SendOp::CompareSwap {
                remote_va,
                rkey,
                words,
            } => {
                wqe.kind = WqeKind::CompareSwap;
                (wqe.remote_va, wqe.rkey, wqe.atomic) = (remote_va, rkey, words);
            }
            SendOp::FetchAdd {
                remote_va,
                rkey,
                words,
            } => {
                wqe.kind = WqeKind::FetchAdd;
                (wqe.remote_va, wqe.rkey, wqe.atomic) = (remote_va, rkey, words);
            }
        }
        wqe
    }

    #[inline]
    pub(super) fn has(&self, bit: u8) -> bool {
        self.flags & bit != 0
    }

    /// READ or atomic: occupies responder resources and ends with a response of its own.
    #[inline]
    pub(super) fn is_rd_atomic(&self) -> bool {
        matches!(
            self.kind,
            WqeKind::Read | WqeKind::CompareSwap | WqeKind::FetchAdd
        )
    }

    #[inline]
    pub(super) fn is_atomic(&self) -> bool {
        matches!(self.kind, WqeKind::CompareSwap | WqeKind::FetchAdd)
    }

    #[inline]
    pub(super) fn wc_opcode(&self) -> WcOpcode {
        match self.kind {
            WqeKind::Send => WcOpcode::Send,
            WqeKind::Write => WcOpcode::RdmaWrite,
            WqeKind::Read => WcOpcode::RdmaRead,
            WqeKind::CompareSwap => WcOpcode::CompSwap,
            WqeKind::FetchAdd => WcOpcode::FetchAdd,
        }
    }
}
