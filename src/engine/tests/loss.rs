//! Random operations over links that drop, double and reorder, from seeds: every message arrives
//! exactly once, in order, and both memories end as if nothing had happened.

use super::pair::*;
use crate::engine::types::*;

/// xorshift64*: small, seeded, the same everywhere.
struct Prng(u64);

impl Prng {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 11) % limit
    }
}

fn script(seed: u64, drop: u64, twice: u64, late: u64) -> Script {
    let mut prng = Prng(seed);
    Box::new(move |_, _| {
        let dice = prng.below(1000);
        if dice < drop {
            Fate::Drop
        } else if dice < drop + twice {
            Fate::Twice
        } else if dice < drop + twice + late {
            Fate::Late(1 + prng.below(6) as u32)
        } else {
            Fate::Deliver
        }
    })
}

/// Where messages lie, and from where on each side new bytes arrive, each message at its own place.
const SOURCE_BYTES: u64 = 0x8000;
const ARRIVALS: u64 = 0x10_000;
const COUNTER: u64 = 0xf_f000;

/// What must be so in the end.
#[derive(Default)]
struct Expectation {
    /// Byte length and immediate data of each receive, in order.
    receives: Vec<(u32, Option<u32>)>,
    sends: Vec<(u64, WcOpcode)>,
    /// Offset in the source of one side, offset at the other, length.
    at_b: Vec<(u64, u64, u32)>,
    at_a: Vec<(u64, u64, u32)>,
    atomics: Vec<u64>,
    next_a: u64,
    next_b: u64,
}

/// One run of `count` operations from A to B.
fn run_seed(seed: u64, count: u64, drop: u64, caps: LinkCaps) {
    let adapt = |attr: &mut QpAttr| {
        (attr.timeout, attr.retry_cnt, attr.rnr_retry) = (8, 7, 7);
        // So that PSNs wrap within the run.
        (attr.sq_psn, attr.rq_psn) = (0xff_ffc0, 0xff_ffc0);
    };
    let mut pair = Pair::with(Service::Rc, caps, |_| {}, adapt);
    if !caps.lossless {
        pair.script = script(seed, drop, 30, 60);
    }
    let mut prng = Prng(seed ^ 0x9e37_79b9_7f4a_7c15);
    let mut expected = Expectation {
        next_a: ARRIVALS,
        next_b: ARRIVALS,
        ..Expectation::default()
    };
    pair.a.fill(0, SOURCE_BYTES as usize, seed as u8);
    pair.b.fill(0, SOURCE_BYTES as usize, !seed as u8);
    let (mut sends, mut receives) = (Vec::new(), Vec::new());
    let mut posted = 0;
    for _ in 0..5_000 {
        for _ in 0..prng.below(8) {
            if posted < count && post_one(&mut pair, &mut prng, posted, &mut expected) {
                posted += 1;
            }
        }
        for _ in 0..prng.below(60) {
            match prng.below(4) {
                0 => pair.transmit(Side::A),
                1 => pair.transmit(Side::B),
                2 => pair.deliver(Side::A),
                _ => pair.deliver(Side::B),
            };
            if prng.below(50) == 0 {
                let timers = [pair.a.qp.poll_timeout(), pair.b.qp.poll_timeout()];
                pair.set_clock(timers.into_iter().flatten().min().unwrap_or_default());
            }
        }
        pair.run_with_timers(prng.below(3) as u32);
        sends.append(&mut pair.a.take_cqes());
        receives.append(&mut pair.b.take_cqes());
        if posted == count && sends.len() == expected.sends.len() {
            break;
        }
    }
    pair.run_with_timers(1000);
    sends.append(&mut pair.a.take_cqes());
    receives.append(&mut pair.b.take_cqes());
    let failed = sends.iter().find(|cqe| cqe.status != WcStatus::Success);
    assert!(failed.is_none(), "seed {seed}: {failed:?}");
    let got: Vec<(u64, WcOpcode)> = sends.iter().map(|cqe| (cqe.wr_id, cqe.opcode)).collect();
    assert_eq!(got, expected.sends, "seed {seed}");
    let got: Vec<_> = receives
        .iter()
        .map(|cqe| (cqe.byte_len, cqe.imm_data))
        .collect();
    assert_eq!(got, expected.receives, "seed {seed}");
    let bytes = |node: &Node, offset: u64, len: u32| {
        node.host.bytes(offset as usize, len as usize).to_vec()
    };
    for (from, to, len) in expected.at_b {
        assert_eq!(
            bytes(&pair.a, from, len),
            bytes(&pair.b, to, len),
            "seed {seed}"
        );
    }
    for (from, to, len) in expected.at_a {
        assert_eq!(
            bytes(&pair.b, from, len),
            bytes(&pair.a, to, len),
            "seed {seed}"
        );
    }
    for (i, to) in expected.atomics.iter().enumerate() {
        assert_eq!(
            bytes(&pair.a, *to, 8),
            (i as u64).to_ne_bytes(),
            "seed {seed}"
        );
    }
    assert_eq!(pair.a.qp.poll_timeout(), None, "seed {seed}");
}

