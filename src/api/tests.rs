//! The public functions on a fake NIC: what they do beside the operation, and NULL everywhere.

use std::ffi::{c_int, c_void};
use std::ptr::null_mut;

use super::{ah, comp_channel, comp_cntr, cq, device, event, marshall, mr, pd, qp, srq, sysfs};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::provider::fake;
use crate::provider::refuse::set_errno;

/// Runs one call; the blocks of these tests all have the same argument.
macro_rules! call {
    ($($call:tt)*) => {
        // SAFETY: the promises of `gate`: NULL, or objects and places of the test's own.
        unsafe { $($call)* }
    };
}

fn opened() -> *mut ibv_context {
    let context = fake::opened();
    call!(device::cover_slots(context));
    context
}

fn close(context: *mut ibv_context) {
    assert_eq!(call!(device::ibv_close_device(context)), 0);
}

fn write_record(fd: c_int, record: &[u64]) {
    let len = size_of_val(record);
    let written = call!(libc::write(fd, record.as_ptr().cast(), len));
    assert_eq!(written, len as isize);
}

macro_rules! refuses_null {
    ($($answer:expr => { $($call:expr;)* })*) => {
        $($(
            set_errno(Errno(0));
            assert_eq!(call!($call), $answer, stringify!($call));
            assert_eq!(Errno::last(), Errno::EINVAL, stringify!($call));
        )*)*
    };
}

