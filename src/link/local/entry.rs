//! How a packet lies in the ring.
//!
//! Word 0 is the ring's mark: payload length, opcode, groups and flags. Two more words are always
//! there; then the groups whose fields are not all zero, in the order of their bits; then the payload,
//! or the list of its segments in the sender's memory. A SEND of up to 40 bytes is one cache line.
//! The producer takes the groups of the usual packets from their opcode; the consumer does not look
//! at it.
//!
//! Decoding reads each word once and believes nothing: lengths are bounded, counts checked, the
//! rest is for the engine to judge.

use super::access::LocalSegment;
use crate::base::ids::{Gid, Qkey, Qpn, Rkey};
use crate::base::ring::UNIT;
use crate::wire::{AtomicWords, Header, Opcode, Psn, Syndrome, Transport};
use std::ptr::NonNull;

/// Segments of one payload by reference.
pub const MAX_REFERENCES: usize = 34;

/// Largest payload by reference.
pub const MAX_REFERENCE_BYTES: u32 = 1 << 20;

/// Most a header takes, without references.
const MAX_HEADER_BYTES: u64 = 128;

/// PSNs one packet may stand for: half their space.
const MAX_PSN_COUNT: u32 = 1 << 23;

mod group {
    pub(super) const RETH: u8 = 1;
    pub(super) const ATOMIC: u8 = 1 << 1;
    pub(super) const IMM: u8 = 1 << 2;
    pub(super) const AETH: u8 = 1 << 3;
    pub(super) const ORIG: u8 = 1 << 4;
    pub(super) const DETH: u8 = 1 << 5;
    pub(super) const GIDS: u8 = 1 << 6;
    pub(super) const REFS: u8 = 1 << 7;
    /// Words of each group; references are a count and a list of their own.
    pub(super) const WORDS: [u8; 8] = [2, 2, 1, 1, 1, 1, 4, 1];
}

const FIXED_WORDS: u64 = 3;
const SOLICITED: u64 = 1 << 48;
const ACK_REQ: u64 = 1 << 49;
/// The AETH group holds an ACK that travels with a request.
const HAS_ACK: u64 = 1 << 50;
/// Makes the mark of every entry differ from zero.
const SIGN: u64 = 0xb1 << 56;

/// Words in front of the payload, by groups.
const HEADER_WORDS: [u8; 256] = {
    let mut table = [FIXED_WORDS as u8; 256];
    let mut groups = 0;
    while groups < 256 {
        let mut bit = 0;
        while bit < 8 {
            if groups >> bit & 1 == 1 {
                table[groups] += group::WORDS[bit];
            }
            bit += 1;
        }
        groups += 1;
    }
    table
};

const fn round_up(bytes: u64) -> u64 {
    (bytes + UNIT - 1) & !(UNIT - 1)
}

/// Most an entry with this much payload takes, or with references.
pub(super) const fn max_entry_bytes(payload_bytes: u32) -> u64 {
    let references = MAX_REFERENCES as u64 * 16;
    let payload = payload_bytes as u64;
    round_up(
        MAX_HEADER_BYTES
            + if payload > references {
                payload
            } else {
                references
            },
    )
}

/// How an entry will lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) mark: u64,
    pub(super) entry_bytes: u64,
    /// From the entry's beginning to the payload, or to the list of segments.
    pub(super) payload_offset: usize,
}

/// What the payload is, as the producer says it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Bytes(u32),
    References { count: usize, len_bytes: u32 },
}

impl Layout {
    #[inline]
    pub(super) fn of(header: &Header, shape: Shape) -> Layout {
        let (len_bytes, follow, refs) = match shape {
            Shape::Bytes(len) => (len, u64::from(len), 0),
            Shape::References { count, len_bytes } => (len_bytes, 16 * count as u64, group::REFS),
        };
        let groups = groups_of(header) | refs;
        let payload_offset = usize::from(HEADER_WORDS[usize::from(groups)]) * 8;
        let mut mark = SIGN | u64::from(len_bytes);
        mark |= u64::from(header.opcode.0) << 32 | u64::from(groups) << 40;
        mark |= if header.solicited { SOLICITED } else { 0 };
        mark |= if header.ack_req { ACK_REQ } else { 0 };
        mark |= if header.has_ack { HAS_ACK } else { 0 };
        Layout {
            mark,
            entry_bytes: round_up(payload_offset as u64 + follow),
            payload_offset,
        }
    }

    fn groups(self) -> u8 {
        (self.mark >> 40) as u8
    }
}

