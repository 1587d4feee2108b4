//! smtp-server's dialect: its interface answers commands by itself, in its order and its words.

use super::{Commands, Dialect, EarlyTalkers, GreetingDeadline, Margins, Stock};

impl Dialect {
    /// smtp-server's: what the engine says by itself has the original's words.
    pub fn smtp_server() -> Self {
        Self {
            overrides: vec![
                (Stock::Closing, 221, "Bye"),
                (Stock::StartData, 354, "End data with <CR><LF>.<CR><LF>"),
                (Stock::LineTooLong, 421, "Error: Command line too long"),
                (Stock::EndlessLine, 421, "Error: Command line too long"),
                (Stock::NotSmtp, 421, "HTTP requests not allowed"),
                (Stock::EarlyTalker, 421, "{name} You talk too soon"),
                (
                    Stock::TooManyClients,
                    421,
                    "{name} Too many connected clients, try again in a moment",
                ),
                (Stock::Timeout, 421, "Timeout - closing connection"),
                (Stock::ShuttingDown, 421, "Server shutting down"),
                (Stock::LocalError, 451, "Error: internal server error"),
                (Stock::AuthRefused, 535, "Error: Authentication credentials invalid"),
                (Stock::AuthMalformed, 501, "Error: invalid userdata"),
                (Stock::AuthCancelled, 501, "Authentication aborted"),
                (Stock::MechanismMissing, 504, "Error: Unrecognized authentication type"),
                (Stock::MechanismUnknown, 504, "Error: Unrecognized authentication type"),
            ],
            commands: Commands::Application,
            greeting_deadline: GreetingDeadline::Lifted,
            early_talkers: EarlyTalkers::TurnedAway,
            margins: Margins::Kept,
            ..Self::mbr_smtp()
        }
    }
}
