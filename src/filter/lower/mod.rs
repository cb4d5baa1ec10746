//! From the syntax tree to intermediate code: what every primitive means on a link type.
//!
//! The order in which a program loads is part of its meaning, as a load outside the packet refuses the
//! packet. Blocks are therefore chained in exactly libpcap's order, also where another would be shorter.
mod address;
mod arith;
mod chain;
mod encap;
mod frame;
mod geneve;
mod link_type;
mod port;
mod protocol;
mod wireless;

use super::ir::{Graph, Test, op, stmt};
use super::link::{Base, Layout, Variable, Width};
use super::{Ast, Error, ErrorKind, Node, NodeKind, Primitive, Resolver, Span};
use crate::wire::{Headers, LinkType};
use arith::Value;
use std::net::Ipv4Addr;

/// More blocks than this are refused: a program of them would be of no use to anybody.
const MAX_BLOCKS: usize = 200_000;

/// What the meaning of an expression depends on besides its text.
#[derive(Clone, Copy)]
pub(super) struct Settings<'a> {
    /// What an accepting program returns.
    pub(super) snaplen: u32,
    /// The netmask of the interface, where known.
    pub(super) netmask: Option<Ipv4Addr>,
    /// Who looks names up.
    pub(super) resolver: &'a dyn Resolver,
    /// The packets come from the kernel now, and not from a file.
    pub(super) live: bool,
    /// The kernel takes the outermost VLAN tag off live packets.
    pub(super) stripped_vlan: bool,
    /// The packets come from a file written on a machine of the other byte order.
    pub(super) swapped: bool,
}

/// An expression as intermediate code.
pub(super) struct Lowered {
    pub(super) graph: Graph,
    /// The program must not be optimised: blocks jump within themselves, even backwards.
    pub(super) opaque: bool,
    /// Why the kernel cannot run the program, where it cannot.
    pub(super) user_space: Option<&'static str>,
}

/// Lowers an expression for one link type.
pub(super) fn lower(ast: &Ast, link: LinkType, settings: Settings<'_>) -> Result<Lowered, Error> {
    if ast.root().is_none() {
        let mut graph = Graph::default();
        graph.root = graph.ret(settings.snaplen);
        return Ok(Lowered { graph, opaque: false, user_space: None });
    }
    let mut lower = Lower {
        graph: Graph::default(),
        layout: Layout::new(link),
        outer: Outer { headers: link.headers(), ..Outer::default() },
        registers: Registers::default(),
        exhausted: false,
        settings,
        span: Span::default(),
        opaque: false,
        user_space: None,
        values: Vec::new(),
        next_arith: 0,
    };
    let mut whole = lower.expression(ast)?;
    lower.start_vlan_shift(whole);
    let lengths = lower.outer_lengths();
    lower.graph.prepend(whole.head, &lengths);
    if let Some(right) = lower.is_right_kind() {
        whole = lower.graph.and(right, whole);
    }
    lower.graph.finish(whole, settings.snaplen);
    Ok(Lowered { graph: lower.graph, opaque: lower.opaque, user_space: lower.user_space })
}

/// The headers that a packet starts with, whatever the expression uncovers, and the scratch words that hold
/// where they end, where that is asked for.
#[derive(Debug, Clone, Copy)]
struct Outer {
    headers: Headers,
    link_header: Option<u8>,
    payload: Option<u8>,
}

impl Default for Outer {
    fn default() -> Self {
        Self { headers: Headers::Opaque(None), link_header: None, payload: None }
    }
}

/// The state of lowering.
pub(super) struct Lower<'a> {
    pub(super) graph: Graph,
    pub(super) layout: Layout,
    pub(super) settings: Settings<'a>,
    /// What the packet starts with.
    outer: Outer,
    registers: Registers,
    /// A register was asked for where there is no way to refuse.
    exhausted: bool,
    /// The node being lowered, for errors.
    span: Span,
    opaque: bool,
    user_space: Option<&'static str>,
    /// Arithmetic that is waiting for its parent.
    values: Vec<Value>,
    /// The first arithmetic node not lowered yet.
    next_arith: usize,
}

