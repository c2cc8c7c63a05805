//! Words and tools every layer may use: error numbers, identifiers, time, logging, atomics, the
//! allocator, and the form of the kernel's netlink messages.

pub mod barrier;
pub mod errno;
pub mod ids;
pub mod lock;
pub mod log;
pub mod mutex;
pub mod netlink;
pub mod reserve;
pub mod ring;
pub mod sync;
pub mod time;
