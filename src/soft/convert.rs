//! Between the C words of verbs and the words of the engine; the one place that knows both.

use super::device::DeviceSpec;
use super::{gid, handle};
use crate::abi::{self, ibv_ah_attr, ibv_qp_attr, ibv_send_wr, ibv_wc};
use crate::base::errno::Errno;
use crate::base::ids::{Gid, Qkey, Qpn, Rkey};
use crate::engine::types::{
    Access, AddressVector, AttrMask, Cqe, Datagram, ModifyError, PostError, QpAttr, SendFlags,
    SendOp, SendWr, Service, Sge,
};
use crate::wire::AtomicWords;
use crate::{log_error, log_warn};

/// The words of an `ibv_wc`.
pub(crate) const WC_WORDS: usize = size_of::<ibv_wc>() / 8;

/// A completion as the application polls it, as the words of its `ibv_wc`.
#[inline]
pub(crate) fn wc(cqe: &Cqe) -> [u64; WC_WORDS] {
    const {
        assert!(WC_WORDS == 6 && size_of::<ibv_wc>().is_multiple_of(8));
        assert!(std::mem::offset_of!(ibv_wc, status) == 8);
        assert!(std::mem::offset_of!(ibv_wc, vendor_err) == 16);
        assert!(std::mem::offset_of!(ibv_wc, imm) == 24);
        assert!(std::mem::offset_of!(ibv_wc, src_qp) == 32);
        assert!(std::mem::offset_of!(ibv_wc, sl) == 44);
    }
    let mut flags = 0;
    if cqe.has_grh {
        flags |= abi::IBV_WC_GRH;
    }
    if cqe.imm_data.is_some() {
        flags |= abi::IBV_WC_WITH_IMM;
    }
    [
        cqe.wr_id,
        pair(cqe.status as u32, cqe.opcode as u32),
        pair(cqe.vendor_err, cqe.byte_len),
        pair(cqe.imm_data.unwrap_or(0), cqe.qpn.0),
        pair(cqe.src_qpn.0, flags),
        // Indices and path bits are zero on a port of Ethernet.
        u64::from_ne_bytes([0, 0, 0, 0, cqe.sl, 0, 0, 0]),
    ]
}

/// Two neighbouring fields as the word that holds both.
#[inline]
const fn pair(first: u32, second: u32) -> u64 {
    const { assert!(cfg!(target_endian = "little")) }
    first as u64 | (second as u64) << 32
}

/// `qp_num` among the words of [`wc`].
#[inline]
pub(crate) fn wc_qpn(words: &[u64; WC_WORDS]) -> Qpn {
    Qpn((words[3] >> 32) as u32)
}

/// A send work request, without its scatter-gather list. The destination of a datagram goes to
/// `room`.
///
/// # Safety
/// `wr` must be filled as its opcode and the service want it: for UD, `wr.ud.ah` is NULL or an
/// address handle of this device.
#[inline]
pub(crate) unsafe fn send_wr<'a>(
    wr: &ibv_send_wr,
    service: Service,
    room: &'a mut Option<Datagram>,
) -> Result<SendWr<'a>, PostError> {
    // SAFETY: both members of the union are 4 bytes of plain data.
    let imm_data = unsafe { wr.imm.imm_data };
    let op = match wr.opcode {
        abi::IBV_WR_SEND => SendOp::Send,
        abi::IBV_WR_SEND_WITH_IMM => SendOp::SendImm { imm_data },
        abi::IBV_WR_RDMA_WRITE | abi::IBV_WR_RDMA_WRITE_WITH_IMM | abi::IBV_WR_RDMA_READ => {
            // SAFETY: every member of the union is plain data within its size.
            let rdma = unsafe { wr.wr.rdma };
            let (remote_va, rkey) = (rdma.remote_addr, Rkey(rdma.rkey));
            match wr.opcode {
                abi::IBV_WR_RDMA_WRITE => SendOp::Write { remote_va, rkey },
                abi::IBV_WR_RDMA_READ => SendOp::Read { remote_va, rkey },
                _ => SendOp::WriteImm {
                    remote_va,
                    rkey,
                    imm_data,
                },
            }
        }
        abi::IBV_WR_ATOMIC_CMP_AND_SWP | abi::IBV_WR_ATOMIC_FETCH_AND_ADD => {
            // SAFETY: as above.
            let atomic = unsafe { wr.wr.atomic };
            let (remote_va, rkey) = (atomic.remote_addr, Rkey(atomic.rkey));
            if wr.opcode == abi::IBV_WR_ATOMIC_CMP_AND_SWP {
                let words = AtomicWords {
                    swap_add: atomic.swap,
                    compare: atomic.compare_add,
                };
                SendOp::CompareSwap {
                    remote_va,
                    rkey,
                    words,
                }
            } else {
                let words = AtomicWords {
                    swap_add: atomic.compare_add,
                    compare: 0,
                };
                SendOp::FetchAdd {
                    remote_va,
                    rkey,
                    words,
                }
            }
        }
        _ => return Err(PostError::Invalid("opcode")),
    };
    let datagram = if service == Service::Ud {
        // SAFETY: as above; for UD this member is the one in use.
        let ud = unsafe { wr.wr.ud };
        // SAFETY: the caller's obligation.
        let ah = unsafe { handle::ah(ud.ah) }.map_err(|_| PostError::Invalid("wr.ud.ah"))?;
        Some(&*room.insert(Datagram {
            av: ah.av,
            pd: ah.pd.id,
            dest_qpn: Qpn(ud.remote_qpn & 0x00ff_ffff),
            qkey: Qkey(ud.remote_qkey),
        }))
    } else {
        None
    };
    Ok(SendWr {
        wr_id: wr.wr_id,
        op,
        flags: SendFlags::from_bits_truncate(wr.send_flags),
        datagram,
    })
}

