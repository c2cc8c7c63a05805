use std::ptr::{null, null_mut};

use super::*;
use crate::api::device;
use crate::provider::fake;
use crate::provider::refuse::set_errno;

/// Runs one call; the blocks of these tests all have the same argument.
macro_rules! call {
    ($($call:tt)*) => {
        // SAFETY: the promises of `gate`: NULL, or objects and texts of the test's own.
        unsafe { $($call)* }
    };
}

const OWN: *const c_char = c"verbium".as_ptr();
const UNKNOWN: *const c_char = c"unknown".as_ptr();

#[test]
fn the_nic_has_its_own_and_nothing_unknown() {
    let context = fake::opened();
    let device = call!((*context).device);
    assert_eq!(call!(ibv_have_ext_ops(device, OWN)), 0);
    let of_device = call!(ibv_get_device_ext_ops(device, OWN)).cast::<verbium_device_ops>();
    let of_context = call!(ibv_get_ext_ops(context, OWN)).cast::<verbium_context_ops>();
    let heads = call!(((*of_device).ops, (*of_context).ops));
    assert_eq!(heads.0.size as usize, size_of::<verbium_device_ops>());
    assert_eq!(heads.1.size as usize, size_of::<verbium_context_ops>());
    assert!(heads.0.version >= 1 && heads.1.version >= 1);

    assert_eq!(call!(ibv_have_ext_ops(device, UNKNOWN)), libc::ENOSYS);
    for table in [
        call!(ibv_get_device_ext_ops(device, UNKNOWN)),
        call!(ibv_get_ext_ops(context, UNKNOWN)),
    ] {
        assert!(table.is_null());
        assert_eq!(Errno::last(), Errno::ENOSYS);
    }
    assert_eq!(call!(device::ibv_close_device(context)), 0);
}

#[test]
fn null_is_einval() {
    let context = fake::opened();
    let device = call!((*context).device);
    for answer in [
        call!(ibv_have_ext_ops(null_mut(), OWN)),
        call!(ibv_have_ext_ops(device, null())),
        call!(ibv_register_ext_ops(null())),
    ] {
        assert_eq!(answer, libc::EINVAL);
    }
    for ask in [
        || call!(ibv_get_device_ext_ops(null_mut(), OWN)),
        || call!(ibv_get_ext_ops(null_mut(), OWN)),
    ] {
        set_errno(Errno(0));
        assert!(ask().is_null());
        assert_eq!(Errno::last(), Errno::EINVAL);
    }
    assert!(call!(ibv_get_device_ext_ops(device, null())).is_null());
    assert!(call!(ibv_get_ext_ops(context, null())).is_null());
    assert_eq!(Errno::last(), Errno::EINVAL);
    assert_eq!(call!(device::ibv_close_device(context)), 0);
}
