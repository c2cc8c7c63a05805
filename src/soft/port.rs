//! The one port of an embedded device: an Ethernet port that is its interface seen through verbs.
//!
//! `device` takes the state when devices are listed, the progress thread takes it anew when the
//! interface changed and raises what [`PortState::events`] names. Nothing here asks the kernel.

use super::device::DeviceSpec;
use super::limits;
use super::netdev::Netdev;
use crate::abi::{self, ibv_event_type, ibv_mtu, ibv_port_attr};
use crate::base::errno::Errno;
use crate::base::ids::{DEFAULT_PKEY, Gid, Pkey};
use crate::log_error;

/// Ports are counted from 1, and there is one.
pub const PORT_NUM: u8 = 1;

/// What of an interface shows at the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortState {
    pub is_active: bool,
    /// Number of `enum ibv_mtu`.
    pub active_mtu: ibv_mtu,
    /// The address, unless the interface has lost it.
    pub gid: Option<Gid>,
    pub rate: Rate,
}

/// Link width and speed, as IBTA counts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub width: u8,
    pub speed: u8,
}

impl Rate {
    /// The rates of EDR, HDR and NDR lanes are multiples of one another, as their numbers are.
    fn hundreds_of_mbps(self) -> u64 {
        const EDR_LANE: u64 = 250;
        let lanes = match self.width {
            WIDTH_8X => 8,
            _ => 4,
        };
        lanes * EDR_LANE * u64::from(self.speed / SPEED_EDR)
    }
}

impl PortState {
    /// The state of an interface that is gone.
    pub const GONE: PortState = PortState {
        is_active: false,
        active_mtu: abi::IBV_MTU_256,
        gid: None,
        rate: BASE_RATE,
    };

    /// The port of an interface as it is now.
    pub fn of(netdev: &Netdev) -> PortState {
        let gid = netdev.address.map(gid_of);
        let is_ipv6 = gid.is_some_and(|gid| gid.to_ipv4().is_none());
        let active_mtu = active_mtu(netdev.mtu_bytes, is_ipv6);
        PortState {
            is_active: netdev.is_running && active_mtu.is_some(),
            active_mtu: active_mtu.unwrap_or(abi::IBV_MTU_256),
            gid,
            rate: rate(netdev.speed_mbps),
        }
    }

    /// What an application is told when the port goes from this state to `next`.
    pub fn events(&self, next: &PortState) -> impl Iterator<Item = ibv_event_type> + use<> {
        let activity = match (self.is_active, next.is_active) {
            (true, false) => Some(abi::IBV_EVENT_PORT_ERR),
            (false, true) => Some(abi::IBV_EVENT_PORT_ACTIVE),
            _ => None,
        };
        let gid = (self.gid != next.gid).then_some(abi::IBV_EVENT_GID_CHANGE);
        let speed = (self.rate != next.rate).then_some(abi::IBV_EVENT_DEVICE_SPEED_CHANGE);
        [gid, speed, activity].into_iter().flatten()
    }
}

/// Answers `ibv_query_port`.
pub fn fill_port_attr(
    spec: &DeviceSpec,
    port_num: u8,
    attr: &mut ibv_port_attr,
) -> Result<(), Errno> {
    check_port(port_num)?;
    let port = &spec.port;
    let (state, phys_state) = if port.is_active {
        (abi::IBV_PORT_ACTIVE, PHYS_STATE_LINK_UP)
    } else {
        (abi::IBV_PORT_DOWN, PHYS_STATE_DISABLED)
    };
    // Member by member: what lies between them stays as the library has zeroed it.
    attr.state = state;
    attr.max_mtu = abi::IBV_MTU_4096;
    attr.active_mtu = port.active_mtu;
    // Aliases lie beyond the table: a program that searches it must find one IPv4 entry.
    attr.gid_tbl_len = 1;
    // No CM_SUP: there is no QP 1 to answer connection management.
    attr.port_cap_flags = abi::IBV_PORT_IP_BASED_GIDS;
    attr.max_msg_sz = limits::MAX_MSG_BYTES;
    attr.bad_pkey_cntr = 0;
    attr.qkey_viol_cntr = 0;
    attr.pkey_tbl_len = 1;
    // No subnet manager, so no LID; addresses are GIDs.
    attr.lid = 0;
    attr.sm_lid = 0;
    attr.lmc = 0;
    attr.max_vl_num = VL_0_ONLY;
    attr.sm_sl = 0;
    attr.subnet_timeout = 0;
    attr.init_type_reply = 0;
    attr.active_width = port.rate.width;
    attr.active_speed = port.rate.speed;
    attr.phys_state = phys_state;
    attr.link_layer = abi::IBV_LINK_LAYER_ETHERNET as u8;
    attr.flags = 0;
    attr.port_cap_flags2 = 0;
    attr.active_speed_ex = u32::from(port.rate.speed);
    Ok(())
}

