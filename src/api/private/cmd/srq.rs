//! Shared receive queues.

use std::ffi::c_int;
use std::ptr::null_mut;

use super::{handle, init_sync, kernel, store, xrcd_handle};
use crate::abi::*;
use crate::api::event;
use crate::api::gate::{self, not_null};
use crate::api::private::disassociate::tolerate;
use crate::base::errno::Errno;
use crate::kernel::DriverData;
use crate::kernel::cmd::srq::{self, Asked, Kind, Made};

/// Creates a queue and fills in what the library keeps of it.
///
/// # Safety
/// The promises of `gate`.
unsafe fn create(
    pd: *mut ibv_pd,
    srq: *mut ibv_srq,
    (attr, kind): (ibv_srq_attr, Kind),
    resp: *mut ib_uverbs_create_srq_resp,
    driver: DriverData,
) -> Result<Made, Errno> {
    not_null(srq)?;
    // SAFETY: the promise *object*.
    let kernel = unsafe { kernel(pd) }?;
    let pd_handle = handle!(pd);
    // SAFETY: a live PD has an open context.
    let context = unsafe { (*pd).context };
    // SAFETY: the promise *object*.
    unsafe {
        (*srq).pd = pd;
        (*srq).context = context;
    }
    // SAFETY: nobody uses the queue yet.
    unsafe { init_sync(&raw mut (*srq).mutex, &raw mut (*srq).cond) };
    let asked = Asked {
        user_handle: srq as u64,
        pd: pd_handle,
        attr,
        kind,
        // SAFETY: open.
        async_fd: unsafe { (*context).async_fd },
    };
    let made = srq::create(kernel, &asked, driver)?;
    let answer = ib_uverbs_create_srq_resp {
        srq_handle: made.handle,
        max_wr: made.max_wr,
        max_sge: made.max_sge,
        srqn: made.srq_num,
        driver_data: [],
    };
    // SAFETY: the promise *place*.
    unsafe { store(resp, answer) };
    // SAFETY: the promise *object*.
    unsafe { (*srq).handle = made.handle };
    Ok(made)
}

/// Creates a basic queue; `attr` gets what was granted.
///
/// # Safety
/// The promises of `gate`.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_srq(
    pd: *mut ibv_pd,
    srq: *mut ibv_srq,
    attr: *mut ibv_srq_init_attr,
    cmd: *mut ibv_create_srq,
    cmd_size: usize,
    resp: *mut ib_uverbs_create_srq_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *argument*.
        let asked = unsafe { (*attr).attr };
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        // SAFETY: the promises are the caller's.
        let made = unsafe { create(pd, srq, (asked, Kind::Basic), resp, driver) }?;
        // SAFETY: the promise *argument*: the struct is also a place.
        unsafe {
            (*attr).attr.max_wr = made.max_wr;
            (*attr).attr.max_sge = made.max_sge;
        }
        Ok(0)
    })
}

/// Creates a queue of any kind; the PD must be given, and what the kind needs (`EINVAL`).
///
/// # Safety
/// The promises of `gate`.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_srq_ex(
    _context: *mut ibv_context,
    srq: *mut verbs_srq,
    attr: *mut ibv_srq_init_attr_ex,
    cmd: *mut ibv_create_xsrq,
    cmd_size: usize,
    resp: *mut ib_uverbs_create_srq_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *argument*; the mask stands in every release of the struct.
        let mask = unsafe { (*attr).comp_mask };
        if mask >= IBV_SRQ_INIT_ATTR_RESERVED {
            crate::log_warn!("SRQ attributes {mask:#x} are unknown");
            return Err(Errno::EOPNOTSUPP);
        }
        if mask & IBV_SRQ_INIT_ATTR_PD == 0 {
            return Err(Errno::EINVAL);
        }
        // SAFETY: the promise *argument*.
        let (kind, asked) = unsafe { (kind_of(attr)?, (*attr).attr) };
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        // SAFETY: the mask says that the member is set.
        let pd = unsafe { (*attr).pd };
        // SAFETY: the promises are the caller's; the public struct is the queue's beginning.
        let made = unsafe { create(pd, srq.cast(), (asked, kind), resp, driver) }?;
        // SAFETY: the promise *argument*: the struct is also a place.
        unsafe {
            (*attr).attr.max_wr = made.max_wr;
            (*attr).attr.max_sge = made.max_sge;
        }
        // SAFETY: the promises *object* and *argument*.
        unsafe { fill_extended(srq, attr, made.srq_num) };
        Ok(0)
    })
}

