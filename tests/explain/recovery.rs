//! What is lost, late or copied, each in a scenario of its own: why it was sent again and how that is
//! known, what came late, who made the copy.
use super::bytes::{ACK, FIN, SYN};
use super::frames::Script;
use super::scenarios::{open, prove};

/// Six segments of ten bytes, from number 1 on.
const DATA: [&[u8]; 6] =
    [b"0123456789", b"abcdefghij", b"klmnopqrst", b"ABCDEFGHIJ", b"KLMNOPQRST", b"!?!?!?!?!?"];

/// Sends the segments of `which`, each from its own number on.
fn send(script: &mut Script, which: &[u32]) {
    for n in which {
        script.send(0, ACK, 1 + 10 * n, 1, DATA[*n as usize]);
    }
}

#[test]
fn three_duplicate_acks_bring_what_was_lost() {
    let mut script = Script::new();
    open(&mut script);
    send(&mut script, &[0, 1, 2, 3, 4]);
    // The second never arrives: three segments behind it are answered by the same ACK.
    script
        .send(1, ACK, 1, 11, b"")
        .send(1, ACK, 1, 11, b"")
        .send(1, ACK, 1, 11, b"")
        .send(1, ACK, 1, 11, b"");
    send(&mut script, &[1]);
    script.send(1, ACK, 1, 51, b"");
    let text = prove(
        &script.frames,
        &[
            "repeats 10 bytes, X+11 … X+20 of packet 5",
            "because 3 duplicate ACKs told the client that it was missing (fast retransmission)",
        ],
    );
    assert_eq!(text.matches("repeats 10 bytes").count(), 1, "{text}");
    assert!(text.contains("acknowledges 40 bytes, X+11 … X+50"), "{text}");
}

#[test]
fn a_timer_brings_what_was_lost() {
    let mut script = Script::new();
    open(&mut script);
    send(&mut script, &[0]);
    script.send(1, ACK, 1, 11, b"");
    send(&mut script, &[1, 2]);
    // Neither arrived: nobody tells, until the timer of a second runs out, and then of two.
    script.wait(1000);
    send(&mut script, &[1]);
    script.wait(2000);
    send(&mut script, &[1]);
    script.send(1, ACK, 1, 21, b"");
    send(&mut script, &[2]);
    script.send(1, ACK, 1, 31, b"");
    let text = prove(
        &script.frames,
        &["repeats 10 bytes, X+11 … X+20 of packet 6, 1.001 s after it", "timer ran out"],
    );
    // The second time it is told how long ago either sending was.
    assert!(text.contains("3.001 s after that and 2.000 s after packet 8"), "{text}");
}

#[test]
fn a_probe_asks_whether_the_end_was_lost() {
    let mut script = Script::new();
    open(&mut script);
    send(&mut script, &[0]);
    script.send(1, ACK, 1, 11, b"");
    send(&mut script, &[1, 2]);
    script.send(1, ACK, 1, 21, b"");
    // The last is repeated after two round trips, before any timer.
    script.wait(20);
    send(&mut script, &[2]);
    script.send(1, ACK, 1, 31, b"");
    prove(
        &script.frames,
        &[
            "repeats 10 bytes, X+21 … X+30 of packet 7",
            "because it is the last that the client sent and no ACK of the server for it came",
            "(tail loss probe)",
        ],
    );
}

#[test]
fn one_is_overtaken_on_the_way() {
    let mut script = Script::new();
    open(&mut script);
    send(&mut script, &[0, 1, 2, 3]);
    // The second comes behind the fourth; the counter of its host says that it left before them.
    let late = script.frames.remove(4);
    let time = script.frames.last().expect("frames").0 + 200_000;
    script.frames.push((time, late.1));
    script.send(1, ACK, 1, 41, b"");
    let text = prove(
        &script.frames,
        &["comes late: X+11 … X+20 was sent first and overtaken by 2 packets of the client"],
    );
    assert!(!text.contains("repeats"), "{text}");
}

#[test]
fn the_network_makes_a_copy() {
    let mut script = Script::new();
    open(&mut script);
    send(&mut script, &[0, 1]);
    let (time, frame) = script.frames.last().expect("frames").clone();
    // The same packet to the bit of its identification, with one hop more behind it.
    let mut copy = frame;
    copy[14 + 8] -= 1;
    let checksum = u16::from_be_bytes([copy[24], copy[25]]);
    let (sum, carried) = checksum.overflowing_add(0x0100);
    copy[24..26].copy_from_slice(&(sum + u16::from(carried)).to_be_bytes());
    script.frames.push((time + 300_000, copy));
    script.send(1, ACK, 1, 21, b"").send(0, FIN | ACK, 21, 1, b"");
    let text = prove(&script.frames, &["copy of packet 5"]);
    assert!(!text.contains("repeats") && !text.contains("retransmission ("), "{text}");
}

#[test]
fn a_lost_syn_is_sent_again_by_its_timer() {
    let mut script = Script::new();
    script.send(0, SYN, 0, 0, b"").wait(1000).send(0, SYN, 0, 0, b"").send(1, SYN | ACK, 0, 1, b"");
    script.send(0, ACK, 1, 1, b"");
    prove(&script.frames, &["repeats its SYN, Seq = X of packet 1, 1.000 s after it"]);
}
