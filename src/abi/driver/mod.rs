//! The provider-facing interface: what a driver plug-in and the library share.
//!
//! `common` is the same in every generation, `write` holds the command structs plug-ins build on,
//! `pabi_65` is the table our own code fills, `pabi_34` translates from the older tables.

mod common;
pub mod pabi_34;
mod pabi_65;
mod write;

pub use common::*;
pub use pabi_65::*;
pub use write::*;
