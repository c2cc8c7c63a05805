//! The network interfaces of this namespace, as the kernel tells them over rtnetlink.
//!
//! Asked when devices are listed and again when [`Watch`] says that something changed. Works for
//! any user and in any network namespace; needs neither /sys nor /proc (the link speed alone comes
//! from /sys, where that is to be had). It never changes an interface.

use crate::base::errno::Errno;
use crate::base::netlink::{Attributes, Connection, Message, Protocol, group};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, BorrowedFd};

/// One interface with the address a device would stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Netdev {
    pub ifindex: u32,
    pub name: String,
    /// Up, and with a carrier.
    pub is_running: bool,
    pub is_loopback: bool,
    pub mtu_bytes: u32,
    /// Hardware address, where it is an Ethernet one.
    pub mac: Option<[u8; 6]>,
    /// The first global IPv4 address; else a global IPv6 address.
    pub address: Option<IpAddr>,
    /// Metric of the best default route through it.
    pub default_route: Option<u32>,
    /// Link speed in Mb/s, where the driver knows one.
    pub speed_mbps: Option<u32>,
}

/// Every interface of the namespace: default routes first, loopback last.
pub fn enumerate() -> Result<Vec<Netdev>, Errno> {
    let mut connection = Connection::open(Protocol::Route, 0)?;
    let mut survey = Survey::default();
    connection.dump(libc::RTM_GETLINK, |message| survey.on_link(message))?;
    connection.dump(libc::RTM_GETADDR, |message| survey.on_address(message))?;
    connection.dump(libc::RTM_GETROUTE, |message| survey.on_route(message))?;
    let mut netdevs = survey.finish();
    for netdev in &mut netdevs {
        netdev.speed_mbps = read_speed(netdev);
    }
    Ok(netdevs)
}

/// Which interfaces get a device, in the order of the devices.
///
/// Those named in `wanted`, in that order; without names every running interface with an address,
/// and loopback only if there is no other. Gives a line for each name that cannot be served.
pub fn choose(netdevs: Vec<Netdev>, wanted: &[String]) -> (Vec<Netdev>, Vec<String>) {
    let is_fit = |netdev: &Netdev| netdev.is_running && netdev.address.is_some();
    if wanted.is_empty() {
        let (loopback, others): (Vec<_>, Vec<_>) = netdevs
            .into_iter()
            .filter(is_fit)
            .partition(|netdev| netdev.is_loopback);
        return (
            if others.is_empty() { loopback } else { others },
            Vec::new(),
        );
    }
    let mut chosen = Vec::new();
    let mut lines = Vec::new();
    for name in wanted {
        match netdevs.iter().find(|netdev| netdev.name == *name) {
            Some(netdev) if is_fit(netdev) => chosen.push(netdev.clone()),
            Some(netdev) if netdev.is_running => {
                lines.push(format!(
                    "interface {name} has no global address: no device for it"
                ));
            }
            Some(_) => lines.push(format!("interface {name} is down: no device for it")),
            None => lines.push(format!("there is no interface {name}: no device for it")),
        }
    }
    (chosen, lines)
}

/// Says when an interface or an address changed, so that somebody enumerates again.
pub struct Watch {
    connection: Connection,
}

impl Watch {
    pub fn new() -> Result<Watch, Errno> {
        let groups = group::LINK | group::IPV4_ADDRESS | group::IPV6_ADDRESS;
        Ok(Watch {
            connection: Connection::open(Protocol::Route, groups)?,
        })
    }

    /// Empties the queue of news without waiting; true if there was any.
    pub fn drain(&mut self) -> bool {
        self.connection.drain()
    }
}

impl AsFd for Watch {
    /// Readable when there is news.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.connection.as_fd()
    }
}

/// What the dumps have told so far.
#[derive(Default)]
struct Survey {
    netdevs: Vec<Netdev>,
    /// How good the address is that each interface has so far; 0 is best.
    ranks: Vec<u8>,
}

