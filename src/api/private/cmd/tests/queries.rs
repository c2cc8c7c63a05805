//! The context, the device, its ports and GIDs, and the data path through the kernel.

use std::path::PathBuf;

use super::super::{device, post};
use super::*;
use crate::api;
use crate::base::errno::Errno;
use crate::kernel::tests::script::words;

#[test]
fn a_context_learns_its_vectors_and_the_device_what_the_kernel_can() {
    let opened = opened();
    opened.script.push(|call| {
        call.ioctl(0, 3);
        call.reply(0, Reply::Bytes(words(&[4])));
        call.reply(1, Reply::Bytes(words(&[1, 0])));
        Ok(())
    });
    let mut cmd: ibv_get_context = Zeroed::zeroed();
    let mut resp: ib_uverbs_get_context_resp = Zeroed::zeroed();
    let result = call!(device::ibv_cmd_get_context(
        opened.verbs,
        &mut cmd,
        size_of::<ibv_get_context>(),
        &mut resp,
        size_of::<ib_uverbs_get_context_resp>()
    ));
    assert_eq!((result, resp.num_comp_vectors), (0, 4));
    // SAFETY: open.
    let (vectors, async_fd) = unsafe {
        (
            (*opened.context).num_comp_vectors,
            (*opened.context).async_fd,
        )
    };
    assert_eq!((vectors, async_fd), (4, -1));
    // SAFETY: open.
    let private = unsafe { context::private(opened.context) }.expect("open");
    // SAFETY: the private part lives as long as the context.
    assert!(unsafe { (*private).device.has_optional_access() });

    opened.script.push(|call| {
        call.ioctl(0, 4);
        call.reply(0, Reply::Bytes(words(&[2])));
        call.reply(1, Reply::Bytes(words(&[0, 0])));
        Ok(())
    });
    let result = call!(device::ibv_cmd_query_context(opened.context, null_mut()));
    assert_eq!(result, 0);
    // SAFETY: as above.
    assert!(!unsafe { (*private).device.has_optional_access() });
}

/// The answer to the extended query: 304 bytes, of which the kernel fills `len`.
fn device_answer(len: u32) -> Vec<u8> {
    let mut answer = vec![0u8; 304];
    answer[40..44].copy_from_slice(&0x1234u32.to_ne_bytes());
    answer[171] = 2;
    answer[180..184].copy_from_slice(&len.to_ne_bytes());
    answer[216..224].copy_from_slice(&77u64.to_ne_bytes());
    answer
}

#[test]
fn a_device_answers_into_structs_of_any_release() {
    let opened = opened();
    let query = |attr: *mut ibv_device_attr_ex, size: usize| {
        let none = null_mut();
        let input = std::ptr::null();
        call!(device::ibv_cmd_query_device_any(
            opened.context,
            input,
            attr,
            size,
            null_mut(),
            none
        ))
    };
    let mut full: ibv_device_attr_ex = Zeroed::zeroed();
    opened.answers(0x8000_0000 | 1, device_answer(304));
    assert_eq!(query(&mut full, size_of_val(&full)), 0);
    assert_eq!(
        (full.orig_attr.vendor_id, full.hca_core_clock),
        (0x1234, 77)
    );
    // The kernel was not asked for its count of ports here, so the old one holds.
    assert_eq!(full.phys_port_cnt_ex, 2);

    // A struct that ends before the clock, with something behind it.
    let end = std::mem::offset_of!(ibv_device_attr_ex, hca_core_clock);
    let mut room = vec![0xeeu8; size_of::<ibv_device_attr_ex>() + 16];
    opened.answers(0x8000_0000 | 1, device_answer(304));
    assert_eq!(query(room.as_mut_ptr().cast(), end), 0);
    assert!(room[end..].iter().all(|&byte| byte == 0xee));
    // A struct of a later release: what we do not know is zero.
    opened.answers(0x8000_0000 | 1, device_answer(304));
    let len = room.len();
    assert_eq!(query(room.as_mut_ptr().cast(), len), 0);
    assert_eq!(room[len - 16..], [0; 16]);

    // The oldest struct needs the standard query only.
    opened.answers(1, device_answer(0)[..176].to_vec());
    assert_eq!(query(&mut full, size_of::<ibv_device_attr>()), 0);
    assert_eq!(query(&mut full, size_of::<ibv_device_attr>() - 1), EINVAL);
    let input = ibv_query_device_ex_input { comp_mask: 1 };
    let none = null_mut();
    let result = call!(device::ibv_cmd_query_device_any(
        opened.context,
        &input,
        &mut full,
        size_of_val(&full),
        null_mut(),
        none
    ));
    assert_eq!(result, EINVAL);
}

