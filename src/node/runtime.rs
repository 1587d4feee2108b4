//! The one runtime of the process, shared by all servers of all its JavaScript threads.

use crate::net::events::ring_all;
use napi::{Error, Result};
use std::sync::OnceLock;
use tokio::runtime::{Builder, Handle, Runtime};

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// A handle to the runtime; the first caller decides how many threads it has.
pub(super) fn handle(threads: u32) -> Result<&'static Handle> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle());
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(threads.max(1) as usize)
        .thread_name("smtp-engine")
        .enable_all()
        .on_thread_park(ring_all)
        .build()
        .map_err(|error| Error::from_reason(format!("cannot start the engine: {error}")))?;
    // A second caller at the same time: either runtime will do.
    Ok(RUNTIME.get_or_init(|| runtime).handle())
}
