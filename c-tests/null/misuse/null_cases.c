/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Every public function of today's nodes with NULL for its object, and with values of no meaning. */
#include "misuse.h"

static void devices(void)
{
	NUMBER(ibv_fork_init, "IBVERBS_1.1", "before anything else", );
	NUMBER(ibv_is_fork_initialized, "IBVERBS_1.13", "before anything else", );
	NUMBER(ibv_dontfork_range, "IBVERBS_1.1", "NULL and nothing", NULL, 0);
	NUMBER(ibv_dofork_range, "IBVERBS_1.1", "NULL and nothing", NULL, 0);
	POINTER(ibv_get_device_list, "IBVERBS_1.1", "no count and no device", NULL);
	NOTHING(ibv_free_device_list, "IBVERBS_1.1", "NULL", NULL);
	TEXT(ibv_get_device_name, "IBVERBS_1.1", "NULL", NULL);
	NUMBER(ibv_get_device_guid, "IBVERBS_1.1", "NULL", NULL);
	NUMBER(ibv_get_device_index, "IBVERBS_1.9", "NULL", NULL);
	POINTER(ibv_open_device, "IBVERBS_1.1", "NULL", NULL);
	NUMBER(ibv_close_device, "IBVERBS_1.1", "NULL", NULL);
	POINTER(ibv_import_device, "IBVERBS_1.10", "no descriptor", -1);
	POINTER(ibv_import_device, "IBVERBS_1.10", "a closed descriptor", 1000);
	POINTER(ibv_import_device, "IBVERBS_1.10", "a descriptor of something else", 0);
	TEXT(ibv_get_sysfs_path, "IBVERBS_1.0", "nothing to misuse", );
	NOTHING(ibv_register_driver, "IBVERBS_1.1", "NULL", NULL, NULL);
	NOTHING(ibv_register_driver, "IBVERBS_1.1", "a name without a function", "driver", NULL);
}

static void sysfs(void)
{
	static char buf[16];
	NUMBER(ibv_read_sysfs_file, "IBVERBS_1.0", "no directory", NULL, "x", buf, sizeof buf);
	NUMBER(ibv_read_sysfs_file, "IBVERBS_1.0", "no file", "/sys", NULL, buf, sizeof buf);
	NUMBER(ibv_read_sysfs_file, "IBVERBS_1.0", "no buffer", "/proc/sys/kernel", "ostype", NULL,
	       16);
	NUMBER(ibv_read_sysfs_file, "IBVERBS_1.0", "no size", "/proc/sys/kernel", "ostype", buf, 0);
	NUMBER(ibv_read_sysfs_file, "IBVERBS_1.0", "too small", "/proc/sys/kernel", "ostype", buf, 3);
	NUMBER(ibv_read_sysfs_file, "IBVERBS_1.0", "no such file", "/proc/sys/kernel", "none", buf,
	       sizeof buf);
}

static void names_and_rates(void)
{
	static const int wrong[] = { INT_MIN, -1, 100, INT_MAX };
	static const char *const label[] = { "INT_MIN", "-1", "100", "INT_MAX" };
	for (int i = 0; i < 4; i++) {
		TEXT(ibv_node_type_str, "IBVERBS_1.1", label[i], (enum ibv_node_type)wrong[i]);
		TEXT(ibv_port_state_str, "IBVERBS_1.1", label[i], (enum ibv_port_state)wrong[i]);
		TEXT(ibv_event_type_str, "IBVERBS_1.1", label[i], (enum ibv_event_type)wrong[i]);
		TEXT(ibv_wc_status_str, "IBVERBS_1.1", label[i], (enum ibv_wc_status)wrong[i]);
		NUMBER(ibv_rate_to_mult, "IBVERBS_1.0", label[i], (enum ibv_rate)wrong[i]);
		NUMBER(ibv_rate_to_mbps, "IBVERBS_1.1", label[i], (enum ibv_rate)wrong[i]);
		NUMBER(mult_to_ibv_rate, "IBVERBS_1.0", label[i], wrong[i]);
		NUMBER(mbps_to_ibv_rate, "IBVERBS_1.1", label[i], wrong[i]);
	}
}

