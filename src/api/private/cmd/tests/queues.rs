//! Queues get what was granted, and are not gone before their events are.

use std::sync::mpsc::channel;

use super::super::{cq, qp, srq, wq};
use super::*;
use crate::api::comp_channel::ibv_ack_cq_events;
use crate::api::cq::verbs_init_cq;
use crate::api::event::ibv_ack_async_event;
use crate::kernel::tests::script::words;

#[test]
fn a_cq_gets_its_handle_and_size() {
    let opened = opened();
    // SAFETY: open.
    unsafe { (*opened.context).async_fd = 9 };
    opened.script.push(|call| {
        let attrs = call.ioctl(3, 0);
        let event = attrs
            .iter()
            .find(|attr| attr.id == 7)
            .expect("a descriptor");
        assert_eq!(event.data(), 9);
        call.reply(0, Reply::Handle(5));
        call.reply(6, Reply::Bytes(words(&[127])));
        call.reply(0x1001, Reply::Bytes(words(&[0x99, 0])));
        Ok(())
    });
    let mut queue: ibv_cq = Zeroed::zeroed();
    let mut cmd: ibv_create_cq = Zeroed::zeroed();
    let mut resp = [0u32; 4];
    let result = call!(cq::ibv_cmd_create_cq(
        opened.context,
        100,
        null_mut(),
        0,
        &mut queue,
        &mut cmd,
        size_of::<ibv_create_cq>(),
        resp.as_mut_ptr().cast(),
        16
    ));
    assert_eq!((result, queue.handle, queue.cqe), (0, 5, 127));
    assert_eq!((queue.context, resp), (opened.context, [5, 127, 0x99, 0]));
}

#[test]
fn extended_attributes_of_a_cq_become_flags() {
    let opened = opened();
    let timestamp = u64::from(IBV_WC_EX_WITH_COMPLETION_TIMESTAMP_WALLCLOCK);
    let create = |attr: &ibv_cq_init_attr_ex, cmd_flags: u32| {
        let mut queue: verbs_cq = Zeroed::zeroed();
        let (cmd, resp) = (null_mut(), null_mut());
        call!(cq::ibv_cmd_create_cq_ex(
            opened.context,
            attr,
            &mut queue,
            cmd,
            0,
            resp,
            0,
            cmd_flags
        ))
    };
    for (wc_flags, flags, expected) in [
        (0, 0, None),
        (timestamp, 0, Some(1)),
        (0, IBV_CREATE_CQ_ATTR_IGNORE_OVERRUN, Some(2)),
        (timestamp, IBV_CREATE_CQ_ATTR_IGNORE_OVERRUN, Some(3)),
    ] {
        opened.script.push(move |call| {
            let attrs = call.ioctl(3, 0);
            let found = attrs.iter().find(|attr| attr.id == 5);
            assert_eq!(found.map(|attr| attr.data()), expected);
            Ok(())
        });
        let attr = ibv_cq_init_attr_ex {
            cqe: 10,
            wc_flags,
            comp_mask: IBV_CQ_INIT_ATTR_MASK_FLAGS,
            flags,
            ..Zeroed::zeroed()
        };
        assert_eq!(create(&attr, 0), 0);
    }
    let attr = ibv_cq_init_attr_ex {
        comp_mask: 4,
        ..Zeroed::zeroed()
    };
    assert_eq!(create(&attr, 0), libc::EOPNOTSUPP);
}

#[test]
fn a_destroyed_cq_waits_for_the_events_that_were_reported() {
    let opened = opened();
    let mut queue = opened.cq();
    let place = &raw mut queue;
    call!(verbs_init_cq(place, opened.context, null_mut(), null_mut()));
    opened.script.push(|call| {
        call.ioctl(3, 1);
        call.reply(1, Reply::Bytes(words(&[2, 1])));
        Ok(())
    });
    let address = place as usize;
    let (said, heard) = channel();
    let acknowledger = std::thread::spawn(move || {
        let queue = address as *mut ibv_cq;
        call!(ibv_ack_cq_events(queue, 1));
        call!(ibv_ack_cq_events(queue, 1));
        let mut event = ibv_async_event {
            element: ibv_async_event_element { cq: queue },
            event_type: IBV_EVENT_CQ_ERR,
        };
        said.send(()).expect("heard");
        call!(ibv_ack_async_event(&mut event));
    });
    assert_eq!(call!(cq::ibv_cmd_destroy_cq(place)), 0);
    // The last acknowledgement was counted before the destruction returned.
    heard.try_recv().expect("said");
    acknowledger.join().expect("no panic");
    assert_eq!(
        (queue.comp_events_completed, queue.async_events_completed),
        (2, 1)
    );
}

