//! What JavaScript says of a server, into types.

use super::control::ControlOptions;
use crate::net::dns::names::{ResolveOptions, Resolver};
use crate::net::random::{nonce, process_secret};
use crate::net::server::peers::Peers;
use crate::net::server::{Options, Port};
use crate::net::tls::Tls;
use crate::node::convert::{
    dns_servers, invalid, limit, limit32, memory_limit, reason, time, unknown,
};
use crate::node::tls::TlsSettings;
use crate::protocol::counters::Counters;
use crate::protocol::data::BareNewlines;
use crate::protocol::dialect::{Dialect, Parameters, Replies};
use crate::protocol::extension::Extension;
use crate::protocol::limits::Limits;
use crate::protocol::sasl::Mechanism;
use crate::protocol::sasl::server::Pretence;
use crate::protocol::server::{AuthPolicy, Exposure, Login, ServerConfig};
use napi::Result;
use napi_derive::napi;
use std::sync::Arc;
use std::time::Duration;

/// What a server is made of; limits in their own units, times in milliseconds, 0 for none.
#[napi(object)]
pub struct ServerOptions {
    /// The number that JavaScript knows it by.
    pub number: u32,
    /// The name that the server calls itself.
    pub name: String,
    /// Worker threads of the engine, if it has not started yet.
    pub threads: u32,
    /// Keywords of the extensions that it offers.
    pub extensions: Vec<String>,
    /// Whether its own replies carry enhanced status codes.
    pub enhanced_status_codes: bool,
    /// 'mbr-smtp', 'smtp-protocol', 'smtp-server' or 'mail-io'.
    pub dialect: String,
    /// Whether LMTP is spoken in place of SMTP.
    pub lmtp: bool,
    /// 'accept', 'refuse' or 'normalise'.
    pub bare_newlines: String,
    /// What becomes of parameters that are not offered: `refuse` or `ignore`.
    pub unknown_parameters: String,
    /// LF dot LF ends a message where every line so far has ended in a bare LF.
    pub line_feeds: bool,
    /// The longest string there can be.
    pub deliverable: f64,
    /// Keys and settings for TLS, where there are any.
    pub tls: Option<TlsSettings>,
    /// Whether TLS begins with the first byte.
    pub implicit_tls: bool,
    /// Whether mail is taken under TLS only.
    pub require_tls: bool,
    /// Who logs in, where JavaScript listens to that.
    pub auth: AuthOptions,
    /// Connections that the kernel may hold ready.
    pub backlog: i32,
    /// Whether the port is shared with other servers.
    pub reuse_port: bool,
    /// Whether every peer sends a PROXY header first.
    pub proxied: bool,
    /// Addresses and networks of the peers that do.
    pub proxies: Vec<String>,
    /// Addresses and networks of the peers that may say XCLIENT.
    pub xclient: Vec<String>,
    /// Addresses and networks of the peers that may say XFORWARD.
    pub xforward: Vec<String>,
    /// How names of clients are found, where they are wanted.
    pub resolve: Option<ResolveParams>,
    /// What is done about clients that behave badly.
    pub control: ControlOptions,
    /// Bytes of a message at most.
    pub size: f64,
    /// Clients at a time.
    pub max_clients: f64,
    /// Clients at a time from one address.
    pub max_clients_per_address: f64,
    /// Recipients of a transaction at most.
    pub max_recipients: f64,
    /// Messages of a session at most.
    pub max_messages: f64,
    /// Bad commands of a session at most.
    pub max_bad_commands: f64,
    /// Bytes of a command line at most.
    pub max_command_length: f64,
    /// How long a session may be without traffic.
    pub timeout: f64,
    /// How long a client may take to greet.
    pub greeting_timeout: f64,
    /// How long a client may take to complete a command line.
    pub command_timeout: f64,
    /// How long a client may take to complete a TLS handshake.
    pub handshake_timeout: f64,
    /// How long a message may be without data.
    pub data_timeout: f64,
    /// How long a listener may take to answer.
    pub listener_timeout: f64,
}

/// How names of clients are found.
#[napi(object)]
pub struct ResolveParams {
    /// How long all lookups of a client may take, in milliseconds.
    pub timeout: u32,
    /// Whether a client is greeted only after its lookups.
    pub before_greeting: bool,
    /// Addresses of DNS servers, with their ports; the system's if there are none.
    pub servers: Vec<String>,
}

