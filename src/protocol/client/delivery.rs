//! One transaction from MAIL to the end of data (RFC 5321 section 3.3), sans IO: over DATA, over
//! BDAT where the server offers it (RFC 3030), and to LMTP's reply for each recipient (RFC 2033
//! section 4.2).
//!
//! ```text
//! Envelope --> Message --> Ending --> Done
//!     |           |                    ^
//!     +-----------+--- refused --------+
//! ```
//!
//! A [`Delivery`] alone knows what became of each recipient, whatever ends the session: its driver
//! tells it when bytes have left ([`Delivery::left`]) and what broke the session off
//! ([`Delivery::break_off`]).

pub use super::envelope::{Envelope, Recipient, Unfit};
pub use super::fate::Fate;
use super::transaction::Transaction;
use super::{Awaited, ClientSession, Failure, Request};
use crate::protocol::encoder::DataEncoder;
use crate::protocol::parameters::Body;
use crate::protocol::reply::{Reply, ReplyCode};
use bytes::BytesMut;
use std::time::Instant;

/// Bytes of a chunk that is not the last.
const CHUNK: usize = 256 * 1024;
/// Chunks that may be under way at a time.
const MAX_CHUNKS: usize = 2;

/// How far a message came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Headway {
    /// Nothing of it has left.
    #[default]
    Unsent,
    /// Something of it may have left, and the server said nothing to it.
    Asked,
    /// The server answered some of it, MAIL at the least.
    Answered,
    /// The last byte of its end may have left.
    Ended,
}

/// What a delivery waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Replies.
    Replies,
    /// The message, by [`Delivery::give`] and [`Delivery::finish`].
    Message,
    /// Nothing any more.
    Done,
}

#[derive(Debug, Default)]
enum Stage {
    Envelope,
    Message,
    Ending,
    #[default]
    Done,
}

/// A transaction under way; by default one that is over, of no message.
#[derive(Debug, Default)]
pub struct Delivery {
    fates: Vec<Fate>,
    /// Recipients that were answered.
    answered: usize,
    /// Those that RCPT was accepted for.
    accepted: usize,
    /// In LMTP, recipients that were answered after the message.
    delivered: usize,
    lmtp: bool,
    /// The message goes in chunks: how they are encoded, if they are, and the next one.
    chunks: Option<(Option<DataEncoder>, BytesMut)>,
    /// A transaction is open, so far as is known.
    is_open: bool,
    stage: Stage,
    headway: Headway,
    /// The server said 421 to the envelope.
    turned_away: bool,
    broken_by: Option<Failure>,
    response: Option<Reply>,
}

impl Delivery {
    /// Begins a transaction for the recipients from `first` on, no more of them than the server takes
    /// in one (RFC 9422 section 4.2): its commands are queued.
    ///
    /// Recipients that need SMTPUTF8 are [`Fate::Unfit`] where the server does not offer it, the
    /// message can do without it, and there are others (RFC 6531 section 3.2).
    ///
    /// # Errors
    /// If the message is not for this server; nothing is sent then.
    pub fn begin(
        envelope: &Envelope,
        first: usize,
        lmtp: bool,
        session: &mut ClientSession,
    ) -> Result<Self, Unfit> {
        let chunking = session.offered().has("CHUNKING") && !lmtp;
        let Transaction { fates, requests } =
            Transaction::new(envelope, first, session.offered(), chunking)?;
        for request in requests {
            session.ask(request)?;
        }
        let encoder =
            (envelope.parameters.body != Some(Body::BinaryMime)).then(DataEncoder::for_chunks);
        Ok(Self {
            fates,
            answered: 0,
            accepted: 0,
            delivered: 0,
            lmtp,
            chunks: chunking.then(|| (encoder, BytesMut::new())),
            is_open: false,
            stage: Stage::Envelope,
            headway: Headway::Unsent,
            turned_away: false,
            broken_by: None,
            response: None,
        })
    }

    /// What it waits for.
    pub fn progress(&self) -> Progress {
        match self.stage {
            Stage::Envelope | Stage::Ending => Progress::Replies,
            Stage::Message => Progress::Message,
            Stage::Done => Progress::Done,
        }
    }

