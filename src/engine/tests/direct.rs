//! Direct access to the peer's memory: order, slices, refusal.

use super::pair::*;
use crate::base::ids::Rkey;
use crate::engine::types::*;

const DIRECT: LinkCaps = LinkCaps {
    direct: true,
    ..LOSSLESS
};

#[test]
fn writes_and_reads_need_no_packets() {
    let mut pair = Pair::new(Service::Rc, DIRECT);
    pair.a.fill(0, 20_000, 1);
    pair.a.send(&wr(1, write_to(50_000)), &[sge(0, 20_000)]);
    pair.a.send(
        &unsignaled(2, write_to(80_000)),
        &[sge(0, 100), sge(200, 100)],
    );
    pair.a.send(
        &wr(3, read_from(50_000)),
        &[sge(200_000, 5), sge(200_005, 19_995)],
    );
    pair.run();
    assert_eq!(
        pair.a.take_ends(),
        [(1, WcStatus::Success), (3, WcStatus::Success)]
    );
    assert!(pair.log.is_empty());
    assert_eq!(pair.a.qp.attr().sq_psn, 0x100);
    assert_eq!(
        pair.a.host.bytes(200_000, 20_000),
        pair.a.host.bytes(0, 20_000)
    );
    assert_eq!(pair.b.host.bytes(80_100, 100), pair.a.host.bytes(200, 100));
}

#[test]
fn slices_add_up() {
    let mut pair = Pair::new(Service::Rc, DIRECT);
    pair.slice_bytes = 3000;
    pair.a.fill(0, 10_000, 1);
    pair.a
        .send(&wr(1, write_to(0)), &[sge(0, 4000), sge(4000, 6000)]);
    pair.a.send(
        &wr(2, read_from(0)),
        &[sge(20_000, 4000), sge(24_000, 6000)],
    );
    pair.run();
    assert_eq!(pair.a.take_cqes().len(), 2);
    assert_eq!(pair.accesses.len(), 8);
    assert_eq!(pair.b.host.bytes(0, 10_000), pair.a.host.bytes(0, 10_000));
    assert_eq!(
        pair.a.host.bytes(20_000, 10_000),
        pair.a.host.bytes(0, 10_000)
    );
}

#[test]
fn empty_and_inline_accesses_complete() {
    let mut pair = Pair::new(Service::Rc, DIRECT);
    pair.a.send(&wr(1, write_to(0)), &[]);
    pair.a.send(&wr(2, read_from(0)), &[]);
    pair.a
        .qp
        .post_send_inline(&wr(3, write_to(10)), 3)
        .unwrap()
        .copy_from_slice(b"abc");
    pair.run();
    assert_eq!(pair.a.take_cqes().len(), 3);
    assert_eq!(pair.b.host.bytes(10, 3), b"abc");
    assert!(pair.log.is_empty());
}

#[test]
fn a_write_does_not_overtake_an_earlier_send() {
    let mut pair = Pair::new(Service::Rc, DIRECT);
    pair.b.recv(1, &[sge(0, 8)]);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
    pair.a.send(&wr(2, write_to(0)), &[sge(0, 8)]);
    pair.a.send(&wr(3, SendOp::Send), &[sge(0, 8)]);
    while pair.transmit(Side::A) {}
    assert!(pair.accesses.is_empty());
    assert_eq!(pair.log.len(), 1);
    pair.deliver(Side::A);
    while pair.transmit(Side::B) {}
    pair.deliver(Side::B);
    while pair.transmit(Side::A) {}
    assert_eq!(pair.accesses.len(), 1);
    pair.b.recv(2, &[sge(0, 8)]);
    pair.run();
    assert_eq!(
        pair.a
            .take_ends()
            .iter()
            .map(|end| end.0)
            .collect::<Vec<_>>(),
        [1, 2, 3]
    );
}