/// The kind of a queue, with the handles it needs.
///
/// # Safety
/// The promise *argument*.
unsafe fn kind_of(attr: *const ibv_srq_init_attr_ex) -> Result<Kind, Errno> {
    // SAFETY: the caller's promise.
    let mask = unsafe { (*attr).comp_mask };
    let has = |bits: u32| mask & bits == bits;
    if !has(IBV_SRQ_INIT_ATTR_TYPE) {
        return Ok(Kind::Basic);
    }
    // SAFETY: the mask says that the member is set.
    match unsafe { (*attr).srq_type } {
        IBV_SRQT_BASIC => Ok(Kind::Basic),
        IBV_SRQT_XRC if has(IBV_SRQ_INIT_ATTR_XRCD | IBV_SRQ_INIT_ATTR_CQ) => {
            // SAFETY: as above.
            let (xrcd, cq) = unsafe { ((*attr).xrcd, (*attr).cq) };
            Ok(Kind::Xrc {
                // SAFETY: the promise *object*.
                xrcd: unsafe { xrcd_handle(xrcd) }?,
                cq: handle!(cq),
            })
        }
        IBV_SRQT_TM if has(IBV_SRQ_INIT_ATTR_CQ | IBV_SRQ_INIT_ATTR_TM) => {
            // SAFETY: as above.
            let (cq, tags) = unsafe { ((*attr).cq, (*attr).tm_cap.max_num_tags) };
            if tags == 0 {
                return Err(Errno::EINVAL);
            }
            Ok(Kind::TagMatching {
                cq: handle!(cq),
                max_num_tags: tags,
            })
        }
        kind => {
            crate::log_warn!("an SRQ of type {kind} needs more than attributes {mask:#x}");
            Err(Errno::EINVAL)
        }
    }
}

/// What the library keeps of a queue that may be of any kind.
///
/// # Safety
/// The promises *object* and *argument*.
unsafe fn fill_extended(srq: *mut verbs_srq, attr: *const ibv_srq_init_attr_ex, srq_num: u32) {
    // SAFETY: the caller's promise.
    let mask = unsafe { (*attr).comp_mask };
    let kind = if mask & IBV_SRQ_INIT_ATTR_TYPE == 0 {
        IBV_SRQT_BASIC
    } else {
        // SAFETY: the mask says that the member is set.
        unsafe { (*attr).srq_type }
    };
    let xrcd = if kind == IBV_SRQT_XRC {
        // SAFETY: an XRC queue has it.
        unsafe { (*attr).xrcd.cast::<verbs_xrcd>() }
    } else {
        null_mut()
    };
    // SAFETY: the caller's promise.
    unsafe {
        (*srq).srq_type = kind;
        if !xrcd.is_null() {
            (*srq).xrcd = xrcd;
            (*srq).srq_num = srq_num;
        }
        if mask & IBV_SRQ_INIT_ATTR_CQ != 0 {
            (*srq).cq = (*attr).cq;
        }
    }
}

/// Changes size or limit.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_modify_srq(
    srq: *mut ibv_srq,
    attr: *mut ibv_srq_attr,
    attr_mask: c_int,
    cmd: *mut ibv_modify_srq,
    cmd_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(srq) }?;
        // SAFETY: the promise *argument*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, null_mut::<empty>(), 0) }?;
        // SAFETY: the promise *argument*.
        let attr = unsafe { attr.read() };
        srq::modify(kernel, handle!(srq), (&attr, attr_mask as u32), driver)?;
        Ok(0)
    })
}

/// Asks for size and limit.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_query_srq(
    srq: *mut ibv_srq,
    attr: *mut ibv_srq_attr,
    cmd: *mut ibv_query_srq,
    cmd_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(srq) }?;
        // SAFETY: the promise *argument*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, null_mut::<empty>(), 0) }?;
        let found = srq::query(kernel, handle!(srq), driver)?;
        // SAFETY: the promise *place*.
        unsafe { attr.write(found) };
        Ok(0)
    })
}

/// Destroys a queue, then waits for events that were reported and not acknowledged.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_destroy_srq(srq: *mut ibv_srq) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(srq) }?;
        let Some(reported) = tolerate(srq::destroy(kernel, handle!(srq)))? else {
            return Ok(0);
        };
        // SAFETY: the plug-in frees the object after this call.
        unsafe {
            event::wait(&raw mut (*srq).mutex, &raw mut (*srq).cond, || {
                (*srq).events_completed == reported
            });
        }
        Ok(0)
    })
}
