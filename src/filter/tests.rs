//! Whole compilations: text to program.
use super::*;
use crate::etc::EtcNames;

fn listing(text: &str, link: LinkType) -> String {
    Filter::compile(text, link).unwrap().program().listing().to_string()
}

#[test]
fn the_empty_expression_accepts_everything() {
    assert_eq!(listing("", LinkType::ETHERNET), "(000) ret      #262144\n");
    assert_eq!(listing("", LinkType(105)), "(000) ret      #262144\n");
}

#[test]
fn what_an_expression_asks_decides_and_not_the_link_type() {
    let netlink = LinkType::NETLINK;
    for text in ["greater 100", "len > 4", "1 = 1", "link[0] = 0x78", "byte 3 > 7"] {
        let filter = Filter::compile(text, netlink).unwrap();
        assert!(!filter.matches(&[0x77; 3], 3) || text == "1 = 1", "{text}");
    }
    let error = Filter::compile("greater 100 and tcp", netlink).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LinkType);
    assert_eq!(error.message(), "Linux netlink link-layer type filtering not implemented");
    let message = |number| Filter::compile("ip", LinkType(number)).unwrap_err().message().to_owned();
    assert_eq!(message(227), "CAN link-layer type filtering not implemented");
    assert_eq!(message(147), "DLT 147 link-layer type filtering not implemented");
}

#[test]
fn ppp_is_filtered_by_its_protocol() {
    let mut packet = vec![0xff, 0x03, 0x00, 0x21, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6];
    packet.resize(44, 0);
    packet[26] = 80;
    let matches = |text: &str| Filter::compile(text, LinkType::PPP).unwrap().matches(&packet, 44);
    assert!(matches("tcp") && matches("ip and not ip6") && matches("port 20480"));
    assert!(!matches("udp") && !matches("ip6") && !matches("mpls"));
}

#[test]
fn link_types_never_assigned_refuse_even_the_empty_expression() {
    for number in [2, 5, 14, 290, 65_535] {
        let error = Filter::compile("", LinkType(number)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LinkType);
        let text = format!("unknown data link type {number} (min 104, max 289)");
        assert!(error.to_string().starts_with(&text), "{error}");
    }
}

/// What libpcap 1.10.3 prints for `tcpdump -d`; an optimiser that did better would answer differently for
/// packets that end early.
#[test]
fn programs_are_libpcaps() {
    let expected = "\
(000) ldh      [12]
(001) jeq      #0x86dd          jt 2	jf 8
(002) ldb      [20]
(003) jeq      #0x6             jt 4	jf 19
(004) ldh      [54]
(005) jeq      #0x50            jt 18	jf 6
(006) ldh      [56]
(007) jeq      #0x50            jt 18	jf 19
(008) jeq      #0x800           jt 9	jf 19
(009) ldb      [23]
(010) jeq      #0x6             jt 11	jf 19
(011) ldh      [20]
(012) jset     #0x1fff          jt 19	jf 13
(013) ldxb     4*([14]&0xf)
(014) ldh      [x + 14]
(015) jeq      #0x50            jt 18	jf 16
(016) ldh      [x + 16]
(017) jeq      #0x50            jt 18	jf 19
(018) ret      #262144
(019) ret      #0
";
    assert_eq!(listing("tcp port 80", LinkType::ETHERNET), expected);
}

#[test]
fn expressions_without_packets_are_refused_only_when_optimised() {
    for text in ["tcp and udp", "1 = 2", "ip and not ip"] {
        let error = Filter::compile(text, LinkType::ETHERNET).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::RejectsAll, "{text}");
        assert!(Filter::builder().optimize(false).compile(text, LinkType::ETHERNET).is_ok(), "{text}");
    }
    assert!(Filter::compile("ip6", LinkType::IPV4).is_err());
}

