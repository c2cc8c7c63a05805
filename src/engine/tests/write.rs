//! RDMA WRITE as packets.

use super::pair::*;
use crate::base::ids::Rkey;
use crate::engine::types::*;

#[test]
fn write_places_bytes_without_a_receive() {
    for caps in [LOSSLESS, LOSSY] {
        let mut pair = Pair::new(Service::Rc, caps);
        pair.a.fill(0, 20_000, 5);
        pair.a.send(
            &wr(1, write_to(50_000)),
            &[sge(0, 15_000), sge(15_000, 5_000)],
        );
        pair.run();
        assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
        assert!(pair.b.take_cqes().is_empty());
        assert_eq!(
            pair.a.host.bytes(0, 20_000),
            pair.b.host.bytes(50_000, 20_000)
        );
    }
}

#[test]
fn write_with_immediate_consumes_a_receive() {
    for caps in [LOSSLESS, LOSSY] {
        let mut pair = Pair::new(Service::Rc, caps);
        pair.a.fill(0, 3000, 5);
        pair.b.recv(9, &[]);
        pair.a
            .send(&wr(1, write_imm_to(50_000, 77)), &[sge(0, 3000)]);
        pair.run();
        let cqe = pair.b.take_cqes()[0];
        assert_eq!((cqe.wr_id, cqe.opcode), (9, WcOpcode::RecvRdmaWithImm));
        assert_eq!((cqe.byte_len, cqe.imm_data), (3000, Some(77)));
        assert_eq!(pair.a.take_cqes()[0].opcode, WcOpcode::RdmaWrite);
        assert_eq!(pair.a.host.bytes(0, 3000), pair.b.host.bytes(50_000, 3000));
    }
}

#[test]
fn empty_write_needs_no_key() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    let op = SendOp::Write {
        remote_va: 0,
        rkey: Rkey(0xdead),
    };
    pair.a.send(&wr(1, op), &[]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
}

#[test]
fn bad_keys_end_both_sides() {
    let cases = [
        SendOp::Write {
            remote_va: VA,
            rkey: Rkey(0xdead),
        },
        SendOp::Write {
            remote_va: VA + MEMORY_BYTES as u64 - 10,
            rkey: Rkey(KEY),
        },
        // All packets but the last would fit: none of them may be written.
        SendOp::Write {
            remote_va: VA + MEMORY_BYTES as u64 - 4999,
            rkey: Rkey(KEY),
        },
        SendOp::Write {
            remote_va: u64::MAX - 3,
            rkey: Rkey(KEY),
        },
        SendOp::Write {
            remote_va: VA,
            rkey: Rkey(KEY_READ_ONLY),
        },
    ];
    for op in cases {
        for caps in [
            LOSSLESS,
            LOSSY,
            LinkCaps {
                direct: true,
                ..LOSSLESS
            },
        ] {
            let mut pair = Pair::new(Service::Rc, caps);
            pair.b.recv(50, &[sge(0, 8)]);
            pair.a.send(&wr(1, op), &[sge(0, 5000)]);
            pair.a.send(&unsignaled(2, SendOp::Send), &[sge(0, 8)]);
            pair.run();
            assert_eq!(
                pair.a.take_ends(),
                [(1, WcStatus::RemAccessErr), (2, WcStatus::WrFlushErr)]
            );
            assert_eq!(pair.b.take_ends(), [(50, WcStatus::WrFlushErr)]);
            assert_eq!(pair.b.take_events(), [QpEvent::AccessError]);
            assert_eq!(pair.a.qp.state(), QpState::Err);
            assert_eq!(pair.b.qp.state(), QpState::Err);
            assert!(pair.b.host.memory.iter().all(|byte| *byte == 0));
        }
    }
}

#[test]
fn a_qp_without_the_right_refuses() {
    let mut pair = Pair::with(
        Service::Rc,
        LOSSLESS,
        |_| {},
        |attr| attr.access = Access::empty(),
    );
    pair.a.send(&wr(1, write_to(0)), &[sge(0, 8)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::RemInvReqErr)]);
    assert_eq!(pair.b.take_events(), [QpEvent::RequestError]);
}
