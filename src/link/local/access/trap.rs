//! That the last word is stored last, seen at the instant of that store: it lies alone on a page that
//! may not be written until the signal handler has looked at the body.

use super::copy_in_order;
use std::ptr::null_mut;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const PAGE: usize = 4096;
const FILL: u8 = 0x5a;

/// The page that traps, and the body before it.
static TRAP: AtomicUsize = AtomicUsize::new(0);
static BODY_BYTES: AtomicUsize = AtomicUsize::new(0);
static HAS_TRAPPED: AtomicBool = AtomicBool::new(false);
static IS_BODY_THERE: AtomicBool = AtomicBool::new(false);

extern "C" fn on_fault(_: libc::c_int, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    let trap = TRAP.load(Ordering::SeqCst);
    // SAFETY: the kernel gives a valid record, of a fault, which has an address.
    let addr = unsafe { (*info).si_addr() } as usize;
    if addr.wrapping_sub(trap) >= PAGE {
        // Not ours: the store is tried again without a handler, and ends the process.
        // SAFETY: plain system call.
        unsafe { libc::signal(libc::SIGSEGV, libc::SIG_DFL) };
        return;
    }
    let body_bytes = BODY_BYTES.load(Ordering::SeqCst);
    let mut body = trap - body_bytes..trap;
    // SAFETY: the body lies on the readable page before the trap.
    let is_there = body.all(|at| unsafe { (at as *const u8).read_volatile() } == FILL);
    IS_BODY_THERE.store(is_there, Ordering::SeqCst);
    HAS_TRAPPED.store(true, Ordering::SeqCst);
    // SAFETY: a page of the test's own. The store that trapped goes on.
    unsafe {
        libc::mprotect(
            trap as *mut libc::c_void,
            PAGE,
            libc::PROT_READ | libc::PROT_WRITE,
        )
    };
}

#[test]
fn the_body_is_there_before_the_last_word_is_stored() {
    // SAFETY: all zeros is a legal action.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = on_fault as *const () as usize;
    action.sa_flags = libc::SA_SIGINFO;
    // SAFETY: all zeros is a legal action.
    let mut before: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: both actions live across the call.
    assert_eq!(0, unsafe {
        libc::sigaction(libc::SIGSEGV, &action, &mut before)
    });
    let (access, flags) = (
        libc::PROT_READ | libc::PROT_WRITE,
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
    );
    // SAFETY: a new mapping.
    let pages = unsafe { libc::mmap(null_mut(), 2 * PAGE, access, flags, -1, 0) };
    assert_ne!(pages, libc::MAP_FAILED);
    let trap = pages as usize + PAGE;
    TRAP.store(trap, Ordering::SeqCst);
    let source = [FILL; PAGE];
    for word_bytes in [1, 2, 4, 8] {
        for body_bytes in [8, 24, 56, 64, 120, 248, 1000, 2040, 4000] {
            BODY_BYTES.store(body_bytes, Ordering::SeqCst);
            HAS_TRAPPED.store(false, Ordering::SeqCst);
            // SAFETY: the test's own pages, which nobody else has.
            unsafe { pages.cast::<u8>().write_bytes(0, 2 * PAGE) };
            // SAFETY: as above.
            unsafe { libc::mprotect(trap as *mut libc::c_void, PAGE, libc::PROT_READ) };
            let (dst, len) = ((trap - body_bytes) as *mut u8, body_bytes + word_bytes);
            // SAFETY: both ranges are long enough; the handler makes the last page writable.
            unsafe { copy_in_order(dst, source.as_ptr(), len) };
            assert!(HAS_TRAPPED.load(Ordering::SeqCst));
            assert!(
                IS_BODY_THERE.load(Ordering::SeqCst),
                "{word_bytes} bytes were stored before {body_bytes}"
            );
        }
    }
    // SAFETY: the mapping is no longer used.
    unsafe { libc::munmap(pages, 2 * PAGE) };
    // SAFETY: what was there before.
    unsafe { libc::sigaction(libc::SIGSEGV, &before, null_mut()) };
}
