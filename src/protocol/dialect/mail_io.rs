//! The dialect of interfaces that answer every command by themselves, as mail-io does.

use super::{Dialect, Grammar, Welcome};

/// What the engine still says by itself is the default's.
pub(super) static DIALECT: Dialect = Dialect {
    overrides: &[],
    grammar: Grammar::Application,
    welcome: Welcome::Server,
    greeting_first: false,
    starttls_under_tls: false,
};
