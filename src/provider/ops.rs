//! The ops table: its defaults, how a provider's entries are laid over them, and what is refused.
//!
//! The table stands here and nowhere else: each operation, its default and the public slot that
//! inline functions of the headers read. Nothing else refuses a whole function on its own account.
//! Called by `context` when a context is made and by plug-ins through `verbs_set_ops`.

use std::ffi::c_int;
use std::mem::offset_of;

use super::{defaults, refuse};
use crate::abi::*;
use crate::log_warn;

/// Defines the table of defaults and the laying-over from one list of operations.
macro_rules! operations {
    ($($op:ident: [$($how:tt)*] [$($place:tt)*];)*) => {
        /// What a context does for an operation its provider has not given.
        pub(crate) static DEFAULTS: verbs_context_ops =
            verbs_context_ops { $($op: operations!(@default $op $($how)*),)* };

        /// The operations by their places in the table.
        const NAMES: &[(usize, &str)] =
            &[$((offset_of!(verbs_context_ops, $op), stringify!($op)),)*];

        /// Lays the entries of `new` that are not empty over those of a context.
        ///
        /// # Safety
        /// `context` is embedded in a block that has `sz` set, `table` is the private table behind
        /// it, and `new` is readable. No reference to any of them exists.
        pub(super) unsafe fn lay_over(
            context: *mut ibv_context,
            table: *mut verbs_context_ops,
            new: *const verbs_context_ops,
        ) {
            $(
                // SAFETY: `new` is readable by contract.
                if let Some(entry) = unsafe { (*new).$op } {
                    // SAFETY: `table` is writable by contract.
                    unsafe { (*table).$op = Some(entry) };
                    operations!(@mirror context, entry, $($place)*);
                }
            )*
        }
    };
    (@default $op:ident refuses $convention:ident) => {
        Some(<_ as $convention<{ offset_of!(verbs_context_ops, $op) }>>::REFUSE)
    };
    (@default $op:ident is $function:ident) => { Some(defaults::$function) };
    (@mirror $context:ident, $entry:ident, private) => {};
    (@mirror $context:ident, $entry:ident, verbs $slot:ident) => {
        // SAFETY: the slot has the type of the operation, or of any function where C keeps the
        // type of the oldest release; `store` skips slots the block does not have.
        unsafe { store($context, offset_of!(verbs_context, $slot), $entry) }
    };
    (@mirror $context:ident, $entry:ident, context $slot:ident) => {
        // SAFETY: as above; these slots lie behind the start of `ibv_context` and always exist.
        unsafe { store($context, CONTEXT_OPS + offset_of!(ibv_context_ops, $slot), $entry) }
    };
}

const CONTEXT: usize = offset_of!(verbs_context, context);
const CONTEXT_OPS: usize = CONTEXT + offset_of!(ibv_context, ops);

/// Writes a function pointer into a public slot, given by its offset in today's `verbs_context`.
///
/// # Safety
/// As for `lay_over`; `F` is a function pointer.
pub(crate) unsafe fn store<F: Copy>(context: *mut ibv_context, offset: usize, entry: F) {
    const { assert!(size_of::<F>() == size_of::<*const ()>()) };
    let sz = context
        .wrapping_byte_sub(CONTEXT - offset_of!(verbs_context, sz))
        .cast::<usize>();
    // SAFETY: every generation has `sz` at this distance, and the caller has set it.
    let sz = unsafe { sz.read() };
    // An older block begins later: what lies before its front is not ours to write.
    if offset + sz < size_of::<verbs_context>() {
        return;
    }
    let slot = context
        .wrapping_byte_offset(offset as isize - CONTEXT as isize)
        .cast::<F>();
    // SAFETY: the slot lies inside the block and is one pointer in size.
    unsafe { slot.write(entry) }
}

/// Tells who reads the log which operation, given by its place in the table, was refused.
fn say(op: usize) {
    if let Some((_, name)) = NAMES.iter().find(|(place, _)| *place == op) {
        log_warn!("{name}: the device does not have this operation");
    }
}

/// Function pointer types whose refusal is a positive error number.
trait ReturnsErrno<const OP: usize> {
    const REFUSE: Self;
}

/// Function pointer types whose refusal is NULL with `errno`.
trait ReturnsNull<const OP: usize> {
    const REFUSE: Self;
}

/// Function pointer types that have nothing to say.
trait ReturnsNothing<const OP: usize> {
    const REFUSE: Self;
}

