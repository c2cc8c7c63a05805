//! The Ethernet address an IP address is reached by, as the host's own stack would reach it.
//!
//! Asks rtnetlink for the interface of the source address, the route from there, and the neighbour
//! table; what is missing there is provoked by a datagram to the discard port and waited for. Works
//! for any user. Called for address handles of RoCE devices whose provider builds the Ethernet
//! header itself.
#![forbid(unsafe_code)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6, UdpSocket};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::base::errno::Errno;
use crate::base::netlink::{Attributes, Connection, Message, Protocol, attribute, group};

/// The address of an Ethernet interface.
pub(crate) type Mac = [u8; 6];

/// How the next hop is reached.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hop {
    pub(crate) mac: Mac,
    /// Of the outgoing interface, if it is a VLAN.
    pub(crate) vlan: Option<u16>,
}

/// How long to wait for an answer in all, and how often to ask meanwhile.
#[derive(Clone, Copy)]
struct Patience {
    whole: Duration,
    tries: u32,
}

const PATIENCE: Patience = Patience {
    whole: Duration::from_millis(3000),
    tries: 11,
};

/// Where an address is reached from one of ours.
///
/// EINVAL if `source` is on no interface here; EHOSTUNREACH without a route, or when nobody answers
/// for about three seconds.
pub(crate) fn resolve(source: IpAddr, destination: IpAddr) -> Result<Hop, Errno> {
    resolve_within(source, destination, PATIENCE)
}

fn resolve_within(source: IpAddr, destination: IpAddr, patience: Patience) -> Result<Hop, Errno> {
    let mut network = Network {
        kernel: Connection::open(Protocol::Route, 0)?,
    };
    let ifindex = network.interface_of(source)?.ok_or(Errno::EINVAL)?;
    let unreachable = |_| Errno::EHOSTUNREACH;
    let route = network.route(destination, ifindex).map_err(unreachable)?;
    let link = network.link(ifindex).map_err(unreachable)?;
    let next = route.gateway.unwrap_or(destination);
    let mac = match route.kind {
        libc::RTN_BLACKHOLE | libc::RTN_UNREACHABLE | libc::RTN_PROHIBIT | libc::RTN_THROW => None,
        libc::RTN_LOCAL => link.mac,
        // A gateway is never a group, and its link-local address says nothing of its MAC.
        _ if route.gateway.is_none() && encoded_mac(next).is_some() => encoded_mac(next),
        _ => network
            .wait_for(source, next, ifindex, patience)
            .map_err(unreachable)?,
    };
    Ok(Hop {
        mac: mac.ok_or(Errno::EHOSTUNREACH)?,
        vlan: link.vlan,
    })
}

/// What the kernel says of a way to somewhere.
#[derive(Debug, PartialEq, Eq)]
struct Route {
    kind: u8,
    gateway: Option<IpAddr>,
}

/// What the kernel says of an interface.
#[derive(Debug, Default, PartialEq, Eq)]
struct Link {
    mac: Option<Mac>,
    vlan: Option<u16>,
}

struct Network {
    kernel: Connection,
}

impl Network {
    /// The first interface with this address.
    fn interface_of(&mut self, address: IpAddr) -> Result<Option<u32>, Errno> {
        let mut found = None;
        self.kernel.dump(libc::RTM_GETADDR, |message| {
            if let Some((ifindex, own)) = parse_address(message)
                && own == address
            {
                found = found.or(Some(ifindex));
            }
        })?;
        Ok(found)
    }

    fn route(&mut self, destination: IpAddr, ifindex: u32) -> Result<Route, Errno> {
        let raw = octets(destination);
        // struct rtmsg: family, length of the destination's prefix, ten more bytes.
        let mut body = vec![0; RTMSG_BYTES];
        body[0] = family(destination);
        body[1] = raw.len() as u8 * 8;
        body.extend(attribute(libc::RTA_DST, &raw));
        body.extend(attribute(libc::RTA_OIF, &ifindex.to_ne_bytes()));
        let mut found = None;
        self.kernel.ask(libc::RTM_GETROUTE, 0, &body, |message| {
            found = parse_route(message);
        })?;
        found.ok_or(Errno::EPROTO)
    }