static void copies(void)
{
	static uint8_t from[512], to[512];
	NOTHING(ibv_copy_ah_attr_from_kern, "IBVERBS_1.1", "no place", NULL, (void *)from);
	NOTHING(ibv_copy_ah_attr_from_kern, "IBVERBS_1.1", "no source", (void *)to, NULL);
	NOTHING(ibv_copy_qp_attr_from_kern, "IBVERBS_1.0", "no place", NULL, (void *)from);
	NOTHING(ibv_copy_qp_attr_from_kern, "IBVERBS_1.0", "no source", (void *)to, NULL);
	NOTHING(ibv_copy_path_rec_from_kern, "IBVERBS_1.0", "no place", NULL, (void *)from);
	NOTHING(ibv_copy_path_rec_from_kern, "IBVERBS_1.0", "no source", (void *)to, NULL);
	NOTHING(ibv_copy_path_rec_to_kern, "IBVERBS_1.0", "no place", NULL, (void *)from);
	NOTHING(ibv_copy_path_rec_to_kern, "IBVERBS_1.0", "no source", (void *)to, NULL);
}

static void queries(void)
{
	static struct ibv_device_attr device;
	static struct ibv_port_attr port;
	static struct ibv_gid_entry entry;
	static struct ibv_comp_cntr_caps caps;
	static union ibv_gid gid;
	static struct ibv_ah_attr ah;
	static uint8_t mac[6];
	static uint16_t vid;
	static __be16 pkey;
	static uint64_t speed;
	NUMBER(ibv_query_device, "IBVERBS_1.1", "no context", NULL, &device);
	NUMBER(ibv_query_port, "IBVERBS_1.1", "no context", NULL, 1, (void *)&port);
	NUMBER(ibv_query_port_speed, "IBVERBS_1.16", "no context", NULL, 1, &speed);
	NUMBER(ibv_query_gid, "IBVERBS_1.1", "no context", NULL, 1, 0, &gid);
	NUMBER(_ibv_query_gid_ex, "IBVERBS_1.11", "no context", NULL, 1, 0, &entry, 0, sizeof entry);
	NUMBER(_ibv_query_gid_ex, "IBVERBS_1.11", "unknown flags", NULL, 1, 0, &entry, 1,
	       sizeof entry);
	NUMBER(_ibv_query_gid_table, "IBVERBS_1.11", "no context", NULL, &entry, 1, 0, sizeof entry);
	NUMBER(_ibv_query_gid_table, "IBVERBS_1.11", "unknown flags", NULL, &entry, 1, 1,
	       sizeof entry);
	NUMBER(_ibv_query_comp_cntr_caps, "IBVERBS_1.18", "no context", NULL, &caps, sizeof caps);
	NUMBER(ibv_query_pkey, "IBVERBS_1.1", "no context", NULL, 1, 0, &pkey);
	NUMBER(ibv_get_pkey_index, "IBVERBS_1.5", "no context", NULL, 1, 0xffff);
	NUMBER(ibv_resolve_eth_l2_from_gid, "IBVERBS_1.1", "no context", NULL, &ah, mac, &vid);
}

static void events(void)
{
	static struct ibv_async_event event;
	static struct ibv_cq *cq;
	static void *context;
	NUMBER(ibv_get_async_event, "IBVERBS_1.1", "no context", NULL, &event);
	NOTHING(ibv_ack_async_event, "IBVERBS_1.1", "NULL", NULL);
	POINTER(ibv_create_comp_channel, "IBVERBS_1.0", "no context", NULL);
	NUMBER(ibv_destroy_comp_channel, "IBVERBS_1.0", "NULL", NULL);
	NUMBER(ibv_get_cq_event, "IBVERBS_1.1", "no channel", NULL, &cq, &context);
	NOTHING(ibv_ack_cq_events, "IBVERBS_1.1", "NULL, one", NULL, 1);
	NOTHING(ibv_ack_cq_events, "IBVERBS_1.1", "NULL, none", NULL, 0);
}

