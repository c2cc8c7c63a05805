//! Packets no honest peer sends, and ends at any instant: nothing panics, no byte outside the
//! regions is touched, and every work request completes exactly once, in order.

use super::pair::*;
use crate::base::ids::Rkey;
use crate::engine::types::*;
use crate::wire::{Header, Opcode, Psn, Syndrome};

pub(super) struct Prng(pub(super) u64);

impl Prng {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) % limit
    }

    pub(super) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// A header that may get past the first checks, but is wrong somewhere.
pub(super) fn header(prng: &mut Prng, node: &Node, service: Service) -> Header {
    let opcodes: &[u8] = match service {
        Service::Rc => &[
            0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 0xc0, 0xc1,
            0xc2, 0xc3, 0xc4, 0xff, 0x16,
        ],
        Service::Uc => &[
            0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0xc3, 0x2c,
        ],
        Service::Ud => &[0x64, 0x65, 0x66, 0x04],
    };
    let opcode = Opcode(prng.one_of(opcodes));
    let is_answer = matches!(opcode.0, 0x0d..=0x12 | 0xc0 | 0xc2 | 0xc4);
    let near = if is_answer {
        node.qp.attr().sq_psn.wrapping_sub(8)
    } else {
        node.qp.attr().rq_psn
    };
    let lens = [
        0,
        1,
        8,
        1023,
        1024,
        1025,
        4096,
        10_000,
        1 << 30,
        (1 << 30) + 1,
        u32::MAX,
    ];
    Header {
        opcode,
        solicited: prng.below(2) == 0,
        ack_req: prng.below(2) == 0,
        dest_qpn: node.qp.qpn(),
        src_qpn: node.qp.attr().dest_qpn,
        psn: Psn::new(match prng.below(8) {
            0 => prng.below(1 << 24) as u32,
            1 | 2 => near.wrapping_add(prng.below(10) as u32),
            _ if is_answer => near.wrapping_add(prng.below(10) as u32),
            _ => near,
        }),
        psn_count: prng.one_of(&[0, 1, 1, 1, 1, 2, 4, 100, 1 << 23, u32::MAX]),
        remote_va: match prng.below(4) {
            0 => u64::MAX - prng.below(100),
            1 => VA + MEMORY_BYTES as u64 - prng.below(2000),
            _ => VA + 8 * prng.below(1000),
        },
        rkey: Rkey(prng.one_of(&[KEY, KEY, KEY, KEY_READ_ONLY, 0])),
        dma_len_bytes: prng.one_of(&lens),
        syndrome: Syndrome(prng.one_of(&[0x1f, 0, 0x20, 0x2e, 0x60, 0x61, 0x62, 0x63, 0x7f, 0x40])),
        qkey: QKEY,
        ..Header::default()
    }
}

#[test]
fn no_packet_does_harm() {
    for service in [Service::Rc, Service::Uc, Service::Ud] {
        for seed in 1..=400 {
            let mut prng = Prng(seed);
            let caps = if seed % 2 == 0 { LOSSLESS } else { LOSSY };
            let mut pair = Pair::new(service, caps);
            let (mut posted, mut completed) = (0, 0);
            for _ in 0..60 {
                if prng.below(3) == 0 && pair.b.qp.post_recv(posted, &[sge(0, 2000)]).is_ok() {
                    posted += 1;
                }
                if prng.below(4) == 0 && service == Service::Rc {
                    let op = match prng.below(3) {
                        0 => read_from(0),
                        1 => fetch_add(0, 1),
                        _ => write_to(0),
                    };
                    let len = if prng.below(2) == 0 { 8 } else { 3000 };
                    if pair
                        .b
                        .qp
                        .post_send(&wr(posted, op), &[sge(8192, len)])
                        .is_ok()
                    {
                        posted += 1;
                    }
                }
                if prng.below(2) == 0 {
                    while pair.b.emits(&caps) {
                        pair.b.drain();
                    }
                }
                let header = header(&mut prng, &pair.b, service);
                let len = prng.one_of(&[0, 0, 8, 8, 7, 1024, 1024, 1025, 4096]);
                pair.b.host.payload = (prng.below(20) != 0).then(|| vec![1; len]);
                pair.b
                    .qp
                    .handle_packet(&header, len as u32, &mut pair.b.host);
                pair.b.drain();
                if prng.below(10) == 0 {
                    pair.b.host.now = pair.b.qp.poll_timeout().unwrap_or(pair.b.host.now);
                    pair.b.qp.handle_timeout(&mut pair.b.host);
                    pair.b.qp.handle_tick(&mut pair.b.host);
                    pair.b.drain();
                }
            }
            if pair.b.qp.state() != QpState::Err {
                pair.b.modify(QpState::Err);
            }
            pair.run();
            completed += pair.b.take_cqes().len() as u64;
            assert_eq!(completed, posted, "{service:?} seed {seed}");
        }
    }
}

