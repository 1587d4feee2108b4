//! One transaction from MAIL to the end of data (RFC 5321 section 3.3), sans IO: over DATA, over
//! BDAT where the server offers it (RFC 3030), and to LMTP's reply for each recipient (RFC 2033
//! section 4.2).
//!
//! ```text
//! Envelope --> Message --> Ending --> Done
//!     |           |                    ^
//!     +-----------+--- refused --------+
//! ```

use super::{ArgumentError, Awaited, ClientSession, Offered, Request};
use crate::protocol::encoder::DataEncoder;
use crate::protocol::parameters::{Body, MailParameters, RcptParameters};
use crate::protocol::reply::Reply;
use bytes::BytesMut;
use std::time::Instant;

/// Bytes of a chunk that is not the last.
const CHUNK: usize = 256 * 1024;
/// Chunks that may be under way at a time.
const MAX_CHUNKS: usize = 2;

/// Who is to get a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The forward-path.
    pub address: String,
    /// NOTIFY and ORCPT (RFC 3461 section 4), where the server offers DSN.
    pub parameters: RcptParameters,
}

/// What is asked for with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The reverse-path, empty for none.
    pub from: String,
    /// At least one.
    pub recipients: Vec<Recipient>,
    /// What is to be said of the message, to a server that offers the extension for it. What the
    /// message cannot do without makes it [`Unfit`] for others: BODY=BINARYMIME, SMTPUTF8, which
    /// addresses may need whatever is said here, and REQUIRETLS.
    pub parameters: MailParameters,
}

/// Why a message cannot be given to this server at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// An extension that the message needs is not offered.
    #[error("the message needs {0}, which the server does not offer")]
    Missing(&'static str),
    /// It takes less: its limit and the message's size.
    #[error("the message has {1} bytes, the server takes {0}")]
    TooLarge(u64, u64),
    /// An address or parameter that nobody is to see.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
}

/// What became of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// Not known yet.
    Pending,
    /// The server takes the message for it.
    Accepted,
    /// It does not; which request it refused, and how.
    Rejected(Awaited, Reply),
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

#[derive(Debug)]
enum Stage {
    Envelope,
    Message,
    Ending,
    Done,
}

/// A transaction under way.
#[derive(Debug)]
pub struct Delivery {
    fates: Vec<Fate>,
    /// Recipients that were answered.
    answered: usize,
    /// In LMTP, recipients that were answered after the message.
    delivered: usize,
    lmtp: bool,
    /// The message goes in chunks: how they are encoded, if they are, and the next one.
    chunks: Option<(Option<DataEncoder>, BytesMut)>,
    /// A transaction is open, so far as is known.
    is_open: bool,
    stage: Stage,
    response: Option<Reply>,
}

impl Delivery {
    /// Begins a transaction: its commands are queued.
    ///
    /// # Errors
    /// If the message is not for this server; nothing is sent then.
    pub fn begin(
        envelope: &Envelope,
        lmtp: bool,
        session: &mut ClientSession,
    ) -> Result<Self, Unfit> {
        let offered = session.offered();
        let mail = Request::Mail(envelope.from.clone(), mail_parameters(envelope, offered)?);
        let dsn = offered.has("DSN");
        let chunking = offered.has("CHUNKING") && !lmtp;
        let mut requests = vec![mail];
        requests.extend(envelope.recipients.iter().map(|recipient| {
            let parameters = if dsn { recipient.parameters.clone() } else { Default::default() };
            Request::Rcpt(recipient.address.clone(), parameters)
        }));
        if offered.pipelining() && !chunking {
            requests.push(Request::Data);
        }
        for request in &requests {
            request.check()?;
        }
        for request in requests {
            session.ask(request)?;
        }
        let encoder =
            (envelope.parameters.body != Some(Body::BinaryMime)).then(DataEncoder::for_chunks);
        Ok(Self {
            fates: vec![Fate::Pending; envelope.recipients.len()],
            answered: 0,
            delivered: 0,
            lmtp,
            chunks: chunking.then(|| (encoder, BytesMut::new())),
            is_open: false,
            stage: Stage::Envelope,
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
        if code.closes() && !(self.lmtp && to == Awaited::Message) {
            // Nothing more will be answered; in LMTP each verdict is for one recipient.
            self.refuse(to, &reply);
            self.stage = Stage::Done;
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
                    session.end_message(1, now);
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
            Stage::Envelope if self.is_open && self.answered == self.fates.len() => {
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
            let replies = if self.lmtp { self.accepted().count() } else { 1 };
            return session.end_message(replies, now);
        };
        if let Some(encoder) = encoder.take() {
            encoder.finish(chunk);
        }
        let _ = session.ask(Request::Bdat(chunk.split().freeze(), true));
    }

    /// What became of each recipient, in their order.
    pub fn fates(&self) -> &[Fate] {
        &self.fates
    }

    /// What became of each recipient if nothing more is heard: whom the message was not taken for
    /// is pending.
    pub fn verdicts(&self) -> Vec<Fate> {
        let delivered = if self.lmtp { self.delivered } else { self.fates.len() };
        let verdict = |(index, fate): (usize, &Fate)| match fate {
            Fate::Accepted if self.response.is_none() || index >= delivered => Fate::Pending,
            fate => fate.clone(),
        };
        self.fates.iter().enumerate().map(verdict).collect()
    }

    /// The last reply that a recipient owes its acceptance to, if there is one.
    pub fn response(&self) -> Option<&Reply> {
        self.response.as_ref()
    }

    fn accepted(&self) -> impl Iterator<Item = usize> {
        let fates = self.fates.iter().enumerate();
        fates.filter(|(_, fate)| **fate == Fate::Accepted).map(|(index, _)| index)
    }

    fn has_accepted(&self) -> bool {
        self.fates.contains(&Fate::Accepted)
    }

    fn answer_recipient(&mut self, reply: Reply) {
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

/// What of its parameters this server is told.
fn mail_parameters(envelope: &Envelope, offered: &Offered) -> Result<MailParameters, Unfit> {
    let mut parameters = envelope.parameters.clone();
    let needs = |keyword| if offered.has(keyword) { Ok(()) } else { Err(Unfit::Missing(keyword)) };
    if let Some(size) = parameters.size {
        if let Some(limit) = offered.size().filter(|limit| *limit < size) {
            return Err(Unfit::TooLarge(limit, size));
        }
        parameters.size = Some(size).filter(|_| offered.has("SIZE"));
    }
    match parameters.body {
        Some(Body::BinaryMime) => {
            needs("BINARYMIME")?;
            needs("CHUNKING")?;
        }
        Some(Body::EightBitMime) if offered.has("8BITMIME") => {}
        // Most servers take such bytes without saying so, and nobody can send them otherwise.
        Some(Body::EightBitMime | Body::SevenBit) | None => parameters.body = None,
    }
    let addresses = || envelope.recipients.iter().map(|recipient| &recipient.address);
    parameters.smtp_utf8 |= !envelope.from.is_ascii() || !addresses().all(|text| text.is_ascii());
    if parameters.smtp_utf8 {
        needs("SMTPUTF8")?;
    }
    if parameters.require_tls {
        needs("REQUIRETLS")?;
    }
    if !offered.has("DSN") {
        parameters.ret = None;
        parameters.texts = None;
    }
    Ok(parameters)
}
