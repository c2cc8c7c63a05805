//! The context itself: its making, its asynchronous events, completion channels, methods of
//! drivers.

use std::ffi::c_int;

use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::fallback::Outcome;
use crate::kernel::ioctl::Command;
use crate::kernel::{DriverData, Method, Uverbs};

/// What the kernel says of a context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Context {
    pub num_comp_vectors: u32,
    /// `IB_UVERBS_CORE_SUPPORT_*`; nothing where the kernel only knows the older form.
    pub core_support: Option<u64>,
    /// The older form makes the descriptor of asynchronous events on the way.
    pub async_fd: Option<c_int>,
}

/// Makes the context of a descriptor: the first command on it.
pub fn create(uverbs: &Uverbs, driver: DriverData) -> Result<Context, Errno> {
    let (mut num_comp_vectors, mut core_support) = (0u32, 0u64);
    let outcome = {
        let mut command = Command::new(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_GET_CONTEXT);
        command.out(
            UVERBS_ATTR_GET_CONTEXT_NUM_COMP_VECTORS,
            &mut num_comp_vectors,
        );
        command.out(UVERBS_ATTR_GET_CONTEXT_CORE_SUPPORT, &mut core_support);
        command.driver(driver);
        uverbs.attempt(Method::GetContext, &mut command)?
    };
    if outcome == Outcome::Done {
        return Ok(Context {
            num_comp_vectors,
            core_support: Some(core_support),
            async_fd: None,
        });
    }
    let response = uverbs.write::<ibv_get_context>(Zeroed::zeroed(), driver)?;
    Ok(Context {
        num_comp_vectors: response.num_comp_vectors,
        core_support: None,
        async_fd: Some(response.async_fd as c_int),
    })
}

/// Asks about a context that another process has made; `driver` holds the plug-in's attributes.
///
/// # Safety
/// As for [`Command::link`].
pub unsafe fn query(uverbs: &Uverbs, driver: *mut ibv_command_buffer) -> Result<Context, Errno> {
    let (mut num_comp_vectors, mut core_support) = (0u32, 0u64);
    {
        let mut command = Command::new(UVERBS_OBJECT_DEVICE, UVERBS_METHOD_QUERY_CONTEXT);
        command.out(
            UVERBS_ATTR_QUERY_CONTEXT_NUM_COMP_VECTORS,
            &mut num_comp_vectors,
        );
        command.out(UVERBS_ATTR_QUERY_CONTEXT_CORE_SUPPORT, &mut core_support);
        // SAFETY: the caller's promise.
        unsafe { command.link(driver) };
        command.run(uverbs)?;
    }
    Ok(Context {
        num_comp_vectors,
        core_support: Some(core_support),
        async_fd: None,
    })
}

/// A descriptor from which asynchronous events are read.
pub fn alloc_async_fd(uverbs: &Uverbs) -> Result<c_int, Errno> {
    let mut fd = 0;
    {
        let mut command = Command::new(UVERBS_OBJECT_ASYNC_EVENT, UVERBS_METHOD_ASYNC_EVENT_ALLOC);
        command.handle_out(UVERBS_ATTR_ASYNC_EVENT_ALLOC_FD_HANDLE, &mut fd);
        command.run(uverbs)?;
    }
    Ok(fd as c_int)
}

/// A descriptor from which completion events are read.
pub fn create_comp_channel(uverbs: &Uverbs) -> Result<c_int, Errno> {
    let response = uverbs.write::<ibv_create_comp_channel>(Zeroed::zeroed(), DriverData::NONE)?;
    Ok(response.fd as c_int)
}

/// A command a plug-in has built on its own.
///
/// # Safety
/// As for [`Command::link`].
pub unsafe fn execute(uverbs: &Uverbs, command: *mut ibv_command_buffer) -> Result<(), Errno> {
    // SAFETY: the caller's promise.
    unsafe { Command::of_driver(command) }.run(uverbs)
}