/// Expressions of every kind, for properties that all must have.
const EVERYTHING: &[&str] = &[
    "tcp",
    "host 10.0.0.1",
    "src net 10.0.0.0/8 and not dst net 10.0.0.0/8",
    "port 80 or 443 or 53",
    "tcp src portrange 1-1023 or udp dst port 53",
    "host 2001:db8::1 or ip6 multicast",
    "ether host 00:11:22:33:44:55 or ether broadcast",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "icmp[icmptype] = icmp-echo or icmp6",
    "ip[2:2] - ((ip[0] & 0xf) << 2) > 20",
    "vlan and tcp port 80 or vlan 10 and host 10.0.0.1",
    "mpls 100 and ip host 10.0.0.1",
    "pppoes and tcp",
    "less 100 and greater 60 or len = 61",
    "not (tcp or udp) and (arp or ip6 or rarp)",
    "llc or stp or isis or ipx or atalk",
    "geneve and tcp port 80",
    "ip6 protochain 6 or ip protochain 51",
    "ether[12:2] > 1500 and ether[0] & 1 = 0",
];

/// Frames that look enough like what the expressions ask for to get past their first tests.
fn frames() -> Vec<Vec<u8>> {
    let mut seed = 7_u32;
    let mut random = move || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 16) as usize
    };
    let types: [u16; 10] = [0x800, 0x800, 0x86dd, 0x806, 0x8100, 0x88a8, 0x8847, 0x8864, 60, 0x8035];
    let mut frames = Vec::new();
    for _ in 0..600 {
        // As long as any load can reach, so that the only question is what the bytes say.
        let mut frame: Vec<u8> =
            (0..700).map(|_| [0, 1, 6, 10, 17, 0x45, 0x60, 80, 255][random() % 9]).collect();
        let mut at = 12;
        for _ in 0..1 + random() % 2 {
            frame[at..at + 2].copy_from_slice(&types[random() % types.len()].to_be_bytes());
            at += 4;
        }
        frame[14] = [0x45, 0x46, 0x60][random() % 3];
        frame[20..22].copy_from_slice(&[[6, 0], [0, 0], [44, 0], [0x20, 1]][random() % 4]);
        frame[23] = [6, 17, 1, 132][random() % 4];
        frame[26..30].copy_from_slice(&[10, 0, 0, 1]);
        frames.push(frame);
    }
    frames
}

#[test]
fn optimising_changes_no_verdict() {
    let frames = frames();
    for text in EVERYTHING {
        let plain = Filter::builder().optimize(false).compile(text, LinkType::ETHERNET).unwrap();
        let optimized = Filter::compile(text, LinkType::ETHERNET).unwrap();
        assert!(optimized.program().raw().len() <= plain.program().raw().len(), "{text}");
        let mut matched = 0;
        for (position, frame) in frames.iter().enumerate() {
            let wire_len = [61, 700][position % 2];
            let verdict = plain.matches(frame, wire_len);
            matched += usize::from(verdict);
            assert_eq!(optimized.matches(frame, wire_len), verdict, "{text} on {frame:02x?}");
        }
        assert!(matched < frames.len(), "{text} tells nothing apart");
    }
}

#[test]
fn every_expression_compiles_for_every_link_type_or_says_why_not() {
    for link in [0, 1, 12, 101, 108, 113, 228, 229, 276].map(LinkType) {
        for text in EVERYTHING {
            for live in [false, true] {
                if let Err(error) = Filter::builder().live(live).optimize(false).compile(text, link) {
                    assert_eq!(error.kind(), ErrorKind::LinkType, "{text} on {link:?}: {error}");
                    assert!(error.span().is_some());
                }
            }
        }
    }
}

#[test]
fn lists_of_hundreds_of_hosts_are_as_short_as_libpcaps() {
    for (hosts, length) in [(100, 361), (400, 2159), (1000, 5759)] {
        let hosts: Vec<String> = (0..hosts).map(|i| format!("host 10.{}.{}.1", i / 250, i % 250)).collect();
        let filter = Filter::compile(&hosts.join(" or "), LinkType::ETHERNET).unwrap();
        assert_eq!(filter.program().raw().len(), length, "{} hosts", hosts.len());
    }
}

