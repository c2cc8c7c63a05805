//! Commands written to a uverbs descriptor, with the header in front, as plug-ins lay them out.
//!
//! A plug-in appends its own fields to these. `core_payload` is the kernel's struct; C also gives
//! its members as loose names, which is a view of the same bytes.

use crate::abi::*;

pub const IB_USER_VERBS_CMD_CREATE_QP_V3: u32 = 24;

pub const IB_USER_VERBS_CMD_CREATE_QP_V4: u32 = 24;

pub const IB_USER_VERBS_CMD_CREATE_SRQ_V5: u32 = 1 << 5;

pub const IB_USER_VERBS_CMD_MODIFY_SRQ_V3: u32 = 33;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct empty {}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ex_hdr {
    pub hdr: ib_uverbs_cmd_hdr,
    pub ex_hdr: ib_uverbs_ex_cmd_hdr,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ib_uverbs_modify_srq_v3 {
    pub srq_handle: u32,
    pub attr_mask: u32,
    pub max_wr: u32,
    pub max_sge: u32,
    pub srq_limit: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_alloc_mw {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_alloc_mw,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_alloc_pd {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_alloc_pd,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_attach_mcast {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_attach_mcast,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_close_xrcd {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_close_xrcd,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_ah {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_create_ah,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_comp_channel {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_create_comp_channel,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_cq {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_create_cq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_cq_ex {
    pub hdr: ex_hdr,
    pub core_payload: ib_uverbs_ex_create_cq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_flow {
    pub hdr: ex_hdr,
    pub core_payload: ib_uverbs_create_flow,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_qp {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_create_qp,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_qp_ex {
    pub hdr: ex_hdr,
    pub core_payload: ib_uverbs_ex_create_qp,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_qp_resp_v3 {
    pub qp_handle: u32,
    pub qpn: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_qp_resp_v4 {
    pub qp_handle: u32,
    pub qpn: u32,
    pub max_send_wr: u32,
    pub max_recv_wr: u32,
    pub max_send_sge: u32,
    pub max_recv_sge: u32,
    pub max_inline_data: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_qp_v3 {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_create_qp,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_qp_v4 {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_create_qp,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_rwq_ind_table {
    pub hdr: ex_hdr,
    pub core_payload: ib_uverbs_ex_create_rwq_ind_table,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_srq {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_create_srq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_srq_resp_v5 {
    pub srq_handle: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_srq_v5 {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_create_srq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_wq {
    pub hdr: ex_hdr,
    pub core_payload: ib_uverbs_ex_create_wq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_create_xsrq {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_create_xsrq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_dealloc_mw {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_dealloc_mw,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_dealloc_pd {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_dealloc_pd,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_dereg_mr {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_dereg_mr,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_destroy_ah {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_destroy_ah,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_destroy_cq {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_destroy_cq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_destroy_flow {
    pub hdr: ex_hdr,
    pub core_payload: ib_uverbs_destroy_flow,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_destroy_qp {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_destroy_qp,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_destroy_rwq_ind_table {
    pub hdr: ex_hdr,
    pub core_payload: ib_uverbs_ex_destroy_rwq_ind_table,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_destroy_srq {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_destroy_srq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_destroy_wq {
    pub hdr: ex_hdr,
    pub core_payload: ib_uverbs_ex_destroy_wq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_detach_mcast {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_detach_mcast,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_get_context {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_get_context,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_kern_ipv4_filter {
    pub src_ip: u32,
    pub dst_ip: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union ibv_kern_spec_u {
    pub hdr: ib_uverbs_flow_spec_hdr,
    pub eth: ib_uverbs_flow_spec_eth,
    pub ipv4: ibv_kern_spec_ipv4,
    pub ipv4_ext: ib_uverbs_flow_spec_ipv4,
    pub esp: ib_uverbs_flow_spec_esp,
    pub tcp_udp: ib_uverbs_flow_spec_tcp_udp,
    pub ipv6: ib_uverbs_flow_spec_ipv6,
    pub gre: ib_uverbs_flow_spec_gre,
    pub tunnel: ib_uverbs_flow_spec_tunnel,
    pub mpls: ib_uverbs_flow_spec_mpls,
    pub flow_tag: ib_uverbs_flow_spec_action_tag,
    pub drop: ib_uverbs_flow_spec_action_drop,
    pub handle: ib_uverbs_flow_spec_action_handle,
    pub flow_count: ib_uverbs_flow_spec_action_count,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_kern_spec {
    pub u: ibv_kern_spec_u,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_kern_spec_ipv4 {
    pub r#type: u32,
    pub size: u16,
    pub reserved: u16,
    pub val: ibv_kern_ipv4_filter,
    pub mask: ibv_kern_ipv4_filter,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_modify_cq {
    pub hdr: ex_hdr,
    pub core_payload: ib_uverbs_ex_modify_cq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_modify_qp {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_modify_qp,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_modify_qp_ex {
    pub hdr: ex_hdr,
    pub core_payload: ib_uverbs_ex_modify_qp,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_modify_srq {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_modify_srq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_modify_srq_v3 {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_modify_srq_v3,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_modify_wq {
    pub hdr: ex_hdr,
    pub core_payload: ib_uverbs_ex_modify_wq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_open_qp {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_open_qp,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_open_xrcd {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_open_xrcd,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_poll_cq {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_poll_cq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_post_recv {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_post_recv,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_post_send {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_post_send,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_post_srq_recv {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_post_srq_recv,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_query_device {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_query_device,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_query_device_ex {
    pub hdr: ex_hdr,
    pub core_payload: ib_uverbs_ex_query_device,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_query_port {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_query_port,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_query_qp {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_query_qp,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_query_srq {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_query_srq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_reg_mr {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_reg_mr,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_req_notify_cq {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_req_notify_cq,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_rereg_mr {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_rereg_mr,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_resize_cq {
    pub hdr: ib_uverbs_cmd_hdr,
    pub core_payload: ib_uverbs_resize_cq,
}
