//! The parameters of MAIL.

use super::words::{
    Parameter, ParameterError, Unknown, Word, culprit, flag, name, named, once, once_text, parse,
    put, read,
};
use super::xtext;
use bytes::BytesMut;

/// Characters of an ENVID, encoded (RFC 3461 section 4.4).
pub(super) const MAX_ENVID: usize = 100;

/// What a message's bytes may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// ASCII in lines (RFC 6152 section 3).
    SevenBit,
    /// Any bytes but NUL, in lines (RFC 6152 section 3).
    EightBitMime,
    /// Any bytes, sent as they are (RFC 3030 section 3).
    BinaryMime,
}

/// What of a message comes back with a report of its failure (RFC 3461 section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ret {
    /// All of it.
    Full,
    /// Its header fields.
    Headers,
}

/// The parameters of MAIL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailParameters {
    /// The message's length in bytes, as it is declared.
    pub size: Option<u64>,
    /// What its bytes may be.
    pub body: Option<Body>,
    /// Whether addresses or header fields need RFC 6531.
    pub smtp_utf8: bool,
    /// Whether it may travel under TLS only.
    pub require_tls: bool,
    /// What of it a report brings back.
    pub ret: Option<Ret>,
    /// What has a length; seldom there, so it costs nothing where it is not.
    pub texts: Option<Box<MailTexts>>,
}

/// The parameters of MAIL that are texts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailTexts {
    /// By what name a report is to call the message, printable ASCII (RFC 3461 section 4.4).
    pub envid: Option<Box<str>>,
    /// Who submitted the message, `<>` if that is not known (RFC 4954 section 5).
    pub auth: Option<Box<str>>,
    /// All other parameters, in their order.
    pub other: Vec<Parameter>,
    /// The whole, where it is to be handed on as it was sent.
    pub as_sent: Option<Box<str>>,
}

impl Body {
    const ALL: [(Self, &str); 3] = [
        (Self::SevenBit, "7BIT"),
        (Self::EightBitMime, "8BITMIME"),
        (Self::BinaryMime, "BINARYMIME"),
    ];
}

impl Ret {
    const ALL: [(Self, &str); 2] = [(Self::Full, "FULL"), (Self::Headers, "HDRS")];
}

impl MailParameters {
    /// Parses what stands behind a reverse-path; `offers` tells whether an extension is offered, by
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

    /// Appends them to a MAIL command, each with a space before it.
    pub fn write(&self, output: &mut BytesMut) {
        let texts = self.texts.as_deref();
        if let Some(text) = self.as_sent() {
            return put(output, &[" ", text]);
        }
        if let Some(size) = self.size {
            put(output, &[" SIZE=", &size.to_string()]);
        }
        if let Some(body) = self.body {
            put(output, &[" BODY=", name(&Body::ALL, body)]);
        }
        if self.smtp_utf8 {
            put(output, &[" SMTPUTF8"]);
        }
        if self.require_tls {
            put(output, &[" REQUIRETLS"]);
        }
        if let Some(ret) = self.ret {
            put(output, &[" RET=", name(&Ret::ALL, ret)]);
        }
        if let Some(envid) = texts.and_then(|texts| texts.envid.as_deref()) {
            put(output, &[" ENVID=", &xtext::encoded(envid)]);
        }
        if let Some(mailbox) = texts.and_then(|texts| texts.auth.as_deref()) {
            put(output, &[" AUTH=", &xtext::encoded(mailbox)]);
        }
        for parameter in texts.into_iter().flat_map(|texts| &texts.other) {
            parameter.write(output);
        }
    }

    /// The whole as one text, where it was read and not parsed.
    pub fn as_sent(&self) -> Option<&str> {
        self.texts.as_ref()?.as_sent.as_deref()
    }

    /// Gives each to `say`, by the name and with the value that applications know: values are decoded,
    /// and flags have none. Those that were read and not parsed are handed on as they were sent.
    pub fn each(&self, mut say: impl FnMut(&str, &str)) {
        if self.as_sent().is_some() {
            return;
        }
        if let Some(body) = self.body {
            say("body", &name(&Body::ALL, body).to_ascii_lowercase());
        }
        if self.smtp_utf8 {
            say("smtpUtf8", "");
        }
        if self.require_tls {
            say("requireTls", "");
        }
        if let Some(ret) = self.ret {
            say("ret", name(&Ret::ALL, ret));
        }
        let Some(texts) = self.texts.as_deref() else { return };
        if let Some(envid) = &texts.envid {
            say("envid", envid);
        }
        if let Some(mailbox) = &texts.auth {
            say("auth", mailbox);
        }
    }

    fn take(
        &mut self,
        (keyword, value): Word<'_>,
        offers: &impl Fn(&str) -> bool,
    ) -> Result<(), ParameterError> {
        let is =
            |name: &str, extension: &str| keyword.eq_ignore_ascii_case(name) && offers(extension);
        if is("SIZE", "SIZE") {
            once(&mut self.size, size(value))
        } else if is("BODY", "8BITMIME") {
            let body = value.and_then(|value| named(&Body::ALL, value));
            once(
                &mut self.body,
                body.filter(|body| *body != Body::BinaryMime || offers("BINARYMIME")),
            )
        } else if is("SMTPUTF8", "SMTPUTF8") {
            flag(&mut self.smtp_utf8, value)
        } else if is("REQUIRETLS", "REQUIRETLS") {
            flag(&mut self.require_tls, value)
        } else if is("RET", "DSN") {
            once(&mut self.ret, value.and_then(|value| named(&Ret::ALL, value)))
        } else if is("ENVID", "DSN") {
            let envid = value.filter(|value| value.len() <= MAX_ENVID).and_then(xtext::decoded);
            once_text(&mut self.texts, |texts| &mut texts.envid, envid)
        } else if is("AUTH", "AUTH") {
            let mailbox = value.and_then(xtext::decoded);
            once_text(&mut self.texts, |texts| &mut texts.auth, mailbox)
        } else {
            Err(ParameterError::NotOffered)
        }
    }
}

/// Up to 20 digits (RFC 1870 section 6); more than fits is as good as endless.
fn size(value: Option<&str>) -> Option<u64> {
    let digits = value?;
    let is_size = (1..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_size.then(|| digits.parse().unwrap_or(u64::MAX))
}
