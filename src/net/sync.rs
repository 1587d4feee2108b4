//! What is shared between threads.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; a panic elsewhere while it was held leaves data that is still whole.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
