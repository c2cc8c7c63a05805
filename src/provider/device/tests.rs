//! Devices of a kernel that a test makes up, served by a driver of this file.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, Once};

use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::sync::{AtomicU64, Ordering};
use crate::kernel::discovery::KernelDevice;
use crate::provider::device::{self, DeviceRef};
use crate::provider::embedded::Nic;
use crate::provider::fake::{self, FAKE, FOUND, info};
use crate::provider::plugin;
use crate::provider::registry::Registry;

thread_local! {
    /// What this thread's next listing finds.
    static KERNEL: RefCell<Vec<KernelDevice>> = const { RefCell::new(Vec::new()) };
    /// Devices the driver has made and let go in this thread.
    static MADE: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static LET_GO: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// Devices with names that begin `unit-shared`: how many were made, and how many are alive.
static SHARED_MADE: AtomicU64 = AtomicU64::new(0);
static SHARED_ALIVE: AtomicU64 = AtomicU64::new(0);

fn device(index: u32, name: &str) -> KernelDevice {
    KernelDevice {
        name: name.into(),
        uverbs_name: format!("uverbs{index}").into(),
        ibdev_path: PathBuf::from("/proc/nonexistent").join(name),
        dev: 0,
        index: Some(index),
        created: (0, 0),
        guid: Some(0x0002_c903_0000_0000 + u64::from(index)),
        node_type: IBV_NODE_RNIC,
        port_count: 2,
        driver_id: 0,
        driver_abi: 1,
    }
}

fn name_in(field: &[std::ffi::c_char]) -> String {
    let text = field.iter().take_while(|&&byte| byte != 0);
    text.map(|&byte| byte as u8 as char).collect()
}

/// Takes the devices whose names begin so, and no other test's.
unsafe extern "C" fn match_device(record: *mut verbs_sysfs_dev) -> bool {
    // SAFETY: the library passes a record that is alive.
    name_in(unsafe { &(*record).ibdev_name }).starts_with("unit")
}

unsafe extern "C" fn alloc_device(record: *mut verbs_sysfs_dev) -> *mut verbs_device {
    // SAFETY: the library passes a record that is alive.
    let name = name_in(unsafe { &(*record).ibdev_name });
    if name == "unit-refused" {
        return std::ptr::null_mut();
    }
    if name == "unit-nested" {
        FOUND.set(Some(vec![]));
        let meanwhile = NESTED.list().expect("no deadlock, no recursion");
        assert!(meanwhile.is_empty());
    }
    if let Some(stop) = IN_DRIVER.take() {
        stop.wait();
    }
    if name.starts_with("unit-shared") {
        SHARED_MADE.fetch_add(1, Ordering::Relaxed);
        SHARED_ALIVE.fetch_add(1, Ordering::Relaxed);
    }
    MADE.with_borrow_mut(|made| made.push(name));
    Box::into_raw(Box::new(Zeroed::zeroed()))
}

unsafe extern "C" fn uninit_device(device: *mut verbs_device) {
    // SAFETY: boxed by `alloc_device`, and used by nobody any more.
    let device = unsafe { Box::from_raw(device) };
    let name = name_in(&device.device.name);
    if name.starts_with("unit-shared") {
        SHARED_ALIVE.fetch_sub(1, Ordering::Relaxed);
    }
    LET_GO.with_borrow_mut(|let_go| let_go.push(name));
}

struct Ops(verbs_device_ops);

// SAFETY: constant, with pointers to constants.
unsafe impl Sync for Ops {}

static OPS: Ops = Ops(verbs_device_ops {
    name: c"unit".as_ptr(),
    match_min_abi_version: 1,
    match_max_abi_version: 1,
    match_table: std::ptr::null(),
    static_providers: std::ptr::null_mut(),
    match_device: Some(match_device),
    alloc_context: None,
    import_context: None,
    alloc_device: Some(alloc_device),
    uninit_device: Some(uninit_device),
});

fn found() -> Result<Vec<KernelDevice>, Errno> {
    Ok(KERNEL.with_borrow(Clone::clone))
}

static NESTED: Registry = Registry::new(found, &FAKE);

fn registry() -> Registry {
    register_once();
    FOUND.set(Some(vec![]));
    Registry::new(found, &FAKE)
}

fn register_once() {
    static ONCE: Once = Once::new();
    // SAFETY: the table lives as long as the process.
    ONCE.call_once(|| unsafe { plugin::register(&OPS.0, 34) });
}

fn names(devices: &[DeviceRef]) -> Vec<String> {
    devices.iter().map(fake::name).collect()
}

#[test]
fn devices_of_the_kernel_come_first() {
    let registry = registry();
    KERNEL.set(vec![device(7, "unit0"), device(9, "unit1")]);
    FOUND.set(Some(vec![info("embedded0", 1)]));
    let list = registry.list().expect("a list");
    assert_eq!(names(&list), ["unit0", "unit1", "embedded0"]);
}

#[test]
fn the_nic_learns_how_many_devices_are_served() {
    thread_local! {
        static COUNT: Cell<usize> = const { Cell::new(99) };
    }
    static COUNTING: Nic = Nic {
        list: |count| {
            COUNT.set(count);
            Ok(Some(vec![]))
        },
        ops: FAKE.ops,
        core: FAKE.core,
        open: FAKE.open,
    };
    register_once();
    let registry = Registry::new(found, &COUNTING);
    KERNEL.set(vec![device(1, "unit0"), device(2, "unit-refused")]);
    assert_eq!(registry.list().expect("a list").len(), 1);
    assert_eq!(COUNT.get(), 1);
}

#[test]
fn an_application_sees_what_the_kernel_said() {
    let registry = registry();
    KERNEL.set(vec![device(7, "unit0")]);
    let list = registry.list().expect("a list");
    let shown = list[0].as_ptr();
    // SAFETY: referenced by the list.
    let seen = unsafe { &*shown };
    assert_eq!(name_in(&seen.dev_name), "uverbs7");
    assert_eq!(name_in(&seen.ibdev_path), "/proc/nonexistent/unit0");
    assert!(name_in(&seen.dev_path).ends_with("/class/infiniband_verbs/uverbs7"));
    assert_eq!(seen.node_type, IBV_NODE_RNIC);
    assert_eq!(seen.transport_type, IBV_TRANSPORT_IWARP);
    // SAFETY: as above.
    assert_eq!(unsafe { device::index(shown) }, 7);
    let guid = 0x0002_c903_0000_0007_u64.to_be();
    // SAFETY: as above.
    assert_eq!(unsafe { device::guid_be(shown) }, Some(guid));
}

#[test]
fn a_guid_that_was_not_told_is_read_once() {
    let registry = registry();
    let folder = std::env::temp_dir().join(format!("verbium-guid-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the temporary directory is writable");
    std::fs::write(folder.join("node_guid"), "0002:c903:0008:e7b0\n").expect("writable");
    let old = |path: PathBuf| KernelDevice {
        guid: None,
        index: None,
        ibdev_path: path,
        ..device(1, "unit0")
    };
    KERNEL.set(vec![old(folder.clone())]);
    let list = registry.list().expect("a list");
    let expected = 0x0002_c903_0008_e7b0_u64.to_be();
    for _ in 0..2 {
        // SAFETY: referenced by the list.
        assert_eq!(unsafe { device::guid_be(list[0].as_ptr()) }, Some(expected));
        let _ = std::fs::remove_dir_all(&folder);
    }
    // SAFETY: as above.
    assert_eq!(unsafe { device::index(list[0].as_ptr()) }, -1);
    // Nowhere to be found: 0, as rdma-core has it.
    KERNEL.set(vec![KernelDevice {
        created: (1, 1),
        ..old(folder)
    }]);
    let list = registry.list().expect("a list");
    // SAFETY: as above.
    assert_eq!(unsafe { device::guid_be(list[0].as_ptr()) }, Some(0));
}

#[test]
fn a_device_is_made_once_and_let_go_once() {
    let registry = registry();
    KERNEL.set(vec![device(7, "unit0"), device(8, "unit1")]);
    let first = registry.list().expect("a list");
    let second = registry.list().expect("a list");
    assert_eq!(first[0].as_ptr(), second[0].as_ptr());
    assert_eq!(MADE.take(), ["unit0", "unit1"]);
    drop(second);
    // Unplugged: the list lets go, an application still holds it.
    KERNEL.set(vec![device(8, "unit1")]);
    assert_eq!(names(&registry.list().expect("a list")), ["unit1"]);
    assert!(LET_GO.with_borrow(Vec::is_empty));
    assert_eq!(fake::name(&first[0]), "unit0");
    drop(first);
    assert_eq!(LET_GO.take(), ["unit0"]);
    // Another in its place, called the same.
    KERNEL.set(vec![device(9, "unit0"), device(8, "unit1")]);
    assert_eq!(names(&registry.list().expect("a list")), ["unit0", "unit1"]);
    assert_eq!(MADE.take(), ["unit0"]);
}

#[test]
fn a_driver_may_ask_for_the_list_while_it_is_asked() {
    register_once();
    FOUND.set(Some(vec![]));
    KERNEL.set(vec![device(7, "unit-nested")]);
    let list = NESTED.list().expect("a list");
    assert_eq!(names(&list), ["unit-nested"]);
}

#[test]
fn a_name_that_does_not_fit_costs_the_device() {
    let registry = registry();
    KERNEL.set(vec![device(7, &format!("unit{}", "n".repeat(60)))]);
    assert!(registry.list().expect("a list").is_empty());
    KERNEL.set(vec![device(7, &format!("unit{}", "n".repeat(59)))]);
    assert_eq!(registry.list().expect("a list").len(), 1);
}

/// A thread that stops somewhere: it says so, and waits to be sent on.
struct Stop {
    is_there: Sender<()>,
    go_on: Receiver<()>,
}

impl Stop {
    /// A place to stop, and what the test holds of it.
    fn new() -> (Stop, Receiver<()>, Sender<()>) {
        let (is_there, arrived) = channel();
        let (send_on, go_on) = channel();
        (Stop { is_there, go_on }, arrived, send_on)
    }

    fn wait(self) {
        self.is_there.send(()).expect("the test waits");
        self.go_on.recv().expect("the test goes on");
    }
}

thread_local! {
    /// Where this thread stops: between looking and asking drivers, and while a driver is asked.
    static AFTER_LOOK: RefCell<Option<Stop>> = const { RefCell::new(None) };
    static IN_DRIVER: RefCell<Option<Stop>> = const { RefCell::new(None) };
}

fn found_slowly() -> Result<Vec<KernelDevice>, Errno> {
    let seen = found();
    if let Some(stop) = AFTER_LOOK.take() {
        stop.wait();
    }
    seen
}

#[test]
fn a_listing_that_looked_earlier_does_not_undo_a_later_one() {
    static SLOW: Registry = Registry::new(found_slowly, &FAKE);

    register_once();
    let (stop, arrived, send_on) = Stop::new();
    let earlier = std::thread::spawn(move || {
        FOUND.set(Some(vec![]));
        KERNEL.set(vec![device(1, "unit-old")]);
        AFTER_LOOK.set(Some(stop));
        names(&SLOW.list().expect("a list"))
    });
    arrived.recv().expect("the other thread looks");
    FOUND.set(Some(vec![]));
    KERNEL.set(vec![device(2, "unit-new")]);
    let new = SLOW.list().expect("a list");
    assert_eq!(names(&new), ["unit-new"]);
    send_on.send(()).expect("the other thread waits");
    // The earlier look answers with the later one, and the device keeps its place.
    assert_eq!(earlier.join().expect("no panic"), ["unit-new"]);
    let again = SLOW.list().expect("a list");
    assert_eq!(again[0].as_ptr(), new[0].as_ptr());
}

#[test]
fn a_device_that_two_threads_make_at_once_becomes_one() {
    static SLOW: Registry = Registry::new(found_slowly, &FAKE);

    register_once();
    let (after_look, first_looked, send_first) = Stop::new();
    let (in_driver, second_asks, send_second) = Stop::new();
    let listing = |after_look: Option<Stop>, in_driver: Option<Stop>| {
        std::thread::spawn(move || {
            FOUND.set(Some(vec![]));
            KERNEL.set(vec![device(1, "unit-twice")]);
            AFTER_LOOK.set(after_look);
            IN_DRIVER.set(in_driver);
            let list = SLOW.list().expect("a list");
            let address = list[0].as_ptr() as usize;
            (address, list, MADE.take(), LET_GO.take())
        })
    };
    // The first looks first and the second makes its device; then the first makes one too.
    let first = listing(Some(after_look), None);
    first_looked.recv().expect("the first looks");
    let second = listing(None, Some(in_driver));
    second_asks.recv().expect("the second asks the driver");
    send_first.send(()).expect("the first waits");
    let first = first.join().expect("no panic");
    send_second.send(()).expect("the second waits");
    let second = second.join().expect("no panic");
    assert_eq!(first.0, second.0);
    let made = ["unit-twice"];
    assert_eq!(
        (first.2, second.2),
        (made.map(String::from).into(), made.map(String::from).into())
    );
    // What the second made was not wanted any more.
    assert_eq!((first.3.len(), second.3.len()), (0, 1));
}

#[test]
fn threads_that_list_at_once_agree_and_leak_nothing() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 300;
    static PLUGGED: Mutex<Vec<KernelDevice>> = Mutex::new(Vec::new());
    static SHARED: Registry =
        Registry::new(|| Ok(PLUGGED.lock().expect("no panic").clone()), &FAKE);

    register_once();
    let work = |thread: usize| {
        move || {
            FOUND.set(Some(vec![]));
            for round in 0..ROUNDS {
                let index = (thread * ROUNDS + round) as u32 % 7;
                {
                    let mut plugged = PLUGGED.lock().expect("no panic");
                    match plugged.iter().position(|known| known.index == Some(index)) {
                        Some(at) => drop(plugged.remove(at)),
                        None => plugged.push(device(index, &format!("unit-shared{index}"))),
                    }
                }
                let list = SHARED.list().expect("a list");
                for device in &list {
                    // SAFETY: referenced by the list.
                    let index = unsafe { device::index(device.as_ptr()) };
                    assert_eq!(fake::name(device), format!("unit-shared{index}"));
                }
                let mut seen = names(&list);
                seen.sort();
                seen.dedup();
                assert_eq!(seen.len(), list.len(), "a device is listed twice");
            }
        }
    };
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| std::thread::spawn(work(thread)))
        .collect();
    for thread in threads {
        thread.join().expect("no panic");
    }
    PLUGGED.lock().expect("no panic").clear();
    FOUND.set(Some(vec![]));
    assert!(SHARED.list().expect("a list").is_empty());
    // The threads have ended, and nobody holds a device: each that was made was let go.
    assert!(SHARED_MADE.load(Ordering::Relaxed) > 0);
    assert_eq!(SHARED_ALIVE.load(Ordering::Relaxed), 0);
}
