//! A lock for the data path, at its cheapest for a thread that has it to itself.
//!
//! A general mutex needs two atomic exchanges, and each waits until all earlier stores of the CPU
//! have reached memory: on the way between two processes that is the time a cache line takes from
//! one CPU to the other. Here the second one is missing, and for a *favoured* thread the first one
//! too. Who finds the lock held spins, then offers its CPU, then naps, so that a holder of lower
//! priority gets to run. Use it for sections that are short nearly always; what waits long belongs
//! behind a real mutex.
//!
//! # Favour
//! A thread that has taken the lock many times in a row becomes its favourite. From then on it
//! takes it by saying that it is inside and then seeing that it is still the favourite: a store and
//! a load. Any other thread takes the shared word first, then withdraws the favour, runs a barrier
//! on all CPUs of the process (`base/barrier`) and waits until the favourite is outside. Each
//! withdrawal makes favour harder to win, so that locks in common use stay ordinary.
//!
//! # Pairs
//! - The Release in `unlock` with the Acquire in `lock_shared` (`is_held`) or in `withdraw` and
//!   `try_favoured` (`is_inside`, `favourite`): what one holder did happens before what the next one
//!   does.
//! - **F**: the favourite stores `is_inside`, then loads `favourite`; who withdraws stores
//!   `favourite`, then loads `is_inside`. With the barrier in between, one sees the other.

use super::barrier::{self, Reach};
use super::sync::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// Looks at the lock before the CPU is offered: about what a short section takes.
const SPINS: u32 = 100;
/// Offers of the CPU before sleeping in between: the holder may need more than an offer.
const OFFERS: u32 = 64;
const NAP: Duration = Duration::from_micros(50);

/// Times in a row a thread takes the lock before it is favoured: at first, and at most. A withdrawal
/// costs some microseconds, one taking saves some nanoseconds.
const FEWEST_TIMES: u32 = 64;
const MOST_TIMES: u32 = 1 << 14;

/// No thread.
const NOBODY: usize = 0;

/// How a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    Shared,
    Favoured,
}

/// The lock without what it protects. Whoever takes it gives it back with the hold it got.
#[derive(Debug, Default)]
pub struct RawLock {
    favourite: AtomicUsize,
    /// The favourite is in the section. Written by the favourite only.
    is_inside: AtomicBool,
    is_held: AtomicBool,
    /// Threads in `wait`.
    waiting: AtomicU32,
    /// Who took it last, how often in a row, and how often is enough. Written by holders only.
    last: AtomicUsize,
    times: AtomicU32,
    more_times: AtomicU32,
}

impl RawLock {
    pub const fn new() -> RawLock {
        RawLock {
            favourite: AtomicUsize::new(NOBODY),
            is_inside: AtomicBool::new(false),
            is_held: AtomicBool::new(false),
            waiting: AtomicU32::new(0),
            last: AtomicUsize::new(NOBODY),
            times: AtomicU32::new(0),
            more_times: AtomicU32::new(0),
        }
    }

    #[inline]
    pub fn lock(&self) -> Hold {
        let me = this_thread();
        if self.try_favoured(me) {
            return Hold::Favoured;
        }
        self.lock_shared(me)
    }

    /// Gives up where another thread holds it just now; may wait for one that has just begun.
    #[inline]
    pub fn try_lock(&self) -> Option<Hold> {
        let me = this_thread();
        if self.try_favoured(me) {
            return Some(Hold::Favoured);
        }
        if self.is_busy() || self.is_held.swap(true, Ordering::Acquire) {
            return None;
        }
        self.on_shared(me);
        Some(Hold::Shared)
    }

    #[inline]
    pub fn unlock(&self, hold: Hold) {
        match hold {
            Hold::Favoured => self.is_inside.store(false, Ordering::Release),
            Hold::Shared => self.is_held.store(false, Ordering::Release),
        }
    }

    /// Somebody holds it.
    #[inline]
    pub fn is_busy(&self) -> bool {
        self.is_held.load(Ordering::Relaxed) || self.is_inside.load(Ordering::Relaxed)
    }

    /// For who holds it: somebody else waits for it.
    #[inline]
    fn is_wanted(&self, hold: Hold) -> bool {
        self.waiting.load(Ordering::Relaxed) != 0
            || (hold == Hold::Favoured && self.favourite.load(Ordering::Relaxed) == NOBODY)
    }

