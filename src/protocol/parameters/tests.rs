use super::mail::{MAX_ENVID, MailTexts};
use super::rcpt::{Notify, OriginalRecipient, RcptTexts};
use super::words::Parameter;
use super::*;
use bytes::BytesMut;
use proptest::prelude::*;
use proptest::{collection, option};

/// All that EHLO can say of them.
const EVERYTHING: [&str; 7] =
    ["SIZE", "8BITMIME", "BINARYMIME", "SMTPUTF8", "DSN", "AUTH", "REQUIRETLS"];

fn everything(_: &str) -> bool {
    true
}

fn text(write: impl Fn(&mut BytesMut)) -> String {
    let mut output = BytesMut::new();
    write(&mut output);
    String::from_utf8(output.to_vec()).expect("text")
}

fn mail_text(parameters: &MailParameters) -> String {
    text(|output| parameters.write(output))
}

fn rcpt_text(parameters: &RcptParameters) -> String {
    text(|output| parameters.write(output))
}

/// Without the text that it was read from.
fn unsaid(mut parameters: MailParameters) -> MailParameters {
    if let Some(texts) = &mut parameters.texts {
        texts.as_sent = None;
    }
    parameters.texts = parameters.texts.filter(|texts| **texts != MailTexts::default());
    parameters
}

fn unsaid_rcpt(mut parameters: RcptParameters) -> RcptParameters {
    if let Some(texts) = &mut parameters.texts {
        texts.as_sent = None;
    }
    parameters.texts = parameters.texts.filter(|texts| **texts != RcptTexts::default());
    parameters
}

fn printable(most: usize) -> impl Strategy<Value = Box<str>> {
    proptest::string::string_regex(&format!("[ -~]{{1,{most}}}"))
        .expect("a pattern")
        .prop_map(Into::into)
}

fn other() -> impl Strategy<Value = Parameter> {
    let value = option::of("[!-<>-~\u{e4}\u{1f4e8}]{1,8}");
    ("X[A-Za-z0-9-]{0,8}", value).prop_map(|(keyword, value)| {
        Parameter::new(&keyword, value.as_deref()).expect("well-formed")
    })
}

fn mail() -> impl Strategy<Value = MailParameters> {
    let body = option::of(proptest::sample::select(vec![
        Body::SevenBit,
        Body::EightBitMime,
        Body::BinaryMime,
    ]));
    let ret = option::of(proptest::sample::select(vec![Ret::Full, Ret::Headers]));
    // Encoded, a character is three at most.
    let texts = (option::of(printable(MAX_ENVID / 3)), option::of(printable(60)));
    (option::of(any::<u64>()), body, any::<bool>(), any::<bool>(), ret, texts).prop_map(
        |(size, body, smtp_utf8, require_tls, ret, (envid, auth))| {
            let texts = MailTexts { envid, auth, ..MailTexts::default() };
            let texts = Some(texts).filter(|texts| *texts != MailTexts::default()).map(Box::new);
            MailParameters { size, body, smtp_utf8, require_tls, ret, texts }
        },
    )
}

fn rcpt() -> impl Strategy<Value = RcptParameters> {
    let notify = option::of(
        (any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(success, failure, delay)| Notify { success, failure, delay }),
    );
    let orcpt =
        option::of(("[a-zA-Z0-9-]{1,8}", printable(60)).prop_map(|(kind, address)| {
            OriginalRecipient::new(&kind, &address).expect("well-formed")
        }));
    (notify, orcpt).prop_map(|(notify, orcpt)| {
        let texts =
            orcpt.map(|orcpt| Box::new(RcptTexts { orcpt: Some(orcpt), ..RcptTexts::default() }));
        RcptParameters { notify, texts }
    })
}

