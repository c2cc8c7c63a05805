//! The words the engine shares with its surroundings.

use crate::base::ids::{Gid, Lkey, PdId, Qkey, Qpn, Rkey};
use crate::base::time::Instant;
use crate::wire::{AtomicWords, Psn};
use bitflags::bitflags;

/// Transport service of a QP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Rc,
    Uc,
    Ud,
}

/// QP states, with the numbers of `enum ibv_qp_state`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum QpState {
    Reset = 0,
    Init = 1,
    Rtr = 2,
    Rts = 3,
    Sqd = 4,
    Sqe = 5,
    Err = 6,
}

bitflags! {
    /// Access rights, with the bits of `enum ibv_access_flags`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Access: u32 {
        const LOCAL_WRITE = 1;
        const REMOTE_WRITE = 1 << 1;
        const REMOTE_READ = 1 << 2;
        const REMOTE_ATOMIC = 1 << 3;
        const MW_BIND = 1 << 4;
    }

    /// Flags of a send work request, with the bits of `enum ibv_send_flags`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct SendFlags: u32 {
        const FENCE = 1;
        const SIGNALED = 1 << 1;
        const SOLICITED = 1 << 2;
        const INLINE = 1 << 3;
    }

    /// Which fields of [`QpAttr`] a modify names, with the bits of `enum ibv_qp_attr_mask`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct AttrMask: u32 {
        const STATE = 1;
        const CUR_STATE = 1 << 1;
        const EN_SQD_ASYNC_NOTIFY = 1 << 2;
        const ACCESS_FLAGS = 1 << 3;
        const PKEY_INDEX = 1 << 4;
        const PORT = 1 << 5;
        const QKEY = 1 << 6;
        const AV = 1 << 7;
        const PATH_MTU = 1 << 8;
        const TIMEOUT = 1 << 9;
        const RETRY_CNT = 1 << 10;
        const RNR_RETRY = 1 << 11;
        const RQ_PSN = 1 << 12;
        const MAX_QP_RD_ATOMIC = 1 << 13;
        const ALT_PATH = 1 << 14;
        const MIN_RNR_TIMER = 1 << 15;
        const SQ_PSN = 1 << 16;
        const MAX_DEST_RD_ATOMIC = 1 << 17;
        const PATH_MIG_STATE = 1 << 18;
        const CAP = 1 << 19;
        const DEST_QPN = 1 << 20;
        const RATE_LIMIT = 1 << 25;
    }
}

/// A piece of local memory. In a posted WQE `addr` is what the application gave; once the engine
/// has checked the key it holds the translated address.
/// The layout is that of `struct ibv_sge`, so that a posted list is read in place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Sge {
    pub addr: u64,
    pub len_bytes: u32,
    pub lkey: Lkey,
}

/// Where packets of a connected QP or of a datagram go: what the engine keeps of `ibv_ah_attr`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressVector {
    pub dgid: Gid,
    pub sgid: Gid,
    pub sgid_index: u8,
    pub traffic_class: u8,
    pub hop_limit: u8,
    pub flow_label: u32,
    pub sl: u8,
    pub port_num: u8,
}

/// What a send work request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendOp {
    Send,
    SendImm {
        imm_data: u32,
    },
    Write {
        remote_va: u64,
        rkey: Rkey,
    },
    WriteImm {
        remote_va: u64,
        rkey: Rkey,
        imm_data: u32,
    },
    Read {
        remote_va: u64,
        rkey: Rkey,
    },
    CompareSwap {
        remote_va: u64,
        rkey: Rkey,
        words: AtomicWords,
    },
    FetchAdd {
        remote_va: u64,
        rkey: Rkey,
        words: AtomicWords,
    },
}

/// Destination of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram {
    pub av: AddressVector,
    /// Of the address handle; it must be the QP's own.
    pub pd: PdId,
    pub dest_qpn: Qpn,
    pub qkey: Qkey,
}

/// A send work request without its scatter-gather list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendWr<'a> {
    pub wr_id: u64,
    pub op: SendOp,
    pub flags: SendFlags,
    /// UD only.
    pub datagram: Option<&'a Datagram>,
}

/// Why a work request was not taken; nothing of it has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostError {
    /// The queue is full (ENOMEM).
    Full,
    /// More scatter-gather elements or inline bytes than the QP was created with (EINVAL).
    TooMuch,
    /// The state of the QP takes no such request (EINVAL).
    State,
    /// The service has no such operation, or a field makes no sense (EINVAL).
    Invalid(&'static str),
}

