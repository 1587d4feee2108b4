//! The parameters of RCPT, which all are of RFC 3461.

use super::words::{
    Parameter, ParameterError, Unknown, Word, culprit, once, once_text, parse, put, read,
};
use super::{unitext, xtext};
use bytes::BytesMut;

/// What a report is to be sent of, nothing of it for NEVER (RFC 3461 section 4.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Notify {
    /// The message was delivered.
    pub success: bool,
    /// It could not be.
    pub failure: bool,
    /// It was not, so far.
    pub delay: bool,
}

/// Whom the sender meant in the first place (RFC 3461 section 4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalRecipient {
    /// What kind of address it is, such as `rfc822`.
    pub(super) address_type: Box<str>,
    /// The address, decoded.
    pub(super) address: Box<str>,
}

/// The parameters of RCPT.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RcptParameters {
    /// What a report is to be sent of.
    pub notify: Option<Notify>,
    /// What has a length; seldom there, so it costs nothing where it is not.
    pub texts: Option<Box<RcptTexts>>,
}

/// The parameters of RCPT that are texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RcptTexts {
    /// Whom the sender meant in the first place.
    pub orcpt: Option<OriginalRecipient>,
    /// All other parameters, in their order.
    pub other: Vec<Parameter>,
    /// The whole, where it is to be handed on as it was sent.
    pub as_sent: Option<Box<str>>,
}

impl Notify {
    fn parse(value: &str) -> Option<Self> {
        let mut notify = Self::default();
        if value.eq_ignore_ascii_case("NEVER") {
            return Some(notify);
        }
        for word in value.split(',') {
            let is = |name: &str| word.eq_ignore_ascii_case(name);
            match () {
                () if is("SUCCESS") => notify.success = true,
                () if is("FAILURE") => notify.failure = true,
                () if is("DELAY") => notify.delay = true,
                () => return None,
            }
        }
        Some(notify)
    }

    /// Its words, with commas between them.
    fn words(self) -> String {
        if self == Self::default() {
            return "NEVER".to_owned();
        }
        let of = [(self.success, "SUCCESS"), (self.failure, "FAILURE"), (self.delay, "DELAY")];
        let wanted: Vec<_> = of.iter().filter(|(wanted, _)| *wanted).map(|(_, it)| *it).collect();
        wanted.join(",")
    }
}

impl OriginalRecipient {
    /// `None` where the type is no atom (`rfc822`, RFC 3461 section 4.2), or where no printable
    /// ASCII stands for the address; the type `utf-8` may have other characters as well.
    pub fn new(address_type: &str, address: &str) -> Option<Self> {
        let is_type = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_of_it = |c: char| match is_utf8(address_type) {
            true => !c.is_control() && c != '\u{fffd}',
            false => matches!(c, ' '..='~'),
        };
        let is_address = !address.is_empty() && address.chars().all(is_of_it);
        (is_type(address_type) && is_address)
            .then(|| Self { address_type: address_type.into(), address: address.into() })
    }

    fn parse(value: &str) -> Option<Self> {
        let (address_type, address) = value.split_once(';')?;
        let decoded = if is_utf8(address_type) { unitext::decoded } else { xtext::decoded };
        Self::new(address_type, &decoded(address)?)
    }

    /// Its address as it stands on a line.
    fn encoded(&self) -> String {
        let encoded = if is_utf8(&self.address_type) { unitext::encoded } else { xtext::encoded };
        encoded(&self.address)
    }
}

/// Whether an address of this type is not ASCII alone (RFC 6533 section 3).
fn is_utf8(address_type: &str) -> bool {
    address_type.eq_ignore_ascii_case("utf-8")
}

impl RcptParameters {
    /// Parses what stands behind a forward-path; `offers` tells whether an extension is offered, by
    /// its EHLO keyword.
    ///
    /// # Errors
    /// Of the first parameter that a server does not take.
    pub fn parse(
        text: &str,
        offers: impl Fn(&str) -> bool,
        unknown: Unknown,
    ) -> Result<Self, ParameterError> {
        let mut parameters = Self::default();
        parse(text, unknown, |word| parameters.take(word, &offers))?;
        Ok(parameters)
    }

    /// The keyword of the first parameter that [`parse`](Self::parse) does not take, if it has one.
    pub fn culprit(text: &str, offers: impl Fn(&str) -> bool, unknown: Unknown) -> Option<&str> {
        let mut parameters = Self::default();
        culprit(text, unknown, |word| parameters.take(word, &offers))
    }

    /// Reads what makes sense of `text`, the first of those that stand twice, and keeps it as it is.
    pub fn read(text: &str) -> Self {
        let mut parameters = Self::default();
        let (other, as_sent) = read(text, |word| parameters.take(word, &|_| true));
        if as_sent.is_some() {
            let texts = parameters.texts.get_or_insert_default();
            (texts.other, texts.as_sent) = (other, as_sent);
        }
        parameters
    }

    /// Appends them to a RCPT command, each with a space before it.
    pub fn write(&self, output: &mut BytesMut) {
        let texts = self.texts.as_deref();
        if let Some(text) = self.as_sent() {
            return put(output, &[" ", text]);
        }
        if let Some(notify) = self.notify {
            put(output, &[" NOTIFY=", &notify.words()]);
        }
        if let Some(orcpt) = texts.and_then(|texts| texts.orcpt.as_ref()) {
            put(output, &[" ORCPT=", &orcpt.address_type, ";", &orcpt.encoded()]);
        }
        for parameter in texts.into_iter().flat_map(|texts| &texts.other) {
            parameter.write(output);
        }
    }

    /// The whole as one text, where it was read and not parsed.
    pub fn as_sent(&self) -> Option<&str> {
        self.texts.as_ref()?.as_sent.as_deref()
    }

    /// Gives each to `say`, by the name and with the value that applications know: values are decoded.
    /// Those that were read and not parsed are handed on as they were sent.
    pub fn each(&self, mut say: impl FnMut(&str, &str)) {
        if self.as_sent().is_some() {
            return;
        }
        if let Some(notify) = self.notify {
            say("notify", &notify.words());
        }
        if let Some(orcpt) = self.texts.as_deref().and_then(|texts| texts.orcpt.as_ref()) {
            say("orcpt", &format!("{};{}", orcpt.address_type, orcpt.address));
        }
    }

    fn take(
        &mut self,
        (keyword, value): Word<'_>,
        offers: &impl Fn(&str) -> bool,
    ) -> Result<(), ParameterError> {
        let is = |name: &str| keyword.eq_ignore_ascii_case(name) && offers("DSN");
        if is("NOTIFY") {
            once(&mut self.notify, value.and_then(Notify::parse))
        } else if is("ORCPT") {
            let orcpt = value.and_then(OriginalRecipient::parse);
            once_text(&mut self.texts, |texts| &mut texts.orcpt, orcpt)
        } else {
            Err(ParameterError::NotOffered)
        }
    }
}
