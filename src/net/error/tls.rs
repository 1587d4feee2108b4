//! What TLS found wrong, in words (RFC 8446 section 6, RFC 5280 section 6).

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};
use std::fmt::Debug;
use std::io;

/// Who is at the other end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peer {
    /// A client, whom we serve.
    Client,
    /// A server, to which we send.
    Server,
}

impl Peer {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Client => "the client",
            Self::Server => "the server",
        }
    }
}

/// What TLS says is behind an error of a stream.
pub(super) fn cause(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// Whether a handshake was answered by what is no TLS at all.
pub(super) fn is_plain_text(error: &Error) -> bool {
    matches!(error, Error::InvalidMessage(InvalidMessage::InvalidContentType))
}

/// Says that it was.
pub(super) fn plain_text(peer: Peer) -> String {
    match peer {
        Peer::Client => "the client sent plain text where the TLS handshake has to begin: it is \
                         not set to TLS, or to STARTTLS on a port that speaks TLS from the first \
                         byte"
            .to_owned(),
        Peer::Server => "the server speaks plain text on this port, not TLS from the first byte: \
                         for STARTTLS use tls: 'required'"
            .to_owned(),
    }
}

/// What was wrong.
pub(super) fn words(error: &Error, peer: Peer) -> String {
    let name = peer.name();
    match error {
        Error::AlertReceived(alert) => match alert_words(*alert) {
            Some(words) => format!("{name} ended TLS: {words}"),
            None => format!("{name} ended TLS with alert {}", u8::from(*alert)),
        },
        Error::InvalidCertificate(error) => {
            format!("the certificate of {name} {}", certificate_words(error))
        }
        Error::NoCertificatesPresented => format!("{name} showed no certificate"),
        Error::PeerIncompatible(what) => format!("{name} {}", incompatible_words(what)),
        Error::PeerMisbehaved(what) => format!("{name} broke the rules of TLS: {}", spaced(what)),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            format!("{name} sent what is no TLS")
        }
        Error::InvalidMessage(what) => {
            format!("{name} sent a TLS message that is malformed: {}", spaced(what))
        }
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            format!("{name} sent a TLS message that is out of turn")
        }
        Error::DecryptError => format!("{name} sent what cannot be decrypted"),
        Error::PeerSentOversizedRecord => format!("{name} sent a TLS record that is too long"),
        Error::NoApplicationProtocol => format!("{name} asks for another protocol over TLS"),
        Error::UnsupportedNameType => format!("no certificate can be for the name of {name}"),
        Error::FailedToGetCurrentTime => "the system does not tell the time".to_owned(),
        Error::FailedToGetRandomBytes => "the system gives no random numbers".to_owned(),
        Error::InvalidCertRevocationList(_) => "the revocation list cannot be used".to_owned(),
        Error::InconsistentKeys(_) => "the key does not belong to the certificate".to_owned(),
        _ => format!("TLS with {name} failed"),
    }
}

/// What an alert says (RFC 8446 section 6, RFC 5246 section 7.2.2, RFC 6066 section 9).
fn alert_words(alert: AlertDescription) -> Option<&'static str> {
    use AlertDescription as Alert;
    Some(match alert {
        Alert::CloseNotify => "it closed the connection",
        Alert::UnexpectedMessage => "a message of ours was out of turn for it",
        Alert::BadRecordMac | Alert::DecryptionFailed | Alert::DecryptError => {
            "it could not decrypt or verify what we sent"
        }
        Alert::RecordOverflow => "a record of ours was too long for it",
        Alert::DecompressionFailure => "it could not decompress what we sent",
        Alert::HandshakeFailure => "it has no version, cipher or curve in common with us",
        Alert::NoCertificate | Alert::CertificateRequired => "it wants a certificate of ours",
        Alert::BadCertificate => "our certificate is bad for it",
        Alert::UnsupportedCertificate => "our certificate is of a kind that it does not take",
        Alert::CertificateRevoked => "our certificate is revoked",
        Alert::CertificateExpired => "our certificate has expired, or is not valid yet",
        Alert::CertificateUnknown => "it does not accept our certificate",
        Alert::IllegalParameter => "a value of ours was illegal for it",
        Alert::UnknownCA => "it does not know who issued our certificate",
        Alert::AccessDenied => "it denies us access",
        Alert::DecodeError => "it could not read what we sent",
        Alert::ExportRestriction => "export restrictions keep it from that",
        Alert::ProtocolVersion => "it speaks none of our versions of TLS",
        Alert::InsufficientSecurity => "it wants stronger ciphers than ours",
        Alert::InternalError => "it had an error of its own",
        Alert::InappropriateFallback => "it took our version of TLS for a downgrade",
        Alert::UserCanceled => "it was cancelled there",
        Alert::NoRenegotiation => "it does not negotiate again",
        Alert::MissingExtension => "it misses an extension",
        Alert::UnsupportedExtension => "it knows not of an extension of ours",
        Alert::CertificateUnobtainable => "it could not fetch our certificate",
        Alert::UnrecognisedName => "it has no certificate for the name that we asked for",
        Alert::BadCertificateStatusResponse => "the status of our certificate is bad for it",
        Alert::BadCertificateHashValue => "our certificate has another hash than it was told",
        Alert::UnknownPSKIdentity => "it does not know our pre-shared key",
        Alert::NoApplicationProtocol => "it wants another protocol over TLS",
        Alert::EncryptedClientHelloRequired => "it wants an encrypted hello",
        _ => return None,
    })
}

