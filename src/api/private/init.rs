//! How a plug-in of generation 34 makes a context and fills its table.
//!
//! Its `verbs_context` is the tail of today's and its table has fewer entries, so both are
//! translated here; everything else works on the embedded `ibv_context` as for any provider.

use std::ffi::{c_int, c_void};
use std::os::fd::{FromRawFd, OwnedFd};
#[cfg(test)]
use std::ptr::null_mut;

use crate::abi::pabi_34::{OPS_34_TO_65, VERBS_CONTEXT_SIZE_34, verbs_context_ops_34};
use crate::abi::*;
use crate::api::gate::{self, not_null};
use crate::base::errno::Errno;
use crate::kernel::Uverbs;
use crate::provider::context::{self, Dialect, Start};
use crate::provider::device::DeviceRef;
use crate::provider::kernel::CORE;

/// Where the `ibv_context` stands in a `verbs_context` of generation 34.
const CONTEXT_34: usize = VERBS_CONTEXT_SIZE_34 - size_of::<ibv_context>();

/// The context inside a plug-in's `verbs_context`.
pub(super) fn context_of(verbs: *mut verbs_context) -> *mut ibv_context {
    verbs.wrapping_byte_add(CONTEXT_34).cast()
}

/// Allocates and fills a plug-in's context; the plug-in frees the block with `free`.
///
/// `context_offset` is the offset of the `verbs_context` in the block, dressed as a pointer. The
/// descriptor belongs to the context, and is closed if there will be none.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn _verbs_init_and_alloc_context(
    device: *mut ibv_device,
    cmd_fd: c_int,
    alloc_size: usize,
    context_offset: *mut verbs_context,
    driver_id: u32,
) -> *mut c_void {
    gate::null(|| {
        // SAFETY: the plug-in has given the descriptor up, and drops it here if we fail.
        let fd = (cmd_fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(cmd_fd) });
        let offset = context_offset as usize;
        let end = offset
            .checked_add(VERBS_CONTEXT_SIZE_34)
            .ok_or(Errno::EINVAL)?;
        if end > alloc_size || !offset.is_multiple_of(align_of::<verbs_context>()) {
            return Err(Errno::EINVAL);
        }
        // SAFETY: the promise *object*.
        let device = unsafe { DeviceRef::to(device) }?;
        // SAFETY: calloc takes any sizes; plug-ins hand the block to `free`.
        let block = unsafe { libc::calloc(1, alloc_size) };
        not_null(block).map_err(|_| Errno::ENOMEM)?;
        let context = context_of(block.wrapping_byte_add(offset).cast());
        super::disassociate::read_environment();
        let start = Start {
            device,
            cmd_fd,
            kernel: Some(Uverbs::new(cmd_fd, driver_id)),
            core: &CORE,
            dialect: Dialect::Pabi34,
        };
        // SAFETY: zeroed memory with the room of this generation, as checked above.
        unsafe { context::init(context, start) };
        std::mem::forget(fd);
        Ok(block)
    })
}

/// Lays a plug-in's table over its context; empty entries leave what is there.
///
/// # Safety
/// The promises of `gate`; `ops` is a table of generation 34.
pub(in crate::api) unsafe extern "C" fn verbs_set_ops(
    verbs: *mut verbs_context,
    ops: *const verbs_context_ops_34,
) {
    gate::nothing(|| {
        not_null(verbs)?;
        not_null(ops)?;
        // SAFETY: the promise *argument*.
        let old = unsafe { ops.read() };
        let mut new: verbs_context_ops = Zeroed::zeroed();
        let slots = (&raw mut new).cast::<Option<unsafe extern "C" fn()>>();
        for (entry, &index) in old.iter().zip(&OPS_34_TO_65) {
            // SAFETY: the table is nothing but function pointers, and every index is below its
            // length; the operation has the same type in both generations.
            unsafe { slots.add(usize::from(index)).write(*entry) };
        }
        // SAFETY: the context went through `init`.
        unsafe { context::set_ops(context_of(verbs), &new) };
        Ok(())
    });
}

/// Undoes what `_verbs_init_and_alloc_context` did, except for the block.
///
/// # Safety
/// The promises of `gate`; nobody uses the context any more.
pub(in crate::api) unsafe extern "C" fn verbs_uninit_context(verbs: *mut verbs_context) {
    gate::nothing(|| {
        not_null(verbs)?;
        // SAFETY: the context went through `init`, used by nobody.
        unsafe { context::uninit(context_of(verbs)) };
        Ok(())
    });
}

/// Opens a device with a word for its plug-in; only plug-ins of kernel devices take one.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn verbs_open_device(
    device: *mut ibv_device,
    private_data: *mut c_void,
) -> *mut ibv_context {
    // SAFETY: the promises are the caller's.
    unsafe { crate::api::device::open(device, private_data) }
}

/// A context of a plug-in, from its making to its end.
#[cfg(test)]
#[test]
fn a_plug_in_of_generation_34_gets_a_context_and_its_operations() {
    use std::mem::offset_of;

    const PLUG_IN_OFFSET: usize = 16;
    const TAIL_BYTES: usize = 24;

    unsafe extern "C" fn poll(_: *mut ibv_cq, _: c_int, _: *mut ibv_wc) -> c_int {
        34
    }

    let other = crate::provider::fake::opened();
    // SAFETY: an open context of the fake NIC.
    let device = unsafe { (*other).device };
    let size = PLUG_IN_OFFSET + VERBS_CONTEXT_SIZE_34 + TAIL_BYTES;
    let offset = PLUG_IN_OFFSET as *mut verbs_context;
    // SAFETY: a live device.
    let block = unsafe { _verbs_init_and_alloc_context(device, -1, size, offset, 0) };
    assert!(!block.is_null());
    let verbs = block
        .wrapping_byte_add(PLUG_IN_OFFSET)
        .cast::<verbs_context>();

    let poll_cq = offset_of!(verbs_context_ops, poll_cq) / size_of::<usize>();
    let index = OPS_34_TO_65
        .iter()
        .position(|&slot| usize::from(slot) == poll_cq);
    let mut table: verbs_context_ops_34 = [None; _];
    // SAFETY: function pointers have one size; the table keeps them without their type.
    table[index.expect("an old operation")] = Some(unsafe {
        std::mem::transmute::<*const (), unsafe extern "C" fn()>(poll as *const ())
    });
    // SAFETY: a context and a table of generation 34.
    unsafe { verbs_set_ops(verbs, &table) };
    // SAFETY: the context is open.
    let slot = unsafe { (*context_of(verbs)).ops.poll_cq }.expect("set");
    // SAFETY: our function reads none of its arguments.
    assert_eq!(unsafe { slot(null_mut(), 0, null_mut()) }, 34);
    // SAFETY: as a plug-in's `free_context` does.
    unsafe { verbs_uninit_context(verbs) };
    // SAFETY: the block came from calloc.
    unsafe { libc::free(block) };
    // SAFETY: opened above.
    assert_eq!(unsafe { crate::api::device::ibv_close_device(other) }, 0);

    // SAFETY: a live device, but no room for what a context needs.
    let small = unsafe { _verbs_init_and_alloc_context(device, -1, 100, null_mut(), 0) };
    assert!(small.is_null());
}
