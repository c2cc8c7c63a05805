//! The fds an application waits on: completion channels and the async queue of a context.
//!
//! Each is a plain pipe that carries the kernel's own records, so the code that reads an event is
//! one for all providers, and poll, edge-triggered epoll, `O_NONBLOCK` and blocking reads work
//! because the kernel does them. The application owns the flags of the read end; the write end is
//! ours and never blocks.
//!
//! Two things a pipe cannot do are done here. It has a capacity: records that do not fit wait in
//! the process, in order, and move up whenever the application has taken one. And it cannot forget
//! a destroyed object: [`Channel::forget`] and [`AsyncQueue::forget`] take the unread records out,
//! drop the ones of that object and write the others back.
//!
//! Who calls: soft's objects raise events (`notify`, `raise`), the `cq_event` and `async_event`
//! operations report that a record was read (`taken`), destroy calls `forget`. Nothing here blocks
//! or calls out; the lock is held for a few system calls that cannot wait.
//!
//! After fork the pipes belong to parent and child alike. The child's descriptors end with the
//! handles it inherited or with exec; it calls nothing else here, for the records are the parent's.

use crate::base::errno::Errno;
use crate::base::mutex::Mutex;
use crate::base::sync::{AtomicU32, Ordering};
use nix::fcntl::{OFlag, SpliceFFlags, splice};
use nix::unistd::{pipe2, read, write};
use std::collections::{HashMap, VecDeque};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// A completion channel: records of 8 bytes, each the user handle of a CQ.
///
/// A CQ has at most one record between `notify` and `taken`. Another `notify` in between says
/// nothing new: the application has yet to return from the read that makes it look at the CQ.
pub struct Channel {
    pipe: RecordPipe<8>,
}

impl Channel {
    pub fn new() -> Result<Channel, Errno> {
        Ok(Channel {
            pipe: RecordPipe::new()?,
        })
    }

    /// The end the application reads.
    pub fn fd(&self) -> RawFd {
        self.pipe.reader.as_raw_fd()
    }

    /// Says that the CQ has something for the application.
    pub fn notify(&self, handle: u64) {
        let mut state = self.pipe.state.lock();
        if !state.outstanding.contains_key(&handle) {
            self.pipe.push(&mut state, handle, handle.to_ne_bytes());
        }
    }

    /// The application has read a record of this CQ: counts it for the CQ.
    pub fn taken(&self, handle: u64, count: &AtomicU32) {
        self.pipe.taken(handle, Some(count));
    }

    /// Takes back what the application has not read of this CQ: its handle dies.
    ///
    /// Gives the number of records (0 or 1) that some thread has read and not yet reported with
    /// [`Channel::taken`]: destroy waits for that one as for any other unacknowledged event.
    pub fn forget(&self, handle: u64) -> u32 {
        self.pipe
            .forget(handle, |record| u64::from_ne_bytes(*record) == handle)
    }

    /// Closes our end and leaves the read end open, for a caller that closes it itself.
    pub fn into_fd(self) -> OwnedFd {
        self.pipe.reader
    }
}

/// What the async queue of a context carries: the kernel's 16-byte record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsyncRecord {
    /// The user handle of a CQ, QP or SRQ, or a port number.
    pub element: u64,
    /// `enum ibv_event_type`.
    pub event_type: u32,
}

impl AsyncRecord {
    fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.element.to_ne_bytes());
        bytes[8..12].copy_from_slice(&self.event_type.to_ne_bytes());
        bytes
    }
}

/// The async events of a context, in the order they were raised.
pub struct AsyncQueue {
    pipe: RecordPipe<16>,
}

impl AsyncQueue {
    pub fn new() -> Result<AsyncQueue, Errno> {
        Ok(AsyncQueue {
            pipe: RecordPipe::new()?,
        })
    }

    /// The end the application reads: `async_fd`.
    pub fn fd(&self) -> RawFd {
        self.pipe.reader.as_raw_fd()
    }

    /// Queues an event.
    pub fn raise(&self, record: AsyncRecord) {
        let mut state = self.pipe.state.lock();
        self.pipe
            .push(&mut state, record.element, record.to_bytes());
    }

    /// The application has read an event of this element: counts it for the object, if it is one.
    pub fn taken(&self, element: u64, count: Option<&AtomicU32>) {
        self.pipe.taken(element, count);
    }

    /// Takes back the unread events of an object that dies, by its user handle.
    ///
    /// Gives the number of events that some thread has read and not yet reported with
    /// [`AsyncQueue::taken`]. User handles are addresses and never equal a port number.
    pub fn forget(&self, element: u64) -> u32 {
        self.pipe
            .forget(element, |record| record[..8] == element.to_ne_bytes())
    }

    /// Closes our end and leaves the read end open, for a caller that closes it itself.
    pub fn into_fd(self) -> OwnedFd {
        self.pipe.reader
    }
}

/// A pipe of records of `N` bytes that has no end and can be searched.
///
/// Every read and write is of whole records, and both the pipe's page size and its atomic write
/// are multiples of `N`, so a record is in the pipe whole or not at all.
struct RecordPipe<const N: usize> {
    reader: OwnedFd,
    writer: OwnedFd,
    state: Mutex<State<N>>,
}

