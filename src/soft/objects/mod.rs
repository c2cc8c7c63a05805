//! The embedded NIC's objects, free of C: what an `ibv_pd`, `ibv_cq`, `ibv_qp` … stands for.
//!
//! The C structs the application holds live in [`super::handle`]; each carries an `Arc` of the
//! object here. Objects count their users, so that destroying one that is in use is EBUSY.

mod ah;
mod cq;
mod mr;
mod pd;
mod qp;
mod srq;

pub(crate) use ah::Ah;
pub(crate) use cq::{Arm, Cq, Sender};
pub(crate) use mr::{Mr, Range};
pub(crate) use pd::Pd;
pub(crate) use qp::{Inner as QpInner, Parts as QpParts, Qp, QpGuard, Route};
pub(crate) use srq::Srq;

use crate::base::errno::Errno;
use crate::base::sync::{AtomicU32, Ordering};

/// ENOMEM where so much memory is not to be had: asked for what is allocated next without a way to
/// fail.
fn check_memory(bytes: usize) -> Result<(), Errno> {
    let mut probe = Vec::<u8>::new();
    probe
        .try_reserve_exact(bytes + SPARE_BYTES)
        .map_err(|_| Errno::ENOMEM.logged("no memory for the queues asked for"))
}

/// For the small parts of an object.
const SPARE_BYTES: usize = 1 << 20;

/// How many other objects hold this one.
#[derive(Debug, Default)]
pub(crate) struct Users(AtomicU32);

impl Users {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn remove(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// EBUSY while anybody holds the object.
    pub(crate) fn check_none(&self) -> Result<(), Errno> {
        // Acquire: whoever let go last has finished with the object.
        if self.0.load(Ordering::Acquire) == 0 {
            Ok(())
        } else {
            Err(Errno::EBUSY)
        }
    }
}
