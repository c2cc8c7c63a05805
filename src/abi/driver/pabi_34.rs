//! Generation 34 of the private interface: the tables and structs that differ from generation 65.
//!
//! One number covers eight layouts. Debian 12's plug-ins (release 44, "34d") and Debian 13's
//! (release 56, "34h") share the operations table below and differ in the size of `ibv_qp_ex`, and
//! with it in where `verbs_qp.comp_mask` lies.

use crate::abi::*;

/// Slots of `verbs_context_ops` in releases 36 to 58 (34c to 34h, and 57).
pub const OPS_34_COUNT: usize = 76;
/// Slots of `verbs_context_ops` in generation 65.
pub const OPS_65_COUNT: usize = 93;

/// A plug-in's operations table as releases 36 to 58 lay it out: pointers, nothing else.
pub type verbs_context_ops_34 = [Option<unsafe extern "C" fn()>; OPS_34_COUNT];

/// Where slot `i` of [`verbs_context_ops_34`] stands in [`verbs_context_ops`].
pub const OPS_34_TO_65: [u8; OPS_34_COUNT] = [
    0,  // advise_mr
    2,  // alloc_dm
    4,  // alloc_mw
    5,  // alloc_null_mr
    6,  // alloc_parent_domain
    7,  // alloc_pd
    8,  // alloc_td
    9,  // async_event
    10, // attach_counters_point_flow
    11, // attach_mcast
    12, // bind_mw
    13, // close_xrcd
    14, // cq_event
    15, // create_ah
    17, // create_counters
    18, // create_cq
    19, // create_cq_ex
    20, // create_flow
    21, // create_flow_action_esp
    22, // create_qp
    23, // create_qp_ex
    24, // create_rwq_ind_table
    25, // create_srq
    26, // create_srq_ex
    27, // create_wq
    29, // dealloc_mw
    30, // dealloc_pd
    31, // dealloc_td
    32, // dereg_mr
    33, // destroy_ah
    35, // destroy_counters
    36, // destroy_cq
    37, // destroy_flow
    38, // destroy_flow_action
    39, // destroy_qp
    40, // destroy_rwq_ind_table
    41, // destroy_srq
    42, // destroy_wq
    43, // detach_mcast
    46, // free_context
    47, // free_dm
    48, // get_srq_num
    49, // import_dm
    50, // import_mr
    51, // import_pd
    54, // modify_cq
    55, // modify_flow_action_esp
    56, // modify_qp
    57, // modify_qp_rate_limit
    58, // modify_srq
    59, // modify_wq
    60, // open_qp
    61, // open_xrcd
    62, // poll_cq
    63, // post_recv
    64, // post_send
    65, // post_srq_ops
    66, // post_srq_recv
    69, // query_device_ex
    70, // query_ece
    71, // query_port
    73, // query_qp
    74, // query_qp_data_in_order
    75, // query_rt_values
    76, // query_srq
    78, // read_counters
    80, // reg_dm_mr
    81, // reg_dmabuf_mr
    82, // reg_mr
    84, // req_notify_cq
    85, // rereg_mr
    86, // resize_cq
    88, // set_ece
    90, // unimport_dm
    91, // unimport_mr
    92, // unimport_pd
];

/// Size of `verbs_context` in generations 33, 34 and 57; it is the tail of today's.
pub const VERBS_CONTEXT_SIZE_34: usize = 648;

/// Names of the slots of [`verbs_context_ops`], for log lines.
pub const OP_NAMES: [&str; OPS_65_COUNT] = [
    "advise_mr",
    "alloc_buf",
    "alloc_dm",
    "alloc_dmah",
    "alloc_mw",
    "alloc_null_mr",
    "alloc_parent_domain",
    "alloc_pd",
    "alloc_td",
    "async_event",
    "attach_counters_point_flow",
    "attach_mcast",
    "bind_mw",
    "close_xrcd",
    "cq_event",
    "create_ah",
    "create_comp_cntr",
    "create_counters",
    "create_cq",
    "create_cq_ex",
    "create_flow",
    "create_flow_action_esp",
    "create_qp",
    "create_qp_ex",
    "create_rwq_ind_table",
    "create_srq",
    "create_srq_ex",
    "create_wq",
    "dealloc_dmah",
    "dealloc_mw",
    "dealloc_pd",
    "dealloc_td",
    "dereg_mr",
    "destroy_ah",
    "destroy_comp_cntr",
    "destroy_counters",
    "destroy_cq",
    "destroy_flow",
    "destroy_flow_action",
    "destroy_qp",
    "destroy_rwq_ind_table",
    "destroy_srq",
    "destroy_wq",
    "detach_mcast",
    "dm_export_dmabuf_fd",
    "free_buf",
    "free_context",
    "free_dm",
    "get_srq_num",
    "import_dm",
    "import_mr",
    "import_pd",
    "inc_comp_cntr",
    "inc_err_comp_cntr",
    "modify_cq",
    "modify_flow_action_esp",
    "modify_qp",
    "modify_qp_rate_limit",
    "modify_srq",
    "modify_wq",
    "open_qp",
    "open_xrcd",
    "poll_cq",
    "post_recv",
    "post_send",
    "post_srq_ops",
    "post_srq_recv",
    "qp_attach_comp_cntr",
    "query_comp_cntr_caps",
    "query_device_ex",
    "query_ece",
    "query_port",
    "query_port_speed",
    "query_qp",
    "query_qp_data_in_order",
    "query_rt_values",
    "query_srq",
    "read_comp_cntr",
    "read_counters",
    "read_err_comp_cntr",
    "reg_dm_mr",
    "reg_dmabuf_mr",
    "reg_mr",
    "reg_mr_ex",
    "req_notify_cq",
    "rereg_mr",
    "resize_cq",
    "set_comp_cntr",
    "set_ece",
    "set_err_comp_cntr",
    "unimport_dm",
    "unimport_mr",
    "unimport_pd",
];

/// Size of `ibv_port_attr` before release 49, as a plug-in of release 44 passes it.
pub const IBV_PORT_ATTR_SIZE_34D: usize = 52;

/// Size of `ibv_qp_ex` in release 44: it ends before `wr_flush`.
pub const IBV_QP_EX_SIZE_34D: usize = 352;

/// `verbs_qp` as plug-ins of release 44 ("34d") allocate it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_qp_34d {
    /// `ibv_qp`, or the first [`IBV_QP_EX_SIZE_34D`] bytes of an `ibv_qp_ex`.
    pub u: verbs_qp_34d_u,
    pub comp_mask: u32,
    pub xrcd: *mut verbs_xrcd,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union verbs_qp_34d_u {
    pub qp: ibv_qp,
    pub qp_ex: [u64; IBV_QP_EX_SIZE_34D / 8],
}
