//! Message data off the wire: dot transparency and end of data (RFC 5321 section 4.5.2),
//! streaming and safe at every cut.
//!
//! Only CR LF dot CR LF ends a message. Bare CR and LF are message bytes like any other
//! (RFC 5321 section 2.3.8 forbids them to senders); [`BareNewlines`] says what becomes of them.
//!
//! One exception, where it is asked for: until the first CRLF, lines end in a bare LF, and
//! LF dot LF ends the message. People type so into `nc`.

use memchr::{memchr2, memmem};

/// What is done with a CR or LF that is not part of a CRLF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BareNewlines {
    /// Delivered as sent.
    #[default]
    Accept,
    /// The message is refused at its end.
    Refuse,
    /// Each becomes a CRLF.
    Normalise,
}

/// Where in a line of the wire the decoder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Right behind a CRLF, or at the first byte.
    LineStart,
    /// Behind the dot that began a line.
    Dot,
    /// Behind the dot that began a line and a CR.
    DotCr,
    /// Behind a CR.
    Cr,
    /// Anywhere else.
    Inside,
    /// Behind the end of data.
    End,
}

/// What [`DataDecoder::decode`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decoded {
    /// Bytes of the input used; all of them unless the message ended.
    pub used: usize,
    /// The end of data was among them.
    pub ended: bool,
}

/// Undoes dot transparency and finds the end of data of one message.
#[derive(Debug)]
pub struct DataDecoder {
    at: At,
    bare: BareNewlines,
    /// The last byte given to the sink was a CR whose LF has not come (not in accept mode).
    after_cr: bool,
    saw_bare: bool,
    /// Lines end in a bare LF; no CRLF has been seen.
    line_feeds: bool,
}

impl DataDecoder {
    /// A decoder for the bytes that follow the 354 reply.
    pub fn new(bare: BareNewlines) -> Self {
        Self { at: At::LineStart, bare, after_cr: false, saw_bare: false, line_feeds: false }
    }

    /// The same for a session whose lines so far have all ended in a bare LF: until the first CRLF
    /// those of the message do, too.
    pub fn with_line_feeds(bare: BareNewlines) -> Self {
        Self { line_feeds: true, ..Self::new(bare) }
    }

    /// Whether no CRLF has been seen, and lines end in a bare LF.
    pub fn has_line_feeds(&self) -> bool {
        self.line_feeds
    }

    /// Whether a bare CR or LF was seen; never in accept mode, which does not look.
    pub fn saw_bare_newline(&self) -> bool {
        self.saw_bare
    }

    /// Whether the end of data has come.
    pub fn has_ended(&self) -> bool {
        self.at == At::End
    }

    /// Reads `input` up to the end of data and hands message bytes to `sink`.
    pub fn decode(&mut self, input: &[u8], mut sink: impl FnMut(&[u8])) -> Decoded {
        let mut used = 0;
        while used < input.len() {
            let rest = &input[used..];
            match self.at {
                At::LineStart if rest[0] == b'.' => {
                    self.at = At::Dot;
                    used += 1;
                }
                At::Dot if rest[0] == b'\n' && self.line_feeds => {
                    self.at = At::End;
                    return Decoded { used: used + 1, ended: true };
                }
                At::DotCr if rest[0] == b'\n' && self.line_feeds => {
                    // The dot followed a bare LF: it is neither the end nor stuffing.
                    self.emit(b".\r\n", &mut sink);
                    self.line_feeds = false;
                    self.at = At::LineStart;
                    used += 1;
                }
                At::Dot if rest[0] == b'\r' => {
                    self.at = At::DotCr;
                    used += 1;
                }
                At::DotCr if rest[0] == b'\n' => {
                    self.flush_cr(&mut sink);
                    self.at = At::End;
                    return Decoded { used: used + 1, ended: true };
                }
                At::DotCr => {
                    // The dot was stuffing and the CR is content; what follows is looked at anew.
                    self.emit(b"\r", &mut sink);
                    self.at = At::Cr;
                }
                At::Cr if rest[0] == b'\n' => {
                    self.emit(b"\n", &mut sink);
                    self.line_feeds = false;
                    self.at = At::LineStart;
                    used += 1;
                }
                At::End => break,
                _ if self.line_feeds => used += self.run_line(rest, &mut sink),
                _ => used += self.run(rest, &mut sink),
            }
        }
        Decoded { used, ended: self.has_ended() }
    }

    /// Hands bytes to `sink` that have a length of their own, and so no end of data and no dots that
    /// were doubled (RFC 3030 section 2).
    pub fn pass(&mut self, input: &[u8], sink: &mut dyn FnMut(&[u8])) {
        self.emit(input, &mut &mut *sink);
    }

