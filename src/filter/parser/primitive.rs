//! The tests themselves: qualifiers, identifiers, and the words with a grammar of their own.
use super::{Class, Open, Parser, Step, Value, foreign};
use crate::filter::ast::{ByteOp, Dir, Id, IdType, LlcKind, Primitive, Proto, Quals};
use crate::filter::error::{Error, ErrorKind, Span};
use crate::filter::token::{Token, Word};
use std::net::{Ipv4Addr, Ipv6Addr};

impl Parser<'_> {
    /// A test, of which at most the protocol in front has been read.
    pub(super) fn test(&mut self, proto: Option<(Proto, Span)>) -> Result<Step, Error> {
        let at = proto.map_or(self.span, |(_, at)| at);
        let (name, end) = (proto.map(|(name, _)| name), self.span);
        let Token::Word(word) = self.token else { return self.protocol(proto) };
        let primitive = match word {
            Word::Src | Word::Dst => return self.directed(name, at),
            Word::Host | Word::Net | Word::Port | Word::PortRange | Word::ProtoType | Word::ProtoChain => {
                return self.head(name, Dir::Default, at);
            }
            Word::Gateway => {
                let message = "'gateway' is not supported, no more than in libpcap with IPv6";
                return Err(Error::new(ErrorKind::Unsupported, message, end));
            }
            Word::Broadcast => Primitive::Broadcast(name),
            Word::Multicast => Primitive::Multicast(name),
            Word::Foreign(family) => return Err(foreign(family, end)),
            _ if proto.is_some() => return self.protocol(proto),
            Word::Inbound => Primitive::Inbound,
            Word::Outbound => Primitive::Outbound,
            Word::Pppoed => Primitive::Pppoed,
            Word::Vlan | Word::Mpls | Word::Pppoes | Word::Geneve => return self.encapsulation(word, at),
            Word::Less | Word::Greater | Word::IfIndex | Word::Byte => return self.numeric(word, at),
            Word::Llc => return self.llc(at),
            _ => return Err(self.expected("a test such as 'tcp', 'port 80' or 'host 10.0.0.1'")),
        };
        self.bump()?;
        Ok(Step::AfterValue(self.primitive(primitive, None, at.to(end))))
    }

    /// A protocol name alone.
    fn protocol(&mut self, proto: Option<(Proto, Span)>) -> Result<Step, Error> {
        match proto {
            Some((Proto::Link, at)) => {
                let message = "a link layer alone tests nothing: name a host, a protocol or bytes of it";
                Err(Error::new(ErrorKind::Qualifier, message, at))
            }
            Some((proto, at)) => Ok(Step::AfterValue(self.primitive(Primitive::Protocol(proto), None, at))),
            None => Err(self.expected("a test such as 'tcp', 'port 80' or 'host 10.0.0.1'")),
        }
    }

    /// `src`, `dst`, or both with `and` or `or` between; then perhaps a type.
    fn directed(&mut self, proto: Option<Proto>, at: Span) -> Result<Step, Error> {
        let first = self.token;
        self.bump()?;
        let (one, other) = match first {
            Token::Word(Word::Src) => (Dir::Src, Word::Dst),
            _ => (Dir::Dst, Word::Src),
        };
        let dir = match self.token {
            Token::Word(op @ (Word::And | Word::Or)) => {
                self.bump()?;
                if self.token != Token::Word(other) {
                    return Err(self.expected(if other == Word::Dst { "'dst'" } else { "'src'" }));
                }
                self.bump()?;
                if op == Word::And { Dir::Both } else { Dir::Either }
            }
            _ => one,
        };
        self.head(proto, dir, at)
    }

    /// The type, which only a direction makes unnecessary; then an identifier must come.
    fn head(&mut self, proto: Option<Proto>, dir: Dir, at: Span) -> Result<Step, Error> {
        let kind = match self.token {
            Token::Word(Word::Host) => IdType::Host,
            Token::Word(Word::Net) => IdType::Net,
            Token::Word(Word::Port) => IdType::Port,
            Token::Word(Word::PortRange) => IdType::PortRange,
            Token::Word(Word::ProtoType) if dir == Dir::Default => IdType::Proto,
            Token::Word(Word::ProtoChain) if dir == Dir::Default => IdType::ProtoChain,
            _ => IdType::Default,
        };
        if kind != IdType::Default {
            self.bump()?;
        }
        self.open(Open::Head { quals: Quals { proto, dir, kind }, at })?;
        Ok(Step::Operand)
    }

    /// `less n`, `greater n`, `ifindex n`, `byte i op v`.
    fn numeric(&mut self, word: Word, at: Span) -> Result<Step, Error> {
        self.bump()?;
        let (number, mut end) = self.plain_number()?;
        let primitive = match word {
            Word::Less => Primitive::Less(number),
            Word::Greater => Primitive::Greater(number),
            Word::IfIndex => Primitive::IfIndex(number),
            _ => {
                let op = match self.token {
                    Token::Ampersand => ByteOp::And,
                    Token::Pipe => ByteOp::Or,
                    Token::Less => ByteOp::Lt,
                    Token::Greater => ByteOp::Gt,
                    Token::Equal => ByteOp::Eq,
                    _ => return Err(self.expected("one of & | < > =")),
                };
                self.bump()?;
                let value;
                (value, end) = self.plain_number()?;
                Primitive::Byte { index: number, op, value }
            }
        };
        Ok(Step::AfterValue(self.primitive(primitive, None, at.to(end))))
    }

    /// `vlan`, `mpls`, `pppoes`, `geneve`, each with or without a number.
    fn encapsulation(&mut self, word: Word, at: Span) -> Result<Step, Error> {
        let mut end = self.span;
        self.bump()?;
        let mut number = None;
        if matches!(self.token, Token::Number(_) | Token::LeftParen) {
            let mut parens = 0_usize;
            while self.token == Token::LeftParen {
                parens += 1;
                self.deepen(1)?;
                self.bump()?;
            }
            let value;
            (value, end) = self.plain_number()?;
            number = Some(value);
            self.depth -= parens;
            for _ in 0..parens {
                if self.token != Token::RightParen {
                    return Err(self.expected("')'"));
                }
                end = self.span;
                self.bump()?;
            }
        }
        let primitive = match word {
            Word::Vlan => Primitive::Vlan(number),
            Word::Mpls => Primitive::Mpls(number),
            Word::Pppoes => Primitive::Pppoes(number),
            _ => Primitive::Geneve(number),
        };
        Ok(Step::AfterValue(self.primitive(primitive, None, at.to(end))))
    }

    /// `llc`, with or without the kind of frame.
    fn llc(&mut self, at: Span) -> Result<Step, Error> {
        const KINDS: [(&str, LlcKind); 14] = [
            ("i", LlcKind::I),
            ("s", LlcKind::S),
            ("u", LlcKind::U),
            ("rr", LlcKind::Rr),
            ("rnr", LlcKind::Rnr),
            ("rej", LlcKind::Rej),
            ("ui", LlcKind::Ui),
            ("ua", LlcKind::Ua),
            ("disc", LlcKind::Disc),
            ("dm", LlcKind::Dm),
            ("sabme", LlcKind::Sabme),
            ("test", LlcKind::Test),
            ("xid", LlcKind::Xid),
            ("frmr", LlcKind::Frmr),
        ];
        let mut end = self.span;
        self.bump()?;
        let kind = match self.token {
            Token::Name(name) => match KINDS.iter().find(|(text, _)| text.eq_ignore_ascii_case(name)) {
                Some(&(_, kind)) => kind,
                None => {
                    let message = format!("'{name}' is no kind of LLC frame");
                    return Err(Error::new(ErrorKind::UnknownName, message, self.span));
                }
            },
            Token::Word(Word::Rnr) => LlcKind::Rnr,
            _ => LlcKind::Any,
        };
        if kind != LlcKind::Any {
            end = self.span;
            self.bump()?;
        }
        Ok(Step::AfterValue(self.primitive(Primitive::Llc(kind), None, at.to(end))))
    }

    fn plain_number(&mut self) -> Result<(u32, Span), Error> {
        let Token::Number(number) = self.token else { return Err(self.expected("a number")) };
        let at = self.span;
        self.bump()?;
        Ok((number, at))
    }

    /// A number as an identifier.
    pub(super) fn number(&mut self, number: u32, at: Span, quals: Option<Quals>) -> Result<Value, Error> {
        let quals = qualified(quals, at)?;
        match quals.kind {
            IdType::Port | IdType::PortRange => {
                transport(quals, at)?;
                if number > 65_535 {
                    let message = format!("port {number} is greater than 65535");
                    return Err(Error::new(ErrorKind::Value, message, at));
                }
            }
            IdType::Default | IdType::Host | IdType::Net if quals.proto == Some(Proto::Link) => {
                let message = "a number is no link-layer address";
                return Err(Error::new(ErrorKind::Qualifier, message, at));
            }
            _ => {}
        }
        Ok(self.id(Id::Number(number), quals, at))
    }

    /// A name or an address as an identifier.
    pub(super) fn identifier(&mut self, quals: Option<Quals>) -> Result<Value, Error> {
        let (token, at) = (self.token, self.span);
        let quals = qualified(quals, at)?;
        self.bump()?;
        match token {
            Token::Name(name) => {
                if matches!(quals.kind, IdType::Port | IdType::PortRange) {
                    transport(quals, at)?;
                }
                Ok(self.id(Id::Name(name.into()), quals, at))
            }
            Token::Dotted(text) => self.ipv4(text, quals, at),
            Token::Ipv6(addr) => self.ipv6(addr, quals, at),
            Token::Mac(mac) => {
                let host = matches!(quals.kind, IdType::Host | IdType::Default);
                if !host || quals.proto != Some(Proto::Link) {
                    let message =
                        "a MAC address needs 'ether', 'ether src', 'ether host' or the like in front";
                    return Err(Error::new(ErrorKind::Qualifier, message, at));
                }
                Ok(self.id(Id::Mac(mac), quals, at))
            }
            _ => Err(self.expected("a name, an address or a number")),
        }
    }

    /// `a.b`, `a.b.c.d`, `a.b/len`, `a.b mask m.n`.
    fn ipv4(&mut self, text: &str, quals: Quals, at: Span) -> Result<Value, Error> {
        let masked = matches!(self.token, Token::Slash | Token::Word(Word::Mask));
        address_type(quals, "an IPv4 address", at)?;
        if quals.proto == Some(Proto::Decnet) && !masked {
            let addr = decnet(text).ok_or_else(|| {
                Error::new(ErrorKind::Value, format!("'{text}' is not a DECnet address"), at)
            })?;
            return Ok(self.id(Id::Decnet(addr), quals, at));
        }
        let (addr, bits) = dotted(text, at)?;
        if !masked {
            if quals.proto == Some(Proto::Link) {
                let message = "an IPv4 address is no link-layer address";
                return Err(Error::new(ErrorKind::Qualifier, message, at));
            }
            return Ok(self.id(Id::Ipv4(addr, bits), quals, at));
        }
        let slash = self.token == Token::Slash;
        self.bump()?;
        let end = self.span;
        let mask = match self.token {
            Token::Number(len) if slash => {
                let len = u8::try_from(len)
                    .ok()
                    .filter(|&len| len <= 32)
                    .ok_or_else(|| Error::new(ErrorKind::Value, "an IPv4 mask has at most 32 bits", end))?;
                Ipv4Addr::from_bits(u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0))
            }
            Token::Dotted(mask) if !slash => dotted(mask, end)?.0,
            _ => return Err(self.expected(if slash { "the length of a mask" } else { "a mask" })),
        };
        let span = at.to(end);
        self.bump()?;
        if addr.to_bits() & !mask.to_bits() != 0 {
            let message = format!("'{text}' has bits set outside of its mask {mask}");
            return Err(Error::new(ErrorKind::Value, message, span));
        }
        if quals.kind != IdType::Net {
            return Err(Error::new(ErrorKind::Qualifier, "only a 'net' has a mask", span));
        }
        Ok(self.id(Id::Ipv4Net(addr, mask), quals, span))
    }

    /// `address`, `address/len`.
    fn ipv6(&mut self, addr: Ipv6Addr, quals: Quals, at: Span) -> Result<Value, Error> {
        let mut span = at;
        let mut len = 128;
        if self.token == Token::Slash {
            self.bump()?;
            let (number, end) = self.plain_number()?;
            span = at.to(end);
            len = u8::try_from(number)
                .ok()
                .filter(|&len| len <= 128)
                .ok_or_else(|| Error::new(ErrorKind::Value, "an IPv6 mask has at most 128 bits", end))?;
        }
        let mask = u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0);
        if addr.to_bits() & !mask != 0 {
            let message = format!("'{addr}' has bits set outside of its {len} bits");
            return Err(Error::new(ErrorKind::Value, message, span));
        }
        address_type(quals, "an IPv6 address", at)?;
        if len == 128 {
            return Ok(self.id(Id::Ipv6(addr), quals, span));
        }
        if quals.kind != IdType::Net {
            return Err(Error::new(ErrorKind::Qualifier, "only a 'net' has a mask", span));
        }
        Ok(self.id(Id::Ipv6Net(addr, len), quals, span))
    }

    fn id(&mut self, id: Id, quals: Quals, span: Span) -> Value {
        let value = self.primitive(Primitive::Id(quals, id), Some(quals), span);
        Value { class: Class::Id, ..value }
    }
}

