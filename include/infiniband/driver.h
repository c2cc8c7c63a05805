/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Written by `make headers` from src/abi and include/gen; not edited by hand. */
#ifndef INFINIBAND_DRIVER_H
#define INFINIBAND_DRIVER_H

/*
 * For driver plug-ins, which are built apart from the library. Applications have no use for it.
 *
 * What a driver and the library share has changed from generation to generation, and each has a
 * number. A driver says which one it is written for: it defines IBVERBS_PABI_VERSION before it
 * includes this file, and this file before verbs.h. 65 is that of release 65; 34 is that of
 * releases 49 to 56, in the form the last of them gave it. Without a word it is the newest that the
 * library serves, or 65 if verbs.h came first.
 */

#include <errno.h>
#ifdef __cplusplus
#include <atomic>
#else
#include <stdatomic.h>
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#ifndef IBVERBS_PABI_VERSION
#if defined(INFINIBAND_VERBS_H) && !defined(VERBS_PABI_34)
#define IBVERBS_PABI_VERSION 65
#else
#define IBVERBS_PABI_VERSION 34
#endif
#endif

#if IBVERBS_PABI_VERSION == 34
#if defined(INFINIBAND_VERBS_H) && !defined(VERBS_PABI_34)
#error "driver.h of generation 34 comes before verbs.h"
#endif
#define VERBS_PABI_34
#elif IBVERBS_PABI_VERSION != 65
#error "driver.h knows generations 34 and 65"
#endif

#include <infiniband/verbs.h>

#ifdef __cplusplus
using std::atomic_int;
#endif

#include <infiniband/cmd_ioctl.h>
#include <infiniband/cmd_write.h>
#include <infiniband/kern-abi.h>

/* Intrusive lists: those of the driver's own tree if it has them. */
#if defined(__has_include)
#if __has_include(<ccan/list.h>)
#include <ccan/list.h>
#define VERBS_HAVE_LIST
#endif
#endif
#ifdef VERBS_HAVE_LIST
#undef VERBS_HAVE_LIST
#elif !defined(CCAN_LIST_H)
/* Link of a list whose ends are the list itself. */
struct list_node {
	struct list_node *next;
	struct list_node *prev;
};

struct list_head {
	struct list_node n;
};
#endif

/* One way a driver recognizes a device; kind is one of VERBS_MATCH_. */
struct verbs_match_ent {
	void *driver_data;
	union {
		const char *modalias;
		uint64_t driver_id;
	} u;
	uint16_t vendor;
	uint16_t device;
	uint8_t kind;
};

struct ibv_command_buffer;
struct list_node;
struct timespec;
struct verbs_cq;
struct verbs_match_ent;
struct verbs_qp;
struct verbs_sysfs_dev;
struct verbs_device_ops;
struct verbs_device;
struct verbs_mr;
struct verbs_flow_action;
struct verbs_dm;
struct verbs_dmah;
struct verbs_counters;
struct ibv_buf;
struct verbs_xrcd;
struct verbs_srq;
struct verbs_context_ops;

enum {
	VERBS_MATCH_SENTINEL = 0,
	VERBS_MATCH_PCI = 1,
	VERBS_MATCH_MODALIAS = 2,
	VERBS_MATCH_DRIVER_ID = 3,
};

enum {
	VSYSFS_READ_MODALIAS = 1 << 0,
	VSYSFS_READ_NODE_GUID = 1 << 1,
};

enum {
	VERBS_LOG_LEVEL_NONE = 0,
	VERBS_LOG_ERR = 1,
	VERBS_LOG_WARN = 2,
	VERBS_LOG_INFO = 3,
	VERBS_LOG_DEBUG = 4,
};

enum ibv_flow_action_type {
	IBV_FLOW_ACTION_UNSPECIFIED = 0,
	IBV_FLOW_ACTION_ESP = 1,
};

enum ibv_mr_type {
	IBV_MR_TYPE_MR = 0,
	IBV_MR_TYPE_NULL_MR = 1,
	IBV_MR_TYPE_IMPORTED_MR = 2,
	IBV_MR_TYPE_DMABUF_MR = 3,
};

enum ibv_gid_type_sysfs {
	IBV_GID_TYPE_SYSFS_IB_ROCE_V1 = 0,
	IBV_GID_TYPE_SYSFS_ROCE_V2 = 1,
};

enum verbs_xrcd_mask {
	VERBS_XRCD_HANDLE = (1 << 0),
	VERBS_XRCD_RESERVED = (1 << 1),
};

enum verbs_qp_mask {
	VERBS_QP_XRCD = (1 << 0),
	VERBS_QP_EX = (1 << 1),
};

enum create_cq_cmd_flags {
	CREATE_CQ_CMD_FLAGS_TS_IGNORED_EX = (1 << 0),
	CREATE_CQ_CMD_FLAGS_WITH_MEM_VA = (1 << 1),
	CREATE_CQ_CMD_FLAGS_WITH_MEM_DMABUF = (1 << 2),
};

enum verbs_query_gid_attr_mask {
	VERBS_QUERY_GID_ATTR_GID = (1 << 0),
	VERBS_QUERY_GID_ATTR_TYPE = (1 << 1),
	VERBS_QUERY_GID_ATTR_NDEV_IFINDEX = (1 << 2),
};

struct verbs_dm {
	struct ibv_dm dm;
	uint32_t handle;
};

struct verbs_dmah {
	struct ibv_dmah dmah;
	uint32_t handle;
};

