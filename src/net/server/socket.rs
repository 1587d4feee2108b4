//! Listening sockets: TCP, its port perhaps shared, or unix.

use crate::net::error::Error;
use crate::net::stream::Stream;
#[cfg(unix)]
use socket2::SockAddr;
use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::task::{Context, Poll, ready};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    Ip(SocketAddr),
    /// The path of a unix socket.
    Unix(PathBuf),
}

/// Whose a port is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    /// The one server's that listens there.
    Own,
    /// That of all servers that share it (`SO_REUSEPORT`).
    Shared,
}

/// A client, its address and ours, which a unix socket has not.
pub(super) type Accepted = (Stream, Option<(SocketAddr, SocketAddr)>);

pub(super) enum Listener {
    /// TCP, and the address it is bound to.
    Tcp(TcpListener, SocketAddr),
    /// A unix socket and its path.
    #[cfg(unix)]
    Unix(UnixListener, PathBuf),
}

impl Drop for Listener {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Self::Unix(_, path) = self {
            // The socket's file goes with it; somebody may have removed it before.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Listener {
    /// Listens on `address`, with room for `backlog` connections.
    ///
    /// # Errors
    /// [`Error::Bind`] and [`Error::ReusePort`].
    pub(super) fn bind(address: &Address, backlog: i32, port: Port) -> Result<Self, Error> {
        match address {
            Address::Ip(address) => {
                let socket = tcp_socket(*address).map_err(Error::Bind)?;
                if port == Port::Shared {
                    share_port(&socket)?;
                }
                bind_tcp(socket, *address, backlog)
            }
            Address::Unix(path) => bind_unix(path, backlog),
        }
        .map_err(Error::Bind)
    }

    /// Where it listens, when it was asked to at `wanted`.
    pub(super) fn address(&self, wanted: &Address) -> Address {
        match self {
            Self::Tcp(_, bound) => Address::Ip(*bound),
            #[cfg(unix)]
            Self::Unix(..) => wanted.clone(),
        }
    }

    /// Accepts the next client.
    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Accepted>> {
        match self {
            Self::Tcp(listener, bound) => {
                let (stream, remote) = ready!(listener.poll_accept(cx))?;
                // Linux hands TCP_NODELAY on from the listening socket.
                #[cfg(not(target_os = "linux"))]
                stream.set_nodelay(true)?;
                let local = if bound.ip().is_unspecified() { stream.local_addr()? } else { *bound };
                Poll::Ready(Ok((Stream::Tcp(stream), Some((canonical(remote), canonical(local))))))
            }
            #[cfg(unix)]
            Self::Unix(listener, _) => {
                let (stream, _) = ready!(listener.poll_accept(cx))?;
                Poll::Ready(Ok((Stream::Unix(stream), None)))
            }
        }
    }
}

/// An IPv4 client of a socket for both families is one of IPv4 (RFC 4291 section 2.5.5.2).
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn tcp_socket(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

#[cfg(all(unix, not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin"))))]
fn share_port(socket: &Socket) -> Result<(), Error> {
    socket.set_reuse_port(true).map_err(Error::Bind)
}

#[cfg(not(all(
    unix,
    not(any(target_os = "solaris", target_os = "illumos", target_os = "cygwin"))
)))]
fn share_port(_: &Socket) -> Result<(), Error> {
    Err(Error::ReusePort)
}

fn bind_tcp(socket: Socket, address: SocketAddr, backlog: i32) -> io::Result<Listener> {
    socket.bind(&address.into())?;
    socket.listen(backlog)?;
    let listener = TcpListener::from_std(socket.into())?;
    let bound = listener.local_addr()?;
    Ok(Listener::Tcp(listener, bound))
}

#[cfg(unix)]
fn bind_unix(path: &Path, backlog: i32) -> io::Result<Listener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SockAddr::unix(path)?)?;
    socket.listen(backlog)?;
    Ok(Listener::Unix(UnixListener::from_std(socket.into())?, path.to_owned()))
}

#[cfg(not(unix))]
fn bind_unix(_: &Path, _: i32) -> io::Result<Listener> {
    Err(io::ErrorKind::Unsupported.into())
}
