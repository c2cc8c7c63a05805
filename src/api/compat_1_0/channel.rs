//! Completion channels for programs of 1.0.
//!
//! `ibv_create_comp_channel` and `ibv_destroy_comp_channel` never got a second version, though the
//! channel did change: in 1.0 it was nothing but a descriptor. So a channel made for a context of
//! 1.0 begins with that, and is told from a real one by a mark that cannot be part of the pointer
//! a real one begins with. rdma-core hands out the real one here, in which such a program finds
//! half a pointer for a descriptor.

use std::ffi::c_int;
use std::mem::offset_of;

use super::Wrapper;
use crate::abi::*;
use crate::api::comp_channel;
use crate::api::gate::not_null;
use crate::base::errno::Errno;

/// A channel of 1.0; the descriptor stands once more where later headers look for it.
#[repr(C)]
struct Channel {
    fd: c_int,
    mark: u32,
    later_fd: c_int,
    refcnt: c_int,
    real: *mut ibv_comp_channel,
}

/// No upper half of an address of a process.
const MARK: u32 = u32::from_ne_bytes(*b"v1.0") | 1 << 31;

const _: () = assert!(offset_of!(Channel, mark) + size_of::<u32>() == size_of::<*const ()>());
const _: () = assert!(offset_of!(Channel, later_fd) == offset_of!(ibv_comp_channel, fd));

/// Whether a channel was made for a context of 1.0.
///
/// # Safety
/// `channel` is NULL or a channel that has not been destroyed.
pub(in crate::api) unsafe fn is_old_channel(channel: *mut ibv_comp_channel) -> bool {
    // SAFETY: both kinds of channel begin with eight bytes that are always set.
    !channel.is_null() && unsafe { (*channel.cast::<Channel>()).mark } == MARK
}

/// The real channel, whichever kind a program of 1.0 has; NULL stays NULL.
///
/// # Safety
/// As for [`is_old_channel`].
pub(super) unsafe fn real_channel(channel: *mut ibv_comp_channel) -> *mut ibv_comp_channel {
    // SAFETY: by contract.
    if unsafe { is_old_channel(channel) } {
        // SAFETY: the mark says so.
        unsafe { (*channel.cast::<Channel>()).real }
    } else {
        channel
    }
}

/// Makes a channel for a context of 1.0.
///
/// # Safety
/// `context` is an open context of 1.0.
pub(in crate::api) unsafe fn create_channel(
    context: *mut ibv_context_1_0,
) -> Result<*mut ibv_comp_channel, Errno> {
    // SAFETY: by contract.
    let real_context = unsafe { context.real() }?;
    // SAFETY: open as long as its wrapper.
    let real = unsafe { comp_channel::ibv_create_comp_channel(real_context) };
    not_null(real).map_err(|_| Errno::last())?;
    // SAFETY: just made.
    let fd = unsafe { (*real).fd };
    let channel = Channel {
        fd,
        mark: MARK,
        later_fd: fd,
        refcnt: 0,
        real,
    };
    Ok(Box::into_raw(Box::new(channel)).cast())
}

/// Destroys a channel made by [`create_channel`].
///
/// # Safety
/// `channel` is one, and nobody uses it afterwards if this succeeds.
pub(in crate::api) unsafe fn destroy_channel(
    channel: *mut ibv_comp_channel,
) -> Result<c_int, Errno> {
    // SAFETY: by contract.
    let real = unsafe { real_channel(channel) };
    // SAFETY: alive as long as its wrapper.
    let failed = unsafe { comp_channel::ibv_destroy_comp_channel(real) };
    // SAFETY: by contract.
    unsafe { super::end(channel.cast::<Channel>(), failed) }
}
