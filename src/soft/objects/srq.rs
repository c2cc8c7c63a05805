//! Shared receive queues.

use super::{Pd, Users, check_memory};
use crate::base::errno::Errno;
use crate::base::ids::PdId;
use crate::base::lock::{ShortGuard, ShortLock};
use crate::base::sync::{AtomicU32, AtomicU64, Ordering};
use crate::engine::types::RecvWqe;
use crate::engine::{self};
use crate::log_error;
use crate::soft::context::Context;
use crate::soft::quota::Permit;
use std::sync::Arc;

/// A receive queue that several QPs take from.
pub(crate) struct Srq {
    pub(crate) context: Arc<Context>,
    pd: Arc<Pd>,
    pub(crate) users: Users,
    /// Address of the application's `ibv_srq`, the name it has in async events.
    pub(crate) user_handle: AtomicU64,
    /// Async events the application has read.
    pub(crate) async_events: AtomicU32,
    pub(crate) max_wr: u32,
    pub(crate) max_sge: u32,
    queue: ShortLock<engine::Srq>,
    _permit: Permit,
}

impl Srq {
    pub(crate) fn new(
        context: Arc<Context>,
        pd: Arc<Pd>,
        max_wr: u32,
        max_sge: u32,
    ) -> Result<Srq, Errno> {
        let permit = context.process.quotas.srqs.take()?;
        let queue = check_memory(engine::Srq::new(max_wr, max_sge))?;
        pd.users.add();
        Ok(Srq {
            context,
            pd,
            users: Users::default(),
            user_handle: AtomicU64::new(0),
            async_events: AtomicU32::new(0),
            max_wr,
            max_sge,
            queue: ShortLock::new(queue),
            _permit: permit,
        })
    }

    /// The domain its receive buffers are registered in.
    pub(crate) fn pd_id(&self) -> PdId {
        self.pd.id
    }

    pub(crate) fn lock(&self) -> ShortGuard<'_, engine::Srq> {
        self.queue.lock()
    }

    /// Takes the next WQE for a QP, and tells the application when the armed limit is passed.
    pub(crate) fn take(&self, wqe: &mut RecvWqe) -> bool {
        let mut queue = self.queue.lock();
        let taken = queue.take(wqe);
        let limit_reached = queue.poll_limit_event();
        drop(queue);
        if limit_reached {
            self.context
                .raise_srq_limit(self.user_handle.load(Ordering::Relaxed));
        }
        taken
    }

    /// Lets go of the domain, so that it can be destroyed next. Not when the object is dropped: a
    /// thread that looks after a QP just destroyed may hold that for a moment, and the QP this.
    pub(crate) fn release(&self) {
        self.pd.users.remove();
    }

    /// Arms the limit event.
    pub(crate) fn arm_limit(&self, limit: u32) -> Result<(), Errno> {
        if limit > self.max_wr {
            log_error!(
                "modify_srq: srq_limit {limit}, the queue holds {}",
                self.max_wr
            );
            return Err(Errno::EINVAL);
        }
        let mut queue = self.queue.lock();
        queue.arm_limit(limit);
        Ok(())
    }
}
