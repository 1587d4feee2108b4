//! STUB until merged.
use super::{Keys, TlsInfo};
use crate::net::error::Error;
use crate::net::stream::Stream;
use std::fmt;
pub struct ConnectorOptions<'a> { pub ca: Option<&'a [u8]>, pub keys: Option<Keys<'a>>, pub tls12: bool, pub tls13: bool, pub reject_unauthorized: bool }
pub struct Connector;
#[derive(Debug)]
pub struct ConnectError;
impl ConnectError { pub fn code(&self) -> &'static str { "SMTP_ERR_TLS" } }
impl fmt::Display for ConnectError { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, "{self:?}") } }
impl std::error::Error for ConnectError {}
impl Connector {
    pub fn new(_o: &ConnectorOptions<'_>) -> Result<Self, Error> { Ok(Self) }
    pub async fn connect(&self, _s: Stream, _n: &str) -> Result<(Stream, TlsInfo), ConnectError> { Err(ConnectError) }
}
