//! Queue pairs, multicast membership, and enhanced connection establishment.

use std::ffi::c_int;
use std::mem::offset_of;
use std::ptr::null_mut;

use super::gate::{self, Owned, forward, not_null, op};
use crate::abi::*;
use crate::base::errno::Errno;

/// `man ibv_modify_qp(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_modify_qp(
    qp: *mut ibv_qp,
    attr: *mut ibv_qp_attr,
    attr_mask: c_int,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let context = unsafe { qp.context() }?;
        let modify_qp = op!(context, modify_qp);
        // SAFETY: the provider's own operation, with the caller's promises.
        let failed = unsafe { modify_qp(qp, attr, attr_mask) };
        if failed == 0 {
            // SAFETY: both alive; the state is the application's copy of what it asked for.
            unsafe { note_state(qp, attr, attr_mask) };
        }
        Ok(failed)
    })
}

/// `man ibv_query_qp(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_query_qp(
    qp: *mut ibv_qp,
    attr: *mut ibv_qp_attr,
    attr_mask: c_int,
    init_attr: *mut ibv_qp_init_attr,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        not_null(init_attr)?;
        // SAFETY: the promise *object*.
        let context = unsafe { qp.context() }?;
        let query_qp = op!(context, query_qp);
        // SAFETY: the provider's own operation, with the caller's promises.
        let failed = unsafe { query_qp(qp, attr, attr_mask, init_attr) };
        if failed == 0 {
            // SAFETY: both alive; the operation has filled what was asked for.
            unsafe { note_state(qp, attr, attr_mask) };
        }
        Ok(failed)
    })
}

/// Keeps the state applications read from the object in step.
///
/// # Safety
/// Both pointers are valid.
unsafe fn note_state(qp: *mut ibv_qp, attr: *mut ibv_qp_attr, attr_mask: c_int) {
    if attr_mask as u32 & IBV_QP_STATE != 0 {
        // SAFETY: valid by contract.
        unsafe { (*qp).state = (*attr).qp_state };
    }
}

/// `man ibv_qp_to_qp_ex(3)`: the same object, if it was created with extended send operations.
///
/// The mark lies behind `ibv_qp_ex`, which grew twice within one private generation. At the older
/// place stands either the mark (1 to 3) or, in newer layouts, a function pointer or NULL; so both
/// can be read without knowing who made the object.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_qp_to_qp_ex(qp: *mut ibv_qp) -> *mut ibv_qp_ex {
    const NEW_PLACE: usize = offset_of!(verbs_qp, comp_mask);
    const OLD_PLACE: usize = NEW_PLACE - size_of::<u64>();
    const LARGEST_MARK: u64 = (VERBS_QP_XRCD | VERBS_QP_EX) as u64;

    gate::value(null_mut(), || {
        not_null(qp)?;
        // SAFETY: objects that may be asked this were allocated as `verbs_qp`.
        let old = unsafe { qp.byte_add(OLD_PLACE).cast::<u64>().read() };
        // SAFETY: as above.
        let new = unsafe { qp.byte_add(NEW_PLACE).cast::<u32>().read() };
        let mark = if (1..=LARGEST_MARK).contains(&old) {
            old as u32
        } else {
            new
        };
        Ok(if mark & VERBS_QP_EX != 0 {
            qp.cast()
        } else {
            null_mut()
        })
    })
}

/// `man ibv_set_ece(3)`: nothing can be negotiated without a vendor.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_set_ece(qp: *mut ibv_qp, ece: *mut ibv_ece) -> c_int {
    gate::errno(|| {
        not_null(ece)?;
        // SAFETY: the promise *argument*.
        if unsafe { (*ece).vendor_id } == 0 {
            return Err(Errno::EOPNOTSUPP);
        }
        // SAFETY: the promise *object*.
        let context = unsafe { qp.context() }?;
        let set_ece = op!(context, set_ece);
        // SAFETY: the provider's own operation, with the caller's promises.
        Ok(unsafe { set_ece(qp, ece) })
    })
}

/// `man ibv_query_qp_data_in_order(3)`: 0 unless the provider says otherwise, and for flags nobody
/// knows.
///
/// With `IBV_QUERY_QP_DATA_IN_ORDER_RETURN_CAPS` the capabilities, else whether whole messages are
/// in order. What a CPU of another architecture sees is unknown, so only x86 gets a yes unless the
/// device alone is asked about.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_query_qp_data_in_order(
    qp: *mut ibv_qp,
    opcode: ibv_wr_opcode,
    flags: u32,
) -> c_int {
    const RETURN_CAPS: u32 = IBV_QUERY_QP_DATA_IN_ORDER_RETURN_CAPS;
    const DEVICE_ONLY: u32 = IBV_QUERY_QP_DATA_IN_ORDER_DEVICE_ONLY;
    const IS_KNOWN_CPU: bool = cfg!(any(target_arch = "x86", target_arch = "x86_64"));

    gate::value(0, || {
        let is_known = flags & !(RETURN_CAPS | DEVICE_ONLY) == 0;
        if !is_known || !(IS_KNOWN_CPU || flags & DEVICE_ONLY != 0) {
            return Ok(0);
        }
        // SAFETY: the promise *object*.
        let context = unsafe { qp.context() }?;
        let query = op!(context, query_qp_data_in_order);
        // SAFETY: the provider's own operation, with the caller's promises.
        let mut caps = unsafe { query(qp, opcode, flags) } as u32;
        if caps & IBV_QUERY_QP_DATA_IN_ORDER_WHOLE_MSG != 0 {
            caps |= IBV_QUERY_QP_DATA_IN_ORDER_ALIGNED_128_BYTES;
        }
        Ok(if flags & RETURN_CAPS != 0 {
            caps as c_int
        } else {
            c_int::from(caps & IBV_QUERY_QP_DATA_IN_ORDER_WHOLE_MSG != 0)
        })
    })
}

forward! {
    /// `man ibv_create_qp(3)`; the provider sets all members of the object.
    ibv_create_qp(pd: *mut ibv_pd, init_attr: *mut ibv_qp_init_attr) -> *mut ibv_qp
        = null create_qp, needs init_attr;
    /// `man ibv_destroy_qp(3)`.
    ibv_destroy_qp(qp: *mut ibv_qp) -> c_int = errno destroy_qp;
    /// `man ibv_query_ece(3)`.
    ibv_query_ece(qp: *mut ibv_qp, ece: *mut ibv_ece) -> c_int = errno query_ece, needs ece;
    /// `man ibv_attach_mcast(3)`.
    ibv_attach_mcast(qp: *mut ibv_qp, gid: *const ibv_gid, lid: u16) -> c_int
        = errno attach_mcast, needs gid;
    /// `man ibv_detach_mcast(3)`.
    ibv_detach_mcast(qp: *mut ibv_qp, gid: *const ibv_gid, lid: u16) -> c_int
        = errno detach_mcast, needs gid;
}
