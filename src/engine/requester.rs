//! The requester: turns send WQEs into request packets and direct accesses.
//!
//! Called by `poll_transmit` only. It starts WQEs strictly in order, and never reads or writes
//! memory: a packet names where its bytes lie.

mod direct;
mod packets;

use super::completer::Wait;
use super::qp::Qp;
use super::qp::attr::MAX_MTU_BYTES;
use super::types::{
    Access, Destination, Host, KeyError, LinkCaps, Payload, QpState, Service, Transmit, WcStatus,
};
use super::vendor;
use super::wqe::{WqeKind, flag};
use crate::base::ids::Lkey;
use crate::wire::{Header, Psn};

/// Longest message the port takes (`max_msg_sz`).
pub const MAX_MESSAGE_BYTES: u32 = 1 << 30;

/// Packets that may be unacknowledged on a link that loses some.
const WINDOW_PACKETS: u32 = 128;

/// On such a link an answer is asked for at least once in so many packets.
const ACK_INTERVAL_PACKETS: u32 = 32;

/// Where the bytes of a planned packet lie.
#[derive(Clone, Copy)]
pub(super) enum Source {
    None,
    /// Of the WQE at an index of the send queue.
    Gather {
        index: u32,
        offset_bytes: u32,
        len_bytes: u32,
    },
    Inline {
        index: u32,
        offset_bytes: u32,
        len_bytes: u32,
    },
    Memory {
        addr: u64,
        len_bytes: u32,
    },
}

/// What `poll_transmit` is about to give out, without the borrow and the header.
pub(super) enum Plan {
    Nothing,
    Packet { source: Source, by_reference: bool },
    Access { index: u32 },
}

/// What a packet given out last was for: a fault reported for it ends that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LastTransmit {
    #[default]
    Nothing,
    Request(u32),
    Response,
    Access(u32),
}

/// What starting the next WQE led to.
enum Start {
    /// Nothing can start now.
    Nothing,
    Packet,
    Access(u32),
}

impl Qp {
    /// Where the next packet goes. `Some` means that there may be one: a WQE that must wait for
    /// responses shows only in `poll_transmit`, which gives `None` then.
    #[inline]
    pub fn next_destination(&self) -> Option<Destination> {
        if let Some(refused) = self.resp.refused_destination() {
            let dgid = if refused.dgid.0 == [0; 16] {
                self.attr.av.dgid
            } else {
                refused.dgid
            };
            return Some(Destination {
                dgid,
                dest_qpn: refused.dest_qpn,
            });
        }
        let has_more = self.resp.has_output() || self.req.is_probe_due || self.may_request();
        if !has_more {
            return None;
        }
        if self.service == Service::Ud {
            let datagram = self.sq.datagram(self.sq.started);
            return Some(Destination {
                dgid: datagram.av.dgid,
                dest_qpn: datagram.dest_qpn,
            });
        }
        Some(Destination {
            dgid: self.attr.av.dgid,
            dest_qpn: self.attr.dest_qpn,
        })
    }

    /// Whether `poll_transmit` may have something: a few loads, for the data path.
    #[inline]
    pub fn may_transmit(&self) -> bool {
        self.resp.has_output() || self.req.is_probe_due || self.may_request()
    }

    /// All there is to send is an ACK. Where the peer learns of it in another way
    /// ([`Qp::acknowledged`]), it may wait for a request to travel with.
    #[inline]
    pub fn owes_only_ack(&self) -> bool {
        self.resp.owes_only_ack() && !self.req.is_probe_due && !self.may_request()
    }

    /// Up to which PSN the requests of the peer are acknowledged by what is owed to it.
    #[inline]
    pub fn acknowledged(&self) -> Option<Psn> {
        self.resp.acknowledged()
    }

    /// Requests are out whose acknowledgement has not come.
    #[inline]
    pub fn awaits_ack(&self) -> bool {
        self.req.una != self.req.max && self.service == Service::Rc
    }

    /// Bytes of payload the next packet brings at most, as far as that is seen without a closer look.
    #[inline]
    pub fn payload_limit(&self) -> u32 {
        if self.resp.has_output() && !self.resp.owes_only_ack() {
            return u32::MAX;
        }
        if self.may_request() {
            self.sq.wqe(self.sq.cur).len_bytes
        } else {
            0
        }
    }

    #[inline]
    fn may_request(&self) -> bool {
        let has_work = match self.state {
            QpState::Rts => self.sq.cur != self.sq.tail,
            // Only what had started goes on.
            QpState::Sqd => self.sq.cur != self.sq.started,
            _ => false,
        };
        has_work && self.req.wait == Wait::No
    }

