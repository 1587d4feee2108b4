//! Clients, as JavaScript holds them: each a pool of connections to one place.

use super::border::Border;
use super::runtime;
use super::server::{limit, reason, time};
use crate::net::client::pool::{Cancel, Job, Pool, PoolOptions};
use crate::net::client::source::{Feed, Source};
use crate::net::client::{ClientOptions, Outcome, Route, SendError};
use crate::net::dialer::{DialError, Dialer, DialerOptions, Target};
use crate::net::events::{ClientNews, EventQueue, lock, ring_all};
use crate::net::tls::{Connector, ConnectorOptions, Keys};
use crate::protocol::client::delivery::{Body, Envelope, Fate, Recipient, Unfit};
use crate::protocol::client::opening::{Login, OpeningOptions, Refusal, TlsPolicy};
use crate::protocol::client::{Awaited, Failure, Timeouts};
use crate::protocol::reply::Reply;
use crate::protocol::sasl::{Credentials, Mechanism};
use bytes::Bytes;
use napi::bindgen_prelude::{Buffer, Reference, Uint8Array};
use napi::{Error, Result, Status};
use napi_derive::napi;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// For whoever lifts a limit that has to be there.
const LONG: Duration = Duration::from_secs(24 * 60 * 60);
/// Random letters of a nonce (RFC 5802 section 5.1).
const NONCE_BYTES: usize = 18;

/// How a client reaches its server; times in milliseconds, 0 for none.
#[napi(object, object_to_js = false)]
pub struct ClientSettings {
    /// The number that JavaScript knows it by.
    pub number: u32,
    /// Worker threads of the engine, if it has not started yet.
    pub threads: u32,
    /// A host, or the domain whose exchanges are meant.
    pub host: String,
    /// Where it listens.
    pub port: u32,
    /// A unix socket in place of these.
    pub path: Option<String>,
    /// The host is a domain that has exchanges.
    pub exchanges: bool,
    /// The name that the server's certificate has to show.
    pub servername: String,
    /// What the client calls itself.
    pub name: String,
    /// LMTP.
    pub lmtp: bool,
    /// 'none', 'opportunistic', 'required' or 'implicit'.
    pub tls: String,
    /// PEM, roots in place of the system's.
    pub ca: Option<Buffer>,
    /// PEM, a certificate of the client's own.
    pub cert: Option<Buffer>,
    /// PEM, its key.
    pub key: Option<Buffer>,
    /// Whether the server's certificate has to be valid.
    pub reject_unauthorized: bool,
    /// TLS 1.2.
    pub tls12: bool,
    /// TLS 1.3.
    pub tls13: bool,
    /// Who logs in.
    pub user: Option<String>,
    /// With what.
    pub password: Option<String>,
    /// Or with what.
    pub token: Option<String>,
    /// How; the best there is if it is not said.
    pub mechanism: Option<String>,
    /// Addresses of DNS servers, with their ports; the system's if there are none.
    pub dns_servers: Vec<String>,
    /// For a lookup.
    pub dns_timeout: f64,
    /// The address that connections come from.
    pub local_address: Option<String>,
    /// To connect and be greeted.
    pub connect_timeout: f64,
    /// For most replies.
    pub command_timeout: f64,
    /// For the reply to DATA.
    pub data_initiation_timeout: f64,
    /// For a block of a message.
    pub data_block_timeout: f64,
    /// For the reply to a message.
    pub data_termination_timeout: f64,
    /// At a time.
    pub max_connections: u32,
    /// Of one connection.
    pub max_messages: f64,
    /// Of a connection without work.
    pub idle_timeout: f64,
    /// Messages in `rate_time`.
    pub rate_limit: u32,
    /// See `rate_limit`.
    pub rate_time: f64,
}

/// A message's envelope and what is asked for it.
#[napi(object, object_to_js = false)]
pub struct MessageSettings {
    /// The reverse-path.
    pub from: String,
    /// Forward-paths.
    pub to: Vec<String>,
    /// NOTIFY and ORCPT of each, or of none.
    pub dsn: Vec<String>,
    /// RET and ENVID.
    pub mail_dsn: String,
    /// '7bit', '8bit', 'binary', or '' to look at the message.
    pub body: String,
    /// Bytes of a message that is not at hand; 0 if they are not known.
    pub size: f64,
    /// SMTPUTF8 even for ASCII addresses.
    pub smtp_utf8: bool,
    /// REQUIRETLS.
    pub require_tls: bool,
}

/// What a client has done.
#[napi(object)]
pub struct ClientStats {
    /// Connections that are open or being opened.
    pub connections: u32,
    /// Those of them without work.
    pub idle: u32,
    /// Messages that wait for a connection.
    pub queued: u32,
    /// Connections so far.
    pub connected: f64,
    /// Messages taken.
    pub sent: f64,
    /// Messages not taken.
    pub failed: f64,
}

