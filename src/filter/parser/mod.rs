//! Tokens to the tree: a shift-reduce parser with its own stack, so nesting costs heap and not call frames.
//!
//! The grammar has one difficulty: behind `(` may come an expression, a list of identifiers that share the
//! qualifiers in front (`port (80 or 443)`), or arithmetic, and only what follows tells which. So every
//! position carries the set of things that may come there ([`Allow`]), and an open parenthesis narrows it.
//!
//! The other peculiarity is that an identifier without qualifiers takes those of its left neighbour: each
//! value on its way up carries the [`Quals`] that its right neighbour may use. They are gone after a bare
//! protocol name, a relation and the like; a parenthesised expression hands on those from *before* it.
mod arith;
mod primitive;
#[cfg(test)]
mod tests;

use super::advice::is_known;
use super::ast::{ArithId, Ast, NodeId, NodeKind, Primitive, Proto, Quals, RelOp};
use super::error::{Error, ErrorKind, Span, nearest};
use super::token::{Token, Tokens, Word, vocabulary};
use arith::{Continued, Operator};

/// Parses an expression.
///
/// # Errors
/// When it is not in the language; the error has the span and the text.
pub(super) fn parse(text: &str) -> Result<Ast, Error> {
    Parser::new(text).and_then(Parser::run).map_err(|error| error.in_text(text))
}

/// libpcap's generated parser has a stack of 10,000 entries; this is how deep that lets an expression nest.
const MAX_DEPTH: usize = 9_996;

bitflags::bitflags! {
    /// What may come at a position.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    struct Allow: u8 {
        /// A whole test: `tcp`, `port 80`, `1 < 2`, `(…)`.
        const TERM = 1;
        /// Arithmetic; the start of a relation.
        const ARITH = 2;
        /// An identifier other than a number or a parenthesis.
        const NAME = 4;
        /// A number that is an identifier.
        const NUMBER = 8;
        /// Identifiers in parentheses.
        const LIST = 16;
        /// A number whose meaning the parentheses' outside decides.
        const INERT = 32;
    }
}

impl Allow {
    /// Where an expression starts.
    const START: Self = Self::TERM.union(Self::ARITH);
    /// Behind qualifiers.
    const ID: Self = Self::NAME.union(Self::NUMBER).union(Self::LIST);

    /// What may come behind a parenthesis that opens here.
    fn inside(self) -> Self {
        let mut inside = Self::empty();
        inside.set(Self::TERM, self.contains(Self::TERM));
        inside.set(Self::ARITH, self.contains(Self::ARITH));
        inside.set(Self::NAME | Self::NUMBER, self.contains(Self::LIST));
        inside.set(Self::INERT, self.intersects(Self::NUMBER | Self::INERT));
        inside
    }

    /// What `not` may negate here.
    fn negated(self) -> Self {
        let mut negated = Self::empty();
        negated.set(Self::START, self.contains(Self::TERM));
        negated.set(Self::ID, self.contains(Self::NAME));
        negated
    }
}

/// What a finished boolean value is to its surroundings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// A test that stands on its own.
    Term,
    /// An identifier, or several in parentheses.
    Id,
}

/// A boolean value, what its right neighbour may carry over, and its extent.
#[derive(Debug, Clone, Copy)]
struct Value {
    node: NodeId,
    class: Class,
    quals: Option<Quals>,
    span: Span,
}

/// A whole text or the inside of a parenthesis, as far as it was read.
#[derive(Debug, Clone, Copy)]
struct Group {
    /// What may come first.
    allow: Allow,
    /// What the position of the parenthesis allowed.
    outside: Allow,
    /// What the first identifier takes.
    quals: Option<Quals>,
    /// Everything so far, and the operator behind it, `true` for `and`.
    left: Option<(Value, bool)>,
    /// The parenthesis; `None` for the whole text.
    paren: Option<Span>,
}

/// Something begun and not finished.
#[derive(Debug, Clone, Copy)]
enum Open {
    Group(Group),
    Not {
        allow: Allow,
        quals: Option<Quals>,
        at: Span,
    },
    /// Qualifiers in front of an identifier.
    Head {
        quals: Quals,
        at: Span,
    },
    Operator(Operator),
    Negative {
        at: Span,
    },
    Index {
        proto: Proto,
        at: Span,
    },
    Relation {
        op: RelOp,
        lhs: ArithId,
        at: Span,
    },
}

