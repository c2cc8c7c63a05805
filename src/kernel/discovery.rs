//! Which RDMA devices the kernel offers this process.
//!
//! Asked by the registry at every listing. RDMA netlink comes first, `sysfs` where the kernel is
//! too old for it; a device whose character device has no node here (containers) is left out.
//! Nothing is opened and nothing is remembered but the version of uverbs.
#![forbid(unsafe_code)]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use libc::dev_t;

use super::netlink::{self, Conversation, is_name};
use super::sysfs;
use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::netlink::{Connection, Transport};
use crate::base::sync::{AtomicU32, Ordering};

/// The versions of uverbs that are spoken here.
pub const MIN_UVERBS_ABI: u32 = 3;
pub const MAX_UVERBS_ABI: u32 = 6;

/// A device with a node this process may try to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelDevice {
    /// Name of the verbs device, such as `mlx5_0`.
    pub name: OsString,
    /// Name of its character device, such as `uverbs0`.
    pub uverbs_name: OsString,
    pub ibdev_path: PathBuf,
    pub dev: dev_t,
    /// The kernel's number of the device; `None` if it came from sysfs.
    pub index: Option<u32>,
    /// When it was made, where sysfs was asked: seconds and nanoseconds.
    pub created: (i64, i64),
    /// In host order; `None` if nobody has asked sysfs yet.
    pub guid: Option<u64>,
    pub node_type: ibv_node_type,
    /// 0 if it came from sysfs.
    pub port_count: u32,
    /// `RDMA_DRIVER_*`, 0 if the kernel does not tell.
    pub driver_id: u32,
    /// The version the kernel's driver speaks.
    pub driver_abi: u32,
}

impl KernelDevice {
    /// Whether both are the same device, seen at two times.
    pub fn is_same(&self, other: &KernelDevice) -> bool {
        // Numbers are never used twice; without one the time must tell.
        self.uverbs_name == other.uverbs_name
            && self.index == other.index
            && (self.index.is_some() || self.created == other.created)
    }
}

/// Where a kernel shows itself.
pub struct Places {
    /// Where sysfs is mounted.
    pub sysfs: PathBuf,
    /// The directory with the nodes of character devices.
    pub nodes: PathBuf,
}

impl Places {
    /// Those of this machine.
    pub fn of_machine() -> Places {
        Places {
            sysfs: sysfs::path(""),
            nodes: PathBuf::from(NODES_PATH),
        }
    }

    fn class(&self) -> PathBuf {
        self.sysfs.join("class/infiniband_verbs")
    }

    fn has_node(&self, uverbs_name: &OsStr) -> bool {
        fs::metadata(self.nodes.join(uverbs_name)).is_ok()
    }

    fn ibdev_path(&self, name: &OsStr) -> PathBuf {
        self.sysfs.join("class/infiniband").join(name)
    }
}

/// The version of uverbs the running kernel speaks, 0 while unknown.
pub fn uverbs_abi() -> u32 {
    UVERBS_ABI.load(Ordering::Relaxed)
}

static UVERBS_ABI: AtomicU32 = AtomicU32::new(0);

/// The devices there are now, in the kernel's order.
///
/// `ENOSYS`: the kernel has no RDMA, or speaks a version of uverbs nobody here does.
pub fn scan() -> Result<Vec<KernelDevice>, Errno> {
    scan_with(&Places::of_machine(), netlink::connect(), &UVERBS_ABI)
}

/// As [`scan`], of any kernel.
pub fn scan_with(
    places: &Places,
    netlink: Result<Connection<impl Transport>, Errno>,
    uverbs_abi: &AtomicU32,
) -> Result<Vec<KernelDevice>, Errno> {
    let asked = netlink.and_then(|connection| {
        let mut conversation = Conversation(connection);
        let devices = conversation.devices()?;
        let found = devices.into_iter();
        Ok(found
            .filter_map(|device| by_netlink(places, &mut conversation, device, uverbs_abi))
            .collect::<Vec<_>>())
    });
    let devices = match asked {
        Ok(devices) => devices,
        Err(errno) => {
            crate::log_debug!("RDMA netlink: {errno}; sysfs is asked");
            by_sysfs(places)?
        }
    };
    if !devices.is_empty() {
        check_uverbs_abi(places, uverbs_abi)?;
    }
    Ok(devices)
}

