//! Time as a number of nanoseconds that somebody else reads from a clock.

use std::ops::{Add, Sub};
pub use std::time::Duration;

/// A point on a monotonic clock, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub u64);

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, delta: Duration) -> Instant {
        Instant(self.0.saturating_add(delta.as_nanos() as u64))
    }
}

impl Sub for Instant {
    type Output = Duration;
    /// Zero when `earlier` is in fact later.
    fn sub(self, earlier: Instant) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}
