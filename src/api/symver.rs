//! Which function stands behind which exported name and version node.
//!
//! Each name is a jump of its own in assembler, because a name with two versions needs a
//! definition per version and the compiler can give a function only one. The names stand again in
//! `src/libibverbs.map`, which decides what is visible; `c-tests/abi` compares the result with
//! the recorded table. Only the archive made for the shared library contains the jumps: a test
//! program that carried versioned names could not be linked.

/// Emits one jump per line: target, name, `@@@` (default) or `@` (old), node.
#[cfg(versioned)]
macro_rules! export {
    ($($target:path => $name:literal $binding:literal $node:literal;)*) => {
        $(
            std::arch::global_asm!(
                concat!(".pushsection .text.", "verbium.", $name, ".", $node, ",\"ax\",@progbits"),
                ".p2align 4",
                concat!(".globl \"verbium.", $name, ".", $node, "\""),
                concat!(".type \"verbium.", $name, ".", $node, "\",@function"),
                concat!("\"verbium.", $name, ".", $node, "\":"),
                #[cfg(target_arch = "x86_64")]
                "jmp {target}",
                #[cfg(target_arch = "aarch64")]
                "b {target}",
                concat!(".size \"verbium.", $name, ".", $node, "\", . - \"verbium.", $name, ".",
                    $node, "\""),
                concat!(".symver \"verbium.", $name, ".", $node, "\", ", $name, $binding, $node),
                ".popsection",
                target = sym $target,
            );
        )*
    };
}

/// Without versions the paths are still checked, so that a slip shows in every build.
#[cfg(not(versioned))]
macro_rules! export {
    ($($($target:ident)::+ => $name:literal $binding:literal $node:literal;)*) => {
        /// The exported names with their nodes and bindings, for the tests.
        #[cfg(test)]
        pub(super) const EXPORTED: &[(&str, &str, &str)] = &[$(($name, $node, $binding)),*];
        const _: () = { $(let _ = $($target)::+ as *const (); )* };
        #[cfg(test)]
        const _: () = { $(as_declared!($($target)::+);)* };
    };
}

/// Fails to compile if a function is not of the type from which its prototype in the headers is
/// made: only functions of one type can be elements of one array.
#[cfg(all(test, not(versioned)))]
macro_rules! as_declared {
    // No header has those of 1.0.
    (super::compat_1_0::$name:ident) => {};
    // Written by hand in include/gen/*.inline.h: of a type that hangs on the generation, variadic,
    // or behind a feature-test macro.
    (@ $path:tt __verbs_log) => {};
    (@ $path:tt ibv_cmd_create_cq_ex) => {};
    (@ $path:tt ibv_cmd_create_cq_ex2) => {};
    (@ $path:tt ibv_cmd_create_qp_ex2) => {};
    (@ $path:tt ibv_cmd_get_context) => {};
    (@ $path:tt ibv_read_ibdev_sysfs_file) => {};
    (@ $path:tt verbs_register_driver_34) => {};
    (@ $path:tt verbs_set_ops) => {};
    (@ $path:tt ibv_have_ext_ops) => {};
    (@ $path:tt ibv_get_device_ext_ops) => {};
    (@ $path:tt ibv_get_ext_ops) => {};
    (@ $path:tt ibv_register_ext_ops) => {};
    (@ [$($path:ident)::+] $name:ident) => {
        let _ = [declared::$name, $($path)::+];
    };
    (@ [$($path:ident)::+] $first:ident :: $($rest:ident)::+) => {
        as_declared!(@ [$($path)::+] $($rest)::+);
    };
    ($($path:ident)::+) => {
        as_declared!(@ [$($path)::+] $($path)::+);
    };
}

/// What `make headers` makes prototypes of.
#[cfg(all(test, not(versioned)))]
#[allow(
    dead_code,
    improper_ctypes,
    unreachable_pub,
    reason = "as the generator reads it; never called"
)]
mod declared {
    use std::ffi::*;

    use libc::{off_t, ssize_t};

    use crate::abi::*;

    include!("../../include/gen/verbs.fns.rs");
    include!("../../include/gen/driver.fns.rs");
    include!("../../include/gen/marshall.fns.rs");
    include!("../../include/gen/cmd_ioctl.fns.rs");
}

