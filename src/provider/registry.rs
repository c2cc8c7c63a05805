//! The list of devices: one per process, refreshed by each `ibv_get_device_list`.
//!
//! The kernel's devices come first, then the embedded NIC, which steps back if there are others.
//! Devices that are still what they were keep their address, vanished ones lose the list's
//! reference and live on while anybody else holds one. No lock is held while a provider runs.
#![forbid(unsafe_code)]

use std::cell::Cell;

use super::bind::Binder;
use super::device::DeviceRef;
use super::embedded::{self, DeviceInfo, Nic};
use crate::base::errno::Errno;
use crate::base::mutex::Mutex;
use crate::base::sync::{AtomicU64, Ordering};
use crate::kernel::discovery::{self, KernelDevice};
use crate::kernel::memlock;

/// What a listed device was when it was listed.
#[derive(Clone)]
enum Identity {
    Kernel(KernelDevice),
    Embedded(DeviceInfo),
}

impl Identity {
    fn is_same(&self, other: &Identity) -> bool {
        match (self, other) {
            (Identity::Kernel(this), Identity::Kernel(other)) => this.is_same(other),
            (Identity::Embedded(this), Identity::Embedded(other)) => this == other,
            _ => false,
        }
    }
}

#[derive(Clone)]
struct Listed {
    identity: Identity,
    device: DeviceRef,
}

#[derive(Default)]
struct Known {
    devices: Vec<Listed>,
    /// Devices of the kernel without a driver: whoever asks again is not told again.
    unserved: Vec<KernelDevice>,
    /// When the listing began that is remembered.
    ticket: u64,
}

/// The devices of a kernel and a NIC, and the memory of what was listed before.
pub(crate) struct Registry {
    kernel: fn() -> Result<Vec<KernelDevice>, Errno>,
    nic: &'static Nic,
    known: Mutex<Option<Known>>,
    tickets: AtomicU64,
}

static REGISTRY: Registry = Registry::new(discovery::scan, &embedded::NIC);

thread_local! {
    /// Whether this thread is asking providers for devices right now.
    static IS_LISTING: Cell<bool> = const { Cell::new(false) };
}

/// The devices there are now, with a reference each.
pub(crate) fn list() -> Result<Vec<DeviceRef>, Errno> {
    REGISTRY.list()
}

impl Registry {
    pub(crate) const fn new(
        kernel: fn() -> Result<Vec<KernelDevice>, Errno>,
        nic: &'static Nic,
    ) -> Registry {
        Registry {
            kernel,
            nic,
            known: Mutex::new(None),
            tickets: AtomicU64::new(0),
        }
    }

    pub(crate) fn list(&self) -> Result<Vec<DeviceRef>, Errno> {
        struct Listing;
        impl Drop for Listing {
            fn drop(&mut self) {
                IS_LISTING.set(false);
            }
        }
        if IS_LISTING.replace(true) {
            // A provider that is being asked asks itself: what is known must do.
            return Ok(self.with_known(|known| references(&known.devices)));
        }
        let _listing = Listing;
        self.refresh()
    }

    fn refresh(&self) -> Result<Vec<DeviceRef>, Errno> {
        // Listings that run at once may end in another order than they looked.
        let ticket = 1 + self.tickets.fetch_add(1, Ordering::Relaxed);
        let found = (self.kernel)();
        let mut unserved = Vec::new();
        let mut now = Vec::new();
        for device in found.as_deref().unwrap_or_default() {
            match self.bound(device) {
                Some(listed) => now.push(listed),
                None => unserved.push(device.clone()),
            }
        }
        if !now.is_empty() {
            memlock::warn_once();
        }
        let embedded = match (self.nic.list)(now.len()) {
            Err(errno) if now.is_empty() => return Err(errno),
            // Those of the kernel are there all the same.
            listed => listed.unwrap_or_default(),
        };
        if let (Err(errno), None) = (&found, &embedded) {
            // As rdma-core where the kernel has no RDMA at all: no list instead of an empty one.
            return Err(*errno);
        }
        for info in embedded.unwrap_or_default() {
            now.push(self.embedded(info));
        }
        Ok(self.remember(ticket, now, unserved))
    }

    /// The device that is known already, or the one a driver makes now.
    fn bound(&self, device: &KernelDevice) -> Option<Listed> {
        let identity = Identity::Kernel(device.clone());
        let (known, is_news) = self.with_known(|known| {
            let is_old = known.unserved.iter().any(|other| other.is_same(device));
            (find(&known.devices, &identity).cloned(), !is_old)
        });
        known.or_else(|| {
            let device = Binder::new(device).bind(is_news)?;
            Some(Listed { identity, device })
        })
    }

    fn embedded(&self, info: DeviceInfo) -> Listed {
        let identity = Identity::Embedded(info.clone());
        let known = self.with_known(|known| find(&known.devices, &identity).cloned());
        known.unwrap_or_else(|| Listed {
            identity,
            device: embedded::new_device(self.nic, &info),
        })
    }

    /// Makes a listing the known one, unless a later one has been remembered meanwhile.
    fn remember(
        &self,
        ticket: u64,
        mut now: Vec<Listed>,
        unserved: Vec<KernelDevice>,
    ) -> Vec<DeviceRef> {
        let mut before = Vec::new();
        let devices = self.with_known(|known| {
            if known.ticket > ticket {
                before.append(&mut now);
                return references(&known.devices);
            }
            for listed in &mut now {
                // Another thread may have made the same device and remembered it.
                if let Some(first) = find(&known.devices, &listed.identity) {
                    before.push(std::mem::replace(listed, first.clone()));
                }
            }
            before.append(&mut known.devices);
            *known = Known {
                devices: now,
                unserved,
                ticket,
            };
            references(&known.devices)
        });
        // Devices that vanished are let go without the lock: a provider may call back.
        drop(before);
        devices
    }

    fn with_known<T>(&self, body: impl FnOnce(&mut Known) -> T) -> T {
        body(self.known.lock().get_or_insert_default())
    }
}

fn find<'a>(devices: &'a [Listed], identity: &Identity) -> Option<&'a Listed> {
    devices
        .iter()
        .find(|listed| listed.identity.is_same(identity))
}

fn references(devices: &[Listed]) -> Vec<DeviceRef> {
    devices.iter().map(|listed| listed.device.clone()).collect()
}

#[cfg(test)]
mod tests;
