//! A byte ring from one producer to one consumer, as an algorithm over any storage.
//!
//! Who uses it: `link/local`, over memory mapped by two processes; the tests, over loom's atomics.
//! It never touches an entry's bytes, never blocks, never rings a bell itself: it says when to.
//! Each side is used by one thread at a time; the locks that see to it are the callers'.
//!
//! # How it works
//! Positions count bytes from the beginning of time; an offset is a position modulo the length.
//! Entries begin at multiples of [`UNIT`] and their first word is the *mark*: not zero when an
//! entry is there. The consumer looks at the mark at its own position and at nothing else, so one
//! cache line travels per small entry; there is no tail to read.
//!
//! **Invariant M**: the mark at the end of what is published is zero. [`Producer::publish`] clears
//! the mark behind the batch, then stores the batch's *first* mark with Release. Marks of later
//! entries are stored before, plainly: nobody looks past the first one. For a batch of one the mark
//! behind is cleared before the entry is written, by [`Producer::prepare`]: then bytes and mark reach
//! a small entry's cache line in one go, though the consumer keeps taking the line to look at it.
//! The room check leaves one unit free for the cleared mark. Once a batch is out, a few marks more
//! are cleared ahead: the next small entries need not wait for lines that have not been touched for
//! a whole lap.
//!
//! **Going back**: as long as small entries are consumed as fast as they come, the producer stays
//! within the first [`Storage::warm_bytes`] of the ring, whose lines both sides have at hand. At the
//! end of those it publishes the mark [`GO_BACK`] instead of an entry, and both go on at the next
//! offset 0; the positions in between count as consumed. The mark at offset 0 is cleared first
//! (invariant M).
//!
//! # Pairs
//! - **P1** mark: Release in `publish`, Acquire in `peek`. Bytes of a batch happen before they are
//!   read.
//! - **P2** head: Release in `give_back`, Acquire in `refresh`. Reads of an entry happen before its
//!   bytes are overwritten.
//! - **P3** sleep (store, fence, load on both sides): the producer stores a mark, then looks at
//!   `asleep`; the consumer stores `asleep`, then looks at the mark. At least one of them sees the
//!   other, so no entry waits for a sleeper that nobody wakes.
//! - **P4** space: the same with `head` and `wanted`, roles exchanged.
//!
//! The sides that run for every batch use [`Storage::light_fence`], the others `heavy_fence`: a pair
//! may be full fences, or nothing and a `membarrier`.
//!
//! # Hostile memory
//! The other side may write anything anywhere. The producer believes a head only if it lies between
//! the last one and its own tail ([`Producer::is_broken`] tells when it did not). A mark is only a
//! number here: whoever decodes it bounds it.

use super::sync::Ordering::{Acquire, Relaxed, Release};

/// Entries begin at multiples of this many bytes: a cache line.
pub const UNIT: u64 = 64;

/// A mark that is no entry: the next one is at offset 0.
const GO_BACK: u64 = 1;

/// Units whose marks are cleared ahead of the entries that will need it.
const UNITS_AHEAD: u64 = 4;

/// An atomic word in the storage.
pub trait Word {
    fn load(&self, order: super::sync::Ordering) -> u64;
    fn store(&self, value: u64, order: super::sync::Ordering);
    fn swap(&self, value: u64, order: super::sync::Ordering) -> u64;
}

/// Memory both sides reach. All words are zero in the beginning.
pub trait Storage {
    type Word: Word;

    /// Length of the ring, a power of two and a multiple of [`UNIT`].
    fn len_bytes(&self) -> u64;

    /// Part of the ring that small entries stay in if they can; not less than the length: no such
    /// part.
    fn warm_bytes(&self) -> u64;

    /// First word of the unit at this offset.
    fn mark(&self, offset: u64) -> &Self::Word;

    /// Consumer's position; written by the consumer.
    fn head(&self) -> &Self::Word;

    /// Not zero: the consumer wants a bell. Set by the consumer, cleared by whoever rings.
    fn asleep(&self) -> &Self::Word;

    /// Not zero: one more than the head the producer waits for. Set by the producer, cleared by the
    /// consumer when it rings.
    fn wanted(&self) -> &Self::Word;

