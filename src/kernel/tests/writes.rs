//! The two forms of written commands, by ioctl and by write, against the table of commands.

use super::script::{Attr, Call, Reply, Script, extended, standard, words};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::write::COMMANDS;
use crate::kernel::{DriverData, cmd};

#[test]
fn numbers_and_sizes_are_those_of_the_table() {
    let table = include_str!("../../../c-tests/layout/uverbs-write.tsv");
    let mut known = 0;
    for line in table.lines().skip(1) {
        let columns: Vec<_> = line.split('\t').collect();
        let number = |index: usize| columns[index].parse().expect("a number");
        let name = columns[2];
        let command = COMMANDS.iter().find(|command| command.0 == name);
        let command = command.unwrap_or_else(|| panic!("{name} is not spoken"));
        assert_eq!(command.1 as usize, number(0), "{name}");
        assert_eq!(command.2, columns[1] == "ex", "{name}");
        assert_eq!(command.3, [number(4), number(6), number(8)], "{name}");
        known += 1;
    }
    assert_eq!(known, COMMANDS.len());
}

#[test]
fn a_standard_command_is_one_block_with_words_of_four_bytes() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    // ALLOC_PD is command 3: header 8, core 8, driver 4 bytes; answer core 4, driver 8 bytes.
    let mut expected = standard(3, 5, 3);
    expected.extend([0; 8]);
    expected.extend(words(&[0xabcd]));
    script.write(expected, words(&[21, 0x11, 0x22]));
    let mut request = [0u32; 5];
    request[4] = 0xabcd;
    let mut response = [0u32; 3];
    // SAFETY: two arrays of ours.
    let driver = unsafe {
        DriverData::behind(
            request.as_ptr().cast::<ibv_alloc_pd>(),
            20,
            response.as_mut_ptr().cast::<ib_uverbs_alloc_pd_resp>(),
            12,
        )
    };
    let answer = cmd::pd::alloc(&uverbs, driver.expect("long enough"));
    assert_eq!(answer.expect("answered").pd_handle, 21);
    assert_eq!(response[1..], [0x11, 0x22]);
}

#[test]
fn a_standard_command_goes_in_parts_where_the_kernel_takes_them() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    script.push(|call| {
        let attrs = call.ioctl(0, 0);
        let ids: Vec<_> = attrs.iter().map(|attr| attr.id).collect();
        assert_eq!(ids, [2, 0, 1, 0x1000, 0x1001]);
        call.reply(1, Reply::Bytes(words(&[21])));
        call.reply(0x1001, Reply::Bytes(words(&[0x11, 0x22])));
        Ok(())
    });
    let request = [0u32, 0, 0, 0, 0xabcd];
    let mut response = [0u32; 3];
    // SAFETY: two arrays of ours.
    let driver = unsafe {
        DriverData::behind(
            request.as_ptr().cast::<ibv_alloc_pd>(),
            20,
            response.as_mut_ptr().cast::<ib_uverbs_alloc_pd_resp>(),
            12,
        )
    };
    let answer = cmd::pd::alloc(&uverbs, driver.expect("long enough"));
    assert_eq!(answer.expect("answered").pd_handle, 21);
    assert_eq!(response[1..], [0x11, 0x22]);
}

#[test]
fn an_extended_command_has_words_of_eight_bytes_and_the_drivers_apart() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    // CREATE_WQ is extended command 52: core 40 and 24 bytes, driver 8 and 16.
    let mut expected = extended(52, (5, 3), (1, 2));
    // comp_mask, type, user handle (2), PD, CQ, max_wr, max_sge, flags, reserved
    expected.extend(words(&[0, 1, 0x5000, 0, 4, 5, 100, 2, 1, 0]));
    expected.extend(words(&[0xaa, 0xbb]));
    script.write(expected, words(&[0, 24, 31, 128, 4, 77, 1, 2, 3, 4]));
    let request = [0xaau32, 0xbb];
    let mut response = [0u32; 10];
    // SAFETY: two arrays of ours.
    let driver = unsafe {
        DriverData::behind(
            request.as_ptr().cast::<empty>(),
            8,
            response.as_mut_ptr().cast::<ib_uverbs_ex_create_wq_resp>(),
            40,
        )
    };
    let asked = cmd::wq::Asked {
        user_handle: 0x5000,
        wq_type: 1,
        pd: 4,
        cq: 5,
        max_wr: 100,
        max_sge: 2,
        create_flags: 1,
        async_fd: 9,
    };
    let made = cmd::wq::create(&uverbs, &asked, driver.expect("long enough")).expect("answered");
    assert_eq!((made.handle, made.wq_num), (31, 77));
    assert_eq!((made.max_wr, made.max_sge), (128, 4));
    assert_eq!(response[6..], [1, 2, 3, 4]);
}

#[test]
fn an_extended_command_without_an_answer_has_no_address() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    // MODIFY_CQ is extended command 57: core 16 bytes.
    let mut expected = extended(57, (2, 0), (0, 0));
    expected.extend(words(&[3, 1, 0x0014_000a, 0]));
    script.write(expected, vec![]);
    let attr = ibv_modify_cq_attr {
        attr_mask: 1,
        moderate: ibv_moderate_cq {
            cq_count: 10,
            cq_period: 20,
        },
    };
    cmd::cq::modify(&uverbs, 3, &attr, DriverData::NONE).expect("taken");
    let unknown = ibv_modify_cq_attr {
        attr_mask: 2,
        ..attr
    };
    let refused = cmd::cq::modify(&uverbs, 3, &unknown, DriverData::NONE);
    assert_eq!(refused, Err(Errno::EINVAL));
}

#[test]
fn an_extended_command_by_ioctl_says_so_in_its_number() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    script.ioctl(
        (0, 0),
        &[
            (2, Attr::U64(0x8000_0000 | 57)),
            (0, Attr::Bytes(words(&[3, 1, 0x0014_000a, 0]))),
        ],
        vec![],
    );
    let attr = ibv_modify_cq_attr {
        attr_mask: 1,
        moderate: ibv_moderate_cq {
            cq_count: 10,
            cq_period: 20,
        },
    };
    cmd::cq::modify(&uverbs, 3, &attr, DriverData::NONE).expect("taken");
}

#[test]
fn failures_of_the_write_are_the_answer_and_a_short_one_is_eio() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    for errno in [Errno::ENOSPC, Errno::EIO, Errno::EINVAL] {
        script.push(move |_| Err(errno));
        let result = cmd::pd::alloc(&uverbs, DriverData::NONE);
        assert_eq!(result.err(), Some(errno));
    }
    script.push(|call| {
        if let Call::Write(_, taken) = call {
            *taken -= 1;
        }
        Ok(())
    });
    let result = cmd::pd::alloc(&uverbs, DriverData::NONE);
    assert_eq!(result.err(), Some(Errno::EIO));
}

#[test]
fn bytes_that_are_no_words_are_refused_without_asking() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    let odd = [0u8; 3];
    // SAFETY: an array of ours.
    let driver = unsafe { DriverData::input_only(odd.as_ptr(), odd.len()) };
    let result = cmd::pd::alloc(&uverbs, driver);
    assert_eq!(result.err(), Some(Errno::EINVAL));
}
