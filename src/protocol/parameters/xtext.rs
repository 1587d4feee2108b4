//! xtext (RFC 3461 section 4): printable ASCII, in which `+`, `=` and the space are `+` with two
//! hexadecimal digits.

/// `text` as xtext; what is no printable ASCII in it becomes the digits of its bytes.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'+' | b'=' | 0..=b' ' | 0x7f.. => encoded.push_str(&format!("+{byte:02X}")),
            byte => encoded.push(char::from(byte)),
        }
    }
    encoded
}

/// What an xtext stands for, if it is one, has a character, and stands for printable ASCII alone.
pub(in crate::protocol) fn decoded(text: &str) -> Option<Box<str>> {
    decoded_where(text, |character| matches!(character, ' '..='~'))
}

/// The same of a text that may stand for these characters.
pub(super) fn decoded_where(text: &str, is_allowed: impl Fn(char) -> bool) -> Option<Box<str>> {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        let character = match first {
            '+' => {
                let (digits, behind) = rest.split_at_checked(2)?;
                rest = behind;
                let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
                let byte = digits.bytes().all(is_digit).then_some(digits)?;
                char::from(u8::from_str_radix(byte, 16).ok()?)
            }
            '=' | ' ' => return None,
            other => other,
        };
        if !is_allowed(character) {
            return None;
        }
        decoded.push(character);
    }
    (!decoded.is_empty()).then(|| decoded.into_boxed_str())
}
