//! The ring against a queue (oracle), against nonsense, and under loom.

use super::*;
use crate::base::sync::Ordering;
#[cfg(not(loom))]
use crate::base::sync::{AtomicU64, fence};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, fence};

impl Word for AtomicU64 {
    fn load(&self, order: Ordering) -> u64 {
        AtomicU64::load(self, order)
    }
    fn store(&self, value: u64, order: Ordering) {
        AtomicU64::store(self, value, order);
    }
    fn swap(&self, value: u64, order: Ordering) -> u64 {
        AtomicU64::swap(self, value, order)
    }
}

/// A ring whose units are a mark and one word of bytes.
struct Heap {
    warm_bytes: u64,
    marks: Vec<AtomicU64>,
    head: AtomicU64,
    asleep: AtomicU64,
    wanted: AtomicU64,
    #[cfg(loom)]
    bytes: Vec<loom::cell::UnsafeCell<u64>>,
}

impl Heap {
    fn new(units: usize) -> Heap {
        Heap {
            warm_bytes: u64::MAX,
            marks: (0..units).map(|_| AtomicU64::new(0)).collect(),
            head: AtomicU64::new(0),
            asleep: AtomicU64::new(0),
            wanted: AtomicU64::new(0),
            #[cfg(loom)]
            bytes: (0..units).map(|_| loom::cell::UnsafeCell::new(0)).collect(),
        }
    }
}

impl Storage for Heap {
    type Word = AtomicU64;
    fn len_bytes(&self) -> u64 {
        self.marks.len() as u64 * UNIT
    }
    fn warm_bytes(&self) -> u64 {
        self.warm_bytes
    }
    fn mark(&self, offset: u64) -> &AtomicU64 {
        &self.marks[(offset / UNIT) as usize]
    }
    fn head(&self) -> &AtomicU64 {
        &self.head
    }
    fn asleep(&self) -> &AtomicU64 {
        &self.asleep
    }
    fn wanted(&self) -> &AtomicU64 {
        &self.wanted
    }
    fn light_fence(&self) {
        fence(Ordering::SeqCst);
    }
    fn heavy_fence(&self) {
        fence(Ordering::SeqCst);
    }
}

#[cfg(not(loom))]
mod plain {
    use super::*;
    use std::collections::VecDeque;

    /// A small generator; the seed is in the failure message.
    struct Prng(u64);

    impl Prng {
        fn below(&mut self, bound: u64) -> u64 {
            self.0 = self
                .0
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (self.0 >> 33) % bound
        }
    }

    /// Marks carry (sequence, units) so that an entry tells its own length.
    fn step_like_a_queue(seed: u64) {
        let ring = Heap::new(16);
        let (mut producer, mut consumer) = (Producer::default(), Consumer::default());
        let mut oracle = VecDeque::new();
        let (mut committed, mut visible, mut kept) = (0u64, 0usize, 0u64);
        let mut prng = Prng(seed);
        let mut sequence = 1;
        for step in 0..20_000 {
            match prng.below(5) {
                0 | 1 => {
                    let units = 1 + prng.below(5);
                    let used = oracle.iter().map(|&(_, units)| units).sum::<u64>();
                    let fits = used + kept + units < 16;
                    let has_room = producer.has_room(&ring, units * UNIT);
                    assert_eq!(has_room, fits, "seed {seed} step {step}");
                    if has_room {
                        producer.prepare(&ring, units * UNIT);
                        producer.commit(&ring, units * UNIT, sequence << 8 | units);
                        oracle.push_back((sequence, units));
                        committed += 1;
                        sequence += 1;
                    }
                }
                2 => {
                    assert!(!producer.publish(&ring));
                    visible += committed as usize;
                    committed = 0;
                }
                3 => match consumer.peek(&ring) {
                    0 => assert_eq!(visible, 0, "seed {seed} step {step}"),
                    mark => {
                        assert!(visible > 0, "seed {seed} step {step}");
                        visible -= 1;
                        let (sequence, units) = oracle.pop_front().unwrap();
                        assert_eq!(mark, sequence << 8 | units, "seed {seed} step {step}");
                        consumer.advance(units * UNIT);
                        kept += units;
                    }
                },
                _ => {
                    assert!(!consumer.give_back(&ring));
                    kept = 0;
                }
            }
            assert!(!producer.is_broken());
        }
    }

    #[test]
    fn behaves_like_a_queue() {
        for seed in 1..20 {
            step_like_a_queue(seed);
        }
    }

