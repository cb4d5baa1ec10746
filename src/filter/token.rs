//! Text to tokens, by the rule of the longest match, and of keywords before names.
use super::ast::Proto;
use super::error::{Error, ErrorKind, Span};
use std::net::Ipv6Addr;

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A word of the language.
    Word(Word),
    /// A number or a named constant.
    Number(u32),
    /// Two to four numbers with dots between.
    Dotted(&'a str),
    Ipv6(Ipv6Addr),
    Mac([u8; 6]),
    /// Any other word; without its backslash, if it had one.
    Name(&'a str),
    LeftParen,
    RightParen,
    LeftBracket,
    RightBracket,
    Colon,
    Plus,
    Minus,
    Star,
    Slash,
    Percent,
    Ampersand,
    Pipe,
    Caret,
    ShiftLeft,
    ShiftRight,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    End,
}

/// A reserved word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Proto(Proto),
    Src,
    Dst,
    Host,
    Net,
    Mask,
    Port,
    PortRange,
    ProtoType,
    ProtoChain,
    Gateway,
    Less,
    Greater,
    Byte,
    Broadcast,
    Multicast,
    And,
    Or,
    Not,
    Len,
    Inbound,
    Outbound,
    IfIndex,
    Vlan,
    Mpls,
    Pppoed,
    Pppoes,
    Geneve,
    Llc,
    /// `rnr`, which is a PF rule number unless it follows `llc`.
    Rnr,
    /// A word for packets that this crate does not know, and what those are.
    Foreign(&'static str),
}

const WLAN: Word = Word::Foreign("802.11");
const ATM: Word = Word::Foreign("ATM");
const PF: Word = Word::Foreign("the PF log");
const SS7: Word = Word::Foreign("SS7 (MTP)");

/// The reserved words.
#[rustfmt::skip]
pub(super) const WORDS: &[(&str, Word)] = &[
    ("src", Word::Src), ("dst", Word::Dst), ("host", Word::Host), ("net", Word::Net), ("mask", Word::Mask),
    ("port", Word::Port), ("portrange", Word::PortRange), ("proto", Word::ProtoType),
    ("protochain", Word::ProtoChain), ("gateway", Word::Gateway),
    ("less", Word::Less), ("greater", Word::Greater), ("byte", Word::Byte), ("broadcast", Word::Broadcast),
    ("multicast", Word::Multicast), ("and", Word::And), ("or", Word::Or), ("not", Word::Not),
    ("len", Word::Len), ("length", Word::Len), ("inbound", Word::Inbound), ("outbound", Word::Outbound),
    ("ifindex", Word::IfIndex), ("vlan", Word::Vlan), ("mpls", Word::Mpls), ("pppoed", Word::Pppoed),
    ("pppoes", Word::Pppoes), ("geneve", Word::Geneve), ("llc", Word::Llc),
    ("link", Word::Proto(Proto::Link)), ("ether", Word::Proto(Proto::Link)), ("ppp", Word::Proto(Proto::Link)),
    ("slip", Word::Proto(Proto::Link)), ("fddi", Word::Proto(Proto::Link)), ("tr", Word::Proto(Proto::Link)),
    ("wlan", Word::Proto(Proto::Link)),
    ("arp", Word::Proto(Proto::Arp)), ("rarp", Word::Proto(Proto::Rarp)), ("ip", Word::Proto(Proto::Ip)),
    ("ip6", Word::Proto(Proto::Ip6)), ("sctp", Word::Proto(Proto::Sctp)), ("tcp", Word::Proto(Proto::Tcp)),
    ("udp", Word::Proto(Proto::Udp)), ("icmp", Word::Proto(Proto::Icmp)), ("icmp6", Word::Proto(Proto::Icmp6)),
    ("igmp", Word::Proto(Proto::Igmp)), ("igrp", Word::Proto(Proto::Igrp)), ("pim", Word::Proto(Proto::Pim)),
    ("vrrp", Word::Proto(Proto::Vrrp)), ("carp", Word::Proto(Proto::Carp)), ("ah", Word::Proto(Proto::Ah)),
    ("esp", Word::Proto(Proto::Esp)), ("atalk", Word::Proto(Proto::Atalk)), ("aarp", Word::Proto(Proto::Aarp)),
    ("decnet", Word::Proto(Proto::Decnet)), ("lat", Word::Proto(Proto::Lat)), ("sca", Word::Proto(Proto::Sca)),
    ("moprc", Word::Proto(Proto::Moprc)), ("mopdl", Word::Proto(Proto::Mopdl)),
    ("iso", Word::Proto(Proto::Iso)), ("esis", Word::Proto(Proto::Esis)), ("es-is", Word::Proto(Proto::Esis)),
    ("isis", Word::Proto(Proto::Isis)), ("is-is", Word::Proto(Proto::Isis)), ("l1", Word::Proto(Proto::IsisL1)),
    ("l2", Word::Proto(Proto::IsisL2)), ("iih", Word::Proto(Proto::IsisIih)),
    ("lsp", Word::Proto(Proto::IsisLsp)), ("snp", Word::Proto(Proto::IsisSnp)),
    ("csnp", Word::Proto(Proto::IsisCsnp)), ("psnp", Word::Proto(Proto::IsisPsnp)),
    ("clnp", Word::Proto(Proto::Clnp)), ("stp", Word::Proto(Proto::Stp)), ("ipx", Word::Proto(Proto::Ipx)),
    ("netbeui", Word::Proto(Proto::Netbeui)),
    ("radio", WLAN), ("type", WLAN), ("subtype", WLAN), ("dir", WLAN), ("direction", WLAN),
    ("addr1", WLAN), ("addr2", WLAN), ("addr3", WLAN), ("addr4", WLAN), ("address1", WLAN),
    ("address2", WLAN), ("address3", WLAN), ("address4", WLAN), ("ra", WLAN), ("ta", WLAN),
    ("lane", ATM), ("metac", ATM), ("bcc", ATM), ("oam", ATM), ("oamf4", ATM), ("oamf4ec", ATM),
    ("oamf4sc", ATM), ("sc", ATM), ("ilmic", ATM), ("vpi", ATM), ("vci", ATM), ("connectmsg", ATM),
    ("metaconnect", ATM),
    ("on", PF), ("ifname", PF), ("rset", PF), ("ruleset", PF), ("rnr", Word::Rnr), ("rulenum", Word::Rnr),
    ("srnr", PF), ("subrulenum", PF), ("reason", PF), ("action", PF),
    ("fisu", SS7), ("lssu", SS7), ("lsu", SS7), ("msu", SS7), ("hfisu", SS7), ("hlssu", SS7), ("hmsu", SS7),
    ("sio", SS7), ("opc", SS7), ("dpc", SS7), ("sls", SS7), ("hsio", SS7), ("hopc", SS7), ("hdpc", SS7),
    ("hsls", SS7),
];

/// The named numbers: offsets of fields, and their values.
#[rustfmt::skip]
const CONSTANTS: &[(&str, u32)] = &[
    ("icmptype", 0), ("icmpcode", 1), ("icmp-echoreply", 0), ("icmp-unreach", 3), ("icmp-sourcequench", 4),
    ("icmp-redirect", 5), ("icmp-echo", 8), ("icmp-routeradvert", 9), ("icmp-routersolicit", 10),
    ("icmp-timxceed", 11), ("icmp-paramprob", 12), ("icmp-tstamp", 13), ("icmp-tstampreply", 14),
    ("icmp-ireq", 15), ("icmp-ireqreply", 16), ("icmp-maskreq", 17), ("icmp-maskreply", 18),
    ("icmp6type", 0), ("icmp6code", 1), ("icmp6-destinationunreach", 1), ("icmp6-packettoobig", 2),
    ("icmp6-timeexceeded", 3), ("icmp6-parameterproblem", 4), ("icmp6-echo", 128), ("icmp6-echoreply", 129),
    ("icmp6-multicastlistenerquery", 130), ("icmp6-multicastlistenerreportv1", 131),
    ("icmp6-multicastlistenerdone", 132), ("icmp6-routersolicit", 133), ("icmp6-routeradvert", 134),
    ("icmp6-neighborsolicit", 135), ("icmp6-neighboradvert", 136), ("icmp6-redirect", 137),
    ("icmp6-routerrenum", 138), ("icmp6-nodeinformationquery", 139), ("icmp6-nodeinformationresponse", 140),
    ("icmp6-ineighbordiscoverysolicit", 141), ("icmp6-ineighbordiscoveryadvert", 142),
    ("icmp6-multicastlistenerreportv2", 143), ("icmp6-homeagentdiscoveryrequest", 144),
    ("icmp6-homeagentdiscoveryreply", 145), ("icmp6-mobileprefixsolicit", 146),
    ("icmp6-mobileprefixadvert", 147), ("icmp6-certpathsolicit", 148), ("icmp6-certpathadvert", 149),
    ("icmp6-multicastrouteradvert", 151), ("icmp6-multicastroutersolicit", 152),
    ("icmp6-multicastrouterterm", 153),
    ("tcpflags", 13), ("tcp-fin", 0x01), ("tcp-syn", 0x02), ("tcp-rst", 0x04), ("tcp-push", 0x08),
    ("tcp-ack", 0x10), ("tcp-urg", 0x20), ("tcp-ece", 0x40), ("tcp-cwr", 0x80),
];

/// Every word that could have been meant.
pub(super) fn vocabulary() -> impl Iterator<Item = &'static str> {
    let known = |word: &&(&str, Word)| !matches!(word.1, Word::Foreign(_) | Word::Rnr);
    WORDS.iter().filter(known).map(|word| word.0).chain(CONSTANTS.iter().map(|constant| constant.0))
}

