//! Messages that come too slowly.

use super::*;

fn table(interest: Interest) -> Table {
    let config = config(|config| {
        config.control.min_data_rate = Some(100);
        config.limits.data = None;
    });
    let mut table = greeted(config, interest);
    table.send(ENVELOPE);
    table.replies.clear();
    table
}

#[test]
fn too_slow_is_421_after_the_grace() {
    let mut table = table(Interest::DATA);
    for _ in 0..9 {
        assert_eq!(wait(&mut table, 1), Expired::Nothing);
        table.send(b"x");
    }
    assert_eq!(wait(&mut table, 1), Expired::Deadline);
    assert!(table.closed && table.events.is_empty());
    assert!(said(&mut table).starts_with("421 example.domain gets your message too slowly"));
}

#[test]
fn the_average_counts() {
    let mut table = table(Interest::DATA);
    table.send(&[b'x'; 1_500]);
    assert_eq!(wait(&mut table, 14), Expired::Nothing);
    table.send(&[b'x'; 99]);
    assert_eq!(wait(&mut table, 1), Expired::Nothing);
    assert_eq!(wait(&mut table, 1), Expired::Deadline);
}

#[test]
fn enough_is_enough_for_as_long_as_it_takes() {
    let mut table = table(Interest::DATA);
    for _ in 0..1_000 {
        table.send(&[b'x'; 101]);
        assert_eq!(wait(&mut table, 1), Expired::Nothing);
    }
    table.send(b"\r\n.\r\n");
    assert_eq!(said(&mut table), "250 OK\r\n");
}

#[test]
fn time_in_which_nothing_is_read_is_ours() {
    let mut table = table(STREAM);
    for _ in 0..100 {
        table.session.receive(b"x", table.now);
        let Step::Decoded(message) = table.session.poll(table.now, table.interest) else {
            panic!()
        };
        drop(message.take());
        // The application takes its time.
        table.now += seconds(100);
        assert_eq!(table.session.expire(table.now), Expired::Nothing);
        assert_eq!(table.session.poll(table.now, table.interest), Step::NeedInput);
    }
    assert_eq!(wait(&mut table, 9), Expired::Nothing);
    assert_eq!(wait(&mut table, 1), Expired::Deadline);
}

#[test]
fn so_is_the_time_of_a_tarpit() {
    let mut table = table(Interest::DATA);
    table.session.config = config(|config| {
        config.control.min_data_rate = Some(100);
        config.control.tarpit = Some(seconds(100));
    });
    assert_eq!(wait(&mut table, 9), Expired::Nothing);
    table.session.write(b"450 of the application's\r\n");
    table.run();
    assert_eq!(replies(&mut table), "450 of the application's\r\n");
    assert_eq!(table.session.expire(table.now), Expired::Nothing);
    table.run();
    table.now += Duration::from_millis(999);
    assert_eq!(table.session.expire(table.now), Expired::Nothing);
    assert_eq!(wait(&mut table, 1), Expired::Deadline);
}

#[test]
fn it_is_over_with_the_message() {
    let mut table = table(Interest::default());
    table.send(b"x\r\n.\r\n");
    assert_eq!(wait(&mut table, 299), Expired::Nothing);
    table.send(b"NOOP\r\n");
    assert_eq!(said(&mut table), "250 OK\r\n250 OK\r\n");
}
