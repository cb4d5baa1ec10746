//! Whole compilations: text to program.
use super::*;

fn listing(text: &str, link: LinkType) -> String {
    Filter::compile(text, link).unwrap().program().listing().to_string()
}

#[test]
fn the_empty_expression_accepts_everything() {
    assert_eq!(listing("", LinkType::ETHERNET), "(000) ret      #262144\n");
    assert_eq!(listing("", LinkType(105)), "(000) ret      #262144\n");
}

#[test]
fn unknown_link_types_have_no_filters() {
    let error = Filter::compile("tcp", LinkType(105)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LinkType);
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
