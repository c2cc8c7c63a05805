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
use crate::log_error;
use std::collections::TryReserveError;

/// ENOMEM unless the queues of an object were reserved. Its small parts are allocated without a way
/// to fail: `base/reserve` has them.
fn check_memory<T>(queues: Result<T, TryReserveError>) -> Result<T, Errno> {
    queues.map_err(|_| Errno::ENOMEM.logged("no memory for the queues asked for"))
}

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
        match self.0.load(Ordering::Acquire) {
            0 => Ok(()),
            count => {
                log_error!("the object is in use, by {count} others");
                Err(Errno::EBUSY)
            }
        }
    }
}
