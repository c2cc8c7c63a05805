//! Fork support: whether memory stays with the parent, and ranges that are to.
//!
//! The embedded NIC pins no page, so nothing has to be done for it; the rest is for kernel
//! devices and their plug-ins.

use std::ffi::{c_int, c_void};

use super::gate;
use crate::abi::*;
use crate::kernel::fork::{PROTECTION, Status};

/// `man ibv_fork_init(3)`: 0, or an error number.
///
/// EINVAL when memory was registered before, ENOSYS where the kernel cannot mark memory, ENOMEM.
pub(super) extern "C" fn ibv_fork_init() -> c_int {
    gate::errno(|| PROTECTION.begin().map(|()| 0))
}

/// `man ibv_is_fork_initialized(3)`.
pub(super) extern "C" fn ibv_is_fork_initialized() -> ibv_fork_status {
    gate::value(IBV_FORK_DISABLED, || {
        Ok(match PROTECTION.status() {
            Status::Disabled => IBV_FORK_DISABLED,
            Status::Enabled => IBV_FORK_ENABLED,
            Status::Unneeded => IBV_FORK_UNNEEDED,
        })
    })
}

/// Keeps a range from children, for providers that register memory themselves: 0, or −1 with
/// `errno`.
pub(super) extern "C" fn ibv_dontfork_range(base: *mut c_void, size: usize) -> c_int {
    gate::minus_one(|| PROTECTION.protect(base as usize, size).map(|()| 0))
}

/// The counterpart of `ibv_dontfork_range`; always 0.
pub(super) extern "C" fn ibv_dofork_range(base: *mut c_void, size: usize) -> c_int {
    gate::minus_one(|| {
        PROTECTION.release(base as usize, size);
        Ok(0)
    })
}

/// As `RDMAV_FORK_SAFE` and `IBV_FORK_SAFE` ask: unless they are not set, or `0`.
pub(super) fn begin_if_asked() {
    let is_asked = |name| std::env::var_os(name).is_some_and(|value| value != "0");
    let asked = is_asked("RDMAV_FORK_SAFE") || is_asked("IBV_FORK_SAFE");
    if asked && PROTECTION.begin().is_err() {
        use std::io::Write;
        // Somebody relies on it, so this is said aloud without being asked.
        let _ = writeln!(
            std::io::stderr(),
            "libibverbs: Warning: fork()-safety requested but init failed"
        );
    }
}
