//! Exchanges by the examples of their RFCs, with our own client, and with clients that lie.

use super::claim::MAX_NAME;
use super::*;
use crate::protocol::sasl::Binding;
use crate::protocol::sasl::client;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const SECRET: [u8; 32] = [7; 32];

fn pretence() -> Pretence {
    Pretence::new(SECRET)
}

fn start(mechanism: Mechanism, initial: Option<&[u8]>, nonce: &str) -> (Exchange, Turn) {
    start_at(mechanism, initial, nonce, &Channel::default(), false)
}

fn start_at(
    mechanism: Mechanism,
    initial: Option<&[u8]>,
    nonce: &str,
    channel: &Channel,
    offers_binding: bool,
) -> (Exchange, Turn) {
    let surroundings = Surroundings {
        host: "postoffice.reston.mci.net",
        nonce: nonce.to_owned(),
        channel: channel.clone(),
        offers_binding,
    };
    let attempt = Attempt { mechanism, initial: initial.map(<[u8]>::to_vec) };
    Exchange::start(&attempt, surroundings)
}

fn password(text: &str) -> Secret {
    Secret::Password(text.to_owned())
}

fn stored(text: &str, salt: &[u8], iterations: u32) -> Secret {
    let keys = Derivation::new(text, salt, iterations).run();
    let (stored, server) = (keys.stored(), keys.server);
    Secret::Stored(StoredKeys { salt: salt.to_vec(), iterations, stored, server })
}

/// What a secret comes to, derived where that is wanted.
fn verified(exchange: &mut Exchange, secret: Secret, pretence: &Pretence) -> Turn {
    match exchange.verify(secret, pretence) {
        Turn::Derive(derivation) => exchange.derived(&derivation.run()),
        turn => turn,
    }
}

fn challenge(turn: Turn) -> String {
    match turn {
        Turn::Challenge(bytes) => String::from_utf8(bytes).unwrap(),
        other => panic!("no challenge: {other:?}"),
    }
}

#[test]
fn plain() {
    // RFC 4616 section 4.
    let (mut exchange, turn) = start(Mechanism::Plain, Some(b"Ursel\0Kurt\0xipj3plmq"), "");
    assert_eq!(turn, Turn::Ask);
    let claim = exchange.claim().clone();
    assert_eq!((&*claim.authzid, &*claim.username), ("Ursel", "Kurt"));
    assert!(claim.shown == Shown::Password("xipj3plmq".to_owned()));
    assert!(exchange.may_let_in(), "the application may look for itself");
    for (secret, is_right) in [
        (password("xipj3plmq"), true),
        (password("xipj3plm"), false),
        (password(""), false),
        (stored("xipj3plmq", b"salt", 4_096), true),
        (stored("other", b"salt", 4_096), false),
        (Secret::Nobody, false),
    ] {
        let turn = verified(&mut exchange, secret, &pretence());
        assert_eq!(turn, Turn::Verified(is_right));
    }
}

#[test]
fn plain_without_an_initial_response() {
    let (mut exchange, turn) = start(Mechanism::Plain, None, "");
    assert_eq!(challenge(turn), "");
    assert_eq!(exchange.respond(b"\0tim\0tanstaaftanstaaf"), Turn::Ask);
    assert_eq!(exchange.respond(b"\0tim\0tanstaaftanstaaf"), Turn::Malformed, "again");
}

