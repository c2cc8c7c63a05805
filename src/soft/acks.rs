//! ACKs that come in no packet: which QPs wait for one, and looking for it.
//!
//! Between processes of one host a responder tells what it has executed by a word in shared memory
//! (`link/local/acked`), and sends a packet only to who sleeps. So a requester has to look: a
//! poller does after some polls, the progress thread before it sleeps and once a second, and
//! everybody's word is read once more when its writer has died.
//!
//! A peer whose pollers have just turned to other work looks attentive for one more nap of its
//! progress thread (`progress`). Who misses its ACK for longer than a busy peer takes knocks.

use super::memory::AppMemory;
use super::objects::{Qp, QpGuard, Route};
use super::process::Process;
use crate::base::ids::Qpn;
use crate::base::mutex::Mutex;
use crate::base::sync::{AtomicUsize, Ordering};
use std::collections::{TryReserveError, VecDeque};

/// QPs a poller looks at in one go.
pub(super) const FEW_QPS: usize = 8;

/// Looks of an idle poller in vain (each after some 128 polls, all together about 250 µs) until it
/// knocks at the peer, and again after twice as many. A poller that has lost its CPU for a moment is
/// not worth it: the thread that is woken would take it once more.
const VAIN_LOOKS_TO_KNOCK: u32 = 128;

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
    pub(crate) fn reserve(&self, qp_count: usize) -> Result<(), TryReserveError> {
        let mut qpns = self.qpns.lock();
        let more = qp_count.saturating_sub(qpns.len());
        qpns.try_reserve(more)
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
    pub(crate) fn hear_acks(&self, limit: usize) {
        self.ask_for_acks(limit, false);
    }

    /// A poller's look after `IDLE_POLLS_TO_LOOK` polls that found nothing. When so many of these
    /// were in vain that the peer's pollers must be busy elsewhere, its progress thread is woken.
    #[cold]
    pub(super) fn hear_acks_idly(&self) {
        let vain = self.vain_looks.load(Ordering::Relaxed) + 1;
        let is_impatient = vain >= VAIN_LOOKS_TO_KNOCK && vain.is_power_of_two();
        let has_news = self.ask_for_acks(FEW_QPS, is_impatient);
        let vain = if has_news { 0 } else { vain };
        self.vain_looks.store(vain, Ordering::Relaxed);
    }

    /// The progress thread's look before it sleeps, with a knock: nobody polls here, and a peer that
    /// has just stopped polling there would take its time.
    pub(super) fn hear_acks_or_knock(&self) {
        self.ask_for_acks(usize::MAX, true);
    }

    /// Looks, and knocks where there is no news if it may; true when there was some.
    #[cold]
    fn ask_for_acks(&self, limit: usize, may_knock: bool) -> bool {
        let mut has_news = false;
        let count = self.expecting.count.load(Ordering::Relaxed).min(limit);
        for _ in 0..count {
            let Some(qpn) = self.expecting.pop() else {
                break;
            };
            let Some(qp) = self.qps.find_shared(qpn) else {
                continue;
            };
            let mut guard = qp.lock();
            let is_heard = self.hear_ack(&qp, &mut guard);
            has_news |= is_heard;
            if may_knock
                && !is_heard
                && guard.engine.awaits_ack()
                && let Route::Peer(peer) = &guard.route
            {
                peer.knock();
            }
            // `drive` puts it into the list again if it still waits.
            guard.is_expecting = false;
            self.drive(&qp, &mut guard);
        }
        has_news
    }

    /// Takes in what the peer of a QP has told; true when that was something new.
    pub(crate) fn hear_ack(&self, qp: &Qp, guard: &mut QpGuard<'_>) -> bool {
        let Route::Peer(peer) = &guard.route else {
            return false;
        };
        let dest_qpn = guard.engine.attr().dest_qpn;
        let Some(psn) = peer.acked(qp.qpn, dest_qpn) else {
            return false;
        };
        let host = AppMemory::bare(self, None);
        let is_new = guard.engine.handle_acknowledged(psn, &host);
        qp.reap(&mut guard.engine);
        is_new
    }
}
