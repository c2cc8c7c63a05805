//! Completion counters: each passes on to the operation of the same name.

use std::ffi::c_int;

use super::gate::forward;
use crate::abi::*;

forward! {
    /// The function behind the header's `ibv_query_comp_cntr_caps`.
    _ibv_query_comp_cntr_caps(
        context: *mut ibv_context, caps: *mut ibv_comp_cntr_caps, caps_size: usize
    ) -> c_int = errno query_comp_cntr_caps, needs caps;
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
