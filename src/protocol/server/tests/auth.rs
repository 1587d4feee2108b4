//! Logins whose words are made for the occasion, and what comes between.

use super::*;
use crate::protocol::control::Pipelining;
use crate::protocol::limits::MAX_AUTH_LINE;
use crate::protocol::sasl::scram::Derivation;
use crate::protocol::sasl::server::{Secret, StoredKeys};
use crate::protocol::sasl::{Binding, Channel, Mechanism, client};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const PLAIN: &[u8] = b"AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\n";

/// A client that has greeted a server where everybody may log in.
fn open(change: impl FnOnce(&mut ServerConfig)) -> Table {
    let config = config(|config| {
        config.auth.exposure = Exposure::Anywhere;
        config.auth.mechanisms = vec![Mechanism::Plain, Mechanism::ScramSha256, Mechanism::CramMd5];
        change(config);
    });
    greeted(config, Interest::AUTH)
}

fn password(text: &str) -> Verdict {
    Verdict::Verify(Box::new(Secret::Password(text.to_owned())))
}

fn stored(text: &str) -> Verdict {
    let keys = Derivation::new(text, b"salt", 4_096).run();
    let (stored, server) = (keys.stored(), keys.server);
    let salt = b"salt".to_vec();
    Verdict::Verify(Box::new(Secret::Stored(StoredKeys {
        salt,
        iterations: 4_096,
        stored,
        server,
    })))
}

fn client_of(mechanism: Mechanism, binding: Binding) -> client::Exchange {
    let credentials = client::Credentials::password("tim".to_owned(), "pencil".to_owned());
    let credentials = credentials.unwrap();
    let nonce = "c1ient".to_owned();
    client::Exchange::new(mechanism, &credentials, nonce, binding, ("mx", 25)).unwrap()
}

/// Carries a login out with our own client; the server's last reply.
fn log_in(table: &mut Table, mechanism: Mechanism, binding: Binding, verdict: Verdict) -> String {
    let mut client = client_of(mechanism, binding);
    table.verdicts.push_back(verdict);
    let initial = client.initial().map(|text| format!(" {text}")).unwrap_or_default();
    table.send(format!("AUTH {}{initial}\r\n", mechanism.name()).as_bytes());
    loop {
        let reply = table.line();
        let Some(challenge) = reply.strip_prefix("334 ") else { return reply };
        let line = match client.respond(challenge.trim_end()) {
            Ok(response) => response.0,
            Err(_) => "*".to_owned(),
        };
        table.send(format!("{line}\r\n").as_bytes());
    }
}

fn by_scram(table: &mut Table, verdict: Verdict) -> String {
    log_in(table, Mechanism::ScramSha256, Binding::Impossible, verdict)
}

#[test]
fn proofs() {
    let nobody = || Verdict::Verify(Box::new(Secret::Nobody));
    for mechanism in [Mechanism::ScramSha256, Mechanism::CramMd5] {
        for (verdict, code) in [
            (password("pencil"), "235"),
            (password("pencils"), "535"),
            (nobody(), "535"),
            // Whatever the application says of what it did not verify.
            (Verdict::Accept(None), "535"),
            (Verdict::Accept(Some(Reply::new(ReplyCode::known(235), "in"))), "535"),
            (Verdict::Ok, "535"),
            (Verdict::Proceed, "535"),
            (Verdict::Answer(Reply::new(ReplyCode::known(454), "later")), "454"),
        ] {
            let mut table = open(|config| config.auth.login = Login::Required);
            let said = log_in(&mut table, mechanism, Binding::Impossible, verdict.clone());
            assert!(said.starts_with(code), "{mechanism:?} {verdict:?}: {said}");
            assert_eq!(table.events, [format!("auth {} tim", mechanism.name())]);
            table.send(b"MAIL FROM:<a@b>\r\n");
            let mail = replies(&mut table);
            assert_eq!(mail.starts_with("250"), code == "235", "{mail}");
        }
    }
    let said = by_scram(&mut open(|_| {}), stored("pencil"));
    assert!(said.starts_with("235"), "{said}");
}

#[test]
fn bound_proofs() {
    let channel = Channel { exporter: Some([1; 32]), ..Channel::default() };
    let plus = |table: &mut Table, binding| {
        log_in(table, Mechanism::ScramSha256Plus, binding, password("pencil"))
    };
    let mut table = open(|config| config.auth.mechanisms.push(Mechanism::ScramSha256Plus));
    table.send(b"EHLO x\r\n");
    let ehlo = replies(&mut table);
    assert!(ehlo.ends_with("AUTH PLAIN SCRAM-SHA-256 CRAM-MD5\r\n"), "{ehlo}");
    let said = plus(&mut table, channel.binding());
    assert!(said.starts_with("504"), "there is nothing to bind to: {said}");
    table.session.set_channel(channel.clone());
    table.send(b"EHLO x\r\n");
    let ehlo = replies(&mut table);
    assert!(ehlo.ends_with(" CRAM-MD5 SCRAM-SHA-256-PLUS\r\n"), "{ehlo}");
    // A client to which that was not shown.
    table.events.clear();
    let said = log_in(&mut table, Mechanism::ScramSha256, Binding::Unused, password("pencil"));
    assert!(said.starts_with("535") && table.events.is_empty(), "{said}");
    table.verdicts.clear();
    let said = plus(&mut table, channel.binding());
    assert!(said.starts_with("235"), "{said}");
}

