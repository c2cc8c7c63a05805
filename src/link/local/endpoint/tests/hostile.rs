//! Peers that write nonsense: their connection ends, everybody else goes on.

use super::*;
use crate::link::local::conn::Message;
use crate::link::local::life::Fd;
use crate::link::local::region::create_memfd;

const RING: u32 = 64 << 10;

#[test]
fn a_nonsensical_entry_ends_its_process_only() {
    let (mut a, mut b, peer) = pair(Mode::Auto);
    let back = b.endpoint.connect(a.slot).unwrap();
    until(|| {
        a.turn();
        b.saw(PeerEvent::DirectReady(a.slot))
    });
    peer.region()
        .mark(0)
        .store(0xdead_beef_dead_beef, Ordering::Release);
    let mut hostile = 0;
    for inbound in b.endpoint.inbound() {
        let Some(mut consumer) = inbound.try_consume() else {
            continue;
        };
        hostile += usize::from(consumer.next().is_err());
    }
    assert_eq!(hostile, 1);
    let (slot_a, slot_b) = (a.slot, b.slot);
    until(|| {
        b.turn();
        a.saw(PeerEvent::Dead(slot_b))
    });
    assert!(peer.is_dead());
    // The way back leads to the same process, which is not to be believed.
    assert!(b.saw(PeerEvent::Dead(slot_a)));
    assert!(back.is_dead());
    // A later connection works.
    let again = a.endpoint.connect(b.slot).unwrap();
    b.events.clear();
    until(|| b.saw(PeerEvent::NewInbound));
    assert!(push(&mut again.produce(), &header(&a, &b, 1), b"sane"));
    assert_eq!(b.consume(|entry| assert_eq!(payload(entry), b"sane")), 1);
}

#[test]
fn a_wild_head_ends_the_producers_peer() {
    let (mut a, b, peer) = pair(Mode::Auto);
    let bytes = vec![0; 16 << 10];
    while peer.produce().has_room() {
        assert!(push(&mut peer.produce(), &header(&a, &b, 0), &bytes));
    }
    let inbound = b.endpoint.inbound().next().unwrap();
    inbound.region().head().store(12345, Ordering::Relaxed);
    assert!(!peer.produce().has_room());
    let slot = b.slot;
    until(|| a.saw(PeerEvent::Dead(slot)));
}

/// Whatever is in the ring: nothing may crash or hang.
#[test]
fn random_rings_are_survived() {
    let mut bits = 99u64;
    let mut next = move || {
        bits = bits
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        bits ^ bits >> 29
    };
    for round in 0..30 {
        let (_a, b, peer) = pair(Mode::Auto);
        for offset in (0..u64::from(RING)).step_by(8) {
            let word = peer.region().entry(offset).cast::<u64>();
            // Mostly marks that look right, else the first one ends it all.
            let sane = 0xb1 << 56 | (next() & 0xff) << 40 | (next() & 0x3ff);
            let value = if offset % 64 == 0 && round % 3 != 0 {
                sane
            } else {
                next() & next()
            };
            // SAFETY: inside the ring.
            unsafe { word.write_volatile(value) };
        }
        let inbound = b.endpoint.inbound().next().unwrap();
        let Some(mut consumer) = inbound.try_consume() else {
            panic!("nobody else consumes")
        };
        for _ in 0..10_000 {
            let Ok(Some(entry)) = consumer.next() else {
                break;
            };
            let mut bytes = vec![0; entry.payload_bytes() as usize];
            // SAFETY: the vector is as long as the payload.
            let _ = unsafe { entry.pull(0, bytes.as_mut_ptr(), entry.payload_bytes()) };
        }
    }
}

/// A connection made by hand.
struct Raw {
    conn: Conn,
    life: Arc<Life>,
}

impl Raw {
    fn new(node: &Node) -> Raw {
        let life = Life::new().unwrap();
        Raw {
            conn: Conn::connect(node.slot, &life).unwrap(),
            life,
        }
    }

