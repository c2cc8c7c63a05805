//! What queue pairs count: each event once, on the side where it happens.

use super::pair::*;
use crate::engine::counters::Counters;
use crate::engine::types::*;

fn counted(pair: &Pair) -> (Counters, Counters) {
    (*pair.a.qp.counters(), *pair.b.qp.counters())
}

const DIRECT: LinkCaps = LinkCaps {
    direct: true,
    ..LOSSLESS
};

/// A SEND, a WRITE, a WRITE with immediate data, a READ and both atomics.
fn one_of_each(pair: &mut Pair) {
    pair.b.recv(1, &[sge(0, 4000)]);
    pair.b.recv(2, &[]);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 3000)]);
    pair.a.send(&wr(2, write_to(8192)), &[sge(0, 500)]);
    pair.a.send(&wr(3, write_imm_to(8192, 1)), &[sge(0, 70)]);
    pair.a.send(&wr(4, read_from(8192)), &[sge(40_000, 600)]);
    pair.a.send(&wr(5, fetch_add(0x8000, 1)), &[sge(50_000, 8)]);
    pair.a
        .send(&wr(6, compare_swap(0x8000, 1, 2)), &[sge(50_000, 8)]);
    pair.run();
    assert_eq!(pair.a.take_cqes().len(), 6);
    assert_eq!(pair.b.take_cqes().len(), 2);
}

#[test]
fn requests_count_at_both_sides_with_their_bytes() {
    for caps in [LOSSLESS, LOSSY] {
        let mut pair = Pair::new(Service::Rc, caps);
        one_of_each(&mut pair);
        let (a, b) = counted(&pair);
        assert_eq!(
            (a.sent_messages, a.sent_bytes, a.read_bytes),
            (6, 3570, 600)
        );
        assert_eq!((a.completions, b.completions), (6, 2));
        assert_eq!((b.received_messages, b.received_bytes), (3, 3570));
        assert_eq!((b.served_reads, b.served_atomics), (1, 2));
        assert_eq!(
            (a.sent_packets, b.received_packets),
            (b.received_packets, a.sent_packets)
        );
        assert_eq!(b.sent_packets, a.received_packets);
        assert!(a.sent_packets >= 6 && b.sent_packets >= 3);
        let quiet = Counters {
            sent_packets: b.sent_packets,
            received_packets: b.received_packets,
            received_messages: 3,
            received_bytes: 3570,
            served_reads: 1,
            served_atomics: 2,
            completions: 2,
            ..Counters::default()
        };
        assert_eq!(b, quiet);
    }
}

#[test]
fn what_goes_directly_counts_where_it_began() {
    let mut pair = Pair::new(Service::Rc, DIRECT);
    one_of_each(&mut pair);
    let (a, b) = counted(&pair);
    assert_eq!(
        (a.sent_messages, a.sent_bytes, a.read_bytes),
        (6, 3570, 600)
    );
    // The plain WRITE and the READ touched memory without a packet.
    assert_eq!((b.received_messages, b.received_bytes), (2, 3070));
    assert_eq!((b.served_reads, b.served_atomics), (0, 2));
}

#[test]
fn a_lost_packet_is_a_gap_a_nak_and_a_retry() {
    let adapt = |attr: &mut QpAttr| (attr.timeout, attr.retry_cnt) = (8, 7);
    let mut pair = Pair::with(Service::Rc, LOSSY, |_| {}, adapt);
    let mut seen = 0;
    pair.script = Box::new(move |from, _| {
        seen += u32::from(from == Side::A);
        if from == Side::A && seen == 1 {
            Fate::Drop
        } else {
            Fate::Deliver
        }
    });
    for i in 0..3 {
        pair.b.recv(i, &[sge(i * 100, 100)]);
        pair.a.send(&wr(i, SendOp::Send), &[sge(i * 100, 100)]);
    }
    pair.run_with_timers(10);
    assert_eq!(pair.a.take_cqes().len(), 3);
    let (a, b) = counted(&pair);
    assert_eq!((a.sent_messages, a.sent_bytes), (3, 300));
    assert_eq!((a.retries, a.received_naks), (1, 1));
    assert!(b.gaps >= 1);
    assert_eq!((b.sent_naks, b.received_messages), (1, 3));
    assert!(a.sent_packets > b.received_packets);
}

#[test]
fn a_packet_that_comes_twice_is_a_duplicate() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    pair.script = Box::new(|from, _| match from {
        Side::A => Fate::Twice,
        Side::B => Fate::Deliver,
    });
    pair.b.recv(1, &[sge(0, 100)]);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 100)]);
    pair.run();
    let (_, b) = counted(&pair);
    assert_eq!(
        (b.duplicates, b.received_messages, b.received_bytes),
        (1, 1, 100)
    );
}

#[test]
fn a_missing_receive_counts_as_rnr_and_as_no_nak() {
    let mut pair = Pair::with(Service::Rc, LOSSLESS, |_| {}, |attr| attr.rnr_retry = 3);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
    pair.run_with_timers(100);
    let (a, b) = counted(&pair);
    assert_eq!((b.sent_rnr_naks, a.received_rnr_naks), (4, 4));
    assert_eq!((b.sent_naks, a.received_naks, a.retries), (0, 0, 0));
    let _ = pair.a.take_cqes();
    assert_eq!(counted(&pair).0.failed_completions, 1);
}

#[test]
fn an_error_is_one_nak_one_failure_and_the_rest_flushed() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    let wrong = SendOp::Write {
        remote_va: 1,
        rkey: crate::base::ids::Rkey(0x1234_5600),
    };
    pair.a.send(&wr(1, wrong), &[sge(0, 8)]);
    pair.a.send(&wr(2, SendOp::Send), &[sge(0, 8)]);
    pair.a.recv(3, &[sge(0, 8)]);
    pair.run();
    assert_eq!(pair.a.take_cqes().len(), 3);
    let (a, b) = counted(&pair);
    assert_eq!((b.sent_naks, a.received_naks), (1, 1));
    assert_eq!(
        (a.completions, a.failed_completions, a.flushed_completions),
        (3, 1, 2)
    );
}

#[test]
fn a_reset_keeps_the_numbers() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    one_of_each(&mut pair);
    let (before, _) = counted(&pair);
    pair.a.modify(QpState::Reset);
    assert_eq!(counted(&pair).0, before);
    let mut sum = before;
    sum += &before;
    assert_eq!(sum.sent_bytes, 2 * before.sent_bytes);
}