/// Cuts a text into tokens.
#[derive(Debug, Clone)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token; [`Token::End`] for ever after the last.
    pub(super) fn next(&mut self) -> Result<(Token<'a>, Span), Error> {
        let rest = self.text[self.at..].trim_start_matches([' ', '\t', '\r', '\n']);
        let start = self.text.len() - rest.len();
        let (token, len) = match rest.bytes().next() {
            None => (Ok(Token::End), 0),
            Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z') => word(rest),
            Some(b':') => match ipv6_len(rest) {
                0 => (Ok(Token::Colon), 1),
                len => (ipv6(&rest[..len]), len),
            },
            Some(b'\\') => escaped(rest),
            Some(b'$') => {
                let message = "'$' addresses are for ARCNET, which is not supported";
                (Err((ErrorKind::Unsupported, message.to_owned())), 1)
            }
            Some(_) => symbol(rest),
        };
        self.at = start + len;
        let span = Span::new(start, self.at);
        token.map(|token| (token, span)).map_err(|(kind, message)| Error::new(kind, message, span))
    }
}

type Lexed<'a> = Result<Token<'a>, (ErrorKind, String)>;

fn symbol(rest: &str) -> (Lexed<'_>, usize) {
    let two = match rest.as_bytes() {
        [b'&', b'&', ..] => Some(Token::Word(Word::And)),
        [b'|', b'|', ..] => Some(Token::Word(Word::Or)),
        [b'>', b'=', ..] => Some(Token::GreaterEqual),
        [b'<', b'=', ..] => Some(Token::LessEqual),
        [b'!', b'=', ..] => Some(Token::NotEqual),
        [b'=', b'=', ..] => Some(Token::Equal),
        [b'<', b'<', ..] => Some(Token::ShiftLeft),
        [b'>', b'>', ..] => Some(Token::ShiftRight),
        _ => None,
    };
    if let Some(token) = two {
        return (Ok(token), 2);
    }
    let first = rest.chars().next().unwrap_or_default();
    let token = match first {
        '(' => Token::LeftParen,
        ')' => Token::RightParen,
        '[' => Token::LeftBracket,
        ']' => Token::RightBracket,
        '+' => Token::Plus,
        '-' => Token::Minus,
        '*' => Token::Star,
        '/' => Token::Slash,
        '%' => Token::Percent,
        '&' => Token::Ampersand,
        '|' => Token::Pipe,
        '^' => Token::Caret,
        '<' => Token::Less,
        '>' => Token::Greater,
        '=' => Token::Equal,
        '!' => Token::Word(Word::Not),
        _ => {
            let message = format!("{first:?} does not belong in an expression");
            return (Err((ErrorKind::Token, message)), first.len_utf8());
        }
    };
    (Ok(token), 1)
}