    fn hello(&self, ring_bytes: u32, fd: Option<&Fd>) {
        let hello = Message::Hello {
            slot: Slot(1),
            has_barrier: true,
            nonce_addr: 0,
            ring_bytes,
        };
        self.conn.send(&hello, fd).unwrap();
    }

    fn is_closed(&self) -> bool {
        matches!(
            self.conn.receive(&self.life),
            Err(Errno::ECONNRESET | Errno::EPROTO)
        )
    }
}

#[test]
fn bad_hellos_are_refused() {
    let mut node = Node::new(Mode::Auto);
    let file_bytes = RingRegion::file_bytes(RING);
    let refused = |node: &mut Node, raw: &Raw| {
        until(|| {
            node.turn();
            raw.is_closed()
        });
        assert!(!node.events.contains(&PeerEvent::NewInbound));
    };

    let raw = Raw::new(&node);
    raw.hello(RING, None);
    refused(&mut node, &raw);

    let raw = Raw::new(&node);
    let fd = create_memfd(file_bytes - 4096, &raw.life).unwrap();
    raw.hello(RING, Some(&fd));
    refused(&mut node, &raw);

    let raw = Raw::new(&node);
    let fd = create_memfd(file_bytes, &raw.life).unwrap();
    raw.hello(RING + 1, Some(&fd));
    refused(&mut node, &raw);

    let raw = Raw::new(&node);
    // SAFETY: the name is a C string.
    let open = unsafe { libc::memfd_create(c"open".as_ptr(), libc::MFD_ALLOW_SEALING) };
    let open = Fd::adopt(open.into(), &raw.life).unwrap();
    // SAFETY: plain system call on our descriptor.
    unsafe { libc::ftruncate(open.raw(), file_bytes as i64) };
    raw.hello(RING, Some(&open));
    refused(&mut node, &raw);

    let raw = Raw::new(&node);
    raw.conn.send(&Message::Look, None).unwrap();
    refused(&mut node, &raw);
}

#[test]
fn messages_out_of_order_end_the_connection() {
    for message in [
        Message::Ready {
            may_reference: true,
        },
        Message::Welcome {
            has_barrier: true,
            nonce_addr: 0,
            proof: None,
        },
        Message::Space,
        Message::Hello {
            slot: Slot(0),
            has_barrier: true,
            nonce_addr: 0,
            ring_bytes: RING,
        },
    ] {
        let mut node = Node::new(Mode::Auto);
        let raw = Raw::new(&node);
        let fd = create_memfd(RingRegion::file_bytes(RING), &raw.life).unwrap();
        raw.hello(RING, Some(&fd));
        until(|| node.saw(PeerEvent::NewInbound));
        raw.conn.send(&message, None).unwrap();
        until(|| {
            node.turn();
            raw.is_closed()
        });
        until(|| {
            node.turn();
            !node.endpoint.inbound().any(Inbound::is_live)
        });
    }
}

#[test]
fn a_false_proof_gets_no_tables() {
    let mut node = Node::new(Mode::Auto);
    let raw = Raw::new(&node);
    let fd = create_memfd(RingRegion::file_bytes(RING), &raw.life).unwrap();
    raw.hello(RING, Some(&fd));
    until(|| node.saw(PeerEvent::NewInbound));
    let Ok((Message::Welcome { nonce_addr, .. }, None)) = raw.conn.receive(&raw.life) else {
        panic!("no welcome")
    };
    assert_ne!(nonce_addr, 0);
    raw.conn
        .send(
            &Message::Proof {
                proof: Some([7; 16]),
            },
            None,
        )
        .unwrap();
    node.turn();
    let Ok((
        Message::Ready {
            may_reference: false,
        },
        None,
    )) = raw.conn.receive(&raw.life)
    else {
        panic!("tables for nothing")
    };
    assert!(!node.endpoint.inbound().any(Inbound::may_access_us));
}
