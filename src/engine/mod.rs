//! The transport engine: queue pairs as state machines that never touch the world.
//!
//! # Contract
//! - Commands: [`Qp::modify`], [`Qp::post_send`], [`Qp::post_recv`].
//! - Inputs: [`Qp::handle_packet`], [`Qp::handle_acknowledged`], [`Qp::handle_timeout`],
//!   [`Qp::handle_tick`], [`Qp::handle_access`], [`Qp::handle_peer_dead`],
//!   [`Qp::handle_key_gone`].
//! - Outputs, to be drained after each input: [`Qp::poll_completion`] until `None` (after *every*
//!   input and every `poll_transmit`, since a receive completion waits in a single place),
//!   [`Qp::poll_event`] until `None`, [`Qp::poll_transmit`] until `None` or until the link has no
//!   room (it may be postponed to the end of a batch of inputs), then [`Qp::poll_timeout`].
//!
//! The engine reads no clock, takes no lock, starts no thread, opens nothing, contains no unsafe
//! code, and allocates only when a QP is created. The application's memory, the clock and a shared
//! receive queue are reached through [`Host`], whose implementation is a type parameter.
//!
//! # Signatures
//! ```text
//! Qp::new(init: &QpInit) -> Result<Qp, TryReserveError>   reserves all memory it will ever need
//! modify(&mut self, attr: &QpAttr, mask: AttrMask) -> Result<(), ModifyError>
//! attr(&self) -> &QpAttr              current attributes; sq_psn, rq_psn as they stand now
//! state(&self) -> QpState
//! post_send(&mut self, wr: &SendWr, sges: &[Sge]) -> Result<(), PostError>
//! post_send_inline(&mut self, wr: &SendWr, len_bytes: u32) -> Result<&mut [u8], PostError>
//!                                     the caller fills the slice before it does anything else
//! post_recv(&mut self, wr_id: u64, sges: &[Sge]) -> Result<(), PostError>
//! handle_packet<H: Host>(&mut self, header: &Header, payload_bytes: u32, host: &mut H)
//! handle_acknowledged<H: Host>(&mut self, psn: Psn, host: &H) -> bool   as an ACK of `psn`, which a
//!                                     link may tell without a packet; `acknowledged` is what to
//!                                     tell. True: it was new
//! handle_timeout<H: Host>(&mut self, host: &mut H)      when poll_timeout's instant has passed
//! handle_tick<H: Host>(&mut self, host: &mut H)         about once a second: finds stalls
//! handle_access(&mut self, outcome: AccessOutcome)   LocalFault also answers a packet whose payload
//!                                     could not be read; such a packet must not have been sent
//! handle_peer_dead(&mut self)
//! handle_key_gone(&mut self, key: Lkey, is_lossless: bool)
//! next_destination(&self) -> Option<Destination>   of what poll_transmit would give; None: nothing.
//!                                     Some may still lead to None: the head WQE waits for responses
//! poll_transmit<'a, H: Host>(&'a mut self, caps: &LinkCaps, host: &H, header: &mut Header)
//!                                     -> Option<Transmit<'a>>   a packet's header goes to `header`
//! poll_completion(&mut self) -> Option<Cqe>
//! poll_event(&mut self) -> Option<QpEvent>
//! poll_timeout(&self) -> Option<Instant>
//! Srq::new(depth: u32, max_sge: u32) -> Result<Srq, TryReserveError>
//! Srq::post_recv(&mut self, wr_id: u64, sges: &[Sge]) -> Result<(), PostError>
//! Srq::take(&mut self, wqe: &mut RecvWqe) -> bool
//! Srq::arm_limit(&mut self, limit: u32), Srq::limit(&self) -> u32
//! Srq::poll_limit_event(&mut self) -> bool   true once, when the count fell below the armed limit
//! not_ready_reply(header: &Header) -> Option<Header>   for a QPN nobody has: the packet to send back
//! ```
//!
//! # Rules worth knowing from outside
//! - Direct accesses consume no PSNs. They start only when everything before them has been
//!   acknowledged, and nothing after them starts before they are done.
//! - A QP that takes no requests (RESET, INIT, ERR, or connected to another QP) answers requests of
//!   RC itself, with a `NotReady` packet whose destination is the request's `src_qpn` and `sgid`
//!   (its own peer's GID if the request carries none). It needs the sender's QPN for that, which
//!   only local links carry.
//! - `max_payload_bytes` of a lossy link ought not to be below the path MTU of its QPs: the engine
//!   then cuts smaller, but both sides must have seen the same limit before the first READ.
//! - A slot of the send queue is free again once its completion has been polled here (an unsignaled
//!   one: once it is done), which is earlier than the application polls its CQ.
//! - Where the same ACK or `NotReady` is owed several times before the next `poll_transmit`, one
//!   packet says it.
//! - After a fatal NAK the QP is in ERR and `poll_transmit` still gives that NAK.

#![forbid(unsafe_code)]

mod completer;
pub mod counters;
pub mod qp;
mod quick;
mod requester;
mod responder;
mod retry;
mod rq;
mod sq;
pub mod srq;
pub mod types;
pub mod vendor;
mod wqe;

pub use qp::Qp;
pub use qp::attr::MAX_RD_ATOMIC;
pub use requester::MAX_MESSAGE_BYTES;
pub use responder::not_ready_reply;
pub use srq::Srq;

#[cfg(test)]
mod tests;
