//! One JavaScript thread's end of the event queue.

use super::login::StoredKeyOptions;
use super::tls::SecureState;
use crate::net::events::answers::{answer, owner, settled, told, verdict_of};
use crate::net::events::{Batch, EventQueue, SessionCommand, Slot, answers};
use crate::net::server::Server;
use crate::net::sync::lock;
use crate::protocol::events::{Interest, numbers};
use crate::protocol::message::Message;
use crate::protocol::reply::{Reply, ReplyCode};
use crate::protocol::sasl::server::Secret;
use crate::protocol::server::{TokenRefusal, Verdict};
use napi::bindgen_prelude::{Buffer, Function, Uint8Array, Uint32Array};
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Error, Result, Status};
use napi_derive::napi;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

numbers! {
    /// What `exchange` returns besides the length of a batch.
    pub mod exchange {
        /// The arrays are too short for the next batch.
        TOO_LARGE = u32::MAX;
    }
}

/// Calls JavaScript's side of the border, and does not keep the process alive for that.
type Bell = ThreadsafeFunction<(), (), (), Status, false, true>;

/// What a border has while nobody listens at it.
fn no_arrays() -> ([Uint32Array; 3], [Uint8Array; 2]) {
    let words = [(); 3].map(|()| Uint32Array::new(Vec::new()));
    (words, [(); 2].map(|()| Uint8Array::new(Vec::new())))
}

/// Where events come to JavaScript and verdicts leave it.
#[napi]
pub struct Border {
    queue: Arc<EventQueue>,
    bell: Arc<Mutex<Option<Bell>>>,
    batch: Batch,
    words: Uint32Array,
    bytes: Uint8Array,
    verdicts: Uint32Array,
    answers: Uint32Array,
    replies: Uint8Array,
    servers: Vec<Weak<Server>>,
}

#[napi]
impl Border {
    /// A border that nobody listens at.
    #[napi(constructor)]
    pub fn new(env: Env) -> Result<Self> {
        let bell = Arc::<Mutex<Option<Bell>>>::default();
        let rung = bell.clone();
        let queue = EventQueue::new(Box::new(move || {
            if let Some(bell) = &*lock(&rung) {
                // It fails only once the thread is ending, when nobody is left to hear.
                bell.call((), ThreadsafeFunctionCallMode::NonBlocking);
            }
        }));
        // The environment may outlive many borders, and is not to keep any.
        env.add_env_cleanup_hook(Arc::downgrade(&queue), |queue| {
            if let Some(queue) = queue.upgrade() {
                queue.close();
            }
        })?;
        let ([words, verdicts, answers], [bytes, replies]) = no_arrays();
        let (batch, servers) = (Batch::default(), Vec::new());
        Ok(Self { queue, bell, batch, words, bytes, verdicts, answers, replies, servers })
    }

