//! Announcing accesses to a peer's memory, so that its owner can wait for them.
//!
//! The initiator writes key and QP into a word the owner can see, and only then checks the owner's
//! tables. The owner changes its tables and only then looks at the words. With full fences in
//! between, one of them sees the other: either the check fails, or the owner waits. The words lie in
//! the ring's memory; they belong to the initiator and are read by the owner.

use super::region::HAZARDS;
use crate::base::ids::Qpn;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering, compiler_fence, fence};

/// What an access uses: never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim(u64);

const BUSY: u64 = 1 << 63;

impl Claim {
    /// An access by `key` on behalf of requests to `qpn`; key 0 when none is used.
    pub(super) fn new(key: u32, qpn: Qpn) -> Claim {
        Claim(BUSY | u64::from(qpn.0 & 0xff_ffff) << 32 | u64::from(key))
    }

    pub(super) fn key(word: u64) -> Option<u32> {
        (word & BUSY != 0).then_some(word as u32)
    }

    pub(super) fn qpn(word: u64) -> Option<Qpn> {
        (word & BUSY != 0).then_some(Qpn((word >> 32) as u32 & 0xff_ffff))
    }
}

/// An access in flight.
pub(super) struct Hazard<'a>(&'a AtomicU64);

impl<'a> Hazard<'a> {
    /// Announces it; `None` when too many are in flight. What is checked afterwards counts.
    #[inline]
    pub(super) fn claim(words: &'a [AtomicU64; HAZARDS], claim: Claim) -> Option<Hazard<'a>> {
        let first = home();
        for index in 0..HAZARDS {
            let word = &words[(first + index) % HAZARDS];
            if word.load(Ordering::Relaxed) != 0 {
                continue;
            }
            let taken = word.compare_exchange(0, claim.0, Ordering::SeqCst, Ordering::Relaxed);
            if taken.is_ok() {
                // Pairs with the fence in `Endpoint::wait_for_accesses`.
                full_fence();
                return Some(Hazard(word));
            }
        }
        None
    }
}

impl Drop for Hazard<'_> {
    fn drop(&mut self) {
        // The copy happens before the owner's Acquire load of the zero.
        self.0.store(0, Ordering::Release);
    }
}

/// After a locked instruction x86 needs nothing more.
#[inline]
fn full_fence() {
    if cfg!(target_arch = "x86_64") {
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// Where a thread begins to look, so that threads seldom meet.
fn home() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static HOME: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    if HOME.get() == usize::MAX {
        // 8 words are a line; the second round of threads begins one word further.
        let next = NEXT.fetch_add(8, Ordering::Relaxed);
        HOME.set((next + next / HAZARDS) % HAZARDS);
    }
    HOME.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_tell_key_and_qp() {
        let claim = Claim::new(0xdead_beef, Qpn(0x12_3456));
        assert_eq!(Claim::key(claim.0), Some(0xdead_beef));
        assert_eq!(Claim::qpn(claim.0), Some(Qpn(0x12_3456)));
        assert_eq!(Claim::key(0), None);
    }

    #[test]
    fn as_many_as_there_are_words_fit() {
        let words: [AtomicU64; HAZARDS] = std::array::from_fn(|_| AtomicU64::new(0));
        let claim = Claim::new(1, Qpn(2));
        let mut held: Vec<_> = (0..HAZARDS)
            .map(|_| Hazard::claim(&words, claim).unwrap())
            .collect();
        assert!(Hazard::claim(&words, claim).is_none());
        held.pop();
        assert!(Hazard::claim(&words, claim).is_some());
    }
}
