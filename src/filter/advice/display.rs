//! Wireshark's display filters, recognised and put into this language as far as it reaches.
use super::table;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A display filter in this language.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Translation {
    /// The nearest expression; `None` where not even that would be true.
    pub(super) expression: Option<String>,
    /// A field that a capture filter cannot look at.
    pub(super) beyond: Option<String>,
}

/// What a field is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// An address: the qualifiers of a host; a prefix makes them those of a network.
    Host(&'static str),
    /// A MAC address.
    Ether(&'static str),
    /// A port: what stands before the number, and the range.
    Port(&'static str),
    /// A number behind a word: `vlan 5`.
    Number(&'static str),
    /// Bytes of a packet, or its length, to compare with.
    Value(&'static str),
    /// Bits that are set or not.
    Bits(&'static str),
}

use Field::{Bits, Ether, Host, Number, Port, Value};

#[rustfmt::skip]
pub(super) const FIELDS: &[(&str, Field)] = &[
    ("ip.addr", Host("")), ("ip.host", Host("")), ("ip.src", Host("src ")), ("ip.src_host", Host("src ")),
    ("ip.dst", Host("dst ")), ("ip.dst_host", Host("dst ")), ("ipv6.addr", Host("")), ("ipv6.host", Host("")),
    ("ipv6.src", Host("src ")), ("ipv6.dst", Host("dst ")), ("arp.src.proto_ipv4", Host("arp src ")),
    ("arp.dst.proto_ipv4", Host("arp dst ")), ("eth.addr", Ether("ether host")), ("eth.src", Ether("ether src")),
    ("eth.dst", Ether("ether dst")), ("tcp.port", Port("tcp ")), ("tcp.srcport", Port("tcp src ")),
    ("tcp.dstport", Port("tcp dst ")), ("udp.port", Port("udp ")), ("udp.srcport", Port("udp src ")),
    ("udp.dstport", Port("udp dst ")), ("sctp.port", Port("sctp ")), ("sctp.srcport", Port("sctp src ")),
    ("sctp.dstport", Port("sctp dst ")), ("ip.proto", Number("ip proto")), ("ipv6.nxt", Number("ip6 proto")),
    ("eth.type", Number("ether proto")), ("vlan.id", Number("vlan")), ("vlan.vid", Number("vlan")),
    ("mpls.label", Number("mpls")), ("frame.len", Value("len")), ("frame.cap_len", Value("len")),
    ("ip.ttl", Value("ip[8]")), ("ip.len", Value("ip[2:2]")), ("ip.id", Value("ip[4:2]")),
    ("ip.dsfield", Value("ip[1]")), ("ip.tos", Value("ip[1]")), ("ip.dsfield.dscp", Value("ip[1] >> 2")),
    ("ip.dsfield.ecn", Value("ip[1] & 3")), ("ip.version", Value("ip[0] >> 4")),
    ("ip.hdr_len", Value("(ip[0] & 15) << 2")), ("ip.checksum", Value("ip[10:2]")),
    ("ip.frag_offset", Value("(ip[6:2] & 0x1fff) << 3")), ("ip.flags", Value("ip[6] >> 5")),
    ("ip.flags.df", Bits("ip[6] & 0x40")), ("ip.flags.mf", Bits("ip[6] & 0x20")), ("ipv6.hlim", Value("ip6[7]")),
    ("ipv6.plen", Value("ip6[4:2]")), ("ipv6.flow", Value("ip6[0:4] & 0xfffff")),
    ("tcp.flags", Value("tcp[tcpflags]")), ("tcp.flags.str", Value("tcp[tcpflags]")),
    ("tcp.flags.syn", Bits("tcp[tcpflags] & tcp-syn")), ("tcp.flags.ack", Bits("tcp[tcpflags] & tcp-ack")),
    ("tcp.flags.fin", Bits("tcp[tcpflags] & tcp-fin")), ("tcp.flags.reset", Bits("tcp[tcpflags] & tcp-rst")),
    ("tcp.flags.rst", Bits("tcp[tcpflags] & tcp-rst")), ("tcp.flags.push", Bits("tcp[tcpflags] & tcp-push")),
    ("tcp.flags.urg", Bits("tcp[tcpflags] & tcp-urg")), ("tcp.flags.ece", Bits("tcp[tcpflags] & tcp-ece")),
    ("tcp.flags.cwr", Bits("tcp[tcpflags] & tcp-cwr")), ("tcp.seq_raw", Value("tcp[4:4]")),
    ("tcp.ack_raw", Value("tcp[8:4]")), ("tcp.hdr_len", Value("(tcp[12] & 0xf0) >> 2")),
    ("tcp.window_size_value", Value("tcp[14:2]")), ("tcp.window_size", Value("tcp[14:2]")),
    ("tcp.checksum", Value("tcp[16:2]")), ("tcp.urgent_pointer", Value("tcp[18:2]")),
    ("tcp.len", Value("ip[2:2] - ((ip[0] & 15) << 2) - ((tcp[12] & 0xf0) >> 2)")),
    ("udp.length", Value("udp[4:2]")), ("udp.checksum", Value("udp[6:2]")), ("icmp.type", Value("icmp[icmptype]")),
    ("icmp.code", Value("icmp[icmpcode]")), ("icmp.ident", Value("icmp[4:2]")), ("icmp.seq", Value("icmp[6:2]")),
    ("icmpv6.type", Value("icmp6[icmp6type]")), ("icmpv6.code", Value("icmp6[icmp6code]")),
    ("arp.opcode", Value("arp[6:2]")), ("dns.flags.response", Bits("udp[10] & 0x80")), ("dns.id", Value("udp[8:2]")),
    ("igmp.type", Value("igmp[0]")),
];

/// Protocols whose fields no row above names: what carries them.
const CARRIED: &[(&str, &str)] = &[
    ("frame", ""),
    ("data", ""),
    ("eth", ""),
    ("sll", ""),
    ("tcp", "tcp"),
    ("udp", "udp"),
    ("sctp", "sctp"),
    ("ip", "ip"),
    ("ipv6", "ip6"),
    ("icmp", "icmp"),
    ("icmpv6", "icmp6"),
    ("arp", "arp"),
    ("igmp", "igmp"),
    ("vlan", "vlan"),
    ("mpls", "mpls"),
    ("x509ce", "tcp port 443"),
    ("rtp", "udp"),
    ("rtcp", "udp"),
    ("wlan", ""),
    ("wlan_radio", ""),
    ("radiotap", ""),
    ("stp", "stp"),
    ("llc", ""),
    ("gtpv2", "udp port 2123"),
];

/// What carries a protocol, `""` for everything, if that is known.
fn carrier(protocol: &str) -> Option<String> {
    let carried = CARRIED.iter().find(|row| row.0 == protocol).map(|row| row.1.to_owned());
    carried.or_else(|| table::nickname(protocol).map(table::Traffic::expression))
}

/// Protocols whose fields people filter for by name, besides those above. Not every nickname is one of
/// them: `www.example.com` is a host.
#[rustfmt::skip]
const LAYERS: &[&str] = &[
    "http", "http2", "http3", "websocket", "tls", "ssl", "quic", "dns", "mdns", "llmnr", "dhcp", "bootp", "dhcpv6",
    "ntp", "snmp", "syslog", "sip", "rtsp", "stun", "radius", "diameter", "ldap", "kerberos", "smb", "smb2", "nbns",
    "nfs", "rpc", "rsync", "rdp", "mysql", "pgsql", "tds", "tns", "redis", "mongo", "memcache", "mqtt", "amqp",
    "kafka", "ftp", "tftp", "smtp", "pop", "imap", "irc", "xmpp", "ssh", "telnet", "bgp", "rip", "ripng", "ospf",
    "eigrp", "hsrp", "bfd", "ldp", "rsvp", "cflow", "sflow", "ssdp", "coap", "vxlan", "gtp", "l2tp", "wg", "openvpn",
    "isakmp", "esp", "ah", "gre", "modbus", "dnp3", "s7comm", "lldp", "cdp", "lacp", "eapol", "eap", "macsec", "ptp",
    "pppoe", "dccp",
];

/// Whether a word is the name of a field: a known protocol, a dot, and a name.
fn is_field(word: &str) -> bool {
    let name = |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let Some((protocol, rest)) = word.split_once('.') else { return false };
    let protocol = protocol.to_ascii_lowercase();
    let known = LAYERS.contains(&protocol.as_str()) || CARRIED.iter().any(|row| row.0 == protocol);
    known && rest.split('.').all(name)
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Quoted(&'a str),
    Symbol(&'a str),
}

/// Cuts a display filter into words, strings and operators.
fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    const SYMBOLS: [&str; 20] = [
        "===", "!==", "==", "!=", ">=", "<=", "&&", "||", "=", ">", "<", "!", "(", ")", "{", "}", ",", "&",
        "~", "..",
    ];
    let is_word = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '/' | '_' | '-' | '[' | ']' | '\\' | '+')
    };
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let len = if first == '"' {
            let inside = rest.get(1..)?;
            let len = inside.find('"')?;
            tokens.push(Token::Quoted(&inside[..len]));
            len + 2
        } else if let Some(symbol) = SYMBOLS.iter().find(|s| rest.starts_with(**s)) {
            tokens.push(Token::Symbol(&rest[..symbol.len()]));
            symbol.len()
        } else {
            let len = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            if len == 0 {
                return None;
            }
            tokens.push(Token::Word(&rest[..len]));
            len
        };
        rest = rest.get(len..)?.trim_start();
    }
    Some(tokens)
}

/// Whether the text is a display filter, and what it would be here.
pub(super) fn translate(text: &str) -> Option<Translation> {
    let tokens = tokens(text)?;
    let names_a_value =
        |token: &Token<'_>| matches!(token, Token::Word("host" | "src" | "dst" | "net" | "port"));
    let mut before = None;
    let found = tokens.iter().any(|token| {
        let value = before.replace(token).is_some_and(names_a_value);
        matches!(token, Token::Word(word) if is_field(word) && !value)
    });
    if !found {
        return None;
    }
    let mut reader = Reader { tokens: &tokens, beyond: None, depth: 0 };
    let whole = reader.alternatives(false).filter(|_| reader.tokens.is_empty());
    let expression = whole.map(|part| part.text).filter(|text| !text.is_empty());
    Some(Translation { expression, beyond: reader.beyond })
}

/// A translated part, and whether it is a chain that needs parentheses inside of another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    text: String,
    chain: Option<&'static str>,
}

impl Part {
    fn one(text: String) -> Self {
        Self { text, chain: None }
    }

    /// The part as an operand: here `and` and `or` bind alike.
    fn inside(self, operator: &'static str) -> String {
        if self.chain.is_none_or(|chain| chain == operator) { self.text } else { format!("({})", self.text) }
    }
}

/// Deeper than this is no filter that a person typed.
const MAX_DEPTH: usize = 32;

struct Reader<'t, 'a> {
    tokens: &'t [Token<'a>],
    beyond: Option<String>,
    depth: usize,
}

impl<'a> Reader<'_, 'a> {
    fn peek(&self) -> Option<&Token<'a>> {
        self.tokens.first()
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let (first, rest) = self.tokens.split_first()?;
        self.tokens = rest;
        Some(first.clone())
    }

    /// Takes the next token if it is one of these.
    fn takes(&mut self, any: &[&str]) -> bool {
        let found = match self.peek() {
            Some(Token::Word(word)) => any.iter().any(|one| word.eq_ignore_ascii_case(one)),
            Some(Token::Symbol(symbol)) => any.contains(symbol),
            _ => false,
        };
        if found {
            self.next();
        }
        found
    }

    fn alternatives(&mut self, negated: bool) -> Option<Part> {
        self.chain("or", &["||", "or"], negated)
    }

    /// Parts joined by one operator. A part that can't be said here is left out of an `and`.
    fn chain(&mut self, operator: &'static str, words: &[&str], negated: bool) -> Option<Part> {
        let mut parts = Vec::new();
        loop {
            let part = if operator == "or" {
                self.chain("and", &["&&", "and"], negated)?
            } else {
                self.negatable(negated)?
            };
            parts.push(part);
            if !self.takes(words) {
                break;
            }
        }
        // Everything, or one more condition that says nothing.
        let silent = parts.iter().any(|part| part.text.is_empty());
        if silent && operator == "or" {
            return Some(Part::one(String::new()));
        }
        parts.retain(|part| !part.text.is_empty());
        if parts.len() < 2 {
            return Some(parts.pop().unwrap_or_else(|| Part::one(String::new())));
        }
        let texts: Vec<String> = parts.into_iter().map(|part| part.inside(operator)).collect();
        Some(Part { text: texts.join(&format!(" {operator} ")), chain: Some(operator) })
    }

    fn negatable(&mut self, negated: bool) -> Option<Part> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let part = if self.takes(&["!", "not"]) {
            let part = self.negatable(!negated)?;
            negation(part)
        } else if self.takes(&["("]) {
            let part = self.alternatives(negated)?;
            self.takes(&[")"]).then_some(part)?
        } else {
            self.test(negated)?
        };
        self.depth -= 1;
        Some(part)
    }

    /// A field, compared or not; or a protocol.
    fn test(&mut self, negated: bool) -> Option<Part> {
        let Some(Token::Word(word)) = self.next() else { return None };
        let name = word.to_ascii_lowercase();
        let field = FIELDS.iter().find(|row| row.0 == name).map(|row| row.1);
        let comparison = if field.is_some() || is_field(word) { self.comparison()? } else { None };
        match (field, comparison) {
            (Some(field), Some((operator, values))) => {
                let part = compared(field, operator, &values);
                part.or_else(|| self.out_of_reach(&name, negated))
            }
            (Some(Bits(bits)), None) => Some(Part::one(format!("{bits} != 0"))),
            (None, None) if !is_field(word) => Some(self.native(word)),
            _ => self.out_of_reach(&name, negated),
        }
    }

    /// What is no display filter: words up to the next operator, as they are.
    fn native(&mut self, first: &str) -> Part {
        let mut words = vec![first];
        while let Some(Token::Word(word) | Token::Symbol(word)) = self.peek() {
            let ends = ["and", "or", "&&", "||", "(", ")"].iter().any(|end| word.eq_ignore_ascii_case(end));
            if ends {
                break;
            }
            words.push(word);
            self.next();
        }
        match (words.len(), carrier(&first.to_ascii_lowercase())) {
            (1, Some(text)) => Part { chain: text.contains(" or ").then_some("or"), text },
            _ => Part::one(words.join(" ")),
        }
    }

    /// The nearest there is for a field that a capture filter can't look at: what carries it. That
    /// is more than was meant, and turned round it would be less.
    fn out_of_reach(&mut self, name: &str, negated: bool) -> Option<Part> {
        self.beyond.get_or_insert_with(|| name.to_owned());
        if negated {
            return Some(Part::one(String::new()));
        }
        let protocol = name.split('.').next().unwrap_or(name);
        let text = carrier(protocol)?;
        Some(Part { chain: text.contains(" or ").then_some("or"), text })
    }

    /// An operator and its values.
    fn comparison(&mut self) -> Option<Option<(&'static str, Vec<Token<'a>>)>> {
        const OPERATORS: [(&[&str], &str); 9] = [
            (&["==", "=", "===", "eq", "any_eq", "all_eq"], "="),
            (&["!=", "ne", "!==", "any_ne", "all_ne"], "!="),
            (&[">=", "ge"], ">="),
            (&["<=", "le"], "<="),
            (&[">", "gt"], ">"),
            (&["<", "lt"], "<"),
            (&["contains"], "contains"),
            (&["matches", "~"], "matches"),
            (&["&", "bitand", "bitwise_and"], "&"),
        ];
        if self.takes(&["in"]) {
            return self.set().map(|values| Some(("=", values)));
        }
        for (words, operator) in OPERATORS {
            if self.takes(words) {
                return self.next().map(|value| Some((operator, vec![value])));
            }
        }
        // `tcp.port 80`.
        match self.peek() {
            Some(Token::Word(word)) if word.starts_with(|c: char| c.is_ascii_digit()) => {
                self.next().map(|value| Some(("=", vec![value])))
            }
            _ => Some(None),
        }
    }

    /// `{80, 443}`, with or without commas.
    fn set(&mut self) -> Option<Vec<Token<'a>>> {
        if !self.takes(&["{"]) {
            return None;
        }
        let mut values = Vec::new();
        while !self.takes(&["}"]) {
            let value = self.next()?;
            if value != Token::Symbol(",") {
                values.push(value);
            }
        }
        Some(values)
    }
}

