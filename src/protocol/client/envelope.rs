//! Who is to get a message, and what is asked for with it (RFC 5321 section 2.3.1).

use super::{ArgumentError, Offered};
use crate::protocol::parameters::{Body, MailParameters, RcptParameters};

/// Who is to get a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// The forward-path.
    pub address: String,
    /// NOTIFY and ORCPT (RFC 3461 section 4), where the server offers DSN.
    pub parameters: RcptParameters,
}

/// What is asked for with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The reverse-path, empty for none.
    pub from: String,
    /// At least one.
    pub recipients: Vec<Recipient>,
    /// What is to be said of the message, to a server that offers the extension for it. What the
    /// message cannot do without makes it [`Unfit`] for others: BODY=BINARYMIME, SMTPUTF8, which
    /// addresses may need whatever is said here, and REQUIRETLS.
    pub parameters: MailParameters,
}

/// Why a message cannot be given to this server at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// An extension that the message needs is not offered.
    #[error("the message needs {0}, which the server does not offer")]
    Missing(&'static str),
    /// Nor is one that a recipient needs.
    #[error("the recipient needs {0}, which the server does not offer")]
    Recipient(&'static str),
    /// It takes less: its limit and the message's size.
    #[error("the message has {1} bytes, the server takes {0}")]
    TooLarge(u64, u64),
    /// An address or parameter that nobody is to see.
    #[error(transparent)]
    Argument(#[from] ArgumentError),
}

impl Envelope {
    /// What of its parameters this server is told, where those that it is asked for are in ASCII or
    /// are not.
    ///
    /// # Errors
    /// Why the message is not for this server.
    pub(super) fn mail_parameters(
        &self,
        recipients_are_ascii: bool,
        offered: &Offered,
    ) -> Result<MailParameters, Unfit> {
        let mut parameters = self.parameters.clone();
        let needs =
            |keyword| if offered.has(keyword) { Ok(()) } else { Err(Unfit::Missing(keyword)) };
        if let Some(size) = parameters.size {
            if let Some(limit) = offered.size().filter(|limit| *limit < size) {
                return Err(Unfit::TooLarge(limit, size));
            }
            parameters.size = Some(size).filter(|_| offered.has("SIZE"));
        }
        match parameters.body {
            Some(Body::BinaryMime) => {
                needs("BINARYMIME")?;
                needs("CHUNKING")?;
            }
            Some(Body::EightBitMime) if offered.has("8BITMIME") => {}
            // Most servers take such bytes without saying so, and nobody can send them otherwise.
            Some(Body::EightBitMime | Body::SevenBit) | None => parameters.body = None,
        }
        parameters.smtp_utf8 |= !self.from.is_ascii() || !recipients_are_ascii;
        if parameters.smtp_utf8 {
            needs("SMTPUTF8")?;
        }
        if parameters.require_tls {
            needs("REQUIRETLS")?;
        }
        if !offered.has("DSN") {
            parameters.ret = None;
            parameters.texts = None;
        }
        Ok(parameters)
    }
}
