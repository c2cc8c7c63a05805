//! Memory regions: an entry of the process's key table that lives as long as the object.

use super::Pd;
use crate::base::errno::Errno;
use crate::engine::types::Access;
use crate::link::local::{AccessTo, MrEntry};
use crate::soft::process::Process;
use crate::soft::quota::Permit;
use std::sync::Arc;

/// A registered region. The key table entry is the region; this object owns it.
pub(crate) struct Mr {
    process: Arc<Process>,
    pd: Arc<Pd>,
    /// lkey and rkey alike.
    pub(crate) key: u32,
    _permit: Permit,
}

impl Mr {
    pub(crate) fn register(
        process: &Arc<Process>,
        pd: Arc<Pd>,
        range: Range,
        access: Access,
    ) -> Result<Mr, Errno> {
        let permit = process.quotas.mrs.take()?;
        let key = process.endpoint.table().insert(&MrEntry {
            addr: range.addr,
            len_bytes: range.len_bytes,
            iova: range.iova,
            access: access.bits(),
            pd: pd.id,
        })?;
        pd.users.add();
        Ok(Mr {
            process: process.clone(),
            pd,
            key,
            _permit: permit,
        })
    }
}

impl Drop for Mr {
    /// After this nobody touches the memory by this key: accesses in flight have ended.
    fn drop(&mut self) {
        // The table is the parent's in a forked child, and not mapped there.
        if !self.process.is_inherited() {
            let endpoint = &self.process.endpoint;
            endpoint.table().remove(self.key);
            endpoint.wait_for_accesses(AccessTo::Key(self.key));
        }
        self.pd.users.remove();
    }
}

/// Where a region lies, and at which address work requests speak of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    pub(crate) addr: u64,
    pub(crate) len_bytes: u64,
    pub(crate) iova: u64,
}
