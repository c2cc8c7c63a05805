use super::*;

fn file(text: &str) -> (std::path::PathBuf, impl Drop) {
    struct Removed(std::path::PathBuf);
    impl Drop for Removed {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }
    let unique = format!("verbium-sysfs-{}-{}", std::process::id(), text.len());
    let path = std::env::temp_dir().join(unique);
    std::fs::write(&path, text).expect("the temporary directory is writable");
    (path.clone(), Removed(path))
}

#[test]
fn the_newline_is_cut_and_a_text_that_does_not_fit_is_an_error() {
    let (path, _guard) = file("4: ACTIVE\n");
    assert_eq!(read(&path, 64), Ok(b"4: ACTIVE".to_vec()));
    assert_eq!(read(&path, 10), Ok(b"4: ACTIVE".to_vec()));
    assert_eq!(read(&path, 9), Err(Errno::EOVERFLOW));
    assert_eq!(read(Path::new("/nonexistent"), 9), Err(Errno::ENOENT));
}

#[test]
fn c_gets_the_length_and_a_nul() {
    let (path, _guard) = file("fe80\n\n");
    let dir =
        CString::new(path.parent().expect("absolute").as_os_str().as_bytes()).expect("no NUL");
    let name = CString::new(path.file_name().expect("a file").as_bytes()).expect("no NUL");
    let mut buf = [1 as c_char; 16];
    // SAFETY: two texts and a buffer of the size given.
    let length = unsafe { ibv_read_sysfs_file(dir.as_ptr(), name.as_ptr(), buf.as_mut_ptr(), 16) };
    assert_eq!(length, 5);
    assert_eq!(buf[5], 0);
}
