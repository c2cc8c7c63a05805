//! The few operations whose default is more than a refusal.

use std::ffi::{c_int, c_uint, c_void};

use super::context::table;
use super::refuse::{self, set_errno};
use crate::abi::*;
use crate::base::errno::Errno;

const PAGE_BYTES: usize = 4096;

/// Page-aligned memory of the process and a handle that describes it.
pub(super) unsafe extern "C" fn alloc_buf(
    pd: *mut ibv_pd,
    size: usize,
    buf: *mut *mut ibv_buf,
) -> *mut c_void {
    if size == 0 || buf.is_null() {
        set_errno(Errno::EINVAL);
        return std::ptr::null_mut();
    }
    let mut addr = std::ptr::null_mut();
    // SAFETY: `addr` is a place for a pointer; the alignment is a power of two.
    let failed = unsafe { libc::posix_memalign(&mut addr, PAGE_BYTES, size) };
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

/// Registration by attributes, expressed by the two older operations.
pub(super) unsafe extern "C" fn reg_mr_ex(
    pd: *mut ibv_pd,
    attr: *mut ibv_mr_init_attr,
) -> *mut ibv_mr {
    const BY_ADDRESS: c_uint = IBV_REG_MR_MASK_ADDR;
    const BY_FD: c_uint = IBV_REG_MR_MASK_FD | IBV_REG_MR_MASK_FD_OFFSET;

    // SAFETY: the caller has checked the pointer; it is read once.
    let attr = unsafe { attr.read() };
    // SAFETY: a live PD knows its context.
    let context = unsafe { (*pd).context };
    // SAFETY: the context is open as long as the PD lives.
    let table = unsafe { table(context) };
    let given = |mask: c_uint| attr.comp_mask & u64::from(mask) != 0;
    let kind = attr.comp_mask & !u64::from(IBV_REG_MR_MASK_IOVA);
    if kind == u64::from(BY_ADDRESS) {
        let iova = if given(IBV_REG_MR_MASK_IOVA) {
            attr.iova
        } else {
            attr.addr as u64
        };
        // SAFETY: the table is readable as long as the context is open.
        let reg_mr = unsafe { (*table).reg_mr };
        if let Some(reg_mr) = reg_mr {
            // SAFETY: the obligations of the operation are the caller's, unchanged.
            return unsafe { reg_mr(pd, attr.addr, attr.length, iova, attr.access) };
        }
    } else if given(IBV_REG_MR_MASK_FD) && kind & !u64::from(BY_FD) == 0 {
        let offset = if given(IBV_REG_MR_MASK_FD_OFFSET) {
            attr.fd_offset
        } else {
            0
        };
        let iova = if given(IBV_REG_MR_MASK_IOVA) {
            attr.iova
        } else {
            offset
        };
        // SAFETY: as above.
        let reg_dmabuf_mr = unsafe { (*table).reg_dmabuf_mr };
        if let Some(reg_dmabuf_mr) = reg_dmabuf_mr {
            // SAFETY: the obligations of the operation are the caller's, unchanged.
            return unsafe { reg_dmabuf_mr(pd, offset, attr.length, iova, attr.fd, attr.access) };
        }
    }
    refuse::null().cast()
}