#[test]
fn a_device_answers_the_plug_in_behind_the_librarys_part() {
    let opened = opened();
    opened.script.push(|call| {
        call.ioctl(0, 0);
        call.reply(1, Reply::Bytes(device_answer(304)));
        call.reply(0x1001, Reply::Bytes(words(&[0x99, 0])));
        Ok(())
    });
    let mut resp = [0u32; 78];
    let mut resp_size = size_of_val(&resp);
    let mut attr: ibv_device_attr_ex = Zeroed::zeroed();
    let result = call!(device::ibv_cmd_query_device_any(
        opened.context,
        std::ptr::null(),
        &mut attr,
        size_of_val(&attr),
        resp.as_mut_ptr().cast(),
        &mut resp_size
    ));
    assert_eq!((result, resp_size), (0, 304));
    assert_eq!((resp[10], resp[76]), (0x1234, 0x99));
}

#[test]
fn a_port_is_answered_into_the_shorter_struct_of_the_generation() {
    let opened = opened();
    opened.script.push(|call| {
        call.ioctl(0, 2);
        let mut answer = vec![0u8; 48];
        answer[26] = IBV_PORT_ACTIVE as u8;
        answer[37] = 2;
        answer[40..42].copy_from_slice(&0x1234u16.to_ne_bytes());
        answer[44..48].copy_from_slice(&u32::MAX.to_ne_bytes());
        call.reply(1, Reply::Bytes(answer));
        Ok(())
    });
    let mut attr: ibv_port_attr = Zeroed::zeroed();
    attr.active_speed_ex = 7;
    let mut cmd: ibv_query_port = Zeroed::zeroed();
    let size = size_of::<ibv_query_port>();
    let result = call!(device::ibv_cmd_query_port(
        opened.context,
        1,
        &mut attr,
        &mut cmd,
        size
    ));
    assert_eq!(
        (result, attr.state, attr.link_layer),
        (0, IBV_PORT_ACTIVE, 2)
    );
    assert_eq!(attr.port_cap_flags2, 0x1234);
    assert_eq!(attr.active_speed_ex, 7);
}

#[test]
fn gids_come_from_the_kernel() {
    let opened = opened();
    let context = opened.context;
    let entry = |answer: Result<(), Errno>| {
        opened.script.push(move |call| {
            call.ioctl(0, 6);
            answer?;
            let mut bytes = vec![0xab; 16];
            bytes.extend(words(&[3, 1, IBV_GID_TYPE_ROCE_V2, 5]));
            call.reply(3, Reply::Bytes(bytes));
            Ok(())
        });
    };
    let mut gid: ibv_gid = Zeroed::zeroed();
    entry(Ok(()));
    assert_eq!(
        call!(api::device::ibv_query_gid(context, 1, 3, &mut gid)),
        0
    );
    // SAFETY: a GID is 16 bytes however it is looked at.
    assert_eq!(unsafe { gid.raw }, [0xab; 16]);
    // An empty entry is a GID of zeros, an entry that cannot be read is none.
    entry(Err(Errno::ENODATA));
    assert_eq!(
        call!(api::device::ibv_query_gid(context, 1, 3, &mut gid)),
        0
    );
    // SAFETY: as above.
    assert_eq!(unsafe { gid.raw }, [0; 16]);
    entry(Err(Errno::EINVAL));
    assert_eq!(
        call!(api::device::ibv_query_gid(context, 1, 3, &mut gid)),
        -1
    );

    let mut kind = 9;
    entry(Ok(()));
    let query = api::device::ibv_query_gid_type;
    assert_eq!(call!(query(context, 1, 3, &mut kind)), 0);
    assert_eq!(kind, IBV_GID_TYPE_SYSFS_ROCE_V2);
    entry(Err(Errno::ENODATA));
    assert_eq!(call!(query(context, 1, 3, &mut kind)), 0);
    assert_eq!(kind, IBV_GID_TYPE_SYSFS_IB_ROCE_V1);

    let mut full: ibv_gid_entry = Zeroed::zeroed();
    entry(Ok(()));
    let query = api::device::_ibv_query_gid_ex;
    let size = size_of_val(&full);
    assert_eq!(call!(query(context, 1, 3, &mut full, 0, size)), 0);
    assert_eq!(
        (full.gid_type, full.ndev_ifindex),
        (IBV_GID_TYPE_ROCE_V2, 5)
    );
    entry(Err(Errno::ENODATA));
    assert_eq!(
        call!(query(context, 1, 3, &mut full, 0, size)),
        libc::ENODATA
    );
}

