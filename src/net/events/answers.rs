//! What an application answers, in words: one for each record of a batch, in the order of these, and
//! those of [`mod@told`] for an answer that comes late or has a text.

use crate::protocol::events::numbers;
use crate::protocol::reply::{Reply, ReplyCode};
use crate::protocol::server::{Answer, Body, NextLine, Standing, Verdict};

numbers! {
    /// What is decided, in the low three bits of a verdict's word.
    pub mod verdict {
        /// Go on.
        ACCEPT = 1;
        /// Go on, with the plain positive reply.
        OK = 2;
        /// Let the line pass, and ask about the command itself.
        PROCEED = 3;
        /// The application has replied by itself.
        SILENT = 4;
        /// Leave the command undone, with a reply.
        ANSWER = 5;
        /// The application has replied by itself, and the command is not the engine's.
        SKIP = 6;
    }
}

numbers! {
    /// What else such a word has.
    pub mod follows {
        /// The bits of the verdict.
        VERDICT = 7;
        /// A message that follows is taken piece by piece.
        STREAM = 1 << 3;
        /// The next line is the application's.
        TAKES_LINE = 1 << 4;
        /// The first bit of the number of recipients.
        RECIPIENTS = 5;
    }
}

numbers! {
    /// Words of an answer that comes late or has a text. The texts stand one after the other, elsewhere.
    pub mod told {
        /// Whose question it answers.
        SESSION = 0;
        /// The number of that question's record.
        SEQUENCE = 1;
        /// The verdict's word.
        WORD = 2;
        /// The reply code, 0 where there is no reply.
        CODE = 3;
        /// Bytes of the reply's text, in UTF-8.
        LENGTH = 4;
        /// How many words there are.
        WORDS = 5;
    }
}

/// An answer to a question.
pub struct Told {
    /// The number of the session that asks.
    pub session: u32,
    /// The number of the record that has the question.
    pub sequence: u32,
    /// What the session is told.
    pub answer: Answer,
}

/// The answers that these words have, with their texts. What is none is passed over.
pub fn told<'a>(words: &'a [u32], texts: &'a [u8]) -> impl Iterator<Item = Told> + 'a {
    let mut rest = texts;
    words.chunks_exact(told::WORDS as usize).filter_map(move |words| {
        let &[session, sequence, word, code, length] = words else { return None };
        let (text, behind) = rest.split_at_checked(length as usize)?;
        rest = behind;
        let code = if code == 0 { None } else { Some(reply_code(code)?) };
        let reply = code.map(|code| Reply::new(code, &String::from_utf8_lossy(text)));
        Some(Told { session, sequence, answer: answer(verdict_of(word, reply)?, word) })
    })
}

/// What a word of the array of verdicts says.
pub fn settled(word: u32) -> Option<Answer> {
    Some(answer(verdict_of(word, None)?, word))
}

/// The verdict of a word; `None` where that is none, or lacks its reply.
pub fn verdict_of(word: u32, reply: Option<Reply>) -> Option<Verdict> {
    let code = reply.as_ref().map(Reply::code);
    match (word & follows::VERDICT, reply) {
        (verdict::ACCEPT, reply) => Some(Verdict::Accept(reply)),
        (verdict::OK, _) => Some(Verdict::Ok),
        (verdict::PROCEED, _) => Some(Verdict::Proceed),
        (verdict::SILENT, _) => Some(Verdict::Silent(code)),
        (verdict::SKIP, _) => Some(Verdict::Skip(code)),
        (verdict::ANSWER, Some(reply)) => Some(Verdict::Answer(reply)),
        _ => None,
    }
}

/// A verdict with what its word says of what follows.
pub fn answer(verdict: Verdict, word: u32) -> Answer {
    let body = if word & follows::STREAM == 0 { Body::Whole } else { Body::Stream };
    let recipients = (word >> follows::RECIPIENTS) as usize;
    let standing = Standing { recipients, next_line: owner(word & follows::TAKES_LINE != 0) };
    Answer { verdict, body, standing: Some(standing) }
}

/// Whose the next line is.
pub fn owner(is_application: bool) -> NextLine {
    if is_application { NextLine::Application } else { NextLine::Command }
}

/// The reply code that an application gives.
pub fn reply_code(code: u32) -> Option<ReplyCode> {
    u16::try_from(code).ok().and_then(ReplyCode::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(session: u32, verdict: u32, code: u32, length: u32) -> [u32; 5] {
        [session, session + 100, verdict, code, length]
    }

    fn reply(code: u16, text: &str) -> Reply {
        Reply::new(ReplyCode::new(code).unwrap(), text)
    }

    #[test]
    fn each_answer_has_its_own_text() {
        let texts = ["yes", "", "nein, ü", "later"].concat();
        let all = [
            words(1, verdict::ACCEPT, 250, 3),
            words(2, verdict::OK | follows::STREAM, 0, 0),
            words(3, verdict::ANSWER, 550, 8),
            words(4, verdict::SKIP | follows::TAKES_LINE, 0, 0),
            words(5, verdict::ACCEPT | 2 << follows::RECIPIENTS, 451, 5),
        ]
        .concat();
        let found: Vec<_> = told(&all, texts.as_bytes()).collect();
        let verdicts = [
            Verdict::Accept(Some(reply(250, "yes"))),
            Verdict::Ok,
            Verdict::Answer(reply(550, "nein, ü")),
            Verdict::Skip(None),
            Verdict::Accept(Some(reply(451, "later"))),
        ];
        assert_eq!(found.len(), verdicts.len());
        for (at, (Told { session, sequence, answer }, verdict)) in
            (1..).zip(found.iter().zip(verdicts))
        {
            assert_eq!((*session, *sequence), (at, at + 100));
            assert_eq!(answer.verdict, verdict);
            assert_eq!(answer.body == Body::Stream, at == 2);
            let standing = answer.standing.as_ref().unwrap();
            assert_eq!(standing.next_line == NextLine::Application, at == 4);
            assert_eq!(standing.recipients, if at == 5 { 2 } else { 0 });
        }
    }

    #[test]
    fn what_is_no_answer_costs_the_others_nothing() {
        let cases = [
            ("no verdict", words(1, 0, 250, 2)),
            ("an answer without a reply", words(1, verdict::ANSWER, 0, 2)),
            ("no reply code", words(1, verdict::ACCEPT, 199, 2)),
            ("a code of many digits", words(1, verdict::ACCEPT, 65_786, 2)),
        ];
        for (what, first) in cases {
            let all = [first, words(2, verdict::ANSWER, 250, 2)].concat();
            let found: Vec<_> = told(&all, b"noOK").collect();
            assert_eq!(found.len(), 1, "{what}");
            assert_eq!(found[0].answer.verdict, Verdict::Answer(reply(250, "OK")), "{what}");
        }
        // A text that is not there, a word that is missing.
        assert_eq!(told(&words(1, verdict::ANSWER, 250, 3), b"OK").count(), 0);
        assert_eq!(told(&words(1, verdict::ANSWER, 250, 2)[..4], b"OK").count(), 0);
    }
}
