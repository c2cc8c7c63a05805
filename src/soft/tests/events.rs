//! Completion channels and asynchronous events.

use super::abi::*;
use super::nic::*;
use super::soft;
use std::ffi::c_int;
use std::ptr::null_mut;

/// Reads a record if there is one.
fn read_record<const N: usize>(fd: c_int) -> Option<[u64; N]> {
    let mut polled = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one element; it does not wait.
    if unsafe { libc::poll(&mut polled, 1, 0) } == 0 {
        return None;
    }
    let mut record = [0; N];
    // SAFETY: the array is as large as asked for.
    let got = unsafe { libc::read(fd, record.as_mut_ptr().cast(), size_of_val(&record)) };
    assert_eq!(got, size_of_val(&record) as isize);
    Some(record)
}

fn channel_fd(channel: *mut ibv_comp_channel) -> c_int {
    // SAFETY: a live channel.
    unsafe { (*channel).fd }
}

/// The CQ of the next event, as `ibv_get_cq_event` and `ibv_ack_cq_events` handle it.
fn take_cq_event(channel: *mut ibv_comp_channel) -> Option<*mut ibv_cq> {
    let [handle] = read_record(channel_fd(channel))?;
    let cq = handle as *mut ibv_cq;
    op!(cq_event(cq));
    // SAFETY: a live CQ.
    unsafe { (*cq).comp_events_completed += 1 };
    Some(cq)
}

/// Element and type of the next event, read and reported, not acknowledged.
fn take_async_event(nic: &Nic) -> Option<(u64, u32)> {
    // SAFETY: an open context.
    let [element, kind] = read_record(unsafe { (*nic.context).async_fd })?;
    let mut event = ibv_async_event {
        element: ibv_async_event_element {
            qp: element as *mut ibv_qp,
        },
        event_type: kind as u32,
    };
    op!(async_event(nic.context, &mut event));
    Some((element, kind as u32))
}

struct Bench {
    nic: Nic,
    channel: *mut ibv_comp_channel,
    send_cq: *mut ibv_cq,
    recv_cq: *mut ibv_cq,
    qp: *mut ibv_qp,
}

impl Bench {
    fn new() -> Bench {
        let nic = Nic::open();
        let channel = nic.channel();
        let send_cq = nic.cq(64, null_mut());
        let recv_cq = nic.cq(64, channel);
        let qp = nic.loop_qp(&Wish {
            send_cq,
            ..Wish::on(recv_cq, IBV_QPT_RC)
        });
        Bench {
            nic,
            channel,
            send_cq,
            recv_cq,
            qp,
        }
    }

    fn send(&self, flags: u32) {
        assert_eq!(post_recv(self.qp, 1, &mut []), 0);
        let mut wr = send_wr(2, IBV_WR_SEND, &mut []);
        wr.send_flags |= flags;
        assert_eq!(post_send(self.qp, &mut wr), 0);
        assert_eq!(poll(self.send_cq).status, IBV_WC_SUCCESS);
    }

    fn arm(&self, solicited_only: c_int) {
        assert_eq!(op!(req_notify_cq(self.recv_cq, solicited_only)), 0);
    }

    fn close(self) {
        assert_eq!(op!(destroy_qp(self.qp)), 0);
        assert_eq!(op!(destroy_cq(self.send_cq)), 0);
        assert_eq!(op!(destroy_cq(self.recv_cq)), 0);
        // SAFETY: a channel without CQs.
        let failed = unsafe { (soft::ops::CORE.destroy_comp_channel)(self.channel) };
        assert_eq!(failed, 0);
    }
}

#[test]
fn an_armed_queue_tells_of_one_completion() {
    let bench = Bench::new();
    bench.send(0);
    assert_eq!(take_cq_event(bench.channel), None);
    bench.arm(0);
    // What was there before is no event.
    assert_eq!(take_cq_event(bench.channel), None);
    bench.send(0);
    bench.send(0);
    assert_eq!(take_cq_event(bench.channel), Some(bench.recv_cq));
    assert_eq!(take_cq_event(bench.channel), None);
    bench.close();
}

