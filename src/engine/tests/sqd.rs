//! Send queue drain.

use super::pair::*;
use crate::engine::types::*;

fn drain(node: &mut Node, has_notify: bool) {
    let attr = QpAttr {
        state: 4,
        en_sqd_async_notify: has_notify,
        ..QpAttr::default()
    };
    node.qp
        .modify(&attr, AttrMask::STATE | AttrMask::EN_SQD_ASYNC_NOTIFY)
        .unwrap();
}

#[test]
fn what_started_ends_and_what_waits_waits() {
    for (service, caps) in [
        (Service::Rc, LOSSLESS),
        (Service::Rc, LOSSY),
        (Service::Uc, LOSSY),
    ] {
        let mut pair = Pair::new(service, caps);
        for i in 0..3 {
            pair.b.recv(i, &[sge(0, 16384)]);
            pair.a.send(&wr(i, SendOp::Send), &[sge(0, 10_000)]);
        }
        // The first message has started.
        pair.transmit(Side::A);
        drain(&mut pair.a, true);
        assert!(pair.a.qp.attr().sq_draining);
        assert!(pair.a.take_events().is_empty());
        pair.a.send(&wr(3, SendOp::Send), &[sge(0, 8)]);
        pair.run();
        assert_eq!(pair.a.take_ends(), [(0, WcStatus::Success)]);
        assert_eq!(pair.a.take_events(), [QpEvent::SqDrained]);
        assert!(!pair.a.qp.attr().sq_draining);
        pair.b.recv(3, &[sge(0, 64)]);
        pair.a.modify(QpState::Rts);
        pair.run();
        assert_eq!(pair.a.take_cqes().len(), 3);
        assert!(pair.a.take_events().is_empty());
    }
}

#[test]
fn an_idle_queue_is_drained_at_once() {
    for service in [Service::Rc, Service::Uc, Service::Ud] {
        let mut pair = Pair::new(service, LOSSLESS);
        drain(&mut pair.a, true);
        assert_eq!(pair.a.take_events(), [QpEvent::SqDrained]);
        pair.a.modify(QpState::Rts);
        drain(&mut pair.a, false);
        assert!(pair.a.take_events().is_empty());
    }
}

#[test]
fn the_responder_goes_on() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    drain(&mut pair.b, false);
    pair.b.fill(0, 100, 1);
    pair.a.send(&wr(1, read_from(0)), &[sge(0, 100)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
}

#[test]
fn attributes_may_change_while_drained() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    drain(&mut pair.a, false);
    let attr = QpAttr {
        timeout: 5,
        retry_cnt: 1,
        ..QpAttr::default()
    };
    pair.a
        .qp
        .modify(&attr, AttrMask::TIMEOUT | AttrMask::RETRY_CNT)
        .unwrap();
    assert_eq!(
        (pair.a.qp.attr().timeout, pair.a.qp.attr().retry_cnt),
        (5, 1)
    );
}

#[test]
fn retries_set_while_drained_count_from_the_next_request() {
    let mut pair = Pair::with(Service::Rc, LOSSY, |_| {}, |attr| attr.retry_cnt = 0);
    drain(&mut pair.a, false);
    let more = QpAttr {
        retry_cnt: 3,
        ..QpAttr::default()
    };
    pair.a.qp.modify(&more, AttrMask::RETRY_CNT).unwrap();
    pair.a.modify(QpState::Rts);
    pair.script = Box::new(|_, _| Fate::Drop);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
    let passed = pair.run_with_timers(100);
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::RetryExcErr)]);
    let timeout = std::time::Duration::from_nanos(4096 << 10);
    assert_eq!(passed, timeout * 4);
}
