//! Membership of queue pairs in multicast groups.

use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::{DriverData, Uverbs};

pub fn attach(uverbs: &Uverbs, qp: u32, gid: [u8; 16], mlid: u16) -> Result<(), Errno> {
    let request = ib_uverbs_attach_mcast {
        gid,
        qp_handle: qp,
        mlid,
        ..Zeroed::zeroed()
    };
    uverbs.write::<ibv_attach_mcast>(request, DriverData::NONE)?;
    Ok(())
}

pub fn detach(uverbs: &Uverbs, qp: u32, gid: [u8; 16], mlid: u16) -> Result<(), Errno> {
    let request = ib_uverbs_detach_mcast {
        gid,
        qp_handle: qp,
        mlid,
        ..Zeroed::zeroed()
    };
    uverbs.write::<ibv_detach_mcast>(request, DriverData::NONE)?;
    Ok(())
}
