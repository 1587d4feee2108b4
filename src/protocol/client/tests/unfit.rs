//! Messages and recipients that are not for a server, above all addresses in UTF-8 (RFC 6531).

use super::*;

const TAKES: &str = "250-mx.example\r\n250-PIPELINING\r\n250 SMTPUTF8\r\n";
const TAKES_NONE: &str = "250-mx.example\r\n250 PIPELINING\r\n";

fn begun(
    ehlo: &str,
    to: &[&str],
    change: impl FnOnce(&mut Envelope),
) -> (Table, Result<Delivery, Unfit>) {
    let (mut table, _) = open(Cut::Whole, &options(|_| ()), ehlo);
    let mut envelope = envelope("a@b", to);
    change(&mut envelope);
    let begun = Delivery::begin(&envelope, 0, false, &mut table.session);
    table.run();
    (table, begun)
}

/// Every list of so many recipients, in ASCII and not.
fn lists() -> Vec<Vec<&'static str>> {
    let mut lists = vec![];
    for count in 1..=4 {
        for bits in 0..1 << count {
            lists.push(
                (0..count).map(|at| if bits >> at & 1 > 0 { "\u{fc}@x" } else { "u@x" }).collect(),
            );
        }
    }
    lists
}

#[test]
fn the_others_get_the_message_where_some_recipients_cannot() {
    for to in lists() {
        let fit = to.iter().filter(|address| address.is_ascii()).count();
        let (mut table, begun) = begun(TAKES_NONE, &to, |_| ());
        if fit == 0 {
            assert_eq!(begun.err(), Some(Unfit::Missing("SMTPUTF8")));
            table.client("");
            continue;
        }
        let mut delivery = begun.expect("fit");
        table.client(&format!("MAIL FROM:<a@b>\r\n{}DATA\r\n", "RCPT TO:<u@x>\r\n".repeat(fit)));
        // The last of those that were asked is refused, if there are two.
        let refused = usize::from(fit > 1);
        let replies = "250 OK\r\n".repeat(1 + fit - refused) + &"550 no\r\n".repeat(refused);
        let mut each = |to, reply, session: &mut ClientSession, now| {
            delivery.replied(to, reply, session, now);
        };
        table.server(&(replies + "354 go\r\n"), &mut each);
        delivery.give(b"x", &mut table.session);
        delivery.finish(&mut table.session, table.now);
        table.run();
        let mut each = |to, reply, session: &mut ClientSession, now| {
            delivery.replied(to, reply, session, now);
        };
        table.server("250 taken\r\n", &mut each);
        assert_eq!((delivery.progress(), table.failure), (Progress::Done, None));
        let mut left = fit;
        for (address, fate) in to.iter().zip(delivery.fates()) {
            let is_told = match fate {
                Fate::Unfit("SMTPUTF8") => !address.is_ascii(),
                Fate::Rejected(Awaited::Rcpt, _) => address.is_ascii() && left == 1 && fit > 1,
                Fate::Accepted => address.is_ascii() && (left > 1 || fit == 1),
                _ => false,
            };
            assert!(is_told, "{to:?}: {fate:?}");
            left -= usize::from(address.is_ascii());
        }
    }
}

#[test]
fn all_get_it_where_they_can() {
    for to in lists() {
        let (mut table, begun) = begun(TAKES, &to, |_| ());
        let utf8 = if to.iter().all(|address| address.is_ascii()) { "" } else { " SMTPUTF8" };
        let recipients: String = to.iter().map(|to| format!("RCPT TO:<{to}>\r\n")).collect();
        table.client(&format!("MAIL FROM:<a@b>{utf8}\r\n{recipients}DATA\r\n"));
        assert!(begun.expect("fit").fates().iter().all(|fate| *fate == Fate::Pending));
    }
}

#[test]
fn a_message_that_needs_it_goes_to_nobody_where_it_cannot() {
    let needs: [fn(&mut Envelope); 2] = [
        |envelope| envelope.from = "\u{fc}@b".to_owned(),
        |envelope| envelope.parameters.smtp_utf8 = true,
    ];
    for (to, change) in lists().iter().flat_map(|to| needs.map(|change| (to, change))) {
        let (mut table, begun) = begun(TAKES_NONE, to, change);
        assert_eq!(begun.err(), Some(Unfit::Missing("SMTPUTF8")), "{to:?}");
        table.client("");
    }
}

#[test]
fn what_a_server_cannot_take_is_not_begun() {
    let begin = |ehlo: &str, change: &dyn Fn(&mut Envelope)| {
        let (mut table, _) = open(Cut::Whole, &options(|_| ()), ehlo);
        let mut envelope = envelope("a@b", &["c@d"]);
        change(&mut envelope);
        let begun = Delivery::begin(&envelope, 0, false, &mut table.session);
        table.run();
        if begun.is_err() {
            table.client("");
        }
        begun.err()
    };
    assert_eq!(begin(FULL, &|e| e.parameters.size = Some(1000)), None);
    assert_eq!(begin(FULL, &|e| e.parameters.size = Some(1001)), Some(Unfit::TooLarge(1000, 1001)));
    assert_eq!(begin(FULL, &|e| e.from = "ä@b".to_owned()), None);
    assert_eq!(begin(PLAIN, &|e| e.from = "ä@b".to_owned()), Some(Unfit::Missing("SMTPUTF8")));
    assert_eq!(begin(PLAIN, &|e| e.parameters.smtp_utf8 = true), Some(Unfit::Missing("SMTPUTF8")));
    assert_eq!(
        begin(FULL, &|e| e.parameters.require_tls = true),
        Some(Unfit::Missing("REQUIRETLS"))
    );
    assert_eq!(
        begin(FULL, &|e| e.parameters.body = Some(Body::BinaryMime)),
        Some(Unfit::Missing("BINARYMIME"))
    );
    for address in ["a@b\r\nRCPT TO:<x@y>", "a@b> SIZE=1", "a\0@b", "<a@b>", "a b@c", "\"a@b"] {
        assert!(matches!(begin(FULL, &|e| e.from = address.to_owned()), Some(Unfit::Argument(_))));
        assert!(matches!(
            begin(FULL, &|e| e.recipients[0].address = address.to_owned()),
            Some(Unfit::Argument(_))
        ));
    }
    for text in ["NOTIFY=\r\nDATA", "X\0"] {
        let mail = || MailParameters::read(text);
        assert!(matches!(begin(FULL, &|e| e.parameters = mail()), Some(Unfit::Argument(_))));
        let rcpt = || RcptParameters::read(text);
        assert!(matches!(
            begin(FULL, &|e| e.recipients[0].parameters = rcpt()),
            Some(Unfit::Argument(_))
        ));
    }
}
