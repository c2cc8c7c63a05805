//! The whole link: two endpoints of one process, an endpoint with itself, and (in `processes`)
//! endpoints of several processes.

mod hostile;
mod processes;
mod speed;

use super::*;
use crate::base::ids::{PdId, Rkey};
use crate::base::ring::{Storage, Word};
use crate::link::local::inbound::{Entry, EntryPayload, PullFault};
use crate::link::local::table::{MrEntry, QpEntry};
use crate::link::local::{DirectKind, DirectOp, DirectOutcome, LocalSegment};
use crate::wire::{Header, Opcode, Psn};
use std::time::{Duration, Instant};

const PD: PdId = PdId(3);
const ALL_RIGHTS: u32 = 0xf;

pub(super) fn endpoint(mode: Mode) -> Arc<Endpoint> {
    Endpoint::new(Config {
        mode,
        ring_bytes: 64 << 10,
    })
    .unwrap()
}

/// Runs until the condition holds, at most some seconds.
pub(super) fn until(mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "nothing happened for too long");
        std::thread::yield_now();
    }
}

/// An endpoint with its events.
pub(super) struct Node {
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) slot: Slot,
    pub(super) events: Vec<PeerEvent>,
}

impl Node {
    pub(super) fn new(mode: Mode) -> Node {
        let endpoint = endpoint(mode);
        let slot = endpoint.take_slot().unwrap();
        Node {
            endpoint,
            slot,
            events: Vec::new(),
        }
    }

    pub(super) fn turn(&mut self) {
        self.endpoint.handle_ready(&mut self.events);
    }

    pub(super) fn saw(&mut self, event: PeerEvent) -> bool {
        self.turn();
        self.events.contains(&event)
    }

    pub(super) fn qpn(&self) -> Qpn {
        self.slot.qpn(9).unwrap()
    }

    pub(super) fn publish_qp(&self, dest: Qpn) {
        let entry = QpEntry {
            pd: PD,
            dest_qpn: dest,
            access: ALL_RIGHTS,
        };
        self.endpoint.table().publish_qp(self.qpn(), &entry);
    }

    pub(super) fn register(&self, memory: &[u8]) -> u32 {
        let addr = memory.as_ptr() as u64;
        let entry = MrEntry {
            pd: PD,
            access: ALL_RIGHTS,
            iova: addr,
            len_bytes: memory.len() as u64,
            addr,
        };
        self.endpoint.table().insert(&entry).unwrap()
    }

