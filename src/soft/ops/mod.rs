//! The embedded NIC as a provider: the ops table, and the shims that fill it.
//!
//! A shim turns C words into ours, calls one function, and turns the answer back. All go through
//! [`gate`]: nothing unwinds into C.

mod context;
mod counters;
mod cq;
mod memory;
mod qp;
mod srq;
mod work;

use super::process::Process;
use crate::abi::{CoreOps, verbs_context_ops};
use crate::base::errno::Errno;
use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub use context::open;
pub use counters::{CONTEXT_OPS, give};

/// A table with nothing in it.
// SAFETY: the table is made of optional function pointers; all-zero bytes are `None` in each.
const EMPTY: verbs_context_ops = unsafe { std::mem::zeroed() };

/// What the embedded NIC does; a slot that is empty here answers EOPNOTSUPP.
pub static TABLE: verbs_context_ops = verbs_context_ops {
    alloc_pd: Some(memory::alloc_pd),
    async_event: Some(context::async_event),
    cq_event: Some(cq::cq_event),
    create_ah: Some(memory::create_ah),
    create_cq: Some(cq::create_cq),
    create_qp: Some(qp::create_qp),
    create_srq: Some(srq::create_srq),
    dealloc_pd: Some(memory::dealloc_pd),
    dereg_mr: Some(memory::dereg_mr),
    destroy_ah: Some(memory::destroy_ah),
    destroy_cq: Some(cq::destroy_cq),
    destroy_qp: Some(qp::destroy_qp),
    destroy_srq: Some(srq::destroy_srq),
    free_context: Some(context::free_context),
    modify_qp: Some(qp::modify_qp),
    modify_srq: Some(srq::modify_srq),
    poll_cq: Some(work::poll_cq),
    post_recv: Some(work::post_recv),
    post_send: Some(work::post_send),
    post_srq_recv: Some(work::post_srq_recv),
    query_device_ex: Some(context::query_device_ex),
    query_port: Some(context::query_port),
    query_port_speed: Some(context::query_port_speed),
    query_qp: Some(qp::query_qp),
    query_srq: Some(srq::query_srq),
    reg_mr: Some(memory::reg_mr),
    req_notify_cq: Some(cq::req_notify_cq),
    resize_cq: Some(cq::resize_cq),
    ..EMPTY
};

/// What the library asks beside the table.
pub static CORE: CoreOps = CoreOps {
    create_comp_channel: context::create_comp_channel,
    destroy_comp_channel: context::destroy_comp_channel,
    query_gid: context::query_gid,
    query_gid_ex: context::query_gid_ex,
    query_gid_table: context::query_gid_table,
    query_gid_type: context::query_gid_type,
    query_pkey: context::query_pkey,
};

/// Runs a shim whose C function returns an error number. A panic breaks the device, not the host.
fn gate(call: impl FnOnce() -> Result<(), Errno>) -> c_int {
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(())) => 0,
        Ok(Err(errno)) => errno.0,
        Err(_) => {
            on_panic();
            Errno::EIO.0
        }
    }
}

/// Runs a shim whose C function returns a pointer, or NULL and errno.
fn gate_pointer<T>(call: impl FnOnce() -> Result<*mut T, Errno>) -> *mut T {
    let errno = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(pointer)) => return pointer,
        Ok(Err(errno)) => errno,
        Err(_) => {
            on_panic();
            Errno::EIO
        }
    };
    set_errno(errno);
    std::ptr::null_mut()
}

/// Runs a shim that returns nothing.
fn gate_void(call: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(call)).is_err() {
        on_panic();
    }
}

fn set_errno(errno: Errno) {
    // SAFETY: __errno_location always gives this thread's errno.
    unsafe { *libc::__errno_location() = errno.0 };
}

/// A bug of ours: every open device reports itself dead and refuses further calls.
#[cold]
fn on_panic() {
    if let Ok(process) = Process::current() {
        process.poison();
    }
}
