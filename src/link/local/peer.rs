//! The outbound direction: a ring we produce into, and access to the consumer's memory.

use super::access::{DirectOp, DirectOutcome, LocalSegment};
use super::slot::Slot;
use crate::wire::Header;
use std::marker::PhantomData;
use std::ptr::NonNull;

/// What the way to this peer can do just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerCaps {
    /// Largest payload of one entry: a quarter of the ring, a multiple of 4096.
    pub max_payload_bytes: u32,
    /// Direct READ and WRITE may be tried.
    pub direct: bool,
    /// SEND payloads from this size on go by reference; `u32::MAX`: never.
    pub min_reference_bytes: u32,
    /// Largest payload of one entry by reference.
    pub max_reference_bytes: u32,
}

/// A process that owns a slot, as somebody we send to.
pub struct Peer {
    slot: Slot,
}

impl Peer {
    pub fn slot(&self) -> Slot {
        self.slot
    }

    /// The peer is this process.
    pub fn is_self(&self) -> bool {
        false
    }

    /// Nothing will arrive there any more.
    pub fn is_dead(&self) -> bool {
        true
    }

    /// Cheap: one atomic load.
    pub fn caps(&self) -> PeerCaps {
        PeerCaps {
            max_payload_bytes: 0,
            direct: false,
            min_reference_bytes: u32::MAX,
            max_reference_bytes: 0,
        }
    }

    /// Takes the producers' lock. What is pushed becomes visible at once when the producer drops.
    pub fn produce(&self) -> Producer<'_> {
        Producer { _peer: PhantomData }
    }

    /// After `has_room` said no: asks for a [`super::PeerEvent::Space`]. True: there is room by
    /// now, try again.
    pub fn request_space(&self) -> bool {
        false
    }

    /// READ or WRITE on the peer's memory, at most [`super::access::MAX_SLICE_BYTES`] a call. The
    /// peer's tables are checked first.
    pub fn direct(&self, op: &DirectOp, local: &[LocalSegment]) -> DirectOutcome {
        let _ = (op, local);
        DirectOutcome::Refused
    }
}

/// The right to add entries.
pub struct Producer<'a> {
    _peer: PhantomData<&'a Peer>,
}

impl Producer<'_> {
    /// Whether one entry of the largest size fits; false when the peer is dead.
    pub fn has_room(&mut self) -> bool {
        false
    }

    /// Adds an entry with `payload_bytes` bytes of payload, which the caller writes to the returned
    /// place (aligned to 8) before it does anything else with the producer. `None`: no room.
    pub fn push(&mut self, header: &Header, payload_bytes: u32) -> Option<NonNull<u8>> {
        let _ = (header, payload_bytes);
        None
    }

    /// Adds an entry whose payload the consumer fetches from these segments (at most
    /// [`super::inbound::MAX_REFERENCES`]). False: no room.
    pub fn push_references(&mut self, header: &Header, segments: &[LocalSegment]) -> bool {
        let _ = (header, segments);
        false
    }
}
