//! Long and deep expressions: compiled or refused, quickly either way.
use std::time::{Duration, Instant};
use synack::LinkType;
use synack::filter::{ErrorKind, Filter};

/// How long an expression may be; a build with checks everywhere is not made to wait for the whole of it.
const LENGTH: usize = if cfg!(debug_assertions) { 16_384 } else { 65_536 };

/// How long compiling it may take. A tenth of a second is the aim; this leaves room for busy machines.
const PATIENCE: Duration = Duration::from_millis(if cfg!(debug_assertions) { 15_000 } else { 500 });

/// As many items as the length allows, joined.
fn joined(operator: &str, item: impl Fn(usize) -> String) -> String {
    let mut text = item(0);
    for index in 1.. {
        let more = item(index);
        if text.len() + operator.len() + more.len() > LENGTH {
            break;
        }
        text += operator;
        text += &more;
    }
    text
}

fn nested(open: &str, inside: &str, close: &str, depth: usize) -> String {
    open.repeat(depth) + inside + &close.repeat(depth)
}

#[test]
fn sixty_four_kilobytes_compile_or_are_refused_at_once() {
    let texts = [
        joined(" or ", |i| format!("port {i}")),
        joined(" or ", |i| if i == 0 { "port 0".to_owned() } else { (i + 1000).to_string() }),
        joined(" and ", |i| format!("port {i}")),
        joined(" and ", |i| format!("not port {i}")),
        joined(" or ", |i| format!("host 10.{}.{}.1", i / 250, i % 250)),
        joined(" or ", |i| format!("(host 10.{}.{}.1 and port {i})", i / 250, i % 250)),
        joined(" or ", |i| format!("portrange {i}-{}", i + 5)),
        joined(" or ", |i| format!("net 2001:db8:{i:x}::/48")),
        joined(" and ", |i| format!("net 10.{}", i % 250)),
        joined(" or ", |i| format!("ether host 02:00:00:00:{:02x}:{:02x}", i / 256, i % 256)),
        joined(" or ", |_| "tcp".to_owned()),
        joined(" and ", |_| "tcp".to_owned()),
        joined(" and not ", |_| "tcp".to_owned()),
        joined(" or ", |_| "vlan".to_owned()),
        joined(" and ", |_| "vlan".to_owned()),
        joined(" or ", |_| "vlan and port 80".to_owned()),
        joined(" and ", |_| "mpls".to_owned()),
        joined(" and ", |_| "pppoes".to_owned()),
        joined(" or ", |_| "geneve".to_owned()),
        joined(" or ", |_| "ip6 protochain 6".to_owned()),
        joined(" or ", |i| format!("ip[{}] = {}", i % 100, i % 256)),
        joined(" and ", |i| format!("ip[{}] > {}", i % 100, i % 256)),
        joined(" or ", |i| format!("tcp[{}] & {} != 0", i % 60, i % 256)),
        joined(" or ", |i| format!("ip[ip[{}]] = {}", i % 20, i % 256)),
        joined(" or ", |i| format!("len > {i}")),
        joined("+", |_| "ip[0]".to_owned()),
        joined("+", |_| "1".to_owned()) + "> 2",
        joined("%", |_| "ip[0]".to_owned()) + "> 2",
        nested("(", "tcp", ")", 9_000),
        nested("(", "1", "+ip[0])", 8_000) + " > 2",
        nested("tcp and (", "udp or ip", ")", 3_000),
        nested("ip[", "1", "]", 4_900) + " > 2",
        nested("not ", "tcp", "", 9_000),
        nested("-", "ip[0] > 2", "", 9_000),
        "x".repeat(LENGTH),
        "! ( ".repeat(LENGTH / 4),
    ];
    for text in &texts {
        for link in [LinkType::ETHERNET, LinkType::LINUX_SLL2] {
            let start = Instant::now();
            let result = Filter::compile(text, link);
            let took = start.elapsed();
            let head = &text[..text.len().min(60)];
            assert!(took < PATIENCE, "{took:?} for {} bytes on {link:?}: {head}…", text.len());
            // An error must be as quick to show as it was to find.
            drop(result.map_err(|error| error.to_string()));
            assert!(start.elapsed() < PATIENCE, "showing the error: {head}…");
        }
    }
}

#[test]
fn nesting_is_refused_where_libpcap_refuses_it() {
    let kind = |text: String| Filter::compile(&text, LinkType::ETHERNET).map_err(|error| error.kind()).err();
    assert_eq!(kind(nested("(", "tcp", ")", 9_995)), None);
    assert_eq!(kind(nested("(", "tcp", ")", 10_000)), Some(ErrorKind::TooDeep));
    assert_eq!(kind(nested("!", "tcp", "", 9_996)), None);
    assert_eq!(kind(nested("!", "tcp", "", 9_997)), Some(ErrorKind::TooDeep));
}

#[test]
fn a_program_too_long_for_the_kernel_runs_in_user_space() {
    let text = (0..3_000).map(|i| format!("dst port {}", i * 3)).collect::<Vec<_>>().join(" or ");
    let filter = Filter::compile(&text, LinkType::RAW).unwrap();
    assert!(filter.user_space_only());
    let mut packet = [0; 40];
    (packet[0], packet[9], packet[21]) = (0x45, 6, 1);
    for (port, matches) in [(900_u16, true), (901, false), (3, true), (65_535, false)] {
        packet[22..24].copy_from_slice(&port.to_be_bytes());
        assert_eq!(filter.matches(&packet, 40), matches, "port {port}");
    }
}