impl Survey {
    fn on_link(&mut self, message: &Message<'_>) {
        // struct ifinfomsg: family, pad, hardware type, index, flags, change mask.
        if message.kind != libc::RTM_NEWLINK || message.body.len() < IFINFOMSG_BYTES {
            return;
        }
        let hardware = u16::from_ne_bytes([message.body[2], message.body[3]]);
        let flags = read_u32(&message.body[8..]) as i32;
        let mut netdev = Netdev {
            ifindex: read_u32(&message.body[4..]),
            name: String::new(),
            is_running: flags & libc::IFF_UP != 0 && flags & libc::IFF_RUNNING != 0,
            is_loopback: flags & libc::IFF_LOOPBACK != 0,
            mtu_bytes: 0,
            mac: None,
            address: None,
            default_route: None,
            speed_mbps: None,
        };
        for (kind, value) in Attributes::new(&message.body[IFINFOMSG_BYTES..]) {
            match kind {
                libc::IFLA_IFNAME => netdev.name = read_name(value),
                libc::IFLA_MTU if value.len() == 4 => netdev.mtu_bytes = read_u32(value),
                libc::IFLA_ADDRESS if hardware == libc::ARPHRD_ETHER => {
                    netdev.mac = value.try_into().ok();
                }
                _ => {}
            }
        }
        if !self
            .netdevs
            .iter()
            .any(|known| known.ifindex == netdev.ifindex)
        {
            self.netdevs.push(netdev);
            self.ranks.push(u8::MAX);
        }
    }

    fn on_address(&mut self, message: &Message<'_>) {
        // struct ifaddrmsg: family, prefix length, flags, scope, interface index.
        if message.kind != libc::RTM_NEWADDR || message.body.len() < IFADDRMSG_BYTES {
            return;
        }
        let (family, scope) = (message.body[0], message.body[3]);
        let mut flags = u32::from(message.body[2]);
        let (mut address, mut local) = (None, None);
        for (kind, value) in Attributes::new(&message.body[IFADDRMSG_BYTES..]) {
            match kind {
                libc::IFA_ADDRESS => address = read_address(family, value),
                libc::IFA_LOCAL => local = read_address(family, value),
                libc::IFA_FLAGS if value.len() == 4 => flags = read_u32(value),
                _ => {}
            }
        }
        // On a point-to-point link the plain attribute is the other end's address.
        let Some(address) = local.or(address) else {
            return;
        };
        let ifindex = read_u32(&message.body[4..]);
        let Some(at) = self
            .netdevs
            .iter()
            .position(|netdev| netdev.ifindex == ifindex)
        else {
            return;
        };
        let Some(rank) = rank_address(address, flags, scope, self.netdevs[at].is_loopback) else {
            return;
        };
        // The kernel lists the addresses of an interface oldest first: the first good one stays.
        if rank < self.ranks[at] {
            self.ranks[at] = rank;
            self.netdevs[at].address = Some(address);
        }
    }

    fn on_route(&mut self, message: &Message<'_>) {
        // struct rtmsg: family, two prefix lengths, TOS, table, protocol, scope, type, flags.
        if message.kind != libc::RTM_NEWROUTE || message.body.len() < RTMSG_BYTES {
            return;
        }
        let (prefix_bits, table, kind) = (message.body[1], message.body[4], message.body[7]);
        if prefix_bits != 0 || table != libc::RT_TABLE_MAIN || kind != libc::RTN_UNICAST {
            return;
        }
        let mut metric = 0;
        let mut ifindexes = Vec::new();
        for (kind, value) in Attributes::new(&message.body[RTMSG_BYTES..]) {
            match kind {
                libc::RTA_PRIORITY if value.len() == 4 => metric = read_u32(value),
                libc::RTA_OIF if value.len() == 4 => ifindexes.push(read_u32(value)),
                libc::RTA_MULTIPATH => ifindexes.extend(read_next_hops(value)),
                _ => {}
            }
        }
        for netdev in &mut self.netdevs {
            if ifindexes.contains(&netdev.ifindex) {
                let best = netdev
                    .default_route
                    .map_or(metric, |known| known.min(metric));
                netdev.default_route = Some(best);
            }
        }
    }

