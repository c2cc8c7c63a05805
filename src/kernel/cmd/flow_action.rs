//! Actions of flow rules: encryption by ESP.

use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::Uverbs;
use crate::kernel::ioctl::Command;

/// Adds what the attributes name.
///
/// # Safety
/// The pointers in `attr` are NULL or point to as much as the lengths next to them say.
unsafe fn add_attr<'a>(command: &mut Command<'a>, attr: &'a ibv_flow_action_esp_attr) {
    if attr.comp_mask & IBV_FLOW_ACTION_ESP_MASK_ESN != 0 {
        command.u32_in(UVERBS_ATTR_FLOW_ACTION_ESP_ESN, attr.esn);
    }
    let choices = [
        (
            UVERBS_ATTR_FLOW_ACTION_ESP_KEYMAT,
            attr.keymat_proto,
            attr.keymat_ptr,
            attr.keymat_len,
        ),
        (
            UVERBS_ATTR_FLOW_ACTION_ESP_REPLAY,
            attr.replay_proto,
            attr.replay_ptr,
            attr.replay_len,
        ),
    ];
    for (id, choice, bytes, len) in choices {
        if !bytes.is_null() {
            // SAFETY: the caller's promise.
            unsafe { command.choice_in(id, choice as u8, bytes.cast(), len.into()) };
        }
    }
    let structs = [
        (
            UVERBS_ATTR_FLOW_ACTION_ESP_ENCAP,
            attr.esp_encap.cast::<u8>(),
            size_of::<ib_uverbs_flow_action_esp_encap>(),
        ),
        (
            UVERBS_ATTR_FLOW_ACTION_ESP_ATTRS,
            attr.esp_attr.cast::<u8>(),
            size_of::<ib_uverbs_flow_action_esp>(),
        ),
    ];
    for (id, bytes, len) in structs {
        if !bytes.is_null() {
            // SAFETY: the caller's promise.
            unsafe { command.bytes_in(id, bytes, len) };
        }
    }
}

/// Makes an action; `driver` holds the attributes of the plug-in.
///
/// # Safety
/// The pointers in `attr` are NULL or point to as much as the lengths next to them say; as for
/// [`Command::link`].
pub unsafe fn create_esp(
    uverbs: &Uverbs,
    attr: &ibv_flow_action_esp_attr,
    driver: *mut ibv_command_buffer,
) -> Result<u32, Errno> {
    let mut handle = 0;
    {
        let mut command = Command::new(
            UVERBS_OBJECT_FLOW_ACTION,
            UVERBS_METHOD_FLOW_ACTION_ESP_CREATE,
        );
        command.handle_out(UVERBS_ATTR_CREATE_FLOW_ACTION_ESP_HANDLE, &mut handle);
        // SAFETY: the caller's promise.
        unsafe { add_attr(&mut command, attr) };
        // SAFETY: the caller's promise.
        unsafe { command.link(driver) };
        command.run(uverbs)?;
    }
    Ok(handle)
}

/// Changes an action.
///
/// # Safety
/// As for [`create_esp`].
pub unsafe fn modify_esp(
    uverbs: &Uverbs,
    handle: u32,
    attr: &ibv_flow_action_esp_attr,
    driver: *mut ibv_command_buffer,
) -> Result<(), Errno> {
    let mut command = Command::new(
        UVERBS_OBJECT_FLOW_ACTION,
        UVERBS_METHOD_FLOW_ACTION_ESP_MODIFY,
    );
    command.handle_in(UVERBS_ATTR_MODIFY_FLOW_ACTION_ESP_HANDLE, handle);
    // SAFETY: the caller's promise.
    unsafe { add_attr(&mut command, attr) };
    // SAFETY: the caller's promise.
    unsafe { command.link(driver) };
    command.run(uverbs)
}

pub fn destroy(uverbs: &Uverbs, handle: u32) -> Result<(), Errno> {
    let mut command = Command::new(UVERBS_OBJECT_FLOW_ACTION, UVERBS_METHOD_FLOW_ACTION_DESTROY);
    command.handle_in(UVERBS_ATTR_DESTROY_FLOW_ACTION_HANDLE, handle);
    command.run(uverbs)
}
