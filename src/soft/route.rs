//! Who answers for a destination: an address of this host and a slot somebody holds.

use super::process::Process;
use crate::base::ids::Gid;
use crate::engine::types::Destination;
use crate::link::local::{Peer, Slot};
use std::net::{IpAddr, Ipv6Addr, UdpSocket};
use std::sync::Arc;

/// The process that holds the slot, when the destination address is one of this host.
pub(crate) fn find(process: &Process, destination: &Destination, slot: Slot) -> Option<Arc<Peer>> {
    if !is_local(destination.dgid) {
        return None;
    }
    process.endpoint.connect(slot).ok()
}

/// Whether the address belongs to this network namespace: then, and only then, one can bind to it.
fn is_local(gid: Gid) -> bool {
    let addr = Ipv6Addr::from(gid.0);
    let addr = addr.to_ipv4_mapped().map_or(IpAddr::V6(addr), IpAddr::V4);
    if addr.is_multicast() || addr.is_unspecified() {
        return false;
    }
    addr.is_loopback() || UdpSocket::bind((addr, 0)).is_ok()
}
