//! Servers and who their clients are; stopping them gracefully.

mod connection;
mod derivations;
mod door;
mod listener;
pub mod peers;
mod questions;
pub mod rates;
mod socket;
#[cfg(test)]
mod tests;
pub mod traffic;
mod waiting;

pub use socket::{Address, Port};
pub use waiting::Handshake;

use crate::net::dns::names::{Lookup, Resolver};
use crate::net::events::{EventQueue, Peer, ProxyEnds, Record, SessionCommand, Slot};
use crate::net::sync::lock;
use crate::net::tls::{HostKeys, Tls};
use crate::protocol::control::{Counted, Meter, Tally};
use crate::protocol::dialect::Stock;
use crate::protocol::events::Interest;
use crate::protocol::proxy::Header;
use crate::protocol::server::ServerConfig;
use crate::protocol::trusted::{Attributes, Trusted};
use peers::Peers;
use rates::Rates;
use socket::Listener;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;
use tokio::sync::Notify;
use traffic::Traffic;
use waiting::Waiting;

/// What a server is made of.
pub struct Options {
    /// The number that its application knows it by.
    pub number: u32,
    pub config: Arc<ServerConfig>,
    pub tls: Option<Tls>,
    /// TLS from the first byte (RFC 8314 section 3.3).
    pub implicit_tls: bool,
    pub max_clients: Option<usize>,
    pub max_clients_per_address: Option<usize>,
    /// Connections that the kernel may hold ready; it takes less if its own limit is lower.
    pub backlog: i32,
    pub port: Port,
    /// Peers that send a PROXY header before anything else.
    pub proxies: Peers,
    /// Peers that may speak for other clients.
    pub xclient: Peers,
    /// Peers that may tell of other clients.
    pub xforward: Peers,
    /// Finds names of clients, where they are wanted.
    pub resolver: Option<Arc<Resolver>>,
    /// What clients may do in a minute.
    pub rates: Option<Rates>,
}

pub struct Server {
    number: u32,
    config: Arc<ServerConfig>,
    tls: Mutex<Option<Arc<Tls>>>,
    implicit_tls: bool,
    max_clients: Option<usize>,
    max_clients_per_address: Option<usize>,
    backlog: i32,
    port: Port,
    proxies: Peers,
    xclient: Peers,
    xforward: Peers,
    resolver: Option<Arc<Resolver>>,
    rates: Option<Rates>,
    interest: AtomicU32,
    turned_away: AtomicU32,
    traffic: Traffic,
    host_keys: Waiting<HostKeys>,
    /// Whether the application is asked before each handshake.
    judges_handshakes: AtomicBool,
    handshakes: Waiting<Handshake>,
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
    /// The number of the last run.
    run: u32,
    sessions: HashMap<u64, Arc<Slot>>,
    next_session: u64,
    addresses: HashMap<IpAddr, usize>,
}

impl State {
    /// Counts one client of this address less.
    fn count_out(&mut self, address: Option<IpAddr>) {
        if let Some(address) = address
            && let Some(count) = self.addresses.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.addresses.remove(&address);
            }
        }
    }
}

/// A server from one start on.
#[derive(Default)]
struct Run {
    /// The accept loop has ended.
    stopped: bool,
    draining: bool,
    sessions: HashSet<u64>,
}

/// A listening socket, which is closed at once when the server stops.
struct Listening {
    address: Address,
    socket: Arc<Mutex<Option<Listener>>>,
    /// Clients are let in from now on.
    open: Arc<Notify>,
    stop: Arc<Notify>,
    run: u32,
}

/// How clients come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// From where they are.
    Direct,
    /// By a proxy, which has a header to say for whom it connects.
    Proxy,
}

/// The application of a server is gone.
#[derive(Debug)]
pub struct Unread;

/// One client of a server; the server counts it until it is [let go](Self::let_go) or dropped.
pub struct ConnectedClient {
    pub server: Arc<Server>,
    pub slot: Arc<Slot>,
    peer: Peer,
    way: Way,
    /// The address under which it is counted, once it is.
    counted: Mutex<Option<IpAddr>>,
    number: u64,
    run: u32,
}

impl ConnectedClient {
    /// Posts a record of its session.
    ///
    /// # Errors
    /// [`Unread`] if nobody is there to read it.
    pub fn post(&self, record: Record<'_>) -> Result<(), Unread> {
        if self.server.queue.post(&self.slot, &self.peer, record) { Ok(()) } else { Err(Unread) }
    }

    /// Its address; on a unix socket it has none.
    pub fn address(&self) -> Option<IpAddr> {
        self.peer.address()
    }

    /// Begins to look its name up, for its slot, where that is wanted.
    pub fn look_up(&self) -> Option<Lookup> {
        let resolver = self.server.resolver()?;
        let address = self.peer.address()?;
        let slot = self.slot.clone();
        Some(resolver.begin(address, move |name| slot.set_hostname(name)))
    }

    /// Whether a proxy is to say first who the client is.
    pub fn comes_by_proxy(&self) -> bool {
        self.way == Way::Proxy
    }

