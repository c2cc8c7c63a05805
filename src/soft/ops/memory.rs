//! Protection domains, memory regions, address handles.

use super::{gate, gate_pointer};
use crate::abi::{self, Zeroed, ibv_ah, ibv_ah_attr, ibv_context, ibv_mr, ibv_pd, verbs_mr};
use crate::base::errno::Errno;
use crate::base::ids::Lkey;
use crate::engine::types::Access;
use crate::log_error;
use crate::soft::convert;
use crate::soft::handle::{self, AhHandle, MrHandle, PdHandle};
use crate::soft::memory::{can_write, is_mapped};
use crate::soft::objects::{Ah, Mr, Pd, Range};
use std::ffi::{c_int, c_void};
use std::sync::Arc;

/// Rights a caller may name; what is not ours to grant is checked and has no effect.
const KNOWN_ACCESS: u32 = abi::IBV_ACCESS_LOCAL_WRITE
    | abi::IBV_ACCESS_REMOTE_WRITE
    | abi::IBV_ACCESS_REMOTE_READ
    | abi::IBV_ACCESS_REMOTE_ATOMIC
    | abi::IBV_ACCESS_MW_BIND
    | abi::IBV_ACCESS_ZERO_BASED
    | abi::IBV_ACCESS_ON_DEMAND
    | abi::IBV_ACCESS_HUGETLB;
/// Bits 20 to 29 ask for favours a device may refuse silently.
const OPTIONAL_ACCESS: u32 = 0x3ff0_0000;

pub(super) unsafe extern "C" fn alloc_pd(context: *mut ibv_context) -> *mut ibv_pd {
    gate_pointer(|| {
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        soft.process.check_ours()?;
        let pd = Arc::new(Pd::new(soft.process.quotas.pds.take()?));
        let c = ibv_pd {
            context,
            handle: pd.id.0,
        };
        Ok(PdHandle::into_raw(c, pd))
    })
}

pub(super) unsafe extern "C" fn dealloc_pd(pd: *mut ibv_pd) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        unsafe { handle::pd(pd) }?.users.check_none()?;
        // SAFETY: a live domain without users, which the application gives up.
        unsafe { PdHandle::free(pd) };
        Ok(())
    })
}

pub(super) unsafe extern "C" fn reg_mr(
    pd: *mut ibv_pd,
    addr: *mut c_void,
    length: usize,
    iova: u64,
    access: c_int,
) -> *mut ibv_mr {
    gate_pointer(|| {
        // SAFETY: pointer obligations of `handle`.
        let domain = unsafe { handle::pd(pd) }?;
        // SAFETY: a live domain.
        let context = unsafe { (*pd).context };
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        soft.process.check_ours()?;
        let flags = access as u32;
        check_access(flags)?;
        let addr = addr as u64;
        let on_demand = flags & abi::IBV_ACCESS_ON_DEMAND != 0;
        let is_implicit = on_demand && length == usize::MAX;
        if is_implicit && addr != 0 {
            return Err(Errno::EINVAL);
        }
        let wraps = |start: u64| start.checked_add(length as u64).is_none();
        if !is_implicit && (wraps(addr) || wraps(iova)) {
            log_error!("reg_mr: {length} bytes at {addr:#x}, named {iova:#x}, wrap around");
            return Err(Errno::EINVAL);
        }
        if !on_demand {
            check_mapped(
                addr,
                length as u64,
                flags & abi::IBV_ACCESS_LOCAL_WRITE != 0,
            )?;
        }
        let iova = if flags & abi::IBV_ACCESS_ZERO_BASED != 0 {
            0
        } else {
            iova
        };
        let range = Range {
            addr,
            len_bytes: length as u64,
            iova,
        };
        let rights = Access::from_bits_truncate(flags);
        let mr = Mr::register(&soft.process, domain.clone(), range, rights)?;
        let mut c = verbs_mr::zeroed();
        c.ibv_mr = ibv_mr {
            context,
            pd,
            addr: addr as *mut c_void,
            length,
            handle: mr.key >> 8,
            lkey: mr.key,
            rkey: mr.key,
        };
        c.mr_type = abi::IBV_MR_TYPE_MR;
        c.access = access;
        Ok(MrHandle::into_raw(c, mr).cast())
    })
}

fn check_access(flags: u32) -> Result<(), Errno> {
    if flags & !(KNOWN_ACCESS | OPTIONAL_ACCESS) != 0 {
        log_error!("reg_mr: access flags {flags:#x} are not known to this device");
        return Err(Errno::EINVAL);
    }
    let remote_stores = abi::IBV_ACCESS_REMOTE_WRITE | abi::IBV_ACCESS_REMOTE_ATOMIC;
    if flags & remote_stores != 0 && flags & abi::IBV_ACCESS_LOCAL_WRITE == 0 {
        log_error!("reg_mr: remote write and atomic access need IBV_ACCESS_LOCAL_WRITE too");
        return Err(Errno::EINVAL);
    }
    Ok(())
}

/// EFAULT for memory that is not there, as pinning it would find out.
fn check_mapped(addr: u64, len_bytes: u64, for_writing: bool) -> Result<(), Errno> {
    if !is_mapped(addr, len_bytes) {
        log_error!("reg_mr: {len_bytes} bytes at {addr:#x} are not mapped throughout");
        return Err(Errno::EFAULT);
    }
    if for_writing && !can_write(addr, len_bytes) {
        log_error!("reg_mr: memory at {addr:#x} is read-only, access asks for local write");
        return Err(Errno::EFAULT);
    }
    Ok(())
}

pub(super) unsafe extern "C" fn dereg_mr(mr: *mut verbs_mr) -> c_int {
    gate(|| {
        if mr.is_null() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: a live region.
        let c: ibv_mr = unsafe { std::ptr::read(&raw const (*mr).ibv_mr) };
        // SAFETY: pointer obligations of `handle`; a region keeps its domain alive.
        let pd = unsafe { handle::pd(c.pd) }?.id;
        // SAFETY: pointer obligations of `handle`; dropping the object takes the key back.
        unsafe { MrHandle::free(mr) };
        // SAFETY: pointer obligations of `handle`.
        let process = &unsafe { handle::context(c.context) }?.process;
        // The queues of a parent are not the child's to touch.
        if !process.is_inherited() {
            process.retire_key(pd, Lkey(c.lkey));
        }
        Ok(())
    })
}

pub(super) unsafe extern "C" fn create_ah(pd: *mut ibv_pd, attr: *mut ibv_ah_attr) -> *mut ibv_ah {
    gate_pointer(|| {
        // SAFETY: pointer obligations of `handle`.
        let domain = unsafe { handle::pd(pd) }?;
        // SAFETY: a live domain.
        let context = unsafe { (*pd).context };
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        soft.process.check_ours()?;
        // SAFETY: NULL or a struct of the application.
        let attr = unsafe { attr.as_ref() }.ok_or(Errno::EINVAL)?;
        let av = convert::address_vector(&soft.device(), attr)?;
        let c = ibv_ah {
            context,
            pd,
            handle: 0,
        };
        let ah = Ah::new(domain.clone(), av, soft.process.quotas.ahs.take()?);
        Ok(AhHandle::into_raw(c, ah))
    })
}

pub(super) unsafe extern "C" fn destroy_ah(ah: *mut ibv_ah) -> c_int {
    gate(|| {
        if ah.is_null() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: pointer obligations of `handle`.
        unsafe { AhHandle::free(ah) };
        Ok(())
    })
}
