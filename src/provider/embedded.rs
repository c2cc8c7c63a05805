//! The adapter by which the NIC inside the library plugs in, as any provider does.
//!
//! `soft` fills an ops table and knows nothing of devices lists or context blocks; this file
//! turns what it lists into devices, allocates the block around each context, and frees it again.
//! The block is a `verbs_context` followed by one word for the NIC ([`embedded_context`]).

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::{NonNull, null_mut};

use super::context::{self, Dialect, Start};
use super::device::DeviceRef;
use super::refuse::set_errno;
use crate::abi::*;
use crate::base::errno::Errno;
use crate::soft;
pub(crate) use crate::soft::DeviceInfo;

/// What a NIC has to offer to be plugged in.
pub(crate) struct Nic {
    /// The devices there are now, equal if unchanged; `None` when the NIC is switched off.
    /// The argument is how many devices of the kernel are listed before them.
    pub(crate) list: fn(usize) -> Result<Option<Vec<DeviceInfo>>, Errno>,
    pub(crate) ops: fn() -> &'static verbs_context_ops,
    pub(crate) core: fn() -> &'static CoreOps,
    /// Prepares a context: sets its descriptors and the number of completion vectors, and gives
    /// the NIC's state of it. The descriptors stay the NIC's: its operation `free_context` closes
    /// them with the rest.
    pub(crate) open: unsafe fn(u32, *mut ibv_context) -> Result<*mut c_void, Errno>,
}

/// A device of a NIC; plug-ins and applications see the first member only.
#[repr(C)]
struct EmbeddedDevice {
    verbs: verbs_device,
    nic: &'static Nic,
    key: u32,
    guid_be: u64,
}

/// The provider's table of the NIC. It is never matched against hardware.
struct DeviceOps(verbs_device_ops);

// SAFETY: constant, and its pointers are NULL or to constants.
unsafe impl Sync for DeviceOps {}

static DEVICE_OPS: DeviceOps = DeviceOps(verbs_device_ops {
    name: PROVIDER.as_ptr(),
    match_min_abi_version: 0,
    match_max_abi_version: 0,
    match_table: std::ptr::null(),
    static_providers: null_mut(),
    match_device: None,
    alloc_context: Some(alloc_context),
    import_context: None,
    alloc_device: None,
    uninit_device: Some(uninit_device),
});

/// The name of the provider and of its extension.
pub(super) const PROVIDER: &CStr = c"verbium";
pub(super) const EXTENSION: &CStr = c"verbium";

/// What `ibv_get_device_ext_ops` gives for the NIC.
pub(super) static EXTENSION_OPS: verbium_device_ops = verbium_device_ops {
    ops: ibv_ext_ops {
        size: size_of::<verbium_device_ops>() as u32,
        version: 1,
    },
    query_counters: Some(query_counters),
};

/// What `ibv_get_ext_ops` gives for a context of the NIC.
pub(super) fn context_extension() -> *const ibv_ext_ops {
    &raw const soft::ops::CONTEXT_OPS.ops
}

unsafe extern "C" fn query_counters(
    device: *mut ibv_device,
    counters: *mut verbium_counters,
    size: usize,
) -> c_int {
    // SAFETY: NULL or a device the application holds.
    let key = (!device.is_null()).then(|| unsafe { key(device) });
    let Some(key) = key.flatten() else {
        return Errno::EINVAL.0;
    };
    let found = soft::device_counters(key);
    // SAFETY: NULL or a place of the application of the size it says.
    match unsafe { soft::ops::give(&found, counters, size) } {
        Ok(()) => 0,
        Err(errno) => errno.0,
    }
}

/// The key of one of our devices, or `None` for another provider's.
///
/// # Safety
/// `device` was listed and is still referenced.
unsafe fn key(device: *mut ibv_device) -> Option<u32> {
    // SAFETY: listed devices are the first member of `verbs_device`.
    let ops = unsafe { (*device.cast::<verbs_device>()).ops };
    // SAFETY: our table stands in our devices only, and those are `EmbeddedDevice`.
    std::ptr::eq(ops, &DEVICE_OPS.0).then(|| unsafe { (*device.cast::<EmbeddedDevice>()).key })
}

/// Makes a device; the reference returned is its only one.
pub(super) fn new_device(nic: &'static Nic, info: &DeviceInfo) -> DeviceRef {
    let mut device = Box::new(EmbeddedDevice {
        verbs: Zeroed::zeroed(),
        nic,
        key: info.key,
        guid_be: info.guid_be,
    });
    let shown = &mut device.verbs.device;
    shown.node_type = IBV_NODE_CA;
    shown.transport_type = IBV_TRANSPORT_IB;
    copy_name(&mut shown.name, &info.name);
    copy_name(&mut shown.dev_name, &info.dev_name);
    copy_name(&mut shown.dev_path, &info.dev_path);
    copy_name(&mut shown.ibdev_path, &info.ibdev_path);
    device.verbs.ops = &DEVICE_OPS.0;
    let device = NonNull::from(Box::leak(device)).cast::<verbs_device>();
    // SAFETY: just made, with `ops` set; `uninit_device` takes the box back.
    unsafe { DeviceRef::first(device) }
}

