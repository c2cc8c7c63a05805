//! All other commands, in every form.

use super::script::{Attr, Reply, Script, extended, standard, words};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::cmd::{
    ah, context, counters, device, dm, flow, flow_action, mcast, mr, mw, pd, port, qp,
    rwq_ind_table, xrcd,
};
use crate::kernel::{DriverData, Uverbs};

const NONE: DriverData = DriverData::NONE;

type Destroy = fn(&Uverbs, u32) -> Result<(), Errno>;

#[test]
fn plain_destruction_has_a_handle_and_nothing_else() {
    // Object and method of the ioctl, number of the written command, 0 where there is none.
    let kinds: [(u16, u16, u32, Destroy); 11] = [
        (1, 0, 4, pd::dealloc),
        (6, 0, 8, ah::destroy_ah),
        (7, 1, 13, mr::dereg),
        (8, 0, 16, mw::dealloc),
        (10, 0, 38, xrcd::close),
        (9, 0, 51, flow::destroy_flow),
        (11, 0, 56, rwq_ind_table::destroy_table),
        (13, 1, 0, flow_action::destroy),
        (14, 1, 0, dm::free),
        (15, 1, 0, counters::destroy),
        (1, 0, 4, pd::dealloc),
    ];
    for (object, method, number, destroy) in kinds {
        let script = Script::new();
        let uverbs = script.uverbs(6);
        script.ioctl((object, method), &[(0, Attr::Handle(12))], vec![]);
        assert_eq!(destroy(&uverbs, 12), Ok(()), "object {object}");
        script.fails_ioctl(object, method, Errno::EBUSY);
        assert_eq!(destroy(&uverbs, 12), Err(Errno::EBUSY), "object {object}");
        let uverbs = script.old_uverbs(6);
        match number {
            0 => {
                script.fails_ioctl(object, method, Errno::ENOTTY);
                assert_eq!(destroy(&uverbs, 12), Err(Errno::ENOTTY));
                continue;
            }
            51 | 56 => {
                let mut expected = extended(number, (1, 0), (0, 0));
                expected.extend(words(&[0, 12]));
                script.write(expected, vec![]);
            }
            _ => {
                let mut expected = standard(number, 3, 0);
                expected.extend(words(&[12]));
                script.write(expected, vec![]);
            }
        }
        assert_eq!(destroy(&uverbs, 12), Ok(()), "object {object}");
    }
}

const REGION: mr::Region = mr::Region {
    addr: 0x1_0000,
    length: 0x2000,
    iova: 0x3_0000,
    access: 7,
};

#[test]
fn regions_are_registered_and_changed_by_write() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    // REG_MR, command 9: address, start, length, iova, PD, access.
    let mut expected = standard(9, 12, 3);
    expected.extend(words(&[0, 0, 0x1_0000, 0, 0x2000, 0, 0x3_0000, 0, 3, 7]));
    script.write(expected, words(&[5, 0x50, 0x51]));
    let made = mr::reg(&uverbs, 3, REGION, NONE).expect("answered");
    assert_eq!((made.mr_handle, made.lkey, made.rkey), (5, 0x50, 0x51));

    // REREG_MR, command 11: address, handle, flags, start, length, iova, PD, access.
    let request = |flags: u32, pd: u32| {
        let mut expected = standard(11, 14, 2);
        expected.extend(words(&[
            0, 0, 5, flags, 0x1_0000, 0, 0x2000, 0, 0x3_0000, 0,
        ]));
        expected.extend(words(&[pd, 7]));
        expected
    };
    script.write(request(1, 0), words(&[0x60, 0x61]));
    let keys = mr::rereg(&uverbs, 5, (1, None), REGION, NONE).expect("answered");
    assert_eq!((keys.lkey, keys.rkey), (0x60, 0x61));
    script.write(request(2, 4), words(&[0x60, 0x61]));
    assert!(mr::rereg(&uverbs, 5, (2, Some(4)), REGION, NONE).is_ok());
}

#[test]
fn all_of_memory_on_demand_begins_at_zero() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    let all = mr::Region {
        addr: 0,
        length: usize::MAX,
        iova: 0,
        access: 1 << 6,
    };
    let mut expected = standard(9, 12, 3);
    let ones = u32::MAX;
    expected.extend(words(&[0, 0, 0, 0, ones, ones, 0, 0, 3, 1 << 6]));
    script.write(expected, words(&[5, 0x50, 0x51]));
    assert!(mr::reg(&uverbs, 3, all, NONE).is_ok());
    let elsewhere = mr::Region { addr: 4096, ..all };
    let refused = mr::reg(&uverbs, 3, elsewhere, NONE).map(|_| ());
    assert_eq!(refused, Err(Errno::EINVAL));
}