impl Lower<'_> {
    fn expression(&mut self, ast: &Ast) -> Result<Test, Error> {
        let mut pending: Vec<Test> = Vec::new();
        for Node { kind, span } in ast.nodes() {
            self.span = *span;
            let test = match kind {
                NodeKind::Primitive(primitive) => Some(self.primitive(ast, primitive)?),
                NodeKind::Not(_) => pending.pop().map(Test::negate),
                NodeKind::And(..) => self.pair(&mut pending, Graph::and),
                NodeKind::Or(..) => self.pair(&mut pending, Graph::or),
            };
            pending.extend(test);
            if self.exhausted {
                return Err(self.too_many_registers());
            }
            if self.graph.blocks.len() > MAX_BLOCKS {
                return Err(Error::new(ErrorKind::TooComplex, "the filter is too complex", None));
            }
        }
        pending.pop().ok_or_else(|| Error::new(ErrorKind::Syntax, "the filter says nothing", None))
    }

    fn pair(&mut self, pending: &mut Vec<Test>, join: fn(&mut Graph, Test, Test) -> Test) -> Option<Test> {
        let (right, left) = (pending.pop()?, pending.pop()?);
        Some(join(&mut self.graph, left, right))
    }

    fn primitive(&mut self, ast: &Ast, primitive: &Primitive) -> Result<Test, Error> {
        match primitive {
            Primitive::Protocol(proto) => self.protocol(*proto),
            Primitive::Id(quals, id) => self.identifier(*quals, id),
            Primitive::Broadcast(proto) => self.broadcast(*proto),
            Primitive::Multicast(proto) => self.multicast(*proto),
            Primitive::Less(n) => Ok(self.length(op::JGT_K, *n).negate()),
            Primitive::Greater(n) => Ok(self.length(op::JGE_K, *n)),
            Primitive::Byte { index, op, value } => Ok(self.byte(*index, *op, *value)),
            Primitive::Inbound => self.direction(false),
            Primitive::Outbound => self.direction(true),
            Primitive::IfIndex(number) => self.interface(*number),
            Primitive::Vlan(id) => self.vlan(*id),
            Primitive::Mpls(label) => self.mpls(*label),
            Primitive::Pppoed => self.link_type(super::link::ether::PPPOE_DISCOVERY),
            Primitive::Pppoes(session) => self.pppoes(*session),
            Primitive::Geneve(vni) => self.geneve(*vni),
            Primitive::Llc(kind) => self.llc(*kind),
            Primitive::Relation(op, _, rhs) => self.relation(ast, *op, *rhs),
        }
    }

    /// An error at the node being lowered.
    pub(super) fn error(&self, kind: ErrorKind, message: impl Into<String>) -> Error {
        Error::new(kind, message, self.span)
    }

    /// An error about a test that this link type does not have.
    fn no_such_test(&self, what: &str) -> Error {
        self.error(ErrorKind::LinkType, format!("there is no {what} on {}", self.layout.name()))
    }

    fn register(&mut self) -> Result<u8, Error> {
        self.registers.take().ok_or_else(|| self.too_many_registers())
    }

    fn too_many_registers(&self) -> Error {
        self.error(ErrorKind::TooComplex, "the expression needs too many registers")
    }

    /// Gives what is variable in where `base` starts a register, if it has none yet. Only the outermost
    /// headers start without.
    pub(super) fn settle(&mut self, base: Base) {
        let Some(variable @ Variable::Unused) = self.layout.variable(base) else { return };
        let Some(register) = self.registers.take() else {
            self.exhausted = true;
            return;
        };
        *variable = Variable::Register(register);
        match base {
            Base::LinkHeader => self.outer.link_header = Some(register),
            _ => self.outer.payload = Some(register),
        }
    }

    /// Adds a load to the statements.
    fn load(&mut self, base: Base, offset: u32, width: Width) {
        self.settle(base);
        self.layout.load(&mut self.graph.stmts, base, offset, width);
    }

    /// The field equals `value`.
    pub(super) fn equals(&mut self, base: Base, offset: u32, width: Width, value: u32) -> Test {
        self.compare(op::JEQ_K, base, offset, width, value)
    }

    /// The field stands in the relation `jump` to `value`.
    pub(super) fn compare(&mut self, jump: u16, base: Base, offset: u32, width: Width, value: u32) -> Test {
        let start = self.graph.stmts.len();
        self.load(base, offset, width);
        self.graph.test(start, jump, value)
    }

    /// The field's bits under `mask` equal `value`.
    pub(super) fn masked(&mut self, base: Base, offset: u32, width: Width, value: u32, mask: u32) -> Test {
        let start = self.graph.stmts.len();
        self.load(base, offset, width);
        if mask != u32::MAX {
            self.graph.stmts.push(stmt(op::AND_K, mask));
        }
        self.graph.test(start, op::JEQ_K, value)
    }

    /// The bytes at `offset` are `bytes`, which are two at least. The last ones are compared first.
    pub(super) fn bytes(&mut self, base: Base, offset: u32, bytes: &[u8]) -> Test {
        let mut left = bytes;
        let mut whole: Option<Test> = None;
        while let Some((rest, &word)) = left.split_last_chunk::<4>() {
            let at = offset.wrapping_add(rest.len() as u32);
            let test = self.equals(base, at, Width::Word, u32::from_be_bytes(word));
            whole = Some(self.graph.and_maybe(whole, test));
            left = rest;
        }
        if let Some((_, &half)) = left.split_last_chunk::<2>() {
            let test = self.equals(base, offset, Width::Half, u32::from(u16::from_be_bytes(half)));
            whole = Some(self.graph.and_maybe(whole, test));
        }
        whole.unwrap_or_else(|| self.constant(true))
    }

    /// A test whose outcome is known; the optimiser makes it disappear.
    pub(super) fn constant(&mut self, holds: bool) -> Test {
        let start = self.graph.stmts.len();
        self.graph.stmts.push(stmt(op::LD_IMM, u32::from(!holds)));
        self.graph.test(start, op::JEQ_K, 0)
    }

    /// The packet's length on the wire stands in the relation `jump` to `n`.
    fn length(&mut self, jump: u16, n: u32) -> Test {
        let start = self.graph.stmts.len();
        self.graph.stmts.push(stmt(op::LD_LEN, 0));
        self.graph.test(start, jump, n)
    }
}

/// The sixteen scratch words of the machine. They are given out in turn, so that a word just released is not
/// the next one taken.
#[derive(Debug, Clone, Default)]
struct Registers {
    used: [bool; 16],
    next: u8,
}

impl Registers {
    fn take(&mut self) -> Option<u8> {
        for _ in 0..self.used.len() {
            let slot = &mut self.used[usize::from(self.next)];
            if !*slot {
                *slot = true;
                return Some(self.next);
            }
            self.next = (self.next + 1) % 16;
        }
        None
    }

    fn release(&mut self, register: u8) {
        self.used[usize::from(register)] = false;
    }
}
