//! Headers and attributes, linked buffers, and which form is chosen.

use super::script::{Attr, DRIVER_ID, FD, Reply, Script};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::kernel::fallback::{Method, Outcome};
use crate::kernel::ioctl::{Command, MAX_ATTRS, Needs};
use crate::kernel::{DriverData, Uverbs};

#[test]
fn the_probe_invokes_a_query_without_room() {
    let outcomes = [
        (Err(Errno::ENOSPC), false),
        (Err(Errno::EINVAL), false),
        (Ok(()), false),
        (Err(Errno::ENOTTY), true),
        (Err(Errno::EPROTONOSUPPORT), true),
    ];
    for (answer, is_only_write) in outcomes {
        let script = Script::new();
        let uverbs = script.uverbs(6);
        script.push(move |call| {
            // WRITE_CMD is attribute 2, QUERY_DEVICE command 1.
            let attrs = call.ioctl(0, 0);
            assert_eq!(attrs.len(), 1);
            assert_eq!(attrs[0].id, 2);
            answer
        });
        uverbs.probe();
        assert_eq!(uverbs.has_only_write(), is_only_write, "{answer:?}");
    }
}

#[test]
fn a_descriptor_knows_its_numbers() {
    let script = Script::new();
    let uverbs = script.uverbs(4);
    assert_eq!((uverbs.fd(), uverbs.driver_id()), (FD, DRIVER_ID));
    assert_eq!(uverbs.abi_version(), 4);
}

#[test]
fn short_values_travel_in_the_attribute() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let (short, long) = ([1u8, 2, 3], [7u32, 8, 9]);
    let mut made = 0;
    script.ioctl(
        (5, 6),
        &[
            (1, Attr::Short(vec![1, 2, 3])),
            (2, Attr::Bytes(super::script::words(&[7, 8, 9]))),
            (3, Attr::U32(0xffff_ffff)),
            (4, Attr::U64(1 << 40)),
            (5, Attr::Handle(0)),
            (6, Attr::Choice(3, vec![9; 12])),
            (7, Attr::OptionalHandle(FD as u64)),
        ],
        vec![(5, Reply::Handle(0x1_0000_0009))],
    );
    let bytes = [9u8; 12];
    {
        let mut command = Command::new(5, 6);
        command.slice_in(1, &short);
        command.slice_in(2, &long);
        command.u32_in(3, u32::MAX);
        command.u64_in(4, 1 << 40);
        command.handle_out(5, &mut made);
        // SAFETY: an array of ours.
        unsafe { command.choice_in(6, 3, bytes.as_ptr(), bytes.len()) };
        command.optional_fd_in(7, FD);
        // No descriptor is no attribute.
        command.fd_in(8, -1);
        command.optional_fd_in(8, -1);
        command.run(&uverbs).expect("answered");
    }
    assert_eq!(made, 9);
}

#[test]
fn what_is_too_long_is_refused_without_asking() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let long = vec![0u8; 65536];
    let mut command = Command::new(5, 6);
    command.slice_in(1, &long);
    assert_eq!(command.run(&uverbs), Err(Errno::EINVAL));

    let mut command = Command::new(5, 6);
    for _ in 0..=MAX_ATTRS {
        command.u32_in(1, 0);
    }
    assert_eq!(command.run(&uverbs), Err(Errno::EINVAL));
}

/// A buffer as a plug-in builds one, with room for three attributes.
#[repr(C)]
struct Buffer {
    head: ibv_command_buffer,
    attrs: [ib_uverbs_attr; 3],
}

