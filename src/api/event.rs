//! Asynchronous events, and how acknowledging wakes whoever waits to destroy an object.

use std::ffi::c_int;

use libc::{pthread_cond_t, pthread_mutex_t};

use super::gate::{self, Owned, not_null, op};
use crate::abi::*;
use crate::base::errno::Errno;

/// What an asynchronous event concerns.
pub(super) enum Subject {
    Cq,
    Qp,
    Srq,
    Wq,
    Port,
}

pub(super) fn subject(event_type: ibv_event_type) -> Subject {
    match event_type {
        IBV_EVENT_CQ_ERR => Subject::Cq,
        IBV_EVENT_QP_FATAL
        | IBV_EVENT_QP_REQ_ERR
        | IBV_EVENT_QP_ACCESS_ERR
        | IBV_EVENT_COMM_EST
        | IBV_EVENT_SQ_DRAINED
        | IBV_EVENT_PATH_MIG
        | IBV_EVENT_PATH_MIG_ERR
        | IBV_EVENT_QP_LAST_WQE_REACHED => Subject::Qp,
        IBV_EVENT_SRQ_ERR | IBV_EVENT_SRQ_LIMIT_REACHED => Subject::Srq,
        IBV_EVENT_WQ_FATAL => Subject::Wq,
        _ => Subject::Port,
    }
}

/// Reads one record of the kernel's format; a short one is as bad as none.
pub(super) fn read_record<T: Zeroed>(fd: c_int, record: &mut T) -> Result<(), Errno> {
    let room = size_of::<T>();
    // SAFETY: the place is as large as asked for, and any bytes are a value of a kernel record.
    let got = unsafe { libc::read(fd, (record as *mut T).cast(), room) };
    match Errno::result(got as i64)? {
        got if got as usize == room => Ok(()),
        _ => Err(Errno::EIO),
    }
}

/// Counts acknowledged events and wakes whoever waits for the count.
///
/// # Safety
/// The three belong to one live object, whose mutex and condition are initialised.
pub(super) unsafe fn signal(
    mutex: *mut pthread_mutex_t,
    cond: *mut pthread_cond_t,
    count: *mut u32,
    by: u32,
) {
    // SAFETY: initialised by contract.
    unsafe { libc::pthread_mutex_lock(mutex) };
    // SAFETY: the mutex guards the count.
    unsafe { count.write(count.read().wrapping_add(by)) };
    // SAFETY: initialised by contract.
    unsafe { libc::pthread_cond_signal(cond) };
    // SAFETY: locked above.
    unsafe { libc::pthread_mutex_unlock(mutex) };
}

/// Waits until everything that was reported of an object has been acknowledged.
///
/// Without end if an event is kept: that is how verbs protect an event from naming a dead object.
///
/// # Safety
/// Mutex and condition are those of a live object, initialised, and `is_done` reads nothing but
/// what they guard.
pub(super) unsafe fn wait(
    mutex: *mut pthread_mutex_t,
    cond: *mut pthread_cond_t,
    is_done: impl Fn() -> bool,
) {
    // SAFETY: initialised by contract.
    unsafe { libc::pthread_mutex_lock(mutex) };
    while !is_done() {
        // SAFETY: locked above.
        unsafe { libc::pthread_cond_wait(cond, mutex) };
    }
    // SAFETY: locked above.
    unsafe { libc::pthread_mutex_unlock(mutex) };
}

/// `man ibv_get_async_event(3)`: −1 when there is no event, as `read` would.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_get_async_event(
    context: *mut ibv_context,
    event: *mut ibv_async_event,
) -> c_int {
    gate::minus_one(|| {
        not_null(event)?;
        // SAFETY: the promise *object*.
        let context = unsafe { context.context() }?;
        let async_event = op!(context, async_event);
        // SAFETY: the context is open.
        let fd = unsafe { (*context).async_fd };
        let mut record: ib_uverbs_async_event_desc = Zeroed::zeroed();
        read_record(fd, &mut record)?;
        let handle = record.element as usize;
        let element = match subject(record.event_type) {
            Subject::Cq => ibv_async_event_element {
                cq: handle as *mut _,
            },
            Subject::Qp => ibv_async_event_element {
                qp: handle as *mut _,
            },
            Subject::Srq => ibv_async_event_element {
                srq: handle as *mut _,
            },
            Subject::Wq => ibv_async_event_element {
                wq: handle as *mut _,
            },
            Subject::Port => ibv_async_event_element {
                port_num: handle as c_int,
            },
        };
        // SAFETY: the promise *place*.
        unsafe {
            event.write(ibv_async_event {
                element,
                event_type: record.event_type,
            })
        };
        // SAFETY: the provider's own operation on its own context.
        unsafe { async_event(context, event) };
        Ok(0)
    })
}

/// `man ibv_ack_async_event(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_ack_async_event(event: *mut ibv_async_event) {
    /// Counts on the object the event names.
    macro_rules! acknowledge {
        ($object:expr, $count:ident) => {{
            let object = $object;
            not_null(object)?;
            // SAFETY: the promise *argument*: the event came from `ibv_get_async_event`, and its
            // object lives, since destroying it waits for exactly this.
            unsafe {
                signal(
                    &raw mut (*object).mutex,
                    &raw mut (*object).cond,
                    &raw mut (*object).$count,
                    1,
                );
            }
        }};
    }

    gate::nothing(|| {
        not_null(event)?;
        // SAFETY: the promise *argument*.
        let event = unsafe { event.read() };
        let element = event.element;
        match subject(event.event_type) {
            // SAFETY: the type of the event says which member is set.
            Subject::Cq => acknowledge!(unsafe { element.cq }, async_events_completed),
            // SAFETY: as above.
            Subject::Qp => acknowledge!(unsafe { element.qp }, events_completed),
            // SAFETY: as above.
            Subject::Srq => acknowledge!(unsafe { element.srq }, events_completed),
            // SAFETY: as above.
            Subject::Wq => acknowledge!(unsafe { element.wq }, events_completed),
            Subject::Port => {}
        }
        Ok(())
    });
}
