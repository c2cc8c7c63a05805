//! Records of events, as the kernel writes them, and who waits for their acknowledgement.

use std::io::Write;
use std::os::fd::{IntoRawFd, OwnedFd};
use std::sync::mpsc::channel;

use super::super::init_sync;
use super::*;
use crate::api::comp_channel::{ibv_ack_cq_events, ibv_get_cq_event};
use crate::api::cq::verbs_init_cq;
use crate::api::event::{ibv_ack_async_event, ibv_get_async_event};
use crate::base::errno::Errno;
use crate::kernel::tests::script::words;
use crate::provider::refuse::set_errno;

/// A descriptor without blocking, and the end the kernel writes to.
fn events() -> (c_int, std::fs::File) {
    let (theirs, ours) = nix::unistd::pipe2(nix::fcntl::OFlag::O_NONBLOCK).expect("a pipe");
    (theirs.into_raw_fd(), OwnedFd::into(ours))
}

fn async_record(element: u64, event_type: ibv_event_type) -> Vec<u8> {
    let mut record = element.to_ne_bytes().to_vec();
    record.extend(event_type.to_ne_bytes());
    record.extend([0; 4]);
    record
}

/// A context that has its descriptor of asynchronous events, and the other end of it.
fn with_events() -> (Opened, std::fs::File) {
    let opened = opened();
    let (fd, kernel) = events();
    // SAFETY: an open context of the test's own.
    unsafe { (*opened.context).async_fd = fd };
    (opened, kernel)
}

fn next(opened: &Opened) -> Result<ibv_async_event, Errno> {
    let mut event: ibv_async_event = Zeroed::zeroed();
    set_errno(Errno(0));
    match call!(ibv_get_async_event(opened.context, &mut event)) {
        0 => Ok(event),
        other => {
            assert_eq!(other, -1);
            Err(Errno::last())
        }
    }
}

#[test]
fn an_event_names_its_object_and_is_counted_there() {
    let (opened, mut kernel) = with_events();
    let mut queue = opened.cq();
    call!(verbs_init_cq(
        &mut queue,
        opened.context,
        null_mut(),
        null_mut()
    ));
    let place = &raw mut queue;
    let record = async_record(place as u64, IBV_EVENT_CQ_ERR);
    kernel.write_all(&record).expect("room");
    let mut event = next(&opened).expect("an event");
    assert_eq!(event.event_type, IBV_EVENT_CQ_ERR);
    // SAFETY: the type says which member is set.
    assert_eq!(unsafe { event.element.cq }, place);
    call!(ibv_ack_async_event(&mut event));
    assert_eq!(
        (queue.async_events_completed, queue.comp_events_completed),
        (1, 0)
    );
}

#[test]
fn an_event_of_a_port_or_of_the_device_has_a_number_and_nothing_to_count() {
    let (opened, mut kernel) = with_events();
    // A type that came after this library is told as it is.
    for event_type in [IBV_EVENT_PORT_ERR, IBV_EVENT_DEVICE_FATAL, 77] {
        kernel
            .write_all(&async_record(2, event_type))
            .expect("room");
        let mut event = next(&opened).expect("an event");
        assert_eq!(event.event_type, event_type);
        // SAFETY: as above.
        assert_eq!(unsafe { event.element.port_num }, 2);
        call!(ibv_ack_async_event(&mut event));
    }
}

#[test]
fn no_record_is_no_event() {
    let (opened, kernel) = with_events();
    assert_eq!(next(&opened).map(drop), Err(Errno::EAGAIN));
    drop(kernel);
    // The end of the file is a read of no bytes.
    assert_eq!(next(&opened).map(drop), Err(Errno::EIO));
}

#[test]
fn a_short_record_is_no_event() {
    for length in [1, 8, 15] {
        let (opened, mut kernel) = with_events();
        let record = async_record(2, IBV_EVENT_PORT_ERR);
        kernel.write_all(&record[..length]).expect("room");
        assert_eq!(next(&opened).map(drop), Err(Errno::EIO), "{length} bytes");
        kernel.write_all(&record).expect("room");
        assert!(next(&opened).is_ok());
    }
}