fn buffer(object: u16, method: u16, attrs: &[(u16, u16, u64)]) -> Box<Buffer> {
    let mut buffer = Box::new(Buffer {
        head: Zeroed::zeroed(),
        attrs: [Zeroed::zeroed(); 3],
    });
    for (place, (id, flags, data)) in buffer.attrs.iter_mut().zip(attrs) {
        (place.attr_id, place.flags) = (*id, *flags);
        place.data = ib_uverbs_attr_data { data: *data };
    }
    let first = buffer.attrs.as_mut_ptr();
    buffer.head.next_attr = first.wrapping_add(attrs.len());
    buffer.head.last_attr = first.wrapping_add(buffer.attrs.len());
    (buffer.head.uhw_in_idx, buffer.head.uhw_out_idx) = (255, 255);
    (buffer.head.hdr.object_id, buffer.head.hdr.method_id) = (object, method);
    buffer
}

fn data(attr: &ib_uverbs_attr) -> u64 {
    // SAFETY: eight bytes, whatever they stand for.
    unsafe { attr.data.data }
}

#[test]
fn linked_attributes_follow_and_come_back() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let mut second = buffer(3, 0, &[(0x1003, 1, 0)]);
    let mut first = buffer(3, 0, &[(0x1001, 1, 11), (0x1002, 1, 12)]);
    first.head.next = &mut second.head;
    script.ioctl(
        (3, 0),
        &[
            (9, Attr::U32(5)),
            (0x1001, Attr::Handle(11)),
            (0x1002, Attr::Handle(12)),
            (0x1003, Attr::Handle(0)),
        ],
        vec![(0x1003, Reply::Handle(99))],
    );
    let mut command = Command::new(3, 0);
    command.u32_in(9, 5);
    // SAFETY: two valid buffers.
    unsafe { command.link(&mut first.head) };
    command.run(&uverbs).expect("answered");
    let came: Vec<_> = first.attrs.iter().chain(&second.attrs).map(data).collect();
    assert_eq!(came, [11, 12, 0, 99, 0, 0]);
    assert_eq!(second.attrs[0].flags, 3);
}

#[test]
fn a_command_of_a_driver_runs_as_it_is() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let mut built = buffer(0x1000, 0x1002, &[(0x1000, 1, 0)]);
    script.ioctl(
        (0x1000, 0x1002),
        &[(0x1000, Attr::Handle(0))],
        vec![(0x1000, Reply::Handle(6))],
    );
    // SAFETY: a valid buffer.
    unsafe { crate::kernel::cmd::context::execute(&uverbs, &mut built.head) }.expect("answered");
    assert_eq!(data(&built.attrs[0]), 6);

    script.fails_ioctl(0x1000, 0x1002, Errno::ENOSPC);
    // SAFETY: a valid buffer.
    let result = unsafe { crate::kernel::cmd::context::execute(&uverbs, &mut built.head) };
    assert_eq!(result, Err(Errno::ENOSPC));
}

#[test]
fn spoilt_and_foreign_buffers_are_refused_without_asking() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    let mut spoilt = buffer(3, 0, &[(0x1001, 1, 0)]);
    spoilt.head.flags = IBV_COMMAND_BUFFER_BUFFER_ERROR;
    let mut foreign = buffer(4, 0, &[(0x1001, 1, 0)]);
    let mut endless = buffer(3, 0, &[]);
    endless.head.next = &mut endless.head;
    for link in [&mut spoilt, &mut foreign, &mut endless] {
        let mut command = Command::new(3, 0);
        // SAFETY: valid buffers, but for the end of the last chain.
        unsafe { command.link(&mut link.head) };
        assert_eq!(command.run(&uverbs), Err(Errno::EINVAL));
    }
}

/// Tries a command that needs what it needs.
fn attempt(uverbs: &Uverbs, method: Method, needs: Needs) -> Result<Outcome, Errno> {
    let mut command = Command::new(3, 1);
    command.require(needs);
    uverbs.attempt(method, &mut command)
}

#[test]
fn a_kernel_without_ioctls_is_asked_once() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    script.fails_ioctl(3, 1, Errno::ENOTTY);
    let outcome = attempt(&uverbs, Method::CreateCq, Needs::Nothing);
    assert_eq!(outcome, Ok(Outcome::Write));
    // Nothing is asked any more, whatever it is.
    let outcome = attempt(&uverbs, Method::DestroyQp, Needs::Extended);
    assert_eq!(outcome, Ok(Outcome::WriteExtended));
}

