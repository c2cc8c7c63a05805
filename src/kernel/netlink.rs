//! RDMA netlink: which devices the kernel has, and what a device's character device is called.
//!
//! Asked by `discovery` whenever devices are listed. A conversation is generic over its transport,
//! so that tests can play a kernel that lies; what an answer lacks is an error, never a guess.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use libc::dev_t;

use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::netlink::{
    Attributes, Connection, Message, Protocol, Socket, Transport, attribute,
};

/// A way to the RDMA subsystem; fails where the kernel has none.
pub fn connect() -> Result<Connection, Errno> {
    Connection::open(Protocol::Rdma, 0)
}

/// A device as a dump shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The kernel's number of the device, never used twice while the machine runs.
    pub index: u32,
    pub name: OsString,
    /// `RDMA_NODE_*`.
    pub node_type: u8,
    pub guid: u64,
    pub port_count: u32,
}

/// The character device that leads to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chardev {
    /// Such as `uverbs0`.
    pub name: OsString,
    /// Of the kernel's driver, not of uverbs itself.
    pub driver_abi: u32,
    pub dev: dev_t,
    /// `RDMA_DRIVER_*`, 0 if the kernel does not tell.
    pub driver_id: u32,
}

/// Questions about devices and their answers.
pub struct Conversation<T = Socket>(pub Connection<T>);

impl<T: Transport> Conversation<T> {
    /// Every device of this network namespace, in the kernel's order.
    pub fn devices(&mut self) -> Result<Vec<Device>, Errno> {
        let mut devices = Vec::new();
        self.ask(RDMA_NLDEV_CMD_GET, libc::NLM_F_DUMP, &[], |message| {
            devices.push(parse_device(message.body)?);
            if devices.len() > MAX_DEVICES {
                return Err(Errno::EOVERFLOW);
            }
            Ok(())
        })?;
        Ok(devices)
    }

    /// The uverbs character device of a device; the kernel loads the module if need be.
    pub fn chardev(&mut self, index: u32) -> Result<Chardev, Errno> {
        let mut chardev = None;
        let attributes = [
            attribute(RDMA_NLDEV_ATTR_DEV_INDEX as u16, &index.to_ne_bytes()),
            attribute(RDMA_NLDEV_ATTR_CHARDEV_TYPE as u16, b"uverbs\0"),
        ];
        let command = RDMA_NLDEV_CMD_GET_CHARDEV;
        self.ask(command, 0, &attributes.concat(), |message| {
            chardev = Some(parse_chardev(message.body)?);
            Ok(())
        })?;
        chardev.ok_or(Errno::ENODATA)
    }

    /// Whether the kernel copies pinned pages for a child that is forked; older ones do not say.
    pub fn copies_on_fork(&mut self) -> Result<bool, Errno> {
        let mut copies = false;
        self.ask(RDMA_NLDEV_CMD_SYS_GET, 0, &[], |message| {
            copies |= parse_copy_on_fork(message.body);
            Ok(())
        })?;
        Ok(copies)
    }

