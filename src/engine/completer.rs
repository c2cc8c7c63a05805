//! The completer: takes responses in, finishes WQEs, decides what is sent again and when to give up.
//!
//! `una..snd..max` are its sequence state: everything before `una` is acknowledged, `snd` is the
//! next PSN to send, `max` the one after the highest ever sent. READ responses and atomic
//! acknowledgements are the only thing that moves `una` over a READ or atomic; an answer to a later
//! request means that they were lost.

use super::qp::Qp;
use super::requester::{LastTransmit, psn_count};
use super::retry::{NOT_READY_INTERVAL, RNR_RETRY_ENDLESS, ack_timeout, rnr_wait};
use super::types::{Fault, Host, QpAttr, QpState, Service, WcStatus};
use super::vendor;
use super::wqe::WqeKind;
use crate::base::time::{Duration, Instant};
use crate::wire::{Header, NakCode, Psn, Role, Verdict};

/// Why no request may go out before the timer ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wait {
    /// It may; the timer, if it runs, is the local ACK timeout.
    #[default]
    No,
    /// An RNR NAK told how long.
    Rnr,
    /// The responder's QP was not ready.
    NotReady,
}

/// State of the requester and completer.
#[derive(Default)]
pub(super) struct Requester {
    pub(super) una: Psn,
    pub(super) snd: Psn,
    pub(super) max: Psn,
    pub(super) outstanding_rd_atomic: u32,
    /// Packets sent since an answer was asked for.
    pub(super) since_ack_req: u32,
    pub(super) timer: Option<Instant>,
    pub(super) wait: Wait,
    pub(super) last_transmit: LastTransmit,
    retries_left: u8,
    rnr_retries_left: u8,
    /// Sent again from `una` on, and nothing of it answered yet: more news of the same loss is old.
    is_recovering: bool,
    has_progressed: bool,
    pub(super) is_probe_due: bool,
    pub(super) is_probe_out: bool,
}

impl Requester {
    pub(super) fn connect(&mut self, psn: Psn, attr: &QpAttr) {
        *self = Requester {
            una: psn,
            snd: psn,
            max: psn,
            ..Requester::default()
        };
        self.refill_budgets(attr);
    }

    #[inline]
    pub(super) fn refill_budgets(&mut self, attr: &QpAttr) {
        self.retries_left = attr.retry_cnt;
        self.rnr_retries_left = attr.rnr_retry;
    }

    /// Nothing is outstanding any more.
    pub(super) fn stop(&mut self) {
        self.una = self.max;
        self.snd = self.max;
        self.outstanding_rd_atomic = 0;
        self.timer = None;
        self.wait = Wait::No;
        self.last_transmit = LastTransmit::Nothing;
        (self.is_probe_due, self.is_probe_out) = (false, false);
    }

    /// No wait holds requests back, and no probe goes before them.
    #[inline]
    pub(super) fn is_calm(&self) -> bool {
        self.wait == Wait::No && !self.is_probe_due
    }

    pub(super) fn on_direct_done(&mut self) {
        self.has_progressed = true;
    }

    /// Sent and not acknowledged.
    #[inline]
    fn is_in_flight(&self, psn: Psn) -> bool {
        psn.since(self.una) < self.max.since(self.una)
    }
}

/// How far an acknowledgement reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    All,
    /// A READ or atomic before it has not got its response: that was lost.
    Stopped,
}

impl Qp {
    #[inline]
    fn takes_responses(&self) -> bool {
        matches!(self.state, QpState::Rts | QpState::Sqd)
    }

    #[inline]
    pub(super) fn on_acknowledge<H: Host>(&mut self, header: &Header, host: &mut H) {
        if !self.takes_responses() || !self.req.is_in_flight(header.psn) {
            return;
        }
        match header.syndrome.parse() {
            Verdict::Ack => self.on_ack(header.psn.plus(1), host),
            Verdict::RnrNak(timer) => self.on_rnr_nak(header.psn, timer, host),
            Verdict::Nak(code) => self.on_nak(header.psn, code, host),
            Verdict::Unknown => {}
        }
    }