    /// A proxy has said who the client is, which is counted from here on.
    ///
    /// # Errors
    /// What the client is to be told if there is no room for it.
    pub fn introduce(&mut self, header: &Header) -> Result<(), Stock> {
        if let Header::Client { remote, local } = *header {
            let proxy = self.peer.ends.replace((remote, local));
            self.peer.proxy = Some(Box::new(ProxyEnds(proxy)));
        }
        let address = self.peer.address();
        self.server.count_in(&mut self.server.state(), address)?;
        self.server.traffic.sessions.add(1);
        *lock(&self.counted) = address;
        Ok(())
    }

    /// What the client may say of others.
    pub fn trusted(&self) -> Trusted {
        let address = self.peer.address();
        let Server { xclient, xforward, .. } = &*self.server;
        Trusted { xclient: xclient.trust(address), xforward: xforward.trust(address) }
    }

    /// A peer that is trusted speaks for a client, which is counted in its place from here on; where
    /// its messages and recipients are.
    ///
    /// # Errors
    /// What the client is to be told if there is no room for it.
    pub fn speak_for(&self, attributes: &Attributes) -> Result<Option<Meter>, Stock> {
        let mut counted = lock(&self.counted);
        if let Some(address) = attributes.address() {
            let mut state = self.server.state();
            self.server.count_in(&mut state, address)?;
            state.count_out(std::mem::replace(&mut *counted, address));
        }
        Ok(self.meter_of(*counted))
    }

    /// The server lets the client go: its place is free. What it did is still to be told, and a
    /// stop waits for that.
    pub fn let_go(&self) {
        let mut state = self.server.state();
        if state.sessions.remove(&self.number).is_none() {
            return;
        }
        state.count_out(*lock(&self.counted));
    }

    /// Where its messages and recipients are counted, if they are; a unix socket has no address.
    pub fn meter(&self) -> Option<Meter> {
        self.meter_of(self.peer.address())
    }

    fn meter_of(&self, address: Option<IpAddr>) -> Option<Meter> {
        let address = address.filter(|_| self.server.rates.is_some())?;
        let server = self.server.clone();
        Some(Meter::new(move |tally, counted, now| server.allows(address, tally, counted, now)))
    }
}

impl Drop for ConnectedClient {
    fn drop(&mut self) {
        self.let_go();
        let mut state = self.server.state();
        if let Some(run) = state.runs.get_mut(&self.run) {
            run.sessions.remove(&self.number);
        }
        self.server.end_run(state, self.run);
    }
}

impl Server {
    /// A server that does not listen yet and posts its events to `queue`.
    pub fn new(options: Options, queue: Arc<EventQueue>) -> Arc<Self> {
        Arc::new(Self {
            number: options.number,
            config: options.config,
            tls: Mutex::new(options.tls.map(Arc::new)),
            implicit_tls: options.implicit_tls,
            max_clients: options.max_clients,
            max_clients_per_address: options.max_clients_per_address,
            backlog: options.backlog,
            port: options.port,
            proxies: options.proxies,
            xclient: options.xclient,
            xforward: options.xforward,
            resolver: options.resolver,
            rates: options.rates,
            interest: AtomicU32::new(0),
            turned_away: AtomicU32::new(0),
            traffic: Traffic::default(),
            host_keys: Waiting::default(),
            judges_handshakes: AtomicBool::new(false),
            handshakes: Waiting::default(),
            queue,
            state: Mutex::default(),
        })
    }

    pub fn config(&self) -> &Arc<ServerConfig> {
        &self.config
    }

    pub fn tls(&self) -> Option<Arc<Tls>> {
        lock(&self.tls).clone()
    }

    /// Sets what handshakes from now on use; sessions that have theirs behind them stay as they
    /// are.
    pub fn set_tls(&self, tls: Tls) {
        *lock(&self.tls) = Some(Arc::new(tls));
    }

    pub fn implicit_tls(&self) -> bool {
        self.implicit_tls
    }

    /// Finds names of clients, where they are wanted.
    pub fn resolver(&self) -> Option<&Arc<Resolver>> {
        self.resolver.as_ref()
    }

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

    /// How many clients the server has.
    pub fn connections(&self) -> usize {
        self.state().sessions.len()
    }

    /// Where the server listens, if it does.
    pub fn address(&self) -> Option<Address> {
        self.state().listening.as_ref().map(|listening| listening.address.clone())
    }

    /// Lets clients in, if it listens; until then they wait in the kernel.
    pub fn let_in(&self) {
        if let Some(listening) = &self.state().listening {
            listening.open.notify_one();
        }
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
        self.tell_all(run, &SessionCommand::Drain, |run| run.draining = true);
    }

    /// Closes every session up to that run with 421 now.
    pub fn abort(&self, run: u32) {
        self.tell_all(run, &SessionCommand::Abort, |_| {});
    }

    /// Closes every session with 421 now.
    pub fn abort_all(&self) {
        self.abort(u32::MAX);
    }

    fn tell_all(&self, last: u32, command: &SessionCommand, note: impl Fn(&mut Run)) {
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
            slot.tell(command.clone());
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

    fn allows(&self, client: IpAddr, tally: Tally, counted: Counted, now: Instant) -> bool {
        self.rates.as_ref().is_none_or(|rates| rates.count(client, tally, counted, now))
    }
}