#[test]
fn immediate_data_follows_the_bytes() {
    for service in [Service::Rc, Service::Uc] {
        let mut pair = Pair::new(service, DIRECT);
        pair.a.fill(0, 9000, 4);
        pair.b.recv(1, &[]);
        pair.b.recv(2, &[]);
        pair.a.send(&wr(1, write_imm_to(0, 42)), &[sge(0, 9000)]);
        pair.a.send(&wr(2, write_imm_to(0, 43)), &[]);
        pair.run();
        assert_eq!(
            pair.a.take_ends(),
            [(1, WcStatus::Success), (2, WcStatus::Success)]
        );
        let cqes = pair.b.take_cqes();
        assert_eq!(
            (cqes[0].opcode, cqes[0].byte_len),
            (WcOpcode::RecvRdmaWithImm, 9000)
        );
        assert_eq!((cqes[0].imm_data, cqes[1].imm_data), (Some(42), Some(43)));
        assert_eq!(cqes[1].byte_len, 0);
        assert_eq!(pair.a.host.bytes(0, 9000), pair.b.host.bytes(0, 9000));
        assert!(pair.log.iter().all(|(_, packet)| packet.payload.is_empty()));
        assert_eq!(pair.accesses.len(), 2);
    }
}

#[test]
fn placed_bytes_wait_for_a_receive_as_packets_would() {
    let mut pair = Pair::new(Service::Rc, DIRECT);
    pair.a.send(&wr(1, write_imm_to(0, 42)), &[sge(0, 100)]);
    pair.run();
    assert!(pair.a.take_cqes().is_empty());
    pair.b.recv(1, &[]);
    pair.run_with_timers(2);
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
    assert_eq!(pair.b.take_cqes()[0].byte_len, 100);
    assert_eq!(pair.accesses.len(), 1);
}

#[test]
fn refusal_lets_the_responder_judge() {
    let mut pair = Pair::new(Service::Rc, DIRECT);
    let op = SendOp::Read {
        remote_va: VA,
        rkey: Rkey(0xbad),
    };
    pair.a.send(&wr(1, write_to(0)), &[sge(0, 100)]);
    pair.a.send(&wr(2, op), &[sge(0, 100)]);
    pair.run();
    assert_eq!(
        pair.a.take_ends(),
        [(1, WcStatus::Success), (2, WcStatus::RemAccessErr)]
    );
    assert_eq!(pair.b.take_events(), [QpEvent::AccessError]);
}

#[test]
fn uc_writes_go_direct_and_bad_ones_vanish() {
    let mut pair = Pair::new(Service::Uc, DIRECT);
    pair.a.fill(0, 100, 3);
    let op = SendOp::Write {
        remote_va: VA,
        rkey: Rkey(0xbad),
    };
    pair.a.send(&wr(1, write_to(500)), &[sge(0, 100)]);
    pair.a.send(&wr(2, op), &[sge(0, 100)]);
    pair.a.send(&wr(3, write_to(700)), &[sge(0, 100)]);
    pair.run();
    assert_eq!(pair.a.take_cqes().len(), 3);
    assert_eq!(pair.b.qp.state(), QpState::Rts);
    assert_eq!(pair.b.host.bytes(500, 100), pair.a.host.bytes(0, 100));
    assert_eq!(pair.b.host.bytes(700, 100), pair.a.host.bytes(0, 100));
}

#[test]
fn a_local_fault_ends_the_wqe_that_had_it() {
    let mut pair = Pair::new(Service::Rc, DIRECT);
    pair.a.send(&wr(1, write_to(0)), &[sge(0, 100)]);
    pair.a.send(&wr(2, write_to(0)), &[sge(0, 100)]);
    assert!(pair.a.emits(&DIRECT));
    pair.a.qp.handle_access(AccessOutcome::LocalFault);
    assert_eq!(
        pair.a.take_ends(),
        [(1, WcStatus::LocProtErr), (2, WcStatus::WrFlushErr)]
    );
    // Late news of an access that the end of the QP has overtaken changes nothing.
    pair.a
        .qp
        .handle_access(AccessOutcome::Done { len_bytes: 100 });
    assert!(pair.a.take_cqes().is_empty());
}

#[test]
fn the_end_of_the_qp_overtakes_an_access() {
    let mut pair = Pair::new(Service::Rc, DIRECT);
    pair.a.send(&wr(1, write_to(0)), &[sge(0, 100)]);
    pair.a.send(&wr(2, write_to(0)), &[sge(0, 100)]);
    assert!(pair.a.emits(&DIRECT));
    pair.a.modify(QpState::Err);
    pair.a
        .qp
        .handle_access(AccessOutcome::Done { len_bytes: 100 });
    assert_eq!(
        pair.a.take_ends(),
        [(1, WcStatus::WrFlushErr), (2, WcStatus::WrFlushErr)]
    );
    assert!(pair.a.qp.poll_completion().is_none());
}
