use std::fs;

use super::elf::{Refusal, check, promised_size};
use super::*;

/// A directory that is removed with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let unique = format!("verbium-plugin-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(unique);
        fs::create_dir_all(&folder).expect("the temporary directory is writable");
        Folder(folder)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).expect("writable");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn drivers_are_remembered_in_order_with_their_generation() {
    let table = |name: &'static CStr| -> &'static verbs_device_ops {
        let mut table: verbs_device_ops = Zeroed::zeroed();
        table.name = name.as_ptr();
        Box::leak(Box::new(table))
    };
    let (first, second) = (table(c"first"), table(c"second"));
    // SAFETY: the tables live for ever, and NULL is allowed.
    unsafe {
        register(first, 34);
        register(std::ptr::null(), 34);
        register(second, 65);
    }
    let names: Vec<_> = drivers().iter().map(Driver::name).collect();
    let at = |name: &str| names.iter().position(|known| known == name);
    assert!(at("first").expect("registered") < at("second").expect("registered"));
    assert_eq!(generation_of(first), Some(34));
    assert_eq!(generation_of(second), Some(65));
    let stranger: verbs_device_ops = Zeroed::zeroed();
    assert_eq!(generation_of(&stranger), None);
}

#[test]
fn a_table_is_read_to_its_end() {
    let entry = |kind: u32, u: verbs_match_ent_u| verbs_match_ent {
        driver_data: null_mut(),
        u,
        vendor: 0x1d0f,
        device: 0xefa0,
        kind: kind as u8,
    };
    let nothing = verbs_match_ent_u { driver_id: 0 };
    let modalias = verbs_match_ent_u {
        modalias: c"rdma_device:Nx*".as_ptr(),
    };
    let null = verbs_match_ent_u {
        modalias: std::ptr::null(),
    };
    let table = [
        entry(VERBS_MATCH_PCI, nothing),
        entry(VERBS_MATCH_DRIVER_ID, verbs_match_ent_u { driver_id: 17 }),
        entry(VERBS_MATCH_MODALIAS, modalias),
        entry(VERBS_MATCH_MODALIAS, null),
        entry(99, nothing),
        entry(VERBS_MATCH_SENTINEL, nothing),
        entry(VERBS_MATCH_PCI, nothing),
    ];
    let mut ops: verbs_device_ops = Zeroed::zeroed();
    let driver = |ops: verbs_device_ops| Driver {
        ops: Box::leak(Box::new(ops)),
    };
    assert_eq!(driver(ops).rules(), None);
    ops.match_table = Box::leak(Box::new(table)).as_ptr();
    let expected = [
        Rule::Pci {
            vendor: 0x1d0f,
            device: 0xefa0,
        },
        Rule::DriverId(17),
        Rule::Modalias(c"rdma_device:Nx*"),
        Rule::Unknown,
        Rule::Unknown,
    ];
    assert_eq!(driver(ops).rules(), Some(expected.to_vec()));
}

#[test]
fn files_of_the_machine_name_plug_ins() {
    let text =
        b"# comment\n\n \t\ndriver rxe\n\t driver\tmlx5 # the rest\ndriver\nDriver x\nfoo bar";
    let (names, bad) = config::parse(text);
    assert_eq!(names, ["rxe", "mlx5"]);
    assert_eq!(bad, ["driver", "Driver", "foo"]);
    // Whatever is in a file, it is read without a panic.
    let (names, bad) = config::parse(&[0xff, b' ', 0, b'\r', b'\n']);
    assert!(names.is_empty());
    assert_eq!(bad.len(), 1);
}

#[test]
fn every_file_counts_and_what_is_read_last_comes_first() {
    let folder = Folder::new();
    folder.file("a.driver", b"driver one\ndriver two\n");
    let config = Config::at(&folder.0);
    assert_eq!(config.all(), ["two", "one"]);
    folder.file("no-suffix", b"driver three\n");
    fs::create_dir(folder.0.join("folder")).expect("writable");
    std::os::unix::fs::symlink("no-suffix", folder.0.join("link")).expect("writable");
    std::os::unix::fs::symlink("nowhere", folder.0.join("dangling")).expect("writable");
    let mut all = config.all();
    all.sort();
    assert_eq!(all, ["one", "three", "three", "two"]);
    assert_eq!(config.find("two"), Some("two".into()));
    assert_eq!(config.find("three"), Some("three".into()));
    assert_eq!(config.find("four"), None);
    folder.file("four.driver", b"driver /opt/x/libfour\n");
    assert_eq!(config.find("four"), Some("/opt/x/libfour".into()));
    assert!(Config::at(Path::new("/proc/nonexistent")).all().is_empty());
}

