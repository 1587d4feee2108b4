//! Clients come in: listening and accepting; `door.rs` has whom it lets in.

use super::socket::{Address, Listener};
use super::{ConnectedClient, Listening, Run, Server, Way, connection};
use crate::net::error::Error;
use crate::net::error::words::of_system;
use crate::net::events::{ErrorInfo, Peer, Record, SessionCommand, Slot, Task};
use crate::net::stream::Stream;
use crate::net::sync::lock;
use crate::protocol::dialect::Stock;
use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::Notify;

/// Until the next try to accept after a failure, such as no free file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

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
        let peer = Peer { server: self.number, ..Peer::default() };
        self.admit(stream, peer, Way::Direct, run);
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
                    let peer = Peer { server: self.number, ends, proxy: None };
                    let is_proxy = self.proxies.include(peer.address());
                    self.admit(stream, peer, if is_proxy { Way::Proxy } else { Way::Direct }, run);
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

    fn admit(self: &Arc<Self>, stream: Stream, peer: Peer, way: Way, run: u32) {
        let mut state = self.state();
        if self.max_clients.is_some_and(|limit| state.sessions.len() >= limit) {
            drop(state);
            return self.turn_away(stream, Stock::TooManyClients);
        }
        // Of a proxy's client no more is known yet than that there is one.
        let address = peer.address().filter(|_| way == Way::Direct);
        if way == Way::Direct
            && let Err(stock) = self.count_in(&mut state, address)
        {
            drop(state);
            return self.turn_away(stream, stock);
        }
        if way == Way::Direct {
            self.traffic.sessions.add(1);
        }
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
        let server = self.clone();
        let client = ConnectedClient {
            server,
            slot: slot.clone(),
            peer,
            way,
            counted: Mutex::new(address),
            number,
            run,
        };
        let task = Task::new(connection::serve(stream, client));
        slot.carried_by(&task);
        task.start();
    }
}

fn concerns_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, InvalidInput, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | InvalidInput | NotConnected)
}
