//! Two QPs, each with a memory of its own, joined by a link that loses what a script tells it to.

use crate::base::ids::{Gid, Lkey, PdId, Qkey, Qpn, Rkey};
use crate::base::time::{Duration, Instant};
use crate::engine::types::*;
use crate::engine::{Qp, Srq};
use crate::wire::{AtomicWords, Header};
use std::collections::VecDeque;

/// Addresses applications use; the translated ones begin at 0.
pub(super) const VA: u64 = 0x7000_0000;
pub(super) const MEMORY_BYTES: usize = 1 << 20;
pub(super) const PD: PdId = PdId(7);
/// Grants everything over the whole memory.
pub(super) const KEY: u32 = 0x1100;
/// Grants reading only.
pub(super) const KEY_READ_ONLY: u32 = 0x2200;

pub(super) const LOSSY: LinkCaps = LinkCaps {
    lossless: false,
    max_payload_bytes: 1024,
    min_reference_bytes: u32::MAX,
    max_reference_bytes: 4096,
    direct: false,
};

pub(super) const LOSSLESS: LinkCaps = LinkCaps {
    lossless: true,
    max_payload_bytes: 8192,
    min_reference_bytes: u32::MAX,
    max_reference_bytes: 4096,
    direct: false,
};

#[derive(Clone, Copy)]
pub(super) struct Region {
    pub(super) key: u32,
    pub(super) va: u64,
    pub(super) len: u64,
    pub(super) access: Access,
}

pub(super) struct TestHost {
    pub(super) now: Instant,
    pub(super) memory: Vec<u8>,
    pub(super) regions: Vec<Region>,
    pub(super) srq: Option<Srq>,
    /// What `place` copies from; `None` is a source that is gone.
    pub(super) payload: Option<Vec<u8>>,
    /// Every placement fails.
    pub(super) is_memory_gone: bool,
}

impl TestHost {
    fn new() -> TestHost {
        let all = Access::LOCAL_WRITE
            | Access::REMOTE_READ
            | Access::REMOTE_WRITE
            | Access::REMOTE_ATOMIC;
        let len = MEMORY_BYTES as u64;
        TestHost {
            now: Instant(1_000_000),
            memory: vec![0; MEMORY_BYTES],
            regions: vec![
                Region {
                    key: KEY,
                    va: VA,
                    len,
                    access: all,
                },
                Region {
                    key: KEY_READ_ONLY,
                    va: VA,
                    len,
                    access: Access::REMOTE_READ,
                },
            ],
            srq: None,
            payload: None,
            is_memory_gone: false,
        }
    }

    fn check(&self, key: u32, pd: PdId, va: u64, len: u64, need: Access) -> Result<u64, KeyError> {
        assert_ne!(len, 0, "an empty range has no key to check");
        let region = self
            .regions
            .iter()
            .find(|r| r.key == key)
            .ok_or(KeyError::Key)?;
        if pd != PD {
            return Err(KeyError::Key);
        }
        let end = va.checked_add(len).ok_or(KeyError::Bounds)?;
        if va < region.va || end > region.va + region.len {
            return Err(KeyError::Bounds);
        }
        if !region.access.contains(need) {
            return Err(KeyError::Rights);
        }
        Ok(va - VA)
    }

    pub(super) fn bytes(&self, offset: usize, len: usize) -> &[u8] {
        &self.memory[offset..offset + len]
    }

    pub(super) fn gather(&self, payload: &Payload<'_>) -> Vec<u8> {
        match *payload {
            Payload::None => Vec::new(),
            Payload::Inline(bytes) => bytes.to_vec(),
            Payload::Memory { addr, len_bytes } => {
                self.bytes(addr as usize, len_bytes as usize).to_vec()
            }
            Payload::Gather {
                sges,
                offset_bytes,
                len_bytes,
            } => {
                let all: Vec<u8> = sges
                    .iter()
                    .flat_map(|sge| {
                        let (addr, len) = if sge.len_bytes == 0 {
                            (0, 0)
                        } else {
                            (sge.addr as usize, sge.len_bytes as usize)
                        };
                        self.bytes(addr, len).to_vec()
                    })
                    .collect();
                all[offset_bytes as usize..][..len_bytes as usize].to_vec()
            }
        }
    }
}

impl Host for TestHost {
    fn now(&self) -> Instant {
        self.now
    }

