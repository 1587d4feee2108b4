use super::*;

fn password(user: &str, password: &str) -> Credentials {
    Credentials::password(user.to_owned(), password.to_owned()).expect("credentials")
}

fn exchange(mechanism: Mechanism, credentials: &Credentials, nonce: &str) -> Exchange {
    let server = ("server.example.com", 587);
    Exchange::new(mechanism, credentials, nonce.to_owned(), Binding::Impossible, server)
        .expect("an exchange")
}

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

fn text(response: Response) -> String {
    String::from_utf8(STANDARD.decode(response.0).expect("base64")).expect("text")
}

#[test]
fn plain() {
    // RFC 4616 section 4, without an authorization identity.
    let exchange = exchange(Mechanism::Plain, &password("tim", "tanstaaftanstaaf"), "");
    assert_eq!(exchange.initial(), Some(base64("\0tim\0tanstaaftanstaaf")));
}

#[test]
fn login() {
    let mut exchange = exchange(Mechanism::Login, &password("tim", "secret"), "");
    assert_eq!(exchange.initial(), None);
    assert_eq!(exchange.respond(&base64("Username:")).map(text), Ok("tim".to_owned()));
    assert_eq!(exchange.respond(&base64("Password:")).map(text), Ok("secret".to_owned()));
    assert_eq!(exchange.respond(&base64("More:")), Err(SaslError::Challenge));
    assert_eq!(exchange.complete("Welcome"), Ok(()));
}

#[test]
fn cram_md5() {
    // RFC 2195 section 2.
    let mut exchange = exchange(Mechanism::CramMd5, &password("tim", "tanstaaftanstaaf"), "");
    let challenge = base64("<1896.697170952@postoffice.reston.mci.net>");
    let answer = "tim b913a602c7eda7a495b4e6e7334d3890".to_owned();
    assert_eq!(exchange.respond(&challenge).map(text), Ok(answer));
    assert_eq!(exchange.respond(&challenge), Err(SaslError::Challenge));
}

/// RFC 7677 section 3.
const NONCE: &str = "rOprNGfwEbeRWgbNEkqO";
const SERVER_FIRST: &str =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
const CLIENT_FINAL: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                            p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
const SERVER_FINAL: &str = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=";

#[test]
fn scram_sha_256() {
    let begun = || {
        let mut exchange = exchange(Mechanism::ScramSha256, &password("user", "pencil"), NONCE);
        assert_eq!(exchange.initial(), Some(base64(&format!("n,,n=user,r={NONCE}"))));
        let answer = exchange.respond(&base64(SERVER_FIRST)).map(text);
        assert_eq!(answer, Ok(CLIENT_FINAL.to_owned()));
        exchange
    };
    let mut in_a_challenge = begun();
    assert_eq!(in_a_challenge.respond(&base64(SERVER_FINAL)).map(text), Ok(String::new()));
    assert_eq!(in_a_challenge.complete("2.7.0 Welcome"), Ok(()));
    let mut with_success = begun();
    assert_eq!(with_success.complete(&base64(SERVER_FINAL)), Ok(()));
    // Behind an enhanced status code (RFC 2034) it proves as much.
    let behind_a_status = format!("2.7.0 {}", base64(SERVER_FINAL));
    assert_eq!(begun().complete(&behind_a_status), Ok(()));
    for forged in ["v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", "v=", "e=other-error", ""] {
        assert_eq!(begun().complete(&base64(forged)), Err(SaslError::Unproven), "{forged}");
        assert_eq!(begun().respond(&base64(forged)), Err(SaslError::Unproven), "{forged}");
    }
    assert_eq!(begun().complete("2.7.0 Welcome"), Err(SaslError::Unproven));
    // A server that never asked has proved nothing.
    let mut unasked = exchange(Mechanism::ScramSha256, &password("user", "pencil"), NONCE);
    assert_eq!(unasked.complete(&base64(SERVER_FINAL)), Err(SaslError::Unproven));
}

#[test]
fn scram_refuses_what_a_server_may_not_ask() {
    for (server_first, error) in [
        ("", SaslError::Challenge),
        ("r=other,s=AAAA,i=4096", SaslError::Challenge),
        ("r=rOprNGfwEbeRWgbNEkqO,s=AAAA,i=4096", SaslError::Challenge),
        ("m=x,r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=4096", SaslError::Challenge),
        ("r=rOprNGfwEbeRWgbNEkqOx,s=?,i=4096", SaslError::Challenge),
        ("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA", SaslError::Challenge),
        ("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=0", SaslError::Iterations),
        ("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=1", SaslError::Iterations),
        ("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=4294967295", SaslError::Iterations),
        ("r=rOprNGfwEbeRWgbNEkqOx,s=AAAA,i=99999999999", SaslError::Iterations),
    ] {
        let mut exchange = exchange(Mechanism::ScramSha256, &password("user", "pencil"), NONCE);
        assert_eq!(exchange.respond(&base64(server_first)), Err(error), "{server_first}");
    }
    let none = Exchange::new(
        Mechanism::ScramSha256,
        &password("user", "pencil"),
        String::new(),
        Binding::Impossible,
        ("server.example.com", 25),
    );
    assert_eq!(none.err(), Some(SaslError::Nonce));
}

#[test]
fn names_are_escaped_where_commas_separate() {
    let exchange = exchange(Mechanism::ScramSha256, &password("a,b=c", "x"), "n");
    assert_eq!(exchange.initial(), Some(base64("n,,n=a=2Cb=3Dc,r=n")));
}

