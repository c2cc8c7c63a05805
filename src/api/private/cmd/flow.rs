//! Flow rules, their actions, and counters.

use std::ffi::{c_int, c_void};

use super::{handle, kernel};
use crate::abi::*;
use crate::api::gate::{self, not_null};
use crate::api::private::disassociate::tolerate;
use crate::base::errno::Errno;
use crate::kernel::DriverData;
use crate::kernel::cmd::{counters, flow, flow_action};

/// The specifications behind the attributes of a rule, as long as their sizes say.
///
/// # Safety
/// The promise *argument*; `count` specifications follow the attributes.
unsafe fn specs_behind<'a>(attr: *const ibv_flow_attr, count: u8) -> Result<&'a [u8], Errno> {
    const HEAD: usize = size_of::<ibv_flow_spec_u_hdr>();
    let first = attr.wrapping_add(1).cast::<u8>();
    let mut len = 0;
    for _ in 0..count {
        // SAFETY: a specification begins here, and each begins with type and size.
        let head = unsafe { std::slice::from_raw_parts(first.add(len), HEAD) };
        let (_, size) = flow::spec_head(head)?;
        if size < HEAD {
            crate::log_warn!("a flow specification of {size} bytes has no head");
            return Err(Errno::EINVAL);
        }
        len += size;
    }
    // SAFETY: the specifications are that long together.
    Ok(unsafe { std::slice::from_raw_parts(first, len) })
}

/// Makes a flow rule; `ucmd` holds the plug-in's own bytes.
///
/// # Safety
/// The promises of `gate`; the specifications follow `attr`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_flow(
    qp: *mut ibv_qp,
    flow: *mut ibv_flow,
    attr: *mut ibv_flow_attr,
    ucmd: *mut c_void,
    ucmd_size: usize,
) -> c_int {
    gate::errno(|| {
        not_null(flow)?;
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(qp) }?;
        // SAFETY: the promise *argument*.
        let read = unsafe { attr.read() };
        // SAFETY: the caller's promise.
        let specs = unsafe { specs_behind(attr, read.num_of_specs) }?;
        // SAFETY: the promise *argument*.
        let driver = unsafe { DriverData::input_only(ucmd.cast(), ucmd_size) };
        let answer = flow::create(kernel, handle!(qp), &read, specs, driver)?;
        // SAFETY: the promise *object*.
        unsafe {
            (*flow).context = (*qp).context;
            (*flow).handle = answer.flow_handle;
        }
        Ok(0)
    })
}

/// Destroys a flow rule.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_destroy_flow(flow: *mut ibv_flow) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(flow) }?;
        tolerate(flow::destroy_flow(kernel, handle!(flow)))?;
        Ok(0)
    })
}

/// Makes an ESP action.
///
/// # Safety
/// The promises of `gate`; `driver` is NULL or a chain of valid command buffers.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_flow_action_esp(
    context: *mut ibv_context,
    attr: *mut ibv_flow_action_esp_attr,
    action: *mut verbs_flow_action,
    driver: *mut ibv_command_buffer,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        not_null(action)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(context) }?;
        // SAFETY: the promise *argument*.
        let attr = unsafe { attr.read() };
        // SAFETY: the caller's promise.
        let handle = unsafe { flow_action::create_esp(kernel, &attr, driver) }?;
        // SAFETY: the promise *object*.
        unsafe {
            (*action).action.context = context;
            (*action).r#type = IBV_FLOW_ACTION_ESP;
            (*action).handle = handle;
        }
        Ok(0)
    })
}

/// Changes an ESP action.
///
/// # Safety
/// The promises of `gate`; `driver` is NULL or a chain of valid command buffers.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_modify_flow_action_esp(
    action: *mut verbs_flow_action,
    attr: *mut ibv_flow_action_esp_attr,
    driver: *mut ibv_command_buffer,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        // SAFETY: the promise *object*; the public struct is its beginning.
        let kernel = unsafe { kernel(action.cast::<ibv_flow_action>()) }?;
        // SAFETY: the promise *argument*.
        let attr = unsafe { attr.read() };
        let handle = handle!(action);
        // SAFETY: the caller's promise.
        unsafe { flow_action::modify_esp(kernel, handle, &attr, driver) }?;
        Ok(0)
    })
}

/// Destroys an action.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_destroy_flow_action(
    action: *mut verbs_flow_action,
) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*; the public struct is its beginning.
        let kernel = unsafe { kernel(action.cast::<ibv_flow_action>()) }?;
        tolerate(flow_action::destroy(kernel, handle!(action)))?;
        Ok(0)
    })
}

/// Makes a set of counters; no attribute is known (`EOPNOTSUPP`).
///
/// # Safety
/// The promises of `gate`; `link` is NULL or a chain of valid command buffers.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_create_counters(
    context: *mut ibv_context,
    attr: *mut ibv_counters_init_attr,
    set: *mut verbs_counters,
    link: *mut ibv_command_buffer,
) -> c_int {
    gate::errno(|| {
        not_null(attr)?;
        not_null(set)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(context) }?;
        // SAFETY: the promise *argument*.
        if unsafe { (*attr).comp_mask } != 0 {
            return Err(Errno::EOPNOTSUPP);
        }
        // SAFETY: the caller's promise.
        let handle = unsafe { counters::create(kernel, link) }?;
        // SAFETY: the promise *object*.
        unsafe {
            (*set).counters.context = context;
            (*set).handle = handle;
        }
        Ok(0)
    })
}

/// Destroys a set of counters.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_destroy_counters(
    set: *mut verbs_counters,
) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*; the public struct is its beginning.
        let kernel = unsafe { kernel(set.cast::<ibv_counters>()) }?;
        tolerate(counters::destroy(kernel, handle!(set)))?;
        Ok(0)
    })
}

/// Reads counters.
///
/// # Safety
/// The promises of `gate`; there is room for `count` values, and `link` is NULL or a chain of
/// valid command buffers.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_read_counters(
    set: *mut verbs_counters,
    values: *mut u64,
    count: u32,
    flags: u32,
    link: *mut ibv_command_buffer,
) -> c_int {
    gate::errno(|| {
        // SAFETY: the promise *object*; the public struct is its beginning.
        let kernel = unsafe { kernel(set.cast::<ibv_counters>()) }?;
        let handle = handle!(set);
        // SAFETY: the caller's promise.
        unsafe { counters::read(kernel, handle, (values, count), flags, link) }?;
        Ok(0)
    })
}