struct verbs_xrcd {
	struct ibv_xrcd xrcd;
	uint32_t comp_mask;
	uint32_t handle;
};

struct verbs_counters {
	struct ibv_counters counters;
	uint32_t handle;
};

struct verbs_flow_action {
	struct ibv_flow_action action;
	uint32_t handle;
	enum ibv_flow_action_type type;
};

/* A shared receive queue as a driver allocates it. */
struct verbs_srq {
	struct ibv_srq srq;
	enum ibv_srq_type srq_type;
	struct verbs_xrcd *xrcd;
	struct ibv_cq *cq;
	uint32_t srq_num;
};

/* A region with what the library must know to release it. */
struct verbs_mr {
	struct ibv_mr ibv_mr;
	enum ibv_mr_type mr_type;
	int access;
};

/* A buffer that the library or a driver allocated. */
struct ibv_buf {
	void *addr;
	size_t size;
	struct ibv_pd *pd;
	int dmabuf_fd;
};

/* Every operation a driver can have, by name. An empty slot keeps the default. */
struct verbs_context_ops {
	int (*advise_mr)(struct ibv_pd *,
			 enum ib_uverbs_advise_mr_advice,
			 uint32_t,
			 struct ibv_sge *,
			 uint32_t);
#if !defined(VERBS_PABI_34)
	void *(*alloc_buf)(struct ibv_pd *, size_t, struct ibv_buf **);
#endif
	struct ibv_dm *(*alloc_dm)(struct ibv_context *, struct ibv_alloc_dm_attr *);
#if !defined(VERBS_PABI_34)
	struct ibv_dmah *(*alloc_dmah)(struct ibv_context *, struct ibv_dmah_init_attr *);
#endif
	struct ibv_mw *(*alloc_mw)(struct ibv_pd *, enum ibv_mw_type);
	struct ibv_mr *(*alloc_null_mr)(struct ibv_pd *);
	struct ibv_pd *(*alloc_parent_domain)(struct ibv_context *,
					      struct ibv_parent_domain_init_attr *);
	struct ibv_pd *(*alloc_pd)(struct ibv_context *);
	struct ibv_td *(*alloc_td)(struct ibv_context *, struct ibv_td_init_attr *);
	void (*async_event)(struct ibv_context *, struct ibv_async_event *);
	int (*attach_counters_point_flow)(struct ibv_counters *,
					  struct ibv_counter_attach_attr *,
					  struct ibv_flow *);
	int (*attach_mcast)(struct ibv_qp *, const union ibv_gid *, uint16_t);
	int (*bind_mw)(struct ibv_qp *, struct ibv_mw *, struct ibv_mw_bind *);
	int (*close_xrcd)(struct ibv_xrcd *);
	void (*cq_event)(struct ibv_cq *);
	struct ibv_ah *(*create_ah)(struct ibv_pd *, struct ibv_ah_attr *);
#if !defined(VERBS_PABI_34)
	struct ibv_comp_cntr *(*create_comp_cntr)(struct ibv_context *,
						  struct ibv_comp_cntr_init_attr *);
#endif
	struct ibv_counters *(*create_counters)(struct ibv_context *, struct ibv_counters_init_attr *);
	struct ibv_cq *(*create_cq)(struct ibv_context *, int, struct ibv_comp_channel *, int);
	struct ibv_cq_ex *(*create_cq_ex)(struct ibv_context *, struct ibv_cq_init_attr_ex *);
	struct ibv_flow *(*create_flow)(struct ibv_qp *, struct ibv_flow_attr *);
	struct ibv_flow_action *(*create_flow_action_esp)(struct ibv_context *,
							  struct ibv_flow_action_esp_attr *);
	struct ibv_qp *(*create_qp)(struct ibv_pd *, struct ibv_qp_init_attr *);
	struct ibv_qp *(*create_qp_ex)(struct ibv_context *, struct ibv_qp_init_attr_ex *);
	struct ibv_rwq_ind_table *(*create_rwq_ind_table)(struct ibv_context *,
							  struct ibv_rwq_ind_table_init_attr *);
	struct ibv_srq *(*create_srq)(struct ibv_pd *, struct ibv_srq_init_attr *);
	struct ibv_srq *(*create_srq_ex)(struct ibv_context *, struct ibv_srq_init_attr_ex *);
	struct ibv_wq *(*create_wq)(struct ibv_context *, struct ibv_wq_init_attr *);
#if !defined(VERBS_PABI_34)
	int (*dealloc_dmah)(struct ibv_dmah *);
#endif
	int (*dealloc_mw)(struct ibv_mw *);
	int (*dealloc_pd)(struct ibv_pd *);
	int (*dealloc_td)(struct ibv_td *);
	int (*dereg_mr)(struct verbs_mr *);
	int (*destroy_ah)(struct ibv_ah *);
#if !defined(VERBS_PABI_34)
	int (*destroy_comp_cntr)(struct ibv_comp_cntr *);
#endif
	int (*destroy_counters)(struct ibv_counters *);
	int (*destroy_cq)(struct ibv_cq *);
	int (*destroy_flow)(struct ibv_flow *);
	int (*destroy_flow_action)(struct ibv_flow_action *);
	int (*destroy_qp)(struct ibv_qp *);
	int (*destroy_rwq_ind_table)(struct ibv_rwq_ind_table *);
	int (*destroy_srq)(struct ibv_srq *);
	int (*destroy_wq)(struct ibv_wq *);
	int (*detach_mcast)(struct ibv_qp *, const union ibv_gid *, uint16_t);
#if !defined(VERBS_PABI_34)
	int (*dm_export_dmabuf_fd)(struct ibv_dm *);
	void (*free_buf)(struct ibv_buf *);
#endif
	void (*free_context)(struct ibv_context *);
	int (*free_dm)(struct ibv_dm *);
	int (*get_srq_num)(struct ibv_srq *, uint32_t *);
	struct ibv_dm *(*import_dm)(struct ibv_context *, uint32_t);
	struct ibv_mr *(*import_mr)(struct ibv_pd *, uint32_t);
	struct ibv_pd *(*import_pd)(struct ibv_context *, uint32_t);
#if !defined(VERBS_PABI_34)
	int (*inc_comp_cntr)(struct ibv_comp_cntr *, uint64_t);
	int (*inc_err_comp_cntr)(struct ibv_comp_cntr *, uint64_t);
#endif
	int (*modify_cq)(struct ibv_cq *, struct ibv_modify_cq_attr *);
	int (*modify_flow_action_esp)(struct ibv_flow_action *, struct ibv_flow_action_esp_attr *);
	int (*modify_qp)(struct ibv_qp *, struct ibv_qp_attr *, int);
	int (*modify_qp_rate_limit)(struct ibv_qp *, struct ibv_qp_rate_limit_attr *);
	int (*modify_srq)(struct ibv_srq *, struct ibv_srq_attr *, int);
	int (*modify_wq)(struct ibv_wq *, struct ibv_wq_attr *);
	struct ibv_qp *(*open_qp)(struct ibv_context *, struct ibv_qp_open_attr *);
	struct ibv_xrcd *(*open_xrcd)(struct ibv_context *, struct ibv_xrcd_init_attr *);
	int (*poll_cq)(struct ibv_cq *, int, struct ibv_wc *);
	int (*post_recv)(struct ibv_qp *, struct ibv_recv_wr *, struct ibv_recv_wr **);
	int (*post_send)(struct ibv_qp *, struct ibv_send_wr *, struct ibv_send_wr **);
	int (*post_srq_ops)(struct ibv_srq *, struct ibv_ops_wr *, struct ibv_ops_wr **);
	int (*post_srq_recv)(struct ibv_srq *, struct ibv_recv_wr *, struct ibv_recv_wr **);
#if !defined(VERBS_PABI_34)
	int (*qp_attach_comp_cntr)(struct ibv_qp *,
				   struct ibv_comp_cntr *,
				   struct ibv_qp_attach_comp_cntr_attr *);
	int (*query_comp_cntr_caps)(struct ibv_context *, struct ibv_comp_cntr_caps *, size_t);
#endif
	int (*query_device_ex)(struct ibv_context *,
			       const struct ibv_query_device_ex_input *,
			       struct ibv_device_attr_ex *,
			       size_t);
	int (*query_ece)(struct ibv_qp *, struct ibv_ece *);
	int (*query_port)(struct ibv_context *, uint8_t, struct ibv_port_attr *);
#if !defined(VERBS_PABI_34)
	int (*query_port_speed)(struct ibv_context *, uint32_t, uint64_t *);
#endif
	int (*query_qp)(struct ibv_qp *, struct ibv_qp_attr *, int, struct ibv_qp_init_attr *);
	int (*query_qp_data_in_order)(struct ibv_qp *, enum ibv_wr_opcode, uint32_t);
	int (*query_rt_values)(struct ibv_context *, struct ibv_values_ex *);
	int (*query_srq)(struct ibv_srq *, struct ibv_srq_attr *);
#if !defined(VERBS_PABI_34)
	int (*read_comp_cntr)(struct ibv_comp_cntr *, uint64_t *);
#endif
	int (*read_counters)(struct ibv_counters *, uint64_t *, uint32_t, uint32_t);
#if !defined(VERBS_PABI_34)
	int (*read_err_comp_cntr)(struct ibv_comp_cntr *, uint64_t *);
#endif
	struct ibv_mr *(*reg_dm_mr)(struct ibv_pd *, struct ibv_dm *, uint64_t, size_t, unsigned int);
	struct ibv_mr *(*reg_dmabuf_mr)(struct ibv_pd *, uint64_t, size_t, uint64_t, int, int);
	struct ibv_mr *(*reg_mr)(struct ibv_pd *, void *, size_t, uint64_t, int);
#if !defined(VERBS_PABI_34)
	struct ibv_mr *(*reg_mr_ex)(struct ibv_pd *, struct ibv_mr_init_attr *);
#endif
	int (*req_notify_cq)(struct ibv_cq *, int);
	int (*rereg_mr)(struct verbs_mr *, int, struct ibv_pd *, void *, size_t, int);
	int (*resize_cq)(struct ibv_cq *, int);
#if !defined(VERBS_PABI_34)
	int (*set_comp_cntr)(struct ibv_comp_cntr *, uint64_t);
#endif
	int (*set_ece)(struct ibv_qp *, struct ibv_ece *);
#if !defined(VERBS_PABI_34)
	int (*set_err_comp_cntr)(struct ibv_comp_cntr *, uint64_t);
#endif
	void (*unimport_dm)(struct ibv_dm *);
	void (*unimport_mr)(struct ibv_mr *);
	void (*unimport_pd)(struct ibv_pd *);
};