/// What can be done about a message under way.
struct Handle {
    cancel: Arc<Cancel>,
    feed: Option<Arc<Feed>>,
}

/// A client.
#[napi]
pub struct NativeClient {
    number: u32,
    queue: Arc<EventQueue>,
    pool: Pool,
    messages: Arc<Mutex<HashMap<u32, Handle>>>,
}

/// Looks the exchanges of a domain up; told under `number` is '' and their names, or the code and
/// the message of an error.
#[napi]
pub fn find_exchanges(
    border: &Border,
    number: u32,
    domain: String,
    servers: Vec<String>,
    timeout: f64,
) -> Result<()> {
    let dialer = Dialer::new(DialerOptions {
        servers: addresses(&servers)?,
        dns_timeout: time(timeout).unwrap_or(LONG),
        local_address: None,
    });
    let queue = border.queue().clone();
    runtime::handle(1)?.spawn(async move {
        let texts = match dialer.exchanges(&domain).await {
            Ok(hosts) => std::iter::once(String::new()).chain(hosts).collect(),
            Err(error) => vec![error.code().to_owned(), error.to_string()],
        };
        queue.post_client(0, number, ClientNews::Found, &texts);
    });
    Ok(())
}

fn addresses(servers: &[String]) -> Result<Vec<SocketAddr>> {
    let parse = |server: &String| {
        server.parse().map_err(|_| invalid(&format!("not a DNS server's address: {server}")))
    };
    servers.iter().map(parse).collect()
}

#[napi]
impl NativeClient {
    /// A client without connections.
    #[napi(constructor)]
    pub fn new(border: Reference<Border>, settings: ClientSettings) -> Result<Self> {
        let options = PoolOptions {
            client: client_options(&settings)?,
            max_connections: settings.max_connections.max(1) as usize,
            max_messages: limit(settings.max_messages),
            idle_timeout: time(settings.idle_timeout).unwrap_or(LONG),
            rate: (settings.rate_limit > 0)
                .then(|| (settings.rate_limit, time(settings.rate_time).unwrap_or(LONG))),
            nonce: Box::new(nonce),
        };
        let runtime = runtime::handle(settings.threads)?.clone();
        Ok(Self {
            number: settings.number,
            queue: border.queue().clone(),
            pool: Pool::new(options, runtime),
            messages: Arc::default(),
        })
    }

    /// Queues a message that JavaScript calls `number`: `content`, or what is pushed.
    #[napi]
    pub fn send(&self, number: u32, settings: MessageSettings, content: Option<Uint8Array>) {
        let content = content.map(|content| Bytes::copy_from_slice(&content));
        let envelope = Arc::new(envelope(settings, content.as_ref()));
        let (source, feed) = match content {
            Some(content) => (Source::Whole(content, 0), None),
            None => {
                let feed = Arc::new(self.feed(number));
                (Source::Fed(feed.clone()), Some(feed))
            }
        };
        let cancel = Arc::<Cancel>::default();
        lock(&self.messages).insert(number, Handle { cancel: cancel.clone(), feed });
        let (queue, client) = (self.queue.clone(), self.number);
        let messages = self.messages.clone();
        let report = Box::new(move |outcome: Outcome| {
            lock(&messages).remove(&number);
            queue.post_client(client, number, ClientNews::Sent, &outcome_texts(&outcome));
        });
        self.pool.submit(Job { envelope, source, cancel, report, attempts: 0 });
        ring_all();
    }

    /// Adds to a message; whether there is room for more.
    #[napi]
    pub fn push(&self, number: u32, bytes: Uint8Array) -> bool {
        let feed = lock(&self.messages).get(&number).and_then(|message| message.feed.clone());
        feed.is_none_or(|feed| feed.push(Bytes::copy_from_slice(&bytes)))
    }

    /// Ends a message, or gives it up.
    #[napi]
    pub fn finish(&self, number: u32, complete: bool) {
        let feed = lock(&self.messages).get(&number).and_then(|message| message.feed.clone());
        match feed {
            Some(feed) if complete => feed.end(),
            Some(feed) => feed.abort(),
            None => {}
        }
    }

    /// Gives a message up, at whatever point it is.
    #[napi]
    pub fn cancel(&self, number: u32) {
        let cancel = lock(&self.messages).get(&number).map(|message| message.cancel.clone());
        if let Some(cancel) = cancel {
            cancel.cancel();
            self.pool.sweep();
            ring_all();
        }
    }

