//! The process as seen by its peers: slots, connections, tables; one per process and fork
//! generation.
//!
//! Any thread may call anything. `handle_ready` is the progress thread's; the rest of the control
//! path takes the same lock, the data path ([`Endpoint::inbound`], [`Peer`], [`Inbound`]) none of it.

use super::conn::Conn;
use super::control::{Control, Inbounds, Shared};
use super::hazard::Claim;
use super::inbound::Inbound;
use super::life::Life;
use super::peer::Peer;
use super::region::{HAZARDS, RingRegion, Side};
use super::slot::Slot;
use super::table::{Random, Table};
use super::wake::{Wake, reason};
use crate::base::barrier::Reach;
use crate::base::errno::Errno;
use crate::base::ids::Qpn;
use crate::base::mutex::Mutex;
use crate::base::ring;
use crate::{log_error, log_info};
use std::os::fd::RawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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
    /// A ring was added; it may hold entries for which no doorbell was rung.
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
    shared: Arc<Shared>,
    control: Mutex<Control>,
}

impl Endpoint {
    /// Its own tables and epoll; no slot and no socket yet. EINVAL: the ring's size.
    pub fn new(config: Config) -> Result<Arc<Endpoint>, Errno> {
        if !RingRegion::is_legal_size(config.ring_bytes) {
            return Err(Errno::EINVAL);
        }
        let no_memory = |error: Errno| error.logged("local link: no memory for its tables");
        let life = Life::new().map_err(no_memory)?;
        let table = Table::new(&life)
            .map_err(|error| error.logged("local link: no memory to share with peers (memfd)"))?;
        let lacks_epoll =
            |error: Errno| error.logged("local link: no epoll, timer or event descriptor");
        let shared = Arc::new(Shared {
            config,
            has_barrier: Reach::Processes.register(),
            table: Arc::new(table),
            wake: Arc::new(Wake::new(&life).map_err(lacks_epoll)?),
            inbounds: Inbounds::new().map_err(no_memory)?,
            is_armed: AtomicBool::new(false),
            life,
        });
        let control = Mutex::new(Control::new(&shared).map_err(lacks_epoll)?);
        Ok(Arc::new(Endpoint { shared, control }))
    }

    /// Readable (level) when `handle_ready` has something to do.
    pub fn epoll_fd(&self) -> RawFd {
        self.control.lock().epoll_fd()
    }

    /// Accepts, shakes hands, reads doorbells, notices deaths; appends what happened. Never blocks.
    pub fn handle_ready(&self, events: &mut Vec<PeerEvent>) {
        self.control.lock().handle_ready(events);
    }

    /// Makes `epoll_fd` readable once.
    pub fn wake(&self) {
        self.shared.wake.raise(reason::LOOK);
    }

    /// Takes one more free slot for this process, beginning at a random one. ENOSPC: none is left,
    /// or we have as many as fit into the table.
    pub fn take_slot(&self) -> Result<Slot, Errno> {
        let mut control = self.control.lock();
        let first = Random::default().next()? as u16;
        for step in 0..Slot::COUNT {
            let slot = Slot(first.wrapping_add(step) % Slot::COUNT);
            let listener = match Conn::listen(slot, &self.shared.life) {
                Ok(listener) => listener,
                Err(Errno::EADDRINUSE) => continue,
                Err(error) => {
                    return Err(error.logged("local link: no socket that peers could connect to"));
                }
            };
            self.shared.table.add_slot(slot)?;
            control.add_listener(slot, listener)?;
            log_info!("local link: slot {} is ours", slot.0);
            return Ok(slot);
        }
        log_error!(
            "local link: all {} sockets @verbium/<n> of this network namespace are taken: \
             no queue pair can be created",
            Slot::COUNT
        );
        Err(Errno::ENOSPC)
    }

    /// The way to the process that owns `slot` (ourselves, for our own). ECONNREFUSED: nobody.
    pub fn connect(&self, slot: Slot) -> Result<Arc<Peer>, Errno> {
        self.control.lock().connect(slot)
    }

    pub fn table(&self) -> &Table {
        &self.shared.table
    }

    /// Rings to poll; some may be idle for good. No lock: a load, and two per ring for
    /// [`Inbound::is_empty`].
    #[inline]
    pub fn inbound(&self) -> impl Iterator<Item = &Inbound> {
        self.shared.inbounds.iter()
    }

    /// Before sleeping: from now on producers ring doorbells. True: a ring has entries, don't sleep.
    pub fn arm_doorbells(&self) -> bool {
        self.shared.is_armed.store(true, Ordering::Relaxed);
        let mut any = false;
        for inbound in self.inbound().filter(|inbound| inbound.is_live()) {
            ring::fall_asleep(inbound.region());
            any = true;
        }
        if any {
            // Pairs with the producers' light fence (P3 of base/ring).
            Reach::Processes.heavy();
        }
        self.inbound().any(|inbound| !inbound.is_empty())
    }

    /// After sleeping.
    pub fn disarm_doorbells(&self) {
        self.shared.is_armed.store(false, Ordering::Relaxed);
        for inbound in self.inbound() {
            ring::wake_up(inbound.region());
        }
    }

    /// After `Table::remove` or `Table::retract_qp`: waits until no live peer still uses it. A peer
    /// that was stopped in the middle of a copy is waited for: it is trusted as a debugger is.
    pub fn wait_for_accesses(&self, to: AccessTo) {
        let peers = self.control.lock().peers_that_fetch();
        // Whoever gets our tables from now on finds them changed.
        if peers.is_empty() && !self.inbound().any(Inbound::may_access_us) {
            return;
        }
        // Pairs with the initiators' fence in `Hazard::claim`.
        Reach::Processes.heavy();
        let inbounds = self.inbound().filter(|inbound| inbound.may_access_us());
        for inbound in inbounds {
            let hazards = inbound.region().hazards(Side::Producer);
            self.wait(inbound.region(), hazards, to);
        }
        for peer in peers {
            let hazards = peer.region().hazards(Side::Consumer);
            self.wait(peer.region(), hazards, to);
        }
    }

    /// Waits until no word names what was taken back, or its writer died.
    fn wait(&self, region: &RingRegion, hazards: &[AtomicU64; HAZARDS], to: AccessTo) {
        const SPINS: u32 = 200;
        const TRIES_PER_LOOK: u32 = 64;
        for word in hazards {
            let mut tries = 0u32;
            // Pairs with the Release store in the hazard's drop: the copy is over.
            while matches(word.load(Ordering::Acquire), to) {
                tries = tries.wrapping_add(1);
                if tries < SPINS {
                    std::hint::spin_loop();
                    continue;
                }
                // A process that died in the middle leaves its words behind.
                if tries.is_multiple_of(TRIES_PER_LOOK) && !self.control.lock().is_alive(region) {
                    return;
                }
                std::thread::yield_now();
            }
        }
    }

    /// In a forked child: closes our fds; touches no lock and no shared memory. Afterwards the
    /// endpoint may be leaked or dropped, both do nothing more.
    pub fn abandon_after_fork(&self) {
        self.shared.life.abandon();
    }
}

fn matches(word: u64, to: AccessTo) -> bool {
    match to {
        AccessTo::Key(key) => Claim::key(word) == Some(key),
        AccessTo::Qp(qpn) => Claim::qpn(word) == Some(qpn),
    }
}

#[cfg(test)]
mod tests;
