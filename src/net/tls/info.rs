//! What a handshake agreed on, kept for whoever asks.

use super::binding;
use rustls::pki_types::CertificateDer;
use rustls::sign::CertifiedKey;
use rustls::{ProtocolVersion, ServerConnection};
use std::sync::Arc;

/// What a connection under TLS can tell.
#[derive(Debug)]
pub struct TlsInfo {
    /// 'TLSv1.2' or 'TLSv1.3'.
    pub protocol: &'static str,
    /// The cipher suite, by its name with IANA.
    pub cipher: String,
    /// The host that the client named, in lower case (RFC 6066 section 3).
    pub server_name: Option<Box<str>>,
    /// The protocol that was agreed on, if any was named (RFC 7301).
    pub alpn: Option<Box<[u8]>>,
    /// What the client showed, from its own certificate up.
    pub certificates: Vec<CertificateDer<'static>>,
    /// How the client's certificate was found.
    pub standing: Standing,
    /// What the client saw.
    own: Arc<CertifiedKey>,
}

/// How a client's certificate was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No certificate was asked for.
    NotAsked,
    /// The certificate is valid.
    Authorized,
    /// None, or not valid, for this reason by OpenSSL's name.
    Unauthorized(&'static str),
}

impl TlsInfo {
    pub(super) fn new(
        connection: &ServerConnection,
        standing: Standing,
        own: Arc<CertifiedKey>,
    ) -> Self {
        let protocol = match connection.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "TLSv1.3",
        };
        let suite = connection.negotiated_cipher_suite();
        let suite = suite.and_then(|suite| suite.suite().as_str()).unwrap_or_default();
        let certificates = connection.peer_certificates().unwrap_or_default();
        Self {
            protocol,
            cipher: suite.replacen("TLS13_", "TLS_", 1),
            server_name: connection.server_name().map(Box::from),
            alpn: connection.alpn_protocol().map(Box::from),
            certificates: certificates.to_vec(),
            standing,
            own,
        }
    }

    /// What logins are bound to by the certificate that the client saw (RFC 5929 section 4).
    pub fn end_point(&self) -> Option<Vec<u8>> {
        binding::end_point(self.own.cert.first()?)
    }
}