    /// Asks the server whether it takes mail; the answer comes under `number`.
    #[napi]
    pub fn verify(&self, number: u32) {
        let (queue, client) = (self.queue.clone(), self.number);
        self.pool.verify(Box::new(move |result| {
            let texts = result.err().map_or_else(Vec::new, |error| error_texts(&error));
            queue.post_client(client, number, ClientNews::Verified, &texts);
        }));
    }

    /// Sends what there is and closes, or closes at once.
    #[napi]
    pub fn close(&self, at_once: bool) {
        let (queue, client) = (self.queue.clone(), self.number);
        if at_once {
            self.pool.abort();
        }
        self.pool.close(Box::new(move || {
            queue.post_client(client, 0, ClientNews::Closed, &[]);
        }));
        ring_all();
    }

    /// What it has done.
    #[napi]
    pub fn stats(&self) -> ClientStats {
        let stats = self.pool.stats();
        ClientStats {
            connections: stats.connections as u32,
            idle: stats.idle as u32,
            queued: stats.queued as u32,
            connected: stats.connected as f64,
            sent: stats.sent as f64,
            failed: stats.failed as f64,
        }
    }

    fn feed(&self, number: u32) -> Feed {
        let (queue, client) = (self.queue.clone(), self.number);
        Feed::new(Box::new(move || queue.post_client(client, number, ClientNews::Drained, &[])))
    }
}

fn client_options(settings: &ClientSettings) -> Result<ClientOptions> {
    let port = settings.port as u16;
    let route = match &settings.path {
        Some(path) => Route::Server(Target::Path(path.into()), settings.servername.clone()),
        None if settings.exchanges => Route::Exchanges(settings.host.clone(), port),
        None => Route::Server(Target::host(&settings.host, port), settings.servername.clone()),
    };
    let local_address = settings.local_address.as_ref().map(|address| {
        address.parse().map_err(|_| invalid(&format!("not an IP address: {address}")))
    });
    let dialer = Dialer::new(DialerOptions {
        servers: addresses(&settings.dns_servers)?,
        dns_timeout: time(settings.dns_timeout).unwrap_or(LONG),
        local_address: local_address.transpose()?,
    });
    let policy = match settings.tls.as_str() {
        "opportunistic" => TlsPolicy::Opportunistic,
        "required" => TlsPolicy::Required,
        _ => TlsPolicy::Never,
    };
    let implicit_tls = settings.tls == "implicit";
    let speaks_tls = implicit_tls || policy != TlsPolicy::Never;
    Ok(ClientOptions {
        route,
        dialer: Arc::new(dialer),
        connector: speaks_tls.then(|| connector(settings)).transpose()?.map(Arc::new),
        implicit_tls,
        // Nobody is to be shown a password for having broken the TLS.
        falls_back: !settings.reject_unauthorized && settings.user.is_none(),
        opening: Arc::new(OpeningOptions {
            name: settings.name.clone(),
            lmtp: settings.lmtp,
            tls: policy,
            login: login(settings)?,
            server: (settings.host.clone(), port),
        }),
        timeouts: Timeouts {
            greeting: None,
            command: time(settings.command_timeout),
            data_initiation: time(settings.data_initiation_timeout),
            data_block: time(settings.data_block_timeout),
            data_termination: time(settings.data_termination_timeout),
        },
        connect_timeout: time(settings.connect_timeout).unwrap_or(LONG),
    })
}

fn connector(settings: &ClientSettings) -> Result<Connector> {
    let keys = settings.cert.as_ref().zip(settings.key.as_ref());
    Connector::new(&ConnectorOptions {
        ca: settings.ca.as_deref(),
        keys: keys.map(|(chain, key)| Keys { chain, key }),
        tls12: settings.tls12,
        tls13: settings.tls13,
        reject_unauthorized: settings.reject_unauthorized,
    })
    .map_err(reason)
}

fn login(settings: &ClientSettings) -> Result<Option<Login>> {
    let Some(user) = settings.user.clone() else { return Ok(None) };
    let credentials = match (&settings.password, &settings.token) {
        (_, Some(token)) => Credentials::token(user, token.clone()),
        (password, None) => Credentials::password(user, password.clone().unwrap_or_default()),
    };
    let credentials = credentials.map_err(|error| invalid(&error.to_string()))?;
    let mechanism = settings.mechanism.as_ref().map(|name| {
        Mechanism::parse(name).ok_or_else(|| invalid(&format!("unknown mechanism: {name}")))
    });
    Ok(Some(Login { credentials, mechanism: mechanism.transpose()? }))
}

