//! Queue pairs: an engine QP with the objects it uses and the way to its peer.

use super::{Cq, Pd, Sender, Srq, check_memory};
use crate::base::errno::Errno;
use crate::base::ids::Qpn;
use crate::base::lock::{ShortGuard, ShortLock};
use crate::base::sync::{AtomicU32, AtomicU64, Ordering};
use crate::base::time::Instant;
use crate::engine::types::{AttrMask, PostError, QpAttr, QpEvent, QpInit, QpState, Service};
use crate::engine::{self};
use crate::link::local::Peer;
use crate::soft::context::Context;
use crate::soft::quota::Permit;
use std::sync::Arc;

/// Where the packets of a QP go.
pub(crate) enum Route {
    /// Not known yet.
    Unknown,
    /// A process of this host, this one included.
    Peer(Arc<Peer>),
    /// Nobody there: packets are dropped and the retry budget runs out.
    Nowhere,
}

/// What the lock of a QP protects.
pub(crate) struct Inner {
    pub(crate) engine: engine::Qp,
    pub(crate) route: Route,
    /// Earliest expiry the timer queue knows for this QP.
    pub(crate) scheduled: Option<Instant>,
    /// Waits in the process's list for room on its link.
    pub(crate) is_blocked: bool,
    /// Is in the process's list of those that wait for an ACK.
    pub(crate) is_expecting: bool,
    pub(crate) is_destroyed: bool,
    /// The peers' view of the QP is open: they may access memory on its account.
    pub(crate) is_published: bool,
    /// What the QP has counted is part of its device's sum.
    pub(crate) is_kept: bool,
}

pub(crate) type QpGuard<'a> = ShortGuard<'a, Inner>;

pub(crate) struct Qp {
    pub(crate) qpn: Qpn,
    pub(crate) service: Service,
    pub(crate) init: QpInit,
    pub(crate) pd: Arc<Pd>,
    pub(crate) send_cq: Arc<Cq>,
    pub(crate) recv_cq: Arc<Cq>,
    pub(crate) srq: Option<Arc<Srq>>,
    pub(crate) context: Arc<Context>,
    /// Longest datagram: the MTU of the port when the QP was made.
    pub(crate) max_datagram_bytes: u32,
    /// Address of the application's `ibv_qp`, the name it has in async events.
    pub(crate) user_handle: AtomicU64,
    /// Async events the application has read.
    pub(crate) async_events: AtomicU32,
    /// How far the application has polled its send completions: WQEs before that are free.
    polled_sends: Arc<AtomicU32>,
    sender: Sender,
    inner: ShortLock<Inner>,
    _permit: Permit,
}

/// The objects a QP is made of.
pub(crate) struct Parts {
    pub(crate) context: Arc<Context>,
    pub(crate) pd: Arc<Pd>,
    pub(crate) send_cq: Arc<Cq>,
    pub(crate) recv_cq: Arc<Cq>,
    pub(crate) srq: Option<Arc<Srq>>,
}

impl Qp {
    pub(crate) fn new(init: &QpInit, parts: Parts) -> Result<Qp, Errno> {
        let permit = parts.context.process.quotas.qps.take()?;
        let engine = check_memory(engine::Qp::new(init))?;
        let max_datagram_bytes = 128 << parts.context.device().port.active_mtu;
        let polled_sends = Arc::new(AtomicU32::new(0));
        let sender = parts.send_cq.attach(&polled_sends)?;
        parts.pd.users.add();
        parts.send_cq.users.add();
        parts.recv_cq.users.add();
        if let Some(srq) = &parts.srq {
            srq.users.add();
        }
        Ok(Qp {
            qpn: init.qpn,
            service: init.service,
            init: *init,
            pd: parts.pd,
            send_cq: parts.send_cq,
            recv_cq: parts.recv_cq,
            srq: parts.srq,
            max_datagram_bytes,
            context: parts.context,
            user_handle: AtomicU64::new(0),
            async_events: AtomicU32::new(0),
            polled_sends,
            sender,
            inner: ShortLock::new(Inner {
                engine,
                route: Route::Unknown,
                scheduled: None,
                is_blocked: false,
                is_expecting: false,
                is_destroyed: false,
                is_published: false,
                is_kept: false,
            }),
            _permit: permit,
        })
    }

    #[inline]
    pub(crate) fn lock(&self) -> QpGuard<'_> {
        self.inner.lock()
    }

    /// Moves what the engine has completed to the completion queues.
    #[inline]
    pub(crate) fn reap(&self, engine: &mut engine::Qp) {
        if engine.has_completion() {
            self.complete(engine);
        }
    }

    fn complete(&self, engine: &mut engine::Qp) {
        while let Some(cqe) = engine.poll_completion() {
            let (cq, sender) = if cqe.is_recv {
                (&self.recv_cq, Sender::NONE)
            } else {
                (&self.send_cq, self.sender)
            };
            if !cq.push(&cqe, sender) {
                self.on_lost_completion(engine);
            }
        }
    }

    /// ENOMEM in the words of the engine while every WQE of the send queue is in use: a WQE is the
    /// QP's until the application has polled its completion, or a later one.
    #[inline]
    pub(crate) fn check_send_room(&self, engine: &engine::Qp) -> Result<(), PostError> {
        let used = engine
            .send_tail()
            .wrapping_sub(self.polled_sends.load(Ordering::Relaxed));
        if used >= self.init.send_depth {
            return Err(PostError::Full);
        }
        Ok(())
    }

    /// The QP was reset: its queues are empty.
    pub(crate) fn forget_sends(&self) {
        self.polled_sends.store(0, Ordering::Relaxed);
    }

    /// Tells the application what happened to the QP.
    pub(crate) fn raise(&self, event: QpEvent) {
        self.context
            .raise_qp(self.user_handle.load(Ordering::Relaxed), event);
    }

    /// A completion queue overran: the QP cannot go on, its completions are incomplete.
    #[cold]
    fn on_lost_completion(&self, engine: &mut engine::Qp) {
        if engine.state() == QpState::Err {
            return;
        }
        let to_error = QpAttr {
            state: QpState::Err as u32,
            ..QpAttr::default()
        };
        // Any state may go to ERR; the engine cannot refuse it.
        if engine.modify(&to_error, AttrMask::STATE).is_ok() {
            self.raise(QpEvent::Fatal);
        }
    }

    /// Lets go of the queues and the domain, so that they can be destroyed next.
    pub(crate) fn release(&self) {
        self.pd.users.remove();
        self.send_cq.users.remove();
        self.recv_cq.users.remove();
        if let Some(srq) = &self.srq {
            srq.users.remove();
        }
    }
}
