//! The headers of one packet, parsed: one flat record in which the opcode says what is meant.

use super::{Opcode, Psn};
use crate::base::ids::{Gid, Qkey, Qpn, Rkey};

/// Operands of an atomic request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AtomicWords {
    /// Value to swap in, or to add.
    pub swap_add: u64,
    /// Value to compare with; unused by fetch-and-add.
    pub compare: u64,
}

/// Byte 0 of the AETH: ACK, RNR NAK or NAK with five bits of detail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Syndrome(pub u8);

/// Reasons of a NAK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum NakCode {
    PsnSequence = 0,
    InvalidRequest = 1,
    RemoteAccess = 2,
    RemoteOperational = 3,
    InvalidRdRequest = 4,
}

/// What a syndrome says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Ack,
    /// Receiver not ready: the coded time to wait, five bits.
    RnrNak(u8),
    Nak(NakCode),
    /// Reserved values.
    Unknown,
}

impl Syndrome {
    /// A positive acknowledgement that grants no credits (31 says they are not used).
    pub const ACK: Syndrome = Syndrome(0x1f);

    /// Receiver not ready; `timer` is five bits.
    pub const fn rnr_nak(timer: u8) -> Syndrome {
        Syndrome(0x20 | (timer & 0x1f))
    }

    pub const fn nak(code: NakCode) -> Syndrome {
        Syndrome(0x60 | code as u8)
    }

    /// Reads a syndrome. The top bit is ignored, as it is reserved.
    #[inline]
    pub const fn parse(self) -> Verdict {
        let detail = self.0 & 0x1f;
        match ((self.0 >> 5) & 3, detail) {
            (0, _) => Verdict::Ack,
            (1, timer) => Verdict::RnrNak(timer),
            (3, 0) => Verdict::Nak(NakCode::PsnSequence),
            (3, 1) => Verdict::Nak(NakCode::InvalidRequest),
            (3, 2) => Verdict::Nak(NakCode::RemoteAccess),
            (3, 3) => Verdict::Nak(NakCode::RemoteOperational),
            (3, 4) => Verdict::Nak(NakCode::InvalidRdRequest),
            _ => Verdict::Unknown,
        }
    }
}

/// All headers of a packet. Fields the opcode does not carry are zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    pub opcode: Opcode,
    /// The responder shall raise a solicited event when it completes this message.
    pub solicited: bool,
    /// The requester wants a response now.
    pub ack_req: bool,
    pub dest_qpn: Qpn,
    /// Sender of the packet: on UDP only UD carries it (DETH), local links always do.
    pub src_qpn: Qpn,
    /// First PSN the packet stands for.
    pub psn: Psn,
    /// How many PSNs it stands for: always 1 on UDP; a local link carries bigger pieces than the
    /// path MTU, which count as the packets they replace.
    pub psn_count: u32,
    /// RETH and AtomicETH: address in the responder's memory.
    pub remote_va: u64,
    /// RETH and AtomicETH.
    pub rkey: Rkey,
    /// RETH: length of the whole message in bytes.
    pub dma_len_bytes: u32,
    /// AtomicETH.
    pub atomic: AtomicWords,
    /// ImmDt: immediate data exactly as the application gave it (big-endian there).
    pub imm_data: u32,
    /// AETH: ACK, RNR NAK or NAK code.
    pub syndrome: Syndrome,
    /// AETH: message sequence number, 24 bits.
    pub msn: u32,
    /// Local links: a request that also acknowledges, as an ACK of `ack_psn` with this `msn` would.
    pub has_ack: bool,
    pub ack_psn: Psn,
    /// AtomicAckETH: what the target held before the operation.
    pub atomic_orig: u64,
    /// DETH.
    pub qkey: Qkey,
    /// GRH or IP header of a datagram (UD): source.
    pub sgid: Gid,
    /// GRH or IP header of a datagram (UD): destination.
    pub dgid: Gid,
    /// GRH of a datagram: traffic class (low byte) and hop limit (high byte).
    pub traffic_class: u8,
    pub hop_limit: u8,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syndromes_read_back() {
        assert_eq!(Syndrome::ACK.parse(), Verdict::Ack);
        assert_eq!(Syndrome::rnr_nak(14).parse(), Verdict::RnrNak(14));
        for code in [
            NakCode::PsnSequence,
            NakCode::InvalidRequest,
            NakCode::RemoteAccess,
            NakCode::RemoteOperational,
            NakCode::InvalidRdRequest,
        ] {
            assert_eq!(Syndrome::nak(code).parse(), Verdict::Nak(code));
        }
        assert_eq!(Syndrome(0x40).parse(), Verdict::Unknown);
        assert_eq!(Syndrome(0x6f).parse(), Verdict::Unknown);
    }
}
