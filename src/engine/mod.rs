//! The transport engine: queue pairs as state machines that never touch the world.
//!
//! # Contract
//! - Commands: [`Qp::modify`], [`Qp::post_send`], [`Qp::post_recv`].
//! - Inputs: [`Qp::handle_packet`], [`Qp::handle_timeout`], [`Qp::handle_tick`],
//!   [`Qp::handle_access`], [`Qp::handle_peer_dead`].
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
//! Qp::new(init: &QpInit) -> Qp
//! modify(&mut self, attr: &QpAttr, mask: AttrMask) -> Result<(), ModifyError>
//! attr(&self) -> &QpAttr              current attributes; sq_psn, rq_psn as they stand now
//! state(&self) -> QpState
//! post_send(&mut self, wr: &SendWr, sges: &[Sge]) -> Result<(), PostError>
//! post_send_inline(&mut self, wr: &SendWr, len_bytes: u32) -> Result<&mut [u8], PostError>
//!                                     the caller fills the slice before it does anything else
//! post_recv(&mut self, wr_id: u64, sges: &[Sge]) -> Result<(), PostError>
//! handle_packet<H: Host>(&mut self, header: &Header, payload_bytes: u32, host: &mut H)
//! handle_timeout<H: Host>(&mut self, host: &mut H)      when poll_timeout's instant has passed
//! handle_tick<H: Host>(&mut self, host: &mut H)         about once a second: finds stalls
//! handle_access(&mut self, outcome: AccessOutcome)
//! handle_peer_dead(&mut self)
//! next_destination(&self) -> Option<Destination>   of what poll_transmit would give; None: nothing
//! poll_transmit<'a, H: Host>(&'a mut self, caps: &LinkCaps, host: &H) -> Option<Transmit<'a>>
//! poll_completion(&mut self) -> Option<Cqe>
//! poll_event(&mut self) -> Option<QpEvent>
//! poll_timeout(&self) -> Option<Instant>
//! Srq::new(depth: u32, max_sge: u32) -> Srq
//! Srq::post_recv(&mut self, wr_id: u64, sges: &[Sge]) -> Result<(), PostError>
//! Srq::take(&mut self, wqe: &mut RecvWqe) -> bool
//! Srq::arm_limit(&mut self, limit: u32), Srq::limit(&self) -> u32
//! Srq::poll_limit_event(&mut self) -> bool   true once, when the count fell below the armed limit
//! ```

pub mod types;
