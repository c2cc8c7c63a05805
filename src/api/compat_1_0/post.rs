//! Posting and polling for programs of 1.0, through the table in their context.
//!
//! Requests of 1.0 are shorter and begin otherwise, so each list is translated on the stack, in
//! portions, and posted through the slot of the real context.

use std::ffi::c_int;
use std::mem::MaybeUninit;
use std::ptr::null_mut;

use super::Wrapper;
use crate::abi::*;
use crate::base::errno::Errno;
use crate::provider::refuse::set_errno;

/// The table of a context: what inline functions of 1.0 call. The other slots were for drivers
/// and are empty.
pub(super) fn slots() -> ibv_context_ops_1_0 {
    ibv_context_ops_1_0 {
        poll_cq: Some(poll_cq),
        req_notify_cq: Some(req_notify_cq),
        post_srq_recv: Some(post_srq_recv),
        post_send: Some(post_send),
        post_recv: Some(post_recv),
        ..Zeroed::zeroed()
    }
}

/// How many requests are translated at a time.
pub(super) const PORTION: usize = 32;

/// A work request of 1.0.
pub(super) trait Request {
    type Real;

    fn next(&self) -> *mut Self;

    /// The request as the real queue takes it, at the end of a list.
    ///
    /// # Safety
    /// An address handle of the request is NULL or alive.
    unsafe fn real(&self, is_datagram: bool) -> Result<Self::Real, Errno>;

    fn link(real: &mut Self::Real, next: *mut Self::Real);
}

impl Request for ibv_recv_wr_1_0 {
    type Real = ibv_recv_wr;

    fn next(&self) -> *mut Self {
        self.next
    }

    unsafe fn real(&self, _: bool) -> Result<ibv_recv_wr, Errno> {
        Ok(ibv_recv_wr {
            wr_id: self.wr_id,
            next: null_mut(),
            sg_list: self.sg_list,
            num_sge: self.num_sge,
        })
    }

    fn link(real: &mut ibv_recv_wr, next: *mut ibv_recv_wr) {
        real.next = next;
    }
}

impl Request for ibv_send_wr_1_0 {
    type Real = ibv_send_wr;

    fn next(&self) -> *mut Self {
        self.next
    }

    unsafe fn real(&self, is_datagram: bool) -> Result<ibv_send_wr, Errno> {
        let mut wr: ibv_send_wr_wr = Zeroed::zeroed();
        if is_datagram {
            // SAFETY: requests of a UD queue pair have this member.
            let ud = unsafe { self.wr.ud };
            wr.ud = ibv_send_wr_wr_ud {
                // SAFETY: by contract.
                ah: unsafe { ud.ah.real() }?,
                remote_qpn: ud.remote_qpn,
                remote_qkey: ud.remote_qkey,
            };
        } else {
            // SAFETY: any bytes are a value of it, and it is the longest member.
            let atomic = unsafe { self.wr.atomic };
            wr.atomic = ibv_send_wr_wr_atomic {
                remote_addr: atomic.remote_addr,
                // For an RDMA request this holds the key, which stands at the same place there.
                compare_add: atomic.compare_add,
                swap: atomic.swap,
                rkey: atomic.rkey,
            };
        }
        Ok(ibv_send_wr {
            wr_id: self.wr_id,
            sg_list: self.sg_list,
            num_sge: self.num_sge,
            opcode: self.opcode,
            send_flags: self.send_flags as u32,
            imm: ibv_send_wr_imm {
                imm_data: self.imm_data,
            },
            wr,
            ..Zeroed::zeroed()
        })
    }

    fn link(real: &mut ibv_send_wr, next: *mut ibv_send_wr) {
        real.next = next;
    }
}

/// Requests translated together, in memory of the stack.
struct Portion<T: Request> {
    real: [MaybeUninit<T::Real>; PORTION],
    count: usize,
}

impl<T: Request> Portion<T> {
    fn new() -> Portion<T> {
        Portion {
            real: [const { MaybeUninit::uninit() }; PORTION],
            count: 0,
        }
    }

    /// Adds a request behind those that are there; the caller has looked that there is room.
    fn push(&mut self, real: T::Real) {
        let place = self.real[self.count].write(real) as *mut T::Real;
        if let Some(before) = self.count.checked_sub(1) {
            // SAFETY: all places before `count` have been written.
            T::link(unsafe { self.real[before].assume_init_mut() }, place);
        }
        self.count += 1;
    }

    fn first(&mut self) -> *mut T::Real {
        self.real.as_mut_ptr().cast()
    }

    /// Which of the requests a pointer names; the first, if it names none.
    fn index_of(&self, real: *mut T::Real) -> usize {
        let distance = real.addr().wrapping_sub(self.real.as_ptr().addr());
        let index = distance / size_of::<T::Real>();
        if index < self.count { index } else { 0 }
    }
}

