//! Where a message comes from: bytes at hand, or pieces as the application gets them.

use crate::net::sync::lock;
use bytes::Bytes;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// Bytes that wait to be sent, beyond which the application is told to wait.
const WINDOW: usize = 256 * 1024;
/// Bytes handed over at a time.
const PIECE: usize = 64 * 1024;

/// A message.
pub enum Source {
    /// All of it; how much of it has been handed over.
    Whole(Bytes, usize),
    /// As it comes.
    Fed(Arc<Feed>),
}

/// The application has given the message up.
#[derive(Debug, PartialEq, Eq)]
pub struct Aborted;

impl Source {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`Aborted`]: what was handed over is not all of it.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Aborted> {
        match self {
            Self::Whole(bytes, at) => {
                let piece = bytes.slice(*at..bytes.len().min(*at + PIECE));
                *at += piece.len();
                Ok(Some(piece).filter(|piece| !piece.is_empty()))
            }
            Self::Fed(feed) => feed.next().await,
        }
    }

    /// Begins anew; `false` if what has been handed over is gone.
    pub fn rewind(&mut self) -> bool {
        match self {
            Self::Whole(_, at) => {
                *at = 0;
                true
            }
            Self::Fed(feed) => !lock(&feed.inner).begun,
        }
    }
}

/// A message that comes in pieces.
pub struct Feed {
    inner: Mutex<Inner>,
    news: Notify,
    /// Tells the application that there is room again.
    drained: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Inner {
    pieces: VecDeque<Bytes>,
    length: usize,
    full: bool,
    begun: bool,
    ended: bool,
    aborted: bool,
}

impl Feed {
    /// `drained` is called when there is room again after [`Feed::push`] said that there is none.
    pub fn new(drained: Box<dyn Fn() + Send + Sync>) -> Self {
        Self { inner: Mutex::default(), news: Notify::new(), drained }
    }

    /// Adds a piece; whether there is room for more.
    pub fn push(&self, mut bytes: Bytes) -> bool {
        let mut inner = lock(&self.inner);
        inner.length += bytes.len();
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(PIECE));
            inner.pieces.push_back(piece);
        }
        inner.full = inner.length > WINDOW;
        self.news.notify_one();
        !inner.full
    }

    /// That was all of it.
    pub fn end(&self) {
        lock(&self.inner).ended = true;
        self.news.notify_one();
    }

    /// The rest will never come.
    pub fn abort(&self) {
        lock(&self.inner).aborted = true;
        self.news.notify_one();
    }

    async fn next(&self) -> Result<Option<Bytes>, Aborted> {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.news.notified().await;
        }
    }

    fn take(&self) -> Option<Result<Option<Bytes>, Aborted>> {
        let mut inner = lock(&self.inner);
        if inner.aborted {
            return Some(Err(Aborted));
        }
        let Some(piece) = inner.pieces.pop_front() else { return inner.ended.then_some(Ok(None)) };
        inner.begun = true;
        inner.length -= piece.len();
        let drained = inner.full && inner.length <= WINDOW / 2;
        if drained {
            inner.full = false;
        }
        drop(inner);
        if drained {
            (self.drained)();
        }
        Some(Ok(Some(piece)))
    }
}
