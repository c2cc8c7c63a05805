//! From queue pair number to queue pair: numbering, and the lookup for every arriving packet.
//!
//! A QPN is slot ‖ index. Looking one up costs two loads and no reference count: the caller holds
//! the consumer lock of a ring, and [`QpTable::remove`] passes through all those locks before it
//! lets go of the QP, so that nobody who found it still looks at it.

use super::objects::Qp;
use crate::base::errno::Errno;
use crate::base::ids::Qpn;
use crate::base::mutex::Mutex;
use crate::base::reserve::boxed;
use crate::base::sync::{AtomicPtr, Ordering};
use crate::link::local::{Endpoint, Slot};
use std::collections::{HashMap, TryReserveError};
use std::ptr;
use std::sync::{Arc, OnceLock};

/// Index bits of a QPN.
const INDEX_BITS: u32 = 12;
const INDICES: usize = 1 << INDEX_BITS;
/// Slots one process may take: more than `max_qp` needs.
const MAX_SLOTS: usize = 9;

struct SlotTable {
    slot: Slot,
    entries: Box<[AtomicPtr<Qp>]>,
}

#[derive(Default)]
struct Numbers {
    /// Next index to try in each slot, so that a number is not reused soon.
    next: [usize; MAX_SLOTS],
    owners: HashMap<u32, Arc<Qp>>,
    reserved: std::collections::HashSet<u32>,
}

/// All queue pairs of the process.
pub(crate) struct QpTable {
    slots: [OnceLock<SlotTable>; MAX_SLOTS],
    numbers: Mutex<Numbers>,
}

impl QpTable {
    pub(crate) fn new() -> QpTable {
        QpTable {
            slots: [const { OnceLock::new() }; MAX_SLOTS],
            numbers: Mutex::new(Numbers::default()),
        }
    }

    /// Gives a number nobody uses, taking another slot when the ones held are full.
    pub(crate) fn reserve(&self, endpoint: &Endpoint) -> Result<Qpn, Errno> {
        let mut numbers = self.numbers.lock();
        numbers.make_room().map_err(|_| Errno::ENOMEM)?;
        for (position, cell) in self.slots.iter().enumerate() {
            let slot = match cell.get() {
                Some(table) => table.slot,
                None => {
                    // First, since a slot is kept.
                    let entries = boxed(INDICES, AtomicPtr::default)?;
                    let slot = endpoint.take_slot()?;
                    numbers.next[position] = first_index(slot);
                    cell.get_or_init(|| SlotTable { slot, entries }).slot
                }
            };
            if let Some(qpn) = numbers.reserve_in(position, slot) {
                return Ok(qpn);
            }
        }
        Err(Errno::ENOMEM)
    }

    /// Gives back a reserved number no QP was inserted for.
    pub(crate) fn unreserve(&self, qpn: Qpn) {
        self.numbers.lock().reserved.remove(&qpn.0);
    }

    /// How many QPs there are or are being made.
    pub(crate) fn count(&self) -> usize {
        let numbers = self.numbers.lock();
        numbers.owners.len() + numbers.reserved.len()
    }

    /// Makes the QP reachable for packets.
    pub(crate) fn insert(&self, qp: Arc<Qp>) {
        let qpn = qp.qpn;
        let pointer = Arc::as_ptr(&qp).cast_mut();
        let mut numbers = self.numbers.lock();
        numbers.reserved.remove(&qpn.0);
        numbers.owners.insert(qpn.0, qp);
        if let Some(entry) = self.entry(qpn) {
            // Release pairs with the Acquire in `find`: the QP is complete when it is seen.
            entry.store(pointer, Ordering::Release);
        }
    }

    /// Makes the QP unreachable and waits until no consumer looks at it any more.
    pub(crate) fn remove(&self, qpn: Qpn, endpoint: &Endpoint) -> Option<Arc<Qp>> {
        if let Some(entry) = self.entry(qpn) {
            entry.store(ptr::null_mut(), Ordering::SeqCst);
        }
        pass_consumers(endpoint);
        self.numbers.lock().owners.remove(&qpn.0)
    }

    /// The QP of a number. The pointer is good for as long as the caller holds a consumer lock of
    /// a ring of the same endpoint.
    #[inline]
    pub(crate) fn find(&self, qpn: Qpn) -> Option<*const Qp> {
        let pointer = self.entry(qpn)?.load(Ordering::Acquire);
        if pointer.is_null() {
            None
        } else {
            Some(pointer.cast_const())
        }
    }

    /// The QP of a number, for whoever holds no consumer lock.
    pub(crate) fn find_shared(&self, qpn: Qpn) -> Option<Arc<Qp>> {
        self.numbers.lock().owners.get(&qpn.0).cloned()
    }

    /// All QPs, for the slow paths that visit each. Without memory for a list of them, each number
    /// is looked up when its turn comes.
    pub(crate) fn all(&self) -> impl Iterator<Item = Arc<Qp>> {
        let numbers = self.numbers.lock();
        let mut list = Vec::new();
        let is_listed = list.try_reserve_exact(numbers.owners.len()).is_ok();
        if is_listed {
            list.extend(numbers.owners.values().cloned());
        }
        drop(numbers);
        let slots = if is_listed { &[] } else { &self.slots[..] };
        let tables = slots.iter().filter_map(OnceLock::get);
        let qpns = tables.flat_map(|table| (0..INDICES).map(|index| qpn(table.slot, index)));
        let looked_up = qpns.filter_map(|qpn| self.find_shared(qpn));
        list.into_iter().chain(looked_up)
    }

    #[inline]
    fn entry(&self, qpn: Qpn) -> Option<&AtomicPtr<Qp>> {
        let slot = (qpn.0 >> INDEX_BITS) as u16;
        for cell in &self.slots {
            let table = cell.get()?;
            if table.slot.0 == slot {
                return table.entries.get(qpn.0 as usize & (INDICES - 1));
            }
        }
        None
    }
}

impl Numbers {
    /// For one more QP, so that `insert` cannot fail.
    fn make_room(&mut self) -> Result<(), TryReserveError> {
        self.owners.try_reserve(1 + self.reserved.len())?;
        self.reserved.try_reserve(1)
    }

    fn reserve_in(&mut self, position: usize, slot: Slot) -> Option<Qpn> {
        for _ in 0..INDICES {
            let index = self.next[position];
            self.next[position] = (index + 1) % INDICES;
            let Qpn(number) = qpn(slot, index);
            // 0 and 1 belong to management, the last one to multicast.
            let is_special = number < 2 || number == 0x00ff_ffff;
            if !is_special && !self.owners.contains_key(&number) && self.reserved.insert(number) {
                return Some(Qpn(number));
            }
        }
        None
    }
}

fn qpn(slot: Slot, index: usize) -> Qpn {
    Qpn((u32::from(slot.0) << INDEX_BITS) | index as u32)
}

/// Waits until every consumer that was at work has let go of its ring once.
fn pass_consumers(endpoint: &Endpoint) {
    for inbound in endpoint.inbound() {
        inbound.pass();
    }
}

/// Where numbering starts in a slot: differs from process to process.
fn first_index(slot: Slot) -> usize {
    let mixed = std::process::id().wrapping_mul(0x9e37_79b1) ^ u32::from(slot.0);
    (mixed >> 8) as usize % INDICES
}
