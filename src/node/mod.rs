//! The binding: the only room that names napi.
//!
//! [`border`] is one JavaScript thread's end of the event queue, [`server`] a server, [`pipe`] the
//! way to a session behind a stream of JavaScript's, [`client`] a client, [`machine`] a client's
//! machine for such a stream, [`path`] the reading of an address, [`constants`] the numbers that both
//! sides know.
//! Everything here is called by `src/js/`, which checks its arguments; nothing here is for users of
//! the package.

mod border;
mod client;
mod constants;
mod convert;
mod login;
mod machine;
mod names;
mod path;
mod pipe;
mod runtime;
mod self_signed;
mod server;
mod tls;
