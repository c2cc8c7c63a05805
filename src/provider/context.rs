//! The private part of a context and how everybody finds it.
//!
//! In every generation of the provider interface `priv` lies 112 bytes before the `ibv_context`
//! an application holds, and `sz` 8 bytes before it; so the public functions reach the private
//! state without knowing who made the context. Called by whoever makes contexts (`embedded`, and
//! plug-ins through the private symbols) and by every public function.

use std::ffi::c_int;
use std::mem::offset_of;

use super::device::DeviceRef;
use super::ops;
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::Uverbs;

/// The layouts of the provider interface a context may be built on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Releases 36 to 56: 648 bytes of `verbs_context`, 76 operations.
    Pabi34,
    /// Release 65: 696 bytes, 93 operations. The embedded NIC speaks it.
    Pabi65,
}

impl Dialect {
    /// The size of `verbs_context`, as `sz` announces it to inline functions.
    pub(crate) fn verbs_context_bytes(self) -> usize {
        match self {
            Dialect::Pabi34 => pabi_34::VERBS_CONTEXT_SIZE_34,
            Dialect::Pabi65 => size_of::<verbs_context>(),
        }
    }
}

/// What stands behind `verbs_context.priv`.
pub(crate) struct Private {
    /// The table all public functions dispatch on; full, since defaults come first.
    pub(crate) ops: verbs_context_ops,
    /// Who answers what never reaches a provider.
    pub(crate) core: &'static CoreOps,
    /// How commands reach the kernel, unless there is no kernel behind the context.
    pub(crate) kernel: Option<Uverbs>,
    /// The device stays while a context of it is open.
    pub(crate) device: DeviceRef,
}

const PRIV_BEFORE_CONTEXT: usize =
    offset_of!(verbs_context, context) - offset_of!(verbs_context, r#priv);
const SZ_BEFORE_CONTEXT: usize = offset_of!(verbs_context, context) - offset_of!(verbs_context, sz);
const _: () = assert!(PRIV_BEFORE_CONTEXT == 112 && SZ_BEFORE_CONTEXT == 8);

fn priv_slot(context: *mut ibv_context) -> *mut *mut Private {
    context.wrapping_byte_sub(PRIV_BEFORE_CONTEXT).cast()
}

/// The private part of an open context.
///
/// # Safety
/// `context` is NULL or a context made by [`init`] and not yet closed.
pub(crate) unsafe fn private(context: *mut ibv_context) -> Result<*mut Private, Errno> {
    if context.is_null() {
        return Err(Errno::EINVAL);
    }
    // SAFETY: every context has the word in front of it.
    let private = unsafe { priv_slot(context).read() };
    if private.is_null() {
        Err(Errno::EINVAL)
    } else {
        Ok(private)
    }
}

/// The ops table of a context that is known to be open.
///
/// # Safety
/// `context` is open.
pub(crate) unsafe fn table(context: *mut ibv_context) -> *mut verbs_context_ops {
    // SAFETY: every context has the word in front of it.
    let private = unsafe { priv_slot(context).read() };
    // SAFETY: an open context has a private part; only the address of a field is taken.
    unsafe { &raw mut (*private).ops }
}

/// The way to the kernel of a context, `EOPNOTSUPP` for one without a kernel behind it.
///
/// # Safety
/// As for [`private`]; the context stays open while the answer is used.
pub(crate) unsafe fn kernel<'a>(context: *mut ibv_context) -> Result<&'a Uverbs, Errno> {
    // SAFETY: the caller's promise.
    let private = unsafe { private(context) }?;
    // SAFETY: the private part lives as long as the context, and this member never changes.
    unsafe { (*private).kernel.as_ref() }.ok_or(Errno::EOPNOTSUPP)
}

/// What a context starts with.
pub(crate) struct Start {
    pub(crate) device: DeviceRef,
    pub(crate) cmd_fd: c_int,
    pub(crate) kernel: Option<Uverbs>,
    pub(crate) core: &'static CoreOps,
    pub(crate) dialect: Dialect,
}

/// Fills a zeroed block: private part, defaults in all slots, mutex, marks for inline functions.
///
/// # Safety
/// `context` lies in zeroed memory with the room in front that the dialect asks for.
pub(crate) unsafe fn init(context: *mut ibv_context, start: Start) {
    let device = start.device.as_ptr();
    let private = Box::into_raw(Box::new(Private {
        ops: ops::DEFAULTS,
        core: start.core,
        kernel: start.kernel,
        device: start.device,
    }));
    let sz = context.wrapping_byte_sub(SZ_BEFORE_CONTEXT).cast::<usize>();
    // SAFETY: the word belongs to the block by contract.
    unsafe { sz.write(start.dialect.verbs_context_bytes()) };
    // SAFETY: as above.
    unsafe { priv_slot(context).write(private) };
    // SAFETY: the caller owns the zeroed block, nobody else sees it yet.
    unsafe {
        (*context).device = device;
        (*context).cmd_fd = start.cmd_fd;
        (*context).async_fd = -1;
        (*context).num_comp_vectors = 0;
        (*context).abi_compat = __VERBS_ABI_IS_EXTENDED;
    }
    // SAFETY: initialised in place and never moved; the block is the mutex's home until freed.
    unsafe { libc::pthread_mutex_init(&raw mut (*context).mutex, std::ptr::null()) };
    // SAFETY: `sz` is set and the private part was made above.
    unsafe { set_ops(context, &ops::DEFAULTS) };
}

/// Lays a provider's operations over a context's; empty entries leave what is there.
///
/// # Safety
/// `context` went through [`init`]; `new` is readable and in generation 65's layout.
pub(crate) unsafe fn set_ops(context: *mut ibv_context, new: *const verbs_context_ops) {
    // SAFETY: the context has its private part.
    let table = unsafe { table(context) };
    // SAFETY: `sz` was set by `init`, the table is this context's, `new` is the caller's promise.
    unsafe { ops::lay_over(context, table, new) };
}

/// Undoes [`init`]: frees the private part and closes the descriptors that are still open.
///
/// The block itself is left to whoever allocated it.
///
/// # Safety
/// `context` went through [`init`] and is used by nobody any more.
pub(crate) unsafe fn uninit(context: *mut ibv_context) {
    // SAFETY: the slot is there, and no reference into the private part is left.
    let private = unsafe { priv_slot(context).replace(std::ptr::null_mut()) };
    if !private.is_null() {
        // SAFETY: made by `Box::into_raw` in `init`, and taken out of the slot just now.
        drop(unsafe { Box::from_raw(private) });
    }
    // SAFETY: the block is still there.
    let fds = unsafe { [(*context).cmd_fd, (*context).async_fd] };
    for fd in fds {
        if fd >= 0 {
            // SAFETY: the context owns both descriptors.
            unsafe { libc::close(fd) };
        }
    }
    // SAFETY: initialised by `init`, held by nobody.
    unsafe { libc::pthread_mutex_destroy(&raw mut (*context).mutex) };
}

#[cfg(test)]
mod tests;
