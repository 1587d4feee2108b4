//! What VRFY, EXPN and ETRN do where the application listens to them. Where it does not, `plan.rs` has
//! what is left of them.

use super::config::{Login, ServerConfig};
use super::plan::{Access, Position, Stage};
use super::planned::{Effect, Plan};
use crate::protocol::dialect::Stock;
use crate::protocol::extension::Extension;
use crate::protocol::inquiry::{Inquiry, Verb};

/// What an inquiry would do at this position. VRFY and EXPN have no place of their own (RFC 5321
/// section 4.1.4); ETRN has none before a greeting or in a transaction (RFC 1985 section 5).
pub(super) fn plan_inquiry(
    verb: Verb,
    argument: &str,
    position: &Position<'_>,
    config: &ServerConfig,
) -> Plan {
    let bad = |stock| position.bad(stock, config);
    if position.stage == Stage::Refused {
        return bad(Stock::Refused);
    }
    // What they tell is not for everybody (RFC 3207 section 4, RFC 4954 section 6).
    if config.require_tls && !position.tls {
        return bad(Stock::TlsRequired);
    }
    if config.auth.login == Login::Required && position.access != Access::LoggedIn {
        return bad(Stock::AuthRequired);
    }
    match (verb, position.stage) {
        (Verb::Etrn, Stage::Begun) => return bad(Stock::GreetFirst),
        (Verb::Etrn, Stage::Transaction | Stage::Chunks) => return bad(Stock::InTransaction),
        _ => {}
    }
    let has_utf8 = config.extensions.now(position.tls).contains(Extension::SmtpUtf8);
    match Inquiry::parse(verb, argument, has_utf8) {
        Some(inquiry) => Plan::new(verb.agreed(), Effect::Inquire(Box::new(inquiry))),
        None => bad(Stock::BadParameter),
    }
}
