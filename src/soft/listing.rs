//! The devices as the provider lists them.

use super::config::{Config, Nic};
use super::device;
use crate::base::errno::Errno;

/// What `ibv_get_device_list` has to know of an embedded device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInfo {
    pub name: String,
    pub dev_name: String,
    /// Node GUID in the order of the wire.
    pub guid_be: u64,
    /// Tells the devices of this process apart; [`super::open`] wants it back.
    pub key: u32,
    pub ibdev_path: String,
    pub dev_path: String,
}

/// The embedded devices of this network namespace.
///
/// `kernel_count` is how many devices the kernel offers: with `VERBIUM_NIC=auto` ours step back.
/// `None`: the NIC is switched off.
pub fn list(kernel_count: usize) -> Result<Option<Vec<DeviceInfo>>, Errno> {
    let config = Config::from_env();
    let is_wanted = match config.nic {
        Nic::Auto => kernel_count == 0,
        Nic::On => true,
        Nic::Off => false,
    };
    if !is_wanted {
        return Ok((config.nic != Nic::Off).then(Vec::new));
    }
    let describe = |spec: device::DeviceSpec| DeviceInfo {
        ibdev_path: format!("/sys/devices/virtual/infiniband/{}", spec.name),
        dev_path: format!("/sys/devices/virtual/infiniband_verbs/{}", spec.dev_name),
        guid_be: u64::from_ne_bytes(spec.guid),
        key: spec.key,
        name: spec.name,
        dev_name: spec.dev_name,
    };
    let devices = device::devices(&config)?;
    Ok(Some(devices.into_iter().map(describe).collect()))
}
