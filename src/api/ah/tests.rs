use super::*;
use std::ptr::null_mut;

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
    assert_eq!((sender.traffic_class, sender.hop_limit), (0x20, 64));
    assert_eq!(sender.gid_type, IBV_GID_TYPE_SYSFS_ROCE_V2);
}

#[test]
fn ipv6_and_grh_differ_by_their_next_header() {
    let sender = Sender::parse(&ipv6_header(NEXT_HEADER_UDP)).expect("intact");
    assert_eq!((sender.traffic_class, sender.hop_limit), (0x12, 63));
    assert_eq!(sender.gid_type, IBV_GID_TYPE_SYSFS_ROCE_V2);
    let sender = Sender::parse(&ipv6_header(NEXT_HEADER_BTH)).expect("intact");
    assert_eq!(sender.gid_type, IBV_GID_TYPE_SYSFS_IB_ROCE_V1);
}

#[test]
fn strange_headers_are_refused() {
    assert_eq!(Sender::parse(&ipv6_header(6)), Err(Errno::EPROTONOSUPPORT));
    assert_eq!(Sender::parse(&[0; GRH_BYTES]), Err(Errno::EPROTONOSUPPORT));
}

#[test]
fn the_checksum_decides_where_the_bytes_before_look_like_ipv6() {
    let mut bytes = ipv4_header([10, 0, 0, 2]);
    bytes[0] = 0x60;
    bytes[6] = NEXT_HEADER_UDP;
    let ipv4 = Gid::from_ipv4(Ipv4Addr::new(10, 0, 0, 1));
    assert_eq!(Sender::parse(&bytes).map(|sender| sender.from), Ok(ipv4));
    bytes[GRH_BYTES - 1] ^= 1;
    let ipv6 = Sender::parse(&bytes).expect("a whole IPv6 header");
    assert_eq!(ipv6.from.0, bytes[8..24]);
    // With nothing else it could be, it is believed.
    bytes[0] = 0;
    assert_eq!(Sender::parse(&bytes).map(|sender| sender.from), Ok(ipv4));
}

#[test]
fn without_a_grh_the_local_identifier_is_enough() {
    let mut wc = ibv_wc {
        slid: 7,
        sl: 3,
        dlid_path_bits: 2,
        ..Zeroed::zeroed()
    };
    let mut grh: ibv_grh = Zeroed::zeroed();
    grh.version_tclass_flow = 0x6fff_1234_u32.to_be();
    let mut attr: ibv_ah_attr = Zeroed::zeroed();
    let mut init = |wc: &mut ibv_wc, grh: *mut ibv_grh| {
        // SAFETY: places and arguments of the right types, and no context is needed.
        let failed = unsafe { ibv_init_ah_from_wc(null_mut(), 9, wc, grh, &mut attr) };
        (failed, attr)
    };
    let (failed, attr) = init(&mut wc, &mut grh);
    assert_eq!(failed, 0);
    assert_eq!((attr.dlid, attr.sl, attr.src_path_bits), (7, 3, 2));
    assert_eq!((attr.is_global, attr.port_num), (0, 9));
    assert_eq!(attr.grh.flow_label, 0xf_1234);
    assert_eq!(init(&mut wc, null_mut()).0, 0);
    // Who sent to a group is told, but not from which GID of ours to answer.
    wc.wc_flags = IBV_WC_GRH;
    grh.dgid.raw = [0xff; 16];
    let (failed, attr) = init(&mut wc, &mut grh);
    assert_eq!(
        (failed, Errno::last(), attr.is_global),
        (-1, Errno::EINVAL, 1)
    );
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
