//! A lock for the data path: one atomic exchange to take it, a plain store to give it back.
//!
//! A general mutex needs a second exchange, to find out whether somebody sleeps. Here nobody does:
//! who finds the lock held spins, then offers its CPU, then naps, so that a holder of lower
//! priority gets to run. Use it for sections that are short nearly always; what waits long belongs
//! behind a real mutex.
//!
//! # Pairs
//! The Release in `drop` with the Acquire in `lock` and `lock_slowly`: what one holder did happens
//! before what the next one does.

use super::sync::{AtomicBool, AtomicU32, Ordering};
use std::cell::UnsafeCell;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// Looks at the lock before the CPU is offered: about what a short section takes.
const SPINS: u32 = 100;
/// Offers of the CPU before sleeping in between: the holder may need more than an offer.
const OFFERS: u32 = 64;
const NAP: Duration = Duration::from_micros(50);

/// See the module.
#[derive(Debug, Default)]
pub struct ShortLock<T> {
    is_held: AtomicBool,
    /// Threads in `lock_slowly`.
    waiting: AtomicU32,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached only by the one thread that holds the lock.
unsafe impl<T: Send> Sync for ShortLock<T> {}

/// The right to the value; dropping it gives the lock back.
pub struct ShortGuard<'a, T> {
    lock: &'a ShortLock<T>,
}

impl<T> ShortLock<T> {
    pub const fn new(value: T) -> ShortLock<T> {
        ShortLock {
            is_held: AtomicBool::new(false),
            waiting: AtomicU32::new(0),
            value: UnsafeCell::new(value),
        }
    }

    #[inline]
    pub fn lock(&self) -> ShortGuard<'_, T> {
        if self.is_held.swap(true, Ordering::Acquire) {
            self.lock_slowly();
        }
        ShortGuard { lock: self }
    }

    #[cold]
    fn lock_slowly(&self) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let mut offers = 0;
        while !self.spin() {
            if offers < OFFERS {
                offers += 1;
                std::thread::yield_now();
            } else {
                std::thread::sleep(NAP);
            }
        }
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Takes the lock if it comes free while we look.
    fn spin(&self) -> bool {
        for _ in 0..SPINS {
            let looks_free = !self.is_held.load(Ordering::Relaxed);
            if looks_free && !self.is_held.swap(true, Ordering::Acquire) {
                return true;
            }
            std::hint::spin_loop();
        }
        false
    }
}

impl<T> ShortGuard<'_, T> {
    /// Lets somebody else have the lock, if anybody waits for it, and takes it again.
    pub fn bump(guard: &mut Self) {
        if guard.lock.waiting.load(Ordering::Relaxed) == 0 {
            return;
        }
        guard.lock.is_held.store(false, Ordering::Release);
        std::thread::yield_now();
        if guard.lock.is_held.swap(true, Ordering::Acquire) {
            guard.lock.lock_slowly();
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
        self.lock.is_held.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_among_threads() {
        let lock = ShortLock::new((0_u32, 0_u32));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5000 {
                        let mut pair = lock.lock();
                        pair.0 += 1;
                        ShortGuard::bump(&mut pair);
                        pair.1 += 1;
                    }
                });
            }
        });
        assert_eq!(*lock.lock(), (20_000, 20_000));
    }

    #[test]
    fn a_bump_lets_a_waiter_in() {
        let lock = ShortLock::new(0_u32);
        let mut guard = lock.lock();
        std::thread::scope(|scope| {
            scope.spawn(|| *lock.lock() += 1);
            while *guard == 0 {
                ShortGuard::bump(&mut guard);
            }
        });
        assert_eq!(*guard, 1);
    }

    #[test]
    fn a_panic_gives_the_lock_back() {
        let lock = ShortLock::new(());
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _guard = lock.lock();
            panic!("in the section");
        }));
        assert!(caught.is_err());
        drop(lock.lock());
    }
}