static void memory(void)
{
	static char bytes[64];
	static struct ibv_mr_init_attr attr;
	static struct ibv_dmah_init_attr hints;
	static struct ibv_buf *buf;
	POINTER(ibv_alloc_pd, "IBVERBS_1.1", "no context", NULL);
	NUMBER(ibv_dealloc_pd, "IBVERBS_1.1", "NULL", NULL);
	POINTER(ibv_reg_mr, "IBVERBS_1.1", "no PD", NULL, bytes, 64, 0);
	POINTER(ibv_reg_mr_iova, "IBVERBS_1.7", "no PD", NULL, bytes, 64, 0, 0);
	POINTER(ibv_reg_mr_iova2, "IBVERBS_1.8", "no PD", NULL, bytes, 64, 0, 0);
	POINTER(ibv_reg_dmabuf_mr, "IBVERBS_1.12", "no PD", NULL, 0, 64, 0, -1, 0);
	POINTER(ibv_reg_mr_ex, "IBVERBS_1.15", "no PD", NULL, &attr);
	POINTER(ibv_reg_buf_mr, "IBVERBS_1.17", "no PD", NULL, NULL, bytes, 64, 0);
	NUMBER(ibv_rereg_mr, "IBVERBS_1.1", "no MR, unknown flags", NULL, 8, NULL, bytes, 64, 0);
	NUMBER(ibv_rereg_mr, "IBVERBS_1.1", "no MR", NULL, IBV_REREG_MR_CHANGE_ACCESS, NULL, NULL, 0,
	       1);
	NUMBER(ibv_dereg_mr, "IBVERBS_1.1", "NULL", NULL);
	POINTER(ibv_import_pd, "IBVERBS_1.10", "no context", NULL, 1);
	POINTER(ibv_import_mr, "IBVERBS_1.10", "no PD", NULL, 1);
	POINTER(ibv_import_dm, "IBVERBS_1.13", "no context", NULL, 1);
	NOTHING(ibv_unimport_pd, "IBVERBS_1.10", "NULL", NULL);
	NOTHING(ibv_unimport_mr, "IBVERBS_1.10", "NULL", NULL);
	NOTHING(ibv_unimport_dm, "IBVERBS_1.13", "NULL", NULL);
	POINTER(ibv_alloc_dmah, "IBVERBS_1.15", "no context", NULL, &hints);
	NUMBER(ibv_dealloc_dmah, "IBVERBS_1.15", "NULL", NULL);
	NUMBER(ibv_dm_export_dmabuf_fd, "IBVERBS_1.16", "NULL", NULL);
	POINTER(ibv_alloc_buf, "IBVERBS_1.17", "no PD", NULL, 64, &buf);
	NOTHING(ibv_free_buf, "IBVERBS_1.17", "NULL", NULL);
	NUMBER(ibv_export_buf_dmabuf_fd, "IBVERBS_1.18", "NULL", NULL);
}

