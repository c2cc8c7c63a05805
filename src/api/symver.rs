//! Which function stands behind which exported name and version node.
//!
//! Each name is a jump of its own in assembler, because a name with two versions needs a
//! definition per version and the compiler can give a function only one. The names stand again in
//! `src/libibverbs.map`, which decides what is visible; `c-tests/abi` compares the result with
//! the recorded table. Only the archive made for the shared library contains the jumps: a test
//! program that carried versioned names could not be linked.

/// Emits one jump per line: target, name, `@@@` (default) or `@` (old), node.
#[cfg(versioned)]
macro_rules! export {
    ($($target:path => $name:literal $binding:literal $node:literal;)*) => {
        $(
            std::arch::global_asm!(
                concat!(".pushsection .text.", "verbium.", $name, ".", $node, ",\"ax\",@progbits"),
                ".p2align 4",
                concat!(".globl \"verbium.", $name, ".", $node, "\""),
                concat!(".type \"verbium.", $name, ".", $node, "\",@function"),
                concat!("\"verbium.", $name, ".", $node, "\":"),
                #[cfg(target_arch = "x86_64")]
                "jmp {target}",
                #[cfg(target_arch = "aarch64")]
                "b {target}",
                concat!(".size \"verbium.", $name, ".", $node, "\", . - \"verbium.", $name, ".",
                    $node, "\""),
                concat!(".symver \"verbium.", $name, ".", $node, "\", ", $name, $binding, $node),
                ".popsection",
                target = sym $target,
            );
        )*
    };
}

/// Without versions the paths are still checked, so that a slip shows in every build.
#[cfg(not(versioned))]
macro_rules! export {
    ($($target:path => $name:literal $binding:literal $node:literal;)*) => {
        /// The exported names with their nodes and bindings, for the tests.
        #[cfg(test)]
        pub(super) const EXPORTED: &[(&str, &str, &str)] = &[$(($name, $node, $binding)),*];
        const _: () = { $(let _ = $target as *const (); )* };
    };
}

/// The refused names of the provider's table, with the function of their convention.
#[cfg(versioned)]
macro_rules! export_refused {
    ($refuse:path; $($name:literal $binding:literal $node:literal $convention:ident;)*) => {
        export! { $(crate::provider::refuse::$convention => $name $binding $node;)* }
    };
}

#[cfg(not(versioned))]
macro_rules! export_refused {
    ($refuse:path; $($name:literal $binding:literal $node:literal $convention:ident;)*) => {
        #[cfg(test)]
        pub(super) const REFUSED: &[(&str, &str, &str)] = &[$(($name, $node, $binding)),*];
        const _: () = { $(let _ = crate::provider::refuse::$convention as *const (); )* };
    };
}

crate::provider::ops::unsupported_symbols!(export_refused);

/// Whether destroying objects of a device that is gone counts as success.
///
/// A byte that providers read; it stays 0 until the kernel path sets it from the environment.
#[unsafe(no_mangle)]
#[allow(non_upper_case_globals)] // The name is the interface.
pub static verbs_allow_disassociate_destroy: crate::base::sync::AtomicBool =
    crate::base::sync::AtomicBool::new(false);
