use super::*;
use crate::base::netlink::{Messages, attribute};

fn message(kind: u16, fixed: &[u8], attributes: &[Vec<u8>]) -> Vec<u8> {
    let body: Vec<u8> = [fixed, &attributes.concat()].concat();
    let mut bytes = ((body.len() + 16) as u32).to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend([0; 10]);
    bytes.extend(body);
    bytes
}

fn link(ifindex: u32, name: &str, flags: i32) -> Vec<u8> {
    let mut fixed = [0; 16];
    fixed[2..4].copy_from_slice(&libc::ARPHRD_ETHER.to_ne_bytes());
    fixed[4..8].copy_from_slice(&ifindex.to_ne_bytes());
    fixed[8..12].copy_from_slice(&flags.to_ne_bytes());
    let name = [name.as_bytes(), &[0]].concat();
    let attributes = [
        attribute(libc::IFLA_IFNAME, &name),
        attribute(libc::IFLA_MTU, &1500_u32.to_ne_bytes()),
        attribute(libc::IFLA_ADDRESS, &[2, 0, 0, 0, 0, ifindex as u8]),
    ];
    message(libc::RTM_NEWLINK, &fixed, &attributes)
}

fn address(ifindex: u32, address: &str, scope: u8, flags: u32) -> Vec<u8> {
    let address: IpAddr = address.parse().unwrap();
    let (family, raw) = match address {
        IpAddr::V4(v4) => (libc::AF_INET, v4.octets().to_vec()),
        IpAddr::V6(v6) => (libc::AF_INET6, v6.octets().to_vec()),
    };
    let mut fixed = [family as u8, 24, 0, scope, 0, 0, 0, 0];
    fixed[4..].copy_from_slice(&ifindex.to_ne_bytes());
    let kind = if address.is_ipv4() {
        libc::IFA_LOCAL
    } else {
        libc::IFA_ADDRESS
    };
    let attributes = [
        attribute(kind, &raw),
        attribute(libc::IFA_FLAGS, &flags.to_ne_bytes()),
    ];
    message(libc::RTM_NEWADDR, &fixed, &attributes)
}

fn default_route(ifindex: u32, metric: u32) -> Vec<u8> {
    let fixed = [
        2,
        0,
        0,
        0,
        libc::RT_TABLE_MAIN,
        0,
        0,
        libc::RTN_UNICAST,
        0,
        0,
        0,
        0,
    ];
    let attributes = [
        attribute(libc::RTA_OIF, &ifindex.to_ne_bytes()),
        attribute(libc::RTA_PRIORITY, &metric.to_ne_bytes()),
    ];
    message(libc::RTM_NEWROUTE, &fixed, &attributes)
}

fn survey(messages: &[Vec<u8>]) -> Vec<Netdev> {
    let mut survey = Survey::default();
    for message in Messages::new(&messages.concat()) {
        survey.on_link(&message);
        survey.on_address(&message);
        survey.on_route(&message);
    }
    survey.finish()
}

fn names(netdevs: &[Netdev]) -> Vec<&str> {
    netdevs.iter().map(|netdev| netdev.name.as_str()).collect()
}

const RUNNING: i32 = libc::IFF_UP | libc::IFF_RUNNING;
const GLOBAL: u8 = libc::RT_SCOPE_UNIVERSE;
const HOST: u8 = libc::RT_SCOPE_HOST;
const LINK: u8 = libc::RT_SCOPE_LINK;

/// A host with loopback, three Ethernets, and one that is up without a carrier.
fn host() -> Vec<Vec<u8>> {
    vec![
        link(1, "lo", RUNNING | libc::IFF_LOOPBACK),
        link(2, "eth0", RUNNING),
        link(3, "eth1", RUNNING),
        link(4, "eth2", RUNNING),
        link(5, "docker0", libc::IFF_UP),
        address(1, "127.0.0.1", HOST, 0),
        address(2, "10.0.0.2", GLOBAL, 0),
        address(3, "10.0.1.2", GLOBAL, 0),
        address(4, "10.0.2.2", GLOBAL, 0),
        address(5, "172.17.0.1", GLOBAL, 0),
        default_route(4, 200),
        default_route(3, 100),
        default_route(4, 50),
    ]
}

#[test]
fn default_routes_come_first_and_loopback_not_at_all() {
    let (chosen, lines) = choose(survey(&host()), &[]);
    assert_eq!(names(&chosen), ["eth2", "eth1", "eth0"]);
    assert_eq!(chosen[0].default_route, Some(50));
    assert_eq!(chosen[0].mtu_bytes, 1500);
    assert_eq!(chosen[0].mac, Some([2, 0, 0, 0, 0, 4]));
    assert!(lines.is_empty());
}