#[test]
fn regions_of_other_processes_advice_and_dma_bufs_by_ioctl() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    script.ioctl(
        (7, 3),
        &[
            (0, Attr::Handle(5)),
            (1, Attr::Out(4)),
            (2, Attr::Out(4)),
            (3, Attr::Out(8)),
        ],
        vec![
            (1, Reply::Bytes(words(&[0x50]))),
            (2, Reply::Bytes(words(&[0x51]))),
            (3, Reply::Bytes(words(&[0, 1]))),
        ],
    );
    let made = mr::Made {
        handle: 5,
        lkey: 0x50,
        rkey: 0x51,
    };
    assert_eq!(mr::query(&uverbs, 5), Ok((made, 1 << 32)));

    let entries = [ibv_sge {
        addr: 0x1000,
        length: 0x2000,
        lkey: 0x50,
    }];
    script.ioctl(
        (7, 2),
        &[
            (0, Attr::Handle(3)),
            (1, Attr::U64(1)),
            (2, Attr::U32(1)),
            (3, Attr::Bytes(words(&[0x1000, 0, 0x2000, 0x50]))),
        ],
        vec![],
    );
    assert_eq!(mr::advise(&uverbs, 3, 1, 1, &entries), Ok(()));

    script.ioctl(
        (7, 4),
        &[
            (0, Attr::Handle(0)),
            (7, Attr::Out(4)),
            (8, Attr::Out(4)),
            (1, Attr::Handle(3)),
            (2, Attr::U64(0x1_0000)),
            (3, Attr::U64(0x2000)),
            (4, Attr::U64(0x3_0000)),
            (5, Attr::U32(44)),
            (6, Attr::U32(7)),
        ],
        vec![
            (0, Reply::Handle(5)),
            (7, Reply::Bytes(words(&[0x50]))),
            (8, Reply::Bytes(words(&[0x51]))),
        ],
    );
    // SAFETY: no driver has attributes here.
    let found = unsafe { mr::reg_dmabuf(&uverbs, 3, REGION, 44, std::ptr::null_mut()) };
    assert_eq!(found, Ok(made));
}

#[test]
fn memory_of_the_device() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let attr = ibv_alloc_dm_attr {
        length: 4096,
        log_align_req: 6,
        comp_mask: 0,
    };
    script.ioctl(
        (14, 0),
        &[
            (0, Attr::Handle(0)),
            (1, Attr::U64(4096)),
            (2, Attr::U32(6)),
        ],
        vec![(0, Reply::Handle(8))],
    );
    // SAFETY: no linked buffers.
    let handle = unsafe { dm::alloc(&uverbs, &attr, std::ptr::null_mut()) };
    assert_eq!(handle, Ok(8));

    let zero_based = mr::Region {
        access: 1 << 5,
        ..REGION
    };
    script.ioctl(
        (7, 0),
        &[
            (0, Attr::Handle(0)),
            (6, Attr::Out(4)),
            (7, Attr::Out(4)),
            (3, Attr::Handle(3)),
            (5, Attr::Handle(8)),
            (1, Attr::U64(0x1_0000)),
            (2, Attr::U64(0x2000)),
            (4, Attr::U32(1 << 5)),
        ],
        vec![(0, Reply::Handle(9))],
    );
    // SAFETY: no linked buffers.
    let made = unsafe { dm::reg_mr(&uverbs, (3, 8), zero_based, std::ptr::null_mut()) };
    assert_eq!(made.map(|made| made.handle), Ok(9));
    // SAFETY: as above.
    let refused = unsafe { dm::reg_mr(&uverbs, (3, 8), REGION, std::ptr::null_mut()) };
    assert_eq!(refused, Err(Errno::EINVAL));
}