/// Completes a device of a dump; `None` if there is no way to it.
fn by_netlink<T: Transport>(
    places: &Places,
    conversation: &mut Conversation<T>,
    device: netlink::Device,
    uverbs_abi: &AtomicU32,
) -> Option<KernelDevice> {
    let mut found = KernelDevice {
        ibdev_path: places.ibdev_path(&device.name),
        name: device.name,
        uverbs_name: OsString::new(),
        dev: 0,
        index: Some(device.index),
        created: (0, 0),
        guid: Some(device.guid),
        node_type: node_type(device.node_type.into()),
        port_count: device.port_count,
        driver_id: RDMA_DRIVER_UNKNOWN,
        driver_abi: 0,
    };
    match conversation.chardev(device.index) {
        Ok(chardev) => {
            // Whoever answers this question speaks the last version there will be.
            uverbs_abi.store(MAX_UVERBS_ABI, Ordering::Relaxed);
            found.uverbs_name = chardev.name;
            found.dev = chardev.dev;
            found.driver_id = chardev.driver_id;
            found.driver_abi = chardev.driver_abi;
        }
        Err(errno) => {
            crate::log_debug!("{:?}: no answer about its node ({errno})", found.name);
            let folder = found.ibdev_path.join("device/infiniband_verbs");
            let first = names_in(&folder).ok()?.into_iter().next()?;
            let folder = folder.join(&first);
            add_uverbs(&mut found, first, &folder)?;
        }
    }
    let has_node = places.has_node(&found.uverbs_name);
    if !has_node {
        crate::log_debug!("{:?}: {:?} has no node here", found.name, found.uverbs_name);
    }
    has_node.then_some(found)
}

/// Every device sysfs shows; `ENOSYS` if it shows no such class.
fn by_sysfs(places: &Places) -> Result<Vec<KernelDevice>, Errno> {
    let class = places.class();
    let names = names_in(&class).map_err(|_| Errno::ENOSYS)?;
    let describe = |uverbs_name: OsString| {
        let folder = class.join(&uverbs_name);
        let name = sysfs::read(&folder.join("ibdev")).ok()?;
        if !is_name(&name) {
            return None;
        }
        let name = OsString::from_vec(name);
        let mut found = KernelDevice {
            ibdev_path: places.ibdev_path(&name),
            name,
            uverbs_name: OsString::new(),
            dev: 0,
            index: None,
            created: (0, 0),
            guid: None,
            node_type: IBV_NODE_UNKNOWN,
            port_count: 0,
            driver_id: RDMA_DRIVER_UNKNOWN,
            driver_abi: 0,
        };
        add_uverbs(&mut found, uverbs_name, &folder)?;
        if let Some(kind) = number_in(&found.ibdev_path.join("node_type")) {
            found.node_type = node_type(kind);
        }
        places.has_node(&found.uverbs_name).then_some(found)
    };
    Ok(names.into_iter().filter_map(describe).collect())
}

/// What the directory of a character device says; `None` if that is not enough.
fn add_uverbs(found: &mut KernelDevice, uverbs_name: OsString, folder: &Path) -> Option<()> {
    if !is_name(uverbs_name.as_bytes()) {
        return None;
    }
    let made = fs::metadata(&found.ibdev_path).ok()?;
    let dev = sysfs::read(&folder.join("dev")).ok()?;
    found.dev = sysfs::parse_dev(&dev)?;
    found.driver_abi = number_in(&folder.join("abi_version")).unwrap_or(0);
    found.created = (made.mtime(), made.mtime_nsec());
    found.uverbs_name = uverbs_name;
    Some(())
}

/// Refuses a kernel whose uverbs nobody here speaks, with one line for each time it is asked.
fn check_uverbs_abi(places: &Places, uverbs_abi: &AtomicU32) -> Result<(), Errno> {
    let mut abi = uverbs_abi.load(Ordering::Relaxed);
    if abi == 0 {
        abi = number_in(&places.class().join("abi_version")).ok_or(Errno::ENOSYS)?;
        if (MIN_UVERBS_ABI..=MAX_UVERBS_ABI).contains(&abi) {
            uverbs_abi.store(abi, Ordering::Relaxed);
        } else {
            crate::base::log::tell(format_args!(
                "error: the kernel speaks version {abi} of uverbs, this library \
                 {MIN_UVERBS_ABI} to {MAX_UVERBS_ABI}"
            ));
            return Err(Errno::ENOSYS);
        }
    }
    Ok(())
}

/// The entries of a directory in its own order, without hidden ones.
fn names_in(folder: &Path) -> Result<Vec<OsString>, Errno> {
    let entries = fs::read_dir(folder)?;
    let names = entries.filter_map(|entry| entry.ok().map(|entry| entry.file_name()));
    Ok(names
        .filter(|name| name.as_bytes().first() != Some(&b'.'))
        .collect())
}

fn number_in(path: &Path) -> Option<u32> {
    sysfs::parse_number(&sysfs::read(path).ok()?)
}

/// The kernel's node types are those of verbs; what is newer is unknown.
fn node_type(kernel: u32) -> ibv_node_type {
    match kernel as ibv_node_type {
        known @ IBV_NODE_CA..=IBV_NODE_UNSPECIFIED => known,
        _ => IBV_NODE_UNKNOWN,
    }
}

const NODES_PATH: &str = "/dev/infiniband";

#[cfg(test)]
mod tests;
