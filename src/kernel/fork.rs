//! Memory that a fork must leave with the parent: counted ranges, told to the kernel.
//!
//! A kernel device pins the pages of a region. Unless the kernel copies pinned pages when a process
//! forks, writing to such a page afterwards moves the parent to a copy that the device knows
//! nothing of; so the ranges are marked not to be inherited. Regions overlap, hence the counts: a
//! page is marked when the first region reaches it and unmarked when the last one leaves.
//!
//! Called by registration for devices that pin, and by provider plug-ins for memory of their own.

use std::collections::BTreeMap;
use std::ops::Range;

use nix::sys::mman::MmapAdvise;

use crate::base::errno::Errno;
use crate::base::mutex::Mutex;
use crate::kernel::netlink;

/// What is known of a process that registers memory and forks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Nobody has asked for it: a fork may part the process from its regions.
    Disabled,
    /// Every range is marked.
    Enabled,
    /// No page is pinned, or the kernel itself sees to it.
    Unneeded,
}

/// Everything a process needs to know to mark its ranges.
pub(crate) struct Protection {
    state: Mutex<State>,
    is_unneeded: fn() -> bool,
}

struct State {
    /// There from the moment ranges are marked.
    counts: Option<Counts>,
    /// Asked for when nothing needed it; a device that appears later does.
    is_requested: bool,
    /// A range has passed unmarked, so it is too late to begin.
    is_too_late: bool,
    /// Look up the page size of each range.
    has_huge_pages: bool,
}

/// The protection of this process.
pub(crate) static PROTECTION: Protection =
    Protection::new(|| !has_kernel_device() || kernel_copies_on_fork());

impl Protection {
    const fn new(is_unneeded: fn() -> bool) -> Protection {
        Protection {
            state: Mutex::new(State {
                counts: None,
                is_requested: false,
                is_too_late: false,
                has_huge_pages: false,
            }),
            is_unneeded,
        }
    }

    /// Begins to mark ranges. EINVAL when one has passed unmarked before, ENOSYS where the kernel
    /// cannot mark, ENOMEM.
    ///
    /// `RDMAV_HUGEPAGES_SAFE`, if set, makes the page size of each range be looked up.
    pub(crate) fn begin(&self) -> Result<(), Errno> {
        let mut state = self.state.lock();
        state.has_huge_pages |= std::env::var_os("RDMAV_HUGEPAGES_SAFE").is_some();
        if state.counts.is_some() {
            return Ok(());
        }
        if (self.is_unneeded)() {
            state.is_requested = true;
            return Ok(());
        }
        state.start()
    }

    pub(crate) fn status(&self) -> Status {
        let state = self.state.lock();
        if (self.is_unneeded)() {
            Status::Unneeded
        } else if state.counts.is_some() {
            Status::Enabled
        } else {
            Status::Disabled
        }
    }

    /// Takes a range into account, and marks what of it was in none so far.
    ///
    /// Fails, and changes nothing, when the kernel refuses: ENOMEM for memory that is not there.
    pub(crate) fn protect(&self, base: usize, size: usize) -> Result<(), Errno> {
        let mut state = self.state.lock();
        if state.counts.is_none() && state.is_requested && !(self.is_unneeded)() {
            state.start()?;
        }
        if state.counts.is_none() {
            state.is_too_late = !state.is_requested;
            return Ok(());
        }
        let range = state.pages(base, size);
        match (&mut state.counts, range) {
            (Some(counts), Some(range)) => counts.raise(range, &mut advise),
            _ => Ok(()),
        }
    }

    /// Protects a range for as long as what is returned lives, or for good once it is told that a
    /// region is there. Nothing at all unless `is_needed`.
    pub(crate) fn keep(
        &self,
        is_needed: bool,
        base: usize,
        size: usize,
    ) -> Result<Kept<'_>, Errno> {
        let range = is_needed.then_some((base, size));
        if let Some((base, size)) = range {
            self.protect(base, size)?;
        }
        Ok(Kept {
            protection: self,
            range,
        })
    }

    /// Takes a range out again, and unmarks what of it is in no other.
    pub(crate) fn release(&self, base: usize, size: usize) {
        let mut state = self.state.lock();
        if state.counts.is_none() {
            state.is_too_late = !state.is_requested;
            return;
        }
        let (range, page_bytes) = (state.pages(base, size), state.page_bytes(base));
        if let (Some(counts), Some(range)) = (&mut state.counts, range) {
            counts.lower(range, page_bytes, &mut advise);
        }
    }
}

