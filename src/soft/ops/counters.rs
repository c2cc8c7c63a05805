//! The operations of the extension "verbium" on contexts and queue pairs.

use super::gate;
use crate::abi::{ibv_context, ibv_ext_ops, ibv_qp, verbium_context_ops, verbium_counters};
use crate::base::errno::Errno;
use crate::soft::counters;
use crate::soft::handle;
use std::ffi::c_int;

/// Grows with each operation that is added behind the others.
const VERSION: u32 = 1;

/// What `ibv_get_ext_ops` gives.
pub static CONTEXT_OPS: verbium_context_ops = verbium_context_ops {
    ops: ibv_ext_ops {
        size: size_of::<verbium_context_ops>() as u32,
        version: VERSION,
    },
    query_device_counters: Some(query_device_counters),
    query_qp_counters: Some(query_qp_counters),
};

unsafe extern "C" fn query_device_counters(
    context: *mut ibv_context,
    counters: *mut verbium_counters,
    size: usize,
) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        soft.process.check_ours()?;
        let key = soft.device().key;
        let found = counters::in_c(&soft.process.device_counters(key));
        // SAFETY: NULL or a place of the application of the size it says.
        unsafe { give(&found, counters, size) }
    })
}

unsafe extern "C" fn query_qp_counters(
    qp: *mut ibv_qp,
    counters: *mut verbium_counters,
    size: usize,
) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object = unsafe { handle::qp(qp) }?;
        object.context.process.check_ours()?;
        let found = counters::in_c(object.lock().engine.counters());
        // SAFETY: NULL or a place of the application of the size it says.
        unsafe { give(&found, counters, size) }
    })
}

/// Writes counters to a caller that knows fewer or more of them.
///
/// # Safety
/// `place` is NULL or has room for `size` bytes.
pub unsafe fn give(
    counters: &verbium_counters,
    place: *mut verbium_counters,
    size: usize,
) -> Result<(), Errno> {
    if place.is_null() || size == 0 {
        return Err(Errno::EINVAL);
    }
    let place = place.cast::<u8>();
    let known = size.min(size_of_val(counters));
    // SAFETY: by contract there is room, and the source is at least as long.
    unsafe { place.copy_from_nonoverlapping((&raw const *counters).cast(), known) };
    // SAFETY: by contract there is room for the rest.
    unsafe { place.add(known).write_bytes(0, size - known) };
    Ok(())
}
