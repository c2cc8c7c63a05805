//! What providers in static archives want besides the driver interface: bitmaps, ranges, a map.
//!
//! rdma-core's shared plug-ins bring this code along; of its static archives only `libibverbs.a`
//! has it, and four of the providers of the same release ask for it there. So does ours, under names that `src/archive/members.sh` makes; the shared library has none of them.
//! Not called by anything of ours.

mod bitmap;
mod map;
mod ranges;

use std::ffi::c_uint;

/// A number nobody can foretell, or one that the clock and the process make where the kernel has
/// no such numbers yet.
#[unsafe(no_mangle)]
extern "C" fn verbium_archive_get_random() -> c_uint {
    let mut number: c_uint = 0;
    let place = (&raw mut number).cast();
    // SAFETY: a place of that many bytes.
    let got = unsafe { libc::getrandom(place, size_of::<c_uint>(), libc::GRND_NONBLOCK) };
    if got == size_of::<c_uint>() as isize {
        return number;
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| now.subsec_nanos()).rotate_left(7) ^ std::process::id()
}

/// Marsaglia's generator of 32 bits, whose state is the number it gave last.
///
/// # Safety
/// The place of a state.
#[unsafe(no_mangle)]
unsafe extern "C" fn verbium_archive_xorshift32(state: *mut u32) -> u32 {
    // SAFETY: the caller's promise.
    let mut number = unsafe { state.read() };
    number ^= number << 13;
    number ^= number >> 17;
    number ^= number << 5;
    // SAFETY: as above.
    unsafe { state.write(number) };
    number
}

#[cfg(test)]
mod tests;
