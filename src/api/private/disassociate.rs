//! Destroying objects of a device that is gone.
//!
//! The kernel then answers EIO to every command. An application that has asked for it in its
//! environment gets success instead, so that it can take down what it had.

use std::sync::Once;

use crate::api::symver::verbs_allow_disassociate_destroy;
use crate::base::errno::Errno;
use crate::base::sync::Ordering;

/// The variables that ask for it; set to `0` they do not.
const VARIABLES: [&str; 2] = ["RDMAV_ALLOW_DISASSOC_DESTROY", "MLX4_DEVICE_FATAL_CLEANUP"];

/// Sets the byte that plug-ins read, once.
pub(super) fn read_environment() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let is_set = |name: &&str| std::env::var_os(name).is_some_and(|value| value != "0");
        if VARIABLES.iter().any(is_set) {
            // Relaxed: a flag without company, set before the first context exists.
            verbs_allow_disassociate_destroy.store(true, Ordering::Relaxed);
        }
    });
}

/// The result of a destruction; `None` if the device is gone and that is fine.
pub(super) fn tolerate<T>(result: Result<T, Errno>) -> Result<Option<T>, Errno> {
    match result {
        Err(Errno::EIO) if verbs_allow_disassociate_destroy.load(Ordering::Relaxed) => Ok(None),
        result => result.map(Some),
    }
}
