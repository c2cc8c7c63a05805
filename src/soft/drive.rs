//! Between engine and links: carries what a QP wants sent to its peer, and what arrives to its QP.
//!
//! Lock order: consumer of a ring, QP, then one of producer, CQ, SRQ. Whoever posts or polls runs
//! this code; the progress thread does when nobody polls.

use super::memory::{self, AppMemory, MAX_SEGMENTS};
use super::objects::{Qp, QpGuard, QpInner, Route};
use super::process::Process;
use super::route;
use crate::base::errno::Errno;
use crate::base::ids::{Lkey, PdId, Qpn};
use crate::base::lock::ShortGuard;
use crate::base::sync::Ordering;
use crate::engine;
use crate::engine::types::{
    AccessKind, AccessOutcome, Destination, LinkCaps, Payload, QpState, Service, Transmit,
};
use crate::link::local::access::MAX_SLICE_BYTES;
use crate::link::local::{
    DirectKind, DirectOp, DirectOutcome, Inbound, LocalSegment, Peer, Producer, Slot,
};
use crate::wire::{Header, Opcode, Operation, Transport};
use crate::{log_error, log_warn};

/// Entries taken from one ring before others get their turn.
const BATCH: usize = 64;

/// Bytes taken from one ring before others get their turn, and before the application hears of it.
const BATCH_BYTES: u64 = 256 << 10;

/// Why pumping a QP ended.
enum Pumped {
    /// Nothing to send just now.
    Drained,
    /// The link has no room for another packet.
    NoRoom,
    /// The next packet may go elsewhere.
    Again,
    /// A slice of a long copy is done: others may want the QP before the next one.
    Slice,
}

impl Process {
    /// Sends all a QP has to send, as far as its link has room, and reports what completed.
    #[inline]
    pub(crate) fn drive(&self, qp: &Qp, guard: &mut QpGuard<'_>) {
        // Its queues may be gone, and its name may be another's: nothing of it is told any more.
        if guard.is_destroyed {
            return;
        }
        qp.reap(&mut guard.engine);
        while guard.engine.may_transmit() {
            let inner: &mut QpInner = guard;
            match self.send(qp, inner) {
                Pumped::Drained => break,
                Pumped::Again => {}
                Pumped::NoRoom => {
                    self.block(qp, inner);
                    break;
                }
                Pumped::Slice => {
                    ShortGuard::bump(guard);
                    if guard.is_destroyed {
                        return;
                    }
                }
            }
        }
        self.settle(qp, guard);
    }

    /// After the engine was touched: events, timers, the peers' view of the QP.
    #[inline]
    fn settle(&self, qp: &Qp, guard: &mut QpGuard<'_>) {
        while let Some(event) = guard.engine.poll_event() {
            qp.raise(event);
        }
        if guard.is_published && !may_be_accessed(guard.engine.state()) {
            guard.is_published = false;
            self.endpoint.table().retract_qp(qp.qpn);
        }
        if !guard.is_expecting && guard.engine.awaits_ack() {
            self.expect(qp.qpn, guard);
        }
        if let Some(deadline) = guard.engine.poll_timeout()
            && guard.scheduled.is_none_or(|scheduled| deadline < scheduled)
        {
            guard.scheduled = Some(deadline);
            if self.timers.schedule(deadline, qp.qpn) {
                self.waker.wake();
            }
        }
    }

    #[inline]
    fn send(&self, qp: &Qp, inner: &mut QpInner) -> Pumped {
        // A connected QP has one peer until it is reset; a datagram may go anywhere.
        let is_settled = qp.service != Service::Ud
            && matches!(&inner.route, Route::Peer(peer) if !peer.is_dead());
        if !is_settled {
            // What a peer said before it died counts. The progress thread reads that first and then
            // fails what waits; a search here would only find that nobody holds the slot.
            if qp.service != Service::Ud && matches!(inner.route, Route::Peer(_)) {
                return Pumped::Drained;
            }
            let Some(destination) = inner.engine.next_destination() else {
                return Pumped::Drained;
            };
            let slot = Slot::of(destination.dest_qpn);
            let is_known = matches!(&inner.route,
                Route::Peer(peer) if peer.slot() == slot && !peer.is_dead());
            if !is_known {
                // Where it fails, packets are dropped until it does not.
                let _ = self.find_route(qp, inner, &destination, slot);
            }
        }
        match &inner.route {
            Route::Peer(peer) => self.pump(qp, &mut inner.engine, peer),
            _ => discard(qp, &mut inner.engine, self),
        }
    }

