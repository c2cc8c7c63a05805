//! The outbound direction: a ring we produce into, and access to the consumer's memory.
//!
//! A peer is usable from the moment it exists: its ring is memory of ours which the other process
//! maps when it gets there. Posting threads share a short lock; nothing here waits for the peer.

use super::access::{
    CopyError, DirectKind, DirectOp, DirectOutcome, LocalSegment, MAX_SLICE_BYTES, Segments, Space,
    read, write,
};
use super::acked;
use super::conn::{Conn, Message};
use super::entry::{
    Layout, MAX_REFERENCE_BYTES, MAX_REFERENCES, Shape, encode, encode_references, max_entry_bytes,
};
use super::hazard::{Claim, Hazard};
use super::quick::QuickAccess;
use super::region::{RingRegion, Side};
use super::slot::Slot;
use super::table::{Range, Table, View};
use super::wake::{Wake, reason};
use crate::base::ids::Qpn;
use crate::base::lock::{ShortGuard, ShortLock};
use crate::base::ring::{self, Storage, Word};
use crate::wire::{Header, Psn};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

/// SENDs from here on are cheaper fetched by the receiver (0.5 µs and one copy) than copied twice.
const MIN_REFERENCE_BYTES: u32 = 16 << 10;

/// To ourselves there is no system call to pay for.
const MIN_OWN_REFERENCE_BYTES: u32 = 1 << 10;

/// Payloads for which the producer goes back to the warm part of the ring. A longer one might not
/// find the room it needs before the consumer has come along.
const MAX_WARM_BYTES: u32 = 1 << 10;

/// Rights of `enum ibv_access_flags`.
const REMOTE_WRITE: u32 = 1 << 1;
const REMOTE_READ: u32 = 1 << 2;

/// What the way to this peer can do just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerCaps {
    /// Largest payload of one entry: a quarter of the ring, a multiple of 4096.
    pub max_payload_bytes: u32,
    /// Direct READ and WRITE may be tried.
    pub direct: bool,
    /// SEND payloads from this size on go by reference; `u32::MAX`: never.
    pub min_reference_bytes: u32,
    /// Largest payload of one entry by reference.
    pub max_reference_bytes: u32,
}

mod flag {
    pub(super) const DEAD: u32 = 1;
    pub(super) const CONDEMNED: u32 = 2;
    pub(super) const DIRECT: u32 = 4;
    pub(super) const REFERENCE: u32 = 8;
}

/// Who consumes.
pub(super) enum Consumer {
    /// Ourselves.
    Own(Arc<Table>),
    /// Another process. All is set at most once, when the handshake gets there.
    Other {
        conn: OnceLock<Arc<Conn>>,
        space: OnceLock<Space>,
        /// `None` inside: short accesses go the long way too.
        quick: OnceLock<Option<QuickAccess>>,
        table: OnceLock<View>,
    },
}

/// A process that owns a slot, as somebody we send to.
pub struct Peer {
    slot: Slot,
    region: RingRegion,
    producer: ShortLock<ring::Producer>,
    flags: AtomicU32,
    consumer: Consumer,
    wake: Arc<Wake>,
}

impl Peer {
    pub(super) fn new(slot: Slot, region: RingRegion, consumer: Consumer, wake: Arc<Wake>) -> Peer {
        let producer = ShortLock::new(ring::Producer::default());
        Peer {
            slot,
            region,
            producer,
            flags: AtomicU32::new(0),
            consumer,
            wake,
        }
    }

    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// The peer is this process.
    pub fn is_self(&self) -> bool {
        matches!(self.consumer, Consumer::Own(_))
    }

    /// Nothing will arrive there any more.
    #[inline]
    pub fn is_dead(&self) -> bool {
        self.has(flag::DEAD)
    }

    /// Cheap: one atomic load.
    #[inline]
    pub fn caps(&self) -> PeerCaps {
        let flags = self.flags.load(Ordering::Acquire);
        let min_reference_bytes = match &self.consumer {
            _ if flags & flag::REFERENCE == 0 => u32::MAX,
            Consumer::Own(_) => MIN_OWN_REFERENCE_BYTES,
            Consumer::Other { .. } => MIN_REFERENCE_BYTES,
        };
        PeerCaps {
            max_payload_bytes: self.region.ring_bytes() / 4,
            direct: flags & flag::DIRECT != 0,
            min_reference_bytes,
            max_reference_bytes: MAX_REFERENCE_BYTES,
        }
    }