const CAP: ibv_qp_cap = ibv_qp_cap {
    max_send_wr: 10,
    max_recv_wr: 11,
    max_send_sge: 1,
    max_recv_sge: 2,
    max_inline_data: 64,
};

/// Answers the creation of a QP with these sizes.
fn qp_answers(opened: &Opened, expected_type: u64) {
    opened.script.push(move |call| {
        let attrs = call.ioctl(4, 0);
        let kind = attrs.iter().find(|attr| attr.id == 9).expect("a type");
        assert_eq!(kind.data(), expected_type);
        call.reply(0, Reply::Handle(6));
        call.reply(13, Reply::Bytes(words(&[16, 16, 2, 2, 96])));
        call.reply(14, Reply::Bytes(words(&[0x11])));
        Ok(())
    });
}

#[test]
fn a_qp_gets_its_number_and_what_was_granted() {
    let opened = opened();
    let (mut home, mut queue) = (opened.pd(), opened.cq());
    let mut qp: ibv_qp = Zeroed::zeroed();
    let mut attr = ibv_qp_init_attr {
        qp_context: 0x77 as *mut _,
        send_cq: &mut queue,
        recv_cq: &mut queue,
        cap: CAP,
        qp_type: IBV_QPT_UD,
        ..Zeroed::zeroed()
    };
    let mut cmd: ibv_create_qp = Zeroed::zeroed();
    let mut resp: ib_uverbs_create_qp_resp = Zeroed::zeroed();
    qp_answers(&opened, 4);
    let result = call!(qp::ibv_cmd_create_qp(
        &mut home,
        &mut qp,
        &mut attr,
        &mut cmd,
        size_of::<ibv_create_qp>(),
        &mut resp,
        size_of::<ib_uverbs_create_qp_resp>()
    ));
    assert_eq!((result, qp.handle, qp.qp_num), (0, 6, 0x11));
    assert_eq!((qp.qp_type, qp.state), (IBV_QPT_UD, IBV_QPS_RESET));
    assert_eq!((qp.pd, qp.qp_context), (&raw mut home, 0x77 as *mut _));
    assert_eq!((attr.cap.max_send_wr, attr.cap.max_inline_data), (16, 96));
    assert_eq!((resp.qpn, resp.max_recv_sge), (0x11, 2));

    opened.script.push(|call| {
        call.ioctl(4, 1);
        call.reply(1, Reply::Bytes(words(&[1])));
        Ok(())
    });
    let mut event = ibv_async_event {
        element: ibv_async_event_element { qp: &mut qp },
        event_type: IBV_EVENT_COMM_EST,
    };
    call!(ibv_ack_async_event(&mut event));
    assert_eq!(call!(qp::ibv_cmd_destroy_qp(&mut qp)), 0);
}

#[test]
fn extended_attributes_of_a_qp_must_fit_together() {
    let opened = opened();
    let (mut home, mut queue) = (opened.pd(), opened.cq());
    let mut domain: verbs_xrcd = Zeroed::zeroed();
    domain.xrcd.context = opened.context;
    let mut table = ibv_rwq_ind_table {
        ind_tbl_handle: 20,
        ..Zeroed::zeroed()
    };
    let mut qp: verbs_qp = Zeroed::zeroed();
    let plain = ibv_qp_init_attr_ex {
        send_cq: &mut queue,
        recv_cq: &mut queue,
        qp_type: IBV_QPT_RC,
        comp_mask: IBV_QP_INIT_ATTR_PD,
        pd: &mut home,
        ..Zeroed::zeroed()
    };
    let mut create = |mut attr: ibv_qp_init_attr_ex| {
        let (cmd, resp) = (null_mut(), null_mut());
        call!(qp::ibv_cmd_create_qp_ex2(
            opened.context,
            &mut qp,
            &mut attr,
            cmd,
            0,
            resp,
            0
        ))
    };
    qp_answers(&opened, 2);
    assert_eq!(create(plain), 0);
    let without = |field: fn(&mut ibv_qp_init_attr_ex)| {
        let mut attr = plain;
        field(&mut attr);
        attr
    };
    assert_eq!(create(without(|attr| attr.comp_mask = 0)), EINVAL);
    assert_eq!(create(without(|attr| attr.comp_mask |= 1 << 7)), EINVAL);
    assert_eq!(create(without(|attr| attr.qp_type = 77)), EINVAL);
    assert_eq!(
        create(without(|attr| attr.qp_type = IBV_QPT_XRC_RECV)),
        EINVAL
    );
    assert_eq!(create(without(|attr| attr.send_cq = null_mut())), EINVAL);
    assert_eq!(create(without(|attr| attr.pd = null_mut())), EINVAL);

    let mut xrc = plain;
    (xrc.qp_type, xrc.comp_mask) = (IBV_QPT_XRC_RECV, IBV_QP_INIT_ATTR_XRCD);
    (xrc.send_cq, xrc.recv_cq, xrc.xrcd) = (null_mut(), null_mut(), &raw mut domain.xrcd);
    qp_answers(&opened, 10);
    assert_eq!(create(xrc), 0);

    let mut spread = plain;
    spread.comp_mask |= IBV_QP_INIT_ATTR_IND_TABLE;
    spread.rwq_ind_tbl = &mut table;
    assert_eq!(create(spread), EINVAL);
    spread.recv_cq = null_mut();
    qp_answers(&opened, 2);
    assert_eq!(create(spread), 0);

    // The shorter command has no place for a table.
    let (cmd, resp) = (null_mut(), null_mut());
    let result = call!(qp::ibv_cmd_create_qp_ex(
        opened.context,
        &mut qp,
        &mut spread,
        cmd,
        0,
        resp,
        0
    ));
    assert_eq!(result, EINVAL);
}

