//! Address handles, and the way back from a received datagram to its sender.

use std::ffi::c_int;
use std::net::Ipv4Addr;

use super::gate::{self, Owned, forward, not_null, op};
use crate::abi::*;
use crate::base::errno::Errno;
use crate::base::ids::Gid;

/// `man ibv_create_ah(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_create_ah(
    pd: *mut ibv_pd,
    attr: *mut ibv_ah_attr,
) -> *mut ibv_ah {
    gate::null(|| {
        not_null(attr)?;
        // SAFETY: the promise *object*.
        let context = unsafe { pd.context() }?;
        let create_ah = op!(context, create_ah);
        // SAFETY: the provider's own operation, with the caller's promises.
        let ah = unsafe { create_ah(pd, attr) };
        if !ah.is_null() {
            // SAFETY: just made; nobody else sees it.
            unsafe {
                (*ah).context = context;
                (*ah).pd = pd;
            }
        }
        Ok(ah)
    })
}

forward! {
    /// `man ibv_destroy_ah(3)`.
    ibv_destroy_ah(ah: *mut ibv_ah) -> c_int = errno destroy_ah;
}

/// `man ibv_init_ah_from_wc(3)`: 0, or −1 with `errno`.
///
/// EINVAL when the datagram was sent to a group or to a GID that is not ours, EPROTONOSUPPORT when
/// the header before it is none we know. What could be told of the sender is written all the same.
/// A context is needed only for a completion with a GRH.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_init_ah_from_wc(
    context: *mut ibv_context,
    port_num: u8,
    wc: *mut ibv_wc,
    grh: *mut ibv_grh,
    ah_attr: *mut ibv_ah_attr,
) -> c_int {
    gate::minus_one(|| {
        not_null(wc)?;
        not_null(ah_attr)?;
        // SAFETY: the promise *argument*.
        let wc = unsafe { wc.read() };
        let is_global = wc.wc_flags & IBV_WC_GRH != 0;
        let received = if grh.is_null() && !is_global {
            [0; GRH_BYTES]
        } else {
            not_null(grh)?;
            // SAFETY: the promise *argument*: the first 40 bytes of the receive buffer.
            unsafe { grh.cast::<[u8; GRH_BYTES]>().read() }
        };
        // Programs compare these structs byte by byte, so what lies between the members is zero.
        // SAFETY: the promise *place*.
        unsafe { ah_attr.write_bytes(0, 1) };
        // SAFETY: as above, and zero is a value of every member; nobody else has a reference.
        let attr = unsafe { &mut *ah_attr };
        attr.dlid = wc.slid;
        attr.sl = wc.sl;
        attr.src_path_bits = wc.dlid_path_bits;
        attr.is_global = is_global.into();
        attr.port_num = port_num;
        attr.grh.flow_label = first_word(&received) & 0xf_ffff;
        if is_global {
            // SAFETY: the promise *object*.
            unsafe { route_back(context, &received, attr) }?;
        }
        Ok(0)
    })
}

/// Fills in the route to whoever sent a datagram with these 40 bytes before it.
///
/// # Safety
/// `context` is NULL or open.
unsafe fn route_back(
    context: *mut ibv_context,
    received: &[u8; GRH_BYTES],
    attr: &mut ibv_ah_attr,
) -> Result<(), Errno> {
    let sender = Sender::parse(received)?;
    attr.grh.dgid = ibv_gid { raw: sender.from.0 };
    attr.grh.hop_limit = sender.hop_limit;
    attr.grh.traffic_class = sender.traffic_class;
    // SAFETY: the obligations are the caller's, unchanged.
    attr.grh.sgid_index = unsafe { own_gid_index(context, attr.port_num, &sender) }?;
    Ok(())
}

/// `man ibv_create_ah_from_wc(3)`.
///
/// # Safety
/// The promises of `gate`.
pub(super) unsafe extern "C" fn ibv_create_ah_from_wc(
    pd: *mut ibv_pd,
    wc: *mut ibv_wc,
    grh: *mut ibv_grh,
    port_num: u8,
) -> *mut ibv_ah {
    gate::null(|| {
        // SAFETY: the promise *object*.
        let context = unsafe { pd.context() }?;
        let mut attr: ibv_ah_attr = Zeroed::zeroed();
        // SAFETY: the promises are the caller's; the place is ours.
        if unsafe { ibv_init_ah_from_wc(context, port_num, wc, grh, &mut attr) } != 0 {
            return Err(Errno::last());
        }
        // SAFETY: the promises are the caller's.
        Ok(unsafe { ibv_create_ah(pd, &mut attr) })
    })
}