/// A number, still free to become an identifier, or arithmetic for good.
#[derive(Debug, Clone, Copy)]
enum Arithmetic {
    Number(u32, Span),
    Node(ArithId, Span),
}

/// What to do next.
enum Step {
    Operand,
    AfterArithmetic(Arithmetic),
    AfterValue(Value),
    Done(Ast),
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    /// The token to be read next, and where it is.
    token: Token<'a>,
    span: Span,
    stack: Vec<Open>,
    /// How many entries the stack of a generated parser would have.
    depth: usize,
    ast: Ast,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self, Error> {
        let mut tokens = Tokens::new(text);
        let (token, span) = tokens.next()?;
        Ok(Self { tokens, token, span, stack: Vec::new(), depth: 0, ast: Ast::default() })
    }

    fn run(mut self) -> Result<Ast, Error> {
        if self.token == Token::End {
            return Ok(self.ast);
        }
        let whole =
            Group { allow: Allow::START, outside: Allow::START, quals: None, left: None, paren: None };
        self.stack.push(Open::Group(whole));
        let mut step = Step::Operand;
        loop {
            step = match step {
                Step::Operand => self.operand()?,
                Step::AfterArithmetic(value) => self.after_arithmetic(value)?,
                Step::AfterValue(value) => self.after_value(value)?,
                Step::Done(ast) => return Ok(ast),
            };
        }
    }

    /// What may come here, and which qualifiers an identifier would take.
    fn position(&self) -> (Allow, Option<Quals>) {
        match self.stack.last() {
            Some(Open::Group(group)) => match &group.left {
                None => (group.allow, group.quals),
                Some((left, _)) if left.class == Class::Term => (Allow::all(), left.quals),
                Some((left, _)) => (Allow::ID, left.quals),
            },
            Some(Open::Not { allow, quals, .. }) => (*allow, *quals),
            Some(Open::Head { quals, .. }) => (Allow::ID, Some(*quals)),
            Some(_) | None => (Allow::ARITH, None),
        }
    }

    /// Reads the start of something.
    fn operand(&mut self) -> Result<Step, Error> {
        let (allow, quals) = self.position();
        let at = self.span;
        match self.token {
            Token::LeftParen => {
                self.bump()?;
                let inside = allow.inside();
                self.open(Open::Group(Group {
                    allow: inside,
                    outside: allow,
                    quals,
                    left: None,
                    paren: Some(at),
                }))?;
                Ok(Step::Operand)
            }
            Token::Word(Word::Not) if !allow.negated().is_empty() => {
                self.bump()?;
                self.open(Open::Not { allow: allow.negated(), quals, at })?;
                Ok(Step::Operand)
            }
            Token::Number(number) if allow.intersects(Allow::ARITH | Allow::NUMBER | Allow::INERT) => {
                self.bump()?;
                Ok(Step::AfterArithmetic(Arithmetic::Number(number, at)))
            }
            Token::Minus if allow.contains(Allow::ARITH) => {
                self.bump()?;
                self.open(Open::Negative { at })?;
                Ok(Step::Operand)
            }
            Token::Word(Word::Len) if allow.contains(Allow::ARITH) => {
                self.bump()?;
                let len = self.ast.push_arith(super::Arith::Len, at);
                Ok(Step::AfterArithmetic(Arithmetic::Node(len, at)))
            }
            Token::Word(Word::Foreign(family)) if allow.contains(Allow::TERM) => Err(foreign(family, at)),
            Token::Word(Word::Rnr) if allow.contains(Allow::TERM) => Err(foreign("the PF log", at)),
            Token::Word(Word::Proto(proto)) if allow.intersects(Allow::ARITH | Allow::TERM) => {
                self.bump()?;
                if self.token == Token::LeftBracket {
                    self.bump()?;
                    self.open(Open::Index { proto, at })?;
                    return Ok(Step::Operand);
                }
                if !allow.contains(Allow::TERM) {
                    return Err(self.expected("'['"));
                }
                self.test(Some((proto, at)))
            }
            Token::Word(_) if allow.contains(Allow::TERM) => self.test(None),
            Token::Name(_) | Token::Dotted(_) | Token::Ipv6(_) | Token::Mac(_)
                if allow.contains(Allow::NAME) =>
            {
                self.identifier(quals).map(Step::AfterValue)
            }
            _ => Err(self.no_operand(allow)),
        }
    }