    /// Nothing comes behind those.
    pub fn finish(&mut self, sink: &mut dyn FnMut(&[u8])) {
        self.flush_cr(&mut &mut *sink);
    }

    /// Emits bytes up to the next line that begins with a dot; at least one.
    fn run(&mut self, rest: &[u8], sink: &mut impl FnMut(&[u8])) -> usize {
        let end = memmem::find(rest, b"\r\n.").map_or(rest.len(), |at| at + 2);
        let run = &rest[..end];
        self.emit(run, sink);
        self.at = match run {
            [.., b'\r', b'\n'] => At::LineStart,
            [.., b'\r'] => At::Cr,
            _ => At::Inside,
        };
        end
    }

    /// Emits bytes up to the next line end, which becomes a CRLF; at least one. A CR is left to
    /// what follows it.
    fn run_line(&mut self, rest: &[u8], sink: &mut impl FnMut(&[u8])) -> usize {
        let end = memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
        if end > 0 {
            self.emit(&rest[..end], sink);
        }
        self.at = match rest.get(end) {
            Some(b'\n') => {
                self.emit(b"\r\n", sink);
                At::LineStart
            }
            Some(_) => {
                self.emit(b"\r", sink);
                At::Cr
            }
            None => At::Inside,
        };
        rest.len().min(end + 1)
    }

    fn emit(&mut self, bytes: &[u8], sink: &mut impl FnMut(&[u8])) {
        if self.bare == BareNewlines::Accept {
            sink(bytes);
        } else {
            self.emit_lines(bytes, sink);
        }
    }

    /// Emits with an eye on bare CR and LF; a CR is held back until the next byte is known.
    fn emit_lines(&mut self, mut bytes: &[u8], sink: &mut impl FnMut(&[u8])) {
        while let Some(&first) = bytes.first() {
            if self.after_cr {
                if first == b'\n' {
                    self.after_cr = false;
                    sink(b"\r\n");
                    bytes = &bytes[1..];
                    continue;
                }
                self.flush_cr(sink);
            }
            let end = memchr2(b'\r', b'\n', bytes).unwrap_or(bytes.len());
            if end > 0 {
                sink(&bytes[..end]);
            }
            match bytes.get(end) {
                Some(b'\r') => self.after_cr = true,
                Some(_) => self.emit_bare(b"\n", sink),
                None => return,
            }
            bytes = &bytes[end + 1..];
        }
    }

    fn flush_cr(&mut self, sink: &mut impl FnMut(&[u8])) {
        if std::mem::take(&mut self.after_cr) {
            self.emit_bare(b"\r", sink);
        }
    }

    fn emit_bare(&mut self, newline: &[u8], sink: &mut impl FnMut(&[u8])) {
        self.saw_bare = true;
        sink(if self.bare == BareNewlines::Normalise { b"\r\n" } else { newline });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes `wire` in segments; the message, and how many bytes were left behind its end.
    fn decode(bare: BareNewlines, segments: &[&[u8]]) -> (Vec<u8>, Option<usize>, bool) {
        decode_with(DataDecoder::new(bare), segments)
    }

    fn decode_with(mut decoder: DataDecoder, segments: &[&[u8]]) -> (Vec<u8>, Option<usize>, bool) {
        let mut message = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            let got = decoder.decode(segment, |bytes| message.extend_from_slice(bytes));
            if got.ended {
                let left = segment.len() - got.used
                    + segments[index + 1..].iter().map(|s| s.len()).sum::<usize>();
                return (message, Some(left), decoder.saw_bare_newline());
            }
            assert_eq!(got.used, segment.len());
        }
        (message, None, decoder.saw_bare_newline())
    }

    /// The same at every pair of cuts.
    fn at_every_split(bare: BareNewlines, wire: &[u8], message: &[u8], left: Option<usize>) {
        for first in 0..=wire.len() {
            for second in first..=wire.len() {
                let cuts = [&wire[..first], &wire[first..second], &wire[second..]];
                let got = decode(bare, &cuts);
                assert_eq!(
                    (got.0.escape_ascii().to_string(), got.1),
                    (message.escape_ascii().to_string(), left),
                    "cut at {first} and {second}"
                );
            }
        }
        let bytes: Vec<&[u8]> = wire.chunks(1).collect();
        assert_eq!(decode(bare, &bytes).0, message);
    }

