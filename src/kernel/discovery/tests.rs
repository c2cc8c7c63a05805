use super::super::netlink::tests::{Scripted, chardev, device, done, error};
use super::*;

/// A machine of files, removed with the test.
struct Machine {
    places: Places,
    abi: AtomicU32,
}

impl Machine {
    fn new() -> Machine {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let unique = format!("verbium-discovery-{}-{number}", std::process::id());
        let root = std::env::temp_dir().join(unique);
        let places = Places {
            sysfs: root.join("sys"),
            nodes: root.join("dev"),
        };
        fs::create_dir_all(&places.sysfs).expect("the temporary directory is writable");
        fs::create_dir_all(&places.nodes).expect("the temporary directory is writable");
        Machine {
            places,
            abi: AtomicU32::new(0),
        }
    }

    fn file(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.places.sysfs.join(path);
        fs::create_dir_all(path.parent().expect("below the root")).expect("writable");
        fs::write(path, text).expect("writable");
    }

    fn node(&self, name: &str) {
        fs::write(self.places.nodes.join(name), "").expect("writable");
    }

    /// A device as sysfs shows it, with its node.
    fn sysfs_device(&self, name: &str, uverbs: &str) {
        let class = format!("class/infiniband_verbs/{uverbs}");
        self.file(&format!("{class}/ibdev"), format!("{name}\n"));
        self.file(&format!("{class}/dev"), "231:192\n");
        self.file(&format!("{class}/abi_version"), "1\n");
        self.file(&format!("class/infiniband/{name}/node_type"), "4: RNIC\n");
        self.node(uverbs);
    }

    fn with_abi(self, abi: &str) -> Machine {
        self.file("class/infiniband_verbs/abi_version", abi);
        self
    }

    fn by_netlink(&self, kernel: Scripted) -> Result<Vec<KernelDevice>, Errno> {
        scan_with(&self.places, Connection::over(kernel), &self.abi)
    }

    fn by_sysfs(&self) -> Result<Vec<KernelDevice>, Errno> {
        let none: Result<Connection<Scripted>, _> = Err(Errno::EPROTONOSUPPORT);
        scan_with(&self.places, none, &self.abi)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let root = self.places.sysfs.parent().expect("made by `new`");
        let _ = fs::remove_dir_all(root);
    }
}

fn names(devices: &[KernelDevice]) -> Vec<&str> {
    devices
        .iter()
        .map(|device| device.name.to_str().expect("ASCII"))
        .collect()
}

fn dump(devices: &[(u32, &str)]) -> Vec<u8> {
    let devices = devices.iter().map(|(index, name)| device(*index, name));
    devices.chain([done()]).flatten().collect()
}

#[test]
fn netlink_tells_all_without_sysfs() {
    let machine = Machine::new();
    machine.node("uverbs0");
    machine.node("uverbs1");
    let kernel = Scripted::default()
        .then(&[dump(&[(4, "mlx5_0"), (9, "rxe0")])])
        .then(&[chardev("uverbs0", Some(1), 1)])
        .then(&[chardev("uverbs1", Some(14), 2)]);
    let found = machine.by_netlink(kernel).expect("two devices");
    assert_eq!(names(&found), ["mlx5_0", "rxe0"]);
    let rxe = &found[1];
    assert_eq!(rxe.uverbs_name, "uverbs1");
    assert_eq!(
        rxe.ibdev_path,
        machine.places.sysfs.join("class/infiniband/rxe0")
    );
    assert_eq!((rxe.index, rxe.port_count), (Some(9), 2));
    assert_eq!((rxe.driver_id, rxe.driver_abi), (14, 2));
    assert_eq!(rxe.guid, Some(0x1122_3344_5566_7788));
    assert_eq!(rxe.node_type, IBV_NODE_CA);
    assert_eq!(machine.abi.load(Ordering::Relaxed), 6);
}

