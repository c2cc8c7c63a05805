//! Queue pairs.

use std::ffi::c_int;
use std::mem::offset_of;
use std::ptr::null_mut;

use super::{handle, init_sync, kernel, store, xrcd_handle};
use crate::abi::*;
use crate::api::event;
use crate::api::gate::{self, Owned, not_null};
use crate::api::private::disassociate::tolerate;
use crate::base::errno::Errno;
use crate::kernel::DriverData;
use crate::kernel::cmd::qp::{self, Asked, Home, Made};
use crate::kernel::cmd::qp_attr;

/// What `ibv_cmd_create_qp_ex` knows.
const EX_MASK: u32 = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_XRCD | IBV_QP_INIT_ATTR_SEND_OPS_FLAGS;
/// What `ibv_cmd_create_qp_ex2` knows.
const EX2_MASK: u32 = EX_MASK
    | IBV_QP_INIT_ATTR_CREATE_FLAGS
    | IBV_QP_INIT_ATTR_MAX_TSO_HEADER
    | IBV_QP_INIT_ATTR_IND_TABLE
    | IBV_QP_INIT_ATTR_RX_HASH;

/// The struct of extended attributes as far as `mask` says that it is filled.
///
/// The struct of an older application ends after what its mask names, so no more is read.
///
/// # Safety
/// The promise *argument*.
unsafe fn read_attr(attr: *const ibv_qp_init_attr_ex, mask: u32) -> ibv_qp_init_attr_ex {
    let mut read: ibv_qp_init_attr_ex = Zeroed::zeroed();
    macro_rules! copy {
        ($($field:ident)*) => {
            // SAFETY: the caller's promise: these members are there.
            $(read.$field = unsafe { (*attr).$field };)*
        };
    }
    copy!(qp_context send_cq recv_cq srq cap qp_type sq_sig_all);
    read.comp_mask = mask;
    if mask & IBV_QP_INIT_ATTR_PD != 0 {
        copy!(pd);
    }
    if mask & IBV_QP_INIT_ATTR_XRCD != 0 {
        copy!(xrcd);
    }
    if mask & IBV_QP_INIT_ATTR_CREATE_FLAGS != 0 {
        copy!(create_flags);
        if read.create_flags & IBV_QP_CREATE_SOURCE_QPN != 0 {
            copy!(source_qpn);
        }
    }
    if mask & IBV_QP_INIT_ATTR_IND_TABLE != 0 {
        copy!(rwq_ind_tbl);
    }
    read
}

/// The handle of an object that may be missing.
macro_rules! handle_if {
    ($needed:expr, $object:expr) => {
        if $needed {
            Some(handle!($object))
        } else {
            None
        }
    };
}

/// What the attributes ask for; combinations that make no sense are `EINVAL`.
///
/// # Safety
/// The promise *object* for whatever the attributes name.
unsafe fn asked_of(attr: &ibv_qp_init_attr_ex) -> Result<Asked, Errno> {
    let has = |bit: u32| attr.comp_mask & bit != 0;
    let mut asked = Asked {
        user_handle: 0,
        qp_type: attr.qp_type,
        home: Home::Pd(0),
        send_cq: None,
        recv_cq: None,
        srq: handle_if!(!attr.srq.is_null(), attr.srq),
        ind_table: None,
        cap: attr.cap,
        is_sq_sig_all: attr.sq_sig_all != 0,
        create_flags: has(IBV_QP_INIT_ATTR_CREATE_FLAGS).then_some(attr.create_flags),
        source_qpn: attr.source_qpn,
        async_fd: -1,
    };
    match attr.qp_type {
        IBV_QPT_XRC_RECV if has(IBV_QP_INIT_ATTR_XRCD) => {
            // SAFETY: the caller's promise.
            asked.home = Home::Xrcd(unsafe { xrcd_handle(attr.xrcd) }?);
        }
        IBV_QPT_RC | IBV_QPT_UC | IBV_QPT_UD | IBV_QPT_RAW_PACKET | IBV_QPT_XRC_SEND
        | IBV_QPT_DRIVER
            if has(IBV_QP_INIT_ATTR_PD) =>
        {
            asked.home = Home::Pd(handle!(attr.pd));
            if has(IBV_QP_INIT_ATTR_IND_TABLE) {
                // SAFETY: the caller's promise.
                unsafe { ask_for_table(&mut asked, attr) }?;
            } else {
                let has_receiver = attr.qp_type != IBV_QPT_XRC_SEND;
                asked.send_cq = Some(handle!(attr.send_cq));
                asked.recv_cq = handle_if!(has_receiver, attr.recv_cq);
            }
            if attr.qp_type == IBV_QPT_XRC_SEND {
                asked.cap.max_recv_wr = 0;
                asked.cap.max_recv_sge = 0;
            }
        }
        kind => {
            crate::log_warn!("a QP of type {kind} needs another parent than was given");
            return Err(Errno::EINVAL);
        }
    }
    Ok(asked)
}

