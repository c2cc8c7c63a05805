//! Indirection tables over work queues.

use super::destroy::{Destroy, destroy};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::reserve::room_for;
use crate::kernel::{DriverData, Method, Uverbs};

/// Requests of the extended form are made of words of this many bytes.
const WORD: usize = 8;

/// `queues` has 2 to the power of `log_size` handles.
pub fn create(
    uverbs: &Uverbs,
    log_size: u32,
    queues: &[u32],
    driver: DriverData,
) -> Result<ib_uverbs_ex_create_rwq_ind_table_resp, Errno> {
    let mut request = room_for(WORD + size_of_val(queues) + WORD)?;
    request.extend(0u32.to_ne_bytes());
    request.extend(log_size.to_ne_bytes());
    request.extend(queues.iter().flat_map(|queue| queue.to_ne_bytes()));
    request.resize(request.len().next_multiple_of(WORD), 0);
    let response: ib_uverbs_ex_create_rwq_ind_table_resp =
        uverbs.write_list::<ibv_create_rwq_ind_table>(&mut request, driver)?;
    if (response.response_length as usize) < size_of_val(&response) {
        crate::log_warn!("the kernel says nothing of the indirection table it has made");
        return Err(Errno::EINVAL);
    }
    Ok(response)
}

pub fn destroy_table(uverbs: &Uverbs, handle: u32) -> Result<(), Errno> {
    let how = Destroy {
        object: UVERBS_OBJECT_RWQ_IND_TBL,
        method: UVERBS_METHOD_RWQ_IND_TBL_DESTROY,
        handle_attr: UVERBS_ATTR_DESTROY_RWQ_IND_TBL_HANDLE,
    };
    let request = ib_uverbs_ex_destroy_rwq_ind_table {
        comp_mask: 0,
        ind_tbl_handle: handle,
    };
    destroy::<ibv_destroy_rwq_ind_table>(uverbs, (Method::DestroyAh, how), handle, request)
}