/* What the library found out about a device before any driver saw it. */
struct verbs_sysfs_dev {
	struct list_node entry;
	void *provider_data;
	const struct verbs_match_ent *match;
	unsigned int flags;
	char sysfs_name[64];
	dev_t sysfs_cdev;
	char ibdev_name[64];
	char ibdev_path[256];
	char modalias[512];
	uint64_t node_guid;
	uint32_t driver_id;
	enum ibv_node_type node_type;
	int ibdev_idx;
	uint32_t num_ports;
	uint32_t abi_ver;
	struct timespec time_created;
};

/* A device as driver and library share it. */
struct verbs_device {
	struct ibv_device device;
	const struct verbs_device_ops *ops;
	atomic_int refcount;
	struct list_node entry;
	struct verbs_sysfs_dev *sysfs;
	uint64_t core_support;
};

/* A driver: how it recognizes, makes and opens devices. */
struct verbs_device_ops {
	const char *name;
	uint32_t match_min_abi_version;
	uint32_t match_max_abi_version;
	const struct verbs_match_ent *match_table;
	const struct verbs_device_ops **static_providers;
	bool (*match_device)(struct verbs_sysfs_dev *);
	struct verbs_context *(*alloc_context)(struct ibv_device *, int, void *);
	struct verbs_context *(*import_context)(struct ibv_device *, int);
	struct verbs_device *(*alloc_device)(struct verbs_sysfs_dev *);
	void (*uninit_device)(struct verbs_device *);
};

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

