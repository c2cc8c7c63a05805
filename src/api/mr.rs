//! Memory regions.

use std::ffi::{c_int, c_uint, c_void};

use super::gate::{self, Owned, not_null, op};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::provider::context::private;

/// Access bits a device may ignore when it does not know them.
const OPTIONAL_ACCESS: c_uint = IBV_ACCESS_OPTIONAL_RANGE;

/// Access as the device of a context understands it.
///
/// # Safety
/// The context is open.
unsafe fn known_access(context: *mut ibv_context, access: c_uint) -> Result<c_int, Errno> {
    // SAFETY: open by contract.
    let private = unsafe { private(context) }?;
    // SAFETY: the private part lives as long as the context.
    let takes_optional = unsafe { (*private).device.has_optional_access() };
    let known = if takes_optional {
        access
    } else {
        access & !OPTIONAL_ACCESS
    };
    Ok(known as c_int)
}

/// Where and how an application asked for a region.
struct Asked {
    pd: *mut ibv_pd,
    addr: *mut c_void,
    length: usize,
    access: c_uint,
}

/// Sets what the library itself keeps in a region.
///
/// # Safety
/// `mr` is NULL or was just made by the provider.
unsafe fn adopt(mr: *mut ibv_mr, context: *mut ibv_context, asked: &Asked) -> *mut ibv_mr {
    if !mr.is_null() {
        // SAFETY: just made; the application has not seen it yet.
        unsafe {
            (*mr).context = context;
            (*mr).pd = asked.pd;
            (*mr).addr = asked.addr;
            (*mr).length = asked.length;
        }
    }
    mr
}

/// All three registrations of process memory.
fn reg_mr(asked: Asked, iova: u64) -> *mut ibv_mr {
    gate::null(|| {
        // SAFETY: the promise *object*.
        let context = unsafe { asked.pd.context() }?;
        // SAFETY: open, since its PD lives.
        let access = unsafe { known_access(context, asked.access) }?;
        let reg_mr = op!(context, reg_mr);
        // SAFETY: the provider's own operation, with the caller's promises.
        let mr = unsafe { reg_mr(asked.pd, asked.addr, asked.length, iova, access) };
        // SAFETY: NULL or just made.
        Ok(unsafe { adopt(mr, context, &asked) })
    })
}

/// `man ibv_reg_mr(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_reg_mr(
    pd: *mut ibv_pd,
    addr: *mut c_void,
    length: usize,
    access: c_int,
) -> *mut ibv_mr {
    reg_mr(
        Asked {
            pd,
            addr,
            length,
            access: access as c_uint,
        },
        addr as u64,
    )
}

/// `man ibv_reg_mr_iova(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_reg_mr_iova(
    pd: *mut ibv_pd,
    addr: *mut c_void,
    length: usize,
    iova: u64,
    access: c_int,
) -> *mut ibv_mr {
    reg_mr(
        Asked {
            pd,
            addr,
            length,
            access: access as c_uint,
        },
        iova,
    )
}

/// As `ibv_reg_mr_iova`, for headers that pass optional access bits.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_reg_mr_iova2(
    pd: *mut ibv_pd,
    addr: *mut c_void,
    length: usize,
    iova: u64,
    access: c_uint,
) -> *mut ibv_mr {
    reg_mr(
        Asked {
            pd,
            addr,
            length,
            access,
        },
        iova,
    )
}

/// `man ibv_reg_dmabuf_mr(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_reg_dmabuf_mr(
    pd: *mut ibv_pd,
    offset: u64,
    length: usize,
    iova: u64,
    fd: c_int,
    access: c_int,
) -> *mut ibv_mr {
    gate::null(|| {
        // SAFETY: the promise *object*.
        let context = unsafe { pd.context() }?;
        // SAFETY: open, since its PD lives.
        let access = unsafe { known_access(context, access as c_uint) }?;
        let reg_dmabuf_mr = op!(context, reg_dmabuf_mr);
        // SAFETY: the provider's own operation, with the caller's promises.
        let mr = unsafe { reg_dmabuf_mr(pd, offset, length, iova, fd, access) };
        let asked = Asked {
            pd,
            addr: offset as *mut c_void,
            length,
            access: access as c_uint,
        };
        // SAFETY: NULL or just made.
        Ok(unsafe { adopt(mr, context, &asked) })
    })
}

/// `man ibv_reg_mr_ex(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_reg_mr_ex(
    pd: *mut ibv_pd,
    mr_init_attr: *mut ibv_mr_init_attr,
) -> *mut ibv_mr {
    gate::null(|| {
        not_null(mr_init_attr)?;
        // SAFETY: the promise *object*.
        let context = unsafe { pd.context() }?;
        // SAFETY: the promise *argument*: the fields before `buf` are always there.
        let mut attr = unsafe { read_mr_attr(mr_init_attr) };
        if attr.comp_mask & u64::from(IBV_REG_MR_MASK_BUF) != 0 {
            check_buf(pd, &attr)?;
            attr.comp_mask &= !u64::from(IBV_REG_MR_MASK_BUF);
        }
        // SAFETY: open, since its PD lives.
        attr.access = unsafe { known_access(context, attr.access as c_uint) }?;
        let reg_mr_ex = op!(context, reg_mr_ex);
        // SAFETY: the provider's own operation, with a struct of ours of today's size.
        let mr = unsafe { reg_mr_ex(pd, &mut attr) };
        let by_address = attr.comp_mask & u64::from(IBV_REG_MR_MASK_ADDR) != 0;
        let addr = if by_address {
            attr.addr
        } else {
            attr.fd_offset as *mut c_void
        };
        let asked = Asked {
            pd,
            addr,
            length: attr.length,
            access: attr.access as c_uint,
        };
        // SAFETY: NULL or just made.
        Ok(unsafe { adopt(mr, context, &asked) })
    })
}

