//! Between the public functions and whoever implements a device.
//!
//! One table of operations per context is the only way from `api` to a device; this layer keeps
//! the devices, their contexts and those tables. It never looks at what a device is made of.

mod bind;
pub(crate) mod context;
mod defaults;
pub(crate) mod device;
pub(crate) mod embedded;
pub(crate) mod extension;
#[cfg(test)]
pub(crate) mod fake;
pub(crate) mod kernel;
mod matching;
pub(crate) mod open;
pub(crate) mod ops;
pub(crate) mod plugin;
pub(crate) mod refuse;
pub(crate) mod registry;

/// What the fuzz targets reach that nobody else has to.
#[cfg(fuzzing)]
pub mod fuzzing {
    pub use super::plugin::fuzzing::*;
}
