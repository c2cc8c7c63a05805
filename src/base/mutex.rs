//! Locks to sleep on, for the control path.
//!
//! The standard library's, which are a word each and a system call. Other ones keep tables of
//! waiting threads and what belongs to a thread in memory they ask for when somebody has to wait:
//! where memory is gone that ends the process. A panic inside a section is caught at the border to
//! C and breaks the device there, so a lock says nothing of it.

use std::sync::{MutexGuard, PoisonError, RwLockReadGuard, RwLockWriteGuard};

/// One thread at a time.
#[derive(Debug, Default)]
pub struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub const fn new(value: T) -> Mutex<T> {
        Mutex(std::sync::Mutex::new(value))
    }

    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Many readers at a time, or one writer.
#[derive(Debug, Default)]
pub struct RwLock<T>(std::sync::RwLock<T>);

impl<T> RwLock<T> {
    pub const fn new(value: T) -> RwLock<T> {
        RwLock(std::sync::RwLock::new(value))
    }

    #[inline]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_panic_inside_leaves_the_lock_to_others() {
        let (mutex, lock) = (Mutex::new(1), RwLock::new(2));
        let inside = catch_unwind(AssertUnwindSafe(|| {
            let _mutex = mutex.lock();
            let _lock = lock.write();
            panic!("inside");
        }));
        assert!(inside.is_err());
        assert_eq!((*mutex.lock(), *lock.read()), (1, 2));
    }
}
