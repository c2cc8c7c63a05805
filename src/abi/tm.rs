//! Headers of hardware tag matching.

use super::*;

/// Operation of a tag matching header.
pub type ibv_tmh_op = u32;
pub const IBV_TMH_NO_TAG: ibv_tmh_op = 0;
pub const IBV_TMH_RNDV: ibv_tmh_op = 1;
pub const IBV_TMH_FIN: ibv_tmh_op = 2;
pub const IBV_TMH_EAGER: ibv_tmh_op = 3;

/// Tag matching header.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_tmh {
    pub opcode: u8,
    pub reserved: [u8; 3],
    pub app_ctx: __be32,
    pub tag: __be64,
}

/// Rendezvous header: where the sender keeps the message.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ibv_rvh {
    pub va: __be64,
    pub rkey: __be32,
    pub len: __be32,
}
