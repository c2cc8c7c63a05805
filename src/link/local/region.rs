//! Memory shared with a peer: sealed memfds, their mappings, and the ring inside one.
//!
//! A region is created by one process and mapped by another that trusts nothing: it takes only
//! memory that cannot shrink (else a truncating peer kills us with SIGBUS), of the announced size,
//! from tmpfs (huge pages may fault all the same). No mapping survives a fork.
//!
//! The atomics here are the standard library's even under loom, which cannot model mapped memory;
//! the algorithm is modelled in `base/ring`.

use super::acked::ACKED;
use super::life::{Fd, Life};
use crate::base::barrier::{self, Reach};
use crate::base::errno::Errno;
use crate::base::ring::{Storage, UNIT, Word};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

/// Limits on what a peer may ask us to map.
pub(super) const MIN_RING_BYTES: u32 = 64 << 10;
pub(super) const MAX_RING_BYTES: u32 = 16 << 20;

/// Small entries go round in so much of a ring: it fits the first-level caches of both sides.
pub(super) const WARM_BYTES: u64 = 16 << 10;

/// Bytes of the control words.
const CONTROL_BYTES: usize = 4096;

/// Bytes in front of the ring: control words, then what the consumer has executed.
const FRONT_BYTES: usize = CONTROL_BYTES + size_of::<[AtomicU64; ACKED]>();

/// Accesses in flight of one direction of one connection.
pub(super) const HAZARDS: usize = 64;

const TMPFS_MAGIC: i64 = 0x0102_1994;

/// `MFD_NOEXEC_SEAL` of `linux/memfd.h`; kernels before 6.3 do not know it.
const MFD_NOEXEC_SEAL: libc::c_uint = 8;

/// A zeroed memfd of a size nobody can change.
pub(super) fn create_memfd(len: usize, life: &Arc<Life>) -> Result<Fd, Errno> {
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
    let name = c"verbium";
    // SAFETY: the name is a C string.
    let mut fd = unsafe { libc::memfd_create(name.as_ptr(), flags | MFD_NOEXEC_SEAL) };
    if fd < 0 && Errno::last() == Errno::EINVAL {
        // SAFETY: as above.
        fd = unsafe { libc::memfd_create(name.as_ptr(), flags) };
    }
    let fd = Fd::adopt(fd.into(), life)?;
    check_file_limit(len)?;
    // SAFETY: plain system call on our descriptor.
    Errno::result(unsafe { libc::ftruncate(fd.raw(), len as libc::off_t) }.into())?;
    let seals = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_SEAL;
    // SAFETY: as above.
    Errno::result(unsafe { libc::fcntl(fd.raw(), libc::F_ADD_SEALS, seals) }.into())?;
    Ok(fd)
}

/// EFBIG where `RLIMIT_FSIZE` forbids a file of this length: growing one all the same is answered
/// with a signal that ends the process.
fn check_file_limit(len: usize) -> Result<(), Errno> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: `limit` is writable.
    Errno::result(unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &mut limit) }.into())?;
    if limit.rlim_cur < len as libc::rlim_t {
        return Err(Errno::EFBIG);
    }
    Ok(())
}

/// Whether a descriptor somebody sent is memory we may map: see the module.
pub(super) fn check_memfd(fd: &Fd, len: usize) -> Result<(), Errno> {
    // SAFETY: plain system call on our descriptor.
    let seals = Errno::result(unsafe { libc::fcntl(fd.raw(), libc::F_GET_SEALS) }.into())?;
    let needed = i64::from(libc::F_SEAL_SHRINK | libc::F_SEAL_SEAL);
    if seals & needed != needed {
        return Err(Errno::EPERM);
    }
    // SAFETY: all-zero is a valid `stat`.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `stat` is writable.
    Errno::result(unsafe { libc::fstat(fd.raw(), &mut stat) }.into())?;
    if stat.st_size != len as i64 || stat.st_mode & libc::S_IFMT != libc::S_IFREG {
        return Err(Errno::EINVAL);
    }
    // SAFETY: all-zero is a valid `statfs`.
    let mut statfs: libc::statfs = unsafe { std::mem::zeroed() };
    // SAFETY: `statfs` is writable.
    Errno::result(unsafe { libc::fstatfs(fd.raw(), &mut statfs) }.into())?;
    if statfs.f_type as i64 != TMPFS_MAGIC {
        return Err(Errno::EINVAL);
    }
    Ok(())
}

