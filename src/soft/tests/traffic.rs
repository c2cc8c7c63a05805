//! Every operation on QPs that talk to themselves: all bytes, those around a buffer too.

use super::abi::*;
use super::nic::*;
use super::soft;
use std::ptr::null_mut;

/// Path MTU is 1024; references begin at 1 KiB, direct copies are cut at 1 MiB.
const SIZES: [usize; 9] = [0, 1, 8, 1023, 1024, 1025, 4097, 1 << 16, (1 << 20) + 3];

/// Room around every buffer that nobody may touch.
const MARGIN: usize = 64;

struct Bench {
    cq: *mut ibv_cq,
    qp: *mut ibv_qp,
    source: Region,
    target: Region,
    /// Last, since it is closed last.
    nic: Nic,
}

impl Bench {
    fn new(qp_type: u32) -> Bench {
        let nic = Nic::open();
        let cq = nic.cq(256, null_mut());
        let qp = nic.loop_qp(&Wish::on(cq, qp_type));
        let len = SIZES[SIZES.len() - 1] + 2 * MARGIN;
        let source = nic.region_with(pattern(len, 1), ALL_ACCESS);
        let target = nic.region(len);
        Bench {
            nic,
            cq,
            qp,
            source,
            target,
        }
    }

    /// Receives `count` completions, which must be good ones.
    fn finish(&self, count: usize) -> Vec<ibv_wc> {
        let ends: Vec<_> = (0..count).map(|_| poll(self.cq)).collect();
        for wc in &ends {
            assert_eq!(
                wc.status, IBV_WC_SUCCESS,
                "vendor error {:#x}",
                wc.vendor_err
            );
            assert_eq!(wc.qp_num, number(self.qp));
        }
        assert!(poll_once(self.cq).is_none());
        ends
    }

    /// `len` bytes arrived behind the margin and nothing else changed; clears them.
    fn verify(&mut self, len: usize, expected: &[u8]) {
        let bytes = &mut self.target.bytes;
        assert!(bytes[..MARGIN].iter().all(|byte| *byte == 0));
        assert_eq!(bytes[MARGIN..MARGIN + len], expected[..len], "length {len}");
        assert!(bytes[MARGIN + len..].iter().all(|byte| *byte == 0));
        bytes[MARGIN..MARGIN + len].fill(0);
    }

    fn close(self) {
        assert_eq!(op!(destroy_qp(self.qp)), 0);
        assert_eq!(op!(destroy_cq(self.cq)), 0);
    }
}

fn imm(wc: &ibv_wc) -> u32 {
    // SAFETY: both members are four bytes.
    unsafe { wc.imm.imm_data }
}

fn sends(qp_type: u32) {
    let mut bench = Bench::new(qp_type);
    for (round, len) in SIZES.into_iter().enumerate() {
        for opcode in [IBV_WR_SEND, IBV_WR_SEND_WITH_IMM] {
            let mut to = [bench.target.sge(MARGIN, len)];
            assert_eq!(post_recv(bench.qp, 1, &mut to), 0);
            let mut from = [bench.source.sge(round, len)];
            let mut wr = send_wr(2, opcode, &mut from);
            wr.imm.imm_data = 0x0102_0304;
            assert_eq!(post_send(bench.qp, &mut wr), 0);
            let ends = bench.finish(2);
            let recv = ends.iter().find(|wc| wc.wr_id == 1).unwrap();
            assert_eq!((recv.opcode, recv.byte_len), (IBV_WC_RECV, len as u32));
            let has_imm = recv.wc_flags & IBV_WC_WITH_IMM != 0;
            assert_eq!(has_imm, opcode == IBV_WR_SEND_WITH_IMM);
            assert!(!has_imm || imm(recv) == 0x0102_0304);
            let expected = bench.source.bytes[round..round + len].to_vec();
            bench.verify(len, &expected);
        }
    }
    bench.close();
}

#[test]
fn send_on_rc() {
    sends(IBV_QPT_RC);
}

#[test]
fn send_on_uc() {
    sends(IBV_QPT_UC);
}

