//! What came of a transaction, and how the message goes on from there.

use super::{Conclusion, Connection, Next};
use crate::net::client::{Outcome, SendError};
use crate::protocol::client::delivery::{Delivery, Progress};
use crate::protocol::client::{Failure, Step};
use std::time::Instant;

impl Connection {
    /// What came of a transaction, given what [`Connection::deliver`] said or why it was given up, with
    /// so many recipients `left` before it; what the server said until then counts.
    ///
    /// Another connection is only for what is left where this one has been of use.
    pub fn conclude(&mut self, result: Result<Outcome, SendError>, left: usize) -> Conclusion {
        let error = match result {
            // The message was not begun.
            Ok(outcome @ Outcome::Failed(_)) => return Conclusion::last(outcome, left),
            Ok(outcome) if self.is_usable() => {
                let (recipients, next) = (self.asked(), self.next_of(left));
                return Conclusion { outcome, recipients, next };
            }
            Ok(_) => None,
            Err(error) => Some(error),
        };
        if let Some(error) = &error {
            self.lose(error);
        }
        let unasked = left.saturating_sub(self.asked());
        let is_of_use = self.messages > 1 || self.transactions > 1;
        let next = if is_of_use && self.delivery.may_go_again() {
            Next::Again
        } else if unasked > 0
            && error.as_ref().is_none_or(SendError::is_of_connection)
            && self.asked() > 0
            && (is_of_use || self.delivery.response().is_some())
        {
            Next::Elsewhere
        } else {
            Next::Over
        };
        let (recipients, unasked) =
            if next == Next::Elsewhere { (self.asked(), 0) } else { (left, unasked) };
        let error = error.or_else(|| (unasked > 0).then(|| self.end()));
        Conclusion { outcome: Outcome::of(&self.delivery, error, unasked), recipients, next }
    }

    /// Where those go for whom the server was not asked, while the connection is of use.
    fn next_of(&self, left: usize) -> Next {
        if left <= self.asked() {
            Next::Over
        } else if self.is_exhausted() {
            Next::Elsewhere
        } else {
            Next::Here
        }
    }

    /// Tells the delivery under way, if there is one, that it ended with `error`.
    fn lose(&mut self, error: &SendError) {
        if self.delivery.progress() == Progress::Done {
            // That was of the message before.
            self.delivery = Delivery::default();
        }
        self.delivery.break_off(error.failure().as_ref());
    }

    /// Why the session is over.
    fn end(&mut self) -> SendError {
        match self.session.poll(Instant::now()) {
            Step::Fail(failure) => failure.into(),
            _ => Failure::Closed(None).into(),
        }
    }
}