    #[inline]
    fn pump(&self, qp: &Qp, engine: &mut engine::Qp, peer: &Peer) -> Pumped {
        let caps = link_caps(peer, qp);
        let host = AppMemory::bare(self, None);
        let peer_qpn = engine.attr().dest_qpn;
        let mut producer = peer.produce();
        let mut header = Header::default();
        loop {
            if !producer.has_room_for(engine.payload_limit().min(caps.max_payload_bytes)) {
                drop(producer);
                // The consumer may make room before it sees that we ask for it, and another thread
                // may take that room before we hold the lock again.
                if !peer.request_space() {
                    return Pumped::NoRoom;
                }
                producer = peer.produce();
                continue;
            }
            match engine.poll_transmit(&caps, &host, &mut header) {
                None => {
                    qp.reap(engine);
                    return Pumped::Drained;
                }
                Some(Transmit::Packet {
                    payload,
                    by_reference,
                }) => {
                    push(&mut producer, &header, &payload, by_reference);
                    qp.reap(engine);
                    if qp.service == Service::Ud {
                        return Pumped::Again;
                    }
                    if !engine.may_transmit() {
                        return Pumped::Drained;
                    }
                }
                Some(Transmit::Access {
                    kind,
                    remote_va,
                    rkey,
                    total_bytes,
                    done_bytes,
                    local,
                }) => {
                    drop(producer);
                    let op = DirectOp {
                        kind: match kind {
                            AccessKind::Write => DirectKind::Write,
                            AccessKind::Read => DirectKind::Read,
                        },
                        src_qpn: qp.qpn,
                        dest_qpn: peer_qpn,
                        remote_va,
                        rkey,
                        total_bytes,
                        done_bytes,
                    };
                    let outcome = access(peer, &op, &local);
                    engine.handle_access(outcome);
                    qp.reap(engine);
                    if let AccessOutcome::Done { len_bytes } = outcome
                        && done_bytes + len_bytes < total_bytes
                    {
                        return Pumped::Slice;
                    }
                    if !engine.may_transmit() {
                        return Pumped::Drained;
                    }
                    producer = peer.produce();
                }
            }
        }
    }

    /// Looks for the peer a destination leads to. What cannot be looked for now goes nowhere, as if
    /// nobody were there: the next try looks again. The error says what is lacking.
    #[cold]
    fn find_route(
        &self,
        qp: &Qp,
        inner: &mut QpInner,
        destination: &Destination,
        slot: Slot,
    ) -> Result<(), Errno> {
        let found = route::find(self, destination, slot);
        let is_news = qp.service != Service::Ud && !matches!(inner.route, Route::Nowhere);
        let (own, there) = (qp.qpn, destination.dest_qpn);
        match &found {
            Ok(Some(_)) => {}
            Ok(None) if is_news => log_warn!(
                "{own:?}: nobody answers for {there:?} at {:?} on this host; packets to it are dropped",
                destination.dgid
            ),
            Err(errno) if is_news => {
                log_error!("{own:?}: cannot connect to the process of {there:?}: {errno}");
            }
            _ => {}
        }
        inner.route = match &found {
            Ok(Some(peer)) => Route::Peer(peer.clone()),
            _ => Route::Nowhere,
        };
        found.map(drop)
    }

    /// Looks for the peer a QP is about to be connected to, so that the first message finds the way.
    /// That nobody is there is no error.
    pub(crate) fn prepare_route(
        &self,
        qp: &Qp,
        inner: &mut QpInner,
        destination: &Destination,
    ) -> Result<(), Errno> {
        let slot = Slot::of(destination.dest_qpn);
        let found = self.find_route(qp, inner, destination, slot);
        match &inner.route {
            Route::Peer(peer) => peer.forget_acked(qp.qpn),
            _ if found.is_err() => inner.route = Route::Unknown,
            _ => {}
        }
        found
    }

    /// After a region's key has left the table: when this returns, none of our threads touches the
    /// memory by it any more. Whatever was being executed has ended, and what is half done fails.
    pub(crate) fn retire_key(&self, pd: PdId, key: Lkey) {
        for qp in self.qps.all() {
            if qp.pd.id != pd {
                continue;
            }
            let mut guard = qp.lock();
            guard.engine.handle_key_gone(key, true);
            if guard.engine.has_completion() {
                self.drive(&qp, &mut guard);
            }
        }
    }

