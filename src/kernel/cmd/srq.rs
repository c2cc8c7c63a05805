//! Shared receive queues.

use std::ffi::c_int;

use super::destroy::{Destroy, destroy_counting};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::fallback::Outcome;
use crate::kernel::ioctl::{Command, Needs};
use crate::kernel::{DriverData, Method, Uverbs};

/// What a shared receive queue is to be.
#[derive(Clone, Copy)]
pub struct Asked {
    /// The address of the C object, which comes back in events.
    pub user_handle: u64,
    pub pd: u32,
    pub attr: ibv_srq_attr,
    pub kind: Kind,
    /// The descriptor of the context's asynchronous events.
    pub async_fd: c_int,
}

/// The kinds, with the handles only they have.
#[derive(Clone, Copy)]
pub enum Kind {
    Basic,
    Xrc { xrcd: u32, cq: u32 },
    TagMatching { cq: u32, max_num_tags: u32 },
}

/// What it has become; the number is that of an XRC queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    pub handle: u32,
    pub max_wr: u32,
    pub max_sge: u32,
    pub srq_num: u32,
}

pub fn create(uverbs: &Uverbs, asked: &Asked, driver: DriverData) -> Result<Made, Errno> {
    let mut made = Made {
        handle: 0,
        max_wr: 0,
        max_sge: 0,
        srq_num: 0,
    };
    let outcome = {
        let mut command = Command::new(UVERBS_OBJECT_SRQ, UVERBS_METHOD_SRQ_CREATE);
        match asked.kind {
            Kind::Basic => {}
            Kind::Xrc { xrcd, cq } => {
                command.handle_in(UVERBS_ATTR_CREATE_SRQ_XRCD_HANDLE, xrcd);
                command.handle_in(UVERBS_ATTR_CREATE_SRQ_CQ_HANDLE, cq);
                command.out(UVERBS_ATTR_CREATE_SRQ_RESP_SRQ_NUM, &mut made.srq_num);
            }
            Kind::TagMatching { cq, max_num_tags } => {
                command.handle_in(UVERBS_ATTR_CREATE_SRQ_CQ_HANDLE, cq);
                command.u32_in(UVERBS_ATTR_CREATE_SRQ_MAX_NUM_TAGS, max_num_tags);
            }
        }
        command.handle_out(UVERBS_ATTR_CREATE_SRQ_HANDLE, &mut made.handle);
        command.u64_in(UVERBS_ATTR_CREATE_SRQ_TYPE, asked.kind.number().into());
        command.u64_in(UVERBS_ATTR_CREATE_SRQ_USER_HANDLE, asked.user_handle);
        command.handle_in(UVERBS_ATTR_CREATE_SRQ_PD_HANDLE, asked.pd);
        command.u32_in(UVERBS_ATTR_CREATE_SRQ_MAX_WR, asked.attr.max_wr);
        command.u32_in(UVERBS_ATTR_CREATE_SRQ_MAX_SGE, asked.attr.max_sge);
        command.u32_in(UVERBS_ATTR_CREATE_SRQ_LIMIT, asked.attr.srq_limit);
        command.fd_in(UVERBS_ATTR_CREATE_SRQ_EVENT_FD, asked.async_fd);
        command.out(UVERBS_ATTR_CREATE_SRQ_RESP_MAX_WR, &mut made.max_wr);
        command.out(UVERBS_ATTR_CREATE_SRQ_RESP_MAX_SGE, &mut made.max_sge);
        if uverbs.is_imported() {
            command.require(Needs::Ioctl);
        }
        command.driver(driver);
        uverbs.attempt(Method::CreateSrq, &mut command)?
    };
    match outcome {
        Outcome::Done => Ok(made),
        _ => create_by_write(uverbs, asked, driver),
    }
}

impl Kind {
    fn number(self) -> ibv_srq_type {
        match self {
            Kind::Basic => IBV_SRQT_BASIC,
            Kind::Xrc { .. } => IBV_SRQT_XRC,
            Kind::TagMatching { .. } => IBV_SRQT_TM,
        }
    }
}

