use super::*;

/// One look of the thread after somebody has polled in earnest.
fn look(rest: &mut Rest, process: &Process, woken_by: WokenBy) -> Option<Duration> {
    process.polls.fetch_add(LEASE_POLLS, Ordering::Relaxed);
    rest.woken_by = woken_by;
    rest.next(process)
}

#[test]
fn naps_get_long_while_somebody_polls() {
    let process = Process::current().unwrap();
    let mut rest = Rest::new(&process);
    let mut before = SHORTEST_NAP;
    for _ in 0..20 {
        let nap = look(&mut rest, &process, WokenBy::Time).unwrap();
        assert!(nap == (before * 2).min(LONGEST_NAP));
        before = nap;
    }
    assert_eq!(before, LONGEST_NAP);
}

#[test]
fn who_polled_before_a_peer_knocked_may_have_stopped() {
    let process = Process::current().unwrap();
    let mut rest = Rest::new(&process);
    for _ in 0..20 {
        look(&mut rest, &process, WokenBy::Time);
    }
    let nap = look(&mut rest, &process, WokenBy::Peer);
    assert_eq!(nap, Some(SHORTEST_NAP));
    let nap = look(&mut rest, &process, WokenBy::Time);
    assert_eq!(nap, Some(SHORTEST_NAP * 2));
}
