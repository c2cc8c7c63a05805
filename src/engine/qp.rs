//! The queue pair: its parts, the commands and the outputs that are not packets.
//!
//! The requester ([`super::requester`], [`super::completer`]) and the responder
//! ([`super::responder`]) are the two halves of its inputs and packets.

pub mod attr;
pub mod state;

use super::completer::Requester;
use super::counters::Counters;
use super::responder::Responder;
use super::rq::Rq;
use super::sq::{SendEnd, Sq};
use super::types::{
    AccessOutcome, Cqe, Host, PostError, QpAttr, QpEvent, QpInit, QpState, SendOp, SendWr, Service,
    Sge, WcOpcode, WcStatus,
};
use super::vendor;
use super::wqe::Wqe;
use crate::base::ids::{PdId, Qpn};
use crate::base::time::Instant;
use crate::wire::{Header, Operation, Transport};
use std::collections::TryReserveError;

/// A queue pair. See the contract at the head of [`crate::engine`].
pub struct Qp {
    pub(super) service: Service,
    pub(super) state: QpState,
    pub(super) all_signaled: bool,
    pub(super) has_srq: bool,
    /// What the link said last.
    pub(super) is_lossless: bool,
    /// Bit set of [`QpEvent`] numbers not yet polled.
    events: u8,
    pub(super) qpn: Qpn,
    pub(super) pd: PdId,
    pub(super) recv_pd: PdId,
    pub(super) mtu_bytes: u32,
    /// log₂ of the bytes one PSN stands for: the path MTU, or less on a link that carries less.
    pub(super) unit_shift: u32,
    pub(super) sq: Sq,
    pub(super) req: Requester,
    pub(super) resp: Responder,
    pub(super) rq: Rq,
    pub(super) attr: QpAttr,
    /// The single place where a receive completion waits.
    pub(super) recv_cqe: Option<Cqe>,
    pub(super) counters: Counters,
    #[cfg(test)]
    pub(super) is_thorough: bool,
}

impl Qp {
    /// All memory the QP ever uses is reserved here, and touched only when it is first needed.
    pub fn new(init: &QpInit) -> Result<Qp, TryReserveError> {
        let is_datagram = init.service == Service::Ud;
        let recv_depth = if init.has_srq { 0 } else { init.recv_depth };
        Ok(Qp {
            service: init.service,
            state: QpState::Reset,
            all_signaled: init.all_signaled,
            has_srq: init.has_srq,
            is_lossless: true,
            events: 0,
            qpn: init.qpn,
            pd: init.pd,
            recv_pd: init.recv_pd,
            mtu_bytes: attr::MAX_MTU_BYTES,
            unit_shift: attr::MAX_MTU_BYTES.trailing_zeros(),
            sq: Sq::new(
                init.send_depth,
                init.max_send_sge,
                init.max_inline_bytes,
                is_datagram,
            )?,
            req: Requester::default(),
            resp: Responder::new(init),
            rq: Rq::new(recv_depth, init.max_recv_sge)?,
            attr: QpAttr::default(),
            recv_cqe: None,
            counters: Counters::default(),
            #[cfg(test)]
            is_thorough: false,
        })
    }

    /// Current attributes; `sq_psn` and `rq_psn` as they stand now.
    pub fn attr(&self) -> &QpAttr {
        &self.attr
    }

    /// What the QP has counted since it was made.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    #[inline]
    pub fn state(&self) -> QpState {
        self.state
    }

    pub fn qpn(&self) -> Qpn {
        self.qpn
    }

    /// Queues a send work request. Where it cannot be executed any more it is taken and flushed.
    #[inline]
    pub fn post_send(&mut self, wr: &SendWr<'_>, sges: &[Sge]) -> Result<(), PostError> {
        self.check_post(wr)?;
        if sges.len() > self.sq.max_sge as usize {
            return Err(PostError::TooMuch);
        }
        let total: u64 = sges.iter().map(|sge| u64::from(sge.len_bytes)).sum();
        // What does not fit is beyond every limit and refused when the WQE is executed.
        let len_bytes = u32::try_from(total).unwrap_or(u32::MAX);
        let wqe = Wqe::new(wr, len_bytes, sges.len() as u16, self.all_signaled);
        self.sq.push(wqe, sges, wr.datagram);
        self.flush_if_ended();
        Ok(())
    }

