/*
 * Every function of the headers has the type it has in release 65: to assign one of another type is
 * an error in C++ and, under -Werror, in C.
 */

#include <infiniband/arch.h>
#include <infiniband/verbs.h>

#define SAME(name, result, ...)                                                                    \
	do {                                                                                       \
		result(*is) __VA_ARGS__ = name;                                                    \
		(void)is;                                                                          \
	} while (0)

/* Functions the library exports. */
void exported(void);
void exported(void)
{
	SAME(_ibv_query_comp_cntr_caps, int,
	     (struct ibv_context *, struct ibv_comp_cntr_caps *, size_t));
	SAME(_ibv_query_gid_ex, int,
	     (struct ibv_context *, uint32_t, uint32_t, struct ibv_gid_entry *, uint32_t, size_t));
	SAME(_ibv_query_gid_table, ssize_t,
	     (struct ibv_context *, struct ibv_gid_entry *, size_t, uint32_t, size_t));
	SAME(ibv_ack_async_event, void, (struct ibv_async_event *));
	SAME(ibv_ack_cq_events, void, (struct ibv_cq *, unsigned int));
	SAME(ibv_alloc_buf, void *, (struct ibv_pd *, size_t, struct ibv_buf **));
	SAME(ibv_alloc_dmah, struct ibv_dmah *,
	     (struct ibv_context *, struct ibv_dmah_init_attr *));
	SAME(ibv_alloc_pd, struct ibv_pd *, (struct ibv_context *));
	SAME(ibv_attach_mcast, int, (struct ibv_qp *, const union ibv_gid *, uint16_t));
	SAME(ibv_close_device, int, (struct ibv_context *));
	SAME(ibv_create_ah, struct ibv_ah *, (struct ibv_pd *, struct ibv_ah_attr *));
	SAME(ibv_create_ah_from_wc, struct ibv_ah *,
	     (struct ibv_pd *, struct ibv_wc *, struct ibv_grh *, uint8_t));
	SAME(ibv_create_comp_channel, struct ibv_comp_channel *, (struct ibv_context *));
	SAME(ibv_create_comp_cntr, struct ibv_comp_cntr *,
	     (struct ibv_context *, struct ibv_comp_cntr_init_attr *));
	SAME(ibv_create_cq, struct ibv_cq *,
	     (struct ibv_context *, int, void *, struct ibv_comp_channel *, int));
	SAME(ibv_create_qp, struct ibv_qp *, (struct ibv_pd *, struct ibv_qp_init_attr *));
	SAME(ibv_create_srq, struct ibv_srq *, (struct ibv_pd *, struct ibv_srq_init_attr *));
	SAME(ibv_dealloc_dmah, int, (struct ibv_dmah *));
	SAME(ibv_dealloc_pd, int, (struct ibv_pd *));
	SAME(ibv_dereg_mr, int, (struct ibv_mr *));
	SAME(ibv_destroy_ah, int, (struct ibv_ah *));
	SAME(ibv_destroy_comp_channel, int, (struct ibv_comp_channel *));
	SAME(ibv_destroy_comp_cntr, int, (struct ibv_comp_cntr *));
	SAME(ibv_destroy_cq, int, (struct ibv_cq *));
	SAME(ibv_destroy_qp, int, (struct ibv_qp *));
	SAME(ibv_destroy_srq, int, (struct ibv_srq *));
	SAME(ibv_detach_mcast, int, (struct ibv_qp *, const union ibv_gid *, uint16_t));
	SAME(ibv_dm_export_dmabuf_fd, int, (struct ibv_dm *));
	SAME(ibv_event_type_str, const char *, (enum ibv_event_type));
	SAME(ibv_export_buf_dmabuf_fd, int, (struct ibv_buf *));
	SAME(ibv_fork_init, int, (void));
	SAME(ibv_free_buf, void, (struct ibv_buf *));
	SAME(ibv_free_device_list, void, (struct ibv_device **));
	SAME(ibv_get_async_event, int, (struct ibv_context *, struct ibv_async_event *));
	SAME(ibv_get_cq_event, int, (struct ibv_comp_channel *, struct ibv_cq **, void **));
	SAME(ibv_get_device_guid, __be64, (struct ibv_device *));
	SAME(ibv_get_device_index, int, (struct ibv_device *));
	SAME(ibv_get_device_list, struct ibv_device **, (int *));
	SAME(ibv_get_device_name, const char *, (struct ibv_device *));
	SAME(ibv_get_pkey_index, int, (struct ibv_context *, uint8_t, __be16));
	SAME(ibv_import_device, struct ibv_context *, (int));
	SAME(ibv_import_dm, struct ibv_dm *, (struct ibv_context *, uint32_t));
	SAME(ibv_import_mr, struct ibv_mr *, (struct ibv_pd *, uint32_t));
	SAME(ibv_import_pd, struct ibv_pd *, (struct ibv_context *, uint32_t));
	SAME(ibv_inc_comp_cntr, int, (struct ibv_comp_cntr *, uint64_t));
	SAME(ibv_inc_err_comp_cntr, int, (struct ibv_comp_cntr *, uint64_t));
	SAME(ibv_init_ah_from_wc, int,
	     (struct ibv_context *, uint8_t, struct ibv_wc *, struct ibv_grh *,
	      struct ibv_ah_attr *));
	SAME(ibv_is_fork_initialized, enum ibv_fork_status, (void));
	SAME(ibv_modify_qp, int, (struct ibv_qp *, struct ibv_qp_attr *, int));
	SAME(ibv_modify_srq, int, (struct ibv_srq *, struct ibv_srq_attr *, int));
	SAME(ibv_node_type_str, const char *, (enum ibv_node_type));
	SAME(ibv_open_device, struct ibv_context *, (struct ibv_device *));
	SAME(ibv_port_state_str, const char *, (enum ibv_port_state));
	SAME(ibv_qp_attach_comp_cntr, int,
	     (struct ibv_qp *, struct ibv_comp_cntr *, struct ibv_qp_attach_comp_cntr_attr *));
	SAME(ibv_qp_to_qp_ex, struct ibv_qp_ex *, (struct ibv_qp *));
	SAME(ibv_query_device, int, (struct ibv_context *, struct ibv_device_attr *));
	SAME(ibv_query_ece, int, (struct ibv_qp *, struct ibv_ece *));
	SAME(ibv_query_gid, int, (struct ibv_context *, uint8_t, int, union ibv_gid *));
	SAME(ibv_query_pkey, int, (struct ibv_context *, uint8_t, int, __be16 *));
	SAME(ibv_query_port, int, (struct ibv_context *, uint8_t, struct _compat_ibv_port_attr *));
	SAME(ibv_query_port_speed, int, (struct ibv_context *, uint32_t, uint64_t *));
	SAME(ibv_query_qp, int,
	     (struct ibv_qp *, struct ibv_qp_attr *, int, struct ibv_qp_init_attr *));
	SAME(ibv_query_qp_data_in_order, int, (struct ibv_qp *, enum ibv_wr_opcode, uint32_t));
	SAME(ibv_query_srq, int, (struct ibv_srq *, struct ibv_srq_attr *));
	SAME(ibv_rate_to_mbps, int, (enum ibv_rate));
	SAME(ibv_rate_to_mult, int, (enum ibv_rate));
	SAME(ibv_read_comp_cntr, int, (struct ibv_comp_cntr *, uint64_t *));
	SAME(ibv_read_err_comp_cntr, int, (struct ibv_comp_cntr *, uint64_t *));
	SAME(ibv_reg_buf_mr, struct ibv_mr *,
	     (struct ibv_pd *, struct ibv_buf *, void *, size_t, int));
	SAME(ibv_reg_dmabuf_mr, struct ibv_mr *,
	     (struct ibv_pd *, uint64_t, size_t, uint64_t, int, int));
	SAME(ibv_reg_mr, struct ibv_mr *, (struct ibv_pd *, void *, size_t, int));
	SAME(ibv_reg_mr_ex, struct ibv_mr *, (struct ibv_pd *, struct ibv_mr_init_attr *));
	SAME(ibv_reg_mr_iova, struct ibv_mr *, (struct ibv_pd *, void *, size_t, uint64_t, int));
	SAME(ibv_reg_mr_iova2, struct ibv_mr *,
	     (struct ibv_pd *, void *, size_t, uint64_t, unsigned int));
	SAME(ibv_rereg_mr, int, (struct ibv_mr *, int, struct ibv_pd *, void *, size_t, int));
	SAME(ibv_resize_cq, int, (struct ibv_cq *, int));
	SAME(ibv_resolve_eth_l2_from_gid, int,
	     (struct ibv_context *, struct ibv_ah_attr *, uint8_t *, uint16_t *));
	SAME(ibv_set_comp_cntr, int, (struct ibv_comp_cntr *, uint64_t));
	SAME(ibv_set_ece, int, (struct ibv_qp *, struct ibv_ece *));
	SAME(ibv_set_err_comp_cntr, int, (struct ibv_comp_cntr *, uint64_t));
	SAME(ibv_unimport_dm, void, (struct ibv_dm *));
	SAME(ibv_unimport_mr, void, (struct ibv_mr *));
	SAME(ibv_unimport_pd, void, (struct ibv_pd *));
	SAME(ibv_wc_status_str, const char *, (enum ibv_wc_status));
	SAME(ibv_wr_opcode_str, const char *, (enum ibv_wr_opcode));
	SAME(mbps_to_ibv_rate, enum ibv_rate, (int));
	SAME(mult_to_ibv_rate, enum ibv_rate, (int));
}

