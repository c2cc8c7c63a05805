//! Making, opening and destroying queue pairs.

use std::ffi::c_int;

use super::destroy::{Destroy, destroy_counting};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::fallback::Outcome;
use crate::kernel::ioctl::{Command, Needs};
use crate::kernel::{DriverData, Method, Uverbs};

/// The creation flags the kernel takes.
const KNOWN_FLAGS: u32 = IBV_QP_CREATE_BLOCK_SELF_MCAST_LB
    | IBV_QP_CREATE_SCATTER_FCS
    | IBV_QP_CREATE_CVLAN_STRIPPING
    | IBV_QP_CREATE_SOURCE_QPN
    | IBV_QP_CREATE_PCI_WRITE_END_PADDING;

/// What a queue pair is to be.
#[derive(Clone, Copy)]
pub struct Asked {
    /// The address of the C object, which comes back in events.
    pub user_handle: u64,
    pub qp_type: ibv_qp_type,
    pub home: Home,
    pub send_cq: Option<u32>,
    pub recv_cq: Option<u32>,
    pub srq: Option<u32>,
    pub ind_table: Option<u32>,
    pub cap: ibv_qp_cap,
    pub is_sq_sig_all: bool,
    /// The creation flags, if any are given at all.
    pub create_flags: Option<u32>,
    /// Counts with `IBV_QP_CREATE_SOURCE_QPN`.
    pub source_qpn: u32,
    /// The descriptor of the context's asynchronous events.
    pub async_fd: c_int,
}

/// What a queue pair belongs to: XRC receivers to an XRC domain, all others to a PD.
#[derive(Clone, Copy)]
pub enum Home {
    Pd(u32),
    Xrcd(u32),
}

/// What it has become.
#[derive(Clone, Copy)]
pub struct Made {
    pub handle: u32,
    pub qp_num: u32,
    pub cap: ibv_qp_cap,
}

/// Creates one; flags nobody knows are `EINVAL`.
pub fn create(uverbs: &Uverbs, asked: &Asked, driver: DriverData) -> Result<Made, Errno> {
    let unknown = asked.create_flags.unwrap_or(0) & !KNOWN_FLAGS;
    if unknown != 0 {
        crate::log_warn!("QP creation flags {unknown:#x} are unknown");
        return Err(Errno::EINVAL);
    }
    let mut made = Made {
        handle: 0,
        qp_num: 0,
        cap: asked.cap,
    };
    let outcome = {
        let mut command = Command::new(UVERBS_OBJECT_QP, UVERBS_METHOD_QP_CREATE);
        add_relatives(&mut command, asked);
        command.handle_out(UVERBS_ATTR_CREATE_QP_HANDLE, &mut made.handle);
        command.u64_in(UVERBS_ATTR_CREATE_QP_TYPE, asked.qp_type.into());
        command.u64_in(UVERBS_ATTR_CREATE_QP_USER_HANDLE, asked.user_handle);
        command.struct_in(UVERBS_ATTR_CREATE_QP_CAP, &asked.cap);
        command.fd_in(UVERBS_ATTR_CREATE_QP_EVENT_FD, asked.async_fd);
        if uverbs.is_imported() {
            command.require(Needs::Ioctl);
        }
        add_flags(&mut command, asked);
        if let Some(srq) = asked.srq {
            command.handle_in(UVERBS_ATTR_CREATE_QP_SRQ_HANDLE, srq);
        }
        command.out(UVERBS_ATTR_CREATE_QP_RESP_CAP, &mut made.cap);
        command.out(UVERBS_ATTR_CREATE_QP_RESP_QP_NUM, &mut made.qp_num);
        command.driver(driver);
        uverbs.attempt(Method::CreateQp, &mut command)?
    };
    match outcome {
        Outcome::Done => Ok(made),
        Outcome::Write => create_by_write(uverbs, asked, driver),
        Outcome::WriteExtended => create_by_extended_write(uverbs, asked, driver),
    }
}

fn add_relatives(command: &mut Command<'_>, asked: &Asked) {
    match asked.home {
        Home::Pd(pd) => command.handle_in(UVERBS_ATTR_CREATE_QP_PD_HANDLE, pd),
        Home::Xrcd(xrcd) => command.handle_in(UVERBS_ATTR_CREATE_QP_XRCD_HANDLE, xrcd),
    }
    if let Some(table) = asked.ind_table {
        command.require(Needs::Extended);
        command.handle_in(UVERBS_ATTR_CREATE_QP_IND_TABLE_HANDLE, table);
    }
    if let Some(cq) = asked.send_cq {
        command.handle_in(UVERBS_ATTR_CREATE_QP_SEND_CQ_HANDLE, cq);
    }
    if let Some(cq) = asked.recv_cq {
        command.handle_in(UVERBS_ATTR_CREATE_QP_RECV_CQ_HANDLE, cq);
    }
}

/// In the ioctl one word has the flags of the caller and that every send is signaled; a source
/// number is an attribute of its own instead of a flag.
fn add_flags(command: &mut Command<'_>, asked: &Asked) {
    let mut flags = 0;
    if asked.is_sq_sig_all {
        flags |= IB_UVERBS_QP_CREATE_SQ_SIG_ALL;
    }
    if let Some(given) = asked.create_flags {
        command.require(Needs::Extended);
        flags |= given & !IBV_QP_CREATE_SOURCE_QPN;
        if given & IBV_QP_CREATE_SOURCE_QPN != 0 {
            command.u32_in(UVERBS_ATTR_CREATE_QP_SOURCE_QPN, asked.source_qpn);
        }
    }
    if flags != 0 {
        command.u32_in(UVERBS_ATTR_CREATE_QP_FLAGS, flags);
    }
}

