//! Provider-facing structs whose layout is the same in every private generation.
//!
//! A plug-in allocates most of these and the library fills them; `verbs_sysfs_dev` goes the other
//! way.

use crate::abi::*;
use core::sync::atomic::AtomicI32;

// The intrusive list that links devices.

/// Link of a list whose ends are the list itself.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct list_node {
    pub next: *mut list_node,
    pub prev: *mut list_node,
}

/// A list.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct list_head {
    pub n: list_node,
}

// A driver and the devices it may take.

pub const VERBS_MATCH_SENTINEL: u32 = 0;
pub const VERBS_MATCH_PCI: u32 = 1;
pub const VERBS_MATCH_MODALIAS: u32 = 2;
pub const VERBS_MATCH_DRIVER_ID: u32 = 3;

#[repr(C)]
#[derive(Clone, Copy)]
pub union verbs_match_ent_u {
    pub modalias: *const c_char,
    pub driver_id: u64,
}

/// One way a driver recognizes a device.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_match_ent {
    pub driver_data: *mut c_void,
    pub u: verbs_match_ent_u,
    pub vendor: u16,
    pub device: u16,
    pub kind: u8,
}

pub const VSYSFS_READ_MODALIAS: u32 = 1 << 0;
pub const VSYSFS_READ_NODE_GUID: u32 = 1 << 1;

/// What the library found out about a device before any driver saw it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_sysfs_dev {
    pub entry: list_node,
    pub provider_data: *mut c_void,
    pub r#match: *const verbs_match_ent,
    pub flags: c_uint,
    pub sysfs_name: [c_char; 64],
    pub sysfs_cdev: dev_t,
    pub ibdev_name: [c_char; 64],
    pub ibdev_path: [c_char; 256],
    pub modalias: [c_char; 512],
    pub node_guid: u64,
    pub driver_id: u32,
    pub node_type: ibv_node_type,
    pub ibdev_idx: c_int,
    pub num_ports: u32,
    pub abi_ver: u32,
    pub time_created: timespec,
}

/// A driver: how it recognizes, makes and opens devices.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_device_ops {
    pub name: *const c_char,
    pub match_min_abi_version: u32,
    pub match_max_abi_version: u32,
    pub match_table: *const verbs_match_ent,
    pub static_providers: *mut *const verbs_device_ops,
    pub match_device: Option<unsafe extern "C" fn(*mut verbs_sysfs_dev) -> bool>,
    pub alloc_context:
        Option<unsafe extern "C" fn(*mut ibv_device, c_int, *mut c_void) -> *mut verbs_context>,
    pub import_context: Option<unsafe extern "C" fn(*mut ibv_device, c_int) -> *mut verbs_context>,
    pub alloc_device: Option<unsafe extern "C" fn(*mut verbs_sysfs_dev) -> *mut verbs_device>,
    pub uninit_device: Option<unsafe extern "C" fn(*mut verbs_device)>,
}

/// A device as driver and library share it.
#[repr(C)]
pub struct verbs_device {
    pub device: ibv_device,
    pub ops: *const verbs_device_ops,
    pub refcount: AtomicI32,
    pub entry: list_node,
    pub sysfs: *mut verbs_sysfs_dev,
    pub core_support: u64,
}

// Objects: the public struct first, what the library remembers about it after.

pub type ibv_mr_type = u32;
pub const IBV_MR_TYPE_MR: ibv_mr_type = 0;
pub const IBV_MR_TYPE_NULL_MR: ibv_mr_type = 1;
pub const IBV_MR_TYPE_IMPORTED_MR: ibv_mr_type = 2;
pub const IBV_MR_TYPE_DMABUF_MR: ibv_mr_type = 3;

/// A region with what the library must know to release it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_mr {
    pub ibv_mr: ibv_mr,
    pub mr_type: ibv_mr_type,
    pub access: c_int,
}

