//! The control path of an endpoint: listeners, connections, handshakes, deaths. Under one lock.
//!
//! # Handshake
//! ```text
//! producer                                  consumer
//! HELLO   ring memfd, address of a nonce ->   maps the ring, tries to read the nonce
//!         tries to read the nonce        <-   WELCOME  address of a nonce, what it read
//! PROOF   what it read [, tables]        ->   [may check for fetches]
//!         [direct access begins]         <-   READY  [tables,] may fetch or not
//! ```
//! Tables go only to who has shown that it can read our memory anyway, and is of our own user: a
//! process may have become another program since it connected, and must not borrow our rights.
//!
//! # Death
//! A pidfd tells first, the socket second: a forked child may hold a dead owner's socket open. The
//! end of a connection is the end of its peer for us; what is left in an inbound ring is consumed
//! before the ring goes.

use super::conn::{Conn, Message};
use super::endpoint::{Config, Mode, PeerEvent};
use super::inbound::{Inbound, Sender};
use super::life::{Fd, Life};
use super::link::{Link, Role};
use super::peer::{Consumer, Peer};
use super::poller::{Poller, Token};
use super::quick::QuickAccess;
use super::region::{RingRegion, create_memfd};
use super::slot::Slot;
use super::table::Table;
use super::wake::{Wake, reason};
use crate::base::errno::Errno;
use crate::base::reserve::{self, boxed};
use crate::base::ring;
use crate::log_warn;
use std::collections::HashMap;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// Rings at a time, of all users.
const MAX_INBOUND: usize = 4096;

/// Connections of one user that is not ours.
const MAX_CONNECTIONS_PER_UID: usize = 256;

/// Connections accepted, and messages read of one connection, before others get their turn.
const BURST: usize = 64;

/// What taking a peer in needs: its connection, a pidfd, the ring or the tables it sends.
const DESCRIPTORS_OF_A_PEER: usize = 3;

/// Looks at the epoll in one call: enough for a whole handshake.
const ROUNDS: usize = 4;

/// How long a full backlog is waited for.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// Read without the control lock.
pub(super) struct Shared {
    pub(super) config: Config,
    pub(super) has_barrier: bool,
    pub(super) table: Arc<Table>,
    pub(super) wake: Arc<Wake>,
    pub(super) inbounds: Inbounds,
    /// Doorbells are wanted, also of rings to come.
    pub(super) is_armed: AtomicBool,
    pub(super) life: Arc<Life>,
}

/// All rings there ever were; a ring is used again, never freed.
pub(super) struct Inbounds {
    list: Box<[OnceLock<Box<Inbound>>]>,
}

impl Inbounds {
    pub(super) fn new() -> Result<Inbounds, Errno> {
        let list = boxed(MAX_INBOUND, OnceLock::new)?;
        Ok(Inbounds { list })
    }

    #[inline]
    pub(super) fn iter(&self) -> impl Iterator<Item = &Inbound> {
        self.list
            .iter()
            .map_while(|place| place.get().map(|inbound| &**inbound))
    }

    pub(super) fn at(&self, index: usize) -> Option<&Inbound> {
        self.list.get(index)?.get().map(|inbound| &**inbound)
    }

    /// An idle ring of this size, or a new one. Only under the control lock.
    pub(super) fn idle(&self, ring_bytes: u32, shared: &Shared) -> Result<usize, Errno> {
        let fits =
            |inbound: &Inbound| !inbound.is_live() && inbound.region().ring_bytes() == ring_bytes;
        if let Some(index) = self.iter().position(fits) {
            return Ok(index);
        }
        let index = self.iter().count();
        let place = self.list.get(index).ok_or(Errno::ENOSPC)?;
        let inbound = Inbound::new(ring_bytes, &shared.wake, &shared.life)?;
        place.get_or_init(|| Box::new(inbound));
        Ok(index)
    }
}

/// A peer whose owner's backlog was full.
struct Pending {
    peer: Arc<Peer>,
    ring_fd: Fd,
    deadline: Instant,
}

