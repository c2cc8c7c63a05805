//! Sets of counters.

use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::Uverbs;
use crate::kernel::ioctl::Command;

/// Makes a set; `driver` holds the attributes of the plug-in.
///
/// # Safety
/// As for [`Command::link`].
pub unsafe fn create(uverbs: &Uverbs, driver: *mut ibv_command_buffer) -> Result<u32, Errno> {
    let mut handle = 0;
    {
        let mut command = Command::new(UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_CREATE);
        command.handle_out(UVERBS_ATTR_CREATE_COUNTERS_HANDLE, &mut handle);
        // SAFETY: the caller's promise.
        unsafe { command.link(driver) };
        command.run(uverbs)?;
    }
    Ok(handle)
}

pub fn destroy(uverbs: &Uverbs, handle: u32) -> Result<(), Errno> {
    let mut command = Command::new(UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_DESTROY);
    command.handle_in(UVERBS_ATTR_DESTROY_COUNTERS_HANDLE, handle);
    command.run(uverbs)
}

/// Reads `count` values of 64 bits to `values`.
///
/// # Safety
/// There is room for them; as for [`Command::link`].
pub unsafe fn read(
    uverbs: &Uverbs,
    handle: u32,
    (values, count): (*mut u64, u32),
    flags: u32,
    driver: *mut ibv_command_buffer,
) -> Result<(), Errno> {
    let mut command = Command::new(UVERBS_OBJECT_COUNTERS, UVERBS_METHOD_COUNTERS_READ);
    command.handle_in(UVERBS_ATTR_READ_COUNTERS_HANDLE, handle);
    let len = (count as usize).saturating_mul(size_of::<u64>());
    // SAFETY: the caller's promise.
    unsafe { command.bytes_out(UVERBS_ATTR_READ_COUNTERS_BUFF, values.cast(), len) };
    command.u32_in(UVERBS_ATTR_READ_COUNTERS_FLAGS, flags);
    // SAFETY: the caller's promise.
    unsafe { command.link(driver) };
    command.run(uverbs)
}
