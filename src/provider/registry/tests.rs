use std::os::fd::AsRawFd;

use crate::base::errno::Errno;
use crate::provider::fake::{self, FOUND, OPEN_FAILS, info, name};

#[test]
fn a_nic_that_is_off_gives_no_list() {
    FOUND.set(None);
    assert_eq!(fake::registry().list().err(), Some(Errno::ENOSYS));
}

#[test]
fn no_device_is_an_empty_list() {
    FOUND.set(Some(vec![]));
    assert!(fake::registry().list().expect("on").is_empty());
}

#[test]
fn unchanged_devices_keep_their_address_and_the_order_is_the_latest() {
    let registry = fake::registry();
    FOUND.set(Some(vec![info("a", 1), info("b", 2)]));
    let first: Vec<_> = registry
        .list()
        .expect("on")
        .iter()
        .map(|d| d.as_ptr())
        .collect();
    FOUND.set(Some(vec![info("c", 3), info("b", 2), info("a", 1)]));
    let second = registry.list().expect("on");
    let names: Vec<_> = second.iter().map(name).collect();
    assert_eq!(names, ["c", "b", "a"]);
    let second: Vec<_> = second.iter().map(|d| d.as_ptr()).collect();
    assert_eq!(second[1..], [first[1], first[0]]);
}

#[test]
fn a_vanished_device_lives_while_it_is_referenced() {
    let registry = fake::registry();
    FOUND.set(Some(vec![info("a", 1)]));
    let held = registry.list().expect("on").remove(0);
    FOUND.set(Some(vec![]));
    assert!(registry.list().expect("on").is_empty());
    assert_eq!(name(&held), "a");
    assert_eq!(fake::guid_be(&held), Some(info("a", 1).guid_be));
}

#[test]
fn a_changed_device_is_a_new_one() {
    let registry = fake::registry();
    FOUND.set(Some(vec![info("a", 1)]));
    let old = registry.list().expect("on").remove(0);
    FOUND.set(Some(vec![info("a", 2)]));
    let new = registry.list().expect("on").remove(0);
    assert_ne!(old.as_ptr(), new.as_ptr());
}

#[test]
fn long_names_are_cut_with_a_nul_at_the_end() {
    FOUND.set(Some(vec![info(&"n".repeat(100), 1)]));
    let device = fake::registry().list().expect("on").remove(0);
    assert_eq!(name(&device).len(), 63);
}

#[test]
fn what_the_nic_refuses_at_open_is_the_answer() {
    FOUND.set(Some(vec![info("a", 1)]));
    let device = fake::registry().list().expect("on").remove(0);
    // The descriptors of an unlucky open must not be closed for somebody else.
    let file = std::fs::File::open("/dev/null").expect("exists");
    OPEN_FAILS.set(Some(Errno::EMFILE));
    assert_eq!(device.open(std::ptr::null_mut()).err(), Some(Errno::EMFILE));
    assert!(fake::is_open(file.as_raw_fd()));
}
