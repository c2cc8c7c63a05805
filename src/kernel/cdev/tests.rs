use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};

use super::*;

/// Devices every machine has, in the place of RDMA devices: links to them need no root.
const NULL: (&str, u64) = ("/dev/null", libc::makedev(1, 3));
const ZERO: &str = "/dev/zero";

/// A wait that a busy machine does not see the end of before what is awaited has happened.
const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(20);

/// Directories of nodes, removed with the test.
struct Machine(PathBuf);

impl Machine {
    fn new() -> Machine {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let unique = format!("verbium-nodes-{}-{number}", std::process::id());
        let root = std::env::temp_dir().join(unique);
        for folder in ["infiniband", "char"] {
            fs::create_dir_all(root.join(folder)).expect("the temporary directory is writable");
        }
        Machine(root)
    }

    fn nodes(&self, patience: Duration) -> Nodes {
        Nodes {
            by_name: self.0.join("infiniband"),
            by_number: self.0.join("char"),
            patience,
        }
    }

    fn link(&self, target: &str, path: &str) {
        symlink(target, self.0.join(path)).expect("writable");
    }

    /// What udev does once somebody waits for it.
    fn when_awaited(&self, change: impl FnOnce(&Path) + Send + 'static) -> JoinHandle<()> {
        let folder = self.0.join("char");
        thread::spawn(move || {
            while !is_watched(&folder) {
                thread::yield_now();
            }
            change(&folder);
        })
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Whether a descriptor of this process watches the directory.
fn is_watched(folder: &Path) -> bool {
    let inode = fs::metadata(folder).expect("it is there").ino();
    let wanted = format!("ino:{inode:x} ");
    let descriptors = fs::read_dir("/proc/self/fdinfo").expect("there is /proc");
    descriptors.flatten().any(|entry| {
        let text = fs::read_to_string(entry.path()).unwrap_or_default();
        text.lines()
            .any(|line| line.starts_with("inotify ") && line.contains(&wanted))
    })
}

fn number_of(fd: &OwnedFd) -> u64 {
    let file = fs::File::from(fd.try_clone().expect("open"));
    file.metadata().expect("open").rdev()
}

#[test]
fn the_node_of_that_name_is_opened() {
    let machine = Machine::new();
    machine.link(NULL.0, "infiniband/uverbs0");
    let fd = machine.nodes(SHORT).open("uverbs0", NULL.1).expect("there");
    assert_eq!(number_of(&fd), NULL.1);
    assert!(!is_watched(&machine.0.join("char")));
}

#[test]
fn a_link_that_is_there_already_is_taken() {
    let machine = Machine::new();
    machine.link(NULL.0, "char/1:3");
    let fd = machine.nodes(LONG).open("uverbs0", NULL.1).expect("there");
    assert_eq!(number_of(&fd), NULL.1);
}

#[test]
fn a_late_link_is_awaited() {
    let machine = Machine::new();
    let udev = machine.when_awaited(|folder| {
        symlink(NULL.0, folder.join("1:5")).expect("writable");
        symlink(NULL.0, folder.join("1:3")).expect("writable");
    });
    let fd = machine.nodes(LONG).open("uverbs0", NULL.1).expect("made");
    assert_eq!(number_of(&fd), NULL.1);
    udev.join().expect("no panic");
}

#[test]
fn a_late_link_that_is_renamed_into_its_place_is_seen() {
    let machine = Machine::new();
    let elsewhere = machine.0.join("made");
    let udev = machine.when_awaited(move |folder| {
        // Made in another directory, so that nothing but the renaming is seen in this one.
        symlink(NULL.0, &elsewhere).expect("writable");
        fs::rename(&elsewhere, folder.join("1:3")).expect("writable");
    });
    let fd = machine.nodes(LONG).open("uverbs0", NULL.1).expect("made");
    assert_eq!(number_of(&fd), NULL.1);
    udev.join().expect("no panic");
}

#[test]
fn a_node_of_the_device_before_is_not_opened() {
    let machine = Machine::new();
    machine.link(ZERO, "infiniband/uverbs0");
    let refused = machine.nodes(SHORT).open("uverbs0", NULL.1);
    assert_eq!(refused.map(drop), Err(Errno::ENXIO));
    machine.link(NULL.0, "char/1:3");
    let fd = machine.nodes(LONG).open("uverbs0", NULL.1).expect("there");
    assert_eq!(number_of(&fd), NULL.1);
}

#[test]
fn a_link_to_a_device_of_another_number_is_passed_over_until_it_is_right() {
    let machine = Machine::new();
    let udev = machine.when_awaited(|folder| {
        symlink(ZERO, folder.join("1:3")).expect("writable");
        fs::remove_file(folder.join("1:3")).expect("writable");
        fs::write(folder.join("1:3"), "no device").expect("writable");
        fs::remove_file(folder.join("1:3")).expect("writable");
        symlink(NULL.0, folder.join("1:3")).expect("writable");
    });
    let fd = machine.nodes(LONG).open("uverbs0", NULL.1).expect("made");
    assert_eq!(number_of(&fd), NULL.1);
    udev.join().expect("no panic");
}

#[test]
fn a_link_that_stays_wrong_ends_with_the_error_of_the_node() {
    let machine = Machine::new();
    machine.link(ZERO, "char/1:3");
    let refused = machine.nodes(SHORT).open("uverbs0", NULL.1);
    assert_eq!(refused.map(drop), Err(Errno::ENOENT));
}

#[test]
fn a_link_that_never_comes_ends_with_the_error_of_the_node() {
    let machine = Machine::new();
    let refused = machine.nodes(SHORT).open("uverbs0", NULL.1);
    assert_eq!(refused.map(drop), Err(Errno::ENOENT));
    let refused = machine.nodes(Duration::ZERO).open("uverbs0", NULL.1);
    assert_eq!(refused.map(drop), Err(Errno::ENOENT));
    assert!(!is_watched(&machine.0.join("char")));
}

#[test]
fn without_the_directory_of_links_nothing_is_awaited() {
    let machine = Machine::new();
    fs::remove_dir(machine.0.join("char")).expect("empty");
    // Were it awaited, the test would not end.
    let patience = Duration::from_secs(u32::MAX.into());
    let refused = machine.nodes(patience).open("uverbs0", NULL.1);
    assert_eq!(refused.map(drop), Err(Errno::ENOENT));
}
