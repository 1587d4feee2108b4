//! Clients come in: listening, accepting, the limits on their number, and a goodbye to those beyond.

use super::socket::{Address, Listener};
use super::{ConnectedClient, Listening, Run, Server, connection};
use crate::net::error::Error;
use crate::net::error::words::of_system;
use crate::net::events::{ErrorInfo, Peer, Record, SessionCommand, Slot, Task};
use crate::net::stream::Stream;
use crate::net::sync::lock;
use crate::protocol::control::{Counted, Tally};
use crate::protocol::dialect::Stock;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::runtime::Handle;
use tokio::sync::Notify;

/// Until the next try to accept after a failure, such as no free file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// For a client over the limit to read that it is.
const GOODBYE: Duration = Duration::from_secs(1);
/// Clients over the limit that are told so at one time; the rest is just closed.
const MAX_TURNED_AWAY: u32 = 64;

impl Server {
    /// Listens on `address`, whose port may be 0 for any. Nobody is served before
    /// [`let_in`](Self::let_in).
    ///
    /// # Errors
    /// [`Error::Bind`] with the system's reason; [`Error::ReusePort`] where the platform has no such
    /// thing.
    pub fn listen(self: &Arc<Self>, address: &Address, runtime: &Handle) -> Result<(), Error> {
        let _context = runtime.enter();
        let listener = Listener::bind(address, self.backlog, self.port)?;
        let address = listener.address(address);
        let socket = Arc::new(Mutex::new(Some(listener)));
        let (open, stop) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let mut state = self.state();
        state.run += 1;
        let run = state.run;
        let listening = Listening {
            address,
            socket: socket.clone(),
            open: open.clone(),
            stop: stop.clone(),
            run,
        };
        state.listening = Some(listening);
        state.runs.insert(run, Run::default());
        drop(state);
        let server = self.clone();
        runtime.spawn(async move {
            tokio::select! {
                biased;
                () = stop.notified() => {}
                () = open.notified() => server.accept(&socket, &stop, run).await,
            }
            let mut state = server.state();
            if let Some(run) = state.runs.get_mut(&run) {
                run.stopped = true;
            }
            server.end_run(state, run);
        });
        Ok(())
    }

    /// Serves a client behind a stream of the application's. [`Record::Stopped`] with the number
    /// that is returned follows its session.
    pub fn adopt(self: &Arc<Self>, stream: Stream, runtime: &Handle) -> u32 {
        let _context = runtime.enter();
        let mut state = self.state();
        state.run += 1;
        let run = state.run;
        state.runs.insert(run, Run { stopped: true, ..Run::default() });
        drop(state);
        self.admit(stream, None, run);
        // It may have been turned away.
        self.end_run(self.state(), run);
        run
    }

    async fn accept(self: &Arc<Self>, socket: &Mutex<Option<Listener>>, stop: &Notify, run: u32) {
        let mut failing = false;
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.notified() => break,
                accepted = poll_fn(|cx| match &*lock(socket) {
                    Some(listener) => listener.poll_accept(cx),
                    None => Poll::Pending,
                }) => accepted,
            };
            match accepted {
                Ok((stream, ends)) => {
                    failing = false;
                    self.admit(stream, ends, run);
                }
                // A client that has gone already is no failure of ours.
                Err(error) if concerns_one_client(&error) => {}
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        let error = ErrorInfo::new(&error, of_system(&error));
                        self.queue.post_server(self.number, Record::ServerError(error));
                    }
                    tokio::select! {
                        () = stop.notified() => break,
                        () = tokio::time::sleep(ACCEPT_PAUSE) => {}
                    }
                }
            }
        }
    }

    fn admit(self: &Arc<Self>, stream: Stream, ends: Option<(SocketAddr, SocketAddr)>, run: u32) {
        let mut state = self.state();
        let address = ends.map(|(remote, _)| remote.ip());
        let full = self.max_clients.is_some_and(|limit| state.sessions.len() >= limit);
        let count =
            address.map_or(0, |address| state.addresses.get(&address).copied().unwrap_or(0));
        let address_full = self.max_clients_per_address.is_some_and(|limit| count >= limit);
        if full || address_full {
            drop(state);
            let stock = if full { Stock::TooManyClients } else { Stock::TooManyFromAddress };
            return self.turn_away(stream, stock);
        }
        if self.rates.is_some()
            && let Some(address) = address
            && !self.allows(address, Tally::Take, Counted::Session, Instant::now())
        {
            drop(state);
            return self.turn_away(stream, Stock::SessionRate);
        }
        if let Some(address) = address {
            *state.addresses.entry(address).or_default() += 1;
        }
        self.traffic.sessions.add(1);
        let slot = Arc::new(Slot::default());
        let number = state.next_session;
        state.next_session += 1;
        state.sessions.insert(number, slot.clone());
        if let Some(run) = state.runs.get_mut(&run) {
            run.sessions.insert(number);
            if run.draining {
                slot.tell(SessionCommand::Drain);
            }
        }
        drop(state);
        let peer = Peer { server: self.number, ends };
        let client =
            ConnectedClient { server: self.clone(), slot: slot.clone(), peer, number, run };
        let task = Task::new(connection::serve(stream, client));
        slot.carried_by(&task);
        task.start();
    }

    /// Tells a client over the limit so, unless it would have to be told under TLS or many are
    /// being told already.
    fn turn_away(self: &Arc<Self>, mut stream: Stream, stock: Stock) {
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

fn concerns_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, InvalidInput, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | InvalidInput | NotConnected)
}
