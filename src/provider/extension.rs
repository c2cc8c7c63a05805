//! The named tables by which providers offer more than verbs: the door for extensions.
//!
//! The NIC's own table is there from the beginning; plug-ins, and whoever else knows a provider's
//! name, add theirs through `ibv_register_ext_ops`, also from a constructor that runs before
//! anything else of this library. An extension stays as long as the process. Looking one up is
//! not for the data path: applications do it once and keep the table.

use std::ffi::{CStr, CString, c_int};

use super::device::DeviceRef;
use super::embedded;
use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::mutex::Mutex;

/// The tables of an extension, as they are handed out.
#[derive(Clone, Copy)]
pub(crate) struct Tables {
    pub(crate) device_ops: *const ibv_ext_ops,
    pub(crate) context_ops: *const ibv_ext_ops,
    /// Whether a device of the provider has the extension; `None` if all have.
    have: Option<unsafe extern "C" fn(*mut ibv_device) -> c_int>,
}

// SAFETY: the tables are constant and stay; nothing here looks behind their first words.
unsafe impl Send for Tables {}

struct Registered {
    provider: CString,
    name: CString,
    tables: Tables,
}

static REGISTERED: Mutex<Vec<Registered>> = Mutex::new(Vec::new());

/// How many extensions may be registered: a bound for whoever registers in a loop.
const MAX_REGISTERED: usize = 1024;

/// Adds an extension. `EINVAL` for a registration that offers nothing or is none, `EEXIST` for a
/// name that the provider has already, `ENOSPC` when there are too many.
///
/// # Safety
/// `registration` is NULL or has the size it says; its texts end with NUL, its tables begin with
/// their size and stay for good.
pub(crate) unsafe fn register(registration: *const ibv_ext_registration) -> Result<(), Errno> {
    if registration.is_null() {
        return Err(Errno::EINVAL);
    }
    // SAFETY: the first member of every version of the struct.
    let size = unsafe { (&raw const (*registration).size).read() };
    if size < size_of::<ibv_ext_registration>() {
        crate::log_error!("extension: a registration of {size} bytes is too short");
        return Err(Errno::EINVAL);
    }
    // SAFETY: as large as it says, by contract.
    let asked = unsafe { registration.read() };
    // SAFETY: by contract.
    let provider = unsafe { text(asked.provider) }?;
    // SAFETY: by contract.
    let name = unsafe { text(asked.name) }?;
    if asked.device_ops.is_null() && asked.context_ops.is_null() {
        crate::log_error!("extension {name:?} of {provider:?}: no table");
        return Err(Errno::EINVAL);
    }
    for table in [asked.device_ops, asked.context_ops] {
        // SAFETY: by contract.
        let Some(head) = (unsafe { table.as_ref() }) else {
            continue;
        };
        if (head.size as usize) < size_of::<ibv_ext_ops>() {
            crate::log_error!("extension {name:?}: a table of {} bytes", head.size);
            return Err(Errno::EINVAL);
        }
    }
    let entry = Registered {
        provider,
        name,
        tables: Tables {
            device_ops: asked.device_ops,
            context_ops: asked.context_ops,
            have: asked.have,
        },
    };
    add(entry)
}

fn add(entry: Registered) -> Result<(), Errno> {
    let mut registered = REGISTERED.lock();
    let is_known =
        |known: &Registered| known.provider == entry.provider && known.name == entry.name;
    if own(&entry.provider, &entry.name).is_some() || registered.iter().any(is_known) {
        crate::log_error!(
            "extension {:?} of {:?} is there",
            entry.name,
            entry.provider
        );
        return Err(Errno::EEXIST);
    }
    if registered.len() >= MAX_REGISTERED {
        return Err(Errno::ENOSPC);
    }
    registered.push(entry);
    Ok(())
}

/// A text that is there and not empty.
///
/// # Safety
/// `text` is NULL or ends with NUL.
unsafe fn text(text: *const std::ffi::c_char) -> Result<CString, Errno> {
    if text.is_null() {
        return Err(Errno::EINVAL);
    }
    // SAFETY: by contract.
    let text = unsafe { CStr::from_ptr(text) };
    if text.is_empty() {
        return Err(Errno::EINVAL);
    }
    Ok(text.to_owned())
}

/// The tables of the NIC inside the library.
fn own(provider: &CStr, name: &CStr) -> Option<Tables> {
    (provider == embedded::PROVIDER && name == embedded::EXTENSION).then(|| Tables {
        device_ops: &raw const embedded::EXTENSION_OPS.ops,
        context_ops: embedded::context_extension(),
        have: None,
    })
}

/// The tables an extension of this name has for a device; `ENOSYS` if the device has it not.
pub(crate) fn find(device: &DeviceRef, name: &CStr) -> Result<Tables, Errno> {
    let provider = device.provider().ok_or(Errno::ENOSYS)?;
    let tables = own(provider, name).or_else(|| {
        let registered = REGISTERED.lock();
        let found = registered
            .iter()
            .find(|known| *known.provider == *provider && *known.name == *name);
        found.map(|known| known.tables)
    });
    let tables = tables.ok_or(Errno::ENOSYS)?;
    match tables.have {
        // SAFETY: the provider's own function with a device of its own, which is alive. No lock
        // is held: it may call back.
        Some(have) if unsafe { have(device.as_ptr()) } == 0 => Err(Errno::ENOSYS),
        _ => Ok(tables),
    }
}

#[cfg(test)]
mod tests;
