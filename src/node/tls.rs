//! TLS as JavaScript gives it, and as it is told.

use super::convert::reason;
use crate::net::tls::{ClientOptions, Found, Keys, Options, Standing, Tls, TlsInfo};
use napi::Result;
use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

/// Keys and settings for handshakes.
#[napi(object)]
pub struct TlsSettings {
    /// PEM, the private key.
    pub key: Buffer,
    /// PEM, the chain from the server's own certificate up.
    pub cert: Buffer,
    /// Keys by the host that clients name.
    pub hosts: Vec<HostKeys>,
    /// Whether TLS 1.2 is spoken.
    pub tls12: bool,
    /// Whether TLS 1.3 is spoken.
    pub tls13: bool,
    /// PEM, the roots of clients' certificates; absent where none are asked for.
    pub client_roots: Option<Buffer>,
    /// Whether `client_roots` are everybody's, too many to be named to clients.
    pub public_roots: bool,
    /// Whether clients need a valid certificate.
    pub reject_unauthorized: bool,
    /// Protocols that are spoken, by their names with IANA, the preferred one first; none for all.
    pub alpn: Vec<Buffer>,
}

/// The keys of one host.
#[napi(object)]
pub struct HostKeys {
    /// The host's name; `*.` stands for one label.
    pub name: String,
    /// PEM, the private key.
    pub key: Buffer,
    /// PEM, the chain from the host's own certificate up.
    pub cert: Buffer,
}

/// Keys of a host that a client has named.
#[napi(object)]
pub struct KeyPair {
    /// PEM, the private key.
    pub key: Buffer,
    /// PEM, the chain from the host's own certificate up.
    pub cert: Buffer,
}

impl KeyPair {
    pub(super) fn prepare(&self) -> Result<Found> {
        Found::new(Keys { chain: &self.cert, key: &self.key }).map_err(reason)
    }
}

impl TlsSettings {
    pub(super) fn prepare(&self) -> Result<Tls> {
        let hosts = self.hosts.iter().map(|HostKeys { name, cert, key }| {
            let keys = Keys { chain: cert, key };
            (name.as_str(), keys)
        });
        let alpn: Vec<_> = self.alpn.iter().map(|name| name.to_vec()).collect();
        let options = Options {
            keys: Keys { chain: &self.cert, key: &self.key },
            hosts: hosts.collect(),
            tls12: self.tls12,
            tls13: self.tls13,
            clients: self.client_roots.as_ref().map(|roots| ClientOptions {
                roots,
                public: self.public_roots,
                reject: self.reject_unauthorized,
            }),
            alpn: &alpn,
        };
        Tls::new(&options).map_err(reason)
    }
}

/// What a handshake agreed on.
#[napi(object)]
pub struct SecureState {
    /// 'TLSv1.2' or 'TLSv1.3'.
    pub protocol: String,
    /// The cipher suite, by its name with IANA.
    pub cipher: String,
    /// The host that the client named.
    pub servername: Option<String>,
    /// The protocol that was agreed on, if any was named.
    pub alpn_protocol: Option<String>,
    /// Whether the client showed a valid certificate.
    pub authorized: bool,
    /// Why the certificate is not valid, if one was asked for.
    pub authorization_error: Option<String>,
    /// What it showed, DER, from its own certificate up.
    pub certificates: Vec<Buffer>,
}

impl SecureState {
    pub(super) fn new(info: &TlsInfo) -> Self {
        Self {
            protocol: info.protocol.to_owned(),
            cipher: info.cipher.clone(),
            servername: info.server_name.as_deref().map(str::to_owned),
            alpn_protocol: info
                .alpn
                .as_deref()
                .map(|name| String::from_utf8_lossy(name).into_owned()),
            authorized: info.standing == Standing::Authorized,
            authorization_error: match info.standing {
                Standing::Unauthorized(code) => Some(code.to_owned()),
                _ => None,
            },
            certificates: info.certificates.iter().map(|der| Buffer::from(&der[..])).collect(),
        }
    }
}
