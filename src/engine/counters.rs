//! What a queue pair counts: plain numbers inside it, one addition for each event.
//!
//! The engine adds, whoever holds the QP's lock reads. Nothing here decides anything, and a reset
//! of the QP leaves the numbers as they are. What a peer does directly in this process's memory
//! passes no engine but the peer's own, and is counted there alone.

use super::types::{Cqe, WcStatus};
use super::wqe::{Wqe, WqeKind};
use std::ops::AddAssign;

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// The counters of one QP, or the sum of several.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Counters {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl AddAssign<&Counters> for Counters {
            fn add_assign(&mut self, other: &Counters) {
                $(self.$name = self.$name.wrapping_add(other.$name);)*
            }
        }
    };
}

counters! {
    // Those of each message first, so that they share a cache line.
    /// Requests begun: SEND, WRITE, READ, atomics. One that is sent again counts once.
    sent_messages,
    /// Payload of SENDs and WRITEs begun.
    sent_bytes,
    /// Packets given to the link, answers among them.
    sent_packets,
    /// SENDs and WRITEs received whole.
    received_messages,
    /// Their payload.
    received_bytes,
    /// Packets taken from the link, answers among them.
    received_packets,
    /// Completions given to CQs, of either queue.
    completions,
    /// Bytes asked for by READs begun.
    read_bytes,
    /// READ requests of the peer that were granted.
    served_reads,
    /// Atomics of the peer that were executed.
    served_atomics,
    /// Completions with an error, but for those flushed.
    failed_completions,
    /// Completions of what was flushed.
    flushed_completions,
    /// Times the requester went back at the cost of a retry.
    retries,
    /// NAKs received, but for RNR NAKs.
    received_naks,
    /// RNR NAKs received: the peer had no receive WQE.
    received_rnr_naks,
    /// NAKs owed to the peer, but for RNR NAKs.
    sent_naks,
    /// RNR NAKs owed to the peer: no receive WQE was here.
    sent_rnr_naks,
    /// Requests that had been executed before.
    duplicates,
    /// Requests before which packets were missing.
    gaps,
    /// UC and UD: messages dropped for want of a receive WQE, of a right or of the right Q_Key.
    dropped_messages,
}

impl Counters {
    /// A request leaves the send queue for the first time.
    #[inline]
    pub(super) fn note_request(&mut self, wqe: &Wqe) {
        self.sent_messages += 1;
        let bytes = match wqe.kind {
            WqeKind::Read => &mut self.read_bytes,
            _ if wqe.is_rd_atomic() => return,
            _ => &mut self.sent_bytes,
        };
        *bytes += u64::from(wqe.len_bytes);
    }

    #[inline]
    pub(super) fn note_received(&mut self, payload_bytes: u32) {
        self.received_messages += 1;
        self.received_bytes += u64::from(payload_bytes);
    }

    #[inline]
    pub(super) fn note_completion(&mut self, cqe: &Cqe) {
        self.completions += 1;
        match cqe.status {
            WcStatus::Success => {}
            WcStatus::WrFlushErr => self.flushed_completions += 1,
            _ => self.failed_completions += 1,
        }
    }
}
