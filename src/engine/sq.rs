//! The send queue: a ring of WQEs with five indices that only move forward.
//!
//! `head ≤ done ≤ cur ≤ started ≤ tail` (as wrapping distances):
//! - `head..done`: finished, the completion not yet polled;
//! - `done..started`: PSNs assigned, packets out or going out; `cur` is the one the next packet
//!   belongs to, and falls back to `done` when packets are sent again;
//! - `started..tail`: posted, untouched.
//!
//! Memory is reserved at creation but not touched before the slot is first used.

use super::rq::{copy_list, reserve};
use super::types::{Datagram, PostError, Sge, WcOpcode, WcStatus};
use super::vendor;
use super::wqe::{Wqe, flag};
use std::collections::TryReserveError;

/// The end of a send WQE, as a CQE will show it.
pub(super) struct SendEnd {
    pub(super) wr_id: u64,
    pub(super) opcode: WcOpcode,
    pub(super) len_bytes: u32,
    pub(super) status: WcStatus,
    pub(super) vendor_err: u32,
    pub(super) sq_end: u32,
}

pub(super) struct Sq {
    depth: u32,
    mask: u32,
    pub(super) max_sge: u32,
    pub(super) max_inline_bytes: u32,
    pub(super) head: u32,
    pub(super) done: u32,
    pub(super) cur: u32,
    pub(super) started: u32,
    pub(super) tail: u32,
    /// WQEs from `flush_from` on, `flush_count` of them, end as flushed.
    flush_from: u32,
    flush_count: u32,
    /// The WQE that caused the error state, with its status.
    error: Option<(u32, WcStatus, u32)>,
    slots: Vec<Wqe>,
    sges: Vec<Sge>,
    inline: Vec<u8>,
    datagrams: Vec<Datagram>,
}

impl Sq {
    pub(super) fn new(
        depth: u32,
        max_sge: u32,
        max_inline_bytes: u32,
        is_datagram: bool,
    ) -> Result<Sq, TryReserveError> {
        let slot_count = depth.max(1).next_power_of_two() as usize;
        Ok(Sq {
            depth,
            mask: slot_count as u32 - 1,
            max_sge,
            max_inline_bytes,
            head: 0,
            done: 0,
            cur: 0,
            started: 0,
            tail: 0,
            flush_from: 0,
            flush_count: 0,
            error: None,
            slots: reserve(slot_count)?,
            sges: reserve(slot_count * max_sge as usize)?,
            inline: reserve(slot_count * max_inline_bytes as usize)?,
            datagrams: reserve(if is_datagram { slot_count } else { 0 })?,
        })
    }

    /// Back to empty; the memory is kept.
    pub(super) fn reset(&mut self) {
        (self.head, self.done, self.cur, self.started, self.tail) = (0, 0, 0, 0, 0);
        (self.flush_from, self.flush_count, self.error) = (0, 0, None);
    }

    #[inline]
    fn slot(&self, index: u32) -> usize {
        (index & self.mask) as usize
    }

    #[inline]
    pub(super) fn check_room(&self) -> Result<(), PostError> {
        if self.tail.wrapping_sub(self.head) >= self.depth {
            return Err(PostError::Full);
        }
        Ok(())
    }

    /// Appends a WQE; the caller has checked the room and the number of elements.
    #[inline]
    pub(super) fn push(&mut self, wqe: Wqe, sges: &[Sge], datagram: Option<&Datagram>) {
        let slot = self.slot(self.tail);
        // The first lap fills the reserved capacity in order; later laps overwrite.
        match self.slots.get_mut(slot) {
            Some(place) => *place = wqe,
            None => self.slots.push(wqe),
        }
        if !sges.is_empty() {
            let at = slot * self.max_sge as usize;
            if self.sges.len() < at + self.max_sge as usize {
                self.sges.resize(at + self.max_sge as usize, Sge::default());
            }
            copy_list(&mut self.sges[at..at + sges.len()], sges);
        }
        if let Some(datagram) = datagram {
            match self.datagrams.get_mut(slot) {
                Some(place) => *place = *datagram,
                None => self.datagrams.push(*datagram),
            }
        }
        self.tail = self.tail.wrapping_add(1);
    }

