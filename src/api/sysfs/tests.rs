use super::*;
use std::ffi::CString;
use std::path::PathBuf;

struct TextFile(PathBuf);

impl TextFile {
    fn new(name: &str, text: &str) -> TextFile {
        let unique = format!("verbium-sysfs-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(unique);
        std::fs::write(&path, text).expect("the temporary directory is writable");
        TextFile(path)
    }

    /// What C gets for a buffer of `size` bytes: the result, and the buffer.
    fn read(&self, size: usize) -> (c_int, [c_char; 16]) {
        let text = |part: Option<&OsStr>| CString::new(part.expect("a part").as_bytes());
        let dir = text(self.0.parent().map(|dir| dir.as_os_str())).expect("no NUL");
        let name = text(self.0.file_name()).expect("no NUL");
        let mut buf = [1; 16];
        // SAFETY: two texts and a buffer of at least the size given.
        let length =
            unsafe { ibv_read_sysfs_file(dir.as_ptr(), name.as_ptr(), buf.as_mut_ptr(), size) };
        (length, buf)
    }
}

impl Drop for TextFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn one_newline_is_cut_and_a_nul_follows() {
    let (length, buf) = TextFile::new("lines", "fe80\n\n").read(16);
    assert_eq!(length, 5);
    assert_eq!((buf[4], buf[5], buf[6]), (b'\n' as c_char, 0, 1));
}

#[test]
fn a_text_without_room_for_a_nul_is_an_error() {
    let file = TextFile::new("fit", "4: ACTIVE\n");
    assert_eq!(file.read(10).0, 9);
    crate::provider::refuse::set_errno(Errno::EBUSY);
    assert_eq!(file.read(9).0, -1);
    assert_eq!(Errno::last(), Errno::EBUSY);
    assert_eq!(file.read(0).0, 0);
}

#[test]
fn an_empty_file_leaves_the_buffer_alone() {
    assert_eq!(TextFile::new("empty", "").read(16), (0, [1; 16]));
}

#[test]
fn a_file_that_is_not_there_is_enoent() {
    let mut buf = [0; 4];
    // SAFETY: two texts and a buffer of the size given.
    let length = unsafe {
        ibv_read_sysfs_file(
            c"/proc/nonexistent".as_ptr(),
            c"x".as_ptr(),
            buf.as_mut_ptr(),
            4,
        )
    };
    assert_eq!((length, Errno::last()), (-1, Errno::ENOENT));
}
