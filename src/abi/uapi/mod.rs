//! The border to the kernel: ioctl and write commands, event records, netlink.
//!
//! Only `kernel` fills these in; plug-ins see them through the command structs of `driver`.

mod flow;
mod ioctl;
mod netlink;
mod sa;
mod write;
mod write_data;
mod write_ex;
mod write_queues;

pub use flow::*;
pub use ioctl::*;
pub use netlink::*;
pub use sa::*;
pub use write::*;
pub use write_data::*;
pub use write_ex::*;
pub use write_queues::*;