    fn link(&mut self, ifindex: u32) -> Result<Link, Errno> {
        // struct ifinfomsg: family, pad, hardware type, index, flags, change mask.
        let mut body = [0; IFINFOMSG_BYTES];
        body[4..8].copy_from_slice(&ifindex.to_ne_bytes());
        let mut found = None;
        self.kernel.ask(libc::RTM_GETLINK, 0, &body, |message| {
            found = parse_link(message);
        })?;
        found.ok_or(Errno::EPROTO)
    }

    /// What the neighbour table has on an address.
    fn neighbour(&mut self, address: IpAddr, ifindex: u32) -> Result<Option<Mac>, Errno> {
        let mut found = None;
        self.kernel.dump(libc::RTM_GETNEIGH, |message| {
            if let Some((at, neighbour, mac)) = parse_neighbour(message)
                && (at, neighbour) == (ifindex, address)
            {
                found = Some(mac);
            }
        })?;
        Ok(found)
    }

    /// Looks into the neighbour table until it has the address, and makes the kernel ask for it.
    fn wait_for(
        &mut self,
        source: IpAddr,
        address: IpAddr,
        ifindex: u32,
        patience: Patience,
    ) -> Result<Option<Mac>, Errno> {
        // News that arrive before the first look are in the table already.
        let mut news = Connection::open(Protocol::Route, group::NEIGHBOUR)?;
        if let Some(mac) = self.neighbour(address, ifindex)? {
            return Ok(Some(mac));
        }
        let socket = UdpSocket::bind(socket_address(source, 0, ifindex))?;
        let to = socket_address(address, DISCARD_PORT, ifindex);
        for _ in 0..patience.tries {
            match socket.send_to(b"H", to).map_err(Errno::from) {
                // An address of ours that the kernel is still checking for duplicates.
                Ok(_) | Err(Errno::EADDRNOTAVAIL) => {}
                Err(errno) => return Err(errno),
            }
            let until = Instant::now() + patience.whole / patience.tries;
            loop {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                let left = PollTimeout::try_from(left).unwrap_or(PollTimeout::ZERO);
                let mut fds = [PollFd::new(news.as_fd(), PollFlags::POLLIN)];
                let _ = poll(&mut fds, left);
                news.drain();
                if let Some(mac) = self.neighbour(address, ifindex)? {
                    return Ok(Some(mac));
                }
            }
        }
        Ok(None)
    }
}

/// The MAC that an address stands for by itself: of its group, or of the interface whose
/// link-local address was formed from its MAC.
fn encoded_mac(address: IpAddr) -> Option<Mac> {
    match address {
        IpAddr::V4(v4) if v4.is_multicast() => {
            let [_, b, c, d] = v4.octets();
            Some([0x01, 0x00, 0x5e, b & 0x7f, c, d])
        }
        IpAddr::V6(v6) if v6.is_multicast() => {
            let [.., a, b, c, d] = v6.octets();
            Some([0x33, 0x33, a, b, c, d])
        }
        IpAddr::V6(v6) if v6.segments()[..4] == [0xfe80, 0, 0, 0] => {
            let [.., a, b, c, _, _, d, e, f] = v6.octets();
            // The bit that says "locally administered" is turned over in the address.
            Some([a ^ 2, b, c, d, e, f])
        }
        _ => None,
    }
}

/// Interface and own address, from an entry of the address table.
fn parse_address(message: &Message<'_>) -> Option<(u32, IpAddr)> {
    // struct ifaddrmsg: family, prefix length, flags, scope, interface index.
    let fixed = fixed_part(message, libc::RTM_NEWADDR, IFADDRMSG_BYTES)?;
    let (mut address, mut local) = (None, None);
    for (kind, value) in Attributes::new(&message.body[IFADDRMSG_BYTES..]) {
        match kind {
            libc::IFA_ADDRESS => address = read_ip(fixed[0], value),
            libc::IFA_LOCAL => local = read_ip(fixed[0], value),
            _ => {}
        }
    }
    // On a point-to-point link the plain attribute is the other end's address.
    Some((read_u32(&fixed[4..])?, local.or(address)?))
}

