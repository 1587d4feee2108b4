//! What is right, on a page; docs/client.md has the same in words.

use super::{At, CHUNKS, Cell, Ending, Fault, Known, RECIPIENTS, Told};

/// Whatever the server does wrong, it comes to one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Nothing is wrong, in the end.
    Fine,
    /// The reply says no, with this code.
    Refusal(u16),
    /// So it does, and the connection is over.
    Farewell(u16),
    /// The session ends without a word on the matter.
    End(Ending),
}

fn kind(cell: Cell) -> Kind {
    match (cell.fault, cell.at) {
        // 3yz asks for more where there is more.
        (Fault::Code(334), At::Data | At::Auth) => Kind::Fine,
        // A server that does not know EHLO is said HELO; LMTP has nothing else.
        (Fault::Code(550), At::Ehlo) if !cell.lmtp => Kind::Fine,
        // RSET is no matter of the message: what is refused is answered at MAIL.
        (Fault::Code(451 | 550), At::Rset) => Kind::Fine,
        (Fault::Cut(_), At::Rset) => Kind::End(Ending::Closed),
        // Nothing is owed in a message: what begins is a refusal, or a reply too many.
        (Fault::Cut("250 O"), At::InMessage) => Kind::End(Ending::Broken),
        (Fault::Code(code @ (451 | 550)), At::InMessage) => Kind::Farewell(code),
        (Fault::Close | Fault::Cut("250 O"), _) => Kind::End(Ending::Closed),
        (Fault::Silence, _) => Kind::End(Ending::Silent),
        (Fault::Code(421), _) => Kind::Farewell(421),
        (Fault::Cut(_), _) => Kind::Farewell(454),
        (Fault::Code(code @ (451 | 550)), _) => Kind::Refusal(code),
        (Fault::Code(_) | Fault::Garbage | Fault::Endless, _) => Kind::End(Ending::Broken),
        (Fault::Surplus(more), _) => surplus(cell, more),
    }
}

/// A reply too many, which is found where nothing is owed any more.
fn surplus(cell: Cell, more: &str) -> Kind {
    match (more, cell.at) {
        // What came with the reply to STARTTLS is anybody's (RFC 3207 section 4.2).
        (_, At::StartTls) => Kind::Fine,
        // A refusal while the message is on its way is its verdict.
        ("550 no", At::Data | At::InMessage) => Kind::Farewell(550),
        ("421 bye", At::Data | At::InMessage) => Kind::Farewell(421),
        // The verdict is in, unless it is taken back at once.
        ("550 no", _) if cell.has_ended() => Kind::End(Ending::Broken),
        // It is for the next recipient.
        ("421 bye", At::Dot(_)) if !cell.is_last() => Kind::Farewell(421),
        (_, _) if cell.has_ended() => Kind::Fine,
        // 421 is for whatever is owed, and else for nothing.
        ("421 bye", _) if cell.owes_more() => Kind::Farewell(421),
        ("421 bye", _) => Kind::End(Ending::Closed),
        _ => Kind::End(Ending::Broken),
    }
}

impl Cell {
    /// Whether the last reply to the message is awaited.
    fn is_last(self) -> bool {
        match self.at {
            At::Dot(index) => !self.lmtp || index == RECIPIENTS - 1,
            At::Bdat(index) => index == CHUNKS - 1,
            _ => false,
        }
    }

    /// Whether the last byte of the message has left by the time that the fault is noticed.
    fn has_ended(self) -> bool {
        let is_late = match self.at {
            At::Dot(_) => true,
            At::InMessage => self.fault == Fault::Silence,
            // The last chunk leaves before this one is answered.
            At::Bdat(index) => {
                let is_waited_for = matches!(self.fault, Fault::Silence | Fault::Cut("250 O"));
                self.pipelining && index == CHUNKS - 2 && is_waited_for
            }
            _ => false,
        };
        is_late || self.is_last()
    }

    /// Whether more was asked by the time that the reply came.
    fn owes_more(self) -> bool {
        match self.at {
            At::Mail | At::Rset => self.pipelining,
            At::Rcpt(index) => self.pipelining && (index < RECIPIENTS - 1 || !self.has_chunks()),
            _ => false,
        }
    }
}