/* Functions the headers bring themselves. */
void inlined(void);
void inlined(void)
{
	SAME(___ibv_query_port, int, (struct ibv_context *, uint8_t, struct ibv_port_attr *));
	SAME(__ibv_reg_mr, struct ibv_mr *, (struct ibv_pd *, void *, size_t, unsigned int, int));
	SAME(__ibv_reg_mr_iova, struct ibv_mr *,
	     (struct ibv_pd *, void *, size_t, uint64_t, unsigned int, int));
	SAME(htonll, uint64_t, (uint64_t));
	SAME(ibv_advise_mr, int,
	     (struct ibv_pd *, enum ib_uverbs_advise_mr_advice, uint32_t, struct ibv_sge *,
	      uint32_t));
	SAME(ibv_alloc_dm, struct ibv_dm *, (struct ibv_context *, struct ibv_alloc_dm_attr *));
	SAME(ibv_alloc_mw, struct ibv_mw *, (struct ibv_pd *, enum ibv_mw_type));
	SAME(ibv_alloc_null_mr, struct ibv_mr *, (struct ibv_pd *));
	SAME(ibv_alloc_parent_domain, struct ibv_pd *,
	     (struct ibv_context *, struct ibv_parent_domain_init_attr *));
	SAME(ibv_alloc_td, struct ibv_td *, (struct ibv_context *, struct ibv_td_init_attr *));
	SAME(ibv_attach_counters_point_flow, int,
	     (struct ibv_counters *, struct ibv_counter_attach_attr *, struct ibv_flow *));
	SAME(ibv_bind_mw, int, (struct ibv_qp *, struct ibv_mw *, struct ibv_mw_bind *));
	SAME(ibv_close_xrcd, int, (struct ibv_xrcd *));
	SAME(ibv_cq_ex_to_cq, struct ibv_cq *, (struct ibv_cq_ex *));
	SAME(ibv_create_counters, struct ibv_counters *,
	     (struct ibv_context *, struct ibv_counters_init_attr *));
	SAME(ibv_create_cq_ex, struct ibv_cq_ex *,
	     (struct ibv_context *, struct ibv_cq_init_attr_ex *));
	SAME(ibv_create_flow, struct ibv_flow *, (struct ibv_qp *, struct ibv_flow_attr *));
	SAME(ibv_create_flow_action_esp, struct ibv_flow_action *,
	     (struct ibv_context *, struct ibv_flow_action_esp_attr *));
	SAME(ibv_create_qp_ex, struct ibv_qp *,
	     (struct ibv_context *, struct ibv_qp_init_attr_ex *));
	SAME(ibv_create_rwq_ind_table, struct ibv_rwq_ind_table *,
	     (struct ibv_context *, struct ibv_rwq_ind_table_init_attr *));
	SAME(ibv_create_srq_ex, struct ibv_srq *,
	     (struct ibv_context *, struct ibv_srq_init_attr_ex *));
	SAME(ibv_create_wq, struct ibv_wq *, (struct ibv_context *, struct ibv_wq_init_attr *));
	SAME(ibv_dealloc_mw, int, (struct ibv_mw *));
	SAME(ibv_dealloc_td, int, (struct ibv_td *));
	SAME(ibv_destroy_counters, int, (struct ibv_counters *));
	SAME(ibv_destroy_flow, int, (struct ibv_flow *));
	SAME(ibv_destroy_flow_action, int, (struct ibv_flow_action *));
	SAME(ibv_destroy_rwq_ind_table, int, (struct ibv_rwq_ind_table *));
	SAME(ibv_destroy_wq, int, (struct ibv_wq *));
	SAME(ibv_end_poll, void, (struct ibv_cq_ex *));
	SAME(ibv_flow_label_to_udp_sport, uint16_t, (uint32_t));
	SAME(ibv_free_dm, int, (struct ibv_dm *));
	SAME(ibv_get_srq_num, int, (struct ibv_srq *, uint32_t *));
	SAME(ibv_inc_rkey, uint32_t, (uint32_t));
	SAME(ibv_is_qpt_supported, int, (uint32_t, enum ibv_qp_type));
	SAME(ibv_memcpy_from_dm, int, (void *, struct ibv_dm *, uint64_t, size_t));
	SAME(ibv_memcpy_to_dm, int, (struct ibv_dm *, uint64_t, const void *, size_t));
	SAME(ibv_modify_cq, int, (struct ibv_cq *, struct ibv_modify_cq_attr *));
	SAME(ibv_modify_flow_action_esp, int,
	     (struct ibv_flow_action *, struct ibv_flow_action_esp_attr *));
	SAME(ibv_modify_qp_rate_limit, int, (struct ibv_qp *, struct ibv_qp_rate_limit_attr *));
	SAME(ibv_modify_wq, int, (struct ibv_wq *, struct ibv_wq_attr *));
	SAME(ibv_next_poll, int, (struct ibv_cq_ex *));
	SAME(ibv_open_qp, struct ibv_qp *, (struct ibv_context *, struct ibv_qp_open_attr *));
	SAME(ibv_open_xrcd, struct ibv_xrcd *, (struct ibv_context *, struct ibv_xrcd_init_attr *));
	SAME(ibv_poll_cq, int, (struct ibv_cq *, int, struct ibv_wc *));
	SAME(ibv_post_recv, int, (struct ibv_qp *, struct ibv_recv_wr *, struct ibv_recv_wr **));
	SAME(ibv_post_send, int, (struct ibv_qp *, struct ibv_send_wr *, struct ibv_send_wr **));
	SAME(ibv_post_srq_ops, int, (struct ibv_srq *, struct ibv_ops_wr *, struct ibv_ops_wr **));
	SAME(ibv_post_srq_recv, int,
	     (struct ibv_srq *, struct ibv_recv_wr *, struct ibv_recv_wr **));
	SAME(ibv_post_wq_recv, int, (struct ibv_wq *, struct ibv_recv_wr *, struct ibv_recv_wr **));
	SAME(ibv_query_comp_cntr_caps, int, (struct ibv_context *, struct ibv_comp_cntr_caps *));
	SAME(ibv_query_device_ex, int,
	     (struct ibv_context *, const struct ibv_query_device_ex_input *,
	      struct ibv_device_attr_ex *));
	SAME(ibv_query_gid_ex, int,
	     (struct ibv_context *, uint32_t, uint32_t, struct ibv_gid_entry *, uint32_t));
	SAME(ibv_query_gid_table, ssize_t,
	     (struct ibv_context *, struct ibv_gid_entry *, size_t, uint32_t));
	SAME(ibv_query_rt_values_ex, int, (struct ibv_context *, struct ibv_values_ex *));
	SAME(ibv_read_counters, int, (struct ibv_counters *, uint64_t *, uint32_t, uint32_t));
	SAME(ibv_reg_dm_mr, struct ibv_mr *,
	     (struct ibv_pd *, struct ibv_dm *, uint64_t, size_t, unsigned int));
	SAME(ibv_req_notify_cq, int, (struct ibv_cq *, int));
	SAME(ibv_start_poll, int, (struct ibv_cq_ex *, struct ibv_poll_cq_attr *));
	SAME(ibv_wc_read_byte_len, uint32_t, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_completion_ts, uint64_t, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_completion_wallclock_ns, uint64_t, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_cvlan, uint16_t, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_dlid_path_bits, uint8_t, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_flow_tag, uint32_t, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_imm_data, __be32, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_invalidated_rkey, uint32_t, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_opcode, enum ibv_wc_opcode, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_qp_num, uint32_t, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_sl, uint8_t, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_slid, uint32_t, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_src_qp, uint32_t, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_tm_info, void, (struct ibv_cq_ex *, struct ibv_wc_tm_info *));
	SAME(ibv_wc_read_vendor_err, uint32_t, (struct ibv_cq_ex *));
	SAME(ibv_wc_read_wc_flags, unsigned int, (struct ibv_cq_ex *));
	SAME(ibv_wr_abort, void, (struct ibv_qp_ex *));
	SAME(ibv_wr_atomic_cmp_swp, void,
	     (struct ibv_qp_ex *, uint32_t, uint64_t, uint64_t, uint64_t));
	SAME(ibv_wr_atomic_fetch_add, void, (struct ibv_qp_ex *, uint32_t, uint64_t, uint64_t));
	SAME(ibv_wr_atomic_write, void, (struct ibv_qp_ex *, uint32_t, uint64_t, const void *));
	SAME(ibv_wr_bind_mw, void,
	     (struct ibv_qp_ex *, struct ibv_mw *, uint32_t, const struct ibv_mw_bind_info *));
	SAME(ibv_wr_complete, int, (struct ibv_qp_ex *));
	SAME(ibv_wr_flush, void,
	     (struct ibv_qp_ex *, uint32_t, uint64_t, size_t, uint8_t, uint8_t));
	SAME(ibv_wr_local_inv, void, (struct ibv_qp_ex *, uint32_t));
	SAME(ibv_wr_rdma_read, void, (struct ibv_qp_ex *, uint32_t, uint64_t));
	SAME(ibv_wr_rdma_write, void, (struct ibv_qp_ex *, uint32_t, uint64_t));
	SAME(ibv_wr_rdma_write_imm, void, (struct ibv_qp_ex *, uint32_t, uint64_t, __be32));
	SAME(ibv_wr_send, void, (struct ibv_qp_ex *));
	SAME(ibv_wr_send_imm, void, (struct ibv_qp_ex *, __be32));
	SAME(ibv_wr_send_inv, void, (struct ibv_qp_ex *, uint32_t));
	SAME(ibv_wr_send_tso, void, (struct ibv_qp_ex *, void *, uint16_t, uint16_t));
	SAME(ibv_wr_set_inline_data, void, (struct ibv_qp_ex *, void *, size_t));
	SAME(ibv_wr_set_inline_data_list, void,
	     (struct ibv_qp_ex *, size_t, const struct ibv_data_buf *));
	SAME(ibv_wr_set_sge, void, (struct ibv_qp_ex *, uint32_t, uint64_t, uint32_t));
	SAME(ibv_wr_set_sge_list, void, (struct ibv_qp_ex *, size_t, const struct ibv_sge *));
	SAME(ibv_wr_set_ud_addr, void, (struct ibv_qp_ex *, struct ibv_ah *, uint32_t, uint32_t));
	SAME(ibv_wr_set_xrc_srqn, void, (struct ibv_qp_ex *, uint32_t));
	SAME(ibv_wr_start, void, (struct ibv_qp_ex *));
	SAME(ntohll, uint64_t, (uint64_t));
	SAME(verbs_get_ctx, struct verbs_context *, (struct ibv_context *));
}
