//! The context, the device and its ports; methods that plug-ins put to the kernel themselves.

use std::ffi::c_int;

use super::{kernel, store};
use crate::abi::*;
use crate::api::gate::{self, Owned, not_null};
use crate::api::private::init::context_of;
use crate::base::errno::Errno;
use crate::kernel::DriverData;
use crate::kernel::cmd::{context as making, device, port};
use crate::provider::context::private;

/// Executes a command a plug-in has built.
///
/// # Safety
/// The promises of `gate`; `command` heads a chain of valid command buffers.
pub(in crate::api) unsafe extern "C" fn execute_ioctl(
    context: *mut ibv_context,
    command: *mut ibv_command_buffer,
) -> c_int {
    gate::errno(|| {
        not_null(command)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(context) }?;
        // SAFETY: the caller's promise.
        unsafe { making::execute(kernel, command) }?;
        Ok(0)
    })
}

/// Tells the context and its device what the kernel said.
///
/// # Safety
/// The context is open.
unsafe fn adopt(context: *mut ibv_context, found: making::Context) -> Result<(), Errno> {
    // SAFETY: open by contract.
    let private = unsafe { private(context) }?;
    if let Some(support) = found.core_support {
        // SAFETY: the private part lives as long as the context.
        unsafe { (*private).device.set_core_support(support) };
    }
    // SAFETY: open by contract.
    unsafe {
        (*context).num_comp_vectors = found.num_comp_vectors as c_int;
        if let Some(fd) = found.async_fd {
            (*context).async_fd = fd;
        }
    }
    Ok(())
}

/// Makes the kernel's side of a context: the first command of every plug-in.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_get_context(
    verbs: *mut verbs_context,
    cmd: *mut ibv_get_context,
    cmd_size: usize,
    resp: *mut ib_uverbs_get_context_resp,
    resp_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(verbs)?;
        let context = context_of(verbs);
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(context) }?;
        // SAFETY: the promises *argument* and *place*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, resp, resp_size) }?;
        let found = making::create(kernel, driver)?;
        let answer = ib_uverbs_get_context_resp {
            async_fd: found.async_fd.unwrap_or(-1) as u32,
            num_comp_vectors: found.num_comp_vectors,
            driver_data: [],
        };
        // SAFETY: the promise *place*.
        unsafe { store(resp, answer) };
        // SAFETY: open.
        unsafe { adopt(context, found) }?;
        Ok(0)
    })
}

/// Asks about a context that another process has made.
///
/// # Safety
/// The promises of `gate`; `driver` is NULL or a chain of valid command buffers.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_query_context(
    context: *mut ibv_context,
    driver: *mut ibv_command_buffer,
) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(context) }?;
        // SAFETY: the caller's promise.
        let found = unsafe { making::query(kernel, driver) }?;
        // SAFETY: open.
        unsafe { adopt(context, found) }?;
        Ok(0)
    })
}

/// Asks what the device can do, into a struct of any release.
///
/// `EINVAL` if something is asked for beside, or the struct is shorter than the oldest. `resp`
/// gets the kernel's answer with the driver's behind it, and its size how much came.
///
/// # Safety
/// The promises of `gate`; `attr` has room for `attr_size` bytes, `resp` for as many as its size
/// says.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_query_device_any(
    context: *mut ibv_context,
    input: *const ibv_query_device_ex_input,
    attr: *mut ibv_device_attr_ex,
    attr_size: usize,
    resp: *mut ib_uverbs_ex_query_device_resp,
    resp_size: *mut usize,
) -> c_int {
    const OLDEST: usize = size_of::<ibv_device_attr>();
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(context) }?;
        // SAFETY: the promise *argument*.
        let has_input = !input.is_null() && unsafe { (*input).comp_mask } != 0;
        if has_input || attr_size < OLDEST {
            return Err(Errno::EINVAL);
        }
        let driver = if resp.is_null() || resp_size.is_null() {
            DriverData::NONE
        } else {
            let none = std::ptr::null::<empty>();
            // SAFETY: the caller's promise.
            unsafe { DriverData::behind(none, 0, resp, resp_size.read()) }?
        };
        let found = device::query(kernel, attr_size > OLDEST, driver)?;
        // SAFETY: the promise *place*.
        unsafe { store(resp, found) };
        if !resp_size.is_null() {
            // SAFETY: the promise *place*.
            unsafe { resp_size.write(found.response_length as usize) };
        }
        let mut known = device::attributes(&found);
        // SAFETY: open.
        known.phys_port_cnt_ex = match unsafe { port_count(context) }? {
            0 => known.orig_attr.phys_port_cnt.into(),
            count => count,
        };
        let len = attr_size.min(size_of_val(&known));
        let to = attr.cast::<u8>();
        // SAFETY: the caller has `attr_size` bytes, which may be more than we know.
        unsafe { to.add(len).write_bytes(0, attr_size - len) };
        // SAFETY: as above, and the source is a struct of ours of at least `len` bytes.
        unsafe { to.copy_from_nonoverlapping((&raw const known).cast(), len) };
        Ok(0)
    })
}

/// How many ports the kernel said the device has, 0 if it did not.
///
/// # Safety
/// The context is open.
unsafe fn port_count(context: *mut ibv_context) -> Result<u32, Errno> {
    // SAFETY: open by contract.
    let private = unsafe { private(context) }?;
    // SAFETY: the private part lives as long as the context.
    Ok(unsafe { (*private).device.port_count() })
}

/// Asks for the state of a port.
///
/// Plug-ins of this generation may pass a struct that ends before the speed of later releases, so
/// that member is left alone; the library's own callers have it zeroed.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_query_port(
    context: *mut ibv_context,
    port_num: u8,
    attr: *mut ibv_port_attr,
    cmd: *mut ibv_query_port,
    cmd_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let context = unsafe { context.context() }?;
        // SAFETY: open.
        let kernel = unsafe { kernel(context) }?;
        let none = std::ptr::null_mut::<empty>();
        // SAFETY: the promise *argument*.
        let driver = unsafe { DriverData::behind(cmd, cmd_size, none, 0) }?;
        let found = port::query(kernel, port_num, driver)?;
        let legacy = &found.legacy_resp;
        macro_rules! copy {
            ($($field:ident)*) => {
                // SAFETY: the promise *place*, of every release.
                unsafe { $((*attr).$field = legacy.$field as _;)* }
            };
        }
        copy! {
            state max_mtu active_mtu gid_tbl_len port_cap_flags max_msg_sz bad_pkey_cntr
            qkey_viol_cntr pkey_tbl_len lid sm_lid lmc max_vl_num sm_sl subnet_timeout
            init_type_reply active_width active_speed phys_state link_layer flags
        }
        // SAFETY: the promise *place*, of every release of this generation.
        unsafe { (*attr).port_cap_flags2 = found.port_cap_flags2 };
        Ok(0)
    })
}