macro_rules! refusals {
    ($($argument:ident)*) => {
        impl<const OP: usize, $($argument),*> ReturnsErrno<OP> for unsafe extern "C" fn($($argument),*) -> c_int {
            const REFUSE: Self = {
                unsafe extern "C" fn refuse<const OP: usize, $($argument),*>(
                    $(_: $argument),*
                ) -> c_int {
                    say(OP);
                    refuse::errno()
                }
                refuse::<OP, $($argument),*>
            };
        }
        impl<const OP: usize, R, $($argument),*> ReturnsNull<OP> for unsafe extern "C" fn($($argument),*) -> *mut R {
            const REFUSE: Self = {
                unsafe extern "C" fn refuse<const OP: usize, R, $($argument),*>(
                    $(_: $argument),*
                ) -> *mut R {
                    say(OP);
                    refuse::null().cast()
                }
                refuse::<OP, R, $($argument),*>
            };
        }
        impl<const OP: usize, $($argument),*> ReturnsNothing<OP> for unsafe extern "C" fn($($argument),*) {
            const REFUSE: Self = {
                unsafe extern "C" fn refuse<const OP: usize, $($argument),*>(
                    $(_: $argument),*
                ) {
                    refuse::nothing();
                }
                refuse::<OP, $($argument),*>
            };
        }
    };
}

refusals!(A);
refusals!(A B);
refusals!(A B C);
refusals!(A B C D);
refusals!(A B C D E);
refusals!(A B C D E F);

