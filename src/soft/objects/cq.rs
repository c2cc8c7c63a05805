//! Completion queues: a bounded queue of entries in the form the application polls.

use super::Users;
use crate::base::errno::Errno;
use crate::base::ids::Qpn;
use crate::base::lock::ShortLock;
use crate::base::sync::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use crate::engine::types::{Cqe, WcStatus};
use crate::soft::context::Context;
use crate::soft::convert;
use crate::soft::notify::Channel;
use crate::soft::quota::Permit;
use std::collections::VecDeque;
use std::sync::Arc;

/// What the next completion has to be to raise an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arm {
    None,
    Solicited,
    Any,
}

pub(crate) struct Cq {
    pub(crate) context: Arc<Context>,
    pub(crate) channel: Option<Arc<Channel>>,
    pub(crate) users: Users,
    /// Address of the application's `ibv_cq`, the name it has in events.
    pub(crate) user_handle: AtomicU64,
    /// Events the application has read, of the channel and of the async queue.
    pub(crate) comp_events: AtomicU32,
    pub(crate) async_events: AtomicU32,
    /// Entries in the queue, so that an empty poll takes no lock. Written under the lock.
    count: AtomicU32,
    /// An entry was lost for want of room.
    overrun: AtomicBool,
    queue: ShortLock<Queue>,
    _permit: Permit,
}

/// A completion in the queue, and what polling it gives back to its QP.
///
/// It is stored and loaded word by word, which atomics see to: it is polled right after it was
/// queued, and a load that spans two stores would have to wait until both have left the CPU.
struct Entry {
    wc: [AtomicU64; convert::WC_WORDS],
    /// [`Sender`], and above it the `sq_end` of the completion.
    origin: AtomicU64,
}

impl Entry {
    #[inline]
    fn new(cqe: &Cqe, sender: Sender) -> Entry {
        Entry {
            wc: convert::wc(cqe).map(AtomicU64::new),
            origin: AtomicU64::new(u64::from(cqe.sq_end) << 32 | u64::from(sender.0)),
        }
    }

    #[inline]
    fn wc(&self) -> [u64; convert::WC_WORDS] {
        std::array::from_fn(|index| self.wc[index].load(Ordering::Relaxed))
    }

    #[inline]
    fn origin(&self) -> (Sender, u32) {
        let word = self.origin.load(Ordering::Relaxed);
        (Sender(word as u32), (word >> 32) as u32)
    }
}

/// A QP among those that send into a CQ: index of the word that says how far it was polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sender(u32);

impl Sender {
    /// Receives give nothing back.
    pub(crate) const NONE: Sender = Sender(u32::MAX);
}

struct Queue {
    entries: VecDeque<Entry>,
    /// Send queue positions the application has polled, by [`Sender`].
    polled: Vec<Arc<AtomicU32>>,
    capacity: usize,
    arm: Arm,
}

impl Cq {
    /// ENOMEM when there is no memory for so many entries, or no room for another CQ.
    pub(crate) fn new(
        context: Arc<Context>,
        channel: Option<Arc<Channel>>,
        capacity: u32,
    ) -> Result<Cq, Errno> {
        let permit = context.process.quotas.cqs.take()?;
        let capacity = capacity as usize;
        let mut entries = VecDeque::new();
        entries
            .try_reserve_exact(capacity)
            .map_err(|_| Errno::ENOMEM)?;
        Ok(Cq {
            context,
            channel,
            users: Users::default(),
            user_handle: AtomicU64::new(0),
            comp_events: AtomicU32::new(0),
            async_events: AtomicU32::new(0),
            count: AtomicU32::new(0),
            overrun: AtomicBool::new(false),
            queue: ShortLock::new(Queue {
                entries,
                polled: Vec::new(),
                capacity,
                arm: Arm::None,
            }),
            _permit: permit,
        })
    }

