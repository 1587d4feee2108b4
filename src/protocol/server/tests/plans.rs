//! What each command would do at each stage of a session, as tables.

use super::super::plan::{Access, Position, Stage, plan, plan_for_application};
use super::*;
use crate::protocol::budget::Budget;
use crate::protocol::command::{Command, Hello};
use crate::protocol::dialect::Commands;
use crate::protocol::trusted::{Trust, Trusted};

/// Lines, one for each command and each way to be none.
const LINES: [&str; 31] = [
    "HELO x",
    "EHLO x",
    "LHLO x",
    "HELO",
    "MAIL FROM:<a@b>",
    "MAIL",
    "MAIL FROM:a",
    "MAIL FROM:<a@b> X=1",
    "RCPT TO:<c@d>",
    "RCPT",
    "RCPT TO:c",
    "RCPT TO:<c@d> X=1",
    "DATA",
    "DATA x",
    "BDAT 5",
    "BDAT 5 LAST",
    "BDAT x",
    "RSET",
    "RSET x",
    "VRFY x",
    "NOOP",
    "HELP",
    "HELP DATA",
    "HELP VRFY",
    "QUIT",
    "QUIT x",
    "STARTTLS",
    "STARTTLS now",
    "NOSUCH",
    "GET / HTTP/1.1",
    "",
];

/// Where sessions stand: refused, begun, greeted, in a transaction without and with a recipient,
/// between chunks.
const POSITIONS: [Position<'_>; 6] = [
    at(Stage::Refused, 0),
    at(Stage::Begun, 0),
    at(Stage::Greeted, 0),
    at(Stage::Transaction, 0),
    at(Stage::Transaction, 1),
    at(Stage::Chunks, 1),
];

pub(super) const fn at(stage: Stage, recipients: usize) -> Position<'static> {
    Position {
        stage,
        tls: false,
        recipients,
        accepted: recipients as u32,
        messages: 0,
        bad_commands: 0,
        behind: Behind::Nothing,
        mime: None,
        access: Access::Closed,
        channel: None,
        trusted: Trusted { xclient: Trust::Nobody, xforward: Trust::Nobody },
        wanted: Interest(0),
    }
}

/// The plan in two words, such as `SenderOk Mail`.
pub(super) fn shown(plan: &Plan) -> String {
    let reply = match &plan.reply {
        PlannedReply::Stock(stock) => format!("{stock:?}"),
        PlannedReply::Made(reply) => reply.code().value().to_string(),
        PlannedReply::Named(stock, _) => format!("{stock:?}"),
        PlannedReply::Later => "-".to_owned(),
    };
    let effect = match &plan.effect {
        Effect::Greet { hello: Hello::Helo, .. } => "Greet",
        Effect::Greet { hello: Hello::Ehlo, .. } => "GreetExtended",
        Effect::Mail(_) => "Mail",
        Effect::Rcpt(_) => "Rcpt",
        Effect::Nothing => "-",
        Effect::Bad => "Bad",
        Effect::StartData => "StartData",
        Effect::StartChunks(_) => "StartChunks",
        Effect::Chunk(_) => "Chunk",
        Effect::DropChunk(..) => "DropChunk",
        Effect::Reset => "Reset",
        Effect::StartTls => "StartTls",
        Effect::Xclient(_) => "Xclient",
        Effect::Xforward(_) => "Xforward",
        Effect::Auth(_) => "Auth",
        Effect::Inquire(_) => "Inquire",
        Effect::Quit => "Quit",
        Effect::Close => "Close",
    };
    format!("{reply} {effect}")
}

fn plan_of(line: &str, position: &Position<'_>, config: &ServerConfig) -> String {
    if config.dialect.commands == Commands::Application {
        let command = Command::parse_verb(line, config.extensions.now(position.tls));
        return shown(&plan_for_application(command, position, config));
    }
    let offered = config.extensions.now(position.tls);
    let command = Command::parse(line, &config.dialect.syntax, offered);
    shown(&plan(command, line, position, config))
}

/// All lines at all positions, for each dialect.
fn table() -> String {
    let dialects = [
        ("mbr-smtp", Dialect::mbr_smtp()),
        ("smtp-protocol", Dialect::smtp_protocol()),
        ("mail-io", Dialect::mail_io()),
        ("smtp-server", Dialect::smtp_server()),
        ("lmtp", Dialect::mbr_smtp().lmtp()),
    ];
    let mut table =
        "dialect | line | refused | begun | greeted | transaction | recipient | chunks\n"
            .to_owned();
    for (name, dialect) in dialects {
        let config = config(|config| {
            config.tls = true;
            config.dialect = dialect;
            // As its interface has it.
            if name == "mail-io" {
                config.extensions = Extensions::default();
            }
        });
        for line in LINES {
            let plans = POSITIONS.map(|position| plan_of(line, &position, &config));
            table.push_str(&format!("{name} | {line} | {}\n", plans.join(" | ")));
        }
    }
    table
}

