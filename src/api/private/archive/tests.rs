use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_ulong;
use std::mem::MaybeUninit;

use super::bitmap::*;
use super::map::*;
use super::ranges::Ranges;
use crate::base::errno::Errno;

/// The same numbers in each run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

const WORDS: usize = 4;
const COUNT: c_ulong = WORDS as c_ulong * 64;

fn bits(bitmap: &[c_ulong; WORDS]) -> Vec<bool> {
    let bit = |at: c_ulong| bitmap[at as usize / 64] >> (at % 64) & 1 == 1;
    (0..COUNT).map(bit).collect()
}

#[test]
fn bitmaps_do_what_a_list_of_bits_does() {
    let mut numbers = Numbers(7);
    let mut bitmap = [0; WORDS];
    let mut model = vec![false; COUNT as usize];
    for _ in 0..3000 {
        let (one, other) = (numbers.below(COUNT + 1), numbers.below(COUNT + 1));
        let (start, end) = (one.min(other), one.max(other));
        let is_set = numbers.below(2) == 1;
        // Mostly small, so that there are holes.
        let end = if numbers.below(4) > 0 {
            end.min(start + 9)
        } else {
            end
        };
        let region = start as usize..end as usize;
        model[region.clone()].fill(is_set);
        // SAFETY: within the bitmap.
        unsafe {
            if is_set {
                verbium_archive_bitmap_fill_region(bitmap.as_mut_ptr(), start, end);
            } else {
                verbium_archive_bitmap_zero_region(bitmap.as_mut_ptr(), start, end);
            }
        }
        assert_eq!(bits(&bitmap), model);
        // SAFETY: as above.
        let first = unsafe { verbium_archive_bitmap_find_first_bit(bitmap.as_ptr(), one, COUNT) };
        let expected = (one..COUNT).find(|at| model[*at as usize]).unwrap_or(COUNT);
        assert_eq!(first, expected);
        let size = numbers.below(40);
        // SAFETY: as above.
        let free =
            unsafe { verbium_archive_bitmap_find_free_region(bitmap.as_mut_ptr(), COUNT, size) };
        let is_free = |at: &c_ulong| !model[*at as usize..(*at + size) as usize].contains(&true);
        let expected = (0..=COUNT - size).find(is_free).unwrap_or(COUNT);
        assert_eq!(free, expected, "{size} of {bitmap:x?}");
    }
}

#[test]
fn a_region_larger_than_the_bitmap_is_not_found() {
    let mut bitmap = [0; WORDS];
    for size in [COUNT + 1, c_ulong::MAX] {
        // SAFETY: within the bitmap.
        let free =
            unsafe { verbium_archive_bitmap_find_free_region(bitmap.as_mut_ptr(), COUNT, size) };
        assert_eq!(free, COUNT);
    }
}

#[test]
fn ranges_are_what_was_put_in_and_not_taken() {
    let mut numbers = Numbers(11);
    let (ranges, mut model) = (Ranges::default(), BTreeSet::new());
    for _ in 0..2000 {
        let (start, length) = (numbers.below(200), numbers.below(12));
        let wanted = start..start + length;
        let is_new = length > 0 && !wanted.clone().any(|number| model.contains(&number));
        let expected = if is_new { Ok(()) } else { Err(Errno::EINVAL) };
        assert_eq!(ranges.insert(start, length), expected);
        if is_new {
            model.extend(wanted);
        }
        let (length, alignment) = (1 + numbers.below(20), 1 << numbers.below(5));
        let is_whole = |at: &u64| (*at..at + length).all(|number| model.contains(&number));
        let expected = (0..300).step_by(alignment as usize).find(is_whole);
        assert_eq!(
            ranges.take(length, alignment),
            expected.ok_or(Errno::ENOSPC)
        );
        for number in expected.into_iter().flat_map(|at| at..at + length) {
            model.remove(&number);
        }
    }
}

