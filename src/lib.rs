//! An SMTP engine: Rust speaks the protocol, JavaScript decides.
//!
//! Dependencies run one way:
//!
//! ```text
//! protocol  <-  net  <-  node (binding)  <-  js  <-  js/compat
//! pure          tokio    napi only           wrapper  facades
//! ```

pub mod net;
#[cfg(all(feature = "node", not(test)))]
pub mod node;
pub mod protocol;
