//! Regions that go away while work requests name them.

use super::pair::*;
use crate::base::ids::{Lkey, Rkey};
use crate::engine::types::*;

/// Takes the key of every `sge()` out of the table of a node, as a deregistration does.
fn deregister(node: &mut Node, is_lossless: bool) {
    let key = sge(0, 8).lkey;
    node.host.regions.retain(|region| region.key != key.0);
    node.qp.handle_key_gone(key, is_lossless);
}

#[test]
fn a_half_filled_receive_ends_with_its_region() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.recv(1, &[sge(0, 20_000)]);
    pair.a.send(&wr(7, SendOp::Send), &[sge(0, 20_000)]);
    assert!(pair.transmit(Side::A));
    assert!(pair.deliver(Side::A));
    deregister(&mut pair.b, true);
    pair.run();
    assert_eq!(pair.b.take_ends(), [(1, WcStatus::LocProtErr)]);
    assert_eq!(pair.a.take_ends(), [(7, WcStatus::RemOpErr)]);
}

#[test]
fn a_half_sent_message_ends_with_its_region() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.recv(1, &[sge(0, 20_000)]);
    pair.a.send(&wr(7, SendOp::Send), &[sge(0, 20_000)]);
    pair.a.send(&wr(8, SendOp::Send), &[]);
    assert!(pair.transmit(Side::A));
    deregister(&mut pair.a, true);
    pair.run();
    assert_eq!(
        pair.a.take_ends(),
        [(7, WcStatus::LocProtErr), (8, WcStatus::WrFlushErr)]
    );
    assert_eq!(pair.a.qp.state(), QpState::Err);
}

#[test]
fn a_read_under_way_ends_with_its_region() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    let read = SendOp::Read {
        remote_va: VA,
        rkey: Rkey(KEY),
    };
    pair.a.send(&wr(7, read), &[sge(0, 64)]);
    assert!(pair.transmit(Side::A));
    deregister(&mut pair.a, true);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(7, WcStatus::LocProtErr)]);
}

/// An ACK may be late; the application knows from elsewhere that its message has arrived.
#[test]
fn what_is_out_needs_its_region_no_more() {
    for (caps, status) in [(LOSSLESS, WcStatus::Success), (LOSSY, WcStatus::LocProtErr)] {
        let mut pair = Pair::new(Service::Rc, caps);
        pair.b.recv(1, &[sge(0, 64)]);
        pair.a.send(&wr(7, SendOp::Send), &[sge(0, 64)]);
        assert!(pair.transmit(Side::A));
        deregister(&mut pair.a, caps.lossless);
        pair.run();
        assert_eq!(pair.a.take_ends(), [(7, status)]);
    }
}

#[test]
fn other_regions_are_nobodys_business() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.recv(1, &[sge(0, 20_000)]);
    pair.a.send(&wr(7, SendOp::Send), &[sge(0, 20_000)]);
    assert!(pair.transmit(Side::A));
    for node in [&mut pair.a, &mut pair.b] {
        node.qp.handle_key_gone(Lkey(0xdead), true);
    }
    pair.run();
    assert_eq!(pair.a.take_ends(), [(7, WcStatus::Success)]);
    assert_eq!(pair.b.take_ends(), [(1, WcStatus::Success)]);
}
