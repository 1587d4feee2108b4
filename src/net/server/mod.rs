//! Servers: bind, accept, caps on clients, graceful stop.

mod connection;
pub mod rates;
mod socket;
pub mod traffic;

pub use socket::Address;

use crate::net::dns::names::{Lookup, Resolver};
use crate::net::error::Error;
use crate::net::events::{Control, ErrorInfo, EventQueue, Peer, Record, Slot, Task};
use crate::net::stream::Stream;
use crate::net::sync::lock;
use crate::net::tls::Tls;
use crate::protocol::control::{Counted, Meter, Tally};
use crate::protocol::dialect::Stock;
use crate::protocol::server::{Interest, ServerConfig};
use rates::Rates;
use socket::Listener;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::runtime::Handle;
use tokio::sync::Notify;
use traffic::Traffic;

/// Until the next try to accept after a failure, such as no free file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// For a client over the limit to read that it is.
const GOODBYE: Duration = Duration::from_secs(1);
/// Clients over the limit that are told so at one time; the rest is just closed.
const MAX_TURNED_AWAY: u32 = 64;

/// What a server is made of.
pub struct Options {
    /// The number that its application knows it by.
    pub number: u32,
    /// What its sessions share.
    pub config: ServerConfig,
    /// TLS, where there are keys.
    pub tls: Option<Tls>,
    /// TLS from the first byte (RFC 8314 section 3.3).
    pub implicit_tls: bool,
    /// Clients at a time.
    pub max_clients: Option<usize>,
    /// Clients at a time from one address.
    pub max_clients_per_address: Option<usize>,
    /// Connections that the kernel may hold ready; it takes less if its own limit is lower.
    pub backlog: i32,
    /// Share the port with other servers that do (`SO_REUSEPORT`).
    pub reuse_port: bool,
    /// Finds names of clients, where they are wanted.
    pub resolver: Option<Arc<Resolver>>,
    /// What clients may do in a minute.
    pub rates: Option<Rates>,
}

/// A server and its sessions.
pub struct Server {
    number: u32,
    config: Arc<ServerConfig>,
    tls: Mutex<Option<Arc<Tls>>>,
    implicit_tls: bool,
    max_clients: Option<usize>,
    max_clients_per_address: Option<usize>,
    backlog: i32,
    reuse_port: bool,
    resolver: Option<Arc<Resolver>>,
    rates: Option<Rates>,
    interest: AtomicU32,
    turned_away: AtomicU32,
    traffic: Traffic,
    queue: Arc<EventQueue>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Present while it listens.
    listening: Option<Listening>,
    /// From each start to the end of its last session; there is more than one when it was started
    /// again before that.
    runs: BTreeMap<u32, Run>,
    /// The number of the last of them.
    run: u32,
    sessions: HashMap<u64, Arc<Slot>>,
    next_session: u64,
    addresses: HashMap<IpAddr, usize>,
}

/// A server from one start on.
#[derive(Default)]
struct Run {
    /// Its accept loop has ended.
    stopped: bool,
    draining: bool,
    sessions: HashSet<u64>,
}

/// A listening socket, which is closed at once when the server stops.
struct Listening {
    address: Address,
    socket: Arc<Mutex<Option<Listener>>>,
    stop: Arc<Notify>,
    run: u32,
}

/// One client of a server; the server counts it until this is dropped.
pub struct Client {
    /// Its server.
    pub server: Arc<Server>,
    /// Where its session waits.
    pub slot: Arc<Slot>,
    peer: Peer,
    number: u64,
    run: u32,
}

impl Client {
    /// Posts a record of its session; `false` if nobody reads it.
    pub fn post(&self, awaited: bool, record: Record<'_>) -> bool {
        self.server.queue.post(&self.slot, &self.peer, awaited, record)
    }

    /// Begins to look its name up, for its slot, where that is wanted.
    pub fn look_up(&self) -> Option<Lookup> {
        let resolver = self.server.resolver()?;
        let (remote, _) = self.peer.ends?;
        let slot = self.slot.clone();
        Some(resolver.begin(remote.ip(), move |name| slot.set_hostname(name)))
    }

    /// Where its messages and recipients are counted, if they are; a unix socket has no address.
    pub fn meter(&self) -> Option<Meter> {
        let (remote, _) = self.peer.ends.filter(|_| self.server.rates.is_some())?;
        let server = self.server.clone();
        Some(Meter::new(move |tally, counted, now| server.allows(remote.ip(), tally, counted, now)))
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let mut state = self.server.state();
        state.sessions.remove(&self.number);
        if let Some(run) = state.runs.get_mut(&self.run) {
            run.sessions.remove(&self.number);
        }
        if let Some(address) = self.peer.ends.map(|(remote, _)| remote.ip())
            && let Some(count) = state.addresses.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                state.addresses.remove(&address);
            }
        }
        self.server.end_run(state, self.run);
    }
}

impl Server {
    /// A server that does not listen yet and posts its events to `queue`.
    pub fn new(options: Options, queue: Arc<EventQueue>) -> Arc<Self> {
        Arc::new(Self {
            number: options.number,
            config: Arc::new(options.config),
            tls: Mutex::new(options.tls.map(Arc::new)),
            implicit_tls: options.implicit_tls,
            max_clients: options.max_clients,
            max_clients_per_address: options.max_clients_per_address,
            backlog: options.backlog,
            reuse_port: options.reuse_port,
            resolver: options.resolver,
            rates: options.rates,
            interest: AtomicU32::new(0),
            turned_away: AtomicU32::new(0),
            traffic: Traffic::default(),
            queue,
            state: Mutex::default(),
        })
    }

