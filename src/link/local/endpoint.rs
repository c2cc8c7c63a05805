//! The process as seen by its peers: slots, connections, tables; one per process and fork
//! generation.

use super::inbound::Inbound;
use super::peer::Peer;
use super::slot::Slot;
use super::table::Table;
use crate::base::errno::Errno;
use crate::base::ids::Qpn;
use std::os::fd::RawFd;
use std::sync::Arc;

/// `VERBIUM_LINK`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The best that works.
    Auto,
    /// As `Auto` here.
    Cma,
    /// Never touch a peer's memory.
    Ring,
}

#[derive(Clone, Copy, Debug)]
pub struct Config {
    pub mode: Mode,
    /// Size of the rings we produce into; a power of two from 64 KiB to 16 MiB.
    pub ring_bytes: u32,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            mode: Mode::Auto,
            ring_bytes: 1 << 20,
        }
    }
}

/// What [`Endpoint::handle_ready`] found. Drain the inbound rings before acting on `Dead`: what the
/// peer sent before it died is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerEvent {
    /// The outbound peer of this slot is gone; a later `connect` makes a new one.
    Dead(Slot),
    /// The ring to this slot has room again.
    Space(Slot),
    /// The caps of this peer got better.
    DirectReady(Slot),
    /// A ring was added.
    NewInbound,
}

/// Whose accesses to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessTo {
    Key(u32),
    Qp(Qpn),
}

/// See the module.
pub struct Endpoint {
    table: Table,
}

impl Endpoint {
    pub fn new(config: Config) -> Result<Arc<Endpoint>, Errno> {
        let _ = config;
        Err(Errno::EOPNOTSUPP)
    }

    /// Readable (level) when `handle_ready` has something to do.
    pub fn epoll_fd(&self) -> RawFd {
        -1
    }

    /// Accepts, shakes hands, reads doorbells, notices deaths; appends what happened.
    pub fn handle_ready(&self, events: &mut Vec<PeerEvent>) {
        let _ = events;
    }

    /// Makes `epoll_fd` readable once.
    pub fn wake(&self) {}

    /// Takes one more free slot for this process.
    pub fn take_slot(&self) -> Result<Slot, Errno> {
        Err(Errno::EOPNOTSUPP)
    }

    /// The way to the process that owns `slot` (ourselves, for our own). ECONNREFUSED: nobody.
    pub fn connect(&self, slot: Slot) -> Result<Arc<Peer>, Errno> {
        let _ = slot;
        Err(Errno::ECONNREFUSED)
    }

    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Rings to poll: a slice; some may be idle for good. No lock, a few ns.
    #[inline]
    pub fn inbound(&self) -> impl Iterator<Item = &Inbound> {
        std::iter::empty()
    }

    /// Before sleeping: from now on producers ring doorbells. True: a ring has entries, don't sleep.
    pub fn arm_doorbells(&self) -> bool {
        false
    }

    /// After sleeping.
    pub fn disarm_doorbells(&self) {}

    /// After `Table::remove` or `Table::retract_qp`: waits until no live peer still uses it.
    pub fn wait_for_accesses(&self, to: AccessTo) {
        let _ = to;
    }

    /// In a forked child: closes our fds; touches no lock and no shared memory. The endpoint must
    /// be leaked afterwards, or may be dropped: then it does nothing.
    pub fn abandon_after_fork(&self) {}
}