    #[inline]
    fn try_favoured(&self, me: usize) -> bool {
        // Who is inside already (a signal handler came in between) waits for itself, as with any
        // other lock.
        if self.favourite.load(Ordering::Relaxed) != me || self.is_inside.load(Ordering::Relaxed) {
            return false;
        }
        self.is_inside.store(true, Ordering::Relaxed);
        // F, with `withdraw`.
        barrier::light();
        if self.favourite.load(Ordering::Acquire) == me {
            return true;
        }
        self.is_inside.store(false, Ordering::Release);
        false
    }

    #[inline]
    fn lock_shared(&self, me: usize) -> Hold {
        if self.is_held.swap(true, Ordering::Acquire) {
            self.wait();
        }
        self.on_shared(me);
        Hold::Shared
    }

    /// The shared word is ours: sees to it that no favourite is inside, and who is favoured next.
    #[inline]
    fn on_shared(&self, me: usize) {
        let relaxed = Ordering::Relaxed;
        if self.favourite.load(relaxed) != NOBODY {
            self.withdraw();
        }
        if self.last.load(relaxed) != me {
            self.last.store(me, relaxed);
            self.times.store(0, relaxed);
            return;
        }
        let times = self.times.load(relaxed) + 1;
        self.times.store(times, relaxed);
        if times >= FEWEST_TIMES + self.more_times.load(relaxed) {
            self.times.store(0, relaxed);
            if Reach::Threads.register() {
                self.favourite.store(me, relaxed);
            }
        }
    }

    #[cold]
    fn withdraw(&self) {
        self.favourite.store(NOBODY, Ordering::Relaxed);
        // F, with `try_favoured`.
        Reach::Threads.heavy();
        let mut rounds = Rounds::default();
        while self.is_inside.load(Ordering::Acquire) {
            rounds.pause();
        }
        let more = self.more_times.load(Ordering::Relaxed) * 2 + FEWEST_TIMES;
        self.more_times
            .store(more.min(MOST_TIMES), Ordering::Relaxed);
    }

    #[cold]
    fn wait(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let mut rounds = Rounds::default();
        loop {
            let looks_free = !self.is_held.load(Ordering::Relaxed);
            if looks_free && !self.is_held.swap(true, Ordering::Acquire) {
                break;
            }
            rounds.pause();
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How often a waiter has looked.
#[derive(Default)]
struct Rounds(u32);

impl Rounds {
    /// Spins at first, offers the CPU then, naps in the end.
    fn pause(&mut self) {
        self.0 = self.0.saturating_add(1);
        if !self.0.is_multiple_of(SPINS) {
            std::hint::spin_loop();
        } else if self.0 < SPINS * OFFERS {
            std::thread::yield_now();
        } else {
            std::thread::sleep(NAP);
        }
    }
}

/// A number of the running thread, not 0, that no other living thread has.
#[cfg(target_arch = "x86_64")]
#[inline]
fn this_thread() -> usize {
    let pointer: usize;
    // SAFETY: the first word of a thread's control block, which the ABI puts at `fs`, is its own
    // address. Nothing but the register is written.
    unsafe {
        std::arch::asm!("mov {}, fs:0", out(reg) pointer, options(nostack, preserves_flags, readonly));
    }
    pointer
}

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn this_thread() -> usize {
    thread_local! {
        static PLACE: u8 = const { 0 };
    }
    PLACE.with(|place| std::ptr::from_ref(place) as usize)
}

/// See the module.
#[derive(Debug, Default)]
pub struct ShortLock<T> {
    raw: RawLock,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached only by the one thread that holds the lock.
unsafe impl<T: Send> Sync for ShortLock<T> {}

/// The right to the value; dropping it gives the lock back.
pub struct ShortGuard<'a, T> {
    lock: &'a ShortLock<T>,
    hold: Hold,
}

impl<T> ShortLock<T> {
    pub const fn new(value: T) -> ShortLock<T> {
        ShortLock {
            raw: RawLock::new(),
            value: UnsafeCell::new(value),
        }
    }

    #[inline]
    pub fn lock(&self) -> ShortGuard<'_, T> {
        let hold = self.raw.lock();
        ShortGuard { lock: self, hold }
    }
}

impl<T> ShortGuard<'_, T> {
    /// Lets somebody else have the lock, if anybody waits for it, and takes it again.
    pub fn bump(guard: &mut Self) {
        let raw = &guard.lock.raw;
        if raw.is_wanted(guard.hold) {
            raw.unlock(guard.hold);
            std::thread::yield_now();
            guard.hold = raw.lock();
        }
    }
}

impl<T> Deref for ShortGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard exists only while this thread holds the lock.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for ShortGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and `self` is borrowed for as long as the reference lives.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T> Drop for ShortGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.lock.raw.unlock(self.hold);
    }
}

#[cfg(test)]
mod tests;
