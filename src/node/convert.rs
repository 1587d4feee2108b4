//! Numbers and errors, from JavaScript's shapes to ours and back.

use napi::{Error, Result, Status};
use std::net::SocketAddr;
use std::time::Duration;

/// In place of a limit that has to be there, for whoever lifts it.
pub(super) const LONG: Duration = Duration::from_secs(24 * 60 * 60);

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
