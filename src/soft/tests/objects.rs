//! Making, querying and destroying; what is refused and with which errno.

use super::abi::*;
use super::nic::*;
use super::soft;
use super::soft::limits;
use libc::{EBUSY, EFAULT, EINVAL, EOPNOTSUPP};
use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

/// NULL, with this errno.
fn refused<T>(pointer: *mut T, with: c_int) {
    let found = errno();
    assert!(pointer.is_null());
    assert_eq!(found, with);
}

#[test]
fn what_is_in_use_cannot_be_destroyed() {
    let nic = Nic::open();
    let cq = nic.cq(8, null_mut());
    let srq = nic.srq(8);
    let qp = nic.qp(&Wish {
        srq,
        ..Wish::on(cq, IBV_QPT_RC)
    });
    let region = nic.region(64);
    let ah = op!(create_ah(nic.pd, &mut nic.address()));
    assert!(!ah.is_null());
    assert_eq!(op!(destroy_cq(cq)), EBUSY);
    assert_eq!(op!(destroy_srq(srq)), EBUSY);
    assert_eq!(op!(dealloc_pd(nic.pd)), EBUSY);
    assert_eq!(op!(destroy_qp(qp)), 0);
    assert_eq!(op!(destroy_cq(cq)), 0);
    assert_eq!(op!(dealloc_pd(nic.pd)), EBUSY);
    assert_eq!(op!(destroy_srq(srq)), 0);
    assert_eq!(op!(dealloc_pd(nic.pd)), EBUSY);
    drop(region);
    assert_eq!(op!(dealloc_pd(nic.pd)), EBUSY);
    assert_eq!(op!(destroy_ah(ah)), 0);
    // The domain goes with `nic`, which sees that nothing holds it.
}

#[test]
fn one_more_than_the_limit_is_refused() {
    let nic = Nic::open();
    for depth in [0, -1, limits::MAX_CQE as c_int + 1, c_int::MIN] {
        refused(op!(create_cq(nic.context, depth, null_mut(), 0)), EINVAL);
    }
    for vector in [-1, limits::NUM_COMP_VECTORS as c_int] {
        refused(op!(create_cq(nic.context, 1, null_mut(), vector)), EINVAL);
    }
    let cq = nic.cq(1, null_mut());
    type Spoil = fn(&mut ibv_qp_cap);
    let spoils: [Spoil; 5] = [
        |cap| cap.max_send_wr = limits::MAX_QP_WR + 1,
        |cap| cap.max_recv_wr = limits::MAX_QP_WR + 1,
        |cap| cap.max_send_sge = limits::MAX_SGE + 1,
        |cap| cap.max_recv_sge = limits::MAX_SGE + 1,
        |cap| cap.max_inline_data = limits::MAX_INLINE_BYTES + 1,
    ];
    for spoil in spoils {
        let mut wish = Wish::on(cq, IBV_QPT_RC);
        spoil(&mut wish.cap);
        refused(nic.try_qp(&wish), EINVAL);
    }
    for (max_wr, max_sge) in [
        (0, 1),
        (limits::MAX_SRQ_WR + 1, 1),
        (1, limits::MAX_SGE + 1),
    ] {
        let mut init: ibv_srq_init_attr = Zeroed::zeroed();
        init.attr.max_wr = max_wr;
        init.attr.max_sge = max_sge;
        refused(op!(create_srq(nic.pd, &mut init)), EINVAL);
    }
    refused(nic.try_qp(&Wish::on(cq, 99)), EINVAL);
    refused(nic.try_qp(&Wish::on(cq, IBV_QPT_RAW_PACKET)), EOPNOTSUPP);
    assert_eq!(op!(destroy_cq(cq)), 0);
}

#[test]
fn queues_of_another_context_are_refused() {
    let (nic, other) = (Nic::open(), Nic::open());
    let cqs = [nic.cq(1, null_mut()), other.cq(1, null_mut())];
    let srq = other.srq(1);
    let good = Wish::on(cqs[0], IBV_QPT_RC);
    for wish in [
        Wish {
            send_cq: cqs[1],
            ..good
        },
        Wish {
            recv_cq: cqs[1],
            ..good
        },
        Wish { srq, ..good },
    ] {
        refused(nic.try_qp(&wish), EINVAL);
    }
    assert_eq!(op!(destroy_srq(srq)), 0);
    for cq in cqs {
        assert_eq!(op!(destroy_cq(cq)), 0);
    }
}

