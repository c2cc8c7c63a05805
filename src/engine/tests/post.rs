//! What post_send and post_recv take in which state.

use super::pair::*;
use crate::engine::Qp;
use crate::engine::types::*;

#[test]
fn states_that_take_no_requests() {
    for service in [Service::Rc, Service::Uc, Service::Ud] {
        let mut qp = Qp::new(&init(service, QPN_A)).unwrap();
        assert_eq!(qp.post_recv(1, &[sge(0, 8)]), Err(PostError::State));
        for state in [QpState::Reset, QpState::Init, QpState::Rtr] {
            bring_up(&mut qp, &attr(QPN_B), service, state);
            assert_eq!(
                qp.post_send(&wr(1, SendOp::Send), &[]),
                Err(PostError::State)
            );
            assert_eq!(
                qp.post_recv(1, &[sge(0, 8)]).is_ok(),
                state != QpState::Reset
            );
        }
    }
}

#[test]
fn limits_of_the_queues() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    let qp = &mut pair.a.qp;
    assert_eq!(
        qp.post_send(&wr(1, SendOp::Send), &[sge(0, 1); 5]),
        Err(PostError::TooMuch)
    );
    assert_eq!(qp.post_recv(1, &[sge(0, 1); 5]), Err(PostError::TooMuch));
    assert!(matches!(
        qp.post_send_inline(&wr(1, SendOp::Send), 65),
        Err(PostError::TooMuch)
    ));
    let read = wr(1, read_from(0));
    assert!(matches!(
        qp.post_send_inline(&read, 8),
        Err(PostError::Invalid(_))
    ));
    for i in 0..64 {
        qp.post_send(&wr(i, SendOp::Send), &[]).unwrap();
        qp.post_recv(i, &[]).unwrap();
    }
    assert_eq!(
        qp.post_send(&wr(64, SendOp::Send), &[]),
        Err(PostError::Full)
    );
    assert_eq!(qp.post_recv(64, &[]), Err(PostError::Full));
}

#[test]
fn depths_need_not_be_powers_of_two() {
    let adapt = |init: &mut QpInit| (init.send_depth, init.recv_depth) = (5, 3);
    let mut pair = Pair::with(Service::Rc, LOSSLESS, adapt, |_| {});
    for round in 0..10u64 {
        for i in 0..3 {
            pair.b.recv(i, &[sge(0, 8)]);
        }
        assert_eq!(pair.b.qp.post_recv(9, &[]), Err(PostError::Full));
        for i in 0..5 {
            let op = if i < 3 { SendOp::Send } else { write_to(0) };
            pair.a.send(&wr(round * 5 + i, op), &[sge(0, 8)]);
        }
        assert_eq!(
            pair.a.qp.post_send(&wr(9, SendOp::Send), &[]),
            Err(PostError::Full)
        );
        pair.run();
        assert_eq!(pair.a.take_cqes().len(), 5);
        assert_eq!(pair.b.take_cqes().len(), 3);
    }
}

#[test]
fn services_refuse_what_they_do_not_serve() {
    let mut pair = Pair::new(Service::Uc, LOSSLESS);
    let qp = &mut pair.a.qp;
    for op in [read_from(0), fetch_add(0, 1), compare_swap(0, 1, 2)] {
        assert!(matches!(
            qp.post_send(&wr(1, op), &[]),
            Err(PostError::Invalid(_))
        ));
    }
    let mut pair = Pair::new(Service::Ud, LOSSLESS);
    let qp = &mut pair.a.qp;
    assert!(matches!(
        qp.post_send(&wr(1, write_to(0)), &[]),
        Err(PostError::Invalid(_))
    ));
    // No address.
    assert!(matches!(
        qp.post_send(&wr(1, SendOp::Send), &[]),
        Err(PostError::Invalid(_))
    ));
}

#[test]
fn a_message_beyond_the_largest_completes_in_error() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    let big = Sge {
        len_bytes: u32::MAX,
        ..sge(0, 0)
    };
    pair.a.send(&wr(1, SendOp::Send), &[big, big]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::LocLenErr)]);
    assert_eq!(pair.a.qp.state(), QpState::Err);
}
