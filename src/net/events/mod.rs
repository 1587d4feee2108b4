//! The way to an application on another thread, and back.
//!
//! Sessions post records to the [`EventQueue`] of their application; its bell is rung when a
//! runtime thread is about to park ([`ring_all`]), so that one ring serves many events. The
//! application takes [`Batch`]es with [`EventQueue::exchange`], which also brings back the
//! verdicts on the one before. A session waits at its [`Slot`].

pub mod answers;
mod batch;
pub mod layout;
mod record;
mod slot;
mod task;
#[cfg(test)]
mod tests;

pub use batch::Batch;
pub use record::{ClientNews, ErrorInfo, Peer, ProxyEnds, Record};
pub use slot::{MAX_WRITES, SessionCommand, Slot, Wake};
pub use task::{Task, is_inline};

use crate::net::sync::lock;
use crate::protocol::server::{Answer, Notice};
use answers::Told;
use batch::Entry;
use slot::Resume;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};

/// Records in a batch, and bytes of their texts, beyond which the next batch is begun.
const BATCH_RECORDS: usize = 512;
const BATCH_BYTES: usize = 192 * 1024;
/// With no more sessions than that, they go on in the thread that answers.
const FEW_SESSIONS: usize = 4;
/// Waiting records at which the bell is rung although no thread parks: a busy one may never.
const RING_AT: usize = 64;

static QUEUES: Mutex<Vec<Weak<EventQueue>>> = Mutex::new(Vec::new());
/// Some queue may have to ring; spares a runtime thread the look at all of them.
static POSTED: AtomicBool = AtomicBool::new(false);

/// The events of all sessions whose application runs on one thread.
pub struct EventQueue {
    waiting: Mutex<Waiting>,
    bell: Box<dyn Fn() + Send + Sync>,
    /// The application has been rung for and has not found the queue empty since.
    rung: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    batches: VecDeque<Batch>,
    slots: Vec<Option<Arc<Slot>>>,
    free: Vec<u32>,
    sequence: u32,
    /// An empty batch with room, to be written to next.
    spare: Batch,
    closed: bool,
}

impl EventQueue {
    /// A queue whose `bell` makes the application call [`EventQueue::exchange`], soon and on its
    /// own thread.
    pub fn new(bell: Box<dyn Fn() + Send + Sync>) -> Arc<Self> {
        let queue = Arc::new(Self {
            waiting: Mutex::new(Waiting::default()),
            bell,
            rung: AtomicBool::new(false),
        });
        let mut queues = lock(&QUEUES);
        queues.retain(|queue| queue.strong_count() > 0);
        queues.push(Arc::downgrade(&queue));
        queue
    }

    /// Posts a record of a session, which waits until a question or notice is settled; `false` if nobody is
    /// there to read it any more.
    pub fn post(&self, slot: &Arc<Slot>, peer: &Peer, record: Record<'_>) -> bool {
        let mut waiting = lock(&self.waiting);
        if waiting.closed {
            return false;
        }
        waiting.sequence = waiting.sequence.wrapping_add(1).max(1);
        let sequence = waiting.sequence;
        let known = slot.index();
        let index = known.unwrap_or_else(|| waiting.admit(slot));
        let awaited = matches!(record, Record::Question { .. } | Record::Notice { .. });
        let weight = slot.begin_record(if awaited { sequence } else { 0 }, record.weight());
        let ends = matches!(record, Record::Gone { .. });
        if let Record::Notice { notice: Notice::Taken(message), .. } = &record {
            slot.keep(sequence, message.clone());
        }
        let batch = waiting.batch();
        batch.write(index, sequence, known.is_none().then_some(peer), record);
        batch.entries.push(Entry { slot: Some(slot.clone()), sequence, weight, ends });
        let full = waiting.batches.len() > 1
            || waiting.batches.back().is_some_and(|batch| batch.entries.len() >= RING_AT);
        drop(waiting);
        POSTED.store(true, Ordering::Release);
        if full {
            self.ring();
        }
        true
    }

    /// Posts a record of a server as a whole.
    pub fn post_server(&self, server: u32, record: Record<'_>) {
        let mut waiting = lock(&self.waiting);
        if waiting.closed {
            return;
        }
        let batch = waiting.batch();
        batch.write(server, 0, None, record);
        batch.entries.push(Entry { slot: None, sequence: 0, weight: 0, ends: false });
        drop(waiting);
        self.ring();
    }