const NONSENSE: [(Mechanism, &[u8]); 45] = [
    (Mechanism::Plain, b""),
    (Mechanism::Plain, b"tim"),
    (Mechanism::Plain, b"tim\0x"),
    (Mechanism::Plain, b"\0\0x"),
    (Mechanism::Plain, b"\0tim\0"),
    (Mechanism::Plain, b"\0tim\0x\0"),
    (Mechanism::Plain, b"\0ti\rm\0x"),
    (Mechanism::Plain, b"\0ti\x7fm\0x"),
    (Mechanism::Plain, b"a\nb\0tim\0x"),
    (Mechanism::Plain, b"\0t\xefm\0x"),
    (Mechanism::Login, b""),
    (Mechanism::Login, b"a\0b"),
    (Mechanism::Login, b"a\x1bb"),
    (Mechanism::Login, b"\xff"),
    (Mechanism::CramMd5, b"tim b913a602c7eda7a495b4e6e7334d3890"),
    (Mechanism::External, b"a\0b"),
    (Mechanism::XOAuth2, b""),
    (Mechanism::XOAuth2, b"user=a\x01auth=Bearer x"),
    (Mechanism::XOAuth2, b"user=a\x01auth=Bearer x\x01"),
    (Mechanism::XOAuth2, b"user=a\x01auth=Bearer \x01\x01"),
    (Mechanism::XOAuth2, b"user=a\x01auth=Basic x\x01\x01"),
    (Mechanism::XOAuth2, b"user=a\x01auth=Bearer x y\x01\x01"),
    (Mechanism::XOAuth2, b"user=a\nb\x01auth=Bearer x\x01\x01"),
    (Mechanism::XOAuth2, b"auth=Bearer x\x01\x01"),
    (Mechanism::OAuthBearer, b""),
    (Mechanism::OAuthBearer, b"n,,\x01auth=Bearer x"),
    (Mechanism::OAuthBearer, b"n,,\x01\x01"),
    (Mechanism::OAuthBearer, b"p=tls-exporter,,\x01auth=Bearer x\x01\x01"),
    (Mechanism::OAuthBearer, b"n,a,\x01auth=Bearer x\x01\x01"),
    (Mechanism::OAuthBearer, b"n,a=b=2,\x01auth=Bearer x\x01\x01"),
    (Mechanism::OAuthBearer, b"n,,\x01auth=Bearer x\x01auth=Bearer y\x01\x01"),
    (Mechanism::OAuthBearer, b"n,,\x01auth=Digest x\x01\x01"),
    (Mechanism::ScramSha256, b""),
    (Mechanism::ScramSha256, b"n,"),
    (Mechanism::ScramSha256, b"n,,"),
    (Mechanism::ScramSha256, b"n,,n=,r=x"),
    (Mechanism::ScramSha256, b"n,,n=user"),
    (Mechanism::ScramSha256, b"n,,n=user,r="),
    (Mechanism::ScramSha256, b"n,,n=us=er,r=x"),
    (Mechanism::ScramSha256, b"n,,n=us\0er,r=x"),
    (Mechanism::ScramSha256, b"n,,n=user,r=a b"),
    (Mechanism::ScramSha256, b"n,,m=x,n=user,r=x"),
    (Mechanism::ScramSha256, b"n,x=y,n=user,r=x"),
    (Mechanism::ScramSha256, b"p=tls-exporter,,n=user,r=x"),
    (Mechanism::ScramSha256Plus, b"n,,n=user,r=x"),
];

#[test]
fn messages_that_make_no_sense() {
    let long = format!("\0{}\0x", "a".repeat(MAX_NAME + 1));
    let cases = NONSENSE.into_iter().chain([(Mechanism::Plain, long.as_bytes())]);
    for (mechanism, message) in cases {
        let (exchange, turn) = start(mechanism, Some(message), "n");
        assert_eq!(turn, Turn::Malformed, "{mechanism:?} {}", message.escape_ascii());
        assert!(!format!("{exchange:?}").contains("tim"));
    }
}

#[test]
fn login_asks_for_both() {
    for initial in [None, Some(&b"tim"[..])] {
        let (mut exchange, mut turn) = start(Mechanism::Login, initial, "");
        if initial.is_none() {
            assert_eq!(challenge(turn), "Username:");
            turn = exchange.respond(b"tim");
        }
        assert_eq!(challenge(turn), "Password:");
        assert!(!exchange.may_let_in());
        assert_eq!(exchange.respond(b"tanstaaftanstaaf"), Turn::Ask);
        assert_eq!(exchange.claim().username, "tim");
        let turn = verified(&mut exchange, password("tanstaaftanstaaf"), &pretence());
        assert_eq!(turn, Turn::Verified(true));
    }
    for nothing in [&b""[..], b"a\0b"] {
        let (mut exchange, _) = start(Mechanism::Login, Some(b"tim"), "");
        assert_eq!(exchange.respond(nothing), Turn::Malformed);
    }
}

