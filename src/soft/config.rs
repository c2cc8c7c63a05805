//! The switches of the embedded NIC: what the `VERBIUM_*` variables say.
//!
//! Read once, when the device list is first asked for; docs/environment.md is the user's page on
//! the same subject. A value nobody understands costs one warning line and the default is used. A
//! process that runs with another user's rights (uid ≠ euid) gets the defaults, whatever its
//! environment says. Nothing here opens, asks or starts anything.

use crate::base::errno::Errno;
use std::ffi::OsString;

/// What the environment asks of the embedded NIC.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `VERBIUM_NIC`: when its devices are listed.
    pub nic: Nic,
    /// `VERBIUM_NAME`: the name of the first device; see [`Config::device_name`].
    pub name: Option<String>,
    /// `VERBIUM_NETDEVS`: the interfaces to serve, in this order; empty for the usual choice.
    pub netdevs: Vec<String>,
    /// `VERBIUM_IDENTITY`: vendor id and vendor part id to show instead of our own.
    pub identity: Option<Identity>,
    /// `VERBIUM_STRICT_GID`: no aliases of GID index 0.
    pub strict_gid: bool,
    /// `VERBIUM_LINK`: the way bytes must take.
    pub link: LinkChoice,
    /// `VERBIUM_ADOPT`: whether private memory may be re-backed so that peers can map it.
    pub adopt: bool,
}

/// When the embedded NIC is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Nic {
    /// Only where the kernel offers no device.
    #[default]
    Auto,
    /// Always, after the kernel's devices.
    On,
    /// Never.
    Off,
}

/// A link the user insists on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LinkChoice {
    /// Whatever serves a peer best.
    #[default]
    Auto,
    /// Shared mappings of the peer's memory; not served yet.
    Mapped,
    /// Cross-memory attach for READ, WRITE and large SENDs.
    Cma,
    /// The ring for everything.
    Ring,
    /// The wire, even between processes of one host; not served yet.
    Udp,
}

/// What a program that tells devices apart by number gets to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    pub vendor_id: u32,
    pub part_id: u32,
}

impl Config {
    /// The configuration of this process; each value that was not understood is logged.
    pub fn from_env() -> Config {
        if nix::unistd::getuid() != nix::unistd::geteuid() {
            return Config::default();
        }
        let (config, warnings) = Config::parse(std::env::vars_os());
        for warning in &warnings {
            crate::log_warn!("{warning}");
        }
        if config.check_link().is_err() {
            crate::log_error!(
                "VERBIUM_LINK={} is not served yet: the devices of this library cannot be opened",
                format!("{:?}", config.link).to_lowercase()
            );
        }
        config
    }

    /// The configuration some variables ask for, and a line for each that was not understood.
    pub fn parse(vars: impl Iterator<Item = (OsString, OsString)>) -> (Config, Vec<String>) {
        let mut config = Config::default();
        let mut warnings = Vec::new();
        for (name, value) in vars {
            let Some(name) = name.to_str().filter(|name| name.starts_with("VERBIUM_")) else {
                continue;
            };
            let Some(value) = value.to_str().map(str::trim) else {
                warnings.push(format!("{name} is not valid UTF-8: ignored"));
                continue;
            };
            // An empty value is how scripts unset a variable.
            if value.is_empty() {
                continue;
            }
            if let Err(expected) = config.set(name, value) {
                warnings.push(format!("{name}={value}: {expected}; ignored"));
            }
        }
        // The environment has no order of its own; the lines should.
        warnings.sort();
        (config, warnings)
    }

    /// Whether the link that was asked for exists: opening a device asks this.
    pub fn check_link(&self) -> Result<(), Errno> {
        match self.link {
            LinkChoice::Auto | LinkChoice::Cma | LinkChoice::Ring => Ok(()),
            LinkChoice::Mapped | LinkChoice::Udp => Err(Errno::EOPNOTSUPP),
        }
    }