/// Ends one side or the other at a random instant of random traffic.
#[test]
fn every_request_completes_once_whenever_the_end_comes() {
    for seed in 1..=300 {
        let mut prng = Prng(seed * 77);
        let caps = prng.one_of(&[
            LOSSLESS,
            LOSSY,
            LinkCaps {
                direct: true,
                ..LOSSLESS
            },
            LinkCaps {
                min_reference_bytes: 1000,
                ..LOSSLESS
            },
        ]);
        let service = prng.one_of(&[Service::Rc, Service::Rc, Service::Uc]);
        let mut pair = Pair::new(service, caps);
        pair.slice_bytes = 1500;
        let (mut sends, mut receives) = (0, 0);
        for _ in 0..prng.below(40) {
            if prng.below(2) == 0 && pair.b.qp.post_recv(receives, &[sge(0, 4096)]).is_ok() {
                receives += 1;
            }
            let op = match prng.below(if service == Service::Rc { 5 } else { 3 }) {
                0 => SendOp::Send,
                1 => write_to(0),
                2 => write_imm_to(0, 5),
                3 => read_from(0),
                _ => fetch_add(64, 1),
            };
            let len = if matches!(op, SendOp::FetchAdd { .. }) {
                8
            } else {
                prng.below(4096)
            };
            if pair
                .a
                .qp
                .post_send(&wr(sends, op), &[sge(8192, len as u32)])
                .is_ok()
            {
                sends += 1;
            }
            for _ in 0..prng.below(12) {
                match prng.below(4) {
                    0 => pair.transmit(Side::A),
                    1 => pair.transmit(Side::B),
                    2 => pair.deliver(Side::A),
                    _ => pair.deliver(Side::B),
                };
            }
        }
        match prng.below(4) {
            0 => pair.a.modify(QpState::Err),
            1 => pair.b.modify(QpState::Err),
            2 => pair.a.qp.handle_peer_dead(),
            _ => pair.b.host.regions.clear(),
        }
        pair.a.drain();
        pair.run_with_timers(200);
        for node in [&mut pair.a, &mut pair.b] {
            if node.qp.state() != QpState::Err {
                node.modify(QpState::Err);
            }
        }
        pair.run_with_timers(200);
        for (node, count) in [(&mut pair.a, sends), (&mut pair.b, receives)] {
            let ends = node.take_ends();
            let ids: Vec<u64> = ends.iter().map(|end| end.0).collect();
            assert_eq!(ids, (0..count).collect::<Vec<_>>(), "seed {seed}");
            // Successes first, then one error of its own at most, then what is flushed.
            let mut rest = ends.iter().skip_while(|end| end.1 == WcStatus::Success);
            if rest.next().is_some() {
                assert!(
                    rest.all(|end| end.1 == WcStatus::WrFlushErr),
                    "seed {seed}: {ends:?}"
                );
            }
            assert_eq!(node.qp.poll_timeout(), None, "seed {seed}");
        }
    }
}

#[test]
fn a_qp_may_be_its_own_peer() {
    for caps in [LOSSLESS, LOSSY] {
        let mut node = Node::new(&init(Service::Rc, QPN_A));
        let attr = QpAttr {
            rq_psn: 0x100,
            sq_psn: 0x100,
            dest_qpn: QPN_A,
            ..attr(QPN_A)
        };
        bring_up(&mut node.qp, &attr, Service::Rc, QpState::Rts);
        node.fill(0, 3000, 1);
        node.recv(1, &[sge(8192, 4096)]);
        node.send(&wr(2, SendOp::Send), &[sge(0, 3000)]);
        node.send(&wr(3, read_from(0)), &[sge(16384, 3000)]);
        for _ in 0..100 {
            let mut header = Header::default();
            let transmit = node.qp.poll_transmit(&caps, &node.host, &mut header);
            let Some(transmit) = transmit else {
                break;
            };
            let Transmit::Packet { payload, .. } = transmit else {
                panic!("no access")
            };
            node.host.payload = Some(node.host.gather(&payload));
            let len = payload.len_bytes();
            node.qp.handle_packet(&header, len, &mut node.host);
            node.drain();
        }
        let ids: Vec<u64> = node.take_ends().iter().map(|end| end.0).collect();
        assert_eq!(ids, [1, 2, 3]);
        assert_eq!(node.host.bytes(8192, 3000), node.host.bytes(0, 3000));
        assert_eq!(node.host.bytes(16384, 3000), node.host.bytes(0, 3000));
    }
}
