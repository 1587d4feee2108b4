//! Where a session and its application meet.

use super::task::Task;
use crate::net::sync::lock;
use crate::net::tls::TlsInfo;
use crate::protocol::events::Interest;
use crate::protocol::message::{KeptMessage, Message};
use crate::protocol::reply::Reply;
use crate::protocol::server::{Answer, NextLine};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Bytes of notices that may wait for the application; the session goes on below that.
const WINDOW: usize = 256 * 1024;
/// Bytes that the application may write ahead of a client that does not read.
pub const MAX_WRITES: usize = 16 * 1024 * 1024;
const UNKNOWN: u32 = u32::MAX;

/// What the application may tell a session at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionCommand {
    /// Bytes to send.
    Write(Vec<u8>),
    /// Bytes to be taken as if the client had sent them.
    Feed(Vec<u8>),
    /// Send what is ready and close.
    End,
    /// Close at once; replies that wait are lost.
    Destroy,
    /// Close at once, with a reset where the stream has such a thing.
    Reset,
    /// The application has written more than the client reads.
    Overflow,
    /// Close with 421 once no transaction is open.
    Drain,
    /// Close with 421 now.
    Abort,
    /// A new idle time, `None` for no limit.
    Idle(Option<Duration>),
    /// No more of the message that is being handed on; what answers it, if not 451.
    Discard(Option<Reply>),
    /// Whose the next line is, although nothing is asked.
    NextLine(NextLine),
}

/// Why a session was woken.
#[derive(Debug, PartialEq, Eq)]
pub enum Wake {
    /// The application wants something.
    Command(SessionCommand),
    /// The session's question was answered.
    Answer(Answer),
}

/// Where a session goes on when its question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resume {
    /// On the thread that answers.
    Here,
    /// On the runtime's thread.
    OnRuntime,
}

/// The place where one session waits.
pub struct Slot {
    /// Its number with the application, once that knows the session.
    index: AtomicU32,
    /// Events that this session asks for besides those of its server.
    interest: AtomicU32,
    task: OnceLock<Weak<Task>>,
    tls: OnceLock<Box<TlsInfo>>,
    /// What the client's address is called.
    hostname: OnceLock<String>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// The sequence number of the question that waits for an answer; 0 for none.
    awaiting: u32,
    /// What the application wants, in its order.
    wakes: VecDeque<Wake>,
    /// Bytes to write among `wakes`.
    written: usize,
    /// Weight of records that the application has not taken yet.
    untaken: usize,
    /// The application has enough of the message for now.
    paused: bool,
    /// The last message that was accepted and that no listener took, by the number of its record.
    kept: Option<(u32, Arc<KeptMessage>)>,
    waker: Option<Waker>,
}

impl Default for Slot {
    fn default() -> Self {
        Self {
            index: AtomicU32::new(UNKNOWN),
            interest: AtomicU32::new(0),
            task: OnceLock::new(),
            tls: OnceLock::new(),
            hostname: OnceLock::new(),
            inner: Mutex::default(),
        }
    }
}

impl Slot {
    /// Its number with the application, if that knows the session.
    pub fn index(&self) -> Option<u32> {
        Some(self.index.load(Ordering::Acquire)).filter(|index| *index != UNKNOWN)
    }

    /// Notes the task that waits here.
    pub(in crate::net) fn carried_by(&self, task: &Arc<Task>) {
        // A slot has one session, and so one task.
        let _ = self.task.set(Arc::downgrade(task));
    }

    /// What its TLS handshake agreed on, once there was one.
    pub fn tls(&self) -> Option<&TlsInfo> {
        self.tls.get().map(Box::as_ref)
    }

    /// Notes what the one handshake of the session agreed on.
    pub(in crate::net) fn set_tls(&self, info: TlsInfo) {
        let _ = self.tls.set(Box::new(info));
    }

    pub(super) fn admitted(&self, index: u32) {
        self.index.store(index, Ordering::Release);
    }

    /// Notes a record under way: a question if `sequence` is not 0. The weight is returned.
    pub(super) fn begin_record(&self, sequence: u32, weight: usize) -> usize {
        let mut inner = lock(&self.inner);
        if sequence != 0 {
            inner.awaiting = sequence;
        }
        inner.untaken += weight;
        weight
    }

    /// A record was taken, and perhaps answered.
    pub(super) fn settle(
        &self,
        sequence: u32,
        answer: Option<Answer>,
        weight: usize,
        resume: Resume,
    ) {
        let mut inner = lock(&self.inner);
        let was_full = !inner.has_room();
        inner.untaken -= weight;
        let has_room = was_full && inner.has_room();
        let accepted = inner.accept(sequence, answer);
        if accepted && resume == Resume::Here && !has_room {
            drop(inner);
            self.carry_on();
        } else if accepted || has_room {
            wake(inner);
        }
    }

