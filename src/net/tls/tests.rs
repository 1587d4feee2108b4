//! Handshakes in memory: certificates without their key, which no client of good faith can show.

use super::keys::certificates;
use super::{ClientOptions, Keys, Options, Standing, Tls};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme, SupportedProtocolVersion};
use std::io;
use std::sync::Arc;
use tokio::io::AsyncReadExt;
use tokio_rustls::TlsConnector;

/// The key of both certificates.
const KEY: &[u8] = b"
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQga0AbKNmOs2K1Ot5h
OWNir1v54+SYJiJGgQOxO2cgTwKhRANCAATMvDp59LVfWXrLxvr6QQd82tFxp2XR
M0XPbWisqAt0pEKCkSM7P3HnkeD/x6PmB8Zdl7r+mIgy+rUBBGlZ+wGC
-----END PRIVATE KEY-----";

/// Somebody else's key.
const OTHER_KEY: &[u8] = b"
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgso4XxwmFzfk8jky0
G/U+cMwRL2XOL0N50hSUN+IQHNqhRANCAAQ6cZ/g37r8VgpzTWXV4gG4MOvEiwor
wLc9QtdjUzJZEPZWFW3SwoulXb7vx+MILbeR+/WYrp/I/m110/NLEa2m
-----END PRIVATE KEY-----";

pub(super) const ROOT: &[u8] = b"
-----BEGIN CERTIFICATE-----
MIIBLzCB16ADAgECAgFJMAoGCCqGSM49BAMCMA8xDTALBgNVBAMMBFJvb3QwHhcN
MjQwMTAxMDAwMDAwWhcNNDkxMjMxMjM1OTU5WjAPMQ0wCwYDVQQDDARSb290MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENwTu6sk0IoA1ucMc35Khk2RpigUQW2QP
TutZQJnaYucVEKc3hBwAzsvQCXSfsq/hljm9CJFojn+hahOOSiMo0KMkMCIwDwYD
VR0RBAgwBoIEUm9vdDAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQC
IDLqgZ3wqPcvKolt8Ttt4dghHSjTdBEr6dNjtx7KczamAiAyGI+VbA9Ej/g9dRfi
cyP6tuk67BmAU2MpmpYiPKryfg==
-----END CERTIFICATE-----";

const CERTIFICATE: &[u8] = b"
-----BEGIN CERTIFICATE-----
MIIBMDCB1qADAgECAgEGMAoGCCqGSM49BAMCMA8xDTALBgNVBAMMBFJvb3QwHhcN
MjQwMTAxMDAwMDAwWhcNNDkxMjMxMjM1OTU5WjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATMvDp59LVfWXrLxvr6QQd82tFx
p2XRM0XPbWisqAt0pEKCkSM7P3HnkeD/x6PmB8Zdl7r+mIgy+rUBBGlZ+wGCox4w
HDAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZIzj0EAwIDSQAwRgIh
AIxkdoBv4AKSiPbb86NNIDzs1/83W96QvOr3PI2LPS+tAiEA/tu4oS5vmsqqR/09
ttky6PierT7o3QBSZyAYS9SpGl4=
-----END CERTIFICATE-----";

/// Of version 1: it has no extensions, and the verifier does not read it.
const OLD_CERTIFICATE: &[u8] = b"
-----BEGIN CERTIFICATE-----
MIIBCjCBsQIBAzAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDARSb290MB4XDTI0MDEw
MTAwMDAwMFoXDTQ5MTIzMTIzNTk1OVowFDESMBAGA1UEAwwJbG9jYWxob3N0MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzLw6efS1X1l6y8b6+kEHfNrRcadl0TNF
z21orKgLdKRCgpEjOz9x55Hg/8ej5gfGXZe6/piIMvq1AQRpWfsBgjAKBggqhkjO
PQQDAgNIADBFAiEAoUDQrDtzCGSQKLHkuQ2EX/ugky0wlI9qPOnPmyJ0g9sCIEmO
MTiUNeg5sAW7OssHvaqcEThGwr0hiPRCT3V31xQs
-----END CERTIFICATE-----";

/// A client that does not care whom it talks to.
#[derive(Debug)]
struct Trusting;

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}

