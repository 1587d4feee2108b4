//! Every failure that there is has words of ours.

use super::tls::{SelfSigned, cause};
use super::words::{Peer, of_handshake, of_settings, of_stream, of_system};
use rustls::pki_types::{ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    AlertDescription, CertificateError, ContentType, Error, ExtendedKeyPurpose, HandshakeType,
    InconsistentKeys, InvalidMessage, OtherError, PeerIncompatible, PeerMisbehaved,
};
use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// What only somebody would understand who reads Rust.
const FOREIGN: [&str; 12] = [
    "os error",
    "Other(",
    "Error",
    "InvalidContentType",
    "docs.rs",
    "rustls",
    "http",
    "{",
    "}",
    "Some(",
    "Context",
    "::",
];

fn plain(text: &str) {
    for foreign in FOREIGN {
        assert!(!text.contains(foreign), "{foreign}: {text}");
    }
    let odd = |word: &str| {
        word.chars().skip(1).any(char::is_uppercase) && word.contains(char::is_lowercase)
    };
    let known = ["minVersion", "maxVersion"];
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !known.contains(word)) {
        assert!(!odd(word), "the name of a type: {word}: {text}");
    }
}

fn at(seconds: u64) -> UnixTime {
    UnixTime::since_unix_epoch(Duration::from_secs(seconds))
}

#[allow(deprecated)]
fn certificate_errors() -> Vec<CertificateError> {
    let expected = ServerName::try_from("mx.example").unwrap_or_else(|_| unreachable!());
    let wrong = || {
        Arc::new(ParsedCertificate::try_from(&[][..].into()).err().unwrap_or(Error::DecryptError))
    };
    vec![
        CertificateError::BadEncoding,
        CertificateError::Expired,
        CertificateError::ExpiredContext { time: at(2), not_after: at(1) },
        CertificateError::NotValidYet,
        CertificateError::NotValidYetContext { time: at(1), not_before: at(2) },
        CertificateError::Revoked,
        CertificateError::UnhandledCriticalExtension,
        CertificateError::UnknownIssuer,
        CertificateError::UnknownRevocationStatus,
        CertificateError::ExpiredRevocationList,
        CertificateError::ExpiredRevocationListContext { time: at(2), next_update: at(1) },
        CertificateError::BadSignature,
        CertificateError::UnsupportedSignatureAlgorithm,
        CertificateError::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id: vec![1],
            supported_algorithms: Vec::new(),
        },
        CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
            signature_algorithm_id: vec![1],
            public_key_algorithm_id: vec![2],
        },
        CertificateError::NotValidForName,
        CertificateError::NotValidForNameContext {
            expected,
            presented: vec![
                "DnsName(\"a.example\")".to_owned(),
                "DnsName(\"b.example\")".to_owned(),
            ],
        },
        CertificateError::InvalidPurpose,
        CertificateError::InvalidPurposeContext {
            required: ExtendedKeyPurpose::ServerAuth,
            presented: vec![ExtendedKeyPurpose::Other(vec![1, 2])],
        },
        CertificateError::InvalidOcspResponse,
        CertificateError::ApplicationVerificationFailure,
        CertificateError::Other(OtherError(Arc::new(SelfSigned))),
        CertificateError::Other(OtherError(wrong())),
    ]
}

fn incompatibilities() -> Vec<PeerIncompatible> {
    use PeerIncompatible as What;
    vec![
        What::EcPointsExtensionRequired,
        What::ExtendedMasterSecretExtensionRequired,
        What::IncorrectCertificateTypeExtension,
        What::KeyShareExtensionRequired,
        What::NamedGroupsExtensionRequired,
        What::NoCertificateRequestSignatureSchemesInCommon,
        What::NoCipherSuitesInCommon,
        What::NoEcPointFormatsInCommon,
        What::NoKxGroupsInCommon,
        What::NoSignatureSchemesInCommon,
        What::NullCompressionRequired,
        What::ServerDoesNotSupportTls12Or13,
        What::ServerSentHelloRetryRequestWithUnknownExtension,
        What::ServerTlsVersionIsDisabledByOurConfig,
        What::SignatureAlgorithmsExtensionRequired,
        What::SupportedVersionsExtensionRequired,
        What::Tls12NotOffered,
        What::Tls12NotOfferedOrEnabled,
        What::Tls13RequiredForQuic,
        What::UncompressedEcPointsRequired,
        What::UnsolicitedCertificateTypeExtension,
        What::ServerRejectedEncryptedClientHello(None),
    ]
}

