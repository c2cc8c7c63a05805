//! Receiver not ready: waits, budgets, and that nothing overtakes.

use super::pair::*;
use crate::base::time::Duration;
use crate::engine::types::*;
use crate::engine::vendor;

#[test]
fn a_missing_receive_delays_the_send() {
    for caps in [LOSSLESS, LOSSY] {
        let mut pair = Pair::with(Service::Rc, caps, |_| {}, |attr| attr.min_rnr_timer = 14);
        pair.a.fill(0, 5000, 2);
        for i in 0..4 {
            pair.a.send(&wr(i, SendOp::Send), &[sge(i * 100, 3000)]);
        }
        pair.b.recv(0, &[sge(0, 4000)]);
        pair.run();
        assert_eq!(pair.a.take_ends(), [(0, WcStatus::Success)]);
        let before = pair.a.host.now;
        let deadline = pair.a.qp.poll_timeout().unwrap();
        assert_eq!(deadline - before, Duration::from_micros(1280));
        for i in 1..4 {
            pair.b.recv(i, &[sge(i * 4096, 4000)]);
        }
        // Nothing goes out before the time has passed.
        pair.run();
        assert!(pair.b.take_ends().len() == 1);
        pair.run_with_timers(10);
        assert_eq!(pair.a.take_cqes().len(), 3);
        assert_eq!(pair.b.take_cqes().len(), 3);
        assert_eq!(
            pair.a.host.bytes(300, 3000),
            pair.b.host.bytes(3 * 4096, 3000)
        );
        assert_eq!(pair.a.qp.poll_timeout(), None);
    }
}

#[test]
fn the_budget_ends_in_an_error() {
    for (rnr_retry, attempts) in [(0, 1), (3, 4)] {
        let adapt = |attr: &mut QpAttr| attr.rnr_retry = rnr_retry;
        let mut pair = Pair::with(Service::Rc, LOSSLESS, |_| {}, adapt);
        pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
        pair.run_with_timers(100);
        let cqe = pair.a.take_cqes()[0];
        assert_eq!(cqe.status, WcStatus::RnrRetryExcErr);
        assert_eq!(cqe.vendor_err, vendor::RECEIVER_NOT_READY);
        assert_eq!(pair.count(Side::A, 0x04), attempts);
        // The responder is unharmed.
        assert_eq!(pair.b.qp.state(), QpState::Rts);
    }
}

#[test]
fn seven_retries_never_end() {
    let mut pair = Pair::with(Service::Rc, LOSSLESS, |_| {}, |attr| attr.rnr_retry = 7);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
    pair.run_with_timers(500);
    assert!(pair.a.take_cqes().is_empty());
    pair.b.recv(1, &[sge(0, 8)]);
    pair.run_with_timers(2);
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
}

#[test]
fn a_write_with_immediate_has_no_effect_before_its_receive() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.a.fill(0, 100, 1);
    pair.a.send(&wr(1, write_imm_to(0, 5)), &[sge(0, 100)]);
    pair.run();
    assert!(pair.b.host.bytes(0, 100).iter().all(|byte| *byte == 0));
    pair.b.recv(1, &[]);
    pair.run_with_timers(2);
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
    assert_eq!(pair.b.take_cqes()[0].byte_len, 100);
}

#[test]
fn reads_before_the_missing_receive_are_answered() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.fill(0, 5000, 3);
    pair.a.send(&wr(1, read_from(0)), &[sge(0, 5000)]);
    pair.a.send(&wr(2, SendOp::Send), &[sge(0, 8)]);
    pair.a.send(&wr(3, read_from(0)), &[sge(8192, 5000)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
    pair.b.recv(1, &[sge(8192, 8)]);
    pair.run_with_timers(3);
    assert_eq!(
        pair.a.take_ends(),
        [(2, WcStatus::Success), (3, WcStatus::Success)]
    );
    assert_eq!(pair.a.host.bytes(8192, 5000), pair.b.host.bytes(0, 5000));
}
