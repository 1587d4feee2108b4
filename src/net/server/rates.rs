//! What the clients of one address, and of one network, may do in a minute.
//!
//! For each there is a token bucket that holds a minute's worth and fills evenly. It is kept as
//! the time at which it will be full again: each token taken moves that on by the time that one
//! takes to come back, and it may not be more than a minute ahead.

use crate::net::sync::lock;
use crate::protocol::control::{Counted, Tally};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
/// Addresses and networks that are remembered. Beyond it the one not heard of for longest is
/// forgotten, as if its buckets were full.
const MAX_KEYS: usize = 65_536;

/// The most of each that there may be in a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits {
    pub sessions: Option<u32>,
    pub messages: Option<u32>,
    pub recipients: Option<u32>,
}

impl Limits {
    /// The time in which one token comes back.
    fn interval(&self, counted: Counted) -> Option<Duration> {
        let limit = match counted {
            Counted::Session => self.sessions,
            Counted::Message => self.messages,
            Counted::Recipient => self.recipients,
        };
        limit.and_then(|limit| MINUTE.checked_div(limit))
    }
}

/// The rates of one server.
pub struct Rates {
    address: Limits,
    network: Limits,
    buckets: Mutex<Buckets>,
}

impl Rates {
    /// Rates for each address and for each network; `None` if nothing is limited.
    pub fn new(address: Limits, network: Limits) -> Option<Self> {
        let none = Limits::default();
        let limited = address != none || network != none;
        limited.then(|| Self { address, network, buckets: Mutex::default() })
    }

    /// Counts one more of a client, or one less; `false` if there is no room for it.
    pub fn count(&self, client: IpAddr, tally: Tally, counted: Counted, now: Instant) -> bool {
        let keys = [Key::address(client), Key::network(client)];
        let [address, network] = keys.map(|key| {
            let limits = if let Key::Address(_) = key { &self.address } else { &self.network };
            limits.interval(counted).map(|interval| (key, interval))
        });
        let mut buckets = lock(&self.buckets);
        let mut give_back = |side: Option<(Key, Duration)>| {
            side.is_none_or(|(key, interval)| buckets.give_back(key, counted, interval))
        };
        if tally == Tally::GiveBack {
            return give_back(address) & give_back(network);
        }
        let mut take = |side: Option<(Key, Duration)>| {
            side.is_none_or(|(key, interval)| buckets.take(key, counted, interval, now))
        };
        if !take(address) {
            return false;
        }
        let room = take(network);
        if !room && let Some((key, interval)) = address {
            buckets.give_back(key, counted, interval);
        }
        room
    }
}

/// Whose buckets they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    Address(IpAddr),
    /// The first address of an IPv4 /24, or of an IPv6 /64, within which a host may take any
    /// address it likes (RFC 4291 section 2.5.1).
    Network(IpAddr),
}

impl Key {
    /// An IPv4 address within IPv6 (RFC 4291 section 2.5.5.2) is an IPv4 address.
    fn address(client: IpAddr) -> Self {
        Self::Address(client.to_canonical())
    }

    fn network(client: IpAddr) -> Self {
        Self::Network(match client.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                [a, b, c, 0].into()
            }
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        })
    }
}

/// When each kind of bucket will be full again; long ago, or never taken from, is full.
type FullAt = [Option<Instant>; 3];

/// The buckets of those heard of, in two generations. What was not heard of in a minute is full,
/// so that a generation can be forgotten whole once the next has lasted as long.
#[derive(Default)]
struct Buckets {
    young: HashMap<Key, FullAt>,
    old: HashMap<Key, FullAt>,
    young_since: Option<Instant>,
}

impl Buckets {
    fn take(&mut self, key: Key, counted: Counted, interval: Duration, now: Instant) -> bool {
        self.age(now);
        let bucket = self.bucket(key);
        let full_at = bucket[counted as usize].map_or(now, |full_at| full_at.max(now)) + interval;
        let room = full_at <= now + MINUTE;
        if room {
            bucket[counted as usize] = Some(full_at);
        }
        room
    }

    /// What was forgotten needs nothing back.
    fn give_back(&mut self, key: Key, counted: Counted, interval: Duration) -> bool {
        let bucket = self.young.get_mut(&key).or_else(|| self.old.get_mut(&key));
        if let Some(Some(full_at)) = bucket.map(|bucket| &mut bucket[counted as usize]) {
            *full_at = full_at.checked_sub(interval).unwrap_or(*full_at);
        }
        true
    }

    fn bucket(&mut self, key: Key) -> &mut FullAt {
        let old = &mut self.old;
        self.young.entry(key).or_insert_with(|| old.remove(&key).unwrap_or_default())
    }