/// Answers `ibv_query_port_speed`: the data rate of all lanes, in units of 100 Mb/s.
pub fn query_speed(spec: &DeviceSpec, port_num: u32) -> Result<u64, Errno> {
    check_port(u8::try_from(port_num).map_err(|_| Errno::EINVAL)?)?;
    Ok(spec.port.rate.hundreds_of_mbps())
}

/// EINVAL for a port the device does not have.
pub fn check_port(port_num: u8) -> Result<(), Errno> {
    if port_num == PORT_NUM {
        Ok(())
    } else {
        log_error!("there is no port {port_num}: the device has port {PORT_NUM} alone");
        Err(Errno::EINVAL)
    }
}

/// Answers `ibv_query_pkey`: the table holds the default partition and nothing else.
pub fn query_pkey(port_num: u8, index: i32) -> Result<Pkey, Errno> {
    check_port(port_num)?;
    if index == 0 {
        Ok(DEFAULT_PKEY)
    } else {
        log_error!("query_pkey: index {index} of a table of one entry");
        Err(Errno::EINVAL)
    }
}

/// The largest payload whose packets the interface carries whole; `None` if not even 256 bytes.
///
/// Counted with the longest headers a packet with payload can have: IP, UDP, BTH (12), XRCETH (4),
/// RETH (16), immediate (4) and ICRC (4).
fn active_mtu(mtu_bytes: u32, is_ipv6: bool) -> Option<ibv_mtu> {
    const TRANSPORT_BYTES: u32 = 8 + 12 + 4 + 16 + 4 + 4;
    let overhead_bytes = TRANSPORT_BYTES + if is_ipv6 { 40 } else { 20 };
    match mtu_bytes.checked_sub(overhead_bytes)? {
        4096.. => Some(abi::IBV_MTU_4096),
        2048.. => Some(abi::IBV_MTU_2048),
        1024.. => Some(abi::IBV_MTU_1024),
        512.. => Some(abi::IBV_MTU_512),
        256.. => Some(abi::IBV_MTU_256),
        _ => None,
    }
}

/// At least 100 Gb/s whatever the interface says: within the host no packet takes the interface.
fn rate(speed_mbps: Option<u32>) -> Rate {
    let (width, speed) = match speed_mbps.unwrap_or(0) {
        0..=100_000 => return BASE_RATE,
        100_001..=200_000 => (WIDTH_4X, SPEED_HDR),
        200_001..=400_000 => (WIDTH_4X, SPEED_NDR),
        400_001.. => (WIDTH_8X, SPEED_NDR),
    };
    Rate { width, speed }
}

fn gid_of(address: std::net::IpAddr) -> Gid {
    match address {
        std::net::IpAddr::V4(v4) => Gid::from_ipv4(v4),
        std::net::IpAddr::V6(v6) => Gid(v6.octets()),
    }
}

/// 4x EDR.
const BASE_RATE: Rate = Rate {
    width: WIDTH_4X,
    speed: SPEED_EDR,
};

// PortInfo encodings of IBTA volume 1 that the C headers have no names for.
const WIDTH_4X: u8 = 2;
const WIDTH_8X: u8 = 4;
const SPEED_EDR: u8 = 32;
const SPEED_HDR: u8 = 64;
const SPEED_NDR: u8 = 128;
const PHYS_STATE_DISABLED: u8 = 3;
const PHYS_STATE_LINK_UP: u8 = 5;
const VL_0_ONLY: u8 = 1;

#[cfg(test)]
mod tests;
