//! Errors of each side, and which completions and events they leave on both.

use super::pair::*;
use crate::base::ids::Lkey;
use crate::engine::types::*;
use crate::engine::vendor;
use crate::wire::{Header, NakCode, Opcode, Psn, Syndrome};

#[test]
fn a_bad_local_key_fails_after_what_was_before_it() {
    for caps in [LOSSLESS, LOSSY] {
        let mut pair = Pair::new(Service::Rc, caps);
        pair.b.recv(1, &[sge(0, 64)]);
        pair.a.recv(9, &[sge(0, 64)]);
        pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
        pair.a.send(
            &wr(2, SendOp::Send),
            &[
                sge(0, 8),
                Sge {
                    lkey: Lkey(5),
                    ..sge(0, 8)
                },
            ],
        );
        pair.a.send(&unsignaled(3, SendOp::Send), &[sge(0, 8)]);
        pair.run();
        let cqes = pair.a.take_cqes();
        let ends: Vec<_> = cqes.iter().map(|cqe| (cqe.wr_id, cqe.status)).collect();
        assert_eq!(
            ends,
            [
                (1, WcStatus::Success),
                (2, WcStatus::LocProtErr),
                (3, WcStatus::WrFlushErr),
                (9, WcStatus::WrFlushErr)
            ]
        );
        assert_eq!(cqes[1].vendor_err, vendor::LOCAL_KEY);
        assert_eq!(pair.b.take_ends(), [(1, WcStatus::Success)]);
        assert_eq!(pair.b.qp.state(), QpState::Rts);
    }
}

#[test]
fn a_message_too_long_for_its_receive_ends_both() {
    for len in [100, 5000] {
        let mut pair = Pair::new(Service::Rc, LOSSY);
        pair.b.recv(1, &[sge(0, len - 1)]);
        pair.b.recv(2, &[sge(0, 8000)]);
        pair.a.send(&wr(1, SendOp::Send), &[sge(0, len)]);
        pair.run();
        assert_eq!(pair.a.take_ends(), [(1, WcStatus::RemInvReqErr)]);
        let cqes = pair.b.take_cqes();
        assert_eq!((cqes[0].wr_id, cqes[0].status), (1, WcStatus::LocLenErr));
        assert_eq!(cqes[0].vendor_err, vendor::RECV_TOO_SHORT);
        assert_eq!((cqes[1].wr_id, cqes[1].status), (2, WcStatus::WrFlushErr));
    }
}

#[test]
fn a_bad_receive_list_is_the_responders_fault() {
    let spoil: [fn(&mut Pair) -> u32; 3] = [
        |pair| {
            pair.b.recv(
                1,
                &[Sge {
                    lkey: Lkey(5),
                    ..sge(0, 64)
                }],
            );
            vendor::LOCAL_KEY
        },
        |pair| {
            pair.b.recv(
                1,
                &[Sge {
                    lkey: Lkey(KEY_READ_ONLY),
                    ..sge(0, 64)
                }],
            );
            vendor::LOCAL_RIGHTS
        },
        |pair| {
            pair.b.recv(1, &[sge(0, 64)]);
            pair.b.host.is_memory_gone = true;
            vendor::LOCAL_FAULT
        },
    ];
    for spoil in spoil {
        let mut pair = Pair::new(Service::Rc, LOSSLESS);
        let vendor_err = spoil(&mut pair);
        pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
        pair.run();
        assert_eq!(pair.a.take_ends(), [(1, WcStatus::RemOpErr)]);
        let cqe = pair.b.take_cqes()[0];
        assert_eq!(
            (cqe.status, cqe.vendor_err),
            (WcStatus::LocProtErr, vendor_err)
        );
        assert_eq!(pair.b.qp.state(), QpState::Err);
    }
}