/// Words that are near the parameters that there are.
fn near() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "(SIZE|size|BODY|RET|ENVID|AUTH|NOTIFY|ORCPT|SMTPUTF8|REQUIRETLS|X-1)=?",
        "(SIZE=[0-9]{0,21}|BODY=(7BIT|8bitmime|BINARYMIME|x)|RET=(FULL|hdrs|x))",
        "(ENVID|AUTH|ORCPT=rfc822;|ORCPT)=?[ -~]{0,6}",
        "NOTIFY=(NEVER|SUCCESS|FAILURE|DELAY|,|x){0,4}",
        "\\PC{0,6}",
    ];
    collection::vec(word, 0..6).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn what_is_written_is_parsed_again(mail in mail(), rcpt in rcpt()) {
        let text = mail_text(&mail);
        prop_assert_eq!(MailParameters::parse(&text, everything, Unknown::Refused), Ok(mail), "{}", text);
        let text = rcpt_text(&rcpt);
        prop_assert_eq!(RcptParameters::parse(&text, everything, Unknown::Refused), Ok(rcpt), "{}", text);
    }

    #[test]
    fn what_is_written_is_read_again(
        mut mail in mail(),
        mut rcpt in rcpt(),
        other in collection::vec(other(), 0..4),
    ) {
        if !other.is_empty() {
            mail.texts.get_or_insert_default().other.clone_from(&other);
            rcpt.texts.get_or_insert_default().other.clone_from(&other);
        }
        prop_assert_eq!(unsaid(MailParameters::read(&mail_text(&mail))), mail);
        prop_assert_eq!(unsaid_rcpt(RcptParameters::read(&rcpt_text(&rcpt))), rcpt);
    }

    #[test]
    fn what_is_parsed_is_written_so_that_it_means_the_same(text in near()) {
        if let Ok(mail) = MailParameters::parse(&text, everything, Unknown::Refused) {
            let written = mail_text(&mail);
            prop_assert_eq!(MailParameters::parse(&written, everything, Unknown::Refused), Ok(mail.clone()));
            // A reader takes for the same what a parser takes.
            prop_assert_eq!(unsaid(MailParameters::read(&text)), mail);
        }
        if let Ok(rcpt) = RcptParameters::parse(&text, everything, Unknown::Refused) {
            let written = rcpt_text(&rcpt);
            prop_assert_eq!(RcptParameters::parse(&written, everything, Unknown::Refused), Ok(rcpt.clone()));
            prop_assert_eq!(unsaid_rcpt(RcptParameters::read(&text)), rcpt);
        }
    }

    #[test]
    fn what_is_read_is_written_as_it_was_sent(text in near()) {
        let expected = if text.is_empty() { String::new() } else { format!(" {text}") };
        prop_assert_eq!(&mail_text(&MailParameters::read(&text)), &expected);
        prop_assert_eq!(&rcpt_text(&RcptParameters::read(&text)), &expected);
    }

    #[test]
    fn no_value_ends_its_line(mail in "\\PC*|[\0-\x7f]*", other in "\\PC*|[\0-\x7f]*") {
        let texts = MailTexts {
            envid: Some(mail.as_str().into()),
            auth: Some(mail.into()),
            other: Parameter::new("X", Some(&other)).into_iter().collect(),
            as_sent: None,
        };
        let mail = MailParameters { texts: Some(Box::new(texts)), ..MailParameters::default() };
        prop_assert!(!mail_text(&mail).contains(|c: char| c.is_ascii_control()));
    }
}

#[test]
fn each_is_its_extension_s() {
    for (keyword, parameter) in [
        ("SIZE", "SIZE=1"),
        ("8BITMIME", "BODY=7BIT"),
        ("8BITMIME", "BODY=8BITMIME"),
        ("SMTPUTF8", "SMTPUTF8"),
        ("DSN", "RET=FULL"),
        ("DSN", "ENVID=x"),
        ("AUTH", "AUTH=<>"),
        ("REQUIRETLS", "REQUIRETLS"),
    ] {
        for offered in EVERYTHING {
            let parsed = MailParameters::parse(
                parameter,
                |extension| extension == offered,
                Unknown::Refused,
            );
            let expected =
                if offered == keyword { Ok(()) } else { Err(ParameterError::NotOffered) };
            assert_eq!(parsed.map(drop), expected, "{parameter} where {offered} is offered");
        }
    }
    for parameter in ["NOTIFY=NEVER", "ORCPT=rfc822;a"] {
        for offered in EVERYTHING {
            let parsed = RcptParameters::parse(
                parameter,
                |extension| extension == offered,
                Unknown::Refused,
            );
            let expected = if offered == "DSN" { Ok(()) } else { Err(ParameterError::NotOffered) };
            assert_eq!(parsed.map(drop), expected, "{parameter} where {offered} is offered");
        }
    }
    let binary = |extension: &str| ["8BITMIME", "BINARYMIME"].contains(&extension);
    assert!(MailParameters::parse("BODY=BINARYMIME", binary, Unknown::Refused).is_ok());
    let refused = MailParameters::parse(
        "BODY=BINARYMIME",
        |extension| extension == "8BITMIME",
        Unknown::Refused,
    );
    assert_eq!(refused, Err(ParameterError::Malformed));
}

