//! What is asked of the Linux kernel: its RDMA devices, files of sysfs, and tables of its network
//! stack.
//!
//! Called by `provider`, and by `api` for the exported functions that merely ask the kernel. Knows
//! nothing of devices lists or contexts.

pub mod discovery;
pub(crate) mod fork;
pub mod memlock;
pub(crate) mod neighbour;
pub mod netlink;
pub mod sysfs;
