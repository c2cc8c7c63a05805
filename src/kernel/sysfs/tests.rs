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
    assert_eq!(read(Path::new("/nonexistent")), Err(Errno::ENOENT));
}