/// A folder as sysfs shows a device, with one port of two GIDs.
fn sysfs_device(opened: &Opened, name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("verbium-{name}-{}", std::process::id()));
    let port = folder.join("ports/1");
    let write = |below: &str, text: &str| {
        let path = port.join(below);
        let parent = path.parent().expect("a folder");
        std::fs::create_dir_all(parent).expect("ours");
        std::fs::write(path, text).expect("ours");
    };
    let zero = "0000:0000:0000:0000:0000:0000:0000:0000\n";
    write("gids/0", "fe80:0000:0000:0000:0000:0000:0000:0001\n");
    write("gids/1", zero);
    write("gids/2", "0000:0000:0000:0000:0000:ffff:0a00:0001\n");
    for (index, kind) in [(0, "IB/RoCE v1\n"), (1, "IB/RoCE v1\n"), (2, "RoCE v2\n")] {
        write(&format!("gid_attrs/types/{index}"), kind);
        write(&format!("gid_attrs/ndevs/{index}"), "lo\n");
    }
    write("pkeys/0", "0xffff\n");
    // SAFETY: the device is the test's own, and nobody else looks at it.
    let shown = unsafe { &mut (*(*opened.context).device).ibdev_path };
    for (to, from) in shown
        .iter_mut()
        .zip(folder.to_str().expect("ASCII").bytes().chain([0]))
    {
        *to = from as _;
    }
    folder
}

#[test]
fn an_old_kernel_shows_gids_and_keys_in_sysfs() {
    unsafe extern "C" fn port(_: *mut ibv_context, _: u8, attr: *mut ibv_port_attr) -> c_int {
        // SAFETY: the library's own place.
        unsafe {
            (*attr).gid_tbl_len = 3;
            (*attr).link_layer = IBV_LINK_LAYER_ETHERNET as u8;
        }
        0
    }
    let opened = opened();
    let context = opened.context;
    let folder = sysfs_device(&opened, "old-kernel");
    let ops = verbs_context_ops {
        query_port: Some(port),
        ..Zeroed::zeroed()
    };
    // SAFETY: open.
    unsafe { context::set_ops(context, &ops) };
    opened.script.fails_ioctl(0, 6, Errno::EPROTONOSUPPORT);
    let mut gid: ibv_gid = Zeroed::zeroed();
    assert_eq!(
        call!(api::device::ibv_query_gid(context, 1, 2, &mut gid)),
        0
    );
    let expected = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1];
    // SAFETY: a GID is 16 bytes however it is looked at.
    assert_eq!(unsafe { gid.raw }, expected);
    assert_eq!(
        call!(api::device::ibv_query_gid(context, 1, 1, &mut gid)),
        0
    );
    // SAFETY: as above.
    assert_eq!(unsafe { gid.raw }, [0; 16]);
    assert_eq!(
        call!(api::device::ibv_query_gid(context, 1, 9, &mut gid)),
        -1
    );

    let mut entry: ibv_gid_entry = Zeroed::zeroed();
    let size = size_of_val(&entry);
    let query = api::device::_ibv_query_gid_ex;
    assert_eq!(call!(query(context, 1, 0, &mut entry, 0, size)), 0);
    assert_eq!((entry.gid_type, entry.gid_index), (IBV_GID_TYPE_ROCE_V1, 0));
    assert_ne!(entry.ndev_ifindex, 0);
    assert_eq!(call!(query(context, 1, 2, &mut entry, 0, size)), 0);
    assert_eq!(entry.gid_type, IBV_GID_TYPE_ROCE_V2);
    assert_eq!(
        call!(query(context, 1, 1, &mut entry, 0, size)),
        libc::ENODATA
    );
    assert_eq!(
        call!(query(context, 1, 0, &mut entry, 1, size)),
        libc::EOPNOTSUPP
    );

    let mut entries = [entry; 2];
    let table = api::device::_ibv_query_gid_table;
    let ask = |count: usize, flags: u32, place: *mut ibv_gid_entry| {
        call!(table(context, place, count, flags, size))
    };
    let mut answer = vec![0u8; 176];
    answer[171] = 1;
    opened.answers(1, answer.clone());
    assert_eq!(ask(2, 0, entries.as_mut_ptr()), 2);
    assert_eq!((entries[0].gid_index, entries[1].gid_index), (0, 2));
    opened.answers(1, answer);
    assert_eq!(ask(1, 0, entries.as_mut_ptr()), -(libc::EINVAL as isize));
    assert_eq!(
        ask(2, 1, entries.as_mut_ptr()),
        -(libc::EOPNOTSUPP as isize)
    );

    let mut pkey = 0;
    assert_eq!(
        call!(api::device::ibv_query_pkey(context, 1, 0, &mut pkey)),
        0
    );
    assert_eq!(pkey, 0xffff);
    assert_eq!(
        call!(api::device::ibv_query_pkey(context, 1, 1, &mut pkey)),
        -1
    );
    std::fs::remove_dir_all(folder).expect("ours");
}