/// A queue pair that receives through a table has no receive queue of its own.
///
/// # Safety
/// The promise *object* for whatever the attributes name.
unsafe fn ask_for_table(asked: &mut Asked, attr: &ibv_qp_init_attr_ex) -> Result<(), Errno> {
    let cap = &attr.cap;
    let receives = cap.max_recv_wr != 0 || cap.max_recv_sge != 0;
    if receives || !attr.recv_cq.is_null() || !attr.srq.is_null() {
        crate::log_warn!("a QP with an indirection table has no receive queue of its own");
        return Err(Errno::EINVAL);
    }
    not_null(attr.rwq_ind_tbl)?;
    // SAFETY: not NULL and alive.
    asked.ind_table = Some(unsafe { (*attr.rwq_ind_tbl).ind_tbl_handle } as u32);
    asked.send_cq = handle_if!(cap.max_send_wr != 0, attr.send_cq);
    Ok(())
}

/// Creates a queue pair and fills in what the library keeps of it.
///
/// The mark at the end of `verbs_qp` that tells a QP with the newer interface is the plug-in's
/// alone: its place depends on the release, and the plug-in's memory comes zeroed.
///
/// # Safety
/// The promises of `gate`.
unsafe fn create(
    context: *mut ibv_context,
    qp: *mut ibv_qp,
    attr: &ibv_qp_init_attr_ex,
    driver: DriverData,
) -> Result<Made, Errno> {
    not_null(qp)?;
    // SAFETY: the promise *object*.
    let kernel = unsafe { kernel(context) }?;
    // SAFETY: the promise *object*.
    let mut asked = unsafe { asked_of(attr) }?;
    asked.user_handle = qp as u64;
    // SAFETY: open.
    asked.async_fd = unsafe { (*context).async_fd };
    // SAFETY: the promise *object*.
    unsafe { (*qp).context = context };
    let made = qp::create(kernel, &asked, driver)?;
    // SAFETY: the promise *object*.
    unsafe {
        (*qp).handle = made.handle;
        (*qp).qp_num = made.qp_num;
        (*qp).qp_context = attr.qp_context;
        (*qp).pd = attr.pd;
        (*qp).send_cq = attr.send_cq;
        (*qp).recv_cq = attr.recv_cq;
        (*qp).srq = attr.srq;
        (*qp).qp_type = attr.qp_type;
        (*qp).state = IBV_QPS_RESET;
        (*qp).events_completed = 0;
    }
    // SAFETY: nobody uses the QP yet.
    unsafe { init_sync(&raw mut (*qp).mutex, &raw mut (*qp).cond) };
    Ok(made)
}

/// The library's part of the answer to a creation.
fn answer(made: &Made) -> ib_uverbs_create_qp_resp {
    ib_uverbs_create_qp_resp {
        qp_handle: made.handle,
        qpn: made.qp_num,
        max_send_wr: made.cap.max_send_wr,
        max_recv_wr: made.cap.max_recv_wr,
        max_send_sge: made.cap.max_send_sge,
        max_recv_sge: made.cap.max_recv_sge,
        max_inline_data: made.cap.max_inline_data,
        reserved: 0,
        driver_data: [],
    }
}

/// Attributes beyond those a function knows are `EINVAL`.
fn check_mask(mask: u32, known: u32) -> Result<(), Errno> {
    if mask & !known != 0 {
        crate::log_warn!("QP attributes {:#x} are unknown here", mask & !known);
        return Err(Errno::EINVAL);
    }
    Ok(())
}