/// A range that is protected while a region in it is being made.
pub(crate) struct Kept<'a> {
    protection: &'a Protection,
    range: Option<(usize, usize)>,
}

impl Kept<'_> {
    /// Leaves the range protected: the region is there.
    pub(crate) fn stay(mut self) {
        self.range = None;
    }
}

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        if let Some((base, size)) = self.range {
            self.protection.release(base, size);
        }
    }
}

impl State {
    /// Tries on a page of our own whether the kernel can mark at all.
    fn start(&mut self) -> Result<(), Errno> {
        if self.is_too_late {
            return Err(Errno::EINVAL);
        }
        let page_bytes = page_bytes();
        let layout = std::alloc::Layout::from_size_align(page_bytes, page_bytes);
        let layout = layout.map_err(|_| Errno::EINVAL)?;
        // SAFETY: the layout has a size.
        let page = unsafe { std::alloc::alloc(layout) };
        if page.is_null() {
            return Err(Errno::ENOMEM);
        }
        let probe = page as usize..page as usize + page_bytes;
        let can_mark =
            advise(probe.clone(), Advice::Withhold).and_then(|()| advise(probe, Advice::Inherit));
        // SAFETY: allocated above with this layout.
        unsafe { std::alloc::dealloc(page, layout) };
        can_mark.map_err(|_| Errno::ENOSYS)?;
        self.counts = Some(Counts::default());
        Ok(())
    }

    fn page_bytes(&self, base: usize) -> usize {
        let huge = if self.has_huge_pages {
            std::fs::read_to_string("/proc/self/smaps")
                .ok()
                .and_then(|maps| mapped_page_bytes(&maps, base))
        } else {
            None
        };
        huge.unwrap_or_else(page_bytes)
    }

    /// The whole pages a range lies in; `None` for no range, and for one that cannot be.
    fn pages(&self, base: usize, size: usize) -> Option<Range<usize>> {
        if base == 0 || size == 0 {
            return None;
        }
        let page_bytes = self.page_bytes(base);
        let end = base.checked_add(size)?;
        Some(base & !(page_bytes - 1)..end.checked_next_multiple_of(page_bytes)?)
    }
}

/// What a child is to see of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Advice {
    /// Nothing.
    Withhold,
    /// A copy, as usual.
    Inherit,
}

/// In how many ranges each address is.
///
/// Each entry holds from its address up to the next one; before the first the count is 0. Entries
/// are there only where the count changes.
#[derive(Default)]
struct Counts {
    steps: BTreeMap<usize, u32>,
}

impl Counts {
    /// Counts a range up; addresses that were in none are withheld from children first.
    fn raise(
        &mut self,
        range: Range<usize>,
        advise: &mut dyn FnMut(Range<usize>, Advice) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        self.split(&range);
        let fresh = self.with_count(&range, 0);
        for (index, part) in fresh.iter().enumerate() {
            if let Err(errno) = advise(part.clone(), Advice::Withhold) {
                // The kernel may have marked the beginning of the part it refused.
                for done in &fresh[..=index] {
                    let _ = advise(done.clone(), Advice::Inherit);
                }
                self.merge(&range);
                return Err(errno);
            }
        }
        for (_, count) in self.steps.range_mut(range.clone()) {
            *count += 1;
        }
        self.merge(&range);
        Ok(())
    }

    /// Counts a range down; addresses that are in none afterwards are inherited again.
    ///
    /// Memory may be gone by now: the kernel then says ENOMEM, having done the rest. After any
    /// other refusal it has not, so what is left is tried page by page.
    fn lower(
        &mut self,
        range: Range<usize>,
        page_bytes: usize,
        advise: &mut dyn FnMut(Range<usize>, Advice) -> Result<(), Errno>,
    ) {
        self.split(&range);
        for part in self.with_count(&range, 1) {
            let refused = advise(part.clone(), Advice::Inherit).err();
            if refused.is_some_and(|errno| errno != Errno::ENOMEM) {
                for page in part.step_by(page_bytes) {
                    let _ = advise(page..page + page_bytes, Advice::Inherit);
                }
            }
        }
        for (_, count) in self.steps.range_mut(range.clone()) {
            *count = count.saturating_sub(1);
        }
        self.merge(&range);
    }

