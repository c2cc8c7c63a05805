//! Memory regions, and memory of the device.

use std::ffi::{c_int, c_uint, c_void};
use std::ptr::null_mut;

use super::{handle, kernel, store};
use crate::abi::*;
use crate::api::gate::{self, not_null};
use crate::api::private::disassociate::tolerate;
use crate::kernel::DriverData;
use crate::kernel::cmd::dm;
use crate::kernel::cmd::mr::{self, Made, Region};
use crate::provider::device::DeviceRef;

/// What the library keeps of a region.
///
/// # Safety
/// Both are alive.
unsafe fn fill(vmr: *mut verbs_mr, pd: *mut ibv_pd, made: Made, kind: ibv_mr_type) {
    // SAFETY: the caller's promise.
    unsafe {
        (*vmr).ibv_mr.handle = made.handle;
        (*vmr).ibv_mr.lkey = made.lkey;
        (*vmr).ibv_mr.rkey = made.rkey;
        (*vmr).ibv_mr.context = (*pd).context;
        (*vmr).mr_type = kind;
    }
}

/// Registers memory of the process.
///
/// # Safety
/// The promises of `gate`.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_reg_mr(
    pd: *mut ibv_pd,
    addr: *mut c_void,
    length: usize,
    hca_va: u64,
    access: c_int,
    vmr: *mut verbs_mr,
    cmd: *mut ibv_reg_mr,
    cmd_size: usize,
    resp: *mut ib_uverbs_reg_mr_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(vmr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(pd) }?;
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        let region = Region {
            addr: addr as u64,
            length,
            iova: hca_va,
            access,
        };
        let answer = mr::reg(kernel, handle!(pd), region, driver)?;
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer) };
        let made = Made {
            handle: answer.mr_handle,
            lkey: answer.lkey,
            rkey: answer.rkey,
        };
        // SAFETY: the promise *object*.
        unsafe { fill(vmr, pd, made, IBV_MR_TYPE_MR) };
        // SAFETY: the promise *object*.
        unsafe { (*vmr).access = access };
        Ok(0)
    })
}

/// Changes a region.
///
/// # Safety
/// The promises of `gate`.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_rereg_mr(
    vmr: *mut verbs_mr,
    flags: u32,
    addr: *mut c_void,
    length: usize,
    hca_va: u64,
    access: c_int,
    pd: *mut ibv_pd,
    cmd: *mut ibv_rereg_mr,
    cmd_size: usize,
    resp: *mut ib_uverbs_rereg_mr_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        let region = Region {
            addr: addr as u64,
            length,
            iova: hca_va,
            access,
        };
        // SAFETY: the promise *object*; the public struct is its beginning.
        let kernel = unsafe { kernel(vmr.cast::<ibv_mr>()) }?;
        let new_pd = if flags & IBV_REREG_MR_CHANGE_PD != 0 {
            Some(handle!(pd))
        } else {
            None
        };
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        let handle = handle!(vmr.cast::<ibv_mr>());
        let answer = mr::rereg(kernel, handle, (flags, new_pd), region, driver)?;
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer) };
        // SAFETY: the promise *object*.
        unsafe {
            (*vmr).ibv_mr.lkey = answer.lkey;
            (*vmr).ibv_mr.rkey = answer.rkey;
        }
        if new_pd.is_some() {
            // SAFETY: the promise *object*: a PD was asked for, and is not NULL.
            unsafe { (*vmr).ibv_mr.context = (*pd).context };
        }
        Ok(0)
    })
}

/// Gives a region back.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_dereg_mr(vmr: *mut verbs_mr) -> c_int {
    gate::errno(|| {
        let mr = vmr.cast::<ibv_mr>();
        // SAFETY: the promise *object*; the public struct is its beginning.
        let kernel = unsafe { kernel(mr) }?;
        tolerate(mr::dereg(kernel, handle!(mr)))?;
        Ok(0)
    })
}

/// Fills in a region that another process has made.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_query_mr(
    pd: *mut ibv_pd,
    vmr: *mut verbs_mr,
    mr_handle: u32,
) -> c_int {
    gate::errno(|| {
        not_null(vmr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(pd) }?;
        let (made, length) = mr::query(kernel, mr_handle)?;
        // SAFETY: the promise *object*.
        unsafe { fill(vmr, pd, made, IBV_MR_TYPE_IMPORTED_MR) };
        // SAFETY: the promise *object*.
        unsafe {
            (*vmr).ibv_mr.pd = pd;
            (*vmr).ibv_mr.addr = std::ptr::null_mut();
            (*vmr).ibv_mr.length = length as usize;
        }
        Ok(0)
    })
}

