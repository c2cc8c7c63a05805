//! Structs of the public headers of release 65.
//! Written by c-tests/layout/asserts.py from public-65.tsv; not edited by hand.

use crate::abi::*;

layout! { _ibv_device_ops: 16, 8;
    _dummy1 0 8, _dummy2 8 8,
}
layout! { ib_uverbs_buffer_desc: 32, 8;
    r#type 0 4, fd 4 4, flags 8 4, optional_flags 12 4, addr 16 8, length 24 8,
}
layout! { ib_uverbs_flow_action_esp: 24, 8;
    spi 0 4, seq 4 4, tfc_pad 8 4, flags 12 4, hard_limit_pkts 16 8,
}
layout! { ib_uverbs_flow_action_esp_encap: 24, 8;
    val.val_ptr 0 8, val.val_ptr_data_u64 0 8, next.next_ptr 8 8, next.next_ptr_data_u64 8 8,
    len 16 2, r#type 18 2,
}
layout! { ib_uverbs_flow_action_esp_keymat_aes_gcm: 56, 8;
    iv 0 8, iv_algo 8 4, salt 12 4, icv_len 16 4, key_len 20 4, aes_key 24 32,
}
layout! { ib_uverbs_flow_action_esp_replay_bmp: 4, 4;
    size 0 4,
}
layout! { ib_uverbs_gid_entry: 32, 8;
    gid 0 16, gid_index 16 4, port_num 20 4, gid_type 24 4, netdev_ifindex 28 4,
}
layout! { ib_uverbs_qp_cap: 20, 4;
    max_send_wr 0 4, max_recv_wr 4 4, max_send_sge 8 4, max_recv_sge 12 4, max_inline_data 16 4,
}
layout! { ib_uverbs_query_port_resp_ex: 48, 4;
    legacy_resp 0 40, port_cap_flags2 40 2, reserved 42 2, active_speed_ex 44 4,
}
layout! { ibv_ah: 24, 8;
    context 0 8, pd 8 8, handle 16 4,
}
layout! { ibv_ah_attr: 32, 8;
    grh 0 24, dlid 24 2, sl 26 1, src_path_bits 27 1, static_rate 28 1, is_global 29 1,
    port_num 30 1,
}
layout! { ibv_alloc_dm_attr: 16, 8;
    length 0 8, log_align_req 8 4, comp_mask 12 4,
}
layout! { ibv_async_event: 16, 8;
    element 0 8, element.cq 0 8, element.qp 0 8, element.srq 0 8, element.wq 0 8,
    element.port_num 0 4, event_type 8 4,
}
layout! { ibv_comp_channel: 16, 8;
    context 0 8, fd 8 4, refcnt 12 4,
}
layout! { ibv_comp_cntr: 16, 8;
    context 0 8, handle 8 4,
}
layout! { ibv_comp_cntr_caps: 16, 8;
    max_value 0 8, max_counters 8 4, supported_qp_attach_ops 12 4,
}
layout! { ibv_comp_cntr_init_attr: 12, 4;
    comp_mask 0 4, r#type 4 4, flags 8 4,
}
layout! { ibv_context: 328, 8;
    device 0 8, ops 8 256, cmd_fd 264 4, async_fd 268 4, num_comp_vectors 272 4, mutex 280 40,
    abi_compat 320 8,
}
layout! { ibv_context_ops: 256, 8;
    _compat_query_device 0 8, _compat_query_port 8 8, _compat_alloc_pd 16 8,
    _compat_dealloc_pd 24 8, _compat_reg_mr 32 8, _compat_rereg_mr 40 8, _compat_dereg_mr 48 8,
    alloc_mw 56 8, bind_mw 64 8, dealloc_mw 72 8, _compat_create_cq 80 8, poll_cq 88 8,
    req_notify_cq 96 8, _compat_cq_event 104 8, _compat_resize_cq 112 8, _compat_destroy_cq 120 8,
    _compat_create_srq 128 8, _compat_modify_srq 136 8, _compat_query_srq 144 8,
    _compat_destroy_srq 152 8, post_srq_recv 160 8, _compat_create_qp 168 8, _compat_query_qp 176 8,
    _compat_modify_qp 184 8, _compat_destroy_qp 192 8, post_send 200 8, post_recv 208 8,
    _compat_create_ah 216 8, _compat_destroy_ah 224 8, _compat_attach_mcast 232 8,
    _compat_detach_mcast 240 8, _compat_async_event 248 8,
}
layout! { ibv_counter_attach_attr: 12, 4;
    counter_desc 0 4, index 4 4, comp_mask 8 4,
}
layout! { ibv_counters: 8, 8;
    context 0 8,
}
layout! { ibv_counters_init_attr: 4, 4;
    comp_mask 0 4,
}
layout! { ibv_cq: 128, 8;
    context 0 8, channel 8 8, cq_context 16 8, handle 24 4, cqe 28 4, mutex 32 40, cond 72 48,
    comp_events_completed 120 4, async_events_completed 124 4,
}
layout! { ibv_cq_ex: 288, 8;
    context 0 8, channel 8 8, cq_context 16 8, handle 24 4, cqe 28 4, mutex 32 40, cond 72 48,
    comp_events_completed 120 4, async_events_completed 124 4, comp_mask 128 4, status 132 4,
    wr_id 136 8, start_poll 144 8, next_poll 152 8, end_poll 160 8, read_opcode 168 8,
    read_vendor_err 176 8, read_byte_len 184 8, read_imm_data 192 8, read_qp_num 200 8,
    read_src_qp 208 8, read_wc_flags 216 8, read_slid 224 8, read_sl 232 8,
    read_dlid_path_bits 240 8, read_completion_ts 248 8, read_cvlan 256 8, read_flow_tag 264 8,
    read_tm_info 272 8, read_completion_wallclock_ns 280 8,
}
layout! { ibv_cq_init_attr_ex: 56, 8;
    cqe 0 4, cq_context 8 8, channel 16 8, comp_vector 24 4, wc_flags 32 8, comp_mask 40 4,
    flags 44 4, parent_domain 48 8,
}
layout! { ibv_cq_moderation_caps: 4, 2;
    max_cq_count 0 2, max_cq_period 2 2,
}
layout! { ibv_data_buf: 16, 8;
    addr 0 8, length 8 8,
}
layout! { ibv_device: 664, 8;
    _ops 0 16, node_type 16 4, transport_type 20 4, name 24 64, dev_name 88 64, dev_path 152 256,
    ibdev_path 408 256,
}
layout! { ibv_device_attr: 232, 8;
    fw_ver 0 64, node_guid 64 8, sys_image_guid 72 8, max_mr_size 80 8, page_size_cap 88 8,
    vendor_id 96 4, vendor_part_id 100 4, hw_ver 104 4, max_qp 108 4, max_qp_wr 112 4,
    device_cap_flags 116 4, max_sge 120 4, max_sge_rd 124 4, max_cq 128 4, max_cqe 132 4,
    max_mr 136 4, max_pd 140 4, max_qp_rd_atom 144 4, max_ee_rd_atom 148 4, max_res_rd_atom 152 4,
    max_qp_init_rd_atom 156 4, max_ee_init_rd_atom 160 4, atomic_cap 164 4, max_ee 168 4,
    max_rdd 172 4, max_mw 176 4, max_raw_ipv6_qp 180 4, max_raw_ethy_qp 184 4, max_mcast_grp 188 4,
    max_mcast_qp_attach 192 4, max_total_mcast_qp_attach 196 4, max_ah 200 4, max_fmr 204 4,
    max_map_per_fmr 208 4, max_srq 212 4, max_srq_wr 216 4, max_srq_sge 220 4, max_pkeys 224 2,
    local_ca_ack_delay 226 1, phys_port_cnt 227 1,
}
layout! { ibv_device_attr_ex: 400, 8;
    orig_attr 0 232, comp_mask 232 4, odp_caps 240 24, completion_timestamp_mask 264 8,
    hca_core_clock 272 8, device_cap_flags_ex 280 8, tso_caps 288 8, rss_caps 296 32,
    max_wq_type_rq 328 4, packet_pacing_caps 332 12, raw_packet_caps 344 4, tm_caps 348 20,
    cq_mod_caps 368 4, max_dm_size 376 8, pci_atomic_caps 384 6, xrc_odp_caps 392 4,
    phys_port_cnt_ex 396 4,
}
layout! { ibv_dm: 32, 8;
    context 0 8, memcpy_to_dm 8 8, memcpy_from_dm 16 8, comp_mask 24 4, handle 28 4,
}
layout! { ibv_dmah: 8, 8;
    context 0 8,
}
layout! { ibv_dmah_init_attr: 12, 4;
    comp_mask 0 4, cpu_id 4 4, ph 8 1, tph_mem_type 9 1,
}
layout! { ibv_ece: 12, 4;
    vendor_id 0 4, options 4 4, comp_mask 8 4,
}
layout! { ibv_fd_arr: 16, 8;
    arr 0 8, count 8 4,
}
layout! { ibv_flow: 24, 8;
    comp_mask 0 4, context 8 8, handle 16 4,
}
layout! { ibv_flow_action: 8, 8;
    context 0 8,
}
layout! { ibv_flow_action_esp_attr: 56, 8;
    esp_attr 0 8, keymat_proto 8 4, keymat_len 12 2, keymat_ptr 16 8, replay_proto 24 4,
    replay_len 28 2, replay_ptr 32 8, esp_encap 40 8, comp_mask 48 4, esn 52 4,
}
layout! { ibv_flow_attr: 20, 4;
    comp_mask 0 4, r#type 4 4, size 8 2, priority 10 2, num_of_specs 12 1, port 13 1, flags 16 4,
}
layout! { ibv_flow_esp_filter: 8, 4;
    spi 0 4, seq 4 4,
}
layout! { ibv_flow_eth_filter: 16, 2;
    dst_mac 0 6, src_mac 6 6, ether_type 12 2, vlan_tag 14 2,
}
layout! { ibv_flow_gre_filter: 8, 4;
    c_ks_res0_ver 0 2, protocol 2 2, key 4 4,
}
layout! { ibv_flow_ipv4_ext_filter: 12, 4;
    src_ip 0 4, dst_ip 4 4, proto 8 1, tos 9 1, ttl 10 1, flags 11 1,
}
layout! { ibv_flow_ipv4_filter: 8, 4;
    src_ip 0 4, dst_ip 4 4,
}
layout! { ibv_flow_ipv6_filter: 40, 4;
    src_ip 0 16, dst_ip 16 16, flow_label 32 4, next_hdr 36 1, traffic_class 37 1, hop_limit 38 1,
}
layout! { ibv_flow_mpls_filter: 4, 4;
    label 0 4,
}
layout! { ibv_flow_spec: 88, 8;
    u.hdr 0 8, u.hdr.r#type 0 4, u.hdr.size 4 2, u.eth 0 40, u.ipv4 0 24, u.tcp_udp 0 16,
    u.ipv4_ext 0 32, u.ipv6 0 88, u.esp 0 24, u.tunnel 0 16, u.gre 0 24, u.mpls 0 16,
    u.flow_tag 0 12, u.drop 0 8, u.handle 0 16, u.flow_count 0 16,
}
layout! { ibv_flow_spec_action_drop: 8, 4;
    r#type 0 4, size 4 2,
}
layout! { ibv_flow_spec_action_handle: 16, 8;
    r#type 0 4, size 4 2, action 8 8,
}
layout! { ibv_flow_spec_action_tag: 12, 4;
    r#type 0 4, size 4 2, tag_id 8 4,
}
layout! { ibv_flow_spec_counter_action: 16, 8;
    r#type 0 4, size 4 2, counters 8 8,
}
layout! { ibv_flow_spec_esp: 24, 4;
    r#type 0 4, size 4 2, val 8 8, mask 16 8,
}
layout! { ibv_flow_spec_eth: 40, 4;
    r#type 0 4, size 4 2, val 6 16, mask 22 16,
}
layout! { ibv_flow_spec_gre: 24, 4;
    r#type 0 4, size 4 2, val 8 8, mask 16 8,
}
layout! { ibv_flow_spec_ipv4: 24, 4;
    r#type 0 4, size 4 2, val 8 8, mask 16 8,
}
layout! { ibv_flow_spec_ipv4_ext: 32, 4;
    r#type 0 4, size 4 2, val 8 12, mask 20 12,
}
layout! { ibv_flow_spec_ipv6: 88, 4;
    r#type 0 4, size 4 2, val 8 40, mask 48 40,
}
layout! { ibv_flow_spec_mpls: 16, 4;
    r#type 0 4, size 4 2, val 8 4, mask 12 4,
}
layout! { ibv_flow_spec_tcp_udp: 16, 4;
    r#type 0 4, size 4 2, val 6 4, mask 10 4,
}
layout! { ibv_flow_spec_tunnel: 16, 4;
    r#type 0 4, size 4 2, val 8 4, mask 12 4,
}
layout! { ibv_flow_tcp_udp_filter: 4, 2;
    dst_port 0 2, src_port 2 2,
}
layout! { ibv_flow_tunnel_filter: 4, 4;
    tunnel_id 0 4,
}
layout! { ibv_gid_entry: 32, 8;
    gid 0 16, gid_index 16 4, port_num 20 4, gid_type 24 4, ndev_ifindex 28 4,
}
layout! { ibv_global_route: 24, 8;
    dgid 0 16, flow_label 16 4, sgid_index 20 1, hop_limit 21 1, traffic_class 22 1,
}
layout! { ibv_grh: 40, 8;
    version_tclass_flow 0 4, paylen 4 2, next_hdr 6 1, hop_limit 7 1, sgid 8 16, dgid 24 16,
}
layout! { ibv_moderate_cq: 4, 2;
    cq_count 0 2, cq_period 2 2,
}
layout! { ibv_modify_cq_attr: 8, 4;
    attr_mask 0 4, moderate 4 4,
}
layout! { ibv_mr: 48, 8;
    context 0 8, pd 8 8, addr 16 8, length 24 8, handle 32 4, lkey 36 4, rkey 40 4,
}
layout! { ibv_mr_init_attr: 72, 8;
    length 0 8, access 8 4, comp_mask 16 8, iova 24 8, addr 32 8, fd 40 4, fd_offset 48 8,
    dmah 56 8, buf 64 8,
}
layout! { ibv_mw: 32, 8;
    context 0 8, pd 8 8, rkey 16 4, handle 20 4, r#type 24 4,
}
layout! { ibv_mw_bind: 48, 8;
    wr_id 0 8, send_flags 8 4, bind_info 16 32,
}
layout! { ibv_mw_bind_info: 32, 8;
    mr 0 8, addr 8 8, length 16 8, mw_access_flags 24 4,
}
layout! { ibv_odp_caps: 24, 8;
    general_caps 0 8, per_transport_caps 8 12, per_transport_caps.rc_odp_caps 8 4,
    per_transport_caps.uc_odp_caps 12 4, per_transport_caps.ud_odp_caps 16 4,
}
layout! { ibv_ops_wr: 72, 8;
    wr_id 0 8, next 8 8, opcode 16 4, flags 20 4, tm 24 48, tm.unexpected_cnt 24 4, tm.handle 28 4,
    tm.add 32 40, tm.add.recv_wr_id 32 8, tm.add.sg_list 40 8, tm.add.num_sge 48 4, tm.add.tag 56 8,
    tm.add.mask 64 8,
}
layout! { ibv_packet_pacing_caps: 12, 4;
    qp_rate_limit_min 0 4, qp_rate_limit_max 4 4, supported_qpts 8 4,
}
layout! { ibv_parent_domain_init_attr: 48, 8;
    pd 0 8, td 8 8, comp_mask 16 4, alloc 24 8, free 32 8, pd_context 40 8,
}
layout! { ibv_path_data: 72, 8;
    flags 0 4, reserved 4 4, path 8 64,
}
layout! { ibv_path_record: 64, 8;
    service_id 0 8, dgid 8 16, sgid 24 16, dlid 40 2, slid 42 2, flowlabel_hoplimit 44 4,
    tclass 48 1, reversible_numpath 49 1, pkey 50 2, qosclass_sl 52 2, mtu 54 1, rate 55 1,
    packetlifetime 56 1, preference 57 1, reserved 58 6,
}
layout! { ibv_pci_atomic_caps: 6, 2;
    fetch_add 0 2, swap 2 2, compare_swap 4 2,
}
layout! { ibv_pd: 16, 8;
    context 0 8, handle 8 4,
}
layout! { ibv_poll_cq_attr: 4, 4;
    comp_mask 0 4,
}
layout! { ibv_port_attr: 56, 4;
    state 0 4, max_mtu 4 4, active_mtu 8 4, gid_tbl_len 12 4, port_cap_flags 16 4, max_msg_sz 20 4,
    bad_pkey_cntr 24 4, qkey_viol_cntr 28 4, pkey_tbl_len 32 2, lid 34 2, sm_lid 36 2, lmc 38 1,
    max_vl_num 39 1, sm_sl 40 1, subnet_timeout 41 1, init_type_reply 42 1, active_width 43 1,
    active_speed 44 1, phys_state 45 1, link_layer 46 1, flags 47 1, port_cap_flags2 48 2,
    active_speed_ex 52 4,
}
layout! { ibv_qp: 160, 8;
    context 0 8, qp_context 8 8, pd 16 8, send_cq 24 8, recv_cq 32 8, srq 40 8, handle 48 4,
    qp_num 52 4, state 56 4, qp_type 60 4, mutex 64 40, cond 104 48, events_completed 152 4,
}
layout! { ibv_qp_attach_comp_cntr_attr: 8, 4;
    comp_mask 0 4, op_mask 4 4,
}
layout! { ibv_qp_attr: 144, 8;
    qp_state 0 4, cur_qp_state 4 4, path_mtu 8 4, path_mig_state 12 4, qkey 16 4, rq_psn 20 4,
    sq_psn 24 4, dest_qp_num 28 4, qp_access_flags 32 4, cap 36 20, ah_attr 56 32,
    alt_ah_attr 88 32, pkey_index 120 2, alt_pkey_index 122 2, en_sqd_async_notify 124 1,
    sq_draining 125 1, max_rd_atomic 126 1, max_dest_rd_atomic 127 1, min_rnr_timer 128 1,
    port_num 129 1, timeout 130 1, retry_cnt 131 1, rnr_retry 132 1, alt_port_num 133 1,
    alt_timeout 134 1, rate_limit 136 4,
}
layout! { ibv_qp_cap: 20, 4;
    max_send_wr 0 4, max_recv_wr 4 4, max_send_sge 8 4, max_recv_sge 12 4, max_inline_data 16 4,
}
layout! { ibv_qp_ex: 360, 8;
    qp_base 0 160, comp_mask 160 8, wr_id 168 8, wr_flags 176 4, wr_atomic_cmp_swp 184 8,
    wr_atomic_fetch_add 192 8, wr_bind_mw 200 8, wr_local_inv 208 8, wr_rdma_read 216 8,
    wr_rdma_write 224 8, wr_rdma_write_imm 232 8, wr_send 240 8, wr_send_imm 248 8,
    wr_send_inv 256 8, wr_send_tso 264 8, wr_set_ud_addr 272 8, wr_set_xrc_srqn 280 8,
    wr_set_inline_data 288 8, wr_set_inline_data_list 296 8, wr_set_sge 304 8,
    wr_set_sge_list 312 8, wr_start 320 8, wr_complete 328 8, wr_abort 336 8, wr_atomic_write 344 8,
    wr_flush 352 8,
}
layout! { ibv_qp_init_attr: 64, 8;
    qp_context 0 8, send_cq 8 8, recv_cq 16 8, srq 24 8, cap 32 20, qp_type 52 4, sq_sig_all 56 4,
}
layout! { ibv_qp_init_attr_ex: 136, 8;
    qp_context 0 8, send_cq 8 8, recv_cq 16 8, srq 24 8, cap 32 20, qp_type 52 4, sq_sig_all 56 4,
    comp_mask 60 4, pd 64 8, xrcd 72 8, create_flags 80 4, max_tso_header 84 2, rwq_ind_tbl 88 8,
    rx_hash_conf 96 24, source_qpn 120 4, send_ops_flags 128 8,
}
layout! { ibv_qp_open_attr: 32, 8;
    comp_mask 0 4, qp_num 4 4, xrcd 8 8, qp_context 16 8, qp_type 24 4,
}
layout! { ibv_qp_rate_limit_attr: 16, 4;
    rate_limit 0 4, max_burst_sz 4 4, typical_pkt_sz 8 2, comp_mask 12 4,
}
layout! { ibv_query_device_ex_input: 4, 4;
    comp_mask 0 4,
}
layout! { ibv_recv_wr: 32, 8;
    wr_id 0 8, next 8 8, sg_list 16 8, num_sge 24 4,
}
layout! { ibv_rss_caps: 32, 8;
    supported_qpts 0 4, max_rwq_indirection_tables 4 4, max_rwq_indirection_table_size 8 4,
    rx_hash_fields_mask 16 8, rx_hash_function 24 1,
}
layout! { ibv_rvh: 16, 8;
    va 0 8, rkey 8 4, len 12 4,
}
layout! { ibv_rwq_ind_table: 24, 8;
    context 0 8, ind_tbl_handle 8 4, ind_tbl_num 12 4, comp_mask 16 4,
}
layout! { ibv_rwq_ind_table_init_attr: 24, 8;
    log_ind_tbl_size 0 4, ind_tbl 8 8, comp_mask 16 4,
}
layout! { ibv_rx_hash_conf: 24, 8;
    rx_hash_function 0 1, rx_hash_key_len 1 1, rx_hash_key 8 8, rx_hash_fields_mask 16 8,
}
layout! { ibv_sa_mcmember_rec: 64, 8;
    mgid 0 16, port_gid 16 16, qkey 32 4, mlid 36 2, mtu_selector 38 1, mtu 39 1,
    traffic_class 40 1, pkey 42 2, rate_selector 44 1, rate 45 1, packet_life_time_selector 46 1,
    packet_life_time 47 1, sl 48 1, flow_label 52 4, hop_limit 56 1, scope 57 1, join_state 58 1,
    proxy_join 60 4,
}
layout! { ibv_sa_path_rec: 64, 8;
    dgid 0 16, sgid 16 16, dlid 32 2, slid 34 2, raw_traffic 36 4, flow_label 40 4, hop_limit 44 1,
    traffic_class 45 1, reversible 48 4, numb_path 52 1, pkey 54 2, sl 56 1, mtu_selector 57 1,
    mtu 58 1, rate_selector 59 1, rate 60 1, packet_life_time_selector 61 1, packet_life_time 62 1,
    preference 63 1,
}
layout! { ibv_sa_service_rec: 176, 8;
    id 0 8, gid 8 16, pkey 24 2, lease 28 4, key 32 16, name 48 64, data8 112 16, data16 128 16,
    data32 144 16, data64 160 16,
}
layout! { ibv_send_wr: 128, 8;
    wr_id 0 8, next 8 8, sg_list 16 8, num_sge 24 4, opcode 28 4, send_flags 32 4,
    imm.imm_data 36 4, imm.invalidate_rkey 36 4, wr 40 32, wr.rdma 40 16, wr.rdma.remote_addr 40 8,
    wr.rdma.rkey 48 4, wr.atomic 40 32, wr.atomic.remote_addr 40 8, wr.atomic.compare_add 48 8,
    wr.atomic.swap 56 8, wr.atomic.rkey 64 4, wr.ud 40 16, wr.ud.ah 40 8, wr.ud.remote_qpn 48 4,
    wr.ud.remote_qkey 52 4, qp_type 72 4, qp_type.xrc 72 4, qp_type.xrc.remote_srqn 72 4,
    op.bind_mw 80 48, op.bind_mw.mw 80 8, op.bind_mw.rkey 88 4, op.bind_mw.bind_info 96 32,
    op.tso 80 16, op.tso.hdr 80 8, op.tso.hdr_sz 88 2, op.tso.mss 90 2,
}
layout! { ibv_sge: 16, 8;
    addr 0 8, length 8 4, lkey 12 4,
}
layout! { ibv_srq: 128, 8;
    context 0 8, srq_context 8 8, pd 16 8, handle 24 4, mutex 32 40, cond 72 48,
    events_completed 120 4,
}
layout! { ibv_srq_attr: 12, 4;
    max_wr 0 4, max_sge 4 4, srq_limit 8 4,
}
layout! { ibv_srq_init_attr: 24, 8;
    srq_context 0 8, attr 8 12,
}
layout! { ibv_srq_init_attr_ex: 64, 8;
    srq_context 0 8, attr 8 12, comp_mask 20 4, srq_type 24 4, pd 32 8, xrcd 40 8, cq 48 8,
    tm_cap 56 8,
}
layout! { ibv_td: 8, 8;
    context 0 8,
}
layout! { ibv_td_init_attr: 4, 4;
    comp_mask 0 4,
}
layout! { ibv_tm_cap: 8, 4;
    max_num_tags 0 4, max_ops 4 4,
}
layout! { ibv_tm_caps: 20, 4;
    max_rndv_hdr_size 0 4, max_num_tags 4 4, flags 8 4, max_ops 12 4, max_sge 16 4,
}
layout! { ibv_tmh: 16, 8;
    opcode 0 1, reserved 1 3, app_ctx 4 4, tag 8 8,
}
layout! { ibv_tso_caps: 8, 4;
    max_tso 0 4, supported_qpts 4 4,
}
layout! { ibv_values_ex: 24, 8;
    comp_mask 0 4, raw_clock 8 16,
}
layout! { ibv_wc: 48, 8;
    wr_id 0 8, status 8 4, opcode 12 4, vendor_err 16 4, byte_len 20 4, imm.imm_data 24 4,
    imm.invalidated_rkey 24 4, qp_num 28 4, src_qp 32 4, wc_flags 36 4, pkey_index 40 2, slid 42 2,
    sl 44 1, dlid_path_bits 45 1,
}
layout! { ibv_wc_tm_info: 16, 8;
    tag 0 8, r#priv 8 4,
}
layout! { ibv_wq: 152, 8;
    context 0 8, wq_context 8 8, pd 16 8, cq 24 8, wq_num 32 4, handle 36 4, state 40 4,
    wq_type 44 4, post_recv 48 8, mutex 56 40, cond 96 48, events_completed 144 4, comp_mask 148 4,
}
layout! { ibv_wq_attr: 20, 4;
    attr_mask 0 4, wq_state 4 4, curr_wq_state 8 4, flags 12 4, flags_mask 16 4,
}
layout! { ibv_wq_init_attr: 48, 8;
    wq_context 0 8, wq_type 8 4, max_wr 12 4, max_sge 16 4, pd 24 8, cq 32 8, comp_mask 40 4,
    create_flags 44 4,
}
layout! { ibv_xrcd: 8, 8;
    context 0 8,
}
layout! { ibv_xrcd_init_attr: 12, 4;
    comp_mask 0 4, fd 4 4, oflags 8 4,
}
layout! { verbs_context: 696, 8;
    free_buf 0 8, alloc_buf 8 8, dm_export_dmabuf_fd 16 8, reg_mr_ex 24 8, dealloc_dmah 32 8,
    alloc_dmah 40 8, query_port 48 8, advise_mr 56 8, alloc_null_mr 64 8, read_counters 72 8,
    attach_counters_point_flow 80 8, create_counters 88 8, destroy_counters 96 8, reg_dm_mr 104 8,
    alloc_dm 112 8, free_dm 120 8, modify_flow_action_esp 128 8, destroy_flow_action 136 8,
    create_flow_action_esp 144 8, modify_qp_rate_limit 152 8, alloc_parent_domain 160 8,
    dealloc_td 168 8, alloc_td 176 8, modify_cq 184 8, post_srq_ops 192 8,
    destroy_rwq_ind_table 200 8, create_rwq_ind_table 208 8, destroy_wq 216 8, modify_wq 224 8,
    create_wq 232 8, query_rt_values 240 8, create_cq_ex 248 8, r#priv 256 8, query_device_ex 264 8,
    ibv_destroy_flow 272 8, ABI_placeholder2 280 8, ibv_create_flow 288 8, ABI_placeholder1 296 8,
    open_qp 304 8, create_qp_ex 312 8, get_srq_num 320 8, create_srq_ex 328 8, open_xrcd 336 8,
    close_xrcd 344 8, _ABI_placeholder3 352 8, sz 360 8, context 368 328,
}
layout! { ibv_gid: 16, 8;
    raw 0 16, global 0 16, global.subnet_prefix 0 8, global.interface_id 8 8,
}
