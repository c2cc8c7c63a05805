//! The embedded NIC: objects, the application's memory, threads, completion and async fds.
//!
//! `provider` lists its devices ([`list`]), opens them ([`open`]) and lays [`ops::TABLE`] over a
//! context's defaults; from then on the application's calls arrive at the shims in `ops`. They
//! turn C words into the engine's (`convert`), call the objects, and `drive` carries packets
//! between the engine and the links. `progress` tells which thread does that.
//!
//! Reading order: `objects`, `drive`, `progress`, `process`, `ops`.

mod acks;
pub mod config;
mod context;
mod convert;
mod counters;
pub mod device;
mod drive;
pub mod gid;
mod handle;
pub mod limits;
mod memory;
pub mod netdev;
pub mod notify;
mod objects;
pub mod ops;
pub mod port;
mod process;
mod progress;
mod qp_table;
mod quota;
mod route;
#[cfg(test)]
mod tests;
mod thread;
mod timers;

pub use counters::device_counters;
pub use listing::{DeviceInfo, list};
pub use ops::open;

mod listing;
