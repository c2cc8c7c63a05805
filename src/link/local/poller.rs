//! The endpoint's epoll: what became ready, as tokens.

use super::life::{Fd, Life};
use crate::base::errno::Errno;
use std::os::fd::RawFd;
use std::sync::Arc;

/// Events of one look; the rest is for the next.
const EVENTS: usize = 64;

/// How often what could not be done is tried again.
const RETRY_NS: i64 = 1_000_000;

/// Who is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// Index of a listener.
    Listener(u32),
    /// Number of a link whose socket has something.
    Link(u32),
    /// Number of a link whose process ended.
    Process(u32),
    Wake,
    Timer,
}

impl Token {
    fn pack(self) -> u64 {
        let (kind, number) = match self {
            Token::Listener(index) => (0u64, index),
            Token::Link(id) => (1, id),
            Token::Process(id) => (2, id),
            Token::Wake => (3, 0),
            Token::Timer => (4, 0),
        };
        kind << 32 | u64::from(number)
    }

    fn unpack(word: u64) -> Token {
        let number = word as u32;
        match word >> 32 {
            0 => Token::Listener(number),
            1 => Token::Link(number),
            2 => Token::Process(number),
            3 => Token::Wake,
            _ => Token::Timer,
        }
    }
}

pub(super) struct Poller {
    epoll: Fd,
    timer: Fd,
}

impl Poller {
    pub(super) fn new(life: &Arc<Life>) -> Result<Poller, Errno> {
        // SAFETY: plain system call.
        let epoll = Fd::adopt(
            unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) }.into(),
            life,
        )?;
        let flags = libc::TFD_CLOEXEC | libc::TFD_NONBLOCK;
        // SAFETY: plain system call.
        let timer = unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, flags) };
        let poller = Poller {
            epoll,
            timer: Fd::adopt(timer.into(), life)?,
        };
        poller.add(poller.timer.raw(), Token::Timer)?;
        Ok(poller)
    }

    pub(super) fn raw(&self) -> RawFd {
        self.epoll.raw()
    }

    /// Watches for something to read, level-triggered; hang-ups come along.
    pub(super) fn add(&self, fd: RawFd, token: Token) -> Result<(), Errno> {
        let mut event = libc::epoll_event {
            events: libc::EPOLLIN as u32,
            u64: token.pack(),
        };
        // SAFETY: the event is readable.
        let got = unsafe { libc::epoll_ctl(self.epoll.raw(), libc::EPOLL_CTL_ADD, fd, &mut event) };
        Errno::result(got.into()).map(drop)
    }

    pub(super) fn remove(&self, fd: RawFd) {
        let none = std::ptr::null_mut();
        // Not being watched is all that is wanted.
        // SAFETY: no event is read when something is removed.
        let _ = unsafe { libc::epoll_ctl(self.epoll.raw(), libc::EPOLL_CTL_DEL, fd, none) };
    }

    /// What is ready now; `None`: nothing.
    pub(super) fn ready(&self) -> Option<impl Iterator<Item = Token> + use<>> {
        let mut events = [libc::epoll_event { events: 0, u64: 0 }; EVENTS];
        let place = events.as_mut_ptr();
        // SAFETY: the array is writable for the count.
        let got = unsafe { libc::epoll_wait(self.epoll.raw(), place, EVENTS as i32, 0) };
        let count = usize::try_from(got).ok().filter(|&count| count > 0)?;
        Some(
            events
                .into_iter()
                .take(count)
                .map(|event| Token::unpack(event.u64)),
        )
    }

    /// One [`Token::Timer`] soon.
    pub(super) fn arm_timer(&self) {
        let soon = libc::timespec {
            tv_sec: 0,
            tv_nsec: RETRY_NS,
        };
        let never = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        let spec = libc::itimerspec {
            it_interval: never,
            it_value: soon,
        };
        // SAFETY: the time is readable, the old one is not wanted. It cannot fail with a legal time.
        let _ = unsafe { libc::timerfd_settime(self.timer.raw(), 0, &spec, std::ptr::null_mut()) };
    }

    pub(super) fn take_timer(&self) {
        let mut count = 0u64;
        // SAFETY: 8 bytes are written. Nothing to read is no error here.
        let _ = unsafe { libc::read(self.timer.raw(), (&raw mut count).cast(), 8) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_survive_their_packing() {
        for token in [
            Token::Listener(3),
            Token::Link(u32::MAX),
            Token::Process(1),
            Token::Wake,
            Token::Timer,
        ] {
            assert_eq!(Token::unpack(token.pack()), token);
        }
    }
}
