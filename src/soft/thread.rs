//! Starting a thread where there may be no memory for it.
//!
//! The standard library ends the process if the small parts of a thread cannot be allocated, and
//! asks malloc for them whatever the global allocator is.

use super::process::Process;
use crate::base::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, pthread_sigmask};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{null, null_mut};
use std::sync::Arc;

/// What a thread is given.
struct Start {
    process: Arc<Process>,
    body: fn(&Process),
}

/// Starts a detached thread with all signals blocked. EAGAIN: the system has no room for it.
pub(crate) fn spawn(process: Arc<Process>, body: fn(&Process)) -> Result<(), Errno> {
    let start = Box::into_raw(Box::new(Start { process, body }));
    let all = SigSet::all();
    let mut before = SigSet::empty();
    // The thread inherits the mask: the application's signals are not for it.
    let created = pthread_sigmask(SigmaskHow::SIG_BLOCK, Some(&all), Some(&mut before))
        .map_err(Errno::from)
        .and_then(|()| {
            let created = create(start);
            // Cannot fail: the mask is this thread's own.
            let _ = pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&before), None);
            created
        });
    if created.is_err() {
        // SAFETY: no thread has it.
        drop(unsafe { Box::from_raw(start) });
    }
    created
}

fn create(start: *mut Start) -> Result<(), Errno> {
    const STACK_BYTES: usize = 256 << 10;
    let mut attr = MaybeUninit::uninit();
    // SAFETY: initialises the place.
    let failed = unsafe { libc::pthread_attr_init(attr.as_mut_ptr()) };
    if failed != 0 {
        return Err(Errno(failed));
    }
    // SAFETY: initialised above.
    unsafe { libc::pthread_attr_setstacksize(attr.as_mut_ptr(), STACK_BYTES) };
    let mut failed = create_with(attr.as_ptr(), start);
    if failed == libc::EINVAL {
        // The thread-local data of this program need more than that.
        failed = create_with(null(), start);
    }
    // SAFETY: initialised above, and used by nobody any more.
    unsafe { libc::pthread_attr_destroy(attr.as_mut_ptr()) };
    if failed == 0 {
        Ok(())
    } else {
        Err(Errno(failed))
    }
}

fn create_with(attr: *const libc::pthread_attr_t, start: *mut Start) -> i32 {
    let mut thread = 0;
    // SAFETY: NULL or initialised attributes; the thread becomes the owner of `start`.
    let failed = unsafe { libc::pthread_create(&mut thread, attr, run, start.cast()) };
    if failed == 0 {
        // SAFETY: just created, and not joined or detached by anybody else.
        unsafe { libc::pthread_setname_np(thread, c"verbium".as_ptr()) };
        // SAFETY: as above.
        unsafe { libc::pthread_detach(thread) };
    }
    failed
}

extern "C" fn run(start: *mut c_void) -> *mut c_void {
    // SAFETY: `spawn` made it from a box and gave it to this thread alone.
    let start = unsafe { Box::from_raw(start.cast::<Start>()) };
    if catch_unwind(AssertUnwindSafe(|| (start.body)(&start.process))).is_err() {
        start.process.poison();
    }
    null_mut()
}
