//! What JavaScript says of a client and of a message, into types.

use crate::net::client::dialer::{Dialer, DialerOptions, Target};
use crate::net::client::{ClientOptions, Route};
use crate::net::tls::{AskRoots, Connector, ConnectorOptions, Keys};
use crate::node::convert::{self, dns_servers, invalid, limit, long_time, reason, time, unknown};
use crate::protocol::client::Timeouts;
use crate::protocol::client::delivery::{Envelope, Recipient};
use crate::protocol::client::opening::{Login, OpeningOptions, TlsPolicy};
use crate::protocol::parameters::{Body, MailParameters, ParameterError, RcptParameters, Unknown};
use crate::protocol::sasl::Mechanism;
use crate::protocol::sasl::client::Credentials;
use bytes::Bytes;
use napi::Result;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use std::sync::Arc;

/// How a client reaches its server; times in milliseconds, 0 for none.
#[napi(object, object_to_js = false)]
pub struct ClientSettings {
    /// The number that JavaScript knows it by.
    pub number: u32,
    /// Worker threads of the engine, if it has not started yet.
    pub threads: u32,
    /// A host, or the domain whose exchanges are meant.
    pub host: String,
    /// The port that the server listens at.
    pub port: u32,
    /// The path of a unix socket in place of host and port.
    pub path: Option<String>,
    /// The host is a domain that has exchanges.
    pub exchanges: bool,
    /// The name that the server's certificate has to show.
    pub servername: String,
    /// What the client calls itself; '' for the address of its end of the connection.
    pub name: String,
    /// Whether the server speaks LMTP (RFC 2033).
    pub lmtp: bool,
    /// 'none', 'opportunistic', 'offered', 'required' or 'implicit'.
    pub tls: String,
    /// PEM, roots in place of the system's.
    pub ca: Option<Buffer>,
    /// PEM, a certificate of the client's own.
    pub cert: Option<Buffer>,
    /// PEM, the key of `cert`.
    pub key: Option<Buffer>,
    /// Whether the server's certificate has to be valid.
    pub reject_unauthorized: bool,
    /// Whether TLS 1.2 is spoken.
    pub tls12: bool,
    /// Whether TLS 1.3 is spoken.
    pub tls13: bool,
    /// Whether it is told what the sending of each message took.
    pub details: bool,
    /// Who logs in.
    pub user: Option<String>,
    /// The password of `user`.
    pub password: Option<String>,
    /// The token of `user`, in place of a password.
    pub token: Option<String>,
    /// The mechanism of AUTH; the best that both know if it is not said.
    pub mechanism: Option<String>,
    /// Addresses of DNS servers, with their ports; the system's if there are none.
    pub dns_servers: Vec<String>,
    /// How long a lookup may take.
    pub dns_timeout: f64,
    /// The address that connections come from.
    pub local_address: Option<String>,
    /// How long it may take to connect and be greeted.
    pub connect_timeout: f64,
    /// How long the greeting line may take of that.
    pub greeting_timeout: f64,
    /// How long most replies may take.
    pub command_timeout: f64,
    /// How long the reply to DATA may take.
    pub data_initiation_timeout: f64,
    /// How long a block of a message may take.
    pub data_block_timeout: f64,
    /// How long the reply to a message may take.
    pub data_termination_timeout: f64,
    /// Connections at a time.
    pub max_connections: u32,
    /// Messages of one connection.
    pub max_messages: f64,
    /// How long a connection without work is kept.
    pub idle_timeout: f64,
    /// Messages in `rate_time`.
    pub rate_limit: u32,
    /// The time in which no more than `rate_limit` messages are sent.
    pub rate_time: f64,
}

/// A message's envelope and what is asked for it.
#[napi(object, object_to_js = false)]
pub struct MessageSettings {
    /// The address of the reverse-path.
    pub from: String,
    /// The addresses of the forward-paths.
    pub to: Vec<String>,
    /// NOTIFY and ORCPT of each, or of none.
    pub dsn: Vec<String>,
    /// RET and ENVID of the message, or neither.
    pub mail_dsn: String,
    /// '7bit', '8bit', 'binary', or '' to look at the message.
    pub body: String,
    /// Bytes of a message that is not at hand; 0 if they are not known.
    pub size: f64,
    /// Whether SMTPUTF8 is needed even for ASCII addresses.
    pub smtp_utf8: bool,
    /// Whether REQUIRETLS is asked for.
    pub require_tls: bool,
}

