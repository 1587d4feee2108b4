//! Every event of a server in one table, with the records that tell the application's side of them.
//!
//! A new event is one line of it: its bit, the kind of its record and what JavaScript knows of it
//! follow. The build writes the table to `src/js/engine/constants.js`.

use bitflags::bitflags;

/// The events that the application wants to hear of, as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interest(pub u32);

/// An event as the application's side knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// The name of its listener.
    pub name: &'static str,
    /// Its bit.
    pub interest: Interest,
    /// The kind of record that tells of it.
    pub record: u32,
    /// The reply code where its listener agrees, if it has one to decide.
    pub reply: Option<u16>,
}

/// Constants of one group, each by its name: `ALL` has them for those who write them down.
macro_rules! numbers {
    (
        $(#[$doc:meta])*
        $vis:vis mod $group:ident {
            $($(#[$about:meta])* $NAME:ident = $value:expr;)+
        }
    ) => {
        $(#[$doc])*
        $vis mod $group {
            $($(#[$about])* pub const $NAME: u32 = $value;)+

            /// Each of them by its name.
            pub const ALL: &[(&str, u32)] = &[$((stringify!($NAME), $NAME)),+];
        }
    };
}
pub(crate) use numbers;

macro_rules! events {
    (
        events {
            $($(#[doc = $doc:literal])* $EVENT:ident = $name:literal, $RECORD:ident, $reply:expr;)+
        }
        records {
            $($(#[$about:meta])* $OTHER:ident;)+
        }
    ) => {
        /// The place of each event in the table, which is its bit.
        #[allow(clippy::upper_case_acronyms, non_camel_case_types)]
        enum Bit { $($EVENT,)+ }

        bitflags! {
            impl Interest: u32 {
                $($(#[doc = $doc])* const $EVENT = 1 << Bit::$EVENT as u32;)+
            }
        }

        /// Every event, in the order of their bits.
        pub const EVENTS: &[Event] = &[$(Event {
            name: $name,
            interest: Interest::$EVENT,
            record: kind::$RECORD,
            reply: $reply,
        },)+];

        /// The place of each kind of record in the table, which is its number.
        #[allow(clippy::upper_case_acronyms, non_camel_case_types)]
        enum Kind { $($RECORD,)+ $($OTHER,)+ }

        numbers! {
            /// Kinds of records: of events, of what else is told of sessions and servers, then
            /// of clients.
            pub mod kind {
                $($(#[doc = $doc])* $RECORD = super::Kind::$RECORD as u32;)+
                $($(#[$about])* $OTHER = super::Kind::$OTHER as u32;)+
            }
        }
    };
}

events! {
    events {
        /// A client connected; who agrees greets it.
        CONNECT = "connect", CONNECT, Some(220);
        /// A command line came.
        MESSAGE = "message", COMMAND, Some(250);
        /// HELO or EHLO.
        HELO = "helo", HELO, Some(250);
        /// MAIL.
        MAIL = "mail", MAIL, Some(250);
        /// RCPT.
        RCPT = "rcpt", RCPT, Some(250);
        /// DATA.
        DATA_START = "dataStart", DATA_START, Some(354);
        /// Message data as it came from the wire.
        DATA_CHUNK = "dataChunk", RAW, None;
        /// A whole message.
        DATA = "data", DATA, Some(250);
        /// A time without traffic.
        TIMEOUT = "timeout", TIMEOUT, None;
        /// Replies that are about to leave.
        RESPONSE = "response", RESPONSES, None;
        /// A session ended.
        DISCONNECT = "disconnect", GONE, None;
        /// The connection failed.
        ERROR = "error", ERROR, None;
        /// The connection is encrypted now.
        SECURE = "secure", SECURE, None;
        /// A client wants to log in (RFC 4954).
        AUTH = "auth", AUTH, Some(235);
        /// A client names a host in its handshake that has no keys (RFC 6066 section 3); its server is told.
        SNI = "sni", SNI, None;
        /// VRFY (RFC 5321 section 4.1.1.6).
        VRFY = "vrfy", VRFY, Some(250);
        /// EXPN (RFC 5321 section 4.1.1.7).
        EXPN = "expn", EXPN, Some(250);
        /// ETRN (RFC 1985).
        ETRN = "etrn", ETRN, Some(250);
    }
    records {
        /// A message that was taken.
        TAKEN;
        /// A piece of a message, decoded: its dots undone.
        DECODED;
        /// The message that came in pieces is whole.
        STREAMED;
        /// The message that came in pieces was refused.
        CUT;
        /// The message that came in pieces will not be whole.
        WITHDRAWN;
        /// A line for the application alone.
        CAPTURED;
        /// A line for the application alone was over the limit: it takes no more of them.
        LINE_TOO_LONG;
        /// Whether the secret that was given for a login is the client's.
        PROOF;
        /// The login that a secret was given for is over.
        EXCHANGE_OVER;
        /// A peer that is trusted speaks for another client.
        XCLIENT;
        /// A peer that is trusted tells of its client.
        XFORWARD;
        /// The application did not answer in time.
        LISTENER_TIMEOUT;
        /// A server listens no more, and its last session is gone.
        STOPPED;
        /// A server cannot accept clients.
        SERVER_ERROR;
        /// A handshake is about to begin; its server is asked.
        HANDSHAKE;
        /// What became of a message of ours; the first of those about clients.
        SENT;
        /// There is room for more of a message of ours.
        DRAINED;
        /// What a server said to being asked.
        VERIFIED;
        /// A client of ours is closed.
        CLOSED;
        /// What a lookup found.
        FOUND;
        /// There is something to take from a pipe, or room in it.
        PIPED;
        /// A client of ours needs roots of certificates besides the system's.
        ROOTS;
    }
}

impl Interest {
    /// The events of commands that ask something, and change nothing of the session.
    pub const INQUIRIES: Self = Self(Self::VRFY.0 | Self::EXPN.0 | Self::ETRN.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Listeners are called by these names; programs have them.
    const NAMES: &str = "connect message helo mail rcpt dataStart dataChunk data timeout response \
        disconnect error secure auth sni vrfy expn etrn";

    #[test]
    fn names_stay() {
        let names: Vec<_> = EVENTS.iter().map(|event| event.name).collect();
        assert_eq!(names.join(" "), NAMES);
    }
}