    /// An ACK of everything up to `psn` that came in no packet of its own. It may have overtaken
    /// the response of a READ or atomic, which is not lost then, and what follows that will have to
    /// be told again. True: it was new.
    #[inline]
    pub fn handle_acknowledged<H: Host>(&mut self, psn: Psn, host: &H) -> bool {
        if !self.takes_responses() || !self.req.is_in_flight(psn) {
            return false;
        }
        let before = self.req.una;
        self.advance(psn.plus(1), host);
        self.req.una != before
    }

    /// Everything before `end` has arrived.
    #[inline]
    fn on_ack<H: Host>(&mut self, end: Psn, host: &H) {
        if self.advance(end, host) == Reached::Stopped {
            self.on_loss(vendor::NO_ANSWER, host);
        }
    }

    /// Moves `una` to `end`, finishing WQEs, as far as no READ or atomic waits for its response.
    #[inline]
    fn advance<H: Host>(&mut self, end: Psn, host: &H) -> Reached {
        let before = self.req.una;
        let mut reached = Reached::All;
        while self.req.una.is_before(end) && self.sq.done != self.sq.started {
            let wqe = self.sq.wqe(self.sq.done);
            if wqe.is_rd_atomic() {
                reached = Reached::Stopped;
                break;
            }
            if end.is_before(wqe.end_psn) {
                self.req.una = end;
                break;
            }
            self.req.una = wqe.end_psn;
            self.sq.done = self.sq.done.wrapping_add(1);
        }
        if self.req.una != before {
            self.on_progress(host);
        }
        reached
    }

    /// `una` has moved: budgets are full again, timers start anew.
    #[inline]
    fn on_progress<H: Host>(&mut self, host: &H) {
        self.req.refill_budgets(&self.attr);
        self.req.is_recovering = false;
        self.req.has_progressed = true;
        self.req.is_probe_out = false;
        self.req.wait = Wait::No;
        if self.req.snd.is_before(self.req.una) {
            self.req.snd = self.req.una;
            self.sq.cur = self.sq.done;
        }
        if self.req.timer.is_some() {
            self.req.timer = None;
            if self.req.una != self.req.max && !self.is_lossless {
                self.arm_ack_timer(host);
            }
        }
        self.check_drained();
    }

    /// Starts the local ACK timer if it does not run.
    #[inline]
    pub(super) fn arm_ack_timer<H: Host>(&mut self, host: &H) {
        if self.req.timer.is_none()
            && let Some(timeout) = ack_timeout(self.attr.timeout)
        {
            self.req.timer = Some(host.now() + timeout);
        }
    }

    /// Everything from `una` on is to be sent again.
    fn go_back(&mut self) {
        self.req.snd = self.req.una;
        self.sq.cur = self.sq.done;
        self.req.is_recovering = true;
    }

    /// Sends again at the cost of one retry, or gives up.
    fn retry(&mut self, vendor_err: u32) {
        if self.req.retries_left == 0 {
            self.fail_oldest(WcStatus::RetryExcErr, vendor_err);
            return;
        }
        self.req.retries_left -= 1;
        self.counters.retries += 1;
        self.go_back();
    }

    /// A response tells that packets were lost.
    fn on_loss<H: Host>(&mut self, vendor_err: u32, host: &H) {
        // A lossless link repeats no news: there a responder that asks again does mean it.
        if self.req.is_recovering && !self.is_lossless {
            return;
        }
        if self.req.wait == Wait::NotReady {
            (self.req.wait, self.req.timer) = (Wait::No, None);
        }
        self.retry(vendor_err);
        if !self.is_lossless && self.takes_responses() {
            self.req.timer = None;
            self.arm_ack_timer(host);
        }
    }

    /// The oldest unfinished WQE ends with an error, and the QP with it.
    fn fail_oldest(&mut self, status: WcStatus, vendor_err: u32) {
        self.sq.fail(self.sq.done, status, vendor_err);
        self.enter_err();
    }

    fn on_nak<H: Host>(&mut self, psn: Psn, code: NakCode, host: &H) {
        self.counters.received_naks += 1;
        if self.advance(psn, host) == Reached::Stopped {
            self.on_loss(vendor::SEQUENCE, host);
            return;
        }
        let (status, vendor_err) = match code {
            NakCode::PsnSequence => {
                self.on_loss(vendor::SEQUENCE, host);
                return;
            }
            NakCode::InvalidRequest => (WcStatus::RemInvReqErr, vendor::NAK_INVALID_REQUEST),
            NakCode::RemoteAccess => (WcStatus::RemAccessErr, vendor::NAK_REMOTE_ACCESS),
            NakCode::RemoteOperational => (WcStatus::RemOpErr, vendor::NAK_REMOTE_OPERATIONAL),
            NakCode::InvalidRdRequest => (WcStatus::RemInvRdReqErr, vendor::NAK_INVALID_RD_REQUEST),
        };
        self.fail_oldest(status, vendor_err);
    }

