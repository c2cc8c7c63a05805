//! Which form of a command the kernel understands.
//!
//! Commands that exist in both forms try the ioctl first. A kernel without ioctls answers ENOTTY,
//! one that lacks the method (or an attribute it must not ignore) EPROTONOSUPPORT; both are
//! remembered, and from then on the older form is used at once. Any other error is the answer.

use super::ioctl::{Command, Needs};
use super::uverbs::Uverbs;
use crate::base::errno::Errno;

/// What is remembered as missing, one by one.
///
/// GID entries and GID tables came together, as did the destruction of address handles, flows and
/// indirection tables, so they share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Method {
    GetContext,
    QueryPort,
    QueryGid,
    DeallocPd,
    CloseXrcd,
    DeregMr,
    DeallocMw,
    DestroyAh,
    CreateCq,
    DestroyCq,
    CreateSrq,
    DestroySrq,
    CreateQp,
    DestroyQp,
    CreateWq,
    DestroyWq,
}

const ALL: u32 = u32::MAX;

/// How a command went.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The kernel has executed it.
    Done,
    /// Not yet: it has to be written, in the standard form.
    Write,
    /// Not yet: it has to be written, in the extended form.
    WriteExtended,
}

impl Uverbs {
    /// Gives a command to the kernel, or says in which form it has to be written instead.
    pub(super) fn attempt(
        &self,
        method: Method,
        command: &mut Command<'_>,
    ) -> Result<Outcome, Errno> {
        let bit = 1 << method as u32;
        if !self.lacks(bit) {
            match command.run(self) {
                Ok(()) => return Ok(Outcome::Done),
                Err(Errno::ENOTTY) => self.mark_missing(ALL),
                Err(Errno::EPROTONOSUPPORT) => self.mark_missing(bit),
                Err(errno) => return Err(errno),
            }
        }
        match command.older_form() {
            Needs::Nothing => Ok(Outcome::Write),
            Needs::Extended => Ok(Outcome::WriteExtended),
            Needs::Ioctl => {
                crate::log_warn!("{method:?}: this kernel has no ioctl for what was asked");
                Err(Errno::EOPNOTSUPP)
            }
        }
    }
}
