use super::*;

fn ipv4_header(to: [u8; 4]) -> [u8; GRH_BYTES] {
    let mut bytes = [0xa5; GRH_BYTES];
    let header = &mut bytes[GRH_BYTES - IPV4_BYTES..];
    header.copy_from_slice(&[
        0x45, 0x20, 0, 60, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, to[0], to[1], to[2], to[3],
    ]);
    let sum = !ones_complement_sum(header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    bytes
}

fn ipv6_header(next_header: u8) -> [u8; GRH_BYTES] {
    let mut bytes = [0; GRH_BYTES];
    bytes[..8].copy_from_slice(&[0x61, 0x23, 0x45, 0x67, 0, 20, next_header, 63]);
    bytes[8] = 0xfe;
    bytes[23] = 1;
    bytes[24] = 0xfe;
    bytes[39] = 2;
    bytes
}

#[test]
fn an_ipv4_sender_is_answered_with_its_mapped_address() {
    let sender = Sender::parse(&ipv4_header([10, 0, 0, 2])).expect("intact");
    assert_eq!(sender.from, Gid::from_ipv4(Ipv4Addr::new(10, 0, 0, 1)));
    assert_eq!(sender.to, Gid::from_ipv4(Ipv4Addr::new(10, 0, 0, 2)));
    assert_eq!(
        (sender.traffic_class, sender.hop_limit, sender.flow_label),
        (0x20, 64, 0)
    );
    assert_eq!(sender.gid_type, IBV_GID_TYPE_SYSFS_ROCE_V2);
}

#[test]
fn ipv6_and_grh_differ_by_their_next_header() {
    let sender = Sender::parse(&ipv6_header(NEXT_HEADER_UDP)).expect("intact");
    assert_eq!(
        (sender.traffic_class, sender.flow_label, sender.hop_limit),
        (0x12, 0x34567, 63)
    );
    assert_eq!(sender.gid_type, IBV_GID_TYPE_SYSFS_ROCE_V2);
    let sender = Sender::parse(&ipv6_header(NEXT_HEADER_BTH)).expect("intact");
    assert_eq!(sender.gid_type, IBV_GID_TYPE_SYSFS_IB_ROCE_V1);
}

#[test]
fn strange_headers_are_refused() {
    assert_eq!(Sender::parse(&ipv6_header(6)), Err(Errno::EPROTONOSUPPORT));
    assert_eq!(Sender::parse(&[0; GRH_BYTES]), Err(Errno::EPROTONOSUPPORT));
    let mut damaged = ipv4_header([10, 0, 0, 2]);
    damaged[GRH_BYTES - 1] ^= 1;
    assert_eq!(Sender::parse(&damaged), Err(Errno::EPROTONOSUPPORT));
}

#[test]
fn a_datagram_to_a_group_has_no_single_sender_to_answer_from() {
    assert_eq!(
        Sender::parse(&ipv4_header([239, 1, 2, 3])),
        Err(Errno::EINVAL)
    );
    let mut group = ipv6_header(NEXT_HEADER_UDP);
    group[24] = 0xff;
    assert_eq!(Sender::parse(&group), Err(Errno::EINVAL));
}
