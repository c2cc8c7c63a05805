//! Attributes of queue pairs: changing them and asking for them.

use std::ffi::c_int;

use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::{DriverData, Uverbs};

/// From this attribute on only the extended command has a place.
const FIRST_EXTENDED: u32 = IBV_QP_RATE_LIMIT;

/// Attributes the standard commands have no place for are `EOPNOTSUPP`.
fn check_standard(attr_mask: c_int) -> Result<u32, Errno> {
    let mask = attr_mask as u32;
    if mask & !(FIRST_EXTENDED - 1) != 0 {
        crate::log_warn!("QP attributes {mask:#x}: some are unknown to the standard command");
        return Err(Errno::EOPNOTSUPP);
    }
    Ok(mask)
}

pub fn modify(
    uverbs: &Uverbs,
    handle: u32,
    attr: &ibv_qp_attr,
    attr_mask: c_int,
    driver: DriverData,
) -> Result<(), Errno> {
    let mask = check_standard(attr_mask)?;
    uverbs.write::<ibv_modify_qp>(modify_request(handle, attr, mask), driver)?;
    Ok(())
}

/// The same with a rate limit among the attributes.
pub fn modify_ex(
    uverbs: &Uverbs,
    handle: u32,
    attr: &ibv_qp_attr,
    attr_mask: c_int,
    driver: DriverData,
) -> Result<ib_uverbs_ex_modify_qp_resp, Errno> {
    let mask = attr_mask as u32;
    let request = ib_uverbs_ex_modify_qp {
        base: modify_request(handle, attr, mask),
        rate_limit: if mask & IBV_QP_RATE_LIMIT != 0 {
            attr.rate_limit
        } else {
            0
        },
        reserved: 0,
    };
    uverbs.write::<ibv_modify_qp_ex>(request, driver)
}

/// The attributes the mask names, all others zero.
fn modify_request(handle: u32, attr: &ibv_qp_attr, mask: u32) -> ib_uverbs_modify_qp {
    let mut request = ib_uverbs_modify_qp {
        qp_handle: handle,
        attr_mask: mask,
        ..Zeroed::zeroed()
    };
    macro_rules! copy {
        ($($bit:ident: $($to:ident = $from:expr),+;)*) => {
            $(if mask & $bit != 0 { $(request.$to = $from as _;)+ })*
        };
    }
    copy! {
        IBV_QP_STATE: qp_state = attr.qp_state;
        IBV_QP_CUR_STATE: cur_qp_state = attr.cur_qp_state;
        IBV_QP_EN_SQD_ASYNC_NOTIFY: en_sqd_async_notify = attr.en_sqd_async_notify;
        IBV_QP_ACCESS_FLAGS: qp_access_flags = attr.qp_access_flags;
        IBV_QP_PKEY_INDEX: pkey_index = attr.pkey_index;
        IBV_QP_PORT: port_num = attr.port_num;
        IBV_QP_QKEY: qkey = attr.qkey;
        IBV_QP_PATH_MTU: path_mtu = attr.path_mtu;
        IBV_QP_TIMEOUT: timeout = attr.timeout;
        IBV_QP_RETRY_CNT: retry_cnt = attr.retry_cnt;
        IBV_QP_RNR_RETRY: rnr_retry = attr.rnr_retry;
        IBV_QP_RQ_PSN: rq_psn = attr.rq_psn;
        IBV_QP_MAX_QP_RD_ATOMIC: max_rd_atomic = attr.max_rd_atomic;
        IBV_QP_ALT_PATH: alt_pkey_index = attr.alt_pkey_index, alt_port_num = attr.alt_port_num,
            alt_timeout = attr.alt_timeout;
        IBV_QP_MIN_RNR_TIMER: min_rnr_timer = attr.min_rnr_timer;
        IBV_QP_SQ_PSN: sq_psn = attr.sq_psn;
        IBV_QP_MAX_DEST_RD_ATOMIC: max_dest_rd_atomic = attr.max_dest_rd_atomic;
        IBV_QP_PATH_MIG_STATE: path_mig_state = attr.path_mig_state;
        IBV_QP_DEST_QPN: dest_qp_num = attr.dest_qp_num;
    }
    if mask & IBV_QP_AV != 0 {
        request.dest = destination(&attr.ah_attr);
    }
    if mask & IBV_QP_ALT_PATH != 0 {
        request.alt_dest = destination(&attr.alt_ah_attr);
    }
    request
}

