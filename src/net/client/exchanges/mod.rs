//! One message to the mail exchanges of a domain, each recipient by itself (RFC 5321 section 5.1):
//! whom an exchange refused for now, or did not answer for, the next one is asked for, unless the end
//! of the message may have left for that recipient. An exchange has as many transactions, and
//! connections, as its limits ask for (RFC 9422).

use super::connection::{Conclusion, Connection, Next};
use super::details::Details;
use super::dialer::{DialError, Target};
use super::source::MessageSource;
use super::{ClientOptions, GONE, Loss, Outcome, SendError};
use crate::protocol::client::delivery::{Envelope, Fate};
use crate::protocol::client::opening::{OpeningOptions, Refusal, TlsPolicy};
use crate::protocol::client::{Awaited, Failure};
use crate::protocol::reply::Reply;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The least that one of several exchanges gets of the time for connecting.
const LEAST_SHARE: Duration = Duration::from_secs(5);

/// A message on its way from exchange to exchange.
pub struct Passage {
    envelope: Arc<Envelope>,
    /// For whom the next exchange is asked.
    open: Vec<usize>,
    /// For whom the exchange at hand is asked, and how many of them it had its say on.
    asked: Vec<usize>,
    settled: usize,
    /// What is to be told of each recipient, so far.
    words: Vec<Word>,
    errors: Vec<SendError>,
    response: Option<Reply>,
    connection: Option<Connection>,
    details: Details,
    /// Whether all connections were encrypted over which the message was taken, if any was.
    tls: Option<bool>,
    connected: u64,
}

/// An exchange, and how it is spoken to.
struct Place<'a> {
    target: Target,
    name: &'a str,
    policy: TlsPolicy,
}

impl Place<'_> {
    async fn reach(
        &self,
        options: &ClientOptions,
        time: Duration,
    ) -> Result<Connection, SendError> {
        let deadline = Instant::now() + time;
        Connection::reach(options, &self.target, self.name, deadline, self.policy).await
    }
}

/// What is to be told of a recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// No exchange was asked.
    None,
    Accepted,
    Rejected(Awaited, Reply),
    /// It was not answered for, because of this one of the errors.
    Lost(usize),
}

/// What came of a passage.
pub struct Passed {
    pub outcome: Outcome,
    pub details: Details,
    /// The last connection, if it is of use.
    pub connection: Option<Connection>,
    /// Connections made.
    pub connected: u64,
}

impl Passage {
    /// A message that no exchange was asked to take.
    pub fn new(envelope: Arc<Envelope>) -> Self {
        let recipients = envelope.recipients.len();
        Self {
            envelope,
            open: (0..recipients).collect(),
            asked: Vec::new(),
            settled: 0,
            words: vec![Word::None; recipients],
            errors: Vec::new(),
            response: None,
            connection: None,
            details: Details::default(),
            tls: None,
            connected: 0,
        }
    }

    /// Asks one exchange of the domain after the other, until there is nobody left to ask for.
    ///
    /// # Errors
    /// Why none was asked.
    pub async fn go(
        &mut self,
        options: &ClientOptions,
        (domain, port): (&str, u16),
        source: &mut MessageSource,
    ) -> Result<(), SendError> {
        let mut left = options.connect_timeout;
        let began = Instant::now();
        let looking_up = options.dialer.exchanges_until(domain, (began + left).into());
        let exchanges = looking_up.await.map_err(DialError::from)?;
        if exchanges.is_empty() {
            return Err(SendError::Impossible("a domain has mail exchanges, and none of them"));
        }
        left = left.saturating_sub(began.elapsed());
        let first = elsewhere(&options.opening, exchanges.len());
        let mut waiting: VecDeque<_> = exchanges.iter().map(|name| (name, first)).collect();
        while let Some((exchange, policy)) = waiting.pop_front() {
            let others = waiting.len();
            if self.open.is_empty() || left.is_zero() || !source.rewind() {
                break;
            }
            if let Some(connection) = self.connection.take() {
                tokio::spawn(connection.quit());
            }
            let share = share(left, others as u32);
            let began = Instant::now();
            let place = Place { target: Target::host(exchange, port), name: exchange, policy };
            self.asked = std::mem::take(&mut self.open);
            self.settled = 0;
            let opened = place.reach(options, share).await;
            left = left.saturating_sub(began.elapsed().min(share));
            match opened {
                Ok(connection) => {
                    self.connected += 1;
                    self.connection = Some(connection);
                    self.offer(options, &place, others > 0, source).await;
                }
                Err(error) => {
                    if policy != options.opening.tls && refuses_tls_for_now(&error) {
                        waiting.push_back((exchange, options.opening.tls));
                    }
                    self.hear(Err(error), None);
                }
            }
        }
        match self.words.contains(&Word::None) {
            true => Err(Failure::Timeout(Some(Awaited::Connect)).into()),
            false => Ok(()),
        }
    }

