//! The embedded NIC: objects, the application's memory, threads, completion and async fds.

pub mod config;
pub mod device;
pub mod gid;
pub mod limits;
pub mod netdev;
pub mod notify;
pub mod port;
