//! Making and destroying CQs, QPs, SRQs and WQs, in every form.

use super::script::{Attr, Reply, Script, extended, standard, words};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::cmd::{cq, qp, srq, wq};
use crate::kernel::{DriverData, Uverbs};

const NONE: DriverData = DriverData::NONE;
const ASYNC_FD: u64 = 9;

fn cq_asked() -> cq::Asked {
    cq::Asked {
        user_handle: 0x7000,
        cqe: 64,
        channel_fd: 8,
        comp_vector: 2,
        async_fd: ASYNC_FD as i32,
        flags: 0,
        is_timestamp_implied: false,
    }
}

fn create_cq(uverbs: &Uverbs, asked: &cq::Asked) -> Result<cq::Made, Errno> {
    // SAFETY: no linked buffers.
    unsafe { cq::create(uverbs, asked, NONE, std::ptr::null_mut()) }
}

#[test]
fn a_cq_by_ioctl() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let attrs = |event: Attr, flags: Option<u32>| {
        let mut attrs = vec![
            (0, Attr::Handle(0)),
            (6, Attr::Out(4)),
            (1, Attr::U32(64)),
            (2, Attr::U64(0x7000)),
            (3, Attr::Handle(8)),
            (4, Attr::U32(2)),
            (7, event),
        ];
        attrs.extend(flags.map(|flags| (5, Attr::U32(flags))));
        attrs
    };
    let replies = || vec![(0, Reply::Handle(5)), (6, Reply::Bytes(words(&[127])))];
    script.ioctl(
        (3, 0),
        &attrs(Attr::OptionalHandle(ASYNC_FD), None),
        replies(),
    );
    let made = create_cq(&uverbs, &cq_asked());
    assert_eq!(
        made,
        Ok(cq::Made {
            handle: 5,
            cqe: 127
        })
    );

    let event = Attr::OptionalHandle(ASYNC_FD);
    script.ioctl((3, 0), &attrs(event, Some(3)), replies());
    let asked = cq::Asked {
        flags: 3,
        ..cq_asked()
    };
    assert!(create_cq(&uverbs, &asked).is_ok());

    // Taken over from another process the descriptor of events must not be ignored.
    uverbs.set_imported();
    script.ioctl((3, 0), &attrs(Attr::Handle(ASYNC_FD), None), replies());
    assert!(create_cq(&uverbs, &cq_asked()).is_ok());
    script.fails_ioctl(3, 0, Errno::EPROTONOSUPPORT);
    let refused = create_cq(&uverbs, &cq_asked());
    assert_eq!(refused, Err(Errno::EOPNOTSUPP));
}

#[test]
fn a_cq_by_write() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    // CREATE_CQ is command 18: address, user handle, cqe, vector, channel, reserved.
    let mut expected = standard(18, 10, 2);
    expected.extend(words(&[0, 0, 0x7000, 0, 64, 2, 8, 0]));
    script.write(expected.clone(), words(&[5, 127]));
    let made = create_cq(&uverbs, &cq_asked());
    assert_eq!(
        made,
        Ok(cq::Made {
            handle: 5,
            cqe: 127
        })
    );

    // Timestamps alone need no flag if the driver makes them anyway.
    script.write(expected, words(&[5, 127]));
    let implied = cq::Asked {
        flags: 1,
        is_timestamp_implied: true,
        ..cq_asked()
    };
    assert!(create_cq(&uverbs, &implied).is_ok());

    // Otherwise extended command 18: user handle, cqe, vector, channel, mask, flags, reserved.
    for (flags, is_timestamp_implied) in [(1, false), (2, true), (3, true)] {
        let mut expected = extended(18, (4, 2), (0, 0));
        expected.extend(words(&[0x7000, 0, 64, 2, u32::MAX, 0, flags, 0]));
        script.write(expected, words(&[6, 255, 0, 16]));
        let asked = cq::Asked {
            channel_fd: -1,
            flags,
            is_timestamp_implied,
            ..cq_asked()
        };
        let made = create_cq(&uverbs, &asked);
        assert_eq!(
            made,
            Ok(cq::Made {
                handle: 6,
                cqe: 255
            })
        );
    }
}

