//! Posting and polling allocate nothing once they are warm.
//!
//! An allocator that counts, by thread, is this program's; the NIC is opened in this process and
//! its QPs talk to themselves. The link is the process's choice, so every mode but the default has
//! a process of its own.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::ptr::null_mut;

use verbium::{abi, soft};

#[path = "../src/soft/tests/nic.rs"]
mod nic;

use abi::*;
use nic::*;

struct Counting;

thread_local! {
    /// Allocations of this thread; no destructor, so it can be used at any time.
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

fn count() -> u64 {
    COUNT.with(Cell::get)
}

fn note() {
    COUNT.with(|count| count.set(count.get() + 1));
}

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note();
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note();
        // SAFETY: the caller's promise.
        unsafe { System.realloc(place, layout, size) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ROUNDS: u64 = 10_000;
const WARM_UP: u64 = 300;

/// Beyond what goes through the ring as bytes where references are possible.
const LARGE: usize = 40_000;

struct Bench {
    cq: *mut ibv_cq,
    srq: *mut ibv_srq,
    connected: *mut ibv_qp,
    sharing: *mut ibv_qp,
    datagram: *mut ibv_qp,
    ah: *mut ibv_ah,
    region: Region,
    nic: Nic,
}

impl Bench {
    fn new() -> Bench {
        let nic = Nic::open();
        let cq = nic.cq(64, null_mut());
        let srq = nic.srq(16);
        let connected = nic.loop_qp(&Wish::on(cq, IBV_QPT_RC));
        let sharing = nic.loop_qp(&Wish {
            srq,
            ..Wish::on(cq, IBV_QPT_RC)
        });
        let datagram = nic.loop_qp(&Wish::on(cq, IBV_QPT_UD));
        let ah = op!(create_ah(nic.pd, &mut nic.address()));
        let region = nic.region(4 * LARGE);
        Bench {
            cq,
            srq,
            connected,
            sharing,
            datagram,
            ah,
            region,
            nic,
        }
    }

    /// Waits for so many completions.
    fn finish(&self, count: usize) {
        for _ in 0..count {
            assert_eq!(poll(self.cq).status, IBV_WC_SUCCESS);
        }
    }

    fn send(&self, len: usize, flags: u32) {
        let mut to = [self.region.sge(0, len)];
        assert_eq!(post_recv(self.connected, 1, &mut to), 0);
        let mut from = [self.region.sge(LARGE, len / 2), self.region.sge(0, len / 2)];
        let mut wr = send_wr(2, IBV_WR_SEND, &mut from);
        wr.send_flags |= flags;
        assert_eq!(post_send(self.connected, &mut wr), 0);
        self.finish(2);
    }

    fn send_to_shared(&self) {
        let mut to = [self.region.sge(0, 64)];
        assert_eq!(post_srq(self.srq, 1, &mut to), 0);
        let mut from = [self.region.sge(LARGE, 64)];
        let mut wr = send_wr(2, IBV_WR_SEND_WITH_IMM, &mut from);
        assert_eq!(post_send(self.sharing, &mut wr), 0);
        self.finish(2);
    }

    fn send_datagram(&self) {
        let mut to = [self.region.sge(0, 104)];
        assert_eq!(post_recv(self.datagram, 1, &mut to), 0);
        let mut from = [self.region.sge(LARGE, 64)];
        let mut wr = send_wr(2, IBV_WR_SEND, &mut from);
        wr.wr.ud = ibv_send_wr_wr_ud {
            ah: self.ah,
            remote_qpn: number(self.datagram),
            remote_qkey: QKEY,
        };
        assert_eq!(post_send(self.datagram, &mut wr), 0);
        self.finish(2);
    }

    fn access(&self, opcode: u32, len: usize) {
        let mut local = [self.region.sge(LARGE, len)];
        let remote = self.region.sge(2 * LARGE, len);
        let mut wr = rdma_wr(3, opcode, &mut local, &remote);
        assert_eq!(post_send(self.connected, &mut wr), 0);
        self.finish(1);
    }

    /// More than a ring holds, in one list.
    fn burst(&self) {
        const COUNT: usize = 48;
        let mut local = [self.region.sge(LARGE, LARGE)];
        let remote = self.region.sge(2 * LARGE, LARGE);
        let mut wrs = [rdma_wr(5, IBV_WR_RDMA_WRITE, &mut local, &remote); COUNT];
        let list = wrs.as_mut_ptr();
        for (at, wr) in wrs[..COUNT - 1].iter_mut().enumerate() {
            wr.next = list.wrapping_add(at + 1);
            wr.send_flags = 0;
        }
        assert_eq!(post_send(self.connected, &mut wrs[0]), 0);
        self.finish(1);
    }

    fn atomic(&self) {
        let at = self.region.bytes.as_ptr().align_offset(8);
        let mut local = [self.region.sge(LARGE, 8)];
        let remote = self.region.sge(at, 8);
        let mut wr = send_wr(4, IBV_WR_ATOMIC_FETCH_AND_ADD, &mut local);
        wr.wr.atomic = ibv_send_wr_wr_atomic {
            remote_addr: remote.addr,
            compare_add: 1,
            swap: 0,
            rkey: remote.lkey,
        };
        assert_eq!(post_send(self.connected, &mut wr), 0);
        self.finish(1);
    }

    /// Every operation once. Long ones cost time and take their turn now and then.
    fn round(&self, round: u64) {
        self.send(64, 0);
        self.send(64, IBV_SEND_INLINE);
        self.send_to_shared();
        self.send_datagram();
        self.access(IBV_WR_RDMA_WRITE, 64);
        self.access(IBV_WR_RDMA_READ, 64);
        self.atomic();
        if round.is_multiple_of(64) {
            self.burst();
        }
        if round.is_multiple_of(16) {
            self.send(LARGE, 0);
            self.access(IBV_WR_RDMA_WRITE, LARGE);
            self.access(IBV_WR_RDMA_READ, LARGE);
        }
    }

    fn close(self) {
        for qp in [self.connected, self.sharing, self.datagram] {
            assert_eq!(op!(destroy_qp(qp)), 0);
        }
        assert_eq!(op!(destroy_srq(self.srq)), 0);
        assert_eq!(op!(destroy_cq(self.cq)), 0);
        assert_eq!(op!(destroy_ah(self.ah)), 0);
        drop(self.region);
        drop(self.nic);
    }
}

#[test]
fn ten_thousand_rounds_allocate_nothing() {
    let bench = Bench::new();
    for round in 0..WARM_UP {
        bench.round(round);
    }
    let before = count();
    assert!(before > 0, "the allocator counts");
    for round in 0..ROUNDS {
        bench.round(round);
    }
    assert_eq!(count() - before, 0);
    bench.close();
}

/// The test above in a process whose link is the ring.
#[test]
fn nor_do_they_where_all_goes_through_the_ring() {
    let program = std::env::current_exe().expect("it has a path");
    let status = std::process::Command::new(program)
        .args(["--exact", "ten_thousand_rounds_allocate_nothing"])
        .env("VERBIUM_LINK", "ring")
        .status()
        .expect("it starts");
    assert!(status.success());
}
