//! The device list, contexts, and what a device says of itself, for programs of 1.0.

use std::ffi::{CStr, c_char, c_int};
use std::mem::offset_of;
use std::ptr::null;
use std::sync::Arc;

use super::{Wrapper, post};
use crate::abi::*;
use crate::api::device;
use crate::api::gate::{self, not_null};
use crate::base::errno::Errno;
use crate::provider::device::DeviceRef;
use crate::provider::registry;

/// A device of 1.0. Lists and contexts each hold a count of it: programs of that time went on
/// using a device after they had freed the list.
#[repr(C)]
pub(super) struct Device {
    public: ibv_device_1_0,
    #[allow(dead_code, reason = "keeps the real device alive")]
    real: DeviceRef,
}

// SAFETY: constant after it was made, and the counted device may be used by all threads.
unsafe impl Send for Device {}
// SAFETY: as above.
unsafe impl Sync for Device {}

impl Device {
    /// A device with one count, given to C.
    pub(super) fn into_raw(real: DeviceRef) -> *mut ibv_device_1_0 {
        let public = ibv_device_1_0 {
            real_device: real.as_ptr(),
            ..Zeroed::zeroed()
        };
        let device = Arc::into_raw(Arc::new(Device { public, real }));
        device.cast_mut().cast()
    }

    /// Takes a count back from C.
    ///
    /// # Safety
    /// `device` came from [`Device::into_raw`], and the count is the caller's to give up.
    pub(super) unsafe fn from_raw(device: *mut ibv_device_1_0) -> Arc<Device> {
        // SAFETY: by contract.
        unsafe { Arc::from_raw(device.cast()) }
    }
}

/// A context of 1.0 in the middle of a block that has the shape of a `verbs_context`.
///
/// Every function of every node looks for the private part in front of a context, and inline
/// functions of newer headers for a mark behind it. Both places are there and empty, so a context
/// of 1.0 in the wrong place is refused instead of followed.
#[repr(C)]
struct Block {
    front: [u8; offset_of!(verbs_context, sz)],
    /// [`MARK`], where others keep the size of their block.
    mark: usize,
    public: ibv_context_1_0,
    behind: [u8; size_of::<ibv_context>() - size_of::<ibv_context_1_0>()],
    #[allow(dead_code, reason = "keeps the device alive")]
    device: Arc<Device>,
}

const CONTEXT: usize = offset_of!(Block, public);
const _: () = assert!(CONTEXT == offset_of!(verbs_context, context));
const _: () = assert!(offset_of!(Block, mark) == offset_of!(verbs_context, sz));

/// No size of any generation of `verbs_context`.
const MARK: usize = usize::from_ne_bytes(*b"verbs1.0");

/// Whether a context, of whichever node, is one of 1.0.
///
/// # Safety
/// `context` is NULL or an open context.
pub(in crate::api) unsafe fn is_old_context<T>(context: *mut T) -> bool {
    let distance = CONTEXT - offset_of!(Block, mark);
    // SAFETY: contexts of all generations have a word of this kind at this distance.
    !context.is_null()
        && unsafe { context.wrapping_byte_sub(distance).cast::<usize>().read() } == MARK
}

impl Wrapper for *mut ibv_context_1_0 {
    type Real = ibv_context;

    unsafe fn real(self) -> Result<*mut ibv_context, Errno> {
        // SAFETY: the promise *object*.
        if unsafe { is_old_context(self) } {
            // SAFETY: the mark says that it is one of ours.
            Ok(unsafe { (*self).real_context })
        } else {
            Err(Errno::EINVAL)
        }
    }
}

/// `ibv_get_device_list` of 1.0: a NULL-terminated array of devices.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_get_device_list(
    num_devices: *mut c_int,
) -> *mut *mut ibv_device_1_0 {
    gate::null(|| {
        if !num_devices.is_null() {
            // SAFETY: the promise *place*.
            unsafe { num_devices.write(0) };
        }
        let devices = registry::list()?;
        let count = devices.len();
        // SAFETY: calloc takes any sizes; the element after the last stays NULL.
        let array = unsafe { libc::calloc(count + 1, size_of::<*mut ibv_device_1_0>()) };
        let array = array.cast::<*mut ibv_device_1_0>();
        not_null(array).map_err(|_| Errno::ENOMEM)?;
        for (index, real) in devices.into_iter().enumerate() {
            // SAFETY: the array has room for `count` elements and the NULL after them.
            unsafe { array.add(index).write(Device::into_raw(real)) };
        }
        if !num_devices.is_null() {
            // SAFETY: the promise *place*.
            unsafe { num_devices.write(count as c_int) };
        }
        Ok(array)
    })
}

/// `ibv_free_device_list` of 1.0: the array, and the devices that are not open.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_free_device_list(list: *mut *mut ibv_device_1_0) {
    gate::nothing(|| {
        not_null(list)?;
        let mut element = list;
        loop {
            // SAFETY: the array came from `ibv_get_device_list` and ends with NULL.
            let device = unsafe { element.read() };
            if device.is_null() {
                break;
            }
            // SAFETY: the element holds a count that nobody takes back but us.
            drop(unsafe { Device::from_raw(device) });
            element = element.wrapping_add(1);
        }
        // SAFETY: the array came from calloc.
        unsafe { libc::free(list.cast()) };
        Ok(())
    });
}

