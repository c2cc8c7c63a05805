//! XRC domains.

use std::ffi::c_int;

use super::destroy::{Destroy, destroy};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::{DriverData, Method, Uverbs};

/// The file that names the domain between processes (−1: none), and how to open the domain.
pub fn open(
    uverbs: &Uverbs,
    fd: c_int,
    oflags: c_int,
    driver: DriverData,
) -> Result<ib_uverbs_open_xrcd_resp, Errno> {
    let request = ib_uverbs_open_xrcd {
        fd: fd as u32,
        oflags: oflags as u32,
        ..Zeroed::zeroed()
    };
    uverbs.write::<ibv_open_xrcd>(request, driver)
}

pub fn close(uverbs: &Uverbs, handle: u32) -> Result<(), Errno> {
    let how = Destroy {
        object: UVERBS_OBJECT_XRCD,
        method: UVERBS_METHOD_XRCD_DESTROY,
        handle_attr: UVERBS_ATTR_DESTROY_XRCD_HANDLE,
    };
    let request = ib_uverbs_close_xrcd {
        xrcd_handle: handle,
    };
    destroy::<ibv_close_xrcd>(uverbs, (Method::CloseXrcd, how), handle, request)
}
