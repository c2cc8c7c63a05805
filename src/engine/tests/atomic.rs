//! Atomics: results, refusals, and that a repeated request acts once.

use super::pair::*;
use crate::engine::types::*;

fn word(node: &Node, offset: usize) -> u64 {
    u64::from_ne_bytes(node.host.bytes(offset, 8).try_into().unwrap())
}

#[test]
fn results_come_back_in_host_order() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.host.memory[64..72].copy_from_slice(&10u64.to_ne_bytes());
    pair.a.send(&wr(1, fetch_add(64, 5)), &[sge(0, 8)]);
    pair.a
        .send(&wr(2, compare_swap(64, 15, 99)), &[sge(8, 3), sge(100, 5)]);
    pair.a.send(&wr(3, compare_swap(64, 15, 1)), &[sge(16, 8)]);
    pair.run();
    let cqes = pair.a.take_cqes();
    assert_eq!(cqes.len(), 3);
    assert_eq!((cqes[0].opcode, cqes[0].byte_len), (WcOpcode::FetchAdd, 8));
    assert_eq!(cqes[1].opcode, WcOpcode::CompSwap);
    assert_eq!(word(&pair.a, 0), 10);
    let mut split = pair.a.host.bytes(8, 3).to_vec();
    split.extend_from_slice(pair.a.host.bytes(100, 5));
    assert_eq!(split, 15u64.to_ne_bytes());
    assert_eq!(word(&pair.a, 16), 99);
    assert_eq!(word(&pair.b, 64), 99);
}

#[test]
fn a_repeated_request_acts_once() {
    let mut pair = Pair::new(Service::Rc, LOSSY);
    let mut responses = 0;
    pair.script = Box::new(move |side, _| {
        responses += u32::from(side == Side::B);
        if side == Side::B && responses <= 3 {
            Fate::Drop
        } else {
            Fate::Deliver
        }
    });
    for i in 0..3 {
        pair.a.send(&wr(i, fetch_add(64, 1)), &[sge(8 * i, 8)]);
    }
    pair.run_with_timers(20);
    assert_eq!(pair.a.take_cqes().len(), 3);
    assert_eq!(word(&pair.b, 64), 3);
    assert_eq!(
        [word(&pair.a, 0), word(&pair.a, 8), word(&pair.a, 16)],
        [0, 1, 2]
    );
}

#[test]
fn a_misaligned_target_is_an_invalid_request() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.a.send(&wr(1, fetch_add(63, 5)), &[sge(0, 8)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::RemInvReqErr)]);
    assert_eq!(pair.b.take_events(), [QpEvent::RequestError]);
    assert!(pair.b.host.memory.iter().all(|byte| *byte == 0));
}

#[test]
fn a_list_that_is_not_8_bytes_is_refused_here() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.a.send(&wr(1, fetch_add(64, 5)), &[sge(0, 4)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::LocLenErr)]);
    assert!(pair.log.is_empty());
}

#[test]
fn memory_that_is_gone_is_an_access_error() {
    let mut pair = Pair::new(Service::Rc, LOSSLESS);
    pair.b.host.is_memory_gone = true;
    pair.a.send(&wr(1, fetch_add(64, 5)), &[sge(0, 8)]);
    pair.run();
    assert_eq!(pair.a.take_ends(), [(1, WcStatus::RemAccessErr)]);
}