#[test]
fn an_element_that_is_not_touched_is_not_checked() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.recv(
        1,
        &[
            sge(0, 8),
            Sge {
                lkey: Lkey(5),
                ..sge(0, 64)
            },
        ],
    );
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
    pair.run();
    assert_eq!(pair.b.take_ends(), [(1, WcStatus::Success)]);
}

#[test]
fn memory_that_goes_under_a_write_is_an_access_error() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.host.is_memory_gone = true;
    pair.a.send(&wr(1, write_to(0)), &[sge(0, 8)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::RemAccessErr)]);
    assert_eq!(pair.b.take_events(), [QpEvent::AccessError]);
}

#[test]
fn a_region_that_goes_between_two_packets_is_not_written() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    pair.a.fill(0, 3000, 1);
    pair.a.send(&wr(1, write_to(0)), &[sge(0, 3000)]);
    while pair.transmit(Side::A) {}
    pair.deliver(Side::A);
    pair.b.host.regions.clear();
    pair.run();
    assert!(pair.b.host.bytes(1024, 2000).iter().all(|byte| *byte == 0));
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::RemAccessErr)]);
}

fn request(opcode: u8, psn: u32) -> Header {
    Header {
        opcode: Opcode(opcode),
        dest_qpn: QPN_B,
        src_qpn: QPN_A,
        psn: Psn::new(psn),
        psn_count: 1,
        ack_req: true,
        ..Header::default()
    }
}

fn give(pair: &mut Pair, header: &Header, payload: &[u8]) {
    pair.b.host.payload = Some(payload.to_vec());
    pair.b
        .qp
        .handle_packet(header, payload.len() as u32, &mut pair.b.host);
    pair.b.drain();
}

/// The NAK code `b` answers with, if it does.
fn answer(pair: &mut Pair) -> Option<Syndrome> {
    let before = pair.log.len();
    while pair.transmit(Side::B) {}
    let packet = &pair.log.get(before)?.1;
    (packet.header.opcode.0 == 0x11).then_some(packet.header.syndrome)
}

#[test]
fn packets_out_of_their_message_are_invalid_requests() {
    let invalid = Some(Syndrome::nak(NakCode::InvalidRequest));
    // A middle or last packet without a first.
    for opcode in [0x01, 0x02, 0x03, 0x07, 0x08, 0x09] {
        let mut pair = Pair::new(Service::Rc, LOSSY);
        pair.b.recv(1, &[sge(0, 4096)]);
        give(&mut pair, &request(opcode, 0x100), &[1; 8]);
        assert_eq!(answer(&mut pair), invalid, "{opcode:#x}");
        assert_eq!(pair.b.take_events(), [QpEvent::RequestError]);
        assert_eq!(pair.b.take_ends(), [(1, WcStatus::WrFlushErr)]);
    }
    // Anything but a middle or last SEND after a first one.
    for opcode in [0x00, 0x04, 0x06, 0x07, 0x08, 0x0a, 0x0c, 0x13, 0x14] {
        let mut pair = Pair::new(Service::Rc, LOSSY);
        pair.b.recv(1, &[sge(0, 4096)]);
        give(&mut pair, &request(0x00, 0x100), &[1; 1024]);
        give(&mut pair, &request(opcode, 0x101), &[]);
        assert_eq!(answer(&mut pair), invalid, "{opcode:#x}");
    }
}

#[test]
fn lengths_that_do_not_fit_the_headers_are_invalid_requests() {
    let reth = |opcode, psn, len| Header {
        remote_va: VA,
        rkey: crate::base::ids::Rkey(KEY),
        dma_len_bytes: len,
        ..request(opcode, psn)
    };
    let cases: [(Header, usize); 7] = [
        (reth(0x0a, 0x100, 100), 99),
        (reth(0x0a, 0x100, 100), 101),
        (reth(0x06, 0x100, 1024), 1024),
        (reth(0x06, 0x100, 100), 0),
        (reth(0x06, 0x100, u32::MAX), 1024),
        (reth(0x0c, 0x100, u32::MAX), 0),
        (request(0x04, 0x100), 1025),
    ];
    for (header, len) in cases {
        let mut pair = Pair::new(Service::Rc, LOSSY);
        pair.b.recv(1, &[sge(0, 4096)]);
        give(&mut pair, &header, &vec![1; len]);
        assert_eq!(
            answer(&mut pair),
            Some(Syndrome::nak(NakCode::InvalidRequest)),
            "{header:?}"
        );
    }
}

