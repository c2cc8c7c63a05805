//! Provider plug-ins: how they register, where they are found, and how they are loaded.
//!
//! A plug-in is a shared library whose constructor calls `verbs_register_driver_N`, N being the
//! generation of the interface it was built for. It may come in with the program, as a library it
//! is linked with, or be loaded here because a device needs it. Loaded plug-ins stay.

mod config;
mod elf;
mod release;

use std::ffi::{CStr, CString, OsStr, OsString, c_int, c_void};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::ptr::null_mut;

pub(super) use config::{Config, from_env, stem};
pub(super) use release::release_of;

use super::matching::Rule;
use crate::abi::*;
use crate::base::mutex::Mutex;
use crate::base::sync::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

/// The generations of the interface that are served, the newest first.
pub(crate) const GENERATIONS: &[u32] = &[34];

/// More drivers than any release has shipped; what comes after is ignored.
const MAX_DRIVERS: usize = 64;

/// A registered driver.
#[derive(Clone, Copy)]
pub(super) struct Driver {
    pub(super) ops: &'static verbs_device_ops,
}

struct Slot {
    ops: AtomicPtr<verbs_device_ops>,
    generation: AtomicU32,
}

/// The drivers in the order they registered.
///
/// Constructors call in while the dynamic linker runs: no lock, no allocation, nothing that needs
/// set-up. A slot is reserved first and published with Release; readers load it with Acquire and
/// end at one that is still empty, so that positions stay what they are.
static DRIVERS: [Slot; MAX_DRIVERS] = [const {
    Slot {
        ops: AtomicPtr::new(null_mut()),
        generation: AtomicU32::new(0),
    }
}; MAX_DRIVERS];
static RESERVED: AtomicUsize = AtomicUsize::new(0);

/// Remembers a driver's table, built for a generation of the interface.
///
/// # Safety
/// `ops` is NULL or stays valid for the life of the process.
pub(crate) unsafe fn register(ops: *const verbs_device_ops, generation: u32) {
    if ops.is_null() {
        return;
    }
    let slot = RESERVED.fetch_add(1, Ordering::Relaxed);
    if let Some(slot) = DRIVERS.get(slot) {
        slot.generation.store(generation, Ordering::Relaxed);
        slot.ops.store(ops.cast_mut(), Ordering::Release);
    }
}

fn registered() -> impl Iterator<Item = (&'static verbs_device_ops, u32)> {
    DRIVERS.iter().map_while(|slot| {
        let ops = slot.ops.load(Ordering::Acquire);
        // SAFETY: NULL or valid for the life of the process, as `register` was promised.
        let ops = unsafe { ops.as_ref() }?;
        Some((ops, slot.generation.load(Ordering::Relaxed)))
    })
}

/// The registered drivers, oldest first.
pub(super) fn drivers() -> Vec<Driver> {
    registered().map(|(ops, _)| Driver { ops }).collect()
}

/// The generation a driver was built for; `None` if it never registered.
#[allow(dead_code, reason = "asked when a device of the kernel is opened")]
pub(crate) fn generation_of(ops: *const verbs_device_ops) -> Option<u32> {
    registered()
        .find(|(known, _)| std::ptr::eq(*known, ops))
        .map(|(_, generation)| generation)
}

impl Driver {
    /// What it calls itself.
    pub(super) fn name(&self) -> String {
        // SAFETY: NULL or a text that lives as long as the driver.
        match unsafe { text(self.ops.name) } {
            Some(name) => name.to_string_lossy().into_owned(),
            None => "without a name".into(),
        }
    }

    /// The versions of the kernel's driver it serves, both included.
    pub(super) fn abi_range(&self) -> (u32, u32) {
        (
            self.ops.match_min_abi_version,
            self.ops.match_max_abi_version,
        )
    }

