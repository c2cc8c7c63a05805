use super::*;
use crate::soft::config::Nic;

pub(crate) fn netdev(ifindex: u32, name: &str, address: &str) -> Netdev {
    Netdev {
        ifindex,
        name: name.to_owned(),
        is_running: true,
        is_loopback: name == "lo",
        mtu_bytes: if name == "lo" { 65_536 } else { 1500 },
        mac: (name != "lo").then_some([0x02, 0xfc, 0, 0, 0, ifindex as u8]),
        address: Some(address.parse().unwrap()),
        default_route: None,
        speed_mbps: None,
    }
}

/// A device on an interface, with nothing configured.
pub(crate) fn spec(netdev: &Netdev) -> DeviceSpec {
    assemble(
        &Config::default(),
        std::slice::from_ref(netdev),
        &HashSet::new(),
        b"host",
    )
    .remove(0)
}

#[test]
fn devices_are_named_numbered_and_told_apart() {
    let netdevs = [netdev(4, "eth0", "10.0.0.2"), netdev(7, "eth1", "10.0.1.2")];
    let taken = HashSet::from(["uverbs0".to_owned(), "uverbs2".to_owned()]);
    let specs = assemble(&Config::default(), &netdevs, &taken, b"");
    assert_eq!(specs.len(), 2);
    assert_eq!(
        (specs[0].name.as_str(), specs[0].dev_name.as_str()),
        ("verbium0", "uverbs1")
    );
    assert_eq!(
        (specs[1].name.as_str(), specs[1].dev_name.as_str()),
        ("verbium1", "uverbs3")
    );
    assert_eq!((specs[0].key, specs[1].key), (4, 7));
    assert_eq!((specs[0].ifindex, specs[0].ifname.as_str()), (4, "eth0"));
    assert_eq!(
        specs[0].guid,
        [0x00, 0xfc, 0x00, 0xff, 0xfe, 0x00, 0x00, 0x04]
    );
    assert_eq!(specs[0].identity, OWN_IDENTITY);
}

#[test]
fn the_configuration_shows() {
    let config = Config {
        nic: Nic::On,
        name: Some("mlx5_0".to_owned()),
        identity: Some(Identity {
            vendor_id: 0x2c9,
            part_id: 4129,
        }),
        strict_gid: true,
        ..Config::default()
    };
    let netdevs = [netdev(4, "eth0", "10.0.0.2"), netdev(7, "eth1", "10.0.1.2")];
    let specs = assemble(&config, &netdevs, &HashSet::new(), b"");
    assert_eq!(specs[1].name, "mlx5_1");
    assert!(specs[1].strict_gid);
    let attr = device_attr_ex(&specs[1]).orig_attr;
    assert_eq!((attr.vendor_id, attr.vendor_part_id), (0x2c9, 4129));
}

#[test]
fn a_guid_without_hardware_address_is_stable_and_local() {
    let loopback = netdev(1, "lo", "127.0.0.1");
    let first = guid(&loopback, b"host");
    assert_eq!(first, guid(&loopback, b"host"));
    assert_ne!(first, guid(&loopback, b"other"));
    assert_ne!(
        first,
        guid(
            &Netdev {
                name: "tun0".to_owned(),
                ..loopback
            },
            b"host"
        )
    );
    assert_eq!(first[0] & (LOCAL_BIT | GROUP_BIT), 0);
    assert_ne!(first, [0; 8]);
}

#[test]
fn the_identity_is_nobody_elses() {
    let first_byte = (OWN_IDENTITY.vendor_id >> 16) as u8;
    assert_eq!(first_byte & (LOCAL_BIT | GROUP_BIT), LOCAL_BIT);
    // Numbers on which programs switch to a vendor's path or a workaround.
    for special in [
        0, 0xff_ffff, 0x02c9, 0x8086, 0x209b, 0x1f67, 0x1f0f, 0x1dd8, 5157,
    ] {
        assert_ne!(OWN_IDENTITY.vendor_id, special);
    }
}

#[test]
fn what_programs_look_for_is_there() {
    let attr = device_attr_ex(&spec(&netdev(4, "eth0", "10.0.0.2"))).orig_attr;
    let version = env!("CARGO_PKG_VERSION").as_bytes();
    let shown: Vec<u8> = attr
        .fw_ver
        .iter()
        .map(|c| *c as u8)
        .take_while(|c| *c != 0)
        .collect();
    assert_eq!(shown, version);
    assert_eq!(
        attr.node_guid.to_ne_bytes(),
        [0x00, 0xfc, 0x00, 0xff, 0xfe, 0x00, 0x00, 0x04]
    );
    assert_eq!(
        (attr.max_qp, attr.max_qp_wr, attr.max_sge),
        (32_768, 16_384, 32)
    );
    assert_eq!(
        (attr.max_cqe, attr.max_qp_rd_atom, attr.phys_port_cnt),
        (4_194_303, 128, 1)
    );
    assert_eq!(attr.max_res_rd_atom, 128 * 32_768);
    assert!(attr.max_srq > 0 && attr.max_srq_wr >= 16_384 && attr.max_mr > 0);
    assert_eq!(attr.atomic_cap, abi::IBV_ATOMIC_GLOB);
    // What does not exist is not shown.
    assert_eq!(
        (attr.max_mw, attr.max_mcast_grp, attr.max_raw_ethy_qp),
        (0, 0, 0)
    );
}

#[test]
fn the_extended_struct_is_filled_as_far_as_the_caller_knows_it() {
    let spec = spec(&netdev(4, "eth0", "10.0.0.2"));
    let full = size_of::<ibv_device_attr_ex>();
    let plain = size_of::<ibv_device_attr>();
    let ours = device_attr_ex(&spec);
    // The plain attributes up to their last field; padding belongs to nobody.
    let count = std::mem::offset_of!(ibv_device_attr, phys_port_cnt) + 1;
    // SAFETY: the bytes are those of initialised integers, one behind the other.
    let ours = unsafe { std::slice::from_raw_parts((&raw const ours).cast::<u8>(), count) };
    for attr_size in [plain, plain + 8, full - 8, full, full + 64] {
        let mut bytes = vec![0xa5_u8; attr_size + 16];
        // SAFETY: the buffer is longer than `attr_size`; bytes have no alignment to keep, and the
        // function writes bytes only.
        let answer = unsafe { fill_device_attr_ex(&spec, bytes.as_mut_ptr().cast(), attr_size) };
        assert_eq!(answer, Ok(()));
        let known = attr_size.min(full);
        assert_eq!(bytes[..count], *ours);
        assert!(bytes[known..attr_size].iter().all(|byte| *byte == 0));
        assert!(bytes[attr_size..].iter().all(|byte| *byte == 0xa5));
    }
    let mut bytes = vec![0xa5_u8; full];
    // SAFETY: as above.
    let answer = unsafe { fill_device_attr_ex(&spec, bytes.as_mut_ptr().cast(), plain - 1) };
    assert_eq!(answer, Err(Errno::EINVAL));
    assert!(bytes.iter().all(|byte| *byte == 0xa5));
}

#[test]
fn the_machine_has_devices_or_says_why() {
    let specs = devices(&Config::default()).unwrap();
    for spec in &specs {
        assert!(spec.port.gid.is_some());
        assert_eq!(spec.current_port().map(|port| port.gid), Ok(spec.port.gid));
    }
    let none = Config {
        netdevs: vec!["no-such-netdev".to_owned()],
        ..Config::default()
    };
    assert!(devices(&none).unwrap().is_empty());
}
