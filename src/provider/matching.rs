//! Which driver takes a device: the rules of a driver's table, and what is known beforehand.
//!
//! A driver recognizes devices by the kernel's driver number, by name, or by the modalias of the
//! bus device; the order of these three is rdma-core's. So that only the plug-in a device needs is
//! loaded, [`likely_plugins`] knows which plug-in serves which driver; it decides nothing, the
//! plug-in's own table does.
#![forbid(unsafe_code)]

use std::ffi::{CStr, CString};

use super::plugin::is_match;
use crate::abi::*;

/// One entry of a driver's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Pci {
        vendor: u16,
        device: u16,
    },
    Modalias(&'static CStr),
    DriverId(u64),
    /// Of a kind nobody here knows: matches nothing.
    Unknown,
}

/// The first rule for a driver number; 0 is no driver's.
pub(super) fn by_driver_id(rules: &[Rule], driver_id: u32) -> Option<usize> {
    let wanted = Rule::DriverId(driver_id.into());
    let position = || rules.iter().position(|rule| *rule == wanted);
    (driver_id != RDMA_DRIVER_UNKNOWN).then(position).flatten()
}

/// The first rule for a modalias, be it the bus device's or [`name_alias`].
pub(super) fn by_modalias(rules: &[Rule], modalias: &CStr) -> Option<usize> {
    rules.iter().position(|rule| match rule {
        Rule::Pci { vendor, device } => {
            let pattern = format!("pci:v{vendor:08X}d{device:08X}sv*");
            CString::new(pattern).is_ok_and(|pattern| is_match(&pattern, modalias))
        }
        Rule::Modalias(pattern) => is_match(pattern, modalias),
        Rule::DriverId(_) | Rule::Unknown => false,
    })
}

/// The modalias that stands for the name of a device itself.
pub(super) fn name_alias(name: &[u8]) -> CString {
    CString::new([b"rdma_device:N", name].concat()).unwrap_or_default()
}

/// A plug-in as distributions ship it, and what its devices look like from outside.
struct Known {
    plugin: &'static str,
    driver_id: u32,
    /// Vendors of the PCI devices in its table.
    vendors: &'static [u16],
    /// What the kernel calls its devices, where no bus device tells.
    name: &'static str,
}

const fn known(
    plugin: &'static str,
    driver_id: u32,
    vendors: &'static [u16],
    name: &'static str,
) -> Known {
    Known {
        plugin,
        driver_id,
        vendors,
        name,
    }
}

/// The plug-ins of all releases; a name that two of them share is served by either.
const KNOWN: &[Known] = &[
    known("mlx5", RDMA_DRIVER_MLX5, &[0x15b3], "mlx5_"),
    known("mlx4", RDMA_DRIVER_MLX4, &[0x15b3], "mlx4_"),
    known("mthca", RDMA_DRIVER_MTHCA, &[0x15b3, 0x1867], "mthca"),
    known("rxe", RDMA_DRIVER_RXE, &[], "rxe"),
    known("siw", RDMA_DRIVER_SIW, &[], "siw"),
    known("irdma", RDMA_DRIVER_IRDMA, &[0x8086], "irdma"),
    known("i40iw", RDMA_DRIVER_I40IW, &[0x8086], "i40iw"),
    known("hfi1verbs", RDMA_DRIVER_HFI1, &[0x8086], "hfi1_"),
    known("ipathverbs", RDMA_DRIVER_QIB, &[0x1fc1, 0x1077], "qib"),
    known("bnxt_re", RDMA_DRIVER_BNXT_RE, &[0x14e4], "bnxt_re"),
    known("cxgb4", RDMA_DRIVER_CXGB4, &[0x1425], "cxgb4_"),
    known("cxgb3", RDMA_DRIVER_CXGB3, &[0x1425], "cxgb3_"),
    known("nes", RDMA_DRIVER_NES, &[0x1678], "nes"),
    known("efa", RDMA_DRIVER_EFA, &[0x1d0f], "efa_"),
    known("erdma", RDMA_DRIVER_ERDMA, &[0x1ded], "erdma_"),
    known("hns", RDMA_DRIVER_HNS, &[0x19e5], "hns_"),
    known("mana", RDMA_DRIVER_MANA, &[0x1414], "mana_"),
    known("ionic", RDMA_DRIVER_IONIC, &[0x1dd8], "ionic_"),
    known("ocrdma", RDMA_DRIVER_OCRDMA, &[0x10df], "ocrdma"),
    known("qedr", RDMA_DRIVER_QEDR, &[0x1077], "qedr"),
    known(
        "vmw_pvrdma",
        RDMA_DRIVER_VMW_PVRDMA,
        &[0x15ad],
        "vmw_pvrdma",
    ),
];

/// The plug-ins a device most likely needs, best first; none if it is a stranger.
///
/// `modalias` is asked only if the driver number says nothing.
pub(super) fn likely_plugins(
    driver_id: u32,
    name: &[u8],
    modalias: impl FnOnce() -> CString,
) -> Vec<&'static str> {
    let plugins = |is_likely: &dyn Fn(&Known) -> bool| {
        let likely = KNOWN.iter().filter(|known| is_likely(known));
        likely.map(|known| known.plugin).collect::<Vec<_>>()
    };
    if driver_id != RDMA_DRIVER_UNKNOWN {
        return plugins(&|known| known.driver_id == driver_id);
    }
    let mut likely = plugins(&|known| name.starts_with(known.name.as_bytes()));
    if let Some(vendor) = pci_vendor(&modalias()) {
        for plugin in plugins(&|known| known.vendors.contains(&vendor)) {
            if !likely.contains(&plugin) {
                likely.push(plugin);
            }
        }
    }
    likely
}

/// Whether a plug-in is one whose hardware is known, so that it cannot be meant for a stranger.
pub(super) fn is_known_plugin(plugin: &str) -> bool {
    KNOWN.iter().any(|known| known.plugin == plugin)
}

/// The vendor in a modalias of the PCI bus.
fn pci_vendor(modalias: &CStr) -> Option<u16> {
    let digits = modalias.to_bytes().strip_prefix(b"pci:v")?.get(..8)?;
    let vendor = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    vendor.try_into().ok()
}

#[cfg(test)]
mod tests;
