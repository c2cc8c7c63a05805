//! Counters of a device: those of its queue pairs that live, and what the others left behind.
//!
//! Called by the shims in `ops/counters` and by the provider. The lock of what was left behind is
//! taken before that of any QP, so that each QP is counted on one side, and once.

use super::objects::Qp;
use super::process::Process;
use crate::abi::verbium_counters;
use crate::base::mutex::Mutex;
use crate::engine::counters::Counters;
use std::collections::HashMap;

/// The sums of the QPs that are gone, by the key of their device.
#[derive(Default)]
pub(crate) struct Retired(Mutex<HashMap<u32, Counters>>);

impl Process {
    /// Keeps what a QP has counted; it is off the wire and counts no more.
    pub(crate) fn keep_counters(&self, qp: &Qp) {
        let mut retired = self.retired.0.lock();
        let mut guard = qp.lock();
        if !guard.is_kept {
            guard.is_kept = true;
            *retired.entry(qp.context.device().key).or_default() += guard.engine.counters();
        }
    }

    /// What a device has counted in this process.
    pub(crate) fn device_counters(&self, key: u32) -> Counters {
        let retired = self.retired.0.lock();
        let mut sum = retired.get(&key).copied().unwrap_or_default();
        for qp in self.qps.all() {
            if qp.context.device().key != key {
                continue;
            }
            let guard = qp.lock();
            if !guard.is_kept {
                sum += guard.engine.counters();
            }
        }
        sum
    }
}

/// What the device with this key has counted in this process; zeros if nobody has opened one.
pub fn device_counters(key: u32) -> verbium_counters {
    let counters = Process::existing().map(|process| process.device_counters(key));
    in_c(&counters.unwrap_or_default())
}

/// Counters in the words of `verbium.h`.
pub(crate) fn in_c(counters: &Counters) -> verbium_counters {
    macro_rules! same {
        ($($name:ident)*) => { verbium_counters { $($name: counters.$name),* } };
    }
    same! {
        sent_messages sent_bytes sent_packets received_messages received_bytes received_packets
        completions read_bytes served_reads served_atomics failed_completions flushed_completions
        retries received_naks received_rnr_naks sent_naks sent_rnr_naks duplicates gaps
        dropped_messages
    }
}