    /// Decides what a complete arithmetic value is, by what follows it.
    fn after_arithmetic(&mut self, value: Arithmetic) -> Result<Step, Error> {
        let value = match self.continue_arithmetic(value)? {
            Continued::Step(step) => return Ok(step),
            Continued::Whole(value) => value,
        };
        let (allow, quals) = self.position();
        // A parenthesis around arithmetic alone.
        if let (Token::RightParen, Some(Open::Group(Group { left: None, paren: Some(paren), outside, .. }))) =
            (self.token, self.stack.last())
        {
            let (paren, outside) = (*paren, *outside);
            let span = paren.to(self.span);
            let inner = match value {
                Arithmetic::Number(number, _) => Arithmetic::Number(number, span),
                Arithmetic::Node(id, _) if outside.contains(Allow::ARITH) => Arithmetic::Node(id, span),
                Arithmetic::Node(..) => return Err(self.expected("a comparison")),
            };
            self.bump()?;
            self.close();
            return Ok(Step::AfterArithmetic(inner));
        }
        match value {
            Arithmetic::Number(number, span) if allow.contains(Allow::NUMBER) => {
                self.number(number, span, quals).map(Step::AfterValue)
            }
            Arithmetic::Number(number, span) => Err(self.lonely_number(number, span)),
            Arithmetic::Node(..) => Err(self.expected("an operator or a comparison")),
        }
    }

    /// Takes a complete boolean value as far up as it goes.
    fn after_value(&mut self, mut value: Value) -> Result<Step, Error> {
        loop {
            match self.stack.last() {
                Some(Open::Not { at, .. }) => {
                    let span = at.to(value.span);
                    let node = self.ast.push(NodeKind::Not(value.node), span);
                    value = Value { node, span, ..value };
                    self.close();
                }
                Some(Open::Head { at, .. }) => {
                    value = Value { class: Class::Term, span: at.to(value.span), ..value };
                    self.close();
                }
                Some(Open::Group(group)) => {
                    let group = *group;
                    let value = self.combine(group, value);
                    return self.after_operand(group, value);
                }
                // Arithmetic never holds a boolean value: its positions do not allow one.
                Some(_) | None => return Err(self.expected("the end of the expression")),
            }
        }
    }

    /// Joins a value to what is left of it in its group.
    fn combine(&mut self, group: Group, value: Value) -> Value {
        let Some((left, and)) = group.left else { return value };
        let span = left.span.to(value.span);
        let kind =
            if and { NodeKind::And(left.node, value.node) } else { NodeKind::Or(left.node, value.node) };
        // Qualifiers come from the right operand, the class from the left: it decided what the group is.
        Value { node: self.ast.push(kind, span), class: left.class, quals: value.quals, span }
    }

    /// Behind an operand of `and` and `or`: the next operator, the closing parenthesis, or the end.
    fn after_operand(&mut self, group: Group, value: Value) -> Result<Step, Error> {
        match (self.token, group.paren) {
            (Token::Word(op @ (Word::And | Word::Or)), _) => {
                self.bump()?;
                if group.left.is_none() {
                    self.deepen(2)?;
                }
                if let Some(Open::Group(group)) = self.stack.last_mut() {
                    group.left = Some((value, op == Word::And));
                }
                Ok(Step::Operand)
            }
            (Token::RightParen, Some(paren)) => {
                let span = paren.to(self.span);
                self.bump()?;
                self.close();
                let quals = match value.class {
                    Class::Term => group.quals,
                    Class::Id => value.quals,
                };
                Ok(Step::AfterValue(Value { quals, span, ..value }))
            }
            (Token::End, None) => Ok(Step::Done(core::mem::take(&mut self.ast))),
            (Token::End, Some(paren)) => {
                Err(Error::new(ErrorKind::Syntax, "this parenthesis is never closed", paren))
            }
            (Token::RightParen, None) => {
                Err(Error::new(ErrorKind::Syntax, "this parenthesis was never opened", self.span))
            }
            (_, Some(_)) => Err(self.expected("'and', 'or' or ')'")),
            (_, None) => Err(self.expected("'and', 'or' or the end of the expression")),
        }
    }

