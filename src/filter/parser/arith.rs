//! The arithmetic part of the parser: operators, their precedence, and relations.
use super::{Allow, Arithmetic, Open, Parser, Step};
use crate::filter::ast::{Arith, ArithId, ArithOp, LoadSize, Primitive, Proto, RelOp};
use crate::filter::error::{Error, ErrorKind, Span};
use crate::filter::token::Token;

/// A binary operator with its left operand read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operator {
    op: ArithOp,
    lhs: ArithId,
    at: Span,
}

/// What comes of an arithmetic value.
pub(super) enum Continued {
    /// It went into something that is not complete yet.
    Step(Step),
    /// Nothing arithmetical follows.
    Whole(Arithmetic),
}

/// How tightly an operator binds; `None` for the two that libpcap's grammar forgot.
///
/// Without a precedence its parser generator always prefers to read on: whatever stands to the right of a
/// `%` or `^` groups first, and what stands left of one waits. `ip[0] % 3 + 1` is `ip[0] % (3 + 1)`.
fn precedence(op: ArithOp) -> Option<u8> {
    match op {
        ArithOp::Or => Some(1),
        ArithOp::And => Some(2),
        ArithOp::Lsh | ArithOp::Rsh => Some(3),
        ArithOp::Add | ArithOp::Sub => Some(4),
        ArithOp::Mul | ArithOp::Div => Some(5),
        ArithOp::Mod | ArithOp::Xor => None,
    }
}

/// Unary minus binds tighter than any operator that has a precedence.
const NEGATIVE: u8 = 6;

/// Whether what was read with `left` is complete in front of the operator `next`.
fn reduces(left: Option<u8>, next: ArithOp) -> bool {
    matches!((left, precedence(next)), (Some(left), Some(next)) if left >= next)
}

impl Parser<'_> {
    /// Takes the operator, comparison or bracket behind a value; without one, the value is whole.
    pub(super) fn continue_arithmetic(&mut self, value: Arithmetic) -> Result<Continued, Error> {
        let next = operator(self.token);
        let value = self.reduce(value, next);
        if let Some(op) = next {
            if !self.position().0.contains(Allow::ARITH) {
                return Err(self.expected("no arithmetic here"));
            }
            let (lhs, at) = self.node(value);
            self.bump()?;
            self.open(Open::Operator(Operator { op, lhs, at }))?;
            return Ok(Continued::Step(Step::Operand));
        }
        match self.stack.last().copied() {
            Some(Open::Index { proto, at }) => self.index(proto, at, value).map(Continued::Step),
            Some(Open::Relation { op, lhs, at }) => {
                let (rhs, end) = self.node(value);
                self.close();
                let relation = Primitive::Relation(op, lhs, rhs);
                let value = self.primitive(relation, None, at.to(end));
                Ok(Continued::Step(Step::AfterValue(value)))
            }
            _ => {
                let Some(op) = relation(self.token) else { return Ok(Continued::Whole(value)) };
                if !self.position().0.contains(Allow::TERM) {
                    return Err(self.expected("no comparison here"));
                }
                let (lhs, at) = self.node(value);
                self.bump()?;
                self.open(Open::Relation { op, lhs, at })?;
                Ok(Continued::Step(Step::Operand))
            }
        }
    }

    /// Completes every operation on the stack that binds tighter than `next`, or all without one.
    fn reduce(&mut self, mut value: Arithmetic, next: Option<ArithOp>) -> Arithmetic {
        loop {
            let complete = |left| next.is_none_or(|next| reduces(left, next));
            match self.stack.last().copied() {
                Some(Open::Operator(Operator { op, lhs, at })) if complete(precedence(op)) => {
                    let (rhs, end) = self.node(value);
                    let span = at.to(end);
                    value = Arithmetic::Node(self.ast.push_arith(Arith::Binary(op, lhs, rhs), span), span);
                }
                Some(Open::Negative { at }) if complete(Some(NEGATIVE)) => {
                    let (inner, end) = self.node(value);
                    let span = at.to(end);
                    value = Arithmetic::Node(self.ast.push_arith(Arith::Neg(inner), span), span);
                }
                _ => return value,
            }
            self.close();
        }
    }

    /// `proto[value` has been read: `]` or `:size]` must follow.
    fn index(&mut self, proto: Proto, at: Span, value: Arithmetic) -> Result<Step, Error> {
        let (index, _) = self.node(value);
        let size = match self.token {
            Token::Colon => {
                self.bump()?;
                let Token::Number(size) = self.token else { return Err(self.expected("1, 2 or 4")) };
                let size = match size {
                    1 => LoadSize::Byte,
                    2 => LoadSize::Half,
                    4 => LoadSize::Word,
                    _ => {
                        let message = format!("{size} bytes cannot be read at once, only 1, 2 or 4");
                        return Err(Error::new(ErrorKind::Value, message, self.span));
                    }
                };
                self.bump()?;
                size
            }
            _ => LoadSize::Byte,
        };
        if self.token != Token::RightBracket {
            return Err(self.expected("']'"));
        }
        let span = at.to(self.span);
        self.bump()?;
        self.close();
        let load = self.ast.push_arith(Arith::Load { proto, index, size }, span);
        Ok(Step::AfterArithmetic(Arithmetic::Node(load, span)))
    }

    /// The node of a value; a number becomes one only now that it is no identifier.
    fn node(&mut self, value: Arithmetic) -> (ArithId, Span) {
        match value {
            Arithmetic::Number(number, span) => (self.ast.push_arith(Arith::Number(number), span), span),
            Arithmetic::Node(id, span) => (id, span),
        }
    }
}

fn operator(token: Token<'_>) -> Option<ArithOp> {
    Some(match token {
        Token::Plus => ArithOp::Add,
        Token::Minus => ArithOp::Sub,
        Token::Star => ArithOp::Mul,
        Token::Slash => ArithOp::Div,
        Token::Percent => ArithOp::Mod,
        Token::Ampersand => ArithOp::And,
        Token::Pipe => ArithOp::Or,
        Token::Caret => ArithOp::Xor,
        Token::ShiftLeft => ArithOp::Lsh,
        Token::ShiftRight => ArithOp::Rsh,
        _ => return None,
    })
}

fn relation(token: Token<'_>) -> Option<RelOp> {
    Some(match token {
        Token::Greater => RelOp::Gt,
        Token::GreaterEqual => RelOp::Ge,
        Token::Equal => RelOp::Eq,
        Token::LessEqual => RelOp::Le,
        Token::Less => RelOp::Lt,
        Token::NotEqual => RelOp::Ne,
        _ => return None,
    })
}
