//! What a record looks like to the application's side, which knows these numbers by
//! `src/js/engine/constants.js`, as the build writes them.
//!
//! A record is eight words, then one word for each of its texts. All texts of a batch stand one
//! after the other in its bytes.
//!
//! | word | holds |
//! | --- | --- |
//! | 0 | kind, and flags from bit 8 up |
//! | 1 | number of the session, of the server, or of a client of ours |
//! | 2 | sequence number, to answer late with; the number of a client's message |
//! | 3 | where the first text begins, in bytes |
//! | 4 | how many of the texts are replies made by the engine before this event |
//! | 5 | how many are recipients accepted by the engine before it |
//! | 6 | the planned reply: a stock number, perhaps with `NAMED`, or `MADE` and how many texts it has, or `NONE` |
//! | 7 | how many texts there are |
//! | 8.. | for each text its length in bytes, doubled, plus 1 if it is not all ASCII |
//!
//! The texts come in this order, each only where its flag or count says so: the peer (with
//! `PEER`), replies, the origin (`ORIGIN`), reverse-path and size of a MAIL (`MAIL`), recipients,
//! how many have a reply of their own (`EACH`), the command line (`LINE`), the event's own, its
//! parameters (`EXT`), the planned reply.
//!
//! A reverse-path or forward-path whose parameters were parsed has them behind it: of each LF, its
//! name, `=` and its value.

use crate::protocol::events::numbers;
use bitflags::bitflags;

numbers! {
    /// Words of a record's header.
    pub mod field {
        /// Kind and flags.
        HEAD = 0;
        /// Whose it is.
        NUMBER = 1;
        /// What answers it, or what it is about.
        SEQUENCE = 2;
        /// The place of its first text.
        TEXT = 3;
        /// Replies before the event.
        RESPONSES = 4;
        /// Recipients before the event.
        RECIPIENTS = 5;
        /// The planned reply.
        REPLY = 6;
        /// How many texts there are.
        TEXTS = 7;
        /// Where their lengths begin.
        LENGTHS = 8;
    }
}

numbers! {
    /// A planned reply that is no stock reply.
    pub mod planned {
        /// There is none.
        NONE = u32::MAX;
        /// It was made for the occasion, of as many texts as the bits below say.
        MADE = 1 << 16;
        /// It is the stock reply of the bits below, and behind its text the name of what it is about.
        NAMED = 1 << 17;
    }
}

bitflags! {
    /// What a record has, and what it means for the session.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Flags: u32 {
        /// The first text is the peer.
        const PEER = 1 << 8;
        /// The transaction was dropped.
        const RESET = 1 << 9;
        /// The greeting was forgotten.
        const FORGOT_GREETING = 1 << 10;
        /// A greeting was accepted.
        const ORIGIN = 1 << 11;
        /// A MAIL was accepted.
        const MAIL = 1 << 12;
        /// A command has its line.
        const LINE = 1 << 13;
        /// The connection is encrypted.
        const TLS = 1 << 14;
        /// The event's own text is a blob: its index stands for its length, which a word more has.
        const BLOB = 1 << 15;
        /// The session ended before it was connected: no 'disconnect'. An error that is nobody's
        /// but the socket's.
        const QUIET = 1 << 16;
        /// The command drops the transaction if it goes on.
        const DROPS = 1 << 17;
        /// The command drops the transaction and the greeting if it goes on.
        const DROPS_GREETING = 1 << 18;
        /// MAIL or RCPT has parameters that are handed on.
        const EXT = 1 << 19;
        /// The message comes by BDAT: there is no reply before it has.
        const CHUNKS = 1 << 20;
        /// The greeting that was accepted is EHLO.
        const ORIGIN_EXTENDED = 1 << 21;
        /// The command is EHLO.
        const EXTENDED = 1 << 22;
        /// The message has a reply for each recipient, which it repeats where it is the engine's.
        const EACH = 1 << 23;
    }
}