#[test]
fn a_device_without_a_node_here_is_left_out() {
    let machine = Machine::new();
    machine.node("uverbs1");
    let kernel = Scripted::default()
        .then(&[dump(&[(4, "mlx5_0"), (9, "mlx5_1")])])
        .then(&[chardev("uverbs0", Some(1), 1)])
        .then(&[chardev("uverbs1", Some(1), 1)]);
    let found = machine.by_netlink(kernel).expect("one device");
    assert_eq!(names(&found), ["mlx5_1"]);
}

#[test]
fn without_an_answer_about_its_node_sysfs_is_asked_for_one_device() {
    let machine = Machine::new().with_abi("6\n");
    let class = "class/infiniband/mlx5_0/device/infiniband_verbs/uverbs7";
    machine.file(&format!("{class}/dev"), "231:199\n");
    machine.file(&format!("{class}/abi_version"), "1\n");
    machine.node("uverbs7");
    let kernel = Scripted::default()
        .then(&[dump(&[(4, "mlx5_0")])])
        .then(&[error(libc::EOPNOTSUPP)]);
    let found = machine.by_netlink(kernel).expect("one device");
    assert_eq!(found[0].uverbs_name, "uverbs7");
    assert_eq!(found[0].dev, libc::makedev(231, 199));
    assert_eq!((found[0].driver_id, found[0].driver_abi), (0, 1));
    assert_eq!(found[0].index, Some(4));
    // The version was not told by netlink, so it was read.
    assert_eq!(machine.abi.load(Ordering::Relaxed), 6);
}

#[test]
fn a_device_unplugged_during_the_listing_is_left_out() {
    let machine = Machine::new();
    machine.node("uverbs1");
    let kernel = Scripted::default()
        .then(&[dump(&[(4, "gone0"), (9, "rxe0")])])
        .then(&[error(libc::ENODEV)])
        .then(&[chardev("uverbs1", Some(14), 2)]);
    let found = machine.by_netlink(kernel).expect("one device");
    assert_eq!(names(&found), ["rxe0"]);
}

#[test]
fn netlink_that_fails_or_lies_leads_to_sysfs() {
    let torn = dump(&[(4, "mlx5_0")])[..30].to_vec();
    for answer in [vec![error(libc::EPERM)], vec![torn], vec![]] {
        let machine = Machine::new().with_abi("6\n");
        machine.sysfs_device("mlx4_0", "uverbs0");
        let found = machine.by_netlink(Scripted::default().then(&answer));
        assert_eq!(names(&found.expect("by sysfs")), ["mlx4_0"]);
    }
}

#[test]
fn no_devices_by_netlink_are_an_empty_list_and_sysfs_is_not_asked() {
    let machine = Machine::new();
    let found = machine.by_netlink(Scripted::default().then(&[done()]));
    assert_eq!(found, Ok(vec![]));
}

#[test]
fn sysfs_tells_what_it_knows() {
    let machine = Machine::new().with_abi("5\n");
    machine.sysfs_device("cxgb4_0", "uverbs2");
    let found = machine.by_sysfs().expect("one device").remove(0);
    assert_eq!(
        (found.name, found.uverbs_name),
        ("cxgb4_0".into(), "uverbs2".into())
    );
    assert_eq!(found.dev, libc::makedev(231, 192));
    assert_eq!(
        (found.index, found.port_count, found.driver_id),
        (None, 0, 0)
    );
    assert_eq!((found.node_type, found.driver_abi), (IBV_NODE_RNIC, 1));
    assert_eq!(found.guid, None);
    assert_ne!(found.created, (0, 0));
    assert_eq!(machine.abi.load(Ordering::Relaxed), 5);
}

#[test]
fn the_version_of_uverbs_must_be_one_that_is_spoken() {
    for (abi, is_spoken) in [
        ("2\n", false),
        ("3\n", true),
        ("4\n", true),
        ("5\n", true),
        ("6\n", true),
        ("7\n", false),
        ("", false),
        ("six\n", false),
        ("99999999999999\n", false),
    ] {
        let machine = Machine::new().with_abi(abi);
        machine.sysfs_device("mlx4_0", "uverbs0");
        // Asked twice: a refusal is not forgotten.
        for _ in 0..2 {
            let found = machine.by_sysfs().map(|found| found.len());
            let expected = if is_spoken { Ok(1) } else { Err(Errno::ENOSYS) };
            assert_eq!(found, expected, "{abi:?}");
        }
    }
}

