//! What the destruction of most objects has in common: a handle goes in, nothing comes out.

use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::fallback::Outcome;
use crate::kernel::ioctl::Command;
use crate::kernel::write::WriteCommand;
use crate::kernel::{DriverData, Method, Uverbs};

/// An ioctl that destroys: object, method, the attribute of the handle.
pub(super) struct Destroy {
    pub(super) object: u32,
    pub(super) method: u32,
    pub(super) handle_attr: u32,
}

/// Destroys by ioctl, or by the written command where the kernel has no such ioctl.
pub(super) fn destroy<C: WriteCommand<Response = empty>>(
    uverbs: &Uverbs,
    what: (Method, Destroy),
    handle: u32,
    request: C::Request,
) -> Result<(), Errno> {
    let (
        method,
        Destroy {
            object,
            method: id,
            handle_attr,
        },
    ) = what;
    let mut command = Command::new(object, id);
    command.handle_in(handle_attr, handle);
    if uverbs.attempt(method, &mut command)? != Outcome::Done {
        uverbs.write::<C>(request, DriverData::NONE)?;
    }
    Ok(())
}

/// Destroys an object that knows how many of its events were reported; gives the kernel's record.
pub(super) fn destroy_counting<C: WriteCommand>(
    uverbs: &Uverbs,
    what: (Method, Destroy, u32),
    handle: u32,
    request: C::Request,
) -> Result<C::Response, Errno> {
    let (
        method,
        Destroy {
            object,
            method: id,
            handle_attr,
        },
        response_attr,
    ) = what;
    let mut response = C::Response::zeroed();
    let outcome = {
        let mut command = Command::new(object, id);
        command.out(response_attr, &mut response);
        command.handle_in(handle_attr, handle);
        uverbs.attempt(method, &mut command)?
    };
    match outcome {
        Outcome::Done => Ok(response),
        _ => uverbs.write::<C>(request, DriverData::NONE),
    }
}
