//! From the greeting line to the first MAIL: servers without EHLO, STARTTLS and what refuses it.

use super::*;

#[test]
fn a_server_older_than_ehlo() {
    everywhere(|cut| {
        let (mut table, mut opening) = open(cut, &options(|_| ()), "502 what?\r\n");
        table.client("HELO client.example\r\n");
        let mut each = |to, reply, session: &mut ClientSession, _| {
            opening.replied(to, reply, session).expect("a welcome");
        };
        table.server("250 hello\r\n", &mut each);
        assert!(opening.is_ready());
    });
}

#[test]
fn starttls_forgets_what_was_said_in_plain_text() {
    everywhere(|cut| {
        let ehlo = "250-mx.example\r\n250-PIPELINING\r\n250 STARTTLS\r\n";
        let (mut table, mut opening) = open(cut, &options(|_| ()), ehlo);
        table.client("STARTTLS\r\n");
        assert!(!opening.is_ready());
        // The second line is somebody else's.
        table.session.receive(b"220 go\r\n250 mx.example\r\n250 SIZE 1\r\n");
        table.settle(&mut |to, reply, session, _| {
            opening.replied(to, reply, session).expect("a welcome");
        });
        assert!(table.securing && !opening.is_ready());
        table.session.secured(table.now);
        assert!(!table.session.offered().pipelining());
        opening.secured(&mut table.session).expect("a greeting");
        table.run();
        table.client("EHLO client.example\r\n");
        let mut each = |to, reply, session: &mut ClientSession, _| {
            opening.replied(to, reply, session).expect("a welcome");
        };
        table.server("250-mx.example\r\n250 STARTTLS\r\n", &mut each);
        assert!(opening.is_ready() && table.session.is_tls());
    });
}

#[test]
fn a_refused_starttls_is_the_end_but_where_tls_is_opportunistic() {
    for (policy, ends) in
        [(TlsPolicy::Opportunistic, false), (TlsPolicy::Offered, true), (TlsPolicy::Required, true)]
    {
        for code in [454, 500, 501, 502, 554] {
            let mut table = Table::new(Cut::Whole);
            let mut opening = Opening::new(options(|options| options.tls = policy), String::new());
            let mut refusal = None;
            let mut each = |to, reply, session: &mut ClientSession, _| {
                refusal = opening.replied(to, reply, session).err();
            };
            table.server("220 mx.example\r\n", &mut each);
            table.server("250-mx.example\r\n250 STARTTLS\r\n", &mut each);
            table.server(&format!("{code} no\r\n"), &mut each);
            assert_eq!(matches!(refusal, Some(Refusal::NoTls(Some(_)))), ends, "{policy:?} {code}");
            assert_eq!(opening.is_ready(), !ends, "{policy:?} {code}");
        }
    }
}

#[test]
fn a_server_that_refuses_starttls_and_goes_is_told_by_its_refusal() {
    for (last, code) in [("454 no", 454), ("454-no\r\n454", 454), ("502 no\r", 502), ("220 go", 0)]
    {
        let mut table = Table::new(Cut::Whole);
        let settings = options(|options| options.tls = TlsPolicy::Opportunistic);
        let mut opening = Opening::new(settings, String::new());
        let mut refusal = None;
        let mut each = |to, reply, session: &mut ClientSession, _| {
            refusal = opening.replied(to, reply, session).err();
        };
        table.server("220 mx.example\r\n", &mut each);
        table.server("250-mx.example\r\n250 STARTTLS\r\n", &mut each);
        table.server(last, &mut each);
        table.session.end_input();
        table.settle(&mut each);
        let told = match &refusal {
            Some(Refusal::Refused(Awaited::StartTls, reply)) => reply.code().value(),
            None => 0,
            other => panic!("{last:?}: {other:?}"),
        };
        assert_eq!(told, code, "{last:?}");
        assert!(!opening.is_ready(), "{last:?}");
    }
}

#[test]
fn tls_fails_closed_where_it_is_required() {
    let required = options(|options| options.tls = TlsPolicy::Required);
    for (ehlo, reply) in [
        ("250 mx.example\r\n", None),
        ("502 what?\r\n", None),
        ("250-mx.example\r\n250 STARTTLS\r\n", Some("454 not now\r\n")),
    ] {
        let mut table = Table::new(Cut::Whole);
        let mut opening = Opening::new(required.clone(), String::new());
        let mut refusal = None;
        let mut each = |to, reply, session: &mut ClientSession, _| {
            refusal = opening.replied(to, reply, session).err();
        };
        table.server("220 mx.example\r\n", &mut each);
        table.server(ehlo, &mut each);
        if let Some(reply) = reply {
            table.server(reply, &mut each);
        }
        assert!(
            matches!(refusal, Some(Refusal::NoTls(_) | Refusal::Refused(Awaited::Greet(_), _))),
            "{refusal:?}"
        );
    }
}
