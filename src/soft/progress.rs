//! Who makes progress: the threads that poll, and one thread that sleeps until they stop.
//!
//! A poll that finds its CQ empty looks at all rings itself and counts up `polls`. As long as that
//! count moves, the progress thread only naps, and the peers ring no doorbell: the count is a
//! lease. When it stands still for one nap, the thread takes over: it drains the rings, asks for
//! doorbells and sleeps until one rings, a timer is due, or a poller takes the lease again.
//!
//! Naps disturb who polls, so they get long; a peer that waits for an ACK meanwhile knocks (`acks`).

use super::acks::FEW_QPS;
use super::process::{self, Process};
use super::thread;
use crate::base::errno::Errno;
use crate::base::ids::Qpn;
use crate::base::sync::Ordering;
use crate::base::time::{Duration, Instant};
use crate::engine::types::Service;
use crate::link::local::{Inbound, PeerEvent};
use crate::soft::memory::AppMemory;
use crate::soft::netdev::Watch;
use crate::soft::objects::Route;
use crate::{log_debug, log_warn};
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::sync::{Arc, Weak};

/// Naps while somebody polls: how late the thread notices that polling has stopped, unless a peer
/// knocks. Each nap that ends takes the CPU from a poller for some 20 µs.
const SHORTEST_NAP: Duration = Duration::from_micros(50);
const LONGEST_NAP: Duration = Duration::from_millis(1);
/// How long a thread that sleeps waits for ACKs before it knocks at the peers; twice as long each
/// time it does.
const PATIENCE: Duration = Duration::from_micros(250);
/// How often stalls on lossless links are looked for.
const TICK: Duration = Duration::from_secs(1);
/// How soon a full link is tried again if its consumer tells nothing.
const RETRY_BLOCKED: Duration = Duration::from_millis(10);
/// Polls between two looks of the progress thread that make a lease; an event loop that sleeps
/// between its polls makes fewer.
const LEASE_POLLS: u64 = 16;
/// Polls after which doorbells are called off: fewer come from event loops that sleep again.
const POLLS_TO_DISARM: u32 = 64;
/// Empty polls in a row after which a poller offers its CPU: at the least, and at the most, which is
/// some 40 µs of them.
pub(crate) const FEWEST_POLLS: u32 = 32;
const MOST_POLLS: u32 = 4096;
/// Polls after which a poller looks for ACKs that travel in no packet: empty ones in a row, and
/// others.
const IDLE_POLLS_TO_LOOK: u32 = 128;
const POLLS_TO_LOOK: u64 = 512;
/// A yield that took longer let somebody else run.
const TAKEN: Duration = Duration::from_micros(3);
/// Rounds of draining before the thread looks at its other duties.
const ROUNDS: usize = 64;

/// Gets the progress thread out of its sleep.
pub(crate) struct Waker(EventFd);

impl Waker {
    pub(crate) fn new() -> Result<Waker, Errno> {
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        Ok(Waker(EventFd::from_value_and_flags(0, flags)?))
    }

    pub(crate) fn wake(&self) {
        // A full counter wakes as well.
        let _ = self.0.write(1);
    }

    fn clear(&self) {
        let _ = self.0.read();
    }

    fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// In a forked child, where the counter is still shared with the parent.
    pub(crate) fn abandon_after_fork(&self) {
        let _ = nix::unistd::close(self.fd());
    }
}

impl Process {
    /// One poll that found nothing: takes what has arrived.
    #[inline]
    pub(crate) fn poll(&self) {
        let mut taken = 0;
        for inbound in self.endpoint.inbound() {
            if !inbound.is_empty() {
                taken += self.drain(inbound);
            }
        }
        let before = self.polls.load(Ordering::Relaxed);
        // What was taken is polled from the CQ next, without coming here. A lost count among
        // several pollers does not matter: the value moves.
        let polls = before.wrapping_add(1 + taken as u64);
        self.polls.store(polls, Ordering::Relaxed);
        if self.blocked_count.load(Ordering::Relaxed) > 0 {
            self.resume_blocked();
        }
        if self.is_armed.load(Ordering::Relaxed) {
            self.take_lease();
        }
        let empty = if taken != 0 {
            0
        } else {
            self.empty_polls.load(Ordering::Relaxed) + 1
        };
        // Soon when there is nothing else to do, and now and then when there always is.
        let is_idle = empty % IDLE_POLLS_TO_LOOK == IDLE_POLLS_TO_LOOK - 1;
        let is_due = is_idle || before / POLLS_TO_LOOK != polls / POLLS_TO_LOOK;
        if is_due && !self.expecting.is_empty() {
            if is_idle {
                self.hear_acks_idly();
            } else {
                self.hear_acks(FEW_QPS);
            }
        }
        if empty < self.yield_after.load(Ordering::Relaxed) {
            self.empty_polls.store(empty, Ordering::Relaxed);
        } else {
            self.empty_polls.store(0, Ordering::Relaxed);
            self.offer_cpu();
        }
    }

