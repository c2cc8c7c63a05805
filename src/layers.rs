//! The architecture as tests: which layer may import which, and where unsafe code may stand.
//!
//! Test-only. `src/lib.rs` is the map in words; the two tables here are its short form. Growing
//! either is a change of the architecture, not of a test.

use std::fs;
use std::path::{Path, PathBuf};

/// Each layer and those it may name. Everything of one layer may name the layer itself.
const ARROWS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("abi", &["base"]),
    ("wire", &["base"]),
    ("engine", &["base", "wire"]),
    ("link", &["base", "wire"]),
    ("soft", &["base", "abi", "wire", "engine", "link"]),
    ("kernel", &["base", "abi"]),
    ("provider", &["base", "abi", "soft", "kernel"]),
    ("api", &["base", "abi", "kernel", "provider"]),
    // Test-only: a simulated world of engines.
    ("sim", &["base", "wire", "engine"]),
];

/// Files (without `.rs`) and folders (with `/`) that may contain unsafe code, each with a reason.
const UNSAFE: &[(&str, &str)] = &[
    ("abi/layout", "reads the bytes of the types it measures"),
    ("abi/zeroed", "all-zero values of C structs"),
    ("api/", "the border to C"),
    ("base/barrier", "system calls"),
    ("base/errno", "the thread's errno"),
    ("base/lock", "the value behind the lock"),
    ("base/log", "the thread's errno, user ids"),
    ("base/reserve", "the allocator"),
    ("base/ring", "lock-free storage"),
    ("base/sync", "the façade of the atomics"),
    ("kernel/cmd/", "unions and lists of C"),
    ("kernel/driver_data", "bytes of a plug-in"),
    ("kernel/fork", "advice to the kernel about memory"),
    ("kernel/ioctl", "attributes of a plug-in"),
    ("kernel/sys", "system calls"),
    ("kernel/write", "bytes of kernel structs"),
    (
        "link/local/",
        "memory mapped together with a peer, system calls",
    ),
    ("link/udp/sys", "system calls"),
    ("provider/context", "memory laid out as plug-ins expect"),
    ("provider/defaults", "operations of the C table"),
    ("provider/device", "objects in memory of a plug-in"),
    ("provider/embedded", "the context block around the NIC"),
    ("provider/extension", "tables of plug-ins"),
    ("provider/fake", "a NIC for tests"),
    ("provider/kernel", "results to the caller's places"),
    ("provider/open", "contexts in memory of a plug-in"),
    ("provider/ops", "the C table"),
    ("provider/plugin", "dlopen"),
    ("provider/refuse", "the thread's errno"),
    ("soft/convert", "structs of the application"),
    ("soft/device", "structs of the application"),
    ("soft/drive", "memory of the application"),
    ("soft/handle", "handles of the application"),
    ("soft/memory", "memory of the application"),
    ("soft/ops/", "operations of the C table"),
    ("soft/process", "fork handlers, system calls"),
    ("soft/progress", "system calls"),
    ("soft/thread", "threads of the C library"),
];

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All source files, with their paths below `src`.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the sources are readable") {
            let path = entry.expect("the sources are readable").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = source_folder();
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    let read = |path: PathBuf| {
        let name = path
            .strip_prefix(&root)
            .expect("below it")
            .display()
            .to_string();
        (name, fs::read_to_string(&path).expect("sources are text"))
    };
    found.into_iter().map(read).collect()
}

/// The code of a line: what stands before a comment. Good enough for our own style.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

fn layer_of(path: &str) -> &str {
    path.split(['/', '.']).next().unwrap_or_default()
}

/// The names that directly follow `crate::` in a line.
fn named_layers(line: &str) -> Vec<&str> {
    let after = code(line).split("crate::").skip(1);
    let is_name = |character: char| character.is_alphanumeric() || character == '_';
    after
        .map(|rest| {
            rest.split(|character| !is_name(character))
                .next()
                .unwrap_or_default()
        })
        .collect()
}

#[test]
fn imports_go_one_way() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let layer = layer_of(&path);
        // The root names every layer, since it holds them; this file names them as examples.
        if layer == "lib" || layer == "layers" {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|arrow| arrow.0 == layer) else {
            wrong.push(format!("{path}: a layer that is not in the picture"));
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            for name in named_layers(line) {
                let is_layer = ARROWS.iter().any(|arrow| arrow.0 == name);
                if is_layer && name != layer && !allowed.contains(&name) {
                    wrong.push(format!(
                        "{path}:{}: {layer} may not name {name}",
                        number + 1
                    ));
                }
            }
            // Whole layers in braces would hide from the scan above.
            let braces = code(line).split("crate::{").nth(1).unwrap_or_default();
            if braces.contains("::") {
                wrong.push(format!("{path}:{}: one `use` per layer", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether a line contains unsafe code, as opposed to the type of an unsafe function.
fn is_unsafe(line: &str) -> bool {
    let rest_of = |after: &str| {
        let mut rest = after.trim_start();
        for word in ["extern", "\"C\"", "fn"] {
            rest = rest.strip_prefix(word).unwrap_or(rest).trim_start();
        }
        rest.to_owned()
    };
    let line = code(line);
    let words = line.split_inclusive("unsafe").collect::<Vec<_>>();
    words.windows(2).any(|pair| {
        let before = pair[0].strip_suffix("unsafe").unwrap_or_default();
        let starts_word = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let after = pair[1];
        let ends_word = !after.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        starts_word && ends_word && !after.is_empty() && {
            let rest = rest_of(after);
            // `unsafe fn(…)` is a type, `unsafe(no_mangle)` an attribute of ours in api only.
            !(rest.starts_with('(') && after.trim_start() != rest)
        }
    })
}

#[test]
fn unsafe_code_stands_where_the_list_says() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let is_listed = UNSAFE
            .iter()
            .any(|(place, _)| match place.strip_suffix('/') {
                Some(folder) => path
                    .strip_prefix(folder)
                    .is_some_and(|rest| rest.starts_with(['/', '.'])),
                None => path.strip_suffix(".rs") == Some(place),
            });
        let is_test = path.ends_with("/tests.rs") || path.contains("/tests/");
        if is_listed || is_test || path == "layers.rs" {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if is_unsafe(line) {
                wrong.push(format!("{path}:{}: {}", number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn wire_and_engine_forbid_unsafe_code() {
    for layer in ["wire", "engine"] {
        let head = fs::read_to_string(source_folder().join(layer).join("mod.rs"));
        let head = head.expect("every layer has a head");
        assert!(head.contains("#![forbid(unsafe_code)]"), "{layer}");
    }
}

#[test]
fn the_scanners_see_what_they_look_for() {
    assert_eq!(
        named_layers("use crate::abi::ibv_qp; // crate::soft"),
        ["abi"]
    );
    assert_eq!(
        named_layers("    crate::soft::open(crate::base::x)"),
        ["soft", "base"]
    );
    assert!(is_unsafe("let x = unsafe { *p };"));
    assert!(is_unsafe("pub unsafe fn read() {"));
    assert!(is_unsafe("unsafe impl Send for X {}"));
    assert!(is_unsafe("unsafe extern \"C\" fn shim() {"));
    assert!(!is_unsafe("pub open: unsafe fn(u32) -> u32,"));
    assert!(!is_unsafe(
        "    pub poll: Option<unsafe extern \"C\" fn(*mut ibv_cq) -> c_int>,"
    ));
    assert!(!is_unsafe("// unsafe { } in a comment"));
    assert!(!is_unsafe("#![forbid(unsafe_code)]"));
}
