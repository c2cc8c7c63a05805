//! Where small allocations come from when malloc has nothing left: a bounded reserve.
//!
//! Rust ends the process when one of its small allocations fails; verbs answer ENOMEM. So the
//! shared library allocates through [`Allocator`], which is malloc until that gives NULL, and then
//! the reserve. Whatever begins something new asks [`check`] first and is refused before it has
//! changed anything: the reserve only ever carries what is under way when memory runs out.
//!
//! What C gets and frees, or gave us, is malloc's own and never comes from here.
//!
//! # Regions
//! A region has cells of two sizes, and a bit for each cell. An allocation is a run of cells within
//! one word of bits, taken and given back by one exchange of that word: there is no lock, so a
//! forked child and a signal handler find nothing held. The first region is part of the library's
//! data. When something lives in it, `check` adds another from malloc, so that what lives long does
//! not use the reserve up; regions stay until the process ends.
//!
//! # Pairs
//! - The Release in `give` with the Acquire in `claim`: the last user has finished with a cell.
//! - The Release in `add` with the Acquire in `base`: a region's memory is known before it is used.

use super::errno::Errno;
use super::sync::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::UnsafeCell;
use std::hint::black_box;
use std::ptr::null_mut;

const CELLS_PER_WORD: usize = u64::BITS as usize;
/// The small cells: most allocations are a few of them. None that fits into a word's cells is
/// longer than a large cell.
const SMALL_BYTES: usize = 64;
const SMALL_WORDS: usize = 32;
const LARGE_BYTES: usize = SMALL_BYTES * CELLS_PER_WORD;
const REGION_BYTES: usize = (SMALL_WORDS + CELLS_PER_WORD) * LARGE_BYTES;

/// Longest allocation the reserve serves. What is longer is reserved in a way that can fail.
const MOST_BYTES: usize = 8 * LARGE_BYTES;

/// Regions at most, 384 KiB each.
const REGIONS: usize = 16;

/// What malloc must have for something new to begin after it had nothing: more than what a verb takes
/// in small pieces.
const SPARE_BYTES: usize = 64 << 10;

/// The library's allocator: malloc, and the reserve behind it.
pub struct Allocator;

/// ENOMEM if malloc has given NULL and still has little, or the reserve cannot be made whole.
///
/// For the beginning of whatever makes something; what takes something down must not ask.
pub fn check() -> Result<(), Errno> {
    RESERVE
        .check()
        .map_err(|errno| errno.logged("memory is scarce"))
}

/// An empty list with room for `count` values, where that may be too much for the reserve.
pub fn room_for<T>(count: usize) -> Result<Vec<T>, Errno> {
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| Errno::ENOMEM)?;
    Ok(values)
}

/// A slice of `count` values, where that may be too much for the reserve; ENOMEM without memory.
pub fn boxed<T>(count: usize, value: impl FnMut() -> T) -> Result<Box<[T]>, Errno> {
    let mut values = room_for(count)?;
    values.extend(std::iter::repeat_with(value).take(count));
    Ok(values.into_boxed_slice())
}

