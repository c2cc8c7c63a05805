//! Objects get what the kernel says of them, and give it back.

use super::super::{flow, mr, pd};
use super::*;
use crate::api::symver::verbs_allow_disassociate_destroy;
use crate::base::errno::Errno;
use crate::base::sync::Ordering;
use crate::kernel::tests::script::{Attr, words};

#[test]
fn a_pd_gets_its_handle_and_the_plug_in_its_bytes() {
    let opened = opened();
    opened.script.push(|call| {
        let ids: Vec<_> = call.ioctl(0, 0).iter().map(|attr| attr.id).collect();
        assert_eq!(ids, [2, 0, 1, 0x1001]);
        call.reply(1, Reply::Bytes(words(&[21])));
        call.reply(0x1001, Reply::Bytes(words(&[0x99])));
        Ok(())
    });
    let mut object: ibv_pd = Zeroed::zeroed();
    let mut cmd: ibv_alloc_pd = Zeroed::zeroed();
    let mut resp = [0u32; 2];
    let result = call!(pd::ibv_cmd_alloc_pd(
        opened.context,
        &mut object,
        &mut cmd,
        size_of::<ibv_alloc_pd>(),
        resp.as_mut_ptr().cast(),
        8
    ));
    assert_eq!(result, 0);
    assert_eq!((object.handle, object.context), (21, opened.context));
    assert_eq!(resp, [21, 0x99]);

    opened
        .script
        .ioctl((1, 0), &[(0, Attr::Handle(21))], vec![]);
    assert_eq!(call!(pd::ibv_cmd_dealloc_pd(&mut object)), 0);
    opened.script.fails_ioctl(1, 0, Errno::EBUSY);
    assert_eq!(call!(pd::ibv_cmd_dealloc_pd(&mut object)), libc::EBUSY);
    assert_eq!(Errno::last(), Errno::EBUSY);

    // A block too short for the command itself is refused without asking.
    let result = call!(pd::ibv_cmd_alloc_pd(
        opened.context,
        &mut object,
        &mut cmd,
        8,
        resp.as_mut_ptr().cast(),
        8
    ));
    assert_eq!(result, EINVAL);
}

#[test]
fn destruction_of_what_is_gone_succeeds_for_those_who_asked_for_it() {
    let opened = opened();
    let mut object = opened.pd();
    let mut queue = opened.cq();
    opened.script.fails_ioctl(1, 0, Errno::EIO);
    assert_eq!(call!(pd::ibv_cmd_dealloc_pd(&mut object)), libc::EIO);
    verbs_allow_disassociate_destroy.store(true, Ordering::Relaxed);
    opened.script.fails_ioctl(1, 0, Errno::EIO);
    assert_eq!(call!(pd::ibv_cmd_dealloc_pd(&mut object)), 0);
    // Nobody waits for events then: the mutex of this queue was never made.
    opened.script.fails_ioctl(3, 1, Errno::EIO);
    let result = call!(super::super::cq::ibv_cmd_destroy_cq(&mut queue));
    assert_eq!(result, 0);
    opened.script.fails_ioctl(1, 0, Errno::EBUSY);
    assert_eq!(call!(pd::ibv_cmd_dealloc_pd(&mut object)), libc::EBUSY);
    verbs_allow_disassociate_destroy.store(false, Ordering::Relaxed);
}