#[test]
fn destruction_tells_how_many_events_there_were() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    script.ioctl(
        (3, 1),
        &[(1, Attr::Out(8)), (0, Attr::Handle(5))],
        vec![(1, Reply::Bytes(words(&[3, 1])))],
    );
    let reported = cq::destroy(&uverbs, 5).expect("answered");
    let events = (
        reported.comp_events_reported,
        reported.async_events_reported,
    );
    assert_eq!(events, (3, 1));
    // QP, SRQ, WQ are objects 4, 5, 12; destroying is method 1 of each, a word comes back.
    type Destroy = fn(&Uverbs, u32) -> Result<u32, Errno>;
    let kinds: [(u16, Destroy); 3] = [(4, qp::destroy), (5, srq::destroy), (12, wq::destroy)];
    for (object, destroy) in kinds {
        script.ioctl(
            (object, 1),
            &[(1, Attr::Out(4)), (0, Attr::Handle(6))],
            vec![(1, Reply::Bytes(words(&[2])))],
        );
        assert_eq!(destroy(&uverbs, 6), Ok(2), "object {object}");
    }
}

#[test]
fn destruction_by_write_tells_it_too() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    // Address of the answer, handle, reserved.
    let request = |number: u32, out_words: u16| {
        let mut expected = standard(number, 6, out_words);
        expected.extend(words(&[0, 0, 5, 0]));
        expected
    };
    script.write(request(20, 2), words(&[3, 1]));
    let reported = cq::destroy(&uverbs, 5).expect("answered");
    let events = (
        reported.comp_events_reported,
        reported.async_events_reported,
    );
    assert_eq!(events, (3, 1));
    script.write(request(27, 1), words(&[4]));
    assert_eq!(qp::destroy(&uverbs, 5), Ok(4));
    script.write(request(35, 1), words(&[6]));
    assert_eq!(srq::destroy(&uverbs, 5), Ok(6));
    // DESTROY_WQ is extended command 54: mask, handle; mask, length, events, reserved.
    let mut expected = extended(54, (1, 2), (0, 0));
    expected.extend(words(&[0, 5]));
    script.write(expected, words(&[0, 16, 7, 0]));
    assert_eq!(wq::destroy(&uverbs, 5), Ok(7));
}

const CAP: ibv_qp_cap = ibv_qp_cap {
    max_send_wr: 10,
    max_recv_wr: 11,
    max_send_sge: 1,
    max_recv_sge: 2,
    max_inline_data: 64,
};

const CAP_WORDS: [u32; 5] = [10, 11, 1, 2, 64];

fn qp_asked() -> qp::Asked {
    qp::Asked {
        user_handle: 0x9000,
        qp_type: IBV_QPT_RC,
        home: qp::Home::Pd(3),
        send_cq: Some(4),
        recv_cq: Some(5),
        srq: None,
        ind_table: None,
        cap: CAP,
        is_sq_sig_all: false,
        create_flags: None,
        source_qpn: 0,
        async_fd: ASYNC_FD as i32,
    }
}

fn cap_words(cap: &ibv_qp_cap) -> [u32; 5] {
    [
        cap.max_send_wr,
        cap.max_recv_wr,
        cap.max_send_sge,
        cap.max_recv_sge,
        cap.max_inline_data,
    ]
}

