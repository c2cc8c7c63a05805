//! Memory windows.

use super::destroy::{Destroy, destroy};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::{DriverData, Method, Uverbs};

pub fn alloc(
    uverbs: &Uverbs,
    pd: u32,
    mw_type: ibv_mw_type,
    driver: DriverData,
) -> Result<ib_uverbs_alloc_mw_resp, Errno> {
    let request = ib_uverbs_alloc_mw {
        pd_handle: pd,
        mw_type: mw_type as u8,
        ..Zeroed::zeroed()
    };
    uverbs.write::<ibv_alloc_mw>(request, driver)
}

pub fn dealloc(uverbs: &Uverbs, handle: u32) -> Result<(), Errno> {
    let how = Destroy {
        object: UVERBS_OBJECT_MW,
        method: UVERBS_METHOD_MW_DESTROY,
        handle_attr: UVERBS_ATTR_DESTROY_MW_HANDLE,
    };
    let request = ib_uverbs_dealloc_mw { mw_handle: handle };
    destroy::<ibv_dealloc_mw>(uverbs, (Method::DeallocMw, how), handle, request)
}
