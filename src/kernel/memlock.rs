//! The limit on locked memory, which devices of the kernel run into: they pin what is registered.
#![forbid(unsafe_code)]

use std::sync::Once;

use nix::sys::resource::{Resource, getrlimit};

/// Tells a user whose limit is so low that hardly anything can be registered, once.
///
/// Called when a device of the kernel is listed; the embedded NIC pins nothing.
pub fn warn_once() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The limit does not hold for root.
        if nix::unistd::geteuid().is_root() {
            return;
        }
        let limit = getrlimit(Resource::RLIMIT_MEMLOCK).map(|(soft, _)| soft);
        if let Some(line) = warning(limit.ok()) {
            crate::base::log::tell(format_args!("warning: {line}"));
        }
    });
}

fn warning(limit_bytes: Option<u64>) -> Option<String> {
    match limit_bytes {
        None => Some("the limit on locked memory cannot be read".into()),
        Some(limit) if limit <= TINY_BYTES => Some(format!(
            "only {limit} bytes may be locked (ulimit -l): registering memory will hardly work"
        )),
        Some(_) => None,
    }
}

/// The default of old distributions, and the most that is worth a warning.
const TINY_BYTES: u64 = 32768;

#[cfg(test)]
#[test]
fn only_a_tiny_limit_is_worth_a_line() {
    assert!(warning(Some(65536)).is_none());
    assert!(warning(Some(u64::MAX)).is_none());
    assert!(warning(Some(32769)).is_none());
    assert!(warning(Some(32768)).is_some_and(|line| line.contains("32768 bytes")));
    assert!(warning(None).is_some());
}
