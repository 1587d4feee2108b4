//! TLS: PEM into rustls configurations, and handshakes of either side.
//!
//! RFC 3207 and RFC 8314 say when there is a handshake, RFC 8446 and RFC 5246 what it is,
//! RFC 6066 section 3 how a client names the host it means, RFC 8446 section 2.2 and RFC 5077
//! how sessions are resumed.

mod acceptor;
pub mod binding;
mod client_certificates;
mod connector;
mod info;
mod keys;
mod roots;
pub mod self_signed;
mod sni;
#[cfg(test)]
mod tests;

pub use acceptor::{Options, Tls};
pub use client_certificates::ClientOptions;
pub use connector::{ConnectError, Connector, ConnectorOptions};
pub use info::{Standing, TlsInfo};
pub use keys::Keys;
pub use roots::AskRoots;
pub use sni::{Found, HostKeys};
