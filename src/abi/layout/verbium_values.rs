//! Constants of the extensions.
//! Written by c-tests/layout/asserts.py from verbium.tsv; not edited by hand.

use crate::abi::*;

values! { ibv_extension_type: 4, false;
    IBV_EXTENSION_COMMON 0, IBV_EXTENSION_VENDOR 1, IBV_EXTENSION_OFA 2, IBV_EXTENSION_RDMA_CM 3,
}