/// See the module.
pub(super) struct Control {
    pub(super) shared: Arc<Shared>,
    pub(super) poller: Poller,
    listeners: Vec<(Slot, Fd)>,
    /// By slot; dead ones are not in here.
    peers: HashMap<u16, Arc<Peer>>,
    pub(super) links: HashMap<u32, Link>,
    next_link: u32,
    pending: Vec<Pending>,
    /// Rings whose producer is gone.
    stopping: Vec<usize>,
    /// No descriptors or memory were left: listeners are not looked at until the next retry.
    is_accept_paused: bool,
}

impl Control {
    pub(super) fn new(shared: &Arc<Shared>) -> Result<Control, Errno> {
        let poller = Poller::new(&shared.life)?;
        poller.add(shared.wake.raw(), Token::Wake)?;
        Ok(Control {
            shared: shared.clone(),
            poller,
            listeners: Vec::new(),
            peers: HashMap::new(),
            links: HashMap::new(),
            next_link: 0,
            pending: Vec::new(),
            stopping: Vec::new(),
            is_accept_paused: false,
        })
    }

    pub(super) fn epoll_fd(&self) -> RawFd {
        self.poller.raw()
    }

    pub(super) fn add_listener(&mut self, slot: Slot, listener: Fd) -> Result<(), Errno> {
        self.poller
            .add(listener.raw(), Token::Listener(self.listeners.len() as u32))?;
        self.listeners.push((slot, listener));
        Ok(())
    }

    /// See `Endpoint::connect`.
    pub(super) fn connect(&mut self, slot: Slot) -> Result<Arc<Peer>, Errno> {
        if let Some(peer) = self.peers.get(&slot.0) {
            return Ok(peer.clone());
        }
        reserve::check()?;
        let shared = self.shared.clone();
        let ring_bytes = shared.config.ring_bytes;
        let region = RingRegion::new(ring_bytes, &shared.life)?;
        let ring_fd = create_memfd(RingRegion::file_bytes(ring_bytes), &shared.life)?;
        region.attach(&ring_fd)?;
        let peer = if self.listeners.iter().any(|&(own, _)| own == slot) {
            self.connect_self(slot, region, &ring_fd)?
        } else {
            let consumer = Consumer::Other {
                conn: OnceLock::new(),
                space: OnceLock::new(),
                quick: OnceLock::new(),
                table: OnceLock::new(),
            };
            let peer = Arc::new(Peer::new(slot, region, consumer, shared.wake.clone()));
            match self.establish(&peer, &ring_fd) {
                Ok(()) => (),
                Err(Errno::EAGAIN) => {
                    let deadline = Instant::now() + CONNECT_TIMEOUT;
                    self.pending.push(Pending {
                        peer: peer.clone(),
                        ring_fd,
                        deadline,
                    });
                    self.poller.arm_timer();
                }
                Err(error) => return Err(error),
            }
            peer
        };
        self.peers.insert(slot.0, peer.clone());
        Ok(peer)
    }

    /// Both ends of a ring in one process, without a connection.
    fn connect_self(
        &mut self,
        slot: Slot,
        region: RingRegion,
        ring_fd: &Fd,
    ) -> Result<Arc<Peer>, Errno> {
        let shared = &self.shared;
        let consumer = Consumer::Own(shared.table.clone());
        let peer = Peer::new(slot, region, consumer, shared.wake.clone());
        let index = shared.inbounds.idle(shared.config.ring_bytes, shared)?;
        let inbound = shared.inbounds.at(index).ok_or(Errno::ENOSPC)?;
        inbound.start(ring_fd, Arc::new(Sender::Own(shared.table.clone())))?;
        inbound.allow_access();
        if shared.has_barrier {
            peer.region().use_free_light_fence();
            inbound.region().use_free_light_fence();
        }
        if shared.is_armed.load(Ordering::Relaxed) {
            ring::fall_asleep(inbound.region());
        }
        if shared.config.mode != Mode::Ring {
            peer.set_direct();
            peer.set_reference();
        }
        Ok(Arc::new(peer))
    }

