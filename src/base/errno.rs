//! Error numbers of the C library as a type.
//!
//! Every border of the library speaks `Errno`: the kernel's answers come in as one, the
//! C entry points hand one out (as return value, or through the thread's `errno`).

use std::fmt;

/// A positive error number, as in `<errno.h>`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(pub i32);

macro_rules! names {
    ($($name:ident)*) => {
        impl Errno {
            $(pub const $name: Errno = Errno(libc::$name);)*
        }
        impl fmt::Debug for Errno {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $(libc::$name => f.write_str(stringify!($name)),)*
                    other => write!(f, "errno {other}"),
                }
            }
        }
    };
}

names! {
    EPERM ENOENT EINTR EIO ENXIO EBADF EAGAIN ENOMEM EACCES EFAULT EBUSY EEXIST ENODEV EINVAL
    ENFILE EMFILE EFBIG ENOTTY ENOSPC EPIPE ERANGE ENOSYS ENODATA EOVERFLOW ENOTSOCK EMSGSIZE
    EPROTONOSUPPORT EOPNOTSUPP EADDRINUSE EADDRNOTAVAIL ECONNREFUSED ECONNRESET EHOSTUNREACH
    ETIMEDOUT EPROTO ESRCH EINPROGRESS EALREADY
}

impl fmt::Display for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} ({})",
            self,
            std::io::Error::from_raw_os_error(self.0)
        )
    }
}

impl std::error::Error for Errno {}

impl Errno {
    /// The calling thread's `errno`.
    pub fn last() -> Errno {
        Errno(
            std::io::Error::last_os_error()
                .raw_os_error()
                .unwrap_or(libc::EIO),
        )
    }

    /// The same number, once a line on the error level has said what it stood in the way of.
    #[cold]
    pub fn logged(self, what: &str) -> Errno {
        crate::log_error!("{what}: {self}");
        self
    }

    /// The answer of a system call that returns −1 on failure.
    pub fn result(ret: i64) -> Result<i64, Errno> {
        if ret < 0 { Err(Errno::last()) } else { Ok(ret) }
    }
}

impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Errno {
        Errno(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

impl From<nix::errno::Errno> for Errno {
    fn from(error: nix::errno::Errno) -> Errno {
        Errno(error as i32)
    }
}
