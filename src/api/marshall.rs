//! Structs of the kernel's connection manager turned into those of verbs, for librdmacm.

use super::gate::{self, not_null};
use crate::abi::*;

fn ah_attr(from: &ib_uverbs_ah_attr) -> ibv_ah_attr {
    ibv_ah_attr {
        grh: ibv_global_route {
            dgid: ibv_gid { raw: from.grh.dgid },
            flow_label: from.grh.flow_label,
            sgid_index: from.grh.sgid_index,
            hop_limit: from.grh.hop_limit,
            traffic_class: from.grh.traffic_class,
        },
        dlid: from.dlid,
        sl: from.sl,
        src_path_bits: from.src_path_bits,
        static_rate: from.static_rate,
        is_global: from.is_global,
        port_num: from.port_num,
    }
}

/// An address as the kernel gives it.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_copy_ah_attr_from_kern(
    dst: *mut ibv_ah_attr,
    src: *mut ib_uverbs_ah_attr,
) {
    gate::nothing(|| {
        not_null(dst)?;
        not_null(src)?;
        // SAFETY: the promise *argument*.
        let src = unsafe { src.read() };
        // SAFETY: the promise *place*.
        unsafe { dst.write(ah_attr(&src)) };
        Ok(())
    });
}

/// The attributes of a QP as the kernel gives them. `rate_limit` has no place there, and `qp_state`
/// stays what the caller asked for.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_copy_qp_attr_from_kern(
    dst: *mut ibv_qp_attr,
    src: *mut ib_uverbs_qp_attr,
) {
    gate::nothing(|| {
        not_null(dst)?;
        not_null(src)?;
        // SAFETY: the promise *argument*.
        let src = unsafe { src.read() };
        let copy = ibv_qp_attr {
            cur_qp_state: src.cur_qp_state,
            path_mtu: src.path_mtu,
            path_mig_state: src.path_mig_state,
            qkey: src.qkey,
            rq_psn: src.rq_psn,
            sq_psn: src.sq_psn,
            dest_qp_num: src.dest_qp_num,
            qp_access_flags: src.qp_access_flags,
            cap: ibv_qp_cap {
                max_send_wr: src.max_send_wr,
                max_recv_wr: src.max_recv_wr,
                max_send_sge: src.max_send_sge,
                max_recv_sge: src.max_recv_sge,
                max_inline_data: src.max_inline_data,
            },
            ah_attr: ah_attr(&src.ah_attr),
            alt_ah_attr: ah_attr(&src.alt_ah_attr),
            pkey_index: src.pkey_index,
            alt_pkey_index: src.alt_pkey_index,
            en_sqd_async_notify: src.en_sqd_async_notify,
            sq_draining: src.sq_draining,
            max_rd_atomic: src.max_rd_atomic,
            max_dest_rd_atomic: src.max_dest_rd_atomic,
            min_rnr_timer: src.min_rnr_timer,
            port_num: src.port_num,
            timeout: src.timeout,
            retry_cnt: src.retry_cnt,
            rnr_retry: src.rnr_retry,
            alt_port_num: src.alt_port_num,
            alt_timeout: src.alt_timeout,
            ..Zeroed::zeroed()
        };
        // Programs built before the last member have no room for it.
        const FIRST: usize = std::mem::offset_of!(ibv_qp_attr, cur_qp_state);
        const LAST: usize = std::mem::offset_of!(ibv_qp_attr, rate_limit);
        let from = (&raw const copy).cast::<u8>().wrapping_add(FIRST);
        // SAFETY: the promise *place*; the range lies inside both structs.
        unsafe {
            dst.byte_add(FIRST)
                .cast::<u8>()
                .copy_from_nonoverlapping(from, LAST - FIRST)
        };
        Ok(())
    });
}

/// A path record as the kernel gives it.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_copy_path_rec_from_kern(
    dst: *mut ibv_sa_path_rec,
    src: *mut ib_user_path_rec,
) {
    gate::nothing(|| {
        not_null(dst)?;
        not_null(src)?;
        // SAFETY: the promise *argument*.
        let src = unsafe { src.read() };
        let copy = ibv_sa_path_rec {
            dgid: ibv_gid { raw: src.dgid },
            sgid: ibv_gid { raw: src.sgid },
            dlid: src.dlid,
            slid: src.slid,
            raw_traffic: src.raw_traffic as i32,
            flow_label: src.flow_label,
            hop_limit: src.hop_limit,
            traffic_class: src.traffic_class,
            reversible: src.reversible as i32,
            numb_path: src.numb_path,
            pkey: src.pkey,
            sl: src.sl,
            mtu_selector: src.mtu_selector,
            mtu: src.mtu as u8,
            rate_selector: src.rate_selector,
            rate: src.rate,
            packet_life_time_selector: src.packet_life_time_selector,
            packet_life_time: src.packet_life_time,
            preference: src.preference,
        };
        // SAFETY: the promise *place*.
        unsafe { dst.write(copy) };
        Ok(())
    });
}

/// A path record as the kernel takes it.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_copy_path_rec_to_kern(
    dst: *mut ib_user_path_rec,
    src: *mut ibv_sa_path_rec,
) {
    gate::nothing(|| {
        not_null(dst)?;
        not_null(src)?;
        // SAFETY: the promise *argument*.
        let src = unsafe { src.read() };
        let copy = ib_user_path_rec {
            // SAFETY: all bytes of the union are initialised, and any bytes are a GID.
            dgid: unsafe { src.dgid.raw },
            // SAFETY: as above.
            sgid: unsafe { src.sgid.raw },
            dlid: src.dlid,
            slid: src.slid,
            raw_traffic: src.raw_traffic as u32,
            flow_label: src.flow_label,
            reversible: src.reversible as u32,
            mtu: src.mtu.into(),
            pkey: src.pkey,
            hop_limit: src.hop_limit,
            traffic_class: src.traffic_class,
            numb_path: src.numb_path,
            sl: src.sl,
            mtu_selector: src.mtu_selector,
            rate_selector: src.rate_selector,
            rate: src.rate,
            packet_life_time_selector: src.packet_life_time_selector,
            packet_life_time: src.packet_life_time,
            preference: src.preference,
        };
        // SAFETY: the promise *place*.
        unsafe { dst.write(copy) };
        Ok(())
    });
}

#[cfg(test)]
mod tests;