    /// Takes the producers' lock. What is pushed becomes visible at once when the producer drops.
    #[inline]
    pub fn produce(&self) -> Producer<'_> {
        Producer {
            peer: self,
            ring: self.producer.lock(),
        }
    }

    /// What `dest_qpn` there has told to have executed of the requests of our `src_qpn`.
    #[inline]
    pub fn acked(&self, src_qpn: Qpn, dest_qpn: Qpn) -> Option<Psn> {
        acked::read(self.region.acked(), src_qpn, dest_qpn)
    }

    /// Our QP of this number begins anew.
    pub fn forget_acked(&self, src_qpn: Qpn) {
        acked::clear(self.region.acked(), src_qpn);
    }

    /// Whether the other process will look at what it was told (by [`super::Entry::tell_acked`],
    /// before this call). One that sleeps has to be sent a packet, which rings its bell.
    #[inline]
    pub fn is_attentive(&self) -> bool {
        let Consumer::Other { conn, .. } = &self.consumer else {
            return false;
        };
        // P3 of base/ring, with `Endpoint::arm_doorbells`.
        self.region.light_fence();
        conn.get().is_some() && self.region.asleep().load(Ordering::Relaxed) == 0
    }

    /// Has the other process look at its ring although it seemed to be awake: whoever polled there
    /// may have turned to other work.
    #[cold]
    pub fn knock(&self) {
        self.ring_bell();
    }

    /// After `has_room` said no: asks for a [`super::PeerEvent::Space`]. True: there is room by
    /// now, try again.
    pub fn request_space(&self) -> bool {
        let room = self
            .producer
            .lock()
            .request_space(&self.region, self.largest_entry());
        room && !self.is_dead()
    }

    /// READ or WRITE on the peer's memory, at most [`MAX_SLICE_BYTES`] a call. The peer's tables
    /// are checked first: what they do not grant is refused, and the peer will judge the packet.
    pub fn direct(&self, op: &DirectOp, local: &[LocalSegment]) -> DirectOutcome {
        self.try_direct(op, local).unwrap_or(DirectOutcome::Refused)
    }

    fn try_direct(&self, op: &DirectOp, local: &[LocalSegment]) -> Option<DirectOutcome> {
        let flags = self.flags.load(Ordering::Acquire);
        if flags & (flag::DIRECT | flag::DEAD) != flag::DIRECT {
            return None;
        }
        let (view, space, quick) = match &self.consumer {
            Consumer::Own(table) => (table.view(), Space::Own, None),
            Consumer::Other {
                space,
                table,
                quick,
                ..
            } => (
                table.get()?,
                *space.get()?,
                quick.get().and_then(Option::as_ref),
            ),
        };
        let rest = op.total_bytes.checked_sub(op.done_bytes)?;
        let hazards = self.region.hazards(Side::Producer);
        let _hazard = Hazard::claim(hazards, Claim::new(op.rkey.0, op.dest_qpn))?;
        let need = match op.kind {
            DirectKind::Write => REMOTE_WRITE,
            DirectKind::Read => REMOTE_READ,
        };
        let qp = view.qp(op.dest_qpn)?;
        if qp.dest_qpn != op.src_qpn || qp.access & need == 0 {
            return None;
        }
        let range = Range {
            va: op.remote_va,
            len_bytes: op.total_bytes.into(),
        };
        let addr = view.check(qp.pd, op.rkey.0, need, range).ok()?;
        let addr = addr.wrapping_add(op.done_bytes.into());
        let limit = u64::from(rest.min(MAX_SLICE_BYTES));
        let (copied, len_bytes) = match (local, quick) {
            (&[one], Some(quick))
                if one.len_bytes <= limit && QuickAccess::serves(op.kind, addr, one.len_bytes) =>
            {
                (quick.copy(op.kind, addr, one), one.len_bytes as u32)
            }
            _ => {
                let local = Segments::part(local, 0, limit);
                // SAFETY: the region's owner granted the range, and waits for the hazard before it
                // takes it back; the caller checked the local segments.
                let copied = unsafe { copy(op.kind, space, addr, &local) };
                (copied, local.len_bytes() as u32)
            }
        };
        match copied {
            Ok(()) => Some(DirectOutcome::Done { len_bytes }),
            Err(CopyError::Local) => Some(DirectOutcome::LocalFault),
            Err(CopyError::Remote) => None,
            Err(CopyError::Gone) => {
                self.condemn();
                None
            }
        }
    }

    pub(super) fn region(&self) -> &RingRegion {
        &self.region
    }

    pub(super) fn consumer(&self) -> &Consumer {
        &self.consumer
    }

    pub(super) fn set_dead(&self) {
        self.flags.fetch_or(flag::DEAD, Ordering::Release);
    }

    /// Its tables are set: direct access may be tried.
    pub(super) fn set_direct(&self) {
        // Pairs with the Acquire loads in `caps` and `try_direct`.
        self.flags.fetch_or(flag::DIRECT, Ordering::Release);
    }

    /// It can fetch from our memory.
    pub(super) fn set_reference(&self) {
        self.flags.fetch_or(flag::REFERENCE, Ordering::Release);
    }

    /// Gone or writing nonsense: the progress thread shall bury it.
    fn condemn(&self) {
        if self.flags.fetch_or(flag::CONDEMNED, Ordering::Relaxed) & flag::CONDEMNED == 0 {
            self.wake.raise(reason::CONDEMNED);
        }
    }

    pub(super) fn is_condemned(&self) -> bool {
        self.has(flag::CONDEMNED)
    }

    #[inline]
    fn has(&self, flag: u32) -> bool {
        self.flags.load(Ordering::Relaxed) & flag != 0
    }

    #[inline]
    fn largest_entry(&self) -> u64 {
        max_entry_bytes(self.region.ring_bytes() / 4)
    }

    /// The consumer sleeps.
    #[cold]
    fn ring_bell(&self) {
        match &self.consumer {
            Consumer::Own(_) => self.wake.raise(reason::LOOK),
            Consumer::Other { conn, .. } => {
                // Not connected yet: nobody sleeps there. A full socket holds bells enough, and a
                // closed one is noticed by whoever polls it.
                if let Some(conn) = conn.get() {
                    let _ = conn.send(&Message::Look, None);
                }
            }
        }
    }
}

