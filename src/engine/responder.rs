//! The responder: takes requests in, owes responses.
//!
//! RC keeps the PSN window: duplicates are answered again without effect, a gap is NAKed once.
//! UC drops a message with a hole in it, UD knows no messages. [`checks`] says in which order a
//! request is judged, [`execute`] does what it asks for.

mod checks;
mod execute;
mod resources;
mod respond;

use self::checks::{Message, Refusal, is_start};
pub use self::respond::not_ready_reply;

use self::execute::{GRH_BYTES, after, grh};
use self::resources::Resources;
use super::qp::Qp;
use super::types::{Host, QpEvent, QpInit, QpState, RecvWqe, WcOpcode, WcStatus};
use super::vendor;
use crate::base::ids::{Gid, Lkey, Qpn, Rkey};
use crate::wire::{Header, NakCode, Operation, Psn, Syndrome, Traits};

/// What the responder owes its peer, as bits.
mod owed {
    pub(super) const RESOURCE: u8 = 1;
    pub(super) const NAK: u8 = 1 << 1;
    pub(super) const ACK: u8 = 1 << 2;
    pub(super) const PROBE_REPLY: u8 = 1 << 3;
    pub(super) const SOURCE_FAULT: u8 = 1 << 4;
    pub(super) const REFUSED: u8 = 1 << 5;
}

/// PSNs further ahead than this lie behind.
const HALF: u32 = 0x0080_0000;

/// List elements a WQE of a shared receive queue may bring, whatever the QP asked for.
const MAX_SHARED_SGE: usize = 32;

/// A request this QP cannot take: to whom that is told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Refused {
    pub(super) dgid: Gid,
    pub(super) dest_qpn: Qpn,
    psn: Psn,
}

/// State of the responder.
pub(super) struct Responder {
    epsn: Psn,
    msn: u32,
    message: Message,
    /// Bits of [`owed`].
    owed: u8,
    /// A NAK for the gap or the missing receive WQE went out: silence until `epsn` comes.
    is_silent: bool,
    has_communicated: bool,
    /// A READ response went out last: requests have the next turn.
    has_had_turn: bool,
    nak: Syndrome,
    nak_psn: Psn,
    /// Of the packet by reference that could not be fetched.
    fault_psn: Psn,
    /// Of the READ response that went out last.
    response_psn: Psn,
    refused: Refused,
    write_va: u64,
    write_rkey: Rkey,
    write_total_bytes: u32,
    write_left_bytes: u32,
    /// The receive WQE in execution, and how far its list is filled.
    has_wqe: bool,
    checked_count: u32,
    sge_index: u32,
    sge_offset_bytes: u32,
    received_bytes: u32,
    capacity_bytes: u64,
    wqe: RecvWqe,
    resources: Resources,
}

impl Responder {
    pub(super) fn new(init: &QpInit) -> Responder {
        let max_sge = init.max_recv_sge as usize;
        let sge_count = if init.has_srq {
            max_sge.max(MAX_SHARED_SGE)
        } else {
            max_sge
        };
        Responder {
            epsn: Psn::default(),
            msn: 0,
            message: Message::None,
            owed: 0,
            is_silent: false,
            has_communicated: false,
            has_had_turn: false,
            nak: Syndrome::default(),
            nak_psn: Psn::default(),
            fault_psn: Psn::default(),
            response_psn: Psn::default(),
            refused: Refused::default(),
            write_va: 0,
            write_rkey: Rkey::default(),
            write_total_bytes: 0,
            write_left_bytes: 0,
            has_wqe: false,
            checked_count: 0,
            sge_index: 0,
            sge_offset_bytes: 0,
            received_bytes: 0,
            capacity_bytes: 0,
            wqe: RecvWqe {
                wr_id: 0,
                sges: Vec::with_capacity(sge_count),
            },
            resources: Resources::new(init.service == super::types::Service::Rc),
        }
    }

    pub(super) fn connect(&mut self, epsn: Psn) {
        self.epsn = epsn;
    }

    pub(super) fn reset(&mut self) {
        self.epsn = Psn::default();
        self.msn = 0;
        self.message = Message::None;
        self.is_silent = false;
        self.has_communicated = false;
        self.has_had_turn = false;
        self.has_wqe = false;
        self.clear_outputs();
    }

    pub(super) fn clear_outputs(&mut self) {
        self.owed = 0;
        self.resources.clear();
    }

    #[inline]
    pub(super) fn has_output(&self) -> bool {
        self.owed != 0
    }

    #[inline]
    fn owe(&mut self, bit: u8) {
        self.owed |= bit;
    }

    #[inline]
    pub(super) fn owes_only_ack(&self) -> bool {
        self.owed == owed::ACK
    }