    fn finish(mut self) -> Vec<Netdev> {
        self.netdevs.retain(|netdev| !netdev.name.is_empty());
        self.netdevs.sort_by_key(|netdev| {
            let route = netdev.default_route.unwrap_or(u32::MAX);
            (
                netdev.is_loopback,
                netdev.default_route.is_none(),
                route,
                netdev.ifindex,
            )
        });
        self.netdevs
    }
}

/// How good an address is as the identity of a device, 0 best; `None`: it cannot be one.
fn rank_address(address: IpAddr, flags: u32, scope: u8, is_loopback: bool) -> Option<u8> {
    const UNUSABLE: u32 = libc::IFA_F_TENTATIVE | libc::IFA_F_DADFAILED;
    // Deprecated addresses and those that privacy rotates do not stay.
    const FLEETING: u32 = libc::IFA_F_DEPRECATED | libc::IFA_F_TEMPORARY;
    if flags & UNUSABLE != 0 && flags & libc::IFA_F_OPTIMISTIC == 0 {
        return None;
    }
    let is_global = scope < libc::RT_SCOPE_LINK || is_loopback;
    match address {
        IpAddr::V4(v4) if v4.is_unspecified() || v4.is_multicast() => None,
        IpAddr::V4(_) if is_global && flags & libc::IFA_F_SECONDARY == 0 => Some(0),
        IpAddr::V4(_) if is_global => Some(1),
        IpAddr::V4(_) => Some(2),
        IpAddr::V6(_) if !is_global => None,
        IpAddr::V6(_) if flags & FLEETING == 0 => Some(3),
        IpAddr::V6(_) => Some(4),
    }
}

fn read_address(family: u8, value: &[u8]) -> Option<IpAddr> {
    match i32::from(family) {
        libc::AF_INET => <[u8; 4]>::try_from(value)
            .ok()
            .map(|raw| Ipv4Addr::from(raw).into()),
        libc::AF_INET6 => <[u8; 16]>::try_from(value)
            .ok()
            .map(|raw| Ipv6Addr::from(raw).into()),
        _ => None,
    }
}

/// The interfaces of a route with several next hops: a list of struct rtnexthop, each with
/// attributes of its own behind it.
fn read_next_hops(mut bytes: &[u8]) -> Vec<u32> {
    let mut ifindexes = Vec::new();
    while bytes.len() >= RTNEXTHOP_BYTES {
        let len_bytes = usize::from(u16::from_ne_bytes([bytes[0], bytes[1]]));
        if len_bytes < RTNEXTHOP_BYTES || len_bytes > bytes.len() {
            break;
        }
        ifindexes.push(read_u32(&bytes[4..]));
        bytes = &bytes[len_bytes.next_multiple_of(4).min(bytes.len())..];
    }
    ifindexes
}

fn read_name(value: &[u8]) -> String {
    let name = value.split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}

/// The first four bytes of a slice that has as many.
fn read_u32(bytes: &[u8]) -> u32 {
    u32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// Link speed from /sys, if the /sys we see is that of our network namespace.
fn read_speed(netdev: &Netdev) -> Option<u32> {
    let read = |file: &str| {
        let path = format!("/sys/class/net/{}/{file}", netdev.name);
        std::fs::read_to_string(path)
            .ok()?
            .trim()
            .parse::<i64>()
            .ok()
    };
    if read("ifindex")? != i64::from(netdev.ifindex) {
        return None;
    }
    // Drivers that do not know say −1.
    u32::try_from(read("speed")?)
        .ok()
        .filter(|speed| (1..u32::MAX).contains(speed))
}

const IFINFOMSG_BYTES: usize = 16;
const IFADDRMSG_BYTES: usize = 8;
const RTMSG_BYTES: usize = 12;
const RTNEXTHOP_BYTES: usize = 8;

#[cfg(test)]
mod tests;