#[test]
fn a_region_is_registered_changed_and_given_back() {
    let opened = opened();
    let mut home = opened.pd();
    let mut vmr: verbs_mr = Zeroed::zeroed();
    let mut cmd: ibv_reg_mr = Zeroed::zeroed();
    let mut resp: ib_uverbs_reg_mr_resp = Zeroed::zeroed();
    opened.answers(9, words(&[5, 0x50, 0x51]));
    let result = call!(mr::ibv_cmd_reg_mr(
        &mut home,
        0x1000 as *mut _,
        4096,
        0x1000,
        7,
        &mut vmr,
        &mut cmd,
        size_of::<ibv_reg_mr>(),
        &mut resp,
        size_of::<ib_uverbs_reg_mr_resp>()
    ));
    assert_eq!(result, 0);
    let region = &vmr.ibv_mr;
    assert_eq!((region.handle, region.lkey, region.rkey), (5, 0x50, 0x51));
    assert_eq!(
        (region.context, vmr.mr_type),
        (opened.context, IBV_MR_TYPE_MR)
    );
    assert_eq!((vmr.access, resp.mr_handle), (7, 5));

    let mut cmd: ibv_rereg_mr = Zeroed::zeroed();
    let mut resp: ib_uverbs_rereg_mr_resp = Zeroed::zeroed();
    opened.answers(11, words(&[0x60, 0x61]));
    let result = call!(mr::ibv_cmd_rereg_mr(
        &mut vmr,
        IBV_REREG_MR_CHANGE_PD,
        null_mut(),
        0,
        0,
        0,
        &mut home,
        &mut cmd,
        size_of::<ibv_rereg_mr>(),
        &mut resp,
        size_of::<ib_uverbs_rereg_mr_resp>()
    ));
    assert_eq!((result, vmr.ibv_mr.lkey, vmr.ibv_mr.rkey), (0, 0x60, 0x61));
    opened.script.ioctl((7, 1), &[(0, Attr::Handle(5))], vec![]);
    assert_eq!(call!(mr::ibv_cmd_dereg_mr(&mut vmr)), 0);
}

#[test]
fn regions_of_other_kinds_say_so() {
    let opened = opened();
    let mut home = opened.pd();
    let keys = |lkey: u16, rkey: u16| {
        vec![
            (lkey, Reply::Bytes(words(&[0x50]))),
            (rkey, Reply::Bytes(words(&[0x51]))),
        ]
    };
    let answers = |object: u16, method: u16, replies: Vec<(u16, Reply)>| {
        opened.script.push(move |call| {
            call.ioctl(object, method);
            for (id, reply) in replies {
                call.reply(id, reply);
            }
            Ok(())
        });
    };
    let mut vmr: verbs_mr = Zeroed::zeroed();
    let mut replies = keys(1, 2);
    replies.push((3, Reply::Bytes(words(&[4096, 0]))));
    answers(7, 3, replies);
    assert_eq!(call!(mr::ibv_cmd_query_mr(&mut home, &mut vmr, 8)), 0);
    assert_eq!(
        (vmr.mr_type, vmr.ibv_mr.handle),
        (IBV_MR_TYPE_IMPORTED_MR, 8)
    );
    assert_eq!((vmr.ibv_mr.length, vmr.ibv_mr.pd), (4096, &raw mut home));

    let mut replies = keys(7, 8);
    replies.push((0, Reply::Handle(9)));
    answers(7, 4, replies);
    // What an older plug-in leaves where the last argument would be is not looked at.
    let garbage = 16 as *mut ibv_command_buffer;
    let result = call!(mr::ibv_cmd_reg_dmabuf_mr(
        &mut home, 64, 4096, 0, 44, 1, &mut vmr, garbage
    ));
    assert_eq!((result, vmr.mr_type), (0, IBV_MR_TYPE_DMABUF_MR));
    assert_eq!((vmr.ibv_mr.handle, vmr.ibv_mr.addr as usize), (9, 64));

    let attr = ibv_alloc_dm_attr {
        length: 4096,
        log_align_req: 0,
        comp_mask: 0,
    };
    let mut memory: verbs_dm = Zeroed::zeroed();
    answers(14, 0, vec![(0, Reply::Handle(10))]);
    let result = call!(mr::ibv_cmd_alloc_dm(
        opened.context,
        &attr,
        &mut memory,
        null_mut()
    ));
    assert_eq!((result, memory.handle, memory.dm.handle), (0, 10, 10));
    assert_eq!(memory.dm.comp_mask, IBV_DM_MASK_HANDLE);
    let zero_based = IBV_ACCESS_ZERO_BASED;
    answers(7, 0, vec![(0, Reply::Handle(11))]);
    let link = null_mut();
    let result = call!(mr::ibv_cmd_reg_dm_mr(
        &mut home,
        &mut memory,
        0,
        64,
        zero_based,
        &mut vmr,
        link
    ));
    assert_eq!((result, vmr.ibv_mr.handle, vmr.ibv_mr.length), (0, 11, 64));
    answers(14, 1, vec![]);
    assert_eq!(call!(mr::ibv_cmd_free_dm(&mut memory)), 0);
}