#[test]
fn a_qp_is_changed_and_asked() {
    let opened = opened();
    let mut queue = opened.cq();
    let mut qp = ibv_qp {
        context: opened.context,
        handle: 7,
        send_cq: &mut queue,
        qp_type: IBV_QPT_RC,
        ..Zeroed::zeroed()
    };
    let mut attr: ibv_qp_attr = Zeroed::zeroed();
    let mut cmd: ibv_modify_qp = Zeroed::zeroed();
    let size = size_of::<ibv_modify_qp>();
    opened.answers(26, vec![]);
    let mask = IBV_QP_STATE as c_int;
    let result = call!(qp::ibv_cmd_modify_qp(
        &mut qp, &mut attr, mask, &mut cmd, size
    ));
    assert_eq!(result, 0);
    let mask = IBV_QP_RATE_LIMIT as c_int;
    let result = call!(qp::ibv_cmd_modify_qp(
        &mut qp, &mut attr, mask, &mut cmd, size
    ));
    assert_eq!(result, libc::EOPNOTSUPP);

    let mut long: ibv_modify_qp_ex = Zeroed::zeroed();
    let mut resp: ib_uverbs_ex_modify_qp_resp = Zeroed::zeroed();
    let mut modify = |size: usize| {
        let room = size_of::<ib_uverbs_ex_modify_qp_resp>();
        call!(qp::ibv_cmd_modify_qp_ex(
            &mut qp, &mut attr, mask, &mut long, size, &mut resp, room
        ))
    };
    assert_eq!(modify(size_of::<ibv_modify_qp_ex>() - 8), EINVAL);
    opened.answers(0x8000_0000 | 26, words(&[0, 8]));
    assert_eq!(modify(size_of::<ibv_modify_qp_ex>()), 0);

    let mut answer = vec![0u8; 128];
    answer[108] = IBV_QPS_RTS as u8;
    answer[122] = 1;
    opened.answers(25, answer);
    attr.en_sqd_async_notify = 9;
    attr.rate_limit = 1000;
    let mut init: ibv_qp_init_attr = Zeroed::zeroed();
    let mut cmd: ibv_query_qp = Zeroed::zeroed();
    let size = size_of::<ibv_query_qp>();
    let result = call!(qp::ibv_cmd_query_qp(
        &mut qp, &mut attr, 1, &mut init, &mut cmd, size
    ));
    assert_eq!(
        (result, attr.qp_state, init.sq_sig_all),
        (0, IBV_QPS_RTS, 1)
    );
    assert_eq!((init.send_cq, init.qp_type), (&raw mut queue, IBV_QPT_RC));
    // What the kernel does not tell is left as it was.
    assert_eq!((attr.en_sqd_async_notify, attr.rate_limit), (9, 1000));
}

