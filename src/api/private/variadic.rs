//! Entries for functions with variable arguments, which stable Rust cannot define.
//!
//! Such an entry is a few instructions that lay the arguments out as the platform's `va_list` and
//! call an ordinary function, with the named arguments as they came and the `va_list` behind them.
//! There is a form for x86_64 and one for aarch64; the crate does not build for others.

use std::ffi::{c_char, c_int, c_void};

unsafe extern "C" {
    /// Text into a buffer, cut to fit: how long it would have been, or below 0.
    pub(super) fn vsnprintf(
        buf: *mut c_char,
        size: usize,
        format: *const c_char,
        args: *mut c_void,
    ) -> c_int;
}

/// Defines an entry. `named` is how many bytes of integer registers the named arguments take (8
/// each), `next` the register of the argument behind them, on x86_64 and on aarch64.
macro_rules! variadic {
    ($(#[$doc:meta])* $name:ident => $target:ident, named $bytes:literal,
        next $x86_64:literal or $aarch64:literal) => {
        $(#[$doc])*
        #[cfg(target_arch = "x86_64")]
        #[unsafe(naked)]
        pub(in crate::api) unsafe extern "C" fn $name() {
            // The register save area stands at rsp + 32: six integer registers, then eight vector
            // ones if the caller says in al that it passes any. The va_list at rsp counts the
            // named arguments as used.
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
                concat!("mov dword ptr [rsp], ", $bytes),
                "mov dword ptr [rsp + 4], 48",
                "lea rax, [rsp + 224]",
                "mov [rsp + 8], rax",
                "lea rax, [rsp + 32]",
                "mov [rsp + 16], rax",
                concat!("mov ", $x86_64, ", rsp"),
                "call {target}",
                "add rsp, 216",
                "ret",
                target = sym $target,
            )
        }

        $(#[$doc])*
        #[cfg(target_arch = "aarch64")]
        #[unsafe(naked)]
        pub(in crate::api) unsafe extern "C" fn $name() {
            // From sp + 16 the va_list, from sp + 48 the eight integer registers, from sp + 112 the
            // eight vector ones; what did not fit into registers is behind all that. The va_list
            // counts from the ends of the two areas, and the named arguments as used.
            std::arch::naked_asm!(
                "stp x29, x30, [sp, #-240]!",
                "mov x29, sp",
                "stp x0, x1, [sp, #48]",
                "stp x2, x3, [sp, #64]",
                "stp x4, x5, [sp, #80]",
                "stp x6, x7, [sp, #96]",
                "stp q0, q1, [sp, #112]",
                "stp q2, q3, [sp, #144]",
                "stp q4, q5, [sp, #176]",
                "stp q6, q7, [sp, #208]",
                "add x9, sp, #240",
                "str x9, [sp, #16]",
                "add x10, sp, #112",
                "str x10, [sp, #24]",
                "str x9, [sp, #32]",
                concat!("mov w11, #", $bytes),
                "sub w11, w11, #64",
                "str w11, [sp, #40]",
                "mov w11, #-128",
                "str w11, [sp, #44]",
                concat!("add ", $aarch64, ", sp, #16"),
                "bl {target}",
                "ldp x29, x30, [sp], #240",
                "ret",
                target = sym $target,
            )
        }
    };
}
pub(super) use variadic;