/// Whether destroying objects of a device that is gone counts as success.
///
/// A byte that providers read; `private::disassociate` sets it from the environment.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)] // The name is the interface.
pub static verbs_allow_disassociate_destroy: crate::base::sync::AtomicBool =
    crate::base::sync::AtomicBool::new(false);

export! {
    super::ah::ibv_create_ah => "ibv_create_ah" "@@@" "IBVERBS_1.1";
    super::ah::ibv_create_ah_from_wc => "ibv_create_ah_from_wc" "@@@" "IBVERBS_1.1";
    super::ah::ibv_destroy_ah => "ibv_destroy_ah" "@@@" "IBVERBS_1.1";
    super::ah::ibv_init_ah_from_wc => "ibv_init_ah_from_wc" "@@@" "IBVERBS_1.1";
    super::comp_channel::ibv_ack_cq_events => "ibv_ack_cq_events" "@@@" "IBVERBS_1.1";
    super::comp_channel::ibv_create_comp_channel => "ibv_create_comp_channel" "@@@" "IBVERBS_1.0";
    super::comp_channel::ibv_destroy_comp_channel => "ibv_destroy_comp_channel" "@@@" "IBVERBS_1.0";
    super::comp_channel::ibv_get_cq_event => "ibv_get_cq_event" "@@@" "IBVERBS_1.1";
    super::comp_cntr::_ibv_query_comp_cntr_caps => "_ibv_query_comp_cntr_caps" "@@@" "IBVERBS_1.18";
    super::comp_cntr::ibv_create_comp_cntr => "ibv_create_comp_cntr" "@@@" "IBVERBS_1.18";
    super::comp_cntr::ibv_destroy_comp_cntr => "ibv_destroy_comp_cntr" "@@@" "IBVERBS_1.18";
    super::comp_cntr::ibv_inc_comp_cntr => "ibv_inc_comp_cntr" "@@@" "IBVERBS_1.18";
    super::comp_cntr::ibv_inc_err_comp_cntr => "ibv_inc_err_comp_cntr" "@@@" "IBVERBS_1.18";
    super::comp_cntr::ibv_qp_attach_comp_cntr => "ibv_qp_attach_comp_cntr" "@@@" "IBVERBS_1.18";
    super::comp_cntr::ibv_read_comp_cntr => "ibv_read_comp_cntr" "@@@" "IBVERBS_1.18";
    super::comp_cntr::ibv_read_err_comp_cntr => "ibv_read_err_comp_cntr" "@@@" "IBVERBS_1.18";
    super::comp_cntr::ibv_set_comp_cntr => "ibv_set_comp_cntr" "@@@" "IBVERBS_1.18";
    super::comp_cntr::ibv_set_err_comp_cntr => "ibv_set_err_comp_cntr" "@@@" "IBVERBS_1.18";
    super::compat_1_0::ibv_ack_async_event => "ibv_ack_async_event" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_ack_cq_events => "ibv_ack_cq_events" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_alloc_pd => "ibv_alloc_pd" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_attach_mcast => "ibv_attach_mcast" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_close_device => "ibv_close_device" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_create_ah => "ibv_create_ah" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_create_cq => "ibv_create_cq" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_create_qp => "ibv_create_qp" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_create_srq => "ibv_create_srq" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_dealloc_pd => "ibv_dealloc_pd" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_dereg_mr => "ibv_dereg_mr" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_destroy_ah => "ibv_destroy_ah" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_destroy_cq => "ibv_destroy_cq" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_destroy_qp => "ibv_destroy_qp" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_destroy_srq => "ibv_destroy_srq" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_detach_mcast => "ibv_detach_mcast" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_free_device_list => "ibv_free_device_list" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_get_async_event => "ibv_get_async_event" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_get_cq_event => "ibv_get_cq_event" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_get_device_guid => "ibv_get_device_guid" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_get_device_list => "ibv_get_device_list" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_get_device_name => "ibv_get_device_name" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_modify_qp => "ibv_modify_qp" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_modify_srq => "ibv_modify_srq" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_open_device => "ibv_open_device" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_query_device => "ibv_query_device" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_query_gid => "ibv_query_gid" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_query_pkey => "ibv_query_pkey" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_query_port => "ibv_query_port" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_query_qp => "ibv_query_qp" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_query_srq => "ibv_query_srq" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_reg_mr => "ibv_reg_mr" "@" "IBVERBS_1.0";
    super::compat_1_0::ibv_register_driver => "ibv_register_driver" "@" "IBVERBS_1.1";
    super::compat_1_0::ibv_resize_cq => "ibv_resize_cq" "@" "IBVERBS_1.0";
    super::cq::ibv_create_cq => "ibv_create_cq" "@@@" "IBVERBS_1.1";
    super::cq::ibv_destroy_cq => "ibv_destroy_cq" "@@@" "IBVERBS_1.1";
    super::cq::ibv_resize_cq => "ibv_resize_cq" "@@@" "IBVERBS_1.1";
    super::cq::verbs_init_cq => "verbs_init_cq" "@@@" "IBVERBS_PRIVATE_34";
    super::device::_ibv_query_gid_ex => "_ibv_query_gid_ex" "@@@" "IBVERBS_1.11";
    super::device::_ibv_query_gid_table => "_ibv_query_gid_table" "@@@" "IBVERBS_1.11";
    super::device::ibv_close_device => "ibv_close_device" "@@@" "IBVERBS_1.1";
    super::device::ibv_free_device_list => "ibv_free_device_list" "@@@" "IBVERBS_1.1";
    super::device::ibv_get_device_guid => "ibv_get_device_guid" "@@@" "IBVERBS_1.1";
    super::device::ibv_get_device_index => "ibv_get_device_index" "@@@" "IBVERBS_1.9";
    super::device::ibv_get_device_list => "ibv_get_device_list" "@@@" "IBVERBS_1.1";
    super::device::ibv_get_device_name => "ibv_get_device_name" "@@@" "IBVERBS_1.1";
    super::device::ibv_get_pkey_index => "ibv_get_pkey_index" "@@@" "IBVERBS_1.5";
    super::device::ibv_open_device => "ibv_open_device" "@@@" "IBVERBS_1.1";
    super::device::ibv_query_device => "ibv_query_device" "@@@" "IBVERBS_1.1";
    super::device::ibv_query_gid => "ibv_query_gid" "@@@" "IBVERBS_1.1";
    super::device::ibv_query_gid_type => "ibv_query_gid_type" "@@@" "IBVERBS_PRIVATE_34";
    super::device::ibv_query_pkey => "ibv_query_pkey" "@@@" "IBVERBS_1.1";
    super::device::ibv_query_port => "ibv_query_port" "@@@" "IBVERBS_1.1";
    super::device::ibv_query_port_speed => "ibv_query_port_speed" "@@@" "IBVERBS_1.16";
    super::device::import::ibv_import_device => "ibv_import_device" "@@@" "IBVERBS_1.10";
    super::device::import::ibv_import_dm => "ibv_import_dm" "@@@" "IBVERBS_1.13";
    super::device::import::ibv_import_mr => "ibv_import_mr" "@@@" "IBVERBS_1.10";
    super::device::import::ibv_import_pd => "ibv_import_pd" "@@@" "IBVERBS_1.10";
    super::device::import::ibv_unimport_dm => "ibv_unimport_dm" "@@@" "IBVERBS_1.13";
    super::device::import::ibv_unimport_mr => "ibv_unimport_mr" "@@@" "IBVERBS_1.10";
    super::device::import::ibv_unimport_pd => "ibv_unimport_pd" "@@@" "IBVERBS_1.10";
    super::event::ibv_ack_async_event => "ibv_ack_async_event" "@@@" "IBVERBS_1.1";
    super::event::ibv_get_async_event => "ibv_get_async_event" "@@@" "IBVERBS_1.1";
    super::extension::ibv_get_device_ext_ops => "ibv_get_device_ext_ops" "@@@" "VERBIUM_1.0";
    super::extension::ibv_get_ext_ops => "ibv_get_ext_ops" "@@@" "VERBIUM_1.0";
    super::extension::ibv_have_ext_ops => "ibv_have_ext_ops" "@@@" "VERBIUM_1.0";
    super::extension::ibv_register_ext_ops => "ibv_register_ext_ops" "@@@" "VERBIUM_1.0";
    super::fork::ibv_dofork_range => "ibv_dofork_range" "@@@" "IBVERBS_1.1";
    super::fork::ibv_dontfork_range => "ibv_dontfork_range" "@@@" "IBVERBS_1.1";
    super::fork::ibv_fork_init => "ibv_fork_init" "@@@" "IBVERBS_1.1";
    super::fork::ibv_is_fork_initialized => "ibv_is_fork_initialized" "@@@" "IBVERBS_1.13";
    super::marshall::ibv_copy_ah_attr_from_kern => "ibv_copy_ah_attr_from_kern" "@@@" "IBVERBS_1.1";
    super::marshall::ibv_copy_path_rec_from_kern => "ibv_copy_path_rec_from_kern" "@@@" "IBVERBS_1.0";
    super::marshall::ibv_copy_path_rec_to_kern => "ibv_copy_path_rec_to_kern" "@@@" "IBVERBS_1.0";
    super::marshall::ibv_copy_qp_attr_from_kern => "ibv_copy_qp_attr_from_kern" "@@@" "IBVERBS_1.0";
    super::mr::ibv_dereg_mr => "ibv_dereg_mr" "@@@" "IBVERBS_1.1";
    super::mr::ibv_reg_buf_mr => "ibv_reg_buf_mr" "@@@" "IBVERBS_1.17";
    super::mr::ibv_reg_dmabuf_mr => "ibv_reg_dmabuf_mr" "@@@" "IBVERBS_1.12";
    super::mr::ibv_reg_mr => "ibv_reg_mr" "@@@" "IBVERBS_1.1";
    super::mr::ibv_reg_mr_ex => "ibv_reg_mr_ex" "@@@" "IBVERBS_1.15";
    super::mr::ibv_reg_mr_iova => "ibv_reg_mr_iova" "@@@" "IBVERBS_1.7";
    super::mr::ibv_reg_mr_iova2 => "ibv_reg_mr_iova2" "@@@" "IBVERBS_1.8";
    super::mr::ibv_rereg_mr => "ibv_rereg_mr" "@@@" "IBVERBS_1.1";
    super::pd::ibv_alloc_buf => "ibv_alloc_buf" "@@@" "IBVERBS_1.17";
    super::pd::ibv_alloc_dmah => "ibv_alloc_dmah" "@@@" "IBVERBS_1.15";
    super::pd::ibv_alloc_pd => "ibv_alloc_pd" "@@@" "IBVERBS_1.1";
    super::pd::ibv_dealloc_dmah => "ibv_dealloc_dmah" "@@@" "IBVERBS_1.15";
    super::pd::ibv_dealloc_pd => "ibv_dealloc_pd" "@@@" "IBVERBS_1.1";
    super::pd::ibv_dm_export_dmabuf_fd => "ibv_dm_export_dmabuf_fd" "@@@" "IBVERBS_1.16";
    super::pd::ibv_export_buf_dmabuf_fd => "ibv_export_buf_dmabuf_fd" "@@@" "IBVERBS_1.18";
    super::pd::ibv_free_buf => "ibv_free_buf" "@@@" "IBVERBS_1.17";
    super::private::cmd::device::execute_ioctl => "execute_ioctl" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::mr::ibv_cmd_advise_mr => "ibv_cmd_advise_mr" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::mr::ibv_cmd_alloc_dm => "ibv_cmd_alloc_dm" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::pd::ibv_cmd_alloc_mw => "ibv_cmd_alloc_mw" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::pd::ibv_cmd_alloc_pd => "ibv_cmd_alloc_pd" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::pd::ibv_cmd_attach_mcast => "ibv_cmd_attach_mcast" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::pd::ibv_cmd_close_xrcd => "ibv_cmd_close_xrcd" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::pd::ibv_cmd_create_ah => "ibv_cmd_create_ah" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::flow::ibv_cmd_create_counters => "ibv_cmd_create_counters" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::cq::ibv_cmd_create_cq => "ibv_cmd_create_cq" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::cq::ibv_cmd_create_cq_ex => "ibv_cmd_create_cq_ex" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::cq::ibv_cmd_create_cq_ex2 => "ibv_cmd_create_cq_ex2" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::flow::ibv_cmd_create_flow => "ibv_cmd_create_flow" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::flow::ibv_cmd_create_flow_action_esp => "ibv_cmd_create_flow_action_esp" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::qp::ibv_cmd_create_qp => "ibv_cmd_create_qp" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::qp::ibv_cmd_create_qp_ex => "ibv_cmd_create_qp_ex" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::qp::ibv_cmd_create_qp_ex2 => "ibv_cmd_create_qp_ex2" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::wq::ibv_cmd_create_rwq_ind_table => "ibv_cmd_create_rwq_ind_table" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::srq::ibv_cmd_create_srq => "ibv_cmd_create_srq" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::srq::ibv_cmd_create_srq_ex => "ibv_cmd_create_srq_ex" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::wq::ibv_cmd_create_wq => "ibv_cmd_create_wq" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::pd::ibv_cmd_dealloc_mw => "ibv_cmd_dealloc_mw" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::pd::ibv_cmd_dealloc_pd => "ibv_cmd_dealloc_pd" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::mr::ibv_cmd_dereg_mr => "ibv_cmd_dereg_mr" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::pd::ibv_cmd_destroy_ah => "ibv_cmd_destroy_ah" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::flow::ibv_cmd_destroy_counters => "ibv_cmd_destroy_counters" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::cq::ibv_cmd_destroy_cq => "ibv_cmd_destroy_cq" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::flow::ibv_cmd_destroy_flow => "ibv_cmd_destroy_flow" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::flow::ibv_cmd_destroy_flow_action => "ibv_cmd_destroy_flow_action" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::qp::ibv_cmd_destroy_qp => "ibv_cmd_destroy_qp" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::wq::ibv_cmd_destroy_rwq_ind_table => "ibv_cmd_destroy_rwq_ind_table" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::srq::ibv_cmd_destroy_srq => "ibv_cmd_destroy_srq" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::wq::ibv_cmd_destroy_wq => "ibv_cmd_destroy_wq" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::pd::ibv_cmd_detach_mcast => "ibv_cmd_detach_mcast" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::mr::ibv_cmd_free_dm => "ibv_cmd_free_dm" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::device::ibv_cmd_get_context => "ibv_cmd_get_context" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::cq::ibv_cmd_modify_cq => "ibv_cmd_modify_cq" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::flow::ibv_cmd_modify_flow_action_esp => "ibv_cmd_modify_flow_action_esp" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::qp::ibv_cmd_modify_qp => "ibv_cmd_modify_qp" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::qp::ibv_cmd_modify_qp_ex => "ibv_cmd_modify_qp_ex" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::srq::ibv_cmd_modify_srq => "ibv_cmd_modify_srq" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::wq::ibv_cmd_modify_wq => "ibv_cmd_modify_wq" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::qp::ibv_cmd_open_qp => "ibv_cmd_open_qp" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::pd::ibv_cmd_open_xrcd => "ibv_cmd_open_xrcd" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::post::ibv_cmd_poll_cq => "ibv_cmd_poll_cq" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::post::ibv_cmd_post_recv => "ibv_cmd_post_recv" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::post::ibv_cmd_post_send => "ibv_cmd_post_send" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::post::ibv_cmd_post_srq_recv => "ibv_cmd_post_srq_recv" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::device::ibv_cmd_query_context => "ibv_cmd_query_context" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::device::ibv_cmd_query_device_any => "ibv_cmd_query_device_any" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::mr::ibv_cmd_query_mr => "ibv_cmd_query_mr" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::device::ibv_cmd_query_port => "ibv_cmd_query_port" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::qp::ibv_cmd_query_qp => "ibv_cmd_query_qp" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::srq::ibv_cmd_query_srq => "ibv_cmd_query_srq" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::flow::ibv_cmd_read_counters => "ibv_cmd_read_counters" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::mr::ibv_cmd_reg_dm_mr => "ibv_cmd_reg_dm_mr" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::mr::ibv_cmd_reg_dmabuf_mr => "ibv_cmd_reg_dmabuf_mr" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::mr::ibv_cmd_reg_mr => "ibv_cmd_reg_mr" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::cq::ibv_cmd_req_notify_cq => "ibv_cmd_req_notify_cq" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::mr::ibv_cmd_rereg_mr => "ibv_cmd_rereg_mr" "@@@" "IBVERBS_PRIVATE_34";
    super::private::cmd::cq::ibv_cmd_resize_cq => "ibv_cmd_resize_cq" "@@@" "IBVERBS_PRIVATE_34";
    super::private::init::_verbs_init_and_alloc_context => "_verbs_init_and_alloc_context" "@@@" "IBVERBS_PRIVATE_34";
    super::private::init::verbs_open_device => "verbs_open_device" "@@@" "IBVERBS_PRIVATE_34";
    super::private::init::verbs_set_ops => "verbs_set_ops" "@@@" "IBVERBS_PRIVATE_34";
    super::private::init::verbs_uninit_context => "verbs_uninit_context" "@@@" "IBVERBS_PRIVATE_34";
    super::private::log::__verbs_log => "__verbs_log" "@@@" "IBVERBS_PRIVATE_34";
    super::private::register::__ioctl_final_num_attrs => "__ioctl_final_num_attrs" "@@@" "IBVERBS_PRIVATE_34";
    super::private::register::verbs_register_driver_34 => "verbs_register_driver_34" "@@@" "IBVERBS_PRIVATE_34";
    super::private::sysfs::ibv_read_ibdev_sysfs_file => "ibv_read_ibdev_sysfs_file" "@@@" "IBVERBS_PRIVATE_34";
    super::qp::ibv_attach_mcast => "ibv_attach_mcast" "@@@" "IBVERBS_1.1";
    super::qp::ibv_create_qp => "ibv_create_qp" "@@@" "IBVERBS_1.1";
    super::qp::ibv_destroy_qp => "ibv_destroy_qp" "@@@" "IBVERBS_1.1";
    super::qp::ibv_detach_mcast => "ibv_detach_mcast" "@@@" "IBVERBS_1.1";
    super::qp::ibv_modify_qp => "ibv_modify_qp" "@@@" "IBVERBS_1.1";
    super::qp::ibv_qp_to_qp_ex => "ibv_qp_to_qp_ex" "@@@" "IBVERBS_1.6";
    super::qp::ibv_query_ece => "ibv_query_ece" "@@@" "IBVERBS_1.10";
    super::qp::ibv_query_qp => "ibv_query_qp" "@@@" "IBVERBS_1.1";
    super::qp::ibv_query_qp_data_in_order => "ibv_query_qp_data_in_order" "@@@" "IBVERBS_1.14";
    super::qp::ibv_set_ece => "ibv_set_ece" "@@@" "IBVERBS_1.10";
    super::rate::ibv_rate_to_mbps => "ibv_rate_to_mbps" "@@@" "IBVERBS_1.1";
    super::rate::ibv_rate_to_mult => "ibv_rate_to_mult" "@@@" "IBVERBS_1.0";
    super::rate::mbps_to_ibv_rate => "mbps_to_ibv_rate" "@@@" "IBVERBS_1.1";
    super::rate::mult_to_ibv_rate => "mult_to_ibv_rate" "@@@" "IBVERBS_1.0";
    super::resolve::ibv_resolve_eth_l2_from_gid => "ibv_resolve_eth_l2_from_gid" "@@@" "IBVERBS_1.1";
    super::srq::ibv_create_srq => "ibv_create_srq" "@@@" "IBVERBS_1.1";
    super::srq::ibv_destroy_srq => "ibv_destroy_srq" "@@@" "IBVERBS_1.1";
    super::srq::ibv_modify_srq => "ibv_modify_srq" "@@@" "IBVERBS_1.1";
    super::srq::ibv_query_srq => "ibv_query_srq" "@@@" "IBVERBS_1.1";
    super::sysfs::ibv_get_sysfs_path => "ibv_get_sysfs_path" "@@@" "IBVERBS_1.0";
    super::sysfs::ibv_read_sysfs_file => "ibv_read_sysfs_file" "@@@" "IBVERBS_1.0";
    super::text::ibv_event_type_str => "ibv_event_type_str" "@@@" "IBVERBS_1.1";
    super::text::ibv_node_type_str => "ibv_node_type_str" "@@@" "IBVERBS_1.1";
    super::text::ibv_port_state_str => "ibv_port_state_str" "@@@" "IBVERBS_1.1";
    super::text::ibv_wc_status_str => "ibv_wc_status_str" "@@@" "IBVERBS_1.1";
    super::text::ibv_wr_opcode_str => "ibv_wr_opcode_str" "@@@" "IBVERBS_PRIVATE_34";
}
