//! A server, as JavaScript holds it.

mod control;

use super::border::Border;
use super::convert::{limit, reason, time};
use super::pipe::NativePipe;
use super::runtime;
use super::tls::TlsSettings;
use crate::net::dns::names::{ResolveOptions, Resolver};
use crate::net::error;
use crate::net::events::EventQueue;
use crate::net::server::{Address, Options, Server};
use crate::net::stream::Stream;
use crate::protocol::counters::Counters;
use crate::protocol::data::BareNewlines;
use crate::protocol::dialect::{Dialect, Replies};
use crate::protocol::extension::{Extension, Extensions};
use crate::protocol::limits::Limits;
use crate::protocol::server::{Interest, ServerConfig};
use control::ControlOptions;
use napi::bindgen_prelude::Reference;
use napi::{Env, Error, Result, Status};
use napi_derive::napi;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The same number everywhere.
const EINVAL: i32 = 22;

/// What a server is made of; limits in their own units, times in milliseconds, 0 for none.
#[napi(object)]
pub struct ServerOptions {
    /// The number that JavaScript knows it by.
    pub number: u32,
    /// What it calls itself.
    pub name: String,
    /// Worker threads of the engine, if it has not started yet.
    pub threads: u32,
    /// Keywords of the extensions that it offers.
    pub extensions: Vec<String>,
    /// Whether its own replies carry enhanced status codes.
    pub enhanced_status_codes: bool,
    /// 'mbr-smtp', 'smtp-protocol' or 'mail-io'.
    pub dialect: String,
    /// 'accept', 'refuse' or 'normalise'.
    pub bare_newlines: String,
    /// LF dot LF ends a message where every line so far has ended in a bare LF.
    pub line_feeds: bool,
    /// The longest string there can be.
    pub deliverable: f64,
    /// Where there are keys.
    pub tls: Option<TlsSettings>,
    /// TLS from the first byte.
    pub implicit_tls: bool,
    /// Mail under TLS only.
    pub require_tls: bool,
    /// Connections that the kernel may hold ready.
    pub backlog: i32,
    /// Share the port with others that do.
    pub reuse_port: bool,
    /// Find names of clients.
    pub resolve: Option<ResolveParams>,
    /// What is done about clients that behave badly.
    pub control: ControlOptions,
    /// Bytes of a message.
    pub size: f64,
    /// Clients at a time.
    pub max_clients: f64,
    /// Clients at a time from one address.
    pub max_clients_per_address: f64,
    /// Recipients of a transaction.
    pub max_recipients: f64,
    /// Messages of a session.
    pub max_messages: f64,
    /// Bad commands of a session.
    pub max_bad_commands: f64,
    /// Bytes of a command line.
    pub max_command_length: f64,
    /// Without traffic.
    pub timeout: f64,
    /// To greet.
    pub greeting_timeout: f64,
    /// To complete a command line.
    pub command_timeout: f64,
    /// To complete a TLS handshake.
    pub handshake_timeout: f64,
    /// Without message data.
    pub data_timeout: f64,
    /// For a listener to answer.
    pub listener_timeout: f64,
}

/// How names of clients are found.
#[napi(object)]
pub struct ResolveParams {
    /// Milliseconds for all of it.
    pub timeout: u32,
    /// Greet only then.
    pub before_greeting: bool,
    /// Addresses of DNS servers, with their ports; the system's if there are none.
    pub servers: Vec<String>,
}

/// Where a server listens.
#[napi(object)]
pub struct ServerAddress {
    /// An IP address, or the path of a unix socket.
    pub address: String,
    /// Absent for a unix socket.
    pub port: Option<u32>,
}

/// What a server has done; see `ServerStats` of the package's own typings.
#[napi(object)]
pub struct ServerStats {
    /// Sessions that are open.
    pub open: u32,
    /// Sessions so far.
    pub sessions: f64,
    /// Messages accepted.
    pub accepted: f64,
    /// Messages refused.
    pub refused: f64,
    /// Bytes from clients.
    pub received: f64,
    /// Bytes to clients.
    pub sent: f64,
    /// Refusals by reason.
    pub refusals: HashMap<String, f64>,
    /// Handshakes that ended in TLS 1.2.
    pub tls12: f64,
    /// In TLS 1.3.
    pub tls13: f64,
    /// In nothing.
    pub failed_handshakes: f64,
    /// Answers of listeners.
    pub answers: f64,
    /// Their times, in milliseconds.
    pub mean: f64,
    /// Half of them took no longer.
    pub median: f64,
    /// All but a hundredth took no longer.
    pub p99: f64,
    /// The longest.
    pub longest: f64,
    /// Records that wait for this thread.
    pub waiting: u32,
    /// Bytes of memory in use for messages, where they have a bound.
    pub memory: f64,
}