    /// Remembers a QP whose link is full.
    fn block(&self, qp: &Qp, inner: &mut QpInner) {
        if !inner.is_blocked {
            inner.is_blocked = true;
            self.blocked.lock().push_back(qp.qpn);
            // SeqCst: pairs with `run`, which arms first and then looks at the count. The bell for
            // the room may have come before the QP was in the list.
            self.blocked_count.fetch_add(1, Ordering::SeqCst);
            if self.is_armed.load(Ordering::SeqCst) {
                self.waker.wake();
            }
        }
    }

    /// Lets the QPs go on that waited for room.
    pub(crate) fn resume_blocked(&self) {
        // Those that block again queue up behind these, in the room the list has already.
        let count = self.blocked.lock().len();
        for _ in 0..count {
            let Some(qpn) = self.blocked.lock().pop_front() else {
                return;
            };
            self.blocked_count.fetch_sub(1, Ordering::Release);
            if let Some(qp) = self.qps.find_shared(qpn) {
                let mut guard = qp.lock();
                guard.is_blocked = false;
                self.drive(&qp, &mut guard);
            }
        }
    }

    /// Takes what has arrived in one ring; gives how many entries that was.
    pub(crate) fn drain(&self, inbound: &Inbound) -> usize {
        let Some(mut consumer) = inbound.try_consume() else {
            return 0;
        };
        let mut current: Option<(&Qp, QpGuard<'_>)> = None;
        let mut source = Qpn(0);
        let (mut taken, mut taken_bytes) = (0, 0);
        let mut is_told = false;
        while taken < BATCH && taken_bytes < BATCH_BYTES {
            let entry = match consumer.next() {
                Ok(Some(entry)) => entry,
                Ok(None) | Err(_) => break,
            };
            taken += 1;
            taken_bytes += u64::from(entry.payload_bytes());
            let header = entry.header;
            if current
                .as_ref()
                .is_none_or(|(qp, _)| qp.qpn != header.dest_qpn || source != header.src_qpn)
            {
                source = header.src_qpn;
                self.release(current.take(), is_told);
                current = self.find_held(header);
                is_told = false;
            }
            let Some((qp, guard)) = &mut current else {
                self.refuse(header);
                continue;
            };
            if !takes_requests(guard.engine.state()) && is_request(header.opcode) {
                self.refuse(header);
                continue;
            }
            let mut host = AppMemory {
                process: self,
                srq: qp.srq.as_deref(),
                entry: Some(&entry),
            };
            guard
                .engine
                .handle_packet(header, entry.payload_bytes(), &mut host);
            // Before the completion shows: the application may leave right after it has seen it.
            if let Some(psn) = guard.engine.acknowledged() {
                is_told = entry.tell_acked(psn);
            }
            qp.reap(&mut guard.engine);
        }
        self.release(current.take(), is_told);
        drop(consumer);
        taken
    }

    /// Locks the QP a packet is for. Connected QPs hear their own peer only.
    fn find_held(&self, header: &Header) -> Option<(&Qp, QpGuard<'_>)> {
        let pointer = self.qps.find(header.dest_qpn)?;
        // SAFETY: the caller holds the consumer lock of a ring until after it has let go of
        // the reference, and `QpTable::remove` waits for that lock before the QP is dropped.
        let qp = unsafe { &*pointer };
        let guard = qp.lock();
        if guard.is_destroyed {
            return None;
        }
        let is_stranger = qp.service != Service::Ud
            && takes_requests(guard.engine.state())
            && guard.engine.attr().dest_qpn != header.src_qpn;
        if is_stranger { None } else { Some((qp, guard)) }
    }

    /// Lets go of a QP after a batch. The ACK that is owed waits for a request to travel with if
    /// the peer was told of it and is going to look.
    #[inline]
    fn release(&self, held: Option<(&Qp, QpGuard<'_>)>, is_told: bool) {
        let Some((qp, mut guard)) = held else { return };
        let is_heard = is_told
            && guard.engine.owes_only_ack()
            && matches!(&guard.route, Route::Peer(peer) if peer.is_attentive());
        if is_heard {
            self.settle(qp, &mut guard);
        } else {
            self.drive(qp, &mut guard);
        }
    }

    /// Tells the requester that its QP has nobody to talk to.
    #[cold]
    fn refuse(&self, header: &Header) {
        if !is_reliable_request(header.opcode) {
            return;
        }
        let answer = Header {
            opcode: Opcode::NOT_READY,
            dest_qpn: header.src_qpn,
            src_qpn: header.dest_qpn,
            psn: header.psn,
            psn_count: 1,
            ..Header::default()
        };
        let slot = Slot::of(header.src_qpn);
        if let Ok(peer) = self.endpoint.connect(slot) {
            let mut producer = peer.produce();
            // Without room the answer is dropped; the requester asks again by a probe.
            if producer.has_room() {
                push(&mut producer, &answer, &Payload::None, false);
            }
        }
    }
}

/// Executes one direct access, or the first slice of it.
#[inline]
fn access(peer: &Peer, op: &DirectOp, local: &Payload<'_>) -> AccessOutcome {
    let outcome = match memory::whole(local) {
        Some(piece) => peer.direct(op, &[piece]),
        None => {
            let mut pieces = [LocalSegment::default(); MAX_SEGMENTS];
            let count = memory::segments(local, MAX_SLICE_BYTES, &mut pieces);
            peer.direct(op, &pieces[..count])
        }
    };
    match outcome {
        DirectOutcome::Done { len_bytes } => AccessOutcome::Done { len_bytes },
        DirectOutcome::Refused => AccessOutcome::Refused,
        DirectOutcome::LocalFault => AccessOutcome::LocalFault,
    }
}

/// Puts one packet into the ring; the caller has seen that there is room.
#[inline]
fn push(producer: &mut Producer<'_>, header: &Header, payload: &Payload<'_>, by_reference: bool) {
    if by_reference {
        let mut pieces = [LocalSegment::default(); MAX_SEGMENTS];
        let count = memory::segments(payload, payload.len_bytes(), &mut pieces);
        producer.push_references(header, &pieces[..count]);
        return;
    }
    if let Some(place) = producer.push(header, payload.len_bytes()) {
        // SAFETY: `push` gave a place of exactly that many bytes in the ring; the engine has
        // checked the addresses of the payload.
        unsafe { memory::copy_payload(payload, place.as_ptr()) };
    }
}

/// Drops what has nowhere to go, as a network would.
#[cold]
fn discard(qp: &Qp, engine: &mut engine::Qp, process: &Process) -> Pumped {
    /// Timers run as on a network, and end the wait for an answer.
    const NOWHERE: LinkCaps = LinkCaps {
        lossless: false,
        max_payload_bytes: 4096,
        min_reference_bytes: u32::MAX,
        max_reference_bytes: 0,
        direct: false,
    };
    let host = AppMemory::bare(process, None);
    let mut header = Header::default();
    let is_drained = engine.poll_transmit(&NOWHERE, &host, &mut header).is_none();
    qp.reap(engine);
    if is_drained {
        Pumped::Drained
    } else {
        Pumped::Again
    }
}

#[inline]
fn link_caps(peer: &Peer, qp: &Qp) -> LinkCaps {
    let (caps, service) = (peer.caps(), qp.service);
    LinkCaps {
        lossless: true,
        max_payload_bytes: if service == Service::Ud {
            qp.max_datagram_bytes
        } else {
            caps.max_payload_bytes
        },
        min_reference_bytes: if service == Service::Rc {
            caps.min_reference_bytes
        } else {
            u32::MAX
        },
        max_reference_bytes: caps.max_reference_bytes,
        direct: caps.direct && service != Service::Ud,
    }
}

/// States in which a QP takes requests from its peer.
#[inline]
fn takes_requests(state: QpState) -> bool {
    matches!(
        state,
        QpState::Rtr | QpState::Rts | QpState::Sqd | QpState::Sqe
    )
}

/// States in which peers may access memory on the QP's account.
pub(crate) fn may_be_accessed(state: QpState) -> bool {
    takes_requests(state)
}

#[inline]
fn is_request(opcode: Opcode) -> bool {
    !matches!(
        opcode.traits().map(|traits| traits.operation),
        None | Some(
            Operation::Acknowledge
                | Operation::AtomicAcknowledge
                | Operation::ReadResponse
                | Operation::NotReady
                | Operation::ProbeReply
        )
    )
}

fn is_reliable_request(opcode: Opcode) -> bool {
    is_request(opcode)
        && opcode
            .traits()
            .is_some_and(|traits| matches!(traits.transport, Transport::Rc | Transport::Link))
}