fn destination(attr: &ibv_ah_attr) -> ib_uverbs_qp_dest {
    ib_uverbs_qp_dest {
        // SAFETY: a GID is 16 bytes however it is looked at.
        dgid: unsafe { attr.grh.dgid.raw },
        flow_label: attr.grh.flow_label,
        dlid: attr.dlid,
        reserved: 0,
        sgid_index: attr.grh.sgid_index,
        hop_limit: attr.grh.hop_limit,
        traffic_class: attr.grh.traffic_class,
        sl: attr.sl,
        src_path_bits: attr.src_path_bits,
        static_rate: attr.static_rate,
        is_global: attr.is_global,
        port_num: attr.port_num,
    }
}

/// What the kernel knows of a queue pair.
pub struct Answer {
    pub attr: ibv_qp_attr,
    pub is_sq_sig_all: bool,
}

pub fn query(
    uverbs: &Uverbs,
    handle: u32,
    attr_mask: c_int,
    driver: DriverData,
) -> Result<Answer, Errno> {
    let request = ib_uverbs_query_qp {
        qp_handle: handle,
        attr_mask: check_standard(attr_mask)?,
        ..Zeroed::zeroed()
    };
    let from = uverbs.write::<ibv_query_qp>(request, driver)?;
    let attr = ibv_qp_attr {
        qkey: from.qkey,
        rq_psn: from.rq_psn,
        sq_psn: from.sq_psn,
        dest_qp_num: from.dest_qp_num,
        qp_access_flags: from.qp_access_flags as _,
        pkey_index: from.pkey_index,
        alt_pkey_index: from.alt_pkey_index,
        qp_state: from.qp_state.into(),
        cur_qp_state: from.cur_qp_state.into(),
        path_mtu: from.path_mtu.into(),
        path_mig_state: from.path_mig_state.into(),
        sq_draining: from.sq_draining,
        max_rd_atomic: from.max_rd_atomic,
        max_dest_rd_atomic: from.max_dest_rd_atomic,
        min_rnr_timer: from.min_rnr_timer,
        port_num: from.port_num,
        timeout: from.timeout,
        retry_cnt: from.retry_cnt,
        rnr_retry: from.rnr_retry,
        alt_port_num: from.alt_port_num,
        alt_timeout: from.alt_timeout,
        cap: ibv_qp_cap {
            max_send_wr: from.max_send_wr,
            max_recv_wr: from.max_recv_wr,
            max_send_sge: from.max_send_sge,
            max_recv_sge: from.max_recv_sge,
            max_inline_data: from.max_inline_data,
        },
        ah_attr: address(&from.dest),
        alt_ah_attr: address(&from.alt_dest),
        ..Zeroed::zeroed()
    };
    Ok(Answer {
        attr,
        is_sq_sig_all: from.sq_sig_all != 0,
    })
}

fn address(from: &ib_uverbs_qp_dest) -> ibv_ah_attr {
    ibv_ah_attr {
        grh: ibv_global_route {
            dgid: ibv_gid { raw: from.dgid },
            flow_label: from.flow_label,
            sgid_index: from.sgid_index,
            hop_limit: from.hop_limit,
            traffic_class: from.traffic_class,
        },
        dlid: from.dlid,
        sl: from.sl,
        src_path_bits: from.src_path_bits,
        static_rate: from.static_rate,
        is_global: from.is_global,
        port_num: from.port_num,
    }
}
