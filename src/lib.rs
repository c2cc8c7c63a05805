//! Verbium: a drop-in `libibverbs.so.1` with an RDMA NIC inside it.

pub mod base;
pub mod wire;
pub mod engine;
pub mod link;