#[test]
fn an_xrc_domain_needs_its_two_attributes() {
    let opened = opened();
    let mut domain: verbs_xrcd = Zeroed::zeroed();
    let mut cmd: ibv_open_xrcd = Zeroed::zeroed();
    let mut resp: ib_uverbs_open_xrcd_resp = Zeroed::zeroed();
    let mut open = |comp_mask: u32, size: usize| {
        let mut attr = ibv_xrcd_init_attr {
            comp_mask,
            fd: -1,
            oflags: libc::O_CREAT,
        };
        domain.comp_mask = 0;
        let result = call!(pd::ibv_cmd_open_xrcd(
            opened.context,
            &mut domain,
            size as c_int,
            &mut attr,
            &mut cmd,
            size_of::<ibv_open_xrcd>(),
            &mut resp,
            size_of::<ib_uverbs_open_xrcd_resp>()
        ));
        (result, domain.comp_mask, domain.handle)
    };
    assert_eq!(open(1, size_of::<verbs_xrcd>()).0, EINVAL);
    assert_eq!(open(2, size_of::<verbs_xrcd>()).0, EINVAL);
    assert_eq!(open(7, size_of::<verbs_xrcd>()).0, libc::EOPNOTSUPP);
    opened.answers(37, words(&[6]));
    assert_eq!(open(3, size_of::<ibv_xrcd>()), (0, 0, 0));
    opened.answers(37, words(&[6]));
    assert_eq!(open(3, size_of::<verbs_xrcd>()), (0, VERBS_XRCD_HANDLE, 6));
    opened
        .script
        .ioctl((10, 0), &[(0, Attr::Handle(6))], vec![]);
    assert_eq!(call!(pd::ibv_cmd_close_xrcd(&mut domain)), 0);
}

