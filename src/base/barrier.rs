//! Fences of which one side costs nothing: `membarrier` runs a barrier on every other CPU.
//!
//! The frequent side keeps its accesses in order for the compiler only ([`light`]); the rare side
//! calls [`Reach::heavy`], and the kernel interrupts the CPUs that run the threads in reach. Where
//! it is not to be had ([`Reach::register`] tells), both sides need full fences.

use std::sync::OnceLock;
use std::sync::atomic::{Ordering, compiler_fence, fence};
use std::time::Duration;

/// Commands of `linux/membarrier.h`.
const GLOBAL_EXPEDITED: libc::c_int = 1 << 1;
const REGISTER_GLOBAL_EXPEDITED: libc::c_int = 1 << 2;
const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;

/// Longer than any store waits in a CPU before it is seen.
const SETTLE: Duration = Duration::from_micros(500);

/// Whose light fences a heavy one pairs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Threads of this process.
    Threads,
    /// All processes that registered.
    Processes,
}

impl Reach {
    /// Registers this process. True: its light fences may be free, and its heavy ones work.
    #[inline]
    pub fn register(self) -> bool {
        static THREADS: OnceLock<bool> = OnceLock::new();
        static PROCESSES: OnceLock<bool> = OnceLock::new();
        let (known, register, command) = match self {
            Reach::Threads => (&THREADS, REGISTER_PRIVATE_EXPEDITED, PRIVATE_EXPEDITED),
            Reach::Processes => (&PROCESSES, REGISTER_GLOBAL_EXPEDITED, GLOBAL_EXPEDITED),
        };
        *known.get_or_init(|| membarrier(register) && membarrier(command))
    }

    /// The heavy side of every pair of fences.
    pub fn heavy(self) {
        let command = match self {
            Reach::Threads => PRIVATE_EXPEDITED,
            Reach::Processes => GLOBAL_EXPEDITED,
        };
        fence(Ordering::SeqCst);
        if self.register() && !membarrier(command) {
            // It worked once, and others rely on it; something forbids it by now (a seccomp filter).
            std::thread::sleep(SETTLE);
        }
        fence(Ordering::SeqCst);
    }
}

/// The light side, where a heavy one works.
#[inline]
pub fn light() {
    compiler_fence(Ordering::SeqCst);
}

fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: the call takes no pointer.
    (unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) }) == 0
}
