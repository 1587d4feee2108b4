//! The queue between sessions and an application, without either.

use super::*;
use crate::protocol::server::{News, Question, Verdict};
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Poll, Waker};

fn queue() -> (Arc<EventQueue>, Arc<AtomicUsize>) {
    let rings = Arc::new(AtomicUsize::new(0));
    let counter = rings.clone();
    let bell = Box::new(move || {
        counter.fetch_add(1, Ordering::Relaxed);
    });
    (EventQueue::new(bell), rings)
}

fn ask(queue: &EventQueue, slot: &Arc<Slot>) -> bool {
    let mut question = Question::Connect;
    let record = Record::Question { question: &mut question, news: &mut News::default() };
    queue.post(slot, &Peer::default(), record)
}

fn wake(slot: &Slot) -> Poll<Wake> {
    slot.poll_wake(&mut Context::from_waker(Waker::noop()))
}

fn room(slot: &Slot) -> bool {
    slot.poll_room(&mut Context::from_waker(Waker::noop())).is_ready()
}

fn accept() -> Option<Answer> {
    Some(Verdict::Accept(None).into())
}

fn next(queue: &EventQueue, done: Batch) -> Option<Batch> {
    queue.exchange(done, |_| None)
}

#[test]
fn answers_come_back_to_their_sessions() {
    let (queue, _) = queue();
    let slots = [Arc::new(Slot::default()), Arc::new(Slot::default())];
    for slot in &slots {
        assert!(ask(&queue, slot));
        assert!(wake(slot).is_pending());
    }
    let batch = next(&queue, Batch::default()).unwrap();
    assert_eq!(batch.len(), 2);
    assert!(queue.exchange(batch, |index| accept().filter(|_| index == 1)).is_none());
    assert!(wake(&slots[0]).is_pending());
    assert_eq!(wake(&slots[1]), Poll::Ready(Wake::Answer(accept().unwrap())));
    assert!(wake(&slots[1]).is_pending());
}

#[test]
fn a_question_is_answered_once_and_in_turn() {
    let (queue, _) = queue();
    let slot = Arc::new(Slot::default());
    ask(&queue, &slot);
    let batch = next(&queue, Batch::default()).unwrap();
    let sequence = batch.words[2];
    next(&queue, batch);
    assert!(!slot.answer(sequence + 1, accept().unwrap()));
    assert!(!slot.answer(0, accept().unwrap()));
    assert!(slot.answer(sequence, accept().unwrap()));
    assert!(!slot.answer(sequence, accept().unwrap()), "twice");
    assert!(wake(&slot).is_ready());
    ask(&queue, &slot);
    slot.withdraw();
    assert!(!slot.answer(sequence + 1, accept().unwrap()), "late");
    assert!(wake(&slot).is_pending());
}

#[test]
fn answers_that_come_together_find_their_sessions() {
    let (queue, _) = queue();
    let slots = [0; 3].map(|_| Arc::new(Slot::default()));
    for slot in &slots {
        ask(&queue, slot);
    }
    let batch = next(&queue, Batch::default()).unwrap();
    let sequences: Vec<_> = batch.words.chunks(9).map(|record| record[2]).collect();
    next(&queue, batch);
    let told = |session: usize, sequence| Told {
        session: session as u32,
        sequence,
        answer: accept().unwrap(),
    };
    // To the last, to nobody, late to the second, and to the first.
    let answers = [
        told(2, sequences[2]),
        told(9, sequences[0]),
        told(1, sequences[1] + 100),
        told(0, sequences[0]),
    ];
    queue.answer(answers.into_iter());
    assert_eq!(wake(&slots[0]), Poll::Ready(Wake::Answer(accept().unwrap())));
    assert!(wake(&slots[1]).is_pending());
    assert_eq!(wake(&slots[2]), Poll::Ready(Wake::Answer(accept().unwrap())));
}

#[test]
fn what_is_asked_on_the_answering_thread_is_rung_for() {
    let (queue, rings) = queue();
    let slot = Arc::new(Slot::default());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let context = runtime.enter();
    let task = Task::new({
        let (queue, slot) = (queue.clone(), slot.clone());
        async move {
            std::future::poll_fn(|cx| slot.poll_wake(cx)).await;
            ask(&queue, &slot);
            std::future::pending::<()>().await;
        }
    });
    slot.carried_by(&task);
    task.clone().start();
    drop(context);
    runtime.block_on(tokio::task::yield_now());
    ask(&queue, &slot);
    let batch = next(&queue, Batch::default()).unwrap();
    assert!(next(&queue, batch).is_none());
    let before = rings.load(Ordering::Relaxed);
    queue.answer([Told { session: 0, sequence: 1, answer: accept().unwrap() }].into_iter());
    assert_eq!(queue.len(), 1, "it went on here");
    assert_eq!(rings.load(Ordering::Relaxed), before + 1);
}

