//! Where a message comes from: bytes at hand, a file, or pieces as the application gets them.

use crate::net::sync::lock;
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::sync::Notify;

/// Bytes that wait to be sent, beyond which the application is told to wait.
const WINDOW: usize = 256 * 1024;
/// Bytes of a message handed over at a time.
const PIECE: usize = 64 * 1024;

/// Where a message comes from.
pub enum MessageSource {
    /// All of it; how much of it has been handed over.
    Whole(Bytes, usize),
    /// In a file, which is open once some of it has been handed over.
    File(PathBuf, Option<File>),
    /// In pieces, as the application gets them.
    Streamed(Arc<MessageStream>),
}

/// Why what was handed over of a message is not all of it.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The application has given it up.
    #[error("the message was given up")]
    Aborted,
    /// Its file cannot be read.
    #[error("cannot read the message: {0}")]
    File(#[from] io::Error),
}

impl MessageSource {
    /// A message in a file.
    pub fn file(path: PathBuf) -> Self {
        Self::File(path, None)
    }

    /// Waits until there is a piece, or the end.
    ///
    /// # Errors
    /// [`SourceError::Aborted`].
    pub async fn ready(&self) -> Result<(), SourceError> {
        match self {
            Self::Streamed(stream) => stream.ready().await,
            Self::Whole(..) | Self::File(..) => Ok(()),
        }
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// [`SourceError`]: what was handed over is not all of it.
    pub async fn next(&mut self) -> Result<Option<Bytes>, SourceError> {
        match self {
            Self::Whole(bytes, at) => {
                let piece = bytes.slice(*at..bytes.len().min(*at + PIECE));
                *at += piece.len();
                Ok(Some(piece).filter(|piece| !piece.is_empty()))
            }
            Self::File(path, file) => {
                let file = match file {
                    Some(file) => file,
                    None => file.insert(File::open(path).await?),
                };
                let mut piece = BytesMut::with_capacity(PIECE);
                file.read_buf(&mut piece).await?;
                Ok(Some(piece.freeze()).filter(|piece| !piece.is_empty()))
            }
            Self::Streamed(feed) => feed.next().await,
        }
    }

    /// Whether what is handed over from here on is kept, so that all of it can be once more.
    pub fn keep(&self, keeps: bool) {
        if let Self::Streamed(feed) = self {
            lock(&feed.inner).kept = keeps.then(Vec::new);
        }
    }

    /// Begins anew; `false` if what has been handed over is gone.
    pub fn rewind(&mut self) -> bool {
        match self {
            Self::Whole(_, at) => {
                *at = 0;
                true
            }
            Self::File(_, file) => {
                *file = None;
                true
            }
            Self::Streamed(feed) => feed.rewind(),
        }
    }
}

/// A message that comes in pieces.
pub struct MessageStream {
    inner: Mutex<Inner>,
    changed: Notify,
    /// Tells the application that there is room again.
    drained: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct Inner {
    pieces: VecDeque<Bytes>,
    length: usize,
    /// The application waits until there is room again.
    full: bool,
    /// Something was handed over.
    begun: bool,
    /// What was, since the beginning, if it is kept.
    kept: Option<Vec<Bytes>>,
    end: End,
}

/// Whether more of a message is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum End {
    #[default]
    Open,
    /// What came is all of it.
    Complete,
    /// The rest will never come.
    Aborted,
}

impl MessageStream {
    /// `drained` is called when there is room again after [`MessageStream::push`] said that there is none.
    pub fn new(drained: Box<dyn Fn() + Send + Sync>) -> Self {
        Self { inner: Mutex::default(), changed: Notify::new(), drained }
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
        self.changed.notify_one();
        !inner.full
    }

    /// What came is all of the message.
    pub fn end(&self) {
        self.ends(End::Complete);
    }

    /// The rest of the message will never come.
    pub fn abort(&self) {
        self.ends(End::Aborted);
    }

    fn ends(&self, end: End) {
        let mut inner = lock(&self.inner);
        if inner.end != End::Aborted {
            inner.end = end;
        }
        drop(inner);
        self.changed.notify_one();
    }

    fn rewind(&self) -> bool {
        let mut inner = lock(&self.inner);
        if !inner.begun {
            return true;
        }
        let Some(kept) = inner.kept.take() else { return false };
        inner.begun = false;
        for piece in kept.into_iter().rev() {
            inner.length += piece.len();
            inner.pieces.push_front(piece);
        }
        true
    }

