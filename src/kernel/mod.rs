//! What is asked of the Linux kernel: its RDMA devices, files of sysfs, tables of its network
//! stack, and the commands of its RDMA subsystem.
//!
//! `cmd` holds one function per command. Each builds its attributes with `ioctl`, lets `fallback`
//! decide whether the older form is needed, and builds that with `write`. Only `sys` enters the
//! kernel, through a table that tests replace. Called by `provider` (contexts, GIDs, channels)
//! and by `api`, which gives the commands to plug-ins under their C names.
//!
//! Nothing here looks into an object of the application or of a plug-in: commands take handles,
//! numbers and the bytes a driver adds ([`DriverData`]), and give handles and numbers back.

pub mod cdev;
pub mod cmd;
pub mod discovery;
mod driver_data;
mod fallback;
pub(crate) mod fork;
pub mod ioctl;
pub mod memlock;
pub(crate) mod neighbour;
pub mod netlink;
mod sys;
pub mod sysfs;
mod uverbs;
pub mod write;

pub use driver_data::DriverData;
pub use fallback::Method;
pub use uverbs::Uverbs;

#[cfg(test)]
pub(crate) mod tests;
