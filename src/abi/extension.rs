//! The door for extensions: what verbs.h has behind `VERBIUM_EXTENSIONS`.
//!
//! The C text stands in `include/gen/verbs.inline.h`.

use super::*;

/// Who defines an extension.
pub type ibv_extension_type = u32;
pub const IBV_EXTENSION_COMMON: ibv_extension_type = 0;
pub const IBV_EXTENSION_VENDOR: ibv_extension_type = 1;
pub const IBV_EXTENSION_OFA: ibv_extension_type = 2;
pub const IBV_EXTENSION_RDMA_CM: ibv_extension_type = 3;

/// What every table of an extension begins with.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ibv_ext_ops {
    /// Bytes of the table, this included.
    pub size: u32,
    /// What the table's operations mean; the extension counts for itself.
    pub version: u32,
}

/// An extension that a provider offers.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_ext_registration {
    /// Bytes of this struct, as the caller knows it.
    pub size: usize,
    /// The name in the provider's `verbs_device_ops`.
    pub provider: *const c_char,
    /// The name applications ask for.
    pub name: *const c_char,
    /// What `ibv_get_device_ext_ops` gives, or NULL.
    pub device_ops: *const ibv_ext_ops,
    /// What `ibv_get_ext_ops` gives, or NULL.
    pub context_ops: *const ibv_ext_ops,
    /// Whether a device of the provider has the extension; NULL if all have.
    pub have: Option<unsafe extern "C" fn(device: *mut ibv_device) -> c_int>,
}
