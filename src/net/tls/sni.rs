//! Which certificate a client sees: by the host that it names (RFC 6066 section 3).

use super::keys::{Keys, certified};
use crate::net::error::Error;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

/// The certificates of a server.
pub(super) struct Hosts {
    default: Arc<CertifiedKey>,
    /// Keys by host names in lower case.
    exact: HashMap<String, Arc<CertifiedKey>>,
    /// By what follows the first label of such names.
    wildcards: HashMap<String, Arc<CertifiedKey>>,
}

/// What becomes of a handshake whose client names a host without keys.
pub enum HostKeys {
    /// The server's own keys count.
    Own,
    /// These count.
    Found(Found),
    /// There is no handshake.
    Refused,
}

/// The keys of one host, ready to sign.
pub struct Found(Arc<CertifiedKey>);

impl Found {
    /// Makes keys ready.
    ///
    /// # Errors
    /// [`Error::Certificate`], [`Error::Key`] and [`Error::Tls`], none of which shows a key.
    pub fn new(keys: Keys<'_>) -> Result<Self, Error> {
        Ok(Self(Arc::new(certified(keys, &ring::default_provider())?)))
    }
}

/// The one certificate of a handshake, if there is any.
#[derive(Debug)]
pub(super) struct Chosen(Option<Arc<CertifiedKey>>);

impl Chosen {
    /// `None` where the server's own count.
    pub(super) fn new(keys: HostKeys) -> Option<Self> {
        match keys {
            HostKeys::Own => None,
            HostKeys::Found(Found(keys)) => Some(Self(Some(keys))),
            HostKeys::Refused => Some(Self(None)),
        }
    }

    pub(super) fn certificate(&self) -> Option<&Arc<CertifiedKey>> {
        self.0.as_ref()
    }
}

impl ResolvesServerCert for Chosen {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.clone()
    }
}

impl Hosts {
    /// `keys` for clients that name no host, or one that `hosts` has not; `*.` there stands for
    /// exactly one label.
    pub(super) fn new(
        keys: Keys<'_>,
        hosts: &[(&str, Keys<'_>)],
        provider: &CryptoProvider,
    ) -> Result<Self, Error> {
        let default = Arc::new(certified(keys, provider)?);
        let mut known = Self { default, exact: HashMap::new(), wildcards: HashMap::new() };
        for (name, keys) in hosts {
            let name = name.to_ascii_lowercase();
            let key = Arc::new(certified(*keys, provider)?);
            match name.strip_prefix("*.") {
                Some(parent) => known.wildcards.insert(parent.to_owned(), key),
                None => known.exact.insert(name, key),
            };
        }
        Ok(known)
    }

    /// The certificate for a name in lower case; a wildcard stands for exactly one label
    /// (RFC 6125 section 6.4.3).
    pub(super) fn find(&self, name: Option<&str>) -> &Arc<CertifiedKey> {
        name.and_then(|name| self.own(name)).unwrap_or(&self.default)
    }

    /// The certificate of a host's own, if there is one.
    pub(super) fn own(&self, name: &str) -> Option<&Arc<CertifiedKey>> {
        let parent = name.split_once('.').map(|(_, parent)| parent);
        let wildcard = || self.wildcards.get(parent?);
        self.exact.get(name).or_else(wildcard)
    }
}

impl ResolvesServerCert for Hosts {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.find(hello.server_name()).clone())
    }
}

impl fmt::Debug for Hosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hosts").finish_non_exhaustive()
    }
}
