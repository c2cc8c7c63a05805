//! Wrappers on the fake NIC; `c-tests/compat` runs traffic through them.

use std::ffi::c_int;
use std::ptr::null_mut;

use super::device::Device;
use super::post::{PORTION, post_list};
use super::*;
use crate::api::{comp_channel, cq, device as newer, pd};
use crate::provider::fake;
use crate::provider::refuse::set_errno;

/// Runs one call; the blocks of these tests all have the same argument.
macro_rules! call {
    ($($call:tt)*) => {
        // SAFETY: the promises of `gate`: NULL, or objects and places of the test's own.
        unsafe { $($call)* }
    };
}

fn opened() -> *mut ibv_context_1_0 {
    let device = Device::into_raw(fake::device());
    let context = call!(ibv_open_device(device));
    // As a program that frees the list while a device is open.
    drop(call!(Device::from_raw(device)));
    assert!(!context.is_null());
    context
}

fn close(context: *mut ibv_context_1_0) {
    assert_eq!(call!(ibv_close_device(context)), 0);
}

macro_rules! refuses {
    ($($call:expr => $answer:expr;)*) => {
        $(
            set_errno(Errno(0));
            assert_eq!(call!($call), $answer, stringify!($call));
            assert_eq!(Errno::last(), Errno::EINVAL, stringify!($call));
        )*
    };
}

#[test]
fn null_is_einval_in_every_function() {
    const EINVAL: c_int = libc::EINVAL;
    refuses! {
        ibv_get_device_name(null_mut()).is_null() => true;
        ibv_get_device_guid(null_mut()) => 0;
        ibv_open_device(null_mut()).is_null() => true;
        ibv_close_device(null_mut()) => EINVAL;
        ibv_query_device(null_mut(), null_mut()) => EINVAL;
        ibv_query_port(null_mut(), 1, null_mut()) => EINVAL;
        ibv_query_gid(null_mut(), 1, 0, null_mut()) => -1;
        ibv_query_pkey(null_mut(), 1, 0, null_mut()) => -1;
        ibv_alloc_pd(null_mut()).is_null() => true;
        ibv_dealloc_pd(null_mut()) => EINVAL;
        ibv_reg_mr(null_mut(), null_mut(), 1, 0).is_null() => true;
        ibv_dereg_mr(null_mut()) => EINVAL;
        ibv_create_ah(null_mut(), null_mut()).is_null() => true;
        ibv_destroy_ah(null_mut()) => EINVAL;
        ibv_create_cq(null_mut(), 1, null_mut(), null_mut(), 0).is_null() => true;
        ibv_resize_cq(null_mut(), 1) => EINVAL;
        ibv_destroy_cq(null_mut()) => EINVAL;
        ibv_get_cq_event(null_mut(), null_mut(), null_mut()) => -1;
        ibv_create_srq(null_mut(), null_mut()).is_null() => true;
        ibv_modify_srq(null_mut(), null_mut(), 0) => EINVAL;
        ibv_query_srq(null_mut(), null_mut()) => EINVAL;
        ibv_destroy_srq(null_mut()) => EINVAL;
        ibv_create_qp(null_mut(), null_mut()).is_null() => true;
        ibv_modify_qp(null_mut(), null_mut(), 0) => EINVAL;
        ibv_query_qp(null_mut(), null_mut(), 0, null_mut()) => EINVAL;
        ibv_destroy_qp(null_mut()) => EINVAL;
        ibv_attach_mcast(null_mut(), null_mut(), 0) => EINVAL;
        ibv_detach_mcast(null_mut(), null_mut(), 0) => EINVAL;
        ibv_get_async_event(null_mut(), null_mut()) => -1;
        ibv_free_device_list(null_mut()) => ();
        ibv_ack_cq_events(null_mut(), 1) => ();
        ibv_ack_async_event(null_mut()) => ();
        ibv_register_driver(null_mut(), None) => ();
    }
    let slots = post::slots();
    refuses! {
        slots.poll_cq.expect("filled")(null_mut(), 1, null_mut()) => -1;
        slots.req_notify_cq.expect("filled")(null_mut(), 0) => EINVAL;
        slots.post_send.expect("filled")(null_mut(), null_mut(), null_mut()) => EINVAL;
        slots.post_recv.expect("filled")(null_mut(), null_mut(), null_mut()) => EINVAL;
        slots.post_srq_recv.expect("filled")(null_mut(), null_mut(), null_mut()) => EINVAL;
    }
}