    fn at(&self, address: usize) -> u32 {
        let step = self.steps.range(..=address).next_back();
        step.map_or(0, |(_, count)| *count)
    }

    /// Sees to it that an entry stands at both ends of a range.
    fn split(&mut self, range: &Range<usize>) {
        for address in [range.start, range.end] {
            let count = self.at(address);
            self.steps.entry(address).or_insert(count);
        }
    }

    /// Takes out the entries where nothing changes any more.
    fn merge(&mut self, range: &Range<usize>) {
        let inside = self.steps.range(range.start..=range.end);
        let places: Vec<usize> = inside.map(|(address, _)| *address).collect();
        for address in places {
            let before = self.steps.range(..address).next_back();
            let before = before.map_or(0, |(_, count)| *count);
            if self.steps.get(&address) == Some(&before) {
                self.steps.remove(&address);
            }
        }
    }

    /// The parts of a range with this count; the range has entries at both ends.
    fn with_count(&self, range: &Range<usize>, wanted: u32) -> Vec<Range<usize>> {
        let starts: Vec<(usize, u32)> = self
            .steps
            .range(range.clone())
            .map(|(address, count)| (*address, *count))
            .collect();
        let ends = starts.iter().skip(1).map(|step| step.0).chain([range.end]);
        let parts = starts.iter().zip(ends);
        parts
            .filter(|((_, count), _)| *count == wanted)
            .map(|((start, _), end)| *start..end)
            .collect()
    }
}

/// Tells the kernel what a child is to see of some pages.
fn advise(pages: Range<usize>, advice: Advice) -> Result<(), Errno> {
    let advice = match advice {
        Advice::Withhold => MmapAdvise::MADV_DONTFORK,
        Advice::Inherit => MmapAdvise::MADV_DOFORK,
    };
    let base = std::ptr::NonNull::new(pages.start as *mut _).ok_or(Errno::EINVAL)?;
    // SAFETY: neither advice changes what this process sees of its memory, whatever the pages.
    unsafe { nix::sys::mman::madvise(base, pages.len(), advice) }?;
    Ok(())
}

/// The size of ordinary pages.
fn page_bytes() -> usize {
    // SAFETY: the call takes no pointer.
    let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(bytes).unwrap_or(4096)
}

/// The page size the kernel uses where `address` is mapped, from the text of `smaps`.
fn mapped_page_bytes(smaps: &str, address: usize) -> Option<usize> {
    let is_around = |line: &str| {
        let (start, rest) = line.split_once('-')?;
        let end = rest.split(' ').next()?;
        let number = |text| usize::from_str_radix(text, 16).ok();
        Some((number(start)?..number(end)?).contains(&address))
    };
    let mut lines = smaps.lines();
    lines.find(|line| is_around(line) == Some(true))?;
    // The numbers of a mapping stand before the next mapping.
    let number = lines.find_map(|line| line.strip_prefix("KernelPageSize:"))?;
    let kibibytes: usize = number.trim().strip_suffix("kB")?.trim().parse().ok()?;
    let bytes = kibibytes.checked_mul(1024)?;
    bytes.is_power_of_two().then_some(bytes)
}

/// Whether there is a device whose pages could be pinned: one without a node cannot be opened.
fn has_kernel_device() -> bool {
    let nodes = std::fs::read_dir("/dev/infiniband");
    nodes.is_ok_and(|nodes| {
        nodes
            .flatten()
            .any(|node| node.file_name().as_encoded_bytes().starts_with(b"uverbs"))
    })
}

/// Whether the kernel copies pinned pages for the child, so that the parent keeps its own.
fn kernel_copies_on_fork() -> bool {
    let asked =
        netlink::connect().and_then(|kernel| netlink::Conversation(kernel).copies_on_fork());
    asked.unwrap_or(false)
}

#[cfg(test)]
mod tests;