/// Translates a list and posts it, portion by portion; names the request that was refused.
///
/// # Safety
/// A list as verbs want it, ended by NULL; `bad` is NULL or a place to write.
pub(super) unsafe fn post_list<T: Request>(
    list: *mut T,
    bad: *mut *mut T,
    is_datagram: bool,
    post: impl Fn(*mut T::Real, *mut *mut T::Real) -> c_int,
) -> c_int {
    let mut next = list;
    while !next.is_null() {
        let begin = next;
        let mut portion = Portion::<T>::new();
        let mut refusal = None;
        while portion.count < PORTION
            // SAFETY: by contract.
            && let Some(old) = unsafe { next.as_ref() }
        {
            // SAFETY: by contract.
            match unsafe { old.real(is_datagram) } {
                Ok(real) => portion.push(real),
                Err(errno) => {
                    refusal = Some(errno);
                    break;
                }
            }
            next = old.next();
        }
        if portion.count > 0 {
            let mut bad_real = null_mut();
            let failed = post(portion.first(), &mut bad_real);
            if failed != 0 {
                let index = portion.index_of(bad_real);
                // SAFETY: by contract; the list has more than `index` requests from `begin` on.
                unsafe { name(bad, begin, index) };
                return failed;
            }
        }
        if let Some(errno) = refusal {
            // SAFETY: by contract.
            unsafe { name(bad, next, 0) };
            set_errno(errno);
            return errno.0;
        }
    }
    0
}

/// Tells the program which request of its list was refused.
///
/// # Safety
/// The list has more than `index` requests; `bad` is NULL or a place to write.
unsafe fn name<T: Request>(bad: *mut *mut T, list: *mut T, index: usize) {
    let mut request = list;
    for _ in 0..index {
        // SAFETY: by contract.
        request = unsafe { &*request }.next();
    }
    // SAFETY: by contract.
    if let Some(place) = unsafe { bad.as_mut() } {
        *place = request;
    }
}

/// Ends a function of the table that was called with something else than its object.
fn refuse(errno: Errno) -> c_int {
    set_errno(errno);
    errno.0
}

/// The slot of the real context, or the answer for its absence.
///
/// Expands inside a function that returns `Result<c_int, Errno>`.
macro_rules! slot {
    ($real:expr, $slot:ident) => {{
        // SAFETY: a live object keeps its context open.
        let context = unsafe { (*$real).context };
        // SAFETY: as above; programs may have put functions of their own into the slots.
        unsafe { (*context).ops.$slot }.ok_or(Errno::EOPNOTSUPP)?
    }};
}

/// # Safety
/// The promises of `gate`.
unsafe extern "C" fn poll_cq(cq: *mut ibv_cq_1_0, num_entries: c_int, wc: *mut ibv_wc) -> c_int {
    let polled = || {
        // SAFETY: the promise *object*.
        let real = unsafe { cq.real() }?;
        let poll = slot!(real, poll_cq);
        // SAFETY: what the caller promised; work completions have not changed since 1.0.
        Ok(unsafe { poll(real, num_entries, wc) })
    };
    polled().unwrap_or_else(|errno| {
        refuse(errno);
        -1
    })
}

/// # Safety
/// The promises of `gate`.
unsafe extern "C" fn req_notify_cq(cq: *mut ibv_cq_1_0, solicited_only: c_int) -> c_int {
    let armed = || {
        // SAFETY: the promise *object*.
        let real = unsafe { cq.real() }?;
        let arm = slot!(real, req_notify_cq);
        // SAFETY: what the caller promised.
        Ok(unsafe { arm(real, solicited_only) })
    };
    armed().unwrap_or_else(refuse)
}

/// Defines the functions that post lists.
macro_rules! posts {
    ($($slot:ident($object:ident: $type:ty, $request:ty), $is_datagram:expr;)*) => {
        $(
            /// # Safety
            /// The promises of `gate`.
            unsafe extern "C" fn $slot(
                $object: *mut $type,
                list: *mut $request,
                bad: *mut *mut $request,
            ) -> c_int {
                let posted = || {
                    // SAFETY: the promise *object*.
                    let real: *mut _ = unsafe { $object.real() }?;
                    let post = slot!(real, $slot);
                    let is_datagram = ($is_datagram)(real);
                    let post = |list, bad| {
                        // SAFETY: a list of ours with what the caller promised in it.
                        unsafe { post(real, list, bad) }
                    };
                    // SAFETY: the promise *argument*.
                    Ok(unsafe { post_list(list, bad, is_datagram, post) })
                };
                posted().unwrap_or_else(refuse)
            }
        )*
    };
}

posts! {
    // SAFETY: a real QP is alive as long as its wrapper.
    post_send(qp: ibv_qp_1_0, ibv_send_wr_1_0), |qp: *mut ibv_qp| unsafe { (*qp).qp_type } == IBV_QPT_UD;
    post_recv(qp: ibv_qp_1_0, ibv_recv_wr_1_0), |_| false;
    post_srq_recv(srq: ibv_srq_1_0, ibv_recv_wr_1_0), |_| false;
}
