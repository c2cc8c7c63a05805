//! Links that lose nothing: peers that are not ready, slow, or dead.

use super::pair::*;
use crate::base::ids::Qpn;
use crate::base::time::Duration;
use crate::engine::types::*;
use crate::engine::{not_ready_reply, vendor};
use crate::wire::Opcode;

/// `a` in RTS, `b` in a state on its way.
fn pair_with_b_in(state: QpState, adapt: impl Fn(&mut QpAttr)) -> Pair {
    let mut own = attr(QPN_B);
    adapt(&mut own);
    let mut a = Node::new(&init(Service::Rc, QPN_A));
    bring_up(&mut a.qp, &own, Service::Rc, QpState::Rts);
    let mut b = Node::new(&init(Service::Rc, QPN_B));
    bring_up(&mut b.qp, &attr(QPN_A), Service::Rc, state);
    Pair::join(a, b, LOSSLESS)
}

#[test]
fn a_qp_that_is_not_ready_is_asked_again() {
    for state in [QpState::Reset, QpState::Init] {
        let mut pair = pair_with_b_in(state, |_| {});
        for i in 0..5 {
            pair.a.send(&wr(i, SendOp::Send), &[sge(0, 3000)]);
        }
        pair.run_with_timers(3);
        assert!(pair.a.take_cqes().is_empty());
        // Once for the burst and once for each repetition; one answer for each of them.
        assert_eq!(pair.count(Side::A, 0x04), 5 * 4);
        assert_eq!(pair.count(Side::B, 0xc0), 4);
        bring_up(&mut pair.b.qp, &attr(QPN_A), Service::Rc, QpState::Rtr);
        for i in 0..5 {
            pair.b.recv(i, &[sge(0, 4000)]);
        }
        pair.run_with_timers(10);
        assert_eq!(pair.a.take_cqes().len(), 5);
        assert_eq!(pair.b.take_cqes().len(), 5);
    }
}

#[test]
fn a_qp_that_never_gets_ready_uses_up_the_retries() {
    for retry_cnt in [0u8, 3, 7] {
        let mut pair = pair_with_b_in(QpState::Init, |attr| attr.retry_cnt = retry_cnt);
        pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
        let passed = pair.run_with_timers(100);
        let cqe = pair.a.take_cqes()[0];
        assert_eq!(cqe.status, WcStatus::RetryExcErr);
        assert_eq!(cqe.vendor_err, vendor::NOT_READY);
        assert_eq!(
            passed,
            Duration::from_nanos(4096 << 10) * (u32::from(retry_cnt) + 1)
        );
    }
}

#[test]
fn without_a_timeout_it_is_asked_for_ever() {
    let mut pair = pair_with_b_in(QpState::Init, |attr| attr.timeout = 0);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
    let passed = pair.run_with_timers(100);
    assert_eq!(passed, Duration::from_secs(1));
    assert!(pair.a.take_cqes().is_empty());
    assert_eq!(pair.a.qp.state(), QpState::Rts);
}

#[test]
fn readiness_in_the_middle_of_a_burst() {
    let mut pair = pair_with_b_in(QpState::Init, |_| {});
    for i in 0..6 {
        pair.a.send(&wr(i, SendOp::Send), &[sge(0, 8)]);
    }
    while pair.transmit(Side::A) {}
    pair.deliver(Side::A);
    pair.deliver(Side::A);
    bring_up(&mut pair.b.qp, &attr(QPN_A), Service::Rc, QpState::Rts);
    for i in 0..6 {
        pair.b.recv(i, &[sge(0, 8)]);
    }
    pair.run_with_timers(3);
    assert_eq!(pair.a.take_cqes().len(), 6);
    assert_eq!(pair.b.take_cqes().len(), 6);
}

