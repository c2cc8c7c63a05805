//! Slots: the upper half of a QPN names the process that answers for it.

use crate::base::ids::Qpn;

/// Upper 12 bits of a QPN. Its owner is the process that holds the socket `@verbium/<slot>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub u16);

/// QPs of one slot.
pub const QPS_PER_SLOT: u32 = 4096;

impl Slot {
    /// How many there are.
    pub const COUNT: u16 = 4096;

    /// The slot that answers for a QPN.
    pub fn of(qpn: Qpn) -> Slot {
        Slot(((qpn.0 >> 12) & 0xfff) as u16)
    }

    /// The QPN with this index (12 bits); `None` for the reserved numbers 0, 1 and 0xffffff.
    pub fn qpn(self, index: u16) -> Option<Qpn> {
        let qpn = (u32::from(self.0 & 0xfff) << 12) | u32::from(index & 0xfff);
        (!matches!(qpn, 0 | 1 | 0x00ff_ffff)).then_some(Qpn(qpn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_and_index_make_a_qpn() {
        assert_eq!(Slot(0x123).qpn(0x456), Some(Qpn(0x12_3456)));
        assert_eq!(Slot::of(Qpn(0x12_3456)), Slot(0x123));
    }

    #[test]
    fn reserved_numbers_are_not_given() {
        assert_eq!(Slot(0).qpn(0), None);
        assert_eq!(Slot(0).qpn(1), None);
        assert_eq!(Slot(0).qpn(2), Some(Qpn(2)));
        assert_eq!(Slot(4095).qpn(4095), None);
    }
}
