//! A chunk that is read and dropped (RFC 3030 section 2).

use super::pace::Pace;
use super::plan::Stage;
use super::planned::{Effect, PlannedReply};
use crate::protocol::command::Chunk;

/// A chunk that nobody wants, and what is behind it.
#[derive(Debug)]
pub(super) struct Skipping {
    /// What is still to come of it.
    pub(super) left: Chunk,
    pub(super) refusal: Refusal,
    /// Where the session stands behind it.
    pub(super) stage: Stage,
    pub(super) pace: Pace,
}

/// What BDAT is answered whose chunk was dropped.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) reply: Told,
    pub(super) effect: Effect,
}

/// A reply, and whether the application has to hear of it.
#[derive(Debug)]
pub(super) enum Told {
    /// It is the engine's.
    ByEngine(PlannedReply),
    /// It is the application's own.
    ByApplication(PlannedReply),
    /// The application has sent one already.
    Sent,
}

impl Skipping {
    pub(super) fn new(chunk: Chunk, refusal: Refusal, stage: Stage) -> Self {
        Self { left: chunk, refusal, stage, pace: Pace::default() }
    }

    /// Drops what has come of it, of so many bytes; how many these are.
    pub(super) fn skip(&mut self, available: usize) -> usize {
        let used = usize::try_from(self.left.size).map_or(available, |left| left.min(available));
        self.left.size -= used as u64;
        self.pace.came(used);
        used
    }
}