/// What is wrong with a certificate, behind 'the certificate of the server'.
#[allow(deprecated)]
fn certificate_words(error: &CertificateError) -> String {
    match error {
        CertificateError::BadEncoding => "cannot be read",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "is not valid yet"
        }
        CertificateError::Revoked => "is revoked",
        CertificateError::UnhandledCriticalExtension => {
            "has a critical extension that is not understood"
        }
        CertificateError::UnknownIssuer => "was issued by somebody unknown: give its root as `ca`",
        CertificateError::UnknownRevocationStatus => "may be revoked: its status is not known",
        CertificateError::ExpiredRevocationList
        | CertificateError::ExpiredRevocationListContext { .. } => {
            "may be revoked: the list of revoked ones has expired"
        }
        CertificateError::BadSignature => "has a signature that is wrong",
        CertificateError::UnsupportedSignatureAlgorithm
        | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "is signed in a way that is not supported: RSA of 2048 bits and more, P-256, P-384 \
             and Ed25519 are"
        }
        CertificateError::NotValidForName => "is for another name",
        CertificateError::NotValidForNameContext { expected, presented } => {
            return for_others(&expected.to_str(), presented);
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "is not for this use"
        }
        CertificateError::InvalidOcspResponse => "comes with a status that is wrong",
        CertificateError::ApplicationVerificationFailure => "was not accepted",
        CertificateError::Other(other) => return own_words(other),
        _ => "cannot be used",
    }
    .to_owned()
}

/// Errors of ours are made to stand here; those of the verifier are about the form.
fn own_words(other: &rustls::OtherError) -> String {
    match other.0.downcast_ref::<SelfSigned>() {
        Some(own) => own.to_string(),
        None => "is malformed, or of X.509 version 1".to_owned(),
    }
}

/// A certificate is its own issuer, and no root of ours.
#[derive(Debug, thiserror::Error)]
#[error("is self-signed: give it as `ca` if it is to be trusted")]
pub struct SelfSigned;

fn for_others(expected: &str, presented: &[String]) -> String {
    // As the certificate's own words have them, 'DnsName("mx.example")', they are no names yet.
    let names: Vec<_> = presented
        .iter()
        .filter_map(|name| Some(name.split_once('(')?.1.trim_end_matches(')').trim_matches('"')))
        .map(|name| name.escape_debug().to_string())
        .collect();
    match names.as_slice() {
        [] => format!("is for no name, so not for {expected}"),
        names => format!("is for {}, not for {expected}", names.join(", ")),
    }
}

/// What a peer cannot do, behind its name.
fn incompatible_words(what: &PeerIncompatible) -> &'static str {
    use PeerIncompatible as What;
    match what {
        What::NoCipherSuitesInCommon => "has no cipher in common with us",
        What::NoKxGroupsInCommon | What::NamedGroupsExtensionRequired => {
            "has no curve in common with us"
        }
        What::NoSignatureSchemesInCommon
        | What::NoCertificateRequestSignatureSchemesInCommon
        | What::SignatureAlgorithmsExtensionRequired => {
            "has no kind of signature in common with us: the key is of a kind that it does not take"
        }
        What::ServerDoesNotSupportTls12Or13
        | What::ServerTlsVersionIsDisabledByOurConfig
        | What::SupportedVersionsExtensionRequired
        | What::Tls12NotOffered
        | What::Tls12NotOfferedOrEnabled
        | What::Tls13RequiredForQuic => {
            "speaks no version of TLS that is allowed here (`minVersion`, `maxVersion`)"
        }
        What::EcPointsExtensionRequired
        | What::NoEcPointFormatsInCommon
        | What::UncompressedEcPointsRequired => "has no form of curve points in common with us",
        What::ExtendedMasterSecretExtensionRequired => "does not know extended master secrets",
        What::KeyShareExtensionRequired => "offers no key share",
        What::NullCompressionRequired => "wants compression",
        What::IncorrectCertificateTypeExtension | What::UnsolicitedCertificateTypeExtension => {
            "wants another type of certificate"
        }
        What::ServerSentHelloRetryRequestWithUnknownExtension => {
            "wants an extension that is not known"
        }
        What::ServerRejectedEncryptedClientHello(_) => "does not take the encrypted hello",
        _ => "and we have no TLS in common",
    }
}

/// The name of a case in lower-case words, without what it holds.
fn spaced(case: &impl Debug) -> String {
    let text = format!("{case:?}");
    let name = text.split(['(', ' ', '{']).next().unwrap_or_default();
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.push(letter.to_ascii_lowercase());
    }
    words
}