#[test]
fn a_qp_connected_to_another_refuses() {
    let mut pair = pair_with_b_in(QpState::Reset, |_| {});
    let other = QpAttr {
        dest_qpn: Qpn(0x77),
        ..attr(QPN_A)
    };
    bring_up(&mut pair.b.qp, &other, Service::Rc, QpState::Rts);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
    pair.transmit(Side::A);
    pair.deliver(Side::A);
    assert_eq!(pair.b.qp.next_destination().unwrap().dest_qpn, QPN_A);
    pair.run_with_timers(100);
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::RetryExcErr)]);
}

#[test]
fn a_qp_in_error_refuses() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.modify(QpState::Err);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
    pair.run_with_timers(100);
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::RetryExcErr)]);
}

#[test]
fn replies_for_unknown_qps() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
    pair.transmit(Side::A);
    let request = pair.log[0].1.header;
    let reply = not_ready_reply(&request).unwrap();
    assert_eq!(reply.opcode, Opcode::NOT_READY);
    assert_eq!(
        (reply.dest_qpn, reply.src_qpn, reply.psn),
        (QPN_A, QPN_B, request.psn)
    );
    assert!(not_ready_reply(&reply).is_none());
    let mut stranger = request;
    stranger.src_qpn = Qpn(0);
    assert!(not_ready_reply(&stranger).is_none());
}

#[test]
fn no_timer_runs_against_a_slow_peer() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.recv(1, &[sge(0, 8)]);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
    while pair.transmit(Side::A) {}
    assert_eq!(pair.a.qp.poll_timeout(), None);
    for _ in 0..100 {
        pair.a.host.now = pair.a.host.now + Duration::from_secs(1);
        pair.tick();
        while pair.transmit(Side::A) {}
    }
    // One probe waits for its answer; nothing else was done.
    assert_eq!(pair.count(Side::A, 0xc1), 1);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
}

#[test]
fn a_probe_finds_what_got_lost_all_the_same() {
    // Not expected of such a link, but a hang would be worse: each packet is lost once.
    for lost in 0..6 {
        let mut pair = Pair::new(Service::Rc, LOSSLESS);
        pair.b.fill(0, 3000, 1);
        pair.b.recv(1, &[sge(8192, 8)]);
        let mut count = 0;
        pair.script = Box::new(move |_, _| {
            count += 1;
            if count == lost + 1 {
                Fate::Drop
            } else {
                Fate::Deliver
            }
        });
        pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
        pair.a.send(&wr(2, read_from(0)), &[sge(8192, 3000)]);
        pair.a.send(&wr(3, fetch_add(9000, 1)), &[sge(16384, 8)]);
        for _ in 0..5 {
            pair.run();
            pair.tick();
        }
        let ends = pair.a.take_ends();
        assert_eq!(ends.len(), 3, "packet {lost}: {ends:?}");
        assert!(ends.iter().all(|end| end.1 == WcStatus::Success));
        assert_eq!(pair.b.host.bytes(9000, 8), 1u64.to_ne_bytes());
    }
}

#[test]
fn a_probe_of_a_qp_that_is_gone_uses_up_the_retries() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.a.send(&wr(1, write_to(0)), &[sge(0, 8)]);
    pair.script = Box::new(|side, p| match side {
        Side::A if p.header.opcode != Opcode::PROBE => Fate::Drop,
        _ => Fate::Deliver,
    });
    pair.run();
    pair.b.modify(QpState::Reset);
    for _ in 0..50 {
        pair.tick();
        pair.run_with_timers(1);
    }
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::RetryExcErr)]);
}

#[test]
fn a_dead_peer_fails_what_is_queued() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.a.recv(9, &[sge(0, 8)]);
    for i in 0..3 {
        pair.a.send(&unsignaled(i, SendOp::Send), &[sge(0, 8)]);
    }
    pair.transmit(Side::A);
    pair.a.qp.handle_peer_dead();
    let cqes = pair.a.take_cqes();
    assert_eq!(
        (cqes[0].status, cqes[0].vendor_err),
        (WcStatus::RetryExcErr, vendor::PEER_DEAD)
    );
    assert!(
        cqes[1..]
            .iter()
            .all(|cqe| cqe.status == WcStatus::WrFlushErr)
    );
    assert_eq!(
        cqes.iter().map(|cqe| cqe.wr_id).collect::<Vec<_>>(),
        [0, 1, 2, 9]
    );
    assert_eq!(pair.a.qp.state(), QpState::Err);
    pair.a.qp.handle_peer_dead();
    assert!(pair.a.take_cqes().is_empty());
}

