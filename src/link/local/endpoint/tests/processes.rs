//! Links between processes: the test program runs itself again with a role to play.

use super::*;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

const ROLE: &str = "VERBIUM_TEST_LINK_ROLE";

/// Another process of this program, and its slot.
struct Other {
    child: Child,
    slot: Slot,
}

impl Other {
    fn start(role: &str) -> Other {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program)
            .args([
                "--exact",
                "link::local::endpoint::tests::processes::plays_its_role",
            ])
            .args(["--nocapture", "--test-threads=1"])
            .env(ROLE, role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        // The test harness may have written on the same line before.
        let slot = lines.find_map(|line| {
            let line = line.unwrap();
            let (_, number) = line.split_once("our slot is ")?;
            Some(Slot(number.trim().parse().unwrap()))
        });
        Other {
            child,
            slot: slot.expect("the other process tells its slot"),
        }
    }

    fn qpn(&self) -> Qpn {
        self.slot.qpn(9).unwrap()
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not a test of its own: what the other process does.
#[test]
fn plays_its_role() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    match role.as_str() {
        "echo" => serve(tell_slot()),
        "stranger" => {
            // SAFETY: plain system call.
            assert_eq!(unsafe { libc::setuid(65534) }, 0);
            serve(tell_slot());
        }
        "parent" => {
            let node = tell_slot();
            // As a raw clone would: nobody calls our fork handler.
            // SAFETY: the child only waits and ends.
            if unsafe { libc::fork() } == 0 {
                wait_for_end_of_input();
                // SAFETY: ends the child without running anything of the parent's.
                unsafe { libc::_exit(0) };
            }
            serve(node);
        }
        "forker" => {
            let mut node = tell_slot();
            // A connection, so that there is more to let go of than a socket.
            node.endpoint.connect(node.slot).unwrap();
            node.turn();
            // SAFETY: the child only closes, waits and ends.
            if unsafe { libc::fork() } == 0 {
                node.endpoint.abandon_after_fork();
                drop(node);
                wait_for_end_of_input();
                // SAFETY: as above.
                unsafe { libc::_exit(0) };
            }
            serve(node);
        }
        other => panic!("unknown role {other}"),
    }
}

fn tell_slot() -> Node {
    let node = Node::new(Mode::Auto);
    let mut out = std::io::stdout();
    writeln!(out, "our slot is {}", node.slot.0).unwrap();
    out.flush().unwrap();
    node
}

fn wait_for_end_of_input() {
    let mut byte = 0u8;
    // SAFETY: one byte is written.
    while unsafe { libc::read(0, (&raw mut byte).cast(), 1) } > 0 {}
}

/// Sends every entry back to where it came from; ends after a minute at the latest.
fn serve(mut node: Node) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut replies = Vec::new();
    while Instant::now() < deadline {
        node.turn();
        let idle = node.consume(|entry| replies.push((*entry.header, payload(entry)))) == 0;
        for (header, bytes) in replies.drain(..) {
            let Ok(peer) = node.endpoint.connect(Slot::of(header.src_qpn)) else {
                continue;
            };
            let header = Header {
                dest_qpn: header.src_qpn,
                src_qpn: header.dest_qpn,
                ..header
            };
            until(|| peer.is_dead() || push(&mut peer.produce(), &header, &bytes));
        }
        if idle {
            std::thread::yield_now();
        }
    }
}

fn request(a: &Node, b: &Other, psn: u32) -> Header {
    Header {
        opcode: Opcode(4),
        dest_qpn: b.qpn(),
        src_qpn: a.qpn(),
        psn: Psn::new(psn),
        psn_count: 1,
        ..Header::default()
    }
}

#[test]
fn many_entries_of_all_sizes_cross_both_ways() {
    const COUNT: u32 = 20_000;
    let other = Other::start("echo");
    let mut node = Node::new(Mode::Auto);
    let peer = node.endpoint.connect(other.slot).unwrap();
    let bytes: Vec<u8> = (0..16384u32).map(|i| (i * 31) as u8).collect();
    let len = |n: u32| {
        (if n.is_multiple_of(17) {
            n % 16384
        } else {
            n % 200
        }) as usize
    };
    let (mut sent, mut received) = (0, 0);
    until(|| {
        node.turn();
        let mut producer = peer.produce();
        for _ in 0..20 {
            if sent < COUNT && sent - received < 500 {
                let done = push(
                    &mut producer,
                    &request(&node, &other, sent),
                    &bytes[..len(sent)],
                );
                sent += u32::from(done);
            }
        }
        drop(producer);
        node.consume(|entry| {
            assert_eq!(entry.header.psn.value(), received);
            assert_eq!(entry.header.src_qpn, other.qpn());
            assert_eq!(payload(entry), bytes[..len(received)]);
            received += 1;
        });
        received == COUNT
    });
}