extern void *_verbs_init_and_alloc_context(struct ibv_device *device,
					   int cmd_fd,
					   size_t alloc_size,
					   struct verbs_context *context_offset,
					   uint32_t driver_id);

extern int ibv_cmd_advise_mr(struct ibv_pd *pd,
			     enum ib_uverbs_advise_mr_advice advice,
			     uint32_t flags,
			     struct ibv_sge *sg_list,
			     uint32_t num_sge);

extern int ibv_cmd_alloc_dm(struct ibv_context *ctx,
			    const struct ibv_alloc_dm_attr *dm_attr,
			    struct verbs_dm *dm,
			    struct ibv_command_buffer *link);

extern int ibv_cmd_alloc_dmah(struct ibv_context *ctx,
			      struct verbs_dmah *st,
			      struct ibv_dmah_init_attr *attr);

extern int ibv_cmd_alloc_mw(struct ibv_pd *pd,
			    enum ibv_mw_type type,
			    struct ibv_mw *mw,
			    struct ibv_alloc_mw *cmd,
			    size_t cmd_size,
			    struct ib_uverbs_alloc_mw_resp *resp,
			    size_t resp_size);

extern int ibv_cmd_alloc_pd(struct ibv_context *context,
			    struct ibv_pd *pd,
			    struct ibv_alloc_pd *cmd,
			    size_t cmd_size,
			    struct ib_uverbs_alloc_pd_resp *resp,
			    size_t resp_size);

extern int ibv_cmd_attach_mcast(struct ibv_qp *qp, const union ibv_gid *gid, uint16_t lid);

extern int ibv_cmd_close_xrcd(struct verbs_xrcd *xrcd);

extern int ibv_cmd_create_ah(struct ibv_pd *pd,
			     struct ibv_ah *ah,
			     struct ibv_ah_attr *attr,
			     struct ib_uverbs_create_ah_resp *resp,
			     size_t resp_size);

extern int ibv_cmd_create_comp_cntr(struct ibv_context *context,
				    struct ibv_comp_cntr *comp_cntr,
				    struct ibv_command_buffer *link);

extern int ibv_cmd_create_counters(struct ibv_context *context,
				   struct ibv_counters_init_attr *init_attr,
				   struct verbs_counters *vcounters,
				   struct ibv_command_buffer *link);

extern int ibv_cmd_create_cq(struct ibv_context *context,
			     int cqe,
			     struct ibv_comp_channel *channel,
			     int comp_vector,
			     struct ibv_cq *cq,
			     struct ibv_create_cq *cmd,
			     size_t cmd_size,
			     struct ib_uverbs_create_cq_resp *resp,
			     size_t resp_size);

extern int ibv_cmd_create_flow(struct ibv_qp *qp,
			       struct ibv_flow *flow_id,
			       struct ibv_flow_attr *flow_attr,
			       void *ucmd,
			       size_t ucmd_size);

extern int ibv_cmd_create_flow_action_esp(struct ibv_context *ctx,
					  struct ibv_flow_action_esp_attr *attr,
					  struct verbs_flow_action *flow_action,
					  struct ibv_command_buffer *driver);

extern int ibv_cmd_create_qp(struct ibv_pd *pd,
			     struct ibv_qp *qp,
			     struct ibv_qp_init_attr *attr,
			     struct ibv_create_qp *cmd,
			     size_t cmd_size,
			     struct ib_uverbs_create_qp_resp *resp,
			     size_t resp_size);

extern int ibv_cmd_create_qp_ex(struct ibv_context *context,
				struct verbs_qp *qp,
				struct ibv_qp_init_attr_ex *attr_ex,
				struct ibv_create_qp *cmd,
				size_t cmd_size,
				struct ib_uverbs_create_qp_resp *resp,
				size_t resp_size);

extern int ibv_cmd_create_rwq_ind_table(struct ibv_context *context,
					struct ibv_rwq_ind_table_init_attr *init_attr,
					struct ibv_rwq_ind_table *rwq_ind_table,
					struct ib_uverbs_ex_create_rwq_ind_table_resp *resp,
					size_t resp_size);

