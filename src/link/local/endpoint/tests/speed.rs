//! What the link costs. A short run by default, as a test that it works at full speed from two
//! threads; with `VERBIUM_BENCH=1` long enough for figures (`cargo test --release -- --nocapture
//! speed`, on an idle machine of two cores at least).

use super::*;

fn is_bench() -> bool {
    std::env::var_os("VERBIUM_BENCH").is_some()
}

fn rounds(count: u32) -> u32 {
    if is_bench() { count } else { count.min(2000) }
}

fn pin(cpu: usize) {
    // SAFETY: all-zero is the empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    // SAFETY: the set is writable.
    unsafe { libc::CPU_SET(cpu, &mut set) };
    // SAFETY: the set is readable; without the CPU the thread stays where it is.
    unsafe { libc::sched_setaffinity(0, size_of_val(&set), &set) };
    if is_bench() {
        // Ahead of everybody else, if we may; the runs are short.
        let first = libc::sched_param { sched_priority: 1 };
        // SAFETY: the parameters are readable.
        unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &first) };
    }
}

fn report(what: &str, value: f64, unit: &str) {
    println!("link speed: {what}: {value:.3} {unit}");
}

/// The best of many short runs: others use the machine too.
fn best(mut run: impl FnMut() -> f64) -> f64 {
    let runs = if is_bench() { 100 } else { 1 };
    (0..runs).map(|_| run()).fold(f64::INFINITY, f64::min)
}

fn default_pair() -> (Node, Node, Arc<Peer>, Arc<Peer>) {
    let node = || {
        let mut config = Config::default();
        if let Some(bytes) = std::env::var("VERBIUM_BENCH_RING")
            .ok()
            .and_then(|b| b.parse().ok())
        {
            config.ring_bytes = bytes;
        }
        let endpoint = Endpoint::new(config).unwrap();
        let slot = endpoint.take_slot().unwrap();
        Node {
            endpoint,
            slot,
            events: Vec::new(),
        }
    };
    let (mut a, mut b) = (node(), node());
    a.publish_qp(b.qpn());
    b.publish_qp(a.qpn());
    let to_b = a.endpoint.connect(b.slot).unwrap();
    let to_a = b.endpoint.connect(a.slot).unwrap();
    until(|| {
        a.turn();
        b.turn();
        to_a.caps().direct && to_b.caps().direct
    });
    (a, b, to_b, to_a)
}

/// Waits for one entry.
fn take_one(node: &Node) {
    let mut tries = 0u32;
    loop {
        for inbound in node.endpoint.inbound() {
            if inbound.is_empty() {
                continue;
            }
            let Some(mut consumer) = inbound.try_consume() else {
                continue;
            };
            if let Ok(Some(entry)) = consumer.next() {
                let mut word = 0u64;
                // SAFETY: the payload has 8 bytes.
                unsafe { entry.pull(0, (&raw mut word).cast(), 8) }.unwrap();
                return;
            }
        }
        tries += 1;
        if tries.is_multiple_of(10_000) {
            assert!(tries < 1 << 31, "nothing came for too long");
            std::thread::yield_now();
        }
    }
}

#[test]
fn latency_of_small_entries() {
    let count = rounds(10_000);
    let (a, b, to_b, to_a) = default_pair();
    let value = best(|| {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                pin(1);
                for n in 0..count {
                    take_one(&b);
                    assert!(push(&mut to_a.produce(), &header(&b, &a, n), &[1; 8]));
                }
            });
            scope
                .spawn(|| {
                    pin(0);
                    let start = Instant::now();
                    for n in 0..count {
                        assert!(push(&mut to_b.produce(), &header(&a, &b, n), &[1; 8]));
                        take_one(&a);
                    }
                    start.elapsed().as_secs_f64() / f64::from(count) / 2.0
                })
                .join()
                .unwrap()
        })
    });
    report("8 B entry, half RTT", value * 1e6, "us");
}