#[test]
fn a_dead_peer_goes_unnoticed_by_a_qp_that_waits_for_nothing() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.a.recv(9, &[sge(0, 8)]);
    pair.a.qp.handle_peer_dead();
    assert_eq!(pair.a.take_ends(), []);
    assert_eq!(pair.a.qp.state(), QpState::Rts);
    let mut pair = Pair::new(Service::Uc, LOSSLESS);
    pair.a.qp.handle_peer_dead();
    assert_eq!(pair.a.qp.state(), QpState::Rts);
}

#[test]
fn a_source_that_is_gone_is_the_requesters_fault() {
    let caps = LinkCaps {
        min_reference_bytes: 4096,
        ..LOSSLESS
    };
    let mut pair = Pair::new(Service::Rc, caps);
    pair.b.recv(1, &[sge(0, 8192)]);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8192)]);
    pair.a.send(&wr(2, SendOp::Send), &[sge(0, 8)]);
    while pair.transmit(Side::A) {}
    let header = pair.log[0].1.header;
    pair.b.host.payload = None;
    pair.b.qp.handle_packet(&header, 4096, &mut pair.b.host);
    while pair.transmit(Side::B) {}
    pair.deliver(Side::B);
    assert_eq!(
        pair.a.take_ends(),
        [(1, WcStatus::LocProtErr), (2, WcStatus::WrFlushErr)]
    );
    assert_eq!(pair.b.qp.state(), QpState::Rts);
}

#[test]
fn pieces_cut_differently_the_second_time() {
    // The first piece is executed, its acknowledgement and the rest are lost, and the link then
    // carries more in one packet.
    let mut pair = Pair::new(
        Service::Rc,
        LinkCaps {
            max_payload_bytes: 4096,
            ..LOSSLESS
        },
    );
    pair.a.fill(0, 16384, 1);
    pair.b.recv(1, &[sge(0, 16384)]);
    let mut count = 0;
    pair.script = Box::new(move |side, _| {
        count += 1;
        if side == Side::B || count > 1 {
            Fate::Drop
        } else {
            Fate::Deliver
        }
    });
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 16384)]);
    pair.run();
    pair.script = Box::new(|_, _| Fate::Deliver);
    pair.caps.max_payload_bytes = 8192;
    for _ in 0..4 {
        pair.tick();
        pair.run();
    }
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
    assert_eq!(pair.a.host.bytes(0, 16384), pair.b.host.bytes(0, 16384));
}

#[test]
fn an_owed_ack_travels_with_the_next_request() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.a.recv(1, &[sge(0, 8)]);
    pair.b.recv(2, &[sge(0, 8)]);
    pair.a.send(&wr(10, SendOp::Send), &[sge(64, 8)]);
    while pair.transmit(Side::A) {}
    pair.deliver(Side::A);
    pair.b.send(&wr(20, SendOp::Send), &[sge(64, 8)]);
    pair.run();
    let from_b: Vec<_> = pair
        .log
        .iter()
        .filter(|(side, _)| *side == Side::B)
        .map(|(_, packet)| (packet.header.opcode, packet.header.has_ack))
        .collect();
    assert_eq!(from_b, [(Opcode(4), true)]);
    assert_eq!(
        pair.a.take_ends(),
        [(10, WcStatus::Success), (1, WcStatus::Success)]
    );
    assert_eq!(
        pair.b.take_ends(),
        [(2, WcStatus::Success), (20, WcStatus::Success)]
    );
}
