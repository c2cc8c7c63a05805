//! The short ways: an RC SEND that is one packet with one piece of memory, on both sides.
//!
//! Most traffic of small messages consists of it. The general code gets to the same end by asking
//! about everything a packet may be; here one look at the usual state comes first, and whatever is
//! not as usual declines before anything has changed, so that the general code judges it. There is
//! no second answer to anything: `tests/quick.rs` runs both ways against each other.

use super::qp::Qp;
use super::requester::LastTransmit;
use super::types::{Access, Cqe, Host, LinkCaps, Payload, QpState, Service, WcStatus};
use super::vendor;
use super::wqe::{WqeKind, flag};
use crate::wire::{Header, Opcode, Psn};

/// Flags of a WQE that need a closer look.
const UNUSUAL: u8 = flag::FENCE | flag::IMM | flag::NO_DIRECT | flag::PLACED;

/// A SEND that was planned.
pub(super) struct QuickSend {
    index: u32,
    len_bytes: u32,
    /// Of the one piece, unless the bytes are inline.
    addr: u64,
    is_inline: bool,
}

impl Qp {
    /// Plans the next request, if it is such a SEND, nothing before it is waited for, and the link
    /// loses nothing. The ACK that is owed travels along. `None`: not the usual case.
    #[inline(always)]
    pub(super) fn plan_quick_send<H: Host>(
        &mut self,
        caps: &LinkCaps,
        host: &H,
        header: &mut Header,
    ) -> Option<QuickSend> {
        let index = self.sq.started;
        let is_usual = self.state == QpState::Rts
            && self.service == Service::Rc
            && caps.lossless
            && self.req.is_calm()
            && self.resp.owes_at_most_ack()
            && self.sq.cur == index
            && index != self.sq.tail;
        if !is_usual || self.is_thorough() {
            return None;
        }
        let wqe = self.sq.wqe(index);
        let (flags, len_bytes) = (wqe.flags, wqe.len_bytes);
        let unit_bytes = 1 << self.unit_shift;
        let is_inline = flags & flag::INLINE != 0;
        let is_one_packet = wqe.kind == WqeKind::Send
            && flags & UNUSUAL == 0
            && (wqe.sge_count == 1 || is_inline)
            && wqe.checked_count == 0
            && len_bytes != 0
            && len_bytes <= unit_bytes
            && unit_bytes <= caps.max_payload_bytes
            && (len_bytes < caps.min_reference_bytes || is_inline);
        if !is_one_packet {
            return None;
        }
        let mut addr = 0;
        if !is_inline {
            let sge = self.sq.sge_mut(index, 0);
            let len = u64::from(len_bytes);
            addr = host
                .check_local(self.pd, sge.lkey, sge.addr, len, Access::empty())
                .ok()?;
            sge.addr = addr;
        }
        let psn = Psn::new(self.attr.sq_psn);
        let next = psn.plus(1);
        let wqe = self.sq.wqe_mut(index);
        (wqe.first_psn, wqe.end_psn) = (psn, next);
        wqe.checked_count = wqe.sge_count;
        self.counters.note_request(wqe);
        self.attr.sq_psn = next.value();
        self.req.snd = next;
        self.note_sent();
        self.req.last_transmit = LastTransmit::Request(index);
        let after = index.wrapping_add(1);
        (self.sq.started, self.sq.cur) = (after, after);
        *header = Header {
            opcode: Opcode::RC_SEND_ONLY,
            solicited: flags & flag::SOLICITED != 0,
            ack_req: self.asks_for_answer(1, flags & flag::SIGNALED != 0),
            dest_qpn: self.attr.dest_qpn,
            src_qpn: self.qpn,
            psn,
            psn_count: 1,
            ..Header::default()
        };
        self.attach_ack(header);
        Some(QuickSend {
            index,
            addr,
            len_bytes,
            is_inline,
        })
    }

    /// Where the bytes of such a SEND lie.
    #[inline(always)]
    pub(super) fn quick_payload(&self, send: &QuickSend) -> Payload<'_> {
        if send.is_inline {
            Payload::Inline(self.sq.inline(send.index, 0, send.len_bytes))
        } else {
            Payload::Memory {
                addr: send.addr,
                len_bytes: send.len_bytes,
            }
        }
    }

    /// Takes such a SEND in, if it is the expected packet and a receive WQE of one piece waits for
    /// it. False: not the usual case, and nothing has happened but that bytes may lie in the
    /// buffer of that WQE.
    #[inline(always)]
    pub(super) fn handle_quick_send<H: Host>(
        &mut self,
        header: &Header,
        payload_bytes: u32,
        host: &mut H,
    ) -> bool {
        let is_usual = header.opcode == Opcode::RC_SEND_ONLY
            && self.state == QpState::Rts
            && self.service == Service::Rc
            && self.resp.expects(header.psn)
            && header.src_qpn == self.attr.dest_qpn
            && header.psn_count == 1
            && payload_bytes != 0
            && payload_bytes <= 1 << self.unit_shift;
        if !is_usual || self.is_thorough() {
            return false;
        }
        let Some((wr_id, sge)) = self.rq.peek_single() else {
            return false;
        };
        if payload_bytes > sge.len_bytes {
            return false;
        }
        let room = u64::from(sge.len_bytes);
        let need = Access::LOCAL_WRITE;
        let Ok(addr) = host.check_local(self.recv_pd, sge.lkey, sge.addr, room, need) else {
            return false;
        };
        if host.place(0, addr, payload_bytes).is_err() {
            return false;
        }
        self.rq.drop_first();
        self.counters.note_received(payload_bytes);
        self.recv_cqe = Some(Cqe {
            byte_len: payload_bytes,
            solicited: header.solicited,
            ..self.new_recv_cqe(wr_id, WcStatus::Success, vendor::NONE)
        });
        let epsn = self.resp.advance(header.psn.plus(1));
        self.attr.rq_psn = epsn.value();
        true
    }

    /// For tests: everything goes the long way.
    #[inline(always)]
    fn is_thorough(&self) -> bool {
        #[cfg(test)]
        return self.is_thorough;
        #[cfg(not(test))]
        return false;
    }
}
