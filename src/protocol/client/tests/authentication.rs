//! AUTH exchanges with servers that ask too much, or the wrong thing (RFC 4954 section 4).

use super::*;
use crate::protocol::client::authentication::{Authentication, Progress};
use crate::protocol::client::opening::Login;
use crate::protocol::sasl::client::{Credentials, Exchange};
use crate::protocol::sasl::{Binding, Mechanism, SaslError};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// RFC 7677 section 3: user, password and what each side says.
const USER: &str = "user";
const PASSWORD: &str = "pencil";
const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
const SCRAM: [&str; 2] = [
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
    "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
];

/// Each mechanism with the challenges that it answers.
const MECHANISMS: [(Mechanism, &[&str]); 6] = [
    (Mechanism::ScramSha256, &SCRAM),
    (Mechanism::CramMd5, &["<1896.697170952@postoffice.reston.mci.net>"]),
    (Mechanism::Plain, &[""]),
    (Mechanism::Login, &["Username:", "Password:"]),
    (Mechanism::OAuthBearer, &["{\"status\":\"invalid_token\"}"]),
    (Mechanism::XOAuth2, &["{\"status\":\"400\"}"]),
];

fn credentials(mechanism: Mechanism) -> Credentials {
    let make = match mechanism {
        Mechanism::OAuthBearer | Mechanism::XOAuth2 => Credentials::token,
        _ => Credentials::password,
    };
    make(USER.to_owned(), PASSWORD.to_owned()).expect("credentials")
}

/// A greeted session that has sent AUTH.
fn begun(mechanism: Mechanism) -> (Table, Authentication) {
    let mut table = Table::new(Cut::Whole);
    table.server("220 mx.example\r\n", &mut |_, _, _, _| ());
    let nonce = NONCE.to_owned();
    let exchange = Exchange::new(
        mechanism,
        &credentials(mechanism),
        nonce,
        Binding::Impossible,
        ("mx.example", 25),
    );
    let exchange = exchange.expect("an exchange");
    let authentication = Authentication::begin(mechanism, exchange, &mut table.session);
    table.run();
    table.sent.clear();
    (table, authentication.expect("an argument"))
}

/// What the server's line comes to, and what the client sends on it.
fn say(
    table: &mut Table,
    authentication: &mut Authentication,
    line: &str,
) -> (Result<Progress, SaslError>, String) {
    let mut progress = None;
    table.server(&format!("{line}\r\n"), &mut |to, reply, session, _| {
        assert_eq!(to, Awaited::Auth);
        progress = Some(authentication.replied(reply, session));
    });
    let sent = String::from_utf8(std::mem::take(&mut table.sent)).expect("text");
    (progress.expect("a reply to AUTH"), sent)
}

fn challenge(text: &str) -> String {
    format!("334 {}", STANDARD.encode(text))
}

#[test]
fn every_mechanism_answers_its_own_challenges_and_no_more() {
    for (mechanism, challenges) in MECHANISMS {
        let (mut table, mut authentication) = begun(mechanism);
        for text in challenges {
            let (progress, sent) = say(&mut table, &mut authentication, &challenge(text));
            assert_eq!(progress, Ok(Progress::Challenged), "{mechanism:?}");
            assert!(sent.ends_with("\r\n") && sent != "*\r\n", "{mechanism:?}: {sent}");
        }
        let (progress, sent) = say(&mut table, &mut authentication, &challenge("more"));
        assert_eq!(progress, Ok(Progress::Cancelled(SaslError::Challenge)), "{mechanism:?}");
        assert_eq!(sent, "*\r\n", "{mechanism:?}");
        for _ in 0..3 {
            // Whoever asks all the same is not answered.
            if table.session.is_idle() {
                table.session.ask(Request::AuthResponse("=".to_owned())).expect("an argument");
                table.run();
                table.sent.clear();
            }
            let (progress, sent) = say(&mut table, &mut authentication, &challenge("more"));
            assert_eq!(progress, Err(SaslError::Challenge), "{mechanism:?}");
            assert_eq!(sent, "", "{mechanism:?}");
        }
    }
}