/// A server.
#[napi]
pub struct NativeServer {
    server: Arc<Server>,
    queue: Arc<EventQueue>,
    threads: u32,
}

#[napi]
impl NativeServer {
    /// A server that does not listen yet.
    #[napi(constructor)]
    pub fn new(_env: Env, mut border: Reference<Border>, options: ServerOptions) -> Result<Self> {
        let tls = options.tls.as_ref().map(TlsSettings::prepare).transpose()?;
        let resolver = options.resolve.as_ref().map(resolver).transpose()?;
        let threads = options.threads;
        let options = Options {
            number: options.number,
            implicit_tls: options.implicit_tls,
            max_clients: limit(options.max_clients).map(|limit| limit as usize),
            max_clients_per_address: limit(options.max_clients_per_address)
                .map(|limit| limit as usize),
            backlog: options.backlog,
            reuse_port: options.reuse_port,
            resolver,
            rates: options.control.rates(),
            config: config(&options, tls.is_some()),
            tls,
        };
        let server = Server::new(options, border.queue().clone());
        border.owns(&server);
        Ok(Self { server, queue: border.queue().clone(), threads })
    }

    /// Listens on an IP address and port, or on a path. The system's error number is returned if
    /// that fails, 0 where the platform cannot share ports.
    #[napi]
    pub fn listen(&self, address: String, port: Option<u32>) -> Result<Option<i32>> {
        let address = match port {
            None => Address::Unix(PathBuf::from(address)),
            Some(port) => {
                let ip: IpAddr = address.parse().map_err(|_| invalid("address", &address))?;
                let port = u16::try_from(port).map_err(|_| invalid("port", &port.to_string()))?;
                Address::Ip(SocketAddr::new(ip, port))
            }
        };
        match self.server.listen(&address, runtime::handle(self.threads)?) {
            Ok(()) => Ok(None),
            Err(error::Error::Bind(error)) => match error.raw_os_error() {
                Some(number) => Ok(Some(number)),
                // What the standard library finds wrong by itself: a path that is too long.
                None if error.kind() == io::ErrorKind::InvalidInput => Ok(Some(EINVAL)),
                None => Err(reason(error)),
            },
            Err(error::Error::ReusePort) => Ok(Some(0)),
            Err(error) => Err(reason(error)),
        }
    }

    /// Serves a client behind a stream of the program's, which hears of it by this number.
    #[napi]
    pub fn adopt(&self, number: u32) -> Result<NativePipe> {
        let (pipe, end) = NativePipe::create(self.queue.clone(), number);
        let run = self.server.adopt(Stream::Pipe(pipe), runtime::handle(self.threads)?);
        Ok(NativePipe::new(end, run))
    }

    /// Closes the listening socket; the number of what ends with that is returned.
    #[napi]
    pub fn stop(&self) -> u32 {
        self.server.stop()
    }

    /// Closes the sessions of this run and those before once no transaction is open in them.
    #[napi]
    pub fn drain(&self, run: u32) {
        self.server.drain(run);
    }

    /// Closes these sessions now.
    #[napi]
    pub fn abort(&self, run: u32) {
        self.server.abort(run);
    }

    /// Sets what handshakes from now on use; nothing changes if that cannot be used.
    #[napi]
    pub fn set_tls(&self, settings: TlsSettings) -> Result<()> {
        self.server.set_tls(settings.prepare()?);
        Ok(())
    }

    /// Sets the events that JavaScript listens to.
    #[napi]
    pub fn set_interest(&self, interest: u32) {
        self.server.set_interest(Interest(interest));
    }

    /// Sessions at present.
    #[napi]
    pub fn connections(&self) -> u32 {
        self.server.connections() as u32
    }

