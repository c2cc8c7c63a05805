//! What provider plug-ins call: node `IBVERBS_PRIVATE_34`.
//!
//! Most of it has no body yet and is refused from the provider's table; here stands the rest.

pub(super) mod init;
pub(super) mod log;
pub(super) mod register;
pub(super) mod sysfs;
mod variadic;