    fn on_rnr_nak<H: Host>(&mut self, psn: Psn, timer: u8, host: &H) {
        self.counters.received_rnr_naks += 1;
        if self.advance(psn, host) == Reached::Stopped {
            self.on_loss(vendor::NO_ANSWER, host);
            return;
        }
        if self.req.wait == Wait::Rnr {
            return;
        }
        if self.attr.rnr_retry != RNR_RETRY_ENDLESS {
            if self.req.rnr_retries_left == 0 {
                self.fail_oldest(WcStatus::RnrRetryExcErr, vendor::RECEIVER_NOT_READY);
                return;
            }
            self.req.rnr_retries_left -= 1;
        }
        self.go_back();
        self.begin_wait(Wait::Rnr, rnr_wait(timer), host);
    }

    fn begin_wait<H: Host>(&mut self, wait: Wait, duration: Duration, host: &H) {
        self.req.wait = wait;
        self.req.timer = Some(host.now() + duration);
    }

    /// The peer has no QP that takes requests behind this number, yet or any more.
    pub(super) fn on_not_ready<H: Host>(&mut self, header: &Header, host: &mut H) {
        if !self.takes_responses()
            || self.req.wait != Wait::No
            || !self.req.is_in_flight(header.psn)
        {
            return;
        }
        self.req.is_probe_out = false;
        let interval = ack_timeout(self.attr.timeout).unwrap_or(NOT_READY_INTERVAL);
        self.begin_wait(Wait::NotReady, interval, host);
    }

    /// The responder could not fetch the bytes of a packet by reference: they are not there.
    pub(super) fn on_source_fault<H: Host>(&mut self, header: &Header, host: &mut H) {
        if !self.takes_responses() || !self.req.is_in_flight(header.psn) {
            return;
        }
        if self.advance(header.psn, host) == Reached::All {
            self.fail_oldest(WcStatus::LocProtErr, vendor::LOCAL_FAULT);
        }
    }

    pub(super) fn on_probe_reply<H: Host>(&mut self, header: &Header, host: &mut H) {
        if !self.takes_responses() || !self.req.is_probe_out {
            return;
        }
        self.req.is_probe_out = false;
        let expected = header.psn;
        if self.req.una == self.req.max || self.req.wait != Wait::No {
            return;
        }
        let is_plausible = expected == self.req.max || self.req.is_in_flight(expected);
        if !is_plausible {
            // Not the responder these packets were sent to.
            self.retry(vendor::NO_ANSWER);
            return;
        }
        self.advance(expected, host);
        // The link keeps order, so whatever was to come for the packets sent has come. What is
        // still open is asked again. No retry is counted: probes are rare and the peer answers.
        if self.req.una != self.req.max && self.takes_responses() {
            self.go_back();
        }
    }

    /// About once a second: an answer that does not come on a link that loses nothing is asked for.
    pub fn handle_tick<H: Host>(&mut self, _host: &mut H) {
        let has_progressed = std::mem::take(&mut self.req.has_progressed);
        if self.service != Service::Rc || !self.is_lossless || !self.takes_responses() {
            return;
        }
        let is_stalled = !has_progressed
            && self.req.una != self.req.max
            && self.req.timer.is_none()
            && !self.req.is_probe_out;
        self.req.is_probe_due |= is_stalled;
    }

    /// The instant of `poll_timeout` has passed. Too early a call changes nothing.
    pub fn handle_timeout<H: Host>(&mut self, host: &mut H) {
        let Some(deadline) = self.req.timer else {
            return;
        };
        if host.now() < deadline {
            return;
        }
        self.req.timer = None;
        match std::mem::take(&mut self.req.wait) {
            Wait::Rnr => {}
            Wait::NotReady if self.attr.timeout == 0 => self.go_back(),
            Wait::NotReady => self.retry(vendor::NOT_READY),
            Wait::No => {
                if self.req.una != self.req.max {
                    self.retry(vendor::NO_ANSWER);
                }
            }
        }
    }

