//! Opening the character device of a uverbs device.
//!
//! The node normally exists by the time a device is listed. Where udev makes it, and the module
//! was loaded a moment ago, it may still be missing or stand for the device before; then the link
//! udev makes last is awaited. Called by `provider` when it opens a device.
#![forbid(unsafe_code)]

use std::fs::OpenOptions;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use crate::base::errno::Errno;

/// Where nodes are looked for, and for how long.
struct Nodes {
    /// Those of RDMA, by name.
    by_name: PathBuf,
    /// Links to the nodes of all character devices, by number; udev makes them last.
    by_number: PathBuf,
    /// How long udev may take.
    patience: Duration,
}

/// Opens `/dev/infiniband/<name>`, which must be the character device with this number.
///
/// The error is that of opening; `ENXIO` if something else stands there.
pub fn open(name: &str, number: u64) -> Result<OwnedFd, Errno> {
    let nodes = Nodes {
        by_name: PathBuf::from("/dev/infiniband"),
        by_number: PathBuf::from("/dev/char"),
        patience: Duration::from_secs(5),
    };
    nodes.open(name, number)
}

impl Nodes {
    fn open(&self, name: &str, number: u64) -> Result<OwnedFd, Errno> {
        let path = self.by_name.join(name);
        open_node(&path, number).or_else(|errno| {
            self.await_link(number).ok_or_else(|| {
                crate::log_warn!("{} cannot be opened: {errno}", path.display());
                errno
            })
        })
    }

    /// Waits for the link with this number; whatever makes waiting impossible ends it.
    fn await_link(&self, number: u64) -> Option<OwnedFd> {
        let name = format!("{}:{}", libc::major(number), libc::minor(number));
        let link = self.by_number.join(name);
        let watch = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK).ok()?;
        // A newer udev makes a link under another name and renames it.
        let made = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO;
        watch.add_watch(&self.by_number, made).ok()?;
        let deadline = Instant::now() + self.patience;
        loop {
            if let Ok(fd) = open_node(&link, number) {
                return Some(fd);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
            let mut fds = [PollFd::new(watch.as_fd(), PollFlags::POLLIN)];
            // A wait that is interrupted or ends early only means to look again.
            if poll(&mut fds, timeout) == Ok(1) {
                let _ = watch.read_events();
            }
        }
    }
}

fn open_node(path: &Path, number: u64) -> Result<OwnedFd, Errno> {
    // Commands are written, but drivers also map the file.
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let found = file.metadata()?;
    if found.file_type().is_char_device() && found.rdev() == number {
        Ok(file.into())
    } else {
        Err(Errno::ENXIO)
    }
}

#[cfg(test)]
mod tests;
