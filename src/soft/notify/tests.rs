use super::*;
use nix::fcntl::{FcntlArg, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::os::fd::AsFd;
use std::time::Duration;

/// Reads as an application does: one record, then the report that it was taken.
fn get(channel: &Channel) -> u64 {
    let handle = read_handle(channel);
    channel.taken(handle, &AtomicU32::new(0));
    handle
}

fn read_handle(channel: &Channel) -> u64 {
    let mut bytes = [0; 8];
    assert_eq!(read(&channel.pipe.reader, &mut bytes), Ok(8));
    u64::from_ne_bytes(bytes)
}

fn get_async(queue: &AsyncQueue) -> (u64, u32, u32) {
    let mut bytes = [0; 16];
    assert_eq!(read(&queue.pipe.reader, &mut bytes), Ok(16));
    let element = u64::from_ne_bytes(bytes[..8].try_into().unwrap());
    queue.taken(element, None);
    let word = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().unwrap());
    (element, word(8), word(12))
}

fn is_readable(fd: &OwnedFd) -> bool {
    let mut fds = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO).unwrap() == 1
}

/// The pipe cut down to one page: 512 records of a channel.
fn small_channel() -> Channel {
    let channel = Channel::new().unwrap();
    assert_eq!(
        fcntl(&channel.pipe.writer, FcntlArg::F_SETPIPE_SZ(4096)),
        Ok(4096)
    );
    channel
}

#[test]
fn records_arrive_in_order_and_once() {
    let channel = Channel::new().unwrap();
    for handle in [7, 5, 7, 6, 5] {
        channel.notify(handle);
    }
    assert_eq!([get(&channel), get(&channel), get(&channel)], [7, 5, 6]);
    assert!(!is_readable(&channel.pipe.reader));
    channel.notify(7);
    assert_eq!(get(&channel), 7);
}

#[test]
fn a_full_pipe_keeps_the_rest_in_the_process() {
    let channel = small_channel();
    let many = 2000;
    for handle in 1..=many {
        channel.notify(handle);
    }
    assert_eq!(channel.pipe.state.lock().waiting.len(), many as usize - 512);
    for handle in 1..=many {
        assert_eq!(get(&channel), handle);
    }
    assert!(!is_readable(&channel.pipe.reader));
    assert!(channel.pipe.state.lock().outstanding.is_empty());
}

#[test]
fn forget_takes_back_the_unread_record_only() {
    let channel = small_channel();
    for handle in 1..=1000 {
        channel.notify(handle);
    }
    // One in the pipe, one beyond it, one that never was.
    assert_eq!(channel.forget(3), 0);
    assert_eq!(channel.forget(900), 0);
    assert_eq!(channel.forget(5000), 0);
    for handle in (1..=1000).filter(|handle| ![3, 900].contains(handle)) {
        assert_eq!(get(&channel), handle);
    }
    assert!(!is_readable(&channel.pipe.reader));
}

#[test]
fn forget_reports_a_record_that_was_read_and_not_yet_reported() {
    let channel = Channel::new().unwrap();
    channel.notify(1);
    channel.notify(2);
    assert_eq!(read_handle(&channel), 1);
    assert_eq!(channel.forget(1), 1);
    // The late report of the reader changes nothing.
    channel.taken(1, &AtomicU32::new(0));
    assert_eq!(get(&channel), 2);
}

#[test]
fn forget_does_not_block_on_an_empty_blocking_fd() {
    let channel = Channel::new().unwrap();
    channel.notify(1);
    assert_eq!(read_handle(&channel), 1);
    assert_eq!(channel.forget(1), 1);
    let flags = OFlag::from_bits_retain(fcntl(&channel.pipe.reader, FcntlArg::F_GETFL).unwrap());
    assert!(!flags.contains(OFlag::O_NONBLOCK));
}

#[test]
fn a_blocked_reader_is_woken() {
    let channel = Channel::new().unwrap();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| (get(&channel), get(&channel)));
        while channel.pipe.state.lock().outstanding.is_empty() && !reader.is_finished() {
            channel.notify(41);
        }
        channel.notify(42);
        assert_eq!(reader.join().unwrap(), (41, 42));
    });
}

#[test]
fn edge_triggered_epoll_fires_for_each_record() {
    let channel = Channel::new().unwrap();
    let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).unwrap();
    let interest = EpollEvent::new(EpollFlags::EPOLLIN | EpollFlags::EPOLLET, 9);
    epoll.add(&channel.pipe.reader, interest).unwrap();
    let fires = || {
        let mut events = [EpollEvent::empty(); 2];
        epoll.wait(&mut events, EpollTimeout::ZERO).unwrap() == 1
    };
    assert!(!fires());
    for handle in 1..=3 {
        channel.notify(handle);
        assert!(fires());
        assert!(!fires());
    }
    // Records written back by forget fire again: an edge too many is harmless, one too few is not.
    channel.forget(2);
    assert!(fires());
}

