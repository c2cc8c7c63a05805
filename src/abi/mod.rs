//! The C words of verbs: every public struct, union and constant of the headers, as C lays them out,
//! and the provider-facing and kernel-facing ones behind them.
//!
//! Names are C's, so that whoever knows verbs finds them. Nothing here has behaviour: `api`, `soft`,
//! `kernel` and `provider` read and write these types, `engine` and `wire` never see them.
//!
//! Three rules hold throughout. An enumeration is an integer type with constants, never a Rust
//! `enum`, because its value may come from anywhere. A member of an anonymous union is reached
//! through a union of our own name (`imm`, `op`, `u`, …), since Rust has none without a name. A
//! function pointer is an `Option`, because a slot may be empty.
//!
//! `layout.rs` ties each size, offset and value to the measured tables in `c-tests/layout/`.

#![allow(
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    reason = "these are the names of the C headers, which programs and documents use"
)]

mod compat_1_0;
mod context;
mod core_ops;
mod device;
pub mod driver;
mod extension;
mod flow;
mod ioctl_verbs;
// The tables were measured on x86_64; pthread objects are larger elsewhere.
#[cfg(target_arch = "x86_64")]
mod layout;
mod objects;
mod opcode;
mod qp;
mod sa;
mod tm;
pub mod uapi;
mod verbium;
mod wr;
mod zeroed;

pub use compat_1_0::*;
pub use context::*;
pub use core_ops::*;
pub use device::*;
pub use driver::*;
pub use extension::*;
pub use flow::*;
pub use ioctl_verbs::*;
pub use objects::*;
pub use opcode::*;
pub use qp::*;
pub use sa::*;
pub use tm::*;
pub use uapi::*;
pub use verbium::*;
pub use wr::*;
pub use zeroed::Zeroed;

// What the files of this layer are written with.
use core::ffi::{c_char, c_int, c_uint, c_void};
use libc::{dev_t, pthread_cond_t, pthread_mutex_t, timespec};

/// A 16-bit value in network byte order.
pub type __be16 = u16;
/// A 32-bit value in network byte order.
pub type __be32 = u32;
/// A 64-bit value in network byte order.
pub type __be64 = u64;

// The kernel's names for its integers, for structs that headers share with it.
pub type __u8 = u8;
pub type __u16 = u16;
pub type __u32 = u32;
pub type __s32 = i32;
pub type __u64 = u64;
pub type __aligned_u64 = u64;