#[test]
fn null_is_einval_where_c_would_crash() {
    const EINVAL: c_int = libc::EINVAL;
    refuses_null! {
        // Anything but 0 would be a capability.
        0 => {
            qp::ibv_query_qp_data_in_order(null_mut(), 0, 0);
        }
        EINVAL => {
            device::ibv_close_device(null_mut());
            device::ibv_query_device(null_mut(), null_mut());
            device::ibv_query_port(null_mut(), 1, null_mut());
            device::_ibv_query_gid_ex(null_mut(), 1, 0, null_mut(), 0, 0);
            device::ibv_query_port_speed(null_mut(), 1, null_mut());
            pd::ibv_dealloc_pd(null_mut());
            pd::ibv_dealloc_dmah(null_mut());
            mr::ibv_dereg_mr(null_mut());
            comp_channel::ibv_destroy_comp_channel(null_mut());
            cq::ibv_destroy_cq(null_mut());
            cq::ibv_resize_cq(null_mut(), 1);
            srq::ibv_modify_srq(null_mut(), null_mut(), 0);
            srq::ibv_query_srq(null_mut(), null_mut());
            srq::ibv_destroy_srq(null_mut());
            qp::ibv_modify_qp(null_mut(), null_mut(), 0);
            qp::ibv_query_qp(null_mut(), null_mut(), 0, null_mut());
            qp::ibv_destroy_qp(null_mut());
            qp::ibv_set_ece(null_mut(), null_mut());
            qp::ibv_query_ece(null_mut(), null_mut());
            qp::ibv_attach_mcast(null_mut(), null_mut(), 0);
            qp::ibv_detach_mcast(null_mut(), null_mut(), 0);
            ah::ibv_destroy_ah(null_mut());
            comp_cntr::_ibv_query_comp_cntr_caps(null_mut(), null_mut(), 0);
            comp_cntr::ibv_destroy_comp_cntr(null_mut());
            comp_cntr::ibv_set_comp_cntr(null_mut(), 0);
            comp_cntr::ibv_set_err_comp_cntr(null_mut(), 0);
            comp_cntr::ibv_inc_comp_cntr(null_mut(), 0);
            comp_cntr::ibv_inc_err_comp_cntr(null_mut(), 0);
            comp_cntr::ibv_read_comp_cntr(null_mut(), null_mut());
            comp_cntr::ibv_read_err_comp_cntr(null_mut(), null_mut());
            comp_cntr::ibv_qp_attach_comp_cntr(null_mut(), null_mut(), null_mut());
        }
        -1 => {
            device::ibv_get_device_index(null_mut());
            device::ibv_query_gid(null_mut(), 1, 0, null_mut());
            device::ibv_query_gid_type(null_mut(), 1, 0, null_mut());
            device::ibv_query_pkey(null_mut(), 1, 0, null_mut());
            device::ibv_get_pkey_index(null_mut(), 1, 0xffff);
            mr::ibv_rereg_mr(null_mut(), 0, null_mut(), null_mut(), 0, 0);
            comp_channel::ibv_get_cq_event(null_mut(), null_mut(), null_mut());
            event::ibv_get_async_event(null_mut(), null_mut());
            ah::ibv_init_ah_from_wc(null_mut(), 1, null_mut(), null_mut(), null_mut());
            pd::ibv_dm_export_dmabuf_fd(null_mut());
            pd::ibv_export_buf_dmabuf_fd(null_mut());
            sysfs::ibv_read_sysfs_file(null_mut(), null_mut(), null_mut(), 0);
        }
        true => {
            device::ibv_get_device_name(null_mut()).is_null();
            device::ibv_get_device_guid(null_mut()) == 0;
            device::ibv_open_device(null_mut()).is_null();
            device::_ibv_query_gid_table(null_mut(), null_mut(), 0, 0, 0) == -(EINVAL as isize);
            device::import::ibv_import_pd(null_mut(), 0).is_null();
            device::import::ibv_import_mr(null_mut(), 0).is_null();
            device::import::ibv_import_dm(null_mut(), 0).is_null();
            pd::ibv_alloc_pd(null_mut()).is_null();
            pd::ibv_alloc_dmah(null_mut(), null_mut()).is_null();
            pd::ibv_alloc_buf(null_mut(), 1, null_mut()).is_null();
            mr::ibv_reg_mr(null_mut(), null_mut(), 1, 0).is_null();
            mr::ibv_reg_mr_iova(null_mut(), null_mut(), 1, 0, 0).is_null();
            mr::ibv_reg_mr_iova2(null_mut(), null_mut(), 1, 0, 0).is_null();
            mr::ibv_reg_dmabuf_mr(null_mut(), 0, 1, 0, -1, 0).is_null();
            mr::ibv_reg_mr_ex(null_mut(), null_mut()).is_null();
            mr::ibv_reg_buf_mr(null_mut(), null_mut(), null_mut(), 1, 0).is_null();
            comp_channel::ibv_create_comp_channel(null_mut()).is_null();
            cq::ibv_create_cq(null_mut(), 1, null_mut(), null_mut(), 0).is_null();
            cq::create_cq_ex(null_mut(), null_mut()).is_null();
            srq::ibv_create_srq(null_mut(), null_mut()).is_null();
            qp::ibv_create_qp(null_mut(), null_mut()).is_null();
            qp::ibv_qp_to_qp_ex(null_mut()).is_null();
            ah::ibv_create_ah(null_mut(), null_mut()).is_null();
            ah::ibv_create_ah_from_wc(null_mut(), null_mut(), null_mut(), 1).is_null();
            comp_cntr::ibv_create_comp_cntr(null_mut(), null_mut()).is_null();
        }
        () => {
            device::ibv_free_device_list(null_mut());
            device::import::ibv_unimport_pd(null_mut());
            device::import::ibv_unimport_mr(null_mut());
            device::import::ibv_unimport_dm(null_mut());
            pd::ibv_free_buf(null_mut());
            comp_channel::ibv_ack_cq_events(null_mut(), 1);
            event::ibv_ack_async_event(null_mut());
            marshall::ibv_copy_ah_attr_from_kern(null_mut(), null_mut());
            marshall::ibv_copy_qp_attr_from_kern(null_mut(), null_mut());
            marshall::ibv_copy_path_rec_from_kern(null_mut(), null_mut());
            marshall::ibv_copy_path_rec_to_kern(null_mut(), null_mut());
        }
    }
}

