//! A counted reference to a device, whoever allocated it.
//!
//! The count lies inside `verbs_device`, in memory of the device's provider, and is touched only
//! here. The list of `registry`, each element an application got from `ibv_get_device_list` and
//! each open context hold one; the last to go hands the device back to its provider. A device of
//! the kernel also has a record of what was found out about it, which is ours and goes before it.

use std::ffi::{CStr, CString, OsStr, c_char};
use std::os::unix::ffi::OsStrExt;
use std::ptr::NonNull;

use super::matching;
use super::plugin::Driver;
use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::sync::{AtomicU32, AtomicU64, Ordering};
use crate::kernel::discovery::KernelDevice;
use crate::kernel::sysfs;

/// One reference to a live device.
pub(crate) struct DeviceRef(NonNull<verbs_device>);

// SAFETY: the count is atomic and everything else in the device is constant while referenced.
unsafe impl Send for DeviceRef {}
// SAFETY: as above.
unsafe impl Sync for DeviceRef {}

impl DeviceRef {
    /// Takes over the reference a new device is born with.
    ///
    /// # Safety
    /// `device` was just allocated by its provider, with `ops` set.
    pub(super) unsafe fn first(device: NonNull<verbs_device>) -> DeviceRef {
        // SAFETY: nobody else knows the device yet.
        unsafe { device.as_ref() }
            .refcount
            .store(1, Ordering::Relaxed);
        DeviceRef(device)
    }

    /// One more reference to a device an application holds.
    ///
    /// # Safety
    /// `device` is NULL or was listed and is still referenced by somebody.
    pub(crate) unsafe fn to(device: *mut ibv_device) -> Result<DeviceRef, Errno> {
        let device = NonNull::new(device.cast::<verbs_device>()).ok_or(Errno::EINVAL)?;
        // SAFETY: alive by contract, and listed devices are the first member of `verbs_device`.
        unsafe { device.as_ref() }
            .refcount
            .fetch_add(1, Ordering::Relaxed);
        Ok(DeviceRef(device))
    }

    /// Gives the reference to C; [`DeviceRef::from_raw`] takes it back.
    pub(crate) fn into_raw(self) -> *mut ibv_device {
        let device = self.as_ptr();
        std::mem::forget(self);
        device
    }

    /// Takes back a reference given to C.
    ///
    /// # Safety
    /// `device` came from [`DeviceRef::into_raw`] and is taken back once.
    pub(crate) unsafe fn from_raw(device: *mut ibv_device) -> Option<DeviceRef> {
        NonNull::new(device.cast()).map(DeviceRef)
    }

    pub(crate) fn as_ptr(&self) -> *mut ibv_device {
        self.0.as_ptr().cast()
    }

    /// Whether registering a region pins its pages, so that a fork could part them from it.
    pub(crate) fn pins_memory(&self) -> bool {
        // SAFETY: alive while referenced.
        unsafe { super::embedded::guid_be(self.as_ptr()) }.is_none()
    }

    /// The number of the device's command descriptor; the embedded NIC has none.
    pub(crate) fn cdev(&self) -> Option<libc::dev_t> {
        // SAFETY: alive while referenced; the record lives as long as the device.
        let record = unsafe { (*self.0.as_ptr()).sysfs.as_ref() };
        record.map(|record| record.sysfs_cdev)
    }

    /// The release of rdma-core its plug-in is from; `None` if that cannot be told.
    pub(crate) fn plugin_release(&self) -> Option<u32> {
        super::plugin::release_of(self.ops()?)
    }

    /// The name under which the provider is known.
    pub(super) fn provider(&self) -> Option<&'static CStr> {
        let name = self.ops()?.name;
        // SAFETY: NULL or a text of the provider, which keeps it for the process's life.
        (!name.is_null()).then(|| unsafe { CStr::from_ptr(name) })
    }

    pub(super) fn ops(&self) -> Option<&'static verbs_device_ops> {
        // SAFETY: alive while referenced; providers keep their table for the process's life.
        unsafe { (*self.0.as_ptr()).ops.as_ref() }
    }
}

impl Clone for DeviceRef {
    fn clone(&self) -> DeviceRef {
        // SAFETY: alive, since `self` holds a reference.
        unsafe { self.0.as_ref() }
            .refcount
            .fetch_add(1, Ordering::Relaxed);
        DeviceRef(self.0)
    }
}