#[test]
fn one_challenge_over_and_over_has_an_end() {
    for (mechanism, challenges) in MECHANISMS {
        for text in challenges.iter().copied().chain(["", "x"]) {
            let (mut table, mut authentication) = begun(mechanism);
            let mut answers = 0;
            while let (Ok(progress), _) = say(&mut table, &mut authentication, &challenge(text)) {
                assert!(!matches!(progress, Progress::Ended(_)));
                answers += 1;
                assert!(answers <= 3, "{mechanism:?} goes on at {text:?}");
            }
        }
    }
}

#[test]
fn a_cancellation_is_over_with_a_refusal_and_nothing_else() {
    for (code, is_heeded) in [
        (501, true),
        (535, true),
        (454, true),
        (421, true),
        (235, false),
        (250, false),
        (334, false),
    ] {
        let (mut table, mut authentication) = begun(Mechanism::CramMd5);
        let (progress, sent) = say(&mut table, &mut authentication, "334 ???");
        assert_eq!(progress, Ok(Progress::Cancelled(SaslError::Challenge)));
        assert_eq!(sent, "*\r\n");
        let (progress, _) = say(&mut table, &mut authentication, &format!("{code} x"));
        match progress {
            Ok(Progress::Ended(reply)) => assert!(is_heeded && reply.code().value() == code),
            other => assert!(!is_heeded && other == Err(SaslError::Challenge), "{code}: {other:?}"),
        }
    }
}

/// What an opening with a login says after EHLO, the server's lines in between, and how it ends.
fn logging_in(
    host: &str,
    secret: &str,
    mechanisms: &str,
    script: &[&str],
) -> (Vec<String>, Option<Refusal>, bool) {
    let credentials = match mechanisms {
        "XOAUTH2" | "OAUTHBEARER" => Credentials::token,
        _ => Credentials::password,
    };
    let credentials = credentials(USER.to_owned(), secret.to_owned()).expect("credentials");
    let options = options(|options| {
        options.login = Some(Login { credentials, mechanism: None });
        options.server.0 = host.to_owned();
    });
    let mut table = Table::new(Cut::Whole);
    let mut opening = Opening::new(options, NONCE.to_owned());
    let mut refusal = None;
    let mut each = |to, reply, session: &mut ClientSession, _| {
        refusal = opening.replied(to, reply, session).err();
    };
    table.server("220 mx.example\r\n", &mut each);
    table.sent.clear();
    table.server(&format!("250-mx.example\r\n250 AUTH\t{mechanisms}\r\n"), &mut each);
    let mut said = Vec::new();
    for line in script.iter().chain([&""]) {
        said.push(String::from_utf8(std::mem::take(&mut table.sent)).expect("text"));
        if !line.is_empty() {
            table.server(&format!("{line}\r\n"), &mut each);
        }
    }
    said.retain(|line| !line.is_empty());
    (said, refusal, opening.is_ready())
}

#[test]
fn a_mechanism_that_the_server_does_not_do_is_followed_by_the_next() {
    let all = "SCRAM-SHA-256 CRAM-MD5 PLAIN LOGIN";
    for code in [502, 504, 534] {
        let refused = format!("{code} no");
        let script = [&*refused; 4];
        for (host, tried) in [
            ("mx.example", &["SCRAM-SHA-256", "CRAM-MD5"][..]),
            ("192.0.2.1", &["SCRAM-SHA-256", "CRAM-MD5"]),
            ("localhost", &["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN"]),
            ("127.0.0.1", &["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN"]),
            ("::1", &["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN"]),
        ] {
            let (said, refusal, _) = logging_in(host, PASSWORD, all, &script[..tried.len()]);
            let names: Vec<_> =
                said.iter().filter_map(|line| line.split_whitespace().nth(1)).collect();
            assert_eq!(names, tried, "{code} {host}");
            assert!(
                matches!(&refusal, Some(Refusal::Logins(names, _)) if *names == tried.join(", ")),
                "{refusal:?}"
            );
        }
        let (_, refusal, ready) =
            logging_in("::1", PASSWORD, "CRAM-MD5 LOGIN", &[&refused, "334 ", "334 ", "235 in"]);
        assert!(ready && refusal.is_none());
    }
    for code in [421, 432, 454, 500, 501, 503, 530, 535, 538] {
        let (said, refusal, _) = logging_in("::1", PASSWORD, all, &[&format!("{code} no")]);
        assert_eq!(said.len(), 1, "{code}");
        assert!(matches!(refusal, Some(Refusal::Refused(Awaited::Auth, _))), "{code}");
    }
}