extern int ibv_cmd_create_srq(struct ibv_pd *pd,
			      struct ibv_srq *srq,
			      struct ibv_srq_init_attr *attr,
			      struct ibv_create_srq *cmd,
			      size_t cmd_size,
			      struct ib_uverbs_create_srq_resp *resp,
			      size_t resp_size);

extern int ibv_cmd_create_srq_ex(struct ibv_context *context,
				 struct verbs_srq *srq,
				 struct ibv_srq_init_attr_ex *attr_ex,
				 struct ibv_create_xsrq *cmd,
				 size_t cmd_size,
				 struct ib_uverbs_create_srq_resp *resp,
				 size_t resp_size);

extern int ibv_cmd_create_wq(struct ibv_context *context,
			     struct ibv_wq_init_attr *wq_init_attr,
			     struct ibv_wq *wq,
			     struct ibv_create_wq *cmd,
			     size_t cmd_size,
			     struct ib_uverbs_ex_create_wq_resp *resp,
			     size_t resp_size);

extern int ibv_cmd_dealloc_mw(struct ibv_mw *mw);

extern int ibv_cmd_dealloc_pd(struct ibv_pd *pd);

extern int ibv_cmd_dereg_mr(struct verbs_mr *vmr);

extern int ibv_cmd_destroy_ah(struct ibv_ah *ah);

extern int ibv_cmd_destroy_comp_cntr(struct ibv_comp_cntr *comp_cntr);

extern int ibv_cmd_destroy_counters(struct verbs_counters *vcounters);

extern int ibv_cmd_destroy_cq(struct ibv_cq *cq);

extern int ibv_cmd_destroy_flow(struct ibv_flow *flow_id);

extern int ibv_cmd_destroy_flow_action(struct verbs_flow_action *action);

extern int ibv_cmd_destroy_qp(struct ibv_qp *qp);

extern int ibv_cmd_destroy_rwq_ind_table(struct ibv_rwq_ind_table *rwq_ind_table);

extern int ibv_cmd_destroy_srq(struct ibv_srq *srq);

extern int ibv_cmd_destroy_wq(struct ibv_wq *wq);

extern int ibv_cmd_detach_mcast(struct ibv_qp *qp, const union ibv_gid *gid, uint16_t lid);

extern int ibv_cmd_export_dmabuf_fd(struct ibv_context *ctx, off_t pg_off);

extern int ibv_cmd_free_dm(struct verbs_dm *dm);

extern int ibv_cmd_free_dmah(struct verbs_dmah *dmah);

extern int ibv_cmd_inc_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t amount);

extern int ibv_cmd_inc_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t amount);

extern int ibv_cmd_modify_cq(struct ibv_cq *cq,
			     struct ibv_modify_cq_attr *attr,
			     struct ibv_modify_cq *cmd,
			     size_t cmd_size);

extern int ibv_cmd_modify_flow_action_esp(struct verbs_flow_action *flow_action,
					  struct ibv_flow_action_esp_attr *attr,
					  struct ibv_command_buffer *driver);

extern int ibv_cmd_modify_qp(struct ibv_qp *qp,
			     struct ibv_qp_attr *attr,
			     int attr_mask,
			     struct ibv_modify_qp *cmd,
			     size_t cmd_size);

extern int ibv_cmd_modify_qp_ex(struct ibv_qp *qp,
				struct ibv_qp_attr *attr,
				int attr_mask,
				struct ibv_modify_qp_ex *cmd,
				size_t cmd_size,
				struct ib_uverbs_ex_modify_qp_resp *resp,
				size_t resp_size);

extern int ibv_cmd_modify_srq(struct ibv_srq *srq,
			      struct ibv_srq_attr *srq_attr,
			      int srq_attr_mask,
			      struct ibv_modify_srq *cmd,
			      size_t cmd_size);

extern int ibv_cmd_modify_wq(struct ibv_wq *wq,
			     struct ibv_wq_attr *attr,
			     struct ibv_modify_wq *cmd,
			     size_t cmd_size);

extern int ibv_cmd_open_qp(struct ibv_context *context,
			   struct verbs_qp *qp,
			   int vqp_sz,
			   struct ibv_qp_open_attr *attr,
			   struct ibv_open_qp *cmd,
			   size_t cmd_size,
			   struct ib_uverbs_create_qp_resp *resp,
			   size_t resp_size);

extern int ibv_cmd_open_xrcd(struct ibv_context *context,
			     struct verbs_xrcd *xrcd,
			     int vxrcd_size,
			     struct ibv_xrcd_init_attr *attr,
			     struct ibv_open_xrcd *cmd,
			     size_t cmd_size,
			     struct ib_uverbs_open_xrcd_resp *resp,
			     size_t resp_size);

extern int ibv_cmd_poll_cq(struct ibv_cq *cq, int ne, struct ibv_wc *wc);

extern int ibv_cmd_post_recv(struct ibv_qp *ibqp,
			     struct ibv_recv_wr *wr,
			     struct ibv_recv_wr **bad_wr);

extern int ibv_cmd_post_send(struct ibv_qp *ibqp,
			     struct ibv_send_wr *wr,
			     struct ibv_send_wr **bad_wr);

extern int ibv_cmd_post_srq_recv(struct ibv_srq *srq,
				 struct ibv_recv_wr *wr,
				 struct ibv_recv_wr **bad_wr);

extern int ibv_cmd_qp_attach_comp_cntr(struct ibv_qp *qp,
				       struct ibv_comp_cntr *comp_cntr,
				       struct ibv_qp_attach_comp_cntr_attr *attr);