#[test]
fn the_users_list_has_two_separators() {
    let list = OsStr::new("/opt/x/libfoo:bar;;baz:");
    assert_eq!(config::split(list), ["/opt/x/libfoo", "bar", "baz"]);
    assert!(config::split(OsStr::new("")).is_empty());
}

/// A library of this machine to cut: the C library itself.
fn a_library() -> Vec<u8> {
    let path = object_of(libc::getpid as *const c_void).expect("the C library is a file");
    fs::read(path).expect("readable")
}

#[test]
fn a_whole_library_is_fit_and_one_cut_short_is_not() {
    let folder = Folder::new();
    let whole = a_library();
    let path = folder.file("libwhole.so", &whole);
    assert_eq!(check(&path), Ok(()));
    for len in [0, 3, 63, 64, 200, 1024, 4096, whole.len() / 2] {
        let path = folder.file("libcut.so", &whole[..len]);
        let Err(Refusal::Unfit(reason)) = check(&path) else {
            panic!("{len} bytes are taken for a library");
        };
        assert!(reason.contains("cut short"), "{reason}");
        // And the loader, which asks first, lives to tell.
        let stem = folder.0.join("libcut");
        fs::rename(&path, format!("{}-rdmav34.so", stem.display())).expect("writable");
        assert!(find_and_open(stem.as_os_str()).is_err());
    }
}

#[test]
fn what_is_missing_or_no_file_is_told_apart() {
    let folder = Folder::new();
    assert_eq!(check(&folder.0.join("none")), Err(Refusal::Missing));
    assert!(matches!(check(&folder.0), Err(Refusal::Unfit(_))));
    let text = folder.file("libtext.so", b"#!/bin/sh\nexit 0\n");
    assert!(matches!(check(&text), Err(Refusal::Unfit(_))));
}

#[test]
fn headers_that_promise_the_moon_are_no_panic() {
    let mut head = a_library()[..1024].to_vec();
    let no_more = |_, _: &mut [u8]| false;
    assert!(promised_size(&head, no_more).is_some());
    head[32..40].copy_from_slice(&u64::MAX.to_le_bytes());
    assert_eq!(promised_size(&head, no_more), None);
    head[32..40].copy_from_slice(&64_u64.to_le_bytes());
    head[56..58].copy_from_slice(&[0; 2]);
    assert_eq!(promised_size(&head, no_more), None);
    head[56..58].copy_from_slice(&u16::MAX.to_le_bytes());
    assert_eq!(promised_size(&head, no_more), None);
    head[56..58].copy_from_slice(&1_u16.to_le_bytes());
    head[64 + 8..64 + 16].copy_from_slice(&u64::MAX.to_le_bytes());
    assert_eq!(promised_size(&head, no_more), None);
}

#[test]
fn a_plug_in_of_another_generation_is_named_with_both_numbers() {
    let folder = Folder::new();
    folder.file("libtoy-rdmav99.so", b"");
    let reason = missing(OsStr::new("toy"), std::slice::from_ref(&folder.0));
    assert!(
        reason.contains("interface 99, this library serves"),
        "{reason}"
    );
    let reason = missing(OsStr::new("rxe"), std::slice::from_ref(&folder.0));
    assert!(reason.contains("no file librxe-rdmav"), "{reason}");
    let said = "/l/libibverbs.so.1: version `IBVERBS_PRIVATE_57' not found (required by /x)";
    let reason = explain(OsStr::new("/x"), said.into());
    assert!(
        reason.starts_with("/x wants provider interface 57"),
        "{reason}"
    );
    assert_eq!(
        explain(OsStr::new("/x"), "undefined symbol: y".into()),
        "undefined symbol: y"
    );
}
