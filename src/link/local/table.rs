//! Keys and QPs of a process, in memory its trusted peers may read.
//!
//! The owner writes; its own data path and the initiators of direct accesses read without a lock.
//! A region's slot is a sequence lock: odd while it changes. A QP is a single word. Taking a key or
//! a QP back ends accesses only together with [`super::Endpoint::wait_for_accesses`].
//!
//! Keys cannot be guessed: 24 random bits, of which the low ones choose the slot; the low 8 bits of
//! a key are the consumer's and take part in the comparison.

use super::life::{Fd, Life};
use super::region::{Mapping, create_memfd};
use super::slot::{QPS_PER_SLOT, Slot};
use crate::base::errno::Errno;
use crate::base::ids::{PdId, Qpn};
use crate::base::mutex::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

/// Slots of regions; a power of two.
const MR_SLOTS: usize = 1 << 17;

/// Regions at a time: with an eighth of the slots left free, a random one is soon free.
pub const MAX_MRS: usize = MR_SLOTS / 8 * 7;

/// Slots a process may take: enough for 32768 QPs in spite of reserved numbers.
pub const MAX_SLOTS: usize = 9;

/// Reads of a slot that keeps changing.
const MAX_TRIES: usize = 1000;

/// A memory region. `access` has the bits of `enum ibv_access_flags`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MrEntry {
    pub pd: PdId,
    pub access: u32,
    /// What the consumer calls its first byte (`hca_va`, 0 for zero-based regions).
    pub iova: u64,
    pub len_bytes: u64,
    /// Where the first byte is.
    pub addr: u64,
}

/// What a peer has to know of a QP that takes requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QpEntry {
    pub pd: PdId,
    pub dest_qpn: Qpn,
    /// `qp_access_flags`, bits of `enum ibv_access_flags`; the low five are kept.
    pub access: u32,
}

/// Why a key check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFail {
    /// No such key, or another protection domain.
    Key,
    /// Outside the region.
    Bounds,
    /// The region does not grant the right.
    Rights,
}

/// One region; a cache line. Key 0: none.
#[repr(C, align(64))]
struct MrSlot {
    seq: AtomicU32,
    key: AtomicU32,
    iova: AtomicU64,
    len_bytes: AtomicU64,
    addr: AtomicU64,
    access: AtomicU32,
    pd: AtomicU32,
}

/// The memfd.
#[repr(C)]
struct Layout {
    /// Slots of the process, one more than their number; 0: none.
    slots: [AtomicU32; MAX_SLOTS],
    mrs: [MrSlot; MR_SLOTS],
    /// READY, five bits of access, destination, protection domain.
    qps: [[AtomicU64; QPS_PER_SLOT as usize]; MAX_SLOTS],
}

const READY: u64 = 1 << 31;

impl QpEntry {
    fn pack(&self) -> u64 {
        let access = u64::from(self.access & 0x1f) << 24;
        READY | access | u64::from(self.dest_qpn.0 & 0xff_ffff) | u64::from(self.pd.0) << 32
    }

    fn unpack(word: u64) -> Option<QpEntry> {
        (word & READY != 0).then_some(QpEntry {
            pd: PdId((word >> 32) as u32),
            dest_qpn: Qpn(word as u32 & 0xff_ffff),
            access: (word >> 24) as u32 & 0x1f,
        })
    }
}

/// A mapped table, ours or a peer's: only read here.
pub(super) struct View {
    mapping: Mapping,
}

impl View {
    pub(super) const FILE_BYTES: usize = size_of::<Layout>();

    /// Maps a checked memfd.
    pub(super) fn map(fd: &Fd, life: &Arc<Life>, writable: bool) -> Result<View, Errno> {
        let mapping = Mapping::reserve(View::FILE_BYTES, life)?;
        let prot = if writable {
            libc::PROT_READ | libc::PROT_WRITE
        } else {
            libc::PROT_READ
        };
        mapping.place(0, View::FILE_BYTES, prot, Some((fd, 0)))?;
        Ok(View { mapping })
    }

    #[inline]
    fn layout(&self) -> &Layout {
        // SAFETY: the mapping has the size of the layout, is aligned to pages and lives as long as
        // we; the layout is made of atomics, of which every bit pattern is valid.
        unsafe { self.mapping.base().cast::<Layout>().as_ref() }
    }

