//! A message gathered in memory.

use std::sync::{Mutex, PoisonError};

/// Bytes of a segment. A message grows by whole segments, so that nothing is moved.
const SEGMENT: usize = 256 * 1024;
/// A message that begins with fewer bytes grows its first segment as it needs.
const SMALL: usize = 8 * 1024;
/// Segments kept for messages to come: fresh memory costs the system more than its use does.
const MAX_SPARE: usize = 16;

static SPARE: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// The bytes of a message, dots undone, as they come.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Message {
    segments: Vec<Vec<u8>>,
    length: usize,
    has_other_than_ascii: bool,
}

impl Message {
    /// Adds bytes at the end.
    pub fn push(&mut self, mut bytes: &[u8]) {
        self.length += bytes.len();
        self.has_other_than_ascii |= !bytes.is_ascii();
        while !bytes.is_empty() {
            let room = self.segments.last().map_or(0, |segment| SEGMENT - segment.len());
            if room == 0 {
                let is_small = self.segments.is_empty() && bytes.len() < SMALL;
                self.segments.push(if is_small { Vec::new() } else { segment() });
                continue;
            }
            let (head, tail) = bytes.split_at(room.min(bytes.len()));
            if let Some(segment) = self.segments.last_mut() {
                segment.extend_from_slice(head);
            }
            bytes = tail;
        }
    }

    /// Its length in bytes.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether it has no bytes at all.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Whether all its bytes are ASCII.
    pub fn is_ascii(&self) -> bool {
        !self.has_other_than_ascii
    }

    /// Its bytes, in pieces.
    pub fn segments(&self) -> impl Iterator<Item = &[u8]> {
        self.segments.iter().map(Vec::as_slice)
    }
}

impl Drop for Message {
    fn drop(&mut self) {
        let whole = self.segments.drain(..).filter(|segment| segment.capacity() == SEGMENT);
        let mut whole = whole.peekable();
        if whole.peek().is_some() {
            let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
            let room = MAX_SPARE.saturating_sub(spare.len());
            spare.extend(whole.take(room).map(|mut segment| {
                segment.clear();
                segment
            }));
        }
    }
}

fn segment() -> Vec<u8> {
    let spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    spare.unwrap_or_else(|| Vec::with_capacity(SEGMENT))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_by_segments_and_keeps_every_byte() {
        let mut message = Message::default();
        assert!(message.is_empty() && message.is_ascii());
        let mut whole = Vec::new();
        for size in [0, 1, 1_000, SEGMENT - 1_001, 1, 3 * SEGMENT, 5] {
            let bytes: Vec<u8> = (0..size).map(|at| (at % 127) as u8).collect();
            message.push(&bytes);
            whole.extend_from_slice(&bytes);
        }
        assert_eq!(message.segments().collect::<Vec<_>>().concat(), whole);
        assert_eq!(message.len(), whole.len());
        assert!(message.is_ascii());
        message.push("ä".as_bytes());
        assert!(!message.is_ascii());
    }
}
