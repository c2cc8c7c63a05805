//! Address handles.

use super::Pd;
use crate::engine::types::AddressVector;
use crate::soft::quota::Permit;
use std::sync::Arc;

/// A resolved destination of datagrams.
#[derive(Debug)]
pub(crate) struct Ah {
    pub(crate) pd: Arc<Pd>,
    pub(crate) av: AddressVector,
    _permit: Permit,
}

impl Ah {
    pub(crate) fn new(pd: Arc<Pd>, av: AddressVector, permit: Permit) -> Ah {
        pd.users.add();
        Ah {
            pd,
            av,
            _permit: permit,
        }
    }
}

impl Drop for Ah {
    fn drop(&mut self) {
        self.pd.users.remove();
    }
}