    /// The name of the device with this index: `verbium0`, `verbium1`, …
    ///
    /// A name from the environment is the first device's as it stands. The others count up from
    /// the number it ends in (`mlx5_0`, `mlx5_1`), or get one (`nic`, `nic1`).
    pub fn device_name(&self, index: usize) -> String {
        let Some(name) = &self.name else {
            return format!("verbium{index}");
        };
        if index == 0 {
            return name.clone();
        }
        let stem = name.trim_end_matches(|c: char| c.is_ascii_digit());
        let first: usize = name[stem.len()..].parse().unwrap_or(0);
        format!("{stem}{}", first.saturating_add(index))
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        match name {
            "VERBIUM_NIC" => self.nic = parse_nic(value)?,
            "VERBIUM_NAME" => self.name = Some(parse_name(value)?),
            "VERBIUM_NETDEVS" => self.netdevs = parse_netdevs(value),
            "VERBIUM_IDENTITY" => self.identity = Some(parse_identity(value)?),
            "VERBIUM_STRICT_GID" => self.strict_gid = parse_bool(value)?,
            "VERBIUM_LINK" => self.link = parse_link(value)?,
            "VERBIUM_ADOPT" => self.adopt = parse_adopt(value)?,
            "VERBIUM_PCAP" | "VERBIUM_FAULT" => return Err("not served yet"),
            _ => return Err("there is no such variable"),
        }
        Ok(())
    }
}

fn parse_nic(value: &str) -> Result<Nic, &'static str> {
    match value {
        "auto" => Ok(Nic::Auto),
        "on" => Ok(Nic::On),
        "off" => Ok(Nic::Off),
        _ => Err("expected auto, on or off"),
    }
}

fn parse_link(value: &str) -> Result<LinkChoice, &'static str> {
    match value {
        "auto" => Ok(LinkChoice::Auto),
        "mapped" => Ok(LinkChoice::Mapped),
        "cma" => Ok(LinkChoice::Cma),
        "ring" => Ok(LinkChoice::Ring),
        "udp" => Ok(LinkChoice::Udp),
        _ => Err("expected auto, cma, ring, mapped or udp"),
    }
}

fn parse_adopt(value: &str) -> Result<bool, &'static str> {
    match value {
        "off" => Ok(false),
        "auto" => Err("not served yet"),
        _ => Err("expected auto or off"),
    }
}

fn parse_bool(value: &str) -> Result<bool, &'static str> {
    match value {
        "1" | "on" | "yes" | "true" => Ok(true),
        "0" | "off" | "no" | "false" => Ok(false),
        _ => Err("expected 1 or 0"),
    }
}

fn parse_name(value: &str) -> Result<String, &'static str> {
    let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    // A name becomes part of paths in programs that look below /sys.
    if value.chars().all(is_fit) && value.len() <= MAX_NAME_BYTES && !value.starts_with('.') {
        Ok(value.to_owned())
    } else {
        Err("expected up to 48 letters, digits, '_', '-' or '.'")
    }
}

fn parse_netdevs(value: &str) -> Vec<String> {
    let mut netdevs: Vec<String> = Vec::new();
    for name in value
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
    {
        if !netdevs.iter().any(|known| known == name) {
            netdevs.push(name.to_owned());
        }
    }
    netdevs
}

fn parse_identity(value: &str) -> Result<Identity, &'static str> {
    const EXPECTED: &str = "expected two numbers, vendor:part";
    let (vendor, part) = value.split_once(':').ok_or(EXPECTED)?;
    let vendor_id = parse_number(vendor).ok_or(EXPECTED)?;
    let part_id = parse_number(part).ok_or(EXPECTED)?;
    Ok(Identity { vendor_id, part_id })
}

/// Decimal, or hexadecimal after `0x`.
fn parse_number(text: &str) -> Option<u32> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The C structs hold 63 bytes; the number of a further device must fit as well.
const MAX_NAME_BYTES: usize = 48;

#[cfg(test)]
mod tests;