/// The qualifiers of an identifier, its own or carried over.
fn qualified(quals: Option<Quals>, at: Span) -> Result<Quals, Error> {
    quals.ok_or_else(|| {
        let message = "nothing in front says what this is: no 'host', 'port' or the like to carry over";
        Error::new(ErrorKind::Syntax, message, at)
    })
}

/// Only some protocols have ports.
fn transport(quals: Quals, at: Span) -> Result<(), Error> {
    match quals.proto {
        None | Some(Proto::Tcp | Proto::Udp | Proto::Sctp) => Ok(()),
        Some(proto) => {
            let message = format!("'{proto}' has no ports, only tcp, udp and sctp have");
            Err(Error::new(ErrorKind::Qualifier, message, at))
        }
    }
}

/// An address is a host or a net.
fn address_type(quals: Quals, what: &str, at: Span) -> Result<(), Error> {
    let kind = match quals.kind {
        IdType::Default | IdType::Host | IdType::Net => return Ok(()),
        IdType::Port => "a port",
        IdType::PortRange => "a range of ports",
        IdType::Proto | IdType::ProtoChain => "a protocol",
    };
    Err(Error::new(ErrorKind::Qualifier, format!("{what} is not {kind}"), at))
}

/// Two to four decimal bytes, left-justified, and how many bits they are. Leading zeros do not matter here.
fn dotted(text: &str, at: Span) -> Result<(Ipv4Addr, u8), Error> {
    let mut bytes = [0; 4];
    let mut bits = 0;
    for (byte, part) in bytes.iter_mut().zip(text.split('.')) {
        *byte = part.parse().map_err(|_| {
            Error::new(ErrorKind::Value, format!("'{text}' is not an IPv4 address: '{part}' is no byte"), at)
        })?;
        bits += 8;
    }
    Ok((Ipv4Addr::from(bytes), bits))
}

/// `area.node`: six bits and ten; what does not fit is cut off, and so is what follows.
fn decnet(text: &str) -> Option<u16> {
    let mut parts = text.split('.').map(|part| {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        (part[..digits].parse::<u64>().ok(), digits == part.len())
    });
    let (Some((Some(area), true)), Some((Some(node), _))) = (parts.next(), parts.next()) else {
        return None;
    };
    u16::try_from((area & 0x3f) << 10 | (node & 0x3ff)).ok()
}
