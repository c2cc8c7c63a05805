//! Protection domains.

use super::destroy::{Destroy, destroy};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::{DriverData, Method, Uverbs};

pub fn alloc(uverbs: &Uverbs, driver: DriverData) -> Result<ib_uverbs_alloc_pd_resp, Errno> {
    uverbs.write::<ibv_alloc_pd>(Zeroed::zeroed(), driver)
}

pub fn dealloc(uverbs: &Uverbs, handle: u32) -> Result<(), Errno> {
    let how = Destroy {
        object: UVERBS_OBJECT_PD,
        method: UVERBS_METHOD_PD_DESTROY,
        handle_attr: UVERBS_ATTR_DESTROY_PD_HANDLE,
    };
    let request = ib_uverbs_dealloc_pd { pd_handle: handle };
    destroy::<ibv_dealloc_pd>(uverbs, (Method::DeallocPd, how), handle, request)
}