pub(super) fn expected(cell: Cell) -> Known {
    let kind = kind(cell);
    let at = cell.at;
    if at == At::Quit {
        return Known {
            told: vec![Told::Taken; RECIPIENTS],
            ending: None,
            again: false,
            kept: true,
        };
    }
    // A reply too many is found when MAIL is to be sent, if nothing else is before.
    let is_late = matches!(cell.fault, Fault::Surplus(_)) && at != At::Greeting;
    if matches!(at, At::Greeting | At::Ehlo | At::StartTls | At::Auth)
        && !is_late
        && let Some(ending) = refused(kind)
    {
        return Known { told: vec![], ending: Some(ending), again: false, kept: false };
    }
    let unknown = if cell.has_ended() { Told::Uncertain } else { Told::Lost };
    let is_surplus = matches!(cell.fault, Fault::Surplus(_));
    // Whom the reply is for; nobody in particular if that is all of them.
    let meant = match at {
        At::Rcpt(index) => Some(index),
        At::Dot(index) if cell.lmtp => Some(index + usize::from(is_surplus)),
        _ => None,
    };
    let is_lmtp_verdict = matches!(at, At::Dot(_)) && cell.lmtp;
    let told = (0..RECIPIENTS).map(|index| match kind {
        Kind::Fine => Told::Taken,
        // Among too many replies, none is known to be for whom.
        Kind::End(_) if is_surplus => unknown,
        // In LMTP each verdict is for one recipient, and the earlier ones stand.
        _ if is_lmtp_verdict && meant.is_some_and(|meant| index < meant) => Told::Taken,
        Kind::Refusal(code) | Kind::Farewell(code) if meant.is_none_or(|meant| meant == index) => {
            Told::Refused(code)
        }
        Kind::Refusal(_) => Told::Taken,
        // 421 is for all that is not answered; what is cut off is for the one that it answers.
        Kind::Farewell(421) if !is_lmtp_verdict => Told::Refused(421),
        Kind::Farewell(_) | Kind::End(_) => unknown,
    });
    let told: Vec<_> = told.collect();
    let ending = match kind {
        _ if !told.contains(&Told::Lost) && !told.contains(&Told::Uncertain) => None,
        Kind::End(ending) => Some(ending),
        _ => Some(Ending::Closed),
    };
    let kept = match kind {
        Kind::Fine => !matches!(cell.fault, Fault::Surplus(_)) || at == At::StartTls,
        Kind::Refusal(_) => true,
        Kind::Farewell(_) | Kind::End(_) => false,
    };
    Known { again: !kept && is_sent_again(cell, kind, ending), told, ending, kept }
}

/// What ends a session that has not come to a message.
fn refused(kind: Kind) -> Option<Ending> {
    match kind {
        Kind::Fine => None,
        Kind::Refusal(code) | Kind::Farewell(code) => Some(Ending::Refused(code)),
        Kind::End(ending) => Some(ending),
    }
}

/// A message goes over another connection if the server certainly did not take it, and the session
/// ended for a reason that may have nothing to do with it.
fn is_sent_again(cell: Cell, kind: Kind, ending: Option<Ending>) -> bool {
    let has_begun = match cell.at {
        // MAIL goes with RSET where that is possible.
        At::Rset => cell.pipelining,
        At::Ehlo | At::Auth => false,
        _ => true,
    };
    let is_answered = !matches!(cell.at, At::Mail | At::Rset);
    match (kind, ending) {
        _ if cell.has_ended() => false,
        // What was said to MAIL, RCPT or DATA may be said of any message.
        (Kind::Farewell(421), None) => match cell.at {
            At::InMessage | At::Bdat(_) => false,
            At::Data => !matches!(cell.fault, Fault::Surplus(_)),
            _ => true,
        },
        (_, Some(Ending::Closed)) => true,
        (_, Some(Ending::Silent)) => !is_answered,
        (_, Some(Ending::Broken)) => !has_begun,
        _ => false,
    }
}
