//! Which recipients of a message go into one transaction, and the commands that it begins with. There
//! are several where the server takes fewer recipients in one than the message has (RFC 9422).

use super::envelope::{Envelope, Recipient, Unfit};
use super::fate::Fate;
use super::{Offered, Request};

/// A transaction that has not begun.
#[derive(Debug)]
pub(super) struct Transaction {
    /// What is known of each of its recipients.
    pub(super) fates: Vec<Fate>,
    /// MAIL, RCPT of each recipient that is asked for, and DATA where that may go with them.
    pub(super) requests: Vec<Request>,
}

impl Transaction {
    /// The transaction for the recipients from `first` on: as many as the server takes, with those
    /// between and behind them that it cannot be asked for.
    ///
    /// # Errors
    /// Why the message is not for this server.
    pub(super) fn new(
        envelope: &Envelope,
        first: usize,
        offered: &Offered,
        chunking: bool,
    ) -> Result<Self, Unfit> {
        let recipients = envelope.recipients.get(first..).unwrap_or_default();
        let fates = fates_of(recipients, envelope, offered)?;
        let (recipients, later) = recipients.split_at(fates.len());
        let asked = || recipients.iter().zip(&fates).filter(|(_, fate)| fate.is_asked());
        let is_ascii = asked().all(|(recipient, _)| recipient.address.is_ascii());
        let mail = envelope.mail_parameters(is_ascii, offered)?;
        let mut requests = vec![Request::Mail(envelope.from.clone(), mail)];
        let dsn = offered.has("DSN");
        requests.extend(asked().map(|(recipient, _)| rcpt(recipient, dsn)));
        if offered.pipelining() && !chunking {
            requests.push(Request::Data);
        }
        for request in &requests {
            request.check()?;
        }
        if first == 0 {
            // Nobody gets a message that is not for everybody to be asked for.
            for recipient in later {
                rcpt(recipient, dsn).check()?;
            }
        }
        Ok(Self { fates, requests })
    }
}

fn rcpt(recipient: &Recipient, dsn: bool) -> Request {
    let parameters = if dsn { recipient.parameters.clone() } else { Default::default() };
    Request::Rcpt(recipient.address.clone(), parameters)
}

/// What is known of the first recipients before anything is sent.
fn fates_of(
    recipients: &[Recipient],
    envelope: &Envelope,
    offered: &Offered,
) -> Result<Vec<Fate>, Unfit> {
    const NEEDED: &str = "SMTPUTF8";
    let may_lack = !envelope.parameters.smtp_utf8 && envelope.from.is_ascii();
    let most = offered.limits().recipients();
    let mut fates = Vec::with_capacity(recipients.len().min(most));
    let mut asked = 0;
    for recipient in recipients {
        if !recipient.address.is_ascii() && !offered.has(NEEDED) {
            fates.push(Fate::Unfit(NEEDED));
            continue;
        }
        if asked == most {
            break;
        }
        asked += 1;
        fates.push(Fate::Pending);
    }
    if asked < fates.len() && (asked == 0 || !may_lack) {
        return Err(Unfit::Missing(NEEDED));
    }
    Ok(fates)
}
