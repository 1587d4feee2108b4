//! Clients, as JavaScript holds them: each a pool of connections to one place.

mod outcome;
mod settings;

pub use settings::{ClientSettings, MessageSettings};

use super::border::Border;
use super::convert::{dns_servers, limit, long_time};
use super::runtime;
use crate::net::client::Outcome;
use crate::net::client::cancel::Cancel;
use crate::net::client::details::Details;
use crate::net::client::dialer::{Dialer, DialerOptions};
use crate::net::client::pool::{Job, Pool, PoolOptions};
use crate::net::client::source::{MessageSource, MessageStream};
use crate::net::events::{ClientNews, EventQueue, ring_all};
use crate::net::sync::lock;
use crate::protocol::client::Request;
use crate::protocol::parameters::RcptParameters;
use bytes::Bytes;
use napi::Result;
use napi::bindgen_prelude::{Reference, Uint8Array};
use napi_derive::napi;
use outcome::{error_texts, outcome_texts};
use settings::{client_options, envelope};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::oneshot;

/// What a client has done.
#[napi(object)]
pub struct ClientStats {
    /// Connections that are open or being opened.
    pub connections: u32,
    /// Connections without work.
    pub idle: u32,
    /// Messages that wait for a connection.
    pub queued: u32,
    /// Connections made so far.
    pub connected: f64,
}

/// What can be done about a message under way.
struct Handle {
    cancel: Arc<Cancel>,
    feed: Option<Arc<MessageStream>>,
}

#[napi]
pub struct NativeClient {
    number: u32,
    wants_details: bool,
    queue: Arc<EventQueue>,
    pool: Pool,
    messages: Arc<Mutex<HashMap<u32, Handle>>>,
    /// Who waits for [`NativeClient::give_roots`].
    wanting_roots: Arc<Mutex<Vec<oneshot::Sender<Vec<u8>>>>>,
}

/// What is wrong with an address that is to stand in MAIL or RCPT, if it is anything.
#[napi]
pub fn address_problem(address: String) -> Option<String> {
    let request = Request::Rcpt(address, RcptParameters::default());
    request.check().err().map(|error| error.problem.to_owned())
}

/// Looks the exchanges of a domain up; told under `number` is '' and their names, or the code and
/// the message of an error, and '1' if it will fail again.
#[napi]
pub fn find_exchanges(
    border: &Border,
    number: u32,
    domain: String,
    servers: Vec<String>,
    timeout: f64,
) -> Result<()> {
    let dialer = Dialer::new(DialerOptions {
        servers: dns_servers(&servers)?,
        dns_timeout: long_time(timeout)?,
        local_address: None,
    });
    let queue = border.queue().clone();
    runtime::handle(1)?.spawn(async move {
        let texts = match dialer.exchanges(&domain).await {
            Ok(hosts) => std::iter::once(String::new()).chain(hosts).collect(),
            Err(error) => {
                let permanent = if error.is_permanent() { "1" } else { "" };
                vec![error.code().to_owned(), error.to_string(), permanent.to_owned()]
            }
        };
        queue.post_client(0, number, ClientNews::Found, &texts);
    });
    Ok(())
}

#[napi]
impl NativeClient {
    /// A client without connections.
    #[napi(constructor)]
    pub fn new(border: Reference<Border>, settings: ClientSettings) -> Result<Self> {
        let rate_time = long_time(settings.rate_time)?;
        let wanting_roots = Arc::<Mutex<Vec<oneshot::Sender<_>>>>::default();
        let (queue, client, wanting) =
            (border.queue().clone(), settings.number, wanting_roots.clone());
        let ask = Box::new(move |system_has_none: bool, sender| {
            lock(&wanting).push(sender);
            let texts: Vec<_> = system_has_none.then(|| "1".to_owned()).into_iter().collect();
            queue.post_client(client, 0, ClientNews::Roots, &texts);
        });
        let options = PoolOptions {
            client: client_options(&settings, ask)?,
            max_connections: settings.max_connections.max(1) as usize,
            max_messages: limit(settings.max_messages)?,
            idle_timeout: long_time(settings.idle_timeout)?,
            rate: (settings.rate_limit > 0).then_some((settings.rate_limit, rate_time)),
        };
        let runtime = runtime::handle(settings.threads)?.clone();
        Ok(Self {
            number: settings.number,
            wants_details: settings.details,
            queue: border.queue().clone(),
            pool: Pool::new(options, runtime),
            messages: Arc::default(),
            wanting_roots,
        })
    }