#[test]
fn scram_prepares_what_can_be_written_in_several_ways() {
    let said = |user: &str, secret: &str| {
        let mut exchange = exchange(Mechanism::ScramSha256, &password(user, secret), NONCE);
        (exchange.initial(), exchange.respond(&base64(SERVER_FIRST)).map(text))
    };
    // RFC 4013 section 3.
    for same in ["I\u{ad}X", "\u{2168}"] {
        assert_eq!(said(same, same), said("IX", "IX"));
    }
    assert_eq!(said("zoe\u{308}", "e\u{301}"), said("zo\u{eb}", "\u{e9}"));
    assert_ne!(said("x", "IX"), said("x", "ix"));
    // A full-width comma becomes one that separates.
    let (initial, _) = said("a\u{ff0c}b", "x");
    assert_eq!(initial, Some(base64(&format!("n,,n=a=2Cb,r={NONCE}"))));
    // What it does not allow, or leaves nothing of.
    for odd in ["\u{1f4e8}", "\u{ad}", "\u{7}"] {
        let (initial, _) = said(odd, odd);
        assert_eq!(initial, Some(base64(&format!("n,,n={odd},r={NONCE}"))));
    }
}

#[test]
fn tokens() {
    let token = "vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==";
    let credentials =
        Credentials::token("user@example.com".to_owned(), token.to_owned()).expect("credentials");
    // RFC 7628 section 4.1.
    let mut bearer = exchange(Mechanism::OAuthBearer, &credentials, "");
    let expected = format!(
        "n,a=user@example.com,\x01host=server.example.com\x01port=587\x01auth=Bearer {token}\x01\x01"
    );
    assert_eq!(bearer.initial(), Some(base64(&expected)));
    let mut older = exchange(Mechanism::XOAuth2, &credentials, "");
    let expected = format!("user=user@example.com\x01auth=Bearer {token}\x01\x01");
    assert_eq!(older.initial(), Some(base64(&expected)));
    // Why it is refused is asked for once, by a separator (RFC 7628 section 3.2.3) or by nothing.
    let refused = base64("{\"status\":\"invalid_token\"}");
    assert_eq!(bearer.respond(&refused).map(text), Ok("\x01".to_owned()));
    assert_eq!(older.respond(&refused).map(text), Ok(String::new()));
    for exchange in [&mut bearer, &mut older] {
        assert_eq!(exchange.respond(&refused), Err(SaslError::Challenge));
    }
}

#[test]
fn a_token_may_name_its_user() {
    let nameless = Credentials::token(String::new(), "x".to_owned()).expect("credentials");
    let initial = exchange(Mechanism::OAuthBearer, &nameless, "").initial();
    let expected = "n,,\x01host=server.example.com\x01port=587\x01auth=Bearer x\x01\x01";
    assert_eq!(initial, Some(base64(expected)));
}

#[test]
fn the_best_that_is_offered_is_taken() {
    let choose = |offered: &str, wanted, tls| {
        password("a", "b").choose(offered.split(' '), wanted, tls, &Channel::default())
    };
    assert_eq!(choose("LOGIN plain CRAM-MD5", None, true), Some(Mechanism::Plain));
    assert_eq!(choose("LOGIN plain CRAM-MD5", None, false), Some(Mechanism::CramMd5));
    assert_eq!(choose("PLAIN SCRAM-SHA-256", None, true), Some(Mechanism::ScramSha256));
    assert_eq!(choose("PLAIN LOGIN", Some(Mechanism::Login), true), Some(Mechanism::Login));
    assert_eq!(choose("PLAIN", Some(Mechanism::Login), true), None);
    assert_eq!(choose("GSSAPI XOAUTH2", None, true), None);
    let token = Credentials::token("a".to_owned(), "b".to_owned()).expect("credentials");
    let offered = "PLAIN XOAUTH2 OAUTHBEARER";
    let best = token.choose(offered.split(' '), None, true, &Channel::default());
    assert_eq!(best, Some(Mechanism::OAuthBearer));
}

#[test]
fn challenges_have_bounds() {
    for challenge in ["?".to_owned(), "A".to_owned(), "A".repeat(MAX_CHALLENGE + 4)] {
        let mut exchange = exchange(Mechanism::CramMd5, &password("a", "b"), "");
        assert_eq!(exchange.respond(&challenge), Err(SaslError::Challenge));
    }
    let mut plain = exchange(Mechanism::Plain, &password("a", "b"), "");
    assert!(plain.respond("").is_ok(), "to a server that asks for it first");
    for mechanism in [Mechanism::Plain, Mechanism::Login] {
        let mut exchange = exchange(mechanism, &password("a", "b"), "");
        let endless = "A".repeat(MAX_CHALLENGE + 4);
        assert_eq!(exchange.respond(&endless), Err(SaslError::Challenge));
    }
    assert_eq!(plain.respond(""), Err(SaslError::Challenge));
}

#[test]
fn what_cannot_be_sent_is_refused_and_secrets_are_not_shown() {
    for bad in ["a\0", "a\r", "a\n"] {
        let refused = Credentials::password("a".to_owned(), bad.to_owned());
        assert_eq!(refused.err(), Some(SaslError::Field("the password")));
        let refused = Credentials::password(bad.to_owned(), "b".to_owned());
        assert_eq!(refused.err(), Some(SaslError::Field("the user's name")));
    }
    assert!(Credentials::token("a".to_owned(), "b\x01c".to_owned()).is_err());
    let credentials = password("tim", "hunter2");
    let mut plain = exchange(Mechanism::Login, &credentials, "");
    let shown = format!("{credentials:?} {plain:?} {:?}", plain.respond(""));
    assert!(!shown.contains("hunter2") && !shown.contains("tim"), "{shown}");
}
