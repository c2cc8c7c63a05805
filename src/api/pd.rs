//! Protection domains, buffers allocated for registration, and direct-access handles.

use std::ffi::{c_int, c_void};

use super::gate::{self, Owned, forward, op};
use crate::abi::*;

/// `man ibv_alloc_pd(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_alloc_pd(context: *mut ibv_context) -> *mut ibv_pd {
    gate::null(|| {
        // SAFETY: the promise *object*.
        let context = unsafe { context.context() }?;
        let alloc_pd = op!(context, alloc_pd);
        // SAFETY: the provider's own operation on its own context.
        let pd = unsafe { alloc_pd(context) };
        if !pd.is_null() {
            // SAFETY: just made by the provider; the application has not seen it yet.
            unsafe { (*pd).context = context };
        }
        Ok(pd)
    })
}

/// `man ibv_alloc_dmah(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_alloc_dmah(
    context: *mut ibv_context,
    attr: *mut ibv_dmah_init_attr,
) -> *mut ibv_dmah {
    gate::null(|| {
        gate::not_null(attr)?;
        // SAFETY: the promise *object*.
        let context = unsafe { context.context() }?;
        let alloc_dmah = op!(context, alloc_dmah);
        // SAFETY: the provider's own operation, with the caller's promises.
        let dmah = unsafe { alloc_dmah(context, attr) };
        if !dmah.is_null() {
            // SAFETY: just made by the provider; the application has not seen it yet.
            unsafe { (*dmah).context = context };
        }
        Ok(dmah)
    })
}

/// `man ibv_free_buf(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_free_buf(buf: *mut ibv_buf) {
    gate::nothing(|| {
        gate::not_null(buf)?;
        // SAFETY: the promise *object*.
        let pd = unsafe { (*buf).pd };
        // SAFETY: a buffer keeps its PD.
        let context = unsafe { pd.context() }?;
        let free_buf = op!(context, free_buf);
        // SAFETY: the operation that matches the one which allocated.
        unsafe { free_buf(buf) };
        Ok(())
    });
}

/// `man ibv_export_buf_dmabuf_fd(3)`: −1 with `ENODATA` where the buffer is no dma-buf.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_export_buf_dmabuf_fd(buf: *mut ibv_buf) -> c_int {
    gate::minus_one(|| {
        gate::not_null(buf)?;
        // SAFETY: the promise *object*.
        let fd = unsafe { (*buf).dmabuf_fd };
        if fd < 0 {
            return Err(crate::base::errno::Errno::ENODATA);
        }
        // SAFETY: the descriptor is the buffer's and open.
        let copy = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0) };
        Ok(copy)
    })
}

forward! {
    /// `man ibv_dealloc_pd(3)`.
    ibv_dealloc_pd(pd: *mut ibv_pd) -> c_int = errno dealloc_pd;
    /// `man ibv_alloc_buf(3)`.
    ibv_alloc_buf(pd: *mut ibv_pd, size: usize, buf: *mut *mut ibv_buf) -> *mut c_void
        = null alloc_buf, needs buf;
    /// `man ibv_dealloc_dmah(3)`.
    ibv_dealloc_dmah(dmah: *mut ibv_dmah) -> c_int = errno dealloc_dmah;
    /// `man ibv_dm_export_dmabuf_fd(3)`.
    ibv_dm_export_dmabuf_fd(dm: *mut ibv_dm) -> c_int = minus_one dm_export_dmabuf_fd;
}
