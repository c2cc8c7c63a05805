//! One connection and how far its handshake got. The order of messages is told in `control`.

use super::access::{Space, read_nonce};
use super::conn::{Conn, Credentials, Message, Nonce};
use super::control::Control;
use super::endpoint::{Mode, PeerEvent};
use super::inbound::Sender;
use super::life::{Fd, Life};
use super::peer::{Consumer, Peer};
use super::region::{RingRegion, check_memfd};
use super::slot::Slot;
use super::table::View;
use crate::base::barrier::Reach;
use crate::base::errno::Errno;
use crate::base::ring;
use crate::log_info;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

/// Which end we are, and what may be said next.
pub(super) enum Role {
    /// Accepted; no HELLO yet.
    Greeting,
    /// We consume.
    In {
        inbound: usize,
        sender: Arc<Sender>,
        has_proof: bool,
    },
    /// We produce. WELCOME is over when `proof_sent`, all of it when `is_ready`.
    Out { peer: Arc<Peer>, is_ready: bool },
}

pub(super) struct Link {
    pub(super) conn: Arc<Conn>,
    pub(super) pidfd: Option<Fd>,
    pub(super) peer_id: Credentials,
    pub(super) role: Role,
    /// The peer may access our memory.
    pub(super) has_our_tables: bool,
    was_welcomed: bool,
    /// In ordinary memory, at an address that stays.
    nonce: Option<Box<Nonce>>,
}

impl Link {
    /// ESRCH: the process we connected to is gone. One that connected to us is heard even then.
    pub(super) fn new(conn: Conn, role: Role, life: &Arc<Life>) -> Result<Link, Errno> {
        let peer_id = conn.credentials()?;
        let is_outbound = matches!(role, Role::Out { .. });
        let pidfd = match conn.pidfd(peer_id.pid, life) {
            Err(Errno::ESRCH) if !is_outbound => None,
            other => other?,
        };
        let link = Link {
            conn: Arc::new(conn),
            pidfd,
            peer_id,
            role,
            has_our_tables: false,
            was_welcomed: false,
            nonce: None,
        };
        // Some kernels give a pidfd of the dead, too.
        if is_outbound && link.peer_id.pid > 0 && !link.is_process_alive() {
            return Err(Errno::ESRCH);
        }
        Ok(link)
    }

    pub(super) fn is_inbound(&self) -> bool {
        !matches!(self.role, Role::Out { .. })
    }

    pub(super) fn is_same_user(&self) -> bool {
        // SAFETY: the call takes nothing and cannot fail.
        self.peer_id.uid == unsafe { libc::geteuid() }
    }

    pub(super) fn pid(&self) -> libc::pid_t {
        self.peer_id.pid
    }

    pub(super) fn space(&self) -> Space {
        Space::Process(self.peer_id.pid)
    }

    pub(super) fn is_process_alive(&self) -> bool {
        match &self.pidfd {
            Some(pidfd) => {
                let mut poll = libc::pollfd {
                    fd: pidfd.raw(),
                    events: libc::POLLIN,
                    revents: 0,
                };
                // SAFETY: one entry, writable.
                let got = unsafe { libc::poll(&mut poll, 1, 0) };
                got == 0
            }
            None => {
                // SAFETY: signal 0 only asks whether the process is there.
                let got = unsafe { libc::kill(self.peer_id.pid, 0) };
                got == 0 || Errno::last() != Errno::ESRCH
            }
        }
    }

    /// Whether accesses are worth trying with this peer at all. Only our own user: see `control`.
    pub(super) fn may_probe(&self, mode: Mode) -> bool {
        mode != Mode::Ring && self.peer_id.pid > 0 && self.is_same_user()
    }

    /// A new secret; its address, or 0 when the peer shall not try.
    pub(super) fn make_nonce(&mut self, mode: Mode) -> Result<u64, Errno> {
        if !self.may_probe(mode) {
            return Ok(0);
        }
        let mut nonce = Box::new([0u8; 16]);
        // SAFETY: the place is writable for its length.
        let got = unsafe { libc::getrandom(nonce.as_mut_ptr().cast(), nonce.len(), 0) };
        if Errno::result(got as i64)? != nonce.len() as i64 {
            return Err(Errno::EIO);
        }
        let addr = nonce.as_ptr() as u64;
        self.nonce = Some(nonce);
        Ok(addr)
    }

    /// Whether the peer has shown that it can read us.
    fn is_proven(&self, proof: Option<Nonce>) -> bool {
        match (&self.nonce, proof) {
            (Some(nonce), Some(proof)) => **nonce == proof,
            _ => false,
        }
    }

    /// What the peer has at its nonce's address.
    fn probe(&self, mode: Mode, nonce_addr: u64) -> Option<Nonce> {
        if nonce_addr == 0 || !self.may_probe(mode) {
            return None;
        }
        read_nonce(self.peer_id.pid, nonce_addr)
    }
}

/// What a HELLO says, without its descriptor.
#[derive(Clone, Copy)]
struct Hello {
    slot: Slot,
    has_barrier: bool,
    nonce_addr: u64,
    ring_bytes: u32,
}