#[test]
fn null_arguments_of_live_objects_are_einval_too() {
    let context = opened();
    let pd = call!(pd::ibv_alloc_pd(context));
    assert_eq!(
        call!(device::ibv_query_device(context, null_mut())),
        libc::EINVAL
    );
    assert_eq!(
        call!(device::ibv_query_port(context, 1, null_mut())),
        libc::EINVAL
    );
    assert_eq!(call!(device::ibv_query_gid(context, 1, 0, null_mut())), -1);
    assert!(call!(qp::ibv_create_qp(pd, null_mut())).is_null());
    assert!(call!(srq::ibv_create_srq(pd, null_mut())).is_null());
    assert!(call!(ah::ibv_create_ah(pd, null_mut())).is_null());
    assert_eq!(Errno::last(), Errno::EINVAL);
    call!(pd::ibv_dealloc_pd(pd));
    close(context);
}

#[test]
fn what_the_provider_lacks_is_eopnotsupp() {
    let context = opened();
    let pd = call!(pd::ibv_alloc_pd(context));
    let mut attr: ibv_ah_attr = Zeroed::zeroed();
    assert!(call!(ah::ibv_create_ah(pd, &mut attr)).is_null());
    assert_eq!(Errno::last(), Errno::EOPNOTSUPP);
    assert!(call!(device::import::ibv_import_mr(pd, 0)).is_null());
    assert!(call!(mr::ibv_reg_dmabuf_mr(pd, 0, 4096, 0, 0, 0)).is_null());
    assert_eq!(Errno::last(), Errno::EOPNOTSUPP);
    let mut speed = 0;
    let answer = call!(device::ibv_query_port_speed(context, 1, &mut speed));
    assert_eq!(answer, libc::EOPNOTSUPP);
    call!(pd::ibv_dealloc_pd(pd));
    close(context);
}

#[test]
fn a_port_fits_every_size_of_struct() {
    type Query = unsafe extern "C" fn(*mut ibv_context, u8, *mut ibv_port_attr, usize) -> c_int;

    let context = opened();
    let block = embedded_context::around(context);
    let query: Query = call!((*block).verbs.query_port).expect("covered");
    for len in [48, 52, 56, 64] {
        let mut room = [0xee_u8; 72];
        assert_eq!(
            call!(query(context, fake::PORT, room.as_mut_ptr().cast(), len)),
            0
        );
        assert_eq!(room[0], IBV_PORT_ACTIVE as u8);
        assert_eq!(room[47], 0xaa);
        assert!(
            room[len..].iter().all(|&byte| byte == 0xee),
            "wrote past {len}"
        );
        if len >= 56 {
            assert_eq!(room[52], 7);
            assert!(room[56..len].iter().all(|&byte| byte == 0));
        }
    }
    let mut small: _compat_ibv_port_attr = Zeroed::zeroed();
    assert_eq!(
        call!(device::ibv_query_port(context, 2, &mut small)),
        libc::EINVAL
    );
    close(context);
}

#[test]
fn a_device_answers_through_the_plain_query() {
    let context = opened();
    let mut attr: ibv_device_attr = Zeroed::zeroed();
    assert_eq!(call!(device::ibv_query_device(context, &mut attr)), 0);
    assert_eq!(attr.max_qp, 77);
    let mut old: ibv_device_attr = Zeroed::zeroed();
    let slot = call!((*context).ops._compat_query_device).expect("covered");
    assert_eq!(call!(slot(context, &mut old)), 0);
    assert_eq!(old.max_qp, 77);
    close(context);
}

