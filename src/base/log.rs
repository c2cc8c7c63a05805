//! `VERBS_LOG_LEVEL` and `VERBS_LOG_FILE`: one line per refusal, on the control path only.
//!
//! Levels are rdma-core's: 0 none, 1 error, 2 warning, 3 info, 4 debug. Without a log file the
//! lines go to standard error. Logging never changes `errno`.

use std::fmt;
use std::io::Write;
use std::sync::OnceLock;

/// How much somebody wants to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    None = 0,
    Error = 1,
    Warn = 2,
    Info = 3,
    Debug = 4,
}

struct Sink {
    level: Level,
    file: Option<std::fs::File>,
}

static SINK: OnceLock<Sink> = OnceLock::new();

fn sink() -> &'static Sink {
    SINK.get_or_init(|| {
        let level = std::env::var("VERBS_LOG_LEVEL").ok();
        let level = match level.as_deref().map(parse_number) {
            None | Some(i64::MIN..=0) => Level::None,
            Some(1) => Level::Error,
            Some(2) => Level::Warn,
            Some(3) => Level::Info,
            Some(4..) => Level::Debug,
        };
        // SAFETY: the four calls take no argument and cannot fail.
        let same_user = unsafe { libc::getuid() == libc::geteuid() };
        let path = if same_user {
            std::env::var_os("VERBS_LOG_FILE")
        } else {
            None
        };
        let file = path.and_then(|path| {
            std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(path)
                .ok()
        });
        Sink { level, file }
    })
}

/// As `strtol` with base 0: decimal, 0x hexadecimal, leading-0 octal; 0 when it is no number.
fn parse_number(text: &str) -> i64 {
    let text = text.trim();
    let (radix, digits) = match text {
        t if t.starts_with("0x") || t.starts_with("0X") => (16, &t[2..]),
        t if t.len() > 1 && t.starts_with('0') => (8, &t[1..]),
        t => (10, t),
    };
    i64::from_str_radix(digits, radix).unwrap_or(0)
}

/// Whether a line of this level would be read by anybody.
pub fn enabled(level: Level) -> bool {
    level <= sink().level
}

/// Writes one line; use the macros `log_error!`, `log_warn!`, `log_info!`, `log_debug!`.
pub fn write(level: Level, line: fmt::Arguments<'_>) {
    // SAFETY: __errno_location always gives this thread's errno.
    let errno = unsafe { *libc::__errno_location() };
    let text = match level {
        Level::Error => format!("libibverbs: error: {line}\n"),
        Level::Warn => format!("libibverbs: warning: {line}\n"),
        _ => format!("libibverbs: {line}\n"),
    };
    // A log that cannot be written is no reason to fail the call that wanted to explain itself.
    let _ = match &sink().file {
        Some(file) => (&mut &*file).write_all(text.as_bytes()),
        None => std::io::stderr().write_all(text.as_bytes()),
    };
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

/// Writes a line to standard error whatever the level: what a user has to know to be served at all.
pub fn tell(line: fmt::Arguments<'_>) {
    // SAFETY: __errno_location always gives this thread's errno.
    let errno = unsafe { *libc::__errno_location() };
    let text = format!("libibverbs: {line}\n");
    // Whoever closed standard error does not want to know.
    let _ = std::io::stderr().write_all(text.as_bytes());
    // SAFETY: as above.
    unsafe { *libc::__errno_location() = errno };
}

// Spelled out four times: a macro that another macro exports cannot be named by its path.

#[macro_export]
macro_rules! log_error {
    ($($arg:tt)*) => {
        if $crate::base::log::enabled($crate::base::log::Level::Error) {
            $crate::base::log::write($crate::base::log::Level::Error, format_args!($($arg)*));
        }
    };
}

#[macro_export]
macro_rules! log_warn {
    ($($arg:tt)*) => {
        if $crate::base::log::enabled($crate::base::log::Level::Warn) {
            $crate::base::log::write($crate::base::log::Level::Warn, format_args!($($arg)*));
        }
    };
}

#[macro_export]
macro_rules! log_info {
    ($($arg:tt)*) => {
        if $crate::base::log::enabled($crate::base::log::Level::Info) {
            $crate::base::log::write($crate::base::log::Level::Info, format_args!($($arg)*));
        }
    };
}

#[macro_export]
macro_rules! log_debug {
    ($($arg:tt)*) => {
        if $crate::base::log::enabled($crate::base::log::Level::Debug) {
            $crate::base::log::write($crate::base::log::Level::Debug, format_args!($($arg)*));
        }
    };
}

#[cfg(test)]
mod tests {
    #[test]
    fn levels_parse_as_strtol_base_0() {
        assert_eq!(super::parse_number("3"), 3);
        assert_eq!(super::parse_number("0x4"), 4);
        assert_eq!(super::parse_number("010"), 8);
        assert_eq!(super::parse_number("verbose"), 0);
    }
}
