//! Structs of the provider-facing interface.
//! Written by c-tests/layout/asserts.py from private-65.tsv; not edited by hand.

use crate::abi::*;

layout! { empty: 0, 1;
}
layout! { ex_hdr: 24, 8;
    hdr 0 8, ex_hdr 8 16,
}
layout! { ib_uverbs_modify_srq_v3: 24, 4;
    srq_handle 0 4, attr_mask 4 4, max_wr 8 4, max_sge 12 4, srq_limit 16 4, reserved 20 4,
}
layout! { ibv_alloc_mw: 24, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.pd_handle 16 4, core_payload.mw_type 20 1,
    core_payload.reserved 21 3, core_payload.driver_data 24 0, core_payload 8 16,
}
layout! { ibv_alloc_pd: 16, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.driver_data 16 0, core_payload 8 8,
}
layout! { ibv_attach_mcast: 32, 8;
    hdr 0 8, core_payload.gid 8 16, core_payload.qp_handle 24 4, core_payload.mlid 28 2,
    core_payload.reserved 30 2, core_payload.driver_data 32 0, core_payload 8 24,
}
layout! { ibv_buf: 32, 8;
    addr 0 8, size 8 8, pd 16 8, dmabuf_fd 24 4,
}
layout! { ibv_close_xrcd: 12, 4;
    hdr 0 8, core_payload.xrcd_handle 8 4, core_payload 8 4,
}
layout! { ibv_command_buffer: 56, 8;
    next 0 8, next_attr 8 8, last_attr 16 8, uhw_in_idx 24 1, uhw_out_idx 25 1,
    uhw_in_headroom_dwords 26 1, uhw_out_headroom_dwords 27 1, flags 28 1, hdr 32 24,
}
layout! { ibv_create_ah: 64, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.user_handle 16 8, core_payload.pd_handle 24 4,
    core_payload.reserved 28 4, core_payload.attr 32 32, core_payload.driver_data 64 0,
    core_payload 8 56,
}
layout! { ibv_create_comp_channel: 16, 8;
    hdr 0 8, core_payload.response 8 8, core_payload 8 8,
}
layout! { ibv_create_cq: 40, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.user_handle 16 8, core_payload.cqe 24 4,
    core_payload.comp_vector 28 4, core_payload.comp_channel 32 4, core_payload.reserved 36 4,
    core_payload.driver_data 40 0, core_payload 8 32,
}
layout! { ibv_create_cq_ex: 56, 8;
    hdr 0 24, core_payload.user_handle 24 8, core_payload.cqe 32 4, core_payload.comp_vector 36 4,
    core_payload.comp_channel 40 4, core_payload.comp_mask 44 4, core_payload.flags 48 4,
    core_payload.reserved 52 4, core_payload 24 32,
}
layout! { ibv_create_flow: 48, 8;
    hdr 0 24, core_payload.comp_mask 24 4, core_payload.qp_handle 28 4,
    core_payload.flow_attr 32 16, core_payload 24 24,
}
layout! { ibv_create_qp: 64, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.user_handle 16 8, core_payload.pd_handle 24 4,
    core_payload.send_cq_handle 28 4, core_payload.recv_cq_handle 32 4,
    core_payload.srq_handle 36 4, core_payload.max_send_wr 40 4, core_payload.max_recv_wr 44 4,
    core_payload.max_send_sge 48 4, core_payload.max_recv_sge 52 4,
    core_payload.max_inline_data 56 4, core_payload.sq_sig_all 60 1, core_payload.qp_type 61 1,
    core_payload.is_srq 62 1, core_payload.reserved 63 1, core_payload.driver_data 64 0,
    core_payload 8 56,
}
layout! { ibv_create_qp_ex: 88, 8;
    hdr 0 24, core_payload.user_handle 24 8, core_payload.pd_handle 32 4,
    core_payload.send_cq_handle 36 4, core_payload.recv_cq_handle 40 4,
    core_payload.srq_handle 44 4, core_payload.max_send_wr 48 4, core_payload.max_recv_wr 52 4,
    core_payload.max_send_sge 56 4, core_payload.max_recv_sge 60 4,
    core_payload.max_inline_data 64 4, core_payload.sq_sig_all 68 1, core_payload.qp_type 69 1,
    core_payload.is_srq 70 1, core_payload.reserved 71 1, core_payload.comp_mask 72 4,
    core_payload.create_flags 76 4, core_payload.rwq_ind_tbl_handle 80 4,
    core_payload.source_qpn 84 4, core_payload 24 64,
}
layout! { ibv_create_qp_resp_v3: 8, 4;
    qp_handle 0 4, qpn 4 4,
}
layout! { ibv_create_qp_resp_v4: 28, 4;
    qp_handle 0 4, qpn 4 4, max_send_wr 8 4, max_recv_wr 12 4, max_send_sge 16 4, max_recv_sge 20 4,
    max_inline_data 24 4,
}
layout! { ibv_create_qp_v3: 64, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.user_handle 16 8, core_payload.pd_handle 24 4,
    core_payload.send_cq_handle 28 4, core_payload.recv_cq_handle 32 4,
    core_payload.srq_handle 36 4, core_payload.max_send_wr 40 4, core_payload.max_recv_wr 44 4,
    core_payload.max_send_sge 48 4, core_payload.max_recv_sge 52 4,
    core_payload.max_inline_data 56 4, core_payload.sq_sig_all 60 1, core_payload.qp_type 61 1,
    core_payload.is_srq 62 1, core_payload.reserved 63 1, core_payload.driver_data 64 0,
    core_payload 8 56,
}
layout! { ibv_create_qp_v4: 64, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.user_handle 16 8, core_payload.pd_handle 24 4,
    core_payload.send_cq_handle 28 4, core_payload.recv_cq_handle 32 4,
    core_payload.srq_handle 36 4, core_payload.max_send_wr 40 4, core_payload.max_recv_wr 44 4,
    core_payload.max_send_sge 48 4, core_payload.max_recv_sge 52 4,
    core_payload.max_inline_data 56 4, core_payload.sq_sig_all 60 1, core_payload.qp_type 61 1,
    core_payload.is_srq 62 1, core_payload.reserved 63 1, core_payload.driver_data 64 0,
    core_payload 8 56,
}
layout! { ibv_create_rwq_ind_table: 32, 8;
    hdr 0 24, core_payload.comp_mask 24 4, core_payload.log_ind_tbl_size 28 4,
    core_payload.wq_handles 32 0, core_payload 24 8,
}
layout! { ibv_create_srq: 40, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.user_handle 16 8, core_payload.pd_handle 24 4,
    core_payload.max_wr 28 4, core_payload.max_sge 32 4, core_payload.srq_limit 36 4,
    core_payload.driver_data 40 0, core_payload 8 32,
}
layout! { ibv_create_srq_resp_v5: 4, 4;
    srq_handle 0 4,
}
layout! { ibv_create_srq_v5: 40, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.user_handle 16 8, core_payload.pd_handle 24 4,
    core_payload.max_wr 28 4, core_payload.max_sge 32 4, core_payload.srq_limit 36 4,
    core_payload.driver_data 40 0, core_payload 8 32,
}
layout! { ibv_create_wq: 64, 8;
    hdr 0 24, core_payload.comp_mask 24 4, core_payload.wq_type 28 4, core_payload.user_handle 32 8,
    core_payload.pd_handle 40 4, core_payload.cq_handle 44 4, core_payload.max_wr 48 4,
    core_payload.max_sge 52 4, core_payload.create_flags 56 4, core_payload.reserved 60 4,
    core_payload 24 40,
}
layout! { ibv_create_xsrq: 56, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.user_handle 16 8, core_payload.srq_type 24 4,
    core_payload.pd_handle 28 4, core_payload.max_wr 32 4, core_payload.max_sge 36 4,
    core_payload.srq_limit 40 4, core_payload.max_num_tags 44 4, core_payload.xrcd_handle 48 4,
    core_payload.cq_handle 52 4, core_payload.driver_data 56 0, core_payload 8 48,
}
layout! { ibv_dealloc_mw: 12, 4;
    hdr 0 8, core_payload.mw_handle 8 4, core_payload 8 4,
}
layout! { ibv_dealloc_pd: 12, 4;
    hdr 0 8, core_payload.pd_handle 8 4, core_payload 8 4,
}
layout! { ibv_dereg_mr: 12, 4;
    hdr 0 8, core_payload.mr_handle 8 4, core_payload 8 4,
}
layout! { ibv_destroy_ah: 12, 4;
    hdr 0 8, core_payload.ah_handle 8 4, core_payload 8 4,
}
layout! { ibv_destroy_cq: 24, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.cq_handle 16 4, core_payload.reserved 20 4,
    core_payload 8 16,
}
layout! { ibv_destroy_flow: 32, 8;
    hdr 0 24, core_payload.comp_mask 24 4, core_payload.flow_handle 28 4, core_payload 24 8,
}
layout! { ibv_destroy_qp: 24, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.qp_handle 16 4, core_payload.reserved 20 4,
    core_payload 8 16,
}
layout! { ibv_destroy_rwq_ind_table: 32, 8;
    hdr 0 24, core_payload.comp_mask 24 4, core_payload.ind_tbl_handle 28 4, core_payload 24 8,
}
layout! { ibv_destroy_srq: 24, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.srq_handle 16 4, core_payload.reserved 20 4,
    core_payload 8 16,
}
layout! { ibv_destroy_wq: 32, 8;
    hdr 0 24, core_payload.comp_mask 24 4, core_payload.wq_handle 28 4, core_payload 24 8,
}
layout! { ibv_detach_mcast: 32, 8;
    hdr 0 8, core_payload.gid 8 16, core_payload.qp_handle 24 4, core_payload.mlid 28 2,
    core_payload.reserved 30 2, core_payload.driver_data 32 0, core_payload 8 24,
}
layout! { ibv_get_context: 16, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.driver_data 16 0, core_payload 8 8,
}
layout! { ibv_kern_ipv4_filter: 8, 4;
    src_ip 0 4, dst_ip 4 4,
}
layout! { ibv_kern_spec: 88, 8;
    u.hdr 0 8, u.eth 0 40, u.ipv4 0 24, u.ipv4_ext 0 32, u.esp 0 24, u.tcp_udp 0 16, u.ipv6 0 88,
    u.gre 0 24, u.tunnel 0 16, u.mpls 0 16, u.flow_tag 0 16, u.drop 0 8, u.handle 0 16,
    u.flow_count 0 16,
}
layout! { ibv_kern_spec_ipv4: 24, 4;
    r#type 0 4, size 4 2, reserved 6 2, val 8 8, mask 16 8,
}
layout! { ibv_modify_cq: 40, 8;
    hdr 0 24, core_payload.cq_handle 24 4, core_payload.attr_mask 28 4, core_payload.attr 32 4,
    core_payload.reserved 36 4, core_payload 24 16,
}
layout! { ibv_modify_qp: 120, 8;
    hdr 0 8, core_payload.dest 8 32, core_payload.alt_dest 40 32, core_payload.qp_handle 72 4,
    core_payload.attr_mask 76 4, core_payload.qkey 80 4, core_payload.rq_psn 84 4,
    core_payload.sq_psn 88 4, core_payload.dest_qp_num 92 4, core_payload.qp_access_flags 96 4,
    core_payload.pkey_index 100 2, core_payload.alt_pkey_index 102 2, core_payload.qp_state 104 1,
    core_payload.cur_qp_state 105 1, core_payload.path_mtu 106 1, core_payload.path_mig_state 107 1,
    core_payload.en_sqd_async_notify 108 1, core_payload.max_rd_atomic 109 1,
    core_payload.max_dest_rd_atomic 110 1, core_payload.min_rnr_timer 111 1,
    core_payload.port_num 112 1, core_payload.timeout 113 1, core_payload.retry_cnt 114 1,
    core_payload.rnr_retry 115 1, core_payload.alt_port_num 116 1, core_payload.alt_timeout 117 1,
    core_payload.reserved 118 2, core_payload.driver_data 120 0, core_payload 8 112,
}
layout! { ibv_modify_qp_ex: 144, 8;
    hdr 0 24, core_payload.base 24 112, core_payload.rate_limit 136 4, core_payload.reserved 140 4,
    core_payload 24 120,
}
layout! { ibv_modify_srq: 24, 8;
    hdr 0 8, core_payload.srq_handle 8 4, core_payload.attr_mask 12 4, core_payload.max_wr 16 4,
    core_payload.srq_limit 20 4, core_payload.driver_data 24 0, core_payload 8 16,
}
layout! { ibv_modify_srq_v3: 32, 4;
    hdr 0 8, core_payload 8 24,
}
layout! { ibv_modify_wq: 48, 8;
    hdr 0 24, core_payload.attr_mask 24 4, core_payload.wq_handle 28 4, core_payload.wq_state 32 4,
    core_payload.curr_wq_state 36 4, core_payload.flags 40 4, core_payload.flags_mask 44 4,
    core_payload 24 24,
}
layout! { ibv_open_qp: 40, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.user_handle 16 8, core_payload.pd_handle 24 4,
    core_payload.qpn 28 4, core_payload.qp_type 32 1, core_payload.reserved 33 7,
    core_payload.driver_data 40 0, core_payload 8 32,
}
layout! { ibv_open_xrcd: 24, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.fd 16 4, core_payload.oflags 20 4,
    core_payload.driver_data 24 0, core_payload 8 16,
}
layout! { ibv_poll_cq: 24, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.cq_handle 16 4, core_payload.ne 20 4,
    core_payload 8 16,
}
layout! { ibv_post_recv: 32, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.qp_handle 16 4, core_payload.wr_count 20 4,
    core_payload.sge_count 24 4, core_payload.wqe_size 28 4, core_payload.recv_wr 32 0,
    core_payload 8 24,
}
layout! { ibv_post_send: 32, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.qp_handle 16 4, core_payload.wr_count 20 4,
    core_payload.sge_count 24 4, core_payload.wqe_size 28 4, core_payload.send_wr 32 0,
    core_payload 8 24,
}
layout! { ibv_post_srq_recv: 32, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.srq_handle 16 4, core_payload.wr_count 20 4,
    core_payload.sge_count 24 4, core_payload.wqe_size 28 4, core_payload.recv 32 0,
    core_payload 8 24,
}
layout! { ibv_query_device: 16, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.driver_data 16 0, core_payload 8 8,
}
layout! { ibv_query_device_ex: 32, 8;
    hdr 0 24, core_payload.comp_mask 24 4, core_payload.reserved 28 4, core_payload 24 8,
}
layout! { ibv_query_port: 24, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.port_num 16 1, core_payload.reserved 17 7,
    core_payload.driver_data 24 0, core_payload 8 16,
}
layout! { ibv_query_qp: 24, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.qp_handle 16 4, core_payload.attr_mask 20 4,
    core_payload.driver_data 24 0, core_payload 8 16,
}
layout! { ibv_query_srq: 24, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.srq_handle 16 4, core_payload.reserved 20 4,
    core_payload.driver_data 24 0, core_payload 8 16,
}
layout! { ibv_reg_mr: 48, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.start 16 8, core_payload.length 24 8,
    core_payload.hca_va 32 8, core_payload.pd_handle 40 4, core_payload.access_flags 44 4,
    core_payload.driver_data 48 0, core_payload 8 40,
}
layout! { ibv_req_notify_cq: 16, 4;
    hdr 0 8, core_payload.cq_handle 8 4, core_payload.solicited_only 12 4, core_payload 8 8,
}
layout! { ibv_rereg_mr: 56, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.mr_handle 16 4, core_payload.flags 20 4,
    core_payload.start 24 8, core_payload.length 32 8, core_payload.hca_va 40 8,
    core_payload.pd_handle 48 4, core_payload.access_flags 52 4, core_payload.driver_data 56 0,
    core_payload 8 48,
}
layout! { ibv_resize_cq: 24, 8;
    hdr 0 8, core_payload.response 8 8, core_payload.cq_handle 16 4, core_payload.cqe 20 4,
    core_payload.driver_data 24 0, core_payload 8 16,
}
layout! { list_head: 16, 8;
    n 0 16,
}
layout! { list_node: 16, 8;
    next 0 8, prev 8 8,
}
layout! { verbs_context_ops: 744, 8;
    advise_mr 0 8, alloc_buf 8 8, alloc_dm 16 8, alloc_dmah 24 8, alloc_mw 32 8, alloc_null_mr 40 8,
    alloc_parent_domain 48 8, alloc_pd 56 8, alloc_td 64 8, async_event 72 8,
    attach_counters_point_flow 80 8, attach_mcast 88 8, bind_mw 96 8, close_xrcd 104 8,
    cq_event 112 8, create_ah 120 8, create_comp_cntr 128 8, create_counters 136 8, create_cq 144 8,
    create_cq_ex 152 8, create_flow 160 8, create_flow_action_esp 168 8, create_qp 176 8,
    create_qp_ex 184 8, create_rwq_ind_table 192 8, create_srq 200 8, create_srq_ex 208 8,
    create_wq 216 8, dealloc_dmah 224 8, dealloc_mw 232 8, dealloc_pd 240 8, dealloc_td 248 8,
    dereg_mr 256 8, destroy_ah 264 8, destroy_comp_cntr 272 8, destroy_counters 280 8,
    destroy_cq 288 8, destroy_flow 296 8, destroy_flow_action 304 8, destroy_qp 312 8,
    destroy_rwq_ind_table 320 8, destroy_srq 328 8, destroy_wq 336 8, detach_mcast 344 8,
    dm_export_dmabuf_fd 352 8, free_buf 360 8, free_context 368 8, free_dm 376 8, get_srq_num 384 8,
    import_dm 392 8, import_mr 400 8, import_pd 408 8, inc_comp_cntr 416 8, inc_err_comp_cntr 424 8,
    modify_cq 432 8, modify_flow_action_esp 440 8, modify_qp 448 8, modify_qp_rate_limit 456 8,
    modify_srq 464 8, modify_wq 472 8, open_qp 480 8, open_xrcd 488 8, poll_cq 496 8,
    post_recv 504 8, post_send 512 8, post_srq_ops 520 8, post_srq_recv 528 8,
    qp_attach_comp_cntr 536 8, query_comp_cntr_caps 544 8, query_device_ex 552 8, query_ece 560 8,
    query_port 568 8, query_port_speed 576 8, query_qp 584 8, query_qp_data_in_order 592 8,
    query_rt_values 600 8, query_srq 608 8, read_comp_cntr 616 8, read_counters 624 8,
    read_err_comp_cntr 632 8, reg_dm_mr 640 8, reg_dmabuf_mr 648 8, reg_mr 656 8, reg_mr_ex 664 8,
    req_notify_cq 672 8, rereg_mr 680 8, resize_cq 688 8, set_comp_cntr 696 8, set_ece 704 8,
    set_err_comp_cntr 712 8, unimport_dm 720 8, unimport_mr 728 8, unimport_pd 736 8,
}
layout! { verbs_counters: 16, 8;
    counters 0 8, handle 8 4,
}
layout! { verbs_cq: 288, 8;
    u.cq 0 128, u.cq_ex 0 288,
}
layout! { verbs_create_cq_prov_attr: 24, 8;
    buffer 0 24, buffer.length 0 8, buffer.u.ptr 8 8, buffer.u.dmabuf 8 16,
    buffer.u.dmabuf.offset 8 8, buffer.u.dmabuf.fd 16 4,
}
layout! { verbs_device: 712, 8;
    device 0 664, ops 664 8, refcount 672 4, entry 680 16, sysfs 696 8, core_support 704 8,
}
layout! { verbs_device_ops: 72, 8;
    name 0 8, match_min_abi_version 8 4, match_max_abi_version 12 4, match_table 16 8,
    static_providers 24 8, match_device 32 8, alloc_context 40 8, import_context 48 8,
    alloc_device 56 8, uninit_device 64 8,
}
layout! { verbs_dm: 40, 8;
    dm 0 32, handle 32 4,
}
layout! { verbs_dmah: 16, 8;
    dmah 0 8, handle 8 4,
}
layout! { verbs_flow_action: 16, 8;
    action 0 8, handle 8 4, r#type 12 4,
}
layout! { verbs_match_ent: 24, 8;
    driver_data 0 8, u 8 8, u.modalias 8 8, u.driver_id 8 8, vendor 16 2, device 18 2, kind 20 1,
}
layout! { verbs_mr: 56, 8;
    ibv_mr 0 48, mr_type 48 4, access 52 4,
}
layout! { verbs_qp: 376, 8;
    u.qp 0 160, u.qp_ex 0 360, comp_mask 360 4, xrcd 368 8,
}
layout! { verbs_srq: 160, 8;
    srq 0 128, srq_type 128 4, xrcd 136 8, cq 144 8, srq_num 152 4,
}
layout! { verbs_sysfs_dev: 992, 8;
    entry 0 16, provider_data 16 8, r#match 24 8, flags 32 4, sysfs_name 36 64, sysfs_cdev 104 8,
    ibdev_name 112 64, ibdev_path 176 256, modalias 432 512, node_guid 944 8, driver_id 952 4,
    node_type 956 4, ibdev_idx 960 4, num_ports 964 4, abi_ver 968 4, time_created 976 16,
}
layout! { verbs_xrcd: 16, 8;
    xrcd 0 8, comp_mask 8 4, handle 12 4,
}
