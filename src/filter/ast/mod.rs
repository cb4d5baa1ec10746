//! The syntax tree: what an expression says, with the qualifiers resolved and before any link type matters.
//!
//! An [`Ast`] is two arenas in **post-order**: a node's children always have smaller ids than the node,
//! and siblings appear in the order of the text. A later stage therefore walks `nodes()` front to back in a
//! loop, keeping one result per node, and never recurses: a 64 KiB expression may be a chain of thousands of
//! `or`s or a tower of thousands of `not`s. Dropping an `Ast` drops two vectors.
//!
//! The order matters for meaning too: `vlan`, `mpls`, `pppoes` and `geneve` change what the primitives *to
//! their right in the text* look at, whatever the parentheses say, and post-order is text order.
mod print;

use super::error::Span;
use std::net::{Ipv4Addr, Ipv6Addr};

/// A parsed expression.
///
/// What the parser promises to whoever reads it:
/// * every [`Id`] has its qualifiers, its own or those carried over from its left neighbour;
/// * an [`Id::Mac`] only occurs with the protocol [`Proto::Link`] and the type host or none;
/// * an [`Id::Ipv4`], [`Id::Ipv6`] or [`Id::Decnet`] only occurs with the type host, net or none; an
///   [`Id::Ipv4Net`] only with the type net, and has no bits outside its mask; an [`Id::Ipv6Net`] neither;
/// * a type of port or portrange only occurs with no protocol, `tcp`, `udp` or `sctp`, and an
///   [`Id::Number`] with it is at most 65,535;
/// * words of link types that this crate does not know (802.11, ATM, MTP, PF) have been refused.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Ast {
    nodes: Vec<Node>,
    arith: Vec<ArithNode>,
}

/// The index of a [`Node`] in its [`Ast`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

/// The index of an [`ArithNode`] in its [`Ast`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArithId(u32);

impl NodeId {
    /// The position in [`Ast::nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl ArithId {
    /// The position in [`Ast::arith_nodes`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One node of the boolean part, and where in the text it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Node {
    /// What the node says.
    pub kind: NodeKind,
    /// The bytes of the text it was read from.
    pub span: Span,
}

/// The boolean part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NodeKind {
    /// A test.
    Primitive(Primitive),
    /// `not a`.
    Not(NodeId),
    /// `a and b`.
    And(NodeId, NodeId),
    /// `a or b`.
    Or(NodeId, NodeId),
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Primitive {
    /// A protocol name alone: `tcp`.
    Protocol(Proto),
    /// An address, port, network, protocol number … with qualifiers: `tcp dst port 80`.
    Id(Quals, Id),
    /// `[proto] broadcast`.
    Broadcast(Option<Proto>),
    /// `[proto] multicast`.
    Multicast(Option<Proto>),
    /// `less n`: the packet is at most `n` bytes long.
    Less(u32),
    /// `greater n`: the packet is at least `n` bytes long.
    Greater(u32),
    /// `byte index op value`, an old way to look at one byte of the link layer.
    Byte {
        /// The offset from the start of the link-layer header.
        index: u32,
        /// The comparison.
        op: ByteOp,
        /// What the byte is compared with.
        value: u32,
    },
    /// `inbound`: the packet was received.
    Inbound,
    /// `outbound`: the packet was sent by this host.
    Outbound,
    /// `ifindex n`.
    IfIndex(u32),
    /// `vlan [id]`.
    Vlan(Option<u32>),
    /// `mpls [label]`.
    Mpls(Option<u32>),
    /// `pppoed`: PPPoE discovery.
    Pppoed,
    /// `pppoes [session]`.
    Pppoes(Option<u32>),
    /// `geneve [vni]`.
    Geneve(Option<u32>),
    /// `llc [type]`.
    Llc(LlcKind),
    /// `a > b` and the other five.
    Relation(RelOp, ArithId, ArithId),
}

/// One node of an arithmetic expression, and where in the text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArithNode {
    /// What the node says.
    pub kind: Arith,
    /// The bytes of the text it was read from.
    pub span: Span,
}

/// A 32-bit unsigned value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Arith {
    /// A number or a named constant.
    Number(u32),
    /// `len`: the length of the packet on the wire, in bytes.
    Len,
    /// `proto[index:size]`.
    Load {
        /// The protocol whose header the index counts from.
        proto: Proto,
        /// The offset in bytes.
        index: ArithId,
        /// How many bytes are read, big-endian.
        size: LoadSize,
    },
    /// `-a`, in two's complement.
    Neg(ArithId),
    /// `a op b`.
    Binary(ArithOp, ArithId, ArithId),
}

/// How many bytes `proto[index:size]` reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadSize {
    /// One byte.
    Byte,
    /// Two bytes.
    Half,
    /// Four bytes.
    Word,
}

/// A binary operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the operators'")]
#[non_exhaustive]
pub enum ArithOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    And,
    Or,
    Xor,
    Lsh,
    Rsh,
}

