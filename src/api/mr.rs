//! Memory regions.

use std::ffi::{c_int, c_uint, c_void};

use super::gate::{self, Owned, not_null, op};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::fork::PROTECTION;
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

/// Whether a region of this kind has to be kept from children.
///
/// On demand nothing is pinned, and neither is it by a device that reaches memory as we do.
///
/// # Safety
/// The context is open.
unsafe fn is_pinned(context: *mut ibv_context, access: c_uint) -> Result<bool, Errno> {
    // SAFETY: open by contract.
    let private = unsafe { private(context) }?;
    // SAFETY: the private part lives as long as the context.
    let pins = unsafe { (*private).device.pins_memory() };
    Ok(pins && access & IBV_ACCESS_ON_DEMAND == 0)
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
        // SAFETY: as above.
        let is_pinned = unsafe { is_pinned(context, asked.access) }?;
        let kept = PROTECTION.keep(is_pinned, asked.addr as usize, asked.length)?;
        let reg_mr = op!(context, reg_mr);
        // SAFETY: the provider's own operation, with the caller's promises.
        let mr = unsafe { reg_mr(asked.pd, asked.addr, asked.length, iova, access) };
        if !mr.is_null() {
            kept.stay();
        }
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
            resolve_buf(pd, &mut attr)?;
        }
        let by_fd = attr.comp_mask & u64::from(IBV_REG_MR_MASK_FD) != 0;
        // SAFETY: open, since its PD lives.
        let is_pinned = unsafe { is_pinned(context, attr.access as c_uint) }? && !by_fd;
        let kept = PROTECTION.keep(is_pinned, attr.addr as usize, attr.length)?;
        // SAFETY: as above.
        attr.access = unsafe { known_access(context, attr.access as c_uint) }?;
        let reg_mr_ex = op!(context, reg_mr_ex);
        // SAFETY: the provider's own operation, with a struct of ours of today's size.
        let mr = unsafe { reg_mr_ex(pd, &mut attr) };
        if !mr.is_null() {
            kept.stay();
        }
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

/// Reads what the mask of an attribute struct names, and no more: the struct may end before its
/// newest member, and what is not named may hold anything.
///
/// # Safety
/// `attr` has the three members that are always there, and those its mask names.
unsafe fn read_mr_attr(attr: *mut ibv_mr_init_attr) -> ibv_mr_init_attr {
    // SAFETY: the three members that are always there.
    let mut copy = unsafe {
        ibv_mr_init_attr {
            length: (*attr).length,
            access: (*attr).access,
            comp_mask: (*attr).comp_mask,
            ..Zeroed::zeroed()
        }
    };
    let mask = copy.comp_mask;
    macro_rules! read {
        ($($bit:ident $member:ident;)*) => {
            $(
                if mask & u64::from($bit) != 0 {
                    // SAFETY: a mask that names the member vouches for its presence.
                    copy.$member = unsafe { (*attr).$member };
                }
            )*
        };
    }
    read! {
        IBV_REG_MR_MASK_IOVA iova;
        IBV_REG_MR_MASK_ADDR addr;
        IBV_REG_MR_MASK_FD fd;
        IBV_REG_MR_MASK_FD_OFFSET fd_offset;
        IBV_REG_MR_MASK_DMAH dmah;
        IBV_REG_MR_MASK_BUF buf;
    }
    copy
}

/// Turns a region asked for inside an allocated buffer into one by address, or by descriptor where
/// the buffer is a dma-buf. EINVAL unless it lies in a buffer of this PD.
fn resolve_buf(pd: *mut ibv_pd, attr: &mut ibv_mr_init_attr) -> Result<(), Errno> {
    const BY_FD: c_uint = IBV_REG_MR_MASK_FD | IBV_REG_MR_MASK_FD_OFFSET;

    not_null(attr.buf)?;
    // SAFETY: the promise *object*: a live buffer.
    let buf = unsafe { attr.buf.read() };
    let mask = attr.comp_mask;
    let given = |bits: c_uint| mask & u64::from(bits) != 0;
    let offset = (attr.addr as usize)
        .checked_sub(buf.addr as usize)
        .filter(|&offset| offset <= buf.size && attr.length <= buf.size - offset)
        .ok_or(Errno::EINVAL)?;
    if buf.pd != pd || !given(IBV_REG_MR_MASK_ADDR) || given(BY_FD) {
        return Err(Errno::EINVAL);
    }
    attr.comp_mask &= !u64::from(IBV_REG_MR_MASK_BUF);
    if buf.dmabuf_fd == -1 {
        return Ok(());
    }
    if given(IBV_REG_MR_MASK_IOVA) {
        return Err(Errno::EINVAL);
    }
    attr.comp_mask &= !u64::from(IBV_REG_MR_MASK_ADDR);
    attr.comp_mask |= u64::from(BY_FD | IBV_REG_MR_MASK_IOVA);
    attr.fd = buf.dmabuf_fd;
    attr.fd_offset = offset as u64;
    attr.iova = attr.addr as u64;
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
        // SAFETY: providers allocate `verbs_mr`, whose first member applications see; after the
        // operation it is gone.
        let region = unsafe { mr.cast::<verbs_mr>().read() };
        // SAFETY: open, since its region lives.
        let is_pinned = unsafe { is_pinned(context, region.access as c_uint) }?;
        let dereg_mr = op!(context, dereg_mr);
        // SAFETY: the provider's own operation on its own object.
        let failed = unsafe { dereg_mr(mr.cast()) };
        if failed == 0 && is_pinned && region.mr_type == IBV_MR_TYPE_MR {
            PROTECTION.release(region.ibv_mr.addr as usize, region.ibv_mr.length);
        }
        Ok(failed)
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
        let region = unsafe { mr.cast::<verbs_mr>().read() };
        let translates = given(IBV_REREG_MR_CHANGE_TRANSLATION);
        if region.mr_type != IBV_MR_TYPE_MR
            || given(!IBV_REREG_MR_FLAGS_SUPPORTED)
            || (translates && (addr.is_null() || length == 0))
            || (access != 0 && !given(IBV_REREG_MR_CHANGE_ACCESS))
            || (given(IBV_REREG_MR_CHANGE_PD) && pd.is_null())
        {
            return Err(Errno::EINVAL);
        }
        // SAFETY: open, since its region lives.
        let moves = translates && unsafe { is_pinned(context, region.access as c_uint) }?;
        code = IBV_REREG_MR_ERR_DONT_FORK_NEW;
        let kept = PROTECTION.keep(moves, addr as usize, length)?;
        code = IBV_REREG_MR_ERR_CMD;
        // SAFETY: as above.
        let access = unsafe { known_access(context, access as c_uint) }?;
        let rereg_mr = op!(context, rereg_mr);
        // SAFETY: the provider's own operation, with the caller's promises.
        let failed = unsafe { rereg_mr(mr.cast(), flags, pd, addr, length, access) };
        if failed != 0 {
            return Err(if failed > 0 {
                Errno(failed)
            } else {
                Errno::last()
            });
        }
        kept.stay();
        if moves {
            PROTECTION.release(region.ibv_mr.addr as usize, region.ibv_mr.length);
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
