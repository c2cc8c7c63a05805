//! Registration of providers, which happens before anything of ours has run.

use std::ffi::c_uint;
use std::ptr::null_mut;

use crate::abi::*;
use crate::base::sync::{AtomicPtr, AtomicUsize, Ordering};

/// More drivers than any release has shipped; what comes after is ignored.
const MAX_DRIVERS: usize = 64;

/// Tables of the drivers of generation 34, in the order they registered.
///
/// Constructors call in here while the dynamic linker runs: no lock, no allocation, nothing that
/// needs set-up. A slot is reserved first and filled with Release; readers load it with Acquire
/// and skip one that is still empty.
static DRIVERS: [AtomicPtr<verbs_device_ops>; MAX_DRIVERS] =
    [const { AtomicPtr::new(null_mut()) }; MAX_DRIVERS];
static RESERVED: AtomicUsize = AtomicUsize::new(0);

/// Called by a plug-in's constructor: remembers its table.
///
/// # Safety
/// `ops` is NULL or stays valid for the life of the process.
pub(in crate::api) unsafe extern "C" fn verbs_register_driver_34(ops: *const verbs_device_ops) {
    let slot = RESERVED.fetch_add(1, Ordering::Relaxed);
    if let Some(slot) = DRIVERS.get(slot) {
        slot.store(ops.cast_mut(), Ordering::Release);
    }
}

/// The registered tables, oldest first.
#[cfg(test)]
pub(super) fn registered() -> Vec<*const verbs_device_ops> {
    let tables = DRIVERS
        .iter()
        .map(|slot| slot.load(Ordering::Acquire).cast_const());
    tables.filter(|table| !table.is_null()).collect()
}

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

#[cfg(test)]
#[test]
fn drivers_are_remembered_in_order() {
    let table: verbs_device_ops = Zeroed::zeroed();
    let kept: &'static verbs_device_ops = Box::leak(Box::new(table));
    // SAFETY: the table lives for ever.
    unsafe { verbs_register_driver_34(kept) };
    assert_eq!(registered().last().copied(), Some(std::ptr::from_ref(kept)));
}
