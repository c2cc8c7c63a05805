//! The exported functions: each checks its pointers, converts, calls, and converts back.
//!
//! Applications and provider plug-ins call in here; everything below is reached through the ops
//! table of the context, never by knowing what kind of device it is.

#[cfg(all(versioned, target_arch = "x86_64"))]
mod glibc;
pub mod symver;