#[test]
fn keys_and_gids_are_found_by_walking() {
    let context = opened();
    assert_eq!(
        call!(device::ibv_get_pkey_index(context, 1, 0x1234_u16.to_be())),
        1
    );
    assert_eq!(
        call!(device::ibv_get_pkey_index(context, 1, 0x4321_u16.to_be())),
        -1
    );
    let mut gid: ibv_gid = Zeroed::zeroed();
    assert_eq!(call!(device::ibv_query_gid(context, 1, 0, &mut gid)), 0);
    assert_eq!(call!(gid.raw), fake::OWN_GID);
    assert_eq!(call!(device::ibv_query_gid(context, 1, 2, &mut gid)), -1);
    close(context);
}

#[test]
fn a_region_remembers_how_it_was_asked_for() {
    let context = opened();
    let pd = call!(pd::ibv_alloc_pd(context));
    let mut memory = [0_u8; 64];
    let addr: *mut c_void = memory.as_mut_ptr().cast();
    let access = IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_RELAXED_ORDERING;
    let mr = call!(mr::ibv_reg_mr_iova2(pd, addr, 64, 0x1000, access));
    let seen = call!(mr.cast::<verbs_mr>().read());
    assert_eq!((seen.ibv_mr.context, seen.ibv_mr.pd), (context, pd));
    assert_eq!((seen.ibv_mr.addr, seen.ibv_mr.length), (addr, 64));
    // The device does not know the optional bit, so it never sees it.
    assert_eq!(seen.access as u32, IBV_ACCESS_LOCAL_WRITE);
    assert_eq!(call!(mr::ibv_dereg_mr(mr)), 0);
    call!(pd::ibv_dealloc_pd(pd));
    close(context);
}

#[test]
fn registration_by_attributes_reaches_the_plain_operation() {
    let context = opened();
    let pd = call!(pd::ibv_alloc_pd(context));
    let mut memory = [0_u8; 64];
    let mut attr = ibv_mr_init_attr {
        length: 64,
        access: 1,
        comp_mask: u64::from(IBV_REG_MR_MASK_ADDR),
        addr: memory.as_mut_ptr().cast(),
        ..Zeroed::zeroed()
    };
    let mr = call!(mr::ibv_reg_mr_ex(pd, &mut attr));
    assert_eq!(call!((*mr).addr), attr.addr);
    assert_eq!(call!(mr::ibv_dereg_mr(mr)), 0);
    attr.comp_mask |= u64::from(IBV_REG_MR_MASK_DMAH);
    assert!(call!(mr::ibv_reg_mr_ex(pd, &mut attr)).is_null());
    assert_eq!(Errno::last(), Errno::EOPNOTSUPP);

    let mut buf = null_mut();
    let addr = call!(pd::ibv_alloc_buf(pd, 8192, &mut buf));
    let mr = call!(mr::ibv_reg_buf_mr(pd, buf, addr, 8192, 1));
    assert_eq!(call!((*mr).length), 8192);
    assert_eq!(call!(mr::ibv_dereg_mr(mr)), 0);
    assert!(call!(mr::ibv_reg_buf_mr(pd, buf, addr, 8193, 1)).is_null());
    assert_eq!(Errno::last(), Errno::EINVAL);
    assert_eq!(call!(pd::ibv_export_buf_dmabuf_fd(buf)), -1);
    assert_eq!(Errno::last(), Errno::ENODATA);
    call!(pd::ibv_free_buf(buf));
    call!(pd::ibv_dealloc_pd(pd));
    close(context);
}

