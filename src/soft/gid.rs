//! The GID table of the port: one entry, and aliases of it.
//!
//! Entry 0 is the address of the interface, as RoCE v2. Programs written for one vendor's table ask
//! for index 1 or 3, others search the table for an IPv4 entry and stumble over a second one. So
//! the table is one entry long, and indices up to 15, although beyond it, answer as aliases of
//! entry 0 in queries and as source GID index, unless `VERBIUM_STRICT_GID` says otherwise.
//!
//! Called by the query operations, by modify QP and by create AH. Never asks the kernel.

use super::device::DeviceSpec;
use super::limits;
use super::port::{PORT_NUM, check_port};
use crate::abi::{self, ibv_gid, ibv_gid_entry};
use crate::base::errno::Errno;
use crate::base::ids::Gid;

/// The GID behind an index.
///
/// EINVAL: no such port or index. ENODATA: the interface has no address at the moment. The plain
/// `ibv_query_gid` turns ENODATA into success with a zero GID, as the kernel's tables do.
pub fn query_gid(spec: &DeviceSpec, port_num: u8, index: u32) -> Result<Gid, Errno> {
    check_port(port_num)?;
    let count = if spec.strict_gid {
        1
    } else {
        limits::GID_INDICES
    };
    if index >= count {
        return Err(Errno::EINVAL);
    }
    spec.port.gid.ok_or(Errno::ENODATA)
}

/// Answers `ibv_query_gid_ex`; an alias bears the index it was asked for.
pub fn query_entry(spec: &DeviceSpec, port_num: u32, index: u32) -> Result<ibv_gid_entry, Errno> {
    let port_num = u8::try_from(port_num).map_err(|_| Errno::EINVAL)?;
    let gid = query_gid(spec, port_num, index)?;
    Ok(ibv_gid_entry {
        gid: ibv_gid { raw: gid.0 },
        gid_index: index,
        port_num: u32::from(port_num),
        gid_type: abi::IBV_GID_TYPE_ROCE_V2,
        ndev_ifindex: spec.ifindex,
    })
}

/// Answers `ibv_query_gid_table`: how many entries were written; EINVAL if there is no room.
pub fn query_table(spec: &DeviceSpec, entries: &mut [ibv_gid_entry]) -> Result<usize, Errno> {
    if spec.port.gid.is_none() {
        return Ok(0);
    }
    let first = entries.first_mut().ok_or(Errno::EINVAL)?;
    *first = query_entry(spec, u32::from(PORT_NUM), 0)?;
    Ok(1)
}

/// Answers the private `ibv_query_gid_type`.
pub fn query_type(spec: &DeviceSpec, port_num: u8, index: u32) -> Result<u32, Errno> {
    query_gid(spec, port_num, index)?;
    Ok(abi::IBV_GID_TYPE_SYSFS_ROCE_V2)
}

#[cfg(test)]
mod tests;
