//! Queue pairs: making, modifying, querying, destroying.

use super::{gate, gate_pointer};
use crate::abi::{
    self, Zeroed, ibv_context, ibv_pd, ibv_qp, ibv_qp_attr, ibv_qp_cap, ibv_qp_init_attr, verbs_qp,
};
use crate::base::errno::Errno;
use crate::base::sync::Ordering;
use crate::engine::types::{AttrMask, Destination, QpInit, QpState, Service};
use crate::link::local::{AccessTo, QpEntry};
use crate::log_error;
use crate::soft::context::Context;
use crate::soft::convert;
use crate::soft::drive::may_be_accessed;
use crate::soft::handle::{self, QpHandle};
use crate::soft::limits;
use crate::soft::objects::{Qp, QpGuard, QpParts, Route};
use crate::soft::process::Process;
use std::ffi::c_int;
use std::sync::Arc;

pub(super) unsafe extern "C" fn create_qp(
    pd: *mut ibv_pd,
    init: *mut ibv_qp_init_attr,
) -> *mut ibv_qp {
    gate_pointer(|| {
        // SAFETY: pointer obligations of `handle`.
        let domain = unsafe { handle::pd(pd) }?;
        // SAFETY: a live domain.
        let context = unsafe { (*pd).context };
        // SAFETY: pointer obligations of `handle`.
        let soft = unsafe { handle::context(context) }?;
        soft.process.check_ours()?;
        // SAFETY: NULL or a struct of the application, which gets the real numbers back.
        let init = unsafe { init.as_mut() }.ok_or(Errno::EINVAL)?;
        let service = service(init.qp_type)?;
        if init.send_cq.is_null() || init.recv_cq.is_null() {
            log_error!("create_qp: send_cq or recv_cq is NULL");
            return Err(Errno::EINVAL);
        }
        // SAFETY: pointer obligations of `handle`.
        let send_cq = unsafe { handle::cq(init.send_cq) }?.clone();
        // SAFETY: pointer obligations of `handle`.
        let recv_cq = unsafe { handle::cq(init.recv_cq) }?.clone();
        let srq = if init.srq.is_null() {
            None
        } else {
            // SAFETY: pointer obligations of `handle`.
            Some(unsafe { handle::srq(init.srq) }?.clone())
        };
        let ours = |other: &Arc<Context>| Arc::ptr_eq(other, soft);
        let srq_is_ours = srq.as_ref().is_none_or(|srq| ours(&srq.context));
        if !ours(&send_cq.context) || !ours(&recv_cq.context) || !srq_is_ours {
            log_error!("create_qp: a queue belongs to another context");
            return Err(Errno::EINVAL);
        }
        adjust(&mut init.cap, srq.is_some())?;
        let parts = QpParts {
            context: soft.clone(),
            pd: domain.clone(),
            send_cq,
            recv_cq,
            srq,
        };
        let qp = make(&soft.process, service, init, parts)?;
        let pointer = QpHandle::into_raw(verbs_qp::zeroed(), qp.clone()).cast::<ibv_qp>();
        qp.user_handle.store(pointer as u64, Ordering::Relaxed);
        // SAFETY: the struct was just made and nobody else knows it yet.
        let c = unsafe { &mut *pointer };
        fill(c, context, pd, init, &qp);
        soft.process.qps.insert(qp);
        Ok(pointer)
    })
}

fn service(qp_type: u32) -> Result<Service, Errno> {
    match qp_type {
        abi::IBV_QPT_RC => Ok(Service::Rc),
        abi::IBV_QPT_UC => Ok(Service::Uc),
        abi::IBV_QPT_UD => Ok(Service::Ud),
        abi::IBV_QPT_RAW_PACKET
        | abi::IBV_QPT_XRC_SEND
        | abi::IBV_QPT_XRC_RECV
        | abi::IBV_QPT_DRIVER => {
            log_error!("create_qp: QP type {qp_type} is not supported by this device");
            Err(Errno::EOPNOTSUPP)
        }
        _ => {
            log_error!("create_qp: there is no QP type {qp_type}");
            Err(Errno::EINVAL)
        }
    }
}

/// Checks the wishes of the application and turns them into what the QP will have.
fn adjust(cap: &mut ibv_qp_cap, has_srq: bool) -> Result<(), Errno> {
    if has_srq {
        cap.max_recv_wr = 0;
        cap.max_recv_sge = 0;
    }
    let wishes = [
        ("max_send_wr", cap.max_send_wr, limits::MAX_QP_WR),
        ("max_recv_wr", cap.max_recv_wr, limits::MAX_QP_WR),
        ("max_send_sge", cap.max_send_sge, limits::MAX_SGE),
        ("max_recv_sge", cap.max_recv_sge, limits::MAX_SGE),
        (
            "max_inline_data",
            cap.max_inline_data,
            limits::MAX_INLINE_BYTES,
        ),
    ];
    for (name, wish, limit) in wishes {
        if wish > limit {
            log_error!("create_qp: {name} is {wish}, the device has at most {limit}");
            return Err(Errno::EINVAL);
        }
    }
    Ok(())
}

