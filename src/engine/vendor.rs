//! Reason codes of error completions (`vendor_err`). docs/vendor-errors.md explains each to users.
//!
//! Numbers are stable: they appear in users' logs.

pub const NONE: u32 = 0;
/// The QP went to an error state before the WQE was executed.
pub const FLUSHED: u32 = 0x01;

/// A local key is unknown or of another protection domain.
pub const LOCAL_KEY: u32 = 0x10;
/// A scatter-gather element reaches outside its region.
pub const LOCAL_BOUNDS: u32 = 0x11;
/// The region does not grant local write.
pub const LOCAL_RIGHTS: u32 = 0x12;
/// The memory of a scatter-gather element is gone.
pub const LOCAL_FAULT: u32 = 0x13;
/// The message is longer than the service or the port allows.
pub const MESSAGE_TOO_LONG: u32 = 0x14;
/// The list of an atomic is not exactly 8 bytes long.
pub const ATOMIC_LENGTH: u32 = 0x15;
/// READ or atomic on a QP whose max_rd_atomic is 0.
pub const NO_RD_ATOMIC: u32 = 0x16;
/// The message does not fit the receive WQE.
pub const RECV_TOO_SHORT: u32 = 0x17;
/// The address handle belongs to another protection domain than the QP.
pub const FOREIGN_ADDRESS: u32 = 0x18;

/// The responder said: invalid request.
pub const NAK_INVALID_REQUEST: u32 = 0x20;
/// The responder said: remote access error.
pub const NAK_REMOTE_ACCESS: u32 = 0x21;
/// The responder said: remote operational error.
pub const NAK_REMOTE_OPERATIONAL: u32 = 0x22;
/// The responder said: invalid RD request.
pub const NAK_INVALID_RD_REQUEST: u32 = 0x23;
/// A response does not fit its request.
pub const BAD_RESPONSE: u32 = 0x24;

/// No answer within the local ACK timeout, retry_cnt times over.
pub const NO_ANSWER: u32 = 0x30;
/// The responder kept reporting a PSN sequence error.
pub const SEQUENCE: u32 = 0x31;
/// The responder's QP was not ready to take requests, retry_cnt times over.
pub const NOT_READY: u32 = 0x32;
/// The responder had no receive WQE, rnr_retry times over.
pub const RECEIVER_NOT_READY: u32 = 0x33;
/// The process of the responder ended.
pub const PEER_DEAD: u32 = 0x34;
