//! Messages that are too many, too long, too deep or no messages at all.

use crate::support::raw::{RawClient, data_packet, encoded, message, read_of, request};
use crate::support::{
    NewServer, address, alone, bay, connect, name, native_tests, service_error, started,
};
use crate::witness::{Witness, memory, memory_is_bounded};
use iec61850::{IedServer, IedServerConfig};
use mms::ServiceError;
use mms::pdu::{self, NameListRequest, ObjectClass, ObjectScope, Pdu};
use std::io::{ErrorKind, Write};

native_tests!(
    a_flood_of_pipelined_requests,
    messages_longer_than_agreed,
    a_message_without_end,
    nesting_without_end,
    name_lists_continued_from_anywhere,
    octets_without_sense,
    messages_with_damage,
    a_request_for_everything_many_times,
    data_sets_without_end,
);

fn server(new: NewServer) -> IedServer {
    started(new(&bay::model(), None).unwrap())
}

/// A generator with a fixed start: the same test every time (xorshift64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    fn octets(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.next() as u8).collect()
    }
}

fn a_flood_of_pipelined_requests(new: NewServer) {
    const REQUESTS: u32 = 20_000;
    let _alone = alone();
    let server = server(new);
    let witness = Witness::of(&server);
    let before = memory();
    let mut client = RawClient::open(address(&server), 65_000);
    let mut writing = client.stream.try_clone().unwrap();
    let writer = std::thread::spawn(move || {
        let service = read_of("T1LD0/GGIO1$SP$Values");
        for id in 0..REQUESTS {
            writing.write_all(&message(&request(id, &service))).unwrap();
        }
    });
    // Five were agreed on; every one gets one answer, in the order of the requests.
    for id in 0..REQUESTS {
        let (answered, _) = client.answer().unwrap();
        assert_eq!(answered, Some(id));
    }
    writer.join().unwrap();
    memory_is_bounded(before, 64);
    witness.finish(&server);
}

/// That the association has rejected what it got and goes on.
fn is_rejected_and_goes_on(client: &mut RawClient) {
    assert!(!client.answer().unwrap().1);
    client.request(4711, &read_of("T1LD0/GGIO1$ST$Policy$inST"));
    assert_eq!(client.answer().unwrap(), (Some(4711), true));
}

fn messages_longer_than_agreed(new: NewServer) {
    let _alone = alone();
    let server = server(new);
    let witness = Witness::of(&server);
    for (agreed, variables) in [(1000, 100), (1000, 1000), (1000, 10_000), (65_000, 20_000)] {
        let mut client = RawClient::open(address(&server), agreed);
        let variable = name("T1LD0/GGIO1$ST$Policy$inST");
        let service = encoded(|w| pdu::write_read_request(w, false, vec![variable; variables]));
        assert!(service.len() > agreed as usize);
        for id in 0..3 {
            client.request(id, &service);
            is_rejected_and_goes_on(&mut client);
        }
    }
    witness.finish(&server);
}

fn a_message_without_end(new: NewServer) {
    let _alone = alone();
    let server = server(new);
    let witness = Witness::of(&server);
    let before = memory();
    // 64 MiB in packets that all say that more follows, on associations and before them.
    let packet = data_packet(&[0; 8000], false);
    for open in [true, false] {
        let mut client = if open {
            RawClient::open(address(&server), 65_000)
        } else {
            let mut client = RawClient::tcp(address(&server));
            client.send(&crate::support::raw::CONNECT_REQUEST);
            client.next_packet().unwrap();
            client
        };
        for _ in 0..8 * 1024 {
            if let Err(error) = client.stream.write_all(&packet) {
                // Given up on the client is fine, too.
                assert!(!matches!(
                    error.kind(),
                    ErrorKind::WouldBlock | ErrorKind::TimedOut
                ));
                break;
            }
        }
        memory_is_bounded(before, 32);
        witness.is_served();
    }
    witness.finish(&server);
}

/// An element in itself, `depth` times, with a BOOLEAN in the middle.
fn nested(tag: u8, depth: usize) -> Vec<u8> {
    // From the inside out, written backwards.
    let mut reversed = vec![1, 1, 0x83];
    for _ in 0..depth {
        let length = reversed.len();
        let octets = (length as u32).to_be_bytes();
        match length {
            0..=0x7f => reversed.push(length as u8),
            0x80..=0xff => reversed.extend([octets[3], 0x81]),
            0x100..=0xffff => reversed.extend([octets[3], octets[2], 0x82]),
            _ => reversed.extend([octets[3], octets[2], octets[1], 0x83]),
        }
        reversed.push(tag);
    }
    reversed.reverse();
    reversed
}