/// Groups by opcode, for the packets the data path is made of; [`SCAN`]: look at the fields.
static GROUPS: [u8; 256] = {
    let mut table = [SCAN; 256];
    let mut number = 0;
    while number < 256 {
        if let Some(traits) = Opcode(number as u8).traits() {
            let mut groups = 0;
            if traits.has_reth {
                groups |= group::RETH;
            }
            if traits.has_imm {
                groups |= group::IMM;
            }
            if traits.has_aeth {
                groups |= group::AETH;
            }
            if matches!(traits.transport, Transport::Rc | Transport::Uc)
                && !traits.has_atomic_eth
                && !traits.has_atomic_ack_eth
            {
                table[number] = groups;
            }
        }
        number += 1;
    }
    table
};

/// Not a set of groups: references are never part of the table.
const SCAN: u8 = group::REFS;

#[inline]
fn groups_of(header: &Header) -> u8 {
    match GROUPS[usize::from(header.opcode.0)] {
        SCAN => scan(header),
        groups if header.has_ack => groups | group::AETH,
        groups => groups,
    }
}

/// The groups whose fields are not all zero.
fn scan(header: &Header) -> u8 {
    let mut groups = 0;
    if header.remote_va != 0 || header.rkey.0 != 0 || header.dma_len_bytes != 0 {
        groups |= group::RETH;
    }
    if header.atomic != AtomicWords::default() {
        groups |= group::ATOMIC;
    }
    if header.imm_data != 0 {
        groups |= group::IMM;
    }
    if header.syndrome.0 != 0 || header.msn != 0 || header.has_ack {
        groups |= group::AETH;
    }
    if header.atomic_orig != 0 {
        groups |= group::ORIG;
    }
    if header.qkey.0 != 0 || header.traffic_class != 0 || header.hop_limit != 0 {
        groups |= group::DETH;
    }
    if header.sgid != Gid::default() || header.dgid != Gid::default() {
        groups |= group::GIDS;
    }
    groups
}

/// A walk over the words of an entry.
struct Words(NonNull<u64>);

impl Words {
    /// # Safety
    /// The next word is writable and belongs to the entry.
    #[inline]
    unsafe fn put(&mut self, value: u64) {
        // SAFETY: the caller's promise; entries are aligned to words.
        unsafe { self.0.write(value) };
        // SAFETY: at most one past the entry.
        self.0 = unsafe { self.0.add(1) };
    }

    /// # Safety
    /// The next word is readable.
    #[inline]
    unsafe fn take(&mut self) -> u64 {
        // SAFETY: the caller's promise. Volatile: the producer may scribble, we read once.
        let value = unsafe { self.0.read_volatile() };
        // SAFETY: at most one past the entry.
        self.0 = unsafe { self.0.add(1) };
        value
    }
}

const fn pair(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

/// A field by a load of its own. The header has just been written field by field, and the CPU hands
/// a store over to a later load only if that asks for no more than was stored: one load of two
/// fields, which the compiler would make of them, waits until both stores have reached the cache.
#[inline]
fn apart<T: Copy>(field: &T) -> T {
    // SAFETY: a reference is readable; volatile keeps the load as it is.
    unsafe { std::ptr::read_volatile(field) }
}

/// Writes everything but the mark and the payload.
///
/// # Safety
/// `entry` is aligned to a unit and writable for `layout.entry_bytes`; `layout` is that of `header`.
#[inline]
pub(super) unsafe fn encode(entry: NonNull<u8>, layout: &Layout, header: &Header) {
    // SAFETY: the mark is the first word of the entry.
    let mut words = Words(unsafe { entry.cast::<u64>().add(1) });
    let groups = layout.groups();
    let mut put = |value| {
        // SAFETY: the layout has made room for as many words as the groups take.
        unsafe { words.put(value) }
    };
    put(pair(apart(&header.dest_qpn).0, apart(&header.src_qpn).0));
    put(pair(apart(&header.psn).value(), apart(&header.psn_count)));
    if groups & !group::REFS == 0 {
        return;
    }
    if groups & group::RETH != 0 {
        put(header.remote_va);
        put(pair(apart(&header.rkey).0, apart(&header.dma_len_bytes)));
    }
    if groups & group::ATOMIC != 0 {
        put(header.atomic.swap_add);
        put(header.atomic.compare);
    }
    if groups & group::IMM != 0 {
        put(header.imm_data.into());
    }
    if groups & group::AETH != 0 {
        let ack_psn = header.ack_psn.value() << 8;
        put(pair(header.msn, u32::from(header.syndrome.0) | ack_psn));
    }
    if groups & group::ORIG != 0 {
        put(header.atomic_orig);
    }
    if groups & group::DETH != 0 {
        let grh = u32::from(header.traffic_class) | u32::from(header.hop_limit) << 8;
        put(pair(header.qkey.0, grh));
    }
    if groups & group::GIDS != 0 {
        for gid in [header.sgid, header.dgid] {
            let bits = u128::from_le_bytes(gid.0);
            put(bits as u64);
            put((bits >> 64) as u64);
        }
    }
}

/// Writes the count and the segments of a payload by reference.
///
/// # Safety
/// As [`encode`], with a layout of as many references.
pub(super) unsafe fn encode_references(
    entry: NonNull<u8>,
    layout: &Layout,
    segments: &[LocalSegment],
) {
    // SAFETY: the count is the word in front of the list, inside the entry.
    let mut words = Words(unsafe { entry.add(layout.payload_offset - 8) }.cast());
    let mut put = |value| {
        // SAFETY: the layout has made room for the count and two words a segment.
        unsafe { words.put(value) }
    };
    put(segments.len() as u64);
    for segment in segments {
        put(segment.addr);
        put(segment.len_bytes);
    }
}

/// Where headers are decoded to. Fields no group brought are zero, without clearing them for
/// every entry.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) header: Header,
    /// Groups of the entry decoded last.
    groups: u8,
}