#[test]
fn external_needs_a_certificate() {
    let auth = b"AUTH EXTERNAL =\r\n";
    let mut table = open(|config| config.auth.mechanisms = vec![Mechanism::External]);
    table.send(auth);
    assert!(replies(&mut table).starts_with("504"));
    table.session.set_channel(Channel { client_certificate: true, ..Channel::default() });
    table.send(auth);
    assert!(replies(&mut table).starts_with("235"));
    assert_eq!(table.events, ["auth EXTERNAL"]);
}

#[test]
fn each_refusal_waits_longer_and_nothing_is_read_meanwhile() {
    let mut table = open(|config| config.auth.max_failures = None);
    for milliseconds in [250, 500, 750, 1_000, 1_250, 1_500, 1_750, 2_000, 2_000] {
        let before = table.now;
        table.session.receive(PLAIN, table.now);
        assert!(asks(&mut table));
        let refusal = Verdict::Answer(Reply::new(ReplyCode::known(535), "no"));
        table.session.answer(by_application(refusal, 0), table.now);
        table.session.receive(b"NOOP\r\n", table.now);
        assert_eq!(table.session.poll(table.now, table.interest), Step::Hold);
        table.run();
        assert_eq!(table.now - before, Duration::from_millis(milliseconds));
        assert_eq!(replies(&mut table), "535 no\r\n250 OK\r\n");
    }
}

#[test]
fn what_counts_as_a_failure() {
    let answer = |code| Verdict::Answer(Reply::new(ReplyCode::known(code), "no"));
    for (verdict, counts) in [
        (answer(535), true),
        (answer(550), true),
        (answer(454), false),
        (answer(421), false),
        (password("other"), true),
        (Verdict::Silent(None), true),
        (Verdict::Silent(ReplyCode::new(235)), true),
        (Verdict::Silent(ReplyCode::new(454)), false),
        (Verdict::Skip(ReplyCode::new(535)), true),
    ] {
        let mut table = open(|config| config.auth.max_failures = Some(1));
        table.verdicts.push_back(verdict.clone());
        table.send(PLAIN);
        replies(&mut table);
        table.send(PLAIN);
        let said = replies(&mut table);
        assert_eq!(said.starts_with("421"), counts, "{verdict:?}: {said}");
        assert_eq!(table.events.len() > 1, said.starts_with("235"), "{verdict:?}");
    }
}

#[test]
fn silence_lets_nobody_in() {
    let mut table = open(|config| config.auth.login = Login::Required);
    for verdict in [Verdict::Silent(ReplyCode::new(235)), Verdict::Skip(None)] {
        table.verdicts.push_back(verdict);
        table.send(PLAIN);
        table.send(b"MAIL FROM:<a@b>\r\n");
        assert_eq!(replies(&mut table), "530 Authentication required\r\n");
    }
}

#[test]
fn listeners_that_are_late() {
    let mut table = open(|_| {});
    table.session.receive(PLAIN, table.now);
    assert!(asks(&mut table));
    assert_eq!(wait(&mut table, 300), Expired::Listener);
    assert_eq!(replies(&mut table), "454 Temporary authentication failure\r\n");
    table.session.answer(by_application(Verdict::Accept(None), 0), table.now);
    table.send(PLAIN);
    assert!(replies(&mut table).starts_with("235"), "nobody had logged in yet");
}

#[test]
fn derivations_that_cannot_be_carried_out() {
    for is_late in [false, true] {
        let mut table = open(|_| {});
        let initial = client_of(Mechanism::ScramSha256, Binding::Impossible).initial().unwrap();
        let line = format!("AUTH SCRAM-SHA-256 {initial}\r\n");
        table.session.receive(line.as_bytes(), table.now);
        assert!(asks(&mut table));
        table.session.answer(by_application(password("pencil"), 0), table.now);
        let step = table.session.poll(table.now, table.interest);
        assert!(matches!(step, Step::Derive(_)), "{step:?}");
        assert!(table.session.is_parked());
        match is_late {
            true => assert_eq!(wait(&mut table, 300), Expired::Nothing),
            false => table.session.derived(None, table.now),
        }
        table.run();
        assert_eq!(replies(&mut table), "454 Temporary authentication failure\r\n");
        assert_eq!(table.events, ["the exchange is over"]);
        // What comes too late for that changes nothing.
        let keys = Derivation::new("pencil", b"salt", 1).run();
        table.session.derived(Some(&keys), table.now);
        table.send(b"NOOP\r\n");
        assert_eq!(replies(&mut table), "250 OK\r\n");
    }
}

