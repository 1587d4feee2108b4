//! Numbers and errors, from JavaScript's shapes to ours and back.

use napi::{Error, Result, Status};
use std::net::SocketAddr;
use std::time::Duration;

/// In place of a limit that has to be there, for whoever lifts it.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);

/// A limit, 0 for none.
///
/// # Errors
/// `InvalidArg` unless it is a whole number from 0 up.
pub(super) fn limit(value: f64) -> Result<Option<u64>> {
    if value < 0.0 || value.fract() != 0.0 {
        return Err(invalid(format!("not a limit: {value}")));
    }
    Ok((value > 0.0).then_some(value as u64))
}

/// A limit of what is counted in fewer bits; one that these cannot hold is the largest they can.
///
/// # Errors
/// As [`limit`].
pub(super) fn limit32(value: f64) -> Result<Option<u32>> {
    Ok(limit(value)?.map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)))
}

/// As [`limit32`], of what is in memory.
///
/// # Errors
/// As [`limit`].
pub(super) fn memory_limit(value: f64) -> Result<Option<usize>> {
    Ok(limit(value)?.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)))
}

/// A time in milliseconds, 0 for none.
///
/// # Errors
/// `InvalidArg` unless it is a number from 0 up.
pub(super) fn time(milliseconds: f64) -> Result<Option<Duration>> {
    // A negative one is not rounded up to none.
    let whole = if milliseconds > 0.0 { milliseconds.ceil() } else { milliseconds };
    let limit = limit32(whole)?;
    Ok(limit.map(|limit| Duration::from_millis(u64::from(limit))))
}

/// A time that has to have an end, in milliseconds; 0 is [`LONG`].
///
/// # Errors
/// As [`time`].
pub(super) fn long_time(milliseconds: f64) -> Result<Duration> {
    Ok(time(milliseconds)?.unwrap_or(LONG))
}

/// A port.
///
/// # Errors
/// `InvalidArg` beyond 65535.
pub(super) fn port(number: u32) -> Result<u16> {
    u16::try_from(number).map_err(|_| invalid(format!("not a port: {number}")))
}

/// A word of JavaScript's that stands for nothing here.
pub(super) fn unknown(what: &str, word: &str) -> Error {
    invalid(format!("unknown {what}: {}", word.escape_debug()))
}

/// What went wrong, in words.
pub(super) fn reason(error: impl std::error::Error) -> Error {
    Error::from_reason(error.to_string())
}

/// An argument that is not what it has to be.
pub(super) fn invalid(text: impl Into<String>) -> Error {
    Error::new(Status::InvalidArg, text.into())
}

/// Addresses of DNS servers, with their ports.
pub(super) fn dns_servers(servers: &[String]) -> Result<Vec<SocketAddr>> {
    let parse = |server: &String| {
        server
            .parse()
            .map_err(|_| invalid(format!("not a DNS server's address and port: {server}")))
    };
    servers.iter().map(parse).collect()
}