#[test]
fn registering_again_names_what_went_wrong() {
    let context = opened();
    let pd = call!(pd::ibv_alloc_pd(context));
    let mut memory = [0_u8; 64];
    let addr: *mut c_void = memory.as_mut_ptr().cast();
    let mr = call!(mr::ibv_reg_mr(pd, addr, 64, 1));
    let again = |flags: u32, length: usize, access: c_int| {
        call!(mr::ibv_rereg_mr(
            mr,
            flags as c_int,
            pd,
            addr,
            length,
            access
        ))
    };
    assert_eq!(again(IBV_REREG_MR_CHANGE_TRANSLATION, 32, 0), 0);
    assert_eq!(call!((*mr).length), 32);
    assert_eq!(
        again(IBV_REREG_MR_CHANGE_TRANSLATION, 0, 0),
        IBV_REREG_MR_ERR_INPUT
    );
    assert_eq!(again(1 << 9, 32, 0), IBV_REREG_MR_ERR_INPUT);
    assert_eq!(again(IBV_REREG_MR_CHANGE_PD, 0, 1), IBV_REREG_MR_ERR_INPUT);
    assert_eq!(Errno::last(), Errno::EINVAL);
    assert_eq!(
        again(IBV_REREG_MR_CHANGE_TRANSLATION, 1, 0),
        IBV_REREG_MR_ERR_CMD
    );
    assert_eq!(Errno::last(), Errno::EFAULT);
    assert_eq!(call!((*mr).length), 32);
    assert_eq!(call!(mr::ibv_dereg_mr(mr)), 0);
    call!(pd::ibv_dealloc_pd(pd));
    close(context);
}

#[test]
fn a_channel_is_busy_until_its_last_cq_is_gone() {
    let context = opened();
    let channel = call!(comp_channel::ibv_create_comp_channel(context));
    let mut cookie = 0_u8;
    let cq_context: *mut c_void = (&raw mut cookie).cast();
    let cq = call!(cq::ibv_create_cq(context, 8, cq_context, channel, 0));
    let seen = call!(((*cq).context, (*cq).channel, (*cq).cq_context));
    assert_eq!(seen, (context, channel, cq_context));
    assert_eq!(
        call!(comp_channel::ibv_destroy_comp_channel(channel)),
        libc::EBUSY
    );
    assert_eq!(call!(cq::ibv_destroy_cq(cq)), 0);
    assert_eq!(call!(comp_channel::ibv_destroy_comp_channel(channel)), 0);
    close(context);
}

#[test]
fn completion_events_are_read_and_counted() {
    let context = opened();
    let channel = call!(comp_channel::ibv_create_comp_channel(context));
    let cq = call!(cq::ibv_create_cq(context, 8, null_mut(), channel, 0));
    let (mut got, mut got_context) = (null_mut(), null_mut());
    let get = |got: &mut _, got_context: &mut _| {
        call!(comp_channel::ibv_get_cq_event(channel, got, got_context))
    };
    assert_eq!(get(&mut got, &mut got_context), -1);
    assert_eq!(Errno::last(), Errno::EAGAIN);
    write_record(call!(fake::channel_writer(channel)), &[cq as u64]);
    assert_eq!(get(&mut got, &mut got_context), 0);
    assert_eq!(got, cq);
    call!(comp_channel::ibv_ack_cq_events(cq, 3));
    assert_eq!(call!((*cq).comp_events_completed), 3);
    assert_eq!(call!(cq::ibv_destroy_cq(cq)), 0);
    assert_eq!(call!(comp_channel::ibv_destroy_comp_channel(channel)), 0);
    close(context);
}

#[test]
fn async_events_name_their_object_and_are_counted_on_it() {
    let context = opened();
    let pd = call!(pd::ibv_alloc_pd(context));
    let mut init: ibv_srq_init_attr = Zeroed::zeroed();
    let srq = call!(srq::ibv_create_srq(pd, &mut init));
    let writer = call!(fake::async_writer(context));
    let mut event: ibv_async_event = Zeroed::zeroed();
    assert_eq!(call!(event::ibv_get_async_event(context, &mut event)), -1);
    assert_eq!(Errno::last(), Errno::EAGAIN);

    write_record(writer, &[srq as u64, IBV_EVENT_SRQ_LIMIT_REACHED.into()]);
    assert_eq!(call!(event::ibv_get_async_event(context, &mut event)), 0);
    assert_eq!(event.event_type, IBV_EVENT_SRQ_LIMIT_REACHED);
    assert_eq!(call!(event.element.srq), srq);
    call!(event::ibv_ack_async_event(&mut event));
    assert_eq!(call!((*srq).events_completed), 1);

    write_record(writer, &[1, IBV_EVENT_PORT_ERR.into()]);
    assert_eq!(call!(event::ibv_get_async_event(context, &mut event)), 0);
    assert_eq!(call!(event.element.port_num), 1);
    call!(event::ibv_ack_async_event(&mut event));

    assert_eq!(call!(srq::ibv_destroy_srq(srq)), 0);
    call!(pd::ibv_dealloc_pd(pd));
    close(context);
}

