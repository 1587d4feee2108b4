//! Channel binding (RFC 5056): what ties an exchange to the TLS connection that it goes over.

use super::scram::Key;

/// What a connection under TLS has that no other has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Channel {
    /// `tls-exporter` (RFC 9266), under TLS 1.3.
    pub exporter: Option<Key>,
    /// `tls-server-end-point` (RFC 5929 section 4): a hash of the server's certificate.
    pub end_point: Option<Vec<u8>>,
    /// Whether the client has shown a certificate, and that is valid.
    pub client_certificate: bool,
}

impl Channel {
    const EXPORTER: &str = "tls-exporter";
    const END_POINT: &str = "tls-server-end-point";

    /// What a type of binding says of this channel, if it is known and says anything.
    pub fn data(&self, name: &str) -> Option<&[u8]> {
        match name {
            Self::EXPORTER => self.exporter.as_ref().map(Key::as_slice),
            Self::END_POINT => self.end_point.as_deref(),
            _ => None,
        }
    }

    /// Whether an exchange can be bound to it.
    pub fn can_bind(&self) -> bool {
        self.exporter.is_some() || self.end_point.is_some()
    }

    /// The binding that says most of it: the connection itself before its certificate.
    pub fn binding(&self) -> Binding {
        let names = [Self::EXPORTER, Self::END_POINT];
        let found = names.into_iter().find_map(|name| Some((name, self.data(name)?)));
        found.map_or(Binding::Impossible, |(name, data)| Binding::Bound(name, data.to_vec()))
    }
}

/// What a client says of channel binding (RFC 5802 section 6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Binding {
    /// It cannot, or would not.
    Impossible,
    /// It could, and takes the server for one that cannot.
    Unused,
    /// By this type and with these bytes.
    Bound(&'static str, Vec<u8>),
}

impl Binding {
    /// The head of a client's first message (RFC 5801 section 4), without an authorization identity.
    pub(super) fn header(&self) -> String {
        match self {
            Self::Impossible => "n,,".to_owned(),
            Self::Unused => "y,,".to_owned(),
            Self::Bound(name, _) => format!("p={name},,"),
        }
    }

    /// What the client's final message has of it: the header, and the bytes.
    pub(super) fn input(&self) -> Vec<u8> {
        let mut input = self.header().into_bytes();
        if let Self::Bound(_, data) = self {
            input.extend_from_slice(data);
        }
        input
    }
}