#[test]
fn small_objects_by_write() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    // ALLOC_MW, command 14: address, PD, type in a byte.
    let mut expected = standard(14, 6, 2);
    expected.extend(words(&[0, 0, 3, 2]));
    script.write(expected, words(&[5, 0x51]));
    let window = mw::alloc(&uverbs, 3, IBV_MW_TYPE_2, NONE).expect("answered");
    assert_eq!((window.mw_handle, window.rkey), (5, 0x51));

    // OPEN_XRCD, command 37: address, descriptor, flags.
    let mut expected = standard(37, 6, 1);
    expected.extend(words(&[0, 0, u32::MAX, 0o100]));
    script.write(expected, words(&[6]));
    let domain = xrcd::open(&uverbs, -1, 0o100, NONE).expect("answered");
    assert_eq!(domain.xrcd_handle, 6);

    // CREATE_COMP_CHANNEL, command 17: address.
    let mut expected = standard(17, 4, 1);
    expected.extend(words(&[0, 0]));
    script.write(expected, words(&[44]));
    assert_eq!(context::create_comp_channel(&uverbs), Ok(44));

    // OPEN_QP, command 40: address, user handle, domain, number, type in a byte.
    let mut expected = standard(40, 10, 8);
    expected.extend(words(&[0, 0, 0x9000, 0, 6, 0x11, 10, 0]));
    script.write(expected, words(&[7, 0x11, 0, 0, 0, 0, 0, 0]));
    let opened = qp::open(&uverbs, 0x9000, 6, (0x11, 10), NONE).expect("answered");
    assert_eq!(opened.qp_handle, 7);

    // RESIZE_CQ, command 19; REQ_NOTIFY_CQ, command 23.
    let mut expected = standard(19, 6, 2);
    expected.extend(words(&[0, 0, 5, 100]));
    script.write(expected, words(&[127, 0]));
    let resized = crate::kernel::cmd::cq::resize(&uverbs, 5, 100, NONE).expect("answered");
    assert_eq!(resized.cqe, 127);
    let mut expected = standard(23, 4, 0);
    expected.extend(words(&[5, 1]));
    script.write(expected, vec![]);
    assert_eq!(crate::kernel::cmd::cq::req_notify(&uverbs, 5, true), Ok(()));

    // ATTACH_MCAST and DETACH_MCAST, commands 30 and 31: GID, queue, LID in two bytes.
    let gid = [0xfe; 16];
    for (number, change) in [
        (30, mcast::attach as fn(_, _, _, _) -> _),
        (31, mcast::detach),
    ] {
        let mut expected = standard(number, 8, 0);
        expected.extend(gid);
        expected.extend(words(&[7, 0xc001]));
        script.write(expected, vec![]);
        assert_eq!(change(&uverbs, 7, gid, 0xc001), Ok(()));
    }
}

#[test]
fn a_context_in_both_forms() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let attrs = [(0, Attr::Out(4)), (1, Attr::Out(8))];
    let replies = || {
        vec![
            (0, Reply::Bytes(words(&[4]))),
            (1, Reply::Bytes(words(&[1, 0]))),
        ]
    };
    let full = context::Context {
        num_comp_vectors: 4,
        core_support: Some(1),
        async_fd: None,
    };
    script.ioctl((0, 3), &attrs, replies());
    assert_eq!(context::create(&uverbs, NONE), Ok(full));
    script.ioctl((0, 4), &attrs, replies());
    // SAFETY: no linked buffers.
    let found = unsafe { context::query(&uverbs, std::ptr::null_mut()) };
    assert_eq!(found, Ok(full));
    script.ioctl(
        (16, 0),
        &[(0, Attr::Handle(0))],
        vec![(0, Reply::Handle(9))],
    );
    assert_eq!(context::alloc_async_fd(&uverbs), Ok(9));

    let uverbs = script.old_uverbs(6);
    // GET_CONTEXT, command 0: address; descriptor and vectors come back.
    let mut expected = standard(0, 4, 2);
    expected.extend(words(&[0, 0]));
    script.write(expected, words(&[9, 4]));
    let older = context::Context {
        num_comp_vectors: 4,
        core_support: None,
        async_fd: Some(9),
    };
    assert_eq!(context::create(&uverbs, NONE), Ok(older));
}

