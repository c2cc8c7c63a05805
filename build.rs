//! Tells rustc which configurations exist; derives nothing else yet.

fn main() {
    // Set by the Makefile for the archive that becomes the shared library: only there do the
    // exported names carry their version nodes (see src/api/symver.rs).
    println!("cargo::rustc-check-cfg=cfg(versioned)");
    println!("cargo::rerun-if-changed=build.rs");
}
