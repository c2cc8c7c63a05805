//! What the embedded NIC keeps once per process: the endpoint, the queue pairs, the timers.
//!
//! A forked child inherits a copy of all this that it must not use: the peers, the sockets and
//! the progress thread belong to the parent. The child's copy is marked abandoned, its
//! descriptors are closed, and a new `Process` is made when the child opens a device of its own.

use super::config::{Config, LinkChoice};
use super::context::Context;
use super::progress;
use super::qp_table::QpTable;
use super::quota::Quotas;
use super::timers::Timers;
use crate::base::errno::Errno;
use crate::base::ids::Qpn;
use crate::base::sync::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use crate::base::time::Instant;
use crate::link::local;
use parking_lot::Mutex;
use std::sync::{Arc, Once, Weak};

pub(crate) struct Process {
    pub(crate) config: Config,
    pub(crate) endpoint: Arc<local::Endpoint>,
    pub(crate) qps: QpTable,
    pub(crate) timers: Timers,
    pub(crate) quotas: Quotas,
    pub(crate) waker: progress::Waker,
    pub(crate) contexts: Mutex<Vec<Weak<Context>>>,
    /// QPs that wait for room on their link.
    pub(crate) blocked: Mutex<Vec<Qpn>>,
    pub(crate) blocked_count: AtomicUsize,
    /// The QP (its number, or 0) whose ACK waits for the application's next request.
    pub(crate) owing: AtomicU32,
    /// Counts polls: the lease by which a polling thread keeps the progress thread away.
    pub(crate) polls: AtomicU64,
    /// Polls in a row that found nothing.
    pub(crate) empty_polls: AtomicU32,
    /// The peers ring the doorbell: the progress thread sleeps without end.
    pub(crate) is_armed: AtomicBool,
    /// Polls since doorbells were armed.
    pub(crate) polls_while_armed: AtomicU32,
    /// True in a forked child, and after a caught bug: nothing here may be touched any more.
    is_abandoned: AtomicBool,
    thread: Mutex<bool>,
}

/// The current process's state; null before the first device is opened, and after a fork.
static CURRENT: AtomicPtr<Process> = AtomicPtr::new(std::ptr::null_mut());
static MAKING: Mutex<()> = Mutex::new(());
static AT_FORK: Once = Once::new();

impl Process {
    /// The process's state, made at the first call.
    pub(crate) fn current() -> Result<Arc<Process>, Errno> {
        let _making = MAKING.lock();
        let pointer = CURRENT.load(Ordering::Acquire);
        if !pointer.is_null() {
            // SAFETY: CURRENT only ever holds a pointer from `Arc::into_raw` whose count it owns.
            unsafe { Arc::increment_strong_count(pointer) };
            // SAFETY: the count was just raised for the Arc made here.
            return Ok(unsafe { Arc::from_raw(pointer) });
        }
        let config = Config::from_env();
        let endpoint = local::Endpoint::new(link_config(&config))?;
        let process = Arc::new(Process {
            config,
            endpoint,
            qps: QpTable::new(),
            timers: Timers::default(),
            quotas: Quotas::default(),
            waker: progress::Waker::new()?,
            contexts: Mutex::default(),
            blocked: Mutex::default(),
            blocked_count: AtomicUsize::new(0),
            owing: AtomicU32::new(0),
            polls: AtomicU64::new(0),
            empty_polls: AtomicU32::new(0),
            is_armed: AtomicBool::new(false),
            polls_while_armed: AtomicU32::new(0),
            is_abandoned: AtomicBool::new(false),
            thread: Mutex::new(false),
        });
        AT_FORK.call_once(|| {
            // SAFETY: the handlers are functions of this library, which is never unloaded.
            unsafe {
                libc::pthread_atfork(
                    Some(lock_before_fork),
                    Some(unlock_parent),
                    Some(abandon_in_child),
                )
            };
        });
        CURRENT.store(Arc::into_raw(process.clone()).cast_mut(), Ordering::Release);
        Ok(process)
    }

    /// EIO in a forked child that uses what its parent opened.
    #[inline]
    pub(crate) fn check_ours(&self) -> Result<(), Errno> {
        if self.is_abandoned() {
            Err(Errno::EIO)
        } else {
            Ok(())
        }
    }

    #[inline]
    pub(crate) fn is_abandoned(&self) -> bool {
        self.is_abandoned.load(Ordering::Relaxed)
    }

    /// Starts the progress thread unless it runs already.
    pub(crate) fn start_thread(self: &Arc<Process>) -> Result<(), Errno> {
        let mut started = self.thread.lock();
        if !*started {
            progress::start(self.clone())?;
            *started = true;
        }
        Ok(())
    }

    /// A bug of ours was caught: the device is broken, in the word verbs has for it. Every open
    /// context hears of it once, and further calls answer EIO.
    pub(crate) fn poison(&self) {
        if !self.is_abandoned.swap(true, Ordering::Relaxed) {
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

/// Holds [`MAKING`] across the fork, so that the child never finds it locked by a thread it lacks.
extern "C" fn lock_before_fork() {
    std::mem::forget(MAKING.lock());
}

extern "C" fn unlock_parent() {
    // SAFETY: `lock_before_fork` took the lock in this thread and forgot the guard.
    unsafe { MAKING.force_unlock() };
}

extern "C" fn abandon_in_child() {
    let pointer = CURRENT.swap(std::ptr::null_mut(), Ordering::AcqRel);
    // SAFETY: CURRENT holds null or a pointer whose count it owns; the count is leaked here, the
    // objects of the parent's contexts still point to it.
    if let Some(process) = unsafe { pointer.as_ref() } {
        process.is_abandoned.store(true, Ordering::Relaxed);
        process.endpoint.abandon_after_fork();
        process.waker.abandon_after_fork();
    }
    // SAFETY: the forking thread, whose only copy we are, took the lock in `lock_before_fork`.
    unsafe { MAKING.force_unlock() };
}
