//! UC: whole messages or none, and never a word.

use super::pair::*;
use crate::base::ids::Rkey;
use crate::engine::types::*;

fn uc() -> Pair {
    Pair::new(Service::Uc, LOSSY)
}

#[test]
fn messages_arrive() {
    for caps in [LOSSY, LOSSLESS] {
        let mut pair = Pair::new(Service::Uc, caps);
        pair.a.fill(0, 10_000, 1);
        pair.b.recv(1, &[sge(0, 10_000)]);
        pair.b.recv(2, &[]);
        pair.a
            .send(&wr(1, SendOp::SendImm { imm_data: 5 }), &[sge(0, 10_000)]);
        pair.a
            .send(&wr(2, write_imm_to(20_000, 6)), &[sge(0, 9000)]);
        pair.a.send(&wr(3, write_to(40_000)), &[sge(0, 9000)]);
        pair.run();
        assert_eq!(pair.a.take_cqes().len(), 3);
        let cqes = pair.b.take_cqes();
        assert_eq!((cqes[0].byte_len, cqes[0].imm_data), (10_000, Some(5)));
        assert_eq!((cqes[1].byte_len, cqes[1].imm_data), (9000, Some(6)));
        assert_eq!(pair.a.host.bytes(0, 10_000), pair.b.host.bytes(0, 10_000));
        assert_eq!(pair.a.host.bytes(0, 9000), pair.b.host.bytes(40_000, 9000));
        assert!(pair.log.iter().all(|(side, _)| *side == Side::A));
        assert_eq!(pair.a.qp.poll_timeout(), None);
    }
}

#[test]
fn a_hole_loses_the_message_and_keeps_the_receive() {
    for lost in 1..=4 {
        let mut pair = uc();
        let mut count = 0;
        pair.script = Box::new(move |_, _| {
            count += 1;
            if count == lost {
                Fate::Drop
            } else {
                Fate::Deliver
            }
        });
        pair.a.fill(0, 4000, 1);
        pair.b.recv(1, &[sge(0, 4000)]);
        pair.b.recv(2, &[sge(8192, 4000)]);
        pair.a.send(&wr(1, SendOp::Send), &[sge(0, 4000)]);
        pair.a
            .send(&wr(2, SendOp::SendImm { imm_data: 2 }), &[sge(0, 3000)]);
        pair.run();
        assert_eq!(pair.a.take_cqes().len(), 2);
        let cqes = pair.b.take_cqes();
        assert_eq!(cqes.len(), 1, "packet {lost}");
        assert_eq!(
            (cqes[0].wr_id, cqes[0].imm_data, cqes[0].byte_len),
            (1, Some(2), 3000)
        );
        assert_eq!(pair.a.host.bytes(0, 3000), pair.b.host.bytes(0, 3000));
    }
}

#[test]
fn what_the_responder_does_not_like_is_dropped() {
    let mut pair = uc();
    let bad = SendOp::Write {
        remote_va: VA,
        rkey: Rkey(0xbad),
    };
    pair.a.send(&wr(1, bad), &[sge(0, 8)]);
    // No receive.
    pair.a.send(&wr(2, SendOp::Send), &[sge(0, 8)]);
    pair.run();
    // Too long for the receive, which then takes the next message.
    pair.b.recv(1, &[sge(0, 4)]);
    pair.a.send(&wr(3, SendOp::Send), &[sge(0, 8)]);
    pair.a.send(&wr(4, SendOp::Send), &[sge(0, 4)]);
    pair.run();
    assert_eq!(pair.a.take_cqes().len(), 4);
    assert_eq!(pair.b.take_ends(), [(1, WcStatus::Success)]);
    assert_eq!(pair.b.qp.state(), QpState::Rts);
    assert!(pair.b.take_events().is_empty());
}

#[test]
fn a_bad_local_key_stops_the_send_queue_only() {
    let mut pair = uc();
    pair.a.recv(50, &[sge(0, 64)]);
    pair.b.recv(1, &[sge(0, 64)]);
    let bad = Sge {
        lkey: crate::base::ids::Lkey(5),
        ..sge(0, 8)
    };
    pair.a.send(&wr(1, SendOp::Send), &[bad]);
    pair.a.send(&unsignaled(2, SendOp::Send), &[sge(0, 8)]);
    pair.run();
    assert_eq!(pair.a.qp.state(), QpState::Sqe);
    assert_eq!(
        pair.a.take_ends(),
        [(1, WcStatus::LocProtErr), (2, WcStatus::WrFlushErr)]
    );
    pair.a.send(&unsignaled(3, SendOp::Send), &[sge(0, 8)]);
    assert_eq!(pair.a.take_ends(), [(3, WcStatus::WrFlushErr)]);
    // The receive side still works.
    pair.b.send(&wr(9, SendOp::Send), &[sge(0, 8)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(50, WcStatus::Success)]);
    pair.a.modify(QpState::Rts);
    pair.a.send(&wr(4, SendOp::Send), &[sge(0, 8)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(4, WcStatus::Success)]);
    assert_eq!(
        pair.b.take_ends(),
        [(9, WcStatus::Success), (1, WcStatus::Success)]
    );
}