fn writes(qp_type: u32) {
    let mut bench = Bench::new(qp_type);
    for (round, len) in SIZES.into_iter().enumerate() {
        let mut from = [bench.source.sge(round, len)];
        let to = bench.target.sge(MARGIN, len);
        let mut wr = rdma_wr(2, IBV_WR_RDMA_WRITE, &mut from, &to);
        assert_eq!(post_send(bench.qp, &mut wr), 0);
        assert_eq!(bench.finish(1)[0].opcode, IBV_WC_RDMA_WRITE);
        if qp_type != IBV_QPT_RC {
            // A completed WRITE of UC has been sent, which is not the same as written.
            for _ in 0..LOOKS {
                if bench.target.bytes[MARGIN..MARGIN + len] == bench.source.bytes[round..][..len] {
                    break;
                }
                assert!(poll_once(bench.cq).is_none());
            }
        }
        let expected = bench.source.bytes[round..round + len].to_vec();
        bench.verify(len, &expected);
        assert_eq!(post_recv(bench.qp, 1, &mut []), 0);
        let mut wr = rdma_wr(2, IBV_WR_RDMA_WRITE_WITH_IMM, &mut from, &to);
        wr.imm.imm_data = 7;
        assert_eq!(post_send(bench.qp, &mut wr), 0);
        let ends = bench.finish(2);
        let recv = ends.iter().find(|wc| wc.wr_id == 1).unwrap();
        let expected_end = (IBV_WC_RECV_RDMA_WITH_IMM, 7, len as u32);
        assert_eq!((recv.opcode, imm(recv), recv.byte_len), expected_end);
        bench.verify(len, &expected);
    }
    bench.close();
}

#[test]
fn write_on_rc() {
    writes(IBV_QPT_RC);
}

#[test]
fn write_on_uc() {
    writes(IBV_QPT_UC);
}

#[test]
fn read() {
    let mut bench = Bench::new(IBV_QPT_RC);
    for (round, len) in SIZES.into_iter().enumerate() {
        let mut to = [bench.target.sge(MARGIN, len)];
        let from = bench.source.sge(round, len);
        let mut wr = rdma_wr(2, IBV_WR_RDMA_READ, &mut to, &from);
        assert_eq!(post_send(bench.qp, &mut wr), 0);
        let wc = bench.finish(1)[0];
        assert_eq!((wc.opcode, wc.byte_len), (IBV_WC_RDMA_READ, len as u32));
        let expected = bench.source.bytes[round..round + len].to_vec();
        bench.verify(len, &expected);
    }
    bench.close();
}

#[test]
fn atomics() {
    let mut bench = Bench::new(IBV_QPT_RC);
    let word = |region: &Region, at: usize| {
        u64::from_ne_bytes(region.bytes[at..at + 8].try_into().unwrap())
    };
    // Alignment of the vector is not promised.
    let at = bench.target.bytes.as_ptr().align_offset(8);
    let mut expected = 0_u64;
    for round in 1..=20_u64 {
        let compare = if round % 3 == 0 {
            expected ^ 1
        } else {
            expected
        };
        let is_swap = round % 2 == 0;
        let mut to = [bench.source.sge(16, 8)];
        let place = bench.target.sge(at, 8);
        let opcode = if is_swap {
            IBV_WR_ATOMIC_CMP_AND_SWP
        } else {
            IBV_WR_ATOMIC_FETCH_AND_ADD
        };
        let mut wr = send_wr(round, opcode, &mut to);
        wr.wr.atomic = ibv_send_wr_wr_atomic {
            remote_addr: place.addr,
            compare_add: if is_swap { compare } else { 1000 + round },
            swap: round << 40,
            rkey: place.lkey,
        };
        assert_eq!(post_send(bench.qp, &mut wr), 0);
        let wc = bench.finish(1)[0];
        assert_eq!((wc.wr_id, wc.byte_len), (round, 8));
        assert_eq!(word(&bench.source, 16), expected, "what was there before");
        expected = match (is_swap, compare == expected) {
            (true, true) => round << 40,
            (true, false) => expected,
            (false, _) => expected.wrapping_add(1000 + round),
        };
        assert_eq!(word(&bench.target, at), expected);
    }
    bench.target.bytes.fill(0);
    bench.close();
}

