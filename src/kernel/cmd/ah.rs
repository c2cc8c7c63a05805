//! Address handles.

use super::destroy::{Destroy, destroy};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::{DriverData, Method, Uverbs};

/// `user_handle` is the address of the C object.
pub fn create(
    uverbs: &Uverbs,
    pd: u32,
    user_handle: u64,
    attr: &ibv_ah_attr,
    driver: DriverData,
) -> Result<ib_uverbs_create_ah_resp, Errno> {
    let request = ib_uverbs_create_ah {
        user_handle,
        pd_handle: pd,
        attr: address(attr),
        ..Zeroed::zeroed()
    };
    uverbs.write::<ibv_create_ah>(request, driver)
}

fn address(attr: &ibv_ah_attr) -> ib_uverbs_ah_attr {
    ib_uverbs_ah_attr {
        grh: ib_uverbs_global_route {
            // SAFETY: a GID is 16 bytes however it is looked at.
            dgid: unsafe { attr.grh.dgid.raw },
            flow_label: attr.grh.flow_label,
            sgid_index: attr.grh.sgid_index,
            hop_limit: attr.grh.hop_limit,
            traffic_class: attr.grh.traffic_class,
            reserved: 0,
        },
        dlid: attr.dlid,
        sl: attr.sl,
        src_path_bits: attr.src_path_bits,
        static_rate: attr.static_rate,
        is_global: attr.is_global,
        port_num: attr.port_num,
        reserved: 0,
    }
}

pub fn destroy_ah(uverbs: &Uverbs, handle: u32) -> Result<(), Errno> {
    let how = Destroy {
        object: UVERBS_OBJECT_AH,
        method: UVERBS_METHOD_AH_DESTROY,
        handle_attr: UVERBS_ATTR_DESTROY_AH_HANDLE,
    };
    let request = ib_uverbs_destroy_ah { ah_handle: handle };
    destroy::<ibv_destroy_ah>(uverbs, (Method::DestroyAh, how), handle, request)
}