/// A comparison of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the operators'")]
#[non_exhaustive]
pub enum RelOp {
    Gt,
    Ge,
    Eq,
    Le,
    Lt,
    Ne,
}

/// The comparison of `byte i op v`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the operators'")]
#[non_exhaustive]
pub enum ByteOp {
    And,
    Or,
    Lt,
    Gt,
    Eq,
}

/// The kind of LLC frame that `llc` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are those of IEEE 802.2")]
#[non_exhaustive]
pub enum LlcKind {
    /// Any 802.2 frame.
    Any,
    /// Information frames.
    I,
    /// Supervisory frames.
    S,
    /// Unnumbered frames.
    U,
    Rr,
    Rnr,
    Rej,
    Ui,
    Ua,
    Disc,
    Dm,
    Sabme,
    Test,
    Xid,
    Frmr,
}

/// What an identifier is and where it is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quals {
    /// The protocol, or none given.
    pub proto: Option<Proto>,
    /// The direction.
    pub dir: Dir,
    /// The type.
    pub kind: IdType,
}

/// The direction qualifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dir {
    /// None given: source or destination.
    Default,
    /// `src`.
    Src,
    /// `dst`.
    Dst,
    /// `src or dst`.
    Either,
    /// `src and dst`.
    Both,
}

/// The type qualifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdType {
    /// None given (there is a direction then): a host.
    Default,
    /// `host`.
    Host,
    /// `net`.
    Net,
    /// `port`.
    Port,
    /// `portrange`.
    PortRange,
    /// `proto`.
    Proto,
    /// `protochain`.
    ProtoChain,
}

/// What the qualifiers qualify.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Id {
    /// A name still to be looked up, or for `portrange` the whole `a-b`.
    Name(Box<str>),
    /// A number.
    Number(u32),
    /// Two to four dotted bytes: the address, left-justified, and how many bits were given (16, 24 or 32).
    Ipv4(Ipv4Addr, u8),
    /// `a.b.c.d/len` and `a.b.c.d mask m`: address and mask. The mask may have holes.
    Ipv4Net(Ipv4Addr, Ipv4Addr),
    /// An IPv6 address alone.
    Ipv6(Ipv6Addr),
    /// `address/len`.
    Ipv6Net(Ipv6Addr, u8),
    /// A MAC address.
    Mac([u8; 6]),
    /// A DECnet `area.node`, packed into 16 bits.
    Decnet(u16),
}

/// A protocol name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names are the keywords'")]
#[non_exhaustive]
pub enum Proto {
    /// `ether`, `link`, `ppp`, `slip`, `fddi`, `tr`, `wlan`: whatever the link layer is.
    Link,
    Ip,
    Ip6,
    Arp,
    Rarp,
    Sctp,
    Tcp,
    Udp,
    Icmp,
    Icmp6,
    Igmp,
    Igrp,
    Pim,
    Vrrp,
    Carp,
    Ah,
    Esp,
    Atalk,
    Aarp,
    Decnet,
    Lat,
    Sca,
    Moprc,
    Mopdl,
    Iso,
    Esis,
    Isis,
    IsisL1,
    IsisL2,
    IsisIih,
    IsisLsp,
    IsisSnp,
    IsisCsnp,
    IsisPsnp,
    Clnp,
    Stp,
    Ipx,
    Netbeui,
    Radio,
}

impl Ast {
    /// The boolean nodes, children before parents, in text order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The arithmetic nodes, children before parents, in text order.
    pub fn arith_nodes(&self) -> &[ArithNode] {
        &self.arith
    }

    /// The top of the tree; `None` for the empty expression, which accepts everything.
    pub fn root(&self) -> Option<NodeId> {
        self.nodes.len().checked_sub(1).map(|last| NodeId(index_u32(last)))
    }

    /// The node behind an id of this tree.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// The arithmetic node behind an id of this tree.
    pub fn arith(&self, id: ArithId) -> &ArithNode {
        &self.arith[id.index()]
    }

    /// Appends a node; its children must be there already.
    pub(super) fn push(&mut self, kind: NodeKind, span: Span) -> NodeId {
        let id = NodeId(index_u32(self.nodes.len()));
        self.nodes.push(Node { kind, span });
        id
    }

    /// Appends an arithmetic node; its children must be there already.
    pub(super) fn push_arith(&mut self, kind: Arith, span: Span) -> ArithId {
        let id = ArithId(index_u32(self.arith.len()));
        self.arith.push(ArithNode { kind, span });
        id
    }
}

/// An arena index; the parser refuses texts long before 2³² nodes.
fn index_u32(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl LoadSize {
    /// The number of bytes.
    pub fn bytes(self) -> u32 {
        match self {
            Self::Byte => 1,
            Self::Half => 2,
            Self::Word => 4,
        }
    }
}
