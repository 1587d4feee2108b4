//! Sockets, TLS and time around the protocol, on tokio.
//!
//! [`server`] accepts clients and drives a session over each of their [`stream`]s, [`client`] sends
//! mail, [`dns`] finds names and exchanges, [`tls`] secures, and [`events`] carries questions to an
//! application on another thread and verdicts back.
#![forbid(unsafe_code)]

pub mod client;
pub mod dns;
pub mod error;
pub mod events;
pub mod random;
pub mod server;
pub mod stream;
pub mod sync;
pub mod tls;