    fn carry_on(&self) {
        let carried = self.task.get().and_then(Weak::upgrade).is_some_and(|task| task.carry_on());
        if !carried {
            wake(lock(&self.inner));
        }
    }

    /// Answers the question `sequence`; `false` if it is not being asked any more.
    pub fn answer(&self, sequence: u32, answer: Answer) -> bool {
        let mut inner = lock(&self.inner);
        let accepted = inner.accept(sequence, Some(answer));
        if accepted {
            wake(inner);
        }
        accepted
    }

    /// The question is not asked any more.
    pub fn withdraw(&self) {
        let mut inner = lock(&self.inner);
        inner.awaiting = 0;
        inner.wakes.retain(|wake| matches!(wake, Wake::Command(_)));
    }

    /// The application has enough for now of the message that is being handed on.
    pub fn pause(&self) {
        lock(&self.inner).paused = true;
    }

    /// The application takes more of the message.
    pub fn resume(&self) {
        let mut inner = lock(&self.inner);
        if std::mem::take(&mut inner.paused) {
            wake(inner);
        }
    }

    /// Tells the session what the application wants.
    pub fn tell(&self, command: SessionCommand) {
        let mut inner = lock(&self.inner);
        let command = match command {
            SessionCommand::Write(bytes) => {
                inner.written += bytes.len();
                if inner.written > MAX_WRITES {
                    SessionCommand::Overflow
                } else {
                    SessionCommand::Write(bytes)
                }
            }
            other => other,
        };
        inner.wakes.push_back(Wake::Command(command));
        wake(inner);
    }

    /// Events that this session asks for besides those of its server.
    pub fn interest(&self) -> Interest {
        Interest(self.interest.load(Ordering::Acquire))
    }

    pub fn set_interest(&self, interest: Interest) {
        self.interest.store(interest.0, Ordering::Release);
    }

    /// Keeps a message for who looks at it; `sequence` is the number of its record.
    pub(super) fn keep(&self, sequence: u32, message: Arc<KeptMessage>) {
        lock(&self.inner).kept = Some((sequence, message));
    }

    /// Takes the message that record `sequence` told of, unless its session has moved on.
    pub fn take_kept(&self, sequence: u32) -> Option<Message> {
        lock(&self.inner).kept.take_if(|(kept, _)| *kept == sequence)?.1.take()
    }

    /// What the client's address is called, if that has been found out.
    pub fn hostname(&self) -> Option<&str> {
        self.hostname.get().map(String::as_str)
    }

    /// Sets what the client's address is called, once.
    pub fn set_hostname(&self, name: String) {
        let _ = self.hostname.set(name);
    }

    /// Whether all that was posted has been taken.
    pub fn is_caught_up(&self) -> bool {
        lock(&self.inner).untaken == 0
    }

    /// What the application wants next.
    pub fn poll_wake(&self, cx: &mut Context<'_>) -> Poll<Wake> {
        let mut inner = lock(&self.inner);
        let Some(wake) = inner.wakes.pop_front() else { return inner.wait(cx) };
        if let Wake::Command(SessionCommand::Write(bytes)) = &wake {
            inner.written -= bytes.len();
        }
        Poll::Ready(wake)
    }

    /// Ready while the application keeps up with what it is told.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut inner = lock(&self.inner);
        if inner.has_room() { Poll::Ready(()) } else { inner.wait(cx) }
    }
}

impl Inner {
    fn has_room(&self) -> bool {
        self.untaken <= WINDOW && !self.paused
    }

    /// Takes an answer to the question `sequence`, if that is being asked.
    fn accept(&mut self, sequence: u32, answer: Option<Answer>) -> bool {
        let Some(answer) = answer.filter(|_| sequence != 0 && self.awaiting == sequence) else {
            return false;
        };
        self.awaiting = 0;
        self.wakes.push_back(Wake::Answer(answer));
        true
    }

    fn wait<T>(&mut self, cx: &mut Context<'_>) -> Poll<T> {
        if !self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            self.waker = Some(cx.waker().clone());
        }
        Poll::Pending
    }
}

/// Wakes the session after the lock is gone.
fn wake(inner: MutexGuard<'_, Inner>) {
    let waker = inner.waker.clone();
    drop(inner);
    if let Some(waker) = waker {
        waker.wake();
    }
}