#[test]
fn each_command_at_each_stage() {
    for (line, kept) in table().lines().zip(include_str!("plans.txt").lines()) {
        assert_eq!(line, kept);
    }
    assert_eq!(table(), include_str!("plans.txt"));
}

#[test]
fn what_a_limit_forbids() {
    let used_up = Budget::new(Some(0));
    check(&[
        ("MAIL FROM:<a@b> SIZE=9", &|config, _| config.limits.size = Some(9), "SenderOk Mail"),
        ("MAIL FROM:<a@b> SIZE=10", &|config, _| config.limits.size = Some(9), "TooBig -"),
        (
            "MAIL FROM:<a@b>",
            &|config, position| {
                config.limits.messages = Some(2);
                position.messages = 2;
            },
            "TooManyMessages Close",
        ),
        ("RCPT TO:<c@d>", &|config, _| config.limits.recipients = Some(1), "TooManyRecipients -"),
        ("RCPT TO:<c@d>", &|config, _| config.limits.recipients = Some(2), "RecipientOk Rcpt"),
        ("DATA", &|config, _| config.control.memory = Some(used_up.clone()), "OutOfMemory -"),
        (
            "NOSUCH",
            &|config, position| {
                config.limits.bad_commands = Some(3);
                position.bad_commands = 3;
            },
            "TooManyBadCommands Close",
        ),
        (
            "NOOP",
            &|config, position| {
                config.limits.bad_commands = Some(3);
                position.bad_commands = 3;
            },
            "Ok -",
        ),
    ]);
}

#[test]
fn lmtp_counts_the_recipients_that_the_client_knows() {
    let knows_none = |config: &mut ServerConfig, position: &mut Position| {
        config.dialect = Dialect::mbr_smtp().lmtp();
        position.accepted = 0;
    };
    check(&[
        ("DATA", &knows_none, "RecipientFirst Bad"),
        ("BDAT 5 LAST", &knows_none, "RecipientFirst DropChunk"),
        ("DATA", &|_, position| position.accepted = 0, "StartData StartData"),
    ]);
}

#[test]
fn what_tls_has_a_say_in() {
    check(&[
        ("MAIL FROM:<a@b>", &|config, _| config.require_tls = true, "TlsRequired Bad"),
        (
            "MAIL FROM:<a@b>",
            &|config, position| {
                config.require_tls = true;
                position.stage = Stage::Begun;
            },
            "TlsRequired Bad",
        ),
        (
            "MAIL FROM:<a@b>",
            &|config, position| {
                config.require_tls = true;
                position.tls = true;
            },
            "SenderOk Mail",
        ),
        ("STARTTLS", &|_, position| position.tls = true, "AlreadyTls Bad"),
        ("STARTTLS", &|config, _| config.tls = false, "TlsNotOffered Bad"),
    ]);
}

/// A line, what is unlike a transaction with one recipient, and the plan.
type Case<'a> = (&'a str, &'a dyn Fn(&mut ServerConfig, &mut Position), &'a str);

fn check(cases: &[Case<'_>]) {
    for (line, change, planned) in cases {
        let mut position = at(Stage::Transaction, 1);
        let config = config(|config| {
            config.tls = true;
            change(config, &mut position);
        });
        assert_eq!(plan_of(line, &position, &config), *planned, "{line} at {position:?}");
    }
}

#[test]
fn auth_at_each_stage() {
    use super::super::auth::plan_auth;
    let config = config(|config| config.auth.exposure = Exposure::Anywhere);
    let stages = [Stage::Refused, Stage::Begun, Stage::Greeted, Stage::Transaction, Stage::Chunks];
    let accesses =
        [Access::Closed, Access::NeedsTls, Access::Open, Access::LoggedIn, Access::Exhausted];
    let unlike = |access, stage| match (access, stage) {
        (_, Stage::Refused) => "Refused Bad",
        (Access::Closed, _) => "UnknownCommand Bad",
        (Access::Exhausted, _) => "TooManyAuthFailures Close",
        (Access::NeedsTls, _) => "EncryptionRequired Bad",
        (_, Stage::Begun) => "GreetFirst Bad",
        (Access::LoggedIn, _) => "AlreadyLoggedIn Bad",
        (_, Stage::Transaction | Stage::Chunks) => "AuthInTransaction Bad",
        (Access::Open, Stage::Greeted) => "",
    };
    let arguments = [
        ("", "MechanismMissing Bad"),
        ("PLAIN", "- Auth"),
        ("plain =", "- Auth"),
        (" login  AAAA", "- Auth"),
        ("PLAIN AAA", "AuthMalformed Bad"),
        ("PLAIN AAAA AAAA", "AuthMalformed Bad"),
        ("CRAM-MD5", "MechanismUnknown Bad"),
        ("SCRAM-SHA-256-PLUS", "MechanismUnknown Bad"),
        ("NTLM AAA", "MechanismUnknown Bad"),
    ];
    for stage in stages {
        for access in accesses {
            for (argument, planned) in arguments {
                let position = Position { access, ..at(stage, 0) };
                let expected = match unlike(access, stage) {
                    "" => planned,
                    other => other,
                };
                let plan = plan_auth(argument, &position, &config);
                assert_eq!(shown(&plan), expected, "{argument} at {position:?}");
            }
        }
    }
}

fn state_of(table: &Table) -> &'static str {
    match table.session.state {
        State::Delaying => "Delaying",
        State::Connecting => "Connecting",
        State::Refused => "Refused",
        State::ExpectGreeting => "ExpectGreeting",
        State::ExpectMail => "ExpectMail",
        State::ExpectRcpt => "ExpectRcpt",
        State::Data(_) => "Data",
        State::Chunks(_) => "Chunks",
        State::Skipping(_) => "Skipping",
        State::Authenticating(_) => "Authenticating",
        State::StartTls => "StartTls",
        State::Closing(_) => "Closing",
    }
}