/// The real device behind one of 1.0.
///
/// # Safety
/// The promise *object*.
unsafe fn real_device(device: *mut ibv_device_1_0) -> Result<*mut ibv_device, Errno> {
    not_null(device)?;
    // SAFETY: the promise *object*.
    Ok(unsafe { (*device).real_device })
}

/// `ibv_get_device_name` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_get_device_name(
    device: *mut ibv_device_1_0,
) -> *const c_char {
    gate::value(null(), || {
        // SAFETY: the promise *object*.
        let real = unsafe { real_device(device) }?;
        // SAFETY: alive as long as its wrapper.
        Ok(unsafe { device::ibv_get_device_name(real) })
    })
}

/// `ibv_get_device_guid` of 1.0: in network byte order, 0 on failure.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_get_device_guid(device: *mut ibv_device_1_0) -> __be64 {
    gate::value(0, || {
        // SAFETY: the promise *object*.
        let real = unsafe { real_device(device) }?;
        // SAFETY: alive as long as its wrapper.
        Ok(unsafe { device::ibv_get_device_guid(real) })
    })
}

/// `ibv_open_device` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_open_device(
    device: *mut ibv_device_1_0,
) -> *mut ibv_context_1_0 {
    gate::null(|| {
        // SAFETY: the promise *object*.
        let real = unsafe { real_device(device) }?;
        // SAFETY: alive as long as its wrapper.
        let real_context = unsafe { device::ibv_open_device(real) };
        not_null(real_context).map_err(|_| Errno::last())?;
        // SAFETY: listed devices are counted, and the program still holds this one.
        unsafe { Arc::increment_strong_count(device.cast::<Device>()) };
        // SAFETY: the count just taken.
        let counted = unsafe { Device::from_raw(device) };
        // SAFETY: just opened; the descriptors stay what they are.
        let (cmd_fd, async_fd) = unsafe { ((*real_context).cmd_fd, (*real_context).async_fd) };
        // SAFETY: as above.
        let num_comp_vectors = unsafe { (*real_context).num_comp_vectors };
        let block = Box::into_raw(Box::new(Block {
            front: [0; _],
            mark: MARK,
            public: ibv_context_1_0 {
                device,
                ops: post::slots(),
                cmd_fd,
                async_fd,
                num_comp_vectors,
                real_context,
            },
            behind: [0; _],
            device: counted,
        }));
        // SAFETY: just made; only an address is taken.
        Ok(unsafe { &raw mut (*block).public })
    })
}

/// `ibv_close_device` of 1.0.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_close_device(context: *mut ibv_context_1_0) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let real = unsafe { context.real() }?;
        // SAFETY: open as long as its wrapper.
        let failed = unsafe { device::ibv_close_device(real) };
        let block = context.wrapping_byte_sub(CONTEXT).cast::<Block>();
        // SAFETY: the mark was there, so the context lies in a block of ours.
        unsafe { super::end(block, failed) }
    })
}

/// Defines queries of 1.0 that differ from today's in the context only.
macro_rules! queries {
    ($(
        $(#[$doc:meta])*
        $name:ident($($argument:ident: $type:ty),*) = $convention:ident;
    )*) => {
        $(
            $(#[$doc])*
            ///
            /// # Safety
            /// The promises of `gate`.
            pub(in crate::api) unsafe extern "C" fn $name(
                context: *mut ibv_context_1_0, $($argument: $type),*
            ) -> c_int {
                gate::$convention(|| {
                    // SAFETY: the promise *object*.
                    let real = unsafe { context.real() }?;
                    // SAFETY: what the caller promised, with the real context.
                    Ok(unsafe { device::$name(real, $($argument),*) })
                })
            }
        )*
    };
}

queries! {
    /// `ibv_query_device` of 1.0; the structure has not changed since.
    ibv_query_device(device_attr: *mut ibv_device_attr) = errno;
    /// `ibv_query_port` of 1.0: 48 bytes, as the exported name has written ever since.
    ibv_query_port(port_num: u8, port_attr: *mut _compat_ibv_port_attr) = errno;
    /// `ibv_query_gid` of 1.0.
    ibv_query_gid(port_num: u8, index: c_int, gid: *mut ibv_gid) = minus_one;
    /// `ibv_query_pkey` of 1.0.
    ibv_query_pkey(port_num: u8, index: c_int, pkey: *mut __be16) = minus_one;
}

/// `ibv_register_driver` of node `IBVERBS_1.1`: takes the call and registers nothing, as rdma-core
/// has done since drivers register through the private node. Some programs call it only to keep
/// the library of 2007 from printing a warning.
///
/// # Safety
/// The promises of `gate`; the function is never called.
pub(in crate::api) unsafe extern "C" fn ibv_register_driver(
    name: *const c_char,
    _init: Option<unsafe extern "C" fn(*const c_char, c_int) -> *mut ibv_device>,
) {
    gate::nothing(|| {
        not_null(name)?;
        // SAFETY: the promise *text*.
        let name = unsafe { CStr::from_ptr(name) };
        crate::log_info!("driver {name:?} uses an interface that ended in 2016: not registered");
        Ok(())
    });
}
