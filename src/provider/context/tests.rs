use std::mem::offset_of;

use super::*;
use crate::provider::fake;

/// Every public slot of an open context, as bare addresses.
fn words(context: *mut ibv_context, from: usize, count: usize) -> Vec<usize> {
    let start = context
        .wrapping_byte_sub(offset_of!(verbs_context, context))
        .wrapping_byte_add(from);
    // SAFETY: the range lies inside the block of an open context.
    unsafe { std::slice::from_raw_parts(start.cast::<usize>(), count) }.to_vec()
}

#[test]
fn inline_functions_find_what_they_test() {
    let context = fake::opened();
    let word = |before: usize| words(context, offset_of!(verbs_context, context) - before, 1)[0];
    assert_eq!(word(8), size_of::<verbs_context>());
    assert_ne!(word(112), 0);
    // SAFETY: open.
    assert_eq!(unsafe { (*context).abi_compat }, __VERBS_ABI_IS_EXTENDED);
    // SAFETY: open; closed by nobody else.
    unsafe { (*table(context)).free_context.expect("set")(context) };
}

#[test]
fn no_slot_is_empty() {
    let context = fake::opened();
    // SAFETY: open.
    let table = unsafe { table(context) }.cast::<usize>();
    for index in 0..size_of::<verbs_context_ops>() / size_of::<usize>() {
        // SAFETY: the table is nothing but pointers.
        let entry = unsafe { table.add(index).read() };
        assert_ne!(entry, 0, "{}", pabi_34::OP_NAMES[index]);
    }
    // Up to the private pointer all words in front are slots.
    let filled = offset_of!(verbs_context, r#priv) / size_of::<usize>();
    let covered = [
        offset_of!(verbs_context, query_port),
        offset_of!(verbs_context, create_cq_ex),
    ];
    for (index, word) in words(context, 0, filled).into_iter().enumerate() {
        // The public functions put their own into these two.
        let is_covered = covered.contains(&(index * size_of::<usize>()));
        assert!(word != 0 || is_covered, "slot {index}");
    }
    let ops = offset_of!(verbs_context, context) + offset_of!(ibv_context, ops);
    // The first two are the library's own functions.
    assert!(words(context, ops, 32)[2..].iter().all(|&word| word != 0));
    // SAFETY: open; closed by nobody else.
    unsafe { (*table_of(context)).free_context.expect("set")(context) };
}

fn table_of(context: *mut ibv_context) -> *mut verbs_context_ops {
    // SAFETY: open.
    unsafe { table(context) }
}

#[test]
fn an_entry_replaces_the_default_and_its_mirror_and_an_empty_one_does_not() {
    unsafe extern "C" fn poll(_: *mut ibv_cq, _: c_int, _: *mut ibv_wc) -> c_int {
        42
    }
    let context = fake::opened();
    let before = words(context, 0, offset_of!(verbs_context, r#priv) / 8);
    let new = verbs_context_ops {
        poll_cq: Some(poll),
        ..Zeroed::zeroed()
    };
    // SAFETY: open.
    unsafe { set_ops(context, &new) };
    // SAFETY: open.
    let slot = unsafe { (*context).ops.poll_cq }.expect("set");
    // SAFETY: our function reads none of its arguments.
    let answer = unsafe { slot(std::ptr::null_mut(), 0, std::ptr::null_mut()) };
    assert_eq!(answer, 42);
    assert_eq!(
        words(context, 0, offset_of!(verbs_context, r#priv) / 8),
        before
    );
    // SAFETY: open; closed by nobody else.
    unsafe { (*table_of(context)).free_context.expect("set")(context) };
}

#[test]
fn nothing_is_written_in_front_of_an_older_block() {
    const FRONT: usize = size_of::<verbs_context>() - pabi_34::VERBS_CONTEXT_SIZE_34;
    let context = fake::opened();
    // SAFETY: the device of an open context is alive.
    let device =
        unsafe { crate::provider::device::DeviceRef::to((*context).device) }.expect("alive");
    let mut block: Vec<usize> = vec![0; size_of::<verbs_context>() / size_of::<usize>()];
    block[..FRONT / size_of::<usize>()].fill(0xdead);
    let old = block
        .as_mut_ptr()
        .wrapping_byte_add(offset_of!(verbs_context, context));
    let start = Start {
        device,
        cmd_fd: -1,
        kernel: None,
        core: &crate::provider::kernel::CORE,
        dialect: Dialect::Pabi34,
    };
    // SAFETY: the memory of an older context, with guard words where today's would begin.
    unsafe { init(old.cast(), start) };
    assert!(
        block[..FRONT / size_of::<usize>()]
            .iter()
            .all(|&word| word == 0xdead)
    );
    assert_ne!(block[FRONT / size_of::<usize>() + 1], 0);
    // SAFETY: initialised above, used by nobody.
    unsafe { uninit(old.cast()) };
    // SAFETY: open; closed by nobody else.
    unsafe { (*table_of(context)).free_context.expect("set")(context) };
}

#[test]
fn null_has_no_private_part() {
    // SAFETY: NULL is allowed.
    let found = unsafe { private(std::ptr::null_mut()) };
    assert_eq!(found.err(), Some(Errno::EINVAL));
}