/// `ask` is who has roots besides the system.
pub(super) fn client_options(settings: &ClientSettings, ask: AskRoots) -> Result<ClientOptions> {
    let port = convert::port(settings.port)?;
    let route = match &settings.path {
        Some(path) => Route::Server(Target::Path(path.into()), settings.servername.clone()),
        None if settings.exchanges => Route::Exchanges(settings.host.clone(), port),
        None => Route::Server(Target::host(&settings.host, port), settings.servername.clone()),
    };
    let local_address = settings.local_address.as_ref().map(|address| {
        address.parse().map_err(|_| invalid(format!("not an IP address: {address}")))
    });
    let dialer = Dialer::new(DialerOptions {
        servers: dns_servers(&settings.dns_servers)?,
        dns_timeout: long_time(settings.dns_timeout)?,
        local_address: local_address.transpose()?,
    });
    let policy = match settings.tls.as_str() {
        "opportunistic" => TlsPolicy::Opportunistic,
        "offered" => TlsPolicy::Offered,
        "required" => TlsPolicy::Required,
        "none" | "implicit" => TlsPolicy::Never,
        word => return Err(unknown("use of TLS", word)),
    };
    let implicit_tls = settings.tls == "implicit";
    let speaks_tls = implicit_tls || policy != TlsPolicy::Never;
    Ok(ClientOptions {
        route,
        dialer: Arc::new(dialer),
        connector: speaks_tls.then(|| connector(settings, ask)).transpose()?.map(Arc::new),
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
            greeting: time(settings.greeting_timeout)?,
            command: time(settings.command_timeout)?,
            data_initiation: time(settings.data_initiation_timeout)?,
            data_block: time(settings.data_block_timeout)?,
            data_termination: time(settings.data_termination_timeout)?,
        },
        connect_timeout: long_time(settings.connect_timeout)?,
    })
}

fn connector(settings: &ClientSettings, ask: AskRoots) -> Result<Connector> {
    let keys = settings.cert.as_ref().zip(settings.key.as_ref());
    Connector::new(ConnectorOptions {
        ca: settings.ca.as_deref(),
        ask,
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
    let credentials = credentials.map_err(|error| invalid(error.to_string()))?;
    let mechanism = settings
        .mechanism
        .as_ref()
        .map(|name| Mechanism::parse(name).ok_or_else(|| unknown("mechanism", name)));
    Ok(Some(Login { credentials, mechanism: mechanism.transpose()? }))
}

/// # Errors
/// `InvalidArg` if a word is unknown or a parameter of RFC 3461 is malformed.
pub(super) fn envelope(settings: MessageSettings, content: Option<&Bytes>) -> Result<Envelope> {
    let malformed = |error: ParameterError| invalid(error.to_string());
    let is_dsn = |keyword: &str| keyword == "DSN";
    let body = match settings.body.as_str() {
        "7bit" => Body::SevenBit,
        "binary" => Body::BinaryMime,
        "" if content.is_some_and(|content| content.is_ascii()) => Body::SevenBit,
        "" | "8bit" => Body::EightBitMime,
        word => return Err(unknown("body", word)),
    };
    let size = match content {
        Some(content) => Some(content.len() as u64),
        None => limit(settings.size)?,
    };
    let parameters = MailParameters {
        size,
        body: Some(body),
        smtp_utf8: settings.smtp_utf8,
        require_tls: settings.require_tls,
        ..MailParameters::parse(&settings.mail_dsn, is_dsn, Unknown::Refused).map_err(malformed)?
    };
    let mut dsn = settings.dsn.into_iter();
    let recipients = settings.to.into_iter().map(|address| {
        let dsn = dsn.next().unwrap_or_default();
        let parameters =
            RcptParameters::parse(&dsn, is_dsn, Unknown::Refused).map_err(malformed)?;
        Ok(Recipient { address, parameters })
    });
    Ok(Envelope { from: settings.from, recipients: recipients.collect::<Result<_>>()?, parameters })
}