#[test]
fn an_answer_keeps_its_place_among_other_wishes() {
    let (queue, _) = queue();
    let slot = Arc::new(Slot::default());
    ask(&queue, &slot);
    let batch = next(&queue, Batch::default()).unwrap();
    let sequence = batch.words[2];
    slot.tell(SessionCommand::Write(b"x".to_vec()));
    slot.answer(sequence, accept().unwrap());
    slot.tell(SessionCommand::End);
    assert_eq!(wake(&slot), Poll::Ready(Wake::Command(SessionCommand::Write(b"x".to_vec()))));
    assert!(matches!(wake(&slot), Poll::Ready(Wake::Answer(_))));
    assert_eq!(wake(&slot), Poll::Ready(Wake::Command(SessionCommand::End)));
}

#[test]
fn one_ring_serves_until_the_queue_was_found_empty() {
    let (queue, rings) = queue();
    let slot = Arc::new(Slot::default());
    let rung = || rings.load(Ordering::Relaxed);
    ask(&queue, &slot);
    assert_eq!(rung(), 0);
    ring_all();
    ask(&queue, &slot);
    ring_all();
    assert_eq!(rung(), 1);
    let batch = next(&queue, Batch::default()).unwrap();
    assert_eq!(batch.len(), 2);
    assert!(next(&queue, batch).is_none());
    ask(&queue, &slot);
    ring_all();
    assert_eq!(rung(), 2);
}

#[test]
fn a_full_queue_rings_by_itself() {
    let (queue, rings) = queue();
    for _ in 0..RING_AT {
        ask(&queue, &Arc::new(Slot::default()));
    }
    assert_eq!(rings.load(Ordering::Relaxed), 1);
}

#[test]
fn notices_have_a_window() {
    let (queue, _) = queue();
    let slot = Arc::new(Slot::default());
    let raw = vec![b'x'; 100_000];
    for expected in [true, true, false] {
        queue.post(&slot, &Peer::default(), Record::Raw(&raw));
        assert_eq!(room(&slot), expected);
    }
    assert!(!slot.is_caught_up());
    let mut done = Batch::default();
    let mut bytes = 0;
    while let Some(batch) = next(&queue, done) {
        bytes += batch.bytes.len();
        done = batch;
    }
    assert!(room(&slot) && slot.is_caught_up());
    assert!(bytes >= 300_000);
}

#[test]
fn writes_to_a_client_that_does_not_read_have_a_bound() {
    let slot = Slot::default();
    let mebibyte = vec![0; 1024 * 1024];
    for _ in 0..17 {
        slot.tell(SessionCommand::Write(mebibyte.clone()));
    }
    for _ in 0..16 {
        assert!(matches!(wake(&slot), Poll::Ready(Wake::Command(SessionCommand::Write(_)))));
    }
    assert_eq!(wake(&slot), Poll::Ready(Wake::Command(SessionCommand::Overflow)));
}

#[test]
fn numbers_of_sessions_are_used_again() {
    let (queue, _) = queue();
    let mut done = Batch::default();
    for _ in 0..3 {
        let slot = Arc::new(Slot::default());
        ask(&queue, &slot);
        let gone = Record::Gone { news: &mut News::default(), quiet: false };
        queue.post(&slot, &Peer::default(), gone);
        assert_eq!(slot.index(), Some(0));
        done = next(&queue, done).unwrap();
        assert_eq!(next(&queue, std::mem::take(&mut done)).map(|batch| batch.len()), None);
        assert!(queue.slot(0).is_none());
    }
}

#[test]
fn nothing_is_posted_to_an_application_that_is_gone() {
    let (queue, _) = queue();
    let slot = Arc::new(Slot::default());
    ask(&queue, &slot);
    queue.close();
    assert_eq!(wake(&slot), Poll::Ready(Wake::Command(SessionCommand::Abort)));
    assert!(!ask(&queue, &slot));
    assert!(next(&queue, Batch::default()).is_none());
}