    /// Where it listens, if it does.
    #[napi]
    pub fn address(&self) -> Option<ServerAddress> {
        Some(match self.server.address()? {
            Address::Ip(address) => ServerAddress {
                address: address.ip().to_string(),
                port: Some(u32::from(address.port())),
            },
            Address::Unix(path) => {
                ServerAddress { address: path.to_string_lossy().into_owned(), port: None }
            }
        })
    }

    /// What the server has done.
    #[napi]
    pub fn stats(&self) -> ServerStats {
        let counters = &self.server.config().counters;
        let memory = self.server.config().control.memory.as_ref();
        let traffic = self.server.traffic();
        let refusals = counters.refusals();
        let refusals = refusals.map(|(stock, count)| (stock.name().to_owned(), count as f64));
        let by_application = counters.refusals_by_application();
        let listener = (by_application > 0).then(|| ("listener".to_owned(), by_application as f64));
        let answers = traffic.answers.summary();
        ServerStats {
            open: self.server.connections() as u32,
            sessions: traffic.sessions.get() as f64,
            accepted: counters.accepted() as f64,
            refused: counters.refused() as f64,
            received: traffic.received.get() as f64,
            sent: traffic.sent.get() as f64,
            refusals: listener.into_iter().chain(refusals).collect(),
            tls12: traffic.tls12.get() as f64,
            tls13: traffic.tls13.get() as f64,
            failed_handshakes: traffic.failed_handshakes.get() as f64,
            answers: answers.count as f64,
            mean: answers.mean,
            median: answers.median,
            p99: answers.p99,
            longest: answers.longest,
            waiting: self.server.waiting() as u32,
            memory: memory.map_or(0.0, |memory| memory.used() as f64),
        }
    }

    /// The lines of each stock reply, by its number in the records.
    #[napi]
    pub fn replies(&self) -> Vec<Vec<String>> {
        self.server.config().replies.all_lines()
    }
}

fn resolver(params: &ResolveParams) -> Result<Arc<Resolver>> {
    let servers = params.servers.iter().map(|server| {
        server.parse().map_err(|_| invalid("address and port of a DNS server", server))
    });
    let options = ResolveOptions {
        timeout: Duration::from_millis(u64::from(params.timeout)),
        before_greeting: params.before_greeting,
        servers: servers.collect::<Result<_>>()?,
    };
    Resolver::new(&options).map_err(reason)
}

fn config(options: &ServerOptions, tls: bool) -> ServerConfig {
    let mut extensions = Extensions::default();
    for extension in Extension::ALL {
        if options.extensions.iter().any(|keyword| keyword == extension.keyword()) {
            extensions.insert(extension);
        }
    }
    let dialect = match options.dialect.as_str() {
        "smtp-protocol" => Dialect::smtp_protocol(),
        "mail-io" => Dialect::mail_io(),
        _ => Dialect::mbr_smtp(),
    };
    ServerConfig {
        name: options.name.clone(),
        extensions,
        tls,
        require_tls: options.require_tls,
        bare_newlines: match options.bare_newlines.as_str() {
            "refuse" => BareNewlines::Refuse,
            "normalise" => BareNewlines::Normalise,
            _ => BareNewlines::Accept,
        },
        line_feeds: options.line_feeds,
        deliverable: limit(options.deliverable),
        dialect,
        replies: Replies::new(dialect, &options.name, options.enhanced_status_codes),
        control: options.control.control(),
        counters: Counters::default(),
        limits: Limits {
            size: limit(options.size),
            recipients: limit(options.max_recipients).map(|limit| limit as u32),
            messages: limit(options.max_messages).map(|limit| limit as u32),
            bad_commands: limit(options.max_bad_commands).map(|limit| limit as u32),
            command_length: limit(options.max_command_length).map(|limit| limit as usize),
            idle: time(options.timeout),
            greeting: time(options.greeting_timeout),
            command: time(options.command_timeout),
            handshake: time(options.handshake_timeout),
            data: time(options.data_timeout),
            listener: time(options.listener_timeout),
        },
    }
}

fn invalid(what: &str, value: &str) -> Error {
    Error::new(Status::InvalidArg, format!("not a {what}: {value}"))
}
