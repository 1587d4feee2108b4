//! What the application is told on the way, and is to take before the session goes on.

use super::transport::Ended;
use super::{Connection, Replies};
use crate::net::events::Record;
use crate::net::server::ConnectedClient;
use crate::protocol::control::Meter;
use crate::protocol::dialect::Stock;
use crate::protocol::server::{Notice, Step};

impl Connection<'_> {
    /// Tells the application what the session is parked at.
    pub(super) async fn tell(&mut self) -> Result<(), Ended> {
        self.post_notice()?;
        // What the application is merely to take, it takes first.
        if let Some(answer) = self.park(Replies::Wait).await? {
            self.session.heard(answer.standing, self.now());
        }
        Ok(())
    }

    /// Posts it, unless a client that a trusted peer speaks for is turned away. Apart, so that no
    /// session keeps room for what is counted.
    fn post_notice(&mut self) -> Result<(), Ended> {
        let interest = self.interest();
        let Step::Tell(notice, news) = self.session.poll(self.now(), interest) else {
            return Ok(());
        };
        let counted = counted_anew(self.client, notice);
        if let Some(Err(stock)) = counted {
            self.session.turn_away(stock);
            return Ok(());
        }
        self.client.post(Record::Notice { notice, news })?;
        if let Some(Ok(meter)) = counted {
            self.session.set_meter(meter);
        }
        Ok(())
    }
}

/// Counts the client that a trusted peer speaks for, if that is what the notice is about.
fn counted_anew(client: &ConnectedClient, notice: &Notice) -> Option<Result<Option<Meter>, Stock>> {
    match notice {
        Notice::Introduced(attributes) => Some(client.speak_for(attributes)),
        _ => None,
    }
}