    #[inline]
    fn mr_slot(&self, key: u32) -> &MrSlot {
        &self.layout().mrs[(key >> 8) as usize % MR_SLOTS]
    }

    /// See [`Table::check`].
    #[inline]
    pub(super) fn check(
        &self,
        pd: PdId,
        key: u32,
        need: u32,
        range: Range,
    ) -> Result<u64, KeyFail> {
        let slot = self.mr_slot(key);
        for _ in 0..MAX_TRIES {
            // Pairs with the Release store in `Slot::write`.
            let seq = slot.seq.load(Ordering::Acquire);
            let found = slot.key.load(Ordering::Relaxed);
            let iova = slot.iova.load(Ordering::Relaxed);
            let len_bytes = slot.len_bytes.load(Ordering::Relaxed);
            let addr = slot.addr.load(Ordering::Relaxed);
            let access = slot.access.load(Ordering::Relaxed);
            let owner = slot.pd.load(Ordering::Relaxed);
            // Pairs with the Release fence in `Slot::write`.
            fence(Ordering::Acquire);
            if seq & 1 != 0 || slot.seq.load(Ordering::Relaxed) != seq {
                std::hint::spin_loop();
                continue;
            }
            if found != key || key == 0 || owner != pd.0 {
                return Err(KeyFail::Key);
            }
            if access & need != need {
                return Err(KeyFail::Rights);
            }
            let Some(offset) = range.va.checked_sub(iova) else {
                return Err(KeyFail::Bounds);
            };
            if offset > len_bytes || range.len_bytes > len_bytes - offset {
                return Err(KeyFail::Bounds);
            }
            return Ok(addr.wrapping_add(offset));
        }
        Err(KeyFail::Key)
    }

    /// The QP, if it takes requests.
    pub(super) fn qp(&self, qpn: Qpn) -> Option<QpEntry> {
        // Pairs with the Release store in `Table::publish_qp`.
        QpEntry::unpack(self.qp_word(qpn)?.load(Ordering::Acquire))
    }

    fn qp_word(&self, qpn: Qpn) -> Option<&AtomicU64> {
        let named = u32::from(Slot::of(qpn).0) + 1;
        let layout = self.layout();
        let row = layout
            .slots
            .iter()
            .position(|slot| slot.load(Ordering::Acquire) == named)?;
        Some(&layout.qps[row][(qpn.0 % QPS_PER_SLOT) as usize])
    }
}

/// A range in the words of the consumer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) va: u64,
    pub(super) len_bytes: u64,
}

impl MrSlot {
    /// Called under the owner's lock.
    fn write(&self, key: u32, entry: &MrEntry) {
        let seq = self.seq.load(Ordering::Relaxed);
        self.seq.store(seq.wrapping_add(1), Ordering::Relaxed);
        // Readers that see a new field see the odd number too (Acquire fence in `check`).
        fence(Ordering::Release);
        self.key.store(key, Ordering::Relaxed);
        self.iova.store(entry.iova, Ordering::Relaxed);
        self.len_bytes.store(entry.len_bytes, Ordering::Relaxed);
        self.addr.store(entry.addr, Ordering::Relaxed);
        self.access.store(entry.access, Ordering::Relaxed);
        self.pd.store(entry.pd.0, Ordering::Relaxed);
        // Readers that see the even number see all fields (Acquire load in `check`).
        self.seq.store(seq.wrapping_add(2), Ordering::Release);
    }
}

/// The owner's side.
pub struct Table {
    view: View,
    fd: Fd,
    owner: Mutex<Owner>,
}

struct Owner {
    mr_count: usize,
    random: Random,
}

impl Table {
    pub(super) fn new(life: &Arc<Life>) -> Result<Table, Errno> {
        let fd = create_memfd(View::FILE_BYTES, life)?;
        let view = View::map(&fd, life, true)?;
        let owner = Owner {
            mr_count: 0,
            random: Random::default(),
        };
        Ok(Table {
            view,
            fd,
            owner: Mutex::new(owner),
        })
    }

    /// What trusted peers are given.
    pub(super) fn fd(&self) -> &Fd {
        &self.fd
    }

    pub(super) fn view(&self) -> &View {
        &self.view
    }

