//! Failures of streams in words: what was wrong and, where that is known, what to do. No text of a
//! library, and no name of its types, is handed on.

use super::tls;
use std::io;

pub use super::tls::{Peer, SelfSigned};

/// What failed on a stream between handshakes.
pub fn of_stream(error: &io::Error, peer: Peer) -> String {
    match tls::cause(error) {
        Some(cause) => tls::words(cause, peer),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            format!("{} closed the connection without ending TLS (close_notify)", peer.name())
        }
        None => of_system(error),
    }
}

/// What failed in a handshake.
pub fn of_handshake(error: &io::Error, peer: Peer) -> String {
    match tls::cause(error) {
        Some(cause) if tls::is_plain_text(cause) => tls::plain_text(peer),
        Some(cause) => tls::words(cause, peer),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            format!("{} closed the connection during the TLS handshake", peer.name())
        }
        None => of_system(error),
    }
}

/// Why settings of TLS cannot be used.
pub fn of_settings(error: &rustls::Error) -> String {
    match error {
        rustls::Error::FailedToGetRandomBytes => "the system gives no random numbers",
        _ => "the versions of TLS that are allowed leave no cipher",
    }
    .to_owned()
}

/// What the operating system said, without its number; or a text of our own.
pub fn of_system(error: &io::Error) -> String {
    if let Some(number) = error.raw_os_error() {
        let text = error.to_string();
        let numbered = format!(" (os error {number})");
        return text.strip_suffix(&numbered).unwrap_or(&text).to_lowercase();
    }
    match (error.get_ref(), error.kind()) {
        (Some(own), _) => own.to_string(),
        (None, io::ErrorKind::WriteZero) => "nothing more can be written".to_owned(),
        (None, io::ErrorKind::UnexpectedEof) => "the connection ended".to_owned(),
        (None, kind) => kind.to_string(),
    }
}
