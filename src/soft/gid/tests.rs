use super::*;
use crate::abi::Zeroed;
use crate::soft::device::tests::{netdev, spec};

fn raw(entry: &ibv_gid_entry) -> [u8; 16] {
    // SAFETY: both members of the union are plain bytes.
    unsafe { entry.gid.raw }
}

#[test]
fn entry_0_is_the_mapped_address_as_roce_v2() {
    let spec = spec(&netdev(4, "eth0", "10.1.2.3"));
    let entry = query_entry(&spec, 1, 0).unwrap();
    assert_eq!(
        raw(&entry),
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 1, 2, 3]
    );
    assert_eq!(
        (entry.gid_index, entry.port_num, entry.ndev_ifindex),
        (0, 1, 4)
    );
    assert_eq!(entry.gid_type, abi::IBV_GID_TYPE_ROCE_V2);
    assert_eq!(query_type(&spec, 1, 0), Ok(abi::IBV_GID_TYPE_SYSFS_ROCE_V2));
}

#[test]
fn an_ipv6_address_is_the_gid_as_it_stands() {
    let spec = spec(&netdev(4, "eth0", "2001:db8::7"));
    let gid = query_gid(&spec, 1, 0).unwrap();
    assert_eq!(std::net::Ipv6Addr::from(gid.0).to_string(), "2001:db8::7");
}

#[test]
fn indices_beyond_the_table_are_aliases_unless_strict() {
    let mut spec = spec(&netdev(4, "eth0", "10.1.2.3"));
    for index in 0..16 {
        let entry = query_entry(&spec, 1, index).unwrap();
        assert_eq!(raw(&entry), spec.port.gid.unwrap().0);
        assert_eq!(entry.gid_index, index);
    }
    assert_eq!(query_gid(&spec, 1, 16), Err(Errno::EINVAL));
    spec.strict_gid = true;
    assert!(query_gid(&spec, 1, 0).is_ok());
    assert_eq!(query_gid(&spec, 1, 1), Err(Errno::EINVAL));
}

#[test]
fn other_ports_have_no_gids() {
    let spec = spec(&netdev(4, "eth0", "10.1.2.3"));
    for port_num in [0, 2, 257] {
        assert_eq!(query_entry(&spec, port_num, 0).err(), Some(Errno::EINVAL));
    }
}

#[test]
fn the_table_has_one_entry_and_needs_room_for_it() {
    let mut spec = spec(&netdev(4, "eth0", "10.1.2.3"));
    let mut entries = [ibv_gid_entry::zeroed(); 3];
    assert_eq!(query_table(&spec, &mut entries), Ok(1));
    assert_eq!(raw(&entries[0]), spec.port.gid.unwrap().0);
    assert_eq!(entries[1].gid_type, 0);
    assert_eq!(query_table(&spec, &mut []), Err(Errno::EINVAL));
    spec.port.gid = None;
    assert_eq!(query_table(&spec, &mut entries), Ok(0));
    assert_eq!(query_gid(&spec, 1, 0), Err(Errno::ENODATA));
}
