//! Filters in the kernel and, where it takes none, here: with the same verdicts.
use super::*;
use synack::LinkType;
use synack::bpf::{Program, RawInsn};
use synack::capture::FilterMode;
use synack::filter::Filter;
use synack::sys::inject::Injector;

fn op(code: u16, jt: u8, jf: u8, k: u32) -> RawInsn {
    RawInsn { code, jt, jf, k }
}

/// Accepts packets whose byte at this offset is even.
fn even(at: u32) -> Vec<RawInsn> {
    vec![op(0x30, 0, 0, at), op(0x45, 0, 1, 1), op(0x06, 0, 0, 0), op(0x06, 0, 0, 262_144)]
}

/// The last byte of a [`frame`], counted from its start.
const LAST: u32 = 14 + 20 + 8 + 3;

/// The same program made too long for the kernel by instructions that do nothing.
fn too_long(program: &[RawInsn]) -> Program {
    let mut insns = vec![op(0x00, 0, 0, 0); 5000];
    insns.extend_from_slice(program);
    Program::for_user_space(insns).expect("valid")
}

fn kernel(program: Vec<RawInsn>) -> Program {
    Program::new(program).expect("valid")
}

fn send(numbers: std::ops::Range<u32>) {
    let out = Injector::open("v0").expect("injector");
    numbers.for_each(|number| out.send(&frame(number)).expect("sent"));
}

#[test]
fn a_filter_in_the_kernel_keeps_the_rest_out_of_the_ring() {
    in_namespace("live::filters::a_filter_in_the_kernel_keeps_the_rest_out_of_the_ring", || {
        veth();
        let program = kernel(even(LAST));
        let mut capture = Capture::builder("v0").filter(&program).open().expect("capture");
        assert_eq!(capture.filter_mode(), FilterMode::Kernel);
        send(0..100);
        let seen = drain(&mut capture, number);
        assert_eq!(seen, (0..100).step_by(2).collect::<Vec<_>>());
        let stats = capture.stats().expect("statistics");
        assert_eq!((stats.received, stats.filtered), (50, 0));
    });
}

#[test]
fn a_filter_the_kernel_refuses_runs_here_with_the_same_verdicts() {
    in_namespace("live::filters::a_filter_the_kernel_refuses_runs_here_with_the_same_verdicts", || {
        veth();
        let program = too_long(&even(LAST));
        let mut capture = Capture::builder("v0").filter(&program).open().expect("capture");
        assert_eq!(capture.filter_mode(), FilterMode::UserSpace);
        send(0..100);
        let seen = drain(&mut capture, number);
        assert_eq!(seen, (0..100).step_by(2).collect::<Vec<_>>());
        let stats = capture.stats().expect("statistics");
        assert_conserved(&stats);
        assert_eq!((stats.received, stats.filtered), (100, 50));
    });
}

#[test]
fn a_new_filter_holds_from_its_call_on() {
    in_namespace("live::filters::a_new_filter_holds_from_its_call_on", || {
        veth();
        let mut capture = Capture::builder("v0").open().expect("capture");
        for (round, program) in
            [kernel(even(LAST)), too_long(&even(LAST)), kernel(even(LAST))].iter().enumerate()
        {
            send(0..30);
            capture.set_filter(program).expect("attached");
            send(0..100);
            let seen: Vec<u32> = (0..50).map(|_| one(&mut capture, number)).collect();
            assert_eq!(seen, (0..100).step_by(2).collect::<Vec<_>>(), "round {round}");
        }
        assert!(drain(&mut capture, number).is_empty());
        let stats = capture.stats().expect("statistics");
        assert_conserved(&stats);
        assert_eq!(stats.delivered, 150);
        // What came before each call: 30, 15, 30 of which the filter here had refused none yet;
        // and the 50 odd ones that the second filter refused.
        assert_eq!(stats.filtered, 30 + 15 + 50 + 30);
        assert_eq!(stats.dropped, 0);
    });
}

#[test]
fn a_stopped_capture_stays_stopped_when_its_filter_changes() {
    in_namespace("live::filters::a_stopped_capture_stays_stopped_when_its_filter_changes", || {
        veth();
        let mut capture = Capture::builder("v0").open().expect("capture");
        capture.stop();
        capture.set_filter(&kernel(even(LAST))).expect("attached");
        send(0..10);
        assert_eq!(capture.advance(None).expect("capture"), Step::End);
    });
}

