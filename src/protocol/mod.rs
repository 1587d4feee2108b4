//! SMTP itself, pure: no socket, no clock, no runtime; bytes and times come in, replies and
//! questions go out.
//!
//! | term | source | type |
//! | --- | --- | --- |
//! | session | RFC 5321 section 3.1 | [`server::ServerSession`], [`client::ClientSession`] |
//! | command | RFC 5321 section 4.1 | [`command::Command`] |
//! | reply, reply code | RFC 5321 section 4.2 | [`reply::Reply`], [`reply::ReplyCode`] |
//! | enhanced status code | RFC 3463, RFC 2034 | [`reply::EnhancedStatus`] |
//! | reverse-path, forward-path | RFC 5321 section 4.1.2 | [`address::Path`] |
//! | parameter | RFC 5321 section 4.1.2 | [`parameters::MailParameters`], [`parameters::RcptParameters`] |
//! | envelope, transaction | RFC 5321 section 3.3 | [`envelope::Changes`] |
//! | extension | RFC 5321 section 2.2 | [`extension::Extensions`], [`client::Offered`] |
//! | dot transparency, end of data | RFC 5321 section 4.5.2 | [`data::DataDecoder`], [`encoder::DataEncoder`] |
//! | message | RFC 5321 section 2.3.1 | [`message::Message`] |
//! | limits and timeouts | RFC 5321 section 4.5.3 | [`limits::Limits`] |
//! | resistance to attacks | RFC 5321 section 7.8 | [`control::AbusePolicy`] |
//!
//! Ours: an *event* is what the application may want to hear of, a *question* is an event that
//! parks the session until a *verdict* answers it, a *step* is what the session wants its driver
//! to do next, and a *dialect* is what one interface may set (texts, not code).
#![forbid(unsafe_code)]

pub mod address;
pub mod budget;
pub mod client;
pub mod command;
pub mod control;
pub mod counters;
pub mod data;
pub mod dialect;
pub mod encoder;
pub mod envelope;
pub mod events;
pub mod extension;
pub mod inquiry;
pub mod limits;
pub mod line;
pub mod message;
pub mod parameters;
pub mod proxy;
pub mod reply;
pub mod sasl;
pub mod server;
#[cfg(any(test, fuzzing))]
pub mod testing;
pub mod trusted;
