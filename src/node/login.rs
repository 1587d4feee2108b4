//! Stored keys (RFC 5803), as JavaScript has them.

use super::convert::invalid;
use crate::protocol::sasl::scram::{Derivation, Key};
use crate::protocol::sasl::server::StoredKeys;
use napi::bindgen_prelude::{AsyncTask, Buffer, Uint8Array};
use napi::{Env, Result, Task};
use napi_derive::napi;

/// What is kept of a password.
#[napi(object, object_to_js = false)]
pub struct StoredKeyOptions {
    /// What it was hashed with.
    pub salt: Uint8Array,
    /// How often.
    pub iterations: u32,
    /// The hash of the client's key.
    pub stored_key: Uint8Array,
    /// The server's key.
    pub server_key: Uint8Array,
}

impl StoredKeyOptions {
    pub(super) fn prepare(&self) -> Result<StoredKeys> {
        Ok(StoredKeys {
            salt: self.salt.to_vec(),
            iterations: self.iterations,
            stored: key(&self.stored_key)?,
            server: key(&self.server_key)?,
        })
    }
}

fn key(bytes: &[u8]) -> Result<Key> {
    bytes.try_into().map_err(|_| invalid("a key has 32 bytes"))
}

/// Keys that are made of a password.
#[napi(object, object_from_js = false)]
pub struct DerivedKeys {
    /// The hash of the client's key.
    pub stored_key: Buffer,
    /// The server's key.
    pub server_key: Buffer,
}

/// The making of them, on a thread of Node's pool.
pub struct KeyTask(Derivation);

impl Task for KeyTask {
    type Output = (Key, Key);
    type JsValue = DerivedKeys;

    fn compute(&mut self) -> Result<Self::Output> {
        let keys = self.0.run();
        Ok((keys.stored(), keys.server))
    }

    fn resolve(&mut self, _env: Env, (stored, server): Self::Output) -> Result<DerivedKeys> {
        let buffer = |key: Key| Buffer::from(key.to_vec());
        Ok(DerivedKeys { stored_key: buffer(stored), server_key: buffer(server) })
    }
}

/// Makes the keys that a server keeps of a password; a promise of them.
#[napi(ts_return_type = "Promise<DerivedKeys>")]
pub fn scram_keys(password: String, salt: Uint8Array, iterations: u32) -> AsyncTask<KeyTask> {
    AsyncTask::new(KeyTask(Derivation::new(&password, &salt, iterations)))
}
