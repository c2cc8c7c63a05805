//! Completion queues.

use std::ffi::c_int;

use super::destroy::{Destroy, destroy_counting};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::fallback::Outcome;
use crate::kernel::ioctl::{Command, Needs};
use crate::kernel::{DriverData, Method, Uverbs};

/// What a completion queue is to be.
#[derive(Clone, Copy)]
pub struct Asked {
    /// The address of the C object, which comes back in events.
    pub user_handle: u64,
    pub cqe: u32,
    /// The descriptor of the channel, −1 for none.
    pub channel_fd: c_int,
    pub comp_vector: u32,
    /// The descriptor of the context's asynchronous events.
    pub async_fd: c_int,
    /// `IB_UVERBS_CQ_FLAGS_*`.
    pub flags: u32,
    /// The driver makes timestamps without being told, so the older form will do for them.
    pub is_timestamp_implied: bool,
}

/// What it has become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    pub handle: u32,
    pub cqe: u32,
}

/// Creates one; `links` holds attributes of the plug-in.
///
/// # Safety
/// As for [`Command::link`].
pub unsafe fn create(
    uverbs: &Uverbs,
    asked: &Asked,
    driver: DriverData,
    links: *mut ibv_command_buffer,
) -> Result<Made, Errno> {
    let (mut handle, mut cqe) = (0u32, 0u32);
    let outcome = {
        let mut command = Command::new(UVERBS_OBJECT_CQ, UVERBS_METHOD_CQ_CREATE);
        command.handle_out(UVERBS_ATTR_CREATE_CQ_HANDLE, &mut handle);
        command.out(UVERBS_ATTR_CREATE_CQ_RESP_CQE, &mut cqe);
        command.u32_in(UVERBS_ATTR_CREATE_CQ_CQE, asked.cqe);
        command.u64_in(UVERBS_ATTR_CREATE_CQ_USER_HANDLE, asked.user_handle);
        command.fd_in(UVERBS_ATTR_CREATE_CQ_COMP_CHANNEL, asked.channel_fd);
        command.u32_in(UVERBS_ATTR_CREATE_CQ_COMP_VECTOR, asked.comp_vector);
        if uverbs.is_imported() {
            command.fd_in(UVERBS_ATTR_CREATE_CQ_EVENT_FD, asked.async_fd);
            command.require(Needs::Ioctl);
        } else {
            // Kernels that do not know it deliver to the context's descriptor anyway.
            command.optional_fd_in(UVERBS_ATTR_CREATE_CQ_EVENT_FD, asked.async_fd);
        }
        if asked.flags != 0 {
            let timestamps = IB_UVERBS_CQ_FLAGS_TIMESTAMP_COMPLETION;
            if asked.flags & !timestamps != 0 || !asked.is_timestamp_implied {
                command.require(Needs::Extended);
            }
            command.u32_in(UVERBS_ATTR_CREATE_CQ_FLAGS, asked.flags);
        }
        command.driver(driver);
        // SAFETY: the caller's promise.
        unsafe { command.link(links) };
        uverbs.attempt(Method::CreateCq, &mut command)?
    };
    match outcome {
        Outcome::Done => Ok(Made { handle, cqe }),
        Outcome::Write => {
            let request = ib_uverbs_create_cq {
                user_handle: asked.user_handle,
                cqe: asked.cqe,
                comp_vector: asked.comp_vector,
                comp_channel: asked.channel_fd,
                ..Zeroed::zeroed()
            };
            let response = uverbs.write::<ibv_create_cq>(request, driver)?;
            Ok(made(response))
        }
        Outcome::WriteExtended => {
            let request = ib_uverbs_ex_create_cq {
                user_handle: asked.user_handle,
                cqe: asked.cqe,
                comp_vector: asked.comp_vector,
                comp_channel: asked.channel_fd,
                flags: asked.flags,
                ..Zeroed::zeroed()
            };
            let response = uverbs.write::<ibv_create_cq_ex>(request, driver)?;
            Ok(made(response.base))
        }
    }
}

fn made(response: ib_uverbs_create_cq_resp) -> Made {
    Made {
        handle: response.cq_handle,
        cqe: response.cqe,
    }
}

/// Destroys one; how many events of both kinds were reported in its life.
pub fn destroy(uverbs: &Uverbs, handle: u32) -> Result<ib_uverbs_destroy_cq_resp, Errno> {
    let how = Destroy {
        object: UVERBS_OBJECT_CQ,
        method: UVERBS_METHOD_CQ_DESTROY,
        handle_attr: UVERBS_ATTR_DESTROY_CQ_HANDLE,
    };
    let request = ib_uverbs_destroy_cq {
        cq_handle: handle,
        ..Zeroed::zeroed()
    };
    let what = (Method::DestroyCq, how, UVERBS_ATTR_DESTROY_CQ_RESP);
    destroy_counting::<ibv_destroy_cq>(uverbs, what, handle, request)
}

pub fn resize(
    uverbs: &Uverbs,
    handle: u32,
    cqe: u32,
    driver: DriverData,
) -> Result<ib_uverbs_resize_cq_resp, Errno> {
    let request = ib_uverbs_resize_cq {
        cq_handle: handle,
        cqe,
        ..Zeroed::zeroed()
    };
    uverbs.write::<ibv_resize_cq>(request, driver)
}

/// Sets after how many completions, or how long, an event may come.
pub fn modify(
    uverbs: &Uverbs,
    handle: u32,
    attr: &ibv_modify_cq_attr,
    driver: DriverData,
) -> Result<(), Errno> {
    if attr.attr_mask >= IBV_CQ_ATTR_RESERVED {
        crate::log_warn!("CQ attributes {:#x} are unknown", attr.attr_mask);
        return Err(Errno::EINVAL);
    }
    let request = ib_uverbs_ex_modify_cq {
        cq_handle: handle,
        attr_mask: attr.attr_mask,
        attr: ib_uverbs_cq_moderation {
            cq_count: attr.moderate.cq_count,
            cq_period: attr.moderate.cq_period,
        },
        reserved: 0,
    };
    uverbs.write::<ibv_modify_cq>(request, driver)?;
    Ok(())
}

pub fn req_notify(uverbs: &Uverbs, handle: u32, is_solicited_only: bool) -> Result<(), Errno> {
    let request = ib_uverbs_req_notify_cq {
        cq_handle: handle,
        solicited_only: is_solicited_only.into(),
    };
    uverbs.write::<ibv_req_notify_cq>(request, DriverData::NONE)?;
    Ok(())
}
