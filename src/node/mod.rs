//! The binding: the only room that names napi.
//!
//! [`Border`] is one JavaScript thread's end of the event queue, [`NativeServer`] a server,
//! [`NativePipe`] the way to a session behind a stream of JavaScript's, [`NativeClient`] a client,
//! [`NativeMachine`] a client's machine for such a stream.
//! Everything here is called by `src/js/engine/border.js` and `src/js/server/server.js`, which check their
//! arguments; nothing here is for users of the package.

mod border;
mod client;
mod convert;
mod machine;
mod pipe;
mod runtime;
mod self_signed;
mod server;
mod tls;
