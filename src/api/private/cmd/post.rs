//! The data path of devices whose queues are in the kernel.

use std::ffi::c_int;

use super::{handle, kernel};
use crate::abi::*;
use crate::api::gate::{self, not_null};
use crate::base::errno::Errno;
use crate::kernel::cmd::post::{self, Posted};

/// A linked list of work requests.
trait Linked {
    fn next(&self) -> *mut Self;
}

impl Linked for ibv_send_wr {
    fn next(&self) -> *mut ibv_send_wr {
        self.next
    }
}

impl Linked for ibv_recv_wr {
    fn next(&self) -> *mut ibv_recv_wr {
        self.next
    }
}

/// Tells which request was not taken: the one the kernel counts to, else the first if posting
/// failed at all.
///
/// # Safety
/// `first` heads a readable list, `bad_wr` is a place.
unsafe fn answer<T: Linked>(
    posted: Posted,
    first: *mut T,
    bad_wr: *mut *mut T,
) -> Result<c_int, Errno> {
    let mut bad = first;
    for _ in 1..posted.bad_wr {
        if bad.is_null() {
            break;
        }
        // SAFETY: a request of the list.
        bad = unsafe { (*bad).next() };
    }
    if posted.bad_wr != 0 || posted.result.is_err() {
        // SAFETY: the promise *place*.
        unsafe { bad_wr.write(bad) };
    }
    posted.result.map(|()| 0)
}

/// Posts send requests.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_post_send(
    qp: *mut ibv_qp,
    wr: *mut ibv_send_wr,
    bad_wr: *mut *mut ibv_send_wr,
) -> c_int {
    gate::errno(|| {
        not_null(bad_wr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(qp) }?;
        // SAFETY: the promise *object*.
        let is_ud = unsafe { (*qp).qp_type } == IBV_QPT_UD;
        let handle = handle!(qp);
        // SAFETY: the promise *argument*.
        let posted = unsafe { post::send(kernel, handle, is_ud, wr) };
        // SAFETY: the promises *argument* and *place*.
        unsafe { answer(posted, wr, bad_wr) }
    })
}

/// Posts receive requests.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_post_recv(
    qp: *mut ibv_qp,
    wr: *mut ibv_recv_wr,
    bad_wr: *mut *mut ibv_recv_wr,
) -> c_int {
    gate::errno(|| {
        not_null(bad_wr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(qp) }?;
        let handle = handle!(qp);
        // SAFETY: the promise *argument*.
        let posted = unsafe { post::recv(kernel, handle, wr) };
        // SAFETY: the promises *argument* and *place*.
        unsafe { answer(posted, wr, bad_wr) }
    })
}

/// Posts receive requests to a shared queue.
///
/// # Safety
/// The promises of `gate`.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_post_srq_recv(
    srq: *mut ibv_srq,
    wr: *mut ibv_recv_wr,
    bad_wr: *mut *mut ibv_recv_wr,
) -> c_int {
    gate::errno(|| {
        not_null(bad_wr)?;
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(srq) }?;
        let handle = handle!(srq);
        // SAFETY: the promise *argument*.
        let posted = unsafe { post::srq_recv(kernel, handle, wr) };
        // SAFETY: the promises *argument* and *place*.
        unsafe { answer(posted, wr, bad_wr) }
    })
}

/// Polls: how many completions were stored, or −1 with `errno`.
///
/// # Safety
/// The promises of `gate`; there is room for `ne` completions.
pub(in crate::api) unsafe extern "C" fn ibv_cmd_poll_cq(
    cq: *mut ibv_cq,
    ne: c_int,
    wc: *mut ibv_wc,
) -> c_int {
    gate::minus_one(|| {
        // SAFETY: the promise *object*.
        let kernel = unsafe { kernel(cq) }?;
        let room = u32::try_from(ne).map_err(|_| Errno::EINVAL)?;
        let found = post::poll(kernel, handle!(cq), room)?;
        for (index, completion) in found.iter().enumerate() {
            // SAFETY: the promise *place*, and no more were found than asked for.
            unsafe { wc.add(index).write(*completion) };
        }
        Ok(found.len() as c_int)
    })
}