/// Creates a queue pair; `attr` gets what was granted.
///
/// # Safety
/// The promises of `gate`.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_qp(
    pd: *mut ibv_pd,
    qp: *mut ibv_qp,
    attr: *mut ibv_qp_init_attr,
    cmd: *mut ibv_create_qp,
    cmd_size: usize,
    resp: *mut ib_uverbs_create_qp_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let context = unsafe { pd.context() }?;
        // SAFETY: the promise *argument*.
        let plain = unsafe { attr.read() };
        let full = ibv_qp_init_attr_ex {
            qp_context: plain.qp_context,
            send_cq: plain.send_cq,
            recv_cq: plain.recv_cq,
            srq: plain.srq,
            cap: plain.cap,
            qp_type: plain.qp_type,
            sq_sig_all: plain.sq_sig_all,
            comp_mask: IBV_QP_INIT_ATTR_PD,
            pd,
            ..Zeroed::zeroed()
        };
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        // SAFETY: the promises are the caller's.
        let made = unsafe { create(context, qp, &full, driver) }?;
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer(&made)) };
        // SAFETY: the promise *argument*: the struct is also a place.
        unsafe { (*attr).cap = made.cap };
        Ok(0)
    })
}

/// Creates a queue pair from extended attributes that need no extended command.
///
/// # Safety
/// The promises of `gate`.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_qp_ex(
    context: *mut ibv_context,
    qp: *mut verbs_qp,
    attr: *mut ibv_qp_init_attr_ex,
    cmd: *mut ibv_create_qp,
    cmd_size: usize,
    resp: *mut ib_uverbs_create_qp_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *argument*; the mask stands in every release of the struct.
        let mask = unsafe { (*attr).comp_mask };
        check_mask(mask, EX_MASK)?;
        // SAFETY: the promise *argument*.
        let full = unsafe { read_attr(attr, mask) };
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        // SAFETY: the promises are the caller's; the public struct is the QP's beginning.
        let made = unsafe { create(context, qp.cast(), &full, driver) }?;
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer(&made)) };
        // SAFETY: the promise *argument*: the struct is also a place.
        unsafe { (*attr).cap = made.cap };
        Ok(0)
    })
}

/// Creates a queue pair from any extended attributes.
///
/// # Safety
/// The promises of `gate`.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_qp_ex2(
    context: *mut ibv_context,
    qp: *mut verbs_qp,
    attr: *mut ibv_qp_init_attr_ex,
    cmd: *mut ibv_create_qp_ex,
    cmd_size: usize,
    resp: *mut ib_uverbs_ex_create_qp_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *argument*; the mask stands in every release of the struct.
        let mask = unsafe { (*attr).comp_mask };
        check_mask(mask, EX2_MASK)?;
        // SAFETY: the promise *argument*.
        let full = unsafe { read_attr(attr, mask) };
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        // SAFETY: the promises are the caller's; the public struct is the QP's beginning.
        let made = unsafe { create(context, qp.cast(), &full, driver) }?;
        let extended = ib_uverbs_ex_create_qp_resp {
            base: answer(&made),
            comp_mask: 0,
            response_length: size_of::<ib_uverbs_ex_create_qp_resp>() as u32,
        };
        // SAFETY: the promise *place*.
        unsafe { store(resp, extended) };
        // SAFETY: the promise *argument*: the struct is also a place.
        unsafe { (*attr).cap = made.cap };
        Ok(0)
    })
}

/// Opens a shared queue pair; domain, number and type are needed (`EINVAL`).
///
/// # Safety
/// The promises of `gate`.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_open_qp(
    context: *mut ibv_context,
    qp: *mut verbs_qp,
    _qp_size: c_int,
    attr: *mut ibv_qp_open_attr,
    cmd: *mut ibv_open_qp,
    cmd_size: usize,
    resp: *mut ib_uverbs_create_qp_resp,
    resp_size: usize,
) -> c_int {
    const NEEDED: u32 = IBV_QP_OPEN_ATTR_XRCD | IBV_QP_OPEN_ATTR_NUM | IBV_QP_OPEN_ATTR_TYPE;
    gate::errno(|| {
        not_null(qp)?;
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(context) }?;
        // SAFETY: the promise *argument*.
        let attr = unsafe { attr.read() };
        if attr.comp_mask >= IBV_QP_OPEN_ATTR_RESERVED {
            return Err(Errno::EOPNOTSUPP);
        }
        if attr.comp_mask & NEEDED != NEEDED {
            return Err(Errno::EINVAL);
        }
        // SAFETY: the promise *object*.
        let xrcd = unsafe { xrcd_handle(attr.xrcd) }?;
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        let named = (attr.qp_num, attr.qp_type);
        let found = qp::open(kernel, qp as u64, xrcd, named, driver)?;
        // SAFETY: the promise *place*.
        unsafe { store(resp, found) };
        let qp = qp.cast::<ibv_qp>();
        // SAFETY: the promise *object*.
        unsafe {
            (*qp).handle = found.qp_handle;
            (*qp).context = context;
            (*qp).qp_context = attr.qp_context;
            (*qp).pd = null_mut();
            (*qp).send_cq = null_mut();
            (*qp).recv_cq = null_mut();
            (*qp).srq = null_mut();
            (*qp).qp_num = attr.qp_num;
            (*qp).qp_type = attr.qp_type;
            (*qp).state = IBV_QPS_UNKNOWN;
            (*qp).events_completed = 0;
        }
        // SAFETY: nobody uses the QP yet.
        unsafe { init_sync(&raw mut (*qp).mutex, &raw mut (*qp).cond) };
        Ok(0)
    })
}

