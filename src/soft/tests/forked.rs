//! What a forked child may do with what it inherited, and what the last ACK does at exit.
//!
//! Children report by their exit status and never by a panic: the harness is the parent's. An alarm
//! ends one that hangs.

use super::abi::*;
use super::nic::*;
use super::soft;
use std::ffi::c_int;
use std::mem::ManuallyDrop;
use std::ptr::null_mut;

/// Seconds after which a child is taken for stuck.
const ALARM: u32 = 60;

/// Forks; the child's part gives the number of its first failure, 0 for none.
fn fork(child: impl FnOnce() -> c_int) -> libc::pid_t {
    // SAFETY: the child uses nothing whose lock another thread of this process may hold, but for
    // the allocator, which libc prepares for forks.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0);
    if pid == 0 {
        // SAFETY: no pointers.
        unsafe { libc::alarm(ALARM) };
        let status = std::panic::catch_unwind(std::panic::AssertUnwindSafe(child));
        // SAFETY: ends the child without the harness noticing.
        unsafe { libc::_exit(status.unwrap_or(111)) };
    }
    pid
}

fn wait(pid: libc::pid_t) -> c_int {
    let mut status = 0;
    // SAFETY: a child of ours and a place.
    assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid);
    status
}

macro_rules! check {
    ($number:expr, $condition:expr) => {
        if !$condition {
            return $number;
        }
    };
}

#[test]
fn a_child_lets_go_of_what_it_inherited_and_opens_its_own() {
    let nic = Nic::open();
    let channel = nic.channel();
    let cq = nic.cq(16, channel);
    let srq = nic.srq(4);
    let wish = Wish::on(cq, IBV_QPT_RC);
    let qp = nic.loop_qp(&wish);
    let sharing = nic.loop_qp(&Wish { srq, ..wish });
    let region = nic.region(64);
    let ah = op!(create_ah(nic.pd, &mut nic.address()));
    // Events that only the parent may read: of the CQ and of the SRQ.
    assert_eq!(op!(req_notify_cq(cq, 0)), 0);
    let mut low: ibv_srq_attr = Zeroed::zeroed();
    low.srq_limit = 1;
    assert_eq!(op!(modify_srq(srq, &mut low, IBV_SRQ_LIMIT as c_int)), 0);
    assert_eq!(post_srq(srq, 1, &mut []), 0);
    let mut wr = send_wr(2, IBV_WR_SEND, &mut []);
    assert_eq!(post_send(sharing, &mut wr), 0);
    let ends = [poll(cq), poll(cq)];
    assert!(ends.iter().all(|wc| wc.status == IBV_WC_SUCCESS));
    let inherited = number(qp);
    let pid = fork(|| {
        let mut wc: ibv_wc = Zeroed::zeroed();
        check!(1, op!(poll_cq(cq, 1, &mut wc)) == -1);
        check!(2, post_recv(qp, 1, &mut []) == libc::EIO);
        check!(3, nic.modify(qp, IBV_QPS_ERR, 0) == libc::EIO);
        check!(4, op!(req_notify_cq(cq, 0)) == libc::EIO);
        check!(5, nic.try_qp(&wish).is_null());
        check!(6, op!(alloc_pd(nic.context)).is_null());
        check!(7, op!(destroy_qp(sharing)) == 0);
        check!(8, op!(destroy_qp(qp)) == 0);
        check!(9, op!(destroy_srq(srq)) == 0);
        check!(10, op!(destroy_cq(cq)) == 0);
        check!(11, op!(dereg_mr(region.mr.cast())) == 0);
        check!(12, op!(destroy_ah(ah)) == 0);
        check!(13, op!(dealloc_pd(nic.pd)) == 0);
        op!(free_context(nic.context));
        let own = ManuallyDrop::new(Nic::open());
        let own_cq = own.cq(16, null_mut());
        let own_qp = own.loop_qp(&Wish::on(own_cq, IBV_QPT_RC));
        check!(14, number(own_qp) >> 12 != inherited >> 12);
        check!(15, post_recv(own_qp, 1, &mut []) == 0);
        check!(
            16,
            post_send(own_qp, &mut send_wr(2, IBV_WR_SEND, &mut [])) == 0
        );
        check!(17, poll(own_cq).status == IBV_WC_SUCCESS);
        check!(18, poll(own_cq).status == IBV_WC_SUCCESS);
        check!(19, op!(destroy_qp(own_qp)) == 0);
        check!(20, op!(destroy_cq(own_cq)) == 0);
        drop(ManuallyDrop::into_inner(own));
        0
    });
    assert_eq!(wait(pid), 0);
    // The parent has lost nothing: objects, traffic, and both events.
    assert_eq!(post_recv(qp, 1, &mut []), 0);
    assert_eq!(post_send(qp, &mut send_wr(2, IBV_WR_SEND, &mut [])), 0);
    let ends = [poll(cq), poll(cq)];
    assert!(ends.iter().all(|wc| wc.status == IBV_WC_SUCCESS));
    // SAFETY: both are alive.
    let fds = unsafe { [(*channel).fd, (*nic.context).async_fd] };
    let mut polled = fds.map(|fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    });
    // SAFETY: an array of two; it does not wait.
    assert_eq!(unsafe { libc::poll(polled.as_mut_ptr(), 2, 0) }, 2);
    assert_eq!(op!(destroy_qp(sharing)), 0);
    assert_eq!(op!(destroy_qp(qp)), 0);
    assert_eq!(op!(destroy_srq(srq)), 0);
    assert_eq!(op!(destroy_cq(cq)), 0);
    assert_eq!(op!(destroy_ah(ah)), 0);
    // SAFETY: a channel without CQs.
    let failed = unsafe { (soft::ops::CORE.destroy_comp_channel)(channel) };
    assert_eq!(failed, 0);
}