#[test]
fn values_of_mail_have_their_form_and_stand_once() {
    for word in [
        "SIZE",
        "SIZE=",
        "SIZE=x",
        "SIZE=-1",
        "SIZE=1 SIZE=1",
        "SIZE=123456789012345678901",
        "BODY",
        "BODY=",
        "BODY=x",
        "BODY=7BIT BODY=7BIT",
        "SMTPUTF8=",
        "SMTPUTF8=1",
        "SMTPUTF8 SMTPUTF8",
        "REQUIRETLS=1",
        "REQUIRETLS REQUIRETLS",
        "RET",
        "RET=ALL",
        "RET=FULL RET=HDRS",
        "ENVID",
        "ENVID=",
        "ENVID=+",
        "ENVID=+2",
        "ENVID=+2b",
        "ENVID=+0D",
        "ENVID=a=b",
        "ENVID=\u{e4}",
        "ENVID=a ENVID=b",
        "AUTH",
        "AUTH=",
        "AUTH=+0A",
        "AUTH=a AUTH=a",
    ] {
        let parsed = MailParameters::parse(word, everything, Unknown::Refused);
        assert_eq!(parsed, Err(ParameterError::Malformed), "{word}");
    }
    let long = format!("ENVID={}", "x".repeat(MAX_ENVID + 1));
    assert_eq!(
        MailParameters::parse(&long, everything, Unknown::Refused),
        Err(ParameterError::Malformed)
    );
    for word in ["X", "SIZES=1", "NOTIFY=NEVER"] {
        let parsed = MailParameters::parse(word, everything, Unknown::Refused);
        assert_eq!(parsed, Err(ParameterError::NotOffered), "{word}");
    }
}

#[test]
fn values_of_rcpt_have_their_form_and_stand_once() {
    for word in [
        "NOTIFY",
        "NOTIFY=",
        "NOTIFY=x",
        "NOTIFY=NEVER,DELAY",
        "NOTIFY=DELAY,",
        "NOTIFY=,DELAY",
        "NOTIFY=NEVER NOTIFY=NEVER",
        "ORCPT",
        "ORCPT=",
        "ORCPT=a",
        "ORCPT=;a",
        "ORCPT=rfc822;",
        "ORCPT=rfc822;+",
        "ORCPT=rfc 822;a",
        "ORCPT=rfc822;+0D",
        "ORCPT=a;b ORCPT=a;b",
    ] {
        let parsed = RcptParameters::parse(word, everything, Unknown::Refused);
        assert!(parsed.is_err(), "{word}");
    }
}

/// Another path above all: it is neither unknown nor ignored.
#[test]
fn what_has_no_keyword_is_no_parameter() {
    for word in [
        "<b@c>",
        "<>",
        "<",
        "b@c",
        ",",
        "=1",
        "=",
        "(x)",
        "-X",
        "\"x\"",
        "\u{e4}=1",
        ";",
        "X\tY",
        "X=\t",
        "X=\u{85}",
        "X=\u{fffd}",
    ] {
        for text in [word.to_owned(), format!("X-1 {word}"), format!("{word} SIZE=1")] {
            assert!(!are_words(&text), "{text:?}");
            for unknown in [Unknown::Refused, Unknown::Ignored] {
                let mail = MailParameters::parse(&text, everything, unknown);
                assert_eq!(mail, Err(ParameterError::Malformed), "{text:?}");
                let rcpt = RcptParameters::parse(&text, everything, unknown);
                assert_eq!(rcpt, Err(ParameterError::Malformed), "{text:?}");
            }
        }
    }
    for text in ["", "X", "x=<>", "AUTH=<> 8B", " X_1=\u{e4}  SIZE=5 ", "X=", "X=a=b"] {
        assert!(are_words(text), "{text:?}");
    }
}

#[test]
fn texts_are_decoded_and_encoded() {
    let text =
        " SIZE=5 BODY=8BITMIME SMTPUTF8 REQUIRETLS RET=HDRS ENVID=a+20+2B+3Db AUTH=a@b.example";
    let mail = MailParameters::parse(text, everything, Unknown::Refused).expect("parameters");
    let texts = mail.texts.as_deref().expect("texts");
    assert_eq!(texts.envid.as_deref(), Some("a +=b"));
    assert_eq!(texts.auth.as_deref(), Some("a@b.example"));
    assert_eq!(mail_text(&mail), text);
    let text = " NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+2Bb@c";
    let rcpt = RcptParameters::parse(text, everything, Unknown::Refused).expect("parameters");
    let orcpt = rcpt.texts.as_deref().and_then(|texts| texts.orcpt.as_ref()).expect("an address");
    assert_eq!((&*orcpt.address_type, &*orcpt.address), ("rfc822", "a+b@c"));
    assert_eq!(rcpt_text(&rcpt), text);
    let unordered =
        RcptParameters::parse("notify=delay,failure,DELAY", everything, Unknown::Refused);
    assert_eq!(rcpt_text(&unordered.expect("parameters")), " NOTIFY=FAILURE,DELAY");
}

