//! What the library itself asks a device of the kernel: channels, GIDs, P_Keys.
//!
//! The counterpart of the embedded NIC's table. GIDs are asked for by ioctl; a kernel that has
//! none shows the same in sysfs, but knows no flags there. P_Keys stand in sysfs alone.

use std::ffi::{CStr, CString, OsStr, c_int, c_uint};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;

use super::context;
use super::refuse::set_errno;
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::{cmd, sysfs};

pub(crate) static CORE: CoreOps = CoreOps {
    create_comp_channel: |context| {
        // SAFETY: `api` has checked the context.
        unsafe { create_comp_channel(context) }.unwrap_or_else(|errno| {
            set_errno(errno);
            null_mut()
        })
    },
    destroy_comp_channel: |channel| {
        // SAFETY: alive and used by no CQ.
        unsafe { libc::close((*channel).fd) };
        // SAFETY: allocated by `create_comp_channel`.
        unsafe { libc::free(channel.cast()) };
        0
    },
    query_gid: |context, port_num, index, gid| {
        // SAFETY: `api` has checked the context.
        let found = unsafe { gid_entry(context, (port_num, index as u32), Parts::GID) };
        match found {
            Ok(entry) => {
                // SAFETY: the caller's place.
                unsafe { gid.write(entry.gid) };
                0
            }
            Err(Errno::ENODATA) => {
                // SAFETY: the caller's place.
                unsafe { gid.write(Zeroed::zeroed()) };
                0
            }
            Err(errno) => fail(errno),
        }
    },
    query_gid_ex: |context, port_num, index, entry, flags, size| {
        // SAFETY: `api` has checked the context; the place has `size` bytes.
        let result = unsafe { query_gid_ex(context, (port_num, index), entry, flags, size) };
        result.map_or_else(|errno| errno.0, |()| 0)
    },
    query_gid_table: |context, entries, max_entries, flags, size| {
        let room = Room {
            entries: entries.cast(),
            count: max_entries,
            size,
        };
        // SAFETY: `api` has checked the context; the place has that much room.
        let result = unsafe { query_gid_table(context, room, flags) };
        result.map_or_else(|errno| -(errno.0 as isize), |count| count as isize)
    },
    query_gid_type: |context, port_num, index, kind| {
        // SAFETY: `api` has checked the context.
        let found = unsafe { gid_entry(context, (port_num, index), Parts::TYPE) };
        let is_v2 = match found {
            Ok(entry) => entry.gid_type == IBV_GID_TYPE_ROCE_V2,
            // An empty entry has the older type.
            Err(Errno::ENODATA) => false,
            Err(errno) => return fail(errno),
        };
        // SAFETY: the caller's place.
        unsafe {
            kind.write(if is_v2 {
                IBV_GID_TYPE_SYSFS_ROCE_V2
            } else {
                IBV_GID_TYPE_SYSFS_IB_ROCE_V1
            });
        }
        0
    },
    query_pkey: |context, port_num, index, pkey| {
        // SAFETY: `api` has checked the context.
        match unsafe { query_pkey(context, port_num, index) } {
            Ok(found) => {
                // SAFETY: the caller's place.
                unsafe { pkey.write(found.to_be()) };
                0
            }
            Err(errno) => fail(errno),
        }
    },
};

fn fail(errno: Errno) -> c_int {
    set_errno(errno);
    -1
}

/// # Safety
/// The context is open.
unsafe fn create_comp_channel(context: *mut ibv_context) -> Result<*mut ibv_comp_channel, Errno> {
    // SAFETY: the caller's promise.
    let kernel = unsafe { context::kernel(context) }?;
    // SAFETY: calloc takes any sizes.
    let channel = unsafe { libc::calloc(1, size_of::<ibv_comp_channel>()) };
    let channel = channel.cast::<ibv_comp_channel>();
    if channel.is_null() {
        return Err(Errno::ENOMEM);
    }
    match cmd::context::create_comp_channel(kernel) {
        Ok(fd) => {
            // SAFETY: just allocated.
            unsafe { (*channel).fd = fd };
            Ok(channel)
        }
        Err(errno) => {
            // SAFETY: just allocated.
            unsafe { libc::free(channel.cast()) };
            Err(errno)
        }
    }
}

/// Which parts of a GID table entry somebody wants; sysfs has a file for each.
#[derive(Clone, Copy)]
struct Parts {
    has_gid: bool,
    has_type: bool,
    has_netdev: bool,
}

impl Parts {
    const GID: Parts = Parts {
        has_gid: true,
        has_type: false,
        has_netdev: false,
    };
    const TYPE: Parts = Parts {
        has_gid: false,
        has_type: true,
        has_netdev: false,
    };
    const ALL: Parts = Parts {
        has_gid: true,
        has_type: true,
        has_netdev: true,
    };
}

