//! Modify: the table, the masks, the ranges, and what a transition does to what is queued.

use super::pair::*;
use crate::base::ids::Qpn;
use crate::engine::Qp;
use crate::engine::types::*;

const SERVICES: [Service; 3] = [Service::Rc, Service::Uc, Service::Ud];

fn at(service: Service, state: QpState) -> Qp {
    let mut qp = Qp::new(&init(service, QPN_A)).unwrap();
    bring_up(&mut qp, &attr(QPN_B), service, state);
    qp
}

#[test]
fn the_way_up_and_the_way_out() {
    for service in SERVICES {
        for state in [QpState::Reset, QpState::Init, QpState::Rtr, QpState::Rts] {
            assert_eq!(at(service, state).state(), state);
            let mut qp = at(service, state);
            let to_reset = QpAttr {
                state: 0,
                ..QpAttr::default()
            };
            qp.modify(&to_reset, AttrMask::STATE).unwrap();
            assert_eq!(
                (qp.state(), *qp.attr()),
                (QpState::Reset, QpAttr::default())
            );
            let mut qp = at(service, state);
            let to_err = QpAttr {
                state: 6,
                ..QpAttr::default()
            };
            let ended = qp.modify(&to_err, AttrMask::STATE);
            assert_eq!(ended.is_ok(), state != QpState::Reset);
        }
    }
}

#[test]
fn every_mandatory_attribute_is_demanded_by_name() {
    let steps = [QpState::Init, QpState::Rtr, QpState::Rts];
    let before = [QpState::Reset, QpState::Init, QpState::Rtr];
    for service in SERVICES {
        for (i, mask) in masks(service).into_iter().enumerate() {
            let attr = QpAttr {
                state: steps[i] as u32,
                ..attr(QPN_B)
            };
            for missing in mask.difference(AttrMask::STATE).iter() {
                let mut qp = at(service, before[i]);
                let result = qp.modify(&attr, mask.difference(missing));
                assert_eq!(result, Err(ModifyError::Missing(missing)));
                assert_eq!(qp.state(), before[i]);
            }
            let mut qp = at(service, before[i]);
            let surplus = AttrMask::EN_SQD_ASYNC_NOTIFY;
            let result = qp.modify(&attr, mask | surplus);
            assert_eq!(result, Err(ModifyError::NotAllowed(surplus)));
        }
    }
}

#[test]
fn steps_may_not_be_skipped() {
    let cases = [
        (QpState::Reset, 2),
        (QpState::Reset, 3),
        (QpState::Init, 3),
        (QpState::Init, 4),
        (QpState::Rtr, 1),
        (QpState::Rtr, 2),
        (QpState::Rts, 2),
        (QpState::Rts, 5),
        (QpState::Rts, 7),
    ];
    for service in SERVICES {
        for (from, to) in cases {
            let mut qp = at(service, from);
            let all = masks(service)
                .into_iter()
                .fold(AttrMask::empty(), |all, mask| all | mask);
            let result = qp.modify(
                &QpAttr {
                    state: to,
                    ..attr(QPN_B)
                },
                all,
            );
            assert_eq!(
                result,
                Err(ModifyError::Transition { from, to }),
                "{service:?}"
            );
        }
    }
}

#[test]
fn ranges_are_refused_by_their_c_name() {
    type Spoil = fn(&mut QpAttr);
    let cases: [(usize, Spoil, &str); 10] = [
        (0, |attr| attr.pkey_index = 1, "pkey_index"),
        (0, |attr| attr.port_num = 2, "port_num"),
        (1, |attr| attr.path_mtu = 0, "path_mtu"),
        (1, |attr| attr.path_mtu = 6, "path_mtu"),
        (1, |attr| attr.dest_qpn = Qpn(1 << 24), "dest_qp_num"),
        (1, |attr| attr.min_rnr_timer = 32, "min_rnr_timer"),
        (
            1,
            |attr| attr.max_dest_rd_atomic = 129,
            "max_dest_rd_atomic",
        ),
        (2, |attr| attr.timeout = 32, "timeout"),
        (2, |attr| attr.retry_cnt = 8, "retry_cnt"),
        (2, |attr| attr.rnr_retry = 8, "rnr_retry"),
    ];
    let before = [QpState::Reset, QpState::Init, QpState::Rtr];
    for (step, spoil, name) in cases {
        let mut qp = at(Service::Rc, before[step]);
        let mut bad = QpAttr {
            state: step as u32 + 1,
            ..attr(QPN_B)
        };
        spoil(&mut bad);
        let untouched = *qp.attr();
        let result = qp.modify(&bad, masks(Service::Rc)[step]);
        assert_eq!(result, Err(ModifyError::Range(name)));
        assert_eq!(*qp.attr(), untouched);
    }
}

#[test]
fn psns_keep_24_bits() {
    let mut qp = Qp::new(&init(Service::Rc, QPN_A)).unwrap();
    let wide = QpAttr {
        rq_psn: 0xab00_0001,
        sq_psn: 0xcd00_0002,
        ..attr(QPN_B)
    };
    bring_up(&mut qp, &wide, Service::Rc, QpState::Rts);
    assert_eq!((qp.attr().rq_psn, qp.attr().sq_psn), (1, 2));
}

