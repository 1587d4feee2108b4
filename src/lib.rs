//! An SMTP engine: Rust speaks the protocol, JavaScript decides.
//!
//! Dependencies run one way:
//!
//! ```text
//! protocol  <-  net  <-  node (binding)  <-  js  <-  js/compat
//! pure          tokio    napi only           wrapper  facades
//! ```

pub mod net;


pub mod protocol;
