//! Packets as they are on the wire: tags, giants, offloaded checksums, cut ones.
use super::*;
use synack::packet::ChecksumStatus;
use synack::sys::inject::Injector;
use synack::wire::checksum;
use synack::{LinkType, Timestamp};

/// [`frame`] with tags put after the addresses.
fn tagged(number: u32, tags: &[(u16, u16)]) -> Vec<u8> {
    let plain = frame(number);
    let mut frame = plain[..12].to_vec();
    for (protocol, control) in tags {
        frame.extend_from_slice(&protocol.to_be_bytes());
        frame.extend_from_slice(&control.to_be_bytes());
    }
    frame.extend_from_slice(&plain[12..]);
    frame
}

#[test]
fn vlan_tags_that_the_kernel_strips_are_where_they_were() {
    in_namespace("live::wire::vlan_tags_that_the_kernel_strips_are_where_they_were", || {
        veth();
        let far = Injector::open("v1").expect("injector");
        let frames = [
            tagged(0, &[]),
            tagged(1, &[(0x8100, 0x000a)]),
            tagged(2, &[(0x88a8, 0xf064)]),
            tagged(3, &[(0x88a8, 0x0064), (0x8100, 0x2005)]),
            tagged(4, &[(0x8100, 0)]),
            tagged(5, &[(0x8100, 1), (0x8100, 2), (0x8100, 3)]),
        ];
        // Where frames arrive the kernel strips the outer tag; where they leave it doesn't.
        for interface in ["v0", "v1"] {
            let mut capture = Capture::builder(interface).open().expect("capture");
            for frame in &frames {
                far.send(frame).expect("sent");
            }
            for frame in &frames {
                one(&mut capture, |packet| {
                    assert_eq!(packet.data, frame);
                    assert_eq!(packet.wire_len as usize, frame.len());
                    assert_eq!(packet.cap_len as usize, frame.len());
                });
            }
        }
    });
}

#[test]
fn a_snapshot_length_cuts_the_packet_with_its_tag() {
    in_namespace("live::wire::a_snapshot_length_cuts_the_packet_with_its_tag", || {
        veth();
        let far = Injector::open("v1").expect("injector");
        let frame = tagged(9, &[(0x8100, 5)]);
        for snaplen in [1u32, 12, 14, 16, 17, 20, 49, 50, 51] {
            let mut capture = Capture::builder("v0").snaplen(snaplen).open().expect("capture");
            assert_eq!(capture.snaplen(), snaplen);
            far.send(&frame).expect("sent");
            one(&mut capture, |packet| {
                let kept = frame.len().min(snaplen as usize);
                // Without the first twelve bytes there is no telling where the tag was.
                if snaplen >= 12 {
                    assert_eq!(packet.data, &frame[..kept], "{snaplen}");
                    assert_eq!(packet.wire_len as usize, frame.len());
                }
                assert_eq!(packet.cap_len as usize, packet.data.len());
            });
        }
    });
}

#[test]
fn all_interfaces_give_a_cooked_header_with_interface_and_address() {
    in_namespace("live::wire::all_interfaces_give_a_cooked_header_with_interface_and_address", || {
        veth();
        let mut second = Capture::builder("any").open().expect("capture");
        let mut first = Capture::builder("any").link_type(LinkType::LINUX_SLL).open().expect("capture");
        assert_eq!(second.link_type(), LinkType::LINUX_SLL2);
        assert_eq!(first.link_type(), LinkType::LINUX_SLL);
        let sent = frame(3);
        Injector::open("v1").expect("injector").send(&sent).expect("sent");
        let arrived = |packet: Packet<'_>| {
            (packet.direction == synack::packet::PacketDirection::In)
                .then(|| (packet.data.to_vec(), packet.interface, packet.wire_len))
        };
        let next = |capture: &mut Capture| loop {
            if let Some(found) = one(capture, arrived) {
                return found;
            }
        };
        let (data, interface, wire_len) = next(&mut second);
        assert_eq!(&data[20..], &sent[14..]);
        assert_eq!(wire_len as usize, sent.len() + 6);
        // IPv4, reserved, interface, Ethernet, to another host, six bytes of address.
        assert_eq!(data[..4], [8, 0, 0, 0]);
        assert_eq!(data[4..8], interface.to_be_bytes());
        assert_eq!(data[8..12], [0, 1, 3, 6]);
        assert_eq!(data[12..20], [2, 0, 0, 0, 0, 2, 0, 0]);
        let (data, _, wire_len) = next(&mut first);
        assert_eq!(&data[16..], &sent[14..]);
        assert_eq!(wire_len as usize, sent.len() + 2);
        assert_eq!(data[..16], [0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0, 8, 0]);
    });
}