#[test]
fn a_nonblocking_reader_gets_eagain_when_nothing_is_pending() {
    let channel = Channel::new().unwrap();
    set_nonblocking(&channel.pipe.reader).unwrap();
    let mut bytes = [0; 8];
    assert_eq!(
        read(&channel.pipe.reader, &mut bytes),
        Err(nix::errno::Errno::EAGAIN)
    );
    channel.notify(1);
    assert_eq!(get(&channel), 1);
    assert_eq!(
        read(&channel.pipe.reader, &mut bytes),
        Err(nix::errno::Errno::EAGAIN)
    );
}

#[test]
fn the_fds_close_on_exec_and_with_the_channel() {
    let channel = Channel::new().unwrap();
    for end in [&channel.pipe.reader, &channel.pipe.writer] {
        assert_eq!(
            fcntl(end, FcntlArg::F_GETFD).unwrap() & libc::FD_CLOEXEC,
            libc::FD_CLOEXEC
        );
    }
    let copy = channel.pipe.reader.try_clone().unwrap();
    drop(channel);
    let mut bytes = [0; 8];
    assert_eq!(read(&copy, &mut bytes), Ok(0));
}

#[test]
fn async_events_keep_order_type_and_count() {
    let queue = AsyncQueue::new().unwrap();
    let qp = 0x7f00_0000_1000;
    queue.raise(AsyncRecord {
        element: qp,
        event_type: 4,
    });
    queue.raise(AsyncRecord {
        element: 1,
        event_type: 9,
    });
    queue.raise(AsyncRecord {
        element: qp,
        event_type: 1,
    });
    assert_eq!(get_async(&queue), (qp, 4, 0));
    assert_eq!(get_async(&queue), (1, 9, 0));
    assert_eq!(get_async(&queue), (qp, 1, 0));
    assert!(!is_readable(&queue.pipe.reader));
}

#[test]
fn async_forget_drops_every_event_of_the_object() {
    let queue = AsyncQueue::new().unwrap();
    assert_eq!(
        fcntl(&queue.pipe.writer, FcntlArg::F_SETPIPE_SZ(4096)),
        Ok(4096)
    );
    for round in 0..600 {
        queue.raise(AsyncRecord {
            element: 0x1000,
            event_type: round,
        });
        queue.raise(AsyncRecord {
            element: 0x2000,
            event_type: round,
        });
    }
    assert_eq!(get_async(&queue), (0x1000, 0, 0));
    assert_eq!(queue.forget(0x1000), 0);
    for round in 0..600 {
        assert_eq!(get_async(&queue), (0x2000, round, 0));
    }
    assert!(!is_readable(&queue.pipe.reader));
}

#[test]
fn events_beyond_the_bound_are_dropped_not_hoarded() {
    let queue = AsyncQueue::new().unwrap();
    assert_eq!(
        fcntl(&queue.pipe.writer, FcntlArg::F_SETPIPE_SZ(4096)),
        Ok(4096)
    );
    for round in 0..MAX_WAITING as u32 + 1000 {
        queue.raise(AsyncRecord {
            element: 1,
            event_type: round,
        });
    }
    assert_eq!(queue.pipe.state.lock().waiting.len(), MAX_WAITING);
    for round in 0..256 + MAX_WAITING as u32 {
        assert_eq!(get_async(&queue).1, round);
    }
    assert!(!is_readable(&queue.pipe.reader));
}

#[test]
fn notifying_reading_and_forgetting_at_once_loses_nothing() {
    let channel = small_channel();
    set_nonblocking(&channel.pipe.reader).unwrap();
    let (kept, rounds) = (100_u64, 200);
    let mut seen = vec![0; kept as usize];
    std::thread::scope(|scope| {
        let writers = [0, 1].map(|side| {
            let channel = &channel;
            scope.spawn(move || {
                for round in 0..rounds {
                    let dying = 10_000 + side * 1000 + round;
                    channel.notify(dying);
                    for handle in 0..kept / 2 {
                        channel.notify(side * kept / 2 + handle);
                    }
                    channel.forget(dying);
                }
            })
        });
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        let mut bytes = [0; 8];
        loop {
            let is_last = writers.iter().all(|writer| writer.is_finished());
            while read(&channel.pipe.reader, &mut bytes) == Ok(8) {
                let handle = u64::from_ne_bytes(bytes);
                channel.taken(handle, &AtomicU32::new(0));
                if let Some(count) = seen.get_mut(handle as usize) {
                    *count += 1;
                }
            }
            assert!(std::time::Instant::now() < deadline);
            if is_last {
                break;
            }
            std::thread::yield_now();
        }
    });
    assert!(seen.iter().all(|count| *count >= 1), "{seen:?}");
    let state = channel.pipe.state.lock();
    assert!(state.outstanding.is_empty() && state.waiting.is_empty());
}

#[test]
fn an_event_in_transit_at_destroy_is_counted_once() {
    let channel = Channel::new().unwrap();
    let count = AtomicU32::new(0);
    channel.notify(8);
    assert_eq!(read_handle(&channel), 8);
    // Destroy comes between the read and its report.
    assert_eq!(channel.forget(8), 1);
    channel.taken(8, &count);
    assert_eq!(count.load(Ordering::Relaxed), 0);
    // And after the report it is the report that counts.
    channel.notify(16);
    assert_eq!(read_handle(&channel), 16);
    channel.taken(16, &count);
    assert_eq!(channel.forget(16), 0);
    assert_eq!(count.load(Ordering::Relaxed), 1);
}