fn parse_route(message: &Message<'_>) -> Option<Route> {
    // struct rtmsg: family, two prefix lengths, TOS, table, protocol, scope, type, flags.
    let fixed = fixed_part(message, libc::RTM_NEWROUTE, RTMSG_BYTES)?;
    let mut gateway = None;
    for (kind, value) in Attributes::new(&message.body[RTMSG_BYTES..]) {
        match kind {
            libc::RTA_GATEWAY => gateway = read_ip(fixed[0], value),
            // A gateway of the other family: its family before its address.
            libc::RTA_VIA if value.len() > 2 => {
                gateway = read_ip(value[0] | value[1], &value[2..]);
            }
            _ => {}
        }
    }
    Some(Route {
        kind: fixed[7],
        gateway,
    })
}

fn parse_link(message: &Message<'_>) -> Option<Link> {
    fixed_part(message, libc::RTM_NEWLINK, IFINFOMSG_BYTES)?;
    let mut link = Link::default();
    for (kind, value) in Attributes::new(&message.body[IFINFOMSG_BYTES..]) {
        match kind {
            libc::IFLA_ADDRESS => link.mac = value.try_into().ok(),
            libc::IFLA_LINKINFO => link.vlan = parse_vlan(value),
            _ => {}
        }
    }
    Some(link)
}

/// The number of a VLAN, from what an interface says of its kind.
fn parse_vlan(info: &[u8]) -> Option<u16> {
    let find = |bytes, wanted| Attributes::new(bytes).find(|(kind, _)| *kind == wanted);
    let (_, kind) = find(info, libc::IFLA_INFO_KIND)?;
    if kind.strip_suffix(&[0]).unwrap_or(kind) != b"vlan" {
        return None;
    }
    let (_, data) = find(info, libc::IFLA_INFO_DATA)?;
    let (_, id) = find(data, IFLA_VLAN_ID)?;
    let id = u16::from_ne_bytes(id.try_into().ok()?);
    (id <= MAX_VLAN).then_some(id)
}

/// Interface, address and MAC of a neighbour that has been found.
fn parse_neighbour(message: &Message<'_>) -> Option<(u32, IpAddr, Mac)> {
    // struct ndmsg: family, padding, interface index, state, flags, type.
    let fixed = fixed_part(message, libc::RTM_NEWNEIGH, NDMSG_BYTES)?;
    let (mut address, mut mac) = (None, None);
    for (kind, value) in Attributes::new(&message.body[NDMSG_BYTES..]) {
        match kind {
            libc::NDA_DST => address = read_ip(fixed[0], value),
            libc::NDA_LLADDR => mac = value.try_into().ok(),
            _ => {}
        }
    }
    Some((read_u32(&fixed[4..])?, address?, mac?))
}

/// The fixed part of a message of the kind expected.
fn fixed_part<'a>(message: &Message<'a>, kind: u16, len_bytes: usize) -> Option<&'a [u8]> {
    message
        .body
        .get(..len_bytes)
        .filter(|_| message.kind == kind)
}

fn read_ip(family: u8, value: &[u8]) -> Option<IpAddr> {
    match i32::from(family) {
        libc::AF_INET => Some(Ipv4Addr::from(<[u8; 4]>::try_from(value).ok()?).into()),
        libc::AF_INET6 => Some(Ipv6Addr::from(<[u8; 16]>::try_from(value).ok()?).into()),
        _ => None,
    }
}

fn read_u32(bytes: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?))
}

fn family(address: IpAddr) -> u8 {
    let family = if address.is_ipv4() {
        libc::AF_INET
    } else {
        libc::AF_INET6
    };
    family as u8
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => v4.octets().to_vec(),
        IpAddr::V6(v6) => v6.octets().to_vec(),
    }
}

/// Link-local addresses mean something only with their interface.
fn socket_address(address: IpAddr, port: u16, ifindex: u32) -> SocketAddr {
    match address {
        IpAddr::V4(_) => SocketAddr::new(address, port),
        IpAddr::V6(v6) => SocketAddrV6::new(v6, port, 0, ifindex).into(),
    }
}

const DISCARD_PORT: u16 = 9;
const MAX_VLAN: u16 = 0xfff;
const IFLA_VLAN_ID: u16 = 1;
const IFADDRMSG_BYTES: usize = 8;
const IFINFOMSG_BYTES: usize = 16;
const NDMSG_BYTES: usize = 12;
const RTMSG_BYTES: usize = 12;

#[cfg(test)]
mod tests;