    /// The last PSN of those an ACK is owed for.
    #[inline]
    pub(super) fn acknowledged(&self) -> Option<Psn> {
        (self.owed & owed::ACK != 0).then(|| self.epsn.minus(1))
    }

    #[inline]
    pub(super) fn owes_at_most_ack(&self) -> bool {
        self.owed & !owed::ACK == 0
    }

    /// This is the PSN of the next request, no message has begun, and nothing but an ACK is owed.
    #[inline]
    pub(super) fn expects(&self, psn: Psn) -> bool {
        psn == self.epsn
            && self.message == Message::None
            && !self.has_wqe
            && self.owes_at_most_ack()
    }

    /// A message that ends before `epsn` has been executed: an ACK is owed for it.
    #[inline]
    pub(super) fn advance(&mut self, epsn: Psn) -> Psn {
        self.epsn = epsn;
        self.msn = (self.msn + 1) & 0x00ff_ffff;
        self.is_silent = false;
        self.owe(owed::ACK);
        epsn
    }

    /// The response of a READ or atomic acknowledges everything before it.
    #[inline]
    fn owe_resource(&mut self) {
        self.owed = (self.owed | owed::RESOURCE) & !owed::ACK;
    }

    /// Between two packets of READ responses.
    #[inline]
    pub(super) fn yields_turn(&mut self) -> bool {
        std::mem::take(&mut self.has_had_turn)
    }

    #[inline]
    pub(super) fn refused_destination(&self) -> Option<Refused> {
        (self.owed & owed::REFUSED != 0).then_some(self.refused)
    }

    pub(super) fn take_wqe_in_execution(&mut self) -> Option<u64> {
        std::mem::take(&mut self.has_wqe).then_some(self.wqe.wr_id)
    }

    /// The element that is being filled is checked again if it names this key. Those before it are
    /// full, those after it have not been looked at.
    pub(super) fn forget_key(&mut self, key: Lkey) {
        let is_filling = self.has_wqe && self.checked_count > self.sge_index;
        let current = self.wqe.sges.get(self.sge_index as usize);
        if is_filling && current.is_some_and(|sge| sge.lkey == key) {
            self.checked_count = self.sge_index;
        }
    }

    /// Back to the start of the receive list.
    #[inline]
    fn rewind(&mut self) {
        self.sge_index = 0;
        self.sge_offset_bytes = 0;
        self.received_bytes = 0;
        self.capacity_bytes = self
            .wqe
            .sges
            .iter()
            .map(|sge| u64::from(sge.len_bytes))
            .sum();
    }

    #[inline]
    fn room_bytes(&self) -> u32 {
        let room = self
            .capacity_bytes
            .saturating_sub(u64::from(self.received_bytes));
        u32::try_from(room).unwrap_or(u32::MAX)
    }
}

impl Qp {
    #[inline]
    fn takes_requests(&self) -> bool {
        matches!(
            self.state,
            QpState::Rtr | QpState::Rts | QpState::Sqd | QpState::Sqe
        )
    }

    /// Whether a packet comes from the QP this one is connected to; UDP does not say.
    #[inline]
    fn is_from_peer(&self, header: &Header) -> bool {
        header.src_qpn == self.attr.dest_qpn || header.src_qpn == Qpn(0)
    }

    /// A request of RC.
    #[inline]
    pub(super) fn on_rc_request<H: Host>(
        &mut self,
        traits: &Traits,
        header: &Header,
        payload_bytes: u32,
        host: &mut H,
    ) {
        if !self.takes_requests() || !self.is_from_peer(header) {
            self.refuse(header);
            return;
        }
        let ahead = header.psn.since(self.resp.epsn);
        if ahead != 0 {
            if ahead < HALF {
                self.on_gap();
            } else {
                self.on_duplicate(traits, header);
            }
            return;
        }
        self.resp.is_silent = false;
        self.note_communication();
        match self.execute_rc(traits, header, payload_bytes, host) {
            Ok(count) => {
                self.resp.epsn = header.psn.plus(count);
                self.attr.rq_psn = self.resp.epsn.value();
                if self.resp.message == Message::None {
                    self.resp.msn = (self.resp.msn + 1) & 0x00ff_ffff;
                }
                let is_answered = self.resp.owed & owed::RESOURCE != 0 && self.is_rd_atomic(traits);
                let is_due = self.resp.message == Message::None || header.ack_req;
                // What a NAK owed until now complained of has been mended.
                self.resp.owed &= !owed::NAK;
                if is_due && !is_answered {
                    self.resp.owe(owed::ACK);
                }
            }
            Err(refusal) => self.on_refusal(refusal, header),
        }
    }

    #[inline]
    fn is_rd_atomic(&self, traits: &Traits) -> bool {
        matches!(
            traits.operation,
            Operation::ReadRequest | Operation::CompareSwap | Operation::FetchAdd
        )
    }

