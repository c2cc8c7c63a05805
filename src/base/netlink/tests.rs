use super::*;

#[test]
fn a_question_is_a_header_and_its_attributes() {
    let body = [vec![1, 2, 3, 4], attribute(7, b"abcde")].concat();
    let bytes = request(26, libc::NLM_F_DUMP, 5, &body);
    let mut messages = Messages::new(&bytes);
    let message = messages.next().expect("one message");
    assert_eq!((message.kind, message.sequence), (26, 5));
    let flags = (libc::NLM_F_REQUEST | libc::NLM_F_DUMP) as u16;
    assert_eq!(message.flags, flags);
    assert_eq!(message.body.len() % 4, 0);
    let found: Vec<_> = Attributes::new(&message.body[4..]).collect();
    assert_eq!(found, [(7, &b"abcde"[..])]);
    assert!(messages.next().is_none());
}

#[test]
fn what_is_cut_short_ends_the_walk() {
    let bytes = request(1, 0, 1, &[0; 8]);
    assert!(Messages::new(&bytes[..bytes.len() - 1]).next().is_none());
    let attribute = attribute(1, &[9; 6]);
    assert!(Attributes::new(&attribute[..9]).next().is_none());
    // A length below the header's own is no attribute either.
    assert!(Attributes::new(&[3, 0, 1, 0]).next().is_none());
}

#[test]
fn the_kernel_answers_a_table_and_refuses_nonsense() {
    let mut connection = Connection::open(Protocol::Route, 0).expect("every kernel has it");
    let mut links = 0;
    let on_link = |message: &Message<'_>| links += u32::from(message.kind == libc::RTM_NEWLINK);
    connection
        .dump(libc::RTM_GETLINK, on_link)
        .expect("a table");
    assert!(links >= 1, "not even loopback");
    // No interface has this number.
    let mut body = [0; 16];
    body[4..8].copy_from_slice(&i32::MAX.to_ne_bytes());
    let refused = connection.ask(libc::RTM_GETLINK, 0, &body, |_| {});
    assert_eq!(refused, Err(Errno::ENODEV));
}

#[test]
fn a_walk_knows_whether_it_saw_everything() {
    let bytes = request(1, 0, 7, &attribute(2, &[1, 2, 3]));
    for len in 1..=bytes.len() {
        let mut messages = Messages::new(&bytes[..len]);
        let is_found = messages.by_ref().count() == 1;
        assert_eq!(is_found, len == bytes.len(), "{len}");
        assert_eq!(messages.is_whole(), is_found);
    }
    for len in 0..4_u16 {
        let bytes = [len.to_ne_bytes(), 1_u16.to_ne_bytes()].concat();
        let mut attributes = Attributes::new(&bytes);
        assert!(attributes.next().is_none() && !attributes.is_whole());
    }
}

#[test]
fn an_error_message_carries_a_negative_number() {
    assert_eq!(check_error(&0_i32.to_ne_bytes()), Ok(()));
    let gone = (-libc::ENODEV).to_ne_bytes();
    assert_eq!(check_error(&gone), Err(Errno::ENODEV));
    assert_eq!(check_error(&1_i32.to_ne_bytes()), Err(Errno::EPROTO));
    assert_eq!(check_error(&i32::MIN.to_ne_bytes()), Err(Errno(i32::MAX)));
    assert_eq!(check_error(&[0, 0, 0]), Err(Errno::EPROTO));
}
