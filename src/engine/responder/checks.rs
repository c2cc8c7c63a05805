//! What a request must satisfy before anything of it takes effect.
//!
//! The order is argued once, here. The PSN comes first: a duplicate must never be judged by today's
//! keys, and a request after a gap says nothing. Then the place in the message, then whether the QP
//! serves the operation at all (both: invalid request). Then receive resources, so that a request
//! answered with an RNR NAK has had no effect; then lengths; then the remote key, whose refusal is
//! an access error.

use crate::engine::qp::Qp;
use crate::engine::types::{Access, Host, KeyError};
use crate::wire::{Header, Operation, Role, Traits};

/// Why a request is not executed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// NAK invalid request.
    Invalid,
    /// NAK remote access error.
    RemoteAccess,
    /// NAK remote operational error; the receive WQE, if any, ends with this local error.
    Operational { vendor_err: u32 },
    /// The message does not fit the receive WQE.
    RecvTooShort,
    /// No receive WQE.
    RecvMissing,
    /// By reference: the requester's memory is gone.
    SourceGone,
}

/// The message a connected QP is in the middle of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Message {
    #[default]
    None,
    Send,
    Write,
}

#[inline]
pub(super) fn is_start(role: Role) -> bool {
    matches!(role, Role::First | Role::Only)
}

#[inline]
pub(super) fn is_end(role: Role) -> bool {
    matches!(role, Role::Last | Role::Only)
}

/// The operation's message, for those that have packets in the middle.
#[inline]
pub(super) fn message_of(operation: Operation) -> Message {
    match operation {
        Operation::Send => Message::Send,
        Operation::Write => Message::Write,
        _ => Message::None,
    }
}

impl Qp {
    /// First, middle, last and only must follow one another, and nothing else comes in between.
    #[inline]
    pub(super) fn is_in_sequence(&self, traits: &Traits) -> bool {
        if is_start(traits.role) {
            self.resp.message == Message::None
        } else {
            self.resp.message == message_of(traits.operation)
        }
    }

    /// Whether the QP grants the operation (`qp_access_flags`).
    #[inline]
    pub(super) fn check_granted(&self, operation: Operation) -> Result<(), Refusal> {
        let need = match operation {
            Operation::Write | Operation::WritePlaced => Access::REMOTE_WRITE,
            Operation::ReadRequest => Access::REMOTE_READ,
            Operation::CompareSwap | Operation::FetchAdd => Access::REMOTE_ATOMIC,
            _ => Access::empty(),
        };
        if self.attr.access.contains(need) {
            Ok(())
        } else {
            Err(Refusal::Invalid)
        }
    }

    /// A packet carries no more than the PSNs it stands for, and none but the only one is empty.
    #[inline]
    pub(super) fn check_payload(
        &self,
        traits: &Traits,
        header: &Header,
        payload_bytes: u32,
    ) -> Result<(), Refusal> {
        let capacity = u64::from(header.psn_count.max(1)) << self.unit_shift;
        let is_empty = payload_bytes == 0 && traits.role != Role::Only;
        if u64::from(payload_bytes) > capacity || is_empty {
            return Err(Refusal::Invalid);
        }
        Ok(())
    }

    /// Checks a remote key; gives the address to use.
    #[inline]
    pub(super) fn check_rkey<H: Host>(
        &self,
        header_rkey: crate::base::ids::Rkey,
        va: u64,
        len_bytes: u32,
        need: Access,
        host: &H,
    ) -> Result<u64, Refusal> {
        let checked: Result<u64, KeyError> =
            host.check_remote(self.pd, header_rkey, va, u64::from(len_bytes), need);
        checked.map_err(|_| Refusal::RemoteAccess)
    }
}
