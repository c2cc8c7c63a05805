//! What the library itself asks of a device, beside the provider's ops table.
//!
//! In verbs some queries never reach a provider: rdma-core sends them to the kernel on its own.
//! The embedded NIC has no kernel behind it, so each context names who answers them. `api` calls
//! through this table, `soft` fills one, the kernel path will fill the other; applications and
//! plug-ins never see it.

use super::*;
use core::mem::offset_of;

/// The library's own questions to a device, with the return conventions of the C functions.
///
/// Every function gets pointers the caller has checked for NULL; all run under the gate of `api`.
#[derive(Clone, Copy)]
pub struct CoreOps {
    /// A channel whose fd yields 8-byte records (the address of the CQ); NULL and `errno`.
    pub create_comp_channel: unsafe fn(*mut ibv_context) -> *mut ibv_comp_channel,
    /// Closes and frees; `EBUSY` while CQs use it has been answered before. 0 or an error number.
    pub destroy_comp_channel: unsafe fn(*mut ibv_comp_channel) -> c_int,
    /// Port, index. 0, or −1 and `errno`; an empty entry is success with a zero GID.
    pub query_gid: unsafe fn(*mut ibv_context, u32, c_int, *mut ibv_gid) -> c_int,
    /// Port, index, entry, flags, size of the caller's entry. 0 or an error number.
    pub query_gid_ex:
        unsafe fn(*mut ibv_context, u32, u32, *mut ibv_gid_entry, u32, usize) -> c_int,
    /// Entries, how many fit, flags, size of one entry. The count, or a negative error number.
    pub query_gid_table:
        unsafe fn(*mut ibv_context, *mut ibv_gid_entry, usize, u32, usize) -> isize,
    /// Port, index. 0, or −1 and `errno`.
    pub query_gid_type: unsafe fn(*mut ibv_context, u32, c_uint, *mut ibv_gid_type_sysfs) -> c_int,
    /// Port, index; the key is big-endian. 0, or −1 and `errno`.
    pub query_pkey: unsafe fn(*mut ibv_context, u32, c_int, *mut __be16) -> c_int,
}

/// The context block of the embedded NIC: what every provider has, and a word of its own.
#[repr(C)]
pub struct embedded_context {
    pub verbs: verbs_context,
    /// The NIC's own state of this context, set before an application sees the context.
    pub soft: *mut c_void,
}

impl embedded_context {
    /// The block around the context an application holds.
    ///
    /// Only an address: it is valid if `context` is the embedded NIC's and still open.
    pub fn around(context: *mut ibv_context) -> *mut embedded_context {
        context
            .wrapping_byte_sub(offset_of!(verbs_context, context))
            .cast()
    }
}