/// One entry of a GID table; `ENODATA` if it is empty.
///
/// # Safety
/// The context is open.
unsafe fn gid_entry(
    context: *mut ibv_context,
    at: (u32, u32),
    parts: Parts,
) -> Result<ibv_gid_entry, Errno> {
    let mut entry: ibv_gid_entry = Zeroed::zeroed();
    let place = ((&raw mut entry).cast::<u8>(), size_of_val(&entry));
    // SAFETY: the caller's promise.
    let kernel = unsafe { context::kernel(context) }?;
    // SAFETY: a place of ours.
    if unsafe { cmd::port::query_gid(kernel, at, 0, place) }?.is_some() {
        return Ok(entry);
    }
    // SAFETY: the caller's promise.
    let entry = unsafe { sysfs_gid_entry(context, at, parts, None) }?;
    if parts.has_gid && is_zero(&entry.gid) {
        return Err(Errno::ENODATA);
    }
    Ok(entry)
}

/// # Safety
/// The context is open; the place has `size` bytes.
unsafe fn query_gid_ex(
    context: *mut ibv_context,
    at: (u32, u32),
    entry: *mut ibv_gid_entry,
    flags: u32,
    size: usize,
) -> Result<(), Errno> {
    // SAFETY: the caller's promise.
    let kernel = unsafe { context::kernel(context) }?;
    // SAFETY: the caller's promise.
    if unsafe { cmd::port::query_gid(kernel, at, flags, (entry.cast(), size)) }?.is_some() {
        return Ok(());
    }
    if flags != 0 {
        return Err(Errno::EOPNOTSUPP);
    }
    // SAFETY: the caller's promise.
    let found = unsafe { sysfs_gid_entry(context, at, Parts::ALL, None) }?;
    if is_zero(&found.gid) {
        return Err(Errno::ENODATA);
    }
    let len = size.min(size_of_val(&found));
    // SAFETY: the place has `size` bytes.
    unsafe {
        entry
            .cast::<u8>()
            .copy_from_nonoverlapping((&raw const found).cast(), len)
    };
    Ok(())
}

/// An array of the caller.
struct Room {
    entries: *mut u8,
    count: usize,
    size: usize,
}

/// # Safety
/// The context is open, and the room is there.
unsafe fn query_gid_table(context: *mut ibv_context, room: Room, flags: u32) -> Result<u64, Errno> {
    // SAFETY: the caller's promise.
    let kernel = unsafe { context::kernel(context) }?;
    let place = (room.entries, room.count);
    // SAFETY: the caller's promise.
    let count = unsafe { cmd::port::query_gid_table(kernel, place, flags, room.size) }?;
    if let Some(count) = count {
        return Ok(count);
    }
    if flags != 0 {
        return Err(Errno::EOPNOTSUPP);
    }
    // SAFETY: the caller's promise.
    unsafe { sysfs_gid_table(context, &room) }
}

/// Collects the entries with a GID, port by port; `EINVAL` if they do not fit.
///
/// # Safety
/// The context is open, and the room is there.
unsafe fn sysfs_gid_table(context: *mut ibv_context, room: &Room) -> Result<u64, Errno> {
    // SAFETY: the caller's promise.
    let kernel = unsafe { context::kernel(context) }?;
    let device = cmd::device::query(kernel, false, crate::kernel::DriverData::NONE)?;
    let mut count = 0;
    for port_num in 1..=u32::from(device.base.phys_port_cnt) {
        // SAFETY: the caller's promise.
        let port = unsafe { query_port(context, port_num) }?;
        for index in 0..port.gid_tbl_len.max(0) as u32 {
            let link_layer = Some(port.link_layer);
            // SAFETY: the caller's promise.
            let entry =
                unsafe { sysfs_gid_entry(context, (port_num, index), Parts::ALL, link_layer) }?;
            if is_zero(&entry.gid) {
                continue;
            }
            if count == room.count {
                return Err(Errno::EINVAL);
            }
            let to = room.entries.wrapping_add(count * room.size);
            let len = room.size.min(size_of_val(&entry));
            // SAFETY: there is room for `room.count` entries of `room.size` bytes.
            unsafe { to.copy_from_nonoverlapping((&raw const entry).cast(), len) };
            count += 1;
        }
    }
    Ok(count as u64)
}

/// Asks the plug-in for a port.
///
/// # Safety
/// The context is open.
unsafe fn query_port(context: *mut ibv_context, port_num: u32) -> Result<ibv_port_attr, Errno> {
    let mut attr: ibv_port_attr = Zeroed::zeroed();
    // SAFETY: open by contract.
    let table = unsafe { context::table(context) };
    // SAFETY: the table is readable while the context is open.
    let query_port = unsafe { (*table).query_port }.ok_or(Errno::EOPNOTSUPP)?;
    // SAFETY: the provider's own operation, with a place of ours.
    match unsafe { query_port(context, port_num as u8, &mut attr) } {
        0 => Ok(attr),
        failed => Err(Errno(failed)),
    }
}

