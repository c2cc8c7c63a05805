//! The embedded devices: which there are, and what they say of themselves.
//!
//! [`devices`] is called by the provider when devices are listed; the fill functions answer the
//! query operations. What is promised here stands in `limits` and is enforced by the objects;
//! a capability is shown only once it exists.

use super::config::{Config, Identity};
use super::limits;
use super::netdev::{self, Netdev};
use super::port::PortState;
use crate::abi::{self, Zeroed, ibv_device_attr, ibv_device_attr_ex, ibv_odp_caps};
use crate::base::errno::Errno;
use std::collections::HashSet;
use std::path::Path;

/// One embedded device: an interface, and what the configuration makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceSpec {
    /// `verbium0`, `verbium1`, …
    pub name: String,
    /// `uverbsN` with an N that the kernel does not use.
    pub dev_name: String,
    /// Node GUID in the order of the wire.
    pub guid: [u8; 8],
    pub ifindex: u32,
    pub ifname: String,
    /// Tells the devices of this process apart, and is the same each time they are listed.
    pub key: u32,
    pub identity: Identity,
    pub strict_gid: bool,
    /// The port as it was when the devices were listed, or when somebody refreshed it.
    pub port: PortState,
}

impl DeviceSpec {
    /// The port as it is now.
    pub fn current_port(&self) -> Result<PortState, Errno> {
        let netdevs = netdev::enumerate()?;
        let netdev = netdevs.iter().find(|netdev| netdev.ifindex == self.ifindex);
        Ok(netdev.map_or(PortState::GONE, PortState::of))
    }
}

/// The devices of this network namespace, in the order of the list.
///
/// Whether they are listed at all is for the caller to decide (`VERBIUM_NIC`). The error of a kernel
/// that does not tell its interfaces, or of a process that cannot ask.
pub fn devices(config: &Config) -> Result<Vec<DeviceSpec>, Errno> {
    let netdevs = netdev::enumerate()
        .map_err(|error| error.logged("cannot ask the kernel for network interfaces"))?;
    let (chosen, lines) = netdev::choose(netdevs, &config.netdevs);
    for line in lines {
        crate::log_warn!("{line}");
    }
    if chosen.is_empty() {
        crate::log_warn!("no network interface is up with an address: no device of our own");
    }
    let taken = kernel_dev_names(["/sys/class/infiniband_verbs", "/dev/infiniband"]);
    Ok(assemble(config, &chosen, &taken, &host_seed()))
}

/// Answers `ibv_query_device`.
pub fn fill_device_attr(spec: &DeviceSpec, attr: &mut ibv_device_attr) {
    *attr = ibv_device_attr::zeroed();
    for (to, from) in attr
        .fw_ver
        .iter_mut()
        .zip(env!("CARGO_PKG_VERSION").bytes())
    {
        *to = from as core::ffi::c_char;
    }
    attr.node_guid = u64::from_ne_bytes(spec.guid);
    attr.sys_image_guid = u64::from_ne_bytes(spec.guid);
    attr.max_mr_size = limits::MAX_MR_BYTES;
    attr.page_size_cap = PAGE_SIZES;
    attr.vendor_id = spec.identity.vendor_id;
    attr.vendor_part_id = spec.identity.part_id;
    attr.hw_ver = 1;
    attr.max_qp = limits::MAX_QP as i32;
    attr.max_qp_wr = limits::MAX_QP_WR as i32;
    attr.device_cap_flags = DEVICE_CAP_FLAGS;
    attr.max_sge = limits::MAX_SGE as i32;
    attr.max_sge_rd = limits::MAX_SGE as i32;
    attr.max_cq = limits::MAX_CQ as i32;
    attr.max_cqe = limits::MAX_CQE as i32;
    attr.max_mr = limits::MAX_MR as i32;
    attr.max_pd = limits::MAX_PD as i32;
    attr.max_qp_rd_atom = limits::MAX_QP_RD_ATOM as i32;
    attr.max_res_rd_atom = (limits::MAX_QP_RD_ATOM * limits::MAX_QP) as i32;
    attr.max_qp_init_rd_atom = limits::MAX_QP_RD_ATOM as i32;
    // Whoever executes an atomic uses the CPU's own on the memory itself, so that it is atomic to
    // the program's atomics and to those of every other embedded device.
    attr.atomic_cap = abi::IBV_ATOMIC_GLOB;
    attr.max_ah = limits::MAX_AH as i32;
    attr.max_srq = limits::MAX_SRQ as i32;
    attr.max_srq_wr = limits::MAX_SRQ_WR as i32;
    attr.max_srq_sge = limits::MAX_SGE as i32;
    attr.max_pkeys = 1;
    attr.local_ca_ack_delay = limits::LOCAL_CA_ACK_DELAY;
    attr.phys_port_cnt = 1;
}