/// A session whose application waits for a proof.
fn verifying(change: impl FnOnce(&mut ServerConfig)) -> Table {
    let mut table = open(change);
    let initial = client_of(Mechanism::ScramSha256, Binding::Impossible).initial().unwrap();
    table.verdicts.push_back(stored("pencil"));
    table.send(format!("AUTH SCRAM-SHA-256 {initial}\r\n").as_bytes());
    assert!(replies(&mut table).starts_with("334 "));
    table.events.clear();
    table
}

#[test]
fn the_application_hears_of_an_exchange_that_ends() {
    let long = format!("{}\r\n", "A".repeat(MAX_AUTH_LINE));
    for (line, reply) in [
        ("*\r\n", "501 Authentication cancelled\r\n"),
        ("NOOP?\r\n", "501 Malformed authentication data\r\n"),
        ("AAAA\r\n", "501 Malformed authentication data\r\n"),
        ("\r\n", "501 Malformed authentication data\r\n"),
        (&long, "500 Line too long\r\n"),
    ] {
        let mut table = verifying(|_| {});
        table.send(line.as_bytes());
        assert_eq!(replies(&mut table), reply, "{line}");
        assert_eq!(table.events, ["the exchange is over"], "{line}");
        table.send(b"NOOP\r\n");
        assert_eq!(replies(&mut table), "250 OK\r\n");
    }
}

#[test]
fn an_exchange_that_the_client_leaves() {
    let mut table = verifying(|_| {});
    table.session.end_input();
    table.run();
    assert!(table.closed && replies(&mut table).is_empty());
    let mut table = verifying(|_| {});
    assert_eq!(wait(&mut table, 300), Expired::Deadline);
    assert!(table.closed && replies(&mut table).starts_with("421 "));
    let mut table = verifying(|_| {});
    table.session.drain();
    table.run();
    assert!(table.closed && replies(&mut table).starts_with("421 "));
    let mut table = verifying(|_| {});
    for _ in 0..40 {
        table.send(&[b'A'; 2_048]);
    }
    assert!(table.closed && replies(&mut table).starts_with("421 "), "a line without an end");
}

#[test]
fn tls_forgets_a_login_but_not_what_was_tried() {
    let mut table = open(|config| {
        config.tls = true;
        config.auth.login = Login::Required;
        config.auth.max_failures = Some(1);
    });
    table.send(PLAIN);
    assert!(replies(&mut table).starts_with("235"));
    table.send(b"STARTTLS\r\nMAIL FROM:<a@b>\r\n");
    table.send(b"EHLO x\r\nMAIL FROM:<a@b>\r\n");
    let said = replies(&mut table);
    assert!(said.ends_with("\r\n530 Authentication required\r\n"), "{said}");
    table.verdicts.push_back(password("other"));
    table.send(PLAIN);
    table.send(b"MAIL FROM:<a@b>\r\n");
    table.send(PLAIN);
    let said = replies(&mut table);
    assert!(said.starts_with("535") && said.contains("\r\n530") && table.closed, "{said}");
}

#[test]
fn a_line_that_was_shown_goes_on_as_it_was() {
    let interest = Interest(Interest::AUTH.0 | Interest::MESSAGE.0);
    let config = config(|config| config.auth.exposure = Exposure::Anywhere);
    let mut table = greeted(config, interest);
    table.events.clear();
    for (line, said) in [
        (PLAIN, "235 Authentication successful\r\n"),
        (b"AUTH PLAIN ?\r\n", "503 You have logged in already\r\n"),
    ] {
        table.verdicts.push_back(Verdict::Proceed);
        table.send(line);
        assert_eq!(replies(&mut table), said);
    }
    assert_eq!(table.events, ["message AUTH PLAIN", "auth PLAIN tim", "message AUTH PLAIN"]);
}

#[test]
fn responses_that_do_not_wait() {
    let mut table = open(|config| config.control.unauthorised_pipelining = Pipelining::Refuse);
    table.send(b"AUTH PLAIN\r\n");
    table.send(b"AHRpbQB0YW5zdGFhZnRhbnN0YWFm\r\nNOOP\r\n");
    let said = replies(&mut table);
    assert!(said.contains("\r\n503 example.domain did not reply") && table.closed, "{said}");
}