// SAFETY: every place comes from malloc or is a run of cells nobody else has, and goes back to where
// it came from; both have room and alignment for the layout.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let place = unsafe { System.alloc(layout) };
        if place.is_null() {
            return RESERVE.take(layout);
        }
        place
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        let place = unsafe { System.alloc_zeroed(layout) };
        if place.is_null() {
            return RESERVE.take_zeroed(layout);
        }
        place
    }

    #[inline]
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        match RESERVE.region_of(place) {
            // SAFETY: a place of this region, which the caller gives up.
            Some(region) => unsafe { region.give(place, layout) },
            // SAFETY: the caller's promise; it came from `System`.
            None => unsafe { System.dealloc(place, layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if RESERVE.region_of(place).is_none() {
            // SAFETY: the caller's promise; it came from `System`.
            let moved = unsafe { System.realloc(place, layout, size) };
            if !moved.is_null() {
                return moved;
            }
        }
        // SAFETY: the caller's promise.
        unsafe { self.move_to_new(place, layout, size) }
    }
}

impl Allocator {
    /// # Safety
    /// As for `realloc`.
    #[cold]
    unsafe fn move_to_new(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller of `realloc` promises that the rounded size is no overflow.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        // SAFETY: the size is not 0, by the same promise.
        let moved = unsafe { self.alloc(wanted) };
        if !moved.is_null() {
            // SAFETY: two places that do not overlap, with room for the shorter of them.
            unsafe { moved.copy_from_nonoverlapping(place, size.min(layout.size())) };
            // SAFETY: the caller gives the old place up for the new one.
            unsafe { self.dealloc(place, layout) };
        }
        moved
    }
}

#[repr(align(4096))]
struct Memory(UnsafeCell<[u8; REGION_BYTES]>);

// SAFETY: reached through the cells of its region only, each of which has one owner.
unsafe impl Sync for Memory {}

static MEMORY: Memory = Memory(UnsafeCell::new([0; REGION_BYTES]));
static RESERVE: Reserve = Reserve::new(MEMORY.0.get().cast());

struct Reserve {
    regions: [Region; REGIONS],
    /// Malloc has given NULL since the last check that found everything well.
    has_served: AtomicBool,
}

impl Reserve {
    /// `first`: the memory of the first region.
    const fn new(first: *mut u8) -> Reserve {
        let mut regions = [const { Region::new(null_mut()) }; REGIONS];
        regions[0] = Region::new(first);
        Reserve {
            regions,
            has_served: AtomicBool::new(false),
        }
    }

    fn check(&self) -> Result<(), Errno> {
        // Nothing is asked of malloc as long as it has always had something: the reserve is whole
        // then, and carries the verb that finds the memory gone.
        if self.has_served.load(Ordering::Relaxed) {
            self.check_thoroughly()
        } else {
            Ok(())
        }
    }

    #[cold]
    fn check_thoroughly(&self) -> Result<(), Errno> {
        if !self.is_whole() {
            self.grow()?;
        }
        probe(SPARE)?;
        self.has_served.store(false, Ordering::Relaxed);
        Ok(())
    }

    /// Adds a region. ENOMEM: malloc has none, or there are as many as may be.
    fn grow(&self) -> Result<(), Errno> {
        // SAFETY: the size is not 0.
        let place = unsafe { System.alloc(REGION) };
        if place.is_null() {
            return Err(Errno::ENOMEM);
        }
        if !self.add(place) {
            // SAFETY: just allocated with this layout, and nobody knows it.
            unsafe { System.dealloc(place, REGION) };
        }
        // Where another thread was faster there is another region now; else all are in use.
        if self.is_whole() {
            Ok(())
        } else {
            Err(Errno::ENOMEM)
        }
    }

    /// There is a region that nobody has anything of.
    fn is_whole(&self) -> bool {
        self.in_use().any(|(_, region)| region.is_unused())
    }

    /// Makes `place` a region; false if there are as many as may be.
    fn add(&self, place: *mut u8) -> bool {
        self.regions.iter().any(|region| {
            let (release, relaxed) = (Ordering::Release, Ordering::Relaxed);
            let added = region
                .base
                .compare_exchange(null_mut(), place, release, relaxed);
            added.is_ok()
        })
    }

    /// The regions that have memory. They are added in order.
    fn in_use(&self) -> impl Iterator<Item = (*mut u8, &Region)> {
        let regions = self.regions.iter();
        regions
            .map(|region| (region.base(), region))
            .take_while(|(base, _)| !base.is_null())
    }

    #[inline]
    fn region_of(&self, place: *const u8) -> Option<&Region> {
        self.in_use()
            .find(|(base, _)| (place as usize).wrapping_sub(*base as usize) < REGION_BYTES)
            .map(|(_, region)| region)
    }

    /// NULL when it does not fit.
    #[cold]
    fn take(&self, layout: Layout) -> *mut u8 {
        self.has_served.store(true, Ordering::Relaxed);
        if layout.size() > MOST_BYTES || layout.align() > LARGE_BYTES {
            return null_mut();
        }
        let mut places = self.in_use().map(|(_, region)| region.take(layout));
        places.find(|place| !place.is_null()).unwrap_or_default()
    }

    #[cold]
    fn take_zeroed(&self, layout: Layout) -> *mut u8 {
        let place = self.take(layout);
        if !place.is_null() {
            // SAFETY: just taken, with room for the layout.
            unsafe { place.write_bytes(0, layout.size()) };
        }
        place
    }
}

/// First the small cells, then the large ones; a bit that is set is a cell in use.
struct Region {
    base: AtomicPtr<u8>,
    small: [AtomicU64; SMALL_WORDS],
    large: AtomicU64,
}

impl Region {
    const fn new(base: *mut u8) -> Region {
        Region {
            base: AtomicPtr::new(base),
            small: [const { AtomicU64::new(0) }; SMALL_WORDS],
            large: AtomicU64::new(0),
        }
    }

    #[inline]
    fn base(&self) -> *mut u8 {
        self.base.load(Ordering::Acquire)
    }

    fn is_unused(&self) -> bool {
        let mut words = self.small.iter().chain([&self.large]);
        words.all(|word| word.load(Ordering::Relaxed) == 0)
    }

    fn take(&self, layout: Layout) -> *mut u8 {
        let offset = self
            .take_small(layout)
            .or_else(|| Some(SMALL_WORDS * LARGE_BYTES + claim(&self.large, layout, LARGE_BYTES)?));
        offset.map_or(null_mut(), |offset| self.base().wrapping_add(offset))
    }

    fn take_small(&self, layout: Layout) -> Option<usize> {
        if layout.size() > LARGE_BYTES || layout.align() > SMALL_BYTES {
            return None;
        }
        let mut words = self.small.iter().enumerate();
        words
            .find_map(|(index, word)| Some(index * LARGE_BYTES + claim(word, layout, SMALL_BYTES)?))
    }

    /// # Safety
    /// `place` was taken from this region with this layout, and nobody uses it any more.
    #[cold]
    unsafe fn give(&self, place: *mut u8, layout: Layout) {
        let offset = place as usize - self.base() as usize;
        let (word, cell, cell_bytes) = match self.small.get(offset / LARGE_BYTES) {
            Some(word) => (word, offset % LARGE_BYTES / SMALL_BYTES, SMALL_BYTES),
            None => (&self.large, offset / LARGE_BYTES - SMALL_WORDS, LARGE_BYTES),
        };
        word.fetch_and(!(run(layout, cell_bytes) << cell), Ordering::Release);
    }
}

/// As many bits as the allocation takes cells: at least one, at most all of a word.
fn run(layout: Layout, cell_bytes: usize) -> u64 {
    let count = layout.size().div_ceil(cell_bytes).clamp(1, CELLS_PER_WORD);
    u64::MAX >> (CELLS_PER_WORD - count)
}

/// Takes a run of free cells; gives its offset in bytes from the first cell of the word.
fn claim(word: &AtomicU64, layout: Layout, cell_bytes: usize) -> Option<usize> {
    let run = run(layout, cell_bytes);
    let mut before = word.load(Ordering::Relaxed);
    loop {
        let last = run.leading_zeros() as usize;
        let cell = (0..=last).find(|cell| before & (run << cell) == 0)?;
        let after = before | (run << cell);
        match word.compare_exchange_weak(before, after, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => return Some(cell * cell_bytes),
            Err(now) => before = now,
        }
    }
}

/// ENOMEM unless malloc has so much at this moment.
fn probe(wanted: Layout) -> Result<(), Errno> {
    // SAFETY: the size is not 0. Hidden from the compiler, which would leave out an allocation that
    // nobody uses.
    let place = black_box(unsafe { System.alloc(wanted) });
    if place.is_null() {
        return Err(Errno::ENOMEM);
    }
    // SAFETY: just allocated with this layout, and nobody knows it.
    unsafe { System.dealloc(place, wanted) };
    Ok(())
}

const SPARE: Layout = layout(SPARE_BYTES, 16);
const REGION: Layout = layout(REGION_BYTES, LARGE_BYTES);

const fn layout(size: usize, align: usize) -> Layout {
    match Layout::from_size_align(size, align) {
        Ok(layout) => layout,
        Err(_) => panic!("sizes and alignments here are small powers of two"),
    }
}

const _: () = assert!(align_of::<Memory>() == LARGE_BYTES);

#[cfg(test)]
mod tests;