    /// Handles all entries there are; gives their number.
    pub(super) fn consume(&self, mut each: impl FnMut(&Entry<'_>)) -> usize {
        let mut count = 0;
        for inbound in self.endpoint.inbound() {
            let Some(mut consumer) = inbound.try_consume() else {
                continue;
            };
            while let Ok(Some(entry)) = consumer.next() {
                each(&entry);
                count += 1;
            }
        }
        count
    }
}

/// Two nodes with QPs that point at each other, and the way from the first to the second, ready.
fn pair(mode: Mode) -> (Node, Node, Arc<Peer>) {
    let (mut a, mut b) = (Node::new(mode), Node::new(mode));
    a.publish_qp(b.qpn());
    b.publish_qp(a.qpn());
    let peer = a.endpoint.connect(b.slot).unwrap();
    if mode == Mode::Ring {
        until(|| b.saw(PeerEvent::NewInbound));
        a.turn();
        b.turn();
        a.turn();
    } else {
        until(|| {
            b.turn();
            a.saw(PeerEvent::DirectReady(b.slot))
        });
    }
    (a, b, peer)
}

/// A node whose QP points at itself.
fn alone() -> (Node, Arc<Peer>) {
    let node = Node::new(Mode::Auto);
    node.publish_qp(node.qpn());
    let peer = node.endpoint.connect(node.slot).unwrap();
    (node, peer)
}

fn header(a: &Node, b: &Node, psn: u32) -> Header {
    Header {
        opcode: Opcode(4),
        dest_qpn: b.qpn(),
        src_qpn: a.qpn(),
        psn: Psn::new(psn),
        psn_count: 1,
        ..Header::default()
    }
}

/// Pushes one entry with these bytes; false: no room.
pub(super) fn push(
    producer: &mut crate::link::local::Producer<'_>,
    header: &Header,
    bytes: &[u8],
) -> bool {
    let Some(place) = producer.push(header, bytes.len() as u32) else {
        return false;
    };
    // SAFETY: the place has room for as many bytes.
    unsafe {
        place
            .as_ptr()
            .copy_from_nonoverlapping(bytes.as_ptr(), bytes.len())
    };
    true
}

pub(super) fn payload(entry: &Entry<'_>) -> Vec<u8> {
    let mut bytes = vec![0; entry.payload_bytes() as usize];
    // SAFETY: the vector is as long as the payload.
    unsafe { entry.pull(0, bytes.as_mut_ptr(), entry.payload_bytes()) }.unwrap();
    bytes
}

fn segment(bytes: &[u8]) -> LocalSegment {
    LocalSegment {
        addr: bytes.as_ptr() as u64,
        len_bytes: bytes.len() as u64,
    }
}

fn is_readable(fd: RawFd) -> bool {
    let mut poll = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one entry, writable.
    (unsafe { libc::poll(&mut poll, 1, 0) }) == 1
}

#[test]
fn entries_arrive_in_order_with_their_bytes() {
    let (a, b, peer) = pair(Mode::Auto);
    for round in 0..200u32 {
        let mut producer = peer.produce();
        for n in 0..3 {
            let bytes: Vec<u8> = (0..round * 7 + n).map(|i| (i ^ round) as u8).collect();
            assert!(producer.has_room());
            assert!(push(&mut producer, &header(&a, &b, round * 3 + n), &bytes));
        }
        drop(producer);
        let mut psn = round * 3;
        let count = b.consume(|entry| {
            let n = psn - round * 3;
            assert_eq!(*entry.header, header(&a, &b, psn));
            let bytes: Vec<u8> = (0..round * 7 + n).map(|i| (i ^ round) as u8).collect();
            assert_eq!(payload(entry), bytes);
            psn += 1;
        });
        assert_eq!(count, 3);
    }
}

#[test]
fn nothing_shows_before_the_producer_is_done() {
    let (a, b, peer) = pair(Mode::Auto);
    let mut producer = peer.produce();
    assert!(push(&mut producer, &header(&a, &b, 1), b"one"));
    assert!(push(&mut producer, &header(&a, &b, 2), b"two"));
    assert!(b.endpoint.inbound().all(Inbound::is_empty));
    drop(producer);
    assert!(b.endpoint.inbound().any(|inbound| !inbound.is_empty()));
    assert_eq!(b.consume(|_| ()), 2);
    assert!(b.endpoint.inbound().all(Inbound::is_empty));
}

#[test]
fn payloads_by_reference_are_fetched() {
    let both = [pair(Mode::Auto)];
    for (a, b, peer) in both {
        fetch_by_reference(&a, &b, &peer);
    }
    let (node, peer) = alone();
    fetch_by_reference(&node, &node, &peer);
}

fn fetch_by_reference(a: &Node, b: &Node, peer: &Peer) {
    assert!(peer.caps().min_reference_bytes < 1 << 20);
    let bytes: Vec<u8> = (0..100_000u32).map(|i| (i * 7) as u8).collect();
    let list = [
        segment(&bytes[..10]),
        segment(&bytes[10..70_000]),
        segment(&bytes[70_000..]),
    ];
    assert!(peer.produce().push_references(&header(a, b, 1), &list));
    let count = b.consume(|entry| {
        let EntryPayload::References {
            list: seen,
            len_bytes,
        } = entry.payload
        else {
            panic!("not by reference")
        };
        assert_eq!((seen.segments(), len_bytes), (&list[..], 100_000));
        assert_eq!(payload(entry), bytes);
        let mut part = vec![0; 5000];
        // SAFETY: the vector has 5000 bytes.
        unsafe { entry.pull(68_000, part.as_mut_ptr(), 5000) }.unwrap();
        assert_eq!(part, bytes[68_000..73_000]);
        // SAFETY: nothing is written.
        let beyond = unsafe { entry.pull(99_000, part.as_mut_ptr(), 1001) };
        assert_eq!(beyond, Err(PullFault::Remote));
    });
    assert_eq!(count, 1);

    assert!(peer.produce().push_references(&header(a, b, 2), &list));
    a.endpoint.table().retract_qp(a.qpn());
    a.endpoint.wait_for_accesses(AccessTo::Qp(a.qpn()));
    let mut part = vec![0; 8];
    b.consume(|entry| {
        // SAFETY: the vector has 8 bytes.
        let gone = unsafe { entry.pull(0, part.as_mut_ptr(), 8) };
        assert_eq!(gone, Err(PullFault::Remote), "the sender's QP is gone");
    });
    a.publish_qp(b.qpn());
}

#[test]
fn too_many_references_are_not_pushed() {
    let (a, b, peer) = pair(Mode::Auto);
    let list = [LocalSegment {
        addr: 4096,
        len_bytes: 1,
    }; 35];
    assert!(!peer.produce().push_references(&header(&a, &b, 1), &list));
    let long = [LocalSegment {
        addr: 4096,
        len_bytes: u64::MAX,
    }; 2];
    assert!(!peer.produce().push_references(&header(&a, &b, 1), &long));
    assert_eq!(b.consume(|_| ()), 0);
}

#[test]
fn memory_is_accessed_as_the_tables_grant() {
    let (a, b, peer) = pair(Mode::Auto);
    access(&a, &b, &peer);
    let (node, peer) = alone();
    access(&node, &node, &peer);
}

fn access(a: &Node, b: &Node, peer: &Peer) {
    let memory = vec![0u8; 3 << 20];
    let base = memory.as_ptr() as u64;
    let rkey = b.register(&memory);
    let source: Vec<u8> = (0..3u32 << 20).map(|i| (i % 251) as u8).collect();
    let write = DirectOp {
        kind: DirectKind::Write,
        src_qpn: a.qpn(),
        dest_qpn: b.qpn(),
        rkey: Rkey(rkey),
        remote_va: base + 1,
        total_bytes: 2 << 20,
        done_bytes: 0,
    };
    assert!(peer.caps().direct);
    let list = [segment(&source[..5]), segment(&source[5..2 << 20])];
    assert_eq!(
        peer.direct(&write, &list),
        DirectOutcome::Done { len_bytes: 1 << 20 }
    );
    let rest = [segment(&source[1 << 20..2 << 20])];
    let next = DirectOp {
        done_bytes: 1 << 20,
        ..write
    };
    assert_eq!(
        peer.direct(&next, &rest),
        DirectOutcome::Done { len_bytes: 1 << 20 }
    );
    assert_eq!(memory[1..(2 << 20) + 1], source[..2 << 20]);
    assert_eq!(memory[(2 << 20) + 1], 0);

    let target = vec![0u8; 1000];
    let read = DirectOp {
        kind: DirectKind::Read,
        total_bytes: 1000,
        ..write
    };
    let list = [segment(&target[..333]), segment(&target[333..])];
    assert_eq!(
        peer.direct(&read, &list),
        DirectOutcome::Done { len_bytes: 1000 }
    );
    assert_eq!(target, source[..1000]);

    let refused = |op: DirectOp| assert_eq!(peer.direct(&op, &list), DirectOutcome::Refused);
    refused(DirectOp {
        rkey: Rkey(rkey ^ 1),
        ..read
    });
    refused(DirectOp {
        remote_va: base + (3 << 20) - 999,
        ..read
    });
    refused(DirectOp {
        src_qpn: Qpn(5),
        ..read
    });
    refused(DirectOp {
        dest_qpn: Qpn(5),
        ..read
    });
    refused(DirectOp {
        done_bytes: 1001,
        ..read
    });
    let table = b.endpoint.table();
    let qp = QpEntry {
        pd: PD,
        dest_qpn: a.qpn(),
        access: 2,
    };
    table.publish_qp(b.qpn(), &qp);
    refused(read);
    table.publish_qp(
        b.qpn(),
        &QpEntry {
            pd: PdId(4),
            access: ALL_RIGHTS,
            ..qp
        },
    );
    refused(read);
    b.publish_qp(a.qpn());
    assert!(table.remove(rkey));
    b.endpoint.wait_for_accesses(AccessTo::Key(rkey));
    refused(read);
}

#[test]
fn pages_that_are_gone_are_refused_or_told() {
    let (a, b, peer) = pair(Mode::Auto);
    let memory = vec![0u8; 100];
    let hole = MrEntry {
        pd: PD,
        access: ALL_RIGHTS,
        iova: 0,
        len_bytes: 100,
        addr: 4096,
    };
    let rkey = b.endpoint.table().insert(&hole).unwrap();
    let op = DirectOp {
        kind: DirectKind::Write,
        src_qpn: a.qpn(),
        dest_qpn: b.qpn(),
        rkey: Rkey(rkey),
        remote_va: 0,
        total_bytes: 100,
        done_bytes: 0,
    };
    assert_eq!(
        peer.direct(&op, &[segment(&memory)]),
        DirectOutcome::Refused
    );
    let rkey = b.register(&memory);
    let op = DirectOp {
        rkey: Rkey(rkey),
        remote_va: memory.as_ptr() as u64,
        ..op
    };
    let nowhere = [LocalSegment {
        addr: 4096,
        len_bytes: 100,
    }];
    assert_eq!(peer.direct(&op, &nowhere), DirectOutcome::LocalFault);
}

#[test]
fn the_ring_mode_never_touches_a_peer() {
    let (a, b, peer) = pair(Mode::Ring);
    assert_eq!(peer.caps().min_reference_bytes, u32::MAX);
    assert!(!peer.caps().direct);
    assert!(push(&mut peer.produce(), &header(&a, &b, 1), b"hello"));
    assert_eq!(b.consume(|entry| assert_eq!(payload(entry), b"hello")), 1);
    assert!(!a.events.contains(&PeerEvent::DirectReady(b.slot)));
}

/// A pair that has nothing to tell any more, and an entry for the second, which rang no bell.
fn sent_to_who_is_awake() -> (Node, Node, Arc<Peer>) {
    let (mut a, mut b, peer) = pair(Mode::Auto);
    until(|| {
        a.turn();
        b.turn();
        !is_readable(b.endpoint.epoll_fd())
    });
    assert!(push(&mut peer.produce(), &header(&a, &b, 1), b""));
    assert!(!is_readable(b.endpoint.epoll_fd()), "awake, no bell");
    (a, b, peer)
}

#[test]
fn a_sleeper_hears_the_doorbell() {
    let (a, mut b, peer) = sent_to_who_is_awake();
    assert!(b.endpoint.arm_doorbells(), "an entry is there");
    assert_eq!(b.consume(|_| ()), 1);
    assert!(!b.endpoint.arm_doorbells());
    assert!(push(&mut peer.produce(), &header(&a, &b, 2), b""));
    assert!(is_readable(b.endpoint.epoll_fd()));
    b.turn();
    assert!(!is_readable(b.endpoint.epoll_fd()));
    b.endpoint.disarm_doorbells();
    assert_eq!(b.consume(|_| ()), 1);
}

#[test]
fn a_knock_is_heard_by_who_seems_awake() {
    let (_a, mut b, peer) = sent_to_who_is_awake();
    peer.knock();
    assert!(is_readable(b.endpoint.epoll_fd()));
    b.turn();
    assert!(!is_readable(b.endpoint.epoll_fd()));
    assert_eq!(b.consume(|_| ()), 1);
}

#[test]
fn our_own_ring_wakes_us_too() {
    let (mut node, peer) = alone();
    node.turn();
    assert!(!node.endpoint.arm_doorbells());
    assert!(push(&mut peer.produce(), &header(&node, &node, 1), b""));
    assert!(is_readable(node.endpoint.epoll_fd()));
    assert_eq!(node.consume(|_| ()), 1);
    node.turn();
    node.endpoint.wake();
    assert!(is_readable(node.endpoint.epoll_fd()));
    node.turn();
    assert!(!is_readable(node.endpoint.epoll_fd()));
}

#[test]
fn a_blocked_producer_hears_of_room() {
    let (mut a, b, peer) = pair(Mode::Auto);
    let bytes = vec![1u8; 5000];
    let mut sent = 0;
    while peer.produce().has_room() {
        assert!(push(&mut peer.produce(), &header(&a, &b, sent), &bytes));
        sent += 1;
    }
    assert!(!peer.request_space());
    assert!(sent > 5);
    assert_eq!(b.consume(|_| ()), sent as usize);
    let slot = b.slot;
    until(|| a.saw(PeerEvent::Space(slot)));
    assert!(peer.produce().has_room());

    let (mut node, peer) = alone();
    while peer.produce().has_room() {
        assert!(push(&mut peer.produce(), &header(&node, &node, 0), &bytes));
    }
    assert!(!peer.request_space());
    node.consume(|_| ());
    assert!(node.saw(PeerEvent::Space(node.slot)));
}

#[test]
fn slots_are_exclusive_and_free_again_after_the_end() {
    let a = Node::new(Mode::Auto);
    let second = a.endpoint.take_slot().unwrap();
    assert_ne!(a.slot, second);
    assert!(Conn::listen(second, &Life::new().unwrap()).is_err());
    assert!(a.endpoint.connect(second).unwrap().is_self());
    drop(a);
    assert!(Conn::listen(second, &Life::new().unwrap()).is_ok());
}

#[test]
fn nobody_answers_for_a_free_slot() {
    let a = Node::new(Mode::Auto);
    let free = {
        let other = Node::new(Mode::Auto);
        other.slot
    };
    assert_eq!(a.endpoint.connect(free).err(), Some(Errno::ECONNREFUSED));
}

#[test]
fn connections_are_kept_and_made_anew_after_a_death() {
    let (mut a, b, peer) = pair(Mode::Auto);
    assert!(Arc::ptr_eq(&peer, &a.endpoint.connect(b.slot).unwrap()));
    let slot = b.slot;
    drop(b);
    until(|| a.saw(PeerEvent::Dead(slot)));
    assert!(peer.is_dead());
    assert!(!peer.produce().has_room());
    assert_eq!(a.endpoint.connect(slot).err(), Some(Errno::ECONNREFUSED));
}

#[test]
fn what_a_dead_peer_sent_is_consumed_and_its_ring_used_again() {
    let (a, mut b, peer) = pair(Mode::Auto);
    let first = header(&a, &b, 1);
    assert!(push(&mut peer.produce(), &first, b"testament"));
    drop((a, peer));
    for _ in 0..10 {
        b.turn();
    }
    assert_eq!(
        b.consume(|entry| assert_eq!(payload(entry), b"testament")),
        1
    );
    until(|| {
        b.turn();
        !b.endpoint.inbound().any(Inbound::is_live)
    });
    let mut c = Node::new(Mode::Auto);
    let peer = c.endpoint.connect(b.slot).unwrap();
    b.events.clear();
    until(|| {
        c.turn();
        b.saw(PeerEvent::NewInbound)
    });
    assert_eq!(b.endpoint.inbound().count(), 1);
    assert!(push(&mut peer.produce(), &first, b"heir"));
    assert_eq!(b.consume(|entry| assert_eq!(payload(entry), b"heir")), 1);
}

#[test]
fn entries_sent_before_the_handshake_are_not_lost() {
    let (a, mut b) = (Node::new(Mode::Auto), Node::new(Mode::Auto));
    let peer = a.endpoint.connect(b.slot).unwrap();
    assert!(push(&mut peer.produce(), &header(&a, &b, 1), b"early"));
    assert!(!b.endpoint.arm_doorbells());
    assert!(is_readable(b.endpoint.epoll_fd()));
    until(|| b.saw(PeerEvent::NewInbound));
    assert_eq!(b.consume(|entry| assert_eq!(payload(entry), b"early")), 1);
    assert!(push(&mut peer.produce(), &header(&a, &b, 2), b"late"));
    assert!(
        is_readable(b.endpoint.epoll_fd()),
        "armed before the ring was there"
    );
}

#[test]
fn revocation_waits_for_an_access_in_flight() {
    let (a, b, peer) = pair(Mode::Auto);
    let memory = vec![0u8; 64];
    let rkey = b.register(&memory);
    let hazards = peer.region().hazards(Side::Producer);
    let hazard = super::super::hazard::Hazard::claim(hazards, Claim::new(rkey, b.qpn())).unwrap();
    b.endpoint.table().remove(rkey);
    b.endpoint.wait_for_accesses(AccessTo::Key(rkey ^ 1));
    b.endpoint.wait_for_accesses(AccessTo::Qp(a.qpn()));
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| {
            b.endpoint.wait_for_accesses(AccessTo::Key(rkey));
            assert!(is_over.load(Ordering::Relaxed));
        });
        for _ in 0..1000 {
            std::thread::yield_now();
        }
        is_over.store(true, Ordering::Relaxed);
        drop(hazard);
        waiter.join().unwrap();
    });
}