#[test]
fn a_shared_qp_is_opened_by_its_number() {
    let opened = opened();
    let mut domain: verbs_xrcd = Zeroed::zeroed();
    domain.handle = 5;
    let mut qp: verbs_qp = Zeroed::zeroed();
    let mut open = |comp_mask: u32| {
        let mut attr = ibv_qp_open_attr {
            comp_mask,
            qp_num: 0x11,
            xrcd: &mut domain.xrcd,
            qp_context: null_mut(),
            qp_type: IBV_QPT_XRC_RECV,
        };
        let (cmd, resp) = (null_mut(), null_mut());
        let size = size_of::<verbs_qp>() as c_int;
        call!(qp::ibv_cmd_open_qp(
            opened.context,
            &mut qp,
            size,
            &mut attr,
            cmd,
            0,
            resp,
            0
        ))
    };
    assert_eq!(open(0xf | 0x10), libc::EOPNOTSUPP);
    for missing in [1, 2, 8] {
        assert_eq!(open(0xf & !missing), EINVAL);
    }
    opened.answers(40, words(&[6, 0x11, 0, 0, 0, 0, 0, 0]));
    assert_eq!(open(0xf), 0);
    // SAFETY: a QP begins with the plain one.
    let plain = unsafe { qp.u.qp };
    assert_eq!(
        (plain.handle, plain.qp_num, plain.state),
        (6, 0x11, IBV_QPS_UNKNOWN)
    );
}

#[test]
fn an_srq_of_any_kind() {
    let opened = opened();
    let (mut home, mut queue) = (opened.pd(), opened.cq());
    let answers = |kind: u64| {
        opened.script.push(move |call| {
            let attrs = call.ioctl(5, 0);
            let found = attrs.iter().find(|attr| attr.id == 9).expect("a type");
            assert_eq!(found.data(), kind);
            call.reply(0, Reply::Handle(8));
            call.reply(11, Reply::Bytes(words(&[128])));
            call.reply(12, Reply::Bytes(words(&[4])));
            if kind == 1 {
                call.reply(13, Reply::Bytes(words(&[0x55])));
            }
            Ok(())
        });
    };
    let mut plain: ibv_srq = Zeroed::zeroed();
    let mut attr: ibv_srq_init_attr = Zeroed::zeroed();
    attr.attr.max_wr = 100;
    answers(0);
    let (cmd, resp) = (null_mut(), null_mut());
    let result = call!(srq::ibv_cmd_create_srq(
        &mut home, &mut plain, &mut attr, cmd, 0, resp, 0
    ));
    assert_eq!((result, plain.handle), (0, 8));
    assert_eq!((attr.attr.max_wr, attr.attr.max_sge), (128, 4));

    let mut domain: verbs_xrcd = Zeroed::zeroed();
    let mut made: verbs_srq = Zeroed::zeroed();
    let mut create = |attr: &mut ibv_srq_init_attr_ex| {
        let (cmd, resp) = (null_mut(), null_mut());
        call!(srq::ibv_cmd_create_srq_ex(
            opened.context,
            &mut made,
            attr,
            cmd,
            0,
            resp,
            0
        ))
    };
    let mut attr: ibv_srq_init_attr_ex = Zeroed::zeroed();
    attr.comp_mask = IBV_SRQ_INIT_ATTR_TYPE;
    assert_eq!(create(&mut attr), EINVAL);
    attr.comp_mask = IBV_SRQ_INIT_ATTR_RESERVED;
    assert_eq!(create(&mut attr), libc::EOPNOTSUPP);
    attr.comp_mask = IBV_SRQ_INIT_ATTR_PD | IBV_SRQ_INIT_ATTR_TYPE;
    attr.pd = &mut home;
    (attr.cq, attr.xrcd) = (&mut queue, &mut domain.xrcd);
    for kind in [IBV_SRQT_XRC, IBV_SRQT_TM, 3] {
        attr.srq_type = kind;
        assert_eq!(create(&mut attr), EINVAL);
    }
    attr.srq_type = IBV_SRQT_XRC;
    attr.comp_mask |= IBV_SRQ_INIT_ATTR_XRCD | IBV_SRQ_INIT_ATTR_CQ;
    answers(1);
    assert_eq!(create(&mut attr), 0);
    assert_eq!((made.srq_type, made.srq_num), (IBV_SRQT_XRC, 0x55));
    assert_eq!((made.xrcd, made.cq), (&raw mut domain, &raw mut queue));
    assert_eq!((made.srq.handle, made.srq.context), (8, opened.context));
}

