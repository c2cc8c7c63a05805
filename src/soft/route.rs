//! Who answers for a destination: an address of this host and a slot somebody holds.

use super::process::Process;
use crate::base::errno::Errno;
use crate::base::ids::Gid;
use crate::engine::types::Destination;
use crate::link::local::{Peer, Slot};
use std::net::{IpAddr, Ipv6Addr, UdpSocket};
use std::sync::Arc;

/// The process that holds the slot, when the destination address is one of this host. An error is
/// what this process lacks to look there.
pub(crate) fn find(
    process: &Process,
    destination: &Destination,
    slot: Slot,
) -> Result<Option<Arc<Peer>>, Errno> {
    if !is_local(destination.dgid)? {
        return Ok(None);
    }
    match process.endpoint.connect(slot) {
        Ok(peer) => Ok(Some(peer)),
        // Nobody holds it, or who did has just gone.
        Err(Errno::ECONNREFUSED | Errno::ECONNRESET | Errno::EPIPE) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Whether the address belongs to this network namespace: then, and only then, one can bind to it.
fn is_local(gid: Gid) -> Result<bool, Errno> {
    let addr = Ipv6Addr::from(gid.0);
    let addr = addr.to_ipv4_mapped().map_or(IpAddr::V6(addr), IpAddr::V4);
    if addr.is_multicast() || addr.is_unspecified() {
        return Ok(false);
    }
    if addr.is_loopback() {
        return Ok(true);
    }
    match UdpSocket::bind((addr, 0)).map_err(Errno::from) {
        Ok(_) => Ok(true),
        // Others than these are no answer to the question.
        Err(
            errno @ (Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM | Errno::EPERM | Errno::EACCES),
        ) => Err(errno),
        Err(_) => Ok(false),
    }
}
