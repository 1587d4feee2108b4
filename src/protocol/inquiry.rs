//! Commands that ask something, and change nothing of a session: VRFY and EXPN (RFC 5321 section 3.5),
//! ETRN (RFC 1985).

use super::address::is_text;
use super::command::argument_of;
use super::dialect::Stock;
use super::events::Interest;

/// What VRFY and EXPN have behind their argument where the reply may be UTF-8.
const SMTP_UTF8: &str = "SMTPUTF8";

/// A command that asks something, and changes nothing of the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inquiry {
    /// The command.
    pub verb: Verb,
    /// What it asks about: a name or mailbox, a list, a host.
    pub argument: String,
    /// Whether the client takes a reply in UTF-8 (RFC 6531 section 3.7.4.2).
    pub smtp_utf8: bool,
}

/// The command of an inquiry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Is there such a mailbox?
    Vrfy,
    /// Who is on this list?
    Expn,
    /// Is there mail for this host, which then is to be sent there?
    Etrn,
}

impl Verb {
    const ALL: [Self; 3] = [Self::Vrfy, Self::Expn, Self::Etrn];

    /// The command and what stands behind it in a line, if the application wants to hear of that.
    pub fn of(line: &str, wanted: Interest) -> Option<(Self, &str)> {
        if wanted.intersection(Interest::INQUIRIES).is_empty() {
            return None;
        }
        Self::ALL
            .into_iter()
            .filter(|verb| wanted.contains(verb.event()))
            .find_map(|verb| Some((verb, argument_of(line, verb.keyword())?.trim_matches(' '))))
    }

    /// The keywords that EHLO has where the application wants to hear of these (RFC 5321 section
    /// 3.5.2, RFC 1985 section 3).
    pub fn listed(wanted: Interest) -> impl Iterator<Item = &'static str> {
        let listed = Self::ALL.into_iter().filter(move |verb| wanted.contains(verb.event()));
        listed.map(Self::keyword)
    }

    /// Its event.
    pub fn event(self) -> Interest {
        match self {
            Self::Vrfy => Interest::VRFY,
            Self::Expn => Interest::EXPN,
            Self::Etrn => Interest::ETRN,
        }
    }

    fn keyword(self) -> &'static str {
        match self {
            Self::Vrfy => "VRFY",
            Self::Expn => "EXPN",
            Self::Etrn => "ETRN",
        }
    }

    /// What answers it where the application agrees and says no more: a 250 to VRFY or EXPN would
    /// have to name the mailbox (RFC 5321 section 3.5.1).
    pub fn agreed(self) -> Stock {
        match self {
            Self::Vrfy | Self::Expn => Stock::NotVerified,
            Self::Etrn => Stock::Ok,
        }
    }
}

impl Inquiry {
    /// Reads what stands behind the verb; `None` where that is nothing, or is no text, or is more than
    /// one host. `has_utf8` tells whether SMTPUTF8 is offered.
    pub fn parse(verb: Verb, argument: &str, has_utf8: bool) -> Option<Self> {
        let parameter = argument.rsplit_once(' ').filter(|(_, last)| {
            has_utf8 && verb != Verb::Etrn && last.eq_ignore_ascii_case(SMTP_UTF8)
        });
        let (argument, smtp_utf8) = match parameter {
            Some((argument, _)) => (argument.trim_end_matches(' '), true),
            None => (argument, false),
        };
        let is_one = verb != Verb::Etrn || !argument.contains(' ');
        (!argument.is_empty() && is_text(argument) && is_one).then(|| Self {
            verb,
            argument: argument.to_owned(),
            smtp_utf8,
        })
    }
}
