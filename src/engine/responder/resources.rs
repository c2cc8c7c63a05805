//! Responder resources: READ and atomic requests that were executed, for their responses now and
//! for replay when the requester asks again.
//!
//! A ring of at most `max_dest_rd_atomic` entries; the oldest makes room when it has been answered.

use crate::base::ids::Rkey;
use crate::engine::qp::attr::MAX_RD_ATOMIC;
use crate::wire::Psn;

const SLOT_COUNT: usize = MAX_RD_ATOMIC as usize;
const MASK: u32 = SLOT_COUNT as u32 - 1;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Resource {
    pub(super) first_psn: Psn,
    /// The PSN after the last response.
    pub(super) end_psn: Psn,
    pub(super) remote_va: u64,
    pub(super) rkey: Rkey,
    pub(super) len_bytes: u32,
    /// `Some`: an atomic, with the value it found.
    pub(super) atomic_orig: Option<u64>,
    /// Responses are due from `cursor` on; `replay_psn` began this run of them.
    pub(super) is_due: bool,
    /// All responses went out once: what is due is a replay.
    pub(super) was_answered: bool,
    pub(super) cursor: Psn,
    pub(super) replay_psn: Psn,
}

pub(super) struct Resources {
    head: u32,
    tail: u32,
    /// The first entry that may be due.
    due: u32,
    slots: Vec<Resource>,
}

impl Resources {
    /// `is_used`: only RC has any.
    pub(super) fn new(is_used: bool) -> Resources {
        let slots = Vec::with_capacity(if is_used { SLOT_COUNT } else { 0 });
        Resources {
            head: 0,
            tail: 0,
            due: 0,
            slots,
        }
    }

    pub(super) fn clear(&mut self) {
        (self.head, self.tail, self.due) = (0, 0, 0);
    }

    /// Whether one more request fits a limit. `false`: the requester has more outstanding than it
    /// was told it may. A replay does not count: a requester that sends more has got the answer the
    /// first time.
    pub(super) fn has_room(&self, limit: u32) -> bool {
        if limit == 0 {
            return false;
        }
        let oldest = &self.slots.get((self.head & MASK) as usize);
        let count = self.tail.wrapping_sub(self.head);
        count < limit || oldest.is_none_or(|oldest| !oldest.is_due || oldest.was_answered)
    }

    /// Adds a request that has been executed; its responses are due.
    pub(super) fn push(&mut self, resource: Resource, limit: u32) {
        while self.tail.wrapping_sub(self.head) >= limit.max(1) {
            self.head = self.head.wrapping_add(1);
        }
        if self.due.wrapping_sub(self.head) > self.tail.wrapping_sub(self.head) {
            self.due = self.head;
        }
        let slot = (self.tail & MASK) as usize;
        match self.slots.get_mut(slot) {
            Some(place) => *place = resource,
            None => self.slots.push(resource),
        }
        self.tail = self.tail.wrapping_add(1);
    }

    /// The oldest request with responses due.
    pub(super) fn next_due(&mut self) -> Option<&mut Resource> {
        while self.due != self.tail {
            if self.slots[(self.due & MASK) as usize].is_due {
                return Some(&mut self.slots[(self.due & MASK) as usize]);
            }
            self.due = self.due.wrapping_add(1);
        }
        None
    }

    /// Makes responses due again from `psn` on; gives the entry that covers it for `matches` to
    /// judge. `false`: too old, or not the same request.
    pub(super) fn replay(&mut self, psn: Psn, matches: impl FnOnce(&Resource) -> bool) -> bool {
        let mut index = self.head;
        while index != self.tail {
            let resource = &mut self.slots[(index & MASK) as usize];
            let span = resource.end_psn.since(resource.first_psn);
            if psn.since(resource.first_psn) < span {
                if !matches(resource) {
                    return false;
                }
                resource.is_due = true;
                (resource.cursor, resource.replay_psn) = (psn, psn);
                let distance = self.due.wrapping_sub(self.head);
                if index.wrapping_sub(self.head) < distance {
                    self.due = index;
                }
                return true;
            }
            index = index.wrapping_add(1);
        }
        false
    }
}
