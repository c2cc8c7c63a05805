//! What a forked child has to let go of: every file descriptor and mapping of an endpoint.
//!
//! The child may close descriptors and nothing else: locks may be held by threads it does not have,
//! and the shared memory is not mapped there (`MADV_DONTFORK`). So descriptors are noted in a bit
//! map that is read without a lock, and destructors look at a flag.

use crate::base::errno::Errno;
use crate::base::reserve::boxed;
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Descriptor numbers from here on are refused: the map has no bit for them.
const MAX_FD: usize = 1 << 20;

/// One per endpoint, shared by everything that belongs to it.
pub(super) struct Life {
    abandoned: AtomicBool,
    open: Box<[AtomicU64]>,
}

impl Life {
    /// ENOMEM: no memory for the map.
    pub(super) fn new() -> Result<Arc<Life>, Errno> {
        Ok(Arc::new(Life {
            abandoned: AtomicBool::new(false),
            open: boxed(MAX_FD / 64, || AtomicU64::new(0))?,
        }))
    }

    /// We are in a forked child of the process this belongs to.
    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    /// In the child: closes every descriptor. Async-signal-safe.
    pub(super) fn abandon(&self) {
        if self.abandoned.swap(true, Ordering::Relaxed) {
            return;
        }
        for (index, word) in self.open.iter().enumerate() {
            let mut bits = word.swap(0, Ordering::Relaxed);
            while bits != 0 {
                let fd = index * 64 + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                // SAFETY: the bit says that this endpoint opened the descriptor and nobody closed it.
                unsafe { libc::close(fd as RawFd) };
            }
        }
    }
}

/// An open descriptor of an endpoint.
pub(super) struct Fd {
    fd: RawFd,
    life: Arc<Life>,
}

impl Fd {
    /// Takes over the answer of a call that opens a descriptor; a negative one is its `errno`.
    pub(super) fn adopt(fd: i64, life: &Arc<Life>) -> Result<Fd, Errno> {
        let fd = Errno::result(fd)? as RawFd;
        match life.open.get(fd as usize / 64) {
            Some(word) => word.fetch_or(1 << (fd % 64), Ordering::Relaxed),
            None => {
                // SAFETY: the descriptor was just handed to us.
                unsafe { libc::close(fd) };
                return Err(Errno::EMFILE);
            }
        };
        Ok(Fd {
            fd,
            life: life.clone(),
        })
    }

    /// EMFILE or ENFILE: not so many descriptors are left.
    pub(super) fn check_spare(&self, count: usize, life: &Arc<Life>) -> Result<(), Errno> {
        let mut spare = Vec::with_capacity(count);
        for _ in 0..count {
            // SAFETY: plain system call on our descriptor.
            let fd = unsafe { libc::fcntl(self.fd, libc::F_DUPFD_CLOEXEC, 0) };
            spare.push(Fd::adopt(fd.into(), life)?);
        }
        Ok(())
    }

    pub(super) fn raw(&self) -> RawFd {
        self.fd
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        if self.life.is_abandoned() {
            return;
        }
        // The bit goes first: a fork in between leaks a CLOEXEC descriptor to the child, the other
        // order could close a stranger's.
        self.life.open[self.fd as usize / 64].fetch_and(!(1 << (self.fd % 64)), Ordering::Relaxed);
        // SAFETY: we own the descriptor; nobody uses it after the drop.
        unsafe { libc::close(self.fd) };
    }
}
