//! What the embedded NIC keeps once per process: the endpoint, the queue pairs, the timers.
//!
//! A forked child inherits a copy of all this that it must not use: the peers, the sockets and
//! the progress thread belong to the parent. The child's copy is marked inherited, its
//! descriptors are closed, and a new `Process` is made when the child opens a device of its own.

use super::acks::Expecting;
use super::config::{Config, LinkChoice};
use super::context::Context;
use super::counters::Retired;
use super::progress;
use super::qp_table::QpTable;
use super::quota::Quotas;
use super::timers::Timers;
use crate::base::errno::Errno;
use crate::base::ids::Qpn;
use crate::base::mutex::Mutex;
use crate::base::sync::{
    AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
};
use crate::base::time::Instant;
use crate::link::local;
use std::collections::VecDeque;
use std::sync::{Arc, Weak};

pub(crate) struct Process {
    pub(crate) config: Config,
    pub(crate) endpoint: Arc<local::Endpoint>,
    pub(crate) qps: QpTable,
    pub(crate) timers: Timers,
    pub(crate) quotas: Quotas,
    pub(crate) retired: Retired,
    pub(crate) waker: progress::Waker,
    pub(crate) contexts: Mutex<Vec<Weak<Context>>>,
    /// QPs that wait for room on their link.
    pub(crate) blocked: Mutex<VecDeque<Qpn>>,
    pub(crate) blocked_count: AtomicUsize,
    /// QPs whose peers tell what they have executed instead of sending it.
    pub(crate) expecting: Expecting,
    /// Looks of idle pollers in a row that heard nothing from a peer.
    pub(super) vain_looks: AtomicU32,
    /// Counts polls: the lease by which a polling thread keeps the progress thread away.
    pub(crate) polls: AtomicU64,
    /// Polls in a row that found nothing, and how many of them until the CPU is offered.
    pub(crate) empty_polls: AtomicU32,
    pub(crate) yield_after: AtomicU32,
    /// The peers ring the doorbell: the progress thread sleeps without end.
    pub(crate) is_armed: AtomicBool,
    /// Polls since doorbells were armed.
    pub(crate) polls_while_armed: AtomicU32,
    /// One of `standing`.
    standing: AtomicU8,
    thread: Mutex<()>,
    has_thread: AtomicBool,
}

/// What a process may do with its state.
mod standing {
    pub(super) const OURS: u8 = 0;
    /// A bug was caught: objects may be destroyed, nothing else.
    pub(super) const BROKEN: u8 = 1;
    /// This is a forked child: nothing may be touched. Its memory shared with peers is not there,
    /// its locks may be held by threads that are not.
    pub(super) const INHERITED: u8 = 2;
}

/// The current process's state; null before the first device is opened, and after a fork.
static CURRENT: AtomicPtr<Process> = AtomicPtr::new(std::ptr::null_mut());
/// Somebody makes or forks the state. Not a mutex that parks: a child that has been forked while
/// others waited would have to wake threads it lacks.
static MAKING: AtomicBool = AtomicBool::new(false);
static HAS_HANDLERS: AtomicBool = AtomicBool::new(false);

impl Process {
    /// The process's state, made at the first call.
    pub(crate) fn current() -> Result<Arc<Process>, Errno> {
        let making = Making::begin();
        if let Some(process) = making.existing() {
            return Ok(process);
        }
        making.handle_forks()?;
        let config = Config::from_env();
        let endpoint = local::Endpoint::new(link_config(&config))?;
        let process = Arc::new(Process {
            config,
            endpoint,
            qps: QpTable::new(),
            timers: Timers::default(),
            quotas: Quotas::default(),
            retired: Retired::default(),
            waker: progress::Waker::new()
                .map_err(|error| error.logged("no descriptor to wake the progress thread by"))?,
            contexts: Mutex::default(),
            blocked: Mutex::default(),
            blocked_count: AtomicUsize::new(0),
            expecting: Expecting::default(),
            vain_looks: AtomicU32::new(0),
            polls: AtomicU64::new(0),
            empty_polls: AtomicU32::new(0),
            yield_after: AtomicU32::new(progress::FEWEST_POLLS),
            is_armed: AtomicBool::new(false),
            polls_while_armed: AtomicU32::new(0),
            standing: AtomicU8::new(standing::OURS),
            thread: Mutex::default(),
            has_thread: AtomicBool::new(false),
        });
        CURRENT.store(Arc::into_raw(process.clone()).cast_mut(), Ordering::Release);
        Ok(process)
    }

    /// The process's state, if there is any yet.
    pub(crate) fn existing() -> Option<Arc<Process>> {
        Making::begin().existing()
    }

    /// EIO in a forked child that uses what its parent opened, and once the device is broken.
    #[inline]
    pub(crate) fn check_ours(&self) -> Result<(), Errno> {
        if self.standing.load(Ordering::Relaxed) == standing::OURS {
            Ok(())
        } else {
            Err(Errno::EIO)
        }
    }

