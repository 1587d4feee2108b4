//! What logins are bound to: the connection itself (RFC 9266), or the server's certificate (RFC 5929
//! section 4).

use crate::protocol::sasl::scram::Key;
use rustls::ProtocolVersion;
use rustls::pki_types::{CertificateDer, alg_id};
use sha2::{Digest, Sha256, Sha384, Sha512};
use tokio_rustls::TlsStream;
use yasna::models::ObjectIdentifier;
use yasna::{ASN1Result, parse_der};

const LABEL: &[u8] = b"EXPORTER-Channel-Binding";

/// What both ends of a connection under TLS 1.3 have, and nobody else.
pub fn exporter<S>(stream: &TlsStream<S>) -> Option<Key> {
    if stream.get_ref().1.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return None;
    }
    let exported = match stream {
        TlsStream::Client(stream) => {
            stream.get_ref().1.export_keying_material([0; 32], LABEL, Some(b""))
        }
        TlsStream::Server(stream) => {
            stream.get_ref().1.export_keying_material([0; 32], LABEL, Some(b""))
        }
    };
    exported.ok()
}

/// A hash of a server's certificate, by the hash of its signature, or by SHA-256 where that is MD5 or
/// SHA-1. `None` where its signature has no hash of its own, as Ed25519's has not.
pub fn end_point(certificate: &CertificateDer<'_>) -> Option<Vec<u8>> {
    let hash = hash_of(certificate).ok()??;
    Some(match hash {
        Hash::Sha256 => Sha256::digest(certificate).to_vec(),
        Hash::Sha384 => Sha384::digest(certificate).to_vec(),
        Hash::Sha512 => Sha512::digest(certificate).to_vec(),
    })
}

#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// By the names of signatures: RFC 8017 appendix A.2.4, RFC 5758 section 3.2, RFC 3279 section 2.2.
const SIGNATURES: [(&[u64], Hash); 9] = [
    (&[1, 2, 840, 113_549, 1, 1, 4], Hash::Sha256),
    (&[1, 2, 840, 113_549, 1, 1, 5], Hash::Sha256),
    (&[1, 2, 840, 113_549, 1, 1, 11], Hash::Sha256),
    (&[1, 2, 840, 113_549, 1, 1, 12], Hash::Sha384),
    (&[1, 2, 840, 113_549, 1, 1, 13], Hash::Sha512),
    (&[1, 2, 840, 10_045, 4, 1], Hash::Sha256),
    (&[1, 2, 840, 10_045, 4, 3, 2], Hash::Sha256),
    (&[1, 2, 840, 10_045, 4, 3, 3], Hash::Sha384),
    (&[1, 2, 840, 10_045, 4, 3, 4], Hash::Sha512),
];

/// What an issuer signed by, where the name of the signature does not tell its hash.
fn hash_of(certificate: &[u8]) -> ASN1Result<Option<Hash>> {
    // RFC 5280 section 4.1: what is signed, by what algorithm, and the signature.
    let algorithm = parse_der(certificate, |reader| {
        reader.read_sequence(|reader| {
            reader.next().read_der()?;
            let algorithm = reader.next().read_der()?;
            reader.next().read_der()?;
            Ok(algorithm)
        })
    })?;
    let is_pss = |known: &[u8]| algorithm.ends_with(known);
    if is_pss(&alg_id::RSA_PSS_SHA256) {
        return Ok(Some(Hash::Sha256));
    }
    if is_pss(&alg_id::RSA_PSS_SHA384) {
        return Ok(Some(Hash::Sha384));
    }
    if is_pss(&alg_id::RSA_PSS_SHA512) {
        return Ok(Some(Hash::Sha512));
    }
    let name: ObjectIdentifier = parse_der(&algorithm, |reader| {
        reader.read_sequence(|reader| {
            let name = reader.next().read_oid()?;
            reader.read_optional(|reader| reader.read_der())?;
            Ok(name)
        })
    })?;
    let found = SIGNATURES.iter().find(|(known, _)| name.components()[..] == **known);
    Ok(found.map(|(_, hash)| *hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384};
    use rcgen::{PKCS_ED25519, SignatureAlgorithm};

    #[test]
    fn certificates_are_hashed_as_they_were_signed() {
        let algorithms: [(&'static SignatureAlgorithm, Option<usize>); 3] = [
            (&PKCS_ECDSA_P256_SHA256, Some(32)),
            (&PKCS_ECDSA_P384_SHA384, Some(48)),
            (&PKCS_ED25519, None),
        ];
        for (algorithm, length) in algorithms {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let params = CertificateParams::new(vec!["mx.example".to_owned()]).unwrap();
            let certificate = params.self_signed(&key).unwrap();
            let hash = end_point(certificate.der());
            assert_eq!(hash.map(|hash| hash.len()), length);
        }
        assert_eq!(end_point(&CertificateDer::from(vec![0x30, 3, 1, 2])), None);
    }
}
