//! Completion queues.

use std::ffi::c_int;

use super::{handle, kernel, store};
use crate::abi::*;
use crate::api::event;
use crate::api::gate::{self, not_null};
use crate::api::private::disassociate::tolerate;
use crate::base::errno::Errno;
use crate::kernel::DriverData;
use crate::kernel::cmd::cq::{self, Asked};

/// The descriptor of a channel, −1 for none.
///
/// # Safety
/// The promise *object*.
unsafe fn fd_of(channel: *mut ibv_comp_channel) -> c_int {
    if channel.is_null() {
        return -1;
    }
    // SAFETY: alive by contract.
    unsafe { (*channel).fd }
}

/// Creates a queue and gives the C object its handle and size.
///
/// # Safety
/// The promises of `gate`; `links` is NULL or a chain of valid command buffers.
unsafe fn create(
    context: *mut ibv_context,
    cq: *mut ibv_cq,
    mut asked: Asked,
    driver: DriverData,
    links: *mut ibv_command_buffer,
) -> Result<cq::Made, Errno> {
    not_null(cq)?;
    // SAFETY: the promise *object*.
    let kernel = unsafe { kernel(context) }?;
    asked.user_handle = cq as u64;
    // SAFETY: open.
    asked.async_fd = unsafe { (*context).async_fd };
    // SAFETY: the caller's promise.
    let made = unsafe { cq::create(kernel, &asked, driver, links) }?;
    // SAFETY: the promise *object*.
    unsafe {
        (*cq).context = context;
        (*cq).handle = made.handle;
        (*cq).cqe = made.cqe as c_int;
    }
    Ok(made)
}

/// Creates a queue.
///
/// # Safety
/// The promises of `gate`.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_cq(
    context: *mut ibv_context,
    cqe: c_int,
    channel: *mut ibv_comp_channel,
    comp_vector: c_int,
    cq: *mut ibv_cq,
    cmd: *mut ibv_create_cq,
    cmd_size: usize,
    resp: *mut ib_uverbs_create_cq_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        let asked = Asked {
            user_handle: 0,
            cqe: cqe as u32,
            // SAFETY: the promise *object*.
            channel_fd: unsafe { fd_of(channel) },
            comp_vector: comp_vector as u32,
            async_fd: -1,
            flags: 0,
            is_timestamp_implied: false,
        };
        // SAFETY: the promises are the caller's.
        let made = unsafe { create(context, cq, asked, driver, std::ptr::null_mut()) }?;
        let answer = ib_uverbs_create_cq_resp {
            cq_handle: made.handle,
            cqe: made.cqe,
            driver_data: [],
        };
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer) };
        Ok(0)
    })
}

/// Creates a queue from extended attributes; those nobody knows are `EOPNOTSUPP`.
///
/// # Safety
/// The promises of `gate`.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_cq_ex(
    context: *mut ibv_context,
    attr: *const ibv_cq_init_attr_ex,
    cq: *mut verbs_cq,
    cmd: *mut ibv_create_cq_ex,
    cmd_size: usize,
    resp: *mut ib_uverbs_ex_create_cq_resp,
    resp_size: usize,
    cmd_flags: u32,
) -> c_int {
    let none = std::ptr::null_mut();
    // SAFETY: the promises are the caller's.
    unsafe {
        ibv_cmd_create_cq_ex2(
            context, attr, cq, cmd, cmd_size, resp, resp_size, cmd_flags, none,
        )
    }
}

/// The same with attributes of the plug-in.
///
/// # Safety
/// The promises of `gate`; `driver` is NULL or a chain of valid command buffers.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_cq_ex2(
    context: *mut ibv_context,
    attr: *const ibv_cq_init_attr_ex,
    cq: *mut verbs_cq,
    cmd: *mut ibv_create_cq_ex,
    cmd_size: usize,
    resp: *mut ib_uverbs_ex_create_cq_resp,
    resp_size: usize,
    cmd_flags: u32,
    driver: *mut ibv_command_buffer,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *argument*.
        let asked = unsafe { asked_of(attr, cmd_flags) }?;
        // SAFETY: the promises *argument* and *place*.
        let data = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        // SAFETY: the promises are the caller's.
        let made = unsafe { create(context, cq.cast(), asked, data, driver) }?;
        let answer = ib_uverbs_ex_create_cq_resp {
            base: ib_uverbs_create_cq_resp {
                cq_handle: made.handle,
                cqe: made.cqe,
                driver_data: [],
            },
            comp_mask: 0,
            response_length: size_of::<ib_uverbs_ex_create_cq_resp>() as u32,
        };
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer) };
        Ok(0)
    })
}

