//! A message for more recipients than a server takes in a transaction (RFC 9422 section 4.2).

use super::*;

const MOST: usize = 5;

fn ehlo(limits: &str, more: &str) -> String {
    format!("250-mx.example\r\n{more}250 {limits}\r\n")
}

/// What a server hears that takes every transaction of a message, each by itself, and whom it was for:
/// nobody where the message is not for it.
fn transactions(ehlo: &str, envelope: &Envelope) -> Result<Vec<(String, Vec<Fate>)>, Unfit> {
    let (mut table, _) = open(Cut::Whole, &options(|_| ()), ehlo);
    let mut told = Vec::new();
    let mut first = 0;
    while first < envelope.recipients.len() {
        let mut delivery = Delivery::begin(envelope, first, false, &mut table.session)?;
        assert!(!delivery.fates().is_empty(), "it comes to an end");
        first += delivery.fates().len();
        table.run();
        let mut heard = String::new();
        while delivery.progress() != Progress::Done {
            if delivery.progress() == Progress::Message {
                delivery.give(b"x", &mut table.session);
                delivery.finish(&mut table.session, table.now);
                table.run();
            }
            let sent = String::from_utf8(std::mem::take(&mut table.sent)).expect("text");
            let replies: String = sent
                .lines()
                .map(|line| match line.split([' ', ':']).next() {
                    Some("MAIL" | "RCPT" | "." | "RSET") => "250 OK\r\n",
                    Some("DATA") => "354 go\r\n",
                    Some("x") | None => "",
                    Some("BDAT") => "250 OK\r\n",
                    other => panic!("{other:?}"),
                })
                .collect();
            heard += &sent;
            table.server(&replies, &mut |to, reply, session, now| {
                delivery.replied(to, reply, session, now);
            });
            assert_eq!(table.failure, None);
        }
        told.push((heard, delivery.fates().to_vec()));
    }
    Ok(told)
}

/// Every list of so many recipients, in ASCII and not; the addresses differ.
fn lists() -> Vec<Vec<String>> {
    let list = |count: usize, bits: usize| {
        let name =
            |at| if bits >> at & 1 > 0 { format!("\u{fc}{at}@x") } else { format!("u{at}@x") };
        (0..count).map(name).collect()
    };
    (1..=MOST).flat_map(|count| (0..1 << count).map(move |bits| list(count, bits))).collect()
}

#[test]
fn each_recipient_is_asked_for_in_one_transaction_of_no_more_than_the_limit() {
    for more in ["", "250-PIPELINING\r\n", "250-CHUNKING\r\n", "250-SMTPUTF8\r\n"] {
        for (limit, list) in
            (1..=MOST + 1).flat_map(|limit| lists().into_iter().map(move |l| (limit, l)))
        {
            let to: Vec<_> = list.iter().map(String::as_str).collect();
            let ehlo = ehlo(&format!("LIMITS RCPTMAX={limit}"), more);
            let fits = |address: &&&str| address.is_ascii() || more.contains("SMTPUTF8");
            let fit: Vec<_> = to.iter().filter(fits).collect();
            let told = transactions(&ehlo, &envelope("a@b", &to));
            if fit.is_empty() {
                assert_eq!(told, Err(Unfit::Missing("SMTPUTF8")));
                continue;
            }
            let told = told.expect("fit");
            assert_eq!(told.len(), fit.len().div_ceil(limit), "{limit} {to:?}");
            let heard: Vec<Vec<_>> = told
                .iter()
                .map(|(heard, _)| {
                    heard.lines().filter_map(|line| line.strip_prefix("RCPT TO:<")).collect()
                })
                .collect();
            assert!(heard.iter().all(|asked| (1..=limit).contains(&asked.len())), "{heard:?}");
            let expected: Vec<_> = fit.iter().map(|address| format!("{address}>")).collect();
            assert_eq!(heard.concat(), expected, "{limit} {to:?}");
            let fates: Vec<_> = told.iter().flat_map(|(_, fates)| fates).collect();
            for (address, fate) in to.iter().zip(&fates) {
                let expected =
                    if fits(&address) { Fate::Accepted } else { Fate::Unfit("SMTPUTF8") };
                assert_eq!(**fate, expected, "{limit} {to:?}");
            }
            assert_eq!(fates.len(), to.len());
        }
    }
}

