use std::ptr::null;

use super::*;
use crate::provider::fake;

fn registration(name: &CStr) -> ibv_ext_registration {
    static TABLE: ibv_ext_ops = ibv_ext_ops {
        size: size_of::<ibv_ext_ops>() as u32,
        version: 7,
    };
    // The texts are copied, so the name needs to live no longer than the call.
    ibv_ext_registration {
        size: size_of::<ibv_ext_registration>(),
        provider: embedded::PROVIDER.as_ptr(),
        name: name.as_ptr(),
        device_ops: &TABLE,
        context_ops: null(),
        have: None,
    }
}

fn register_one(registration: &ibv_ext_registration) -> Result<(), Errno> {
    // SAFETY: a whole registration, or one that is refused before more is read.
    unsafe { register(registration) }
}

#[test]
fn what_offers_nothing_is_refused() {
    // SAFETY: NULL is refused.
    assert_eq!(unsafe { register(null()) }, Err(Errno::EINVAL));
    let good = registration(c"refused");
    let bad = [
        ibv_ext_registration {
            size: size_of::<ibv_ext_registration>() - 1,
            ..good
        },
        ibv_ext_registration {
            provider: null(),
            ..good
        },
        ibv_ext_registration {
            name: null(),
            ..good
        },
        ibv_ext_registration {
            name: c"".as_ptr(),
            ..good
        },
        ibv_ext_registration {
            device_ops: null(),
            ..good
        },
        ibv_ext_registration {
            device_ops: &ibv_ext_ops {
                size: 4,
                version: 1,
            },
            ..good
        },
    ];
    for registration in &bad {
        assert_eq!(register_one(registration), Err(Errno::EINVAL));
    }
    let device = fake::device();
    assert_eq!(find(&device, c"refused").err(), Some(Errno::ENOSYS));
}

#[test]
fn a_name_is_taken_once_for_each_provider() {
    let twice = registration(c"twice");
    assert_eq!(register_one(&twice), Ok(()));
    assert_eq!(register_one(&twice), Err(Errno::EEXIST));
    let elsewhere = ibv_ext_registration {
        provider: c"another".as_ptr(),
        ..twice
    };
    assert_eq!(register_one(&elsewhere), Ok(()));
    // The NIC's own name is its own.
    let own = registration(embedded::EXTENSION);
    assert_eq!(register_one(&own), Err(Errno::EEXIST));
    let device = fake::device();
    let tables = find(&device, c"twice").expect("registered");
    assert!(tables.context_ops.is_null());
    // SAFETY: the table of `registration`.
    assert_eq!(unsafe { (*tables.device_ops).version }, 7);
}

#[test]
fn a_device_may_lack_what_its_provider_offers() {
    unsafe extern "C" fn no(_: *mut ibv_device) -> c_int {
        0
    }
    let some = ibv_ext_registration {
        have: Some(no),
        ..registration(c"on some devices")
    };
    assert_eq!(register_one(&some), Ok(()));
    let device = fake::device();
    assert_eq!(find(&device, c"on some devices").err(), Some(Errno::ENOSYS));
    let other = ibv_ext_registration {
        provider: c"another".as_ptr(),
        ..registration(c"of another")
    };
    assert_eq!(register_one(&other), Ok(()));
    assert_eq!(find(&device, c"of another").err(), Some(Errno::ENOSYS));
}
