//! The pcap filter language, compiled to classic BPF.
//!
//! A text passes through these stages; each file does one and knows nothing of the later ones:
//!
//! | file | from → to | never |
//! | --- | --- | --- |
//! | `token` | text → tokens with spans | looks ahead more than one token |
//! | `parser` | tokens → [`Ast`] | knows link types, looks names up |
//! | `ast` | the tree | recurses |
//! | `names` | names → numbers, by a caller-given [`Resolver`] | does I/O |
//! | `lower`, `link` | [`Ast`] → intermediate code for one link type | knows the text |
//! | `optimize` | intermediate code → less of it | changes a verdict |
//! | `codegen` | intermediate code → [`Program`] | |
//!
//! The semantics are those of libpcap 1.10.3, see pcap-filter(7).
mod ast;
mod error;
mod names;
mod parser;
mod token;

pub use ast::{
    Arith, ArithId, ArithNode, ArithOp, Ast, ByteOp, Dir, Id, IdType, Llc, LoadSize, Node, NodeId, NodeKind,
    Primitive, Proto, Quals, RelOp,
};
pub use error::{Error, ErrorKind, Span};
pub use names::{NoNames, Resolver, Service, StaticNames};

use crate::bpf::Program;
use crate::wire::LinkType;
use core::fmt;
use std::net::Ipv4Addr;

/// Parses an expression without compiling it.
///
/// ```
/// use synack::filter::Ast;
/// let ast: Ast = "tcp src port 80 or 443 and not host 10.1.2.3".parse()?;
/// assert_eq!(ast.to_string(), "tcp src port 80 or tcp src port 443 and not host 10.1.2.3");
/// # Ok::<(), synack::filter::Error>(())
/// ```
impl core::str::FromStr for Ast {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parser::parse(text)
    }
}

/// A compiled filter.
#[derive(Debug, Clone)]
pub struct Filter {
    ast: Ast,
    program: Program,
}

impl Filter {
    /// Compiles an expression for packets of a link type, with the defaults of [`Filter::builder`].
    ///
    /// # Errors
    /// When libpcap would refuse the expression, or it needs a name looked up and there is no resolver.
    pub fn compile(text: &str, link: LinkType) -> Result<Self, Error> {
        Self::builder().compile(text, link)
    }

    /// Settings for a compilation: optimised, for a file, whole packets, no netmask, no names.
    pub fn builder<'a>() -> FilterBuilder<'a> {
        FilterBuilder { optimize: true, snaplen: 262_144, netmask: None, resolver: &NoNames, live: false }
    }

    /// Whether a packet matches; `wire_len` is its length before it was cut to `data`.
    pub fn matches(&self, data: &[u8], wire_len: u32) -> bool {
        self.program.run(data, wire_len) != 0
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Whether the kernel would refuse the program: it jumps backwards or is too long.
    pub fn user_space_only(&self) -> bool {
        self.program.user_space_only()
    }
}

/// Prints the expression with every qualifier spelled out.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.ast.fmt(f)
    }
}

/// Settings for compiling a filter.
#[derive(Clone, Copy)]
pub struct FilterBuilder<'a> {
    optimize: bool,
    snaplen: u32,
    netmask: Option<Ipv4Addr>,
    resolver: &'a dyn Resolver,
    live: bool,
}

impl<'a> FilterBuilder<'a> {
    /// Whether to optimise. Without, a filter that can never match is not refused.
    #[must_use]
    pub fn optimize(mut self, on: bool) -> Self {
        self.optimize = on;
        self
    }

    /// What the program returns for a packet that matches: how many bytes to keep.
    #[must_use]
    pub fn snaplen(mut self, bytes: u32) -> Self {
        self.snaplen = bytes;
        self
    }

    /// The netmask of the interface, for `ip broadcast`.
    #[must_use]
    pub fn netmask(mut self, mask: Option<Ipv4Addr>) -> Self {
        self.netmask = mask;
        self
    }

    /// Who looks names up.
    #[must_use]
    pub fn resolver<'b>(self, resolver: &'b dyn Resolver) -> FilterBuilder<'b>
    where
        'a: 'b,
    {
        FilterBuilder { resolver, ..self }
    }

    /// Whether the filter is for a live capture: VLAN tags and directions then come from the kernel.
    #[must_use]
    pub fn live(mut self, on: bool) -> Self {
        self.live = on;
        self
    }

    /// Compiles.
    ///
    /// # Errors
    /// When libpcap would refuse the expression, or a name in it is unknown.
    pub fn compile(self, text: &str, link: LinkType) -> Result<Filter, Error> {
        let _ast = parser::parse(text)?;
        let _ = (self.optimize, self.snaplen, self.netmask, self.resolver, self.live, link);
        Err(Error::new(ErrorKind::Unsupported, "the compiler's back end is not there yet", None)
            .in_text(text))
    }
}