impl Drop for DeviceRef {
    fn drop(&mut self) {
        // Release here pairs with the Acquire of whoever finds the count at one: the provider
        // frees the device after every other holder has finished with it.
        // SAFETY: alive until this very subtraction reaches zero.
        let before = unsafe { self.0.as_ref() }
            .refcount
            .fetch_sub(1, Ordering::AcqRel);
        if before == 1 {
            // SAFETY: nobody holds the device any more.
            let record = unsafe { (*self.0.as_ptr()).sysfs };
            // SAFETY: NULL, or taken from a `Record` in `make`; nobody else frees it.
            drop(NonNull::new(record).map(|record| unsafe { Box::from_raw(record.as_ptr()) }));
            if let Some(uninit_device) = self.ops().and_then(|ops| ops.uninit_device) {
                // SAFETY: nobody holds the device any more; it goes back to who allocated it.
                unsafe { uninit_device(self.0.as_ptr()) };
            }
        }
    }
}

/// What was found out about a device of the kernel, as drivers read it.
pub(super) struct Record(NonNull<verbs_sysfs_dev>);

impl Record {
    /// `None` if a name or a path is longer than drivers have room for.
    pub(super) fn new(device: &KernelDevice) -> Option<Record> {
        let mut record: Box<verbs_sysfs_dev> = Box::new(Zeroed::zeroed());
        copy(&mut record.sysfs_name, device.uverbs_name.as_bytes())?;
        copy(&mut record.ibdev_name, device.name.as_bytes())?;
        copy(
            &mut record.ibdev_path,
            device.ibdev_path.as_os_str().as_bytes(),
        )?;
        record.sysfs_cdev = device.dev;
        if let Some(guid) = device.guid {
            record.node_guid = guid;
            record.flags |= VSYSFS_READ_NODE_GUID;
        }
        record.driver_id = device.driver_id;
        record.node_type = device.node_type;
        record.ibdev_idx = device.index.map_or(NO_INDEX, |index| index as i32);
        record.num_ports = device.port_count;
        record.abi_ver = device.driver_abi;
        record.time_created.tv_sec = device.created.0;
        record.time_created.tv_nsec = device.created.1;
        Some(Record(NonNull::from(Box::leak(record))))
    }

    /// The modalias of the bus device, read once; empty if it has none.
    pub(super) fn modalias(&mut self) -> CString {
        // SAFETY: ours until it is given away, and drivers are not running.
        let record = unsafe { self.0.as_mut() };
        if record.flags & VSYSFS_READ_MODALIAS == 0 {
            record.flags |= VSYSFS_READ_MODALIAS;
            let path = path_of(&record.ibdev_path).join("device/modalias");
            let read = sysfs::read(&path).unwrap_or_default();
            let _ = copy(&mut record.modalias, &read);
        }
        // SAFETY: `copy` and the zeroed beginning leave a NUL at the end.
        unsafe { CStr::from_ptr(record.modalias.as_ptr()) }.to_owned()
    }

    /// Whether a driver takes the device: its table first, then its own function.
    ///
    /// The driver reads which entry matched; a function of its own has the last word.
    pub(super) fn is_taken_by(&mut self, driver: &Driver, device: &KernelDevice) -> bool {
        let entry = driver.rules().and_then(|rules| {
            let name = device.name.as_bytes();
            matching::by_driver_id(&rules, device.driver_id)
                .or_else(|| matching::by_modalias(&rules, &matching::name_alias(name)))
                .or_else(|| matching::by_modalias(&rules, &self.modalias()))
        });
        let entry = entry.map_or(std::ptr::null(), |index| {
            driver.ops.match_table.wrapping_add(index)
        });
        // SAFETY: ours until it is given away, and drivers are not running.
        unsafe { self.0.as_mut() }.r#match = entry;
        match driver.ops.match_device {
            // SAFETY: the driver's own function; it may write to the record, to which no
            // reference exists.
            Some(match_device) => unsafe { match_device(self.0.as_ptr()) },
            None => !entry.is_null(),
        }
    }

