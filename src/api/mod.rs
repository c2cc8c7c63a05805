//! The exported functions: each checks its pointers, converts, calls, and converts back.
//!
//! Applications and provider plug-ins call in here; everything below is reached through the ops
//! table of the context, never by knowing what kind of device it is. `symver` says which function
//! stands behind which exported name; `gate` says what callers promise and how errors leave.

mod ah;
mod comp_channel;
mod comp_cntr;
mod compat_1_0;
mod cq;
mod device;
mod event;
mod extension;
mod fork;
mod gate;
#[cfg(all(versioned, target_arch = "x86_64"))]
mod glibc;
mod marshall;
mod mr;
mod pd;
mod private;
mod qp;
mod rate;
mod resolve;
mod srq;
pub mod symver;
mod sysfs;
mod text;

#[cfg(test)]
mod tests;