#[test]
fn a_port_in_both_forms() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let mut answer = words(&[0x0001_0000, 0x4000_0000, 0, 0, 256]);
    answer.extend([1, 0, 7, 0, 8, 0, 4, 5, 3, 0, 1, 0, 18, 0, 2, 32, 5, 2, 0, 0]);
    let legacy = answer.clone();
    answer.extend([0x34, 0x12, 0, 0, 0, 0, 0, 0]);
    script.ioctl(
        (0, 2),
        &[(0, Attr::U64(1)), (1, Attr::Out(48))],
        vec![(1, Reply::Bytes(answer))],
    );
    let check = |found: &ib_uverbs_query_port_resp_ex, flags2: u16| {
        let port = &found.legacy_resp;
        assert_eq!((port.state, port.max_mtu, port.active_mtu), (4, 5, 3));
        assert_eq!((port.lid, port.sm_lid, port.pkey_tbl_len), (7, 8, 1));
        assert_eq!((port.gid_tbl_len, port.link_layer), (256, 2));
        assert_eq!((port.active_width, port.active_speed), (2, 32));
        assert_eq!(found.port_cap_flags2, flags2);
    };
    check(&port::query(&uverbs, 1, NONE).expect("answered"), 0x1234);

    let uverbs = script.old_uverbs(6);
    // QUERY_PORT, command 2: address, number in a byte.
    let mut expected = standard(2, 6, 10);
    expected.extend(words(&[0, 0, 1, 0]));
    script.write(expected, legacy);
    check(&port::query(&uverbs, 1, NONE).expect("answered"), 0);
}

#[test]
fn gids_by_ioctl_alone() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let mut entry = [0u8; 32];
    let place = (entry.as_mut_ptr(), entry.len());
    script.ioctl(
        (0, 6),
        &[
            (0, Attr::U64(1)),
            (1, Attr::U64(3)),
            (2, Attr::U32(0)),
            (3, Attr::Out(32)),
        ],
        vec![(3, Reply::Bytes(vec![0xab; 32]))],
    );
    // SAFETY: a place of ours.
    let found = unsafe { port::query_gid(&uverbs, (1, 3), 0, place) };
    assert_eq!(found, Ok(Some(())));
    assert_eq!(entry, [0xab; 32]);
    script.fails_ioctl(0, 6, Errno::ENODATA);
    // SAFETY: as above.
    let empty = unsafe { port::query_gid(&uverbs, (1, 3), 0, place) };
    assert_eq!(empty, Err(Errno::ENODATA));

    script.ioctl(
        (0, 5),
        &[
            (0, Attr::U64(8)),
            (1, Attr::U32(0)),
            (2, Attr::Out(32)),
            (3, Attr::Out(8)),
        ],
        vec![(3, Reply::Bytes(words(&[2, 0])))],
    );
    let table = (entry.as_mut_ptr(), 4);
    // SAFETY: four entries of eight bytes.
    let count = unsafe { port::query_gid_table(&uverbs, table, 0, 8) };
    assert_eq!(count, Ok(Some(2)));

    // A kernel that has no entries has no tables either.
    script.fails_ioctl(0, 6, Errno::EPROTONOSUPPORT);
    // SAFETY: as above.
    let found = unsafe { port::query_gid(&uverbs, (1, 3), 0, place) };
    assert_eq!(found, Ok(None));
    // SAFETY: as above.
    let found = unsafe { port::query_gid_table(&uverbs, table, 0, 8) };
    assert_eq!(found, Ok(None));
}

#[test]
fn a_device_by_the_extended_query_or_the_standard_one() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    // Extended command 1: mask, reserved; 304 bytes come back, of which the kernel fills some.
    let mut expected = extended(1, (1, 38), (0, 0));
    expected.extend(words(&[0, 0]));
    let mut answer = vec![0u8; 304];
    // vendor_id at 40, length at 180, on-demand caps at 184, timestamp mask at 208
    answer[40..44].copy_from_slice(&0x1234u32.to_ne_bytes());
    answer[180..184].copy_from_slice(&208u32.to_ne_bytes());
    answer[184..192].copy_from_slice(&3u64.to_ne_bytes());
    answer[208..216].copy_from_slice(&u64::MAX.to_ne_bytes());
    script.write(expected.clone(), answer);
    let found = device::query(&uverbs, true, NONE).expect("answered");
    let attr = device::attributes(&found);
    assert_eq!(attr.orig_attr.vendor_id, 0x1234);
    assert_eq!(attr.odp_caps.general_caps, 3);
    // What lies beyond the length is not the kernel's word.
    assert_eq!(attr.completion_timestamp_mask, 0);

    // QUERY_DEVICE, command 1: address; 176 bytes come back.
    let mut standard_request = standard(1, 4, 44);
    standard_request.extend(words(&[0, 0]));
    let mut answer = vec![0u8; 176];
    answer[52..56].copy_from_slice(&77u32.to_ne_bytes());
    for errno in [Errno::EOPNOTSUPP, Errno::ENOSYS] {
        script.push(move |_| Err(errno));
        script.write(standard_request.clone(), answer.clone());
        let found = device::query(&uverbs, true, NONE).expect("answered");
        assert_eq!((found.base.max_qp, found.response_length), (77, 176));
    }
    script.push(|_| Err(Errno::EIO));
    let failed = device::query(&uverbs, true, NONE).map(|_| ());
    assert_eq!(failed, Err(Errno::EIO));
    script.write(standard_request, answer);
    assert!(device::query(&uverbs, false, NONE).is_ok());
}

