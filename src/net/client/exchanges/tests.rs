use super::*;
use crate::net::dns::DnsError;
use crate::protocol::client::ArgumentError;
use crate::protocol::client::delivery::{Recipient, Unfit};
use crate::protocol::parameters::MailParameters;
use crate::protocol::reply::ReplyCode;
use crate::protocol::sasl::SaslError;
use std::io;

const REQUESTS: [Awaited; 6] = [
    Awaited::Mail,
    Awaited::Rcpt,
    Awaited::Data,
    Awaited::Bdat(false),
    Awaited::Message,
    Awaited::Bdat(true),
];

fn reply(code: u16) -> Reply {
    Reply::new(ReplyCode::new(code).expect("a code"), "x")
}

fn rejected(request: Awaited, code: u16) -> Fate {
    Fate::Rejected(request, reply(code))
}

fn refused(request: Awaited, code: u16) -> SendError {
    SendError::Refused(Refusal::Refused(request, reply(code)))
}

fn closed() -> SendError {
    SendError::Protocol(Failure::Closed(Some(Awaited::Rcpt)))
}

fn passage(recipients: usize) -> Passage {
    let recipient =
        |at: usize| Recipient { address: format!("{at}@x"), parameters: Default::default() };
    Passage::new(Arc::new(Envelope {
        from: String::new(),
        recipients: (0..recipients).map(recipient).collect(),
        parameters: MailParameters::default(),
    }))
}

/// The next exchange, which has its say on all at once.
fn ask(passage: &mut Passage, outcome: Outcome, has_left: bool) {
    passage.asked = std::mem::take(&mut passage.open);
    passage.settled = 0;
    passage.settle(outcome, passage.asked.len(), has_left);
}

/// What the next exchange is asked for after this.
fn open_after(outcome: Outcome, has_left: bool, recipients: usize) -> Vec<usize> {
    let mut passage = passage(recipients);
    ask(&mut passage, outcome, has_left);
    passage.open
}

#[test]
fn a_recipient_goes_on_who_was_refused_for_now_and_not_behind_the_end() {
    for request in REQUESTS {
        for code in [421, 450, 451, 452, 499, 500, 550, 552, 554, 599] {
            for has_left in [false, true] {
                let is_verdict = matches!(request, Awaited::Message | Awaited::Bdat(_));
                let expected = code < 500 && !(is_verdict && has_left);
                let outcome = Outcome::Answered(vec![rejected(request, code)], None);
                let open = open_after(outcome, has_left, 1);
                assert_eq!(open == [0], expected, "{request} {code} {has_left}");
            }
        }
    }
}

#[test]
fn each_goes_by_itself() {
    let lost = vec![Loss { recipients: vec![3], error: closed() }];
    let fates = vec![
        Fate::Accepted,
        rejected(Awaited::Rcpt, 450),
        rejected(Awaited::Rcpt, 550),
        Fate::Pending,
    ];
    for (outcome, has_left, expected) in [
        (Outcome::Broken(fates.clone(), Some(reply(250)), lost), false, vec![1, 3]),
        (Outcome::Answered(fates[..3].to_vec(), Some(reply(250))), true, vec![1]),
        (Outcome::Failed(closed()), false, vec![0, 1, 2, 3]),
        (Outcome::Failed(SendError::Uncertain(Arc::new(closed()))), true, vec![]),
    ] {
        let text = format!("{outcome:?}");
        assert_eq!(open_after(outcome, has_left, 4), expected, "{text}");
    }
}

#[test]
fn an_error_of_one_exchange_leads_to_the_next() {
    let name = || "mx.example".to_owned();
    let broken = || io::Error::from(io::ErrorKind::ConnectionReset);
    for error in [
        SendError::Dial(DialError::Io(name(), broken())),
        SendError::Dial(DialError::Timeout(name())),
        SendError::Dial(DnsError::NotFound(name()).into()),
        SendError::Io(broken()),
        SendError::Handshake(Awaited::StartTls),
        SendError::Protocol(Failure::Timeout(Some(Awaited::Connect))),
        SendError::Protocol(Failure::Leaving(reply(421))),
        SendError::Protocol(Failure::Unasked(reply(250))),
        SendError::Protocol(Failure::EndlessReply),
        SendError::Protocol(Failure::BadReply(name())),
        SendError::Unasked(Arc::new(closed())),
        refused(Awaited::Connect, 421),
        refused(Awaited::Connect, 554),
        refused(Awaited::Connect, 250),
        refused(Awaited::Greet(crate::protocol::client::Greeting::Ehlo), 421),
        refused(Awaited::Auth, 454),
        SendError::Refused(Refusal::NoTls(None)),
        SendError::Refused(Refusal::NoTls(Some(reply(454)))),
        SendError::Refused(Refusal::NoMechanism),
        SendError::Refused(Refusal::Sasl(SaslError::Challenge)),
        SendError::Refused(Refusal::Logins(name(), reply(454))),
    ] {
        let text = error.to_string();
        assert_eq!(open_after(Outcome::Failed(error), false, 2), [0, 1], "{text}");
    }
    let argument = ArgumentError { argument: "the sender", problem: "is two" };
    for error in [
        refused(Awaited::Greet(crate::protocol::client::Greeting::Helo), 550),
        refused(Awaited::Auth, 535),
        SendError::Refused(Refusal::Logins(name(), reply(535))),
        SendError::Refused(Refusal::Argument(argument)),
        SendError::Unfit(Unfit::Missing("SMTPUTF8")),
        SendError::Unfit(Unfit::TooLarge(1, 2)),
        SendError::Starved,
        SendError::Source(io::ErrorKind::NotFound.into()),
        SendError::Cancelled,
        SendError::Closed,
        SendError::Impossible("x"),
        SendError::Uncertain(Arc::new(closed())),
        SendError::Unasked(Arc::new(SendError::Cancelled)),
    ] {
        let text = error.to_string();
        assert_eq!(open_after(Outcome::Failed(error), false, 2), [0_usize; 0], "{text}");
    }
}

