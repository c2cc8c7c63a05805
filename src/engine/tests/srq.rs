//! QPs that receive from a shared queue.

use super::pair::*;
use crate::base::ids::PdId;
use crate::engine::Srq;
use crate::engine::types::*;

fn pair(service: Service) -> Pair {
    let mut pair = Pair::with(service, LOSSY, |init| init.has_srq = true, |_| {});
    pair.b.host.srq = Some(Srq::new(16, 8).unwrap());
    pair
}

fn post(pair: &mut Pair, wr_id: u64, sges: &[Sge]) {
    pair.b
        .host
        .srq
        .as_mut()
        .unwrap()
        .post_recv(wr_id, sges)
        .unwrap();
}

#[test]
fn receives_come_from_the_shared_queue() {
    for service in [Service::Rc, Service::Uc] {
        let mut pair = pair(service);
        assert!(matches!(
            pair.b.qp.post_recv(1, &[]),
            Err(PostError::Invalid(_))
        ));
        pair.a.fill(0, 3000, 1);
        let list: Vec<Sge> = (0..8).map(|i| sge(i * 512, 512)).collect();
        post(&mut pair, 5, &list);
        pair.a.send(&wr(1, SendOp::Send), &[sge(0, 3000)]);
        pair.run();
        assert_eq!(pair.b.take_ends(), [(5, WcStatus::Success)]);
        assert_eq!(pair.a.host.bytes(0, 3000), pair.b.host.bytes(0, 3000));
    }
}

#[test]
fn an_empty_shared_queue_is_receiver_not_ready() {
    let mut pair = pair(Service::Rc);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 8)]);
    pair.run();
    assert!(pair.a.take_cqes().is_empty());
    post(&mut pair, 5, &[sge(0, 8)]);
    pair.run_with_timers(2);
    assert_eq!(pair.b.take_ends(), [(5, WcStatus::Success)]);
}

#[test]
fn the_wqe_in_execution_is_flushed_with_the_qp() {
    let mut pair = pair(Service::Rc);
    post(&mut pair, 5, &[sge(0, 4096)]);
    post(&mut pair, 6, &[sge(0, 4096)]);
    pair.a.send(&wr(1, SendOp::Send), &[sge(0, 3000)]);
    pair.transmit(Side::A);
    pair.deliver(Side::A);
    pair.b.modify(QpState::Err);
    assert_eq!(pair.b.take_ends(), [(5, WcStatus::WrFlushErr)]);
    assert_eq!(pair.b.take_events(), [QpEvent::LastWqeReached]);
    assert_eq!(pair.b.host.srq.as_ref().unwrap().count(), 1);
}

#[test]
fn receive_buffers_belong_to_the_domain_of_the_shared_queue() {
    let other = PdId(PD.0 + 1);
    for (recv_pd, status) in [(PD, WcStatus::Success), (other, WcStatus::LocProtErr)] {
        let adapt = |init: &mut QpInit| {
            init.has_srq = true;
            init.recv_pd = recv_pd;
        };
        let mut pair = Pair::with(Service::Rc, LOSSY, adapt, |_| {});
        pair.b.host.srq = Some(Srq::new(16, 8).unwrap());
        post(&mut pair, 5, &[sge(0, 64)]);
        pair.a.send(&wr(1, SendOp::Send), &[sge(0, 64)]);
        pair.run();
        assert_eq!(pair.b.take_ends(), [(5, status)]);
    }
}