/// What a decoded entry is beside its header and references.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decoded {
    pub(super) len_bytes: u32,
    pub(super) entry_bytes: u64,
    pub(super) payload_offset: usize,
    pub(super) by_reference: bool,
}

/// Addresses in the sender's memory.
#[derive(Clone, Copy, Debug)]
pub struct RefList {
    count: usize,
    segments: [LocalSegment; MAX_REFERENCES],
}

impl RefList {
    pub(super) const EMPTY: RefList = RefList {
        count: 0,
        segments: [LocalSegment {
            addr: 0,
            len_bytes: 0,
        }; MAX_REFERENCES],
    };

    pub fn segments(&self) -> &[LocalSegment] {
        &self.segments[..self.count]
    }
}

/// Reads an entry; `None` if it makes no sense.
///
/// # Safety
/// From `entry` on (aligned to a unit), a ring's worth of memory is readable; `max_payload_bytes` is
/// at most a quarter of it and the ring has at least 64 KiB.
#[inline]
pub(super) unsafe fn decode(
    entry: NonNull<u8>,
    mark: u64,
    max_payload_bytes: u32,
    scratch: &mut Scratch,
    references: &mut RefList,
) -> Option<Decoded> {
    let groups = (mark >> 40) as u8;
    let len_bytes = mark as u32;
    let by_reference = groups & group::REFS != 0;
    let max_bytes = if by_reference {
        MAX_REFERENCE_BYTES
    } else {
        max_payload_bytes
    };
    if mark & (0xff << 56) != SIGN || len_bytes > max_bytes {
        return None;
    }
    // SAFETY: headers are at most 128 bytes, far less than what the caller promises.
    unsafe { decode_header(entry, mark, scratch) };
    if scratch.header.psn_count > MAX_PSN_COUNT {
        return None;
    }
    let payload_offset = usize::from(HEADER_WORDS[usize::from(groups)]) * 8;
    let mut follow = u64::from(len_bytes);
    if by_reference {
        // SAFETY: the list lies within 128 + 34 · 16 bytes, less than what the caller promises.
        unsafe { decode_references(entry, payload_offset, len_bytes, references) }?;
        follow = 16 * references.count as u64;
    }
    let entry_bytes = round_up(payload_offset as u64 + follow);
    Some(Decoded {
        len_bytes,
        entry_bytes,
        payload_offset,
        by_reference,
    })
}