#[test]
fn ranges_know_the_largest_number_and_refuse_what_passes_it() {
    let ranges = Ranges::default();
    assert_eq!(ranges.insert(u64::MAX, 2), Err(Errno::EINVAL));
    assert_eq!(ranges.insert(u64::MAX - 3, 4), Ok(()));
    assert_eq!(ranges.insert(u64::MAX - 7, 4), Ok(()));
    for alignment in [0, 3, u64::MAX] {
        assert_eq!(ranges.take(3, alignment), Err(Errno::EINVAL));
    }
    for length in [0, 9, u64::MAX] {
        assert_eq!(ranges.take(length, 1), Err(Errno::ENOSPC));
    }
    assert_eq!(ranges.take(8, 8), Ok(u64::MAX - 7));
    assert_eq!(ranges.take(1, 1), Err(Errno::ENOSPC));
}

#[test]
fn a_map_keeps_its_items_in_order() {
    let mut map = Box::new(MaybeUninit::<Map>::zeroed());
    let map = map.as_mut_ptr();
    // SAFETY: a place for a map.
    unsafe { verbium_archive_cl_qmap_init(map) };
    // SAFETY: initialised.
    let nil = unsafe { &raw mut (*map).nil };
    let (mut numbers, mut model) = (Numbers(13), BTreeMap::new());
    for _ in 0..4000 {
        // Pages in a row, and numbers all over.
        let key = match numbers.below(2) {
            0 => numbers.below(300) * 4096,
            _ => numbers.below(300).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        };
        // SAFETY: alive, and this thread's alone.
        let found = unsafe { verbium_archive_cl_qmap_get(map, key) };
        assert_eq!(found, model.get(&key).copied().unwrap_or(nil));
        if found == nil {
            let item = Box::into_raw(Box::new(MaybeUninit::<Item>::uninit())).cast::<Item>();
            // SAFETY: as above; a place for an item.
            let put = unsafe { verbium_archive_cl_qmap_insert(map, key, item) };
            assert_eq!(put, item);
            model.insert(key, item);
        } else if numbers.below(3) > 0 {
            // SAFETY: an item of the map.
            unsafe { verbium_archive_cl_qmap_remove_item(map, found) };
            // SAFETY: made above, and in no map any more.
            drop(unsafe { Box::from_raw(found.cast::<MaybeUninit<Item>>()) });
            model.remove(&key);
        } else {
            let mut other = MaybeUninit::<Item>::uninit();
            // SAFETY: as above; the key is taken, so that the place is not used.
            let put = unsafe { verbium_archive_cl_qmap_insert(map, key, other.as_mut_ptr()) };
            assert_eq!(put, found);
        }
        // SAFETY: initialised.
        assert_eq!(unsafe { (*map).count }, model.len());
    }
    // SAFETY: nil is no item.
    unsafe { verbium_archive_cl_qmap_remove_item(map, nil) };
    // The list, as the provider's inline functions walk it.
    let mut listed = Vec::new();
    // SAFETY: initialised.
    let mut item = unsafe { (*nil).next };
    while item != nil {
        // SAFETY: an item of the map.
        listed.push(unsafe { (*item).key });
        // SAFETY: as above.
        item = unsafe { (*item).next };
    }
    assert!(listed.len() > 100);
    assert_eq!(listed, model.keys().copied().collect::<Vec<_>>());
    for item in model.into_values() {
        // SAFETY: made above; the map is not used any more.
        drop(unsafe { Box::from_raw(item.cast::<MaybeUninit<Item>>()) });
    }
}

#[test]
fn the_next_of_a_row_of_random_numbers() {
    let mut state = 1;
    // SAFETY: a place of ours.
    let next = |state: &mut u32| unsafe { super::verbium_archive_xorshift32(state) };
    assert_eq!(next(&mut state), 270_369);
    assert_eq!(next(&mut state), 67_634_689);
    assert_eq!(state, 67_634_689);
}

#[test]
fn two_random_numbers_differ() {
    let numbers = (0..8).map(|_| super::verbium_archive_get_random());
    assert!(numbers.collect::<BTreeSet<_>>().len() > 1);
}
