//! What a server has done, for JavaScript.

use crate::net::server::Server;
use napi_derive::napi;
use std::collections::HashMap;

/// What a server has done; see `ServerStats` of the package's own typings.
#[napi(object)]
pub struct ServerStats {
    /// Sessions that are open.
    pub open: u32,
    /// Sessions so far.
    pub sessions: f64,
    /// Messages accepted.
    pub accepted: f64,
    /// Messages refused.
    pub refused: f64,
    /// Bytes from clients.
    pub received: f64,
    /// Bytes to clients.
    pub sent: f64,
    /// Refusals by reason.
    pub refusals: HashMap<String, f64>,
    /// Handshakes that ended in TLS 1.2.
    pub tls12: f64,
    /// Handshakes that ended in TLS 1.3.
    pub tls13: f64,
    /// Handshakes that failed.
    pub failed_handshakes: f64,
    /// How many answers listeners gave.
    pub answers: f64,
    /// The mean time of an answer, in milliseconds.
    pub mean: f64,
    /// Half of the answers took no longer, in milliseconds.
    pub median: f64,
    /// All answers but a hundredth took no longer, in milliseconds.
    pub p99: f64,
    /// The longest time of an answer, in milliseconds.
    pub longest: f64,
    /// Records that wait for this thread.
    pub waiting: u32,
    /// Bytes of memory in use for messages, where they have a bound.
    pub memory: f64,
}

impl ServerStats {
    pub(super) fn of(server: &Server) -> Self {
        let counters = &server.config().counters;
        let memory = server.config().control.memory.as_ref();
        let traffic = server.traffic();
        let refusals = counters.refusals();
        let refusals = refusals.map(|(stock, count)| (stock.name().to_owned(), count as f64));
        let by_application = counters.refusals_by_application();
        let listener = (by_application > 0).then(|| ("listener".to_owned(), by_application as f64));
        let answers = traffic.answers.summary();
        Self {
            open: server.connections() as u32,
            sessions: traffic.sessions.get() as f64,
            accepted: counters.accepted() as f64,
            refused: counters.refused() as f64,
            received: traffic.received.get() as f64,
            sent: traffic.sent.get() as f64,
            refusals: listener.into_iter().chain(refusals).collect(),
            tls12: traffic.tls12.get() as f64,
            tls13: traffic.tls13.get() as f64,
            failed_handshakes: traffic.failed_handshakes.get() as f64,
            answers: answers.count as f64,
            mean: answers.mean,
            median: answers.median,
            p99: answers.p99,
            longest: answers.longest,
            waiting: server.waiting() as u32,
            memory: memory.map_or(0.0, |memory| memory.used() as f64),
        }
    }
}