fn mail_told(parameters: &MailParameters) -> String {
    let mut told = Vec::new();
    parameters.each(|name, value| told.push(format!("{name}={value}")));
    told.join(" ")
}

fn rcpt_told(parameters: &RcptParameters) -> String {
    let mut told = Vec::new();
    parameters.each(|name, value| told.push(format!("{name}={value}")));
    told.join(" ")
}

/// What applications are given: decoded, in the words of a client's envelope.
#[test]
fn each_is_told_by_its_name() {
    for (text, expected) in [
        ("", ""),
        ("SIZE=5", ""),
        ("BODY=7BIT", "body=7bit"),
        ("body=8bitmime ret=full", "body=8bitmime ret=FULL"),
        ("BODY=BINARYMIME SMTPUTF8 REQUIRETLS", "body=binarymime smtpUtf8= requireTls="),
        ("RET=HDRS ENVID=a+2Bb AUTH=<>", "ret=HDRS envid=a+b auth=<>"),
        ("AUTH=e+3Dmc2@example.com", "auth=e=mc2@example.com"),
    ] {
        let mail = MailParameters::parse(text, everything, Unknown::Refused).expect("parameters");
        assert_eq!(mail_told(&mail), expected, "{text}");
        if !text.is_empty() {
            assert_eq!(mail_told(&MailParameters::read(text)), "", "it is told as sent");
        }
    }
    for (text, expected) in [
        ("", ""),
        ("NOTIFY=NEVER", "notify=NEVER"),
        ("NOTIFY=delay,SUCCESS,failure", "notify=SUCCESS,FAILURE,DELAY"),
        ("ORCPT=rfc822;b+2Bc@x.test", "orcpt=rfc822;b+c@x.test"),
        ("ORCPT=utf-8;b\\x{FC}@x.test", "orcpt=utf-8;b\u{fc}@x.test"),
        ("ORCPT=UTF-8;b\u{fc}@x.test", "orcpt=UTF-8;b\u{fc}@x.test"),
    ] {
        let rcpt = RcptParameters::parse(text, everything, Unknown::Refused).expect("parameters");
        assert_eq!(rcpt_told(&rcpt), expected, "{text}");
        if !text.is_empty() {
            assert_eq!(rcpt_told(&RcptParameters::read(text)), "", "it is told as sent");
        }
    }
}

/// No value that is told has a control character, whatever it decodes to.
#[test]
fn what_decodes_to_a_control_character_is_malformed() {
    for byte in (0..=0x1f_u8).chain([0x7f]) {
        for text in [format!("ENVID=a+{byte:02X}"), format!("AUTH=a+{byte:02X}b")] {
            let mail = MailParameters::parse(&text, everything, Unknown::Ignored);
            assert_eq!(mail, Err(ParameterError::Malformed), "{text}");
        }
        for text in [
            format!("ORCPT=rfc822;a+{byte:02X}"),
            format!("ORCPT=utf-8;a+{byte:02X}"),
            format!("ORCPT=utf-8;a\\x{{{byte:02X}}}"),
        ] {
            let rcpt = RcptParameters::parse(&text, everything, Unknown::Ignored);
            assert_eq!(rcpt, Err(ParameterError::Malformed), "{text}");
        }
    }
}

#[test]
fn a_reader_takes_what_makes_sense() {
    let mail = MailParameters::read("X SIZE=x SIZE=5\tSIZE=6 BODY=? Y=1 =z SMTPUTF8=1");
    assert_eq!((mail.size, mail.body, mail.smtp_utf8), (Some(5), None, false));
    let other: Vec<_> = mail.texts.iter().flat_map(|texts| &texts.other).collect();
    let said: Vec<_> = other.iter().map(|it| (&*it.keyword, it.value.as_deref())).collect();
    assert_eq!(said, [("X", None), ("Y", Some("1"))]);
    assert_eq!(MailParameters::read(""), MailParameters::default());
    assert_eq!(RcptParameters::read(""), RcptParameters::default());
}

/// A session parks with what MAIL or RCPT said.
#[test]
fn they_make_a_command_no_larger() {
    use crate::protocol::envelope::{Mail, Recipient};
    assert!(size_of::<Mail>() <= 56, "{}", size_of::<Mail>());
    assert!(size_of::<Recipient>() <= 40, "{}", size_of::<Recipient>());
}