#[test]
fn datagrams_carry_a_grh() {
    const GRH: usize = 40;
    let mut bench = Bench::new(IBV_QPT_UD);
    let ah = op!(create_ah(bench.nic.pd, &mut bench.nic.address()));
    for len in [0, 1, 8, 1023, 1024] {
        let mut to = [bench.target.sge(MARGIN, GRH + len)];
        assert_eq!(post_recv(bench.qp, 1, &mut to), 0);
        let mut from = [bench.source.sge(0, len)];
        let mut wr = send_wr(2, IBV_WR_SEND, &mut from);
        wr.wr.ud = ibv_send_wr_wr_ud {
            ah,
            remote_qpn: number(bench.qp),
            remote_qkey: QKEY,
        };
        assert_eq!(post_send(bench.qp, &mut wr), 0);
        let ends = bench.finish(2);
        let recv = ends.iter().find(|wc| wc.wr_id == 1).unwrap();
        assert_eq!(recv.byte_len as usize, GRH + len);
        assert_eq!(recv.src_qp, number(bench.qp));
        assert_ne!(recv.wc_flags & IBV_WC_GRH, 0);
        bench.target.bytes[MARGIN..MARGIN + GRH].fill(0);
        let mut expected = vec![0; GRH];
        expected.extend_from_slice(&bench.source.bytes[..len]);
        bench.verify(GRH + len, &expected);
    }
    // A wrong key is nobody's business: the receive stays.
    assert_eq!(post_recv(bench.qp, 3, &mut []), 0);
    let mut wr = send_wr(2, IBV_WR_SEND, &mut []);
    wr.wr.ud = ibv_send_wr_wr_ud {
        ah,
        remote_qpn: number(bench.qp),
        remote_qkey: QKEY + 1,
    };
    assert_eq!(post_send(bench.qp, &mut wr), 0);
    assert_eq!(bench.finish(1)[0].wr_id, 2);
    // And without an address handle there is no request.
    wr.wr.ud.ah = null_mut();
    assert_eq!(post_send(bench.qp, &mut wr), libc::EINVAL);
    assert_eq!(op!(destroy_ah(ah)), 0);
    bench.close();
}

#[test]
fn lists_scatter_and_gather() {
    let mut bench = Bench::new(IBV_QPT_RC);
    // 32 pieces of growing length, and a receive cut elsewhere.
    let mut from: Vec<_> = (0..32).map(|n| bench.source.sge(n * 200, n * 3)).collect();
    let len: usize = (0..32).map(|n| n * 3).sum();
    let cut = 700;
    let mut to = [
        bench.target.sge(MARGIN, cut),
        bench.target.sge(MARGIN + cut, 0),
        bench.target.sge(MARGIN + cut, len - cut),
    ];
    let gathered: Vec<u8> = (0..32)
        .flat_map(|n| bench.source.bytes[n * 200..][..n * 3].to_vec())
        .collect();
    assert_eq!(post_recv(bench.qp, 1, &mut to), 0);
    let mut wr = send_wr(2, IBV_WR_SEND, &mut from);
    assert_eq!(post_send(bench.qp, &mut wr), 0);
    bench.finish(2);
    bench.verify(len, &gathered);
    let place = bench.target.sge(MARGIN, len);
    let mut wr = rdma_wr(3, IBV_WR_RDMA_WRITE, &mut from, &place);
    assert_eq!(post_send(bench.qp, &mut wr), 0);
    bench.finish(1);
    bench.verify(len, &gathered);
    // Inline data needs no key and may change at once.
    let mut bytes = *b"inline data";
    let mut sges = [ibv_sge {
        addr: bytes.as_ptr() as u64,
        length: bytes.len() as u32,
        lkey: 0,
    }];
    let mut wr = rdma_wr(4, IBV_WR_RDMA_WRITE, &mut sges, &place);
    wr.send_flags |= IBV_SEND_INLINE;
    assert_eq!(post_send(bench.qp, &mut wr), 0);
    bytes.fill(0);
    bench.finish(1);
    bench.verify(11, b"inline data");
    // More than the QP has: refused, nothing happens.
    let mut many = vec![bench.source.sge(0, 1); 33];
    let mut wr = send_wr(5, IBV_WR_SEND, &mut many);
    assert_eq!(post_send(bench.qp, &mut wr), libc::EINVAL);
    let mut long = [bench.source.sge(0, 257)];
    let mut wr = send_wr(6, IBV_WR_SEND, &mut long);
    wr.send_flags |= IBV_SEND_INLINE;
    assert_eq!(post_send(bench.qp, &mut wr), libc::EINVAL);
    bench.finish(0);
    bench.close();
}

