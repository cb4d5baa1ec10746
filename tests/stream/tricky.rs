//! Sequences with a name, each injected at a Linux receiver four times: over both network protocols, with
//! and without timestamps, and where the sequence numbers wrap.
use super::frame::{ACK, FIN, PSH, RST, SYN, Segment, URG};
use super::lab::{Lab, Opening, Talk};
use crate::live::in_namespace;

type Sequence = fn(&mut Talk<'_>);

const OPENINGS: [Opening; 4] = [
    Opening { v6: false, isn: 1000, timestamps: false, sack: true, scale: Some(7), small: false },
    Opening { v6: true, isn: 77, timestamps: true, sack: true, scale: Some(2), small: false },
    Opening { v6: false, isn: u32::MAX - 12, timestamps: true, sack: false, scale: None, small: false },
    Opening { v6: true, isn: u32::MAX, timestamps: false, sack: false, scale: Some(0), small: false },
];

#[test]
fn an_application_reads_what_we_do_of_tricky_sequences() {
    in_namespace("stream::tricky::an_application_reads_what_we_do_of_tricky_sequences", || {
        let mut lab = Lab::new();
        let mut wrong = Vec::new();
        for (name, sequence) in SEQUENCES {
            for opening in OPENINGS {
                let mut talk = Talk::new(&mut lab, opening);
                talk.handshake();
                sequence(&mut talk);
                if let Err(difference) = talk.compare() {
                    wrong.push(format!("{name}: {}", difference.text));
                }
            }
        }
        let count = SEQUENCES.len();
        assert!(count >= 60, "only {count} sequences");
        assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), count * 4, wrong.join("\n"));
        eprintln!("{count} sequences, each over {} openings", OPENINGS.len());
    });
}

/// Sends a changed segment with this data.
fn odd(talk: &mut Talk<'_>, offset: i64, data: &[u8], change: impl FnOnce(&mut Segment)) {
    let mut segment = talk.segment(offset, data, ACK);
    change(&mut segment);
    talk.send(&segment);
}

fn flags(talk: &mut Talk<'_>, offset: i64, data: &[u8], flags: u8) {
    odd(talk, offset, data, |segment| segment.flags = flags);
}

/// Changes the timestamp value, where there is one, by this much.
fn aged(talk: &mut Talk<'_>, offset: i64, data: &[u8], by: i32) {
    let value = talk.clock.wrapping_add_signed(by).to_be_bytes();
    odd(talk, offset, data, |segment| {
        if segment.options.len() == 12 {
            segment.options[4..8].copy_from_slice(&value);
        }
    });
}

fn fragments(talk: &mut Talk<'_>, data: &[u8], ranges: &[(std::ops::Range<usize>, bool)], spoil: bool) {
    let segment = talk.segment(0, data, ACK);
    talk.send_fragments(&segment, ranges, spoil);
}

