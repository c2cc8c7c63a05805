//! A ring of receive WQEs: the receive queue of a QP, and the body of a shared one.
//!
//! Memory is reserved at creation but not touched before the slot is first used.

use super::types::{PostError, RecvWqe, Sge};
use std::collections::TryReserveError;

pub(super) struct Rq {
    depth: u32,
    mask: u32,
    max_sge: u32,
    head: u32,
    tail: u32,
    slots: Vec<Slot>,
    sges: Vec<Sge>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    wr_id: u64,
    sge_count: u32,
}

impl Rq {
    pub(super) fn new(depth: u32, max_sge: u32) -> Result<Rq, TryReserveError> {
        let slot_count = depth.max(1).next_power_of_two() as usize;
        Ok(Rq {
            depth,
            mask: slot_count as u32 - 1,
            max_sge,
            head: 0,
            tail: 0,
            slots: reserve(slot_count)?,
            sges: reserve(slot_count * max_sge as usize)?,
        })
    }

    pub(super) fn reset(&mut self) {
        (self.head, self.tail) = (0, 0);
    }

    #[inline]
    pub(super) fn count(&self) -> u32 {
        self.tail.wrapping_sub(self.head)
    }

    #[inline]
    pub(super) fn push(&mut self, wr_id: u64, sges: &[Sge]) -> Result<(), PostError> {
        if self.count() >= self.depth {
            return Err(PostError::Full);
        }
        if sges.len() > self.max_sge as usize {
            return Err(PostError::TooMuch);
        }
        let slot = (self.tail & self.mask) as usize;
        let entry = Slot {
            wr_id,
            sge_count: sges.len() as u32,
        };
        match self.slots.get_mut(slot) {
            Some(place) => *place = entry,
            None => self.slots.push(entry),
        }
        if !sges.is_empty() {
            let at = slot * self.max_sge as usize;
            if self.sges.len() < at + self.max_sge as usize {
                self.sges.resize(at + self.max_sge as usize, Sge::default());
            }
            copy_list(&mut self.sges[at..at + sges.len()], sges);
        }
        self.tail = self.tail.wrapping_add(1);
        Ok(())
    }

    /// Moves the oldest WQE into `wqe`.
    #[inline]
    pub(super) fn take(&mut self, wqe: &mut RecvWqe) -> bool {
        if self.head == self.tail {
            return false;
        }
        let slot = (self.head & self.mask) as usize;
        let entry = self.slots[slot];
        wqe.wr_id = entry.wr_id;
        wqe.sges.clear();
        if entry.sge_count != 0 {
            let at = slot * self.max_sge as usize;
            match &self.sges[at..at + entry.sge_count as usize] {
                [only] => wqe.sges.push(*only),
                list => wqe.sges.extend_from_slice(list),
            }
        }
        self.head = self.head.wrapping_add(1);
        true
    }

    /// The oldest WQE, if there is one and its list has one element.
    #[inline]
    pub(super) fn peek_single(&self) -> Option<(u64, Sge)> {
        let slot = (self.head & self.mask) as usize;
        match self.slots.get(slot) {
            Some(entry) if entry.sge_count == 1 && self.head != self.tail => {
                let sge = self.sges.get(slot * self.max_sge as usize)?;
                Some((entry.wr_id, *sge))
            }
            _ => None,
        }
    }

    /// Takes the WQE that was peeked at.
    #[inline]
    pub(super) fn drop_first(&mut self) {
        self.head = self.head.wrapping_add(1);
    }

    /// Takes the oldest WQE only to flush it.
    #[inline]
    pub(super) fn take_flushed(&mut self) -> Option<u64> {
        if self.head == self.tail {
            return None;
        }
        let wr_id = self.slots[(self.head & self.mask) as usize].wr_id;
        self.head = self.head.wrapping_add(1);
        Some(wr_id)
    }
}

/// An empty vector with room for so many.
pub(super) fn reserve<T>(count: usize) -> Result<Vec<T>, TryReserveError> {
    let mut room = Vec::new();
    room.try_reserve_exact(count)?;
    Ok(room)
}

/// Copies a list of the same length. Most have one element, which needs no call of memcpy.
#[inline]
pub(super) fn copy_list(to: &mut [Sge], from: &[Sge]) {
    match (to, from) {
        ([to], [from]) => *to = *from,
        (to, from) => to.copy_from_slice(from),
    }
}