#[test]
fn a_missing_method_is_remembered_alone() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    script.fails_ioctl(3, 1, Errno::EPROTONOSUPPORT);
    let outcome = attempt(&uverbs, Method::CreateCq, Needs::Nothing);
    assert_eq!(outcome, Ok(Outcome::Write));
    let outcome = attempt(&uverbs, Method::CreateCq, Needs::Nothing);
    assert_eq!(outcome, Ok(Outcome::Write));
    script.ioctl((3, 1), &[], vec![]);
    let outcome = attempt(&uverbs, Method::DestroyCq, Needs::Nothing);
    assert_eq!(outcome, Ok(Outcome::Done));
}

#[test]
fn any_other_error_is_the_answer() {
    let script = Script::new();
    let uverbs = script.uverbs(6);
    for errno in [Errno::EIO, Errno::ENOSPC, Errno::EINVAL, Errno::EOPNOTSUPP] {
        script.fails_ioctl(3, 1, errno);
        let outcome = attempt(&uverbs, Method::CreateCq, Needs::Nothing);
        assert_eq!(outcome, Err(errno));
    }
}

#[test]
fn what_only_an_ioctl_can_say_has_no_older_form() {
    let script = Script::new();
    let uverbs = script.old_uverbs(6);
    let outcome = attempt(&uverbs, Method::CreateCq, Needs::Ioctl);
    assert_eq!(outcome, Err(Errno::EOPNOTSUPP));

    let older = |flags: u8, attrs: &[(u16, u16, u64)]| {
        let mut linked = buffer(3, 1, attrs);
        linked.head.flags = flags;
        let mut command = Command::new(3, 1);
        // SAFETY: a valid buffer.
        unsafe { command.link(&mut linked.head) };
        uverbs.attempt(Method::CreateCq, &mut command)
    };
    // The classic bytes of a driver, and attributes it can do without, have an older form.
    let classic = [(0x1000, 1, 0), (0x1001, 1, 0), (0x1005, 0, 0)];
    assert_eq!(older(0, &classic), Ok(Outcome::Write));
    assert_eq!(older(0, &[(0x1005, 1, 0)]), Err(Errno::EOPNOTSUPP));
    let extended = IBV_COMMAND_BUFFER_FALLBACK_REQUIRE_EX;
    assert_eq!(older(extended, &[]), Ok(Outcome::WriteExtended));
    let ioctl_only = IBV_COMMAND_BUFFER_FALLBACK_IOCTL_ONLY;
    assert_eq!(older(ioctl_only, &[]), Err(Errno::EOPNOTSUPP));
}

#[test]
fn a_drivers_share_lies_behind_the_librarys() {
    let mut request = [0u8; 12];
    let mut response = [0u32; 3];
    let (to, from) = (response.as_mut_ptr(), request.as_mut_ptr());
    // SAFETY: two arrays of ours.
    let share = unsafe { DriverData::behind(from.cast::<u64>(), 12, to.cast::<u32>(), 12) };
    let share = share.expect("long enough");
    assert_eq!(share.input(), (from.wrapping_add(8).cast_const(), 4));
    assert_eq!(share.output(), (to.wrapping_add(1).cast::<u8>(), 8));

    // SAFETY: as above.
    let short = unsafe { DriverData::behind(from.cast::<u64>(), 7, to.cast::<u32>(), 12) };
    assert_eq!(short.err(), Some(Errno::EINVAL));
    let none = std::ptr::null::<u64>();
    // SAFETY: NULL, and an array of ours.
    let share = unsafe { DriverData::behind(none, 0, to.cast::<u32>(), 4) }.expect("nothing");
    assert_eq!((share.input().1, share.output().1), (0, 0));
}
