//! What became of a message, as texts for `src/js/client/outcome.js`.

use crate::net::client::details::Details;
use crate::net::client::dialer::DialError;
use crate::net::client::{Loss, Outcome, SendError};
use crate::protocol::client::delivery::{Fate, Unfit};
use crate::protocol::client::opening::Refusal;
use crate::protocol::client::{Awaited, Failure};
use crate::protocol::reply::Reply;

/// What [`error_texts`] gives where nobody was answered for. Else '', the last reply or '', '1' if the
/// connection was encrypted, and where they are wanted the details, else ''; then for each recipient
/// that was not accepted its index, the request and the reply, or '' for these and what
/// [`error_texts`] gives.
pub(super) fn outcome_texts(outcome: &Outcome, details: &Details, wanted: bool) -> Vec<String> {
    let (fates, response, losses) = match outcome {
        Outcome::Failed(error) => return error_texts(error),
        Outcome::Broken(fates, response, losses) => (fates, response, &losses[..]),
        Outcome::Answered(fates, response) => (fates, response, &[][..]),
    };
    let mut texts = vec![
        String::new(),
        response.as_ref().map(reply_text).unwrap_or_default(),
        if details.tls { "1" } else { "" }.to_owned(),
        if wanted { details_text(details) } else { String::new() },
    ];
    for (index, fate) in fates.iter().enumerate() {
        if let Fate::Rejected(request, reply) = fate {
            texts.extend([index.to_string(), request.to_string(), reply_text(reply)]);
        }
    }
    for Loss { recipients, error } in losses {
        let error = error_texts(error);
        for index in recipients {
            texts.extend([index.to_string(), String::new(), String::new()]);
            texts.extend_from_slice(&error);
        }
    }
    texts
}

/// Milliseconds of the envelope and of the message, then each line of EHLO.
fn details_text(details: &Details) -> String {
    let Details { ehlo, envelope, message, .. } = details;
    let text = format!("{}\n{}", envelope.as_millis(), message.as_millis());
    if ehlo.is_empty() { text } else { format!("{text}\n{ehlo}") }
}

/// The code, the message, the system's error number, the request and the reply that are to
/// blame, '1' if the message may have been taken, and '1' if it will fail again.
pub(super) fn error_texts(error: &SendError) -> Vec<String> {
    let message = error.to_string();
    let (request, reply) = error.cause();
    let permanent = if error.is_permanent() { "1" } else { "" };
    let (error, uncertain) = match error {
        SendError::Uncertain(inner) => (&**inner, "1"),
        SendError::Unasked(inner) => (&**inner, ""),
        other => (other, ""),
    };
    let number = match error {
        SendError::Dial(DialError::Io(_, error))
        | SendError::Io(error)
        | SendError::Source(error) => error.raw_os_error(),
        _ => None,
    };
    vec![
        code(error).to_owned(),
        message,
        number.map(|number| number.to_string()).unwrap_or_default(),
        request.map(|request| request.to_string()).unwrap_or_default(),
        reply.map(reply_text).unwrap_or_default(),
        uncertain.to_owned(),
        permanent.to_owned(),
    ]
}

/// The codes of `SmtpError`; the README has their table.
fn code(error: &SendError) -> &'static str {
    match error {
        SendError::Dial(error) => error.code(),
        SendError::Io(_) => "ECONNRESET",
        SendError::Tls(error) => error.code(),
        SendError::Protocol(Failure::Timeout(_)) | SendError::Handshake(_) => "ETIMEDOUT",
        SendError::Protocol(Failure::Closed(_) | Failure::Leaving(_)) => "SMTP_ERR_CLOSED",
        SendError::Refused(
            Refusal::Refused(Awaited::Auth, _) | Refusal::Logins(..) | Refusal::Sasl(_),
        ) => "SMTP_ERR_AUTH",
        SendError::Refused(Refusal::NoMechanism) => "SMTP_ERR_NO_MECHANISM",
        SendError::Refused(Refusal::NoTls(_)) => "SMTP_ERR_NO_TLS",
        SendError::Refused(Refusal::Argument(_)) | SendError::Unfit(Unfit::Argument(_)) => {
            "SMTP_ERR_ARGUMENT"
        }
        SendError::Refused(_) => "SMTP_ERR_REFUSED",
        SendError::Unfit(Unfit::TooLarge(..)) => "SMTP_ERR_SIZE",
        SendError::Unfit(_) => "SMTP_ERR_EXTENSION",
        SendError::Source(_) => "EIO",
        SendError::Starved => "SMTP_ERR_STARVED",
        SendError::Cancelled => "ABORT_ERR",
        SendError::Closed => "SMTP_ERR_CLIENT_CLOSED",
        SendError::Protocol(_) => "SMTP_ERR_PROTOCOL",
        SendError::Impossible(_) => "SMTP_ERR_INTERNAL",
        SendError::Uncertain(error) | SendError::Unasked(error) => code(error),
    }
}

/// The code, and each line of the text behind a line break.
fn reply_text(reply: &Reply) -> String {
    let mut text = reply.code().value().to_string();
    for line in reply.texts() {
        text.push('\n');
        text.push_str(line);
    }
    text
}