operations! {
    advise_mr: [refuses ReturnsErrno] [verbs advise_mr];
    alloc_buf: [is alloc_buf] [verbs alloc_buf];
    alloc_dm: [refuses ReturnsNull] [verbs alloc_dm];
    alloc_dmah: [refuses ReturnsNull] [verbs alloc_dmah];
    alloc_mw: [refuses ReturnsNull] [context alloc_mw];
    alloc_null_mr: [refuses ReturnsNull] [verbs alloc_null_mr];
    alloc_parent_domain: [refuses ReturnsNull] [verbs alloc_parent_domain];
    alloc_pd: [refuses ReturnsNull] [context _compat_alloc_pd];
    alloc_td: [refuses ReturnsNull] [verbs alloc_td];
    async_event: [refuses ReturnsNothing] [context _compat_async_event];
    attach_counters_point_flow: [refuses ReturnsErrno] [verbs attach_counters_point_flow];
    attach_mcast: [refuses ReturnsErrno] [context _compat_attach_mcast];
    bind_mw: [refuses ReturnsErrno] [context bind_mw];
    close_xrcd: [refuses ReturnsErrno] [verbs close_xrcd];
    cq_event: [refuses ReturnsNothing] [context _compat_cq_event];
    create_ah: [refuses ReturnsNull] [context _compat_create_ah];
    create_comp_cntr: [refuses ReturnsNull] [private];
    create_counters: [refuses ReturnsNull] [verbs create_counters];
    create_cq: [refuses ReturnsNull] [context _compat_create_cq];
    create_cq_ex: [refuses ReturnsNull] [private];
    create_flow: [refuses ReturnsNull] [verbs ibv_create_flow];
    create_flow_action_esp: [refuses ReturnsNull] [verbs create_flow_action_esp];
    create_qp: [refuses ReturnsNull] [context _compat_create_qp];
    create_qp_ex: [refuses ReturnsNull] [verbs create_qp_ex];
    create_rwq_ind_table: [refuses ReturnsNull] [verbs create_rwq_ind_table];
    create_srq: [refuses ReturnsNull] [context _compat_create_srq];
    create_srq_ex: [refuses ReturnsNull] [verbs create_srq_ex];
    create_wq: [refuses ReturnsNull] [verbs create_wq];
    dealloc_dmah: [refuses ReturnsErrno] [verbs dealloc_dmah];
    dealloc_mw: [refuses ReturnsErrno] [context dealloc_mw];
    dealloc_pd: [refuses ReturnsErrno] [context _compat_dealloc_pd];
    dealloc_td: [refuses ReturnsErrno] [verbs dealloc_td];
    dereg_mr: [refuses ReturnsErrno] [context _compat_dereg_mr];
    destroy_ah: [refuses ReturnsErrno] [context _compat_destroy_ah];
    destroy_comp_cntr: [refuses ReturnsErrno] [private];
    destroy_counters: [refuses ReturnsErrno] [verbs destroy_counters];
    destroy_cq: [refuses ReturnsErrno] [context _compat_destroy_cq];
    destroy_flow: [refuses ReturnsErrno] [verbs ibv_destroy_flow];
    destroy_flow_action: [refuses ReturnsErrno] [verbs destroy_flow_action];
    destroy_qp: [refuses ReturnsErrno] [context _compat_destroy_qp];
    destroy_rwq_ind_table: [refuses ReturnsErrno] [verbs destroy_rwq_ind_table];
    destroy_srq: [refuses ReturnsErrno] [context _compat_destroy_srq];
    destroy_wq: [refuses ReturnsErrno] [verbs destroy_wq];
    detach_mcast: [refuses ReturnsErrno] [context _compat_detach_mcast];
    dm_export_dmabuf_fd: [is no_dmabuf_fd] [verbs dm_export_dmabuf_fd];
    free_buf: [is free_buf] [verbs free_buf];
    free_context: [refuses ReturnsNothing] [private];
    free_dm: [refuses ReturnsErrno] [verbs free_dm];
    get_srq_num: [refuses ReturnsErrno] [verbs get_srq_num];
    import_dm: [refuses ReturnsNull] [private];
    import_mr: [refuses ReturnsNull] [private];
    import_pd: [refuses ReturnsNull] [private];
    inc_comp_cntr: [refuses ReturnsErrno] [private];
    inc_err_comp_cntr: [refuses ReturnsErrno] [private];
    modify_cq: [refuses ReturnsErrno] [verbs modify_cq];
    modify_flow_action_esp: [refuses ReturnsErrno] [verbs modify_flow_action_esp];
    modify_qp: [refuses ReturnsErrno] [context _compat_modify_qp];
    modify_qp_rate_limit: [refuses ReturnsErrno] [verbs modify_qp_rate_limit];
    modify_srq: [refuses ReturnsErrno] [context _compat_modify_srq];
    modify_wq: [refuses ReturnsErrno] [verbs modify_wq];
    open_qp: [refuses ReturnsNull] [verbs open_qp];
    open_xrcd: [refuses ReturnsNull] [verbs open_xrcd];
    poll_cq: [refuses ReturnsErrno] [context poll_cq];
    post_recv: [refuses ReturnsErrno] [context post_recv];
    post_send: [refuses ReturnsErrno] [context post_send];
    post_srq_ops: [refuses ReturnsErrno] [verbs post_srq_ops];
    post_srq_recv: [refuses ReturnsErrno] [context post_srq_recv];
    qp_attach_comp_cntr: [refuses ReturnsErrno] [private];
    query_comp_cntr_caps: [refuses ReturnsErrno] [private];
    query_device_ex: [refuses ReturnsErrno] [verbs query_device_ex];
    query_ece: [refuses ReturnsErrno] [private];
    query_port: [refuses ReturnsErrno] [private];
    query_port_speed: [refuses ReturnsErrno] [private];
    query_qp: [refuses ReturnsErrno] [context _compat_query_qp];
    query_qp_data_in_order: [is not_in_order] [private];
    query_rt_values: [refuses ReturnsErrno] [verbs query_rt_values];
    query_srq: [refuses ReturnsErrno] [context _compat_query_srq];
    read_comp_cntr: [refuses ReturnsErrno] [private];
    read_counters: [refuses ReturnsErrno] [verbs read_counters];
    read_err_comp_cntr: [refuses ReturnsErrno] [private];
    reg_dm_mr: [refuses ReturnsNull] [verbs reg_dm_mr];
    reg_dmabuf_mr: [refuses ReturnsNull] [private];
    reg_mr: [refuses ReturnsNull] [context _compat_reg_mr];
    reg_mr_ex: [is reg_mr_ex] [verbs reg_mr_ex];
    req_notify_cq: [refuses ReturnsErrno] [context req_notify_cq];
    rereg_mr: [is rereg_mr] [context _compat_rereg_mr];
    resize_cq: [refuses ReturnsErrno] [context _compat_resize_cq];
    set_comp_cntr: [refuses ReturnsErrno] [private];
    set_ece: [refuses ReturnsErrno] [private];
    set_err_comp_cntr: [refuses ReturnsErrno] [private];
    unimport_dm: [refuses ReturnsNothing] [private];
    unimport_mr: [refuses ReturnsNothing] [private];
    unimport_pd: [refuses ReturnsNothing] [private];
}

#[cfg(test)]
mod tests;
