//! The link between processes of one host, and of a process with itself.
//!
//! Who calls it: soft, from posting and polling threads and from its progress thread. It never
//! blocks (except [`Endpoint::wait_for_accesses`], which waits for a peer's copy in flight), never
//! allocates on the data path, and knows nothing of QP state: packets are a [`Header`] and bytes.
//! Words written by a peer are hostile: read once, checked, then used.
//!
//! Reading order: `slot`, `region`, `base/ring`, `entry`, `acked`, `peer`, `inbound`, `endpoint`.
//!
//! [`Header`]: crate::wire::Header

pub mod access;
mod acked;
mod conn;
mod control;
pub mod endpoint;
mod entry;
mod hazard;
pub mod inbound;
mod life;
mod link;
pub mod peer;
mod poller;
mod quick;
mod region;
pub mod slot;
pub mod table;
mod wake;

pub use access::{DirectKind, DirectOp, DirectOutcome, LocalSegment, copy_in_order};
pub use endpoint::{AccessTo, Config, Endpoint, Mode, PeerEvent};
pub use inbound::{Consumer, Entry, EntryPayload, Hostile, Inbound, PullFault, RefList};
pub use peer::{Peer, PeerCaps, Producer};
pub use slot::Slot;
pub use table::{KeyFail, MrEntry, QpEntry, Table};