#[test]
fn an_initial_response_stands_in_a_line_that_has_room_for_it() {
    for mechanism in ["PLAIN", "XOAUTH2", "OAUTHBEARER"] {
        for length in (1..700).step_by(7).chain([4_000]) {
            let secret = "x".repeat(length);
            let (said, refusal, ready) =
                logging_in("mx.example", &secret, mechanism, &["334 ", "235 in"]);
            let (line, rest) = said.split_first().expect("AUTH");
            assert!(line.len() <= 512, "{mechanism} {length}");
            let alone = *line == format!("AUTH {mechanism}\r\n");
            let whole = "AUTH  \r\n".len() + mechanism.len() + rest[0].trim_end().len();
            if alone {
                assert!(whole > 512 && rest.len() == 1, "{mechanism} {length}");
            }
            assert!(ready && refusal.is_none(), "{mechanism} {length}");
        }
    }
}

#[test]
fn servers_of_all_kinds_are_answered() {
    for (mechanism, script) in [
        ("LOGIN", &["334 Username:", "334 Password:", "235 in"][..]),
        ("LOGIN", &["334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 in"]),
        ("LOGIN", &["334 VXNlcg", "334 UGFzcw", "235 in"]),
        ("LOGIN", &["334", "334", "250 in"]),
        ("PLAIN", &["334 ", "235 in"]),
        ("PLAIN", &["334 go on", "235 in"]),
        ("PLAIN", &["235 in"]),
        ("PLAIN", &["250 in"]),
        ("CRAM-MD5", &["334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2U", "200 in"]),
    ] {
        let (said, refusal, ready) = logging_in("mx.example", PASSWORD, mechanism, script);
        assert!(ready && refusal.is_none(), "{mechanism} {script:?}: {refusal:?}");
        assert_eq!(said.len(), script.len(), "{script:?}");
    }
}

#[test]
fn a_refused_starttls_ends_a_session_with_a_login() {
    for policy in [TlsPolicy::Opportunistic, TlsPolicy::Offered, TlsPolicy::Required] {
        for code in [421, 450, 454, 500, 501, 502, 503, 535, 554] {
            let login = Login { credentials: credentials(Mechanism::Plain), mechanism: None };
            let options = options(|options| {
                options.login = Some(login);
                options.tls = policy;
            });
            let mut table = Table::new(Cut::Whole);
            let mut opening = Opening::new(options, NONCE.to_owned());
            let mut refusal = None;
            let mut each = |to, reply, session: &mut ClientSession, _| {
                refusal = opening.replied(to, reply, session).err();
            };
            table.server("220 mx.example\r\n", &mut each);
            table.server("250-mx.example\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n", &mut each);
            table.server(&format!("{code} no\r\n"), &mut each);
            assert!(matches!(refusal, Some(Refusal::NoTls(Some(_)))), "{policy:?} {code}");
            assert!(!opening.is_ready());
            table.client("EHLO client.example\r\nSTARTTLS\r\n");
        }
    }
}

#[test]
fn an_opening_gives_up_at_what_has_no_answer() {
    for (mechanism, challenges) in MECHANISMS {
        let login = Login { credentials: credentials(mechanism), mechanism: None };
        let options = options(|options| options.login = Some(login));
        let mut table = Table::new(Cut::Whole);
        let mut opening = Opening::new(options, NONCE.to_owned());
        let mut refusal = None;
        let mut each = |to, reply, session: &mut ClientSession, _| {
            refusal = opening.replied(to, reply, session).err();
        };
        table.server("220 mx.example\r\n", &mut each);
        let ehlo = format!("250-mx.example\r\n250 AUTH {}\r\n", mechanism.name());
        table.server(&ehlo, &mut each);
        for text in challenges.iter().chain([&"more"]) {
            table.server(&format!("{}\r\n", challenge(text)), &mut each);
        }
        assert_eq!(refusal, Some(Refusal::Sasl(SaslError::Challenge)), "{mechanism:?}");
        assert!(!opening.is_ready());
    }
}
