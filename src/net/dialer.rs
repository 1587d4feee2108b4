//! STUB until merged.
use super::stream::Stream;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use std::{fmt, io};
#[derive(Debug, Clone)]
pub enum Target { Host(String, u16), Path(PathBuf) }
impl Target { pub fn host(host: &str, port: u16) -> Self { Self::Host(host.to_owned(), port) } }
pub struct DialerOptions { pub servers: Vec<SocketAddr>, pub dns_timeout: Duration, pub local_address: Option<IpAddr> }
pub struct Dialer;
#[derive(Debug)]
pub enum DialError { Io(io::Error) }
impl DialError { pub fn code(&self) -> &'static str { "ECONNREFUSED" } }
impl fmt::Display for DialError { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{self:?}") } }
impl std::error::Error for DialError {}
impl Dialer {
    pub fn new(_o: DialerOptions) -> Self { Self }
    pub async fn exchanges(&self, d: &str) -> Result<Vec<String>, DialError> { Ok(vec![d.to_owned()]) }
    pub async fn dial(&self, t: &Target, _d: tokio::time::Instant) -> Result<Stream, DialError> {
        match t {
            Target::Host(h, p) => { let s = tokio::net::TcpStream::connect((h.as_str(), *p)).await.map_err(DialError::Io)?; let _ = s.set_nodelay(true); Ok(Stream::Tcp(s)) }
            Target::Path(p) => Ok(Stream::Unix(tokio::net::UnixStream::connect(p).await.map_err(DialError::Io)?)),
        }
    }
}
