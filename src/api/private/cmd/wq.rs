//! Work queues, and the tables that spread packets over them.

use std::ffi::c_int;
use std::ptr::null_mut;

use super::{handle, kernel, store};
use crate::abi::*;
use crate::api::event;
use crate::api::gate::{self, not_null};
use crate::api::private::disassociate::tolerate;
use crate::base::errno::Errno;
use crate::kernel::DriverData;
use crate::kernel::cmd::rwq_ind_table;
use crate::kernel::cmd::wq::{self, Asked};

/// Creates a work queue; `attr` gets what was granted.
///
/// # Safety
/// The promises of `gate`.
#[allow(clippy::too_many_arguments, reason = "the C prototype")]
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_wq(
    context: *mut ibv_context,
    attr: *mut ibv_wq_init_attr,
    wq: *mut ibv_wq,
    cmd: *mut ibv_create_wq,
    cmd_size: usize,
    resp: *mut ib_uverbs_ex_create_wq_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        not_null(wq)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(context) }?;
        // SAFETY: the promise *argument*.
        let given = unsafe { attr.read() };
        if given.comp_mask >= IBV_WQ_INIT_ATTR_RESERVED {
            crate::log_warn!("WQ attributes {:#x} are unknown", given.comp_mask);
            return Err(Errno::EINVAL);
        }
        let has_flags = given.comp_mask & IBV_WQ_INIT_ATTR_FLAGS != 0;
        let asked = Asked {
            user_handle: wq as u64,
            wq_type: given.wq_type,
            pd: handle!(given.pd),
            cq: handle!(given.cq),
            max_wr: given.max_wr,
            max_sge: given.max_sge,
            create_flags: if has_flags { given.create_flags } else { 0 },
            // SAFETY: open.
            async_fd: unsafe { (*context).async_fd },
        };
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        // SAFETY: the promise *object*.
        unsafe { (*wq).context = context };
        let made = wq::create(kernel, &asked, driver)?;
        let answer = ib_uverbs_ex_create_wq_resp {
            comp_mask: 0,
            response_length: size_of::<ib_uverbs_ex_create_wq_resp>() as u32,
            wq_handle: made.handle,
            max_wr: made.max_wr,
            max_sge: made.max_sge,
            wqn: made.wq_num,
        };
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer) };
        // SAFETY: the promises *object* and *argument*: the attributes are also a place.
        unsafe {
            (*wq).handle = made.handle;
            (*wq).wq_num = made.wq_num;
            (*attr).max_wr = made.max_wr;
            (*attr).max_sge = made.max_sge;
        }
        Ok(0)
    })
}

/// Changes state or flags of a work queue.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_modify_wq(
    wq: *mut ibv_wq,
    attr: *mut ibv_wq_attr,
    cmd: *mut ibv_modify_wq,
    cmd_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(wq) }?;
        // SAFETY: the promise *argument*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, null_mut::<empty>(), 0) }?;
        // SAFETY: the promise *argument*.
        let attr = unsafe { attr.read() };
        wq::modify(kernel, handle!(wq), &attr, driver)?;
        if attr.attr_mask & IBV_WQ_ATTR_STATE != 0 {
            // SAFETY: the promise *object*.
            unsafe { (*wq).state = attr.wq_state };
        }
        Ok(0)
    })
}

/// Destroys a work queue, then waits for events that were reported and not acknowledged.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_destroy_wq(wq: *mut ibv_wq) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(wq) }?;
        let Some(reported) = tolerate(wq::destroy(kernel, handle!(wq)))? else {
            return Ok(0);
        };
        // SAFETY: the plug-in frees the object after this call; the header has initialised both.
        unsafe {
            event::wait(&raw mut (*wq).mutex, &raw mut (*wq).cond, || {
                (*wq).events_completed == reported
            });
        }
        Ok(0)
    })
}

/// Makes an indirection table.
///
/// # Safety
/// The promises of `gate`; `attr` names as many queues as its logarithm says.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_rwq_ind_table(
    context: *mut ibv_context,
    attr: *mut ibv_rwq_ind_table_init_attr,
    table: *mut ibv_rwq_ind_table,
    resp: *mut ib_uverbs_ex_create_rwq_ind_table_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        not_null(table)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(context) }?;
        // SAFETY: the promise *argument*.
        let attr = unsafe { attr.read() };
        let log_size = attr.log_ind_tbl_size;
        if attr.comp_mask >= IBV_CREATE_IND_TABLE_RESERVED
            || log_size > IB_USER_VERBS_MAX_LOG_IND_TBL_SIZE
        {
            crate::log_warn!(
                "an indirection table of 2^{log_size} queues, or with more, is refused"
            );
            return Err(Errno::EINVAL);
        }
        not_null(attr.ind_tbl)?;
        let mut queues = Vec::new();
        for index in 0..1usize << log_size {
            // SAFETY: the promise *argument*: that many queues are named.
            let queue = unsafe { attr.ind_tbl.add(index).read() };
            queues.push(handle!(queue));
        }
        let none = std::ptr::null::<empty>();
        // SAFETY: the promise *place*.
        let driver = unsafe { DriverData::behind(none, 0, resp, resp_size) }?;
        let answer = rwq_ind_table::create(kernel, log_size, &queues, driver)?;
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer) };
        // SAFETY: the promise *object*.
        unsafe {
            (*table).ind_tbl_handle = answer.ind_tbl_handle as c_int;
            (*table).ind_tbl_num = answer.ind_tbl_num as c_int;
            (*table).context = context;
        }
        Ok(0)
    })
}

/// Destroys an indirection table.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_destroy_rwq_ind_table(
    table: *mut ibv_rwq_ind_table,
) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(table) }?;
        // SAFETY: the promise *object*.
        let handle = unsafe { (*table).ind_tbl_handle } as u32;
        tolerate(rwq_ind_table::destroy_table(kernel, handle))?;
        Ok(0)
    })
}