#[test]
fn windows_and_addresses() {
    let opened = opened();
    let mut home = opened.pd();
    let mut window: ibv_mw = Zeroed::zeroed();
    let mut cmd: ibv_alloc_mw = Zeroed::zeroed();
    let mut resp: ib_uverbs_alloc_mw_resp = Zeroed::zeroed();
    opened.answers(14, words(&[5, 0x51]));
    let result = call!(pd::ibv_cmd_alloc_mw(
        &mut home,
        IBV_MW_TYPE_1,
        &mut window,
        &mut cmd,
        size_of::<ibv_alloc_mw>(),
        &mut resp,
        size_of::<ib_uverbs_alloc_mw_resp>()
    ));
    assert_eq!((result, window.handle, window.rkey), (0, 5, 0x51));
    assert_eq!((window.pd, window.r#type), (&raw mut home, IBV_MW_TYPE_1));
    opened.script.ioctl((8, 0), &[(0, Attr::Handle(5))], vec![]);
    assert_eq!(call!(pd::ibv_cmd_dealloc_mw(&mut window)), 0);

    let mut address: ibv_ah = Zeroed::zeroed();
    let mut attr: ibv_ah_attr = Zeroed::zeroed();
    let mut resp: ib_uverbs_create_ah_resp = Zeroed::zeroed();
    opened.answers(5, words(&[8]));
    let result = call!(pd::ibv_cmd_create_ah(
        &mut home,
        &mut address,
        &mut attr,
        &mut resp,
        4
    ));
    assert_eq!((result, address.handle, resp.ah_handle), (0, 8, 8));
    assert_eq!(address.context, opened.context);
    opened.script.ioctl((6, 0), &[(0, Attr::Handle(8))], vec![]);
    assert_eq!(call!(pd::ibv_cmd_destroy_ah(&mut address)), 0);

    let gid: ibv_gid = Zeroed::zeroed();
    let mut qp = ibv_qp {
        context: opened.context,
        handle: 7,
        ..Zeroed::zeroed()
    };
    opened.answers(30, vec![]);
    assert_eq!(call!(pd::ibv_cmd_attach_mcast(&mut qp, &gid, 0xc001)), 0);
    opened.answers(31, vec![]);
    assert_eq!(call!(pd::ibv_cmd_detach_mcast(&mut qp, &gid, 0xc001)), 0);
}

#[test]
fn flow_rules_find_their_specifications_behind_them() {
    #[repr(C)]
    struct Rule {
        attr: ibv_flow_attr,
        tag: ibv_flow_spec_action_tag,
        drop: ibv_flow_spec_action_drop,
    }
    let opened = opened();
    let mut qp = ibv_qp {
        context: opened.context,
        handle: 7,
        ..Zeroed::zeroed()
    };
    let mut rule = Rule {
        attr: Zeroed::zeroed(),
        tag: Zeroed::zeroed(),
        drop: Zeroed::zeroed(),
    };
    rule.attr.num_of_specs = 2;
    rule.tag.r#type = IBV_FLOW_SPEC_ACTION_TAG;
    rule.tag.size = size_of_val(&rule.tag) as u16;
    rule.drop.r#type = IBV_FLOW_SPEC_ACTION_DROP;
    rule.drop.size = size_of_val(&rule.drop) as u16;
    opened.script.push(|call| {
        let attrs = call.ioctl(0, 0);
        let ids: Vec<_> = attrs.iter().map(|attr| attr.id).collect();
        assert_eq!(ids, [2, 0, 1, 0x1000]);
        assert_eq!(attrs[0].data(), 0x8000_0000 | 50);
        // The command's own 24 bytes, 16 of the tag, 8 of the drop.
        assert_eq!(attrs[1].bytes().len(), 24 + 16 + 8);
        call.reply(1, Reply::Bytes(words(&[0, 9])));
        Ok(())
    });
    let mut made: ibv_flow = Zeroed::zeroed();
    let mut own = 0xabcdu64;
    let attr = (&raw mut rule).cast::<ibv_flow_attr>();
    let own = (&raw mut own).cast();
    let result = call!(flow::ibv_cmd_create_flow(&mut qp, &mut made, attr, own, 8));
    assert_eq!((result, made.handle, made.context), (0, 9, opened.context));
    opened.script.ioctl((9, 0), &[(0, Attr::Handle(9))], vec![]);
    assert_eq!(call!(flow::ibv_cmd_destroy_flow(&mut made)), 0);

    // A size of nothing would never end.
    rule.tag.size = 0;
    let attr = (&raw mut rule).cast::<ibv_flow_attr>();
    let result = call!(flow::ibv_cmd_create_flow(&mut qp, &mut made, attr, own, 8));
    assert_eq!(result, EINVAL);
}

#[test]
fn actions_and_counters() {
    let opened = opened();
    let mut attr: ibv_flow_action_esp_attr = Zeroed::zeroed();
    let mut action: verbs_flow_action = Zeroed::zeroed();
    let made = vec![(0, Reply::Handle(8))];
    opened.script.ioctl((13, 0), &[(0, Attr::Handle(0))], made);
    let create = flow::ibv_cmd_create_flow_action_esp;
    let result = call!(create(opened.context, &mut attr, &mut action, null_mut()));
    assert_eq!((result, action.handle), (0, 8));
    assert_eq!(action.r#type, IBV_FLOW_ACTION_ESP);
    opened
        .script
        .ioctl((13, 2), &[(0, Attr::Handle(8))], vec![]);
    let modify = flow::ibv_cmd_modify_flow_action_esp;
    assert_eq!(call!(modify(&mut action, &mut attr, null_mut())), 0);
    opened
        .script
        .ioctl((13, 1), &[(0, Attr::Handle(8))], vec![]);
    assert_eq!(call!(flow::ibv_cmd_destroy_flow_action(&mut action)), 0);

    let mut set: verbs_counters = Zeroed::zeroed();
    let mut asked = ibv_counters_init_attr { comp_mask: 1 };
    let create = flow::ibv_cmd_create_counters;
    let result = call!(create(opened.context, &mut asked, &mut set, null_mut()));
    assert_eq!(result, libc::EOPNOTSUPP);
    asked.comp_mask = 0;
    let made = vec![(0, Reply::Handle(9))];
    opened.script.ioctl((15, 0), &[(0, Attr::Handle(0))], made);
    let result = call!(create(opened.context, &mut asked, &mut set, null_mut()));
    assert_eq!((result, set.handle), (0, 9));
    let mut values = [0; 1];
    opened.script.push(|call| {
        call.ioctl(15, 2);
        call.reply(1, Reply::Bytes(words(&[7, 0])));
        Ok(())
    });
    let place = values.as_mut_ptr();
    let result = call!(flow::ibv_cmd_read_counters(
        &mut set,
        place,
        1,
        0,
        null_mut()
    ));
    assert_eq!((result, values), (0, [7]));
    opened
        .script
        .ioctl((15, 1), &[(0, Attr::Handle(9))], vec![]);
    assert_eq!(call!(flow::ibv_cmd_destroy_counters(&mut set)), 0);
}