/// What extended attributes ask for.
///
/// # Safety
/// The promise *argument*.
unsafe fn asked_of(attr: *const ibv_cq_init_attr_ex, cmd_flags: u32) -> Result<Asked, Errno> {
    const KNOWN: u32 = IBV_CQ_INIT_ATTR_MASK_FLAGS | IBV_CQ_INIT_ATTR_MASK_PD;
    const TIMESTAMPS: u32 =
        IBV_WC_EX_WITH_COMPLETION_TIMESTAMP | IBV_WC_EX_WITH_COMPLETION_TIMESTAMP_WALLCLOCK;
    // SAFETY: the caller's promise; members of later releases are read only if the mask has them.
    let (mask, wc_flags) = unsafe { ((*attr).comp_mask, (*attr).wc_flags) };
    if mask & !KNOWN != 0 {
        crate::log_warn!("CQ attributes {:#x} are unknown", mask & !KNOWN);
        return Err(Errno::EOPNOTSUPP);
    }
    let mut flags = 0;
    if wc_flags & u64::from(TIMESTAMPS) != 0 {
        flags |= IB_UVERBS_CQ_FLAGS_TIMESTAMP_COMPLETION;
    }
    // SAFETY: the mask says that the member is there.
    let has_flag =
        |flag| mask & IBV_CQ_INIT_ATTR_MASK_FLAGS != 0 && unsafe { (*attr).flags } & flag != 0;
    if has_flag(IBV_CREATE_CQ_ATTR_IGNORE_OVERRUN) {
        flags |= IB_UVERBS_CQ_FLAGS_IGNORE_OVERRUN;
    }
    // SAFETY: the caller's promise.
    let (cqe, channel, comp_vector) =
        unsafe { ((*attr).cqe, (*attr).channel, (*attr).comp_vector) };
    Ok(Asked {
        user_handle: 0,
        cqe,
        // SAFETY: the promise *object*.
        channel_fd: unsafe { fd_of(channel) },
        comp_vector,
        async_fd: -1,
        flags,
        is_timestamp_implied: cmd_flags & CREATE_CQ_CMD_FLAGS_TS_IGNORED_EX != 0,
    })
}

/// Destroys a queue, then waits for events that were reported and not acknowledged.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_destroy_cq(cq: *mut ibv_cq) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(cq) }?;
        let Some(reported) = tolerate(cq::destroy(kernel, handle!(cq)))? else {
            return Ok(0);
        };
        // SAFETY: the plug-in frees the object after this call; `verbs_init_cq` has initialised
        // both.
        unsafe {
            event::wait(&raw mut (*cq).mutex, &raw mut (*cq).cond, || {
                (*cq).comp_events_completed == reported.comp_events_reported
                    && (*cq).async_events_completed == reported.async_events_reported
            });
        }
        Ok(0)
    })
}

/// Changes the size of a queue.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_resize_cq(
    cq: *mut ibv_cq,
    cqe: c_int,
    cmd: *mut ibv_resize_cq,
    cmd_size: usize,
    resp: *mut ib_uverbs_resize_cq_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(cq) }?;
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        let answer = cq::resize(kernel, handle!(cq), cqe as u32, driver)?;
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer) };
        // SAFETY: the promise *object*.
        unsafe { (*cq).cqe = answer.cqe as c_int };
        Ok(0)
    })
}

/// Sets after how many completions, or how long, an event may come.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_modify_cq(
    cq: *mut ibv_cq,
    attr: *mut ibv_modify_cq_attr,
    cmd: *mut ibv_modify_cq,
    cmd_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(cq) }?;
        let none = std::ptr::null_mut::<empty>();
        // SAFETY: the promise *argument*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, none, 0) }?;
        // SAFETY: the promise *argument*.
        let attr = unsafe { attr.read() };
        cq::modify(kernel, handle!(cq), &attr, driver)?;
        Ok(0)
    })
}

/// Asks for an event.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_req_notify_cq(
    cq: *mut ibv_cq,
    solicited_only: c_int,
) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(cq) }?;
        cq::req_notify(kernel, handle!(cq), solicited_only != 0)?;
        Ok(0)
    })
}
