use super::*;

#[test]
fn nothing_is_lost_among_threads() {
    let lock = ShortLock::new((0_u32, 0_u32));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..5000 {
                    let mut pair = lock.lock();
                    pair.0 += 1;
                    ShortGuard::bump(&mut pair);
                    pair.1 += 1;
                }
            });
        }
    });
    assert_eq!(*lock.lock(), (20_000, 20_000));
}

#[test]
fn a_bump_lets_a_waiter_in() {
    for is_favoured in [false, true] {
        let lock = ShortLock::new(0_u32);
        if is_favoured {
            win_favour(&lock);
        }
        let mut guard = lock.lock();
        std::thread::scope(|scope| {
            scope.spawn(|| *lock.lock() += 1);
            loop {
                ShortGuard::bump(&mut guard);
                if *guard != 0 {
                    break;
                }
            }
        });
        assert_eq!(*guard, 1);
    }
}

#[test]
fn a_panic_gives_the_lock_back() {
    let lock = ShortLock::new(());
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _guard = lock.lock();
        panic!("in the section");
    }));
    assert!(caught.is_err());
    drop(lock.lock());
}

/// Takes the lock so often that this thread is its favourite, where there can be one.
fn win_favour<T>(lock: &ShortLock<T>) {
    for _ in 0..=FEWEST_TIMES + 1 {
        drop(lock.lock());
    }
    if Reach::Threads.register() {
        assert_eq!(lock.lock().hold, Hold::Favoured);
    }
}

#[test]
fn a_favourite_loses_nothing_when_others_come() {
    const ROUNDS: u32 = 2000;
    let lock = ShortLock::new((0_u32, 0_u32));
    let done = AtomicBool::new(false);
    let taken = std::thread::scope(|scope| {
        let favourite = scope.spawn(|| {
            let mut taken = 0;
            while !done.load(Ordering::Relaxed) {
                let mut pair = lock.lock();
                assert_eq!(pair.0, pair.1);
                pair.0 += 1;
                pair.1 += 1;
                taken += 1;
            }
            taken
        });
        for _ in 0..ROUNDS {
            // Until the other thread may be favoured again.
            for _ in 0..200 {
                std::hint::spin_loop();
            }
            let mut pair = lock.lock();
            assert_eq!(pair.0, pair.1);
            pair.0 += 1;
            std::hint::spin_loop();
            pair.1 += 1;
        }
        done.store(true, Ordering::Relaxed);
        favourite.join().unwrap()
    });
    assert_eq!(*lock.lock(), (taken + ROUNDS, taken + ROUNDS));
}

#[test]
fn a_lock_that_is_held_is_not_taken_by_trying() {
    for is_favoured in [false, true] {
        let lock = ShortLock::new(());
        if is_favoured {
            win_favour(&lock);
        }
        let guard = lock.lock();
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(lock.raw.try_lock(), None));
        });
        drop(guard);
        std::thread::scope(|scope| {
            scope.spawn(|| assert_eq!(lock.raw.try_lock(), Some(Hold::Shared)));
        });
        assert_eq!(lock.raw.try_lock(), None);
        lock.raw.unlock(Hold::Shared);
    }
}