const SEQUENCES: &[(&str, Sequence)] = &[
    ("in order", |t| {
        t.data(0, b"abc");
        t.data(3, b"defg");
    }),
    ("swapped", |t| {
        t.data(3, b"defg");
        t.data(0, b"abc");
    }),
    ("a copy", |t| {
        t.data(0, b"abc");
        t.data(0, b"abc");
        t.data(3, b"d");
    }),
    ("another copy of what was delivered", |t| {
        t.data(0, b"abcd");
        t.data(0, b"WXYZ");
        t.data(4, b"e");
    }),
    ("a longer copy of what was delivered", |t| {
        t.data(0, b"abcd");
        t.data(0, b"WXYZef");
        t.data(6, b"g");
    }),
    ("begins before what is next", |t| {
        t.data(0, b"abcd");
        t.data(2, b"XYef");
    }),
    ("before the start", |t| {
        t.data(-1, b"Zabc");
        t.data(3, b"d");
    }),
    ("far before the start", |t| {
        t.data(-100, b"never");
        t.data(0, b"abc");
    }),
    ("waiting: same range, other bytes", |t| {
        t.data(4, b"efgh");
        t.data(4, b"EFGH");
        t.data(0, b"abcd");
    }),
    ("waiting: same start, longer", |t| {
        t.data(4, b"efgh");
        t.data(4, b"EFGHIJ");
        t.data(0, b"abcd");
    }),
    ("waiting: same start, shorter", |t| {
        t.data(4, b"efgh");
        t.data(4, b"EF");
        t.data(0, b"abcd");
    }),
    ("waiting: starts before", |t| {
        t.data(6, b"ghij");
        t.data(4, b"EFGH");
        t.data(0, b"abcd");
    }),
    ("waiting: starts before, ends with it", |t| {
        t.data(6, b"gh");
        t.data(4, b"EFGH");
        t.data(0, b"abcd");
    }),
    ("waiting: covers", |t| {
        t.data(6, b"gh");
        t.data(4, b"EFGHIJKL");
        t.data(0, b"abcd");
    }),
    ("waiting: starts later, ends later", |t| {
        t.data(4, b"efgh");
        t.data(6, b"GHIJ");
        t.data(0, b"abcd");
    }),
    ("waiting: inside", |t| {
        t.data(4, b"efghij");
        t.data(6, b"GH");
        t.data(0, b"abcd");
    }),
    ("waiting: ends with it", |t| {
        t.data(4, b"efghij");
        t.data(8, b"IJ");
        t.data(0, b"abcd");
    }),
    ("waiting: touches before", |t| {
        t.data(8, b"ij");
        t.data(6, b"gh");
        t.data(0, b"abcdef");
    }),
    ("waiting: touches behind, then another copy of both", |t| {
        t.data(4, b"ef");
        t.data(6, b"gh");
        t.data(5, b"FGHI");
        t.data(0, b"abcd");
    }),
    ("waiting: covers two", |t| {
        t.data(4, b"ef");
        t.data(8, b"ij");
        t.data(3, b"DEFGHIJK");
        t.data(0, b"abc");
    }),
    ("waiting: bridges two", |t| {
        t.data(4, b"efg");
        t.data(9, b"jkl");
        t.data(6, b"GHIJ");
        t.data(0, b"abcd");
    }),
    ("waiting: three that overlap in a chain", |t| {
        t.data(8, b"ijkl");
        t.data(6, b"GHIJ");
        t.data(4, b"EFGH");
        t.data(0, b"abcd");
    }),
    ("the hole's filler overlaps what waits", |t| {
        t.data(4, b"efgh");
        t.data(0, b"abcdEF");
    }),
    ("the hole's filler covers what waits", |t| {
        t.data(4, b"ef");
        t.data(0, b"abcdEFGH");
    }),
    ("byte by byte, backwards", |t| {
        for (at, byte) in b"abcdefgh".iter().enumerate().rev() {
            t.data(at as i64, &[*byte]);
        }
    }),
    ("two holes", |t| {
        t.data(2, b"c");
        t.data(4, b"e");
        t.data(3, b"d");
        t.data(0, b"ab");
        t.data(5, b"f");
    }),
    ("a hole that stays", |t| {
        t.data(0, b"ab");
        t.data(4, b"ef");
    }),
    ("wrong checksum, then right", |t| {
        odd(t, 0, b"bad!", |segment| segment.wrong = 1);
        t.data(0, b"good");
    }),
    ("wrong checksum behind a hole", |t| {
        odd(t, 4, b"bad!", |segment| segment.wrong = 0x100);
        t.data(4, b"good");
        t.data(0, b"abcd");
    }),
    ("no flags at all", |t| {
        flags(t, 0, b"bad!", 0);
        t.data(0, b"good");
    }),
    ("PSH without ACK", |t| {
        flags(t, 0, b"bad!", PSH);
        t.data(0, b"good");
    }),
    ("FIN without ACK", |t| {
        flags(t, 0, b"bad!", FIN);
        t.data(0, b"good");
    }),
    ("all flags but SYN and RST", |t| {
        flags(t, 0, b"good", ACK | PSH | FIN);
        t.data(4, b"bad!");
    }),
    ("acknowledges what was not sent", |t| {
        odd(t, 0, b"bad!", |segment| segment.ack = segment.ack.wrapping_add(1));
        t.data(0, b"good");
    }),
    ("acknowledges what was not sent, far", |t| {
        odd(t, 0, b"bad!", |segment| segment.ack = segment.ack.wrapping_add(1 << 30));
        t.data(0, b"good");
    }),
    ("acknowledges too little, behind a hole", |t| {
        odd(t, 4, b"bad!", |segment| segment.ack = segment.ack.wrapping_sub(200_000));
        t.data(4, b"good");
        t.data(0, b"abcd");
    }),
    ("acknowledges a little less than before", |t| {
        t.write(b"0123456789");
        t.data(0, b"ab");
        odd(t, 2, b"cd", |segment| segment.ack = segment.ack.wrapping_sub(4));
        t.data(4, b"ef");
    }),
    ("an old timestamp", |t| {
        t.data(0, b"ab");
        aged(t, 2, b"!!", -1000);
        t.data(2, b"cd");
    }),
    ("a timestamp one tick old", |t| {
        t.data(0, b"ab");
        aged(t, 2, b"cd", -1);
        t.data(4, b"ef");
    }),
    ("a timestamp two ticks old", |t| {
        t.data(0, b"ab");
        aged(t, 2, b"!!", -2);
        t.data(2, b"cd");
    }),
    ("a timestamp of the other half of time", |t| {
        t.data(0, b"ab");
        aged(t, 2, b"!!", i32::MIN);
        t.data(2, b"cd");
    }),
    ("a young timestamp behind a hole does not count", |t| {
        aged(t, 2, b"cd", 500);
        t.data(0, b"ab");
        t.data(4, b"ef");
    }),
    ("no timestamp where one was agreed on", |t| {
        odd(t, 0, b"good", |segment| segment.options.clear());
        t.data(4, b"more");
    }),
    ("a timestamp where none was agreed on", |t| {
        odd(t, 0, b"good", |segment| {
            if segment.options.is_empty() {
                segment.options = vec![1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 1];
            }
        });
        t.data(4, b"more");
    }),
    ("beyond the window", |t| {
        let edge = t.edge();
        t.data(edge + 1, b"never");
        t.data(0, b"abc");
    }),
    ("the last bytes of the window", |t| {
        let edge = t.edge();
        t.data(edge - 4, b"last");
        t.data(0, b"abc");
    }),
    ("half a number space away", |t| {
        t.data(0x7000_0000, b"never");
        t.data(0, b"abc");
    }),
    ("a SYN inside", |t| {
        t.data(0, b"ab");
        flags(t, 2, b"bad!", SYN);
        t.data(2, b"cd");
    }),
    ("a SYN with ACK inside", |t| {
        flags(t, 0, b"bad!", SYN | ACK);
        t.data(0, b"good");
    }),
    ("the same SYN again", |t| {
        t.data(0, b"ab");
        let syn = t.syn();
        t.send(&syn);
        t.data(2, b"cd");
    }),
    ("a reset one beside", |t| {
        t.data(0, b"ab");
        flags(t, 3, b"", RST);
        t.data(2, b"cd");
    }),
    ("a reset of the last byte", |t| {
        t.data(0, b"ab");
        flags(t, 1, b"", RST);
        t.data(2, b"cd");
    }),
    ("a reset beyond the window", |t| {
        let edge = t.edge();
        flags(t, edge + 10, b"", RST);
        t.data(0, b"abc");
    }),
    ("a reset at what is next", |t| {
        t.data(0, b"ab");
        flags(t, 2, b"", RST);
        t.data(2, b"cd");
    }),
    ("a reset with a wild acknowledgment", |t| {
        t.data(0, b"ab");
        odd(t, 2, b"", |segment| (segment.flags, segment.ack) = (RST | ACK, 0x1234_5678));
        t.data(2, b"cd");
    }),
    ("a reset behind what waits", |t| {
        t.data(4, b"efgh");
        flags(t, 8, b"", RST);
        t.data(0, b"abcd");
    }),
    ("a reset while something waits", |t| {
        t.data(0, b"ab");
        t.data(4, b"ef");
        flags(t, 2, b"", RST);
        t.data(2, b"cd");
    }),
    ("a FIN", |t| {
        t.data(0, b"ab");
        flags(t, 2, b"cd", ACK | FIN);
    }),
    ("data behind a FIN", |t| {
        flags(t, 0, b"ab", ACK | FIN);
        t.data(2, b"never");
        t.data(3, b"never");
    }),
    ("a FIN behind a hole", |t| {
        flags(t, 2, b"cd", ACK | FIN);
        t.data(0, b"ab");
    }),
    ("a FIN inside what waits", |t| {
        t.data(2, b"cdefgh");
        flags(t, 2, b"CD", ACK | FIN);
        t.data(0, b"ab");
    }),
    ("a FIN before what waits", |t| {
        t.data(6, b"ghij");
        flags(t, 2, b"cd", ACK | FIN);
        t.data(0, b"ab");
    }),
    ("two FINs, one too early", |t| {
        flags(t, 4, b"ef", ACK | FIN);
        flags(t, 2, b"cd", ACK | FIN);
        t.data(0, b"ab");
    }),
    ("a FIN beyond the window", |t| {
        let edge = t.edge();
        flags(t, edge + 1, b"", ACK | FIN);
        t.data(0, b"abc");
    }),
    ("a bare FIN that waits, and what touches it", |t| {
        flags(t, 4, b"", ACK | FIN);
        t.data(5, b"xyz");
        t.data(0, b"abcd");
    }),
    ("an urgent byte", |t| {
        odd(t, 0, b"abcd", |segment| (segment.flags, segment.urgent) = (ACK | URG, 2));
        t.data(4, b"ef");
    }),
    ("an urgent byte at the end", |t| {
        odd(t, 0, b"abcd", |segment| (segment.flags, segment.urgent) = (ACK | URG, 4));
        t.data(4, b"ef");
    }),
    ("an urgent byte to come", |t| {
        odd(t, 0, b"abcd", |segment| (segment.flags, segment.urgent) = (ACK | URG, 6));
        t.data(4, b"efgh");
    }),
    ("an urgent pointer of zero", |t| {
        odd(t, 0, b"abcd", |segment| (segment.flags, segment.urgent) = (ACK | URG, 0));
        t.data(4, b"ef");
    }),
    ("two urgent bytes", |t| {
        odd(t, 0, b"abcd", |segment| (segment.flags, segment.urgent) = (ACK | URG, 2));
        odd(t, 4, b"efgh", |segment| (segment.flags, segment.urgent) = (ACK | URG, 3));
        t.data(8, b"ij");
    }),
    ("an urgent byte behind a hole", |t| {
        odd(t, 4, b"efgh", |segment| (segment.flags, segment.urgent) = (ACK | URG, 2));
        t.data(0, b"abcd");
    }),
    ("an urgent pointer without the flag", |t| {
        odd(t, 0, b"abcd", |segment| segment.urgent = 2);
        t.data(4, b"ef");
    }),
    ("a signature nobody agreed on", |t| {
        odd(t, 0, b"bad!", |segment| {
            segment.options = [&[19u8, 18][..], &[7; 16], &[1, 1]].concat();
        });
        t.data(0, b"good");
    }),
    ("an option without length", |t| {
        odd(t, 0, b"good", |segment| segment.options = vec![3, 0, 1, 1]);
        t.data(4, b"more");
    }),
    ("an option that is too long", |t| {
        odd(t, 0, b"good", |segment| segment.options = vec![2, 9, 1, 1]);
        t.data(4, b"more");
    }),
    ("an option nobody knows", |t| {
        odd(t, 0, b"good", |segment| segment.options = vec![99, 4, 1, 1]);
        t.data(4, b"more");
    }),
    ("a data offset beyond the segment", |t| {
        odd(t, 0, b"bad!", |segment| segment.offset = 5);
        t.data(0, b"good");
    }),
    ("a data offset that takes bytes away", |t| {
        odd(t, 0, b"\x01\x01\x01\x01good", |segment| segment.offset = 1);
        t.data(4, b"more");
    }),
    ("a TTL of one", |t| {
        odd(t, 0, b"good", |segment| segment.ttl = 1);
        t.data(4, b"more");
    }),
    ("a loose source route", |t| {
        odd(t, 0, b"bad!", |segment| {
            if !segment.v6 {
                segment.ip_options = vec![131, 7, 4, 10, 9, 0, 2];
            }
        });
        t.data(0, b"good");
    }),
    ("reserved flags", |t| {
        flags(t, 0, b"good", ACK | 64 | 128);
        t.data(4, b"more");
    }),
    ("window zero in the other direction", |t| {
        odd(t, 0, b"good", |segment| segment.window = 0);
        t.data(4, b"more");
    }),
    ("fragments in order", |t| {
        fragments(t, &[b'f'; 60], &[(0..48, false), (48..1000, true)], false);
    }),
    ("fragments backwards", |t| {
        let len = t.segment(0, &[b'f'; 60], ACK).segment_len();
        fragments(t, &[b'f'; 60], &[(48..len, true), (0..48, false)], false);
    }),
    ("fragments with a copy", |t| {
        fragments(t, &[b'f'; 60], &[(0..48, false), (0..48, false), (48..1000, true)], false);
    }),
    ("fragments that overlap", |t| {
        fragments(t, &[b'f'; 60], &[(0..48, false), (40..56, false), (48..1000, true)], false);
        t.data(0, b"good");
    }),
    ("fragments of which one is lost", |t| {
        fragments(t, &[b'f'; 60], &[(0..40, false), (48..1000, true)], false);
        t.data(0, b"good");
    }),
    ("fragments with a bad checksum in all", |t| {
        fragments(t, &[b'f'; 60], &[(0..48, false), (48..1000, true)], true);
        t.data(0, b"good");
    }),
];