#[test]
fn the_version_does_not_matter_without_a_device() {
    let machine = Machine::new().with_abi("7\n");
    assert_eq!(machine.by_sysfs(), Ok(vec![]));
}

#[test]
fn no_class_in_sysfs_is_no_rdma() {
    assert_eq!(Machine::new().by_sysfs(), Err(Errno::ENOSYS));
}

#[test]
fn hostile_text_in_sysfs_costs_the_device_and_no_more() {
    let texts: [&[u8]; 9] = [
        b"",
        b"\n",
        b"../../etc\n",
        b"a/b\n",
        b".\n",
        b"with\0nul\n",
        &[b'n'; 4000],
        &[0xff; 63],
        b"no-such-device\n",
    ];
    for text in texts {
        let machine = Machine::new().with_abi("6\n");
        machine.sysfs_device("good0", "uverbs0");
        machine.sysfs_device("bad0", "uverbs1");
        machine.file("class/infiniband_verbs/uverbs1/ibdev", text);
        let found = machine.by_sysfs().expect("the class is there");
        assert_eq!(
            names(&found),
            ["good0"],
            "{:?}",
            String::from_utf8_lossy(text)
        );
    }
    for dev in [
        "",
        "231",
        "231:",
        "x:y",
        "231:192:7:9999999999999",
        "-1:5",
        "4294967296:1",
    ] {
        let machine = Machine::new().with_abi("6\n");
        machine.sysfs_device("bad0", "uverbs1");
        machine.file("class/infiniband_verbs/uverbs1/dev", dev);
        let found = machine.by_sysfs().expect("the class is there").len();
        // What follows a good pair does not matter.
        assert_eq!(found, usize::from(dev.starts_with("231:192")), "{dev}");
    }
}

#[test]
fn what_is_no_number_is_unknown() {
    let machine = Machine::new().with_abi("6\n");
    machine.sysfs_device("mlx4_0", "uverbs0");
    machine.file("class/infiniband_verbs/uverbs0/abi_version", "old\n");
    machine.file("class/infiniband/mlx4_0/node_type", "99: teapot\n");
    let found = machine.by_sysfs().expect("one device").remove(0);
    assert_eq!((found.driver_abi, found.node_type), (0, IBV_NODE_UNKNOWN));
}

#[test]
fn directories_where_files_should_be_and_stray_files_are_passed_over() {
    let machine = Machine::new().with_abi("6\n");
    machine.file("class/infiniband_verbs/version", "1.0\n");
    machine.file("class/infiniband_verbs/.hidden/ibdev", "hidden0\n");
    machine.file("class/infiniband_verbs/uverbs1/ibdev/not-a-file", "");
    machine.sysfs_device("mlx4_0", "uverbs0");
    assert_eq!(names(&machine.by_sysfs().expect("one device")), ["mlx4_0"]);
}

#[test]
fn a_device_is_the_same_as_long_as_its_number_is() {
    let machine = Machine::new();
    machine.node("uverbs0");
    let seen = |index, name| {
        let kernel = Scripted::default()
            .then(&[dump(&[(index, name)])])
            .then(&[chardev("uverbs0", Some(14), 2)]);
        machine.by_netlink(kernel).expect("one device").remove(0)
    };
    let first = seen(4, "rxe0");
    assert!(first.is_same(&seen(4, "rxe0")));
    // A device that got another name.
    assert!(first.is_same(&seen(4, "renamed0")));
    // Unplugged, and another plugged in that is called the same.
    assert!(!first.is_same(&seen(5, "rxe0")));
    let mut older = KernelDevice {
        index: None,
        created: (1, 2),
        ..first.clone()
    };
    let newer = older.clone();
    assert!(older.is_same(&newer));
    older.created = (1, 3);
    assert!(!older.is_same(&newer));
}
