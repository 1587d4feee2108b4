//! What a peer that is trusted says of the client behind it: XCLIENT, which speaks for that client, and
//! XFORWARD, which only tells of it; both as Postfix defines them (its XCLIENT_README and
//! XFORWARD_README).

use super::parameters::xtext;
use std::net::{IpAddr, Ipv6Addr};

/// What a peer may do with one of the commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trust {
    /// Nobody may: there is no such command.
    #[default]
    Nobody,
    /// Others may.
    Others,
    /// It may.
    Peer,
}

/// What a peer may do with both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Trusted {
    pub xclient: Trust,
    pub xforward: Trust,
}

/// The attributes of XCLIENT, in the order of its line at EHLO.
const XCLIENT: [&str; 8] =
    ["NAME", "ADDR", "PORT", "PROTO", "HELO", "LOGIN", "DESTADDR", "DESTPORT"];
/// The attributes of XFORWARD.
const XFORWARD: [&str; 7] = ["NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"];
/// The longest value, in bytes.
const MAX_VALUE: usize = 255;
const MAX_PROTOCOL: usize = 64;

impl Trusted {
    /// The lines that a peer is shown at EHLO, keyword and values.
    pub fn lines(self) -> impl Iterator<Item = String> {
        let xclient =
            (self.xclient == Trust::Peer).then(|| format!("XCLIENT {}", XCLIENT.join(" ")));
        let xforward =
            (self.xforward == Trust::Peer).then(|| format!("XFORWARD {}", XFORWARD.join(" ")));
        xclient.into_iter().chain(xforward)
    }
}

/// What was said, each attribute once; without a value where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attributes(Vec<(&'static str, Option<Box<str>>)>);

impl Attributes {
    /// What stands behind XCLIENT; `None` if something is malformed.
    pub fn of_xclient(argument: &str) -> Option<Self> {
        Self::parse(argument, &XCLIENT)
    }

    /// The same of XFORWARD.
    pub fn of_xforward(argument: &str) -> Option<Self> {
        Self::parse(argument, &XFORWARD)
    }

    fn parse(argument: &str, known: &[&'static str]) -> Option<Self> {
        let mut attributes = Vec::new();
        for word in argument.split(' ').filter(|word| !word.is_empty()) {
            let (name, value) = word.split_once('=')?;
            let name = *known.iter().find(|known| known.eq_ignore_ascii_case(name))?;
            if attributes.iter().any(|(other, _)| *other == name) {
                return None;
            }
            attributes.push((name, read(name, value)?));
        }
        (!attributes.is_empty()).then_some(Self(attributes))
    }

    /// Each attribute with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Option<&str>)> {
        self.0.iter().map(|(name, value)| (*name, value.as_deref()))
    }

    /// An attribute that was said: its value, if it has one.
    pub fn get(&self, name: &str) -> Option<Option<&str>> {
        self.iter().find_map(|(other, value)| (other == name).then_some(value))
    }

    /// The client's address, if one was said; `None` within where it is not known.
    pub fn address(&self) -> Option<Option<IpAddr>> {
        let address = self.get("ADDR")?;
        Some(address.and_then(|address| address.parse().ok()))
    }
}

/// The value of an attribute; `None` within where the peer has none, now or at all.
fn read(name: &str, value: &str) -> Option<Option<Box<str>>> {
    if ["[UNAVAILABLE]", "[TEMPUNAVAIL]"].iter().any(|none| none.eq_ignore_ascii_case(value)) {
        return Some(None);
    }
    let value = xtext::decoded(value).filter(|value| value.len() <= MAX_VALUE)?;
    let value = match name {
        "ADDR" | "DESTADDR" => address(&value)?.to_string().into(),
        "PORT" | "DESTPORT" => port(&value)?.to_string().into(),
        "PROTO" => Some(value).filter(|value| is_protocol(value))?,
        "SOURCE" => match value.to_ascii_uppercase() {
            source if source == "LOCAL" || source == "REMOTE" => source.into(),
            _ => return None,
        },
        _ => value,
    };
    Some(Some(value))
}

/// An address, of IPv6 with the tag that address literals have (RFC 5321 section 4.1.3).
fn address(text: &str) -> Option<IpAddr> {
    let tagged = text.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case("IPV6:"));
    let address = match text.get(5..) {
        Some(rest) if tagged => rest.parse::<Ipv6Addr>().ok()?.into(),
        _ => text.parse::<IpAddr>().ok()?,
    };
    Some(address.to_canonical())
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_protocol(text: &str) -> bool {
    text.len() <= MAX_PROTOCOL && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was said, in words.
    fn said(attributes: Option<Attributes>) -> String {
        let Some(attributes) = attributes else { return "malformed".to_owned() };
        let words =
            attributes.iter().map(|(name, value)| format!("{name}={}", value.unwrap_or("-")));
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn attributes_are_read() {
        for (argument, expected) in [
            ("ADDR=192.0.2.1 PORT=51000", "ADDR=192.0.2.1 PORT=51000"),
            ("addr=192.0.2.1  Name=a.example", "ADDR=192.0.2.1 NAME=a.example"),
            ("ADDR=IPV6:2001:DB8::1", "ADDR=2001:db8::1"),
            ("ADDR=ipv6:::ffff:192.0.2.1", "ADDR=192.0.2.1"),
            (
                "ADDR=2001:db8::1 DESTADDR=198.51.100.7 DESTPORT=25",
                "ADDR=2001:db8::1 DESTADDR=198.51.100.7 DESTPORT=25",
            ),
            ("NAME=[UNAVAILABLE] HELO=[tempunavail]", "NAME=- HELO=-"),
            ("LOGIN=a+2Bb+20c@x.example", "LOGIN=a+b c@x.example"),
            ("PROTO=ESMTP HELO=[192.0.2.1]", "PROTO=ESMTP HELO=[192.0.2.1]"),
        ] {
            assert_eq!(said(Attributes::of_xclient(argument)), expected, "{argument}");
        }
        let forwarded = "NAME=a ADDR=192.0.2.1 PORT=1 PROTO=SMTP HELO=b IDENT=4711 SOURCE=remote";
        let expected = forwarded.replace("remote", "REMOTE");
        assert_eq!(said(Attributes::of_xforward(forwarded)), expected);
    }

    #[test]
    fn what_is_malformed_is_none_of_them() {
        let long = format!("NAME={}", "x".repeat(MAX_VALUE + 1));
        for argument in [
            "",
            " ",
            "ADDR",
            "ADDR=",
            "=x",
            "ADDR=x",
            "ADDR=192.0.2.256",
            "ADDR=IPV6:192.0.2.1",
            "ADDR=192.0.2.1 ADDR=192.0.2.2",
            "PORT=65536",
            "PORT=+1",
            "PORT=-1",
            "PORT=x",
            "FOO=1",
            "IDENT=x",
            "NAME=a+0D+0ARSET",
            "NAME=a+00",
            "NAME=a+7F",
            "NAME=a+0",
            "NAME=a+zz",
            "NAME=a=b",
            "LOGIN=+0A",
            "HELO=a+0Ab",
            "NAME=é",
            "PROTO=a-b",
            "NAME=a\tb",
            &long,
        ] {
            assert_eq!(Attributes::of_xclient(argument), None, "{argument:?}");
        }
        for argument in ["LOGIN=x", "DESTADDR=192.0.2.1", "SOURCE=x", "IDENT=+0D"] {
            assert_eq!(Attributes::of_xforward(argument), None, "{argument:?}");
        }
    }
}
