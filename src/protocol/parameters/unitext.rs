//! Addresses of the type `utf-8` as ORCPT has them (RFC 6533 section 3): as they are, or in ASCII with
//! `\x{` and `}` around the number of each character that ASCII has not.

use super::xtext;
use std::fmt::Write as _;

/// What one stands for, if it is one, and has no control character.
pub(super) fn decoded(text: &str) -> Option<Box<str>> {
    let text = xtext::decoded_where(text, |c| !c.is_control() && c != '\u{fffd}')?;
    let mut decoded = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some((before, behind)) = rest.split_once('\\') {
        decoded.push_str(before);
        let (digits, behind) = behind.strip_prefix("x{")?.split_once('}')?;
        let is_number =
            (2..=6).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = is_number.then(|| u32::from_str_radix(digits, 16).ok())??;
        decoded.push(char::from_u32(number).filter(|c| !c.is_control() && *c != '\u{fffd}')?);
        rest = behind;
    }
    decoded.push_str(rest);
    Some(decoded.into_boxed_str())
}

/// `text` in ASCII that is xtext as well.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '+' | '=' | '\\' | '\0'..=' ' | '\x7f'.. => {
                // Writing to a String cannot fail.
                let _ = write!(encoded, "\\x{{{:02X}}}", u32::from(character));
            }
            character => encoded.push(character),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_stand_for_the_same() {
        for (text, address) in [
            ("b@x.test", "b@x.test"),
            ("b\u{fc}@x.test", "b\u{fc}@x.test"),
            ("b\\x{FC}@x.test", "b\u{fc}@x.test"),
            ("b\\x{1f4e7}\\x{2B}c", "b\u{1f4e7}+c"),
            ("b+2Bc", "b+c"),
            ("\\x{5C}", "\\"),
        ] {
            assert_eq!(decoded(text).as_deref(), Some(address), "{text}");
            assert_eq!(decoded(&encoded(address)).as_deref(), Some(address), "{text}");
            assert!(encoded(address).is_ascii());
        }
    }

    #[test]
    fn nothing_else_stands_for_anything() {
        for text in [
            "",
            "\\",
            "\\x",
            "\\x{FC",
            "\\x{}",
            "\\x{C}",
            "\\x{0D}",
            "\\x{0A}",
            "\\x{00}",
            "\\x{85}",
            "\\x{D800}",
            "\\x{110000}",
            "\\x{0000041}",
            "\\x{+4}",
            "\\x{FFFD}",
            "a\\b",
            "a+0D",
            "a+0a",
            "a=b",
            "a b",
        ] {
            assert_eq!(decoded(text), None, "{text}");
        }
    }
}