#[test]
fn cram_md5() {
    // RFC 2195 section 2.
    let answer = b"tim b913a602c7eda7a495b4e6e7334d3890";
    for (secret, is_right) in [
        (password("tanstaaftanstaaf"), true),
        (password("tanstaaftanstaa"), false),
        (password(""), false),
        (Secret::Nobody, false),
        (stored("tanstaaftanstaaf", b"salt", 4_096), false),
    ] {
        let (mut exchange, turn) = start(Mechanism::CramMd5, None, "1896.697170952");
        assert_eq!(challenge(turn), "<1896.697170952@postoffice.reston.mci.net>");
        assert_eq!(exchange.respond(answer), Turn::Ask);
        assert_eq!(exchange.claim().username, "tim");
        assert!(!exchange.may_let_in(), "nothing is proved");
        let turn = verified(&mut exchange, secret, &pretence());
        assert_eq!(turn, Turn::Verified(is_right));
        assert_eq!(exchange.may_let_in(), is_right);
    }
    // Everybody can make this one.
    let (mut exchange, _) = start(Mechanism::CramMd5, None, "1896.697170952");
    assert_eq!(exchange.respond(b"tim a00b54b824afa19ec2de0f73cb2a04c2"), Turn::Ask);
    let turn = verified(&mut exchange, password(""), &pretence());
    assert_eq!(turn, Turn::Verified(false), "an empty password is nobody's");
    let (mut replayed, _) = start(Mechanism::CramMd5, None, "1897.697170953");
    assert_eq!(replayed.respond(answer), Turn::Ask);
    let turn = verified(&mut replayed, password("tanstaaftanstaaf"), &pretence());
    assert_eq!(turn, Turn::Verified(false));
}

/// RFC 7677 section 3.
const CLIENT_FIRST: &[u8] = b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
const SERVER_NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const SALT: [u8; 16] = [91, 109, 153, 104, 157, 18, 53, 142, 236, 160, 75, 20, 18, 54, 250, 129];
const SERVER_FIRST: &str =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const CLIENT_FINAL: &[u8] = b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                              p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
const SERVER_FINAL: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

/// An exchange of RFC 7677 in which the server has said its first.
fn scram() -> Exchange {
    let (mut exchange, turn) = start(Mechanism::ScramSha256, Some(CLIENT_FIRST), SERVER_NONCE);
    assert_eq!(turn, Turn::Ask);
    let turn = verified(&mut exchange, stored("pencil", &SALT, 4_096), &pretence());
    assert_eq!(challenge(turn), SERVER_FIRST);
    exchange
}

#[test]
fn scram_sha_256() {
    let mut exchange = scram();
    assert!(!exchange.may_let_in());
    assert_eq!(challenge(exchange.respond(CLIENT_FINAL)), SERVER_FINAL);
    assert!(!exchange.may_let_in(), "the client has not seen our proof");
    assert_eq!(exchange.respond(b""), Turn::Verified(true));
    assert!(exchange.may_let_in());
    let again = exchange.verify(password("other"), &pretence());
    assert_eq!(again, Turn::Verified(true), "it was carried out");
}

#[test]
fn scram_proofs_that_are_none() {
    let last = str::from_utf8(CLIENT_FINAL).unwrap();
    let flipped = last.replace("p=dHzb", "p=eHzb");
    for (message, turn) in [
        (flipped.as_str(), Turn::Verified(false)),
        (&last.replace("biws", "eSws"), Turn::Verified(false)),
        (&last.replace("hNlF$k0,", "hNlF$k1,"), Turn::Verified(false)),
        (&last.replace("c=biws,", "c=,"), Turn::Verified(false)),
        (&last.replace("c=biws,", ""), Turn::Malformed),
        (&last.replace("c=biws", "c=?"), Turn::Malformed),
        (&last.replace(",p=", ",q="), Turn::Malformed),
        (&last.replace("ndVQ=", ""), Turn::Malformed),
        ("", Turn::Malformed),
        ("p=", Turn::Malformed),
    ] {
        let mut exchange = scram();
        assert_eq!(exchange.respond(message.as_bytes()), turn, "{message}");
        assert!(!exchange.may_let_in());
        assert_eq!(exchange.respond(CLIENT_FINAL), Turn::Malformed, "no second try");
    }
    // What was proved to one server nonce proves nothing to another.
    let (mut replayed, _) = start(Mechanism::ScramSha256, Some(CLIENT_FIRST), "other");
    verified(&mut replayed, stored("pencil", &SALT, 4_096), &pretence());
    assert_eq!(replayed.respond(CLIENT_FINAL), Turn::Verified(false));
}

