//! What a server lists of its limits (RFC 9422), as a client reads it.
//!
//! RCPTDOMAINMAX is not read.

use std::num::NonZeroU32;

/// Digits of the greatest value that a limit can have (RFC 9422 section 4).
const MAX_DIGITS: usize = 6;

/// How much a server takes, where it says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ServerLimits {
    /// RCPTMAX: RCPT commands of a transaction, those that it refuses included.
    recipients: Option<NonZeroU32>,
    /// MAILMAX: MAIL commands of a session, likewise.
    transactions: Option<NonZeroU32>,
}

impl ServerLimits {
    /// Reads what stands behind each LIMITS of a reply to EHLO. A limit that is unknown, malformed or
    /// named twice is none (RFC 9422 section 3).
    pub(super) fn read<'a>(listed: impl Iterator<Item = &'a str> + Clone) -> Self {
        let words = listed.flat_map(str::split_ascii_whitespace);
        Self { recipients: limit(words.clone(), "RCPTMAX"), transactions: limit(words, "MAILMAX") }
    }

    /// The most recipients of a transaction.
    pub fn recipients(self) -> usize {
        self.recipients.map_or(usize::MAX, |limit| limit.get() as usize)
    }

    /// Whether a session that had so many transactions may have another one.
    pub fn allow_another(self, transactions: u64) -> bool {
        self.transactions.is_none_or(|limit| transactions < u64::from(limit.get()))
    }
}

fn limit<'a>(words: impl Iterator<Item = &'a str>, name: &str) -> Option<NonZeroU32> {
    let pairs = words.map(|word| word.split_once('=').unwrap_or((word, "")));
    let mut values = pairs.filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let (_, value) = values.next()?;
    let is_number = !value.starts_with('0') && value.bytes().all(|byte| byte.is_ascii_digit());
    let is_alone = values.next().is_none();
    value.parse().ok().filter(|_| is_number && is_alone && value.len() <= MAX_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::limits::Limits;

    fn read(listed: &[&str]) -> (usize, Option<u64>) {
        let limits = ServerLimits::read(listed.iter().copied());
        let transactions = (0..1_000_001).find(|count| !limits.allow_another(*count));
        (limits.recipients(), transactions)
    }

    #[test]
    fn a_limit_is_read_whatever_is_around_it() {
        for (listed, expected) in [
            (&["RCPTMAX=1"][..], (1, None)),
            (&["MAILMAX=1"], (usize::MAX, Some(1))),
            (&["RCPTMAX=20 MAILMAX=7"], (20, Some(7))),
            (&["mailmax=7  RcptMax=999999"], (999_999, Some(7))),
            (&["RCPTDOMAINMAX=1 RCPTMAX=3 X-NEW NEW=a=b"], (3, None)),
            (&["RCPTMAX=3", "MAILMAX=4"], (3, Some(4))),
            (&[""], (usize::MAX, None)),
            (&[], (usize::MAX, None)),
        ] {
            assert_eq!(read(listed), expected, "{listed:?}");
        }
    }

    #[test]
    fn what_is_malformed_or_named_twice_is_no_limit() {
        for value in [
            "",
            "=",
            "=0",
            "=00",
            "=01",
            "=-1",
            "=+1",
            "=1.5",
            "=1e20",
            "=1000000",
            "=4294967296",
            "=18446744073709551617",
            "=x",
            "=0x10",
            "=1,000",
            "=1;",
            "==1",
            "=\u{661}",
        ] {
            let listed = format!("RCPTMAX{value} MAILMAX=5");
            assert_eq!(read(&[&listed]), (usize::MAX, Some(5)), "{listed}");
            let listed = format!("RCPTMAX=5 MAILMAX{value}");
            assert_eq!(read(&[&listed]), (5, None), "{listed}");
        }
        for twice in ["RCPTMAX=1 RCPTMAX=1", "RCPTMAX=1 rcptmax=2", "RCPTMAX=1 RCPTMAX"] {
            assert_eq!(read(&[twice, "MAILMAX=5"]), (usize::MAX, Some(5)), "{twice}");
        }
        assert_eq!(read(&["RCPTMAX=1", "RCPTMAX=1"]), (usize::MAX, None));
    }

    #[test]
    fn what_our_server_lists_is_read() {
        for recipients in [None, Some(1), Some(1_000), Some(2_000_000)] {
            for messages in [None, Some(1), Some(999_999)] {
                let listed = Limits { recipients, messages, ..Limits::default() }.values();
                let most = recipients.map_or(usize::MAX, |limit| limit.min(999_999) as usize);
                assert_eq!(read(&[&listed]), (most, messages.map(u64::from)), "{listed}");
            }
        }
    }
}
