use std::ptr::null_mut;

use super::DEFAULTS;
use crate::abi::*;
use crate::base::errno::Errno;
use crate::provider::refuse::set_errno;

#[test]
fn defaults_refuse_by_the_convention_of_their_result() {
    set_errno(Errno(0));
    // SAFETY: refusals read no argument.
    let number = unsafe { DEFAULTS.poll_cq.expect("full")(null_mut(), 1, null_mut()) };
    assert_eq!(number, Errno::EOPNOTSUPP.0);
    assert_eq!(Errno::last(), Errno::EOPNOTSUPP);

    set_errno(Errno(0));
    // SAFETY: as above.
    assert!(unsafe { DEFAULTS.alloc_pd.expect("full")(null_mut()) }.is_null());
    assert_eq!(Errno::last(), Errno::EOPNOTSUPP);

    // SAFETY: as above.
    unsafe { DEFAULTS.cq_event.expect("full")(null_mut()) };

    set_errno(Errno(0));
    // SAFETY: as above.
    let code =
        unsafe { DEFAULTS.rereg_mr.expect("full")(null_mut(), 0, null_mut(), null_mut(), 0, 0) };
    assert_eq!(
        (code, Errno::last()),
        (IBV_REREG_MR_ERR_INPUT, Errno::EOPNOTSUPP)
    );

    // SAFETY: as above.
    let fd = unsafe { DEFAULTS.dm_export_dmabuf_fd.expect("full")(null_mut()) };
    assert_eq!(fd, -1);
    // SAFETY: as above.
    let in_order = unsafe { DEFAULTS.query_qp_data_in_order.expect("full")(null_mut(), 0, 0) };
    assert_eq!(in_order, 0);
}

#[test]
fn the_default_buffer_is_page_aligned_and_freed_by_its_counterpart() {
    let mut buf = null_mut();
    // SAFETY: the default keeps the PD without looking at it.
    let addr = unsafe { DEFAULTS.alloc_buf.expect("full")(null_mut(), 5000, &mut buf) };
    assert!(!addr.is_null() && (addr as usize).is_multiple_of(4096));
    // SAFETY: just made.
    let handle = unsafe { buf.read() };
    assert_eq!(
        (handle.addr, handle.size, handle.dmabuf_fd),
        (addr, 5000, -1)
    );
    // SAFETY: freed once.
    unsafe { DEFAULTS.free_buf.expect("full")(buf) };
    // SAFETY: as above; nothing at all may be asked for, and is freed all the same.
    let addr = unsafe { DEFAULTS.alloc_buf.expect("full")(null_mut(), 0, &mut buf) };
    assert!(!addr.is_null());
    // SAFETY: freed once.
    unsafe { DEFAULTS.free_buf.expect("full")(buf) };
    // SAFETY: no place for the handle.
    let addr = unsafe { DEFAULTS.alloc_buf.expect("full")(null_mut(), 5000, null_mut()) };
    assert!(addr.is_null());
}
