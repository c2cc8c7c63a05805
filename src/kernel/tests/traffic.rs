//! Addresses and attributes of QPs, flow rules, and the data path through the kernel.

use std::ffi::c_int;

use super::script::{Call, Reply, Script, extended, standard, words};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::DriverData;
use crate::kernel::cmd::{ah, flow, post, qp_attr};

const NONE: DriverData = DriverData::NONE;

/// An address, and its kernel words: GRH (GID, flow label, index, hops, class), LID, levels.
fn address() -> (ibv_ah_attr, Vec<u8>) {
    let attr = ibv_ah_attr {
        grh: ibv_global_route {
            dgid: ibv_gid { raw: [0xab; 16] },
            flow_label: 0x1_2345,
            sgid_index: 1,
            hop_limit: 2,
            traffic_class: 3,
        },
        dlid: 0x1122,
        sl: 4,
        src_path_bits: 5,
        static_rate: 6,
        is_global: 1,
        port_num: 2,
    };
    let mut bytes = vec![0xab; 16];
    bytes.extend(words(&[0x1_2345]));
    (attr, bytes)
}

#[test]
fn an_address_handle_by_write() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    let (attr, grh) = address();
    // CREATE_AH, command 5: address, user handle, PD, reserved, the attributes.
    let mut expected = standard(5, 16, 1);
    expected.extend(words(&[0, 0, 0xc000, 0, 3, 0]));
    expected.extend(grh);
    expected.extend([1, 2, 3, 0, 0x22, 0x11, 4, 5, 6, 1, 2, 0]);
    script.write(expected, words(&[5]));
    let made = ah::create(&uverbs, 3, 0xc000, &attr, NONE).expect("answered");
    assert_eq!(made.ah_handle, 5);
}

#[test]
fn changes_of_a_qp_name_what_the_mask_names() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    let (ah_attr, grh) = address();
    let attr = ibv_qp_attr {
        qp_state: IBV_QPS_RTR,
        path_mtu: IBV_MTU_1024,
        dest_qp_num: 0x22,
        rq_psn: 0x33,
        max_dest_rd_atomic: 4,
        min_rnr_timer: 12,
        qkey: 0xdead,
        rate_limit: 1000,
        ah_attr,
        ..Zeroed::zeroed()
    };
    let mask = (IBV_QP_STATE
        | IBV_QP_PATH_MTU
        | IBV_QP_DEST_QPN
        | IBV_QP_RQ_PSN
        | IBV_QP_MAX_DEST_RD_ATOMIC
        | IBV_QP_MIN_RNR_TIMER
        | IBV_QP_AV) as i32;
    // Destination: GID, flow label, LID, index, hops, class, level, bits, rate, global, port.
    let core = |mask: u32| {
        let mut core = grh.clone();
        core.extend([0x22, 0x11, 0, 0, 1, 2, 3, 4, 5, 6, 1, 2]);
        core.extend([0; 32]);
        // handle, mask, Q_Key, PSNs, destination, access, P_Keys
        core.extend(words(&[7, mask, 0, 0x33, 0, 0x22, 0, 0]));
        core.extend([2, 0, 3, 0, 0, 0, 4, 12, 0, 0, 0, 0, 0, 0, 0, 0]);
        core
    };
    // MODIFY_QP, command 26.
    let mut expected = standard(26, 30, 0);
    expected.extend(core(mask as u32));
    script.write(expected, vec![]);
    assert_eq!(qp_attr::modify(&uverbs, 7, &attr, mask, NONE), Ok(()));

    let with_rate = mask | IBV_QP_RATE_LIMIT as i32;
    let refused = qp_attr::modify(&uverbs, 7, &attr, with_rate, NONE);
    assert_eq!(refused, Err(Errno::EOPNOTSUPP));
    let mut expected = extended(26, (15, 1), (0, 0));
    expected.extend(core(with_rate as u32));
    expected.extend(words(&[1000, 0]));
    script.write(expected, words(&[0, 8]));
    assert!(qp_attr::modify_ex(&uverbs, 7, &attr, with_rate, NONE).is_ok());
}

