//! DNS: the names of clients, and the mail exchanges of domains.

pub mod exchanges;
pub mod names;
