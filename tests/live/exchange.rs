//! A TCP exchange, whole and in order, by both engines: each what it can see.
use super::*;
use synack::LinkType;
use synack::packet::PacketDirection;
use synack::wire::TcpFlags;

/// SYN, SYN-ACK, three payloads, two FINs: what every full view of the exchange must hold.
fn assert_whole(segments: &[Segment], server: u16) {
    let mut said: Vec<&[u8]> = segments.iter().map(|s| &s.payload[..]).filter(|p| !p.is_empty()).collect();
    // A busy machine may send a segment again before its acknowledgment is read.
    said.dedup();
    assert_eq!(said, SAID);
    let has = |from_server: bool, flag: TcpFlags| {
        segments.iter().filter(|s| (s.from == server) == from_server && s.flags & flag.bits() != 0).count()
    };
    for from_server in [true, false] {
        assert!(has(from_server, TcpFlags::SYN) >= 1);
        assert!(has(from_server, TcpFlags::FIN) >= 1);
    }
    assert_eq!(segments[0].flags, TcpFlags::SYN.bits());
}

#[test]
fn over_loopback_both_engines_give_every_segment_once() {
    in_namespace("live::exchange::over_loopback_both_engines_give_every_segment_once", || {
        let mut ring = Capture::builder("lo").open().expect("ring");
        let mut raw = RawCapture::builder("lo").open().expect("raw");
        let listener = TcpListener::bind("127.0.0.1:0").expect("listener");
        let server = listener.local_addr().expect("address");
        let serving = thread::spawn(move || serve(&listener));
        talk(server);
        serving.join().expect("server");
        let by_ring = drain(&mut ring, |packet| {
            assert_eq!(packet.link, LinkType::ETHERNET);
            assert_eq!(packet.direction, PacketDirection::In);
            segment(packet, 14)
        });
        assert_whole(&by_ring, server.port());
        let by_raw = drain(&mut raw, |packet| {
            assert_eq!(packet.link, LinkType::RAW);
            assert_eq!(packet.interface, 1);
            segment(packet, 0)
        });
        assert_eq!(by_raw, by_ring);
        assert_conserved(&ring.stats().expect("statistics"));
        assert_conserved(&raw.stats().expect("statistics"));
    });
}

#[test]
fn over_a_cable_the_ring_gives_both_ways_and_the_raw_engine_what_arrives() {
    in_namespace(
        "live::exchange::over_a_cable_the_ring_gives_both_ways_and_the_raw_engine_what_arrives",
        || {
            let peer = Peer::new();
            let listener = peer.run(|| TcpListener::bind("10.9.0.2:0").expect("listener"));
            let server = listener.local_addr().expect("address");
            let mut ring = Capture::builder("v0").open().expect("ring");
            let mut any = Capture::builder("any").open().expect("any");
            let mut raw = RawCapture::builder("v0").open().expect("raw");
            let serving = peer.start(move || serve(&listener));
            talk(server);
            serving.recv().expect("server");

            let tcp = |packet: &Packet<'_>, at: usize| packet.data[at..at + 2] == [8, 0];
            let mut by_ring = Vec::new();
            drain(&mut ring, |packet| {
                if tcp(&packet, 12) {
                    let segment = segment(packet, 14);
                    let way = if segment.from == server.port() {
                        PacketDirection::In
                    } else {
                        PacketDirection::Out
                    };
                    assert_eq!(packet.direction, way);
                    by_ring.push(segment);
                }
            });
            assert_whole(&by_ring, server.port());

            let mut by_any = Vec::new();
            drain(&mut any, |packet| {
                assert_eq!(packet.link, LinkType::LINUX_SLL2);
                if tcp(&packet, 0) {
                    by_any.push(segment(packet, 20));
                }
            });
            assert_eq!(by_any, by_ring);

            let by_raw = drain(&mut raw, |packet| segment(packet, 0));
            let arrived: Vec<Segment> = by_ring.iter().filter(|s| s.from == server.port()).cloned().collect();
            assert_eq!(by_raw, arrived);
        },
    );
}
