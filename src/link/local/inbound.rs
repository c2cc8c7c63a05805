//! The inbound direction: rings other processes (and ourselves) produce into.

use super::access::LocalSegment;
use crate::wire::Header;
use std::marker::PhantomData;

/// Segments of one payload by reference.
pub const MAX_REFERENCES: usize = 34;

/// An entry made no sense; its connection is condemned already, drop the consumer and go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hostile;

/// Memory that turned out not to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullFault {
    /// Ours.
    Local,
    /// The sender's; also when its QP is gone.
    Remote,
}

/// Addresses in the sender's memory.
#[derive(Clone, Copy, Debug)]
pub struct RefList {
    count: usize,
    segments: [LocalSegment; MAX_REFERENCES],
}

impl RefList {
    pub fn segments(&self) -> &[LocalSegment] {
        &self.segments[..self.count]
    }
}

/// Where the payload of an entry is.
#[derive(Clone, Copy, Debug)]
pub enum EntryPayload<'a> {
    /// In the ring; the producer may still scribble there, so copy, never parse.
    Bytes { ptr: *const u8, len_bytes: u32 },
    /// In the sender's memory: [`Entry::pull`].
    References { list: &'a RefList, len_bytes: u32 },
}

/// A ring somebody produces into. Lives as long as the endpoint; recycled for later producers.
pub struct Inbound {
    _private: (),
}

impl Inbound {
    /// Nothing to consume: two loads.
    #[inline]
    pub fn is_empty(&self) -> bool {
        true
    }

    /// Takes the consumers' lock unless somebody has it.
    pub fn try_consume(&self) -> Option<Consumer<'_>> {
        None
    }
}

/// The right to take entries. Dropping it gives the room back to the producer.
pub struct Consumer<'a> {
    _inbound: PhantomData<&'a Inbound>,
}

impl Consumer<'_> {
    /// The next entry; the former one's room is given back.
    pub fn next(&mut self) -> Result<Option<Entry<'_>>, Hostile> {
        Ok(None)
    }
}

/// One packet in the ring.
pub struct Entry<'a> {
    pub header: Header,
    pub payload: EntryPayload<'a>,
}

impl Entry<'_> {
    /// Payload length, wherever the bytes are.
    pub fn payload_bytes(&self) -> u32 {
        match self.payload {
            EntryPayload::Bytes { len_bytes, .. } | EntryPayload::References { len_bytes, .. } => {
                len_bytes
            }
        }
    }

    /// Puts payload bytes `offset..offset + len` to `dst`, from the ring or from the sender's
    /// memory, the last word last ([`super::copy_in_order`]).
    ///
    /// # Safety
    /// `dst` is memory the application registered for writing, `len` bytes of it.
    pub unsafe fn pull(&self, offset: u32, dst: *mut u8, len: u32) -> Result<(), PullFault> {
        let _ = (offset, dst, len);
        Err(PullFault::Remote)
    }
}
