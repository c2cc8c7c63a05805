use super::*;

#[test]
fn errno_survives_success_whatever_ran_in_between() {
    set_errno(Errno::EPIPE);
    let body = || {
        set_errno(Errno::EAGAIN);
        Ok(0)
    };
    assert_eq!(errno(body), 0);
    assert_eq!(Errno::last(), Errno::EPIPE);
    assert_eq!(minus_one(body), 0);
    assert_eq!(Errno::last(), Errno::EPIPE);
    let mut place = 0;
    let pointer = &raw mut place;
    assert_eq!(null(|| body().map(|_| pointer)), pointer);
    assert_eq!(Errno::last(), Errno::EPIPE);
}

#[test]
fn each_convention_has_its_failure() {
    set_errno(Errno(0));
    assert_eq!(errno(|| Err(Errno::EBUSY)), Errno::EBUSY.0);
    assert_eq!(Errno::last(), Errno::EBUSY);
    assert_eq!(errno(|| Ok(Errno::ENOSPC.0)), Errno::ENOSPC.0);
    assert_eq!(Errno::last(), Errno::ENOSPC);
    assert_eq!(minus_one(|| Err(Errno::EBADF)), -1);
    assert_eq!(Errno::last(), Errno::EBADF);
    assert!(null::<u8>(|| Err(Errno::ENOMEM)).is_null());
    assert_eq!(Errno::last(), Errno::ENOMEM);
    assert_eq!(negative(|| Err(Errno::EINVAL)), -(Errno::EINVAL.0 as isize));
    assert_eq!(value(7, || Err(Errno::EINVAL)), 7);
}

#[test]
fn what_an_operation_left_in_errno_is_kept_with_its_null() {
    let pointer = null::<u8>(|| {
        set_errno(Errno::EMFILE);
        Ok(std::ptr::null_mut())
    });
    assert!(pointer.is_null());
    assert_eq!(Errno::last(), Errno::EMFILE);
}

#[test]
fn a_panic_becomes_the_failure_value() {
    let bug = || -> c_int { panic!("a defect of the test's own") };
    assert_eq!(errno(|| Ok(bug())), Errno::EIO.0);
    assert_eq!(minus_one(|| Ok(bug())), -1);
    assert_eq!(Errno::last(), Errno::EIO);
    nothing(|| {
        bug();
        Ok(())
    });
}
