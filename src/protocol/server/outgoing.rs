//! Where replies wait until they leave.

use super::config::ServerConfig;
use crate::protocol::reply::ReplyCode;
use bytes::BytesMut;

/// Replies on their way out.
#[derive(Debug, Default)]
pub(super) struct Outgoing {
    /// To be written, gathered over a pipelined group.
    pub(super) ready: BytesMut,
    /// Those from the first negative one on, where they are held back; until when, the session's
    /// pause says once what is ready before them has left.
    pub(super) held: Option<BytesMut>,
}

impl Outgoing {
    /// Where a reply of `code` goes: behind those that wait, or to them if it is negative and there
    /// is a tarpit; else to those that are ready.
    pub(super) fn queue(
        &mut self,
        config: &ServerConfig,
        code: Option<ReplyCode>,
    ) -> &mut BytesMut {
        let negative = code.is_some_and(|code| !code.is_positive());
        if self.held.is_some() || negative && config.control.tarpit.is_some() {
            return self.held.get_or_insert_default();
        }
        &mut self.ready
    }
}
