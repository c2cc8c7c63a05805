//! Deadlines of queue pairs: a heap in which an entry may be stale, never missing.

use crate::base::ids::Qpn;
use crate::base::mutex::Mutex;
use crate::base::time::Instant;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, TryReserveError};

/// Deadlines by time. A QP that no longer waits for its deadline ignores the expiry.
#[derive(Default)]
pub(crate) struct Timers(Mutex<BinaryHeap<Reverse<(Instant, u32)>>>);

impl Timers {
    /// Room for the deadlines of so many QPs: one that counts each, and some stale ones.
    pub(crate) fn reserve(&self, qp_count: usize) -> Result<(), TryReserveError> {
        let mut heap = self.0.lock();
        let more = (2 * qp_count).saturating_sub(heap.len());
        heap.try_reserve(more)
    }

    /// Adds a deadline; true when it is now the earliest of all.
    pub(crate) fn schedule(&self, deadline: Instant, qpn: Qpn) -> bool {
        let mut heap = self.0.lock();
        let is_earliest = heap
            .peek()
            .is_none_or(|Reverse((first, _))| deadline < *first);
        heap.push(Reverse((deadline, qpn.0)));
        is_earliest
    }

    /// Takes one deadline that has passed.
    pub(crate) fn take_expired(&self, now: Instant) -> Option<Qpn> {
        let mut heap = self.0.lock();
        match heap.peek() {
            Some(Reverse((deadline, _))) if *deadline <= now => {
                heap.pop().map(|Reverse((_, qpn))| Qpn(qpn))
            }
            _ => None,
        }
    }

    pub(crate) fn earliest(&self) -> Option<Instant> {
        self.0.lock().peek().map(|Reverse((deadline, _))| *deadline)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_expire_in_order_and_not_early() {
        let timers = Timers::default();
        assert!(timers.schedule(Instant(20), Qpn(2)));
        assert!(timers.schedule(Instant(10), Qpn(1)));
        assert!(!timers.schedule(Instant(30), Qpn(3)));
        assert_eq!(timers.take_expired(Instant(9)), None);
        assert_eq!(timers.take_expired(Instant(20)), Some(Qpn(1)));
        assert_eq!(timers.take_expired(Instant(20)), Some(Qpn(2)));
        assert_eq!(timers.take_expired(Instant(20)), None);
        assert_eq!(timers.earliest(), Some(Instant(30)));
    }
}
