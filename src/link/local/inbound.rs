//! The inbound direction: rings other processes (and ourselves) produce into.
//!
//! Polling threads look at [`Inbound::is_empty`] without a lock, so an `Inbound` and its address
//! range live as long as the endpoint: when its producer dies the range is left with zeros, and
//! both are used again for a later one. One thread consumes at a time; the others go away.

use super::access::{CopyError, LocalSegment, Segments, Space, copy_in_order, read};
use super::acked;
use super::conn::{Conn, Message};
pub use super::entry::{MAX_REFERENCE_BYTES, MAX_REFERENCES, RefList};
use super::entry::{Scratch, decode};
use super::hazard::{Claim, Hazard};
use super::life::{Fd, Life};
use super::region::{RingRegion, Side, WARM_BYTES};
use super::table::{Table, View};
use super::wake::{Wake, reason};
use crate::base::errno::Errno;
use crate::base::lock::{Hold, RawLock};
use crate::base::ring::{self, Storage};
use crate::wire::{Header, Psn};
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// An entry made no sense; its connection is condemned already, drop the consumer and go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hostile;

/// Memory that turned out not to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullFault {
    /// Ours.
    Local,
    /// The sender's; also when its QP is gone.
    Remote,
}

/// Where the payload of an entry is.
#[derive(Clone, Copy, Debug)]
pub enum EntryPayload<'a> {
    /// In the ring; the producer may still scribble there, so copy, never parse.
    Bytes { ptr: *const u8, len_bytes: u32 },
    /// In the sender's memory: [`Entry::pull`].
    References { list: &'a RefList, len_bytes: u32 },
}

/// Who produces.
pub(super) enum Sender {
    /// Ourselves.
    Own(Arc<Table>),
    /// Another process; its tables come when both have proved themselves.
    Other {
        space: Space,
        conn: Arc<Conn>,
        table: OnceLock<View>,
    },
}

mod flag {
    /// A producer may be there.
    pub(super) const LIVE: u32 = 1;
    pub(super) const CONDEMNED: u32 = 2;
}

/// A ring somebody produces into. Lives as long as the endpoint; recycled for later producers.
pub struct Inbound {
    region: RingRegion,
    /// The mark at the consumer's head: always a word in the region.
    next_mark: AtomicPtr<MarkWord>,
    /// Held by whoever may touch `state`.
    busy: RawLock,
    flags: AtomicU32,
    /// The producer has our tables.
    may_access: AtomicBool,
    /// The producer is this process.
    is_own: AtomicBool,
    state: UnsafeCell<State>,
    wake: Arc<Wake>,
}

type MarkWord = <RingRegion as Storage>::Word;

struct State {
    ring: ring::Consumer,
    sender: Option<Arc<Sender>>,
    /// Of the entry given out last.
    scratch: Scratch,
    references: RefList,
}

// SAFETY: `state` is touched only by the holder of `busy`; all else is atomic or immutable.
unsafe impl Sync for Inbound {}

impl Inbound {
    pub(super) fn new(
        ring_bytes: u32,
        wake: &Arc<Wake>,
        life: &Arc<Life>,
    ) -> Result<Inbound, Errno> {
        let region = RingRegion::new(ring_bytes, life)?;
        let next_mark = AtomicPtr::new(std::ptr::from_ref(region.mark(0)).cast_mut());
        let state = State {
            ring: ring::Consumer::default(),
            sender: None,
            scratch: Scratch::default(),
            references: RefList::EMPTY,
        };
        Ok(Inbound {
            region,
            next_mark,
            busy: RawLock::new(),
            flags: AtomicU32::new(0),
            may_access: AtomicBool::new(false),
            is_own: AtomicBool::new(false),
            state: UnsafeCell::new(state),
            wake: wake.clone(),
        })
    }

    /// Nothing to consume: two loads.
    #[inline]
    pub fn is_empty(&self) -> bool {
        use ring::Word;
        let mark = self.next_mark.load(Ordering::Relaxed);
        // SAFETY: the region is mapped as long as we live and every such pointer lies in it.
        unsafe { &*mark }.load(Ordering::Acquire) == 0
    }

