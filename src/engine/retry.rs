//! Times and budgets of retransmission: the codes of the IBTA turned into durations.

use crate::base::time::Duration;

/// What a five-bit RNR timer stands for, in units of 10 µs.
const RNR_TIMER_10US: [u32; 32] = [
    65536, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536,
    2048, 3072, 4096, 6144, 8192, 12288, 16384, 24576, 32768, 49152,
];

/// How long a requester waits before it asks a QP again that was not ready, if its local ACK
/// timeout is "for ever".
pub(super) const NOT_READY_INTERVAL: Duration = Duration::from_millis(10);

/// An `rnr_retry` of 7 never gives up.
pub(super) const RNR_RETRY_ENDLESS: u8 = 7;

/// How long to wait after an RNR NAK.
pub(super) fn rnr_wait(timer: u8) -> Duration {
    Duration::from_micros(u64::from(RNR_TIMER_10US[usize::from(timer & 0x1f)]) * 10)
}

/// The local ACK timeout: 4.096 µs · 2^timeout; `None` for 0, which waits for ever.
pub(super) fn ack_timeout(timeout: u8) -> Option<Duration> {
    (timeout != 0).then(|| Duration::from_nanos(4096 << (timeout & 0x1f)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_give_the_tabled_times() {
        assert_eq!(rnr_wait(0), Duration::from_micros(655_360));
        assert_eq!(rnr_wait(1), Duration::from_micros(10));
        assert_eq!(rnr_wait(12), Duration::from_micros(640));
        assert_eq!(rnr_wait(31), Duration::from_micros(491_520));
        assert_eq!(ack_timeout(0), None);
        assert_eq!(ack_timeout(14), Some(Duration::from_nanos(67_108_864)));
        assert_eq!(ack_timeout(31).map(|t| t.as_secs()), Some(8796));
    }
}