/// Posts a random operation together with what it needs. `false`: the queue is full.
fn post_one(pair: &mut Pair, prng: &mut Prng, number: u64, expected: &mut Expectation) -> bool {
    let len = match prng.below(4) {
        0 => prng.below(9),
        1 => prng.below(1500),
        2 => 1024 * prng.below(5),
        _ => prng.below(7000),
    } as u32;
    let from = prng.below(SOURCE_BYTES - 7000);
    let third = len / 3;
    let list = vec![sge(from, third), sge(from + u64::from(third), len - third)];
    let imm_data = number as u32;
    let (next_a, next_b) = (expected.next_a, expected.next_b);
    let kind = prng.below(7);
    let (op, sges) = match kind {
        0 => (SendOp::Send, list),
        1 => (SendOp::SendImm { imm_data }, list),
        2 => (write_imm_to(next_b, imm_data), list),
        3 => (write_to(next_b), list),
        4 | 5 => (
            read_from(from),
            vec![
                sge(next_a, third),
                sge(next_a + u64::from(third), len - third),
            ],
        ),
        _ => (fetch_add(COUNTER, 1), vec![sge(next_a, 8)]),
    };
    let is_signaled = prng.below(3) != 0;
    let request = if is_signaled {
        wr(number, op)
    } else {
        unsignaled(number, op)
    };
    if pair.a.qp.post_send(&request, &sges).is_err() {
        return false;
    }
    let opcode = match kind {
        0..=3 => {
            expected.at_b.push((from, next_b, len));
            expected.next_b += u64::from(len);
            if kind <= 2 {
                pair.b.recv(
                    number,
                    &[sge(next_b, third), sge(next_b + u64::from(third), len)],
                );
                expected
                    .receives
                    .push((len, (kind != 0).then_some(imm_data)));
            }
            if kind <= 1 {
                WcOpcode::Send
            } else {
                WcOpcode::RdmaWrite
            }
        }
        4 | 5 => {
            expected.at_a.push((from, next_a, len));
            expected.next_a += u64::from(len);
            WcOpcode::RdmaRead
        }
        _ => {
            expected.atomics.push(next_a);
            expected.next_a += 8;
            WcOpcode::FetchAdd
        }
    };
    if is_signaled {
        expected.sends.push((number, opcode));
    }
    true
}

#[test]
fn nothing_lost_nothing_changed() {
    for seed in 1..=10 {
        run_seed(seed, 150, 0, LOSSY);
    }
}

#[test]
fn one_packet_in_fifty_lost() {
    for seed in 1..=60 {
        run_seed(seed, 150, 20, LOSSY);
    }
}

#[test]
fn one_packet_in_ten_lost() {
    for seed in 1..=30 {
        run_seed(seed, 100, 100, LOSSY);
    }
}

#[test]
fn every_size_of_packet_on_a_lossless_link() {
    for seed in 1..=20 {
        let mut prng = Prng(seed);
        let caps = LinkCaps {
            max_payload_bytes: 1024 << prng.below(4),
            min_reference_bytes: if prng.below(2) == 0 { u32::MAX } else { 2000 },
            max_reference_bytes: 4096 << prng.below(3),
            direct: prng.below(2) == 0,
            ..LOSSLESS
        };
        run_seed(seed, 150, 0, caps);
    }
}

#[test]
fn a_peer_that_never_answers_uses_up_the_retries() {
    for retry_cnt in [0u8, 2, 7] {
        let mut pair = Pair::with(
            Service::Rc,
            LOSSY,
            |_| {},
            |attr| attr.retry_cnt = retry_cnt,
        );
        pair.script = Box::new(|_, _| Fate::Drop);
        for i in 0..3 {
            pair.a.send(&wr(i, SendOp::Send), &[sge(0, 8)]);
        }
        let passed = pair.run_with_timers(100);
        let ends = pair.a.take_ends();
        assert_eq!(ends[0], (0, WcStatus::RetryExcErr));
        assert_eq!(
            ends[1..],
            [(1, WcStatus::WrFlushErr), (2, WcStatus::WrFlushErr)]
        );
        let timeout = std::time::Duration::from_nanos(4096 << 10);
        assert_eq!(passed, timeout * (u32::from(retry_cnt) + 1));
    }
}