    /// Connects a peer and says hello. EAGAIN: try again later. ECONNREFUSED: nobody is there.
    fn establish(&mut self, peer: &Arc<Peer>, ring_fd: &Fd) -> Result<(), Errno> {
        let life = self.shared.life.clone();
        let conn = Conn::connect(peer.slot(), &life).map_err(|error| match error {
            Errno::ENOENT => Errno::ECONNREFUSED,
            other => other,
        })?;
        let role = Role::Out {
            peer: peer.clone(),
            is_ready: false,
        };
        let id = self.add_link(conn, role).map_err(|error| match error {
            // The owner is dead and a child of it holds the socket.
            Errno::ESRCH => Errno::ECONNREFUSED,
            other => other,
        })?;
        let sent = self.say_hello(id, peer, ring_fd);
        if sent.is_err() {
            self.forget(id);
        }
        sent
    }

    fn add_link(&mut self, conn: Conn, role: Role) -> Result<u32, Errno> {
        self.next_link = self.next_link.wrapping_add(1);
        let id = self.next_link;
        let link = Link::new(conn, role, &self.shared.life)?;
        self.poller.add(link.conn.raw(), Token::Link(id))?;
        if let Some(pidfd) = &link.pidfd {
            self.poller.add(pidfd.raw(), Token::Process(id))?;
        }
        self.links.insert(id, link);
        Ok(id)
    }

    /// See `Endpoint::handle_ready`.
    pub(super) fn handle_ready(&mut self, events: &mut Vec<PeerEvent>) {
        for _ in 0..ROUNDS {
            let tokens = self.poller.ready();
            let Some(tokens) = tokens else { break };
            for token in tokens {
                match token {
                    Token::Listener(index) => self.accept(index as usize, events),
                    Token::Link(id) => self.read_link(id, events),
                    Token::Process(id) => self.on_death(id, events),
                    Token::Wake => self.look_at_reasons(events),
                    Token::Timer => self.retry(events),
                }
            }
        }
        self.stop_rings();
    }

    fn accept(&mut self, index: usize, events: &mut Vec<PeerEvent>) {
        for _ in 0..BURST {
            let Some((slot, listener)) = self.listeners.get(index) else {
                return;
            };
            // A peer that is let in and then lacks a descriptor is lost; outside it waits.
            let accepted = reserve::check()
                .and_then(|()| listener.check_spare(DESCRIPTORS_OF_A_PEER, &self.shared.life))
                .and_then(|()| Conn::accept(listener, &self.shared.life));
            let conn = match accepted {
                Ok(conn) => conn,
                Err(Errno::EAGAIN) => return,
                Err(Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM) => {
                    log_warn!("local link: no descriptor or memory left for a peer that connects");
                    self.pause_accept();
                    return;
                }
                Err(_) => continue,
            };
            let slot = slot.0;
            match self.add_link(conn, Role::Greeting) {
                Ok(id) if self.is_over_cap(id) => {
                    log_warn!("local link: too many connections to slot {slot} from one user");
                    self.forget(id);
                }
                Ok(id) => self.greet_the_dead(id, events),
                // No descriptor for its pidfd, say.
                Err(error) => log_warn!("local link: dropping a peer that connects: {error}"),
            }
        }
    }

    /// A peer that said hello, filled its ring and died before it was accepted is heard.
    fn greet_the_dead(&mut self, id: u32, events: &mut Vec<PeerEvent>) {
        let is_alive = |link: &Link| link.pid() <= 0 || link.is_process_alive();
        if !self.links.get(&id).is_none_or(is_alive) {
            self.read_link(id, events);
            self.bury(id, events);
        }
    }

    /// The process at the other end is gone: what it sent before comes first, on this connection
    /// and on one it may have begun just before.
    fn on_death(&mut self, id: u32, events: &mut Vec<PeerEvent>) {
        self.read_link(id, events);
        self.hear_last_words(id, events);
        self.bury(id, events);
    }

    fn hear_last_words(&mut self, id: u32, events: &mut Vec<PeerEvent>) {
        let Some(dead) = self.links.get(&id).filter(|link| !link.is_inbound()) else {
            return;
        };
        let dead = dead.peer_id;
        for index in 0..self.listeners.len() {
            self.accept(index, events);
        }
        let is_waiting = |link: &Link| link.peer_id == dead && matches!(link.role, Role::Greeting);
        let waiting = self.links.iter().filter(|(_, link)| is_waiting(link));
        let waiting: Vec<u32> = waiting.map(|(&id, _)| id).collect();
        for id in waiting {
            self.read_link(id, events);
        }
    }