/// Changes a queue pair.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_modify_qp(
    qp: *mut ibv_qp,
    attr: *mut ibv_qp_attr,
    attr_mask: c_int,
    cmd: *mut ibv_modify_qp,
    cmd_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(qp) }?;
        // SAFETY: the promise *argument*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, null_mut::<empty>(), 0) }?;
        // SAFETY: the promise *argument*.
        let attr = unsafe { attr.read() };
        qp_attr::modify(kernel, handle!(qp), &attr, attr_mask, driver)?;
        Ok(0)
    })
}

/// Changes a queue pair, its rate limit included if the plug-in's request has room for one.
///
/// # Safety
/// The promises of `gate`.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_modify_qp_ex(
    qp: *mut ibv_qp,
    attr: *mut ibv_qp_attr,
    attr_mask: c_int,
    cmd: *mut ibv_modify_qp_ex,
    cmd_size: usize,
    resp: *mut ib_uverbs_ex_modify_qp_resp,
    resp_size: usize,
) -> c_int {
    const RATE_END: usize = offset_of!(ibv_modify_qp_ex, core_payload.rate_limit) + 4;
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(qp) }?;
        if attr_mask as u32 & IBV_QP_RATE_LIMIT != 0 && cmd_size < RATE_END {
            return Err(Errno::EINVAL);
        }
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        // SAFETY: the promise *argument*.
        let attr = unsafe { attr.read() };
        let answer = qp_attr::modify_ex(kernel, handle!(qp), &attr, attr_mask, driver)?;
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer) };
        Ok(0)
    })
}

/// Asks for the attributes of a queue pair.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_query_qp(
    qp: *mut ibv_qp,
    attr: *mut ibv_qp_attr,
    attr_mask: c_int,
    init_attr: *mut ibv_qp_init_attr,
    cmd: *mut ibv_query_qp,
    cmd_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        not_null(init_attr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(qp) }?;
        // SAFETY: the promise *argument*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, null_mut::<empty>(), 0) }?;
        let found = qp_attr::query(kernel, handle!(qp), attr_mask, driver)?;
        let mut answer = found.attr;
        // The kernel does not tell this one, so it stays.
        // SAFETY: the promise *place*.
        answer.en_sqd_async_notify = unsafe { (*attr).en_sqd_async_notify };
        // Nor does it tell the rate limit, which the struct of an old program does not have.
        let known = offset_of!(ibv_qp_attr, rate_limit);
        // SAFETY: the promise *place*, up to there.
        unsafe {
            attr.cast::<u8>()
                .copy_from_nonoverlapping((&raw const answer).cast(), known);
        }
        // SAFETY: the promises *place* and *object*.
        unsafe {
            init_attr.write(ibv_qp_init_attr {
                qp_context: (*qp).qp_context,
                send_cq: (*qp).send_cq,
                recv_cq: (*qp).recv_cq,
                srq: (*qp).srq,
                cap: found.attr.cap,
                qp_type: (*qp).qp_type,
                sq_sig_all: found.is_sq_sig_all.into(),
            });
        }
        Ok(0)
    })
}

/// Destroys a queue pair, then waits for events that were reported and not acknowledged.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_destroy_qp(qp: *mut ibv_qp) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(qp) }?;
        let Some(reported) = tolerate(qp::destroy(kernel, handle!(qp)))? else {
            return Ok(0);
        };
        // SAFETY: the plug-in frees the object after this call.
        unsafe {
            event::wait(&raw mut (*qp).mutex, &raw mut (*qp).cond, || {
                (*qp).events_completed == reported
            });
        }
        Ok(0)
    })
}