/// A range of our address space.
pub(super) struct Mapping {
    base: NonNull<u8>,
    len: usize,
    life: Arc<Life>,
}

// SAFETY: the range is ours until the drop; its contents are reached through atomics and raw copies.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Reserves a range in which nothing may be touched yet.
    pub(super) fn reserve(len: usize, life: &Arc<Life>) -> Result<Mapping, Errno> {
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: a new mapping where the kernel likes disturbs nobody.
        let base = unsafe { libc::mmap(std::ptr::null_mut(), len, libc::PROT_NONE, flags, -1, 0) };
        if base == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        let base = NonNull::new(base.cast()).ok_or(Errno::ENOMEM)?;
        Ok(Mapping {
            base,
            len,
            life: life.clone(),
        })
    }

    /// Puts file pages (or zeros, without a file) over a part of the range.
    pub(super) fn place(
        &self,
        offset: usize,
        len: usize,
        prot: i32,
        file: Option<(&Fd, usize)>,
    ) -> Result<(), Errno> {
        assert!(offset.checked_add(len).is_some_and(|end| end <= self.len));
        let (fd, file_offset, flags) = match file {
            Some((fd, at)) => (fd.raw(), at, libc::MAP_SHARED),
            None => (
                -1,
                0,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            ),
        };
        // SAFETY: within the range, by the assertion.
        let at = unsafe { self.base.add(offset) }.as_ptr().cast();
        let flags = flags | libc::MAP_FIXED;
        // SAFETY: replaces pages of our own range only.
        let got = unsafe { libc::mmap(at, len, prot, flags, fd, file_offset as libc::off_t) };
        if got == libc::MAP_FAILED {
            return Err(Errno::last());
        }
        // SAFETY: advice on our own range.
        Errno::result(unsafe { libc::madvise(at, len, libc::MADV_DONTFORK) }.into())?;
        Ok(())
    }

    pub(super) fn base(&self) -> NonNull<u8> {
        self.base
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if !self.life.is_abandoned() {
            // SAFETY: the range is ours and nobody uses it after the drop.
            unsafe { libc::munmap(self.base.as_ptr().cast(), self.len) };
        }
    }
}

/// An atomic word in mapped memory.
#[repr(transparent)]
pub(super) struct MapWord(AtomicU64);

impl Word for MapWord {
    #[inline]
    fn load(&self, order: Ordering) -> u64 {
        self.0.load(order)
    }
    #[inline]
    fn store(&self, value: u64, order: Ordering) {
        self.0.store(value, order);
    }
    #[inline]
    fn swap(&self, value: u64, order: Ordering) -> u64 {
        self.0.swap(value, order)
    }
}

/// Words in front of the ring, each on a pair of cache lines of its own.
#[repr(C, align(128))]
struct Line(MapWord);

#[repr(C)]
struct Control {
    reserved: [AtomicU64; 16],
    head: Line,
    asleep: Line,
    wanted: Line,
    fill: [AtomicU64; 64],
    /// The producing process copies to or from the consuming one.
    producer_hazards: [AtomicU64; HAZARDS],
    fill_more: [AtomicU64; 64],
    /// The consuming process fetches from the producing one.
    consumer_hazards: [AtomicU64; HAZARDS],
}

const _: () = assert!(size_of::<Control>() <= CONTROL_BYTES);

/// Which way a direct access of a connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Producer,
    Consumer,
}

/// Address space for a ring, which is mapped twice in a row so that entries never wrap. Detached, it
/// reads as an empty ring: whoever looks without a lock finds memory at all times.
pub(super) struct RingRegion {
    mapping: Mapping,
    ring_bytes: u32,
    /// The other process uses `membarrier` on its heavy side and we are registered for it.
    light_is_free: AtomicBool,
}

