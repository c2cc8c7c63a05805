//! Protection domains.

use super::Users;
use crate::base::ids::PdId;
use crate::base::sync::{AtomicU32, Ordering};
use crate::soft::quota::Permit;

/// A protection domain: a number that keys, queue pairs and windows must share.
#[derive(Debug)]
pub(crate) struct Pd {
    pub(crate) id: PdId,
    /// Regions, queue pairs, shared receive queues and address handles made in it.
    pub(crate) users: Users,
    _permit: Permit,
}

impl Pd {
    pub(crate) fn new(permit: Permit) -> Pd {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Pd {
            id: PdId(NEXT.fetch_add(1, Ordering::Relaxed)),
            users: Users::default(),
            _permit: permit,
        }
    }
}
