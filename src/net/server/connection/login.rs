//! What logins need of a connection: what they are bound to, and passwords that are hashed elsewhere.

use super::Connection;
use super::transport::{Ended, Event};
use crate::net::events::Wake;
use crate::net::server::derivations;
use crate::net::tls::Standing;
use crate::protocol::events::Interest;
use crate::protocol::sasl::Channel;
use crate::protocol::sasl::scram::Derivation;
use std::future::{Future, poll_fn};
use std::task::Poll;

impl Connection<'_> {
    /// TLS is on: tells the session what logins can be bound to, where anybody can log in.
    pub(super) fn bind_logins(&mut self) {
        let Some(info) = self.slot().tls().filter(|_| self.interest().contains(Interest::AUTH))
        else {
            return;
        };
        self.session.set_channel(Channel {
            exporter: self.transport.exporter(),
            end_point: info.end_point(),
            client_certificate: info.standing == Standing::Authorized
                && !info.certificates.is_empty(),
        });
    }

    /// Has something derived elsewhere; meanwhile nothing is read.
    pub(super) async fn derive(&mut self, derivation: Derivation) -> Result<(), Ended> {
        let mut work = Box::pin(derivations::carry_out(derivation));
        // Once that is over, others may have to be told of it, in this session's own turn.
        while self.session.is_deriving() {
            self.transport.arm(self.session.deadline());
            let event = poll_fn(|cx| {
                if let Poll::Ready(keys) = work.as_mut().poll(cx) {
                    return Poll::Ready(Ok(Err(keys)));
                }
                if let Poll::Ready(event) = self.transport.poll_signals(cx) {
                    return Poll::Ready(Ok(Ok(event)));
                }
                // Who has gone is to leave its place to others.
                self.transport.poll_reset(cx).map_ok(Ok)
            });
            match event.await? {
                Err(keys) => {
                    let now = self.transport.tick();
                    self.session.derived(keys.as_ref(), now);
                }
                Ok(Event::Wake(Wake::Command(command))) => self.obey(command)?,
                Ok(Event::Deadline) => self.expire(),
                Ok(_) => {}
            }
        }
        Ok(())
    }
}
