//! Bits in an array of words, as providers keep them: bit 0 is the lowest of the first word.

use std::ffi::c_ulong;

const BITS: c_ulong = c_ulong::BITS as c_ulong;

/// The parts of the words that hold bits `start..end`: index of a word, mask in it.
fn parts(start: c_ulong, end: c_ulong) -> impl Iterator<Item = (usize, c_ulong)> {
    let mut at = start;
    std::iter::from_fn(move || {
        if at >= end {
            return None;
        }
        let (word, offset) = (at / BITS, at % BITS);
        let count = (end - at).min(BITS - offset);
        let mask = (c_ulong::MAX >> (BITS - count)) << offset;
        at += count;
        Some((word as usize, mask))
    })
}

/// The first bit that is set from `start` on and before `end`; `end` if there is none.
///
/// # Safety
/// The bitmap has at least `end` bits.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn verbium_archive_bitmap_find_first_bit(
    bitmap: *const c_ulong,
    start: c_ulong,
    end: c_ulong,
) -> c_ulong {
    for (word, mask) in parts(start, end) {
        // SAFETY: within the bits the caller promises.
        let set = unsafe { bitmap.wrapping_add(word).read() } & mask;
        if set != 0 {
            return word as c_ulong * BITS + c_ulong::from(set.trailing_zeros());
        }
    }
    end
}

/// Clears bits `start..end`.
///
/// # Safety
/// The bitmap has at least `end` bits, and is nobody else's meanwhile.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn verbium_archive_bitmap_zero_region(
    bitmap: *mut c_ulong,
    start: c_ulong,
    end: c_ulong,
) {
    for (word, mask) in parts(start, end) {
        // SAFETY: within the bits the caller promises.
        unsafe { *bitmap.wrapping_add(word) &= !mask };
    }
}

/// Sets bits `start..end`.
///
/// # Safety
/// As of `verbium_archive_bitmap_zero_region`.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn verbium_archive_bitmap_fill_region(
    bitmap: *mut c_ulong,
    start: c_ulong,
    end: c_ulong,
) {
    for (word, mask) in parts(start, end) {
        // SAFETY: within the bits the caller promises.
        unsafe { *bitmap.wrapping_add(word) |= mask };
    }
}

/// Where the first `size` clear bits in a row begin; `count`, the size of the bitmap, if there are
/// none. No bits are found at once.
///
/// # Safety
/// The bitmap has at least `count` bits.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn verbium_archive_bitmap_find_free_region(
    bitmap: *mut c_ulong,
    count: c_ulong,
    size: c_ulong,
) -> c_ulong {
    let mut start: c_ulong = 0;
    while let Some(end) = start.checked_add(size).filter(|end| *end <= count) {
        // SAFETY: within the bits the caller promises.
        let taken = unsafe { verbium_archive_bitmap_find_first_bit(bitmap, start, end) };
        if taken == end {
            return start;
        }
        start = taken + 1;
    }
    count
}
