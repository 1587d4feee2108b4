//! Numbers and errors, from JavaScript's shapes to ours and back.

use napi::Error;
use std::time::Duration;

/// A limit, 0 for none; JavaScript has checked that it is a whole number from 0 up.
pub(super) fn limit(value: f64) -> Option<u64> {
    (value > 0.0).then_some(value as u64)
}

/// A time in milliseconds, 0 for none.
pub(super) fn time(milliseconds: f64) -> Option<Duration> {
    limit(milliseconds).map(|limit| Duration::from_millis(limit.min(u64::from(u32::MAX))))
}

/// What went wrong, in words.
pub(super) fn reason(error: impl std::error::Error) -> Error {
    Error::from_reason(error.to_string())
}