/// All of TLS, but for the alerts.
fn failures() -> Vec<Error> {
    let certificates = certificate_errors().into_iter().map(Error::InvalidCertificate);
    let incompatible = incompatibilities().into_iter().map(Error::PeerIncompatible);
    let others = vec![
        Error::InappropriateMessage {
            expect_types: vec![ContentType::Handshake],
            got_type: ContentType::ApplicationData,
        },
        Error::InappropriateHandshakeMessage {
            expect_types: vec![HandshakeType::ClientHello],
            got_type: HandshakeType::Finished,
        },
        Error::InvalidMessage(InvalidMessage::InvalidContentType),
        Error::InvalidMessage(InvalidMessage::InvalidServerName),
        Error::InvalidMessage(InvalidMessage::MissingData("ServerName")),
        Error::InvalidMessage(InvalidMessage::TrailingData("ClientHello")),
        Error::InvalidMessage(InvalidMessage::DuplicateExtension(7)),
        Error::NoCertificatesPresented,
        Error::UnsupportedNameType,
        Error::DecryptError,
        Error::EncryptError,
        Error::PeerMisbehaved(PeerMisbehaved::TooMuchEarlyDataReceived),
        Error::PeerMisbehaved(PeerMisbehaved::SelectedTls12UsingTls13VersionExtension),
        Error::General("NoSuchThing(7)".to_owned()),
        Error::FailedToGetCurrentTime,
        Error::FailedToGetRandomBytes,
        Error::HandshakeNotComplete,
        Error::PeerSentOversizedRecord,
        Error::NoApplicationProtocol,
        Error::BadMaxFragmentSize,
        Error::InconsistentKeys(InconsistentKeys::KeyMismatch),
        Error::InconsistentKeys(InconsistentKeys::Unknown),
        Error::Other(OtherError(Arc::new(SelfSigned))),
    ];
    certificates.chain(incompatible).chain(others).collect()
}

fn io_of(error: Error) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[test]
fn no_failure_of_tls_is_told_in_the_words_of_a_library() {
    for error in failures() {
        let name = format!("{error:?}");
        let error = io_of(error);
        for peer in [Peer::Client, Peer::Server] {
            for text in [of_stream(&error, peer), of_handshake(&error, peer)] {
                plain(&text);
                assert!(text.len() > 20, "{name}: {text}");
            }
        }
        if let Some(cause) = cause(&error) {
            plain(&of_settings(cause));
        }
    }
}

#[test]
fn every_alert_has_words_of_its_own_or_its_number() {
    let mut told = HashSet::new();
    for number in 0..=u8::MAX {
        let alert = AlertDescription::from(number);
        let text = of_handshake(&io_of(Error::AlertReceived(alert)), Peer::Server);
        plain(&text);
        let is_known = !format!("{alert:?}").contains("(0x");
        assert_eq!(!text.contains(&format!("alert {number}")), is_known, "{alert:?}: {text}");
        told.insert(text);
    }
    // Three mean that something was not decrypted, two that a certificate is wanted.
    assert_eq!(told.len(), 256 - 3);
}

#[test]
fn who_shows_whose_names_is_said() {
    let told: Vec<_> = certificate_errors()
        .into_iter()
        .map(|error| of_handshake(&io_of(Error::InvalidCertificate(error)), Peer::Server))
        .collect();
    let expected = "the certificate of the server is for a.example, b.example, not for mx.example";
    assert!(told.iter().any(|text| text == expected), "{told:?}");
    assert!(told.iter().any(|text| text.contains("self-signed")), "{told:?}");
}

#[test]
fn plain_text_where_tls_begins_is_said_so_and_elsewhere_not() {
    let error = io_of(Error::InvalidMessage(InvalidMessage::InvalidContentType));
    for peer in [Peer::Client, Peer::Server] {
        assert!(of_handshake(&error, peer).contains("plain text"));
        assert!(!of_stream(&error, peer).contains("plain text"));
    }
}

#[test]
fn the_systems_words_are_without_its_number() {
    for number in 1..200 {
        let error = io::Error::from_raw_os_error(number);
        plain(&of_system(&error));
        assert!(!of_system(&error).contains('('), "{error}");
    }
    let kinds = [
        io::ErrorKind::UnexpectedEof,
        io::ErrorKind::WriteZero,
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::BrokenPipe,
        io::ErrorKind::NotConnected,
        io::ErrorKind::TimedOut,
        io::ErrorKind::Other,
    ];
    for kind in kinds {
        for peer in [Peer::Client, Peer::Server] {
            let library = io::Error::new(kind, "tls handshake eof");
            for error in [io::Error::from(kind), library] {
                plain(&of_stream(&error, peer));
                plain(&of_handshake(&error, peer));
            }
        }
    }
    let end = io::Error::new(io::ErrorKind::UnexpectedEof, "see https://docs.rs/rustls");
    assert!(of_stream(&end, Peer::Client).contains("close_notify"));
    assert!(of_handshake(&end, Peer::Client).contains("handshake"));
}