static void queues(void)
{
	static struct ibv_srq_init_attr srq_init;
	static struct ibv_srq_attr srq_attr;
	static struct ibv_qp_init_attr qp_init;
	static struct ibv_qp_attr qp_attr;
	static struct ibv_ece ece, vendor = { .vendor_id = 1 };
	static union ibv_gid gid;
	POINTER(ibv_create_cq, "IBVERBS_1.1", "no context", NULL, 1, NULL, NULL, 0);
	NUMBER(ibv_resize_cq, "IBVERBS_1.1", "NULL", NULL, 1);
	NUMBER(ibv_destroy_cq, "IBVERBS_1.1", "NULL", NULL);
	POINTER(ibv_create_srq, "IBVERBS_1.1", "no PD", NULL, &srq_init);
	NUMBER(ibv_modify_srq, "IBVERBS_1.1", "no SRQ", NULL, &srq_attr, IBV_SRQ_LIMIT);
	NUMBER(ibv_query_srq, "IBVERBS_1.1", "no SRQ", NULL, &srq_attr);
	NUMBER(ibv_destroy_srq, "IBVERBS_1.1", "NULL", NULL);
	POINTER(ibv_create_qp, "IBVERBS_1.1", "no PD", NULL, &qp_init);
	NUMBER(ibv_modify_qp, "IBVERBS_1.1", "no QP", NULL, &qp_attr, IBV_QP_STATE);
	NUMBER(ibv_query_qp, "IBVERBS_1.1", "no QP", NULL, &qp_attr, IBV_QP_STATE, &qp_init);
	NUMBER(ibv_destroy_qp, "IBVERBS_1.1", "NULL", NULL);
	NUMBER(ibv_query_qp_data_in_order, "IBVERBS_1.14", "no QP", NULL, IBV_WR_SEND, 0);
	POINTER(ibv_qp_to_qp_ex, "IBVERBS_1.6", "NULL", NULL);
	NUMBER(ibv_query_ece, "IBVERBS_1.10", "no QP", NULL, &ece);
	NUMBER(ibv_set_ece, "IBVERBS_1.10", "no QP, no vendor", NULL, &ece);
	NUMBER(ibv_set_ece, "IBVERBS_1.10", "no QP", NULL, &vendor);
	NUMBER(ibv_attach_mcast, "IBVERBS_1.1", "no QP", NULL, &gid, 0);
	NUMBER(ibv_detach_mcast, "IBVERBS_1.1", "no QP", NULL, &gid, 0);
}

static void addresses(void)
{
	static struct ibv_ah_attr attr;
	static struct ibv_wc wc, with_grh = { .wc_flags = IBV_WC_GRH };
	static struct ibv_grh grh;
	POINTER(ibv_create_ah, "IBVERBS_1.1", "no PD", NULL, &attr);
	NUMBER(ibv_destroy_ah, "IBVERBS_1.1", "NULL", NULL);
	NUMBER(ibv_init_ah_from_wc, "IBVERBS_1.1", "no context, no GRH", NULL, 1, &wc, &grh, &attr);
	NUMBER(ibv_init_ah_from_wc, "IBVERBS_1.1", "no context", NULL, 1, &with_grh, &grh, &attr);
	NUMBER(ibv_init_ah_from_wc, "IBVERBS_1.1", "no completion", NULL, 1, NULL, &grh, &attr);
	POINTER(ibv_create_ah_from_wc, "IBVERBS_1.1", "no PD", NULL, &wc, &grh, 1);
}

static void counters(void)
{
	static struct ibv_comp_cntr_init_attr attr;
	static struct ibv_qp_attach_comp_cntr_attr attach;
	static uint64_t value;
	POINTER(ibv_create_comp_cntr, "IBVERBS_1.18", "no context", NULL, &attr);
	NUMBER(ibv_destroy_comp_cntr, "IBVERBS_1.18", "NULL", NULL);
	NUMBER(ibv_set_comp_cntr, "IBVERBS_1.18", "NULL", NULL, 1);
	NUMBER(ibv_set_err_comp_cntr, "IBVERBS_1.18", "NULL", NULL, 1);
	NUMBER(ibv_inc_comp_cntr, "IBVERBS_1.18", "NULL", NULL, 1);
	NUMBER(ibv_inc_err_comp_cntr, "IBVERBS_1.18", "NULL", NULL, 1);
	NUMBER(ibv_read_comp_cntr, "IBVERBS_1.18", "NULL", NULL, &value);
	NUMBER(ibv_read_err_comp_cntr, "IBVERBS_1.18", "NULL", NULL, &value);
	NUMBER(ibv_qp_attach_comp_cntr, "IBVERBS_1.18", "no QP", NULL, NULL, &attach);
}

void null_cases(void)
{
	fixture = NULL;
	devices();
	sysfs();
	names_and_rates();
	copies();
	queries();
	events();
	memory();
	queues();
	addresses();
	counters();
}