    /// Executes a request whose PSN is the expected one; gives how many PSNs it stands for.
    #[inline]
    fn execute_rc<H: Host>(
        &mut self,
        traits: &Traits,
        header: &Header,
        payload_bytes: u32,
        host: &mut H,
    ) -> Result<u32, Refusal> {
        if !self.is_in_sequence(traits) {
            return Err(Refusal::Invalid);
        }
        let count = header.psn_count.max(1);
        if count >= HALF {
            return Err(Refusal::Invalid);
        }
        match traits.operation {
            Operation::Send => self.execute_send(traits, header, payload_bytes, host)?,
            Operation::Write => self.execute_write(traits, header, payload_bytes, host)?,
            Operation::WritePlaced => self.execute_placed(traits, header, host)?,
            Operation::ReadRequest => return self.execute_read(header, host),
            Operation::CompareSwap | Operation::FetchAdd => {
                self.execute_atomic(traits.operation, header, host)?;
                return Ok(1);
            }
            _ => return Err(Refusal::Invalid),
        }
        Ok(count)
    }

    fn note_communication(&mut self) {
        if self.state == QpState::Rtr && !self.resp.has_communicated {
            self.resp.has_communicated = true;
            self.raise(QpEvent::CommEstablished);
        }
    }

    /// Tells the sender, if its link can carry that, that this QP takes no requests.
    fn refuse(&mut self, header: &Header) {
        if self.resp.owed & owed::REFUSED != 0 {
            return;
        }
        if let Some(reply) = not_ready_reply(header) {
            self.resp.refused = Refused {
                dgid: header.sgid,
                dest_qpn: reply.dest_qpn,
                psn: reply.psn,
            };
            self.resp.owe(owed::REFUSED);
        }
    }

    /// Packets are missing before this one.
    fn on_gap(&mut self) {
        self.counters.gaps += 1;
        if self.resp.is_silent {
            return;
        }
        self.resp.is_silent = true;
        self.owe_nak(Syndrome::nak(NakCode::PsnSequence), self.resp.epsn);
    }

    fn owe_nak(&mut self, syndrome: Syndrome, psn: Psn) {
        self.counters.sent_naks += 1;
        self.owe_negative(syndrome, psn);
    }

    fn owe_negative(&mut self, syndrome: Syndrome, psn: Psn) {
        (self.resp.nak, self.resp.nak_psn) = (syndrome, psn);
        // A NAK acknowledges what came before it.
        self.resp.owed = (self.resp.owed | owed::NAK) & !owed::ACK;
    }

    /// A request that has been executed: it is answered again, nothing happens again.
    fn on_duplicate(&mut self, traits: &Traits, header: &Header) {
        self.counters.duplicates += 1;
        match traits.operation {
            Operation::ReadRequest => {
                let shift = self.unit_shift;
                let (va, len, rkey) = (header.remote_va, header.dma_len_bytes, header.rkey);
                let is_known = self.resp.resources.replay(header.psn, |resource| {
                    let skipped = header.psn.since(resource.first_psn) << shift;
                    resource.atomic_orig.is_none()
                        && resource.rkey == rkey
                        && va == resource.remote_va.wrapping_add(u64::from(skipped))
                        && len == resource.len_bytes.wrapping_sub(skipped)
                });
                if is_known {
                    self.resp.owe_resource();
                }
            }
            Operation::CompareSwap | Operation::FetchAdd => {
                let is_known = self
                    .resp
                    .resources
                    .replay(header.psn, |resource| resource.atomic_orig.is_some());
                if is_known {
                    self.resp.owe_resource();
                }
            }
            _ => {
                // A piece that reaches past what was executed was cut differently this time:
                // only the requester can cut it anew.
                let end = after(header);
                if self.resp.epsn.is_before(end) {
                    self.owe_nak(Syndrome::nak(NakCode::PsnSequence), self.resp.epsn);
                    self.resp.is_silent = true;
                } else {
                    self.resp.owe(owed::ACK);
                }
            }
        }
    }

    /// A request at the expected PSN that is not executed.
    fn on_refusal(&mut self, refusal: Refusal, header: &Header) {
        let (code, event) = match refusal {
            Refusal::RecvMissing => {
                self.resp.is_silent = true;
                self.counters.sent_rnr_naks += 1;
                self.owe_negative(Syndrome::rnr_nak(self.attr.min_rnr_timer), header.psn);
                return;
            }
            Refusal::SourceGone => {
                // The fault is the requester's own; it ends its QP and this one hears no more.
                self.resp.is_silent = true;
                self.resp.fault_psn = header.psn;
                self.resp.owe(owed::SOURCE_FAULT);
                return;
            }
            Refusal::Invalid => (NakCode::InvalidRequest, Some(QpEvent::RequestError)),
            Refusal::RemoteAccess => (NakCode::RemoteAccess, Some(QpEvent::AccessError)),
            Refusal::Operational { vendor_err } => {
                self.fail_recv(WcStatus::LocProtErr, vendor_err);
                (NakCode::RemoteOperational, None)
            }
            Refusal::RecvTooShort => {
                self.fail_recv(WcStatus::LocLenErr, vendor::RECV_TOO_SHORT);
                (NakCode::InvalidRequest, None)
            }
        };
        if let Some(event) = event {
            self.raise(event);
        }
        self.owe_nak(Syndrome::nak(code), header.psn);
        if self.attr.dest_qpn == self.qpn {
            // The request is our own: the NAK ends it, and this QP with it.
            self.resp.is_silent = true;
            return;
        }
        self.enter_err();
    }

