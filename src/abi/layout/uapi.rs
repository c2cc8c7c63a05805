//! Structs of the kernel interface.
//! Written by c-tests/layout/asserts.py from uapi.tsv; not edited by hand.

use crate::abi::*;

layout! { ib_path_rec_data: 72, 4;
    flags 0 4, reserved 4 4, path_rec 8 64,
}
layout! { ib_user_path_rec: 64, 4;
    dgid 0 16, sgid 16 16, dlid 32 2, slid 34 2, raw_traffic 36 4, flow_label 40 4, reversible 44 4,
    mtu 48 4, pkey 52 2, hop_limit 54 1, traffic_class 55 1, numb_path 56 1, sl 57 1,
    mtu_selector 58 1, rate_selector 59 1, rate 60 1, packet_life_time_selector 61 1,
    packet_life_time 62 1, preference 63 1,
}
layout! { ib_user_service_rec: 176, 8;
    id 0 8, gid 8 16, pkey 24 2, reserved 26 2, lease 28 4, key 32 16, name 48 64, data_8 112 16,
    data_16 128 16, data_32 144 16, data_64 160 16,
}
layout! { ib_uverbs_ah_attr: 32, 4;
    grh 0 24, dlid 24 2, sl 26 1, src_path_bits 27 1, static_rate 28 1, is_global 29 1,
    port_num 30 1, reserved 31 1,
}
layout! { ib_uverbs_alloc_mw: 16, 8;
    response 0 8, pd_handle 8 4, mw_type 12 1, reserved 13 3, driver_data 16 0,
}
layout! { ib_uverbs_alloc_mw_resp: 8, 8;
    mw_handle 0 4, rkey 4 4, driver_data 8 0,
}
layout! { ib_uverbs_alloc_pd: 8, 8;
    response 0 8, driver_data 8 0,
}
layout! { ib_uverbs_alloc_pd_resp: 4, 4;
    pd_handle 0 4, driver_data 4 0,
}
layout! { ib_uverbs_async_event_desc: 16, 8;
    element 0 8, event_type 8 4, reserved 12 4,
}
layout! { ib_uverbs_attach_mcast: 24, 8;
    gid 0 16, qp_handle 16 4, mlid 20 2, reserved 22 2, driver_data 24 0,
}
layout! { ib_uverbs_attr: 16, 8;
    attr_id 0 2, len 2 2, flags 4 2, attr_data 6 2, attr_data.enum_data 6 2,
    attr_data.enum_data.elem_id 6 1, attr_data.enum_data.reserved 7 1, attr_data.reserved 6 2,
    data.data 8 8, data.data_s64 8 8,
}
layout! { ib_uverbs_clock_info: 56, 8;
    sign 0 4, resv 4 4, nsec 8 8, cycles 16 8, frac 24 8, mult 32 4, shift 36 4, mask 40 8,
    overflow_period 48 8,
}
layout! { ib_uverbs_close_xrcd: 4, 4;
    xrcd_handle 0 4,
}
layout! { ib_uverbs_cmd_hdr: 8, 4;
    command 0 4, in_words 4 2, out_words 6 2,
}
layout! { ib_uverbs_comp_event_desc: 8, 8;
    cq_handle 0 8,
}
layout! { ib_uverbs_cq_moderation: 4, 2;
    cq_count 0 2, cq_period 2 2,
}
layout! { ib_uverbs_cq_moderation_caps: 8, 4;
    max_cq_moderation_count 0 2, max_cq_moderation_period 2 2, reserved 4 4,
}
layout! { ib_uverbs_create_ah: 56, 8;
    response 0 8, user_handle 8 8, pd_handle 16 4, reserved 20 4, attr 24 32, driver_data 56 0,
}
layout! { ib_uverbs_create_ah_resp: 4, 4;
    ah_handle 0 4, driver_data 4 0,
}
layout! { ib_uverbs_create_comp_channel: 8, 8;
    response 0 8,
}
layout! { ib_uverbs_create_comp_channel_resp: 4, 4;
    fd 0 4,
}
layout! { ib_uverbs_create_cq: 32, 8;
    response 0 8, user_handle 8 8, cqe 16 4, comp_vector 20 4, comp_channel 24 4, reserved 28 4,
    driver_data 32 0,
}
layout! { ib_uverbs_create_cq_resp: 8, 8;
    cq_handle 0 4, cqe 4 4, driver_data 8 0,
}
layout! { ib_uverbs_create_flow: 24, 8;
    comp_mask 0 4, qp_handle 4 4, flow_attr 8 16,
}
layout! { ib_uverbs_create_flow_resp: 8, 4;
    comp_mask 0 4, flow_handle 4 4,
}
layout! { ib_uverbs_create_qp: 56, 8;
    response 0 8, user_handle 8 8, pd_handle 16 4, send_cq_handle 20 4, recv_cq_handle 24 4,
    srq_handle 28 4, max_send_wr 32 4, max_recv_wr 36 4, max_send_sge 40 4, max_recv_sge 44 4,
    max_inline_data 48 4, sq_sig_all 52 1, qp_type 53 1, is_srq 54 1, reserved 55 1,
    driver_data 56 0,
}
layout! { ib_uverbs_create_qp_resp: 32, 4;
    qp_handle 0 4, qpn 4 4, max_send_wr 8 4, max_recv_wr 12 4, max_send_sge 16 4, max_recv_sge 20 4,
    max_inline_data 24 4, reserved 28 4, driver_data 32 0,
}
layout! { ib_uverbs_create_srq: 32, 8;
    response 0 8, user_handle 8 8, pd_handle 16 4, max_wr 20 4, max_sge 24 4, srq_limit 28 4,
    driver_data 32 0,
}
layout! { ib_uverbs_create_srq_resp: 16, 4;
    srq_handle 0 4, max_wr 4 4, max_sge 8 4, srqn 12 4, driver_data 16 0,
}
layout! { ib_uverbs_create_xsrq: 48, 8;
    response 0 8, user_handle 8 8, srq_type 16 4, pd_handle 20 4, max_wr 24 4, max_sge 28 4,
    srq_limit 32 4, max_num_tags 36 4, xrcd_handle 40 4, cq_handle 44 4, driver_data 48 0,
}
layout! { ib_uverbs_dealloc_mw: 4, 4;
    mw_handle 0 4,
}
layout! { ib_uverbs_dealloc_pd: 4, 4;
    pd_handle 0 4,
}
layout! { ib_uverbs_dereg_mr: 4, 4;
    mr_handle 0 4,
}
layout! { ib_uverbs_destroy_ah: 4, 4;
    ah_handle 0 4,
}
layout! { ib_uverbs_destroy_cq: 16, 8;
    response 0 8, cq_handle 8 4, reserved 12 4,
}
layout! { ib_uverbs_destroy_cq_resp: 8, 4;
    comp_events_reported 0 4, async_events_reported 4 4,
}
layout! { ib_uverbs_destroy_flow: 8, 4;
    comp_mask 0 4, flow_handle 4 4,
}
layout! { ib_uverbs_destroy_qp: 16, 8;
    response 0 8, qp_handle 8 4, reserved 12 4,
}
layout! { ib_uverbs_destroy_qp_resp: 4, 4;
    events_reported 0 4,
}
layout! { ib_uverbs_destroy_srq: 16, 8;
    response 0 8, srq_handle 8 4, reserved 12 4,
}
layout! { ib_uverbs_destroy_srq_resp: 4, 4;
    events_reported 0 4,
}
layout! { ib_uverbs_detach_mcast: 24, 8;
    gid 0 16, qp_handle 16 4, mlid 20 2, reserved 22 2, driver_data 24 0,
}
layout! { ib_uverbs_ex_cmd_hdr: 16, 8;
    response 0 8, provider_in_words 8 2, provider_out_words 10 2, cmd_hdr_reserved 12 4,
}
layout! { ib_uverbs_ex_create_cq: 32, 8;
    user_handle 0 8, cqe 8 4, comp_vector 12 4, comp_channel 16 4, comp_mask 20 4, flags 24 4,
    reserved 28 4,
}
layout! { ib_uverbs_ex_create_cq_resp: 16, 8;
    base 0 8, comp_mask 8 4, response_length 12 4,
}
layout! { ib_uverbs_ex_create_qp: 64, 8;
    user_handle 0 8, pd_handle 8 4, send_cq_handle 12 4, recv_cq_handle 16 4, srq_handle 20 4,
    max_send_wr 24 4, max_recv_wr 28 4, max_send_sge 32 4, max_recv_sge 36 4, max_inline_data 40 4,
    sq_sig_all 44 1, qp_type 45 1, is_srq 46 1, reserved 47 1, comp_mask 48 4, create_flags 52 4,
    rwq_ind_tbl_handle 56 4, source_qpn 60 4,
}
layout! { ib_uverbs_ex_create_qp_resp: 40, 4;
    base 0 32, comp_mask 32 4, response_length 36 4,
}
layout! { ib_uverbs_ex_create_rwq_ind_table: 8, 4;
    comp_mask 0 4, log_ind_tbl_size 4 4, wq_handles 8 0,
}
layout! { ib_uverbs_ex_create_rwq_ind_table_resp: 16, 4;
    comp_mask 0 4, response_length 4 4, ind_tbl_handle 8 4, ind_tbl_num 12 4,
}
layout! { ib_uverbs_ex_create_wq: 40, 8;
    comp_mask 0 4, wq_type 4 4, user_handle 8 8, pd_handle 16 4, cq_handle 20 4, max_wr 24 4,
    max_sge 28 4, create_flags 32 4, reserved 36 4,
}
layout! { ib_uverbs_ex_create_wq_resp: 24, 4;
    comp_mask 0 4, response_length 4 4, wq_handle 8 4, max_wr 12 4, max_sge 16 4, wqn 20 4,
}
layout! { ib_uverbs_ex_destroy_rwq_ind_table: 8, 4;
    comp_mask 0 4, ind_tbl_handle 4 4,
}
layout! { ib_uverbs_ex_destroy_wq: 8, 4;
    comp_mask 0 4, wq_handle 4 4,
}
layout! { ib_uverbs_ex_destroy_wq_resp: 16, 4;
    comp_mask 0 4, response_length 4 4, events_reported 8 4, reserved 12 4,
}
layout! { ib_uverbs_ex_modify_cq: 16, 4;
    cq_handle 0 4, attr_mask 4 4, attr 8 4, reserved 12 4,
}
layout! { ib_uverbs_ex_modify_qp: 120, 8;
    base 0 112, rate_limit 112 4, reserved 116 4,
}
layout! { ib_uverbs_ex_modify_qp_resp: 8, 4;
    comp_mask 0 4, response_length 4 4,
}
layout! { ib_uverbs_ex_modify_wq: 24, 4;
    attr_mask 0 4, wq_handle 4 4, wq_state 8 4, curr_wq_state 12 4, flags 16 4, flags_mask 20 4,
}
layout! { ib_uverbs_ex_query_device: 8, 4;
    comp_mask 0 4, reserved 4 4,
}
layout! { ib_uverbs_ex_query_device_resp: 304, 8;
    base 0 176, comp_mask 176 4, response_length 180 4, odp_caps 184 24, timestamp_mask 208 8,
    hca_core_clock 216 8, device_cap_flags_ex 224 8, rss_caps 232 16, max_wq_type_rq 248 4,
    raw_packet_caps 252 4, tm_caps 256 24, cq_moderation_caps 280 8, max_dm_size 288 8,
    xrc_odp_caps 296 4, reserved 300 4,
}
layout! { ib_uverbs_flow_attr: 16, 8;
    r#type 0 4, size 4 2, priority 6 2, num_of_specs 8 1, reserved 9 2, port 11 1, flags 12 4,
    flow_specs 16 0,
}
layout! { ib_uverbs_flow_eth_filter: 16, 2;
    dst_mac 0 6, src_mac 6 6, ether_type 12 2, vlan_tag 14 2,
}
layout! { ib_uverbs_flow_gre_filter: 8, 4;
    c_ks_res0_ver 0 2, protocol 2 2, key 4 4,
}
layout! { ib_uverbs_flow_ipv4_filter: 12, 4;
    src_ip 0 4, dst_ip 4 4, proto 8 1, tos 9 1, ttl 10 1, flags 11 1,
}
layout! { ib_uverbs_flow_ipv6_filter: 40, 4;
    src_ip 0 16, dst_ip 16 16, flow_label 32 4, next_hdr 36 1, traffic_class 37 1, hop_limit 38 1,
    reserved 39 1,
}
layout! { ib_uverbs_flow_mpls_filter: 4, 4;
    label 0 4,
}
layout! { ib_uverbs_flow_spec_action_count: 16, 8;
    hdr 0 8, hdr.r#type 0 4, hdr.size 4 2, hdr.reserved 6 2, handle 8 4, reserved1 12 4,
}
layout! { ib_uverbs_flow_spec_action_drop: 8, 8;
    hdr 0 8, hdr.r#type 0 4, hdr.size 4 2, hdr.reserved 6 2,
}
layout! { ib_uverbs_flow_spec_action_handle: 16, 8;
    hdr 0 8, hdr.r#type 0 4, hdr.size 4 2, hdr.reserved 6 2, handle 8 4, reserved1 12 4,
}
layout! { ib_uverbs_flow_spec_action_tag: 16, 8;
    hdr 0 8, hdr.r#type 0 4, hdr.size 4 2, hdr.reserved 6 2, tag_id 8 4, reserved1 12 4,
}
layout! { ib_uverbs_flow_spec_esp: 24, 8;
    hdr 0 8, hdr.r#type 0 4, hdr.size 4 2, hdr.reserved 6 2, val 8 8, mask 16 8,
}
layout! { ib_uverbs_flow_spec_esp_filter: 8, 4;
    spi 0 4, seq 4 4,
}
layout! { ib_uverbs_flow_spec_eth: 40, 8;
    hdr 0 8, hdr.r#type 0 4, hdr.size 4 2, hdr.reserved 6 2, val 8 16, mask 24 16,
}
layout! { ib_uverbs_flow_spec_gre: 24, 8;
    hdr 0 8, hdr.r#type 0 4, hdr.size 4 2, hdr.reserved 6 2, val 8 8, mask 16 8,
}
layout! { ib_uverbs_flow_spec_hdr: 8, 8;
    r#type 0 4, size 4 2, reserved 6 2, flow_spec_data 8 0,
}
layout! { ib_uverbs_flow_spec_ipv4: 32, 8;
    hdr 0 8, hdr.r#type 0 4, hdr.size 4 2, hdr.reserved 6 2, val 8 12, mask 20 12,
}
layout! { ib_uverbs_flow_spec_ipv6: 88, 8;
    hdr 0 8, hdr.r#type 0 4, hdr.size 4 2, hdr.reserved 6 2, val 8 40, mask 48 40,
}
layout! { ib_uverbs_flow_spec_mpls: 16, 8;
    hdr 0 8, hdr.r#type 0 4, hdr.size 4 2, hdr.reserved 6 2, val 8 4, mask 12 4,
}
layout! { ib_uverbs_flow_spec_tcp_udp: 16, 8;
    hdr 0 8, hdr.r#type 0 4, hdr.size 4 2, hdr.reserved 6 2, val 8 4, mask 12 4,
}
layout! { ib_uverbs_flow_spec_tunnel: 16, 8;
    hdr 0 8, hdr.r#type 0 4, hdr.size 4 2, hdr.reserved 6 2, val 8 4, mask 12 4,
}
layout! { ib_uverbs_flow_tcp_udp_filter: 4, 2;
    dst_port 0 2, src_port 2 2,
}
layout! { ib_uverbs_flow_tunnel_filter: 4, 4;
    tunnel_id 0 4,
}
layout! { ib_uverbs_get_context: 8, 8;
    response 0 8, driver_data 8 0,
}
layout! { ib_uverbs_get_context_resp: 8, 8;
    async_fd 0 4, num_comp_vectors 4 4, driver_data 8 0,
}
layout! { ib_uverbs_global_route: 24, 4;
    dgid 0 16, flow_label 16 4, sgid_index 20 1, hop_limit 21 1, traffic_class 22 1, reserved 23 1,
}
layout! { ib_uverbs_ioctl_hdr: 24, 8;
    length 0 2, object_id 2 2, method_id 4 2, num_attrs 6 2, reserved1 8 8, driver_id 16 4,
    reserved2 20 4, attrs 24 0,
}
layout! { ib_uverbs_modify_qp: 112, 8;
    dest 0 32, alt_dest 32 32, qp_handle 64 4, attr_mask 68 4, qkey 72 4, rq_psn 76 4, sq_psn 80 4,
    dest_qp_num 84 4, qp_access_flags 88 4, pkey_index 92 2, alt_pkey_index 94 2, qp_state 96 1,
    cur_qp_state 97 1, path_mtu 98 1, path_mig_state 99 1, en_sqd_async_notify 100 1,
    max_rd_atomic 101 1, max_dest_rd_atomic 102 1, min_rnr_timer 103 1, port_num 104 1,
    timeout 105 1, retry_cnt 106 1, rnr_retry 107 1, alt_port_num 108 1, alt_timeout 109 1,
    reserved 110 2, driver_data 112 0,
}
layout! { ib_uverbs_modify_srq: 16, 8;
    srq_handle 0 4, attr_mask 4 4, max_wr 8 4, srq_limit 12 4, driver_data 16 0,
}
layout! { ib_uverbs_odp_caps: 24, 8;
    general_caps 0 8, per_transport_caps 8 12, per_transport_caps.rc_odp_caps 8 4,
    per_transport_caps.uc_odp_caps 12 4, per_transport_caps.ud_odp_caps 16 4, reserved 20 4,
}
layout! { ib_uverbs_open_qp: 32, 8;
    response 0 8, user_handle 8 8, pd_handle 16 4, qpn 20 4, qp_type 24 1, reserved 25 7,
    driver_data 32 0,
}
layout! { ib_uverbs_open_xrcd: 16, 8;
    response 0 8, fd 8 4, oflags 12 4, driver_data 16 0,
}
layout! { ib_uverbs_open_xrcd_resp: 4, 4;
    xrcd_handle 0 4, driver_data 4 0,
}
layout! { ib_uverbs_poll_cq: 16, 8;
    response 0 8, cq_handle 8 4, ne 12 4,
}
layout! { ib_uverbs_poll_cq_resp: 8, 8;
    count 0 4, reserved 4 4, wc 8 0,
}
layout! { ib_uverbs_post_recv: 24, 8;
    response 0 8, qp_handle 8 4, wr_count 12 4, sge_count 16 4, wqe_size 20 4, recv_wr 24 0,
}
layout! { ib_uverbs_post_recv_resp: 4, 4;
    bad_wr 0 4,
}
layout! { ib_uverbs_post_send: 24, 8;
    response 0 8, qp_handle 8 4, wr_count 12 4, sge_count 16 4, wqe_size 20 4, send_wr 24 0,
}
layout! { ib_uverbs_post_send_resp: 4, 4;
    bad_wr 0 4,
}
layout! { ib_uverbs_post_srq_recv: 24, 8;
    response 0 8, srq_handle 8 4, wr_count 12 4, sge_count 16 4, wqe_size 20 4, recv 24 0,
}
layout! { ib_uverbs_post_srq_recv_resp: 4, 4;
    bad_wr 0 4,
}
layout! { ib_uverbs_qp_attr: 144, 4;
    qp_attr_mask 0 4, qp_state 4 4, cur_qp_state 8 4, path_mtu 12 4, path_mig_state 16 4, qkey 20 4,
    rq_psn 24 4, sq_psn 28 4, dest_qp_num 32 4, qp_access_flags 36 4, ah_attr 40 32,
    alt_ah_attr 72 32, max_send_wr 104 4, max_recv_wr 108 4, max_send_sge 112 4, max_recv_sge 116 4,
    max_inline_data 120 4, pkey_index 124 2, alt_pkey_index 126 2, en_sqd_async_notify 128 1,
    sq_draining 129 1, max_rd_atomic 130 1, max_dest_rd_atomic 131 1, min_rnr_timer 132 1,
    port_num 133 1, timeout 134 1, retry_cnt 135 1, rnr_retry 136 1, alt_port_num 137 1,
    alt_timeout 138 1, reserved 139 5,
}
layout! { ib_uverbs_qp_dest: 32, 4;
    dgid 0 16, flow_label 16 4, dlid 20 2, reserved 22 2, sgid_index 24 1, hop_limit 25 1,
    traffic_class 26 1, sl 27 1, src_path_bits 28 1, static_rate 29 1, is_global 30 1,
    port_num 31 1,
}
layout! { ib_uverbs_query_device: 8, 8;
    response 0 8, driver_data 8 0,
}
layout! { ib_uverbs_query_device_resp: 176, 8;
    fw_ver 0 8, node_guid 8 8, sys_image_guid 16 8, max_mr_size 24 8, page_size_cap 32 8,
    vendor_id 40 4, vendor_part_id 44 4, hw_ver 48 4, max_qp 52 4, max_qp_wr 56 4,
    device_cap_flags 60 4, max_sge 64 4, max_sge_rd 68 4, max_cq 72 4, max_cqe 76 4, max_mr 80 4,
    max_pd 84 4, max_qp_rd_atom 88 4, max_ee_rd_atom 92 4, max_res_rd_atom 96 4,
    max_qp_init_rd_atom 100 4, max_ee_init_rd_atom 104 4, atomic_cap 108 4, max_ee 112 4,
    max_rdd 116 4, max_mw 120 4, max_raw_ipv6_qp 124 4, max_raw_ethy_qp 128 4, max_mcast_grp 132 4,
    max_mcast_qp_attach 136 4, max_total_mcast_qp_attach 140 4, max_ah 144 4, max_fmr 148 4,
    max_map_per_fmr 152 4, max_srq 156 4, max_srq_wr 160 4, max_srq_sge 164 4, max_pkeys 168 2,
    local_ca_ack_delay 170 1, phys_port_cnt 171 1, reserved 172 4,
}
layout! { ib_uverbs_query_port: 16, 8;
    response 0 8, port_num 8 1, reserved 9 7, driver_data 16 0,
}
layout! { ib_uverbs_query_port_resp: 40, 4;
    port_cap_flags 0 4, max_msg_sz 4 4, bad_pkey_cntr 8 4, qkey_viol_cntr 12 4, gid_tbl_len 16 4,
    pkey_tbl_len 20 2, lid 22 2, sm_lid 24 2, state 26 1, max_mtu 27 1, active_mtu 28 1, lmc 29 1,
    max_vl_num 30 1, sm_sl 31 1, subnet_timeout 32 1, init_type_reply 33 1, active_width 34 1,
    active_speed 35 1, phys_state 36 1, link_layer 37 1, flags 38 1, reserved 39 1,
}
layout! { ib_uverbs_query_qp: 16, 8;
    response 0 8, qp_handle 8 4, attr_mask 12 4, driver_data 16 0,
}
layout! { ib_uverbs_query_qp_resp: 128, 8;
    dest 0 32, alt_dest 32 32, max_send_wr 64 4, max_recv_wr 68 4, max_send_sge 72 4,
    max_recv_sge 76 4, max_inline_data 80 4, qkey 84 4, rq_psn 88 4, sq_psn 92 4, dest_qp_num 96 4,
    qp_access_flags 100 4, pkey_index 104 2, alt_pkey_index 106 2, qp_state 108 1,
    cur_qp_state 109 1, path_mtu 110 1, path_mig_state 111 1, sq_draining 112 1,
    max_rd_atomic 113 1, max_dest_rd_atomic 114 1, min_rnr_timer 115 1, port_num 116 1,
    timeout 117 1, retry_cnt 118 1, rnr_retry 119 1, alt_port_num 120 1, alt_timeout 121 1,
    sq_sig_all 122 1, reserved 123 5, driver_data 128 0,
}
layout! { ib_uverbs_query_srq: 16, 8;
    response 0 8, srq_handle 8 4, reserved 12 4, driver_data 16 0,
}
layout! { ib_uverbs_query_srq_resp: 16, 4;
    max_wr 0 4, max_sge 4 4, srq_limit 8 4, reserved 12 4,
}
layout! { ib_uverbs_recv_wr: 16, 8;
    wr_id 0 8, num_sge 8 4, reserved 12 4,
}
layout! { ib_uverbs_reg_mr: 40, 8;
    response 0 8, start 8 8, length 16 8, hca_va 24 8, pd_handle 32 4, access_flags 36 4,
    driver_data 40 0,
}
layout! { ib_uverbs_reg_mr_resp: 12, 4;
    mr_handle 0 4, lkey 4 4, rkey 8 4, driver_data 12 0,
}
layout! { ib_uverbs_req_notify_cq: 8, 4;
    cq_handle 0 4, solicited_only 4 4,
}
layout! { ib_uverbs_rereg_mr: 48, 8;
    response 0 8, mr_handle 8 4, flags 12 4, start 16 8, length 24 8, hca_va 32 8, pd_handle 40 4,
    access_flags 44 4, driver_data 48 0,
}
layout! { ib_uverbs_rereg_mr_resp: 8, 8;
    lkey 0 4, rkey 4 4, driver_data 8 0,
}
layout! { ib_uverbs_resize_cq: 16, 8;
    response 0 8, cq_handle 8 4, cqe 12 4, driver_data 16 0,
}
layout! { ib_uverbs_resize_cq_resp: 8, 8;
    cqe 0 4, reserved 4 4, driver_data 8 0,
}
layout! { ib_uverbs_rss_caps: 16, 4;
    supported_qpts 0 4, max_rwq_indirection_tables 4 4, max_rwq_indirection_table_size 8 4,
    reserved 12 4,
}
layout! { ib_uverbs_send_wr: 56, 8;
    wr_id 0 8, num_sge 8 4, opcode 12 4, send_flags 16 4, ex 20 4, ex.imm_data 20 4,
    ex.invalidate_rkey 20 4, wr 24 32, wr.rdma 24 16, wr.rdma.remote_addr 24 8, wr.rdma.rkey 32 4,
    wr.rdma.reserved 36 4, wr.atomic 24 32, wr.atomic.remote_addr 24 8, wr.atomic.compare_add 32 8,
    wr.atomic.swap 40 8, wr.atomic.rkey 48 4, wr.atomic.reserved 52 4, wr.ud 24 16, wr.ud.ah 24 4,
    wr.ud.remote_qpn 28 4, wr.ud.remote_qkey 32 4, wr.ud.reserved 36 4,
}
layout! { ib_uverbs_sge: 16, 8;
    addr 0 8, length 8 4, lkey 12 4,
}
layout! { ib_uverbs_tm_caps: 24, 4;
    max_rndv_hdr_size 0 4, max_num_tags 4 4, flags 8 4, max_ops 12 4, max_sge 16 4, reserved 20 4,
}
layout! { ib_uverbs_wc: 48, 8;
    wr_id 0 8, status 8 4, opcode 12 4, vendor_err 16 4, byte_len 20 4, ex 24 4, ex.imm_data 24 4,
    ex.invalidate_rkey 24 4, qp_num 28 4, src_qp 32 4, wc_flags 36 4, pkey_index 40 2, slid 42 2,
    sl 44 1, dlid_path_bits 45 1, port_num 46 1, reserved 47 1,
}
layout! { rdma_ls_ip_resolve_header: 4, 4;
    ifindex 0 4,
}
layout! { rdma_ls_resolve_header: 66, 1;
    device_name 0 64, port_num 64 1, path_use 65 1,
}
layout! { rdma_nla_ls_gid: 16, 1;
    gid 0 16,
}