#[test]
fn null_is_einval() {
    let nic = Nic::open();
    let cq = nic.cq(4, null_mut());
    let srq = nic.srq(1);
    let qp = nic.qp(&Wish::on(cq, IBV_QPT_RC));
    refused(op!(alloc_pd(null_mut())), EINVAL);
    refused(op!(create_cq(null_mut(), 1, null_mut(), 0)), EINVAL);
    refused(op!(create_srq(nic.pd, null_mut())), EINVAL);
    refused(op!(create_qp(nic.pd, null_mut())), EINVAL);
    refused(op!(create_qp(null_mut(), null_mut())), EINVAL);
    refused(op!(create_ah(nic.pd, null_mut())), EINVAL);
    refused(nic.try_qp(&Wish::on(null_mut(), IBV_QPT_RC)), EINVAL);
    refused(op!(reg_mr(null_mut(), null_mut(), 1, 0, 0)), EINVAL);
    assert_eq!(op!(modify_qp(qp, null_mut(), 0)), EINVAL);
    assert_eq!(op!(query_qp(qp, null_mut(), 0, null_mut())), EINVAL);
    assert_eq!(op!(modify_srq(srq, null_mut(), 0)), EINVAL);
    assert_eq!(op!(query_srq(srq, null_mut())), EINVAL);
    assert_eq!(op!(poll_cq(cq, 1, null_mut())), -1);
    assert_eq!(op!(poll_cq(cq, -1, null_mut())), -1);
    assert_eq!(op!(poll_cq(cq, 0, null_mut())), 0);
    for failed in [
        op!(dealloc_pd(null_mut())),
        op!(dereg_mr(null_mut())),
        op!(destroy_ah(null_mut())),
        op!(destroy_cq(null_mut())),
        op!(destroy_qp(null_mut())),
        op!(destroy_srq(null_mut())),
        op!(resize_cq(null_mut(), 1)),
        op!(req_notify_cq(null_mut(), 0)),
        op!(post_send(null_mut(), null_mut(), null_mut())),
        op!(post_recv(null_mut(), null_mut(), null_mut())),
    ] {
        assert_eq!(failed, EINVAL);
    }
    assert_eq!(op!(destroy_qp(qp)), 0);
    assert_eq!(op!(destroy_srq(srq)), 0);
    assert_eq!(op!(destroy_cq(cq)), 0);
}

/// Two pages, of which the second is not there.
struct Cliff(*mut c_void);

const PAGE: usize = 4096;

impl Cliff {
    fn new(prot: c_int) -> Cliff {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping disturbs nobody.
        let base = unsafe { libc::mmap(null_mut(), 2 * PAGE, prot, flags, -1, 0) };
        assert_ne!(base, libc::MAP_FAILED);
        // SAFETY: the second page of our mapping.
        assert_eq!(unsafe { libc::munmap(base.byte_add(PAGE), PAGE) }, 0);
        Cliff(base)
    }
}

impl Drop for Cliff {
    fn drop(&mut self) {
        // SAFETY: our mapping.
        unsafe { libc::munmap(self.0, PAGE) };
    }
}

fn register(nic: &Nic, addr: *mut c_void, len: usize, access: u32) -> *mut ibv_mr {
    op!(reg_mr(nic.pd, addr, len, addr as u64, access as c_int))
}

#[test]
fn regions_must_be_there_and_writable_if_they_are_to_be_written() {
    let nic = Nic::open();
    let there = Cliff::new(libc::PROT_READ | libc::PROT_WRITE);
    let read_only = Cliff::new(libc::PROT_READ);
    refused(register(&nic, there.0, PAGE + 1, 0), EFAULT);
    refused(
        register(&nic, read_only.0, PAGE, IBV_ACCESS_LOCAL_WRITE),
        EFAULT,
    );
    // Sums that leave the address space.
    let high = usize::MAX as *mut c_void;
    refused(register(&nic, high, 2, 0), EINVAL);
    for (place, access) in [
        (&there, ALL_ACCESS),
        (&read_only, 0),
        (&read_only, IBV_ACCESS_REMOTE_READ),
        (&there, IBV_ACCESS_RELAXED_ORDERING),
    ] {
        let mr = register(&nic, place.0, PAGE, access);
        assert!(!mr.is_null());
        // SAFETY: a live region.
        let made = unsafe { &*mr };
        assert_eq!((made.addr, made.length), (place.0, PAGE));
        assert_eq!(made.lkey, made.rkey);
        assert_eq!(op!(dereg_mr(mr.cast())), 0);
    }
}