    fn is_over_cap(&self, id: u32) -> bool {
        let Some(new) = self.links.get(&id) else {
            return false;
        };
        let same = |link: &&Link| link.is_inbound() && link.peer_id.uid == new.peer_id.uid;
        let cap = if new.is_same_user() {
            MAX_INBOUND
        } else {
            MAX_CONNECTIONS_PER_UID
        };
        self.links.values().filter(same).count() > cap
    }

    /// With nothing left a listener would stay readable for ever.
    fn pause_accept(&mut self) {
        for (_, listener) in &self.listeners {
            self.poller.remove(listener.raw());
        }
        self.is_accept_paused = true;
        self.poller.arm_timer();
    }

    fn resume_accept(&mut self) {
        if !std::mem::take(&mut self.is_accept_paused) {
            return;
        }
        for (index, (_, listener)) in self.listeners.iter().enumerate() {
            // It was in there before; should the kernel be out of memory now, the next pause retries.
            if self
                .poller
                .add(listener.raw(), Token::Listener(index as u32))
                .is_err()
            {
                self.is_accept_paused = true;
            }
        }
    }

    fn read_link(&mut self, id: u32, events: &mut Vec<PeerEvent>) {
        for _ in 0..BURST {
            let Some(link) = self.links.get(&id) else {
                return;
            };
            let outcome = match link.conn.receive(&self.shared.life) {
                Err(Errno::EAGAIN | Errno::EINTR) => return,
                Err(error) => Err(error),
                Ok((message, fd)) => self.on_message(id, &message, fd, events),
            };
            match outcome {
                Ok(()) => (),
                Err(Errno::ECONNRESET | Errno::EPIPE) => {
                    self.hear_last_words(id, events);
                    return self.bury(id, events);
                }
                Err(error) => return self.refuse(id, error, events),
            }
        }
    }

    /// Drops a connection that made no sense, and the way back to the same process: a link that
    /// loses entries is none.
    fn refuse(&mut self, id: u32, error: Errno, events: &mut Vec<PeerEvent>) {
        let Some(link) = self.links.get(&id) else {
            return;
        };
        let from = link.peer_id;
        log_warn!(
            "local link: dropping a connection of process {} (user {}): {error}",
            from.pid,
            from.uid
        );
        let same = |link: &Link| from.pid != 0 && link.peer_id == from;
        let ids: Vec<u32> = self
            .links
            .iter()
            .filter(|(_, link)| same(link))
            .map(|(&id, _)| id)
            .collect();
        self.bury(id, events);
        for id in ids {
            self.bury(id, events);
        }
    }

    /// The end of a connection is the end of its peer.
    fn bury(&mut self, id: u32, events: &mut Vec<PeerEvent>) {
        let Some(link) = self.forget(id) else { return };
        match link.role {
            Role::Greeting => (),
            Role::In { inbound, .. } => self.stopping.push(inbound),
            Role::Out { peer, .. } => self.bury_peer(&peer, events),
        }
    }

    fn bury_peer(&mut self, peer: &Arc<Peer>, events: &mut Vec<PeerEvent>) {
        peer.set_dead();
        self.peers.remove(&peer.slot().0);
        events.push(PeerEvent::Dead(peer.slot()));
    }

    /// Takes a link away and ends its connection, whoever still holds the socket.
    fn forget(&mut self, id: u32) -> Option<Link> {
        let link = self.links.remove(&id)?;
        self.poller.remove(link.conn.raw());
        if let Some(pidfd) = &link.pidfd {
            self.poller.remove(pidfd.raw());
        }
        link.conn.shut_down();
        Some(link)
    }