/// An entry as sysfs shows it; whatever goes wrong there is `EINVAL`.
///
/// # Safety
/// The context is open.
unsafe fn sysfs_gid_entry(
    context: *mut ibv_context,
    (port_num, index): (u32, u32),
    parts: Parts,
    link_layer: Option<u8>,
) -> Result<ibv_gid_entry, Errno> {
    // SAFETY: the caller's promise.
    let port = unsafe { port_path(context, port_num) };
    let mut entry = ibv_gid_entry {
        gid_index: index,
        port_num,
        ..Zeroed::zeroed()
    };
    if parts.has_gid {
        let text = sysfs::read(&port.join(format!("gids/{index}"))).map_err(|_| Errno::EINVAL)?;
        entry.gid.raw = parse_gid(&text).ok_or(Errno::EINVAL)?;
    }
    if parts.has_type {
        entry.gid_type = if is_roce_v2(&port, index)? {
            IBV_GID_TYPE_ROCE_V2
        } else {
            let layer = match link_layer {
                Some(layer) => layer,
                // SAFETY: the caller's promise.
                None => unsafe { query_port(context, port_num) }?.link_layer,
            };
            if layer == IBV_LINK_LAYER_ETHERNET as u8 {
                IBV_GID_TYPE_ROCE_V1
            } else {
                IBV_GID_TYPE_IB
            }
        };
    }
    if parts.has_netdev {
        entry.ndev_ifindex = match sysfs::read(&port.join(format!("gid_attrs/ndevs/{index}"))) {
            Ok(name) if !name.is_empty() => interface_index(&name)?,
            _ => 0,
        };
    }
    Ok(entry)
}

/// Whether an entry is of RoCE v2; kernels that do not say know the older type only.
fn is_roce_v2(port: &Path, index: u32) -> Result<bool, Errno> {
    match sysfs::read(&port.join(format!("gid_attrs/types/{index}"))) {
        Ok(text) if text == b"RoCE v2" => Ok(true),
        Ok(text) if text == b"IB/RoCE v1" => Ok(false),
        // The kernel's answer for InfiniBand, where GIDs have no types.
        Err(Errno::EINVAL) => Ok(false),
        _ if !port.join("gid_attrs").exists() => Ok(false),
        _ => Err(Errno::EINVAL),
    }
}

fn interface_index(name: &[u8]) -> Result<u32, Errno> {
    let name = CString::new(name).map_err(|_| Errno::EINVAL)?;
    // SAFETY: a text with a NUL at its end.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(Errno::last()),
        index => Ok(index),
    }
}

/// Eight groups of four hexadecimal digits.
fn parse_gid(text: &[u8]) -> Option<[u8; 16]> {
    let mut gid = [0; 16];
    let text = std::str::from_utf8(text).ok()?;
    let mut groups = text.split(':');
    for place in gid.chunks_exact_mut(2) {
        let group = u16::from_str_radix(groups.next()?, 16).ok()?;
        place.copy_from_slice(&group.to_be_bytes());
    }
    groups.next().is_none().then_some(gid)
}

/// # Safety
/// The context is open.
unsafe fn query_pkey(context: *mut ibv_context, port_num: u32, index: c_int) -> Result<u16, Errno> {
    // SAFETY: the caller's promise.
    let port = unsafe { port_path(context, port_num) };
    let text = sysfs::read(&port.join(format!("pkeys/{index}")))?;
    parse_pkey(&text).ok_or(Errno::EINVAL)
}

/// Hexadecimal digits, with or without their usual prefix.
fn parse_pkey(text: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let digits = text.strip_prefix("0x").unwrap_or(text);
    u16::from_str_radix(digits, 16).ok()
}

/// Where sysfs shows a port.
///
/// # Safety
/// The context is open.
unsafe fn port_path(context: *mut ibv_context, port_num: c_uint) -> PathBuf {
    // SAFETY: open by contract, and a context keeps its device; the field ends with NUL.
    let folder = unsafe { CStr::from_ptr((*(*context).device).ibdev_path.as_ptr()) };
    Path::new(OsStr::from_bytes(folder.to_bytes())).join(format!("ports/{port_num}"))
}

fn is_zero(gid: &ibv_gid) -> bool {
    // SAFETY: a GID is 16 bytes however it is looked at.
    unsafe { gid.raw == [0; 16] }
}

#[cfg(test)]
mod tests;
