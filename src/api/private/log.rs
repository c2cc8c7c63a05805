//! `__verbs_log`: lines of provider plug-ins, formatted by the C library.
//!
//! A function with variable arguments cannot be written in stable Rust, so its entry is a few
//! instructions that lay the arguments out as the platform's `va_list` and call an ordinary
//! function. This is the only file with code of one architecture; elsewhere the line is dropped.

use std::ffi::{CStr, c_char, c_int, c_void};

use crate::base::log::{self, Level};

/// A line longer than this is cut.
const MAX_LINE_BYTES: usize = 1024;

unsafe extern "C" {
    fn vsnprintf(buf: *mut c_char, size: usize, format: *const c_char, args: *mut c_void) -> c_int;
}

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
unsafe extern "C" fn log_line(number: u32, format: *const c_char, args: *mut c_void) {
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

/// Arguments: context (ignored), level, format, and what the format names.
///
/// # Safety
/// `format` is NULL or a text whose arguments follow, as for `printf`.
#[cfg(target_arch = "x86_64")]
#[unsafe(naked)]
pub(in crate::api) unsafe extern "C" fn __verbs_log() {
    // The register save area stands at rsp + 32: six integer registers, then eight vector ones if
    // the caller says in al that it passes any. The va_list at rsp counts the three named
    // arguments as used.
    std::arch::naked_asm!(
        "sub rsp, 216",
        "mov [rsp + 32], rdi",
        "mov [rsp + 40], rsi",
        "mov [rsp + 48], rdx",
        "mov [rsp + 56], rcx",
        "mov [rsp + 64], r8",
        "mov [rsp + 72], r9",
        "test al, al",
        "je 2f",
        "movaps [rsp + 80], xmm0",
        "movaps [rsp + 96], xmm1",
        "movaps [rsp + 112], xmm2",
        "movaps [rsp + 128], xmm3",
        "movaps [rsp + 144], xmm4",
        "movaps [rsp + 160], xmm5",
        "movaps [rsp + 176], xmm6",
        "movaps [rsp + 192], xmm7",
        "2:",
        "mov dword ptr [rsp], 24",
        "mov dword ptr [rsp + 4], 48",
        "lea rax, [rsp + 224]",
        "mov [rsp + 8], rax",
        "lea rax, [rsp + 32]",
        "mov [rsp + 16], rax",
        "mov edi, esi",
        "mov rsi, rdx",
        "mov rdx, rsp",
        "call {log_line}",
        "add rsp, 216",
        "ret",
        log_line = sym log_line,
    )
}

/// Drops the line: no entry for variable arguments has been written for this architecture.
#[cfg(not(target_arch = "x86_64"))]
pub(in crate::api) unsafe extern "C" fn __verbs_log() {
    let _ = log_line;
}