    #[test]
    fn nothing_is_lost_in_going_back() {
        for seed in 1..20 {
            let mut ring = Heap::new(64);
            ring.warm_bytes = 16 * UNIT;
            let (mut producer, mut consumer) = (Producer::default(), Consumer::default());
            let mut prng = Prng(seed);
            let (mut sequence, mut expected, mut farthest) = (1u64, 1u64, 0);
            for step in 0..20_000 {
                if prng.below(2) == 0 {
                    producer.go_back_if_warm(&ring);
                    for _ in 0..=prng.below(3) {
                        let units = 1 + prng.below(2);
                        if producer.has_room(&ring, units * UNIT) {
                            farthest = farthest.max(producer.prepare(&ring, units * UNIT));
                            producer.commit(&ring, units * UNIT, sequence << 8 | units);
                            sequence += 1;
                        }
                    }
                    producer.publish(&ring);
                }
                // A consumer that lags behind for some time every now and then.
                if step % 1000 >= 950 {
                    continue;
                }
                loop {
                    let mark = consumer.peek(&ring);
                    if mark == 0 {
                        break;
                    }
                    assert_eq!(mark >> 8, expected, "seed {seed} step {step}");
                    expected += 1;
                    consumer.advance((mark & 0xff) * UNIT);
                    consumer.give_back(&ring);
                }
                assert!(!producer.is_broken());
            }
            assert!(sequence - expected < 64 && expected > 5000);
            assert!(
                farthest >= 60 * UNIT,
                "the lagging consumer needs all of the ring"
            );
        }
    }

    #[test]
    fn a_consumer_that_keeps_up_sees_the_warm_part_only() {
        let mut ring = Heap::new(64);
        ring.warm_bytes = 8 * UNIT;
        let (mut producer, mut consumer) = (Producer::default(), Consumer::default());
        for sequence in 1..1000 {
            producer.go_back_if_warm(&ring);
            assert!(producer.has_room(&ring, UNIT));
            assert!(producer.prepare(&ring, UNIT) <= 8 * UNIT);
            producer.commit(&ring, UNIT, sequence << 8);
            producer.publish(&ring);
            assert_eq!(consumer.peek(&ring), sequence << 8);
            consumer.advance(UNIT);
            consumer.give_back(&ring);
        }
    }

    #[test]
    fn going_back_from_the_beginning_is_no_way_round_for_ever() {
        let ring = Heap::new(8);
        ring.marks[0].store(GO_BACK, Ordering::Relaxed);
        assert_eq!(Consumer::default().peek(&ring), GO_BACK);
    }

    #[test]
    fn sleeper_is_rung_once_per_sleep() {
        let ring = Heap::new(8);
        let mut producer = Producer::default();
        fall_asleep(&ring);
        producer.commit(&ring, UNIT, 2);
        assert!(producer.publish(&ring));
        producer.commit(&ring, UNIT, 2);
        assert!(!producer.publish(&ring));
    }

    #[test]
    fn space_is_rung_when_the_wanted_head_is_reached() {
        let ring = Heap::new(8);
        let (mut producer, mut consumer) = (Producer::default(), Consumer::default());
        for _ in 0..7 {
            assert!(producer.has_room(&ring, UNIT));
            producer.commit(&ring, UNIT, 2);
        }
        producer.publish(&ring);
        assert!(!producer.has_room(&ring, 3 * UNIT));
        assert!(!producer.request_space(&ring, 3 * UNIT));
        consumer.advance(2 * UNIT);
        assert!(!consumer.give_back(&ring), "two units are not three");
        consumer.advance(UNIT);
        assert!(consumer.give_back(&ring));
        assert!(producer.has_room(&ring, 3 * UNIT));
    }

    #[test]
    fn a_wild_head_breaks_the_producer_only() {
        for wild in [1, 8 * UNIT, u64::MAX, 6 * UNIT] {
            let ring = Heap::new(8);
            let mut producer = Producer::default();
            for _ in 0..5 {
                producer.commit(&ring, UNIT, 2);
            }
            producer.publish(&ring);
            ring.head.store(wild, Ordering::Relaxed);
            assert!(!producer.has_room(&ring, 4 * UNIT));
            assert!(producer.is_broken(), "{wild}");
        }
    }
}

#[cfg(loom)]
mod model {
    use super::*;
    use loom::sync::Arc;

