//! How a device of the kernel gets its driver.
//!
//! What has registered is asked first. Then plug-ins are loaded, no more than needed: those the
//! user names, those that are known to serve such a device, and only for a stranger all that are
//! configured. Called by `registry` for each new device; if nobody takes it, one line says why.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use super::device::{DeviceRef, Record};
use super::matching;
use super::plugin::{self, Config, Driver};
use crate::base::sync::{AtomicBool, Ordering};
use crate::kernel::discovery::KernelDevice;

/// One device on its way to a driver.
pub(super) struct Binder<'a> {
    device: &'a KernelDevice,
    record: Option<Record>,
    /// How many of the registered drivers have been asked.
    asked: usize,
    /// Why those that might have served it do not.
    reasons: Vec<String>,
}

impl<'a> Binder<'a> {
    pub(super) fn new(device: &'a KernelDevice) -> Binder<'a> {
        Binder {
            device,
            record: Record::new(device),
            asked: 0,
            reasons: Vec::new(),
        }
    }

    /// The device its driver makes. `is_news`: nobody has looked for a driver before, so plug-ins
    /// are loaded, and the user is told if none serves.
    pub(super) fn bind(mut self, is_news: bool) -> Option<DeviceRef> {
        let made = self.ask_drivers();
        // For a device that nobody took before, every plug-in has been loaded then.
        if made.is_some() || !is_news {
            return made;
        }
        let made = self.ask_plugins();
        if made.is_none() {
            self.tell();
        }
        made
    }

    fn ask_plugins(&mut self) -> Option<DeviceRef> {
        if plugin::is_in_program() {
            return None;
        }
        for name in plugin::from_env() {
            if let Err(reason) = plugin::load(&name) {
                self.reasons.push(reason);
            }
        }
        if let Some(made) = self.ask_drivers() {
            return Some(made);
        }
        let of_user = self.reasons.len();
        let made = self.ask_configured();
        if made.is_some() && of_user > 0 {
            self.reasons.truncate(of_user);
            self.tell_of_users_choice();
        }
        made
    }

    fn ask_configured(&mut self) -> Option<DeviceRef> {
        let config = Config::of_machine();
        for name in self.likely_plugins() {
            if let Some(made) = self.ask_plugin(&config, name) {
                return Some(made);
            }
        }
        // A stranger: what serves other hardware is asked last, and fails in silence.
        let is_known = |name: &OsString| {
            let stem = plugin::stem(name).to_str();
            stem.is_some_and(matching::is_known_plugin)
        };
        let (known, strangers): (Vec<_>, Vec<_>) = config.all().into_iter().partition(is_known);
        for name in strangers {
            if let Err(reason) = plugin::load(&name) {
                self.reasons.push(reason);
            }
        }
        self.ask_drivers().or_else(|| {
            for name in known {
                let _ = plugin::load(&name);
            }
            self.ask_drivers()
        })
    }

    /// Loads a plug-in that is known to serve such devices.
    fn ask_plugin(&mut self, config: &Config, name: &str) -> Option<DeviceRef> {
        let outcome = match config.find(name) {
            Some(name) => plugin::load(&name),
            None => {
                let folder = config.folder().display();
                Err(format!("no file in {folder} names its plug-in {name}"))
            }
        };
        if let Err(reason) = outcome {
            self.reasons.push(reason);
        }
        self.ask_drivers()
    }

    fn likely_plugins(&mut self) -> Vec<&'static str> {
        let record = &mut self.record;
        let modalias = || record.as_mut().map(Record::modalias).unwrap_or_default();
        let name = self.device.name.as_bytes();
        matching::likely_plugins(self.device.driver_id, name, modalias)
    }

    /// Asks the drivers that have registered since the last time, those of the kernel's driver
    /// number before the others.
    fn ask_drivers(&mut self) -> Option<DeviceRef> {
        let drivers = plugin::drivers();
        let new = drivers.get(self.asked..).unwrap_or_default();
        self.asked = drivers.len();
        let is_named = |driver: &&Driver| {
            let rules = driver.rules().unwrap_or_default();
            matching::by_driver_id(&rules, self.device.driver_id).is_some()
        };
        let (named, others): (Vec<_>, Vec<_>) = new.iter().partition(is_named);
        named
            .into_iter()
            .chain(others)
            .find_map(|driver| self.ask(driver))
    }

    fn ask(&mut self, driver: &Driver) -> Option<DeviceRef> {
        let mut record = self.record.take()?;
        if !record.is_taken_by(driver, self.device) {
            self.record = Some(record);
            return None;
        }
        let (min, max) = driver.abi_range();
        let spoken = self.device.driver_abi;
        if !(min..=max).contains(&spoken) {
            self.reasons.push(format!(
                "the kernel speaks version {spoken} of its driver, plug-in {} versions {min} to \
                 {max}",
                driver.name()
            ));
            self.record = Some(record);
            return None;
        }
        match record.make(driver, self.device) {
            Ok(made) => Some(made),
            Err(record) => {
                let name = driver.name();
                self.reasons
                    .push(format!("plug-in {name} makes no device of it"));
                self.record = Some(record);
                None
            }
        }
    }

    /// What the user names and cannot be had is told once, even if another plug-in serves.
    fn tell_of_users_choice(&self) {
        static IS_TOLD: AtomicBool = AtomicBool::new(false);
        // Alone: nothing else hangs on it.
        if !IS_TOLD.swap(true, Ordering::Relaxed) {
            let reasons = self.reasons.join("; ");
            crate::base::log::tell(format_args!("warning: RDMAV_DRIVERS: {reasons}"));
        }
    }

    fn tell(&self) {
        let name = self.device.name.display();
        let uverbs_name = self.device.uverbs_name.display();
        let driver_id = self.device.driver_id;
        if !self.reasons.is_empty() {
            let reasons = self.reasons.join("; ");
            crate::base::log::tell(format_args!(
                "warning: {name} ({uverbs_name}) has no driver: {reasons}"
            ));
        } else if std::env::var_os("IBV_SHOW_WARNINGS").is_some() {
            let who = if plugin::is_in_program() {
                "nothing the program is linked with (RDMA_STATIC_PROVIDERS)"
            } else {
                "no plug-in"
            };
            crate::base::log::tell(format_args!(
                "warning: {name} ({uverbs_name}, driver {driver_id}) has no driver: {who} serves \
                 such a device"
            ));
        }
    }
}
