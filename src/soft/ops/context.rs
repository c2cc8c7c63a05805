//! Opening and closing, queries of device and port, channels, async events.

use super::{gate, gate_void, set_errno};
use crate::abi::{
    self, ibv_async_event, ibv_comp_channel, ibv_context, ibv_device_attr_ex, ibv_gid,
    ibv_gid_entry, ibv_gid_type_sysfs, ibv_port_attr, ibv_query_device_ex_input,
};
use crate::base::errno::Errno;
use crate::base::ids::Gid;
use crate::log_error;
use crate::soft::context::Context;
use crate::soft::handle::{self, ChannelHandle};
use crate::soft::notify::Channel;
use crate::soft::process::Process;
use crate::soft::{device, gid, port};
use std::ffi::{c_int, c_uint, c_void};
use std::os::fd::AsRawFd;
use std::sync::Arc;

/// Makes a fresh context block the open device of this key.
///
/// # Safety
/// `context` must be inside an `embedded_context` block that nobody else uses yet.
pub unsafe fn open(key: u32, context: *mut ibv_context) -> Result<*mut c_void, Errno> {
    let process = Process::current()?;
    process.config.check_link()?;
    let devices = device::devices(&process.config)?;
    let device = devices
        .into_iter()
        .find(|spec| spec.key == key)
        .ok_or(Errno::ENODEV)?;
    let soft = Context::new(device, process.clone())
        .map_err(|error| error.logged("cannot open the device: no descriptors for its events"))?;
    let soft = Arc::new(soft);
    let mut contexts = process.contexts.lock();
    contexts.retain(|context| context.strong_count() > 0);
    contexts.push(Arc::downgrade(&soft));
    drop(contexts);
    // SAFETY: the block is ours to fill, by contract.
    let c = unsafe { &mut *context };
    c.async_fd = soft.events.fd();
    // No kernel device is behind this one, but programs duplicate the descriptor and hand it on.
    c.cmd_fd = soft.cmd_fd.as_raw_fd();
    c.num_comp_vectors = 1;
    Ok(Box::into_raw(Box::new(soft)).cast())
}

/// Lets go of what `open` made; the block itself is the caller's to free.
pub(super) unsafe extern "C" fn free_context(context: *mut ibv_context) {
    gate_void(|| {
        // SAFETY: pointer obligations of `handle`.
        if unsafe { handle::context(context) }.is_err() {
            return;
        }
        let block = abi::embedded_context::around(context);
        // SAFETY: as just checked, the block is the embedded NIC's and open.
        let soft = unsafe { std::ptr::replace(&raw mut (*block).soft, std::ptr::null_mut()) };
        // SAFETY: `open` made it from a box of this type, and it was taken out of the block.
        let soft = unsafe { Box::from_raw(soft.cast::<Arc<Context>>()) };
        if !soft.process.is_inherited() {
            super::qp::retire_all(&soft);
        }
    });
}

pub(super) unsafe extern "C" fn query_device_ex(
    context: *mut ibv_context,
    input: *const ibv_query_device_ex_input,
    attr: *mut ibv_device_attr_ex,
    attr_size: usize,
) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        // SAFETY: NULL or a struct of the application.
        if unsafe { input.as_ref() }.is_some_and(|input| input.comp_mask != 0) {
            return Err(Errno::EINVAL);
        }
        if attr.is_null() {
            return Err(Errno::EINVAL);
        }
        // SAFETY: the application's struct has `attr_size` bytes, by its own word.
        unsafe { device::fill_device_attr_ex(&soft.device(), attr, attr_size) }
    })
}

pub(super) unsafe extern "C" fn query_port(
    context: *mut ibv_context,
    port_num: u8,
    attr: *mut ibv_port_attr,
) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        // SAFETY: the library hands a full-size struct, whatever the application's size.
        let attr = unsafe { attr.as_mut() }.ok_or(Errno::EINVAL)?;
        port::fill_port_attr(&soft.device(), port_num, attr)
    })
}

pub(super) unsafe extern "C" fn query_port_speed(
    context: *mut ibv_context,
    port_num: u32,
    speed: *mut u64,
) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        let found = port::query_speed(&soft.device(), port_num)?;
        // SAFETY: NULL or the application's place for the answer.
        *unsafe { speed.as_mut() }.ok_or(Errno::EINVAL)? = found;
        Ok(())
    })
}

pub(super) unsafe fn create_comp_channel(context: *mut ibv_context) -> *mut ibv_comp_channel {
    super::gate_pointer(|| {
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        soft.process.check_ours()?;
        let channel = Channel::new()
            .map_err(|error| error.logged("create_comp_channel: no pipe for its events"))?;
        let c = ibv_comp_channel {
            context,
            fd: channel.fd(),
            refcnt: 0,
        };
        Ok(ChannelHandle::into_raw(c, Arc::new(channel)))
    })
}

pub(super) unsafe fn destroy_comp_channel(channel: *mut ibv_comp_channel) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        unsafe { handle::channel(channel) }?;
        // SAFETY: as checked, a channel of ours, which the application gives up.
        unsafe { ChannelHandle::free(channel) };
        Ok(())
    })
}