    /// The entries of its table, in its order; `None` if it has no table.
    pub(super) fn rules(&self) -> Option<Vec<Rule>> {
        if self.ops.match_table.is_null() {
            return None;
        }
        let mut rules = Vec::new();
        let mut entry = self.ops.match_table;
        while rules.len() < MAX_RULES {
            // SAFETY: the table is constant and ends with the sentinel, which is not passed.
            let verbs_match_ent {
                u,
                vendor,
                device,
                kind,
                ..
            } = unsafe { entry.read() };
            let rule = match u32::from(kind) {
                VERBS_MATCH_SENTINEL => break,
                VERBS_MATCH_PCI => Rule::Pci { vendor, device },
                // SAFETY: an entry of this kind holds a text that lives as long as the table.
                VERBS_MATCH_MODALIAS => match unsafe { text(u.modalias) } {
                    Some(pattern) => Rule::Modalias(pattern),
                    None => Rule::Unknown,
                },
                // SAFETY: any 8 bytes are a number.
                VERBS_MATCH_DRIVER_ID => Rule::DriverId(unsafe { u.driver_id }),
                _ => Rule::Unknown,
            };
            rules.push(rule);
            entry = entry.wrapping_add(1);
        }
        Some(rules)
    }
}

/// A constant text of a plug-in.
///
/// # Safety
/// `text` is NULL or ends with NUL and lives as long as the process.
unsafe fn text(text: *const std::ffi::c_char) -> Option<&'static CStr> {
    // SAFETY: as promised.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

/// Whether a text fits a pattern of the shell.
pub(super) fn is_match(pattern: &CStr, text: &CStr) -> bool {
    // SAFETY: two texts that end with NUL.
    unsafe { libc::fnmatch(pattern.as_ptr(), text.as_ptr(), 0) == 0 }
}

/// What became of the plug-ins somebody wanted, by their configured names.
static TRIED: Mutex<Vec<(OsString, Result<(), String>)>> = Mutex::new(Vec::new());

/// Loads a plug-in, once in the life of a process; says why it could not be.
///
/// No lock is held while its constructor runs: two threads may load it at once, and the dynamic
/// linker makes one of that.
pub(super) fn load(name: &OsStr) -> Result<(), String> {
    let outcome_of = |tried: &Vec<(OsString, Result<(), String>)>| {
        let known = tried.iter().find(|(known, _)| known == name);
        known.map(|(_, outcome)| outcome.clone())
    };
    if let Some(outcome) = outcome_of(&TRIED.lock()) {
        return outcome;
    }
    let outcome = find_and_open(name);
    if let Err(reason) = &outcome {
        crate::log_info!("plug-in {}: {reason}", name.display());
    }
    let mut tried = TRIED.lock();
    if outcome_of(&tried).is_none() {
        tried.push((name.to_owned(), outcome.clone()));
    }
    outcome
}

/// Looks for the file of a plug-in where it may be, for the newest generation first.
fn find_and_open(name: &OsStr) -> Result<(), String> {
    let is_path = name.as_bytes().first() == Some(&b'/');
    let mut folders = Vec::new();
    if !is_path {
        folders.extend(folders_of_plugins());
    }
    let mut first_reason = None;
    for generation in GENERATIONS {
        let file = |stem: &[u8]| {
            let suffix = format!("-rdmav{generation}.so");
            OsString::from_vec([stem, name.as_bytes(), suffix.as_bytes()].concat())
        };
        let mut paths = vec![];
        if is_path {
            paths.push(PathBuf::from(file(b"")));
        }
        paths.extend(folders.iter().map(|folder| folder.join(file(b"lib"))));
        let mut may_search = !is_path;
        for path in paths {
            match elf::check(&path).map(|()| open(path.as_os_str())) {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(reason)) => {
                    first_reason.get_or_insert(reason);
                }
                Err(elf::Refusal::Unfit(reason)) => {
                    first_reason.get_or_insert(reason);
                    // The linker would find this file, and crash on it.
                    may_search = false;
                }
                Err(elf::Refusal::Missing) => {}
            }
        }
        // The normal search path of libraries comes last.
        if may_search {
            match open(&file(b"lib")) {
                Ok(()) => return Ok(()),
                Err(reason) if !reason.ends_with(MISSING) => {
                    first_reason.get_or_insert(reason);
                }
                Err(_) => {}
            }
        }
    }
    Err(first_reason.unwrap_or_else(|| missing(name, &folders)))
}

