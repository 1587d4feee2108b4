//! A message that is answered for each of its recipients (LMTP, RFC 2033 sections 4.2 and 4.3).
//!
//! Each RCPT counts that the client was told to be accepted, whoever has told it so: recipients that
//! the application has added have no reply of their own.

use super::commands::is_verb;
use super::{Effect, PlannedReply, ServerSession, Verdict};
use crate::protocol::command::Chunk;
use crate::protocol::dialect::Stock;
use crate::protocol::reply::Reply;

impl ServerSession {
    /// A RCPT is carried out.
    pub(super) fn note_accepted(&mut self) {
        if self.config.is_lmtp() {
            self.news.accepted += 1;
        }
    }

    /// A command was left undone that the application has answered by itself: where it is a RCPT, the
    /// client may take it for done.
    pub(super) fn note_told(&mut self, line: &str, verdict: &Verdict) {
        if verdict.says_done() && is_verb(line, "RCPT") {
            self.note_accepted();
        }
    }

    /// How many replies the end of a message has; it has them only once.
    pub(super) fn owed(&mut self) -> u32 {
        std::mem::take(&mut self.news.accepted).max(1)
    }

    /// How many replies are said behind a chunk that is dropped: where it is the last of a message,
    /// one for each recipient, and none where there is none (RFC 2033 section 4.3).
    pub(super) fn owed_behind(&mut self, chunk: Chunk, effect: &Effect) -> u32 {
        let is_answered_once =
            !chunk.is_last || !self.config.is_lmtp() || matches!(effect, Effect::Close);
        if is_answered_once { 1 } else { std::mem::take(&mut self.news.accepted) }
    }

    /// Replies to a message, the same for each of its recipients.
    pub(super) fn reply_each(&mut self, reply: &PlannedReply) {
        let owed = self.owed();
        self.reply(reply);
        if owed > 1 {
            self.repeat(reply, owed - 1);
        }
    }

    /// Says a reply that was counted so many times more.
    #[cold]
    fn repeat(&mut self, reply: &PlannedReply, times: u32) {
        let code = reply.code(&self.config.replies);
        for _ in 0..times {
            self.announce(reply);
            let Self { config, outgoing, .. } = self;
            reply.write(&config.replies, outgoing.queue(config, Some(code)));
        }
    }

    /// Replies to each of so many recipients what the application says of it.
    pub(super) fn write_each(&mut self, replies: &[Reply], owed: u32) {
        for index in 0..owed as usize {
            match replies.get(index) {
                Some(reply) => self.write_reply(reply),
                None => self.write_stock(Stock::LocalError),
            }
        }
        if let Some(reply) = replies.iter().find(|reply| reply.code().closes()) {
            self.refuse(reply.code());
        }
    }
}