#[test]
fn a_completion_event_names_its_queue_and_a_short_one_none() {
    let opened = opened();
    let (fd, mut kernel) = events();
    let mut channel = ibv_comp_channel {
        context: opened.context,
        fd,
        refcnt: 0,
    };
    let mut queue = opened.cq();
    let owner = 0x77 as *mut std::ffi::c_void;
    call!(verbs_init_cq(
        &mut queue,
        opened.context,
        &mut channel,
        owner
    ));
    let place = &raw mut queue;
    let record = (place as u64).to_ne_bytes();
    let mut get = || {
        let (mut found, mut found_owner) = (null_mut(), null_mut());
        set_errno(Errno(0));
        let result = call!(ibv_get_cq_event(&mut channel, &mut found, &mut found_owner));
        (result, found, found_owner, Errno::last())
    };
    assert_eq!(get(), (-1, null_mut(), null_mut(), Errno::EAGAIN));
    kernel.write_all(&record[..5]).expect("room");
    assert_eq!(get(), (-1, null_mut(), null_mut(), Errno::EIO));
    kernel.write_all(&record).expect("room");
    assert_eq!(get(), (0, place, owner, Errno(0)));
    call!(ibv_ack_cq_events(place, 1));
    assert_eq!(queue.comp_events_completed, 1);
    // SAFETY: the test's own.
    unsafe { libc::close(fd) };
}

/// Acknowledges an event from another thread while an object is destroyed of which two were
/// reported and one has been acknowledged; the other one is before the destruction returns.
fn destruction_waits(
    opened: &Opened,
    object: u16,
    event: ibv_async_event,
    destroy: impl FnOnce() -> c_int,
) {
    struct Event(ibv_async_event);
    // SAFETY: the object outlives the thread, and what is counted there has its mutex.
    unsafe impl Send for Event {}

    opened.script.push(move |call| {
        call.ioctl(object, 1);
        call.reply(1, Reply::Bytes(words(&[2])));
        Ok(())
    });
    let mut first = event;
    call!(ibv_ack_async_event(&mut first));
    let (said, heard) = channel();
    let event = Event(event);
    let acknowledger = std::thread::spawn(move || {
        let Event(mut event) = { event };
        said.send(()).expect("heard");
        call!(ibv_ack_async_event(&mut event));
    });
    assert_eq!(destroy(), 0);
    heard
        .try_recv()
        .expect("said before the destruction returned");
    acknowledger.join().expect("no panic");
}

#[test]
fn destroying_a_qp_waits_for_its_events() {
    let opened = opened();
    let mut object = ibv_qp {
        context: opened.context,
        handle: 6,
        ..Zeroed::zeroed()
    };
    let place = &raw mut object;
    let event = ibv_async_event {
        element: ibv_async_event_element { qp: place },
        event_type: IBV_EVENT_QP_FATAL,
    };
    call!(init_sync(&raw mut (*place).mutex, &raw mut (*place).cond));
    destruction_waits(&opened, 4, event, || {
        call!(super::super::qp::ibv_cmd_destroy_qp(place))
    });
    assert_eq!(object.events_completed, 2);
}

#[test]
fn destroying_an_srq_waits_for_its_events() {
    let opened = opened();
    let mut object = ibv_srq {
        context: opened.context,
        handle: 8,
        ..Zeroed::zeroed()
    };
    let place = &raw mut object;
    let event = ibv_async_event {
        element: ibv_async_event_element { srq: place },
        event_type: IBV_EVENT_SRQ_LIMIT_REACHED,
    };
    call!(init_sync(&raw mut (*place).mutex, &raw mut (*place).cond));
    destruction_waits(&opened, 5, event, || {
        call!(super::super::srq::ibv_cmd_destroy_srq(place))
    });
    assert_eq!(object.events_completed, 2);
}

#[test]
fn destroying_a_wq_waits_for_its_events() {
    let opened = opened();
    let mut object = ibv_wq {
        context: opened.context,
        handle: 9,
        ..Zeroed::zeroed()
    };
    let place = &raw mut object;
    let event = ibv_async_event {
        element: ibv_async_event_element { wq: place },
        event_type: IBV_EVENT_WQ_FATAL,
    };
    call!(init_sync(&raw mut (*place).mutex, &raw mut (*place).cond));
    destruction_waits(&opened, 12, event, || {
        call!(super::super::wq::ibv_cmd_destroy_wq(place))
    });
    assert_eq!(object.events_completed, 2);
}
