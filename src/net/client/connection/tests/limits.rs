//! A message in several transactions (RFC 9422), one of which fails: what each recipient is told, held
//! against whom the server took the message for. Time is virtual.

use super::*;
use crate::net::client::tally::Tally;
use std::collections::HashMap;
use std::sync::Mutex;
use tokio::io::{AsyncBufReadExt, BufReader};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Mail,
    Rcpt,
    Data,
    Dot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Code(&'static str),
    Close,
    Silence,
    /// The reply that is due, and another one.
    Surplus,
}

impl Fault {
    /// What is said in place of the reply that is due.
    fn said(self, due: &str) -> String {
        match self {
            Self::Code(code) => format!("{code} no\r\n"),
            Self::Close | Self::Silence => String::new(),
            Self::Surplus => format!("{due}250 more\r\n"),
        }
    }
}

const STEPS: [At; 4] = [At::Mail, At::Rcpt, At::Data, At::Dot];
const FAULTS: [Fault; 6] = [
    Fault::Code("421"),
    Fault::Code("451"),
    Fault::Code("550"),
    Fault::Close,
    Fault::Silence,
    Fault::Surplus,
];

#[derive(Debug, Clone, Copy)]
struct Cell {
    at: At,
    fault: Fault,
    /// In which transaction of a connection, from 1; at its first recipient.
    transaction: usize,
    /// Whether each connection fails, or the first alone.
    always: bool,
    recipients: usize,
    limit: usize,
    mail_max: usize,
    pipelining: bool,
}

/// How often the server took the message for whom, and may have.
type Taken = Arc<Mutex<HashMap<String, usize>>>;

/// Speaks with one client; fails if it is to.
async fn serve(cell: Cell, fails: bool, taken: Taken, mut says: DuplexStream, hears: DuplexStream) {
    let mut lines = BufReader::new(hears).lines();
    let (mut transactions, mut recipients, mut asked) = (0, Vec::new(), 0);
    let (mut is_open, mut is_message) = (false, false);
    while let Ok(Some(line)) = lines.next_line().await {
        let verb = line.split([' ', ':']).next().unwrap_or_default();
        if verb == "MAIL" {
            transactions += 1;
            assert!(transactions <= cell.mail_max, "{cell:?}");
            (recipients, asked) = (Vec::new(), 0);
        }
        asked += usize::from(verb == "RCPT");
        assert!(asked <= cell.limit, "{cell:?}");
        let (at, due) = match verb {
            "." if is_message => (Some(At::Dot), "250 taken\r\n"),
            _ if is_message => continue,
            "MAIL" => (Some(At::Mail), "250 OK\r\n"),
            "RCPT" | "DATA" if !is_open => (None, "503 MAIL first\r\n"),
            "RCPT" => (Some(At::Rcpt).filter(|_| asked == 1), "250 OK\r\n"),
            "DATA" if recipients.is_empty() => (None, "554 nobody\r\n"),
            "DATA" => (Some(At::Data), "354 go\r\n"),
            "QUIT" => return,
            _ => (None, "250 OK\r\n"),
        };
        let is_due = fails && at == Some(cell.at) && transactions == cell.transaction;
        let said = if is_due { cell.fault.said(due) } else { due.to_owned() };
        let is_taken = !(is_due && matches!(cell.fault, Fault::Code(_)));
        match at {
            Some(At::Mail) => is_open = is_taken,
            Some(At::Data) => is_message = is_taken,
            Some(At::Dot) => {
                (is_open, is_message) = (false, false);
                for recipient in recipients.drain(..).filter(|_| is_taken) {
                    *taken.lock().expect("a lock").entry(recipient).or_default() += 1;
                }
            }
            _ if verb == "RCPT" && is_open && is_taken => recipients.push(line),
            _ => {}
        }
        says.write_all(said.as_bytes()).await.expect("room");
        if is_due && matches!(cell.fault, Fault::Close | Fault::Code("421")) {
            return;
        }
        if is_due && cell.fault == Fault::Silence {
            while let Ok(Some(_)) = lines.next_line().await {}
            return;
        }
    }
}

/// So long that those of the connections before have passed: a session counts from the time that it is.
fn timeouts(connections: usize) -> Timeouts {
    let time = Some(Duration::from_secs(60 << (2 * connections)));
    Timeouts {
        greeting: time,
        command: time,
        data_initiation: time,
        data_block: time,
        data_termination: time,
    }
}

/// What [`send`] gives, in a time of its own.
fn sent_message(cell: Cell) -> (Outcome, Vec<usize>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_time().start_paused(true).build().expect("a runtime");
    runtime.block_on(send(cell))
}

fn recipient(at: usize) -> String {
    format!("{at}@x.example")
}