/// # Safety
/// From `entry` on, 128 bytes are readable.
#[inline]
unsafe fn decode_header(entry: NonNull<u8>, mark: u64, scratch: &mut Scratch) {
    let groups = (mark >> 40) as u8;
    let Scratch {
        header,
        groups: groups_before,
    } = scratch;
    // SAFETY: the mark is the first word of the entry.
    let mut words = Words(unsafe { entry.cast::<u64>().add(1) });
    let mut take = || {
        // SAFETY: all groups together are less than 128 bytes.
        unsafe { words.take() }
    };
    let qpns = take();
    let psns = take();
    if *groups_before != 0 {
        *header = Header::default();
    }
    *groups_before = groups & !group::REFS;
    header.opcode = Opcode((mark >> 32) as u8);
    header.solicited = mark & SOLICITED != 0;
    header.ack_req = mark & ACK_REQ != 0;
    header.dest_qpn = Qpn(qpns as u32 & 0xff_ffff);
    header.src_qpn = Qpn((qpns >> 32) as u32 & 0xff_ffff);
    header.psn = Psn::new(psns as u32);
    header.psn_count = (psns >> 32) as u32;
    if *groups_before == 0 {
        return;
    }
    if groups & group::RETH != 0 {
        header.remote_va = take();
        let rest = take();
        header.rkey = Rkey(rest as u32);
        header.dma_len_bytes = (rest >> 32) as u32;
    }
    if groups & group::ATOMIC != 0 {
        header.atomic.swap_add = take();
        header.atomic.compare = take();
    }
    if groups & group::IMM != 0 {
        header.imm_data = take() as u32;
    }
    if groups & group::AETH != 0 {
        let aeth = take();
        header.msn = aeth as u32 & 0xff_ffff;
        header.syndrome = Syndrome((aeth >> 32) as u8);
        header.has_ack = mark & HAS_ACK != 0;
        header.ack_psn = Psn::new((aeth >> 40) as u32);
    }
    if groups & group::ORIG != 0 {
        header.atomic_orig = take();
    }
    if groups & group::DETH != 0 {
        let deth = take();
        header.qkey = Qkey(deth as u32);
        header.traffic_class = (deth >> 32) as u8;
        header.hop_limit = (deth >> 40) as u8;
    }
    if groups & group::GIDS != 0 {
        let mut gid = || Gid((u128::from(take()) | u128::from(take()) << 64).to_le_bytes());
        header.sgid = gid();
        header.dgid = gid();
    }
}