    /// Lets others run, and learns from it whether anybody wanted to: a CPU that was given back at
    /// once is ours to spin on, one that was taken is better offered again soon.
    #[cold]
    fn offer_cpu(&self) {
        let before = process::now();
        std::thread::yield_now();
        let was_taken = process::now() - before > TAKEN;
        let after = self.yield_after.load(Ordering::Relaxed);
        let next = if was_taken { after / 4 } else { after * 2 };
        self.yield_after
            .store(next.clamp(FEWEST_POLLS, MOST_POLLS), Ordering::Relaxed);
    }

    /// Calls the doorbells off once polling looks serious.
    #[cold]
    fn take_lease(&self) {
        let polls = self.polls_while_armed.fetch_add(1, Ordering::Relaxed);
        if polls == POLLS_TO_DISARM && self.disarm() {
            self.waker.wake();
        }
    }

    /// Calls the doorbells off; true when they were armed.
    fn disarm(&self) -> bool {
        let was_armed = self.is_armed.swap(false, Ordering::Relaxed);
        if was_armed {
            self.endpoint.disarm_doorbells();
        }
        was_armed
    }

    /// The application is going to sleep on a channel: its peers have to ring from now on.
    pub(crate) fn end_lease(&self) {
        self.arm();
        // What arrived before the doorbells were armed rang none.
        for inbound in self.endpoint.inbound() {
            if !inbound.is_empty() {
                self.drain(inbound);
            }
        }
    }

    /// Asks the peers for doorbells; true when something has arrived already.
    fn arm(&self) -> bool {
        self.polls_while_armed.store(0, Ordering::Relaxed);
        // SeqCst: pairs with `block`, which leaves something for a poller to do and then looks
        // whether one is left.
        self.is_armed.store(true, Ordering::SeqCst);
        let has_more = self.endpoint.arm_doorbells();
        // What was told before the peers knew that they have to send it.
        self.hear_acks(usize::MAX);
        has_more
    }

    /// Drains all rings; true when there may be more.
    fn drain_all(&self) -> bool {
        for _ in 0..ROUNDS {
            let mut found = false;
            for inbound in self.endpoint.inbound() {
                if !inbound.is_empty() {
                    found |= self.drain(inbound) != 0;
                }
            }
            if !found {
                return false;
            }
        }
        true
    }

    /// Waits until all who drain a ring just now have answered what they took out of it.
    fn pass_consumers(&self) {
        for inbound in self.endpoint.inbound() {
            inbound.pass();
        }
    }

    fn handle_peers(&self, events: &mut Vec<PeerEvent>) {
        self.endpoint.handle_ready(events);
        for event in events.drain(..) {
            match event {
                PeerEvent::Dead(slot) => {
                    // What the peer said before it died still counts, also what somebody else is
                    // just about to hear.
                    self.drain_all();
                    self.pass_consumers();
                    self.drain_all();
                    log_debug!("the process at slot {} is gone", slot.0);
                    self.on_peer_dead();
                }
                PeerEvent::Space(_) => self.resume_blocked(),
                PeerEvent::DirectReady(_) | PeerEvent::NewInbound => {}
            }
        }
    }

    fn on_peer_dead(&self) {
        for qp in self.qps.all() {
            let mut guard = qp.lock();
            let is_dead = matches!(&guard.route, Route::Peer(peer) if peer.is_dead());
            if !is_dead {
                continue;
            }
            // What it has executed it has told, however it ended.
            self.hear_ack(&qp, &mut guard);
            guard.route = Route::Nowhere;
            if qp.service != Service::Ud {
                guard.engine.handle_peer_dead();
                self.drive(&qp, &mut guard);
            }
        }
    }

    fn fire_timers(&self) {
        let now = process::now();
        while let Some(qpn) = self.timers.take_expired(now) {
            self.on_timer(qpn, now);
        }
    }

    fn on_timer(&self, qpn: Qpn, now: Instant) {
        let Some(qp) = self.qps.find_shared(qpn) else {
            return;
        };
        let mut guard = qp.lock();
        guard.scheduled = None;
        if guard
            .engine
            .poll_timeout()
            .is_some_and(|deadline| deadline <= now)
        {
            let mut host = AppMemory::bare(self, qp.srq.as_deref());
            guard.engine.handle_timeout(&mut host);
        }
        self.drive(&qp, &mut guard);
    }

    fn refresh_ports(&self) {
        let mut contexts = self.contexts.lock();
        contexts.retain(|context| context.strong_count() > 0);
        let open: Vec<_> = contexts.iter().filter_map(Weak::upgrade).collect();
        drop(contexts);
        for context in open {
            context.refresh_port();
        }
    }

