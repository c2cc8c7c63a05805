//! Verbium: a drop-in `libibverbs.so.1` with an RDMA NIC inside it.

pub mod abi;
pub mod api;
pub mod base;
pub mod engine;
#[cfg(test)]
mod layers;
pub mod link;
pub mod provider;
pub mod soft;
pub mod wire;
