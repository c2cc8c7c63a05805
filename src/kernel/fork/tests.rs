use super::*;

const PAGE: usize = 4096;

/// A kernel that remembers which pages are withheld, and refuses one page: one that is gone does
/// not keep it from the pages behind, any other does.
struct Kernel {
    withheld: [bool; PAGES],
    refused: Option<(usize, Errno)>,
}

const PAGES: usize = 24;

impl Kernel {
    fn advise(&mut self, pages: Range<usize>, advice: Advice) -> Result<(), Errno> {
        let mut answer = Ok(());
        assert!(!pages.is_empty());
        for page in pages.step_by(PAGE).map(|address| address / PAGE) {
            match self.refused {
                Some((refused, errno)) if refused == page => {
                    answer = Err(errno);
                    if errno != Errno::ENOMEM {
                        break;
                    }
                }
                _ => self.withheld[page] = advice == Advice::Withhold,
            }
        }
        answer
    }
}

/// The plainest thing that could be right: a count for each page.
#[test]
fn pages_are_withheld_exactly_while_a_range_covers_them() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) as usize % below
    };
    let mut counts = Counts::default();
    let mut plain = [0_u32; PAGES];
    let mut kernel = Kernel {
        withheld: [false; PAGES],
        refused: None,
    };
    let mut live: Vec<Range<usize>> = Vec::new();
    for round in 0..20_000 {
        let errno = [Errno::ENOMEM, Errno::EINVAL][next(2)];
        kernel.refused = (next(4) == 0).then(|| (next(PAGES), errno));
        let refused = kernel.refused.map(|refused| refused.0);
        if live.len() < 12 && next(2) == 0 {
            let start = next(PAGES);
            let range = start..start + 1 + next(PAGES - start);
            let fails = refused.is_some_and(|page| range.contains(&page) && plain[page] == 0);
            let bytes = range.start * PAGE..range.end * PAGE;
            let raised = counts.raise(bytes, &mut |pages, advice| kernel.advise(pages, advice));
            assert_eq!(raised.is_err(), fails, "round {round}");
            if raised.is_ok() {
                range.clone().for_each(|page| plain[page] += 1);
                live.push(range);
            }
        } else if !live.is_empty() {
            let range = live.swap_remove(next(live.len()));
            range.clone().for_each(|page| plain[page] -= 1);
            // The page the kernel refuses is as gone as its mark.
            if let Some(page) = refused.filter(|page| plain[*page] == 0) {
                kernel.withheld[page] = false;
            }
            let bytes = range.start * PAGE..range.end * PAGE;
            counts.lower(bytes, PAGE, &mut |pages, advice| {
                kernel.advise(pages, advice)
            });
        }
        for (page, &count) in plain.iter().enumerate() {
            let place = format!("round {round}, page {page}");
            assert_eq!(counts.at(page * PAGE), count, "{place}");
            assert_eq!(kernel.withheld[page], count > 0, "{place}");
        }
    }
    for range in live {
        let bytes = range.start * PAGE..range.end * PAGE;
        counts.lower(bytes, PAGE, &mut |_, _| Ok(()));
    }
    assert!(
        counts.steps.is_empty(),
        "entries are left where nothing changes"
    );
}

#[test]
fn counting_down_below_nothing_is_harmless() {
    let mut counts = Counts::default();
    counts.lower(PAGE..2 * PAGE, PAGE, &mut |_, _| {
        panic!("nothing to tell the kernel")
    });
    assert!(counts.steps.is_empty());
}

#[test]
fn the_kernel_is_not_asked_twice_for_a_page() {
    let mut counts = Counts::default();
    let mut asked = Vec::new();
    let mut record = |pages: Range<usize>, advice| {
        asked.push((pages, advice));
        Ok(())
    };
    counts.raise(PAGE..3 * PAGE, &mut record).expect("recorded");
    counts
        .raise(2 * PAGE..5 * PAGE, &mut record)
        .expect("recorded");
    counts.lower(PAGE..3 * PAGE, PAGE, &mut record);
    counts.lower(2 * PAGE..5 * PAGE, PAGE, &mut record);
    let expected = [
        (PAGE..3 * PAGE, Advice::Withhold),
        (3 * PAGE..5 * PAGE, Advice::Withhold),
        (PAGE..2 * PAGE, Advice::Inherit),
        (2 * PAGE..5 * PAGE, Advice::Inherit),
    ];
    assert_eq!(asked, expected);
}