fn negation(part: Part) -> Part {
    if part.text.is_empty() {
        return part;
    }
    let text = part.text;
    // `not` takes the whole of a comparison.
    Part::one(if part.chain.is_some() { format!("not ({text})") } else { format!("not {text}") })
}

/// A comparison, in this language.
fn compared(field: Field, operator: &'static str, values: &[Token<'_>]) -> Option<Part> {
    let mut parts = Vec::new();
    let mut carrier = "";
    for value in values {
        let (Token::Word(value) | Token::Quoted(value)) = value else { return None };
        parts.push(match operator {
            "!=" => one(field, "=", value)?,
            operator => one(field, operator, value)?,
        });
        carrier = carried_by(field, value);
    }
    let chain = match parts.len() {
        0 => return None,
        1 => None,
        _ => Some("or"),
    };
    let text = parts.join(" or ");
    if operator != "!=" {
        return Some(Part { text, chain });
    }
    // There, a packet without the field does not match either.
    Some(match (field, carrier) {
        (Value(_), _) => Part::one(text.replacen(" = ", " != ", 1)),
        (Bits(_), _) => Part::one(negated_bits(&text)),
        (_, "") => Part::one(format!("not {text}")),
        _ => Part { text: format!("{carrier} and not {text}"), chain: Some("and") },
    })
}

