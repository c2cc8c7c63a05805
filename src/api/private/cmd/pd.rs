//! Protection domains, XRC domains, memory windows, address handles, multicast membership.

use std::ffi::c_int;
use std::mem::offset_of;

use super::{handle, kernel, store};
use crate::abi::*;
use crate::api::gate::{self, not_null};
use crate::api::private::disassociate::tolerate;
use crate::base::errno::Errno;
use crate::kernel::DriverData;
use crate::kernel::cmd::{ah, mcast, mw, pd as domain, xrcd as xrc};

/// Gives `pd` its handle and its context.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_alloc_pd(
    context: *mut ibv_context,
    pd: *mut ibv_pd,
    cmd: *mut ibv_alloc_pd,
    cmd_size: usize,
    resp: *mut ib_uverbs_alloc_pd_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(pd)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(context) }?;
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        let answer = domain::alloc(kernel, driver)?;
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer) };
        // SAFETY: the promise *object*.
        unsafe {
            (*pd).handle = answer.pd_handle;
            (*pd).context = context;
        }
        Ok(0)
    })
}

/// Gives the handle of `pd` back.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_dealloc_pd(pd: *mut ibv_pd) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(pd) }?;
        tolerate(domain::dealloc(kernel, handle!(pd)))?;
        Ok(0)
    })
}

/// Opens an XRC domain: fd and flags are needed (`EINVAL`), nothing else is known (`EOPNOTSUPP`).
///
/// # Safety
/// The promises of `gate`; `xrcd` has `xrcd_size` bytes.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_open_xrcd(
    context: *mut ibv_context,
    xrcd: *mut verbs_xrcd,
    xrcd_size: c_int,
    attr: *mut ibv_xrcd_init_attr,
    cmd: *mut ibv_open_xrcd,
    cmd_size: usize,
    resp: *mut ib_uverbs_open_xrcd_resp,
    resp_size: usize,
) -> c_int {
    const NEEDED: u32 = IBV_XRCD_INIT_ATTR_FD | IBV_XRCD_INIT_ATTR_OFLAGS;
    const HANDLE_END: usize = offset_of!(verbs_xrcd, handle) + size_of::<u32>();
    gate::errno(|| {
        not_null(xrcd)?;
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(context) }?;
        // SAFETY: the promise *argument*.
        let attr = unsafe { attr.read() };
        if attr.comp_mask >= IBV_XRCD_INIT_ATTR_RESERVED {
            return Err(Errno::EOPNOTSUPP);
        }
        if attr.comp_mask & NEEDED != NEEDED {
            return Err(Errno::EINVAL);
        }
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        let answer = xrc::open(kernel, attr.fd, attr.oflags, driver)?;
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer) };
        // SAFETY: the promise *object*.
        unsafe {
            (*xrcd).xrcd.context = context;
            (*xrcd).comp_mask = 0;
        }
        if xrcd_size as usize >= HANDLE_END {
            // SAFETY: the caller's struct reaches that far.
            unsafe {
                (*xrcd).comp_mask = VERBS_XRCD_HANDLE;
                (*xrcd).handle = answer.xrcd_handle;
            }
        }
        Ok(0)
    })
}

/// Closes an XRC domain.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_close_xrcd(xrcd: *mut verbs_xrcd) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*; the public struct is its beginning.
        let kernel = unsafe { kernel(xrcd.cast::<ibv_xrcd>()) }?;
        tolerate(xrc::close(kernel, handle!(xrcd)))?;
        Ok(0)
    })
}

/// Allocates a memory window.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_alloc_mw(
    pd: *mut ibv_pd,
    mw_type: ibv_mw_type,
    mw: *mut ibv_mw,
    cmd: *mut ibv_alloc_mw,
    cmd_size: usize,
    resp: *mut ib_uverbs_alloc_mw_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(mw)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(pd) }?;
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        let answer = mw::alloc(kernel, handle!(pd), mw_type, driver)?;
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer) };
        // SAFETY: the promise *object*.
        unsafe {
            (*mw).context = (*pd).context;
            (*mw).pd = pd;
            (*mw).rkey = answer.rkey;
            (*mw).handle = answer.mw_handle;
            (*mw).r#type = mw_type;
        }
        Ok(0)
    })
}

/// Frees a memory window.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_dealloc_mw(mw: *mut ibv_mw) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(mw) }?;
        tolerate(mw::dealloc(kernel, handle!(mw)))?;
        Ok(0)
    })
}

/// Makes an address handle; a plug-in has no bytes of its own in the request.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_ah(
    pd: *mut ibv_pd,
    ah: *mut ibv_ah,
    attr: *mut ibv_ah_attr,
    resp: *mut ib_uverbs_create_ah_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(ah)?;
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(pd) }?;
        let none = std::ptr::null::<ibv_create_ah>();
        // SAFETY: the promise *place*.
        let driver = unsafe { DriverData::behind(none, 0, resp, resp_size) }?;
        // SAFETY: the promise *argument*.
        let attr = unsafe { attr.read() };
        let answer = ah::create(kernel, handle!(pd), ah as u64, &attr, driver)?;
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer) };
        // SAFETY: the promise *object*.
        unsafe {
            (*ah).handle = answer.ah_handle;
            (*ah).context = (*pd).context;
        }
        Ok(0)
    })
}

/// Destroys an address handle.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_destroy_ah(ah: *mut ibv_ah) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(ah) }?;
        tolerate(ah::destroy_ah(kernel, handle!(ah)))?;
        Ok(0)
    })
}

/// Joins a multicast group.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_attach_mcast(
    qp: *mut ibv_qp,
    gid: *const ibv_gid,
    lid: u16,
) -> c_int {
    gate::errno(|| {
        not_null(gid)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(qp) }?;
        // SAFETY: the promise *argument*.
        let gid = unsafe { (*gid).raw };
        mcast::attach(kernel, handle!(qp), gid, lid)?;
        Ok(0)
    })
}

/// Leaves a multicast group.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_detach_mcast(
    qp: *mut ibv_qp,
    gid: *const ibv_gid,
    lid: u16,
) -> c_int {
    gate::errno(|| {
        not_null(gid)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(qp) }?;
        // SAFETY: the promise *argument*.
        let gid = unsafe { (*gid).raw };
        tolerate(mcast::detach(kernel, handle!(qp), gid, lid))?;
        Ok(0)
    })
}