pub type ibv_flow_action_type = u32;
pub const IBV_FLOW_ACTION_UNSPECIFIED: ibv_flow_action_type = 0;
pub const IBV_FLOW_ACTION_ESP: ibv_flow_action_type = 1;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_flow_action {
    pub action: ibv_flow_action,
    pub handle: u32,
    pub r#type: ibv_flow_action_type,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_dm {
    pub dm: ibv_dm,
    pub handle: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_dmah {
    pub dmah: ibv_dmah,
    pub handle: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_counters {
    pub counters: ibv_counters,
    pub handle: u32,
}

/// A buffer that the library or a driver allocated.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_buf {
    pub addr: *mut c_void,
    pub size: usize,
    pub pd: *mut ibv_pd,
    pub dmabuf_fd: c_int,
}

pub type verbs_xrcd_mask = u32;
pub const VERBS_XRCD_HANDLE: verbs_xrcd_mask = 1 << 0;
pub const VERBS_XRCD_RESERVED: verbs_xrcd_mask = 1 << 1;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_xrcd {
    pub xrcd: ibv_xrcd,
    pub comp_mask: u32,
    pub handle: u32,
}

/// A shared receive queue as a driver allocates it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_srq {
    pub srq: ibv_srq,
    pub srq_type: ibv_srq_type,
    pub xrcd: *mut verbs_xrcd,
    pub cq: *mut ibv_cq,
    pub srq_num: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union verbs_cq_u {
    pub cq: ibv_cq,
    pub cq_ex: ibv_cq_ex,
}

/// A completion queue as a driver allocates it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_cq {
    pub u: verbs_cq_u,
}

pub type verbs_qp_mask = u32;
pub const VERBS_QP_XRCD: verbs_qp_mask = 1 << 0;
pub const VERBS_QP_EX: verbs_qp_mask = 1 << 1;

pub type create_cq_cmd_flags = u32;
pub const CREATE_CQ_CMD_FLAGS_TS_IGNORED_EX: create_cq_cmd_flags = 1 << 0;
pub const CREATE_CQ_CMD_FLAGS_WITH_MEM_VA: create_cq_cmd_flags = 1 << 1;
pub const CREATE_CQ_CMD_FLAGS_WITH_MEM_DMABUF: create_cq_cmd_flags = 1 << 2;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_create_cq_prov_attr_buffer_u_dmabuf {
    pub offset: u64,
    pub fd: c_int,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union verbs_create_cq_prov_attr_buffer_u {
    pub ptr: *mut u8,
    pub dmabuf: verbs_create_cq_prov_attr_buffer_u_dmabuf,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_create_cq_prov_attr_buffer {
    pub length: u64,
    pub u: verbs_create_cq_prov_attr_buffer_u,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct verbs_create_cq_prov_attr {
    pub buffer: verbs_create_cq_prov_attr_buffer,
}

// GID queries and log levels.

pub type ibv_gid_type_sysfs = u32;
pub const IBV_GID_TYPE_SYSFS_IB_ROCE_V1: ibv_gid_type_sysfs = 0;
pub const IBV_GID_TYPE_SYSFS_ROCE_V2: ibv_gid_type_sysfs = 1;

pub type verbs_query_gid_attr_mask = u32;
pub const VERBS_QUERY_GID_ATTR_GID: verbs_query_gid_attr_mask = 1 << 0;
pub const VERBS_QUERY_GID_ATTR_TYPE: verbs_query_gid_attr_mask = 1 << 1;
pub const VERBS_QUERY_GID_ATTR_NDEV_IFINDEX: verbs_query_gid_attr_mask = 1 << 2;

pub const VERBS_LOG_LEVEL_NONE: u32 = 0;
pub const VERBS_LOG_ERR: u32 = 1;
pub const VERBS_LOG_WARN: u32 = 2;
pub const VERBS_LOG_INFO: u32 = 3;
pub const VERBS_LOG_DEBUG: u32 = 4;

// Commands on their way to the kernel.

/// What to do with a command after an ioctl was tried.
pub type write_fallback = u32;
pub const TRY_WRITE: write_fallback = 0;
pub const TRY_WRITE_EX: write_fallback = 1;
pub const ERROR: write_fallback = 2;
pub const SUCCESS: write_fallback = 3;

/// An ioctl under construction, on the stack of the caller; buffers may be linked.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_command_buffer {
    pub next: *mut ibv_command_buffer,
    pub next_attr: *mut ib_uverbs_attr,
    pub last_attr: *mut ib_uverbs_attr,
    pub uhw_in_idx: u8,
    pub uhw_out_idx: u8,
    pub uhw_in_headroom_dwords: u8,
    pub uhw_out_headroom_dwords: u8,
    pub flags: u8,
    pub hdr: ib_uverbs_ioctl_hdr,
}
/// Bit of [`ibv_command_buffer::flags`].
pub const IBV_COMMAND_BUFFER_BUFFER_ERROR: u8 = 1 << 0;
/// Bit of [`ibv_command_buffer::flags`].
pub const IBV_COMMAND_BUFFER_FALLBACK_REQUIRE_EX: u8 = 1 << 1;
/// Bit of [`ibv_command_buffer::flags`].
pub const IBV_COMMAND_BUFFER_FALLBACK_IOCTL_ONLY: u8 = 1 << 2;

pub const _UHW_NO_INDEX: u32 = 255;
