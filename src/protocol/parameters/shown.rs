//! The name of a parameter as a reply shows it.

use std::fmt;

/// Characters of it that are shown; no parameter of a standard has more.
const MAX_SHOWN: usize = 20;

/// A name of letters, digits, hyphens and underscores, cut off where it is long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownName {
    /// Bytes of the whole name, 255 where it has more.
    length: u8,
    head: [u8; MAX_SHOWN],
}

impl ShownName {
    /// `None` where something else is in it: that could be anything.
    pub fn new(name: &str) -> Option<Self> {
        let is_shown = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if !name.bytes().all(is_shown) {
            return None;
        }
        let mut head = [0; MAX_SHOWN];
        head.iter_mut().zip(name.bytes()).for_each(|(place, byte)| *place = byte);
        Some(Self { length: u8::try_from(name.len()).unwrap_or(u8::MAX), head })
    }
}

impl fmt::Display for ShownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = usize::from(self.length);
        let head = &self.head[..length.min(MAX_SHOWN)];
        f.write_str(str::from_utf8(head).unwrap_or_default())?;
        if length > MAX_SHOWN { f.write_str("...") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cut_off_and_are_nothing_else() {
        let twenty = "X".repeat(20);
        for (name, shown) in [
            ("SIZE", Some("SIZE")),
            ("x_y-1", Some("x_y-1")),
            (&*twenty, Some(&*twenty)),
            (&*"X".repeat(21), Some(&*format!("{twenty}..."))),
            (&*"X".repeat(1_000), Some(&*format!("{twenty}..."))),
            ("é", None),
            ("a b", None),
            ("a\r\n250 b", None),
            ("a\u{7f}", None),
        ] {
            let found = ShownName::new(name).map(|name| name.to_string());
            assert_eq!(found.as_deref(), shown, "{name:?}");
        }
    }
}
