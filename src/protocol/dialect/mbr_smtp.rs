//! The default dialect: what mbr-smtp says, and what it left open in the words of RFC 5321.

use super::{
    Commands, Dialect, Domain, EarlyTalkers, Gaps, GreetingDeadline, Incomplete, Lhlo, Margins,
    Order, Parameters, Paths, Surplus, Syntax, Welcome,
};
use crate::protocol::extension::{Extension, When};

impl Dialect {
    /// mbr-smtp's, the default.
    pub fn mbr_smtp() -> Self {
        Self {
            overrides: Vec::new(),
            commands: Commands::Engine,
            syntax: Syntax {
                gaps: Gaps::Spaces,
                surplus: Surplus::Refused,
                domain: Domain::Required,
                paths: Paths::Bracketed,
                parameters: Parameters::Offered,
                lhlo: Lhlo::Unknown,
                not_implemented: &[],
            },
            incomplete: Incomplete::Malformed,
            order: Order::SequenceFirst,
            welcome: Welcome::Server,
            greeting_deadline: GreetingDeadline::Kept,
            early_talkers: EarlyTalkers::Served,
            margins: Margins::Trimmed,
            lists: &[Extension::Help, Extension::Size],
            starttls: When::BeforeTls,
        }
    }
}
