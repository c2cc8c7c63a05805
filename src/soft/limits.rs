//! How much of everything the embedded NIC gives.
//!
//! `device` shows these numbers to the application and the objects enforce them: whatever is shown
//! can be created, one more is refused. They are modest on purpose, since programs size their
//! queues by them: a CQ or SRQ as deep as the device allows must still be affordable memory.

/// QPs of a context: eight slots of 4096 QPNs.
pub const MAX_QP: u32 = 32_768;
/// Work requests in a send queue or in a receive queue.
pub const MAX_QP_WR: u32 = 16_384;
/// Scatter-gather elements of a work request, READ included.
pub const MAX_SGE: u32 = 32;
/// Bytes of an inline work request.
pub const MAX_INLINE_BYTES: u32 = 1024;

pub const MAX_CQ: u32 = 65_536;
/// Programs ask for 2²² − 1 because hardware has it; Ceph alone needs 30,000.
pub const MAX_CQE: u32 = 4_194_303;
/// Completion vectors: every one of them would be the same thread.
pub const NUM_COMP_VECTORS: u32 = 1;

pub const MAX_SRQ: u32 = 32_768;
pub const MAX_SRQ_WR: u32 = 32_768;

pub const MAX_PD: u32 = 32_768;
pub const MAX_AH: u32 = 262_144;

pub const MAX_MR: u32 = 65_536;
/// All a user process can have mapped.
pub const MAX_MR_BYTES: u64 = 1 << 47;

/// READs and atomics outstanding per QP, on either side.
pub const MAX_QP_RD_ATOM: u32 = 128;

/// Half of what the wire format allows: 2 GiB at MTU 256 would be half of all PSNs in one message,
/// and the window must stay below that.
pub const MAX_MSG_BYTES: u32 = 1 << 30;

/// 4.096 µs × 2¹⁵ = 134 ms: a process that has to be scheduled to answer is within it, a stopped
/// one is not dead either.
pub const LOCAL_CA_ACK_DELAY: u8 = 15;

/// GID indices that answer: 0, which is the table, and its aliases 1 to 15.
pub const GID_INDICES: u32 = 16;