#[test]
fn without_a_limit_that_is_one_all_go_in_one_transaction() {
    let to = ["a@x", "b@x", "c@x"];
    for limits in
        ["HELP", "LIMITS", "LIMITS RCPTMAX=0", "LIMITS RCPTMAX=1e20", "LIMITS RCPTMAX=1 RCPTMAX=1"]
    {
        let told = transactions(&ehlo(limits, ""), &envelope("a@b", &to)).expect("fit");
        assert_eq!(told.len(), 1, "{limits}");
    }
}

#[test]
fn what_is_asked_for_goes_with_each_transaction() {
    let mut envelope = envelope("a@b", &["c@x", "\u{fc}@x"]);
    envelope.parameters.size = Some(1);
    let more = "250-PIPELINING\r\n250-SIZE 1000\r\n250-DSN\r\n250-SMTPUTF8\r\n";
    let told = transactions(&ehlo("LIMITS RCPTMAX=1", more), &envelope).expect("fit");
    let heard: Vec<_> = told.iter().map(|(heard, _)| heard.as_str()).collect();
    let expected = [
        "MAIL FROM:<a@b> SIZE=1 RET=HDRS\r\nRCPT TO:<c@x> NOTIFY=NEVER\r\nDATA\r\nx\r\n.\r\n",
        "MAIL FROM:<a@b> SIZE=1 SMTPUTF8 RET=HDRS\r\nRCPT TO:<\u{fc}@x> NOTIFY=NEVER\r\nDATA\r\nx\r\n.\r\n",
    ];
    let words = |heard: &str| {
        let mut words: Vec<_> = heard.split([' ', '\r', '\n']).map(str::to_owned).collect();
        words.sort();
        words
    };
    for (heard, expected) in heard.iter().zip(expected) {
        assert_eq!(words(heard), words(expected));
    }
}

#[test]
fn nobody_is_asked_for_where_a_later_recipient_cannot_be() {
    for address in ["a@b\r\nRCPT TO:<x@y>", "a b@c", ""] {
        let (mut table, _) = open(Cut::Whole, &options(|_| ()), &ehlo("LIMITS RCPTMAX=1", ""));
        let envelope = envelope("a@b", &["c@x", "d@x", address]);
        let begun = Delivery::begin(&envelope, 0, false, &mut table.session);
        assert!(matches!(begun, Err(Unfit::Argument(_))), "{address:?}");
        table.run();
        table.client("");
    }
}

#[test]
fn limits_are_forgotten_with_tls_and_with_helo() {
    let mut table = Table::new(Cut::Whole);
    let mut opening = Opening::new(options(|_| ()), "nonce".to_owned());
    let mut limits = Vec::new();
    for said in [
        "220 mx.example\r\n",
        "250-mx.example\r\n250-STARTTLS\r\n250 LIMITS RCPTMAX=1 MAILMAX=1\r\n",
        "220 go\r\n",
        "250-mx.example\r\n250 LIMITS RCPTMAX=7\r\n",
    ] {
        table.server(said, &mut |to, reply, session, _| {
            opening.replied(to, reply, session).expect("a welcome");
        });
        limits.push((
            table.session.offered().limits().recipients(),
            table.session.offered().limits().allow_another(1),
        ));
        if std::mem::take(&mut table.securing) {
            table.session.secured(table.now);
            opening.secured(&mut table.session).expect("a name");
            limits.push((
                table.session.offered().limits().recipients(),
                table.session.offered().limits().allow_another(1),
            ));
            table.run();
        }
    }
    let none = (usize::MAX, true);
    assert_eq!(limits, [none, (1, false), (1, false), none, (7, true)]);
}