#[test]
fn thousands_of_terms_cost_no_more_than_their_number() {
    let join = |count: usize, separator: &str, term: fn(usize) -> String| {
        (0..count).map(term).collect::<Vec<_>>().join(separator)
    };
    let ports = join(4000, " or ", |i| format!("port {i}"));
    let hosts = join(1000, " or ", |i| format!("host 10.0.{}.{}", i / 250, i % 250));
    let sums = join(16_000, "+", |_| "1".to_owned()) + " = len";
    for text in [ports, hosts, sums] {
        let filter = Filter::compile(&text, LinkType::ETHERNET).unwrap();
        assert_eq!(filter.user_space_only(), filter.program().raw().len() > 4096);
        assert!(!filter.matches(&[0; 60], 60));
    }
    let term = |i: usize| format!("host 10.0.0.{i}");
    let few = (1..=100).map(term).collect::<Vec<_>>().join(" or ");
    let filter = Filter::compile(&few, LinkType::ETHERNET).unwrap();
    let mut frame = [0; 60];
    frame[12] = 8;
    frame[26..30].copy_from_slice(&[10, 0, 0, 100]);
    assert!(filter.matches(&frame, 60));
    frame[29] = 101;
    assert!(!filter.matches(&frame, 60));
}

#[test]
fn live_filters_ask_the_kernel_for_what_it_took_off() {
    use crate::bpf::Ancillary;
    let live = Filter::builder().live(true);
    let vlan = live.compile("vlan 10 and tcp dst port 80", LinkType::ETHERNET).unwrap();
    let mut frame = vec![0; 60];
    frame[12..15].copy_from_slice(&[0x08, 0x00, 0x45]);
    frame[23] = 6;
    frame[37] = 80;
    let mut tagged = frame.clone();
    tagged.splice(12..12, [0x81, 0x00, 0x00, 10]);
    let stripped = Ancillary { vlan_tci: Some(10), ..Ancillary::default() };
    assert_ne!(vlan.program().run_with(&frame, 60, &stripped), 0, "the kernel has the tag");
    assert_ne!(vlan.program().run_with(&tagged, 64, &Ancillary::default()), 0, "the packet has it");
    assert_eq!(vlan.program().run_with(&frame, 60, &Ancillary::default()), 0, "nobody has it");
    let other = Ancillary { vlan_tci: Some(11), ..stripped };
    assert_eq!(vlan.program().run_with(&frame, 60, &other), 0);
    let from_file = Filter::compile("vlan 10 and tcp dst port 80", LinkType::ETHERNET).unwrap();
    assert!(from_file.matches(&tagged, 64) && !from_file.matches(&frame, 60));
}

#[test]
fn loops_stay_in_user_space() {
    let filter = Filter::compile("ip6 protochain 6", LinkType::RAW).unwrap();
    assert!(filter.user_space_only());
    assert!(filter.user_space_reason().unwrap().contains("protochain"));
    let mut packet = vec![0x60; 100];
    packet[6] = 0; // hop-by-hop options
    packet[40..42].copy_from_slice(&[60, 0]); // then destination options
    packet[48..50].copy_from_slice(&[6, 0]); // then TCP
    assert!(filter.matches(&packet, 100));
    packet[48] = 17;
    assert!(!filter.matches(&packet, 100));
}

#[test]
fn names_are_looked_up_where_the_caller_says() {
    let names = EtcNames::new()
        .hosts("10.0.0.1 gate\n2001:db8::1 gate\n")
        .services("http 80/tcp\ndomain 53/tcp\ndomain 53/udp\n")
        .protocols("tcp 6\n")
        .networks("lab 10.1.0.0\n")
        .ethers("00:11:22:33:44:55 box\n");
    let same = |named: &str, spelt: &str| {
        let [named, spelt] = [named, spelt]
            .map(|text| Filter::builder().resolver(&names).compile(text, LinkType::ETHERNET).unwrap());
        assert_eq!(named.program(), spelt.program());
    };
    same("host gate", "host 10.0.0.1 or host 2001:db8::1");
    same("ip host gate", "ip host 10.0.0.1");
    same("port http", "tcp port 80");
    same("port domain", "port 53");
    same("ip proto \\tcp", "ip proto 6");
    same("net lab", "host 10.1.0.0");
    same("ether host box", "ether host 00:11:22:33:44:55");
    same("tcp portrange domain-http", "tcp portrange 53-80");
    for unknown in ["host nobody", "port gopher", "proto \\xyz", "net nowhere", "ether host other"] {
        let error = Filter::builder().resolver(&names).compile(unknown, LinkType::ETHERNET).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownName, "{unknown}");
    }
    let error = Filter::builder().resolver(&names).compile("udp port http", LinkType::ETHERNET).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Qualifier);
}

#[test]
fn filters_go_between_threads() {
    fn check<T: Send + Sync + Clone>() {}
    check::<Filter>();
}