/// Gives the kernel advice about memory.
///
/// # Safety
/// The promises of `gate`; there are `num_sge` entries at `sg_list`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_advise_mr(
    pd: *mut ibv_pd,
    advice: ib_uverbs_advise_mr_advice,
    flags: u32,
    sg_list: *mut ibv_sge,
    num_sge: u32,
) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(pd) }?;
        let entries: &[ibv_sge] = if num_sge == 0 {
            &[]
        } else {
            not_null(sg_list)?;
            // SAFETY: the promise *argument*.
            unsafe { std::slice::from_raw_parts(sg_list, num_sge as usize) }
        };
        mr::advise(kernel, handle!(pd), advice, flags, entries)?;
        Ok(0)
    })
}

/// The first release whose plug-ins pass attributes when they register a dma-buf.
const RELEASE_OF_DMABUF_ATTRIBUTES: u32 = 54;

/// Whether the plug-in of a context is known to be of this release or a later one.
///
/// # Safety
/// `context` is open.
unsafe fn is_since(context: *mut ibv_context, release: u32) -> bool {
    // SAFETY: the caller's promise.
    let device = unsafe { DeviceRef::to((*context).device) };
    device.is_ok_and(|device| device.plugin_release() >= Some(release))
}

/// Registers a part of a dma-buf.
///
/// Since release 54 the last argument is there, and holds attributes of the driver. A plug-in of an
/// older release passes no such argument, so it is looked at only if the plug-in is known to be
/// newer; those that make use of it are libraries of their own, whose names tell.
///
/// # Safety
/// The promises of `gate`; from a plug-in of release 54 or later `driver` is NULL or a chain of
/// valid command buffers.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_reg_dmabuf_mr(
    pd: *mut ibv_pd,
    offset: u64,
    length: usize,
    iova: u64,
    fd: c_int,
    access: c_int,
    vmr: *mut verbs_mr,
    driver: *mut ibv_command_buffer,
) -> c_int {
    gate::errno(|| {
        not_null(vmr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(pd) }?;
        // SAFETY: the PD is alive, and so is its context.
        let driver = if unsafe { is_since((*pd).context, RELEASE_OF_DMABUF_ATTRIBUTES) } {
            driver
        } else {
            null_mut()
        };
        let home = handle!(pd);
        let region = Region {
            addr: offset,
            length,
            iova,
            access,
        };
        // SAFETY: the caller's promise.
        let made = unsafe { mr::reg_dmabuf(kernel, home, region, fd, driver) }?;
        // SAFETY: the promise *object*.
        unsafe { fill(vmr, pd, made, IBV_MR_TYPE_DMABUF_MR) };
        // SAFETY: the promise *object*.
        unsafe {
            (*vmr).ibv_mr.pd = pd;
            (*vmr).ibv_mr.addr = offset as usize as *mut c_void;
            (*vmr).ibv_mr.length = length;
        }
        Ok(0)
    })
}

/// Allocates memory of the device.
///
/// # Safety
/// The promises of `gate`; `link` is NULL or a chain of valid command buffers.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_alloc_dm(
    context: *mut ibv_context,
    attr: *const ibv_alloc_dm_attr,
    dm: *mut verbs_dm,
    link: *mut ibv_command_buffer,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        not_null(dm)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(context) }?;
        // SAFETY: the promise *argument*.
        let attr = unsafe { attr.read() };
        // SAFETY: the caller's promise.
        let handle = unsafe { dm::alloc(kernel, &attr, link) }?;
        // SAFETY: the promise *object*.
        unsafe {
            (*dm).handle = handle;
            (*dm).dm.handle = handle;
            (*dm).dm.comp_mask = IBV_DM_MASK_HANDLE;
            (*dm).dm.context = context;
        }
        Ok(0)
    })
}

/// Frees memory of the device.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_free_dm(dm: *mut verbs_dm) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*; the public struct is its beginning.
        let kernel = unsafe { kernel(dm.cast::<ibv_dm>()) }?;
        tolerate(dm::free(kernel, handle!(dm)))?;
        Ok(0)
    })
}

/// Registers a part of memory of the device.
///
/// # Safety
/// The promises of `gate`; `link` is NULL or a chain of valid command buffers.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_reg_dm_mr(
    pd: *mut ibv_pd,
    dm: *mut verbs_dm,
    offset: u64,
    length: usize,
    access: c_uint,
    vmr: *mut verbs_mr,
    link: *mut ibv_command_buffer,
) -> c_int {
    gate::errno(|| {
        not_null(vmr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(pd) }?;
        let region = Region {
            addr: offset,
            length,
            iova: 0,
            access: access as c_int,
        };
        let handles = (handle!(pd), handle!(dm));
        // SAFETY: the caller's promise.
        let made = unsafe { dm::reg_mr(kernel, handles, region, link) }?;
        // SAFETY: the promise *object*.
        unsafe { fill(vmr, pd, made, IBV_MR_TYPE_MR) };
        // SAFETY: the promise *object*.
        unsafe {
            (*vmr).ibv_mr.pd = pd;
            (*vmr).ibv_mr.addr = std::ptr::null_mut();
            (*vmr).ibv_mr.length = length;
        }
        Ok(0)
    })
}
