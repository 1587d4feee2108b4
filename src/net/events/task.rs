//! A connection's future, which may go on in two places: on the runtime, and on the thread that
//! answers its question.
//!
//! With few sessions at work, the reply is sent by the answering thread itself: waking a runtime
//! thread for it would cost more than the reply. With many, they are woken together instead.

use crate::net::sync::lock;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use tokio::runtime::Handle;

thread_local! {
    static INLINE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is one that answers: it sends, but it has no time to read.
pub fn is_inline() -> bool {
    INLINE.get()
}

/// A connection's future and what wakes it.
pub struct Task {
    /// `None` once the future has ended.
    inner: Mutex<Option<Inner>>,
    runtime: Handle,
}

struct Inner {
    future: Pin<Box<dyn Future<Output = ()> + Send>>,
    /// The runtime's task; it takes over at the next event.
    waker: Option<Waker>,
}

impl Task {
    /// A task for the runtime of this context, which runs once it is told to.
    pub fn new(future: impl Future<Output = ()> + Send + 'static) -> Arc<Self> {
        let inner = Inner { future: Box::pin(future), waker: None };
        Arc::new(Self { inner: Mutex::new(Some(inner)), runtime: Handle::current() })
    }

    /// Runs the future on the runtime, to its end.
    pub fn start(self: Arc<Self>) {
        let runtime = self.runtime.clone();
        runtime.spawn(poll_fn(move |cx| self.poll(cx)));
    }

    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut guard = lock(&self.inner);
        let Some(inner) = guard.as_mut() else { return Poll::Ready(()) };
        if !inner.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            inner.waker = Some(cx.waker().clone());
        }
        let polled = inner.future.as_mut().poll(cx);
        if polled.is_ready() {
            *guard = None;
        }
        polled
    }

    /// Carries the future on, on this thread; `false` if it is being carried on elsewhere.
    pub fn carry_on(&self) -> bool {
        let Ok(mut guard) = self.inner.try_lock() else { return false };
        let Some(inner) = guard.as_mut() else { return true };
        let Some(waker) = inner.waker.clone() else { return false };
        let _context = self.runtime.enter();
        INLINE.set(true);
        let polled = inner.future.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            *guard = None;
        }
        INLINE.set(false);
        drop(guard);
        if polled.is_ready() {
            waker.wake();
        }
        true
    }
}
