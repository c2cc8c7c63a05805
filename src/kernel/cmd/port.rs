//! Ports: their state, and their GIDs.

use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::fallback::Outcome;
use crate::kernel::ioctl::Command;
use crate::kernel::{DriverData, Method, Uverbs};

/// The state of a port; what only the ioctl tells is zero otherwise.
pub fn query(
    uverbs: &Uverbs,
    port_num: u8,
    driver: DriverData,
) -> Result<ib_uverbs_query_port_resp_ex, Errno> {
    let mut response: ib_uverbs_query_port_resp_ex = Zeroed::zeroed();
    let outcome = {
        let mut command = Command::new(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_PORT);
        command.u64_in(UVERBS_ATTR_QUERY_PORT_PORT_NUM, port_num.into());
        command.out(UVERBS_ATTR_QUERY_PORT_RESP, &mut response);
        uverbs.attempt(Method::QueryPort, &mut command)?
    };
    if outcome != Outcome::Done {
        let request = ib_uverbs_query_port {
            port_num,
            ..Zeroed::zeroed()
        };
        response.legacy_resp = uverbs.write::<ibv_query_port>(request, driver)?;
    }
    Ok(response)
}

/// One entry of the GID table to `entry`; `None` if this kernel cannot be asked.
///
/// # Safety
/// `entry` has room for `len` bytes.
pub unsafe fn query_gid(
    uverbs: &Uverbs,
    (port_num, index): (u32, u32),
    flags: u32,
    (entry, len): (*mut u8, usize),
) -> Result<Option<()>, Errno> {
    let mut command = Command::new(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_ENTRY);
    command.u64_in(UVERBS_ATTR_QUERY_GID_ENTRY_PORT, port_num.into());
    command.u64_in(UVERBS_ATTR_QUERY_GID_ENTRY_GID_INDEX, index.into());
    command.u32_in(UVERBS_ATTR_QUERY_GID_ENTRY_FLAGS, flags);
    // SAFETY: the caller's promise.
    unsafe { command.bytes_out(UVERBS_ATTR_QUERY_GID_ENTRY_RESP_ENTRY, entry, len) };
    let outcome = uverbs.attempt(Method::QueryGid, &mut command)?;
    Ok((outcome == Outcome::Done).then_some(()))
}

/// All entries with a GID, of all ports, to an array; how many, or `None` if this kernel cannot
/// be asked.
///
/// # Safety
/// `entries` has room for `max_entries` of `entry_size` bytes.
pub unsafe fn query_gid_table(
    uverbs: &Uverbs,
    (entries, max_entries): (*mut u8, usize),
    flags: u32,
    entry_size: usize,
) -> Result<Option<u64>, Errno> {
    let mut count = 0u64;
    let outcome = {
        let mut command = Command::new(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_GID_TABLE);
        command.u64_in(UVERBS_ATTR_QUERY_GID_TABLE_ENTRY_SIZE, entry_size as u64);
        command.u32_in(UVERBS_ATTR_QUERY_GID_TABLE_FLAGS, flags);
        let len = entry_size.saturating_mul(max_entries);
        // SAFETY: the caller's promise.
        unsafe { command.bytes_out(UVERBS_ATTR_QUERY_GID_TABLE_RESP_ENTRIES, entries, len) };
        command.out(UVERBS_ATTR_QUERY_GID_TABLE_RESP_NUM_ENTRIES, &mut count);
        uverbs.attempt(Method::QueryGid, &mut command)?
    };
    Ok((outcome == Outcome::Done).then_some(count))
}
