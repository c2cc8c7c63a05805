//! The device's limits, enforced: what `ibv_query_device` promises can be made, and no more.

use super::limits;
use crate::base::errno::Errno;
use crate::base::sync::{AtomicU32, Ordering};
use crate::log_error;
use std::sync::Arc;

/// How many objects of one kind there may be.
#[derive(Debug)]
pub(crate) struct Quota {
    what: &'static str,
    limit: u32,
    taken: AtomicU32,
}

/// The right to one object; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Permit(Arc<Quota>);

impl Quota {
    fn new(what: &'static str, limit: u32) -> Arc<Quota> {
        Arc::new(Quota {
            what,
            limit,
            taken: AtomicU32::new(0),
        })
    }

    /// ENOMEM when the limit is reached.
    pub(crate) fn take(self: &Arc<Quota>) -> Result<Permit, Errno> {
        let more = |taken: u32| (taken < self.limit).then_some(taken + 1);
        if self
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_err()
        {
            log_error!("the device has at most {} {}", self.limit, self.what);
            return Err(Errno::ENOMEM);
        }
        Ok(Permit(self.clone()))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.taken.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The quotas of a process.
pub(crate) struct Quotas {
    pub(crate) pds: Arc<Quota>,
    pub(crate) mrs: Arc<Quota>,
    pub(crate) ahs: Arc<Quota>,
    pub(crate) cqs: Arc<Quota>,
    pub(crate) srqs: Arc<Quota>,
    pub(crate) qps: Arc<Quota>,
}

impl Default for Quotas {
    fn default() -> Quotas {
        Quotas {
            pds: Quota::new("protection domains", limits::MAX_PD),
            mrs: Quota::new("memory regions", limits::MAX_MR),
            ahs: Quota::new("address handles", limits::MAX_AH),
            cqs: Quota::new("completion queues", limits::MAX_CQ),
            srqs: Quota::new("shared receive queues", limits::MAX_SRQ),
            qps: Quota::new("queue pairs", limits::MAX_QP),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_quota_refuses_until_something_is_given_back() {
        let quota = Quota::new("things", 2);
        let first = quota.take().unwrap();
        let _second = quota.take().unwrap();
        assert_eq!(quota.take().unwrap_err(), Errno::ENOMEM);
        drop(first);
        assert!(quota.take().is_ok());
    }
}
