//! Names and keys as types of their own, so that two numbers of different meaning never compare.

use std::fmt;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty), $format:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(transparent)]
        pub struct $name(pub $inner);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, $format, self.0)
            }
        }
    };
}

id!(/** Queue pair number, 24 bits. */ Qpn(u32), "qpn {:#08x}");
id!(/** Local key of a memory region. */ Lkey(u32), "lkey {:#010x}");
id!(/** Remote key of a memory region or window. */ Rkey(u32), "rkey {:#010x}");
id!(/** Partition key. */ Pkey(u16), "pkey {:#06x}");
id!(/** Queue key of datagram services. */ Qkey(u32), "qkey {:#010x}");
id!(/** Protection domain, unique in its process. */ PdId(u32), "pd {}");

/// The only partition a RoCE port has here: full member of the default one.
pub const DEFAULT_PKEY: Pkey = Pkey(0xffff);

/// Global identifier: an IPv6 address, or an IPv4 address mapped into one.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Gid(pub [u8; 16]);

impl Gid {
    /// The IPv4-mapped GID of an address.
    pub fn from_ipv4(addr: std::net::Ipv4Addr) -> Gid {
        Gid(addr.to_ipv6_mapped().octets())
    }

    /// The address, if this GID is an IPv4-mapped one.
    pub fn to_ipv4(self) -> Option<std::net::Ipv4Addr> {
        std::net::Ipv6Addr::from(self.0).to_ipv4_mapped()
    }

    /// Multicast: ff00::/8, or an IPv4 multicast address in mapped form.
    pub fn is_multicast(self) -> bool {
        self.0[0] == 0xff || self.to_ipv4().is_some_and(|v4| v4.is_multicast())
    }
}

impl fmt::Debug for Gid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gid {}", std::net::Ipv6Addr::from(self.0))
    }
}