#[test]
fn a_channel_is_the_kernels() {
    let opened = opened();
    // SAFETY: a path with its NUL.
    let fd = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC) };
    opened.answers(17, words(&[fd as u32]));
    let channel = call!(api::comp_channel::ibv_create_comp_channel(opened.context));
    // SAFETY: just made.
    let made = unsafe { ((*channel).fd, (*channel).context) };
    assert_eq!(made, (fd, opened.context));
    assert_eq!(
        call!(api::comp_channel::ibv_destroy_comp_channel(channel)),
        0
    );
    assert!(!fake::is_open(fd));
    opened.script.fails_ioctl(0, 0, Errno::EMFILE);
    let channel = call!(api::comp_channel::ibv_create_comp_channel(opened.context));
    assert!(channel.is_null());
    assert_eq!(Errno::last(), Errno::EMFILE);
}

#[test]
fn posting_points_to_the_request_that_was_not_taken() {
    let opened = opened();
    let mut qp = ibv_qp {
        context: opened.context,
        handle: 7,
        qp_type: IBV_QPT_RC,
        ..Zeroed::zeroed()
    };
    let mut second: ibv_recv_wr = Zeroed::zeroed();
    let mut first = ibv_recv_wr {
        next: &mut second,
        ..Zeroed::zeroed()
    };
    let mut bad = null_mut();
    let post = post::ibv_cmd_post_recv;
    opened.answers(29, words(&[0]));
    assert_eq!(call!(post(&mut qp, &mut first, &mut bad)), 0);
    assert!(bad.is_null());
    let answer = |bad_wr: u32| {
        opened.script.push(move |call| {
            call.ioctl(0, 0);
            call.reply(1, Reply::Bytes(words(&[bad_wr])));
            Err(Errno::ENOMEM)
        });
    };
    answer(2);
    let result = call!(post(&mut qp, &mut first, &mut bad));
    assert_eq!((result, bad), (libc::ENOMEM, &raw mut second));
    // The kernel does not say which: then it is the first.
    answer(0);
    let result = call!(post(&mut qp, &mut first, &mut bad));
    assert_eq!((result, bad), (libc::ENOMEM, &raw mut first));
    // A count beyond the list ends at its end.
    answer(1000);
    let result = call!(post(&mut qp, &mut first, &mut bad));
    assert_eq!((result, bad), (libc::ENOMEM, null_mut()));

    let mut queue = opened.cq();
    let mut answer = words(&[1, 0]);
    answer.extend(words(&[9, 0, 5, 128, 0, 64, 0, 7, 8, 2, 0, 0]));
    opened.answers(21, answer);
    let mut wc: ibv_wc = Zeroed::zeroed();
    assert_eq!(call!(post::ibv_cmd_poll_cq(&mut queue, 1, &mut wc)), 1);
    assert_eq!((wc.wr_id, wc.status, wc.qp_num), (9, 5, 7));
    opened.script.fails_ioctl(0, 0, Errno::EIO);
    assert_eq!(call!(post::ibv_cmd_poll_cq(&mut queue, 1, &mut wc)), -1);
    assert_eq!(call!(post::ibv_cmd_poll_cq(&mut queue, -1, &mut wc)), -1);
}
