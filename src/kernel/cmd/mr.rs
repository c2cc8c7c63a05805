//! Memory regions.

use std::ffi::c_int;

use super::destroy::{Destroy, destroy};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::ioctl::Command;
use crate::kernel::{DriverData, Method, Uverbs};

/// Where a region lies and what it allows.
#[derive(Clone, Copy)]
pub struct Region {
    pub addr: u64,
    pub length: usize,
    pub iova: u64,
    pub access: c_int,
}

/// A region the kernel has made or knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    pub handle: u32,
    pub lkey: u32,
    pub rkey: u32,
}

/// Registers memory of the process.
///
/// All of the address space, for paging on demand, begins at 0; elsewhere it is `EINVAL`.
pub fn reg(
    uverbs: &Uverbs,
    pd: u32,
    region: Region,
    driver: DriverData,
) -> Result<ib_uverbs_reg_mr_resp, Errno> {
    let is_on_demand = region.access as u32 & IB_UVERBS_ACCESS_ON_DEMAND != 0;
    let is_all = is_on_demand && region.length == usize::MAX;
    if is_all && region.addr != 0 {
        crate::log_warn!(
            "all of the address space begins at 0, not at {:#x}",
            region.addr
        );
        return Err(Errno::EINVAL);
    }
    let request = ib_uverbs_reg_mr {
        start: region.addr,
        length: if is_all {
            u64::MAX
        } else {
            region.length as u64
        },
        hca_va: region.iova,
        pd_handle: pd,
        access_flags: region.access as u32,
        ..Zeroed::zeroed()
    };
    uverbs.write::<ibv_reg_mr>(request, driver)
}

/// Changes a region; `pd` counts if the flags say so.
pub fn rereg(
    uverbs: &Uverbs,
    handle: u32,
    (flags, pd): (u32, Option<u32>),
    region: Region,
    driver: DriverData,
) -> Result<ib_uverbs_rereg_mr_resp, Errno> {
    let request = ib_uverbs_rereg_mr {
        mr_handle: handle,
        flags,
        start: region.addr,
        length: region.length as u64,
        hca_va: region.iova,
        pd_handle: pd.unwrap_or(0),
        access_flags: region.access as u32,
        ..Zeroed::zeroed()
    };
    uverbs.write::<ibv_rereg_mr>(request, driver)
}

pub fn dereg(uverbs: &Uverbs, handle: u32) -> Result<(), Errno> {
    let how = Destroy {
        object: UVERBS_OBJECT_MR,
        method: UVERBS_METHOD_MR_DESTROY,
        handle_attr: UVERBS_ATTR_DESTROY_MR_HANDLE,
    };
    let request = ib_uverbs_dereg_mr { mr_handle: handle };
    destroy::<ibv_dereg_mr>(uverbs, (Method::DeregMr, how), handle, request)
}

/// The keys and the length of a region another process has made.
pub fn query(uverbs: &Uverbs, handle: u32) -> Result<(Made, u64), Errno> {
    let mut made = Made {
        handle,
        ..Made::default()
    };
    let mut length = 0u64;
    {
        let mut command = Command::new(UVERBS_OBJECT_MR, UVERBS_METHOD_QUERY_MR);
        command.handle_in(UVERBS_ATTR_QUERY_MR_HANDLE, handle);
        command.out(UVERBS_ATTR_QUERY_MR_RESP_LKEY, &mut made.lkey);
        command.out(UVERBS_ATTR_QUERY_MR_RESP_RKEY, &mut made.rkey);
        command.out(UVERBS_ATTR_QUERY_MR_RESP_LENGTH, &mut length);
        command.run(uverbs)?;
    }
    Ok((made, length))
}

/// Advice about the memory of a list of entries.
pub fn advise(
    uverbs: &Uverbs,
    pd: u32,
    advice: ib_uverbs_advise_mr_advice,
    flags: u32,
    entries: &[ibv_sge],
) -> Result<(), Errno> {
    let mut command = Command::new(UVERBS_OBJECT_MR, UVERBS_METHOD_ADVISE_MR);
    command.handle_in(UVERBS_ATTR_ADVISE_MR_PD_HANDLE, pd);
    command.u64_in(UVERBS_ATTR_ADVISE_MR_ADVICE, advice.into());
    command.u32_in(UVERBS_ATTR_ADVISE_MR_FLAGS, flags);
    command.slice_in(UVERBS_ATTR_ADVISE_MR_SGE_LIST, entries);
    command.run(uverbs)
}

/// Registers a part of a dma-buf; `region.addr` is the offset in it, and `driver` holds the
/// attributes of the plug-in.
///
/// # Safety
/// As for [`Command::link`].
pub unsafe fn reg_dmabuf(
    uverbs: &Uverbs,
    pd: u32,
    region: Region,
    fd: c_int,
    driver: *mut ibv_command_buffer,
) -> Result<Made, Errno> {
    let mut made = Made::default();
    {
        let mut command = Command::new(UVERBS_OBJECT_MR, UVERBS_METHOD_REG_DMABUF_MR);
        command.handle_out(UVERBS_ATTR_REG_DMABUF_MR_HANDLE, &mut made.handle);
        command.out(UVERBS_ATTR_REG_DMABUF_MR_RESP_LKEY, &mut made.lkey);
        command.out(UVERBS_ATTR_REG_DMABUF_MR_RESP_RKEY, &mut made.rkey);
        command.handle_in(UVERBS_ATTR_REG_DMABUF_MR_PD_HANDLE, pd);
        command.u64_in(UVERBS_ATTR_REG_DMABUF_MR_OFFSET, region.addr);
        command.u64_in(UVERBS_ATTR_REG_DMABUF_MR_LENGTH, region.length as u64);
        command.u64_in(UVERBS_ATTR_REG_DMABUF_MR_IOVA, region.iova);
        command.u32_in(UVERBS_ATTR_REG_DMABUF_MR_FD, fd as u32);
        command.u32_in(UVERBS_ATTR_REG_DMABUF_MR_ACCESS_FLAGS, region.access as u32);
        // SAFETY: the caller's promise.
        unsafe { command.link(driver) };
        command.run(uverbs)?;
    }
    Ok(made)
}
