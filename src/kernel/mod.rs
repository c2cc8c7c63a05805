//! What is asked of the Linux kernel: files of sysfs, and tables of its network stack.
//!
//! Called by `provider`, and by `api` for the exported functions that merely ask the kernel. Knows
//! nothing of devices lists or contexts.

pub(crate) mod sysfs;
