//! Records that cross together, written as `layout.rs` has it.

use super::layout::{Flags, field, planned};
use super::record::{Peer, ProxyEnds, Record};
use super::slot::Slot;
use crate::protocol::command::Hello;
use crate::protocol::dialect::Stock;
use crate::protocol::envelope::{Dropped, Mail, Recipient};
use crate::protocol::inquiry::Inquiry;
use crate::protocol::message::Message;
use crate::protocol::sasl::server::{Claim, Shown};
use crate::protocol::server::{About, Effect, News, Notice, Plan, PlannedReply, Question};
use crate::protocol::trusted::Attributes;
use std::fmt::Write as _;
use std::sync::Arc;

/// Texts longer than this travel apart.
const MAX_INLINE: usize = 16 * 1024;
/// Bytes of texts for which an empty batch may keep room.
const MAX_SPARE: usize = 64 * 1024;

/// Records that cross together.
#[derive(Default)]
pub struct Batch {
    /// The words of all records, one after the other.
    pub words: Vec<u32>,
    /// The texts of all records, one after the other.
    pub bytes: Vec<u8>,
    /// Long messages, each taken once.
    pub blobs: Vec<Message>,
    pub(super) entries: Vec<Entry>,
}

impl Batch {
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Empties it and keeps its room, if that is no more than a batch usually takes.
    pub(super) fn clear(&mut self) {
        self.words.clear();
        self.bytes.clear();
        self.blobs.clear();
        self.entries.clear();
        if self.bytes.capacity() > MAX_SPARE {
            *self = Self::default();
        }
    }

    pub(super) fn write(
        &mut self,
        number: u32,
        sequence: u32,
        peer: Option<&Peer>,
        record: Record<'_>,
    ) {
        let start = self.words.len();
        let offset = self.bytes.len() as u32;
        let header = [record.kind(), number, sequence, offset, 0, 0, planned::NONE, 0];
        self.words.extend_from_slice(&header);
        let mut writer = Writer { batch: self, start };
        if let Some(peer) = peer {
            writer.peer(peer);
        }
        writer.record(record);
        let texts = self.words.len() - start - header.len();
        self.words[start + field::TEXTS as usize] = texts as u32;
    }
}

/// Who waits for a record to be taken.
pub(super) struct Entry {
    pub(super) slot: Option<Arc<Slot>>,
    pub(super) sequence: u32,
    pub(super) weight: usize,
    /// The session is over once the record was read.
    pub(super) ends: bool,
}

struct Writer<'a> {
    batch: &'a mut Batch,
    start: usize,
}