    /// As [`Connection::ask`]; a message that is not understood makes the whole answer an error.
    fn ask(
        &mut self,
        command: u32,
        flags: i32,
        attributes: &[u8],
        mut on_message: impl FnMut(&Message<'_>) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let mut understood = Ok(());
        let kind = kind(command);
        self.0.ask(kind, flags, attributes, |message| {
            if understood.is_ok() {
                understood = on_message(message);
            }
        })?;
        understood
    }
}

/// What the general attributes of the RDMA subsystem say of copying on fork.
pub fn parse_copy_on_fork(body: &[u8]) -> bool {
    const KIND: u16 = RDMA_NLDEV_SYS_ATTR_COPY_ON_FORK as u16;

    Attributes::new(body).any(|(kind, value)| kind == KIND && value.first() > Some(&0))
}

/// The type of a message to the part of RDMA netlink that knows devices.
fn kind(command: u32) -> u16 {
    ((RDMA_NL_NLDEV << 10) + command) as u16
}

/// A device, from the attributes of a dump's message.
pub fn parse_device(body: &[u8]) -> Result<Device, Errno> {
    let (mut index, mut name, mut node_type) = (None, None, None);
    let (mut guid, mut port_count) = (None, None);
    each_attribute(body, |kind, value| {
        match kind {
            RDMA_NLDEV_ATTR_DEV_INDEX => index = Some(u32_of(value)?),
            RDMA_NLDEV_ATTR_DEV_NAME => name = Some(name_of(value)?),
            RDMA_NLDEV_ATTR_DEV_NODE_TYPE => node_type = Some(u8_of(value)?),
            RDMA_NLDEV_ATTR_NODE_GUID => guid = Some(u64_of(value)?),
            // In a message about a whole device: how many ports it has.
            RDMA_NLDEV_ATTR_PORT_INDEX => port_count = Some(u32_of(value)?),
            _ => {}
        }
        Ok(())
    })?;
    Ok(Device {
        index: index.ok_or(Errno::EPROTO)?,
        name: name.ok_or(Errno::EPROTO)?,
        node_type: node_type.ok_or(Errno::EPROTO)?,
        guid: guid.ok_or(Errno::EPROTO)?,
        port_count: port_count.ok_or(Errno::EPROTO)?,
    })
}

/// A character device, from the attributes of an answer.
pub fn parse_chardev(body: &[u8]) -> Result<Chardev, Errno> {
    let (mut name, mut abi, mut dev, mut driver_id) = (None, None, None, RDMA_DRIVER_UNKNOWN);
    each_attribute(body, |kind, value| {
        match kind {
            RDMA_NLDEV_ATTR_CHARDEV_NAME => name = Some(name_of(value)?),
            // The upper half is reserved.
            RDMA_NLDEV_ATTR_CHARDEV_ABI => abi = Some(u64_of(value)? as u32),
            RDMA_NLDEV_ATTR_CHARDEV => dev = Some(dev_of(u64_of(value)?)),
            RDMA_NLDEV_ATTR_UVERBS_DRIVER_ID => driver_id = u32_of(value)?,
            _ => {}
        }
        Ok(())
    })?;
    Ok(Chardev {
        name: name.ok_or(Errno::EPROTO)?,
        driver_abi: abi.ok_or(Errno::EPROTO)?,
        dev: dev.ok_or(Errno::EPROTO)?,
        driver_id,
    })
}

fn each_attribute(
    body: &[u8],
    mut on_attribute: impl FnMut(u32, &[u8]) -> Result<(), Errno>,
) -> Result<(), Errno> {
    let mut attributes = Attributes::new(body);
    for (kind, value) in attributes.by_ref() {
        on_attribute(kind.into(), value)?;
    }
    // Less than a header behind the last attribute is padding.
    if attributes.is_whole() {
        Ok(())
    } else {
        Err(Errno::EPROTO)
    }
}

fn u8_of(value: &[u8]) -> Result<u8, Errno> {
    value.first().copied().ok_or(Errno::EPROTO)
}

fn u32_of(value: &[u8]) -> Result<u32, Errno> {
    let raw = value.get(..4).and_then(|raw| raw.try_into().ok());
    raw.map(u32::from_ne_bytes).ok_or(Errno::EPROTO)
}

fn u64_of(value: &[u8]) -> Result<u64, Errno> {
    let raw = value.get(..8).and_then(|raw| raw.try_into().ok());
    raw.map(u64::from_ne_bytes).ok_or(Errno::EPROTO)
}

/// A name that becomes part of paths below `/sys` and `/dev`.
fn name_of(value: &[u8]) -> Result<OsString, Errno> {
    let len_bytes = value.iter().position(|&byte| byte == 0);
    let name = &value[..len_bytes.ok_or(Errno::EPROTO)?];
    if is_name(name) {
        Ok(OsString::from_vec(name.to_vec()))
    } else {
        Err(Errno::EPROTO)
    }
}

/// Whether a text can be the name of a device: it fits, and leads to no other directory.
pub(super) fn is_name(name: &[u8]) -> bool {
    let is_fit = |&byte: &u8| byte != b'/' && byte != 0;
    !name.is_empty()
        && name.len() < IBV_SYSFS_NAME_MAX as usize
        && name[0] != b'.'
        && name.iter().all(is_fit)
}

/// From the kernel's wide encoding: 12 bits of major number between the halves of the minor.
fn dev_of(wide: u64) -> dev_t {
    let major = (wide & 0xf_ff00) >> 8;
    let minor = (wide & 0xff) | ((wide >> 12) & 0xf_ff00);
    libc::makedev(major as u32, minor as u32)
}

/// Far more than a machine has.
const MAX_DEVICES: usize = 4096;

#[cfg(test)]
pub(super) mod tests;