/// Completion status, with the numbers of `enum ibv_wc_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum WcStatus {
    Success = 0,
    LocLenErr = 1,
    LocQpOpErr = 2,
    LocEecOpErr = 3,
    LocProtErr = 4,
    WrFlushErr = 5,
    MwBindErr = 6,
    BadRespErr = 7,
    LocAccessErr = 8,
    RemInvReqErr = 9,
    RemAccessErr = 10,
    RemOpErr = 11,
    RetryExcErr = 12,
    RnrRetryExcErr = 13,
    LocRddViolErr = 14,
    RemInvRdReqErr = 15,
    RemAbortErr = 16,
    FatalErr = 19,
    RespTimeoutErr = 20,
    GeneralErr = 21,
}

/// What completed, with the numbers of `enum ibv_wc_opcode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum WcOpcode {
    Send = 0,
    RdmaWrite = 1,
    RdmaRead = 2,
    CompSwap = 3,
    FetchAdd = 4,
    Recv = 128,
    RecvRdmaWithImm = 129,
}

/// A completion queue entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cqe {
    pub wr_id: u64,
    pub status: WcStatus,
    pub opcode: WcOpcode,
    /// Goes to the receive CQ.
    pub is_recv: bool,
    pub byte_len: u32,
    /// `Some` exactly when the message carried immediate data.
    pub imm_data: Option<u32>,
    pub qpn: Qpn,
    /// UD receive: sender.
    pub src_qpn: Qpn,
    /// UD receive: the first 40 bytes of the buffer hold a GRH.
    pub has_grh: bool,
    pub sl: u8,
    /// Raises an event on a CQ armed for solicited completions only (errors always do).
    pub solicited: bool,
    /// Engine's own reason code for error completions, documented in docs/vendor-errors.md.
    pub vendor_err: u32,
    /// Sends: the place in the send queue up to which this completion speaks ([`Qp::send_tail`]
    /// counts the same way); its WQEs are the application's again once it has polled the entry.
    ///
    /// [`Qp::send_tail`]: super::Qp::send_tail
    pub sq_end: u32,
}

/// Affiliated asynchronous events of a QP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QpEvent {
    Fatal,
    RequestError,
    AccessError,
    CommEstablished,
    SqDrained,
    LastWqeReached,
}

/// What a QP is created with.
#[derive(Clone, Copy, Debug)]
pub struct QpInit {
    pub service: Service,
    pub qpn: Qpn,
    pub pd: PdId,
    pub send_depth: u32,
    pub recv_depth: u32,
    pub max_send_sge: u32,
    pub max_recv_sge: u32,
    pub max_inline_bytes: u32,
    pub all_signaled: bool,
    /// The domain of receive buffers: that of the shared receive queue, if there is one.
    pub recv_pd: PdId,
    /// Receives come from a shared receive queue ([`Host::take_shared_recv`]).
    pub has_srq: bool,
}

/// The modifiable attributes, with units and ranges of `struct ibv_qp_attr`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QpAttr {
    /// Raw numbers of `enum ibv_qp_state`; out of range is refused.
    pub state: u32,
    pub cur_state: u32,
    /// Raw number of `enum ibv_mtu`: 1 is 256 bytes, 5 is 4096.
    pub path_mtu: u32,
    pub path_mig_state: u32,
    pub qkey: Qkey,
    pub rq_psn: u32,
    pub sq_psn: u32,
    pub dest_qpn: Qpn,
    pub access: Access,
    pub av: AddressVector,
    pub pkey_index: u16,
    pub en_sqd_async_notify: bool,
    pub sq_draining: bool,
    pub max_rd_atomic: u8,
    pub max_dest_rd_atomic: u8,
    /// Five bits, coded as in the RNR NAK.
    pub min_rnr_timer: u8,
    pub port_num: u8,
    /// Five bits: 4.096 µs · 2^timeout; 0 waits for ever.
    pub timeout: u8,
    /// Three bits.
    pub retry_cnt: u8,
    /// Three bits; 7 means without end.
    pub rnr_retry: u8,
}

/// Why a modify was refused (EINVAL, or EOPNOTSUPP where told); the text names the attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModifyError {
    /// The transition is not in the state table of the service.
    Transition { from: QpState, to: u32 },
    /// `cur_state` was given and is not the state.
    CurState { actual: QpState },
    /// Mandatory attributes that are missing.
    Missing(AttrMask),
    /// Attributes the transition does not take.
    NotAllowed(AttrMask),
    /// An attribute out of range; its C name.
    Range(&'static str),
    /// EOPNOTSUPP: known attribute this device does not serve; its C name.
    Unsupported(&'static str),
}

/// What the link between this QP and its peer can do just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkCaps {
    /// Delivers in order and loses nothing while both processes live: no ACK timer runs, a QP that
    /// is not ready is reported by a `NotReady` packet, stalls are probed on [`Qp::handle_tick`].
    pub lossless: bool,
    /// Largest payload copied into one packet (path MTU on UDP). A multiple of 4096 if larger.
    pub max_payload_bytes: u32,
    /// SEND payloads (RC) of at least this many bytes go by reference: the packet carries the
    /// addresses and the receiving side fetches the bytes. `u32::MAX`: never.
    pub min_reference_bytes: u32,
    /// Largest payload of one packet by reference. A multiple of 4096.
    pub max_reference_bytes: u32,
    /// READ and WRITE may be executed on the peer's memory by [`Transmit::Access`].
    pub direct: bool,
}