/// Reads an attribute struct that may end before its newest member.
///
/// # Safety
/// `attr` is readable up to its member `buf`, and beyond if its mask names it.
unsafe fn read_mr_attr(attr: *mut ibv_mr_init_attr) -> ibv_mr_init_attr {
    const OLD_BYTES: usize = std::mem::offset_of!(ibv_mr_init_attr, buf);
    // SAFETY: the mask lies in the old part.
    let with_buf = unsafe { (*attr).comp_mask } & u64::from(IBV_REG_MR_MASK_BUF) != 0;
    if with_buf {
        // SAFETY: a mask that names the member vouches for its presence.
        return unsafe { attr.read() };
    }
    let mut copy: ibv_mr_init_attr = Zeroed::zeroed();
    // SAFETY: the old part is readable, the copy is larger.
    unsafe {
        (&raw mut copy)
            .cast::<u8>()
            .copy_from_nonoverlapping(attr.cast::<u8>(), OLD_BYTES);
    }
    copy
}

/// Whether a region inside an allocated buffer is asked for as it must be.
fn check_buf(pd: *mut ibv_pd, attr: &ibv_mr_init_attr) -> Result<(), Errno> {
    not_null(attr.buf)?;
    // SAFETY: the promise *object*: a live buffer.
    let buf = unsafe { attr.buf.read() };
    let given = |mask: c_uint| attr.comp_mask & u64::from(mask) != 0;
    let start = (attr.addr as usize).checked_sub(buf.addr as usize);
    let inside = start.is_some_and(|start| {
        start
            .checked_add(attr.length)
            .is_some_and(|end| end <= buf.size)
    });
    let by_fd = given(IBV_REG_MR_MASK_FD) || given(IBV_REG_MR_MASK_FD_OFFSET);
    let moved_dmabuf = buf.dmabuf_fd >= 0 && given(IBV_REG_MR_MASK_IOVA);
    if buf.pd != pd || !given(IBV_REG_MR_MASK_ADDR) || !inside || by_fd || moved_dmabuf {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

/// `man ibv_reg_buf_mr(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_reg_buf_mr(
    pd: *mut ibv_pd,
    buf: *mut ibv_buf,
    addr: *mut c_void,
    length: usize,
    access: c_int,
) -> *mut ibv_mr {
    let mut attr = ibv_mr_init_attr {
        length,
        access,
        comp_mask: u64::from(IBV_REG_MR_MASK_ADDR | IBV_REG_MR_MASK_BUF),
        addr,
        buf,
        ..Zeroed::zeroed()
    };
    // SAFETY: the promises are the caller's; the struct is ours and of today's size.
    unsafe { ibv_reg_mr_ex(pd, &mut attr) }
}

/// `man ibv_dereg_mr(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_dereg_mr(mr: *mut ibv_mr) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let context = unsafe { mr.context() }?;
        let dereg_mr = op!(context, dereg_mr);
        // SAFETY: providers allocate `verbs_mr`, whose first member applications see.
        Ok(unsafe { dereg_mr(mr.cast()) })
    })
}

/// `man ibv_rereg_mr(3)`: 0, or one of the negative codes, with `errno`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_rereg_mr(
    mr: *mut ibv_mr,
    flags: c_int,
    pd: *mut ibv_pd,
    addr: *mut c_void,
    length: usize,
    access: c_int,
) -> c_int {
    let given = |flag: c_uint| flags as c_uint & flag != 0;
    let mut code = IBV_REREG_MR_ERR_INPUT;
    let done = gate::minus_one(|| {
        // SAFETY: the promise *object*.
        let context = unsafe { mr.context() }?;
        // SAFETY: providers allocate `verbs_mr`, whose first member applications see.
        let mr_type = unsafe { (*mr.cast::<verbs_mr>()).mr_type };
        let translates = given(IBV_REREG_MR_CHANGE_TRANSLATION);
        if mr_type != IBV_MR_TYPE_MR
            || given(!IBV_REREG_MR_FLAGS_SUPPORTED)
            || (translates && (addr.is_null() || length == 0))
            || (access != 0 && !given(IBV_REREG_MR_CHANGE_ACCESS))
            || (given(IBV_REREG_MR_CHANGE_PD) && pd.is_null())
        {
            return Err(Errno::EINVAL);
        }
        // SAFETY: open, since its region lives.
        let access = unsafe { known_access(context, access as c_uint) }?;
        let rereg_mr = op!(context, rereg_mr);
        // SAFETY: the provider's own operation, with the caller's promises.
        let failed = unsafe { rereg_mr(mr.cast(), flags, pd, addr, length, access) };
        if failed != 0 {
            code = IBV_REREG_MR_ERR_CMD;
            return Err(if failed > 0 {
                Errno(failed)
            } else {
                Errno::last()
            });
        }
        // SAFETY: the region is alive, and using it while it is re-registered is no thread's right.
        unsafe {
            if given(IBV_REREG_MR_CHANGE_PD) {
                (*mr).pd = pd;
            }
            if translates {
                (*mr).addr = addr;
                (*mr).length = length;
            }
        }
        Ok(0)
    });
    if done == 0 { 0 } else { code }
}