#[test]
fn objects_of_one_node_are_refused_by_the_other() {
    let context = opened();
    let real = call!((*context).real_context);
    let domain = call!(ibv_alloc_pd(context));
    let newer_domain = call!(pd::ibv_alloc_pd(real));
    let cqs = call!((
        ibv_create_cq(context, 1, null_mut(), null_mut(), 0),
        cq::ibv_create_cq(real, 1, null_mut(), null_mut(), 0),
    ));
    refuses! {
        // Ours in newer functions.
        newer::ibv_close_device(context.cast()) => libc::EINVAL;
        newer::ibv_query_device(context.cast(), &mut Zeroed::zeroed()) => libc::EINVAL;
        pd::ibv_alloc_pd(context.cast()).is_null() => true;
        pd::ibv_dealloc_pd(domain.cast()) => libc::EINVAL;
        cq::ibv_destroy_cq(cqs.0.cast()) => libc::EINVAL;
        // Theirs in ours.
        ibv_close_device(real.cast()) => libc::EINVAL;
        ibv_alloc_pd(real.cast()).is_null() => true;
        ibv_dealloc_pd(newer_domain.cast()) => libc::EINVAL;
        ibv_destroy_cq(cqs.1.cast()) => libc::EINVAL;
    }
    assert_eq!(call!(cq::ibv_destroy_cq(cqs.1)), 0);
    assert_eq!(call!(ibv_destroy_cq(cqs.0)), 0);
    assert_eq!(call!(pd::ibv_dealloc_pd(newer_domain)), 0);
    assert_eq!(call!(ibv_dealloc_pd(domain)), 0);
    close(context);
}

#[test]
fn a_device_outlives_its_list_while_it_is_open() {
    let context = opened();
    let device = call!((*context).device);
    let name = call!(ibv_get_device_name(device));
    // SAFETY: the device keeps its name.
    assert_eq!(unsafe { std::ffi::CStr::from_ptr(name) }, c"fake0");
    assert_ne!(call!(ibv_get_device_guid(device)), 0);
    let real = call!((*context).real_context);
    assert_eq!(
        call!(((*context).cmd_fd, (*context).async_fd)),
        call!(((*real).cmd_fd, (*real).async_fd))
    );
    close(context);
}

#[test]
fn a_channel_begins_with_its_descriptor() {
    let context = opened();
    let channel = call!(comp_channel::ibv_create_comp_channel(context.cast()));
    assert!(call!(is_old_channel(channel)));
    let real = call!(channel::real_channel(channel));
    let fd = call!((*real).fd);
    assert_eq!(call!(channel.cast::<c_int>().read()), fd);
    assert_eq!(call!((*channel).fd), fd);
    assert!(!call!(is_old_channel(real)));
    call!((*real).refcnt = 1);
    assert_eq!(
        call!(comp_channel::ibv_destroy_comp_channel(channel)),
        libc::EBUSY
    );
    call!((*real).refcnt = 0);
    assert_eq!(call!(comp_channel::ibv_destroy_comp_channel(channel)), 0);
    close(context);
}

#[test]
fn the_attributes_of_1_0_end_where_they_did() {
    assert_eq!(std::mem::offset_of!(ibv_qp_attr, rate_limit), 136);
}

/// A list of `len` requests with their numbers from 0 on.
fn list(len: usize) -> Vec<ibv_recv_wr_1_0> {
    let mut requests: Vec<ibv_recv_wr_1_0> = (0..len)
        .map(|index| ibv_recv_wr_1_0 {
            wr_id: index as u64,
            ..Zeroed::zeroed()
        })
        .collect();
    for index in 1..len {
        requests[index - 1].next = &raw mut requests[index];
    }
    requests
}

/// Posts a list to a queue with room for so many; gives the answer, what was posted and which
/// request was named.
fn post(len: usize, room: usize) -> (c_int, usize, Option<u64>) {
    use std::cell::RefCell;

    let mut requests = list(len);
    let posted = RefCell::new(Vec::new());
    let mut bad = null_mut();
    let queue = |list: *mut ibv_recv_wr, bad: *mut *mut ibv_recv_wr| {
        let mut next = list;
        while !next.is_null() {
            // SAFETY: a list of the function under test.
            let request = unsafe { next.read() };
            if posted.borrow().len() == room {
                // SAFETY: a place of the function under test.
                unsafe { bad.write(next) };
                return libc::ENOMEM;
            }
            posted.borrow_mut().push(request.wr_id);
            next = request.next;
        }
        0
    };
    let first = requests
        .first_mut()
        .map_or(null_mut(), |first| &raw mut *first);
    let failed = call!(post_list(first, &mut bad, false, queue));
    let posted = posted.into_inner();
    assert!(posted.iter().copied().eq(0..posted.len() as u64));
    // SAFETY: NULL or a request of the list.
    let named = unsafe { bad.as_ref() }.map(|bad| bad.wr_id);
    (failed, posted.len(), named)
}

#[test]
fn lists_of_any_length_are_posted_in_order() {
    for len in [0, 1, PORTION - 1, PORTION, PORTION + 1, 5 * PORTION] {
        assert_eq!(post(len, usize::MAX), (0, len, None), "{len}");
    }
}

#[test]
fn the_refused_request_of_a_list_is_named() {
    for room in [0, 1, PORTION - 1, PORTION, PORTION + 1, 3 * PORTION - 1] {
        let answer = post(3 * PORTION, room);
        assert_eq!(answer, (libc::ENOMEM, room, Some(room as u64)), "{room}");
    }
}