#[test]
fn a_qp_by_ioctl() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let tail = |flags: Vec<(u16, Attr)>| {
        let mut attrs = vec![
            (0, Attr::Handle(0)),
            (9, Attr::U64(2)),
            (7, Attr::U64(0x9000)),
            (8, Attr::Bytes(words(&CAP_WORDS))),
            (12, Attr::Handle(ASYNC_FD)),
        ];
        attrs.extend(flags);
        attrs.extend([(13, Attr::Out(20)), (14, Attr::Out(4))]);
        attrs
    };
    let replies = || {
        vec![
            (0, Reply::Handle(6)),
            (13, Reply::Bytes(words(&[16, 16, 2, 2, 96]))),
            (14, Reply::Bytes(words(&[0x11]))),
        ]
    };
    let mut attrs = vec![
        (2, Attr::Handle(3)),
        (4, Attr::Handle(4)),
        (5, Attr::Handle(5)),
    ];
    attrs.extend(tail(vec![(10, Attr::U32(0x1000)), (3, Attr::Handle(12))]));
    script.ioctl((4, 0), &attrs, replies());
    let asked = qp::Asked {
        is_sq_sig_all: true,
        srq: Some(12),
        ..qp_asked()
    };
    let made = qp::create(&uverbs, &asked, NONE).expect("answered");
    assert_eq!((made.handle, made.qp_num), (6, 0x11));
    assert_eq!(cap_words(&made.cap), [16, 16, 2, 2, 96]);

    // A source number is an attribute of its own, not a flag.
    let mut attrs = vec![
        (2, Attr::Handle(3)),
        (6, Attr::Handle(20)),
        (4, Attr::Handle(4)),
    ];
    attrs.extend(tail(vec![(11, Attr::U32(0x77)), (10, Attr::U32(2))]));
    script.ioctl((4, 0), &attrs, replies());
    let asked = qp::Asked {
        recv_cq: None,
        ind_table: Some(20),
        create_flags: Some(2 | 1 << 10),
        source_qpn: 0x77,
        ..qp_asked()
    };
    assert!(qp::create(&uverbs, &asked, NONE).is_ok());

    let unknown = qp::Asked {
        create_flags: Some(1),
        ..qp_asked()
    };
    let refused = qp::create(&uverbs, &unknown, NONE).map(|_| ());
    assert_eq!(refused, Err(Errno::EINVAL));

    uverbs.set_imported();
    script.fails_ioctl(4, 0, Errno::EPROTONOSUPPORT);
    let refused = qp::create(&uverbs, &qp_asked(), NONE).map(|_| ());
    assert_eq!(refused, Err(Errno::EOPNOTSUPP));
}

/// CREATE_QP, command 24: address, user handle, PD, CQs, SRQ, sizes, four bytes of marks.
fn qp_request(out_words: u16, marks: u32) -> Vec<u8> {
    let mut expected = standard(24, 16, out_words);
    expected.extend(words(&[0, 0, 0x9000, 0, 3, 4, 5, 0]));
    expected.extend(words(&CAP_WORDS));
    expected.extend(words(&[marks]));
    expected
}

#[test]
fn a_qp_by_write_in_all_versions() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    // Signal all, type, is-SRQ, reserved.
    let answer = [6, 0x11, 16, 16, 2, 2, 96, 0];
    script.write(qp_request(8, 0x0000_0201), words(&answer));
    let asked = qp::Asked {
        is_sq_sig_all: true,
        ..qp_asked()
    };
    let made = qp::create(&uverbs, &asked, NONE).expect("answered");
    assert_eq!((made.handle, made.qp_num), (6, 0x11));
    assert_eq!(cap_words(&made.cap), [16, 16, 2, 2, 96]);

    let uverbs = script.old_uverbs(5);
    script.write(qp_request(8, 0x0200), words(&answer));
    let made = qp::create(&uverbs, &qp_asked(), NONE).expect("answered");
    assert_eq!(cap_words(&made.cap), [16, 16, 2, 2, 96]);

    let uverbs = script.old_uverbs(4);
    script.write(qp_request(7, 0x0200), words(&answer[..7]));
    let made = qp::create(&uverbs, &qp_asked(), NONE).expect("answered");
    assert_eq!((made.handle, made.qp_num), (6, 0x11));
    assert_eq!(cap_words(&made.cap), [16, 16, 2, 2, 96]);

    // The oldest does not tell what was granted.
    let uverbs = script.old_uverbs(3);
    script.write(qp_request(2, 0x0200), words(&answer[..2]));
    let made = qp::create(&uverbs, &qp_asked(), NONE).expect("answered");
    assert_eq!((made.handle, made.qp_num), (6, 0x11));
    assert_eq!(cap_words(&made.cap), CAP_WORDS);
}

#[test]
fn a_qp_with_flags_or_a_table_by_extended_write() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    // Extended command 24: user handle, PD, CQs, SRQ, sizes, marks, mask, flags, table, source.
    let mut expected = extended(24, (8, 5), (0, 0));
    expected.extend(words(&[0x9000, 0, 3, 4, 0, 0]));
    expected.extend(words(&CAP_WORDS));
    expected.extend(words(&[0x0200, 1, 2 | 1 << 10, 20, 0x77]));
    let answer = [6, 0x11, 16, 16, 2, 2, 96, 0, 0, 40];
    script.write(expected, words(&answer));
    let asked = qp::Asked {
        recv_cq: None,
        ind_table: Some(20),
        create_flags: Some(2 | 1 << 10),
        source_qpn: 0x77,
        ..qp_asked()
    };
    let made = qp::create(&uverbs, &asked, NONE).expect("answered");
    assert_eq!((made.handle, made.qp_num), (6, 0x11));
}

