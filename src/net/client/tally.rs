//! What is known of a message that goes in several transactions, all of them together.

use super::details::Details;
use super::{Loss, Outcome};
use crate::protocol::client::delivery::Fate;
use crate::protocol::reply::Reply;

/// What is known so far, of the first recipients.
#[derive(Default)]
pub struct Tally {
    fates: Vec<Fate>,
    response: Option<Reply>,
    losses: Vec<Loss>,
    details: Details,
    /// Whether all connections were encrypted over which the message was taken, if any was.
    tls: Option<bool>,
}

impl Tally {
    /// Of how many recipients something is known.
    pub fn known(&self) -> usize {
        self.fates.len()
    }

    /// Adds what became of so many more recipients, and what that took.
    pub fn add(&mut self, outcome: Outcome, recipients: usize, details: Details) {
        if outcome.is_taken() {
            self.tls = Some(self.tls.unwrap_or(true) && details.tls);
        }
        let Details { envelope, message, .. } = self.details;
        self.details = details;
        self.details.envelope += envelope;
        self.details.message += message;
        let (fates, response, losses) = outcome.parts(recipients);
        let first = self.fates.len();
        self.fates.extend(fates);
        self.response = response.or(self.response.take());
        self.losses.extend(losses.into_iter().map(|mut loss| {
            loss.recipients.iter_mut().for_each(|place| *place += first);
            loss
        }));
    }

    /// What there is to be told of all of them.
    pub fn end(self) -> (Outcome, Details) {
        let tls = self.tls.unwrap_or(self.details.tls);
        let outcome = Outcome::whole(self.fates, self.response, self.losses);
        (outcome, Details { tls, ..self.details })
    }
}