    /// Posts what a client of ours has to tell of a message; there are too many for a bell each.
    pub fn post_client(&self, client: u32, message: u32, news: ClientNews, texts: &[String]) {
        let mut waiting = lock(&self.waiting);
        if waiting.closed {
            return;
        }
        let batch = waiting.batch();
        batch.write(client, message, None, Record::Client(news, texts));
        batch.entries.push(Entry { slot: None, sequence: 0, weight: 0, ends: false });
        let full = waiting.batches.len() > 1
            || waiting.batches.back().is_some_and(|batch| batch.entries.len() >= RING_AT);
        drop(waiting);
        POSTED.store(true, Ordering::Release);
        if full {
            self.ring();
        }
    }

    /// Brings the answers to `done`, the batch handed out before, and takes the next one.
    ///
    /// `answer` gives the verdict on the record of an index, if the application has settled it.
    /// With `None` returned, the bell will ring for the next event.
    pub fn exchange(
        &self,
        mut done: Batch,
        answer: impl Fn(usize) -> Option<Answer>,
    ) -> Option<Batch> {
        let mut ended = Vec::new();
        let resume = self.resume();
        for (index, entry) in done.entries.drain(..).enumerate() {
            let Some(slot) = entry.slot else { continue };
            if entry.ends {
                ended.extend(slot.index());
            }
            slot.settle(entry.sequence, answer(index), entry.weight, resume);
        }
        let mut waiting = lock(&self.waiting);
        for index in ended {
            waiting.slots[index as usize] = None;
            waiting.free.push(index);
        }
        done.clear();
        waiting.spare = done;
        let batch = waiting.batches.pop_front();
        if batch.is_none() {
            self.rung.store(false, Ordering::Release);
        }
        batch
    }

    /// Answers questions outside of the batch that brought them: those that are still being asked.
    pub fn answer(&self, answers: impl Iterator<Item = Told>) {
        let resume = self.resume();
        for Told { session, sequence, answer } in answers {
            let Some(slot) = self.slot(session) else { continue };
            slot.settle(sequence, Some(answer), 0, resume);
        }
        // What those ask that went on here, no thread of the runtime rings for.
        ring_all();
    }

    /// How many records wait for the application.
    pub fn len(&self) -> usize {
        lock(&self.waiting).batches.iter().map(Batch::len).sum()
    }

    /// The slot of a session that the application knows.
    pub fn slot(&self, index: u32) -> Option<Arc<Slot>> {
        lock(&self.waiting).slots.get(index as usize)?.clone()
    }

    /// The application is gone: nothing is posted any more, and what waits for it ends.
    pub fn close(&self) {
        let (batches, slots) = {
            let mut waiting = lock(&self.waiting);
            waiting.closed = true;
            (std::mem::take(&mut waiting.batches), std::mem::take(&mut waiting.slots))
        };
        drop(batches);
        for slot in slots.into_iter().flatten() {
            slot.tell(SessionCommand::Abort);
        }
    }

    /// Where sessions go on when they are answered now.
    fn resume(&self) -> Resume {
        let waiting = lock(&self.waiting);
        let is_quiet = waiting.slots.len() - waiting.free.len() <= FEW_SESSIONS;
        if is_quiet { Resume::Here } else { Resume::OnRuntime }
    }

    fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            (self.bell)();
        }
    }
}

impl Waiting {
    fn admit(&mut self, slot: &Arc<Slot>) -> u32 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            (self.slots.len() - 1) as u32
        });
        self.slots[index as usize] = Some(slot.clone());
        slot.admitted(index);
        index
    }

    /// The batch to write to.
    fn batch(&mut self) -> &mut Batch {
        let fits =
            |batch: &Batch| batch.entries.len() < BATCH_RECORDS && batch.bytes.len() < BATCH_BYTES;
        if !self.batches.back().is_some_and(fits) {
            self.batches.push_back(std::mem::take(&mut self.spare));
        }
        let last = self.batches.len() - 1;
        &mut self.batches[last]
    }
}

/// Rings the bell of every queue that has something to read; for a runtime thread about to park.
pub fn ring_all() {
    if !POSTED.swap(false, Ordering::AcqRel) {
        return;
    }
    for queue in lock(&QUEUES).iter().filter_map(Weak::upgrade) {
        if !lock(&queue.waiting).batches.is_empty() {
            queue.ring();
        }
    }
}
