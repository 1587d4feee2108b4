//! What logins need of a connection: what they are bound to, and passwords that are hashed elsewhere.

use super::transport::{Ended, Event};
use super::{Connection, Watch};
use crate::net::events::Wake;
use crate::net::server::derivations;
use crate::net::tls::Standing;
use crate::protocol::events::Interest;
use crate::protocol::sasl::Channel;
use crate::protocol::sasl::scram::{Derivation, Keys};
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::Poll;

/// Bytes of a client that are read while its login waits: behind more it is not seen to leave.
const MAX_READ_AHEAD: usize = 16 * 1024;

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

    /// Has something derived elsewhere. A client that sends no more while others are before it has left,
    /// and leaves its place to others.
    pub(super) async fn derive(&mut self, derivation: Derivation) -> Result<(), Ended> {
        let mut bench = Box::pin(derivations::bench());
        let mut work = match self.meanwhile(bench.as_mut(), Watch::Input).await? {
            Some(Some(bench)) => Box::pin(bench.carry_out(derivation)),
            Some(None) => return self.derived(None),
            None => return Ok(()),
        };
        match self.meanwhile(work.as_mut(), Watch::Reset).await? {
            Some(keys) => self.derived(keys.as_ref()),
            None => Ok(()),
        }
    }

    /// What comes of `work`; `None` if nobody waits for that any more.
    async fn meanwhile<T>(
        &mut self,
        mut work: Pin<&mut impl Future<Output = Option<T>>>,
        watch: Watch,
    ) -> Result<Option<Option<T>>, Ended> {
        // Once that is over, others may have to be told of it, in this session's own turn.
        while self.session.is_deriving() {
            let reads = watch == Watch::Input && self.session.unread() < MAX_READ_AHEAD;
            let mut has_left = false;
            self.transport.arm(self.session.deadline());
            let event = poll_fn(|cx| {
                if let Poll::Ready(done) = work.as_mut().poll(cx) {
                    return Poll::Ready(Ok(Err(done)));
                }
                if let Poll::Ready(event) = self.transport.poll_signals(cx) {
                    return Poll::Ready(Ok(Ok(event)));
                }
                // Who has gone is to leave its place to others.
                if !reads {
                    return self.transport.poll_reset(cx).map_ok(Ok);
                }
                let polled = self.transport.poll_input(cx, |bytes, now| match bytes {
                    [] => has_left = true,
                    bytes => self.session.receive(bytes, now),
                });
                polled.map_ok(Ok)
            });
            match event.await {
                Ok(Err(done)) => return Ok(Some(done)),
                Ok(Ok(Event::Wake(Wake::Command(command)))) => self.obey(command)?,
                Ok(Ok(Event::Deadline)) => self.expire(),
                Ok(Ok(_)) if has_left => return Ok(Some(None)),
                Ok(Ok(_)) => {}
                Err(Ended::Failed(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Ok(Some(None));
                }
                Err(ended) => return Err(ended),
            }
        }
        Ok(None)
    }

    fn derived(&mut self, keys: Option<&Keys>) -> Result<(), Ended> {
        let now = self.transport.tick();
        self.session.derived(keys, now);
        Ok(())
    }
}