/// Whether a provider's table is that of the NIC.
pub(super) fn is_ours(ops: &verbs_device_ops) -> bool {
    std::ptr::eq(ops, &DEVICE_OPS.0)
}

/// The GUID of one of our devices, or `None` for another provider's.
///
/// # Safety
/// `device` was listed and is still referenced.
pub(crate) unsafe fn guid_be(device: *mut ibv_device) -> Option<u64> {
    // SAFETY: listed devices are the first member of `verbs_device`.
    let ops = unsafe { (*device.cast::<verbs_device>()).ops };
    // SAFETY: our table stands in our devices only, and those are `EmbeddedDevice`.
    std::ptr::eq(ops, &DEVICE_OPS.0).then(|| unsafe { (*device.cast::<EmbeddedDevice>()).guid_be })
}

/// Copies text into a fixed field, cut to fit and always with a NUL at the end.
fn copy_name(field: &mut [c_char], text: &str) {
    let text = CString::new(text).unwrap_or_default();
    let room = field.len() - 1;
    for (to, &from) in field[..room].iter_mut().zip(text.as_bytes()) {
        *to = from as c_char;
    }
}

unsafe extern "C" fn alloc_context(
    device: *mut ibv_device,
    cmd_fd: c_int,
    _private_data: *mut c_void,
) -> *mut verbs_context {
    // SAFETY: the registry passes a live device of ours.
    match unsafe { open(device, cmd_fd) } {
        Ok(block) => block.cast(),
        Err(errno) => {
            set_errno(errno);
            null_mut()
        }
    }
}

/// Allocates the block, fills it, and lets the NIC prepare it.
///
/// # Safety
/// `device` is alive and one of ours.
unsafe fn open(device: *mut ibv_device, cmd_fd: c_int) -> Result<*mut embedded_context, Errno> {
    // SAFETY: alive and one of ours by contract.
    let embedded = unsafe { &*device.cast::<EmbeddedDevice>() };
    let nic = embedded.nic;
    // SAFETY: calloc takes any sizes.
    let block = unsafe { libc::calloc(1, size_of::<embedded_context>()) };
    let block = block.cast::<embedded_context>();
    if block.is_null() {
        return Err(Errno::ENOMEM);
    }
    // SAFETY: the block has room for the whole struct; only an address is taken.
    let context = unsafe { &raw mut (*block).verbs.context };
    // SAFETY: alive by contract.
    let device = unsafe { DeviceRef::to(device) }?;
    let start = Start {
        device,
        cmd_fd,
        kernel: None,
        core: (nic.core)(),
        dialect: Dialect::Pabi65,
    };
    // SAFETY: zeroed memory of today's layout that nobody else knows.
    unsafe { context::init(context, start) };
    // SAFETY: initialised above; the NIC's table is constant.
    unsafe { context::set_ops(context, (nic.ops)()) };
    let own = verbs_context_ops {
        free_context: Some(free_context),
        ..Zeroed::zeroed()
    };
    // SAFETY: as above.
    unsafe { context::set_ops(context, &own) };
    // SAFETY: the context is complete but for what the NIC itself sets now.
    match unsafe { (nic.open)(embedded.key, context) } {
        Ok(soft) => {
            // SAFETY: the block is ours.
            unsafe { (*block).soft = soft };
            Ok(block)
        }
        Err(errno) => {
            // SAFETY: nobody has seen the context; the NIC has undone its part.
            unsafe { release(block, context) };
            Err(errno)
        }
    }
}

/// The operation `free_context` of a context: the NIC's part first, then the block.
unsafe extern "C" fn free_context(context: *mut ibv_context) {
    let block = embedded_context::around(context);
    // SAFETY: an open context knows its device, which is one of ours.
    let nic = unsafe { (*(*context).device.cast::<EmbeddedDevice>()).nic };
    if let Some(close) = (nic.ops)().free_context {
        // SAFETY: the NIC's own operation on its own context.
        unsafe { close(context) };
    }
    // SAFETY: the application has given the context up.
    unsafe { release(block, context) };
}

/// Frees a context block and what hangs on it, but for what the NIC has freed itself.
///
/// # Safety
/// The block was made by [`open`] and is used by nobody any more.
unsafe fn release(block: *mut embedded_context, context: *mut ibv_context) {
    // SAFETY: the block is still there. The numbers may belong to somebody else by now.
    unsafe {
        (*context).cmd_fd = -1;
        (*context).async_fd = -1;
    }
    // SAFETY: went through `init`, used by nobody.
    unsafe { context::uninit(context) };
    // SAFETY: the block came from calloc.
    unsafe { libc::free(block.cast()) };
}

unsafe extern "C" fn uninit_device(device: *mut verbs_device) {
    // SAFETY: our table stands in our devices only; they were boxed by `new_device`.
    drop(unsafe { Box::from_raw(device.cast::<EmbeddedDevice>()) });
}

/// The NIC inside the library.
pub(crate) static NIC: Nic = Nic {
    list: soft::list,
    ops: || &soft::ops::TABLE,
    core: || &soft::ops::CORE,
    open: soft::open,
};