/// What brings a session to each state that reads from the client.
const WAYS: [(&str, &str); 8] = [
    ("Refused", ""),
    ("ExpectGreeting", ""),
    ("ExpectMail", "EHLO x\r\n"),
    ("ExpectRcpt", "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\n"),
    ("Data", "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"),
    ("Authenticating", "EHLO x\r\nAUTH PLAIN\r\n"),
    ("Chunks", "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nBDAT 1\r\nx"),
    ("Skipping", "EHLO x\r\nBDAT 99\r\n"),
];

/// The arrows of the diagram in `server/mod.rs`. A command that has none leaves its state.
const ARROWS: [(&str, &str, &str); 34] = [
    ("Refused", "QUIT", "Closing"),
    ("ExpectGreeting", "EHLO x", "ExpectMail"),
    ("ExpectGreeting", "HELO x", "ExpectMail"),
    ("ExpectGreeting", "STARTTLS", "ExpectGreeting"),
    ("ExpectGreeting", "QUIT", "Closing"),
    ("ExpectMail", "EHLO x", "ExpectMail"),
    ("ExpectMail", "HELO x", "ExpectMail"),
    ("ExpectMail", "MAIL FROM:<a@b>", "ExpectRcpt"),
    ("ExpectMail", "RSET", "ExpectMail"),
    ("ExpectMail", "STARTTLS", "ExpectGreeting"),
    ("ExpectMail", "QUIT", "Closing"),
    ("ExpectRcpt", "EHLO x", "ExpectMail"),
    ("ExpectRcpt", "HELO x", "ExpectMail"),
    ("ExpectRcpt", "MAIL FROM:<a@b>", "ExpectRcpt"),
    ("ExpectRcpt", "RSET", "ExpectMail"),
    ("ExpectRcpt", "RCPT TO:<c@d>", "ExpectRcpt"),
    ("ExpectRcpt", "DATA", "Data"),
    ("ExpectRcpt", "STARTTLS", "ExpectGreeting"),
    ("ExpectRcpt", "QUIT", "Closing"),
    ("Data", ".", "ExpectMail"),
    ("Refused", "BDAT 5", "Skipping"),
    ("Refused", "BDAT 5 LAST", "Skipping"),
    ("ExpectGreeting", "BDAT 5", "Skipping"),
    ("ExpectGreeting", "BDAT 5 LAST", "Skipping"),
    ("ExpectMail", "BDAT 5", "Skipping"),
    ("ExpectMail", "BDAT 5 LAST", "Skipping"),
    ("ExpectRcpt", "BDAT 5", "Data"),
    ("ExpectRcpt", "BDAT 5 LAST", "Data"),
    ("Chunks", "BDAT 5", "Data"),
    ("Chunks", "BDAT 5 LAST", "Data"),
    ("Chunks", "EHLO x", "ExpectMail"),
    ("Chunks", "HELO x", "ExpectMail"),
    ("Chunks", "RSET", "ExpectMail"),
    ("Chunks", "QUIT", "Closing"),
];

#[test]
fn the_diagram_has_all_arrows_and_no_other() {
    for (state, way) in WAYS {
        for line in LINES.into_iter().chain(["."]) {
            let config = config(|config| {
                config.tls = true;
                config.auth.exposure = Exposure::Anywhere;
            });
            let interest = if state == "Refused" { Interest::CONNECT } else { Interest::AUTH };
            let mut table = Table::new(config, interest);
            table.verdicts.push_back(Verdict::Answer(Reply::new(ReplyCode::known(554), "no")));
            table.run();
            table.send(way.as_bytes());
            assert_eq!(state_of(&table), state);
            table.send(format!("{line}\r\n").as_bytes());
            let arrow = ARROWS.iter().find(|(from, with, _)| *from == state && *with == line);
            let is_http = line.contains("HTTP") && !["Data", "Skipping"].contains(&state);
            let to = match state {
                // None of them is a response.
                "Authenticating" => "ExpectMail",
                _ if is_http => "Closing",
                _ => arrow.map_or(state, |(_, _, to)| to),
            };
            assert_eq!(state_of(&table), to, "{line:?} in {state}");
        }
    }
}
