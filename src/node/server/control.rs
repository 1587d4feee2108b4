//! What JavaScript says about clients that behave badly, as the engine has it; 0 is off.

use crate::net::server::rates::{Limits, Rates};
use crate::node::convert::{limit, limit32, time, unknown};
use crate::protocol::budget::Budget;
use crate::protocol::control::{AbusePolicy, Pipelining};
use napi::Result;
use napi_derive::napi;

/// The parameters of [`AbusePolicy`], and rates.
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
    /// Rates of each address.
    pub address_rates: RateOptions,
    /// Rates of each network.
    pub network_rates: RateOptions,
}

/// The most of each that there may be in a minute.
#[napi(object)]
pub struct RateOptions {
    pub sessions: f64,
    pub messages: f64,
    pub recipients: f64,
}

impl ControlOptions {
    pub(super) fn control(&self) -> Result<AbusePolicy> {
        Ok(AbusePolicy {
            tarpit: time(self.tarpit)?,
            greeting_delay: time(self.greeting_delay)?,
            unauthorised_pipelining: match self.unauthorised_pipelining.as_str() {
                "refuse" => Pipelining::Refuse,
                "accept" => Pipelining::Accept,
                word => return Err(unknown("treatment of pipelining", word)),
            },
            min_data_rate: limit(self.min_data_rate)?,
            memory: Some(Budget::new(limit(self.max_memory)?)),
        })
    }

    pub(super) fn rates(&self) -> Result<Option<Rates>> {
        Ok(Rates::new(self.address_rates.limits()?, self.network_rates.limits()?))
    }
}

impl RateOptions {
    fn limits(&self) -> Result<Limits> {
        Ok(Limits {
            sessions: limit32(self.sessions)?,
            messages: limit32(self.messages)?,
            recipients: limit32(self.recipients)?,
        })
    }
}