fn standard_request(asked: &Asked) -> ib_uverbs_create_qp {
    let (Home::Pd(home) | Home::Xrcd(home)) = asked.home;
    ib_uverbs_create_qp {
        user_handle: asked.user_handle,
        pd_handle: home,
        send_cq_handle: asked.send_cq.unwrap_or(0),
        recv_cq_handle: asked.recv_cq.unwrap_or(0),
        srq_handle: asked.srq.unwrap_or(0),
        max_send_wr: asked.cap.max_send_wr,
        max_recv_wr: asked.cap.max_recv_wr,
        max_send_sge: asked.cap.max_send_sge,
        max_recv_sge: asked.cap.max_recv_sge,
        max_inline_data: asked.cap.max_inline_data,
        sq_sig_all: asked.is_sq_sig_all.into(),
        qp_type: asked.qp_type as u8,
        is_srq: asked.srq.is_some().into(),
        ..Zeroed::zeroed()
    }
}

/// Version 3 of the interface does not tell what was granted, version 4 in a shorter answer.
fn create_by_write(uverbs: &Uverbs, asked: &Asked, driver: DriverData) -> Result<Made, Errno> {
    let request = standard_request(asked);
    match uverbs.abi_version() {
        ..=3 => {
            let response = uverbs.write::<ibv_create_qp_v3>(request, driver)?;
            Ok(Made {
                handle: response.qp_handle,
                qp_num: response.qpn,
                cap: asked.cap,
            })
        }
        4 => {
            let response = uverbs.write::<ibv_create_qp_v4>(request, driver)?;
            Ok(Made {
                handle: response.qp_handle,
                qp_num: response.qpn,
                cap: ibv_qp_cap {
                    max_send_wr: response.max_send_wr,
                    max_recv_wr: response.max_recv_wr,
                    max_send_sge: response.max_send_sge,
                    max_recv_sge: response.max_recv_sge,
                    max_inline_data: response.max_inline_data,
                },
            })
        }
        _ => Ok(made(uverbs.write::<ibv_create_qp>(request, driver)?)),
    }
}

fn create_by_extended_write(
    uverbs: &Uverbs,
    asked: &Asked,
    driver: DriverData,
) -> Result<Made, Errno> {
    let base = standard_request(asked);
    let flags = asked.create_flags.unwrap_or(0);
    let has_source = flags & IBV_QP_CREATE_SOURCE_QPN != 0;
    let mask = match asked.ind_table {
        Some(_) => IB_UVERBS_CREATE_QP_MASK_IND_TABLE,
        None => 0,
    };
    let request = ib_uverbs_ex_create_qp {
        user_handle: base.user_handle,
        pd_handle: base.pd_handle,
        send_cq_handle: base.send_cq_handle,
        recv_cq_handle: base.recv_cq_handle,
        srq_handle: base.srq_handle,
        max_send_wr: base.max_send_wr,
        max_recv_wr: base.max_recv_wr,
        max_send_sge: base.max_send_sge,
        max_recv_sge: base.max_recv_sge,
        max_inline_data: base.max_inline_data,
        sq_sig_all: base.sq_sig_all,
        qp_type: base.qp_type,
        is_srq: base.is_srq,
        reserved: 0,
        comp_mask: mask,
        create_flags: flags,
        rwq_ind_tbl_handle: asked.ind_table.unwrap_or(0),
        source_qpn: if has_source { asked.source_qpn } else { 0 },
    };
    let response = uverbs.write::<ibv_create_qp_ex>(request, driver)?;
    Ok(made(response.base))
}

fn made(response: ib_uverbs_create_qp_resp) -> Made {
    Made {
        handle: response.qp_handle,
        qp_num: response.qpn,
        cap: ibv_qp_cap {
            max_send_wr: response.max_send_wr,
            max_recv_wr: response.max_recv_wr,
            max_send_sge: response.max_send_sge,
            max_recv_sge: response.max_recv_sge,
            max_inline_data: response.max_inline_data,
        },
    }
}

/// Opens a shared queue pair of an XRC domain by its number.
pub fn open(
    uverbs: &Uverbs,
    user_handle: u64,
    xrcd: u32,
    (qp_num, qp_type): (u32, ibv_qp_type),
    driver: DriverData,
) -> Result<ib_uverbs_create_qp_resp, Errno> {
    let request = ib_uverbs_open_qp {
        user_handle,
        pd_handle: xrcd,
        qpn: qp_num,
        qp_type: qp_type as u8,
        ..Zeroed::zeroed()
    };
    uverbs.write::<ibv_open_qp>(request, driver)
}

/// Destroys one; how many events were reported in its life.
pub fn destroy(uverbs: &Uverbs, handle: u32) -> Result<u32, Errno> {
    let how = Destroy {
        object: UVERBS_OBJECT_QP,
        method: UVERBS_METHOD_QP_DESTROY,
        handle_attr: UVERBS_ATTR_DESTROY_QP_HANDLE,
    };
    let request = ib_uverbs_destroy_qp {
        qp_handle: handle,
        ..Zeroed::zeroed()
    };
    let what = (Method::DestroyQp, how, UVERBS_ATTR_DESTROY_QP_RESP);
    let response = destroy_counting::<ibv_destroy_qp>(uverbs, what, handle, request)?;
    Ok(response.events_reported)
}
