//! Who is let in: the limits on the number of clients, and a goodbye to those beyond.

use super::{Server, State};
use crate::net::stream::Stream;
use crate::protocol::control::{Counted, Tally};
use crate::protocol::dialect::Stock;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;

/// For a client over the limit to read that it is.
const GOODBYE: Duration = Duration::from_secs(1);
/// Clients over the limit that are told so at one time; the rest is just closed.
const MAX_TURNED_AWAY: u32 = 64;

impl Server {
    /// Counts one more client of this address, if there is room for it.
    ///
    /// # Errors
    /// What the client is to be told.
    pub(super) fn count_in(&self, state: &mut State, address: Option<IpAddr>) -> Result<(), Stock> {
        if let Some(address) = address {
            let count = state.addresses.get(&address).copied().unwrap_or(0);
            if self.max_clients_per_address.is_some_and(|limit| count >= limit) {
                return Err(Stock::TooManyFromAddress);
            }
            if !self.allows(address, Tally::Take, Counted::Session, Instant::now()) {
                return Err(Stock::SessionRate);
            }
            state.addresses.insert(address, count + 1);
        }
        Ok(())
    }

    /// Tells a client over the limit so, unless it would have to be told under TLS or many are
    /// being told already.
    pub(super) fn turn_away(self: &Arc<Self>, mut stream: Stream, stock: Stock) {
        self.config.counters.refuse(stock);
        if self.implicit_tls || self.turned_away.load(Ordering::Relaxed) >= MAX_TURNED_AWAY {
            return;
        }
        self.turned_away.fetch_add(1, Ordering::Relaxed);
        let server = self.clone();
        tokio::spawn(async move {
            let goodbye = async {
                let (_, wire) = server.config.replies.stock(stock);
                stream.write_all(wire).await?;
                stream.shutdown().await?;
                tokio::io::copy(&mut stream, &mut tokio::io::sink()).await
            };
            // A client that does not listen is closed all the same.
            let _ = tokio::time::timeout(GOODBYE, goodbye).await;
            server.turned_away.fetch_sub(1, Ordering::Relaxed);
        });
    }
}
