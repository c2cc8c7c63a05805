//! The list of devices, their names, opening and closing, and what a device says of itself.

use std::ffi::{c_char, c_int, c_void};
use std::mem::offset_of;
use std::ptr::{null, null_mut};
use std::sync::Once;

use super::fork;
use super::gate::{self, Owned, forward, not_null, op};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::provider::device::{self, DeviceRef};
use crate::provider::{embedded, ops, registry};

/// `man ibv_get_device_list(3)`: a NULL-terminated array, each element with a reference.
///
/// NULL with `ENOSYS` where there is no RDMA at all; an empty array where there is merely no
/// device.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_get_device_list(
    num_devices: *mut c_int,
) -> *mut *mut ibv_device {
    gate::null(|| {
        if !num_devices.is_null() {
            // SAFETY: the promise *place*.
            unsafe { num_devices.write(0) };
        }
        static FORK_SAFE: Once = Once::new();
        FORK_SAFE.call_once(fork::begin_if_asked);
        let devices = registry::list()?;
        let count = devices.len();
        // SAFETY: calloc takes any sizes; the element after the last stays NULL.
        let array = unsafe { libc::calloc(count + 1, size_of::<*mut ibv_device>()) };
        let array = array.cast::<*mut ibv_device>();
        not_null(array).map_err(|_| Errno::ENOMEM)?;
        for (index, device) in devices.into_iter().enumerate() {
            // SAFETY: the array has room for `count` elements and the NULL after them.
            unsafe { array.add(index).write(device.into_raw()) };
        }
        if !num_devices.is_null() {
            // SAFETY: the promise *place*.
            unsafe { num_devices.write(count as c_int) };
        }
        Ok(array)
    })
}

/// `man ibv_free_device_list(3)`: gives back the array and a reference of each element.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_free_device_list(list: *mut *mut ibv_device) {
    gate::nothing(|| {
        not_null(list)?;
        let mut element = list;
        loop {
            // SAFETY: the array came from `ibv_get_device_list` and ends with NULL.
            let device = unsafe { element.read() };
            // SAFETY: the element holds a reference that nobody takes back but us.
            let Some(device) = (unsafe { DeviceRef::from_raw(device) }) else {
                break;
            };
            drop(device);
            element = element.wrapping_add(1);
        }
        // SAFETY: the array came from calloc.
        unsafe { libc::free(list.cast()) };
        Ok(())
    });
}

/// `man ibv_get_device_name(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_get_device_name(device: *mut ibv_device) -> *const c_char {
    gate::value(null(), || {
        not_null(device)?;
        // SAFETY: the promise *object*; only an address is taken.
        Ok(unsafe { (&raw const (*device).name).cast() })
    })
}

/// `man ibv_get_device_guid(3)`: in network byte order, 0 on failure.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_get_device_guid(device: *mut ibv_device) -> __be64 {
    gate::value(0, || {
        not_null(device)?;
        // SAFETY: the promise *object*.
        let of_kernel = unsafe { device::guid_be(device) };
        // SAFETY: the promise *object*.
        let guid = of_kernel.or_else(|| unsafe { embedded::guid_be(device) });
        guid.ok_or(Errno::EOPNOTSUPP)
    })
}

/// `man ibv_get_device_index(3)`: the kernel's number of the device; −1 if it has none.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_get_device_index(device: *mut ibv_device) -> c_int {
    gate::minus_one(|| {
        not_null(device)?;
        // SAFETY: the promise *object*.
        Ok(unsafe { device::index(device) })
    })
}

/// `man ibv_open_device(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_open_device(device: *mut ibv_device) -> *mut ibv_context {
    // SAFETY: the promises are the caller's.
    unsafe { open(device, null_mut()) }
}

/// Opens a device with a word for its provider.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe fn open(device: *mut ibv_device, private_data: *mut c_void) -> *mut ibv_context {
    gate::null(|| {
        // SAFETY: the promise *object*.
        let device = unsafe { DeviceRef::to(device) }?;
        let context = device.open(private_data)?.as_ptr();
        // SAFETY: just opened; the application has not seen it yet.
        unsafe { cover_slots(context) };
        Ok(context)
    })
}

/// `man ibv_close_device(3)`: always 0 for an open device.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_close_device(context: *mut ibv_context) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let context = unsafe { context.context() }?;
        let free_context = op!(context, free_context);
        // SAFETY: the provider's own operation; it gives up the context for good.
        unsafe { free_context(context) };
        Ok(0)
    })
}

