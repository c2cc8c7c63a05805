use super::*;
use crate::abi::Zeroed;
use crate::soft::device::tests::{netdev, spec};

fn port_attr(netdev: &Netdev) -> ibv_port_attr {
    let mut attr = ibv_port_attr::zeroed();
    fill_port_attr(&spec(netdev), PORT_NUM, &mut attr).unwrap();
    attr
}

#[test]
fn an_interface_that_is_up_is_an_active_ethernet_port() {
    let attr = port_attr(&netdev(4, "eth0", "10.0.0.2"));
    assert_eq!((attr.state, attr.phys_state), (abi::IBV_PORT_ACTIVE, 5));
    assert_eq!(u32::from(attr.link_layer), abi::IBV_LINK_LAYER_ETHERNET);
    assert_eq!(
        (attr.max_mtu, attr.active_mtu),
        (abi::IBV_MTU_4096, abi::IBV_MTU_1024)
    );
    assert_eq!((attr.lid, attr.gid_tbl_len, attr.pkey_tbl_len), (0, 1, 1));
    assert_eq!(
        (attr.active_width, attr.active_speed, attr.active_speed_ex),
        (2, 32, 32)
    );
    assert_eq!(attr.max_msg_sz, 1 << 30);
    assert_eq!(
        port_attr(&netdev(1, "lo", "127.0.0.1")).active_mtu,
        abi::IBV_MTU_4096
    );
}

#[test]
fn an_interface_that_is_down_is_a_port_that_is_down() {
    let down = Netdev {
        is_running: false,
        ..netdev(4, "eth0", "10.0.0.2")
    };
    let attr = port_attr(&down);
    assert_eq!((attr.state, attr.phys_state), (abi::IBV_PORT_DOWN, 3));
}

#[test]
fn there_is_one_port_and_one_pkey() {
    let spec = spec(&netdev(4, "eth0", "10.0.0.2"));
    let mut attr = ibv_port_attr::zeroed();
    for port_num in [0, 2, 255] {
        assert_eq!(
            fill_port_attr(&spec, port_num, &mut attr),
            Err(Errno::EINVAL)
        );
        assert_eq!(query_pkey(port_num, 0), Err(Errno::EINVAL));
    }
    assert_eq!(query_pkey(1, 0), Ok(DEFAULT_PKEY));
    assert_eq!(query_pkey(1, 1), Err(Errno::EINVAL));
    assert_eq!(query_pkey(1, -1), Err(Errno::EINVAL));
}

#[test]
fn the_mtu_is_the_largest_whose_packets_fit() {
    for (mtu_bytes, ipv4, ipv6) in [
        (65_536, Some(5), Some(5)),
        (9000, Some(5), Some(5)),
        (4096 + 88, Some(5), Some(5)),
        (4096 + 68, Some(5), Some(4)),
        (4096 + 67, Some(4), Some(4)),
        (1500, Some(3), Some(3)),
        (1400, Some(3), Some(3)),
        (1280, Some(3), Some(3)),
        (1091, Some(2), Some(2)),
        (324, Some(1), None),
        (323, None, None),
        (0, None, None),
    ] {
        assert_eq!(active_mtu(mtu_bytes, false), ipv4, "{mtu_bytes}");
        assert_eq!(active_mtu(mtu_bytes, true), ipv6, "{mtu_bytes}");
    }
    let narrow = Netdev {
        mtu_bytes: 100,
        ..netdev(4, "eth0", "10.0.0.2")
    };
    assert!(!PortState::of(&narrow).is_active);
}

#[test]
fn the_rate_is_never_below_100_gigabits() {
    for (speed_mbps, width, speed, hundreds) in [
        (None, 2, 32, 1000),
        (Some(1000), 2, 32, 1000),
        (Some(100_000), 2, 32, 1000),
        (Some(200_000), 2, 64, 2000),
        (Some(400_000), 2, 128, 4000),
        (Some(800_000), 4, 128, 8000),
    ] {
        assert_eq!(rate(speed_mbps), Rate { width, speed });
        assert_eq!(rate(speed_mbps).hundreds_of_mbps(), hundreds);
    }
}

#[test]
fn changes_of_the_interface_are_events_of_the_port() {
    let up = PortState::of(&netdev(4, "eth0", "10.0.0.2"));
    let moved = PortState::of(&netdev(4, "eth0", "10.0.0.3"));
    let down = PortState {
        is_active: false,
        ..up
    };
    let events = |from: &PortState, to: &PortState| from.events(to).collect::<Vec<_>>();
    assert_eq!(events(&up, &up), []);
    assert_eq!(events(&up, &down), [abi::IBV_EVENT_PORT_ERR]);
    assert_eq!(events(&down, &up), [abi::IBV_EVENT_PORT_ACTIVE]);
    assert_eq!(events(&up, &moved), [abi::IBV_EVENT_GID_CHANGE]);
    let expected = [abi::IBV_EVENT_GID_CHANGE, abi::IBV_EVENT_PORT_ERR];
    assert_eq!(events(&up, &PortState::GONE), expected);
}