    /// Adds a QP that sends into this CQ. `polled` is kept up to date with what the application has
    /// polled of its completions, for as long as somebody else holds it. ENOMEM: no memory for that.
    pub(crate) fn attach(&self, polled: &Arc<AtomicU32>) -> Result<Sender, Errno> {
        let mut queue = self.queue.lock();
        let free = queue
            .polled
            .iter()
            .position(|word| Arc::strong_count(word) == 1);
        let index = free.unwrap_or(queue.polled.len());
        match free {
            Some(index) => queue.polled[index] = polled.clone(),
            None => {
                queue.polled.try_reserve(1).map_err(|_| Errno::ENOMEM)?;
                queue.polled.push(polled.clone());
            }
        }
        Ok(Sender(index as u32))
    }

    /// Queues an entry. False when the queue was full: the entry is lost and the CQ in error.
    #[inline(always)]
    pub(crate) fn push(&self, cqe: &Cqe, sender: Sender) -> bool {
        let mut queue = self.queue.lock();
        if queue.entries.len() >= queue.capacity {
            drop(queue);
            self.on_overrun();
            return false;
        }
        queue.entries.push_back(Entry::new(cqe, sender));
        // Release pairs with the Acquire in `is_empty`: whoever sees the count sees the data
        // that was placed before the completion.
        self.count
            .store(queue.entries.len() as u32, Ordering::Release);
        if queue.arm != Arm::None {
            let urgent = cqe.solicited || cqe.status != WcStatus::Success;
            if queue.arm == Arm::Any || urgent {
                queue.arm = Arm::None;
                drop(queue);
                self.notify();
            }
        }
        true
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// Hands out at most `max` entries in order, as the words of an `ibv_wc`.
    #[inline]
    pub(crate) fn poll(
        &self,
        max: usize,
        mut take: impl FnMut(usize, [u64; convert::WC_WORDS]),
    ) -> usize {
        let mut queue = self.queue.lock();
        let count = queue.entries.len().min(max);
        for index in 0..count {
            // The count was checked under the same lock.
            if let Some(entry) = queue.entries.front() {
                let (sender, sq_end) = entry.origin();
                if let Some(polled) = queue.polled.get(sender.0 as usize) {
                    polled.store(sq_end, Ordering::Relaxed);
                }
                take(index, entry.wc());
                queue.entries.pop_front();
            }
        }
        self.count
            .store(queue.entries.len() as u32, Ordering::Release);
        count
    }

    pub(crate) fn arm(&self, arm: Arm) {
        let mut queue = self.queue.lock();
        // A stronger request stays: arming for solicited events never weakens an armed CQ.
        if queue.arm != Arm::Any {
            queue.arm = arm;
        }
    }

    /// Changes the capacity; EINVAL when more entries wait than would fit.
    pub(crate) fn resize(&self, capacity: u32) -> Result<(), Errno> {
        let mut queue = self.queue.lock();
        if queue.entries.len() > capacity as usize {
            return Err(Errno::EINVAL);
        }
        let more = (capacity as usize).saturating_sub(queue.entries.len());
        queue.entries.try_reserve(more).map_err(|_| Errno::ENOMEM)?;
        queue.capacity = capacity as usize;
        Ok(())
    }

    /// Drops the entries of a QP that is being destroyed or reset.
    pub(crate) fn forget(&self, qpn: Qpn) {
        let mut queue = self.queue.lock();
        queue
            .entries
            .retain(|entry| convert::wc_qpn(&entry.wc()) != qpn);
        self.count
            .store(queue.entries.len() as u32, Ordering::Release);
    }

    fn notify(&self) {
        if let Some(channel) = &self.channel {
            channel.notify(self.user_handle.load(Ordering::Relaxed));
        }
    }

    fn on_overrun(&self) {
        if !self.overrun.swap(true, Ordering::Relaxed) {
            self.context
                .raise_cq_error(self.user_handle.load(Ordering::Relaxed));
        }
    }
}