/// A backslash makes a name of whatever follows, up to a blank, a parenthesis or a `!`.
fn escaped(rest: &str) -> (Lexed<'_>, usize) {
    let name = &rest[1..];
    let len = name.find([' ', '!', '(', ')', '\n', '\t', '\0']).unwrap_or(name.len());
    if len == 0 {
        return (Err((ErrorKind::Token, "a backslash needs a name behind it".to_owned())), 1);
    }
    (Ok(Token::Name(&name[..len])), 1 + len)
}

/// What starts with a letter or digit: the longest of the forms, the first of equally long ones.
fn word(rest: &str) -> (Lexed<'_>, usize) {
    let name = name_len(rest);
    let reserved = WORDS.iter().find(|(text, _)| *text == &rest[..name]);
    let number = number_len(rest);
    let lengths = [mac_len(rest), number, dotted_len(rest), ipv6_len(rest), broken_mac_len(rest), name];
    let longest = lengths.into_iter().max().unwrap_or(name);
    let text = &rest[..longest];
    if let Some(&(_, word)) = reserved.filter(|_| name == longest) {
        return (Ok(Token::Word(word)), longest);
    }
    let token = match lengths.iter().position(|&len| len == longest) {
        Some(0) => Ok(Token::Mac(mac(text))),
        Some(1) => parse_number(text).map(Token::Number),
        Some(2) => Ok(Token::Dotted(text)),
        Some(3) => ipv6(text),
        Some(4) => Err((ErrorKind::Token, format!("'{text}' is not a complete MAC address"))),
        _ => Ok(match CONSTANTS.iter().find(|(name, _)| *name == text) {
            Some(&(_, value)) => Token::Number(value),
            None => Token::Name(text),
        }),
    };
    (token, longest)
}