    #[test]
    fn ends_at_crlf_dot_crlf_alone() {
        use BareNewlines::Accept;
        at_every_split(Accept, b"a\r\n.\r\n", b"a\r\n", Some(0));
        at_every_split(Accept, b".\r\nQUIT\r\n", b"", Some(6));
        at_every_split(Accept, b"a\r\n\r\n.\r\n.\r\n", b"a\r\n\r\n", Some(3));
    }

    #[test]
    fn nothing_else_ends_a_message() {
        let cases: [(&[u8], &[u8]); 12] = [
            (b"\n.\n", b"\n.\n"),
            (b"\n.\r\n", b"\n.\r\n"),
            (b"\r.\r", b"\r.\r"),
            (b"\r.\n", b"\r.\n"),
            (b"\n.\r", b"\n.\r"),
            (b"\r.\r\n", b"\r.\r\n"),
            (b"\r\n.\n", b"\r\n\n"),
            (b"\r\n.\r", b"\r\n\r"),
            (b"\r\n\0.\r\n", b"\r\n\0.\r\n"),
            (b"\r\n.\0\r\n", b"\r\n\0\r\n"),
            (b"\r\n.\r\r\n", b"\r\n\r\r\n"),
            (b"\r\r\n.\r\r\n", b"\r\r\n\r\r\n"),
        ];
        for (wire, message) in cases {
            let whole = [b"a", wire, b"b\r\n.\r\nNOOP\r\n"].concat();
            let expected = [b"a", message, b"b\r\n"].concat();
            at_every_split(BareNewlines::Accept, &whole, &expected, Some(6));
            at_every_split(BareNewlines::Refuse, &whole, &expected, Some(6));
        }
    }

    #[test]
    fn dots_are_undone() {
        at_every_split(
            BareNewlines::Accept,
            b"..a\r\n...\r\n.b\r\nc..\r\n.\r\n",
            b".a\r\n..\r\nb\r\nc..\r\n",
            Some(0),
        );
    }

    #[test]
    fn line_feeds_end_lines_until_the_first_crlf() {
        let cases: [(&[u8], &[u8], Option<usize>); 12] = [
            (b"a\n.\nQUIT\n", b"a\r\n", Some(5)),
            (b".\n", b"", Some(0)),
            (b"..a\n...\n.\n", b".a\r\n..\r\n", Some(0)),
            (b"a\n\n.b\n.\n", b"a\r\n\r\nb\r\n", Some(0)),
            // A CR alone is a byte like any other.
            (b"a\rb\n.\r.\n.\n", b"a\rb\r\n\r.\r\n", Some(0)),
            // Behind a CRLF nothing but CR LF dot CR LF ends it.
            (b"a\r\nb\n.\n.\r\nc\r\n.\r\n", b"a\r\nb\n.\n.\r\nc\r\n", Some(0)),
            (b"a\n.\r\n.\n\r\n.\r\n", b"a\r\n.\r\n\n\r\n", Some(0)),
            (b"a\n\r\n.\nx\r\n.\r\n", b"a\r\n\r\n\nx\r\n", Some(0)),
            (b"a\n\r\n.\r\n", b"a\r\n\r\n", Some(0)),
            (b"a\n.\r\n.\r\n", b"a\r\n.\r\n", Some(0)),
            (b".\r\n.\r\n", b".\r\n", Some(0)),
            (b"a\r\n\n.\n", b"a\r\n\n.\n", None),
        ];
        for (wire, message, left) in cases {
            let want = (message.escape_ascii().to_string(), left);
            for first in 0..=wire.len() {
                for second in first..=wire.len() {
                    let cuts = [&wire[..first], &wire[first..second], &wire[second..]];
                    for bare in [BareNewlines::Accept, BareNewlines::Refuse] {
                        let got = decode_with(DataDecoder::with_line_feeds(bare), &cuts);
                        let got = (got.0.escape_ascii().to_string(), got.1);
                        assert_eq!(got, want, "{:?} cut at {first}, {second}", wire.escape_ascii());
                    }
                }
            }
        }
    }

    #[test]
    fn bare_newlines_are_normalised_or_noticed() {
        let wire = b"a\nb\rc\r\n\r\r\n.\n\n.\r\r\n.\r\n";
        at_every_split(
            BareNewlines::Normalise,
            wire,
            b"a\r\nb\r\nc\r\n\r\n\r\n\r\n\r\n.\r\n\r\n",
            Some(0),
        );
        for mode in [BareNewlines::Normalise, BareNewlines::Refuse] {
            assert!(decode(mode, &[wire]).2);
            assert!(!decode(mode, &[b"a\r\n\r\n.\r\n"]).2);
        }
    }
}