#[test]
fn cur_state_must_be_the_state() {
    let mut qp = at(Service::Rc, QpState::Rts);
    let mask = AttrMask::STATE | AttrMask::CUR_STATE;
    let wrong = QpAttr {
        state: 3,
        cur_state: 4,
        ..QpAttr::default()
    };
    assert_eq!(
        qp.modify(&wrong, mask),
        Err(ModifyError::CurState {
            actual: QpState::Rts
        })
    );
    qp.modify(
        &QpAttr {
            cur_state: 3,
            ..wrong
        },
        mask,
    )
    .unwrap();
}

#[test]
fn a_modify_without_state_stays() {
    let mut qp = at(Service::Rc, QpState::Rts);
    let attr = QpAttr {
        min_rnr_timer: 9,
        ..QpAttr::default()
    };
    qp.modify(&attr, AttrMask::MIN_RNR_TIMER).unwrap();
    assert_eq!((qp.state(), qp.attr().min_rnr_timer), (QpState::Rts, 9));
    let mut qp = at(Service::Rc, QpState::Rtr);
    let stays = qp.modify(&attr, AttrMask::MIN_RNR_TIMER);
    assert_eq!(
        stays,
        Err(ModifyError::Transition {
            from: QpState::Rtr,
            to: 2
        })
    );
}

#[test]
fn path_migration_is_not_served() {
    let mut qp = at(Service::Rc, QpState::Rts);
    let attr = QpAttr {
        path_mig_state: 1,
        ..QpAttr::default()
    };
    let result = qp.modify(&attr, AttrMask::ALT_PATH);
    assert_eq!(result, Err(ModifyError::Unsupported("alt_ah_attr")));
    let result = qp.modify(&attr, AttrMask::PATH_MIG_STATE);
    assert_eq!(result, Err(ModifyError::Unsupported("path_mig_state")));
    qp.modify(&QpAttr::default(), AttrMask::PATH_MIG_STATE)
        .unwrap();
}

#[test]
fn reset_forgets_without_completions() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.a.recv(1, &[sge(0, 8)]);
    pair.a.send(&wr(2, SendOp::Send), &[sge(0, 8)]);
    pair.a.modify(QpState::Reset);
    assert!(pair.a.take_cqes().is_empty());
    assert!(pair.a.qp.next_destination().is_none());
    // And it can be brought up again, and works.
    pair.b.modify(QpState::Reset);
    bring_up(&mut pair.a.qp, &attr(QPN_B), Service::Rc, QpState::Rts);
    bring_up(&mut pair.b.qp, &attr(QPN_A), Service::Rc, QpState::Rts);
    pair.b.recv(3, &[sge(0, 8)]);
    pair.a.send(&wr(4, SendOp::Send), &[sge(0, 8)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(4, WcStatus::Success)]);
    assert_eq!(pair.b.take_ends(), [(3, WcStatus::Success)]);
}

#[test]
fn err_flushes_both_queues_in_order() {
    for service in [Service::Rc, Service::Uc] {
        let mut pair = Pair::new(service, LOSSLESS);
        for i in 0..3 {
            pair.a.recv(10 + i, &[sge(0, 8)]);
            pair.a.send(&unsignaled(i, SendOp::Send), &[sge(0, 8)]);
        }
        pair.a.modify(QpState::Err);
        let ids: Vec<u64> = pair.a.cqes.iter().map(|cqe| cqe.wr_id).collect();
        assert_eq!(ids, [0, 1, 2, 10, 11, 12]);
        assert!(
            pair.a
                .take_cqes()
                .iter()
                .all(|cqe| cqe.status == WcStatus::WrFlushErr)
        );
        // What is posted later is flushed as well.
        pair.a.send(&unsignaled(5, SendOp::Send), &[sge(0, 8)]);
        pair.a.recv(15, &[sge(0, 8)]);
        let ends = pair.a.take_ends();
        assert_eq!(ends.len(), 2);
        assert!(ends.iter().all(|end| end.1 == WcStatus::WrFlushErr));
        pair.run();
        assert!(pair.log.is_empty());
    }
}

#[test]
fn the_first_request_in_rtr_establishes_communication() {
    let mut b = Node::new(&init(Service::Rc, QPN_B));
    bring_up(&mut b.qp, &attr(QPN_A), Service::Rc, QpState::Rtr);
    let mut a = Node::new(&init(Service::Rc, QPN_A));
    bring_up(&mut a.qp, &attr(QPN_B), Service::Rc, QpState::Rts);
    let mut pair = Pair::join(a, b, LOSSLESS);
    for i in 0..2 {
        pair.b.recv(i, &[sge(0, 8)]);
        pair.a.send(&wr(i, SendOp::Send), &[sge(0, 8)]);
    }
    pair.run();
    assert_eq!(pair.a.take_cqes().len(), 2);
    assert_eq!(pair.b.take_events(), [QpEvent::CommEstablished]);
}
