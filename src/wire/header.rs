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