    /// Takes the consumers' lock unless somebody has it.
    #[inline]
    pub fn try_consume(&self) -> Option<Consumer<'_>> {
        let hold = self.busy.try_lock()?;
        if self.flags.load(Ordering::Relaxed) != flag::LIVE {
            self.busy.unlock(hold);
            return None;
        }
        Some(Consumer {
            inbound: self,
            hold,
            entry_bytes: 0,
        })
    }

    /// Somebody is taking entries just now.
    pub fn is_busy(&self) -> bool {
        self.busy.is_busy()
    }

    /// Waits until whoever consumes now has let go once: after that, consumers see what the caller
    /// did before.
    pub fn pass(&self) {
        let hold = self.busy.lock();
        self.busy.unlock(hold);
    }

    pub(super) fn region(&self) -> &RingRegion {
        &self.region
    }

    /// A producer may be there.
    pub(super) fn is_live(&self) -> bool {
        self.flags.load(Ordering::Relaxed) & flag::LIVE != 0
    }

    pub(super) fn is_condemned(&self) -> bool {
        self.flags.load(Ordering::Relaxed) & flag::CONDEMNED != 0
    }

    /// The producer may have accesses to our memory in flight.
    pub(super) fn may_access_us(&self) -> bool {
        self.may_access.load(Ordering::Acquire)
    }

    pub(super) fn allow_access(&self) {
        self.may_access.store(true, Ordering::Release);
    }

    pub(super) fn is_own(&self) -> bool {
        self.is_own.load(Ordering::Relaxed)
    }

    /// Begins with a new producer, whose checked memfd this is. Must not be live.
    pub(super) fn start(&self, fd: &Fd, sender: Arc<Sender>) -> Result<(), Errno> {
        let hold = self.busy.lock();
        let attached = self.region.attach(fd);
        if attached.is_ok() {
            // SAFETY: we hold `busy`.
            let state = unsafe { &mut *self.state.get() };
            state.ring = ring::Consumer::default();
            self.is_own
                .store(matches!(*sender, Sender::Own(_)), Ordering::Relaxed);
            state.sender = Some(sender);
            self.show_next_mark(state);
            self.flags.store(flag::LIVE, Ordering::Relaxed);
        }
        self.busy.unlock(hold);
        attached
    }

    /// Ends with a dead producer: what it left is to be consumed first, unless it was hostile.
    /// False: not yet, try again.
    pub(super) fn try_stop(&self) -> bool {
        if !self.is_live() {
            return true;
        }
        if !self.is_condemned() && !self.is_empty() {
            return false;
        }
        let Some(hold) = self.busy.try_lock() else {
            return false;
        };
        // SAFETY: we hold `busy`.
        let state = unsafe { &mut *self.state.get() };
        let is_empty = self.is_condemned() || state.ring.peek(&self.region) == 0;
        let stopped = is_empty && self.region.detach().is_ok();
        if stopped {
            state.sender = None;
            self.may_access.store(false, Ordering::Release);
            self.flags.store(0, Ordering::Relaxed);
        }
        self.busy.unlock(hold);
        stopped
    }

    fn condemn(&self) {
        self.flags.fetch_or(flag::CONDEMNED, Ordering::Relaxed);
        self.wake.raise(reason::CONDEMNED);
    }

    #[inline]
    fn show_next_mark(&self, state: &State) {
        let mark = self.region.mark(state.ring.offset(&self.region));
        self.next_mark
            .store(std::ptr::from_ref(mark).cast_mut(), Ordering::Relaxed);
    }
}

/// The right to take entries.
pub struct Consumer<'a> {
    inbound: &'a Inbound,
    hold: Hold,
    /// Length of the entry given out last.
    entry_bytes: u64,
}

impl<'a> Consumer<'a> {
    /// The next entry; the former one is gone.
    #[inline]
    #[expect(
        clippy::should_implement_trait,
        reason = "an entry borrows from the consumer"
    )]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>, Hostile> {
        self.finish_entry();
        let region = &self.inbound.region;
        let state = self.state();
        let mark = state.ring.peek(region);
        if mark == 0 {
            return Ok(None);
        }
        let place = region.entry(state.ring.offset(region));
        let max_bytes = region.ring_bytes() / 4;
        // SAFETY: the region's second copy makes a ring's worth readable from any offset on.
        let decoded = unsafe {
            decode(
                place,
                mark,
                max_bytes,
                &mut state.scratch,
                &mut state.references,
            )
        };
        let Some(decoded) = decoded else {
            self.inbound.condemn();
            return Err(Hostile);
        };
        self.entry_bytes = decoded.entry_bytes;
        let len_bytes = decoded.len_bytes;
        let state = &*self.state();
        let payload = if decoded.by_reference {
            EntryPayload::References {
                list: &state.references,
                len_bytes,
            }
        } else {
            // SAFETY: inside what is readable, as above.
            let ptr = unsafe { place.add(decoded.payload_offset) }.as_ptr();
            EntryPayload::Bytes { ptr, len_bytes }
        };
        Ok(Some(Entry {
            header: &state.scratch.header,
            payload,
            inbound: self.inbound,
            state,
        }))
    }

    #[inline]
    fn finish_entry(&mut self) {
        let entry_bytes = std::mem::take(&mut self.entry_bytes);
        let region = &self.inbound.region;
        let state = self.state();
        state.ring.advance(entry_bytes);
        // Room goes back in portions, so that the line it is told in is not needed for each entry,
        // but soon enough for a producer that wants to stay in the warm part. The largest entry and
        // what is kept are less than the ring, so a producer never waits for what is kept.
        if state.ring.kept_bytes() >= WARM_BYTES / 4 && state.ring.give_back(region) {
            self.ring_bell();
        }
    }

    /// The producer waits for room.
    #[cold]
    fn ring_bell(&mut self) {
        match self.state().sender.as_deref() {
            Some(Sender::Own(_)) => self.inbound.wake.raise(reason::OWN_SPACE),
            // A full socket holds bells enough; a closed one is noticed by whoever polls it.
            Some(Sender::Other { conn, .. }) => drop(conn.send(&Message::Space, None)),
            None => (),
        }
    }

    #[inline]
    fn state(&self) -> &'a mut State {
        // SAFETY: a consumer exists only while it holds `busy`. Callers end one borrow before they
        // begin the next; entries borrow from the consumer, so none lives through `next` or drop.
        unsafe { &mut *self.inbound.state.get() }
    }
}