#[test]
fn processes_of_one_user_fetch_from_each_other() {
    let other = Other::start("echo");
    let mut node = Node::new(Mode::Auto);
    node.publish_qp(other.qpn());
    let peer = node.endpoint.connect(other.slot).unwrap();
    if !is_allowed(&mut node, &peer) {
        return;
    }
    // Not more than the other process may send back in its ring.
    let bytes: Vec<u8> = (0..16000u32).map(|i| (i * 13) as u8).collect();
    let list = [segment(&bytes[..777]), segment(&bytes[777..])];
    assert!(
        peer.produce()
            .push_references(&request(&node, &other, 1), &list)
    );
    let mut count = 0;
    until(|| {
        node.turn();
        count += node.consume(|entry| assert_eq!(payload(entry), bytes));
        count == 1
    });
}

/// Waits for the handshake; false where the system keeps siblings apart (Yama, seccomp).
fn is_allowed(node: &mut Node, peer: &Arc<Peer>) -> bool {
    // The child may read us if and only if we may read it, up to Yama's opinion on ancestors.
    let deadline = Instant::now() + Duration::from_secs(5);
    while Instant::now() < deadline {
        node.turn();
        if peer.caps().direct && peer.caps().min_reference_bytes != u32::MAX {
            return true;
        }
        std::thread::yield_now();
    }
    eprintln!("skipped: this system does not let processes read each other's memory");
    false
}

#[test]
fn another_user_gets_a_ring_and_no_access() {
    // SAFETY: the call takes nothing and cannot fail.
    if unsafe { libc::geteuid() } != 0 {
        eprintln!("skipped: only root may become another user");
        return;
    }
    let other = Other::start("stranger");
    let mut node = Node::new(Mode::Auto);
    let peer = node.endpoint.connect(other.slot).unwrap();
    let mut count = 0;
    assert!(push(
        &mut peer.produce(),
        &request(&node, &other, 1),
        b"hello"
    ));
    until(|| {
        node.turn();
        count += node.consume(|entry| assert_eq!(payload(entry), b"hello"));
        count == 1
    });
    for _ in 0..1000 {
        node.turn();
        std::thread::yield_now();
    }
    assert!(!peer.caps().direct);
    assert_eq!(peer.caps().min_reference_bytes, u32::MAX);
    assert!(!node.events.contains(&PeerEvent::DirectReady(other.slot)));
    assert!(!node.endpoint.inbound().any(Inbound::may_access_us));
}

fn dies_of_a_kill(role: &str) {
    let mut other = Other::start(role);
    let mut node = Node::new(Mode::Auto);
    let peer = node.endpoint.connect(other.slot).unwrap();
    let mut count = 0;
    assert!(push(&mut peer.produce(), &request(&node, &other, 1), b""));
    until(|| {
        node.turn();
        count += node.consume(|_| ());
        count == 1
    });
    assert!(!peer.is_dead());
    let killed = Instant::now();
    other.child.kill().unwrap();
    let slot = other.slot;
    until(|| node.saw(PeerEvent::Dead(slot)));
    assert!(killed.elapsed() < Duration::from_secs(5));
    // Its child, if there is one, may still hold the socket; nobody is to be found there.
    other.child.wait().unwrap();
    assert!(node.endpoint.connect(slot).is_err());
    until(|| {
        node.turn();
        !node.endpoint.inbound().any(Inbound::is_live)
    });
}

#[test]
fn a_killed_peer_is_noticed() {
    dies_of_a_kill("echo");
}

#[test]
fn a_killed_peer_is_noticed_though_its_child_holds_the_socket() {
    dies_of_a_kill("parent");
}

#[test]
fn a_forked_child_lets_go_and_the_parent_goes_on() {
    dies_of_a_kill("forker");
}

#[test]
fn waiting_for_accesses_ends_with_the_peers_death() {
    let mut other = Other::start("echo");
    let mut node = Node::new(Mode::Auto);
    let peer = node.endpoint.connect(other.slot).unwrap();
    assert!(push(&mut peer.produce(), &request(&node, &other, 1), b""));
    let mut count = 0;
    until(|| {
        node.turn();
        count += node.consume(|_| ());
        count == 1
    });
    for inbound in node.endpoint.inbound() {
        // As if it had died in the middle of a copy.
        let word = &inbound.region().hazards(Side::Producer)[5];
        word.store(1 << 63 | 77, Ordering::Relaxed);
        inbound.allow_access();
    }
    other.child.kill().unwrap();
    other.child.wait().unwrap();
    node.endpoint.wait_for_accesses(AccessTo::Key(77));
}