fn envelope(settings: MessageSettings, content: Option<&Bytes>) -> Envelope {
    let mut dsn = settings.dsn.into_iter();
    let recipients = settings.to.into_iter();
    Envelope {
        from: settings.from,
        recipients: recipients
            .map(|address| Recipient { address, dsn: dsn.next().unwrap_or_default() })
            .collect(),
        body: match settings.body.as_str() {
            "7bit" => Body::SevenBit,
            "binary" => Body::Binary,
            "" if content.is_some_and(|content| content.is_ascii()) => Body::SevenBit,
            _ => Body::EightBit,
        },
        size: content.map(|content| content.len() as u64).or_else(|| limit(settings.size)),
        smtp_utf8: settings.smtp_utf8,
        require_tls: settings.require_tls,
        dsn: settings.mail_dsn,
    }
}

/// Printable and random, from the system's source as TLS uses it.
pub(super) fn nonce() -> String {
    let mut bytes = [0; NONCE_BYTES];
    let provider = rustls::crypto::ring::default_provider();
    match provider.secure_random.fill(&mut bytes) {
        Ok(()) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        // An empty nonce is one that no mechanism takes.
        Err(_) => String::new(),
    }
}

/// '' and the last reply, then for each recipient that was refused its index, the request and
/// the reply; or what [`error_texts`] gives.
fn outcome_texts(outcome: &Outcome) -> Vec<String> {
    let (fates, response) = match outcome {
        Outcome::Failed(error) => return error_texts(error),
        Outcome::Answered(fates, response) => (fates, response),
    };
    let mut texts = vec![String::new(), response.as_ref().map(reply_text).unwrap_or_default()];
    for (index, fate) in fates.iter().enumerate() {
        if let Fate::Rejected(request, reply) = fate {
            texts.extend([index.to_string(), request.to_string(), reply_text(reply)]);
        }
    }
    texts
}

/// The code, the message, the system's error number, the request and the reply that are to
/// blame, and '1' if the message may have been taken.
fn error_texts(error: &SendError) -> Vec<String> {
    let message = error.to_string();
    let (error, uncertain) = match error {
        SendError::Uncertain(inner) => (&**inner, "1"),
        other => (other, ""),
    };
    let (request, reply) = cause(error);
    let number = match error {
        SendError::Dial(DialError::Io(_, error)) | SendError::Io(error) => error.raw_os_error(),
        _ => None,
    };
    vec![
        code(error).to_owned(),
        message,
        number.map(|number| number.to_string()).unwrap_or_default(),
        request.map(|request| request.to_string()).unwrap_or_default(),
        reply.map(reply_text).unwrap_or_default(),
        uncertain.to_owned(),
    ]
}

fn cause(error: &SendError) -> (Option<Awaited>, Option<&Reply>) {
    match error {
        SendError::Refused(Refusal::Refused(request, reply)) => (Some(*request), Some(reply)),
        SendError::Refused(Refusal::NoTls(reply)) => (Some(Awaited::StartTls), reply.as_ref()),
        SendError::Protocol(Failure::Closed(request) | Failure::Timeout(request)) => {
            (*request, None)
        }
        SendError::Protocol(
            Failure::Leaving(reply) | Failure::Unasked(reply) | Failure::Early(reply),
        ) => (None, Some(reply)),
        _ => (None, None),
    }
}

/// The codes of `SmtpError`; the README has their table.
fn code(error: &SendError) -> &'static str {
    match error {
        SendError::Dial(error) => error.code(),
        SendError::Io(_) => "ECONNRESET",
        SendError::Tls(error) => error.code(),
        SendError::Protocol(Failure::Timeout(_)) => "ETIMEDOUT",
        SendError::Protocol(Failure::Closed(_) | Failure::Leaving(_)) => "SMTP_ERR_CLOSED",
        SendError::Refused(Refusal::Refused(Awaited::Auth, _) | Refusal::Sasl(_)) => {
            "SMTP_ERR_AUTH"
        }
        SendError::Refused(Refusal::NoMechanism) => "SMTP_ERR_NO_MECHANISM",
        SendError::Refused(Refusal::NoTls(_)) => "SMTP_ERR_NO_TLS",
        SendError::Refused(Refusal::Argument(_)) | SendError::Unfit(Unfit::Argument(_)) => {
            "SMTP_ERR_ARGUMENT"
        }
        SendError::Refused(_) => "SMTP_ERR_REFUSED",
        SendError::Unfit(Unfit::TooLarge(..)) => "SMTP_ERR_SIZE",
        SendError::Unfit(_) => "SMTP_ERR_EXTENSION",
        SendError::Starved => "SMTP_ERR_STARVED",
        SendError::Cancelled => "ABORT_ERR",
        SendError::Closed => "SMTP_ERR_CLIENT_CLOSED",
        _ => "SMTP_ERR_PROTOCOL",
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

fn invalid(text: &str) -> Error {
    Error::new(Status::InvalidArg, text.to_owned())
}
