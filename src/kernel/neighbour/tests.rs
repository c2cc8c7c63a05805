use super::*;
use crate::base::netlink::Messages;

fn ip(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn message(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = ((body.len() + 16) as u32).to_ne_bytes().to_vec();
    bytes.extend(kind.to_ne_bytes());
    bytes.extend([0; 10]);
    bytes.extend(body);
    bytes
}

fn parse<T>(bytes: &[u8], parse: impl Fn(&Message<'_>) -> Option<T>) -> Option<T> {
    parse(&Messages::new(bytes).next().expect("a message"))
}

#[test]
fn groups_and_link_local_addresses_name_their_mac() {
    let mac = |text| encoded_mac(ip(text));
    assert_eq!(mac("239.129.2.3"), Some([0x01, 0x00, 0x5e, 1, 2, 3]));
    assert_eq!(mac("ff0e::1:2"), Some([0x33, 0x33, 0, 1, 0, 2]));
    let formed = "fe80::d088:59ff:fe37:4636";
    assert_eq!(mac(formed), Some([0xd2, 0x88, 0x59, 0x37, 0x46, 0x36]));
    assert_eq!(mac("10.0.0.1"), None);
    assert_eq!(mac("fe80:0:0:1::1"), None);
    assert_eq!(mac("2001:db8::1"), None);
}

#[test]
fn a_vlan_is_known_by_its_kind() {
    let link = |kind: &[u8], id: u16| {
        let data = attribute(IFLA_VLAN_ID, &id.to_ne_bytes());
        let info = [
            attribute(libc::IFLA_INFO_KIND, kind),
            attribute(libc::IFLA_INFO_DATA, &data),
        ];
        let mut body = vec![0; IFINFOMSG_BYTES];
        body.extend(attribute(libc::IFLA_ADDRESS, &[2, 0, 0, 0, 0, 9]));
        body.extend(attribute(libc::IFLA_LINKINFO, &info.concat()));
        parse(&message(libc::RTM_NEWLINK, &body), parse_link).expect("an interface")
    };
    let mac = Some([2, 0, 0, 0, 0, 9]);
    assert_eq!(link(b"vlan\0", 7), Link { mac, vlan: Some(7) });
    assert_eq!(link(b"vlan", 7).vlan, Some(7));
    assert_eq!(link(b"vlan\0", 0x1000).vlan, None);
    assert_eq!(link(b"macvlan\0", 7), Link { mac, vlan: None });
}

#[test]
fn a_route_may_have_a_gateway_of_the_other_family() {
    let route = |attributes: &[u8]| {
        let mut body = vec![0; RTMSG_BYTES];
        (body[0], body[7]) = (libc::AF_INET as u8, libc::RTN_UNICAST);
        body.extend(attributes);
        parse(&message(libc::RTM_NEWROUTE, &body), parse_route).expect("a route")
    };
    assert_eq!(route(&[]).gateway, None);
    assert_eq!(
        route(&attribute(libc::RTA_GATEWAY, &[10, 0, 0, 1])).gateway,
        Some(ip("10.0.0.1"))
    );
    let mut via = (libc::AF_INET6 as u16).to_ne_bytes().to_vec();
    via.extend(octets(ip("fe80::1")));
    assert_eq!(
        route(&attribute(libc::RTA_VIA, &via)).gateway,
        Some(ip("fe80::1"))
    );
}

#[test]
fn a_neighbour_without_a_mac_is_still_being_asked_for() {
    let neighbour = |attributes: &[Vec<u8>]| {
        let mut body = vec![0; NDMSG_BYTES];
        body[0] = libc::AF_INET as u8;
        body[4..8].copy_from_slice(&3_u32.to_ne_bytes());
        body.extend(attributes.concat());
        parse(&message(libc::RTM_NEWNEIGH, &body), parse_neighbour)
    };
    let address = attribute(libc::NDA_DST, &[10, 0, 0, 2]);
    let mac = attribute(libc::NDA_LLADDR, &[2, 0, 0, 0, 0, 2]);
    assert_eq!(neighbour(std::slice::from_ref(&address)), None);
    let found = neighbour(&[address, mac]);
    assert_eq!(found, Some((3, ip("10.0.0.2"), [2, 0, 0, 0, 0, 2])));
}

#[test]
fn an_address_that_is_not_ours_is_no_source() {
    assert_eq!(
        resolve(ip("203.0.113.1"), ip("203.0.113.2")),
        Err(Errno::EINVAL)
    );
}

/// The addresses and neighbours of a network namespace with a pair of interfaces in it.
const NAMESPACE: &str = "\
    ip link set lo up; \
    ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 && ip link set v0 up && \
    ip link set v1 up && ip address add 10.9.0.1/24 dev v0 && \
    ip route add 10.10.0.0/16 via 10.9.0.3 && ip route add unreachable 10.11.0.0/16 && \
    ip neighbour add 10.9.0.2 lladdr 02:00:00:00:00:02 dev v0 && \
    ip neighbour add 10.9.0.3 lladdr 02:00:00:00:00:03 dev v0 && \
    { (sleep 1; ip neighbour replace 10.9.0.4 lladdr 02:00:00:00:00:04 dev v0) & \
      INSIDE=1 exec \"$0\" --exact kernel::neighbour::tests::inside_a_namespace; }";

/// Runs the test below where it may set up interfaces as it likes.
#[test]
fn the_stack_of_a_namespace_is_asked() {
    let program = std::env::current_exe().expect("this program");
    let may = std::process::Command::new("unshare")
        .args([
            "-rn", "ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1",
        ])
        .output();
    if !may.is_ok_and(|output| output.status.success()) {
        println!("skipped: no network namespace with interfaces of its own may be made here");
        return;
    }
    let output = std::process::Command::new("unshare")
        .args(["-rn", "sh", "-c", NAMESPACE])
        .arg(program)
        .output()
        .expect("it ran before");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
}

/// The part of the test before that runs in the namespace; on its own it has nothing to test.
#[test]
fn inside_a_namespace() {
    if std::env::var_os("INSIDE").is_none() {
        return;
    }
    let source = ip("10.9.0.1");
    let short = Patience {
        whole: Duration::from_millis(50),
        tries: 2,
    };
    let mac = |last| {
        Ok(Hop {
            mac: [2, 0, 0, 0, 0, last],
            vlan: None,
        })
    };
    let resolve = |to| resolve_within(source, ip(to), short);
    // Ourselves, a neighbour, one behind a gateway, a group.
    assert_eq!(resolve("10.9.0.1"), mac(1));
    assert_eq!(resolve("10.9.0.2"), mac(2));
    assert_eq!(resolve("10.10.1.1"), mac(3));
    let group = Hop {
        mac: [0x01, 0x00, 0x5e, 1, 2, 3],
        vlan: None,
    };
    assert_eq!(resolve("239.1.2.3"), Ok(group));
    // Nobody there, no way there, no source of the family.
    assert_eq!(resolve("10.9.0.77"), Err(Errno::EHOSTUNREACH));
    assert_eq!(resolve("10.11.0.1"), Err(Errno::EHOSTUNREACH));
    assert_eq!(resolve("10.12.0.1"), Err(Errno::EHOSTUNREACH));
    assert_eq!(resolve("2001:db8::1"), Err(Errno::EHOSTUNREACH));
    // A neighbour that answers while we wait: whoever made the namespace adds it in a second.
    let long = Patience {
        whole: Duration::from_secs(60),
        tries: 3,
    };
    assert_eq!(resolve_within(source, ip("10.9.0.4"), long), mac(4));
}
