//! What is done against clients that behave badly, under virtual time.

mod greeting_delay;
mod max_memory;
mod min_data_rate;
mod rates;
mod tarpit;
mod unauthorised_pipelining;

use super::*;
use crate::protocol::budget::Budget;
use crate::protocol::control::{Counted, Meter, Pipelining, Tally};
use std::sync::Mutex;

const ENVELOPE: &[u8] = b"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn controlled(change: impl FnOnce(&mut AbusePolicy)) -> Arc<ServerConfig> {
    config(|config| change(&mut config.control))
}

/// What the session wants at `table.now`; what it sends is noted.
fn step(table: &mut Table) -> Step<'static> {
    loop {
        match table.session.poll(table.now, table.interest) {
            Step::NeedInput => return Step::NeedInput,
            Step::Hold => return Step::Hold,
            Step::Close => return Step::Close,
            Step::Send(replies) => table.replies.extend(replies.split()),
            Step::Ask(..) => table.answer(),
            Step::Tell(..) => table.hear(),
            other => panic!("{other:?}"),
        }
    }
}

fn said(table: &mut Table) -> String {
    replies(table)
}
