//! What travels between QPs: opcodes, sequence numbers and headers of the InfiniBand transport.
//!
//! A [`Header`] is the legal content of a packet's headers, whichever link carries it. Links
//! serialise it (`link/local/entry.rs`); the engine only ever sees this form.

#![forbid(unsafe_code)]

pub mod header;
pub mod opcode;
pub mod psn;

pub use header::{AtomicWords, Header, NakCode, Syndrome, Verdict};
pub use opcode::{Opcode, Operation, Role, Traits, Transport};
pub use psn::Psn;
