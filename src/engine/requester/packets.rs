//! The packets of a WQE that has started: pieces of SENDs and WRITEs, requests, datagrams, probes.

use super::{ACK_INTERVAL_PACKETS, LastTransmit, Plan, Source, psn_count};
use crate::base::ids::Qkey;
use crate::engine::qp::Qp;
use crate::engine::types::{LinkCaps, Service};
use crate::engine::wqe::{Wqe, WqeKind, flag};
use crate::wire::{Header, Opcode, Operation, Psn, Role, Transport};

impl Qp {
    /// The next packet of the WQE at `cur`.
    #[inline(always)]
    pub(super) fn plan_piece(&mut self, caps: &LinkCaps, header: &mut Header) -> Plan {
        let index = self.sq.cur;
        let wqe = *self.sq.wqe(index);
        let psn = self.req.snd;
        let is_rc = self.service == Service::Rc;
        let transport = if is_rc { Transport::Rc } else { Transport::Uc };
        let offset_bytes = psn.since(wqe.first_psn) << self.unit_shift;
        *header = Header {
            dest_qpn: self.attr.dest_qpn,
            src_qpn: self.qpn,
            psn,
            psn_count: 1,
            ..Header::default()
        };
        let (operation, has_imm) = match wqe.kind {
            WqeKind::Send => (Operation::Send, wqe.has(flag::IMM)),
            WqeKind::Write => (Operation::Write, wqe.has(flag::IMM)),
            _ => return self.plan_rd_atomic(index, header, offset_bytes),
        };
        if wqe.has(flag::PLACED) {
            header.opcode = Opcode::WRITE_PLACED;
            header.remote_va = wqe.remote_va;
            header.rkey = wqe.rkey;
            header.dma_len_bytes = wqe.len_bytes;
            self.finish_message(header, &wqe_tail(&wqe));
            return Plan::Packet {
                source: Source::None,
                by_reference: false,
            };
        }
        let remaining = wqe.len_bytes - offset_bytes;
        let by_reference = is_rc
            && wqe.kind == WqeKind::Send
            && wqe.len_bytes >= caps.min_reference_bytes
            && wqe.len_bytes != 0
            && !wqe.has(flag::INLINE);
        let len_bytes = remaining.min(self.piece_bytes(caps, by_reference));
        let is_last = len_bytes == remaining;
        let role = match (offset_bytes == 0, is_last) {
            (true, true) => Role::Only,
            (true, false) => Role::First,
            (false, false) => Role::Middle,
            (false, true) => Role::Last,
        };
        let Some(opcode) = Opcode::find(transport, operation, role, has_imm && is_last) else {
            return Plan::Nothing;
        };
        header.opcode = opcode;
        if wqe.kind == WqeKind::Write && offset_bytes == 0 {
            header.remote_va = wqe.remote_va;
            header.rkey = wqe.rkey;
            header.dma_len_bytes = wqe.len_bytes;
        }
        header.psn_count = psn_count(len_bytes, self.unit_shift);
        if is_last {
            self.finish_message(header, &wqe_tail(&wqe));
        } else {
            self.req.snd = psn.plus(header.psn_count);
            self.note_sent();
            self.req.since_ack_req += header.psn_count;
            if !caps.lossless && self.req.since_ack_req >= ACK_INTERVAL_PACKETS {
                header.ack_req = is_rc;
                self.req.since_ack_req = 0;
            }
        }
        let source = if len_bytes == 0 {
            Source::None
        } else if wqe.has(flag::INLINE) {
            Source::Inline {
                index,
                offset_bytes,
                len_bytes,
            }
        } else {
            Source::Gather {
                index,
                offset_bytes,
                len_bytes,
            }
        };
        Plan::Packet {
            source,
            by_reference,
        }
    }

    /// Bytes of a packet that is not the last of its message: whole path MTUs.
    #[inline(always)]
    fn piece_bytes(&self, caps: &LinkCaps, by_reference: bool) -> u32 {
        let unit = 1 << self.unit_shift;
        if !caps.lossless {
            return unit;
        }
        let limit = if by_reference {
            caps.max_reference_bytes
        } else {
            caps.max_payload_bytes
        };
        (limit & !(unit - 1)).max(unit)
    }

    /// The last (or only) packet of a SEND or WRITE: what belongs to the message as a whole, and
    /// on to the next WQE.
    #[inline(always)]
    fn finish_message(&mut self, header: &mut Header, tail: &MessageTail) {
        header.solicited = tail.is_solicited;
        header.imm_data = tail.imm_data;
        self.req.snd = tail.end_psn;
        self.sq.cur = self.sq.cur.wrapping_add(1);
        self.note_sent();
        if self.service == Service::Rc {
            header.ack_req |= self.asks_for_answer(header.psn_count, tail.is_signaled);
        } else {
            // Unconnected and unreliable: handed out is done.
            self.sq.done = self.sq.cur;
            self.req.una = self.req.snd;
            self.check_drained();
        }
    }