/// What is told in the end of a message that came to these outcomes, one for each exchange.
fn told(recipients: usize, rounds: Vec<(Outcome, bool)>) -> Outcome {
    let mut passage = passage(recipients);
    for (outcome, has_left) in rounds {
        ask(&mut passage, outcome, has_left);
    }
    passage.end(Ok(())).outcome
}

#[test]
fn of_several_exchanges_the_one_is_told_of_that_may_take_it_later() {
    let failed = |error| (Outcome::Failed(error), false);
    let busy = || refused(Awaited::Connect, 421);
    let never = || refused(Awaited::Connect, 554);
    for (rounds, expected) in [
        (vec![failed(closed()), failed(never())], closed()),
        (vec![failed(never()), failed(closed())], closed()),
        (vec![failed(never()), failed(busy())], busy()),
        (vec![failed(busy()), failed(closed())], busy()),
        (vec![failed(closed()), failed(busy())], busy()),
        (vec![failed(never()), failed(never())], never()),
        (vec![failed(busy()), failed(refused(Awaited::Auth, 535))], refused(Awaited::Auth, 535)),
        (vec![failed(busy()), failed(SendError::Cancelled)], SendError::Cancelled),
    ] {
        let text = format!("{rounds:?}");
        let Outcome::Failed(error) = told(2, rounds) else { panic!("{text}") };
        assert_eq!(error.to_string(), expected.to_string(), "{text}");
    }
}

#[test]
fn each_recipient_is_told_of_with_the_word_that_counts_for_it() {
    let uncertain = SendError::Uncertain(Arc::new(closed()));
    let first = vec![
        Fate::Pending,
        rejected(Awaited::Rcpt, 450),
        rejected(Awaited::Rcpt, 451),
        rejected(Awaited::Rcpt, 550),
    ];
    let lost = vec![Loss { recipients: vec![0], error: uncertain }];
    let second = vec![Fate::Accepted, rejected(Awaited::Rcpt, 551)];
    let outcome = told(
        4,
        vec![
            (Outcome::Broken(first, None, lost), true),
            (Outcome::Answered(second, Some(reply(250))), true),
        ],
    );
    let Outcome::Broken(fates, response, losses) = outcome else { panic!("{outcome:?}") };
    let expected =
        [Fate::Pending, Fate::Accepted, rejected(Awaited::Rcpt, 551), rejected(Awaited::Rcpt, 550)];
    assert_eq!((&fates[..], response), (&expected[..], Some(reply(250))));
    assert_eq!(losses.len(), 1);
    assert_eq!(losses[0].recipients, [0]);
    assert!(matches!(losses[0].error, SendError::Uncertain(_)));
}

#[test]
fn a_word_of_a_server_is_not_forgotten_where_the_next_is_not_there() {
    let fates = vec![Fate::Accepted, rejected(Awaited::Rcpt, 450)];
    let rounds = vec![
        (Outcome::Answered(fates.clone(), Some(reply(250))), true),
        (Outcome::Failed(closed()), false),
    ];
    let Outcome::Answered(told, response) = told(2, rounds) else { panic!("nothing was lost") };
    assert_eq!((told, response), (fates, Some(reply(250))));
}

#[test]
fn the_time_for_connecting_is_never_all_of_one_while_others_wait() {
    for millis in [1, 300, 9_000, 30_000, 300_000] {
        for exchanges in 1..20 {
            let mut left = Duration::from_millis(millis);
            for others in (0..exchanges).rev() {
                assert!(!left.is_zero(), "{millis} {exchanges}");
                left -= share(left, others);
            }
            assert!(left.is_zero());
        }
    }
    assert_eq!(share(Duration::from_secs(300), 2), Duration::from_secs(100));
    assert_eq!(share(Duration::from_secs(30), 9), LEAST_SHARE);
}

#[test]
fn who_was_not_asked_stays_with_the_exchange_and_the_others_go_on() {
    let mut passage = passage(4);
    passage.asked = std::mem::take(&mut passage.open);
    let first = Outcome::Answered(vec![rejected(Awaited::Rcpt, 450)], None);
    passage.settle(first, 1, false);
    assert_eq!((&passage.open[..], passage.settled), (&[0][..], 1));
    let second = vec![Fate::Pending, Fate::Accepted];
    let lost = vec![Loss { recipients: vec![0], error: closed() }];
    passage.settle(Outcome::Broken(second, Some(reply(250)), lost), 2, true);
    assert_eq!((&passage.open[..], passage.settled), (&[0, 1][..], 3));
    let Outcome::Broken(fates, _, losses) = passage.end(Err(SendError::Cancelled)).outcome else {
        panic!("some were lost");
    };
    let expected = [rejected(Awaited::Rcpt, 450), Fate::Pending, Fate::Accepted, Fate::Pending];
    assert_eq!(fates, expected);
    let told: Vec<_> = losses.iter().map(|loss| (&loss.recipients[..], &loss.error)).collect();
    assert!(
        matches!(
            told[..],
            [(&[1], SendError::Protocol(Failure::Closed(_))), (&[3], SendError::Cancelled)]
        ),
        "{told:?}"
    );
}