    /// A WQE between `head` and `tail`.
    #[inline]
    pub(super) fn wqe(&self, index: u32) -> &Wqe {
        &self.slots[(index & self.mask) as usize]
    }

    #[inline]
    pub(super) fn wqe_mut(&mut self, index: u32) -> &mut Wqe {
        let slot = self.slot(index);
        &mut self.slots[slot]
    }

    #[inline]
    pub(super) fn datagram(&self, index: u32) -> &Datagram {
        &self.datagrams[(index & self.mask) as usize]
    }

    /// The scatter-gather list of a WQE.
    #[inline]
    pub(super) fn sges(&self, index: u32) -> &[Sge] {
        let count = self.wqe(index).sge_count as usize;
        if count == 0 {
            return &[];
        }
        let at = self.slot(index) * self.max_sge as usize;
        &self.sges[at..at + count]
    }

    #[inline]
    pub(super) fn sge_mut(&mut self, index: u32, sge_index: u16) -> &mut Sge {
        let at = self.slot(index) * self.max_sge as usize;
        &mut self.sges[at + sge_index as usize]
    }

    /// Inline bytes of a WQE from `offset` on.
    #[inline]
    pub(super) fn inline(&self, index: u32, offset: u32, len: u32) -> &[u8] {
        let at = self.slot(index) * self.max_inline_bytes as usize + offset as usize;
        &self.inline[at..at + len as usize]
    }

    #[inline]
    pub(super) fn inline_mut(&mut self, index: u32, len: u32) -> &mut [u8] {
        let slot_bytes = self.max_inline_bytes as usize;
        let at = self.slot(index) * slot_bytes;
        if self.inline.len() < at + slot_bytes {
            self.inline.resize(at + slot_bytes, 0);
        }
        &mut self.inline[at..at + len as usize]
    }

    #[inline]
    pub(super) fn is_idle(&self) -> bool {
        self.done == self.tail
    }

    /// The WQE at `index` ends with an error and all others that have not finished are flushed.
    pub(super) fn fail(&mut self, index: u32, status: WcStatus, vendor_err: u32) {
        self.error = Some((index, status, vendor_err));
        // A UD or UC WQE counts as finished when its last packet is handed out; a fault reported
        // for that packet takes it back.
        if index.wrapping_sub(self.done) > u32::MAX / 2 {
            self.done = index;
        }
        self.flush();
    }

    /// All WQEs that have not finished end as flushed (but for the one that failed).
    pub(super) fn flush(&mut self) {
        if self.flush_count == 0 {
            self.flush_from = self.done;
        }
        self.flush_count = self.tail.wrapping_sub(self.flush_from);
        (self.done, self.cur, self.started) = (self.tail, self.tail, self.tail);
    }

    /// Takes the next end that shows in the CQ.
    #[inline]
    pub(super) fn poll_end(&mut self) -> Option<SendEnd> {
        while self.head != self.done {
            let index = self.head;
            self.head = index.wrapping_add(1);
            let (mut status, mut vendor_err) = (WcStatus::Success, vendor::NONE);
            if self.flush_count != 0 && index.wrapping_sub(self.flush_from) < self.flush_count {
                (status, vendor_err) = match self.error {
                    Some((at, status, vendor_err)) if at == index => (status, vendor_err),
                    _ => (WcStatus::WrFlushErr, vendor::FLUSHED),
                };
            }
            let wqe = &self.slots[(index & self.mask) as usize];
            if wqe.has(flag::SIGNALED) || status != WcStatus::Success {
                return Some(SendEnd {
                    wr_id: wqe.wr_id,
                    opcode: wqe.wc_opcode(),
                    len_bytes: wqe.len_bytes,
                    status,
                    vendor_err,
                    sq_end: index.wrapping_add(1),
                });
            }
        }
        None
    }

    /// SQE to RTS: what is posted from here on is executed again.
    pub(super) fn end_flush(&mut self) {
        if self.head == self.tail {
            (self.flush_count, self.error) = (0, None);
        }
    }
}