    /// The next packet or direct access, if there is one. A packet's header is written to `header`,
    /// whatever that holds.
    #[inline]
    pub fn poll_transmit<'a, H: Host>(
        &'a mut self,
        caps: &LinkCaps,
        host: &H,
        header: &mut Header,
    ) -> Option<Transmit<'a>> {
        self.is_lossless = caps.lossless;
        if let Some(send) = self.plan_quick_send(caps, host, header) {
            self.counters.sent_packets += 1;
            return Some(Transmit::Packet {
                payload: self.quick_payload(&send),
                by_reference: false,
            });
        }
        match self.plan(caps, host, header) {
            Plan::Nothing => None,
            Plan::Packet {
                source,
                by_reference,
            } => {
                self.counters.sent_packets += 1;
                let payload = self.payload(source);
                Some(Transmit::Packet {
                    payload,
                    by_reference,
                })
            }
            Plan::Access { index } => Some(self.access(index)),
        }
    }

    #[inline(always)]
    fn plan<H: Host>(&mut self, caps: &LinkCaps, host: &H, header: &mut Header) -> Plan {
        if caps.lossless && self.resp.owes_only_ack() && self.may_request() {
            // The ACK travels with the request.
            let plan = self.plan_request(caps, host, header);
            if matches!(plan, Plan::Packet { .. }) {
                self.attach_ack(header);
            }
            if !matches!(plan, Plan::Nothing) {
                return plan;
            }
        }
        if self.resp.has_output() {
            // A long stream of READ responses shares the link with requests, turn by turn.
            if self.resp.yields_turn() && self.may_request() {
                let plan = self.plan_request(caps, host, header);
                if !matches!(plan, Plan::Nothing) {
                    return plan;
                }
            }
            let plan = self.plan_response(caps, host, header);
            if !matches!(plan, Plan::Nothing) {
                return plan;
            }
        }
        if self.req.is_probe_due {
            return self.plan_probe(header);
        }
        if self.may_request() {
            self.plan_request(caps, host, header)
        } else {
            Plan::Nothing
        }
    }

    #[inline(always)]
    fn payload(&self, source: Source) -> Payload<'_> {
        match source {
            Source::None => Payload::None,
            Source::Gather {
                index,
                offset_bytes,
                len_bytes,
            } => Payload::Gather {
                sges: self.sq.sges(index),
                offset_bytes: u64::from(offset_bytes),
                len_bytes,
            },
            Source::Inline {
                index,
                offset_bytes,
                len_bytes,
            } => Payload::Inline(self.sq.inline(index, offset_bytes, len_bytes)),
            Source::Memory { addr, len_bytes } => Payload::Memory { addr, len_bytes },
        }
    }

    #[inline(always)]
    fn plan_request<H: Host>(&mut self, caps: &LinkCaps, host: &H, header: &mut Header) -> Plan {
        if self.sq.cur == self.sq.started {
            match self.start_next(caps, host) {
                Start::Nothing => return Plan::Nothing,
                Start::Packet => {}
                Start::Access(index) => {
                    self.req.last_transmit = LastTransmit::Access(index);
                    return Plan::Access { index };
                }
            }
        }
        if !caps.lossless && self.service == Service::Rc {
            if self.req.snd.since(self.req.una) >= WINDOW_PACKETS {
                return Plan::Nothing;
            }
            self.arm_ack_timer(host);
        }
        self.req.last_transmit = LastTransmit::Request(self.sq.cur);
        match self.service {
            Service::Ud => self.plan_datagram(header),
            _ => self.plan_piece(caps, header),
        }
    }

    /// Checks the WQE at `started` and gives it its PSNs, if it may start now.
    #[inline(always)]
    fn start_next<H: Host>(&mut self, caps: &LinkCaps, host: &H) -> Start {
        if self.sq.started == self.sq.tail || self.state != QpState::Rts {
            return Start::Nothing;
        }
        let index = self.sq.started;
        let is_rd_atomic = self.sq.wqe(index).is_rd_atomic();
        if self.req.outstanding_rd_atomic != 0 {
            let is_at_limit = self.req.outstanding_rd_atomic >= u32::from(self.attr.max_rd_atomic);
            if self.sq.wqe(index).has(flag::FENCE) || (is_rd_atomic && is_at_limit) {
                return Start::Nothing;
            }
        }
        if let Err((status, vendor_err)) = self.check_wqe(index, caps, host) {
            // Its completion comes after those of the WQEs before it.
            if self.sq.done == index {
                self.fail_local(index, status, vendor_err);
            }
            return Start::Nothing;
        }
        let wqe = self.sq.wqe(index);
        if caps.direct
            && matches!(wqe.kind, WqeKind::Write | WqeKind::Read)
            && wqe.flags & (flag::NO_DIRECT | flag::PLACED) == 0
        {
            // Bytes placed directly must not overtake packets that have not been executed.
            return if self.sq.done == index {
                Start::Access(index)
            } else {
                Start::Nothing
            };
        }
        self.assign_psns(index, caps);
        if is_rd_atomic {
            self.req.outstanding_rd_atomic += 1;
        }
        self.sq.started = index.wrapping_add(1);
        Start::Packet
    }

    #[inline(always)]
    fn assign_psns(&mut self, index: u32, caps: &LinkCaps) {
        let link_shift = caps.max_payload_bytes.max(1).ilog2();
        if link_shift < self.unit_shift && self.sq.done == self.sq.started {
            self.unit_shift = link_shift;
        }
        let first = Psn::new(self.attr.sq_psn);
        let is_datagram = self.service == Service::Ud;
        let wqe = self.sq.wqe_mut(index);
        let is_single = is_datagram || wqe.has(flag::PLACED) || wqe.is_atomic();
        let count = if is_single {
            1
        } else {
            psn_count(wqe.len_bytes, self.unit_shift)
        };
        wqe.first_psn = first;
        wqe.end_psn = first.plus(count);
        self.attr.sq_psn = wqe.end_psn.value();
        self.counters.note_request(wqe);
        self.req.snd = first;
    }

    /// Checks lengths and local keys; the addresses become translated ones.
    #[inline(always)]
    fn check_wqe<H: Host>(
        &mut self,
        index: u32,
        caps: &LinkCaps,
        host: &H,
    ) -> Result<(), (WcStatus, u32)> {
        let wqe = self.sq.wqe(index);
        let (is_rd_atomic, is_atomic) = (wqe.is_rd_atomic(), wqe.is_atomic());
        let (len_bytes, unchecked) = (wqe.len_bytes, wqe.checked_count..wqe.sge_count);
        let limit = match self.service {
            Service::Ud => MAX_MTU_BYTES.min(caps.max_payload_bytes),
            _ => MAX_MESSAGE_BYTES,
        };
        if len_bytes > limit {
            return Err((WcStatus::LocLenErr, vendor::MESSAGE_TOO_LONG));
        }
        // Rule (IBTA C10-10): address handle and QP share a protection domain.
        if self.service == Service::Ud && self.sq.datagram(index).pd != self.pd {
            return Err((WcStatus::LocQpOpErr, vendor::FOREIGN_ADDRESS));
        }
        let mut need = Access::empty();
        if is_rd_atomic {
            if is_atomic && len_bytes != 8 {
                return Err((WcStatus::LocLenErr, vendor::ATOMIC_LENGTH));
            }
            if self.attr.max_rd_atomic == 0 {
                return Err((WcStatus::LocQpOpErr, vendor::NO_RD_ATOMIC));
            }
            need = Access::LOCAL_WRITE;
        }
        for sge_index in unchecked {
            let sge = self.sq.sge_mut(index, sge_index);
            if sge.len_bytes != 0 {
                let len = u64::from(sge.len_bytes);
                match host.check_local(self.pd, sge.lkey, sge.addr, len, need) {
                    Ok(addr) => sge.addr = addr,
                    Err(error) => return Err((WcStatus::LocProtErr, key_vendor_err(error))),
                }
            }
            self.sq.wqe_mut(index).checked_count = sge_index + 1;
        }
        Ok(())
    }

    /// A region was deregistered: what would still read or write memory by its key fails instead.
    ///
    /// A WQE whose packets are all out does not look at its list again, unless it waits for a
    /// response, or a lossy link may ask for its packets once more.
    pub fn handle_key_gone(&mut self, key: Lkey, is_lossless: bool) {
        self.resp.forget_key(key);
        let mut index = self.sq.done;
        let mut is_out = is_lossless;
        while index != self.sq.tail {
            is_out &= index != self.sq.cur;
            let wqe = self.sq.wqe(index);
            let is_over = is_out && !wqe.is_rd_atomic();
            let checked = &self.sq.sges(index)[..usize::from(wqe.checked_count)];
            if !is_over
                && checked
                    .iter()
                    .any(|sge| sge.lkey == key && sge.len_bytes != 0)
            {
                self.fail_local(index, WcStatus::LocProtErr, vendor::LOCAL_KEY);
                return;
            }
            index = index.wrapping_add(1);
        }
    }

    /// A WQE failed on this side: RC ends in ERR, the unconnected services in SQE, where the
    /// receive side goes on.
    fn fail_local(&mut self, index: u32, status: WcStatus, vendor_err: u32) {
        self.sq.fail(index, status, vendor_err);
        if self.service == Service::Rc {
            self.enter_err();
        } else {
            self.set_state(QpState::Sqe);
        }
    }
}

/// How many PSNs a message or piece takes: one per path MTU, and one if it is empty.
#[inline]
pub(super) fn psn_count(len_bytes: u32, unit_shift: u32) -> u32 {
    let unit = 1u32 << unit_shift;
    (len_bytes.div_ceil(unit)).max(1)
}

/// The vendor code of a local key that failed.
pub(super) fn key_vendor_err(error: KeyError) -> u32 {
    match error {
        KeyError::Key => vendor::LOCAL_KEY,
        KeyError::Bounds => vendor::LOCAL_BOUNDS,
        KeyError::Rights => vendor::LOCAL_RIGHTS,
    }
}
