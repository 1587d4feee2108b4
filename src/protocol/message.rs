//! A message gathered in memory.

use super::budget::{Budget, Reservation};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a segment. A message grows by whole segments, so that nothing is moved.
const SEGMENT: usize = 256 * 1024;
/// A message that begins with fewer bytes grows its first segment as it needs.
const SMALL: usize = 8 * 1024;

/// The bytes of a message, dots undone, as they come.
#[derive(Debug, Default)]
pub struct Message {
    segments: Vec<Vec<u8>>,
    reserved: Reservation,
    length: usize,
    has_other_than_ascii: bool,
}

impl Message {
    /// An empty message that shares memory with others.
    pub fn within(budget: Option<Arc<Budget>>) -> Self {
        let mut message = Self::default();
        message.reserved = Reservation::of(budget);
        message
    }

    /// Adds bytes at the end; `false` if there is no memory for all of them.
    #[must_use]
    pub fn push(&mut self, mut bytes: &[u8]) -> bool {
        self.has_other_than_ascii |= !bytes.is_ascii();
        while !bytes.is_empty() {
            let room = self.segments.last().map_or(0, |segment| SEGMENT - segment.len());
            if room == 0 {
                let is_small = self.segments.is_empty() && bytes.len() < SMALL;
                if !is_small && !self.reserved.grow(SEGMENT) {
                    return false;
                }
                let spare = || self.reserved.spare().unwrap_or_else(|| Vec::with_capacity(SEGMENT));
                self.segments.push(if is_small { Vec::new() } else { spare() });
                continue;
            }
            let (head, tail) = bytes.split_at(room.min(bytes.len()));
            if let Some(segment) = self.segments.last_mut() {
                if !make_room(segment, head.len(), &mut self.reserved) {
                    return false;
                }
                segment.extend_from_slice(head);
                self.length += head.len();
            }
            bytes = tail;
        }
        true
    }

    /// What there is, which begins anew.
    #[must_use]
    pub fn take(&mut self) -> Self {
        let reserved = self.reserved.another();
        let taken = std::mem::take(self);
        self.reserved = reserved;
        taken
    }

    /// Gives memory back that it has no use for.
    fn shrink(&mut self) {
        if let Some(last) = self.segments.last_mut() {
            let before = last.capacity();
            last.shrink_to_fit();
            self.reserved.shrink(before - last.capacity());
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

/// A message that was accepted and that no listener takes: there for who looks at it, until the
/// next transaction.
#[derive(Debug)]
pub struct KeptMessage(Mutex<Option<Message>>);

impl KeptMessage {
    /// Keeps a message in no more memory than it needs.
    pub fn new(mut message: Message) -> Arc<Self> {
        message.shrink();
        Arc::new(Self(Mutex::new(Some(message))))
    }

    /// Takes it, if it is there still.
    pub fn take(&self) -> Option<Message> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl PartialEq for KeptMessage {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for KeptMessage {}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.segments == other.segments
    }
}

impl Eq for Message {}

impl Drop for Message {
    fn drop(&mut self) {
        let whole = self.segments.drain(..).filter(|segment| segment.capacity() == SEGMENT);
        self.reserved.keep(whole);
    }
}

/// Room for `more` bytes in a segment, which doubles until it is whole; memory is reserved first.
fn make_room(segment: &mut Vec<u8>, more: usize, reserved: &mut Reservation) -> bool {
    let wanted = segment.len() + more;
    let has = segment.capacity();
    if wanted <= has {
        return true;
    }
    let capacity = wanted.max(2 * has).min(SEGMENT);
    let grown = reserved.grow(capacity - has);
    if grown {
        segment.reserve_exact(capacity - segment.len());
    }
    grown
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
            assert!(message.push(&bytes));
            whole.extend_from_slice(&bytes);
        }
        assert_eq!(message.segments().collect::<Vec<_>>().concat(), whole);
        assert_eq!(message.len(), whole.len());
        assert!(message.is_ascii());
        assert!(message.push("ä".as_bytes()));
        assert!(!message.is_ascii());
    }
}