/// A client that shows `chain` and signs with `key`, whether they belong together or not.
fn client(chain: &[u8], key: &[u8], version: &'static SupportedProtocolVersion) -> TlsConnector {
    let provider = Arc::new(ring::default_provider());
    let key = PrivateKeyDer::from_pem_slice(key).unwrap();
    let key = provider.key_provider.load_private_key(key).unwrap();
    let shown = CertifiedKey::new(certificates(chain).unwrap(), key);
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Trusting))
        .with_client_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
    Arc::new(config).into()
}

async fn meet(reject: bool, client: TlsConnector) -> io::Result<Standing> {
    let clients = Some(ClientOptions { roots: ROOT, public: false, reject });
    let keys = Keys { chain: CERTIFICATE, key: KEY };
    let tls = Tls::new(&Options {
        keys,
        hosts: Vec::new(),
        tls12: true,
        tls13: true,
        clients,
        alpn: &[],
    })
    .unwrap();
    let (near, far) = tokio::io::duplex(64 * 1024);
    let talk = async move {
        let name = ServerName::try_from("localhost").unwrap();
        // What goes wrong here is told by the server's side.
        if let Ok(mut stream) = client.connect(name, far).await {
            let _ = stream.read_u8().await;
        }
    };
    let (accepted, ()) = tokio::join!(async { tls.accept(near).await.map(|(_, info)| info) }, talk);
    accepted.map(|info| info.standing)
}

#[tokio::test]
async fn who_has_the_key_gets_in() {
    for version in [&TLS12, &TLS13] {
        for reject in [true, false] {
            let standing = meet(reject, client(CERTIFICATE, KEY, version)).await.unwrap();
            assert_eq!(standing, Standing::Authorized);
        }
        let standing = meet(false, client(OLD_CERTIFICATE, KEY, version)).await.unwrap();
        assert_eq!(standing, Standing::Unauthorized("CERT_REJECTED"));
        meet(true, client(OLD_CERTIFICATE, KEY, version)).await.unwrap_err();
    }
}

#[tokio::test]
async fn who_has_not_the_key_does_not_even_where_any_certificate_does() {
    for version in [&TLS12, &TLS13] {
        for reject in [true, false] {
            for shown in [CERTIFICATE, OLD_CERTIFICATE] {
                let error = meet(reject, client(shown, OTHER_KEY, version)).await.unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::InvalidData);
            }
        }
    }
}

/// What a client that offers `offered` agrees on with a server that speaks `spoken`.
async fn agreed(spoken: &[&str], offered: &[&str]) -> io::Result<Option<String>> {
    let bytes = |names: &[&str]| names.iter().map(|name| name.as_bytes().to_vec()).collect();
    let alpn: Vec<Vec<u8>> = bytes(spoken);
    let keys = Keys { chain: CERTIFICATE, key: KEY };
    let options =
        Options { keys, hosts: Vec::new(), tls12: true, tls13: true, clients: None, alpn: &alpn };
    let tls = Tls::new(&options).unwrap();
    let mut config = (**client(CERTIFICATE, KEY, &TLS13).config()).clone();
    config.alpn_protocols = bytes(offered);
    let (near, far) = tokio::io::duplex(64 * 1024);
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let (accepted, connected) = tokio::join!(tls.accept(near), connector.connect(name, far));
    let (_, info) = accepted?;
    let alpn = info.alpn.map(|name| String::from_utf8(name.into_vec()).unwrap());
    let theirs = connected?.get_ref().1.alpn_protocol().map(<[u8]>::to_vec);
    assert_eq!(theirs, alpn.clone().map(String::into_bytes));
    Ok(alpn)
}

#[tokio::test]
async fn protocols_are_agreed_on_by_the_servers_preference() {
    for (spoken, offered, wanted) in [
        (&[][..], &[][..], None),
        (&[], &["h2"], None),
        (&["smtp"], &[], None),
        (&["smtp"], &["h2", "smtp"], Some("smtp")),
        (&["a", "b"], &["b", "a"], Some("a")),
    ] {
        assert_eq!(agreed(spoken, offered).await.unwrap().as_deref(), wanted);
    }
    let error = agreed(&["smtp"], &["h2"]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
}
