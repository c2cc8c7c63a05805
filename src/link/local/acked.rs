//! What a consumer has executed, told by a word for each QP of the producer.
//!
//! An ACK between processes of one host need not travel: the responder stores the PSN it stands for
//! into the requester's ring memory, where it outlives the responder. Who waits for it looks there
//! now and then (`soft/acks`), and once more when the responder has died; a responder sends the
//! packet all the same when the requester sleeps, since a word wakes nobody.
//!
//! The consumer stores the word *before* it shows the completion of what the PSN stands for. So a
//! process that leaves right after it has seen a message leaves its ACK behind.
//!
//! A word also names the responder's QP. The words are fewer than the QPs a process may have: where
//! two QPs share one, the first that was told keeps it, and the other is served by packets. The
//! requester clears the word of a QP that it connects anew.
//!
//! # Pairs
//! - Release in `tell` with the Acquire in `read`: the effects of what is acknowledged happen before
//!   the requester believes it.
//! - The responder tells, then looks whether the requester sleeps; a requester that goes to sleep
//!   says so, then reads its words: the fences are those of P3 in `base/ring`.
//!
//! A hostile peer may write what it likes: it is judged like an ACK packet, by the requester's PSNs.

use crate::base::ids::Qpn;
use crate::wire::Psn;
use std::sync::atomic::{AtomicU64, Ordering};

/// Words of one direction: as many as one slot has QPs.
pub(super) const ACKED: usize = 1 << 12;

const IS_TOLD: u64 = 1 << 63;

fn pack(responder: Qpn, psn: Psn) -> u64 {
    IS_TOLD | u64::from(responder.0 & 0xff_ffff) << 24 | u64::from(psn.value())
}

fn names(word: u64, responder: Qpn) -> bool {
    word & IS_TOLD != 0 && (word >> 24) as u32 & 0xff_ffff == responder.0
}

#[inline]
fn word_of(words: &[AtomicU64; ACKED], requester: Qpn) -> &AtomicU64 {
    &words[requester.0 as usize % ACKED]
}

/// Tells that `responder` has executed everything of `requester` up to `psn`. False: the word is in
/// use for another QP.
#[inline]
pub(super) fn tell(words: &[AtomicU64; ACKED], requester: Qpn, responder: Qpn, psn: Psn) -> bool {
    let word = word_of(words, requester);
    let before = word.load(Ordering::Relaxed);
    let is_ours = before == 0 || names(before, responder);
    if is_ours {
        word.store(pack(responder, psn), Ordering::Release);
    }
    is_ours
}

/// The last PSN `responder` told.
#[inline]
pub(super) fn read(words: &[AtomicU64; ACKED], requester: Qpn, responder: Qpn) -> Option<Psn> {
    let word = word_of(words, requester).load(Ordering::Acquire);
    names(word, responder).then(|| Psn::new(word as u32))
}

/// Forgets what was told to a QP of this number.
pub(super) fn clear(words: &[AtomicU64; ACKED], requester: Qpn) {
    word_of(words, requester).store(0, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Box<[AtomicU64; ACKED]> {
        Box::new(std::array::from_fn(|_| AtomicU64::new(0)))
    }

    #[test]
    fn the_last_psn_is_read() {
        let words = words();
        let (requester, responder) = (Qpn(0xfed_cba), Qpn(0xabc_def));
        assert_eq!(read(&words, requester, responder), None);
        for psn in [0, 1, 0xff_ffff] {
            assert!(tell(&words, requester, responder, Psn::new(psn)));
            let told = read(&words, requester, responder);
            assert_eq!(told, Some(Psn::new(psn)));
        }
        clear(&words, requester);
        assert_eq!(read(&words, requester, responder), None);
    }

    #[test]
    fn of_two_qps_with_one_word_the_first_keeps_it() {
        let words = words();
        let (first, second) = (Qpn(5), Qpn(5 + ACKED as u32));
        assert!(tell(&words, first, Qpn(7), Psn::new(1)));
        assert!(!tell(&words, second, Qpn(8), Psn::new(9)));
        assert_eq!(read(&words, first, Qpn(7)), Some(Psn::new(1)));
        assert_eq!(read(&words, second, Qpn(8)), None);
    }
}
