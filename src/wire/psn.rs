//! Packet sequence numbers: 24 bits, compared as a window of half their space.

use std::fmt;

/// A packet sequence number.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Psn(u32);

const MASK: u32 = 0x00ff_ffff;
const HALF: u32 = 0x0080_0000;

impl Psn {
    /// Keeps the low 24 bits.
    pub const fn new(value: u32) -> Psn {
        Psn(value & MASK)
    }

    pub const fn value(self) -> u32 {
        self.0
    }

    /// The PSN `count` packets later.
    #[must_use]
    pub const fn plus(self, count: u32) -> Psn {
        Psn((self.0.wrapping_add(count)) & MASK)
    }

    /// The PSN `count` packets earlier.
    #[must_use]
    pub const fn minus(self, count: u32) -> Psn {
        Psn((self.0.wrapping_sub(count)) & MASK)
    }

    /// Distance from `earlier` to `self` in packets, modulo 2²⁴.
    pub const fn since(self, earlier: Psn) -> u32 {
        (self.0.wrapping_sub(earlier.0)) & MASK
    }

    /// Whether `self` comes before `other` in serial order.
    pub const fn is_before(self, other: Psn) -> bool {
        let distance = other.since(self);
        distance != 0 && distance < HALF
    }
}

impl fmt::Debug for Psn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "psn {:#08x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_wraps_around() {
        let last = Psn::new(0x00ff_ffff);
        assert_eq!(last.plus(1), Psn::new(0));
        assert!(last.is_before(Psn::new(0)));
        assert!(!Psn::new(0).is_before(last));
        assert!(!last.is_before(last));
        assert_eq!(Psn::new(2).since(last), 3);
        assert_eq!(Psn::new(2).minus(3), last);
    }
}