const GRH_BYTES: usize = 40;
const IPV4_BYTES: usize = 20;
/// Length of an IPv4 header without options, in words of 4 bytes.
const IPV4_WORDS: u8 = 5;
/// Next header of InfiniBand and RoCE v1.
const NEXT_HEADER_BTH: u8 = 0x1b;
const NEXT_HEADER_UDP: u8 = 17;

/// What the 40 bytes before a datagram tell of where it came from.
#[derive(Debug, PartialEq, Eq)]
struct Sender {
    from: Gid,
    to: Gid,
    hop_limit: u8,
    traffic_class: u8,
    gid_type: ibv_gid_type_sysfs,
}

impl Sender {
    /// Reads a GRH or IPv6 header, or an IPv4 header in the last 20 bytes.
    fn parse(bytes: &[u8; GRH_BYTES]) -> Result<Sender, Errno> {
        let ipv4 = &bytes[GRH_BYTES - IPV4_BYTES..];
        let says_6 = bytes[0] >> 4 == 6;
        // Before an IPv4 header stands whatever was there before, which may look like the start
        // of IPv6: then the header's length and checksum decide.
        let is_ipv4 = if says_6 {
            ipv4[0] & 0xf == IPV4_WORDS && ones_complement_sum(ipv4) == 0xffff
        } else {
            ipv4[0] >> 4 == 4
        };
        match (is_ipv4, says_6) {
            (true, _) => Sender::parse_ipv4(ipv4),
            (false, true) => Sender::parse_ipv6(bytes),
            (false, false) => Err(Errno::EPROTONOSUPPORT),
        }
    }

    fn parse_ipv4(header: &[u8]) -> Result<Sender, Errno> {
        let address = |at: usize| {
            let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
            Ipv4Addr::from(bytes)
        };
        // A group is no GID of ours.
        if address(16).is_multicast() {
            return Err(Errno::EINVAL);
        }
        Ok(Sender {
            from: Gid::from_ipv4(address(12)),
            to: Gid::from_ipv4(address(16)),
            hop_limit: header[8],
            traffic_class: header[1],
            gid_type: IBV_GID_TYPE_SYSFS_ROCE_V2,
        })
    }

    fn parse_ipv6(bytes: &[u8; GRH_BYTES]) -> Result<Sender, Errno> {
        let gid = |at: usize| {
            let mut gid = [0; 16];
            gid.copy_from_slice(&bytes[at..at + 16]);
            Gid(gid)
        };
        let to = gid(24);
        if to.0[0] == 0xff {
            return Err(Errno::EINVAL);
        }
        let gid_type = match bytes[6] {
            NEXT_HEADER_BTH => IBV_GID_TYPE_SYSFS_IB_ROCE_V1,
            NEXT_HEADER_UDP => IBV_GID_TYPE_SYSFS_ROCE_V2,
            _ => return Err(Errno::EPROTONOSUPPORT),
        };
        Ok(Sender {
            from: gid(8),
            to,
            hop_limit: bytes[7],
            traffic_class: (first_word(bytes) >> 20) as u8,
            gid_type,
        })
    }
}

/// Version, traffic class and flow label, where the header is a GRH or IPv6.
fn first_word(bytes: &[u8; GRH_BYTES]) -> u32 {
    u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
}

/// The sum that an intact IPv4 header brings to all ones.
fn ones_complement_sum(header: &[u8]) -> u16 {
    let words = header
        .chunks_exact(2)
        .map(|word| u32::from(u16::from_be_bytes([word[0], word[1]])));
    let sum: u32 = words.sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    ((folded & 0xffff) + (folded >> 16)) as u16
}

/// Under which index the address a datagram was sent to stands in our table.
///
/// # Safety
/// The context is open.
unsafe fn own_gid_index(
    context: *mut ibv_context,
    port_num: u8,
    sender: &Sender,
) -> Result<u8, Errno> {
    // SAFETY: open by contract.
    let core = unsafe { gate::core(context) }?;
    let port = u32::from(port_num);
    for index in 0..=u8::MAX {
        let mut gid: ibv_gid = Zeroed::zeroed();
        // SAFETY: checked context, a place of ours.
        let failed = unsafe { (core.query_gid)(context, port, c_int::from(index), &mut gid) };
        if failed != 0 {
            return Err(Errno::last());
        }
        let mut gid_type = IBV_GID_TYPE_SYSFS_IB_ROCE_V1;
        // SAFETY: as above.
        let failed = unsafe { (core.query_gid_type)(context, port, index.into(), &mut gid_type) };
        if failed != 0 {
            return Err(Errno::last());
        }
        // SAFETY: all bytes of the union are initialised, and any bytes are a GID.
        if Gid(unsafe { gid.raw }) == sender.to && gid_type == sender.gid_type {
            return Ok(index);
        }
    }
    Err(Errno::EINVAL)
}

#[cfg(test)]
mod tests;