    pub(super) fn on_read_response<H: Host>(
        &mut self,
        role: Role,
        header: &Header,
        payload_bytes: u32,
        host: &mut H,
    ) {
        if !self.is_answer_to(|kind| kind == WqeKind::Read, header.psn, host) {
            return;
        }
        let index = self.sq.done;
        let wqe = *self.sq.wqe(index);
        let offset_bytes = header.psn.since(wqe.first_psn) << self.unit_shift;
        let remaining = wqe.len_bytes - offset_bytes;
        let count = psn_count(payload_bytes, self.unit_shift);
        let is_last = payload_bytes == remaining;
        let is_whole = payload_bytes & ((1 << self.unit_shift) - 1) == 0 && payload_bytes != 0;
        let is_good = count == header.psn_count.max(1)
            && payload_bytes <= remaining
            && (is_last || is_whole)
            && is_last == matches!(role, Role::Last | Role::Only);
        if !is_good {
            self.fail_oldest(WcStatus::BadRespErr, vendor::BAD_RESPONSE);
            return;
        }
        let placed = self.place_result(index, offset_bytes, payload_bytes, |offset, addr, len| {
            host.place(offset, addr, len)
        });
        if let Err(fault) = placed {
            self.fail_placing(fault);
            return;
        }
        self.req.una = header.psn.plus(count);
        if is_last {
            self.finish_rd_atomic();
        }
        self.on_progress(host);
    }

    pub(super) fn on_atomic_acknowledge<H: Host>(&mut self, header: &Header, host: &mut H) {
        if !self.is_answer_to(|kind| kind >= WqeKind::CompareSwap, header.psn, host) {
            return;
        }
        let index = self.sq.done;
        let bytes = header.atomic_orig.to_ne_bytes();
        let placed = self.place_result(index, 0, 8, |offset, addr, len| {
            host.place_bytes(addr, &bytes[offset as usize..(offset + len) as usize])
        });
        if let Err(fault) = placed {
            self.fail_placing(fault);
            return;
        }
        self.req.una = header.psn.plus(1);
        self.finish_rd_atomic();
        self.on_progress(host);
    }

    /// Whether a response with this PSN is the one the oldest WQE waits for. It also acknowledges
    /// everything before it.
    fn is_answer_to<H: Host>(
        &mut self,
        is_kind: impl Fn(WqeKind) -> bool,
        psn: Psn,
        host: &H,
    ) -> bool {
        if !self.takes_responses() || !self.req.is_in_flight(psn) {
            return false;
        }
        if self.advance(psn, host) == Reached::Stopped {
            self.on_loss(vendor::NO_ANSWER, host);
            return false;
        }
        if self.sq.done == self.sq.started || self.req.una != psn {
            return false;
        }
        if !is_kind(self.sq.wqe(self.sq.done).kind) {
            self.fail_oldest(WcStatus::BadRespErr, vendor::BAD_RESPONSE);
            return false;
        }
        true
    }

    /// Scatters `len` bytes to the list of a WQE whose addresses are checked, from `at` on.
    #[inline]
    fn place_result(
        &self,
        index: u32,
        at: u32,
        len: u32,
        mut place: impl FnMut(u32, u64, u32) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let (mut skip, mut done) = (at, 0);
        for sge in self.sq.sges(index) {
            if done == len {
                break;
            }
            if skip >= sge.len_bytes {
                skip -= sge.len_bytes;
                continue;
            }
            let step = (sge.len_bytes - skip).min(len - done);
            place(done, sge.addr.wrapping_add(u64::from(skip)), step)?;
            done += step;
            skip = 0;
        }
        Ok(())
    }

    fn fail_placing(&mut self, fault: Fault) {
        match fault {
            Fault::Local => self.fail_oldest(WcStatus::LocProtErr, vendor::LOCAL_FAULT),
            Fault::Remote => self.fail_oldest(WcStatus::RemOpErr, vendor::NAK_REMOTE_OPERATIONAL),
        }
    }

    fn finish_rd_atomic(&mut self) {
        self.sq.done = self.sq.done.wrapping_add(1);
        self.req.outstanding_rd_atomic = self.req.outstanding_rd_atomic.saturating_sub(1);
    }
}
