//! `ibv_read_ibdev_sysfs_file`: attributes of an IB device, for provider plug-ins.

use std::ffi::{CStr, c_char, c_int, c_void};

use super::variadic::{variadic, vsnprintf};
use crate::abi::*;
use crate::api::gate::{self, not_null};
use crate::api::sysfs::read_below;
use crate::base::errno::Errno;

/// A longer name is refused.
const MAX_NAME_BYTES: usize = 4096;

/// Reads a file below the device's directory; see `api::sysfs` for what is read.
///
/// # Safety
/// `buf` has room for `size` bytes, `device` is NULL or a record of the library, `format` NULL or a
/// text, and `args` a `va_list` of what it names.
unsafe extern "C" fn read_file(
    buf: *mut c_char,
    size: usize,
    device: *mut verbs_sysfs_dev,
    format: *const c_char,
    args: *mut c_void,
) -> c_int {
    gate::minus_one(|| {
        not_null(buf)?;
        not_null(device)?;
        not_null(format)?;
        let mut name = [0; MAX_NAME_BYTES];
        // SAFETY: the buffer has the size given; the rest is the caller's promise.
        let length = unsafe { vsnprintf(name.as_mut_ptr(), name.len(), format, args) };
        if !usize::try_from(length).is_ok_and(|length| length < name.len()) {
            return Err(Errno::EINVAL);
        }
        // SAFETY: a record of the library holds texts that end with NUL; it is only read.
        let directory = unsafe { CStr::from_ptr((&raw const (*device).ibdev_path).cast()) };
        // SAFETY: written above, with a NUL.
        let name = unsafe { CStr::from_ptr(name.as_ptr()) };
        // SAFETY: the promise *place*.
        unsafe { read_below(directory, name, buf, size) }
    })
}

variadic! {
    /// Arguments: buffer, its size, device, format, and what the format names. The length of the
    /// text, or −1 with `errno`: EINVAL for a device without a record in sysfs.
    ///
    /// # Safety
    /// The promises of `gate`; `format` is a text whose arguments follow, as for `printf`.
    ibv_read_ibdev_sysfs_file => read_file, named 32, next "r8" or "x4"
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;
    use std::ffi::CString;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn the_name_is_made_of_the_arguments() {
        type Entry = unsafe extern "C" fn(
            *mut c_char,
            usize,
            *mut verbs_sysfs_dev,
            *const c_char,
            ...
        ) -> c_int;
        let entry = ibv_read_ibdev_sysfs_file as *const ();
        // SAFETY: the entry takes variable arguments, which is what its bare type cannot say.
        let entry = unsafe { std::mem::transmute::<*const (), Entry>(entry) };

        let directory = std::env::temp_dir().join(format!("verbium-ibdev-{}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("the temporary directory is writable");
        std::fs::write(directory.join("a-1-two-3-4-5-2.5"), "0xffff\n").expect("writable");
        let mut device: verbs_sysfs_dev = Zeroed::zeroed();
        let path = directory.as_os_str().as_bytes();
        for (to, from) in device.ibdev_path.iter_mut().zip(path) {
            *to = *from as c_char;
        }
        let mut buf = [0; 16];
        let two = CString::new("two").expect("no NUL");
        let format = c"%s-%d-%s-%d-%d-%u-%.1f".as_ptr();
        // SAFETY: the arguments are those the format names; more than registers hold.
        let length = unsafe {
            let a = c"a".as_ptr();
            entry(
                buf.as_mut_ptr(),
                16,
                &mut device,
                format,
                a,
                1,
                two.as_ptr(),
                3,
                4,
                5,
                2.5,
            )
        };
        let _ = std::fs::remove_dir_all(&directory);
        assert_eq!(length, 6);
        assert_eq!(buf[..7], b"0xffff\0".map(|byte| byte as c_char));

        let absent = std::ptr::null_mut();
        // SAFETY: a format without arguments.
        let length = unsafe { entry(buf.as_mut_ptr(), 16, absent, c"node_guid".as_ptr()) };
        assert_eq!((length, Errno::last()), (-1, Errno::EINVAL));
        // SAFETY: as above.
        let length = unsafe { entry(buf.as_mut_ptr(), 16, &mut device, c"absent".as_ptr()) };
        assert_eq!((length, Errno::last()), (-1, Errno::ENOENT));
    }
}