    /// Puts one entry with a value into the ring.
    fn push(ring: &Heap, producer: &mut Producer, value: u64) {
        let offset = producer.prepare(ring, UNIT);
        let cell = &ring.bytes[(offset / UNIT) as usize];
        // SAFETY: loom checks that nobody reads the cell meanwhile; that is the test.
        cell.with_mut(|place| unsafe { *place = value });
        producer.commit(ring, UNIT, 2);
    }

    fn pop(ring: &Heap, consumer: &mut Consumer) -> Option<u64> {
        if consumer.peek(ring) == 0 {
            return None;
        }
        let cell = &ring.bytes[(consumer.offset(ring) / UNIT) as usize];
        // SAFETY: as in `push`.
        let value = cell.with(|place| unsafe { *place });
        consumer.advance(UNIT);
        Some(value)
    }

    #[test]
    fn ring_hands_bytes_over_in_order_across_the_wrap() {
        loom::model(|| {
            let ring = Arc::new(Heap::new(2));
            let other = ring.clone();
            let thread = loom::thread::spawn(move || {
                let mut producer = Producer::default();
                for value in 1..=3 {
                    while !producer.has_room(&*other, UNIT) {
                        loom::thread::yield_now();
                    }
                    push(&other, &mut producer, value);
                    producer.publish(&*other);
                }
            });
            let mut consumer = Consumer::default();
            for expected in 1..=3 {
                let value = loop {
                    match pop(&ring, &mut consumer) {
                        Some(value) => break value,
                        None => loom::thread::yield_now(),
                    }
                };
                assert_eq!(value, expected);
                consumer.give_back(&*ring);
            }
            thread.join().unwrap();
        });
    }

    #[test]
    fn ring_hands_bytes_over_in_order_while_going_back() {
        loom::model(|| {
            let mut heap = Heap::new(4);
            heap.warm_bytes = 2 * UNIT;
            let ring = Arc::new(heap);
            let other = ring.clone();
            let mut producer = Producer::default();
            let mut consumer = Consumer::default();
            for value in 1..=2 {
                push(&ring, &mut producer, value);
                producer.publish(&*ring);
                assert_eq!(pop(&ring, &mut consumer), Some(value));
                consumer.give_back(&*ring);
            }
            let thread = loom::thread::spawn(move || {
                producer.go_back_if_warm(&*other);
                assert!(producer.has_room(&*other, UNIT));
                push(&other, &mut producer, 3);
                producer.publish(&*other);
            });
            if let Some(value) = pop(&ring, &mut consumer) {
                assert_eq!(value, 3);
            }
            thread.join().unwrap();
        });
    }

    #[test]
    fn ring_batch_appears_at_once() {
        loom::model(|| {
            let ring = Arc::new(Heap::new(4));
            let other = ring.clone();
            let thread = loom::thread::spawn(move || {
                let mut producer = Producer::default();
                push(&other, &mut producer, 1);
                push(&other, &mut producer, 2);
                producer.publish(&*other);
            });
            let mut consumer = Consumer::default();
            if let Some(value) = pop(&ring, &mut consumer) {
                assert_eq!(value, 1);
                assert_eq!(pop(&ring, &mut consumer), Some(2));
            }
            thread.join().unwrap();
        });
    }

    #[test]
    fn ring_never_leaves_an_entry_with_a_sleeper() {
        loom::model(|| {
            let ring = Arc::new(Heap::new(4));
            let other = ring.clone();
            let thread = loom::thread::spawn(move || {
                let mut producer = Producer::default();
                push(&other, &mut producer, 1);
                producer.publish(&*other)
            });
            fall_asleep(&*ring);
            ring.heavy_fence();
            let seen = Consumer::default().peek(&*ring) != 0;
            let rung = thread.join().unwrap();
            assert!(seen || rung);
        });
    }

    #[test]
    fn ring_never_leaves_room_with_a_waiter() {
        loom::model(|| {
            let ring = Arc::new(Heap::new(2));
            let mut producer = Producer::default();
            push(&ring, &mut producer, 1);
            producer.publish(&*ring);
            let other = ring.clone();
            let thread = loom::thread::spawn(move || {
                let mut consumer = Consumer::default();
                assert_eq!(pop(&other, &mut consumer), Some(1));
                consumer.give_back(&*other)
            });
            let room = producer.has_room(&*ring, UNIT) || producer.request_space(&*ring, UNIT);
            let rung = thread.join().unwrap();
            assert!(room || rung);
        });
    }
}
