//! SEND over RC: pieces, lists, immediate data, order of completions.

use super::pair::*;
use crate::engine::types::*;

#[test]
fn small_send_completes_both_sides() {
    for caps in [LOSSLESS, LOSSY] {
        let mut pair = Pair::new(Service::Rc, caps);
        pair.a.fill(0, 8, 3);
        pair.b.recv(70, &[sge(4096, 64)]);
        pair.a.send(&wr(7, SendOp::Send), &[sge(0, 8)]);
        pair.run();
        let received = pair.b.take_cqes();
        assert_eq!(received.len(), 1);
        assert_eq!(
            (received[0].wr_id, received[0].status),
            (70, WcStatus::Success)
        );
        assert_eq!(
            (received[0].opcode, received[0].byte_len),
            (WcOpcode::Recv, 8)
        );
        assert!(received[0].is_recv && received[0].imm_data.is_none());
        assert_eq!(received[0].qpn, QPN_B);
        let sent = pair.a.take_cqes();
        assert_eq!(sent.len(), 1);
        assert_eq!((sent[0].wr_id, sent[0].opcode), (7, WcOpcode::Send));
        assert!(!sent[0].is_recv);
        assert_eq!(pair.a.host.bytes(0, 8), pair.b.host.bytes(4096, 8));
        assert_eq!(pair.a.qp.poll_timeout(), None);
        assert_eq!(pair.a.qp.attr().sq_psn, 0x101);
        assert_eq!(pair.b.qp.attr().rq_psn, 0x101);
    }
}

#[test]
fn long_send_is_cut_at_the_path_mtu_and_joined_again() {
    for (caps, packet_count) in [(LOSSY, 10), (LOSSLESS, 2)] {
        let mut pair = Pair::new(Service::Rc, caps);
        pair.a.fill(0, 10_000, 9);
        let lists = [sge(0, 4000), sge(4000, 0), sge(4000, 6000)];
        pair.b.recv(
            1,
            &[sge(100_000, 1), sge(100_001, 3000), sge(103_001, 7000)],
        );
        pair.a
            .send(&wr(1, SendOp::SendImm { imm_data: 0xabcd }), &lists);
        pair.run();
        let received = pair.b.take_cqes();
        assert_eq!(
            (received[0].byte_len, received[0].imm_data),
            (10_000, Some(0xabcd))
        );
        assert_eq!(
            pair.a.host.bytes(0, 10_000),
            pair.b.host.bytes(100_000, 10_000)
        );
        assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
        let sent = pair.log.iter().filter(|(side, _)| *side == Side::A).count();
        assert_eq!(sent, packet_count);
        // PSNs advance by path MTUs whichever way the message was cut.
        assert_eq!(pair.a.qp.attr().sq_psn, 0x100 + 10);
        assert_eq!(pair.b.qp.attr().rq_psn, 0x100 + 10);
    }
}

#[test]
fn empty_send_takes_one_psn() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.recv(1, &[]);
    pair.a.send(&wr(1, SendOp::Send), &[]);
    pair.run();
    assert_eq!(pair.b.take_cqes()[0].byte_len, 0);
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
    assert_eq!(pair.a.qp.attr().sq_psn, 0x101);
}

#[test]
fn inline_bytes_are_taken_at_post() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.recv(1, &[sge(0, 64)]);
    let place = pair.a.qp.post_send_inline(&wr(5, SendOp::Send), 5).unwrap();
    place.copy_from_slice(b"hello");
    pair.run();
    assert_eq!(pair.b.host.bytes(0, 5), b"hello");
    assert_eq!(pair.a.take_ends(), [(5, WcStatus::Success)]);
}

#[test]
fn unsignaled_sends_complete_silently_and_free_their_slots() {
    for caps in [LOSSLESS, LOSSY] {
        let mut pair = Pair::new(Service::Rc, caps);
        for round in 0..10u64 {
            for i in 0..64 {
                pair.b.recv(i, &[sge(0, 64)]);
                pair.a
                    .send(&unsignaled(round * 64 + i, SendOp::Send), &[sge(0, 8)]);
            }
            pair.run();
            assert_eq!(pair.b.take_cqes().len(), 64);
            assert!(pair.a.take_cqes().is_empty());
            assert_eq!(pair.a.qp.poll_timeout(), None);
        }
    }
}

#[test]
fn acknowledgements_are_gathered() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    for i in 0..32 {
        pair.b.recv(i, &[sge(0, 64)]);
        pair.a.send(&wr(i, SendOp::Send), &[sge(0, 8)]);
    }
    pair.run();
    let expected: Vec<_> = (0..32).map(|i| (i, WcStatus::Success)).collect();
    assert_eq!(pair.a.take_ends(), expected);
    assert_eq!(pair.b.take_ends(), expected);
    assert_eq!(pair.count(Side::B, 0x11), 1);
}

#[test]
fn all_signaled_reports_every_wqe() {
    let mut pair = Pair::with(
        Service::Rc,
        LOSSLESS,
        |init| init.all_signaled = true,
        |_| {},
    );
    pair.b.recv(1, &[sge(0, 64)]);
    pair.a.send(&unsignaled(1, SendOp::Send), &[sge(0, 8)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
}

#[test]
fn solicited_marks_the_receive_completion() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    pair.b.recv(1, &[sge(0, 8192)]);
    pair.b.recv(2, &[sge(0, 8192)]);
    let mut request = wr(1, SendOp::Send);
    pair.a.send(&request, &[sge(0, 5000)]);
    request.flags |= SendFlags::SOLICITED;
    pair.a.send(&request, &[sge(0, 5000)]);
    pair.run();
    let solicited: Vec<bool> = pair.b.take_cqes().iter().map(|cqe| cqe.solicited).collect();
    assert_eq!(solicited, [false, true]);
    let marked = pair
        .log
        .iter()
        .filter(|(_, packet)| packet.header.solicited)
        .count();
    assert_eq!(marked, 1);
}

#[test]
fn large_sends_go_by_reference_where_the_link_can() {
    let caps = LinkCaps {
        min_reference_bytes: 4096,
        max_reference_bytes: 16384,
        ..LOSSLESS
    };
    let mut pair = Pair::new(Service::Rc, caps);
    pair.a.fill(0, 40_000, 1);
    pair.b.recv(1, &[sge(0, 50_000)]);
    pair.b.recv(2, &[sge(60_000, 50_000)]);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 40_000)]);
    pair.a.send(&wr(2, SendOp::Send), &[sge(0, 4095)]);
    pair.run();
    assert_eq!(pair.a.host.bytes(0, 40_000), pair.b.host.bytes(0, 40_000));
    let lens: Vec<(usize, bool)> = pair
        .log
        .iter()
        .filter(|(side, _)| *side == Side::A)
        .map(|(_, packet)| (packet.payload.len(), packet.by_reference))
        .collect();
    assert_eq!(
        lens,
        [(16384, true), (16384, true), (7232, true), (4095, false)]
    );
}

#[test]
fn both_directions_at_once() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    for i in 0..20 {
        pair.a.recv(i, &[sge(0, 4096)]);
        pair.b.recv(i, &[sge(0, 4096)]);
        pair.a.send(&wr(100 + i, SendOp::Send), &[sge(8192, 3000)]);
        pair.b.send(&wr(100 + i, SendOp::Send), &[sge(8192, 3000)]);
    }
    pair.run();
    assert_eq!(pair.a.take_cqes().len(), 40);
    assert_eq!(pair.b.take_cqes().len(), 40);
}
