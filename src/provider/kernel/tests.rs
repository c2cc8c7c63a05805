use super::*;

#[test]
fn a_gid_is_eight_groups() {
    let text = b"fe80:0000:0000:0000:0002:c903:00a1:b2c3";
    let gid = [
        0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 2, 0xc9, 3, 0, 0xa1, 0xb2, 0xc3,
    ];
    assert_eq!(parse_gid(text), Some(gid));
    for wrong in [
        &b""[..],
        b"fe80:0000:0000:0000:0002:c903:00a1",
        b"fe80:0000:0000:0000:0002:c903:00a1:b2c3:0000",
        b"fe80:0000:0000:0000:0002:c903:00a1:b2c3x",
        b"fe80:0000:0000:0000:0002:c903:00a1:12345",
        b"\xff\xfe",
    ] {
        assert_eq!(parse_gid(wrong), None);
    }
}

#[test]
fn a_pkey_is_hexadecimal() {
    assert_eq!(parse_pkey(b"0xffff"), Some(0xffff));
    assert_eq!(parse_pkey(b"7fff"), Some(0x7fff));
    assert_eq!(parse_pkey(b"0x10000"), None);
    assert_eq!(parse_pkey(b"invalid"), None);
}

#[test]
fn types_of_gids_are_words_in_sysfs() {
    let port = std::env::temp_dir().join(format!("verbium-gids-{}", std::process::id()));
    // Without the folder the kernel is one that knows a single type.
    assert_eq!(is_roce_v2(&port, 0), Ok(false));
    let types = port.join("gid_attrs/types");
    std::fs::create_dir_all(&types).expect("a folder of ours");
    for (name, text) in [
        ("0", "IB/RoCE v1\n"),
        ("1", "RoCE v2\n"),
        ("2", "RoCE v3\n"),
    ] {
        std::fs::write(types.join(name), text).expect("a file of ours");
    }
    assert_eq!(is_roce_v2(&port, 0), Ok(false));
    assert_eq!(is_roce_v2(&port, 1), Ok(true));
    assert_eq!(is_roce_v2(&port, 2), Err(Errno::EINVAL));
    assert_eq!(is_roce_v2(&port, 3), Err(Errno::EINVAL));
    std::fs::remove_dir_all(port).expect("ours");
}