#[test]
fn many_threads_share_a_peer() {
    const EACH: u32 = 5000;
    let (a, b, peer) = pair(Mode::Auto);
    let mut seen = [0u32; 4];
    std::thread::scope(|scope| {
        for thread in 0..4u32 {
            let (peer, header) = (&peer, header(&a, &b, 0));
            scope.spawn(move || {
                for n in 0..EACH {
                    let header = Header {
                        opcode: Opcode(0x05),
                        imm_data: thread << 24 | n,
                        ..header
                    };
                    until(|| push(&mut peer.produce(), &header, &n.to_le_bytes()));
                }
            });
        }
        let mut count = 0;
        until(|| {
            count += b.consume(|entry| {
                let (thread, n) = (
                    entry.header.imm_data >> 24,
                    entry.header.imm_data & 0xff_ffff,
                );
                assert_eq!(seen[thread as usize], n);
                assert_eq!(payload(entry), n.to_le_bytes());
                seen[thread as usize] += 1;
            });
            count == 4 * EACH as usize
        });
    });
}

#[test]
fn a_bad_ring_size_is_refused() {
    for ring_bytes in [0, 4096, 100_000, 32 << 20] {
        let config = Config {
            mode: Mode::Auto,
            ring_bytes,
        };
        assert_eq!(Endpoint::new(config).err(), Some(Errno::EINVAL));
    }
}

