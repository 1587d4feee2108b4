//! VRFY, EXPN and ETRN: each with each argument, at each stage, listened to or not.

use super::super::inquiries::plan_inquiry;
use super::super::plan::{Access, Position, Stage};
use super::plans::{at, shown};
use super::*;
use crate::protocol::inquiry::Verb;

const STAGES: [Stage; 5] =
    [Stage::Refused, Stage::Begun, Stage::Greeted, Stage::Transaction, Stage::Chunks];
const VERBS: [Verb; 3] = [Verb::Vrfy, Verb::Expn, Verb::Etrn];

/// An argument, and what is asked by VRFY and EXPN, then by ETRN; `None` where it is malformed.
const ARGUMENTS: [(&str, Option<&str>, Option<&str>); 14] = [
    ("", None, None),
    ("tim", Some("tim"), Some("tim")),
    ("<tim@foo.example>", Some("<tim@foo.example>"), Some("<tim@foo.example>")),
    ("Tim Smith", Some("Tim Smith"), None),
    ("\"Tim  Smith\"", Some("\"Tim  Smith\""), None),
    ("@foo.example", Some("@foo.example"), Some("@foo.example")),
    ("#queue", Some("#queue"), Some("#queue")),
    ("tim SMTPUTF8", Some("tim +utf8"), None),
    ("tim  smtputf8", Some("tim +utf8"), None),
    ("SMTPUTF8", Some("SMTPUTF8"), Some("SMTPUTF8")),
    ("SMTPUTF8 tim", Some("SMTPUTF8 tim"), None),
    ("tím", Some("tím"), Some("tím")),
    ("a\tb", None, None),
    ("a\u{fffd}", None, None),
];

#[test]
fn each_at_each_stage() {
    let config = config(|_| {});
    for (argument, asked, of_host) in ARGUMENTS {
        for verb in VERBS {
            for stage in STAGES {
                let is_etrn = verb == Verb::Etrn;
                let plan = plan_inquiry(verb, argument, &at(stage, 0), &config);
                let expected = match (stage, if is_etrn { of_host } else { asked }) {
                    (Stage::Refused, _) => "Refused Bad",
                    (Stage::Begun, _) if is_etrn => "GreetFirst Bad",
                    (Stage::Transaction | Stage::Chunks, _) if is_etrn => "InTransaction Bad",
                    (_, None) => "BadParameter Bad",
                    (_, Some(_)) if is_etrn => "Ok Inquire",
                    (_, Some(_)) => "NotVerified Inquire",
                };
                assert_eq!(shown(&plan), expected, "{verb:?} {argument:?} at {stage:?}");
                if let Effect::Inquire(inquiry) = &plan.effect {
                    let utf8 = if inquiry.smtp_utf8 { " +utf8" } else { "" };
                    let seen = format!("{}{utf8}", inquiry.argument);
                    assert_eq!(Some(&*seen), if is_etrn { of_host } else { asked });
                    assert_eq!(plan.event(), Some(verb.event()));
                }
            }
        }
    }
}

#[test]
fn what_comes_before_them() {
    for verb in VERBS {
        for (require_tls, tls, login, access, expected) in [
            (true, false, Login::Offered, Access::Open, "TlsRequired Bad"),
            (true, false, Login::Required, Access::LoggedIn, "TlsRequired Bad"),
            (true, true, Login::Required, Access::Open, "AuthRequired Bad"),
            (false, false, Login::Required, Access::Closed, "AuthRequired Bad"),
            (true, true, Login::Required, Access::LoggedIn, ""),
            (false, false, Login::Offered, Access::Open, ""),
        ] {
            let config = config(|config| {
                config.require_tls = require_tls;
                config.auth.login = login;
            });
            let position = Position { tls, access, ..at(Stage::Greeted, 0) };
            let plan = plan_inquiry(verb, "x", &position, &config);
            let usual = if verb == Verb::Etrn { "Ok Inquire" } else { "NotVerified Inquire" };
            let expected = if expected.is_empty() { usual } else { expected };
            assert_eq!(shown(&plan), expected, "{verb:?} at {position:?}");
        }
    }
}

#[test]
fn smtputf8_is_part_of_the_name_where_it_is_not_offered() {
    let config = config(|config| config.extensions = Extensions::default());
    let plan = plan_inquiry(Verb::Vrfy, "tim SMTPUTF8", &at(Stage::Greeted, 0), &config);
    let Effect::Inquire(inquiry) = plan.effect else { panic!("{plan:?}") };
    assert_eq!((&*inquiry.argument, inquiry.smtp_utf8), ("tim SMTPUTF8", false));
}

#[test]
fn they_are_what_they_were_where_nobody_listens() {
    let all = [Interest::VRFY, Interest::EXPN, Interest::ETRN];
    for wanted in 0..8 {
        let bits = all.iter().enumerate().filter(|(at, _)| wanted & 1 << at != 0);
        let interest = bits.fold(Interest::default(), |sum, (_, bit)| sum | *bit);
        let mut table = Table::new(config(|_| {}), interest);
        table.replies.clear();
        table.send(b"EHLO x\r\n");
        let greeting = replies(&mut table);
        for (verb, other) in VERBS.into_iter().zip(["252 ", "500 ", "500 "]) {
            let name = format!("{verb:?}").to_ascii_uppercase();
            let is_wanted = interest.contains(verb.event());
            let lines = greeting.lines().filter(|line| line[4..] == *name).count();
            assert_eq!(lines, usize::from(is_wanted), "{greeting}");
            table.send(format!("{} x\r\n", name.to_ascii_lowercase()).as_bytes());
            let asked = table.events.pop_front();
            assert_eq!(asked.is_some(), is_wanted, "{name}");
            let reply = replies(&mut table);
            let agreed = if verb == Verb::Etrn { "250 " } else { "252 " };
            assert!(reply.starts_with(if is_wanted { agreed } else { other }), "{name}: {reply}");
        }
        for (verb, usual) in VERBS.into_iter().zip([true, false, false]) {
            table.send(format!("HELP {verb:?}\r\n").as_bytes());
            let is_explained = replies(&mut table).lines().count() > 1;
            assert_eq!(is_explained, usual || interest.contains(verb.event()), "HELP {verb:?}");
        }
        for line in ["VRFYx a", "ETRN\ta", "EXPNS", "VRF"] {
            table.send(format!("{line}\r\n").as_bytes());
            assert!(replies(&mut table).starts_with("500 "), "{line}");
            assert_eq!(table.events, [] as [&str; 0], "{line}");
        }
    }
}

#[test]
fn a_transaction_goes_on_behind_them() {
    let mut table = greeted(config(|_| {}), Interest::INQUIRIES);
    table.verdicts.push_back(Verdict::Answer(Reply::new(ReplyCode::known(550), "no")));
    table.send(b"MAIL FROM:<a@b>\r\nVRFY x\r\nRCPT TO:<c@d>\r\nEXPN y\r\nBDAT 1\r\nxVRFY z\r\nBDAT 0 LAST\r\n");
    let codes: Vec<_> = replies(&mut table).lines().map(|line| line[..3].to_owned()).collect();
    assert_eq!(codes, ["250", "550", "250", "252", "250", "252", "250"]);
    assert_eq!(table.events, ["vrfy x", "expn y", "vrfy z"]);
}
