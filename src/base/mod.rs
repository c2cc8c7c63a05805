//! Words and tools every layer may use: error numbers, identifiers, time, logging, atomics.

pub mod errno;
pub mod ids;
pub mod lock;
pub mod log;
pub mod ring;
pub mod sync;
pub mod time;