/// An exchange with our own client, and what it came to; the first challenge, too.
fn duel(
    secret: Secret,
    pretence: &Pretence,
    binding: Binding,
    channel: &Channel,
    mechanism: Mechanism,
) -> (String, bool) {
    let credentials = client::Credentials::password("us,er".to_owned(), "pencil".to_owned());
    let credentials = credentials.unwrap();
    let nonce = "c1ient".to_owned();
    let mut client =
        client::Exchange::new(mechanism, &credentials, nonce, binding, ("mx", 25)).unwrap();
    let initial = STANDARD.decode(client.initial().unwrap()).unwrap();
    let offers = channel.can_bind();
    let (mut server, turn) = start_at(mechanism, Some(&initial), "s3rver", channel, offers);
    assert_eq!(turn, Turn::Ask);
    assert_eq!(server.claim().username, "us,er");
    let first = challenge(verified(&mut server, secret, pretence));
    let response = client.respond(&STANDARD.encode(&first)).unwrap();
    let turn = server.respond(&STANDARD.decode(response.0).unwrap());
    if turn == Turn::Verified(false) {
        return (first, false);
    }
    let response = client.respond(&STANDARD.encode(challenge(turn))).unwrap();
    assert_eq!(server.respond(response.0.as_bytes()), Turn::Verified(true));
    (first, server.may_let_in())
}

fn plainly(secret: Secret, pretence: &Pretence) -> (String, bool) {
    let channel = Channel::default();
    duel(secret, pretence, Binding::Impossible, &channel, Mechanism::ScramSha256)
}

#[test]
fn scram_with_our_client() {
    let pretence = pretence();
    for (secret, is_right) in [
        (password("pencil"), true),
        (password("pencils"), false),
        (stored("pencil", b"some salt", 10_000), true),
        (stored("pencils", b"some salt", 10_000), false),
        (Secret::Nobody, false),
    ] {
        assert_eq!(plainly(secret, &pretence).1, is_right);
    }
}

#[test]
fn nobody_looks_like_somebody() {
    let pretence = pretence();
    let nobody = plainly(Secret::Nobody, &pretence).0;
    assert_eq!(nobody, plainly(Secret::Nobody, &pretence).0, "each time");
    assert_eq!(nobody, plainly(password("pencil"), &pretence).0, "as a user with a password");
    let of_another_process = plainly(Secret::Nobody, &Pretence::new([8; 32])).0;
    assert_ne!(nobody, of_another_process);
    // Where keys are kept it says as many iterations as they have.
    plainly(stored("pencil", &SALT, 20_000), &pretence);
    let nobody = plainly(Secret::Nobody, &pretence).0;
    assert!(nobody.ends_with(",i=20000"), "{nobody}");
    // And there a password that is shown costs as much.
    let (mut exchange, _) = start(Mechanism::Plain, Some(b"\0tim\0x"), "");
    let turn = exchange.verify(Secret::Nobody, &pretence);
    assert!(matches!(turn, Turn::Derive(_)), "{turn:?}");
}

#[test]
fn names_of_objects_are_names() {
    for name in ["__proto__", "constructor", "toString"] {
        let message = format!("\0{name}\0x");
        let (exchange, turn) = start(Mechanism::Plain, Some(message.as_bytes()), "");
        assert_eq!((turn, &*exchange.claim().username), (Turn::Ask, name));
    }
}

