//! A set of numbers from which aligned ranges are taken, as a provider manages addresses.

use std::collections::BTreeMap;
use std::ffi::c_int;

use crate::base::errno::Errno;
use crate::base::mutex::Mutex;
use crate::provider::refuse::set_errno;

/// Ranges that touch neither each other: the first number of each, and its last.
#[derive(Default)]
pub(super) struct Ranges(Mutex<BTreeMap<u64, u64>>);

impl Ranges {
    /// Adds a range; it becomes one with those it touches. EINVAL if it is empty, passes the
    /// largest number, or has numbers that are in the set.
    pub(super) fn insert(&self, start: u64, length: u64) -> Result<(), Errno> {
        let last = length.checked_sub(1).ok_or(Errno::EINVAL)?;
        let mut last = start.checked_add(last).ok_or(Errno::EINVAL)?;
        let mut start = start;
        let mut ranges = self.0.lock();
        let before = ranges.range(..=last).next_back();
        if let Some((&first_of, &last_of)) = before {
            if last_of >= start {
                return Err(Errno::EINVAL);
            }
            if last_of + 1 == start {
                ranges.remove(&first_of);
                start = first_of;
            }
        }
        let behind = last.checked_add(1).and_then(|next| ranges.remove(&next));
        if let Some(last_of) = behind {
            last = last_of;
        }
        ranges.insert(start, last);
        Ok(())
    }

    /// Takes the first range of that length that begins at a multiple of `alignment`. EINVAL if
    /// that is no power of two, ENOSPC if there is none.
    pub(super) fn take(&self, length: u64, alignment: u64) -> Result<u64, Errno> {
        if !alignment.is_power_of_two() {
            return Err(Errno::EINVAL);
        }
        let mut ranges = self.0.lock();
        let fit = ranges.iter().find_map(|(&first_of, &last_of)| {
            let start = first_of.checked_next_multiple_of(alignment)?;
            let last = start.checked_add(length.checked_sub(1)?)?;
            (last <= last_of).then_some((first_of, last_of, start, last))
        });
        let (first_of, last_of, start, last) = fit.ok_or(Errno::ENOSPC)?;
        ranges.remove(&first_of);
        if first_of < start {
            ranges.insert(first_of, start - 1);
        }
        if last < last_of {
            ranges.insert(last + 1, last_of);
        }
        Ok(start)
    }
}

/// The number for C; in `errno`, too.
fn returned(result: Result<(), Errno>) -> c_int {
    result.map_or_else(
        |errno| {
            set_errno(errno);
            errno.0
        },
        |()| 0,
    )
}

#[unsafe(no_mangle)]
extern "C" fn verbium_archive_iset_create() -> *mut Ranges {
    Box::into_raw(Box::default())
}

/// # Safety
/// The set was made by `verbium_archive_iset_create`, and is not used any more.
#[unsafe(no_mangle)]
unsafe extern "C" fn verbium_archive_iset_destroy(set: *mut Ranges) {
    if !set.is_null() {
        // SAFETY: the caller's promise.
        drop(unsafe { Box::from_raw(set) });
    }
}

/// # Safety
/// The set is alive.
#[unsafe(no_mangle)]
unsafe extern "C" fn verbium_archive_iset_insert_range(
    set: *const Ranges,
    start: u64,
    length: u64,
) -> c_int {
    // SAFETY: the caller's promise.
    let set = unsafe { set.as_ref() };
    returned(
        set.ok_or(Errno::EINVAL)
            .and_then(|set| set.insert(start, length)),
    )
}

/// Up to release 46: aligned to the length, which is a power of two.
///
/// # Safety
/// The set is alive; the place is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn verbium_archive_iset_alloc_range(
    set: *const Ranges,
    length: u64,
    place: *mut u64,
) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { verbium_archive_iset_alloc_range_47(set, length, place, length) }
}

/// From release 47 on.
///
/// # Safety
/// The set is alive; the place is writable.
#[unsafe(no_mangle)]
unsafe extern "C" fn verbium_archive_iset_alloc_range_47(
    set: *const Ranges,
    length: u64,
    place: *mut u64,
    alignment: u64,
) -> c_int {
    // SAFETY: the caller's promise.
    let set = unsafe { set.as_ref() };
    let set = set.ok_or(Errno::EINVAL);
    returned(
        set.and_then(|set| set.take(length, alignment))
            .map(|start| {
                // SAFETY: the caller's promise.
                unsafe { place.write(start) };
            }),
    )
}
