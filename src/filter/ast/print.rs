//! Prints trees back as text that parses to the same tree.
use super::{
    Arith, ArithId, ArithOp, Ast, ByteOp, Dir, Id, IdType, LlcKind, LoadSize, NodeId, NodeKind, Primitive,
    Proto, Quals, RelOp,
};
use core::fmt::{self, Display as _};

/// What is still to be written: printing keeps its own stack, so depth costs heap and not call frames.
enum Job {
    Node(NodeId),
    Arith(ArithId),
    Text(&'static str),
}

/// Prints the expression with every qualifier spelled out and every group in parentheses; reading the result
/// back gives the same tree.
impl fmt::Display for Ast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_from(f, self.root())
    }
}

/// A part of an expression, to be printed as the whole is.
pub(in crate::filter) struct Part<'a>(&'a Ast, NodeId);

impl fmt::Display for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.write_from(f, Some(self.1))
    }
}

impl Ast {
    /// The part of the expression that is below a node.
    pub(in crate::filter) fn display_from(&self, id: NodeId) -> Part<'_> {
        Part(self, id)
    }

    fn write_from(&self, f: &mut fmt::Formatter<'_>, top: Option<NodeId>) -> fmt::Result {
        let mut jobs: Vec<Job> = top.map(Job::Node).into_iter().collect();
        while let Some(job) = jobs.pop() {
            match job {
                Job::Text(text) => f.write_str(text)?,
                Job::Node(id) => self.write_node(f, id, &mut jobs)?,
                Job::Arith(id) => self.write_arith(f, id, &mut jobs)?,
            }
        }
        Ok(())
    }

    fn write_node(&self, f: &mut fmt::Formatter<'_>, id: NodeId, jobs: &mut Vec<Job>) -> fmt::Result {
        match &self.node(id).kind {
            NodeKind::Primitive(Primitive::Relation(op, lhs, rhs)) => {
                jobs.extend([Job::Arith(*rhs), Job::Text(op.text()), Job::Arith(*lhs)]);
                Ok(())
            }
            NodeKind::Primitive(primitive) => primitive.fmt(f),
            NodeKind::Not(inner) => {
                jobs.push(Job::Node(*inner));
                if matches!(self.node(*inner).kind, NodeKind::And(..) | NodeKind::Or(..)) {
                    self.parenthesise(jobs);
                }
                f.write_str("not ")
            }
            NodeKind::And(lhs, rhs) => {
                self.write_pair(*lhs, " and ", *rhs, jobs);
                Ok(())
            }
            NodeKind::Or(lhs, rhs) => {
                self.write_pair(*lhs, " or ", *rhs, jobs);
                Ok(())
            }
        }
    }

    /// `and` and `or` bind equally and to the left, so only a right operand needs parentheses.
    fn write_pair(&self, lhs: NodeId, op: &'static str, rhs: NodeId, jobs: &mut Vec<Job>) {
        jobs.push(Job::Node(rhs));
        if matches!(self.node(rhs).kind, NodeKind::And(..) | NodeKind::Or(..)) {
            self.parenthesise(jobs);
        }
        jobs.extend([Job::Text(op), Job::Node(lhs)]);
    }

    /// Wraps the job on top of the stack.
    fn parenthesise(&self, jobs: &mut Vec<Job>) {
        if let Some(inner) = jobs.pop() {
            jobs.extend([Job::Text(")"), inner, Job::Text("(")]);
        }
    }

    fn write_arith(&self, f: &mut fmt::Formatter<'_>, id: ArithId, jobs: &mut Vec<Job>) -> fmt::Result {
        match self.arith(id).kind {
            Arith::Number(n) => write!(f, "{n}"),
            Arith::Len => f.write_str("len"),
            Arith::Load { proto, index, size } => {
                jobs.extend([Job::Text(size.suffix()), Job::Arith(index)]);
                write!(f, "{proto}[")
            }
            Arith::Neg(inner) => {
                jobs.extend([Job::Text(")"), Job::Arith(inner)]);
                f.write_str("(- ")
            }
            Arith::Binary(op, lhs, rhs) => {
                jobs.extend([Job::Text(")"), Job::Arith(rhs), Job::Text(op.text()), Job::Arith(lhs)]);
                f.write_str("(")
            }
        }
    }
}

/// A relation prints its operator only: its operands are in the [`Ast`].
impl fmt::Display for Primitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proto_then = |f: &mut fmt::Formatter<'_>, proto: &Option<Proto>, word: &str| match proto {
            Some(proto) => write!(f, "{proto} {word}"),
            None => f.write_str(word),
        };
        let with_number = |f: &mut fmt::Formatter<'_>, word: &str, number: &Option<u32>| match number {
            Some(number) => write!(f, "{word} {number}"),
            None => f.write_str(word),
        };
        match self {
            Self::Protocol(proto) => proto.fmt(f),
            Self::Id(quals, id) => write!(f, "{quals}{id}"),
            Self::Broadcast(proto) => proto_then(f, proto, "broadcast"),
            Self::Multicast(proto) => proto_then(f, proto, "multicast"),
            Self::Less(n) => write!(f, "less {n}"),
            Self::Greater(n) => write!(f, "greater {n}"),
            Self::Byte { index, op, value } => write!(f, "byte {index} {} {value}", op.text()),
            Self::Inbound => f.write_str("inbound"),
            Self::Outbound => f.write_str("outbound"),
            Self::IfIndex(n) => write!(f, "ifindex {n}"),
            Self::Vlan(id) => with_number(f, "vlan", id),
            Self::Mpls(label) => with_number(f, "mpls", label),
            Self::Pppoed => f.write_str("pppoed"),
            Self::Pppoes(session) => with_number(f, "pppoes", session),
            Self::Geneve(vni) => with_number(f, "geneve", vni),
            Self::Llc(kind) => f.write_str(kind.text()),
            Self::Relation(op, ..) => f.write_str(op.text()),
        }
    }
}

