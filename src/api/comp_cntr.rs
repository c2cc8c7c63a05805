//! Completion counters: each passes on to the operation of the same name.

use std::ffi::c_int;

use super::gate::{self, Owned, forward, not_null, op};
use crate::abi::*;

/// The function behind the header's `ibv_query_comp_cntr_caps`; what the provider leaves out is
/// zero.
///
/// # Safety
/// The promises of `gate`; `caps` has room for `caps_size` bytes.
pub(super) unsafe extern "C" fn _ibv_query_comp_cntr_caps(
    context: *mut ibv_context,
    caps: *mut ibv_comp_cntr_caps,
    caps_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(caps)?;
        // SAFETY: the promise *object*.
        let context = unsafe { context.context() }?;
        // SAFETY: the promise *place*.
        unsafe { caps.cast::<u8>().write_bytes(0, caps_size) };
        let query = op!(context, query_comp_cntr_caps);
        // SAFETY: the provider's own operation, with the caller's promises.
        Ok(unsafe { query(context, caps, caps_size) })
    })
}

forward! {
    /// `man ibv_create_comp_cntr(3)`.
    ibv_create_comp_cntr(context: *mut ibv_context, attr: *mut ibv_comp_cntr_init_attr)
        -> *mut ibv_comp_cntr = null create_comp_cntr, needs attr;
    /// `man ibv_destroy_comp_cntr(3)`.
    ibv_destroy_comp_cntr(comp_cntr: *mut ibv_comp_cntr) -> c_int = errno destroy_comp_cntr;
    /// `man ibv_set_comp_cntr(3)`.
    ibv_set_comp_cntr(comp_cntr: *mut ibv_comp_cntr, value: u64) -> c_int = errno set_comp_cntr;
    /// `man ibv_set_err_comp_cntr(3)`.
    ibv_set_err_comp_cntr(comp_cntr: *mut ibv_comp_cntr, value: u64) -> c_int
        = errno set_err_comp_cntr;
    /// `man ibv_inc_comp_cntr(3)`.
    ibv_inc_comp_cntr(comp_cntr: *mut ibv_comp_cntr, amount: u64) -> c_int = errno inc_comp_cntr;
    /// `man ibv_inc_err_comp_cntr(3)`.
    ibv_inc_err_comp_cntr(comp_cntr: *mut ibv_comp_cntr, amount: u64) -> c_int
        = errno inc_err_comp_cntr;
    /// `man ibv_read_comp_cntr(3)`.
    ibv_read_comp_cntr(comp_cntr: *mut ibv_comp_cntr, value: *mut u64) -> c_int
        = errno read_comp_cntr, needs value;
    /// `man ibv_read_err_comp_cntr(3)`.
    ibv_read_err_comp_cntr(comp_cntr: *mut ibv_comp_cntr, value: *mut u64) -> c_int
        = errno read_err_comp_cntr, needs value;
    /// `man ibv_qp_attach_comp_cntr(3)`.
    ibv_qp_attach_comp_cntr(
        qp: *mut ibv_qp, comp_cntr: *mut ibv_comp_cntr, attr: *mut ibv_qp_attach_comp_cntr_attr
    ) -> c_int = errno qp_attach_comp_cntr, needs comp_cntr attr;
}
