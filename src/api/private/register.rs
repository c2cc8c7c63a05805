//! Registration of providers, which happens before anything of ours has run.

use std::ffi::c_uint;

use crate::abi::*;
use crate::provider::plugin;

/// Called by a plug-in's constructor: remembers its table.
///
/// # Safety
/// `ops` is NULL or stays valid for the life of the process.
pub(in crate::api) unsafe extern "C" fn verbs_register_driver_34(ops: *const verbs_device_ops) {
    // SAFETY: the promise is the caller's.
    unsafe { plugin::register(ops, GENERATION) };
}

const GENERATION: u32 = 34;

/// How many attributes a command has together with the buffers linked to it.
///
/// # Safety
/// `link` is NULL or heads a chain of valid command buffers.
pub(in crate::api) unsafe extern "C" fn __ioctl_final_num_attrs(
    num_attrs: c_uint,
    mut link: *mut ibv_command_buffer,
) -> c_uint {
    let mut total = num_attrs;
    while !link.is_null() {
        // SAFETY: the chain is valid by contract; attributes lie behind the header in one array.
        let (first, next_attr) =
            unsafe { (link.add(1).cast::<ib_uverbs_attr>(), (*link).next_attr) };
        let bytes = (next_attr as usize).saturating_sub(first as usize);
        total += (bytes / size_of::<ib_uverbs_attr>()) as c_uint;
        // SAFETY: as above.
        link = unsafe { (*link).next };
    }
    total
}
