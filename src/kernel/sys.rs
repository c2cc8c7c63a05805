//! The two system calls that carry commands.

use std::ffi::c_int;

use crate::abi::*;
use crate::base::errno::Errno;

/// How to enter the kernel. There is one such table, and another one for tests.
pub(super) struct SysCalls {
    /// Gives a command with its attributes to a descriptor.
    ///
    /// The attributes follow the header in memory, and each address among them is one the kernel
    /// may read or write.
    pub(super) ioctl: unsafe fn(c_int, *mut ib_uverbs_ioctl_hdr) -> Result<(), Errno>,
    /// Writes one command; how many bytes were taken.
    ///
    /// The response address in the command is one the kernel may write.
    pub(super) write: unsafe fn(c_int, &[u8]) -> Result<usize, Errno>,
}

pub(super) static LINUX: SysCalls = SysCalls { ioctl, write };

unsafe fn ioctl(fd: c_int, hdr: *mut ib_uverbs_ioctl_hdr) -> Result<(), Errno> {
    // SAFETY: the request number says that a header follows, and the caller vouches for the rest.
    let ret = unsafe { libc::ioctl(fd, RDMA_VERBS_IOCTL as libc::Ioctl, hdr) };
    Errno::result(ret.into()).map(|_| ())
}

unsafe fn write(fd: c_int, command: &[u8]) -> Result<usize, Errno> {
    // SAFETY: the bytes are readable; what they point to is the caller's promise.
    let ret = unsafe { libc::write(fd, command.as_ptr().cast(), command.len()) };
    Errno::result(ret as i64).map(|taken| taken as usize)
}
