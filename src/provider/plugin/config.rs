//! Which plug-ins the machine and the user name: `/etc/libibverbs.d` and `RDMAV_DRIVERS`.
#![forbid(unsafe_code)]

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// The directory whose files name plug-ins.
pub(crate) struct Config {
    folder: PathBuf,
}

impl Config {
    pub(crate) fn of_machine() -> Config {
        Config::at(Path::new(FOLDER))
    }

    pub(crate) fn at(folder: &Path) -> Config {
        Config {
            folder: folder.to_owned(),
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a plug-in is called here, if it is named at all.
    ///
    /// Packages call the file after the plug-in, so that one is looked at first.
    pub(crate) fn find(&self, plugin: &str) -> Option<OsString> {
        let named = |names: Vec<OsString>| names.into_iter().find(|name| stem(name) == plugin);
        let own = self.folder.join(format!("{plugin}.driver"));
        read(&own).and_then(named).or_else(|| named(self.all()))
    }

    /// Every plug-in that is named, in the order in which they are to be loaded: what was read
    /// last comes first.
    pub(crate) fn all(&self) -> Vec<OsString> {
        let mut names = Vec::new();
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) => {
                crate::log_warn!("{}: {error}", self.folder.display());
                return names;
            }
        };
        for entry in entries.flatten() {
            // A file behind a link counts, a directory does not; reading tells them apart.
            names.extend(read(&entry.path()).into_iter().flatten());
        }
        names.reverse();
        names
    }
}

/// The plug-in a name stands for: names with a path are those of a file without its suffix.
pub(crate) fn stem(name: &OsStr) -> &OsStr {
    let name = name.as_bytes();
    let Some(slash) = name.iter().rposition(|&byte| byte == b'/') else {
        return OsStr::from_bytes(name);
    };
    let file = &name[slash + 1..];
    OsStr::from_bytes(file.strip_prefix(b"lib").unwrap_or(file))
}

/// The plug-ins a file names; `None` if it cannot be read.
fn read(path: &Path) -> Option<Vec<OsString>> {
    let mut text = Vec::new();
    let file = File::open(path);
    let length = file.and_then(|file| file.take(MAX_FILE_BYTES).read_to_end(&mut text));
    if let Err(error) = length {
        if error.kind() != std::io::ErrorKind::NotFound
            && error.kind() != std::io::ErrorKind::IsADirectory
        {
            crate::log_warn!("{}: {error}", path.display());
        }
        return None;
    }
    let (names, bad) = parse(&text);
    for word in bad {
        crate::log_warn!(
            "{}: {:?} is no directive; the line is ignored",
            path.display(),
            word
        );
    }
    Some(names)
}

/// The names in the text of a file, and the first word of each line that is not understood.
pub(crate) fn parse(text: &[u8]) -> (Vec<OsString>, Vec<OsString>) {
    let (mut names, mut bad) = (Vec::new(), Vec::new());
    let owned = |word: &[u8]| OsString::from_vec(word.to_vec());
    for line in text.split(|&byte| byte == b'\n') {
        let is_blank = |&byte: &u8| byte == b' ' || byte == b'\t';
        let mut words = line.split(is_blank).filter(|word| !word.is_empty());
        match (words.next(), words.next()) {
            (None, _) => {}
            (Some(word), _) if word.starts_with(b"#") => {}
            (Some(b"driver"), Some(name)) => names.push(owned(name)),
            (Some(word), _) => bad.push(owned(word)),
        }
    }
    (names, bad)
}

/// The plug-ins the user asks for, unless the process runs with somebody else's rights.
pub(crate) fn from_env() -> Vec<OsString> {
    if nix::unistd::getuid() != nix::unistd::geteuid() {
        return Vec::new();
    }
    let list = std::env::var_os("RDMAV_DRIVERS").or_else(|| std::env::var_os("IBV_DRIVERS"));
    split(list.as_deref().unwrap_or_default())
}

pub(crate) fn split(list: &OsStr) -> Vec<OsString> {
    let names = list.as_bytes().split(|&byte| byte == b':' || byte == b';');
    names
        .filter(|name| !name.is_empty())
        .map(|name| OsString::from_vec(name.to_vec()))
        .collect()
}

const FOLDER: &str = "/etc/libibverbs.d";

/// A file longer than this is not a list of plug-ins.
const MAX_FILE_BYTES: u64 = 65536;