/// Where the bytes of a packet come from.
#[derive(Clone, Copy, Debug)]
pub enum Payload<'a> {
    None,
    /// `len_bytes` bytes starting `offset_bytes` into the list (addresses already checked).
    Gather {
        sges: &'a [Sge],
        offset_bytes: u64,
        len_bytes: u32,
    },
    /// Bytes kept in the WQE.
    Inline(&'a [u8]),
    /// One piece: checked local address.
    Memory {
        addr: u64,
        len_bytes: u32,
    },
}

impl Payload<'_> {
    /// Length in bytes.
    pub fn len_bytes(&self) -> u32 {
        match self {
            Payload::None => 0,
            Payload::Gather { len_bytes, .. } | Payload::Memory { len_bytes, .. } => *len_bytes,
            Payload::Inline(bytes) => bytes.len() as u32,
        }
    }
}

/// Direction of a direct access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// Local list to peer memory.
    Write,
    /// Peer memory to local list.
    Read,
}

/// What the QP wants done next.
#[derive(Clone, Copy, Debug)]
pub enum Transmit<'a> {
    /// A packet with the header that was written.
    Packet {
        payload: Payload<'a>,
        /// The packet carries the addresses instead of the bytes.
        by_reference: bool,
    },
    /// Copy between the local bytes and the peer's memory, after checking the peer's tables; then
    /// report with [`Qp::handle_access`] before anything else is asked. The host may do fewer
    /// bytes (a slice) and will be asked for the rest.
    Access {
        kind: AccessKind,
        remote_va: u64,
        rkey: Rkey,
        /// Whole length of the message, for the bounds check.
        total_bytes: u32,
        /// Bytes of the message already done; `remote_va` is that of the whole message.
        done_bytes: u32,
        /// What remains, locally (`Gather` or `Inline`).
        local: Payload<'a>,
    },
}

/// What became of a direct access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessOutcome {
    /// So many bytes were copied, in order from the start of what remained.
    Done { len_bytes: u32 },
    /// Not possible or not allowed: the operation goes as a packet and the responder judges.
    Refused,
    /// The local side of the copy faulted.
    LocalFault,
}

/// A key check that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// No such key, or another protection domain.
    Key,
    /// Outside the region.
    Bounds,
    /// The region does not grant the right.
    Rights,
}

/// Memory that turned out not to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The local side.
    Local,
    /// The side the bytes came from.
    Remote,
}

/// Atomic operation on 8 aligned bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtomicOp {
    CompareSwap(AtomicWords),
    FetchAdd(u64),
}

/// A receive WQE in execution. `sges` is allocated once with the QP.
#[derive(Clone, Debug, Default)]
pub struct RecvWqe {
    pub wr_id: u64,
    pub sges: Vec<Sge>,
}

/// What the engine needs of its surroundings while it handles one input.
pub trait Host {
    /// A monotonic clock; asked only when a timer is armed or checked.
    fn now(&self) -> Instant;

    /// May the domain touch `len` bytes at `va` by this lkey? Gives the translated address.
    /// A length of 0 touches nothing and the key is not looked at by the callers.
    fn check_local(
        &self,
        pd: PdId,
        lkey: Lkey,
        va: u64,
        len: u64,
        need: Access,
    ) -> Result<u64, KeyError>;

    /// The same for a remote request.
    fn check_remote(
        &self,
        pd: PdId,
        rkey: Rkey,
        va: u64,
        len: u64,
        need: Access,
    ) -> Result<u64, KeyError>;

    /// Puts `len` bytes of the packet's payload, from `payload_offset` on, to a checked address.
    fn place(&mut self, payload_offset: u32, addr: u64, len: u32) -> Result<(), Fault>;

    /// Puts bytes of the engine's own (GRH, atomic results) to a checked address.
    fn place_bytes(&mut self, addr: u64, bytes: &[u8]) -> Result<(), Fault>;

    /// Executes an atomic on a checked, aligned address; gives the original value.
    fn atomic(&mut self, addr: u64, op: AtomicOp) -> Result<u64, Fault>;

    /// Takes the next WQE of the shared receive queue into `wqe` (clearing `sges` first).
    fn take_shared_recv(&mut self, wqe: &mut RecvWqe) -> bool;
}

/// Destination of the next packet: where the link has to lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    pub dgid: Gid,
    pub dest_qpn: Qpn,
}

/// Sequence state for queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sequence {
    pub sq_psn: Psn,
    pub rq_psn: Psn,
}