/// A letter or digit, then also `-`, `_` and `.`, but neither `-` nor `_` at the end.
fn name_len(text: &str) -> usize {
    let inside = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let len = text.find(|c| !inside(c)).unwrap_or(text.len());
    text[..len].trim_end_matches(['-', '_']).len()
}

fn hex_len(text: &[u8], most: usize) -> usize {
    text.iter().take(most).take_while(|byte| byte.is_ascii_hexdigit()).count()
}

/// Decimal digits, or `0x` and hexadecimal ones.
fn number_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    if let [b'0', b'x' | b'X', digits @ ..] = bytes
        && let len @ 1.. = hex_len(digits, digits.len())
    {
        return 2 + len;
    }
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Two to four numbers with dots between.
fn dotted_len(text: &str) -> usize {
    let (len, parts) = dotted(text);
    if parts >= 2 { len } else { 0 }
}

/// The length and the count of up to four numbers with dots between.
fn dotted(text: &str) -> (usize, usize) {
    let mut end = number_len(text);
    let mut parts = usize::from(end > 0);
    while (1..4).contains(&parts) && text[end..].starts_with('.') {
        let more = number_len(&text[end + 1..]);
        if more == 0 {
            break;
        }
        end += 1 + more;
        parts += 1;
    }
    (end, parts)
}

/// Six bytes of one or two digits with one kind of separator, or four digits and dots, or twelve digits.
fn mac_len(text: &str) -> usize {
    let text = text.as_bytes();
    let bytes_apart = |separator: u8| {
        let mut end = 0;
        for part in 0..6 {
            if part > 0 {
                if text.get(end) != Some(&separator) {
                    return 0;
                }
                end += 1;
            }
            match hex_len(&text[end..], 2) {
                0 => return 0,
                len => end += len,
            }
        }
        end
    };
    let quads = |separator: &[u8]| {
        let mut end = 0;
        for part in 0..3 {
            if part > 0 {
                if !text[end..].starts_with(separator) {
                    return 0;
                }
                end += separator.len();
            }
            if hex_len(&text[end..], 4) != 4 {
                return 0;
            }
            end += 4;
        }
        end
    };
    let forms = [bytes_apart(b':'), bytes_apart(b'-'), bytes_apart(b'.'), quads(b"."), quads(b"")];
    forms.into_iter().max().unwrap_or(0)
}

