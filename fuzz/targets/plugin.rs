//! Whatever stands in a plug-in's file, in the configuration directory, or in `RDMAV_DRIVERS`.
#![no_main]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use libfuzzer_sys::fuzz_target;
use verbium::provider::fuzzing;

fuzz_target!(|data: &[u8]| {
    let (names, _) = fuzzing::parse_config(data);
    for name in names {
        let name = name.as_bytes();
        assert!(!name.is_empty() && !name.contains(&b'\n') && !name.contains(&b' '));
    }
    for name in fuzzing::split(OsStr::from_bytes(data)) {
        assert!(!name.is_empty());
    }
    // The headers may stand in the head of the file or behind it.
    let size = fuzzing::promised_size(data, |at, bytes| {
        let from = usize::try_from(at).ok().and_then(|at| data.get(at..));
        let found = from.and_then(|from| from.get(..bytes.len()));
        found.map(|found| bytes.copy_from_slice(found)).is_some()
    });
    if let Some(size) = size {
        assert!(size >= 64, "an ELF file has a header");
    }
    fuzzing::match_modalias(data);
});