    /// Adds a region under a new unpredictable key (lkey and rkey alike). ENOSPC: [`MAX_MRS`].
    pub fn insert(&self, entry: &MrEntry) -> Result<u32, Errno> {
        let mut owner = self.owner.lock();
        if owner.mr_count == MAX_MRS {
            return Err(Errno::ENOSPC);
        }
        loop {
            let key = owner.random.next()?;
            let slot = self.view.mr_slot(key);
            if key >> 8 == 0 || slot.key.load(Ordering::Relaxed) != 0 {
                continue;
            }
            slot.write(key, entry);
            owner.mr_count += 1;
            return Ok(key);
        }
    }

    /// Changes a region in place, or the low 8 bits of its key. ENOENT: no such key.
    pub fn replace(&self, key: u32, new_key: u32, entry: &MrEntry) -> Result<(), Errno> {
        let _owner = self.owner.lock();
        let slot = self.view.mr_slot(key);
        if slot.key.load(Ordering::Relaxed) != key || key == 0 {
            return Err(Errno::ENOENT);
        }
        if key >> 8 != new_key >> 8 {
            return Err(Errno::EINVAL);
        }
        slot.write(new_key, entry);
        Ok(())
    }

    /// Takes a key back; follow with `Endpoint::wait_for_accesses`. False: there was none.
    pub fn remove(&self, key: u32) -> bool {
        let mut owner = self.owner.lock();
        let slot = self.view.mr_slot(key);
        if slot.key.load(Ordering::Relaxed) != key || key == 0 {
            return false;
        }
        let none = MrEntry {
            pd: PdId(0),
            access: 0,
            iova: 0,
            len_bytes: 0,
            addr: 0,
        };
        slot.write(0, &none);
        owner.mr_count -= 1;
        true
    }

    /// May `pd` touch `len_bytes` at `va` by this key, with all rights in `need`? Gives the address.
    #[inline]
    pub fn check(
        &self,
        pd: PdId,
        key: u32,
        va: u64,
        len_bytes: u64,
        need: u32,
    ) -> Result<u64, KeyFail> {
        self.view.check(pd, key, need, Range { va, len_bytes })
    }

    /// Makes room for the QPs of a slot of ours. ENOSPC: [`MAX_SLOTS`].
    pub(super) fn add_slot(&self, slot: Slot) -> Result<(), Errno> {
        let _owner = self.owner.lock();
        let named = u32::from(slot.0) + 1;
        let slots = &self.view.layout().slots;
        let free = slots.iter().find(|slot| slot.load(Ordering::Relaxed) == 0);
        // Pairs with the Acquire load in `qp_word`.
        free.ok_or(Errno::ENOSPC)?.store(named, Ordering::Release);
        Ok(())
    }

    /// Lets trusted peers access memory for this QP. The QPN's slot must be ours.
    pub fn publish_qp(&self, qpn: Qpn, entry: &QpEntry) {
        if let Some(word) = self.view.qp_word(qpn) {
            // Pairs with the Acquire load in `View::qp`.
            word.store(entry.pack(), Ordering::Release);
        }
    }

    /// Ends that; follow with `Endpoint::wait_for_accesses`.
    pub fn retract_qp(&self, qpn: Qpn) {
        if let Some(word) = self.view.qp_word(qpn) {
            word.store(0, Ordering::Release);
        }
    }

    /// What trusted peers see of a QP.
    pub fn qp(&self, qpn: Qpn) -> Option<QpEntry> {
        self.view.qp(qpn)
    }
}

/// Random words, some at a time.
#[derive(Default)]
pub(super) struct Random {
    words: [u32; 16],
    left: usize,
}

