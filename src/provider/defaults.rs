//! The few operations whose default is more than a refusal.

use std::ffi::{c_int, c_uint, c_void};

use super::context::table;
use super::refuse::{self, set_errno};
use crate::abi::*;
use crate::base::errno::Errno;

/// Page-aligned memory of the process and a handle that describes it.
pub(super) unsafe extern "C" fn alloc_buf(
    pd: *mut ibv_pd,
    size: usize,
    buf: *mut *mut ibv_buf,
) -> *mut c_void {
    if buf.is_null() {
        set_errno(Errno::EINVAL);
        return std::ptr::null_mut();
    }
    // SAFETY: the call takes no pointer.
    let page_bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    let mut addr = std::ptr::null_mut();
    // SAFETY: `addr` is a place for a pointer; pages have a power of two of bytes.
    let failed = unsafe { libc::posix_memalign(&mut addr, page_bytes, size) };
    // SAFETY: any size may be asked for.
    let handle = unsafe { libc::malloc(size_of::<ibv_buf>()) }.cast::<ibv_buf>();
    if failed != 0 || handle.is_null() {
        if failed == 0 {
            // SAFETY: posix_memalign has just given it and nobody else knows it.
            unsafe { libc::free(addr) };
        }
        // SAFETY: NULL or just allocated.
        unsafe { libc::free(handle.cast()) };
        set_errno(Errno::ENOMEM);
        return std::ptr::null_mut();
    }
    // SAFETY: malloc gave room for the handle, aligned for any type.
    unsafe {
        handle.write(ibv_buf {
            addr,
            size,
            pd,
            dmabuf_fd: -1,
        })
    };
    // SAFETY: the caller gives a place for the handle.
    unsafe { buf.write(handle) };
    addr
}

/// Frees what `alloc_buf` gave.
pub(super) unsafe extern "C" fn free_buf(buf: *mut ibv_buf) {
    if buf.is_null() {
        return;
    }
    // SAFETY: a handle of `alloc_buf` that is still alive, so its address came from the C library.
    let addr = unsafe { (*buf).addr };
    // SAFETY: as above.
    unsafe { libc::free(addr) };
    // SAFETY: the handle itself came from malloc.
    unsafe { libc::free(buf.cast()) };
}

/// No order is promised for data inside a message.
pub(super) unsafe extern "C" fn not_in_order(_: *mut ibv_qp, _: ibv_wr_opcode, _: u32) -> c_int {
    0
}

pub(super) unsafe extern "C" fn no_dmabuf_fd(_: *mut ibv_dm) -> c_int {
    refuse::minus_one()
}

pub(super) unsafe extern "C" fn rereg_mr(
    _: *mut verbs_mr,
    _: c_int,
    _: *mut ibv_pd,
    _: *mut c_void,
    _: usize,
    _: c_int,
) -> c_int {
    refuse::errno();
    IBV_REREG_MR_ERR_INPUT
}

/// Registration by attributes, expressed by the two older operations: by address, or by descriptor,
/// offset and IOVA together. EINVAL for any other mixture, EOPNOTSUPP for what neither can express.
pub(super) unsafe extern "C" fn reg_mr_ex(
    pd: *mut ibv_pd,
    attr: *mut ibv_mr_init_attr,
) -> *mut ibv_mr {
    const ADDR: c_uint = IBV_REG_MR_MASK_ADDR;
    const IOVA: c_uint = IBV_REG_MR_MASK_IOVA;
    const BY_FD: c_uint = IBV_REG_MR_MASK_FD | IBV_REG_MR_MASK_FD_OFFSET;
    const BY_FD_AND_IOVA: c_uint = BY_FD | IOVA;
    const BY_ADDR_AND_IOVA: c_uint = ADDR | IOVA;

    // SAFETY: the caller has checked the pointer; it is read once.
    let attr = unsafe { attr.read() };
    // SAFETY: a live PD knows its context.
    let context = unsafe { (*pd).context };
    // SAFETY: the context is open as long as the PD lives.
    let table = unsafe { table(context) };
    // SAFETY: the table is readable as long as the context is open.
    let (reg_mr, reg_dmabuf_mr) = unsafe { ((*table).reg_mr, (*table).reg_dmabuf_mr) };
    let Some(mask) = u32::try_from(attr.comp_mask)
        .ok()
        .filter(|mask| mask & !(ADDR | BY_FD_AND_IOVA) == 0)
    else {
        return refuse::null().cast();
    };
    match (mask, reg_mr, reg_dmabuf_mr) {
        (ADDR | BY_ADDR_AND_IOVA, Some(reg_mr), _) => {
            let iova = if mask & IOVA != 0 {
                attr.iova
            } else {
                attr.addr as u64
            };
            // SAFETY: the obligations of the operation are the caller's, unchanged.
            unsafe { reg_mr(pd, attr.addr, attr.length, iova, attr.access) }
        }
        (BY_FD_AND_IOVA, _, Some(reg_dmabuf_mr)) => {
            let (offset, iova) = (attr.fd_offset, attr.iova);
            // SAFETY: as above.
            unsafe { reg_dmabuf_mr(pd, offset, attr.length, iova, attr.fd, attr.access) }
        }
        _ => {
            set_errno(Errno::EINVAL);
            std::ptr::null_mut()
        }
    }
}
