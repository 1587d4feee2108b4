//! How fast message data comes.

use crate::protocol::limits::MIN_DATA_RATE_GRACE;
use std::time::Duration;

/// No message takes longer.
const FOREVER: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// How fast message data comes, in the time that we read.
#[derive(Debug, Default)]
pub(super) struct Pace {
    bytes: u64,
    pub(super) read_for: Duration,
}

impl Pace {
    /// So much came.
    pub(super) fn came(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// For how long we may read until the average falls below `rate` bytes a second, if nothing
    /// comes.
    pub(super) fn time_left(&self, rate: u64) -> Duration {
        let rate = u128::from(rate.max(1));
        let nanos = u128::from(self.bytes) * 1_000_000_000 / rate;
        let enough = u64::try_from(nanos).map_or(FOREVER, Duration::from_nanos);
        enough.min(FOREVER).max(MIN_DATA_RATE_GRACE).saturating_sub(self.read_for)
    }
}