#[test]
fn a_filter_for_a_cooked_header_runs_in_the_kernel_without_it() {
    in_namespace("live::filters::a_filter_for_a_cooked_header_runs_in_the_kernel_without_it", || {
        veth();
        // Outgoing (4 at offset 10 of the cooked header), and the payload's last byte even.
        let mut program = vec![op(0x30, 0, 0, 10), op(0x15, 0, 2, 4)];
        program.extend(even(LAST - 14 + 20));
        let programs =
            [(kernel(program.clone()), FilterMode::Kernel), (too_long(&program), FilterMode::UserSpace)];
        for (program, mode) in programs {
            let mut capture = Capture::builder("any").filter(&program).open().expect("capture");
            assert_eq!(capture.filter_mode(), mode);
            send(0..40);
            let seen = drain(&mut capture, number);
            assert_eq!(seen, (0..40).step_by(2).collect::<Vec<_>>());
        }
        // The hardware address is in the header but not where the kernel could look.
        let address = kernel(vec![op(0x30, 0, 0, 12), op(0x06, 0, 0, 1)]);
        let capture = Capture::builder("any").filter(&address).open().expect("capture");
        assert_eq!(capture.filter_mode(), FilterMode::UserSpace);
    });
}

#[test]
fn the_raw_engine_filters_in_the_kernel_and_here() {
    in_namespace("live::filters::the_raw_engine_filters_in_the_kernel_and_here", || {
        // The last byte of the sequence number.
        for program in [kernel(even(27)), too_long(&even(27))] {
            let mut capture = RawCapture::builder("lo").filter(&program).open().expect("capture");
            let sender = accounting::TcpSender::new();
            (0..100).for_each(|number| sender.send(number));
            let seen = drain(&mut capture, accounting::sequence);
            assert_eq!(seen, (0..100).step_by(2).collect::<Vec<_>>());
            assert_conserved(&capture.stats().expect("statistics"));
        }
    });
}

#[test]
fn the_link_type_to_compile_for_is_known_before_opening() {
    let any = Capture::builder("any").resolve_link_type().expect("any is there");
    assert_eq!(any, LinkType::LINUX_SLL2);
    let first = Capture::builder("any").link_type(LinkType::LINUX_SLL);
    assert_eq!(first.resolve_link_type().expect("a choice"), LinkType::LINUX_SLL);
    assert!(Capture::builder("any").link_type(LinkType::RAW).resolve_link_type().is_err());
}

/// The program of an expression, for a live capture.
fn compile(expression: &str, link: LinkType) -> Program {
    let filter = Filter::builder().live(true).compile(expression, link).expect(expression);
    filter.program().clone()
}

/// An Ethernet frame with a TCP segment to `port`, after these VLAN tags.
fn tcp(port: u16, tags: &[(u16, u16)]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];
    for (protocol, control) in tags {
        frame.extend_from_slice(&protocol.to_be_bytes());
        frame.extend_from_slice(&control.to_be_bytes());
    }
    frame.extend_from_slice(&[8, 0]);
    etherparse::PacketBuilder::ipv4([10, 8, 0, 1], [10, 8, 0, 2], 64)
        .tcp(4000, port, 1, 1024)
        .write(&mut frame, b"tcp")
        .expect("built in memory");
    frame
}