#[test]
fn a_qp_is_asked_for_its_attributes() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    // QUERY_QP, command 25: address, handle, mask.
    let mut expected = standard(25, 6, 32);
    expected.extend(words(&[0, 0, 7, 1]));
    let (ah_attr, grh) = address();
    let mut answer = grh;
    answer.extend([0x22, 0x11, 0, 0, 1, 2, 3, 4, 5, 6, 1, 2]);
    answer.extend([0; 32]);
    answer.extend(words(&[
        10,
        11,
        1,
        2,
        64,
        0xdead,
        0x33,
        0x44,
        0x22,
        7,
        0x0002_0001,
    ]));
    // states, MTU, migration, draining, depths, timer, port, timeout, retries, alternate, signal
    answer.extend([
        3, 2, 4, 1, 0, 5, 6, 12, 1, 14, 7, 6, 2, 13, 1, 0, 0, 0, 0, 0,
    ]);
    script.write(expected, answer);
    let found = qp_attr::query(&uverbs, 7, 1, NONE).expect("answered");
    let attr = &found.attr;
    assert!(found.is_sq_sig_all);
    assert_eq!((attr.qp_state, attr.cur_qp_state, attr.path_mtu), (3, 2, 4));
    assert_eq!((attr.qkey, attr.rq_psn, attr.sq_psn), (0xdead, 0x33, 0x44));
    assert_eq!((attr.pkey_index, attr.alt_pkey_index), (1, 2));
    assert_eq!((attr.retry_cnt, attr.rnr_retry, attr.timeout), (7, 6, 14));
    assert_eq!(attr.cap.max_inline_data, 64);
    assert_eq!(attr.ah_attr.grh.flow_label, ah_attr.grh.flow_label);
    assert_eq!((attr.ah_attr.dlid, attr.ah_attr.port_num), (0x1122, 2));
    let refused = qp_attr::query(&uverbs, 7, 1 << 25, NONE).map(|_| ());
    assert_eq!(refused, Err(Errno::EOPNOTSUPP));
}

/// The bytes of one struct of the application.
fn raw<T>(value: &T) -> Vec<u8> {
    // SAFETY: test values begin as zeroed memory, so every byte is set.
    unsafe { std::slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) }.to_vec()
}