#[test]
fn the_state_of_a_qp_follows_what_succeeded() {
    let context = opened();
    let pd = call!(pd::ibv_alloc_pd(context));
    let mut init: ibv_qp_init_attr = Zeroed::zeroed();
    let qp = call!(qp::ibv_create_qp(pd, &mut init));
    let mut attr = ibv_qp_attr {
        qp_state: IBV_QPS_INIT,
        ..Zeroed::zeroed()
    };
    let state = IBV_QP_STATE as c_int;
    assert_eq!(call!(qp::ibv_modify_qp(qp, &mut attr, state)), 0);
    assert_eq!(call!((*qp).state), IBV_QPS_INIT);
    attr.qp_state = IBV_QPS_ERR;
    assert_eq!(call!(qp::ibv_modify_qp(qp, &mut attr, state)), libc::EINVAL);
    assert_eq!(call!((*qp).state), IBV_QPS_INIT);
    let mut ece: ibv_ece = Zeroed::zeroed();
    assert_eq!(call!(qp::ibv_set_ece(qp, &mut ece)), libc::EOPNOTSUPP);

    // The mark of an extended QP is found in both layouts of generation 34.
    assert!(call!(qp::ibv_qp_to_qp_ex(qp)).is_null());
    let extended = qp.cast::<verbs_qp>();
    call!((*extended).comp_mask = VERBS_QP_EX);
    assert_eq!(call!(qp::ibv_qp_to_qp_ex(qp)), qp.cast());
    call!((*extended).comp_mask = 0);
    call!(qp.byte_add(352).cast::<u64>().write(VERBS_QP_EX.into()));
    assert_eq!(call!(qp::ibv_qp_to_qp_ex(qp)), qp.cast());
    // A function pointer there is no mark.
    call!(qp.byte_add(352).cast::<u64>().write(0x7fff_1234_5672));
    assert!(call!(qp::ibv_qp_to_qp_ex(qp)).is_null());

    assert_eq!(call!(qp::ibv_destroy_qp(qp)), 0);
    call!(pd::ibv_dealloc_pd(pd));
    close(context);
}

#[test]
fn a_sender_is_found_in_our_own_table() {
    let context = opened();
    let mut wc = ibv_wc {
        wc_flags: IBV_WC_GRH,
        sl: 3,
        ..Zeroed::zeroed()
    };
    let mut grh: ibv_grh = Zeroed::zeroed();
    // An IPv6 header over UDP, to the only address the fake NIC has.
    grh.version_tclass_flow = (6_u32 << 28).to_be();
    grh.next_hdr = 17;
    grh.sgid = ibv_gid { raw: [0x20; 16] };
    grh.dgid = ibv_gid { raw: fake::OWN_GID };
    let mut attr: ibv_ah_attr = Zeroed::zeroed();
    assert_eq!(
        call!(ah::ibv_init_ah_from_wc(
            context, 1, &mut wc, &mut grh, &mut attr
        )),
        0
    );
    assert_eq!(
        (attr.is_global, attr.grh.sgid_index, attr.sl, attr.port_num),
        (1, 0, 3, 1)
    );
    assert_eq!(call!(attr.grh.dgid.raw), [0x20; 16]);
    grh.dgid = ibv_gid { raw: [0x30; 16] };
    assert_eq!(
        call!(ah::ibv_init_ah_from_wc(
            context, 1, &mut wc, &mut grh, &mut attr
        )),
        -1
    );
    close(context);
}