    fn primitive(&mut self, primitive: Primitive, quals: Option<Quals>, span: Span) -> Value {
        let node = self.ast.push(NodeKind::Primitive(primitive), span);
        Value { node, class: Class::Term, quals, span }
    }

    fn bump(&mut self) -> Result<(), Error> {
        (self.token, self.span) = self.tokens.next()?;
        Ok(())
    }

    fn open(&mut self, open: Open) -> Result<(), Error> {
        self.deepen(open.weight())?;
        self.stack.push(open);
        Ok(())
    }

    fn close(&mut self) {
        if let Some(open) = self.stack.pop() {
            self.depth -= open.weight();
        }
    }

    fn deepen(&mut self, by: usize) -> Result<(), Error> {
        self.depth += by;
        if self.depth > MAX_DEPTH {
            return Err(Error::new(ErrorKind::TooDeep, "the expression nests too deep", self.span));
        }
        Ok(())
    }

    /// An error at the next token: something else should be there.
    fn expected(&self, what: &str) -> Error {
        let message = match (self.token, self.suggestion()) {
            (Token::End, _) => format!("expected {what} here"),
            (_, Some(word)) => format!("expected {what}, did you mean '{word}'?"),
            (_, None) => format!("expected {what}"),
        };
        Error::new(ErrorKind::Syntax, message, self.span)
    }

    /// The word of the language that a name at the next token is nearly.
    fn suggestion(&self) -> Option<&'static str> {
        match self.token {
            // What has a name elsewhere is no word of ours misspelt.
            Token::Name(name) if !is_known(name) => nearest(name, vocabulary()),
            _ => None,
        }
    }

    /// An error about a token that cannot start what may come here.
    fn no_operand(&self, allow: Allow) -> Error {
        if let (true, None) = (allow.contains(Allow::TERM), self.suggestion()) {
            let try_this = match self.token {
                Token::Dotted(text) => format!("host {text}"),
                Token::Ipv6(addr) => format!("host {addr}"),
                Token::Name(name) if is_known(name) => {
                    let message = format!("'{name}' is no test in the filter language");
                    return Error::new(ErrorKind::Syntax, message, self.span);
                }
                Token::Name(name) => format!("host {name}"),
                Token::Mac(_) => "ether host …".to_owned(),
                _ => return self.expected("a test such as 'tcp', 'port 80' or 'host 10.0.0.1'"),
            };
            let message = format!("an address needs a qualifier in front, such as '{try_this}'");
            return Error::new(ErrorKind::Syntax, message, self.span);
        }
        self.expected(if allow.contains(Allow::TERM) {
            "a test such as 'tcp', 'port 80' or 'host 10.0.0.1'"
        } else if allow.contains(Allow::NAME) {
            "a name, an address or a number"
        } else {
            "a number, 'len' or bytes of a packet such as 'ip[0]'"
        })
    }

    /// An error about a number that is neither compared with anything nor qualified.
    fn lonely_number(&self, number: u32, span: Span) -> Error {
        if matches!(self.token, Token::End | Token::RightParen | Token::Word(Word::And | Word::Or)) {
            let message = format!("a number needs a qualifier in front, such as 'port {number}'");
            return Error::new(ErrorKind::Syntax, message, span);
        }
        self.expected("an operator or a comparison behind the number")
    }
}

impl Open {
    /// How many entries of a generated parser's stack it takes, with what belongs to it.
    fn weight(&self) -> usize {
        match self {
            Self::Group(Group { left: Some(_), .. }) => 3,
            Self::Group(_) | Self::Not { .. } | Self::Head { .. } | Self::Negative { .. } => 1,
            Self::Operator(_) | Self::Index { .. } | Self::Relation { .. } => 2,
        }
    }
}

fn foreign(family: &str, at: Span) -> Error {
    Error::new(ErrorKind::Unsupported, format!("tests on {family} are not supported"), at)
}