#[test]
fn access_flags_are_checked() {
    let nic = Nic::open();
    let mut bytes = vec![0_u8; 64];
    let place: *mut c_void = bytes.as_mut_ptr().cast();
    for access in [IBV_ACCESS_REMOTE_WRITE, IBV_ACCESS_REMOTE_ATOMIC] {
        refused(register(&nic, place, 64, access), EINVAL);
        let mr = register(&nic, place, 64, access | IBV_ACCESS_LOCAL_WRITE);
        assert_eq!(op!(dereg_mr(mr.cast())), 0);
    }
    refused(register(&nic, place, 64, 1 << 19), EINVAL);
    // On-demand regions: the whole address space begins at 0.
    let mr = register(&nic, null_mut(), usize::MAX, IBV_ACCESS_ON_DEMAND);
    assert!(!mr.is_null());
    assert_eq!(op!(dereg_mr(mr.cast())), 0);
    refused(
        register(&nic, place, usize::MAX, IBV_ACCESS_ON_DEMAND),
        EINVAL,
    );
}

#[test]
fn addresses_a_port_cannot_reach_are_refused() {
    let nic = Nic::open();
    type Spoil = fn(&mut ibv_ah_attr);
    let spoils: [Spoil; 4] = [
        |address| address.is_global = 0,
        |address| address.port_num = 2,
        |address| address.grh.sgid_index = 200,
        |address| address.grh.dgid = ibv_gid { raw: [0; 16] },
    ];
    for spoil in spoils {
        let mut address = nic.address();
        spoil(&mut address);
        refused(op!(create_ah(nic.pd, &mut address)), EINVAL);
    }
}

#[test]
fn a_qp_tells_what_it_was_given() {
    let nic = Nic::open();
    let cq = nic.cq(8, null_mut());
    let wish = Wish {
        sq_sig_all: 1,
        ..Wish::on(cq, IBV_QPT_RC)
    };
    let qp = nic.loop_qp(&wish);
    let mut attr: ibv_qp_attr = Zeroed::zeroed();
    let mut init: ibv_qp_init_attr = Zeroed::zeroed();
    assert_eq!(op!(query_qp(qp, &mut attr, -1, &mut init)), 0);
    assert_eq!(attr.qp_state, IBV_QPS_RTS);
    assert_eq!(attr.cur_qp_state, IBV_QPS_RTS);
    assert_eq!(attr.path_mtu, IBV_MTU_1024);
    assert_eq!(attr.dest_qp_num, number(qp));
    assert_eq!((attr.sq_psn, attr.rq_psn), (77, 77));
    assert_eq!(attr.qp_access_flags, ALL_ACCESS & !IBV_ACCESS_LOCAL_WRITE);
    assert_eq!((attr.max_rd_atomic, attr.max_dest_rd_atomic), (4, 4));
    assert_eq!((attr.timeout, attr.retry_cnt, attr.rnr_retry), (14, 7, 7));
    assert_eq!((attr.min_rnr_timer, attr.port_num), (1, 1));
    // SAFETY: both members are 16 bytes of plain data.
    let gids = unsafe { (attr.ah_attr.grh.dgid.raw, nic.gid().raw) };
    assert_eq!(gids.0, gids.1);
    assert_eq!(
        (attr.ah_attr.is_global, attr.ah_attr.grh.hop_limit),
        (1, 64)
    );
    assert_eq!((attr.cap.max_send_wr, attr.cap.max_inline_data), (64, 256));
    assert_eq!((init.send_cq, init.recv_cq), (cq, cq));
    assert_eq!((init.qp_type, init.sq_sig_all), (IBV_QPT_RC, 1));
    assert_eq!(op!(destroy_qp(qp)), 0);
    assert_eq!(op!(destroy_cq(cq)), 0);
}

