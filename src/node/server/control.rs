//! What JavaScript says about clients that behave badly, as the engine has it; 0 is off.

use crate::net::server::rates::{Limits, Rates};
use crate::node::convert::{limit, time};
use crate::protocol::budget::Budget;
use crate::protocol::control::{Control, Pipelining};
use napi_derive::napi;

/// The parameters of [`Control`], and rates.
#[napi(object)]
pub struct ControlOptions {
    /// How long negative replies are held back, in milliseconds.
    pub tarpit: f64,
    /// How long the greeting waits, in milliseconds.
    pub greeting_delay: f64,
    /// 'accept' or 'refuse'.
    pub unauthorised_pipelining: String,
    /// Bytes of message data a second.
    pub min_data_rate: f64,
    /// Bytes of memory for messages.
    pub max_memory: f64,
    /// Of each address.
    pub address_rates: RateOptions,
    /// Of each network.
    pub network_rates: RateOptions,
}

/// Numbers a minute.
#[napi(object)]
pub struct RateOptions {
    /// Sessions.
    pub sessions: f64,
    /// Messages.
    pub messages: f64,
    /// Recipients.
    pub recipients: f64,
}

impl ControlOptions {
    pub(super) fn control(&self) -> Control {
        Control {
            tarpit: time(self.tarpit),
            greeting_delay: time(self.greeting_delay),
            unauthorised_pipelining: match self.unauthorised_pipelining.as_str() {
                "refuse" => Pipelining::Refuse,
                _ => Pipelining::Accept,
            },
            min_data_rate: limit(self.min_data_rate),
            memory: limit(self.max_memory).map(Budget::new),
        }
    }

    pub(super) fn rates(&self) -> Option<Rates> {
        Rates::new(self.address_rates.limits(), self.network_rates.limits())
    }
}

impl RateOptions {
    fn limits(&self) -> Limits {
        let limit = |value| limit(value).map(|limit| limit as u32);
        Limits {
            sessions: limit(self.sessions),
            messages: limit(self.messages),
            recipients: limit(self.recipients),
        }
    }
}