/// READ or WRITE between local segments and as many bytes at `addr` in the other space.
///
/// # Safety
/// As [`write`] and [`read`].
#[inline]
unsafe fn copy(
    kind: DirectKind,
    space: Space,
    addr: u64,
    local: &Segments,
) -> Result<(), CopyError> {
    match kind {
        // SAFETY: the caller's promise.
        DirectKind::Write => unsafe { write(space, addr, local) },
        DirectKind::Read => {
            let len_bytes = local.len_bytes();
            let remote = Segments::part(&[LocalSegment { addr, len_bytes }], 0, len_bytes);
            // SAFETY: the caller's promise.
            unsafe { read(space, &remote, local) }
        }
    }
}

/// The right to add entries.
pub struct Producer<'a> {
    peer: &'a Peer,
    ring: ShortGuard<'a, ring::Producer>,
}

impl Producer<'_> {
    /// Whether an entry with so much payload fits, or one by reference; false when the peer is dead.
    #[inline]
    pub fn has_room_for(&mut self, payload_bytes: u32) -> bool {
        if payload_bytes <= MAX_WARM_BYTES {
            self.ring.go_back_if_warm(&self.peer.region);
        }
        self.fits(max_entry_bytes(payload_bytes))
    }

    /// Whether one entry of the largest size fits; false when the peer is dead.
    #[inline]
    pub fn has_room(&mut self) -> bool {
        self.fits(self.peer.largest_entry())
    }

    #[inline]
    fn fits(&mut self, entry_bytes: u64) -> bool {
        let room = self.ring.has_room(&self.peer.region, entry_bytes);
        if !room && self.ring.is_broken() {
            self.peer.condemn();
        }
        room && !self.peer.is_dead()
    }

    /// Adds an entry with `payload_bytes` bytes of payload, which the caller writes to the returned
    /// place (aligned to 8) before it does anything else with the producer. `None`: no room, or
    /// more payload than [`PeerCaps::max_payload_bytes`].
    #[inline]
    pub fn push(&mut self, header: &Header, payload_bytes: u32) -> Option<NonNull<u8>> {
        if payload_bytes > self.peer.region.ring_bytes() / 4 {
            return None;
        }
        let (entry, layout) = self.begin(header, Shape::Bytes(payload_bytes))?;
        self.ring
            .commit(&self.peer.region, layout.entry_bytes, layout.mark);
        // SAFETY: inside the entry.
        Some(unsafe { entry.add(layout.payload_offset) })
    }

    /// Adds an entry whose payload the consumer fetches from these segments (at most
    /// [`MAX_REFERENCES`], [`MAX_REFERENCE_BYTES`]). False: no room.
    pub fn push_references(&mut self, header: &Header, segments: &[LocalSegment]) -> bool {
        let len = segments
            .iter()
            .fold(0u64, |sum, part| sum.saturating_add(part.len_bytes));
        if segments.len() > MAX_REFERENCES || len > MAX_REFERENCE_BYTES.into() {
            return false;
        }
        let shape = Shape::References {
            count: segments.len(),
            len_bytes: len as u32,
        };
        let Some((entry, layout)) = self.begin(header, shape) else {
            return false;
        };
        // SAFETY: the entry has room for what its layout says.
        unsafe { encode_references(entry, &layout, segments) };
        self.ring
            .commit(&self.peer.region, layout.entry_bytes, layout.mark);
        true
    }

    /// Shows what was pushed; the drop does the same.
    pub fn publish(&mut self) {
        if self.ring.publish(&self.peer.region) {
            self.peer.ring_bell();
        }
    }

    #[inline(always)]
    fn begin(&mut self, header: &Header, shape: Shape) -> Option<(NonNull<u8>, Layout)> {
        // Long batches go out in pieces, so that the consumer need not wait for the last one.
        if self.ring.unpublished_bytes() >= u64::from(self.peer.region.ring_bytes()) / 8 {
            self.publish();
        }
        let layout = Layout::of(header, shape);
        if !self.fits(layout.entry_bytes) {
            return None;
        }
        let offset = self.ring.prepare(&self.peer.region, layout.entry_bytes);
        let entry = self.peer.region.entry(offset);
        // SAFETY: the room was checked, and no consumer reads it before it is published.
        unsafe { encode(entry, &layout, header) };
        Some((entry, layout))
    }
}

impl Drop for Producer<'_> {
    #[inline]
    fn drop(&mut self) {
        self.publish();
    }
}