    async fn ready(&self) -> Result<(), SourceError> {
        loop {
            {
                let inner = lock(&self.inner);
                match inner.end {
                    End::Aborted => return Err(SourceError::Aborted),
                    End::Open if inner.pieces.is_empty() => {}
                    End::Open | End::Complete => return Ok(()),
                }
            }
            self.changed.notified().await;
        }
    }

    async fn next(&self) -> Result<Option<Bytes>, SourceError> {
        loop {
            if let Some(next) = self.take() {
                return next;
            }
            self.changed.notified().await;
        }
    }

    fn take(&self) -> Option<Result<Option<Bytes>, SourceError>> {
        let mut inner = lock(&self.inner);
        if inner.end == End::Aborted {
            return Some(Err(SourceError::Aborted));
        }
        let Some(piece) = inner.pieces.pop_front() else {
            return (inner.end == End::Complete).then_some(Ok(None));
        };
        inner.begun = true;
        if let Some(kept) = &mut inner.kept {
            kept.push(piece.clone());
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    async fn all(source: &mut MessageSource) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        while let Some(piece) = source.next().await? {
            assert!((1..=PIECE).contains(&piece.len()));
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    #[tokio::test]
    async fn a_file_is_read_anew_however_far_it_was() {
        let folder =
            std::env::temp_dir().join(format!("smtp-engine-source-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        for length in [0, 1, PIECE, 3 * PIECE + 1] {
            let path = folder.join(length.to_string());
            let content: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            fs::write(&path, &content).expect("a file");
            let mut source = MessageSource::file(path.clone());
            source.next().await.expect("a piece");
            assert!(source.rewind());
            assert_eq!(all(&mut source).await.expect("a message"), content);
            assert!(source.rewind());
            fs::remove_file(&path).expect("a file");
            assert!(matches!(
                source.next().await,
                Err(SourceError::File(error)) if error.kind() == io::ErrorKind::NotFound
            ));
        }
        let mut source = MessageSource::file(folder.clone());
        assert!(matches!(source.next().await, Err(SourceError::File(_))));
        fs::remove_dir(&folder).expect("an empty folder");
    }

    #[tokio::test]
    async fn an_end_is_the_last_word_and_giving_up_the_very_last() {
        type Act = fn(&MessageStream);
        let (end, abort): (Act, Act) = (MessageStream::end, MessageStream::abort);
        for (acts, whole) in [
            (vec![end], true),
            (vec![end, end], true),
            (vec![abort], false),
            (vec![end, abort], false),
            (vec![abort, end], false),
        ] {
            let stream = Arc::new(MessageStream::new(Box::new(|| {})));
            let mut source = MessageSource::Streamed(stream.clone());
            assert!(stream.push(Bytes::from_static(b"x")) && source.rewind());
            assert_eq!(source.next().await.expect("a piece").as_deref(), Some(&b"x"[..]));
            assert!(!source.rewind(), "what was handed over is gone");
            for act in &acts {
                act(&stream);
            }
            assert_eq!(matches!(source.next().await, Ok(None)), whole, "{} acts", acts.len());
        }
    }

    #[tokio::test]
    async fn what_is_kept_is_handed_over_again_with_all_that_came_since() {
        let stream = Arc::new(MessageStream::new(Box::new(|| {})));
        let mut source = MessageSource::Streamed(stream.clone());
        let long = Bytes::from(vec![b'x'; WINDOW]);
        source.keep(true);
        stream.push(Bytes::from_static(b"one"));
        stream.push(long.clone());
        for _ in 0..3 {
            source.next().await.expect("a piece");
            assert!(source.rewind());
            source.keep(true);
        }
        assert!(!stream.push(Bytes::from_static(b"two")), "what is to be sent again has no room");
        stream.end();
        let whole = [b"one", &long[..], b"two"].concat();
        assert_eq!(all(&mut source).await.expect("a message"), whole);
        assert!(source.rewind());
        source.keep(false);
        assert_eq!(all(&mut source).await.expect("a message"), whole);
        assert!(!source.rewind(), "nobody was to keep it");
    }

    #[tokio::test]
    async fn room_comes_back_once_half_is_gone() {
        let drained = Arc::new(Mutex::new(0));
        let count = drained.clone();
        let stream = Arc::new(MessageStream::new(Box::new(move || *lock(&count) += 1)));
        assert!(!stream.push(Bytes::from(vec![0; WINDOW + 1])));
        let mut source = MessageSource::Streamed(stream);
        let mut left = WINDOW + 1;
        while left > 0 {
            left -= source.next().await.expect("a piece").expect("more").len();
            assert_eq!(*lock(&drained), usize::from(left <= WINDOW / 2), "{left}");
        }
    }
}