/// The protocol without which a field is not there.
fn carried_by(field: Field, value: &str) -> &'static str {
    let first = |way: &'static str| way.split(' ').next().unwrap_or_default();
    match field {
        Host(way) if way.starts_with("arp") => "arp",
        Host(_) => {
            if value.contains(':') {
                "ip6"
            } else {
                "ip"
            }
        }
        Port(way) => first(way),
        Number(way @ ("ip proto" | "ip6 proto")) => first(way),
        _ => "",
    }
}

fn negated_bits(text: &str) -> String {
    match text.strip_suffix(" != 0") {
        Some(bits) => format!("{bits} = 0"),
        None => text.replacen(" = 0", " != 0", 1),
    }
}

fn one(field: Field, operator: &str, value: &str) -> Option<String> {
    let equal = operator == "=";
    match field {
        Host(way) if equal => {
            let (address, prefix) = value.split_once('/').unwrap_or((value, ""));
            let known = address.parse::<Ipv4Addr>().is_ok() || address.parse::<Ipv6Addr>().is_ok();
            match (known, prefix.is_empty()) {
                (true, true) => Some(format!("{way}host {address}")),
                (true, false) => Some(format!("{way}net {}", network(value)?)),
                // The name of a host.
                (false, true) if value.contains('.') => Some(format!("{way}host {value}")),
                (false, _) => None,
            }
        }
        Ether(way) if equal => Some(format!("{way} {}", value.replace('-', ":"))),
        Port(way) => {
            if let Some((first, last)) = value.split_once("..").or_else(|| value.split_once('-')) {
                let (first, last) = (first.parse::<u16>().ok()?, last.parse::<u16>().ok()?);
                return equal.then(|| format!("{way}portrange {first}-{last}"));
            }
            let port = number(value).and_then(|n| u16::try_from(n).ok())?;
            Some(format!("{way}{}", ports(operator, port)?))
        }
        Number(word) if equal => number(value).map(|_| format!("{word} {value}")),
        Value(bytes) if operator == "&" => number(value).map(|_| format!("{bytes} & {value} != 0")),
        Value(bytes) if !matches!(operator, "contains" | "matches") => {
            number(value).map(|_| format!("{bytes} {operator} {value}"))
        }
        Bits(bits) if equal => Some(format!("{bits} {} 0", if truth(value)? { "!=" } else { "=" })),
        _ => None,
    }
}