    /// What its sessions share.
    pub fn config(&self) -> &Arc<ServerConfig> {
        &self.config
    }

    /// TLS, where there are keys.
    pub fn tls(&self) -> Option<Arc<Tls>> {
        lock(&self.tls).clone()
    }

    /// Sets what handshakes from now on use; sessions that have theirs behind them stay as they
    /// are.
    pub fn set_tls(&self, tls: Tls) {
        *lock(&self.tls) = Some(Arc::new(tls));
    }

    /// Whether TLS begins with the first byte.
    pub fn implicit_tls(&self) -> bool {
        self.implicit_tls
    }

    /// Finds names of clients, where they are wanted.
    pub fn resolver(&self) -> Option<&Arc<Resolver>> {
        self.resolver.as_ref()
    }

    /// What has gone over its connections.
    pub fn traffic(&self) -> &Traffic {
        &self.traffic
    }

    /// Records that wait for its application's thread, those of its other servers included.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// The events that its application wants to hear of.
    pub fn interest(&self) -> Interest {
        Interest(self.interest.load(Ordering::Relaxed))
    }

    /// Sets these events, also for the sessions there are.
    pub fn set_interest(&self, interest: Interest) {
        self.interest.store(interest.0, Ordering::Relaxed);
    }

    /// Sessions at present.
    pub fn connections(&self) -> usize {
        self.state().sessions.len()
    }

    /// Where it listens, if it does.
    pub fn address(&self) -> Option<Address> {
        self.state().listening.as_ref().map(|listening| listening.address.clone())
    }

    /// Listens on `address`, whose port may be 0 for any.
    ///
    /// # Errors
    /// [`Error::Bind`] with the system's reason; [`Error::ReusePort`] where the platform has no such
    /// thing.
    pub fn listen(self: &Arc<Self>, address: &Address, runtime: &Handle) -> Result<(), Error> {
        let _context = runtime.enter();
        let listener = Listener::bind(address, self.backlog, self.reuse_port)?;
        let address = listener.address(address);
        let socket = Arc::new(Mutex::new(Some(listener)));
        let stop = Arc::new(Notify::new());
        let mut state = self.state();
        state.run += 1;
        let run = state.run;
        state.listening =
            Some(Listening { address, socket: socket.clone(), stop: stop.clone(), run });
        state.runs.insert(run, Run::default());
        drop(state);
        runtime.spawn(self.clone().accept(socket, stop, run));
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

    /// Closes the listening socket; sessions go on, and [`Record::Stopped`] with the number that
    /// is returned follows the last. With nothing to stop it follows at once.
    pub fn stop(&self) -> u32 {
        let mut state = self.state();
        let run = state.run;
        match state.listening.take() {
            Some(Listening { socket, stop, run, .. }) => {
                drop(lock(&socket).take());
                stop.notify_one();
                return run;
            }
            None if !state.runs.contains_key(&run) => {
                drop(state);
                self.queue.post_server(self.number, Record::Stopped(run));
            }
            None => {}
        }
        run
    }

    /// Closes each session up to that run with 421 once no transaction is open in it.
    pub fn drain(&self, run: u32) {
        self.tell_all(run, &Control::Drain, |run| run.draining = true);
    }

    /// Closes every session up to that run with 421 now.
    pub fn abort(&self, run: u32) {
        self.tell_all(run, &Control::Abort, |_| {});
    }

    /// The same for all sessions there are.
    pub fn abort_all(&self) {
        self.abort(u32::MAX);
    }

    fn tell_all(&self, last: u32, control: &Control, note: impl Fn(&mut Run)) {
        let slots: Vec<_> = {
            let mut state = self.state();
            let State { runs, sessions, .. } = &mut *state;
            runs.range_mut(..=last)
                .flat_map(|(_, run)| {
                    note(run);
                    run.sessions.iter().filter_map(|number| sessions.get(number).cloned())
                })
                .collect()
        };
        for slot in slots {
            slot.control(control.clone());
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Forgets a run that has stopped and whose last session is gone.
    fn end_run(&self, mut state: MutexGuard<'_, State>, run: u32) {
        let is_over =
            state.runs.get(&run).is_some_and(|run| run.stopped && run.sessions.is_empty());
        if is_over {
            state.runs.remove(&run);
            drop(state);
            self.queue.post_server(self.number, Record::Stopped(run));
        }
    }

    async fn accept(
        self: Arc<Self>,
        socket: Arc<Mutex<Option<Listener>>>,
        stop: Arc<Notify>,
        run: u32,
    ) {
        let mut failing = false;
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.notified() => break,
                accepted = poll_fn(|cx| match &*lock(&socket) {
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
                        let error = ErrorInfo::from(&error);
                        self.queue.post_server(self.number, Record::ServerError(error));
                    }
                    tokio::select! {
                        () = stop.notified() => break,
                        () = tokio::time::sleep(ACCEPT_PAUSE) => {}
                    }
                }
            }
        }
        let mut state = self.state();
        if let Some(run) = state.runs.get_mut(&run) {
            run.stopped = true;
        }
        self.end_run(state, run);
    }

    fn allows(&self, client: IpAddr, tally: Tally, counted: Counted, now: Instant) -> bool {
        self.rates.as_ref().is_none_or(|rates| rates.count(client, tally, counted, now))
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
                slot.control(Control::Drain);
            }
        }
        drop(state);
        let peer = Peer { server: self.number, ends };
        let client = Client { server: self.clone(), slot: slot.clone(), peer, number, run };
        Task::spawn(&slot, connection::serve(stream, client));
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