    /// Lets a driver make its device. The record is the device's then; else it is given back.
    pub(super) fn make(self, driver: &Driver, device: &KernelDevice) -> Result<DeviceRef, Record> {
        let Some(alloc_device) = driver.ops.alloc_device else {
            return Err(self);
        };
        // SAFETY: the driver's own function, with a record that stays as long as the device.
        let made = unsafe { alloc_device(self.0.as_ptr()) };
        let Some(made) = NonNull::new(made) else {
            return Err(self);
        };
        let shown = shown(device);
        // SAFETY: just made by the driver, which leaves these members to us; nobody else knows
        // the device yet.
        unsafe {
            let made = made.as_ptr();
            (*made).device = shown;
            (*made).ops = driver.ops;
            (*made).sysfs = self.0.as_ptr();
        }
        std::mem::forget(self);
        // SAFETY: just allocated by its provider, with `ops` set.
        Ok(unsafe { DeviceRef::first(made) })
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        // SAFETY: leaked by `new`, and not given away.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

/// What an application sees of a device of the kernel.
fn shown(device: &KernelDevice) -> ibv_device {
    let mut shown: ibv_device = Zeroed::zeroed();
    shown.node_type = device.node_type;
    shown.transport_type = match device.node_type {
        IBV_NODE_CA | IBV_NODE_SWITCH | IBV_NODE_ROUTER => IBV_TRANSPORT_IB,
        IBV_NODE_RNIC => IBV_TRANSPORT_IWARP,
        IBV_NODE_USNIC => IBV_TRANSPORT_USNIC,
        IBV_NODE_USNIC_UDP => IBV_TRANSPORT_USNIC_UDP,
        IBV_NODE_UNSPECIFIED => IBV_TRANSPORT_UNSPECIFIED,
        _ => IBV_TRANSPORT_UNKNOWN,
    };
    let dev_path = sysfs::path(CLASS).join(&device.uverbs_name);
    // A record was made of the same names, so they fit; of the paths this one is the longer.
    let _ = copy(&mut shown.name, device.name.as_bytes());
    let _ = copy(&mut shown.dev_name, device.uverbs_name.as_bytes());
    let _ = copy(&mut shown.dev_path, dev_path.as_os_str().as_bytes());
    let _ = copy(
        &mut shown.ibdev_path,
        device.ibdev_path.as_os_str().as_bytes(),
    );
    shown
}

/// The kernel's number of a device; −1 if it has none.
///
/// # Safety
/// `device` was listed and is still referenced.
pub(crate) unsafe fn index(device: *mut ibv_device) -> i32 {
    // SAFETY: listed devices are the first member of `verbs_device`.
    let record = unsafe { (*device.cast::<verbs_device>()).sysfs };
    // SAFETY: NULL or alive as long as the device.
    unsafe { record.as_ref() }.map_or(NO_INDEX, |record| record.ibdev_idx)
}

/// The GUID of a device of the kernel; `None` for any other device.
///
/// # Safety
/// `device` was listed and is still referenced.
pub(crate) unsafe fn guid_be(device: *mut ibv_device) -> Option<u64> {
    // SAFETY: listed devices are the first member of `verbs_device`.
    let record = unsafe { (*device.cast::<verbs_device>()).sysfs };
    if record.is_null() {
        return None;
    }
    // Several threads may ask at once: whoever finds the flag set (Acquire) finds the GUID, which
    // was stored before it (Release).
    // SAFETY: aligned, and after the listing only these lines touch the word.
    let flags = unsafe { AtomicU32::from_ptr(&raw mut (*record).flags) };
    // SAFETY: as above.
    let cached = unsafe { AtomicU64::from_ptr(&raw mut (*record).node_guid) };
    if flags.load(Ordering::Acquire) & VSYSFS_READ_NODE_GUID == 0 {
        // SAFETY: constant after the listing.
        let path = path_of(unsafe { &(*record).ibdev_path }).join("node_guid");
        let text = sysfs::read(&path).unwrap_or_default();
        cached.store(sysfs::parse_guid(&text).unwrap_or(0), Ordering::Relaxed);
        flags.fetch_or(VSYSFS_READ_NODE_GUID, Ordering::Release);
    }
    Some(cached.load(Ordering::Relaxed).to_be())
}

/// Copies a text into a fixed field with a NUL behind it; `None` if it does not fit.
fn copy(field: &mut [c_char], text: &[u8]) -> Option<()> {
    if text.len() >= field.len() || text.contains(&0) {
        return None;
    }
    for (to, &from) in field.iter_mut().zip(text) {
        *to = from as c_char;
    }
    field[text.len()] = 0;
    Some(())
}

/// The path in a field that ends with NUL.
fn path_of(field: &[c_char]) -> std::path::PathBuf {
    let text = field.iter().take_while(|&&byte| byte != 0);
    let text = text.map(|&byte| byte as u8).collect::<Vec<_>>();
    std::path::PathBuf::from(OsStr::from_bytes(&text))
}

const NO_INDEX: i32 = -1;
const CLASS: &str = "class/infiniband_verbs";

#[cfg(test)]
mod tests;
