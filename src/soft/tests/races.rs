//! Several threads on one device; nothing is timed, the rounds are counted.

use super::abi::*;
use super::nic::*;
use super::soft;
use crate::base::sync::{AtomicBool, Ordering};
use crate::engine::types::{AttrMask, QpAttr, QpState};
use crate::soft::handle;
use crate::soft::process::Process;
use std::ptr::null_mut;
use std::thread;

/// A pointer for another thread.
#[derive(Clone, Copy)]
struct Sent<T>(*mut T);

// SAFETY: verbs objects may be used from any thread.
unsafe impl<T> Send for Sent<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Sent<T> {}

impl<T> Sent<T> {
    fn get(&self) -> *mut T {
        self.0
    }
}

#[test]
fn who_found_a_qp_before_it_was_destroyed_tells_nothing_of_it() {
    let nic = Nic::open();
    let cq = nic.cq(8, null_mut());
    let qp = nic.loop_qp(&Wish::on(cq, IBV_QPT_RC));
    assert_eq!(post_recv(qp, 1, &mut []), 0);
    // A timer has found it.
    // SAFETY: a live QP.
    let found = unsafe { handle::qp(qp) }.unwrap().clone();
    assert_eq!(op!(destroy_qp(qp)), 0);
    let mut guard = found.lock();
    let to_error = QpAttr {
        state: QpState::Err as u32,
        ..QpAttr::default()
    };
    assert!(guard.engine.modify(&to_error, AttrMask::STATE).is_ok());
    Process::current().unwrap().drive(&found, &mut guard);
    drop(guard);
    assert!(poll_once(cq).is_none());
    assert_eq!(op!(destroy_cq(cq)), 0);
}

/// One message with its completions.
fn exchange(qp: *mut ibv_qp, cq: *mut ibv_cq, region: &Region, round: u64) {
    let mut to = [region.sge(8, 8)];
    assert_eq!(post_recv(qp, round, &mut to), 0);
    let mut from = [region.sge(0, 8)];
    let mut wr = send_wr(round, IBV_WR_SEND, &mut from);
    assert_eq!(post_send(qp, &mut wr), 0);
    for _ in 0..2 {
        let wc = poll(cq);
        assert_eq!((wc.status, wc.wr_id), (IBV_WC_SUCCESS, round));
    }
}

#[test]
fn threads_make_use_and_destroy_qps_side_by_side() {
    let nic = Nic::open();
    let nic = &nic;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(move || {
                let region = nic.region(16);
                for round in 0..60 {
                    let cq = nic.cq(16, null_mut());
                    let qp = nic.loop_qp(&Wish::on(cq, IBV_QPT_RC));
                    for message in 0..10 {
                        exchange(qp, cq, &region, round * 100 + message);
                    }
                    assert_eq!(op!(destroy_qp(qp)), 0);
                    assert_eq!(op!(destroy_cq(cq)), 0);
                }
            });
        }
    });
}

#[test]
fn threads_share_a_qp_and_its_queue() {
    const THREADS: u64 = 3;
    const ROUNDS: u64 = 300;
    let nic = Nic::open();
    let cq = Sent(nic.cq(256, null_mut()));
    let qp = Sent(nic.loop_qp(&Wish::on(cq.get(), IBV_QPT_RC)));
    let region = nic.region(64);
    let place = region.sge(0, 8);
    let done = std::sync::atomic::AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut sges = [region.sge(8, 8)];
                let mut posted = 0;
                for _ in 0..LOOKS {
                    if posted < ROUNDS {
                        let mut wr = rdma_wr(1, IBV_WR_RDMA_WRITE, &mut sges, &place);
                        posted += u64::from(post_send(qp.get(), &mut wr) == 0);
                    }
                    if let Some(wc) = poll_once(cq.get()) {
                        assert_eq!(wc.status, IBV_WC_SUCCESS);
                        done.fetch_add(1, Ordering::Relaxed);
                    } else if posted == ROUNDS && done.load(Ordering::Relaxed) == THREADS * ROUNDS {
                        return;
                    } else {
                        thread::yield_now();
                    }
                }
                panic!("not all has completed");
            });
        }
    });
    assert_eq!(op!(destroy_qp(qp.get())), 0);
    assert_eq!(op!(destroy_cq(cq.get())), 0);
}

#[test]
fn a_qp_is_reset_and_stopped_under_traffic() {
    let nic = Nic::open();
    let cq = Sent(nic.cq(1024, null_mut()));
    let qp = Sent(nic.loop_qp(&Wish::on(cq.get(), IBV_QPT_RC)));
    let region = nic.region(1 << 16);
    let place = region.sge(0, 1 << 15);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut sges = [region.sge(1 << 15, 1 << 15)];
            while !is_over.load(Ordering::Relaxed) {
                // Refused while the QP is on its way up, flushed in ERR.
                for opcode in [IBV_WR_RDMA_WRITE, IBV_WR_RDMA_READ] {
                    let mut wr = rdma_wr(1, opcode, &mut sges, &place);
                    let failed = post_send(qp.get(), &mut wr);
                    assert!([0, libc::EINVAL, libc::ENOMEM].contains(&failed));
                }
                let mut wr = send_wr(1, IBV_WR_SEND, &mut sges[..0]);
                post_recv(qp.get(), 2, &mut []);
                post_send(qp.get(), &mut wr);
                while let Some(wc) = poll_once(cq.get()) {
                    assert!([IBV_WC_SUCCESS, IBV_WC_WR_FLUSH_ERR].contains(&wc.status));
                }
                thread::yield_now();
            }
        });
        for round in 0..100 {
            if round % 2 == 0 {
                assert_eq!(nic.modify(qp.get(), IBV_QPS_ERR, 0), 0);
            }
            assert_eq!(nic.modify(qp.get(), IBV_QPS_RESET, 0), 0);
            nic.connect(qp.get(), number(qp.get()));
            thread::yield_now();
        }
        is_over.store(true, Ordering::Relaxed);
    });
    // What the last round left is over some time, and there is room again.
    for _ in 0..LOOKS {
        let mut wr = rdma_wr(1, IBV_WR_RDMA_WRITE, &mut [], &place);
        poll_once(cq.get());
        if post_send(qp.get(), &mut wr) == 0 {
            break;
        }
    }
    assert_eq!(poll(cq.get()).status, IBV_WC_SUCCESS);
    // And it works as a new one does.
    assert_eq!(nic.modify(qp.get(), IBV_QPS_RESET, 0), 0);
    assert!(poll_once(cq.get()).is_none());
    nic.connect(qp.get(), number(qp.get()));
    exchange(qp.get(), cq.get(), &region, 5);
    assert_eq!(op!(destroy_qp(qp.get())), 0);
    assert_eq!(op!(destroy_cq(cq.get())), 0);
}
