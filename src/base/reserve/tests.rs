//! The reserve alone; `c-tests/traffic/scarce.c` has the library in a process without memory.

use super::*;
use std::collections::HashSet;

fn reserve() -> Reserve {
    // SAFETY: the size is not 0.
    let first = unsafe { System.alloc(REGION) };
    assert!(!first.is_null());
    Reserve::new(first)
}

/// Gives back what a test's reserve got from malloc.
fn free(reserve: Reserve) {
    for (base, _) in reserve.in_use() {
        // SAFETY: each region of a test came from `System` with this layout.
        unsafe { System.dealloc(base, REGION) };
    }
}

fn give(reserve: &Reserve, place: *mut u8, layout: Layout) {
    let region = reserve.region_of(place).expect("a place of the reserve");
    // SAFETY: the tests give back what they took, as they took it.
    unsafe { region.give(place, layout) };
}

#[test]
fn places_are_aligned_apart_and_writable() {
    let reserve = reserve();
    let layouts = [(1, 1), (64, 64), (65, 8), (200, 128), (4096, 8), (4097, 8)];
    let layouts = layouts.map(|(size, align)| layout(size, align));
    let mut taken = Vec::new();
    for round in 0..8_u8 {
        for layout in layouts {
            let place = reserve.take_zeroed(layout);
            assert!(!place.is_null() && (place as usize).is_multiple_of(layout.align()));
            // SAFETY: just taken, with room for the layout.
            let bytes = unsafe { std::slice::from_raw_parts_mut(place, layout.size()) };
            assert!(bytes.iter().all(|byte| *byte == 0), "not zeroed");
            bytes.fill(round + 1);
            taken.push((bytes, layout, round + 1));
        }
    }
    for (bytes, layout, value) in taken {
        assert!(bytes.iter().all(|byte| *byte == value), "two have one cell");
        give(&reserve, bytes.as_mut_ptr(), layout);
    }
    assert!(reserve.is_whole());
    free(reserve);
}

#[test]
fn a_full_reserve_gives_null_and_serves_again_when_something_goes() {
    let reserve = reserve();
    let small = layout(SMALL_BYTES, 8);
    let mut taken = Vec::new();
    loop {
        let place = reserve.take(small);
        if place.is_null() {
            break;
        }
        taken.push(place);
    }
    assert_eq!(taken.len(), (SMALL_WORDS + 1) * CELLS_PER_WORD);
    assert_eq!(taken.iter().collect::<HashSet<_>>().len(), taken.len());
    give(&reserve, taken[777], small);
    assert_eq!(reserve.take(small), taken[777]);
    taken
        .into_iter()
        .for_each(|place| give(&reserve, place, small));
    assert!(reserve.is_whole());
    free(reserve);
}

#[test]
fn what_is_too_long_is_left_to_those_who_can_fail() {
    let reserve = reserve();
    assert!(reserve.take(layout(MOST_BYTES + 1, 8)).is_null());
    assert!(reserve.take(layout(8, 2 * LARGE_BYTES)).is_null());
    let most = layout(MOST_BYTES, 8);
    let places = [(); CELLS_PER_WORD * LARGE_BYTES / MOST_BYTES].map(|()| reserve.take(most));
    assert!(places.iter().all(|place| !place.is_null()));
    assert!(reserve.take(most).is_null());
    places
        .into_iter()
        .for_each(|place| give(&reserve, place, most));
    assert!(reserve.is_whole());
    free(reserve);
}

#[test]
fn a_check_replaces_a_region_in_which_something_lives_until_there_are_as_many_as_may_be() {
    let reserve = reserve();
    let large = layout(LARGE_BYTES, 8);
    for count in 1..=REGIONS {
        assert_eq!(reserve.check(), Ok(()));
        assert_eq!(reserve.check(), Ok(()), "a whole reserve is not added to");
        assert_eq!(reserve.in_use().count(), count);
        // Everything, so that the next region comes into use.
        while !reserve.take(large).is_null() {}
    }
    assert_eq!(reserve.check(), Err(Errno::ENOMEM));
    free(reserve);
}

#[test]
fn threads_never_get_the_same_cell() {
    let reserve = reserve();
    let layout = layout(3 * SMALL_BYTES, 8);
    std::thread::scope(|scope| {
        for value in 1..=4_u8 {
            let reserve = &reserve;
            scope.spawn(move || {
                for _ in 0..2000 {
                    let place = reserve.take(layout);
                    assert!(!place.is_null());
                    // SAFETY: just taken, with room for the layout.
                    unsafe { place.write_bytes(value, layout.size()) };
                    std::hint::spin_loop();
                    // SAFETY: as above.
                    let bytes = unsafe { std::slice::from_raw_parts(place, layout.size()) };
                    assert!(bytes.iter().all(|byte| *byte == value));
                    give(reserve, place, layout);
                }
            });
        }
    });
    assert!(reserve.is_whole());
    free(reserve);
}

#[test]
fn the_allocator_moves_between_malloc_and_the_reserve() {
    let short = layout(40, 8);
    let place = RESERVE.take(short);
    assert!(!place.is_null());
    // SAFETY: room for 40 bytes.
    unsafe { place.write_bytes(7, 40) };
    // SAFETY: a place of the reserve, which `Allocator` serves from.
    let moved = unsafe { Allocator.realloc(place, short, 400) };
    assert!(!moved.is_null() && RESERVE.region_of(moved).is_none());
    // SAFETY: 400 bytes, of which the first 40 were copied.
    let bytes = unsafe { std::slice::from_raw_parts(moved, 40) };
    assert!(bytes.iter().all(|byte| *byte == 7));
    // SAFETY: allocated with this size above.
    unsafe { Allocator.dealloc(moved, layout(400, 8)) };
    assert!(RESERVE.is_whole());
}