/// The bytes of what [`mac_len`] found: one or two digits each.
fn mac(text: &str) -> [u8; 6] {
    let mut mac = [0; 6];
    let mut rest = text.as_bytes();
    for byte in &mut mac {
        let digits = rest.iter().take_while(|byte| !byte.is_ascii_hexdigit()).count();
        rest = &rest[digits..];
        let len = hex_len(rest, 2);
        *byte = rest[..len].iter().fold(0, |value: u8, &digit| {
            value << 4 | (digit as char).to_digit(16).and_then(|d| u8::try_from(d).ok()).unwrap_or(0)
        });
        rest = &rest[len..];
    }
    mac
}

/// At least two groups of one or two digits, each followed by colons: an attempt at a MAC address.
fn broken_mac_len(text: &str) -> usize {
    let text = text.as_bytes();
    let (mut end, mut groups, mut matched) = (0, 0, 0);
    loop {
        let digits = hex_len(&text[end..], 2);
        let colons = text[end + digits..].iter().take_while(|&&byte| byte == b':').count();
        if digits == 0 || colons == 0 {
            return matched;
        }
        end += digits + colons;
        groups += 1;
        if groups >= 2 {
            matched = end;
        }
    }
}

/// The longest IPv6 address at the start of the text, by form; 0 if there is none.
///
/// Eight groups of up to four digits; or one `::` and at most seven; the last two may be a dotted IPv4.
fn ipv6_len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut end = if text.starts_with("::") { 2 } else { 0 };
    let mut compressed = end > 0;
    let (mut groups, mut matched) = (0, end);
    loop {
        let (dotted_len, parts) = dotted(&text[end..]);
        if parts == 4 && (if compressed { groups <= 5 } else { groups == 6 }) {
            matched = matched.max(end + dotted_len);
        }
        let digits = hex_len(&bytes[end..], 4);
        if digits == 0 || (compressed && groups == 7) {
            return matched;
        }
        end += digits;
        groups += 1;
        if compressed || groups == 8 {
            matched = matched.max(end);
        }
        if groups == 8 {
            return matched;
        }
        match &bytes[end..] {
            [b':', b':', ..] if !compressed => {
                compressed = true;
                end += 2;
                matched = matched.max(end);
            }
            [b':', ..] => end += 1,
            _ => return matched,
        }
    }
}

fn ipv6(text: &str) -> Lexed<'_> {
    text.parse().map(Token::Ipv6).map_err(|_| (ErrorKind::Token, format!("'{text}' is not an IPv6 address")))
}