/// Writes or reads one number.
fn pass(fd: c_int, number: &mut u32, is_write: bool) -> bool {
    let place: *mut u32 = number;
    let got = if is_write {
        // SAFETY: four bytes.
        unsafe { libc::write(fd, place.cast(), 4) }
    } else {
        // SAFETY: four bytes.
        unsafe { libc::read(fd, place.cast(), 4) }
    };
    got == 4
}

#[test]
fn the_last_ack_leaves_before_the_process() {
    last_acks(true);
}

#[test]
fn the_last_ack_may_be_the_first_word() {
    last_acks(false);
}

/// Children that exit right after they have polled a message. With `is_acquainted` they have sent
/// one before; else the ACK comes by a connection that is not accepted yet.
fn last_acks(is_acquainted: bool) {
    let nic = Nic::open();
    let cq = nic.cq(16, null_mut());
    for _ in 0..10 {
        let mut pair = [0; 2];
        let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
        // SAFETY: a place for two.
        let made = unsafe { libc::socketpair(libc::AF_UNIX, kind, 0, pair.as_mut_ptr()) };
        assert_eq!(made, 0);
        let qp = nic.qp(&Wish::on(cq, IBV_QPT_RC));
        let pid = fork(|| {
            let own = ManuallyDrop::new(Nic::open());
            let own_cq = own.cq(16, null_mut());
            let own_qp = own.qp(&Wish::on(own_cq, IBV_QPT_RC));
            own.connect(own_qp, number(qp));
            check!(1, post_recv(own_qp, 1, &mut []) == 0);
            check!(2, pass(pair[1], &mut number(own_qp), true));
            check!(3, pass(pair[1], &mut 0, false));
            if is_acquainted {
                let mut hello = send_wr(2, IBV_WR_SEND, &mut []);
                check!(4, post_send(own_qp, &mut hello) == 0);
                check!(5, poll(own_cq).wr_id == 2);
            }
            check!(6, poll(own_cq).wr_id == 1);
            // Nothing is destroyed, and nobody polls again.
            // SAFETY: runs the exit handlers, as returning from `main` does.
            unsafe { libc::exit(0) };
        });
        // SAFETY: the child's end, so that ours tells when the child is gone.
        unsafe { libc::close(pair[1]) };
        let mut peer = 0;
        let has_peer = pass(pair[0], &mut peer, false);
        if !has_peer {
            panic!("the child ended with {:#x}", wait(pid));
        }
        nic.connect(qp, peer);
        assert_eq!(post_recv(qp, 6, &mut []), 0);
        assert!(pass(pair[0], &mut 0, true));
        if is_acquainted {
            assert_eq!(poll(cq).wr_id, 6);
        }
        assert_eq!(post_send(qp, &mut send_wr(7, IBV_WR_SEND, &mut [])), 0);
        assert_eq!(wait(pid), 0);
        assert_eq!(poll(cq).status, IBV_WC_SUCCESS);
        assert_eq!(op!(destroy_qp(qp)), 0);
        // SAFETY: ours.
        unsafe { libc::close(pair[0]) };
    }
    assert_eq!(op!(destroy_cq(cq)), 0);
}