#[test]
fn a_list_ends_at_the_first_request_that_is_refused() {
    let bench = Bench::new(IBV_QPT_RC);
    let mut sges = [bench.source.sge(0, 8)];
    let place = bench.target.sge(MARGIN, 8);
    let mut wrs: Vec<_> = (0..4)
        .map(|n| rdma_wr(n, IBV_WR_RDMA_WRITE, &mut sges, &place))
        .collect();
    wrs[2].opcode = 99;
    let list = wrs.as_mut_ptr();
    for at in 0..3 {
        // SAFETY: within the vector.
        unsafe { (*list.add(at)).next = list.add(at + 1) };
    }
    let mut bad = null_mut();
    let failed = op!(post_send(bench.qp, list, &mut bad));
    assert_eq!(failed, libc::EINVAL);
    assert_eq!(bad, list.wrapping_add(2));
    let ends = bench.finish(2);
    assert_eq!((ends[0].wr_id, ends[1].wr_id), (0, 1));
    bench.close();
}

#[test]
fn full_queues_are_out_of_memory() {
    let bench = Bench::new(IBV_QPT_RC);
    let other = bench.nic.qp(&Wish::on(bench.cq, IBV_QPT_RC));
    bench.nic.connect(other, number(bench.qp));
    // Nothing is received before there is a WQE for it.
    let mut wr = send_wr(1, IBV_WR_SEND, &mut []);
    for _ in 0..64 {
        assert_eq!(post_send(bench.qp, &mut wr), 0);
    }
    assert_eq!(post_send(bench.qp, &mut wr), libc::ENOMEM);
    for wr_id in 0..64 {
        assert_eq!(post_recv(other, wr_id, &mut []), 0);
    }
    assert_eq!(post_recv(other, 64, &mut []), libc::ENOMEM);
    assert_eq!(op!(destroy_qp(other)), 0);
    bench.close();
}

#[test]
fn wrong_keys_end_both_sides_of_a_connection() {
    let nic = Nic::open();
    let region = nic.region(64);
    let good = region.sge(0, 8);
    type Spoil = fn(&mut ibv_sge, &mut ibv_sge);
    let cases: [(Spoil, u32); 4] = [
        (|local, _| local.lkey ^= 0x100, IBV_WC_LOC_PROT_ERR),
        (|local, _| local.addr += 64, IBV_WC_LOC_PROT_ERR),
        (|_, remote| remote.lkey ^= 0x100, IBV_WC_REM_ACCESS_ERR),
        (|_, remote| remote.addr += 64, IBV_WC_REM_ACCESS_ERR),
    ];
    for opcode in [IBV_WR_RDMA_WRITE, IBV_WR_RDMA_READ] {
        for (spoil, status) in cases {
            let cq = nic.cq(16, null_mut());
            let other_cq = nic.cq(16, null_mut());
            let qp = nic.qp(&Wish::on(cq, IBV_QPT_RC));
            let other = nic.qp(&Wish::on(other_cq, IBV_QPT_RC));
            nic.connect(qp, number(other));
            nic.connect(other, number(qp));
            assert_eq!(post_recv(other, 3, &mut []), 0);
            let (mut local, mut remote) = ([good], good);
            spoil(&mut local[0], &mut remote);
            let mut wr = rdma_wr(1, opcode, &mut local, &remote);
            assert_eq!(post_send(qp, &mut wr), 0);
            assert_eq!(post_send(qp, &mut wr), 0);
            let ends = [poll(cq), poll(cq)];
            assert_eq!(ends[0].status, status);
            assert_eq!(ends[1].status, IBV_WC_WR_FLUSH_ERR);
            if status == IBV_WC_REM_ACCESS_ERR {
                assert_eq!(poll(other_cq).status, IBV_WC_WR_FLUSH_ERR);
            }
            for qp in [qp, other] {
                assert_eq!(op!(destroy_qp(qp)), 0);
            }
            for cq in [cq, other_cq] {
                assert_eq!(op!(destroy_cq(cq)), 0);
            }
        }
    }
    assert!(region.bytes.iter().all(|byte| *byte == 0));
}