#[test]
fn challenges_are_told_without_their_words() {
    let mut table = open(|_| {});
    table.interest = Interest(Interest::AUTH.0 | Interest::RESPONSE.0);
    table.session.receive(b"AUTH CRAM-MD5\r\n", table.now);
    let Step::Tell(Notice::Responses, news) = table.session.poll(table.now, table.interest) else {
        panic!("nothing is told");
    };
    assert_eq!(news.responses, ["334"]);
    table.run();
    let challenge = STANDARD.encode("<n0nce@example.domain>");
    assert_eq!(replies(&mut table), format!("334 {challenge}\r\n"));
}

#[test]
fn a_session_takes_little_room() {
    // What it was before there was AUTH, and 64 bytes.
    assert!(size_of::<ServerSession>() <= 568 + 64, "{}", size_of::<ServerSession>());
}

#[test]
fn nothing_random_and_nobody_logs_in() {
    let mut table = open(|config| config.auth.nonce = String::new);
    table.send(PLAIN);
    assert_eq!(replies(&mut table), "454 Temporary authentication failure\r\n");
}

/// XOAUTH2 of its developers' page and RFC 7628 section 3.2.3: the client's line behind the JSON ends the
/// exchange, whatever is in it, and is no command.
#[test]
fn any_line_behind_a_refused_token_is_answered_by_the_refusal() {
    let longest = "x".repeat(MAX_AUTH_LINE - 2);
    let too_long = format!("{longest}x");
    let lines: [&[u8]; 21] = [
        b"",
        b"AQ==",
        b"=",
        b"*",
        b"**",
        b"!",
        b" ",
        b"QUIT",
        b"RSET",
        b"STARTTLS",
        b"EHLO x",
        b"MAIL FROM:<a@b>",
        b"BDAT 6",
        b"AUTH XOAUTH2 dXNlcj1hAWF1dGg9QmVhcmVyIHgBAQ==",
        b"GET / HTTP/1.1",
        b".",
        b"\0\x1b\x7f",
        b"\xff\xfe",
        b"a\rb",
        longest.as_bytes(),
        too_long.as_bytes(),
    ];
    for (mechanism, token) in [
        (Mechanism::XOAuth2, "user=a\x01auth=Bearer x\x01\x01"),
        (Mechanism::OAuthBearer, "n,a=a,\x01auth=Bearer x\x01\x01"),
    ] {
        for line in lines {
            for cut in 0..=line.len().min(24) {
                let mut table = open(|config| config.auth.mechanisms = vec![mechanism]);
                table.replies.clear();
                table.verdicts.push_back(Verdict::Answer(Reply::new(ReplyCode::known(535), "No")));
                let token = STANDARD.encode(token);
                table.send(format!("AUTH {} {token}\r\n", mechanism.name()).as_bytes());
                assert!(table.line().starts_with("334 "));
                table.send(&line[..cut]);
                table.send(&[&line[cut..], b"\r\nNOOP\r\n"].concat());
                let shown = String::from_utf8_lossy(line);
                assert_eq!(
                    replies(&mut table),
                    "535 No\r\n250 OK\r\n",
                    "{mechanism:?} {shown:?} {cut}"
                );
                assert_eq!(table.events.len(), 1, "{shown:?}");
            }
        }
    }
}

/// What becomes of an AUTH that could go on, by those who are asked before its exchange.
#[test]
fn what_comes_behind_a_login_that_never_began_is_not_shown() {
    let reply = |code| Reply::new(ReplyCode::known(code), "said");
    let verdicts = [
        Verdict::Proceed,
        Verdict::Accept(None),
        Verdict::Answer(reply(535)),
        Verdict::Answer(reply(250)),
        Verdict::Silent(ReplyCode::new(454)),
        Verdict::Skip(ReplyCode::new(535)),
        Verdict::Skip(None),
    ];
    for (index, verdict) in verdicts.into_iter().enumerate() {
        for line in ["AUTH PLAIN", "auth plain AHRpbQB0YW5zdGFhZnRhbnN0YWFm", "AUTH CRAM-MD5"] {
            let mut table = open(|config| {
                // Where it may begin.
                config.auth.nonce = if index < 2 { String::new } else { || "n0nce".to_owned() };
                config.limits.bad_commands = None;
            });
            table.interest = Interest::AUTH | Interest::MESSAGE;
            table.events.clear();
            table.verdicts.push_back(verdict.clone());
            table.send(format!("{line}\r\nAHRpbQB0\r\nTIM\r\nNOOP\r\nXNEW\r\n").as_bytes());
            let name = line.split(' ').nth(1).unwrap().to_uppercase();
            let shown = [&*format!("AUTH {name}"), "***", "***", "NOOP", "XNEW"];
            let wanted = shown.map(|line| format!("message {line}"));
            assert_eq!(table.events, wanted, "{verdict:?} {line}");
        }
    }
}