fn nesting_without_end(new: NewServer) {
    let _alone = alone();
    let server = server(new);
    let witness = Witness::of(&server);
    let before = memory();
    let variable = |w: &mut mms::ber::Writer<'_>| {
        pdu::VariableAccess::from(name("T1LD0/GGIO1$SP$Policy$inSP")).encode(w);
    };
    let tag = mms::ber::Tag::context_constructed;
    let write = |data: Vec<u8>| {
        encoded(|w| {
            w.constructed(tag(5), |w| {
                w.constructed(tag(0), variable);
                w.constructed(tag(0), |w| w.raw(&data));
            })
        })
    };
    // What is nested a little is well formed, and only no value for the variable.
    let mut client = RawClient::open(address(&server), 65_000);
    client.request(1, &write(nested(0xa2, 5)));
    assert_eq!(client.answer().unwrap(), (Some(1), true));
    for depth in [100, 1000, 10_000] {
        let mut client = RawClient::open(address(&server), 65_000);
        // A write of a structure, of an array; a read with an alternate access; a definition of
        // a list with one; and constructed elements of no meaning.
        let parts = nested(0xa0, depth);
        let part_of = encoded(|w| {
            w.constructed(mms::ber::Tag::SEQUENCE, |w| {
                w.constructed(tag(0), |w| name("T1LD0/GGIO1").encode(w));
                w.constructed(tag(5), |w| w.raw(&parts));
            })
        });
        let services = [
            write(nested(0xa2, depth)),
            write(nested(0xa1, depth)),
            encoded(|w| {
                w.constructed(tag(4), |w| {
                    w.constructed(tag(1), |w| w.constructed(tag(0), |w| w.raw(&part_of)))
                })
            }),
            encoded(|w| {
                w.constructed(tag(11), |w| {
                    name("T1LD0/LLN0$Deep").encode(w);
                    w.constructed(tag(0), |w| w.raw(&part_of));
                })
            }),
            nested(0xa4, depth),
            nested(0xa6, depth),
            nested(0xbf, depth),
        ];
        for service in services {
            client.request(1, &service);
            is_rejected_and_goes_on(&mut client);
        }
        // Around the PDU, the presentation and everything.
        for mms in [
            nested(0xa0, depth),
            nested(0xa8, depth),
            nested(0x61, depth),
        ] {
            client.send(&message(&mms));
            is_rejected_and_goes_on(&mut client);
        }
        for tsdu in [nested(0x61, depth), nested(0x30, depth)] {
            let mut client = RawClient::open(address(&server), 65_000);
            let mut data = vec![1, 0, 1, 0];
            data.extend(tsdu);
            let mut chunks = data.chunks(8000).peekable();
            while let Some(chunk) = chunks.next() {
                client.send(&data_packet(chunk, chunks.peek().is_none()));
            }
            // Answered or closed: it is over with this message.
            let _ = client.next_packet();
        }
        let sp = connect(&server);
        assert_eq!(
            sp.read(name("T1LD0/GGIO1$SP$Policy$inSP")).unwrap(),
            0.into()
        );
    }
    memory_is_bounded(before, 32);
    witness.finish(&server);
}

fn name_lists_continued_from_anywhere(new: NewServer) {
    let _alone = alone();
    let server = server(new);
    let witness = Witness::of(&server);
    let mut random = Random(0x1850);
    let mut client = RawClient::open(address(&server), 65_000);
    let long = "x".repeat(60_000);
    let deep = "GGIO1$".repeat(9_000);
    for round in 0..500 {
        let text: String = (0..random.below(70))
            .map(|_| char::from(b' ' + random.below(95) as u8))
            .collect();
        let after = match round % 5 {
            0 => "GGIO1$ST$None",
            1 => long.as_str(),
            2 => deep.as_str(),
            3 => "$$$$$$$$",
            _ => text.as_str(),
        };
        let class = [
            ObjectClass::NamedVariable,
            ObjectClass::NamedVariableList,
            ObjectClass::Journal,
            ObjectClass::Domain,
        ][random.below(4)];
        let request = NameListRequest {
            class,
            scope: match class {
                ObjectClass::Domain => ObjectScope::Vmd,
                _ => ObjectScope::Domain("T1LD0"),
            },
            continue_after: Some(after),
        };
        client.request(round, &encoded(|w| request.encode(w)));
        let mms = client.next_mms().unwrap();
        match Pdu::decode(&mms).unwrap() {
            Pdu::ConfirmedError { invoke_id, error } => {
                assert_eq!(
                    (invoke_id, error),
                    (round, ServiceError::OBJECT_NON_EXISTENT)
                );
            }
            // A name of more than the standard allows is no name.
            Pdu::Reject { .. } => assert!(after.len() > 129 || round % 5 >= 3, "{after}"),
            other => panic!("{after}: {other:?}"),
        }
    }
    witness.finish(&server);
}

fn octets_without_sense(new: NewServer) {
    let _alone = alone();
    let server = server(new);
    let witness = Witness::of(&server);
    let before = memory();
    let mut random = Random(61850);
    for round in 0..400 {
        let mut client = match round % 2 {
            0 => RawClient::open(address(&server), 65_000),
            _ => RawClient::tcp(address(&server)),
        };
        let length = 1 + random.below(3000);
        let octets = random.octets(length);
        let sent = match round % 8 {
            0 | 1 => octets,
            2 | 3 => {
                let mut packet = vec![3, 0];
                packet.extend(((length + 4) as u16).to_be_bytes());
                packet.extend(octets);
                packet
            }
            4 | 5 => data_packet(&octets, round % 16 < 8),
            _ => message(&octets),
        };
        // The server may hang up in the middle.
        let _ = client.stream.write_all(&sent);
        let _ = client.stream.shutdown(std::net::Shutdown::Write);
        assert!(
            client.read_to_end(),
            "round {round}: neither answered nor closed"
        );
    }
    memory_is_bounded(before, 32);
    witness.finish(&server);
}