#[test]
fn a_gap_is_complained_of_once() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    let mut count = 0;
    pair.script = Box::new(move |_, _| {
        count += 1;
        if count == 2 {
            Fate::Drop
        } else {
            Fate::Deliver
        }
    });
    pair.b.recv(1, &[sge(0, 16384)]);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 10_240)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::Success)]);
    let naks = pair
        .log
        .iter()
        .filter(|(_, p)| p.header.syndrome.0 == 0x60)
        .count();
    assert_eq!(naks, 1);
    // From the lost packet on, all again.
    assert_eq!(
        pair.log.iter().filter(|(side, _)| *side == Side::A).count(),
        10 + 9
    );
}

#[test]
fn the_window_bounds_what_is_in_flight() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    for i in 0..3 {
        pair.a
            .send(&unsignaled(i, write_to(0)), &[sge(0, 100 * 1024)]);
    }
    while pair.transmit(Side::A) {}
    assert_eq!(pair.log.len(), 128);
    pair.run();
    assert!(pair.a.take_cqes().is_empty());
    assert_eq!(
        pair.log.iter().filter(|(side, _)| *side == Side::A).count(),
        300
    );
    assert_eq!(pair.a.qp.poll_timeout(), None);
}

#[test]
fn each_gap_is_mended_without_a_timer() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    let mut count = 0;
    // Packets in the middle of a message: more follow, so that the gap shows.
    pair.script = Box::new(move |_, packet| {
        count += u32::from(packet.header.opcode.0 == 0x01);
        if packet.header.opcode.0 == 0x01 && matches!(count, 1 | 20 | 40) {
            Fate::Drop
        } else {
            Fate::Deliver
        }
    });
    for i in 0..6 {
        pair.b.recv(i, &[sge(0, 16384)]);
        pair.a.send(&wr(i, SendOp::Send), &[sge(0, 10_240)]);
        pair.run();
        assert_eq!(pair.a.take_ends(), [(i, WcStatus::Success)]);
    }
    let naks = pair
        .log
        .iter()
        .filter(|(_, p)| p.header.syndrome.0 == 0x60)
        .count();
    assert_eq!(naks, 3);
}

#[test]
fn acknowledgements_are_asked_for_where_nothing_follows() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    for i in 0..3 {
        pair.a.send(&unsignaled(i, write_to(0)), &[sge(0, 8)]);
    }
    pair.a.send(&unsignaled(3, write_to(0)), &[sge(0, 50_000)]);
    while pair.transmit(Side::A) {}
    let asked: Vec<usize> = (0..pair.log.len())
        .filter(|i| pair.log[*i].1.header.ack_req)
        .collect();
    assert_eq!(asked, [31 + 3 - 3, pair.log.len() - 1]);
}

#[test]
fn an_acknowledgement_overtakes_what_is_sent_again() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    for i in 0..4 {
        pair.a.send(&wr(i, write_to(0)), &[sge(0, 2048)]);
    }
    while pair.transmit(Side::A) {}
    while pair.deliver(Side::A) {}
    while pair.transmit(Side::B) {}
    // The timer ends before the acknowledgement comes; one packet is sent again.
    let deadline = pair.a.qp.poll_timeout().unwrap();
    pair.set_clock(deadline);
    pair.transmit(Side::A);
    while pair.deliver(Side::B) {}
    assert_eq!(pair.a.take_cqes().len(), 4);
    assert!(!pair.transmit(Side::A));
    pair.a.send(&wr(4, write_to(0)), &[sge(0, 8)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(4, WcStatus::Success)]);
    assert_eq!(
        pair.log.iter().filter(|(side, _)| *side == Side::A).count(),
        8 + 1 + 1
    );
}

#[test]
fn a_repeated_request_must_be_the_same() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    pair.a.send(&wr(1, read_from(0)), &[sge(0, 3000)]);
    pair.a.send(&wr(2, fetch_add(4096, 1)), &[sge(0, 8)]);
    pair.run();
    let sent = pair.log.len();
    let requests: Vec<_> = pair
        .log
        .iter()
        .filter(|(side, _)| *side == Side::A)
        .collect();
    let (read, atomic) = (requests[0].1.header, requests[1].1.header);
    let mut repeat = |header| {
        pair.b.qp.handle_packet(&header, 0, &mut pair.b.host);
        let before = pair.log.len();
        while pair.transmit(Side::B) {}
        pair.log.len() - before
    };
    assert_eq!(repeat(read), 3);
    assert_eq!(repeat(atomic), 1);
    assert_eq!(
        repeat(crate::wire::Header {
            remote_va: VA + 8,
            ..read
        }),
        0
    );
    assert_eq!(
        repeat(crate::wire::Header {
            dma_len_bytes: 4000,
            ..read
        }),
        0
    );
    assert_eq!(
        repeat(crate::wire::Header {
            psn: read.psn,
            ..atomic
        }),
        0
    );
    assert_eq!(
        repeat(crate::wire::Header {
            psn: atomic.psn,
            ..read
        }),
        0
    );
    assert_eq!(pair.b.host.bytes(4096, 8), 1u64.to_ne_bytes());
    assert!(sent > 0);
}