    /// Takes the reply to one of its requests; others do not concern it.
    pub fn replied(
        &mut self,
        to: Awaited,
        reply: Reply,
        session: &mut ClientSession,
        now: Instant,
    ) {
        let code = reply.code();
        if to != Awaited::Rset {
            self.headway = self.headway.max(Headway::Answered);
        }
        if code.closes() && !(self.lmtp && to == Awaited::Message) {
            // Nothing more will be answered; in LMTP each verdict is for one recipient.
            self.turned_away = !matches!(to, Awaited::Message | Awaited::Bdat(_));
            self.refuse(to, &reply);
            self.stage = Stage::Done;
            return;
        }
        if let Some(more) = session.surplus()
            && !self.agrees(to, code, more.code())
        {
            // Nobody knows which of the replies is for what: the session ends with that.
            return;
        }
        match to {
            Awaited::Mail if code.is_completion() => self.is_open = true,
            Awaited::Mail => {
                self.refuse(to, &reply);
                session.forget_queued();
            }
            Awaited::Rcpt => self.answer_recipient(reply),
            Awaited::Data if session.takes_message() => {
                if self.has_accepted() {
                    self.stage = Stage::Message;
                } else {
                    // It wants a message for nobody: an empty one (RFC 2920 section 3.1).
                    session.end_message(self.verdicts(), now);
                }
            }
            Awaited::Data | Awaited::Bdat(false)
                if !code.is_completion() || to == Awaited::Data =>
            {
                self.refuse(to, &reply);
                session.forget_queued();
                self.stage = Stage::Ending;
            }
            Awaited::Message if self.lmtp => self.answer_delivered(to, reply),
            Awaited::Message | Awaited::Bdat(true) => self.answer_message(to, reply),
            _ => {}
        }
        self.go_on(session);
    }

    fn go_on(&mut self, session: &mut ClientSession) {
        match self.stage {
            // The next commands follow from what the recipients were answered.
            Stage::Envelope if self.is_open && self.has_answered_all() => {
                if !self.has_accepted() {
                    self.end_when_quiet(session);
                } else if self.chunks.is_some() {
                    self.stage = Stage::Message;
                } else if !session.is_awaiting() {
                    // DATA has no arguments that could be refused.
                    let _ = session.ask(Request::Data);
                }
            }
            Stage::Envelope if !self.fates.contains(&Fate::Pending) => self.end_when_quiet(session),
            Stage::Ending => self.end_when_quiet(session),
            _ => {}
        }
    }

    /// Gives what comes next of the message.
    pub fn give(&mut self, bytes: &[u8], session: &mut ClientSession) {
        let Some((encoder, chunk)) = &mut self.chunks else { return session.write_message(bytes) };
        match encoder {
            Some(encoder) => encoder.encode(bytes, chunk),
            None => chunk.extend_from_slice(bytes),
        }
        while chunk.len() >= CHUNK {
            let _ = session.ask(Request::Bdat(chunk.split_to(CHUNK).freeze(), false));
        }
    }

    /// Whether more of the message is to be given before anything was sent or answered.
    pub fn has_room(&self, session: &ClientSession) -> bool {
        self.chunks.is_none() || session.chunks_under_way() < MAX_CHUNKS
    }

    /// The message is complete.
    pub fn finish(&mut self, session: &mut ClientSession, now: Instant) {
        self.stage = Stage::Ending;
        let Some((encoder, chunk)) = &mut self.chunks else {
            return session.end_message(self.verdicts(), now);
        };
        if let Some(encoder) = encoder.take() {
            encoder.finish(chunk);
        }
        let _ = session.ask(Request::Bdat(chunk.split().freeze(), true));
    }

    /// What became of each recipient of the transaction, in their order.
    pub fn fates(&self) -> &[Fate] {
        &self.fates
    }

    /// Notes that what the session had ready may leave from now on.
    pub fn leaves(&mut self, session: &ClientSession) {
        if session.awaits(Awaited::Mail) {
            self.headway = self.headway.max(Headway::Asked);
        }
    }

    /// Notes that all that the session had ready may have left.
    pub fn left(&mut self, session: &ClientSession) {
        if session.awaits(Awaited::Message) || session.awaits(Awaited::Bdat(true)) {
            self.headway = Headway::Ended;
        }
    }

    /// Notes that nothing more is heard, because of `failure` if the server is to blame: whom the
    /// message was not taken for, and not refused, is pending for good.
    pub fn break_off(&mut self, failure: Option<&Failure>) {
        let delivered = if self.lmtp { self.delivered } else { self.fates.len() };
        for (index, fate) in self.fates.iter_mut().enumerate() {
            if *fate == Fate::Accepted && (self.response.is_none() || index >= delivered) {
                *fate = Fate::Pending;
            }
        }
        if failure.is_some_and(|failure| self.is_out_of_step(failure)) {
            for fate in self.fates.iter_mut().filter(|fate| fate.is_asked()) {
                *fate = Fate::Pending;
            }
        }
        if let Some(Failure::Early(reply)) = failure
            && !reply.code().is_positive()
        {
            // It has refused the message, if early.
            self.refuse(Awaited::Message, reply);
        }
        self.stage = Stage::Done;
        self.broken_by = failure.cloned();
    }