/// Answers `ibv_query_device_ex` for a program whose struct may be older or newer than ours.
///
/// EINVAL if the struct does not even hold the plain attributes. What is beyond our struct is
/// zeroed: such a program knows capabilities that we do not have.
///
/// # Safety
/// `attr` must be valid for writes of `attr_size` bytes.
pub unsafe fn fill_device_attr_ex(
    spec: &DeviceSpec,
    attr: *mut ibv_device_attr_ex,
    attr_size: usize,
) -> Result<(), Errno> {
    if attr_size < size_of::<ibv_device_attr>() {
        return Err(Errno::EINVAL);
    }
    let ours = device_attr_ex(spec);
    let out = attr.cast::<u8>();
    let len_bytes = attr_size.min(size_of::<ibv_device_attr_ex>());
    // SAFETY: the caller vouches for `attr_size` bytes.
    unsafe { out.write_bytes(0, attr_size) };
    // SAFETY: `len_bytes` is within our own value and within the caller's struct, which cannot
    // overlap a local variable.
    unsafe { out.copy_from_nonoverlapping((&raw const ours).cast(), len_bytes) };
    Ok(())
}

/// All attributes of a device.
pub fn device_attr_ex(spec: &DeviceSpec) -> ibv_device_attr_ex {
    let mut attr = ibv_device_attr_ex::zeroed();
    fill_device_attr(spec, &mut attr.orig_attr);
    attr.device_cap_flags_ex = u64::from(attr.orig_attr.device_cap_flags);
    attr.odp_caps = ODP_CAPS;
    attr.phys_port_cnt_ex = 1;
    attr
}

fn assemble(
    config: &Config,
    netdevs: &[Netdev],
    taken: &HashSet<String>,
    seed: &[u8],
) -> Vec<DeviceSpec> {
    let mut dev_names = (0_u32..).map(|number| format!("uverbs{number}"));
    let mut specs = Vec::with_capacity(netdevs.len());
    for (index, netdev) in netdevs.iter().enumerate() {
        let dev_name = dev_names
            .find(|name| !taken.contains(name))
            .expect("numbers do not end");
        specs.push(DeviceSpec {
            name: config.device_name(index),
            dev_name,
            guid: guid(netdev, seed),
            ifindex: netdev.ifindex,
            ifname: netdev.name.clone(),
            key: netdev.ifindex,
            identity: config.identity.unwrap_or(OWN_IDENTITY),
            strict_gid: config.strict_gid,
            port: PortState::of(netdev),
        });
    }
    specs
}

/// EUI-64 of the hardware address; without one, a locally administered number that is the same
/// for the same interface of the same host.
fn guid(netdev: &Netdev, seed: &[u8]) -> [u8; 8] {
    if let Some([a, b, c, d, e, f]) = netdev.mac {
        return [a ^ LOCAL_BIT, b, c, 0xff, 0xfe, d, e, f];
    }
    // FNV-1a: all we want is that different names give different numbers.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in seed.iter().chain(netdev.name.as_bytes()) {
        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    }
    let mut guid = hash.to_be_bytes();
    // In an EUI-64 of a GUID the bit is inverted: clear says local.
    guid[0] &= !(LOCAL_BIT | GROUP_BIT);
    guid
}

/// What tells this host from another.
fn host_seed() -> Vec<u8> {
    std::fs::read("/etc/machine-id").unwrap_or_default()
}

/// Every `uverbsN` the kernel has, wherever it shows.
fn kernel_dev_names<'a>(folders: impl IntoIterator<Item = &'a str>) -> HashSet<String> {
    let folders = folders
        .into_iter()
        .filter_map(|path| Path::new(path).read_dir().ok());
    let names = folders
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.starts_with("uverbs")).collect()
}

/// The letters "VRB" as an OUI: locally administered, so that it is nobody's. Part 1 is the NIC
/// inside this library.
pub const OWN_IDENTITY: Identity = Identity {
    vendor_id: 0x56_52_42,
    part_id: 1,
};

/// Only what exists.
const DEVICE_CAP_FLAGS: u32 = abi::IBV_DEVICE_CURR_QP_STATE_MOD
    | abi::IBV_DEVICE_PORT_ACTIVE_EVENT
    | abi::IBV_DEVICE_SYS_IMAGE_GUID
    | abi::IBV_DEVICE_RC_RNR_NAK_GEN;

/// Nothing is pinned, so every operation works on memory that comes and goes.
const ODP_CAPS: ibv_odp_caps = ibv_odp_caps {
    general_caps: (abi::IBV_ODP_SUPPORT | abi::IBV_ODP_SUPPORT_IMPLICIT) as u64,
    per_transport_caps: abi::ibv_odp_caps_per_transport_caps {
        rc_odp_caps: abi::IBV_ODP_SUPPORT_SEND
            | abi::IBV_ODP_SUPPORT_RECV
            | abi::IBV_ODP_SUPPORT_WRITE
            | abi::IBV_ODP_SUPPORT_READ
            | abi::IBV_ODP_SUPPORT_ATOMIC
            | abi::IBV_ODP_SUPPORT_SRQ_RECV,
        uc_odp_caps: abi::IBV_ODP_SUPPORT_SEND
            | abi::IBV_ODP_SUPPORT_RECV
            | abi::IBV_ODP_SUPPORT_WRITE,
        ud_odp_caps: abi::IBV_ODP_SUPPORT_SEND
            | abi::IBV_ODP_SUPPORT_RECV
            | abi::IBV_ODP_SUPPORT_SRQ_RECV,
    },
};

/// Every power of two from 4 KiB up: pages mean nothing to a device that goes by addresses.
const PAGE_SIZES: u64 = 0xffff_f000;

/// Second-lowest bit of the first byte of a hardware address: set says locally administered.
const LOCAL_BIT: u8 = 2;
const GROUP_BIT: u8 = 1;

#[cfg(test)]
pub(super) mod tests;