extern int ibv_cmd_query_comp_cntr_caps(struct ibv_context *context,
					struct ibv_comp_cntr_caps *caps,
					size_t caps_size);

extern int ibv_cmd_query_context(struct ibv_context *ctx, struct ibv_command_buffer *driver);

extern int ibv_cmd_query_device_any(struct ibv_context *context,
				    const struct ibv_query_device_ex_input *input,
				    struct ibv_device_attr_ex *attr,
				    size_t attr_size,
				    struct ib_uverbs_ex_query_device_resp *resp,
				    size_t *resp_size);

extern int ibv_cmd_query_mr(struct ibv_pd *pd, struct verbs_mr *vmr, uint32_t mr_handle);

extern int ibv_cmd_query_port(struct ibv_context *context,
			      uint8_t port_num,
			      struct ibv_port_attr *port_attr,
			      struct ibv_query_port *cmd,
			      size_t cmd_size);

extern int ibv_cmd_query_port_speed(struct ibv_context *context,
				    uint32_t port_num,
				    uint64_t *speed);

extern int ibv_cmd_query_qp(struct ibv_qp *qp,
			    struct ibv_qp_attr *qp_attr,
			    int attr_mask,
			    struct ibv_qp_init_attr *qp_init_attr,
			    struct ibv_query_qp *cmd,
			    size_t cmd_size);

extern int ibv_cmd_query_srq(struct ibv_srq *srq,
			     struct ibv_srq_attr *srq_attr,
			     struct ibv_query_srq *cmd,
			     size_t cmd_size);

extern int ibv_cmd_read_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t *value);

extern int ibv_cmd_read_counters(struct verbs_counters *vcounters,
				 uint64_t *counters_value,
				 uint32_t ncounters,
				 uint32_t flags,
				 struct ibv_command_buffer *link);

extern int ibv_cmd_read_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t *value);

extern int ibv_cmd_reg_dm_mr(struct ibv_pd *pd,
			     struct verbs_dm *dm,
			     uint64_t offset,
			     size_t length,
			     unsigned int access,
			     struct verbs_mr *vmr,
			     struct ibv_command_buffer *link);

extern int ibv_cmd_reg_dmabuf_mr(struct ibv_pd *pd,
				 uint64_t offset,
				 size_t length,
				 uint64_t iova,
				 int fd,
				 int access,
				 struct verbs_mr *vmr,
				 struct ibv_command_buffer *driver);

extern int ibv_cmd_reg_mr(struct ibv_pd *pd,
			  void *addr,
			  size_t length,
			  uint64_t hca_va,
			  int access,
			  struct verbs_mr *vmr,
			  struct ibv_reg_mr *cmd,
			  size_t cmd_size,
			  struct ib_uverbs_reg_mr_resp *resp,
			  size_t resp_size);

extern int ibv_cmd_reg_mr_ex(struct ibv_pd *pd,
			     struct verbs_mr *vmr,
			     struct ibv_mr_init_attr *mr_init_attr);

extern int ibv_cmd_req_notify_cq(struct ibv_cq *cq, int solicited_only);

extern int ibv_cmd_rereg_mr(struct verbs_mr *vmr,
			    uint32_t flags,
			    void *addr,
			    size_t length,
			    uint64_t hca_va,
			    int access,
			    struct ibv_pd *pd,
			    struct ibv_rereg_mr *cmd,
			    size_t cmd_sz,
			    struct ib_uverbs_rereg_mr_resp *resp,
			    size_t resp_sz);

extern int ibv_cmd_resize_cq(struct ibv_cq *cq,
			     int cqe,
			     struct ibv_resize_cq *cmd,
			     size_t cmd_size,
			     struct ib_uverbs_resize_cq_resp *resp,
			     size_t resp_size);

extern int ibv_cmd_set_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t value);

extern int ibv_cmd_set_err_comp_cntr(struct ibv_comp_cntr *comp_cntr, uint64_t value);

extern int ibv_dofork_range(void *base, size_t size);

extern int ibv_dontfork_range(void *base, size_t size);

extern const char *ibv_get_sysfs_path(void);

extern int ibv_query_gid_type(struct ibv_context *context,
			      uint8_t port_num,
			      unsigned int index,
			      enum ibv_gid_type_sysfs *type);

extern int ibv_read_sysfs_file(const char *dir, const char *file, char *buf, size_t size);

extern void verbs_init_cq(struct ibv_cq *cq,
			  struct ibv_context *context,
			  struct ibv_comp_channel *channel,
			  void *cq_context);

extern struct ibv_context *verbs_open_device(struct ibv_device *device, void *private_data);

extern void verbs_set_ops(struct verbs_context *vctx, const struct verbs_context_ops *ops);

extern void verbs_uninit_context(struct verbs_context *context);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Types with a union inside that has no name of its own.
 */

/* A queue pair as a driver allocates it. */
struct verbs_qp {
	union {
		struct ibv_qp qp;
		struct ibv_qp_ex qp_ex;
	};
	/* Bits of enum verbs_qp_mask. */
	uint32_t comp_mask;
	struct verbs_xrcd *xrcd;
};

/* A completion queue as a driver allocates it. */
struct verbs_cq {
	union {
		struct ibv_cq cq;
		struct ibv_cq_ex cq_ex;
	};
};