/// The application has read an event: counts it for the object it is about.
pub(super) unsafe extern "C" fn async_event(
    context: *mut ibv_context,
    event: *mut ibv_async_event,
) {
    gate_void(|| {
        // SAFETY: pointer obligations of `handle`.
        let Ok(soft) = (unsafe { handle::context(context) }) else {
            return;
        };
        // SAFETY: the library passes the event it is about to return.
        let Some(event) = (unsafe { event.as_ref() }) else {
            return;
        };
        if soft.process.is_inherited() {
            return;
        }
        let (element, count) = match event.event_type {
            abi::IBV_EVENT_CQ_ERR => {
                // SAFETY: for this event the element is a CQ of this context.
                let pointer = unsafe { event.element.cq };
                // SAFETY: pointer obligations of `handle`; destroy waits for this event.
                let cq = unsafe { handle::cq(pointer) }.ok();
                (pointer as u64, cq.map(|cq| &cq.async_events))
            }
            abi::IBV_EVENT_SRQ_ERR | abi::IBV_EVENT_SRQ_LIMIT_REACHED => {
                // SAFETY: for these events the element is an SRQ of this context.
                let pointer = unsafe { event.element.srq };
                // SAFETY: as above.
                let srq = unsafe { handle::srq(pointer) }.ok();
                (pointer as u64, srq.map(|srq| &srq.async_events))
            }
            abi::IBV_EVENT_QP_FATAL
            | abi::IBV_EVENT_QP_REQ_ERR
            | abi::IBV_EVENT_QP_ACCESS_ERR
            | abi::IBV_EVENT_COMM_EST
            | abi::IBV_EVENT_SQ_DRAINED
            | abi::IBV_EVENT_QP_LAST_WQE_REACHED => {
                // SAFETY: for these events the element is a QP of this context.
                let pointer = unsafe { event.element.qp };
                // SAFETY: as above.
                let qp = unsafe { handle::qp(pointer) }.ok();
                (pointer as u64, qp.map(|qp| &qp.async_events))
            }
            // Events of the device or the port: the element is a port number.
            _ => (1, None),
        };
        soft.events.taken(element, count);
    });
}

pub(super) unsafe fn query_gid(
    context: *mut ibv_context,
    port_num: u32,
    index: c_int,
    out: *mut ibv_gid,
) -> c_int {
    minus_one(gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        let index = u32::try_from(index).map_err(|_| Errno::EINVAL)?;
        let port_num = port(port_num)?;
        port::check_port(port_num)?;
        // An index without an entry is no error here: the answer is the zero GID.
        let gid = match gid::query_gid(&soft.device(), port_num, index) {
            Err(Errno::ENODATA) => Gid::default(),
            Err(error) => {
                log_error!("query_gid: index {index} is beyond the table and its aliases");
                return Err(error);
            }
            Ok(gid) => gid,
        };
        // SAFETY: the application's place for the answer, checked for NULL by the caller.
        unsafe { out.write(ibv_gid { raw: gid.0 }) };
        Ok(())
    }))
}

pub(super) unsafe fn query_gid_ex(
    context: *mut ibv_context,
    port_num: u32,
    index: u32,
    out: *mut ibv_gid_entry,
    flags: u32,
    entry_size: usize,
) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        // No flag is defined yet.
        if flags != 0 {
            return Err(Errno::EINVAL);
        }
        let entry = gid::query_entry(&soft.device(), port_num, index)?;
        // SAFETY: the application's struct of that size.
        unsafe { put_entry(&entry, out, entry_size) };
        Ok(())
    })
}

pub(super) unsafe fn query_gid_table(
    context: *mut ibv_context,
    out: *mut ibv_gid_entry,
    max: usize,
    flags: u32,
    entry_size: usize,
) -> isize {
    let mut count = 0;
    let errno = gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        // No flag is defined yet.
        if flags != 0 {
            return Err(Errno::EINVAL);
        }
        if max < 1 {
            return Err(Errno::EINVAL);
        }
        let entry = gid::query_entry(&soft.device(), 1, 0)?;
        // SAFETY: there is room for at least one entry of that size.
        unsafe { put_entry(&entry, out, entry_size) };
        count = 1;
        Ok(())
    });
    if errno == 0 { count } else { -(errno as isize) }
}

/// Writes as much of an entry as the application's struct has; what it has beyond reads as zero.
///
/// # Safety
/// `out` must have room for `entry_size` bytes.
unsafe fn put_entry(entry: &ibv_gid_entry, out: *mut ibv_gid_entry, entry_size: usize) {
    let size = entry_size.min(size_of::<ibv_gid_entry>());
    let from: *const u8 = (&raw const *entry).cast();
    let out = out.cast::<u8>();
    // SAFETY: `size` is within both structs.
    unsafe { std::ptr::copy_nonoverlapping(from, out, size) };
    // SAFETY: the rest of the application's struct.
    unsafe { out.add(size).write_bytes(0, entry_size - size) };
}

pub(super) unsafe fn query_gid_type(
    context: *mut ibv_context,
    port_num: u32,
    index: c_uint,
    out: *mut ibv_gid_type_sysfs,
) -> c_int {
    minus_one(gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        let kind = gid::query_type(&soft.device(), port(port_num)?, index)?;
        // SAFETY: the application's place for the answer, checked for NULL by the caller.
        unsafe { out.write(kind) };
        Ok(())
    }))
}

pub(super) unsafe fn query_pkey(
    context: *mut ibv_context,
    port_num: u32,
    index: c_int,
    out: *mut u16,
) -> c_int {
    minus_one(gate(|| {
        // SAFETY: pointer obligations of `handle`.
        unsafe { handle::context(context) }?;
        let pkey = port::query_pkey(port(port_num)?, index)?;
        // SAFETY: the application's place for the answer, checked for NULL by the caller.
        unsafe { out.write(pkey.0.to_be()) };
        Ok(())
    }))
}

/// A port number as devices of today have it.
fn port(port_num: u32) -> Result<u8, Errno> {
    u8::try_from(port_num).map_err(|_| Errno::EINVAL)
}

/// From "returns an error number" to "returns −1 and sets errno".
fn minus_one(errno: c_int) -> c_int {
    if errno == 0 {
        return 0;
    }
    set_errno(Errno(errno));
    -1
}
