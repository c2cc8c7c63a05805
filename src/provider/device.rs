//! A counted reference to a device, whoever allocated it.
//!
//! The count lies inside `verbs_device`, in memory of the device's provider, and is touched only
//! here. The list of `registry`, each element an application got from `ibv_get_device_list` and
//! each open context hold one; the last to go hands the device back to its provider.

use std::ptr::NonNull;

use super::refuse::set_errno;
use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::sync::Ordering;

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

    /// Whether the device takes MRs with access bits it may ignore.
    pub(crate) fn has_optional_access(&self) -> bool {
        // SAFETY: alive while referenced; the field is constant after the device was made.
        let support = unsafe { (*self.0.as_ptr()).core_support };
        support & u64::from(IB_UVERBS_CORE_SUPPORT_OPTIONAL_MR_ACCESS) != 0
    }

    /// Lets the provider make a context; it takes its own reference.
    ///
    /// `private_data` is passed on as it is; −1 stands for "no command descriptor".
    pub(crate) fn open(&self) -> Result<NonNull<ibv_context>, Errno> {
        let ops = self.ops();
        let alloc_context = ops
            .and_then(|ops| ops.alloc_context)
            .ok_or(Errno::EOPNOTSUPP)?;
        set_errno(Errno(0));
        // SAFETY: the provider's own function with its own device, which is alive.
        let made = unsafe { alloc_context(self.as_ptr(), -1, std::ptr::null_mut()) };
        // SAFETY: a context that was made has the embedded one at today's place; providers of
        // other generations are opened by the plug-in loader.
        let context = NonNull::new(made).map(|made| unsafe { &raw mut (*made.as_ptr()).context });
        context
            .and_then(NonNull::new)
            .ok_or_else(|| match Errno::last() {
                Errno(0) => Errno::EIO,
                errno => errno,
            })
    }

    fn ops(&self) -> Option<&'static verbs_device_ops> {
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
        if before == 1
            && let Some(uninit_device) = self.ops().and_then(|ops| ops.uninit_device)
        {
            // SAFETY: nobody holds the device any more; it goes back to who allocated it.
            unsafe { uninit_device(self.0.as_ptr()) };
        }
    }
}