    /// Whether the end of the message may have left.
    pub fn has_ended(&self) -> bool {
        self.headway == Headway::Ended
    }

    /// Whether the server may have taken the message for those that are pending.
    pub fn is_uncertain(&self) -> bool {
        self.has_ended() && self.fates.contains(&Fate::Pending)
    }

    /// Whether the message may go over another connection once this one has ended: the server
    /// certainly did not take it, and what ended the session may have nothing to do with it.
    pub fn may_go_again(&self) -> bool {
        match &self.broken_by {
            _ if self.has_ended() => false,
            None => self.turned_away,
            Some(_) if !self.fates.contains(&Fate::Pending) => false,
            Some(Failure::Closed(_) | Failure::Leaving(_)) => true,
            // The way to the server may have been lost while the connection rested.
            Some(Failure::Timeout(_)) => self.headway < Headway::Answered,
            // The session was of no use before the message came to it.
            Some(_) => self.headway == Headway::Unsent,
        }
    }

    /// The last reply that a recipient owes its acceptance to, if there is one.
    pub fn response(&self) -> Option<&Reply> {
        self.response.as_ref()
    }

    /// Replies to the message: in LMTP one for each recipient that the server has accepted, be it
    /// behind a MAIL that it refused (RFC 2033 section 4.2).
    fn verdicts(&self) -> usize {
        if self.lmtp { self.accepted } else { 1 }
    }

    fn has_accepted(&self) -> bool {
        self.fates.contains(&Fate::Accepted)
    }

    /// Whether each recipient that the server was asked for is answered.
    fn has_answered_all(&self) -> bool {
        !self.fates.iter().skip(self.answered).any(Fate::is_asked)
    }

    fn answer_recipient(&mut self, reply: Reply) {
        self.accepted += usize::from(reply.code().is_completion());
        let waiting = self.fates.iter().skip(self.answered);
        self.answered += waiting.take_while(|fate| !fate.is_asked()).count();
        if let Some(fate) = self.fates.get_mut(self.answered)
            && *fate == Fate::Pending
        {
            *fate = if reply.code().is_completion() {
                Fate::Accepted
            } else {
                Fate::Rejected(Awaited::Rcpt, reply)
            };
        }
        self.answered += 1;
    }

    fn answer_message(&mut self, to: Awaited, reply: Reply) {
        self.is_open = false;
        if reply.code().is_completion() && self.has_accepted() {
            self.response = Some(reply);
        } else {
            self.refuse(to, &reply);
        }
    }

    fn answer_delivered(&mut self, to: Awaited, reply: Reply) {
        self.is_open = false;
        let fates = self.fates.iter_mut().skip(self.delivered);
        for fate in fates {
            self.delivered += 1;
            if *fate != Fate::Accepted {
                continue;
            }
            if reply.code().is_completion() {
                self.response = Some(reply);
            } else {
                *fate = Fate::Rejected(to, reply);
            }
            return;
        }
    }

    /// Whether a reply to the message, and one more, say the same of all recipients.
    fn agrees(&self, to: Awaited, code: ReplyCode, more: ReplyCode) -> bool {
        let is_taken = code.is_completion();
        let contradicts = |fate: &Fate| match fate {
            Fate::Rejected(Awaited::Message, _) => is_taken,
            _ => !is_taken && self.response.is_some(),
        };
        matches!(to, Awaited::Message | Awaited::Bdat(true))
            && more.is_completion() == is_taken
            && !self.fates.iter().any(contradicts)
    }

    /// Whether there was a reply too many, so that none is known to be for what it was taken for.
    fn is_out_of_step(&self, failure: &Failure) -> bool {
        match failure {
            Failure::Unasked(_) | Failure::UnaskedHead(_) => true,
            Failure::Misplaced(..) => self.headway < Headway::Ended,
            _ => false,
        }
    }

    /// Nobody gets the message, except those that were refused before: for their own reason.
    fn refuse(&mut self, request: Awaited, reply: &Reply) {
        for fate in &mut self.fates {
            if matches!(fate, Fate::Pending | Fate::Accepted) {
                *fate = Fate::Rejected(request, reply.clone());
            }
        }
    }

    /// Done, once all that was asked is answered; a transaction that is still open is dropped.
    fn end_when_quiet(&mut self, session: &mut ClientSession) {
        if session.is_awaiting() || session.takes_message() {
            return;
        }
        self.stage = Stage::Done;
        if self.is_open && self.response.is_none() && !session.has_ended() {
            let _ = session.ask(Request::Rset);
        }
    }
}