impl Drop for Consumer<'_> {
    #[inline]
    fn drop(&mut self) {
        self.finish_entry();
        self.inbound.show_next_mark(self.state());
        self.inbound.busy.unlock(self.hold);
    }
}

/// One packet in the ring.
pub struct Entry<'a> {
    pub header: &'a Header,
    pub payload: EntryPayload<'a>,
    inbound: &'a Inbound,
    state: &'a State,
}

impl Entry<'_> {
    /// Payload length, wherever the bytes are.
    #[inline]
    pub fn payload_bytes(&self) -> u32 {
        match self.payload {
            EntryPayload::Bytes { len_bytes, .. } | EntryPayload::References { len_bytes, .. } => {
                len_bytes
            }
        }
    }

    /// Tells the sender that its requests up to `psn` have been executed: it may look that up, and
    /// finds it there even if this process ends next. False: it has to be sent.
    #[inline]
    pub fn tell_acked(&self, psn: Psn) -> bool {
        let Header {
            src_qpn, dest_qpn, ..
        } = *self.header;
        acked::tell(self.inbound.region.acked(), src_qpn, dest_qpn, psn)
    }

    /// Puts payload bytes `offset..offset + len` to `dst`, from the ring (the last word last:
    /// [`copy_in_order`]) or from the sender's memory. A range that is not in the payload is a
    /// remote fault.
    ///
    /// # Safety
    /// `dst` is memory the application registered for writing, `len` bytes of it.
    #[inline]
    pub unsafe fn pull(&self, offset: u32, dst: *mut u8, len: u32) -> Result<(), PullFault> {
        if offset
            .checked_add(len)
            .is_none_or(|end| end > self.payload_bytes())
        {
            return Err(PullFault::Remote);
        }
        match self.payload {
            EntryPayload::Bytes { ptr, .. } => {
                // SAFETY: the range was checked.
                let src = unsafe { ptr.add(offset as usize) };
                // SAFETY: `dst` by the caller's promise; both lengths were checked.
                unsafe { copy_in_order(dst, src, len as usize) };
                Ok(())
            }
            EntryPayload::References { list, .. } => {
                let from = Segments::part(list.segments(), offset.into(), len.into());
                let to = [LocalSegment {
                    addr: dst as u64,
                    len_bytes: len.into(),
                }];
                self.fetch(&from, &Segments::part(&to, 0, len.into()))
            }
        }
    }

    fn fetch(&self, from: &Segments, to: &Segments) -> Result<(), PullFault> {
        let (view, space) = match self.state.sender.as_deref() {
            Some(Sender::Own(table)) => (table.view(), Space::Own),
            Some(Sender::Other { space, table, .. }) => {
                (table.get().ok_or(PullFault::Remote)?, *space)
            }
            None => return Err(PullFault::Remote),
        };
        let hazards = self.inbound.region.hazards(Side::Consumer);
        let claim = Claim::new(0, self.header.src_qpn);
        // As many threads as there are words in the same ring: not with a single consumer.
        let _hazard = Hazard::claim(hazards, claim).ok_or(PullFault::Remote)?;
        let qp = view.qp(self.header.src_qpn).ok_or(PullFault::Remote)?;
        if qp.dest_qpn != self.header.dest_qpn {
            return Err(PullFault::Remote);
        }
        // SAFETY: the receiver's side is the caller's promise. The sender's is its own to name; in
        // our own process its QP is alive, and waited for, so it named memory it has checked.
        match unsafe { read(space, from, to) } {
            Ok(()) => Ok(()),
            Err(CopyError::Local) => Err(PullFault::Local),
            Err(CopyError::Remote | CopyError::Gone) => Err(PullFault::Remote),
        }
    }
}