    /// Orders former stores before later loads, together with the other side's `heavy_fence`.
    fn light_fence(&self);

    /// See `light_fence`.
    fn heavy_fence(&self);
}

/// The producer's own state.
#[derive(Debug, Default)]
pub struct Producer {
    tail: u64,
    /// Last head believed.
    head: u64,
    /// First entry of the batch not published yet: offset and mark.
    first: Option<(u64, u64)>,
    /// Where that entry ends.
    first_end: u64,
    /// Position up to which entries are published.
    published: u64,
    /// The marks of all units from the tail up to this position are zero.
    cleared: u64,
    /// Position from which on going back is worth a thought.
    calm: u64,
    broken: bool,
}

impl Producer {
    /// Offset of the next entry, which will be `bytes` long and for which there is room.
    #[inline]
    pub fn prepare<S: Storage>(&self, storage: &S, bytes: u64) -> u64 {
        if self.first.is_none() {
            self.clear_behind(storage, bytes);
        }
        self.offset(storage, 0)
    }

    /// Sees to it that the mark `ahead` bytes after the tail is zero.
    #[inline]
    fn clear_behind<S: Storage>(&self, storage: &S, ahead: u64) {
        if self.tail + ahead >= self.cleared {
            storage.mark(self.offset(storage, ahead)).store(0, Relaxed);
        }
    }

    /// Goes back to the ring's beginning if it is time for that, nothing much waits to be consumed,
    /// and no batch has been begun.
    #[inline]
    pub fn go_back_if_warm<S: Storage>(&mut self, storage: &S) {
        let is_due = self.offset(storage, 0) >= storage.warm_bytes() && self.tail >= self.calm;
        // A consumer that sleeps would not come along soon.
        if is_due && self.first.is_none() && storage.asleep().load(Relaxed) == 0 {
            self.go_back(storage);
        }
    }

    #[cold]
    fn go_back<S: Storage>(&mut self, storage: &S) {
        self.refresh(storage);
        let warm = storage.warm_bytes();
        if self.tail - self.head > warm / 2 {
            self.calm = self.tail + warm / 4;
            return;
        }
        // Half of the warm part is consumed and free, so its first mark may be cleared.
        storage.mark(0).store(0, Relaxed);
        let here = self.offset(storage, 0);
        // P1, with `Consumer::peek`.
        storage.mark(here).store(GO_BACK, Release);
        self.tail += storage.len_bytes() - here;
        self.published = self.tail;
        self.cleared = self.tail;
    }

    /// Clears marks that later batches will need, as far as there is room.
    #[inline]
    fn clear_ahead<S: Storage>(&mut self, storage: &S) {
        let limit = (self.tail + UNITS_AHEAD * UNIT).min(self.head + storage.len_bytes() - UNIT);
        // The tail's own mark is zero.
        self.cleared = self.cleared.max(self.tail + UNIT);
        while self.cleared <= limit {
            let offset = self.cleared & (storage.len_bytes() - 1);
            storage.mark(offset).store(0, Relaxed);
            self.cleared += UNIT;
        }
    }

    #[inline]
    fn offset<S: Storage>(&self, storage: &S, ahead: u64) -> u64 {
        (self.tail + ahead) & (storage.len_bytes() - 1)
    }

    /// Whether an entry of `bytes` (a multiple of [`UNIT`]) fits.
    #[inline]
    pub fn has_room<S: Storage>(&mut self, storage: &S, bytes: u64) -> bool {
        if self.tail + bytes + UNIT - self.head <= storage.len_bytes() {
            return true;
        }
        self.refresh(storage);
        self.tail + bytes + UNIT - self.head <= storage.len_bytes()
    }

    /// Adds the entry that was prepared, whose bytes may still be written until `publish`.
    #[inline]
    pub fn commit<S: Storage>(&mut self, storage: &S, bytes: u64, mark: u64) {
        debug_assert!(mark > GO_BACK && bytes.is_multiple_of(UNIT) && bytes > 0);
        let offset = self.offset(storage, 0);
        match self.first {
            None => {
                self.first = Some((offset, mark));
                self.first_end = self.tail + bytes;
            }
            // Hidden behind the first mark, which is still zero (invariant M).
            Some(_) => storage.mark(offset).store(mark, Relaxed),
        }
        self.tail += bytes;
        if bytes > storage.warm_bytes() / 8 {
            // Long entries gain nothing from staying near, and need all the room there is.
            self.calm = self.tail + storage.warm_bytes();
        }
    }

