//! Fork support: there is nothing to protect, since registering memory pins no page.
//!
//! A child that is forked gets its own copies and the parent keeps its pages, as with a kernel
//! that copies pinned pages on fork; so the answers are those rdma-core gives there.

use std::ffi::{c_int, c_void};

use crate::abi::*;

/// `man ibv_fork_init(3)`.
pub(super) extern "C" fn ibv_fork_init() -> c_int {
    0
}

/// `man ibv_is_fork_initialized(3)`.
pub(super) extern "C" fn ibv_is_fork_initialized() -> ibv_fork_status {
    IBV_FORK_UNNEEDED
}

/// Called by providers around memory they register themselves.
pub(super) extern "C" fn ibv_dontfork_range(_base: *mut c_void, _size: usize) -> c_int {
    0
}

/// The counterpart of `ibv_dontfork_range`.
pub(super) extern "C" fn ibv_dofork_range(_base: *mut c_void, _size: usize) -> c_int {
    0
}