/// # Safety
/// From `entry + payload_offset − 8` on, 8 + 34 · 16 bytes are readable.
unsafe fn decode_references(
    entry: NonNull<u8>,
    payload_offset: usize,
    len_bytes: u32,
    references: &mut RefList,
) -> Option<()> {
    // SAFETY: within what the caller promises.
    let mut words = Words(unsafe { entry.add(payload_offset - 8) }.cast());
    // SAFETY: as above.
    let count = unsafe { words.take() };
    if count as usize as u64 != count || count as usize > MAX_REFERENCES {
        return None;
    }
    references.count = count as usize;
    let mut sum = 0u64;
    for segment in &mut references.segments[..count as usize] {
        // SAFETY: the count was checked.
        segment.addr = unsafe { words.take() };
        // SAFETY: as above.
        segment.len_bytes = unsafe { words.take() };
        sum = sum.checked_add(segment.len_bytes)?;
    }
    (sum == u64::from(len_bytes)).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[repr(align(64))]
    struct Room([u8; 4096]);

    fn full_header() -> Header {
        Header {
            opcode: Opcode(0x64),
            solicited: true,
            ack_req: true,
            dest_qpn: Qpn(0x12_3456),
            src_qpn: Qpn(0xfe_dcba),
            psn: Psn::new(0xff_fffe),
            psn_count: 4096,
            remote_va: u64::MAX - 5,
            rkey: Rkey(0xdead_beef),
            dma_len_bytes: 1 << 30,
            atomic: AtomicWords {
                swap_add: 5,
                compare: u64::MAX,
            },
            imm_data: 0x0102_0304,
            syndrome: Syndrome(0x9f),
            msn: 0xab_cdef,
            has_ack: true,
            ack_psn: Psn::new(0x98_7654),
            atomic_orig: 77,
            qkey: Qkey(0x1111_1111),
            sgid: Gid(std::array::from_fn(|i| i as u8)),
            dgid: Gid(std::array::from_fn(|i| 0xf0 | i as u8)),
            traffic_class: 3,
            hop_limit: 64,
        }
    }

    fn round_trip(header: &Header, len: u32) -> (Decoded, Header) {
        let mut room = Box::new(Room([0xee; 4096]));
        let entry = NonNull::from(&mut *room).cast::<u8>();
        let layout = Layout::of(header, Shape::Bytes(len));
        // SAFETY: 4096 bytes are enough for every header.
        unsafe { encode(entry, &layout, header) };
        let mut list = RefList::EMPTY;
        let mut read = Scratch::default();
        // SAFETY: decoding reads headers only here.
        let decoded = unsafe { decode(entry, layout.mark, 16384, &mut read, &mut list) };
        let decoded = decoded.unwrap();
        assert_eq!(
            (decoded.entry_bytes, decoded.payload_offset),
            (layout.entry_bytes, layout.payload_offset)
        );
        (decoded, read.header)
    }

    #[test]
    fn every_field_arrives() {
        let header = full_header();
        let (decoded, read) = round_trip(&header, 100);
        assert_eq!(read, header);
        assert_eq!(decoded.len_bytes, 100);
        assert!(decoded.payload_offset as u64 <= MAX_HEADER_BYTES);
        assert_eq!(round_trip(&Header::default(), 0).1, Header::default());
    }

    #[test]
    fn each_group_alone_arrives() {
        let full = full_header();
        let base = Header {
            opcode: full.opcode,
            psn_count: 1,
            ..Header::default()
        };
        let all = [
            Header {
                remote_va: full.remote_va,
                rkey: full.rkey,
                dma_len_bytes: 7,
                ..base
            },
            Header {
                dma_len_bytes: 7,
                ..base
            },
            Header {
                atomic: full.atomic,
                ..base
            },
            Header {
                imm_data: 1,
                ..base
            },
            Header {
                syndrome: full.syndrome,
                msn: full.msn,
                ..base
            },
            Header {
                atomic_orig: 1,
                ..base
            },
            Header {
                qkey: full.qkey,
                traffic_class: 9,
                hop_limit: 8,
                ..base
            },
            Header {
                sgid: full.sgid,
                dgid: full.dgid,
                ..base
            },
        ];
        for header in all {
            assert_eq!(round_trip(&header, 8).1, header);
        }
    }

    #[test]
    fn small_sends_are_one_line() {
        let send = Header {
            opcode: Opcode(4),
            dest_qpn: Qpn(5),
            ..Header::default()
        };
        assert_eq!(Layout::of(&send, Shape::Bytes(40)).entry_bytes, 64);
        let write = Header {
            remote_va: 1,
            ..send
        };
        assert_eq!(Layout::of(&write, Shape::Bytes(24)).entry_bytes, 64);
    }

    #[test]
    fn references_are_checked() {
        let segments = [
            LocalSegment {
                addr: 0x1000,
                len_bytes: 10,
            },
            LocalSegment {
                addr: 0x9000,
                len_bytes: 90,
            },
        ];
        let mut room = Box::new(Room([0; 4096]));
        let entry = NonNull::from(&mut *room).cast::<u8>();
        let header = full_header();
        let decode_with = |len_bytes, count: Option<u64>| {
            let layout = Layout::of(
                &header,
                Shape::References {
                    count: 2,
                    len_bytes,
                },
            );
            // SAFETY: the room is large enough.
            unsafe { encode(entry, &layout, &header) };
            // SAFETY: as above.
            unsafe { encode_references(entry, &layout, &segments) };
            if let Some(count) = count {
                // SAFETY: the word in front of the list.
                unsafe { entry.add(layout.payload_offset - 8).cast().write(count) };
            }
            let mut list = RefList::EMPTY;
            // SAFETY: as above.
            let decoded = unsafe {
                decode(
                    entry,
                    layout.mark,
                    16384,
                    &mut Scratch::default(),
                    &mut list,
                )
            };
            decoded.map(|_| list.segments().to_vec())
        };
        assert_eq!(decode_with(100, None), Some(segments.to_vec()));
        assert_eq!(decode_with(99, None), None, "sum");
        assert_eq!(decode_with(MAX_REFERENCE_BYTES + 1, None), None, "too long");
        assert_eq!(decode_with(100, Some(35)), None, "count");
        assert_eq!(decode_with(100, Some(1 << 32 | 2)), None, "count");
    }

    #[test]
    fn nonsense_is_refused_without_reading_far() {
        let mut room = Box::new(Room([0xff; 4096]));
        let entry = NonNull::from(&mut *room).cast::<u8>();
        let mut list = RefList::EMPTY;
        for mark in [1, u64::MAX, SIGN | 16385, SIGN | u64::from(u32::MAX)] {
            let scratch = &mut Scratch::default();
            // SAFETY: 4096 bytes cover header and references.
            let decoded = unsafe { decode(entry, mark, 16384, scratch, &mut list) };
            assert!(decoded.is_none(), "{mark:#x}");
        }
        let mut bits = 1u64;
        for _ in 0..100_000 {
            bits = bits
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            room.0[8..16].copy_from_slice(&bits.to_le_bytes());
            room.0[16..24].copy_from_slice(&(bits >> 43).to_le_bytes());
            // SAFETY: as above.
            let decoded = unsafe {
                decode(
                    entry,
                    bits | SIGN,
                    16384,
                    &mut Scratch::default(),
                    &mut list,
                )
            };
            if let Some(decoded) = decoded {
                assert!(decoded.entry_bytes <= max_entry_bytes(16384));
            }
        }
    }
}
