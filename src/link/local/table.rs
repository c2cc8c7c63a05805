//! Keys and QPs of a process, in memory its trusted peers may read.

use crate::base::errno::Errno;
use crate::base::ids::{PdId, Qpn};

/// A memory region. `access` has the bits of `enum ibv_access_flags`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MrEntry {
    pub pd: PdId,
    pub access: u32,
    /// What the consumer calls its first byte (`hca_va`, 0 for zero-based regions).
    pub iova: u64,
    pub len_bytes: u64,
    /// Where the first byte is.
    pub addr: u64,
}

/// What a peer has to know of a QP that takes requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QpEntry {
    pub pd: PdId,
    pub dest_qpn: Qpn,
    /// `qp_access_flags`, bits of `enum ibv_access_flags`.
    pub access: u32,
}

/// Why a key check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFail {
    /// No such key, or another protection domain.
    Key,
    /// Outside the region.
    Bounds,
    /// The region does not grant the right.
    Rights,
}

/// The owner's side.
pub struct Table {
    _private: (),
}

impl Table {
    /// Adds a region under a new unpredictable key (lkey and rkey alike).
    pub fn insert(&self, entry: &MrEntry) -> Result<u32, Errno> {
        let _ = entry;
        Err(Errno::EOPNOTSUPP)
    }

    /// Takes a key back; follow with `Endpoint::wait_for_accesses`. False: there was none.
    pub fn remove(&self, key: u32) -> bool {
        let _ = key;
        false
    }

    /// May `pd` touch `len_bytes` at `va` by this key, with all rights in `need`? Gives the address.
    #[inline]
    pub fn check(
        &self,
        pd: PdId,
        key: u32,
        va: u64,
        len_bytes: u64,
        need: u32,
    ) -> Result<u64, KeyFail> {
        let _ = (pd, key, va, len_bytes, need);
        Err(KeyFail::Key)
    }

    /// Lets trusted peers access memory for this QP. The QPN's slot must be ours.
    pub fn publish_qp(&self, qpn: Qpn, entry: &QpEntry) {
        let _ = (qpn, entry);
    }

    /// Ends that; follow with `Endpoint::wait_for_accesses`.
    pub fn retract_qp(&self, qpn: Qpn) {
        let _ = qpn;
    }
}