fn make(
    process: &Arc<Process>,
    service: Service,
    init: &ibv_qp_init_attr,
    parts: QpParts,
) -> Result<Arc<Qp>, Errno> {
    let qpn = process.qps.reserve(&process.endpoint)?;
    let cap = &init.cap;
    let engine_init = QpInit {
        service,
        qpn,
        pd: parts.pd.id,
        send_depth: cap.max_send_wr.max(1),
        recv_depth: cap.max_recv_wr.max(1),
        max_send_sge: cap.max_send_sge.max(1),
        max_recv_sge: cap.max_recv_sge.max(1),
        max_inline_bytes: cap.max_inline_data,
        all_signaled: init.sq_sig_all != 0,
        recv_pd: parts.srq.as_ref().map_or(parts.pd.id, |srq| srq.pd_id()),
        has_srq: parts.srq.is_some(),
    };
    let made = process
        .start_thread()
        .and_then(|()| process.make_room_for_qps(process.qps.count()))
        .and_then(|()| Qp::new(&engine_init, parts));
    made.map(Arc::new)
        .inspect_err(|_| process.qps.unreserve(qpn))
}

fn fill(
    c: &mut ibv_qp,
    context: *mut ibv_context,
    pd: *mut ibv_pd,
    init: &ibv_qp_init_attr,
    qp: &Qp,
) {
    c.context = context;
    c.qp_context = init.qp_context;
    c.pd = pd;
    c.send_cq = init.send_cq;
    c.recv_cq = init.recv_cq;
    c.srq = init.srq;
    c.handle = qp.qpn.0;
    c.qp_num = qp.qpn.0;
    c.state = abi::IBV_QPS_RESET;
    c.qp_type = init.qp_type;
    // SAFETY: initialised in place, in memory that never moves.
    unsafe { libc::pthread_mutex_init(&mut c.mutex, std::ptr::null()) };
    // SAFETY: as above.
    unsafe { libc::pthread_cond_init(&mut c.cond, std::ptr::null()) };
}

/// Attributes `ibv_qp_attr_mask` knows; later ones are not for this call.
const KNOWN_MASK: u32 = (1 << 26) - 1;

pub(super) unsafe extern "C" fn modify_qp(
    qp: *mut ibv_qp,
    attr: *mut ibv_qp_attr,
    mask: c_int,
) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object = unsafe { handle::qp(qp) }?;
        let process = &object.context.process;
        process.check_ours()?;
        // SAFETY: NULL or a struct of the application.
        let attr = unsafe { attr.as_ref() }.ok_or(Errno::EINVAL)?;
        let bits = mask as u32;
        if bits & !KNOWN_MASK != 0 || bits & AttrMask::RATE_LIMIT.bits() != 0 {
            log_error!(
                "modify {:?}: attribute mask {bits:#x} is not supported",
                object.qpn
            );
            return Err(Errno::EOPNOTSUPP);
        }
        let mask = AttrMask::from_bits_truncate(bits);
        let wanted = convert::qp_attr(&object.context.device(), attr, mask)?;
        let mut guard = object.lock();
        // What the QP still owes its peer goes out before it changes.
        process.drive(object, &mut guard);
        let refused = |error| convert::modify_errno(object.qpn, &error);
        let to = guard.engine.check_modify(&wanted, mask).map_err(refused)?;
        if to == QpState::Rtr && object.service != Service::Ud {
            // Before anything changes: a process that lacks what a connection takes stays in INIT.
            let destination = Destination {
                dgid: wanted.av.dgid,
                dest_qpn: wanted.dest_qpn,
            };
            process.prepare_route(object, &mut guard, &destination)?;
        }
        guard.engine.modify(&wanted, mask).map_err(refused)?;
        let state = guard.engine.state();
        let was_published = guard.is_published;
        follow(process, object, &mut guard, state);
        process.drive(object, &mut guard);
        drop(guard);
        if was_published && !may_be_accessed(state) {
            process.endpoint.wait_for_accesses(AccessTo::Qp(object.qpn));
        }
        // SAFETY: a live QP; the field is the library's to write.
        unsafe { (*qp).state = state as u32 };
        Ok(())
    })
}