    /// What there is to be told in the end; `result` is that of [`Passage::go`], or why it did not
    /// come to its end.
    pub fn end(mut self, result: Result<(), SendError>) -> Passed {
        if let Err(error) = result {
            if self.settled == self.asked.len() {
                // No exchange is at hand.
                self.asked = std::mem::take(&mut self.open);
                self.settled = 0;
            }
            self.hear(Err(error), None);
        }
        let details = Details { tls: self.tls.unwrap_or_default(), ..self.details };
        let (connection, connected) = (self.connection, self.connected);
        let outcome = outcome(self.words, self.response, self.errors);
        Passed { outcome, details, connection, connected }
    }

    /// Asks an exchange for all that are `asked`, over one connection after the other; `keeps` tells
    /// whether the message may have to go to another exchange.
    async fn offer(
        &mut self,
        options: &ClientOptions,
        place: &Place<'_>,
        keeps: bool,
        source: &mut MessageSource,
    ) {
        let recipients = self.asked.iter().map(|index| self.envelope.recipients[*index].clone());
        let envelope = Envelope { recipients: recipients.collect(), ..(*self.envelope).clone() };
        loop {
            let Some(connection) = &mut self.connection else { return };
            source.keep(keeps);
            let result = match connection.await_source(source).await {
                Some(outcome) => Ok(outcome),
                None => connection.deliver(&envelope, self.settled, source).await,
            };
            let next = self.hear(result, Some(source));
            if next == Next::Over {
                return;
            }
            if !source.rewind() {
                self.hear(Err(GONE), None);
                return;
            }
            if next != Next::Here {
                if let Some(connection) = self.connection.take() {
                    tokio::spawn(connection.quit());
                }
                match place.reach(options, options.connect_timeout).await {
                    Ok(connection) => {
                        self.connected += 1;
                        self.connection = Some(connection);
                    }
                    Err(error) => {
                        self.hear(Err(error), None);
                        return;
                    }
                }
            }
        }
    }

    /// Takes what came of the recipients that the exchange at hand was asked for, where `source` may have
    /// to begin anew.
    fn hear(
        &mut self,
        result: Result<Outcome, SendError>,
        source: Option<&mut MessageSource>,
    ) -> Next {
        let mut connection = self.connection.take();
        let left = self.asked.len() - self.settled;
        let has_left = connection.as_ref().is_some_and(Connection::has_sent_message);
        let is_usable = result.is_ok() && connection.as_ref().is_some_and(Connection::is_usable);
        let Conclusion { outcome, recipients, mut next } = match &mut connection {
            Some(connection) => connection.conclude(result, left),
            None => Conclusion::last(result.unwrap_or_else(Outcome::Failed), left),
        };
        if next == Next::Again && !source.is_some_and(MessageSource::rewind) {
            next = Next::Over;
        }
        let is_taken = outcome.is_taken();
        if let Some(connection) = connection {
            let details = connection.details();
            if is_taken {
                self.tls = Some(self.tls.unwrap_or(true) && details.tls);
            }
            self.details = details;
            self.connection = Some(connection).filter(|_| is_usable);
        }
        if next != Next::Again {
            self.settle(outcome, recipients, has_left);
        }
        next
    }