    /// Whether the last packet of an RC message, of so many PSNs, asks for an answer: an unsignaled
    /// message needs none of its own while another one follows.
    #[inline(always)]
    pub(in crate::engine) fn asks_for_answer(&mut self, psn_count: u32, is_signaled: bool) -> bool {
        self.req.since_ack_req += psn_count;
        let is_owed = is_signaled
            || self.sq.cur == self.sq.tail
            || self.req.since_ack_req >= ACK_INTERVAL_PACKETS;
        if is_owed {
            self.req.since_ack_req = 0;
        }
        is_owed
    }

    /// READ and atomic requests are one packet; a READ that lost responses asks for the rest.
    fn plan_rd_atomic(&mut self, index: u32, header: &mut Header, offset_bytes: u32) -> Plan {
        let wqe = *self.sq.wqe(index);
        let operation = match wqe.kind {
            WqeKind::Read => Operation::ReadRequest,
            WqeKind::CompareSwap => Operation::CompareSwap,
            _ => Operation::FetchAdd,
        };
        let Some(opcode) = Opcode::find(Transport::Rc, operation, Role::Only, false) else {
            return Plan::Nothing;
        };
        header.opcode = opcode;
        header.ack_req = true;
        header.rkey = wqe.rkey;
        if wqe.kind == WqeKind::Read {
            header.remote_va = wqe.remote_va.wrapping_add(u64::from(offset_bytes));
            header.dma_len_bytes = wqe.len_bytes - offset_bytes;
            // On UDP the request itself is one packet; its PSNs are those of the responses.
            header.psn_count = if self.is_lossless {
                wqe.end_psn.since(header.psn).max(1)
            } else {
                1
            };
        } else {
            header.remote_va = wqe.remote_va;
            header.atomic = wqe.atomic;
        }
        self.req.snd = wqe.end_psn;
        self.req.since_ack_req = 0;
        self.sq.cur = index.wrapping_add(1);
        self.note_sent();
        Plan::Packet {
            source: Source::None,
            by_reference: false,
        }
    }

    /// `max` follows the highest PSN ever sent.
    #[inline]
    pub(in crate::engine) fn note_sent(&mut self) {
        if self.req.max.is_before(self.req.snd) {
            self.req.max = self.req.snd;
        }
    }

    pub(super) fn plan_datagram(&mut self, header: &mut Header) -> Plan {
        let index = self.sq.cur;
        let wqe = *self.sq.wqe(index);
        let datagram = *self.sq.datagram(index);
        let has_imm = wqe.has(flag::IMM);
        let Some(opcode) = Opcode::find(Transport::Ud, Operation::Send, Role::Only, has_imm) else {
            return Plan::Nothing;
        };
        // The top bit asks for the Q_Key of the QP: an application may not choose such a key.
        let qkey = if datagram.qkey.0 & 1 << 31 != 0 {
            self.attr.qkey
        } else {
            datagram.qkey
        };
        *header = Header {
            opcode,
            dest_qpn: datagram.dest_qpn,
            src_qpn: self.qpn,
            psn: self.req.snd,
            psn_count: 1,
            qkey: Qkey(qkey.0),
            sgid: datagram.av.sgid,
            dgid: datagram.av.dgid,
            traffic_class: datagram.av.traffic_class,
            hop_limit: datagram.av.hop_limit,
            ..Header::default()
        };
        self.finish_message(header, &wqe_tail(&wqe));
        let len_bytes = wqe.len_bytes;
        let source = if len_bytes == 0 {
            Source::None
        } else if wqe.has(flag::INLINE) {
            Source::Inline {
                index,
                offset_bytes: 0,
                len_bytes,
            }
        } else {
            Source::Gather {
                index,
                offset_bytes: 0,
                len_bytes,
            }
        };
        Plan::Packet {
            source,
            by_reference: false,
        }
    }

    pub(super) fn plan_probe(&mut self, header: &mut Header) -> Plan {
        self.req.is_probe_due = false;
        self.req.is_probe_out = true;
        self.req.last_transmit = LastTransmit::Nothing;
        *header = Header {
            opcode: Opcode::PROBE,
            dest_qpn: self.attr.dest_qpn,
            src_qpn: self.qpn,
            psn: self.req.una,
            psn_count: 1,
            ..Header::default()
        };
        Plan::Packet {
            source: Source::None,
            by_reference: false,
        }
    }
}

/// What the last packet of a message takes from its WQE.
struct MessageTail {
    is_solicited: bool,
    is_signaled: bool,
    imm_data: u32,
    end_psn: Psn,
}

#[inline]
fn wqe_tail(wqe: &Wqe) -> MessageTail {
    MessageTail {
        // Only what consumes a receive WQE can raise a solicited event.
        is_solicited: wqe.has(flag::SOLICITED) && (wqe.kind == WqeKind::Send || wqe.has(flag::IMM)),
        is_signaled: wqe.has(flag::SIGNALED),
        imm_data: wqe.imm_data,
        end_psn: wqe.end_psn,
    }
}