/// The scatter-gather list of a work request, read in place.
///
/// # Safety
/// `list` must point to `count` elements that stay unchanged while the slice lives.
#[inline]
pub(crate) unsafe fn sges<'a>(
    list: *const abi::ibv_sge,
    count: i32,
) -> Result<&'a [Sge], PostError> {
    const { assert!(size_of::<Sge>() == size_of::<abi::ibv_sge>()) };
    if count == 0 {
        return Ok(&[]);
    }
    if count < 0 || list.is_null() {
        return Err(PostError::Invalid("sg_list"));
    }
    // SAFETY: `Sge` has the layout of `ibv_sge`; the caller vouches for pointer and length.
    Ok(unsafe { std::slice::from_raw_parts(list.cast(), count as usize) })
}

/// The error number of a refused work request.
#[cold]
pub(crate) fn post_errno(qpn: Qpn, error: PostError) -> Errno {
    match error {
        PostError::Full => Errno::ENOMEM,
        PostError::TooMuch => {
            log_warn!("{qpn:?}: more scatter-gather elements or inline bytes than the QP takes");
            Errno::EINVAL
        }
        PostError::State => {
            log_warn!("{qpn:?}: the state of the QP takes no such work request");
            Errno::EINVAL
        }
        PostError::Invalid(field) => {
            log_warn!("{qpn:?}: work request refused: {field}");
            Errno::EINVAL
        }
    }
}

/// An address as the engine keeps it; EINVAL for what a RoCE port cannot reach.
pub(crate) fn address_vector(
    device: &DeviceSpec,
    attr: &ibv_ah_attr,
) -> Result<AddressVector, Errno> {
    let refuse = |field: &str, value: u32| {
        log_error!("address refused: {field} is {value}");
        Errno::EINVAL
    };
    if attr.is_global == 0 {
        return Err(refuse("is_global (RoCE addresses by GID)", 0));
    }
    if attr.port_num != 1 {
        return Err(refuse("port_num", attr.port_num.into()));
    }
    let Ok(sgid) = gid::query_gid(device, attr.port_num, attr.grh.sgid_index.into()) else {
        return Err(refuse("sgid_index", attr.grh.sgid_index.into()));
    };
    // SAFETY: both members of the union are 16 bytes of plain data.
    let dgid = Gid(unsafe { attr.grh.dgid.raw });
    if dgid == Gid::default() {
        return Err(refuse("dgid", 0));
    }
    Ok(AddressVector {
        dgid,
        sgid,
        sgid_index: attr.grh.sgid_index,
        traffic_class: attr.grh.traffic_class,
        hop_limit: attr.grh.hop_limit,
        flow_label: attr.grh.flow_label,
        sl: attr.sl,
        port_num: attr.port_num,
    })
}

/// The C form of an address.
pub(crate) fn ah_attr(av: &AddressVector) -> ibv_ah_attr {
    let mut attr = <ibv_ah_attr as abi::Zeroed>::zeroed();
    attr.grh.dgid = abi::ibv_gid { raw: av.dgid.0 };
    attr.grh.sgid_index = av.sgid_index;
    attr.grh.traffic_class = av.traffic_class;
    attr.grh.hop_limit = av.hop_limit;
    attr.grh.flow_label = av.flow_label;
    attr.sl = av.sl;
    attr.port_num = av.port_num;
    attr.is_global = 1;
    attr
}

