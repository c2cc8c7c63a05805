//! Whatever stands in a file of sysfs: a value or nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use verbium::kernel::sysfs;

fuzz_target!(|data: &[u8]| {
    let number = sysfs::parse_number(data);
    // What is printed reads back.
    if let Some(number) = number {
        assert_eq!(
            sysfs::parse_number(number.to_string().as_bytes()),
            Some(number)
        );
    }
    if let Some(dev) = sysfs::parse_dev(data) {
        assert!(data.contains(&b':') && data[0].is_ascii_digit());
        let _ = dev;
    }
    if let Some(guid) = sysfs::parse_guid(data) {
        let groups = [48, 32, 16, 0].map(|shift| format!("{:x}", guid >> shift & 0xffff));
        assert_eq!(sysfs::parse_guid(groups.join(":").as_bytes()), Some(guid));
    }
});