#[test]
fn loopback_serves_where_there_is_no_other() {
    let lone = [
        link(1, "lo", RUNNING | libc::IFF_LOOPBACK),
        link(2, "eth0", libc::IFF_UP),
        address(1, "127.0.0.1", HOST, 0),
        address(2, "10.0.0.2", GLOBAL, 0),
    ];
    let (chosen, _) = choose(survey(&lone), &[]);
    assert_eq!(names(&chosen), ["lo"]);
    let down = [link(1, "lo", libc::IFF_LOOPBACK)];
    assert!(choose(survey(&down), &[]).0.is_empty());
}

#[test]
fn named_interfaces_keep_the_order_of_the_names() {
    let wanted = ["lo", "eth0", "docker0", "wlan7"].map(str::to_owned);
    let (chosen, lines) = choose(survey(&host()), &wanted);
    assert_eq!(names(&chosen), ["lo", "eth0"]);
    assert_eq!(lines.len(), 2);
    assert!(lines[0].contains("docker0 is down") && lines[1].contains("no interface wlan7"));
}

#[test]
fn the_first_global_ipv4_address_stands_for_the_interface() {
    let address_of = |addresses: &[Vec<u8>]| {
        let messages = [&[link(2, "eth0", RUNNING)], addresses].concat();
        survey(&messages)[0]
            .address
            .map(|address| address.to_string())
    };
    let is = |text: &str| Some(text.to_owned());
    let v6 = address(2, "2001:db8::1", GLOBAL, 0);
    let local_v6 = address(2, "fe80::1", LINK, 0);
    let rotating = address(2, "2001:db8::99", GLOBAL, libc::IFA_F_TEMPORARY);
    let local_v4 = address(2, "169.254.1.1", LINK, 0);
    let first = address(2, "10.0.0.1", GLOBAL, 0);
    let second = address(2, "10.0.0.2", GLOBAL, libc::IFA_F_SECONDARY);
    let third = address(2, "10.9.0.3", GLOBAL, 0);
    let all = [&v6, &local_v4, &second, &first, &third].map(Vec::clone);
    assert_eq!(address_of(&all), is("10.0.0.1"));
    assert_eq!(address_of(&[v6.clone(), local_v4]), is("169.254.1.1"));
    assert_eq!(
        address_of(&[rotating.clone(), v6, local_v6.clone()]),
        is("2001:db8::1")
    );
    assert_eq!(
        address_of(&[rotating, local_v6.clone()]),
        is("2001:db8::99")
    );
    assert_eq!(address_of(&[local_v6]), None);
    let tentative = address(2, "2001:db8::1", GLOBAL, libc::IFA_F_TENTATIVE);
    assert_eq!(address_of(&[tentative]), None);
}

#[test]
fn next_hops_of_a_multipath_route_count_as_default_routes() {
    let mut hops = Vec::new();
    for ifindex in [2_u32, 3] {
        hops.extend([16, 0, 0, 0]);
        hops.extend(ifindex.to_ne_bytes());
        hops.extend([0; 8]);
    }
    assert_eq!(read_next_hops(&hops), [2, 3]);
    for len_bytes in 0..hops.len() {
        assert!(read_next_hops(&hops[..len_bytes]).len() <= 2);
    }
}

#[test]
fn truncated_and_senseless_messages_are_skipped() {
    let whole = host().concat();
    for len_bytes in 0..whole.len() {
        let _ = survey(&[whole[..len_bytes].to_vec()]);
    }
    // Lengths that lie must end the walk, not the process; a cheap generator will do.
    let mut random = 1_u32;
    for _ in 0..2000 {
        let mut bytes = whole.clone();
        for _ in 0..8 {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (random >> 8) as usize % bytes.len();
            bytes[at] = random as u8;
        }
        let _ = survey(&[bytes]);
    }
}

#[test]
fn the_kernel_answers() {
    let netdevs = enumerate().unwrap();
    let loopback = netdevs.iter().find(|netdev| netdev.is_loopback).unwrap();
    assert!(loopback.ifindex > 0 && loopback.mtu_bytes > 0);
    assert_eq!(loopback.mac, None);
    let mut watch = Watch::new().unwrap();
    watch.drain();
    assert!(!watch.drain());
}
