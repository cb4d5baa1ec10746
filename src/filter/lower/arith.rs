//! Arithmetic: values computed into scratch words, and comparisons of two of them.
use super::super::ir::{Test, op, stmt};
use super::super::link::{Base, Width, ether};
use super::super::{Arith, ArithId, ArithOp, Ast, Error, ErrorKind, LoadSize, Proto, RelOp};
use super::Lower;
use crate::bpf::RawInsn;

/// A value that `code` computes and stores in a scratch word.
pub(super) struct Value {
    /// What must hold before the code may run: the packet has that header.
    guard: Option<Test>,
    code: Vec<RawInsn>,
    register: u8,
}

impl Value {
    fn is_constant(&self, bad: impl Fn(u32) -> bool) -> bool {
        // As libpcap does, only the first statement is looked at.
        self.code.first().is_some_and(|first| first.code == op::LD_IMM && bad(first.k))
    }
}

fn from_register(register: u8, code: u16) -> RawInsn {
    stmt(code, u32::from(register))
}

impl Lower<'_> {
    /// A comparison; `rhs` is its last arithmetic node, and everything since the previous comparison is its.
    pub(super) fn relation(&mut self, ast: &Ast, relation: RelOp, rhs: ArithId) -> Result<Test, Error> {
        let all = self.span;
        let nodes = ast.arith_nodes().get(self.next_arith..=rhs.index()).unwrap_or_default();
        for node in nodes {
            self.span = node.span;
            let value = self.value(node.kind)?;
            self.values.push(value);
        }
        self.next_arith = rhs.index() + 1;
        self.span = all;
        let right = self.operand()?;
        let left = self.operand()?;
        let (jump, negated) = match relation {
            RelOp::Gt => (op::JGT_X, false),
            RelOp::Ge => (op::JGE_X, false),
            RelOp::Eq => (op::JEQ_K, false),
            RelOp::Le => (op::JGT_X, true),
            RelOp::Lt => (op::JGE_X, true),
            RelOp::Ne => (op::JEQ_K, true),
        };
        let start = self.graph.stmts.len();
        self.graph.stmts.extend(left.code.iter().chain(&right.code));
        self.graph.stmts.push(from_register(right.register, op::LDX_MEM));
        self.graph.stmts.push(from_register(left.register, op::LD_MEM));
        if jump == op::JEQ_K {
            // Equal is: the difference is zero.
            self.graph.stmts.push(stmt(op::SUB_X, 0));
        }
        let mut test = self.graph.test(start, jump, 0);
        if negated {
            test = test.negate();
        }
        self.registers.release(left.register);
        self.registers.release(right.register);
        let guard = match (left.guard, right.guard) {
            (Some(left), Some(right)) => Some(self.graph.and(left, right)),
            (left, right) => left.or(right),
        };
        Ok(self.graph.and_maybe(guard, test))
    }

    /// The value lowered last. The parser put it there, so it is there.
    fn operand(&mut self) -> Result<Value, Error> {
        self.values.pop().ok_or_else(|| self.error(ErrorKind::Syntax, "an operand is missing"))
    }

    fn value(&mut self, arith: Arith) -> Result<Value, Error> {
        match arith {
            Arith::Number(n) => self.simple(stmt(op::LD_IMM, n)),
            Arith::Len => self.simple(stmt(op::LD_LEN, 0)),
            Arith::Load { proto, size, .. } => self.header_field(proto, size),
            Arith::Neg(_) => {
                let mut value = self.operand()?;
                value.code.extend([
                    from_register(value.register, op::LD_MEM),
                    stmt(op::NEG, 0),
                    from_register(value.register, op::ST),
                ]);
                Ok(value)
            }
            Arith::Binary(op, ..) => self.binary(op),
        }
    }

    fn simple(&mut self, load: RawInsn) -> Result<Value, Error> {
        let register = self.register()?;
        Ok(Value { guard: None, code: vec![load, from_register(register, op::ST)], register })
    }

    fn binary(&mut self, operator: ArithOp) -> Result<Value, Error> {
        let right = self.operand()?;
        let mut left = self.operand()?;
        let (operation, refused) = match operator {
            ArithOp::Add => (0x00, None),
            ArithOp::Sub => (0x10, None),
            ArithOp::Mul => (0x20, None),
            ArithOp::Div => (0x30, right.is_constant(|k| k == 0).then_some("division by zero")),
            ArithOp::Or => (0x40, None),
            ArithOp::And => (0x50, None),
            ArithOp::Lsh => (0x60, right.is_constant(|k| k > 31).then_some("shift by more than 31 bits")),
            ArithOp::Rsh => (0x70, right.is_constant(|k| k > 31).then_some("shift by more than 31 bits")),
            ArithOp::Mod => (0x90, right.is_constant(|k| k == 0).then_some("modulus by zero")),
            ArithOp::Xor => (0xa0, None),
        };
        if let Some(message) = refused {
            return Err(self.error(ErrorKind::Value, message));
        }
        left.code.extend_from_slice(&right.code);
        left.code.extend([
            from_register(right.register, op::LDX_MEM),
            from_register(left.register, op::LD_MEM),
            stmt(op::ADD_X | operation, 0),
        ]);
        self.registers.release(left.register);
        self.registers.release(right.register);
        left.register = self.register()?;
        left.code.push(from_register(left.register, op::ST));
        // The guard of the right operand is lost here, as in libpcap 1.10.3: `1 + tcp[0] = 5` looks at any
        // packet as if it were TCP.
        Ok(left)
    }

    /// `proto[index:size]`; the index was lowered just before.
    fn header_field(&mut self, proto: Proto, size: LoadSize) -> Result<Value, Error> {
        let register = self.register()?;
        let mut value = self.operand()?;
        self.registers.release(value.register);
        let width = match size {
            LoadSize::Byte => Width::Byte,
            LoadSize::Half => Width::Half,
            LoadSize::Word => Width::Word,
        };
        let load = op::LD_W_IND | width as u16;
        match proto {
            Proto::Link => self.link_field(&mut value, load),
            Proto::Ip
            | Proto::Ip6
            | Proto::Arp
            | Proto::Rarp
            | Proto::Atalk
            | Proto::Decnet
            | Proto::Sca
            | Proto::Lat
            | Proto::Moprc
            | Proto::Mopdl => self.network_field(proto, &mut value, load)?,
            Proto::Sctp
            | Proto::Tcp
            | Proto::Udp
            | Proto::Icmp
            | Proto::Igmp
            | Proto::Igrp
            | Proto::Pim
            | Proto::Vrrp
            | Proto::Carp => self.transport_field(proto, &mut value, load)?,
            Proto::Icmp6 => self.icmp6_field(&mut value, load)?,
            Proto::Radio => return Err(self.no_such_test("radio information")),
            _ => {
                let message = format!("bytes of {proto} cannot be looked at");
                return Err(self.error(ErrorKind::Qualifier, message));
            }
        }
        value.register = register;
        value.code.push(from_register(register, op::ST));
        Ok(value)
    }

    fn link_field(&mut self, value: &mut Value, load: u16) {
        self.settle(Base::LinkHeader);
        let header = self.layout.link_header;
        index_from(&mut value.code, header.variable.register(), value.register);
        value.code.push(stmt(load, header.constant));
    }

    fn network_field(&mut self, proto: Proto, value: &mut Value, load: u16) -> Result<(), Error> {
        self.settle(Base::Network);
        index_from(&mut value.code, self.layout.payload.variable.register(), value.register);
        value.code.push(stmt(load, self.layout.network_at()));
        let carried = self.protocol(proto)?;
        value.guard = Some(self.graph.and_maybe(value.guard, carried));
        Ok(())
    }

    /// What IPv4 carries.
    fn transport_field(&mut self, proto: Proto, value: &mut Value, load: u16) -> Result<(), Error> {
        self.settle(Base::Network);
        self.layout.load_x_after_ipv4(&mut value.code);
        value.code.extend([
            from_register(value.register, op::LD_MEM),
            stmt(op::ADD_X, 0),
            stmt(op::TAX, 0),
            stmt(load, self.layout.network_at()),
        ]);
        // The header is only there in an IPv4 packet that is no later fragment.
        let carried = self.protocol(proto)?;
        let first = self.first_fragment();
        let mut guard = self.graph.and(carried, first);
        guard = self.graph.and_maybe(value.guard, guard);
        let ipv4 = self.link_type(ether::IPV4)?;
        value.guard = Some(self.graph.and(ipv4, guard));
        Ok(())
    }

    fn icmp6_field(&mut self, value: &mut Value, load: u16) -> Result<(), Error> {
        let ipv6 = self.link_type(ether::IPV6)?;
        let ipv6 = self.graph.and_maybe(value.guard, ipv6);
        let next = self.equals(Base::Network, 6, Width::Byte, 58);
        value.guard = Some(self.graph.and(ipv6, next));
        index_from(&mut value.code, self.layout.payload.variable.register(), value.register);
        value.code.push(stmt(load, self.layout.network_at().wrapping_add(40)));
        Ok(())
    }
}

/// Code that puts the index, plus what is variable in the header's offset, into X.
fn index_from(code: &mut Vec<RawInsn>, variable: Option<u8>, index: u8) {
    match variable {
        None => code.push(from_register(index, op::LDX_MEM)),
        Some(variable) => code.extend([
            from_register(variable, op::LDX_MEM),
            from_register(index, op::LD_MEM),
            stmt(op::ADD_X, 0),
            stmt(op::TAX, 0),
        ]),
    }
}