impl RingRegion {
    /// Length of the memfd that holds a ring.
    pub(super) fn file_bytes(ring_bytes: u32) -> usize {
        FRONT_BYTES + ring_bytes as usize
    }

    pub(super) fn is_legal_size(ring_bytes: u32) -> bool {
        ring_bytes.is_power_of_two() && (MIN_RING_BYTES..=MAX_RING_BYTES).contains(&ring_bytes)
    }

    /// An empty, detached one. The size must be legal.
    pub(super) fn new(ring_bytes: u32, life: &Arc<Life>) -> Result<RingRegion, Errno> {
        assert!(RingRegion::is_legal_size(ring_bytes));
        let len = FRONT_BYTES + 2 * ring_bytes as usize;
        let mapping = Mapping::reserve(len, life)?;
        let region = RingRegion {
            mapping,
            ring_bytes,
            light_is_free: AtomicBool::new(false),
        };
        region.detach()?;
        Ok(region)
    }

    /// Maps a checked memfd.
    pub(super) fn attach(&self, fd: &Fd) -> Result<(), Errno> {
        self.light_is_free.store(false, Ordering::Relaxed);
        let ring = self.ring_bytes as usize;
        let prot = libc::PROT_READ | libc::PROT_WRITE;
        let first = FRONT_BYTES + ring;
        self.mapping
            .place(first, ring, prot, Some((fd, FRONT_BYTES)))?;
        self.mapping.place(0, first, prot, Some((fd, 0)))
    }

    /// Takes the memory away and leaves zeros.
    pub(super) fn detach(&self) -> Result<(), Errno> {
        let len = FRONT_BYTES + 2 * self.ring_bytes as usize;
        self.mapping
            .place(0, len, libc::PROT_READ | libc::PROT_WRITE, None)
    }

    pub(super) fn ring_bytes(&self) -> u32 {
        self.ring_bytes
    }

    /// From now on our frequent side needs no fence.
    pub(super) fn use_free_light_fence(&self) {
        self.light_is_free.store(true, Ordering::Relaxed);
    }

    /// The entry at an offset: memory for at least a whole ring from there on.
    #[inline]
    pub(super) fn entry(&self, offset: u64) -> NonNull<u8> {
        let offset = offset & u64::from(self.ring_bytes - 1);
        // SAFETY: the offset is less than the ring's length, and the ring is there twice.
        unsafe { self.mapping.base().add(FRONT_BYTES + offset as usize) }
    }

    pub(super) fn hazards(&self, side: Side) -> &[AtomicU64; HAZARDS] {
        match side {
            Side::Producer => &self.control().producer_hazards,
            Side::Consumer => &self.control().consumer_hazards,
        }
    }

    /// See [`super::acked`].
    #[inline]
    pub(super) fn acked(&self) -> &[AtomicU64; ACKED] {
        // SAFETY: inside the mapping, whose front is longer than this.
        let first = unsafe { self.mapping.base().add(CONTROL_BYTES) };
        // SAFETY: aligned to a page, always readable and writable, and reached as atomics only.
        unsafe { first.cast().as_ref() }
    }

    #[inline]
    fn control(&self) -> &Control {
        // SAFETY: the mapping begins with a page of control words, aligned to pages, always
        // readable and writable; all words that change are atomics.
        unsafe { self.mapping.base().cast::<Control>().as_ref() }
    }
}

impl Storage for RingRegion {
    type Word = MapWord;

    #[inline]
    fn len_bytes(&self) -> u64 {
        u64::from(self.ring_bytes)
    }

    #[inline]
    fn warm_bytes(&self) -> u64 {
        WARM_BYTES
    }

    #[inline]
    fn mark(&self, offset: u64) -> &MapWord {
        let place = self.entry(offset & !(UNIT - 1)).cast::<MapWord>();
        // SAFETY: inside the mapping, aligned to a unit, valid as any word is.
        unsafe { place.as_ref() }
    }