/// What the C library says of a file that is nowhere.
const MISSING: &str = "No such file or directory";

/// Says what was looked for, and whether the plug-in is there for another generation.
fn missing(name: &OsStr, folders: &[PathBuf]) -> String {
    let served = GENERATIONS.iter().map(u32::to_string);
    let served = served.collect::<Vec<_>>().join(", ");
    let prefix = format!("lib{}-rdmav", name.display());
    for folder in folders {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let file = entry.file_name();
            let other = file.to_str().and_then(|file| file.strip_prefix(&prefix));
            if let Some(other) = other.and_then(|other| other.strip_suffix(".so")) {
                return format!(
                    "{} is built for provider interface {other}, this library serves {served}",
                    entry.path().display()
                );
            }
        }
    }
    format!("there is no file {prefix}{served}.so")
}

/// Loads a file that is fit to be loaded.
fn open(path: &OsStr) -> Result<(), String> {
    let c_path = CString::new(path.as_bytes()).map_err(|_| "its name contains NUL")?;
    let before = RESERVED.load(Ordering::Relaxed);
    // SAFETY: a text; what the constructors of the library do is the user's choice of plug-ins.
    let handle = unsafe { libc::dlopen(c_path.as_ptr(), libc::RTLD_NOW) };
    if handle.is_null() {
        // SAFETY: the error of the call just made by this thread.
        let reason = unsafe { text(libc::dlerror()) };
        let reason = reason.map(|reason| reason.to_string_lossy().into_owned());
        return Err(explain(path, reason.unwrap_or_default()));
    }
    let is_silent = RESERVED.load(Ordering::Relaxed) == before;
    if is_silent && !has_driver_in(Path::new(path)) {
        return Err(format!("{} registered no driver", path.display()));
    }
    Ok(())
}

/// Turns what the dynamic linker says into what a user can act on, where that is known.
fn explain(path: &OsStr, reason: String) -> String {
    let after = |word: &str| reason.split(word).nth(1);
    let node = after("version `IBVERBS_PRIVATE_").and_then(|rest| rest.split('\'').next());
    match node {
        Some(wanted) => {
            let served = GENERATIONS.iter().map(u32::to_string);
            format!(
                "{} wants provider interface {wanted}, this library serves {}",
                path.display(),
                served.collect::<Vec<_>>().join(", ")
            )
        }
        None => reason,
    }
}

/// Whether a driver of this file has registered before, so that its constructor did not run again.
fn has_driver_in(path: &Path) -> bool {
    let Ok(path) = path.canonicalize() else {
        // A name for the search path: there is no telling.
        return true;
    };
    registered().any(|(ops, _)| {
        let ops = std::ptr::from_ref(ops).cast();
        object_of(ops).is_some_and(|file| file.canonicalize().is_ok_and(|file| file == path))
    })
}

/// The file an address was loaded from.
fn object_of(address: *const c_void) -> Option<PathBuf> {
    let mut info = libc::Dl_info {
        dli_fname: std::ptr::null(),
        dli_fbase: null_mut(),
        dli_sname: std::ptr::null(),
        dli_saddr: null_mut(),
    };
    // SAFETY: any address may be asked about; the place is ours.
    let is_found = unsafe { libc::dladdr(address, &mut info) } != 0;
    // SAFETY: a found object has a name that lives as long as the object, which stays loaded.
    let name = is_found
        .then(|| unsafe { text(info.dli_fname) })
        .flatten()?;
    Some(PathBuf::from(OsStr::from_bytes(name.to_bytes())))
}