/// Decimal, `0x` hexadecimal, or octal with a leading 0.
fn parse_number(text: &str) -> Result<u32, (ErrorKind, String)> {
    let (digits, radix) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&text[2..], 16),
        [b'0', _, ..] => (&text[1..], 8),
        _ => (text, 10),
    };
    if radix == 8 && digits.contains(['8', '9']) {
        return Err((ErrorKind::Token, format!("number {text} is octal and cannot contain an 8 or 9")));
    }
    u32::from_str_radix(digits, radix)
        .map_err(|_| (ErrorKind::Token, format!("number {text} does not fit in 32 bits")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Result<Vec<Token<'_>>, Error> {
        let mut tokens = Tokens::new(text);
        let mut all = Vec::new();
        loop {
            match tokens.next()?.0 {
                Token::End => return Ok(all),
                token => all.push(token),
            }
        }
    }

    fn one(text: &str) -> Token<'_> {
        let tokens = all(text).unwrap();
        assert_eq!(tokens.len(), 1, "{text}: {tokens:?}");
        tokens[0]
    }

    #[test]
    fn takes_the_longest_match() {
        assert_eq!(one("tcp"), Token::Word(Word::Proto(Proto::Tcp)));
        assert_eq!(one("tcpx"), Token::Name("tcpx"));
        assert_eq!(one("len-4"), Token::Name("len-4"));
        assert_eq!(one("10"), Token::Number(10));
        assert_eq!(one("10.1"), Token::Dotted("10.1"));
        assert_eq!(one("10.1.2.3"), Token::Dotted("10.1.2.3"));
        assert_eq!(one("10.1.2.3.4"), Token::Name("10.1.2.3.4"));
        assert_eq!(one("10.1."), Token::Name("10.1."));
        assert_eq!(one("80-90"), Token::Name("80-90"));
        assert_eq!(one("3com"), Token::Name("3com"));
        assert_eq!(one("tcp-syn"), Token::Number(2));
        assert_eq!(one("a_b-c.d"), Token::Name("a_b-c.d"));
    }

    #[test]
    fn reads_numbers_in_three_bases() {
        assert_eq!(one("4294967295"), Token::Number(u32::MAX));
        assert_eq!(one("0xFfffFFFF"), Token::Number(u32::MAX));
        assert_eq!(one("0037777777777"), Token::Number(u32::MAX));
        assert_eq!(one("010"), Token::Number(8));
        assert_eq!(one("0"), Token::Number(0));
        assert!(all("4294967296").is_err());
        assert!(all("0x100000000").is_err());
        assert!(all("0040000000000").is_err());
        assert!(all("080").is_err());
    }

    #[test]
    fn reads_mac_addresses_in_every_spelling() {
        let mac = Token::Mac([0xaa, 0x0b, 0xcc, 0x0d, 0xee, 0x0f]);
        for text in
            ["aa:b:cc:d:ee:f", "aa-0b-cc-0d-ee-0f", "aa.b.cc.d.ee.f", "aa0b.cc0d.ee0f", "AA0BCC0DEE0F"]
        {
            assert_eq!(one(text), mac, "{text}");
        }
        assert_eq!(one("123456789012"), Token::Mac([0x12, 0x34, 0x56, 0x78, 0x90, 0x12]));
        assert_eq!(one("aa0bcc0dee0f0"), Token::Name("aa0bcc0dee0f0"));
        assert!(all("aa:bb:cc").is_err());
        assert!(all("aa:bb:cc:dd:ee:ff:").is_err());
    }

    #[test]
    fn reads_ipv6_addresses() {
        for text in [
            "::",
            "::1",
            "1::",
            "fe80::1",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "1:2:3:4:5:6:1.2.3.4",
            "::ffff:1.2.3.4",
            "::1.2.3.4",
            "1::1.2.3.4",
            "1:2:3:4:5::1.2.3.4",
        ] {
            assert_eq!(one(text), Token::Ipv6(text.parse().unwrap()), "{text}");
        }
        assert!(all("::0x1.2.3.4").is_err());
        assert_eq!(all("::1::2").unwrap().len(), 2);
        assert!(matches!(all("ip[2:2]").unwrap()[2..5], [Token::Number(2), Token::Colon, Token::Number(2)]));
    }

    #[test]
    fn escapes_keywords_and_refuses_strange_characters() {
        assert_eq!(one("\\tcp"), Token::Name("tcp"));
        assert_eq!(all("\\a[b](").unwrap(), [Token::Name("a[b]"), Token::LeftParen]);
        for text in ["#", "\\", "_a", "a_ ", "$1", "tcp\u{b}", "ä", "a;b", "\0"] {
            assert!(all(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn reads_operators() {
        use Token::*;
        let expected =
            [GreaterEqual, LessEqual, NotEqual, Equal, Equal, ShiftLeft, ShiftRight, Less, Greater];
        assert_eq!(all(">= <= != == = << >> < >").unwrap(), expected);
        let expected =
            [Word(super::Word::And), Word(super::Word::Or), Word(super::Word::Not), Ampersand, Pipe];
        assert_eq!(all("&& || ! & |").unwrap(), expected);
    }

    #[test]
    fn no_word_is_defined_twice() {
        let mut words: Vec<&str> = WORDS.iter().map(|w| w.0).chain(CONSTANTS.iter().map(|c| c.0)).collect();
        let count = words.len();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), count);
    }
}