/// Who logs in, and how.
#[napi(object)]
pub struct AuthOptions {
    /// Whether mail is taken after a login only.
    pub required: bool,
    /// Names of mechanisms, in the order in which they are listed.
    pub mechanisms: Vec<String>,
    /// Whether it is offered without TLS as well.
    pub in_the_open: bool,
    /// Refused logins of a session at most.
    pub max_failures: f64,
}

impl AuthOptions {
    fn prepare(&self) -> Result<AuthPolicy> {
        let mechanisms = self
            .mechanisms
            .iter()
            .map(|name| Mechanism::parse(name).ok_or_else(|| unknown("mechanism", name)));
        Ok(AuthPolicy {
            login: if self.required { Login::Required } else { Login::Offered },
            mechanisms: mechanisms.collect::<Result<_>>()?,
            exposure: if self.in_the_open { Exposure::Anywhere } else { Exposure::TlsOnly },
            max_failures: limit32(self.max_failures)?,
            nonce,
            pretence: Pretence::new(process_secret()),
        })
    }
}

impl ServerOptions {
    pub(super) fn prepare(&self) -> Result<Options> {
        let tls = self.tls.as_ref().map(TlsSettings::prepare).transpose()?;
        Ok(Options {
            number: self.number,
            implicit_tls: self.implicit_tls,
            max_clients: memory_limit(self.max_clients)?,
            max_clients_per_address: memory_limit(self.max_clients_per_address)?,
            backlog: self.backlog,
            port: if self.reuse_port { Port::Shared } else { Port::Own },
            proxies: if self.proxied { Peers::Everybody } else { peers(&self.proxies)? },
            xclient: peers(&self.xclient)?,
            xforward: peers(&self.xforward)?,
            resolver: self.resolve.as_ref().map(resolver).transpose()?,
            rates: self.control.rates()?,
            config: Arc::new(config(self, tls.as_ref())?),
            tls,
        })
    }
}

fn peers(names: &[String]) -> Result<Peers> {
    Peers::parse(names).ok_or_else(|| invalid(format!("not addresses and networks: {names:?}")))
}

fn resolver(params: &ResolveParams) -> Result<Arc<Resolver>> {
    let options = ResolveOptions {
        timeout: Duration::from_millis(u64::from(params.timeout)),
        before_greeting: params.before_greeting,
        servers: dns_servers(&params.servers)?,
    };
    Resolver::new(&options).map_err(reason)
}

/// `tls` tells whether there are keys.
fn config(options: &ServerOptions, tls: Option<&Tls>) -> Result<ServerConfig> {
    let tls = tls.is_some();
    let dialect =
        Dialect::named(&options.dialect).ok_or_else(|| unknown("dialect", &options.dialect))?;
    let mut dialect = if options.lmtp { dialect.lmtp() } else { dialect };
    match (options.unknown_parameters.as_str(), dialect.syntax.parameters) {
        ("ignore", Parameters::Offered) => dialect.syntax.parameters = Parameters::Ignored,
        ("ignore" | "refuse", _) => {}
        (word, _) => return Err(unknown("treatment of unknown parameters", word)),
    }
    let wanted = options
        .extensions
        .iter()
        .map(|keyword| Extension::named(keyword).ok_or_else(|| unknown("extension", keyword)));
    let wanted = wanted.collect::<Result<Vec<_>>>()?;
    let limits = limits(options)?;
    Ok(ServerConfig {
        name: options.name.clone(),
        extensions: dialect.extensions(wanted, &limits, tls),
        tls,
        require_tls: options.require_tls,
        auth: options.auth.prepare()?,
        bare_newlines: match options.bare_newlines.as_str() {
            "refuse" => BareNewlines::Refuse,
            "normalise" => BareNewlines::Normalise,
            "accept" => BareNewlines::Accept,
            word => return Err(unknown("treatment of bare newlines", word)),
        },
        line_feeds: options.line_feeds,
        deliverable: limit(options.deliverable)?,
        replies: Replies::new(&dialect, &options.name, options.enhanced_status_codes),
        dialect,
        control: options.control.control()?,
        counters: Counters::default(),
        limits,
    })
}

fn limits(options: &ServerOptions) -> Result<Limits> {
    Ok(Limits {
        size: limit(options.size)?,
        recipients: limit32(options.max_recipients)?,
        messages: limit32(options.max_messages)?,
        bad_commands: limit32(options.max_bad_commands)?,
        command_length: memory_limit(options.max_command_length)?,
        idle: time(options.timeout)?,
        greeting: time(options.greeting_timeout)?,
        command: time(options.command_timeout)?,
        handshake: time(options.handshake_timeout)?,
        data: time(options.data_timeout)?,
        listener: time(options.listener_timeout)?,
    })
}
