//! Bytes into command lines (RFC 5321 sections 2.3.8 and 4.5.3.1.4), however they were cut.
//!
//! A command line may end in a bare LF, as people type it into `nc`; message data is framed by
//! [`super::data`], which is strict.

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

/// What is known of the head of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    /// So many bytes of it hold no line end.
    Scanned(usize),
    /// It is the rest of an overlong line, of which so many bytes are gone.
    Overlong(usize),
}

/// How the lines so far have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    /// All in a bare LF.
    LineFeeds,
    /// At least one in CRLF.
    Crlf,
}

/// Cuts the input of a session into lines and skips overlong ones in constant memory.
#[derive(Debug)]
pub struct LineReader {
    head: Head,
    ends: Ends,
}

impl Default for LineReader {
    fn default() -> Self {
        Self { head: Head::Scanned(0), ends: Ends::LineFeeds }
    }
}

impl LineReader {
    /// Takes the next line off `input`; `None` if its end has not come yet. `limit` counts bytes
    /// with the line end.
    pub fn next_line(&mut self, input: &mut BytesMut, limit: Option<usize>) -> Option<Line> {
        let scanned = match self.head {
            Head::Scanned(scanned) => scanned,
            Head::Overlong(_) => 0,
        };
        let found = memchr(b'\n', &input[scanned..]).map(|at| scanned + at + 1);
        let length = found.unwrap_or(input.len());
        let too_long = self.is_skipping() || limit.is_some_and(|limit| length > limit);
        let Some(end) = found else {
            let skipped = self.skipped().saturating_add(length);
            self.head = Head::Scanned(length);
            if too_long {
                self.head = Head::Overlong(skipped);
                // The LF that makes it a CRLF may come next.
                let kept = usize::from(input.ends_with(b"\r"));
                input.advance(length - kept);
            }
            return None;
        };
        self.head = Head::Scanned(0);
        let line = &input[..end - 1];
        let line = match line.strip_suffix(b"\r") {
            Some(line) => {
                self.ends = Ends::Crlf;
                line
            }
            None => line,
        };
        let line = if too_long { Line::TooLong } else { Line::Complete(line.to_vec()) };
        input.advance(end);
        Some(line)
    }

    /// How many bytes of an overlong line are gone whose end has not come; 0 where there is none.
    pub fn skipped(&self) -> usize {
        match self.head {
            Head::Overlong(skipped) => skipped,
            Head::Scanned(_) => 0,
        }
    }

    /// Whether the head of the input is the rest of an overlong line.
    pub fn is_skipping(&self) -> bool {
        matches!(self.head, Head::Overlong(_))
    }

    /// Whether any line so far ended in CRLF, and not in a bare LF.
    pub fn saw_crlf(&self) -> bool {
        self.ends == Ends::Crlf
    }

    /// Notes a CRLF that came elsewhere.
    pub fn note_crlf(&mut self) {
        self.ends = Ends::Crlf;
    }

    /// Forgets a line begun, as at STARTTLS (RFC 3207 section 4.2).
    pub fn reset(&mut self) {
        self.head = Head::Scanned(0);
    }
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
}
