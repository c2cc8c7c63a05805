//! Memory of the device, and regions over it.

use super::mr::{Made, Region};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::Uverbs;
use crate::kernel::ioctl::Command;

/// Allocates; `driver` holds the attributes of the plug-in.
///
/// # Safety
/// As for [`Command::link`].
pub unsafe fn alloc(
    uverbs: &Uverbs,
    attr: &ibv_alloc_dm_attr,
    driver: *mut ibv_command_buffer,
) -> Result<u32, Errno> {
    let mut handle = 0;
    {
        let mut command = Command::new(UVERBS_OBJECT_DM, UVERBS_METHOD_DM_ALLOC);
        command.handle_out(UVERBS_ATTR_ALLOC_DM_HANDLE, &mut handle);
        command.u64_in(UVERBS_ATTR_ALLOC_DM_LENGTH, attr.length as u64);
        command.u32_in(UVERBS_ATTR_ALLOC_DM_ALIGNMENT, attr.log_align_req);
        // SAFETY: the caller's promise.
        unsafe { command.link(driver) };
        command.run(uverbs)?;
    }
    Ok(handle)
}

pub fn free(uverbs: &Uverbs, handle: u32) -> Result<(), Errno> {
    let mut command = Command::new(UVERBS_OBJECT_DM, UVERBS_METHOD_DM_FREE);
    command.handle_in(UVERBS_ATTR_FREE_DM_HANDLE, handle);
    command.run(uverbs)
}

/// Registers a part of it; `region.addr` is the offset, and addresses count from 0 (`EINVAL`
/// without that access flag).
///
/// # Safety
/// As for [`Command::link`].
pub unsafe fn reg_mr(
    uverbs: &Uverbs,
    (pd, dm): (u32, u32),
    region: Region,
    driver: *mut ibv_command_buffer,
) -> Result<Made, Errno> {
    if region.access as u32 & IB_UVERBS_ACCESS_ZERO_BASED == 0 {
        crate::log_warn!("a region of device memory needs IBV_ACCESS_ZERO_BASED");
        return Err(Errno::EINVAL);
    }
    let mut made = Made::default();
    {
        let mut command = Command::new(UVERBS_OBJECT_MR, UVERBS_METHOD_DM_MR_REG);
        command.handle_out(UVERBS_ATTR_REG_DM_MR_HANDLE, &mut made.handle);
        command.out(UVERBS_ATTR_REG_DM_MR_RESP_LKEY, &mut made.lkey);
        command.out(UVERBS_ATTR_REG_DM_MR_RESP_RKEY, &mut made.rkey);
        command.handle_in(UVERBS_ATTR_REG_DM_MR_PD_HANDLE, pd);
        command.handle_in(UVERBS_ATTR_REG_DM_MR_DM_HANDLE, dm);
        command.u64_in(UVERBS_ATTR_REG_DM_MR_OFFSET, region.addr);
        command.u64_in(UVERBS_ATTR_REG_DM_MR_LENGTH, region.length as u64);
        command.u32_in(UVERBS_ATTR_REG_DM_MR_ACCESS_FLAGS, region.access as u32);
        // SAFETY: the caller's promise.
        unsafe { command.link(driver) };
        command.run(uverbs)?;
    }
    Ok(made)
}
