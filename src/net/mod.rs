//! Sockets, TLS and time around the protocol, on tokio.
//!
//! [`listener`] accepts, [`rates`] count, [`connection`] drives one session over one [`stream`],
//! [`events`] carries questions to an application on another thread and verdicts back, and
//! [`resolver`] finds names.
#![forbid(unsafe_code)]

pub mod client;
pub mod connection;
pub mod dialer;
pub mod error;
pub mod events;
mod exchanges;
pub mod listener;
pub mod pipe;
pub mod rates;
pub mod read_ahead;
pub mod resolver;
pub mod self_signed;
mod socket;
pub mod stream;
pub mod task;
pub mod tls;
pub mod traffic;