/// The qualifiers as they are written in front of an identifier, with a space after each.
impl fmt::Display for Quals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(proto) = self.proto {
            write!(f, "{proto} ")?;
        }
        f.write_str(match self.dir {
            Dir::Default => "",
            Dir::Src => "src ",
            Dir::Dst => "dst ",
            Dir::Either => "src or dst ",
            Dir::Both => "src and dst ",
        })?;
        f.write_str(match self.kind {
            IdType::Default => "",
            IdType::Host => "host ",
            IdType::Net => "net ",
            IdType::Port => "port ",
            IdType::PortRange => "portrange ",
            IdType::Proto => "proto ",
            IdType::ProtoChain => "protochain ",
        })
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A backslash makes a name of any word, also of a keyword.
            Self::Name(name) => write!(f, "\\{name}"),
            Self::Number(n) => write!(f, "{n}"),
            Self::Ipv4(addr, bits) => {
                let bytes = addr.octets();
                let given = usize::from(bits / 8).clamp(2, 4);
                for (i, byte) in bytes.iter().take(given).enumerate() {
                    write!(f, "{}{byte}", if i == 0 { "" } else { "." })?;
                }
                Ok(())
            }
            Self::Ipv4Net(addr, mask) => write!(f, "{addr} mask {mask}"),
            Self::Ipv6(addr) => addr.fmt(f),
            Self::Ipv6Net(addr, len) => write!(f, "{addr}/{len}"),
            Self::Mac([a, b, c, d, e, g]) => write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}"),
            Self::Decnet(addr) => write!(f, "{}.{}", addr >> 10, addr & 0x3ff),
        }
    }
}

impl fmt::Display for Proto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Link => "ether",
            Self::Ip => "ip",
            Self::Ip6 => "ip6",
            Self::Arp => "arp",
            Self::Rarp => "rarp",
            Self::Sctp => "sctp",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Icmp => "icmp",
            Self::Icmp6 => "icmp6",
            Self::Igmp => "igmp",
            Self::Igrp => "igrp",
            Self::Pim => "pim",
            Self::Vrrp => "vrrp",
            Self::Carp => "carp",
            Self::Ah => "ah",
            Self::Esp => "esp",
            Self::Atalk => "atalk",
            Self::Aarp => "aarp",
            Self::Decnet => "decnet",
            Self::Lat => "lat",
            Self::Sca => "sca",
            Self::Moprc => "moprc",
            Self::Mopdl => "mopdl",
            Self::Iso => "iso",
            Self::Esis => "esis",
            Self::Isis => "isis",
            Self::IsisL1 => "l1",
            Self::IsisL2 => "l2",
            Self::IsisIih => "iih",
            Self::IsisLsp => "lsp",
            Self::IsisSnp => "snp",
            Self::IsisCsnp => "csnp",
            Self::IsisPsnp => "psnp",
            Self::Clnp => "clnp",
            Self::Stp => "stp",
            Self::Ipx => "ipx",
            Self::Netbeui => "netbeui",
            Self::Radio => "radio",
        })
    }
}

impl LoadSize {
    fn suffix(self) -> &'static str {
        match self {
            Self::Byte => "]",
            Self::Half => ":2]",
            Self::Word => ":4]",
        }
    }
}

impl ArithOp {
    fn text(self) -> &'static str {
        match self {
            Self::Add => " + ",
            Self::Sub => " - ",
            Self::Mul => " * ",
            Self::Div => " / ",
            Self::Mod => " % ",
            Self::And => " & ",
            Self::Or => " | ",
            Self::Xor => " ^ ",
            Self::Lsh => " << ",
            Self::Rsh => " >> ",
        }
    }
}

impl RelOp {
    fn text(self) -> &'static str {
        match self {
            Self::Gt => " > ",
            Self::Ge => " >= ",
            Self::Eq => " = ",
            Self::Le => " <= ",
            Self::Lt => " < ",
            Self::Ne => " != ",
        }
    }
}

impl ByteOp {
    fn text(self) -> &'static str {
        match self {
            Self::And => "&",
            Self::Or => "|",
            Self::Lt => "<",
            Self::Gt => ">",
            Self::Eq => "=",
        }
    }
}

impl LlcKind {
    fn text(self) -> &'static str {
        match self {
            Self::Any => "llc",
            Self::I => "llc i",
            Self::S => "llc s",
            Self::U => "llc u",
            Self::Rr => "llc rr",
            Self::Rnr => "llc rnr",
            Self::Rej => "llc rej",
            Self::Ui => "llc ui",
            Self::Ua => "llc ua",
            Self::Disc => "llc disc",
            Self::Dm => "llc dm",
            Self::Sabme => "llc sabme",
            Self::Test => "llc test",
            Self::Xid => "llc xid",
            Self::Frmr => "llc frmr",
        }
    }
}