fn srq_asked(kind: srq::Kind) -> srq::Asked {
    srq::Asked {
        user_handle: 0xa000,
        pd: 3,
        attr: ibv_srq_attr {
            max_wr: 100,
            max_sge: 2,
            srq_limit: 5,
        },
        kind,
        async_fd: ASYNC_FD as i32,
    }
}

#[test]
fn an_srq_by_ioctl() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let common = |kind: u64| {
        [
            (0, Attr::Handle(0)),
            (9, Attr::U64(kind)),
            (4, Attr::U64(0xa000)),
            (1, Attr::Handle(3)),
            (5, Attr::U32(100)),
            (6, Attr::U32(2)),
            (7, Attr::U32(5)),
            (10, Attr::Handle(ASYNC_FD)),
            (11, Attr::Out(4)),
            (12, Attr::Out(4)),
        ]
    };
    let replies = || {
        vec![
            (0, Reply::Handle(8)),
            (11, Reply::Bytes(words(&[128]))),
            (12, Reply::Bytes(words(&[4]))),
        ]
    };
    script.ioctl((5, 0), &common(0), replies());
    let made = srq::create(&uverbs, &srq_asked(srq::Kind::Basic), NONE).expect("answered");
    assert_eq!((made.handle, made.max_wr, made.max_sge), (8, 128, 4));

    let mut attrs = vec![
        (2, Attr::Handle(31)),
        (3, Attr::Handle(32)),
        (13, Attr::Out(4)),
    ];
    attrs.extend(common(1));
    let mut xrc_replies = replies();
    xrc_replies.push((13, Reply::Bytes(words(&[0x55]))));
    script.ioctl((5, 0), &attrs, xrc_replies);
    let kind = srq::Kind::Xrc { xrcd: 31, cq: 32 };
    let made = srq::create(&uverbs, &srq_asked(kind), NONE).expect("answered");
    assert_eq!((made.handle, made.srq_num), (8, 0x55));

    let mut attrs = vec![(3, Attr::Handle(32)), (8, Attr::U32(33))];
    attrs.extend(common(2));
    script.ioctl((5, 0), &attrs, replies());
    let kind = srq::Kind::TagMatching {
        cq: 32,
        max_num_tags: 33,
    };
    assert!(srq::create(&uverbs, &srq_asked(kind), NONE).is_ok());
}

#[test]
fn an_srq_by_write_in_all_versions() {
    let script = Script::new();
    // CREATE_SRQ, command 32: address, user handle, PD, sizes, limit.
    let request = |out_words: u16| {
        let mut expected = standard(32, 10, out_words);
        expected.extend(words(&[0, 0, 0xa000, 0, 3, 100, 2, 5]));
        expected
    };
    let uverbs = script.old_uverbs(6);
    script.write(request(4), words(&[8, 128, 4, 0]));
    let made = srq::create(&uverbs, &srq_asked(srq::Kind::Basic), NONE).expect("answered");
    assert_eq!((made.handle, made.max_wr, made.max_sge), (8, 128, 4));
    for version in [3, 4, 5] {
        let uverbs = script.old_uverbs(version);
        script.write(request(1), words(&[8]));
        let made = srq::create(&uverbs, &srq_asked(srq::Kind::Basic), NONE).expect("answered");
        assert_eq!((made.handle, made.max_wr, made.max_sge), (8, 100, 2));
    }
    // CREATE_XSRQ, command 39: address, user handle, type, PD, sizes, limit, tags, XRCD, CQ.
    let uverbs = script.old_uverbs(6);
    let kinds = [
        (srq::Kind::Xrc { xrcd: 31, cq: 32 }, 1, [0, 31, 32]),
        (
            srq::Kind::TagMatching {
                cq: 32,
                max_num_tags: 33,
            },
            2,
            [33, 0, 32],
        ),
    ];
    for (kind, number, rest) in kinds {
        let mut expected = standard(39, 14, 4);
        expected.extend(words(&[0, 0, 0xa000, 0, number, 3, 100, 2, 5]));
        expected.extend(words(&rest));
        script.write(expected, words(&[8, 128, 4, 0x55]));
        let made = srq::create(&uverbs, &srq_asked(kind), NONE).expect("answered");
        assert_eq!((made.handle, made.srq_num), (8, 0x55));
    }
}