    /// Splits so many recipients that the exchange at hand was asked for into those whose word is the
    /// last and those that go on to the next exchange; `has_left` tells whether the end of the message
    /// may have.
    fn settle(&mut self, outcome: Outcome, recipients: usize, has_left: bool) {
        let (fates, response, losses) = outcome.parts(recipients);
        self.response = response.or(self.response.take());
        let mut lost = vec![None; recipients];
        for Loss { recipients, error } in losses {
            recipients.into_iter().for_each(|place| lost[place] = Some(self.errors.len()));
            self.errors.push(error);
        }
        let first = self.settled;
        self.settled += recipients;
        for (place, (fate, lost)) in fates.into_iter().zip(lost).enumerate() {
            let index = self.asked[first + place];
            let goes_on = match lost {
                Some(error) => is_of_exchange(&self.errors[error]),
                None => is_for_now(&fate, has_left),
            };
            let word = match (fate, lost) {
                (_, Some(error)) => Word::Lost(error),
                (Fate::Accepted, None) => Word::Accepted,
                (Fate::Rejected(request, reply), None) => Word::Rejected(request, reply),
                (Fate::Pending | Fate::Unfit(_), None) => Word::None,
            };
            if goes_on {
                self.open.push(index);
            }
            // Of several exchanges the one that may take it later is told of, in its own words.
            if !goes_on || self.weight(&word) >= self.weight(&self.words[index]) {
                self.words[index] = word;
            }
        }
    }

    /// How much a word counts that is not the last.
    fn weight(&self, word: &Word) -> u8 {
        match word {
            Word::None => 0,
            Word::Lost(error) => match self.errors.get(*error) {
                Some(error) if error.is_permanent() => 1,
                Some(error) if error.cause().1.is_some() => 3,
                _ => 2,
            },
            Word::Accepted | Word::Rejected(..) => 3,
        }
    }
}

/// What is asked of exchanges at first, where there are others: in plain text only as a last resort.
fn elsewhere(opening: &OpeningOptions, exchanges: usize) -> TlsPolicy {
    match opening.tls {
        TlsPolicy::Opportunistic if exchanges > 1 && opening.login.is_none() => {
            TlsPolicy::OpportunisticElsewhere
        }
        policy => policy,
    }
}

fn refuses_tls_for_now(error: &SendError) -> bool {
    matches!(error, SendError::Refused(Refusal::NoTls(Some(reply))) if reply.code().is_transient())
}

/// The time for connecting of one exchange, while others wait for what is left.
fn share(left: Duration, others: u32) -> Duration {
    if others == 0 { left } else { (left / (others + 1)).max(LEAST_SHARE.min(left / 2)) }
}

/// Whether a recipient with an answer is asked for at the next exchange: it was refused for now, and
/// not behind the end of the message.
fn is_for_now(fate: &Fate, has_left: bool) -> bool {
    let Fate::Rejected(request, reply) = fate else { return false };
    let is_verdict = matches!(request, Awaited::Message | Awaited::Bdat(_));
    reply.code().is_transient() && !(is_verdict && has_left)
}

/// Whether an error is of one exchange, so that another may take the message.
fn is_of_exchange(error: &SendError) -> bool {
    match error {
        SendError::Dial(_)
        | SendError::Io(_)
        | SendError::Tls(_)
        | SendError::Handshake(_)
        | SendError::Protocol(_) => true,
        SendError::Refused(refusal) => match refusal {
            // It serves nobody, or lacks what another may have.
            Refusal::Refused(Awaited::Connect, _)
            | Refusal::NoTls(_)
            | Refusal::NoMechanism
            | Refusal::Sasl(_) => true,
            Refusal::Refused(_, reply) | Refusal::Logins(_, reply) => !reply.code().is_permanent(),
            Refusal::Argument(_) => false,
        },
        SendError::Unasked(error) => is_of_exchange(error),
        SendError::Unfit(_)
        | SendError::Starved
        | SendError::Source(_)
        | SendError::Cancelled
        | SendError::Closed
        | SendError::Impossible(_)
        | SendError::Uncertain(_) => false,
    }
}

fn outcome(words: Vec<Word>, response: Option<Reply>, errors: Vec<SendError>) -> Outcome {
    let mut losses: Vec<_> =
        errors.into_iter().map(|error| Loss { recipients: Vec::new(), error }).collect();
    let mut fates = Vec::with_capacity(words.len());
    for (index, word) in words.into_iter().enumerate() {
        fates.push(match word {
            Word::Accepted => Fate::Accepted,
            Word::Rejected(request, reply) => Fate::Rejected(request, reply),
            Word::Lost(error) => {
                losses[error].recipients.push(index);
                Fate::Pending
            }
            Word::None => Fate::Pending,
        });
    }
    Outcome::whole(fates, response, losses)
}

#[cfg(test)]
mod tests;
