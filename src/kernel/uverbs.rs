//! What the library knows of one command descriptor.

use std::ffi::c_int;

use super::discovery;
use super::ioctl::Command;
use super::sys::{LINUX, SysCalls};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::sync::{AtomicBool, AtomicU32, Ordering};

/// A descriptor commands go to, with what the kernel has shown it cannot do.
///
/// The descriptor belongs to the context. The marks are hints: a thread that misses one asks the
/// kernel once more and is told again, so they need no order.
pub struct Uverbs {
    pub(super) sys: &'static SysCalls,
    fd: c_int,
    /// `RDMA_DRIVER_*`, in every ioctl.
    driver_id: u32,
    abi_version: u32,
    /// The kernel has no ioctl that takes write commands.
    has_only_write: AtomicBool,
    /// Taken over from another process, so nothing may be made in the older way.
    is_imported: AtomicBool,
    /// One bit per [`super::Method`] the kernel lacks.
    missing: AtomicU32,
}

impl Uverbs {
    /// The state of a new context; asks the kernel how it wants write commands.
    pub fn new(fd: c_int, driver_id: u32) -> Uverbs {
        let abi_version = match discovery::uverbs_abi() {
            0 => IB_USER_VERBS_ABI_VERSION,
            known => known,
        };
        let uverbs = Uverbs::with(&LINUX, fd, driver_id, abi_version);
        uverbs.probe();
        uverbs
    }

    pub(super) fn with(
        sys: &'static SysCalls,
        fd: c_int,
        driver_id: u32,
        abi_version: u32,
    ) -> Uverbs {
        Uverbs {
            sys,
            fd,
            driver_id,
            abi_version,
            has_only_write: AtomicBool::new(false),
            is_imported: AtomicBool::new(false),
            missing: AtomicU32::new(0),
        }
    }

    /// Invokes a write command without its buffers: a kernel that knows the method complains
    /// about the missing room, one that does not says so.
    pub(super) fn probe(&self) {
        let mut command = Command::new(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_INVOKE_WRITE);
        command.u64_in(UVERBS_ATTR_WRITE_CMD, IB_USER_VERBS_CMD_QUERY_DEVICE.into());
        let is_absent = matches!(
            command.run(self),
            Err(Errno::ENOTTY | Errno::EPROTONOSUPPORT)
        );
        self.has_only_write.store(is_absent, Ordering::Relaxed);
    }

    pub fn fd(&self) -> c_int {
        self.fd
    }

    pub fn driver_id(&self) -> u32 {
        self.driver_id
    }

    pub(super) fn abi_version(&self) -> u32 {
        self.abi_version
    }

    pub(super) fn has_only_write(&self) -> bool {
        self.has_only_write.load(Ordering::Relaxed)
    }

    pub fn set_imported(&self) {
        self.is_imported.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_imported(&self) -> bool {
        self.is_imported.load(Ordering::Relaxed)
    }

    pub(super) fn lacks(&self, bit: u32) -> bool {
        self.missing.load(Ordering::Relaxed) & bit != 0
    }

    pub(super) fn mark_missing(&self, bits: u32) {
        self.missing.fetch_or(bits, Ordering::Relaxed);
    }
}