/// What a new state means for the peers' view, the route and old completions.
fn follow(process: &Process, qp: &Qp, guard: &mut QpGuard<'_>, state: QpState) {
    if state == QpState::Reset {
        guard.route = Route::Unknown;
        qp.send_cq.forget(qp.qpn);
        qp.recv_cq.forget(qp.qpn);
        // Only now: whoever polls just then counts up to the old completions.
        qp.forget_sends();
    }
    let table = process.endpoint.table();
    if qp.service != Service::Ud && may_be_accessed(state) {
        let attr = guard.engine.attr();
        let entry = QpEntry {
            pd: qp.pd.id,
            dest_qpn: attr.dest_qpn,
            access: attr.access.bits(),
        };
        table.publish_qp(qp.qpn, &entry);
        guard.is_published = true;
    } else if guard.is_published {
        guard.is_published = false;
        table.retract_qp(qp.qpn);
    }
}

pub(super) unsafe extern "C" fn query_qp(
    qp: *mut ibv_qp,
    attr: *mut ibv_qp_attr,
    _mask: c_int,
    init: *mut ibv_qp_init_attr,
) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object = unsafe { handle::qp(qp) }?;
        object.context.process.check_ours()?;
        // SAFETY: NULL or a struct of the application.
        let attr = unsafe { attr.as_mut() }.ok_or(Errno::EINVAL)?;
        // SAFETY: NULL or a struct of the application.
        let init = unsafe { init.as_mut() }.ok_or(Errno::EINVAL)?;
        let guard = object.lock();
        *attr = convert::c_qp_attr(guard.engine.attr());
        let state = guard.engine.state();
        drop(guard);
        attr.cap = capabilities(object);
        // SAFETY: a live QP.
        let c = unsafe { &mut *qp };
        c.state = state as u32;
        *init = ibv_qp_init_attr {
            qp_context: c.qp_context,
            send_cq: c.send_cq,
            recv_cq: c.recv_cq,
            srq: c.srq,
            cap: attr.cap,
            qp_type: c.qp_type,
            sq_sig_all: object.init.all_signaled.into(),
        };
        Ok(())
    })
}

fn capabilities(qp: &Qp) -> ibv_qp_cap {
    let init = &qp.init;
    ibv_qp_cap {
        max_send_wr: init.send_depth,
        max_recv_wr: if init.has_srq { 0 } else { init.recv_depth },
        max_send_sge: init.max_send_sge,
        max_recv_sge: if init.has_srq { 0 } else { init.max_recv_sge },
        max_inline_data: init.max_inline_bytes,
    }
}

pub(super) unsafe extern "C" fn destroy_qp(qp: *mut ibv_qp) -> c_int {
    gate(|| {
        // SAFETY: pointer obligations of `handle`.
        let object = unsafe { handle::qp(qp) }?.clone();
        let process = &object.context.process;
        if process.is_inherited() {
            // Peers, events and locks are the parent's.
            object.release();
            // SAFETY: the application gives the QP up.
            unsafe { QpHandle::free(qp) };
            return Ok(());
        }
        retire(process, &object);
        let in_transit = object.context.events.forget(qp as u64);
        let events = object
            .async_events
            .load(Ordering::Relaxed)
            .wrapping_add(in_transit);
        // SAFETY: a live QP, whose mutex and condition are initialised.
        unsafe {
            handle::wait_for_acks(&raw mut (*qp).mutex, &raw mut (*qp).cond, || {
                (*qp).events_completed == events
            });
        }
        object.release();
        // SAFETY: nobody uses the QP any more, and the application gives it up.
        unsafe { QpHandle::free(qp) };
        Ok(())
    })
}

/// Takes what a device is closed with off the wire, as closing the file of a kernel device does.
pub(super) fn retire_all(context: &Arc<Context>) {
    let process = &context.process;
    for qp in process.qps.all() {
        if Arc::ptr_eq(&qp.context, context) {
            retire(process, &qp);
        }
    }
}

/// Takes the QP off the wire: after this no packet, timer or peer reaches it.
fn retire(process: &Process, qp: &Qp) {
    let mut guard = qp.lock();
    if guard.is_destroyed {
        return;
    }
    if process.check_ours().is_ok() {
        process.drive(qp, &mut guard);
    }
    guard.is_destroyed = true;
    if guard.is_published {
        guard.is_published = false;
        process.endpoint.table().retract_qp(qp.qpn);
    }
    drop(guard);
    process.keep_counters(qp);
    process.qps.remove(qp.qpn, &process.endpoint);
    process.endpoint.wait_for_accesses(AccessTo::Qp(qp.qpn));
    qp.send_cq.forget(qp.qpn);
    qp.recv_cq.forget(qp.qpn);
}
