//! JavaScript's end of a pipe to a session whose client is behind a stream of the program's.

use crate::net::events::{ClientNews, EventQueue};
use crate::net::stream::pipe::{Pipe, PipeEnd, Session, Taken, pipe};
use napi::bindgen_prelude::{Buffer, Uint8Array};
use napi_derive::napi;
use std::sync::Arc;

/// What is to be done with the program's stream.
#[napi(object, object_from_js = false)]
pub struct PipeNews {
    /// Bytes to be sent.
    pub bytes: Option<Buffer>,
    /// Whether the engine takes more.
    pub has_room: bool,
    /// Whether it waits for that, with nothing under way.
    pub idle: bool,
    /// Whether nothing more is to be sent.
    pub closed: bool,
}

/// The end of a pipe that JavaScript holds.
#[napi]
pub struct NativePipe {
    end: PipeEnd,
    run: u32,
}

impl NativePipe {
    /// A pipe whose news is a record with this number.
    pub(super) fn create(queue: Arc<EventQueue>, number: u32) -> (Pipe, PipeEnd) {
        pipe(move || queue.post_client(number, 0, ClientNews::Piped, &[]))
    }

    pub(super) fn new(end: PipeEnd, run: u32) -> Self {
        Self { end, run }
    }
}

#[napi]
impl NativePipe {
    /// The number of the run that ends with the pipe's session.
    #[napi(getter)]
    pub fn run(&self) -> u32 {
        self.run
    }

    /// Gives bytes to the engine; whether it takes more.
    #[napi]
    pub fn push(&self, bytes: Uint8Array) -> bool {
        self.end.push(&bytes)
    }

    /// The program's stream gives no more bytes.
    #[napi]
    pub fn end(&self) {
        self.end.end();
    }

    /// The program's stream is gone.
    #[napi]
    pub fn destroy(&self) {
        self.end.destroy();
    }

    /// What there is to do, after a record said so.
    #[napi]
    pub fn take(&self) -> PipeNews {
        let taken = self.end.take();
        let bytes = (!taken.bytes.is_empty()).then(|| Buffer::from(&taken.bytes[..]));
        let Taken { has_room, session, .. } = taken;
        let idle = session != Session::Busy;
        PipeNews { bytes, has_room, idle, closed: session == Session::Closed }
    }
}