#[test]
fn an_extended_cq_is_refused_fields_nobody_knows() {
    let context = opened();
    let mut attr = ibv_cq_init_attr_ex {
        wc_flags: 1 << 40,
        ..Zeroed::zeroed()
    };
    assert!(call!(cq::create_cq_ex(context, &mut attr)).is_null());
    assert_eq!(Errno::last(), Errno::EOPNOTSUPP);
    close(context);
}

#[test]
fn the_list_of_devices_is_counted_and_ends_with_null() {
    // Whatever this machine has, the answer keeps its form.
    let mut count = -1;
    let list = call!(device::ibv_get_device_list(&mut count));
    if list.is_null() {
        assert_eq!((count, Errno::last()), (0, Errno::ENOSYS));
        return;
    }
    for index in 0..count as usize {
        assert!(!call!(list.add(index).read()).is_null());
    }
    assert!(call!(list.add(count as usize).read()).is_null());
    call!(device::ibv_free_device_list(list));
}

mod names {
    use std::collections::BTreeSet;

    use super::super::symver::EXPORTED;

    /// What the table of `c-tests/abi` promises, as name, node, binding.
    fn promised() -> BTreeSet<(&'static str, &'static str, &'static str)> {
        let table = include_str!("../../c-tests/abi/symbols.tsv");
        let rows = table
            .lines()
            .skip(1)
            .map(|row| row.split('\t').collect::<Vec<_>>());
        rows.filter(|row| row[3] == "func")
            .map(|row| (row[0], row[1], row[2]))
            .collect()
    }

    #[test]
    fn every_promised_name_has_exactly_one_function() {
        let ours: Vec<_> = EXPORTED.iter().collect();
        let unique: BTreeSet<_> = ours
            .iter()
            .map(|&&(name, node, binding)| (name, node, if binding == "@" { "@" } else { "@@" }))
            .collect();
        assert_eq!(unique.len(), ours.len());
        assert_eq!(unique, promised());
    }

    #[test]
    fn the_map_lists_every_name_in_its_node() {
        let map = include_str!("../libibverbs.map");
        let mut node = "";
        let mut listed = BTreeSet::new();
        for line in map.lines() {
            if let Some(name) = line.strip_suffix(" {") {
                node = name;
            } else if let Some(name) = line.trim().strip_suffix(';')
                && line.starts_with("\t\t")
                && name != "*"
            {
                listed.insert((name, node));
            }
        }
        // The one name that is data is in no table of functions.
        assert!(listed.remove(&("verbs_allow_disassociate_destroy", "IBVERBS_PRIVATE_34")));
        assert_eq!(
            listed,
            promised()
                .into_iter()
                .map(|(name, node, _)| (name, node))
                .collect()
        );
    }
}

#[test]
fn rates_and_texts_answer_for_unknown_values() {
    use super::{rate, text};
    assert_eq!(rate::ibv_rate_to_mult(IBV_RATE_100_GBPS), -1);
    assert_eq!(rate::ibv_rate_to_mbps(IBV_RATE_100_GBPS), 103_125);
    assert_eq!(rate::mbps_to_ibv_rate(103_125), IBV_RATE_100_GBPS);
    assert_eq!(rate::mult_to_ibv_rate(7), IBV_RATE_MAX);
    let text = |text| {
        // SAFETY: a constant text.
        unsafe { std::ffi::CStr::from_ptr(text) }
            .to_str()
            .expect("ASCII")
    };
    assert_eq!(text(text::ibv_node_type_str(-1)), "unknown");
    assert_eq!(
        text(text::ibv_node_type_str(IBV_NODE_CA)),
        "InfiniBand channel adapter"
    );
    assert_eq!(text(text::ibv_wc_status_str(99)), "unknown");
    assert!(text::ibv_wr_opcode_str(12).is_null());
}