/// Puts the library's own functions over the provider's where inline functions of the headers
/// need more than the bare operation.
///
/// # Safety
/// The context is open and no other thread uses it.
pub(super) unsafe fn cover_slots(context: *mut ibv_context) {
    const OPS: usize = offset_of!(verbs_context, context) + offset_of!(ibv_context, ops);
    type Sized_ = unsafe extern "C" fn(*mut ibv_context, u8, *mut ibv_port_attr, usize) -> c_int;

    let create_cq_ex = offset_of!(verbs_context, create_cq_ex);
    let checked: unsafe extern "C" fn(_, _) -> _ = super::cq::create_cq_ex;
    // SAFETY: the slot has this type.
    unsafe { ops::store(context, create_cq_ex, checked) };
    let sized: Sized_ = query_port_sized;
    // SAFETY: the slot has this type.
    unsafe { ops::store(context, offset_of!(verbs_context, query_port), sized) };
    let port: unsafe extern "C" fn(_, _, _) -> _ = ibv_query_port;
    let slot = OPS + offset_of!(ibv_context_ops, _compat_query_port);
    // SAFETY: the slot has this type.
    unsafe { ops::store(context, slot, port) };
    let device: unsafe extern "C" fn(_, _) -> _ = ibv_query_device;
    let slot = OPS + offset_of!(ibv_context_ops, _compat_query_device);
    // SAFETY: the slot has this type.
    unsafe { ops::store(context, slot, device) };

    // Programs built against the oldest extended headers find flow steering in these.
    // SAFETY: an open context has its table.
    let table = unsafe { crate::provider::context::table(context) };
    // SAFETY: the table is readable while the context is open.
    let flow = unsafe { ((*table).create_flow, (*table).destroy_flow) };
    // SAFETY: any function pointer fits a placeholder.
    unsafe { ops::store(context, offset_of!(verbs_context, ABI_placeholder1), flow.0) };
    // SAFETY: as above.
    unsafe { ops::store(context, offset_of!(verbs_context, ABI_placeholder2), flow.1) };
}

/// `man ibv_query_device(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_query_device(
    context: *mut ibv_context,
    device_attr: *mut ibv_device_attr,
) -> c_int {
    gate::errno(|| {
        not_null(device_attr)?;
        // SAFETY: the promise *object*.
        let context = unsafe { context.context() }?;
        let query = op!(context, query_device_ex);
        let mut attr: ibv_device_attr_ex = Zeroed::zeroed();
        // The old part is all that is asked for, so that a provider asks its kernel only for that.
        let size = size_of::<ibv_device_attr>();
        // SAFETY: the provider's own operation, with a struct of ours of at least that size.
        let failed = unsafe { query(context, null(), &mut attr, size) };
        if failed == 0 {
            // SAFETY: the promise *place*.
            unsafe { device_attr.write(attr.orig_attr) };
        }
        Ok(failed)
    })
}

/// Asks the provider for a port, into a full and zeroed struct of ours whatever the caller's size.
///
/// # Safety
/// The promises of `gate`.
unsafe fn query_port_full(
    context: *mut ibv_context,
    port_num: u8,
    attr: &mut ibv_port_attr,
) -> Result<c_int, Errno> {
    // SAFETY: the promise *object*.
    let context = unsafe { context.context() }?;
    let query = op!(context, query_port);
    // SAFETY: the provider's own operation, with a full struct of ours.
    Ok(unsafe { query(context, port_num, attr) })
}

/// `man ibv_query_port(3)`, the exported name: 48 bytes, as the oldest programs expect.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_query_port(
    context: *mut ibv_context,
    port_num: u8,
    port_attr: *mut _compat_ibv_port_attr,
) -> c_int {
    let len = size_of::<_compat_ibv_port_attr>();
    // SAFETY: the promises are the caller's; the old struct is the beginning of today's.
    unsafe { query_port_sized(context, port_num, port_attr.cast(), len) }
}

