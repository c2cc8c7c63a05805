//! ACKs that come in no packet: which QPs wait for one, and looking for it.
//!
//! Between processes of one host a responder tells what it has executed by a word in shared memory
//! (`link/local/acked`), and sends a packet only to who sleeps. So a requester has to look: a
//! poller does after some polls, the progress thread before it sleeps and once a second, and
//! everybody's word is read once more when its writer has died.

use super::memory::AppMemory;
use super::objects::{Qp, QpGuard, Route};
use super::process::Process;
use crate::base::ids::Qpn;
use crate::base::sync::{AtomicUsize, Ordering};
use parking_lot::Mutex;
use std::collections::VecDeque;

/// QPs with requests out that nothing has acknowledged, each once.
#[derive(Default)]
pub(crate) struct Expecting {
    qpns: Mutex<VecDeque<Qpn>>,
    count: AtomicUsize,
}

impl Expecting {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Relaxed) == 0
    }

    fn push(&self, qpn: Qpn) {
        let mut qpns = self.qpns.lock();
        qpns.push_back(qpn);
        self.count.store(qpns.len(), Ordering::Relaxed);
    }

    fn pop(&self) -> Option<Qpn> {
        let mut qpns = self.qpns.lock();
        let qpn = qpns.pop_front();
        self.count.store(qpns.len(), Ordering::Relaxed);
        qpn
    }

    /// The list grows when a QP is made, not when it is used.
    pub(crate) fn reserve(&self, qp_count: usize) {
        let mut qpns = self.qpns.lock();
        let more = qp_count.saturating_sub(qpns.len());
        qpns.reserve(more);
    }
}

impl Process {
    /// Remembers a QP that has requests out, if its peer may tell instead of sending.
    pub(super) fn expect(&self, qpn: Qpn, guard: &mut QpGuard<'_>) {
        if matches!(&guard.route, Route::Peer(peer) if !peer.is_self()) {
            guard.is_expecting = true;
            self.expecting.push(qpn);
        }
    }

    /// Looks at the words of at most `limit` QPs that wait for one.
    #[cold]
    pub(crate) fn hear_acks(&self, limit: usize) {
        let count = self.expecting.count.load(Ordering::Relaxed).min(limit);
        for _ in 0..count {
            let Some(qpn) = self.expecting.pop() else {
                return;
            };
            let Some(qp) = self.qps.find_shared(qpn) else {
                continue;
            };
            let mut guard = qp.lock();
            self.hear_ack(&qp, &mut guard);
            // `drive` puts it into the list again if it still waits.
            guard.is_expecting = false;
            self.drive(&qp, &mut guard);
        }
    }

    /// Takes in what the peer of a QP has told.
    pub(crate) fn hear_ack(&self, qp: &Qp, guard: &mut QpGuard<'_>) {
        let Route::Peer(peer) = &guard.route else {
            return;
        };
        let dest_qpn = guard.engine.attr().dest_qpn;
        if let Some(psn) = peer.acked(qp.qpn, dest_qpn) {
            let host = AppMemory::bare(self, None);
            guard.engine.handle_acknowledged(psn, &host);
            qp.reap(&mut guard.engine);
        }
    }
}
