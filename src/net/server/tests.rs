//! Servers on loopback, and what their application hears.

use super::*;
use crate::net::events::Batch;
use crate::protocol::testing::server_config;
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

/// As many as make the bell ring in the middle of a post, whatever thread that is on.
const CLIENTS: usize = 64;

/// How a client leaves.
#[derive(Debug, Clone, Copy)]
enum Leaves {
    Says,
    Closes,
    IsClosed,
}

fn options() -> Options {
    Options {
        number: 1,
        config: server_config(|_| {}),
        tls: None,
        implicit_tls: false,
        max_clients: None,
        max_clients_per_address: None,
        backlog: 128,
        port: Port::Own,
        proxies: Peers::NOBODY,
        xclient: Peers::NOBODY,
        xforward: Peers::NOBODY,
        resolver: None,
        rates: None,
    }
}

/// What an application finds when it hears that sessions are gone.
#[derive(Default)]
struct Seen {
    gone: AtomicUsize,
    /// Clients that the server counted at that time, in all and by address.
    counted: AtomicUsize,
    heard: Notify,
}

/// Listens; the application takes its records within the bell.
fn server(seen: &Arc<Seen>) -> (Arc<Server>, SocketAddr) {
    let place: Arc<OnceLock<Arc<Server>>> = Arc::default();
    let (theirs, seen) = (place.clone(), seen.clone());
    let queue = EventQueue::new(Box::new(move || {
        let Some(server) = theirs.get() else { return };
        let counted = server.connections() + server.state().addresses.len();
        let mut batch = Batch::default();
        while let Some(next) = server.queue.exchange(batch, |_| None) {
            // Nothing else is told than that sessions are gone.
            seen.gone.fetch_add(next.len(), Ordering::Relaxed);
            batch = next;
        }
        seen.counted.store(counted, Ordering::Relaxed);
        seen.heard.notify_one();
    }));
    let server = Server::new(options(), queue);
    server.set_interest(Interest::DISCONNECT);
    let any = Address::Ip(SocketAddr::from(([127, 0, 0, 1], 0)));
    server.listen(&any, &Handle::current()).expect("a port");
    server.let_in();
    let Some(Address::Ip(address)) = server.address() else { panic!("it listens") };
    assert!(place.set(server.clone()).is_ok());
    (server, address)
}

#[tokio::test]
async fn who_is_told_to_be_gone_is_not_counted_any_more() {
    for leaves in [Leaves::Says, Leaves::Closes, Leaves::IsClosed] {
        let seen = Arc::new(Seen::default());
        let (server, address) = server(&seen);
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            let mut client = BufReader::new(TcpStream::connect(address).await.expect("a client"));
            let mut greeting = String::new();
            client.read_line(&mut greeting).await.expect("a greeting");
            clients.push(client);
        }
        assert_eq!(server.connections(), CLIENTS);
        match leaves {
            Leaves::Says => {
                for client in &mut clients {
                    client.write_all(b"QUIT\r\n").await.expect("sent");
                }
            }
            Leaves::Closes => clients.clear(),
            Leaves::IsClosed => server.abort_all(),
        }
        // Those that linger for their clients' sake end with these.
        let end = tokio::spawn(async move {
            for mut client in clients {
                let mut rest = String::new();
                while client.read_line(&mut rest).await.is_ok_and(|count| count > 0) {}
            }
        });
        seen.heard.notified().await;
        end.await.expect("the clients' end");
        assert_eq!(seen.gone.load(Ordering::Relaxed), CLIENTS, "{leaves:?}");
        assert_eq!(seen.counted.load(Ordering::Relaxed), 0, "{leaves:?}");
        let stopped = server.stop();
        assert!(stopped > 0);
    }
}

#[test]
fn a_client_costs_little_more_than_its_session() {
    fn future<F, A, B>(_: impl Fn(A, B) -> F) -> usize {
        size_of::<F>()
    }
    let room = 2 * size_of::<crate::protocol::server::ServerSession>() + 256;
    let size = future(connection::serve);
    assert!(size < room, "{size} of {room} bytes: is there room for a second session?");
}
