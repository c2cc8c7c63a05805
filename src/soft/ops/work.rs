//! The data path: posting and polling.

use super::gate;
use crate::abi::{ibv_cq, ibv_qp, ibv_recv_wr, ibv_send_wr, ibv_srq, ibv_wc};
use crate::base::errno::Errno;
use crate::engine::types::{PostError, SendFlags};
use crate::soft::convert::{self, WC_WORDS};
use crate::soft::handle;
use crate::soft::objects::{Qp, QpGuard, Route};
use std::ffi::c_int;

pub(super) unsafe extern "C" fn post_send(
    qp: *mut ibv_qp,
    list: *mut ibv_send_wr,
    bad_wr: *mut *mut ibv_send_wr,
) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object: &Qp = unsafe { handle::qp(qp) }?;
        let process = &*object.context.process;
        process.check_ours()?;
        let mut guard = object.lock();
        let mut result = Ok(());
        let mut next = list;
        // SAFETY: a list of the application that ends with NULL.
        while let Some(wr) = unsafe { next.as_ref() } {
            // SAFETY: as above.
            if let Err(error) = unsafe { post_one(object, &mut guard, wr) } {
                result = Err(convert::post_errno(object.qpn, error));
                // SAFETY: NULL or a place of the application's.
                if let Some(place) = unsafe { bad_wr.as_mut() } {
                    *place = next;
                }
                break;
            }
            next = wr.next;
        }
        process.drive(object, &mut guard);
        let is_loopback = matches!(&guard.route, Route::Peer(peer) if peer.is_self());
        drop(guard);
        if is_loopback {
            process.poll();
        }
        result
    })
}

/// Queues one work request.
///
/// # Safety
/// The work request and all it points to must be as verbs wants them.
#[inline]
unsafe fn post_one(qp: &Qp, guard: &mut QpGuard<'_>, wr: &ibv_send_wr) -> Result<(), PostError> {
    qp.check_send_room(&guard.engine)?;
    let mut datagram = None;
    // SAFETY: the caller's obligation.
    let request = unsafe { convert::send_wr(wr, qp.service, &mut datagram) }?;
    // SAFETY: the caller's obligation.
    let sges = unsafe { convert::sges(wr.sg_list, wr.num_sge) }?;
    if !request.flags.contains(SendFlags::INLINE) {
        return guard.engine.post_send(&request, sges);
    }
    let total: u64 = sges.iter().map(|sge| u64::from(sge.len_bytes)).sum();
    let total = u32::try_from(total).map_err(|_| PostError::TooMuch)?;
    let mut room = guard.engine.post_send_inline(&request, total)?;
    for sge in sges {
        let (place, rest) = room.split_at_mut(sge.len_bytes as usize);
        // SAFETY: inline data is memory of the application's own, no key involved; the place is
        // as long as the element.
        unsafe {
            std::ptr::copy_nonoverlapping(sge.addr as *const u8, place.as_mut_ptr(), place.len());
        }
        room = rest;
    }
    Ok(())
}

pub(super) unsafe extern "C" fn post_recv(
    qp: *mut ibv_qp,
    list: *mut ibv_recv_wr,
    bad_wr: *mut *mut ibv_recv_wr,
) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object: &Qp = unsafe { handle::qp(qp) }?;
        let process = &*object.context.process;
        process.check_ours()?;
        let mut guard = object.lock();
        // SAFETY: a list of the application that ends with NULL.
        let posted = unsafe {
            post_receives(list, bad_wr, |wr_id, sges| {
                guard.engine.post_recv(wr_id, sges)
            })
        };
        // In the error state what was posted is flushed at once.
        object.reap(&mut guard.engine);
        drop(guard);
        posted.map_err(|error| convert::post_errno(object.qpn, error))
    })
}

pub(super) unsafe extern "C" fn post_srq_recv(
    srq: *mut ibv_srq,
    list: *mut ibv_recv_wr,
    bad_wr: *mut *mut ibv_recv_wr,
) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object = unsafe { handle::srq(srq) }?;
        object.context.process.check_ours()?;
        let mut queue = object.lock();
        // SAFETY: a list of the application that ends with NULL.
        let posted =
            unsafe { post_receives(list, bad_wr, |wr_id, sges| queue.post_recv(wr_id, sges)) };
        drop(queue);
        posted.map_err(|error| convert::post_errno(crate::base::ids::Qpn(0), error))
    })
}

/// Posts each request of a list, and names the first that was refused.
///
/// # Safety
/// A list as verbs wants it, ended by NULL; `bad_wr` is NULL or a place to write.
unsafe fn post_receives(
    list: *mut ibv_recv_wr,
    bad_wr: *mut *mut ibv_recv_wr,
    mut post: impl FnMut(u64, &[crate::engine::types::Sge]) -> Result<(), PostError>,
) -> Result<(), PostError> {
    let mut next = list;
    // SAFETY: by contract.
    while let Some(wr) = unsafe { next.as_ref() } {
        // SAFETY: by contract.
        let sges = unsafe { convert::sges(wr.sg_list, wr.num_sge) };
        if let Err(error) = sges.and_then(|sges| post(wr.wr_id, sges)) {
            // SAFETY: by contract.
            if let Some(place) = unsafe { bad_wr.as_mut() } {
                *place = next;
            }
            return Err(error);
        }
        next = wr.next;
    }
    Ok(())
}

/// Gives the number of completions, or −1 for arguments that make no sense.
pub(super) unsafe extern "C" fn poll_cq(cq: *mut ibv_cq, max: c_int, out: *mut ibv_wc) -> c_int {
    let mut count = -1;
    let errno = gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object = unsafe { handle::cq(cq) }?;
        let process = &*object.context.process;
        process.check_ours()?;
        let Ok(max) = usize::try_from(max) else {
            return Err(Errno::EINVAL);
        };
        if out.is_null() && max > 0 {
            return Err(Errno::EINVAL);
        }
        if object.is_empty() {
            process.poll();
            if object.is_empty() {
                count = 0;
                return Ok(());
            }
        }
        let taken = object.poll(max, |index, words| {
            // SAFETY: the application gave room for `max` entries, and `index` is below that.
            let place = unsafe { out.add(index) };
            // SAFETY: as above; the words are those of an `ibv_wc`, which is aligned to them.
            unsafe { place.cast::<[u64; WC_WORDS]>().write(words) };
        });
        count = taken as c_int;
        Ok(())
    });
    if errno == 0 { count } else { -1 }
}
