//! What provider plug-ins call: node `IBVERBS_PRIVATE_34`.

mod archive;
pub(super) mod cmd;
mod disassociate;
pub(super) mod init;
pub(super) mod log;
pub(super) mod register;
pub(super) mod sysfs;
mod variadic;
