//! `__verbs_log`: lines of provider plug-ins, formatted by the C library.
//!
//! Their variable arguments come as a `va_list` (see `variadic`).

use std::ffi::{CStr, c_char, c_void};

use super::variadic::{variadic, vsnprintf};
use crate::base::log::{self, Level};

/// A line longer than this is cut.
const MAX_LINE_BYTES: usize = 1024;

/// The level of a number; unknown ones are as talkative as the last.
fn level(number: u32) -> Level {
    match number {
        0 => Level::None,
        1 => Level::Error,
        2 => Level::Warn,
        3 => Level::Info,
        _ => Level::Debug,
    }
}

/// Formats and writes one line; never changes `errno`, never unwinds.
///
/// # Safety
/// `format` is NULL or a text, and `args` is a `va_list` of what it names.
unsafe extern "C" fn log_line(
    _context: *mut c_void,
    number: u32,
    format: *const c_char,
    args: *mut c_void,
) {
    let level = level(number);
    if format.is_null() || level == Level::None {
        return;
    }
    crate::api::gate::nothing(|| {
        if !log::enabled(level) {
            return Ok(());
        }
        let mut line = [0; MAX_LINE_BYTES];
        // SAFETY: the buffer has the size given; the rest is the caller's promise.
        unsafe { vsnprintf(line.as_mut_ptr(), line.len(), format, args) };
        // SAFETY: the last byte is written by nobody but as NUL.
        let text = unsafe { CStr::from_ptr(line.as_ptr()) }.to_string_lossy();
        log::write(level, format_args!("{}", text.trim_end()));
        Ok(())
    });
}

variadic! {
    /// Arguments: context (ignored), level, format, and what the format names.
    ///
    /// # Safety
    /// `format` is NULL or a text whose arguments follow, as for `printf`.
    __verbs_log => log_line, named 24, next "rcx" or "x3"
}
