//! Direct accesses: READ and WRITE without packets, and what became of them.

use super::{LastTransmit, Source};
use crate::engine::qp::Qp;
use crate::engine::types::{AccessKind, AccessOutcome, QpState, Transmit, WcStatus};
use crate::engine::vendor;
use crate::engine::wqe::{WqeKind, flag};
use crate::wire::Psn;

impl Qp {
    /// The access to what remains of a WQE.
    pub(super) fn access(&self, index: u32) -> Transmit<'_> {
        let wqe = self.sq.wqe(index);
        let done_bytes = wqe.direct_done_bytes;
        let len_bytes = wqe.len_bytes - done_bytes;
        let source = if wqe.has(flag::INLINE) {
            Source::Inline {
                index,
                offset_bytes: done_bytes,
                len_bytes,
            }
        } else {
            Source::Gather {
                index,
                offset_bytes: done_bytes,
                len_bytes,
            }
        };
        let kind = match wqe.kind {
            WqeKind::Read => AccessKind::Read,
            _ => AccessKind::Write,
        };
        Transmit::Access {
            kind,
            remote_va: wqe.remote_va,
            rkey: wqe.rkey,
            total_bytes: wqe.len_bytes,
            done_bytes,
            local: self.payload(source),
        }
    }

    pub(in crate::engine) fn on_access(&mut self, outcome: AccessOutcome) {
        let last = std::mem::take(&mut self.req.last_transmit);
        match (last, outcome) {
            (LastTransmit::Access(index), AccessOutcome::Done { len_bytes }) => {
                self.on_access_done(index, len_bytes);
            }
            (LastTransmit::Access(index), AccessOutcome::Refused) => {
                let wqe = self.sq.wqe_mut(index);
                wqe.flags |= flag::NO_DIRECT;
                wqe.direct_done_bytes = 0;
            }
            (
                LastTransmit::Access(index) | LastTransmit::Request(index),
                AccessOutcome::LocalFault,
            ) if !matches!(self.state, QpState::Err | QpState::Sqe) => {
                self.fail_local(index, WcStatus::LocProtErr, vendor::LOCAL_FAULT);
            }
            (LastTransmit::Response, AccessOutcome::LocalFault) => self.on_response_fault(),
            _ => {}
        }
    }

    fn on_access_done(&mut self, index: u32, len_bytes: u32) {
        let psn = Psn::new(self.attr.sq_psn);
        let wqe = self.sq.wqe_mut(index);
        wqe.direct_done_bytes = wqe
            .direct_done_bytes
            .saturating_add(len_bytes)
            .min(wqe.len_bytes);
        if wqe.direct_done_bytes != wqe.len_bytes {
            return;
        }
        if wqe.has(flag::IMM) {
            // The responder has to consume a receive WQE: one packet tells it.
            wqe.flags |= flag::PLACED;
            return;
        }
        // Direct operations consume no PSNs.
        (wqe.first_psn, wqe.end_psn) = (psn, psn);
        self.counters.note_request(wqe);
        let next = index.wrapping_add(1);
        (self.sq.started, self.sq.cur, self.sq.done) = (next, next, next);
        self.req.on_direct_done();
    }
}
