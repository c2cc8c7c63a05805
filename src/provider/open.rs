//! Opening a device: the provider makes the context, whatever its generation.
//!
//! Called by the public functions without any lock held, since a provider calls back into the
//! library while it makes a context.

use std::ffi::{CStr, c_int, c_void};
use std::os::fd::IntoRawFd;
use std::ptr::NonNull;

use super::context::{self, Dialect};
use super::device::DeviceRef;
use super::embedded;
use super::refuse::set_errno;
use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::sync::{AtomicU64, Ordering};
use crate::kernel::{cdev, cmd};

/// No command descriptor: the embedded NIC, and drivers that open something else.
const NO_FD: c_int = -1;

impl DeviceRef {
    /// Lets the provider make a context; it takes its own reference.
    ///
    /// `private_data` is a word for plug-ins; the embedded NIC takes none (`EOPNOTSUPP`).
    pub(crate) fn open(&self, private_data: *mut c_void) -> Result<NonNull<ibv_context>, Errno> {
        let ops = self.ops().ok_or(Errno::EOPNOTSUPP)?;
        let alloc_context = ops.alloc_context.ok_or(Errno::EOPNOTSUPP)?;
        if embedded::is_ours(ops) && !private_data.is_null() {
            return Err(Errno::EOPNOTSUPP);
        }
        let cmd_fd = match self.record() {
            Some(record) => cdev::open(&name_of(record), record.sysfs_cdev)?.into_raw_fd(),
            None => NO_FD,
        };
        set_errno(Errno(0));
        // SAFETY: the provider's own function with its own device, which is alive; the descriptor
        // is the provider's from here on, also if it fails.
        let made = unsafe { alloc_context(self.as_ptr(), cmd_fd, private_data) };
        let context = context_of(ops, made)?;
        if self.record().is_some() {
            // SAFETY: just made, and seen by nobody.
            unsafe { add_async_fd(context) }?;
        }
        Ok(context)
    }

    /// Lets the provider take over the context behind another process's descriptor.
    ///
    /// `EOPNOTSUPP` if it cannot. The descriptor is the provider's from then on.
    pub(crate) fn import(&self, cmd_fd: c_int) -> Result<NonNull<ibv_context>, Errno> {
        let ops = self.ops().ok_or(Errno::EOPNOTSUPP)?;
        let import_context = ops.import_context.ok_or(Errno::EOPNOTSUPP)?;
        set_errno(Errno(0));
        // SAFETY: the provider's own function with its own device, which is alive.
        let made = unsafe { import_context(self.as_ptr(), cmd_fd) };
        let context = context_of(ops, made)?;
        // SAFETY: just made.
        if let Ok(kernel) = unsafe { context::kernel(context.as_ptr()) } {
            kernel.set_imported();
        }
        // SAFETY: just made, and seen by nobody.
        unsafe { add_async_fd(context) }?;
        Ok(context)
    }

    /// What was found out about a device of the kernel; `None` for any other device.
    fn record(&self) -> Option<&verbs_sysfs_dev> {
        let device = self.as_ptr().cast::<verbs_device>();
        // SAFETY: alive while referenced; the member is constant once the device is listed.
        let record = unsafe { (*device).sysfs };
        // SAFETY: NULL, or alive as long as the device; names and numbers in it are constant.
        unsafe { record.as_ref() }
    }

    /// How many ports the kernel said the device has, 0 if it did not.
    pub(crate) fn port_count(&self) -> u32 {
        self.record().map_or(0, |record| record.num_ports)
    }

    /// Remembers what the kernel can do beyond what plug-ins ask for.
    pub(crate) fn set_core_support(&self, support: u64) {
        self.core_support().store(support, Ordering::Relaxed);
    }

    /// Whether the device takes MRs with access bits it may ignore.
    pub(crate) fn has_optional_access(&self) -> bool {
        let support = self.core_support().load(Ordering::Relaxed);
        support & u64::from(IB_UVERBS_CORE_SUPPORT_OPTIONAL_MR_ACCESS) != 0
    }

    /// A number without company that every context of the device sets alike: Relaxed.
    fn core_support(&self) -> &AtomicU64 {
        let device = self.as_ptr().cast::<verbs_device>();
        // SAFETY: alive while referenced; plug-ins leave the member to the library, which touches
        // it here only.
        unsafe { AtomicU64::from_ptr(&raw mut (*device).core_support) }
    }
}

/// The name of the node, without the NUL.
fn name_of(record: &verbs_sysfs_dev) -> String {
    // SAFETY: the field ends with NUL, as every name of the record does.
    let name = unsafe { CStr::from_ptr(record.sysfs_name.as_ptr()) };
    name.to_string_lossy().into_owned()
}

/// The context an application holds, inside the one a provider has made.
fn context_of(
    ops: &verbs_device_ops,
    made: *mut verbs_context,
) -> Result<NonNull<ibv_context>, Errno> {
    let dialect = if embedded::is_ours(ops) {
        Dialect::Pabi65
    } else {
        Dialect::Pabi34
    };
    if made.is_null() {
        return Err(match Errno::last() {
            Errno(0) => Errno::EIO,
            errno => errno,
        });
    }
    let at = dialect.verbs_context_bytes() - size_of::<ibv_context>();
    NonNull::new(made.wrapping_byte_add(at).cast()).ok_or(Errno::EIO)
}

/// Gives a context its descriptor of asynchronous events, unless it was made with one.
///
/// If that fails the context is closed.
///
/// # Safety
/// The context was just made, and nobody else has seen it.
unsafe fn add_async_fd(context: NonNull<ibv_context>) -> Result<(), Errno> {
    let context = context.as_ptr();
    // SAFETY: ours alone.
    if unsafe { (*context).async_fd } != -1 {
        return Ok(());
    }
    // SAFETY: open.
    let fd = unsafe { context::kernel(context) }.and_then(cmd::context::alloc_async_fd);
    match fd {
        Ok(fd) => {
            // SAFETY: ours alone.
            unsafe { (*context).async_fd = fd };
            Ok(())
        }
        Err(errno) => {
            crate::log_warn!("no descriptor for asynchronous events: {errno}");
            // SAFETY: open.
            let table = unsafe { context::table(context) };
            // SAFETY: the table is readable while the context is open.
            if let Some(free_context) = unsafe { (*table).free_context } {
                // SAFETY: the provider's own operation; nobody uses the context any more.
                unsafe { free_context(context) };
            }
            Err(errno)
        }
    }
}
