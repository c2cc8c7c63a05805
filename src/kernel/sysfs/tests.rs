use super::*;

#[test]
fn a_root_loses_its_slashes_and_is_cut() {
    let clean = |text: &str| clean(text.into()).into_string().expect("ASCII");
    assert_eq!(clean("/tmp/sys//"), "/tmp/sys");
    assert_eq!(clean("/"), "");
    assert_eq!(clean(""), "");
    assert_eq!(clean(&"/a".repeat(300)).len(), MAX_ROOT_BYTES);
}

#[test]
fn a_text_is_read_without_its_newline() {
    let path = std::env::temp_dir().join(format!("verbium-text-{}", std::process::id()));
    std::fs::write(&path, "4: ACTIVE\n").expect("the temporary directory is writable");
    let text = read(&path);
    let _ = std::fs::remove_file(&path);
    assert_eq!(text, Ok(b"4: ACTIVE".to_vec()));
    assert_eq!(read(Path::new("/proc/nonexistent")), Err(Errno::ENOENT));
}

#[test]
fn a_text_longer_than_any_is_an_error() {
    let path = std::env::temp_dir().join(format!("verbium-long-{}", std::process::id()));
    std::fs::write(&path, [b'x'; MAX_TEXT_BYTES]).expect("the temporary directory is writable");
    let text = read(&path);
    let _ = std::fs::remove_file(&path);
    assert_eq!(text, Err(Errno::EOVERFLOW));
}

#[test]
fn numbers_end_where_the_digits_end() {
    assert_eq!(parse_number(b"6"), Some(6));
    assert_eq!(parse_number(b"1: CA"), Some(1));
    assert_eq!(parse_number(b""), None);
    assert_eq!(parse_number(b"-1"), None);
    assert_eq!(parse_number(b"0x10"), Some(0));
    assert_eq!(parse_number(b"4294967295"), Some(u32::MAX));
    assert_eq!(parse_number(b"4294967296"), None);
    assert_eq!(parse_number(&[b'9'; 4000]), None);
}

#[test]
fn device_numbers_are_two_numbers() {
    assert_eq!(parse_dev(b"231:192"), Some(libc::makedev(231, 192)));
    assert_eq!(
        parse_dev(b"4095:1048575"),
        Some(libc::makedev(4095, 1_048_575))
    );
    for text in [
        "", ":", "231", "231:", ":192", "a:1", "1:a", "-1:2", "1 :2", "+1:2",
    ] {
        assert_eq!(parse_dev(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn guids_have_four_groups() {
    let expected = 0x0002_c903_0008_e7b0;
    assert_eq!(parse_guid(b"0002:c903:0008:e7b0"), Some(expected));
    assert_eq!(parse_guid(b"2:3:4:ffff"), Some(0x0002_0003_0004_ffff));
    for text in [
        "",
        "1:2:3",
        "1:2:3:4:5",
        "1:2:3:g",
        "1:2::4",
        "00001:2:3:4",
        "+1:2:3:4",
    ] {
        assert_eq!(parse_guid(text.as_bytes()), None, "{text}");
    }
    assert_eq!(parse_guid(&[0xff, 0xfe, b':']), None);
}
