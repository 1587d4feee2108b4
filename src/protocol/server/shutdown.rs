//! What becomes of a session whose server stops, or whose application wants its end.

use super::dialogue::Parked;
use super::{Ending, PlannedReply, ServerSession, Shutdown};
use crate::protocol::dialect::Stock;

impl ServerSession {
    /// Asks and tells nothing more, sends what is ready and closes.
    pub fn close(&mut self) {
        self.parked = Parked::No;
        self.end(Ending::Closed);
    }

    /// Closes with 421 once no transaction is open.
    pub fn drain(&mut self) {
        if self.shutdown == Shutdown::No {
            self.shutdown = Shutdown::Drain;
        }
    }

    /// Closes with 421 whatever goes on.
    pub fn abort(&mut self) {
        let parked = std::mem::replace(&mut self.parked, Parked::No);
        self.shutdown = Shutdown::Abort;
        match parked {
            // The client awaits what becomes of its message.
            Parked::Asked(question) if question.is_message() => {
                self.reply_each(&PlannedReply::Stock(Stock::ShuttingDown));
                self.end(Ending::Closed);
            }
            _ => self.close_with(Stock::ShuttingDown),
        }
    }

    /// Whether the server stops and waits for this session no longer.
    pub(super) fn is_to_leave(&self) -> bool {
        let is_busy = self.in_transaction() || self.in_message();
        match self.shutdown {
            Shutdown::No => false,
            Shutdown::Drain => !is_busy,
            Shutdown::Abort => true,
        }
    }
}