#[test]
fn an_srq_is_changed_asked_and_destroyed() {
    let opened = opened();
    let mut queue = ibv_srq {
        context: opened.context,
        handle: 8,
        ..Zeroed::zeroed()
    };
    let mut attr: ibv_srq_attr = Zeroed::zeroed();
    let mut cmd: ibv_modify_srq = Zeroed::zeroed();
    let size = size_of::<ibv_modify_srq>();
    opened.answers(33, vec![]);
    let result = call!(srq::ibv_cmd_modify_srq(
        &mut queue, &mut attr, 2, &mut cmd, size
    ));
    assert_eq!(result, 0);
    let mut cmd: ibv_query_srq = Zeroed::zeroed();
    let size = size_of::<ibv_query_srq>();
    opened.answers(34, words(&[128, 4, 7, 0]));
    let result = call!(srq::ibv_cmd_query_srq(
        &mut queue, &mut attr, &mut cmd, size
    ));
    assert_eq!((result, attr.max_wr, attr.srq_limit), (0, 128, 7));
    opened.script.push(|call| {
        call.ioctl(5, 1);
        call.reply(1, Reply::Bytes(words(&[0])));
        Ok(())
    });
    assert_eq!(call!(srq::ibv_cmd_destroy_srq(&mut queue)), 0);
}

#[test]
fn a_wq_and_a_table_of_it() {
    let opened = opened();
    let (mut home, mut queue) = (opened.pd(), opened.cq());
    let mut attr = ibv_wq_init_attr {
        max_wr: 100,
        max_sge: 2,
        pd: &mut home,
        cq: &mut queue,
        ..Zeroed::zeroed()
    };
    let mut made: ibv_wq = Zeroed::zeroed();
    let mut create = |attr: &mut ibv_wq_init_attr| {
        let (cmd, resp) = (null_mut(), null_mut());
        call!(wq::ibv_cmd_create_wq(
            opened.context,
            attr,
            &mut made,
            cmd,
            0,
            resp,
            0
        ))
    };
    attr.comp_mask = IBV_WQ_INIT_ATTR_RESERVED;
    assert_eq!(create(&mut attr), EINVAL);
    attr.comp_mask = IBV_WQ_INIT_ATTR_FLAGS;
    attr.create_flags = IBV_WQ_FLAGS_RESERVED;
    assert_eq!(create(&mut attr), libc::EOPNOTSUPP);
    attr.create_flags = 0;
    opened.script.push(|call| {
        call.ioctl(12, 0);
        call.reply(0, Reply::Handle(8));
        call.reply(9, Reply::Bytes(words(&[128])));
        call.reply(10, Reply::Bytes(words(&[4])));
        call.reply(11, Reply::Bytes(words(&[0x66])));
        Ok(())
    });
    assert_eq!(create(&mut attr), 0);
    assert_eq!((made.handle, made.wq_num), (8, 0x66));
    assert_eq!((attr.max_wr, attr.max_sge), (128, 4));

    let mut change = ibv_wq_attr {
        attr_mask: IBV_WQ_ATTR_STATE,
        wq_state: 1,
        ..Zeroed::zeroed()
    };
    let mut cmd: ibv_modify_wq = Zeroed::zeroed();
    let size = size_of::<ibv_modify_wq>();
    opened.answers(0x8000_0000 | 53, vec![]);
    let result = call!(wq::ibv_cmd_modify_wq(
        &mut made,
        &mut change,
        &mut cmd,
        size
    ));
    assert_eq!((result, made.state), (0, 1));

    let mut queues = [&raw mut made; 2];
    let mut attr = ibv_rwq_ind_table_init_attr {
        log_ind_tbl_size: 1,
        ind_tbl: queues.as_mut_ptr(),
        comp_mask: 0,
    };
    let mut table: ibv_rwq_ind_table = Zeroed::zeroed();
    let mut resp: ib_uverbs_ex_create_rwq_ind_table_resp = Zeroed::zeroed();
    let mut create = |attr: &mut ibv_rwq_ind_table_init_attr| {
        let room = size_of::<ib_uverbs_ex_create_rwq_ind_table_resp>();
        call!(wq::ibv_cmd_create_rwq_ind_table(
            opened.context,
            attr,
            &mut table,
            &mut resp,
            room
        ))
    };
    opened.answers(0x8000_0000 | 55, words(&[0, 16, 20, 21]));
    assert_eq!(create(&mut attr), 0);
    attr.log_ind_tbl_size = 14;
    assert_eq!(create(&mut attr), EINVAL);
    assert_eq!((table.ind_tbl_handle, table.ind_tbl_num), (20, 21));
    opened.script.ioctl(
        (11, 0),
        &[(0, crate::kernel::tests::script::Attr::Handle(20))],
        vec![],
    );
    assert_eq!(call!(wq::ibv_cmd_destroy_rwq_ind_table(&mut table)), 0);
}