#[test]
fn the_sign_of_an_empty_ring_is_zero() {
    let (_a, b, peer) = pair(Mode::Auto);
    assert_eq!(peer.region().mark(0).load(Ordering::Relaxed), 0);
    assert!(b.endpoint.inbound().all(Inbound::is_empty));
}

#[test]
fn a_full_backlog_is_waited_for() {
    let mut a = Node::new(Mode::Auto);
    let life = Life::new().unwrap();
    let slot = (0..Slot::COUNT).rev().map(Slot);
    let (slot, listener) = slot
        .filter_map(|slot| Some((slot, Conn::listen(slot, &life).ok()?)))
        .next()
        .unwrap();
    // SAFETY: plain system call; room for one only.
    assert_eq!(unsafe { libc::listen(listener.raw(), 0) }, 0);
    let _first = Conn::connect(slot, &life).unwrap();
    let second = Conn::connect(slot, &life);
    assert_eq!(second.err(), Some(Errno::EAGAIN));
    let peer = a.endpoint.connect(slot).unwrap();
    assert!(!peer.is_dead());
    assert!(push(&mut peer.produce(), &Header::default(), b"patience"));
    a.turn();
    Conn::accept(&listener, &life).unwrap();
    let mut hello = None;
    until(|| {
        a.turn();
        if let Ok(conn) = Conn::accept(&listener, &life) {
            hello = conn.receive(&life).ok();
        }
        hello.is_some()
    });
    assert!(matches!(hello, Some((_, Some(_)))), "a HELLO with a ring");
}