#[test]
fn filters_see_stripped_tags_as_libpcap_does() {
    in_namespace("live::filters::filters_see_stripped_tags_as_libpcap_does", || {
        veth();
        let frames = [
            tcp(7777, &[]),
            tcp(7777, &[(0x8100, 10)]),
            tcp(7777, &[(0x88a8, 20)]),
            tcp(7777, &[(0x88a8, 30), (0x8100, 40)]),
        ];
        // What tcpdump 4.99.3 with libpcap 1.10.3 captures of these.
        let expected: [(&str, &[usize]); 9] = [
            ("tcp port 7777", &[0, 1, 2]),
            ("vlan", &[1, 2, 3]),
            ("vlan 10", &[1]),
            ("vlan 30", &[3]),
            ("vlan and tcp", &[1, 2]),
            ("vlan and vlan and tcp port 7777", &[3]),
            ("vlan 30 and vlan 40", &[3]),
            ("not vlan", &[0]),
            ("tcp port 7778", &[]),
        ];
        let far = Injector::open("v1").expect("injector");
        for (expression, places) in expected {
            let program = compile(expression, LinkType::ETHERNET);
            for program in [program.clone(), too_long(program.raw())] {
                let mut capture = Capture::builder("v0").filter(&program).open().expect("capture");
                let mut all = Capture::builder("v0").open().expect("capture");
                for frame in &frames {
                    far.send(frame).expect("sent");
                }
                for frame in &frames {
                    one(&mut all, |packet| assert_eq!(packet.data, frame));
                }
                // All four are through, and so are those of them that the filter let pass.
                let seen = drain(&mut capture, |packet| packet.data.to_vec());
                let want: Vec<Vec<u8>> = places.iter().map(|&at| frames[at].clone()).collect();
                assert_eq!(seen, want, "{expression}");
                if capture.filter_mode() == FilterMode::Kernel {
                    assert_eq!(capture.stats_now().received, places.len() as u64);
                }
            }
        }
    });
}

#[test]
fn live_filters_agree_with_filters_on_what_was_captured() {
    in_namespace("live::filters::live_filters_agree_with_filters_on_what_was_captured", || {
        veth();
        let expressions = [
            "tcp",
            "udp",
            "ip",
            "ip6",
            "arp",
            "port 80",
            "src port 4000",
            "dst port 5000",
            "host 10.8.0.2",
            "tcp[tcpflags] & tcp-syn != 0",
            "udp and port 5000",
            "ip proto 6",
            "len > 60",
            "net 10.8.0.0/16",
            "not ip",
            "udp[8:4] = 3",
            "portrange 79-81",
            "less 60 or port 80",
        ];
        let mut frames: Vec<Vec<u8>> = (0..6).map(frame).collect();
        frames.extend([80, 81, 443].map(|port| tcp(port, &[])));
        let out = Injector::open("v0").expect("injector");
        for interface in ["v0", "any"] {
            let link = Capture::builder(interface).resolve_link_type().expect("a link type");
            for expression in expressions {
                if interface == "any" && (expression.contains("len") || expression.contains("less")) {
                    // The kernel's length is without the cooked header, as with libpcap.
                    continue;
                }
                let program = compile(expression, link);
                let mut chosen = Capture::builder(interface).filter(&program).open().expect("capture");
                let mut all = Capture::builder(interface).open().expect("capture");
                for frame in &frames {
                    out.send(frame).expect("sent");
                }
                let outgoing = |packet: Packet<'_>| {
                    let bytes = packet.data.to_vec();
                    (packet.direction == synack::packet::PacketDirection::Out)
                        .then_some((bytes, packet.wire_len))
                };
                let chosen: Vec<_> = drain(&mut chosen, outgoing).into_iter().flatten().collect();
                let mut all: Vec<_> = drain(&mut all, outgoing).into_iter().flatten().collect();
                assert_eq!(all.len(), frames.len());
                let filter = Filter::compile(expression, link).expect(expression);
                all.retain(|(data, wire_len)| filter.matches(data, *wire_len));
                assert_eq!(chosen, all, "{interface}: {expression}");
            }
        }
    });
}

#[test]
fn directions_and_interfaces_are_asked_of_the_kernel() {
    in_namespace("live::filters::directions_and_interfaces_are_asked_of_the_kernel", || {
        veth();
        let index = |name: &str| {
            let list = synack::capture::interfaces().expect("the interfaces");
            list.into_iter().find(|interface| interface.name == name).expect(name).index
        };
        let (near, far) = (index("v0"), index("v1"));
        for (interface, expression, want) in [
            ("v0", "outbound".to_owned(), 3),
            ("v0", "inbound".to_owned(), 0),
            ("v0", "outbound and udp".to_owned(), 3),
            ("any", format!("ifindex {near}"), 3),
            ("any", "outbound".to_owned(), 3),
            ("any", format!("ifindex {far} and outbound"), 0),
        ] {
            let link = Capture::builder(interface).resolve_link_type().expect("a link type");
            let program = compile(&expression, link);
            for program in [program.clone(), too_long(program.raw())] {
                let mut capture = Capture::builder(interface).filter(&program).open().expect("capture");
                send(0..3);
                assert_eq!(drain(&mut capture, number).len(), want, "{interface}: {expression}");
            }
        }
    });
}