    fn check_local(
        &self,
        pd: PdId,
        lkey: Lkey,
        va: u64,
        len: u64,
        need: Access,
    ) -> Result<u64, KeyError> {
        self.check(lkey.0, pd, va, len, need)
    }

    fn check_remote(
        &self,
        pd: PdId,
        rkey: Rkey,
        va: u64,
        len: u64,
        need: Access,
    ) -> Result<u64, KeyError> {
        self.check(rkey.0, pd, va, len, need)
    }

    fn place(&mut self, payload_offset: u32, addr: u64, len: u32) -> Result<(), Fault> {
        if self.is_memory_gone {
            return Err(Fault::Local);
        }
        let Some(payload) = &self.payload else {
            return Err(Fault::Remote);
        };
        let from = &payload[payload_offset as usize..][..len as usize];
        self.memory[addr as usize..][..len as usize].copy_from_slice(from);
        Ok(())
    }

    fn place_bytes(&mut self, addr: u64, bytes: &[u8]) -> Result<(), Fault> {
        if self.is_memory_gone {
            return Err(Fault::Local);
        }
        self.memory[addr as usize..][..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn atomic(&mut self, addr: u64, op: AtomicOp) -> Result<u64, Fault> {
        if self.is_memory_gone {
            return Err(Fault::Local);
        }
        let place = &mut self.memory[addr as usize..][..8];
        let orig = u64::from_ne_bytes(place.try_into().unwrap());
        let new = match op {
            AtomicOp::CompareSwap(words) if orig == words.compare => words.swap_add,
            AtomicOp::CompareSwap(_) => orig,
            AtomicOp::FetchAdd(add) => orig.wrapping_add(add),
        };
        place.copy_from_slice(&new.to_ne_bytes());
        Ok(orig)
    }

    fn take_shared_recv(&mut self, wqe: &mut RecvWqe) -> bool {
        self.srq.as_mut().is_some_and(|srq| srq.take(wqe))
    }
}

pub(super) struct Node {
    pub(super) qp: Qp,
    pub(super) host: TestHost,
    pub(super) cqes: Vec<Cqe>,
    pub(super) events: Vec<QpEvent>,
}

impl Node {
    pub(super) fn new(init: &QpInit) -> Node {
        Node {
            qp: Qp::new(init).unwrap(),
            host: TestHost::new(),
            cqes: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Gives out a packet or an access, if there is one, and loses it.
    pub(super) fn emits(&mut self, caps: &LinkCaps) -> bool {
        let transmit = self
            .qp
            .poll_transmit(caps, &self.host, &mut Header::default());
        transmit.is_some()
    }

    /// Takes completions and events out, as the contract wants after each input.
    pub(super) fn drain(&mut self) {
        while let Some(cqe) = self.qp.poll_completion() {
            self.cqes.push(cqe);
        }
        while let Some(event) = self.qp.poll_event() {
            self.events.push(event);
        }
    }

    pub(super) fn take_cqes(&mut self) -> Vec<Cqe> {
        self.drain();
        std::mem::take(&mut self.cqes)
    }

    pub(super) fn take_events(&mut self) -> Vec<QpEvent> {
        self.drain();
        std::mem::take(&mut self.events)
    }

    /// `(wr_id, status)` of everything completed since last asked.
    pub(super) fn take_ends(&mut self) -> Vec<(u64, WcStatus)> {
        self.take_cqes()
            .iter()
            .map(|cqe| (cqe.wr_id, cqe.status))
            .collect()
    }

    pub(super) fn send(&mut self, wr: &SendWr<'_>, sges: &[Sge]) {
        self.qp.post_send(wr, sges).unwrap();
    }

    pub(super) fn recv(&mut self, wr_id: u64, sges: &[Sge]) {
        self.qp.post_recv(wr_id, sges).unwrap();
        self.drain();
    }

    pub(super) fn fill(&mut self, offset: usize, len: usize, seed: u8) {
        for (i, byte) in self.host.memory[offset..offset + len]
            .iter_mut()
            .enumerate()
        {
            *byte = seed
                .wrapping_add((i % 251) as u8)
                .wrapping_add((i / 4096) as u8);
        }
    }

    pub(super) fn modify(&mut self, state: QpState) {
        let attr = QpAttr {
            state: state as u32,
            ..QpAttr::default()
        };
        self.qp.modify(&attr, AttrMask::STATE).unwrap();
        self.drain();
    }
}

#[derive(Clone)]
pub(super) struct Packet {
    pub(super) header: Header,
    pub(super) payload: Vec<u8>,
    pub(super) by_reference: bool,
}

/// What the link does with a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Deliver,
    Drop,
    Twice,
    /// Lets so many later packets of its direction pass first.
    Late(u32),
}

pub(super) type Script = Box<dyn FnMut(Side, &Packet) -> Fate>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    A,
    B,
}

pub(super) struct Pair {
    pub(super) a: Node,
    pub(super) b: Node,
    pub(super) caps: LinkCaps,
    pub(super) script: Script,
    /// Every packet ever given out, by its sender.
    pub(super) log: Vec<(Side, Packet)>,
    /// Direct accesses carried out: kind and bytes.
    pub(super) accesses: Vec<(AccessKind, u32)>,
    /// Bytes one direct access does at most.
    pub(super) slice_bytes: u32,
    wires: [VecDeque<Packet>; 2],
}

pub(super) const QPN_A: Qpn = Qpn(0x00a0a0);
pub(super) const QPN_B: Qpn = Qpn(0x00b0b0);
pub(super) const QKEY: Qkey = Qkey(0x1234);

pub(super) fn init(service: Service, qpn: Qpn) -> QpInit {
    QpInit {
        service,
        qpn,
        pd: PD,
        recv_pd: PD,
        send_depth: 64,
        recv_depth: 64,
        max_send_sge: 4,
        max_recv_sge: 4,
        max_inline_bytes: 64,
        all_signaled: false,
        has_srq: false,
    }
}

pub(super) fn gid(last: u8) -> Gid {
    Gid::from_ipv4(std::net::Ipv4Addr::new(192, 0, 2, last))
}

/// Good attributes for a QP whose peer is `peer`.
pub(super) fn attr(peer: Qpn) -> QpAttr {
    let (own_gid, peer_gid) = if peer == QPN_B {
        (gid(1), gid(2))
    } else {
        (gid(2), gid(1))
    };
    QpAttr {
        path_mtu: 3,
        qkey: QKEY,
        rq_psn: if peer == QPN_B { 0xfffff0 } else { 0x000100 },
        sq_psn: if peer == QPN_B { 0x000100 } else { 0xfffff0 },
        dest_qpn: peer,
        access: Access::REMOTE_WRITE | Access::REMOTE_READ | Access::REMOTE_ATOMIC,
        av: AddressVector {
            dgid: peer_gid,
            sgid: own_gid,
            port_num: 1,
            ..Default::default()
        },
        max_rd_atomic: 4,
        max_dest_rd_atomic: 4,
        min_rnr_timer: 1,
        port_num: 1,
        timeout: 10,
        retry_cnt: 7,
        rnr_retry: 6,
        ..QpAttr::default()
    }
}

/// Attributes each step to RTS must name.
pub(super) fn masks(service: Service) -> [AttrMask; 3] {
    let mut init = AttrMask::STATE | AttrMask::PKEY_INDEX | AttrMask::PORT;
    let mut rtr = AttrMask::STATE;
    let mut rts = AttrMask::STATE | AttrMask::SQ_PSN;
    match service {
        Service::Ud => init |= AttrMask::QKEY,
        Service::Rc | Service::Uc => {
            init |= AttrMask::ACCESS_FLAGS;
            rtr |= AttrMask::AV | AttrMask::PATH_MTU | AttrMask::DEST_QPN | AttrMask::RQ_PSN;
        }
    }
    if service == Service::Rc {
        rtr |= AttrMask::MAX_DEST_RD_ATOMIC | AttrMask::MIN_RNR_TIMER;
        rts |= AttrMask::TIMEOUT | AttrMask::RETRY_CNT | AttrMask::RNR_RETRY;
        rts |= AttrMask::MAX_QP_RD_ATOMIC;
    }
    [init, rtr, rts]
}

/// Brings a QP to a state on the way to RTS.
pub(super) fn bring_up(qp: &mut Qp, attr: &QpAttr, service: Service, to: QpState) {
    let steps = [QpState::Init, QpState::Rtr, QpState::Rts];
    for (state, mask) in steps.into_iter().zip(masks(service)) {
        if state as u32 > to as u32 {
            break;
        }
        if (qp.state() as u32) < state as u32 {
            qp.modify(
                &QpAttr {
                    state: state as u32,
                    ..*attr
                },
                mask,
            )
            .unwrap();
        }
    }
}

impl Pair {
    /// Both in RTS, with the attributes of [`attr`].
    pub(super) fn new(service: Service, caps: LinkCaps) -> Pair {
        Pair::with(service, caps, |_| {}, |_| {})
    }

    /// Both in RTS, after what is created and modified has been adapted.
    pub(super) fn with(
        service: Service,
        caps: LinkCaps,
        adapt_init: impl Fn(&mut QpInit),
        adapt_attr: impl Fn(&mut QpAttr),
    ) -> Pair {
        let node = |own, peer| {
            let mut init = init(service, own);
            adapt_init(&mut init);
            let mut node = Node::new(&init);
            let mut attr = attr(peer);
            adapt_attr(&mut attr);
            bring_up(&mut node.qp, &attr, service, QpState::Rts);
            node
        };
        Pair::join(node(QPN_A, QPN_B), node(QPN_B, QPN_A), caps)
    }

    pub(super) fn join(a: Node, b: Node, caps: LinkCaps) -> Pair {
        Pair {
            a,
            b,
            caps,
            script: Box::new(|_, _| Fate::Deliver),
            log: Vec::new(),
            accesses: Vec::new(),
            slice_bytes: u32::MAX,
            wires: [VecDeque::new(), VecDeque::new()],
        }
    }

    /// One packet or access out of a side; `false`: it has nothing.
    pub(super) fn transmit(&mut self, side: Side) -> bool {
        let (own, peer) = match side {
            Side::A => (&mut self.a, &mut self.b),
            Side::B => (&mut self.b, &mut self.a),
        };
        if own.qp.next_destination().is_none() {
            let caps = &self.caps;
            assert!(!own.emits(caps), "no destination, but output");
            own.drain();
            return false;
        }
        let mut header = Header::default();
        let transmit = own.qp.poll_transmit(&self.caps, &own.host, &mut header);
        let Some(transmit) = transmit else {
            own.drain();
            return false;
        };
        match transmit {
            Transmit::Packet {
                payload,
                by_reference,
            } => {
                let bytes = own.host.gather(&payload);
                let packet = Packet {
                    header,
                    payload: bytes,
                    by_reference,
                };
                own.drain();
                self.put(side, packet);
            }
            Transmit::Access {
                kind,
                remote_va,
                rkey,
                total_bytes,
                done_bytes,
                local,
            } => {
                let need = match kind {
                    AccessKind::Write => Access::REMOTE_WRITE,
                    AccessKind::Read => Access::REMOTE_READ,
                };
                let len = local.len_bytes().min(self.slice_bytes);
                let checked = match total_bytes {
                    0 => Ok(0),
                    _ => peer
                        .host
                        .check(rkey.0, PD, remote_va, u64::from(total_bytes), need),
                };
                let is_open = peer.qp.attr().access.contains(need)
                    && matches!(peer.qp.state(), QpState::Rtr | QpState::Rts | QpState::Sqd);
                let outcome = match checked {
                    Ok(addr) if is_open => {
                        let at = addr as usize + done_bytes as usize;
                        copy_directly(kind, &local, &mut own.host, &mut peer.host, at, len);
                        self.accesses.push((kind, len));
                        AccessOutcome::Done { len_bytes: len }
                    }
                    _ => AccessOutcome::Refused,
                };
                own.qp.handle_access(outcome);
                own.drain();
            }
        }
        true
    }

    fn put(&mut self, side: Side, packet: Packet) {
        self.log.push((side, packet.clone()));
        let fate = (self.script)(side, &packet);
        let wire = &mut self.wires[side as usize];
        match fate {
            Fate::Drop => {}
            Fate::Deliver => wire.push_back(packet),
            Fate::Twice => {
                wire.push_back(packet.clone());
                wire.push_back(packet);
            }
            Fate::Late(count) => {
                // Held back behind what is on the wire already, which comes to the same thing as
                // later packets passing it.
                let at = wire.len().saturating_sub(count as usize);
                wire.insert(at, packet);
            }
        }
    }

    /// Hands one waiting packet over; `false`: none waits.
    pub(super) fn deliver(&mut self, from: Side) -> bool {
        let Some(packet) = self.wires[from as usize].pop_front() else {
            return false;
        };
        let to = match from {
            Side::A => &mut self.b,
            Side::B => &mut self.a,
        };
        let len = packet.payload.len() as u32;
        to.host.payload = Some(packet.payload);
        to.qp.handle_packet(&packet.header, len, &mut to.host);
        to.drain();
        true
    }

    /// Lets packets run until nothing moves; the clock stands still.
    pub(super) fn run(&mut self) {
        for _ in 0..200_000 {
            let mut has_moved = false;
            for side in [Side::A, Side::B] {
                while self.transmit(side) {
                    has_moved = true;
                }
            }
            for side in [Side::A, Side::B] {
                while self.deliver(side) {
                    has_moved = true;
                }
            }
            if !has_moved {
                return;
            }
        }
        panic!("the pair does not come to rest");
    }

    /// Lets packets and timers run until no timer is left, or `limit` of them have ended. Gives the
    /// time that passed.
    pub(super) fn run_with_timers(&mut self, limit: u32) -> Duration {
        let start = self.a.host.now;
        for _ in 0..limit {
            self.run();
            let timers = [self.a.qp.poll_timeout(), self.b.qp.poll_timeout()];
            let Some(next) = timers.into_iter().flatten().min() else {
                break;
            };
            self.set_clock(next);
        }
        self.run();
        self.a.host.now - start
    }

    pub(super) fn set_clock(&mut self, now: Instant) {
        for node in [&mut self.a, &mut self.b] {
            node.host.now = node.host.now.max(now);
            node.qp.handle_timeout(&mut node.host);
            node.drain();
        }
    }

    pub(super) fn tick(&mut self) {
        for node in [&mut self.a, &mut self.b] {
            node.qp.handle_tick(&mut node.host);
            node.drain();
        }
    }

    /// How many packets of an opcode a side has given out.
    pub(super) fn count(&self, side: Side, opcode: u8) -> usize {
        self.log
            .iter()
            .filter(|(from, p)| *from == side && p.header.opcode.0 == opcode)
            .count()
    }
}

fn copy_directly(
    kind: AccessKind,
    local: &Payload<'_>,
    own: &mut TestHost,
    peer: &mut TestHost,
    at: usize,
    len: u32,
) {
    let len = len as usize;
    match kind {
        AccessKind::Write => {
            let bytes = own.gather(local);
            peer.memory[at..at + len].copy_from_slice(&bytes[..len]);
        }
        AccessKind::Read => {
            let Payload::Gather {
                sges, offset_bytes, ..
            } = *local
            else {
                panic!("a READ has a list");
            };
            let mut skip = offset_bytes as usize;
            let mut source = peer.memory[at..at + len].iter();
            for sge in sges {
                let from = skip.min(sge.len_bytes as usize);
                skip -= from;
                for i in from..sge.len_bytes as usize {
                    let Some(byte) = source.next() else { return };
                    own.memory[sge.addr as usize + i] = *byte;
                }
            }
        }
    }
}

pub(super) fn sge(offset: u64, len_bytes: u32) -> Sge {
    Sge {
        addr: VA + offset,
        len_bytes,
        lkey: Lkey(KEY),
    }
}

pub(super) fn wr(wr_id: u64, op: SendOp) -> SendWr<'static> {
    SendWr {
        wr_id,
        op,
        flags: SendFlags::SIGNALED,
        datagram: None,
    }
}

pub(super) fn unsignaled(wr_id: u64, op: SendOp) -> SendWr<'static> {
    SendWr {
        wr_id,
        op,
        flags: SendFlags::empty(),
        datagram: None,
    }
}

pub(super) fn write_to(offset: u64) -> SendOp {
    SendOp::Write {
        remote_va: VA + offset,
        rkey: Rkey(KEY),
    }
}

pub(super) fn write_imm_to(offset: u64, imm_data: u32) -> SendOp {
    SendOp::WriteImm {
        remote_va: VA + offset,
        rkey: Rkey(KEY),
        imm_data,
    }
}

pub(super) fn read_from(offset: u64) -> SendOp {
    SendOp::Read {
        remote_va: VA + offset,
        rkey: Rkey(KEY),
    }
}

pub(super) fn fetch_add(offset: u64, add: u64) -> SendOp {
    let words = AtomicWords {
        swap_add: add,
        compare: 0,
    };
    SendOp::FetchAdd {
        remote_va: VA + offset,
        rkey: Rkey(KEY),
        words,
    }
}

pub(super) fn compare_swap(offset: u64, compare: u64, swap: u64) -> SendOp {
    let words = AtomicWords {
        swap_add: swap,
        compare,
    };
    SendOp::CompareSwap {
        remote_va: VA + offset,
        rkey: Rkey(KEY),
        words,
    }
}
