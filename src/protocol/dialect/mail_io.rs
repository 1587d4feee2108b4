//! The dialect of interfaces that answer every command by themselves, as mail-io does.

use super::{Commands, Dialect, GreetingDeadline};

impl Dialect {
    /// mail-io's, and that of others whose commands are all the application's. What the engine
    /// still says by itself is the default's.
    pub fn mail_io() -> Self {
        Self {
            commands: Commands::Application,
            greeting_deadline: GreetingDeadline::Lifted,
            ..Self::mbr_smtp()
        }
    }
}