/// The slot behind the header's `ibv_query_port`: the caller says how large its struct is.
///
/// # Safety
/// The promises of `gate`; `port_attr` has room for `port_attr_len` bytes.
unsafe extern "C" fn query_port_sized(
    context: *mut ibv_context,
    port_num: u8,
    port_attr: *mut ibv_port_attr,
    port_attr_len: usize,
) -> c_int {
    gate::errno(|| {
        not_null(port_attr)?;
        let mut attr: ibv_port_attr = Zeroed::zeroed();
        // SAFETY: the promises are the caller's.
        let failed = unsafe { query_port_full(context, port_num, &mut attr) }?;
        if failed == 0 {
            let to = port_attr.cast::<u8>();
            let known = port_attr_len.min(size_of_val(&attr));
            // SAFETY: the promise *place*: the caller has `port_attr_len` bytes, which may be
            // more than we know; those read as zero.
            unsafe { to.add(known).write_bytes(0, port_attr_len - known) };
            // SAFETY: as above, and the source is a struct of ours of at least `known` bytes.
            unsafe { to.copy_from_nonoverlapping((&raw const attr).cast(), known) };
        }
        Ok(failed)
    })
}

/// `man ibv_query_gid(3)`: −1 on failure; an empty entry is a zero GID.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_query_gid(
    context: *mut ibv_context,
    port_num: u8,
    index: c_int,
    gid: *mut ibv_gid,
) -> c_int {
    gate::minus_one(|| {
        not_null(gid)?;
        // SAFETY: the promise *object*.
        let core = unsafe { gate::core(context) }?;
        // SAFETY: checked context and place.
        Ok(unsafe { (core.query_gid)(context, port_num.into(), index, gid) })
    })
}

/// The type of a GID as sysfs words it: RoCE v2 or anything else; −1 on failure.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_query_gid_type(
    context: *mut ibv_context,
    port_num: u8,
    index: u32,
    gid_type: *mut ibv_gid_type_sysfs,
) -> c_int {
    gate::minus_one(|| {
        not_null(gid_type)?;
        // SAFETY: the promise *object*.
        let core = unsafe { gate::core(context) }?;
        // SAFETY: checked context and place.
        Ok(unsafe { (core.query_gid_type)(context, port_num.into(), index, gid_type) })
    })
}

/// `man ibv_query_gid_ex(3)`, the function behind the header's inline one.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn _ibv_query_gid_ex(
    context: *mut ibv_context,
    port_num: u32,
    gid_index: u32,
    entry: *mut ibv_gid_entry,
    flags: u32,
    entry_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(entry)?;
        // SAFETY: the promise *object*.
        let core = unsafe { gate::core(context) }?;
        // SAFETY: checked context; the place has `entry_size` bytes.
        Ok(unsafe { (core.query_gid_ex)(context, port_num, gid_index, entry, flags, entry_size) })
    })
}

/// `man ibv_query_gid_table(3)`: how many entries were written, or a negative error number.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn _ibv_query_gid_table(
    context: *mut ibv_context,
    entries: *mut ibv_gid_entry,
    max_entries: usize,
    flags: u32,
    entry_size: usize,
) -> isize {
    gate::negative(|| {
        not_null(entries)?;
        // SAFETY: the promise *object*.
        let core = unsafe { gate::core(context) }?;
        // SAFETY: checked context; the place has `max_entries` of `entry_size` bytes.
        Ok(unsafe { (core.query_gid_table)(context, entries, max_entries, flags, entry_size) })
    })
}

/// `man ibv_query_pkey(3)`: big-endian; −1 on failure.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_query_pkey(
    context: *mut ibv_context,
    port_num: u8,
    index: c_int,
    pkey: *mut __be16,
) -> c_int {
    gate::minus_one(|| {
        not_null(pkey)?;
        // SAFETY: the promise *object*.
        let core = unsafe { gate::core(context) }?;
        // SAFETY: checked context and place.
        Ok(unsafe { (core.query_pkey)(context, port_num.into(), index, pkey) })
    })
}

/// `man ibv_get_pkey_index(3)`: the first index with this key, or −1.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_get_pkey_index(
    context: *mut ibv_context,
    port_num: u8,
    pkey: __be16,
) -> c_int {
    /// Keys are 16 bits, so no table is longer.
    const MAX_TABLE: c_int = 65536;

    gate::minus_one(|| {
        // SAFETY: the promise *object*.
        let core = unsafe { gate::core(context) }?;
        for index in 0..MAX_TABLE {
            let mut found = 0;
            // SAFETY: checked context, a place of ours.
            if unsafe { (core.query_pkey)(context, port_num.into(), index, &mut found) } != 0 {
                break;
            }
            if found == pkey {
                return Ok(index);
            }
        }
        Ok(-1)
    })
}

forward! {
    /// `man ibv_query_port_speed(3)`.
    ibv_query_port_speed(context: *mut ibv_context, port_num: u32, speed: *mut u64) -> c_int
        = errno query_port_speed, needs speed;
}

pub(super) mod import;