#[test]
fn what_is_registered_unmarked_makes_it_too_late() {
    let protection = Protection::new(|| false);
    assert_eq!(protection.status(), Status::Disabled);
    protection.protect(0x1000, 1).expect("passes unmarked");
    assert_eq!(protection.begin(), Err(Errno::EINVAL));
    assert_eq!(protection.status(), Status::Disabled);
}

#[test]
fn where_nothing_needs_it_asking_is_always_in_time() {
    let protection = Protection::new(|| true);
    protection.protect(0x1000, 1).expect("passes unmarked");
    assert_eq!(protection.begin(), Ok(()));
    assert_eq!(protection.begin(), Ok(()));
    assert_eq!(protection.status(), Status::Unneeded);
}

/// Whether the kernel withholds the page at an address, by its own account (flag `dc`).
fn is_withheld(address: usize) -> bool {
    let smaps = std::fs::read_to_string("/proc/self/smaps").expect("readable");
    let mut lines = smaps.lines();
    let is_here = |line: &&str| {
        let range = line.split_once('-').and_then(|(start, rest)| {
            let start = usize::from_str_radix(start, 16).ok()?;
            let end = usize::from_str_radix(rest.split(' ').next()?, 16).ok()?;
            Some(start..end)
        });
        range.is_some_and(|range| range.contains(&address))
    };
    lines.find(is_here).expect("mapped");
    let flags = lines.find_map(|line| line.strip_prefix("VmFlags:"));
    flags.expect("flags").split(' ').any(|flag| flag == "dc")
}

#[test]
fn real_pages_are_marked_and_unmarked() {
    use nix::sys::mman::{MapFlags, ProtFlags, mmap_anonymous, munmap};

    let protection = Protection::new(|| false);
    protection.begin().expect("every Linux marks");
    assert_eq!(protection.status(), Status::Enabled);
    let length = std::num::NonZeroUsize::new(4 * page_bytes()).expect("not zero");
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: a fresh mapping of our own.
    let mapped = unsafe { mmap_anonymous(None, length, access, MapFlags::MAP_PRIVATE) };
    let mapped = mapped.expect("memory");
    let base = mapped.as_ptr() as usize;
    let page = page_bytes();
    protection.protect(base + page + 5, 1).expect("mapped");
    protection.protect(base, 2 * page).expect("mapped");
    assert!(is_withheld(base) && is_withheld(base + page) && !is_withheld(base + 2 * page));
    protection.release(base, 2 * page);
    assert!(!is_withheld(base) && is_withheld(base + page));
    protection.release(base + page + 5, 1);
    assert!(!is_withheld(base + page));
    // A region that could not be made leaves nothing marked; one that could, does.
    let kept = protection.keep(true, base, page).expect("mapped");
    assert!(is_withheld(base));
    drop(kept);
    assert!(!is_withheld(base));
    protection.keep(true, base, page).expect("mapped").stay();
    protection
        .keep(false, base + page, page)
        .expect("not needed")
        .stay();
    assert!(is_withheld(base) && !is_withheld(base + page));
    protection.release(base, page);
    assert!(!is_withheld(base));
    // No range at all, and one that ends beyond the last address.
    protection.protect(0, 10).expect("nothing to do");
    protection.protect(base, 0).expect("nothing to do");
    protection.protect(base, usize::MAX).expect("nothing to do");
    assert!(!is_withheld(base));
    // SAFETY: mapped above, and nobody uses it.
    unsafe { munmap(mapped, length.get()) }.expect("mapped");
    assert_eq!(protection.protect(base, page), Err(Errno::ENOMEM));
    protection.release(base, page);
}

#[test]
fn the_page_size_is_that_of_the_mapping_around_the_address() {
    let smaps = "\
        00400000-00500000 r-xp 00000000 08:01 1 /bin/x\n\
        Size:               1024 kB\n\
        KernelPageSize:        4 kB\n\
        VmFlags: rd ex\n\
        7f0000000000-7f0000400000 rw-p 00000000 00:0f 2 /anon_hugepage (deleted)\n\
        Size:               4096 kB\n\
        KernelPageSize:     2048 kB\n";
    assert_eq!(mapped_page_bytes(smaps, 0x40_0000), Some(4096));
    assert_eq!(mapped_page_bytes(smaps, 0x50_0000), None);
    assert_eq!(mapped_page_bytes(smaps, 0x7f00_003f_ffff), Some(2 << 20));
    let own = std::fs::read_to_string("/proc/self/smaps").expect("readable");
    let local = 0_u8;
    assert_eq!(
        mapped_page_bytes(&own, (&raw const local) as usize),
        Some(page_bytes())
    );
}