    /// Queues a send work request whose bytes the caller writes into the slice it gets, before it
    /// does anything else with the QP.
    #[inline]
    pub fn post_send_inline(
        &mut self,
        wr: &SendWr<'_>,
        len_bytes: u32,
    ) -> Result<&mut [u8], PostError> {
        self.check_post(wr)?;
        if len_bytes > self.sq.max_inline_bytes {
            return Err(PostError::TooMuch);
        }
        let mut wqe = Wqe::new(wr, len_bytes, 0, self.all_signaled);
        if wqe.is_rd_atomic() {
            return Err(PostError::Invalid(
                "send_flags: inline with a READ or an atomic",
            ));
        }
        wqe.flags |= super::wqe::flag::INLINE;
        let index = self.sq.tail;
        self.sq.push(wqe, &[], wr.datagram);
        self.flush_if_ended();
        Ok(self.sq.inline_mut(index, len_bytes))
    }

    #[inline]
    fn check_post(&self, wr: &SendWr<'_>) -> Result<(), PostError> {
        match self.state {
            QpState::Rts | QpState::Sqd | QpState::Sqe | QpState::Err => {}
            QpState::Reset | QpState::Init | QpState::Rtr => return Err(PostError::State),
        }
        match self.service {
            Service::Rc => {}
            Service::Uc => {
                if !matches!(
                    wr.op,
                    SendOp::Send
                        | SendOp::SendImm { .. }
                        | SendOp::Write { .. }
                        | SendOp::WriteImm { .. }
                ) {
                    return Err(PostError::Invalid("opcode: not served by UC"));
                }
            }
            Service::Ud => {
                if !matches!(wr.op, SendOp::Send | SendOp::SendImm { .. }) {
                    return Err(PostError::Invalid("opcode: not served by UD"));
                }
                if wr.datagram.is_none() {
                    return Err(PostError::Invalid("wr.ud.ah"));
                }
            }
        }
        self.sq.check_room()
    }

    #[inline]
    fn flush_if_ended(&mut self) {
        if matches!(self.state, QpState::Err | QpState::Sqe) {
            self.sq.flush();
        }
    }

    /// How many send WQEs have been posted since the last reset, modulo 2³².
    #[inline]
    pub fn send_tail(&self) -> u32 {
        self.sq.tail
    }

    /// Queues a receive WQE; a QP in ERR flushes it.
    #[inline]
    pub fn post_recv(&mut self, wr_id: u64, sges: &[Sge]) -> Result<(), PostError> {
        if self.state == QpState::Reset {
            return Err(PostError::State);
        }
        if self.has_srq {
            return Err(PostError::Invalid("qp: receives come from its SRQ"));
        }
        self.rq.push(wr_id, sges)
    }

    /// Takes one packet in. What cannot be for this QP is dropped.
    #[inline]
    pub fn handle_packet<H: Host>(&mut self, header: &Header, payload_bytes: u32, host: &mut H) {
        let Some(traits) = header.opcode.traits() else {
            return;
        };
        self.counters.received_packets += 1;
        if header.has_ack && self.service == Service::Rc {
            self.handle_acknowledged(header.ack_psn, host);
        }
        if self.handle_quick_send(header, payload_bytes, host) {
            return;
        }
        match (traits.transport, self.service) {
            (Transport::Rc, Service::Rc) => match traits.operation {
                Operation::Acknowledge => self.on_acknowledge(header, host),
                Operation::ReadResponse => {
                    self.on_read_response(traits.role, header, payload_bytes, host);
                }
                Operation::AtomicAcknowledge => self.on_atomic_acknowledge(header, host),
                _ => self.on_rc_request(traits, header, payload_bytes, host),
            },
            (Transport::Uc, Service::Uc) => {
                self.on_uc_request(traits, header, payload_bytes, host);
            }
            (Transport::Ud, Service::Ud) => {
                self.on_datagram(header, traits.has_imm, payload_bytes, host);
            }
            (Transport::Link, Service::Rc) => match traits.operation {
                Operation::NotReady => self.on_not_ready(header, host),
                Operation::Probe => self.on_probe(header),
                Operation::ProbeReply => self.on_probe_reply(header, host),
                Operation::SourceFault => self.on_source_fault(header, host),
                _ => self.on_rc_request(traits, header, payload_bytes, host),
            },
            (Transport::Link, Service::Uc) if traits.operation == Operation::WritePlaced => {
                self.on_uc_request(traits, header, payload_bytes, host);
            }
            _ => {}
        }
    }

    /// What became of the direct access `poll_transmit` asked for. [`AccessOutcome::LocalFault`]
    /// is also the answer to a packet whose payload could not be read; it was not sent then.
    pub fn handle_access(&mut self, outcome: AccessOutcome) {
        self.on_access(outcome);
        self.check_drained();
    }

