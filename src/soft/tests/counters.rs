//! Counters of the device and of its queue pairs, through the tables of the extension.

use super::abi::*;
use super::nic::*;
use super::soft;
use std::mem::offset_of;
use std::ptr::null_mut;

type Query<T> = unsafe extern "C" fn(*mut T, *mut verbium_counters, usize) -> i32;

fn ask<T>(query: Option<Query<T>>, of: *mut T) -> verbium_counters {
    let mut counters = verbium_counters::default();
    let query = query.expect("filled");
    // SAFETY: a live object and a whole struct.
    let failed = unsafe { query(of, &mut counters, size_of_val(&counters)) };
    assert_eq!(failed, 0);
    counters
}

fn of_device(nic: &Nic) -> verbium_counters {
    ask(soft::ops::CONTEXT_OPS.query_device_counters, nic.context)
}

fn send(nic: &Nic, cq: *mut ibv_cq, qp: *mut ibv_qp, len: usize) {
    let from = nic.region(len);
    let to = nic.region(len);
    assert_eq!(post_recv(qp, 1, &mut [to.sge(0, len)]), 0);
    let mut sges = [from.sge(0, len)];
    assert_eq!(post_send(qp, &mut send_wr(2, IBV_WR_SEND, &mut sges)), 0);
    poll(cq);
    poll(cq);
}

#[test]
fn a_device_adds_up_its_queue_pairs_dead_or_alive() {
    let nic = Nic::open();
    let cq = nic.cq(16, null_mut());
    let qps = [(); 2].map(|()| nic.loop_qp(&Wish::on(cq, IBV_QPT_RC)));
    // Other tests use the device at the same time, so only what grows is known.
    let before = of_device(&nic);
    send(&nic, cq, qps[0], 100);
    send(&nic, cq, qps[1], 50);
    let each = qps.map(|qp| ask(soft::ops::CONTEXT_OPS.query_qp_counters, qp));
    assert_eq!((each[0].sent_messages, each[0].sent_bytes), (1, 100));
    assert_eq!(
        (each[0].received_messages, each[0].received_bytes),
        (1, 100)
    );
    assert_eq!((each[1].sent_bytes, each[1].completions), (50, 2));
    let after = of_device(&nic);
    assert!(after.sent_bytes >= before.sent_bytes + 150);
    assert!(after.completions >= before.completions + 4);
    for qp in qps {
        assert_eq!(op!(destroy_qp(qp)), 0);
    }
    let end = of_device(&nic);
    assert!(end.sent_bytes >= after.sent_bytes && end.completions >= after.completions);
    assert_eq!(op!(destroy_cq(cq)), 0);
}

#[test]
fn callers_of_any_size_get_what_they_have_room_for() {
    let nic = Nic::open();
    let cq = nic.cq(16, null_mut());
    let qp = nic.loop_qp(&Wish::on(cq, IBV_QPT_RC));
    send(&nic, cq, qp, 10);
    let query = soft::ops::CONTEXT_OPS.query_qp_counters.expect("filled");
    let known = size_of::<verbium_counters>();
    for size in [8, 16, known, known + 8] {
        let mut room = [0xee_u8; 512];
        // SAFETY: a live QP, and more room than is said.
        assert_eq!(unsafe { query(qp, room.as_mut_ptr().cast(), size) }, 0);
        let word = |at: usize| u64::from_ne_bytes(room[at..at + 8].try_into().expect("eight"));
        assert_eq!(word(offset_of!(verbium_counters, sent_messages)), 1);
        assert!(room[known.min(size)..size].iter().all(|byte| *byte == 0));
        assert!(room[size..].iter().all(|byte| *byte == 0xee));
    }
    // SAFETY: NULL and no room are refused.
    unsafe {
        assert_eq!(query(qp, null_mut(), known), libc::EINVAL);
        assert_eq!(
            query(null_mut(), &mut verbium_counters::default(), known),
            libc::EINVAL
        );
        assert_eq!(query(qp, &mut verbium_counters::default(), 0), libc::EINVAL);
    }
    assert_eq!(op!(destroy_qp(qp)), 0);
    assert_eq!(op!(destroy_cq(cq)), 0);
}