fn stream(len: usize, batch: u32, count: u32) -> f64 {
    let (a, b, to_b, _to_a) = default_pair();
    let (a, b, to_b) = (&a, &b, &to_b);
    let bytes = vec![1u8; len];
    best(|| {
        let mut target = vec![0u8; len];
        std::thread::scope(|scope| {
            scope.spawn(|| {
                pin(1);
                let mut sent = 0;
                let deadline = Instant::now() + Duration::from_secs(20);
                while sent < count {
                    let mut producer = to_b.produce();
                    let mut n = 0;
                    while n < batch && producer.has_room() {
                        assert!(push(&mut producer, &header(a, b, n), &bytes));
                        n += 1;
                    }
                    drop(producer);
                    sent += n;
                    if n == 0 {
                        assert!(Instant::now() < deadline);
                        std::thread::yield_now();
                    }
                }
            });
            scope
                .spawn(|| {
                    pin(0);
                    let start = Instant::now();
                    let mut idle = 0u32;
                    let mut received = 0;
                    while received < count {
                        let got = b.consume(|entry| {
                            // SAFETY: the vector is as long as the payload.
                            unsafe { entry.pull(0, target.as_mut_ptr(), len as u32) }.unwrap();
                        }) as u32;
                        received += got;
                        idle = if got == 0 { idle + 1 } else { 0 };
                        assert!(idle < 1 << 30, "nothing came for too long");
                    }
                    start.elapsed().as_secs_f64() / f64::from(received)
                })
                .join()
                .unwrap()
        })
    })
}

#[test]
fn rate_of_entries() {
    for (len, batch, count) in [(8, 1, 60_000), (8, 64, 300_000), (4096, 1, 10_000)] {
        let each = stream(len, batch, rounds(count));
        report(
            &format!("{len} B entries, lists of {batch}"),
            1e-6 / each,
            "M/s",
        );
    }
    for len in [16 << 10, 64 << 10, 256 << 10] {
        if len > default_pair().2.caps().max_payload_bytes as usize {
            continue;
        }
        let each = stream(len, 1, rounds((64 << 20) / len as u32));
        report(
            &format!("{} KiB entries", len >> 10),
            len as f64 / each * 1e-9,
            "GB/s",
        );
    }
}

#[test]
fn cost_of_one_side() {
    let count = rounds(20_000);
    let (a, b, to_b, _to_a) = default_pair();
    let push_cost = best(|| {
        let (mut spent, mut n) = (Duration::ZERO, 0);
        while n < count {
            let start = Instant::now();
            for _ in 0..1000 {
                assert!(push(&mut to_b.produce(), &header(&a, &b, n), &[1; 8]));
            }
            spent += start.elapsed();
            n += 1000;
            b.consume(|_| ());
        }
        spent.as_secs_f64() / f64::from(n)
    });
    report("push of 8 B, nobody polls", push_cost * 1e9, "ns");
    let take_cost = best(|| {
        let (mut spent, mut n) = (Duration::ZERO, 0);
        while n < count {
            for _ in 0..1000 {
                assert!(push(&mut to_b.produce(), &header(&a, &b, n), &[1; 8]));
            }
            let start = Instant::now();
            for _ in 0..1000 {
                take_one(&b);
            }
            spent += start.elapsed();
            n += 1000;
        }
        spent.as_secs_f64() / f64::from(n)
    });
    report("take of 8 B, one at a time", take_cost * 1e9, "ns");
    let empty = best(|| {
        let start = Instant::now();
        for _ in 0..count {
            assert!(
                std::hint::black_box(&b)
                    .endpoint
                    .inbound()
                    .all(Inbound::is_empty)
            );
        }
        start.elapsed().as_secs_f64() / f64::from(count)
    });
    report("poll of an empty ring", empty * 1e9, "ns");
}