#[test]
fn an_srq_is_changed_by_a_longer_request_in_the_oldest_version() {
    let script = Script::new();
    let attr = ibv_srq_attr {
        max_wr: 200,
        max_sge: 9,
        srq_limit: 7,
    };
    let uverbs = script.old_uverbs(6);
    let mut expected = standard(33, 6, 0);
    expected.extend(words(&[8, 2, 200, 7]));
    script.write(expected, vec![]);
    srq::modify(&uverbs, 8, (&attr, 2), NONE).expect("taken");
    let uverbs = script.old_uverbs(3);
    let mut expected = standard(33, 8, 0);
    expected.extend(words(&[8, 2, 200, 0, 7, 0]));
    script.write(expected, vec![]);
    srq::modify(&uverbs, 8, (&attr, 2), NONE).expect("taken");
    // QUERY_SRQ, command 34: address, handle, reserved.
    let mut expected = standard(34, 6, 4);
    expected.extend(words(&[0, 0, 8, 0]));
    script.write(expected, words(&[128, 4, 7, 0]));
    let found = srq::query(&uverbs, 8, NONE).expect("answered");
    assert_eq!((found.max_wr, found.max_sge, found.srq_limit), (128, 4, 7));
}

#[test]
fn a_wq_by_ioctl() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let asked = wq::Asked {
        user_handle: 0xb000,
        wq_type: 0,
        pd: 3,
        cq: 4,
        max_wr: 100,
        max_sge: 2,
        create_flags: 1,
        async_fd: ASYNC_FD as i32,
    };
    script.ioctl(
        (12, 0),
        &[
            (0, Attr::Handle(0)),
            (3, Attr::U64(0xb000)),
            (1, Attr::Handle(3)),
            (2, Attr::Handle(4)),
            (4, Attr::U64(0)),
            (6, Attr::U32(100)),
            (7, Attr::U32(2)),
            (5, Attr::Handle(ASYNC_FD)),
            (8, Attr::U32(1)),
            (9, Attr::Out(4)),
            (10, Attr::Out(4)),
            (11, Attr::Out(4)),
        ],
        vec![
            (0, Reply::Handle(8)),
            (9, Reply::Bytes(words(&[128]))),
            (10, Reply::Bytes(words(&[4]))),
            (11, Reply::Bytes(words(&[0x66]))),
        ],
    );
    let made = wq::create(&uverbs, &asked, NONE);
    let expected = wq::Made {
        handle: 8,
        max_wr: 128,
        max_sge: 4,
        wq_num: 0x66,
    };
    assert_eq!(made, Ok(expected));
    let unknown = wq::Asked {
        create_flags: 1 << 4,
        ..asked
    };
    assert_eq!(wq::create(&uverbs, &unknown, NONE), Err(Errno::EOPNOTSUPP));
}

#[test]
fn a_wq_is_changed_by_an_extended_command() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    let attr = ibv_wq_attr {
        attr_mask: 1 | 2 | 4,
        wq_state: 1,
        curr_wq_state: 0,
        flags: 1,
        flags_mask: 3,
    };
    let mut expected = extended(53, (3, 0), (0, 0));
    expected.extend(words(&[7, 8, 1, 0, 1, 3]));
    script.write(expected, vec![]);
    wq::modify(&uverbs, 8, &attr, NONE).expect("taken");
    let unknown = ibv_wq_attr {
        attr_mask: 8,
        ..attr
    };
    assert_eq!(wq::modify(&uverbs, 8, &unknown, NONE), Err(Errno::EINVAL));
    let unknown = ibv_wq_attr {
        flags_mask: 1 << 4,
        ..attr
    };
    let refused = wq::modify(&uverbs, 8, &unknown, NONE);
    assert_eq!(refused, Err(Errno::EOPNOTSUPP));
}
