//! Fences of which one side costs nothing: `membarrier` runs a barrier on every other CPU.
//!
//! The kernel interrupts the CPUs of processes that registered. Where it is not to be had, both
//! sides use full fences; the handshake says which it is.

use std::sync::OnceLock;
use std::sync::atomic::{Ordering, fence};
use std::time::Duration;

/// Commands of `linux/membarrier.h`.
const GLOBAL_EXPEDITED: libc::c_int = 1 << 1;
const REGISTER_GLOBAL_EXPEDITED: libc::c_int = 1 << 2;

/// Longer than any store waits in a CPU before it is seen.
const SETTLE: Duration = Duration::from_micros(500);

fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: the call takes no pointer.
    (unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) }) == 0
}

/// Registers this process. True: its light fences may be free, and its heavy ones work.
pub(super) fn register() -> bool {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    *REGISTERED
        .get_or_init(|| membarrier(REGISTER_GLOBAL_EXPEDITED) && membarrier(GLOBAL_EXPEDITED))
}

/// The heavy side of every pair of fences.
pub(super) fn heavy() {
    fence(Ordering::SeqCst);
    if register() && !membarrier(GLOBAL_EXPEDITED) {
        // It worked once, and peers rely on it; something forbids it by now (a seccomp filter).
        std::thread::sleep(SETTLE);
    }
    fence(Ordering::SeqCst);
}