#[test]
fn giants_of_segmentation_offload_are_captured_whole() {
    in_namespace("live::wire::giants_of_segmentation_offload_are_captured_whole", || {
        const BYTES: usize = 4 << 20;
        let peer = Peer::new();
        let listener = peer.run(|| TcpListener::bind("10.9.0.2:0").expect("listener"));
        let server = listener.local_addr().expect("address");
        let mut capture = Capture::builder("v0").open().expect("capture");
        let serving = peer.start(move || {
            let (mut stream, _) = listener.accept().expect("accept");
            let mut taken = Vec::new();
            stream.read_to_end(&mut taken).expect("read")
        });
        let mut stream = TcpStream::connect(server).expect("connect");
        stream.write_all(&vec![0x5a; BYTES]).expect("write");
        drop(stream);
        assert_eq!(serving.recv().expect("server"), BYTES);
        let mut longest = 0;
        let mut not_ready = 0;
        drain(&mut capture, |packet| {
            assert_eq!(packet.cap_len, packet.wire_len);
            assert_eq!(packet.data.len(), packet.wire_len as usize);
            longest = longest.max(packet.wire_len);
            not_ready += usize::from(packet.checksum == ChecksumStatus::NotReady);
        });
        assert!(longest > 1514, "no giant was seen: {longest}");
        assert!(not_ready > 0, "nothing was offloaded");
        let stats = capture.stats().expect("statistics");
        assert_eq!(stats.dropped, 0);
    });
}

#[test]
fn the_longest_datagram_fits_the_smallest_ring() {
    in_namespace("live::wire::the_longest_datagram_fits_the_smallest_ring", || {
        let port = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let from = UdpSocket::bind("127.0.0.1:0").expect("a port");
        for name in ["lo", "any"] {
            for size in [1, 1 << 20] {
                let mut capture = Capture::builder(name).buffer_size(size).open().expect("capture");
                from.send_to(&[0x5a; 65_507], port.local_addr().expect("address")).expect("sent");
                let (len, wire_len) = one(&mut capture, |packet| (packet.data.len(), packet.wire_len));
                assert!(len >= 65_507 + 28 && len == wire_len as usize, "{name}: {len} of {wire_len}");
            }
        }
    });
}

#[test]
fn a_wrong_checksum_is_always_known_to_be_unfinished() {
    in_namespace("live::wire::a_wrong_checksum_is_always_known_to_be_unfinished", || {
        let peer = Peer::new();
        let listener = peer.run(|| TcpListener::bind("10.9.0.2:0").expect("listener"));
        let server = listener.local_addr().expect("address");
        let mut captures = ["v0", "any"].map(|name| Capture::builder(name).open().expect("capture"));
        let serving = peer.start(move || serve(&listener));
        talk(server);
        serving.recv().expect("server");
        let mut unfinished = 0;
        for capture in &mut captures {
            drain(capture, |packet| {
                let header = if packet.link == LinkType::ETHERNET { 14 } else { 20 };
                let Ok(ip) = Ipv4::parse(&packet.data[header..]) else { return };
                let residual = checksum::transport_v4(ip.src(), ip.dst(), ip.protocol(), ip.payload());
                if !checksum::is_correct(residual) {
                    assert_eq!(packet.checksum, ChecksumStatus::NotReady);
                    unfinished += 1;
                }
            });
        }
        assert!(unfinished > 0, "nothing was offloaded");
    });
}

#[test]
fn the_first_packet_is_given_without_waiting_for_a_second() {
    in_namespace("live::wire::the_first_packet_is_given_without_waiting_for_a_second", || {
        veth();
        let out = Injector::open("v0").expect("injector");
        let mut capture = Capture::builder("v0").open().expect("capture");
        for round in 0..5 {
            let before = now();
            out.send(&frame(round)).expect("sent");
            one(&mut capture, |packet| {
                assert_eq!(number(packet), round);
                assert!((before..now()).contains(&packet.time), "{:?}", packet.time);
            });
        }
    });
}

fn now() -> Timestamp {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("now");
    Timestamp::new(now.as_secs() as i64, now.subsec_nanos().into())
}