/// Whether this library is part of the program, as `libibverbs.a` makes it. A plug-in would bring
/// `libibverbs.so.1` along and register there; a program has the drivers it is linked with.
pub(super) fn is_in_program() -> bool {
    /// Answers 1 if the object has `DRIVERS`, -1 if not. The first object is the program.
    unsafe extern "C" fn is_own(
        object: *mut libc::dl_phdr_info,
        _size: usize,
        _unused: *mut c_void,
    ) -> c_int {
        // SAFETY: the C library's description of a loaded object.
        let object = unsafe { object.read() };
        let own = (&raw const DRIVERS).addr() as u64;
        let is_own = (0..usize::from(object.dlpi_phnum)).any(|at| {
            // SAFETY: one of as many headers as there are.
            let header = unsafe { object.dlpi_phdr.wrapping_add(at).read() };
            let offset = own
                .wrapping_sub(object.dlpi_addr)
                .wrapping_sub(header.p_vaddr);
            header.p_type == libc::PT_LOAD && offset < header.p_memsz
        });
        if is_own { 1 } else { -1 }
    }
    // SAFETY: the function neither unwinds nor keeps what it is shown.
    unsafe { libc::dl_iterate_phdr(Some(is_own), null_mut()) == 1 }
}

/// Where plug-ins are: beside this library first, then where distributions keep theirs, then where
/// the user keeps libraries.
fn folders_of_plugins() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    let own = object_of((&raw const DRIVERS).cast());
    if let Some(folder) = own.as_deref().and_then(Path::parent) {
        folders.push(folder.join("libibverbs"));
    }
    for folder in DISTRIBUTION_FOLDERS {
        let folder = PathBuf::from(folder);
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    // The dynamic linker looks here too, but it does not look before it leaps.
    if nix::unistd::getuid() == nix::unistd::geteuid() {
        let search = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
        let search = std::env::split_paths(&search).filter(|folder| folder.is_absolute());
        folders.extend(search);
    }
    folders
}

#[cfg(target_arch = "x86_64")]
const DISTRIBUTION_FOLDERS: &[&str] = &[
    "/usr/lib/x86_64-linux-gnu/libibverbs",
    "/usr/lib64/libibverbs",
    "/usr/lib/libibverbs",
];
#[cfg(target_arch = "aarch64")]
const DISTRIBUTION_FOLDERS: &[&str] = &[
    "/usr/lib/aarch64-linux-gnu/libibverbs",
    "/usr/lib64/libibverbs",
    "/usr/lib/libibverbs",
];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const DISTRIBUTION_FOLDERS: &[&str] = &["/usr/lib64/libibverbs", "/usr/lib/libibverbs"];

/// Longer than any table; one without an end is not read to its end.
const MAX_RULES: usize = 4096;

/// The parsers of this module, for the fuzz targets.
#[cfg(fuzzing)]
pub mod fuzzing {
    use std::ffi::{OsStr, OsString};

    pub fn parse_config(text: &[u8]) -> (Vec<OsString>, Vec<OsString>) {
        super::config::parse(text)
    }

    pub fn split(list: &OsStr) -> Vec<OsString> {
        super::config::split(list)
    }

    pub fn promised_size(head: &[u8], more: impl FnOnce(u64, &mut [u8]) -> bool) -> Option<u64> {
        super::elf::promised_size(head, more)
    }

    /// A modalias of the kernel against patterns as plug-ins have them.
    pub fn match_modalias(text: &[u8]) {
        use super::super::matching;
        use super::Rule;
        let text = text.split(|&byte| byte == 0).next().unwrap_or_default();
        let rules = [
            Rule::Pci {
                vendor: 0x15b3,
                device: 0x1017,
            },
            Rule::Modalias(c"rdma_device:*Nrxe*"),
            Rule::Modalias(c"platform:toy[0-9]"),
        ];
        let Ok(alias) = std::ffi::CString::new(text) else {
            return;
        };
        matching::by_modalias(&rules, &alias);
        let name = matching::name_alias(text);
        let is_rxe = matching::by_modalias(&rules, &name) == Some(1);
        assert!(!is_rxe || text.windows(3).any(|part| part == b"rxe"));
        matching::likely_plugins(0, text, || alias);
    }
}

#[cfg(test)]
mod tests;
