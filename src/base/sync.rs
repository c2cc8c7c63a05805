//! Atomics from one place. Code that loom checks is generic over its words and gets loom's in its
//! tests (`base/ring`): statics and mapped memory cannot hold those.

pub use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicPtr, AtomicU8, AtomicU16, AtomicU32, AtomicU64, AtomicUsize,
    Ordering, fence,
};
