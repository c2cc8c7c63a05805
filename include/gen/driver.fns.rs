// The functions of driver.h, for `make headers`: cbindgen turns them into prototypes.

unsafe extern "C" {
    pub fn _verbs_init_and_alloc_context(
        device: *mut ibv_device,
        cmd_fd: c_int,
        alloc_size: usize,
        context_offset: *mut verbs_context,
        driver_id: u32,
    ) -> *mut c_void;
    pub fn ibv_cmd_advise_mr(
        pd: *mut ibv_pd,
        advice: ib_uverbs_advise_mr_advice,
        flags: u32,
        sg_list: *mut ibv_sge,
        num_sge: u32,
    ) -> c_int;
    pub fn ibv_cmd_alloc_dm(
        ctx: *mut ibv_context,
        dm_attr: *const ibv_alloc_dm_attr,
        dm: *mut verbs_dm,
        link: *mut ibv_command_buffer,
    ) -> c_int;
    pub fn ibv_cmd_alloc_dmah(
        ctx: *mut ibv_context,
        st: *mut verbs_dmah,
        attr: *mut ibv_dmah_init_attr,
    ) -> c_int;
    pub fn ibv_cmd_alloc_mw(
        pd: *mut ibv_pd,
        r#type: ibv_mw_type,
        mw: *mut ibv_mw,
        cmd: *mut ibv_alloc_mw,
        cmd_size: usize,
        resp: *mut ib_uverbs_alloc_mw_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_alloc_pd(
        context: *mut ibv_context,
        pd: *mut ibv_pd,
        cmd: *mut ibv_alloc_pd,
        cmd_size: usize,
        resp: *mut ib_uverbs_alloc_pd_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_attach_mcast(qp: *mut ibv_qp, gid: *const ibv_gid, lid: u16) -> c_int;
    pub fn ibv_cmd_close_xrcd(xrcd: *mut verbs_xrcd) -> c_int;
    pub fn ibv_cmd_create_ah(
        pd: *mut ibv_pd,
        ah: *mut ibv_ah,
        attr: *mut ibv_ah_attr,
        resp: *mut ib_uverbs_create_ah_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_create_comp_cntr(
        context: *mut ibv_context,
        comp_cntr: *mut ibv_comp_cntr,
        link: *mut ibv_command_buffer,
    ) -> c_int;
    pub fn ibv_cmd_create_counters(
        context: *mut ibv_context,
        init_attr: *mut ibv_counters_init_attr,
        vcounters: *mut verbs_counters,
        link: *mut ibv_command_buffer,
    ) -> c_int;
    pub fn ibv_cmd_create_cq(
        context: *mut ibv_context,
        cqe: c_int,
        channel: *mut ibv_comp_channel,
        comp_vector: c_int,
        cq: *mut ibv_cq,
        cmd: *mut ibv_create_cq,
        cmd_size: usize,
        resp: *mut ib_uverbs_create_cq_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_create_flow(
        qp: *mut ibv_qp,
        flow_id: *mut ibv_flow,
        flow_attr: *mut ibv_flow_attr,
        ucmd: *mut c_void,
        ucmd_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_create_flow_action_esp(
        ctx: *mut ibv_context,
        attr: *mut ibv_flow_action_esp_attr,
        flow_action: *mut verbs_flow_action,
        driver: *mut ibv_command_buffer,
    ) -> c_int;
    pub fn ibv_cmd_create_qp(
        pd: *mut ibv_pd,
        qp: *mut ibv_qp,
        attr: *mut ibv_qp_init_attr,
        cmd: *mut ibv_create_qp,
        cmd_size: usize,
        resp: *mut ib_uverbs_create_qp_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_create_qp_ex(
        context: *mut ibv_context,
        qp: *mut verbs_qp,
        attr_ex: *mut ibv_qp_init_attr_ex,
        cmd: *mut ibv_create_qp,
        cmd_size: usize,
        resp: *mut ib_uverbs_create_qp_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_create_rwq_ind_table(
        context: *mut ibv_context,
        init_attr: *mut ibv_rwq_ind_table_init_attr,
        rwq_ind_table: *mut ibv_rwq_ind_table,
        resp: *mut ib_uverbs_ex_create_rwq_ind_table_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_create_srq(
        pd: *mut ibv_pd,
        srq: *mut ibv_srq,
        attr: *mut ibv_srq_init_attr,
        cmd: *mut ibv_create_srq,
        cmd_size: usize,
        resp: *mut ib_uverbs_create_srq_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_create_srq_ex(
        context: *mut ibv_context,
        srq: *mut verbs_srq,
        attr_ex: *mut ibv_srq_init_attr_ex,
        cmd: *mut ibv_create_xsrq,
        cmd_size: usize,
        resp: *mut ib_uverbs_create_srq_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_create_wq(
        context: *mut ibv_context,
        wq_init_attr: *mut ibv_wq_init_attr,
        wq: *mut ibv_wq,
        cmd: *mut ibv_create_wq,
        cmd_size: usize,
        resp: *mut ib_uverbs_ex_create_wq_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_dealloc_mw(mw: *mut ibv_mw) -> c_int;
    pub fn ibv_cmd_dealloc_pd(pd: *mut ibv_pd) -> c_int;
    pub fn ibv_cmd_dereg_mr(vmr: *mut verbs_mr) -> c_int;
    pub fn ibv_cmd_destroy_ah(ah: *mut ibv_ah) -> c_int;
    pub fn ibv_cmd_destroy_comp_cntr(comp_cntr: *mut ibv_comp_cntr) -> c_int;
    pub fn ibv_cmd_destroy_counters(vcounters: *mut verbs_counters) -> c_int;
    pub fn ibv_cmd_destroy_cq(cq: *mut ibv_cq) -> c_int;
    pub fn ibv_cmd_destroy_flow(flow_id: *mut ibv_flow) -> c_int;
    pub fn ibv_cmd_destroy_flow_action(action: *mut verbs_flow_action) -> c_int;
    pub fn ibv_cmd_destroy_qp(qp: *mut ibv_qp) -> c_int;
    pub fn ibv_cmd_destroy_rwq_ind_table(rwq_ind_table: *mut ibv_rwq_ind_table) -> c_int;
    pub fn ibv_cmd_destroy_srq(srq: *mut ibv_srq) -> c_int;
    pub fn ibv_cmd_destroy_wq(wq: *mut ibv_wq) -> c_int;
    pub fn ibv_cmd_detach_mcast(qp: *mut ibv_qp, gid: *const ibv_gid, lid: u16) -> c_int;
    pub fn ibv_cmd_export_dmabuf_fd(ctx: *mut ibv_context, pg_off: off_t) -> c_int;
    pub fn ibv_cmd_free_dm(dm: *mut verbs_dm) -> c_int;
    pub fn ibv_cmd_free_dmah(dmah: *mut verbs_dmah) -> c_int;
    pub fn ibv_cmd_inc_comp_cntr(comp_cntr: *mut ibv_comp_cntr, amount: u64) -> c_int;
    pub fn ibv_cmd_inc_err_comp_cntr(comp_cntr: *mut ibv_comp_cntr, amount: u64) -> c_int;
    pub fn ibv_cmd_modify_cq(
        cq: *mut ibv_cq,
        attr: *mut ibv_modify_cq_attr,
        cmd: *mut ibv_modify_cq,
        cmd_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_modify_flow_action_esp(
        flow_action: *mut verbs_flow_action,
        attr: *mut ibv_flow_action_esp_attr,
        driver: *mut ibv_command_buffer,
    ) -> c_int;
    pub fn ibv_cmd_modify_qp(
        qp: *mut ibv_qp,
        attr: *mut ibv_qp_attr,
        attr_mask: c_int,
        cmd: *mut ibv_modify_qp,
        cmd_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_modify_qp_ex(
        qp: *mut ibv_qp,
        attr: *mut ibv_qp_attr,
        attr_mask: c_int,
        cmd: *mut ibv_modify_qp_ex,
        cmd_size: usize,
        resp: *mut ib_uverbs_ex_modify_qp_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_modify_srq(
        srq: *mut ibv_srq,
        srq_attr: *mut ibv_srq_attr,
        srq_attr_mask: c_int,
        cmd: *mut ibv_modify_srq,
        cmd_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_modify_wq(
        wq: *mut ibv_wq,
        attr: *mut ibv_wq_attr,
        cmd: *mut ibv_modify_wq,
        cmd_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_open_qp(
        context: *mut ibv_context,
        qp: *mut verbs_qp,
        vqp_sz: c_int,
        attr: *mut ibv_qp_open_attr,
        cmd: *mut ibv_open_qp,
        cmd_size: usize,
        resp: *mut ib_uverbs_create_qp_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_open_xrcd(
        context: *mut ibv_context,
        xrcd: *mut verbs_xrcd,
        vxrcd_size: c_int,
        attr: *mut ibv_xrcd_init_attr,
        cmd: *mut ibv_open_xrcd,
        cmd_size: usize,
        resp: *mut ib_uverbs_open_xrcd_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_poll_cq(cq: *mut ibv_cq, ne: c_int, wc: *mut ibv_wc) -> c_int;
    pub fn ibv_cmd_post_recv(
        ibqp: *mut ibv_qp,
        wr: *mut ibv_recv_wr,
        bad_wr: *mut *mut ibv_recv_wr,
    ) -> c_int;
    pub fn ibv_cmd_post_send(
        ibqp: *mut ibv_qp,
        wr: *mut ibv_send_wr,
        bad_wr: *mut *mut ibv_send_wr,
    ) -> c_int;
    pub fn ibv_cmd_post_srq_recv(
        srq: *mut ibv_srq,
        wr: *mut ibv_recv_wr,
        bad_wr: *mut *mut ibv_recv_wr,
    ) -> c_int;
    pub fn ibv_cmd_qp_attach_comp_cntr(
        qp: *mut ibv_qp,
        comp_cntr: *mut ibv_comp_cntr,
        attr: *mut ibv_qp_attach_comp_cntr_attr,
    ) -> c_int;
    pub fn ibv_cmd_query_comp_cntr_caps(
        context: *mut ibv_context,
        caps: *mut ibv_comp_cntr_caps,
        caps_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_query_context(ctx: *mut ibv_context, driver: *mut ibv_command_buffer) -> c_int;
    pub fn ibv_cmd_query_device_any(
        context: *mut ibv_context,
        input: *const ibv_query_device_ex_input,
        attr: *mut ibv_device_attr_ex,
        attr_size: usize,
        resp: *mut ib_uverbs_ex_query_device_resp,
        resp_size: *mut usize,
    ) -> c_int;
    pub fn ibv_cmd_query_mr(pd: *mut ibv_pd, vmr: *mut verbs_mr, mr_handle: u32) -> c_int;
    pub fn ibv_cmd_query_port(
        context: *mut ibv_context,
        port_num: u8,
        port_attr: *mut ibv_port_attr,
        cmd: *mut ibv_query_port,
        cmd_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_query_port_speed(
        context: *mut ibv_context,
        port_num: u32,
        speed: *mut u64,
    ) -> c_int;
    pub fn ibv_cmd_query_qp(
        qp: *mut ibv_qp,
        qp_attr: *mut ibv_qp_attr,
        attr_mask: c_int,
        qp_init_attr: *mut ibv_qp_init_attr,
        cmd: *mut ibv_query_qp,
        cmd_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_query_srq(
        srq: *mut ibv_srq,
        srq_attr: *mut ibv_srq_attr,
        cmd: *mut ibv_query_srq,
        cmd_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_read_comp_cntr(comp_cntr: *mut ibv_comp_cntr, value: *mut u64) -> c_int;
    pub fn ibv_cmd_read_counters(
        vcounters: *mut verbs_counters,
        counters_value: *mut u64,
        ncounters: u32,
        flags: u32,
        link: *mut ibv_command_buffer,
    ) -> c_int;
    pub fn ibv_cmd_read_err_comp_cntr(comp_cntr: *mut ibv_comp_cntr, value: *mut u64) -> c_int;
    pub fn ibv_cmd_reg_dm_mr(
        pd: *mut ibv_pd,
        dm: *mut verbs_dm,
        offset: u64,
        length: usize,
        access: c_uint,
        vmr: *mut verbs_mr,
        link: *mut ibv_command_buffer,
    ) -> c_int;
    pub fn ibv_cmd_reg_dmabuf_mr(
        pd: *mut ibv_pd,
        offset: u64,
        length: usize,
        iova: u64,
        fd: c_int,
        access: c_int,
        vmr: *mut verbs_mr,
        driver: *mut ibv_command_buffer,
    ) -> c_int;
    pub fn ibv_cmd_reg_mr(
        pd: *mut ibv_pd,
        addr: *mut c_void,
        length: usize,
        hca_va: u64,
        access: c_int,
        vmr: *mut verbs_mr,
        cmd: *mut ibv_reg_mr,
        cmd_size: usize,
        resp: *mut ib_uverbs_reg_mr_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_reg_mr_ex(
        pd: *mut ibv_pd,
        vmr: *mut verbs_mr,
        mr_init_attr: *mut ibv_mr_init_attr,
    ) -> c_int;
    pub fn ibv_cmd_req_notify_cq(cq: *mut ibv_cq, solicited_only: c_int) -> c_int;
    pub fn ibv_cmd_rereg_mr(
        vmr: *mut verbs_mr,
        flags: u32,
        addr: *mut c_void,
        length: usize,
        hca_va: u64,
        access: c_int,
        pd: *mut ibv_pd,
        cmd: *mut ibv_rereg_mr,
        cmd_sz: usize,
        resp: *mut ib_uverbs_rereg_mr_resp,
        resp_sz: usize,
    ) -> c_int;
    pub fn ibv_cmd_resize_cq(
        cq: *mut ibv_cq,
        cqe: c_int,
        cmd: *mut ibv_resize_cq,
        cmd_size: usize,
        resp: *mut ib_uverbs_resize_cq_resp,
        resp_size: usize,
    ) -> c_int;
    pub fn ibv_cmd_set_comp_cntr(comp_cntr: *mut ibv_comp_cntr, value: u64) -> c_int;
    pub fn ibv_cmd_set_err_comp_cntr(comp_cntr: *mut ibv_comp_cntr, value: u64) -> c_int;
    pub fn ibv_dofork_range(base: *mut c_void, size: usize) -> c_int;
    pub fn ibv_dontfork_range(base: *mut c_void, size: usize) -> c_int;
    pub fn ibv_get_sysfs_path() -> *const c_char;
    pub fn ibv_query_gid_type(
        context: *mut ibv_context,
        port_num: u8,
        index: c_uint,
        r#type: *mut ibv_gid_type_sysfs,
    ) -> c_int;
    pub fn ibv_read_sysfs_file(
        dir: *const c_char,
        file: *const c_char,
        buf: *mut c_char,
        size: usize,
    ) -> c_int;
    pub fn verbs_init_cq(
        cq: *mut ibv_cq,
        context: *mut ibv_context,
        channel: *mut ibv_comp_channel,
        cq_context: *mut c_void,
    );
    pub fn verbs_open_device(
        device: *mut ibv_device,
        private_data: *mut c_void,
    ) -> *mut ibv_context;
    pub fn verbs_set_ops(vctx: *mut verbs_context, ops: *const verbs_context_ops);
    pub fn verbs_uninit_context(context: *mut verbs_context);
}
