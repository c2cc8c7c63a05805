//! The NIC as the library sees it: its operations table, QPs that talk within this process.

use crate::abi;
use crate::soft;

mod counters;
mod events;
mod forked;
mod nic;
mod objects;
mod races;
mod traffic;