    #[inline]
    fn head(&self) -> &MapWord {
        &self.control().head.0
    }

    #[inline]
    fn asleep(&self) -> &MapWord {
        &self.control().asleep.0
    }

    #[inline]
    fn wanted(&self) -> &MapWord {
        &self.control().wanted.0
    }

    #[inline]
    fn light_fence(&self) {
        if self.light_is_free.load(Ordering::Relaxed) {
            barrier::light();
        } else {
            fence(Ordering::SeqCst);
        }
    }

    fn heavy_fence(&self) {
        Reach::Processes.heavy();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(ring_bytes: u32) -> (RingRegion, Fd, Arc<Life>) {
        let life = Life::new().unwrap();
        let fd = create_memfd(RingRegion::file_bytes(ring_bytes), &life).unwrap();
        let region = RingRegion::new(ring_bytes, &life).unwrap();
        (region, fd, life)
    }

    #[test]
    fn the_ring_is_there_twice() {
        let (region, fd, _life) = region(MIN_RING_BYTES);
        region.attach(&fd).unwrap();
        let first = region.entry(0);
        // SAFETY: the second copy of the ring follows the first.
        let second = unsafe { first.add(MIN_RING_BYTES as usize) };
        // SAFETY: mapped and writable.
        unsafe { first.write_volatile(7) };
        // SAFETY: mapped and readable.
        assert_eq!(unsafe { second.read_volatile() }, 7);
    }

    #[test]
    fn detached_it_reads_as_empty() {
        let (region, fd, _life) = region(MIN_RING_BYTES);
        region.attach(&fd).unwrap();
        region.mark(64).store(1, Ordering::Relaxed);
        region.detach().unwrap();
        assert_eq!(region.mark(64).load(Ordering::Relaxed), 0);
        region.attach(&fd).unwrap();
        assert_eq!(region.mark(64).load(Ordering::Relaxed), 1);
    }

    #[test]
    fn only_sealed_memory_of_the_right_size_is_taken() {
        let life = Life::new().unwrap();
        let sealed = create_memfd(8192, &life).unwrap();
        assert_eq!(check_memfd(&sealed, 8192), Ok(()));
        assert_eq!(check_memfd(&sealed, 4096), Err(Errno::EINVAL));
        // SAFETY: plain system call on our descriptor.
        assert!(unsafe { libc::ftruncate(sealed.raw(), 4096) } < 0);

        // SAFETY: the name is a C string.
        let open = unsafe { libc::memfd_create(c"open".as_ptr(), libc::MFD_ALLOW_SEALING) };
        let open = Fd::adopt(open.into(), &life).unwrap();
        // SAFETY: plain system call on our descriptor.
        unsafe { libc::ftruncate(open.raw(), 8192) };
        assert_eq!(check_memfd(&open, 8192), Err(Errno::EPERM));

        // SAFETY: the path is a C string.
        let null = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR | libc::O_CLOEXEC) };
        let null = Fd::adopt(null.into(), &life).unwrap();
        assert!(check_memfd(&null, 8192).is_err());
    }

    #[test]
    fn huge_pages_are_refused() {
        let life = Life::new().unwrap();
        let flags = libc::MFD_ALLOW_SEALING | libc::MFD_HUGETLB;
        // SAFETY: the name is a C string.
        let fd = unsafe { libc::memfd_create(c"huge".as_ptr(), flags) };
        let Ok(fd) = Fd::adopt(fd.into(), &life) else {
            return;
        };
        // SAFETY: plain system call on our descriptor.
        if unsafe { libc::ftruncate(fd.raw(), 2 << 20) } < 0 {
            return;
        }
        let seals = libc::F_SEAL_SHRINK | libc::F_SEAL_SEAL;
        // SAFETY: as above.
        unsafe { libc::fcntl(fd.raw(), libc::F_ADD_SEALS, seals) };
        assert_eq!(check_memfd(&fd, 2 << 20), Err(Errno::EINVAL));
    }
}
