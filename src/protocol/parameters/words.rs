//! Parameters as they stand on a line, one by one (RFC 5321 section 4.1.2).

use crate::protocol::address::is_text;
use bytes::{BufMut, BytesMut};

/// Why a server does not take a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ParameterError {
    /// No extension that is offered has it (555 in RFC 5321 section 4.1.1.11).
    #[error("a parameter is not recognised or not implemented")]
    NotOffered,
    /// It is no parameter, its value is one that it cannot have, or it stands twice (501).
    #[error("a parameter is malformed, has a value that it cannot have, or stands twice")]
    Malformed,
}

/// What becomes of parameters that no extension which is offered has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// They are errors.
    Refused,
    /// They are as good as not there.
    Ignored,
}

impl Unknown {
    fn bear(self, taken: Result<(), ParameterError>) -> Result<(), ParameterError> {
        match taken {
            Err(ParameterError::NotOffered) if self == Self::Ignored => Ok(()),
            taken => taken,
        }
    }
}

/// A parameter that no extension known here has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name, in whatever case it was sent.
    pub(super) keyword: Box<str>,
    /// What stands behind `=`, if anything does.
    pub(super) value: Option<Box<str>>,
}

impl Parameter {
    /// `None` where keyword or value could not be told apart from other parameters.
    pub fn new(keyword: &str, value: Option<&str>) -> Option<Self> {
        let is_keyword = keyword.starts_with(|c: char| c.is_ascii_alphanumeric())
            && keyword.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        // RFC 6531 section 3.3 adds what is not ASCII.
        let is_value = |text: &str| {
            !text.is_empty() && !text.contains(|c: char| c == '=' || c == ' ' || c.is_control())
        };
        (is_keyword && value.is_none_or(is_value))
            .then(|| Self { keyword: keyword.into(), value: value.map(Into::into) })
    }

    pub(super) fn write(&self, output: &mut BytesMut) {
        put(output, &[" ", &self.keyword]);
        if let Some(value) = &self.value {
            put(output, &["=", value]);
        }
    }
}

/// A parameter as it stands on the line: keyword, and value if there is one.
pub(super) type Word<'a> = (&'a str, Option<&'a str>);

pub(super) fn words(
    text: &str,
    separates: impl Fn(char) -> bool,
) -> impl Iterator<Item = Word<'_>> {
    text.split(separates).filter(|word| !word.is_empty()).map(|word| match word.split_once('=') {
        Some((keyword, value)) => (keyword, Some(value)),
        None => (word, None),
    })
}

/// Whether spaces part `text` into words that each could be a parameter. What begins with `<` is
/// none, but another path.
pub fn are_words(text: &str) -> bool {
    is_text(text) && words(text, |c| c == ' ').all(|(keyword, _)| is_keyword(keyword))
}

/// Letters, digits and hyphens; underscores, which are not of RFC 5321 section 4.1.2, are seen.
fn is_keyword(word: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    word.starts_with(|c: char| c.is_ascii_alphanumeric()) && word.bytes().all(is_inner)
}

/// Gives the words of `text` to `take`, up to the first that a server does not take.
pub(super) fn parse(
    text: &str,
    unknown: Unknown,
    mut take: impl FnMut(Word<'_>) -> Result<(), ParameterError>,
) -> Result<(), ParameterError> {
    if !are_words(text) {
        return Err(ParameterError::Malformed);
    }
    words(text, |c| c == ' ').try_for_each(|word| unknown.bear(take(word)))
}

/// The keyword of the first word that [`parse`] would end at. What is no keyword has no name: it could be
/// anything.
pub(super) fn culprit<'a>(
    text: &'a str,
    unknown: Unknown,
    mut take: impl FnMut(Word<'a>) -> Result<(), ParameterError>,
) -> Option<&'a str> {
    if !are_words(text) {
        return None;
    }
    let refused = |word: &Word<'a>| unknown.bear(take(*word)).is_err();
    words(text, |c| c == ' ').find(refused).map(|(keyword, _)| keyword)
}

/// Gives the words of `text` to `take`; those that it does not know, and the text itself.
pub(super) fn read(
    text: &str,
    mut take: impl FnMut(Word<'_>) -> Result<(), ParameterError>,
) -> (Vec<Parameter>, Option<Box<str>>) {
    let words = words(text, |c| c.is_ascii_whitespace());
    let unknown = words.filter(|word| take(*word) == Err(ParameterError::NotOffered));
    let other = unknown.filter_map(|(keyword, value)| Parameter::new(keyword, value)).collect();
    (other, (!text.is_empty()).then(|| text.into()))
}

pub(super) fn named<T: Copy>(names: &[(T, &'static str)], value: &str) -> Option<T> {
    names.iter().find(|(_, name)| name.eq_ignore_ascii_case(value)).map(|(it, _)| *it)
}

pub(super) fn name<T: Copy + PartialEq>(names: &[(T, &'static str)], it: T) -> &'static str {
    names.iter().find(|(each, _)| *each == it).map_or("", |(_, name)| name)
}

/// Fills `slot` with a value that has to be there, once.
pub(super) fn once<T>(slot: &mut Option<T>, value: Option<T>) -> Result<(), ParameterError> {
    if slot.is_some() || value.is_none() {
        return Err(ParameterError::Malformed);
    }
    *slot = value;
    Ok(())
}

/// The same for a text, whose room is made where it is needed.
pub(super) fn once_text<T: Default, U>(
    texts: &mut Option<Box<T>>,
    slot: impl Fn(&mut T) -> &mut Option<U>,
    value: Option<U>,
) -> Result<(), ParameterError> {
    let value = value.ok_or(ParameterError::Malformed)?;
    once(slot(texts.get_or_insert_default()), Some(value))
}

/// Notes a parameter that has no value, once.
pub(super) fn flag(slot: &mut bool, value: Option<&str>) -> Result<(), ParameterError> {
    if *slot || value.is_some() {
        return Err(ParameterError::Malformed);
    }
    *slot = true;
    Ok(())
}

pub(super) fn put(output: &mut BytesMut, pieces: &[&str]) {
    for piece in pieces {
        output.put_slice(piece.as_bytes());
    }
}
