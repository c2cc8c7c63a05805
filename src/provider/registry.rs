//! The list of devices: one per process, refreshed by each `ibv_get_device_list`.
//!
//! Devices that are still what they were keep their address, vanished ones lose the list's
//! reference and live on while anybody else holds one. Only the embedded NIC is asked here so
//! far; what the kernel offers will come before it.
#![forbid(unsafe_code)]

use parking_lot::Mutex;

use super::device::DeviceRef;
use super::embedded::{self, DeviceInfo, Nic};
use crate::base::errno::Errno;

struct Listed {
    info: DeviceInfo,
    device: DeviceRef,
}

/// The devices of one source and the memory of what was listed before.
pub(crate) struct Registry {
    nic: &'static Nic,
    known: Mutex<Vec<Listed>>,
}

static REGISTRY: Registry = Registry::new(&embedded::NIC);

/// The devices there are now, with a reference each.
pub(crate) fn list() -> Result<Vec<DeviceRef>, Errno> {
    REGISTRY.list()
}

impl Registry {
    pub(crate) const fn new(nic: &'static Nic) -> Registry {
        Registry {
            nic,
            known: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn list(&self) -> Result<Vec<DeviceRef>, Errno> {
        // As rdma-core where the kernel has no RDMA at all: no list instead of an empty one.
        let Some(found) = (self.nic.list)() else {
            return Err(Errno::ENOSYS);
        };
        let mut known = self.known.lock();
        let mut before = std::mem::take(&mut *known);
        for info in found {
            let same = before.iter().position(|listed| listed.info == info);
            let listed = match same {
                Some(index) => before.swap_remove(index),
                None => Listed {
                    device: embedded::new_device(self.nic, &info),
                    info,
                },
            };
            known.push(listed);
        }
        let devices = known.iter().map(|listed| listed.device.clone()).collect();
        drop(known);
        // The devices that vanished are let go without the lock: a provider may call back.
        drop(before);
        Ok(devices)
    }
}

#[cfg(test)]
mod tests;