#[test]
fn scram_bound_to_its_channel() {
    use Mechanism::{ScramSha256, ScramSha256Plus};
    let channel =
        Channel { exporter: Some([1; 32]), end_point: Some(vec![2; 48]), ..Channel::default() };
    let other = Channel { exporter: Some([3; 32]), ..channel.clone() };
    let pretence = pretence();
    let run = |binding, channel: &Channel, mechanism| {
        duel(password("pencil"), &pretence, binding, channel, mechanism).1
    };
    assert!(run(channel.binding(), &channel, ScramSha256Plus));
    assert!(!run(channel.binding(), &other, ScramSha256Plus), "somebody sits between");
    let end_point = Channel { exporter: None, ..channel.clone() };
    assert!(run(end_point.binding(), &channel, ScramSha256Plus), "under TLS 1.3 as well");
    assert!(run(end_point.binding(), &other, ScramSha256Plus));
    assert!(run(Binding::Impossible, &channel, ScramSha256));
    assert!(run(Binding::Unused, &Channel::default(), ScramSha256));
    let refused = |message: &[u8], mechanism, channel: &Channel, offers| {
        start_at(mechanism, Some(message), "n", channel, offers).1
    };
    for (message, mechanism, turn) in [
        // The server does list it (RFC 5802 section 6).
        (&b"y,,n=user,r=x"[..], ScramSha256, Turn::Refused),
        (b"y,,n=user,r=x", ScramSha256Plus, Turn::Malformed),
        (b"n,,n=user,r=x", ScramSha256Plus, Turn::Malformed),
        (b"p=tls-unique,,n=user,r=x", ScramSha256Plus, Turn::Refused),
        (b"p=,,n=user,r=x", ScramSha256Plus, Turn::Refused),
        (b"p=tls-exporter,,n=user,r=x", ScramSha256, Turn::Malformed),
    ] {
        assert_eq!(refused(message, mechanism, &channel, true), turn, "{mechanism:?}");
    }
    let exported = refused(b"p=tls-exporter,,n=user,r=x", ScramSha256Plus, &end_point, true);
    assert_eq!(exported, Turn::Refused, "under TLS 1.2");
}

#[test]
fn tokens() {
    // RFC 7628 section 4.1, and what Google documents.
    let token = "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==";
    for (mechanism, message) in [
        (
            Mechanism::OAuthBearer,
            format!(
                "n,a=user@example.com,\x01host=server.example.com\x01port=143\x01\
                 auth=Bearer {token}\x01\x01"
            ),
        ),
        (Mechanism::XOAuth2, format!("user=user@example.com\x01auth=Bearer {token}\x01\x01")),
    ] {
        let (mut exchange, turn) = start(mechanism, Some(message.as_bytes()), "");
        assert_eq!(turn, Turn::Ask);
        let claim = exchange.claim().clone();
        assert_eq!((claim.mechanism, &*claim.username), (mechanism, "user@example.com"));
        assert!(claim.shown == Shown::Token(token.to_owned()));
        assert_eq!(exchange.verify(password(token), &pretence()), Turn::Verified(false));
        assert!(exchange.may_let_in() && !format!("{claim:?} {exchange:?}").contains(token));
        assert_eq!(exchange.problem(Some("{}".to_owned())).as_deref(), Some("{}"));
        assert!(exchange.problem(None).unwrap().starts_with("{\"status\":"));
    }
    let unnamed = b"n,,\x01auth=bearer x\x01\x01";
    let (exchange, turn) = start(Mechanism::OAuthBearer, Some(unnamed), "");
    assert_eq!((turn, &*exchange.claim().username), (Turn::Ask, ""));
}

#[test]
fn external() {
    for (message, name) in [(&b""[..], ""), (b"tim", "tim")] {
        let (exchange, turn) = start(Mechanism::External, Some(message), "");
        assert_eq!(turn, Turn::Ask);
        let Claim { username, authzid, .. } = exchange.claim();
        assert_eq!((&**username, &**authzid), (name, name));
        assert_eq!(exchange.problem(None), None);
    }
}

#[test]
fn nothing_shows_a_secret() {
    let keys = Derivation::new("pencil", &SALT, 1).run();
    let secret = stored("pencil", &SALT, 1);
    let derivation = Derivation::new("pencil", &SALT, 1);
    let shown = format!("{:?} {:?} {:?} {:?}", password("pencil"), secret, keys, derivation);
    assert_eq!(shown, "Secret Secret Keys Derivation");
    assert_eq!(format!("{:?}", pretence()), "Pretence");
}