/* Where a driver wants the entries of a completion queue. */
struct verbs_create_cq_prov_attr {
	struct {
		uint64_t length;
		union {
			uint8_t *ptr;
			struct {
				uint64_t offset;
				int fd;
			} dmabuf;
		};
	} buffer;
};

typedef struct verbs_device *(*verbs_driver_init_func)(const char *, int);

/*
 * Prototypes that differ between the generations, and those with variable arguments.
 */

#ifdef VERBS_PABI_34
int ibv_cmd_get_context(struct verbs_context *context, struct ibv_get_context *cmd,
			size_t cmd_size, struct ib_uverbs_get_context_resp *resp,
			size_t resp_size);
int ibv_cmd_create_cq_ex(struct ibv_context *context, const struct ibv_cq_init_attr_ex *cq_attr,
			 struct verbs_cq *cq, struct ibv_create_cq_ex *cmd, size_t cmd_size,
			 struct ib_uverbs_ex_create_cq_resp *resp, size_t resp_size,
			 uint32_t cmd_flags);
int ibv_cmd_create_cq_ex2(struct ibv_context *context, const struct ibv_cq_init_attr_ex *cq_attr,
			  struct verbs_cq *cq, struct ibv_create_cq_ex *cmd, size_t cmd_size,
			  struct ib_uverbs_ex_create_cq_resp *resp, size_t resp_size,
			  uint32_t cmd_flags, struct ibv_command_buffer *driver);
int ibv_cmd_create_qp_ex2(struct ibv_context *context, struct verbs_qp *qp,
			  struct ibv_qp_init_attr_ex *qp_attr, struct ibv_create_qp_ex *cmd,
			  size_t cmd_size, struct ib_uverbs_ex_create_qp_resp *resp,
			  size_t resp_size);
#else
int ibv_cmd_get_context(struct verbs_context *context, struct ibv_get_context *cmd,
			size_t cmd_size, struct ibv_fd_arr *fd_arr,
			struct ib_uverbs_get_context_resp *resp, size_t resp_size);
int ibv_cmd_create_cq_ex(struct ibv_context *context, const struct ibv_cq_init_attr_ex *cq_attr,
			 struct verbs_create_cq_prov_attr *prov_attr, struct verbs_cq *cq,
			 struct ibv_create_cq_ex *cmd, size_t cmd_size,
			 struct ib_uverbs_ex_create_cq_resp *resp, size_t resp_size,
			 uint32_t cmd_flags);
int ibv_cmd_create_cq_ex2(struct ibv_context *context, const struct ibv_cq_init_attr_ex *cq_attr,
			  struct verbs_create_cq_prov_attr *prov_attr, struct verbs_cq *cq,
			  struct ibv_create_cq_ex *cmd, size_t cmd_size,
			  struct ib_uverbs_ex_create_cq_resp *resp, size_t resp_size,
			  uint32_t cmd_flags, struct ibv_command_buffer *driver);
int ibv_cmd_create_qp_ex2(struct ibv_context *context, struct verbs_qp *qp,
			  struct ibv_qp_init_attr_ex *qp_attr, struct ibv_create_qp_ex *cmd,
			  size_t cmd_size, struct ib_uverbs_ex_create_qp_resp *resp,
			  size_t resp_size, struct ibv_command_buffer *driver);
#endif

/* A file of the device's directory in sysfs; its name is formatted. */
int ibv_read_ibdev_sysfs_file(char *buf, size_t size, struct verbs_sysfs_dev *sysfs_dev,
			      const char *fnfmt, ...) __attribute__((format(printf, 4, 5)));