#[test]
fn flow_specifications_are_put_in_the_kernels_words() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    let mut eth: ibv_flow_spec_eth = Zeroed::zeroed();
    (eth.r#type, eth.size) = (IBV_FLOW_SPEC_ETH, size_of::<ibv_flow_spec_eth>() as u16);
    eth.val.dst_mac = [1, 2, 3, 4, 5, 6];
    eth.mask.dst_mac = [0xff; 6];
    let mut ext: ibv_flow_spec_ipv4_ext = Zeroed::zeroed();
    ext.r#type = IBV_FLOW_SPEC_IPV4_EXT | IBV_FLOW_SPEC_INNER;
    ext.size = size_of::<ibv_flow_spec_ipv4_ext>() as u16;
    (ext.val.src_ip, ext.mask.src_ip, ext.val.flags) = (0x0a00_0001, u32::MAX, 3);
    let mut tag: ibv_flow_spec_action_tag = Zeroed::zeroed();
    tag.r#type = IBV_FLOW_SPEC_ACTION_TAG;
    (tag.size, tag.tag_id) = (size_of::<ibv_flow_spec_action_tag>() as u16, 0x77);
    let specs = [raw(&eth), raw(&ext), raw(&tag)].concat();

    let attr = ibv_flow_attr {
        priority: 2,
        num_of_specs: 3,
        port: 1,
        ..Zeroed::zeroed()
    };
    // Extended command 50: mask, queue, then type, size, priority, count, port, flags.
    let mut expected = extended(50, (14, 1), (1, 0));
    expected.extend(words(&[0, 7, 0]));
    expected.extend([88, 0, 2, 0, 3, 0, 0, 1, 0, 0, 0, 0]);
    expected.extend(words(&[32, 40]));
    expected.extend([1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend([0xff; 6]);
    expected.extend([0; 10]);
    // The longer filter has the number of the shorter one in the kernel.
    expected.extend(words(&[
        48 | 256,
        32,
        0x0a00_0001,
        0,
        0x0300_0000,
        u32::MAX,
        0,
        0,
    ]));
    expected.extend(words(&[0x1000, 16, 0x77, 0]));
    expected.extend(words(&[0xaa, 0xbb]));
    script.write(expected, words(&[0, 9]));
    let own = [0xaau32, 0xbb];
    // SAFETY: an array of ours.
    let driver = unsafe { DriverData::input_only(own.as_ptr().cast(), 8) };
    let made = flow::create(&uverbs, 7, &attr, &specs, driver).expect("answered");
    assert_eq!(made.flow_handle, 9);
}

#[test]
fn flow_specifications_nobody_knows_are_refused_without_asking() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    let create = |specs: &[u8]| {
        let attr = ibv_flow_attr {
            num_of_specs: 1,
            ..Zeroed::zeroed()
        };
        flow::create(&uverbs, 7, &attr, specs, NONE).map(|_| ())
    };
    let head = |kind: u32, size: u16, len: usize| {
        let mut bytes = kind.to_ne_bytes().to_vec();
        bytes.extend(size.to_ne_bytes());
        bytes.resize(len, 0);
        bytes
    };
    assert_eq!(create(&head(0x99, 16, 16)), Err(Errno::EINVAL));
    assert_eq!(create(&head(IBV_FLOW_SPEC_ETH, 16, 16)), Err(Errno::EINVAL));
    assert_eq!(create(&head(IBV_FLOW_SPEC_ETH, 40, 16)), Err(Errno::EINVAL));
    assert_eq!(create(&head(IBV_FLOW_SPEC_ETH, 4, 16)), Err(Errno::EINVAL));
    assert_eq!(create(&[0; 3]), Err(Errno::EINVAL));
    let inner_gre = IBV_FLOW_SPEC_GRE | IBV_FLOW_SPEC_INNER;
    assert_eq!(create(&head(inner_gre, 24, 24)), Err(Errno::EINVAL));
    // A filter that has grown: what the kernel does not know must not be asked for.
    let mut grown = head(IBV_FLOW_SPEC_VXLAN_TUNNEL, 24, 24);
    grown[23] = 1;
    assert_eq!(create(&grown), Err(Errno::EOPNOTSUPP));
    assert_eq!(
        create(&head(IBV_FLOW_SPEC_ACTION_HANDLE, 16, 16)),
        Err(Errno::EINVAL)
    );
}

#[test]
fn posting_names_the_request_that_was_not_taken() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    let mut entry = ibv_sge {
        addr: 0x1000,
        length: 64,
        lkey: 0x50,
    };
    let mut second = ibv_send_wr {
        wr_id: 2,
        opcode: IBV_WR_SEND,
        ..Zeroed::zeroed()
    };
    let mut first = ibv_send_wr {
        wr_id: 1,
        next: &mut second,
        sg_list: &mut entry,
        num_sge: 1,
        opcode: IBV_WR_RDMA_WRITE,
        send_flags: 2,
        ..Zeroed::zeroed()
    };
    first.wr.rdma = ibv_send_wr_wr_rdma {
        remote_addr: 0x2000,
        rkey: 0x51,
    };
    // POST_SEND, command 28: address, queue, counts, size; 56 bytes each; entries.
    script.push(|call| {
        let Call::Write(bytes, _) = call else {
            panic!("an ioctl where a write was expected");
        };
        let mut shown = bytes.clone();
        shown[8..16].fill(0);
        let mut expected = standard(28, 2 + 6 + 2 * 14 + 4, 1);
        expected.extend(words(&[0, 0, 7, 2, 1, 56]));
        expected.extend(words(&[1, 0, 1, 0, 2, 0, 0x2000, 0, 0x51, 0, 0, 0, 0, 0]));
        expected.extend(words(&[2, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
        expected.extend(words(&[0x1000, 0, 64, 0x50]));
        assert_eq!(shown, expected);
        let address = bytes[8..16].try_into().expect("eight bytes");
        let to = u64::from_ne_bytes(address) as *mut u32;
        // SAFETY: the command says that a word may be written there.
        unsafe { to.write(2) };
        Err(Errno::ENOMEM)
    });
    // SAFETY: a list of ours.
    let posted = unsafe { post::send(&uverbs, 7, false, &first) };
    assert_eq!((posted.result, posted.bad_wr), (Err(Errno::ENOMEM), 2));

    let mut received = ibv_recv_wr {
        wr_id: 3,
        sg_list: &mut entry,
        num_sge: 1,
        ..Zeroed::zeroed()
    };
    received.next = std::ptr::null_mut();
    for (number, is_srq) in [(29, false), (36, true)] {
        let mut expected = standard(number, 2 + 6 + 4 + 4, 1);
        expected.extend(words(&[0, 0, 7, 1, 1, 16]));
        expected.extend(words(&[3, 0, 1, 0]));
        expected.extend(words(&[0x1000, 0, 64, 0x50]));
        script.write(expected, words(&[0]));
        // SAFETY: a list of ours.
        let posted = unsafe {
            if is_srq {
                post::srq_recv(&uverbs, 7, &received)
            } else {
                post::recv(&uverbs, 7, &received)
            }
        };
        assert_eq!((posted.result, posted.bad_wr), (Ok(()), 0));
    }
}

#[test]
fn polling_takes_no_more_than_came() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    // POLL_CQ, command 21: address, queue, room; count, reserved, 48 bytes each.
    let request = || {
        let mut expected = standard(21, 6, 2 + 2 * 12);
        expected.extend(words(&[0, 0, 5, 2]));
        expected
    };
    let mut answer = words(&[1, 0]);
    answer.extend(words(&[9, 0, 5, 128, 0x81, 64, 0xabcd, 7, 8, 2]));
    answer.extend([3, 0, 4, 0, 1, 0, 1, 0]);
    answer.extend([0xff; 48]);
    script.write(request(), answer.clone());
    let found = post::poll(&uverbs, 5, 2).expect("answered");
    assert_eq!(found.len(), 1);
    let wc = &found[0];
    assert_eq!((wc.wr_id, wc.status, wc.opcode), (9, 5, 128));
    assert_eq!((wc.vendor_err, wc.byte_len, wc.qp_num), (0x81, 64, 7));
    assert_eq!(
        (wc.src_qp, wc.wc_flags, wc.pkey_index, wc.slid),
        (8, 2, 3, 4)
    );
    // A kernel that claims more than there was room for is not believed.
    answer[0] = 200;
    script.write(request(), answer);
    assert_eq!(post::poll(&uverbs, 5, 2).expect("answered").len(), 2);
}

/// The answer to a poll that finds this many completions, in room for as many.
fn polled(script: &Script, asked: u32, found: u32) {
    script.push(move |call| {
        let attrs = call.ioctl(0, 0);
        let request = attrs.iter().find(|attr| attr.id == 0).expect("a request");
        // Address, queue, room.
        assert_eq!(request.bytes()[12..16], asked.to_ne_bytes());
        let mut answer = words(&[found, 0]);
        answer.resize(8 + 48 * asked as usize, 0);
        call.reply(1, Reply::Bytes(answer));
        Ok(())
    });
}

#[test]
fn polling_for_more_than_an_answer_holds_asks_again() {
    const MOST: u32 = (65535 - 8) / 48;
    let script = Script::new();
    let uverbs = script.uverbs(6);
    // Room for everything there will ever be: one answer that is not full ends it.
    polled(&script, MOST, 3);
    assert_eq!(post::poll(&uverbs, 5, u32::MAX).expect("answered").len(), 3);
    polled(&script, MOST, MOST);
    polled(&script, 35, 35);
    let found = post::poll(&uverbs, 5, MOST + 35).expect("answered");
    assert_eq!(found.len(), MOST as usize + 35);
    // What has been taken is not lost when a later command fails.
    polled(&script, MOST, MOST);
    script.fails_ioctl(0, 0, Errno::EIO);
    let found = post::poll(&uverbs, 5, MOST + 1).expect("answered");
    assert_eq!(found.len(), MOST as usize);
    script.fails_ioctl(0, 0, Errno::EIO);
    assert_eq!(post::poll(&uverbs, 5, 1).map(drop), Err(Errno::EIO));
    // No room is a question, too.
    polled(&script, 0, 0);
    assert!(post::poll(&uverbs, 5, 0).expect("answered").is_empty());
}

#[test]
fn requests_that_lack_what_they_need_are_refused_without_asking() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let mut first: ibv_send_wr = Zeroed::zeroed();
    let mut received: ibv_recv_wr = Zeroed::zeroed();
    for num_sge in [1, -1, c_int::MIN] {
        (first.num_sge, received.num_sge) = (num_sge, num_sge);
        // SAFETY: lists of ours, without entries.
        let posted = unsafe {
            [
                post::send(&uverbs, 7, false, &first),
                post::recv(&uverbs, 7, &received),
                post::srq_recv(&uverbs, 7, &received),
            ]
        };
        for posted in posted {
            assert_eq!((posted.result, posted.bad_wr), (Err(Errno::EINVAL), 0));
        }
    }
    first.num_sge = 0;
    // SAFETY: as above; there is no address handle.
    let posted = unsafe { post::send(&uverbs, 7, true, &first) };
    assert_eq!((posted.result, posted.bad_wr), (Err(Errno::EINVAL), 0));
}