    /// Looks for requests whose answer got lost with the QP that owed it.
    fn tick(&self) {
        self.hear_acks(usize::MAX);
        for qp in self.qps.all() {
            let mut guard = qp.lock();
            let mut host = AppMemory::bare(self, qp.srq.as_deref());
            guard.engine.handle_tick(&mut host);
            self.drive(&qp, &mut guard);
        }
    }
}

/// Starts the thread; it lives as long as the process.
pub(crate) fn start(process: Arc<Process>) -> Result<(), Errno> {
    thread::spawn(process, run).map_err(|error| error.logged("cannot start the progress thread"))
}

fn run(process: &Process) {
    let mut watch = Watch::new()
        .inspect_err(|errno| log_warn!("changes of the interface go unnoticed: {errno}"))
        .ok();
    let watch_fd = watch.as_ref().map_or(-1, |watch| watch.as_fd().as_raw_fd());
    let mut events = Vec::new();
    let mut rest = Rest::new(process);
    let mut next_tick = process::now() + TICK;
    loop {
        let limit = rest.next(process);
        let now = process::now();
        let timer = process.timers.earliest().map(|deadline| deadline - now);
        let until_tick = next_tick - now;
        let sleep = [limit, timer]
            .into_iter()
            .flatten()
            .fold(until_tick, Duration::min);
        rest.woken_by = wait(
            &[process.endpoint.epoll_fd(), process.waker.fd(), watch_fd],
            sleep,
        );
        process.waker.clear();
        process.handle_peers(&mut events);
        process.fire_timers();
        if watch.as_mut().is_some_and(Watch::drain) {
            process.refresh_ports();
        }
        if process::now() >= next_tick {
            process.tick();
            next_tick = process::now() + TICK;
        }
    }
}

/// What ended a sleep.
#[derive(Clone, Copy, PartialEq, Eq)]
enum WokenBy {
    Time,
    /// A peer: a bell, or news of a connection.
    Peer,
    Other,
}

/// How long the thread may sleep.
struct Rest {
    polls_seen: u64,
    nap: Duration,
    /// How long ACKs are waited for before the next knock.
    patience: Duration,
    /// The sleep at hand is such a wait.
    is_waiting: bool,
    woken_by: WokenBy,
}

impl Rest {
    fn new(process: &Process) -> Rest {
        Rest {
            polls_seen: process.polls.load(Ordering::Relaxed),
            nap: SHORTEST_NAP,
            patience: PATIENCE,
            is_waiting: false,
            woken_by: WokenBy::Other,
        }
    }

    /// Does what nobody else does, and gives the longest time until it is to be done again.
    fn next(&mut self, process: &Process) -> Option<Duration> {
        let polls = process.polls.load(Ordering::Relaxed);
        // Who is in the middle of taking something in, however long that is, polls as well.
        let is_served = polls.wrapping_sub(self.polls_seen) >= LEASE_POLLS
            || process.endpoint.inbound().any(Inbound::is_busy);
        self.polls_seen = polls;
        let was_waiting = std::mem::take(&mut self.is_waiting);
        if is_served {
            // Somebody polls in earnest: whatever arrives is taken without bells.
            process.disarm();
            self.patience = PATIENCE;
            if self.woken_by == WokenBy::Peer {
                // Polled earlier in this nap, but a peer that knocks has waited for a while.
                process.drain_all();
                self.nap = SHORTEST_NAP;
            } else {
                self.nap = (self.nap * 2).min(LONGEST_NAP);
            }
            return Some(self.nap);
        }
        self.nap = SHORTEST_NAP;
        process.resume_blocked();
        if process.drain_all() || process.arm() {
            Some(Duration::ZERO)
        } else if process.blocked_count.load(Ordering::SeqCst) > 0 {
            Some(RETRY_BLOCKED)
        } else if process.expecting.is_empty() {
            self.patience = PATIENCE;
            None
        } else {
            if was_waiting && self.woken_by == WokenBy::Time {
                process.hear_acks_or_knock();
                self.patience = (self.patience * 2).min(TICK);
            }
            self.is_waiting = true;
            Some(self.patience)
        }
    }
}

/// Sleeps until a descriptor (the first is the peers') is readable or the time is over.
fn wait(fds: &[RawFd; 3], limit: Duration) -> WokenBy {
    let mut polled = fds.map(|fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    });
    let limit = libc::timespec {
        tv_sec: limit.as_secs() as libc::time_t,
        tv_nsec: libc::c_long::from(limit.subsec_nanos() as i32),
    };
    // SAFETY: the array and the time live across the call; no signal mask is given. Whatever the
    // outcome, the caller looks at everything.
    let count = unsafe {
        libc::ppoll(
            polled.as_mut_ptr(),
            polled.len() as libc::nfds_t,
            &limit,
            std::ptr::null(),
        )
    };
    match count {
        0 => WokenBy::Time,
        _ if polled[0].revents != 0 => WokenBy::Peer,
        _ => WokenBy::Other,
    }
}

#[cfg(test)]
mod tests;