    fn age(&mut self, now: Instant) {
        let since = *self.young_since.get_or_insert(now);
        // One call may add one key.
        if self.young.len() >= MAX_KEYS / 2 || now.saturating_duration_since(since) > MINUTE {
            self.old = std::mem::take(&mut self.young);
            self.young_since = Some(now);
        }
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Counted::{Message, Recipient, Session};
    use Tally::{GiveBack, Take};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn sessions(sessions: u32) -> Limits {
        Limits { sessions: Some(sessions), ..Limits::default() }
    }

    /// How many sessions of `client` there is room for at `now`.
    fn room(rates: &Rates, client: &str, now: Instant) -> usize {
        (0..1_000).take_while(|_| rates.count(ip(client), Take, Session, now)).count()
    }

    #[test]
    fn a_minutes_worth_at_once_then_evenly() {
        let rates = Rates::new(sessions(6), Limits::default()).unwrap();
        let start = Instant::now();
        let after = |seconds: u64| start + Duration::from_secs(seconds);
        assert_eq!(room(&rates, "192.0.2.1", start), 6);
        assert_eq!(room(&rates, "192.0.2.1", after(9)), 0);
        assert_eq!(room(&rates, "192.0.2.1", after(10)), 1);
        assert_eq!(room(&rates, "192.0.2.1", after(35)), 2);
        assert_eq!(room(&rates, "192.0.2.1", after(40)), 1);
        assert_eq!(room(&rates, "192.0.2.1", after(100)), 6, "no more than a minute's worth");
        assert_eq!(room(&rates, "192.0.2.1", after(10_000)), 6);
        assert_eq!(room(&rates, "192.0.2.2", start), 6, "each address has its own");
        assert_eq!(room(&rates, "192.0.2.1", start), 0, "a clock that goes back gives nothing");
    }

    #[test]
    fn never_more_than_twice_a_minutes_worth_in_a_minute() {
        let rates = Rates::new(sessions(7), Limits::default()).unwrap();
        let start = Instant::now();
        let taken: Vec<u64> = (0..600_000)
            .step_by(130)
            .filter(|at| rates.count(ip("::1"), Take, Session, start + Duration::from_millis(*at)))
            .collect();
        for first in &taken {
            let within = taken.iter().filter(|at| (*first..first + 60_000).contains(at)).count();
            assert!(within <= 14, "{within}");
        }
        assert!((7 * 10..=7 * 11).contains(&taken.len()), "{}", taken.len());
    }

    #[test]
    fn networks_are_24_and_64_bits() {
        let now = Instant::now();
        for (clients, others) in [
            (["192.0.2.1", "192.0.2.255", "::ffff:192.0.2.7"], "192.0.3.1"),
            (["2001:db8::1", "2001:db8::ffff:0:0:1", "2001:db8:0:0:8000::"], "2001:db8:0:1::"),
        ] {
            let rates = Rates::new(Limits::default(), sessions(3)).unwrap();
            assert!(clients.iter().all(|client| rates.count(ip(client), Take, Session, now)));
            for client in clients {
                assert_eq!(room(&rates, client, now), 0, "{client}");
            }
            assert_eq!(room(&rates, others, now), 3);
        }
    }

    #[test]
    fn a_mapped_address_is_the_ipv4_address() {
        let rates = Rates::new(sessions(2), Limits::default()).unwrap();
        let now = Instant::now();
        assert_eq!(room(&rates, "192.0.2.1", now), 2);
        assert_eq!(room(&rates, "::ffff:192.0.2.1", now), 0);
    }

    #[test]
    fn each_kind_is_counted_by_itself_and_what_has_no_limit_is_not() {
        let limits = Limits { messages: Some(2), recipients: Some(3), ..Limits::default() };
        let rates = Rates::new(limits, Limits::default()).unwrap();
        let now = Instant::now();
        let taken = |counted| {
            (0..10).take_while(|_| rates.count(ip("192.0.2.1"), Take, counted, now)).count()
        };
        assert_eq!([taken(Message), taken(Recipient), taken(Session)], [2, 3, 10]);
    }

    #[test]
    fn what_is_given_back_can_be_taken_again() {
        let rates = Rates::new(sessions(2), sessions(3)).unwrap();
        let now = Instant::now();
        assert_eq!(room(&rates, "192.0.2.1", now), 2);
        rates.count(ip("192.0.2.1"), GiveBack, Session, now);
        rates.count(ip("192.0.2.99"), GiveBack, Session, now);
        assert_eq!(room(&rates, "192.0.2.1", now), 1);
        // The network has two back and one of them taken; the address that finds it empty at the
        // second keeps its own.
        assert_eq!(room(&rates, "192.0.2.2", now), 2);
        assert_eq!(room(&rates, "192.0.2.3", now), 0);
        assert_eq!(room(&rates, "192.0.2.3", now + Duration::from_secs(20)), 1);
        assert_eq!(room(&rates, "192.0.2.3", now + Duration::from_secs(40)), 1);
    }

    #[test]
    fn memory_is_bounded_and_what_is_heard_of_stays() {
        let rates = Rates::new(sessions(2), sessions(1_000_000)).unwrap();
        let now = Instant::now();
        for at in 0..3 * MAX_KEYS as u128 {
            let client = Ipv6Addr::from_bits(0x2001_0db8 << 96 | at).into();
            assert!(rates.count(client, Take, Session, now));
            assert!(lock(&rates.buckets).len() <= MAX_KEYS);
        }
        let network = Key::network(ip("2001:db8::"));
        let full_at = lock(&rates.buckets).bucket(network)[Session as usize].unwrap();
        assert_eq!(full_at - now, MINUTE.checked_div(1_000_000).unwrap() * 3 * MAX_KEYS as u32);
        for minutes in [2, 4] {
            let client = ip("192.0.2.1");
            rates.count(client, Take, Session, now + MINUTE * minutes);
        }
        assert_eq!(lock(&rates.buckets).len(), 2, "what is full again is forgotten");
    }

    #[test]
    fn nothing_limited_is_nothing_counted() {
        assert!(Rates::new(Limits::default(), Limits::default()).is_none());
    }
}
