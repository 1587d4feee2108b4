//! What tests of several rooms need of a server.

use super::control::Control;
use super::counters::Counters;
use super::data::BareNewlines;
use super::dialect::{Dialect, Replies};
use super::extension::{Extension, Extensions};
use super::limits::Limits;
use super::server::ServerConfig;
use std::sync::Arc;

/// The configuration of example.domain, after `change`, with the extensions that its limits and
/// keys leave of those it offers.
pub fn server_config(change: impl FnOnce(&mut ServerConfig)) -> Arc<ServerConfig> {
    let name = "example.domain";
    let mut config = ServerConfig {
        name: name.to_owned(),
        limits: Limits::default(),
        extensions: Extensions::usual(),
        tls: false,
        require_tls: false,
        dialect: Dialect::mbr_smtp(),
        bare_newlines: BareNewlines::Accept,
        line_feeds: false,
        deliverable: None,
        replies: Replies::new(&Dialect::mbr_smtp(), name, false),
        control: Control::default(),
        counters: Counters::default(),
    };
    change(&mut config);
    let wanted =
        Extension::ALL.into_iter().filter(|one| config.extensions.now(false).contains(*one));
    config.extensions = config.dialect.extensions(wanted, config.limits.size, config.tls);
    Arc::new(config)
}
