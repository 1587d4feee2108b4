//! Which certificate a client sees: by the host that it names (RFC 6066 section 3).

use super::keys::{Keys, certified};
use crate::net::error::Error;
use rustls::crypto::CryptoProvider;
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
        let Some(name) = name else { return &self.default };
        let parent = name.split_once('.').map(|(_, parent)| parent);
        let wildcard = || self.wildcards.get(parent?);
        self.exact.get(name).or_else(wildcard).unwrap_or(&self.default)
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