    /// The process of the peer has ended: what is queued fails, and the QP goes to ERR with it.
    pub fn handle_peer_dead(&mut self) {
        if self.service != Service::Rc
            || !matches!(self.state, QpState::Rtr | QpState::Rts | QpState::Sqd)
        {
            return;
        }
        // As on a wire: a QP that waits for nothing does not notice.
        if self.sq.is_idle() {
            return;
        }
        self.sq
            .fail(self.sq.done, WcStatus::RetryExcErr, vendor::PEER_DEAD);
        self.enter_err();
        self.resp.clear_outputs();
    }

    /// Whether [`Qp::poll_completion`] may have something: a few loads, for the data path.
    #[inline]
    pub fn has_completion(&self) -> bool {
        self.recv_cqe.is_some() || self.sq.head != self.sq.done || self.state == QpState::Err
    }

    /// The next completion: the send queue in order, the receive completion that waits, then, in
    /// ERR, the receive queue.
    #[inline]
    pub fn poll_completion(&mut self) -> Option<Cqe> {
        let cqe = self.next_completion()?;
        self.counters.note_completion(&cqe);
        Some(cqe)
    }

    #[inline]
    fn next_completion(&mut self) -> Option<Cqe> {
        // What a packet acknowledges ended before what it brings.
        if let Some(end) = self.sq.poll_end() {
            return Some(self.send_cqe(&end));
        }
        if let Some(cqe) = self.recv_cqe.take() {
            return Some(cqe);
        }
        if self.state == QpState::Err {
            self.poll_flushed_recv()
        } else {
            None
        }
    }

    #[inline]
    fn send_cqe(&self, end: &SendEnd) -> Cqe {
        Cqe {
            wr_id: end.wr_id,
            status: end.status,
            opcode: end.opcode,
            is_recv: false,
            byte_len: end.len_bytes,
            imm_data: None,
            qpn: self.qpn,
            src_qpn: Qpn(0),
            has_grh: false,
            sl: 0,
            solicited: false,
            vendor_err: end.vendor_err,
            sq_end: end.sq_end,
        }
    }

    fn poll_flushed_recv(&mut self) -> Option<Cqe> {
        let wr_id = match self.resp.take_wqe_in_execution() {
            Some(wr_id) => wr_id,
            None => self.rq.take_flushed()?,
        };
        Some(self.new_recv_cqe(wr_id, WcStatus::WrFlushErr, vendor::FLUSHED))
    }

    pub(super) fn new_recv_cqe(&self, wr_id: u64, status: WcStatus, vendor_err: u32) -> Cqe {
        Cqe {
            wr_id,
            status,
            opcode: WcOpcode::Recv,
            is_recv: true,
            byte_len: 0,
            imm_data: None,
            qpn: self.qpn,
            src_qpn: Qpn(0),
            has_grh: false,
            sl: 0,
            solicited: false,
            vendor_err,
            sq_end: 0,
        }
    }

    /// The next asynchronous event.
    #[inline]
    pub fn poll_event(&mut self) -> Option<QpEvent> {
        if self.events == 0 {
            return None;
        }
        const ORDER: [QpEvent; 6] = [
            QpEvent::CommEstablished,
            QpEvent::SqDrained,
            QpEvent::AccessError,
            QpEvent::RequestError,
            QpEvent::Fatal,
            QpEvent::LastWqeReached,
        ];
        let event = ORDER
            .into_iter()
            .find(|event| self.events & (1 << *event as u8) != 0)?;
        self.events &= !(1 << event as u8);
        Some(event)
    }

    /// When [`Qp::handle_timeout`] wants to be called.
    #[inline]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.req.timer
    }

    pub(super) fn raise(&mut self, event: QpEvent) {
        self.events |= 1 << event as u8;
    }

    pub(super) fn set_state(&mut self, state: QpState) {
        self.state = state;
        self.attr.state = state as u32;
        self.attr.cur_state = state as u32;
    }

    /// To ERR: everything queued ends as flushed. What the responder still owes the peer (the NAK
    /// that explains the error) stays; callers for whom it shall not, clear it.
    pub(super) fn enter_err(&mut self) {
        if self.state == QpState::Err {
            return;
        }
        self.set_state(QpState::Err);
        self.sq.flush();
        self.req.stop();
        self.attr.sq_draining = false;
        if self.has_srq {
            self.raise(QpEvent::LastWqeReached);
        }
    }

    /// Back to how it was created, without completions.
    fn reset(&mut self) {
        self.set_state(QpState::Reset);
        self.attr = QpAttr::default();
        self.mtu_bytes = attr::MAX_MTU_BYTES;
        self.unit_shift = attr::MAX_MTU_BYTES.trailing_zeros();
        self.sq.reset();
        self.rq.reset();
        self.req = Requester::default();
        self.resp.reset();
        self.recv_cqe = None;
        self.events = 0;
    }
}