/// Attributes of a modify, as far as the mask names them.
pub(crate) fn qp_attr(
    device: &DeviceSpec,
    attr: &ibv_qp_attr,
    mask: AttrMask,
) -> Result<QpAttr, Errno> {
    let av = if mask.contains(AttrMask::AV) {
        address_vector(device, &attr.ah_attr)?
    } else {
        AddressVector::default()
    };
    Ok(QpAttr {
        state: attr.qp_state,
        cur_state: attr.cur_qp_state,
        path_mtu: attr.path_mtu,
        path_mig_state: attr.path_mig_state,
        qkey: Qkey(attr.qkey),
        rq_psn: attr.rq_psn,
        sq_psn: attr.sq_psn,
        dest_qpn: Qpn(attr.dest_qp_num),
        access: Access::from_bits_truncate(attr.qp_access_flags),
        av,
        pkey_index: attr.pkey_index,
        en_sqd_async_notify: attr.en_sqd_async_notify != 0,
        sq_draining: false,
        max_rd_atomic: attr.max_rd_atomic,
        max_dest_rd_atomic: attr.max_dest_rd_atomic,
        min_rnr_timer: attr.min_rnr_timer,
        port_num: attr.port_num,
        timeout: attr.timeout,
        retry_cnt: attr.retry_cnt,
        rnr_retry: attr.rnr_retry,
    })
}

/// The C form of a QP's attributes; fields nobody set are zero.
pub(crate) fn c_qp_attr(attr: &QpAttr) -> ibv_qp_attr {
    let mut out = <ibv_qp_attr as abi::Zeroed>::zeroed();
    out.qp_state = attr.state;
    out.cur_qp_state = attr.state;
    out.path_mtu = attr.path_mtu;
    out.path_mig_state = attr.path_mig_state;
    out.qkey = attr.qkey.0;
    out.rq_psn = attr.rq_psn;
    out.sq_psn = attr.sq_psn;
    out.dest_qp_num = attr.dest_qpn.0;
    out.qp_access_flags = attr.access.bits();
    if attr.av.port_num != 0 {
        out.ah_attr = ah_attr(&attr.av);
    }
    out.pkey_index = attr.pkey_index;
    out.en_sqd_async_notify = attr.en_sqd_async_notify.into();
    out.sq_draining = attr.sq_draining.into();
    out.max_rd_atomic = attr.max_rd_atomic;
    out.max_dest_rd_atomic = attr.max_dest_rd_atomic;
    out.min_rnr_timer = attr.min_rnr_timer;
    out.port_num = attr.port_num;
    out.timeout = attr.timeout;
    out.retry_cnt = attr.retry_cnt;
    out.rnr_retry = attr.rnr_retry;
    out
}

/// The error number of a refused modify, with the reason in the log.
pub(crate) fn modify_errno(qpn: Qpn, error: &ModifyError) -> Errno {
    match error {
        ModifyError::Transition { from, to } => {
            log_error!("modify {qpn:?}: no transition from {from:?} to state {to}");
        }
        ModifyError::CurState { actual } => {
            log_error!("modify {qpn:?}: cur_qp_state is wrong, the QP is in {actual:?}");
        }
        ModifyError::Missing(mask) => {
            log_error!("modify {qpn:?}: attributes missing from the mask: {mask:?}");
        }
        ModifyError::NotAllowed(mask) => {
            log_error!("modify {qpn:?}: attributes not allowed here: {mask:?}");
        }
        ModifyError::Range(field) => {
            log_error!("modify {qpn:?}: {field} is out of range");
        }
        ModifyError::Unsupported(field) => {
            log_error!("modify {qpn:?}: {field} is not supported by this device");
            return Errno::EOPNOTSUPP;
        }
    }
    Errno::EINVAL
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::types::{WcOpcode, WcStatus};

    #[test]
    fn the_words_of_a_completion_are_its_fields() {
        let cqe = Cqe {
            wr_id: 0x0102_0304_0506_0708,
            status: WcStatus::RetryExcErr,
            opcode: WcOpcode::RecvRdmaWithImm,
            is_recv: true,
            byte_len: 0x1111_2222,
            imm_data: Some(0x3333_4444),
            qpn: Qpn(0xab_cdef),
            src_qpn: Qpn(0x12_3456),
            has_grh: true,
            sl: 7,
            solicited: true,
            vendor_err: 0x5555_6666,
            sq_end: 9,
        };
        let words = wc(&cqe);
        // SAFETY: an `ibv_wc` is six words of plain data, and every pattern is one.
        let read = unsafe { std::mem::transmute::<[u64; WC_WORDS], ibv_wc>(words) };
        assert_eq!(read.wr_id, cqe.wr_id);
        assert_eq!((read.status, read.opcode), (12, 129));
        assert_eq!((read.vendor_err, read.byte_len), (0x5555_6666, 0x1111_2222));
        // SAFETY: both members are four bytes of plain data.
        assert_eq!(unsafe { read.imm.imm_data }, 0x3333_4444);
        assert_eq!((read.qp_num, read.src_qp), (0xab_cdef, 0x12_3456));
        assert_eq!(read.wc_flags, abi::IBV_WC_GRH | abi::IBV_WC_WITH_IMM);
        assert_eq!((read.pkey_index, read.slid), (0, 0));
        assert_eq!((read.sl, read.dlid_path_bits), (7, 0));
        assert_eq!(wc_qpn(&words), cqe.qpn);
    }
}