    /// Gives the roots that were asked for, PEM.
    #[napi]
    pub fn give_roots(&self, pem: Uint8Array) {
        for wanting in lock(&self.wanting_roots).drain(..) {
            let _ = wanting.send(pem.to_vec());
        }
    }

    /// Queues a message that JavaScript calls `number`: `content`, what is in the file of this path,
    /// or what is pushed.
    #[napi]
    pub fn send(
        &self,
        number: u32,
        settings: MessageSettings,
        content: Option<Uint8Array>,
        path: Option<String>,
    ) -> Result<()> {
        let content = content.map(|content| Bytes::copy_from_slice(&content));
        let envelope = Arc::new(envelope(settings, content.as_ref())?);
        let (source, feed) = match (content, path) {
            (Some(content), _) => (MessageSource::Whole(content, 0), None),
            (None, Some(path)) => (MessageSource::file(path.into()), None),
            (None, None) => {
                let feed = Arc::new(self.feed(number));
                (MessageSource::Streamed(feed.clone()), Some(feed))
            }
        };
        let cancel = Arc::<Cancel>::default();
        lock(&self.messages).insert(number, Handle { cancel: cancel.clone(), feed });
        let (queue, client) = (self.queue.clone(), self.number);
        let messages = self.messages.clone();
        let wants_details = self.wants_details;
        let report = Box::new(move |outcome: Outcome, details: Details| {
            lock(&messages).remove(&number);
            let texts = outcome_texts(&outcome, &details, wants_details);
            queue.post_client(client, number, ClientNews::Sent, &texts);
        });
        self.pool.submit(Job { envelope, source, cancel, report });
        ring_all();
        Ok(())
    }

    /// Adds to a message; whether there is room for more.
    #[napi]
    pub fn push(&self, number: u32, bytes: Uint8Array) -> bool {
        self.feed_of(number).is_none_or(|feed| feed.push(Bytes::copy_from_slice(&bytes)))
    }

    /// What was pushed is all of a message.
    #[napi]
    pub fn end(&self, number: u32) {
        if let Some(feed) = self.feed_of(number) {
            feed.end();
        }
    }

    /// What was pushed of a message is all that will ever come of it.
    #[napi]
    pub fn abandon(&self, number: u32) {
        if let Some(feed) = self.feed_of(number) {
            feed.abort();
        }
    }

    /// Gives messages up, at whatever point they are; none goes on before all know.
    #[napi]
    pub fn cancel(&self, numbers: Vec<u32>) {
        let known = lock(&self.messages);
        let cancels: Vec<_> = numbers
            .iter()
            .filter_map(|number| known.get(number))
            .map(|message| message.cancel.clone())
            .collect();
        drop(known);
        // The newest first: those that have begun end last, so that nobody takes the others up.
        cancels.iter().rev().for_each(|cancel| cancel.mark());
        self.pool.sweep();
        cancels.iter().for_each(|cancel| cancel.tell());
        ring_all();
    }

    /// Asks the server whether it takes mail; the answer comes under `number`.
    #[napi]
    pub fn verify(&self, number: u32) {
        let (queue, client) = (self.queue.clone(), self.number);
        self.pool.verify(Box::new(move |result| {
            let texts = result.err().map_or_else(Vec::new, |error| error_texts(&error));
            queue.post_client(client, number, ClientNews::Verified, &texts);
        }));
    }

    /// Takes no more messages, sends those that there are, and closes.
    #[napi]
    pub fn close(&self) {
        let (queue, client) = (self.queue.clone(), self.number);
        self.pool.close(Box::new(move || {
            queue.post_client(client, 0, ClientNews::Closed, &[]);
        }));
        ring_all();
    }

    /// Gives up all messages, those under way included.
    #[napi]
    pub fn abort(&self) {
        self.pool.abort();
        ring_all();
    }

    /// Gives up messages that no connection has taken; those under way are sent.
    #[napi]
    pub fn withdraw(&self) {
        self.pool.withdraw();
        ring_all();
    }

    #[napi]
    pub fn stats(&self) -> ClientStats {
        let stats = self.pool.stats();
        ClientStats {
            connections: stats.connections as u32,
            idle: stats.idle as u32,
            queued: stats.queued as u32,
            connected: stats.connected as f64,
        }
    }

    fn feed_of(&self, number: u32) -> Option<Arc<MessageStream>> {
        lock(&self.messages).get(&number)?.feed.clone()
    }

    fn feed(&self, number: u32) -> MessageStream {
        let (queue, client) = (self.queue.clone(), self.number);
        MessageStream::new(Box::new(move || {
            queue.post_client(client, number, ClientNews::Drained, &[])
        }))
    }
}