impl Control {
    /// EPROTO: not the time for this message. Other errors end the connection too.
    pub(super) fn on_message(
        &mut self,
        id: u32,
        message: &Message,
        fd: Option<Fd>,
        events: &mut Vec<PeerEvent>,
    ) -> Result<(), Errno> {
        let link = self.links.get_mut(&id).ok_or(Errno::ECONNRESET)?;
        match (*message, &mut link.role) {
            (Message::Look, Role::In { .. }) => Ok(()),
            (Message::Space, Role::Out { peer, .. }) => {
                events.push(PeerEvent::Space(peer.slot()));
                Ok(())
            }
            (
                Message::Hello {
                    slot,
                    has_barrier,
                    nonce_addr,
                    ring_bytes,
                },
                Role::Greeting,
            ) => {
                let hello = Hello {
                    slot,
                    has_barrier,
                    nonce_addr,
                    ring_bytes,
                };
                self.on_hello(id, hello, fd.ok_or(Errno::EPROTO)?)?;
                events.push(PeerEvent::NewInbound);
                Ok(())
            }
            (
                Message::Welcome {
                    has_barrier,
                    nonce_addr,
                    proof,
                },
                Role::Out { peer, .. },
            ) if !link.was_welcomed => {
                if has_barrier && self.shared.has_barrier {
                    peer.region().use_free_light_fence();
                }
                self.on_welcome(id, nonce_addr, proof)
            }
            (Message::Proof { proof }, Role::In { has_proof, .. }) if !*has_proof => {
                *has_proof = true;
                self.on_proof(id, proof, fd)
            }
            (Message::Ready { may_reference }, Role::Out { is_ready, .. })
                if link.was_welcomed && !*is_ready =>
            {
                *is_ready = true;
                if let Some(event) = self.on_ready(id, may_reference, fd)? {
                    events.push(event);
                }
                Ok(())
            }
            _ => Err(Errno::EPROTO),
        }
    }

    fn on_hello(&mut self, id: u32, hello: Hello, ring_fd: Fd) -> Result<(), Errno> {
        if !RingRegion::is_legal_size(hello.ring_bytes) {
            return Err(Errno::EPROTO);
        }
        check_memfd(&ring_fd, RingRegion::file_bytes(hello.ring_bytes))?;
        let shared = self.shared.clone();
        let mode = shared.config.mode;
        let link = self.links.get_mut(&id).ok_or(Errno::ECONNRESET)?;
        let sender = Arc::new(Sender::Other {
            space: link.space(),
            conn: link.conn.clone(),
            table: OnceLock::new(),
        });
        let index = shared.inbounds.idle(hello.ring_bytes, &shared)?;
        let inbound = shared.inbounds.at(index).ok_or(Errno::ENOSPC)?;
        inbound.start(&ring_fd, sender.clone())?;
        link.role = Role::In {
            inbound: index,
            sender,
            has_proof: false,
        };
        if hello.has_barrier && shared.has_barrier {
            inbound.region().use_free_light_fence();
        }
        if shared.is_armed.load(Ordering::Relaxed) {
            // The progress thread sleeps; whoever called us looks at the ring next.
            ring::fall_asleep(inbound.region());
            Reach::Processes.heavy();
        }
        let welcome = Message::Welcome {
            has_barrier: shared.has_barrier,
            nonce_addr: link.make_nonce(mode)?,
            proof: link.probe(mode, hello.nonce_addr),
        };
        log_info!(
            "local link: slot {} (process {}) sends to us",
            hello.slot.0,
            link.peer_id.pid
        );
        link.conn.send(&welcome, None)
    }

    fn on_welcome(&mut self, id: u32, nonce_addr: u64, proof: Option<Nonce>) -> Result<(), Errno> {
        let link = self.links.get_mut(&id).ok_or(Errno::ECONNRESET)?;
        link.was_welcomed = true;
        // Before the tables leave: from then on its fetches are waited for.
        link.has_our_tables = link.is_proven(proof);
        let table = link.has_our_tables.then(|| self.shared.table.fd());
        let answer = Message::Proof {
            proof: link.probe(self.shared.config.mode, nonce_addr),
        };
        link.conn.send(&answer, table)
    }

    fn on_proof(&mut self, id: u32, proof: Option<Nonce>, fd: Option<Fd>) -> Result<(), Errno> {
        let link = self.links.get_mut(&id).ok_or(Errno::ECONNRESET)?;
        let Role::In {
            inbound, sender, ..
        } = &link.role
        else {
            return Err(Errno::EPROTO);
        };
        let may_reference = match (fd, sender.as_ref()) {
            (Some(fd), Sender::Other { table, .. }) => {
                check_memfd(&fd, View::FILE_BYTES)?;
                table.set(View::map(&fd, &self.shared.life, false)?).is_ok()
            }
            _ => false,
        };
        let is_proven = link.is_proven(proof);
        if is_proven && let Some(inbound) = self.shared.inbounds.at(*inbound) {
            // Before the tables leave: from then on its accesses are waited for.
            inbound.allow_access();
        }
        link.has_our_tables = is_proven;
        let table = is_proven.then(|| self.shared.table.fd());
        link.conn.send(&Message::Ready { may_reference }, table)
    }

    fn on_ready(
        &mut self,
        id: u32,
        may_reference: bool,
        fd: Option<Fd>,
    ) -> Result<Option<PeerEvent>, Errno> {
        let link = self.links.get(&id).ok_or(Errno::ECONNRESET)?;
        let Role::Out { peer, .. } = &link.role else {
            return Err(Errno::EPROTO);
        };
        let may_reference = may_reference && link.has_our_tables;
        if may_reference {
            peer.set_reference();
        }
        let has_tables = fd.is_some();
        if let (Some(fd), Consumer::Other { table, .. }) = (fd, peer.consumer()) {
            check_memfd(&fd, View::FILE_BYTES)?;
            // Unset until now: READY comes once.
            let _ = table.set(View::map(&fd, &self.shared.life, false)?);
            peer.set_direct();
        }
        log_info!(
            "local link: slot {} (process {}): direct access {}, by reference {}",
            peer.slot().0,
            link.peer_id.pid,
            if has_tables { "yes" } else { "no" },
            if may_reference { "yes" } else { "no" }
        );
        Ok((has_tables || may_reference).then_some(PeerEvent::DirectReady(peer.slot())))
    }
}