impl Writer<'_> {
    fn record(&mut self, record: Record<'_>) {
        match record {
            Record::Question { question, news } => {
                self.news(news);
                self.question(question);
            }
            Record::Notice { notice, news } => {
                self.news(news);
                self.notice(notice);
            }
            Record::Raw(bytes) => self.text(bytes),
            Record::Decoded(message) => self.message(message),
            Record::Secure(news) => {
                self.flag(Flags::TLS);
                self.news(news);
            }
            Record::Gone { news, quiet } => {
                self.flag(if quiet { Flags::QUIET } else { Flags::empty() });
                self.news(news);
            }
            Record::Error(error) | Record::ServerError(error) => {
                self.flag(if error.is_mere_end { Flags::QUIET } else { Flags::empty() });
                self.text(error.number.to_string().as_bytes());
                self.text(error.message.as_bytes());
            }
            Record::Client(_, texts) => texts.iter().for_each(|text| self.text(text.as_bytes())),
            Record::Stopped(run) => self.text(run.to_string().as_bytes()),
            Record::WantsKeys { request, host: text }
            | Record::WantsHandshake { request, address: text } => {
                self.text(request.to_string().as_bytes());
                self.text(text.as_bytes());
            }
            Record::Timeout | Record::ListenerTimeout => {}
        }
    }

    fn peer(&mut self, peer: &Peer) {
        self.flag(Flags::PEER);
        let mut text = peer.server.to_string();
        let proxy = peer.proxy.as_deref().map(|ProxyEnds(ends)| *ends);
        for end in [peer.ends, proxy.flatten()].into_iter().flatten().flat_map(|(a, b)| [a, b]) {
            // Writing to a String cannot fail.
            let _ = write!(text, "\t{}\t{}", end.ip(), end.port());
        }
        if let Some(None) = proxy {
            text.push('\t');
        }
        self.text(text.as_bytes());
    }

    fn news(&mut self, news: &mut News) {
        let News { changes, responses, tls, accepted } = news;
        self.flag(if *tls { Flags::TLS } else { Flags::empty() });
        self.set(field::RESPONSES, responses.len() as u32);
        self.set(field::RECIPIENTS, changes.recipients.len() as u32);
        for line in &*responses {
            self.text(line.as_bytes());
        }
        match changes.dropped {
            Dropped::Nothing => {}
            Dropped::Transaction => self.flag(Flags::RESET),
            Dropped::Greeting => {
                self.flag(Flags::RESET);
                self.flag(Flags::FORGOT_GREETING);
            }
        }
        if let Some(origin) = &changes.origin {
            self.flag(Flags::ORIGIN);
            if changes.is_extended {
                self.flag(Flags::ORIGIN_EXTENDED);
            }
            self.text(origin.as_bytes());
        }
        if let Some(mail) = &changes.mail {
            self.flag(Flags::MAIL);
            self.mail(mail);
        }
        for recipient in &changes.recipients {
            self.recipient(recipient);
        }
        if *accepted > 0 {
            self.flag(Flags::EACH);
            self.text(accepted.to_string().as_bytes());
        }
        news.clear();
    }

    fn question(&mut self, question: &mut Question) {
        match question {
            Question::Connect => self.plan_stock(Stock::Greeting),
            Question::Streamed => self.plan_stock(Stock::Ok),
            Question::Command { line, about, plan } => {
                if *about == About::Line {
                    self.flag(Flags::LINE);
                    self.text(line.as_bytes());
                }
                self.plan(plan);
            }
            Question::Data(message) => {
                self.message(message);
                self.plan_stock(Stock::Ok);
            }
            Question::Line(line) => self.text(line),
            Question::Auth(claim) => self.claim(claim),
            Question::Proof(is_right) => {
                self.text(if *is_right { b"1" } else { b"" });
                self.plan_stock(Stock::LoggedIn);
            }
        }
    }

    fn notice(&mut self, notice: &mut Notice) {
        match notice {
            Notice::Cut(stock) => self.plan_stock(*stock),
            // It stays where it is until somebody looks.
            Notice::Taken(_) | Notice::Withdrawn => {}
            Notice::Introduced(attributes) | Notice::Forwarded(attributes) => {
                self.attributes(attributes);
            }
            Notice::Responses | Notice::LineTooLong | Notice::ExchangeOver => {}
        }
    }

    /// Each attribute on a line, without `=` where it has no value.
    fn attributes(&mut self, attributes: &Attributes) {
        let lines = attributes.iter().map(|(name, value)| match value {
            Some(value) => format!("{name}={value}"),
            None => name.to_owned(),
        });
        self.text(lines.collect::<Vec<_>>().join("\n").as_bytes());
    }

    fn plan(&mut self, plan: &Plan) {
        match &plan.effect {
            Effect::Greet { domain, hello } => {
                self.flag(if *hello == Hello::Ehlo { Flags::EXTENDED } else { Flags::empty() });
                self.text(domain.as_bytes());
            }
            Effect::Mail(mail) => {
                self.mail(mail);
                self.ext(mail.parameters.as_sent());
            }
            Effect::Rcpt(recipient) => {
                self.recipient(recipient);
                self.ext(recipient.parameters.as_sent());
            }
            Effect::Inquire(inquiry) => self.inquiry(inquiry),
            Effect::Reset => self.flag(Flags::DROPS),
            Effect::StartChunks(_) | Effect::Chunk(_) => self.flag(Flags::CHUNKS),
            Effect::StartTls | Effect::Xclient(_) => {
                self.flag(Flags::DROPS | Flags::DROPS_GREETING);
            }
            _ => {}
        }
        match &plan.reply {
            PlannedReply::Stock(stock) => self.plan_stock(*stock),
            PlannedReply::Made(reply) => {
                let mut lines = 0;
                for line in reply.lines() {
                    self.text(line.as_bytes());
                    lines += 1;
                }
                self.set(field::REPLY, planned::MADE | lines);
            }
            PlannedReply::Named(stock, name) => {
                self.text(name.to_string().as_bytes());
                self.set(field::REPLY, planned::NAMED | *stock as u32);
            }
            PlannedReply::Later => {}
        }
    }

    /// Mechanism, names, and what the client shows.
    fn claim(&mut self, claim: &Claim) {
        let shown = match &claim.shown {
            Shown::Nothing => "",
            Shown::Password(secret) | Shown::Token(secret) => secret,
        };
        for text in [claim.mechanism.name(), &claim.username, &claim.authzid, shown] {
            self.text(text.as_bytes());
        }
        self.plan_stock(Stock::LoggedIn);
    }

    fn plan_stock(&mut self, stock: Stock) {
        self.set(field::REPLY, stock as u32);
    }

    fn mail(&mut self, mail: &Mail) {
        self.path(&mail.from, |say| mail.parameters.each(say));
        let size = mail.parameters.size.map(|size| size.to_string()).unwrap_or_default();
        self.text(size.as_bytes());
    }

    fn inquiry(&mut self, inquiry: &Inquiry) {
        self.path(&inquiry.argument, |say| {
            if inquiry.smtp_utf8 {
                say("smtpUtf8", "");
            }
        });
    }

    fn recipient(&mut self, recipient: &Recipient) {
        self.path(&recipient.address, |say| recipient.parameters.each(say));
    }

    /// An address and its parameters in one text; no line of a client's has LF in it.
    fn path(&mut self, address: &str, parameters: impl FnOnce(&mut dyn FnMut(&str, &str))) {
        let mut text = String::new();
        parameters(&mut |name, value| {
            // Writing to a String cannot fail.
            let _ = write!(text, "\n{name}={value}");
        });
        if text.is_empty() {
            return self.text(address.as_bytes());
        }
        self.text([address, &text].concat().as_bytes());
    }

    fn ext(&mut self, ext: Option<&str>) {
        if let Some(ext) = ext {
            self.flag(Flags::EXT);
            self.text(ext.as_bytes());
        }
    }

    fn message(&mut self, message: &mut Message) {
        let other = u32::from(!message.is_ascii());
        let length = message.len() as u32;
        if message.len() <= MAX_INLINE {
            self.batch.words.push(length << 1 | other);
            for segment in message.segments() {
                self.batch.bytes.extend_from_slice(segment);
            }
            // It is on its way: what it took is free.
            drop(message.take());
            return;
        }
        self.flag(Flags::BLOB);
        let index = self.batch.blobs.len() as u32;
        self.batch.words.extend([index << 1 | other, length]);
        self.batch.blobs.push(message.take());
    }

    fn text(&mut self, text: &[u8]) {
        self.batch.words.push((text.len() as u32) << 1 | u32::from(!text.is_ascii()));
        self.batch.bytes.extend_from_slice(text);
    }

    fn flag(&mut self, flags: Flags) {
        self.batch.words[self.start + field::HEAD as usize] |= flags.bits();
    }

    fn set(&mut self, field: u32, value: u32) {
        self.batch.words[self.start + field as usize] = value;
    }
}
