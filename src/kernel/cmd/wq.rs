//! Work queues.

use std::ffi::c_int;

use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::fallback::Outcome;
use crate::kernel::ioctl::{Command, Needs};
use crate::kernel::{DriverData, Method, Uverbs};

const KNOWN_FLAGS: u32 = IBV_WQ_FLAGS_RESERVED - 1;

/// What a work queue is to be.
#[derive(Clone, Copy)]
pub struct Asked {
    /// The address of the C object, which comes back in events.
    pub user_handle: u64,
    pub wq_type: ibv_wq_type,
    pub pd: u32,
    pub cq: u32,
    pub max_wr: u32,
    pub max_sge: u32,
    pub create_flags: u32,
    /// The descriptor of the context's asynchronous events.
    pub async_fd: c_int,
}

/// What it has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    pub handle: u32,
    pub max_wr: u32,
    pub max_sge: u32,
    pub wq_num: u32,
}

/// Creates one; flags nobody knows are `EOPNOTSUPP`.
pub fn create(uverbs: &Uverbs, asked: &Asked, driver: DriverData) -> Result<Made, Errno> {
    check_flags(asked.create_flags)?;
    let mut made = Made {
        handle: 0,
        max_wr: 0,
        max_sge: 0,
        wq_num: 0,
    };
    let outcome = {
        let mut command = Command::new(UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_CREATE);
        command.handle_out(UVERBS_ATTR_CREATE_WQ_HANDLE, &mut made.handle);
        command.u64_in(UVERBS_ATTR_CREATE_WQ_USER_HANDLE, asked.user_handle);
        command.handle_in(UVERBS_ATTR_CREATE_WQ_PD_HANDLE, asked.pd);
        command.handle_in(UVERBS_ATTR_CREATE_WQ_CQ_HANDLE, asked.cq);
        command.u64_in(UVERBS_ATTR_CREATE_WQ_TYPE, asked.wq_type.into());
        command.u32_in(UVERBS_ATTR_CREATE_WQ_MAX_WR, asked.max_wr);
        command.u32_in(UVERBS_ATTR_CREATE_WQ_MAX_SGE, asked.max_sge);
        command.fd_in(UVERBS_ATTR_CREATE_WQ_EVENT_FD, asked.async_fd);
        command.u32_in(UVERBS_ATTR_CREATE_WQ_FLAGS, asked.create_flags);
        command.out(UVERBS_ATTR_CREATE_WQ_RESP_MAX_WR, &mut made.max_wr);
        command.out(UVERBS_ATTR_CREATE_WQ_RESP_MAX_SGE, &mut made.max_sge);
        command.out(UVERBS_ATTR_CREATE_WQ_RESP_WQ_NUM, &mut made.wq_num);
        if uverbs.is_imported() {
            command.require(Needs::Ioctl);
        }
        command.driver(driver);
        uverbs.attempt(Method::CreateWq, &mut command)?
    };
    if outcome == Outcome::Done {
        return Ok(made);
    }
    let request = ib_uverbs_ex_create_wq {
        wq_type: asked.wq_type,
        user_handle: asked.user_handle,
        pd_handle: asked.pd,
        cq_handle: asked.cq,
        max_wr: asked.max_wr,
        max_sge: asked.max_sge,
        create_flags: asked.create_flags,
        ..Zeroed::zeroed()
    };
    let response = uverbs.write::<ibv_create_wq>(request, driver)?;
    Ok(Made {
        handle: response.wq_handle,
        max_wr: response.max_wr,
        max_sge: response.max_sge,
        wq_num: response.wqn,
    })
}

fn check_flags(flags: u32) -> Result<(), Errno> {
    if flags & !KNOWN_FLAGS != 0 {
        crate::log_warn!("WQ flags {:#x} are unknown", flags & !KNOWN_FLAGS);
        return Err(Errno::EOPNOTSUPP);
    }
    Ok(())
}

/// Changes state or flags; attributes nobody knows are `EINVAL`, flags `EOPNOTSUPP`.
pub fn modify(
    uverbs: &Uverbs,
    handle: u32,
    attr: &ibv_wq_attr,
    driver: DriverData,
) -> Result<(), Errno> {
    if attr.attr_mask >= IBV_WQ_ATTR_RESERVED {
        crate::log_warn!("WQ attributes {:#x} are unknown", attr.attr_mask);
        return Err(Errno::EINVAL);
    }
    let mut request = ib_uverbs_ex_modify_wq {
        attr_mask: attr.attr_mask,
        wq_handle: handle,
        wq_state: attr.wq_state,
        curr_wq_state: attr.curr_wq_state,
        ..Zeroed::zeroed()
    };
    if attr.attr_mask & IBV_WQ_ATTR_FLAGS != 0 {
        check_flags(attr.flags_mask)?;
        request.flags = attr.flags;
        request.flags_mask = attr.flags_mask;
    }
    uverbs.write::<ibv_modify_wq>(request, driver)?;
    Ok(())
}

/// Destroys one; how many events were reported in its life.
pub fn destroy(uverbs: &Uverbs, handle: u32) -> Result<u32, Errno> {
    let mut reported = 0u32;
    let outcome = {
        let mut command = Command::new(UVERBS_OBJECT_WQ, UVERBS_METHOD_WQ_DESTROY);
        command.out(UVERBS_ATTR_DESTROY_WQ_RESP, &mut reported);
        command.handle_in(UVERBS_ATTR_DESTROY_WQ_HANDLE, handle);
        uverbs.attempt(Method::DestroyWq, &mut command)?
    };
    if outcome == Outcome::Done {
        return Ok(reported);
    }
    let request = ib_uverbs_ex_destroy_wq {
        comp_mask: 0,
        wq_handle: handle,
    };
    let response = uverbs.write::<ibv_destroy_wq>(request, DriverData::NONE)?;
    Ok(response.events_reported)
}