#[test]
fn an_indirection_table_is_padded_to_words() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    let mut expected = extended(55, (2, 2), (0, 0));
    expected.extend(words(&[0, 0, 31, 0]));
    script.write(expected, words(&[0, 16, 5, 6]));
    let made = rwq_ind_table::create(&uverbs, 0, &[31], NONE).expect("answered");
    assert_eq!((made.ind_tbl_handle, made.ind_tbl_num), (5, 6));
    let mut expected = extended(55, (2, 2), (0, 0));
    expected.extend(words(&[0, 1, 31, 32]));
    script.write(expected, words(&[0, 12, 5, 6]));
    let silent = rwq_ind_table::create(&uverbs, 1, &[31, 32], NONE).map(|_| ());
    assert_eq!(silent, Err(Errno::EINVAL));
}

#[test]
fn counters_are_made_and_read_by_ioctl() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let none = std::ptr::null_mut();
    script.ioctl(
        (15, 0),
        &[(0, Attr::Handle(0))],
        vec![(0, Reply::Handle(8))],
    );
    // SAFETY: no linked buffers.
    assert_eq!(unsafe { counters::create(&uverbs, none) }, Ok(8));
    let mut values = [0u64; 2];
    script.ioctl(
        (15, 2),
        &[(0, Attr::Handle(8)), (1, Attr::Out(16)), (2, Attr::U32(1))],
        vec![(1, Reply::Bytes(words(&[5, 0, 6, 0])))],
    );
    // SAFETY: room for two values, no linked buffers.
    let result = unsafe { counters::read(&uverbs, 8, (values.as_mut_ptr(), 2), 1, none) };
    assert_eq!((result, values), (Ok(()), [5, 6]));
    // SAFETY: the length has no form, so nothing is touched.
    let result = unsafe { counters::read(&uverbs, 8, (values.as_mut_ptr(), u32::MAX), 1, none) };
    assert_eq!(result, Err(Errno::EINVAL));
}

#[test]
fn an_esp_action_has_the_attributes_that_are_given() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let mut key = [7u8; 64];
    let mut esp = ib_uverbs_flow_action_esp {
        spi: 1,
        seq: 2,
        tfc_pad: 3,
        flags: 4,
        hard_limit_pkts: 5,
    };
    let attr = ibv_flow_action_esp_attr {
        esp_attr: &mut esp,
        keymat_proto: 0,
        keymat_len: 64,
        keymat_ptr: key.as_mut_ptr().cast(),
        comp_mask: IBV_FLOW_ACTION_ESP_MASK_ESN,
        esn: 9,
        ..Zeroed::zeroed()
    };
    let attrs = [
        (0, Attr::Handle(0)),
        (2, Attr::U32(9)),
        (3, Attr::Choice(0, vec![7; 64])),
        (1, Attr::Bytes(words(&[1, 2, 3, 4, 5, 0]))),
    ];
    script.ioctl((13, 0), &attrs, vec![(0, Reply::Handle(8))]);
    let none = std::ptr::null_mut();
    // SAFETY: what the attributes name is ours; no linked buffers.
    let found = unsafe { flow_action::create_esp(&uverbs, &attr, none) };
    assert_eq!(found, Ok(8));
    let mut changed = attrs;
    changed[0].1 = Attr::Handle(8);
    script.ioctl((13, 2), &changed, vec![]);
    // SAFETY: as above.
    let found = unsafe { flow_action::modify_esp(&uverbs, 8, &attr, none) };
    assert_eq!(found, Ok(()));
}