/* A line of the log at one of VERBS_LOG_. */
void __verbs_log(struct verbs_context *ctx, uint32_t level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The number is part of the name, so that a driver never registers with another generation. */
#define ___make_verbs_register_driver(x) verbs_register_driver_##x
#define __make_verbs_register_driver(x) ___make_verbs_register_driver(x)
#define verbs_register_driver __make_verbs_register_driver(IBVERBS_PABI_VERSION)
void verbs_register_driver(const struct verbs_device_ops *ops);

/*
 * Registration: PROVIDER_DRIVER(name, ops), once in a plug-in, registers when it is loaded.
 */

#define PROVIDER_DRIVER(provider_name, drv_struct)                                                 \
	extern const struct verbs_device_ops verbs_provider_##provider_name                        \
		__attribute__((alias(#drv_struct)));                                               \
	static __attribute__((constructor)) void provider_name##_register_driver(void)             \
	{                                                                                          \
		verbs_register_driver(&drv_struct);                                                \
	}

/* Entries of a match table; the last one has kind VERBS_MATCH_SENTINEL. */
#define VERBS_DRIVER_ID(_id)                                                                       \
	{                                                                                          \
		.u.driver_id = (_id), .kind = VERBS_MATCH_DRIVER_ID                                \
	}
#define VERBS_PCI_MATCH(_vendor, _device, _data)                                                   \
	{                                                                                          \
		.driver_data = (void *)(_data), .vendor = (_vendor), .device = (_device),          \
		.kind = VERBS_MATCH_PCI                                                            \
	}
#define VERBS_MODALIAS_MATCH(_mod_str, _data)                                                      \
	{                                                                                          \
		.driver_data = (void *)(_data), .u.modalias = (_mod_str),                          \
		.kind = VERBS_MATCH_MODALIAS                                                       \
	}
/* By the beginning of the device's name, for devices without any better mark. */
#define VERBS_NAME_MATCH(_name_prefix, _data)                                                      \
	VERBS_MODALIAS_MATCH("rdma_device:*N" _name_prefix "*", _data)

/* A zeroed struct of the type of drv_ctx_ptr, whose member ctx_memb is a verbs_context, or NULL. */
#define verbs_init_and_alloc_context(ibdev, cmd_fd, drv_ctx_ptr, ctx_memb, driver_id)              \
	((__typeof__(drv_ctx_ptr))_verbs_init_and_alloc_context(                                   \
		(ibdev), (cmd_fd), sizeof(*(drv_ctx_ptr)),                                         \
		(struct verbs_context *)offsetof(__typeof__(*(drv_ctx_ptr)), ctx_memb),            \
		(driver_id)))

/*
 * The log. errno stays as it is. The forms for the data path are empty unless VERBS_DEBUG is set.
 */

#define verbs_log(ctx, level, format, arg...)                                                      \
	do {                                                                                       \
		int verbs_log_errno = errno;                                                       \
		__verbs_log(ctx, level, "%s: %s:%d: " format, (ctx)->context.device->name,         \
			    __func__, __LINE__, ##arg);                                            \
		errno = verbs_log_errno;                                                           \
	} while (0)
#define verbs_debug(ctx, format, arg...) verbs_log(ctx, VERBS_LOG_DEBUG, format, ##arg)
#define verbs_info(ctx, format, arg...) verbs_log(ctx, VERBS_LOG_INFO, format, ##arg)
#define verbs_warn(ctx, format, arg...) verbs_log(ctx, VERBS_LOG_WARN, format, ##arg)
#define verbs_err(ctx, format, arg...) verbs_log(ctx, VERBS_LOG_ERR, format, ##arg)

#ifdef VERBS_DEBUG
#define verbs_log_datapath(ctx, level, format, arg...) verbs_log(ctx, level, format, ##arg)
#else
#define verbs_log_datapath(ctx, level, format, arg...)                                             \
	do {                                                                                       \
	} while (0)
#endif
#define verbs_debug_datapath(ctx, format, arg...)                                                  \
	verbs_log_datapath(ctx, VERBS_LOG_DEBUG, format, ##arg)
#define verbs_info_datapath(ctx, format, arg...)                                                   \
	verbs_log_datapath(ctx, VERBS_LOG_INFO, format, ##arg)
#define verbs_warn_datapath(ctx, format, arg...)                                                   \
	verbs_log_datapath(ctx, VERBS_LOG_WARN, format, ##arg)
#define verbs_err_datapath(ctx, format, arg...)                                                    \
	verbs_log_datapath(ctx, VERBS_LOG_ERR, format, ##arg)

/*
 * From an object of the application to that of the driver around it.
 */

static inline struct verbs_device *verbs_get_device(const struct ibv_device *dev)
{
	return (struct verbs_device *)((uintptr_t)dev - offsetof(struct verbs_device, device));
}

static inline struct verbs_mr *verbs_get_mr(struct ibv_mr *mr)
{
	return (struct verbs_mr *)((uintptr_t)mr - offsetof(struct verbs_mr, ibv_mr));
}

static inline struct verbs_dmah *verbs_get_dmah(struct ibv_dmah *dmah)
{
	return (struct verbs_dmah *)((uintptr_t)dmah - offsetof(struct verbs_dmah, dmah));
}

/* Whether no bit is set that is not supported. */
static inline bool check_comp_mask(uint64_t input, uint64_t supported)
{
	return !(input & ~supported);
}

/* A parent domain needs a domain. */
static inline int ibv_check_alloc_parent_domain(struct ibv_parent_domain_init_attr *attr)
{
	if (attr->pd)
		return 0;
	errno = EINVAL;
	return -1;
}

/* To the library the parent is the domain it contains. */
static inline void ibv_initialize_parent_domain(struct ibv_pd *parent_domain,
						struct ibv_pd *contained_pd)
{
	parent_domain->context = contained_pd->context;
	parent_domain->handle = contained_pd->handle;
}

/*
 * Buffers that the library and the driver share.
 */

static inline void ibv_buf_init_dmabuf(struct ibv_buf *buf, struct ibv_pd *pd, void *addr,
				       size_t size, int fd)
{
	buf->addr = addr;
	buf->size = size;
	buf->pd = pd;
	buf->dmabuf_fd = fd;
}

static inline void ibv_buf_init(struct ibv_buf *buf, struct ibv_pd *pd, void *addr, size_t size)
{
	ibv_buf_init_dmabuf(buf, pd, addr, size, -1);
}

/* Tells the kernel where a buffer lies: by its dmabuf if it has one, else by its address. */
static inline void fill_attr_in_buf_umem(struct ibv_command_buffer *cmdb, uint16_t attr_id,
					 struct ib_uverbs_buffer_desc *storage, struct ibv_buf *buf,
					 void *addr, size_t length)
{
	memset(storage, 0, sizeof(*storage));
	storage->length = length;
	if (buf && buf->dmabuf_fd >= 0) {
		storage->type = IB_UVERBS_BUFFER_TYPE_DMABUF;
		storage->fd = buf->dmabuf_fd;
		storage->addr = (uintptr_t)addr - (uintptr_t)buf->addr;
	} else {
		storage->type = IB_UVERBS_BUFFER_TYPE_VA;
		storage->addr = (uintptr_t)addr;
	}
	fill_attr_in(cmdb, attr_id, storage, sizeof(*storage));
}

#ifdef __cplusplus
}
#endif

#endif /* INFINIBAND_DRIVER_H */
