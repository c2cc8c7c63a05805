//! The short ways against the general code: the same history gives the same packets, completions,
//! events, attributes, counters and memory, whichever way it takes.

use super::hostile::{Prng, header};
use super::pair::*;
use crate::base::ids::{Lkey, Qpn};
use crate::base::time::Duration;
use crate::engine::types::*;
use crate::wire::{Header, Opcode, Psn};

/// Both ways, step by step.
struct Twins {
    quick: Pair,
    thorough: Pair,
}

impl Twins {
    fn new(caps: LinkCaps, adapt_init: impl Fn(&mut QpInit)) -> Twins {
        let pair = || Pair::with(Service::Rc, caps, &adapt_init, |_| {});
        let mut thorough = pair();
        thorough.a.qp.is_thorough = true;
        thorough.b.qp.is_thorough = true;
        Twins {
            quick: pair(),
            thorough,
        }
    }

    /// Does the same to both and demands the same answer.
    fn both<T: PartialEq + std::fmt::Debug>(&mut self, mut step: impl FnMut(&mut Pair) -> T) {
        assert_eq!(step(&mut self.quick), step(&mut self.thorough));
        self.compare();
    }

    fn compare(&self) {
        let (quick, thorough) = (&self.quick, &self.thorough);
        for (one, other) in [(&quick.a, &thorough.a), (&quick.b, &thorough.b)] {
            assert_eq!(one.cqes, other.cqes);
            assert_eq!(one.events, other.events);
            assert_eq!(one.qp.state(), other.qp.state());
            assert_eq!(one.qp.attr(), other.qp.attr());
            assert_eq!(one.qp.counters(), other.qp.counters());
            assert_eq!(one.qp.poll_timeout(), other.qp.poll_timeout());
            assert_eq!(one.qp.awaits_ack(), other.qp.awaits_ack());
        }
        assert_eq!(quick.log.len(), thorough.log.len());
        if let (Some((_, one)), Some((_, other))) = (quick.log.last(), thorough.log.last()) {
            assert_eq!(one.header, other.header);
            assert_eq!(one.payload, other.payload);
            assert_eq!(one.by_reference, other.by_reference);
        }
    }
}

fn node(pair: &mut Pair, side: Side) -> &mut Node {
    match side {
        Side::A => &mut pair.a,
        Side::B => &mut pair.b,
    }
}

/// A list, of which one element in `rareness` or so names memory it may not.
fn list(prng: &mut Prng, longest: u32, rareness: u64) -> Vec<Sge> {
    let count = prng.one_of(&[1, 1, 1, 1, 1, 0, 2, 3]);
    (0..count)
        .map(|_| Sge {
            addr: match prng.below(rareness) {
                0 => VA + MEMORY_BYTES as u64 - 4,
                _ => VA + 8 * prng.below(60_000),
            },
            len_bytes: prng.one_of(&[8, 8, 8, 1, 0, 1023, 1024, 1025, longest]),
            lkey: Lkey(match prng.below(rareness) {
                0 => 0,
                1 => KEY_READ_ONLY,
                _ => KEY,
            }),
        })
        .collect()
}

fn request(prng: &mut Prng) -> SendWr<'static> {
    let op = match prng.below(12) {
        0 => SendOp::SendImm { imm_data: 5 },
        1 => write_to(64),
        2 => read_from(128),
        3 => fetch_add(256, 1),
        _ => SendOp::Send,
    };
    let mut flags = SendFlags::empty();
    for flag in [SendFlags::SIGNALED, SendFlags::SOLICITED] {
        flags.set(flag, prng.below(2) == 0);
    }
    flags.set(SendFlags::FENCE, prng.below(8) == 0);
    SendWr {
        wr_id: prng.below(1 << 40),
        op,
        flags,
        datagram: None,
    }
}