impl Random {
    pub(super) fn next(&mut self) -> Result<u32, Errno> {
        if self.left == 0 {
            let bytes = size_of_val(&self.words);
            // SAFETY: the buffer is writable for its length.
            let got = unsafe { libc::getrandom(self.words.as_mut_ptr().cast(), bytes, 0) };
            // Short requests are answered whole.
            if Errno::result(got as i64)? != bytes as i64 {
                return Err(Errno::EIO);
            }
            self.left = self.words.len();
        }
        self.left -= 1;
        Ok(self.words[self.left])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PD: PdId = PdId(7);

    fn table() -> Table {
        Table::new(&Life::new().unwrap()).unwrap()
    }

    fn entry() -> MrEntry {
        MrEntry {
            pd: PD,
            access: 3,
            iova: 0x1000,
            len_bytes: 0x100,
            addr: 0x7000,
        }
    }

    #[test]
    fn a_key_grants_its_range_rights_and_domain() {
        let table = table();
        let key = table.insert(&entry()).unwrap();
        assert_eq!(table.check(PD, key, 0x1010, 0xf0, 1), Ok(0x7010));
        assert_eq!(table.check(PD, key, 0x1100, 0, 3), Ok(0x7100));
        assert_eq!(table.check(PD, key, 0x1010, 0xf1, 1), Err(KeyFail::Bounds));
        assert_eq!(table.check(PD, key, 0xfff, 1, 1), Err(KeyFail::Bounds));
        assert_eq!(table.check(PD, key, u64::MAX, 2, 1), Err(KeyFail::Bounds));
        assert_eq!(
            table.check(PD, key, 0x1000, u64::MAX, 1),
            Err(KeyFail::Bounds)
        );
        assert_eq!(table.check(PD, key, 0x1000, 1, 4), Err(KeyFail::Rights));
        assert_eq!(table.check(PdId(8), key, 0x1000, 1, 1), Err(KeyFail::Key));
        assert_eq!(table.check(PD, key ^ 1, 0x1000, 1, 1), Err(KeyFail::Key));
        assert_eq!(table.check(PD, 0, 0x1000, 1, 1), Err(KeyFail::Key));
        assert!(table.remove(key));
        assert!(!table.remove(key));
        assert_eq!(table.check(PD, key, 0x1000, 1, 1), Err(KeyFail::Key));
    }

    #[test]
    fn the_whole_address_space_is_a_region() {
        let table = table();
        let all = MrEntry {
            iova: 0,
            len_bytes: u64::MAX,
            addr: 0,
            ..entry()
        };
        let key = table.insert(&all).unwrap();
        assert_eq!(
            table.check(PD, key, 0x7fff_0000_0000, 4096, 1),
            Ok(0x7fff_0000_0000)
        );
    }

    #[test]
    fn as_many_regions_as_promised_fit() {
        let table = table();
        let keys: Vec<u32> = (0..MAX_MRS)
            .map(|_| table.insert(&entry()).unwrap())
            .collect();
        assert_eq!(table.insert(&entry()), Err(Errno::ENOSPC));
        for &key in &keys {
            assert!(table.check(PD, key, 0x1000, 1, 1).is_ok());
        }
        assert!(table.remove(keys[5]));
        assert!(table.insert(&entry()).is_ok());
    }

    #[test]
    fn the_low_bits_of_a_key_may_change() {
        let table = table();
        let key = table.insert(&entry()).unwrap();
        let new_key = key ^ 0xff;
        assert_eq!(table.replace(key, new_key, &entry()), Ok(()));
        assert_eq!(table.replace(key, new_key, &entry()), Err(Errno::ENOENT));
        assert_eq!(
            table.replace(new_key, new_key ^ 0x100, &entry()),
            Err(Errno::EINVAL)
        );
        assert_eq!(table.check(PD, key, 0x1000, 1, 1), Err(KeyFail::Key));
        assert!(table.check(PD, new_key, 0x1000, 1, 1).is_ok());
    }

    #[test]
    fn qps_are_seen_while_published() {
        let table = table();
        let qpn = Slot(77).qpn(5).unwrap();
        let qp = QpEntry {
            pd: PdId(u32::MAX),
            dest_qpn: Qpn(0xab_cdef),
            access: 0xe,
        };
        table.publish_qp(qpn, &qp);
        assert_eq!(table.qp(qpn), None, "the slot is not ours");
        table.add_slot(Slot(77)).unwrap();
        table.publish_qp(qpn, &qp);
        assert_eq!(table.qp(qpn), Some(qp));
        table.retract_qp(qpn);
        assert_eq!(table.qp(qpn), None);
    }

    #[test]
    fn readers_never_see_half_an_entry() {
        let table = table();
        let at = |n: u64| MrEntry {
            iova: n << 32,
            addr: n << 40,
            ..entry()
        };
        let key = table.insert(&at(1)).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for n in 0..200_000 {
                    table.replace(key, key, &at(1 + n % 2)).unwrap();
                }
            });
            for _ in 0..200_000 {
                for n in [1u64, 2] {
                    if let Ok(addr) = table.check(PD, key, n << 32, 1, 0) {
                        assert_eq!(addr, n << 40);
                    }
                }
            }
        });
    }
}