fn messages_with_damage(new: NewServer) {
    let _alone = alone();
    let server = server(new);
    let at = address(&server);
    let witness = Witness::of(&server);
    let before = memory();
    let mut random = Random(8650);
    let handshake = RawClient::handshake(at);
    let variables = ["T1LD0/GGIO1$SP$Policy$inSP", "T1LD0/GGIO1$SP$List$num"];
    let value = mms::MmsValue::Array(vec![1.into(); 5]);
    let services = [
        encoded(|w| pdu::write_read_request(w, true, variables.map(name))),
        encoded(|w| pdu::write_write_request(w, [(name(variables[1]), &value)])),
        encoded(|w| {
            pdu::write_define_variable_list(w, name("T1LD0/LLN0$D"), variables.map(name));
        }),
        encoded(|w| pdu::write_delete_variable_lists(w, [name("T1LD0/LLN0$D")])),
        encoded(|w| {
            NameListRequest {
                class: ObjectClass::NamedVariable,
                scope: ObjectScope::Domain("T1LD0"),
                continue_after: Some("GGIO1"),
            }
            .encode(w)
        }),
    ];
    let mut damage = |octets: &mut Vec<u8>| {
        for _ in 0..1 + random.below(4) {
            let at = random.below(octets.len());
            match random.below(3) {
                0 => octets[at] = random.next() as u8,
                1 => octets[at] ^= 1 << random.below(8),
                _ => octets.truncate(at.max(1)),
            }
        }
    };
    for round in 0..600 {
        let sent = match round % 3 {
            // In the MMS PDU, with the lengths around it right; anywhere; in the handshake.
            0 => {
                let mut mms = request(round, &services[round as usize / 3 % services.len()]);
                damage(&mut mms);
                message(&mms)
            }
            1 => {
                let service = &services[round as usize / 3 % services.len()];
                let mut octets = message(&request(round, service));
                damage(&mut octets);
                octets
            }
            _ => {
                let mut octets = handshake[round as usize / 3 % handshake.len()].clone();
                damage(&mut octets);
                octets
            }
        };
        let mut client = match round % 3 {
            2 => RawClient::tcp(at),
            _ => RawClient::open(at, 65_000),
        };
        if round % 6 == 5 {
            client.send(&crate::support::raw::CONNECT_REQUEST);
        }
        let _ = client.stream.write_all(&sent);
        let _ = client.stream.shutdown(std::net::Shutdown::Write);
        assert!(
            client.read_to_end(),
            "round {round}: neither answered nor closed"
        );
    }
    memory_is_bounded(before, 32);
    witness.finish(&server);
}

fn a_request_for_everything_many_times(new: NewServer) {
    let _alone = alone();
    let server = server(new);
    let witness = Witness::of(&server);
    let before = memory();
    let clients: Vec<_> = (0..8).map(|_| connect(&server)).collect();
    let threads: Vec<_> = clients
        .into_iter()
        .map(|client| {
            std::thread::spawn(move || {
                let everything = vec![name("T1LD0/GGIO1"); 2000];
                let service = encoded(|w| pdu::write_read_request(w, false, everything));
                let remote = client.inner().remote().clone();
                for _ in 0..10 {
                    let answer =
                        crate::support::clients().block_on(remote.request(service.clone()));
                    assert_eq!(
                        answer.unwrap_err(),
                        mms::net::RequestError::Service(ServiceError::PDU_SIZE)
                    );
                }
            })
        })
        .collect();
    witness.is_served();
    for thread in threads {
        thread.join().unwrap();
    }
    memory_is_bounded(before, 64);
    witness.finish(&server);
}

fn data_sets_without_end(new: NewServer) {
    let _alone = alone();
    let mut config = IedServerConfig::new();
    config.set_max_dataset_entries(100);
    let server = started(new(&bay::model(), Some(config)).unwrap());
    let witness = Witness::of(&server);
    let before = memory();
    for round in 0..20 {
        let client = connect(&server);
        let members = [name("T1LD0/GGIO1$SP$Values"); 100];
        let mut created = 0;
        for number in 0..200 {
            let text = format!("N{number}");
            let set = match number % 3 {
                0 => mms::ObjectName::Association(&text),
                1 => mms::ObjectName::Vmd(&text),
                _ => mms::ObjectName::domain("Other", "LLN0$x"),
            };
            match client.define_named_variable_list(set, members) {
                Ok(()) => created += 1,
                refused => drop(service_error("refused", refused)),
            }
        }
        // Those of the association are there again with every association, the others once.
        assert!(created >= 10 && (created <= 10 || round == 0), "{created}");
    }
    memory_is_bounded(before, 32);
    witness.finish(&server);
}