#[test]
fn packets_of_other_services_and_unknown_opcodes_are_dropped() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    pair.b.recv(1, &[sge(0, 4096)]);
    for opcode in 0..=255 {
        let is_rc_request = opcode <= 0x0c || opcode == 0x13 || opcode == 0x14;
        let is_link = (0xc0..=0xc4).contains(&opcode);
        if !is_rc_request && !is_link {
            give(&mut pair, &request(opcode, 0x100), &[1; 8]);
        }
    }
    assert_eq!(answer(&mut pair), None);
    assert_eq!(pair.b.qp.attr().rq_psn, 0x100);
    assert!(pair.b.take_cqes().is_empty());
}

#[test]
fn answers_to_nothing_are_dropped() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    for opcode in [0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0xc0, 0xc2, 0xc4] {
        for psn in [0xffffe0, 0xfffff0, 0xfffff1, 0x5] {
            give(&mut pair, &request(opcode, psn), &[1; 8]);
        }
    }
    assert_eq!(pair.b.qp.state(), QpState::Rts);
    assert_eq!(pair.b.qp.poll_timeout(), None);
}

#[test]
fn responses_that_do_not_fit_their_request_end_the_qp() {
    // Kind, PSN, payload.
    for (opcode, len) in [(0x10, 7), (0x10, 9), (0x0d, 8), (0x12, 0)] {
        let mut pair = Pair::new(Service::Rc, LOSSY);
        pair.b.send(&wr(1, read_from(0)), &[sge(0, 8)]);
        while pair.transmit(Side::B) {}
        give(&mut pair, &request(opcode, 0xfffff0), &vec![1; len]);
        assert_eq!(
            pair.b.take_ends(),
            [(1, WcStatus::BadRespErr)],
            "{opcode:#x} {len}"
        );
    }
}

#[test]
fn the_srq_of_a_qp_in_error_is_told() {
    let mut pair = Pair::with(Service::Rc, LOSSLESS, |init| init.has_srq = true, |_| {});
    pair.b.modify(QpState::Err);
    assert_eq!(pair.b.take_events(), [QpEvent::LastWqeReached]);
    pair.b.modify(QpState::Err);
    assert!(pair.b.take_events().is_empty());
}

#[test]
fn a_payload_that_cannot_be_read_fails_its_wqe() {
    for service in [Service::Rc, Service::Uc] {
        let mut pair = Pair::new(service, LOSSLESS);
        pair.a.send(&wr(1, SendOp::Send), &[sge(0, 100)]);
        pair.a.send(&wr(2, SendOp::Send), &[sge(0, 100)]);
        assert!(pair.a.emits(&LOSSLESS));
        pair.a.qp.handle_access(AccessOutcome::LocalFault);
        assert_eq!(
            pair.a.take_ends(),
            [(1, WcStatus::LocProtErr), (2, WcStatus::WrFlushErr)]
        );
        let state = if service == Service::Rc {
            QpState::Err
        } else {
            QpState::Sqe
        };
        assert_eq!(pair.a.qp.state(), state);
    }
}

#[test]
fn a_response_that_cannot_be_read_is_an_access_error() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.a.send(&wr(1, read_from(0)), &[sge(0, 100)]);
    pair.transmit(Side::A);
    pair.deliver(Side::A);
    assert!(pair.b.emits(&LOSSLESS));
    pair.b.qp.handle_access(AccessOutcome::LocalFault);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::RemAccessErr)]);
    assert_eq!(pair.b.take_events(), [QpEvent::AccessError]);
}
