//! Opening the character device of a uverbs device.
//!
//! The node normally exists by the time a device is listed. Where udev makes it, and the module
//! was loaded a moment ago, it may still be missing or stand for the device before; then the link
//! udev makes last is awaited.

use std::fs::OpenOptions;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};

use crate::base::errno::Errno;

/// Where the nodes are.
const NODES: &str = "/dev/infiniband";
/// Where udev puts links by number.
const BY_NUMBER: &str = "/dev/char";
/// How long udev may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens `/dev/infiniband/<name>`, which must be the character device with this number.
///
/// The error is that of opening; `ENXIO` if something else stands there.
pub fn open(name: &str, number: u64) -> Result<OwnedFd, Errno> {
    open_node(&Path::new(NODES).join(name), number).or_else(|errno| {
        await_link(number, PATIENCE).ok_or_else(|| {
            crate::log_warn!("{NODES}/{name} cannot be opened: {errno}");
            errno
        })
    })
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

/// Waits for the link with this number; whatever makes waiting impossible ends it.
fn await_link(number: u64, patience: Duration) -> Option<OwnedFd> {
    let link: PathBuf =
        Path::new(BY_NUMBER).join(format!("{}:{}", libc::major(number), libc::minor(number)));
    let watch = Inotify::init(InitFlags::IN_CLOEXEC | InitFlags::IN_NONBLOCK).ok()?;
    watch.add_watch(BY_NUMBER, AddWatchFlags::IN_CREATE).ok()?;
    let deadline = Instant::now() + patience;
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