/// The kinds beyond the basic one have a command of their own; before version 6 the basic one
/// does not tell what was granted.
fn create_by_write(uverbs: &Uverbs, asked: &Asked, driver: DriverData) -> Result<Made, Errno> {
    if !matches!(asked.kind, Kind::Basic) {
        return create_other_by_write(uverbs, asked, driver);
    }
    let request = ib_uverbs_create_srq {
        user_handle: asked.user_handle,
        pd_handle: asked.pd,
        max_wr: asked.attr.max_wr,
        max_sge: asked.attr.max_sge,
        srq_limit: asked.attr.srq_limit,
        ..Zeroed::zeroed()
    };
    if uverbs.abi_version() > 5 {
        return Ok(made(uverbs.write::<ibv_create_srq>(request, driver)?));
    }
    let response = uverbs.write::<ibv_create_srq_v5>(request, driver)?;
    Ok(Made {
        handle: response.srq_handle,
        max_wr: asked.attr.max_wr,
        max_sge: asked.attr.max_sge,
        srq_num: 0,
    })
}

fn create_other_by_write(
    uverbs: &Uverbs,
    asked: &Asked,
    driver: DriverData,
) -> Result<Made, Errno> {
    let mut request = ib_uverbs_create_xsrq {
        user_handle: asked.user_handle,
        srq_type: asked.kind.number(),
        pd_handle: asked.pd,
        max_wr: asked.attr.max_wr,
        max_sge: asked.attr.max_sge,
        srq_limit: asked.attr.srq_limit,
        ..Zeroed::zeroed()
    };
    match asked.kind {
        Kind::Basic => {}
        Kind::Xrc { xrcd, cq } => {
            request.xrcd_handle = xrcd;
            request.cq_handle = cq;
        }
        Kind::TagMatching { cq, max_num_tags } => {
            request.cq_handle = cq;
            request.max_num_tags = max_num_tags;
        }
    }
    Ok(made(uverbs.write::<ibv_create_xsrq>(request, driver)?))
}

fn made(response: ib_uverbs_create_srq_resp) -> Made {
    Made {
        handle: response.srq_handle,
        max_wr: response.max_wr,
        max_sge: response.max_sge,
        srq_num: response.srqn,
    }
}

/// Changes size or limit; version 3 of the interface has a longer request for it.
pub fn modify(
    uverbs: &Uverbs,
    handle: u32,
    (attr, attr_mask): (&ibv_srq_attr, u32),
    driver: DriverData,
) -> Result<(), Errno> {
    if uverbs.abi_version() == 3 {
        let request = ib_uverbs_modify_srq_v3 {
            srq_handle: handle,
            attr_mask,
            max_wr: attr.max_wr,
            srq_limit: attr.srq_limit,
            ..Zeroed::zeroed()
        };
        uverbs.write::<ibv_modify_srq_v3>(request, driver)?;
    } else {
        let request = ib_uverbs_modify_srq {
            srq_handle: handle,
            attr_mask,
            max_wr: attr.max_wr,
            srq_limit: attr.srq_limit,
            ..Zeroed::zeroed()
        };
        uverbs.write::<ibv_modify_srq>(request, driver)?;
    }
    Ok(())
}

pub fn query(uverbs: &Uverbs, handle: u32, driver: DriverData) -> Result<ibv_srq_attr, Errno> {
    let request = ib_uverbs_query_srq {
        srq_handle: handle,
        ..Zeroed::zeroed()
    };
    let response = uverbs.write::<ibv_query_srq>(request, driver)?;
    Ok(ibv_srq_attr {
        max_wr: response.max_wr,
        max_sge: response.max_sge,
        srq_limit: response.srq_limit,
    })
}

/// Destroys one; how many events were reported in its life.
pub fn destroy(uverbs: &Uverbs, handle: u32) -> Result<u32, Errno> {
    let how = Destroy {
        object: UVERBS_OBJECT_SRQ,
        method: UVERBS_METHOD_SRQ_DESTROY,
        handle_attr: UVERBS_ATTR_DESTROY_SRQ_HANDLE,
    };
    let request = ib_uverbs_destroy_srq {
        srq_handle: handle,
        ..Zeroed::zeroed()
    };
    let what = (Method::DestroySrq, how, UVERBS_ATTR_DESTROY_SRQ_RESP);
    let response = destroy_counting::<ibv_destroy_srq>(uverbs, what, handle, request)?;
    Ok(response.events_reported)
}