struct State<const N: usize> {
    /// What the pipe had no room for; while it holds anything, all new records queue behind it.
    waiting: VecDeque<[u8; N]>,
    /// Records per element that were queued and whose reading has not been reported.
    outstanding: HashMap<u64, u32>,
    /// Whether somebody was told that records are dropped.
    has_warned: bool,
}

impl<const N: usize> State<N> {
    /// One more record may wait, and there is room for it.
    fn may_wait(&mut self) -> bool {
        self.waiting.len() < MAX_WAITING && self.waiting.try_reserve(1).is_ok()
    }
}

impl<const N: usize> RecordPipe<N> {
    fn new() -> Result<RecordPipe<N>, Errno> {
        let (reader, writer) = pipe2(OFlag::O_CLOEXEC)?;
        set_nonblocking(&writer)?;
        let state = State {
            waiting: VecDeque::with_capacity(INITIAL_DEPTH),
            outstanding: HashMap::with_capacity(INITIAL_DEPTH),
            has_warned: false,
        };
        Ok(RecordPipe {
            reader,
            writer,
            state: Mutex::new(state),
        })
    }

    fn push(&self, state: &mut State<N>, element: u64, record: [u8; N]) {
        let has_room = state.outstanding.try_reserve(1).is_ok();
        if has_room && state.waiting.is_empty() && self.put(&record) {
            *state.outstanding.entry(element).or_insert(0) += 1;
        } else if has_room && state.may_wait() {
            state.waiting.push_back(record);
            *state.outstanding.entry(element).or_insert(0) += 1;
        } else if !state.has_warned {
            state.has_warned = true;
            let count = state.waiting.len();
            crate::log_warn!("{count} events are unread or memory is gone: others are dropped");
        }
    }

    /// A record that `forget` has counted as in transit is not counted again: destroy would wait
    /// for one acknowledgement too many.
    fn taken(&self, element: u64, counter: Option<&AtomicU32>) {
        let mut state = self.state.lock();
        if let Some(count) = state.outstanding.get_mut(&element) {
            if let Some(counter) = counter {
                counter.fetch_add(1, Ordering::Relaxed);
            }
            *count -= 1;
            if *count == 0 {
                state.outstanding.remove(&element);
            }
        }
        self.top_up(&mut state);
    }

    fn forget(&self, element: u64, is_of_element: impl Fn(&[u8; N]) -> bool) -> u32 {
        let mut state = self.state.lock();
        let Some(mut count) = state.outstanding.remove(&element) else {
            return 0;
        };
        let before = state.waiting.len();
        state.waiting.retain(|record| !is_of_element(record));
        count -= (before - state.waiting.len()) as u32;
        if count > 0 {
            let mut unread = self.drain();
            let before = unread.len();
            unread.retain(|record| !is_of_element(record));
            count -= (before - unread.len()) as u32;
            for record in unread.into_iter().rev() {
                state.waiting.push_front(record);
            }
        }
        self.top_up(&mut state);
        count
    }

    /// Moves waiting records into the pipe while it has room.
    fn top_up(&self, state: &mut State<N>) {
        while let Some(record) = state.waiting.front() {
            if !self.put(record) {
                break;
            }
            state.waiting.pop_front();
        }
    }

    /// Writes one record; false when there is no room.
    fn put(&self, record: &[u8; N]) -> bool {
        loop {
            match write(&self.writer, record) {
                // A nonblocking write of at most PIPE_BUF bytes is whole or refused.
                Ok(_) => return true,
                Err(nix::errno::Errno::EINTR) => {}
                Err(_) => return false,
            }
        }
    }

    /// Takes every record out of the pipe.
    ///
    /// The read end may be a blocking one and another thread may be reading it, so that a plain
    /// read could wait for ever. A splice into a pipe of our own need not: it takes its own word
    /// for not waiting. Where no pipe can be made, the records stay, and so do the dead ones.
    fn drain(&self) -> Vec<[u8; N]> {
        let mut records = Vec::new();
        let (scratch, intake) = match pipe2(OFlag::O_CLOEXEC | OFlag::O_NONBLOCK) {
            Ok(ends) => ends,
            Err(error) => {
                crate::log_error!("cannot take back unread events: {error}");
                return records;
            }
        };
        let mut bytes = [0; DRAIN_BYTES];
        loop {
            let flags = SpliceFFlags::SPLICE_F_NONBLOCK;
            match splice(&self.reader, None, &intake, None, DRAIN_BYTES, flags) {
                Err(nix::errno::Errno::EINTR) => continue,
                Err(_) | Ok(0) => return records,
                Ok(_) => {}
            }
            while let Ok(len_bytes @ 1..) = read(&scratch, &mut bytes) {
                records.extend(bytes[..len_bytes].as_chunks::<N>().0);
            }
        }
    }
}

fn set_nonblocking(fd: &OwnedFd) -> Result<(), Errno> {
    use nix::fcntl::{FcntlArg, fcntl};
    let flags = OFlag::from_bits_retain(fcntl(fd, FcntlArg::F_GETFL)?);
    fcntl(fd, FcntlArg::F_SETFL(flags | OFlag::O_NONBLOCK))?;
    Ok(())
}

/// Room for this many records and elements before anything is allocated on the event path.
const INITIAL_DEPTH: usize = 64;

/// More unread events than this beyond the pipe's capacity are dropped, with one warning.
const MAX_WAITING: usize = 1 << 16;

/// How much is taken out of a pipe at a time.
const DRAIN_BYTES: usize = 4096;

#[cfg(test)]
mod tests;
