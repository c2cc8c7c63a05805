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

/// `man ibv_init_ah_from_wc(3)`.
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
        // SAFETY: the promise *object*.
        let context = unsafe { context.context() }?;
        // SAFETY: the promise *argument*.
        let wc = unsafe { wc.read() };
        let mut attr = ibv_ah_attr {
            dlid: wc.slid,
            sl: wc.sl,
            src_path_bits: wc.dlid_path_bits,
            port_num,
            ..Zeroed::zeroed()
        };
        if wc.wc_flags & IBV_WC_GRH != 0 {
            not_null(grh)?;
            // SAFETY: the promise *argument*: the first 40 bytes of the receive buffer.
            let received = unsafe { grh.cast::<[u8; GRH_BYTES]>().read() };
            let sender = Sender::parse(&received)?;
            attr.is_global = 1;
            attr.grh = sender.route();
            // SAFETY: checked context.
            attr.grh.sgid_index = unsafe { own_gid_index(context, port_num, &sender) }?;
        }
        // SAFETY: the promise *place*.
        unsafe { ah_attr.write(attr) };
        Ok(0)
    })
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
/// Next header of InfiniBand and RoCE v1.
const NEXT_HEADER_BTH: u8 = 0x1b;
const NEXT_HEADER_UDP: u8 = 17;

/// What the 40 bytes before a datagram tell of where it came from.
#[derive(Debug, PartialEq, Eq)]
struct Sender {
    from: Gid,
    to: Gid,
    flow_label: u32,
    hop_limit: u8,
    traffic_class: u8,
    gid_type: ibv_gid_type_sysfs,
}

impl Sender {
    /// Reads a GRH or IPv6 header, or an IPv4 header in the last 20 bytes.
    fn parse(bytes: &[u8; GRH_BYTES]) -> Result<Sender, Errno> {
        let sender = match Sender::parse_ipv4(&bytes[GRH_BYTES - IPV4_BYTES..]) {
            Some(sender) => sender,
            None => Sender::parse_ipv6(bytes)?,
        };
        // Whoever is to be answered must be reached one to one.
        if sender.to.is_multicast() {
            Err(Errno::EINVAL)
        } else {
            Ok(sender)
        }
    }

    /// `None` if the bytes are no IPv4 header: the checksum decides, since the first half of such
    /// a buffer holds whatever was there before.
    fn parse_ipv4(header: &[u8]) -> Option<Sender> {
        const VERSION_4_OF_5_WORDS: u8 = 0x45;
        if header[0] != VERSION_4_OF_5_WORDS || ones_complement_sum(header) != 0xffff {
            return None;
        }
        let addr = |at: usize| {
            Gid::from_ipv4(Ipv4Addr::new(
                header[at],
                header[at + 1],
                header[at + 2],
                header[at + 3],
            ))
        };
        Some(Sender {
            from: addr(12),
            to: addr(16),
            flow_label: 0,
            hop_limit: header[8],
            traffic_class: header[1],
            gid_type: IBV_GID_TYPE_SYSFS_ROCE_V2,
        })
    }

    fn parse_ipv6(bytes: &[u8; GRH_BYTES]) -> Result<Sender, Errno> {
        let first = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        if first >> 28 != 6 {
            return Err(Errno::EPROTONOSUPPORT);
        }
        let gid_type = match bytes[6] {
            NEXT_HEADER_BTH => IBV_GID_TYPE_SYSFS_IB_ROCE_V1,
            NEXT_HEADER_UDP => IBV_GID_TYPE_SYSFS_ROCE_V2,
            _ => return Err(Errno::EPROTONOSUPPORT),
        };
        let gid = |at: usize| {
            let mut gid = [0; 16];
            gid.copy_from_slice(&bytes[at..at + 16]);
            Gid(gid)
        };
        Ok(Sender {
            from: gid(8),
            to: gid(24),
            flow_label: first & 0xf_ffff,
            hop_limit: bytes[7],
            traffic_class: (first >> 20) as u8,
            gid_type,
        })
    }

    /// The route back, but for our own GID's index.
    fn route(&self) -> ibv_global_route {
        ibv_global_route {
            dgid: ibv_gid { raw: self.from.0 },
            flow_label: self.flow_label,
            hop_limit: self.hop_limit,
            traffic_class: self.traffic_class,
            ..Zeroed::zeroed()
        }
    }
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