/// What is told of a message, and for whom it was taken.
async fn send(cell: Cell) -> (Outcome, Vec<usize>) {
    let taken = Taken::default();
    let mut connections = 0;
    let mut connect = async || {
        connections += 1;
        let mut offers = vec![format!("LIMITS RCPTMAX={} MAILMAX={}", cell.limit, cell.mail_max)];
        offers.extend(cell.pipelining.then(|| "PIPELINING".to_owned()));
        let offers: Vec<_> = offers.iter().map(String::as_str).collect();
        let (connection, says, hears) = greeted_within(&offers, timeouts(connections)).await;
        let fails = cell.always || connections == 1;
        tokio::spawn(serve(cell, fails, taken.clone(), says, hears));
        assert!(connections <= cell.recipients + 1, "{cell:?}");
        connection
    };
    let to = (0..cell.recipients)
        .map(|at| Recipient { address: recipient(at), parameters: Default::default() });
    let envelope = Envelope { recipients: to.collect(), ..envelope() };
    let mut source = MessageSource::Whole(Bytes::from_static(b"x"), 0);
    let mut tally = Tally::default();
    let mut connection = connect().await;
    while tally.known() < cell.recipients {
        assert!(source.rewind());
        let left = cell.recipients - tally.known();
        let result = connection.deliver(&envelope, tally.known(), &mut source).await;
        let Conclusion { outcome, recipients, next } = connection.conclude(result, left);
        if next != Next::Again {
            tally.add(outcome, recipients, connection.details());
        }
        if matches!(next, Next::Again | Next::Elsewhere) {
            connection = connect().await;
        }
    }
    drop(connection);
    let taken = taken.lock().expect("a lock");
    let count = |at| taken.get(&format!("RCPT TO:<{}>", recipient(at))).copied();
    let counts = (0..cell.recipients).map(|at| count(at).unwrap_or_default());
    (tally.end().0, counts.collect())
}

/// What became of one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Taken,
    Refused(u16),
    Lost,
    Uncertain,
}

fn told_each(outcome: Outcome, recipients: usize) -> Vec<Told> {
    let (fates, _, losses) = outcome.parts(recipients);
    let lost = |at| {
        let loss = losses.iter().find(|loss| loss.recipients.contains(&at));
        match loss.map(|loss| &loss.error) {
            Some(SendError::Uncertain(_)) => Told::Uncertain,
            Some(_) => Told::Lost,
            None => panic!("nobody is forgotten: {losses:?}"),
        }
    };
    let told = fates.iter().enumerate().map(|(at, fate)| match fate {
        Fate::Accepted => Told::Taken,
        Fate::Rejected(_, reply) => Told::Refused(reply.code().value()),
        Fate::Pending | Fate::Unfit(_) => lost(at),
    });
    let told: Vec<_> = told.collect();
    let count: usize = losses.iter().map(|loss| loss.recipients.len()).sum();
    assert_eq!(count, fates.iter().filter(|fate| **fate == Fate::Pending).count(), "once each");
    assert_eq!(told.len(), recipients);
    told
}

/// What is right: of those before the transaction that fails, of its own, and of those behind it.
fn expected(cell: Cell) -> Vec<Told> {
    let of_use = cell.transaction > 1;
    let (begins, ends) = ((cell.transaction - 1) * cell.limit, cell.transaction * cell.limit);
    let unknown = if cell.at == At::Dot { Told::Uncertain } else { Told::Lost };
    let again = of_use
        && match (cell.at, cell.fault) {
            (At::Dot, _) => false,
            (_, Fault::Code("421") | Fault::Close) => true,
            (at, Fault::Silence) => at == At::Mail,
            _ => false,
        };
    let own = match cell.fault {
        _ if again => Told::Taken,
        Fault::Code(code) => Told::Refused(code.parse().expect("a code")),
        // The verdict is in.
        Fault::Surplus if cell.at == At::Dot => Told::Taken,
        // It is the verdict on a message that has not begun, or the one to a message.
        Fault::Close | Fault::Silence | Fault::Surplus => unknown,
    };
    let goes_on = match cell.fault {
        Fault::Code(code) => code != "421" || of_use,
        _ => of_use || own == Told::Taken,
    };
    let told = (0..cell.recipients).map(|at| match (cell.at, cell.fault) {
        _ if at < begins => Told::Taken,
        // It is refused alone.
        (At::Rcpt, Fault::Code("451" | "550")) if at > begins => Told::Taken,
        _ if at < ends => own,
        _ if goes_on => Told::Taken,
        _ => Told::Lost,
    });
    told.collect()
}

fn cells(always: bool) -> Vec<Cell> {
    let mut cells = Vec::new();
    for (at, fault) in STEPS.iter().flat_map(|at| FAULTS.map(|fault| (*at, fault))) {
        for (recipients, limit) in
            (1..=4_usize).flat_map(|count| (1..=3).map(move |limit| (count, limit)))
        {
            for transaction in 1..=recipients.div_ceil(limit) {
                for (mail_max, pipelining) in [(1, false), (2, true), (9, false), (9, true)] {
                    if transaction > mail_max {
                        continue;
                    }
                    let cell = Cell {
                        at,
                        fault,
                        transaction,
                        always,
                        recipients,
                        limit,
                        mail_max,
                        pipelining,
                    };
                    cells.push(cell);
                }
            }
        }
    }
    cells
}

#[test]
fn a_fault_in_a_transaction_is_told_of_whom_it_is_for() {
    let cells = cells(false);
    assert!(cells.len() > 1_000, "{}", cells.len());
    for cell in cells {
        let (outcome, taken) = sent_message(cell);
        let text = format!("{cell:?}\n{outcome:?}\ntaken {taken:?}");
        let told = told_each(outcome, cell.recipients);
        assert_eq!(told, expected(cell), "{text}");
    }
}

#[test]
fn what_is_told_is_true_of_each_recipient_and_nobody_gets_it_twice() {
    for cell in cells(true).into_iter().chain(cells(false)) {
        let (outcome, taken) = sent_message(cell);
        let text = format!("{cell:?}\n{outcome:?}\ntaken {taken:?}");
        for (told, taken) in told_each(outcome, cell.recipients).into_iter().zip(taken) {
            let right = match told {
                Told::Taken => taken == 1,
                Told::Refused(_) | Told::Lost => taken == 0,
                Told::Uncertain => taken <= 1,
            };
            assert!(right, "{told:?} and taken {taken} times\n{text}");
        }
    }
}