#[test]
fn cost_of_direct_access() {
    let (a, b, to_b, _to_a) = default_pair();
    let (own, to_own) = alone();
    raw_copies();
    for (what, from, to, peer) in [("cma", &a, &b, &to_b), ("self", &own, &own, &to_own)] {
        for len in [8usize, 4096, 64 << 10, 1 << 20] {
            let count = rounds(if len > 4096 { 50 } else { 2000 });
            let memory = vec![0u8; len + 64];
            let source = vec![1u8; len];
            let base = (memory.as_ptr() as u64).next_multiple_of(64);
            let mut op = DirectOp {
                kind: DirectKind::Write,
                src_qpn: from.qpn(),
                dest_qpn: to.qpn(),
                rkey: Rkey(to.register(&memory)),
                remote_va: base,
                total_bytes: len as u32,
                done_bytes: 0,
            };
            for kind in [DirectKind::Write, DirectKind::Read] {
                op.kind = kind;
                let each = best(|| {
                    let start = Instant::now();
                    for _ in 0..count {
                        let done = peer.direct(&op, &[segment(&source)]);
                        assert_eq!(
                            done,
                            DirectOutcome::Done {
                                len_bytes: len as u32
                            }
                        );
                    }
                    start.elapsed().as_secs_f64() / f64::from(count)
                });
                report(&format!("{what} {kind:?} of {len} B"), each * 1e6, "us");
            }
        }
    }
    let memory = vec![0u8; 64];
    let key = own.register(&memory);
    let count = rounds(20_000);
    let each = best(|| {
        let start = Instant::now();
        for _ in 0..count {
            let va = std::hint::black_box(memory.as_ptr() as u64);
            assert!(own.endpoint.table().check(PD, key, va, 8, 1).is_ok());
        }
        start.elapsed().as_secs_f64() / f64::from(count)
    });
    report("key check", each * 1e9, "ns");
}

/// The system call alone, for comparison.
fn raw_copies() {
    for len in [8usize, 4096, 64 << 10, 1 << 20] {
        let (mut memory, source) = (vec![0u8; len], vec![1u8; len]);
        let near = libc::iovec {
            iov_base: source.as_ptr().cast_mut().cast(),
            iov_len: len,
        };
        let far = libc::iovec {
            iov_base: memory.as_mut_ptr().cast(),
            iov_len: len,
        };
        let count = rounds(if len > 4096 { 50 } else { 2000 });
        // SAFETY: the call takes nothing and cannot fail.
        let own = unsafe { libc::getpid() };
        let each = best(|| {
            let start = Instant::now();
            for _ in 0..count {
                // SAFETY: both vectors have the length.
                let got = unsafe { libc::process_vm_writev(own, &near, 1, &far, 1, 0) };
                assert_eq!(got, len as isize);
            }
            start.elapsed().as_secs_f64() / f64::from(count)
        });
        report(&format!("process_vm_writev of {len} B"), each * 1e6, "us");
    }
}

/// Two threads and two cache lines, for comparison.
#[test]
fn latency_of_a_cache_line() {
    #[repr(align(128))]
    struct Line(AtomicU64);
    let lines = [Line(AtomicU64::new(0)), Line(AtomicU64::new(0))];
    let count = u64::from(rounds(10_000));
    let mut base = 0;
    let value = best(|| {
        let first = base;
        base += count;
        let wait = |line: &Line, value| {
            let mut tries = 0u32;
            while line.0.load(Ordering::Acquire) < value {
                tries += 1;
                if tries.is_multiple_of(10_000) {
                    std::thread::yield_now();
                }
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| {
                pin(1);
                for n in first + 1..=first + count {
                    wait(&lines[0], n);
                    lines[1].0.store(n, Ordering::Release);
                }
            });
            let ping = scope.spawn(|| {
                pin(0);
                let start = Instant::now();
                for n in first + 1..=first + count {
                    lines[0].0.store(n, Ordering::Release);
                    wait(&lines[1], n);
                }
                start.elapsed().as_secs_f64() / count as f64 / 2.0
            });
            ping.join().unwrap()
        })
    });
    report("cache line, half RTT", value * 1e6, "us");
}
