//! Link rates as numbers: multiples of 2.5 Gbit/s and megabits per second.

use std::ffi::c_int;

use crate::abi::*;

/// Rate, multiple of the base rate where there is one, data rate in Mbit/s.
const RATES: [(ibv_rate, Option<c_int>, c_int); 23] = [
    (IBV_RATE_2_5_GBPS, Some(1), 2500),
    (IBV_RATE_5_GBPS, Some(2), 5000),
    (IBV_RATE_10_GBPS, Some(4), 10000),
    (IBV_RATE_20_GBPS, Some(8), 20000),
    (IBV_RATE_30_GBPS, Some(12), 30000),
    (IBV_RATE_40_GBPS, Some(16), 40000),
    (IBV_RATE_60_GBPS, Some(24), 60000),
    (IBV_RATE_80_GBPS, Some(32), 80000),
    (IBV_RATE_120_GBPS, Some(48), 120000),
    (IBV_RATE_14_GBPS, None, 14062),
    (IBV_RATE_56_GBPS, None, 56250),
    (IBV_RATE_112_GBPS, None, 112500),
    (IBV_RATE_168_GBPS, None, 168750),
    (IBV_RATE_25_GBPS, None, 25781),
    (IBV_RATE_100_GBPS, None, 103125),
    (IBV_RATE_200_GBPS, None, 206250),
    (IBV_RATE_300_GBPS, None, 309375),
    (IBV_RATE_28_GBPS, Some(11), 28125),
    (IBV_RATE_50_GBPS, Some(20), 53125),
    (IBV_RATE_400_GBPS, Some(160), 425000),
    (IBV_RATE_600_GBPS, Some(240), 637500),
    (IBV_RATE_800_GBPS, Some(320), 850000),
    (IBV_RATE_1200_GBPS, Some(480), 1275000),
];

/// `man ibv_rate_to_mult(3)`: −1 for a rate that is no multiple.
pub(super) extern "C" fn ibv_rate_to_mult(rate: ibv_rate) -> c_int {
    RATES
        .iter()
        .find(|entry| entry.0 == rate)
        .and_then(|entry| entry.1)
        .unwrap_or(-1)
}

/// `man mult_to_ibv_rate(3)`.
pub(super) extern "C" fn mult_to_ibv_rate(mult: c_int) -> ibv_rate {
    RATES
        .iter()
        .find(|entry| entry.1 == Some(mult))
        .map_or(IBV_RATE_MAX, |entry| entry.0)
}

/// `man ibv_rate_to_mbps(3)`: −1 for an unknown rate.
pub(super) extern "C" fn ibv_rate_to_mbps(rate: ibv_rate) -> c_int {
    RATES
        .iter()
        .find(|entry| entry.0 == rate)
        .map_or(-1, |entry| entry.2)
}

/// `man mbps_to_ibv_rate(3)`.
pub(super) extern "C" fn mbps_to_ibv_rate(mbps: c_int) -> ibv_rate {
    RATES
        .iter()
        .find(|entry| entry.2 == mbps)
        .map_or(IBV_RATE_MAX, |entry| entry.0)
}
