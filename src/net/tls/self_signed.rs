//! Certificates for trying things out: nobody vouches for them (RFC 5280 section 3.2).

use crate::net::error::Error;
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::pki_types::ServerName;

/// A private key and a certificate of its own making, both PEM, for these host names and IP
/// addresses; the first is the subject.
///
/// # Errors
/// [`Error::SelfSigned`] if a name is neither, or there is no randomness to be had.
pub fn self_signed(names: Vec<String>) -> Result<(String, String), Error> {
    let subject = names.first().cloned();
    let odd = names.iter().find(|name| ServerName::try_from(name.as_str()).is_err()).cloned();
    let unmade = |_| {
        Error::SelfSigned(match &odd {
            Some(name) => format!("'{}' is no host name and no IP address", name.escape_debug()),
            None => "the system gives no random numbers".to_owned(),
        })
    };
    let mut params = CertificateParams::new(names).map_err(unmade)?;
    if let Some(subject) = subject {
        params.distinguished_name.push(DnType::CommonName, subject);
    }
    let key = KeyPair::generate().map_err(unmade)?;
    let certificate = params.self_signed(&key).map_err(unmade)?;
    Ok((key.serialize_pem(), certificate.pem()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::self_signed;
    use crate::net::tls::{Keys, Options, Tls};

    #[test]
    fn what_is_made_serves() {
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let (key, certificate) = self_signed(names.to_vec()).unwrap();
        let keys = Keys { chain: certificate.as_bytes(), key: key.as_bytes() };
        let options =
            Options { keys, hosts: Vec::new(), tls12: true, tls13: true, clients: None, alpn: &[] };
        Tls::new(&options).map(drop).unwrap();
    }

    #[test]
    fn a_name_that_is_none_is_said() {
        let error = self_signed(vec!["m\u{fc}ller".to_owned()]).unwrap_err();
        let expected = "cannot make a certificate: 'm\u{fc}ller' is no host name and no IP address";
        assert_eq!(error.to_string(), expected);
    }
}