    /// Begins to listen: `bell` is called on the JavaScript thread when there is something to
    /// `exchange`; the arrays are where batches are put, and where verdicts and answers with the texts
    /// of their replies are read from.
    #[napi]
    pub fn listen(
        &mut self,
        words: Uint32Array,
        bytes: Uint8Array,
        verdicts: Uint32Array,
        answers: Uint32Array,
        replies: Uint8Array,
        bell: Function<'_, (), ()>,
    ) -> Result<()> {
        self.attach(words, bytes, verdicts);
        (self.answers, self.replies) = (answers, replies);
        let bell = bell
            .build_threadsafe_function::<()>()
            .weak::<true>()
            .callee_handled::<false>()
            .build()?;
        // What came while nobody listened was rung for in vain.
        if self.queue.len() > 0 {
            bell.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
        *lock(&self.bell) = Some(bell);
        Ok(())
    }

    /// Listens no more: nothing of JavaScript's is kept from here on.
    #[napi]
    pub fn rest(&mut self) {
        lock(&self.bell).take();
        let ([words, verdicts, answers], [bytes, replies]) = no_arrays();
        self.attach(words, bytes, verdicts);
        (self.answers, self.replies) = (answers, replies);
    }

    /// Gives other arrays, after `exchange` found these too short.
    #[napi]
    pub fn attach(&mut self, words: Uint32Array, bytes: Uint8Array, verdicts: Uint32Array) {
        self.words = words;
        self.bytes = bytes;
        self.verdicts = verdicts;
    }

    /// Lengths that the arrays need for the batch at hand: words, bytes, verdicts.
    #[napi]
    pub fn needs(&self) -> Vec<u32> {
        let lengths = [self.batch.words.len(), self.batch.bytes.len(), self.batch.len()];
        lengths.map(|length| length as u32).to_vec()
    }

    /// Takes the verdicts on the last batch and so many answers, and puts the next batch into the
    /// arrays; how many records it has, 0 for none, or 2^32 - 1 where the arrays are too short for it.
    #[napi]
    pub fn exchange(&mut self, answers: u32) -> u32 {
        let done = std::mem::take(&mut self.batch);
        let verdicts: &[u32] = &self.verdicts;
        if answers > 0 {
            self.answer_all(answers);
        }
        let next =
            self.queue.exchange(done, |index| verdicts.get(index).and_then(|word| settled(*word)));
        let Some(next) = next else { return 0 };
        self.batch = next;
        self.load()
    }

    /// Puts the batch at hand into the arrays; returns what `exchange` does.
    #[napi]
    pub fn load(&mut self) -> u32 {
        let Self { batch, words, bytes, verdicts, .. } = self;
        // SAFETY: JavaScript wrote these arrays and reads them on this very thread, and does
        // neither while this call lasts.
        let (words, bytes, verdicts) =
            unsafe { (words.as_mut(), bytes.as_mut(), verdicts.as_mut()) };
        let room = words.get_mut(..batch.words.len()).zip(bytes.get_mut(..batch.bytes.len()));
        let Some(((words, bytes), verdicts)) = room.zip(verdicts.get_mut(..batch.len())) else {
            return exchange::TOO_LARGE;
        };
        words.copy_from_slice(&batch.words);
        bytes.copy_from_slice(&batch.bytes);
        verdicts.fill(0);
        verdicts.len() as u32
    }

    /// Puts a long message of the batch at hand into `target`, which has its length or more; it
    /// can be taken once.
    #[napi]
    pub fn take_blob(&mut self, index: u32, mut target: Uint8Array) -> Result<()> {
        let blob = self.batch.blobs.get_mut(index as usize).map(std::mem::take);
        // SAFETY: as in `load`.
        let mut rest = unsafe { target.as_mut() };
        for segment in blob.iter().flat_map(Message::segments) {
            let Some((head, tail)) = rest.split_at_mut_checked(segment.len()) else {
                return Err(Error::new(Status::InvalidArg, "too short a target".to_owned()));
            };
            head.copy_from_slice(segment);
            rest = tail;
        }
        Ok(())
    }

    /// Takes so many answers.
    #[napi]
    pub fn answer_all(&self, count: u32) {
        let length = count as usize * told::WORDS as usize;
        if let Some(words) = self.answers.get(..length) {
            self.queue.answer(told(words, &self.replies));
        }
    }

    /// Answers a question with a text for which there is no array; whether it was still being asked.
    /// `word` is what the array of verdicts would have, `problem` what a client is told in JSON of its
    /// token.
    #[napi]
    pub fn answer(
        &self,
        session: u32,
        sequence: u32,
        word: u32,
        code: Option<u32>,
        text: Option<String>,
        problem: Option<String>,
    ) -> Result<bool> {
        let Some(slot) = self.queue.slot(session) else { return Ok(false) };
        let code = code.map(reply_code).transpose()?;
        let reply = code.map(|code| Reply::new(code, text.as_deref().unwrap_or_default()));
        let verdict = match (verdict_of(word, reply), problem) {
            (Some(Verdict::Answer(reply)), Some(problem)) => {
                Verdict::RefuseToken(Box::new(TokenRefusal { reply, problem }))
            }
            (Some(verdict), _) => verdict,
            (None, _) => return Err(Error::new(Status::InvalidArg, "not a verdict".to_owned())),
        };
        Ok(slot.answer(sequence, answer(verdict, word)))
    }

    /// Answers a message with a code and a text for each recipient; whether it was still being asked
    /// about.
    #[napi]
    pub fn answer_each(
        &self,
        session: u32,
        sequence: u32,
        word: u32,
        codes: Vec<u32>,
        texts: Vec<String>,
    ) -> Result<bool> {
        let Some(slot) = self.queue.slot(session) else { return Ok(false) };
        let replies = codes.into_iter().zip(&texts);
        let replies = replies.map(|(code, text)| Ok(Reply::new(reply_code(code)?, text)));
        let verdict = Verdict::Each(replies.collect::<Result<_>>()?);
        Ok(slot.answer(sequence, answer(verdict, word)))
    }

    /// Gives what the user of a login is known by: a password, stored keys, or neither where there
    /// is no such user. Whether the login was still being asked about.
    #[napi]
    pub fn verify(
        &self,
        session: u32,
        sequence: u32,
        word: u32,
        password: Option<String>,
        keys: Option<StoredKeyOptions>,
    ) -> Result<bool> {
        let Some(slot) = self.queue.slot(session) else { return Ok(false) };
        let secret = match (password, keys) {
            (Some(password), _) => Secret::Password(password),
            (None, Some(keys)) => Secret::Stored(keys.prepare()?),
            (None, None) => Secret::Nobody,
        };
        Ok(slot.answer(sequence, answer(Verdict::Verify(Box::new(secret)), word)))
    }

    /// The lines that a reply of `code` and `text` has on the wire, without CRLF.
    #[napi]
    pub fn reply_lines(&self, code: u32, text: String) -> Result<Vec<String>> {
        Ok(Reply::new(reply_code(code)?, &text).lines().collect())
    }

    /// The accepted message that record `sequence` told of, once, if the session has begun no
    /// other transaction since.
    #[napi]
    pub fn take_message(&self, session: u32, sequence: u32) -> Option<Buffer> {
        let message = self.slot(session)?.take_kept(sequence)?;
        Some(message.segments().collect::<Vec<_>>().concat().into())
    }

    /// What the TLS handshake of a session agreed on, if there was one.
    #[napi]
    pub fn secure_state(&self, session: u32) -> Option<SecureState> {
        Some(SecureState::new(self.slot(session)?.tls()?))
    }

    /// Sends text to a client as it is.
    #[napi]
    pub fn write(&self, session: u32, text: String) {
        self.tell(session, SessionCommand::Write(text.into_bytes()));
    }

    /// Takes text as if the client had sent it.
    #[napi]
    pub fn feed(&self, session: u32, text: String) {
        self.tell(session, SessionCommand::Feed(text.into_bytes()));
    }

    /// Sends what is ready and closes.
    #[napi]
    pub fn end(&self, session: u32) {
        self.tell(session, SessionCommand::End);
    }

    /// Closes at once.
    #[napi]
    pub fn destroy(&self, session: u32) {
        self.tell(session, SessionCommand::Destroy);
    }

    /// Closes at once, with a reset.
    #[napi]
    pub fn reset(&self, session: u32) {
        self.tell(session, SessionCommand::Reset);
    }

    /// Whether JavaScript has enough for now of the message that it is handed.
    #[napi]
    pub fn set_paused(&self, session: u32, paused: bool) {
        if let Some(slot) = self.slot(session) {
            if paused {
                slot.pause();
            } else {
                slot.resume();
            }
        }
    }

    /// Wants no more of the message that it is handed, which is answered with a reply, or 451.
    #[napi]
    pub fn discard(&self, session: u32, code: Option<u32>, text: Option<String>) -> Result<()> {
        let code = code.map(reply_code).transpose()?;
        let reply = code.map(|code| Reply::new(code, text.as_deref().unwrap_or_default()));
        self.tell(session, SessionCommand::Discard(reply));
        Ok(())
    }

    /// Sets the idle time of a session, in milliseconds; 0 for none.
    #[napi]
    pub fn set_idle(&self, session: u32, milliseconds: u32) {
        let idle = (milliseconds > 0).then(|| Duration::from_millis(u64::from(milliseconds)));
        self.tell(session, SessionCommand::Idle(idle));
    }

    /// The confirmed name of a session's client, once it is known.
    #[napi]
    pub fn hostname(&self, session: u32) -> Option<String> {
        self.slot(session)?.hostname().map(str::to_owned)
    }

    /// Sets events that one session asks for besides those of its server.
    #[napi]
    pub fn set_interest(&self, session: u32, interest: u32) {
        if let Some(slot) = self.queue.slot(session) {
            slot.set_interest(Interest(interest));
        }
    }

    /// Whether JavaScript takes the next line of a session, where no answer says so.
    #[napi]
    pub fn set_takes_line(&self, session: u32, takes_line: bool) {
        self.tell(session, SessionCommand::NextLine(owner(takes_line)));
    }

    fn tell(&self, session: u32, command: SessionCommand) {
        if let Some(slot) = self.slot(session) {
            slot.tell(command);
        }
    }

    fn slot(&self, session: u32) -> Option<Arc<Slot>> {
        self.queue.slot(session)
    }

    pub(super) fn queue(&self) -> &Arc<EventQueue> {
        &self.queue
    }

    /// Its thread takes a server with it when it ends.
    pub(super) fn owns(&mut self, server: &Arc<Server>) {
        self.servers.retain(|server| server.strong_count() > 0);
        self.servers.push(Arc::downgrade(server));
    }
}

impl Drop for Border {
    fn drop(&mut self) {
        self.queue.close();
        for server in self.servers.iter().filter_map(Weak::upgrade) {
            server.stop();
            server.abort_all();
        }
    }
}

fn reply_code(code: u32) -> Result<ReplyCode> {
    let invalid = || Error::new(Status::InvalidArg, format!("not a reply code: {code}"));
    answers::reply_code(code).ok_or_else(invalid)
}
