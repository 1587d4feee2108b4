//! The decoder of message data at work.

use crate::protocol::data::{BareNewlines, DataDecoder};
use std::hint::black_box;

/// KiB of message data that are read at a time.
const PIECE: usize = 16;
const LINE: usize = 80;
/// Of so many lines one begins with a dot.
const DOTS: usize = 32;

/// Decodes so many KiB of one message.
pub fn decode(bare: BareNewlines, kibibytes: usize) {
    let line = |at: usize| {
        let first = if at.is_multiple_of(DOTS) { ".." } else { "XX" };
        format!("{first}{}\r\n", "X".repeat(LINE - 4))
    };
    let lines: String = (0..).map(line).take(PIECE * 1024 / LINE + 1).collect();
    let piece = &lines.as_bytes()[..PIECE * 1024];
    let mut decoder = DataDecoder::new(bare);
    let mut length = 0;
    for _ in 0..kibibytes / PIECE {
        let decoded = decoder.decode(black_box(piece), |bytes| length += black_box(bytes).len());
        assert!(!decoded.ended && decoded.used == piece.len(), "a message without an end");
    }
    black_box(length);
}