#[test]
fn a_queue_armed_for_solicited_events_waits_for_one() {
    let bench = Bench::new();
    bench.arm(1);
    bench.send(0);
    assert_eq!(take_cq_event(bench.channel), None);
    bench.send(IBV_SEND_SOLICITED);
    assert_eq!(take_cq_event(bench.channel), Some(bench.recv_cq));
    // Asking for all events is not taken back by asking for solicited ones.
    bench.arm(0);
    bench.arm(1);
    bench.send(0);
    assert_eq!(take_cq_event(bench.channel), Some(bench.recv_cq));
    // An error counts as solicited.
    bench.arm(1);
    assert_eq!(post_recv(bench.qp, 3, &mut []), 0);
    assert_eq!(bench.nic.modify(bench.qp, IBV_QPS_ERR, 0), 0);
    assert_eq!(take_cq_event(bench.channel), Some(bench.recv_cq));
    bench.close();
}

#[test]
fn a_destroyed_queue_has_no_events() {
    let bench = Bench::new();
    bench.arm(0);
    bench.send(0);
    assert_eq!(op!(destroy_qp(bench.qp)), 0);
    assert_eq!(op!(destroy_cq(bench.recv_cq)), 0);
    assert_eq!(read_record::<1>(channel_fd(bench.channel)), None);
    assert_eq!(op!(destroy_cq(bench.send_cq)), 0);
    // SAFETY: a channel without CQs.
    let failed = unsafe { (soft::ops::CORE.destroy_comp_channel)(bench.channel) };
    assert_eq!(failed, 0);
}

#[test]
fn destroy_waits_for_the_acknowledgement_of_what_was_read() {
    let bench = Bench::new();
    bench.arm(0);
    bench.send(0);
    assert_eq!(op!(destroy_qp(bench.qp)), 0);
    let [handle] = read_record(channel_fd(bench.channel)).expect("an event");
    let cq = bench.recv_cq as u64;
    assert_eq!(handle, cq);
    let destroyer = std::thread::spawn(move || op!(destroy_cq(cq as *mut ibv_cq)));
    // Whether destroy looks before, between or after these: it waits for one, not for two.
    op!(cq_event(bench.recv_cq));
    std::thread::yield_now();
    assert!(!destroyer.is_finished());
    // SAFETY: a live CQ, whose mutex and condition are initialised.
    unsafe {
        libc::pthread_mutex_lock(&raw mut (*bench.recv_cq).mutex);
        (*bench.recv_cq).comp_events_completed = 1;
        libc::pthread_cond_signal(&raw mut (*bench.recv_cq).cond);
        libc::pthread_mutex_unlock(&raw mut (*bench.recv_cq).mutex);
    }
    assert_eq!(destroyer.join().unwrap(), 0);
    assert_eq!(op!(destroy_cq(bench.send_cq)), 0);
}

/// A QP with a shared receive queue.
struct Shared {
    nic: Nic,
    cq: *mut ibv_cq,
    srq: *mut ibv_srq,
    qp: *mut ibv_qp,
}

impl Shared {
    fn new(depth: u32, posted: u64) -> Shared {
        let nic = Nic::open();
        let cq = nic.cq(64, null_mut());
        let srq = nic.srq(depth);
        for wr_id in 0..posted {
            assert_eq!(post_srq(srq, wr_id, &mut []), 0);
        }
        let qp = nic.loop_qp(&Wish {
            srq,
            ..Wish::on(cq, IBV_QPT_RC)
        });
        Shared { nic, cq, srq, qp }
    }

    fn arm(&self, limit: u32) -> c_int {
        let mut attr: ibv_srq_attr = Zeroed::zeroed();
        attr.srq_limit = limit;
        op!(modify_srq(self.srq, &mut attr, IBV_SRQ_LIMIT as c_int))
    }

    fn limit(&self) -> u32 {
        let mut attr: ibv_srq_attr = Zeroed::zeroed();
        assert_eq!(op!(query_srq(self.srq, &mut attr)), 0);
        attr.srq_limit
    }

    fn send(&self) {
        let mut wr = send_wr(2, IBV_WR_SEND, &mut []);
        assert_eq!(post_send(self.qp, &mut wr), 0);
        for _ in 0..2 {
            assert_eq!(poll(self.cq).status, IBV_WC_SUCCESS);
        }
    }

