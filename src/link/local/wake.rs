//! Waking our own progress thread: an eventfd only we have, and what it shall look at.

use super::life::{Fd, Life};
use crate::base::errno::Errno;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Reasons to wake.
pub(super) mod reason {
    /// Somebody asks, or our own ring has an entry.
    pub(in super::super) const LOOK: u32 = 1;
    /// Our own ring has room again.
    pub(in super::super) const OWN_SPACE: u32 = 2;
    /// A connection was found hostile.
    pub(in super::super) const CONDEMNED: u32 = 4;
}

pub(super) struct Wake {
    fd: Fd,
    reasons: AtomicU32,
}

impl Wake {
    pub(super) fn new(life: &Arc<Life>) -> Result<Wake, Errno> {
        // SAFETY: plain system call.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        Ok(Wake {
            fd: Fd::adopt(fd.into(), life)?,
            reasons: AtomicU32::new(0),
        })
    }

    pub(super) fn raw(&self) -> libc::c_int {
        self.fd.raw()
    }

    pub(super) fn raise(&self, reason: u32) {
        // Pairs with the Acquire swap in `take`.
        self.reasons.fetch_or(reason, Ordering::Release);
        let one = 1u64;
        // A full counter is readable too, so the answer does not matter.
        // SAFETY: 8 bytes are read.
        let _ = unsafe { libc::write(self.fd.raw(), (&raw const one).cast(), 8) };
    }

    /// Empties the eventfd, then gives the reasons.
    pub(super) fn take(&self) -> u32 {
        let mut count = 0u64;
        // SAFETY: 8 bytes are written. Nothing to read is no error here.
        let _ = unsafe { libc::read(self.fd.raw(), (&raw mut count).cast(), 8) };
        self.reasons.swap(0, Ordering::Acquire)
    }
}