fn step(twins: &mut Twins, prng: &mut Prng, rareness: u64) {
    let side = prng.one_of(&[Side::A, Side::B]);
    match prng.below(20) {
        0..=4 => {
            let (wr, sges) = (request(prng), list(prng, 3000, rareness));
            twins.both(|pair| node(pair, side).qp.post_send(&wr, &sges));
        }
        5 => {
            let (wr, len) = (request(prng), prng.one_of(&[0, 1, 8, 64]));
            twins.both(|pair| {
                let room = node(pair, side).qp.post_send_inline(&wr, len);
                room.map(|room| room.fill(0x5a))
            });
        }
        6..=9 => {
            let (wr_id, sges) = (prng.below(1 << 40), list(prng, 4096, rareness));
            twins.both(|pair| {
                let posted = node(pair, side).qp.post_recv(wr_id, &sges);
                node(pair, side).drain();
                posted
            });
        }
        10..=13 => {
            twins.both(|pair| pair.transmit(side));
        }
        14..=17 => {
            twins.both(|pair| pair.deliver(side));
        }
        18 if prng.below(rareness) == 0 => {
            let state = prng.one_of(&[QpState::Sqd, QpState::Rts, QpState::Err]);
            let attr = QpAttr {
                state: state as u32,
                ..QpAttr::default()
            };
            twins.both(|pair| node(pair, side).qp.modify(&attr, AttrMask::STATE));
        }
        18 => {
            // As long as an RNR timer may run.
            let now = twins.quick.a.host.now + Duration::from_millis(700);
            twins.both(|pair| pair.set_clock(now));
        }
        19 if prng.below(rareness / 20) == 0 => {
            let node_now = node(&mut twins.quick, side);
            let mut header = header(prng, node_now, Service::Rc);
            if prng.below(2) == 0 {
                header.opcode = Opcode::RC_SEND_ONLY;
                header.psn = Psn::new(node_now.qp.attr().rq_psn);
                header.psn_count = prng.one_of(&[0, 1, 1, 1, 2]);
                header.src_qpn = prng.one_of(&[header.src_qpn, Qpn(0), Qpn(5)]);
            }
            let len = prng.one_of(&[0, 1, 8, 1024, 1025]);
            let is_there = prng.below(4) != 0;
            twins.both(|pair| {
                let node = node(pair, side);
                node.host.payload = is_there.then(|| vec![9; len as usize]);
                node.qp.handle_packet(&header, len, &mut node.host);
                node.drain();
            });
        }
        _ => twins.both(Pair::tick),
    }
}

#[test]
fn the_short_way_and_the_long_way_end_alike() {
    let by_reference = LinkCaps {
        min_reference_bytes: 1000,
        ..LOSSLESS
    };
    let narrow = LinkCaps {
        max_payload_bytes: 512,
        ..LOSSLESS
    };
    let direct = LinkCaps {
        direct: true,
        ..LOSSLESS
    };
    for seed in 1..=200 {
        let mut prng = Prng(seed);
        let caps = prng.one_of(&[LOSSLESS, LOSSLESS, LOSSLESS, by_reference, narrow, direct]);
        let rareness = prng.one_of(&[40, 1000]);
        let all_signaled = prng.below(4) == 0;
        let mut twins = Twins::new(caps, |init| init.all_signaled = all_signaled);
        twins.both(|pair| {
            pair.a.fill(0, MEMORY_BYTES / 2, 3);
            pair.b.fill(0, MEMORY_BYTES / 2, 7);
        });
        for _ in 0..400 {
            step(&mut twins, &mut prng, rareness);
        }
        twins.both(Pair::run);
        assert!(
            twins.quick.a.host.memory == twins.thorough.a.host.memory,
            "seed {seed}"
        );
        assert!(
            twins.quick.b.host.memory == twins.thorough.b.host.memory,
            "seed {seed}"
        );
    }
}

#[test]
fn a_usual_send_takes_the_short_way_on_both_sides() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.recv(1, &[sge(4096, 64)]);
    pair.a.send(&wr(7, SendOp::Send), &[sge(0, 8)]);
    let mut header = Header::default();
    let plan = pair
        .a
        .qp
        .plan_quick_send(&LOSSLESS, &pair.a.host, &mut header);
    assert!(plan.is_some());
    pair.b.host.payload = Some(vec![1; 8]);
    assert!(pair.b.qp.handle_quick_send(&header, 8, &mut pair.b.host));
    assert!(
        !pair.b.qp.handle_quick_send(&header, 8, &mut pair.b.host),
        "a duplicate"
    );
}

/// A SEND as `a` would give it out, with the PSN `b` expects.
fn usual_header(pair: &Pair) -> Header {
    Header {
        opcode: Opcode::RC_SEND_ONLY,
        dest_qpn: QPN_B,
        src_qpn: QPN_A,
        psn: Psn::new(pair.b.qp.attr().rq_psn),
        psn_count: 1,
        ..Header::default()
    }
}

#[test]
fn more_bytes_than_a_psn_stands_for_are_judged_the_long_way() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.recv(1, &[sge(4096, 4096)]);
    let header = usual_header(&pair);
    pair.b.host.payload = Some(vec![1; 1025]);
    assert!(!pair.b.qp.handle_quick_send(&header, 1025, &mut pair.b.host));
    assert!(pair.b.qp.handle_quick_send(&header, 1024, &mut pair.b.host));
}

#[test]
fn a_nak_that_is_owed_is_taken_back_the_long_way() {
    let mut twins = Twins::new(LOSSLESS, |_| {});
    let header = usual_header(&twins.quick);
    let arrive = |pair: &mut Pair| {
        pair.b.host.payload = Some(vec![1; 8]);
        pair.b.qp.handle_packet(&header, 8, &mut pair.b.host);
    };
    twins.both(arrive);
    twins.both(|pair| pair.b.recv(1, &[sge(4096, 64)]));
    twins.both(arrive);
    twins.both(|pair| while pair.transmit(Side::B) {});
    assert_eq!(twins.quick.b.take_ends(), [(1, WcStatus::Success)]);
}
