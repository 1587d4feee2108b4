//! An SMTP engine: Rust speaks the protocol, JavaScript decides.
//!
//! Dependencies run one way:
//!
//! ```text
//! protocol  <-  net  <-  node (binding)  <-  js  <-  js/compat
//! pure          tokio    napi only           wrapper  facades
//! ```

// Without the binding, nothing calls much of what it is for.
#![cfg_attr(any(test, not(feature = "node")), allow(dead_code, unused_imports))]

mod net;
#[cfg(all(feature = "node", not(test)))]
mod node;
mod protocol;