    fn look_at_reasons(&mut self, events: &mut Vec<PeerEvent>) {
        let reasons = self.shared.wake.take();
        if reasons & reason::OWN_SPACE != 0 {
            let own = self.peers.values().filter(|peer| peer.is_self());
            events.extend(own.map(|peer| PeerEvent::Space(peer.slot())));
        }
        if reasons & reason::CONDEMNED != 0 {
            let shared = self.shared.clone();
            let is_condemned = |link: &Link| match &link.role {
                Role::Greeting => false,
                Role::Out { peer, .. } => peer.is_condemned(),
                Role::In { inbound, .. } => shared
                    .inbounds
                    .at(*inbound)
                    .is_some_and(Inbound::is_condemned),
            };
            let ids: Vec<u32> = self
                .links
                .iter()
                .filter(|(_, link)| is_condemned(link))
                .map(|(&id, _)| id)
                .collect();
            for id in ids {
                self.refuse(id, Errno::EPROTO, events);
            }
        }
    }

    /// What could not be done before.
    fn retry(&mut self, events: &mut Vec<PeerEvent>) {
        self.poller.take_timer();
        self.resume_accept();
        for pending in std::mem::take(&mut self.pending) {
            match self.establish(&pending.peer, &pending.ring_fd) {
                Ok(()) => (),
                Err(Errno::EAGAIN) if Instant::now() < pending.deadline => {
                    self.pending.push(pending);
                }
                Err(_) => self.bury_peer(&pending.peer, events),
            }
        }
        if self.is_accept_paused || !self.pending.is_empty() {
            self.poller.arm_timer();
        }
    }

    fn stop_rings(&mut self) {
        let shared = &self.shared;
        self.stopping
            .retain(|&index| shared.inbounds.at(index).is_some_and(|it| !it.try_stop()));
        if !self.stopping.is_empty() {
            self.poller.arm_timer();
        }
    }

    /// Peers that may fetch from our memory.
    pub(super) fn peers_that_fetch(&self) -> Vec<Arc<Peer>> {
        let own = self.peers.values().filter(|peer| peer.is_self());
        let others = self.links.values().filter_map(|link| match &link.role {
            Role::Out { peer, .. } if link.has_our_tables => Some(peer),
            _ => None,
        });
        own.chain(others).cloned().collect()
    }

    /// Whether the process that consumes from or produces into this ring still runs.
    pub(super) fn is_alive(&self, ring: &RingRegion) -> bool {
        let is_own = |peer: &Arc<Peer>| peer.is_self();
        let link = self.links.values().find(|link| match &link.role {
            Role::Greeting => false,
            Role::Out { peer, .. } => std::ptr::eq(peer.region(), ring),
            Role::In { inbound, .. } => {
                let inbound = self.shared.inbounds.at(*inbound);
                inbound.is_some_and(|inbound| std::ptr::eq(inbound.region(), ring))
            }
        });
        match link {
            Some(link) => link.is_process_alive(),
            None => {
                self.peers
                    .values()
                    .any(|peer| is_own(peer) && std::ptr::eq(peer.region(), ring))
                    || self
                        .shared
                        .inbounds
                        .iter()
                        .any(|inbound| std::ptr::eq(inbound.region(), ring) && inbound.is_own())
            }
        }
    }

    fn say_hello(&mut self, id: u32, peer: &Arc<Peer>, ring_fd: &Fd) -> Result<(), Errno> {
        // The slot a peer may answer to; a process without one only ever sends.
        let slot = self.listeners.first().map_or(Slot(0), |&(slot, _)| slot);
        let mode = self.shared.config.mode;
        let link = self.links.get_mut(&id).ok_or(Errno::ECONNRESET)?;
        let hello = Message::Hello {
            slot,
            has_barrier: self.shared.has_barrier,
            nonce_addr: link.make_nonce(mode)?,
            ring_bytes: peer.region().ring_bytes(),
        };
        if let Consumer::Other {
            conn, space, quick, ..
        } = peer.consumer()
        {
            // Unset until now: a peer is established once.
            let _ = conn.set(link.conn.clone());
            let _ = space.set(link.space());
            if link.may_probe(mode) {
                let _ = quick.set(QuickAccess::open(link.pid(), &self.shared.life));
            }
        }
        link.conn.send(&hello, Some(ring_fd))
    }
}
