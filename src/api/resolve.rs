//! `ibv_resolve_eth_l2_from_gid`: what an Ethernet header towards a GID must say.

use std::ffi::c_int;
use std::net::{IpAddr, Ipv6Addr};

use super::gate::{self, not_null};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::ids::Gid;
use crate::kernel::neighbour;

/// `vid` where the outgoing interface is no VLAN.
const NO_VLAN: u16 = 0xffff;

/// The MAC, and if `vid` is not NULL the VLAN, by which the destination of an address handle is
/// reached from the GID it names as source.
///
/// 0, or a negative error number: −1 when that GID cannot be queried, −EINVAL when it is no address
/// of an interface here, −EHOSTUNREACH without a route or without an answer for three seconds.
///
/// # Safety
/// The promises of `gate`; `eth_mac` has room for 6 bytes.
pub(super) unsafe extern "C" fn ibv_resolve_eth_l2_from_gid(
    context: *mut ibv_context,
    attr: *mut ibv_ah_attr,
    eth_mac: *mut u8,
    vid: *mut u16,
) -> c_int {
    let code = gate::negative(|| {
        not_null(attr)?;
        not_null(eth_mac)?;
        // SAFETY: the promise *argument*.
        let attr = unsafe { attr.read() };
        // SAFETY: the promise *object*.
        let core = unsafe { gate::core(context) }?;
        let mut source: ibv_gid = Zeroed::zeroed();
        let index = c_int::from(attr.grh.sgid_index);
        // SAFETY: checked context, a place of ours.
        if unsafe { (core.query_gid)(context, attr.port_num.into(), index, &mut source) } != 0 {
            return Ok(-1);
        }
        // SAFETY: all bytes of the unions are initialised, and any bytes are a GID.
        let (from, to) = unsafe { (Gid(source.raw), Gid(attr.grh.dgid.raw)) };
        let hop = neighbour::resolve(address(from), address(to)).map_err(|errno| match errno {
            Errno::EINVAL => errno,
            _ => Errno::EHOSTUNREACH,
        })?;
        // SAFETY: the promise *place*.
        unsafe { eth_mac.cast::<[u8; 6]>().write(hop.mac) };
        if !vid.is_null() {
            // SAFETY: the promise *place*.
            unsafe { vid.write(hop.vlan.unwrap_or(NO_VLAN)) };
        }
        Ok(0)
    });
    code as c_int
}

/// The IP address a GID of RoCE v2 is, IPv4 also where it is mapped into a group's prefix.
fn address(gid: Gid) -> IpAddr {
    const GROUP: [u8; 12] = [0xff, 0x0e, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

    match (gid.to_ipv4(), gid.0) {
        (Some(v4), _) => v4.into(),
        (None, [group @ .., a, b, c, d]) if group == GROUP => IpAddr::from([a, b, c, d]),
        _ => Ipv6Addr::from(gid.0).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gids_are_addresses_of_either_family() {
        let read = |text: &str| {
            let v6: Ipv6Addr = text.parse().expect("an address");
            address(Gid(v6.octets())).to_string()
        };
        assert_eq!(read("::ffff:10.0.0.1"), "10.0.0.1");
        assert_eq!(read("ff0e::ffff:239.1.2.3"), "239.1.2.3");
        assert_eq!(read("fe80::1"), "fe80::1");
        assert_eq!(read("ff0e::1"), "ff0e::1");
    }

    #[test]
    fn the_places_are_written_only_with_an_answer() {
        // The only GID of the fake NIC is the IPv4 loopback address.
        let context = crate::provider::fake::opened();
        let mut attr = ibv_ah_attr {
            port_num: 1,
            ..Zeroed::zeroed()
        };
        let (mut mac, mut vid) = ([9; 6], 9);
        let mut resolve = |attr: &mut ibv_ah_attr| {
            let places = (mac.as_mut_ptr(), &raw mut vid);
            // SAFETY: an open context, and places of the right sizes.
            let code = unsafe { ibv_resolve_eth_l2_from_gid(context, attr, places.0, places.1) };
            (code, mac, vid)
        };
        attr.grh.sgid_index = 200;
        assert_eq!(resolve(&mut attr), (-1, [9; 6], 9));
        attr.grh.sgid_index = 0;
        // No IPv6 address is reached from an IPv4 one.
        assert!([-libc::EINVAL, -libc::EHOSTUNREACH].contains(&resolve(&mut attr).0));
        attr.grh.dgid.raw = crate::provider::fake::OWN_GID;
        let has_loopback = std::net::UdpSocket::bind("127.0.0.1:0").is_ok();
        let expected = if has_loopback {
            (0, [0; 6], NO_VLAN)
        } else {
            (-libc::EINVAL, [9; 6], 9)
        };
        assert_eq!(resolve(&mut attr), expected);
        // SAFETY: opened above.
        let closed = unsafe { super::super::device::ibv_close_device(context) };
        assert_eq!(closed, 0);
    }
}
