//! The opcode table: for each BTH opcode its service, operation, place in the message and headers.
//!
//! Everything that depends on an opcode asks this table; there is no second list.

/// A BTH opcode: service in the top three bits, operation in the low five.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Opcode(pub u8);

/// Transport service an opcode belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    Rc,
    Uc,
    Ud,
    /// Manufacturer space: entries that only local links carry.
    Link,
}

/// Place of a packet in its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    First,
    Middle,
    Last,
    Only,
}

/// What the packet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Send,
    Write,
    ReadRequest,
    ReadResponse,
    Acknowledge,
    AtomicAcknowledge,
    CompareSwap,
    FetchAdd,
    /// Local links: the QP the packet was for cannot take requests; `psn` is the refused one.
    NotReady,
    /// Local links: does the destination QP take requests?
    Probe,
    /// Local links: answer to a probe; `psn` is what the responder expects next.
    ProbeReply,
}

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Traits {
    pub transport: Transport,
    pub operation: Operation,
    pub role: Role,
    pub has_reth: bool,
    pub has_atomic_eth: bool,
    pub has_aeth: bool,
    pub has_atomic_ack_eth: bool,
    pub has_imm: bool,
    pub has_deth: bool,
    pub has_payload: bool,
}
