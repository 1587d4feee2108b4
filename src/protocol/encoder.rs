//! A message onto the wire: line ends made whole, dot transparency and the end of data (RFC 5321
//! sections 2.3.8 and 4.5.2), however it is cut.

use bytes::{BufMut, BytesMut};
use memchr::memchr2;

/// What ends a message.
const END_OF_DATA: &[u8] = b".\r\n";

/// Encodes one message. Each CRLF, bare CR and bare LF becomes a CRLF.
#[derive(Debug)]
pub struct DataEncoder {
    stuffs: bool,
    at_line_start: bool,
    /// The last byte was a CR, whose CRLF is written already.
    after_cr: bool,
}

impl DataEncoder {
    /// For DATA: the dot that begins a line is doubled.
    pub fn for_data() -> Self {
        Self { stuffs: true, at_line_start: true, after_cr: false }
    }

    /// For BDAT, which has no need of dots (RFC 3030 section 2).
    pub fn for_chunks() -> Self {
        Self { stuffs: false, ..Self::for_data() }
    }

    /// Appends what comes next of the message to `output`.
    pub fn encode(&mut self, mut input: &[u8], output: &mut BytesMut) {
        output.reserve(input.len() + input.len() / 64 + 2);
        if self.after_cr {
            self.after_cr = input.is_empty();
            input = input.strip_prefix(b"\n").unwrap_or(input);
        }
        while let Some(first) = input.first() {
            if self.stuffs && self.at_line_start && *first == b'.' {
                output.put_u8(b'.');
            }
            let Some(at) = memchr2(b'\r', b'\n', input) else {
                output.put_slice(input);
                self.at_line_start = false;
                return;
            };
            let (line, rest) = input.split_at(at);
            self.at_line_start = true;
            if let Some(after) = rest.strip_prefix(b"\r\n") {
                output.put_slice(&input[..at + 2]);
                input = after;
            } else {
                output.put_slice(line);
                output.put_slice(b"\r\n");
                self.after_cr = rest == b"\r";
                input = &rest[1..];
            }
        }
    }

    /// Completes the last line; for DATA the end of data follows.
    pub fn finish(self, output: &mut BytesMut) {
        if !self.at_line_start {
            output.put_slice(b"\r\n");
        }
        if self.stuffs {
            output.put_slice(END_OF_DATA);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::data::{BareNewlines, DataDecoder};

    fn encode(mut encoder: DataEncoder, pieces: &[&[u8]]) -> Vec<u8> {
        let mut output = BytesMut::new();
        for piece in pieces {
            encoder.encode(piece, &mut output);
        }
        encoder.finish(&mut output);
        output.to_vec()
    }

    /// At every split in two, and byte by byte.
    fn everywhere(message: &[u8], data: &[u8], chunk: &[u8]) {
        for at in 0..=message.len() {
            let pieces = [&message[..at], b"", &message[at..]];
            assert_eq!(encode(DataEncoder::for_data(), &pieces), data, "{message:?} at {at}");
            assert_eq!(encode(DataEncoder::for_chunks(), &pieces), chunk, "{message:?} at {at}");
        }
        let pieces: Vec<&[u8]> = message.chunks(1).collect();
        assert_eq!(encode(DataEncoder::for_data(), &pieces), data);
        assert_eq!(encode(DataEncoder::for_chunks(), &pieces), chunk);
    }

    #[test]
    fn lines_are_made_whole_and_dots_doubled() {
        everywhere(b"", b".\r\n", b"");
        everywhere(b"a", b"a\r\n.\r\n", b"a\r\n");
        everywhere(b"a\r\n", b"a\r\n.\r\n", b"a\r\n");
        everywhere(b".\r\n", b"..\r\n.\r\n", b".\r\n");
        everywhere(b"..a\r\n.b", b"...a\r\n..b\r\n.\r\n", b"..a\r\n.b\r\n");
        everywhere(
            b"a\n.\nb\r.\r\r\n",
            b"a\r\n..\r\nb\r\n..\r\n\r\n.\r\n",
            b"a\r\n.\r\nb\r\n.\r\n\r\n",
        );
        everywhere(b"\n\r\n\r", b"\r\n\r\n\r\n.\r\n", b"\r\n\r\n\r\n");
        everywhere(b"a.\r\nb.c\n", b"a.\r\nb.c\r\n.\r\n", b"a.\r\nb.c\r\n");
    }

    #[test]
    fn nothing_but_its_end_ends_a_message() {
        for message in [
            &b"a\n.\nb"[..],
            b"a\n.\r\nb",
            b"a\r.\rb",
            b"a\r.\r\nb",
            b"a\n.\rb",
            b"a\r\n.\r\nb",
            b"a\r\n.\nb",
            b"a\r\n\0.\r\nb",
            b".\n",
            b"\r\n.",
        ] {
            let wire = encode(DataEncoder::for_data(), &[message]);
            for strictness in [BareNewlines::Accept, BareNewlines::Normalise] {
                let mut received = Vec::new();
                let mut decoder = DataDecoder::new(strictness);
                let decoded = decoder.decode(&wire, |bytes| received.extend_from_slice(bytes));
                assert!(decoded.ended && decoded.used == wire.len(), "{message:?}");
                assert_eq!(received, encode(DataEncoder::for_chunks(), &[message]));
            }
        }
    }
}