    /// The next event that is not about the connection.
    fn event(&self) -> Option<(u64, u32)> {
        loop {
            let event = take_async_event(&self.nic)?;
            let is_limit = event.1 == IBV_EVENT_SRQ_LIMIT_REACHED;
            // SAFETY: live objects; as `ibv_ack_async_event` does.
            unsafe {
                if is_limit {
                    (*self.srq).events_completed += 1;
                } else {
                    (*self.qp).events_completed += 1;
                }
            }
            if is_limit {
                return Some(event);
            }
        }
    }

    fn close(self) {
        assert_eq!(op!(destroy_qp(self.qp)), 0);
        assert_eq!(op!(destroy_srq(self.srq)), 0);
        assert_eq!(op!(destroy_cq(self.cq)), 0);
    }
}

#[test]
fn a_shared_queue_tells_once_that_it_runs_low() {
    let shared = Shared::new(8, 4);
    let event = (shared.srq as u64, IBV_EVENT_SRQ_LIMIT_REACHED);
    assert_eq!(shared.arm(9), libc::EINVAL);
    assert_eq!(shared.arm(3), 0);
    assert_eq!(shared.limit(), 3);
    shared.send();
    assert_eq!(shared.event(), None);
    shared.send();
    assert_eq!(shared.event(), Some(event));
    assert_eq!(shared.limit(), 0);
    shared.send();
    assert_eq!(shared.event(), None);
    shared.close();
}

#[test]
fn a_shared_queue_armed_below_its_limit_tells_at_the_next_message() {
    let shared = Shared::new(8, 2);
    assert_eq!(shared.arm(3), 0);
    assert_eq!(shared.event(), None);
    shared.send();
    let event = (shared.srq as u64, IBV_EVENT_SRQ_LIMIT_REACHED);
    assert_eq!(shared.event(), Some(event));
    assert_eq!(shared.limit(), 0);
    shared.close();
}

#[test]
fn events_of_a_destroyed_object_are_taken_back() {
    let shared = Shared::new(8, 2);
    assert_eq!(shared.arm(3), 0);
    shared.send();
    let nic = shared.nic;
    assert_eq!(op!(destroy_qp(shared.qp)), 0);
    assert_eq!(op!(destroy_srq(shared.srq)), 0);
    assert_eq!(op!(destroy_cq(shared.cq)), 0);
    assert_eq!(take_async_event(&nic), None);
}

#[test]
fn an_overrun_is_told_once_and_ends_the_qp() {
    let nic = Nic::open();
    let cq = nic.cq(2, null_mut());
    let qp = nic.loop_qp(&Wish::on(cq, IBV_QPT_RC));
    for wr_id in 0..8 {
        assert_eq!(post_recv(qp, wr_id, &mut []), 0);
    }
    // Each makes two completions.
    let mut wr = send_wr(9, IBV_WR_SEND, &mut []);
    for _ in 0..3 {
        assert_eq!(post_send(qp, &mut wr), 0);
    }
    let mut attr: ibv_qp_attr = Zeroed::zeroed();
    let mut init: ibv_qp_init_attr = Zeroed::zeroed();
    for _ in 0..LOOKS {
        // No poll of the CQ, which would make room.
        assert_eq!(op!(query_qp(qp, &mut attr, -1, &mut init)), 0);
        if attr.qp_state == IBV_QPS_ERR {
            break;
        }
        // An empty list still drives the QP.
        assert_eq!(op!(post_send(qp, null_mut(), null_mut())), 0);
    }
    assert_eq!(attr.qp_state, IBV_QPS_ERR);
    let mut counts = [0; 2];
    while let Some((element, kind)) = take_async_event(&nic) {
        match kind {
            IBV_EVENT_CQ_ERR => {
                assert_eq!(element, cq as u64);
                counts[0] += 1;
                // SAFETY: a live CQ.
                unsafe { (*cq).async_events_completed += 1 };
            }
            _ => {
                assert_eq!(element, qp as u64);
                counts[1] += u32::from(kind == IBV_EVENT_QP_FATAL);
                // SAFETY: a live QP.
                unsafe { (*qp).events_completed += 1 };
            }
        }
    }
    assert_eq!(counts, [1, 1]);
    // What fitted is still there.
    assert!(poll_once(cq).is_some() && poll_once(cq).is_some());
    assert!(poll_once(cq).is_none());
    assert_eq!(op!(destroy_qp(qp)), 0);
    assert_eq!(op!(destroy_cq(cq)), 0);
}
