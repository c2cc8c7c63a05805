//! RDMA READ as packets: streams, limits, fences, replay.

use super::pair::*;
use crate::base::ids::Rkey;
use crate::engine::types::*;

#[test]
fn read_fetches_bytes() {
    for caps in [LOSSLESS, LOSSY] {
        let mut pair = Pair::new(Service::Rc, caps);
        pair.b.fill(1000, 30_000, 8);
        pair.a
            .send(&wr(1, read_from(1000)), &[sge(0, 10), sge(10, 29_990)]);
        pair.run();
        let cqe = pair.a.take_cqes()[0];
        assert_eq!(
            (cqe.status, cqe.opcode),
            (WcStatus::Success, WcOpcode::RdmaRead)
        );
        assert_eq!(cqe.byte_len, 30_000);
        assert_eq!(
            pair.a.host.bytes(0, 30_000),
            pair.b.host.bytes(1000, 30_000)
        );
        assert_eq!(pair.a.qp.attr().sq_psn, 0x100 + 30);
        assert_eq!(pair.b.qp.attr().rq_psn, 0x100 + 30);
    }
}

#[test]
fn reads_and_sends_complete_in_order() {
    for caps in [LOSSLESS, LOSSY] {
        let mut pair = Pair::new(Service::Rc, caps);
        pair.b.fill(0, 50_000, 8);
        for i in 0..10 {
            pair.b.recv(i, &[sge(100_000, 4096)]);
            pair.a.send(&wr(2 * i, SendOp::Send), &[sge(0, 100)]);
            pair.a
                .send(&wr(2 * i + 1, read_from(0)), &[sge(200_000, 5000)]);
        }
        pair.run();
        let expected: Vec<_> = (0..20).map(|i| (i, WcStatus::Success)).collect();
        assert_eq!(pair.a.take_ends(), expected);
        assert_eq!(pair.b.take_cqes().len(), 10);
    }
}

#[test]
fn no_more_reads_are_outstanding_than_agreed() {
    let mut pair = Pair::with(Service::Rc, LOSSLESS, |_| {}, |attr| attr.max_rd_atomic = 2);
    for i in 0..5 {
        pair.a.send(&wr(i, read_from(0)), &[sge(0, 64)]);
    }
    while pair.transmit(Side::A) {}
    assert_eq!(pair.count(Side::A, 0x0c), 2);
    pair.run();
    assert_eq!(pair.a.take_cqes().len(), 5);
}

#[test]
fn more_reads_than_resources_are_an_invalid_request() {
    let adapt = |attr: &mut QpAttr| (attr.max_rd_atomic, attr.max_dest_rd_atomic) = (4, 2);
    let mut pair = Pair::with(Service::Rc, LOSSLESS, |_| {}, adapt);
    for i in 0..4 {
        pair.a.send(&wr(i, read_from(0)), &[sge(0, 64)]);
    }
    // All requests arrive before the responder gets to answer.
    while pair.transmit(Side::A) {}
    while pair.deliver(Side::A) {}
    pair.run();
    let ends = pair.a.take_ends();
    assert_eq!(ends[..2], [(0, WcStatus::Success), (1, WcStatus::Success)]);
    assert_eq!(ends[2], (2, WcStatus::RemInvReqErr));
    assert_eq!(pair.b.take_events(), [QpEvent::RequestError]);
}

#[test]
fn a_fence_waits_for_earlier_reads() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.recv(1, &[sge(0, 64)]);
    pair.a.send(&wr(1, read_from(0)), &[sge(0, 64)]);
    let mut fenced = wr(2, SendOp::Send);
    fenced.flags |= SendFlags::FENCE;
    pair.a.send(&fenced, &[sge(0, 8)]);
    while pair.transmit(Side::A) {}
    assert_eq!(pair.count(Side::A, 0x04), 0);
    pair.run();
    assert_eq!(pair.a.take_cqes().len(), 2);
}

#[test]
fn a_read_needs_local_write_and_a_depth() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    let target = Sge {
        lkey: crate::base::ids::Lkey(KEY_READ_ONLY),
        ..sge(0, 8)
    };
    pair.a.send(&wr(1, read_from(0)), &[target]);
    pair.run();
    let cqe = pair.a.take_cqes()[0];
    assert_eq!(cqe.status, WcStatus::LocProtErr);
    assert_eq!(cqe.vendor_err, crate::engine::vendor::LOCAL_RIGHTS);
    assert_eq!(pair.b.qp.state(), QpState::Rts);

    let mut pair = Pair::with(Service::Rc, LOSSLESS, |_| {}, |attr| attr.max_rd_atomic = 0);
    pair.a.send(&wr(1, read_from(0)), &[sge(0, 8)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::LocQpOpErr)]);
}

#[test]
fn an_empty_read_completes() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    let op = SendOp::Read {
        remote_va: 0,
        rkey: Rkey(0),
    };
    pair.a.send(&wr(1, op), &[]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
    assert_eq!(pair.a.qp.attr().sq_psn, 0x101);
}

#[test]
fn a_region_that_goes_while_it_is_read_ends_the_read() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    pair.a.send(&wr(1, read_from(0)), &[sge(0, 5000)]);
    pair.transmit(Side::A);
    pair.deliver(Side::A);
    pair.transmit(Side::B);
    pair.b.host.regions.clear();
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::RemAccessErr)]);
    assert_eq!(pair.b.take_events(), [QpEvent::AccessError]);
    assert_eq!(pair.b.qp.state(), QpState::Err);
}

#[test]
fn lost_responses_are_asked_for_from_where_they_end() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    pair.b.fill(0, 10_000, 8);
    let mut response_count = 0;
    pair.script = Box::new(move |side, _| {
        if side == Side::B {
            response_count += 1;
        }
        if side == Side::B && response_count == 4 {
            Fate::Drop
        } else {
            Fate::Deliver
        }
    });
    pair.a.send(&wr(1, read_from(0)), &[sge(0, 10_000)]);
    pair.run_with_timers(10);
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
    assert_eq!(pair.a.host.bytes(0, 10_000), pair.b.host.bytes(0, 10_000));
    let requests: Vec<(u32, u64)> = pair
        .log
        .iter()
        .filter(|(side, _)| *side == Side::A)
        .map(|(_, packet)| (packet.header.dma_len_bytes, packet.header.remote_va - VA))
        .collect();
    assert_eq!(requests, [(10_000, 0), (10_000 - 3 * 1024, 3 * 1024)]);
}

#[test]
fn an_ack_told_before_a_read_response_arrives_is_no_loss() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.recv(7, &[sge(100_000, 4096)]);
    pair.a.send(&wr(1, read_from(0)), &[sge(0, 64)]);
    pair.a.send(&wr(2, SendOp::Send), &[sge(0, 64)]);
    while pair.transmit(Side::A) {}
    while pair.deliver(Side::A) {}
    let told = pair.b.qp.acknowledged().unwrap();
    let host = &pair.a.host;
    pair.a.qp.handle_acknowledged(told, host);
    pair.a.drain();
    assert!(pair.a.take_cqes().is_empty());
    // The response comes, and no packet for the SEND.
    assert!(pair.transmit(Side::B));
    while pair.deliver(Side::B) {}
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
    assert!(pair.a.qp.awaits_ack());
    let host = &pair.a.host;
    pair.a.qp.handle_acknowledged(told, host);
    pair.a.drain();
    assert_eq!(pair.a.take_ends(), [(2, WcStatus::Success)]);
    assert!(!pair.a.qp.awaits_ack());
    assert_eq!(pair.count(Side::A, 0x0c), 1, "nothing is asked for again");
}
