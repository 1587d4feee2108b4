//! Bytes into command lines (RFC 5321 sections 2.3.8 and 4.5.3.1.4), however they were cut.
//!
//! A command line may end in a bare LF, as people type it into `nc`; message data is framed by
//! [`super::data`], which is strict.

use super::limits::MAX_AUTH_LINE;
use bytes::{Buf, BytesMut};
use memchr::memchr;

/// What [`LineReader::next_line`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// A whole line, without its line end.
    Complete(Vec<u8>),
    /// The end of a line that was longer than allowed; its bytes are gone.
    TooLong,
}

/// Cuts the input of a session into lines and skips overlong ones in constant memory.
#[derive(Debug, Default)]
pub struct LineReader {
    /// Bytes at the head of the input known to hold no line end.
    scanned: usize,
    skipping: bool,
    saw_crlf: bool,
}

impl LineReader {
    /// Takes the next line off `input`; `None` if its end has not come yet.
    ///
    /// `limit` counts bytes with the line end; a line that begins with `AUTH ` may be longer
    /// (RFC 4954 section 4).
    pub fn next_line(&mut self, input: &mut BytesMut, limit: Option<usize>) -> Option<Line> {
        let found = memchr(b'\n', &input[self.scanned..]).map(|at| self.scanned + at + 1);
        let length = found.unwrap_or(input.len());
        let too_long = limit.is_some_and(|limit| {
            length > limit && (!is_auth(input) || length > limit.max(MAX_AUTH_LINE))
        });
        let Some(end) = found else {
            self.scanned = input.len();
            if self.skipping || too_long {
                self.skipping = true;
                self.scanned = 0;
                // The LF that makes it a CRLF may come next.
                let kept = usize::from(input.ends_with(b"\r"));
                input.advance(input.len() - kept);
            }
            return None;
        };
        self.scanned = 0;
        self.saw_crlf |= input[..end].ends_with(b"\r\n");
        if std::mem::take(&mut self.skipping) || too_long {
            input.advance(end);
            return Some(Line::TooLong);
        }
        let line = &input[..end - 1];
        let line = line.strip_suffix(b"\r").unwrap_or(line).to_vec();
        input.advance(end);
        Some(Line::Complete(line))
    }

    /// Whether the head of the input is the rest of an overlong line.
    pub fn is_skipping(&self) -> bool {
        self.skipping
    }

    /// Whether any line so far ended in CRLF, and not in a bare LF.
    pub fn saw_crlf(&self) -> bool {
        self.saw_crlf
    }

    /// Notes a CRLF that came elsewhere.
    pub fn note_crlf(&mut self) {
        self.saw_crlf = true;
    }

    /// Forgets a line begun, as at STARTTLS (RFC 3207 section 4.2).
    pub fn reset(&mut self) {
        *self = Self { saw_crlf: self.saw_crlf, ..Self::default() };
    }
}

fn is_auth(input: &[u8]) -> bool {
    input.len() >= 5 && input[..5].eq_ignore_ascii_case(b"AUTH ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(cuts: &[&[u8]], limit: usize) -> Vec<Option<Vec<u8>>> {
        let mut reader = LineReader::default();
        let mut input = BytesMut::new();
        let mut found = Vec::new();
        for cut in cuts {
            input.extend_from_slice(cut);
            while let Some(line) = reader.next_line(&mut input, Some(limit)) {
                found.push(match line {
                    Line::Complete(line) => Some(line),
                    Line::TooLong => None,
                });
            }
        }
        found
    }

    #[test]
    fn lines_end_in_crlf_or_lf_at_every_cut() {
        let text = b"NOOP\r\nQUIT\n\r\n";
        for at in 0..text.len() {
            let got = lines(&[&text[..at], &text[at..]], 100);
            let want = [&b"NOOP"[..], b"QUIT", b""].map(|l| Some(l.to_vec()));
            assert_eq!(got, want, "cut at {at}");
        }
    }

    #[test]
    fn one_crlf_is_noticed_at_every_cut() {
        for (text, want) in [(&b"NOOP\n\rx\n\n"[..], false), (b"a\nb\r\n", true)] {
            for at in 0..text.len() {
                let mut reader = LineReader::default();
                let mut input = BytesMut::new();
                for cut in [&text[..at], &text[at..]] {
                    input.extend_from_slice(cut);
                    while reader.next_line(&mut input, Some(1)).is_some() {}
                }
                assert_eq!(reader.saw_crlf(), want, "cut at {at}");
            }
        }
    }

    #[test]
    fn overlong_lines_are_skipped_and_the_next_is_read() {
        let long = [b'x'; 50];
        assert_eq!(lines(&[&long, &long, b"\r\nNOOP\r\n"], 40), [None, Some(b"NOOP".to_vec())]);
        assert_eq!(lines(&[b"123456\r\n"], 8), [Some(b"123456".to_vec())]);
        assert_eq!(lines(&[b"1234567\r\n"], 8), [None]);
    }

    #[test]
    fn auth_lines_may_be_longer() {
        let mut line = b"auth PLAIN ".to_vec();
        line.resize(5_000, b'A');
        line.extend_from_slice(b"\r\n");
        assert_eq!(lines(&[&line], 2_048)[0].as_ref().map(Vec::len), Some(5_000));
        line.splice(20..20, vec![b'A'; 10_000]);
        assert_eq!(lines(&[&line], 2_048), [None]);
    }
}