    /// Memory a READ response was to come from could not be read.
    pub(super) fn on_response_fault(&mut self) {
        let psn = self.resp.response_psn;
        self.resp.clear_outputs();
        self.raise(QpEvent::AccessError);
        self.owe_nak(Syndrome::nak(NakCode::RemoteAccess), psn);
        self.enter_err();
    }

    /// A request of UC: in sequence or not at all. A new message always starts; one that misses a
    /// packet, a receive WQE or a right is dropped whole without a word, and the receive WQE it
    /// had taken waits for the next message.
    #[inline]
    pub(super) fn on_uc_request<H: Host>(
        &mut self,
        traits: &Traits,
        header: &Header,
        payload_bytes: u32,
        host: &mut H,
    ) {
        if !self.takes_requests() || !self.is_from_peer(header) || header.psn_count >= HALF {
            return;
        }
        let is_next = header.psn == self.resp.epsn && self.is_in_sequence(traits);
        if !is_next {
            self.resp.message = Message::None;
            if !is_start(traits.role) {
                return;
            }
        }
        self.note_communication();
        self.resp.epsn = after(header);
        self.attr.rq_psn = self.resp.epsn.value();
        let executed = match traits.operation {
            Operation::Send => self.execute_send(traits, header, payload_bytes, host),
            Operation::Write => self.execute_write(traits, header, payload_bytes, host),
            Operation::WritePlaced => self.execute_placed(traits, header, host),
            _ => Err(Refusal::Invalid),
        };
        if let Err(refusal) = executed {
            self.resp.message = Message::None;
            self.on_local_refusal(refusal);
        }
    }

    /// A datagram.
    pub(super) fn on_datagram<H: Host>(
        &mut self,
        header: &Header,
        has_imm: bool,
        payload_bytes: u32,
        host: &mut H,
    ) {
        if !self.takes_requests()
            || header.qkey != self.attr.qkey
            || payload_bytes > super::qp::attr::MAX_MTU_BYTES
        {
            self.counters.dropped_messages += 1;
            return;
        }
        if let Err(refusal) = self.receive_datagram(header, has_imm, payload_bytes, host) {
            match refusal {
                // The datagram is lost; the WQE says why, as an application that forgot the room
                // for the GRH wants to know. A stranger's datagram must not end the QP.
                Refusal::RecvTooShort => {
                    self.fail_recv(WcStatus::LocLenErr, vendor::RECV_TOO_SHORT);
                }
                other => self.on_local_refusal(other),
            }
        }
    }

    fn receive_datagram<H: Host>(
        &mut self,
        header: &Header,
        has_imm: bool,
        payload_bytes: u32,
        host: &mut H,
    ) -> Result<(), Refusal> {
        self.take_recv(host)?;
        if GRH_BYTES + payload_bytes > self.resp.room_bytes() {
            return Err(Refusal::RecvTooShort);
        }
        let grh = grh(header, has_imm, payload_bytes);
        self.scatter(GRH_BYTES, host, |host, offset, addr, len| {
            host.place_bytes(addr, &grh[offset as usize..(offset + len) as usize])
        })?;
        self.scatter_packet(payload_bytes, host)?;
        if let Some(traits) = header.opcode.traits() {
            let byte_len = GRH_BYTES + payload_bytes;
            self.complete_recv(WcOpcode::Recv, byte_len, traits, header);
        }
        Ok(())
    }

    /// UC and UD: what is the sender's fault or bad luck is dropped; what is this side's own fault
    /// ends the QP.
    fn on_local_refusal(&mut self, refusal: Refusal) {
        self.counters.dropped_messages += 1;
        if let Refusal::Operational { vendor_err } = refusal {
            self.fail_recv(WcStatus::LocProtErr, vendor_err);
            self.enter_err();
        }
    }

    /// Answers a probe when everything before it has been answered.
    pub(super) fn on_probe(&mut self, header: &Header) {
        if self.takes_requests() && self.is_from_peer(header) {
            self.resp.owe(owed::PROBE_REPLY);
        } else {
            self.refuse(header);
        }
    }
}