    /// In a forked child: nothing here may be touched, and destroying frees memory only.
    #[inline]
    pub(crate) fn is_inherited(&self) -> bool {
        self.standing.load(Ordering::Relaxed) == standing::INHERITED
    }

    /// Starts the progress thread unless it runs already.
    pub(crate) fn start_thread(self: &Arc<Process>) -> Result<(), Errno> {
        let _starting = self.thread.lock();
        if !self.has_thread.load(Ordering::Relaxed) {
            progress::start(self.clone())?;
            self.has_thread.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// The lists QPs stand in grow when one is made, not when they are used.
    pub(crate) fn make_room_for_qps(&self, qp_count: usize) -> Result<(), Errno> {
        let mut blocked = self.blocked.lock();
        let more = qp_count.saturating_sub(blocked.len());
        let blocked = blocked.try_reserve(more);
        blocked
            .and_then(|()| self.expecting.reserve(qp_count))
            .and_then(|()| self.timers.reserve(qp_count))
            .map_err(|_| Errno::ENOMEM.logged("no memory for another queue pair"))
    }

    /// A bug of ours was caught: the device is broken, in the word verbs has for it. Every open
    /// context hears of it once, and further calls answer EIO.
    pub(crate) fn poison(&self) {
        let (from, to) = (standing::OURS, standing::BROKEN);
        let relaxed = Ordering::Relaxed;
        let is_first = self.standing.compare_exchange(from, to, relaxed, relaxed);
        if is_first.is_ok() {
            for context in self.contexts.lock().iter().filter_map(Weak::upgrade) {
                context.raise_port(crate::abi::IBV_EVENT_DEVICE_FATAL);
            }
        }
    }
}

fn link_config(config: &Config) -> local::Config {
    let mode = match config.link {
        LinkChoice::Ring => local::Mode::Ring,
        LinkChoice::Cma => local::Mode::Cma,
        // Links that are not served yet were refused when the device was opened.
        LinkChoice::Auto | LinkChoice::Mapped | LinkChoice::Udp => local::Mode::Auto,
    };
    local::Config {
        mode,
        ..local::Config::default()
    }
}

/// The monotonic clock.
pub(crate) fn now() -> Instant {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `time` is a valid place, and CLOCK_MONOTONIC always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    Instant(time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64)
}

/// Holds `MAKING` across the fork, so that the child never finds it taken by a thread it lacks.
extern "C" fn lock_before_fork() {
    std::mem::forget(Making::begin());
}

extern "C" fn unlock_parent() {
    // `lock_before_fork` took it in this thread and forgot the guard.
    drop(Making);
}

extern "C" fn abandon_in_child() {
    let pointer = CURRENT.swap(std::ptr::null_mut(), Ordering::AcqRel);
    // SAFETY: CURRENT holds null or a pointer whose count it owns; the count is leaked here, the
    // objects of the parent's contexts still point to it.
    if let Some(process) = unsafe { pointer.as_ref() } {
        process
            .standing
            .store(standing::INHERITED, Ordering::Relaxed);
        process.endpoint.abandon_after_fork();
        process.waker.abandon_after_fork();
    }
    // The forking thread, whose only copy we are, took it in `lock_before_fork`.
    drop(Making);
}

/// The right to make the state, or to fork it.
struct Making;

impl Making {
    fn begin() -> Making {
        while MAKING.swap(true, Ordering::Acquire) {
            std::thread::yield_now();
        }
        Making
    }

    /// Registers the fork handlers, once. ENOMEM: the C library has no memory for them.
    fn handle_forks(&self) -> Result<(), Errno> {
        if HAS_HANDLERS.load(Ordering::Relaxed) {
            return Ok(());
        }
        // SAFETY: the handlers are functions of this library, which is never unloaded.
        let failed = unsafe {
            libc::pthread_atfork(
                Some(lock_before_fork),
                Some(unlock_parent),
                Some(abandon_in_child),
            )
        };
        if failed != 0 {
            return Err(Errno(failed).logged("cannot prepare for forks"));
        }
        HAS_HANDLERS.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// The state there is.
    fn existing(&self) -> Option<Arc<Process>> {
        let pointer = CURRENT.load(Ordering::Acquire);
        if pointer.is_null() {
            return None;
        }
        // SAFETY: CURRENT only ever holds a pointer from `Arc::into_raw` whose count it owns, and
        // it changes only for whoever holds `MAKING`, as this caller does.
        unsafe { Arc::increment_strong_count(pointer) };
        // SAFETY: the count was just raised for the Arc made here.
        Some(unsafe { Arc::from_raw(pointer) })
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        MAKING.store(false, Ordering::Release);
    }
}
