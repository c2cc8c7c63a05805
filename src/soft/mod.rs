//! The embedded NIC: objects, the application's memory, threads, completion and async fds.

pub mod config;
pub mod netdev;
pub mod notify;
