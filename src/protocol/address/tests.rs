//! Paths, and what is none.

use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> Option<(&str, &str)> {
    Path::parse(text).map(|(path, rest)| (path.0, rest))
}

#[test]
fn mailboxes_are_given_on_as_sent() {
    assert_eq!(parse("<>"), Some(("", "")));
    assert_eq!(parse("<a@b.c> SIZE=1"), Some(("a@b.c", " SIZE=1")));
    assert_eq!(parse(r#"<"a> \"b"@c>x"#), Some((r#""a> \"b"@c"#, "x")));
    assert_eq!(parse(r#"<"a@b"@c>"#), Some((r#""a@b"@c"#, "")));
    assert_eq!(parse("<jürgen@exämple.de>"), Some(("jürgen@exämple.de", "")));
    assert_eq!(parse("<a@[IPv6:::1]>"), Some(("a@[IPv6:::1]", "")));
    assert_eq!(parse("<Postmaster>"), Some(("Postmaster", "")));
    assert_eq!(parse("<a@b>>"), Some(("a@b", ">")));
}

#[test]
fn without_brackets_there_is_a_whole_address_or_postmaster() {
    for text in ["a@b", "a@b.c", "\"a@b\"@c", "postMASTER", "ü@ö.de", "a@[192.0.2.1]"] {
        assert_eq!(Path::parse_bare(text), Some(Path(text)), "{text:?}");
    }
    let others = [
        "",
        "a",
        "@",
        "@b",
        "a@",
        "a@b@c",
        "a@b>",
        "<a@b",
        "<a@b>",
        "a>@b",
        "root",
        "a@b\u{85}",
        "a\u{fffd}@b",
        "a@b\u{fffd}",
        "a@[",
        "a@[x].b",
        "\"a@b",
        "a@\"b\"",
        "a b@c",
        "a@b c",
        "a\0@b",
        "postmaster@",
        "@x:a@b",
    ];
    for text in others {
        assert_eq!(Path::parse_bare(text), None, "{text:?}");
    }
}

#[test]
fn source_routes_are_dropped() {
    assert_eq!(parse("<@x:a@b>"), Some(("a@b", "")));
    assert_eq!(parse("<@x,@[192.0.2.1]:a@b> X"), Some(("a@b", " X")));
    assert_eq!(parse("<@x:Postmaster>"), Some(("Postmaster", "")));
    for text in ["<@>", "<@x>", "<@x:>", "<@:a@b>", "<@x,y:a@b>", "<@x,@:a@b>", "<@x:@y:a@b>"] {
        assert_eq!(parse(text), None, "{text:?}");
    }
}

#[test]
fn the_domain_stands_behind_the_one_sign_outside_of_quotes() {
    let domain = |text| Path::parse(text).and_then(|(path, _)| path.domain());
    assert_eq!(domain("<a@b.c>"), Some("b.c"));
    assert_eq!(domain(r#"<"a@b.c"@d>"#), Some("d"));
    assert_eq!(domain(r#"<"a\"@b.c"@d>"#), Some("d"));
    for text in ["<>", "<root>", r#"<"a@b.c">"#] {
        assert_eq!(domain(text), None, "{text:?}");
    }
}

/// Domains, and what stands where one should (RFC 5321 sections 4.1.2 and 4.1.3).
const DOMAINS: [&str; 27] = [
    "b",
    "b.c",
    "B.C",
    "1.example",
    "b-c.example",
    "b--c.example",
    "xn--exmple-cua.de",
    "127.0.0.1",
    // Not of RFC 5321, and seen in mail.
    "b_c.example",
    "_b.example",
    "b_.example",
    "[192.0.2.7]",
    "[255.255.255.255]",
    "[IPv6:::]",
    "[IPv6:2001:db8::1]",
    "[ipv6:1:2:3:4:5:6:7:8]",
    "[IPV6:::ffff:192.0.2.7]",
    // RFC 6531 section 3.3, in any case.
    "exämple.de",
    "EXÄMPLE.de",
    "ä.ö.example",
    "faß.example",
    "ΒΌΛΟΣ.example",
    "βόλος.example",
    "例え.テスト",
    "пример.example",
    "מבחן.example",
    "ä.b_c.example",
];

const NO_DOMAINS: [&str; 84] = [
    "",
    ".",
    "..",
    ".b",
    "b.",
    "b..",
    "b..c",
    "b.c.",
    "-b",
    "b-",
    "b.-c",
    "b.c-.d",
    "b:25",
    "/",
    "b/c",
    "(c)",
    "b(c)",
    "b,c",
    "b;c",
    "b:c",
    "b!c",
    "b#c",
    "b$",
    "b%c",
    "b&c",
    "b'c",
    "b*",
    "b+c",
    "b=c",
    "b?",
    "b^c",
    "b`c",
    "{b}",
    "b|c",
    "b~c",
    "b@c",
    "@c",
    "\"b\"",
    "b\\c",
    "[",
    "]",
    "[]",
    "[x]",
    "b[x]",
    "[x",
    "x]",
    "[[x]]",
    "[192.0.2.7].b",
    "b.[192.0.2.7]",
    "[192.0.2.7]]",
    "[[192.0.2.7]]",
    "[192.0.2]",
    "[192.0.2.7.1]",
    "[192.0.2.999]",
    "[999.2.3.4]",
    "[192.0.2.07]",
    "[0xc0.0.2.7]",
    "[192.0.2.7:25]",
    "[::1]",
    "[IPv6]",
    "[IPv6:]",
    "[IPv6:zz]",
    "[IPv6:1:2]",
    "[IPv6:::1::2]",
    "[IPv6:fe80::1%eth0]",
    "[IPv6:192.0.2.7]",
    "[IPv4:192.0.2.7]",
    "[X-TAG:x]",
    // What IDNA takes for dots, letters, digits and nothing.
    "b\u{3002}c",
    "b\u{ff0e}c",
    "b\u{ff61}c",
    "b\u{3002}",
    "\u{ff0e}b",
    "ä\u{3002}c",
    "b\u{2024}c",
    "\u{ff42}.c",
    "\u{ff11}\u{ff12}.c",
    "\u{212a}.c",
    "\u{2100}.c",
    "b\u{ad}.c",
    "b\u{200b}.c",
    "e\u{301}.c",
    "ä-.c",
    "ä_b.c",
];

#[test]
fn a_domain_is_judged_by_itself_whatever_stands_before_it() {
    for domain in DOMAINS {
        for local in ["a", "\"a\"", "\"a@b\"", "ä", "a!b", "a+b=c"] {
            let mailbox = format!("{local}@{domain}");
            assert_eq!(parse(&format!("<{mailbox}>")), Some((&*mailbox, "")));
            assert_eq!(parse(&format!("<@{domain}:{mailbox}> X")), Some((&*mailbox, " X")));
            assert_eq!(Path::parse_bare(&mailbox), Some(Path(&mailbox)));
            assert!(Path::encloses(&mailbox), "{mailbox:?}");
        }
    }
    for domain in NO_DOMAINS {
        for local in ["a", "\"a\"", "\"a@b\"", "ä", "a!b", "a+b=c"] {
            let mailbox = format!("{local}@{domain}");
            assert_eq!(parse(&format!("<{mailbox}>")), None, "{mailbox:?}");
            assert_eq!(parse(&format!("<@x:{mailbox}>")), None, "{mailbox:?}");
            // A colon ends the route, and the rest is a local part.
            if domain.starts_with('[') || !domain.contains(':') {
                assert_eq!(parse(&format!("<@{domain}:a@b>")), None, "{domain:?}");
            }
            assert_eq!(Path::parse_bare(&mailbox), None, "{mailbox:?}");
        }
    }
}

#[test]
fn labels_and_domains_have_a_length() {
    let label = "x".repeat(63);
    let longest = [&*label; 4].join(".");
    let umlauts = "ä".repeat(30);
    for (domain, is_one) in [
        (label.clone(), true),
        (format!("{label}x"), false),
        (format!("{label}.{label}x.c"), false),
        (longest.clone(), true),
        (format!("{longest}x"), false),
        (format!("{longest}.c"), false),
        ([&*label, &label, &label, &label[2..], "c"].join("."), true),
        ([&*label, &label, &label, &label[1..], "c"].join("."), false),
        (umlauts.clone(), true),
        // Beyond 63 bytes as DNS has it.
        ("äbcdefgh".repeat(9), false),
        (["ä"; 30].join("."), true),
        (["ä"; 40].join("."), false),
    ] {
        assert_eq!(parse(&format!("<a@{domain}>")).is_some(), is_one, "{domain}");
    }
}

/// Whoever looks a domain up finds the one whose bytes were sent.
#[test]
fn no_character_beyond_ascii_becomes_ascii_or_nothing() {
    // All that Unicode has given a meaning, but for private use.
    let chars =
        ('\u{80}'..='\u{d7ff}').chain('\u{f900}'..='\u{323af}').chain('\u{e0000}'..='\u{e01ef}');
    for char in chars.filter(|char| *char != '\u{fffd}') {
        let (domain, path) = (format!("x{char}y.c"), format!("<a@x{char}y.c>"));
        if parse(&path).is_none() {
            continue;
        }
        let ascii = idna::domain_to_ascii(&domain).unwrap_or_default();
        let labels: Vec<_> = ascii.split('.').collect();
        assert!(labels.len() == 2 && labels[0].starts_with("xn--"), "{char:?}: {ascii:?}");
        let (back, _) = idna::domain_to_unicode(&ascii);
        assert_eq!(back.to_lowercase(), domain.to_lowercase(), "{char:?}");
    }
}

proptest! {
    /// Of whatever is taken, the domain is what stands behind the last `@`, and has no more in it
    /// than a domain may.
    #[test]
    fn what_is_taken_has_one_domain(
        local in "[a\"\\\\ @<>:ä.]{0,6}",
        domain in "[a-b0-9.@:,_ä\u{3002}\u{ad}\\[\\]<>-]{0,8}",
    ) {
        let text = format!("<{local}@{domain}>");
        if let Some((path, "")) = Path::parse(&text) {
            let found = path.domain();
            if let Some(found) = found {
                let tail = format!("@{found}");
                prop_assert!(path.0.ends_with(&tail));
                prop_assert!(!found.contains(['@', ':', ',', '<', '>', '"', ' ']), "{}", found);
                prop_assert!(!found.split('.').any(str::is_empty), "{}", found);
            }
            prop_assert!(Path::encloses(path.0));
        }
    }
}

/// A client sends what a server may judge otherwise; it sends nothing that ends too early.
#[test]
fn one_mailbox_stands_between_brackets() {
    for mailbox in ["", "a@b.", "a@b..c", "a@b:25", "a@[x]", "postmaster", "@x:a@b", "\"a>\"@b"] {
        assert!(Path::encloses(mailbox), "{mailbox:?}");
    }
    for mailbox in ["a>", "a> <b", "a b@c", "<a@b>", "@x", "a@b@c", "a@[", "a\r\n@b", "\"a@b"] {
        assert!(!Path::encloses(mailbox), "{mailbox:?}");
    }
}

#[test]
fn malformed_paths_are_refused() {
    for text in ["", "a@b", "<a@b", "<a b@c>", "<< a@b>", "<<a@b>>", "<\"a@b>", "< a@b >"] {
        assert_eq!(parse(text), None, "{text:?}");
    }
}

#[test]
fn what_is_no_text_is_refused_wherever_it_stands() {
    let controls = ('\0'..' ').chain('\u{7f}'..'\u{a0}').chain(['\u{fffd}']);
    for char in controls {
        for text in [
            format!("<{char}a@b>"),
            format!("<a{char}@b>"),
            format!("<\"a{char}\"@b>"),
            format!("<\"a\\{char}\"@b>"),
            format!("<a@{char}b>"),
            format!("<a@b{char}>"),
            format!("<@x{char}:a@b>"),
        ] {
            assert_eq!(parse(&text), None, "{text:?}");
        }
    }
}