    /// Bytes committed and not published.
    #[inline]
    pub fn unpublished_bytes(&self) -> u64 {
        self.tail - self.published
    }

    /// Shows what was committed. True: the consumer sleeps, ring its bell.
    #[inline]
    pub fn publish<S: Storage>(&mut self, storage: &S) -> bool {
        let Some((offset, mark)) = self.first.take() else {
            return false;
        };
        if self.tail != self.first_end {
            self.clear_behind(storage, 0);
        }
        // P1, with `Consumer::peek`.
        storage.mark(offset).store(mark, Release);
        self.published = self.tail;
        // P3, with `fall_asleep`.
        storage.light_fence();
        let is_bell_due =
            storage.asleep().load(Relaxed) != 0 && storage.asleep().swap(0, Relaxed) != 0;
        self.clear_ahead(storage);
        is_bell_due
    }

    /// There was no room for `bytes`: asks for a bell when there is. True: there is room by now.
    pub fn request_space<S: Storage>(&mut self, storage: &S, bytes: u64) -> bool {
        let target = (self.tail + bytes + UNIT).saturating_sub(storage.len_bytes());
        storage.wanted().store(target + 1, Relaxed);
        // P4, with `Consumer::give_back`.
        storage.heavy_fence();
        let room = self.has_room(storage, bytes);
        if room {
            storage.wanted().store(0, Relaxed);
        }
        room
    }

    /// The consumer's side wrote nonsense.
    pub fn is_broken(&self) -> bool {
        self.broken
    }

    fn refresh<S: Storage>(&mut self, storage: &S) {
        // P2, with `Consumer::give_back`.
        let head = storage.head().load(Acquire);
        if head >= self.head && head <= self.published && head.is_multiple_of(UNIT) {
            self.head = head;
        } else {
            self.broken = true;
        }
    }
}

/// The consumer's own state.
#[derive(Debug, Default)]
pub struct Consumer {
    head: u64,
    given: u64,
}

impl Consumer {
    /// Offset of the next entry.
    #[inline]
    pub fn offset<S: Storage>(&self, storage: &S) -> u64 {
        self.head & (storage.len_bytes() - 1)
    }

    /// Mark of the next entry; 0: none.
    #[inline]
    pub fn peek<S: Storage>(&mut self, storage: &S) -> u64 {
        // P1, with `Producer::publish` and `Producer::go_back`.
        let mark = storage.mark(self.offset(storage)).load(Acquire);
        if mark == GO_BACK && self.offset(storage) != 0 {
            self.head += storage.len_bytes() - self.offset(storage);
            return storage.mark(0).load(Acquire);
        }
        mark
    }

    /// Done with the entry at hand, which was `bytes` long.
    #[inline]
    pub fn advance(&mut self, bytes: u64) {
        self.head += bytes;
    }

    /// Bytes consumed and not given back.
    #[inline]
    pub fn kept_bytes(&self) -> u64 {
        self.head - self.given
    }

    /// Gives consumed room back. True: the producer waits for it, ring its bell.
    #[inline]
    pub fn give_back<S: Storage>(&mut self, storage: &S) -> bool {
        if self.head == self.given {
            return false;
        }
        // P2, with `Producer::refresh`.
        storage.head().store(self.head, Release);
        self.given = self.head;
        // P4, with `Producer::request_space`.
        storage.light_fence();
        let wanted = storage.wanted().load(Relaxed);
        wanted != 0 && self.head >= wanted - 1 && storage.wanted().swap(0, Relaxed) != 0
    }
}

/// The consumer is about to sleep. Call [`Storage::heavy_fence`] afterwards (once for many rings),
/// then look again at every mark (P3, with `Producer::publish`).
pub fn fall_asleep<S: Storage>(storage: &S) {
    storage.asleep().store(1, Relaxed);
}

/// The consumer is awake: no bells.
pub fn wake_up<S: Storage>(storage: &S) {
    storage.asleep().store(0, Relaxed);
}

#[cfg(test)]
mod tests;
