//! What both sides of the border know by number, from the tables that have it. The build writes it
//! to `src/js/engine/constants.js`.

use super::border::exchange;
use crate::net::events::answers::{follows, told, verdict};
use crate::net::events::layout::{Flags, field, planned};
use crate::protocol::dialect::Stock;
use crate::protocol::events::{EVENTS, Event, kind};
use napi_derive::napi;

/// Numbers that belong together.
#[napi(object, object_from_js = false)]
pub struct ConstantGroup {
    /// What JavaScript calls it.
    pub name: String,
    /// What they are, in a sentence.
    pub about: String,
    /// Each of them.
    pub constants: Vec<NamedConstant>,
}

/// A number and its name.
#[napi(object, object_from_js = false)]
pub struct NamedConstant {
    /// Its name in the group.
    pub name: String,
    /// Its value.
    pub value: u32,
}

/// Every number that both sides of the border know, in groups.
#[napi]
pub fn constants() -> Vec<ConstantGroup> {
    let flags = Flags::all().iter_names().map(|(name, flag)| (name, flag.bits()));
    let stock = Stock::ALL.into_iter().map(|stock| (stock.name(), stock as u32));
    vec![
        group("KIND", "Kinds of records.", kind::ALL.iter().copied()),
        group("FLAG", "Flags of records, beside their kind.", flags),
        group("FIELD", "Words of a record's header.", field::ALL.iter().copied()),
        group("PLANNED", "A planned reply that is no stock reply.", planned::ALL.iter().copied()),
        group("VERDICT", "What is decided.", verdict::ALL.iter().copied()),
        group("FOLLOWS", "What goes with a verdict.", follows::ALL.iter().copied()),
        group(
            "TOLD",
            "Words of an answer that comes late or has a text.",
            told::ALL.iter().copied(),
        ),
        group("EXCHANGE", "What an exchange returns.", exchange::ALL.iter().copied()),
        group("INTEREST", "The bit of each event.", events(|event| Some(event.interest.bits()))),
        group(
            "EVENT_KIND",
            "The kind of each event's records.",
            events(|event| Some(event.record)),
        ),
        group(
            "REPLY_CODE",
            "The code of the reply where a listener agrees, of the events that have one.",
            events(|event| event.reply.map(u32::from)),
        ),
        group("STOCK", "The engine's own replies.", stock),
    ]
}

fn events(number: impl Fn(&Event) -> Option<u32>) -> impl Iterator<Item = (&'static str, u32)> {
    EVENTS.iter().filter_map(move |event| Some((event.name, number(event)?)))
}

fn group(
    name: &str,
    about: &str,
    constants: impl IntoIterator<Item = (&'static str, u32)>,
) -> ConstantGroup {
    let constants = constants.into_iter();
    ConstantGroup {
        name: name.to_owned(),
        about: about.to_owned(),
        constants: constants
            .map(|(name, value)| NamedConstant { name: name.to_owned(), value })
            .collect(),
    }
}
