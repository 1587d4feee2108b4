//! The roots that everybody believes in: read when a handshake first needs them, once for the process.
//!
//! They are the system's, and where it has none those that the application comes with, which may add
//! to them in any case.

use super::keys::certificates;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use std::sync::Arc;
use tokio::sync::{OnceCell, oneshot};
use tokio::task::spawn_blocking;

/// Asks the application for roots, who is told whether the system has none; PEM is the answer.
pub type AskRoots = Box<dyn Fn(bool, oneshot::Sender<Vec<u8>>) + Send + Sync>;

static PUBLIC: OnceCell<Arc<RootCertStore>> = OnceCell::const_new();

/// Neither the system nor the application has a root.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoRoots;

/// Everybody's roots.
pub(super) async fn public(ask: &AskRoots) -> Result<Arc<RootCertStore>, NoRoots> {
    PUBLIC.get_or_try_init(|| read(of_system, ask)).await.cloned()
}

fn of_system() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

async fn read(
    system: fn() -> Vec<CertificateDer<'static>>,
    ask: &AskRoots,
) -> Result<Arc<RootCertStore>, NoRoots> {
    let parsed = spawn_blocking(move || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(system());
        roots
    });
    let mut roots = parsed.await.unwrap_or_else(|_| RootCertStore::empty());
    let (answer, answered) = oneshot::channel();
    ask(roots.is_empty(), answer);
    if let Ok(pem) = answered.await
        && let Ok(more) = certificates(&pem)
    {
        roots.add_parsable_certificates(more);
    }
    if roots.is_empty() { Err(NoRoots) } else { Ok(Arc::new(roots)) }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ROOT;
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn one() -> Vec<CertificateDer<'static>> {
        certificates(ROOT).expect("a root")
    }

    fn garbage() -> Vec<CertificateDer<'static>> {
        vec![CertificateDer::from(&b"no certificate"[..])]
    }

    /// How many roots there are of a system and an answer, and whether the system was said to have
    /// none.
    async fn found(
        system: fn() -> Vec<CertificateDer<'static>>,
        answer: Option<&'static [u8]>,
    ) -> (Result<usize, NoRoots>, bool) {
        let missing = Arc::new(AtomicBool::new(false));
        let told = missing.clone();
        let ask: AskRoots = Box::new(move |none, sender| {
            told.store(none, Ordering::Relaxed);
            if let Some(pem) = answer {
                let _ = sender.send(pem.to_vec());
            }
        });
        let roots = read(system, &ask).await.map(|roots| roots.len());
        (roots, missing.load(Ordering::Relaxed))
    }

    #[tokio::test]
    async fn roots_are_the_systems_and_what_the_application_has() {
        for (system, answer, expected, missing) in [
            (one as fn() -> _, Some(&b""[..]), Ok(1), false),
            (one, None, Ok(1), false),
            (one, Some(ROOT), Ok(2), false),
            (one, Some(b"-----BEGIN CERTIFICATE-----"), Ok(1), false),
            (Vec::new, Some(ROOT), Ok(1), true),
            (garbage, Some(ROOT), Ok(1), true),
            (Vec::new, Some(b""), Err(NoRoots), true),
            (Vec::new, None, Err(NoRoots), true),
        ] {
            assert_eq!(found(system, answer).await, (expected, missing), "{answer:?}");
        }
    }
}
