//! Replies off the wire (RFC 5321 section 4.2), however they were cut, and no longer than a bound.

use super::failure::Failure;
use crate::protocol::limits::MAX_REPLY;
use crate::protocol::reply::{Reply, ReplyCode};
use bytes::{Buf, BytesMut};
use memchr::memchr;

/// Empty lines before a reply, or within it, that are skipped.
const MAX_EMPTY: usize = 10;

/// Cuts what a server sends into replies.
#[derive(Debug, Default)]
pub(super) struct ReplyReader {
    /// Lines of a reply that goes on.
    lines: Vec<String>,
    code: Option<ReplyCode>,
    /// Their bytes.
    length: usize,
    /// Empty lines since the last reply, which some servers send around one.
    empty: usize,
    /// Bytes at the head of the input known to hold no line end.
    scanned: usize,
}

impl ReplyReader {
    /// Takes the next reply off `input`; `None` if its end has not come yet.
    ///
    /// A line may end in a bare LF; the reply code may be all there is of it.
    ///
    /// # Errors
    /// [`Failure::EndlessReply`] and [`Failure::BadReply`].
    pub(super) fn next(&mut self, input: &mut BytesMut) -> Result<Option<Reply>, Failure> {
        loop {
            let found = memchr(b'\n', &input[self.scanned..]).map(|at| self.scanned + at + 1);
            if self.length + found.unwrap_or(input.len()) > MAX_REPLY {
                return Err(Failure::EndlessReply);
            }
            let Some(end) = found else {
                self.scanned = input.len();
                return Ok(None);
            };
            self.scanned = 0;
            self.length += end;
            let line = input.split_to(end);
            if line.iter().all(|byte| matches!(byte, b'\r' | b'\n')) && self.empty < MAX_EMPTY {
                self.empty += 1;
                continue;
            }
            if self.take(&line)? {
                self.length = 0;
                self.empty = 0;
                let lines = std::mem::take(&mut self.lines);
                return Ok(self.code.take().map(|code| Reply::received(code, lines)));
            }
        }
    }

    /// The reply whose end will never come, if what there is of it refuses something: a refusal is
    /// one without its line end, while what may have been cut off an acceptance is not known.
    pub(super) fn last(&mut self, input: &mut BytesMut) -> Option<Reply> {
        let line = input.split();
        self.scanned = 0;
        // Without three digits the lines before it are all there is.
        let _ = self.take(&line);
        let lines = std::mem::take(&mut self.lines);
        let code = self.code.take().filter(|code| !code.is_positive())?;
        Some(Reply::received(code, lines))
    }

    /// The head of what has come of a reply that has not ended; `None` if nothing has.
    pub(super) fn begun(&self, input: &[u8]) -> Option<String> {
        match (self.lines.first(), self.code) {
            (Some(text), Some(code)) => {
                Some(excerpt(format!("{}-{text}", code.value()).as_bytes()))
            }
            _ => {
                let is_empty = input.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
                (!is_empty).then(|| excerpt(input))
            }
        }
    }

    /// Takes one line; whether it was the last of its reply.
    fn take(&mut self, line: &[u8]) -> Result<bool, Failure> {
        let mut text = line.strip_suffix(b"\n").unwrap_or(line);
        text = text.strip_suffix(b"\r").unwrap_or(text);
        let bad = || Failure::BadReply(excerpt(text));
        let digits = text.get(..3).filter(|digits| digits.iter().all(u8::is_ascii_digit));
        let code = digits.and_then(ReplyCode::parse).ok_or_else(bad)?;
        if self.code.is_some_and(|first| first != code) {
            return Err(bad());
        }
        let ends = match text.get(3) {
            None | Some(b' ') => true,
            Some(b'-') => false,
            Some(_) => return Err(bad()),
        };
        self.code = Some(code);
        self.lines.push(String::from_utf8_lossy(text.get(4..).unwrap_or_default()).into_owned());
        Ok(ends)
    }

    /// Forgets what was begun, with all that is in `input`.
    pub(super) fn forget(&mut self, input: &mut BytesMut) {
        input.advance(input.len());
        *self = Self::default();
    }
}

/// The head of a line, fit to be shown.
fn excerpt(line: &[u8]) -> String {
    let head = &line[..line.len().min(100)];
    String::from_utf8_lossy(head).escape_debug().to_string()
}