/// The ports that compare so with one.
pub(super) fn ports(operator: &str, port: u16) -> Option<String> {
    Some(match operator {
        "=" | "==" => format!("port {port}"),
        ">" => format!("portrange {}-65535", port.checked_add(1)?),
        ">=" => format!("portrange {port}-65535"),
        "<" => format!("portrange 0-{}", port.checked_sub(1)?),
        "<=" => format!("portrange 0-{port}"),
        _ => return None,
    })
}

/// `address/length` without the bits that do not belong to the network.
pub(super) fn network(text: &str) -> Option<String> {
    let (address, len) = text.split_once('/')?;
    let len: u32 = len.parse().ok()?;
    if let Ok(v4) = address.parse::<Ipv4Addr>() {
        let mask = u32::MAX.checked_shl(32_u32.checked_sub(len)?).unwrap_or(0);
        return Some(format!("{}/{len}", Ipv4Addr::from_bits(v4.to_bits() & mask)));
    }
    let v6 = address.parse::<Ipv6Addr>().ok()?;
    let mask = u128::MAX.checked_shl(128_u32.checked_sub(len)?).unwrap_or(0);
    Some(format!("{}/{len}", Ipv6Addr::from_bits(v6.to_bits() & mask)))
}

fn number(text: &str) -> Option<u32> {
    match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "set" => Some(true),
        "0" | "false" | "unset" => Some(false),
        _ => None,
    }
}