#[test]
fn states_refuse_what_they_do_not_take() {
    let nic = Nic::open();
    let cq = nic.cq(8, null_mut());
    let region = nic.region(64);
    let qp = nic.qp(&Wish::on(cq, IBV_QPT_RC));
    let own = number(qp);
    let mut sges = [region.sge(0, 8)];
    // RESET takes nothing and goes to INIT only.
    assert_eq!(post_recv(qp, 1, &mut sges), EINVAL);
    let mut wr = send_wr(1, IBV_WR_SEND, &mut sges);
    assert_eq!(post_send(qp, &mut wr), EINVAL);
    assert_eq!(nic.modify(qp, IBV_QPS_RTR, own), EINVAL);
    assert_eq!(nic.modify(qp, IBV_QPS_RTS, own), EINVAL);
    // A mask with too much or too little of it.
    let (mut attr, mask) = nic.attr(qp, IBV_QPS_INIT, own);
    for wrong in [mask & !IBV_QP_PORT, mask | IBV_QP_DEST_QPN] {
        assert_eq!(op!(modify_qp(qp, &mut attr, wrong as c_int)), EINVAL);
    }
    for unknown in [mask | 1 << 26, mask | 1 << 31] {
        assert_eq!(op!(modify_qp(qp, &mut attr, unknown as c_int)), EOPNOTSUPP);
    }
    attr.port_num = 2;
    assert_eq!(op!(modify_qp(qp, &mut attr, mask as c_int)), EINVAL);
    attr.port_num = 1;
    attr.cur_qp_state = IBV_QPS_RTS;
    let wrong = mask | IBV_QP_CUR_STATE;
    assert_eq!(op!(modify_qp(qp, &mut attr, wrong as c_int)), EINVAL);
    // INIT takes receives, RTS sends.
    assert_eq!(nic.modify(qp, IBV_QPS_INIT, own), 0);
    assert_eq!(post_recv(qp, 1, &mut sges), 0);
    assert_eq!(post_send(qp, &mut wr), EINVAL);
    assert_eq!(nic.modify(qp, IBV_QPS_RTR, own), 0);
    assert_eq!(post_send(qp, &mut wr), EINVAL);
    assert_eq!(nic.modify(qp, IBV_QPS_RTS, own), 0);
    assert_eq!(post_send(qp, &mut wr), 0);
    let ends = [poll(cq), poll(cq)];
    assert!(ends.iter().all(|wc| wc.status == IBV_WC_SUCCESS));
    // SAFETY: a live QP.
    assert_eq!(unsafe { (*qp).state }, IBV_QPS_RTS);
    assert_eq!(op!(destroy_qp(qp)), 0);
    assert_eq!(op!(destroy_cq(cq)), 0);
}

#[test]
fn a_queue_is_resized_around_what_it_holds() {
    let nic = Nic::open();
    let cq = nic.cq(2, null_mut());
    let qp = nic.loop_qp(&Wish::on(cq, IBV_QPT_RC));
    // Two flushed receives fill it.
    for wr_id in [5, 6] {
        assert_eq!(post_recv(qp, wr_id, &mut []), 0);
    }
    assert_eq!(nic.modify(qp, IBV_QPS_ERR, 0), 0);
    assert_eq!(op!(resize_cq(cq, 1)), EINVAL);
    assert_eq!(op!(resize_cq(cq, 0)), EINVAL);
    assert_eq!(op!(resize_cq(cq, limits::MAX_CQE as c_int + 1)), EINVAL);
    assert_eq!(op!(resize_cq(cq, 1000)), 0);
    // SAFETY: a live CQ.
    assert_eq!(unsafe { (*cq).cqe }, 1000);
    for wr_id in [5, 6] {
        let wc = poll(cq);
        assert_eq!((wc.wr_id, wc.status), (wr_id, IBV_WC_WR_FLUSH_ERR));
    }
    assert_eq!(op!(resize_cq(cq, 1)), 0);
    assert_eq!(op!(destroy_qp(qp)), 0);
    assert_eq!(op!(destroy_cq(cq)), 0);
}

#[test]
fn a_device_may_be_closed_with_everything_open() {
    let target = Nic::open();
    let cq = target.cq(64, null_mut());
    let to = target.region(64);
    let qp = target.qp(&Wish::on(cq, IBV_QPT_RC));
    let nic = Nic::open();
    let sender_cq = nic.cq(64, null_mut());
    let from = nic.region(64);
    let sender = nic.qp(&Wish::on(sender_cq, IBV_QPT_RC));
    target.connect(qp, number(sender));
    nic.connect(sender, number(qp));
    let place = to.sge(0, 64);
    // The region belongs to a device that will be gone.
    std::mem::forget(to);
    target.abandon();
    // Nobody answers for the QP any more, and nothing is written on its account.
    let mut sges = [from.sge(0, 64)];
    let mut wr = rdma_wr(1, IBV_WR_RDMA_WRITE, &mut sges, &place);
    assert_eq!(post_send(sender, &mut wr), 0);
    assert_eq!(nic.modify(sender, IBV_QPS_ERR, 0), 0);
    assert_eq!(poll(sender_cq).status, IBV_WC_WR_FLUSH_ERR);
    assert_eq!(op!(destroy_qp(sender)), 0);
    assert_eq!(op!(destroy_cq(sender_cq)), 0);
}
