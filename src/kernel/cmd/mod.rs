//! The commands, one file per object.
//!
//! Each function is one command of the kernel: handles and numbers in, handles and numbers out.
//! Where a command has two forms the ioctl is tried first (`fallback`).

pub mod ah;
pub mod context;
pub mod counters;
pub mod cq;
mod destroy;
pub mod device;
pub mod dm;
pub mod flow;
pub mod flow_action;
pub mod mcast;
pub mod mr;
pub mod mw;
pub mod pd;
pub mod port;
pub mod post;
pub mod qp;
pub mod qp_attr;
pub mod rwq_ind_table;
pub mod srq;
pub mod wq;
pub mod xrcd;
